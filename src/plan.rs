//! Transport plans: who sends how much to whom.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, ArrayViewMut2};
use thiserror::Error;

use crate::cost::Cost;
use crate::math::NeumaierSum;

/// One non-zero cell of a plan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlanArc {
    /// Row i: the source point.
    pub source: usize,
    /// Column j: the target point.
    pub target: usize,
    /// `γ_ij > 0`.
    pub mass: f64,
}

/// A non-negative n×m matrix γ, stored as its non-zero cells.
///
/// A vertex of the transport polytope has at most n + m − 1 of them. Whether the marginals are
/// right is not this type's promise: the certificate makes them so, and says how far off they were.
#[derive(Debug, Clone, PartialEq)]
pub struct TransportPlan {
    n: usize,
    m: usize,
    arcs: Vec<PlanArc>,
}

/// An error in cells that should be a plan.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum PlanError {
    /// A cell outside the matrix.
    #[error("cell {place}: ({source_index}, {target_index}) lies outside the {n}×{m} plan")]
    Outside {
        /// Which of the given cells, from 0.
        place: usize,
        /// Row given.
        source_index: usize,
        /// Column given.
        target_index: usize,
        /// Rows there are.
        n: usize,
        /// Columns there are.
        m: usize,
    },
    /// Lists of rows, columns and masses of different lengths.
    #[error("{rows} rows, {columns} columns and {masses} masses: a cell has one of each")]
    Lengths {
        /// Rows given.
        rows: usize,
        /// Columns given.
        columns: usize,
        /// Masses given.
        masses: usize,
    },
    /// A mass that is negative, NaN or infinite.
    #[error("cell {place}: mass {mass} is not a finite number ≥ 0")]
    Mass {
        /// Which of the given cells, from 0.
        place: usize,
        /// The mass given.
        mass: f64,
    },
}

impl TransportPlan {
    /// A plan from cells in any order; zero cells are dropped, repeated cells added up.
    ///
    /// # Errors
    /// [`PlanError`] for cells outside the matrix and masses that are not finite and ≥ 0.
    pub fn new(n: usize, m: usize, arcs: Vec<PlanArc>) -> Result<Self, PlanError> {
        for (place, arc) in arcs.iter().enumerate() {
            if arc.source >= n || arc.target >= m {
                return Err(PlanError::Outside {
                    place,
                    source_index: arc.source,
                    target_index: arc.target,
                    n,
                    m,
                });
            }
            if !(arc.mass.is_finite() && arc.mass >= 0.0) {
                return Err(PlanError::Mass { place, mass: arc.mass });
            }
        }
        Ok(Self::from_arcs(n, m, arcs))
    }

    /// A plan from a dense matrix of shape (n, m); zeros are left out.
    ///
    /// # Errors
    /// [`PlanError::Mass`].
    pub fn from_dense<A: Copy + Into<f64>>(dense: ArrayView2<'_, A>) -> Result<Self, PlanError> {
        let (n, m) = dense.dim();
        let cells = dense.indexed_iter().map(|((source, target), &mass)| PlanArc {
            source,
            target,
            mass: mass.into(),
        });
        Self::new(n, m, cells.filter(|arc| arc.mass != 0.0).collect())
    }

    /// A plan of shape (n, m) from the rows, columns and masses of its cells (coordinate format).
    ///
    /// # Errors
    /// [`PlanError`], as [`TransportPlan::new`], and for lists of different lengths.
    pub fn from_coo(
        (n, m): (usize, usize),
        rows: &[usize],
        columns: &[usize],
        masses: &[f64],
    ) -> Result<Self, PlanError> {
        if rows.len() != columns.len() || rows.len() != masses.len() {
            let (rows, columns, masses) = (rows.len(), columns.len(), masses.len());
            return Err(PlanError::Lengths { rows, columns, masses });
        }
        let cells = rows.iter().zip(columns).zip(masses);
        let arcs = cells.map(|((&source, &target), &mass)| PlanArc { source, target, mass });
        Self::new(n, m, arcs.collect())
    }

    /// As [`TransportPlan::new`] for cells known to be valid.
    pub(crate) fn from_arcs(n: usize, m: usize, mut arcs: Vec<PlanArc>) -> Self {
        arcs.retain(|arc| arc.mass > 0.0);
        arcs.sort_unstable_by_key(|arc| (arc.source, arc.target));
        arcs.dedup_by(|next, kept| {
            let same = (next.source, next.target) == (kept.source, kept.target);
            if same {
                kept.mass += next.mass;
            }
            same
        });
        Self { n, m, arcs }
    }

    /// Number of rows n.
    #[must_use]
    pub fn n(&self) -> usize {
        self.n
    }

    /// Number of columns m.
    #[must_use]
    pub fn m(&self) -> usize {
        self.m
    }

    /// The non-zero cells, by row, then column.
    #[must_use]
    pub fn arcs(&self) -> &[PlanArc] {
        &self.arcs
    }

    /// Row sums and column sums, shapes (n,) and (m,).
    #[must_use]
    pub fn marginals(&self) -> (Array1<f64>, Array1<f64>) {
        let mut rows = vec![NeumaierSum::default(); self.n];
        let mut columns = vec![NeumaierSum::default(); self.m];
        for arc in &self.arcs {
            rows[arc.source].add(arc.mass);
            columns[arc.target].add(arc.mass);
        }
        let values = |sums: Vec<NeumaierSum>| sums.into_iter().map(NeumaierSum::value).collect();
        (values(rows), values(columns))
    }

    /// ⟨C, γ⟩, compensated.
    #[must_use]
    pub fn cost(&self, cost: &dyn Cost) -> f64 {
        let mut sum = NeumaierSum::default();
        for arc in &self.arcs {
            sum.add_product(cost.at(arc.source, arc.target), arc.mass);
        }
        sum.value()
    }

    /// The dense matrix, shape (n, m): for looking at, n·m·8 bytes.
    #[must_use]
    pub fn to_dense(&self) -> Array2<f64> {
        let mut dense = Array2::zeros((self.n, self.m));
        self.write_dense(dense.view_mut());
        dense
    }

    /// Writes the dense matrix into `out`, zeros included.
    ///
    /// # Panics
    /// If `out` has another shape than (n, m).
    pub fn write_dense(&self, mut out: ArrayViewMut2<'_, f64>) {
        assert_eq!(out.dim(), (self.n, self.m), "the shape of the plan");
        out.fill(0.0);
        for arc in &self.arcs {
            out[(arc.source, arc.target)] = arc.mass;
        }
    }

    /// Rows, columns and masses of the non-zero cells (coordinate format), by row, then column.
    #[must_use]
    pub fn to_coo(&self) -> (Vec<usize>, Vec<usize>, Vec<f64>) {
        let rows = self.arcs.iter().map(|arc| arc.source).collect();
        let columns = self.arcs.iter().map(|arc| arc.target).collect();
        (rows, columns, self.arcs.iter().map(|arc| arc.mass).collect())
    }

    /// The plan with other masses on its cells.
    pub(crate) fn map_masses(&self, mass: impl Fn(&PlanArc) -> f64) -> Self {
        let arcs = self.arcs.iter().map(|arc| PlanArc { mass: mass(arc), ..*arc });
        Self::from_arcs(self.n, self.m, arcs.collect())
    }
}

/// The north-west-corner plan: fills cells from the first row and column on, each as far as the
/// marginals allow; at most n + m − 1 cells. Totals that differ leave the surplus unplaced.
#[must_use]
pub fn north_west_corner(source: ArrayView1<'_, f64>, target: ArrayView1<'_, f64>) -> Vec<PlanArc> {
    let mut arcs = Vec::new();
    let (mut i, mut j) = (0, 0);
    let (mut supply, mut demand) = (source[0], target[0]);
    loop {
        let mass = supply.min(demand);
        if mass > 0.0 {
            arcs.push(PlanArc { source: i, target: j, mass });
        }
        supply -= mass;
        demand -= mass;
        if supply <= demand {
            i += 1;
            if i == source.len() {
                return arcs;
            }
            supply = source[i];
        } else {
            j += 1;
            if j == target.len() {
                return arcs;
            }
            demand = target[j];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn dense_and_coordinate_formats_give_the_plan_back() {
        let dense = array![[0.0, 0.5], [0.25, 0.0], [0.0, 0.25]];
        let plan = TransportPlan::from_dense(dense.view()).unwrap();
        assert_eq!(plan.arcs().len(), 3);
        assert_eq!(plan.to_dense(), dense);
        let (rows, columns, masses) = plan.to_coo();
        assert_eq!((&rows[..], &columns[..]), (&[0, 1, 2][..], &[1, 0, 1][..]));
        assert_eq!(TransportPlan::from_coo((3, 2), &rows, &columns, &masses), Ok(plan));
        assert!(matches!(
            TransportPlan::from_coo((3, 2), &rows, &columns, &masses[1..]),
            Err(PlanError::Lengths { masses: 2, .. })
        ));
        assert!(TransportPlan::from_dense(array![[-1.0]].view()).is_err());
        assert!(TransportPlan::from_dense(array![[f64::NAN]].view()).is_err());
    }

    #[test]
    fn cells_are_sorted_merged_and_checked() {
        let arc = |source, target, mass| PlanArc { source, target, mass };
        let plan = TransportPlan::new(2, 2, vec![arc(1, 0, 0.5), arc(0, 1, 0.0), arc(1, 0, 0.25)])
            .unwrap();
        assert_eq!(plan.arcs(), [arc(1, 0, 0.75)]);
        assert!(matches!(
            TransportPlan::new(2, 2, vec![arc(2, 0, 0.5)]),
            Err(PlanError::Outside { place: 0, source_index: 2, .. })
        ));
        assert!(matches!(
            TransportPlan::new(2, 2, vec![arc(0, 0, -1.0)]),
            Err(PlanError::Mass { place: 0, .. })
        ));
    }

    #[test]
    fn the_north_west_corner_is_a_staircase() {
        let arcs = north_west_corner(array![1.0, 2.0].view(), array![2.0, 0.5, 0.5].view());
        let cells: Vec<_> = arcs.iter().map(|a| (a.source, a.target)).collect();
        assert_eq!(cells, [(0, 0), (1, 0), (1, 1), (1, 2)]);
    }
}
