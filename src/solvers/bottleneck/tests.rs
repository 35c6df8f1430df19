use ndarray::{Array1, Array2, Axis, array};
use rand::Rng as _;

use super::*;
use crate::cost::{Chebyshev, CostMatrix, Euclidean, GroundCost, SqEuclidean};
use crate::measure::{DiscreteMeasure, Marginal};

fn exact(problem: &OtProblem) -> f64 {
    let found = problem.bottleneck(&mut ());
    assert_eq!(found.termination(), Termination::Optimal);
    assert!(found.certificate().is_optimal(), "{:?}", found.certificate());
    assert!(found.plan().arcs().len() < problem.n() + problem.m());
    found.value()
}

/// The least over all permutations of the largest cost.
fn by_permutations(costs: &Array2<f64>, used: &mut Vec<bool>, i: usize) -> f64 {
    if i == costs.nrows() {
        return f64::NEG_INFINITY;
    }
    let mut best = f64::INFINITY;
    for j in 0..costs.ncols() {
        if !used[j] {
            used[j] = true;
            best = best.min(by_permutations(costs, used, i + 1).max(costs[(i, j)]));
            used[j] = false;
        }
    }
    best
}

#[test]
fn no_permutation_is_better() {
    for seed in 0..300 {
        let mut stream = Seed(seed).stream("permutations");
        let n = stream.random_range(1..7);
        // Few values: ties.
        let costs =
            Array2::from_shape_simple_fn((n, n), || f64::from(stream.random_range(-9..30_i32)));
        let matrix = CostMatrix::new(costs.clone()).unwrap();
        let problem = OtProblem::new(&vec![1.0; n], &vec![1.0; n], matrix).unwrap();
        assert_eq!(exact(&problem), by_permutations(&costs, &mut vec![false; n], 0), "seed {seed}");
    }
}

/// Hall's condition for all sets of sources: the largest of the bounds that cuts prove.
fn by_cuts(costs: &Array2<f64>, mu: &[i64], nu: &[i64]) -> f64 {
    let mut best = f64::NEG_INFINITY;
    for &t in costs {
        for set in 1_u32..1 << mu.len() {
            let in_s = |i: usize| set >> i & 1 == 1 && mu[i] > 0;
            let supply: i64 = (0..mu.len()).filter(|&i| in_s(i)).map(|i| mu[i]).sum();
            let reaches = |j: usize| (0..mu.len()).any(|i| in_s(i) && costs[(i, j)] < t);
            let demand: i64 = (0..nu.len()).filter(|&j| reaches(j)).map(|j| nu[j]).sum();
            if supply > demand {
                best = best.max(t);
            }
        }
    }
    best
}

#[test]
fn masses_with_zeros_and_ties_attain_the_bound_of_the_best_cut() {
    for seed in 0..300 {
        let mut stream = Seed(seed).stream("cuts");
        let (n, m) = (stream.random_range(1..6), stream.random_range(1..6));
        let mut side = |count: usize| -> Vec<i64> {
            let mut mass: Vec<i64> = (0..count).map(|_| stream.random_range(0..4)).collect();
            mass[0] += 1;
            mass
        };
        let (mu, nu) = (side(n), side(m));
        let (a, b) = (mu.iter().sum::<i64>(), nu.iter().sum::<i64>());
        let mu: Vec<i64> = mu.iter().map(|w| w * b).collect();
        let nu: Vec<i64> = nu.iter().map(|w| w * a).collect();
        let costs = Array2::from_shape_simple_fn((n, m), || f64::from(stream.random_range(0..12)));
        let marginal =
            |mass: &[i64]| Marginal::new(mass.iter().map(|&w| w as f64).collect()).unwrap();
        let matrix = Box::new(CostMatrix::new(costs.clone()).unwrap());
        let problem = OtProblem::between(marginal(&mu), marginal(&nu), matrix, 0.0).unwrap();
        assert_eq!(exact(&problem), by_cuts(&costs, &mu, &nu), "seed {seed}");
    }
}

fn cloud(stream: &mut Stream, n: usize, d: usize, shift: f64) -> Array2<f64> {
    Array2::from_shape_simple_fn((n, d), || stream.uniform() + shift)
}

/// By search, by a filter, from a table, the same distance comes out; so it does if the clouds lie far
/// apart, where most arcs are as cheap as the bottleneck.
#[test]
fn tables_and_searches_agree() {
    for (n, m, d, shift) in
        [(300, 300, 2, 0.0), (200, 350, 2, 3.0), (200, 200, 9, 0.1), (90, 70, 1, 0.5)]
    {
        let mut stream = Seed(n as u64).stream("tables");
        let (x, y) = (cloud(&mut stream, n, d, 0.0), cloud(&mut stream, m, d, shift));
        for ground in [GroundCost::from(Euclidean), SqEuclidean.into(), Chebyshev.into()] {
            let problem = OtProblem::new(&x, &y, ground).unwrap();
            let searched = exact(&problem);
            assert_eq!(searched, exact(&problem.tabulated()));
        }
    }
}

/// On the line, the monotone plan is optimal for every p, and so for p = ∞.
#[test]
fn sorting_solves_the_line() {
    let mut stream = Seed(5).stream("line");
    let (x, y) = (cloud(&mut stream, 400, 1, 0.0), cloud(&mut stream, 400, 1, 0.2));
    let sorted = |points: &Array2<f64>| {
        let mut points = points.clone().into_raw_vec_and_offset().0;
        points.sort_unstable_by(f64::total_cmp);
        points
    };
    let apart = sorted(&x).into_iter().zip(sorted(&y)).map(|(x, y)| (x - y).abs());
    let largest = apart.fold(0.0, f64::max);
    let found = OtProblem::new(&x, &y, Euclidean).unwrap().bottleneck(&mut ());
    assert!(found.lower() <= largest && largest <= found.upper());
}

/// A node of half the mass with all arcs, as the diagonal of persistence diagrams.
#[test]
fn hubs_are_found() {
    let mut stream = Seed(3).stream("hubs");
    let n = 200;
    let (x, y) = (cloud(&mut stream, n, 2, 0.0), cloud(&mut stream, n, 2, 0.0));
    let inner = OtProblem::new(&x, &y, Chebyshev).unwrap();
    let to_hub: Vec<f64> = (0..2 * n).map(|_| 0.02 + 0.05 * stream.uniform()).collect();
    let costs = Array2::from_shape_fn((n + 1, n + 1), |(i, j)| match (i == n, j == n) {
        (true, true) => 0.0,
        (true, false) => to_hub[j],
        (false, true) => to_hub[n + i],
        (false, false) => inner.cost().at(i, j),
    });
    let mut mass = Array1::ones(n + 1);
    mass[n] = n as f64;
    let matrix = CostMatrix::new(costs.clone()).unwrap();
    let problem = OtProblem::new(&mass, &mass, matrix).unwrap();
    let found = exact(&problem);
    // One node for each unit of the hub.
    let spread = Array2::from_shape_fn((2 * n, 2 * n), |(i, j)| costs[(i.min(n), j.min(n))]);
    let ones = vec![1.0; 2 * n];
    let matrix = CostMatrix::new(spread).unwrap();
    assert_eq!(found, exact(&OtProblem::new(&ones, &ones, matrix).unwrap()));
}

/// Masses over 17 decades, and far beyond: the flow is exact, and a mass of 1e-300 counts.
#[test]
fn the_smallest_mass_counts() {
    for tiny in [1e-17, 1e-40, 1e-300] {
        let x = DiscreteMeasure::new(array![[0.0], [5.0]], array![1.0, tiny]).unwrap();
        let y = DiscreteMeasure::new(array![[0.0], [1.0]], array![1.0, tiny]).unwrap();
        let found = OtProblem::new(&x, &y, Euclidean).unwrap().bottleneck(&mut ());
        assert!(found.lower() <= 4.0 && 4.0 <= found.upper() && found.certificate().is_optimal());
        assert_eq!(found.certificate().forced_mass, tiny);
    }
}

#[test]
fn weighted_clouds_of_many_decades_are_proved() {
    for seed in 0..20 {
        let mut stream = Seed(seed).stream("decades");
        let mut side = |n: usize| {
            let points = cloud(&mut stream, n, 2, 0.0);
            let mass = Array1::from_shape_simple_fn(n, || 10.0_f64.powf(-17.0 * stream.uniform()));
            DiscreteMeasure::normalized(points, mass).unwrap()
        };
        let (x, y) = (side(60), side(80));
        let there = exact(&OtProblem::new(&x, &y, Euclidean).unwrap());
        assert_eq!(there, exact(&OtProblem::new(&y, &x, Euclidean).unwrap()), "seed {seed}");
    }
}

#[test]
fn a_measure_is_nowhere_from_itself() {
    let x = array![[0.0, 1.0], [0.0, 1.0], [2.0, 2.0], [3.0, 0.0]];
    let found = OtProblem::new(&x, &x, Euclidean).unwrap().bottleneck(&mut ());
    assert_eq!((found.lower(), found.upper()), (0.0, 0.0));
    let point = array![[1.0, 1.0]];
    assert_eq!(exact(&OtProblem::new(&point, &point, Euclidean).unwrap()), 0.0);
}

/// Points on a small lattice, with ties, duplicates and points without mass; the total is 60.
fn lattice(stream: &mut Stream) -> DiscreteMeasure {
    let n = stream.random_range(1..12);
    let points = Array2::from_shape_simple_fn((n, 2), || f64::from(stream.random_range(-3..4_i32)));
    let mut mass = Array1::zeros(n);
    (0..60).for_each(|_| mass[stream.random_range(0..n)] += 1.0);
    DiscreteMeasure::new(points, mass).unwrap()
}

/// Symmetry, scaling, permutations, splitting, the triangle inequality, and that no mean is above a
/// maximum.
#[test]
fn it_is_a_distance() {
    for seed in 0..100 {
        let mut stream = Seed(seed).stream("distance");
        let [x, y, z] = std::array::from_fn(|_| lattice(&mut stream));
        let distance = |x: &DiscreteMeasure, y: &DiscreteMeasure| {
            exact(&OtProblem::new(x, y, Chebyshev).unwrap())
        };
        let d = distance(&x, &y);
        assert_eq!(d, distance(&y, &x), "seed {seed}");
        assert!(d <= distance(&x, &z) + distance(&z, &y), "seed {seed}");
        let scaled = |x: &DiscreteMeasure| {
            DiscreteMeasure::new(x.support().mapv(|x| 4.0 * x), x.mass().mapv(|w| 8.0 * w)).unwrap()
        };
        assert_eq!(4.0 * d, distance(&scaled(&x), &scaled(&y)), "seed {seed}");
        // Every atom in two halves, the second ones backwards.
        let rows: Vec<usize> = (0..x.len()).chain((0..x.len()).rev()).collect();
        let halves = DiscreteMeasure::new(
            x.support().select(Axis(0), &rows),
            x.mass().select(Axis(0), &rows) / 2.0,
        );
        assert_eq!(d, distance(&halves.unwrap(), &y), "seed {seed}");
        let mean = OtProblem::new(&x, &y, Chebyshev).unwrap().solve().unwrap();
        assert!(mean.lower() <= 60.0 * d, "seed {seed}");
    }
}

/// A limit is no error: the bracket is true.
#[test]
fn a_stopped_search_hands_over_true_bounds() {
    struct StopAfter(u32);
    impl Observer for StopAfter {
        fn observe(&mut self, _: &Event) -> std::ops::ControlFlow<Stop> {
            self.0 = self.0.saturating_sub(1);
            if self.0 > 0 {
                std::ops::ControlFlow::Continue(())
            } else {
                std::ops::ControlFlow::Break(Stop::TimeLimit)
            }
        }
    }
    let mut stream = Seed(8).stream("stopped");
    let (x, y) = (cloud(&mut stream, 150, 2, 0.0), cloud(&mut stream, 150, 2, 0.3));
    let problem = OtProblem::new(&x, &y, Euclidean).unwrap();
    let value = exact(&problem);
    for steps in 1..6 {
        let found = problem.bottleneck(&mut StopAfter(steps));
        assert_eq!(found.termination(), Termination::TimeLimit);
        assert!(found.lower() <= value && value <= found.upper());
    }
}
