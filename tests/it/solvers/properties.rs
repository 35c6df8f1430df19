//! What must hold for every exact method whatever the input, by random search with fixed seeds.
//!
//! Points on a small integer lattice give ties, duplicates and shared points; integer masses give
//! zero masses and degenerate plans, and make the oracle's answer an integer. Every answer passes
//! through its certificate ([`methods::Method::judge`]).

use deblais::cost::{Cityblock, CostMatrix, Euclidean, SqEuclidean};
use deblais::measure::DiscreteMeasure;
use deblais::problem::OtProblem;
use ndarray::{Array1, Array2, Axis, array, concatenate};
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, RngSeed};

use super::{Method, methods, oracle};

/// A measure with integer coordinates and masses.
#[derive(Debug, Clone)]
struct Lattice {
    points: Array2<i32>,
    mass: Vec<i128>,
}

impl Lattice {
    fn measure(&self) -> DiscreteMeasure {
        let mass = self.mass.iter().map(|&w| w as f64).collect();
        DiscreteMeasure::new(self.points.mapv(f64::from), mass).unwrap()
    }

    fn scaled(&self, factor: i128) -> Self {
        Self { points: self.points.clone(), mass: self.mass.iter().map(|w| w * factor).collect() }
    }

    fn total(&self) -> i128 {
        self.mass.iter().sum()
    }
}

fn lattice(d: usize) -> impl Strategy<Value = Lattice> {
    (1..=7_usize)
        .prop_flat_map(move |n| {
            let points = prop::collection::vec(-3..4_i32, n * d);
            let mass = prop::collection::vec(0..5_i128, n);
            (points, mass, 0..n)
        })
        .prop_map(move |(points, mut mass, at_least_one)| {
            mass[at_least_one] += 1;
            let points = Array2::from_shape_vec((mass.len(), d), points).unwrap();
            Lattice { points, mass }
        })
}

/// N lattice measures in one or two dimensions with equal totals.
fn lattices<const N: usize>() -> impl Strategy<Value = [Lattice; N]> {
    (1..=2_usize).prop_flat_map(|d| prop::array::uniform::<_, N>(lattice(d))).prop_map(|all| {
        let product: i128 = all.iter().map(Lattice::total).product();
        all.map(|lattice| lattice.scaled(product / lattice.total()))
    })
}

/// A cloud of n random points with random masses of total 1.
fn cloud(d: usize) -> impl Strategy<Value = DiscreteMeasure> {
    (1..=24_usize)
        .prop_flat_map(move |n| {
            (prop::collection::vec(-1.0..1.0, n * d), prop::collection::vec(0.01..1.0, n))
        })
        .prop_map(move |(points, mass)| {
            let points = Array2::from_shape_vec((mass.len(), d), points).unwrap();
            let mass: Array1<f64> = Array1::from(mass);
            let total = deblais::math::sum(&mass);
            DiscreteMeasure::new(points, mass / total).unwrap()
        })
}

fn clouds<const N: usize>() -> impl Strategy<Value = [DiscreteMeasure; N]> {
    (1..=3_usize).prop_flat_map(|d| prop::array::uniform::<_, N>(cloud(d)))
}

/// The sum of coordinate differences under a map, in integers.
fn integer_cost(
    source: &Lattice,
    target: &Lattice,
    term: impl Fn(i128) -> i128,
) -> impl Fn(usize, usize) -> i128 {
    move |i, j| {
        let (x, y) = (source.points.row(i), target.points.row(j));
        x.iter().zip(y).map(|(x, y)| term(i128::from(x - y))).sum()
    }
}

/// The upper bounds of the methods that apply to both problems.
fn both(first: &OtProblem, second: &OtProblem) -> Vec<(Method, f64, f64)> {
    let judged = methods().into_iter().filter_map(|method| {
        let bounds = (method.judge(first)?.upper, method.judge(second)?.upper);
        Some((method, bounds.0, bounds.1))
    });
    judged.collect()
}

/// Every method gives the second problem `factor` times the cost of the first; exact methods to
/// `precision`.
fn same_up_to(first: &OtProblem, second: &OtProblem, factor: f64, precision: f64) {
    for (method, a, b) in both(first, second) {
        let slack = factor * method.slack(first, a) + method.slack(second, b);
        let rounding = precision * b.abs();
        assert!((a * factor - b).abs() <= slack.max(rounding), "{}: {a} and {b}", method.label);
    }
}

fn euclidean(source: &DiscreteMeasure, target: &DiscreteMeasure) -> OtProblem<'static> {
    OtProblem::new(source, target, Euclidean).unwrap()
}

fn sqeuclidean(source: &DiscreteMeasure, target: &DiscreteMeasure) -> OtProblem<'static> {
    OtProblem::new(source, target, SqEuclidean).unwrap()
}

/// The measure with its points mapped.
fn moved(measure: &DiscreteMeasure, map: impl Fn(f64) -> f64) -> DiscreteMeasure {
    DiscreteMeasure::new(measure.support().mapv(map), measure.mass().to_owned()).unwrap()
}

/// The measure with its masses multiplied.
fn heavier(measure: &DiscreteMeasure, factor: f64) -> DiscreteMeasure {
    DiscreteMeasure::new(measure.support().to_owned(), &measure.mass() * factor).unwrap()
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 128,
        rng_seed: RngSeed::Fixed(1781),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(
            "tests/it/solvers/properties.regressions",
        ))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_optimum_is_the_oracles([x, y] in lattices()) {
        let (source, target) = (x.measure(), y.measure());
        let manhattan = integer_cost(&x, &y, i128::abs);
        let truth = oracle::cheapest(&x.mass, &y.mass, manhattan);
        let problem = OtProblem::new(&source, &target, Cityblock).unwrap();
        let squared = integer_cost(&x, &y, |d| d * d);
        let squared_truth = oracle::cheapest(&x.mass, &y.mass, squared);
        let squared_problem = sqeuclidean(&source, &target);
        for method in methods() {
            method.check(&problem, truth as f64);
            method.check(&squared_problem, squared_truth as f64);
        }
    }

    #[test]
    fn any_cost_matrix_matches_the_oracle(
        [x, y] in lattices(),
        entries in prop::collection::vec(-9..10_i32, 49),
    ) {
        let cost = |i: usize, j: usize| i128::from(entries[i * 7 + j]);
        let truth = oracle::cheapest(&x.mass, &y.mass, cost);
        let shape = (x.mass.len(), y.mass.len());
        let table = Array2::from_shape_fn(shape, |(i, j)| f64::from(entries[i * 7 + j]));
        let table = CostMatrix::new(table).unwrap();
        let (x, y) = (x.measure(), y.measure());
        let problem = OtProblem::new(&x.mass(), &y.mass(), table).unwrap();
        for method in methods() {
            method.check(&problem, truth as f64);
        }
    }

    #[test]
    fn uniform_masses_match_the_best_permutation(
        n in 1..=6_usize,
        points in prop::collection::vec(-3..4_i32, 24),
        d in 1..=2_usize,
    ) {
        let side = |start: usize| Lattice {
            points: Array2::from_shape_vec((n, d), points[start..start + n * d].to_vec()).unwrap(),
            mass: vec![1; n],
        };
        let (x, y) = (side(0), side(12));
        let truth = oracle::best_permutation(n, integer_cost(&x, &y, |d| d * d)) as f64;
        for method in methods() {
            method.check(&sqeuclidean(&x.measure(), &y.measure()), truth);
        }
    }

    #[test]
    fn methods_agree_on_random_clouds([x, y] in clouds()) {
        for problem in [euclidean(&x, &y), sqeuclidean(&x, &y)] {
            let bounds: Vec<_> = methods()
                .into_iter()
                .filter_map(|method| Some((method.judge(&problem)?, method)))
                .collect();
            for (a, first) in &bounds {
                for (b, second) in &bounds {
                    let context = (first.label, second.label, a, b);
                    prop_assert!(a.lower <= b.upper, "{context:?}");
                }
            }
        }
    }

    #[test]
    fn symmetry([x, y] in clouds()) {
        same_up_to(&euclidean(&x, &y), &euclidean(&y, &x), 1.0, 0.0);
        same_up_to(&sqeuclidean(&x, &y), &sqeuclidean(&y, &x), 1.0, 0.0);
    }

    #[test]
    fn a_translation_of_both_changes_nothing([x, y] in lattices(), offset in -1e8..1e8_f64) {
        let (x, y) = (x.measure(), y.measure());
        let offset = offset.round();
        let there = |measure| moved(measure, |x| x + offset);
        same_up_to(&euclidean(&x, &y), &euclidean(&there(&x), &there(&y)), 1.0, 0.0);
        same_up_to(&sqeuclidean(&x, &y), &sqeuclidean(&there(&x), &there(&y)), 1.0, 0.0);
    }

    #[test]
    fn costs_scale_with_the_points([x, y] in clouds(), decades in -9..=9_i32) {
        let factor = 10.0_f64.powi(decades);
        let there = |measure| moved(measure, |x| x * factor);
        let (far_x, far_y) = (there(&x), there(&y));
        // Rounded products: close points keep fewer digits of their difference.
        same_up_to(&euclidean(&x, &y), &euclidean(&far_x, &far_y), factor, 1e-9);
        let squared = sqeuclidean(&far_x, &far_y);
        same_up_to(&sqeuclidean(&x, &y), &squared, factor * factor, 1e-9);
    }

    #[test]
    fn costs_scale_with_the_masses([x, y] in clouds(), decades in -17..=17_i32) {
        let factor = 10.0_f64.powi(decades);
        let heavy = euclidean(&heavier(&x, factor), &heavier(&y, factor));
        same_up_to(&euclidean(&x, &y), &heavy, factor, 1e-9);
    }

    #[test]
    fn the_order_of_the_points_does_not_matter([x, y] in clouds(), turn in 0..24_usize) {
        let reordered = |measure: &DiscreteMeasure| {
            let n = measure.len();
            let order: Vec<usize> = (0..n).rev().map(|i| (i + turn) % n).collect();
            let support = measure.support().select(Axis(0), &order);
            DiscreteMeasure::new(support, measure.mass().select(Axis(0), &order)).unwrap()
        };
        same_up_to(&euclidean(&x, &y), &euclidean(&reordered(&x), &y), 1.0, 0.0);
        same_up_to(&euclidean(&x, &y), &euclidean(&x, &reordered(&y)), 1.0, 0.0);
    }

    #[test]
    fn the_triangle_inequality_holds([x, y, z] in clouds()) {
        for method in methods() {
            let Some(direct) = method.judge(&euclidean(&x, &z)) else { continue };
            let [first, second] = [euclidean(&x, &y), euclidean(&y, &z)];
            let legs = [&first, &second].map(|leg| method.judge(leg).expect("as x and z").upper);
            prop_assert!(direct.lower <= (legs[0] + legs[1]).next_up());
        }
    }

    #[test]
    fn splitting_an_atom_changes_nothing(
        [x, y] in clouds(),
        atom in 0..24_usize,
        share in 0.0..=1.0_f64,
    ) {
        let atom = atom % x.len();
        let point = x.support().row(atom).to_owned().insert_axis(Axis(0));
        let support = concatenate![Axis(0), x.support(), point];
        let mut mass = x.mass().to_vec();
        mass.push(share * mass[atom]);
        mass[atom] *= 1.0 - share;
        let split = DiscreteMeasure::new(support, Array1::from(mass)).unwrap();
        same_up_to(&euclidean(&x, &y), &euclidean(&split, &y), 1.0, 0.0);
        same_up_to(&euclidean(&y, &x), &euclidean(&y, &split), 1.0, 0.0);
    }

    #[test]
    fn atoms_without_mass_change_nothing([x, y] in clouds(), far in -1e3..1e3_f64) {
        let with_ghosts = |measure: &DiscreteMeasure| {
            let ghosts = Array2::from_elem((2, measure.dim()), far);
            let support = concatenate![Axis(0), ghosts, measure.support()];
            let mass = concatenate![Axis(0), array![0.0, 0.0], measure.mass()];
            DiscreteMeasure::new(support, mass).unwrap()
        };
        let (ghostly_x, ghostly_y) = (with_ghosts(&x), with_ghosts(&y));
        same_up_to(&euclidean(&x, &y), &euclidean(&ghostly_x, &ghostly_y), 1.0, 0.0);
        same_up_to(&sqeuclidean(&x, &y), &sqeuclidean(&x, &ghostly_y), 1.0, 0.0);
    }

    #[test]
    fn identical_measures_are_at_distance_exactly_zero(
        [x] in clouds(),
        [lattice] in lattices(),
    ) {
        for measure in [x, lattice.measure()] {
            for problem in [euclidean(&measure, &measure), sqeuclidean(&measure, &measure)] {
                for method in methods() {
                    let Some(c) = method.judge(&problem) else { continue };
                    prop_assert!(!method.exact || c.upper == 0.0, "{}: {c:?}", method.label);
                    prop_assert!(c.lower == 0.0, "{}: {c:?}", method.label);
                }
            }
        }
    }
}
