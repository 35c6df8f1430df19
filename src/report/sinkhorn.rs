//! The reports of `deblais sinkhorn`: entropic transport and its divergence.

use serde::Serialize;

use super::{CertificateReport, ProblemReport, number};
use crate::certificate::Certificate;
use crate::solvers::sinkhorn::{Entropic, Epsilon, SinkhornDivergence};

/// Schema of [`SinkhornReport`] and [`DivergenceReport`].
pub const SINKHORN_SCHEMA: &str = "deblais.sinkhorn/2";

/// ε in both units.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EpsilonReport {
    /// ε in the units of the cost.
    #[serde(with = "number")]
    pub epsilon: f64,
    /// ε as a multiple of the typical cost.
    #[serde(with = "number")]
    pub epsilon_relative: f64,
    /// The typical cost: the median of a sample of all costs.
    #[serde(with = "number")]
    pub typical_cost: f64,
}

impl EpsilonReport {
    /// The ε that was used, in the units of the cost, where `asked` may have been lowered since.
    #[must_use]
    pub fn new(asked: Epsilon, used: f64, typical_cost: f64) -> Self {
        let relative = match asked {
            Epsilon::Relative(share) if asked.resolve(typical_cost) == used => share,
            _ => used / typical_cost,
        };
        Self { epsilon: used, epsilon_relative: relative, typical_cost }
    }
}

/// The answer to one entropic problem.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EntropicReport {
    /// The entropic objective, by its dual value.
    #[serde(with = "number")]
    pub entropic_cost: f64,
    /// Passes over the table of costs.
    pub iterations: u64,
    /// Products with the plan in Newton steps.
    pub products: u64,
    /// L1 error of the column sums as a share of the mass.
    #[serde(with = "number")]
    pub marginal_error: f64,
    /// Why the solver stopped.
    pub termination: &'static str,
}

impl From<&Entropic> for EntropicReport {
    fn from(answer: &Entropic) -> Self {
        Self {
            entropic_cost: answer.entropic_cost,
            iterations: answer.iterations,
            products: answer.products,
            marginal_error: answer.marginal_error,
            termination: answer.termination.name(),
        }
    }
}

/// An entropic plan and what it proves about the exact cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SinkhornReport {
    /// The problem in figures.
    #[serde(flatten)]
    pub problem: ProblemReport,
    /// ε in both units.
    #[serde(flatten)]
    pub epsilon: EpsilonReport,
    /// The solver's answer.
    #[serde(flatten)]
    pub answer: EntropicReport,
    /// Cost of the plan rounded to exact marginals: the certified upper bound.
    #[serde(with = "number")]
    pub transport_cost: f64,
    /// `transport_cost^(1/p)`, where that is a distance.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub distance: Option<f64>,
    /// The certificate of the exact cost.
    pub certificate: CertificateReport,
    /// Mass of the cells that were left out of the plan in files, pictures and this report; absent
    /// if no cells were asked for.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub plan_dropped_mass: Option<f64>,
}

impl SinkhornReport {
    /// The report of an answer and its certificate.
    #[must_use]
    pub fn new(
        problem: ProblemReport,
        epsilon: EpsilonReport,
        answer: &Entropic,
        certificate: &Certificate,
    ) -> Self {
        Self {
            distance: problem.distance(certificate.upper),
            problem,
            epsilon,
            answer: answer.into(),
            transport_cost: certificate.upper,
            certificate: certificate.into(),
            plan_dropped_mass: None,
        }
    }
}

/// A Sinkhorn divergence and its three terms.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DivergenceReport {
    /// The problem in figures.
    #[serde(flatten)]
    pub problem: ProblemReport,
    /// ε of all three terms.
    #[serde(flatten)]
    pub epsilon: EpsilonReport,
    /// `cross − (source_self + target_self)/2`.
    #[serde(with = "number")]
    pub divergence: f64,
    /// From source to target.
    pub cross: EntropicReport,
    /// From the source to itself.
    pub source_self: EntropicReport,
    /// From the target to itself.
    pub target_self: EntropicReport,
}

impl DivergenceReport {
    /// The report of a divergence.
    #[must_use]
    pub fn new(problem: ProblemReport, epsilon: EpsilonReport, found: &SinkhornDivergence) -> Self {
        Self {
            problem,
            epsilon,
            divergence: found.value,
            cross: (&found.cross).into(),
            source_self: (&found.source).into(),
            target_self: (&found.target).into(),
        }
    }
}
