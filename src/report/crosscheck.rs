//! Several methods held against the exact value: the report of `deblais crosscheck`.

use serde::Serialize;

use super::{Inputs, Number, ProblemReport, Settings};
use crate::crosscheck::{Crosscheck, Row, Verdict};

/// Schema of [`CrosscheckReport`].
pub const CROSSCHECK_SCHEMA: &str = "deblais.crosscheck/2";

/// One method.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RowReport {
    /// The method.
    pub method: String,
    /// A proved lower bound; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lower: Option<Number>,
    /// A proved upper bound; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upper: Option<Number>,
    /// What it says that the transport costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimate: Option<Number>,
    /// `(estimate − exact)/exact`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relative_error: Option<Number>,
    /// `holds`, `fails`, `stopped` or `skipped`.
    pub verdict: &'static str,
    /// Why it fails or was skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl From<&Row> for RowReport {
    fn from(row: &Row) -> Self {
        let bound = |bound: f64| bound.is_finite().then_some(Number(bound));
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
            estimate: row.estimate.map(Number),
            relative_error: row.relative_error.map(Number),
            verdict,
            reason,
        }
    }
}

/// The verdict table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CrosscheckReport {
    /// [`CROSSCHECK_SCHEMA`].
    pub schema: &'static str,
    /// Version of the crate.
    pub version: &'static str,
    /// The problem in figures.
    #[serde(flatten)]
    pub problem: ProblemReport,
    /// Whether no claim fails.
    pub holds: bool,
    /// The methods in the order in which they ran; the first is the exact one.
    pub rows: Vec<RowReport>,
    /// The files that were read.
    pub inputs: Inputs,
    /// The settings that shape the answer.
    pub settings: Settings,
    /// What the user should know.
    pub warnings: Vec<String>,
    /// Seconds by stage.
    pub timings: CrosscheckTimings,
}

/// Seconds of wall-clock time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CrosscheckTimings {
    /// Reading the files.
    pub read: Number,
    /// Each row, its certificate included.
    pub rows: Vec<Number>,
}

impl CrosscheckReport {
    /// The report of a table; inputs, settings, warnings and timings are the caller's to fill in.
    #[must_use]
    pub fn new(problem: ProblemReport, check: &Crosscheck<'_>) -> Self {
        Self {
            schema: CROSSCHECK_SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            problem,
            holds: check.holds(),
            rows: check.rows().iter().map(RowReport::from).collect(),
            inputs: Inputs::new(),
            settings: Settings::new(),
            warnings: Vec::new(),
            timings: CrosscheckTimings {
                read: Number(0.0),
                rows: check.rows().iter().map(|row| Number(row.seconds)).collect(),
            },
        }
    }
}
