//! One run of the simplex: from a start, over `f64` pivots, to the exact optimum.

use std::ops::ControlFlow;

use super::euler_tour::pivot_on_tree_or_tour;
use super::exact_finish::{Violation, violations};
use super::multiscale::{COARSEST, KnownPotentials};
use super::pricing::{BlockPricing, PricingRule, RowPricing, list_once};
use super::progress::Progress;
use super::spanning_tree::{Basis, CostNumber};
use super::threaded_tree::ThreadedTree;
use super::{PivotedBasis, initial_basis, normalize_duals, pivot};
use crate::cost::largest_size;
use crate::plan::PlanArc;
use crate::potentials::Potentials;
use crate::problem::OtProblem;
use crate::progress::Stop;
use crate::solvers::Termination;
use crate::solvers::arcs::{Arc, ArcList};
use crate::solvers::candidate_arcs::auction::Auction;
use crate::solvers::candidate_arcs::candidates::candidates_until;
use crate::solvers::candidate_arcs::rough_duals::{self, rough_duals};
use crate::solvers::fixed_point::{FixedInteger, FixedMasses, FixedPoint, Width};

/// Reduced costs above −1e-12 of the largest cost do not start a pivot in `f64`: the noise of
/// potentials is smaller than that, and the exact finish sees what is left.
const TOLERANCE: f64 = 1e-12;

/// Tables of at least this many entries are worked on by shortlist.
const SHORTLIST_FROM: usize = 1 << 18;

/// Candidate arcs of a source, and of a target, to begin with.
const PER_SOURCE: usize = 10;
const PER_TARGET: usize = 4;

/// The same for points in many dimensions, where a target needs arcs of its own only if it is a
/// candidate of fewer sources than that.
const SCREENED: (usize, usize) = (30, 10);

/// Arcs join a list of points in many dimensions if their reduced costs are below this part of the
/// distance from the best candidate of a source to the last: a pass is dear, and what is nearly
/// violated now may be so by the next one.
const NEAR: f64 = 0.125;

/// Violated arcs of a source that a pass over the table adds at most.
const VIOLATIONS_PER_SOURCE: usize = 8;

/// A problem whose atoms all have mass, and what a run on it needs to know.
pub(super) struct SimplexRun<'a> {
    pub(super) problem: &'a OtProblem,
    pub(super) masses: FixedMasses,
    /// `max |c_ij|` or a bound of it, the scale of tolerances.
    pub(super) largest: f64,
    format: FixedPoint,
    /// Integers that hold the format.
    pub(super) width: Width,
    /// How many problems that resemble this one are to be solved by its means; 0 if this is the
    /// problem itself.
    pub(super) depth: usize,
    /// Points of a side that are not made fewer on coarser levels, and sources of the smallest parts.
    pub(super) coarsest: usize,
    pub(super) progress: Progress<'a>,
    /// The potentials that prove most of those found so far, if any but the basis' own were.
    pub(super) best: Option<KnownPotentials>,
}

/// Where the `f64` pivots ended.
enum FloatOutcome<K> {
    /// No arc violates the potentials by more than the tolerance; those that do at all.
    Optimal(ThreadedTree<K>, Vec<Violation<K>>),
    /// The observer said so.
    Stopped(ThreadedTree<K>, Stop),
}

/// Where the pivots on a shortlist begin.
struct SparseStart {
    tree: ThreadedTree<f64>,
    /// By source and target, targets as nodes of the tree.
    arcs: Vec<(u32, u32, f64)>,
    stopped: ControlFlow<Stop>,
    /// Arcs of smaller reduced cost join the list after a pass, violated or not.
    near: f64,
}

impl<'a> SimplexRun<'a> {
    pub(super) fn new(problem: &'a OtProblem, masses: FixedMasses, progress: Progress<'a>) -> Self {
        let cost = problem.cost();
        let largest = cost.upper_bound().unwrap_or_else(|| largest_size(cost));
        let (format, width) = FixedPoint::for_costs(cost, largest);
        let (depth, coarsest, best) = (0, COARSEST, None);
        Self { problem, masses, largest, format, width, depth, coarsest, progress, best }
    }

    /// With levels down to so many points of a side.
    pub(super) fn down_to(self, coarsest: usize) -> Self {
        Self { coarsest, ..self }
    }

    pub(super) fn pivots(&self) -> u64 {
        self.progress.pivots()
    }

    /// The optimal basis: pivots in `f64`, then in integers until a pass over all arcs finds no
    /// negative reduced cost.
    pub(super) fn optimum<K: FixedInteger>(&mut self) -> (ThreadedTree<K>, Termination) {
        let (mut tree, mut violations) = match self.rough() {
            FloatOutcome::Optimal(tree, violations) => (tree, violations),
            FloatOutcome::Stopped(tree, stop) => return (tree, stop.into()),
        };
        let mut arcs = Vec::new();
        self.progress.unit = self.masses.to_f64(1) * self.format.unit();
        while !violations.is_empty() {
            arcs.extend(violations.iter().map(|v| (v.source, v.target, self.format.units(v.cost))));
            let mut blocks = BlockPricing::new(&arcs, K::default());
            if let ControlFlow::Break(stop) = self.pivot(&mut tree, &mut blocks) {
                return (tree, stop.into());
            }
            violations = match self.violations(&tree, 0.0) {
                ControlFlow::Continue(violations) => violations,
                ControlFlow::Break(stop) => return (tree, stop.into()),
            };
        }
        (tree, Termination::Optimal)
    }

    fn rough<K: FixedInteger>(&mut self) -> FloatOutcome<K> {
        let cells = self.problem.n() * self.problem.m();
        let (tree, stopped) = if self.problem.cost().is_searchable() {
            self.on_levels()
        } else if cells < SHORTLIST_FROM && !self.problem.cost().is_screened() {
            self.on_all_arcs()
        } else {
            return self.on_shortlist();
        };
        let exact = tree.with_costs(|c| self.format.units(c));
        let violations = match stopped {
            ControlFlow::Continue(()) => self.violations(&exact, 0.0),
            ControlFlow::Break(stop) => ControlFlow::Break(stop),
        };
        match violations {
            ControlFlow::Continue(violations) => FloatOutcome::Optimal(exact, violations),
            ControlFlow::Break(stop) => FloatOutcome::Stopped(exact, stop),
        }
    }

    /// What `solve` makes of another problem that resembles this one, with its pivots counted.
    pub(super) fn on_smaller<T>(
        &mut self,
        problem: &OtProblem,
        masses: FixedMasses,
        solve: impl FnOnce(&mut SimplexRun<'_>) -> T,
    ) -> T {
        let mut run = SimplexRun::new(problem, masses, self.progress.of_smaller());
        (run.depth, run.coarsest) = (self.depth + 1, self.coarsest);
        // What resembles the problem need not be solved to the last bit.
        (run.format, run.width) = (FixedPoint::for_sizes_up_to(run.largest), Width::Two);
        let answer = solve(&mut run);
        self.progress.event.iterations = run.pivots();
        answer
    }

    /// Prices the rows of the table in turn.
    pub(super) fn on_all_arcs(&mut self) -> PivotedBasis {
        let cost = self.problem.cost();
        let g = initial_basis::column_minima(cost);
        let f = vec![0.0; cost.n()];
        let observer = self.progress.during("starting");
        let (none, is_over) = (std::iter::empty(), || observer.is_over());
        let mut tree =
            initial_basis::greedy(cost, &self.masses, Vec::new(), none, (&f, &g), &is_over);
        let stopped = observer.stopped();
        self.begin_at(&tree);
        if stopped.is_break() {
            return (tree, stopped);
        }
        let mut rows = RowPricing::new(cost, -TOLERANCE * self.largest);
        let stopped = self.pivot(&mut tree, &mut rows);
        (tree, stopped)
    }

    /// Prices candidate arcs, to which passes over the whole table add what violates the
    /// potentials that came of it.
    fn on_shortlist<K: FixedInteger>(&mut self) -> FloatOutcome<K> {
        let SparseStart { mut tree, mut arcs, mut stopped, near } = self.start_from_rough_duals();
        self.begin_at(&tree);
        loop {
            if stopped.is_continue() {
                let mut blocks = BlockPricing::new(&arcs, -TOLERANCE * self.largest);
                (tree, stopped) = pivot_on_tree_or_tour(tree, &mut blocks, &mut self.progress);
            }
            let exact = tree.with_costs(|c| self.format.units(c));
            if let ControlFlow::Break(stop) = stopped {
                return FloatOutcome::Stopped(exact, stop);
            }
            self.best = Some(KnownPotentials::of(&tree));
            let found = match self.violations(&exact, near) {
                ControlFlow::Continue(found) => found,
                ControlFlow::Break(stop) => return FloatOutcome::Stopped(exact, stop),
            };
            let negligible: K = self.format.units(-TOLERANCE * self.largest);
            let is_violated = |found: &Violation<K>| found.reduced < K::default();
            if found.iter().all(|violation| violation.reduced >= negligible) {
                return FloatOutcome::Optimal(
                    exact,
                    found.into_iter().filter(is_violated).collect(),
                );
            }
            let listed = found.iter().map(|v| (v.source, v.target, v.cost)).collect();
            if list_once(&mut arcs, listed) == 0 {
                // Known arcs that violate in integers but not in `f64`: for the exact finish.
                return FloatOutcome::Optimal(
                    exact,
                    found.into_iter().filter(is_violated).collect(),
                );
            }
        }
    }

    /// Takes note of the cost of a basis, from which that of those after it follows.
    pub(super) fn begin_at(&mut self, tree: &ThreadedTree<f64>) {
        self.progress.unit = self.masses.to_f64(1);
        let cost: f64 = tree.arcs().map(|arc| arc.cost.of_flow(arc.flow)).sum();
        self.progress.event.cost = Some(cost * self.progress.unit);
    }

    /// Pivots until the rule finds no arc, after asking the observer.
    pub(super) fn pivot<K: CostNumber, B: Basis<K>>(
        &mut self,
        tree: &mut B,
        pricing: &mut impl PricingRule<K, B::Potentials>,
    ) -> ControlFlow<Stop> {
        pivot(tree, pricing, &mut self.progress)
    }

    /// Rough duals by way of smaller problems, and whether the observer stopped one of these.
    fn rough_duals(&mut self) -> (rough_duals::RoughDuals, ControlFlow<Stop>) {
        let mut stopped = ControlFlow::Continue(());
        let rough = rough_duals(self.problem, &mut |smaller| {
            let (source, target) = smaller.marginals();
            let masses = FixedMasses::new(source, target);
            self.on_smaller(smaller, masses, |run| {
                let tree = match run.rough::<i128>() {
                    FloatOutcome::Optimal(tree, _) => tree,
                    FloatOutcome::Stopped(tree, stop) => {
                        stopped = ControlFlow::Break(stop);
                        tree
                    }
                };
                (run.plan(&tree).collect(), run.potentials(&tree))
            })
        });
        (rough, stopped)
    }

    /// A greedy basis of the arcs that look cheapest under rough duals, and the candidates.
    fn start_from_rough_duals(&mut self) -> SparseStart {
        let cost = self.problem.cost();
        let n = cost.n();
        let (rough, mut stopped) = self.rough_duals();
        let mut g = rough.g.to_vec();
        let cells = rough.cells.into_iter().map(|(source, target)| Arc {
            source,
            target,
            cost: cost.at(source as usize, target as usize),
        });
        let (per_source, per_target) =
            if cost.is_screened() { SCREENED } else { (PER_SOURCE, PER_TARGET) };
        let observer = self.progress.during("choosing candidates");
        let is_over = || observer.is_over();
        let found = candidates_until(cost, &g, per_source, per_target, &is_over);
        let (mut f, mut arcs) =
            found.unwrap_or_else(|| (vec![0.0; n], ArcList::from_arcs(n, Vec::new())));
        if cells.len() > 0 {
            arcs = arcs.union(&ArcList::from_arcs(n, cells.collect()));
        }
        let (mut flows, mut near) = (Vec::new(), 0.0);
        let mut order: Vec<Arc> = Vec::new();
        if cost.is_screened() && observer.stopped().is_continue() {
            let auction = Auction::new(&arcs, &self.masses, &g).run(&is_over);
            near = NEAR * auction.reach();
            flows = auction.flows().collect();
            order.extend(arcs.iter().filter(|arc| auction.is_open(arc)));
            (f, g) = auction.into_potentials();
            // The integers of the exact finish have room for potentials of this size.
            let most = 8.0 * self.largest;
            for f in &mut f {
                *f = f.clamp(-most, most);
            }
        } else {
            order.extend(arcs.iter());
        }
        // With room for an arc a source that passes may add, lest the list be moved.
        let mut listed = Vec::with_capacity(arcs.len() + n);
        listed.extend(arcs.iter().map(|arc| (arc.source, arc.target + n as u32, arc.cost)));
        drop(arcs);
        let reduced = |arc: &Arc| arc.cost - f[arc.source as usize] - g[arc.target as usize];
        order.sort_unstable_by(|a, b| reduced(a).total_cmp(&reduced(b)));
        let best_first = order.iter().map(|arc| (arc.source, arc.target + n as u32, arc.cost));
        let tree = initial_basis::greedy(cost, &self.masses, flows, best_first, (&f, &g), &is_over);
        if stopped.is_continue() {
            stopped = observer.stopped();
        }
        self.best = Some(KnownPotentials::new(Potentials::from_finite(f.into(), g.into())));
        SparseStart { tree, arcs: listed, stopped, near }
    }

    /// The worst arcs of each row whose reduced costs are below `near`, or violated.
    fn violations<K: FixedInteger>(
        &mut self,
        tree: &ThreadedTree<K>,
        near: f64,
    ) -> ControlFlow<Stop, Vec<Violation<K>>> {
        let observer = self.progress.during("pricing exactly");
        let (cost, largest) = (self.problem.cost(), self.largest);
        let per_row = VIOLATIONS_PER_SOURCE * cost.m().div_ceil(cost.n());
        violations(cost, largest, tree, self.format, per_row, near, &observer)
    }

    /// The flows of a tree.
    pub(super) fn plan<K: FixedInteger>(
        &self,
        tree: &ThreadedTree<K>,
    ) -> impl Iterator<Item = PlanArc> {
        let n = tree.sources();
        tree.arcs().map(move |arc| PlanArc {
            source: arc.source as usize,
            target: arc.target as usize - n,
            mass: self.masses.to_f64(arc.flow),
        })
    }

    /// The potentials of a tree, rounded once, after they were made small.
    pub(super) fn potentials<K: FixedInteger>(&self, tree: &ThreadedTree<K>) -> Potentials {
        let n = tree.sources();
        let units = self.masses.supply.iter().chain(&self.masses.demand);
        let mass: Vec<f64> = units.map(|&w| self.masses.to_f64(w)).collect();
        let total: f64 = mass[..n].iter().sum();
        let cost: f64 = tree
            .arcs()
            .map(|arc| self.format.to_f64(arc.cost) * self.masses.to_f64(arc.flow))
            .sum();
        let shift =
            normalize_duals::shifts(tree, self.problem.cost(), self.format, &mass, cost / total);
        let mut y = tree.potentials().iter().zip(&shift).map(|(y, t)| self.format.to_f64(*y + *t));
        let f = y.by_ref().take(n).collect();
        let g = y.map(|y| 0.0 - y).collect();
        Potentials::from_finite(f, g)
    }
}
