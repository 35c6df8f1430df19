//! State of one simplex run, and the operations that all strategies share.

use std::ops::ControlFlow;

use super::exact_finish::{Violation, violations};
use super::known_potentials::KnownPotentials;
use super::main_loop::pivot;
use super::normalize_duals;
use super::pricing::PricingRule;
use super::progress::Progress;
use super::spanning_tree::Basis;
use super::threaded_tree::ThreadedTree;
use crate::cost::largest_size;
use crate::plan::PlanArc;
use crate::potentials::Potentials;
use crate::problem::OtProblem;
use crate::progress::Stop;
use crate::solvers::arcs::FlowArc;
use crate::solvers::fixed_point::{CostNumber, FixedInteger, FixedMasses, FixedPoint, Width};

/// Reduced costs above minus this share of the largest cost do not enter the basis in `f64`: the
/// rounding of potentials is smaller, and the exact finish prices without a tolerance.
const ENTERING_TOLERANCE: f64 = 1e-12;

/// Violated arcs of a source that a pass over the table returns at most.
const VIOLATIONS_PER_SOURCE: usize = 8;

/// Largest potential to start from, in multiples of the largest cost.
pub(super) const LARGEST_POTENTIAL_RATIO: f64 = 8.0;

/// Points of a side that are not coarsened, and sources of the smallest parts, by default.
pub(super) const COARSEST_POINTS: usize = 256;

/// A problem whose atoms all have mass, and the state of a run on it.
pub(super) struct SimplexRun<'a> {
    pub(super) problem: &'a OtProblem<'a>,
    pub(super) masses: FixedMasses,
    /// `max |c_ij|` or an upper bound of it, the scale of tolerances.
    pub(super) largest: f64,
    pub(super) format: FixedPoint,
    /// Integers that hold the format.
    pub(super) width: Width,
    /// Number of finer problems that this one helps to solve; 0 for the problem itself.
    pub(super) depth: usize,
    /// Points of a side that are not coarsened, and sources of the smallest parts.
    pub(super) coarsest: usize,
    pub(super) progress: Progress<'a>,
    /// Reduced costs above minus this number do not enter the basis, in integers either.
    pub(super) entering_tolerance: f64,
    /// Potentials of the targets to start from.
    pub(super) start: Option<Vec<f64>>,
    /// Flows to start from, on part of the masses.
    pub(super) start_flows: Vec<FlowArc<f64>>,
    /// The potentials with the largest dual value so far, other than those of the basis.
    pub(super) best: Option<KnownPotentials>,
}

/// End of the pivots in `f64`.
pub(super) enum FloatOptimum<K> {
    /// No arc violates the potentials by more than the tolerance; the arcs that violate them at
    /// all.
    Reached(ThreadedTree<K>, Vec<Violation<K>>),
    /// The observer stopped the pivots.
    Stopped(ThreadedTree<K>, Stop),
}

impl<'a> SimplexRun<'a> {
    pub(super) fn new(
        problem: &'a OtProblem<'a>,
        masses: FixedMasses,
        progress: Progress<'a>,
    ) -> Self {
        let cost = problem.cost();
        let largest = cost.upper_bound().unwrap_or_else(|| largest_size(cost));
        let (format, width) = FixedPoint::for_costs(cost, largest);
        Self {
            problem,
            masses,
            largest,
            format,
            width,
            depth: 0,
            coarsest: COARSEST_POINTS,
            progress,
            entering_tolerance: 0.0,
            start: None,
            start_flows: Vec::new(),
            best: None,
        }
    }

    /// This run with levels down to the given number of points of a side.
    pub(super) fn down_to(self, coarsest: usize) -> Self {
        Self { coarsest, ..self }
    }

    /// This run with a tolerance for entering arcs, from given potentials of its targets and flows.
    pub(super) fn started(
        self,
        entering_tolerance: f64,
        start: Option<Vec<f64>>,
        start_flows: Vec<FlowArc<f64>>,
    ) -> Self {
        // The integers of the exact finish have room for potentials of this size, and optimal ones
        // differ by less.
        let most = LARGEST_POTENTIAL_RATIO * self.largest;
        let start = start.map(|mut g| {
            let first = g[0];
            for g in &mut g {
                *g = (*g - first).clamp(-most, most);
            }
            g
        });
        Self { entering_tolerance, start, start_flows, ..self }
    }

    pub(super) fn pivots(&self) -> u64 {
        self.progress.pivots()
    }

    /// Upper limit of the reduced costs of entering arcs in `f64`.
    pub(super) fn entering_threshold(&self) -> f64 {
        -(ENTERING_TOLERANCE * self.largest).max(self.entering_tolerance)
    }

    /// Runs `solve` on a smaller problem and counts its pivots.
    pub(super) fn on_smaller<T>(
        &mut self,
        problem: &OtProblem,
        masses: FixedMasses,
        solve: impl FnOnce(&mut SimplexRun<'_>) -> T,
    ) -> T {
        let mut run = SimplexRun::new(problem, masses, self.progress.of_smaller());
        (run.depth, run.coarsest) = (self.depth + 1, self.coarsest);
        run.entering_tolerance = self.entering_tolerance;
        // A smaller problem is an approximation, which need not be solved to the last bit.
        (run.format, run.width) = (FixedPoint::for_sizes_up_to(run.largest), Width::Two);
        let answer = solve(&mut run);
        self.progress.event.iterations = run.pivots();
        answer
    }

    /// Records the cost of a basis; pivots update it.
    pub(super) fn begin_at(&mut self, tree: &ThreadedTree<f64>) {
        self.progress.unit = self.masses.to_f64(1);
        let cost: f64 = tree.arcs().map(|arc| arc.cost.of_flow(arc.flow)).sum();
        self.progress.event.cost = Some(cost * self.progress.unit);
    }

    /// Asks the observer, then pivots until the rule finds no arc.
    pub(super) fn pivot<K: CostNumber, B: Basis<K>>(
        &mut self,
        tree: &mut B,
        pricing: &mut impl PricingRule<K, B::Potentials>,
    ) -> ControlFlow<Stop> {
        pivot(tree, pricing, &mut self.progress)
    }

    /// Keeps potentials if their dual value is larger than that of the best so far.
    pub(super) fn keep_if_better(&mut self, potentials: Potentials) {
        let value = |known: &Potentials| known.value(self.problem.source(), self.problem.target());
        let lower = value(&potentials);
        if self.best.as_ref().is_none_or(|best| value(best.stored()) < lower) {
            self.best = Some(KnownPotentials::new(potentials));
            if self.depth == 0 {
                self.progress.event.lower = Some(lower);
            }
        }
    }

    /// The arcs of each row with the least reduced costs, if these are below `near` or negative.
    pub(super) fn violations<K: FixedInteger>(
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

    /// The potentials of a tree, normalized to small numbers and rounded once.
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
