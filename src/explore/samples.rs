//! Two laws that overlap everywhere, and the estimates from n points of each.
//!
//! ```text
//! P = N(0, I_d),  Q = N(δ·e₁, I_d):    JS(P, Q) = ∫ j(φ(x), φ(x − δ)) dx  for every d,
//!                                      W₁(P, Q) = δ, for Q is P translated
//! j(p, q) = ½ p ln(2p/(p+q)) + ½ q ln(2q/(p+q)),   φ the normal density
//! ```
//!
//! **Idea.** Samples of continuous laws share no point, so JS of the empirical measures is ln 2
//! whatever n, d and δ are: the overlap of the laws does not help. Bins make them overlap again, in
//! few dimensions, at the price of a choice. The distance of the samples is exact and certified, but
//! it is that of the samples: two of one law are apart too, by the order
//!
//! ```text
//! r(n) = n^(−1/2), d = 1;   √(ln n / n), d = 2;   n^(−1/d), d ≥ 3
//! ```
//!
//! **Complexity.** Two exact problems of n points for each dimension, n and repeat.
//!
//! **References.** Arjovsky, Bottou 2017, "Towards principled methods for training generative
//! adversarial networks", ICLR (why JS says nothing); Ajtai, Komlós, Tusnády 1984, "On optimal
//! matchings", Combinatorica 4 (d = 2, points of the square); Fournier, Guillin 2015, "On the rate of
//! convergence in Wasserstein distance of the empirical measure", Probab. Theory Related Fields 162
//! (d ≠ 2 from above); Ledoux, Zhu 2021, "On optimal matching of Gaussian samples III", Probab. Math.
//! Statist. 41 (normal samples, d ≥ 3, from both sides).
//!
//! **Failure modes.** The orders are those of large n; at a few thousand points the slope that is
//! measured may still differ from them.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView1};
use thiserror::Error;

use crate::certificate::Certificate;
use crate::cost::Euclidean;
use crate::divergence::{Bins, FDivergence, Normal};
use crate::measure::{DiscreteMeasure, MeasureError};
use crate::problem::{OtProblem, ProblemError};
use crate::progress::{Event, Observer};
use crate::seed::Seed;
use crate::solvers::{Method, SolveError};

/// Settings of the study.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleStudy {
    /// δ.
    pub shift: f64,
    /// The dimensions d.
    pub dims: Vec<usize>,
    /// The sizes n.
    pub sizes: Vec<usize>,
    /// Samples for each dimension and size.
    pub repeats: usize,
    /// Where they are drawn from.
    pub seed: Seed,
}

/// Three independent samples of equal size.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleTriple {
    /// Of P.
    pub source: DiscreteMeasure,
    /// Of P again.
    pub again: DiscreteMeasure,
    /// Of Q.
    pub target: DiscreteMeasure,
}

/// The result of the study.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleAnswer {
    /// JS(P, Q), in nats.
    pub js: f64,
    /// A row a dimension and size, in their order; fewer after a stop.
    pub rows: Vec<SampleSizeRow>,
    /// One a dimension whose sizes were all reached.
    pub rates: Vec<ConvergenceRate>,
    /// Whether all rows are there.
    pub complete: bool,
}

/// One dimension and size.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleSizeRow {
    /// d.
    pub dim: usize,
    /// n.
    pub n: usize,
    /// JS of the empirical measures of P and Q.
    pub js_atoms: RepeatRange,
    /// JS of their histograms in common bins by Scott's rule; in up to three dimensions.
    pub js_bins: Option<RepeatRange>,
    /// EMD of samples of P and Q.
    pub emd: RepeatRange,
    /// EMD of two samples of P.
    pub emd_same: RepeatRange,
    /// The widest relative gap of a certificate.
    pub relative_gap: f64,
    /// Whether every bracket is as narrow as an exact optimum's has to be.
    pub tight: bool,
}

/// A quantity over the repeats.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RepeatRange {
    /// The mean.
    pub mean: f64,
    /// The least.
    pub low: f64,
    /// The largest.
    pub high: f64,
}

/// How the EMD of two samples of one law falls with n, in one dimension.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConvergenceRate {
    /// d.
    pub dim: usize,
    /// The slope of ln EMD over ln n, by least squares.
    pub exponent: f64,
    /// The slope of [`order`] over the same sizes, likewise.
    pub expected: f64,
    /// The factor that brings [`order`] to the measured means, by least squares of logarithms.
    pub constant: f64,
}

/// There is nothing to compare.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum SampleError {
    /// A sample is no measure: no points, no coordinates, or a shift that is not finite.
    #[error(transparent)]
    Measure(#[from] MeasureError),
    /// Distances that leave the range of `f64`.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// The solver gave up.
    #[error(transparent)]
    Solve(#[from] SolveError),
}

impl SampleStudy {
    /// P and Q along the line of their means.
    #[must_use]
    pub fn laws(&self) -> [Normal; 2] {
        [0.0, self.shift].map(|mean| Normal { mean, deviation: 1.0 })
    }

    /// JS(P, Q), in nats.
    fn js(&self) -> f64 {
        let [p, q] = self.laws();
        FDivergence::JensenShannon.between_normals(p, q)
    }

    /// The samples of one repeat.
    ///
    /// # Errors
    /// [`MeasureError`] without points or coordinates, or for a shift that is not finite.
    pub fn draw(&self, dim: usize, n: usize, repeat: usize) -> Result<SampleTriple, MeasureError> {
        let normal = |side: &str, shift: f64| {
            let name = format!("explore samples/{dim}/{n}/{repeat}/{side}");
            let mut stream = self.seed.stream(&name);
            let center = |axis: usize| if axis == 0 { shift } else { 0.0 };
            DiscreteMeasure::uniform(Array2::from_shape_fn((n, dim), |(_, axis)| {
                center(axis) + stream.normal()
            }))
        };
        Ok(SampleTriple {
            source: normal("source", 0.0)?,
            again: normal("again", 0.0)?,
            target: normal("target", self.shift)?,
        })
    }

    /// Draws and measures.
    ///
    /// # Errors
    /// [`SampleError`].
    ///
    /// # Panics
    /// Without repeats.
    pub fn run(&self, observer: &mut dyn Observer) -> Result<SampleAnswer, SampleError> {
        assert!(self.repeats > 0, "something is drawn");
        let mut answer =
            SampleAnswer { js: self.js(), rows: Vec::new(), rates: Vec::new(), complete: false };
        for &dim in &self.dims {
            let from = answer.rows.len();
            for &n in &self.sizes {
                let Some(row) = self.row(dim, n, observer)? else { return Ok(answer) };
                answer.rows.push(row);
            }
            answer.rates.extend(ConvergenceRate::of(dim, &answer.rows[from..]));
        }
        answer.complete = true;
        Ok(answer)
    }

    /// One dimension and size; nothing if the observer stopped it.
    fn row(
        &self,
        dim: usize,
        n: usize,
        observer: &mut dyn Observer,
    ) -> Result<Option<SampleSizeRow>, SampleError> {
        let (mut atoms, mut bins) = (Vec::new(), Vec::new());
        let (mut across, mut same) = (Vec::new(), Vec::new());
        let (mut relative_gap, mut tight) = (0.0_f64, true);
        for repeat in 0..self.repeats {
            let event = Event::new("sampling", repeat as u64);
            if observer.observe(&event).is_break() {
                return Ok(None);
            }
            let SampleTriple { source, again, target } = self.draw(dim, n, repeat)?;
            atoms.push(js_of_atoms(&source, &target));
            bins.extend(js_of_bins(&source, &target));
            for (other, values) in [(&target, &mut across), (&again, &mut same)] {
                let Some(certificate) = exact(&source, other, observer)? else { return Ok(None) };
                values.push(certificate.upper);
                relative_gap = relative_gap.max(certificate.relative_gap());
                tight &= certificate.is_optimal();
            }
        }
        Ok(Some(SampleSizeRow {
            dim,
            n,
            js_atoms: RepeatRange::of(&atoms),
            js_bins: (bins.len() == self.repeats).then(|| RepeatRange::of(&bins)),
            emd: RepeatRange::of(&across),
            emd_same: RepeatRange::of(&same),
            relative_gap,
            tight,
        }))
    }
}

impl RepeatRange {
    /// Of at least one value.
    fn of(values: &[f64]) -> Self {
        Self {
            mean: crate::math::sum(values) / values.len() as f64,
            low: values.iter().copied().fold(f64::INFINITY, f64::min),
            high: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        }
    }
}

impl ConvergenceRate {
    /// From the rows of one dimension; one size has no slope.
    fn of(dim: usize, rows: &[SampleSizeRow]) -> Option<Self> {
        let sizes = || rows.iter().map(|row| (row.n as f64).ln());
        let found: Vec<f64> = rows.iter().map(|row| row.emd_same.mean.ln()).collect();
        let guide: Vec<f64> = rows.iter().map(|row| order(dim, row.n).ln()).collect();
        let apart = found.iter().zip(&guide).map(|(found, guide)| found - guide).sum::<f64>();
        (rows.len() > 1).then(|| Self {
            dim,
            exponent: slope(sizes().zip(found.iter().copied())),
            expected: slope(sizes().zip(guide.iter().copied())),
            constant: (apart / rows.len() as f64).exp(),
        })
    }
}

/// The slope of the line of least squares through points of at least two different x.
fn slope(points: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let n = points.clone().count() as f64;
    let (x, y) = points.clone().fold((0.0, 0.0), |(x, y), point| (x + point.0, y + point.1));
    let (x, y) = (x / n, y / n);
    let (top, bottom) = points.fold((0.0, 0.0), |(top, bottom), point| {
        (top + (point.0 - x) * (point.1 - y), bottom + (point.0 - x).powi(2))
    });
    top / bottom
}

/// r(n): the order of the distance between two samples of n points of one law in d dimensions.
#[must_use]
pub fn order(dim: usize, n: usize) -> f64 {
    let size = n as f64;
    match dim {
        0 | 1 => size.powf(-0.5),
        2 => (size.ln() / size).sqrt(),
        d => size.powf(-1.0 / d as f64),
    }
}

/// JS of two discrete measures as they are: point by point.
fn js_of_atoms(source: &DiscreteMeasure, target: &DiscreteMeasure) -> f64 {
    let mut atoms: BTreeMap<Vec<u64>, [f64; 2]> = BTreeMap::new();
    // + 0.0 turns −0 into 0: they are one place.
    let place = |x: ArrayView1<'_, f64>| x.iter().map(|x| (x + 0.0).to_bits()).collect();
    for (side, measure) in [source, target].into_iter().enumerate() {
        for (x, mass) in measure.support().outer_iter().zip(measure.mass()) {
            atoms.entry(place(x)).or_default()[side] += mass;
        }
    }
    let masses = |side: usize| atoms.values().map(|atom| atom[side]).collect::<Vec<_>>();
    FDivergence::JensenShannon.between(&masses(0), &masses(1))
}

/// JS of histograms; nothing where there are no bins.
fn js_of_bins(source: &DiscreteMeasure, target: &DiscreteMeasure) -> Option<f64> {
    let counted = Bins::scott(source, target).ok()?.count(source, target);
    Some(FDivergence::JensenShannon.between(&counted.source, &counted.target))
}

/// The EMD with its certificate; nothing if the observer stopped it.
fn exact(
    source: &DiscreteMeasure,
    target: &DiscreteMeasure,
    observer: &mut dyn Observer,
) -> Result<Option<Certificate>, SampleError> {
    let problem = OtProblem::new(source, target, Euclidean)?;
    let solution = Method::Auto.solver(&problem).solve(&problem, observer)?;
    Ok(solution.termination.is_complete().then(|| solution.certify(&problem).certificate))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::LN_2;

    fn study() -> SampleStudy {
        SampleStudy {
            shift: 1.0,
            dims: vec![1, 2, 3, 4],
            sizes: vec![32, 128, 512],
            repeats: 4,
            seed: Seed(0),
        }
    }

    /// Made with scipy 1.17.1: `integrate.quad` over 24 pieces of [−12, δ + 12], logarithms of the
    /// densities by `numpy.logaddexp`.
    const GOLDEN: [(f64, f64); 6] = [
        (0.1, 0.001_248_440_096_070_656_6),
        (1.0, 0.111_421_482_184_736_16),
        (2.0, 0.336_830_820_346_831_54),
        (4.0, 0.632_720_193_736_866_9),
        (8.0, 0.693_053_645_482_919_9),
        (20.0, 0.693_147_180_559_945_6),
    ];

    #[test]
    fn the_quadrature_is_that_of_another_program() {
        for (shift, js) in GOLDEN {
            let found = SampleStudy { shift, ..study() }.js();
            assert!((found - js).abs() < 2e-14, "{shift}: {found} not {js}");
        }
    }

    #[test]
    fn the_dimension_does_not_change_the_divergence_of_the_laws() {
        // The same integral over the plane, along a slanted shift.
        let (h, shift) = (0.25, (0.6, 0.8));
        let normal = |x: f64, y: f64| (-0.5 * (x * x + y * y)).exp() / std::f64::consts::TAU;
        let mut sum = 0.0;
        for i in -36..=40 {
            for j in -36..=40 {
                let (x, y) = (h * f64::from(i), h * f64::from(j));
                let (p, q) = (normal(x, y), normal(x - shift.0, y - shift.1));
                sum += h * h * FDivergence::JensenShannon.perspective(p, q);
            }
        }
        assert!((sum - study().js()).abs() < 1e-13, "{sum}");
    }

    #[test]
    fn samples_share_no_point_whatever_their_size_and_their_distance_is_certified() {
        let answer = study().run(&mut ()).unwrap();
        assert!(answer.complete);
        assert_eq!(answer.rows.len(), 12);
        for row in &answer.rows {
            let RepeatRange { mean, low, high } = row.js_atoms;
            assert_eq!((mean, low, high), (LN_2, LN_2, LN_2));
            assert!(row.tight && row.relative_gap < 1e-12);
            assert_eq!(row.js_bins.is_some(), row.dim <= 3);
            assert!(row.emd.low <= row.emd.mean && row.emd.mean <= row.emd.high);
            assert!(row.emd.mean > row.emd_same.mean);
        }
    }

    #[test]
    fn bins_and_distances_come_near_the_truth_on_the_line() {
        let line = SampleStudy { dims: vec![1], sizes: vec![4096], repeats: 8, ..study() };
        let answer = line.run(&mut ()).unwrap();
        let row = &answer.rows[0];
        // The standard error of a mean of 4096·8 points is below 0.01.
        assert!((row.emd.mean - 1.0).abs() < 0.05, "{:?}", row.emd);
        assert!((row.js_bins.unwrap().mean - answer.js).abs() < 0.01, "{:?}", row.js_bins);
        assert!(answer.rates.is_empty(), "one size has no slope");
    }

    #[test]
    fn the_distance_of_samples_of_one_law_falls_more_slowly_in_more_dimensions() {
        let rates = study().run(&mut ()).unwrap().rates;
        for pair in rates.windows(2) {
            assert!(pair[0].exponent < pair[1].exponent, "{rates:?}");
        }
        for rate in &rates {
            assert!((rate.exponent - rate.expected).abs() < 0.15, "{rate:?}");
        }
        assert!(
            (rates[0].expected + 0.5).abs() < 1e-15 && (rates[3].expected + 0.25).abs() < 1e-15
        );
    }

    #[test]
    fn a_stop_leaves_what_was_done() {
        use crate::progress::Stop;
        struct Never;
        impl Observer for Never {
            fn observe(&mut self, _: &Event) -> std::ops::ControlFlow<Stop> {
                std::ops::ControlFlow::Break(Stop::Interrupted)
            }
        }
        let plane = SampleStudy { dims: vec![2], ..study() };
        let answer = plane.run(&mut Never).unwrap();
        assert!(!answer.complete && answer.rows.is_empty());
    }
}
