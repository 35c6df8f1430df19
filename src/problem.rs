//! The transportation problem: two marginals and a ground cost.

mod into_cost;

use ndarray::{Array1, ArrayView1};
use thiserror::Error;

use crate::cost::{
    Cost, CostError, CostMatrix, GroundCost, Metric, SparseCost, Stored, largest_size,
};
use crate::measure::{DiscreteMeasure, Marginal, MeasureError};

pub use into_cost::{CostFn, IntoCost};

/// Costs that are stored for solvers which read them many times, at most: 512 MiB of them.
pub(crate) const MOST_STORED: usize = 1 << 26;

/// Minimize `Σ_ij c(i, j)·γ_ij` over plans γ ≥ 0 with row sums μ (source) and column sums ν
/// (target).
///
/// Valid by construction: finite non-negative masses, and totals that agree (the target is
/// rescaled to the source if they differ by rounding only). The costs may be borrowed for `'a`.
pub struct OtProblem<'a> {
    source: Marginal,
    target: Marginal,
    /// The target masses in proportion to the source's total, rounded.
    rescaled_target: Array1<f64>,
    cost: Box<dyn Cost + 'a>,
    rescaled: f64,
    /// Where the cost is one of points.
    clouds: Option<Clouds>,
}

/// Two measures, and the ground cost between their points.
#[derive(Debug, Clone)]
pub struct Clouds {
    /// μ.
    pub source: DiscreteMeasure,
    /// ν, with its masses as they were given.
    pub target: DiscreteMeasure,
    /// c.
    pub ground: GroundCost,
}

impl Clouds {
    /// The ground cost as a distance.
    ///
    /// # Errors
    /// [`CostError::NotMetric`].
    pub fn metric(&self) -> Result<Metric, CostError> {
        Metric::try_from(self.ground)
    }
}

/// Two marginals of any totals, and a cost between them.
pub struct Sides<'a> {
    pub(crate) source: Marginal,
    pub(crate) target: Marginal,
    pub(crate) cost: Box<dyn Cost + 'a>,
    /// Where the cost is one of points.
    pub(crate) clouds: Option<Clouds>,
    /// How much the totals of a problem may differ, relatively.
    pub(crate) tolerance: f64,
}

impl Sides<'static> {
    /// The marginals of two measures, and the ground cost between their points; the totals of a problem
    /// may differ by `tolerance`, relatively.
    ///
    /// # Errors
    /// [`ProblemError::Cost`]: different dimensions, costs beyond the range of `f64`.
    pub fn of_clouds(clouds: Clouds, tolerance: f64) -> Result<Self, ProblemError> {
        let cost = clouds.ground.table(&clouds.source, &clouds.target)?;
        let [source, target] =
            [&clouds.source, &clouds.target].map(|measure| measure.marginal().clone());
        Ok(Self { source, target, cost, clouds: Some(clouds), tolerance })
    }
}

impl<'a> Sides<'a> {
    /// Two marginals and a cost table (n, m) between them; the totals of a problem may differ by
    /// `tolerance`, relatively.
    ///
    /// # Errors
    /// [`ProblemError::Shape`].
    pub fn new(
        source: Marginal,
        target: Marginal,
        cost: Box<dyn Cost + 'a>,
        tolerance: f64,
    ) -> Result<Self, ProblemError> {
        let (n, m) = (source.weights().len(), target.weights().len());
        if (cost.n(), cost.m()) != (n, m) {
            return Err(ProblemError::Shape { rows: cost.n(), columns: cost.m(), n, m });
        }
        Ok(Self { source, target, cost, clouds: None, tolerance })
    }

    /// Source and target masses.
    #[must_use]
    pub fn marginals(&self) -> (&Marginal, &Marginal) {
        (&self.source, &self.target)
    }

    /// The cost table.
    #[must_use]
    pub fn cost(&self) -> &dyn Cost {
        self.cost.as_ref()
    }

    /// These sides, their cost borrowed.
    #[must_use]
    pub fn borrowed(&self) -> Sides<'_> {
        Sides {
            source: self.source.clone(),
            target: self.target.clone(),
            cost: Box::new(self.cost.as_ref()),
            clouds: self.clouds.clone(),
            tolerance: self.tolerance,
        }
    }

    /// These sides with mass 1 at every point.
    ///
    /// # Panics
    /// If a side has no points, which no side has.
    #[must_use]
    pub fn with_unit_masses(self) -> Self {
        let ones = |side: &Marginal| {
            Marginal::new(Array1::ones(side.mass().len())).expect("a side has points")
        };
        Self { source: ones(&self.source), target: ones(&self.target), ..self }
    }

    /// These sides, between which mass moves only where the computed cost of a unit is at most `limit`: all
    /// other arcs are forbidden. Memory linear in the arcs that are left.
    #[must_use]
    pub fn within(self, limit: f64) -> Self {
        Self { cost: Box::new(SparseCost::within(self.cost.as_ref(), limit)), ..self }
    }

    /// The problem of moving all mass. The total is the source's; the target masses are in proportion
    /// to it.
    ///
    /// # Errors
    /// [`ProblemError::Totals`].
    pub fn into_problem(self) -> Result<OtProblem<'a>, ProblemError> {
        let Self { source, target, cost, clouds, tolerance } = self;
        let (source_total, target_total) = (source.total(), target.total());
        if (source_total - target_total).abs() > tolerance * source_total.max(target_total) {
            return Err(ProblemError::Totals { source_total, target_total });
        }
        let rescaled = source_total / target_total;
        let rescaled_target = &target.mass() * rescaled;
        Ok(OtProblem { source, target, rescaled_target, cost, rescaled, clouds })
    }
}

/// An error in measures and costs that should be a problem.
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
    /// A side is no measure.
    #[error("{side} measure: {error}")]
    Mass {
        /// `"source"` or `"target"`.
        side: &'static str,
        /// The error in it.
        error: MeasureError,
    },
    /// The ground cost is not defined for these points.
    #[error(transparent)]
    Cost(#[from] CostError),
}

impl ProblemError {
    /// The remedy.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Totals { .. } => "give equal totals, or scale each side to 1",
            Self::Shape { .. } => "rows of the matrix are source points, columns target points",
            Self::Mass { .. } => "masses are finite numbers ≥ 0 with a positive sum",
            Self::Cost(error) => error.hint(),
        }
    }
}

impl<'a> OtProblem<'a> {
    /// The problem between a source and a target under a cost.
    ///
    /// Two kinds of sides go with two kinds of costs ([`IntoCost`]):
    ///
    /// ```
    /// use deblais::ndarray::array;
    /// use deblais::{CostFn, DiscreteMeasure, Euclidean, OtProblem};
    ///
    /// // Points, of mass 1/n each or with masses, and a ground cost by name.
    /// let (x, y) = (array![[0.0], [1.0]], array![[2.0], [3.0]]);
    /// OtProblem::new(&x, &y, Euclidean)?;
    /// let y = DiscreteMeasure::new(y, array![0.25, 0.75])?;
    /// OtProblem::new(&x, &y, Euclidean)?;
    ///
    /// // Masses, and a cost for each pair: a matrix, owned or borrowed, or a function of indices.
    /// let matrix = array![[1.0, 2.0], [0.0, 1.0]];
    /// OtProblem::new(&[0.5, 0.5], &[0.25, 0.75], matrix.view())?;
    /// OtProblem::new(&[0.5, 0.5], &[0.25, 0.75], CostFn(|i, j| matrix[(i, j)]))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ProblemError`]: numbers that are not finite, different dimensions, a matrix of another
    /// shape, unequal totals.
    pub fn new<S: ?Sized, T: ?Sized>(
        source: &S,
        target: &T,
        cost: impl IntoCost<'a, S, T>,
    ) -> Result<Self, ProblemError> {
        cost.between(source, target)?.into_problem()
    }

    /// The problem between two measures, whose totals may differ by `tolerance`, relatively.
    ///
    /// # Errors
    /// [`ProblemError`]: different dimensions, unequal totals.
    pub fn between_measures(
        source: &DiscreteMeasure,
        target: &DiscreteMeasure,
        ground: impl Into<GroundCost>,
        tolerance: f64,
    ) -> Result<Self, ProblemError> {
        let (source, target, ground) = (source.clone(), target.clone(), ground.into());
        Sides::of_clouds(Clouds { source, target, ground }, tolerance)?.into_problem()
    }

    /// The problem between two marginals under any cost table, where the totals may differ by
    /// `tolerance`, relatively. The total is the source's; the target masses are in proportion to it.
    ///
    /// # Errors
    /// [`ProblemError`]: a table of another shape, unequal totals.
    pub fn between(
        source: Marginal,
        target: Marginal,
        cost: Box<dyn Cost + 'a>,
        tolerance: f64,
    ) -> Result<Self, ProblemError> {
        Sides::new(source, target, cost, tolerance)?.into_problem()
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

    /// The two measures and their ground cost; `None` for a problem on a matrix.
    #[must_use]
    pub fn clouds(&self) -> Option<&Clouds> {
        self.clouds.as_ref()
    }

    /// The total mass times the largest cost: beside it, errors of evaluation are rounding. One
    /// pass over all costs.
    #[must_use]
    pub fn scale(&self) -> f64 {
        self.total() * largest_size(self.cost())
    }

    /// This problem with its costs stored, for solvers that read them many times; `None` if they
    /// are stored already, or would take more than 512 MiB.
    pub(crate) fn stored(&self) -> Option<OtProblem<'static>> {
        let (n, m) = (self.n(), self.m());
        let cannot = self.cost.is_stored() || self.cost.is_sparse();
        if cannot || n.saturating_mul(m) > MOST_STORED {
            return None;
        }
        Some(self.with_cost(Box::new(CostMatrix::tabulate(self.cost.as_ref()))))
    }

    /// The problem of these masses under another cost of the same shape.
    pub(crate) fn with_cost<'b>(&self, cost: Box<dyn Cost + 'b>) -> OtProblem<'b> {
        OtProblem {
            source: self.source.clone(),
            target: self.target.clone(),
            rescaled_target: self.rescaled_target.clone(),
            cost,
            rescaled: self.rescaled,
            clouds: self.clouds.clone(),
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
        let cost = || CostMatrix::new(array![[1.0], [2.0]]).unwrap();
        let problem = OtProblem::new(&array![1.0, 1.0], &array![2.0 + 1e-9], cost()).unwrap();
        assert!((problem.target()[0] - 2.0).abs() < 1e-15);
        assert!(problem.rescaled() < 1.0);
        assert!(matches!(
            OtProblem::new(&array![1.0, 1.0], &array![2.1], cost()),
            Err(ProblemError::Totals { .. })
        ));
        assert!(matches!(
            OtProblem::new(&array![1.0], &array![1.0], cost()),
            Err(ProblemError::Shape { rows: 2, columns: 1, n: 1, m: 1 })
        ));
        assert!(matches!(
            OtProblem::new(&array![1.0, f64::NAN], &array![1.0], cost()),
            Err(ProblemError::Mass { side: "source", .. })
        ));
    }

    #[test]
    #[expect(clippy::cast_possible_truncation, reason = "small integers")]
    fn a_borrowed_matrix_is_read_in_place_in_any_number_type_and_order() {
        let wide = array![[1.0, 4.0, 9.0], [3.0, 2.0, 9.0]];
        let single = wide.mapv(|c| c as f32);
        let column_major = wide.t().as_standard_layout().into_owned().reversed_axes();
        let mass = [0.5, 0.5];
        let narrow = ndarray::s![.., ..2];
        let problems = [
            OtProblem::new(&mass, &mass, wide.slice(narrow)).unwrap(),
            OtProblem::new(&mass, &mass, single.slice(narrow)).unwrap(),
            OtProblem::new(&mass, &mass, column_major.slice(narrow)).unwrap(),
        ];
        let mut buffer = [0.0; 2];
        for problem in &problems {
            assert_eq!(problem.cost().row(1, &mut buffer), [3.0, 2.0]);
            assert_eq!(problem.cost().at(0, 1), 4.0);
            assert!(problem.stored().is_none());
        }
        let row = problems[0].cost().row(1, &mut buffer);
        assert!(std::ptr::eq(row.as_ptr(), &raw const wide[(1, 0)]));
        let masses = [0.1_f32; 3];
        let sum: f32 = masses.iter().sum();
        let whole = array![[1.0_f32, 2.0, 0.5]];
        assert!(OtProblem::new(&[sum], &masses, &whole).is_ok());
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
