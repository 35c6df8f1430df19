//! Permutation tests of two samples: the report of `deblais test`.

use serde::Serialize;

use super::divergence::as_map;
use super::{SetReport, number};
use crate::two_sample::{Bracket, StatisticTest, TwoSampleTest, holm};

/// Schema of [`TwoSampleReport`].
pub const TEST_SCHEMA: &str = "deblais.test/1";

/// Levels of the quantiles that are reported of a null.
const QUANTILE_LEVELS: [f64; 4] = [0.05, 0.5, 0.95, 0.99];

/// The tests of one pair of samples, or of all pairs of several.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TwoSampleReport {
    /// Coordinates of a point.
    pub dim: usize,
    /// Name of the ground distance.
    pub cost: String,
    /// Minkowski exponent.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub exponent: Option<f64>,
    /// The cost is the distance to this power.
    #[serde(with = "number")]
    pub p: f64,
    /// The samples that one file was divided into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sets: Option<Vec<SetReport>>,
    /// The pairs that were tested.
    pub comparisons: Vec<ComparisonReport>,
    /// Why the run ended.
    pub termination: &'static str,
}

/// The tests of two samples.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComparisonReport {
    /// Places of the samples among the sets, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pair: Option<[usize; 2]>,
    /// Points of the first sample.
    pub n: usize,
    /// Points of the second sample.
    pub m: usize,
    /// The tests by the names of their statistics.
    #[serde(serialize_with = "as_map")]
    pub statistics: Vec<(&'static str, StatisticReport)>,
}

/// The test by one statistic.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StatisticReport {
    /// Bounds of the value for the samples.
    pub observed: BoundsReport,
    /// The p-value.
    #[serde(with = "number")]
    pub p_value: f64,
    /// The p-value after Holm's correction for all pairs.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub p_value_holm: Option<f64>,
    /// Permutations that were done.
    pub permutations: usize,
    /// Those that count as at least the observed value.
    pub at_least: usize,
    /// Those among them whose bracket overlaps that of the observed value.
    pub undecided: usize,
    /// Whether the test ended with a permutation at least the observed value, as it was asked to.
    pub stopped_early: bool,
    /// Quantiles of the null.
    pub null_quantiles: Vec<QuantileReport>,
}

/// Two bounds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BoundsReport {
    /// At most the value.
    #[serde(with = "number")]
    pub lower: f64,
    /// At least the value.
    #[serde(with = "number")]
    pub upper: f64,
}

/// A quantile of the null.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct QuantileReport {
    /// The share of permutations whose values do not exceed it, at least.
    #[serde(with = "number")]
    pub level: f64,
    /// Its bounds.
    #[serde(flatten)]
    pub value: BoundsReport,
}

impl From<Bracket> for BoundsReport {
    fn from(Bracket { lower, upper }: Bracket) -> Self {
        Self { lower, upper }
    }
}

impl From<&StatisticTest> for StatisticReport {
    fn from(test: &StatisticTest) -> Self {
        let quantile =
            |level| Some(QuantileReport { level, value: test.null_quantile(level)?.into() });
        Self {
            observed: test.observed.into(),
            p_value: test.p_value(),
            p_value_holm: None,
            permutations: test.null.len(),
            at_least: test.at_least,
            undecided: test.undecided,
            stopped_early: test.stopped_early(),
            null_quantiles: QUANTILE_LEVELS.into_iter().filter_map(quantile).collect(),
        }
    }
}

impl ComparisonReport {
    /// The report of a test of samples of n and m points.
    #[must_use]
    pub fn new(n: usize, m: usize, test: &TwoSampleTest) -> Self {
        let named = |test: &StatisticTest| (test.statistic.name(), StatisticReport::from(test));
        Self { pair: None, n, m, statistics: test.statistics.iter().map(named).collect() }
    }
}

/// Corrects the p-values of each statistic for the number of comparisons, which have the same
/// statistics.
pub fn correct(comparisons: &mut [ComparisonReport]) {
    let statistics = comparisons.first().map_or(0, |first| first.statistics.len());
    for k in 0..statistics {
        let p_values: Vec<f64> = comparisons.iter().map(|c| c.statistics[k].1.p_value).collect();
        for (comparison, corrected) in comparisons.iter_mut().zip(holm(&p_values)) {
            comparison.statistics[k].1.p_value_holm = Some(corrected);
        }
    }
}
