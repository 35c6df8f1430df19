//! The observer of the command line: Ctrl-C and its like, the time limit, and progress on stderr: a line that is
//! redrawn on a terminal, a line a minute in a log.

use std::io::{IsTerminal, Write, stderr};
use std::ops::ControlFlow;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use deblais::certificate::time_to_judge;
use deblais::problem::OtProblem;
use deblais::progress::{Event, Observer, Stop};

use super::failure::Failure;
use super::text::significant;

/// Set by the first Ctrl-C, termination or hangup.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static HANDLER: OnceLock<Result<(), String>> = OnceLock::new();

/// The exit code of a process killed by an interrupt, as shells report it.
const KILLED: i32 = 130;

/// How often the progress line is redrawn on a terminal, and a new one is added where stderr is
/// something else.
const REDRAW: Duration = Duration::from_millis(100);
const ADD: Duration = Duration::from_secs(60);

/// How long an answer may be judged after an interrupt while it was sought.
const GRACE: Duration = Duration::from_secs(5);

/// Watches one run.
pub(crate) struct RunProgress {
    start: Instant,
    /// When the solver is to stop, and when all is to be done.
    deadline: Option<Instant>,
    end: Option<Instant>,
    line: Option<ProgressLine>,
}

/// Progress on stderr.
struct ProgressLine {
    on_terminal: bool,
    drawn: Option<Instant>,
}

impl RunProgress {
    /// Starts the clock. From here on the first Ctrl-C, termination or hangup stops the run cleanly,
    /// the second kills it.
    pub(crate) fn start(limit: Option<Duration>, quiet: bool) -> Result<Self, Failure> {
        HANDLER
            .get_or_init(|| catch_signals().map_err(|error| error.to_string()))
            .as_ref()
            .map_err(|error| Failure::new(format!("Ctrl-C cannot be caught: {error}")))?;
        let start = Instant::now();
        let line = ProgressLine { on_terminal: stderr().is_terminal(), drawn: None };
        let end = limit.and_then(|limit| start.checked_add(limit));
        Ok(Self { start, deadline: end, end, line: (!quiet).then_some(line) })
    }

    /// Runs under a clock of its own, and returns with the answer the seconds that it took.
    pub(crate) fn watch<T, E>(
        limit: Option<Duration>,
        quiet: bool,
        run: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<(T, f64), Failure>
    where
        Failure: From<E>,
    {
        let mut progress = Self::start(limit, quiet)?;
        let answer = run(&mut progress);
        let seconds = progress.finish();
        Ok((answer?, seconds))
    }

    /// Stops the solver early enough for its answer to be judged, if there is a time limit.
    pub(crate) fn leave_time_to_judge(&mut self, problem: &OtProblem) {
        if let Some(end) = self.end {
            let limit = end.duration_since(self.start);
            let kept = time_to_judge(problem, limit);
            self.deadline = self.start.checked_add(limit.saturating_sub(kept));
        }
    }

    /// The time there is to judge the answer.
    pub(crate) fn judging(&self) -> Judging {
        let is_interrupted = INTERRUPTED.load(Ordering::Relaxed);
        let grace = is_interrupted.then(|| Instant::now() + GRACE);
        let end = [self.end, grace].into_iter().flatten().min();
        Judging { end, is_interrupted, stop: OnceLock::new() }
    }

    /// Wipes the progress line and returns the seconds since the start.
    pub(crate) fn finish(mut self) -> f64 {
        if let Some(ProgressLine { drawn: Some(_), on_terminal: true }) = self.line.take() {
            // Nobody is hurt if the terminal has gone.
            let _ = write!(stderr(), "\r\x1b[K");
        }
        self.start.elapsed().as_secs_f64()
    }
}

/// Has [`on_interrupt`] called for every signal that would end the run.
#[cfg(unix)]
fn catch_signals() -> std::io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let hangup = (!is_ignored(SIGHUP)).then_some(SIGHUP);
    let mut signals =
        signal_hook::iterator::Signals::new([SIGINT, SIGTERM].into_iter().chain(hangup))?;
    std::thread::spawn(move || signals.forever().for_each(|_| on_interrupt()));
    Ok(())
}

/// Whether a signal is ignored, as `nohup` has it, where the system tells: then it stays so.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

#[cfg(not(unix))]
fn catch_signals() -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(on_interrupt)
}

/// The time there is to judge an answer.
pub(crate) struct Judging {
    end: Option<Instant>,
    /// Whether there was an interrupt before.
    is_interrupted: bool,
    stop: OnceLock<Stop>,
}

impl Judging {
    /// Whether it is up.
    pub(crate) fn is_over(&self) -> bool {
        if INTERRUPTED.load(Ordering::Relaxed) && !self.is_interrupted {
            self.stop.get_or_init(|| Stop::Interrupted);
        } else if self.end.is_some_and(|end| Instant::now() >= end) {
            self.stop.get_or_init(|| Stop::TimeLimit);
        }
        self.stop.get().is_some()
    }

    /// Why it was up before all was done.
    pub(crate) fn stopped(&self) -> Option<Stop> {
        self.stop.get().copied()
    }
}

fn on_interrupt() {
    if INTERRUPTED.swap(true, Ordering::SeqCst) {
        std::process::exit(KILLED);
    }
    let _ = writeln!(
        stderr(),
        "\nstopping; what is done so far is judged and kept; Ctrl-C again to give it up"
    );
}

impl Observer for RunProgress {
    fn observe(&mut self, event: &Event) -> ControlFlow<Stop> {
        if INTERRUPTED.load(Ordering::Relaxed) {
            return ControlFlow::Break(Stop::Interrupted);
        }
        let now = Instant::now();
        if self.deadline.is_some_and(|deadline| now >= deadline) {
            return ControlFlow::Break(Stop::TimeLimit);
        }
        if let Some(line) = &mut self.line {
            line.draw(event, now, self.start);
        }
        ControlFlow::Continue(())
    }
}

/// The observer of one of several parts of a run, each with as many iterations as the others.
pub(crate) struct Part<'a> {
    /// Parts before this one, and all of them.
    pub(crate) number: usize,
    pub(crate) of: usize,
    pub(crate) progress: &'a mut RunProgress,
}

impl Observer for Part<'_> {
    fn observe(&mut self, event: &Event) -> ControlFlow<Stop> {
        let before = event.of.map_or(0, |of| of * self.number as u64);
        let of = event.of.map(|of| of * self.of as u64);
        self.progress.observe(&Event { iterations: before + event.iterations, of, ..*event })
    }
}

impl ProgressLine {
    fn draw(&mut self, event: &Event, now: Instant, start: Instant) {
        let pause = if self.on_terminal { REDRAW } else { ADD };
        if now.duration_since(self.drawn.unwrap_or(start)) < pause {
            return;
        }
        self.drawn = Some(now);
        let text = line(event, now.duration_since(start));
        let _ = if self.on_terminal {
            write!(stderr(), "\r\x1b[K{text}")
        } else {
            writeln!(stderr(), "{text}")
        };
        let _ = stderr().flush();
    }
}

/// An event in a line that fits a terminal of 80 columns.
fn line(event: &Event, elapsed: Duration) -> String {
    const DIGITS: usize = 5;
    let Event { phase, iterations, of, cost, level, lower } = *event;
    let seconds = elapsed.as_secs_f64();
    let level = level.map_or(String::new(), |level| {
        format!("level {} of {}, round {}: ", level.number, level.of, level.round + 1)
    });
    let done = match of {
        Some(of) => format!("{iterations} of {of}"),
        None => iterations.to_string(),
    };
    let cost = match (lower, cost) {
        (Some(lower), Some(cost)) => {
            format!(", [{}, {}]", significant(lower, DIGITS), significant(cost, DIGITS))
        }
        (_, Some(cost)) => format!(", cost {}", significant(cost, DIGITS)),
        (_, None) => String::new(),
    };
    let left = match of {
        Some(of) if iterations > 0 => {
            let rest = of.saturating_sub(iterations) as f64 / iterations as f64;
            format!(", {:.0} s left", seconds * rest)
        }
        _ => String::new(),
    };
    format!("{level}{phase} {done}{cost}, {seconds:.1} s{left}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use deblais::progress::Level;

    #[test]
    fn a_line_says_where_a_run_is_and_what_it_knows() {
        let elapsed = Duration::from_millis(8200);
        let plain = Event::new("balancing", 12);
        assert_eq!(line(&plain, elapsed), "balancing 12, 8.2 s");
        let pairs = Event { of: Some(60), ..Event::new("pairs", 20) };
        assert_eq!(line(&pairs, elapsed), "pairs 20 of 60, 8.2 s, 16 s left");
        let level = Level { number: 7, of: 7, sources: 1_000_000, targets: 999_999, round: 1 };
        let long = Event {
            level: Some(level),
            cost: Some(2.878_007e-7),
            lower: Some(2.854_474e-7),
            ..Event::new("pivoting", 9_999_999)
        };
        let text = line(&long, elapsed);
        assert_eq!(text, "level 7 of 7, round 2: pivoting 9999999, [2.8545e-7, 2.878e-7], 8.2 s");
        assert!(text.len() < 80);
    }

    // One test, for the interrupt is a flag of the whole process.
    #[test]
    fn the_time_limit_and_the_interrupt_stop_a_run() {
        let event = Event::new("pivoting", 1);
        let mut none = RunProgress::start(None, true).unwrap();
        assert_eq!(none.observe(&event), ControlFlow::Continue(()));
        let mut zero = RunProgress::start(Some(Duration::ZERO), true).unwrap();
        assert_eq!(zero.observe(&event), ControlFlow::Break(Stop::TimeLimit));
        on_interrupt();
        assert_eq!(none.observe(&event), ControlFlow::Break(Stop::Interrupted));
    }
}
