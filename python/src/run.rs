//! One way to run a solver: without the GIL, stopped by Ctrl-C, on threads of this process.
//!
//! Small problems are solved on the thread that calls, serially: waking another one takes longer. Larger
//! ones are solved on a pool of this process, while the calling thread asks Python for signals.
//!
//! **Fork.** A forked child has the memory of its parent, but only the thread that forked. So no global
//! pool of rayon is used, which the child would wait for without end. The calling thread is registered as
//! the only one of a pool of its own, which survives the fork with it, and pools of several threads
//! belong to the process that made them: another one makes its own.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Result as Outcome;
use std::time::{Duration, Instant};

use deblais::progress::{Event, Observer, Stop};
use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::errors::invalid;

/// Multiplications of a pass over all costs below which a problem is solved on the calling thread.
const SMALL_PASS: usize = 1 << 18;

/// How often Python is asked for signals.
const SIGNAL_INTERVAL: Duration = Duration::from_millis(20);

/// How long a run that is interrupted may take to hand over its answer.
const TIME_TO_STOP: Duration = Duration::from_millis(150);

/// Solves on so many threads (all there are without a number), where a pass over all costs takes `pass`
/// multiplications, and returns the answer as a Python object. `solve` is handed the flag that stops it.
///
/// Ctrl-C raises `KeyboardInterrupt`, whose attribute `answer` is that of the stopped run if it was ready
/// in time.
pub(crate) fn run<'py, T>(
    py: Python<'py>,
    pass: usize,
    threads: Option<usize>,
    solve: impl FnOnce(&AtomicBool) -> PyResult<T> + Send + 'static,
) -> PyResult<Bound<'py, PyAny>>
where
    T: IntoPyObject<'py> + Send + 'static,
{
    if threads == Some(0) {
        return Err(invalid("threads = 0", "pass threads=1 for a serial run, None for all cores"));
    }
    if pass <= SMALL_PASS {
        be_a_pool_of_one();
        let answer = py.detach(|| solve(&AtomicBool::new(false)))?;
        return to_python(py, answer);
    }
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let (sender, mut receiver) = sync_channel(1);
    pool(threads)?.spawn(move || {
        // The receiver may have gone away, after an interrupt.
        let _ = sender.send(catch_unwind(AssertUnwindSafe(|| solve(&flag))));
    });
    loop {
        let outcome;
        (outcome, receiver) = wait(py, receiver, SIGNAL_INTERVAL);
        if let Some(outcome) = outcome {
            return to_python(py, outcome.unwrap_or_else(|panic| resume_unwind(panic))?);
        }
        if let Err(interrupt) = py.check_signals() {
            stop.store(true, Ordering::Relaxed);
            match wait(py, receiver, TIME_TO_STOP).0 {
                Some(Ok(Ok(answer))) => {
                    interrupt.value(py).setattr("answer", to_python(py, answer)?)?;
                }
                Some(_) => {}
                // It stops at its next safe point; the next run does not wait for it.
                None => abandon_pool(threads),
            }
            return Err(interrupt);
        }
    }
}

fn to_python<'py, T: IntoPyObject<'py>>(py: Python<'py>, answer: T) -> PyResult<Bound<'py, PyAny>> {
    use pyo3::BoundObject;
    Ok(answer.into_pyobject(py).map_err(Into::into)?.into_any().into_bound())
}

/// The value received within some time, if there is one, and the receiver.
fn wait<T: Send>(
    py: Python<'_>,
    receiver: Receiver<Outcome<T>>,
    time: Duration,
) -> (Option<Outcome<T>>, Receiver<Outcome<T>>) {
    py.detach(move || match receiver.recv_timeout(time) {
        Ok(outcome) => (Some(outcome), receiver),
        Err(RecvTimeoutError::Timeout) => (None, receiver),
        Err(RecvTimeoutError::Disconnected) => unreachable!("a run sends its outcome"),
    })
}

/// Makes the calling thread the only one of a pool, once.
fn be_a_pool_of_one() {
    thread_local! {
        static ITS_POOL: Option<ThreadPool> =
            ThreadPoolBuilder::new().num_threads(1).use_current_thread().build().ok();
    }
    ITS_POOL.with(|_| ());
}

/// The pools of a process, by their number of threads; 0 stands for all there are.
struct Pools {
    process: u32,
    by_threads: Mutex<BTreeMap<usize, Arc<ThreadPool>>>,
}

/// The pool of so many threads that belongs to this process.
fn pool(threads: Option<usize>) -> PyResult<Arc<ThreadPool>> {
    let mut pools = pools().by_threads.lock().unwrap_or_else(PoisonError::into_inner);
    let threads = threads.unwrap_or(0);
    if let Some(pool) = pools.get(&threads) {
        return Ok(Arc::clone(pool));
    }
    let named = |k| format!("deblais-{k}");
    let pool = ThreadPoolBuilder::new().num_threads(threads).thread_name(named).build();
    let pool = Arc::new(pool.map_err(|error| {
        invalid(format!("{threads} threads could not be started: {error}"), "pass fewer threads")
    })?);
    pools.insert(threads, Arc::clone(&pool));
    Ok(pool)
}

/// Leaves the pool of so many threads to the run that it is at work on; the next run makes another.
fn abandon_pool(threads: Option<usize>) {
    let mut pools = pools().by_threads.lock().unwrap_or_else(PoisonError::into_inner);
    pools.remove(&threads.unwrap_or(0));
}

#[expect(unsafe_code, reason = "the pools of a process are never freed")]
fn pools() -> &'static Pools {
    static POOLS: AtomicPtr<Pools> = AtomicPtr::new(std::ptr::null_mut());
    let process = process::id();
    loop {
        let found = POOLS.load(Ordering::Acquire);
        // SAFETY: null, or made by `Box::leak` below.
        match unsafe { found.as_ref() } {
            Some(pools) if pools.process == process => return pools,
            // Those of the parent are left alone: a thread that is gone may hold their lock.
            _ => {
                let made = Box::leak(Box::new(Pools { process, by_threads: Mutex::default() }));
                let _ = POOLS.compare_exchange(found, made, Ordering::AcqRel, Ordering::Acquire);
            }
        }
    }
}

/// The observer of a run that a flag or a limit ends.
pub(crate) struct Watch<'a> {
    stop: &'a AtomicBool,
    end: Option<Instant>,
    most: u64,
}

impl<'a> Watch<'a> {
    pub(crate) fn new(stop: &'a AtomicBool, limit: Option<Duration>) -> Self {
        let end = limit.and_then(|limit| Instant::now().checked_add(limit));
        Self { stop, end, most: u64::MAX }
    }

    /// One that ends a run after so many iterations.
    pub(crate) fn counting(stop: &'a AtomicBool, most: Option<u64>) -> Self {
        Self { stop, end: None, most: most.unwrap_or(u64::MAX) }
    }
}

impl Observer for Watch<'_> {
    fn observe(&mut self, event: &Event) -> ControlFlow<Stop> {
        if event.iterations >= self.most {
            ControlFlow::Break(Stop::IterationLimit)
        } else if self.stop.load(Ordering::Relaxed) {
            ControlFlow::Break(Stop::Interrupted)
        } else if self.end.is_some_and(|end| Instant::now() >= end) {
            ControlFlow::Break(Stop::TimeLimit)
        } else {
            ControlFlow::Continue(())
        }
    }

    fn iteration_limit(&self) -> u64 {
        self.most
    }
}
