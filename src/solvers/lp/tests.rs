//! Backends against each other and against closed forms.

use super::*;
use crate::cost::{CostMatrix, Euclidean, GroundCost, SqEuclidean};
use crate::measure::DiscreteMeasure;
use crate::solvers::line::Line;
use ndarray::{Array2, array};

fn cloud(n: usize, d: usize, seed: u64) -> DiscreteMeasure {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut noise = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 * 2.0_f64.powi(-53)
    };
    let support = Array2::from_shape_simple_fn((n, d), &mut noise);
    let mass = Array1::from_shape_simple_fn(n, &mut noise);
    let total = math::sum(&mass);
    DiscreteMeasure::new(support, mass / total).unwrap()
}

/// Upper bounds of all backends, each with a gap of at most 1e-6.
fn uppers(problem: &OtProblem) -> Vec<f64> {
    let solve = |&backend: &Backend| {
        let solution = GenericLp { backend }.solve(problem, &mut ()).unwrap();
        assert!(solution.termination.is_complete());
        let c = solution.certify(problem).certificate;
        assert!(c.is_within(1e-6), "{backend:?}: {c:?}");
        c.upper
    };
    Backend::all().iter().map(solve).collect()
}

fn same(values: &[f64], truth: f64) {
    for value in values {
        assert!((value - truth).abs() <= 1e-6 * truth.abs(), "{value} is not {truth}");
    }
}

fn agree<G: Into<GroundCost>>(n: usize, m: usize, d: usize, ground: G) {
    let problem = OtProblem::new(&cloud(n, d, 1), &cloud(m, d, 2), ground.into()).unwrap();
    let uppers = uppers(&problem);
    same(&uppers, uppers[0]);
}

#[test]
fn backends_agree_on_seeded_problems() {
    agree(1, 1, 2, Euclidean);
    agree(1, 30, 2, Euclidean);
    agree(30, 1, 2, SqEuclidean);
    agree(40, 25, 3, Euclidean);
    agree(100, 100, 2, SqEuclidean);
}

#[test]
fn backends_agree_with_the_closed_form_on_the_line() {
    let problem = OtProblem::new(&cloud(50, 1, 3), &cloud(60, 1, 4), Euclidean).unwrap();
    let truth = Line.solve(&problem, &mut ()).unwrap().certify(&problem).certificate.upper;
    same(&uppers(&problem), truth);
}

#[test]
fn duals_are_the_potentials_with_their_sign() {
    let cost = CostMatrix::new(array![[1.0, 4.0], [3.0, 2.0]]).unwrap();
    let mass = array![0.25, 0.75];
    let problem = OtProblem::new(&mass, &array![0.5, 0.5], cost).unwrap();
    for &backend in Backend::all() {
        let solution = GenericLp { backend }.solve(&problem, &mut ()).unwrap();
        let c = solution.certify(&problem).certificate;
        assert!(c.dual_violation < 1e-8 && c.gap < 1e-8, "{backend:?}: {c:?}");
        let value = solution.potentials.value(problem.source(), problem.target());
        assert!((value - c.upper).abs() < 1e-8);
    }
}

#[test]
fn zero_masses_negative_costs_and_large_units_are_taken() {
    let source = array![0.0, 2e9, 1e9];
    let target = array![1e9, 0.0, 2e9, 0.0];
    let entries =
        array![[-1.0, 2.0, 3.0, 4.0], [5.0, -6.0, -7.0, 8.0], [9.0, 1.0, 2.0, -3.0]] * 1e-6;
    let cost = CostMatrix::new(entries).unwrap();
    let problem = OtProblem::new(&source, &target, cost).unwrap();
    same(&uppers(&problem), 2e9 * -7e-6 + 1e9 * 9e-6);
    let zero = CostMatrix::new(Array2::<f64>::zeros((3, 4))).unwrap();
    let free = OtProblem::new(&source, &target, zero).unwrap();
    assert!(uppers(&free).iter().all(|&upper| upper == 0.0));
}

#[test]
fn a_forbidden_arc_has_no_variable() {
    let inf = f64::INFINITY;
    let cost = CostMatrix::new(array![[0.0, inf, 7.0], [1.0, 0.0, inf], [inf, inf, inf]]).unwrap();
    let problem = OtProblem::new(&[1.0, 2.0, 0.0], &[1.5, 1.0, 0.5], cost).unwrap();
    same(&uppers(&problem), 0.5 * 7.0 + 1.0);
    let none = CostMatrix::new(array![[inf, inf], [1.0, 0.0]]).unwrap();
    let none = OtProblem::new(&[0.5, 0.5], &[0.5, 0.5], none).unwrap();
    for &backend in Backend::all() {
        let error = GenericLp { backend }.solve(&none, &mut ()).unwrap_err();
        assert!(matches!(error, SolveError::Infeasible(_)), "{backend:?}: {error}");
    }
}

#[test]
fn problems_beyond_the_limit_are_refused() {
    let problem = OtProblem::new(&cloud(501, 1, 5), &cloud(500, 1, 6), Euclidean).unwrap();
    let error = GenericLp::default().solve(&problem, &mut ()).unwrap_err();
    assert_eq!(error, SolveError::TooLarge { method: "lp", cells: 250_500, limit: CELLS });
    assert!(error.hint().contains("simplex"));
}

/// Says stop when it is asked for the second time: while the backend is at work.
struct Second(u32);

impl Observer for Second {
    fn observe(&mut self, _: &Event) -> ControlFlow<Stop> {
        self.0 += 1;
        if self.0 < 2 { ControlFlow::Continue(()) } else { ControlFlow::Break(Stop::TimeLimit) }
    }
}

#[test]
fn a_backend_at_work_is_left_behind_when_the_time_is_up() {
    let problem = OtProblem::new(&cloud(300, 2, 7), &cloud(299, 2, 8), Euclidean).unwrap();
    let mut second = Second(0);
    let solution = GenericLp::default().solve(&problem, &mut second).unwrap();
    assert_eq!((second.0, solution.termination), (2, Termination::TimeLimit));
    assert!(solution.plan.arcs().is_empty() && solution.iterations == 0);
}
