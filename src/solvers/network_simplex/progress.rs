//! What a run tells its observer: how many pivots it has done, on which level, and between which
//! bounds the optimum lies.

use crate::solvers::fixed_point::CostNumber;
use std::ops::ControlFlow;
use std::sync::{Mutex, OnceLock};

use rayon::prelude::*;

use crate::progress::{Event, Observer, Stop};

/// The observer, and what it is told next.
pub(super) struct Progress<'a> {
    observer: &'a mut dyn Observer,
    pub(super) event: Event,
    /// The cost of a unit of flow at a unit of price.
    pub(super) unit: f64,
}

impl<'a> Progress<'a> {
    pub(super) fn new(observer: &'a mut dyn Observer) -> Self {
        Self { observer, event: Event::new("pivoting", 0), unit: 0.0 }
    }

    /// Those of a run on another problem that resembles this one: pivots go on being counted.
    pub(super) fn of_smaller(&mut self) -> Progress<'_> {
        let event = Event::new("pivoting", self.event.iterations);
        Progress { observer: &mut *self.observer, event, unit: 0.0 }
    }

    pub(super) fn pivots(&self) -> u64 {
        self.event.iterations
    }

    /// Counts a pivot that changes so much flow by this reduced cost.
    pub(super) fn count_pivot(&mut self, flow: i128, reduced: impl CostNumber) {
        self.event.iterations += 1;
        if let (Some(cost), true) = (&mut self.event.cost, flow > 0) {
            *cost += reduced.of_flow(flow) * self.unit;
        }
    }

    pub(super) fn observe(&mut self) -> ControlFlow<Stop> {
        self.observer.observe(&self.event)
    }

    /// Enters a phase, and lets tasks that run at the same time ask the observer.
    pub(super) fn during(&mut self, phase: &'static str) -> SharedObserver<'_> {
        self.event.phase = phase;
        let stop = OnceLock::new();
        SharedObserver { event: self.event, observer: Mutex::new(&mut *self.observer), stop }
    }
}

/// The same for tasks that run at the same time.
pub(super) struct SharedObserver<'a> {
    observer: Mutex<&'a mut dyn Observer>,
    event: Event,
    /// What the observer said when it stopped the run.
    stop: OnceLock<Stop>,
}

impl Observer for &SharedObserver<'_> {
    /// Asks for all who take part; their own events are not shown.
    fn observe(&mut self, _: &Event) -> ControlFlow<Stop> {
        SharedObserver::observe(self)
    }
}

impl SharedObserver<'_> {
    /// What `task` makes of each number below `count`, in order, unless the observer says stop.
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
            // Whoever was first said so.
            let _ = self.stop.set(stop);
        }
        answer
    }
}
