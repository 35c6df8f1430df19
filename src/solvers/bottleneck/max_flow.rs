//! Maximum flow on arcs up to a threshold, by Dinic's algorithm.
//!
//! **Problem.** Sources with supply, targets with demand, arcs without capacity: move as much as the arcs
//! of cost at most t allow.
//!
//! **Idea.** In a phase a breadth-first search numbers the levels of the residual network, from the
//! sources that have supply left to the nearest targets that lack mass; a depth-first search then finds
//! flows along its levels until every such path is blocked. Each phase makes the shortest path longer.
//! The flow of the last threshold is where the next one starts.
//!
//! **Complexity.** O(√(n + m)) phases of O(k) for unit masses and k arcs (Hopcroft, Karp 1973), O(n + m)
//! phases of O((n + m)·k) for any masses.
//!
//! **References.** Dinic 1970, "Algorithm for solution of a problem of maximum flow in networks with
//! power estimation", Soviet Math. Dokl. 11; Hopcroft, Karp 1973, "An n^5/2 algorithm for maximum
//! matchings in bipartite graphs", SIAM J. Comput. 2.

#![expect(
    clippy::cast_possible_truncation,
    reason = "nodes and arcs are numbered in u32: 2³² of them would not fit in memory"
)]

use crate::math::Wide;

/// An arc from a source to a target.
#[derive(Debug, Clone, Copy)]
pub(super) struct FlowArc {
    pub(super) source: u32,
    pub(super) target: u32,
    pub(super) cost: f64,
}

/// An arc of a source.
#[derive(Debug, Clone, Copy)]
struct Out {
    cost: f64,
    target: u32,
    arc: u32,
}

/// A flow from sources to targets, in integer units of mass. Nodes are the sources, then the targets.
pub(super) struct Flow<const N: usize> {
    n: usize,
    arcs: Vec<FlowArc>,
    /// The flow on each arc.
    units: Vec<Wide<N>>,
    /// The arcs of each source.
    out: Vec<Vec<Out>>,
    /// For each target, all arcs that carry something to it, and perhaps some that did before.
    carriers: Vec<Vec<u32>>,
    /// Which arcs are among these.
    is_carrier: Vec<bool>,
    /// Supply or demand that is left at each node.
    left: Vec<Wide<N>>,
    level: Vec<u32>,
    /// The first arc of each node that is not blocked in this phase.
    next: Vec<u32>,
    phases: u64,
}

/// Not reached by the breadth-first search, or blocked.
const UNREACHED: u32 = u32::MAX;

impl<const N: usize> Flow<N> {
    /// No flow, between these supplies and demands.
    pub(super) fn new(mut supply: Vec<Wide<N>>, demand: Vec<Wide<N>>) -> Self {
        let (n, m) = (supply.len(), demand.len());
        supply.extend(demand);
        Self {
            n,
            arcs: Vec::new(),
            units: Vec::new(),
            out: vec![Vec::new(); n],
            carriers: vec![Vec::new(); m],
            is_carrier: Vec::new(),
            left: supply,
            level: vec![UNREACHED; n + m],
            next: vec![0; n + m],
            phases: 0,
        }
    }

    /// Adds an arc, which must not exist yet.
    pub(super) fn add(&mut self, arc: FlowArc) {
        let FlowArc { source, target, cost } = arc;
        self.out[source as usize].push(Out { cost, target, arc: self.arcs.len() as u32 });
        self.arcs.push(arc);
        self.units.push(Wide::ZERO);
        self.is_carrier.push(false);
    }

    /// All arcs.
    pub(super) fn arcs(&self) -> &[FlowArc] {
        &self.arcs
    }

    /// The costs and the targets of the arcs of a source.
    pub(super) fn arcs_of(&self, source: usize) -> impl Iterator<Item = (f64, u32)> {
        self.out[source].iter().map(|out| (out.cost, out.target))
    }

    /// The arcs that carry something, with what they carry.
    pub(super) fn support(&self) -> impl Iterator<Item = (FlowArc, Wide<N>)> {
        let all = self.arcs.iter().zip(&self.units);
        all.filter(|(_, units)| units.is_positive()).map(|(&arc, &units)| (arc, units))
    }

    /// Phases done.
    pub(super) fn phases(&self) -> u64 {
        self.phases
    }

    /// Whether the last search reached a source.
    pub(super) fn reaches_source(&self, i: usize) -> bool {
        self.level[i] != UNREACHED
    }

    /// Whether the last search reached a target.
    pub(super) fn reaches_target(&self, j: usize) -> bool {
        self.level[self.n + j] != UNREACHED
    }

    /// Takes the flow off all arcs that cost more than t.
    pub(super) fn drop_above(&mut self, t: f64) {
        for (arc, units) in self.arcs.iter().zip(&mut self.units) {
            if arc.cost > t && units.is_positive() {
                let (i, j) = (arc.source as usize, self.n + arc.target as usize);
                self.left[i] = self.left[i] + *units;
                self.left[j] = self.left[j] + *units;
                *units = Wide::ZERO;
            }
        }
    }

    /// Moves as much as the arcs up to t allow; whether that is everything. If it is not, the nodes
    /// that the last search reached are a cut: no arc of cost at most t leaves them.
    pub(super) fn maximize(&mut self, t: f64) -> bool {
        while self.number_levels(t) {
            self.block(t);
            self.phases += 1;
        }
        self.left[..self.n].iter().all(|&left| left == Wide::ZERO)
    }

    /// Numbers the levels of the residual network; whether a target that lacks mass is reached.
    fn number_levels(&mut self, t: f64) -> bool {
        self.level.fill(UNREACHED);
        self.next.fill(0);
        let mut queue: Vec<u32> =
            (0..self.n).filter(|&i| self.left[i].is_positive()).map(|i| i as u32).collect();
        for &i in &queue {
            self.level[i as usize] = 0;
        }
        let (mut head, mut last) = (0, UNREACHED);
        while let Some(&v) = queue.get(head) {
            head += 1;
            let v = v as usize;
            let above = self.level[v] + 1;
            if above > last {
                break;
            }
            if let Some(j) = v.checked_sub(self.n) {
                self.forget_empty(j);
                for &arc in &self.carriers[j] {
                    let source = self.arcs[arc as usize].source;
                    let level = &mut self.level[source as usize];
                    if *level == UNREACHED {
                        *level = above;
                        queue.push(source);
                    }
                }
                continue;
            }
            for out in self.out[v].iter().filter(|out| out.cost <= t) {
                let target = self.n + out.target as usize;
                if self.level[target] == UNREACHED {
                    self.level[target] = above;
                    queue.push(target as u32);
                    if self.left[target].is_positive() {
                        last = above;
                    }
                }
            }
        }
        last != UNREACHED
    }

    /// Leaves only arcs that carry something among the carriers of a target.
    fn forget_empty(&mut self, j: usize) {
        self.carriers[j].retain(|&arc| {
            let carries = self.units[arc as usize].is_positive();
            self.is_carrier[arc as usize] = carries;
            carries
        });
    }

    /// Flows along the levels until every path is blocked.
    fn block(&mut self, t: f64) {
        let mut path = Vec::new();
        for root in 0..self.n {
            while self.left[root].is_positive() && self.find_path(root, t, &mut path) {
                self.augment(root, &path);
            }
        }
    }

    /// A path from a source along the levels to a target that lacks mass.
    fn find_path(&mut self, root: usize, t: f64, path: &mut Vec<u32>) -> bool {
        path.clear();
        let mut v = root;
        loop {
            if v >= self.n && self.left[v].is_positive() {
                return true;
            }
            if let Some((arc, next)) = self.step(v, t) {
                path.push(arc);
                v = next;
                continue;
            }
            // A node that was left for good is not entered again.
            self.level[v] = UNREACHED;
            let Some(arc) = path.pop() else { return false };
            v = self.other_end(arc, v);
        }
    }

    /// The next arc from v to the level above, with its other end.
    fn step(&mut self, v: usize, t: f64) -> Option<(u32, usize)> {
        let above = self.level[v].checked_add(1)?;
        let next = &mut self.next[v];
        if let Some(j) = v.checked_sub(self.n) {
            while let Some(&arc) = self.carriers[j].get(*next as usize) {
                let source = self.arcs[arc as usize].source as usize;
                if self.level[source] == above && self.units[arc as usize].is_positive() {
                    return Some((arc, source));
                }
                *next += 1;
            }
            return None;
        }
        while let Some(out) = self.out[v].get(*next as usize) {
            let target = self.n + out.target as usize;
            if out.cost <= t && self.level[target] == above {
                return Some((out.arc, target));
            }
            *next += 1;
        }
        None
    }

    fn other_end(&self, arc: u32, v: usize) -> usize {
        let FlowArc { source, target, .. } = self.arcs[arc as usize];
        if v < self.n { self.n + target as usize } else { source as usize }
    }

    /// Moves as much along the path as it can take.
    fn augment(&mut self, root: usize, path: &[u32]) {
        let mut end = root;
        let mut most = self.left[root];
        for &arc in path {
            if end >= self.n {
                most = most.min(self.units[arc as usize]);
            }
            end = self.other_end(arc, end);
        }
        most = most.min(self.left[end]);
        self.left[root] = self.left[root] - most;
        self.left[end] = self.left[end] - most;
        // Forward arcs at even places, backward ones at odd places.
        for (place, &arc) in path.iter().enumerate() {
            let units = &mut self.units[arc as usize];
            if place % 2 == 1 {
                *units = *units - most;
                continue;
            }
            *units = *units + most;
            if !std::mem::replace(&mut self.is_carrier[arc as usize], true) {
                self.carriers[self.arcs[arc as usize].target as usize].push(arc);
            }
        }
    }
}
