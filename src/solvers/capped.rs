//! Capped costs, for matrices in which some costs are so large that no optimal plan uses them.
//!
//! **Problem.** One entry of 10³⁸, set to forbid an arc, makes every tolerance relative to the largest
//! cost meaningless, and potentials may become so large that their rounding exceeds the transport
//! cost.
//!
//! **Idea.** Replace all costs by `min(c, B)` for a cap B. If an optimal plan of the capped problem uses
//! no capped cell, it has the same cost in both problems, and the potentials that prove it optimal for
//! the smaller costs are feasible for the larger ones: it is optimal in both. Else the cap is raised.
//! If an optimal plan exists whose costs are all at most b, it is found once `B > min(n, m)·b`, for
//! costs ≥ 0: a cycle through a capped cell gains at most b on each cell that it leaves.
//!
//! A forbidden arc, of cost +∞, is cut like any other. If the plan still uses one under a cap that no
//! detour over allowed arcs exceeds, there is no plan without, and `infeasible.rs` proves it.
//!
//! The cap influences the time only: the answer contains no capped cost.

use super::infeasible::{AllowedRow, Infeasible};
use crate::cost::{Cost, CostMatrix, largest_size};
use crate::plan::TransportPlan;
use crate::problem::{MOST_STORED, OtProblem};
use crate::solvers::{Solution, SolveError};

/// The first cap, as a multiple of the scale, the largest least cost of an atom.
const FIRST_CAP_RATIO: f64 = 1024.0;

/// The factor by which the cap is raised, and the ratio of costs to the scale up to which none is used.
const CAP_STEP: f64 = 1_048_576.0;

/// Solves a problem with capped costs if its matrix contains very large ones or forbids arcs, else as it
/// is.
///
/// # Errors
/// [`SolveError::Infeasible`] if every plan uses a forbidden arc.
pub(super) fn solve(
    problem: &OtProblem,
    mut uncut: impl FnMut(&OtProblem) -> Result<Solution, SolveError>,
) -> Result<Solution, SolveError> {
    let cost = problem.cost();
    let is_small = cost.n().saturating_mul(cost.m()) <= MOST_STORED;
    if !(cost.forbids() || cost.rounding().is_none() && is_small && !cost.is_sparse()) {
        return uncut(problem);
    }
    let largest = cost.upper_bound().unwrap_or_else(|| largest_size(cost));
    let mut scale = largest_minimum(cost, largest / CAP_STEP);
    loop {
        let is_last = CAP_STEP * scale >= largest;
        if is_last && !cost.forbids() {
            return uncut(problem);
        }
        let cap = if is_last { prohibitive(cost, largest) } else { FIRST_CAP_RATIO * scale };
        let cut = cost.cut_at(cap).unwrap_or_else(|| Box::new(cut(cost, cap)));
        let solution = uncut(&problem.with_cost(cut))?;
        let is_whole =
            solution.plan.arcs().iter().all(|arc| cost.at(arc.source, arc.target) <= cap);
        if is_whole || !solution.termination.is_complete() {
            return Ok(solution);
        }
        if is_last {
            return Err(infeasible(problem, &solution.plan));
        }
        scale *= CAP_STEP;
    }
}

/// A cap above which an optimal plan of the capped problem uses forbidden arcs only if it has to: along a
/// cycle that leaves one of them, all others cost or save at most the largest cost each.
fn prohibitive(cost: &dyn Cost, largest: f64) -> f64 {
    /// Sums of so large costs do not overflow.
    const LARGEST: f64 = 1e303;
    let nodes = 2.0 * (cost.n().min(cost.m()) + 1) as f64;
    if largest == 0.0 { 1.0 } else { (nodes * largest).min(LARGEST) }
}

/// The error of a problem whose plan of least capped cost uses a forbidden arc.
fn infeasible(problem: &OtProblem, plan: &TransportPlan) -> SolveError {
    Infeasible::of(problem, plan).map_or(
        SolveError::NotApplicable { method: "simplex", needs: "costs below 1e303 / (n + m)" },
        |proof| SolveError::Infeasible(Box::new(proof)),
    )
}

/// The scale of costs: the largest size of the minimum of a row or column, or any of these that is at
/// least `enough`. Where all are 0, the least nonzero cost.
fn largest_minimum(cost: &dyn Cost, enough: f64) -> f64 {
    let mut columns = vec![f64::INFINITY; cost.m()];
    let (mut largest_least, mut least) = (0.0_f64, f64::INFINITY);
    let mut row = AllowedRow::new(cost);
    for i in 0..cost.n() {
        let mut of_row = f64::INFINITY;
        for &(j, c) in row.of(i) {
            let column = &mut columns[j];
            of_row = of_row.min(c);
            *column = column.min(c);
            if c != 0.0 {
                least = least.min(c.abs());
            }
        }
        if of_row.is_finite() {
            largest_least = largest_least.max(of_row.abs());
        }
        if largest_least >= enough {
            return largest_least;
        }
    }
    let columns = columns.into_iter().filter(|c| c.is_finite()).map(f64::abs);
    largest_least = columns.fold(largest_least, f64::max);
    if largest_least > 0.0 || least == f64::INFINITY { largest_least } else { least }
}

fn cut(cost: &dyn Cost, cap: f64) -> CostMatrix<'static> {
    CostMatrix::tabulate(cost).cut_at(cap)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::solvers::Solver;
    use crate::solvers::assignment::Assignment;
    use crate::solvers::lp::{Backend, GenericLp};
    use crate::solvers::network_simplex::NetworkSimplex;
    use ndarray::{Array1, Array2, array};

    fn upper(solver: &dyn Solver, cost: &Array2<f64>, masses: [Array1<f64>; 2]) -> f64 {
        let cost = CostMatrix::new(cost.clone()).unwrap();
        let [source, target] = masses;
        let problem = OtProblem::new(&source, &target, cost).unwrap();
        let c = solver.solve(&problem, &mut ()).unwrap().certify(&problem).certificate;
        assert!(c.is_optimal(), "{}: {c:?}", solver.name());
        c.upper
    }

    #[test]
    fn an_entry_that_forbids_an_arc_hides_no_small_cost() {
        let cost = array![
            [1e38, 1.0, 2.0],
            [44.0, 63.0, 94.0],
            [15.0, 1e38, 1e38],
            [11.0, 8.0, 37.0],
            [10.0, 96.0, 1e38]
        ];
        let masses = [array![2.0, 2.0, 1.0, 2.0, 0.0], array![1.0, 2.0, 4.0]];
        let lp = GenericLp { backend: Backend::Microlp };
        for solver in [&NetworkSimplex as &dyn Solver, &lp] {
            assert_eq!(upper(solver, &cost, masses.clone()), 219.0);
        }
        let uniform = [array![0.5, 0.5], array![0.5, 0.5]];
        for far in [1e3, 1e10, 1e18, 1e300] {
            let cost = array![[39.0, far], [far, 13.0]];
            for solver in [&NetworkSimplex as &dyn Solver, &Assignment, &lp] {
                assert_eq!(upper(solver, &cost, uniform.clone()), 26.0);
            }
        }
    }

    #[test]
    fn an_entry_that_has_to_be_used_is_used() {
        let cost = array![[1.0, 1e38], [2.0, 1e38]];
        let masses = [array![0.5, 0.5], array![0.5, 0.5]];
        // And half a unit more, for the first source or the second.
        assert_eq!(upper(&NetworkSimplex, &cost, masses), 0.5e38_f64.next_up());
    }
}
