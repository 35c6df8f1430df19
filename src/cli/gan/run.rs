//! One training run with its milestones, for `gan train`, `gan compare` and `gan evaluate`.

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
use crate::cli::tell;

/// Files in the folder of a run.
pub(super) const CHECKPOINT: &str = "checkpoint.json";
pub(super) const METRICS: &str = "metrics.jsonl";

/// CPU and wall time since the start.
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

/// The last milestone of a run, and why it stopped early, if it did.
pub(super) struct Outcome {
    pub(super) milestone: Milestone,
    pub(super) scores: Scores,
    pub(super) stopped: Option<Stop>,
}

/// A training run, when it is scored, and where its state is saved.
pub(super) struct GanRun<'a> {
    pub(super) trainer: Trainer,
    /// Number of scores over the run.
    pub(super) evaluations: NonZeroU64,
    pub(super) floor: f64,
    /// Pictures on the way, if they are asked for.
    pub(super) animation: Option<TrainingAnimation>,
    /// The folder of checkpoint and metrics, if they are saved, and the options in the checkpoint.
    pub(super) saved_in: Option<(&'a Path, RunOptions)>,
    pub(super) quiet: bool,
    pub(super) clock: Clock,
}

impl GanRun<'_> {
    /// Trains to the end; scores and saves at evenly spaced steps.
    pub(super) fn train_and_score(&mut self) -> Result<Outcome, Failure> {
        let steps = self.trainer.recipe().steps;
        // More would score the same steps again.
        let evaluations = self.evaluations.get().min(steps).max(1);
        let step_of = |k| {
            let step = u128::from(k) * u128::from(steps) / u128::from(evaluations);
            u64::try_from(step).unwrap_or(steps)
        };
        let mut last = None;
        for until in (0..=evaluations).map(step_of) {
            let done = self.trainer.history().last().map(|milestone| milestone.step);
            if done.is_some_and(|done| done >= until) && until < steps {
                continue;
            }
            let stopped = self.train_with_snapshots(until)?;
            let (milestone, scores) = self.trainer.evaluate(&mut exact_emd)?;
            self.print_progress(&milestone);
            // A run without a stop scores no step in between, and the histories must not differ.
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

    /// Trains until step `until` of the generator and takes the snapshots on the way.
    fn train_with_snapshots(&mut self, until: u64) -> Result<Option<Stop>, Failure> {
        let range = self.trainer.step()..=until;
        let snapshots = self.animation.as_ref().map(|animation| animation.snapshot_steps(range));
        for step in snapshots.into_iter().flatten() {
            let stopped = self.train(step)?;
            if stopped.is_some() {
                return Ok(stopped);
            }
            if let Some(animation) = &mut self.animation {
                animation.take_snapshot(&mut self.trainer)?;
            }
        }
        self.train(until)
    }

    fn train(&mut self, until: u64) -> Result<Option<Stop>, Failure> {
        let train = |progress: &mut RunProgress| self.trainer.train(until, progress);
        Ok(RunProgress::watch(None, self.quiet, train)?.0)
    }

    /// Prints a milestone as a line on stderr.
    fn print_progress(&self, milestone: &Milestone) {
        if self.quiet {
            return;
        }
        let Milestone { step, factor, estimate, penalty, emd, modes, .. } = milestone;
        let rate = factor * self.trainer.recipe().generator.rate;
        let modes = modes.map_or(String::new(), |modes| {
            let share = 100.0 * modes.high_quality;
            format!("  modes {}/{}  high quality {share:.0} %", modes.captured, modes.of)
        });
        tell(format_args!(
            "step {step}/{}  rate {rate:.1e}  estimate {estimate:.4}  penalty {penalty:.1e}  EMD \
             {emd:.4} = {:.2} × floor {:.4}{modes}  {:.1} s CPU\n",
            self.trainer.recipe().steps,
            emd / self.floor,
            self.floor,
            self.clock.cpu()
        ));
    }

    /// The checkpoint and all milestones so far.
    fn save(&self) -> Result<(), Failure> {
        let Some((folder, options)) = &self.saved_in else { return Ok(()) };
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

    /// The report of a run.
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

/// The number of steps that fit into so many seconds of CPU, by a short trial. The number is stored
/// with the run, which can thus be repeated to the bit. The time on `clock` so far counts as spent.
pub(super) fn steps_within(
    seconds: f64,
    recipe: &Recipe,
    data: &DataJob,
    evaluations: NonZeroU64,
    clock: Clock,
) -> Result<u64, Failure> {
    const WARM_UP_STEPS: u64 = 5;
    const TRIAL_STEPS: u64 = 40;
    /// Share of the budget that is not planned: so short a trial is off by some percent.
    const RESERVED_SHARE: f64 = 0.05;
    let trial = Recipe { pretraining: 0, ..recipe.clone() };
    let mut trainer = Trainer::new(trial, data.load()?, Seed(0))?;
    trainer.train(WARM_UP_STEPS, &mut ())?;
    let start = clock.cpu();
    trainer.train(WARM_UP_STEPS + TRIAL_STEPS, &mut ())?;
    let step = (clock.cpu() - start) / TRIAL_STEPS as f64;
    let start = clock.cpu();
    trainer.evaluate(&mut exact_emd)?;
    let scoring = (clock.cpu() - start) * (evaluations.get() as f64 + 1.0);
    let left = (1.0 - RESERVED_SHARE) * seconds - clock.cpu() - scoring;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    let steps = (left / step).clamp(1.0, 1e9) as u64;
    Ok(steps.saturating_sub(recipe.pretraining).max(1))
}
