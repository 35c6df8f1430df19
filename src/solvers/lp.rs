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
        capped::solve(problem, |problem| self.on_table(problem, observer))
    }
}

impl GenericLp {
    fn on_table(
        self,
        problem: &OtProblem,
        observer: &mut dyn Observer,
    ) -> Result<Solution, SolveError> {
        let (n, m) = (problem.n(), problem.m());
        let scale = LpUnits::of(problem);
        let answer = match self.while_watched(|| LpModel::new(problem, scale), observer) {
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
        let arcs = answer.flows.iter().enumerate().map(|(cell, flow)| PlanArc {
            source: cell / m,
            target: cell % m,
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
    fn of(problem: &OtProblem) -> Self {
        let largest = largest_size(problem.cost());
        let average = math::sum(problem.source()) / problem.n().max(problem.m()) as f64;
        let target = problem.target();
        let left_out = (0..target.len()).fold(0, |k, j| if target[j] > target[k] { j } else { k });
        Self { cost: if largest > 0.0 { largest } else { 1.0 }, mass: average, left_out }
    }
}

/// The linear program, the same for all backends.
struct LpModel {
    variables: ProblemVariables,
    /// `γ_ij`, row by row.
    cells: Vec<Variable>,
    objective: Expression,
    /// The n row equations, then the column equations but one.
    constraints: Vec<Constraint>,
}

impl LpModel {
    fn new(problem: &OtProblem, scale: LpUnits) -> Self {
        let (n, m) = (problem.n(), problem.m());
        let mut variables = ProblemVariables::new();
        let cells = variables.add_vector(variable().min(0.0), n * m);
        let mut objective = Expression::with_capacity(n * m);
        let mut buffer = vec![0.0; m];
        for i in 0..n {
            let row = problem.cost().row(i, &mut buffer);
            for (&cell, c) in cells[i * m..].iter().zip(row) {
                objective.add_mul(c / scale.cost, cell);
            }
        }
        let equation = |cells: &mut dyn Iterator<Item = &Variable>, mass: f64| {
            let sum: Expression = cells.copied().sum();
            sum.eq(mass / scale.mass)
        };
        let rows = problem.source().into_iter().zip(cells.chunks(m));
        let rows = rows.map(|(&mass, cells)| equation(&mut cells.iter(), mass));
        let columns = problem.target().into_iter().enumerate();
        let columns = columns
            .filter(|&(j, _)| j != scale.left_out)
            .map(|(j, &mass)| equation(&mut cells[j..].iter().step_by(m), mass));
        let constraints = rows.chain(columns).collect();
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
mod tests {
    use super::*;
    use crate::cost::{CostMatrix, Euclidean, GroundCost, SqEuclidean};
    use crate::measure::DiscreteMeasure;
    use crate::solvers::line::Line;
    use ndarray::{Array2, array};

    fn cloud(n: usize, d: usize, seed: u64) -> DiscreteMeasure {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut noise = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 * 2.0_f64.powi(-53)
        };
        let support = Array2::from_shape_simple_fn((n, d), &mut noise);
        let mass = Array1::from_shape_simple_fn(n, &mut noise);
        let total = math::sum(&mass);
        DiscreteMeasure::new(support, mass / total).unwrap()
    }

    /// Upper bounds of all backends, each with a gap of at most 1e-6.
    fn uppers(problem: &OtProblem) -> Vec<f64> {
        let solve = |&backend: &Backend| {
            let solution = GenericLp { backend }.solve(problem, &mut ()).unwrap();
            assert!(solution.termination.is_complete());
            let c = solution.certify(problem).certificate;
            assert!(c.is_within(1e-6), "{backend:?}: {c:?}");
            c.upper
        };
        Backend::all().iter().map(solve).collect()
    }

    fn same(values: &[f64], truth: f64) {
        for value in values {
            assert!((value - truth).abs() <= 1e-6 * truth.abs(), "{value} is not {truth}");
        }
    }

    fn agree<G: Into<GroundCost>>(n: usize, m: usize, d: usize, ground: G) {
        let problem = OtProblem::new(&cloud(n, d, 1), &cloud(m, d, 2), ground.into()).unwrap();
        let uppers = uppers(&problem);
        same(&uppers, uppers[0]);
    }

    #[test]
    fn backends_agree_on_seeded_problems() {
        agree(1, 1, 2, Euclidean);
        agree(1, 30, 2, Euclidean);
        agree(30, 1, 2, SqEuclidean);
        agree(40, 25, 3, Euclidean);
        agree(100, 100, 2, SqEuclidean);
    }

    #[test]
    fn backends_agree_with_the_closed_form_on_the_line() {
        let problem = OtProblem::new(&cloud(50, 1, 3), &cloud(60, 1, 4), Euclidean).unwrap();
        let truth = Line.solve(&problem, &mut ()).unwrap().certify(&problem).certificate.upper;
        same(&uppers(&problem), truth);
    }

    #[test]
    fn duals_are_the_potentials_with_their_sign() {
        let cost = CostMatrix::new(array![[1.0, 4.0], [3.0, 2.0]]).unwrap();
        let mass = array![0.25, 0.75];
        let problem = OtProblem::new(&mass, &array![0.5, 0.5], cost).unwrap();
        for &backend in Backend::all() {
            let solution = GenericLp { backend }.solve(&problem, &mut ()).unwrap();
            let c = solution.certify(&problem).certificate;
            assert!(c.dual_violation < 1e-8 && c.gap < 1e-8, "{backend:?}: {c:?}");
            let value = solution.potentials.value(problem.source(), problem.target());
            assert!((value - c.upper).abs() < 1e-8);
        }
    }

    #[test]
    fn zero_masses_negative_costs_and_large_units_are_taken() {
        let source = array![0.0, 2e9, 1e9];
        let target = array![1e9, 0.0, 2e9, 0.0];
        let entries =
            array![[-1.0, 2.0, 3.0, 4.0], [5.0, -6.0, -7.0, 8.0], [9.0, 1.0, 2.0, -3.0]] * 1e-6;
        let cost = CostMatrix::new(entries).unwrap();
        let problem = OtProblem::new(&source, &target, cost).unwrap();
        same(&uppers(&problem), 2e9 * -7e-6 + 1e9 * 9e-6);
        let zero = CostMatrix::new(Array2::<f64>::zeros((3, 4))).unwrap();
        let free = OtProblem::new(&source, &target, zero).unwrap();
        assert!(uppers(&free).iter().all(|&upper| upper == 0.0));
    }

    #[test]
    fn problems_beyond_the_limit_are_refused() {
        let problem = OtProblem::new(&cloud(501, 1, 5), &cloud(500, 1, 6), Euclidean).unwrap();
        let error = GenericLp::default().solve(&problem, &mut ()).unwrap_err();
        assert_eq!(error, SolveError::TooLarge { method: "lp", cells: 250_500, limit: CELLS });
        assert!(error.hint().contains("simplex"));
    }

    /// Says stop when it is asked for the second time: while the backend is at work.
    struct Second(u32);

    impl Observer for Second {
        fn observe(&mut self, _: &Event) -> ControlFlow<Stop> {
            self.0 += 1;
            if self.0 < 2 { ControlFlow::Continue(()) } else { ControlFlow::Break(Stop::TimeLimit) }
        }
    }

    #[test]
    fn a_backend_at_work_is_left_behind_when_the_time_is_up() {
        let problem = OtProblem::new(&cloud(300, 2, 7), &cloud(299, 2, 8), Euclidean).unwrap();
        let mut second = Second(0);
        let solution = GenericLp::default().solve(&problem, &mut second).unwrap();
        assert_eq!((second.0, solution.termination), (2, Termination::TimeLimit));
        assert!(solution.plan.arcs().is_empty() && solution.iterations == 0);
    }
}
