//! Newton's equation solved by GTH elimination, which never subtracts.
//!
//! H is the Laplacian of a graph between columns with edge weights `W_jk = Σ_i P_ij P_ik/μ_i`. At
//! small ε these span many decades, and the last steps depend on the small ones, between pieces of the
//! plan that hardly exchange mass. Conjugate gradients lose them in the rounding of the large weights.
//! Elimination without subtraction, with diagonals summed from the remaining weights, computes every
//! weight to full relative precision (Grassmann, Taksar, Heyman 1985, "Regenerative analysis and steady
//! state distributions for Markov chains", Oper. Res. 33). O(n·m² + m³) time, O(m²) memory: for
//! small tables.
//!
//! **Failure modes.** Where pieces exchange almost no mass, the undamped solution is far too long: a
//! damping λ is increased until it is not.

use ndarray::{Array2, s};

use super::dual::DualPoint;
use crate::gibbs::GibbsTable;

/// Largest number of cells, and of columns, of a table.
const LARGEST_CELLS: usize = 1 << 20;
const LARGEST_COLUMNS: usize = 1 << 10;

/// The least λ: it keeps the equation regular where a piece has no edge to others.
const LEAST_DAMPING: f64 = 1e-16;

/// λ increases by this factor from trial to trial.
const DAMPING_INCREASE: f64 = 100.0;

/// Whether the table is small enough.
pub(super) fn suits(table: &GibbsTable<'_>) -> bool {
    let (n, m) = (table.source().len(), table.target().len());
    n.saturating_mul(m) <= LARGEST_CELLS && m <= LARGEST_COLUMNS
}

/// x with `(H + λ diag(r)) x = residual` for the first λ among those tried, from `least` up, with no |x| above
/// `longest`, and λ: between pieces with tiny edge weights, Newton's undamped step is far too long (Levenberg 1944, "A method for the solution of certain non-linear problems in
/// least squares", Quart. Appl. Math. 2).
pub(super) fn solve(
    table: &GibbsTable<'_>,
    at: &DualPoint,
    residual: &[f64],
    longest: f64,
    least: f64,
) -> (Vec<f64>, f64) {
    let ties = ties(table, at);
    let mut damping = least.max(LEAST_DAMPING);
    loop {
        let ground = at.columns.iter().map(|r| damping * r).collect();
        let x = eliminate(ties.clone(), ground, residual.to_vec());
        if x.iter().all(|x| x.abs() <= longest) || damping >= 1.0 {
            return (x, damping);
        }
        damping *= DAMPING_INCREASE;
    }
}

/// `W_jk` for k < j.
fn ties(table: &GibbsTable<'_>, at: &DualPoint) -> Array2<f64> {
    let m = table.target().len();
    let pass = table.pass(at.epsilon, &at.g);
    let mut rows: Vec<(f64, Vec<(usize, f64)>)> = at.f.iter().map(|&f| (f, Vec::new())).collect();
    table.over_rows(&mut rows, |i, (f, cells), scratch, _| {
        let scale = table.row(&pass, i, f, scratch).scale;
        cells.extend(scratch.cells().map(|(j, weight)| (j, weight * scale)).filter(|c| c.1 > 0.0));
    });
    let mut ties = Array2::zeros((m, m));
    for ((_, cells), &mass) in rows.iter().zip(table.source()) {
        for (place, &(j, cell)) in cells.iter().enumerate() {
            for &(k, other) in &cells[..place] {
                ties[[j, k]] += cell / mass * other;
            }
        }
    }
    ties
}

/// Solves `ground_j x_j + Σ_k W_jk (x_j − x_k) = b_j` for symmetric W ≥ 0, of which the part below
/// the diagonal is read.
fn eliminate(mut ties: Array2<f64>, mut ground: Vec<f64>, mut b: Vec<f64>) -> Vec<f64> {
    let m = b.len();
    let mut sums = vec![0.0; m];
    for k in (0..m).rev() {
        let (mut left, last) = ties.multi_slice_mut((s![..k, ..], s![k, ..k]));
        sums[k] = ground[k] + last.sum();
        for (j, mut row) in left.rows_mut().into_iter().enumerate() {
            let share = last[j] / sums[k];
            if share > 0.0 {
                b[j] += share * b[k];
                ground[j] += share * ground[k];
                row.iter_mut().zip(&last).take(j).for_each(|(tie, last)| *tie += share * last);
            }
        }
    }
    let mut x = vec![0.0; m];
    for k in 0..m {
        if sums[k] > 0.0 {
            let pull: f64 = ties.row(k).iter().zip(&x[..k]).map(|(tie, x)| tie * x).sum();
            x[k] = (b[k] + pull) / sums[k];
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_ties_keep_all_their_digits() {
        // Two pairs, each bound fast, with a tie of 1e-30 between them.
        let ties = |j: usize, k: usize| match (j.min(k), j.max(k)) {
            (0, 1) | (2, 3) => 1.0,
            (1, 2) => 1e-30,
            _ => 0.0,
        };
        let ties = Array2::from_shape_fn((4, 4), |(j, k)| ties(j, k));
        let x = eliminate(ties, vec![0.0; 4], vec![-1e-30, 0.0, 0.0, 1e-30]);
        for (j, want) in [0.0, 1e-30, 1.0, 1.0].into_iter().enumerate() {
            assert!((x[j] - x[0] - want).abs() <= 1e-15, "{x:?}");
        }
    }
}
