//! Spectral normalization: every layer's weights are divided by their largest singular value.
//!
//! ```text
//! L(W) = ℓ(W/σ(W)),   ∂L/∂W = (G − ⟨G, W/σ⟩ u vᵀ)/σ,   G = ∂ℓ/∂(W/σ),   W v = σ u,  Wᵀ u = σ v
//! ```
//!
//! **Idea.** A layer of spectral norm 1 is 1-Lipschitz, and so is a chain of them under
//! activations that are. u and v are kept from step to step, since W moves little: one round of
//! power iteration a step is enough. L does not change when W is scaled, so the weights are
//! stored with σ = 1; a step along the gradient above is then a step along the surface ‖W‖₂ = 1, and
//! its size does not depend on the arbitrary scale of W.
//!
//! **Complexity.** Two products of a matrix and a vector a layer and step.
//!
//! **Reference.** Miyato, Kataoka, Koyama, Yoshida 2018, "Spectral normalization for generative
//! adversarial networks", ICLR.
//!
//! **Failure modes.** Power iteration gives a lower bound of σ, and a loose one after large steps:
//! hence the proved norms at the end. Only the largest singular value is kept at 1; the others
//! shrink, and gradients fade with the depth (Anil, Lucas, Grosse 2019, §4.1).

use ndarray::{Array1, ArrayView2};

use super::control::LipschitzControl;
use crate::nn::{Mlp, Real};
use crate::seed::Stream;

/// Number of rounds of power iteration before the first step.
const INITIAL_POWER_ITERATIONS: usize = 100;

/// Spectral normalization.
#[derive(Debug, Clone)]
pub(super) struct Spectral {
    layers: Vec<SingularPair>,
}

/// The singular vectors of a matrix (n, m) that belong to its largest singular value.
#[derive(Debug, Clone)]
struct SingularPair {
    /// Shape (n,).
    u: Array1<f32>,
    /// Shape (m,).
    v: Array1<f32>,
}

impl Spectral {
    pub(super) fn new(network: &Mlp<f32>, stream: &mut Stream) -> Self {
        let weights = (0..network.depth()).map(|l| network.weights(l));
        Self { layers: weights.map(|w| SingularPair::of(w, stream)).collect() }
    }
}

impl SingularPair {
    fn of(w: ArrayView2<'_, f32>, stream: &mut Stream) -> Self {
        let u = Array1::from_shape_simple_fn(w.nrows(), || f32::of(stream.normal()));
        let mut pair = Self { u, v: Array1::zeros(w.ncols()) };
        for _ in 0..INITIAL_POWER_ITERATIONS {
            pair.iterate(w);
        }
        pair
    }

    /// One round of power iteration; returns σ.
    fn iterate(&mut self, w: ArrayView2<'_, f32>) -> f32 {
        self.v = w.t().dot(&self.u);
        normalize(&mut self.v);
        self.u = w.dot(&self.v);
        normalize(&mut self.u)
    }
}

/// Divides a vector by its norm, which is returned.
fn normalize(x: &mut Array1<f32>) -> f32 {
    let norm = x.dot(x).sqrt().max(f32::MIN_POSITIVE);
    *x /= norm;
    norm
}

impl LipschitzControl for Spectral {
    fn tangent(&mut self, network: &Mlp<f32>, gradient: &mut [f32]) {
        for (l, SingularPair { u, v }) in self.layers.iter().enumerate() {
            let mut g = network.weights_of_mut(l, gradient);
            let along: f32 = g.iter().zip(network.weights(l)).map(|(g, w)| g * w).sum();
            for (mut g, &u) in g.outer_iter_mut().zip(u) {
                g.scaled_add(-along * u, v);
            }
        }
    }

    fn project(&mut self, network: &mut Mlp<f32>) {
        for (l, pair) in self.layers.iter_mut().enumerate() {
            let sigma = pair.iterate(network.weights(l));
            network.weights_mut(l).mapv_inplace(|w| w / sigma);
        }
    }

    /// All u and v, a pair a layer.
    fn memory(&self) -> Vec<f32> {
        self.layers.iter().flat_map(|SingularPair { u, v }| u.iter().chain(v).copied()).collect()
    }

    fn recall(&mut self, memory: &[f32]) -> bool {
        let vectors = self.layers.iter_mut().flat_map(|SingularPair { u, v }| [u, v]);
        let mut values = memory.iter();
        for vector in vectors {
            for x in vector {
                let Some(&value) = values.next() else { return false };
                *x = value;
            }
        }
        values.next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::nn::{Activation, Init, spectral_norm};
    use crate::seed::Seed;

    /// The gradient of ⟨C, W/σ(W)⟩ at ‖W‖₂ = 1, where σ is the proved norm.
    #[test]
    fn the_gradient_goes_through_the_norm() {
        let mut stream = Seed(8).stream("spectral");
        for shape in [(5, 5), (7, 3), (2, 6), (4, 1)] {
            let layers = [(shape.1, Activation::Identity)];
            let mut network = Mlp::new(shape.0, &layers, Init::He, &mut stream).unwrap();
            let mut control = Spectral::new(&network, &mut stream);
            control.project(&mut network);
            let w = network.weights(0).mapv(f64::from);
            assert!((spectral_norm(w.view()) - 1.0).abs() < 1e-5);
            let mut draw = || Array2::from_shape_simple_fn(shape, || stream.normal());
            let (c, x) = (draw(), draw());
            let mut gradient = vec![0.0; network.parameters().len()];
            network.weights_of_mut(0, &mut gradient).assign(&c.mapv(f32::of));
            control.tangent(&network, &mut gradient);
            let along = (&network.weights_of_mut(0, &mut gradient).mapv(f64::from) * &x).sum();
            let h = 1e-5;
            let value = |h: f64| {
                let w = &w + &(h * &x);
                (&c * &w).sum() / spectral_norm(w.view())
            };
            let difference = (value(h) - value(-h)) / (2.0 * h);
            // Singular vectors and products in f32.
            assert!((along - difference).abs() < 1e-4, "{shape:?}: {along} and {difference}");
        }
    }
}
