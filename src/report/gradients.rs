//! What critics that are trained to their end tell a generator: the report of
//! `deblais gan gradients`.

use serde::Serialize;

use super::{Number, Timings};

/// Schema of [`GradientsReport`].
pub const GRADIENTS_SCHEMA: &str = "deblais.gan-gradients/1";

/// The gradients of a generator that stands still.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GradientsReport {
    /// [`GRADIENTS_SCHEMA`].
    pub schema: &'static str,
    /// Version of the crate.
    pub version: &'static str,
    /// Name of the data.
    pub data: String,
    /// Name of the generator's recipe.
    pub recipe: String,
    /// Steps that the generator had made before it stood still.
    pub generator_steps: u64,
    /// How far its points were moved along the first coordinate, in standard coordinates.
    pub away: Number,
    /// The exact distance from its points to true ones, in standard coordinates.
    pub exact_emd: Number,
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
    /// Seconds by stage.
    pub timings: Timings,
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
    pub norm: Number,
    /// The least and the largest over the seeds.
    pub norm_range: [Number; 2],
    /// The deviation of one batch's gradient, relative to the norm.
    pub noise: Number,
    /// How far the gradients of the seeds lie apart, relative to the norm of their mean.
    pub disagreement: Number,
    /// What the critic minimised in its last step, without a penalty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub critic_loss: Option<Number>,
}
