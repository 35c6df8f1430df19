//! Candidate arcs: the few arcs per point that rough potentials make likely to carry mass.
//!
//! An optimal plan uses only arcs with `c_ij = f_i + g_j`, so arcs with small reduced costs under
//! *rough* potentials are the ones to try; nearest neighbors are not, as soon as mass travels
//! far. One pass over the rows, or the f32 filter in many dimensions: O(nm) time with about two SIMD
//! operations an entry, `O(n·per_source + m·per_target)` memory.

use rayon::prelude::*;

use super::group_minima;
use crate::cost::{Cost, Search};
use crate::progress::IsOver;
use crate::solvers::arcs::{Arc, ArcList};

/// Points that one task searches from; fixed, so that results do not depend on the threads.
const QUERIES_PER_TASK: usize = 256;

/// The `per_source` smallest `c_ij − g_j` of every row and the `per_target` smallest
/// `c_ij − f_i` of every column for f = g^c, merged; and f. Among equals the lower index comes
/// first. At least one arc of a row is asked for. `None` if the time is up before it is done.
///
/// In many dimensions the search runs in single precision: reduced costs, f, and the choice of arcs
/// are subject to that rounding, and only columns that are candidates of fewer than `per_target` rows
/// get candidates of their own.
///
/// # Panics
/// If g does not have the length m of the cost table.
pub(in crate::solvers) fn candidates_until(
    cost: &dyn Cost,
    g: &[f64],
    per_source: usize,
    per_target: usize,
    is_over: IsOver<'_>,
) -> Option<(Vec<f64>, ArcList)> {
    assert_eq!(g.len(), cost.m(), "potentials of the table's shape");
    if cost.is_sparse() {
        return all_listed(cost, g, is_over);
    }
    if cost.is_screened() {
        return screened(cost, g, per_source, per_target, is_over);
    }
    let mut buffer = vec![0.0; cost.m()];
    let mut of_row = RowMinima::new(cost.m());
    let mut of_columns = ColumnMinima::new(per_target, cost.m());
    let mut arcs = Vec::with_capacity(cost.n() * per_source + cost.m() * per_target);
    let mut f = vec![f64::INFINITY; cost.n()];
    for (i, f) in f.iter_mut().enumerate() {
        if is_over() {
            return None;
        }
        let row = cost.row(i, &mut buffer);
        for &(reduced, j) in of_row.smallest(row, g, per_source) {
            arcs.push(Arc { source: i as u32, target: j, cost: row[j as usize] });
            *f = f.min(reduced);
        }
        of_columns.offer(i as u32, row, *f);
    }
    arcs.extend(of_columns.into_arcs());
    Some((f, ArcList::from_arcs(cost.n(), arcs)))
}

/// All arcs of a sparse table, and f = g^c, 0 at a source without arcs.
fn all_listed(cost: &dyn Cost, g: &[f64], is_over: IsOver<'_>) -> Option<(Vec<f64>, ArcList)> {
    let mut targets = cost.search_targets().expect("a sparse table is searched");
    targets.fit(g);
    let (mut f, mut arcs, mut found) = (Vec::with_capacity(cost.n()), Vec::new(), Vec::new());
    for i in 0..cost.n() {
        if is_over() {
            return None;
        }
        targets.smallest(i, usize::MAX, f64::INFINITY, &mut found);
        f.push(found.first().map_or(0.0, |best| best.0));
        let arc = |&(_, target): &(f64, u32)| Arc {
            source: i as u32,
            target,
            cost: cost.at(i, target as usize),
        };
        arcs.extend(found.iter().map(arc));
    }
    Some((f, ArcList::from_arcs(cost.n(), arcs)))
}

/// [`candidates`] by [`Search`] in single precision.
fn screened(
    cost: &dyn Cost,
    g: &[f64],
    per_source: usize,
    per_target: usize,
    is_over: IsOver<'_>,
) -> Option<(Vec<f64>, ArcList)> {
    let (n, m) = (cost.n(), cost.m());
    let mut targets = cost.search_targets().expect("points are screened");
    targets.fit(g);
    let all: Vec<u32> = (0..n as u32).collect();
    let mut of_sources = roughly_smallest(targets.as_ref(), &all, per_source, is_over)?;
    let least = |found: &Vec<(f64, u32)>| found.first().map_or(f64::INFINITY, |best| best.0);
    let f: Vec<f64> = of_sources.iter().map(least).collect();
    let mut count = vec![0; m];
    of_sources.iter().flatten().for_each(|&(_, j)| count[j as usize] += 1);
    let lonely: Vec<u32> = (0..m as u32).filter(|&j| count[j as usize] < per_target).collect();
    let mut sources = cost.search_sources().expect("points are screened");
    sources.fit(&f);
    let mut of_targets = roughly_smallest(sources.as_ref(), &lonely, per_target, is_over)?;
    // Values make room for costs.
    let at = |i: u32, j: u32| cost.at(i as usize, j as usize);
    let rows = of_sources.par_iter_mut().zip(&all).with_min_len(QUERIES_PER_TASK);
    rows.for_each(|(found, &i)| found.iter_mut().for_each(|(value, j)| *value = at(i, *j)));
    let columns = of_targets.par_iter_mut().zip(&lonely).with_min_len(QUERIES_PER_TASK);
    columns.for_each(|(found, &j)| found.iter_mut().for_each(|(value, i)| *value = at(*i, j)));
    let lengths = of_sources.iter().chain(&of_targets).map(Vec::len);
    let mut arcs = Vec::with_capacity(lengths.sum());
    for (source, found) in all.into_iter().zip(of_sources) {
        arcs.extend(found.into_iter().map(|(cost, target)| Arc { source, target, cost }));
    }
    for (target, found) in lonely.into_iter().zip(of_targets) {
        arcs.extend(found.into_iter().map(|(cost, source)| Arc { source, target, cost }));
    }
    Some((f, ArcList::from_arcs(n, arcs)))
}

/// The `keep` smallest reduced costs of several queries, up to a rounding in single precision; `None`
/// if the time is up before they are found.
pub(in crate::solvers) fn roughly_smallest(
    search: &dyn Search,
    queries: &[u32],
    keep: usize,
    is_over: IsOver<'_>,
) -> Option<Vec<Vec<(f64, u32)>>> {
    let mut found = vec![Vec::new(); queries.len()];
    let tasks = found.par_chunks_mut(QUERIES_PER_TASK).zip(queries.par_chunks(QUERIES_PER_TASK));
    tasks.try_for_each(|(found, queries)| {
        search.roughly_smallest_of(queries, keep, found);
        found.iter_mut().for_each(Vec::shrink_to_fit);
        (!is_over()).then_some(())
    })?;
    Some(found)
}

/// Finds the smallest reduced costs of one row after another.
pub(in crate::solvers) struct RowMinima {
    minima: Vec<f64>,
    sorted: Vec<f64>,
    found: Vec<(f64, u32)>,
}

impl RowMinima {
    pub(in crate::solvers) fn new(m: usize) -> Self {
        Self { minima: vec![0.0; group_minima::count(m)], sorted: Vec::new(), found: Vec::new() }
    }

    /// The `keep` smallest `row_j − g_j` with their columns, in no order.
    pub(in crate::solvers) fn smallest(
        &mut self,
        row: &[f64],
        g: &[f64],
        keep: usize,
    ) -> &[(f64, u32)] {
        self.found.clear();
        if keep > 0 {
            group_minima::minima(row, g, &mut self.minima);
            let threshold = self.threshold(keep);
            self.collect_below(threshold, row, g);
        }
        if self.found.len() > keep {
            self.found.select_nth_unstable_by(keep - 1, by_value_then_index);
            self.found.truncate(keep);
        }
        &self.found
    }

    /// At least `keep` entries are no larger than this: the `keep`-th smallest group minimum.
    fn threshold(&mut self, keep: usize) -> f64 {
        if self.minima.len() <= keep {
            return f64::INFINITY;
        }
        self.sorted.clone_from(&self.minima);
        *self.sorted.select_nth_unstable_by(keep - 1, f64::total_cmp).1
    }

    fn collect_below(&mut self, threshold: f64, row: &[f64], g: &[f64]) {
        for (group, _) in self.minima.iter().enumerate().filter(|(_, min)| **min <= threshold) {
            for j in group_minima::columns(group, row.len()) {
                let reduced = row[j] - g[j];
                if reduced <= threshold {
                    self.found.push((reduced, j as u32));
                }
            }
        }
    }
}

fn by_value_then_index(a: &(f64, u32), b: &(f64, u32)) -> std::cmp::Ordering {
    a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
}

/// The best rows of every column so far, while the rows stream by.
struct ColumnMinima {
    keep: usize,
    /// The worst value each column keeps, +∞ until it keeps enough.
    worst: Vec<f64>,
    /// `keep` entries a column, ascending by value: (c − f, c, row).
    best: Vec<(f64, f64, u32)>,
    minima: Vec<f64>,
}

impl ColumnMinima {
    fn new(keep: usize, m: usize) -> Self {
        Self {
            keep,
            worst: vec![f64::INFINITY; m],
            best: vec![(f64::INFINITY, 0.0, 0); m * keep],
            minima: vec![0.0; group_minima::count(m)],
        }
    }

    fn offer(&mut self, i: u32, row: &[f64], f: f64) {
        if self.keep == 0 {
            return;
        }
        group_minima::minima(row, &self.worst, &mut self.minima);
        for (group, _) in self.minima.iter().enumerate().filter(|(_, min)| **min < f) {
            for j in group_minima::columns(group, row.len()) {
                if row[j] - f < self.worst[j] {
                    let best = &mut self.best[j * self.keep..(j + 1) * self.keep];
                    let value = row[j] - f;
                    let place = best.partition_point(|kept| kept.0 <= value);
                    best[place..].rotate_right(1);
                    best[place] = (value, row[j], i);
                    self.worst[j] = best[self.keep - 1].0;
                }
            }
        }
    }

    fn into_arcs(self) -> impl Iterator<Item = Arc> {
        let keep = self.keep;
        self.best
            .into_iter()
            .enumerate()
            .filter(|(_, (value, ..))| value.is_finite())
            .map(move |(k, (_, cost, i))| Arc { source: i, target: (k / keep) as u32, cost })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::CostMatrix;
    use crate::potentials::to_source;
    use crate::progress::never;
    use ndarray::{Array2, ArrayView1};

    /// The definition, by sorting.
    fn naive(
        c: &Array2<f64>,
        f: &[f64],
        g: &[f64],
        rows: usize,
        columns: usize,
    ) -> Vec<(u32, u32)> {
        let mut cells = Vec::new();
        for i in 0..f.len() {
            let mut order: Vec<usize> = (0..g.len()).collect();
            order.sort_by(|&a, &b| (c[(i, a)] - g[a]).total_cmp(&(c[(i, b)] - g[b])));
            cells.extend(order.iter().take(rows).map(|&j| (i as u32, j as u32)));
        }
        for j in 0..g.len() {
            let mut order: Vec<usize> = (0..f.len()).collect();
            order.sort_by(|&a, &b| (c[(a, j)] - f[a]).total_cmp(&(c[(b, j)] - f[b])));
            cells.extend(order.iter().take(columns).map(|&i| (i as u32, j as u32)));
        }
        cells.sort_unstable();
        cells.dedup();
        cells
    }

    #[test]
    fn candidates_match_the_definition_ties_included() {
        for (n, m, modulus) in [(1, 1, 5), (7, 400, 1_000_003), (300, 40, 1_000_003), (60, 530, 9)]
        {
            let c = Array2::from_shape_fn((n, m), |(i, j)| {
                ((i * 7919 + j * 104_729 + i * j * 31) % modulus) as f64
            });
            let g: Vec<f64> = (0..m).map(|j| ((j * 11) % 7) as f64).collect();
            let cost = CostMatrix::new(c.clone()).unwrap();
            let f = to_source(&cost, ArrayView1::from(&g)).to_vec();
            for (rows, columns) in [(3, 2), (1, 1), (1, 0), (50, 9)] {
                let found = candidates_until(&cost, &g, rows, columns, &never);
                let (found_f, arcs) = found.expect("nobody stops it");
                assert_eq!(found_f, f);
                let found: Vec<_> = arcs.iter().map(|arc| (arc.source, arc.target)).collect();
                assert_eq!(found, naive(&c, &f, &g, rows, columns));
                assert!(arcs.iter().all(|a| a.cost == c[(a.source as usize, a.target as usize)]));
            }
        }
    }
}
