//! Clouds and their translates, of sizes at which other paths of the library are taken.
//!
//! By Jensen's inequality no plan between a measure and its translate by v costs less than
//! `h(v)·total`, for a cost `h(x − y)` with a convex h, and the translation costs just that. With
//! integer coordinates the optimum is an integer.

use deblais::seed::Seed;
use rand::Rng as _;

use crate::answers::{self, Promise};
use crate::exact::Truth;
use crate::instances::{Base, Ground, Instance, Masses, Table};
use crate::report::faults;

/// n points in the dimensions of the shift.
fn translated(n: usize, shift: &[f64], base: Base, weighted: bool) -> Instance {
    let mut stream = Seed(n as u64).stream("translations");
    let side = 1000;
    let x: Vec<Vec<f64>> = (0..n)
        .map(|_| shift.iter().map(|_| f64::from(stream.random_range(-side..=side))).collect())
        .collect();
    let moved = |x: &Vec<f64>| x.iter().zip(shift).map(|(x, v)| x + v).collect();
    let y: Vec<Vec<f64>> = x.iter().rev().map(moved).collect();
    let table = Table::Points { x, y, ground: Ground { base, power: None } };
    if !weighted {
        return Instance { table, source: Masses::Uniform(n), target: Masses::Uniform(n) };
    }
    let weights: Vec<f64> = (0..n).map(|_| f64::from(stream.random_range(0..9_u8))).collect();
    let reversed = weights.iter().rev().copied().collect();
    Instance { table, source: Masses::Stored(weights), target: Masses::Stored(reversed) }
}

fn check(n: usize, shift: &[f64], costs: &[(Base, f64)]) {
    for &(base, optimum) in costs {
        for weighted in [false, true] {
            let instance = translated(n, shift, base, weighted);
            let total = if weighted { instance.source.weights().iter().sum() } else { 1.0 };
            let optimum = optimum * total;
            for answer in answers::fast_solvers(&instance) {
                let answer = answer.unwrap_or_else(|why| panic!("{why:?}"));
                let found = faults(&instance, &Truth::known(optimum), true, &answer);
                let case = format!("{n} points, shift {shift:?}, {base:?}: {answer:?}, {optimum}");
                assert!(found.is_empty(), "{found:?}: {case}");
                let is_exact = answer.promise == Promise::Optimum;
                assert!(!is_exact || answer.optimal == Some(true), "not proved: {case}");
            }
        }
    }
}

#[test]
fn on_the_line() {
    check(900, &[7.0], &[(Base::Euclidean, 7.0), (Base::SqEuclidean, 49.0)]);
}

#[test]
fn in_the_plane() {
    let costs = [
        (Base::Euclidean, 5.0),
        (Base::SqEuclidean, 25.0),
        (Base::Cityblock, 7.0),
        (Base::Chebyshev, 4.0),
    ];
    check(400, &[3.0, 4.0], &costs);
}

#[test]
fn in_the_plane_where_points_are_searched() {
    check(2100, &[3.0, 4.0], &[(Base::Euclidean, 5.0)]);
}

#[test]
fn in_many_dimensions() {
    let costs = [(Base::Euclidean, 4.0), (Base::SqEuclidean, 16.0), (Base::Cityblock, 8.0)];
    check(300, &[1.0, 1.0, 1.0, 2.0, 3.0], &costs);
    check(1000, &[1.0, 1.0, 1.0, 2.0, 3.0, 0.0, 0.0, 0.0], &costs[..2]);
}
