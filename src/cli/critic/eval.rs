//! `deblais critic eval`: a saved critic on other samples.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use deblais::critic::judge;
use deblais::io::{InputPath, ReadCritic, read_critic};
use deblais::report::InputReport;

use super::case::{Case, ground, text};
use super::picture::CriticPicture;
use crate::cli::args::{OutputOptions, ProblemArgs};
use crate::cli::failure::{Exit, Failure};
use crate::cli::inputs::{ProblemJob, input_names, one_stdin};
use crate::cli::output::print_report;
use crate::cli::output_files::OutputFiles;
use crate::cli::pictures::FORMATS;
use crate::cli::{use_threads, warn};

/// `deblais critic eval SOURCE TARGET --load FILE`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct EvalArgs {
    #[command(flatten)]
    problem: ProblemArgs,
    /// The critic, as `deblais critic --save` wrote it
    #[arg(long, value_name = "FILE.json", help_heading = "Critic")]
    load: PathBuf,
    /// Do not compute the exact distance to hold the estimate against
    #[arg(long, help_heading = "Output")]
    no_exact: bool,
    /// Draw the critic over the line or the plane, beside the exact potential
    #[arg(long, value_name = "FILE.png|.svg", help_heading = "Pictures")]
    plot: Option<PathBuf>,
    #[command(flatten)]
    output: OutputOptions,
}

const EXAMPLES: &str = "Examples:
  deblais critic a.csv b.csv --kind maxmin --save critic.json
  deblais critic eval held-out-a.csv held-out-b.csv --load critic.json";

/// Validates the arguments, then judges.
pub(crate) fn run(args: EvalArgs) -> Result<Exit, Failure> {
    let EvalArgs { problem: problem_args, load, no_exact, plot, output } = args;
    let problem = ProblemJob::new(&problem_args)?;
    let metric = ground(&problem)?.metric()?;
    let mut read = input_names(&problem_args);
    read.push(&load);
    one_stdin(&read)?;
    let mut outputs = OutputFiles::default();
    outputs.add("--plot", plot.as_deref(), FORMATS)?;
    outputs.check(&read)?;
    use_threads(output.threads)?;

    let origin = InputPath::from(load.as_path());
    let ReadCritic { critic: saved, checked, digest } = read_critic(&origin)?;
    if !checked {
        warn(
            &[format!("{origin}: it has no checksum, so that damage would go unnoticed")],
            output.quiet,
        );
    }
    let critic = saved.restore(metric).map_err(|error| Failure::from(error).at(&origin))?;
    let mut case = Case::load(&problem, !no_exact, &output)?;
    case.inputs.insert(
        "critic",
        InputReport {
            name: load.display().to_string(),
            rows: 1,
            bytes: digest.bytes,
            sha256: digest.sha256,
            normalized: false,
            columns: None,
            masses: None,
        },
    );
    let start = Instant::now();
    let verdict = judge(critic.as_ref(), &case.problem)?;
    case.timings.insert("judge", start.elapsed().as_secs_f64());
    let report = case.report(critic.kind(), &verdict, None);
    if let Some(path) = &plot {
        let (critic, estimate) = (critic.as_ref(), verdict.estimate);
        CriticPicture { case: &case, critic, estimate, history: &[], path }.draw(metric)?;
    }
    print_report(&output, &report, |lines| text(lines, &report, &verdict))?;
    Ok(case.exit(&verdict, None, output.quiet))
}
