use ndarray::{Array1, Array2};

use super::*;
use crate::cost::{Cityblock, CostMatrix, Euclidean, GroundCost, SqEuclidean};
use crate::measure::DiscreteMeasure;

/// Numbers in [0, 1) that look random.
fn noise(n: usize, d: usize, stream: u64) -> Array2<f64> {
    let mut state = stream;
    Array2::from_shape_simple_fn((n, d), || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let z = (state ^ (state >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        (z >> 11) as f64 * 2.0_f64.powi(-53)
    })
}

fn clouds<G: Into<GroundCost>>(x: Array2<f64>, y: Array2<f64>, ground: G) -> OtProblem<'static> {
    let measure = |points| DiscreteMeasure::uniform(points).unwrap();
    OtProblem::new(&measure(x), &measure(y), ground.into()).unwrap().tabulated()
}

/// Solves and insists on a tight certificate; returns the cost.
fn solved(problem: &OtProblem) -> f64 {
    let solution = Assignment.solve(problem, &mut ()).unwrap();
    assert_eq!(solution.termination, Termination::Optimal);
    assert_eq!(solution.plan.arcs().len(), problem.n());
    let certificate = solution.certify(problem).certificate;
    assert!(certificate.is_optimal(), "{certificate:?}");
    assert!(certificate.source_residual + certificate.target_residual <= 1e-14);
    certificate.upper
}

/// The cheapest permutation, by trying all.
fn brute_force(cost: &Array2<f64>, row: usize, used: &mut Vec<bool>) -> f64 {
    if row == cost.nrows() {
        return 0.0;
    }
    let mut best = f64::INFINITY;
    for j in 0..cost.ncols() {
        if !used[j] {
            used[j] = true;
            best = best.min(cost[(row, j)] + brute_force(cost, row + 1, used));
            used[j] = false;
        }
    }
    best
}

#[test]
fn small_problems_match_all_permutations() {
    for n in 1..=7 {
        for seed in 0..40 {
            // Every other one with many ties, some with negative costs.
            let mut cost = noise(n, n, seed);
            if seed % 2 == 0 {
                cost.mapv_inplace(|c| (4.0 * c).floor() - 1.0);
            }
            let best = brute_force(&cost, 0, &mut vec![false; n]) / n as f64;
            let mass = Array1::from_elem(n, 1.0 / n as f64);
            let table = CostMatrix::new(cost).unwrap();
            let problem = OtProblem::new(&mass, &mass, table).unwrap();
            assert!((solved(&problem) - best).abs() <= 1e-14);
        }
    }
}

/// The two algorithms are checked against each other: both matchings cost the same.
#[test]
fn lists_and_dense_rows_agree() {
    for (n, d, stream) in [(60, 2, 1), (190, 2, 2), (150, 20, 3)] {
        let problem = clouds(noise(n, d, stream), noise(n, d, stream + 10), Euclidean);
        let cost = problem.cost();
        let mut dense = Matching::empty(column_minima(cost));
        let mut lazy = Matching::empty(column_minima(cost));
        let mut rows = DenseSearch::new(cost);
        for i in 0..n {
            rows.augment(&mut dense, i);
        }
        let mut lists = CandidateLists::new(cost, &lazy.g);
        let mut paths = ShortestPaths::new(n);
        for i in 0..n {
            paths.augment(&mut lists, &mut lazy, i);
        }
        let total = |matching: &Matching| matching.cost_of.iter().sum::<f64>();
        assert!((total(&dense) - total(&lazy)).abs() <= 1e-12 * total(&dense));
        assert!(!free_violated(cost, &mut dense, 0) && !free_violated(cost, &mut lazy, 0));
    }
}

#[test]
fn random_clouds_are_solved_to_a_tight_certificate() {
    for n in [16, 100, 321, 500] {
        for d in [1, 2, 64] {
            let (x, y) = (noise(n, d, 5), noise(n, d, 6));
            solved(&clouds(x.clone(), y.clone(), Euclidean));
            solved(&clouds(x, y, SqEuclidean));
        }
    }
}

#[test]
fn mass_that_travels_far_is_followed() {
    let x = noise(600, 2, 1);
    let blob = |i: usize| 5.0 * (i % 5) as f64;
    let y = noise(600, 2, 2);
    let y = Array2::from_shape_fn((600, 2), |(i, k)| 0.1 * y[(i, k)] + blob(i + k));
    solved(&clouds(x, y, Euclidean));
}

#[test]
fn integer_lattices_with_ties_end_and_are_exact() {
    for n in [64, 400] {
        let lattice = |stream| noise(n, 2, stream).mapv(|x| (8.0 * x).floor());
        let problem = clouds(lattice(3), lattice(4), Cityblock);
        let total = solved(&problem) * n as f64;
        assert!((total - total.round()).abs() < 1e-9);
        solved(&clouds(lattice(3), lattice(4), SqEuclidean));
        solved(&clouds(lattice(3), lattice(4), Euclidean));
    }
}

#[test]
fn identical_clouds_and_duplicates_cost_exactly_nothing() {
    for n in [50, 400] {
        let x = noise(n, 2, 9);
        let reversed = x.slice(ndarray::s![..;-1, ..]).to_owned();
        assert_eq!(solved(&clouds(x.clone(), reversed, Euclidean)), 0.0);
        let doubled = x.mapv(|x| (2.0 * x).floor());
        assert_eq!(solved(&clouds(doubled.clone(), doubled, Euclidean)), 0.0);
        let point = Array2::zeros((n, 3));
        assert_eq!(solved(&clouds(point.clone(), point, Euclidean)), 0.0);
    }
}

#[test]
fn tight_clusters_far_apart_keep_their_digits() {
    for n in [100, 400] {
        let at = |i: usize| if i < n / 2 { 0.0 } else { 1e6 };
        let near = |stream| {
            let local = noise(n, 2, stream);
            Array2::from_shape_fn((n, 2), |(i, k)| local[(i, k)] + at(i))
        };
        let (x, y) = (near(1), near(2));
        let half = |cloud: &Array2<f64>, rows| cloud.slice(ndarray::s![rows, ..]).to_owned();
        let parts = [0..n / 2, n / 2..n]
            .map(|rows| solved(&clouds(half(&x, rows.clone()), half(&y, rows), Euclidean)));
        let whole = clouds(x, y, Euclidean);
        let certificate = Assignment.solve(&whole, &mut ()).unwrap().certify(&whole).certificate;
        let truth = f64::midpoint(parts[0], parts[1]);
        assert!((certificate.upper - truth).abs() <= 1e-11 * truth);
        assert!(certificate.is_optimal() && certificate.gap <= 1e-9 * truth, "{certificate:?}");
    }
}

/// Prices must rise by the distance of the clusters: the first phase is a price war.
#[test]
fn clusters_of_unequal_size_end_in_good_time() {
    for surplus in [1, 60] {
        let near = |stream, first: usize| {
            let local = noise(500, 2, stream);
            let at = |i: usize| if i < first { 0.0 } else { 1e3 };
            Array2::from_shape_fn((500, 2), |(i, k)| 1e-3 * local[(i, k)] + at(i))
        };
        let problem = clouds(near(1, 250), near(2, 250 + surplus), SqEuclidean);
        assert!(solved(&problem) > 1e6 * surplus as f64 / 500.0);
        let solution = Assignment.solve(&problem, &mut ()).unwrap();
        assert!(solution.iterations < 1_000_000);
    }
}

#[test]
fn the_scale_of_the_clouds_does_not_matter() {
    for n in [60, 350] {
        let (x, y) = (noise(n, 3, 7), noise(n, 3, 8));
        let unit = solved(&clouds(x.clone(), y.clone(), Euclidean));
        for scale in [1e-9, 1e9] {
            let scaled = solved(&clouds(&x * scale, &y * scale, Euclidean));
            assert!((scaled / scale - unit).abs() <= 1e-11 * unit);
        }
    }
}

#[test]
fn other_masses_are_refused() {
    let refused = |source: &[f64], target: &[f64]| {
        let table = CostMatrix::new(Array2::<f64>::zeros((source.len(), target.len()))).unwrap();
        let problem = OtProblem::new(source, target, table).unwrap();
        let error = Assignment.solve(&problem, &mut ()).unwrap_err();
        assert!(matches!(error, SolveError::NotApplicable { method: "assignment", .. }));
    };
    refused(&[0.5, 0.5], &[1.0]);
    refused(&[0.5, 0.5], &[0.25, 0.75]);
    refused(&[1.0, 0.0], &[0.5, 0.5]);
}

/// Stops at the first question.
struct Impatient;

impl Observer for Impatient {
    fn observe(&mut self, _: &Event) -> ControlFlow<Stop> {
        ControlFlow::Break(Stop::TimeLimit)
    }
}

#[test]
fn a_stopped_run_still_brackets_the_truth() {
    let problem = clouds(noise(800, 2, 1), noise(800, 2, 2), Euclidean);
    let truth = solved(&problem);
    let stopped = Assignment.solve(&problem, &mut Impatient).unwrap();
    assert_eq!(stopped.termination, Termination::TimeLimit);
    let certificate = stopped.certify(&problem).certificate;
    assert!(certificate.lower <= truth && truth <= certificate.upper);
}
