//! The answer to an entropic problem, and the errors of Sinkhorn's settings.

use thiserror::Error;

use crate::certificate::{Certified, certify_gibbs};
use crate::gibbs::GibbsPlan;
use crate::potentials::PotentialsError;
use crate::problem::OtProblem;
use crate::solvers::{Termination, ThreadsError};

/// Settings that Sinkhorn cannot solve with.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum SinkhornError {
    /// ε, in the units of the cost, or 1/ε is not a positive finite number.
    #[error("ε is {epsilon} in the units of the cost: it must be positive, and 1/ε finite")]
    Epsilon {
        /// The value asked for.
        epsilon: f64,
    },
    /// The problem forbids arcs.
    #[error("Sinkhorn's plan uses every arc, but some costs are inf")]
    Forbidden,
    /// The tolerance is not a number ≥ 0.
    #[error("the tolerance is {tolerance}: it must be a number ≥ 0")]
    Tolerance {
        /// The value asked for.
        tolerance: f64,
    },
    /// Potentials leave the range of `f64`: the costs are of too many sizes for this ε.
    #[error(
        "the Sinkhorn iterations overflow: ε = {epsilon:e} is too small beside the largest costs"
    )]
    Overflow {
        /// ε in the units of the cost.
        epsilon: f64,
    },
    /// The width of the bracket wanted is not a number > 0.
    #[error("the gap is {gap}: it must be a number > 0")]
    Gap {
        /// The value asked for.
        gap: f64,
    },
    /// The threads of a pool could not be started.
    #[error(transparent)]
    Threads(#[from] ThreadsError),
    /// Potentials to start from that do not fit the problem.
    #[error(transparent)]
    Start(#[from] PotentialsError),
}

/// The answer to an entropic problem.
#[derive(Debug, Clone, PartialEq)]
pub struct Entropic {
    /// The plan, given by potentials and ε.
    pub plan: GibbsPlan,
    /// `Σ μ_i f_i + Σ ν_j g_j`, the dual value: a lower bound of the least
    /// `⟨γ, C⟩ + ε·KL(γ | μ⊗ν/T)`, and equal to it at convergence (its error is of second order in
    /// the marginal error).
    pub entropic_cost: f64,
    /// The marginal error `Σ_j |r_j − ν_j| / T` of the plan.
    pub marginal_error: f64,
    /// Passes over the table, or over one of lower resolution.
    pub iterations: u64,
    /// Products with the plan in Newton steps, each a pass over a table or over its large cells.
    pub products: u64,
    /// Why the solver stopped.
    pub termination: Termination,
}

impl Entropic {
    /// The bracket on the exact transport cost that this answer proves: below by the
    /// c-transform, above by the plan rounded to its marginals.
    ///
    /// # Panics
    /// If this is the answer to a problem of another shape.
    #[must_use]
    pub fn certify(&self, problem: &OtProblem) -> Certified {
        certify_gibbs(problem, &self.plan).expect("an answer has the shape of its problem")
    }
}
