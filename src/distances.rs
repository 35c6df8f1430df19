//! The distances under their usual names, one call each.

use thiserror::Error;

use crate::cost::GroundCost;
use crate::measure::AsMeasure;
use crate::problem::{OtProblem, ProblemError};
use crate::solvers::{SolveError, Transport};

/// Why there is no distance.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum DistanceError {
    /// The two sides and the ground cost make no problem.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// The method failed.
    #[error(transparent)]
    Solve(#[from] SolveError),
}

/// The earth mover's distance between two measures for a ground cost, by the fastest exact method,
/// with its certificate.
///
/// ```
/// use deblais::{Euclidean, emd};
/// use ndarray::array;
///
/// let x = array![[0.0, 0.0], [1.0, 0.0]];
/// let y = array![[0.0, 3.0], [1.0, 4.0]];
/// let s = emd(&x, &y, Euclidean)?;
/// assert!(s.lower() <= 3.5 && 3.5 <= s.upper());
/// assert!(s.certificate().is_optimal());
/// # Ok::<(), deblais::DistanceError>(())
/// ```
///
/// # Errors
/// [`DistanceError`]: no points, numbers that are not finite, different dimensions, unequal totals.
pub fn emd(
    source: &impl AsMeasure,
    target: &impl AsMeasure,
    ground: impl Into<GroundCost>,
) -> Result<Transport, DistanceError> {
    Ok(OtProblem::new(source, target, ground.into())?.solve()?)
}
