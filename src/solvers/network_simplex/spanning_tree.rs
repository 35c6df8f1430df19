//! The spanning tree of a basis as parent arrays, and the cycle that an entering arc closes.
//!
//! Nodes are the sources `0..n`, the targets `n..n + m` and an artificial root `n + m`. Each node
//! but the root stores the arc to its parent. Arcs lead from sources to targets, so that arc points
//! to the parent if the node is a source, and to the node if it is a target; the root acts as a
//! target for sources and as a source for targets.
//!
//! The tree is **strongly feasible** (Cunningham 1976, "A network simplex method", Math.
//! Programming 11): an arc without flow points toward the root, so only sources may store one.
//! With the leaving rule of [`SpanningTree::leaving_arc`] it stays so, and the simplex cannot cycle.

use crate::solvers::fixed_point::CostNumber;

/// An arc about to enter the basis: its ends as nodes of the tree, its cost and its reduced cost
/// `cost − potential(source) + potential(target) < 0`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entering<K> {
    pub(crate) source: u32,
    pub(crate) target: u32,
    pub(crate) cost: K,
    pub(crate) reduced: K,
}

/// The arc that leaves the basis, between `node` and its parent, on the side of the entering arc's
/// source or target. `flow` is the largest change of flow that the cycle admits, and `join` the
/// node where the paths from both ends meet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Leaving {
    pub(super) node: u32,
    on_target_side: bool,
    pub(super) flow: i128,
    pub(super) join: u32,
}

/// A basis on which the simplex can pivot.
pub(crate) trait Basis<K> {
    /// The potentials of the nodes: f of the sources, −g of the targets, up to a constant.
    type Potentials: NodePotentials<K> + ?Sized;

    fn potentials(&self) -> &Self::Potentials;

    /// The arc that leaves when `entering` enters.
    fn leaving_arc(&self, entering: &Entering<K>) -> Leaving;

    /// One pivot: changes the flow around the cycle, removes the leaving arc, and attaches the
    /// subtree below it by the entering arc.
    fn pivot(&mut self, entering: &Entering<K>, leaving: &Leaving);

    /// Recomputes all potentials from the costs of the tree's arcs, whose reduced costs become 0.
    fn recompute_potentials(&mut self);

    /// Pivots after which the potentials are recomputed, since every pivot rounds them.
    fn pivots_between_recomputations(&self) -> u64;
}

/// Pivots between two recomputations of potentials: so many that a recomputation, which visits all
/// nodes, takes little of the time. Their roundings add up like a random walk, to some hundred ulps.
pub(super) fn between_recomputations(nodes: usize) -> u64 {
    (nodes as u64 / 8).clamp(1024, 1 << 16)
}

/// The potentials of nodes.
pub(crate) trait NodePotentials<K> {
    fn of(&self, node: u32) -> K;
}

impl<K: CostNumber> NodePotentials<K> for [K] {
    #[inline(always)]
    fn of(&self, node: u32) -> K {
        self[node as usize]
    }
}

/// Parent arrays of a spanning tree, with flows, costs and subtree sizes.
#[derive(Debug, Clone)]
pub(super) struct SpanningTree<K> {
    pub(super) sources: usize,
    pub(super) parent: Vec<u32>,
    /// Flow on the arc to the parent.
    pub(super) flow: Vec<i128>,
    /// Cost of the arc to the parent.
    pub(super) cost: Vec<K>,
    /// Number of nodes in the subtree.
    pub(super) size: Vec<u32>,
}

/// No node.
pub(super) const NONE: u32 = u32::MAX;

impl Leaving {
    /// The end of the entering arc that lies below the leaving one, the other end, and the number
    /// to add to the potentials below.
    pub(super) fn new_ends<K: CostNumber>(&self, entering: &Entering<K>) -> (u32, u32, K) {
        if self.on_target_side {
            (entering.target, entering.source, K::default() - entering.reduced)
        } else {
            (entering.source, entering.target, entering.reduced)
        }
    }
}

impl<K: CostNumber> SpanningTree<K> {
    /// Nodes without parents.
    pub(super) fn unlinked(sources: usize, nodes: usize) -> Self {
        Self {
            sources,
            parent: vec![NONE; nodes + 1],
            flow: vec![0; nodes + 1],
            cost: vec![K::default(); nodes + 1],
            size: vec![1; nodes + 1],
        }
    }

    pub(super) fn root(&self) -> u32 {
        (self.parent.len() - 1) as u32
    }

    /// The potential of a node whose parent has potential `above`, such that the reduced cost of the
    /// arc between them is 0.
    pub(super) fn below(&self, above: K, node: u32) -> K {
        let v = node as usize;
        if v < self.sources { above + self.cost[v] } else { above - self.cost[v] }
    }

    /// Chooses the leaving arc: the backward arc of least flow on the cycle that the entering arc
    /// closes. The paths from both ends are followed up to the node where they meet.
    ///
    /// Among arcs of equal flow, the last one on the cycle from the join along the entering arc
    /// leaves, which keeps the tree strongly feasible: on the target's side the arc nearest to the
    /// join, else on the source's side the arc farthest from it.
    pub(super) fn leaving_arc(&self, entering: &Entering<K>) -> Leaving {
        let (mut u, mut v) = (entering.source, entering.target);
        let (mut source_side, mut source_flow) = (NONE, i128::MAX);
        let (mut target_side, mut target_flow) = (NONE, i128::MAX);
        while u != v {
            if self.size[u as usize] < self.size[v as usize] {
                let flow = self.flow[u as usize];
                if (u as usize) < self.sources && flow < source_flow {
                    (source_side, source_flow) = (u, flow);
                }
                u = self.parent[u as usize];
            } else {
                let flow = self.flow[v as usize];
                if (v as usize) >= self.sources && flow <= target_flow {
                    (target_side, target_flow) = (v, flow);
                }
                v = self.parent[v as usize];
            }
        }
        if target_flow <= source_flow {
            Leaving { node: target_side, on_target_side: true, flow: target_flow, join: u }
        } else {
            Leaving { node: source_side, on_target_side: false, flow: source_flow, join: u }
        }
    }

    /// Sends the flow of the leaving arc around the cycle.
    pub(super) fn augment_cycle(&mut self, entering: &Entering<K>, leaving: &Leaving) {
        for (end, sign) in [(entering.source, -leaving.flow), (entering.target, leaving.flow)] {
            let mut u = end;
            while u != leaving.join {
                let v = u as usize;
                self.flow[v] += if v < self.sources { sign } else { -sign };
                u = self.parent[v];
            }
        }
    }

    /// Subtracts the size of the subtree of `top` from the sizes of its ancestors and adds it to those
    /// of `outer` and its ancestors, both up to the join.
    pub(super) fn move_size(&mut self, top: u32, outer: u32, join: u32) {
        let size = self.size[top as usize];
        let mut u = self.parent[top as usize];
        while u != join {
            self.size[u as usize] -= size;
            u = self.parent[u as usize];
        }
        let mut u = outer;
        while u != join {
            self.size[u as usize] += size;
            u = self.parent[u as usize];
        }
    }
}
