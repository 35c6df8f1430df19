//! The Sinkhorn divergence: its terms, its limits in ε, its sign and its symmetry.

mod golden;
mod gradients;

use std::ops::ControlFlow;

use crate::clouds::{cloud, exact, weighted};
use deblais::cost::{Chebyshev, Cityblock, Euclidean, GroundCost, SqEuclidean, point_costs};
use deblais::measure::DiscreteMeasure;
use deblais::problem::{OtProblem, ProblemError};
use deblais::progress::{Event, Observer, Stop};
use deblais::solvers::sinkhorn::{
    DivergenceError, Epsilon, Sinkhorn, SinkhornDivergence, SinkhornError,
};
use deblais::solvers::{SolveOptions, Termination};
use ndarray::{Axis, array};

fn solver(epsilon: Epsilon, tolerance: f64) -> Sinkhorn {
    Sinkhorn { epsilon, tolerance, ..Sinkhorn::default() }
}

fn divergence(
    x: &DiscreteMeasure,
    y: &DiscreteMeasure,
    ground: impl Into<GroundCost>,
    epsilon: Epsilon,
) -> SinkhornDivergence {
    let divergence = solver(epsilon, 1e-11).divergence(x, y, ground).unwrap();
    for term in [&divergence.cross, &divergence.source, &divergence.target] {
        assert_eq!(term.termination, Termination::ToleranceReached);
    }
    divergence
}

#[test]
fn its_terms_are_the_three_problems_at_one_epsilon() {
    let (x, y) = (cloud(20, 2, 0.3), cloud(15, 2, 1.7));
    let found = divergence(&x, &y, SqEuclidean, Epsilon::Relative(0.05));
    let epsilon = found.cross.plan.epsilon();
    for (term, source, target) in
        [(&found.cross, &x, &y), (&found.source, &x, &x), (&found.target, &y, &y)]
    {
        assert_eq!(term.plan.epsilon(), epsilon);
        let problem = OtProblem::new(source, target, SqEuclidean).unwrap();
        let alone = solver(Epsilon::Absolute(epsilon), 1e-11).solve(&problem).unwrap();
        assert!((term.entropic_cost - alone.entropic_cost).abs() <= 1e-13);
    }
    let [cross, source, target] =
        [&found.cross, &found.source, &found.target].map(|term| term.entropic_cost);
    assert_eq!(found.value, cross - 0.5 * source - 0.5 * target);
    assert!(found.value > 0.0 && source > 0.0 && target > 0.0);
}

#[test]
fn identical_measures_are_at_exactly_zero() {
    for (n, d) in [(1, 1), (7, 3), (60, 2)] {
        let x = cloud(n, d, 0.4);
        for relative in [1.0, 0.01] {
            let epsilon = Epsilon::Relative(relative);
            let solve = |tolerance| solver(epsilon, tolerance);
            let loose = solve(1e-2).divergence(&x, &x.clone(), Euclidean).unwrap();
            assert_eq!(loose.value, 0.0);
            assert_eq!(divergence(&x, &x, SqEuclidean, epsilon).value, 0.0);
        }
    }
}

#[test]
fn a_small_epsilon_tends_to_the_exact_cost() {
    let (x, y) = (cloud(40, 2, 0.3), cloud(30, 2, 1.7));
    let truth = exact(&OtProblem::new(&x, &y, Euclidean).unwrap());
    let off = |relative| {
        let epsilon = Epsilon::Relative(relative);
        (divergence(&x, &y, Euclidean, epsilon).value - truth).abs() / truth
    };
    let errors = [1e-1, 1e-2, 1e-3].map(off);
    assert!(errors[0] > errors[1] && errors[1] > errors[2], "{errors:?}");
    assert!(errors[2] < 2e-3, "{errors:?}");
}

#[test]
fn a_large_epsilon_tends_to_the_energy_distance() {
    let (x, y) = (cloud(12, 2, 0.3), cloud(17, 2, 1.7));
    let mean = |x: &DiscreteMeasure, y: &DiscreteMeasure| -> f64 {
        let cost = point_costs(x, y, Cityblock).unwrap();
        let pairs = (0..x.len()).flat_map(|i| (0..y.len()).map(move |j| (i, j)));
        pairs.map(|(i, j)| x.mass()[i] * y.mass()[j] * cost.at(i, j)).sum()
    };
    let energy = mean(&x, &y) - 0.5 * mean(&x, &x) - 0.5 * mean(&y, &y);
    let found = divergence(&x, &y, Cityblock, Epsilon::Absolute(1e5)).value;
    assert!((found - energy).abs() <= 1e-5 * energy, "{found} is not {energy}");
}

#[test]
fn under_the_chebyshev_cost_it_can_be_negative() {
    // Points of {−1, 0, 1}³ that turn into each other as x and y are exchanged. Their energy
    // distance, from the 6·6 distances of each pair, is −2/9.
    let x = array![
        [1.0, 0.0, 0.0],
        [-1.0, 0.0, 0.0],
        [1.0, 0.0, 1.0],
        [1.0, 0.0, -1.0],
        [-1.0, 0.0, 1.0],
        [-1.0, 0.0, -1.0]
    ];
    let y = x.select(Axis(1), &[1, 0, 2]);
    let [x, y] = [x, y].map(|points| DiscreteMeasure::uniform(points).unwrap());
    let value = |epsilon| divergence(&x, &y, Chebyshev, Epsilon::Absolute(epsilon)).value;
    assert!((value(1e6) + 2.0 / 9.0).abs() <= 1e-5, "{}", value(1e6));
    assert!(value(10.0) < -0.1, "{}", value(10.0));
}

#[test]
fn it_is_symmetric_and_not_negative_and_sees_differences() {
    fn check(ground: impl Into<GroundCost>) {
        let ground: GroundCost = ground.into();
        for (n, m, phase) in [(12, 17, 0.1), (25, 5, 0.7), (30, 30, 1.9)] {
            let (x, y) = (cloud(n, 2, phase), cloud(m, 2, phase + 0.2));
            for relative in [1.0, 0.1, 0.01] {
                let epsilon = Epsilon::Absolute(0.3 * relative);
                let one = divergence(&x, &y, ground, epsilon).value;
                let other = divergence(&y, &x, ground, epsilon).value;
                assert!((one - other).abs() <= 1e-9, "{}: {one} {other}", ground.name());
                assert!(one > 1e-6, "{}: {one}", ground.name());
            }
        }
    }
    check(Euclidean);
    check(SqEuclidean);
    check(Cityblock);
}

#[test]
fn splitting_a_point_changes_nothing() {
    let (x, y) = (cloud(6, 2, 0.3), cloud(9, 2, 1.7));
    let twice = ndarray::concatenate![ndarray::Axis(0), x.support(), x.support()];
    let halves = ndarray::concatenate![ndarray::Axis(0), x.mass(), x.mass()] / 2.0;
    let doubled = weighted(twice, halves);
    let epsilon = Epsilon::Absolute(0.02);
    let value = |x: &DiscreteMeasure| divergence(x, &y, SqEuclidean, epsilon).value;
    assert!((value(&x) - value(&doubled)).abs() <= 1e-10);
    assert!(divergence(&x, &doubled, SqEuclidean, epsilon).value.abs() <= 1e-10);
}

#[test]
fn one_point_against_many_has_a_closed_form() {
    // The only plan is the product: OT(δ, ν) = Σ ν c, and OT(δ, δ) = 0.
    let (point, many) = (weighted(array![[0.5, -1.0]], array![1.0]), cloud(9, 2, 0.2));
    for (x, y) in [(&point, &many), (&many, &point)] {
        let found = divergence(x, y, SqEuclidean, Epsilon::Absolute(0.1));
        let cost = point_costs(&point, &many, SqEuclidean).unwrap();
        let product: f64 = (0..9).map(|j| many.mass()[j] * cost.at(0, j)).sum();
        assert!((found.cross.entropic_cost - product).abs() <= 1e-12);
        let blur = if x.len() == 1 {
            (&found.source, &found.target)
        } else {
            (&found.target, &found.source)
        };
        assert_eq!(blur.0.entropic_cost, 0.0);
        assert!((found.value - (product - 0.5 * blur.1.entropic_cost)).abs() <= 1e-12);
    }
}

#[test]
fn totals_scale_the_value() {
    let (x, y) = (cloud(8, 2, 0.3), cloud(6, 2, 1.7));
    let heavy = |x: &DiscreteMeasure| weighted(x.support().to_owned(), 7.0 * &x.mass());
    let epsilon = Epsilon::Absolute(0.05);
    let unit = divergence(&x, &y, Euclidean, epsilon).value;
    let seven = divergence(&heavy(&x), &heavy(&y), Euclidean, epsilon).value;
    assert!((7.0 * unit - seven).abs() <= 1e-12, "{unit} {seven}");
}

/// Asks to stop once, at the given call, and never again.
struct StopOnce {
    at: u32,
    calls: u32,
}

impl Observer for StopOnce {
    fn observe(&mut self, _: &Event) -> ControlFlow<Stop> {
        self.calls += 1;
        if self.calls == self.at {
            return ControlFlow::Break(Stop::Interrupted);
        }
        ControlFlow::Continue(())
    }
}

#[test]
fn a_stop_ends_all_that_is_left() {
    let (x, y) = (cloud(50, 2, 0.3), cloud(40, 2, 1.7));
    let solver = solver(Epsilon::Relative(1e-3), 1e-9);
    let whole = solver.divergence(&x, &y, SqEuclidean).unwrap();
    let mut observer = StopOnce { at: 3, calls: 0 };
    let found = solver
        .divergence_with(&x, &y, SqEuclidean, &SolveOptions::new().observer(&mut observer))
        .unwrap();
    assert_eq!(observer.calls, 3, "nobody is asked again");
    for (term, whole) in [
        (&found.cross, &whole.cross),
        (&found.source, &whole.source),
        (&found.target, &whole.target),
    ] {
        assert_eq!(term.termination, Termination::Stopped);
        assert_eq!(term.plan.epsilon(), whole.plan.epsilon());
        assert!(term.iterations < whole.iterations);
    }
    assert!(found.source.iterations + found.target.iterations <= 6, "{found:?}");
    let few = Sinkhorn { max_iterations: 2, ..solver };
    let found = few.divergence(&x, &y, SqEuclidean).unwrap();
    for term in [&found.cross, &found.source, &found.target] {
        assert_eq!(term.termination, Termination::IterationLimit);
    }
}

#[test]
fn nonsense_is_refused() {
    let (x, y) = (cloud(3, 2, 0.3), cloud(3, 1, 1.7));
    let ask = |x, y, epsilon| solver(epsilon, 1e-6).divergence(x, y, Euclidean);
    assert!(matches!(
        ask(&x, &y, Epsilon::Relative(0.1)),
        Err(DivergenceError::Problem(ProblemError::Cost(_)))
    ));
    assert!(matches!(
        ask(&x, &x, Epsilon::Absolute(0.0)),
        Err(DivergenceError::Sinkhorn(SinkhornError::Epsilon { .. }))
    ));
}
