//! The network simplex for the transportation problem.
//!
//! **Problem.** Minimize `Σ c_ij γ_ij` over γ ≥ 0 with row sums μ and column sums ν. A basis is a
//! spanning tree of the bipartite graph of sources and targets: its flows follow from the masses,
//! its potentials from `f_i + g_j = c_ij` on its arcs.
//!
//! **Idea.** While some arc has a negative reduced cost `c_ij − f_i − g_j`, it enters the
//! basis: flow is sent around the cycle that it closes until another arc of the cycle is empty,
//! which leaves. Only strongly feasible trees are visited, so degenerate pivots cannot cycle. The
//! pivots run in `f64` first, on a sparse list of candidate arcs where the table is large, and end
//! in exact integer arithmetic on all arcs. The basis returned is optimal for stored costs without
//! rounding, for computed costs rounded to 2⁻¹⁰⁰ of the largest, and for masses that are exact or
//! rounded to 2⁻¹⁰⁰ of the total (`fixed_point.rs`).
//!
//! **Complexity.** No polynomial bound is known for this pivot rule; in practice a few pivots per
//! node, each of which prices a block of arcs
//! and takes O(n + m) at worst on the tree. Memory O(n + m) beside the cost table and the arcs.
//!
//! **References.** Dantzig 1951; Cunningham 1976 (strongly feasible trees); Ahuja, Magnanti,
//! Orlin 1993, "Network flows", ch. 11; Kelly, O'Neill 1991, "The minimum cost flow problem and
//! the network simplex solution method"; Bonneel et al. 2011, "Displacement interpolation using
//! Lagrangian mass transport" (its use for optimal transport).
//!
//! **Failure modes.** Where masses are rounded, those below 2⁻¹⁰¹ of the total become 0.

#![expect(
    clippy::cast_possible_truncation,
    reason = "nodes are numbered in u32: 2³² of them would not fit in memory"
)]

mod basis_from_plan;
mod dense;
mod domain_decomposition;
mod euler_tour;
mod exact_finish;
mod initial_basis;
mod known_potentials;
mod main_loop;
mod mass_support;
mod multiscale;
mod normalize_duals;
mod price_of_mass;
mod pricing;
mod progress;
mod run;
mod runs;
mod spanning_tree;
mod sparse;
mod start_plan;
mod strategy;
mod threaded_tree;

use self::mass_support::MassSupport;
use self::progress::Progress;
use self::run::SimplexRun;
use crate::math::Wide;
use crate::plan::TransportPlan;
use crate::potentials::Potentials;
use crate::problem::OtProblem;
use crate::progress::Observer;
use crate::solvers::fixed_point::{FixedInteger, FixedMasses, Width};
use crate::solvers::{Solution, SolveError, Solver, capped};

/// Exact optimal transport between any two discrete measures, on a stored table of costs. Problems
/// whose table is too large to be stored go to [`SparseSimplex`].
#[derive(Debug, Clone, Copy, Default)]
pub struct NetworkSimplex;

/// Options of both simplex methods.
#[derive(Debug, Clone, Copy, Default)]
pub struct SimplexOptions<'a> {
    /// Potentials of a similar problem of the same shape; g is read.
    pub start: Option<&'a Potentials>,
    /// The plan of a similar problem of the same shape, whose cells the first basis takes.
    pub start_plan: Option<&'a TransportPlan>,
    /// Reduced costs above minus this number do not enter the basis.
    pub entering_tolerance: f64,
}

impl SimplexOptions<'_> {
    /// Whether they are other than the defaults.
    pub(crate) fn are_any(&self) -> bool {
        self.start.is_some() || self.start_plan.is_some() || self.entering_tolerance > 0.0
    }

    fn run<'a>(
        &self,
        support: &MassSupport,
        problem: &'a OtProblem<'a>,
        masses: FixedMasses,
        observer: &'a mut dyn Observer,
    ) -> SimplexRun<'a> {
        let start = self.start.map(|start| support.of_targets(start.g()));
        let cells = self.start_plan.map(|plan| support.of_plan(plan)).unwrap_or_default();
        let flows = start_plan::flows(&cells, &masses, problem.cost());
        SimplexRun::new(problem, masses, Progress::new(observer)).started(
            self.entering_tolerance,
            start,
            flows,
        )
    }
}

impl Solver for NetworkSimplex {
    fn name(&self) -> &'static str {
        "simplex"
    }

    fn solve(
        &self,
        problem: &OtProblem,
        observer: &mut dyn Observer,
    ) -> Result<Solution, SolveError> {
        self.solve_with(problem, SimplexOptions::default(), observer)
    }
}

/// A simplex method with options.
pub(crate) struct WithOptions<'a, S>(pub(crate) S, pub(crate) SimplexOptions<'a>);

impl Solver for WithOptions<'_, NetworkSimplex> {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn solve(
        &self,
        problem: &OtProblem,
        observer: &mut dyn Observer,
    ) -> Result<Solution, SolveError> {
        self.0.solve_with(problem, self.1, observer)
    }
}

impl Solver for WithOptions<'_, SparseSimplex> {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn solve(
        &self,
        problem: &OtProblem,
        observer: &mut dyn Observer,
    ) -> Result<Solution, SolveError> {
        self.0.solve_with(problem, self.1, observer)
    }
}

impl NetworkSimplex {
    /// Solves the problem as the options say.
    #[expect(clippy::unused_self, reason = "called as on the other solvers")]
    pub(crate) fn solve_with(
        self,
        problem: &OtProblem,
        options: SimplexOptions<'_>,
        observer: &mut dyn Observer,
    ) -> Result<Solution, SolveError> {
        capped::solve(problem, |problem| Ok(Self::on_table(problem, options, observer)))
    }

    fn on_table(
        problem: &OtProblem,
        options: SimplexOptions<'_>,
        observer: &mut dyn Observer,
    ) -> Solution {
        let (support, masses) = MassSupport::of(problem);
        let restricted = support.restrict(problem);
        let on_support = restricted.as_ref().unwrap_or(problem);
        let stored = on_support.stored();
        let table = stored.as_ref().unwrap_or(on_support);
        if !table.cost().is_stored() {
            return SparseSimplex::default().on_demand(problem, options, observer);
        }
        solution(problem, &support, options.run(&support, table, masses, observer))
    }
}

/// Solves a run on the support and extends the solution to all atoms.
fn solution(problem: &OtProblem, support: &MassSupport, run: SimplexRun<'_>) -> Solution {
    match run.width {
        Width::Two => solution_in::<i128>(problem, support, run),
        Width::Four => solution_in::<Wide<4>>(problem, support, run),
        Width::All => solution_in::<Wide<36>>(problem, support, run),
    }
}

/// [`solution`] with integers of a known width.
fn solution_in<K: FixedInteger>(
    problem: &OtProblem,
    support: &MassSupport,
    mut run: SimplexRun<'_>,
) -> Solution {
    let (tree, termination) = strategy::optimum::<K>(&mut run);
    // The potentials of a basis that is not optimal may prove nothing: prefer the best so far.
    let best = run.best.take().filter(|_| !termination.is_complete());
    let best = best.map(|known| known.of_points(run.problem.n(), run.problem.m()));
    let potentials = best.unwrap_or_else(|| run.potentials(&tree));
    let potentials = if termination.is_complete() {
        support.extend_potentials(problem.cost(), potentials)
    } else {
        support.extend_by_zero(&potentials)
    };
    Solution {
        plan: support.extend_plan(run.plan(&tree)),
        potentials,
        termination,
        iterations: run.pivots(),
    }
}

/// Exact optimal transport without a table of costs, in memory linear in n + m.
///
/// Points in up to three dimensions are solved at several resolutions (`multiscale.rs`) and priced by
/// search. Other costs are computed row by row, as often as they are priced (`sparse.rs`).
#[derive(Debug, Clone, Copy)]
pub struct SparseSimplex {
    /// Points of a side, at least one, that are not coarsened further.
    pub coarsest: usize,
}

impl Default for SparseSimplex {
    fn default() -> Self {
        Self { coarsest: run::COARSEST_POINTS }
    }
}

impl Solver for SparseSimplex {
    fn name(&self) -> &'static str {
        "shortlist"
    }

    fn solve(
        &self,
        problem: &OtProblem,
        observer: &mut dyn Observer,
    ) -> Result<Solution, SolveError> {
        self.solve_with(problem, SimplexOptions::default(), observer)
    }
}

impl SparseSimplex {
    /// Solves the problem as the options say.
    pub(crate) fn solve_with(
        self,
        problem: &OtProblem,
        options: SimplexOptions<'_>,
        observer: &mut dyn Observer,
    ) -> Result<Solution, SolveError> {
        if !problem.cost().forbids() {
            return Ok(self.on_demand(problem, options, observer));
        }
        capped::solve(problem, |problem| Ok(self.on_demand(problem, options, observer)))
    }

    /// Solves the problem without a table of costs.
    fn on_demand(
        self,
        problem: &OtProblem,
        options: SimplexOptions<'_>,
        observer: &mut dyn Observer,
    ) -> Solution {
        let (support, masses) = MassSupport::of(problem);
        let (support, masses) = support.in_local_order(problem.cost(), masses);
        let restricted = support.restrict(problem);
        let on_support = restricted.as_ref().unwrap_or(problem);
        let run = options.run(&support, on_support, masses, observer);
        solution(problem, &support, run.down_to(self.coarsest.max(1)))
    }
}
