//! Ground costs: what it takes to move one unit of mass from a source point to a target point.
//!
//! Solvers see a [`Cost`]: an n×m table that may or may not exist in memory. A
//! [`GroundCost`] computes its entries from two clouds ([`GroundCost::table`]); [`CostMatrix`] stores
//! them.

mod differentiable;
mod dissimilarity;
mod error;
mod f32_filter;
mod gram_product;
mod ground;
mod kd_search;
mod matrix;
mod metric;
mod named;
mod points;
mod power;
mod rounding;
mod search;
mod sparse;
mod tiles;
mod with_dummies;

pub use error::CostError;
pub use ground::{GroundCost, PowerCost, point_costs};
pub(crate) use matrix::Stored;
pub use matrix::{CostEntry, CostMatrix};
pub use metric::Metric;
pub use named::{Chebyshev, Cityblock, Cosine, Euclidean, Minkowski, SqEuclidean};
pub use rounding::Rounding;
pub use search::Search;
pub use sparse::SparseCost;
pub(crate) use with_dummies::{DummyCosts, WithDummies};

use macro_rules_attribute::apply;
use ndarray::Array2;

use crate::math::simd_targets;

pub use crate::spatial::LEAF;

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
    fn row<'a>(&'a self, i: usize, buffer: &'a mut [f64]) -> &'a [f64] {
        self.part_of_row(i, 0, buffer)
    }

    /// The costs c(i, j) for `j = start, start + 1, …`, as many as `buffer` is long: a stored
    /// slice, or `buffer` filled.
    fn part_of_row<'a>(&'a self, i: usize, start: usize, buffer: &'a mut [f64]) -> &'a [f64];

    /// Consecutive rows from row `first` on, as many as `out` has room for, one after another.
    fn rows(&self, first: usize, out: &mut [f64]) {
        let mut buffer = vec![0.0; self.m()];
        for (i, out) in (first..).zip(out.chunks_mut(self.m())) {
            out.copy_from_slice(self.row(i, &mut buffer));
        }
    }

    /// [`Cost::rows`] where every entry may be off by `error`, if that saves time.
    fn rows_within(&self, error: f64, first: usize, out: &mut [f64]) {
        debug_assert!(error >= 0.0, "error {error}");
        self.rows(first, out);
    }

    /// How many consecutive [rows](Cost::rows) are best asked for together; 1 if that saves
    /// nothing.
    fn rows_together(&self) -> usize {
        1
    }

    /// The costs between some of the sources and some of the targets.
    fn select(&self, rows: &[usize], columns: &[usize]) -> Box<dyn Cost>;

    /// Whether the table is a list of arcs, which a [search](Cost::search_targets) finds in time linear in
    /// their number.
    fn is_sparse(&self) -> bool {
        false
    }

    /// Whether some costs are +∞: their arcs are forbidden.
    fn forbids(&self) -> bool {
        false
    }

    /// The table with no cost above `cap`, forbidden arcs included, if it is not a matrix but can be cut
    /// all the same.
    fn cut_at(&self, _cap: f64) -> Option<Box<dyn Cost>> {
        None
    }

    /// Whether rows are at hand without computing anything.
    fn is_stored(&self) -> bool {
        false
    }

    /// How many of the last rows, and of the last columns, are dummies: no points, but mass that is not
    /// transported. Each of their arcs is likely to carry mass.
    fn dummies(&self) -> (usize, usize) {
        (0, 0)
    }

    /// An order of the sources and one of the targets in which every run of four points, of
    /// twice as many, and so on, lies close together; `None` if no order would leave most pairs
    /// of such runs far apart.
    fn local_orders(&self) -> Option<(Vec<usize>, Vec<usize>)> {
        None
    }

    /// A lower bound of the costs between runs of `height` consecutive sources and runs of
    /// `width` consecutive targets, one entry for each pair of runs; `None` if none is known.
    fn block_bounds(&self, _height: usize, _width: usize) -> Option<Array2<f64>> {
        None
    }

    /// Whether points are in so few dimensions that a search visits few of them.
    fn is_searchable(&self) -> bool {
        false
    }

    /// Whether there is a search that looks at all points, but with few digits.
    fn is_screened(&self) -> bool {
        false
    }

    /// A search for the targets of smallest reduced cost from a source, for points in
    /// [few](Cost::is_searchable) or [many](Cost::is_screened) dimensions.
    fn search_targets(&self) -> Option<Box<dyn Search + '_>> {
        None
    }

    /// A search among the sources from a target; see [`Cost::search_targets`].
    fn search_sources(&self) -> Option<Box<dyn Search + '_>> {
        None
    }

    /// The costs between the centroids of runs of so many consecutive sources, and of so many
    /// consecutive targets, weighted by mass; `None` if points have none.
    fn between_centroids(
        &self,
        _runs: (usize, usize),
        _mass: (&[f64], &[f64]),
    ) -> Option<Box<dyn Cost>> {
        None
    }

    /// How far the computed costs may be from the real ones; by default they are real numbers as
    /// they stand.
    fn rounding(&self) -> Rounding {
        Rounding::NONE
    }

    /// Two numbers between which the real cost c(i, j) lies.
    fn enclosure(&self, i: usize, j: usize) -> (f64, f64) {
        let (rounding, cost) = (self.rounding(), self.at(i, j));
        (rounding.below(cost), rounding.above(cost))
    }

    /// A number that no cost exceeds in size, if one is known without looking at all of them.
    fn upper_bound(&self) -> Option<f64> {
        None
    }

    /// Source and target coordinates, if both clouds lie on the line and the cost is a convex
    /// function of their difference; then sorting solves the problem.
    fn convex_on_line(&self) -> Option<(&[f64], &[f64])> {
        None
    }

    /// The p for which the real cost on the line is `|x − y|^p`, if it is 1 or 2.
    fn power_on_line(&self) -> Option<u8> {
        None
    }
}

impl<C: Cost + ?Sized> Cost for &C {
    fn n(&self) -> usize {
        (**self).n()
    }
    fn m(&self) -> usize {
        (**self).m()
    }
    fn at(&self, i: usize, j: usize) -> f64 {
        (**self).at(i, j)
    }
    fn part_of_row<'a>(&'a self, i: usize, start: usize, buffer: &'a mut [f64]) -> &'a [f64] {
        (**self).part_of_row(i, start, buffer)
    }
    fn rows(&self, first: usize, out: &mut [f64]) {
        (**self).rows(first, out);
    }
    fn rows_within(&self, error: f64, first: usize, out: &mut [f64]) {
        (**self).rows_within(error, first, out);
    }
    fn rows_together(&self) -> usize {
        (**self).rows_together()
    }
    fn select(&self, rows: &[usize], columns: &[usize]) -> Box<dyn Cost> {
        (**self).select(rows, columns)
    }
    fn is_sparse(&self) -> bool {
        (**self).is_sparse()
    }
    fn forbids(&self) -> bool {
        (**self).forbids()
    }
    fn cut_at(&self, cap: f64) -> Option<Box<dyn Cost>> {
        (**self).cut_at(cap)
    }
    fn is_stored(&self) -> bool {
        (**self).is_stored()
    }
    fn dummies(&self) -> (usize, usize) {
        (**self).dummies()
    }
    fn local_orders(&self) -> Option<(Vec<usize>, Vec<usize>)> {
        (**self).local_orders()
    }
    fn block_bounds(&self, height: usize, width: usize) -> Option<Array2<f64>> {
        (**self).block_bounds(height, width)
    }
    fn is_searchable(&self) -> bool {
        (**self).is_searchable()
    }
    fn is_screened(&self) -> bool {
        (**self).is_screened()
    }
    fn search_targets(&self) -> Option<Box<dyn Search + '_>> {
        (**self).search_targets()
    }
    fn search_sources(&self) -> Option<Box<dyn Search + '_>> {
        (**self).search_sources()
    }
    fn between_centroids(
        &self,
        runs: (usize, usize),
        mass: (&[f64], &[f64]),
    ) -> Option<Box<dyn Cost>> {
        (**self).between_centroids(runs, mass)
    }
    fn rounding(&self) -> Rounding {
        (**self).rounding()
    }
    fn enclosure(&self, i: usize, j: usize) -> (f64, f64) {
        (**self).enclosure(i, j)
    }
    fn upper_bound(&self) -> Option<f64> {
        (**self).upper_bound()
    }
    fn convex_on_line(&self) -> Option<(&[f64], &[f64])> {
        (**self).convex_on_line()
    }
    fn power_on_line(&self) -> Option<u8> {
        (**self).power_on_line()
    }
}

/// `max_ij |c(i, j)|` over arcs that are not forbidden, the scale of a table. O(nm).
#[must_use]
pub fn largest_size(cost: &dyn Cost) -> f64 {
    let mut buffer = vec![0.0; cost.m()];
    (0..cost.n()).map(|i| largest_in(cost.row(i, &mut buffer))).fold(0.0, f64::max)
}

/// `max_j |row_j|` over finite entries.
#[apply(simd_targets)]
fn largest_in(row: &[f64]) -> f64 {
    const LANES: usize = 32;
    let mut largest = [0.0; LANES];
    let (rows, rest) = row.as_chunks::<LANES>();
    for row in rows {
        for (largest, c) in largest.iter_mut().zip(row) {
            let size = c.abs();
            let is_larger = size > *largest && size < f64::INFINITY;
            *largest = if is_larger { size } else { *largest };
        }
    }
    for (largest, c) in largest.iter_mut().zip(rest) {
        let size = c.abs();
        let is_larger = size > *largest && size < f64::INFINITY;
        *largest = if is_larger { size } else { *largest };
    }
    largest.into_iter().fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::DiscreteMeasure;
    use ndarray::array;

    fn between(ground: impl Into<GroundCost>, x: [f64; 2], y: [f64; 2]) -> f64 {
        let x = DiscreteMeasure::uniform(array![x]).unwrap();
        let y = DiscreteMeasure::uniform(array![y]).unwrap();
        point_costs(&x, &y, ground).unwrap().at(0, 0)
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
        close(between(GroundCost::power(Euclidean, 3.0).unwrap(), x, y), 125.0);
    }

    #[test]
    fn rows_equal_single_entries_to_the_bit() {
        let x = Array2::from_shape_fn((3, 5), |(i, k)| ((i * 7 + k * 3) as f64).sin());
        let y = Array2::from_shape_fn((1100, 5), |(j, k)| ((j * 5 + k) as f64).cos() * 1e3);
        let x = DiscreteMeasure::uniform(x).unwrap();
        let y = DiscreteMeasure::uniform(y).unwrap();
        let cost = point_costs(&x, &y, Euclidean).unwrap();
        let mut buffer = vec![0.0; 1100];
        for i in 0..3 {
            let row = cost.row(i, &mut buffer).to_vec();
            for (j, c) in row.iter().enumerate() {
                assert_eq!(c.to_bits(), cost.at(i, j).to_bits());
            }
        }
        let table = CostMatrix::tabulate(cost.as_ref());
        for (i, j) in (0..3).flat_map(|i| (0..1100).map(move |j| (i, j))) {
            assert_eq!(table.at(i, j).to_bits(), cost.at(i, j).to_bits());
        }
    }

    #[test]
    fn a_part_of_a_stored_table_has_its_entries_and_their_intervals() {
        let x = Array2::from_shape_fn((7, 3), |(i, k)| ((i * 7 + k * 3) as f64).sin());
        let x = DiscreteMeasure::uniform(x).unwrap();
        let computed = || point_costs(&x, &x, Euclidean).unwrap();
        let (rows, columns) = ([1, 4, 6], [0, 5]);
        let part = Stored::new(computed()).select(&rows, &columns);
        let expected = computed().select(&rows, &columns);
        assert!(part.is_stored() && (part.n(), part.m()) == (3, 2));
        for (i, j) in (0..3).flat_map(|i| (0..2).map(move |j| (i, j))) {
            assert_eq!(part.at(i, j).to_bits(), expected.at(i, j).to_bits());
            assert_eq!(part.enclosure(i, j), expected.enclosure(i, j));
        }
    }

    #[test]
    fn sizes_beyond_f64_are_refused() {
        let x = DiscreteMeasure::uniform(array![[0.0]]).unwrap();
        for far in [1e200, 1e-200] {
            let y = DiscreteMeasure::uniform(array![[far]]).unwrap();
            assert!(matches!(point_costs(&x, &y, SqEuclidean), Err(CostError::Range { .. })));
        }
        assert!(matches!(Minkowski::new(0.5), Err(CostError::Exponent { .. })));
        assert!(matches!(point_costs(&x, &x, Cosine), Err(CostError::ZeroVector)));
        assert!(matches!(
            CostMatrix::new(array![[0.0, f64::NEG_INFINITY]]),
            Err(CostError::Entry { row: 0, column: 1, .. })
        ));
        assert!(CostMatrix::new(array![[0.0, f64::INFINITY]]).unwrap().forbids());
        // Once the simplex did not end on such costs: their differences overflow.
        assert!(matches!(
            CostMatrix::new(array![[8e307, -1.7e308]]),
            Err(CostError::EntrySize { row: 0, column: 0, .. })
        ));
        // Nor on these.
        assert!(matches!(
            CostMatrix::new(array![[0.0, -3e-320], [0.0, 1e-320]]),
            Err(CostError::TinyEntries { largest: 3e-320 })
        ));
        assert!(CostMatrix::new(array![[0.0, 0.0]]).is_ok());
    }
}
