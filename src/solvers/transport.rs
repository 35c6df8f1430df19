//! Exact transport with its proof: the answer to an [`OtProblem`].

use std::time::{Duration, Instant};

use super::options::Clock;
use super::{Solution, SolveError, SolveOptions, Termination};
use crate::certificate::{Certificate, Certified, certify, certify_until, time_to_judge};
use crate::gradient::Gradient;
use crate::plan::TransportPlan;
use crate::potentials::Potentials;
use crate::problem::OtProblem;

/// How long the answer of a stopped run is judged.
const JUDGING_AFTER_STOP: Duration = Duration::from_secs(5);

/// A transport cost with its proof: `lower ≤ optimum ≤ upper`, a plan and potentials that prove it.
#[derive(Debug, Clone, PartialEq)]
pub struct Transport {
    plan: TransportPlan,
    potentials: Potentials,
    certificate: Certificate,
    termination: Termination,
    iterations: u64,
    method: &'static str,
}

impl Transport {
    /// The solution of the named method, judged.
    #[must_use]
    pub fn new(method: &'static str, solution: Solution, certified: Certified) -> Self {
        let Solution { plan, termination, iterations, .. } = solution;
        let Certified { certificate, plan: repaired, potentials } = certified;
        let plan = repaired.unwrap_or(plan);
        Self { plan, potentials, certificate, termination, iterations, method }
    }

    /// The transport cost, in units of cost × mass: that of the plan, the upper bound.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.certificate.upper
    }

    /// A proved lower bound of the optimum.
    #[must_use]
    pub fn lower(&self) -> f64 {
        self.certificate.lower
    }

    /// A proved upper bound of the optimum.
    #[must_use]
    pub fn upper(&self) -> f64 {
        self.certificate.upper
    }

    /// The proof's bounds, gap and residuals.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The transport plan, (n, m), sparse: at most n + m − 1 cells carry mass.
    #[must_use]
    pub fn plan(&self) -> &TransportPlan {
        &self.plan
    }

    /// The Kantorovich potentials (f, g): f(x) + g(y) ≤ c(x, y).
    #[must_use]
    pub fn potentials(&self) -> &Potentials {
        &self.potentials
    }

    /// The derivatives of the transport cost with respect to the points and masses of `problem`, which
    /// this is the answer to; those with respect to the costs are [`Transport::plan`]. See
    /// [`gradient`](crate::gradient) for what they are at kinks.
    ///
    /// ```
    /// use deblais::ndarray::array;
    /// use deblais::{OtProblem, SqEuclidean};
    /// let problem = OtProblem::new(&array![[0.0], [1.0]], &array![[2.0], [5.0]], SqEuclidean)?;
    /// let gradient = problem.solve()?.gradient(&problem);
    /// assert_eq!(gradient.source.points, Some(array![[-2.0], [-4.0]]));
    /// # Ok::<(), deblais::DistanceError>(())
    /// ```
    ///
    /// # Panics
    /// If `problem` has another shape.
    #[must_use]
    pub fn gradient(&self, problem: &OtProblem) -> Gradient {
        Gradient::new(problem, &self.plan, &self.potentials)
    }

    /// Why the solver stopped. After a limit the bracket is true, but wide.
    #[must_use]
    pub fn termination(&self) -> Termination {
        self.termination
    }

    /// Iterations in the method's own unit: pivots, augmentations.
    #[must_use]
    pub fn iterations(&self) -> u64 {
        self.iterations
    }

    /// The name of the method that ran.
    #[must_use]
    pub fn method(&self) -> &'static str {
        self.method
    }

    /// Plan, potentials and certificate, without a copy.
    #[must_use]
    pub fn into_parts(self) -> (TransportPlan, Potentials, Certificate) {
        (self.plan, self.potentials, self.certificate)
    }
}

impl OtProblem<'_> {
    /// Solves the problem by the fastest exact method and proves the answer.
    ///
    /// ```
    /// use deblais::ndarray::array;
    /// use deblais::{Euclidean, OtProblem};
    /// let problem = OtProblem::new(&array![[0.0], [1.0]], &array![[2.0], [5.0]], Euclidean)?;
    /// let transport = problem.solve()?;
    /// assert!(transport.lower() <= 3.0 && 3.0 <= transport.upper());
    /// # Ok::<(), deblais::DistanceError>(())
    /// ```
    ///
    /// # Errors
    /// [`SolveError`] if the method failed.
    pub fn solve(&self) -> Result<Transport, SolveError> {
        self.solve_with(&SolveOptions::new())
    }

    /// Solves the problem as `options` say. A limit is no error: [`Transport::termination`] tells, and
    /// the bracket is true.
    ///
    /// # Errors
    /// [`SolveError`] if the method does not apply, needs more memory than allowed, or failed.
    pub fn solve_with(&self, options: &SolveOptions<'_>) -> Result<Transport, SolveError> {
        let clock = options.clock();
        options.check(self)?;
        options.on_threads(|| self.solve_here(options, clock))?
    }

    fn solve_here(
        &self,
        options: &SolveOptions<'_>,
        clock: Clock,
    ) -> Result<Transport, SolveError> {
        let method = options.choose(self)?;
        let limit = clock.end.map(|end| end.duration_since(clock.start));
        let deadline =
            limit.map(|limit| clock.start + (limit.saturating_sub(time_to_judge(self, limit))));
        let mut observer = options.watch(deadline);
        let solver = method.solver_with(self, options.simplex());
        let solution = solver.solve(self, &mut observer)?;
        let grace = (solution.termination == Termination::Stopped)
            .then(|| Instant::now() + JUDGING_AFTER_STOP);
        Ok(judged(self, solver.name(), solution, [clock.end, grace].into_iter().flatten().min()))
    }
}

/// Judges a solution until `end`.
fn judged(
    problem: &OtProblem,
    method: &'static str,
    mut solution: Solution,
    end: Option<Instant>,
) -> Transport {
    let is_over = || end.is_some_and(|end| Instant::now() >= end);
    let (plan, potentials) = (Some(&solution.plan), Some(&solution.potentials));
    let certified = match end {
        None => certify(problem, plan, potentials),
        Some(_) => certify_until(problem, plan, potentials, &is_over),
    };
    let certified = certified.expect("a solution has the shape of its problem");
    if solution.termination.is_complete() && is_over() && !certified.certificate.is_optimal() {
        solution.termination = Termination::TimeLimit;
    }
    Transport::new(method, solution, certified)
}
