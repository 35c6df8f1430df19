//! The result of a test.

use crate::solvers::Termination;

/// A statistic of the difference between two samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Statistic {
    /// The least transport cost between points of mass 1/n and 1/m, in units of the ground cost.
    Emd,
    /// The energy distance `2 E‖X − Y‖ − E‖X − X'‖ − E‖Y − Y'‖`, in units of length.
    Energy,
    /// The squared maximum mean discrepancy with a Gaussian kernel.
    Mmd,
}

impl Statistic {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Emd, Self::Energy, Self::Mmd];

    /// The name that the reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Emd => "emd",
            Self::Energy => "energy",
            Self::Mmd => "mmd",
        }
    }
}

/// Two bounds of a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bracket {
    /// It is at least this.
    pub lower: f64,
    /// It is at most this.
    pub upper: f64,
}

/// How a permuted statistic compares with the observed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Below,
    AtLeast,
    /// The brackets overlap.
    Undecided,
}

/// The statistic of one permutation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Permuted {
    pub(super) bracket: Bracket,
    pub(super) comparison: Comparison,
}

/// The test by one statistic.
#[derive(Debug, Clone, PartialEq)]
pub struct StatisticTest {
    /// The statistic.
    pub statistic: Statistic,
    /// T, its value for the samples.
    pub observed: Bracket,
    /// `T_b`, its values for the permutations that were done, in their order. Brackets of the transport
    /// cost are as wide as the comparison allowed, unless [`TestOptions::full_null`] is set.
    ///
    /// [`TestOptions::full_null`]: super::TestOptions::full_null
    pub null: Vec<Bracket>,
    /// Permutations that count as `T_b ≥ T`: ties and undecided ones among them.
    pub at_least: usize,
    /// Permutations whose bracket overlaps that of T: exact ties, as a rule.
    pub undecided: usize,
    /// Permutations at least T after which the test ends.
    stop_after: Option<usize>,
}

impl StatisticTest {
    pub(super) fn new(statistic: Statistic, observed: Bracket, stop_after: Option<usize>) -> Self {
        Self { statistic, observed, null: Vec::new(), at_least: 0, undecided: 0, stop_after }
    }

    /// Adds permutations in order, up to the one that ends the test.
    pub(super) fn extend(&mut self, permuted: Vec<Permuted>) {
        for Permuted { bracket, comparison } in permuted {
            if self.stopped_early() {
                return;
            }
            self.null.push(bracket);
            self.at_least += usize::from(comparison != Comparison::Below);
            self.undecided += usize::from(comparison == Comparison::Undecided);
        }
    }

    /// Whether as many permutations as were asked for are at least T, so that the test ended.
    #[must_use]
    pub fn stopped_early(&self) -> bool {
        self.stop_after.is_some_and(|most| self.at_least >= most)
    }

    /// The p-value: `(1 + #{T_b ≥ T}) / (1 + B)` after B permutations, `h / l` of a test that ended early
    /// with the h-th of them at permutation l.
    #[must_use]
    pub fn p_value(&self) -> f64 {
        let (at_least, done) = (self.at_least as f64, self.null.len() as f64);
        if self.stopped_early() { at_least / done } else { (1.0 + at_least) / (1.0 + done) }
    }

    /// Bounds of the `level` quantile of the null: the least `T_b` that at least this share of them do not
    /// exceed. `None` without permutations.
    #[must_use]
    pub fn null_quantile(&self, level: f64) -> Option<Bracket> {
        let count = self.null.len();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank")]
        let rank = ((level * count as f64).ceil() as usize).clamp(1, count.max(1)) - 1;
        let ranked = |end: fn(&Bracket) -> f64| {
            let mut ends: Vec<f64> = self.null.iter().map(end).collect();
            ends.sort_unstable_by(f64::total_cmp);
            ends.get(rank).copied()
        };
        let (lower, upper) = (ranked(|null| null.lower)?, ranked(|null| null.upper)?);
        Some(Bracket { lower, upper })
    }
}

/// The tests of two samples by several statistics, on the same permutations.
#[derive(Debug, Clone, PartialEq)]
pub struct TwoSampleTest {
    /// One a statistic, in the order that was asked for.
    pub statistics: Vec<StatisticTest>,
    /// Why the run ended. After a limit the p-values are those of the permutations that were done.
    pub termination: Termination,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permuted(value: f64, comparison: Comparison) -> Permuted {
        Permuted { bracket: Bracket { lower: value, upper: value + 0.5 }, comparison }
    }

    #[test]
    fn p_values_count_ties_and_undecided_permutations() {
        let observed = Bracket { lower: 3.0, upper: 3.0 };
        let draws = || {
            vec![
                permuted(1.0, Comparison::Below),
                permuted(3.0, Comparison::AtLeast),
                permuted(2.9, Comparison::Undecided),
                permuted(2.0, Comparison::Below),
            ]
        };
        let mut whole = StatisticTest::new(Statistic::Emd, observed, None);
        assert_eq!((whole.p_value(), whole.null_quantile(0.5)), (1.0, None));
        whole.extend(draws());
        assert_eq!((whole.at_least, whole.undecided, whole.p_value()), (2, 1, 0.6));
        assert_eq!(whole.null_quantile(0.5), Some(Bracket { lower: 2.0, upper: 2.5 }));
        assert_eq!(whole.null_quantile(1.0), Some(Bracket { lower: 3.0, upper: 3.5 }));
        let mut early = StatisticTest::new(Statistic::Emd, observed, Some(2));
        early.extend(draws());
        assert!(early.stopped_early());
        assert_eq!((early.null.len(), early.p_value()), (3, 2.0 / 3.0));
        let mut late = StatisticTest::new(Statistic::Emd, observed, Some(3));
        late.extend(draws());
        assert_eq!(late.p_value(), 0.6);
    }
}
