//! The report of `deblais explore samples`: estimates from samples of overlapping laws.

use serde::Serialize;

use super::number;
use crate::explore::samples::{ConvergenceRate, RepeatRange, SampleAnswer, SampleSizeRow};

/// Schema of [`SamplesReport`].
pub const SAMPLES_SCHEMA: &str = "deblais.explore.samples/1";

/// Samples of two normal laws that overlap.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SamplesReport {
    /// The distance of the means: the EMD of the laws.
    #[serde(with = "number")]
    pub emd: f64,
    /// Jensen–Shannon divergence of the laws, in nats.
    #[serde(with = "number")]
    pub js: f64,
    /// A row a dimension and size.
    pub rows: Vec<SampleRow>,
    /// One a dimension.
    pub rates: Vec<RateReport>,
    /// `all_samples` or `stopped`.
    pub termination: &'static str,
}

/// One dimension and size.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SampleRow {
    /// d.
    pub dim: usize,
    /// n.
    pub n: usize,
    /// JS of the empirical measures.
    pub js_empirical: SpreadReport,
    /// JS of histograms with Scott's bins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub js_histogram: Option<SpreadReport>,
    /// EMD of samples of the two laws.
    pub emd_samples: SpreadReport,
    /// EMD of two samples of one law.
    pub emd_same_law: SpreadReport,
    /// The widest relative gap of a certificate.
    #[serde(with = "number")]
    pub relative_gap: f64,
}

/// A quantity over the repeats.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SpreadReport {
    /// The mean.
    #[serde(with = "number")]
    pub mean: f64,
    /// The least and the largest.
    #[serde(with = "number")]
    pub range: [f64; 2],
}

/// How the EMD of two samples of one law falls.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RateReport {
    /// d.
    pub dim: usize,
    /// The slope of its logarithm over ln n.
    #[serde(with = "number")]
    pub exponent: f64,
    /// That of the order that theory has for it, over the same sizes.
    #[serde(with = "number")]
    pub expected: f64,
    /// The factor of that order.
    #[serde(with = "number")]
    pub constant: f64,
}

impl From<RepeatRange> for SpreadReport {
    fn from(RepeatRange { mean, low, high }: RepeatRange) -> Self {
        Self { mean, range: [low, high] }
    }
}

impl From<&SampleSizeRow> for SampleRow {
    fn from(row: &SampleSizeRow) -> Self {
        Self {
            dim: row.dim,
            n: row.n,
            js_empirical: row.js_atoms.into(),
            js_histogram: row.js_bins.map(SpreadReport::from),
            emd_samples: row.emd.into(),
            emd_same_law: row.emd_same.into(),
            relative_gap: row.relative_gap,
        }
    }
}

impl From<&ConvergenceRate> for RateReport {
    fn from(rate: &ConvergenceRate) -> Self {
        Self {
            dim: rate.dim,
            exponent: rate.exponent,
            expected: rate.expected,
            constant: rate.constant,
        }
    }
}

impl SamplesReport {
    /// The report of laws whose means are `shift` apart.
    #[must_use]
    pub fn new(shift: f64, answer: &SampleAnswer) -> Self {
        Self {
            emd: shift,
            js: answer.js,
            rows: answer.rows.iter().map(SampleRow::from).collect(),
            rates: answer.rates.iter().map(RateReport::from).collect(),
            termination: if answer.complete { "all_samples" } else { "stopped" },
        }
    }
}
