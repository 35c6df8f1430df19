//! The reports of `deblais gan train` and `deblais gan evaluate`: the scores of a generator.

use serde::Serialize;

use super::{CertificateReport, ExactReport, Report, number, steps_ended};
use crate::gan::{Data, Milestone, Recipe, Scores, Standard};
use crate::progress::Stop;

/// Schema of [`GanReport`].
pub const GAN_SCHEMA: &str = "deblais.gan/2";

/// A generator and what its points are worth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GanReport {
    /// Name of the recipe.
    pub recipe: String,
    /// Name of the data.
    pub data: String,
    /// Coordinates of a point.
    pub dim: usize,
    /// Where all draws come from.
    pub seed: u64,
    /// Steps of the generator.
    pub steps: u64,
    /// `all_steps`, `time_limit` or `stopped`.
    pub termination: &'static str,
    /// The exact distance from generated points to true ones, in standard coordinates.
    pub exact_emd: ExactReport,
    /// Points on each side of it.
    pub points: usize,
    /// The mean exact distance of pairs of true samples of so many points.
    #[serde(with = "number")]
    pub noise_floor: f64,
    /// `exact_emd ÷ noise_floor`.
    #[serde(with = "number")]
    pub ratio: f64,
    /// The critic's difference of mean outputs.
    #[serde(with = "number")]
    pub estimate: f64,
    /// Modes with a point of high quality, if the modes are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modes: Option<usize>,
    /// Modes there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modes_of: Option<usize>,
    /// Share of the points within 3σ of a mode.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub high_quality: Option<f64>,
    /// From the shares of the modes to the true ones.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub reverse_kl: Option<f64>,
    /// By histogram, in the plane, in nats.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub jensen_shannon: Option<f64>,
    /// Mean distance of generated points to the nearest training point, for data that are a sample.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub nearest_generated: Option<f64>,
    /// Mean distance of held-out true points to the nearest training point.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub nearest_held_out: Option<f64>,
    /// The coordinates of the training.
    pub standard: Standard,
    /// All fields of the recipe.
    pub settings: Recipe,
}

impl GanReport {
    /// The report of a run as it was scored.
    #[must_use]
    pub fn new(
        (recipe, seed, data): (&Recipe, u64, &Data),
        (milestone, scores): (&Milestone, &Scores),
        (method, noise_floor): (&'static str, f64),
        stopped: Option<Stop>,
    ) -> Self {
        let emd = scores.emd.upper;
        let modes = scores.modes;
        Self {
            recipe: recipe.name.clone(),
            data: data.name().to_owned(),
            dim: data.dim(),
            seed,
            steps: milestone.step,
            termination: steps_ended(stopped),
            exact_emd: ExactReport {
                value: emd,
                method,
                certificate: CertificateReport::from(&scores.emd),
            },
            points: scores.points,
            noise_floor,
            ratio: emd / noise_floor,
            estimate: milestone.estimate,
            modes: modes.map(|modes| modes.captured),
            modes_of: modes.map(|modes| modes.of),
            high_quality: modes.map(|modes| modes.high_quality),
            reverse_kl: modes.map(|modes| modes.reverse_kl),
            jensen_shannon: scores.jensen_shannon,
            nearest_generated: scores.nearest.map(|nearest| nearest.generated),
            nearest_held_out: scores.nearest.map(|nearest| nearest.held_out),
            standard: data.standard().clone(),
            settings: recipe.clone(),
        }
    }
}

/// Schema of [`GanComparison`].
pub const GAN_COMPARISON_SCHEMA: &str = "deblais.gan-comparison/1";

/// Recipes side by side: the report of `deblais gan compare`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GanComparison {
    /// [`GAN_COMPARISON_SCHEMA`].
    pub schema: &'static str,
    /// Version of the crate.
    pub version: &'static str,
    /// Name of the data.
    pub data: String,
    /// The mean exact distance of pairs of true samples.
    #[serde(with = "number")]
    pub noise_floor: f64,
    /// A row a recipe.
    pub rows: Vec<GanRow>,
    /// Every run.
    pub runs: Vec<Report<GanReport>>,
}

/// Medians of one recipe over the seeds; what is not known is left out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GanRow {
    /// Its name.
    pub recipe: String,
    /// How many runs.
    pub seeds: usize,
    /// Steps of the generator.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub steps: Option<f64>,
    /// Exact distance ÷ noise floor.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// Modes with a point of high quality.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub modes: Option<f64>,
    /// Share of the points within 3σ of a mode.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub high_quality: Option<f64>,
    /// From the shares of the modes to the true ones.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub reverse_kl: Option<f64>,
    /// Spearman's rank correlation over the run of the critic's negative loss and the exact distance,
    /// without the score at step 0, whose critic is not yet trained.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub loss_correlation: Option<f64>,
    /// The rank correlation of the critic's estimate, the difference of its mean outputs.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub estimate_correlation: Option<f64>,
    /// Seconds of CPU.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub cpu: Option<f64>,
}
