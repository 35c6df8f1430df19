//! What must hold of entropic transport and of the Sinkhorn divergence whatever the input, by
//! random search with a fixed seed.
//!
//! Points on a small integer lattice give ties, duplicates, shared points and single points;
//! integer masses give atoms without mass.

use deblais::cost::{Chebyshev, Cityblock, Euclidean, GroundCost, SqEuclidean, point_costs};
use deblais::measure::DiscreteMeasure;
use deblais::problem::OtProblem;
use deblais::solvers::sinkhorn::{Entropic, Epsilon, Sinkhorn};
use deblais::solvers::{Method, Termination};
use ndarray::{Array1, Array2, Axis, array, concatenate};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// Marginal error; a value is off by about its square.
const TOLERANCE: f64 = 1e-10;

/// What values of costs up to a few dozen are allowed to be off by.
const SLACK: f64 = 1e-9;

fn solver(epsilon: f64) -> Sinkhorn {
    let epsilon = Epsilon::Absolute(epsilon);
    Sinkhorn { epsilon, tolerance: TOLERANCE, ..Sinkhorn::default() }
}

fn problem<G: Into<GroundCost>>(
    x: &DiscreteMeasure,
    y: &DiscreteMeasure,
    ground: G,
) -> OtProblem<'static> {
    OtProblem::new(x, y, ground.into()).unwrap()
}

fn solve(problem: &OtProblem, epsilon: f64) -> Entropic {
    let answer = solver(epsilon).solve(problem).unwrap();
    assert_eq!(answer.termination, Termination::ToleranceReached);
    answer
}

fn divergence<G: Into<GroundCost>>(
    x: &DiscreteMeasure,
    y: &DiscreteMeasure,
    ground: G,
    epsilon: f64,
) -> f64 {
    let found = solver(epsilon).divergence(x, y, ground).unwrap();
    for term in [&found.cross, &found.source, &found.target] {
        assert_eq!(term.termination, Termination::ToleranceReached);
    }
    found.value
}

/// Up to seven lattice points with a total mass of 1, some of them without any.
fn measure(d: usize) -> impl Strategy<Value = DiscreteMeasure> {
    (1..=7_usize)
        .prop_flat_map(move |n| {
            let points = prop::collection::vec(-3..4_i32, n * d);
            (points, prop::collection::vec(0..5_u32, n), 0..n)
        })
        .prop_map(move |(points, mut mass, at_least_one)| {
            mass[at_least_one] += 1;
            let points = points.into_iter().map(f64::from).collect();
            let support = Array2::from_shape_vec((mass.len(), d), points).unwrap();
            let total = f64::from(mass.iter().sum::<u32>());
            let mass = mass.into_iter().map(|w| f64::from(w) / total).collect();
            DiscreteMeasure::new(support, mass).unwrap()
        })
}

fn measures() -> impl Strategy<Value = [DiscreteMeasure; 2]> {
    (1..=3_usize).prop_flat_map(|d| prop::array::uniform::<_, 2>(measure(d)))
}

/// ε from a twentieth of a lattice step to far beyond the largest cost.
fn epsilons() -> impl Strategy<Value = f64> {
    (-1.3..3.0_f64).prop_map(|decade| 10.0_f64.powf(decade))
}

/// `Σ_ij μ_i ν_j c_ij`, and `max c − min c`.
fn product_plan(problem: &OtProblem) -> (f64, f64) {
    let cost = problem.cost();
    let cells = (0..cost.n()).flat_map(|i| (0..cost.m()).map(move |j| (i, j)));
    let (mut sum, mut least, mut most) = (0.0, f64::INFINITY, f64::NEG_INFINITY);
    for (i, j) in cells {
        let c = cost.at(i, j);
        sum += problem.source()[i] * problem.target()[j] * c;
        (least, most) = (c.min(least), c.max(most));
    }
    (sum, most - least)
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 128,
        rng_seed: RngSeed::Fixed(1781),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn swapping_the_sides_changes_nothing([x, y] in measures(), epsilon in epsilons()) {
        let forth = solve(&problem(&x, &y, SqEuclidean), epsilon).entropic_cost;
        let back = solve(&problem(&y, &x, SqEuclidean), epsilon).entropic_cost;
        prop_assert!((forth - back).abs() <= SLACK, "{forth} {back}");
        let forth = divergence(&x, &y, Chebyshev, epsilon);
        let back = divergence(&y, &x, Chebyshev, epsilon);
        prop_assert!((forth - back).abs() <= SLACK, "{forth} {back}");
    }

    #[test]
    fn the_divergence_is_not_negative([x, y] in measures(), epsilon in epsilons()) {
        for value in [
            divergence(&x, &y, Euclidean, epsilon),
            divergence(&x, &y, SqEuclidean, epsilon),
            divergence(&x, &y, Cityblock, epsilon),
        ] {
            prop_assert!(value >= -SLACK, "{value:e}");
        }
    }

    #[test]
    fn a_measure_is_at_zero_from_itself_in_any_order([x, _] in measures(), epsilon in epsilons()) {
        prop_assert_eq!(divergence(&x, &x, Euclidean, epsilon), 0.0);
        let order: Vec<usize> = (0..x.len()).rev().collect();
        let support = x.support().select(Axis(0), &order);
        let turned = DiscreteMeasure::new(support, x.mass().select(Axis(0), &order)).unwrap();
        let value = divergence(&x, &turned, Euclidean, epsilon);
        prop_assert!(value.abs() <= SLACK, "{value:e}");
    }

    /// EMD ≤ OT ≤ EMD + ε·log(min(n, m)), since KL(γ | μ⊗ν) is at most the entropy of a marginal:
    /// OT tends to the exact cost for ε → 0. And OT ≤ ⟨μ⊗ν, C⟩ ≤ OT + (max c − min c)²/(8ε), by
    /// Hoeffding's lemma: it tends to the cost of the product plan for ε → ∞.
    #[test]
    fn the_value_lies_between_its_limits([x, y] in measures(), epsilon in epsilons()) {
        let problem = problem(&x, &y, Euclidean);
        let exact = Method::Simplex.solver(&problem).solve(&problem, &mut ()).unwrap();
        let exact = exact.certify(&problem).certificate.upper;
        let (product, spread) = product_plan(&problem);
        let entropy = (x.len().min(y.len()) as f64).ln();
        let value = solve(&problem, epsilon).entropic_cost;
        prop_assert!(exact <= value + SLACK && value <= exact + epsilon * entropy + SLACK);
        prop_assert!(value <= product + SLACK);
        prop_assert!(product <= value + spread * spread / (8.0 * epsilon) + SLACK);
    }

    #[test]
    fn splitting_an_atom_changes_nothing(
        [x, y] in measures(),
        epsilon in epsilons(),
        atom in 0..7_usize,
        share in 0.0..=1.0_f64,
    ) {
        let atom = atom % x.len();
        let point = x.support().row(atom).to_owned().insert_axis(Axis(0));
        let mut mass = x.mass().to_vec();
        mass.push(share * mass[atom]);
        mass[atom] *= 1.0 - share;
        let support = concatenate![Axis(0), x.support(), point];
        let split = DiscreteMeasure::new(support, Array1::from(mass)).unwrap();
        let (whole, split) =
            (divergence(&x, &y, Cityblock, epsilon), divergence(&split, &y, Cityblock, epsilon));
        prop_assert!((whole - split).abs() <= SLACK, "{whole} {split}");
    }

    #[test]
    fn atoms_without_mass_change_nothing(
        [x, y] in measures(),
        epsilon in epsilons(),
        far in -1e3..1e3_f64,
    ) {
        let ghosts = Array2::from_elem((2, x.dim()), far);
        let support = concatenate![Axis(0), ghosts, x.support()];
        let mass = concatenate![Axis(0), array![0.0, 0.0], x.mass()];
        let ghostly = DiscreteMeasure::new(support, mass).unwrap();
        let (plain, ghostly) =
            (divergence(&x, &y, Euclidean, epsilon), divergence(&ghostly, &y, Euclidean, epsilon));
        prop_assert!((plain - ghostly).abs() <= SLACK, "{plain} {ghostly}");
    }
}

/// Two points and four points, every one of which is at Chebyshev distance 1 from the others' and
/// 2 from its own: no such distances are those of points in L¹, where S would be ≥ 0.
#[test]
fn under_chebyshev_in_three_dimensions_the_divergence_can_be_negative() {
    let uniform = |points| DiscreteMeasure::uniform(points).unwrap();
    let x = uniform(array![[1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]]);
    let y = uniform(array![[0.0, 1.0, 1.0], [0.0, 1.0, -1.0], [0.0, -1.0, 1.0], [0.0, -1.0, -1.0]]);
    let cost = point_costs(&x, &y, Chebyshev).unwrap();
    assert!((0..2).all(|i| (0..4).all(|j| cost.at(i, j) == 1.0)));
    for epsilon in [0.5_f64, 4.0, 100.0] {
        // Potentials are constant: the blur of n points at distance 2 is −ε log((1 + (n−1)q)/n).
        let q = (-2.0 / epsilon).exp();
        let blur = |n: f64| -epsilon * ((1.0 + (n - 1.0) * q) / n).ln();
        let expected = 1.0 - 0.5 * blur(2.0) - 0.5 * blur(4.0);
        let found = divergence(&x, &y, Chebyshev, epsilon);
        assert!((found - expected).abs() <= 1e-12, "{found} is not {expected} at {epsilon}");
        assert_eq!(found < 0.0, epsilon > 1.0);
    }
    assert!((divergence(&x, &y, Chebyshev, 1e6) + 0.25).abs() < 1e-6);
}
