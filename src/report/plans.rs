//! All the ways to move the earth: the report of `deblais explore plans`.

use serde::Serialize;

use super::{CertificateReport, PlanReport, ProblemReport, number};
use crate::explore::plans::{PlanAnswer, PlanListing, PricedPlan};

/// Schema of [`PlansReport`].
pub const PLANS_SCHEMA: &str = "deblais.explore.plans/2";

/// Plans ranked by cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlansReport {
    /// The problem in figures.
    #[serde(flatten)]
    pub problem: ProblemReport,
    /// `permutations` or `spanning_trees` for all of them, else `sample`.
    pub listing: PlanListing,
    /// How many plans were found.
    pub plans: usize,
    /// How many of them cost as little as the best.
    pub optimal_plans: usize,
    /// The mean of their costs.
    #[serde(with = "number")]
    pub mean_cost: f64,
    /// The cost of sending everything from everywhere to everywhere.
    #[serde(with = "number")]
    pub even_cost: f64,
    /// The cheapest plan of all.
    pub best: PricedReport,
    /// The certificate of the optimal plan.
    pub certificate: CertificateReport,
    /// One of those found, by chance.
    pub random: PricedReport,
    /// The dearest plan of all.
    pub worst: PricedReport,
}

/// A plan and what it costs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PricedReport {
    /// ⟨C, γ⟩.
    #[serde(with = "number")]
    pub cost: f64,
    /// Its non-zero cells.
    pub plan: PlanReport,
}

impl From<&PricedPlan> for PricedReport {
    fn from(priced: &PricedPlan) -> Self {
        Self { cost: priced.cost, plan: PlanReport::from(&priced.plan) }
    }
}

impl PlansReport {
    /// The report of an answer.
    #[must_use]
    pub fn new(problem: ProblemReport, answer: &PlanAnswer) -> Self {
        Self {
            problem,
            listing: answer.listing,
            plans: answer.costs.len(),
            optimal_plans: answer.optimal(),
            mean_cost: crate::math::sum(&answer.costs) / answer.costs.len() as f64,
            even_cost: answer.even,
            best: (&answer.best).into(),
            certificate: (&answer.certificate).into(),
            random: (&answer.random).into(),
            worst: (&answer.worst).into(),
        }
    }
}
