//! Rounding a Gibbs plan to exact marginals without forming it.

use ndarray::{Array1, ArrayView1};

use super::{GibbsPlan, GibbsTable};
use crate::cost::Cost;
use crate::math::{self, NeumaierSum};
use crate::plan::{PlanArc, north_west_corner};

/// Bounds on a feasible plan close to a Gibbs plan, computed without storing n·m numbers.
///
/// Rows carry μ by construction; columns that carry too much are scaled down, and what is
/// missing is placed by the north-west corner (Altschuler, Weed, Rigollet 2017, "Near-linear time
/// approximation algorithms for optimal transport via Sinkhorn iteration", Algorithm 2, whose
/// last step spreads the rest as a rank-one matrix). Two passes over the cost, and n + m − 1
/// cells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rounded {
    /// At least ⟨γ', C⟩ of the rounded plan γ', with every rounding on the safe side: an upper bound
    /// of the transport cost.
    pub cost: f64,
    /// `Σ_i |Σ_j γ_ij − μ_i|` of the Gibbs plan with the given potentials.
    pub source_residual: f64,
    /// `Σ_j |Σ_i γ_ij − ν_j|` of the Gibbs plan after its rows were rescaled.
    pub target_residual: f64,
}

/// Row i in the last pass: f, the cost and the mass of what stays after scaling the columns down.
#[derive(Clone, Copy)]
struct ScaledDownRow {
    f: f64,
    cost: f64,
    mass: f64,
}

pub(super) fn round(
    plan: &GibbsPlan,
    table: &GibbsTable<'_>,
    source: ArrayView1<'_, f64>,
    target: ArrayView1<'_, f64>,
) -> Rounded {
    let (epsilon, total) = (plan.epsilon, table.total());
    let pass = table.pass(epsilon, &plan.g);

    // The raw marginals.
    let mut rows: Vec<(f64, f64)> = plan.potentials.f().iter().map(|&f| (f, 0.0)).collect();
    let columns = table.over_rows(&mut rows, |i, (f, off), scratch, columns| {
        let row = table.row(&pass, i, f, scratch);
        let share = table.source()[i];
        *off = if share > 0.0 { share * (row.fill - 1.0).abs() } else { 0.0 };
        scratch.add_to(row.scale, columns);
    });
    let source_residual = total * math::sum(rows.iter().map(|(_, off)| off));
    let off: Vec<f64> =
        columns.iter().zip(table.target()).map(|(have, want)| (have - want).abs()).collect();

    // Columns that carry too much are scaled down.
    let down: Vec<f64> = columns
        .iter()
        .zip(table.target())
        .map(|(&have, &want)| if have > want { want / have } else { 1.0 })
        .collect();
    let mut kept: Vec<ScaledDownRow> =
        rows.iter().map(|&(f, _)| ScaledDownRow { f, cost: 0.0, mass: 0.0 }).collect();
    let columns = table.over_rows(&mut kept, |i, kept, scratch, columns| {
        let scale = table.row(&pass, i, &mut kept.f, scratch).scale * total;
        kept.mass = scratch.rescale(scale, &down);
        scratch.add_to(1.0, columns);
        kept.cost = table.row_cost(i, scratch);
    });

    let shrunk = ShrunkPlan::new(&kept, &columns, source, target);
    let cost = shrunk.cost(table, &kept);
    Rounded { cost, source_residual, target_residual: total * math::sum(&off) }
}

/// The kept cells, shrunk by a common factor so little below 1 that no row or column carries more
/// than its mass, however their sums were rounded.
///
/// All that is computed of the cells here are sums of non-negative numbers, so each is right to a
/// relative error (Higham 2002, "Accuracy and stability of numerical algorithms", §3.1).
struct ShrunkPlan {
    factor: f64,
    /// Relative error of a sum of n or m products.
    error: f64,
    /// Cells that place what is missing, as far as it is known for certain.
    placed: Vec<PlanArc>,
    /// Mass that is placed nowhere, at most.
    unplaced: f64,
}

impl ShrunkPlan {
    fn new(
        kept: &[ScaledDownRow],
        columns: &[f64],
        source: ArrayView1<'_, f64>,
        target: ArrayView1<'_, f64>,
    ) -> Self {
        /// Relative rounding error of the masses.
        const MASS_ROUNDING: f64 = 8.0 * f64::EPSILON;
        // A sum and its products, with as much again to spare.
        let error = 2.0 * (source.len() + target.len() + 16) as f64 * f64::EPSILON;
        let rows = || source.iter().zip(kept.iter().map(|kept| kept.mass));
        let columns = || target.iter().zip(columns.iter().copied());
        let fits = |(want, have): (&f64, f64)| {
            if have > 0.0 { want * (1.0 - MASS_ROUNDING) / (have * (1.0 + error)) } else { 1.0 }
        };
        let factor = rows().chain(columns()).map(fits).fold(1.0 - error, f64::min);
        let missing = |(want, have): (&f64, f64)| {
            (want * (1.0 - MASS_ROUNDING) - factor * have * (1.0 + error)).max(0.0) * (1.0 - error)
        };
        let missing_rows: Array1<f64> = rows().map(missing).collect();
        let missing_columns: Array1<f64> = columns().map(missing).collect();
        let placed = north_west_corner(missing_rows.view(), missing_columns.view());
        let total = math::sum(source) * (1.0 + MASS_ROUNDING);
        let carried = factor * math::sum(kept.iter().map(|kept| &kept.mass)) * (1.0 - error)
            + math::sum(placed.iter().map(|arc| &arc.mass)) * (1.0 - error);
        Self { factor, error, placed, unplaced: (total - carried).max(0.0) * (1.0 + error) }
    }

    /// At least what the plan costs, if what is placed nowhere goes where it is dearest.
    fn cost(&self, table: &GibbsTable<'_>, kept: &[ScaledDownRow]) -> f64 {
        let cost = table.cost();
        let rounding = cost.rounding();
        let (largest, is_signed) = match cost.upper_bound() {
            Some(largest) => (largest, false),
            None => largest_and_sign(cost),
        };
        let largest = rounding.above(largest * (1.0 + f64::EPSILON));
        let of_cells = self.factor * math::sum(kept.iter().map(|kept| &kept.cost));
        // Costs of one sign: the relative error of the sum. Else that of a sum of their sizes.
        let size = if is_signed { largest * table.total() } else { of_cells };
        let of_cells = of_cells + 2.0 * self.error * size;
        // Each cell's cost may be off by its own rounding.
        let mass = table.total();
        let of_cells = if rounding.is_none() {
            of_cells
        } else {
            of_cells + rounding.reach(of_cells / mass) * mass
        };
        let mut placed = NeumaierSum::default();
        for arc in &self.placed {
            placed.add_product(arc.mass, cost.enclosure(arc.source, arc.target).1);
        }
        let of_missing = placed.value() + self.unplaced * largest;
        // What is below the normal range is off by up to its last place, wherever it is added.
        let operations = (cost.n() + 4) as f64 * (cost.m() + 4) as f64;
        let underflow = 8.0 * operations * (1.0 + largest) * f64::MIN_POSITIVE;
        let rounding = 8.0 * f64::EPSILON * (of_cells.abs() + of_missing.abs());
        let bound = of_cells + of_missing + rounding + underflow;
        if bound.is_finite() { bound } else { f64::INFINITY }
    }
}

/// The largest size of an entry, and whether one is negative.
fn largest_and_sign(cost: &dyn Cost) -> (f64, bool) {
    let mut buffer = vec![0.0; cost.m()];
    let (mut largest, mut least) = (0.0_f64, 0.0_f64);
    for i in 0..cost.n() {
        for &c in cost.row(i, &mut buffer) {
            (largest, least) = (largest.max(c.abs()), least.min(c));
        }
    }
    (largest, least < 0.0)
}
