//! The ground costs by name.

use super::CostError;
use super::dissimilarity::Dissimilarity;

/// Roundings that a call of `powf` stands for: the system's is off by less than one unit in the last
/// place, or two roundings.
pub(super) const POWER: f64 = 4.0;

/// ‖x − y‖₂.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Euclidean;

/// ‖x − y‖₂².
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SqEuclidean;

/// ‖x − y‖₁.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cityblock;

/// `‖x − y‖_∞`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chebyshev;

/// ‖x − y‖_q with q ≥ 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Minkowski {
    exponent: f64,
}

/// 1 − cos∠(x, y), computed as ½‖x/‖x‖ − y/‖y‖‖², which does not cancel. Not a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cosine;

impl Dissimilarity for Euclidean {
    fn name(&self) -> String {
        "euclidean".into()
    }
    /// Of a tiny distance: the differences and their shares, squares, sums, root, product.
    fn roundings(&self, d: usize) -> f64 {
        0.5 * d as f64 + 6.0
    }
    fn is_euclidean(&self) -> bool {
        true
    }
    #[inline(always)]
    fn accumulate(&self, accumulator: f64, difference: f64) -> f64 {
        difference.mul_add(difference, accumulator)
    }
    #[inline(always)]
    fn finish(&self, accumulator: f64) -> f64 {
        accumulator.sqrt()
    }
    fn degree(&self) -> f64 {
        2.0
    }
}

impl Dissimilarity for SqEuclidean {
    fn name(&self) -> String {
        "sqeuclidean".into()
    }
    /// A difference, squared, and d fused additions.
    fn roundings(&self, d: usize) -> f64 {
        d as f64 + 3.0
    }
    #[inline(always)]
    fn accumulate(&self, accumulator: f64, difference: f64) -> f64 {
        difference.mul_add(difference, accumulator)
    }
    fn is_squared_distance(&self) -> bool {
        true
    }
    fn power_on_line(&self) -> Option<u8> {
        Some(2)
    }
    fn degree(&self) -> f64 {
        2.0
    }
}

impl Dissimilarity for Cityblock {
    fn name(&self) -> String {
        "cityblock".into()
    }
    /// A difference and d additions.
    fn roundings(&self, d: usize) -> f64 {
        d as f64 + 1.0
    }
    #[inline(always)]
    fn accumulate(&self, accumulator: f64, difference: f64) -> f64 {
        accumulator + difference
    }
}

impl Dissimilarity for Chebyshev {
    fn name(&self) -> String {
        "chebyshev".into()
    }
    fn roundings(&self, _d: usize) -> f64 {
        1.0
    }
    #[inline(always)]
    fn accumulate(&self, accumulator: f64, difference: f64) -> f64 {
        accumulator.max(difference)
    }
}

impl Minkowski {
    /// The Minkowski distance with exponent q ≥ 1.
    ///
    /// # Errors
    /// [`CostError::Exponent`] for q < 1 (the triangle inequality fails there), NaN, infinity.
    pub fn new(exponent: f64) -> Result<Self, CostError> {
        if exponent.is_finite() && exponent >= 1.0 {
            Ok(Self { exponent })
        } else {
            Err(CostError::Exponent {
                what: "the Minkowski exponent",
                value: exponent,
                bound: "≥ 1",
            })
        }
    }

    /// The exponent q.
    #[must_use]
    pub fn exponent(self) -> f64 {
        self.exponent
    }
}

impl Dissimilarity for Minkowski {
    fn name(&self) -> String {
        format!("minkowski({})", self.exponent)
    }
    /// Three for a share of the largest difference, which the power multiplies by q and the root
    /// divides; the powers themselves; d additions; 1/q, which enters by the logarithm of a sum
    /// between 1 and d; and the product.
    fn roundings(&self, d: usize) -> f64 {
        let d = d as f64;
        3.0 + (d + POWER + d.ln() + 1.0) / self.exponent + POWER + 4.0
    }
    fn is_fold(&self) -> bool {
        false
    }
    /// The largest difference; [`Minkowski::block`] scales by it before any power is taken.
    #[inline(always)]
    fn accumulate(&self, accumulator: f64, difference: f64) -> f64 {
        accumulator.max(difference)
    }
    /// `M·(Σ (|x_k − y_k|/M)^q)^(1/q)` with `M` the largest difference: no power overflows.
    #[inline(always)]
    fn block(&self, x: &[f64], columns: &[&[f64]], out: &mut [f64]) {
        for (j, out) in out.iter_mut().enumerate() {
            let differences = || x.iter().zip(columns).map(|(x, column)| (x - column[j]).abs());
            let largest = differences().fold(0.0, f64::max);
            *out = if largest > 0.0 {
                let sum: f64 = differences().map(|d| (d / largest).powf(self.exponent)).sum();
                largest * sum.powf(1.0 / self.exponent)
            } else {
                0.0
            };
        }
    }
}

impl Dissimilarity for Cosine {
    fn name(&self) -> String {
        "cosine".into()
    }
    /// Those of half the sum of squares.
    fn roundings(&self, d: usize) -> f64 {
        d as f64 + 4.0
    }
    /// A coordinate of a unit vector is off by d/2 + 5 roundings, so the distance s ≤ 2 of two of
    /// them by twice as many, e; half its square by s·e + e²/2.
    fn absolute_error(&self, d: usize) -> f64 {
        let e = 2.0 * (0.5 * d as f64 + 6.0) * f64::EPSILON;
        2.0 * e + 0.5 * e * e
    }
    #[inline(always)]
    fn accumulate(&self, accumulator: f64, difference: f64) -> f64 {
        difference.mul_add(difference, accumulator)
    }
    #[inline(always)]
    fn finish(&self, accumulator: f64) -> f64 {
        0.5 * accumulator
    }
    fn prepares(&self) -> bool {
        true
    }
    fn prepare(&self, point: &mut [f64]) -> Result<(), CostError> {
        let largest = point.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        if largest == 0.0 {
            return Err(CostError::ZeroVector);
        }
        for x in &mut *point {
            *x /= largest;
        }
        let norm = point.iter().map(|x| x * x).sum::<f64>().sqrt();
        for x in point {
            *x /= norm;
        }
        Ok(())
    }
    fn convex_on_line(&self) -> bool {
        false
    }
    fn power_on_line(&self) -> Option<u8> {
        None
    }
}
