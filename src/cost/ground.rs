//! The ground costs by name: functions c(x, y) on R^d × R^d.
//!
//! Distances are computed by direct differences, never by `‖x‖² + ‖y‖² − 2⟨x, y⟩`: on clouds far
//! from the origin that expansion loses every digit, and on identical clouds it gives 1e-8
//! instead of 0. Direct differences are exact up to the rounding of the input, wherever the
//! clouds lie, so no translation is needed here. Where an error is put up with, and bounded
//! beforehand, the expansion about a common centre serves: `gram_product.rs`.

use super::CostError;
use super::rounding::LEAST;

/// A function c(x, y) on R^d × R^d.
///
/// Implementations fold the coordinates' absolute differences (`accumulate`, in order) and
/// finish: Euclidean squares, adds and takes the root. The cost must not fall when a difference
/// grows: boxes of points are told apart by that.
pub trait GroundCost: Clone + Send + Sync + 'static {
    /// The name the command line and the reports use.
    fn name(&self) -> String;

    /// Folds one absolute coordinate difference into the accumulator, which starts at 0.
    fn accumulate(&self, accumulator: f64, difference: f64) -> f64;

    /// Turns the accumulator into the cost.
    #[inline(always)]
    fn finish(&self, accumulator: f64) -> f64 {
        accumulator
    }

    /// Maps a point to where differences are taken; only [`Cosine`] does anything here.
    ///
    /// # Errors
    /// [`CostError`] without a row if the cost is not defined at this point.
    fn prepare(&self, _point: &mut [f64]) -> Result<(), CostError> {
        Ok(())
    }

    /// Whether [`prepare`](Self::prepare) does anything.
    fn prepares(&self) -> bool {
        false
    }

    /// Whether c(x, y) is a convex function of x − y for d = 1.
    fn convex_on_line(&self) -> bool {
        true
    }

    /// The p for which the cost on the line is `|x − y|^p`, if it is 1 or 2.
    fn power_on_line(&self) -> Option<u8> {
        Some(1)
    }

    /// The exponent of the accumulator before the root, which bounds the sizes of coordinates
    /// that neither overflow nor vanish.
    fn degree(&self) -> f64 {
        1.0
    }

    /// Whether the cost is nothing but the fold: `finish` of the accumulated differences.
    fn is_fold(&self) -> bool {
        true
    }

    /// How many factors `1 + ε`, |ε| ≤ 2⁻⁵³, stand between the real cost of two points in d
    /// dimensions and the computed one, at most, unless the cost nearly underflows.
    fn roundings(&self, d: usize) -> f64;

    /// What the computed cost may be off by besides.
    fn absolute_error(&self, _d: usize) -> f64 {
        0.0
    }

    /// Computed costs below this may have lost everything to underflow: the real ones are between 0
    /// and twice this.
    fn least(&self) -> f64 {
        LEAST
    }

    /// Whether the cost is the sum of the squared differences.
    fn is_squared_distance(&self) -> bool {
        false
    }

    /// Whether the cost is the root of the sum of the squared differences.
    fn is_euclidean(&self) -> bool {
        false
    }

    /// `c(x, y)` for [prepared](Self::prepare) points.
    #[inline(always)]
    fn between(&self, x: &[f64], y: &[f64]) -> f64 {
        if self.is_fold() {
            let mut sum = 0.0;
            for (x, y) in x.iter().zip(y) {
                sum = self.accumulate(sum, (x - y).abs());
            }
            let cost = self.finish(sum);
            return if self.is_euclidean() && cost < TINY_DISTANCE { norm(x, y) } else { cost };
        }
        let columns: Vec<&[f64]> = y.chunks(1).collect();
        let mut out = [0.0];
        self.block(x, &columns, &mut out);
        out[0]
    }

    /// `c(x, y_j)` for a block of targets given coordinate by coordinate: `columns[k][j]` is
    /// coordinate k of target j.
    #[inline(always)]
    fn block(&self, x: &[f64], columns: &[&[f64]], out: &mut [f64]) {
        out.fill(0.0);
        // Four coordinates at a time: an accumulator is loaded and stored once for them.
        let (fours, rest) = x.as_chunks::<4>();
        let (columns_of_fours, columns_of_rest) = columns.split_at(4 * fours.len());
        for (x, columns) in fours.iter().zip(columns_of_fours.as_chunks::<4>().0) {
            let [a, b, c, d] = columns.map(|column| &column[..out.len()]);
            for (j, out) in out.iter_mut().enumerate() {
                let mut sum = self.accumulate(*out, (x[0] - a[j]).abs());
                sum = self.accumulate(sum, (x[1] - b[j]).abs());
                sum = self.accumulate(sum, (x[2] - c[j]).abs());
                *out = self.accumulate(sum, (x[3] - d[j]).abs());
            }
        }
        for (&x, column) in rest.iter().zip(columns_of_rest) {
            for (out, &y) in out.iter_mut().zip(*column) {
                *out = self.accumulate(*out, (x - y).abs());
            }
        }
        for out in &mut *out {
            *out = self.finish(*out);
        }
        if self.is_euclidean() && any_tiny(out) {
            for (j, out) in out.iter_mut().enumerate().filter(|(_, out)| **out < TINY_DISTANCE) {
                *out = norm(x, columns.iter().map(|column| &column[j]));
            }
        }
    }

    /// `c(x_r, y_j)` for R points, one after another, and L targets given coordinate by
    /// coordinate, of a cost that [is a fold](Self::is_fold): sums stay in registers.
    #[inline(always)]
    fn tile<const R: usize, const L: usize>(
        &self,
        points: [&[f64]; R],
        targets: &[[f64; L]],
    ) -> [[f64; L]; R] {
        let mut sums = [[0.0; L]; R];
        let points = points.map(|point| &point[..targets.len()]);
        for (k, y) in targets.iter().enumerate() {
            for r in 0..R {
                let x = points[r][k];
                for j in 0..L {
                    sums[r][j] = self.accumulate(sums[r][j], (x - y[j]).abs());
                }
            }
        }
        let mut costs = sums.map(|sums| sums.map(|sum| self.finish(sum)));
        if self.is_euclidean() {
            for (x, costs) in
                points.iter().zip(&mut costs).filter(|(_, costs)| any_tiny(&costs[..]))
            {
                for (j, cost) in costs.iter_mut().enumerate().filter(|(_, c)| **c < TINY_DISTANCE) {
                    *cost = norm(x, targets.iter().map(|y| &y[j]));
                }
            }
        }
        costs
    }
}

/// Euclidean distances below this are computed once more, lest squares underflow.
const TINY_DISTANCE: f64 = 1e-140;

/// Whether some distance is tiny, asked in SIMD lanes.
#[inline(always)]
fn any_tiny(distances: &[f64]) -> bool {
    let mut any = false;
    for &distance in distances {
        any |= distance < TINY_DISTANCE;
    }
    any
}

/// The Euclidean norm of x − y, by squares of shares of the largest difference.
#[cold]
fn norm<'a>(x: &[f64], y: impl IntoIterator<Item = &'a f64> + Clone) -> f64 {
    let differences = || x.iter().zip(y.clone()).map(|(x, y)| (x - y).abs());
    let largest = differences().fold(0.0, f64::max);
    if largest == 0.0 {
        return 0.0;
    }
    largest * differences().map(|d| (d / largest) * (d / largest)).sum::<f64>().sqrt()
}

/// Roundings that a call of `powf` stands for: the system's is off by less than one unit in the last
/// place, or two roundings.
const POWER: f64 = 4.0;

/// ‖x − y‖₂.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Euclidean;

/// ‖x − y‖₂².
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SqEuclidean;

/// ‖x − y‖₁.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cityblock;

/// `‖x − y‖_∞`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chebyshev;

/// ‖x − y‖_q with q ≥ 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Minkowski {
    exponent: f64,
}

/// 1 − cos∠(x, y), computed as ½‖x/‖x‖ − y/‖y‖‖², which does not cancel. Not a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cosine;

/// Another ground cost to a power: c(x, y)^p, p > 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Power<G> {
    base: G,
    p: f64,
}

impl GroundCost for Euclidean {
    fn name(&self) -> String {
        "euclidean".into()
    }
    /// Of a tiny distance: the differences and their shares, squares, sums, root, product.
    fn roundings(&self, d: usize) -> f64 {
        0.5 * d as f64 + 6.0
    }
    fn is_euclidean(&self) -> bool {
        true
    }
    #[inline(always)]
    fn accumulate(&self, accumulator: f64, difference: f64) -> f64 {
        difference.mul_add(difference, accumulator)
    }
    #[inline(always)]
    fn finish(&self, accumulator: f64) -> f64 {
        accumulator.sqrt()
    }
    fn degree(&self) -> f64 {
        2.0
    }
}

impl GroundCost for SqEuclidean {
    fn name(&self) -> String {
        "sqeuclidean".into()
    }
    /// A difference, squared, and d fused additions.
    fn roundings(&self, d: usize) -> f64 {
        d as f64 + 3.0
    }
    #[inline(always)]
    fn accumulate(&self, accumulator: f64, difference: f64) -> f64 {
        difference.mul_add(difference, accumulator)
    }
    fn is_squared_distance(&self) -> bool {
        true
    }
    fn power_on_line(&self) -> Option<u8> {
        Some(2)
    }
    fn degree(&self) -> f64 {
        2.0
    }
}

impl GroundCost for Cityblock {
    fn name(&self) -> String {
        "cityblock".into()
    }
    /// A difference and d additions.
    fn roundings(&self, d: usize) -> f64 {
        d as f64 + 1.0
    }
    #[inline(always)]
    fn accumulate(&self, accumulator: f64, difference: f64) -> f64 {
        accumulator + difference
    }
}

impl GroundCost for Chebyshev {
    fn name(&self) -> String {
        "chebyshev".into()
    }
    fn roundings(&self, _d: usize) -> f64 {
        1.0
    }
    #[inline(always)]
    fn accumulate(&self, accumulator: f64, difference: f64) -> f64 {
        accumulator.max(difference)
    }
}

impl Minkowski {
    /// The Minkowski distance with exponent q ≥ 1.
    ///
    /// # Errors
    /// [`CostError::Exponent`] for q < 1 (the triangle inequality fails there), NaN, infinity.
    pub fn new(exponent: f64) -> Result<Self, CostError> {
        if exponent.is_finite() && exponent >= 1.0 {
            Ok(Self { exponent })
        } else {
            Err(CostError::Exponent {
                what: "the Minkowski exponent",
                value: exponent,
                bound: "≥ 1",
            })
        }
    }

    /// q.
    pub(super) fn exponent(self) -> f64 {
        self.exponent
    }
}

impl GroundCost for Minkowski {
    fn name(&self) -> String {
        format!("minkowski({})", self.exponent)
    }
    /// Three for a share of the largest difference, which the power multiplies by q and the root
    /// divides; the powers themselves; d additions; 1/q, which enters by the logarithm of a sum
    /// between 1 and d; and the product.
    fn roundings(&self, d: usize) -> f64 {
        let d = d as f64;
        3.0 + (d + POWER + d.ln() + 1.0) / self.exponent + POWER + 4.0
    }
    fn is_fold(&self) -> bool {
        false
    }
    /// The largest difference; [`Minkowski::block`] scales by it before any power is taken.
    #[inline(always)]
    fn accumulate(&self, accumulator: f64, difference: f64) -> f64 {
        accumulator.max(difference)
    }
    /// `M·(Σ (|x_k − y_k|/M)^q)^(1/q)` with `M` the largest difference: no power overflows.
    #[inline(always)]
    fn block(&self, x: &[f64], columns: &[&[f64]], out: &mut [f64]) {
        for (j, out) in out.iter_mut().enumerate() {
            let differences = || x.iter().zip(columns).map(|(x, column)| (x - column[j]).abs());
            let largest = differences().fold(0.0, f64::max);
            *out = if largest > 0.0 {
                let sum: f64 = differences().map(|d| (d / largest).powf(self.exponent)).sum();
                largest * sum.powf(1.0 / self.exponent)
            } else {
                0.0
            };
        }
    }
}

impl GroundCost for Cosine {
    fn name(&self) -> String {
        "cosine".into()
    }
    /// Those of half the sum of squares.
    fn roundings(&self, d: usize) -> f64 {
        d as f64 + 4.0
    }
    /// A coordinate of a unit vector is off by d/2 + 5 roundings, so the distance s ≤ 2 of two of
    /// them by twice as many, e; half its square by s·e + e²/2.
    fn absolute_error(&self, d: usize) -> f64 {
        let e = 2.0 * (0.5 * d as f64 + 6.0) * f64::EPSILON;
        2.0 * e + 0.5 * e * e
    }
    #[inline(always)]
    fn accumulate(&self, accumulator: f64, difference: f64) -> f64 {
        difference.mul_add(difference, accumulator)
    }
    #[inline(always)]
    fn finish(&self, accumulator: f64) -> f64 {
        0.5 * accumulator
    }
    fn prepares(&self) -> bool {
        true
    }
    fn prepare(&self, point: &mut [f64]) -> Result<(), CostError> {
        let largest = point.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        if largest == 0.0 {
            return Err(CostError::ZeroVector);
        }
        for x in &mut *point {
            *x /= largest;
        }
        let norm = point.iter().map(|x| x * x).sum::<f64>().sqrt();
        for x in point {
            *x /= norm;
        }
        Ok(())
    }
    fn convex_on_line(&self) -> bool {
        false
    }
    fn power_on_line(&self) -> Option<u8> {
        None
    }
}

impl<G: GroundCost> Power<G> {
    /// What is taken to a power.
    pub(super) fn base(&self) -> &G {
        &self.base
    }

    /// The power p.
    pub(super) fn p(&self) -> f64 {
        self.p
    }

    /// `base` to the power p > 0.
    ///
    /// # Errors
    /// [`CostError::Exponent`] if p is not finite and positive.
    pub fn new(base: G, p: f64) -> Result<Self, CostError> {
        if p.is_finite() && p > 0.0 {
            Ok(Self { base, p })
        } else {
            Err(CostError::Exponent { what: "the power p", value: p, bound: "> 0" })
        }
    }
}

impl<G: GroundCost> GroundCost for Power<G> {
    fn name(&self) -> String {
        format!("{}^{}", self.base.name(), self.p)
    }
    fn roundings(&self, d: usize) -> f64 {
        self.p * self.base.roundings(d) + POWER
    }
    /// From costs of at most 2, those with absolute errors: the derivative of the power at 2, or, for
    /// p < 1, the power of the error.
    fn absolute_error(&self, d: usize) -> f64 {
        let error = self.base.absolute_error(d);
        if self.p < 1.0 { 2.0 * error.powf(self.p) } else { self.p * 2.1_f64.powf(self.p) * error }
    }
    /// A base below its own least is at most twice that; a power below 1 brings it into the range.
    fn least(&self) -> f64 {
        (2.0 * self.base.least()).powf(self.p).max(LEAST)
    }
    #[inline(always)]
    fn accumulate(&self, accumulator: f64, difference: f64) -> f64 {
        self.base.accumulate(accumulator, difference)
    }
    #[inline(always)]
    fn finish(&self, accumulator: f64) -> f64 {
        self.base.finish(accumulator).powf(self.p)
    }
    fn prepares(&self) -> bool {
        self.base.prepares()
    }
    fn prepare(&self, point: &mut [f64]) -> Result<(), CostError> {
        self.base.prepare(point)
    }
    fn convex_on_line(&self) -> bool {
        self.base.convex_on_line() && self.p >= 1.0
    }
    fn power_on_line(&self) -> Option<u8> {
        match (self.base.power_on_line()?, self.p) {
            (p, 1.0) => Some(p),
            (1, 2.0) => Some(2),
            _ => None,
        }
    }
    fn degree(&self) -> f64 {
        self.base.degree() * self.p.max(1.0)
    }
    fn is_fold(&self) -> bool {
        self.base.is_fold()
    }
    #[inline(always)]
    fn between(&self, x: &[f64], y: &[f64]) -> f64 {
        self.base.between(x, y).powf(self.p)
    }
    #[inline(always)]
    fn block(&self, x: &[f64], columns: &[&[f64]], out: &mut [f64]) {
        self.base.block(x, columns, out);
        for out in out {
            *out = out.powf(self.p);
        }
    }
    #[inline(always)]
    fn tile<const R: usize, const L: usize>(
        &self,
        points: [&[f64]; R],
        targets: &[[f64; L]],
    ) -> [[f64; L]; R] {
        self.base.tile(points, targets).map(|costs| costs.map(|cost| cost.powf(self.p)))
    }
}
