//! Arcs source → target: the three types that all solvers share, and sparse lists of arcs.

#![expect(clippy::cast_possible_truncation, reason = "indices fit u32: an ArcList stores them so")]

use crate::cost::Cost;

/// An arc with its cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Arc<K = f64> {
    /// Source index i.
    pub(crate) source: u32,
    /// Target index j; n + j where targets are nodes of a spanning tree.
    pub(crate) target: u32,
    /// c(i, j).
    pub(crate) cost: K,
}

/// An arc of a plan: an arc with its cost and the flow on it, in integer units of mass.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FlowArc<K> {
    pub(crate) source: u32,
    /// Target index j; n + j where targets are nodes of a spanning tree.
    pub(crate) target: u32,
    pub(crate) flow: i128,
    pub(crate) cost: K,
}

/// All arcs of the [dummies](Cost::dummies) of a table, with targets as nodes n + j.
pub(crate) fn dummy_arcs(cost: &dyn Cost) -> impl Iterator<Item = Arc> {
    let (n, m, dummies) = (cost.n(), cost.m(), cost.dummies());
    let sources = (n - dummies.0..n).flat_map(move |i| (0..m).map(move |j| (i, j)));
    let targets = (m - dummies.1..m).flat_map(move |j| (0..n - dummies.0).map(move |i| (i, j)));
    sources.chain(targets).map(move |(i, j)| Arc {
        source: i as u32,
        target: (n + j) as u32,
        cost: cost.at(i, j),
    })
}

/// Arcs grouped by source (compressed rows), targets ascending and distinct within a row.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct ArcList {
    /// `starts[i] .. starts[i + 1]` are the arcs of source i; length n + 1.
    pub(crate) starts: Vec<u32>,
    /// Target of each arc.
    pub(crate) targets: Vec<u32>,
    /// Cost of each arc, c(i, j).
    pub(crate) costs: Vec<f64>,
}

impl ArcList {
    /// The list of the given arcs of n sources, in any order; repeated arcs count once.
    #[must_use]
    pub(crate) fn from_arcs(n: usize, mut arcs: Vec<Arc>) -> Self {
        arcs.sort_unstable_by_key(|arc| (u64::from(arc.source) << 32) | u64::from(arc.target));
        arcs.dedup_by_key(|arc| (arc.source, arc.target));
        let mut starts = vec![0; n + 1];
        for arc in &arcs {
            starts[arc.source as usize + 1] += 1;
        }
        for i in 0..n {
            starts[i + 1] += starts[i];
        }
        let targets = arcs.iter().map(|arc| arc.target).collect();
        let costs = arcs.iter().map(|arc| arc.cost).collect();
        Self { starts, targets, costs }
    }

    /// All arcs, by source, then target.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Arc> {
        (0..self.n()).flat_map(|i| {
            let (targets, costs) = self.row(i);
            let source = i as u32;
            targets.iter().zip(costs).map(move |(&target, &cost)| Arc { source, target, cost })
        })
    }

    /// The arcs of either list; both have the same sources.
    #[must_use]
    pub(crate) fn union(&self, other: &Self) -> Self {
        let mut union = Self {
            starts: Vec::with_capacity(self.starts.len()),
            targets: Vec::with_capacity(self.len() + other.len()),
            costs: Vec::with_capacity(self.len() + other.len()),
        };
        union.starts.push(0);
        for i in 0..self.n() {
            let (mut a, mut b) = (self.row(i), other.row(i));
            while let ([first, ..], [second, ..]) = (a.0, b.0) {
                if second < first {
                    std::mem::swap(&mut a, &mut b);
                }
                union.targets.push(a.0[0]);
                union.costs.push(a.1[0]);
                if a.0[0] == b.0[0] {
                    b = (&b.0[1..], &b.1[1..]);
                }
                a = (&a.0[1..], &a.1[1..]);
            }
            for (targets, costs) in [a, b] {
                union.targets.extend_from_slice(targets);
                union.costs.extend_from_slice(costs);
            }
            union.starts.push(union.targets.len() as u32);
        }
        union
    }

    /// Number of sources n.
    #[must_use]
    pub(crate) fn n(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// The arcs of source i: targets and costs.
    #[must_use]
    pub(crate) fn row(&self, i: usize) -> (&[u32], &[f64]) {
        let range = self.starts[i] as usize..self.starts[i + 1] as usize;
        (&self.targets[range.clone()], &self.costs[range])
    }

    /// Number of arcs.
    #[must_use]
    pub(crate) fn len(&self) -> usize {
        self.targets.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(n: usize, cells: &[(u32, u32)]) -> ArcList {
        let cost = |i, j| f64::from(10 * i + j);
        let arc = |&(source, target)| Arc { source, target, cost: cost(source, target) };
        ArcList::from_arcs(n, cells.iter().map(arc).collect())
    }

    #[test]
    fn a_union_is_sorted_and_distinct() {
        let a = list(4, &[(2, 5), (0, 1), (2, 0), (0, 1)]);
        let b = list(4, &[(0, 0), (0, 1), (2, 3), (3, 9), (2, 9)]);
        let both = list(4, &[(0, 0), (0, 1), (2, 0), (2, 3), (2, 5), (2, 9), (3, 9)]);
        assert_eq!(a.len(), 3);
        assert_eq!(a.union(&b), both);
        assert_eq!(b.union(&a), both);
        assert_eq!(ArcList::from_arcs(4, both.iter().collect()), both);
    }
}
