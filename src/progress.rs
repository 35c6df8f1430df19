//! How a long run reports and how it is stopped.
//!
//! A solver calls its [`Observer`] now and then with an [`Event`]; the answer says whether to go
//! on. Time limits and Ctrl-C are observers that answer [`ControlFlow::Break`]; the silent one
//! is `()`. A stopped run is no error: it returns its best iterate with
//! [`Termination`](crate::solvers::Termination) saying why.

use std::ops::ControlFlow;

/// The state of a running solver.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Event {
    /// The phase in the solver's own words, such as `"pivoting"`.
    pub phase: &'static str,
    /// Iterations done so far: pivots, augmentations, sweeps.
    pub iterations: u64,
    /// The number of iterations there will be, if that is known.
    pub of: Option<u64>,
    /// The cost of the present iterate, if it is known.
    pub cost: Option<f64>,
    /// The resolution at which the run is, if it goes through several.
    pub level: Option<Level>,
    /// A lower bound on the optimum of the whole problem, if one is known, up to rounding; the
    /// certificate proves its own at the end.
    pub lower: Option<f64>,
}

/// One of the resolutions at which a problem is solved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// Which one, from 1, the coarsest.
    pub number: usize,
    /// How many there are.
    pub of: usize,
    /// Source points on it.
    pub sources: usize,
    /// Target points on it.
    pub targets: usize,
    /// Passes over all arcs done on it.
    pub round: u32,
}

impl Event {
    /// An event of which only the phase and the iterations done are known.
    #[must_use]
    pub fn new(phase: &'static str, iterations: u64) -> Self {
        Self { phase, iterations, of: None, cost: None, level: None, lower: None }
    }
}

/// Why an observer stops a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stop {
    /// The time allowed is used up.
    TimeLimit,
    /// The iterations allowed are used up.
    IterationLimit,
    /// Somebody asked for it.
    Interrupted,
}

/// Says whether the time is up: asked now and then, by several threads at once.
pub type IsOver<'a> = &'a (dyn Fn() -> bool + Sync);

/// The time is never up.
pub(crate) fn never() -> bool {
    false
}

/// Receives [`Event`]s and may stop the run.
pub trait Observer: Send {
    /// Called now and then; [`ControlFlow::Break`] stops the run at the next safe point.
    fn observe(&mut self, event: &Event) -> ControlFlow<Stop>;

    /// The iterations after which a solver has to ask at each one: between them it asks now and then.
    fn iteration_limit(&self) -> u64 {
        u64::MAX
    }
}

/// A borrowed observer is one.
impl<O: Observer + ?Sized> Observer for &mut O {
    fn observe(&mut self, event: &Event) -> ControlFlow<Stop> {
        (**self).observe(event)
    }

    fn iteration_limit(&self) -> u64 {
        (**self).iteration_limit()
    }
}

/// The silent observer: never stops anything.
impl Observer for () {
    fn observe(&mut self, _: &Event) -> ControlFlow<Stop> {
        ControlFlow::Continue(())
    }
}
