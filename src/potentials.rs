//! Kantorovich potentials and the c-transform.
//!
//! Sign convention: potentials (f, g) are feasible when `f_i + g_j ≤ c(i, j)` for all i, j; the
//! dual value is `Σ μ_i f_i + Σ ν_j g_j`. For a metric cost and shared points, f = −g = a
//! 1-Lipschitz function.

use macro_rules_attribute::apply;
use ndarray::{Array1, ArrayView1};
use rayon::prelude::*;
use thiserror::Error;

use crate::cost::{Cost, Search};
use crate::math::{self, simd_targets, smallest_lane, sorted_order};
use crate::progress::{IsOver, never};

/// A pair of dual vectors f (n,) on the source and g (m,) on the target, in the units of the
/// cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Potentials {
    f: Array1<f64>,
    g: Array1<f64>,
}

/// An error in numbers that should be potentials.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum PotentialsError {
    /// A potential that is NaN or infinite.
    #[error("the {side} potential at index {index} is {value}, not a finite number")]
    Value {
        /// `"source"` or `"target"`.
        side: &'static str,
        /// Which point, from 0.
        index: usize,
        /// The value given.
        value: f64,
    },
    /// Potentials of another problem.
    #[error("{f} source and {g} target potentials for {n} source and {m} target points")]
    Shape {
        /// Length of f.
        f: usize,
        /// Length of g.
        g: usize,
        /// Source points.
        n: usize,
        /// Target points.
        m: usize,
    },
}

impl Potentials {
    /// Wraps f (source) and g (target); they need not be feasible.
    ///
    /// # Errors
    /// [`PotentialsError`] for values that are not finite.
    pub fn new(f: Array1<f64>, g: Array1<f64>) -> Result<Self, PotentialsError> {
        for (side, values) in [("source", &f), ("target", &g)] {
            if let Some((index, &value)) = values.iter().enumerate().find(|(_, x)| !x.is_finite()) {
                return Err(PotentialsError::Value { side, index, value });
            }
        }
        Ok(Self { f, g })
    }

    /// As [`Potentials::new`] for values known to be finite.
    pub(crate) fn from_finite(f: Array1<f64>, g: Array1<f64>) -> Self {
        Self { f, g }
    }

    /// Checks that there is a potential for each of n source and m target points.
    pub(crate) fn check_shape(&self, (n, m): (usize, usize)) -> Result<(), PotentialsError> {
        let (f, g) = (self.f.len(), self.g.len());
        if (f, g) == (n, m) { Ok(()) } else { Err(PotentialsError::Shape { f, g, n, m }) }
    }

    /// Zero potentials, feasible for non-negative costs.
    #[must_use]
    pub fn zero(n: usize, m: usize) -> Self {
        Self { f: Array1::zeros(n), g: Array1::zeros(m) }
    }

    /// Source potential f, shape (n,).
    #[must_use]
    pub fn f(&self) -> ArrayView1<'_, f64> {
        self.f.view()
    }

    /// Target potential g, shape (m,).
    #[must_use]
    pub fn g(&self) -> ArrayView1<'_, f64> {
        self.g.view()
    }

    /// The dual value `Σ μ_i f_i + Σ ν_j g_j`, compensated.
    #[must_use]
    pub fn value(&self, source: ArrayView1<'_, f64>, target: ArrayView1<'_, f64>) -> f64 {
        math::dot(source.iter().chain(target), self.f.iter().chain(&self.g))
    }
}

/// Rows handled together; fixed, so that results do not depend on the threads.
const ROWS: usize = 64;

/// Queries handed to a search together.
const QUERIES: usize = 256;

/// Cells of a table below which a task is not worth handing to another thread.
const TASK_CELLS: usize = 1 << 16;

/// The least number of rows of m cells worth a task of their own.
pub(crate) fn rows_per_task(m: usize) -> usize {
    TASK_CELLS.div_ceil(m)
}

/// The c-transform of a source potential, `f^c(j) = min_i c(i, j) − f_i`, shape (m,): the
/// largest g for which (f, g) is feasible. O(nm) time, parallel over rows; O(m) memory a thread.
/// Points with more than 2²² cells in up to three dimensions, or 2¹⁴ cells in more, are searched.
/// Convex costs on the line with more than 2³⁰ cells: O((n + m)·log(n + m)).
#[must_use]
pub fn to_target(cost: &dyn Cost, f: ArrayView1<'_, f64>) -> Array1<f64> {
    to_target_until(cost, f, None, &never).unwrap_or_else(|| unreachable!("nobody stops it"))
}

/// [`to_target`]; `None` if the time is up before it is done. A good guess of the answer makes a search
/// short; a bad one costs time only.
pub(crate) fn to_target_until(
    cost: &dyn Cost,
    f: ArrayView1<'_, f64>,
    guess: Option<ArrayView1<'_, f64>>,
    is_over: IsOver<'_>,
) -> Option<Array1<f64>> {
    if let Some((x, y)) = large_on_line(cost) {
        return Some(line_minima(y, x, f, |j, i| cost.at(i, j) - f[i]).values());
    }
    if let Some(search) = by_search(cost).then(|| cost.search_sources()).flatten() {
        let limits = limits(guess, cost.m());
        return minima_by_search(search, f, &limits, is_over);
    }
    let m = cost.m();
    let smallest = (0..cost.n().div_ceil(ROWS))
        .into_par_iter()
        .with_min_len(rows_per_task(m).div_ceil(ROWS))
        .try_fold(
            || (vec![f64::INFINITY; m], vec![0.0; m]),
            |(mut g, mut buffer), block| {
                for i in block * ROWS..((block + 1) * ROWS).min(cost.n()) {
                    lower_envelope(cost.row(i, &mut buffer), f[i], &mut g);
                }
                (!is_over()).then_some((g, buffer))
            },
        )
        .map(|state| Some(state?.0))
        .try_reduce(
            || vec![f64::INFINITY; m],
            |mut a, b| {
                a.iter_mut().zip(b).for_each(|(a, b)| *a = a.min(b));
                Some(a)
            },
        );
    smallest.map(Array1::from)
}

/// The c-transform of a target potential, `g^c(i) = min_j c(i, j) − g_j`, shape (n,): the
/// largest f for which (f, g) is feasible. O(nm) time, parallel over rows.
/// Large tables are searched or sorted, as by [`to_target`].
#[must_use]
pub fn to_source(cost: &dyn Cost, g: ArrayView1<'_, f64>) -> Array1<f64> {
    to_source_until(cost, g, &never).unwrap_or_else(|| unreachable!("nobody stops it"))
}

/// [`to_source`]; `None` if the time is up before it is done.
pub(crate) fn to_source_until(
    cost: &dyn Cost,
    g: ArrayView1<'_, f64>,
    is_over: IsOver<'_>,
) -> Option<Array1<f64>> {
    if let Some((x, y)) = large_on_line(cost) {
        return Some(line_minima(x, y, g, |i, j| cost.at(i, j) - g[j]).values());
    }
    if let Some(search) = by_search(cost).then(|| cost.search_targets()).flatten() {
        return minima_by_search(search, g, &limits(None, cost.n()), is_over);
    }
    let g = &g.to_vec();
    let mut f = vec![0.0; cost.n()];
    let rows = f.par_iter_mut().enumerate().with_min_len(rows_per_task(cost.m()));
    rows.try_for_each_init(
        || vec![0.0; cost.m()],
        |buffer, (i, f)| {
            *f = smallest_difference(cost.row(i, buffer), g);
            (!is_over()).then_some(())
        },
    )?;
    Some(Array1::from(f))
}

/// Cells n·m beyond which a c-transform for a convex cost on the line sorts instead of looking at
/// every cell. A second or so is a fair price for a judgment that relies on nothing; an hour is
/// not.
pub(crate) const LINE_CELLS: usize = 1 << 30;

/// Cells n·m beyond which a c-transform of points in few dimensions searches a tree for the least
/// reduced cost of a point instead of looking at every cell; both find the same to the bit.
const SEARCH_CELLS: usize = 1 << 22;

/// [`SEARCH_CELLS`] for points in many dimensions, where a cell that is ruled out saves d subtractions.
const SCREEN_CELLS: usize = 1 << 14;

/// Whether the table is so large that a transform searches, if the points can be searched.
pub(crate) fn by_search(cost: &dyn Cost) -> bool {
    let few = if cost.is_screened() { SCREEN_CELLS } else { SEARCH_CELLS };
    cost.n().saturating_mul(cost.m()) > few
}

/// The limits of searches: a little above the guesses, so that a guess that is off by rounding is found;
/// infinite without guesses.
pub(crate) fn limits(guess: Option<ArrayView1<'_, f64>>, count: usize) -> Vec<f64> {
    /// Relative to the largest guess.
    const SLACK: f64 = 64.0 * f64::EPSILON;
    let Some(guess) = guess else { return vec![f64::INFINITY; count] };
    let sizes = guess.iter().filter(|x| x.is_finite()).map(|x| x.abs());
    let slack = SLACK * sizes.fold(0.0, f64::max);
    let limit = |x: &f64| if x.is_finite() { x + slack } else { f64::INFINITY };
    guess.iter().map(limit).collect()
}

/// The least reduced cost from each of `count` points of the other side; `None` if the time is up
/// before that is done.
fn minima_by_search(
    mut search: Box<dyn Search + '_>,
    potential: ArrayView1<'_, f64>,
    limits: &[f64],
    is_over: IsOver<'_>,
) -> Option<Array1<f64>> {
    search.fit(&potential.to_vec());
    let mut minima = vec![f64::INFINITY; limits.len()];
    let queries: Vec<u32> = (0..).take(limits.len()).collect();
    let blocks = minima.par_chunks_mut(QUERIES).zip(queries.par_chunks(QUERIES));
    blocks.zip(limits.par_chunks(QUERIES)).try_for_each(|((minima, queries), limits)| {
        let mut found = vec![Vec::new(); minima.len()];
        let mut look = |queries: &[u32], limits: &[f64]| -> Vec<u32> {
            search.smallest_of(queries, 1, limits, &mut found[..queries.len()]);
            let first = queries.iter().zip(&found).map(|(&query, found)| (query, found.first()));
            let mut none = Vec::new();
            for (query, least) in first {
                match least {
                    Some(least) => minima[query as usize % QUERIES] = least.0,
                    None => none.push(query),
                }
            }
            none
        };
        let none = look(queries, limits);
        look(&none, &vec![f64::INFINITY; none.len()]);
        (!is_over()).then_some(())
    })?;
    Some(Array1::from(minima))
}

/// The coordinates of points on the line, if the table is so large that a transform sorts them.
pub(crate) fn large_on_line(cost: &dyn Cost) -> Option<(&[f64], &[f64])> {
    cost.convex_on_line().filter(|_| cost.n().saturating_mul(cost.m()) > LINE_CELLS)
}

/// The minimum of every row of a table over points on the line, in the order of `rows`; columns
/// whose potential is −∞ are left out.
///
/// With rows and columns sorted, `c(x_i, y_j) − f_i` is a Monge table for a convex cost, so the
/// column of the minimum moves right from row to row: find that of the middle row, then search
/// the rows above only left of it and the rows below only right of it (Aggarwal, Klawe, Moran,
/// Shor, Wilber 1987, "Geometric applications of a matrix-searching algorithm", Algorithmica 2,
/// whose method saves the logarithm). Where two columns are equal up to rounding, either may be
/// taken, and what is missed by that is the rounding of a cell at most once for each of the
/// log₂(rows) levels.
pub(crate) fn line_minima<V: Copy + PartialOrd + Send>(
    rows: &[f64],
    columns: &[f64],
    potential: ArrayView1<'_, f64>,
    cell: impl Fn(usize, usize) -> V + Sync,
) -> LineMinima<V> {
    let rows = sorted_order(rows);
    let mut columns = sorted_order(columns);
    columns.retain(|&k| potential[k] > f64::NEG_INFINITY);
    let mut sorted = vec![None; rows.len()];
    monotone_minima(&rows, &columns, &cell, &mut sorted);
    let mut minima = vec![None; rows.len()];
    for (&k, minimum) in rows.iter().zip(sorted) {
        minima[k] = minimum;
    }
    LineMinima { minima, levels: usize::BITS - rows.len().leading_zeros() }
}

/// Row minima of a table over points on the line.
pub(crate) struct LineMinima<V> {
    /// None where there is no column.
    pub(crate) minima: Vec<Option<V>>,
    /// How often rows were halved until one was left.
    pub(crate) levels: u32,
}

impl LineMinima<f64> {
    /// The minima; infinite where there is no column.
    fn values(self) -> Array1<f64> {
        self.minima.into_iter().map(|minimum| minimum.unwrap_or(f64::INFINITY)).collect()
    }
}

/// Row minima of a table in which the minimum's column moves right from row to row.
fn monotone_minima<V: Copy + PartialOrd + Send>(
    rows: &[usize],
    columns: &[usize],
    cell: &(impl Fn(usize, usize) -> V + Sync),
    minima: &mut [Option<V>],
) {
    /// Rows from which on it pays to hand a half to another thread.
    const PARALLEL: usize = 4096;
    if rows.is_empty() {
        return;
    }
    let middle = rows.len() / 2;
    let (mut smallest, mut place) = (None, 0);
    for (k, &column) in columns.iter().enumerate() {
        let value = cell(rows[middle], column);
        if smallest.is_none_or(|smallest| value < smallest) {
            (smallest, place) = (Some(value), k);
        }
    }
    let (above, rest) = minima.split_at_mut(middle);
    let (here, below) = rest.split_at_mut(1);
    here[0] = smallest;
    let left = &columns[..columns.len().min(place + 1)];
    let right = &columns[place..];
    let mut upper = || monotone_minima(&rows[..middle], left, cell, above);
    let mut lower = || monotone_minima(&rows[middle + 1..], right, cell, below);
    if rows.len() > PARALLEL {
        rayon::join(upper, lower);
    } else {
        upper();
        lower();
    }
}

/// `g_j ← min(g_j, row_j − f)`.
#[apply(simd_targets)]
pub(crate) fn lower_envelope(row: &[f64], f: f64, g: &mut [f64]) {
    for (g, c) in g.iter_mut().zip(row) {
        let d = c - f;
        *g = if d < *g { d } else { *g };
    }
}

/// `min_j row_j − g_j`.
#[apply(simd_targets)]
pub(crate) fn smallest_difference(row: &[f64], g: &[f64]) -> f64 {
    const LANES: usize = 32;
    let mut smallest = [f64::INFINITY; LANES];
    let (rows, row_rest) = row.as_chunks::<LANES>();
    let (gs, g_rest) = g.as_chunks::<LANES>();
    for (row, g) in rows.iter().zip(gs) {
        for k in 0..LANES {
            let d = row[k] - g[k];
            smallest[k] = if d < smallest[k] { d } else { smallest[k] };
        }
    }
    for ((smallest, c), g) in smallest.iter_mut().zip(row_rest).zip(g_rest) {
        let d = c - g;
        *smallest = if d < *smallest { d } else { *smallest };
    }
    smallest_lane(smallest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::{CostMatrix, Euclidean, GroundCost, SqEuclidean, point_costs};
    use crate::measure::DiscreteMeasure;
    use ndarray::{Array2, array};

    #[test]
    fn transforms_match_the_definition() {
        let entries = Array2::from_shape_fn((130, 71), |(i, j)| ((i * 37 + j * 101) % 97) as f64);
        let cost = CostMatrix::new(entries.clone()).unwrap();
        let f = Array1::from_shape_fn(130, |i| (i as f64).sin());
        let g = Array1::from_shape_fn(71, |j| (j as f64).cos());
        let smallest = |x: Array1<f64>| x.into_iter().fold(f64::INFINITY, f64::min);
        for (j, value) in to_target(&cost, f.view()).into_iter().enumerate() {
            assert_eq!(value.to_bits(), smallest(&entries.column(j) - &f).to_bits());
        }
        for (i, value) in to_source(&cost, g.view()).into_iter().enumerate() {
            assert_eq!(value.to_bits(), smallest(&entries.row(i) - &g).to_bits());
        }
    }

    #[test]
    fn transforms_on_the_line_find_the_same_minima_by_sorting() {
        fn check<G: Into<GroundCost>>(n: usize, m: usize, ground: G) {
            let wave = |n: usize, speed: f64| {
                let points = Array2::from_shape_fn((n, 1), |(i, _)| (i as f64 * speed).sin());
                DiscreteMeasure::uniform(points).unwrap()
            };
            let cost = point_costs(&wave(n, 1.1), &wave(m, 0.7), ground).unwrap();
            let (x, y) = cost.convex_on_line().unwrap();
            let mut f = Array1::from_shape_fn(n, |i| (i as f64 * 0.3).cos());
            f[n / 2] = if n > 1 { f64::NEG_INFINITY } else { 0.5 };
            let slow = to_target(cost.as_ref(), f.view());
            let fast = line_minima(y, x, f.view(), |j, i| cost.at(i, j) - f[i]).values();
            for (fast, slow) in fast.iter().zip(&slow) {
                assert!((fast - slow).abs() <= 4.0 * f64::EPSILON, "{fast} is not {slow}");
            }
            let slow = to_source(cost.as_ref(), slow.view());
            let g = fast.view();
            let fast = line_minima(x, y, g, |i, j| cost.at(i, j) - g[j]).values();
            for (fast, slow) in fast.iter().zip(&slow) {
                assert!((fast - slow).abs() <= 8.0 * f64::EPSILON, "{fast} is not {slow}");
            }
        }
        for (n, m) in [(1, 1), (1, 50), (50, 1), (300, 200), (70, 5000)] {
            check(n, m, Euclidean);
            check(n, m, SqEuclidean);
            check(n, m, GroundCost::power(Euclidean, 1.5).unwrap());
        }
    }

    #[test]
    fn values_that_are_not_numbers_are_refused() {
        assert!(matches!(
            Potentials::new(array![0.0], array![0.0, f64::NAN]),
            Err(PotentialsError::Value { side: "target", index: 1, .. })
        ));
    }
}
