//! Multiscale strategy for points in few dimensions: the problem is solved at lower resolutions
//! first.
//!
//! **Idea.** In a [local order](Cost::local_orders) four consecutive points lie close together.
//! Their centroids, with the masses of the four, form a problem with a quarter of the points. It is
//! solved first, and recursively so on, down to a problem so small that its whole table is priced.
//! The coarse optimum gives
//!
//! - a basis: every coarse flow is split among the points of its centroids by the north-west
//!   corner rule. Two coarse arcs share at most one point, so the flows of a tree form a tree;
//! - potentials: the c-transforms of the coarse ones;
//! - candidate arcs: those of smallest reduced cost under these potentials. Nearest neighbors would
//!   not do, since mass may travel far.
//!
//! The simplex pivots on the candidates. Then [`Search`] prices all arcs, and those with negative
//! reduced costs join the list, until there are none.
//!
//! **Complexity.** Observed: two or three pivots a node on every level, each O(n + m) at worst for the
//! potentials it shifts, and five to ten passes over the points with some dozens of visits each.
//! Memory O(n + m), about thirteen arcs of 16 bytes a source.
//!
//! **References.** Schmitzer 2016, "A sparse multiscale algorithm for dense optimal transport", J.
//! Math. Imaging Vis. 56; Gottschlich, Schuhmacher 2014, "The shortlist method for fast
//! computation of the earth mover's distance", PLOS One 9; Mérigot 2011, "A multiscale approach to
//! optimal transport", Comput. Graph. Forum 30.
//!
//! **Failure modes.** Where mass travels far under the Euclidean distance, many arcs have nearly
//! equal reduced costs: the method then takes three times as many pivots and rounds.

use std::ops::ControlFlow;

use super::dense;
use super::domain_decomposition::pivot_in_parts;
use super::euler_tour::pivot_on_tree_or_tour;
use super::initial_basis;
use super::known_potentials::KnownPotentials;
use super::main_loop::PivotedBasis;
use super::price_of_mass::PriceOfMass;
use super::pricing::{BlockPricing, list_once};
use super::progress::SharedObserver;
use super::run::{LARGEST_POTENTIAL_RATIO, SimplexRun};
use super::runs::Runs;
use super::start_plan;
use super::threaded_tree::ThreadedTree;
use crate::cost::{Cost, Search};
use crate::potentials::Potentials;
use crate::problem::OtProblem;
use crate::progress::{Level, Stop};
use crate::solvers::arcs::{Arc, ArcList, FlowArc, dummy_arcs};
use crate::solvers::fixed_point::FixedMasses;

/// Consecutive points that one centroid stands for.
const POINTS_PER_CENTROID: usize = 4;

/// Candidate arcs of a source, and of a target: without a plan to start from, and beside one.
const CANDIDATES: (usize, usize) = (8, 4);
const CANDIDATES_BESIDE_PLAN: (usize, usize) = (2, 0);

/// Violated arcs of a source that join the list after a pass.
const VIOLATED_PER_SOURCE: usize = 15;

/// A coarse level is solved well enough when there are this many sources for each violated arc.
const SOURCES_PER_VIOLATION: usize = 20;

/// Reduced costs above minus this share of the largest cost do not enter the basis.
const ENTERING_TOLERANCE: f64 = 1e-13;

/// Points that one task searches from; fixed, so that results do not depend on the threads.
const QUERIES_PER_TASK: usize = 256;

/// The problem between centroids.
struct CoarseProblem {
    problem: OtProblem<'static>,
    masses: FixedMasses,
    /// The points that centroids of sources, and of targets, stand for.
    runs: (Runs, Runs),
}

impl CoarseProblem {
    /// Coarsens a problem; `None` if neither side has more than `coarsest` points.
    fn of(problem: &OtProblem, masses: &FixedMasses, coarsest: usize) -> Option<Self> {
        let run = |points: usize| {
            Runs::new(points, if points > coarsest { POINTS_PER_CENTROID } else { 1 })
        };
        let dummies = problem.cost().dummies();
        let runs = (run(problem.n() - dummies.0), run(problem.m() - dummies.1));
        let lengths = (runs.0.length, runs.1.length);
        if lengths == (1, 1) {
            return None;
        }
        let (source, target) = (problem.source().to_vec(), problem.target().to_vec());
        let cost = problem.cost().between_centroids(lengths, (&source, &target))?;
        let masses = FixedMasses {
            supply: runs.0.sums(&masses.supply),
            demand: runs.1.sums(&masses.demand),
            unit: masses.unit,
        };
        let rounded = |mass: &[i128]| mass.iter().map(|&w| masses.to_f64(w)).collect::<Vec<_>>();
        let (source, target) = (rounded(&masses.supply), rounded(&masses.demand));
        let problem = OtProblem::new(&source, &target, cost).ok()?;
        Some(Self { problem, masses, runs })
    }

    /// The flows of a coarse basis, split by the north-west corner rule among the points of the
    /// centroids.
    fn split(
        &self,
        tree: &ThreadedTree<f64>,
        fine: &FixedMasses,
        cost: &dyn Cost,
    ) -> Vec<FlowArc<f64>> {
        let n = fine.supply.len();
        let mut supply = RunMembers::new(&fine.supply, self.runs.0);
        let mut demand = RunMembers::new(&fine.demand, self.runs.1);
        let mut forest = Vec::with_capacity(n + fine.demand.len());
        for arc in tree.arcs() {
            let (a, b) = (arc.source as usize, arc.target as usize - tree.sources());
            let mut left = arc.flow;
            while left > 0 {
                let (i, j) = (supply.current(a), demand.current(b));
                let flow = left.min(supply.left[i]).min(demand.left[j]);
                let (source, target) = (i as u32, (n + j) as u32);
                forest.push(FlowArc { source, target, flow, cost: cost.at(i, j) });
                supply.take(i, flow);
                demand.take(j, flow);
                left -= flow;
            }
        }
        forest
    }

    /// The c-transform of the coarse potentials at the targets of the fine problem.
    fn potentials_of_targets(
        &self,
        fine: &OtProblem,
        tree: &ThreadedTree<f64>,
        observer: &SharedObserver<'_>,
    ) -> ControlFlow<Stop, Vec<f64>> {
        let (source, target) = (fine.source().to_vec(), fine.target().to_vec());
        let runs = (self.runs.0.length, 1);
        let between = fine.cost().between_centroids(runs, (&source, &target));
        let between = between.expect("the coarse problem has centroids");
        let mut search = between.search_sources().expect("points in few dimensions");
        search.fit(&tree.potentials()[..tree.sources()]);
        let least = |g: &mut Vec<f64>, _: usize, found: &[(f64, u32)]| g.push(found[0].0);
        let g = search_all(observer, search.as_ref(), fine.m(), 1, |_| f64::INFINITY, least)?;
        ControlFlow::Continue(g.concat())
    }
}

/// The points of each centroid, used up in their order.
struct RunMembers {
    runs: Runs,
    /// Mass left at each point.
    left: Vec<i128>,
    /// Points of each run that are used up.
    done: Vec<usize>,
}

impl RunMembers {
    fn new(mass: &[i128], runs: Runs) -> Self {
        Self { runs, left: mass.to_vec(), done: vec![0; mass.len()] }
    }

    /// The first point of run k that has mass left.
    fn current(&self, k: usize) -> usize {
        self.runs.first(k) + self.done[k]
    }

    fn take(&mut self, point: usize, flow: i128) {
        self.left[point] -= flow;
        if self.left[point] == 0 {
            self.done[self.runs.of(point)] += 1;
        }
    }
}

/// Searches from `count` points for the at most `keep` smallest reduced costs below `limit`.
/// `take` gathers them task by task, in the order of the points.
fn search_all<T: Default + Send>(
    observer: &SharedObserver<'_>,
    search: &dyn Search,
    count: usize,
    keep: usize,
    limit: impl Fn(usize) -> f64 + Sync,
    take: impl Fn(&mut T, usize, &[(f64, u32)]) + Sync,
) -> ControlFlow<Stop, Vec<T>> {
    let one = |found: &mut Vec<(f64, u32)>, task: usize| {
        let mut taken = T::default();
        for query in task * QUERIES_PER_TASK..((task + 1) * QUERIES_PER_TASK).min(count) {
            search.smallest(query, keep, limit(query), found);
            take(&mut taken, query, found);
        }
        taken
    };
    observer.tasks(count.div_ceil(QUERIES_PER_TASK), Vec::new, one)
}

/// Concatenates lists, frees each as it is copied, and reserves room for more elements.
fn concat_with_room<T>(lists: Vec<Vec<T>>, room: usize) -> Vec<T> {
    let mut all = Vec::with_capacity(lists.iter().map(Vec::len).sum::<usize>() + room);
    for list in lists {
        all.extend(list);
    }
    all
}

/// Optimizes a problem whose points are in local order, up to the tolerance for entering arcs.
pub(super) fn optimize(run: &mut SimplexRun<'_>) -> PivotedBasis {
    let problem = run.problem;
    let Some(coarse) = CoarseProblem::of(problem, &run.masses, run.coarsest) else {
        run.progress.event.level = Some(level_above(run, None));
        return dense::optimize(run);
    };
    let cost = problem.cost();
    let mut targets = cost.search_targets().expect("points in few dimensions");
    // Potentials alone give a poor plan, and more pivots than the coarser problems leave.
    let start = run.start.take().filter(|_| !run.start_flows.is_empty());
    let is_given = start.is_some();
    let (mut tree, candidates) = match start {
        Some(g) => start_from_potentials(run, g, targets.as_mut()),
        None => start_from_coarser(run, coarse, targets.as_mut()),
    };
    let candidates = match candidates {
        ControlFlow::Continue(candidates) => candidates,
        ControlFlow::Break(stop) => return (tree, ControlFlow::Break(stop)),
    };
    let mut arcs = Vec::new();
    list_once(&mut arcs, candidates);
    list_once(&mut arcs, dummy_arcs(cost).collect());

    let tolerance = (ENTERING_TOLERANCE * run.largest).max(run.entering_tolerance);
    // Parts are solved in parallel: none of them knows how many pivots are left.
    if !run.progress.has_limit() && !is_given {
        let stopped;
        (tree, stopped) = pivot_in_parts(run, tree, &arcs, -tolerance);
        if stopped.is_break() {
            return (tree, stopped);
        }
    }
    let Some(mut price) = PriceOfMass::of(run, &tree, -tolerance) else {
        return pivot_and_price(run, tree, &mut arcs, targets.as_mut(), tolerance, pivot_on_listed);
    };
    tree = price.relax(&tree);
    let relaxed = |run: &mut SimplexRun<'_>, tree, arcs: &mut [Arc], threshold| {
        price.pivot(run, tree, arcs, threshold)
    };
    let (tree, stopped) =
        pivot_and_price(run, tree, &mut arcs, targets.as_mut(), tolerance, relaxed);
    if stopped.is_break() {
        return (price.end(&tree, cost), stopped);
    }
    let (tree, stopped) = price.settle(run, tree, &mut arcs, -tolerance);
    if stopped.is_break() {
        return (tree, stopped);
    }
    pivot_and_price(run, tree, &mut arcs, targets.as_mut(), tolerance, pivot_on_listed)
}

/// Pivots on the listed arcs by `pivot`, and lists those that violate the potentials, until there are
/// none, or few on a coarse level.
fn pivot_and_price(
    run: &mut SimplexRun<'_>,
    mut tree: ThreadedTree<f64>,
    arcs: &mut Vec<Arc>,
    targets: &mut dyn Search,
    tolerance: f64,
    mut pivot: impl FnMut(&mut SimplexRun<'_>, ThreadedTree<f64>, &mut [Arc], f64) -> PivotedBasis,
) -> PivotedBasis {
    let few = if run.depth == 0 { 0 } else { run.problem.n() / SOURCES_PER_VIOLATION };
    loop {
        let stopped;
        (tree, stopped) = pivot(run, tree, arcs, -tolerance);
        if stopped.is_break() {
            return (tree, stopped);
        }
        let violated = match price_all(run, targets, &tree, tolerance) {
            ControlFlow::Continue(violated) => violated,
            ControlFlow::Break(stop) => return (tree, ControlFlow::Break(stop)),
        };
        // If all of them are on the list, they are negative by rounding only: the exact finish
        // decides about them.
        if violated.len() <= few || list_once(arcs, violated) == 0 {
            return (tree, stopped);
        }
    }
}

/// Pivots on the listed arcs.
fn pivot_on_listed(
    run: &mut SimplexRun<'_>,
    tree: ThreadedTree<f64>,
    arcs: &mut [Arc],
    threshold: f64,
) -> PivotedBasis {
    pivot_on_tree_or_tour(tree, &mut BlockPricing::new(arcs, threshold), &mut run.progress)
}

/// Solves the coarse problem; the fine basis and the candidate arcs that follow from it.
fn start_from_coarser(
    run: &mut SimplexRun<'_>,
    coarse: CoarseProblem,
    targets: &mut dyn Search,
) -> (ThreadedTree<f64>, ControlFlow<Stop, Vec<Arc>>) {
    let ((tree, stopped), known, level) =
        run.on_smaller(&coarse.problem, coarse.masses.clone(), |run| {
            let (tree, stopped) = optimize(run);
            let known = run.best.take().unwrap_or_else(|| KnownPotentials::of(&tree));
            ((tree, stopped), known, run.progress.event.level)
        });
    run.progress.event.level = Some(level_above(run, level));
    let (n, m) = (run.problem.n(), run.problem.m());
    let forest = coarse.split(&tree, &run.masses, run.problem.cost());
    let mut candidates = match stopped {
        ControlFlow::Continue(()) => coarse_candidates(run, &coarse, &tree, targets),
        ControlFlow::Break(stop) => ControlFlow::Break(stop),
    };
    let best = run.best.get_or_insert_with(|| known.on_finer_level(coarse.runs));
    let tree = ThreadedTree::from_forest(n, n + m, &forest, &best.of_sources(n));
    run.begin_at(&tree);
    if let ControlFlow::Continue(arcs) = &mut candidates {
        let of_flow =
            |arc: &FlowArc<f64>| Arc { source: arc.source, target: arc.target, cost: arc.cost };
        arcs.extend(forest.iter().map(of_flow));
    }
    (tree, candidates)
}

/// A basis of the given flows and the arcs that look cheapest under given potentials of the targets, and
/// the candidate arcs.
fn start_from_potentials(
    run: &mut SimplexRun<'_>,
    g: Vec<f64>,
    targets: &mut dyn Search,
) -> (ThreadedTree<f64>, ControlFlow<Stop, Vec<Arc>>) {
    run.progress.event.level = Some(level_above(run, None));
    let (cost, n, m) = (run.problem.cost(), run.problem.n(), run.problem.m());
    let flows = std::mem::take(&mut run.start_flows);
    let mut candidates = candidates(run, g, targets, CANDIDATES_BESIDE_PLAN);
    let (mut f, mut g) = match &run.best {
        Some(best) => (best.of_sources(n), best.stored().g().to_vec()),
        None => (vec![0.0; n], vec![0.0; m]),
    };
    let mut order = Vec::new();
    if let ControlFlow::Continue(arcs) = &mut candidates {
        arcs.extend(flows.iter().map(|flow| arc(cost, flow.source as usize, flow.target as usize)));
        let from_zero = |arc: &Arc| Arc { target: arc.target - n as u32, ..*arc };
        let list = ArcList::from_arcs(n, arcs.iter().map(from_zero).collect());
        start_plan::tighten((&mut f, &mut g), &list, &flows, ENTERING_TOLERANCE * run.largest);
        let most = LARGEST_POTENTIAL_RATIO * run.largest;
        for f in &mut f {
            *f = f.clamp(-most, most);
        }
        let reduced = |arc: &Arc| arc.cost - f[arc.source as usize] - g[arc.target as usize - n];
        order.clone_from(arcs);
        order.sort_unstable_by(|a, b| reduced(a).total_cmp(&reduced(b)));
    }
    let observer = run.progress.during("starting");
    let is_over = || observer.is_over();
    let order = order.into_iter();
    let tree = initial_basis::greedy(cost, &run.masses, flows, order, (&f, &g), &is_over);
    run.begin_at(&tree);
    (tree, candidates)
}

/// The level above the given one, or the coarsest.
fn level_above(run: &SimplexRun<'_>, coarser: Option<Level>) -> Level {
    let (number, of) = coarser.map_or((1, run.depth + 1), |level| (level.number + 1, level.of));
    let (sources, targets) = (run.problem.n(), run.problem.m());
    Level { number, of, sources, targets, round: 0 }
}

/// The candidates under the c-transforms of the coarse potentials.
fn coarse_candidates(
    run: &mut SimplexRun<'_>,
    coarse: &CoarseProblem,
    tree: &ThreadedTree<f64>,
    targets: &mut dyn Search,
) -> ControlFlow<Stop, Vec<Arc>> {
    let observer = run.progress.during("choosing candidates");
    let g = coarse.potentials_of_targets(run.problem, tree, &observer)?;
    candidates(run, g, targets, CANDIDATES)
}

/// The arcs of smallest reduced cost from every source and from every target, under potentials g and
/// f = g^c.
fn candidates(
    run: &mut SimplexRun<'_>,
    g: Vec<f64>,
    targets: &mut dyn Search,
    (per_source, per_target): (usize, usize),
) -> ControlFlow<Stop, Vec<Arc>> {
    let (cost, n, m) = (run.problem.cost(), run.problem.n(), run.problem.m());
    let observer = run.progress.during("choosing candidates");
    targets.fit(&g);
    let of_sources = |(f, arcs): &mut (Vec<f64>, Vec<Arc>), i: usize, found: &[(f64, u32)]| {
        f.push(found[0].0);
        arcs.extend(found.iter().map(|&(_, j)| arc(cost, i, j as usize)));
    };
    let no_limit = |_| f64::INFINITY;
    let of_sources = search_all(&observer, targets, n, per_source, no_limit, of_sources)?;
    let (f, arcs): (Vec<_>, Vec<_>) = of_sources.into_iter().unzip();
    let room = per_target * m + n + m;
    let (f, mut arcs) = (concat_with_room(f, 0), concat_with_room(arcs, room));
    if per_target == 0 {
        run.keep_if_better(Potentials::from_finite(f.into(), g.into()));
        return ControlFlow::Continue(arcs);
    }
    let mut sources = cost.search_sources().expect("points in few dimensions");
    sources.fit(&f);
    run.keep_if_better(Potentials::from_finite(f.into(), g.into()));
    let observer = run.progress.during("choosing candidates");
    let of_targets = |arcs: &mut Vec<Arc>, j: usize, found: &[(f64, u32)]| {
        arcs.extend(found.iter().map(|&(_, i)| arc(cost, i as usize, j)));
    };
    let sources = sources.as_ref();
    let more = search_all(&observer, sources, m, per_target, no_limit, of_targets)?;
    arcs.extend(more.into_iter().flatten());
    ControlFlow::Continue(arcs)
}

/// Prices all arcs: those with the most negative reduced costs under the potentials of the tree.
fn price_all(
    run: &mut SimplexRun<'_>,
    targets: &mut dyn Search,
    tree: &ThreadedTree<f64>,
    tolerance: f64,
) -> ControlFlow<Stop, Vec<Arc>> {
    let cost = run.problem.cost();
    let (f, minus_g) = tree.potentials().split_at(cost.n());
    let g: Vec<f64> = minus_g.iter().map(|g| -g).collect();
    targets.fit(&g);
    let take = |(least, arcs): &mut (Vec<f64>, Vec<Arc>), i: usize, found: &[(f64, u32)]| {
        least.push(found.first().map_or(f[i], |found| found.0));
        arcs.extend(found.iter().map(|&(_, j)| arc(cost, i, j as usize)));
    };
    let limit = |i: usize| f[i] - tolerance;
    let observer = run.progress.during("pricing");
    let priced = search_all(&observer, targets, cost.n(), VIOLATED_PER_SOURCE, limit, take)?;
    let (least, arcs): (Vec<_>, Vec<_>) = priced.into_iter().unzip();
    if let Some(level) = &mut run.progress.event.level {
        level.round += 1;
    }
    run.keep_if_better(Potentials::from_finite(concat_with_room(least, 0).into(), g.into()));
    ControlFlow::Continue(concat_with_room(arcs, 0))
}

/// The arc from source i to target j, which is a node of the tree.
fn arc(cost: &dyn Cost, i: usize, j: usize) -> Arc {
    Arc { source: i as u32, target: (cost.n() + j) as u32, cost: cost.at(i, j) }
}
