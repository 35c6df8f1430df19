//! The report of `deblais emd` between unequal masses.

use serde::Serialize;

use super::{CertificateReport, ProblemReport, number};
use crate::unbalanced::UnbalancedTransport;

/// Schema of the report of `deblais emd --mass`, `--fraction` and `--unbalanced`.
pub const UNBALANCED_SCHEMA: &str = "deblais.emd-unbalanced/1";

/// The report of a transport between unequal masses.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnbalancedReport {
    /// The problem in figures; `total_mass` is the source's.
    #[serde(flatten)]
    pub problem: ProblemReport,
    /// Total mass of the target.
    #[serde(with = "number")]
    pub target_mass: f64,
    /// Name of the solver that ran.
    pub method: String,
    /// The objective of the plan, penalties included: the certified upper bound.
    #[serde(with = "number")]
    pub objective: f64,
    /// `Σ c γ`, without penalties.
    #[serde(with = "number")]
    pub transport_cost: f64,
    /// `Σ γ`.
    #[serde(with = "number")]
    pub moved_mass: f64,
    /// Mass of the source that is not moved.
    #[serde(with = "number")]
    pub left_behind: f64,
    /// Mass of the target that comes from no source.
    #[serde(with = "number")]
    pub created: f64,
    /// The price of one unit of mass more, where the mass is given.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub marginal_price: Option<f64>,
    /// Why the solver stopped.
    pub termination: &'static str,
    /// Iterations in the solver's own unit.
    pub iterations: u64,
    /// The certificate of the objective.
    pub certificate: CertificateReport,
}

impl UnbalancedReport {
    /// The report of an answer.
    #[must_use]
    pub fn new(problem: ProblemReport, target_mass: f64, answer: &UnbalancedTransport) -> Self {
        Self {
            problem,
            target_mass,
            method: answer.method().into(),
            objective: answer.objective(),
            transport_cost: answer.transport_cost(),
            moved_mass: answer.moved_mass(),
            left_behind: crate::math::sum(answer.left_behind()),
            created: crate::math::sum(answer.created()),
            marginal_price: answer.marginal_price(),
            termination: answer.termination().name(),
            iterations: answer.iterations(),
            certificate: answer.certificate().into(),
        }
    }
}
