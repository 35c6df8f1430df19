//! Sums that do not lose what was added, sorting by floating-point keys, and minima in lanes.
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

    /// The sum so far, rounded once.
    #[must_use]
    pub fn value(self) -> f64 {
        self.sum + self.error
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

/// The indices of `points` in ascending order of value, then of index.
pub(crate) fn sorted_order(points: &[f64]) -> Vec<usize> {
    let mut keyed: Vec<(u64, usize)> =
        points.iter().enumerate().map(|(i, &x)| (sort_key(x), i)).collect();
    keyed.sort_unstable();
    keyed.into_iter().map(|(_, i)| i).collect()
}

/// An integer that orders as the finite `f64` does: integers sort twice as fast.
pub(crate) fn sort_key(x: f64) -> u64 {
    let bits = x.to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

/// The inverse of [`sort_key`].
pub(crate) fn from_sort_key(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 0 { !key } else { key & !(1 << 63) })
}

/// The smallest of the lanes that a SIMD loop leaves, halves folded onto each other: one after
/// another they would take as long as a row of hundreds. The number of lanes is a power of two.
#[inline(always)]
pub(crate) fn smallest_lane<const N: usize>(mut lanes: [f64; N]) -> f64 {
    let mut half = N / 2;
    while half > 0 {
        for k in 0..half {
            let other = lanes[k + half];
            lanes[k] = if other < lanes[k] { other } else { lanes[k] };
        }
        half /= 2;
    }
    lanes[0]
}

/// The first k with `value(first[k], second[k]) = sought`, looked for in blocks that SIMD can
/// compare.
#[inline(always)]
pub(crate) fn position_of(
    sought: f64,
    first: &[f64],
    second: &[f64],
    value: impl Fn(f64, f64) -> f64,
) -> Option<usize> {
    const BLOCK: usize = 32;
    let (a, _) = first.as_chunks::<BLOCK>();
    let (b, _) = second.as_chunks::<BLOCK>();
    let holds = |(a, b): (&[f64; BLOCK], &[f64; BLOCK])| {
        let mut any = false;
        for k in 0..BLOCK {
            any |= value(a[k], b[k]) == sought;
        }
        any
    };
    let from = BLOCK * a.iter().zip(b).position(holds).unwrap_or(a.len());
    (from..first.len()).find(|&k| value(first[k], second[k]) == sought)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minima_in_lanes_and_their_places() {
        assert_eq!(smallest_lane([3.0, 1.0, 4.0, 1.5]), 1.0);
        assert_eq!(smallest_lane([f64::INFINITY]), f64::INFINITY);
        let values: Vec<f64> = (0..75).map(f64::from).collect();
        for sought in [0.0, 31.0, 32.0, 63.0, 64.0, 74.0] {
            let found = position_of(2.0 * sought, &values, &values, |a, b| a + b);
            assert_eq!(found.map(|k| values[k]), Some(sought));
        }
        assert_eq!(position_of(7.0, &[9.0, 8.0, 9.0], &[2.0, 1.0, 2.0], |a, b| a - b), Some(0));
        assert_eq!(position_of(0.5, &values, &values, |a, b| a + b), None);
    }

    #[test]
    fn a_sum_keeps_what_a_plain_one_loses() {
        let terms = [1.0, 1e100, 1.0, -1e100];
        assert_eq!(terms.iter().sum::<f64>().to_bits(), 0.0_f64.to_bits());
        assert_eq!(sum(&terms).to_bits(), 2.0_f64.to_bits());
    }

    #[test]
    fn a_dot_product_keeps_the_low_half_of_each_product() {
        let e = 2.0_f64.powi(-30);
        let x = [1.0 + e, -1.0];
        let y = [1.0 - e, 1.0];
        assert_eq!(dot(&x, &y).to_bits(), (-e * e).to_bits());
    }

    #[test]
    fn sort_keys_order_as_the_values_do() {
        let values = [-1e300, -1.0, -1e-310, -0.0, 0.0, 5e-324, 0.5, 1e300];
        let keys: Vec<u64> = values.iter().map(|&x| sort_key(x)).collect();
        assert!(keys.is_sorted());
        for (x, key) in values.iter().zip(keys) {
            assert_eq!(from_sort_key(key).to_bits(), x.to_bits());
        }
    }
}
