//! Gibbs plans: the plans of entropic transport, given by their potentials and never formed.
//!
//! ```text
//! γ_ij = μ_i ν_j / T · exp((f_i + g_j − c_ij) / ε),   T = Σ_i μ_i = Σ_j ν_j
//! ```
//!
//! [`GibbsPlan`] streams over the rows of the cost. It computes its marginals, the cost after rounding
//! to feasible marginals, and its large cells. Memory is O(n + m) beside the cost.
//!
//! Rows are computed by `row_sweep.rs`; `absorbed_kernel.rs` stores them while the potentials move
//! little, and `plan_product.rs` multiplies vectors with the plan.
//!
//! Sums over rows are computed in blocks of rows whose number depends on the shape alone, and added
//! up in the order of the blocks, so the result has the same bits for any number of threads.

mod absorbed_kernel;
mod cost_blocks;
mod double_word;
mod plan_product;
mod rounding;
mod row_cache;
mod row_scratch;
mod row_store;
mod row_sweep;
mod simd;

pub(crate) use absorbed_kernel::{AbsorbedKernel, ROUNDING};
pub(crate) use double_word::DoubleWordPotential;
pub(crate) use plan_product::PlanProduct;
pub use rounding::Rounded;
pub(crate) use row_sweep::{GibbsTable, SweepResult};

use ndarray::{Array2, ArrayView1};

use crate::cost::Cost;
use crate::plan::{PlanArc, TransportPlan};
use crate::potentials::Potentials;

/// A plan `γ_ij = μ_i ν_j / T · exp((f_i + g_j − c_ij)/ε)`; see the [module](self).
///
/// The potentials are those of the whole table. f is only a hint: rows are
/// scaled to carry the mass `μ_i`, which makes f the soft c-transform
/// `f_i = −ε log Σ_j ν_j/T·exp((g_j − c_ij)/ε)` of g, up to rounding.
#[derive(Debug, Clone, PartialEq)]
pub struct GibbsPlan {
    potentials: Potentials,
    /// g as double words.
    g: DoubleWordPotential,
    epsilon: f64,
}

impl GibbsPlan {
    /// The plan of these potentials at this ε.
    ///
    /// # Panics
    /// If ε or 1/ε is not a positive finite number.
    #[must_use]
    pub fn new(potentials: Potentials, epsilon: f64) -> Self {
        let g = potentials.g().to_vec().into();
        Self::extended(potentials, g, epsilon)
    }

    /// The plan of these potentials, with g as double words.
    pub(crate) fn extended(potentials: Potentials, g: DoubleWordPotential, epsilon: f64) -> Self {
        assert!(is_regularization(epsilon), "ε = {epsilon}");
        Self { potentials, g, epsilon }
    }

    /// The potentials (f, g) in the units of the cost.
    #[must_use]
    pub fn potentials(&self) -> &Potentials {
        &self.potentials
    }

    /// The regularization ε in the units of the cost.
    #[must_use]
    pub fn epsilon(&self) -> f64 {
        self.epsilon
    }

    /// The cells of at least `threshold` times the total mass, and the mass of all others
    /// together. O(nm) time, and memory for the cells returned.
    ///
    /// # Panics
    /// If the potentials, the masses and the cost have different shapes.
    #[must_use]
    pub fn sparse(
        &self,
        cost: &dyn Cost,
        source: ArrayView1<'_, f64>,
        target: ArrayView1<'_, f64>,
        threshold: f64,
    ) -> (TransportPlan, f64) {
        let total = crate::math::sum(source);
        let rows = self.map_rows(cost, source, target, |i, cells| {
            let (mut arcs, mut dropped) = (Vec::new(), 0.0);
            for (j, mass) in cells {
                if mass > 0.0 && mass >= threshold * total {
                    arcs.push(PlanArc { source: i, target: j, mass });
                } else {
                    dropped += mass;
                }
            }
            (arcs, dropped)
        });
        let dropped = crate::math::sum(rows.iter().map(|(_, dropped)| dropped));
        let arcs = rows.into_iter().flat_map(|(arcs, _)| arcs).collect();
        (TransportPlan::from_arcs(cost.n(), cost.m(), arcs), dropped)
    }

    /// The plan as a dense matrix of shape (n, m). O(nm) time and memory.
    ///
    /// # Panics
    /// If the potentials, the masses and the cost have different shapes.
    #[must_use]
    pub fn to_dense(
        &self,
        cost: &dyn Cost,
        source: ArrayView1<'_, f64>,
        target: ArrayView1<'_, f64>,
    ) -> Array2<f64> {
        let table = GibbsTable::new(cost, source, target);
        let pass = table.pass(self.epsilon, &self.g);
        let mut dense = Array2::zeros((cost.n(), cost.m()));
        let potentials = self.potentials.f().into_iter().copied();
        let mut rows: Vec<_> = potentials.zip(dense.outer_iter_mut()).collect();
        table.over_rows(&mut rows, |i, (f, out), scratch, _| {
            let scale = table.row(&pass, i, f, scratch).scale * table.total();
            scratch.cells().for_each(|(j, weight)| out[j] = weight * scale);
        });
        dense
    }

    /// `each(i, cells)` for every row i, whose cells are (j, `γ_ij`); in parallel, in the order of
    /// the rows.
    pub(crate) fn map_rows<R: Send + Default>(
        &self,
        cost: &dyn Cost,
        source: ArrayView1<'_, f64>,
        target: ArrayView1<'_, f64>,
        each: impl Fn(usize, &mut dyn Iterator<Item = (usize, f64)>) -> R + Sync,
    ) -> Vec<R> {
        let table = GibbsTable::new(cost, source, target);
        let pass = table.pass(self.epsilon, &self.g);
        let mut rows: Vec<(f64, R)> =
            self.potentials.f().iter().map(|&f| (f, R::default())).collect();
        table.over_rows(&mut rows, |i, (f, found), scratch, _| {
            let scale = table.row(&pass, i, f, scratch).scale * table.total();
            *found = each(i, &mut scratch.cells().map(|(j, weight)| (j, weight * scale)));
        });
        rows.into_iter().map(|(_, found)| found).collect()
    }

    /// The cost of this plan after rounding to the marginals; see [`Rounded`].
    ///
    /// # Panics
    /// If the potentials, the masses and the cost have different shapes.
    #[must_use]
    pub fn rounded(
        &self,
        cost: &dyn Cost,
        source: ArrayView1<'_, f64>,
        target: ArrayView1<'_, f64>,
    ) -> Rounded {
        rounding::round(self, &GibbsTable::new(cost, source, target), source, target)
    }
}

/// Whether both ε and 1/ε are positive and finite.
pub(crate) fn is_regularization(epsilon: f64) -> bool {
    epsilon > 0.0 && epsilon.is_finite() && (1.0 / epsilon).is_finite()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::CostMatrix;
    use ndarray::array;

    #[test]
    fn the_dense_plan_has_the_cells_of_the_sparse_one() {
        let cost = CostMatrix::new(array![[0.0, 1.0, 2.0], [3.0, 0.5, 900.0]]).unwrap();
        let (source, target) = (array![0.25, 0.75], array![0.5, 0.0, 0.5]);
        let potentials = Potentials::new(array![0.5, 1.0], array![0.0, 0.25, -0.5]).unwrap();
        let plan = GibbsPlan::new(potentials, 0.5);
        let (sparse, _) = plan.sparse(&cost, source.view(), target.view(), 0.0);
        assert_eq!(plan.to_dense(&cost, source.view(), target.view()), sparse.to_dense());
        assert!(sparse.arcs().len() > 1);
    }
}
