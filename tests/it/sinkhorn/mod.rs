//! Entropic transport against a naive oracle, golden values, limits in ε, and the bracket.

mod exact_gap;
mod properties;

use std::ops::ControlFlow;
use std::path::PathBuf;

use deblais::certificate::certify;
use deblais::cost::{Cityblock, Cost, CostMatrix, Euclidean, SqEuclidean};
use deblais::io::Table;
use deblais::math;
use deblais::measure::DiscreteMeasure;
use deblais::potentials::{Potentials, PotentialsError};
use deblais::problem::OtProblem;
use deblais::progress::{Event, Observer, Stop};
use deblais::solvers::sinkhorn::{Entropic, Epsilon, Sinkhorn, SinkhornError};
use deblais::solvers::{Method, SolveOptions, Termination};
use ndarray::{Array1, Array2, Axis, array};
use serde_json::Value;

fn solve(problem: &OtProblem, epsilon: Epsilon, tolerance: f64) -> Entropic {
    Sinkhorn { epsilon, tolerance, max_iterations: 10_000 }.solve(problem).unwrap()
}

/// n points that a fixed stream of sines scatters over a square, with unequal masses.
fn cloud(n: usize, phase: f64) -> DiscreteMeasure {
    let wave = |k: f64| (k * 12.9898 + phase).sin() * 43_758.545_3;
    let support = Array2::from_shape_fn((n, 2), |(i, k)| wave((2 * i + k) as f64).rem_euclid(1.0));
    let mass: Array1<f64> = (0..n).map(|i| 0.1 + wave(i as f64 + 0.5).rem_euclid(1.0)).collect();
    let total = math::sum(&mass);
    DiscreteMeasure::new(support, mass / total).unwrap()
}

fn problem(n: usize, m: usize) -> OtProblem<'static> {
    OtProblem::new(&cloud(n, 0.3), &cloud(m, 1.7), SqEuclidean).unwrap()
}

/// The median of all costs, which is what relative ε refers to on small tables.
fn median(cost: &dyn Cost) -> f64 {
    let mut all: Vec<f64> = (0..cost.n())
        .flat_map(|i| (0..cost.m()).map(move |j| (i, j)))
        .map(|(i, j)| cost.at(i, j))
        .collect();
    all.sort_by(f64::total_cmp);
    let half = all.len() / 2;
    if all.len().is_multiple_of(2) { f64::midpoint(all[half - 1], all[half]) } else { all[half] }
}

/// The oracle: textbook Sinkhorn in the log domain on a dense table, until the marginals fit.
fn oracle(problem: &OtProblem, epsilon: f64, tolerance: f64) -> Array2<f64> {
    let (n, m) = (problem.n(), problem.m());
    let (mu, nu, cost) = (problem.source(), problem.target(), problem.cost());
    let log_sum = |terms: Vec<f64>| {
        let largest = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        largest + terms.iter().map(|t| (t - largest).exp()).sum::<f64>().ln()
    };
    let (mut f, mut g) = (vec![0.0; n], vec![0.0; m]);
    for _ in 0..1_000_000 {
        for (i, f) in f.iter_mut().enumerate() {
            let terms = (0..m).map(|j| nu[j].ln() + (g[j] - cost.at(i, j)) / epsilon);
            *f = -epsilon * log_sum(terms.collect());
        }
        let plan = Array2::from_shape_fn((n, m), |(i, j)| {
            mu[i] * nu[j] * ((f[i] + g[j] - cost.at(i, j)) / epsilon).exp()
        });
        let error: f64 = (plan.sum_axis(Axis(0)) - nu).iter().map(|x| x.abs()).sum();
        if error <= tolerance {
            return plan;
        }
        for (j, g) in g.iter_mut().enumerate() {
            let terms = (0..n).map(|i| mu[i].ln() + (f[i] - cost.at(i, j)) / epsilon);
            *g = -epsilon * log_sum(terms.collect());
        }
    }
    panic!("the oracle does not converge at ε = {epsilon}");
}

/// All cells of the answer's plan.
fn dense(problem: &OtProblem, answer: &Entropic) -> Array2<f64> {
    let (plan, dropped) =
        answer.plan.sparse(problem.cost(), problem.source(), problem.target(), 0.0);
    assert_eq!(dropped, 0.0);
    plan.to_dense()
}

/// lower ≤ truth ≤ upper, up to the rounding of what is given as the truth.
fn brackets(problem: &OtProblem, answer: &Entropic, truth: f64) {
    let c = answer.certify(problem).certificate;
    let rounding = 1e-11 * truth.abs();
    assert!(c.lower <= truth + rounding && truth <= c.upper + rounding, "{truth} is not in {c:?}");
    assert!(c.lower.is_finite() && c.upper.is_finite(), "{c:?}");
}

fn exact(problem: &OtProblem) -> f64 {
    let solution = Method::Simplex.solver(problem).solve(problem, &mut ()).unwrap();
    solution.certify(problem).certificate.upper
}

#[test]
fn plans_equal_those_of_the_oracle() {
    for (n, m) in [(50, 50), (37, 20), (5, 41)] {
        let problem = problem(n, m);
        for relative in [0.1, 0.01] {
            let answer = solve(&problem, Epsilon::Relative(relative), 1e-12);
            assert_eq!(answer.termination, Termination::ToleranceReached);
            assert!(answer.marginal_error <= 1e-12);
            let epsilon = relative * median(problem.cost());
            assert!((answer.plan.epsilon() - epsilon).abs() <= 1e-15);
            let l1 =
                (dense(&problem, &answer) - oracle(&problem, epsilon, 1e-12)).mapv(f64::abs).sum();
            assert!(l1 <= 1e-8, "{n}×{m} at {relative}: {l1:e}");
        }
    }
}

#[test]
fn values_equal_those_of_pot() {
    let text = include_str!("../../data/sinkhorn/golden.json");
    let golden: Value = serde_json::from_str(text).unwrap();
    let numbers = |value: &Value| -> Vec<f64> {
        value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
    };
    let measure = |points: &str, masses: &str| {
        let rows: Vec<f64> = golden[points].as_array().unwrap().iter().flat_map(numbers).collect();
        let support = Array2::from_shape_vec((rows.len() / 2, 2), rows).unwrap();
        DiscreteMeasure::new(support, numbers(&golden[masses]).into()).unwrap()
    };
    let problem = OtProblem::new(&measure("x", "a"), &measure("y", "b"), SqEuclidean).unwrap();
    for expected in golden["answers"].as_array().unwrap() {
        let number = |name: &str| expected[name].as_f64().unwrap();
        let answer = solve(&problem, Epsilon::Absolute(number("epsilon")), 1e-12);
        let plan = dense(&problem, &answer);
        let probe: f64 =
            plan.indexed_iter().map(|((i, j), w)| w * (i as f64 + 2.0 * j as f64).sin()).sum();
        let transport: f64 =
            plan.indexed_iter().map(|((i, j), w)| w * problem.cost().at(i, j)).sum();
        for (have, want) in [
            (answer.entropic_cost, number("entropic")),
            (transport, number("transport")),
            (probe, number("probe")),
        ] {
            assert!((have - want).abs() <= 1e-10, "{have} is not {want} at {expected}");
        }
    }
}

#[test]
fn small_epsilon_converges() {
    for (n, m) in [(200, 200), (150, 90)] {
        let problem = problem(n, m);
        let truth = exact(&problem);
        for (relative, width) in [(1e-3, 0.2), (1e-4, 0.02)] {
            let answer = solve(&problem, Epsilon::Relative(relative), 1e-9);
            assert_eq!(answer.termination, Termination::ToleranceReached, "{relative}");
            brackets(&problem, &answer, truth);
            let c = answer.certify(&problem).certificate;
            assert!(c.relative_gap() < width, "{relative}: {c:?}");
        }
    }
}

#[test]
fn a_large_epsilon_gives_the_product_plan() {
    let problem = problem(30, 20);
    let plan = dense(&problem, &solve(&problem, Epsilon::Relative(1e9), 1e-12));
    for ((i, j), mass) in plan.indexed_iter() {
        let product = problem.source()[i] * problem.target()[j];
        assert!((mass - product).abs() <= 1e-8 * product);
    }
}

#[test]
fn a_small_epsilon_tends_to_the_exact_cost() {
    let problem = problem(40, 40);
    let truth = exact(&problem);
    let mut before = f64::INFINITY;
    for relative in [1e-1, 1e-2, 1e-3, 1e-4] {
        let answer = solve(&problem, Epsilon::Relative(relative), 1e-8);
        let c = answer.certify(&problem).certificate;
        brackets(&problem, &answer, truth);
        assert!(c.gap < before, "{relative}: {c:?}");
        before = c.gap;
        // KL is at most the entropy of a marginal, log 40.
        assert!(answer.entropic_cost <= truth + answer.plan.epsilon() * 40.0_f64.ln() + 1e-9);
    }
    assert!(before <= 1e-2 * truth);
}

#[test]
fn no_epsilon_makes_the_bracket_false() {
    let problem = problem(25, 30);
    let truth = exact(&problem);
    for epsilon in [1e-300, 1e-100, 1e-20, 1e-12, 1e-8, 1e20, 1e100, 1e290] {
        let solver =
            Sinkhorn { epsilon: Epsilon::Absolute(epsilon), tolerance: 1e-6, max_iterations: 60 };
        let answer = solver.solve(&problem).unwrap();
        assert!(answer.marginal_error.is_finite() && answer.entropic_cost.is_finite());
        brackets(&problem, &answer, truth);
    }
}

#[test]
fn atoms_without_mass_get_their_soft_transform_and_change_nothing() {
    let (x, y) = (cloud(12, 0.1), cloud(9, 0.9));
    let with_zeros = |measure: &DiscreteMeasure| {
        let zeros = array![[0.2, 0.9], [30.0, -5.0]];
        let support = ndarray::concatenate![Axis(0), zeros, measure.support()];
        let mass = ndarray::concatenate![Axis(0), array![0.0, 0.0], measure.mass()];
        DiscreteMeasure::new(support, mass).unwrap()
    };
    let plain = OtProblem::new(&x, &y, SqEuclidean).unwrap();
    let zeros = OtProblem::new(&with_zeros(&x), &with_zeros(&y), SqEuclidean).unwrap();
    for relative in [0.1, 0.001] {
        let plain = solve(&plain, Epsilon::Relative(relative), 1e-10);
        let answer = solve(&zeros, Epsilon::Relative(relative), 1e-10);
        assert!((plain.entropic_cost - answer.entropic_cost).abs() <= 1e-9);
        let (f, g, epsilon) =
            (answer.plan.potentials().f(), answer.plan.potentials().g(), answer.plan.epsilon());
        for k in 0..2 {
            let row: f64 = (2..11)
                .map(|j| {
                    zeros.target()[j] * ((f[k] + g[j] - zeros.cost().at(k, j)) / epsilon).exp()
                })
                .sum();
            let column: f64 = (2..14)
                .map(|i| {
                    zeros.source()[i] * ((f[i] + g[k] - zeros.cost().at(i, k)) / epsilon).exp()
                })
                .sum();
            assert!((row - 1.0).abs() < 1e-9 && (column - 1.0).abs() < 1e-9, "{row} {column}");
        }
        brackets(&zeros, &answer, exact(&zeros));
    }
}

#[test]
fn one_point_identical_clouds_and_constant_costs() {
    let one = OtProblem::new(&cloud(1, 0.0), &cloud(1, 2.0), Euclidean).unwrap();
    let answer = solve(&one, Epsilon::Relative(0.01), 1e-12);
    assert!(answer.marginal_error <= 1e-15);
    brackets(&one, &answer, one.cost().at(0, 0));

    let same = OtProblem::new(&cloud(30, 0.0), &cloud(30, 0.0), Euclidean).unwrap();
    let answer = solve(&same, Epsilon::Relative(1e-4), 1e-9);
    brackets(&same, &answer, 0.0);

    let mass = array![0.5, 0.5];
    let flat = CostMatrix::new(Array2::from_elem((2, 2), -3.0)).unwrap();
    let flat = OtProblem::new(&mass, &mass, flat).unwrap();
    brackets(&flat, &solve(&flat, Epsilon::Relative(0.01), 1e-12), -3.0);
}

#[test]
fn totals_other_than_one_scale_the_answer() {
    let unit = problem(20, 15);
    let seven = |mass: ndarray::ArrayView1<'_, f64>| mass.mapv(|w| 7.0 * w);
    let cost = CostMatrix::tabulate(unit.cost());
    let scaled = OtProblem::new(&seven(unit.source()), &seven(unit.target()), cost).unwrap();
    let (a, b) = (Epsilon::Relative(0.01), 1e-10);
    let (unit_answer, answer) = (solve(&unit, a, b), solve(&scaled, a, b));
    assert!((7.0 * unit_answer.entropic_cost - answer.entropic_cost).abs() <= 1e-10);
    let upper = |answer: &Entropic, problem: &OtProblem| answer.certify(problem).certificate.upper;
    assert!((7.0 * upper(&unit_answer, &unit) - upper(&answer, &scaled)).abs() <= 1e-9);
}

#[test]
fn a_sparse_plan_says_what_it_drops() {
    let problem = problem(60, 50);
    let answer = solve(&problem, Epsilon::Relative(0.01), 1e-9);
    let (plan, dropped) =
        answer.plan.sparse(problem.cost(), problem.source(), problem.target(), 1e-6);
    let kept: f64 = plan.arcs().iter().map(|arc| arc.mass).sum();
    assert!(plan.arcs().len() < 3000 && dropped > 0.0 && dropped < 1e-3);
    assert!((kept + dropped - 1.0).abs() < 1e-12);
    // Rounded cell by cell, the whole plan costs about what the streamed rounding says.
    let whole = answer.plan.sparse(problem.cost(), problem.source(), problem.target(), 0.0).0;
    let rounded = certify(&problem, Some(&whole), None).unwrap().certificate.upper;
    let streamed = answer.certify(&problem).certificate.upper;
    assert!((rounded - streamed).abs() <= 1e-12 * streamed, "{rounded} is not {streamed}");
}

#[test]
fn any_number_of_threads_finds_the_same_bits() {
    let problem = problem(500, 700);
    let run = |threads: usize, relative: f64| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let answer = solve(&problem, Epsilon::Relative(relative), 1e-7);
            let certificate = answer.certify(&problem).certificate;
            (answer, certificate)
        })
    };
    for relative in [0.1, 1e-3] {
        assert_eq!(run(1, relative), run(2, relative));
    }
}

/// Stops at the given call.
struct StopAt(u32);

impl Observer for StopAt {
    fn observe(&mut self, _: &Event) -> ControlFlow<Stop> {
        if self.0 == 0 {
            return ControlFlow::Break(Stop::TimeLimit);
        }
        self.0 -= 1;
        ControlFlow::Continue(())
    }
}

#[test]
fn a_stopped_run_has_a_true_bracket() {
    let problem = problem(80, 70);
    let truth = exact(&problem);
    let solver = Sinkhorn { epsilon: Epsilon::Relative(1e-3), ..Sinkhorn::default() };
    for calls in [0, 1, 3, 10, 30] {
        let answer =
            solver.solve_with(&problem, &SolveOptions::new().observer(StopAt(calls))).unwrap();
        assert_eq!(answer.termination, Termination::TimeLimit);
        assert!((answer.plan.epsilon() / (1e-3 * median(problem.cost())) - 1.0).abs() < 1e-12);
        brackets(&problem, &answer, truth);
    }
    let few = Sinkhorn { max_iterations: 2, ..solver };
    let answer = few.solve(&problem).unwrap();
    assert_eq!(answer.termination, Termination::IterationLimit);
    brackets(&problem, &answer, truth);
}

#[test]
fn nonsense_is_refused() {
    let problem = problem(3, 3);
    let ask =
        |epsilon, tolerance| Sinkhorn { epsilon, tolerance, max_iterations: 10 }.solve(&problem);
    for epsilon in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-310] {
        assert!(matches!(
            ask(Epsilon::Absolute(epsilon), 1e-6),
            Err(SinkhornError::Epsilon { .. })
        ));
    }
    for tolerance in [-1e-6, f64::NAN] {
        assert!(matches!(
            ask(Epsilon::Relative(0.1), tolerance),
            Err(SinkhornError::Tolerance { .. })
        ));
    }
}

/// A case of `tests/data/cases`: all columns but the last are coordinates, the last is the mass.
fn side(name: &str) -> DiscreteMeasure {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/cases");
    let path = folder.join(name);
    let table = Table::read(&path.as_path().into()).and_then(|table| table.matrix()).unwrap();
    let (support, mass) = table.view().split_at(Axis(1), table.ncols() - 1);
    let mass: Array1<f64> = mass.column(0).to_owned();
    let total = math::sum(&mass);
    DiscreteMeasure::new(support.to_owned(), mass / total).unwrap()
}

#[test]
fn the_bracket_holds_on_every_case_at_four_epsilons() {
    let cases: Vec<Value> =
        serde_json::from_str(include_str!("../../data/cases/expected.json")).unwrap();
    for case in &cases {
        let name = case["name"].as_str().unwrap();
        let truth: f64 = case["emd"].as_str().unwrap().parse().unwrap();
        let (x, y) = (side(&format!("{name}_X.csv")), side(&format!("{name}_Y.csv")));
        let problem = match case["metric"].as_str().unwrap() {
            "euclidean" => OtProblem::new(&x, &y, Euclidean),
            "sqeuclidean" => OtProblem::new(&x, &y, SqEuclidean),
            "cityblock" => OtProblem::new(&x, &y, Cityblock),
            other => panic!("no metric {other}"),
        };
        let problem = problem.unwrap();
        for relative in [1.0, 0.1, 0.01, 0.001] {
            let answer = solve(&problem, Epsilon::Relative(relative), 1e-6);
            assert_eq!(answer.termination, Termination::ToleranceReached, "{name} {relative}");
            brackets(&problem, &answer, truth);
        }
    }
}

#[test]
fn a_close_start_saves_passes_and_a_far_one_does_no_harm() {
    let problem = problem(150, 120);
    let solver =
        Sinkhorn { epsilon: Epsilon::Relative(1e-3), tolerance: 1e-9, max_iterations: 10_000 };
    let cold = solver.solve(&problem).unwrap();
    let near = Sinkhorn { epsilon: Epsilon::Relative(1.1e-3), ..solver };
    let near = near.solve(&problem).unwrap();
    let warm =
        solver.solve_with(&problem, &SolveOptions::new().start(near.plan.potentials())).unwrap();
    assert!(2 * warm.iterations < cold.iterations, "{} {}", warm.iterations, cold.iterations);
    assert!((warm.entropic_cost - cold.entropic_cost).abs() <= 1e-12);
    let l1 = (dense(&problem, &warm) - dense(&problem, &cold)).mapv(f64::abs).sum();
    assert!(l1 <= 1e-6, "{l1:e}");

    let far = Potentials::new(Array1::zeros(150), Array1::from_iter((0..120).map(f64::from)));
    let from_far = solver.solve_with(&problem, &SolveOptions::new().start(&far.unwrap())).unwrap();
    assert_eq!(from_far.plan, cold.plan);
    assert_eq!(
        solver
            .solve_with(&problem, &SolveOptions::new().start(&Potentials::zero(150, 119)))
            .unwrap_err(),
        SinkhornError::Start(PotentialsError::Shape { f: 150, g: 119, n: 150, m: 120 })
    );
}

#[test]
fn a_batch_is_its_problems_one_by_one() {
    let problems: Vec<OtProblem<'static>> = (3..40).map(|n| problem(n, 43 - n)).collect();
    let solver = Sinkhorn::default();
    let batch = solver.solve_batch(&problems);
    assert_eq!(batch.len(), problems.len());
    for (problem, answer) in problems.iter().zip(batch) {
        assert_eq!(answer, solver.solve(problem));
    }
}

#[test]
fn blocks_left_out_and_levels_change_nothing_that_is_claimed() {
    // Points make blocks and levels; a matrix of the same costs has neither.
    let (x, y) = (cloud(2000, 0.3), cloud(1500, 1.7));
    let points = OtProblem::new(&x, &y, SqEuclidean).unwrap();
    let stored = OtProblem::new(&x, &y, SqEuclidean).unwrap().tabulated();
    for relative in [0.1, 0.01, 1e-3] {
        let [points, whole] =
            [&points, &stored].map(|problem| solve(problem, Epsilon::Relative(relative), 1e-7));
        assert!(points.marginal_error <= 1e-7 && whole.marginal_error <= 1e-7);
        assert_eq!(points.plan.epsilon(), whole.plan.epsilon());
        let off = (points.entropic_cost - whole.entropic_cost).abs();
        assert!(off <= 1e-9 * whole.entropic_cost, "{relative}: {off:e}");
        let rounded = points.plan.rounded(stored.cost(), stored.source(), stored.target());
        assert!(rounded.target_residual <= 1.01e-7, "{relative}: {rounded:?}");
        assert!(rounded.source_residual <= 1e-7, "{relative}: {rounded:?}");
    }
}

#[test]
fn a_tolerance_of_zero_ends_soon_at_rounding() {
    let problem = problem(200, 200);
    let answer = solve(&problem, Epsilon::Relative(1e-4), 0.0);
    assert!(answer.iterations < 1000, "{}", answer.iterations);
    assert!(answer.marginal_error < 1e-14, "{:e}", answer.marginal_error);
}

#[test]
fn small_epsilon_converges_far_below_the_rounding_of_potentials() {
    let problem = problem(200, 200);
    for relative in [1e-3, 3e-4, 1e-4, 3e-5, 2e-5, 1e-6] {
        let answer = solve(&problem, Epsilon::Relative(relative), 1e-12);
        assert_eq!(answer.termination, Termination::ToleranceReached, "{relative}");
        // What the solver says of the plan, and what the plan says of itself.
        let columns = dense(&problem, &answer).sum_axis(Axis(0)) - problem.target();
        let error = columns.mapv(f64::abs).sum();
        assert!(answer.marginal_error <= 1e-12 && error <= 1.1e-12, "{relative}: {error:e}");
    }
}
