//! A dissimilarity: a function c(x, y) of two points, and how it is computed.
//!
//! Distances are computed by direct differences, never by `‖x‖² + ‖y‖² − 2⟨x, y⟩`: on clouds far
//! from the origin that expansion loses every digit, and on identical clouds it gives 1e-8
//! instead of 0. Direct differences are exact up to the rounding of the input, wherever the
//! clouds lie, so no translation is needed here. Where an error is put up with, and bounded
//! beforehand, the expansion about a common center serves: `gram_product.rs`.

use super::CostError;
use super::rounding::LEAST;

/// A function c(x, y) on R^d × R^d.
///
/// Implementations fold the coordinates' absolute differences (`accumulate`, in order) and
/// finish: Euclidean squares, adds and takes the root. The cost must not fall when a difference
/// grows: boxes of points are told apart by that.
pub(crate) trait Dissimilarity: Clone + Send + Sync + 'static {
    /// The name that the reports use.
    fn name(&self) -> String;

    /// Folds one absolute coordinate difference into the accumulator, which starts at 0.
    fn accumulate(&self, accumulator: f64, difference: f64) -> f64;

    /// Turns the accumulator into the cost.
    #[inline(always)]
    fn finish(&self, accumulator: f64) -> f64 {
        accumulator
    }

    /// Maps a point to where differences are taken; only the cosine does anything here.
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

    /// Bound of the absolute error of a computed cost, beside that of the roundings.
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
pub(super) const TINY_DISTANCE: f64 = 1e-140;

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
