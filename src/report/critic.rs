//! The report of `deblais critic`: the estimate of a critic and its judgement.

use serde::Serialize;

use super::{CertificateReport, ProblemReport, number, steps_ended};
use crate::certificate::Certificate;
use crate::critic::{CriticVerdict, Slopes};
use crate::progress::Stop;

/// Schema of [`CriticReport`].
pub const CRITIC_SCHEMA: &str = "deblais.critic/2";

/// Percentiles of `‖∇f‖`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SlopesReport {
    /// 5 % are below.
    #[serde(with = "number")]
    pub p5: f64,
    /// Half are below.
    #[serde(with = "number")]
    pub median: f64,
    /// 5 % are above.
    #[serde(with = "number")]
    pub p95: f64,
    /// None is above.
    #[serde(with = "number")]
    pub max: f64,
}

impl From<Slopes> for SlopesReport {
    fn from(slopes: Slopes) -> Self {
        let Slopes { p5, median, p95, most } = slopes;
        Self { p5, median, p95, max: most }
    }
}

/// The exact transport cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExactReport {
    /// The upper end of its bracket.
    #[serde(with = "number")]
    pub value: f64,
    /// The method that found it.
    pub method: &'static str,
    /// Its certificate.
    pub certificate: CertificateReport,
}

/// A training run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RunReport {
    /// Steps of training.
    pub steps: u64,
    /// `all_steps`, `time_limit` or `stopped`.
    pub termination: &'static str,
}

/// A critic beside the exact value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CriticReport {
    /// The problem in figures.
    #[serde(flatten)]
    pub problem: ProblemReport,
    /// The kind of critic.
    pub kind: String,
    /// `E_source f − E_target f`, times the total mass.
    #[serde(with = "number")]
    pub estimate: f64,
    /// The exact value; absent if it was not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exact: Option<ExactReport>,
    /// `(estimate − exact) / exact`; absent without an exact value that is positive.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub relative_error: Option<f64>,
    /// A proved bound of the critic's Lipschitz constant.
    #[serde(with = "number")]
    pub lipschitz_bound: f64,
    /// The proof of this bound, in words.
    pub lipschitz_how: &'static str,
    /// The steepest of all pairs of sample points.
    #[serde(with = "number")]
    pub lipschitz_pairs: f64,
    /// The estimate over the Lipschitz bound, or the slope of the steepest pair if that is more, rounded
    /// down, at least 0: a lower bound of the exact value.
    #[serde(with = "number")]
    pub certified_lower: f64,
    /// The value of the critic's c-transforms, at least 0: a lower bound whatever its slope is.
    #[serde(with = "number")]
    pub polished_lower: f64,
    /// `‖∇f‖` on the source points.
    pub source_slopes: SlopesReport,
    /// `‖∇f‖` on the target points.
    pub target_slopes: SlopesReport,
    /// `‖∇f‖` between them.
    pub between_slopes: SlopesReport,
    /// How it was trained; absent for a saved one.
    #[serde(flatten)]
    pub run: Option<RunReport>,
}

impl CriticReport {
    /// The report of a verdict after so many steps.
    #[must_use]
    pub fn new(
        problem: ProblemReport,
        kind: impl Into<String>,
        verdict: &CriticVerdict,
        exact: Option<(&'static str, &Certificate)>,
        run: Option<(u64, Option<Stop>)>,
    ) -> Self {
        let value = exact.map(|(_, certificate)| certificate.upper);
        Self {
            problem,
            kind: kind.into(),
            estimate: verdict.estimate,
            exact: exact.map(|(method, certificate)| ExactReport {
                value: certificate.upper,
                method,
                certificate: certificate.into(),
            }),
            relative_error: value
                .filter(|value| *value > 0.0 && value.is_finite())
                .map(|value| (verdict.estimate - value) / value),
            lipschitz_bound: verdict.lipschitz.bound,
            lipschitz_how: verdict.lipschitz.how,
            lipschitz_pairs: verdict.lipschitz_pairs,
            certified_lower: verdict.certified_lower,
            polished_lower: verdict.polished_lower,
            source_slopes: verdict.source_slopes.into(),
            target_slopes: verdict.target_slopes.into(),
            between_slopes: verdict.between_slopes.into(),
            run: run.map(|(steps, stopped)| RunReport { steps, termination: steps_ended(stopped) }),
        }
    }
}
