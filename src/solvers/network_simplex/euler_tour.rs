//! The spanning tree of a basis as an Euler tour in blocks: the potentials of a subtree change
//! without a visit of its nodes.
//!
//! Where masses differ, few arcs are without flow, and the subtree below the leaving arc contains a
//! large share of all nodes. On a [threaded tree](super::threaded_tree) the update of their potentials
//! is then most of the work.
//!
//! **Idea.** An Euler tour traverses every edge of the tree twice. The part between the two
//! half-edges of an edge is the tour of a subtree; as a ring it may begin anywhere. A pivot cuts this
//! part out, rotates the ring until it begins at the end of the entering arc, and inserts it
//! elsewhere, whichever node becomes its root. The tour is stored in blocks of about √N half-edges,
//! each with an offset. The potential of a node is a number of its own plus the offset of the block
//! that contains the half-edge to its parent. A change of a subtree's potentials changes the offsets
//! of its blocks, or those of all others if these are fewer.
//!
//! **Complexity.** O(√N) a pivot beside the cycle, where N is the number of nodes; memory some
//! seven words of 32 bits and a number a node beside the parent arrays.
//!
//! **Failure modes.** For small problems, and others whose pivots move small subtrees, a threaded tree
//! is faster.
//!
//! **References.** Tarjan, Vishkin 1985, "An efficient parallel biconnectivity algorithm", SIAM J.
//! Comput. 14 (Euler tours); Henzinger, King 1999, "Randomized fully dynamic graph algorithms with
//! polylogarithmic time per operation", J. ACM 46, and Tarjan 1997, "Dynamic trees as search trees
//! via Euler tours, applied to the network simplex algorithm", Math. Programming 78 (tours that
//! are cut, rotated and joined); Grigoriadis 1986 (the pivots themselves).

use super::main_loop::{PivotedBasis, pivot};
use super::pricing::{BlockPricing, PricingRule};
use super::progress::Progress;
use super::spanning_tree::{
    Basis, Entering, Leaving, NONE, NodePotentials, SpanningTree, between_recomputations,
};
use super::threaded_tree::ThreadedTree;
use crate::solvers::fixed_point::CostNumber;

/// Pivots on a threaded tree after which the mean size of the moved subtrees decides, and the mean
/// size in nodes from which an Euler tour is faster.
const TRIAL_PIVOTS: u64 = 8192;
const LARGE_SUBTREE_NODES: u64 = 3000;

/// A spanning tree with its Euler tour.
///
/// Edge e connects a node on the sources' side with one on the targets' side; its half-edges
/// are 2e from the first and 2e + 1 from the second.
pub(super) struct EulerTour<K> {
    spanning: SpanningTree<K>,
    /// The edge to the parent of each node.
    edge: Vec<u32>,
    half_edges: Vec<HalfEdge>,
    blocks: Vec<TourBlock>,
    /// Blocks that are not in use.
    free: Vec<u32>,
    labels: BlockPotentials<K>,
    /// Half-edges of a block at most.
    capacity: usize,
    /// The path from the end of the entering arc to that of the leaving arc, with potentials.
    stem: Vec<(u32, K)>,
}

/// Half an edge, in one of the two directions.
#[derive(Clone, Copy)]
struct HalfEdge {
    /// The block that holds it.
    block: u32,
    /// The node that it leads from to its parent; none if it leads down.
    child: u32,
}

/// Consecutive half-edges of the tour, in a ring of blocks.
#[derive(Default)]
struct TourBlock {
    half_edges: Vec<u32>,
    next: u32,
    previous: u32,
}

/// Potentials as sums of a number of the node and an offset of its block.
pub(super) struct BlockPotentials<K> {
    own: Vec<NodeLabel<K>>,
    offset: Vec<K>,
}

#[derive(Clone, Copy)]
struct NodeLabel<K> {
    own: K,
    block: u32,
}

impl<K: CostNumber> NodePotentials<K> for BlockPotentials<K> {
    #[inline(always)]
    fn of(&self, node: u32) -> K {
        let NodeLabel { own, block } = self.own[node as usize];
        own + self.offset[block as usize]
    }
}

impl<K: CostNumber> EulerTour<K> {
    pub(super) fn new(tree: ThreadedTree<K>) -> Self {
        let (spanning, preorder) = tree.into_preorder();
        let nodes = preorder.len() - 1;
        let capacity = (2 * nodes).isqrt().clamp(64, 1024);
        let mut tour = Self {
            spanning,
            edge: (0..nodes as u32).collect(),
            half_edges: vec![HalfEdge { block: NONE, child: NONE }; 2 * nodes],
            blocks: Vec::new(),
            free: Vec::new(),
            labels: BlockPotentials {
                own: vec![NodeLabel { own: K::default(), block: NONE }; nodes],
                offset: Vec::new(),
            },
            capacity,
            stem: Vec::new(),
        };
        for u in 0..nodes as u32 {
            let up = tour.up(u);
            tour.half_edges[up as usize].child = u;
        }
        let half_edges = tour.along(&preorder);
        for stretch in half_edges.chunks(capacity / 2) {
            let block = tour.fresh();
            tour.blocks[block as usize].half_edges = stretch.to_vec();
            for &h in stretch {
                tour.half_edges[h as usize].block = block;
            }
        }
        let blocks = tour.blocks.len() as u32;
        (0..blocks).for_each(|block| tour.link(block, (block + 1) % blocks));
        tour.recompute_potentials();
        tour
    }

    /// The half-edges in the order of the tour that visits the nodes in preorder.
    fn along(&self, preorder: &[u32]) -> Vec<u32> {
        let mut tour = Vec::with_capacity(self.half_edges.len());
        let mut open = vec![preorder[0]];
        for &u in &preorder[1..] {
            while open.last() != Some(&self.spanning.parent[u as usize]) {
                tour.extend(open.pop().map(|done| self.up(done)));
            }
            tour.push(self.up(u) ^ 1);
            open.push(u);
        }
        tour.extend(open[1..].iter().rev().map(|&done| self.up(done)));
        tour
    }

    /// This tree, threaded in preorder.
    pub(super) fn into_tree(self) -> ThreadedTree<K> {
        let mut preorder = vec![self.spanning.root()];
        self.downward(|u| preorder.push(u));
        let mut tree = ThreadedTree::from_preorder(self.spanning, &preorder);
        tree.recompute_potentials();
        tree
    }

    /// Visits every node after its parent, along the tour from the root.
    fn downward(&self, mut visit: impl FnMut(u32)) {
        let root = self.spanning.root();
        let child_of = |h: u32| self.half_edges[h as usize ^ 1].child;
        let leaves_root =
            |h: u32| child_of(h) != NONE && self.spanning.parent[child_of(h) as usize] == root;
        let first = (0..self.half_edges.len() as u32).find(|&h| leaves_root(h));
        let first = first.expect("the root has a child");
        let (mut block, mut at) = (self.block_of(first), self.position(first));
        for _ in 0..self.half_edges.len() {
            let child = child_of(self.blocks[block as usize].half_edges[at]);
            if child != NONE {
                visit(child);
            }
            at += 1;
            while at >= self.blocks[block as usize].half_edges.len() {
                (block, at) = (self.blocks[block as usize].next, 0);
            }
        }
    }

    /// The half-edge from a node to its parent.
    #[inline(always)]
    fn up(&self, node: u32) -> u32 {
        2 * self.edge[node as usize] + u32::from(node as usize >= self.spanning.sources)
    }

    fn block_of(&self, half_edge: u32) -> u32 {
        self.half_edges[half_edge as usize].block
    }

    /// The position of a half-edge in its block.
    fn position(&self, half_edge: u32) -> usize {
        let block = &self.blocks[self.block_of(half_edge) as usize];
        let found = block.half_edges.iter().position(|&h| h == half_edge);
        found.expect("a half-edge is in its block")
    }

    fn link(&mut self, before: u32, after: u32) {
        self.blocks[before as usize].next = after;
        self.blocks[after as usize].previous = before;
    }

    /// An empty block.
    fn fresh(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.blocks.push(TourBlock::default());
            self.labels.offset.push(K::default());
            (self.blocks.len() - 1) as u32
        })
    }

    /// Removes an empty block from its ring; the block after it.
    fn drop_empty(&mut self, block: u32) -> u32 {
        let TourBlock { next, previous, .. } = self.blocks[block as usize];
        self.link(previous, next);
        self.free.push(block);
        next
    }

    /// Splits the block of a half-edge so that one begins with it: that block.
    fn split_before(&mut self, half_edge: u32) -> u32 {
        let block = self.block_of(half_edge);
        match self.position(half_edge) {
            0 => block,
            at => self.split(block, at),
        }
    }

    /// Splits the block of a half-edge so that one ends with it: the block after that.
    fn split_after(&mut self, half_edge: u32) -> u32 {
        let block = self.block_of(half_edge);
        let after = self.position(half_edge) + 1;
        if after == self.blocks[block as usize].half_edges.len() {
            self.blocks[block as usize].next
        } else {
            self.split(block, after)
        }
    }

    fn split(&mut self, block: u32, at: usize) -> u32 {
        let new = self.fresh();
        self.labels.offset[new as usize] = self.labels.offset[block as usize];
        let mut moved = std::mem::take(&mut self.blocks[new as usize].half_edges);
        moved.extend(self.blocks[block as usize].half_edges.drain(at..));
        self.settle(&moved, new, K::default());
        self.blocks[new as usize].half_edges = moved;
        let after = self.blocks[block as usize].next;
        self.link(block, new);
        self.link(new, after);
        new
    }

    /// Records that half-edges are in another block, whose offset is less by `difference`.
    fn settle(&mut self, half_edges: &[u32], block: u32, difference: K) {
        for &h in half_edges {
            let half_edge = &mut self.half_edges[h as usize];
            half_edge.block = block;
            if half_edge.child != NONE {
                let label = &mut self.labels.own[half_edge.child as usize];
                *label = NodeLabel { own: label.own + difference, block };
            }
        }
    }

    /// Merges a block with the next one if both together leave room.
    fn merge(&mut self, block: u32) {
        let next = self.blocks[block as usize].next;
        let length = |b: u32| self.blocks[b as usize].half_edges.len();
        let is_in_use = length(block) > 0;
        if block == next || !is_in_use || length(block) + length(next) > self.capacity / 4 * 3 {
            return;
        }
        let offset = |b: u32| self.labels.offset[b as usize];
        let difference = offset(next) - offset(block);
        let mut moved = std::mem::take(&mut self.blocks[next as usize].half_edges);
        self.settle(&moved, block, difference);
        self.blocks[block as usize].half_edges.extend_from_slice(&moved);
        moved.clear();
        self.blocks[next as usize].half_edges = moved;
        self.drop_empty(next);
    }

    /// Adds `shift` to the offsets from block `first` to `last`, or subtracts it from all others if
    /// these are fewer: only differences of potentials matter.
    fn shift(&mut self, first: u32, last: u32, shift: K) {
        let next = |block: u32| self.blocks[block as usize].next;
        let rest = next(last);
        let (mut inside, mut outside) = (first, rest);
        let (mut block, end, shift) = loop {
            if inside == last {
                break (first, rest, shift);
            }
            outside = next(outside);
            if outside == first {
                break (rest, first, K::default() - shift);
            }
            inside = next(inside);
        };
        loop {
            let offset = &mut self.labels.offset[block as usize];
            *offset = *offset + shift;
            block = self.blocks[block as usize].next;
            if block == end {
                break;
            }
        }
    }

    /// Reverses the edges between `top` and `inner`, so that `inner` becomes the root of the subtree
    /// of `top` and takes over its edge to the parent.
    fn reroot(&mut self, top: u32, inner: u32) {
        let spanning = &mut self.spanning;
        let total = spanning.size[top as usize];
        let mut edge = self.edge[top as usize];
        let (mut flow, mut cost) = (0, K::default());
        let (mut below, mut size) = (NONE, 0);
        for &(node, _) in &self.stem {
            let s = node as usize;
            std::mem::swap(&mut spanning.flow[s], &mut flow);
            std::mem::swap(&mut spanning.cost[s], &mut cost);
            let old = std::mem::replace(&mut spanning.size[s], total - size);
            size = old;
            spanning.parent[s] = below;
            below = node;
        }
        // Each node takes the edge of the one below; `inner` takes that of `top`.
        for &(node, _) in &self.stem {
            std::mem::swap(&mut self.edge[node as usize], &mut edge);
            let up = self.up(node) as usize;
            self.half_edges[up].child = node;
            self.half_edges[up ^ 1].child = NONE;
        }
        debug_assert_eq!(self.stem.first().map(|entry| entry.0), Some(inner));
    }

    /// Records the nodes from `inner` up to `top`.
    fn note_stem(&mut self, inner: u32, top: u32) {
        self.stem.clear();
        let mut node = inner;
        loop {
            self.stem.push((node, self.labels.of(node)));
            if node == top {
                break;
            }
            node = self.spanning.parent[node as usize];
        }
    }
}

impl<K: CostNumber> EulerTour<K> {
    /// Merges small blocks at the seams of a pivot, and splits its end blocks if they are too large.
    fn rebalance(&mut self, seams: [u32; 4], ends: [u32; 2]) {
        for seam in seams {
            self.merge(seam);
            self.merge(self.blocks[seam as usize].previous);
        }
        for end in ends {
            if self.blocks[end as usize].half_edges.len() > self.capacity {
                self.split(end, self.capacity / 2);
            }
        }
    }
}

impl<K: CostNumber> Basis<K> for EulerTour<K> {
    type Potentials = BlockPotentials<K>;

    fn potentials(&self) -> &BlockPotentials<K> {
        &self.labels
    }

    fn leaving_arc(&self, entering: &Entering<K>) -> Leaving {
        self.spanning.leaving_arc(entering)
    }

    fn pivot(&mut self, entering: &Entering<K>, leaving: &Leaving) {
        let (inner, outer, shift) = leaving.new_ends(entering);
        let top = leaving.node;
        if leaving.flow > 0 {
            self.spanning.augment_cycle(entering, leaving);
        }
        self.spanning.move_size(top, outer, leaving.join);

        // Cut the tour of the subtree out and close it to a ring.
        let up = self.up(top);
        let mut first = self.split_before(up ^ 1);
        let rest = self.split_after(up);
        let before = self.blocks[first as usize].previous;
        let mut last = self.blocks[rest as usize].previous;
        self.shift(first, last, shift);
        self.note_stem(inner, top);
        self.link(before, rest);
        self.link(last, first);
        self.blocks[first as usize].half_edges.remove(0);
        self.blocks[last as usize].half_edges.pop();
        if first != last && self.blocks[first as usize].half_edges.is_empty() {
            first = self.drop_empty(first);
        }
        if first != last && self.blocks[last as usize].half_edges.is_empty() {
            last = self.blocks[last as usize].previous;
            self.drop_empty(self.blocks[last as usize].next);
        }

        // Rotate the ring until it begins at `inner`.
        let joint = last;
        if inner != top {
            first = self.split_before(self.up(inner));
            last = self.blocks[first as usize].previous;
        }
        self.reroot(top, inner);
        self.spanning.parent[inner as usize] = outer;
        self.spanning.flow[inner as usize] = leaving.flow;
        self.spanning.cost[inner as usize] = entering.cost;

        // Insert it where the tour is at `outer`.
        let up = self.up(inner);
        self.blocks[first as usize].half_edges.insert(0, up ^ 1);
        self.blocks[last as usize].half_edges.push(up);
        self.half_edges[up as usize ^ 1].block = first;
        self.half_edges[up as usize].block = last;
        let after = self.split_before(self.up(outer));
        let new_before = self.blocks[after as usize].previous;
        self.link(new_before, first);
        self.link(last, after);
        for k in 0..self.stem.len() {
            let (node, potential) = self.stem[k];
            let block = self.block_of(self.up(node));
            let own = potential - self.labels.offset[block as usize];
            self.labels.own[node as usize] = NodeLabel { own, block };
        }
        self.rebalance([last, joint, new_before, before], [first, last]);
    }

    fn recompute_potentials(&mut self) {
        let mut potentials = vec![K::default(); self.spanning.parent.len()];
        self.downward(|u| {
            let above = potentials[self.spanning.parent[u as usize] as usize];
            potentials[u as usize] = self.spanning.below(above, u);
        });
        self.labels.offset.fill(K::default());
        for (u, &own) in potentials[..self.edge.len()].iter().enumerate() {
            let block = self.block_of(self.up(u as u32));
            self.labels.own[u] = NodeLabel { own, block };
        }
    }

    fn pivots_between_recomputations(&self) -> u64 {
        between_recomputations(self.edge.len())
    }
}

/// Pivots on a threaded tree, and on an Euler tour as soon as the moved subtrees prove large.
pub(super) fn pivot_on_tree_or_tour(
    mut tree: ThreadedTree<f64>,
    blocks: &mut BlockPricing<'_, f64>,
    progress: &mut Progress<'_>,
) -> PivotedBasis {
    loop {
        let shifted = tree.shifted();
        let mut first = FirstPivots(blocks, TRIAL_PIVOTS);
        let stopped = pivot(&mut tree, &mut first, progress);
        if stopped.is_break() || first.1 > 0 {
            return (tree, stopped);
        }
        if tree.shifted() - shifted > TRIAL_PIVOTS * LARGE_SUBTREE_NODES {
            break;
        }
    }
    let mut tour = EulerTour::new(tree);
    let stopped = pivot(&mut tour, blocks, progress);
    (tour.into_tree(), stopped)
}

/// A pricing rule that finds no arc after a given number of them.
struct FirstPivots<'a, 'b>(&'a mut BlockPricing<'b, f64>, u64);

impl PricingRule<f64, [f64]> for FirstPivots<'_, '_> {
    fn entering_arc(&mut self, potentials: &[f64]) -> Option<Entering<f64>> {
        self.1 = self.1.checked_sub(1)?;
        self.0.entering_arc(potentials)
    }
}

#[cfg(test)]
mod tests;
