//! Options of a run, as one builder.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use thiserror::Error;

use super::network_simplex::SimplexOptions;
use super::{Method, SolveError, Transport};
use crate::plan::TransportPlan;
use crate::potentials::Potentials;
use crate::problem::OtProblem;
use crate::progress::{Event, Observer, Stop};

/// How [`OtProblem::solve_with`] and [`Sinkhorn::solve_with`](super::sinkhorn::Sinkhorn::solve_with)
/// run. By default: the fastest exact method, no limits, the present rayon pool.
///
/// ```
/// use std::ops::ControlFlow;
/// use std::time::Duration;
/// use deblais::ndarray::array;
/// use deblais::{Euclidean, Method, OtProblem, SolveOptions};
///
/// let problem = OtProblem::new(&array![[0.0], [1.0]], &array![[2.0], [5.0]], Euclidean)?;
/// let options = SolveOptions::new()
///     .method(Method::Simplex)
///     .time_limit(Duration::from_secs(60))
///     .threads(1)
///     .progress(|event| {
///         eprintln!("{}: {} pivots", event.phase, event.iterations);
///         ControlFlow::Continue(())
///     });
/// assert!((problem.solve_with(&options)?.value() - 3.0).abs() < 1e-12);
/// # Ok::<(), deblais::DistanceError>(())
/// ```
#[derive(Default)]
pub struct SolveOptions<'a> {
    pub(super) method: Method,
    time_limit: Option<Duration>,
    memory_limit: Option<u64>,
    threads: Option<usize>,
    iteration_limit: Option<u64>,
    pub(super) entering_tolerance: f64,
    pub(super) start: Option<&'a Potentials>,
    start_plan: Option<&'a TransportPlan>,
    stop_flag: Option<&'a AtomicBool>,
    observer: Option<Mutex<Box<dyn Observer + 'a>>>,
}

/// A function as an observer.
struct Callback<F>(F);

impl<F: FnMut(&Event) -> ControlFlow<()> + Send> Observer for Callback<F> {
    fn observe(&mut self, event: &Event) -> ControlFlow<Stop> {
        match (self.0)(event) {
            ControlFlow::Continue(()) => ControlFlow::Continue(()),
            ControlFlow::Break(()) => ControlFlow::Break(Stop::Interrupted),
        }
    }
}

impl<'a> SolveOptions<'a> {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The exact method; [`Method::Auto`] by default.
    #[must_use]
    pub fn method(self, method: Method) -> Self {
        Self { method, ..self }
    }

    /// The time for solving and judging together. The answer is then the best so far, with its true
    /// bracket and [`Termination::TimeLimit`](super::Termination::TimeLimit).
    #[must_use]
    pub fn time_limit(self, limit: Duration) -> Self {
        Self { time_limit: Some(limit), ..self }
    }

    /// Bytes that a method may take beside the problem, by the estimate of [`memory`](super::memory).
    /// [`Method::Auto`] takes [`Method::Shortlist`] if the table of costs does not fit.
    #[must_use]
    pub fn memory_limit(self, bytes: u64) -> Self {
        Self { memory_limit: Some(bytes), ..self }
    }

    /// Runs on a rayon pool of so many threads of its own: 1 is serial. By default the run takes
    /// the pool that it is called in: the global one, or that of
    /// [`ThreadPool::install`](rayon::ThreadPool::install). The answer has the same bits for any
    /// number of threads.
    #[must_use]
    pub fn threads(self, threads: usize) -> Self {
        Self { threads: Some(threads.max(1)), ..self }
    }

    /// The number of pivots (augmentations, passes) after which the run ends with
    /// [`Termination::IterationLimit`](super::Termination::IterationLimit).
    #[must_use]
    pub fn iteration_limit(self, limit: u64) -> Self {
        Self { iteration_limit: Some(limit), ..self }
    }

    /// Arcs whose reduced cost is above `-tolerance`, in units of cost, do not enter the basis, for
    /// costs that are noise below it. The plan is then optimal up to `tolerance` times the total mass,
    /// which the certificate states, and the run ends with
    /// [`Termination::ToleranceReached`](super::Termination::ToleranceReached). 0 by default. Read by the
    /// simplex methods.
    #[must_use]
    pub fn entering_tolerance(self, tolerance: f64) -> Self {
        Self { entering_tolerance: tolerance, ..self }
    }

    /// Potentials of a similar problem, from which the simplex methods and Sinkhorn start; only g is
    /// read. The answer is as exact as without. Points in up to three dimensions that are solved
    /// at several resolutions need [`SolveOptions::start_plan`] beside it: else they are solved as without.
    #[must_use]
    pub fn start(self, potentials: &'a Potentials) -> Self {
        Self { start: Some(potentials), ..self }
    }

    /// The plan of a similar problem, whose cells the first basis of the simplex methods takes; the
    /// masses may differ. Best beside [`SolveOptions::start`]: alone, points in up to three dimensions
    /// that are solved at several resolutions are solved as without. The answer is as exact as without.
    #[must_use]
    pub fn start_plan(self, plan: &'a TransportPlan) -> Self {
        Self { start_plan: Some(plan), ..self }
    }

    /// Starts from the plan and the potentials of the answer to a similar problem:
    ///
    /// ```
    /// use deblais::ndarray::array;
    /// use deblais::{Euclidean, OtProblem, SolveOptions};
    ///
    /// let y = array![[2.0, 0.0], [5.0, 1.0]];
    /// let before = OtProblem::new(&array![[0.0, 0.0], [1.0, 0.0]], &y, Euclidean)?.solve()?;
    /// let problem = OtProblem::new(&array![[0.1, 0.0], [1.1, 0.0]], &y, Euclidean)?;
    /// let after = problem.solve_with(&SolveOptions::new().start_from(&before))?;
    /// assert!(after.certificate().is_optimal());
    /// # Ok::<(), deblais::DistanceError>(())
    /// ```
    #[must_use]
    pub fn start_from(self, answer: &'a Transport) -> Self {
        self.start(answer.potentials()).start_plan(answer.plan())
    }

    /// A flag that stops the run once it is true, such as one set by a signal handler. The answer is
    /// the best so far.
    #[must_use]
    pub fn stop_flag(self, flag: &'a AtomicBool) -> Self {
        Self { stop_flag: Some(flag), ..self }
    }

    /// A function that is called now and then, several times a second in general;
    /// [`ControlFlow::Break`] stops the run. The answer is the best so far.
    #[must_use]
    pub fn progress(self, callback: impl FnMut(&Event) -> ControlFlow<()> + Send + 'a) -> Self {
        self.observer(Callback(callback))
    }

    /// An [`Observer`] in the place of the function of [`SolveOptions::progress`].
    #[must_use]
    pub fn observer(self, observer: impl Observer + 'a) -> Self {
        Self { observer: Some(Mutex::new(Box::new(observer))), ..self }
    }

    /// Checks the numbers that depend on the problem.
    pub(super) fn check(&self, problem: &OtProblem) -> Result<(), SolveError> {
        let tolerance = self.entering_tolerance;
        if !(tolerance.is_finite() && tolerance >= 0.0) {
            return Err(SolveError::Tolerance { tolerance });
        }
        let (n, m) = (problem.n(), problem.m());
        if let Some(start) = self.start {
            start.check_shape((n, m))?;
        }
        if let Some(plan) = self.start_plan.filter(|plan| (plan.n(), plan.m()) != (n, m)) {
            return Err(SolveError::StartPlan { rows: plan.n(), columns: plan.m(), n, m });
        }
        Ok(())
    }

    /// The options that the simplex methods read.
    pub(super) fn simplex(&self) -> SimplexOptions<'a> {
        SimplexOptions {
            start: self.start,
            start_plan: self.start_plan,
            entering_tolerance: self.entering_tolerance,
        }
    }

    /// The method for `problem`, within the memory limit.
    pub(super) fn choose(&self, problem: &OtProblem) -> Result<Method, SolveError> {
        let is_free = self.method == Method::Auto;
        let chosen = self.method.chosen_for(problem, &self.simplex());
        let Some(limit) = self.memory_limit else { return Ok(chosen) };
        let bytes = |method| super::memory(method, problem).bytes;
        if bytes(chosen) <= limit {
            Ok(chosen)
        } else if is_free && bytes(Method::Shortlist) <= limit {
            Ok(Method::Shortlist)
        } else {
            let method = chosen.solver(problem).name();
            Err(SolveError::Memory { method, bytes: bytes(chosen), limit })
        }
    }

    /// Runs `work` on the threads that are asked for.
    pub(super) fn on_threads<T: Send>(
        &self,
        work: impl FnOnce() -> T + Send,
    ) -> Result<T, ThreadsError> {
        let Some(threads) = self.threads else { return Ok(work()) };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.map_err(|error| ThreadsError { threads, message: error.to_string() })?;
        Ok(pool.install(work))
    }

    /// Starts the clock.
    pub(super) fn clock(&self) -> Clock {
        let start = Instant::now();
        Clock { start, end: self.time_limit.and_then(|limit| start.checked_add(limit)) }
    }

    /// Asks the flag, the limits and the observer of a run that ends at `deadline`.
    pub(super) fn watch(&self, deadline: Option<Instant>) -> OptionsObserver<'_, 'a> {
        OptionsObserver { options: self, deadline }
    }

    fn is_stopped(&self) -> bool {
        self.stop_flag.is_some_and(|flag| flag.load(Ordering::Relaxed))
    }
}

impl fmt::Debug for SolveOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SolveOptions")
            .field("method", &self.method)
            .field("time_limit", &self.time_limit)
            .field("memory_limit", &self.memory_limit)
            .field("threads", &self.threads)
            .field("iteration_limit", &self.iteration_limit)
            .field("entering_tolerance", &self.entering_tolerance)
            .finish_non_exhaustive()
    }
}

/// The threads of a pool could not be started.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("{threads} threads could not be started: {message}")]
pub struct ThreadsError {
    /// How many were asked for.
    pub threads: usize,
    /// The reason.
    pub message: String,
}

/// The start of a run and the end of its time.
#[derive(Clone, Copy)]
pub(super) struct Clock {
    pub(super) start: Instant,
    pub(super) end: Option<Instant>,
}

/// The flag, the limits and the observer of [`SolveOptions`] as one observer.
pub(super) struct OptionsObserver<'o, 'a> {
    options: &'o SolveOptions<'a>,
    deadline: Option<Instant>,
}

impl Observer for OptionsObserver<'_, '_> {
    fn observe(&mut self, event: &Event) -> ControlFlow<Stop> {
        let options = self.options;
        if options.is_stopped() {
            return ControlFlow::Break(Stop::Interrupted);
        }
        if event.iterations >= self.iteration_limit() {
            return ControlFlow::Break(Stop::IterationLimit);
        }
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return ControlFlow::Break(Stop::TimeLimit);
        }
        let Some(observer) = &options.observer else { return ControlFlow::Continue(()) };
        observer.lock().expect("an observer that panicked ends the run").observe(event)
    }

    fn iteration_limit(&self) -> u64 {
        self.options.iteration_limit.unwrap_or(u64::MAX)
    }
}
