//! The regularizers of network critics: one enum for critics that are trained alone and for those of
//! GANs, whose recipes store it.

use serde::{Deserialize, Serialize};

use super::CriticError;
use super::clip::Clip;
use super::control::{LipschitzControl, Unconstrained, not_negative, positive};
use super::gradient_penalty::{GradientPenalty, MatchedPairs};
use super::orthonormal::{self, Orthonormal};
use super::spectral::Spectral;
use crate::nn::{Init, Mlp};
use crate::seed::Seed;

/// A bound on the slope of a network critic, with its settings.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Regularizer {
    /// No bound.
    None,
    /// Weights in a box.
    Clip {
        /// c: the largest absolute value of a parameter.
        limit: f64,
    },
    /// A penalty on slopes other than 1.
    GradientPenalty {
        /// λ, in units of the frame's scale.
        lambda: f64,
        /// Whether slopes below 1 are penalized too.
        two_sided: bool,
    },
    /// Weights divided by their spectral norms.
    Spectral,
    /// Orthonormal weights, to be used with activations that sort.
    Orthonormal,
}

impl Regularizer {
    /// Weight clipping with the published limit.
    pub const CLIP: Self = Self::Clip { limit: 0.01 };

    /// The two-sided gradient penalty (`gp`).
    pub const GP: Self = Self::GradientPenalty { lambda: 100.0, two_sided: true };

    /// The one-sided gradient penalty (`lp`).
    pub const LP: Self = Self::GradientPenalty { lambda: 100.0, two_sided: false };

    /// Whether the proved bound of the Lipschitz constant comes close to 1, so that the best state
    /// is the one with the highest estimate ÷ bound.
    #[must_use]
    pub fn is_certified(self) -> bool {
        matches!(self, Self::Spectral | Self::Orthonormal)
    }

    /// Initial weights of a critic.
    pub(super) fn init(self) -> Init {
        if self.is_certified() { Init::Orthogonal } else { Init::He }
    }

    /// Checks the settings against each other and against layers of (inputs, outputs).
    pub(crate) fn check(self, rate: f64, layers: [(usize, usize); 2]) -> Result<(), CriticError> {
        match self {
            Self::None | Self::Spectral => Ok(()),
            Self::Clip { limit } => positive("the clip", limit),
            Self::GradientPenalty { lambda, .. } => not_negative("λ", lambda),
            Self::Orthonormal => {
                layers.into_iter().try_for_each(|layer| orthonormal::check(rate, layer))
            }
        }
    }

    /// The control for a network in training; penalties join random pairs of each batch.
    pub(crate) fn control(self, network: &Mlp<f32>, seed: Seed) -> Box<dyn LipschitzControl> {
        match self {
            Self::None => Box::new(Unconstrained),
            Self::Clip { limit } => Box::new(Clip { limit }),
            Self::GradientPenalty { lambda, two_sided } => {
                Box::new(GradientPenalty::new(lambda, two_sided, None, seed))
            }
            Self::Spectral => {
                Box::new(Spectral::new(network, &mut seed.stream("singular vectors")))
            }
            Self::Orthonormal => Box::new(Orthonormal::new(network)),
        }
    }

    /// The control for a network in training; penalties join the pairs given.
    pub(super) fn control_on_pairs(
        self,
        network: &Mlp<f32>,
        pairs: MatchedPairs,
        seed: Seed,
    ) -> Box<dyn LipschitzControl> {
        match self {
            Self::GradientPenalty { lambda, two_sided } => {
                Box::new(GradientPenalty::new(lambda, two_sided, Some(pairs), seed))
            }
            _ => self.control(network, seed),
        }
    }
}
