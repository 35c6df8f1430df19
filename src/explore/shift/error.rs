//! Why a source cannot be moved.

use thiserror::Error;

use crate::divergence::EstimateError;
use crate::measure::MeasureError;
use crate::problem::ProblemError;
use crate::solvers::SolveError;
use crate::solvers::sinkhorn::SinkhornError;
use crate::solvers::w2::W2Error;

/// Why there is no study.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum ShiftError {
    /// The measures make no problem.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// A solver gave up.
    #[error(transparent)]
    Solve(#[from] SolveError),
    /// An entropic problem makes no sense.
    #[error(transparent)]
    Sinkhorn(#[from] SinkhornError),
    /// A distance cannot be estimated.
    #[error(transparent)]
    Estimate(#[from] EstimateError),
    /// The points leave the range of `f64` on their way.
    #[error(transparent)]
    Measure(#[from] MeasureError),
    /// The direction is none in the space of the points.
    #[error(
        "a direction of {have} coordinates and length {length} for points of {dim} coordinates"
    )]
    Direction {
        /// Coordinates of the direction.
        have: usize,
        /// Its length.
        length: f64,
        /// Coordinates of a point.
        dim: usize,
    },
}

impl ShiftError {
    /// Advice for the user.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Direction { .. } => "give a direction one number for each coordinate, not all 0",
            Self::Problem(error) => error.hint(),
            Self::Solve(error) => error.hint(),
            Self::Estimate(error) => error.hint(),
            Self::Sinkhorn(_) | Self::Measure(_) => "rescale the coordinates",
        }
    }
}

impl From<W2Error> for ShiftError {
    fn from(error: W2Error) -> Self {
        match error {
            W2Error::Problem(error) => Self::Problem(error),
            W2Error::Solve(error) => Self::Solve(error),
        }
    }
}
