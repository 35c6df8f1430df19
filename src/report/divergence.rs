//! Every divergence of two measures: the report of `deblais divergence`.

use serde::{Serialize, Serializer};

use super::{CertificateReport, number};

/// Schema of [`DivergencesReport`].
pub const DIVERGENCE_SCHEMA: &str = "deblais.divergence/2";

/// One divergence: its value, and what that is worth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ValueReport {
    /// The value.
    #[serde(with = "number")]
    pub value: f64,
    /// The value in bits; of the Jensen–Shannon divergence alone.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub bits: Option<f64>,
    /// The largest value there is, where it is finite.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub ceiling: Option<f64>,
    /// A 95 % confidence interval.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub interval: Option<[f64; 2]>,
    /// The central 95 % of the bootstrap's replicates, which is no confidence interval.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub spread: Option<[f64; 2]>,
    /// The certificate of a transport cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<CertificateReport>,
    /// How it was found.
    pub estimator: String,
}

impl ValueReport {
    /// A value without any of the options.
    #[must_use]
    pub fn new(value: f64, estimator: impl Into<String>) -> Self {
        Self {
            value,
            bits: None,
            ceiling: None,
            interval: None,
            spread: None,
            certificate: None,
            estimator: estimator.into(),
        }
    }
}

/// All of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DivergencesReport {
    /// Source points, or cells.
    pub n: usize,
    /// Target points, or cells.
    pub m: usize,
    /// Coordinates of a point.
    pub dim: usize,
    /// `samples` or `histograms`.
    pub kind: &'static str,
    /// The divergences by their short names, in the order of the table.
    #[serde(serialize_with = "as_map")]
    pub divergences: Vec<(&'static str, ValueReport)>,
    /// The rows that were left out, and why.
    #[serde(serialize_with = "as_map")]
    pub left_out: Vec<(&'static str, String)>,
}

pub(super) fn as_map<T: Serialize, S: Serializer>(
    entries: &[(&'static str, T)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(entries.iter().map(|(name, value)| (name, value)))
}
