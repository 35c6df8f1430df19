//! `deblais explore study_discriminators`: what a discriminator tells a generator while it is trained.

mod picture;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use deblais::explore::discriminator::{
    DiscriminatorKind, DiscriminatorStudy, DiscriminatorTraining, SeparatedLaws,
    study_discriminators,
};
use deblais::io::Selection;
use deblais::measure::DiscreteMeasure;
use deblais::report::{
    CertificateReport, DISCRIMINATOR_SCHEMA, DiscriminatorReport, FunctionRow, Inputs, PushRow,
    Report, Settings, Timings, steps_ended,
};
use deblais::seed::Seed;
use serde::Serialize;

use super::folder::Folder;
use super::study::{Study, Told};
use crate::cli::failure::{Exit, Failure};
use crate::cli::inputs::one_stdin;
use crate::cli::progress_line::RunProgress;
use crate::cli::read_measure::{InputLog, Role, SampleSet, clouds};
use crate::cli::remedies::Flags;
use crate::cli::text::{Lines, bracket, supported};
use crate::cli::typed;

/// The exact distance among the losses and the functions.
const EXACT: &str = "exact";

/// `deblais explore study_discriminators [REAL GENERATED]`
#[derive(Debug, Args, Serialize)]
pub(super) struct DiscriminatorArgs {
    /// Real points on the line: CSV, TSV or NPY with a sample a row; `-` is stdin
    #[arg(value_name = "REAL", requires = "generated", conflicts_with_all = ["pair", "points"])]
    #[serde(skip)]
    real: Option<PathBuf>,

    /// Generated points, likewise
    #[arg(value_name = "GENERATED")]
    #[serde(skip)]
    generated: Option<PathBuf>,

    /// Built-in laws that do not overlap, instead of files
    #[arg(long, value_enum, value_name = "NAME", default_value_t = PairName::Clusters)]
    #[serde(skip)]
    pair: PairName,

    /// Points that are drawn from each of them
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    #[serde(skip)]
    points: u32,

    /// Steps of each discriminator
    #[arg(long, value_name = "N", default_value_t = 3000, value_parser = clap::value_parser!(u64).range(1..), help_heading = "Discriminators")]
    steps: u64,

    /// Change a field of all discriminators' recipes, such as critic.width=128
    #[arg(long = "set", value_name = "FIELD=VALUE", help_heading = "Discriminators")]
    #[serde(rename = "set", serialize_with = "typed::changes")]
    changes: Vec<String>,

    /// Where points, weights and batches come from
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Discriminators")]
    seed: u64,
}

/// `--pair`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PairName {
    /// Normal laws of deviation 0.2, 3 apart
    Clusters,
    /// Uniform laws on intervals of length 1, 3 apart
    Intervals,
}

impl PairName {
    fn pair(self) -> (SeparatedLaws, &'static str) {
        match self {
            Self::Clusters => (SeparatedLaws::Clusters, "clusters"),
            Self::Intervals => (SeparatedLaws::Intervals, "intervals"),
        }
    }
}

/// Two samples, and where they came from.
struct RealAndGenerated {
    data: &'static str,
    real: DiscreteMeasure,
    generated: DiscreteMeasure,
    inputs: Inputs,
}

/// The samples, how discriminators are trained on them, and the settings of both.
pub(super) struct DiscriminatorDemo {
    samples: RealAndGenerated,
    training: DiscriminatorTraining,
    settings: Settings,
}

impl Study for DiscriminatorDemo {
    const NAME: &'static str = "discriminator";
    type Args = DiscriminatorArgs;
    type Answer = DiscriminatorStudy;
    type Findings = DiscriminatorReport;

    fn new(args: DiscriminatorArgs, quiet: bool) -> Result<Self, Failure> {
        let samples = samples(&args, quiet)?;
        let settings = Settings::of(&args);
        let (steps, seed) = (args.steps, Seed(args.seed));
        let training = DiscriminatorTraining { steps, changes: args.changes, seed };
        training.recipes()?;
        Ok(Self { samples, training, settings })
    }

    fn compute(&self, quiet: bool) -> Result<(DiscriminatorStudy, f64), Failure> {
        let RealAndGenerated { real, generated, .. } = &self.samples;
        RunProgress::watch(None, quiet, |progress| {
            study_discriminators(real, generated, &self.training, progress)
        })
    }

    fn draw(&self, study: &DiscriminatorStudy, folder: &Folder) -> Result<(), Failure> {
        draw(folder, &self.samples, study)
    }

    fn report(
        &self,
        study: &DiscriminatorStudy,
        [train, draw]: [f64; 2],
    ) -> Report<DiscriminatorReport> {
        let findings = DiscriminatorReport {
            data: self.samples.data,
            n: self.samples.real.len(),
            m: self.samples.generated.len(),
            emd: CertificateReport::from(&study.exact.emd),
            batch: study.batch,
            termination: steps_ended(study.stopped),
            rows: rows(study),
            grid: study.grid.clone(),
            curves: curves(study),
        };
        Report {
            inputs: Some(self.samples.inputs.clone()),
            settings: Some(self.settings.clone()),
            timings: Timings::from([("train", train), ("draw", draw)]),
            ..Report::new(DISCRIMINATOR_SCHEMA, findings)
        }
    }

    fn text(&self, lines: &mut Lines, told: Told<'_, Self>) {
        text(lines, told.report);
    }

    fn exit(&self, study: &DiscriminatorStudy, _: bool) -> Exit {
        if study.stopped.is_some() { Exit::Stopped } else { Exit::Fine }
    }
}

fn samples(args: &DiscriminatorArgs, quiet: bool) -> Result<RealAndGenerated, Failure> {
    let (Some(real), Some(generated)) = (&args.real, &args.generated) else {
        let (pair, data) = args.pair.pair();
        let sides = pair.draw(args.points as usize, Seed(args.seed));
        let [real, generated] = sides.map(DiscreteMeasure::uniform);
        return Ok(RealAndGenerated {
            data,
            real: real?,
            generated: generated?,
            inputs: Inputs::new(),
        });
    };
    one_stdin(&[real.as_path(), generated.as_path()])?;
    let job = |role, path: &PathBuf| SampleSet {
        flags: Flags::NONE,
        ..SampleSet::new(role, path.as_path().into(), Selection::default())
    };
    let mut log = InputLog::default();
    let jobs = [job(Role::Source, real), job(Role::Target, generated)];
    let sides = clouds(&jobs, true, &mut log)?.map(|cloud| cloud.measure);
    for (measure, job) in sides.iter().zip(&jobs) {
        if measure.dim() != 1 {
            let text =
                format!("{}: points of {} coordinates, not on the line", job.origin, measure.dim());
            return Err(Failure::new(text)
                .hint("give files of one column: `deblais critic` takes points of any dimension"));
        }
    }
    log.remarks.tell(quiet);
    let [real, generated] = sides;
    Ok(RealAndGenerated { data: "files", real, generated, inputs: log.inputs })
}

/// The steps that are drawn: the last powers of ten and the end.
fn shown(study: &DiscriminatorStudy) -> Vec<u64> {
    const MOST: usize = 4;
    let Some(runs) = study.runs.first() else { return Vec::new() };
    let steps: Vec<_> = runs.snapshots.iter().map(|moment| moment.step).collect();
    let last = steps.last().copied();
    let tens = |step: &u64| 10_u64.pow(step.ilog10()) == *step || Some(*step) == last;
    let steps: Vec<_> = steps.into_iter().filter(tens).collect();
    steps[steps.len().saturating_sub(MOST)..].to_vec()
}

/// The mean size of pushes, the least and the largest.
fn sizes(pushes: &[f64]) -> (f64, [f64; 2]) {
    let sizes = || pushes.iter().map(|push| push.abs());
    let least = sizes().fold(f64::INFINITY, f64::min);
    (sizes().sum::<f64>() / pushes.len() as f64, [least, sizes().fold(0.0, f64::max)])
}

fn rows(study: &DiscriminatorStudy) -> Vec<PushRow> {
    let row = |loss, step, pushes: &[f64], apart, discriminator_loss: Option<f64>| {
        let (mean, range) = sizes(pushes);
        PushRow {
            loss,
            step,
            mean_gradient: mean,
            gradient_range: range,
            apart,
            discriminator_loss,
        }
    };
    let exact = &study.exact;
    let mut rows = vec![row(EXACT, None, &exact.pushes, exact.emd.upper, None)];
    for runs in &study.runs {
        for (k, &(loss, _)) in runs.kind.losses().iter().enumerate() {
            rows.extend(runs.snapshots.iter().map(|moment| {
                row(loss, Some(moment.step), &moment.pushes[k], moment.apart, Some(moment.loss))
            }));
        }
    }
    rows
}

fn curves(study: &DiscriminatorStudy) -> Vec<FunctionRow> {
    let row =
        |function, step, values: &[f64]| FunctionRow { function, step, values: values.to_vec() };
    let steps = shown(study);
    let mut rows = vec![row(EXACT, None, &study.exact.values)];
    for runs in &study.runs {
        let snapshots = runs.snapshots.iter().filter(|moment| steps.contains(&moment.step));
        rows.extend(
            snapshots.map(|moment| row(runs.kind.name(), Some(moment.step), &moment.values)),
        );
    }
    rows
}

/// Picture, animation and table.
fn draw(
    folder: &Folder,
    samples: &RealAndGenerated,
    study: &DiscriminatorStudy,
) -> Result<(), Failure> {
    let view = picture::DiscriminatorView::new(samples, study);
    view.save(folder)?;
    let losses = || DiscriminatorKind::ALL.iter().flat_map(|kind| kind.losses());
    let names: Vec<_> = ["step", EXACT].into_iter().chain(losses().map(|loss| loss.0)).collect();
    let places = study.runs.first().map_or(0, |runs| runs.snapshots.len());
    let exact = sizes(&study.exact.pushes).0;
    let table = (0..places).map(|place| {
        let step = study.runs[0].snapshots[place].step;
        let mut row = vec![Some(step as f64), Some(exact)];
        for (k, kind) in DiscriminatorKind::ALL.iter().enumerate() {
            let moment = study.runs.get(k).and_then(|runs| runs.snapshots.get(place));
            for loss in 0..kind.losses().len() {
                row.push(moment.map(|moment| sizes(&moment.pushes[loss]).0));
            }
        }
        row
    });
    folder.table(&names, table)
}

fn text(lines: &mut Lines, report: &DiscriminatorReport) {
    let steps: Vec<_> = {
        let mut steps: Vec<_> = report.curves.iter().filter_map(|row| row.step).collect();
        steps.sort_unstable();
        steps.dedup();
        steps
    };
    let heads = ["loss", "step", "mean |gradient|", "least", "largest", "D apart", "D's loss"];
    let mut table = vec![heads.map(str::to_owned)];
    let drawn = |row: &&PushRow| row.step.is_none_or(|step| steps.contains(&step));
    for row in report.rows.iter().filter(drawn) {
        let short = |x: f64| format!("{x:.2e}");
        table.push([
            row.loss.replace('_', " "),
            row.step.map_or("–".to_owned(), |step| step.to_string()),
            short(row.mean_gradient),
            short(row.gradient_range[0]),
            short(row.gradient_range[1]),
            supported(row.apart, 1e-4),
            row.discriminator_loss.map_or("–".to_owned(), short),
        ]);
    }
    lines.table(&table);
    lines.line("  exact EMD", bracket((report.emd.lower, report.emd.upper)));
    lines.line("  points", format!("{} real, {} generated", report.n, report.m));
}
