//! Distances on the line without plan or potentials.

use ndarray::ArrayView1;

use crate::cost::CostError;
use crate::math::{NeumaierSum, from_sort_key, sort_key};
use crate::measure::{Marginal, MeasureError, check_mass};
use crate::problem::ProblemError;
use crate::solvers::fixed_point::FixedMasses;
use crate::tolerance;

/// The Wasserstein distance `W_p` between the empirical measures of two samples on the line
/// (mass 1/n and 1/m a point), without plan or potentials:
/// `(∫₀¹ |F⁻¹(t) − G⁻¹(t)|^p dt)^(1/p)` with F⁻¹ and G⁻¹ the quantile functions, p ≥ 1.
///
/// O((n + m)·log(n + m)) time, nearly all of it sorting. Relative error of a few ulps.
///
/// ```
/// use deblais::solvers::line::wasserstein_1d;
/// assert_eq!(wasserstein_1d(&[0.0, 1.0], &[3.0, 2.0], 1.0)?, 2.0);
/// assert_eq!(wasserstein_1d(&[0.0], &[3.0, 4.0], 2.0)?, 12.5_f64.sqrt());
/// # Ok::<(), deblais::problem::ProblemError>(())
/// ```
///
/// # Errors
/// [`ProblemError`]: an empty sample, a value that is not finite, p < 1, values so far apart
/// that their difference overflows.
pub fn wasserstein_1d(x: &[f64], y: &[f64], p: f64) -> Result<f64, ProblemError> {
    check_values("source", x)?;
    check_values("target", y)?;
    let sorted = |values: &[f64]| -> Vec<u64> {
        let mut keys: Vec<u64> = values.iter().map(|&x| sort_key(x)).collect();
        keys.sort_unstable();
        keys
    };
    let (x, y) = (sorted(x), sorted(y));
    let point = |points: &[u64], k: usize| from_sort_key(points[k]);
    let (n, m) = (x.len(), y.len());
    let order = WassersteinOrder::new(
        p,
        [point(&x, 0), point(&y, 0)],
        [point(&x, n - 1), point(&y, m - 1)],
    )?;
    let mut sum = NeumaierSum::default();
    if n == m {
        for (&x, &y) in x.iter().zip(&y) {
            sum.add(order.cost(from_sort_key(x) - from_sort_key(y)));
        }
        return Ok(order.root(sum.value() / n as f64));
    }
    // n points of mass m against m points of mass n.
    let (mut supply, mut demand) = (m as u64, n as u64);
    let (mut i, mut j) = (0, 0);
    loop {
        let flow = supply.min(demand);
        sum.add_product(flow as f64, order.cost(point(&x, i) - point(&y, j)));
        supply -= flow;
        demand -= flow;
        if supply == 0 {
            i += 1;
            supply = m as u64;
        }
        if demand == 0 {
            j += 1;
            demand = n as u64;
        }
        if i == n || j == m {
            return Ok(order.root(sum.value() / (n as f64 * m as f64)));
        }
    }
}

/// As [`wasserstein_1d`] for weighted points: `x[i]` carries `source[i]`, `y[j]` carries
/// `target[j]`.
///
/// The masses are taken as they are, so measures of total mass T are at distance T^(1/p) times
/// that of their normalizations. Totals that differ by rounding count as equal.
///
/// # Errors
/// As [`wasserstein_1d`], and for masses that are negative, not finite, all zero, of another
/// number than their points, or with unequal totals.
pub fn wasserstein_1d_weighted(
    (x, source): (&[f64], &[f64]),
    (y, target): (&[f64], &[f64]),
    p: f64,
) -> Result<f64, ProblemError> {
    let source_total = check_weighted("source", x, source)?;
    let target_total = check_weighted("target", y, target)?;
    if (source_total - target_total).abs() > tolerance::TOTALS_F64 * source_total.max(target_total)
    {
        return Err(ProblemError::Totals { source_total, target_total });
    }
    let sorted = |values: &[f64], mass: &[f64], scale: f64| -> (Vec<f64>, Vec<f64>) {
        let mut keyed: Vec<(u64, f64)> =
            values.iter().zip(mass).map(|(&x, &w)| (sort_key(x), w * scale)).collect();
        keyed.sort_unstable_by_key(|&(key, _)| key);
        keyed.into_iter().map(|(key, w)| (from_sort_key(key), w)).unzip()
    };
    let (x, source) = sorted(x, source, 1.0);
    let (y, target) = sorted(y, target, source_total / target_total);
    let marginal = |side, mass: &[f64]| {
        Marginal::new(mass.to_vec().into()).map_err(|error| ProblemError::Mass { side, error })
    };
    let masses = FixedMasses::new(&marginal("source", &source)?, &marginal("target", &target)?);
    let order = WassersteinOrder::new(p, [x[0], y[0]], [x[x.len() - 1], y[y.len() - 1]])?;
    let mut sum = NeumaierSum::default();
    let (mut i, mut j) = (0, 0);
    let (mut supply, mut demand) = (masses.supply[0], masses.demand[0]);
    loop {
        let flow = supply.min(demand);
        sum.add_product(masses.to_f64(flow), order.cost(x[i] - y[j]));
        (supply, demand) = (supply - flow, demand - flow);
        if supply == 0 {
            i += 1;
            let Some(&next) = masses.supply.get(i) else { break };
            supply = next;
        }
        if demand == 0 {
            j += 1;
            let Some(&next) = masses.demand.get(j) else { break };
            demand = next;
        }
    }
    Ok(order.root(sum.value()))
}

/// The order p of a Wasserstein distance, with differences scaled so that no power overflows.
#[derive(Clone, Copy)]
struct WassersteinOrder {
    p: f64,
    /// A power of two near the reciprocal of the largest difference, or 1 for p = 1.
    scale: f64,
}

impl WassersteinOrder {
    /// For points between the smaller of `first` and the larger of `last`.
    fn new(p: f64, first: [f64; 2], last: [f64; 2]) -> Result<Self, ProblemError> {
        if !(p.is_finite() && p >= 1.0) {
            return Err(ProblemError::Cost(CostError::Exponent {
                what: "the order p",
                value: p,
                bound: "≥ 1",
            }));
        }
        let spread = last[0].max(last[1]) - first[0].min(first[1]);
        if !spread.is_finite() {
            let cost = format!("euclidean^{p}");
            return Err(ProblemError::Cost(CostError::Range { spread, cost }));
        }
        let exponent = if p == 1.0 || spread == 0.0 { 0.0 } else { spread.log2().round() };
        Ok(Self { p, scale: (-exponent.clamp(-1000.0, 1000.0)).exp2() })
    }

    /// `(scale·|d|)^p`.
    #[inline(always)]
    fn cost(self, difference: f64) -> f64 {
        let d = self.scale * difference.abs();
        if self.p == 1.0 {
            d
        } else if self.p == 2.0 {
            d * d
        } else {
            d.powf(self.p)
        }
    }

    /// `cost^(1/p) / scale`.
    fn root(self, cost: f64) -> f64 {
        let root = if self.p == 1.0 {
            cost
        } else if self.p == 2.0 {
            cost.sqrt()
        } else {
            cost.powf(1.0 / self.p)
        };
        root / self.scale
    }
}

fn check_values(side: &'static str, values: &[f64]) -> Result<(), ProblemError> {
    let error = if values.is_empty() {
        MeasureError::Empty { n: 0, d: 1 }
    } else if let Some((row, &value)) = values.iter().enumerate().find(|(_, x)| !x.is_finite()) {
        MeasureError::Coordinate { row, column: 0, value }
    } else {
        return Ok(());
    };
    Err(ProblemError::Mass { side, error })
}

/// Checks a weighted sample; returns its total mass.
fn check_weighted(side: &'static str, values: &[f64], mass: &[f64]) -> Result<f64, ProblemError> {
    check_values(side, values)?;
    if values.len() != mass.len() {
        let error = MeasureError::Lengths { points: values.len(), masses: mass.len() };
        return Err(ProblemError::Mass { side, error });
    }
    check_mass(ArrayView1::from(mass)).map_err(|error| ProblemError::Mass { side, error })?;
    Ok(crate::math::sum(mass))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_neither_overflow_nor_vanish() {
        for scale in [1e-200, 1e200] {
            let far = wasserstein_1d(&[0.0, scale], &[2.0 * scale, 3.0 * scale], 2.0).unwrap();
            assert!((far - 2.0 * scale).abs() <= 1e-15 * scale);
        }
        assert_eq!(wasserstein_1d(&[-0.0, 3.0], &[3.0, 0.0], 2.0), Ok(0.0));
    }

    #[test]
    fn bad_samples_are_refused_with_their_place() {
        let place = |result: Result<f64, ProblemError>| result.unwrap_err().to_string();
        assert!(place(wasserstein_1d(&[], &[1.0], 1.0)).contains("source"));
        assert!(place(wasserstein_1d(&[1.0], &[1.0, f64::NAN], 1.0)).contains("point 1"));
        assert!(place(wasserstein_1d(&[1.0], &[1.0], 0.5)).contains("order p"));
        assert!(wasserstein_1d(&[f64::MAX], &[-f64::MAX], 1.0).is_err());
        let weighted = |a: &[f64], b: &[f64]| {
            place(wasserstein_1d_weighted((&[1.0, 2.0], a), (&[3.0], b), 1.0))
        };
        assert!(weighted(&[0.5], &[0.5]).contains("2 points but 1 masses"));
        assert!(weighted(&[0.5, -0.5], &[1.0]).contains("-0.5"));
        assert!(weighted(&[0.5, 0.5], &[2.0]).contains('2'));
    }
}
