//! The start for points in few dimensions: the same problem at lower resolutions.
//!
//! **Idea.** In a [local order](Cost::local_orders) runs of four points lie close together. The
//! centroids of the runs, with their masses, are a problem a quarter as large, which is solved
//! first, and so on down to one so small that its table is priced as a whole. From the coarse
//! optimum come
//!
//! - a basis: every coarse flow is split among the members of its runs by the north-west corner.
//!   Two coarse arcs share at most one member of a run, so that what comes of a tree is a tree;
//! - potentials: the c-transform of the coarse ones;
//! - candidate arcs: those of smallest reduced cost under these, not nearest adjacency: mass may
//!   travel far.
//!
//! The simplex pivots on the candidates, all arcs are priced by [`Search`], the violated ones join
//! the list, until there are none.
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
//! **Failure modes.** Where mass travels far under the Euclidean distance, potentials are rays of
//! nearly equal arcs: three times as many pivots and rounds.

use std::ops::ControlFlow;

use super::PivotedBasis;
use super::euler_tour::pivot_on_tree_or_tour;
use super::pricing::{Arc, BlockPricing, list_once};
use super::progress::SharedObserver;
use super::run::SimplexRun;
use super::threaded_tree::{FlowArc, ThreadedTree};
use crate::cost::{Cost, Search};
use crate::potentials::Potentials;
use crate::problem::OtProblem;
use crate::progress::{Level, Stop};
use crate::solvers::fixed_point::FixedMasses;

/// Points of a run.
const RUN: usize = 4;

/// Points of a side that are not made fewer, and sources of the smallest [parts](super::parts), unless somebody asks for other levels.
pub(super) const COARSEST: usize = 256;

/// Candidate arcs of a source, and of a target.
const PER_SOURCE: usize = 8;
const PER_TARGET: usize = 4;

/// Violated arcs of a source that join the list after a pass.
const VIOLATED_PER_SOURCE: usize = 15;

/// A level but the finest is done when so many sources for each violated arc are left.
const SOURCES_PER_VIOLATION: usize = 20;

/// Reduced costs above −1e-13 of the largest cost do not start a pivot here.
const TOLERANCE: f64 = 1e-13;

/// Points that one task searches from; fixed, so that results do not depend on the threads.
const TASK: usize = 256;

/// The problem between centroids of runs.
struct CoarseProblem {
    problem: OtProblem,
    masses: FixedMasses,
    runs: (usize, usize),
}

impl CoarseProblem {
    /// `None` if both sides are as small as they get.
    fn of(problem: &OtProblem, masses: &FixedMasses, coarsest: usize) -> Option<Self> {
        let run = |count: usize| if count > coarsest { RUN } else { 1 };
        let runs = (run(problem.n()), run(problem.m()));
        if runs == (1, 1) {
            return None;
        }
        let (source, target) = (problem.source().to_vec(), problem.target().to_vec());
        let cost = problem.cost().between_centroids(runs, (&source, &target))?;
        let sums = |mass: &[i128], run: usize| mass.chunks(run).map(|w| w.iter().sum()).collect();
        let masses = FixedMasses {
            supply: sums(&masses.supply, runs.0),
            demand: sums(&masses.demand, runs.1),
            unit: masses.unit,
        };
        let rounded = |mass: &[i128]| mass.iter().map(|&w| masses.to_f64(w)).collect::<Vec<_>>();
        let (source, target) = (rounded(&masses.supply), rounded(&masses.demand));
        let (source, target) = (source.as_slice().into(), target.as_slice().into());
        let problem = OtProblem::from_cost(source, target, cost).ok()?;
        Some(Self { problem, masses, runs })
    }

    /// The flows of a coarse basis, split by the north-west corner among the members of runs.
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
}

/// The members of runs, used up one after another.
struct RunMembers {
    run: usize,
    left: Vec<i128>,
    /// How many of each run are used up.
    done: Vec<usize>,
}

impl RunMembers {
    fn new(mass: &[i128], run: usize) -> Self {
        Self { run, left: mass.to_vec(), done: vec![0; mass.len().div_ceil(run)] }
    }

    /// The member of run k whose turn it is.
    fn current(&self, k: usize) -> usize {
        k * self.run + self.done[k]
    }

    fn take(&mut self, member: usize, flow: i128) {
        self.left[member] -= flow;
        if self.left[member] == 0 {
            self.done[member / self.run] += 1;
        }
    }
}

/// The at most `keep` smallest reduced costs below `limit` from each of `count` points, gathered by
/// `take` task by task, in the order of the points.
fn pass<T: Default + Send>(
    observer: &SharedObserver<'_>,
    search: &dyn Search,
    count: usize,
    keep: usize,
    limit: impl Fn(usize) -> f64 + Sync,
    take: impl Fn(&mut T, usize, &[(f64, u32)]) + Sync,
) -> ControlFlow<Stop, Vec<T>> {
    let one = |found: &mut Vec<(f64, u32)>, task: usize| {
        let mut taken = T::default();
        for query in task * TASK..((task + 1) * TASK).min(count) {
            search.smallest(query, keep, limit(query), found);
            take(&mut taken, query, found);
        }
        taken
    };
    observer.tasks(count.div_ceil(TASK), Vec::new, one)
}

/// One list of many, which are let go, with room for so many more.
fn join<T>(lists: Vec<Vec<T>>, room: usize) -> Vec<T> {
    let mut all = Vec::with_capacity(lists.iter().map(Vec::len).sum::<usize>() + room);
    for list in lists {
        all.extend(list);
    }
    all
}

/// Potentials that are known, of the centroids of runs of so many points.
pub(super) struct KnownPotentials {
    potentials: Potentials,
    runs: (usize, usize),
}

impl KnownPotentials {
    /// Potentials of all points.
    pub(super) fn new(potentials: Potentials) -> Self {
        Self { potentials, runs: (1, 1) }
    }

    pub(super) fn of(tree: &ThreadedTree<f64>) -> Self {
        let (f, minus_g) = tree.potentials().split_at(tree.sources());
        let g = minus_g.iter().map(|g| -g).collect();
        Self::new(Potentials::from_finite(f.to_vec().into(), g))
    }

    /// The same as potentials of a finer level.
    fn of_runs(self, runs: (usize, usize)) -> Self {
        Self { runs: (self.runs.0 * runs.0, self.runs.1 * runs.1), ..self }
    }

    /// Potentials of n and m points: those of the runs that they are in. A c-transform would be better, but
    /// it would take a pass over all points when the time is up; the certificate does that.
    pub(super) fn of_points(self, n: usize, m: usize) -> Potentials {
        if self.runs == (1, 1) {
            return self.potentials;
        }
        let Self { potentials, runs } = self;
        let f = (0..n).map(|i| potentials.f()[i / runs.0]).collect();
        let g = (0..m).map(|j| potentials.g()[j / runs.1]).collect();
        Potentials::from_finite(f, g)
    }
}

impl SimplexRun<'_> {
    /// An optimal basis of the problem, whose points are in local order, but for reduced costs
    /// within a tolerance.
    pub(super) fn on_levels(&mut self) -> PivotedBasis {
        let problem = self.problem;
        let Some(coarse) = CoarseProblem::of(problem, &self.masses, self.coarsest) else {
            self.progress.event.level = Some(self.level(None));
            return self.on_all_arcs();
        };
        let (n, cost) = (problem.n(), problem.cost());
        let mut targets = cost.search_targets().expect("points in few dimensions");
        let (mut tree, candidates) = self.start_from_coarser(coarse, targets.as_mut());
        let candidates = match candidates {
            ControlFlow::Continue(candidates) => candidates,
            ControlFlow::Break(stop) => return (tree, ControlFlow::Break(stop)),
        };
        let mut arcs = Vec::new();
        list_once(&mut arcs, candidates);

        let tolerance = TOLERANCE * self.largest;
        let few = if self.depth == 0 { 0 } else { n / SOURCES_PER_VIOLATION };
        let mut stopped;
        (tree, stopped) = self.by_parts(tree, &arcs, -tolerance);
        while stopped.is_continue() {
            let mut blocks = BlockPricing::new(&arcs, -tolerance);
            (tree, stopped) = pivot_on_tree_or_tour(tree, &mut blocks, &mut self.progress);
            if stopped.is_break() {
                break;
            }
            let violated = match self.violated(targets.as_mut(), &tree, tolerance) {
                ControlFlow::Continue(violated) => violated,
                ControlFlow::Break(stop) => return (tree, ControlFlow::Break(stop)),
            };
            // If all were on the list, they violate by their rounding: for the exact finish.
            if violated.len() <= few || list_once(&mut arcs, violated) == 0 {
                break;
            }
        }
        (tree, stopped)
    }

    /// The basis that comes of the coarse optimum, and the candidates.
    fn start_from_coarser(
        &mut self,
        coarse: CoarseProblem,
        targets: &mut dyn Search,
    ) -> (ThreadedTree<f64>, ControlFlow<Stop, Vec<Arc<f64>>>) {
        let ((tree, stopped), known, level) =
            self.on_smaller(&coarse.problem, coarse.masses.clone(), |run| {
                let (tree, stopped) = run.on_levels();
                let known = run.best.take().unwrap_or_else(|| KnownPotentials::of(&tree));
                ((tree, stopped), known, run.progress.event.level)
            });
        self.progress.event.level = Some(self.level(level));
        let (n, m) = (self.problem.n(), self.problem.m());
        let forest = coarse.split(&tree, &self.masses, self.problem.cost());
        let mut candidates = match stopped {
            ControlFlow::Continue(()) => self.candidates(&coarse, &tree, targets),
            ControlFlow::Break(stop) => ControlFlow::Break(stop),
        };
        let best = self.best.get_or_insert_with(|| known.of_runs(coarse.runs));
        let f: Vec<f64> = (0..n).map(|i| best.potentials.f()[i / best.runs.0]).collect();
        let tree = ThreadedTree::from_forest(n, n + m, &forest, &f);
        self.begin_at(&tree);
        if let ControlFlow::Continue(arcs) = &mut candidates {
            arcs.extend(forest.iter().map(|arc| (arc.source, arc.target, arc.cost)));
        }
        (tree, candidates)
    }

    /// The level above the given one, or the coarsest.
    fn level(&self, coarser: Option<Level>) -> Level {
        let (number, of) =
            coarser.map_or((1, self.depth + 1), |level| (level.number + 1, level.of));
        let (sources, targets) = (self.problem.n(), self.problem.m());
        Level { number, of, sources, targets, round: 0 }
    }

    /// Keeps potentials that prove more than the best so far.
    fn learn(&mut self, potentials: Potentials) {
        let value = |known: &Potentials| known.value(self.problem.source(), self.problem.target());
        let lower = value(&potentials);
        if self.best.as_ref().is_none_or(|best| value(&best.potentials) < lower) {
            self.best = Some(KnownPotentials::new(potentials));
            if self.depth == 0 {
                self.progress.event.lower = Some(lower);
            }
        }
    }

    /// The arcs of smallest reduced cost from every source and from every target, under the
    /// c-transforms g of the coarse potentials and f = g^c.
    fn candidates(
        &mut self,
        coarse: &CoarseProblem,
        tree: &ThreadedTree<f64>,
        targets: &mut dyn Search,
    ) -> ControlFlow<Stop, Vec<Arc<f64>>> {
        let (cost, n, m) = (self.problem.cost(), self.problem.n(), self.problem.m());
        let observer = self.progress.during("choosing candidates");
        let g = coarse.potentials_of_targets(self.problem, tree, &observer)?;
        targets.fit(&g);
        let of_sources =
            |(f, arcs): &mut (Vec<f64>, Vec<Arc<f64>>), i: usize, found: &[(f64, u32)]| {
                f.push(found[0].0);
                arcs.extend(found.iter().map(|&(_, j)| arc(cost, i, j as usize)));
            };
        let of_sources = pass(&observer, targets, n, PER_SOURCE, |_| f64::INFINITY, of_sources)?;
        let (f, arcs): (Vec<_>, Vec<_>) = of_sources.into_iter().unzip();
        let (f, mut arcs) = (join(f, 0), join(arcs, PER_TARGET * m + n + m));
        let mut sources = cost.search_sources().expect("points in few dimensions");
        sources.fit(&f);
        self.learn(Potentials::from_finite(f.into(), g.into()));
        let observer = self.progress.during("choosing candidates");
        let of_targets = |arcs: &mut Vec<Arc<f64>>, j: usize, found: &[(f64, u32)]| {
            arcs.extend(found.iter().map(|&(_, i)| arc(cost, i as usize, j)));
        };
        let sources = sources.as_ref();
        let more = pass(&observer, sources, m, PER_TARGET, |_| f64::INFINITY, of_targets)?;
        arcs.extend(more.into_iter().flatten());
        ControlFlow::Continue(arcs)
    }

    /// Prices all arcs: the worst of those that violate the potentials of the tree.
    fn violated(
        &mut self,
        targets: &mut dyn Search,
        tree: &ThreadedTree<f64>,
        tolerance: f64,
    ) -> ControlFlow<Stop, Vec<Arc<f64>>> {
        let cost = self.problem.cost();
        let (f, minus_g) = tree.potentials().split_at(cost.n());
        let g: Vec<f64> = minus_g.iter().map(|g| -g).collect();
        targets.fit(&g);
        let take =
            |(least, arcs): &mut (Vec<f64>, Vec<Arc<f64>>), i: usize, found: &[(f64, u32)]| {
                least.push(found.first().map_or(f[i], |found| found.0));
                arcs.extend(found.iter().map(|&(_, j)| arc(cost, i, j as usize)));
            };
        let limit = |i: usize| f[i] - tolerance;
        let observer = self.progress.during("pricing");
        let priced = pass(&observer, targets, cost.n(), VIOLATED_PER_SOURCE, limit, take)?;
        let (least, arcs): (Vec<_>, Vec<_>) = priced.into_iter().unzip();
        if let Some(level) = &mut self.progress.event.level {
            level.round += 1;
        }
        self.learn(Potentials::from_finite(join(least, 0).into(), g.into()));
        ControlFlow::Continue(join(arcs, 0))
    }
}

impl CoarseProblem {
    /// The c-transform of the coarse potentials at the targets of the fine problem.
    fn potentials_of_targets(
        &self,
        fine: &OtProblem,
        tree: &ThreadedTree<f64>,
        observer: &SharedObserver<'_>,
    ) -> ControlFlow<Stop, Vec<f64>> {
        let (source, target) = (fine.source().to_vec(), fine.target().to_vec());
        let between = fine.cost().between_centroids((self.runs.0, 1), (&source, &target));
        let between = between.expect("the coarse problem has centroids");
        let mut search = between.search_sources().expect("points in few dimensions");
        search.fit(&tree.potentials()[..tree.sources()]);
        let least = |g: &mut Vec<f64>, _: usize, found: &[(f64, u32)]| g.push(found[0].0);
        let g = pass(observer, search.as_ref(), fine.m(), 1, |_| f64::INFINITY, least)?;
        ControlFlow::Continue(g.concat())
    }
}

fn arc(cost: &dyn Cost, i: usize, j: usize) -> Arc<f64> {
    (i as u32, (cost.n() + j) as u32, cost.at(i, j))
}
