//! A plan whose arcs form a forest, built arc by arc: a cycle that an arc closes is cancelled.
//!
//! **Idea.** Flow sent round a cycle changes no marginal, and its cost changes linearly; in the
//! direction in which that does not rise, it is sent until an arc runs empty, which is taken out. So
//! any plan becomes one on a forest that costs no more, as a basis needs it.
//!
//! **Complexity.** The lengths of the paths to the roots for every arc; small trees are hung on large
//! ones.
//!
//! **References.** Ahuja, Magnanti, Orlin 1993, "Network flows", §11.2 (cycle free solutions).

use super::stems::NONE;
use super::tree::ForestArc;

/// A forest of sources and targets; each node but the roots owns the arc to its parent.
pub(super) struct Forest {
    sources: usize,
    parent: Vec<u32>,
    flow: Vec<i128>,
    cost: Vec<f64>,
    /// Nodes of a tree, known at its root.
    size: Vec<u32>,
    /// The last walk that came by.
    mark: Vec<u32>,
    walk: u32,
}

impl Forest {
    pub(super) fn new(sources: usize, nodes: usize) -> Self {
        Self {
            sources,
            parent: vec![NONE; nodes],
            flow: vec![0; nodes],
            cost: vec![0.0; nodes],
            size: vec![1; nodes],
            mark: vec![0; nodes],
            walk: 0,
        }
    }

    /// Adds an arc with flow. If it closes a cycle, flow goes round until there is none.
    pub(super) fn add(&mut self, arc: ForestArc<f64>) {
        let (source, target) = (arc.source, arc.target);
        let (roots, join) = self.meet(source, target);
        if join == NONE {
            let (of_source, of_target) = (roots.0 as usize, roots.1 as usize);
            let all = self.size[of_source] + self.size[of_target];
            let (inner, outer) = if self.size[of_source] <= self.size[of_target] {
                self.size[of_target] = all;
                (source, target)
            } else {
                self.size[of_source] = all;
                (target, source)
            };
            self.hang(inner, outer, arc.flow, arc.cost);
            return;
        }
        // What a unit more along the arc, and back along the tree, costs.
        let rise = arc.cost + self.cost_up(source, join) - self.cost_up(target, join);
        let sign = if rise <= 0.0 { 1 } else { -1 };
        // The arc that runs empty first, and what can be sent until then.
        let (mut empty, mut least) = (NONE, if sign > 0 { i128::MAX } else { arc.flow });
        for (end, on_source_side) in [(source, true), (target, false)] {
            let mut u = end;
            while u != join {
                if self.change(u, on_source_side) * sign < 0 && self.flow[u as usize] < least {
                    (empty, least) = (u, self.flow[u as usize]);
                }
                u = self.parent[u as usize];
            }
        }
        for (end, on_source_side) in [(source, true), (target, false)] {
            let mut u = end;
            while u != join {
                self.flow[u as usize] += self.change(u, on_source_side) * sign * least;
                u = self.parent[u as usize];
            }
        }
        if empty != NONE {
            // The part below the empty arc hangs on the new one instead.
            let below_source = self.is_below(source, empty);
            let (inner, outer) = if below_source { (source, target) } else { (target, source) };
            self.parent[empty as usize] = NONE;
            self.hang(inner, outer, arc.flow + sign * least, arc.cost);
        }
    }

    /// How the flow of a node's arc changes when a unit goes along an arc from the source's side to the
    /// target's, and back by the tree: on the side of the source it comes down, on that of the target
    /// it goes up.
    fn change(&self, u: u32, on_source_side: bool) -> i128 {
        let leads_up = (u as usize) < self.sources;
        if leads_up == on_source_side { -1 } else { 1 }
    }

    /// What that costs from a node up to the join, as if it were on the side of the source.
    fn cost_up(&self, from: u32, join: u32) -> f64 {
        let (mut cost, mut u) = (0.0, from);
        while u != join {
            let leads_up = (u as usize) < self.sources;
            cost += if leads_up { -self.cost[u as usize] } else { self.cost[u as usize] };
            u = self.parent[u as usize];
        }
        cost
    }

    /// The roots above two nodes, and where the paths up from them meet, if they do.
    fn meet(&mut self, a: u32, b: u32) -> ((u32, u32), u32) {
        self.walk += 1;
        let mut u = a;
        loop {
            self.mark[u as usize] = self.walk;
            if self.parent[u as usize] == NONE {
                break;
            }
            u = self.parent[u as usize];
        }
        let root = u;
        u = b;
        loop {
            if self.mark[u as usize] == self.walk {
                return ((root, root), u);
            }
            if self.parent[u as usize] == NONE {
                return ((root, u), NONE);
            }
            u = self.parent[u as usize];
        }
    }

    fn is_below(&self, node: u32, top: u32) -> bool {
        let mut u = node;
        while u != NONE {
            if u == top {
                return true;
            }
            u = self.parent[u as usize];
        }
        false
    }

    /// Makes `inner` the root of its tree and hangs that on `outer`.
    fn hang(&mut self, inner: u32, outer: u32, flow: i128, cost: f64) {
        let (mut below, mut above) = (outer, inner);
        let (mut flow, mut cost) = (flow, cost);
        while above != NONE {
            let u = above as usize;
            let parent = std::mem::replace(&mut self.parent[u], below);
            std::mem::swap(&mut self.flow[u], &mut flow);
            std::mem::swap(&mut self.cost[u], &mut cost);
            (below, above) = (above, parent);
        }
    }

    /// The arcs with flow.
    pub(super) fn arcs(&self) -> Vec<ForestArc<f64>> {
        let nodes = 0..self.parent.len() as u32;
        let arc = |u: u32| {
            let (p, v) = (self.parent[u as usize], u as usize);
            let (source, target) = if v < self.sources { (u, p) } else { (p, u) };
            ForestArc { source, target, flow: self.flow[v], cost: self.cost[v] }
        };
        let arcs = nodes.filter(|&u| self.parent[u as usize] != NONE).map(arc);
        arcs.filter(|arc| arc.flow > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use rand::Rng as _;

    /// Flows that come to the same at all nodes.
    fn balances(sources: usize, nodes: usize, arcs: &[ForestArc<f64>]) -> Vec<i128> {
        let mut balance = vec![0; nodes];
        for arc in arcs {
            assert!((arc.source as usize) < sources && arc.target as usize >= sources);
            balance[arc.source as usize] += arc.flow;
            balance[arc.target as usize] += arc.flow;
        }
        balance
    }

    #[test]
    fn cycles_are_cancelled_and_the_plan_gets_no_dearer() {
        let mut stream = Seed(4).stream("forest");
        for round in 0..200 {
            let (n, m) = (stream.random_range(1..12), stream.random_range(1..12));
            let arc = |_| ForestArc {
                source: stream.random_range(0..n),
                target: n + stream.random_range(0..m),
                flow: i128::from(stream.random_range(1..5_u32)),
                cost: f64::from(stream.random_range(0..20_u32)),
            };
            let plan: Vec<_> = (0..round).map(arc).collect();
            let (sources, nodes) = (n as usize, (n + m) as usize);
            let mut forest = Forest::new(sources, nodes);
            for &arc in &plan {
                forest.add(arc);
            }
            let arcs = forest.arcs();
            assert_eq!(balances(sources, nodes, &plan), balances(sources, nodes, &arcs));
            assert!(arcs.iter().all(|arc| arc.flow > 0));
            let cost = |arcs: &[ForestArc<f64>]| -> f64 {
                arcs.iter().map(|arc| arc.cost * arc.flow as f64).sum()
            };
            assert!(cost(&arcs) <= cost(&plan));
            // A forest: every arc joins two trees.
            let mut tree: Vec<usize> = (0..nodes).collect();
            for arc in &arcs {
                let (a, b) = (tree[arc.source as usize], tree[arc.target as usize]);
                assert_ne!(a, b, "a cycle");
                tree.iter_mut().filter(|tree| **tree == a).for_each(|tree| *tree = b);
            }
        }
    }
}
