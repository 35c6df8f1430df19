use super::super::points::PointTable;
use super::super::power::Power;
use super::super::{Chebyshev, Cost, Euclidean, Minkowski, SqEuclidean};
use super::*;
use crate::measure::DiscreteMeasure;
use crate::seed::Seed;
use ndarray::Array2;

/// All of them, sorted.
fn naive(cost: &dyn Cost, i: usize, v: &[f64], limit: f64) -> Vec<f64> {
    let mut all: Vec<f64> = (0..v.len()).map(|j| cost.at(i, j) - v[j]).collect();
    all.retain(|&r| r < limit);
    all.sort_by(f64::total_cmp);
    all
}

fn check<G: Dissimilarity>(ground: G, d: usize, offset: f64, far: f64) {
    let mut stream = Seed(d as u64).stream("search");
    let mut draw = |n: usize, shift: f64| {
        let points = Array2::from_shape_simple_fn((n, d), || stream.normal() + offset + shift);
        DiscreteMeasure::uniform(points).unwrap()
    };
    let (x, y) = (draw(40, far), draw(500, 0.0));
    let cost = PointTable::new(&x, &y, ground.clone()).unwrap();
    // A rough c-transform, some noise, and points to be ignored.
    let mut v: Vec<f64> =
        (0..500).map(|j| (0..8).map(|i| cost.at(i, j)).fold(f64::INFINITY, f64::min)).collect();
    for v in v.iter_mut().step_by(7) {
        *v = f64::NEG_INFINITY;
    }
    let mut search = cost.search_targets().unwrap();
    search.fit(&v);
    let mut found = Vec::new();
    for i in 0..40 {
        for (keep, limit) in [(1, f64::INFINITY), (10, f64::INFINITY), (400, 0.3 * far)] {
            search.smallest(i, keep, limit, &mut found);
            let mut expected = naive(&cost, i, &v, limit);
            expected.truncate(keep);
            let values: Vec<f64> = found.iter().map(|entry| entry.0).collect();
            assert_eq!(values, expected, "{} in {d}", ground.name());
            assert!(found.iter().all(|&(r, j)| r == cost.at(i, j as usize) - v[j as usize]));
        }
    }
}

#[test]
fn the_search_finds_what_looking_at_all_points_finds() {
    for d in 1..=3 {
        for (offset, far) in [(0.0, 0.0), (0.0, 30.0), (1e8, 3.0)] {
            check(Euclidean, d, offset, far);
            check(SqEuclidean, d, offset, far);
            check(Chebyshev, d, offset, far);
            check(Minkowski::new(3.0).unwrap(), d, offset, far);
            check(Power::new(Euclidean, 0.5), d, offset, far);
        }
    }
}

#[test]
fn roots_of_no_distance_are_found_on_the_edges_of_boxes() {
    for (d, offset) in [(1, 0.0), (2, 0.0), (2, 1e8), (3, 7.0)] {
        let mut stream = Seed(d as u64).stream("edges");
        let draw = || 0.1 * stream.normal() + offset;
        let points = Array2::from_shape_simple_fn((2000, d), draw);
        let cloud = DiscreteMeasure::uniform(points).unwrap();
        let ground = Power::new(Euclidean, 0.05);
        let cost = PointTable::new(&cloud, &cloud, ground).unwrap();
        let mut search = cost.search_targets().unwrap();
        search.fit(&[0.0; 2000]);
        let mut found = Vec::new();
        for i in 0..2000 {
            search.smallest(i, 1, f64::INFINITY, &mut found);
            assert_eq!(found[0].0, 0.0, "{d} {offset} {i}");
        }
    }
}

#[test]
fn duplicates_and_single_points_are_no_trouble() {
    for n in [1, POINTS_PER_LEAF, POINTS_PER_LEAF + 1, 200] {
        let x = DiscreteMeasure::uniform(Array2::ones((n, 2))).unwrap();
        let cost = PointTable::new(&x, &x, Euclidean).unwrap();
        let mut search = cost.search_sources().unwrap();
        search.fit(&vec![0.25; n]);
        let mut found = Vec::new();
        search.smallest(0, 5, f64::INFINITY, &mut found);
        assert_eq!(found.len(), n.min(5));
        assert!(found.iter().all(|entry| entry.0 == -0.25));
        search.smallest(0, 5, -0.25, &mut found);
        assert!(found.is_empty());
    }
}
