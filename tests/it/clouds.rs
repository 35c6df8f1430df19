//! Clouds that are the same on every machine, and the exact cost between them.

use deblais::math;
use deblais::measure::DiscreteMeasure;
use deblais::problem::OtProblem;
use deblais::solvers::Method;
use ndarray::{Array1, Array2};

/// n points that a fixed stream of sines scatters over a cube, with unequal masses of total 1.
pub(crate) fn cloud(n: usize, d: usize, phase: f64) -> DiscreteMeasure {
    let wave = |k: f64| ((k * 12.9898 + phase).sin() * 43_758.545_3).rem_euclid(1.0);
    let support = Array2::from_shape_fn((n, d), |(i, k)| wave((d * i + k) as f64));
    let mass: Array1<f64> = (0..n).map(|i| 0.1 + wave(i as f64 + 0.5)).collect();
    let total = math::sum(&mass);
    weighted(support, mass / total)
}

pub(crate) fn weighted(support: Array2<f64>, mass: Array1<f64>) -> DiscreteMeasure {
    DiscreteMeasure::new(support, mass).unwrap()
}

/// The exact transport cost.
pub(crate) fn exact(problem: &OtProblem) -> f64 {
    let solution = Method::Simplex.solver(problem).solve(problem, &mut ()).unwrap();
    solution.certify(problem).certificate.upper
}
