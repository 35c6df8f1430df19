//! Events of a run for its observer: pivots, level, cost and lower bound.

use crate::solvers::fixed_point::CostNumber;
use std::ops::ControlFlow;
use std::sync::{Mutex, OnceLock};

use rayon::prelude::*;

use crate::progress::{Event, Observer, Stop};

/// Pivots between two events for the observer: few enough to stop in time.
const PIVOTS_PER_EVENT: u64 = 1024;

/// The observer, and the next event.
pub(super) struct Progress<'a> {
    observer: &'a mut dyn Observer,
    pub(super) event: Event,
    /// The cost of a unit of flow at a unit of price.
    pub(super) unit: f64,
    /// Pivots from which on the observer is asked at each.
    limit: u64,
}

impl<'a> Progress<'a> {
    pub(super) fn new(observer: &'a mut dyn Observer) -> Self {
        let limit = observer.iteration_limit();
        Self { observer, event: Event::new("pivoting", 0), unit: 0.0, limit }
    }

    /// Progress of a run on a smaller problem, which continues the count of pivots.
    pub(super) fn of_smaller(&mut self) -> Progress<'_> {
        let event = Event::new("pivoting", self.event.iterations);
        Progress { observer: &mut *self.observer, event, unit: 0.0, limit: self.limit }
    }

    /// Whether the pivots are limited.
    pub(super) fn has_limit(&self) -> bool {
        self.limit < u64::MAX
    }

    /// Whether the observer is to be asked after the last pivot.
    pub(super) fn is_event_due(&self) -> bool {
        let pivots = self.event.iterations;
        pivots.is_multiple_of(PIVOTS_PER_EVENT) || pivots >= self.limit
    }

    pub(super) fn pivots(&self) -> u64 {
        self.event.iterations
    }

    /// Counts a pivot that changes `flow` units at the given reduced cost.
    pub(super) fn count_pivot(&mut self, flow: i128, reduced: impl CostNumber) {
        self.event.iterations += 1;
        if let (Some(cost), true) = (&mut self.event.cost, flow > 0) {
            *cost += reduced.of_flow(flow) * self.unit;
        }
    }

    pub(super) fn observe(&mut self) -> ControlFlow<Stop> {
        self.observer.observe(&self.event)
    }

    /// Begins a phase whose parallel tasks ask the observer.
    pub(super) fn during(&mut self, phase: &'static str) -> SharedObserver<'_> {
        self.event.phase = phase;
        let stop = OnceLock::new();
        SharedObserver { event: self.event, observer: Mutex::new(&mut *self.observer), stop }
    }
}

/// The observer of parallel tasks.
pub(super) struct SharedObserver<'a> {
    observer: Mutex<&'a mut dyn Observer>,
    event: Event,
    /// The reason for which the observer stopped the run.
    stop: OnceLock<Stop>,
}

impl Observer for &SharedObserver<'_> {
    /// Asks with the event of the whole run; events of single tasks are not reported.
    fn observe(&mut self, _: &Event) -> ControlFlow<Stop> {
        SharedObserver::observe(self)
    }
}

impl SharedObserver<'_> {
    /// Maps the numbers below `count` by `task`, in parallel and in order, until the observer stops it.
    pub(super) fn tasks<S, T: Send>(
        &self,
        count: usize,
        state: impl Fn() -> S + Send + Sync,
        task: impl Fn(&mut S, usize) -> T + Send + Sync,
    ) -> ControlFlow<Stop, Vec<T>> {
        let one = |state: &mut S, k| match self.observe() {
            ControlFlow::Continue(()) => Ok(task(state, k)),
            ControlFlow::Break(stop) => Err(stop),
        };
        let made = (0..count).into_par_iter().map_init(state, one);
        match made.collect() {
            Ok(made) => ControlFlow::Continue(made),
            Err(stop) => ControlFlow::Break(stop),
        }
    }

    /// Asks the observer whether the time is up.
    pub(super) fn is_over(&self) -> bool {
        self.observe().is_break()
    }

    /// Whether the observer stopped the run.
    pub(super) fn stopped(&self) -> ControlFlow<Stop> {
        self.stop.get().map_or(ControlFlow::Continue(()), |&stop| ControlFlow::Break(stop))
    }

    fn observe(&self) -> ControlFlow<Stop> {
        self.stopped()?;
        let mut observer = self.observer.lock().expect("an observer that panicked ends the run");
        let answer = observer.observe(&self.event);
        if let ControlFlow::Break(stop) = answer {
            // Another task may have set it first.
            let _ = self.stop.set(stop);
        }
        answer
    }
}
