//! Why there is no test.

use thiserror::Error;

use crate::divergence::EstimateError;
use crate::problem::ProblemError;
use crate::solvers::SolveError;

/// Two samples cannot be tested.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum TwoSampleError {
    /// The test counts points, and those of a side have different masses.
    #[error("{side}: the points have different masses, but a test counts points")]
    Weighted {
        /// `"source"` or `"target"`.
        side: &'static str,
    },
    /// The samples and the ground cost make no transport problem.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// The energy distance or the MMD is not defined.
    #[error(transparent)]
    Estimate(#[from] EstimateError),
    /// The method for transport failed.
    #[error(transparent)]
    Solve(#[from] SolveError),
}

impl TwoSampleError {
    /// The remedy.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Weighted { .. } => "give a row for each observation",
            Self::Problem(error) => error.hint(),
            Self::Estimate(error) => error.hint(),
            Self::Solve(error) => error.hint(),
        }
    }
}
