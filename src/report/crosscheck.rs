//! Several methods held against the exact value: the report of `deblais crosscheck`.

use serde::Serialize;

use super::{ProblemReport, number};
use crate::crosscheck::{Crosscheck, Row, Verdict};

/// Schema of [`CrosscheckReport`].
pub const CROSSCHECK_SCHEMA: &str = "deblais.crosscheck/2";

/// One method.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RowReport {
    /// The method.
    pub method: String,
    /// A proved lower bound; absent without one.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub lower: Option<f64>,
    /// A proved upper bound; absent without one.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub upper: Option<f64>,
    /// Its estimate of the transport cost.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub estimate: Option<f64>,
    /// `(estimate − exact)/exact`.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub relative_error: Option<f64>,
    /// `holds`, `fails`, `stopped` or `skipped`.
    pub verdict: &'static str,
    /// Why it fails or was skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl From<&Row> for RowReport {
    fn from(row: &Row) -> Self {
        let bound = |bound: f64| bound.is_finite().then_some(bound);
        let (verdict, reason) = match &row.verdict {
            Verdict::Holds => ("holds", None),
            Verdict::Fails(why) => ("fails", Some(why.clone())),
            Verdict::Stopped => ("stopped", None),
            Verdict::Skipped(why) => ("skipped", Some(why.clone())),
        };
        Self {
            method: row.method.clone(),
            lower: bound(row.lower),
            upper: bound(row.upper),
            estimate: row.estimate,
            relative_error: row.relative_error,
            verdict,
            reason,
        }
    }
}

/// The verdict table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CrosscheckReport {
    /// The problem in figures.
    #[serde(flatten)]
    pub problem: ProblemReport,
    /// Whether no claim fails.
    pub holds: bool,
    /// The methods in the order in which they ran; the first is the exact one.
    pub rows: Vec<RowReport>,
}

/// Seconds of wall-clock time.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct CrosscheckTimings {
    /// Reading the files.
    #[serde(with = "number")]
    pub read: f64,
    /// Each row, its certificate included.
    #[serde(with = "number")]
    pub rows: Vec<f64>,
}

impl CrosscheckReport {
    /// The report of a table.
    #[must_use]
    pub fn new(problem: ProblemReport, check: &Crosscheck<'_>) -> Self {
        Self {
            problem,
            holds: check.holds(),
            rows: check.rows().iter().map(RowReport::from).collect(),
        }
    }
}
