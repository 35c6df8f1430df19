use super::super::dissimilarity::Dissimilarity;
use super::super::points::PointTable;
use super::super::{Cost, Euclidean, SqEuclidean};
use super::*;
use crate::measure::DiscreteMeasure;
use crate::seed::{Seed, Stream};
use ndarray::{Array1, Array2};

fn first(count: usize) -> Vec<u32> {
    (0..).take(count).collect()
}

/// Points that are hard to tell apart with few digits, or hard to write with them.
fn cloud(kind: usize, n: usize, d: usize, stream: &mut Stream) -> Array2<f64> {
    let mut points = Array2::from_shape_simple_fn((n, d), || stream.normal());
    for mut x in points.outer_iter_mut() {
        let (t, s) = (x[0], x[1]);
        match kind {
            0 => {}
            // Far from the origin.
            1 => x += 1e8,
            // Tight clusters far apart.
            2 => x.mapv_inplace(|x| 1e-3 * x + if t < 0.0 { 1e3 } else { 0.0 }),
            // Duplicates and ties.
            3 => x.mapv_inplace(f64::round),
            // A curve, and a surface.
            4 => x.iter_mut().enumerate().for_each(|(k, x)| *x = (t * (k + 1) as f64).sin()),
            5 => x.iter_mut().enumerate().for_each(|(k, x)| *x = (t + s * k as f64).cos()),
            // Heavy tails.
            6 => x.mapv_inplace(|x| x * (5.0 * x.abs()).exp()),
            // The ends of the range.
            7 => x *= 1e140,
            8 => x *= 1e-140,
            // All at one place.
            _ => x.fill(0.1),
        }
    }
    points
}

const KINDS: usize = 10;

fn check<G: Dissimilarity>(ground: G, kind: usize, (n, m, d): (usize, usize, usize)) {
    let mut stream = Seed((kind * 1000 + d) as u64).stream("filter");
    let mut draw = |n| DiscreteMeasure::uniform(cloud(kind, n, d, &mut stream)).unwrap();
    let (x, y) = (draw(n), draw(m));
    let cost = PointTable::new(&x, &y, ground.clone()).unwrap();
    let least = |j: usize| (0..n.min(5)).map(|i| cost.at(i, j)).fold(f64::INFINITY, f64::min);
    let rough: Vec<f64> = (0..m).map(least).collect();
    let size = rough.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
    let shifted = rough.iter().map(|v| v - 1e3 * size).collect();
    let mut some = rough.clone();
    for v in some.iter_mut().step_by(3) {
        *v = f64::NEG_INFINITY;
    }
    some[m / 2] = f64::INFINITY;
    let queries: Vec<u32> = first(n).into_iter().rev().collect();
    for v in [vec![0.0; m], rough, shifted, some, vec![f64::NEG_INFINITY; m]] {
        let mut search = cost.search_targets().unwrap();
        search.fit(&v);
        let values = |i: usize| {
            let mut all: Vec<f64> = (0..m).map(|j| cost.at(i, j) - v[j]).collect();
            all.retain(|&value| value < f64::INFINITY);
            all.sort_by(f64::total_cmp);
            all
        };
        // All of them, some of them, exactly the least, and none.
        for (keep, rank) in [(1, m), (7, m), (m, m / 3), (3, 1), (3, 0)] {
            let limit = |i: u32| {
                let all = values(i as usize);
                all.get(rank).copied().unwrap_or(f64::INFINITY)
            };
            let limits: Vec<f64> = queries.iter().map(|&i| limit(i)).collect();
            let mut found = vec![Vec::new(); n];
            search.smallest_of(&queries, keep, &limits, &mut found);
            for ((&i, found), limit) in queries.iter().zip(&found).zip(limits) {
                let mut expected = values(i as usize);
                expected.retain(|&value| value < limit);
                expected.truncate(keep);
                let values: Vec<f64> = found.iter().map(|found| found.0).collect();
                let name = ground.name();
                assert_eq!(values, expected, "{name}, kind {kind}, d {d}, keep {keep}");
                for &(value, j) in found {
                    assert_eq!(value, cost.at(i as usize, j as usize) - v[j as usize]);
                }
            }
        }
    }
}

#[test]
fn the_screen_finds_what_looking_at_all_points_finds() {
    for kind in 0..KINDS {
        for shape in [(9, 130, 4), (6, 1, 5), (5, 97, 16), (13, 48, 64), (4, 60, 300)] {
            check(Euclidean, kind, shape);
            check(SqEuclidean, kind, shape);
        }
    }
}

/// ℓ for all pairs, and s²‖x − y‖².
fn bounds(kind: usize, n: usize, d: usize) -> Vec<(f64, f64)> {
    let mut stream = Seed(d as u64).stream("bounds");
    let mut draw = |n| cloud(kind, n, d, &mut stream);
    let (x, y) = (draw(n), draw(STRIP_POINTS));
    let filter = F32Filter::new(&SqEuclidean, x.view(), y.view(), 1e2).unwrap();
    let filter =
        F32Filter { places: (0..48).collect(), v: vec![0.0; 48], rounded: vec![0.0; 48], ..filter };
    let queries = first(n);
    let packed = filter.packed(&queries);
    let mut strip = PackedStrip::new(d);
    filter.pack_strip(&packed.center, 0, &mut strip);
    let pair = |k: usize, l: usize| {
        let [products] = products([&packed.points[k * d..(k + 1) * d]], &strip.points);
        let least = (packed.norms[k] + strip.norms[l]) + products[l];
        let (x, y) = (filter.query(queries[k]), filter.point(l));
        (f64::from(least), SqEuclidean.between(x, y) * filter.unit)
    };
    (0..n * STRIP_POINTS).map(|k| pair(k / STRIP_POINTS, k % STRIP_POINTS)).collect()
}

#[test]
fn bounds_are_bounds_and_near() {
    let unit = 0.5 * f64::from(f32::EPSILON);
    for d in [4, 16, 64, 1000] {
        for kind in [0, 3, 4, 5, 9] {
            for (least, square) in bounds(kind, 9, d) {
                assert!(least <= (1.0 - 4.0 * unit) * square, "{kind} {d}: {least} {square}");
                // Squared norms are a few times the squared distance at most, but where points
                // are close together.
                let norms = square + 4.0 * d as f64 * 1e-4;
                assert!(least >= square - 4.0 * (d + 16) as f64 * unit * norms);
            }
        }
    }
}

#[test]
fn rough_values_are_off_by_a_rounding() {
    let mut stream = Seed(3).stream("rough");
    let mut draw = |n| DiscreteMeasure::uniform(cloud(0, n, 32, &mut stream)).unwrap();
    let (x, y) = (draw(300), draw(500));
    let cost = PointTable::new(&x, &y, Euclidean).unwrap();
    let mut search = cost.search_targets().unwrap();
    search.fit(&vec![0.25; 500]);
    let queries = first(300);
    let (mut exact, mut rough) = (vec![Vec::new(); 300], vec![Vec::new(); 300]);
    search.smallest_of(&queries, 20, &[f64::INFINITY; 300], &mut exact);
    search.roughly_smallest_of(&queries, 20, &mut rough);
    let means = search.rough_means_of(&queries).unwrap();
    for (i, (exact, rough)) in exact.iter().zip(&rough).enumerate() {
        assert_eq!((exact.len(), rough.len()), (20, 20));
        for (exact, rough) in exact.iter().zip(rough) {
            assert!((exact.0 - rough.0).abs() < 1e-4, "{exact:?} {rough:?}");
        }
        let mean = (0..500).map(|j| cost.at(i, j)).sum::<f64>() / 500.0;
        assert!((means[i] - mean).abs() < 1e-4 * mean, "{} is not {mean}", means[i]);
    }
    let mut only = Array1::from_elem(500, f64::NEG_INFINITY);
    only[17] = 0.0;
    search.fit(&only.to_vec());
    let one = search.rough_means_of(&[5]).unwrap();
    assert!((one[0] - cost.at(5, 17)).abs() < 1e-4);
}
