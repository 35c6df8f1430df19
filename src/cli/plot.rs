//! `deblais plot`: draws a saved plan.

use std::path::PathBuf;

use clap::Args;

use super::args::{DrawArgs, ProblemArgs};
use super::failure::{Exit, Failure};
use super::inputs::{ProblemJob, input_names, one_stdin};
use super::output_files::OutputFiles;
use super::pictures::{Pictures, PlanScene};
use super::saved;

/// `deblais plot SOURCE TARGET --plan FILE --heatmap FILE`
#[derive(Debug, Args)]
#[command(
    override_usage = "deblais plot [OPTIONS] <SOURCE> <TARGET> --plan <FILE>\n       deblais plot [OPTIONS] --cost-matrix <FILE> --plan <FILE>"
)]
pub(crate) struct PlotArgs {
    #[command(flatten)]
    problem: ProblemArgs,

    /// The plan to draw: triplets i, j, mass as `emd --plan` writes them
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    plan: PathBuf,

    #[command(flatten)]
    draw: DrawArgs,

    /// No warnings on stderr
    #[arg(long, short, help_heading = "Output")]
    quiet: bool,
}

/// Validates the arguments, then runs.
pub(crate) fn run(args: PlotArgs) -> Result<Exit, Failure> {
    let PlotArgs { problem: problem_args, plan, draw, quiet } = args;
    let job = ProblemJob::new(&problem_args)?;
    let mut outputs = OutputFiles::default();
    let pictures = Pictures::new(draw, &job, &mut outputs)?;
    if pictures.is_empty() {
        return Err(Failure::usage("there is no picture to draw")
            .hint("name one by --heatmap FILE.png or --map FILE.png"));
    }
    let mut inputs = input_names(&problem_args);
    inputs.push(&plan);
    one_stdin(&inputs)?;
    outputs.check(&inputs)?;

    let mut loaded = job.load()?;
    pictures.check(&loaded)?;
    loaded.remarks.tell(quiet);
    let plan = saved::read_plan(&plan, "plan", &loaded.problem, &mut loaded.inputs, quiet)?;
    pictures.draw(&PlanScene {
        plan: &plan,
        clouds: loaded.clouds.as_ref(),
        axes: loaded.axes.as_ref(),
        diagonal: false,
        problem: &loaded.report,
        cost: (plan.cost(loaded.problem.cost()), 0.0),
        epsilon: None,
        unbalanced: None,
    })?;
    Ok(Exit::Fine)
}
