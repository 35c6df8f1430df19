//! Options of a test, as one builder, and its observer.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};

use super::Statistic;
use crate::progress::{Event, Observer, Stop};
use crate::seed::Seed;

/// How [`two_sample_test_with`](super::two_sample_test_with) runs. By default: all statistics, 999
/// permutations of seed 0, none left out, the present rayon pool.
///
/// ```
/// use deblais::Euclidean;
/// use deblais::ndarray::array;
/// use deblais::seed::Seed;
/// use deblais::two_sample::{Statistic, TestOptions, two_sample_test_with};
///
/// let options = TestOptions::new()
///     .statistics([Statistic::Emd])
///     .permutations(199)
///     .seed(Seed(7))
///     .stop_after(20);
/// let (x, y) = (array![[0.0], [1.0], [2.0]], array![[0.5], [1.5]]);
/// let test = two_sample_test_with(&x, &y, Euclidean, &options)?;
/// assert!(test.statistics[0].p_value() > 0.3);
/// # Ok::<(), deblais::two_sample::TwoSampleError>(())
/// ```
pub struct TestOptions<'a> {
    pub(super) statistics: Vec<Statistic>,
    pub(super) permutations: usize,
    pub(super) seed: Seed,
    pub(super) stop_after: Option<usize>,
    pub(super) full_null: bool,
    pub(super) bandwidth: Option<f64>,
    observer: Option<Mutex<Box<dyn Observer + 'a>>>,
}

impl Default for TestOptions<'_> {
    fn default() -> Self {
        Self {
            statistics: Statistic::ALL.to_vec(),
            permutations: 999,
            seed: Seed(0),
            stop_after: None,
            full_null: false,
            bandwidth: None,
            observer: None,
        }
    }
}

impl<'a> TestOptions<'a> {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The statistics; all of [`Statistic::ALL`] by default.
    #[must_use]
    pub fn statistics(self, statistics: impl IntoIterator<Item = Statistic>) -> Self {
        Self { statistics: statistics.into_iter().collect(), ..self }
    }

    /// The number B of permutations; 999 by default. No p-value is below 1/(1 + B).
    #[must_use]
    pub fn permutations(self, count: usize) -> Self {
        Self { permutations: count, ..self }
    }

    /// The seed of the permutations.
    #[must_use]
    pub fn seed(self, seed: Seed) -> Self {
        Self { seed, ..self }
    }

    /// Ends the test of a statistic as soon as so many permutations, at least 1, are at least as large as
    /// the observed value.
    #[must_use]
    pub fn stop_after(self, count: usize) -> Self {
        Self { stop_after: Some(count.max(1)), ..self }
    }

    /// Solves every transport problem to its end, so that the null is known to rounding. By default a
    /// solve ends as soon as its bracket decides the comparison with the observed value.
    #[must_use]
    pub fn full_null(self) -> Self {
        Self { full_null: true, ..self }
    }

    /// The bandwidth σ of the MMD's kernel `exp(−‖x − y‖²/(2σ²))`, in units of length; by default the median
    /// distance between distinct pooled points.
    #[must_use]
    pub fn bandwidth(self, sigma: f64) -> Self {
        Self { bandwidth: Some(sigma), ..self }
    }

    /// An observer that is told of the permutations done, of all statistics together, and may stop the
    /// run.
    #[must_use]
    pub fn observer(self, observer: impl Observer + 'a) -> Self {
        Self { observer: Some(Mutex::new(Box::new(observer))), ..self }
    }

    /// Starts to count permutations for the observer.
    pub(super) fn watch(&self) -> Watch<'_> {
        let observe = |event: &Event| match &self.observer {
            None => ControlFlow::Continue(()),
            Some(observer) => {
                observer.lock().expect("an observer that panicked ends the run").observe(event)
            }
        };
        let of = (self.permutations * self.statistics.len()) as u64;
        Watch { observe: Box::new(observe), done: AtomicU64::new(0), of, stop: OnceLock::new() }
    }
}

impl fmt::Debug for TestOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestOptions")
            .field("statistics", &self.statistics)
            .field("permutations", &self.permutations)
            .field("seed", &self.seed)
            .field("stop_after", &self.stop_after)
            .field("full_null", &self.full_null)
            .field("bandwidth", &self.bandwidth)
            .finish_non_exhaustive()
    }
}

/// An observer that many tasks may ask.
type Observe<'o> = dyn Fn(&Event) -> ControlFlow<Stop> + Sync + 'o;

/// The observer of a run, asked by many tasks at once.
pub(super) struct Watch<'o> {
    observe: Box<Observe<'o>>,
    /// Permutations done, and those there will be, of all statistics together.
    done: AtomicU64,
    of: u64,
    stop: OnceLock<Stop>,
}

impl Watch<'_> {
    /// Counts permutations of a statistic.
    pub(super) fn count(&self, permutations: usize) {
        self.done.fetch_add(permutations as u64, Ordering::Relaxed);
    }

    /// Asks the observer, unless it has stopped the run.
    pub(super) fn ask(&self) -> ControlFlow<Stop> {
        if let Some(stop) = self.stopped() {
            return ControlFlow::Break(stop);
        }
        let done = self.done.load(Ordering::Relaxed);
        let event = Event { of: Some(self.of), ..Event::new("permutations", done) };
        let answer = (self.observe)(&event);
        if let ControlFlow::Break(stop) = answer {
            // Another task may have set it first.
            let _ = self.stop.set(stop);
        }
        answer
    }

    /// Why the observer stopped the run.
    pub(super) fn stopped(&self) -> Option<Stop> {
        self.stop.get().copied()
    }
}
