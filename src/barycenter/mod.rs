//! Barycenters of measures: the mean in the sense of optimal transport.
//!
//! # Problem
//! On a fixed support of N points: minimize `Σ_k w_k·OT(ν, μ_k)` over all probability measures ν on it, for
//! measures `μ_k`, weights `w_k` of sum 1 and a ground cost ([`BarycenterProblem`]). It is a linear program.
//! Every answer has a bracket on its least value; where that is narrow, ν is a barycenter up to the gap. ν
//! itself is not unique in general.
//!
//! With a free support: equal masses at points that move ([`free_support`]). That problem is not convex, and
//! only the value at the points found is proved.
//!
//! # Idea
//! Small problems go to an interior point ([`BarycenterMethod::Lp`]). Larger ones are solved with an entropy
//! that decreases, whose ν and potentials are [judged](crate::certificate::barycenter_lower) as those of any
//! other method: ν by exact transports to all measures, the potentials by c-transforms.
//!
//! # Reference
//! Agueh, Carlier 2011, "Barycenters in the Wasserstein space", SIAM J. Math. Anal. 43; Carlier, Oberman,
//! Oudet 2015, "Numerical methods for matching for teams and Wasserstein barycenters", ESAIM: M2AN 49 (the
//! linear program and its dual).

mod entropic;
mod free;
mod soft_transform;
mod solve;

use ndarray::{Array1, Array2};
use thiserror::Error;

use crate::certificate::Certificate;
use crate::cost::{Cost, CostError, GroundCost};
use crate::measure::{DiscreteMeasure, Marginal, MeasureError};
use crate::problem::ProblemError;
use crate::solvers::{SolveError, Termination};

pub use free::{FreeBarycenter, free_support};

/// The measures, their weights and the support of their barycenter. All masses are taken in proportion to
/// their sums, of total 1; measures of weight 0 are left out.
///
/// ```
/// use deblais::barycenter::BarycenterProblem;
/// use deblais::ndarray::array;
/// use deblais::{DiscreteMeasure, SqEuclidean};
///
/// let ends = [array![[0.0]], array![[4.0]]].map(|end| DiscreteMeasure::uniform(end).unwrap());
/// let support = array![[0.0], [1.0], [2.0], [3.0], [4.0]];
/// let problem = BarycenterProblem::new(support, &ends, &[0.75, 0.25], SqEuclidean)?;
/// let barycenter = problem.solve()?;
/// // All mass at 1: 0.75·1² + 0.25·3².
/// assert!(barycenter.certificate.lower <= 3.0 && 3.0 <= barycenter.certificate.upper);
/// assert!((barycenter.masses[1] - 1.0).abs() < 1e-6);
/// # Ok::<(), deblais::barycenter::BarycenterError>(())
/// ```
pub struct BarycenterProblem {
    support: DiscreteMeasure,
    ground: GroundCost,
    /// Those of positive weight, without atoms of mass 0.
    measures: Vec<DiscreteMeasure>,
    terms: Vec<Term>,
    weights: Marginal,
}

/// The costs to one measure.
struct Term {
    /// (N, n).
    cost: Box<dyn Cost>,
    /// (n, N).
    back: Box<dyn Cost>,
    target: Marginal,
}

/// Why there is no barycenter.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum BarycenterError {
    /// Not one weight for each measure.
    #[error("{weights} weights for {measures} measures")]
    Weights {
        /// Weights given.
        weights: usize,
        /// Measures given.
        measures: usize,
    },
    /// A weight that is negative or not finite, or no positive one.
    #[error("{}", weight_fault(.0))]
    Weight(MeasureError),
    /// The support is empty or not finite.
    #[error("support: {0}")]
    Support(MeasureError),
    /// The ground cost is not defined between the support and a measure.
    #[error("measure {index}: {error}")]
    Cost {
        /// Which measure, from 0.
        index: usize,
        /// The error.
        error: CostError,
    },
    /// An exact transport cannot be stated.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// A method failed.
    #[error(transparent)]
    Solve(#[from] SolveError),
}

/// The fault of the weights, as masses of a marginal.
fn weight_fault(error: &MeasureError) -> String {
    match error {
        MeasureError::Mass { row, value } => {
            format!("the weight of measure {row} is {value}: a weight is a finite number ≥ 0")
        }
        _ => "the weights have no positive, finite sum".to_owned(),
    }
}

/// How a barycenter on a fixed support is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum BarycenterMethod {
    /// The linear program where it is small, else the entropic method.
    #[default]
    Auto,
    /// The linear program, by the interior point Clarabel.
    #[cfg(feature = "lp")]
    Lp,
    /// Iterative Bregman projections for a decreasing ε.
    Entropic,
}

/// The method of a run and the relative gap at which it ends.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct BarycenterOptions {
    /// The method.
    pub method: BarycenterMethod,
    /// The relative gap to reach; by default that of an optimum for the linear program, and
    /// [`DEFAULT_GAP`] for the entropic method.
    pub gap: Option<f64>,
}

/// The relative gap at which the entropic method ends unless another is asked for.
pub const DEFAULT_GAP: f64 = 0.01;

/// Cells N·Σn of a problem up to which the linear program is solved.
pub const LP_CELLS: usize = 100_000;

/// ν and what is proved about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Barycenter {
    /// The masses of ν on the support, shape (N,), of sum 1 up to rounding. The measure that the bounds are
    /// about has these masses in proportion to their exact sum; where all measures are the same, it has
    /// theirs, and these are rounded.
    pub masses: Array1<f64>,
    /// The bracket on the least value of `Σ_k w_k·OT(ν, μ_k)`; `upper` is the value at `masses`.
    pub certificate: Certificate,
    /// The bracket on `OT(ν, μ_k)` for each measure of positive weight.
    pub transports: Vec<Certificate>,
    /// The method that ran.
    pub method: BarycenterMethod,
    /// The relative gap that was to be reached.
    pub gap: f64,
    /// Why the run ended.
    pub termination: Termination,
    /// Iterations of the interior point, or steps of the projections.
    pub iterations: u64,
}

impl BarycenterProblem {
    /// The problem on a support of shape (N, d).
    ///
    /// # Errors
    /// [`BarycenterError`]: an empty support, weights that are not one for each measure, negative or all
    /// 0, points of different dimensions, costs that are not defined.
    pub fn new(
        support: Array2<f64>,
        measures: &[DiscreteMeasure],
        weights: &[f64],
        ground: impl Into<GroundCost>,
    ) -> Result<Self, BarycenterError> {
        let (ground, support) = (ground.into(), DiscreteMeasure::uniform(support));
        let support = support.map_err(BarycenterError::Support)?;
        let (measures, weights) = weighted(measures, weights)?;
        let term = |(index, measure): (usize, &DiscreteMeasure)| {
            let failed = |error| BarycenterError::Cost { index, error };
            Ok(Term {
                cost: ground.table(&support, measure).map_err(failed)?,
                back: ground.table(measure, &support).map_err(failed)?,
                target: measure.marginal().clone(),
            })
        };
        let terms: Result<Vec<_>, BarycenterError> =
            measures.iter().enumerate().map(term).collect();
        Ok(Self { terms: terms?, support, ground, measures, weights })
    }

    /// Cells N·Σn of the linear program.
    #[must_use]
    pub fn cells(&self) -> usize {
        let points: usize = self.measures.iter().map(DiscreteMeasure::len).sum();
        self.support.len().saturating_mul(points)
    }
}

/// The measures of positive weight without their atoms of mass 0, all of total 1, and their weights.
fn weighted(
    measures: &[DiscreteMeasure],
    weights: &[f64],
) -> Result<(Vec<DiscreteMeasure>, Marginal), BarycenterError> {
    if weights.len() != measures.len() {
        let (weights, measures) = (weights.len(), measures.len());
        return Err(BarycenterError::Weights { weights, measures });
    }
    Marginal::normalized(weights.iter().copied().collect()).map_err(BarycenterError::Weight)?;
    let kept = measures.iter().zip(weights).filter(|(_, weight)| **weight > 0.0);
    let (measures, weights): (Vec<_>, Vec<_>) = kept
        .map(|(measure, &weight)| {
            let measure = measure.where_mass();
            let mass = measure.marginal().weights().to_owned();
            let measure = DiscreteMeasure::normalized(measure.support().to_owned(), mass);
            (measure.expect("it was a measure before"), weight)
        })
        .unzip();
    let weights = Marginal::normalized(Array1::from(weights)).expect("they have a positive sum");
    Ok((measures, weights))
}
