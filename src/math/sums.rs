//! Compensated sums and dot products.
//!
//! Certificates subtract numbers that agree to fifteen digits, so plain left-to-right sums
//! are not good enough for them. [`NeumaierSum`] carries the rounding error of every addition
//! along (Neumaier 1974, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher
//! Summen", ZAMM 54); [`dot`] splits every product exactly with a fused multiply-add first
//! (Ogita, Rump, Oishi 2005, "Accurate sum and dot product", SIAM J. Sci. Comput. 26, §5).

/// A running sum with its rounding error kept apart.
#[derive(Debug, Clone, Copy, Default)]
pub struct NeumaierSum {
    sum: f64,
    error: f64,
}

impl NeumaierSum {
    /// Adds one term.
    pub fn add(&mut self, term: f64) {
        let sum = self.sum + term;
        self.error += if self.sum.abs() >= term.abs() {
            (self.sum - sum) + term
        } else {
            (term - sum) + self.sum
        };
        self.sum = sum;
    }

    /// Adds the product `x·y` without rounding it first.
    pub fn add_product(&mut self, x: f64, y: f64) {
        let product = x * y;
        self.add(product);
        self.error += x.mul_add(y, -product);
    }

    /// The sum so far, rounded once; infinite if it overflowed.
    #[must_use]
    pub fn value(self) -> f64 {
        if self.sum.is_infinite() { self.sum } else { self.sum + self.error }
    }
}

impl FromIterator<f64> for NeumaierSum {
    fn from_iter<I: IntoIterator<Item = f64>>(terms: I) -> Self {
        let mut sum = Self::default();
        for term in terms {
            sum.add(term);
        }
        sum
    }
}

/// Compensated sum of `terms`; the error does not grow with their number (to first order).
pub fn sum<'a>(terms: impl IntoIterator<Item = &'a f64>) -> f64 {
    terms.into_iter().copied().collect::<NeumaierSum>().value()
}

/// Compensated dot product `Σ x_k y_k`, as accurate as if computed in twice the precision.
pub fn dot<'a>(x: impl IntoIterator<Item = &'a f64>, y: impl IntoIterator<Item = &'a f64>) -> f64 {
    let mut sum = NeumaierSum::default();
    for (&x, &y) in x.into_iter().zip(y) {
        sum.add_product(x, y);
    }
    sum.value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_keeps_what_a_plain_one_loses() {
        let terms = [1.0, 1e100, 1.0, -1e100];
        assert_eq!(terms.iter().sum::<f64>().to_bits(), 0.0_f64.to_bits());
        assert_eq!(sum(&terms).to_bits(), 2.0_f64.to_bits());
    }

    /// Once the rounding error of an infinite sum made it no number.
    #[test]
    fn a_sum_that_overflows_is_infinite() {
        assert_eq!(sum(&[1.0, f64::INFINITY, 2.0]), f64::INFINITY);
        assert_eq!(sum(&[-f64::MAX, -f64::MAX]), f64::NEG_INFINITY);
        assert_eq!(dot(&[1e200, 1.0], &[1e200, 1.0]), f64::INFINITY);
    }

    #[test]
    fn a_dot_product_keeps_the_low_half_of_each_product() {
        let e = 2.0_f64.powi(-30);
        let x = [1.0 + e, -1.0];
        let y = [1.0 - e, 1.0];
        assert_eq!(dot(&x, &y).to_bits(), (-e * e).to_bits());
    }
}
