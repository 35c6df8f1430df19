//! Domain decomposition: a basis is improved part by part before it is improved as a whole.
//!
//! **Idea.** In a [local order](crate::cost::Cost::local_orders) consecutive sources lie in a box. The
//! flows from them form a plan with the targets that they reach: a small problem with the marginals of
//! that plan. It fits into the cache, so pivots are ten to twenty times as fast as on a tree of all
//! nodes. The smallest parts have as many sources as the coarsest level; then four parts are merged
//! into one, as long as there are more than two of them. Flows between parts are left to the pivots on
//! the whole. Parts of one size have no flow in common, so they are solved in parallel.
//!
//! **Merging.** The trees of parts share targets; cycles that they close are canceled
//! (`basis_from_plan.rs`).
//!
//! **Complexity.** One pass over the list of arcs for each size, O(log n) of them, and the pivots.
//!
//! **Failure modes.** Where mass travels far, few flows stay within a part, and little is gained.
//!
//! **References.** Gottschlich, Schuhmacher 2014, "The shortlist method for fast computation of the
//! earth mover's distance", PLOS One 9, and Schmitzer 2016, "A sparse multiscale algorithm for dense
//! optimal transport", J. Math. Imaging Vis. 56, solve on parts of the arcs; Benamou 1994, "A domain
//! decomposition method for the polar factorization of vector-valued mappings", SIAM J. Numer.
//! Anal. 32, and Bonafini, Schmitzer 2021, "Domain decomposition for entropy regularized optimal
//! transport", Numer. Math. 149, on parts of the plan, as here.

use std::ops::ControlFlow;

use rayon::prelude::*;

use super::basis_from_plan;
use super::euler_tour::pivot_on_tree_or_tour;
use super::main_loop::PivotedBasis;
use super::pricing::BlockPricing;
use super::progress::{Progress, SharedObserver};
use super::run::SimplexRun;
use super::spanning_tree::Basis;
use super::threaded_tree::ThreadedTree;
use crate::solvers::arcs::{Arc, FlowArc};

/// Parts that are merged into the next larger one.
const PARTS_PER_MERGE: usize = 4;

/// The flows from consecutive sources, and the arcs without flow that connect their components.
type PartFlows = Vec<FlowArc<f64>>;

/// Pivots on the listed arcs within each part, for parts of increasing size. `arcs` is sorted by
/// source.
pub(super) fn pivot_in_parts(
    run: &mut SimplexRun<'_>,
    mut tree: ThreadedTree<f64>,
    arcs: &[Arc],
    threshold: f64,
) -> PivotedBasis {
    let smallest = run.coarsest;
    tree.recompute_potentials();
    let mut f = tree.potentials()[..tree.sources()].to_vec();
    // A dummy source is near everything.
    let n = f.len() - run.problem.cost().dummies().0;
    let mut parts: Vec<PartFlows> = vec![PartFlows::new(); n.div_ceil(smallest)];
    let mut of_dummy = PartFlows::new();
    for arc in tree.arcs() {
        let source = arc.source as usize;
        if source < n { parts[source / smallest].push(arc) } else { of_dummy.push(arc) }
    }
    drop(tree);
    let (mut size, mut quarters) = (smallest, 1);
    let mut stopped = ControlFlow::Continue(());
    while 2 * size < n && stopped.is_continue() {
        let observer = run.progress.during("pivoting in parts");
        let solve = |((k, parts), f): ((usize, Vec<PartFlows>), &mut [f64])| {
            let sources = k * size..k * size + f.len();
            let [start, end] = [sources.start, sources.end]
                .map(|i| arcs.partition_point(|arc| (arc.source as usize) < i));
            let joined = MergedParts::new(parts, sources.start, f);
            joined.solve(&arcs[start..end], threshold, f, &observer)
        };
        let larger = parts.into_par_iter().chunks(quarters).enumerate();
        let larger = larger.zip(f[..n].par_chunks_mut(size));
        let (solved, pivots): (_, Vec<u64>) = larger.map(solve).unzip();
        parts = solved;
        stopped = observer.stopped();
        run.progress.event.iterations += pivots.iter().sum::<u64>();
        if stopped.is_continue() {
            stopped = run.progress.observe();
        }
        (size, quarters) = (PARTS_PER_MERGE * size, PARTS_PER_MERGE);
    }
    parts.push(of_dummy);
    let joined = MergedParts::new(parts, 0, &f);
    run.begin_at(&joined.tree);
    (joined.tree, stopped)
}

/// Several parts as one problem.
struct MergedParts {
    tree: ThreadedTree<f64>,
    /// The first source, and the targets of the problem in ascending order.
    first: u32,
    targets: Vec<u32>,
}

impl MergedParts {
    fn new(parts: Vec<PartFlows>, first: usize, f: &[f64]) -> Self {
        let first = first as u32;
        let n = f.len();
        let all = || parts.iter().flatten();
        let mut targets: Vec<u32> =
            all().filter(|arc| arc.flow > 0).map(|arc| arc.target).collect();
        targets.sort_unstable();
        targets.dedup();
        let nodes = n + targets.len();
        let here = |arc: &FlowArc<f64>| {
            let target = targets.binary_search(&arc.target).ok()?;
            Some(FlowArc { source: arc.source - first, target: (n + target) as u32, ..*arc })
        };
        let mut plan = Vec::with_capacity(2 * nodes);
        plan.extend(all().filter_map(here));
        drop(parts);
        let tree = basis_from_plan::basis(n, nodes, plan, f);
        Self { tree, first, targets }
    }

    /// Pivots on the arcs that lead to targets of the problem; its flows, and the number of pivots.
    /// Stores the potentials of the sources in f.
    fn solve(
        self,
        arcs: &[Arc],
        threshold: f64,
        f: &mut [f64],
        mut observer: &SharedObserver<'_>,
    ) -> (PartFlows, u64) {
        let n = self.tree.sources();
        let here = |&Arc { source, target, cost }: &Arc| {
            let target = self.targets.binary_search(&target).ok()?;
            Some(Arc { source: source - self.first, target: (n + target) as u32, cost })
        };
        let count = arcs.iter().filter_map(here).count();
        let mut inside = Vec::with_capacity(count);
        inside.extend(arcs.iter().filter_map(here));
        let mut blocks = BlockPricing::new(&inside, threshold);
        let mut progress = Progress::new(&mut observer);
        // The tree is a basis even if the observer stopped the pivots.
        let (mut tree, _) = pivot_on_tree_or_tour(self.tree, &mut blocks, &mut progress);
        tree.recompute_potentials();
        f.copy_from_slice(&tree.potentials()[..n]);
        let arcs = tree.arcs().map(|arc| FlowArc {
            source: self.first + arc.source,
            target: self.targets[arc.target as usize - n],
            ..arc
        });
        let mut part = PartFlows::with_capacity(tree.nodes());
        part.extend(arcs);
        (part, progress.pivots())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use petgraph::unionfind::UnionFind;

    use crate::cost::SqEuclidean;
    use crate::measure::DiscreteMeasure;
    use crate::problem::OtProblem;
    use crate::seed::Seed;
    use crate::solvers::fixed_point::FixedMasses;
    use ndarray::{Array1, Array2};

    /// On all arcs of a random problem, from the north-west corner: flows keep the marginals, are a
    /// forest, cost less than before, and the tree stays strongly feasible.
    fn check(n: usize, m: usize, weighted: bool, seed: u64) {
        let mut stream = Seed(seed).stream("parts");
        let mut side = |count: usize| {
            let points = Array2::from_shape_simple_fn((count, 2), || stream.uniform());
            let mass = || if weighted { 0.1 + stream.uniform() } else { 1.0 };
            let mass = Array1::from_shape_simple_fn(count, mass);
            let total = mass.sum();
            DiscreteMeasure::new(points, mass / total).unwrap()
        };
        let (x, y) = (side(n), side(m));
        let problem = OtProblem::new(&x, &y, SqEuclidean).unwrap();
        let (source, target) = problem.marginals();
        let masses = FixedMasses::new(source, target);
        let (mut supply, mut demand) = (masses.supply.clone(), masses.demand.clone());
        let (mut i, mut j, mut corner) = (0, 0, Vec::new());
        while i < n && j < m {
            let flow = supply[i].min(demand[j]);
            let (source, target) = (i as u32, (n + j) as u32);
            corner.push(FlowArc { source, target, flow, cost: problem.cost().at(i, j) });
            (supply[i], demand[j]) = (supply[i] - flow, demand[j] - flow);
            (i, j) = (i + usize::from(supply[i] == 0), j + usize::from(demand[j] == 0));
        }
        let price = |tree: &ThreadedTree<f64>| -> f64 {
            tree.arcs().map(|arc| arc.cost * masses.to_f64(arc.flow)).sum()
        };
        let arcs: Vec<Arc> = (0..n)
            .flat_map(|i| (0..m).map(move |j| (i, j)))
            .map(|(i, j)| Arc {
                source: i as u32,
                target: (n + j) as u32,
                cost: problem.cost().at(i, j),
            })
            .collect();
        let tree = ThreadedTree::from_forest(n, n + m, &corner, &vec![0.0; n]);
        let before = price(&tree);
        let mut observer = ();
        let mut run =
            SimplexRun::new(&problem, masses.clone(), Progress::new(&mut observer)).down_to(4);
        let (tree, stopped) = pivot_in_parts(&mut run, tree, &arcs, -1e-13);
        assert!(stopped.is_continue());
        assert!(run.progress.pivots() > n as u64 / 2, "{} pivots", run.progress.pivots());
        assert!(price(&tree) < 0.8 * before, "{} of {before}", price(&tree));

        let (mut supply, mut demand) = (masses.supply.clone(), masses.demand.clone());
        let mut components = UnionFind::new(n + m);
        for arc in tree.arcs() {
            supply[arc.source as usize] -= arc.flow;
            demand[arc.target as usize - n] -= arc.flow;
            assert!(arc.flow >= 0);
            assert!(components.union(arc.source, arc.target), "a cycle");
        }
        assert!(supply.iter().chain(&demand).all(|&left| left == 0));
        let idle: Vec<_> = tree.degenerate_arcs().collect();
        assert!(idle.iter().all(|&(child, _)| (child as usize) < n), "not strongly feasible");
        if !weighted && n == m {
            assert!(!idle.is_empty(), "what held components together was lost");
        }
    }

    #[test]
    fn parts_make_a_basis_better_and_leave_it_a_basis() {
        for seed in 0..8 {
            check(100, 100, false, seed);
            check(100, 100, true, seed);
            check(61, 130, true, seed);
            check(130, 61, false, seed);
        }
    }
}
