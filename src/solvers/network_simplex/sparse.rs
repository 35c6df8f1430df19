//! Sparse strategy: pivots on a list of candidate arcs, to which passes over the whole table add
//! the arcs that violate the potentials.
//!
//! **Idea.** Rough potentials of smaller problems say which arcs are likely to carry mass. The
//! simplex pivots on these alone. A pass over all arcs adds those with negative reduced costs to
//! the list, until it finds none.
//!
//! **Complexity.** One pass over the n·m arcs for each round, two or three rounds in general;
//! memory for some dozens of arcs a source.
//!
//! **References.** Gottschlich, Schuhmacher 2014, "The shortlist method for fast computation of
//! the earth mover's distance", PLOS One 9.
//!
//! **Failure modes.** Rough potentials that are far off make the list long and the rounds many.

use std::ops::ControlFlow;

use super::euler_tour::pivot_on_tree_or_tour;
use super::exact_finish::Violation;
use super::initial_basis;
use super::known_potentials::KnownPotentials;
use super::pricing::{BlockPricing, list_once};
use super::run::{FloatOptimum, LARGEST_POTENTIAL_RATIO, SimplexRun};
use super::threaded_tree::ThreadedTree;
use crate::potentials::Potentials;
use crate::progress::Stop;
use crate::solvers::arcs::{Arc, ArcList, dummy_arcs};
use crate::solvers::candidate_arcs::auction::Auction;
use crate::solvers::candidate_arcs::candidates::candidates_until;
use crate::solvers::candidate_arcs::rough_duals::{RoughDuals, rough_duals};
use crate::solvers::fixed_point::{FixedInteger, FixedMasses};

/// Candidate arcs to begin with, for a source and for a target.
const CANDIDATES_PER_SOURCE: usize = 10;
const CANDIDATES_PER_TARGET: usize = 4;

/// Candidate arcs for a source and for a target in many dimensions, where a target gets arcs of
/// its own only if it is a candidate of fewer sources than that.
const FILTERED_CANDIDATES: (usize, usize) = (30, 10);

/// In many dimensions arcs join the list after a pass if their reduced costs are below this share
/// of the auction's reach. A pass is expensive, and an arc that is nearly violated now may be
/// violated at the next pass.
const NEAR_SHARE_OF_REACH: f64 = 0.125;

/// Solves a smaller problem: its basis, and whether the observer stopped the pivots.
type SolveSmaller = fn(&mut SimplexRun<'_>) -> (ThreadedTree<i128>, ControlFlow<Stop>);

/// Where the pivots on the list begin.
struct SparseStart {
    tree: ThreadedTree<f64>,
    /// Sorted by source and target.
    arcs: Vec<Arc>,
    stopped: ControlFlow<Stop>,
    /// Arcs of smaller reduced cost join the list after a pass, violated or not.
    near: f64,
}

/// Alternates pivots on the list and passes over all arcs until no arc violates the potentials by
/// more than the tolerance.
pub(super) fn optimize<K: FixedInteger>(
    run: &mut SimplexRun<'_>,
    solve_smaller: SolveSmaller,
) -> FloatOptimum<K> {
    let SparseStart { mut tree, mut arcs, mut stopped, near } = start(run, solve_smaller);
    run.begin_at(&tree);
    loop {
        if stopped.is_continue() {
            let mut pricing = BlockPricing::new(&arcs, run.entering_threshold());
            (tree, stopped) = pivot_on_tree_or_tour(tree, &mut pricing, &mut run.progress);
        }
        let exact = tree.with_costs(|c| run.format.units(c));
        if let ControlFlow::Break(stop) = stopped {
            return FloatOptimum::Stopped(exact, stop);
        }
        run.best = Some(KnownPotentials::of(&tree));
        let found = match run.violations(&exact, near) {
            ControlFlow::Continue(found) => found,
            ControlFlow::Break(stop) => return FloatOptimum::Stopped(exact, stop),
        };
        let negligible: K = run.format.units(run.entering_threshold());
        let is_violated = |found: &Violation<K>| found.reduced < K::default();
        let is_done = found.iter().all(|violation| violation.reduced >= negligible) || {
            let listed =
                found.iter().map(|v| Arc { source: v.source, target: v.target, cost: v.cost });
            // Listed arcs that violate in integers but not in `f64` are left to the exact finish.
            list_once(&mut arcs, listed.collect()) == 0
        };
        if is_done {
            return FloatOptimum::Reached(exact, found.into_iter().filter(is_violated).collect());
        }
    }
}

/// Rough duals, those given or those of smaller problems, and whether the observer stopped one of
/// these.
fn duals_of_smaller(
    run: &mut SimplexRun<'_>,
    solve_smaller: SolveSmaller,
) -> (RoughDuals, ControlFlow<Stop>) {
    let mut stopped = ControlFlow::Continue(());
    if let Some(g) = run.start.take() {
        return (RoughDuals { g: g.into(), cells: Vec::new() }, stopped);
    }
    if run.problem.cost().is_sparse() {
        // All arcs are candidates.
        return (RoughDuals { g: vec![0.0; run.problem.m()].into(), cells: Vec::new() }, stopped);
    }
    let rough = rough_duals(run.problem, &mut |smaller| {
        let (source, target) = smaller.marginals();
        let masses = FixedMasses::new(source, target);
        run.on_smaller(smaller, masses, |run| {
            let (tree, ended) = solve_smaller(run);
            if ended.is_break() {
                stopped = ended;
            }
            (run.plan(&tree).collect(), run.potentials(&tree))
        })
    });
    (rough, stopped)
}

/// A greedy basis of the arcs that look cheapest under rough duals, and the candidates.
fn start(run: &mut SimplexRun<'_>, solve_smaller: SolveSmaller) -> SparseStart {
    let cost = run.problem.cost();
    let n = cost.n();
    let start_flows = std::mem::take(&mut run.start_flows);
    let (mut rough, mut stopped) = duals_of_smaller(run, solve_smaller);
    rough.cells.extend(start_flows.iter().map(|arc| (arc.source, arc.target)));
    let mut g = rough.g.to_vec();
    let cells = rough.cells.into_iter().map(|(source, target)| Arc {
        source,
        target,
        cost: cost.at(source as usize, target as usize),
    });
    let (per_source, per_target) = if cost.is_screened() {
        FILTERED_CANDIDATES
    } else {
        (CANDIDATES_PER_SOURCE, CANDIDATES_PER_TARGET)
    };
    let observer = run.progress.during("choosing candidates");
    let is_over = || observer.is_over();
    let found = candidates_until(cost, &g, per_source, per_target, &is_over);
    let (mut f, mut arcs) =
        found.unwrap_or_else(|| (vec![0.0; n], ArcList::from_arcs(n, Vec::new())));
    if cells.len() > 0 {
        arcs = arcs.union(&ArcList::from_arcs(n, cells.collect()));
    }
    let (mut flows, mut near) = (start_flows, 0.0);
    let mut order: Vec<Arc> = Vec::new();
    if cost.is_screened() && flows.is_empty() && observer.stopped().is_continue() {
        let auction = Auction::new(&arcs, &run.masses, &g).run(&is_over);
        near = NEAR_SHARE_OF_REACH * auction.reach();
        flows = auction.flows().collect();
        order.extend(arcs.iter().filter(|arc| auction.is_open(arc)));
        (f, g) = auction.into_potentials();
        let most = LARGEST_POTENTIAL_RATIO * run.largest;
        for f in &mut f {
            *f = f.clamp(-most, most);
        }
    } else {
        order.extend(arcs.iter());
    }
    let to_node = |arc: &Arc| Arc { target: arc.target + n as u32, ..*arc };
    // Room for one more arc a source, so that a pass that adds arcs need not move the list.
    let mut listed = Vec::with_capacity(arcs.len() + n);
    listed.extend(arcs.iter().map(|arc| to_node(&arc)));
    drop(arcs);
    list_once(&mut listed, dummy_arcs(cost).collect());
    let reduced = |arc: &Arc| arc.cost - f[arc.source as usize] - g[arc.target as usize];
    order.sort_unstable_by(|a, b| reduced(a).total_cmp(&reduced(b)));
    let best_first = order.iter().map(to_node);
    let tree = initial_basis::greedy(cost, &run.masses, flows, best_first, (&f, &g), &is_over);
    if stopped.is_continue() {
        stopped = observer.stopped();
    }
    run.best = Some(KnownPotentials::new(Potentials::from_finite(f.into(), g.into())));
    SparseStart { tree, arcs: listed, stopped, near }
}
