//! The transportation problem as a linear program for generic solvers.
//!
//! # Problem
//! Minimize `Σ c_ij·γ_ij` over γ ≥ 0 with `Σ_j γ_ij = μ_i` and `Σ_i γ_ij = ν_j`: n·m variables,
//! n + m equations.
//!
//! # Idea
//! Write the model down once, in the language of the crate `good_lp`, and let any of its backends
//! solve it: a check that shares no code with our own solvers. One equation follows from the
//! others and is dropped (that of the largest ν), so that totals that differ by rounding do not make
//! the model infeasible. The duals of the equations are the Kantorovich potentials; a
//! backend that has none gets them from shortest paths in the residual graph of its plan.
//!
//! # Complexity
//! That of the backend: the simplex of microlp about O((nm)^1.5) and more in practice, the
//! interior point of Clarabel some twenty factorizations of an (n + m)-square matrix. For n, m up
//! to a few hundred; [`CELLS`] is the limit.
//!
//! # Reference
//! Peyré, Cuturi 2019, "Computational optimal transport", ch. 3; Goulart, Chen 2024, "Clarabel: an
//! interior-point solver for conic programs with quadratic objectives"; Ahuja, Magnanti, Orlin
//! 1993, "Network flows", §9.4 (potentials from the residual graph).
//!
//! # Failure modes
//! Backends work with absolute tolerances of 1e-8 to 1e-10 on costs scaled to 1 and masses scaled
//! to an average of 1: masses far below the average are lost in them, and the plan of an interior
//! point contains many tiny masses of that size. The certificate repairs the marginals and states the
//! resulting gap. A backend cannot be interrupted: it runs on a thread of its own. When the observer
//! stops the run, that thread continues until it is done or the process ends, and the answer is empty.

pub(crate) mod barycenter;

use std::fmt::Display;
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use good_lp::constraint::ConstraintReference;
use good_lp::solvers::SolutionStatus;
use good_lp::{
    Constraint, DualValues, Expression, ProblemVariables, Solution as LpSolution, SolutionWithDual,
    SolverModel, Variable, variable,
};
use ndarray::Array1;

use crate::cost::{Cost, largest_size};
use crate::math;
use crate::plan::{PlanArc, TransportPlan};
use crate::potentials::{Potentials, to_target};
use crate::problem::OtProblem;
use crate::progress::{Event, Observer, Stop};
use crate::solvers::network_simplex::NetworkSimplex;
use crate::solvers::{Solution, SolveError, Solver, Termination, capped};

/// The largest n·m the generic LP accepts: beyond it, backends need minutes and gigabytes for
/// what the network simplex does in milliseconds.
pub const CELLS: usize = 250_000;

/// Solves the linear program with a generic solver; see the [module](self).
///
/// Iterations are the backend's own where it tells them, otherwise 0.
///
/// ```
/// use deblais::cost::Euclidean;
/// use deblais::measure::DiscreteMeasure;
/// use deblais::problem::OtProblem;
/// use deblais::solvers::{Solver, lp::{Backend, GenericLp}};
/// use ndarray::array;
///
/// let source = DiscreteMeasure::uniform(array![[0.0, 0.0], [1.0, 0.0]])?;
/// let target = DiscreteMeasure::uniform(array![[1.0, 1.0], [0.0, 1.0]])?;
/// let problem = OtProblem::new(&source, &target, Euclidean)?;
/// let lp = GenericLp { backend: Backend::Microlp };
/// let certificate = lp.solve(&problem, &mut ())?.certify(&problem).certificate;
/// assert!((certificate.upper - 1.0).abs() < 1e-9 && certificate.gap < 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GenericLp {
    /// The backend that solves it.
    pub backend: Backend,
}

/// The generic solvers behind `good_lp`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Backend {
    /// microlp: a revised simplex in Rust. Vertex plans, no duals.
    Microlp,
    /// Clarabel: an interior-point method in Rust. Duals; plans with many tiny masses.
    #[default]
    Clarabel,
    /// `HiGHS`: a dual simplex in C++. Vertex plans and duals.
    #[cfg(feature = "highs")]
    Highs,
}

impl Backend {
    /// The name the command line and the reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Microlp => "microlp",
            Self::Clarabel => "clarabel",
            #[cfg(feature = "highs")]
            Self::Highs => "highs",
        }
    }

    /// All backends of this build.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &[
            Self::Microlp,
            Self::Clarabel,
            #[cfg(feature = "highs")]
            Self::Highs,
        ]
    }

    fn solve(self, model: LpModel) -> Result<LpAnswer, SolveError> {
        let LpModel { variables, cells, objective, constraints } = model;
        let lp = variables.minimise(objective);
        match self {
            Self::Microlp => {
                let (solution, _) = run(lp.using(good_lp::microlp), constraints, self)?;
                Ok(LpAnswer::new(&solution, &cells, None, 0))
            }
            Self::Clarabel => {
                let mut lp = lp.using(good_lp::clarabel);
                lp.settings().tol_gap_abs(1e-10).tol_gap_rel(1e-10);
                let (mut solution, rows) = run(lp, constraints, self)?;
                let duals = duals(&mut solution, &rows);
                let iterations = u64::from(solution.inner().iterations);
                let answer = LpAnswer::new(&solution, &cells, Some(duals), iterations);
                // An interior point reaches its tolerance, never the vertex.
                let termination = Termination::ToleranceReached;
                Ok(LpAnswer { termination, ..answer })
            }
            #[cfg(feature = "highs")]
            Self::Highs => {
                let lp = lp.using(good_lp::highs).set_threads(1);
                let (mut solution, rows) = run(lp, constraints, self)?;
                let duals = duals(&mut solution, &rows);
                Ok(LpAnswer::new(&solution, &cells, Some(duals), 0))
            }
        }
    }
}

impl Solver for GenericLp {
    fn name(&self) -> &'static str {
        "lp"
    }

    fn solve(
        &self,
        problem: &OtProblem,
        observer: &mut dyn Observer,
    ) -> Result<Solution, SolveError> {
        let (n, m) = (problem.n(), problem.m());
        let cells = n.saturating_mul(m);
        if cells > CELLS {
            return Err(SolveError::TooLarge { method: self.name(), cells, limit: CELLS });
        }
        let solution =
            capped::solve(problem, |capped| self.on_table(capped, problem.cost(), observer));
        if let Err(SolveError::Backend { .. }) = solution
            && problem.cost().forbids()
            && let Err(proof @ SolveError::Infeasible(_)) = NetworkSimplex.solve(problem, observer)
        {
            return Err(proof);
        }
        solution
    }
}

impl GenericLp {
    /// Solves a problem on those arcs that `allowed` does not forbid.
    fn on_table(
        self,
        problem: &OtProblem,
        allowed: &dyn Cost,
        observer: &mut dyn Observer,
    ) -> Result<Solution, SolveError> {
        let (n, m) = (problem.n(), problem.m());
        let scale = LpUnits::of(problem, allowed);
        let places = places(allowed);
        let model = || LpModel::new(problem, &places, scale);
        let answer = match self.while_watched(model, observer) {
            ControlFlow::Continue(answer) => answer?,
            ControlFlow::Break(stop) => {
                return Ok(Solution {
                    plan: TransportPlan::from_arcs(n, m, Vec::new()),
                    potentials: Potentials::zero(n, m),
                    termination: stop.into(),
                    iterations: 0,
                });
            }
        };
        let arcs = answer.flows.iter().zip(&places).map(|(flow, &(source, target))| PlanArc {
            source,
            target,
            mass: flow.max(0.0) * scale.mass,
        });
        let plan = TransportPlan::from_arcs(n, m, arcs.collect());
        let potentials = match answer.duals {
            Some(duals) => potentials_from_duals(&duals, n, scale),
            None => potentials_from_plan(problem.cost(), &plan),
        };
        Ok(Solution {
            plan,
            potentials,
            termination: answer.termination,
            iterations: answer.iterations,
        })
    }
}

impl GenericLp {
    /// The backend's answer, unless the observer stops the run: then its thread is abandoned.
    fn while_watched(
        self,
        model: impl FnOnce() -> LpModel,
        observer: &mut dyn Observer,
    ) -> ControlFlow<Stop, Result<LpAnswer, SolveError>> {
        /// Time between two events.
        const EVENT_INTERVAL: Duration = Duration::from_millis(20);
        let event = Event::new(self.backend.name(), 0);
        observer.observe(&event)?;
        let (model, backend) = (model(), self.backend);
        let (sender, receiver) = mpsc::channel();
        let thread = thread::spawn(move || {
            // The receiver is gone if the run was stopped.
            let _ = sender.send(backend.solve(model));
        });
        loop {
            match receiver.recv_timeout(EVENT_INTERVAL) {
                Ok(answer) => return ControlFlow::Continue(answer),
                Err(RecvTimeoutError::Timeout) => observer.observe(&event)?,
                Err(RecvTimeoutError::Disconnected) => {
                    let panic = thread.join().expect_err("it ended without an answer");
                    resume_unwind(panic)
                }
            }
        }
    }
}

/// The units the backend works in, so that its absolute tolerances mean something: the largest
/// |cost| is 1, the average mass of the longer side is 1.
#[derive(Debug, Clone, Copy)]
struct LpUnits {
    cost: f64,
    mass: f64,
    /// The target of largest mass, whose equation is left out.
    left_out: usize,
}

impl LpUnits {
    fn of(problem: &OtProblem, allowed: &dyn Cost) -> Self {
        let largest = largest_size(problem.cost()).min(largest_size(allowed));
        let average = math::sum(problem.source()) / problem.n().max(problem.m()) as f64;
        let target = problem.target();
        let left_out = (0..target.len()).fold(0, |k, j| if target[j] > target[k] { j } else { k });
        Self { cost: if largest > 0.0 { largest } else { 1.0 }, mass: average, left_out }
    }
}

/// The arcs (i, j) that a cost does not forbid, row by row.
fn places(cost: &dyn Cost) -> Vec<(usize, usize)> {
    let mut buffer = vec![0.0; cost.m()];
    let of_row = |i| {
        let row = cost.row(i, &mut buffer).iter().enumerate();
        row.filter(|(_, cost)| **cost < f64::INFINITY).map(|(j, _)| (i, j)).collect::<Vec<_>>()
    };
    (0..cost.n()).flat_map(of_row).collect()
}

/// The linear program, the same for all backends. A forbidden arc has no variable.
struct LpModel {
    variables: ProblemVariables,
    /// `γ_ij`, row by row.
    cells: Vec<Variable>,
    objective: Expression,
    /// The n row equations, then the column equations but one.
    constraints: Vec<Constraint>,
}

impl LpModel {
    fn new(problem: &OtProblem, places: &[(usize, usize)], scale: LpUnits) -> Self {
        let mut variables = ProblemVariables::new();
        let cells = variables.add_vector(variable().min(0.0), places.len());
        let mut objective = Expression::with_capacity(places.len());
        let mut rows = vec![Vec::new(); problem.n()];
        let mut columns = vec![Vec::new(); problem.m()];
        for (&cell, &(i, j)) in cells.iter().zip(places) {
            objective.add_mul(problem.cost().at(i, j) / scale.cost, cell);
            rows[i].push(cell);
            columns[j].push(cell);
        }
        let equation = |(cells, mass): (Vec<Variable>, &f64)| {
            let sum: Expression = cells.into_iter().sum();
            sum.eq(mass / scale.mass)
        };
        let rows = rows.into_iter().zip(problem.source());
        let columns = columns.into_iter().zip(problem.target()).enumerate();
        let columns = columns.filter(|&(j, _)| j != scale.left_out).map(|(_, column)| column);
        let constraints = rows.chain(columns).map(equation).collect();
        Self { variables, cells, objective, constraints }
    }
}

/// The answer of a backend, in the units of the model.
struct LpAnswer {
    flows: Vec<f64>,
    /// Duals of the constraints in their order: the change of the optimum per unit of mass.
    duals: Option<Vec<f64>>,
    termination: Termination,
    iterations: u64,
}

impl LpAnswer {
    fn new(
        solution: &impl LpSolution,
        cells: &[Variable],
        duals: Option<Vec<f64>>,
        iterations: u64,
    ) -> Self {
        let flows = cells.iter().map(|&cell| solution.value(cell)).collect();
        let termination = match solution.status() {
            SolutionStatus::Optimal => Termination::Optimal,
            SolutionStatus::TimeLimit => Termination::TimeLimit,
            SolutionStatus::GapLimit => Termination::ToleranceReached,
        };
        Self { flows, duals, termination, iterations }
    }
}

/// Hands the constraints to a backend's model and solves it.
fn run<M: SolverModel>(
    mut model: M,
    constraints: Vec<Constraint>,
    backend: Backend,
) -> Result<(M::Solution, Vec<ConstraintReference>), SolveError>
where
    M::Error: Display,
{
    let rows = constraints.into_iter().map(|constraint| model.add_constraint(constraint)).collect();
    let solution = model.solve().map_err(|error| SolveError::Backend {
        backend: backend.name(),
        message: error.to_string(),
    })?;
    Ok((solution, rows))
}

/// Shadow prices; `good_lp` states them for constraints written `sum = mass`, as ours are.
fn duals<'a, S: SolutionWithDual<'a>>(
    solution: &'a mut S,
    rows: &[ConstraintReference],
) -> Vec<f64> {
    let duals = solution.compute_dual();
    rows.iter().map(|row| duals.dual(row.clone())).collect()
}

/// `f_i` and `g_j` are the shadow prices of `μ_i` and `ν_j`; that of the equation left out is 0.
fn potentials_from_duals(duals: &[f64], n: usize, scale: LpUnits) -> Potentials {
    let finite = |dual: &f64| if dual.is_finite() { dual * scale.cost } else { 0.0 };
    let f = duals[..n].iter().map(finite).collect();
    let mut g: Vec<f64> = duals[n..].iter().map(finite).collect();
    g.insert(scale.left_out, 0.0);
    Potentials::from_finite(f, Array1::from(g))
}

/// Potentials of an optimal plan: distances in its residual graph, with an arc i → j of length
/// `c_ij` for every cell and an arc j → i of length `−c_ij` where γ is positive. Bellman and Ford's
/// rounds start from 0 everywhere; without negative cycles, which an optimal plan excludes, at
/// most n of them change anything. O(n·m) each.
fn potentials_from_plan(cost: &dyn Cost, plan: &TransportPlan) -> Potentials {
    let mut f = Array1::<f64>::zeros(plan.n());
    let mut g = to_target(cost, f.view());
    for _ in 0..plan.n() {
        let mut changed = false;
        for arc in plan.arcs() {
            let c = cost.at(arc.source, arc.target);
            let tight = c - g[arc.target];
            let rounding = 4.0 * f64::EPSILON * (c.abs() + tight.abs());
            if tight > f[arc.source] + rounding {
                f[arc.source] = tight;
                changed = true;
            }
        }
        if !changed {
            break;
        }
        g = to_target(cost, f.view());
    }
    Potentials::from_finite(f, g)
}

#[cfg(test)]
mod tests;
