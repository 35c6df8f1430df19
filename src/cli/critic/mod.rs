//! `deblais critic`: a 1-Lipschitz critic beside the exact value.

mod case;
mod eval;
mod picture;
mod training;

pub(super) use training::{CriticTraining, CriticTrainingArgs, KindName};

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::{Args, Subcommand};
use deblais::cost::Metric;
use deblais::critic::{Trained, judge};
use deblais::io::{write_critic, write_history};

use super::args::{OutputOptions, ProblemArgs};
use super::failure::{Exit, Failure};
use super::ground::Seconds;
use super::inputs::{ProblemJob, input_names};
use super::output::print_report;
use super::output_files::OutputFiles;
use super::pictures::FORMATS;
use super::progress_line::RunProgress;
use super::use_threads;
use case::{Case, ground, text};
use picture::CriticPicture;

/// `deblais critic SOURCE TARGET`, `deblais critic eval …`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
#[command(subcommand_negates_reqs = true, subcommand_value_name = "COMMAND")]
pub(crate) struct CriticArgs {
    #[command(flatten)]
    train: TrainCriticArgs,
    #[command(subcommand)]
    command: Option<CriticCommand>,
}

#[derive(Debug, Subcommand)]
enum CriticCommand {
    /// Judge a saved critic on other samples, held out from its training, say
    Eval(eval::EvalArgs),
}

/// Training and judging on the same samples.
#[derive(Debug, Args)]
struct TrainCriticArgs {
    #[command(flatten)]
    problem: ProblemArgs,
    #[command(flatten)]
    training: CriticTrainingArgs,
    /// Do not compute the exact distance to hold the estimate against
    #[arg(long, help_heading = "Output")]
    no_exact: bool,
    /// Write the figures of every evaluation: step, estimate, penalty, Lipschitz bound, steepest
    /// slope
    #[arg(long, value_name = "FILE.csv", help_heading = "Output")]
    history: Option<PathBuf>,
    /// Write the critic, to be judged on other samples by `deblais critic eval`
    #[arg(long, value_name = "FILE.json", help_heading = "Output")]
    save: Option<PathBuf>,
    /// Draw the critic: over the line or the plane beside the exact potential, else its estimate
    /// against steps
    #[arg(long, value_name = "FILE.png|.svg", help_heading = "Pictures")]
    plot: Option<PathBuf>,
    #[command(flatten)]
    output: OutputOptions,
}

const EXAMPLES: &str =
    "f is high on the source and low on the target: the estimate E f(source) − E \
    f(target) is positive, and at most the distance if f is 1-Lipschitz.

Examples:
  deblais critic a.csv b.csv
  deblais critic a.csv b.csv --cost cityblock --steps 2000
  deblais critic a.csv b.csv --kind maxmin --save critic.json
  deblais critic a.csv b.csv --kind gp --lambda 10 --history gp.csv
  deblais critic a.csv b.csv --no-exact --time-limit 10s --json";

/// A validated request.
struct CriticJob {
    problem: ProblemJob,
    metric: Metric,
    flags: CriticTrainingArgs,
    limit: Option<Duration>,
    exact: bool,
    history: Option<PathBuf>,
    save: Option<PathBuf>,
    plot: Option<PathBuf>,
    output: OutputOptions,
}

/// Validates the arguments, then runs.
pub(crate) fn run(args: CriticArgs) -> Result<Exit, Failure> {
    match args.command {
        Some(CriticCommand::Eval(args)) => eval::run(args),
        None => CriticJob::new(args.train)?.run(),
    }
}

impl CriticJob {
    fn new(args: TrainCriticArgs) -> Result<Self, Failure> {
        let TrainCriticArgs {
            problem: problem_args,
            training: flags,
            no_exact,
            history,
            save,
            plot,
            output,
        } = args;
        let problem = ProblemJob::new(&problem_args)?;
        let ground = ground(&problem)?;
        flags.check(&ground)?;
        let mut outputs = OutputFiles::default();
        outputs.add("--history", history.as_deref(), &["csv"])?;
        outputs.add("--save", save.as_deref(), &["json"])?;
        outputs.add("--plot", plot.as_deref(), FORMATS)?;
        outputs.check(&input_names(&problem_args))?;
        use_threads(output.threads)?;
        Ok(Self {
            problem,
            metric: ground.metric()?,
            limit: flags.time_limit.map(Seconds::duration),
            exact: !no_exact || flags.needs_plan(),
            flags,
            history,
            save,
            plot,
            output,
        })
    }

    fn run(self) -> Result<Exit, Failure> {
        let mut case = Case::load(&self.problem, self.exact, &self.output)?;
        let (training, with_plan) =
            (self.flags.training(case.source.dim()), self.flags.needs_plan());
        let plan = case.exact.as_ref().and_then(|exact| exact.certified.plan.as_ref());
        let plan = plan.filter(|_| with_plan);
        let (Trained { critic, history, stopped }, seconds) =
            RunProgress::watch(self.limit, self.output.quiet, |progress| {
                training.train(&case.problem, plan, progress)
            })?;
        case.timings.insert("train", seconds);
        let start = Instant::now();
        let verdict = judge(critic.as_ref(), &case.problem)?;
        case.timings.insert("judge", start.elapsed().as_secs_f64());

        if with_plan {
            case.warnings.push(
                "--pairs plan takes the answer to find it: a study of the method, no evidence of \
                 agreement"
                    .into(),
            );
        }
        let steps = history.last().map_or(0, |milestone| milestone.step);
        case.settings = self.problem.settings().with(&self.flags.filled(&training));
        let report = case.report(critic.kind(), &verdict, Some((steps, stopped)));
        if let Some(path) = &self.history {
            write_history(path, &history)?;
        }
        if let Some(path) = &self.save {
            write_critic(path, &critic.saved())?;
        }
        if let Some(path) = &self.plot {
            CriticPicture {
                case: &case,
                critic: critic.as_ref(),
                estimate: verdict.estimate,
                history: &history,
                path,
            }
            .draw(self.metric)?;
        }
        print_report(&self.output, &report, |lines| text(lines, &report, &verdict))?;
        Ok(case.exit(&verdict, stopped, self.output.quiet))
    }
}
