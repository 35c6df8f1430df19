//! How a long run reports and how it is stopped.
//!
//! A solver calls its [`Observer`] now and then with an [`Event`]; the answer says whether to go
//! on. Time limits and Ctrl-C are observers that answer [`ControlFlow::Break`]; the silent one
//! is `()`. A stopped run is no error: it returns its best iterate with
//! [`Termination`](crate::solvers::Termination) saying why.

use std::ops::ControlFlow;

/// What a solver is doing at the moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Event {
    /// The phase in the solver's own words, such as `"pivoting"`.
    pub phase: &'static str,
    /// Iterations done so far: pivots, augmentations, sweeps.
    pub iterations: u64,
    /// The cost of the present iterate, if it is known.
    pub cost: Option<f64>,
}

/// Why an observer stops a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stop {
    /// The time allowed is used up.
    TimeLimit,
    /// Somebody asked for it.
    Interrupted,
}

/// Receives [`Event`]s and may stop the run.
pub trait Observer: Send {
    /// Called now and then; [`ControlFlow::Break`] stops the run at the next safe point.
    fn observe(&mut self, event: &Event) -> ControlFlow<Stop>;
}

/// The silent observer: never stops anything.
impl Observer for () {
    fn observe(&mut self, _: &Event) -> ControlFlow<Stop> {
        ControlFlow::Continue(())
    }
}
