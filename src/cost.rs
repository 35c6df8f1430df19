//! Ground costs: what it takes to move one unit of mass from a source point to a target point.
//!
//! Solvers see a [`Cost`]: an n×m table that may or may not exist in memory. [`PointCost`]
//! computes its entries from two clouds and a [`GroundCost`]; [`CostMatrix`] stores them.
//!
//! Distances are computed by direct differences, never by `‖x‖² + ‖y‖² − 2⟨x, y⟩`: on clouds far
//! from the origin that expansion loses every digit, and on identical clouds it gives 1e-8
//! instead of 0. Direct differences are exact up to the rounding of the input, wherever the
//! clouds lie, so no translation is needed here.

use multiversion::multiversion;
use ndarray::{Array2, ArrayView1, ArrayView2, Axis};
use thiserror::Error;

use crate::measure::DiscreteMeasure;

/// An n×m cost table, rows for source points, columns for target points.
pub trait Cost: Send + Sync {
    /// Number of source points n.
    fn n(&self) -> usize;

    /// Number of target points m.
    fn m(&self) -> usize;

    /// The cost c(i, j) of moving one unit from source i to target j.
    fn at(&self, i: usize, j: usize) -> f64;

    /// The costs c(i, ·), length m: the stored row, or `buffer` (length m) filled with it.
    /// Entries equal those of [`Cost::at`] to the bit.
    fn row<'a>(&'a self, i: usize, buffer: &'a mut [f64]) -> &'a [f64];

    /// The costs between some of the sources and some of the targets.
    fn select(&self, rows: &[usize], columns: &[usize]) -> Box<dyn Cost>;

    /// Whether rows are at hand without computing anything.
    fn is_stored(&self) -> bool {
        false
    }

    /// Source and target coordinates, if both clouds lie on the line and the cost is a convex
    /// function of their difference; then sorting solves the problem.
    fn convex_on_line(&self) -> Option<(&[f64], &[f64])> {
        None
    }
}

/// A function c(x, y) on R^d × R^d.
///
/// Implementations fold the coordinates' absolute differences (`accumulate`, in order) and
/// finish: Euclidean squares, adds and takes the root.
pub trait GroundCost: Clone + Send + Sync + 'static {
    /// The name the command line and the reports use.
    fn name(&self) -> String;

    /// Folds one absolute coordinate difference into the accumulator, which starts at 0.
    fn accumulate(&self, accumulator: f64, difference: f64) -> f64;

    /// Turns the accumulator into the cost.
    fn finish(&self, accumulator: f64) -> f64;

    /// Maps a point to where differences are taken; only [`Cosine`] does anything here.
    ///
    /// # Errors
    /// [`CostError`] without a row if the cost is not defined at this point.
    fn prepare(&self, _point: &mut [f64]) -> Result<(), CostError> {
        Ok(())
    }

    /// Whether c(x, y) is a convex function of x − y for d = 1.
    fn convex_on_line(&self) -> bool;

    /// The exponent of the accumulator before the root, which bounds the sizes of coordinates
    /// that neither overflow nor vanish.
    fn degree(&self) -> f64;

    /// `c(x, y_j)` for a block of targets given coordinate by coordinate: `columns[k][j]` is
    /// coordinate k of target j.
    fn block(&self, x: &[f64], columns: &[&[f64]], out: &mut [f64]) {
        out.fill(0.0);
        for (&x, column) in x.iter().zip(columns) {
            for (out, &y) in out.iter_mut().zip(*column) {
                *out = self.accumulate(*out, (x - y).abs());
            }
        }
        for out in out {
            *out = self.finish(*out);
        }
    }
}

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

/// What is wrong with a ground cost, a cost matrix, or the points given to it.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum CostError {
    /// The clouds have different numbers of coordinates.
    #[error("source points have {source_dim} coordinates, target points {target_dim}")]
    Dimensions {
        /// Coordinates of a source point.
        source_dim: usize,
        /// Coordinates of a target point.
        target_dim: usize,
    },
    /// The clouds are so wide that the cost overflows, or so tight that it vanishes.
    #[error("coordinates spread over {spread:e}: the {cost} cost leaves the range of f64 there")]
    Range {
        /// The largest extent of the two clouds along any axis.
        spread: f64,
        /// Name of the ground cost.
        cost: String,
    },
    /// The cosine of the angle with the zero vector.
    #[error("the cosine cost is not defined for the zero vector")]
    ZeroVector,
    /// A Minkowski exponent below 1, or a power that is not positive.
    #[error("{what} {value} is out of range: it must be finite and {bound}")]
    Exponent {
        /// Which exponent.
        what: &'static str,
        /// The value given.
        value: f64,
        /// What would be right.
        bound: &'static str,
    },
    /// An entry of the cost matrix is NaN or infinite.
    #[error("entry ({row}, {column}) of the cost matrix is {value}")]
    Entry {
        /// Source index, from 0.
        row: usize,
        /// Target index, from 0.
        column: usize,
        /// The value found.
        value: f64,
    },
    /// The cost matrix has no rows or no columns.
    #[error("the cost matrix has shape ({n}, {m})")]
    EmptyMatrix {
        /// Number of rows.
        n: usize,
        /// Number of columns.
        m: usize,
    },
}

impl CostError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Dimensions { .. } => "compare clouds with the same columns",
            Self::Range { .. } => "rescale both clouds by the same factor",
            Self::ZeroVector => "remove the zero rows, or use another cost",
            Self::Exponent { .. } => "use euclidean, cityblock or chebyshev, or mend the exponent",
            Self::Entry { .. } => {
                "every cost must be a finite number; forbid an arc by a large one"
            }
            Self::EmptyMatrix { .. } => {
                "give one row per source point and one column per target point"
            }
        }
    }
}

impl GroundCost for Euclidean {
    fn name(&self) -> String {
        "euclidean".into()
    }
    #[inline(always)]
    fn accumulate(&self, accumulator: f64, difference: f64) -> f64 {
        accumulator + difference * difference
    }
    #[inline(always)]
    fn finish(&self, accumulator: f64) -> f64 {
        accumulator.sqrt()
    }
    fn convex_on_line(&self) -> bool {
        true
    }
    fn degree(&self) -> f64 {
        2.0
    }
}

impl GroundCost for SqEuclidean {
    fn name(&self) -> String {
        "sqeuclidean".into()
    }
    #[inline(always)]
    fn accumulate(&self, accumulator: f64, difference: f64) -> f64 {
        accumulator + difference * difference
    }
    #[inline(always)]
    fn finish(&self, accumulator: f64) -> f64 {
        accumulator
    }
    fn convex_on_line(&self) -> bool {
        true
    }
    fn degree(&self) -> f64 {
        2.0
    }
}

impl GroundCost for Cityblock {
    fn name(&self) -> String {
        "cityblock".into()
    }
    #[inline(always)]
    fn accumulate(&self, accumulator: f64, difference: f64) -> f64 {
        accumulator + difference
    }
    #[inline(always)]
    fn finish(&self, accumulator: f64) -> f64 {
        accumulator
    }
    fn convex_on_line(&self) -> bool {
        true
    }
    fn degree(&self) -> f64 {
        1.0
    }
}

impl GroundCost for Chebyshev {
    fn name(&self) -> String {
        "chebyshev".into()
    }
    #[inline(always)]
    fn accumulate(&self, accumulator: f64, difference: f64) -> f64 {
        accumulator.max(difference)
    }
    #[inline(always)]
    fn finish(&self, accumulator: f64) -> f64 {
        accumulator
    }
    fn convex_on_line(&self) -> bool {
        true
    }
    fn degree(&self) -> f64 {
        1.0
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
}

impl GroundCost for Minkowski {
    fn name(&self) -> String {
        format!("minkowski({})", self.exponent)
    }
    /// The largest difference; [`Minkowski::block`] scales by it before any power is taken.
    #[inline(always)]
    fn accumulate(&self, accumulator: f64, difference: f64) -> f64 {
        accumulator.max(difference)
    }
    #[inline(always)]
    fn finish(&self, accumulator: f64) -> f64 {
        accumulator
    }
    fn convex_on_line(&self) -> bool {
        true
    }
    fn degree(&self) -> f64 {
        1.0
    }
    /// `M·(Σ (|x_k − y_k|/M)^q)^(1/q)` with `M` the largest difference: no power overflows.
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
    #[inline(always)]
    fn accumulate(&self, accumulator: f64, difference: f64) -> f64 {
        accumulator + difference * difference
    }
    #[inline(always)]
    fn finish(&self, accumulator: f64) -> f64 {
        0.5 * accumulator
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
    fn degree(&self) -> f64 {
        1.0
    }
}

impl<G: GroundCost> Power<G> {
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
    #[inline(always)]
    fn accumulate(&self, accumulator: f64, difference: f64) -> f64 {
        self.base.accumulate(accumulator, difference)
    }
    #[inline(always)]
    fn finish(&self, accumulator: f64) -> f64 {
        self.base.finish(accumulator).powf(self.p)
    }
    fn prepare(&self, point: &mut [f64]) -> Result<(), CostError> {
        self.base.prepare(point)
    }
    fn convex_on_line(&self) -> bool {
        self.base.convex_on_line() && self.p >= 1.0
    }
    fn degree(&self) -> f64 {
        self.base.degree() * self.p.max(1.0)
    }
    fn block(&self, x: &[f64], columns: &[&[f64]], out: &mut [f64]) {
        self.base.block(x, columns, out);
        for out in out {
            *out = out.powf(self.p);
        }
    }
}

/// The ground cost between two clouds, computed on demand: memory linear in n + m.
#[derive(Debug, Clone)]
pub struct PointCost<G> {
    /// (n, d), row-major.
    source: Array2<f64>,
    /// (d, m): coordinate by coordinate, so that a row of costs is computed in SIMD lanes.
    target: Array2<f64>,
    ground: G,
}

impl<G: GroundCost> PointCost<G> {
    /// The table of costs between the supports of two measures; O((n + m)·d).
    ///
    /// # Errors
    /// [`CostError`] if dimensions differ, a point has no cost, or the cost would overflow.
    pub fn new(
        source: &DiscreteMeasure,
        target: &DiscreteMeasure,
        ground: G,
    ) -> Result<Self, CostError> {
        if source.dim() != target.dim() {
            return Err(CostError::Dimensions {
                source_dim: source.dim(),
                target_dim: target.dim(),
            });
        }
        let spread = spread(source.support(), target.support());
        let safe = 1e300_f64.powf(1.0 / ground.degree()) / (source.dim() as f64);
        if spread > safe || (spread > 0.0 && spread < 1.0 / safe) {
            return Err(CostError::Range { spread, cost: ground.name() });
        }
        let mut source = source.support().to_owned();
        let mut target = target.support().to_owned();
        for mut point in source.rows_mut().into_iter().chain(target.rows_mut()) {
            let mut coordinates = point.to_vec();
            ground.prepare(&mut coordinates)?;
            point.assign(&ArrayView1::from(&coordinates));
        }
        let target = target.t().as_standard_layout().into_owned();
        Ok(Self { source, target, ground })
    }

    /// The ground cost.
    pub fn ground(&self) -> &G {
        &self.ground
    }
}

/// The largest extent of the two clouds together along any axis.
fn spread(source: ArrayView2<'_, f64>, target: ArrayView2<'_, f64>) -> f64 {
    let extent = |k: usize| {
        let both = || source.column(k).into_iter().chain(target.column(k)).copied();
        let low = both().fold(f64::INFINITY, f64::min);
        let high = both().fold(f64::NEG_INFINITY, f64::max);
        high - low
    };
    (0..source.ncols()).map(extent).fold(0.0, f64::max)
}

impl<G: GroundCost> Cost for PointCost<G> {
    fn n(&self) -> usize {
        self.source.nrows()
    }

    fn m(&self) -> usize {
        self.target.ncols()
    }

    fn at(&self, i: usize, j: usize) -> f64 {
        let mut out = [0.0];
        block_of_row(&self.ground, self.source_point(i), self.targets(), j, &mut out);
        out[0]
    }

    fn row<'a>(&'a self, i: usize, buffer: &'a mut [f64]) -> &'a [f64] {
        /// Targets per block: the accumulators stay in the first-level cache over all
        /// coordinates.
        const BLOCK: usize = 512;
        let x = self.source_point(i);
        for (b, out) in buffer.chunks_mut(BLOCK).enumerate() {
            block_of_row(&self.ground, x, self.targets(), b * BLOCK, out);
        }
        buffer
    }

    fn select(&self, rows: &[usize], columns: &[usize]) -> Box<dyn Cost> {
        Box::new(Self {
            source: self.source.select(Axis(0), rows),
            target: self.target.select(Axis(1), columns).as_standard_layout().into_owned(),
            ground: self.ground.clone(),
        })
    }

    fn convex_on_line(&self) -> Option<(&[f64], &[f64])> {
        if self.source.ncols() == 1 && self.ground.convex_on_line() {
            Some((self.source.as_slice()?, self.target.as_slice()?))
        } else {
            None
        }
    }
}

impl<G> PointCost<G> {
    fn source_point(&self, i: usize) -> &[f64] {
        let d = self.source.ncols();
        &self.source.as_slice().expect("standard layout")[i * d..(i + 1) * d]
    }

    fn targets(&self) -> &[f64] {
        self.target.as_slice().expect("standard layout")
    }
}

/// Costs from x to the targets `start .. start + out.len()` of a (d, m) table.
#[multiversion(
    targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2+fma"),
    dispatcher = "direct"
)]
fn block_of_row<G: GroundCost>(
    ground: &G,
    x: &[f64],
    targets: &[f64],
    start: usize,
    out: &mut [f64],
) {
    let m = targets.len() / x.len();
    if let [x] = x {
        return ground.block(&[*x], &[&targets[start..start + out.len()]], out);
    }
    let columns: Vec<&[f64]> =
        targets.chunks_exact(m).map(|column| &column[start..start + out.len()]).collect();
    ground.block(x, &columns, out);
}

/// An explicit n×m cost table.
#[derive(Debug, Clone, PartialEq)]
pub struct CostMatrix {
    entries: Array2<f64>,
}

impl CostMatrix {
    /// Wraps a matrix of shape (n, m), rows for source points. Entries may be negative, never
    /// NaN or infinite.
    ///
    /// # Errors
    /// [`CostError::EmptyMatrix`], [`CostError::Entry`].
    pub fn new(entries: Array2<f64>) -> Result<Self, CostError> {
        let (n, m) = entries.dim();
        if n == 0 || m == 0 {
            return Err(CostError::EmptyMatrix { n, m });
        }
        if let Some(((row, column), &value)) = entries.indexed_iter().find(|(_, c)| !c.is_finite())
        {
            return Err(CostError::Entry { row, column, value });
        }
        Ok(Self { entries: entries.as_standard_layout().into_owned() })
    }

    /// Computes and stores all n·m entries of another cost: 8·n·m bytes.
    #[must_use]
    pub fn tabulate(cost: &dyn Cost) -> Self {
        let mut entries = Array2::zeros((cost.n(), cost.m()));
        let mut buffer = vec![0.0; cost.m()];
        for (i, mut row) in entries.rows_mut().into_iter().enumerate() {
            row.assign(&ArrayView1::from(cost.row(i, &mut buffer)));
        }
        Self { entries }
    }
}

impl Cost for CostMatrix {
    fn n(&self) -> usize {
        self.entries.nrows()
    }

    fn m(&self) -> usize {
        self.entries.ncols()
    }

    fn at(&self, i: usize, j: usize) -> f64 {
        self.entries[(i, j)]
    }

    fn select(&self, rows: &[usize], columns: &[usize]) -> Box<dyn Cost> {
        let entries = Array2::from_shape_fn((rows.len(), columns.len()), |(i, j)| {
            self.entries[(rows[i], columns[j])]
        });
        Box::new(Self { entries })
    }

    fn is_stored(&self) -> bool {
        true
    }

    fn row<'a>(&'a self, i: usize, _: &'a mut [f64]) -> &'a [f64] {
        let m = self.entries.ncols();
        &self.entries.as_slice().expect("standard layout")[i * m..(i + 1) * m]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn between<G: GroundCost>(ground: G, x: [f64; 2], y: [f64; 2]) -> f64 {
        let x = DiscreteMeasure::uniform(array![x]).unwrap();
        let y = DiscreteMeasure::uniform(array![y]).unwrap();
        PointCost::new(&x, &y, ground).unwrap().at(0, 0)
    }

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() <= 4.0 * f64::EPSILON * b.abs(), "{a} is not {b}");
    }

    #[test]
    fn ground_costs_match_their_formulas() {
        let (x, y) = ([1.0, 2.0], [4.0, -2.0]);
        close(between(Euclidean, x, y), 5.0);
        close(between(SqEuclidean, x, y), 25.0);
        close(between(Cityblock, x, y), 7.0);
        close(between(Chebyshev, x, y), 4.0);
        close(between(Minkowski::new(3.0).unwrap(), x, y), 91.0_f64.cbrt());
        close(
            between(Minkowski::new(500.0).unwrap(), [0.0, 0.0], [1e9, 1e9]),
            1e9 * 2.0_f64.powf(0.002),
        );
        close(between(Cosine, [2.0, 0.0], [0.0, 7.0]), 1.0);
        close(between(Power::new(Euclidean, 3.0).unwrap(), x, y), 125.0);
    }

    #[test]
    fn rows_equal_single_entries_to_the_bit() {
        let x = Array2::from_shape_fn((3, 5), |(i, k)| ((i * 7 + k * 3) as f64).sin());
        let y = Array2::from_shape_fn((1100, 5), |(j, k)| ((j * 5 + k) as f64).cos() * 1e3);
        let x = DiscreteMeasure::uniform(x).unwrap();
        let y = DiscreteMeasure::uniform(y).unwrap();
        let cost = PointCost::new(&x, &y, Euclidean).unwrap();
        let mut buffer = vec![0.0; 1100];
        for i in 0..3 {
            let row = cost.row(i, &mut buffer).to_vec();
            for (j, c) in row.iter().enumerate() {
                assert_eq!(c.to_bits(), cost.at(i, j).to_bits());
            }
        }
        assert_eq!(CostMatrix::tabulate(&cost).at(2, 1099).to_bits(), cost.at(2, 1099).to_bits());
    }

    #[test]
    fn sizes_beyond_f64_are_refused() {
        let x = DiscreteMeasure::uniform(array![[0.0]]).unwrap();
        for far in [1e200, 1e-200] {
            let y = DiscreteMeasure::uniform(array![[far]]).unwrap();
            assert!(matches!(PointCost::new(&x, &y, SqEuclidean), Err(CostError::Range { .. })));
        }
        assert!(matches!(Minkowski::new(0.5), Err(CostError::Exponent { .. })));
        assert!(matches!(PointCost::new(&x, &x, Cosine), Err(CostError::ZeroVector)));
        assert!(matches!(
            CostMatrix::new(array![[0.0, f64::INFINITY]]),
            Err(CostError::Entry { row: 0, column: 1, .. })
        ));
    }
}
