//! `deblais gan evaluate`.

use std::num::NonZeroU64;
use std::path::PathBuf;

use clap::Args;
use deblais::gan::{Trainer, noise_floor};
use deblais::io::{InputPath, SavedRun, read_checkpoint};

use super::data::{DataArgs, DataJob};
use super::exact::exact_emd;
use super::run::{CHECKPOINT, Clock, GanRun, Outcome};
use super::train::text;
use crate::cli::args::OutputOptions;
use crate::cli::failure::{Exit, Failure};
use crate::cli::output::print_report;
use crate::cli::use_threads;

/// `deblais gan evaluate FOLDER`
#[derive(Debug, Args)]
pub(super) struct EvaluateArgs {
    /// The folder that `gan train --out` filled
    folder: PathBuf,

    #[command(flatten)]
    data: DataArgs,

    #[command(flatten)]
    output: OutputOptions,
}

/// Scores the generator of a folder.
pub(super) fn run(args: EvaluateArgs) -> Result<Exit, Failure> {
    let clock = Clock::start();
    use_threads(args.output.threads)?;
    let origin = InputPath::from(args.folder.join(CHECKPOINT));
    let SavedRun { checkpoint, options } = read_checkpoint(&origin)?;
    let data = DataJob::saved(&args.data, &checkpoint.data, &options)?;
    let trainer = Trainer::resume(checkpoint, data.load()?)?;
    let floor = noise_floor(trainer.data(), &mut exact_emd)?;
    let (milestone, scores) = trainer.evaluate(&mut exact_emd)?;
    let outcome = Outcome { milestone, scores, stopped: None };
    let quiet = args.output.quiet;
    let evaluations = NonZeroU64::MIN;
    let run = GanRun { trainer, evaluations, floor, animation: None, saved_in: None, quiet, clock };
    let report = run.report(&outcome);
    print_report(&args.output, &report, |lines| text(lines, &report, &outcome))
}
