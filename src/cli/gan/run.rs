//! One run with its milestones: what `gan train` and `gan compare` have in common.

use std::num::NonZeroU64;
use std::path::Path;
use std::time::Instant;

use cpu_time::ProcessTime;
use deblais::gan::{Milestone, Recipe, Scores, Trainer};
use deblais::io::atomic::write_atomically;
use deblais::io::{RunOptions, write_checkpoint};
use deblais::progress::Stop;
use deblais::report::{GAN_SCHEMA, GanReport, Report};
use deblais::seed::Seed;

use super::animation::TrainingAnimation;
use super::data::DataJob;
use super::exact::{METHOD, exact_emd};
use crate::cli::failure::Failure;
use crate::cli::progress_line::RunProgress;

/// Files in the folder of a run.
pub(super) const CHECKPOINT: &str = "checkpoint.json";
pub(super) const METRICS: &str = "metrics.jsonl";

/// CPU and wall since the start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    cpu: ProcessTime,
    wall: Instant,
}

impl Clock {
    pub(super) fn start() -> Self {
        Self { cpu: ProcessTime::now(), wall: Instant::now() }
    }

    /// Seconds that the process has computed, all threads together.
    pub(super) fn cpu(&self) -> f64 {
        self.cpu.elapsed().as_secs_f64()
    }

    pub(super) fn wall(&self) -> f64 {
        self.wall.elapsed().as_secs_f64()
    }
}

/// How a run came out.
pub(super) struct Outcome {
    pub(super) milestone: Milestone,
    pub(super) scores: Scores,
    pub(super) stopped: Option<Stop>,
}

/// A run and how it is to be followed.
pub(super) struct GanRun<'a> {
    pub(super) trainer: Trainer,
    /// Scores over the run.
    pub(super) evaluations: NonZeroU64,
    pub(super) floor: f64,
    /// Pictures on the way, if they are asked for.
    pub(super) animation: Option<TrainingAnimation>,
    /// Where checkpoints and metrics go, if anywhere, and the options that go with them.
    pub(super) kept: Option<(&'a Path, RunOptions)>,
    pub(super) quiet: bool,
    pub(super) clock: Clock,
}

impl GanRun<'_> {
    /// Trains to the end, scoring on the way.
    pub(super) fn go(&mut self) -> Result<Outcome, Failure> {
        let steps = self.trainer.recipe().steps;
        // More would score the same steps again.
        let evaluations = self.evaluations.get().min(steps).max(1);
        let place = |k| {
            let place = u128::from(k) * u128::from(steps) / u128::from(evaluations);
            u64::try_from(place).unwrap_or(steps)
        };
        let mut last = None;
        for until in (0..=evaluations).map(place) {
            let done = self.trainer.history().last().map(|milestone| milestone.step);
            if done.is_some_and(|done| done >= until) && until < steps {
                continue;
            }
            let stopped = self.reach(until)?;
            let (milestone, scores) = self.trainer.evaluate(&mut exact_emd)?;
            self.tell(&milestone);
            // Between two places a run is not what one without a stop would have recorded.
            if stopped.is_none() && done.is_none_or(|done| done < until) {
                self.trainer.record(milestone);
            }
            self.save()?;
            last = Some(Outcome { milestone, scores, stopped });
            if stopped.is_some() {
                break;
            }
        }
        last.ok_or_else(|| Failure::new("there is nothing to train").hint("set steps above 0"))
    }

    /// Trains until then, with the pictures up to there.
    fn reach(&mut self, until: u64) -> Result<Option<Stop>, Failure> {
        let range = self.trainer.step()..=until;
        let places = self.animation.as_ref().map(|animation| animation.places(range));
        for place in places.into_iter().flatten() {
            let stopped = self.train(place)?;
            if stopped.is_some() {
                return Ok(stopped);
            }
            if let Some(animation) = &mut self.animation {
                animation.shoot(&mut self.trainer)?;
            }
        }
        self.train(until)
    }

    fn train(&mut self, until: u64) -> Result<Option<Stop>, Failure> {
        let train = |progress: &mut RunProgress| self.trainer.train(until, progress);
        Ok(RunProgress::watch(None, self.quiet, train)?.0)
    }

    /// A line of progress.
    fn tell(&self, milestone: &Milestone) {
        if self.quiet {
            return;
        }
        let Milestone { step, factor, estimate, penalty, emd, modes, .. } = milestone;
        let rate = factor * self.trainer.recipe().generator.rate;
        let modes = modes.map_or(String::new(), |modes| {
            let share = 100.0 * modes.high_quality;
            format!("  modes {}/{}  high quality {share:.0} %", modes.captured, modes.of)
        });
        eprintln!(
            "step {step}/{}  rate {rate:.1e}  estimate {estimate:.4}  penalty {penalty:.1e}  EMD \
             {emd:.4} = {:.2} × floor {:.4}{modes}  {:.1} s CPU",
            self.trainer.recipe().steps,
            emd / self.floor,
            self.floor,
            self.clock.cpu()
        );
    }

    /// The checkpoint and all milestones so far.
    fn save(&self) -> Result<(), Failure> {
        let Some((folder, options)) = &self.kept else { return Ok(()) };
        write_checkpoint(&folder.join(CHECKPOINT), &self.trainer.checkpoint(), options)?;
        write_atomically(&folder.join(METRICS), |out| {
            for milestone in self.trainer.history() {
                serde_json::to_writer(&mut *out, milestone)?;
                writeln!(out)?;
            }
            Ok(())
        })?;
        Ok(())
    }

    /// The report of how it came out.
    pub(super) fn report(&self, outcome: &Outcome) -> Report<GanReport> {
        let run = (self.trainer.recipe(), self.trainer.seed().0, self.trainer.data());
        let scored = (&outcome.milestone, &outcome.scores);
        let findings = GanReport::new(run, scored, (METHOD, self.floor), outcome.stopped);
        Report {
            timings: [("cpu", self.clock.cpu()), ("wall", self.clock.wall())].into(),
            ..Report::new(GAN_SCHEMA, findings)
        }
    }
}

/// How many steps fit into so many seconds of CPU, by a short trial: so the number is known, and
/// with it the run can be repeated to the bit. What `clock` has seen so far counts as spent.
pub(super) fn steps_within(
    seconds: f64,
    recipe: &Recipe,
    data: &DataJob,
    evaluations: NonZeroU64,
    clock: Clock,
) -> Result<u64, Failure> {
    const WARM: u64 = 5;
    const TRIAL: u64 = 40;
    /// Of the budget: so short a trial is off by some percent.
    const KEPT_BACK: f64 = 0.05;
    let trial = Recipe { pretraining: 0, ..recipe.clone() };
    let mut trainer = Trainer::new(trial, data.load()?, Seed(0))?;
    trainer.train(WARM, &mut ())?;
    let start = clock.cpu();
    trainer.train(WARM + TRIAL, &mut ())?;
    let step = (clock.cpu() - start) / TRIAL as f64;
    let start = clock.cpu();
    trainer.evaluate(&mut exact_emd)?;
    let scoring = (clock.cpu() - start) * (evaluations.get() as f64 + 1.0);
    let left = (1.0 - KEPT_BACK) * seconds - clock.cpu() - scoring;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    let steps = (left / step).clamp(1.0, 1e9) as u64;
    Ok(steps.saturating_sub(recipe.pretraining).max(1))
}
