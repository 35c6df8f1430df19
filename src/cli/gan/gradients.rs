//! `deblais gan gradients`: the gradient that dies, the one that turns noisy, and the one that does
//! neither.

use std::path::{Path, PathBuf};

use clap::Args;
use deblais::gan::{
    FrozenGenerator, GanError, GradientReading, MeanGradient, Objective, Recipe, Trainer,
    disagreement,
};
use deblais::io::atomic::write_atomically;
use deblais::plot::{self, Band, Chart, Curve, Figure, Panels, palette};
use deblais::progress::Stop;
use deblais::report::{
    GRADIENTS_SCHEMA, GradientRow, GradientsReport, Report, Timings, steps_ended, write_json,
};
use deblais::seed::Seed;
use ndarray::ArrayView2;

use super::compare::median;
use super::data::{DataArgs, DataJob};
use super::exact::solved;
use super::recipes;
use super::run::Clock;
use crate::cli::args::OutputOptions;
use crate::cli::failure::{Exit, Failure};
use crate::cli::output::print_report;
use crate::cli::output_files::make_out;
use crate::cli::progress_line::RunProgress;
use crate::cli::text::Lines;
use crate::cli::use_threads;

/// The critics that are trained, all with the same network, optimizer and rate, and the losses of
/// a generator that are read off each.
const CRITICS: [(&str, &[GeneratorLoss]); 3] = [
    ("objective = \"minimax\"", &[MINIMAX, NON_SATURATING]),
    ("objective = \"least_squares\"", &[LEAST_SQUARES]),
    (
        "objective = \"wasserstein\"\n\
         regulariser = { gradient_penalty = { lambda = 10.0, two_sided = true } }",
        &[WASSERSTEIN],
    ),
];

/// The settings of all critics, over the base of all recipes.
const COMMON: &str = "name = \"critic\"
schedule = \"constant\"
critic = { rate = 1e-3 }
";

/// A loss of the generator, and its names in reports and in pictures.
#[derive(Debug, Clone, Copy, PartialEq)]
struct GeneratorLoss {
    name: &'static str,
    title: &'static str,
    objective: Objective,
}

const MINIMAX: GeneratorLoss =
    GeneratorLoss { name: "minimax", title: "minimax", objective: Objective::Minimax };
const NON_SATURATING: GeneratorLoss = GeneratorLoss {
    name: "non_saturating",
    title: "non-saturating",
    objective: Objective::NonSaturating,
};
const LEAST_SQUARES: GeneratorLoss = GeneratorLoss {
    name: "least_squares",
    title: "least squares",
    objective: Objective::LeastSquares,
};
const WASSERSTEIN: GeneratorLoss = GeneratorLoss {
    name: "wasserstein",
    title: "Wasserstein, gradient penalty",
    objective: Objective::Wasserstein,
};

/// The name of W₁ itself among the losses.
const EXACT: &str = "exact";

/// `deblais gan gradients --data NAME --out FOLDER`
#[derive(Debug, Args)]
pub(super) struct GradientsArgs {
    /// The recipe of the generator: one of `gan recipes`, or a file that ends in .toml
    #[arg(long, value_name = "NAME|FILE", default_value = "gan")]
    recipe: String,

    #[command(flatten)]
    data: DataArgs,

    /// Steps that the generator makes before it stands still
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Generator")]
    generator_steps: u64,

    /// Move its points so far along the first coordinate, in deviations of the data
    #[arg(
        long,
        value_name = "D",
        default_value_t = 0.0,
        allow_negative_numbers = true,
        help_heading = "Generator"
    )]
    away: f64,

    /// Steps of each critic
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..), help_heading = "Critics")]
    steps: u64,

    /// Critics of each kind, with the seeds 0, 1, …
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(2..), help_heading = "Critics")]
    seeds: u64,

    /// Fresh batches that a gradient is the mean of
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(2..), help_heading = "Critics")]
    batches: u16,

    /// Change a field of all critics, such as critic.width=128
    #[arg(long = "set", value_name = "FIELD=VALUE", help_heading = "Critics")]
    changes: Vec<String>,

    /// The folder for gradients.json and gradients.png
    #[arg(long, value_name = "FOLDER", help_heading = "Output")]
    out: PathBuf,

    #[command(flatten)]
    output: OutputOptions,
}

/// Trains the generator, then all critics against it.
pub(super) fn run(args: GradientsArgs) -> Result<Exit, Failure> {
    let clock = Clock::start();
    use_threads(args.output.threads)?;
    if !args.away.is_finite() {
        return Err(Failure::usage(format!("--away {}: not a finite number", args.away))
            .hint("give a number of deviations, such as 4"));
    }
    let data = DataJob::new(&args.data)?;
    let critics = CRITICS.map(|(own, losses)| {
        Recipe::read(&format!("{own}\n{COMMON}"), &args.changes).map(|recipe| (recipe, losses))
    });
    let critics = critics.into_iter().collect::<Result<Vec<_>, _>>()?;
    let recipe = recipes::read(&args.recipe, &[])?;
    let mut trainer = Trainer::new(recipe, data.load_and_tell(args.output.quiet)?, Seed(0))?;
    make_out(&args.out)?;
    let mut progress = RunProgress::start(None, args.output.quiet)?;
    let stopped = trainer.train(args.generator_steps, &mut progress)?;

    let mut still = FrozenGenerator::new(&trainer, args.away, args.batches.into());
    let (exact, emd) = exact_row(&mut still, args.seeds)?;
    let (of_critics, stopped) = critic_rows(&mut still, &critics, &args, stopped, &mut progress)?;
    let rows = [vec![exact], of_critics].concat();
    progress.finish();
    let findings = GradientsReport {
        data: data.name.clone(),
        recipe: trainer.recipe().name.clone(),
        generator_steps: trainer.step(),
        away: args.away,
        exact_emd: emd,
        batch: trainer.recipe().batch,
        batches: args.batches.into(),
        seeds: args.seeds,
        termination: steps_ended(stopped),
        rows,
    };
    let report = Report {
        timings: Timings::from([("cpu", clock.cpu()), ("wall", clock.wall())]),
        ..Report::new(GRADIENTS_SCHEMA, findings)
    };
    write_atomically(&args.out.join("gradients.json"), |out| write_json(out, &report))?;
    picture(&args.out.join("gradients.png"), &report)?;
    print_report(&args.output, &report, |lines| text(lines, &report))?;
    Ok(if stopped.is_some() { Exit::Stopped } else { Exit::Fine })
}

/// 1, 3, 10, 30, … and the last step.
fn places(steps: u64) -> Vec<u64> {
    let decades = (0..19).map(|k| 10_u64.pow(k)).flat_map(|ten| [ten, 3 * ten]);
    decades.take_while(|&place| place < steps).chain([steps]).collect()
}

/// The pull of W₁ itself, and the mean distance of the batches.
fn exact_row(still: &mut FrozenGenerator<'_>, seeds: u64) -> Result<(GradientRow, f64), Failure> {
    let mut distances = Vec::new();
    let mut matching = |x: ArrayView2<'_, f64>, y: ArrayView2<'_, f64>| {
        let (plan, certificate) = solved(x, y)?;
        distances.push(certificate.upper);
        Ok(plan)
    };
    let pulls = (0..seeds).map(|seed| still.exact(Seed(seed), &mut matching));
    let pulls = pulls.collect::<Result<Vec<_>, GanError>>()?;
    let row = row(EXACT, None, &pulls.iter().collect::<Vec<_>>());
    Ok((row, distances.iter().sum::<f64>() / distances.len() as f64))
}

/// A recipe of critics, and the losses that are computed from them.
type CriticRecipe = (Recipe, &'static [GeneratorLoss]);

/// The rows of all critics, each trained from every seed, and what stopped that; nothing is trained if
/// the generator's training was stopped already.
fn critic_rows(
    still: &mut FrozenGenerator<'_>,
    critics: &[CriticRecipe],
    args: &GradientsArgs,
    mut stopped: Option<Stop>,
    progress: &mut RunProgress,
) -> Result<(Vec<GradientRow>, Option<Stop>), Failure> {
    let places = places(args.steps);
    let mut rows = Vec::new();
    for (recipe, losses) in critics {
        let objectives: Vec<_> = losses.iter().map(|loss| loss.objective).collect();
        let mut readings = Vec::new();
        for seed in (0..args.seeds).map(Seed) {
            if stopped.is_some() {
                break;
            }
            let reading;
            (reading, stopped) =
                still.train_critic(recipe, &objectives, seed, &places, progress)?;
            readings.push(reading);
        }
        for (k, loss) in losses.iter().enumerate() {
            rows.extend(rows_of(loss.name, k, &readings));
        }
    }
    Ok((rows, stopped))
}

/// The rows of the k-th loss of a critic: those of the steps that all seeds have reached.
fn rows_of(loss: &'static str, k: usize, readings: &[Vec<GradientReading>]) -> Vec<GradientRow> {
    let reached = readings.iter().map(Vec::len).min().unwrap_or(0);
    let at = |place: usize| {
        let of_seeds: Vec<_> = readings.iter().map(|of_seed| &of_seed[place]).collect();
        let pulls: Vec<_> = of_seeds.iter().map(|reading| &reading.gradients[k]).collect();
        let losses = of_seeds.iter().map(|reading| reading.critic_loss).collect();
        let critic_loss = median(losses);
        GradientRow { critic_loss, ..row(loss, Some(of_seeds[0].step), &pulls) }
    };
    (0..reached).map(at).collect()
}

fn row(loss: &'static str, steps: Option<u64>, pulls: &[&MeanGradient]) -> GradientRow {
    let over = |value: fn(&MeanGradient) -> f64| {
        let mut values: Vec<_> = pulls.iter().map(|pull| value(pull)).collect();
        values.sort_by(f64::total_cmp);
        let ends = [values[0], values[values.len() - 1]];
        (median(values).unwrap_or_default(), ends)
    };
    let (norm, norm_range) = over(MeanGradient::norm);
    let disagreement = disagreement(pulls);
    let (noise, _) = over(MeanGradient::noise);
    GradientRow { loss, steps, norm, norm_range, noise, disagreement, critic_loss: None }
}

fn text(lines: &mut Lines, report: &GradientsReport) {
    let heads = ["loss", "critic's steps", "gradient", "noise", "disagreement", "critic's loss"];
    let mut table = vec![heads.map(str::to_owned)];
    for row in &report.rows {
        let GradientRow { norm, noise, disagreement, critic_loss, .. } = row;
        table.push([
            row.loss.replace('_', " "),
            row.steps.map_or("–".to_owned(), |steps| steps.to_string()),
            format!("{norm:.2e}"),
            format!("{noise:.3}"),
            format!("{disagreement:.3}"),
            critic_loss.map_or("–".to_owned(), |loss| format!("{loss:.2e}")),
        ]);
    }
    lines.table(&table);
}

/// The label of an axis, and its value.
type GradientAxis = (&'static str, fn(&GradientRow) -> f64);

/// Norm, noise and disagreement against the critic's steps.
fn picture(path: &Path, report: &GradientsReport) -> Result<(), Failure> {
    let panels: [GradientAxis; 3] = [
        ("norm of the generator's gradient", |row| row.norm),
        ("noise: deviation of a batch ÷ norm", |row| row.noise),
        ("disagreement of the seeds ÷ norm", |row| row.disagreement),
    ];
    let colors =
        [palette::BLACK, palette::VERMILLION, palette::PURPLE, palette::ORANGE, palette::GREEN];
    let last = report.rows.iter().filter_map(|row| row.steps).max().unwrap_or(1);
    let charts = panels.map(|(label, value)| {
        let mut chart = Chart::new("step of the critic", label).log_x().log_y();
        for ((loss, title), color) in drawn().zip(colors) {
            let of_loss: Vec<_> = report.rows.iter().filter(|row| row.loss == loss).collect();
            let places = |row: &GradientRow| row.steps.map_or(vec![1, last], |step| vec![step]);
            let along = |height: fn(&GradientRow) -> [f64; 2]| {
                let points = of_loss.iter().flat_map(|row| {
                    places(row)
                        .into_iter()
                        .map(|step| (step as f64, height(row)[0], height(row)[1]))
                });
                points.collect::<Vec<_>>()
            };
            if label == panels[0].0 {
                let range = along(|row| [row.norm_range[0], row.norm_range[1]]);
                chart = chart.band(Band::new("", range).colored(color));
            }
            let points = of_loss
                .iter()
                .flat_map(|row| places(row).into_iter().map(|step| (step as f64, value(row))));
            let curve = Curve::new(title, points.collect::<Vec<_>>()).colored(color);
            let exact = loss == EXACT;
            chart = chart.curve(if exact { curve.dashed() } else { curve.marked() });
        }
        chart
    });
    let title = format!(
        "{} on {}: the generator stands still after {} steps, EMD {:.2}",
        report.recipe, report.data, report.generator_steps, report.exact_emd
    );
    let panels = Panels::new(3, charts).titled(title).noted(format!(
        "Each critic is trained from its first weights against the same generator. Medians of {} \
         seeds, a gradient being the mean of {} batches of {}; bands from the least to the largest. \
         A disagreement of 1 or more: the direction is the seed's, not the data's.",
        report.seeds, report.batches, report.batch
    ));
    // Three charts need no larger page than two.
    let (width, height) = panels.size();
    let size = (width / 3 * 2, height / 3 * 2);
    Ok(plot::save(path, &panels.resized(size))?)
}

/// Losses in the order they are drawn in, with their titles.
fn drawn() -> impl Iterator<Item = (&'static str, &'static str)> {
    let losses = CRITICS.iter().flat_map(|(_, losses)| losses.iter());
    [(EXACT, "exact EMD")].into_iter().chain(losses.map(|loss| (loss.name, loss.title)))
}
