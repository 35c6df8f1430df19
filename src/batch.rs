//! Many problems in one call, side by side on all threads.

use rayon::prelude::*;
use thiserror::Error;

use crate::distances::DistanceError;
use crate::pairwise::in_cache;
use crate::problem::{IntoCost, OtProblem};
use crate::solvers::{SolveOptions, Transport};

/// A batch that is none, or a problem of it without an answer.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum BatchError {
    /// Sides of different lengths.
    #[error("{sources} sources and {targets} targets do not make pairs")]
    Lengths {
        /// Sources given.
        sources: usize,
        /// Targets given.
        targets: usize,
    },
    /// The first problem without an answer.
    #[error("problem {index}: {error}")]
    Problem {
        /// Which problem, from 0.
        index: usize,
        /// The error in it.
        error: DistanceError,
    },
}

impl BatchError {
    /// The remedy.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Lengths { .. } => "give as many sources as targets, or one on either side",
            Self::Problem { .. } => "the problem by itself has the same error",
        }
    }
}

/// The transport costs of many pairs of measures, each as [`emd`](crate::emd()) proves it, in their
/// order. A side of one measure is that of every pair: one to many.
///
/// ```
/// use deblais::ndarray::{Array3, array};
/// use deblais::{Euclidean, emd_batch};
///
/// // Points: one array (n, d) a problem, here those of an array (problems, n, d).
/// let clouds = Array3::from_shape_fn((5, 4, 2), |(k, i, axis)| ((k + 2) * i + axis) as f64);
/// let clouds: Vec<_> = clouds.outer_iter().collect();
/// assert_eq!(emd_batch(&clouds[..1], &clouds, Euclidean)?[0].value(), 0.0);
///
/// // Masses on one cost matrix, which is borrowed.
/// let costs = array![[0.0, 1.0], [1.0, 0.0]];
/// let answers = emd_batch(&[[1.0, 0.0]], &[[1.0, 0.0], [0.25, 0.75]], costs.view())?;
/// assert_eq!((answers[0].value(), answers[1].value()), (0.0, 0.75));
/// # Ok::<(), deblais::batch::BatchError>(())
/// ```
///
/// The first answer's potentials start all other problems on a cost matrix. The answers depend neither
/// on the other measures nor on the number of threads, but for the choice among several optimal plans
/// and potentials.
///
/// # Errors
/// [`BatchError`]: lists that do not make pairs; the first problem that has no answer.
pub fn emd_batch<'a, S, T, C>(
    sources: &[S],
    targets: &[T],
    cost: C,
) -> Result<Vec<Transport>, BatchError>
where
    S: Sync,
    T: Sync,
    C: IntoCost<'a, S, T> + Copy + Send + Sync,
{
    let count = match (sources.len(), targets.len()) {
        (1, count) | (count, 1) => count,
        (count, targets) if targets == count => count,
        (sources, targets) => return Err(BatchError::Lengths { sources, targets }),
    };
    let solve = |index: usize, first: Option<&Transport>| {
        let (source, target) = (&sources[index % sources.len()], &targets[index % targets.len()]);
        let problem = OtProblem::new(source, target, cost).map_err(DistanceError::from);
        let solved = problem.and_then(|problem| {
            let first = first.filter(|_| problem.clouds().is_none());
            let options = SolveOptions::new();
            let options = match first {
                Some(first) => options.start(first.potentials()),
                None => options,
            };
            Ok(in_cache(problem).solve_with(&options)?)
        });
        solved.map_err(|error| BatchError::Problem { index, error })
    };
    if count == 0 {
        return Ok(Vec::new());
    }
    let first = solve(0, None)?;
    let others: Vec<_> =
        (1..count).into_par_iter().map(|index| solve(index, Some(&first))).collect();
    let others = others.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(std::iter::once(first).chain(others).collect())
}
