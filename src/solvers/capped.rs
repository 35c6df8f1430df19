//! Matrices in which some costs are so large that no optimal plan uses them.
//!
//! **Problem.** One entry of 10³⁸, written to forbid an arc, makes every tolerance that is relative
//! to the largest cost meaningless, and lets potentials grow so large that their rounding hides the
//! cost itself.
//!
//! **Idea.** Cut all costs at a cap B: `min(c, B)`. If an optimal plan of the cut problem uses no cell
//! that was cut, it costs the same in both problems, and the potentials that prove it optimal for
//! the smaller costs are feasible for the larger ones: it is optimal in both. Else the cap is raised.
//! If an optimal plan exists whose costs are all at most b, it is found once `B > min(n, m)·b`, for
//! costs ≥ 0: a cycle through a cut cell gains at most b on each cell that it leaves.
//!
//! Nothing depends on the cap but the time: no cost is put in the place of another one in the answer.

use crate::cost::{Cost, CostMatrix, largest_size};
use crate::problem::OtProblem;
use crate::solvers::{Solution, SolveError};

/// Costs beyond so many times what some atom has to pay at least are cut at first.
const FIRST_CAP: f64 = 1024.0;

/// By so much the cap is raised; and the ratio of costs up to which nothing is cut.
const STEP: f64 = 1_048_576.0;

/// Solves a problem by way of problems with smaller costs, where its matrix asks for that.
pub(super) fn solve(
    problem: &OtProblem,
    mut uncut: impl FnMut(&OtProblem) -> Result<Solution, SolveError>,
) -> Result<Solution, SolveError> {
    let cost = problem.cost();
    if !(cost.is_stored() && cost.rounding().is_none()) {
        return uncut(problem);
    }
    let largest = largest_size(cost);
    let mut scale = dearest_minimum(cost, largest / STEP);
    while STEP * scale < largest {
        let cap = FIRST_CAP * scale;
        let solution = uncut(&problem.with_cost(Box::new(cut(cost, cap))))?;
        let is_whole =
            solution.plan.arcs().iter().all(|arc| cost.at(arc.source, arc.target) <= cap);
        if is_whole || !solution.termination.is_complete() {
            return Ok(solution);
        }
        scale *= STEP;
    }
    uncut(problem)
}

/// What some source or target has to pay at least for a unit, in size: the largest of the rows' and
/// columns' minima, or any of them that is at least `enough`. Where all are 0, the least cost that
/// is not.
fn dearest_minimum(cost: &dyn Cost, enough: f64) -> f64 {
    let mut columns = vec![f64::INFINITY; cost.m()];
    let (mut dearest, mut least) = (0.0_f64, f64::INFINITY);
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
        dearest = dearest.max(of_row.abs());
        if dearest >= enough {
            return dearest;
        }
    }
    dearest = columns.into_iter().map(f64::abs).fold(dearest, f64::max);
    if dearest > 0.0 { dearest } else { least }
}

fn cut(cost: &dyn Cost, cap: f64) -> CostMatrix {
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
        let problem = OtProblem::from_cost(source.view(), target.view(), Box::new(cost)).unwrap();
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
