//! Gradients of the Sinkhorn divergence against finite differences.

use deblais::cost::{Chebyshev, Cityblock, Cosine, Euclidean, GroundCost, Minkowski, SqEuclidean};
use deblais::measure::DiscreteMeasure;
use deblais::solvers::sinkhorn::{Epsilon, Sinkhorn, SinkhornDivergence};

use crate::clouds::{cloud, weighted};

fn divergence(
    x: &DiscreteMeasure,
    y: &DiscreteMeasure,
    ground: impl Into<GroundCost>,
) -> SinkhornDivergence {
    // The same ε wherever the points go: it is no part of the derivative.
    let solver =
        Sinkhorn { epsilon: Epsilon::Absolute(0.05), tolerance: 1e-12, ..Sinkhorn::default() };
    solver.divergence(x, y, ground).unwrap()
}

fn moved(measure: &DiscreteMeasure, i: usize, k: usize, by: f64) -> DiscreteMeasure {
    let mut support = measure.support().to_owned();
    support[(i, k)] += by;
    weighted(support, measure.mass().to_owned())
}

/// Weighted clouds of unlike sizes; one atom of the source has no mass.
fn clouds() -> (DiscreteMeasure, DiscreteMeasure) {
    let x = cloud(7, 2, 0.3);
    let mut mass = x.mass().to_owned();
    mass[0] += mass[3];
    mass[3] = 0.0;
    (weighted(x.support().to_owned(), mass), cloud(5, 2, 1.7))
}

fn check(ground: impl Into<GroundCost>) {
    const STEP: f64 = 1e-5;
    let ground: GroundCost = ground.into();
    let (x, y) = clouds();
    let (of_x, of_y) = divergence(&x, &y, ground).gradients(&x, &y, ground);
    assert_eq!((of_x.dim(), of_y.dim()), ((7, 2), (5, 2)));
    let close = |found: f64, up: f64, down: f64| {
        let slope = (up - down) / (2.0 * STEP);
        assert!((found - slope).abs() < 1e-6, "{}: {found} is not {slope}", ground.name());
    };
    let value = |x: &DiscreteMeasure, y: &DiscreteMeasure| divergence(x, y, ground).value;
    for k in 0..2 {
        for i in 0..7 {
            let at = |by| value(&moved(&x, i, k, by), &y);
            close(of_x[(i, k)], at(STEP), at(-STEP));
        }
        assert_eq!(of_x[(3, k)], 0.0);
        for j in 0..5 {
            let at = |by| value(&x, &moved(&y, j, k, by));
            close(of_y[(j, k)], at(STEP), at(-STEP));
        }
    }
}

#[test]
fn they_are_those_of_finite_differences() {
    check(SqEuclidean);
    check(Euclidean);
    check(Cityblock);
    check(Chebyshev);
    check(Minkowski::new(3.0).unwrap());
    check(Cosine);
    check(GroundCost::power(Euclidean, 1.5).unwrap());
}

#[test]
fn identical_measures_are_not_pulled_anywhere() {
    let x = cloud(20, 3, 0.8);
    let (of_x, of_y) = divergence(&x, &x, SqEuclidean).gradients(&x, &x, SqEuclidean);
    assert!(of_x.iter().chain(&of_y).all(|g| g.abs() < 1e-10));
}

#[test]
fn any_number_of_threads_finds_the_same_bits() {
    let (x, y) = (cloud(300, 2, 0.3), cloud(260, 2, 1.7));
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| divergence(&x, &y, Euclidean).gradients(&x, &y, Euclidean))
    };
    assert_eq!(on(1), on(3));
}
