//! Scores of generated points.
//!
//! - **EMD**: the exact earth mover's distance to true points, by a [`ReferenceDistance`], with its
//!   certificate. Two true samples are not 0 apart either: their mean distance is the *noise floor*,
//!   and a perfect generator scores 1 as a ratio to it, up to chance.
//! - **Modes** of a mixture: how many of them get a point of high quality, which is one within 3σ of
//!   the nearest mode; the share of such points; and the reverse Kullback–Leibler divergence
//!   `Σ_k q_k ln(q_k/p_k)` from the shares q of the modes (each point counts for the nearest) to the
//!   true ones p.
//! - **Nearest**: the mean distance to the nearest point of the training set, beside that of the
//!   points held out: far smaller distances show memorization.
//! - **JS**: the Jensen–Shannon divergence of histograms in the plane, in nats, at most ln 2. Of two
//!   true samples it is not 0 either.
//!
//! References: Lin, Khetan, Fanti, Oh 2018, "PacGAN", NeurIPS (modes); Srivastava et al. 2017,
//! "VEEGAN", NeurIPS (reverse KL); Lin 1991, "Divergence measures based on the Shannon entropy",
//! IEEE Trans. Inf. Theory 37.

use ndarray::{ArrayView1, ArrayView2, Axis, s};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Data, GanError};
use crate::certificate::Certificate;
use crate::datasets::Modes;
use crate::divergence::FDivergence;
use crate::seed::Seed;

/// Largest number of points on each side of an exact distance.
pub(super) const MAX_TRANSPORTED_POINTS: usize = 1000;

/// The exact distance between two samples of equal masses: the caller supplies the solver.
pub type ReferenceDistance<'a> =
    dyn FnMut(ArrayView2<'_, f64>, ArrayView2<'_, f64>) -> Result<Certificate, GanError> + 'a;

/// The coverage of the modes of a mixture by generated points.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ModeScores {
    /// Modes with a point within 3σ.
    pub captured: usize,
    /// Number of modes.
    pub of: usize,
    /// The share of points within 3σ of a mode.
    pub high_quality: f64,
    /// Kullback–Leibler divergence of the shares of the modes from equal shares, in nats.
    pub reverse_kl: f64,
}

/// Mean distances to the nearest training point.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Nearest {
    /// Mean distance of the generated points.
    pub generated: f64,
    /// Mean distance of the true points that were held out.
    pub held_out: f64,
}

/// All scores of generated points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scores {
    /// The certificate of the distance, in standard coordinates.
    pub emd: Certificate,
    /// Points on each side of the distance.
    pub points: usize,
    /// The coverage of the modes, for data with known modes.
    pub modes: Option<ModeScores>,
    /// The mean distances to training points, for data that are a sample.
    pub nearest: Option<Nearest>,
    /// The Jensen–Shannon divergence of histograms, for points in the plane.
    pub jensen_shannon: Option<f64>,
}

/// Scores generated points in standard coordinates. The distance takes as many of the first points as
/// there are true ones, but at most 1000; the other scores take all of them.
///
/// # Errors
/// An error of the reference distance.
pub fn score(
    generated: ArrayView2<'_, f64>,
    data: &Data,
    reference: &mut ReferenceDistance<'_>,
) -> Result<Scores, GanError> {
    let truth = data.truth(MAX_TRANSPORTED_POINTS);
    let rows = truth.nrows().min(generated.nrows());
    let emd = reference(generated.slice(s![..rows, ..]), truth.view())?;
    let own = data.standard().restore(generated);
    let nearest = data.training().map(|training| Nearest {
        generated: mean_distance(generated, training),
        held_out: mean_distance(truth.view(), training),
    });
    let in_plane = data.dim() == 2;
    Ok(Scores {
        emd,
        points: rows,
        modes: data.modes().map(|modes| ModeScores::of(own.view(), modes)),
        nearest,
        jensen_shannon: in_plane.then(|| jensen_shannon(generated, truth.view())),
    })
}

/// The mean distance of ten pairs of true samples, of as many points as are scored.
///
/// # Errors
/// An error of the reference distance.
pub fn noise_floor(data: &Data, reference: &mut ReferenceDistance<'_>) -> Result<f64, GanError> {
    const NOISE_FLOOR_PAIRS: usize = 10;
    let mut stream = Seed(0).stream("noise floor");
    let mut sum = 0.0;
    for _ in 0..NOISE_FLOOR_PAIRS {
        let [a, b] = data.pair(MAX_TRANSPORTED_POINTS, &mut stream);
        sum += reference(a.view(), b.view())?.upper;
    }
    Ok(sum / NOISE_FLOOR_PAIRS as f64)
}

impl ModeScores {
    /// The coverage by points in the coordinates of the modes.
    #[must_use]
    pub fn of(points: ArrayView2<'_, f64>, modes: Modes<'_>) -> Self {
        const QUALITY_DEVIATIONS: f64 = 3.0;
        let k = modes.centers.nrows();
        let (mut counts, mut good) = (vec![0_usize; k], vec![0_usize; k]);
        for x in points.outer_iter() {
            let (nearest, distance) = nearest(x, modes.centers);
            counts[nearest] += 1;
            good[nearest] += usize::from(distance <= QUALITY_DEVIATIONS * modes.deviation);
        }
        let n = points.nrows().max(1) as f64;
        let terms = counts.iter().filter(|&&count| count > 0).map(|&count| {
            let share = count as f64 / n;
            share * (share * k as f64).ln()
        });
        Self {
            captured: good.iter().filter(|&&count| count > 0).count(),
            of: k,
            high_quality: good.iter().sum::<usize>() as f64 / n,
            reverse_kl: terms.sum(),
        }
    }
}

/// Index and distance of the nearest row.
fn nearest(x: ArrayView1<'_, f64>, points: ArrayView2<'_, f64>) -> (usize, f64) {
    let squares = points.outer_iter().map(|y| x.iter().zip(y).map(|(x, y)| (x - y).powi(2)).sum());
    let smaller = |(a, least): (usize, f64), (b, square): (usize, f64)| {
        if square < least { (b, square) } else { (a, least) }
    };
    let (index, square) = squares.enumerate().fold((0, f64::INFINITY), smaller);
    (index, square.sqrt())
}

/// The mean distance from points to the nearest training point.
fn mean_distance(points: ArrayView2<'_, f64>, training: ArrayView2<'_, f64>) -> f64 {
    const BLOCK_POINTS: usize = 16;
    let (points, training) = (points.as_standard_layout(), training.as_standard_layout());
    let blocks: Vec<_> = points.axis_chunks_iter(Axis(0), BLOCK_POINTS).collect();
    let squares: Vec<_> = blocks
        .into_par_iter()
        .map(|block| {
            // A point of the training is read once for the whole block.
            let mut least = vec![f64::INFINITY; block.nrows()];
            for y in training.rows() {
                let y = y.to_slice().expect("standard layout");
                for (x, least) in block.rows().into_iter().zip(&mut least) {
                    let x = x.to_slice().expect("standard layout");
                    *least = least.min(square_below(x, y, *least));
                }
            }
            least
        })
        .collect();
    let distances = squares.iter().flatten().map(|square| square.sqrt());
    distances.sum::<f64>() / points.nrows().max(1) as f64
}

/// The squared distance of two points if it is below `least`, else any number that is not.
fn square_below(x: &[f64], y: &[f64], least: f64) -> f64 {
    const LANES: usize = 8;
    const STRIDE: usize = 8 * LANES;
    let mut square = 0.0;
    for (x, y) in x.chunks(STRIDE).zip(y.chunks(STRIDE)) {
        let mut sums = [0.0; LANES];
        for (x, y) in x.chunks(LANES).zip(y.chunks(LANES)) {
            for ((sum, x), y) in sums.iter_mut().zip(x).zip(y) {
                *sum += (x - y) * (x - y);
            }
        }
        square += sums.iter().sum::<f64>();
        if square >= least {
            break;
        }
    }
    square
}

/// JS of two samples in the plane by histograms of 25 × 25 cells over the second one's box; what
/// lies outside has a cell of its own.
#[must_use]
pub fn jensen_shannon(a: ArrayView2<'_, f64>, b: ArrayView2<'_, f64>) -> f64 {
    const CELLS_PER_AXIS: usize = 25;
    let ends = |axis: usize| {
        let start = (f64::INFINITY, f64::NEG_INFINITY);
        b.column(axis).iter().fold(start, |(low, high), &x| (low.min(x), high.max(x)))
    };
    let boxed = [ends(0), ends(1)];
    let cell = |x: f64, (low, high): (f64, f64)| {
        let place = (x - low) / (high - low) * CELLS_PER_AXIS as f64;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in 0..CELLS")]
        (low <= x && x <= high).then(|| (place as usize).min(CELLS_PER_AXIS - 1))
    };
    let shares = |points: ArrayView2<'_, f64>| {
        let mut shares = vec![0.0; CELLS_PER_AXIS * CELLS_PER_AXIS + 1];
        for x in points.outer_iter() {
            let inside = cell(x[0], boxed[0]).zip(cell(x[1], boxed[1]));
            shares[inside
                .map_or(CELLS_PER_AXIS * CELLS_PER_AXIS, |(i, j)| CELLS_PER_AXIS * j + i)] += 1.0;
        }
        shares.iter().map(|count| count / points.nrows().max(1) as f64).collect::<Vec<_>>()
    };
    FDivergence::JensenShannon.between(&shares(a), &shares(b))
}

/// Spearman's rank correlation of pairs: 1 if one grows with the other, −1 if it falls, and nothing
/// if one of them is constant. Ties share their mean rank.
#[must_use]
pub fn rank_correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    let first = ranks(pairs.iter().map(|pair| pair.0).collect());
    let second = ranks(pairs.iter().map(|pair| pair.1).collect());
    let center = (pairs.len() as f64 - 1.0) / 2.0;
    let moment = |a: &[f64], b: &[f64]| -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - center) * (b - center)).sum()
    };
    let spread = moment(&first, &first) * moment(&second, &second);
    (spread > 0.0).then(|| moment(&first, &second) / spread.sqrt())
}

fn ranks(values: Vec<f64>) -> Vec<f64> {
    let rank = |x: f64| {
        let below = values.iter().filter(|&&y| y < x).count() as f64;
        let equal = values.iter().filter(|&&y| y == x).count() as f64;
        below + (equal - 1.0) / 2.0
    };
    values.iter().map(|&x| rank(x)).collect()
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::datasets::{Law, Mixture};

    #[test]
    fn modes_are_counted_by_hand() {
        let mixture = Mixture::new(array![[0.0, 0.0], [10.0, 0.0]], 1.0);
        let modes = mixture.modes().unwrap();
        let points = array![[0.0, 2.9], [0.0, 3.1], [1.0, 0.0], [6.0, 0.0]];
        let scores = ModeScores::of(points.view(), modes);
        assert_eq!((scores.captured, scores.of, scores.high_quality), (1, 2, 0.5));
        let expected = 0.75 * 1.5_f64.ln() + 0.25 * 0.5_f64.ln();
        assert!((scores.reverse_kl - expected).abs() < 1e-15);
    }

    #[test]
    fn a_true_sample_is_of_high_quality() {
        let mixture = Mixture::grid25();
        let points = mixture.draw(4000, &mut Seed(1).stream("grid"));
        let scores = ModeScores::of(points.view(), mixture.modes().unwrap());
        // 1 − e^(−9/2) of a normal distribution in the plane lies within 3σ.
        let expected = 1.0 - (-4.5_f64).exp();
        assert_eq!(scores.captured, 25);
        assert!((scores.high_quality - expected).abs() < 6.0 * (expected * 0.011 / 4000.0).sqrt());
        assert!(scores.reverse_kl < 0.01);
    }

    #[test]
    fn js_is_0_for_equal_samples_and_ln_2_for_disjoint_ones() {
        let a = array![[0.0, 0.0], [1.0, 1.0]];
        assert_eq!(jensen_shannon(a.view(), a.view()), 0.0);
        let far = array![[5.0, 0.0], [7.0, 1.0]];
        let js = jensen_shannon(far.view(), a.view());
        assert!((js - std::f64::consts::LN_2).abs() < 1e-15);
    }

    #[test]
    fn ranks_correlate_whatever_the_scale() {
        let of = |pairs: &[(f64, f64)]| rank_correlation(pairs);
        assert_eq!(of(&[(1.0, 1.0), (2.0, 100.0), (3.0, 101.0)]), Some(1.0));
        assert_eq!(of(&[(1.0, 3.0), (2.0, 2.0), (3.0, 1.0)]), Some(-1.0));
        assert_eq!(of(&[(1.0, 3.0), (1.0, 2.0)]), None);
        // Ranks 0, 1.5, 1.5, 3 against 0, 1, 2, 3.
        let tied = of(&[(0.0, 0.0), (1.0, 1.0), (1.0, 2.0), (9.0, 3.0)]).unwrap();
        assert!((tied - 4.5 / (4.5_f64 * 5.0).sqrt()).abs() < 1e-15);
    }

    #[test]
    fn the_nearest_point_is_found() {
        let training = array![[0.0, 0.0], [3.0, 4.0]];
        assert_eq!(mean_distance(array![[0.0, 1.0], [3.0, 1.0]].view(), training.view()), 2.0);
    }
}
