//! `deblais gan compare`: recipes on the same data, with the same budget and seeds.

use std::path::{Path, PathBuf};

use clap::Args;
use deblais::gan::{Milestone, Recipe, Trainer, noise_floor, rank_correlation};
use deblais::io::atomic::write_atomically;
use deblais::plot::{self, Chart, Curve, Panels, palette};
use deblais::report::{
    GAN_COMPARISON_SCHEMA, GanComparison, GanReport, GanRow, Report, write_json,
};
use deblais::seed::Seed;

use super::data::{DataArgs, DataJob};
use super::exact::exact_emd;
use super::picture::GanClouds;
use super::recipes;
use super::run::{Clock, GanRun};
use super::train::GanTrainingArgs;
use crate::cli::args::OutputOptions;
use crate::cli::failure::{Exit, Failure};
use crate::cli::output::print_report;
use crate::cli::output_files::make_out;
use crate::cli::text::Lines;
use crate::cli::{tell, use_threads};

/// Points of each recipe in the picture.
const DRAWN: usize = 1000;

/// `deblais gan compare --recipes LIST --data NAME --out FOLDER`
#[derive(Debug, Args)]
pub(super) struct CompareArgs {
    /// Names or files separated by commas, or `all`
    #[arg(long, value_name = "LIST", default_value = "all")]
    recipes: String,

    #[command(flatten)]
    data: DataArgs,

    #[command(flatten)]
    training: GanTrainingArgs,

    /// Runs of each recipe, with the seeds 0, 1, …
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..), help_heading = "Training")]
    seeds: u64,

    /// The folder for comparison.json and the pictures
    #[arg(long, value_name = "FOLDER", help_heading = "Output")]
    out: PathBuf,

    #[command(flatten)]
    output: OutputOptions,
}

/// A run that is done.
struct Finished {
    trainer: Trainer,
    report: Report<GanReport>,
}

/// Trains all of them.
pub(super) fn run(args: CompareArgs) -> Result<Exit, Failure> {
    use_threads(args.output.threads)?;
    let data = DataJob::new(&args.data)?;
    let names: Vec<&str> = match args.recipes.as_str() {
        "all" => suitable(&data)?,
        list => list.split(',').map(str::trim).collect(),
    };
    for name in &names {
        recipes::read(name, &args.training.changes)?;
    }
    make_out(&args.out)?;
    let floor = noise_floor(&data.load_and_tell(args.output.quiet)?, &mut exact_emd)?;
    let mut rows = Vec::new();
    for name in names {
        let runs = (0..args.seeds)
            .map(|seed| one(&args, &data, name, seed, floor))
            .collect::<Result<Vec<_>, _>>()?;
        rows.push(runs);
    }
    let comparison = GanComparison {
        schema: GAN_COMPARISON_SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        data: data.name.clone(),
        noise_floor: floor,
        rows: rows.iter().map(|runs| row(runs)).collect(),
        runs: rows.iter().flatten().map(|run| run.report.clone()).collect(),
    };
    write_atomically(&args.out.join("comparison.json"), |out| write_json(out, &comparison))?;
    curves(&args.out.join("comparison.png"), &rows, floor)?;
    losses(&args.out.join("losses.png"), &comparison, &rows)?;
    points(&args.out.join("samples.png"), &rows)?;
    print_report(&args.output, &comparison, |lines| text(lines, &comparison))
}

/// All recipes, but those for images only where there are some.
fn suitable(data: &DataJob) -> Result<Vec<&'static str>, Failure> {
    let mut names = Vec::new();
    for name in Recipe::names() {
        if data.has_images() || !Recipe::named(name, &[""; 0])?.has_convolutions() {
            names.push(name);
        }
    }
    Ok(names)
}

/// One recipe with one seed.
fn one(
    args: &CompareArgs,
    data: &DataJob,
    name: &str,
    seed: u64,
    floor: f64,
) -> Result<Finished, Failure> {
    let clock = Clock::start();
    let quiet = args.output.quiet;
    if !quiet {
        tell(format_args!("{name}, seed {seed}\n"));
    }
    let recipe = args.training.recipe(name, data, clock)?;
    let trainer = Trainer::new(recipe, data.load()?, Seed(seed))?;
    let evaluations = args.training.evaluations();
    let mut run =
        GanRun { trainer, evaluations, floor, animation: None, saved_in: None, quiet, clock };
    let outcome = run.train_and_score()?;
    let report = run.report(&outcome);
    Ok(Finished { trainer: run.trainer, report })
}

/// Medians over the seeds.
fn row(runs: &[Finished]) -> GanRow {
    let over =
        |value: &dyn Fn(&Finished) -> Option<f64>| median(runs.iter().filter_map(value).collect());
    let first = &runs[0].report;
    GanRow {
        recipe: first.recipe.clone(),
        seeds: runs.len(),
        steps: over(&|run| Some(run.report.steps as f64)),
        ratio: over(&|run| Some(run.report.ratio)),
        modes: over(&|run| run.report.modes.map(|modes| modes as f64)),
        high_quality: over(&|run| run.report.high_quality),
        reverse_kl: over(&|run| run.report.reverse_kl),
        loss_correlation: over(&|run| correlation(run, |milestone| -milestone.critic_loss)),
        estimate_correlation: over(&|run| correlation(run, |milestone| milestone.estimate)),
        cpu: over(&|run| run.report.timings.get("cpu").copied()),
    }
}

/// The scores of a critic that has been trained: all but the one at step 0.
fn trained(run: &Finished) -> impl Iterator<Item = &Milestone> {
    run.trainer.history().iter().filter(|milestone| milestone.step > 0)
}

/// How what the critic says grows with the exact distance: 1 if it tells the quality.
fn correlation(run: &Finished, says: fn(&Milestone) -> f64) -> Option<f64> {
    let pairs = trained(run).map(|milestone| (says(milestone), milestone.emd));
    rank_correlation(&pairs.collect::<Vec<_>>())
}

pub(super) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len().checked_sub(1)?;
    Some(f64::midpoint(values[middle / 2], values[middle.div_ceil(2)]))
}

fn curves(path: &Path, rows: &[Vec<Finished>], floor: f64) -> Result<(), Failure> {
    let mut chart = Chart::new("share of the budget", "exact EMD ÷ noise floor")
        .titled("The exact distance over the runs")
        .level("two true samples", 1.0)
        .log_y()
        .noted("The first seed of each recipe.");
    for run in rows.iter().filter_map(|runs| runs.first()) {
        let steps = run.trainer.recipe().steps as f64;
        let points = run.trainer.history().iter();
        let points = points.map(|milestone| (milestone.step as f64 / steps, milestone.emd / floor));
        chart = chart.curve(Curve::new(&run.report.recipe, points.collect::<Vec<_>>()));
    }
    Ok(plot::save(path, &chart)?)
}

/// Draws each critic's loss beside the exact distance, both from their least to their largest value.
fn losses(path: &Path, comparison: &GanComparison, rows: &[Vec<Finished>]) -> Result<(), Failure> {
    let charts = comparison.rows.iter().zip(rows).map(|(row, runs)| {
        let curve = |name: &str, value: fn(&Milestone) -> f64| {
            let values: Vec<_> = trained(&runs[0]).map(value).collect();
            let least = values.iter().copied().fold(f64::INFINITY, f64::min);
            let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let shares = values.into_iter().map(|value| (value - least) / (most - least));
            let steps = trained(&runs[0]).map(|milestone| milestone.step as f64);
            Curve::divergence(name, steps.zip(shares).collect::<Vec<_>>())
        };
        let loss = curve("−critic's loss", |milestone| -milestone.critic_loss);
        let tells = row.loss_correlation.map_or("–".to_owned(), |rho| format!("{rho:.2}"));
        Chart::new("step of the generator", "from least to most")
            .titled(format!("{}: rank correlation {tells}", row.recipe))
            .curve(curve("emd", |milestone| milestone.emd).named("exact EMD"))
            .curve(loss.marked().colored(palette::BLACK))
    });
    let charts: Vec<_> = charts.collect();
    let panels = Panels::new(charts.len().min(3), charts)
        .titled(format!("Does the critic's loss tell the distance? On {}", comparison.data))
        .noted("Curves of the first seed, correlations as medians over all seeds, without the score at step 0. 1: the loss orders the states of the run as the exact distance does; 0: it says nothing.");
    Ok(plot::save(path, &panels)?)
}

fn points(path: &Path, rows: &[Vec<Finished>]) -> Result<(), Failure> {
    let firsts: Vec<_> = rows.iter().filter_map(|runs| runs.first()).collect();
    if firsts.iter().any(|run| run.trainer.data().dim() != 2) {
        return Ok(());
    }
    let clouds = firsts.iter().map(|run| {
        let seed = run.trainer.seed();
        let points = run.trainer.checkpoint().sample(DRAWN, &mut seed.stream("sample"))?;
        GanClouds::new(&run.trainer, &points)
    });
    let clouds = clouds.collect::<Result<Vec<_>, Failure>>()?;
    let pictures = firsts.iter().zip(&clouds);
    let pictures = pictures.map(|(run, clouds)| clouds.picture(&run.trainer, &run.report));
    let pictures = pictures.collect::<Result<Vec<_>, _>>()?;
    let columns = pictures.len().min(3);
    let panels = Panels::new(columns, pictures);
    Ok(plot::save(path, &panels)?)
}

fn text(lines: &mut Lines, comparison: &GanComparison) {
    let heads = [
        "recipe",
        "EMD ÷ floor",
        "modes",
        "high quality",
        "reverse KL",
        "loss tells",
        "estimate tells",
        "CPU s",
    ];
    let mut table = vec![heads.map(str::to_owned)];
    for row in &comparison.rows {
        let cell = |value: Option<f64>, digits: usize| {
            value.map_or("–".to_owned(), |value| format!("{value:.digits$}"))
        };
        table.push([
            row.recipe.clone(),
            cell(row.ratio, 3),
            cell(row.modes, 0),
            cell(row.high_quality, 3),
            cell(row.reverse_kl, 4),
            cell(row.loss_correlation, 2),
            cell(row.estimate_correlation, 2),
            cell(row.cpu, 1),
        ]);
    }
    lines.table(&table);
}
