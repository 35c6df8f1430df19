//! The spanning tree of a basis, threaded in preorder.
//!
//! The nodes are threaded in preorder (Bradley, Brown, Graves 1977, "Design and implementation of
//! large scale primal transshipment algorithms", Management Science 24): a subtree is a
//! contiguous part of the thread, from its root to its `last` node, so it can be traversed, removed
//! and inserted elsewhere by a few changes of links.

use petgraph::unionfind::UnionFind;

use super::spanning_tree::{Basis, Entering, Leaving, NONE, SpanningTree, between_recomputations};
use crate::solvers::arcs::FlowArc;
use crate::solvers::fixed_point::CostNumber;

/// A spanning tree with a doubly linked preorder and potentials.
#[derive(Debug, Clone)]
pub(crate) struct ThreadedTree<K> {
    spanning: SpanningTree<K>,
    /// f of a source, −g of a target: a pivot adds the same number to all nodes of a subtree.
    potential: Vec<K>,
    /// Preorder, circular.
    next: Vec<u32>,
    previous: Vec<u32>,
    /// Last node of the subtree in preorder.
    last: Vec<u32>,
    /// Potentials changed by pivots so far.
    shifted: u64,
}

impl<K: CostNumber> ThreadedTree<K> {
    /// The spanning tree of a forest that carries all mass. An arc without flow makes its target the
    /// parent of its source's component of flows. Each remaining component becomes a child of the
    /// root by its first source, over an artificial arc without flow, which gives that source the
    /// potential `f`.
    pub(crate) fn from_forest(
        sources: usize,
        nodes: usize,
        forest: &[FlowArc<K>],
        f: &[K],
    ) -> Self {
        let root = nodes as u32;
        let mut spanning = SpanningTree::unlinked(sources, nodes);
        let adjacency = Adjacency::new(nodes, forest);
        let mut preorder = vec![root];
        let mut stack = Vec::new();
        for top in component_roots(sources, nodes, forest) {
            spanning.parent[top as usize] = root;
            spanning.cost[top as usize] = f[top as usize];
            stack.push(top);
            while let Some(u) = stack.pop() {
                preorder.push(u);
                for (v, arc) in adjacency.of(u) {
                    if spanning.parent[v as usize] == NONE && v != spanning.parent[u as usize] {
                        spanning.parent[v as usize] = u;
                        spanning.flow[v as usize] = forest[arc as usize].flow;
                        spanning.cost[v as usize] = forest[arc as usize].cost;
                        stack.push(v);
                    }
                }
            }
        }
        drop(adjacency);
        Self::from_preorder(spanning, &preorder)
    }

    /// The tree of given parent arrays and their preorder; computes the sizes of subtrees.
    pub(super) fn from_preorder(spanning: SpanningTree<K>, preorder: &[u32]) -> Self {
        let root = spanning.root();
        let count = preorder.len();
        let mut tree = Self {
            spanning,
            potential: vec![K::default(); count],
            next: vec![root; count],
            previous: vec![root; count],
            last: (0..=root).collect(),
            shifted: 0,
        };
        tree.spanning.size.fill(1);
        for (place, &u) in preorder.iter().enumerate() {
            let after = preorder[(place + 1) % preorder.len()];
            tree.next[u as usize] = after;
            tree.previous[after as usize] = u;
        }
        for &u in preorder[1..].iter().rev() {
            let p = tree.spanning.parent[u as usize] as usize;
            tree.spanning.size[p] += tree.spanning.size[u as usize];
            if tree.last[p] == p as u32 {
                tree.last[p] = tree.last[u as usize];
            }
        }
        tree.recompute_potentials();
        tree
    }

    fn root(&self) -> u32 {
        self.spanning.root()
    }

    /// The parent arrays and the nodes in preorder.
    pub(super) fn into_preorder(self) -> (SpanningTree<K>, Vec<u32>) {
        let root = self.root();
        let mut preorder = vec![root];
        let mut u = self.next[root as usize];
        while u != root {
            preorder.push(u);
            u = self.next[u as usize];
        }
        (self.spanning, preorder)
    }

    /// Number of nodes but the root.
    pub(crate) fn nodes(&self) -> usize {
        self.spanning.parent.len() - 1
    }

    /// Number of sources.
    pub(crate) fn sources(&self) -> usize {
        self.spanning.sources
    }

    /// f of the sources and −g of the targets, up to a common constant.
    pub(crate) fn potentials(&self) -> &[K] {
        &self.potential[..self.nodes()]
    }

    /// Number of potentials changed by pivots.
    pub(super) fn shifted(&self) -> u64 {
        self.shifted
    }

    /// The arcs of the tree except the artificial ones, including those without flow.
    pub(crate) fn arcs(&self) -> impl Iterator<Item = FlowArc<K>> {
        let root = self.root();
        (0..root).filter(move |&u| self.spanning.parent[u as usize] != root).map(|u| {
            let (p, v) = (self.spanning.parent[u as usize], u as usize);
            let (source, target) = if v < self.spanning.sources { (u, p) } else { (p, u) };
            FlowArc { source, target, flow: self.spanning.flow[v], cost: self.spanning.cost[v] }
        })
    }

    /// The child of the two ends of an arc, if the arc is in the tree.
    fn child(&self, source: u32, target: u32) -> Option<usize> {
        let parent = |u: u32| self.spanning.parent[u as usize];
        let ends = [(source, target), (target, source)];
        ends.iter().find(|(u, above)| parent(*u) == *above).map(|(u, _)| *u as usize)
    }

    /// The flow on an arc, 0 outside the tree.
    pub(super) fn flow(&self, source: u32, target: u32) -> i128 {
        self.child(source, target).map_or(0, |u| self.spanning.flow[u])
    }

    /// Adds to the flow on an arc of the tree: masses at both of its ends.
    pub(super) fn add_flow(&mut self, source: u32, target: u32, flow: i128) {
        let child = self.child(source, target).expect("the arc is in the tree");
        self.spanning.flow[child] += flow;
    }

    /// Sets the cost of an arc, if it is in the tree; potentials stay until they are recomputed.
    pub(super) fn set_cost(&mut self, source: u32, target: u32, cost: K) {
        if let Some(child) = self.child(source, target) {
            self.spanning.cost[child] = cost;
        }
    }

    /// Nodes whose arc to a parent other than the root carries no flow, with the cost of that arc.
    pub(crate) fn degenerate_arcs(&self) -> impl Iterator<Item = (u32, K)> {
        let root = self.root();
        (0..root)
            .filter(move |&u| {
                self.spanning.flow[u as usize] == 0 && self.spanning.parent[u as usize] != root
            })
            .map(|u| (u, self.spanning.cost[u as usize]))
    }

    /// The connected components of the tree without the root and without the arcs above the marked
    /// nodes: the number of the component of each node.
    pub(crate) fn components(&self, cut: &[bool]) -> Vec<u32> {
        let root = self.root();
        let mut component = vec![0; self.nodes()];
        let mut count = 0;
        let mut u = self.next[root as usize];
        while u != root {
            let (v, parent) = (u as usize, self.spanning.parent[u as usize]);
            component[v] = if parent == root || cut[v] {
                count += 1;
                count - 1
            } else {
                component[parent as usize]
            };
            u = self.next[v];
        }
        component
    }

    /// This tree with its costs converted to another type.
    pub(crate) fn with_costs<L: CostNumber>(&self, convert: impl Fn(K) -> L) -> ThreadedTree<L> {
        let spanning = SpanningTree {
            sources: self.spanning.sources,
            parent: self.spanning.parent.clone(),
            flow: self.spanning.flow.clone(),
            cost: self.spanning.cost.iter().map(|&c| convert(c)).collect(),
            size: self.spanning.size.clone(),
        };
        let mut tree = ThreadedTree {
            spanning,
            potential: vec![L::default(); self.potential.len()],
            next: self.next.clone(),
            previous: self.previous.clone(),
            last: self.last.clone(),
            shifted: 0,
        };
        tree.recompute_potentials();
        tree
    }

    /// Adds `shift` to the potentials below `top`, or subtracts it from all others if these are
    /// fewer: only differences of potentials matter.
    fn shift_potentials(&mut self, top: u32, shift: K) {
        let last = self.last[top as usize];
        let below = self.spanning.size[top as usize] as usize;
        let others = self.spanning.parent.len() - below;
        if below <= others {
            self.shift_stretch(top, last, below, shift);
        } else {
            let (first, last) = (self.next[last as usize], self.previous[top as usize]);
            self.shift_stretch(first, last, others, K::default() - shift);
        }
    }

    /// Adds `shift` to the potentials of a part of the thread. It is traversed from both ends at
    /// once, since each traversal waits for one link after another to come from memory.
    fn shift_stretch(&mut self, first: u32, last: u32, length: usize, shift: K) {
        self.shifted += length as u64;
        let (mut u, mut v) = (first as usize, last as usize);
        for _ in 0..length / 2 {
            self.potential[u] = self.potential[u] + shift;
            self.potential[v] = self.potential[v] + shift;
            (u, v) = (self.next[u] as usize, self.previous[v] as usize);
        }
        if length % 2 == 1 {
            self.potential[u] = self.potential[u] + shift;
        }
    }

    fn link(&mut self, before: u32, after: u32) {
        self.next[before as usize] = after;
        self.previous[after as usize] = before;
    }

    /// Enters an arc that carries a flow although it is outside the tree.
    pub(super) fn enter_with_flow(&mut self, entering: &Entering<K>, flow: i128) {
        let leaving = self.spanning.leaving_arc(entering);
        let (inner, ..) = leaving.new_ends(entering);
        self.pivot(entering, &leaving);
        self.spanning.flow[inner as usize] += flow;
    }

    /// Removes the subtree below the leaving arc from the thread and updates `size` and `last` of its
    /// ancestors.
    fn cut(&mut self, leaving: &Leaving) {
        let top = leaving.node;
        let (before, end) = (self.previous[top as usize], self.last[top as usize]);
        self.link(before, self.next[end as usize]);
        let size = self.spanning.size[top as usize];
        let mut u = self.spanning.parent[top as usize];
        while u != leaving.join {
            self.spanning.size[u as usize] -= size;
            u = self.spanning.parent[u as usize];
        }
        let mut u = self.spanning.parent[top as usize];
        while u != NONE && self.last[u as usize] == end {
            self.last[u as usize] = before;
            u = self.spanning.parent[u as usize];
        }
    }

    /// Makes `inner` the root of the removed subtree of `top` by reversing the arcs of the path (the
    /// stem) between them; returns the last node of the new preorder.
    ///
    /// The new preorder is the subtree of `inner`, then the rest of the subtree of its old parent,
    /// and so on up the stem.
    fn reroot(&mut self, top: u32, inner: u32) -> u32 {
        let total = self.spanning.size[top as usize];
        let mut tail = self.last[inner as usize];
        // Of the stem node below: its neighbors in the old preorder, the end of its old subtree,
        // its old size, and the arc that its parent takes over.
        let (mut before, mut after) = (self.previous[inner as usize], self.next[tail as usize]);
        let mut end = tail;
        let mut size = self.spanning.size[inner as usize];
        let (mut flow, mut cost) =
            (self.spanning.flow[inner as usize], self.spanning.cost[inner as usize]);
        let mut below = inner;
        let mut stem = self.spanning.parent[inner as usize];
        while below != top {
            let s = stem as usize;
            let stem_before = self.previous[s];
            let (stem_end, stem_after) = if self.last[s] == end {
                (end, after)
            } else {
                (self.last[s], self.next[self.last[s] as usize])
            };
            self.link(tail, stem);
            if stem_end == end {
                tail = before;
            } else {
                self.link(before, after);
                tail = stem_end;
            }
            (before, after, end) = (stem_before, stem_after, stem_end);
            let parent = self.spanning.parent[s];
            self.spanning.parent[s] = below;
            std::mem::swap(&mut self.spanning.flow[s], &mut flow);
            std::mem::swap(&mut self.spanning.cost[s], &mut cost);
            let old_size = std::mem::replace(&mut self.spanning.size[s], total - size);
            size = old_size;
            below = stem;
            stem = parent;
        }
        self.spanning.size[inner as usize] = total;
        let mut s = top;
        while s != inner {
            self.last[s as usize] = tail;
            s = self.spanning.parent[s as usize];
        }
        self.last[inner as usize] = tail;
        tail
    }

    /// Inserts the subtree of `inner`, whose preorder ends in `tail`, below `outer`.
    fn graft(&mut self, inner: u32, tail: u32, outer: u32, join: u32) {
        self.spanning.parent[inner as usize] = outer;
        let after = self.next[outer as usize];
        self.link(outer, inner);
        self.link(tail, after);
        let mut u = outer;
        while u != NONE && self.last[u as usize] == outer {
            self.last[u as usize] = tail;
            u = self.spanning.parent[u as usize];
        }
        let size = self.spanning.size[inner as usize];
        let mut u = outer;
        while u != join {
            self.spanning.size[u as usize] += size;
            u = self.spanning.parent[u as usize];
        }
    }
}

impl<K: CostNumber> Basis<K> for ThreadedTree<K> {
    type Potentials = [K];

    fn potentials(&self) -> &[K] {
        ThreadedTree::potentials(self)
    }

    fn leaving_arc(&self, entering: &Entering<K>) -> Leaving {
        self.spanning.leaving_arc(entering)
    }

    /// Updates the potentials of the smaller part, one by one.
    fn pivot(&mut self, entering: &Entering<K>, leaving: &Leaving) {
        if leaving.flow > 0 {
            self.spanning.augment_cycle(entering, leaving);
        }
        let (inner, outer, shift) = leaving.new_ends(entering);
        self.shift_potentials(leaving.node, shift);
        self.cut(leaving);
        let tail = self.reroot(leaving.node, inner);
        self.spanning.flow[inner as usize] = leaving.flow;
        self.spanning.cost[inner as usize] = entering.cost;
        self.graft(inner, tail, outer, leaving.join);
    }

    fn recompute_potentials(&mut self) {
        let root = self.root();
        self.potential[root as usize] = K::default();
        let mut u = self.next[root as usize];
        while u != root {
            let above = self.potential[self.spanning.parent[u as usize] as usize];
            self.potential[u as usize] = self.spanning.below(above, u);
            u = self.next[u as usize];
        }
    }

    fn pivots_between_recomputations(&self) -> u64 {
        between_recomputations(self.nodes())
    }
}

/// The first source of each component of flows that no arc without flow attaches to another one.
fn component_roots<K>(sources: usize, nodes: usize, forest: &[FlowArc<K>]) -> Vec<u32> {
    let mut components = UnionFind::<u32>::new(nodes);
    for arc in forest.iter().filter(|arc| arc.flow > 0) {
        components.union(arc.source, arc.target);
    }
    let mut seen = vec![false; nodes];
    for arc in forest.iter().filter(|arc| arc.flow == 0) {
        seen[components.find_mut(arc.source) as usize] = true;
    }
    let is_first =
        |top: &u32| !std::mem::replace(&mut seen[components.find_mut(*top) as usize], true);
    (0..sources as u32).filter(is_first).collect()
}

/// Possible children of each node, in compressed rows: an arc with flow admits either end as the
/// parent, an arc without flow only its target.
struct Adjacency {
    starts: Vec<usize>,
    entries: Vec<(u32, u32)>,
}

impl Adjacency {
    fn new<K>(nodes: usize, forest: &[FlowArc<K>]) -> Self {
        let mut starts = vec![0; nodes + 1];
        for arc in forest {
            starts[arc.source as usize + 1] += usize::from(arc.flow > 0);
            starts[arc.target as usize + 1] += 1;
        }
        for v in 0..nodes {
            starts[v + 1] += starts[v];
        }
        let mut fill = starts.clone();
        let mut entries = vec![(0, 0); starts[nodes]];
        for (k, arc) in forest.iter().enumerate() {
            let down = [(arc.target, arc.source), (arc.source, arc.target)];
            for &(u, v) in &down[..=usize::from(arc.flow > 0)] {
                entries[fill[u as usize]] = (v, k as u32);
                fill[u as usize] += 1;
            }
        }
        Self { starts, entries }
    }

    fn of(&self, u: u32) -> impl Iterator<Item = (u32, u32)> {
        self.entries[self.starts[u as usize]..self.starts[u as usize + 1]].iter().copied()
    }
}
