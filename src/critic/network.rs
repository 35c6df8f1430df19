//! Critics that are multilayer perceptrons, with a proved Lipschitz bound.
//!
//! ```text
//! f(x) = s·N((x − o)/s)
//! ```
//!
//! with a network N whose weights and evaluation are `f64`, and a frame (o, s) in which the samples
//! have the origin in their midst and size 1. f is as steep as N. For the Euclidean distance its
//! Lipschitz constant is at most the product over the layers of the spectral norm of the weights,
//! the steepest slope of the activation (1 for sorts, which are permutations) and, of convolutions,
//! ⌈k/stride⌉, the root of how many windows see a pixel.
//!
//! Reference: Szegedy et al. 2014, "Intriguing properties of neural networks", ICLR, §4.3.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};

use super::{Critic, CriticError, CriticMilestone, Lipschitz, Save, SavedCritic, SavedFunction};
use crate::cost::GroundCost;
use crate::math;
use crate::measure::DiscreteMeasure;
use crate::nn::{Mlp, Real, Tape, spectral_norm};

/// Number of rows whose gradients are computed at a time.
const BLOCK_ROWS: usize = 256;

/// The coordinates in which a network sees its points: `(x − origin)/scale`.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    origin: Array1<f64>,
    scale: f64,
}

impl Frame {
    /// The frame of two samples: the mean of their centers, and the root mean square distance of
    /// their points from it; 1 if that is zero.
    ///
    /// # Errors
    /// [`CriticError::Dimensions`] if they have different dimensions.
    pub fn of(source: &DiscreteMeasure, target: &DiscreteMeasure) -> Result<Self, CriticError> {
        let (expected, got) = (source.dim(), target.dim());
        if expected != got {
            return Err(CriticError::Dimensions { expected, got });
        }
        let sides = [source, target];
        let center = |side: &DiscreteMeasure| side.mass().dot(&side.support()) / side.mass().sum();
        let origin = (center(source) + center(target)) / 2.0;
        let spread = |side: &DiscreteMeasure| {
            let shifts = &side.support() - &origin;
            side.mass().dot(&shifts.mapv(|x| x * x).sum_axis(Axis(1))) / side.mass().sum()
        };
        let scale = (sides.map(spread).iter().sum::<f64>() / 2.0).sqrt();
        Ok(Self { origin, scale: if scale > 0.0 { scale } else { 1.0 } })
    }

    /// A frame of the given origin and scale.
    ///
    /// # Errors
    /// [`CriticError::Setting`] unless the scale is positive and finite, and the origin finite.
    pub fn new(origin: Array1<f64>, scale: f64) -> Result<Self, CriticError> {
        if !(scale > 0.0 && scale.is_finite()) {
            let bound = "a positive number";
            return Err(CriticError::Setting { what: "the scale", value: scale, bound });
        }
        if let Some(&value) = origin.iter().find(|x| !x.is_finite()) {
            return Err(CriticError::Setting { what: "the origin", value, bound: "finite" });
        }
        Ok(Self { origin, scale })
    }

    /// o, shape (d,).
    pub fn origin(&self) -> ArrayView1<'_, f64> {
        self.origin.view()
    }

    /// s, in the units of the points.
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// Points (k, d) in the coordinates of the frame.
    #[must_use]
    pub fn place<T: Real>(&self, points: ArrayView2<'_, f64>) -> Array2<T> {
        let mut placed = Array2::from_elem(points.dim(), T::zero());
        for (x, mut out) in points.outer_iter().zip(placed.outer_iter_mut()) {
            for ((&x, &origin), out) in x.iter().zip(&self.origin).zip(&mut out) {
                *out = T::of((x - origin) / self.scale);
            }
        }
        placed
    }
}

/// A multilayer perceptron as a critic for the Euclidean distance.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkCritic {
    kind: String,
    network: Mlp<f64>,
    frame: Frame,
    lipschitz: Lipschitz,
}

impl NetworkCritic {
    /// The critic of a network with one output; its Lipschitz bound is computed here.
    ///
    /// # Errors
    /// [`CriticError::Dimensions`] if network and frame have different ones.
    ///
    /// # Panics
    /// If the network has more than one output.
    pub fn new(
        kind: impl Into<String>,
        network: Mlp<f64>,
        frame: Frame,
    ) -> Result<Self, CriticError> {
        assert_eq!(network.outputs(), 1, "a critic is a scalar function");
        let (expected, got) = (network.inputs(), frame.origin.len());
        if expected != got {
            return Err(CriticError::Dimensions { expected, got });
        }
        let lipschitz = Lipschitz {
            bound: lipschitz_bound(&network),
            how: "product of the layers' spectral norms",
        };
        Ok(Self { kind: kind.into(), network, frame, lipschitz })
    }

    /// N.
    pub fn network(&self) -> &Mlp<f64> {
        &self.network
    }

    /// (o, s).
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    pub(super) fn into_network(self) -> Mlp<f64> {
        self.network
    }

    /// Evaluates the critic on two samples, for the history of a training run.
    ///
    /// # Errors
    /// [`CriticError::Dimensions`] for samples of another dimension.
    pub(super) fn milestone(
        &self,
        (source, target): (&DiscreteMeasure, &DiscreteMeasure),
        step: u64,
        penalty: f64,
    ) -> Result<CriticMilestone, CriticError> {
        let mean = |side: &DiscreteMeasure| -> Result<f64, CriticError> {
            Ok(math::dot(side.mass(), &self.values(side.support())?))
        };
        let steepest = |side: &DiscreteMeasure| -> Result<f64, CriticError> {
            let gradients = self.gradients(side.support())?;
            let norms = gradients.outer_iter().map(|g| g.dot(&g).sqrt());
            Ok(norms.fold(0.0, f64::max))
        };
        Ok(CriticMilestone {
            step,
            estimate: mean(source)? - mean(target)?,
            penalty,
            lipschitz: self.lipschitz.bound,
            steepest: steepest(source)?.max(steepest(target)?),
        })
    }

    fn place(&self, points: ArrayView2<'_, f64>) -> Result<Array2<f64>, CriticError> {
        let (expected, got) = (self.dim(), points.ncols());
        if expected != got {
            return Err(CriticError::Dimensions { expected, got });
        }
        Ok(self.frame.place(points))
    }
}

impl Critic for NetworkCritic {
    fn kind(&self) -> &str {
        &self.kind
    }

    fn dim(&self) -> usize {
        self.network.inputs()
    }

    fn values(&self, points: ArrayView2<'_, f64>) -> Result<Array1<f64>, CriticError> {
        let outputs = self.network.evaluate(self.place(points)?.view());
        Ok(outputs.column(0).mapv(|value| self.frame.scale * value))
    }

    fn gradients(&self, points: ArrayView2<'_, f64>) -> Result<Array2<f64>, CriticError> {
        let placed = self.place(points)?;
        let mut tape = Tape::new(&self.network, placed.nrows().min(BLOCK_ROWS));
        let mut gradients = Array2::zeros(placed.dim());
        let blocks = placed.axis_chunks_iter(Axis(0), BLOCK_ROWS);
        for (x, mut out) in blocks.zip(gradients.axis_chunks_iter_mut(Axis(0), BLOCK_ROWS)) {
            self.network.forward(x, &mut tape);
            out.assign(&self.network.input_gradient(&mut tape));
        }
        Ok(gradients)
    }

    fn lipschitz(&self) -> Lipschitz {
        self.lipschitz
    }
}

impl Save for NetworkCritic {
    fn saved(&self) -> SavedCritic {
        let function = SavedFunction::Network {
            kind: self.kind.clone(),
            origin: self.frame.origin.to_vec(),
            scale: self.frame.scale,
            layers: self.network.layers(),
            parameters: self.network.parameters().to_vec(),
        };
        SavedCritic { metric: GroundCost::Euclidean.name(), function }
    }
}

/// The product over the layers of spectral norm, overlap and steepest slope.
pub(super) fn lipschitz_bound(network: &Mlp<f64>) -> f64 {
    let factors = (0..network.depth()).map(|layer| {
        let stretch = spectral_norm(network.weights(layer)) * network.overlap(layer);
        stretch * network.activation(layer).steepest()
    });
    // Each product is rounded once.
    factors.product::<f64>() * (1.0 + 3.0 * network.depth() as f64 * f64::EPSILON)
}
