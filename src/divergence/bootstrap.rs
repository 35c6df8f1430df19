//! The bootstrap: intervals and standard errors of estimates.
//!
//! Each replicate draws n points from the source sample and m from the target, with replacement.
//! The statistic varies between replicates as it would vary between samples if it has a normal
//! limit: `T(P̂, Q̂) ≈ T + Σ influences`, first-order terms that do not vanish. This holds for
//!
//! - f-divergences on fixed cells that all have mass on either side,
//! - the energy distance, MMD², and the 1-D W₁, as long as P ≠ Q (at P = Q the first-order term is 0).
//!
//! There the *interval* is the basic one of √T, `[2√T − √q(97.5 %), 2√T − √q(2.5 %)]²` with quantiles
//! q of the replicates. It subtracts the bias instead of adding it once more. The root √T has a spread
//! that hardly depends on T, since divergences are squared distances to leading order. Of energy, MMD²
//! and W₁ the first-order term alone is resampled ([`Bootstrap::shifts`]): points that are drawn twice
//! would otherwise count as pairs at distance 0. P ≠ Q is tested: an interval is stated only if the
//! value is [`DISTINCT_DEVIATIONS`] standard deviations of its replicates above 0.
//!
//! Elsewhere the central 95 % of the replicates are a *spread*: how much the value varies with the
//! sample. It says nothing about the truth: the replicates of a biased estimate are biased twice.
//!
//! **Complexity.** O(n + m) a replicate and its statistic.
//!
//! **References.** Efron 1979, "Bootstrap methods: another look at the jackknife", Ann. Stat. 7;
//! Davison, Hinkley 1997, "Bootstrap methods and their application", §5.2 (the basic interval);
//! Arcones, Giné 1992, "On the bootstrap of U and V statistics", Ann. Stat. 20; del Barrio, Giné,
//! Matrán 1999, "Central limit theorems for the Wasserstein distance between the empirical and the
//! true distributions", Ann. Probab. 27.

use rand::Rng as _;
use rayon::prelude::*;

use super::Estimate;
use crate::math;
use crate::seed::{Seed, Stream};

/// Number of standard deviations above 0 from which two laws count as distinct.
pub const DISTINCT_DEVIATIONS: f64 = 4.0;

/// Number of points of a sample above which the first-order term is drawn from its normal limit: by
/// Berry and Esseen the error of its distribution function is below a percent.
pub const NORMAL_LIMIT_POINTS: usize = 20_000;

/// Resampling with replacement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bootstrap {
    /// Number of replicates.
    pub replicates: usize,
    /// The seed of the draws.
    pub seed: Seed,
}

/// An interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Bootstrap {
    /// The statistic of every replicate, from how often each source and each target point was drawn.
    pub fn replicate<T: Send>(
        &self,
        (n, m): (usize, usize),
        statistic: impl Fn(&[u16], &[u16]) -> T + Sync,
    ) -> Vec<T> {
        let rounds = (0..self.replicates).into_par_iter();
        rounds
            .map_init(
                || (vec![0_u16; n], vec![0_u16; m]),
                |(source, target), round| {
                    let mut stream = self.seed.stream(&format!("bootstrap {round}"));
                    for counts in [&mut *source, &mut *target] {
                        counts.fill(0);
                        draw(counts, &mut stream);
                    }
                    statistic(source, target)
                },
            )
            .collect()
    }

    /// The first-order change of an estimate in every replicate; `masses` are those of the points.
    ///
    /// For more than [`NORMAL_LIMIT_POINTS`] points a side it is drawn from its normal limit, whose
    /// variance is that of the mean of the influences.
    #[must_use]
    pub fn shifts(&self, estimate: &Estimate, (source, target): (&[f64], &[f64])) -> Vec<f64> {
        if source.len().min(target.len()) > NORMAL_LIMIT_POINTS {
            let variance =
                squared_error(&estimate.source, source) + squared_error(&estimate.target, target);
            let mut stream = self.seed.stream("bootstrap normal");
            return (0..self.replicates).map(|_| variance.sqrt() * stream.normal()).collect();
        }
        let ones = |masses: &[f64]| vec![1; masses.len()];
        let p_mean = weighted_mean(&estimate.source, source, &ones(source));
        let q_mean = weighted_mean(&estimate.target, target, &ones(target));
        self.replicate((source.len(), target.len()), |p_counts, q_counts| {
            weighted_mean(&estimate.source, source, p_counts) - p_mean
                + weighted_mean(&estimate.target, target, q_counts)
                - q_mean
        })
    }
}

/// Draws as many points as there are, and counts how often each comes.
fn draw(counts: &mut [u16], stream: &mut Stream) {
    if let Ok(points) = u32::try_from(counts.len()) {
        for _ in 0..points {
            counts[stream.random_range(0..points) as usize] += 1;
        }
    } else {
        let points = counts.len();
        for _ in 0..points {
            counts[stream.random_range(0..points)] += 1;
        }
    }
}

/// The variance of a weighted mean over resampled points, `Σ w²(ψ − ψ̄)²` with weights of total 1.
fn squared_error(influences: &[f64], masses: &[f64]) -> f64 {
    let (total, mean) = (math::sum(masses), math::dot(influences, masses) / math::sum(masses));
    let terms: Vec<f64> =
        influences.iter().zip(masses).map(|(x, w)| (w / total * (x - mean)).powi(2)).collect();
    math::sum(&terms)
}

/// `Σ w c ψ / Σ w c`; 0 without points.
fn weighted_mean(influences: &[f64], masses: &[f64], counts: &[u16]) -> f64 {
    let (mut sum, mut total) = (0.0, 0.0);
    for ((influence, mass), count) in influences.iter().zip(masses).zip(counts) {
        let weight = mass * f64::from(*count);
        sum += weight * influence;
        total += weight;
    }
    if total > 0.0 { sum / total } else { 0.0 }
}

impl Range {
    /// The central 95 % of replicates: a spread.
    ///
    /// # Panics
    /// Without replicates.
    #[must_use]
    pub fn spread(mut replicates: Vec<f64>) -> Self {
        replicates.sort_unstable_by(f64::total_cmp);
        // R replicates and the truth are R + 1 draws: 2.5 % of them are to lie outside on either side.
        let outside = (replicates.len() + 1) / 40;
        let low = outside.saturating_sub(1);
        Self { low: replicates[low], high: replicates[replicates.len() - 1 - low] }
    }

    /// The basic 95 % interval of a divergence, from its value and its replicates; `None` where it
    /// would not be valid, because some replicate is infinite or the value is not clear of 0.
    #[must_use]
    pub fn interval(value: f64, replicates: Vec<f64>) -> Option<Self> {
        let count = replicates.len() as f64;
        let mean = replicates.iter().sum::<f64>() / count;
        let variance = replicates.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
        let clear = value > DISTINCT_DEVIATIONS * variance.sqrt();
        // An infinite replicate makes the variance NaN, and nothing is clear of that.
        if !clear {
            return None;
        }
        let Self { low, high } = Self::spread(replicates);
        let mirrored = |end: f64| (2.0 * value.sqrt() - end.max(0.0).sqrt()).max(0.0).powi(2);
        Some(Self { low: mirrored(high), high: mirrored(low) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replicates_draw_as_many_points_as_there_are() {
        let bootstrap = Bootstrap { replicates: 20, seed: Seed(1) };
        let drawn = bootstrap.replicate((7, 5), |p, q| (p.to_vec(), q.to_vec()));
        for (p, q) in &drawn {
            assert_eq!((p.iter().sum::<u16>(), q.iter().sum::<u16>()), (7, 5));
        }
        assert!(drawn.windows(2).any(|pair| pair[0] != pair[1]));
        assert_eq!(drawn, bootstrap.replicate((7, 5), |p, q| (p.to_vec(), q.to_vec())));
    }

    #[test]
    fn intervals_mirror_the_replicates_and_need_a_value_clear_of_0() {
        // Squares of 1000, 1001, …, 1078; of 79 replicates the second and the last but one.
        let replicates: Vec<f64> = (1000..1079).map(|k| f64::from(k * k)).collect();
        let spread = Range::spread(replicates.clone());
        assert_eq!((spread.low, spread.high), (1001.0 * 1001.0, 1077.0 * 1077.0));
        let interval = Range::interval(1040.0 * 1040.0, replicates.clone()).unwrap();
        assert_eq!((interval.low, interval.high), (1003.0 * 1003.0, 1079.0 * 1079.0));
        assert_eq!(Range::interval(1.0, replicates), None);
        assert_eq!(Range::interval(1.0, vec![1.0, f64::INFINITY]), None);
    }

    #[test]
    fn shifts_of_a_mean_have_its_standard_error_drawn_or_in_the_limit() {
        for n in [400, NORMAL_LIMIT_POINTS + 20] {
            let influences: Vec<f64> = (0..n).map(|i| (i % 10) as f64).collect();
            let estimate = Estimate { value: 4.5, source: influences, target: vec![0.0; n] };
            let masses = vec![1.0; n];
            let bootstrap = Bootstrap { replicates: 2000, seed: Seed(2) };
            let shifts = bootstrap.shifts(&estimate, (&masses, &masses));
            let variance = shifts.iter().map(|x| x * x).sum::<f64>() / 2000.0;
            // Five standard deviations of a variance of 2000 draws.
            assert!((variance / (8.25 / n as f64) - 1.0).abs() < 0.16, "{n}: {variance}");
        }
    }
}
