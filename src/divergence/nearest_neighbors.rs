//! Kullback–Leibler's divergence from samples by nearest neighbors.
//!
//! ```text
//! KL(P‖Q) ≈ d/n Σ_i ln(ν_k(i)/ρ_k(i)) + ln(m/(n − 1))
//! ```
//!
//! with `ρ_k(i)` the distance from `x_i` to its k-th nearest other source point, `ν_k(i)` to its k-th
//! nearest target point. **Idea.** k/(n·volume of the ball that reaches the k-th neighbor) estimates
//! a density; unit balls, and the bias of either logarithm, cancel from the ratio.
//!
//! **Complexity.** O((n + m) log(n + m)) in a few dimensions, O((n + m)²·d) in many.
//!
//! **Reference.** Wang, Kulkarni, Verdú 2009, "Divergence estimation for multidimensional densities
//! via k-nearest-neighbor distances", IEEE Trans. Inf. Theory 55, eq. 5.
//!
//! **Failure modes.** Consistent if densities exist, but slowly: in 64 dimensions the estimate of
//! samples that are apart is far too small. It is never infinite, whatever the supports are, and may
//! be negative for laws that are close. Duplicates are refused.

use rayon::prelude::*;

use super::EstimateError;
use super::histogram::check_dimensions;
use crate::math;
use crate::measure::DiscreteMeasure;
use crate::spatial::KdTree;

/// KL(P‖Q) in nats, from samples of equal masses, by the k-th nearest neighbors.
///
/// # Errors
/// [`EstimateError`]: too few points, unequal masses, points that coincide.
pub fn kl_nearest_neighbors(
    p: &DiscreteMeasure,
    q: &DiscreteMeasure,
    k: usize,
) -> Result<f64, EstimateError> {
    check_dimensions(p, q)?;
    check_equal_masses(p)?;
    check_equal_masses(q)?;
    let (n, m) = (p.len(), q.len());
    for (have, need) in [(n, k + 1), (m, k)] {
        if have < need {
            return Err(EstimateError::TooFew { have, need });
        }
    }
    let (own, other) = (KdTree::new(p.support()), KdTree::new(q.support()));
    let points: Vec<_> = p.support().outer_iter().map(|x| x.to_vec()).collect();
    let logs: Vec<f64> = points
        .par_iter()
        // The nearest point of its own sample is the point itself.
        .map(|x| 0.5 * (other.kth_nearest(x, k) / own.kth_nearest(x, k + 1)).ln())
        .collect();
    if logs.iter().any(|log| !log.is_finite()) {
        return Err(EstimateError::Ties);
    }
    let mean = math::sum(&logs) / n as f64;
    Ok(p.dim() as f64 * mean + (m as f64 / (n as f64 - 1.0)).ln())
}

/// Refuses masses that differ by more than rounding.
pub(crate) fn check_equal_masses(measure: &DiscreteMeasure) -> Result<(), EstimateError> {
    let share = measure.total() / measure.len() as f64;
    let equal = measure.mass().iter().all(|w| (w - share).abs() <= 1e-9 * share);
    if equal { Ok(()) } else { Err(EstimateError::Weighted) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use ndarray::{Array2, array};

    /// n points of N(mean, 1).
    fn normal(n: usize, mean: f64, name: &str) -> DiscreteMeasure {
        let mut stream = Seed(9).stream(name);
        let points = Array2::from_shape_simple_fn((n, 1), || mean + stream.normal());
        DiscreteMeasure::uniform(points).unwrap()
    }

    #[test]
    fn normal_laws_on_the_line_are_as_far_apart_as_they_are() {
        // KL = shift²/2.
        let (p, q) = (normal(4000, 0.0, "p"), normal(3000, 1.0, "q"));
        let found = kl_nearest_neighbors(&p, &q, 5).unwrap();
        assert!((found - 0.5).abs() < 0.06, "{found}");
    }

    #[test]
    fn three_points_by_hand() {
        // ρ = 1, 1, 2 and ν = 5, 4, 2.
        let p = DiscreteMeasure::uniform(array![[0.0], [1.0], [3.0]]).unwrap();
        let q = DiscreteMeasure::uniform(array![[5.0], [9.0]]).unwrap();
        let expected = 20.0_f64.ln() / 3.0;
        assert!((kl_nearest_neighbors(&p, &q, 1).unwrap() - expected).abs() < 1e-15);
    }

    #[test]
    fn what_cannot_be_estimated_is_refused() {
        let p = DiscreteMeasure::uniform(array![[0.0], [0.0], [3.0]]).unwrap();
        let q = DiscreteMeasure::new(array![[5.0], [9.0]], array![0.3, 0.7]).unwrap();
        assert_eq!(kl_nearest_neighbors(&p, &p, 1), Err(EstimateError::Ties));
        assert_eq!(kl_nearest_neighbors(&p, &q, 1), Err(EstimateError::Weighted));
        assert!(matches!(kl_nearest_neighbors(&p, &p, 3), Err(EstimateError::TooFew { .. })));
    }
}
