//! ε that comes down by itself until the bracket on the exact cost is narrow enough.

use std::ops::ControlFlow;

use crate::clouds::{cloud, exact, weighted};
use deblais::cost::{Cityblock, CostMatrix, Euclidean, SqEuclidean};
use deblais::problem::OtProblem;
use deblais::progress::{Event, Observer, Stop};
use deblais::solvers::sinkhorn::{Epsilon, Sinkhorn, SinkhornError};
use deblais::solvers::{SolveOptions, Termination};
use ndarray::{Array2, array};

fn brackets(problem: &OtProblem, lower: f64, upper: f64) {
    let truth = exact(problem);
    let slack = 1e-11 * truth;
    assert!(lower <= truth + slack && truth <= upper + slack, "{truth}: {lower}, {upper}");
}

#[test]
fn the_bracket_becomes_as_narrow_as_asked() {
    let (x, y) = (cloud(120, 2, 0.3), cloud(90, 2, 1.7));
    let problems = [
        OtProblem::new(&x, &y, Euclidean).unwrap(),
        OtProblem::new(&x, &y, SqEuclidean).unwrap(),
        OtProblem::new(&x, &y, Cityblock).unwrap(),
    ];
    for problem in &problems {
        let mut epsilon = f64::INFINITY;
        for gap in [1.0, 0.1, 1e-2, 1e-3, 1e-4] {
            let (answer, judged) = Sinkhorn::default().solve_to_gap(problem, gap).unwrap();
            let c = judged.certificate;
            assert_eq!(answer.termination, Termination::ToleranceReached, "{gap}: {c:?}");
            assert!(c.relative_gap() <= gap);
            assert_eq!(answer.certify(problem).certificate, c);
            assert!(answer.plan.epsilon() <= epsilon, "a narrow bracket takes a smaller ε");
            epsilon = answer.plan.epsilon();
            brackets(problem, c.lower, c.upper);
        }
    }
}

#[test]
fn a_gap_that_the_first_epsilon_meets_takes_one_solve() {
    let problem = OtProblem::new(&cloud(30, 2, 0.3), &cloud(20, 2, 1.7), Euclidean).unwrap();
    let solver = Sinkhorn::default();
    let plain = solver.solve(&problem).unwrap();
    let measured = plain.certify(&problem).certificate.relative_gap();
    let (answer, _) = solver.solve_to_gap(&problem, measured).unwrap();
    assert_eq!(answer, plain);
}

#[test]
fn the_marginal_error_is_no_bottleneck() {
    // A tolerance this loose alone costs more than the gap, at any ε.
    let problem = OtProblem::new(&cloud(60, 2, 0.3), &cloud(60, 2, 1.7), SqEuclidean).unwrap();
    let loose = Sinkhorn { tolerance: 0.1, ..Sinkhorn::default() };
    let (answer, judged) = loose.solve_to_gap(&problem, 1e-3).unwrap();
    assert_eq!(answer.termination, Termination::ToleranceReached);
    assert!(judged.certificate.relative_gap() <= 1e-3 && answer.marginal_error < 1e-3);
}

#[test]
fn a_far_atom_without_mass_does_not_matter() {
    let ghost = weighted(array![[0.1, 0.2], [0.8, 0.5], [1e7, 1e7]], array![0.5, 0.5, 0.0]);
    let problem = OtProblem::new(&ghost, &cloud(12, 2, 0.4), Euclidean).unwrap();
    let (answer, judged) = Sinkhorn::default().solve_to_gap(&problem, 1e-3).unwrap();
    assert_eq!(answer.termination, Termination::ToleranceReached);
    brackets(&problem, judged.certificate.lower, judged.certificate.upper);
}

#[test]
fn limits_end_the_search_with_the_best_bracket() {
    let problem = OtProblem::new(&cloud(50, 2, 0.3), &cloud(50, 2, 1.7), Euclidean).unwrap();
    let first = Sinkhorn::default().solve(&problem).unwrap();
    let start = first.certify(&problem).certificate.relative_gap();

    let few = Sinkhorn { max_iterations: first.iterations + 4, ..Sinkhorn::default() };
    let (answer, judged) = few.solve_to_gap(&problem, 1e-9).unwrap();
    assert_eq!(answer.termination, Termination::IterationLimit);
    assert!(answer.iterations >= first.iterations);
    assert!(judged.certificate.relative_gap() <= start);
    brackets(&problem, judged.certificate.lower, judged.certificate.upper);

    // No ε is low enough.
    let (answer, judged) = Sinkhorn::default().solve_to_gap(&problem, 1e-300).unwrap();
    assert_eq!(answer.termination, Termination::IterationLimit);
    assert!(judged.certificate.relative_gap() <= 1e-6, "{:?}", judged.certificate);
    brackets(&problem, judged.certificate.lower, judged.certificate.upper);
}

#[test]
fn identical_clouds_are_at_zero_once_no_mass_leaves_its_place() {
    let same = OtProblem::new(&cloud(20, 2, 0.3), &cloud(20, 2, 0.3), Euclidean).unwrap();
    let (answer, judged) = Sinkhorn::default().solve_to_gap(&same, 1e-6).unwrap();
    assert_eq!(answer.termination, Termination::ToleranceReached);
    // Up to cells that are about to underflow.
    assert!(judged.certificate.lower.abs() < 1e-30 && judged.certificate.upper < 1e-30);
}

#[test]
fn a_cost_of_exactly_zero_is_met_at_once() {
    let flat = CostMatrix::new(Array2::<f64>::zeros((2, 3))).unwrap();
    let (mu, nu) = (array![0.5, 0.5], array![0.25, 0.25, 0.5]);
    let flat = OtProblem::new(&mu, &nu, flat).unwrap();
    let (answer, judged) = Sinkhorn::default().solve_to_gap(&flat, 1e-12).unwrap();
    assert_eq!(answer.termination, Termination::ToleranceReached);
    assert_eq!(judged.certificate.gap, 0.0);
}

/// Counts its calls, and stops at one of them.
struct StopAt {
    call: u64,
    calls: u64,
}

impl StopAt {
    fn call(call: u64) -> Self {
        Self { call, calls: 0 }
    }
}

impl Observer for StopAt {
    fn observe(&mut self, _: &Event) -> ControlFlow<Stop> {
        self.calls += 1;
        if self.calls > self.call {
            return ControlFlow::Break(Stop::TimeLimit);
        }
        ControlFlow::Continue(())
    }
}

#[test]
fn a_stopped_search_has_a_true_bracket() {
    let problem = OtProblem::new(&cloud(50, 2, 0.3), &cloud(50, 2, 1.7), Euclidean).unwrap();
    let solver = Sinkhorn::default();
    let mut counting = StopAt::call(u64::MAX);
    let first = solver.solve_with(&problem, &SolveOptions::new().observer(&mut counting)).unwrap();
    let start = first.certify(&problem).certificate;
    for (call, within_first) in [(0, true), (3, true), (counting.calls + 5, false)] {
        let (answer, judged) = solver
            .solve_to_gap_with(&problem, 1e-9, &SolveOptions::new().observer(StopAt::call(call)))
            .unwrap();
        assert_eq!(answer.termination, Termination::TimeLimit);
        brackets(&problem, judged.certificate.lower, judged.certificate.upper);
        assert_eq!(judged.certificate == start, !within_first);
        assert_eq!(answer.iterations > first.iterations, !within_first);
    }
}

#[test]
fn nonsense_is_refused() {
    let problem = OtProblem::new(&cloud(3, 2, 0.3), &cloud(3, 2, 1.7), Euclidean).unwrap();
    for gap in [0.0, -1e-3, f64::NAN] {
        let refused = Sinkhorn::default().solve_to_gap(&problem, gap);
        assert!(matches!(refused, Err(SinkhornError::Gap { .. })));
    }
    let solver = Sinkhorn { epsilon: Epsilon::Absolute(0.0), ..Sinkhorn::default() };
    assert!(matches!(solver.solve_to_gap(&problem, 0.1), Err(SinkhornError::Epsilon { .. })));
}
