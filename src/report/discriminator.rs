//! What discriminators tell a generator's points while they are trained: the report of
//! `deblais explore discriminator`.

use serde::Serialize;

use super::{CertificateReport, number};

/// Schema of [`DiscriminatorReport`].
pub const DISCRIMINATOR_SCHEMA: &str = "deblais.explore-discriminator/2";

/// All discriminators between two samples on the line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DiscriminatorReport {
    /// `clusters`, `intervals` or `files`.
    pub data: &'static str,
    /// Real points.
    pub n: usize,
    /// Generated points.
    pub m: usize,
    /// The exact distance.
    pub emd: CertificateReport,
    /// Rows of a side in a step.
    pub batch: usize,
    /// `all_steps` or `stopped`.
    pub termination: &'static str,
    /// One a loss of the generator and step.
    pub rows: Vec<PushRow>,
    /// Where the functions of `curves` were looked at.
    #[serde(with = "number")]
    pub grid: Vec<f64>,
    /// The functions, at the steps that are drawn.
    pub curves: Vec<FunctionRow>,
}

/// The push of one loss at one step of its discriminator.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PushRow {
    /// `exact`, `minimax`, `non_saturating`, `least_squares`, `clip`, `gradient_penalty` or `free`.
    pub loss: &'static str,
    /// Steps of the discriminator; the exact distance has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<u64>,
    /// The mean over the generated points of the size of the gradient there.
    #[serde(with = "number")]
    pub mean_gradient: f64,
    /// The least and the largest of these sizes.
    #[serde(with = "number")]
    pub gradient_range: [f64; 2],
    /// The mean of D on real points less that on generated ones.
    #[serde(with = "number")]
    pub apart: f64,
    /// What the discriminator minimized in its last step, without a penalty.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub discriminator_loss: Option<f64>,
}

/// A function on the grid.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FunctionRow {
    /// `exact`, `sigmoid`, `least_squares`, `clip`, `gradient_penalty` or `free`.
    pub function: &'static str,
    /// Steps of the discriminator; the exact potential has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<u64>,
    /// Its values.
    #[serde(with = "number")]
    pub values: Vec<f64>,
}
