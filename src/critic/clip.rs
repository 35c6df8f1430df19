//! Weight clipping: after each step every weight and bias is brought back into [−c, c].
//!
//! ```text
//! |w| ≤ c   ⇒   ‖W‖₂ ≤ c·√(inputs·outputs),   f is K-Lipschitz,   E_μ f − E_ν f ≤ K·W₁
//! ```
//!
//! **Idea.** A box of parameters makes a compact family of functions, all of them K-Lipschitz for
//! some K that depends on c and the shape. The estimate is of the size of K·W₁, not of W₁: K is
//! bounded by the product of the true spectral norms, and the estimate divided by that bound is a
//! lower bound of W₁, a loose one, since no function takes all the norms at once.
//!
//! **Complexity.** One pass over the parameters.
//!
//! **Reference.** Arjovsky, Chintala, Bottou 2017, "Wasserstein generative adversarial networks",
//! ICML.
//!
//! **Failure modes.** Weights gather at ±c, so that f is nearly linear ("a clearly terrible way",
//! say its authors). Gradients vanish or explode with the depth unless c fits the width.

use super::control::LipschitzControl;
use crate::nn::{Mlp, Real};

/// Weight clipping.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Clip {
    /// c: the largest absolute value of a parameter.
    pub(super) limit: f64,
}

impl LipschitzControl for Clip {
    fn project(&mut self, network: &mut Mlp<f32>) {
        let limit = f32::of(self.limit);
        for parameter in network.parameters_mut() {
            *parameter = parameter.clamp(-limit, limit);
        }
    }
}
