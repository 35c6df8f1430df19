//! `--snapshot`: pictures of the generator during the run, and the animation of them.

use std::fs;
use std::num::NonZeroU64;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use deblais::gan::Trainer;
use deblais::io::atomic::write_atomically;
use deblais::plot::{self, Animation, Bitmap};

use super::picture::{self, GanView};
use crate::cli::failure::Failure;

/// The folder of the pictures in that of a run, and the animation beside it.
const SNAPSHOTS: &str = "snapshots";
const TRAINING: &str = "training.gif";

/// The snapshots of a run: one every so many steps of the generator and one at the end.
pub(super) struct TrainingAnimation {
    folder: PathBuf,
    every: u64,
    /// Steps of the run.
    steps: u64,
    view: GanView,
    /// The step of the last picture.
    last: Option<u64>,
}

/// The most pictures: all of them are in memory when the animation is made.
const MOST_PICTURES: u64 = 1000;

impl TrainingAnimation {
    /// In the folder of a run.
    pub(super) fn new(
        folder: PathBuf,
        every: NonZeroU64,
        trainer: &Trainer,
    ) -> Result<Self, Failure> {
        let (every, steps) = (every.get(), trainer.recipe().steps);
        if steps / every > MOST_PICTURES {
            return Err(Failure::usage(format!(
                "--snapshot {every}: {} pictures of {steps} steps, but {MOST_PICTURES} are the most",
                steps / every
            ))
            .hint(format!("--snapshot {} would do", steps.div_ceil(MOST_PICTURES))));
        }
        let view = GanView::of(trainer)?.ok_or_else(|| {
            let dim = trainer.data().dim();
            Failure::usage(format!("--snapshot: points of {dim} coordinates cannot be looked at"))
                .hint("take data in the plane, or the digits; or leave it out")
        })?;
        Ok(Self { folder, every, steps, view, last: None })
    }

    /// The folder that its pictures need.
    pub(super) fn snapshots(&self) -> PathBuf {
        self.folder.join(SNAPSHOTS)
    }

    /// The steps in a range at which a snapshot is taken.
    pub(super) fn snapshot_steps(&self, range: RangeInclusive<u64>) -> Vec<u64> {
        let multiples = (0..=self.steps / self.every).map(|k| k * self.every);
        let end = (!self.steps.is_multiple_of(self.every)).then_some(self.steps);
        multiples.chain(end).filter(|step| range.contains(step)).collect()
    }

    /// Draws the generator as it stands, unless this step was drawn last. The picture depends on the run
    /// up to here alone: drawn again, it is the same.
    pub(super) fn take_snapshot(&mut self, trainer: &mut Trainer) -> Result<(), Failure> {
        if self.last.replace(trainer.step()) == Some(trainer.step()) {
            return Ok(());
        }
        let png = picture::frame(trainer, &self.view)?.to_png()?;
        Ok(write_atomically(&self.path(trainer.step()), |out| out.write_all(&png))?)
    }

    /// Whether there is a picture of this step.
    fn has(&self, step: u64) -> bool {
        self.path(step).exists()
    }

    /// Writes the animation of all snapshots up to here, those from before an interruption included; a
    /// run that began without `--snapshot` has none of its first part.
    pub(super) fn finish(&self, trainer: &Trainer) -> Result<(), Failure> {
        let mut steps = self.snapshot_steps(0..=trainer.step());
        steps.retain(|&step| self.has(step));
        let frame = |step: u64| {
            let path = self.path(step);
            let at = |failure: Failure| failure.at(path.display());
            let file = fs::read(&path).map_err(|error| at(Failure::new(error)))?;
            Bitmap::from_png(&file).map_err(|error| at(error.into()))
        };
        let frames = steps.into_iter().map(frame).collect::<Result<Vec<_>, Failure>>()?;
        Ok(plot::save_animation(&self.folder.join(TRAINING), &Animation::new(frames))?)
    }

    fn path(&self, step: u64) -> PathBuf {
        self.folder.join(SNAPSHOTS).join(format!("step-{step:08}.png"))
    }
}
