//! The cheapest arcs of sources to some of the targets: by search where points can be searched, else
//! row by row.

#![expect(
    clippy::cast_possible_truncation,
    reason = "points are numbered in u32: 2³² of them would not fit in memory"
)]

use macro_rules_attribute::apply;
use rayon::prelude::*;

use crate::cost::{Cost, Search};
use crate::math::simd_targets;
use crate::potentials::rows_per_task;

/// An arc of some point: its cost and the point at its other end.
pub(super) type Found = (f64, u32);

/// A source, and how many of its arcs are asked for.
pub(super) type Query = (u32, usize);

/// The targets, some of which are open.
pub(super) struct CheapestArcs<'a> {
    cost: &'a dyn Cost,
    search: Option<Box<dyn Search + 'a>>,
    /// 0 for open targets, −∞ for others.
    open: Vec<f64>,
}

impl<'a> CheapestArcs<'a> {
    pub(super) fn new(cost: &'a dyn Cost) -> Self {
        Self { cost, search: cost.search_targets(), open: vec![0.0; cost.m()] }
    }

    /// Opens the targets of which `is_open` is true, and no others.
    pub(super) fn open(&mut self, is_open: impl Fn(usize) -> bool) {
        for (j, open) in self.open.iter_mut().enumerate() {
            *open = if is_open(j) { 0.0 } else { f64::NEG_INFINITY };
        }
        if let Some(search) = &mut self.search {
            search.fit(&self.open);
        }
    }

    /// Whether a target is open.
    pub(super) fn is_open(&self, j: usize) -> bool {
        self.open[j] == 0.0
    }

    /// The cheapest arcs of each source to open targets, of those that cost less than `limit`, in
    /// ascending order.
    pub(super) fn of(&self, queries: &[Query], limit: f64) -> Vec<Vec<Found>> {
        /// Queries handed to a search together.
        const QUERIES: usize = 256;
        let mut found = vec![Vec::new(); queries.len()];
        if let Some(search) = &self.search {
            let blocks = queries.par_chunks(QUERIES).zip(found.par_chunks_mut(QUERIES));
            blocks.for_each(|(queries, found)| {
                let sources: Vec<u32> = queries.iter().map(|query| query.0).collect();
                let most = queries.iter().map(|query| query.1).max().unwrap_or_default();
                search.smallest_of(&sources, most, &vec![limit; sources.len()], found);
                for (found, query) in found.iter_mut().zip(queries) {
                    found.truncate(query.1);
                }
            });
        } else {
            let tasks = rows_per_task(self.cost.m());
            let rows = queries.par_iter().zip(&mut found).with_min_len(tasks);
            rows.for_each_init(
                || vec![0.0; self.cost.m()],
                |buffer, (&(source, keep), found)| {
                    let row = self.cost.row(source as usize, buffer);
                    cheapest(row, &self.open, keep, limit, found);
                },
            );
        }
        found
    }
}

/// The cheapest arc from sources of which `is_source` is true to each target: its cost and its source.
pub(super) fn cheapest_to_targets(
    cost: &dyn Cost,
    is_source: impl Fn(usize) -> bool + Sync,
) -> Vec<Found> {
    /// Targets of a task.
    const BLOCK: usize = 256;
    let mut least = vec![(f64::INFINITY, 0); cost.m()];
    let mut search = cost.search_sources();
    if let Some(search) = &mut search {
        let open = |i| if is_source(i) { 0.0 } else { f64::NEG_INFINITY };
        search.fit(&(0..cost.n()).map(open).collect::<Vec<f64>>());
    }
    least.par_chunks_mut(BLOCK).enumerate().for_each(|(block, least)| {
        let start = block * BLOCK;
        if let Some(search) = &search {
            let targets: Vec<u32> = (start as u32..).take(least.len()).collect();
            let mut found = vec![Vec::new(); least.len()];
            search.smallest_of(&targets, 1, &vec![f64::INFINITY; least.len()], &mut found);
            for (least, found) in least.iter_mut().zip(found) {
                *least = found.first().copied().unwrap_or(*least);
            }
            return;
        }
        let mut buffer = vec![0.0; least.len()];
        for i in (0..cost.n()).filter(|&i| is_source(i)) {
            for (least, &c) in least.iter_mut().zip(cost.part_of_row(i, start, &mut buffer)) {
                if c < least.0 {
                    *least = (c, i as u32);
                }
            }
        }
    });
    least
}

/// The `keep` least costs of a row below `limit`, where `open` is 0, in ascending order.
#[apply(simd_targets)]
fn cheapest(row: &[f64], open: &[f64], keep: usize, limit: f64, found: &mut Vec<Found>) {
    const CHUNK: usize = 32;
    let mut limit = limit;
    let mut start = 0_u32;
    for (row, open) in row.chunks(CHUNK).zip(open.chunks(CHUNK)) {
        let mut any = false;
        for (c, open) in row.iter().zip(open) {
            any |= c - open < limit;
        }
        if any {
            for ((&c, open), j) in row.iter().zip(open).zip(start..) {
                if c - open < limit {
                    found.push((c, j));
                }
            }
            if found.len() > 2 * keep + CHUNK {
                found.select_nth_unstable_by(keep, by_cost);
                found.truncate(keep);
                limit = found.iter().map(|arc| arc.0).fold(f64::NEG_INFINITY, f64::max);
            }
        }
        start += CHUNK as u32;
    }
    found.sort_unstable_by(by_cost);
    found.truncate(keep);
}

fn by_cost(a: &Found, b: &Found) -> std::cmp::Ordering {
    a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::{CostMatrix, Euclidean, point_costs};
    use crate::measure::DiscreteMeasure;
    use crate::seed::Seed;
    use ndarray::Array2;

    #[test]
    fn targets_find_their_cheapest_source() {
        let mut stream = Seed(4).stream("cheapest");
        let mut cloud =
            |n| DiscreteMeasure::uniform(Array2::from_shape_simple_fn((n, 2), || stream.uniform()));
        let (x, y) = (cloud(50).unwrap(), cloud(300).unwrap());
        let cost = point_costs(&x, &y, Euclidean).unwrap();
        let searched = cheapest_to_targets(cost.as_ref(), |i| i % 4 > 0);
        let stored = CostMatrix::tabulate(cost.as_ref());
        assert_eq!(searched, cheapest_to_targets(&stored, |i| i % 4 > 0));
        for (j, &(least, i)) in searched.iter().enumerate() {
            assert!(i % 4 > 0 && least == cost.at(i as usize, j));
            assert!((0..50).all(|i| i % 4 == 0 || least <= cost.at(i, j)));
        }
    }

    #[test]
    fn searches_and_rows_find_the_same_costs() {
        for d in [1, 2, 12] {
            let mut stream = Seed(d as u64).stream("cheapest");
            let mut cloud = |n| {
                DiscreteMeasure::uniform(Array2::from_shape_simple_fn((n, d), || stream.uniform()))
            };
            let (x, y) = (cloud(40).unwrap(), cloud(300).unwrap());
            let cost = point_costs(&x, &y, Euclidean).unwrap();
            let mut arcs = CheapestArcs::new(cost.as_ref());
            assert!(arcs.search.is_some());
            arcs.open(|j| j % 3 > 0);
            let queries: Vec<Query> = (0..40).map(|i| (i, 1 + i as usize % 9)).collect();
            for limit in [0.2, f64::INFINITY] {
                let searched = arcs.of(&queries, limit);
                let search = arcs.search.take();
                assert_eq!(searched, arcs.of(&queries, limit));
                arcs.search = search;
                assert!(searched.iter().flatten().all(|&(c, j)| j % 3 > 0 && c < limit));
            }
        }
    }
}
