//! The common steps of the studies: check, compute, draw into a folder, report.

use std::time::Instant;

use clap::Args;
use deblais::report::Report;
use serde::Serialize;

use super::folder::{Folder, OutArgs};
use crate::cli::args::OutputOptions;
use crate::cli::failure::{Exit, Failure};
use crate::cli::output::print_report;
use crate::cli::text::Lines;
use crate::cli::use_threads;

/// The arguments of a study, and those that all studies have.
#[derive(Debug, Args)]
pub(super) struct StudyArgs<A: Args> {
    #[command(flatten)]
    study: A,
    #[command(flatten)]
    out: OutArgs,
    #[command(flatten)]
    output: OutputOptions,
}

/// A study whose arguments are checked and whose inputs are read.
pub(super) trait Study: Sized {
    /// The name of the folder and of the files in it.
    const NAME: &'static str;
    /// Its own arguments.
    type Args: Args;
    /// The result of the computation.
    type Answer;
    /// The report of the result.
    type Findings: Serialize;

    /// Checks the arguments and reads the inputs. Nothing is left behind if that fails.
    fn new(args: Self::Args, quiet: bool) -> Result<Self, Failure>;

    /// The answer, and the seconds it took.
    fn compute(&self, quiet: bool) -> Result<(Self::Answer, f64), Failure>;

    /// Writes pictures and tables.
    fn draw(&self, answer: &Self::Answer, folder: &Folder) -> Result<(), Failure>;

    /// The report of an answer, and of the seconds that it and its pictures took.
    fn report(&self, answer: &Self::Answer, seconds: [f64; 2]) -> Report<Self::Findings>;

    /// The report for people.
    fn text(&self, lines: &mut Lines, told: Told<'_, Self>);

    /// How it went; a claim that does not hold is warned of.
    fn exit(&self, answer: &Self::Answer, quiet: bool) -> Exit;
}

/// An answer, its report, and the folder that both are in.
pub(super) struct Told<'a, S: Study> {
    pub(super) answer: &'a S::Answer,
    pub(super) report: &'a Report<S::Findings>,
    pub(super) folder: &'a Folder,
}

/// Carries a study out.
pub(super) fn run<S: Study>(args: StudyArgs<S::Args>) -> Result<Exit, Failure> {
    let StudyArgs { study, out, output } = args;
    use_threads(output.threads)?;
    let study = S::new(study, output.quiet)?;
    let folder = out.folder(S::NAME)?;
    let (answer, compute) = study.compute(output.quiet)?;
    let start = Instant::now();
    study.draw(&answer, &folder)?;
    let report = study.report(&answer, [compute, start.elapsed().as_secs_f64()]);
    folder.json(&report)?;
    let told = Told { answer: &answer, report: &report, folder: &folder };
    print_report(&output, &report, |lines| study.text(lines, told))?;
    Ok(study.exit(&answer, output.quiet))
}
