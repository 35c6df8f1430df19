//! The report of `deblais emd` for p = ∞.

use serde::Serialize;

use super::{ProblemReport, number};
use crate::certificate::{BottleneckCertificate, Cut};
use crate::solvers::bottleneck::Bottleneck;

/// Schema of [`BottleneckReport`].
pub const BOTTLENECK_SCHEMA: &str = "deblais.bottleneck/1";

/// The bottleneck distance and its certificate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BottleneckReport {
    /// The problem in figures; p is infinite.
    #[serde(flatten)]
    pub problem: ProblemReport,
    /// `W_∞`: the largest cost of the plan, the certified upper bound.
    #[serde(with = "number")]
    pub distance: f64,
    /// Why the search stopped.
    pub termination: &'static str,
    /// Phases of all maximum flows.
    pub iterations: u64,
    /// The certificate.
    pub certificate: BottleneckCertificateReport,
    /// The cut that proves the lower bound.
    pub cut: CutReport,
}

/// A [`BottleneckCertificate`] as it is reported.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BottleneckCertificateReport {
    /// At most the optimum.
    #[serde(with = "number")]
    pub lower: f64,
    /// At least the optimum.
    #[serde(with = "number")]
    pub upper: f64,
    /// `upper − lower`, rounded up.
    #[serde(with = "number")]
    pub gap: f64,
    /// `gap / |upper|`, rounded up.
    #[serde(with = "number")]
    pub relative_gap: f64,
    /// The mass that every plan moves at a cost of `lower` or more, rounded down.
    #[serde(with = "number")]
    pub forced_mass: f64,
    /// L1 error of the plan's row sums as it was handed over.
    #[serde(with = "number")]
    pub source_residual: f64,
    /// L1 error of the plan's column sums as it was handed over.
    #[serde(with = "number")]
    pub target_residual: f64,
}

/// A [`Cut`] as it is reported.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CutReport {
    /// S, as indices from 0.
    pub sources: Vec<usize>,
    /// N, as indices from 0.
    pub targets: Vec<usize>,
}

impl From<&BottleneckCertificate> for BottleneckCertificateReport {
    fn from(certificate: &BottleneckCertificate) -> Self {
        Self {
            lower: certificate.lower,
            upper: certificate.upper,
            gap: certificate.gap,
            relative_gap: certificate.relative_gap(),
            forced_mass: certificate.forced_mass,
            source_residual: certificate.source_residual,
            target_residual: certificate.target_residual,
        }
    }
}

impl From<&Cut> for CutReport {
    fn from(cut: &Cut) -> Self {
        Self { sources: cut.sources.clone(), targets: cut.targets.clone() }
    }
}

impl BottleneckReport {
    /// The report of an answer to the problem whose figures are given.
    #[must_use]
    pub fn new(problem: ProblemReport, answer: &Bottleneck) -> Self {
        Self {
            problem: ProblemReport { p: f64::INFINITY, ..problem },
            distance: answer.value(),
            termination: answer.termination().name(),
            iterations: answer.iterations(),
            certificate: answer.certificate().into(),
            cut: answer.cut().into(),
        }
    }
}
