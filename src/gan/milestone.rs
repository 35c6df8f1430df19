//! A row of a run's history.

use serde::{Deserialize, Serialize};

use super::score::ModeScores;

/// The state of a run at one step, with its scores.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Milestone {
    /// Steps of the generator done.
    pub step: u64,
    /// The factor of the rates.
    pub factor: f64,
    /// The critic's loss without its penalty, on the points that are scored.
    pub critic_loss: f64,
    /// The critic's penalty in its last step.
    pub penalty: f64,
    /// The generator's loss on the points that are scored.
    pub generator_loss: f64,
    /// The critic's estimate: the difference of its mean outputs on true and generated points,
    /// positive if it separates them.
    pub estimate: f64,
    /// The exact distance: the upper end of its bracket.
    pub emd: f64,
    /// The coverage of the modes, if they are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modes: Option<ModeScores>,
    /// The Jensen–Shannon divergence of histograms, in the plane.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jensen_shannon: Option<f64>,
    /// The share of the critic's parameters at the bounds of their box, if they are kept in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_bounds: Option<f64>,
}
