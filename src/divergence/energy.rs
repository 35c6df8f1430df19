//! The energy distance.
//!
//! ```text
//! E(P, Q) = 2 E‖X − Y‖ − E‖X − X'‖ − E‖Y − Y'‖     (= 2 ∫ (F − G)² dx on the line)
//! ```
//!
//! of independent X, X' ~ P and Y, Y' ~ Q: a squared distance, 0 only for P = Q, that sees how far
//! apart disjoint supports are. (`scipy.stats.energy_distance` returns its root.)
//!
//! **Estimator.** The energy distance of the empirical measures (a V-statistic): never negative, and
//! above the truth by `E‖X − X'‖/n + E‖Y − Y'‖/m` on average.
//!
//! **Influence.** `2(E‖x − Y‖ − E‖x − X'‖)` of a source point, whose derivative on the line is
//! 4(G − F): both it and the distance come from one sweep over the sorted points.
//!
//! **Complexity.** O((n + m) log(n + m)) on the line, else O((n + m)²·d) time and O(n + m) memory.
//!
//! **References.** Székely, Rizzo 2013, "Energy statistics: a class of statistics based on
//! distances", J. Stat. Plan. Inference 143; Cramér 1928 (the line).

use rayon::prelude::*;

use super::histogram::check_dimensions;
use super::pairs::{row_means, shares};
use super::{Estimate, EstimateError};
use crate::cost::GroundCost;
use crate::math::{self, NeumaierSum, sort_key};
use crate::measure::DiscreteMeasure;

/// The energy distance of two measures, either scaled to a total of 1.
///
/// ```
/// use deblais::{DiscreteMeasure, divergence::energy};
/// use ndarray::array;
/// let p = DiscreteMeasure::uniform(array![[0.0], [1.0]])?;
/// let q = DiscreteMeasure::uniform(array![[3.0]])?;
/// assert_eq!(energy(&p, &q)?.value, 4.5); // 2·(3 + 2)/2 − (0 + 1 + 1 + 0)/4
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`EstimateError`]: different dimensions, distances out of range.
pub fn energy(p: &DiscreteMeasure, q: &DiscreteMeasure) -> Result<Estimate, EstimateError> {
    check_dimensions(p, q)?;
    if p.dim() == 1 { on_the_line(p, q) } else { in_space(p, q) }
}

fn in_space(p: &DiscreteMeasure, q: &DiscreteMeasure) -> Result<Estimate, EstimateError> {
    let mean = |a, b| row_means(a, b, GroundCost::Euclidean, |_| ());
    let (across, back) = (mean(p, q)?, mean(q, p)?);
    let (within_p, within_q) = (mean(p, p)?, mean(q, q)?);
    let (p, q) = (shares(p), shares(q));
    let value = 2.0 * math::dot(&p, &across) - math::dot(&p, &within_p) - math::dot(&q, &within_q);
    let influence = |across: Vec<f64>, within: Vec<f64>| {
        across.iter().zip(within).map(|(across, within)| 2.0 * (across - within)).collect()
    };
    Ok(Estimate {
        value: value.max(0.0),
        source: influence(across, within_p),
        target: influence(back, within_q),
    })
}

fn on_the_line(p: &DiscreteMeasure, q: &DiscreteMeasure) -> Result<Estimate, EstimateError> {
    let n = p.len();
    let (xs, ys) = (p.support(), q.support());
    let point = |i: usize| if i < n { xs[(i, 0)] } else { ys[(i - n, 0)] };
    let steps: Vec<f64> = shares(p).into_iter().chain(shares(q).into_iter().map(|w| -w)).collect();
    let mut order: Vec<(u64, usize)> = (0..steps.len()).map(|i| (sort_key(point(i)), i)).collect();
    order.par_sort_unstable();
    if !(point(order[order.len() - 1].1) - point(order[0].1)).is_finite() {
        return Err(EstimateError::Scale);
    }
    let mut influence = vec![0.0; steps.len()];
    // F − G, ∫ (F − G)² and ∫ 4(G − F) so far.
    let mut difference = NeumaierSum::default();
    let (mut area, mut slope_area) = (NeumaierSum::default(), NeumaierSum::default());
    let mut before = point(order[0].1);
    for &(_, i) in &order {
        let (x, height) = (point(i), difference.value());
        area.add(height * height * (x - before));
        slope_area.add(-4.0 * height * (x - before));
        influence[i] = if i < n { slope_area.value() } else { -slope_area.value() };
        difference.add(steps[i]);
        before = x;
    }
    let target = influence.split_off(n);
    Ok(Estimate { value: 2.0 * area.value(), source: influence, target })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, Array2, array};

    fn measure(n: usize, d: usize, phase: f64) -> DiscreteMeasure {
        let points = Array2::from_shape_fn((n, d), |(i, k)| {
            (1.7 * i as f64 + 0.9 * k as f64 + phase).sin() + 0.3 * phase
        });
        let mass = Array1::from_shape_fn(n, |i| 1.0 + (i % 3) as f64);
        DiscreteMeasure::new(points, mass).unwrap()
    }

    #[test]
    fn the_sweep_finds_what_all_pairs_find() {
        let (p, q) = (measure(40, 1, 0.0), measure(27, 1, 1.0));
        let (line, space) = (on_the_line(&p, &q).unwrap(), in_space(&p, &q).unwrap());
        assert!((line.value - space.value).abs() < 1e-14);
        // Influences are defined up to a constant.
        for (a, b) in [(&line.source, &space.source), (&line.target, &space.target)] {
            let constant = a[0] - b[0];
            assert!(a.iter().zip(b).all(|(a, b)| (a - b - constant).abs() < 1e-13));
        }
    }

    #[test]
    fn influences_are_the_derivative_in_the_masses() {
        for d in [1, 2] {
            let (p, q) = (measure(9, d, 0.0), measure(7, d, 1.0));
            let estimate = energy(&p, &q).unwrap();
            let (h, total) = (1e-5, p.total());
            let mean = math::dot(&shares(&p), &estimate.source);
            for i in 0..p.len() {
                let at = |h: f64| {
                    // (1 − h) P + h δ_i.
                    let mut mass = p.mass().to_owned() * (1.0 - h);
                    mass[i] += h * total;
                    let moved = DiscreteMeasure::new(p.support().to_owned(), mass).unwrap();
                    energy(&moved, &q).unwrap().value
                };
                let slope = (at(h) - at(-h)) / (2.0 * h);
                assert!((slope - (estimate.source[i] - mean)).abs() < 1e-9, "{d}: {slope}");
            }
        }
    }

    #[test]
    fn it_sees_how_far_apart_disjoint_supports_are() {
        let at = |x: f64| DiscreteMeasure::uniform(array![[x, 0.0]]).unwrap();
        for distance in [1.0, 10.0] {
            assert_eq!(energy(&at(0.0), &at(distance)).unwrap().value, 2.0 * distance);
        }
        assert_eq!(energy(&at(3.0), &at(3.0)).unwrap().value, 0.0);
    }
}
