//! Densities from samples: histograms with common bins.
//!
//! Both samples are counted in the same cells, boxes of a regular grid over the box of all points.
//! The width of a cell along axis k is, for N points in the smaller sample,
//!
//! ```text
//! h_k = 3.49·min(σ_k(P), σ_k(Q))·N^(−1/(d+2))
//! ```
//!
//! the width of least mean squared error for a normal density (Scott 1992, "Multivariate density
//! estimation", §3.2), of the narrower sample, so that two narrow samples that are far apart are
//! not thrown into one cell. Or the number of cells along each axis is given.
//! N is Kish's effective size `(Σw)²/Σw²` where masses differ.
//!
//! **Complexity.** O(n log n); empty cells take no memory.
//!
//! **Failure modes.** An f-divergence of histograms is biased: upwards by chance (two samples of
//! one law have a divergence of about cells/(2n)), downwards by averaging within cells. A single
//! cell that one sample has and the other lacks makes KL or χ² infinite. From d = 4 on nearly every
//! point has a cell of its own, so that is refused.

use super::EstimateError;
use crate::math;
use crate::measure::DiscreteMeasure;

/// Largest dimension in which densities are estimated.
pub(super) const MAX_DIMENSIONS: usize = 3;

/// Largest number of cells along an axis: the index of a cell in three dimensions fits into 64 bits.
const MAX_CELLS: f64 = 1_048_576.0;

/// A regular grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Bins {
    low: Vec<f64>,
    width: Vec<f64>,
    counts: Vec<usize>,
}

/// The cell of each point and the masses of the cells.
#[derive(Debug, Clone, PartialEq)]
pub struct Histograms {
    /// The cell of each source point; only cells with a point have a number.
    pub source_cells: Vec<usize>,
    /// The cell of each target point.
    pub target_cells: Vec<usize>,
    /// The source's mass in each cell.
    pub source: Vec<f64>,
    /// The target's mass in each cell.
    pub target: Vec<f64>,
}

impl Bins {
    /// Cells by the [rule](self).
    ///
    /// # Errors
    /// [`EstimateError`]: more than three dimensions, no scale, far too many cells.
    pub fn scott(p: &DiscreteMeasure, q: &DiscreteMeasure) -> Result<Self, EstimateError> {
        let extents = common_box(p, q)?;
        let exponent = -1.0 / (p.dim() as f64 + 2.0);
        let size = effective_size(p).min(effective_size(q));
        let wide = |axis: usize| 3.49 * narrower(p, q, axis) * size.powf(exponent);
        Self::of(extents, wide)
    }

    /// A grid with this number of cells along each axis.
    ///
    /// # Errors
    /// [`EstimateError`]: more than three dimensions, no scale, far too many cells.
    pub fn equal(
        p: &DiscreteMeasure,
        q: &DiscreteMeasure,
        cells: usize,
    ) -> Result<Self, EstimateError> {
        let extents = common_box(p, q)?;
        let widths: Vec<f64> =
            extents.iter().map(|(low, high)| (high - low) / cells as f64).collect();
        Self::of(extents, |axis| widths[axis])
    }

    fn of(extents: Vec<(f64, f64)>, wide: impl Fn(usize) -> f64) -> Result<Self, EstimateError> {
        let mut bins = Self { low: Vec::new(), width: Vec::new(), counts: Vec::new() };
        for (axis, (low, high)) in extents.into_iter().enumerate() {
            let (range, width) = (high - low, wide(axis));
            // An axis along which nothing varies has one cell.
            let cells = if range == 0.0 { 1.0 } else { (range / width - 1e-9).ceil().max(1.0) };
            if cells.is_nan() || cells > MAX_CELLS {
                return Err(EstimateError::TooManyCells { cells });
            }
            bins.low.push(low);
            bins.width.push(if range == 0.0 { 1.0 } else { range / cells });
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded")]
            bins.counts.push(cells as usize);
        }
        Ok(bins)
    }

    /// Cells along each axis.
    #[must_use]
    pub fn counts(&self) -> &[usize] {
        &self.counts
    }

    /// The width of a cell along each axis.
    #[must_use]
    pub fn widths(&self) -> &[f64] {
        &self.width
    }

    /// The number of the cell that x is in, axis by axis.
    fn cell(&self, x: impl Iterator<Item = f64>) -> u64 {
        x.enumerate().fold(0, |cell, (axis, x)| {
            let last = self.counts[axis] - 1;
            let place = (x - self.low[axis]) / self.width[axis];
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "saturates"
            )]
            let place = (place as usize).min(last);
            cell * self.counts[axis] as u64 + place as u64
        })
    }

    /// Counts both samples.
    #[must_use]
    pub fn count(&self, p: &DiscreteMeasure, q: &DiscreteMeasure) -> Histograms {
        let codes = |measure: &DiscreteMeasure| -> Vec<u64> {
            measure.support().outer_iter().map(|x| self.cell(x.iter().copied())).collect()
        };
        let (p_codes, q_codes) = (codes(p), codes(q));
        let mut cells: Vec<u64> = p_codes.iter().chain(&q_codes).copied().collect();
        cells.sort_unstable();
        cells.dedup();
        let places = |codes: Vec<u64>| -> Vec<usize> {
            codes.iter().map(|code| cells.partition_point(|cell| cell < code)).collect()
        };
        let (source_cells, target_cells) = (places(p_codes), places(q_codes));
        let masses = |places: &[usize], measure: &DiscreteMeasure| {
            let mut masses = vec![0.0; cells.len()];
            for (&place, mass) in places.iter().zip(measure.mass()) {
                masses[place] += mass;
            }
            masses
        };
        let (source, target) = (masses(&source_cells, p), masses(&target_cells, q));
        Histograms { source_cells, target_cells, source, target }
    }
}

/// The box of all points, (low, high) an axis.
pub(super) fn common_box(
    p: &DiscreteMeasure,
    q: &DiscreteMeasure,
) -> Result<Vec<(f64, f64)>, EstimateError> {
    check_dimensions(p, q)?;
    if p.dim() > MAX_DIMENSIONS {
        return Err(EstimateError::TooManyDimensions { dim: p.dim(), most: MAX_DIMENSIONS });
    }
    let extent = |axis: usize| {
        let (p, q) = (p.support(), q.support());
        let (p, q) = (p.column(axis), q.column(axis));
        let all = p.iter().chain(q);
        all.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &x| (x.min(l), x.max(h)))
    };
    let extents: Vec<_> = (0..p.dim()).map(extent).collect();
    if extents.iter().any(|(low, high)| !(high - low).is_finite()) {
        return Err(EstimateError::Scale);
    }
    Ok(extents)
}

pub(super) fn check_dimensions(
    p: &DiscreteMeasure,
    q: &DiscreteMeasure,
) -> Result<(), EstimateError> {
    if p.dim() == q.dim() {
        return Ok(());
    }
    Err(EstimateError::Dimensions { source_dim: p.dim(), target_dim: q.dim() })
}

/// Kish's effective sample size `(Σw)²/Σw²`.
pub(super) fn effective_size(measure: &DiscreteMeasure) -> f64 {
    let total = measure.total();
    1.0 / measure.mass().iter().map(|w| (w / total).powi(2)).sum::<f64>()
}

/// The standard deviation along an axis.
pub(super) fn deviation(measure: &DiscreteMeasure, axis: usize) -> f64 {
    let (support, total) = (measure.support(), measure.total());
    let column = support.column(axis);
    let mean = math::dot(column, measure.mass()) / total;
    let squares: Vec<f64> = column.iter().map(|x| (x - mean).powi(2)).collect();
    (math::dot(&squares, measure.mass()) / total).sqrt()
}

/// The smaller of the two deviations; of points that are all one, the other.
fn narrower(p: &DiscreteMeasure, q: &DiscreteMeasure, axis: usize) -> f64 {
    let (p, q) = (deviation(p, axis), deviation(q, axis));
    if p == 0.0 || q == 0.0 { p.max(q) } else { p.min(q) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    fn sample(points: Array2<f64>) -> DiscreteMeasure {
        DiscreteMeasure::uniform(points).unwrap()
    }

    #[test]
    fn points_fall_into_the_cells_of_a_grid() {
        let p = sample(array![[0.0, 0.0], [0.9, 0.0], [2.0, 1.0]]);
        let q = sample(array![[0.5, 0.1], [1.0, 1.0]]);
        let bins = Bins::equal(&p, &q, 2).unwrap();
        assert_eq!(bins.counts(), [2, 2]);
        let counted = bins.count(&p, &q);
        // Cells (0, 0) and (1, 1); the upper ends belong to the last cell.
        assert_eq!(counted.source_cells, [0, 0, 1]);
        assert_eq!(counted.target_cells, [0, 1]);
        assert_eq!(counted.target, [0.5, 0.5]);
    }

    #[test]
    fn two_narrow_samples_far_apart_do_not_share_a_cell() {
        let at = |x: f64| sample(Array2::from_shape_fn((50, 1), |(i, _)| x + 1e-3 * i as f64));
        let (p, q) = (at(0.0), at(100.0));
        let counted = Bins::scott(&p, &q).unwrap().count(&p, &q);
        assert!(counted.source.iter().zip(&counted.target).all(|(p, q)| p * q == 0.0));
    }

    #[test]
    fn what_has_no_density_is_refused() {
        let point = sample(array![[1.0]]);
        assert_eq!(Bins::scott(&point, &point).unwrap().counts(), [1]);
        let deep = sample(Array2::zeros((3, 4)));
        assert!(matches!(
            Bins::scott(&deep, &deep),
            Err(EstimateError::TooManyDimensions { dim: 4, .. })
        ));
        let other = sample(array![[2.0]]);
        assert!(matches!(Bins::scott(&point, &other), Err(EstimateError::TooManyCells { .. })));
        assert_eq!(Bins::equal(&point, &other, 4).unwrap().counts(), [4]);
    }
}
