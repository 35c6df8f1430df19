//! Rounding a Gibbs plan to exact marginals without forming it.

use ndarray::{Array1, ArrayView1};

use super::{GibbsPlan, GibbsTable};
use crate::math::{self, NeumaierSum};
use crate::plan::north_west_corner;

/// A feasible plan close to a Gibbs plan, as far as it can be told without n·m numbers.
///
/// Rows carry μ by construction; columns that carry too much are scaled down, and what is
/// missing is placed by the north-west corner (Altschuler, Weed, Rigollet 2017, "Near-linear time
/// approximation algorithms for optimal transport via Sinkhorn iteration", Algorithm 2, whose
/// last step spreads the rest as a rank-one matrix). Two passes over the cost, and n + m − 1
/// cells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rounded {
    /// ⟨γ', C⟩ of the rounded plan γ': an upper bound of the transport cost.
    pub cost: f64,
    /// `Σ_i |Σ_j γ_ij − μ_i|` of the Gibbs plan with the potentials as they were handed over.
    pub source_residual: f64,
    /// `Σ_j |Σ_i γ_ij − ν_j|` of the Gibbs plan after its rows were made right.
    pub target_residual: f64,
}

/// Row i in the last pass: f, the cost and the mass of what stays after scaling the columns down.
#[derive(Clone, Copy)]
struct Kept {
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
        *off = table.source()[i] * (row.fill - 1.0).abs();
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
    let mut kept: Vec<Kept> = rows.iter().map(|&(f, _)| Kept { f, cost: 0.0, mass: 0.0 }).collect();
    let columns = table.over_rows(&mut kept, |i, kept, scratch, columns| {
        let scale = table.row(&pass, i, &mut kept.f, scratch).scale * total;
        kept.mass = scratch.rescale(scale, &down);
        scratch.add_to(1.0, columns);
        kept.cost = table.row_cost(i, scratch);
    });

    // What is missing is placed by the north-west corner.
    let missing = |want: ArrayView1<'_, f64>, have: Vec<f64>| -> Array1<f64> {
        want.iter().zip(have).map(|(want, have)| (want - have).max(0.0)).collect()
    };
    let missing_rows = missing(source, kept.iter().map(|kept| kept.mass).collect());
    let missing_columns = missing(target, columns);
    let mut cost: NeumaierSum = kept.iter().map(|kept| kept.cost).collect();
    for arc in north_west_corner(missing_rows.view(), missing_columns.view()) {
        cost.add_product(arc.mass, table.cost().at(arc.source, arc.target));
    }
    Rounded { cost: cost.value(), source_residual, target_residual: total * math::sum(&off) }
}
