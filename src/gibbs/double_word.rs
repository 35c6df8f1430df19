//! Double-word potentials: sums of two `f64`.

/// Potentials `high + ε·low`. The rounding of a single word is `ulp(high)/ε` in the exponents of the
/// plan, which is large for small ε.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DoubleWordPotential {
    /// In the units of the cost.
    pub(crate) high: Vec<f64>,
    /// The rounding error of `high`, in units of ε; 0 where it would be 1 or more.
    pub(crate) low: Vec<f64>,
}

impl From<Vec<f64>> for DoubleWordPotential {
    fn from(high: Vec<f64>) -> Self {
        let low = vec![0.0; high.len()];
        Self { high, low }
    }
}

impl DoubleWordPotential {
    /// `self + ε·steps`, rounded to single words.
    pub(crate) fn moved(&self, epsilon: f64, steps: impl IntoIterator<Item = f64>) -> Self {
        let steps = self.high.iter().zip(steps);
        steps.map(|(high, step)| step.mul_add(epsilon, *high)).collect::<Vec<_>>().into()
    }

    /// `self + ε·steps` as double words, by error-free addition (Knuth, "The Art of Computer Programming",
    /// vol. 2, §4.2.2, theorem B).
    pub(crate) fn moved_exactly(&self, epsilon: f64, steps: impl IntoIterator<Item = f64>) -> Self {
        let sums = self.high.iter().zip(&self.low).zip(steps).map(|((&high, &low), step)| {
            let step = epsilon * (step + low);
            let sum = high + step;
            let added = sum - high;
            let low = ((high - (sum - added)) + (step - added)) / epsilon;
            (sum, if low.abs() < 1.0 { low } else { 0.0 })
        });
        let (high, low) = sums.unzip();
        Self { high, low }
    }
}
