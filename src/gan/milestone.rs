//! A row of a run's history.

use serde::{Deserialize, Serialize};

use super::score::ModeScores;

/// A point of a run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Milestone {
    /// Steps of the generator done.
    pub step: u64,
    /// The factor of the rates.
    pub factor: f64,
    /// The critic's loss without its penalty, on the points that are scored.
    pub critic_loss: f64,
    /// Its penalty in its last step.
    pub penalty: f64,
    /// The generator's loss on the points that are scored.
    pub generator_loss: f64,
    /// The critic's estimate: the difference of its mean outputs on true and generated points,
    /// positive if it separates them.
    pub estimate: f64,
    /// The exact distance: the upper end of its bracket.
    pub emd: f64,
    /// How well modes are met, if they are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modes: Option<ModeScores>,
    /// By histogram, in the plane.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jensen_shannon: Option<f64>,
    /// The share of the critic's parameters at the bounds of their box, if they are kept in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_bounds: Option<f64>,
}
