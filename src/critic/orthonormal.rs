//! Orthonormal layers under sorts: networks through which gradients pass with their norm.
//!
//! ```text
//! WᵀW = I (or WWᵀ = I, whichever is smaller)        a point of the Stiefel manifold
//! Ξ = G − W·sym(WᵀG)   (or G − sym(GWᵀ)·W)          the gradient along it
//! W ← 1.5·W − 0.5·W WᵀW                             back to it, after the optimizer's step
//! ```
//!
//! **Idea.** A 1-Lipschitz critic that reaches the supremum has slope 1 almost everywhere between
//! the samples. Under spectral norms ≤ 1 a gradient can only lose norm from layer to layer;
//! orthonormal weights lose none, and neither does an activation that sorts. The step by Newton and
//! Schulz takes each singular value s to 1.5·s − 0.5·s³, so its error squared: after a small step
//! from the manifold, one is enough, at the price of two products of the size of the weights, where
//! Anil et al. back-propagate through twenty of Björck's in every step.
//!
//! **Complexity.** 8·n·m·min(n, m) operations a layer and step, half of them for the tangent; a
//! batch of k rows costs 6·k·n·m.
//!
//! **References.** Anil, Lucas, Grosse 2019, "Sorting out Lipschitz function approximation", ICML;
//! Björck, Bowie 1971, "An iterative algorithm for computing the best estimate of an orthogonal
//! matrix", SIAM J. Numer. Anal. 8; Edelman, Arias, Smith 1998, "The geometry of algorithms with
//! orthogonality constraints", SIAM J. Matrix Anal. Appl. 20.
//!
//! **Failure modes.** Beyond a singular value of √3 the step flips the direction, beyond √5 it
//! diverges. Adam moves every weight by up to the rate η, a matrix (n, m) by up to η√(nm) in norm:
//! settings with that above ½ are refused.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use super::CriticError;
use super::control::LipschitzControl;
use crate::nn::Mlp;

/// Largest norm of the change of a layer's weights by a step.
const MAX_STEP_NORM: f64 = 0.5;

/// Orthonormal layers.
#[derive(Debug, Clone)]
pub(super) struct Orthonormal {
    layers: Vec<LayerWorkspace>,
}

/// Room for the products of one layer.
#[derive(Debug, Clone)]
struct LayerWorkspace {
    /// The smaller Gram matrix.
    gram: Array2<f32>,
    /// A copy of W.
    copy: Array2<f32>,
}

impl Orthonormal {
    pub(super) fn new(network: &Mlp<f32>) -> Self {
        let shapes = (0..network.depth()).map(|l| network.weights(l).dim());
        Self { layers: shapes.map(LayerWorkspace::new).collect() }
    }
}

/// The highest rate at which a step of Adam moves a layer by at most ½ in norm.
pub(super) fn highest_rate(inputs: usize, outputs: usize) -> f64 {
    MAX_STEP_NORM / (inputs as f64 * outputs as f64).sqrt()
}

/// Whether the projection undoes a step at this rate, for a layer of this shape.
pub(super) fn check(rate: f64, (inputs, outputs): (usize, usize)) -> Result<(), CriticError> {
    let most = highest_rate(inputs, outputs);
    if rate <= most { Ok(()) } else { Err(CriticError::Overstep { rate, inputs, outputs, most }) }
}

impl LayerWorkspace {
    fn new((n, m): (usize, usize)) -> Self {
        let r = n.min(m);
        Self { gram: Array2::zeros((r, r)), copy: Array2::zeros((n, m)) }
    }

    /// `G ← G − W·sym(WᵀG)` or `G − sym(GWᵀ)·W`.
    fn tangent(&mut self, w: ArrayView2<'_, f32>, mut g: ArrayViewMut2<'_, f32>) {
        let tall = w.nrows() >= w.ncols();
        if tall {
            general_mat_mul(0.5, &w.t(), &g, 0.0, &mut self.gram);
        } else {
            general_mat_mul(0.5, &g, &w.t(), 0.0, &mut self.gram);
        }
        for i in 0..self.gram.nrows() {
            for j in 0..=i {
                let sum = self.gram[(i, j)] + self.gram[(j, i)];
                self.gram[(i, j)] = sum;
                self.gram[(j, i)] = sum;
            }
        }
        if tall {
            general_mat_mul(-1.0, &w, &self.gram, 1.0, &mut g);
        } else {
            general_mat_mul(-1.0, &self.gram, &w, 1.0, &mut g);
        }
    }

    /// `W ← 1.5·W − 0.5·W WᵀW`.
    fn newton_schulz(&mut self, mut w: ArrayViewMut2<'_, f32>) {
        self.copy.assign(&w);
        let copy = &self.copy;
        if w.nrows() >= w.ncols() {
            general_mat_mul(1.0, &copy.t(), copy, 0.0, &mut self.gram);
            general_mat_mul(-0.5, copy, &self.gram, 1.5, &mut w);
        } else {
            general_mat_mul(1.0, copy, &copy.t(), 0.0, &mut self.gram);
            general_mat_mul(-0.5, &self.gram, copy, 1.5, &mut w);
        }
    }
}

impl LipschitzControl for Orthonormal {
    fn tangent(&mut self, network: &Mlp<f32>, gradient: &mut [f32]) {
        for (l, room) in self.layers.iter_mut().enumerate() {
            room.tangent(network.weights(l), network.weights_of_mut(l, gradient));
        }
    }

    fn project(&mut self, network: &mut Mlp<f32>) {
        for (l, room) in self.layers.iter_mut().enumerate() {
            room.newton_schulz(network.weights_mut(l));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Activation, Init, Real, spectral_norm};
    use crate::seed::{Seed, Stream};

    /// One layer (n, m) and the room for it.
    fn layer((n, m): (usize, usize), stream: &mut Stream) -> (Mlp<f32>, Orthonormal) {
        let layers = [(m, Activation::Identity)];
        let network = Mlp::new(n, &layers, Init::Orthogonal, stream).unwrap();
        let control = Orthonormal::new(&network);
        (network, control)
    }

    fn random(shape: (usize, usize), stream: &mut Stream) -> Array2<f64> {
        Array2::from_shape_simple_fn(shape, || stream.normal())
    }

    /// The nearest matrix with orthonormal columns or rows.
    fn nearest(mut w: Array2<f64>) -> Array2<f64> {
        for _ in 0..50 {
            w = 1.5 * &w - 0.5 * w.dot(&w.t()).dot(&w);
        }
        w
    }

    /// ⟨G, W⟩ on the manifold has the gradient Ξ: the nearest point to W + hX is W + hX's tangential
    /// part up to h².
    #[test]
    fn the_tangent_is_the_difference_of_nearest_points() {
        let mut stream = Seed(6).stream("stiefel");
        for shape in [(5, 5), (7, 3), (3, 7), (4, 1), (1, 4)] {
            let (mut network, mut control) = layer(shape, &mut stream);
            let (g, x) = (random(shape, &mut stream), random(shape, &mut stream));
            let w = nearest(network.weights(0).mapv(f64::from));
            network.weights_mut(0).assign(&w.mapv(f32::of));
            let mut gradient = vec![0.0; network.parameters().len()];
            network.weights_of_mut(0, &mut gradient).assign(&g.mapv(f32::of));
            control.tangent(&network, &mut gradient);
            let xi = network.weights_of_mut(0, &mut gradient).mapv(f64::from);
            let h = 1e-5;
            let value = |h: f64| (&g * &nearest(&w + &(h * &x))).sum();
            let difference = (value(h) - value(-h)) / (2.0 * h);
            let along = (&xi * &x).sum();
            // Products in f32 of numbers near 1.
            assert!((along - difference).abs() < 2e-5, "{shape:?}: {along} and {difference}");
        }
    }

    #[test]
    fn a_step_of_the_longest_kind_is_undone() {
        let mut stream = Seed(7).stream("step");
        for shape in [(64, 64), (64, 2), (2, 64), (64, 1)] {
            let (mut network, mut control) = layer(shape, &mut stream);
            let rate = MAX_STEP_NORM / 64.0;
            for step in 0..6 {
                if step == 0 {
                    let signs = random(shape, &mut stream).mapv(|x| f32::of(rate * x.signum()));
                    let mut w = network.weights_mut(0);
                    w += &signs;
                }
                control.project(&mut network);
            }
            let w = network.weights(0).mapv(f64::from);
            let gram = if shape.0 < shape.1 { w.dot(&w.t()) } else { w.t().dot(&w) };
            let error = gram - Array2::<f64>::eye(shape.0.min(shape.1));
            assert!(error.iter().all(|e| e.abs() < 1e-5), "{shape:?}");
            assert!((spectral_norm(w.view()) - 1.0).abs() < 1e-5);
        }
    }

    #[test]
    fn beyond_the_bound_the_rate_is_refused() {
        assert!(check(MAX_STEP_NORM / 128.0, (128, 128)).is_ok());
        let error = check(5e-3, (128, 128)).unwrap_err();
        assert!(matches!(error, CriticError::Overstep { inputs: 128, .. }), "{error}");
        assert!(error.to_string().contains("at most 0.00390625"), "{error}");
    }
}
