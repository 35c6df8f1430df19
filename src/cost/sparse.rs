//! Costs of a list of arcs; all other arcs are forbidden.

#![expect(clippy::cast_possible_truncation, reason = "2³² points would not fit in memory")]

use ndarray::Array2;
use rayon::prelude::*;

use super::{Cost, CostError, CostMatrix, Rounding, Search};

/// A sparse n×m cost table: a list of arcs with their costs. An arc that is not listed costs +∞: it is
/// forbidden. Memory linear in the arcs, never n·m.
///
/// ```
/// use deblais::OtProblem;
/// use deblais::cost::SparseCost;
/// let cost = SparseCost::new((2, 2), vec![(0, 0, 1.0), (0, 1, 4.0), (1, 0, 2.0)])?;
/// let transport = OtProblem::new(&[0.5, 0.5], &[0.5, 0.5], cost)?.solve()?;
/// assert_eq!(transport.value(), 3.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SparseCost {
    by_source: ArcRows,
    by_target: ArcRows,
    /// The cost of an arc that is not listed.
    unlisted: f64,
    rounding: Rounding,
}

/// Arcs in compressed rows, each in ascending order of the columns.
#[derive(Debug, Clone, PartialEq)]
struct ArcRows {
    /// `starts[i] .. starts[i + 1]` are the arcs of row i.
    starts: Vec<usize>,
    /// Column and cost of each arc.
    arcs: Vec<(u32, f64)>,
}

impl ArcRows {
    /// The rows of arcs (row, column, cost), sorted by row and column.
    fn of_sorted(rows: usize, arcs: &[(u32, u32, f64)]) -> Self {
        let mut starts = vec![0; rows + 1];
        for &(row, ..) in arcs {
            starts[row as usize + 1] += 1;
        }
        for row in 0..rows {
            starts[row + 1] += starts[row];
        }
        Self { starts, arcs: arcs.iter().map(|&(_, column, cost)| (column, cost)).collect() }
    }

    fn count(&self) -> usize {
        self.starts.len() - 1
    }

    fn row(&self, i: usize) -> &[(u32, f64)] {
        &self.arcs[self.starts[i]..self.starts[i + 1]]
    }
}

impl SparseCost {
    /// The table of shape (n, m) with the given arcs (source, target, cost), in any order, each listed
    /// once. A cost of +∞ forbids its arc, too. O(k log k) for k arcs.
    ///
    /// # Errors
    /// [`CostError::EmptyMatrix`]; [`CostError::Arc`] for indices beyond the shape;
    /// [`CostError::RepeatedArc`]; [`CostError::Entry`], [`CostError::EntrySize`] and
    /// [`CostError::TinyEntries`] as for a [`CostMatrix`].
    pub fn new(shape: (usize, usize), arcs: Vec<(usize, usize, f64)>) -> Result<Self, CostError> {
        let (n, m) = shape;
        if n == 0 || m == 0 {
            return Err(CostError::EmptyMatrix { n, m });
        }
        let mut listed = Vec::with_capacity(arcs.len());
        for (source, target, cost) in arcs {
            if source >= n || target >= m {
                return Err(CostError::Arc { row: source, column: target, n, m });
            }
            super::matrix::check_entry(source, target, cost)?;
            listed.push((source as u32, target as u32, cost));
        }
        super::matrix::check_sizes(|| listed.iter().map(|&(.., cost)| cost))?;
        listed.sort_unstable_by_key(|&(source, target, _)| (source, target));
        let twice = listed.windows(2).find(|arcs| (arcs[0].0, arcs[0].1) == (arcs[1].0, arcs[1].1));
        if let Some(&[(source, target, _), _]) = twice {
            let (row, column) = (source as usize, target as usize);
            return Err(CostError::RepeatedArc { row, column });
        }
        listed.retain(|&(.., cost)| cost < f64::INFINITY);
        Ok(Self::of_sorted(shape, listed, Rounding::NONE))
    }

    /// The table of arcs that are sorted by source and target, whose costs were computed.
    pub(crate) fn of_sorted(
        (n, m): (usize, usize),
        mut arcs: Vec<(u32, u32, f64)>,
        rounding: Rounding,
    ) -> Self {
        let by_source = ArcRows::of_sorted(n, &arcs);
        for arc in &mut arcs {
            (arc.0, arc.1) = (arc.1, arc.0);
        }
        arcs.sort_unstable_by_key(|&(target, source, _)| (target, source));
        let by_target = ArcRows::of_sorted(m, &arcs);
        Self { by_source, by_target, unlisted: f64::INFINITY, rounding }
    }

    /// The arcs of a table whose costs are at most `limit`; farther pairs are forbidden. By search where
    /// points are in few dimensions, else row by row.
    pub(crate) fn within(table: &dyn Cost, limit: f64) -> Self {
        let (n, m) = (table.n(), table.m());
        let mut search = table.search_targets().filter(|_| table.is_searchable());
        if let Some(search) = &mut search {
            search.fit(&vec![0.0; m]);
        }
        let search = search.as_deref();
        let row = |(buffer, found): &mut (Vec<f64>, Vec<(f64, u32)>), i: usize| {
            let arc = |j: u32, cost: f64| {
                // A cost of 0 is exact here.
                let is_underflow = cost == 0.0 && table.enclosure(i, j as usize) != (0.0, 0.0);
                (i as u32, j, if is_underflow { f64::MIN_POSITIVE } else { cost })
            };
            let mut arcs: Vec<(u32, u32, f64)> = if let Some(search) = search {
                search.smallest(i, usize::MAX, limit.next_up(), found);
                found.iter().map(|&(_, j)| arc(j, table.at(i, j as usize))).collect()
            } else {
                let near = (0..).zip(table.row(i, buffer)).filter(|(_, cost)| **cost <= limit);
                near.map(|(j, &cost)| arc(j, cost)).collect()
            };
            arcs.sort_unstable_by_key(|&(_, j, _)| j);
            arcs
        };
        let rows = (0..n).into_par_iter().with_min_len(16);
        let arcs: Vec<_> = rows.map_init(|| (vec![0.0; m], Vec::new()), row).collect();
        Self::of_sorted((n, m), arcs.concat(), table.rounding())
    }

    /// Number of arcs.
    #[must_use]
    pub fn arcs(&self) -> usize {
        self.by_source.arcs.len()
    }
}

/// A search in the lists.
struct ListSearch<'a> {
    rows: &'a ArcRows,
    v: Vec<f64>,
}

impl Search for ListSearch<'_> {
    fn fit(&mut self, v: &[f64]) {
        self.v = v.to_vec();
    }

    fn smallest(&self, query: usize, keep: usize, limit: f64, found: &mut Vec<(f64, u32)>) {
        let values = self.rows.row(query).iter().map(|&(k, c)| (c - self.v[k as usize], k));
        found.clear();
        found.extend(values.filter(|(value, _)| *value < limit));
        found.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        found.truncate(keep);
    }
}

impl Cost for SparseCost {
    fn n(&self) -> usize {
        self.by_source.count()
    }

    fn m(&self) -> usize {
        self.by_target.count()
    }

    fn at(&self, i: usize, j: usize) -> f64 {
        let row = self.by_source.row(i);
        let place = row.binary_search_by_key(&j, |&(target, _)| target as usize);
        place.map_or(self.unlisted, |place| row[place].1)
    }

    fn part_of_row<'a>(&'a self, i: usize, start: usize, buffer: &'a mut [f64]) -> &'a [f64] {
        buffer.fill(self.unlisted);
        let row = self.by_source.row(i);
        let first = row.partition_point(|&(target, _)| (target as usize) < start);
        for &(target, cost) in &row[first..] {
            let Some(out) = buffer.get_mut(target as usize - start) else { break };
            *out = cost;
        }
        buffer
    }

    fn select(&self, rows: &[usize], columns: &[usize]) -> Box<dyn Cost> {
        let entry = |(i, j): (usize, usize)| self.at(rows[i], columns[j]);
        let few = rows.len().saturating_mul(columns.len()) <= self.arcs();
        if few && self.rounding.is_none() {
            let entries = Array2::from_shape_fn((rows.len(), columns.len()), entry);
            return Box::new(CostMatrix::of_checked(entries));
        }
        let mut place = vec![u32::MAX; self.m()];
        for (k, &column) in (0..).zip(columns) {
            place[column] = k;
        }
        let mut arcs = Vec::new();
        for (k, &row) in (0..).zip(rows) {
            let listed = self.by_source.row(row).iter();
            let chosen = listed.map(|&(j, cost)| (k, place[j as usize], cost));
            let from = arcs.len();
            arcs.extend(chosen.filter(|&(_, j, _)| j != u32::MAX));
            arcs[from..].sort_unstable_by_key(|&(_, j, _)| j);
        }
        let selected = Self::of_sorted((rows.len(), columns.len()), arcs, self.rounding);
        Box::new(Self { unlisted: self.unlisted, ..selected })
    }

    fn is_sparse(&self) -> bool {
        true
    }

    fn forbids(&self) -> bool {
        self.unlisted == f64::INFINITY
    }

    fn cut_at(&self, cap: f64) -> Option<Box<dyn Cost>> {
        let mut cut = self.clone();
        for arc in cut.by_source.arcs.iter_mut().chain(&mut cut.by_target.arcs) {
            arc.1 = arc.1.min(cap);
        }
        cut.unlisted = cap;
        Some(Box::new(cut))
    }

    fn search_targets(&self) -> Option<Box<dyn Search + '_>> {
        Some(Box::new(ListSearch { rows: &self.by_source, v: vec![0.0; self.m()] }))
    }

    fn search_sources(&self) -> Option<Box<dyn Search + '_>> {
        Some(Box::new(ListSearch { rows: &self.by_target, v: vec![0.0; self.n()] }))
    }

    fn rounding(&self) -> Rounding {
        self.rounding
    }

    fn enclosure(&self, i: usize, j: usize) -> (f64, f64) {
        let cost = self.at(i, j);
        if cost == 0.0 {
            return (0.0, 0.0);
        }
        (self.rounding.below(cost), self.rounding.above(cost))
    }

    fn upper_bound(&self) -> Option<f64> {
        let listed = self.by_source.arcs.iter().map(|&(_, cost)| cost.abs());
        let unlisted = Some(self.unlisted.abs()).filter(|cost| cost.is_finite());
        Some(listed.chain(unlisted).fold(0.0, f64::max))
    }
}
