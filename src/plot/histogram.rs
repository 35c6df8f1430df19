//! Histograms as bands of a chart.

use super::Band;

impl Band {
    /// The histogram of finite values: how many of them lie in each of the bins of equal width, about the
    /// root of their number, from the least to the largest.
    ///
    /// ```
    /// use deblais::plot::{self, Band, Chart};
    /// # fn main() -> Result<(), deblais::plot::PlotError> {
    /// let chart = Chart::new("statistic", "permutations")
    ///     .band(Band::histogram("null", &[1.0, 2.0, 2.5, 2.6, 3.0]))
    ///     .place("observed", 4.0);
    /// assert!(plot::svg(&chart)?.contains("observed"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn histogram(name: impl Into<String>, values: &[f64]) -> Self {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let bins = values.len().isqrt().max(1);
        // Values that are all the same lie in the middle of one bin.
        let smallest = f64::EPSILON.sqrt() * high.abs().max(f64::MIN_POSITIVE);
        let width = ((high - low) / bins as f64).max(smallest);
        let start = f64::midpoint(low, high) - 0.5 * width * bins as f64;
        let mut counts = vec![0_u32; bins];
        for value in values {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a bin")]
            let bin = ((value - start) / width) as usize;
            counts[bin.min(bins - 1)] += 1;
        }
        let edge = |k: usize| start + width * k as f64;
        let bar =
            |(k, &count): (usize, &u32)| [edge(k), edge(k + 1)].map(|x| (x, 0.0, count.into()));
        Self::new(name, counts.iter().enumerate().flat_map(bar))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_in_one_bin() {
        let values = [0.0, 0.1, 0.2, 1.0, 1.9, 2.0, 3.0, 2.9, 2.8];
        let steps = [(0.0, 1.0, 3.0), (1.0, 2.0, 2.0), (2.0, 3.0, 4.0)];
        let points = steps.into_iter().flat_map(|(a, b, n)| [(a, 0.0, n), (b, 0.0, n)]);
        assert_eq!(Band::histogram("null", &values), Band::new("null", points));
    }

    #[test]
    fn equal_values_and_none_make_a_histogram() {
        for values in [vec![], vec![0.0; 5], vec![-3.0; 9]] {
            let _ = Band::histogram("null", &values);
        }
    }
}
