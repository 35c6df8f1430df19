//! `OtProblem::solve_with`: every option does what it says, and costs no exactness.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deblais::cost::CostMatrix;
use deblais::ndarray::{Array1, Array2, array};
use deblais::plan::north_west_corner;
use deblais::potentials::PotentialsError;
use deblais::seed::Seed;
use deblais::solvers::SolveError;
use deblais::{
    Cost, Euclidean, Method, OtProblem, PlanArc, Potentials, SolveOptions, Termination, Transport,
    TransportPlan,
};

/// A cloud of n points in d dimensions.
fn cloud(n: usize, d: usize, name: &'static str) -> Array2<f64> {
    let mut stream = Seed(7).stream(name);
    Array2::from_shape_simple_fn((n, d), || stream.uniform())
}

fn problem(n: usize, m: usize, d: usize) -> OtProblem<'static> {
    OtProblem::new(&cloud(n, d, "x"), &cloud(m, d, "y"), Euclidean).unwrap()
}

/// Small tables, candidate lists, and points at several resolutions.
fn all_strategies() -> [(Method, OtProblem<'static>); 4] {
    [
        (Method::Simplex, problem(80, 70, 2)),
        (Method::Simplex, problem(600, 700, 8)),
        (Method::Shortlist, problem(900, 1100, 2)),
        (Method::Shortlist, problem(600, 700, 8)),
    ]
}

#[test]
fn the_iteration_limit_is_heard_at_the_pivot() {
    for (method, problem) in all_strategies() {
        let whole = problem.solve_with(&SolveOptions::new().method(method)).unwrap();
        assert_eq!(whole.termination(), Termination::Optimal);
        for limit in [0, 1, 37] {
            let options = SolveOptions::new().method(method).iteration_limit(limit);
            let stopped = problem.solve_with(&options).unwrap();
            assert_eq!(stopped.termination(), Termination::IterationLimit);
            assert_eq!(stopped.iterations(), limit);
            assert!(stopped.lower() <= whole.upper() && whole.lower() <= stopped.upper());
        }
    }
    let options = SolveOptions::new().method(Method::Assignment).iteration_limit(5);
    let stopped = problem(50, 50, 3).solve_with(&options).unwrap();
    assert_eq!((stopped.termination(), stopped.iterations()), (Termination::IterationLimit, 5));
}

#[test]
fn a_flag_and_a_callback_stop_the_run() {
    let problem = problem(300, 200, 3);
    let stops = |options: &SolveOptions<'_>| {
        let stopped = problem.solve_with(options).unwrap();
        assert_eq!(stopped.termination(), Termination::Stopped);
        assert!(stopped.lower() <= stopped.upper() && stopped.upper().is_finite());
    };
    let flag = AtomicBool::new(true);
    stops(&SolveOptions::new().stop_flag(&flag));
    stops(&SolveOptions::new().progress(|_| ControlFlow::Break(())));
    flag.store(false, Ordering::Relaxed);
    let mut calls = 0;
    let options = SolveOptions::new().stop_flag(&flag).progress(|_| {
        calls += 1;
        ControlFlow::Continue(())
    });
    assert_eq!(problem.solve_with(&options).unwrap().termination(), Termination::Optimal);
    drop(options);
    assert!(calls > 0);
    let options = SolveOptions::new().time_limit(Duration::ZERO);
    assert_eq!(problem.solve_with(&options).unwrap().termination(), Termination::TimeLimit);
}

/// A start changes the way to the optimum, not the optimum.
#[test]
fn potentials_to_start_from_save_pivots_and_cost_nothing() {
    let (mut cold_pivots, mut warm_pivots) = (0, 0);
    for (method, problem) in all_strategies() {
        let cold = problem.solve_with(&SolveOptions::new().method(method)).unwrap();
        let start = |g: Array1<f64>| Potentials::new(Array1::zeros(problem.n()), g).unwrap();
        let warm = |start: &Potentials| -> Transport {
            problem.solve_with(&SolveOptions::new().method(method).start(start)).unwrap()
        };
        let near = warm(cold.potentials());
        assert!(near.certificate().is_optimal());
        cold_pivots += cold.iterations();
        warm_pivots += near.iterations();
        for g in
            [Array1::zeros(problem.m()), Array1::from_shape_fn(problem.m(), |j| 1e300 * j as f64)]
        {
            let far = warm(&start(g));
            assert!(far.certificate().is_optimal());
            assert!((far.upper() - cold.upper()).abs() <= 1e-12);
        }
    }
    assert!(warm_pivots < cold_pivots, "{warm_pivots}, cold {cold_pivots}");
    let problem = problem(5, 4, 2);
    let other = Potentials::zero(5, 5);
    let error = problem.solve_with(&SolveOptions::new().start(&other)).unwrap_err();
    assert_eq!(error, SolveError::Start(PotentialsError::Shape { f: 5, g: 5, n: 5, m: 4 }));
}

fn by<'a>(method: Method) -> SolveOptions<'a> {
    SolveOptions::new().method(method)
}

/// A plan is no better than a hint either: its own, that of other masses, one with cycles, none.
#[test]
fn plans_to_start_from_save_pivots_and_cost_nothing() {
    let (mut cold_pivots, mut warm_pivots) = (0, 0);
    for (method, problem) in all_strategies() {
        let cold = problem.solve_with(&by(method)).unwrap();
        let warm = |options: &SolveOptions<'_>| -> Transport {
            let warm = problem.solve_with(options).unwrap();
            assert!(warm.certificate().is_optimal());
            assert!((warm.upper() - cold.upper()).abs() <= 1e-12);
            warm
        };
        cold_pivots += cold.iterations();
        warm_pivots += warm(&by(method).start_from(&cold)).iterations();
        let (n, m) = (problem.n(), problem.m());
        let corner = north_west_corner(problem.source(), problem.target());
        let everywhere = (0..n * m).filter(|cell| cell % 7 < 3);
        let cell =
            |cell| PlanArc { source: cell / m, target: cell % m, mass: 1.0 / (n * m) as f64 };
        for arcs in [corner, everywhere.map(cell).collect(), Vec::new()] {
            let plan = TransportPlan::new(n, m, arcs).unwrap();
            warm(&by(method).start_plan(&plan));
            warm(&by(method).start(cold.potentials()).start_plan(&plan));
        }
    }
    assert!(10 * warm_pivots < cold_pivots, "{warm_pivots}, cold {cold_pivots}");
    let plan = TransportPlan::new(5, 5, Vec::new()).unwrap();
    let error = problem(5, 4, 2).solve_with(&SolveOptions::new().start_plan(&plan)).unwrap_err();
    assert_eq!(error, SolveError::StartPlan { rows: 5, columns: 5, n: 5, m: 4 });
}

#[test]
fn an_entering_tolerance_is_the_width_of_the_bracket_at_most() {
    for (method, problem) in all_strategies() {
        let exact = problem.solve_with(&SolveOptions::new().method(method)).unwrap();
        let options = SolveOptions::new().method(method).entering_tolerance(1e-3);
        let rough = problem.solve_with(&options).unwrap();
        assert_eq!(rough.termination(), Termination::ToleranceReached);
        assert!(rough.iterations() <= exact.iterations());
        assert!(rough.certificate().gap <= 1e-3 * (1.0 + 1e-9), "{}", rough.certificate().gap);
        assert!(rough.lower() <= exact.upper() && exact.lower() <= rough.upper());
    }
    let options = SolveOptions::new().entering_tolerance(-1.0);
    let error = problem(3, 3, 2).solve_with(&options).unwrap_err();
    assert_eq!(error, SolveError::Tolerance { tolerance: -1.0 });
}

#[test]
fn one_thread_and_three_find_the_same_bits() {
    for (method, problem) in all_strategies() {
        let on = |threads| {
            problem.solve_with(&SolveOptions::new().method(method).threads(threads)).unwrap()
        };
        assert_eq!(on(1), on(3));
    }
}

#[test]
fn memory_is_limited_before_it_is_taken() {
    let problem = problem(600, 700, 8);
    let automatic = |bytes| problem.solve_with(&SolveOptions::new().memory_limit(bytes));
    assert_eq!(automatic(1 << 30).unwrap().method(), "simplex");
    assert_eq!(automatic(3 << 20).unwrap().method(), "shortlist");
    assert!(matches!(automatic(1000), Err(SolveError::Memory { limit: 1000, .. })));
    let named = SolveOptions::new().method(Method::Simplex).memory_limit(3 << 20);
    assert!(matches!(problem.solve_with(&named), Err(SolveError::Memory { .. })));
}

/// A number with few digits, as `f32`.
#[expect(clippy::cast_possible_truncation, reason = "meant")]
fn single(c: f64) -> f32 {
    c as f32
}

/// A matrix, owned or lent, in either precision, is the same problem.
#[test]
fn matrices_give_the_answer_of_their_numbers() {
    let table = CostMatrix::tabulate(problem(60, 50, 2).cost());
    let entries = Array2::from_shape_fn((60, 50), |(i, j)| f64::from(single(table.at(i, j))));
    let rounded = entries.mapv(single);
    let column_major = entries.t().as_standard_layout().into_owned().reversed_axes();
    // A source without mass: the solver takes the rows with mass alone.
    let mut source = Array1::from_elem(60, 1.0 / 59.0);
    source[17] = 0.0;
    let target = vec![1.0 / 50.0; 50];
    let owned = OtProblem::new(&source, &target, entries.clone()).unwrap().solve().unwrap();
    assert!(owned.certificate().is_optimal());
    for lent in [
        OtProblem::new(&source, &target, entries.view()).unwrap(),
        OtProblem::new(&source, &target, &rounded).unwrap(),
        OtProblem::new(&source, &target, column_major.view()).unwrap(),
    ] {
        assert_eq!(lent.solve().unwrap(), owned);
    }
    let (plan, potentials, certificate) = owned.into_parts();
    assert_eq!((plan.n(), potentials.g().len()), (60, 50));
    assert!(certificate.lower <= certificate.upper);
    let tiny = OtProblem::new(&[1.0], &[1.0], array![[f64::NAN]]);
    assert!(tiny.is_err());
}
