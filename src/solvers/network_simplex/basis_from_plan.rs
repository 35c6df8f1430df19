//! The basis of any plan: a spanning forest of its arcs, which the arcs that close cycles then enter.
//!
//! **Idea.** An arc between two trees joins them; an arc within a tree closes a cycle, and is set
//! aside with its flow. The forest is a strongly feasible tree for the remaining marginals. Then each
//! arc that was set aside enters by a pivot: flow is sent around its cycle until another arc is empty,
//! in addition to the flow that it has.
//!
//! An arc without flow attaches the component of its source below its target, the direction that a
//! strongly feasible tree requires. It is kept unless that component is attached already, or a cycle
//! would close.
//!
//! **Complexity.** O(n + m) times the inverse Ackermann function, and a pivot for every arc that
//! closes a cycle.
//!
//! **References.** Tarjan 1975, "Efficiency of a good but not linear set union algorithm", J. ACM 22;
//! Ahuja, Magnanti, Orlin 1993, "Network flows", §11.2 (cycle free solutions).

use petgraph::unionfind::UnionFind;

use super::spanning_tree::Entering;
use super::threaded_tree::ThreadedTree;
use crate::solvers::arcs::FlowArc;

/// The basis of a plan, with potentials f at the sources that are children of the root.
pub(super) fn basis(
    sources: usize,
    nodes: usize,
    plan: Vec<FlowArc<f64>>,
    f: &[f64],
) -> ThreadedTree<f64> {
    let (forest, closing) = split(nodes, plan);
    let mut tree = ThreadedTree::from_forest(sources, nodes, &forest, f);
    drop(forest);
    for FlowArc { source, target, flow, cost } in closing {
        let [from, to] = [source, target].map(|u| tree.potentials()[u as usize]);
        let entering = Entering { source, target, cost, reduced: cost - from + to };
        tree.enter_with_flow(&entering, flow);
    }
    tree
}

/// Splits a plan into a forest and the arcs with flow that would close cycles.
fn split(nodes: usize, plan: Vec<FlowArc<f64>>) -> (Vec<FlowArc<f64>>, Vec<FlowArc<f64>>) {
    let (flows, idle): (Vec<_>, Vec<_>) = plan.into_iter().partition(|arc| arc.flow > 0);
    let mut trees = UnionFind::<u32>::new(nodes);
    let joins = |arc: &FlowArc<f64>| trees.union(arc.source, arc.target);
    let (mut forest, closing): (Vec<_>, Vec<_>) = flows.into_iter().partition(joins);
    let components = trees.clone();
    let mut hangs = vec![false; nodes];
    for arc in idle {
        let component = components.find(arc.source) as usize;
        if !hangs[component] && trees.union(arc.source, arc.target) {
            hangs[component] = true;
            forest.push(arc);
        }
    }
    (forest, closing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use rand::Rng as _;

    /// The sum of flows at each node.
    fn balances(sources: usize, nodes: usize, arcs: &[FlowArc<f64>]) -> Vec<i128> {
        let mut balance = vec![0; nodes];
        for arc in arcs {
            assert!((arc.source as usize) < sources && arc.target as usize >= sources);
            balance[arc.source as usize] += arc.flow;
            balance[arc.target as usize] += arc.flow;
        }
        balance
    }

    #[test]
    fn cycles_are_canceled_and_the_marginals_stay() {
        let mut stream = Seed(4).stream("forest");
        let mut closed = 0;
        for round in 1..200 {
            let (n, m) = (stream.random_range(1..12), stream.random_range(1..12));
            // Every node has mass: an arc from each source, and to each target.
            let ends = (0..n.max(m)).map(|k| (k % n, k % m));
            let more: Vec<_> = (0..round)
                .map(|_| (stream.random_range(0..n), stream.random_range(0..m)))
                .collect();
            let arc = |(source, target)| FlowArc {
                source,
                target: n + target,
                flow: i128::from(stream.random_range(1..5_u32)),
                cost: f64::from(stream.random_range(0..20_u32)),
            };
            let plan: Vec<_> = ends.chain(more).map(arc).collect();
            let (sources, nodes) = (n as usize, (n + m) as usize);
            closed += split(nodes, plan.clone()).1.len();
            let tree = basis(sources, nodes, plan.clone(), &vec![0.0; sources]);
            let arcs: Vec<_> = tree.arcs().collect();
            assert_eq!(balances(sources, nodes, &plan), balances(sources, nodes, &arcs));
            assert!(arcs.iter().all(|arc| arc.flow >= 0));
            assert!(tree.degenerate_arcs().all(|(child, _)| child < n), "not strongly feasible");
            let mut trees = UnionFind::new(nodes);
            assert!(arcs.iter().all(|arc| trees.union(arc.source, arc.target)), "a cycle");
        }
        assert!(closed > 1000, "{closed} arcs closed cycles");
    }
}
