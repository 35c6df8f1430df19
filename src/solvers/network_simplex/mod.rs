//! The network simplex for the transportation problem.
//!
//! **Problem.** Minimise `Σ c_ij γ_ij` over γ ≥ 0 with row sums μ and column sums ν. A basis is a
//! spanning tree of the bipartite graph of sources and targets: its flows follow from the masses,
//! its potentials from `f_i + g_j = c_ij` on its arcs.
//!
//! **Idea.** While some arc has a negative reduced cost `c_ij − f_i − g_j`, let it enter: send
//! flow round the cycle it closes until an arc runs empty, which leaves. Only strongly feasible
//! trees are visited, so ties cannot make the method cycle. It runs in `f64` first, on a
//! shortlist of promising arcs where the table is large, and ends in exact integer arithmetic on
//! all arcs: the basis returned is optimal for costs rounded to 2⁻¹⁰⁰ of the largest and masses
//! rounded to 2⁻¹⁰⁰ of the total.
//!
//! **Complexity.** No polynomial bound is known for this pivot rule; in practice a few pivots per
//! node, each with a block of arcs to price and O(n + m) at worst for the tree. Memory O(n + m) beside the
//! cost table and the shortlist.
//!
//! **References.** Dantzig 1951; Cunningham 1976 (strongly feasible trees); Ahuja, Magnanti,
//! Orlin 1993, "Network flows", ch. 11; Kelly, O'Neill 1991, "The minimum cost flow problem and
//! the network simplex solution method"; Bonneel et al. 2011, "Displacement interpolation using
//! Lagrangian mass transport" (its use for optimal transport).
//!
//! **Failure modes.** Masses below 2⁻¹⁰¹ of the total count as none. Costs that span more than
//! 2⁴⁷ lose their lowest bits (beyond 2¹⁰⁰, the small ones count as 0).

#![expect(
    clippy::cast_possible_truncation,
    reason = "nodes are numbered in u32: 2³² of them would not fit in memory"
)]

mod anchor;
mod exact;
mod pricing;
mod run;
mod start;
mod support;
mod tree;

use std::ops::ControlFlow;

use self::pricing::Pricing;
use self::run::Run;
use self::support::Support;
use self::tree::{Price, Tree};
use crate::problem::OtProblem;
use crate::progress::{Event, Observer, Stop};
use crate::solvers::{Solution, SolveError, Solver};

/// Exact optimal transport between any two discrete measures.
#[derive(Debug, Clone, Copy, Default)]
pub struct NetworkSimplex;

/// The main loop, in any arithmetic: pivots until no arc of `pricing` has a negative reduced
/// cost.
fn optimise<K: Price>(
    tree: &mut Tree<K>,
    pricing: &mut impl Pricing<K>,
    pivots: &mut u64,
    observer: &mut dyn Observer,
) -> ControlFlow<Stop> {
    while let Some(entering) = pricing.entering(tree.potentials()) {
        let leaving = tree.leaving(&entering);
        tree.pivot(&entering, &leaving);
        *pivots += 1;
        if pivots.is_multiple_of(PIVOTS_BETWEEN_EVENTS) {
            tree.recompute_potentials();
            observe(*pivots, observer)?;
        }
    }
    ControlFlow::Continue(())
}

fn observe(pivots: u64, observer: &mut dyn Observer) -> ControlFlow<Stop> {
    observer.observe(&Event { phase: "pivoting", iterations: pivots, cost: None })
}

/// Often enough to stop in time, and to keep the roundings of `f64` potentials, one a pivot, from
/// adding up.
const PIVOTS_BETWEEN_EVENTS: u64 = 1024;

impl Solver for NetworkSimplex {
    fn name(&self) -> &'static str {
        "simplex"
    }

    fn solve(
        &self,
        problem: &OtProblem,
        observer: &mut dyn Observer,
    ) -> Result<Solution, SolveError> {
        let (support, masses) = Support::of(problem.source(), problem.target());
        let restricted = support.restrict(problem);
        let on_support = restricted.as_ref().unwrap_or(problem);
        let stored = on_support.stored();
        let mut run = Run::new(stored.as_ref().unwrap_or(on_support), masses, observer);
        let (tree, termination) = run.optimum();
        Ok(Solution {
            plan: support.extend_plan(run.plan(&tree)),
            potentials: support.extend_potentials(problem.cost(), &run.potentials(&tree)),
            termination,
            iterations: run.pivots(),
        })
    }
}
