//! The spanning tree of a basis, with everything a pivot needs.
//!
//! Nodes are the sources `0..n`, the targets `n..n + m` and an artificial root `n + m`. Each node
//! but the root owns the arc to its parent: upwards if the node is a source, downwards if it is a
//! target, since arcs lead from sources to targets (the root plays target to sources and source
//! to targets).
//!
//! The tree is **strongly feasible** (Cunningham 1976, "A network simplex method", Math.
//! Programming 11): an arc without flow points towards the root, so only sources may own one.
//! With the leaving rule of [`Tree::leaving`] it stays so, and the simplex cannot cycle.
//!
//! The nodes are threaded in preorder (Bradley, Brown, Graves 1977, "Design and implementation of
//! large scale primal transshipment algorithms", Management Science 24): a subtree is a
//! contiguous stretch of the thread from its root to its `last` node, so it can be walked, cut
//! out and put elsewhere by mending a few links.

use std::ops::{Add, Sub};

/// Numbers that costs and potentials are made of: `f64` while the simplex is under way, `i128`
/// fixed point when it is finished exactly.
pub(crate) trait Price:
    Copy + PartialOrd + Default + Add<Output = Self> + Sub<Output = Self>
{
}
impl Price for f64 {}
impl Price for i128 {}

/// An arc about to enter the basis: its ends as nodes of the tree, its cost and its reduced cost
/// `cost − potential(source) + potential(target) < 0`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entering<K> {
    pub(crate) source: u32,
    pub(crate) target: u32,
    pub(crate) cost: K,
    pub(crate) reduced: K,
}

/// The arc that leaves: owned by `node`, which lies on the `source` or the `target` side of the
/// cycle; `flow` is what the cycle can take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Leaving {
    node: u32,
    on_target_side: bool,
    flow: i128,
    join: u32,
}

/// An arc of a starting forest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ForestArc<K> {
    pub(crate) source: u32,
    pub(crate) target: u32,
    pub(crate) flow: i128,
    pub(crate) cost: K,
}

#[derive(Debug, Clone)]
pub(crate) struct Tree<K> {
    sources: usize,
    parent: Vec<u32>,
    /// Flow on the arc to the parent.
    flow: Vec<i128>,
    /// Cost of the arc to the parent.
    cost: Vec<K>,
    /// f of a source, −g of a target: all nodes of a subtree shift by the same amount.
    potential: Vec<K>,
    /// Number of nodes in the subtree.
    size: Vec<u32>,
    /// Preorder, circular.
    next: Vec<u32>,
    previous: Vec<u32>,
    /// Last node of the subtree in preorder.
    last: Vec<u32>,
}

const NONE: u32 = u32::MAX;

impl<K: Price> Tree<K> {
    /// Hangs a forest that places all mass on the root, each of its trees by its first source, on
    /// an artificial arc without flow, which gives that source the potential `f`.
    pub(crate) fn hang(sources: usize, nodes: usize, forest: &[ForestArc<K>], f: &[K]) -> Self {
        let root = nodes as u32;
        let mut tree = Self {
            sources,
            parent: vec![NONE; nodes + 1],
            flow: vec![0; nodes + 1],
            cost: vec![K::default(); nodes + 1],
            potential: vec![K::default(); nodes + 1],
            size: vec![1; nodes + 1],
            next: vec![root; nodes + 1],
            previous: vec![root; nodes + 1],
            last: (0..=root).collect(),
        };
        let neighbours = Neighbours::new(nodes, forest);
        let mut preorder = vec![root];
        let mut stack = Vec::new();
        for (top, &f) in f.iter().enumerate() {
            if tree.parent[top] != NONE {
                continue;
            }
            tree.parent[top] = root;
            tree.cost[top] = f;
            stack.push(top as u32);
            while let Some(u) = stack.pop() {
                preorder.push(u);
                for (v, arc) in neighbours.of(u) {
                    if tree.parent[v as usize] == NONE && v != tree.parent[u as usize] {
                        tree.parent[v as usize] = u;
                        tree.flow[v as usize] = forest[arc].flow;
                        tree.cost[v as usize] = forest[arc].cost;
                        stack.push(v);
                    }
                }
            }
        }
        for (place, &u) in preorder.iter().enumerate() {
            let after = preorder[(place + 1) % preorder.len()];
            tree.next[u as usize] = after;
            tree.previous[after as usize] = u;
        }
        for &u in preorder[1..].iter().rev() {
            let p = tree.parent[u as usize] as usize;
            tree.size[p] += tree.size[u as usize];
            if tree.last[p] == p as u32 {
                tree.last[p] = tree.last[u as usize];
            }
        }
        tree.recompute_potentials();
        tree
    }

    fn root(&self) -> u32 {
        (self.parent.len() - 1) as u32
    }

    /// Number of nodes but the root.
    pub(crate) fn nodes(&self) -> usize {
        self.parent.len() - 1
    }

    /// Number of sources.
    pub(crate) fn sources(&self) -> usize {
        self.sources
    }

    /// f of the sources and −g of the targets, up to a common constant.
    pub(crate) fn potentials(&self) -> &[K] {
        &self.potential[..self.nodes()]
    }

    /// The real arcs of the tree, those without flow included.
    pub(crate) fn arcs(&self) -> impl Iterator<Item = ForestArc<K>> {
        let root = self.root();
        (0..root).filter(move |&u| self.parent[u as usize] != root).map(|u| {
            let (p, v) = (self.parent[u as usize], u as usize);
            let (source, target) = if v < self.sources { (u, p) } else { (p, u) };
            ForestArc { source, target, flow: self.flow[v], cost: self.cost[v] }
        })
    }

    /// Nodes whose arc to a parent other than the root carries no flow, with the cost of that arc.
    pub(crate) fn idle_arcs(&self) -> impl Iterator<Item = (u32, K)> {
        let root = self.root();
        (0..root)
            .filter(move |&u| self.flow[u as usize] == 0 && self.parent[u as usize] != root)
            .map(|u| (u, self.cost[u as usize]))
    }

    /// Numbers the parts that the tree falls into when the root and the arcs of the marked nodes
    /// are taken out.
    pub(crate) fn components(&self, cut: &[bool]) -> Vec<u32> {
        let root = self.root();
        let mut component = vec![0; self.nodes()];
        let mut count = 0;
        let mut u = self.next[root as usize];
        while u != root {
            let (v, parent) = (u as usize, self.parent[u as usize]);
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

    /// The same tree with other numbers for costs.
    pub(crate) fn with_costs<L: Price>(&self, convert: impl Fn(K) -> L) -> Tree<L> {
        let mut tree = Tree {
            sources: self.sources,
            parent: self.parent.clone(),
            flow: self.flow.clone(),
            cost: self.cost.iter().map(|&c| convert(c)).collect(),
            potential: vec![L::default(); self.potential.len()],
            size: self.size.clone(),
            next: self.next.clone(),
            previous: self.previous.clone(),
            last: self.last.clone(),
        };
        tree.recompute_potentials();
        tree
    }

    /// Computes all potentials afresh from the costs of the tree's arcs: every arc of the tree
    /// gets reduced cost 0.
    pub(crate) fn recompute_potentials(&mut self) {
        let root = self.root();
        self.potential[root as usize] = K::default();
        let mut u = self.next[root as usize];
        while u != root {
            let v = u as usize;
            let above = self.potential[self.parent[v] as usize];
            self.potential[v] =
                if v < self.sources { above + self.cost[v] } else { above - self.cost[v] };
            u = self.next[v];
        }
    }

    /// Closes the cycle of the entering arc: finds where the paths from its ends meet, and on the
    /// way the arc whose flow runs out first when flow goes round along the entering arc.
    ///
    /// Among several, it is the last one met on the way round from the join along the entering
    /// arc, which keeps the tree strongly feasible: on the target's side the one nearest to the
    /// join, else on the source's side the one farthest from it.
    pub(crate) fn leaving(&self, entering: &Entering<K>) -> Leaving {
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

    /// One pivot: sends the leaving arc's flow round the cycle, takes the arc out, hangs the
    /// subtree it cuts off on the entering arc, and shifts the potentials of the smaller part.
    pub(crate) fn pivot(&mut self, entering: &Entering<K>, leaving: &Leaving) {
        if leaving.flow > 0 {
            self.send_round(entering, leaving);
        }
        let (inner, outer, shift) = if leaving.on_target_side {
            (entering.target, entering.source, K::default() - entering.reduced)
        } else {
            (entering.source, entering.target, entering.reduced)
        };
        self.shift_potentials(leaving.node, shift);
        self.cut(leaving);
        let tail = self.reroot(leaving.node, inner);
        self.flow[inner as usize] = leaving.flow;
        self.cost[inner as usize] = entering.cost;
        self.graft(inner, tail, outer, leaving.join);
    }

    /// Changes the flows of the cycle by the flow of the leaving arc.
    fn send_round(&mut self, entering: &Entering<K>, leaving: &Leaving) {
        for (end, sign) in [(entering.source, -leaving.flow), (entering.target, leaving.flow)] {
            let mut u = end;
            while u != leaving.join {
                let v = u as usize;
                self.flow[v] += if v < self.sources { sign } else { -sign };
                u = self.parent[v];
            }
        }
    }

    /// Adds `shift` to the potentials below `top`, or takes it from all others if these are
    /// fewer: only differences matter.
    fn shift_potentials(&mut self, top: u32, shift: K) {
        let last = self.last[top as usize];
        let below = self.size[top as usize] as usize;
        let others = self.parent.len() - below;
        if below <= others {
            self.shift_stretch(top, last, below, shift);
        } else {
            let (first, last) = (self.next[last as usize], self.previous[top as usize]);
            self.shift_stretch(first, last, others, K::default() - shift);
        }
    }

    /// Adds `shift` to the potentials of a stretch of the thread. It is walked from both ends at
    /// once, since each walk waits for one link after another to come from memory.
    fn shift_stretch(&mut self, first: u32, last: u32, length: usize, shift: K) {
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

    /// Takes the subtree below the leaving arc out of the thread and out of its ancestors'
    /// `size` and `last`.
    fn cut(&mut self, leaving: &Leaving) {
        let top = leaving.node;
        let (before, end) = (self.previous[top as usize], self.last[top as usize]);
        self.link(before, self.next[end as usize]);
        let size = self.size[top as usize];
        let mut u = self.parent[top as usize];
        while u != leaving.join {
            self.size[u as usize] -= size;
            u = self.parent[u as usize];
        }
        let mut u = self.parent[top as usize];
        while u != NONE && self.last[u as usize] == end {
            self.last[u as usize] = before;
            u = self.parent[u as usize];
        }
    }

    /// Makes `inner` the root of the cut-off subtree of `top` by turning the arcs of the stem
    /// between them; returns the last node of the new preorder.
    ///
    /// The new preorder is the subtree of `inner`, then what the subtree of its old parent holds
    /// besides, and so on up the stem.
    fn reroot(&mut self, top: u32, inner: u32) -> u32 {
        let total = self.size[top as usize];
        let mut tail = self.last[inner as usize];
        // Of the stem node below: its neighbours in the old preorder, the end of its old subtree,
        // its old size, and the arc it hands up.
        let (mut before, mut after) = (self.previous[inner as usize], self.next[tail as usize]);
        let mut end = tail;
        let mut size = self.size[inner as usize];
        let (mut flow, mut cost) = (self.flow[inner as usize], self.cost[inner as usize]);
        let mut below = inner;
        let mut stem = self.parent[inner as usize];
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
            let parent = self.parent[s];
            self.parent[s] = below;
            std::mem::swap(&mut self.flow[s], &mut flow);
            std::mem::swap(&mut self.cost[s], &mut cost);
            let old_size = std::mem::replace(&mut self.size[s], total - size);
            size = old_size;
            below = stem;
            stem = parent;
        }
        self.size[inner as usize] = total;
        let mut s = top;
        while s != inner {
            self.last[s as usize] = tail;
            s = self.parent[s as usize];
        }
        self.last[inner as usize] = tail;
        tail
    }

    /// Hangs the subtree of `inner`, whose preorder ends in `tail`, under `outer`.
    fn graft(&mut self, inner: u32, tail: u32, outer: u32, join: u32) {
        self.parent[inner as usize] = outer;
        let after = self.next[outer as usize];
        self.link(outer, inner);
        self.link(tail, after);
        let mut u = outer;
        while u != NONE && self.last[u as usize] == outer {
            self.last[u as usize] = tail;
            u = self.parent[u as usize];
        }
        let size = self.size[inner as usize];
        let mut u = outer;
        while u != join {
            self.size[u as usize] += size;
            u = self.parent[u as usize];
        }
    }
}

/// Adjacency of a forest in compressed rows.
struct Neighbours {
    starts: Vec<usize>,
    entries: Vec<(u32, usize)>,
}

impl Neighbours {
    fn new<K>(nodes: usize, forest: &[ForestArc<K>]) -> Self {
        let mut starts = vec![0; nodes + 1];
        for arc in forest {
            starts[arc.source as usize + 1] += 1;
            starts[arc.target as usize + 1] += 1;
        }
        for v in 0..nodes {
            starts[v + 1] += starts[v];
        }
        let mut fill = starts.clone();
        let mut entries = vec![(0, 0); 2 * forest.len()];
        for (k, arc) in forest.iter().enumerate() {
            for (u, v) in [(arc.source, arc.target), (arc.target, arc.source)] {
                entries[fill[u as usize]] = (v, k);
                fill[u as usize] += 1;
            }
        }
        Self { starts, entries }
    }

    fn of(&self, u: u32) -> impl Iterator<Item = (u32, usize)> {
        self.entries[self.starts[u as usize]..self.starts[u as usize + 1]].iter().copied()
    }
}
