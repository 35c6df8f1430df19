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
//! node, each O(√(nm)) for pricing and O(n + m) at worst for the tree. Memory O(n + m) beside the
//! cost table and the shortlist.
//!
//! **References.** Dantzig 1951; Cunningham 1976 (strongly feasible trees); Ahuja, Magnanti,
//! Orlin 1993, "Network flows", ch. 11; Kelly, O'Neill 1991, "The minimum cost flow problem and
//! the network simplex solution method"; Bonneel et al. 2011, "Displacement interpolation using
//! Lagrangian mass transport" (its use for optimal transport).
//!
//! **Failure modes.** Masses below 2⁻¹⁰⁰ of the total count as none. Costs that span more than
//! 2⁴⁷ lose their lowest bits (beyond 2¹⁰⁰, the small ones count as 0).

mod anchor;
mod exact;
mod pricing;
mod start;
mod support;
mod tree;

use std::ops::ControlFlow;

use self::pricing::{ArcBlocks, Pricing, Rows};
use self::support::Support;
use self::tree::{Price, Tree};
use crate::cost::Cost;
use crate::plan::PlanArc;
use crate::potentials::Potentials;
use crate::problem::OtProblem;
use crate::progress::{Event, Observer, Stop};
use crate::solvers::fixed_point::{FixedMasses, FixedPoint};
use crate::solvers::{Solution, SolveError, Solver, Termination};

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
            observer.observe(&Event { phase: "pivoting", iterations: *pivots, cost: None })?;
        }
    }
    ControlFlow::Continue(())
}

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
        let table = support.table(problem.cost());
        let mut run = Run::new(table.cost(), masses, observer);
        let tree = run.start();
        let (tree, termination) = run.to_optimum(tree);
        let (arcs, potentials) = run.answer(&tree);
        Ok(Solution {
            plan: support.extend_plan(arcs.into_iter()),
            potentials: support.extend_potentials(problem.cost(), &potentials),
            termination,
            iterations: run.pivots,
        })
    }
}

/// One run on the atoms with mass.
struct Run<'a> {
    cost: &'a dyn Cost,
    masses: FixedMasses,
    /// `max |c_ij|`: the scale of tolerances, and the cost of artificial arcs (any arc between
    /// two nodes is cheaper than the detour over the root).
    largest: f64,
    format: FixedPoint,
    pivots: u64,
    observer: &'a mut dyn Observer,
}

impl<'a> Run<'a> {
    fn new(cost: &'a dyn Cost, masses: FixedMasses, observer: &'a mut dyn Observer) -> Self {
        let largest = largest_cost(cost);
        let format = FixedPoint::for_sizes_up_to(largest);
        Self { cost, masses, largest, format, pivots: 0, observer }
    }

    fn start(&self) -> Tree<f64> {
        start::by_rows(self.cost, &self.masses, self.largest)
    }

    /// Pivots in `f64`, then in integers until no arc of the table has a negative reduced cost.
    fn to_optimum(&mut self, mut tree: Tree<f64>) -> (Tree<i128>, Termination) {
        let mut rows = Rows::new(self.cost, -TOLERANCE * self.largest);
        let rough = optimise(&mut tree, &mut rows, &mut self.pivots, self.observer);
        let mut tree = tree.with_costs(|c| self.format.units(c), self.format.units(self.largest));
        if let ControlFlow::Break(stop) = rough {
            return (tree, stop.into());
        }
        loop {
            let violations = exact::violations(self.cost, self.largest, &tree, self.format, 8);
            if violations.is_empty() {
                return (tree, Termination::Optimal);
            }
            let arcs = violations.iter().map(|v| (v.source, v.target, self.format.units(v.cost)));
            let mut blocks = ArcBlocks::new(arcs, 0);
            if let ControlFlow::Break(stop) =
                optimise(&mut tree, &mut blocks, &mut self.pivots, self.observer)
            {
                return (tree, stop.into());
            }
        }
    }

    /// The plan and the potentials of a tree.
    fn answer(&self, tree: &Tree<i128>) -> (Vec<PlanArc>, Potentials) {
        let n = tree.sources();
        let plan: Vec<PlanArc> = tree
            .arcs()
            .map(|arc| PlanArc {
                source: arc.source as usize,
                target: arc.target as usize - n,
                mass: self.masses.to_f64(arc.flow),
            })
            .collect();
        let mass: Vec<f64> = self
            .masses
            .supply
            .iter()
            .chain(&self.masses.demand)
            .map(|&w| self.masses.to_f64(w))
            .collect();
        let total: f64 = mass[..n].iter().sum();
        let cost: f64 = tree
            .arcs()
            .map(|arc| self.format.to_f64(arc.cost) * self.masses.to_f64(arc.flow))
            .sum();
        let shift = anchor::shifts(tree, self.cost, self.format, &mass, cost / total);
        let mut y = tree.potentials().iter().zip(&shift).map(|(y, t)| self.format.to_f64(y + t));
        let f = y.by_ref().take(n).collect();
        let g = y.map(|y| -y).collect();
        (plan, Potentials::from_finite(f, g))
    }
}

/// Reduced costs above −1e-12 of the largest cost do not start a pivot in `f64`: the noise of
/// potentials is smaller than that, and the exact finish sees what is left.
const TOLERANCE: f64 = 1e-12;

/// `max_ij |c_ij|`.
fn largest_cost(cost: &dyn Cost) -> f64 {
    let mut buffer = vec![0.0; cost.m()];
    (0..cost.n())
        .map(|i| cost.row(i, &mut buffer).iter().fold(0.0, |m: f64, c| m.max(c.abs())))
        .fold(0.0, f64::max)
}
