//! What critics that are trained to their end tell a generator: the report of
//! `deblais gan gradients`.

use serde::Serialize;

use super::number;

/// Schema of [`GradientsReport`].
pub const GRADIENTS_SCHEMA: &str = "deblais.gan-gradients/1";

/// The gradients of a generator that stands still.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GradientsReport {
    /// Name of the data.
    pub data: String,
    /// Name of the generator's recipe.
    pub recipe: String,
    /// Steps that the generator had made before it stood still.
    pub generator_steps: u64,
    /// How far its points were moved along the first coordinate, in standard coordinates.
    #[serde(with = "number")]
    pub away: f64,
    /// The exact distance from its points to true ones, in standard coordinates.
    #[serde(with = "number")]
    pub exact_emd: f64,
    /// Points a side of a batch.
    pub batch: usize,
    /// Batches a gradient is the mean of.
    pub batches: usize,
    /// Critics of each kind.
    pub seeds: u64,
    /// `all_steps` or `stopped`.
    pub termination: &'static str,
    /// A row for each loss and step, in the order of steps.
    pub rows: Vec<GradientRow>,
}

/// One loss at one step of its critic; medians over the seeds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GradientRow {
    /// `exact`, `minimax`, `non_saturating`, `least_squares` or `wasserstein`.
    pub loss: &'static str,
    /// Steps of the critic; the exact distance has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<u64>,
    /// The norm of the generator's gradient.
    #[serde(with = "number")]
    pub norm: f64,
    /// The least and the largest over the seeds.
    #[serde(with = "number")]
    pub norm_range: [f64; 2],
    /// The deviation of one batch's gradient, relative to the norm.
    #[serde(with = "number")]
    pub noise: f64,
    /// How far the gradients of the seeds lie apart, relative to the norm of their mean.
    #[serde(with = "number")]
    pub disagreement: f64,
    /// What the critic minimized in its last step, without a penalty.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub critic_loss: Option<f64>,
}
