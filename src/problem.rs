//! The transportation problem: two marginals and a ground cost.

use ndarray::{Array1, ArrayView1};
use thiserror::Error;

use crate::cost::{Cost, CostError, CostMatrix, GroundCost, Stored, largest_size};
use crate::measure::{DiscreteMeasure, Marginal, MeasureError};
use crate::tolerance;

/// Costs that are stored for solvers which read them many times, at most: 512 MiB of them.
pub(crate) const MOST_STORED: usize = 1 << 26;

/// Minimise `Σ_ij c(i, j)·γ_ij` over plans γ ≥ 0 with row sums μ (source) and column sums ν
/// (target).
///
/// Valid by construction: finite non-negative masses, and totals that agree (the target is
/// rescaled to the source if they differ by rounding only).
pub struct OtProblem {
    source: Marginal,
    target: Marginal,
    /// The target masses in proportion to the source's total, rounded.
    rescaled_target: Array1<f64>,
    cost: Box<dyn Cost>,
    rescaled: f64,
}

/// What is wrong with a would-be problem.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum ProblemError {
    /// The totals differ by more than rounding.
    #[error("the source has total mass {source_total}, the target {target_total}")]
    Totals {
        /// Sum of the source masses.
        source_total: f64,
        /// Sum of the target masses.
        target_total: f64,
    },
    /// The cost table does not fit the masses.
    #[error("the cost matrix is {rows}×{columns}, but there are {n} source and {m} target masses")]
    Shape {
        /// Rows of the table.
        rows: usize,
        /// Columns of the table.
        columns: usize,
        /// Source masses.
        n: usize,
        /// Target masses.
        m: usize,
    },
    /// A marginal is not a measure.
    #[error("{side} marginal: {error}")]
    Mass {
        /// `"source"` or `"target"`.
        side: &'static str,
        /// What is wrong with it.
        error: MeasureError,
    },
    /// The ground cost is not defined for these points.
    #[error(transparent)]
    Cost(#[from] CostError),
}

impl ProblemError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Totals { .. } => "give equal totals, or scale each side to 1 with --normalize",
            Self::Shape { .. } => "rows of the matrix are source points, columns target points",
            Self::Mass { .. } => "masses are finite numbers ≥ 0 with a positive sum",
            Self::Cost(error) => error.hint(),
        }
    }
}

impl OtProblem {
    /// The problem between two clouds under a ground cost computed on demand.
    ///
    /// # Errors
    /// [`ProblemError`]: different dimensions, unequal totals.
    pub fn new(
        source: &DiscreteMeasure,
        target: &DiscreteMeasure,
        ground: impl Into<GroundCost>,
    ) -> Result<Self, ProblemError> {
        let cost = ground.into().table(source, target)?;
        let (source, target) = (source.marginal().clone(), target.marginal().clone());
        Self::between(source, target, cost, tolerance::TOTALS_F64)
    }

    /// The problem between two marginals under any cost table.
    ///
    /// # Errors
    /// [`ProblemError`]: a bad marginal, a table of another shape, unequal totals.
    pub fn from_cost(
        source: ArrayView1<'_, f64>,
        target: ArrayView1<'_, f64>,
        cost: Box<dyn Cost>,
    ) -> Result<Self, ProblemError> {
        let marginal = |side, mass: ArrayView1<'_, f64>| {
            Marginal::new(mass.to_owned()).map_err(|error| ProblemError::Mass { side, error })
        };
        let (source, target) = (marginal("source", source)?, marginal("target", target)?);
        Self::between(source, target, cost, tolerance::TOTALS_F64)
    }

    /// The problem between two marginals under any cost table, where the totals may differ by
    /// `tolerance`, relatively. The total is the source's; the target masses are in proportion to it.
    ///
    /// # Errors
    /// [`ProblemError`]: a table of another shape, unequal totals.
    pub fn between(
        source: Marginal,
        target: Marginal,
        cost: Box<dyn Cost>,
        tolerance: f64,
    ) -> Result<Self, ProblemError> {
        let (n, m) = (source.weights().len(), target.weights().len());
        if (cost.n(), cost.m()) != (n, m) {
            return Err(ProblemError::Shape { rows: cost.n(), columns: cost.m(), n, m });
        }
        let (source_total, target_total) = (source.total(), target.total());
        if (source_total - target_total).abs() > tolerance * source_total.max(target_total) {
            return Err(ProblemError::Totals { source_total, target_total });
        }
        let rescaled = source_total / target_total;
        let rescaled_target = &target.mass() * rescaled;
        Ok(Self { source, target, rescaled_target, cost, rescaled })
    }

    /// Number of source points n.
    #[must_use]
    pub fn n(&self) -> usize {
        self.cost.n()
    }

    /// Number of target points m.
    #[must_use]
    pub fn m(&self) -> usize {
        self.cost.m()
    }

    /// Source marginal μ, shape (n,), each mass rounded to the nearest `f64`.
    #[must_use]
    pub fn source(&self) -> ArrayView1<'_, f64> {
        self.source.mass()
    }

    /// Target marginal ν, shape (m,), in proportion to the source's total, each mass rounded.
    #[must_use]
    pub fn target(&self) -> ArrayView1<'_, f64> {
        self.rescaled_target.view()
    }

    /// Source and target masses as the real numbers that they are; the target's are to be taken in
    /// proportion to the source's total.
    #[must_use]
    pub fn marginals(&self) -> (&Marginal, &Marginal) {
        (&self.source, &self.target)
    }

    /// The total mass, rounded.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.source.total()
    }

    /// The factor the target masses were multiplied by so that the totals agree.
    #[must_use]
    pub fn rescaled(&self) -> f64 {
        self.rescaled
    }

    /// The cost table.
    #[must_use]
    pub fn cost(&self) -> &dyn Cost {
        self.cost.as_ref()
    }

    /// The total mass times the largest cost: beside it, errors of evaluation are rounding. One
    /// pass over all costs.
    #[must_use]
    pub fn scale(&self) -> f64 {
        self.total() * largest_size(self.cost())
    }

    /// This problem with its costs stored, for solvers that read them many times; `None` if they
    /// are stored already, or would take more than 512 MiB.
    pub(crate) fn stored(&self) -> Option<Self> {
        let (n, m) = (self.n(), self.m());
        if self.cost.is_stored() || n.saturating_mul(m) > MOST_STORED {
            return None;
        }
        Some(self.with_cost(Box::new(CostMatrix::tabulate(self.cost.as_ref()))))
    }

    /// The same masses under another cost of the same shape.
    pub(crate) fn with_cost(&self, cost: Box<dyn Cost>) -> Self {
        Self {
            source: self.source.clone(),
            target: self.target.clone(),
            rescaled_target: self.rescaled_target.clone(),
            cost,
            rescaled: self.rescaled,
        }
    }

    /// Keeps the n·m entries of the cost table (8·n·m bytes).
    #[must_use]
    pub fn tabulated(self) -> Self {
        let cost = Box::new(Stored::new(self.cost));
        Self { cost, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::Euclidean;
    use ndarray::array;

    #[test]
    fn totals_that_differ_by_rounding_are_rescaled_and_others_refused() {
        let cost = || Box::new(CostMatrix::new(array![[1.0], [2.0]]).unwrap());
        let problem =
            OtProblem::from_cost(array![1.0, 1.0].view(), array![2.0 + 1e-9].view(), cost())
                .unwrap();
        assert!((problem.target()[0] - 2.0).abs() < 1e-15);
        assert!(problem.rescaled() < 1.0);
        assert!(matches!(
            OtProblem::from_cost(array![1.0, 1.0].view(), array![2.1].view(), cost()),
            Err(ProblemError::Totals { .. })
        ));
        assert!(matches!(
            OtProblem::from_cost(array![1.0].view(), array![1.0].view(), cost()),
            Err(ProblemError::Shape { rows: 2, columns: 1, n: 1, m: 1 })
        ));
        assert!(matches!(
            OtProblem::from_cost(array![1.0, f64::NAN].view(), array![1.0].view(), cost()),
            Err(ProblemError::Mass { side: "source", .. })
        ));
    }

    #[test]
    fn clouds_of_different_dimension_are_refused() {
        let x = DiscreteMeasure::uniform(array![[0.0, 0.0]]).unwrap();
        let y = DiscreteMeasure::uniform(array![[0.0]]).unwrap();
        assert!(matches!(
            OtProblem::new(&x, &y, Euclidean),
            Err(ProblemError::Cost(CostError::Dimensions { source_dim: 2, target_dim: 1 }))
        ));
    }
}
