//! Solvers: each takes an [`OtProblem`] and hands over a plan, potentials, and why it stopped.
//!
//! None of them is believed: [`Solution::certify`] judges every answer by the same certificate.

pub(crate) mod arcs;
pub mod assignment;
pub mod bottleneck;
pub(crate) mod candidate_arcs;
mod capped;
pub(crate) mod fixed_point;
mod infeasible;
pub mod line;
#[cfg(feature = "lp")]
pub mod lp;
mod memory;
mod method;
pub mod network_simplex;
mod options;
pub mod sinkhorn;
mod transport;
pub mod w2;

use thiserror::Error;

use crate::certificate::{Certified, certify, certify_until};
use crate::plan::TransportPlan;
use crate::potentials::{Potentials, PotentialsError};
use crate::problem::OtProblem;
use crate::progress::{IsOver, Observer, Stop};

pub use infeasible::Infeasible;
pub use memory::{Memory, memory};
pub use method::Method;
pub use options::{SolveOptions, ThreadsError};
pub use transport::Transport;

/// Why a solver stopped. A limit is not an error: the iterate and its certificate are still a
/// true statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Termination {
    /// The solver claims an exact optimum.
    Optimal,
    /// The stated tolerance is reached.
    ToleranceReached,
    /// The stated number of iterations is used up.
    IterationLimit,
    /// The time allowed is used up.
    TimeLimit,
    /// The observer asked to stop (Ctrl-C).
    Stopped,
}

impl Termination {
    /// The name the reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Optimal => "optimal",
            Self::ToleranceReached => "tolerance_reached",
            Self::IterationLimit => "iteration_limit",
            Self::TimeLimit => "time_limit",
            Self::Stopped => "stopped",
        }
    }

    /// Whether the solver finished what it set out to do.
    #[must_use]
    pub fn is_complete(self) -> bool {
        matches!(self, Self::Optimal | Self::ToleranceReached)
    }
}

impl From<Stop> for Termination {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::TimeLimit => Self::TimeLimit,
            Stop::IterationLimit => Self::IterationLimit,
            Stop::Interrupted => Self::Stopped,
        }
    }
}

/// The answer of a solver, not judged yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Solution {
    /// The transport plan; after a limit it may miss its marginals, which the certificate
    /// repairs.
    pub plan: TransportPlan,
    /// The Kantorovich potentials, feasible or not.
    pub potentials: Potentials,
    /// Why the solver stopped.
    pub termination: Termination,
    /// Iterations in the solver's own unit: pivots, augmentations, sweeps.
    pub iterations: u64,
}

impl Solution {
    /// Judges this answer; see [`certify`].
    ///
    /// # Panics
    /// If this is the solution of a problem of another shape.
    #[must_use]
    pub fn certify(&self, problem: &OtProblem) -> Certified {
        certify(problem, Some(&self.plan), Some(&self.potentials))
            .expect("a solution has the shape of its problem")
    }

    /// Judges this answer within a time limit; see [`certify_until`].
    ///
    /// # Panics
    /// If this is the solution of a problem of another shape.
    #[must_use]
    pub fn certify_until(&self, problem: &OtProblem, is_over: IsOver<'_>) -> Certified {
        certify_until(problem, Some(&self.plan), Some(&self.potentials), is_over)
            .expect("a solution has the shape of its problem")
    }
}

/// A method for the transportation problem.
pub trait Solver {
    /// The name the command line and the reports use.
    fn name(&self) -> &'static str;

    /// Solves the problem, reporting to `observer`, which may stop it.
    ///
    /// # Errors
    /// [`SolveError`] if this method does not apply to the problem.
    fn solve(
        &self,
        problem: &OtProblem,
        observer: &mut dyn Observer,
    ) -> Result<Solution, SolveError>;
}

/// A method does not apply to a problem, or a foreign backend failed.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum SolveError {
    /// The problem lacks the structure that the method needs.
    #[error("the {method} method needs {needs}")]
    NotApplicable {
        /// The method.
        method: &'static str,
        /// The structure that it needs.
        needs: &'static str,
    },
    /// The problem has more cells than the method can be asked to handle.
    #[error("{cells} cells are too many for the {method} method: it takes at most {limit}")]
    TooLarge {
        /// The method.
        method: &'static str,
        /// Cells n·m of the problem.
        cells: usize,
        /// Cells it takes.
        limit: usize,
    },
    /// The method needs more memory than it is allowed.
    #[error("the {method} method takes about {bytes} bytes, and {limit} are allowed")]
    Memory {
        /// The method.
        method: &'static str,
        /// Bytes it takes, an approximate upper bound.
        bytes: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// The tolerance for entering arcs is not a number ≥ 0.
    #[error("the entering tolerance is {tolerance}: it must be a finite number ≥ 0")]
    Tolerance {
        /// The value asked for.
        tolerance: f64,
    },
    /// Potentials to start from that do not fit the problem.
    #[error(transparent)]
    Start(#[from] PotentialsError),
    /// Forbidden arcs leave no plan; with the proof.
    #[error("{0}")]
    Infeasible(Box<Infeasible>),
    /// A plan to start from that does not fit the problem.
    #[error("a plan of {rows} × {columns} cells for {n} source and {m} target points")]
    StartPlan {
        /// Rows of the plan.
        rows: usize,
        /// Columns of the plan.
        columns: usize,
        /// Source points.
        n: usize,
        /// Target points.
        m: usize,
    },
    /// The threads of a pool could not be started.
    #[error(transparent)]
    Threads(#[from] ThreadsError),
    /// The LP backend gave up.
    #[cfg(feature = "lp")]
    #[error("the {backend} backend failed: {message}")]
    Backend {
        /// Which backend.
        backend: &'static str,
        /// Its own words.
        message: String,
    },
}

impl SolveError {
    /// The remedy.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotApplicable { .. } => "let the automatic method choose one that applies",
            Self::TooLarge { .. } => "use the simplex, which solves the same problem exactly",
            Self::Memory { .. } => "use the shortlist method, which makes no table of costs",
            Self::Tolerance { .. } => "0 solves exactly",
            Self::Start(_) => "start from potentials of a problem of the same shape",
            Self::Infeasible(_) => "allow more arcs, or move less mass",
            Self::StartPlan { .. } => "start from the plan of a problem of the same shape",
            Self::Threads(_) => "ask for fewer threads",
            #[cfg(feature = "lp")]
            Self::Backend { .. } => "try another backend, or the simplex",
        }
    }
}
