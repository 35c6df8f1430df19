//! Pricing: which arc enters the basis next.
//!
//! Both rules are block searches (Grigoriadis 1986, "An efficient implementation of the network
//! simplex method", Math. Programming Study 26): they price the arcs block by block, cyclically, and
//! return the arc of most negative reduced cost in the first block that has one.

use macro_rules_attribute::apply;
use rayon::prelude::*;

use super::spanning_tree::{Entering, NodePotentials};
use crate::cost::Cost;
use crate::math::{position_of, simd_targets, smallest_lane};
use crate::solvers::arcs::Arc;
use crate::solvers::fixed_point::CostNumber;

/// A rule that picks entering arcs.
pub(crate) trait PricingRule<K, P: ?Sized> {
    /// An arc with negative reduced cost under these potentials (f of the sources, −g of the
    /// targets), or none if there is none.
    fn entering_arc(&mut self, potentials: &P) -> Option<Entering<K>>;
}

/// Adds arcs in any order to a list that is sorted by source and target and contains each arc once;
/// the number of arcs that are new. O(n + k log k) for k arcs added to n.
pub(crate) fn list_once<K: Copy + Send>(list: &mut Vec<Arc<K>>, mut arcs: Vec<Arc<K>>) -> usize {
    let key = |arc: &Arc<K>| (arc.source, arc.target);
    arcs.par_sort_unstable_by_key(key);
    arcs.dedup_by_key(|arc| key(arc));
    if list.is_empty() {
        arcs.shrink_to_fit();
        *list = arcs;
        return list.len();
    }
    let mut known = list.iter().map(key).peekable();
    arcs.retain(|arc| {
        while known.next_if(|known| *known < key(arc)).is_some() {}
        known.peek() != Some(&key(arc))
    });
    let (mut old, new) = (list.len(), arcs.len());
    list.reserve_exact(new);
    list.extend_from_slice(&arcs);
    // Merge from the back.
    let mut place = list.len();
    while let Some(arc) = arcs.last() {
        place -= 1;
        if old > 0 && key(&list[old - 1]) > key(arc) {
            old -= 1;
            list[place] = list[old];
        } else {
            list[place] = *arc;
            arcs.pop();
        }
    }
    new
}

/// Block search over an explicit list of arcs.
#[derive(Debug, Clone)]
pub(crate) struct BlockPricing<'a, K> {
    arcs: &'a [Arc<K>],
    /// Reduced costs must lie below this to count as negative.
    threshold: K,
    block: usize,
    place: usize,
}

impl<'a, K: CostNumber> BlockPricing<'a, K> {
    pub(crate) fn new(arcs: &'a [Arc<K>], threshold: K) -> Self {
        let block = (arcs.len().isqrt() / BLOCK_DIVISOR).max(SMALLEST_BLOCK_ARCS);
        Self { arcs, threshold, block, place: 0 }
    }
}

/// The length of a block is the square root of the number of arcs over this number. Smaller blocks
/// than the usual √arcs mean shorter cycles and fewer arcs to price where the arcs are candidates.
const BLOCK_DIVISOR: usize = 4;

const SMALLEST_BLOCK_ARCS: usize = 16;

impl<K: CostNumber, P: NodePotentials<K> + ?Sized> PricingRule<K, P> for BlockPricing<'_, K> {
    fn entering_arc(&mut self, potentials: &P) -> Option<Entering<K>> {
        let mut left = self.arcs.len();
        while left > 0 {
            let end = (self.place + self.block).min(self.arcs.len());
            let block = &self.arcs[self.place..end];
            let (mut best, mut least) = (None, self.threshold);
            for arc in block {
                let &Arc { source, target, cost } = arc;
                let reduced = cost - potentials.of(source) + potentials.of(target);
                if reduced < least {
                    (best, least) = (Some(arc), reduced);
                }
            }
            left = left.saturating_sub(block.len());
            self.place = if end == self.arcs.len() { 0 } else { end };
            if let Some(&Arc { source, target, cost }) = best {
                return Some(Entering { source, target, cost, reduced: least });
            }
        }
        None
    }
}

/// Block search over a full table: each row is a block, priced in SIMD lanes.
pub(crate) struct RowPricing<'a> {
    cost: &'a dyn Cost,
    threshold: f64,
    row: usize,
    buffer: Vec<f64>,
}

impl<'a> RowPricing<'a> {
    pub(crate) fn new(cost: &'a dyn Cost, threshold: f64) -> Self {
        Self { cost, threshold, row: 0, buffer: vec![0.0; cost.m()] }
    }
}

impl PricingRule<f64, [f64]> for RowPricing<'_> {
    fn entering_arc(&mut self, potentials: &[f64]) -> Option<Entering<f64>> {
        let n = self.cost.n();
        let (sources, targets) = potentials.split_at(n);
        for _ in 0..n {
            let i = self.row;
            self.row = if i + 1 == n { 0 } else { i + 1 };
            let row = self.cost.row(i, &mut self.buffer);
            let least = smallest_sum(row, targets);
            if least - sources[i] < self.threshold {
                let j = place_of(least, row, targets);
                return Some(Entering {
                    source: i as u32,
                    target: (n + j) as u32,
                    cost: row[j],
                    reduced: least - sources[i],
                });
            }
        }
        None
    }
}

/// `min_j row_j + y_j`.
#[apply(simd_targets)]
fn smallest_sum(row: &[f64], y: &[f64]) -> f64 {
    const LANES: usize = 32;
    let mut smallest = [f64::INFINITY; LANES];
    let (rows, row_rest) = row.as_chunks::<LANES>();
    let (ys, y_rest) = y.as_chunks::<LANES>();
    for (row, y) in rows.iter().zip(ys) {
        for k in 0..LANES {
            let sum = row[k] + y[k];
            smallest[k] = if sum < smallest[k] { sum } else { smallest[k] };
        }
    }
    for ((smallest, c), y) in smallest.iter_mut().zip(row_rest).zip(y_rest) {
        let sum = c + y;
        *smallest = if sum < *smallest { sum } else { *smallest };
    }
    smallest_lane(smallest)
}

/// The first j with `row_j + y_j = sum`, which must exist.
#[apply(simd_targets)]
fn place_of(sum: f64, row: &[f64], y: &[f64]) -> usize {
    position_of(sum, row, y, |c, y| c + y).expect("the least sum is one of the sums")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use rand::Rng as _;
    use std::collections::BTreeSet;

    #[test]
    fn a_list_takes_each_arc_once_and_stays_sorted() {
        let entry = |arc: &Arc<u32>| (arc.source, arc.target, arc.cost);
        for seed in 0..200 {
            let mut stream = Seed(seed).stream("list");
            let (mut list, mut all) = (Vec::new(), BTreeSet::new());
            for _ in 0..4 {
                let count = stream.random_range(0..30);
                let arcs: Vec<Arc<u32>> = (0..count)
                    .map(|_| (stream.random_range(0..6), stream.random_range(6..12)))
                    .map(|(source, target)| Arc { source, target, cost: 100 * source + target })
                    .collect();
                let known = all.len();
                all.extend(arcs.iter().map(entry));
                assert_eq!(list_once(&mut list, arcs), all.len() - known);
                assert!(list.iter().map(entry).eq(all.iter().copied()), "{list:?}");
            }
        }
    }
}
