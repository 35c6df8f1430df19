//! Lines where the function has its level, whole and the right way around.

use std::f64::consts::TAU;

use ndarray::{Array2, array};

use super::*;

/// v(x, y) on a grid of `n` nodes a side over [−1, 1]², and the coordinate of a grid place.
fn sampled(n: usize, v: impl Fn(f64, f64) -> f64) -> (Array2<f64>, impl Fn(f64) -> f64) {
    let at = move |place: f64| 2.0 * place / (n - 1) as f64 - 1.0;
    (Array2::from_shape_fn((n, n), |(i, j)| v(at(j as f64), at(i as f64))), at)
}

/// Twice the area inside, positive if the ring runs counterclockwise.
fn double_area(ring: &[GridPoint]) -> f64 {
    let next = ring.iter().cycle().skip(1);
    ring.iter().zip(next).map(|(a, b)| a.0 * b.1 - a.1 * b.0).sum()
}

#[test]
fn the_levels_of_a_cone_are_circles() {
    let (values, at) = sampled(101, f64::hypot);
    for radius in [0.2, 0.55, 0.9] {
        let lines = lines(values.view(), radius);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].closed);
        for &(x, y) in &lines[0].points {
            // A chord of the cone between nodes 0.02 apart is off by at most 0.02²/(8·radius).
            let off = at(x).hypot(at(y)) - radius;
            assert!(off.abs() < 5e-5 / radius, "{off}");
        }
        // The higher side, outside, lies to the left: the circle runs clockwise.
        let area = double_area(&lines[0].points) / 2.0 * 0.02 * 0.02;
        let expected = -TAU / 2.0 * radius * radius;
        assert!((area - expected).abs() < 2e-3, "{area} {expected}");
    }
    assert!(lines(values.view(), 2.0).is_empty());
}

#[test]
fn a_line_that_leaves_the_grid_has_two_ends_on_its_rim() {
    let (values, at) = sampled(21, |x, y| x + 0.3 * y);
    let lines = lines(values.view(), 0.21);
    assert_eq!(lines.len(), 1);
    let ContourLine { points, closed } = &lines[0];
    assert!(!closed);
    for &(x, y) in points {
        assert!((at(x) + 0.3 * at(y) - 0.21).abs() < 1e-12, "linear functions are exact");
    }
    let mut ends = [at(points[0].1), at(points[points.len() - 1].1)];
    ends.sort_by(f64::total_cmp);
    assert_eq!(ends, [-1.0, 1.0]);
}

#[test]
fn the_saddle_decides_which_corners_are_joined() {
    // The bilinear function with these corners has its saddle at (3·3 − 0)/6 = 1.5.
    let values = array![[3.0, 0.0], [0.0, 3.0]];
    let ways = |level: f64| {
        let mut sums: Vec<f64> = lines(values.view(), level)
            .iter()
            .map(|line| line.points.iter().map(|p| p.0 - p.1).sum())
            .collect();
        sums.sort_by(f64::total_cmp);
        sums
    };
    // Below the saddle the high corners (0, 0) and (1, 1) are joined: each line cuts off a low
    // corner, where x − y is −1 or 1; above it each cuts off a high one, where it is 0.
    let below = ways(1.4);
    assert!(below.len() == 2 && below[0] < -1.0 && below[1] > 1.0, "{below:?}");
    let above = ways(1.6);
    assert!(above.len() == 2 && above.iter().all(|sum| sum.abs() < 1e-12), "{above:?}");
    // The mean of the corners would say otherwise here: it is 2.5, the saddle 1.
    let skewed = array![[1.0, 0.0], [0.0, 9.0]];
    assert!(joined_at_saddle([1.0, 0.0, 9.0, 0.0], 0.89));
    assert!(!joined_at_saddle([1.0, 0.0, 9.0, 0.0], 0.91));
    assert_eq!(lines(skewed.view(), 0.91).len(), 2);
}

#[test]
fn many_saddles_leave_no_loose_ends_inside() {
    let (values, _) = sampled(41, |x, y| (9.0 * x).sin() * (9.0 * y).sin());
    for level in [-0.5, 0.0, 1e-9, 0.3] {
        for ContourLine { points, closed } in lines(values.view(), level) {
            let on_rim = |p: &GridPoint| p.0 == 0.0 || p.1 == 0.0 || p.0 == 40.0 || p.1 == 40.0;
            let ends = [&points[0], &points[points.len() - 1]];
            assert!(closed || ends.into_iter().all(on_rim), "{level}");
        }
    }
}

#[test]
fn regions_cover_what_is_high_and_holes_run_the_other_way() {
    let (values, _) = sampled(101, f64::hypot);
    let covered = |values: &Array2<f64>, level: f64| -> f64 {
        let rings = region(values.view(), level);
        rings.iter().map(|ring| double_area(ring)).sum::<f64>() / 2.0 / 10_000.0
    };
    assert!((covered(&values, f64::MIN) - 1.0).abs() < 1e-12, "everything");
    let disc = TAU / 2.0 * 0.25 / 4.0;
    assert!((covered(&values, 0.5) - (1.0 - disc)).abs() < 1e-3, "all but a disc");
    assert!((covered(&-&values, -0.5) - disc).abs() < 1e-3, "a disc");
    assert_eq!(region(values.view(), 0.5).len(), 2);
    // A bridge there and back adds no area.
    let whole = double_area(&bridged(region(values.view(), 0.5)));
    assert!((whole / 2.0 / 10_000.0 - covered(&values, 0.5)).abs() < 1e-12);
}

#[test]
fn missing_values_are_left_out() {
    let (mut values, _) = sampled(21, |x, _| x);
    values[(10, 10)] = f64::NAN;
    values[(3, 4)] = f64::INFINITY;
    values[(17, 4)] = f64::NEG_INFINITY;
    let lines = lines(values.view(), 0.05);
    assert_eq!(lines.len(), 2, "the line through the missing value is in two pieces");
    for ContourLine { points, .. } in lines {
        assert!(points.iter().all(|&(x, y)| (x - 10.5).abs() < 1e-9 && (y - 10.0).abs() >= 1.0));
    }
    let rings = region(values.view(), f64::MIN);
    let area: f64 = rings.iter().map(|ring| double_area(ring)).sum::<f64>() / 2.0;
    // Around each missing node a diamond of area 2.
    assert!((area - (400.0 - 6.0)).abs() < 1e-9, "{area}");
}

#[test]
fn grids_of_any_size_and_values_of_any_size_are_fine() {
    for shape in [(0, 0), (0, 5), (1, 1), (1, 4), (4, 1), (2, 2)] {
        for value in [0.0, f64::NAN, f64::MAX] {
            let values = Array2::from_elem(shape, value);
            assert!(lines(values.view(), 0.5).is_empty());
            region(values.view(), 0.5);
        }
    }
    let huge = array![[f64::MAX, -f64::MAX], [-f64::MAX, f64::MAX]];
    for line in lines(huge.view(), 0.0) {
        assert!(line.points.iter().all(|p| p.0.is_finite() && p.1.is_finite()));
    }
}
