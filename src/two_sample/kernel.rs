//! Energy distance and squared MMD of permutations, without rounding.
//!
//! **Problem.** Both are `T = ± (W_x/n² + W_y/m² − 2 W_xy/(nm))` for sums W of a symmetric kernel over
//! pairs of points: + with the Gaussian kernel for the squared MMD, − with the distance for the energy
//! distance (V-statistics, as [`mmd`](crate::mmd) and [`energy_distance`](crate::energy_distance)).
//!
//! **Idea.** The sum R of the kernel's rows in a sample and the sum S of all rows are known, so `W_xy = R − W_x`
//! and `W_y = S − 2R + W_x`: the sum within one sample, the smaller, decides everything:
//!
//! ```text
//! ± n²m²·T = N²·W − 2kN·R + k²·S      (k points in that sample, N in both)
//! ```
//!
//! The kernel's values are rounded to 52-bit integers once, a function of the pooled points alone. All
//! sums and comparisons are exact, so ties are ties, and the order of summation changes nothing.
//!
//! **Complexity.** A pass over the N² values for each block of permutations, which are computed row by row
//! and not stored, and k² additions a permutation. Memory O(N + permutations of a block).

use macro_rules_attribute::apply;
use ndarray::Axis;
use rayon::prelude::*;

use super::options::Watch;
use super::outcome::{Bracket, Comparison, Permuted};
use super::{PermutedStatistic, Samples, Split};
use crate::cost::{Cost, GroundCost};
use crate::divergence::{EstimateError, gaussian, gaussian_exponent, median_bandwidth};
use crate::math::simd_targets;
use crate::measure::DiscreteMeasure;
use crate::solvers::SolveError;

/// Bits of a value of the kernel.
const VALUE_BITS: u32 = 52;

/// Bits that sums of N⁴ values may have.
const SUM_BITS: u32 = 124;

/// A statistic of sums of a kernel.
pub(super) struct KernelStatistic {
    /// Distances between pooled points, or their squares.
    distances: Box<dyn Cost>,
    kernel: Kernel,
    /// Units of the integers that one unit of the kernel is.
    scale: f64,
    /// Points of the smaller sample.
    fewer: usize,
    /// Sums of the kernel's rows.
    row_sums: Vec<i128>,
    observed: i128,
}

/// The function of the stored distance.
#[derive(Debug, Clone, Copy)]
enum Kernel {
    /// The distance itself; it counts negative.
    Distance,
    /// `exp(factor·d²)`.
    Gaussian { factor: f64 },
}

impl KernelStatistic {
    /// The energy distance.
    pub(super) fn energy(samples: &Samples) -> Result<Self, EstimateError> {
        let distances = table(samples, GroundCost::Euclidean)?;
        let mut row = vec![0.0; distances.m()];
        // No two points are farther apart than twice the largest distance from one.
        let largest = 2.0 * distances.row(0, &mut row).iter().copied().fold(0.0, f64::max);
        Self::new(samples, distances, Kernel::Distance, largest)
    }

    /// The squared MMD, with the median distance as the bandwidth if none is given.
    pub(super) fn mmd(samples: &Samples, bandwidth: Option<f64>) -> Result<Self, EstimateError> {
        let sigma = bandwidth.map_or_else(|| pooled_bandwidth(&samples.pooled), Ok)?;
        let kernel = Kernel::Gaussian { factor: gaussian_exponent(sigma)? };
        Self::new(samples, table(samples, GroundCost::SqEuclidean)?, kernel, 1.0)
    }

    fn new(
        samples: &Samples,
        distances: Box<dyn Cost>,
        kernel: Kernel,
        largest: f64,
    ) -> Result<Self, EstimateError> {
        let (n, m) = samples.sizes;
        let length = usize::BITS - (n + m).leading_zeros();
        let bits = VALUE_BITS.min(SUM_BITS.saturating_sub(4 * length));
        let scale = 2.0_f64.powi(bits.cast_signed() - exponent_above(largest));
        if !scale.is_normal() {
            return Err(EstimateError::Scale);
        }
        let mut this =
            Self { distances, kernel, scale, fewer: n.min(m), row_sums: Vec::new(), observed: 0 };
        let sum =
            |row: &mut Vec<f64>, i: usize| this.row(i, row).iter().map(|&k| i128::from(k)).sum();
        let rows = (0..n + m).into_par_iter();
        this.row_sums = rows.map_init(Vec::new, sum).collect();
        let observed = [samples.observed()];
        this.observed = this.numerators(&observed, || false)[0];
        Ok(this)
    }

    /// A row of the kernel as integers.
    fn row(&self, i: usize, buffer: &mut Vec<f64>) -> Vec<i64> {
        buffer.resize(self.distances.m(), 0.0);
        self.distances.part_of_row(i, 0, buffer);
        if let Kernel::Gaussian { factor } = self.kernel {
            gaussian(buffer, factor);
        }
        let mut integers = vec![0; buffer.len()];
        round(buffer, self.scale, &mut integers);
        integers
    }

    /// ± n²m²·T of each division, in units of the integers; without meaning once the time is over.
    fn numerators(&self, splits: &[Split], is_over: impl Fn() -> bool + Sync) -> Vec<i128> {
        let none = || (Vec::new(), vec![0_i128; splits.len()]);
        let add_row = |(mut buffer, mut within): (Vec<f64>, Vec<i128>), i: usize| {
            if !is_over() {
                let row = self.row(i, &mut buffer);
                for (within, split) in within.iter_mut().zip(splits) {
                    if split.smaller().binary_search(&i).is_ok() {
                        *within += sum_of(&row, split.smaller());
                    }
                }
            }
            (buffer, within)
        };
        // Integers: the order of the sums does not matter.
        let add = |mut a: Vec<i128>, b: Vec<i128>| {
            a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
            a
        };
        let rows = (0..self.row_sums.len()).into_par_iter();
        let partial = rows.fold(none, add_row).map(|(_, within)| within);
        let within = partial.reduce(|| none().1, add);
        let all: i128 = self.row_sums.iter().sum();
        let (total, few) = (self.row_sums.len() as i128, self.fewer as i128);
        let numerator = |(within, split): (i128, &Split)| {
            let rows: i128 = split.smaller().iter().map(|&i| self.row_sums[i]).sum();
            total * total * within - 2 * few * total * rows + few * few * all
        };
        within.into_iter().zip(splits).map(numerator).collect()
    }

    /// The statistic itself, rounded.
    fn bracket(&self, numerator: i128) -> Bracket {
        let few = self.fewer as f64;
        let pairs = few * (self.row_sums.len() as f64 - few);
        let value = self.signed(numerator) as f64 / (pairs * pairs) / self.scale;
        Bracket { lower: value, upper: value }
    }

    fn signed(&self, numerator: i128) -> i128 {
        if matches!(self.kernel, Kernel::Distance) { -numerator } else { numerator }
    }
}

impl PermutedStatistic for KernelStatistic {
    fn observed(&self) -> Bracket {
        self.bracket(self.observed)
    }

    fn permuted(&self, splits: &[Split], watch: &Watch<'_>) -> Result<Vec<Permuted>, SolveError> {
        let numerators = self.numerators(splits, || watch.ask().is_break());
        if watch.stopped().is_some() {
            return Ok(Vec::new());
        }
        watch.count(splits.len());
        let permuted = |numerator| {
            let is_below = self.signed(numerator) < self.signed(self.observed);
            let comparison = if is_below { Comparison::Below } else { Comparison::AtLeast };
            Permuted { bracket: self.bracket(numerator), comparison }
        };
        Ok(numerators.into_iter().map(permuted).collect())
    }
}

/// The table between all pooled points.
fn table(samples: &Samples, ground: GroundCost) -> Result<Box<dyn Cost>, EstimateError> {
    ground.table(&samples.pooled, &samples.pooled).map_err(|_| EstimateError::Scale)
}

/// The median distance of pooled points, some of them if they are many: in sorted order, since under the
/// hypothesis it must not depend on which point is in which sample.
fn pooled_bandwidth(pooled: &DiscreteMeasure) -> Result<f64, EstimateError> {
    let points = pooled.support();
    let compare = |&a: &usize, &b: &usize| {
        let pairs = points.row(a).into_iter().zip(points.row(b));
        pairs
            .map(|(a, b)| a.total_cmp(b))
            .find(|order| order.is_ne())
            .unwrap_or(std::cmp::Ordering::Equal)
    };
    let mut order: Vec<usize> = (0..pooled.len()).collect();
    order.sort_by(compare);
    let (low, high) = order.split_at(order.len() / 2);
    let half = |chosen: &[usize]| DiscreteMeasure::uniform(points.select(Axis(0), chosen));
    let halves = half(low).and_then(|low| Ok((low, half(high)?)));
    let (low, high) = halves.map_err(|_| EstimateError::Scale)?;
    median_bandwidth(&low, &high)
}

/// An e for which a number ≥ 0 is below `2^e`; 0 for the number 0.
fn exponent_above(x: f64) -> i32 {
    /// The exponent that the bits of numbers below 1 and not below 1/2 have.
    const BIAS: i32 = 1022;
    let biased = (x.to_bits() >> 52) as i32;
    if x == 0.0 { 0 } else { biased - BIAS }
}

/// The values in integers of the given number a unit.
#[apply(simd_targets)]
fn round(values: &[f64], scale: f64, integers: &mut [i64]) {
    #[expect(clippy::cast_possible_truncation, reason = "at most 53 bits")]
    for (integer, value) in integers.iter_mut().zip(values) {
        *integer = (value * scale).round_ties_even() as i64;
    }
}

/// The sum of some of the values, which have at most 53 bits.
fn sum_of(values: &[i64], chosen: &[usize]) -> i128 {
    /// Values whose sum has at most 63 bits.
    const CHUNK: usize = 1 << 10;
    let sum = |chunk: &[usize]| chunk.iter().map(|&j| values[j]).sum::<i64>();
    chosen.chunks(CHUNK).map(|chunk| i128::from(sum(chunk))).sum()
}
