//! `deblais gan train`: a run from its first step or from its checkpoint, and its files.

use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use clap::Args;
use deblais::gan::{Nearest, Recipe, Trainer, noise_floor};
use deblais::io::atomic::write_atomically;
use deblais::io::{InputPath, RunOptions, SavedRun, read_checkpoint};
use deblais::report::{GanReport, Report, Timings, write_json};
use deblais::seed::Seed;
use deblais::tolerance;

use super::animation::TrainingAnimation;
use super::data::{DataArgs, DataJob};
use super::exact::exact_emd;
use super::run::{CHECKPOINT, Clock, GanRun, Outcome, steps_within};
use super::sample::write_points;
use super::{picture, recipes};
use crate::cli::args::OutputOptions;
use crate::cli::failure::{Exit, Failure};
use crate::cli::ground::Seconds;
use crate::cli::output::print_report;
use crate::cli::output_files::make_out;
use crate::cli::text::{Lines, bracket, supported};
use crate::cli::use_threads;

/// Points in `samples.csv`.
const SAMPLES: usize = 1000;

/// `deblais gan train --recipe NAME --data NAME --out FOLDER`
#[derive(Debug, Args)]
pub(super) struct TrainGanArgs {
    /// A recipe of `gan recipes`, or a file that ends in .toml
    #[arg(long, value_name = "NAME|FILE", default_value = "wgan-gp")]
    recipe: String,

    #[command(flatten)]
    data: DataArgs,

    #[command(flatten)]
    training: GanTrainingArgs,

    /// Where all draws come from
    #[arg(long, default_value_t = 0, help_heading = "Training")]
    seed: u64,

    /// The folder for checkpoint.json, metrics.jsonl, summary.json, samples.csv and the pictures
    #[arg(long, value_name = "FOLDER", help_heading = "Output")]
    out: PathBuf,

    /// Draw a picture every so many steps of the generator into the folder snapshots, and all of
    /// them as training.gif; data in the plane or digits
    #[arg(long, value_name = "N", help_heading = "Output")]
    snapshot: Option<NonZeroU64>,

    /// Go on with the run in the folder of --out, as if it had not been interrupted, with all its
    /// options
    #[arg(long, help_heading = "Output", conflicts_with_all = ["recipe", "changes", "steps", "time", "seed"])]
    resume: bool,

    #[command(flatten)]
    output: OutputOptions,
}

/// Changes of a recipe, and how long it is followed.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Training")]
pub(super) struct GanTrainingArgs {
    /// Change a field of the recipe, such as critic.width=64
    #[arg(long = "set", value_name = "FIELD=VALUE")]
    pub(super) changes: Vec<String>,

    /// Steps of the generator (default: the recipe's)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=Recipe::MAX_STEPS))]
    pub(super) steps: Option<u64>,

    /// As many steps as fit into this time of CPU, scores included: seconds, or 30s, 2m
    #[arg(long, value_name = "TIME", conflicts_with = "steps")]
    pub(super) time: Option<Seconds>,

    /// How often the generator is scored and saved over the run (default: 20)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=Recipe::MAX_STEPS))]
    evaluations: Option<u64>,
}

impl GanTrainingArgs {
    /// How often the generator is scored.
    pub(super) fn evaluations(&self) -> NonZeroU64 {
        let default = RunOptions::default().evaluations;
        self.evaluations.and_then(NonZeroU64::new).unwrap_or(default)
    }

    /// The recipe with its changes and its number of steps.
    pub(super) fn recipe(
        &self,
        name: &str,
        data: &DataJob,
        clock: Clock,
    ) -> Result<Recipe, Failure> {
        let mut recipe = recipes::read(name, &self.changes)?;
        if let Some(steps) = self.steps {
            recipe.steps = steps;
        }
        if let Some(Seconds(seconds)) = self.time {
            recipe.steps = steps_within(seconds, &recipe, data, self.evaluations(), clock)?;
        }
        Ok(recipe)
    }
}

/// Trains from the first step, or from the checkpoint with `--resume`.
pub(super) fn run(args: TrainGanArgs) -> Result<Exit, Failure> {
    let clock = Clock::start();
    use_threads(args.output.threads)?;
    let (trainer, options) = if args.resume { resumed_run(&args)? } else { new_run(&args, clock)? };
    let animation =
        options.snapshot.map(|every| TrainingAnimation::new(args.out.clone(), every, &trainer));
    let animation = animation.transpose()?;
    make_out(&args.out)?;
    if let Some(animation) = &animation {
        make_out(&animation.snapshots())?;
    }
    let floor = noise_floor(trainer.data(), &mut exact_emd)?;
    let mut run = GanRun {
        trainer,
        evaluations: options.evaluations,
        floor,
        animation,
        saved_in: Some((&args.out, options)),
        quiet: args.output.quiet,
        clock,
    };
    let outcome = run.train_and_score()?;
    let report = run.report(&outcome);
    write_files(&args.out, &run, &report)?;
    print_report(&args.output, &report, |lines| text(lines, &report, &outcome))?;
    Ok(if outcome.stopped.is_some() { Exit::Stopped } else { Exit::Fine })
}

/// A run from its first step.
fn new_run(args: &TrainGanArgs, clock: Clock) -> Result<(Trainer, RunOptions), Failure> {
    let data = DataJob::new(&args.data)?;
    // A recipe that is wrong is told before any data are read.
    recipes::read(&args.recipe, &args.training.changes)?;
    if args.out.join(CHECKPOINT).exists() {
        return Err(Failure::usage(format!(
            "--out {}: there is a run already",
            args.out.display()
        ))
        .hint("go on with it by --resume, or name another folder"));
    }
    let loaded = data.load_and_tell(args.output.quiet)?;
    let recipe = args.training.recipe(&args.recipe, &data, clock)?;
    let options =
        RunOptions { snapshot: args.snapshot, ..args.data.options(args.training.evaluations()) };
    Ok((Trainer::new(recipe, loaded, Seed(args.seed))?, options))
}

/// A run from its checkpoint. Options that are given again must be those it was begun with.
fn resumed_run(args: &TrainGanArgs) -> Result<(Trainer, RunOptions), Failure> {
    let origin = InputPath::from(args.out.join(CHECKPOINT));
    let SavedRun { checkpoint, options } = read_checkpoint(&origin)?;
    let shown = |n: NonZeroU64| n.to_string();
    let asked = args.data.options(args.training.evaluations());
    let given = args.training.evaluations.map(|_| shown(asked.evaluations));
    check_unchanged("--evaluations", given, Some(shown(options.evaluations)))?;
    check_unchanged("--snapshot", args.snapshot.map(shown), options.snapshot.map(shown))?;
    check_unchanged("--columns", asked.columns, options.columns.clone())?;
    check_unchanged("--where", asked.filter, options.filter.clone())?;
    let shown = |rows: usize| rows.to_string();
    check_unchanged("--held-out", asked.held_out.map(shown), options.held_out.map(shown))?;
    let data = DataJob::saved(&args.data, &checkpoint.data, &options)?;
    Ok((Trainer::resume(checkpoint, data.load()?)?, options))
}

/// Refuses a flag whose value differs from that with which the run was begun.
fn check_unchanged(
    flag: &str,
    given: Option<String>,
    begun: Option<String>,
) -> Result<(), Failure> {
    let Some(given) = given.filter(|given| Some(given) != begun.as_ref()) else { return Ok(()) };
    let begun = begun.map_or(format!("without {flag}"), |begun| format!("with {flag} {begun}"));
    Err(Failure::usage(format!("{flag} {given}: the run was begun {begun}"))
        .hint("leave it out: --resume keeps all options of the run"))
}

/// Writes summary, points and pictures. They contain no times: two runs with the same steps write the
/// same files, interrupted or not.
fn write_files(folder: &Path, run: &GanRun<'_>, report: &Report<GanReport>) -> Result<(), Failure> {
    let timeless = Report { timings: Timings::new(), ..report.clone() };
    write_atomically(&folder.join("summary.json"), |out| write_json(out, &timeless))?;
    let checkpoint = run.trainer.checkpoint();
    let points = checkpoint.sample(SAMPLES, &mut run.trainer.seed().stream("sample"))?;
    write_points(&folder.join("samples.csv"), points.view())?;
    picture::samples(&folder.join("samples.png"), &run.trainer, &points, report)?;
    picture::curves(&folder.join("curves.png"), &run.trainer, run.floor)?;
    picture::weights(&folder.join("weights.png"), &run.trainer)?;
    run.animation.as_ref().map_or(Ok(()), |animation| animation.finish(&run.trainer))
}

/// The scores and settings of a run as text.
pub(super) fn text(lines: &mut Lines, report: &Report<GanReport>, outcome: &Outcome) {
    let emd = &outcome.scores.emd;
    lines.line("exact EMD", format!("{} to true points", bracket((emd.lower, emd.upper))));
    lines.certificate(emd, Some(tolerance::OPTIMAL), false);
    let floor = supported(report.noise_floor, 1e-4);
    lines.line("  noise floor", format!("{floor}: the EMD is {:.3} times that", report.ratio));
    lines.line("  points", format!("{} on each side, in standard coordinates", report.points));
    lines.line("  critic's estimate", supported(report.estimate, 1e-4));
    if let Some(modes) = &outcome.scores.modes {
        lines.line("  modes", format!("{} of {}", modes.captured, modes.of));
        lines.line("  high quality", format!("{:.1} %", 100.0 * modes.high_quality));
        lines.line("  reverse KL", format!("{:.4}", modes.reverse_kl));
    }
    if let Some(nearest) = &outcome.scores.nearest {
        let Nearest { generated, held_out } = nearest;
        lines.line("  nearest training point", format!("{generated:.4} (held out {held_out:.4})"));
    }
    if let Some(js) = outcome.scores.jensen_shannon {
        lines.line("  JS of histograms", format!("{js:.4} nats"));
    }
    lines.line("  recipe", format!("{} on {}, seed {}", report.recipe, report.data, report.seed));
    lines.line("  steps", format!("{} ({})", report.steps, report.termination.replace('_', " ")));
    if let (Some(cpu), Some(wall)) = (report.timings.get("cpu"), report.timings.get("wall")) {
        lines.line("  time", format!("{cpu:.1} s of CPU, {wall:.1} s"));
    }
}
