//! Cycles of a flow, and their removal: what is left is a forest, on which the masses determine the flow,
//! so that a plan of rounded masses stands for the exact one.

#![expect(
    clippy::cast_possible_truncation,
    reason = "nodes and cells are numbered in u32: 2³² of them would not fit in memory"
)]

use super::max_flow::FlowArc;
use crate::math::Wide;

/// The cell above a root.
const NONE: u32 = u32::MAX;

/// A flow with the marginals of `cells` on some of them, without a cycle. O(k·h) for k cells and paths of
/// at most h cells.
pub(super) fn without_cycles<const N: usize>(
    (n, m): (usize, usize),
    cells: impl Iterator<Item = (FlowArc, Wide<N>)>,
) -> Vec<(FlowArc, Wide<N>)> {
    let mut cells: Vec<_> = cells.collect();
    let mut forest = Forest { above: vec![(NONE, NONE); n + m] };
    for k in 0..cells.len() {
        let (source, target) = (cells[k].0.source, n as u32 + cells[k].0.target);
        forest.reroot(source);
        let (root, path) = forest.path_to_root(target);
        if root == source {
            forest.cancel(k, &path, &mut cells);
        }
        if cells[k].1.is_positive() {
            forest.above[source as usize] = (target, k as u32);
        }
    }
    cells.retain(|(_, units)| units.is_positive());
    cells
}

/// Cells that form no cycle, in trees with a root each.
struct Forest {
    /// The node above each node, and the cell between them.
    above: Vec<(u32, u32)>,
}

impl Forest {
    /// Makes a node the root of its tree.
    fn reroot(&mut self, v: u32) {
        let (mut below, mut cell, mut v) = (NONE, NONE, v);
        while v != NONE {
            let next = std::mem::replace(&mut self.above[v as usize], (below, cell));
            (below, v, cell) = (v, next.0, next.1);
        }
    }

    /// The root of the tree of v, and the nodes below it on the path from v.
    fn path_to_root(&self, mut v: u32) -> (u32, Vec<u32>) {
        let mut path = Vec::new();
        while self.above[v as usize].0 != NONE {
            path.push(v);
            v = self.above[v as usize].0;
        }
        (v, path)
    }

    /// Moves flow around the cycle that cell k closes with the path from its target to its source, until
    /// a cell carries nothing, and takes these cells out of the forest.
    fn cancel<const N: usize>(&mut self, k: usize, path: &[u32], cells: &mut [(FlowArc, Wide<N>)]) {
        let cell_above = |v: &u32| self.above[*v as usize].1 as usize;
        let cycle: Vec<usize> = std::iter::once(k).chain(path.iter().map(cell_above)).collect();
        // Every other cell loses what the ones between gain.
        let losing = cycle.iter().step_by(2).map(|&cell| cells[cell].1);
        let most = losing.min().unwrap_or_default();
        for (place, &cell) in cycle.iter().enumerate() {
            let units = &mut cells[cell].1;
            *units = if place % 2 == 0 { *units - most } else { *units + most };
        }
        for &v in path {
            if !cells[self.above[v as usize].1 as usize].1.is_positive() {
                self.above[v as usize] = (NONE, NONE);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use petgraph::unionfind::UnionFind;
    use rand::Rng as _;

    #[test]
    fn forests_keep_the_marginals() {
        for seed in 0..200 {
            let mut stream = Seed(seed).stream("acyclic");
            let (n, m) = (stream.random_range(1..9), stream.random_range(1..9));
            let mut cells: Vec<(FlowArc, Wide<1>)> = Vec::new();
            for (source, target) in (0..n).flat_map(|i| (0..m).map(move |j| (i, j))) {
                if stream.random_range(0..3) > 0 {
                    let units = Wide::signed(false, stream.random_range(1..5));
                    cells.push((FlowArc { source, target, cost: 0.0 }, units));
                }
            }
            let (n, m) = (n as usize, m as usize);
            let marginals = |cells: &[(FlowArc, Wide<1>)]| {
                let mut sums = vec![Wide::<1>::ZERO; n + m];
                for (arc, units) in cells {
                    for node in [arc.source as usize, n + arc.target as usize] {
                        sums[node] = sums[node] + *units;
                    }
                }
                sums
            };
            let forest = without_cycles((n, m), cells.iter().copied());
            assert_eq!(marginals(&forest), marginals(&cells), "seed {seed}");
            let mut components = UnionFind::<usize>::new(n + m);
            for (arc, units) in &forest {
                assert!(units.is_positive());
                assert!(components.union(arc.source as usize, n + arc.target as usize));
            }
        }
    }
}
