//! The kinds of network critics by name, and settings for each that need no change.

use super::clip::Clip;
use super::control::LipschitzControl;
use super::gradient_penalty::GradientPenalty;
use super::orthonormal::{self, Orthonormal};
use super::spectral::Spectral;
use super::{CriticError, Frame};
use crate::measure::DiscreteMeasure;
use crate::nn::{Init, Mlp};
use crate::seed::Seed;

/// What keeps a network critic from becoming steep, with its settings.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// `clip`: weights in a box.
    Clip(Clip),
    /// `gp` and `lp`: a penalty on the norms of gradients.
    GradientPenalty(GradientPenalty),
    /// `spectral`: weights divided by their spectral norms.
    Spectral,
    /// `maxmin`: orthonormal weights and sorted pairs.
    MaxMin,
    /// `groupsort`: orthonormal weights and larger groups sorted.
    GroupSort,
}

impl From<Clip> for Kind {
    fn from(clip: Clip) -> Self {
        Self::Clip(clip)
    }
}

impl From<GradientPenalty> for Kind {
    fn from(penalty: GradientPenalty) -> Self {
        Self::GradientPenalty(penalty)
    }
}

impl Kind {
    /// All names, as the command line has them.
    pub const NAMES: [&'static str; 6] = ["clip", "gp", "lp", "spectral", "maxmin", "groupsort"];

    /// The kind of this name with its default settings.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let penalty = |two_sided| GradientPenalty { two_sided, ..GradientPenalty::default() };
        Some(match name {
            "clip" => Self::Clip(Clip::default()),
            "gp" => Self::GradientPenalty(penalty(true)),
            "lp" => Self::GradientPenalty(penalty(false)),
            "spectral" => Self::Spectral,
            "maxmin" => Self::MaxMin,
            "groupsort" => Self::GroupSort,
            _ => return None,
        })
    }

    /// Its name, as the command line has it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Clip(_) => "clip",
            Self::GradientPenalty(GradientPenalty { two_sided: true, .. }) => "gp",
            Self::GradientPenalty(_) => "lp",
            Self::Spectral => "spectral",
            Self::MaxMin => "maxmin",
            Self::GroupSort => "groupsort",
        }
    }

    /// Whether it brings the proved bound of the Lipschitz constant close to 1, so that the best
    /// state is the one with the highest estimate ÷ bound.
    #[must_use]
    pub fn is_certified(&self) -> bool {
        matches!(self, Self::Spectral | Self::MaxMin | Self::GroupSort)
    }

    /// How its weights start.
    pub(super) fn init(&self) -> Init {
        match self {
            Self::Clip(_) | Self::GradientPenalty(_) => Init::He,
            Self::Spectral | Self::MaxMin | Self::GroupSort => Init::Orthogonal,
        }
    }

    /// Whether its settings fit each other and layers of (inputs, outputs).
    pub(crate) fn check(&self, rate: f64, layers: [(usize, usize); 2]) -> Result<(), CriticError> {
        match self {
            Self::Clip(clip) => clip.check(),
            Self::GradientPenalty(penalty) => penalty.check(),
            Self::Spectral => Ok(()),
            Self::MaxMin | Self::GroupSort => {
                layers.into_iter().try_for_each(|layer| orthonormal::check(rate, layer))
            }
        }
    }

    pub(super) fn control(
        &self,
        network: &Mlp<f32>,
        frame: &Frame,
        samples: (&DiscreteMeasure, &DiscreteMeasure),
        seed: Seed,
    ) -> Result<Box<dyn LipschitzControl>, CriticError> {
        match self {
            Self::GradientPenalty(penalty) => {
                let stream = seed.stream("interpolates");
                Ok(Box::new(penalty.control(frame, samples, stream)?))
            }
            _ => Ok(self.control_on_batches(network, seed)),
        }
    }

    /// What keeps a network from becoming steep that is trained on batches alone, without samples
    /// behind them; penalties join random pairs.
    pub(crate) fn control_on_batches(
        &self,
        network: &Mlp<f32>,
        seed: Seed,
    ) -> Box<dyn LipschitzControl> {
        match self {
            Self::Clip(clip) => Box::new(*clip),
            Self::GradientPenalty(penalty) => {
                Box::new(penalty.on_batches(seed.stream("interpolates")))
            }
            Self::Spectral => {
                Box::new(Spectral::new(network, &mut seed.stream("singular vectors")))
            }
            Self::MaxMin | Self::GroupSort => Box::new(Orthonormal::new(network)),
        }
    }
}
