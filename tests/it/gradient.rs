//! Derivatives of the transport cost, checked by finite differences of the exact value.

use deblais::cost::GroundCost;
use deblais::seed::{Seed, Stream};
use deblais::{
    Amount, Chebyshev, Cityblock, Cosine, DiscreteMeasure, Euclidean, Gradient, Minkowski,
    OtProblem, SideGradient, SqEuclidean, Termination, UnbalancedProblem, UnbalancedTransport,
};
use ndarray::{Array1, Array2, Axis, array};

/// Points, and masses of total 1.
type Side = (Array2<f64>, Array1<f64>);

fn random_side(n: usize, d: usize, stream: &mut Stream) -> Side {
    let points = Array2::from_shape_simple_fn((n, d), || stream.uniform());
    let masses = Array1::from_shape_simple_fn(n, || 0.2 + stream.uniform());
    let total = masses.sum();
    (points, masses / total)
}

fn problem((x, mu): &Side, (y, nu): &Side, ground: GroundCost) -> OtProblem<'static> {
    let measure = |points: &Array2<f64>, masses: &Array1<f64>| {
        DiscreteMeasure::new(points.clone(), masses.clone()).unwrap()
    };
    OtProblem::new(&measure(x, mu), &measure(y, nu), ground).unwrap()
}

fn value(source: &Side, target: &Side, ground: GroundCost) -> f64 {
    let transport = problem(source, target, ground).solve().unwrap();
    assert_eq!(transport.termination(), Termination::Optimal);
    transport.value()
}

/// Every ground cost, with its powers.
fn grounds() -> Vec<GroundCost> {
    let bases: [GroundCost; 7] = [
        Euclidean.into(),
        SqEuclidean.into(),
        Cityblock.into(),
        Chebyshev.into(),
        Minkowski::new(1.0).unwrap().into(),
        Minkowski::new(3.5).unwrap().into(),
        Cosine.into(),
    ];
    let power = |base: &GroundCost, p| GroundCost::power(*base, p).unwrap();
    let powers = bases.iter().flat_map(|base| [0.5, 1.7, 3.0].map(|p| power(base, p)));
    bases.into_iter().chain(powers).collect()
}

/// The derivative of `value` along a step of this size in both directions.
fn slope(value: impl Fn(f64) -> f64) -> f64 {
    const STEP: f64 = 1e-7;
    (value(STEP) - value(-STEP)) / (2.0 * STEP)
}

fn agree(found: f64, slope: f64, label: &str) {
    let error = (found - slope).abs();
    assert!(error < 2e-6 * slope.abs().max(1.0), "{label}: {found}, {slope}");
}

/// Compares the derivatives with respect to the points of one side, whose value is `value`.
fn check_points(side: &Side, of: &SideGradient, label: &str, value: impl Fn(&Side) -> f64) {
    for ((i, k), &found) in of.points.as_ref().unwrap().indexed_iter() {
        let moved = |by: f64| {
            let mut side = side.clone();
            side.0[(i, k)] += by;
            value(&side)
        };
        agree(found, slope(moved), &format!("{label}, point {i}"));
    }
}

/// Compares the derivatives with respect to one side, whose value is `value`.
fn check(side: &Side, of: &SideGradient, label: &str, value: impl Fn(&Side) -> f64) {
    check_points(side, of, label, &value);
    for i in 1..side.1.len() {
        let moved = |by: f64| {
            let mut side = side.clone();
            side.1[i] += by;
            side.1[i - 1] -= by;
            value(&side)
        };
        agree(of.masses[i] - of.masses[i - 1], slope(moved), &format!("{label}, mass {i}"));
    }
    assert!(of.masses.sum().abs() < 1e-12, "{label}: not centered");
}

#[test]
fn gradients_are_those_of_finite_differences_for_every_ground_cost() {
    let mut stream = Seed(1).stream("gradient");
    for ground in grounds() {
        for d in 1..4 {
            // The cosine of numbers of one sign is 1 everywhere.
            if d == 1 && ground.name().starts_with("cosine") {
                continue;
            }
            let (source, target) = (random_side(6, d, &mut stream), random_side(5, d, &mut stream));
            let problem = problem(&source, &target, ground);
            let Gradient { source: of_x, target: of_y } =
                problem.solve().unwrap().gradient(&problem);
            let label = format!("{} in {d} dimensions", ground.name());
            check(&source, &of_x, &label, |source| value(source, &target, ground));
            check(&target, &of_y, &label, |target| value(&source, target, ground));
            if !ground.name().starts_with("cosine") {
                let [x, y] = [of_x, of_y].map(|side| side.points.unwrap().sum_axis(Axis(0)));
                assert!((x + y).iter().all(|sum| sum.abs() < 1e-12), "{label}: a translation");
            }
        }
    }
}

fn unbalanced(
    (x, mu): &Side,
    (y, nu): &Side,
    ground: GroundCost,
    amount: Amount,
) -> (UnbalancedProblem<'static>, UnbalancedTransport) {
    let measure = |points: &Array2<f64>, masses: &Array1<f64>| {
        DiscreteMeasure::new(points.clone(), masses.clone()).unwrap()
    };
    let problem = UnbalancedProblem::new(&measure(x, mu), &measure(y, nu), ground, amount).unwrap();
    let answer = problem.solve().unwrap();
    assert_eq!(answer.termination(), Termination::Optimal);
    (problem, answer)
}

/// Compares the derivatives between unequal masses with respect to one side.
fn check_unequal(side: &Side, of: &SideGradient, label: &str, value: impl Fn(&Side) -> f64) {
    check_points(side, of, label, &value);
    for (i, &found) in of.masses.iter().enumerate() {
        let heavier = |by: f64| {
            let mut side = side.clone();
            side.1[i] += by;
            value(&side)
        };
        agree(found, slope(heavier), &format!("{label}, mass {i}"));
    }
}

#[test]
fn gradients_between_unequal_masses_are_those_of_finite_differences() {
    let mut stream = Seed(4).stream("gradient");
    let mut moved = 0.0;
    for ground in grounds() {
        let (source, mut target) = (random_side(6, 2, &mut stream), random_side(5, 2, &mut stream));
        target.1 *= 1.3;
        for amount in [
            Amount::Mass(0.6),
            Amount::Penalty { source: 0.17, target: 0.17 },
            Amount::Penalty { source: 0.3, target: 0.02 },
        ] {
            let (problem, answer) = unbalanced(&source, &target, ground, amount);
            let Gradient { source: of_x, target: of_y } = answer.gradient(&problem);
            let label = format!("{} {amount:?}", ground.name());
            let value = |x: &Side, y: &Side, amount| unbalanced(x, y, ground, amount).1.objective();
            check_unequal(&source, &of_x, &label, |source| value(source, &target, amount));
            check_unequal(&target, &of_y, &label, |target| value(&source, target, amount));
            moved += answer.moved_mass();
            if let Amount::Mass(mass) = amount {
                let more = |by: f64| value(&source, &target, Amount::Mass(mass + by));
                agree(answer.marginal_price().unwrap(), slope(more), &label);
                let all = of_x.masses.iter().chain(&of_y.masses);
                assert!(all.into_iter().all(|price| *price <= 0.0), "{label}");
            }
        }
    }
    assert!(moved > 20.0, "{moved}");
}

#[test]
fn the_derivative_with_respect_to_the_costs_is_the_plan_between_unequal_masses_too() {
    let mut stream = Seed(5).stream("gradient");
    let ((_, mu), (_, nu)) = (random_side(4, 1, &mut stream), random_side(5, 1, &mut stream));
    let costs = Array2::from_shape_simple_fn((4, 5), || stream.uniform());
    for amount in [Amount::Fraction(0.4), Amount::Penalty { source: 0.2, target: 0.1 }] {
        let solve = |costs: &Array2<f64>| {
            UnbalancedProblem::new(&mu, &nu, costs.view(), amount).unwrap().solve().unwrap()
        };
        let plan = solve(&costs).plan().to_dense();
        assert!(plan.sum() > 0.1);
        for (cell, &mass) in plan.indexed_iter() {
            let moved = |by: f64| {
                let mut costs = costs.clone();
                costs[cell] += by;
                solve(&costs).objective()
            };
            assert!((slope(moved) - mass).abs() < 1e-8, "{cell:?}");
        }
    }
}

#[test]
fn the_derivative_with_respect_to_the_costs_is_the_plan() {
    let mut stream = Seed(2).stream("gradient");
    let ((_, mu), (_, nu)) = (random_side(4, 1, &mut stream), random_side(5, 1, &mut stream));
    let costs = Array2::from_shape_simple_fn((4, 5), || stream.uniform());
    let solve =
        |costs: &Array2<f64>| OtProblem::new(&mu, &nu, costs.view()).unwrap().solve().unwrap();
    let plan = solve(&costs).plan().to_dense();
    for (cell, &mass) in plan.indexed_iter() {
        let moved = |by: f64| {
            let mut costs = costs.clone();
            costs[cell] += by;
            solve(&costs).value()
        };
        assert!((slope(moved) - mass).abs() < 1e-8, "{cell:?}");
    }
}

#[test]
fn a_point_without_mass_has_the_price_of_its_first_grain_and_no_push() {
    let mut stream = Seed(3).stream("gradient");
    let (mut source, target) = (random_side(5, 2, &mut stream), random_side(4, 2, &mut stream));
    source.1[1] += source.1[0];
    source.1[0] = 0.0;
    let ground = Euclidean.into();
    let problem = problem(&source, &target, ground);
    let transport = problem.solve().unwrap();
    let of_x = transport.gradient(&problem).source;
    assert_eq!(of_x.points.unwrap().row(0), array![0.0, 0.0]);
    let grain = 1e-4;
    source.1[0] += grain;
    source.1[1] -= grain;
    let slope = (value(&source, &target, ground) - transport.value()) / grain;
    assert!((of_x.masses[0] - of_x.masses[1] - slope).abs() < 1e-10);
}

#[test]
fn coincident_points_and_matrices_have_no_push() {
    let x = array![[0.5, -2.0], [3.0, 1.0]];
    for ground in grounds() {
        let problem = OtProblem::new(&x, &x, ground).unwrap();
        let gradient = problem.solve().unwrap().gradient(&problem);
        assert_eq!(gradient.source.points, Some(Array2::zeros((2, 2))), "{}", ground.name());
    }
    let problem = OtProblem::new(&[0.5, 0.5], &[1.0], array![[1.0], [3.0]]).unwrap();
    let gradient = problem.solve().unwrap().gradient(&problem);
    assert_eq!(gradient.source.points, None);
    assert_eq!(gradient.source.masses, array![-1.0, 1.0]);
    assert_eq!(gradient.target.masses, array![0.0]);
}
