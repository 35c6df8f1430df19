//! `deblais gan evaluate`.

use std::num::NonZeroU64;
use std::path::PathBuf;

use clap::Args;
use deblais::gan::{Trainer, noise_floor};
use deblais::io::{InputPath, SavedRun, read_checkpoint};

use super::data::{DataArgs, DataJob};
use super::exact::exact_emd;
use super::run::{CHECKPOINT, Clock, Outcome, Run};
use super::train::text;
use crate::cli::answer::answer;
use crate::cli::args::TalkArgs;
use crate::cli::failure::{Exit, Failure};
use crate::cli::use_threads;

/// `deblais gan evaluate FOLDER`
#[derive(Debug, Args)]
pub(super) struct EvaluateArgs {
    /// The folder that `gan train --out` filled
    folder: PathBuf,

    #[command(flatten)]
    data: DataArgs,

    #[command(flatten)]
    talk: TalkArgs,
}

/// Scores the generator of a folder.
pub(super) fn run(args: EvaluateArgs) -> Result<Exit, Failure> {
    let clock = Clock::start();
    use_threads(args.talk.threads)?;
    let origin = InputPath::from(args.folder.join(CHECKPOINT));
    let SavedRun { checkpoint, options } = read_checkpoint(&origin)?;
    let data = DataJob::saved(&args.data, &checkpoint.data, &options)?;
    let trainer = Trainer::resume(checkpoint, data.load()?)?;
    let floor = noise_floor(trainer.data(), &mut exact_emd)?;
    let (milestone, scores) = trainer.evaluate(&mut exact_emd)?;
    let outcome = Outcome { milestone, scores, stopped: None };
    let quiet = args.talk.quiet;
    let evaluations = NonZeroU64::MIN;
    let run = Run { trainer, evaluations, floor, film: None, kept: None, quiet, clock };
    let report = run.report(&outcome);
    answer(&args.talk, &report, |lines| text(lines, &report, &outcome))
}
