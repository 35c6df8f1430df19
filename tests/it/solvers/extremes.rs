//! Inputs at the edge of what `f64` can say, each through every solver that applies, judged by
//! the certificate and by what is known of the optimum.

use std::ops::ControlFlow;

use deblais::cost::{Euclidean, SqEuclidean};
use deblais::measure::DiscreteMeasure;
use deblais::problem::OtProblem;
use deblais::progress::{Event, Observer, Stop};
use deblais::solvers::network_simplex::NetworkSimplex;
use deblais::solvers::{Solver, Termination};
use ndarray::{Array1, Array2, Axis, array, concatenate};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Method, methods};

fn exact_methods() -> impl Iterator<Item = Method> {
    methods().into_iter().filter(|method| method.exact)
}

fn cloud(seed: u64, n: usize, d: usize) -> Array2<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    Array2::from_shape_simple_fn((n, d), || rng.random_range(-1.0..1.0))
}

fn uniform(points: Array2<f64>) -> DiscreteMeasure {
    DiscreteMeasure::uniform(points).unwrap()
}

fn weighted(points: Array2<f64>, mass: Array1<f64>) -> DiscreteMeasure {
    let total = deblais::math::sum(&mass);
    DiscreteMeasure::new(points, mass / total).unwrap()
}

/// The optimum by every exact method; their brackets must have a point in common.
fn optimum(problem: &OtProblem) -> f64 {
    let values = exact_methods().filter_map(|method| method.judge(problem));
    let values: Vec<_> = values.collect();
    let first = *values.first().expect("some exact method applies");
    for c in &values {
        assert!(c.lower <= first.upper && first.lower <= c.upper, "{c:?} against {first:?}");
    }
    first.upper
}

fn close(have: f64, want: f64, relative: f64) {
    assert!((have - want).abs() <= relative * want.abs(), "{have} is not {want}");
}

#[test]
fn identical_clouds_cost_exactly_nothing() {
    for (n, d) in [(1, 1), (40, 1), (300, 2), (600, 3), (200, 64)] {
        let points = cloud(1, n, d);
        let problem =
            OtProblem::new(&uniform(points.clone()), &uniform(points), Euclidean).unwrap();
        for method in exact_methods() {
            if let Some(c) = method.judge(&problem) {
                assert_eq!((c.upper, c.gap), (0.0, 0.0), "{}", method.label);
                // Potentials of the order of 1 that cancel: a compensated sum of 2n products leaves
                // no more than 2n·ε² (Neumaier 1974).
                let rounding = 2.0 * n as f64 * f64::EPSILON.powi(2);
                assert!(c.lower.abs() <= rounding, "{}: {:e}", method.label, c.lower);
            }
        }
    }
}

#[test]
fn a_common_offset_changes_nothing_but_the_input() {
    let (x, y) = (cloud(2, 300, 2), cloud(3, 300, 2) + 0.25);
    let near =
        optimum(&OtProblem::new(&uniform(x.clone()), &uniform(y.clone()), Euclidean).unwrap());
    let shift = |points: Array2<f64>| uniform(points + 1e8);
    let far = optimum(&OtProblem::new(&shift(x), &shift(y), Euclidean).unwrap());
    // A coordinate near 1e8 is rounded by up to 7.5e-9; no distance changes by more than 4 of
    // these roundings.
    assert!((near - far).abs() <= 3e-8, "{near} and {far}");
}

#[test]
fn tiny_and_huge_clouds_scale() {
    let (x, y) = (cloud(4, 250, 2), cloud(5, 250, 2) + 0.5);
    let unit =
        optimum(&OtProblem::new(&uniform(x.clone()), &uniform(y.clone()), Euclidean).unwrap());
    for scale in [1e-9, 1e9, 1e-120, 1e120] {
        let (x, y) = (uniform(&x * scale), uniform(&y * scale));
        close(optimum(&OtProblem::new(&x, &y, Euclidean).unwrap()), unit * scale, 1e-14);
    }
}

#[test]
fn one_point_sends_to_a_thousand() {
    let targets = cloud(6, 1000, 3);
    let problem =
        OtProblem::new(&uniform(array![[0.0, 0.0, 0.0]]), &uniform(targets.clone()), Euclidean)
            .unwrap();
    let mean = targets.rows().into_iter().map(|y| y.dot(&y).sqrt()).sum::<f64>() / 1000.0;
    assert!(exact_methods().any(|method| method.check(&problem, mean)));
    close(optimum(&problem), mean, 1e-13);
}

#[test]
fn masses_over_seventeen_decades_keep_their_marginals() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut mass =
        |n: usize| Array1::from_shape_simple_fn(n, || 10_f64.powf(rng.random_range(-17.0..0.0)));
    let (a, b) = (mass(200), mass(170));
    let source = weighted(cloud(8, 200, 2), a);
    let target = weighted(cloud(9, 170, 2), b);
    let problem = OtProblem::new(&source, &target, Euclidean).unwrap();
    optimum(&problem);
    let solution = NetworkSimplex.solve(&problem, &mut ()).unwrap();
    let (rows, columns) = solution.plan.marginals();
    for (have, want) in rows.iter().zip(problem.source()) {
        close(*have, *want, 1e-12);
    }
    // The largest target takes what the totals differ by.
    let off = columns
        .iter()
        .zip(problem.target())
        .filter(|(have, want)| (*have - *want).abs() > 1e-12 * *want);
    assert!(off.count() <= 1);
}

/// Two clusters of the given spread, `far` apart, on both sides; each balanced within itself.
fn clusters(seed: u64, n: usize, spread: f64, far: f64) -> Array2<f64> {
    let near = cloud(seed, n, 2) * spread;
    let beyond = cloud(seed + 1, n, 2) * spread + array![far, 0.0];
    concatenate(Axis(0), &[near.view(), beyond.view()]).unwrap()
}

#[test]
fn clusters_far_apart_are_solved_at_their_own_scale() {
    for (spread, far) in [(1.0, 1e6), (1e-3, 1e3)] {
        let (x, y) = (clusters(10, 150, spread, far), clusters(20, 150, spread, far));
        let within = |rows: std::ops::Range<usize>| {
            let part = |points: &Array2<f64>| {
                uniform(points.slice(ndarray::s![rows.clone(), ..]).to_owned())
            };
            (part(&x), part(&y))
        };
        let ((x1, y1), (x2, y2)) = (within(0..150), within(150..300));
        let (whole_x, whole_y) = (uniform(x.clone()), uniform(y.clone()));
        let parts = optimum(&OtProblem::new(&x1, &y1, Euclidean).unwrap())
            + optimum(&OtProblem::new(&x2, &y2, Euclidean).unwrap());
        let whole = optimum(&OtProblem::new(&whole_x, &whole_y, Euclidean).unwrap());
        close(whole, parts / 2.0, 1e-11);
        let parts = optimum(&OtProblem::new(&x1, &y1, SqEuclidean).unwrap())
            + optimum(&OtProblem::new(&x2, &y2, SqEuclidean).unwrap());
        let whole = optimum(&OtProblem::new(&whole_x, &whole_y, SqEuclidean).unwrap());
        close(whole, parts / 2.0, 1e-11);
    }
}

/// Gives up after so many questions, so that an endless loop is a failure and not a wait.
struct Patience(u32);

impl Observer for Patience {
    fn observe(&mut self, _: &Event) -> ControlFlow<Stop> {
        self.0 = self.0.saturating_sub(1);
        if self.0 == 0 { ControlFlow::Break(Stop::Interrupted) } else { ControlFlow::Continue(()) }
    }
}

/// A violation just at the tolerance counts in integers but not in `f64`: passes over the table
/// then found the same known arcs for ever (seed 7 of these).
#[test]
fn a_shortlist_without_news_ends_the_rough_part() {
    for seed in 5..=8 {
        let mut state = u64::wrapping_mul(seed, 0x9e37_79b9_7f4a_7c15) | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 * 2.0_f64.powi(-53)
        };
        for _ in 0..10 {
            next();
        }
        let mut two_clusters = |beyond: usize| {
            uniform(Array2::from_shape_fn((520, 2), |(i, k)| {
                let far = if k == 0 && i < beyond { 1.0 } else { 0.0 };
                far + 1e-12 * next()
            }))
        };
        let (x, y) = (two_clusters(260), two_clusters(280));
        let problem = OtProblem::new(&x, &y, Euclidean).unwrap();
        let solution = NetworkSimplex.solve(&problem, &mut Patience(10_000)).unwrap();
        assert_eq!(solution.termination, Termination::Optimal, "seed {seed}");
        assert!(solution.certify(&problem).certificate.is_optimal(), "seed {seed}");
    }
}

#[test]
fn lattices_full_of_ties_and_duplicates_by_the_hundred() {
    let lattice =
        Array2::from_shape_fn((400, 2), |(i, k)| if k == 0 { i / 20 } else { i % 20 } as f64);
    let shifted = &lattice + &array![1.0, 0.0];
    let problem = OtProblem::new(&uniform(lattice.clone()), &uniform(shifted), Euclidean).unwrap();
    close(optimum(&problem), 1.0, 1e-14);
    let repeated = Array2::from_shape_fn((600, 2), |(i, _)| (i % 3) as f64);
    let problem = OtProblem::new(&uniform(repeated), &uniform(lattice), SqEuclidean).unwrap();
    optimum(&problem);
}

#[test]
fn large_tables_take_the_shortlist_and_agree() {
    for (seed, n, m, d) in [(30, 700, 600, 2), (31, 640, 640, 2), (32, 620, 620, 20)] {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut mass = |n: usize| Array1::from_shape_simple_fn(n, || rng.random_range(0.0..1.0));
        let (a, b) = (mass(n), mass(m));
        let (x, y) = (cloud(seed + 100, n, d), cloud(seed + 200, m, d) * 2.0 + 1.0);
        optimum(
            &OtProblem::new(&weighted(x.clone(), a), &weighted(y.clone(), b), Euclidean).unwrap(),
        );
        optimum(&OtProblem::new(&uniform(x), &uniform(y), Euclidean).unwrap());
    }
}
