//! The shortlist on several levels: stopped on the way, on any number of threads, and against pairs
//! of laws whose distance is known.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use deblais::cost::{Euclidean, SqEuclidean};
use deblais::datasets::Funnels;
use deblais::measure::DiscreteMeasure;
use deblais::problem::OtProblem;
use deblais::progress::{Event, Observer, Stop};
use deblais::seed::Seed;
use deblais::solvers::network_simplex::{NetworkSimplex, SparseSimplex};
use deblais::solvers::{Method, Solution, Solver as _, Termination};
use ndarray::{Array1, Array2};

fn cloud(n: usize, d: usize, name: &str) -> DiscreteMeasure {
    let mut stream = Seed(5).stream(name);
    let points = Array2::from_shape_simple_fn((n, d), || stream.normal());
    let mass = Array1::from_shape_simple_fn(n, || stream.uniform() + 1e-3);
    let total = mass.sum();
    DiscreteMeasure::new(points, mass / total).unwrap()
}

/// Stops at the n-th event.
struct Patience(u64);

impl Observer for Patience {
    fn observe(&mut self, _: &Event) -> ControlFlow<Stop> {
        match self.0.checked_sub(1) {
            Some(left) => {
                self.0 = left;
                ControlFlow::Continue(())
            }
            None => ControlFlow::Break(Stop::TimeLimit),
        }
    }
}

#[test]
fn stopped_anywhere_it_hands_over_a_plan_and_a_true_bracket() {
    for (d, places) in [(2, 6), (20, 4)] {
        let stopped = stopped_anywhere(d);
        assert!(stopped >= places, "{stopped} places to stop at in {d}");
    }
}

/// How many runs were stopped before one came to its end.
fn stopped_anywhere(d: usize) -> u64 {
    let problem = OtProblem::new(&cloud(700, d, "x"), &cloud(900, d, "y"), Euclidean).unwrap();
    let truth = NetworkSimplex.solve(&problem, &mut ()).unwrap().certify(&problem).certificate;
    let mut stopped = 0;
    // Everywhere at first, then at every sixteenth of the way.
    for patience in std::iter::successors(Some(0), |patience| Some(patience + 1 + patience / 16)) {
        let mut observer = Patience(patience);
        let solution = SparseSimplex { coarsest: 16 }.solve(&problem, &mut observer).unwrap();
        let c = solution.certify(&problem).certificate;
        assert!(c.source_residual + c.target_residual < 1e-12, "{c:?}");
        assert!(c.lower <= truth.upper && truth.lower <= c.upper, "{c:?}");
        if solution.termination == Termination::Optimal {
            assert!(c.is_optimal(), "{c:?}");
            break;
        }
        assert_eq!(solution.termination, Termination::TimeLimit);
        stopped += 1;
    }
    stopped
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    for d in [2, 20] {
        same_bits_on_threads(d);
    }
}

fn same_bits_on_threads(d: usize) {
    let problem = OtProblem::new(&cloud(3000, d, "x"), &cloud(2500, d, "y"), SqEuclidean).unwrap();
    let on = |threads: usize| -> Solution {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| SparseSimplex::default().solve(&problem, &mut ()).unwrap())
    };
    let (one, three) = (on(1), on(3));
    assert_eq!(one.plan.arcs(), three.plan.arcs());
    assert_eq!(one.potentials, three.potentials);
    assert_eq!(one.iterations, three.iterations);
}

#[test]
fn tables_too_large_to_store_are_left_to_it() {
    let problem = OtProblem::new(&cloud(8200, 2, "x"), &cloud(8200, 2, "y"), SqEuclidean).unwrap();
    let simplex = NetworkSimplex.solve(&problem, &mut ()).unwrap();
    let shortlist = Method::Shortlist.solver(&problem).solve(&problem, &mut ()).unwrap();
    assert_eq!(simplex.plan.arcs(), shortlist.plan.arcs());
}

/// The exact cost, by the shortlist, with its certificate.
fn cost_of(problem: &OtProblem) -> f64 {
    let solution = SparseSimplex { coarsest: 64 }.solve(problem, &mut ()).unwrap();
    let c = solution.certify(problem).certificate;
    assert!(c.is_optimal(), "{c:?}");
    c.upper
}

#[test]
fn funnels_are_at_their_known_distance() {
    for d in [2, 3, 16, 64] {
        let funnels = Funnels::new(d, 16, &mut Seed(1).stream("funnels"));
        let (x, y) = funnels.pairs(2000, &mut Seed(2).stream("pairs"));
        let lengths = (&x - &y).mapv(|t| t * t).sum_axis(ndarray::Axis(1)).mapv(f64::sqrt);
        let [x, y] = [x, y].map(|points| DiscreteMeasure::uniform(points).unwrap());
        let problem = OtProblem::new(&x, &y, Euclidean).unwrap();
        let (found, known) = (cost_of(&problem), lengths.mean().unwrap());
        assert!((found - known).abs() < 1e-11 * known, "{d}: {found} is not {known}");
    }
}

#[test]
fn a_translation_is_the_cheapest_way_to_translate() {
    for (d, shift) in [(2, 0.01), (2, 30.0), (3, 1.0), (16, 0.1), (64, 10.0)] {
        let x = cloud(3000, d, "x");
        let moved = DiscreteMeasure::new(&x.support() + shift, x.mass().to_owned()).unwrap();
        let problem = OtProblem::new(&x, &moved, SqEuclidean).unwrap();
        let (found, known) = (cost_of(&problem), d as f64 * shift * shift);
        assert!((found - known).abs() < 1e-11 * known, "{d}, {shift}: {found} is not {known}");
    }
}

#[test]
fn a_line_in_space_is_a_line() {
    let (x, y) = (cloud(3000, 1, "x"), cloud(2000, 1, "y"));
    let on_line = OtProblem::new(&x, &y, Euclidean).unwrap();
    let line = Method::Line.solver(&on_line).solve(&on_line, &mut ()).unwrap();
    let known = line.plan.cost(on_line.cost());
    for d in [3, 16, 64] {
        let direction = Array1::from_shape_fn(d, |k| (0.7 + k as f64).cos());
        let direction = &direction / direction.dot(&direction).sqrt();
        let embedded = |law: &DiscreteMeasure| {
            let points = Array2::from_shape_fn((law.len(), d), |(i, k)| {
                direction[k] * law.support()[(i, 0)]
            });
            DiscreteMeasure::new(points, law.mass().to_owned()).unwrap()
        };
        let problem = OtProblem::new(&embedded(&x), &embedded(&y), Euclidean).unwrap();
        let found = cost_of(&problem);
        assert!((found - known).abs() < 1e-11 * known, "{d}: {found} is not {known}");
    }
}

/// Stops when the time is up.
struct Deadline(Instant);

impl Observer for Deadline {
    fn observe(&mut self, _: &Event) -> ControlFlow<Stop> {
        if Instant::now() < self.0 {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(Stop::TimeLimit)
        }
    }
}

#[test]
fn stopped_among_a_hundred_thousand_points_it_has_a_true_bracket() {
    let mut stream = Seed(3).stream("cube");
    let points = Array2::from_shape_simple_fn((100_000, 2), || stream.uniform());
    let x = DiscreteMeasure::uniform(points.clone()).unwrap();
    let y = DiscreteMeasure::uniform(points + 0.05).unwrap();
    let problem = OtProblem::new(&x, &y, SqEuclidean).unwrap();
    let truth = 2.0 * 0.05 * 0.05;
    for milliseconds in [0, 150, 700] {
        let mut deadline = Deadline(Instant::now() + Duration::from_millis(milliseconds));
        let solution = SparseSimplex::default().solve(&problem, &mut deadline).unwrap();
        let c = solution.certify(&problem).certificate;
        assert!(c.source_residual + c.target_residual < 1e-12, "{c:?}");
        assert!(c.lower <= truth * (1.0 + 1e-11) && truth * (1.0 - 1e-11) <= c.upper, "{c:?}");
    }
}

/// Takes down what it is told.
struct Clerk(Vec<Event>);

impl Observer for Clerk {
    fn observe(&mut self, event: &Event) -> ControlFlow<Stop> {
        self.0.push(*event);
        ControlFlow::Continue(())
    }
}

#[test]
fn it_says_on_which_level_it_is_and_what_it_knows() {
    let problem = OtProblem::new(&cloud(3000, 2, "x"), &cloud(2500, 2, "y"), Euclidean).unwrap();
    let mut clerk = Clerk(Vec::new());
    let solution = SparseSimplex::default().solve(&problem, &mut clerk).unwrap();
    let cost = solution.certify(&problem).certificate.upper;
    let levels: Vec<_> = clerk.0.iter().map(|event| event.level.unwrap()).collect();
    let (first, last) = (levels[0], levels[levels.len() - 1]);
    assert_eq!((first.number, last.number), (1, last.of));
    assert_eq!((last.sources, last.targets), (3000, 2500));
    assert!(levels.is_sorted_by_key(|level| (level.number, level.round)));
    assert!(clerk.0.is_sorted_by_key(|event| event.iterations));

    let known: Vec<_> =
        clerk.0.iter().filter_map(|event| Some((event.lower?, event.cost))).collect();
    assert!(known.len() > 3 && known.is_sorted_by(|a, b| a.0 <= b.0));
    for &(lower, upper) in &known {
        assert!(lower <= cost * (1.0 + 1e-11), "{lower} {cost}");
        assert!(upper.is_none_or(|upper| upper >= cost * (1.0 - 1e-11)), "{upper:?} {cost}");
    }
    let (lower, upper) = known[known.len() - 1];
    assert!((upper.unwrap() - cost).abs() < 1e-11 * cost && (lower - cost).abs() < 1e-11 * cost);
}
