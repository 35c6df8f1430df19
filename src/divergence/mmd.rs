//! The squared maximum mean discrepancy with a Gaussian kernel.
//!
//! ```text
//! MMD²(P, Q) = E k(X, X') + E k(Y, Y') − 2 E k(X, Y),   k(x, y) = exp(−‖x − y‖²/(2σ²))
//! ```
//!
//! of independent X, X' ~ P and Y, Y' ~ Q. It grows with the distance up to a few σ and is constant
//! beyond: at most 2, for point masses.
//!
//! **Bandwidth.** The *median heuristic*: σ is the median of the distances between distinct points of
//! both samples together; of at most 1000 of them from each, evenly spaced in the file.
//!
//! **Estimators.** Of measures, [`mmd()`]. Of samples, the U-statistic [`mmd_unbiased`], which
//! leaves the pairs of a point with itself out: unbiased, so negative about half of the time for P
//! = Q. Of more than [`MMD_ALL_PAIRS_POINTS`] points, [`mmd_blocks`]: the mean of the U-statistics
//! of blocks of ⌊√n⌋ points each, unbiased as well, in O(n^1.5).
//!
//! **References.** Gretton, Borgwardt, Rasch, Schölkopf, Smola 2012, "A kernel two-sample test",
//! JMLR 13; Zaremba, Gretton, Blaschko 2013, "B-tests: low variance kernel two-sample tests", NeurIPS.

use macro_rules_attribute::apply;
use ndarray::Axis;
use rand::seq::SliceRandom;
use rayon::prelude::*;

use super::histogram::check_dimensions;
use super::nearest_neighbors::check_equal_masses;
use super::pairs::{row_means, shares};
use super::{Estimate, EstimateError};
use crate::cost::{Cost, GroundCost};
use crate::math::simd_targets;
use crate::math::vectors::sum_of_sizes;
use crate::math::{self, NeumaierSum, exp::exp};
use crate::measure::DiscreteMeasure;
use crate::seed::Seed;

/// Largest number of points of both samples together for which all pairs are computed.
pub const MMD_ALL_PAIRS_POINTS: usize = 20_000;

/// Largest number of points of a sample that are used for the median.
const MEDIAN_POINTS: usize = 1000;

/// `−1/(2σ²)`, unless it is beyond the range of `f64`.
pub(crate) fn gaussian_exponent(sigma: f64) -> Result<f64, EstimateError> {
    let factor = -0.5 / (sigma * sigma);
    if factor.is_normal() { Ok(factor) } else { Err(EstimateError::Scale) }
}

/// `d ← exp(−d/(2σ²))`.
#[apply(simd_targets)]
pub(crate) fn gaussian(row: &mut [f64], factor: f64) {
    for d in row {
        *d = exp(*d * factor);
    }
}

/// σ by the median heuristic.
///
/// # Errors
/// [`EstimateError`]: different dimensions, all points the same, distances out of range.
pub fn median_bandwidth(p: &DiscreteMeasure, q: &DiscreteMeasure) -> Result<f64, EstimateError> {
    check_dimensions(p, q)?;
    let some = |measure: &DiscreteMeasure| {
        let with_mass: Vec<usize> =
            (0..measure.len()).filter(|&i| measure.mass()[i] > 0.0).collect();
        let count = with_mass.len().min(MEDIAN_POINTS);
        let chosen: Vec<usize> =
            (0..count).map(|k| with_mass[k * with_mass.len() / count]).collect();
        measure.support().select(Axis(0), &chosen)
    };
    let mut points = some(p);
    points.append(Axis(0), some(q).view()).map_err(|_| EstimateError::Scale)?;
    let pooled = DiscreteMeasure::uniform(points).map_err(|_| EstimateError::Scale)?;
    let cost = GroundCost::Euclidean.table(&pooled, &pooled).map_err(|_| EstimateError::Scale)?;
    let mut row = vec![0.0; pooled.len()];
    let mut distances = Vec::new();
    for i in 0..pooled.len() {
        distances.extend(cost.row(i, &mut row)[..i].iter().filter(|d| **d > 0.0));
    }
    if distances.is_empty() {
        return Err(EstimateError::NoScale);
    }
    let middle = distances.len() / 2;
    Ok(*distances.select_nth_unstable_by(middle, f64::total_cmp).1)
}

/// The three means of the kernel, row by row: within P, within Q, from P to Q and back.
struct Means {
    within_p: Vec<f64>,
    within_q: Vec<f64>,
    across: Vec<f64>,
    back: Vec<f64>,
}

impl Means {
    fn new(p: &DiscreteMeasure, q: &DiscreteMeasure, sigma: f64) -> Result<Self, EstimateError> {
        check_dimensions(p, q)?;
        let factor = gaussian_exponent(sigma)?;
        let mean = |a, b| row_means(a, b, GroundCost::SqEuclidean, |row| gaussian(row, factor));
        Ok(Self {
            within_p: mean(p, p)?,
            within_q: mean(q, q)?,
            across: mean(p, q)?,
            back: mean(q, p)?,
        })
    }
}

/// MMD² of two measures, either scaled to a total of 1, at bandwidth σ: at least 0.
///
/// # Errors
/// [`EstimateError`]: different dimensions, distances out of range.
pub fn mmd(p: &DiscreteMeasure, q: &DiscreteMeasure, sigma: f64) -> Result<f64, EstimateError> {
    let means = Means::new(p, q, sigma)?;
    let (p, q) = (shares(p), shares(q));
    let value = math::dot(&p, &means.within_p) + math::dot(&q, &means.within_q)
        - 2.0 * math::dot(&p, &means.across);
    Ok(value.max(0.0))
}

/// The least share of the pairs of a sample, by mass, that are of two points: of less, rounding leaves nothing.
const LEAST_SHARE_OF_PAIRS: f64 = 1e-9;

/// The U-statistic of MMD² at bandwidth σ; points of unequal masses count as often as they weigh.
///
/// # Errors
/// [`EstimateError`]: fewer than two points, or nearly all mass at one; different dimensions, distances out
/// of range.
pub fn mmd_unbiased(
    p: &DiscreteMeasure,
    q: &DiscreteMeasure,
    sigma: f64,
) -> Result<Estimate, EstimateError> {
    for have in [p.len(), q.len()] {
        if have < 2 {
            return Err(EstimateError::TooFew { have, need: 2 });
        }
    }
    let Means { within_p, within_q, across, back } = Means::new(p, q, sigma)?;
    let (p, q) = (shares(p), shares(q));
    if [&p, &q].into_iter().any(|w| 1.0 - math::dot(w, w) < LEAST_SHARE_OF_PAIRS) {
        return Err(EstimateError::TooFew { have: 1, need: 2 });
    }
    // Σ_{i≠j} w_i w_j k_ij/(1 − Σ w²): k_ii = 1.
    let without_self = |w: &[f64], within: &[f64]| {
        let own = math::dot(w, w);
        (math::dot(w, within) - own) / (1.0 - own)
    };
    let value =
        without_self(&p, &within_p) + without_self(&q, &within_q) - 2.0 * math::dot(&p, &across);
    let influence = |w: &[f64], within: &[f64], across: &[f64]| {
        let rows = w.iter().zip(within).zip(across);
        rows.map(|((w, within), across)| 2.0 * ((within - w) / (1.0 - w) - across)).collect()
    };
    let (source, target) = (influence(&p, &within_p, &across), influence(&q, &within_q, &back));
    Ok(Estimate { value, source, target })
}

/// The U-statistics of blocks of ⌊√n⌋ points, n those of the smaller sample: each is an unbiased
/// estimate of MMD² at bandwidth σ, and their mean is the block estimate. Which points form a block
/// is drawn.
///
/// # Errors
/// [`EstimateError`]: unequal masses, fewer than four points, different dimensions, distances out
/// of range.
pub fn mmd_blocks(
    p: &DiscreteMeasure,
    q: &DiscreteMeasure,
    sigma: f64,
    seed: Seed,
) -> Result<Vec<f64>, EstimateError> {
    check_equal_masses(p)?;
    check_equal_masses(q)?;
    let size = p.len().min(q.len()).isqrt();
    if size < 2 {
        return Err(EstimateError::TooFew { have: size * size, need: 4 });
    }
    let shuffled = |measure: &DiscreteMeasure, name: &str| {
        let mut order: Vec<usize> = (0..measure.len()).collect();
        order.shuffle(&mut seed.stream(name));
        order
    };
    let (rows, columns) = (shuffled(p, "mmd source"), shuffled(q, "mmd target"));
    let blocks: Vec<_> = rows.chunks_exact(size).zip(columns.chunks_exact(size)).collect();
    let part = |measure: &DiscreteMeasure, chosen: &[usize]| {
        DiscreteMeasure::uniform(measure.support().select(Axis(0), chosen))
            .map_err(|_| EstimateError::Scale)
    };
    let block = |(rows, columns): &(&[usize], &[usize])| {
        block_value(&part(p, rows)?, &part(q, columns)?, sigma)
    };
    blocks.par_iter().map(block).collect()
}

/// The U-statistic of two samples of B points of equal masses: every pair once.
fn block_value(p: &DiscreteMeasure, q: &DiscreteMeasure, sigma: f64) -> Result<f64, EstimateError> {
    let factor = gaussian_exponent(sigma)?;
    let cost = |a, b| GroundCost::SqEuclidean.table(a, b).map_err(|_| EstimateError::Scale);
    let mut row = vec![0.0; q.len()];
    let mut sum = |cost: &dyn Cost, columns: fn(usize, usize) -> usize| {
        let mut sum = NeumaierSum::default();
        for i in 0..cost.n() {
            let part = &mut row[..columns(i, cost.m())];
            cost.part_of_row(i, 0, part);
            gaussian(part, factor);
            // No value of the kernel is negative.
            sum.add(sum_of_sizes(part));
        }
        sum.value()
    };
    let pairs = p.len() as f64 * (p.len() as f64 - 1.0) / 2.0;
    let within = sum(cost(p, p)?.as_ref(), |i, _| i) + sum(cost(q, q)?.as_ref(), |i, _| i);
    let across = sum(cost(p, q)?.as_ref(), |_, m| m);
    Ok(within / pairs - 2.0 * across / (p.len() as f64 * q.len() as f64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    fn measure(n: usize, d: usize, shift: f64, name: &str) -> DiscreteMeasure {
        let mut stream = Seed(4).stream(name);
        let points = Array2::from_shape_simple_fn((n, d), || shift + stream.normal());
        DiscreteMeasure::uniform(points).unwrap()
    }

    #[test]
    fn three_points_by_hand() {
        let p = DiscreteMeasure::uniform(array![[0.0], [1.0]]).unwrap();
        let q = DiscreteMeasure::uniform(array![[2.0], [2.0]]).unwrap();
        let k = |d: f64| (-0.5 * d * d).exp();
        let unbiased = k(1.0) + k(0.0) - (k(2.0) + k(1.0));
        assert!((mmd_unbiased(&p, &q, 1.0).unwrap().value - unbiased).abs() < 1e-15);
        let whole = 0.5 + 0.5 * k(1.0) + 1.0 - (k(2.0) + k(1.0));
        assert!((mmd(&p, &q, 1.0).unwrap() - whole).abs() < 1e-15);
        // Distinct points: 1 (twice 2 − 1), 2 (twice), 1.
        assert_eq!(median_bandwidth(&p, &q), Ok(1.0));
    }

    /// Once 0/0 was printed: the square of σ underflows.
    #[test]
    fn a_bandwidth_whose_square_leaves_the_range_is_refused() {
        let p = DiscreteMeasure::uniform(array![[0.0], [1.0]]).unwrap();
        let q = DiscreteMeasure::uniform(array![[2.0], [2.0]]).unwrap();
        assert_eq!(mmd(&p, &q, 1e-230), Err(EstimateError::Scale));
        assert!(matches!(mmd_unbiased(&p, &q, 1e-230), Err(EstimateError::Scale)));
        assert_eq!(block_value(&p, &q, 1e200), Err(EstimateError::Scale));
    }

    /// Once 0/0 was printed: no pair of two points has mass.
    #[test]
    fn a_sample_with_all_mass_at_one_point_has_no_pairs() {
        for rest in [0.0, 1e-17, 1e-15] {
            let heavy = DiscreteMeasure::normalized(array![[0.0], [3.0]], array![1.0, rest]);
            let heavy = heavy.unwrap();
            let error = mmd_unbiased(&heavy, &heavy, 1.0);
            assert!(matches!(error, Err(EstimateError::TooFew { have: 1, .. })), "{rest}");
        }
    }

    #[test]
    fn blocks_agree_with_all_pairs() {
        let (p, q) = (measure(900, 2, 0.0, "p"), measure(1000, 2, 1.0, "q"));
        let sigma = median_bandwidth(&p, &q).unwrap();
        let blocks = mmd_blocks(&p, &q, sigma, Seed(1)).unwrap();
        assert_eq!(blocks.len(), 30);
        let (few, others) = (measure(30, 2, 0.0, "few"), measure(30, 2, 1.0, "others"));
        let value = mmd_unbiased(&few, &others, sigma).unwrap().value;
        assert!((block_value(&few, &others, sigma).unwrap() - value).abs() < 1e-14);
        let mean = blocks.iter().sum::<f64>() / 30.0;
        let variance = blocks.iter().map(|b| (b - mean).powi(2)).sum::<f64>() / 29.0;
        let whole = mmd_unbiased(&p, &q, sigma).unwrap().value;
        assert!((mean - whole).abs() < 4.0 * (variance / 30.0).sqrt(), "{mean} and {whole}");
    }

    #[test]
    fn it_is_unbiased_where_the_truth_is_known() {
        // N(0, 1) and N(s, 1) at σ = 1: E k = exp(−s²/6)/√3.
        let truth = 2.0 / 3.0_f64.sqrt() * (1.0 - (-0.25_f64 / 6.0).exp());
        let rounds = 200;
        let values: Vec<f64> = (0..rounds)
            .map(|round| {
                let p = measure(50, 1, 0.0, &format!("p {round}"));
                let q = measure(40, 1, 0.5, &format!("q {round}"));
                mmd_unbiased(&p, &q, 1.0).unwrap().value
            })
            .collect();
        let mean = values.iter().sum::<f64>() / f64::from(rounds);
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / f64::from(rounds);
        assert!((mean - truth).abs() < 4.0 * (variance / f64::from(rounds)).sqrt(), "{mean}");
    }
}
