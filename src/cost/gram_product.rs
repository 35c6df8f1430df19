//! Squared distances by the Gram product, to an error that is known beforehand.
//!
//! ```text
//! ‖x − y‖² = ‖x − z‖² + ‖y − z‖² − 2⟨x − z, y − z⟩,   z the center of all points
//! ```
//!
//! One fused multiply-add for a pair of coordinates; direct differences need a subtraction as well.
//! Cancellation loses digits: with u = 2⁻⁵³ and ρ the largest ‖x − z‖, the sum of d + 2 terms,
//! partial sums of which are at most 4ρ², is off by (d + 2)u·4ρ², the squared norms together by
//! d·u·2ρ², and the centered coordinates, rounded, change the distance by 2u·4ρ²; the direct
//! differences are off by (d + 2)u·4ρ² at most. So the two agree within (3d + 8)u·4ρ²
//! (Higham 2002, "Accuracy and stability of numerical algorithms", §3.1). That is enough for a weight
//! in single precision if it is far less than ε, but not for a certificate.

use macro_rules_attribute::apply;
use ndarray::{Array1, ArrayView2, Axis};

use super::tiles::{Tile, WIDTH, over_tiles, strips};
use crate::math::simd_targets;
use crate::math::vectors::fast_dot;

/// Two clouds about their common center.
#[derive(Debug, Clone)]
pub(super) struct GramProduct {
    /// −2(x − z), point after point.
    points: Vec<f64>,
    /// ‖x − z‖².
    norms: Vec<f64>,
    /// y − z, filled up to whole strips by 0 − z.
    strips: Vec<[f64; WIDTH]>,
    /// ‖y − z‖², strip by strip.
    target_norms: Vec<[f64; WIDTH]>,
    error: f64,
    m: usize,
}

impl GramProduct {
    /// For clouds of shapes (n, d) and (d, m); O((n + m)d).
    pub(super) fn new(source: ArrayView2<'_, f64>, target: ArrayView2<'_, f64>) -> Self {
        let (d, m) = target.dim();
        let halves = source.mean_axis(Axis(0)).zip(target.mean_axis(Axis(1)));
        let center: Array1<f64> = halves.map(|(x, y)| 0.5 * (x + y)).expect("measures have points");
        let mut points = Vec::with_capacity(source.len());
        let norms: Vec<f64> = source
            .rows()
            .into_iter()
            .map(|point| {
                let from = points.len();
                points.extend(point.iter().zip(&center).map(|(x, z)| -2.0 * (x - z)));
                0.25 * fast_dot(&points[from..], &points[from..])
            })
            .collect();
        let mut strips = strips(target.as_slice().expect("standard layout"), m);
        let mut target_norms = vec![[0.0; WIDTH]; m.div_ceil(WIDTH)];
        for (strip, norms) in strips.chunks_exact_mut(d).zip(&mut target_norms) {
            for (y, z) in strip.iter_mut().zip(&center) {
                for (y, norm) in y.iter_mut().zip(&mut *norms) {
                    *y -= z;
                    *norm += *y * *y;
                }
            }
        }
        let largest = norms.iter().chain(&target_norms.as_flattened()[..m]);
        let largest = largest.fold(0.0, |most: f64, norm| most.max(*norm));
        let error = (3 * d + 8) as f64 * 0.5 * f64::EPSILON * 4.0 * largest;
        Self { points, norms, strips, target_norms, error, m }
    }

    /// Upper bound of the difference between an entry and the sum of squared differences.
    pub(super) fn error(&self) -> f64 {
        self.error
    }

    /// Rows from `first` on, as many as `out` has room for.
    pub(super) fn rows(&self, first: usize, out: &mut [f64]) {
        let d = self.points.len() / self.norms.len();
        let from = SquaredNorms { norms: &self.norms[first..], target_norms: &self.target_norms };
        products(&from, &self.points[first * d..], &self.strips, self.m, out);
    }
}

/// The squared norms that sums start from.
struct SquaredNorms<'a> {
    norms: &'a [f64],
    target_norms: &'a [[f64; WIDTH]],
}

impl Tile for SquaredNorms<'_> {
    #[inline(always)]
    fn tile<const R: usize>(
        &self,
        first: usize,
        points: [&[f64]; R],
        start: usize,
        strip: &[[f64; WIDTH]],
    ) -> [[f64; WIDTH]; R] {
        let norms = &self.target_norms[start / WIDTH];
        let rows: [f64; R] = std::array::from_fn(|r| self.norms[first + r]);
        let mut sums = rows.map(|row| norms.map(|norm| row + norm));
        let points = points.map(|point| &point[..strip.len()]);
        for (k, y) in strip.iter().enumerate() {
            for (point, sums) in points.iter().zip(&mut sums) {
                for j in 0..WIDTH {
                    sums[j] = point[k].mul_add(y[j], sums[j]);
                }
            }
        }
        sums
    }
}

/// Rows of squared norms less twice the products.
#[apply(simd_targets)]
fn products(
    from: &SquaredNorms<'_>,
    points: &[f64],
    strips: &[[f64; WIDTH]],
    m: usize,
    out: &mut [f64],
) {
    over_tiles(from, points, strips, m, out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::SqEuclidean;
    use crate::cost::dissimilarity::Dissimilarity;
    use ndarray::Array2;

    #[test]
    fn the_error_is_below_its_bound() {
        for (n, m, d, offset) in [(7, 50, 5, 0.0), (4, 24, 64, 1e6), (9, 3, 4, -1e3)] {
            let x = Array2::from_shape_fn((n, d), |(i, k)| offset + ((i * 7 + k * 3) as f64).sin());
            let y = Array2::from_shape_fn((d, m), |(k, j)| offset + ((j * 5 + k) as f64).cos());
            let gram = GramProduct::new(x.view(), y.view());
            assert!(gram.error() < 1e-11 * (1.0 + offset.abs() * f64::from(f32::EPSILON)));
            let mut rows = vec![0.0; (n - 2) * m];
            gram.rows(2, &mut rows);
            for (entry, value) in rows.iter().enumerate() {
                let (x, y) = (x.row(2 + entry / m).to_vec(), y.column(entry % m).to_vec());
                let direct = SqEuclidean.between(&x, &y);
                assert!((value - direct).abs() <= gram.error(), "{value} {direct}");
            }
        }
    }
}
