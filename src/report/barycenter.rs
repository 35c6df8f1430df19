//! The mean of several measures: the reports of `deblais barycenter`.

use serde::Serialize;

use super::{CertificateReport, InputReport, number};

/// Schema of [`BarycenterReport`].
pub const BARYCENTER_SCHEMA: &str = "deblais.barycenter/1";

/// Schema of [`FreeBarycenterReport`].
pub const FREE_BARYCENTER_SCHEMA: &str = "deblais.barycenter.free/1";

/// One of the measures that are averaged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AveragedReport {
    /// The file it was read from.
    pub input: InputReport,
    /// Its weight; all weights add up to 1.
    #[serde(with = "number")]
    pub weight: f64,
    /// The bracket on the transport cost from the answer to it; absent for weight 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transport: Option<CertificateReport>,
}

/// A barycenter on a fixed support.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BarycenterReport {
    /// Points of the support.
    pub cells: usize,
    /// Coordinates of a point.
    pub dim: usize,
    /// Name of the ground distance.
    pub cost: String,
    /// Minkowski exponent.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub exponent: Option<f64>,
    /// The cost is the distance to this power.
    #[serde(with = "number")]
    pub p: f64,
    /// The histograms, in the order of the files.
    pub histograms: Vec<AveragedReport>,
    /// `"lp"` or `"entropic"`.
    pub method: &'static str,
    /// Why the run ended.
    pub termination: &'static str,
    /// Iterations of the interior point, or steps of the projections.
    pub iterations: u64,
    /// The mean of the transport costs from the answer, the certified upper bound.
    #[serde(with = "number")]
    pub mean_cost: f64,
    /// The bracket on the least mean of all measures on the support.
    pub certificate: CertificateReport,
    /// The masses of the answer, in the order of the cells.
    #[serde(with = "number")]
    pub masses: Vec<f64>,
}

/// Points of fixed masses that were moved until the mean transport cost did not decrease.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FreeBarycenterReport {
    /// Coordinates of a point.
    pub dim: usize,
    /// The point clouds, in the order of the files.
    pub clouds: Vec<AveragedReport>,
    /// Why the run ended.
    pub termination: &'static str,
    /// The bracket on the mean squared distance at the start and after each step: of these points, not of
    /// the least value of all.
    pub steps: Vec<CertificateReport>,
    /// The points found, one after another.
    #[serde(with = "number")]
    pub points: Vec<Vec<f64>>,
    /// Their masses.
    #[serde(with = "number")]
    pub masses: Vec<f64>,
}
