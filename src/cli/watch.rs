//! The observer of the command line: Ctrl-C, the time limit, and a progress line on a terminal.

use std::io::{IsTerminal, Write, stderr};
use std::ops::ControlFlow;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use deblais::progress::{Event, Observer, Stop};

use super::failure::Failure;

/// Set by the first Ctrl-C.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static HANDLER: OnceLock<Result<(), String>> = OnceLock::new();

/// The exit code of a process killed by an interrupt, as shells report it.
const KILLED: i32 = 130;

/// How often the progress line is redrawn.
const REDRAW: Duration = Duration::from_millis(100);

/// Watches one run.
pub(crate) struct Watch {
    start: Instant,
    deadline: Option<Instant>,
    line: Option<Line>,
}

/// The progress line on stderr.
struct Line {
    drawn: Option<Instant>,
}

impl Watch {
    /// Starts the clock. From here on the first Ctrl-C stops the run cleanly, the second kills
    /// it.
    pub(crate) fn start(limit: Option<Duration>, quiet: bool) -> Result<Self, Failure> {
        HANDLER
            .get_or_init(|| ctrlc::set_handler(on_interrupt).map_err(|error| error.to_string()))
            .as_ref()
            .map_err(|error| Failure::new(format!("Ctrl-C cannot be caught: {error}")))?;
        let start = Instant::now();
        let draws = !quiet && stderr().is_terminal();
        Ok(Self {
            start,
            deadline: limit.and_then(|limit| start.checked_add(limit)),
            line: draws.then_some(Line { drawn: None }),
        })
    }

    /// Wipes the progress line and returns the seconds since the start.
    pub(crate) fn finish(mut self) -> f64 {
        if let Some(Line { drawn: Some(_) }) = self.line.take() {
            // Nobody is hurt if the terminal has gone.
            let _ = write!(stderr(), "\r\x1b[K");
        }
        self.start.elapsed().as_secs_f64()
    }
}

fn on_interrupt() {
    if INTERRUPTED.swap(true, Ordering::SeqCst) {
        std::process::exit(KILLED);
    }
    let _ = writeln!(stderr(), "\nstopping at the best plan so far; Ctrl-C again to give it up");
}

impl Observer for Watch {
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

impl Line {
    fn draw(&mut self, event: &Event, now: Instant, start: Instant) {
        if now.duration_since(self.drawn.unwrap_or(start)) < REDRAW {
            return;
        }
        self.drawn = Some(now);
        let seconds = now.duration_since(start).as_secs_f64();
        let cost = event.cost.map_or(String::new(), |cost| format!(", cost {cost:.6}"));
        let _ = write!(
            stderr(),
            "\r\x1b[K{}: {} iterations{cost}, {seconds:.1} s",
            event.phase,
            event.iterations
        );
        let _ = stderr().flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // One test, for the interrupt is a flag of the whole process.
    #[test]
    fn the_time_limit_and_the_interrupt_stop_a_run() {
        let event = Event::new("pivoting", 1);
        let mut none = Watch::start(None, true).unwrap();
        assert_eq!(none.observe(&event), ControlFlow::Continue(()));
        let mut zero = Watch::start(Some(Duration::ZERO), true).unwrap();
        assert_eq!(zero.observe(&event), ControlFlow::Break(Stop::TimeLimit));
        on_interrupt();
        assert_eq!(none.observe(&event), ControlFlow::Break(Stop::Interrupted));
    }
}
