//! The assignment problem: uniform masses, n = m.
//!
//! ```text
//! minimize Σ_i c(i, σ(i)) over permutations σ;   dual: maximize Σ_i f_i + Σ_j g_j,
//!                                                 f_i + g_j ≤ c(i, j), equality on j = σ(i)
//! ```
//!
//! **Idea.** Prices only increase (g only decreases), so a short list of a row's cheapest columns,
//! with a bound for all others, stays exact until the bound is reached; then the whole row is read
//! and its list renewed (`candidate_lists`). An ε-scaled auction on the lists finds nearly optimal
//! prices (`auction`), and shortest augmenting paths match the rows whose arc is not tight
//! (`shortest_paths`). One dense pass prices all arcs. Rows with violated arcs are matched again, and
//! a pass without violations proves optimality.
//!
//! **Complexity.** O(n²) for the lists and the proof, O(n³) at worst for the paths; in practice
//! the renewals of lists dominate, a few to a few tens for each row. O(n) memory beside the cost table.
//! The table is read many times; costs computed from points are stored first if they fit.
//!
//! **References.** Jonker, Volgenant 1987, "A shortest augmenting path algorithm for dense and
//! sparse linear assignment problems", Computing 38; Volgenant 1996, "Linear and semi-assignment
//! problems: a core oriented approach", Computers & OR 23 (short lists and pricing); Bertsekas
//! 1988, "The auction algorithm", Annals of OR 14 (ε-scaling, and trusting the k best while
//! prices rise).
//!
//! **Failure modes.** Not applicable to other masses. Potentials are `f64`: each augmentation
//! rounds them, which the pricing pass tolerates up to a few ulps a row. Thousands of columns
//! at equal distance (duplicates, coarse lattices) make lists long, up to n columns for the rows
//! that need it.

#![expect(clippy::cast_possible_truncation, reason = "indices fit u32: the lists store them so")]

mod auction;
mod candidate_lists;
mod jonker_volgenant;
mod matching;
mod shortest_paths;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

use self::candidate_lists::CandidateLists;
use self::jonker_volgenant::DenseSearch;
use self::matching::{FREE, Matching};
use self::shortest_paths::ShortestPaths;
use super::candidate_arcs::pricing::price;
use super::{Solution, SolveError, Solver, Termination, capped};
use crate::cost::Cost;
use crate::measure::Marginal;
use crate::plan::{PlanArc, TransportPlan};
use crate::potentials::{Potentials, lower_envelope};
use crate::problem::OtProblem;
use crate::progress::{Event, Observer, Stop};

/// Shortest augmenting paths for uniform masses, n = m; see the [module](self).
#[derive(Debug, Clone, Copy, Default)]
pub struct Assignment;

/// Points of a side up to which the dense algorithm is faster than lists.
const LARGEST_DENSE_POINTS: usize = 320;

/// Pricing rounds before the tolerance of pricing increases, so that roundings cannot cause an endless
/// loop. One round is usual.
const STRICT_ROUNDS: i32 = 8;

impl Assignment {
    /// Whether the masses on either side are equal, and n = m.
    #[must_use]
    pub fn applies_to(problem: &OtProblem) -> bool {
        let uniform = |side: &Marginal| side.weights().iter().all(|w| *w == side.weights()[0]);
        let (source, target) = problem.marginals();
        let is_complete = !problem.cost().forbids();
        is_complete && problem.n() == problem.m() && uniform(source) && uniform(target)
    }
}

impl Solver for Assignment {
    fn name(&self) -> &'static str {
        "assignment"
    }

    fn solve(
        &self,
        problem: &OtProblem,
        observer: &mut dyn Observer,
    ) -> Result<Solution, SolveError> {
        if !Self::applies_to(problem) {
            let needs = if problem.cost().forbids() {
                "a finite cost for every arc"
            } else {
                "equal masses and as many source as target points"
            };
            return Err(SolveError::NotApplicable { method: self.name(), needs });
        }
        capped::solve(problem, |problem| Ok(Self::on_table(problem, observer)))
    }
}

impl Assignment {
    fn on_table(problem: &OtProblem, observer: &mut dyn Observer) -> Solution {
        let n = problem.n();
        let stored = problem.stored();
        let cost = stored.as_ref().unwrap_or(problem).cost();
        let mut matching = Matching::empty(column_minima(cost));
        let mut steps = StepCounter { taken: 0, phase: "", observer };
        let termination = match optimize(cost, &mut matching, &mut steps) {
            ControlFlow::Continue(()) => Termination::Optimal,
            ControlFlow::Break(stop) => stop.into(),
        };
        let masses = problem.source();
        let arcs = matching.column_of.iter().zip(masses).enumerate();
        let arcs = arcs
            .filter(|(_, (column, _))| **column != FREE)
            .map(|(i, (&j, &mass))| PlanArc { source: i, target: j as usize, mass })
            .collect();
        let iterations = steps.taken;
        matching.normalize();
        Solution {
            plan: TransportPlan::from_arcs(n, n, arcs),
            potentials: Potentials::from_finite(matching.f.into(), matching.g.into()),
            termination,
            iterations,
        }
    }
}

/// Matches all rows optimally, starting from feasible prices.
fn optimize(
    cost: &dyn Cost,
    matching: &mut Matching,
    steps: &mut StepCounter<'_>,
) -> ControlFlow<Stop> {
    if cost.n() <= LARGEST_DENSE_POINTS {
        let mut dense = DenseSearch::new(cost);
        dense.reduce(matching);
        steps.phase = "augmenting";
        for i in matching.free_rows() {
            dense.augment(matching, i as usize);
            steps.take()?;
        }
        return ControlFlow::Continue(());
    }
    let mut lists = CandidateLists::new(cost, &matching.g);
    steps.phase = "bidding";
    auction::run(&mut lists, matching, steps)?;
    let mut paths = ShortestPaths::new(cost.m());
    steps.phase = "augmenting";
    for round in 0.. {
        for i in matching.free_rows() {
            paths.augment(&mut lists, matching, i as usize);
            steps.take()?;
        }
        if !free_violated(cost, matching, round) {
            break;
        }
    }
    ControlFlow::Continue(())
}

/// Prices all arcs and frees the rows whose arc is not the cheapest, up to two ulps of what was
/// subtracted. Returns whether there were any.
fn free_violated(cost: &dyn Cost, matching: &mut Matching, round: i32) -> bool {
    let ulps = 2.0 * f64::from((round - STRICT_ROUNDS).max(0)).exp2();
    let (f, cost_of) = (&matching.f, &matching.cost_of);
    let tolerance = |i: usize| ulps * f64::EPSILON * (f[i].abs() + cost_of[i].abs());
    let priced = price(cost, f, &matching.g, &tolerance, 1);
    for arc in priced.violated.iter() {
        matching.part(arc.source as usize);
    }
    priced.count > 0
}

/// `min_i c_ij` for every column, which is feasible with f = 0.
fn column_minima(cost: &dyn Cost) -> Vec<f64> {
    let mut g = vec![f64::INFINITY; cost.m()];
    let mut buffer = vec![0.0; cost.m()];
    for i in 0..cost.n() {
        lower_envelope(cost.row(i, &mut buffer), 0.0, &mut g);
    }
    g
}

/// Counts bids and augmentations, and asks the observer at intervals.
struct StepCounter<'a> {
    taken: u64,
    phase: &'static str,
    observer: &'a mut dyn Observer,
}

impl StepCounter<'_> {
    /// Steps between two calls of the observer.
    const STEPS_PER_EVENT: u64 = 1000;

    fn take(&mut self) -> ControlFlow<Stop> {
        self.taken += 1;
        if !self.taken.is_multiple_of(Self::STEPS_PER_EVENT)
            && self.taken < self.observer.iteration_limit()
        {
            return ControlFlow::Continue(());
        }
        self.observer.observe(&Event::new(self.phase, self.taken))
    }
}
