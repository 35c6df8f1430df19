//! Objectives of critic and generator as functions of the critic's outputs t on real and generated
//! points.
//!
//! | objective | critic | generator |
//! |---|---|---|
//! | minimax | E ln(1 + e⁻ᵗ) + E ln(1 + eᵗ) | −E ln(1 + eᵗ) |
//! | non-saturating | E ln(1 + e⁻ᵗ) + E ln(1 + eᵗ) | E ln(1 + e⁻ᵗ) |
//! | least squares | ½E (t − 1)² + ½E t² | ½E (t − 1)² |
//! | Wasserstein | −E t + E t | −E t |
//! | energy | E t + E max(0, m − t) | E t |
//! | an f-divergence | −E g(t) + E f*(g(t)) | −E f*(g(t)) |
//!
//! (first expectation over real points, second over generated ones; the generator's over generated
//! ones.) Conjugates f* and activations g are in [`conjugate`](crate::divergence::conjugate); the
//! critic's best loss is `−D_f(P‖Q)`. The outputs of the first two are logits. An energy is low on
//! real points; all other outputs are high there.
//!
//! References: Goodfellow et al. 2014, "Generative adversarial nets", NeurIPS; Mao et al. 2017,
//! "Least squares generative adversarial networks", ICCV (a = 0, b = c = 1); Arjovsky, Chintala,
//! Bottou 2017, "Wasserstein generative adversarial networks", ICML; Zhao, Mathieu, LeCun 2017,
//! "Energy-based generative adversarial network", ICLR; Nowozin, Cseke, Tomioka 2016, "f-GAN", NeurIPS.

use serde::{Deserialize, Serialize};

use crate::divergence::FDivergence;
use crate::math::NeumaierSum;
use crate::nn::{Loss, Real};

/// The losses of critic and generator.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// The original zero-sum game: the generator's loss is minus the critic's.
    Minimax,
    /// The original critic; the generator minimizes −ln D of its points.
    NonSaturating,
    /// Squared distances to labels 1 and 0.
    LeastSquares,
    /// The difference of means.
    Wasserstein,
    /// Energies: low on real points, above a margin on generated ones.
    Energy {
        /// m; for 0 the critic ignores generated points.
        margin: f64,
    },
    /// The variational bound of an f-divergence.
    FDivergence(FDivergence),
}

impl Objective {
    /// Losses of the critic on real and on generated points; their derivatives are written beside.
    pub fn critic<T: Real>(
        self,
        (real, generated): (&[T], &[T]),
        (by_real, by_generated): (&mut [T], &mut [T]),
    ) -> f64 {
        if let Self::FDivergence(f) = self {
            let gain = mean(real, by_real, -1.0, |t| f.activation(t));
            return gain + mean(generated, by_generated, 1.0, |t| f.conjugate_of_activation(t));
        }
        match self.loss() {
            Some(loss) => loss.real(real, by_real) + loss.fake(generated, by_generated),
            None => self.energies((real, generated), (by_real, by_generated)),
        }
    }

    /// The loss of the generator; its derivatives are written beside.
    pub fn generator<T: Real>(self, generated: &[T], derivative: &mut [T]) -> f64 {
        match self {
            Self::Minimax => {
                let loss = Loss::CrossEntropy.fake(generated, derivative);
                for slope in derivative.iter_mut() {
                    *slope = -*slope;
                }
                -loss
            }
            Self::NonSaturating => Loss::CrossEntropy.real(generated, derivative),
            Self::LeastSquares => Loss::LeastSquares.real(generated, derivative),
            Self::Wasserstein => Loss::Wasserstein.real(generated, derivative),
            // The generator lowers the energy: the loss on Wasserstein's generated side.
            Self::Energy { .. } => Loss::Wasserstein.fake(generated, derivative),
            Self::FDivergence(f) => {
                mean(generated, derivative, -1.0, |t| f.conjugate_of_activation(t))
            }
        }
    }

    fn loss(self) -> Option<Loss> {
        match self {
            Self::Minimax | Self::NonSaturating => Some(Loss::CrossEntropy),
            Self::LeastSquares => Some(Loss::LeastSquares),
            Self::Wasserstein => Some(Loss::Wasserstein),
            Self::Energy { .. } | Self::FDivergence(_) => None,
        }
    }

    /// E t + E max(0, m − t), a hinge a point.
    fn energies<T: Real>(
        self,
        (real, generated): (&[T], &[T]),
        (by_real, by_generated): (&mut [T], &mut [T]),
    ) -> f64 {
        let Self::Energy { margin } = self else { return 0.0 };
        let pull = Loss::Wasserstein.fake(real, by_real);
        let share = T::of(1.0 / generated.len() as f64);
        let mut push = 0.0;
        for (&t, slope) in generated.iter().zip(by_generated) {
            let missing = margin - t.wide();
            push += missing.max(0.0);
            *slope = if missing > 0.0 { -share } else { T::zero() };
        }
        pull + push / generated.len() as f64
    }

    /// The critic's estimate of the distance: E t on real points less E t on
    /// generated ones, positive for a critic that tells them apart.
    #[must_use]
    pub fn estimate(self, real: f64, generated: f64) -> f64 {
        if matches!(self, Self::Energy { .. }) { generated - real } else { real - generated }
    }
}

/// The mean of `sign`·ℓ over outputs, and its derivatives; ℓ returns a value and a slope.
fn mean<T: Real>(
    outputs: &[T],
    derivative: &mut [T],
    sign: f64,
    loss: impl Fn(f64) -> (f64, f64),
) -> f64 {
    let share = sign / outputs.len() as f64;
    let mut sum = NeumaierSum::default();
    for (t, derivative) in outputs.iter().zip(derivative) {
        let (value, slope) = loss(t.wide());
        sum.add(value);
        *derivative = T::of(share * slope);
    }
    share * sum.value()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Objective; 7] = [
        Objective::Minimax,
        Objective::NonSaturating,
        Objective::LeastSquares,
        Objective::Wasserstein,
        Objective::Energy { margin: 1.0 },
        Objective::FDivergence(FDivergence::KullbackLeibler),
        Objective::FDivergence(FDivergence::JensenShannon),
    ];

    #[test]
    fn derivatives_are_the_differences_of_values() {
        let (real, generated) = ([-2.3, 0.2, 0.7, 3.1], [-1.1, 0.4, 1.6]);
        let h = 1e-5;
        for objective in ALL {
            let critic = |real: &[f64], generated: &[f64]| {
                objective.critic((real, generated), (&mut [0.0; 4], &mut [0.0; 3]))
            };
            let (mut by_real, mut by_generated) = ([f64::NAN; 4], [f64::NAN; 3]);
            objective.critic((&real, &generated), (&mut by_real, &mut by_generated));
            let mut by_self = [f64::NAN; 3];
            objective.generator(&generated, &mut by_self);
            let close = |slope: f64, difference: f64| {
                assert!((slope - difference).abs() < 1e-9, "{objective:?}: {slope} {difference}");
            };
            for k in 0..4 {
                let (mut ahead, mut behind) = (real, real);
                (ahead[k], behind[k]) = (real[k] + h, real[k] - h);
                let difference = critic(&ahead, &generated) - critic(&behind, &generated);
                close(by_real[k], difference / (2.0 * h));
            }
            for k in 0..3 {
                let (mut ahead, mut behind) = (generated, generated);
                (ahead[k], behind[k]) = (generated[k] + h, generated[k] - h);
                let difference = critic(&real, &ahead) - critic(&real, &behind);
                close(by_generated[k], difference / (2.0 * h));
                let value = |points: &[f64]| objective.generator(points, &mut [0.0; 3]);
                close(by_self[k], (value(&ahead) - value(&behind)) / (2.0 * h));
            }
        }
    }

    #[test]
    fn an_energy_beyond_the_margin_is_left_alone() {
        let objective = Objective::Energy { margin: 1.0 };
        let (mut by_real, mut by_generated) = ([0.0; 1], [0.0; 2]);
        let loss = objective.critic((&[0.5], &[0.25, 3.0]), (&mut by_real, &mut by_generated));
        assert_eq!(loss, 0.5 + 0.375);
        assert_eq!((by_real, by_generated), ([1.0], [-0.5, 0.0]));
        assert_eq!(objective.estimate(0.5, 2.0), 1.5);
    }

    #[test]
    fn the_minimax_game_has_zero_sum_and_its_gradient_dies() {
        let (mut minimax, mut other) = ([0.0_f64], [0.0_f64]);
        Objective::Minimax.generator(&[-40.0], &mut minimax);
        Objective::NonSaturating.generator(&[-40.0], &mut other);
        assert!(minimax[0].abs() < 1e-16 && (other[0] + 1.0).abs() < 1e-16);
    }
}
