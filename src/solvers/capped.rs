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
//! The cap influences the time only: the answer contains no capped cost.

use crate::cost::{Cost, CostMatrix, largest_size};
use crate::problem::{MOST_STORED, OtProblem};
use crate::solvers::{Solution, SolveError};

/// The first cap, as a multiple of the scale, the largest least cost of an atom.
const FIRST_CAP_RATIO: f64 = 1024.0;

/// The factor by which the cap is raised, and the ratio of costs to the scale up to which none is used.
const CAP_STEP: f64 = 1_048_576.0;

/// Solves a problem with capped costs if its matrix contains very large ones, else as it is.
pub(super) fn solve(
    problem: &OtProblem,
    mut uncut: impl FnMut(&OtProblem) -> Result<Solution, SolveError>,
) -> Result<Solution, SolveError> {
    let cost = problem.cost();
    if !cost.rounding().is_none() || cost.n().saturating_mul(cost.m()) > MOST_STORED {
        return uncut(problem);
    }
    let largest = largest_size(cost);
    let mut scale = largest_minimum(cost, largest / CAP_STEP);
    while CAP_STEP * scale < largest {
        let cap = FIRST_CAP_RATIO * scale;
        let solution = uncut(&problem.with_cost(Box::new(cut(cost, cap))))?;
        let is_whole =
            solution.plan.arcs().iter().all(|arc| cost.at(arc.source, arc.target) <= cap);
        if is_whole || !solution.termination.is_complete() {
            return Ok(solution);
        }
        scale *= CAP_STEP;
    }
    uncut(problem)
}

/// The scale of costs: the largest size of the minimum of a row or column, or any of these that is at
/// least `enough`. Where all are 0, the least nonzero cost.
fn largest_minimum(cost: &dyn Cost, enough: f64) -> f64 {
    let mut columns = vec![f64::INFINITY; cost.m()];
    let (mut largest_least, mut least) = (0.0_f64, f64::INFINITY);
    let mut buffer = vec![0.0; cost.m()];
    for i in 0..cost.n() {
        let mut of_row = f64::INFINITY;
        for (&c, column) in cost.row(i, &mut buffer).iter().zip(&mut columns) {
            of_row = of_row.min(c);
            *column = column.min(c);
            if c != 0.0 {
                least = least.min(c.abs());
            }
        }
        largest_least = largest_least.max(of_row.abs());
        if largest_least >= enough {
            return largest_least;
        }
    }
    largest_least = columns.into_iter().map(f64::abs).fold(largest_least, f64::max);
    if largest_least > 0.0 { largest_least } else { least }
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
