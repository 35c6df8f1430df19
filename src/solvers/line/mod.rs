//! The closed form on the line.
//!
//! # Problem
//! Minimize `Σ h(x_i − y_j)·γ_ij` over plans γ ≥ 0 with row sums μ and column sums ν, for points
//! on the real line and a convex h.
//!
//! # Idea
//! Convexity of h makes the table `c_ij = h(x_i − y_j)` over sorted points a Monge table,
//! `c_ij + c_kl ≤ c_il + c_kj` for `i ≤ k`, `j ≤ l`: mass never gains by crossing. So the
//! north-west-corner plan of the sorted marginals is optimal, whatever h is. The cells it visits
//! form a staircase from the first cell to the last, and the equations `f_i + g_j = c_ij` on the
//! staircase give the potentials.
//!
//! # Why the potentials are feasible
//! Let the staircase go down or right by one cell at a time (where a row and a column run out
//! together, insert one of the two cells in between, with no flow), and let
//! `r_ij = c_ij − f_i − g_j`: a Monge table too, and zero on the staircase. Take a cell (i, j)
//! right of it. The staircase leaves row i downwards at some column `k < j`, so
//! `r_ik = r_(i+1)k = 0` and Monge's inequality says `r_ij ≥ r_(i+1)j`. Walk down the column: each
//! `r` is at least the next, and the last one lies on the staircase, so `r_ij ≥ 0`. Cells left of
//! the staircase: the same with rows and columns exchanged. Complementary slackness does the rest.
//!
//! Where a row and a column run out together there are two cells to insert, and f may change by
//! anything between what the one and the other say: feasible potentials are convex, and every
//! choice of corners gives a pair. We take the change nearest to 0, so that potentials stay small
//! and those of identical measures vanish.
//!
//! # Complexity
//! O((n + m)·log(n + m)) time for the two sorts, O(n + m) for the rest and for memory.
//!
//! # Reference
//! Santambrogio 2015, "Optimal transport for applied mathematicians", §2.2; Hoffman 1963, "On
//! simple linear programming problems" (the north-west corner under Monge's condition).
//!
//! # Failure modes
//! Flows are integers (`fixed_point`) and exact. Potentials are
//! differences of costs summed along a chain of n + m cells in twice the working precision; for
//! `|x − y|` and `(x − y)²` the terms are exact to that precision, so only the final
//! rounding remains. Other costs are rounded before, and their rounding errors accumulate along the
//! chain to about √(n + m) ulps of a typical cost.

mod sliced;
mod staircase_potentials;
mod wasserstein;

use std::ops::ControlFlow;

pub use self::sliced::{directions, sliced_wasserstein};
use self::staircase_potentials::StaircasePotentials;
pub use self::wasserstein::{wasserstein_1d, wasserstein_1d_weighted};
use crate::math::sorted_order;
use crate::plan::{PlanArc, TransportPlan};
use crate::problem::OtProblem;
use crate::progress::{Event, Observer};
use crate::solvers::fixed_point::FixedMasses;
use crate::solvers::{Solution, SolveError, Solver, Termination};

/// Solves problems on the line with a convex cost by sorting; see the [module](self).
///
/// Iterations are the cells of the staircase.
///
/// ```
/// use deblais::cost::Euclidean;
/// use deblais::measure::DiscreteMeasure;
/// use deblais::problem::OtProblem;
/// use deblais::solvers::{Solver, line::Line};
/// use ndarray::array;
///
/// let source = DiscreteMeasure::uniform(array![[0.0], [1.0]])?;
/// let target = DiscreteMeasure::uniform(array![[3.0], [2.0]])?;
/// let problem = OtProblem::new(&source, &target, Euclidean)?;
/// let certificate = Line.solve(&problem, &mut ())?.certify(&problem).certificate;
/// assert!(certificate.lower <= 2.0 && 2.0 <= certificate.upper && certificate.is_optimal());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Line;

/// Cells of the staircase between two events.
const CELLS_PER_EVENT: u64 = 1 << 14;

impl Solver for Line {
    fn name(&self) -> &'static str {
        "line"
    }

    fn solve(
        &self,
        problem: &OtProblem,
        observer: &mut dyn Observer,
    ) -> Result<Solution, SolveError> {
        let Some((x, y)) = problem.cost().convex_on_line() else {
            return Err(SolveError::NotApplicable {
                method: self.name(),
                needs: "points with one coordinate and a convex function of their difference as cost",
            });
        };
        let (source, target) = problem.marginals();
        let masses = FixedMasses::new(source, target);
        let (rows, columns) = (sorted_order(x), sorted_order(y));
        let mut dual = StaircasePotentials::new(problem, (x, &rows), (y, &columns));
        let mut cells: Vec<StaircaseCell> = Vec::with_capacity(x.len() + y.len());
        let half = masses.supply.iter().sum::<i128>() / 2;
        let (mut moved, mut median) = (0, (0, 0));
        let (mut iterations, mut termination) = (0, Termination::Optimal);
        let (mut i, mut j) = (0, 0);
        let (mut supply, mut demand) = (masses.supply[rows[0]], masses.demand[columns[0]]);
        dual.start();
        loop {
            let flow = supply.min(demand);
            if flow > 0 {
                cells.push(StaircaseCell { row: i, column: j, mass: masses.to_f64(flow) });
            }
            (supply, demand) = (supply - flow, demand - flow);
            if moved <= half {
                median = (i, j);
            }
            moved += flow;
            let down = supply == 0 && i + 1 < rows.len();
            let right = demand == 0 && j + 1 < columns.len();
            match (down, right) {
                (true, true) => dual.diagonal(i, j),
                (true, false) => dual.down(i, j),
                (false, true) => dual.right(i, j),
                (false, false) => break,
            }
            if down {
                i += 1;
                supply = masses.supply[rows[i]];
            }
            if right {
                j += 1;
                demand = masses.demand[columns[j]];
            }
            iterations += 1;
            if iterations % CELLS_PER_EVENT == 0 {
                let event = Event::new("staircase", iterations);
                if let ControlFlow::Break(stop) = observer.observe(&event) {
                    termination = stop.into();
                    break;
                }
            }
        }
        let potentials = dual.normalized_at(median);
        Ok(Solution { plan: plan(&cells, &rows, &columns), potentials, termination, iterations })
    }
}

/// A cell of the staircase with its mass; row and column are places in the sorted orders.
struct StaircaseCell {
    row: usize,
    column: usize,
    mass: f64,
}

/// The plan of the cells, which come by ascending row. Putting its rows into the order of the
/// input is cheaper than sorting all arcs.
fn plan(cells: &[StaircaseCell], rows: &[usize], columns: &[usize]) -> TransportPlan {
    let mut of_row = vec![&cells[..0]; rows.len()];
    for row in cells.chunk_by(|a, b| a.row == b.row) {
        of_row[rows[row[0].row]] = row;
    }
    let mut arcs = Vec::with_capacity(cells.len());
    for (source, row) in of_row.into_iter().enumerate() {
        let start = arcs.len();
        arcs.extend(row.iter().map(|cell| PlanArc {
            source,
            target: columns[cell.column],
            mass: cell.mass,
        }));
        arcs[start..].sort_unstable_by_key(|arc| arc.target);
    }
    TransportPlan::from_arcs(rows.len(), columns.len(), arcs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::{Cityblock, Cosine, Euclidean, GroundCost, SqEuclidean};
    use crate::measure::DiscreteMeasure;
    use ndarray::Array1;
    use ndarray::{Array2, array};

    fn measure(points: &[f64], mass: &[f64]) -> DiscreteMeasure {
        let support = Array2::from_shape_vec((points.len(), 1), points.to_vec()).unwrap();
        DiscreteMeasure::new(support, Array1::from(mass.to_vec())).unwrap()
    }

    /// A deterministic sequence in (0, 1).
    fn noise(n: usize, seed: u64) -> Vec<f64> {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 * 2.0_f64.powi(-53)
        };
        (0..n).map(|_| next()).collect()
    }

    fn normalized(mass: Vec<f64>) -> Vec<f64> {
        let total = crate::math::sum(&mass);
        mass.into_iter().map(|w| w / total).collect()
    }

    /// Solves, checks the certificate, returns the cost.
    fn solved<G: Into<GroundCost>>(
        source: &DiscreteMeasure,
        target: &DiscreteMeasure,
        ground: G,
    ) -> f64 {
        let problem = OtProblem::new(source, target, ground.into()).unwrap();
        let solution = Line.solve(&problem, &mut ()).unwrap();
        assert_eq!(solution.termination, Termination::Optimal);
        let c = solution.certify(&problem).certificate;
        assert!(c.is_optimal(), "{c:?}");
        c.upper
    }

    #[test]
    fn every_convex_cost_is_solved_with_a_tight_certificate() {
        for (n, m) in [(1, 1), (1, 40), (40, 1), (300, 300), (500, 333)] {
            let source = measure(&noise(n, 1), &normalized(noise(n, 2)));
            let target = measure(&noise(m, 3), &normalized(noise(m, 4)));
            solved(&source, &target, Euclidean);
            solved(&source, &target, Cityblock);
            solved(&source, &target, SqEuclidean);
            solved(&source, &target, GroundCost::power(Euclidean, 1.5).unwrap());
            solved(&source, &target, GroundCost::power(Euclidean, 3.0).unwrap());
        }
    }

    #[test]
    fn uniform_masses_make_diagonal_steps() {
        let source = DiscreteMeasure::uniform(array![[0.0], [1.0], [2.0], [7.0]]).unwrap();
        let target = DiscreteMeasure::uniform(array![[2.5], [0.5], [6.0], [1.0]]).unwrap();
        let above = |value: f64, truth: f64| truth <= value && value <= truth * (1.0 + 1e-14);
        let distance = solved(&source, &target, Euclidean);
        assert!(above(distance, 0.25 * (0.5 + 0.0 + 0.5 + 1.0)), "{distance}");
        let square = solved(&source, &target, SqEuclidean);
        assert!(above(square, 0.25 * (0.25 + 0.0 + 0.25 + 1.0)), "{square}");
    }

    #[test]
    fn identical_measures_are_at_distance_exactly_zero() {
        let x = measure(&noise(200, 5), &noise(200, 6));
        let problem = OtProblem::new(&x, &x, Euclidean).unwrap();
        let solution = Line.solve(&problem, &mut ()).unwrap();
        let c = solution.certify(&problem).certificate;
        assert_eq!((c.lower, c.upper, c.dual_violation), (0.0, 0.0, 0.0));
        assert!(solution.potentials.f().iter().all(|&f| f == 0.0));
    }

    #[test]
    fn long_chains_stay_tight_far_from_the_origin() {
        for offset in [0.0, 1e8] {
            let points = |n, seed| -> Vec<f64> {
                noise(n, seed).into_iter().map(|x| x.mul_add(10.0, offset)).collect()
            };
            let source = measure(&points(6000, 7), &normalized(noise(6000, 8)));
            let target = measure(&points(5000, 9), &normalized(noise(5000, 10)));
            solved(&source, &target, Euclidean);
            solved(&source, &target, SqEuclidean);
        }
    }

    #[test]
    fn problems_too_large_to_look_at_every_cell_are_judged_too() {
        let n = 40_000;
        let source = measure(&noise(n, 15), &normalized(noise(n, 16)));
        let target = measure(&noise(n, 17), &normalized(noise(n, 18)));
        assert!(n * n > crate::potentials::LINE_CELLS);
        solved(&source, &target, Euclidean);
        solved(&source, &target, GroundCost::power(Euclidean, 1.5).unwrap());
    }

    #[test]
    fn tiny_masses_zero_masses_and_ties_are_kept() {
        let source = measure(&[0.0, 0.0, 1.0, 5.0, 5.0], &[1.0, 1e-17, 0.0, 1e-15, 0.0]);
        let target = measure(&[-3.0, 1.0, 1.0, 9.0], &[0.0, 1e-16, 1.0, 1e-15]);
        let problem = OtProblem::new(&source, &target, Euclidean).unwrap();
        let solution = Line.solve(&problem, &mut ()).unwrap();
        let (rows, _) = solution.plan.marginals();
        assert!((rows[1] - 1e-17).abs() < 1e-30);
        assert!(solution.certify(&problem).certificate.is_optimal());
    }

    #[test]
    fn costs_that_are_not_convex_on_a_line_are_refused() {
        let x = DiscreteMeasure::uniform(array![[1.0], [2.0]]).unwrap();
        let wide = DiscreteMeasure::uniform(array![[1.0, 2.0]]).unwrap();
        for problem in [
            OtProblem::new(&x, &x, Cosine).unwrap(),
            OtProblem::new(&x, &x, GroundCost::power(Euclidean, 0.5).unwrap()).unwrap(),
            OtProblem::new(&wide, &wide, Euclidean).unwrap(),
        ] {
            assert!(matches!(
                Line.solve(&problem, &mut ()),
                Err(SolveError::NotApplicable { method: "line", .. })
            ));
        }
    }

    #[test]
    fn a_stopped_run_hands_over_true_bounds() {
        struct Impatient;
        impl Observer for Impatient {
            fn observe(&mut self, _: &Event) -> ControlFlow<crate::progress::Stop> {
                ControlFlow::Break(crate::progress::Stop::TimeLimit)
            }
        }
        let (n, m) = (10_007, 7_001);
        let source = DiscreteMeasure::uniform(Array2::from_shape_vec((n, 1), noise(n, 1)).unwrap());
        let target = DiscreteMeasure::uniform(Array2::from_shape_vec((m, 1), noise(m, 2)).unwrap());
        let problem = OtProblem::new(&source.unwrap(), &target.unwrap(), Euclidean).unwrap();
        let solution = Line.solve(&problem, &mut Impatient).unwrap();
        assert_eq!(solution.termination, Termination::TimeLimit);
        let c = solution.certify(&problem).certificate;
        let truth = wasserstein_1d(&noise(n, 1), &noise(m, 2), 1.0).unwrap();
        assert!(c.lower <= truth && truth <= c.upper && !c.is_optimal());
    }

    #[test]
    fn distances_without_a_plan_agree_with_the_solver() {
        for (n, m) in [(1, 1), (5, 5), (700, 700), (300, 451), (1, 60)] {
            let (x, y) = (noise(n, 11), noise(m, 12));
            let (source, target) = (normalized(noise(n, 13)), normalized(noise(m, 14)));
            let (flat_x, flat_y) = (vec![1.0 / n as f64; n], vec![1.0 / m as f64; m]);
            for p in [1.0, 2.0, 3.0] {
                let ground = || GroundCost::power(Euclidean, p).unwrap();
                let same = |fast: f64, slow: f64| {
                    let slow = slow.powf(1.0 / p);
                    assert!((fast - slow).abs() <= 1e-13 * slow, "{fast} is not {slow}");
                };
                same(
                    wasserstein_1d(&x, &y, p).unwrap(),
                    solved(&measure(&x, &flat_x), &measure(&y, &flat_y), ground()),
                );
                same(
                    wasserstein_1d_weighted((&x, &source), (&y, &target), p).unwrap(),
                    solved(&measure(&x, &source), &measure(&y, &target), ground()),
                );
            }
        }
    }
}
