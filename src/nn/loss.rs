//! Losses of a critic as functions of its outputs t on real and on generated points:
//! the mean of `ℓ_real(t)` and that of `ℓ_fake(t)`, added.
//!
//! | | `ℓ_real` | `ℓ_fake` |
//! |---|---|---|
//! | Wasserstein | −t | t |
//! | cross-entropy | ln(1 + e⁻ᵗ) | ln(1 + eᵗ) |
//! | least squares | (t − 1)²/2 | t²/2 |
//! | hinge | max(0, 1 − t) | max(0, 1 + t) |
//!
//! The outputs of cross-entropy are logits: the probability of "real" is 1/(1 + e⁻ᵗ). A generator
//! that wants its points to be taken for real minimizes `ℓ_real` on them (for the hinge, the
//! Wasserstein one), or the negative of `ℓ_fake` if the game is to have zero sum.
//!
//! References: Arjovsky, Chintala, Bottou 2017, "Wasserstein generative adversarial networks",
//! ICML; Goodfellow et al. 2014, "Generative adversarial nets", NeurIPS; Mao et al. 2017, "Least
//! squares generative adversarial networks", ICCV; Lim, Ye 2017, "Geometric GAN".

use super::real::Real;
use super::smooth::{sigmoid, softplus};
use crate::math::NeumaierSum;

/// A loss of scalar outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// The difference of the means: minus the estimate of W₁ by a 1-Lipschitz critic.
    Wasserstein,
    /// Cross-entropy of logits: the original GAN.
    CrossEntropy,
    /// Squared distance to 1 and to 0.
    LeastSquares,
    /// Distance to the half-lines above 1 and below −1.
    Hinge,
}

impl Loss {
    /// The mean of `ℓ_real` over the outputs; its derivatives are written to `derivative`.
    ///
    /// # Panics
    /// If the two have different lengths.
    pub fn real<T: Real>(self, outputs: &[T], derivative: &mut [T]) -> f64 {
        let (zero, one) = (T::zero(), T::one());
        mean(outputs, derivative, |t| match self {
            Self::Wasserstein => (-t, -one),
            Self::CrossEntropy => (softplus(-t), -sigmoid(-t)),
            Self::LeastSquares => ((t - one) * (t - one) / T::of(2.0), t - one),
            Self::Hinge if t >= one => (zero, zero),
            Self::Hinge => (one - t, -one),
        })
    }

    /// The mean of `ℓ_fake` over the outputs; its derivatives are written to `derivative`.
    ///
    /// # Panics
    /// If the two have different lengths.
    pub fn fake<T: Real>(self, outputs: &[T], derivative: &mut [T]) -> f64 {
        let (zero, one) = (T::zero(), T::one());
        mean(outputs, derivative, |t| match self {
            Self::Wasserstein => (t, one),
            Self::CrossEntropy => (softplus(t), sigmoid(t)),
            Self::LeastSquares => (t * t / T::of(2.0), t),
            Self::Hinge if t <= -one => (zero, zero),
            Self::Hinge => (one + t, one),
        })
    }
}

/// The mean of ℓ and its derivatives; ℓ returns a value and a slope.
fn mean<T: Real>(outputs: &[T], derivative: &mut [T], loss: impl Fn(T) -> (T, T)) -> f64 {
    assert_eq!(outputs.len(), derivative.len(), "a derivative for each output");
    let share = 1.0 / outputs.len() as f64;
    let mut sum = NeumaierSum::default();
    for (&t, derivative) in outputs.iter().zip(derivative) {
        let (value, slope) = loss(t);
        sum.add(value.wide());
        *derivative = slope * T::of(share);
    }
    sum.value() * share
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Loss; 4] = [Loss::Wasserstein, Loss::CrossEntropy, Loss::LeastSquares, Loss::Hinge];

    #[test]
    fn derivatives_are_the_differences_of_values() {
        let outputs = [-3.1, -1.2, -0.4, 0.3, 0.9, 1.7, 4.0];
        let h = 1e-5;
        for loss in ALL {
            for side in [Loss::real::<f64>, Loss::fake::<f64>] {
                let value = |outputs: &[f64; 7]| side(loss, outputs, &mut [0.0; 7]);
                let mut derivative = [f64::NAN; 7];
                side(loss, &outputs, &mut derivative);
                for k in 0..outputs.len() {
                    let (mut ahead, mut behind) = (outputs, outputs);
                    ahead[k] += h;
                    behind[k] -= h;
                    let slope = (value(&ahead) - value(&behind)) / (2.0 * h);
                    // Truncation and rounding of central differences, both near 1e-11.
                    assert!((derivative[k] - slope).abs() < 1e-9, "{loss:?} at {}", outputs[k]);
                }
            }
        }
    }

    #[test]
    fn values_at_known_points() {
        let values =
            |loss: Loss, t: f64| (loss.real(&[t], &mut [0.0]), loss.fake(&[t], &mut [0.0]));
        assert_eq!(values(Loss::Wasserstein, 2.0), (-2.0, 2.0));
        let ln2 = std::f64::consts::LN_2;
        let (real, fake) = values(Loss::CrossEntropy, 0.0);
        // Softplus is exact to four units in the last place.
        assert!(real == fake && (real - ln2).abs() <= 4.0 * f64::EPSILON * ln2, "{real}");
        assert_eq!(values(Loss::LeastSquares, 3.0), (2.0, 4.5));
        assert_eq!(values(Loss::Hinge, 0.5), (0.5, 1.5));
        assert_eq!(values(Loss::Hinge, -3.0), (4.0, 0.0));
    }

    #[test]
    fn logits_of_any_size_have_finite_losses() {
        for t in [-1e30_f32, -200.0, 200.0, 1e30] {
            let mut derivative = [f32::NAN];
            let real = Loss::CrossEntropy.real(&[t], &mut derivative);
            assert_eq!(real, f64::from((-t).max(0.0)));
            assert_eq!(derivative, [if t < 0.0 { -1.0 } else { 0.0 }]);
        }
        // Where 1 − σ(t) would have been rounded to 0.
        let loss = Loss::CrossEntropy.real(&[40.0_f64], &mut [0.0]);
        assert!((loss / (-40.0_f64).exp() - 1.0).abs() < 1e-15);
    }
}
