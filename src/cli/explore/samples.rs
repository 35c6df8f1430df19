//! `deblais explore samples`: two laws that overlap everywhere, and what their samples tell.

use std::f64::consts::LN_2;

use clap::Args;
use deblais::divergence::Normal;
use deblais::explore::samples::{RepeatRange, SampleAnswer, SampleSizeRow, SampleStudy, order};
use deblais::measure::DiscreteMeasure;
use deblais::plot::{Band, Chart, Curve, Panels, Side, palette};
use deblais::report::{
    Report, SAMPLES_SCHEMA, SampleRow, SamplesReport, Settings, SpreadReport, Timings,
};
use deblais::seed::Seed;
use serde::Serialize;

use super::folder::Folder;
use super::study::{Study, Told};
use crate::cli::failure::{Exit, Failure};
use crate::cli::progress_line::RunProgress;
use crate::cli::text::Lines;
use crate::cli::typed;
use crate::cli::warn;

/// `deblais explore samples`
#[derive(Debug, Args, Serialize)]
pub(super) struct SamplesArgs {
    /// Distance δ of the means of the two normal laws, each of unit variance
    #[arg(long, value_name = "DISTANCE", default_value_t = 1.0, value_parser = shift, help_heading = "Laws")]
    shift: f64,

    /// Dimensions d, separated by commas
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_values_t = [1, 2, 3, 8], value_parser = clap::value_parser!(u16).range(1..=1024), help_heading = "Laws")]
    #[serde(serialize_with = "typed::list")]
    dims: Vec<u16>,

    /// Sizes n of the samples, at least two, separated by commas
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_values_t = [16, 32, 64, 128, 256, 512, 1024, 2048], value_parser = clap::value_parser!(u16).range(2..=16_384), help_heading = "Samples")]
    #[serde(serialize_with = "typed::list")]
    sizes: Vec<u16>,

    /// Samples of each size
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..), help_heading = "Samples")]
    repeats: u16,

    /// Seed of every draw
    #[arg(long, value_name = "SEED", default_value_t = 0, help_heading = "Samples")]
    seed: u64,
}

/// Parses δ.
fn shift(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(shift) if (0.0..=100.0).contains(&shift) => Ok(shift),
        _ => Err("a distance of means is a number from 0 to 100 such as 1.5".into()),
    }
}

/// Points a side of the sample that the picture shows.
const SHOWN: usize = 40;

/// The study and its settings.
pub(super) struct SamplesDemo {
    study: SampleStudy,
    settings: Settings,
}

impl Study for SamplesDemo {
    const NAME: &'static str = "samples";
    type Args = SamplesArgs;
    type Answer = SampleAnswer;
    type Findings = SamplesReport;

    fn new(mut args: SamplesArgs, _: bool) -> Result<Self, Failure> {
        let [dims, sizes] = [&mut args.dims, &mut args.sizes].map(|list| {
            list.sort_unstable();
            list.dedup();
            list.iter().copied().map(usize::from).collect::<Vec<_>>()
        });
        if sizes.len() < 2 {
            return Err(Failure::usage("--sizes: one size shows no trend")
                .hint("give at least two sizes, as in --sizes 16,256,4096"));
        }
        let settings = Settings::of(&args);
        let (repeats, seed) = (args.repeats.into(), Seed(args.seed));
        Ok(Self { study: SampleStudy { shift: args.shift, dims, sizes, repeats, seed }, settings })
    }

    fn compute(&self, quiet: bool) -> Result<(SampleAnswer, f64), Failure> {
        RunProgress::watch(None, quiet, |progress| self.study.run(progress))
    }

    fn draw(&self, answer: &SampleAnswer, folder: &Folder) -> Result<(), Failure> {
        table(folder, &SamplesReport::new(self.study.shift, answer))?;
        picture(folder, &self.study, answer)
    }

    fn report(&self, answer: &SampleAnswer, [solve, _]: [f64; 2]) -> Report<SamplesReport> {
        Report {
            settings: Some(self.settings.clone()),
            timings: Timings::from([("solve", solve)]),
            ..Report::new(SAMPLES_SCHEMA, SamplesReport::new(self.study.shift, answer))
        }
    }

    fn text(&self, lines: &mut Lines, told: Told<'_, Self>) {
        text(lines, told.report);
    }

    fn exit(&self, answer: &SampleAnswer, quiet: bool) -> Exit {
        if !answer.complete {
            Exit::Stopped
        } else if answer.rows.iter().all(|row| row.tight) {
            Exit::Fine
        } else {
            warn(&["a distance is not proved to be exact".to_owned()], quiet);
            Exit::ClaimBroken
        }
    }
}

fn text(lines: &mut Lines, report: &SamplesReport) {
    lines.line("EMD of the laws", report.emd);
    lines.line("JS of the laws", format!("{:.6} nats of at most ln 2 = {LN_2:.6}", report.js));
    let heads = ["d", "n", "JS, points", "JS, histogram", "EMD", "EMD, one law", "range"];
    let mut table = vec![heads.map(str::to_owned)];
    let range = |spread: &SpreadReport| {
        let [low, high] = spread.range;
        format!("{low:.4} … {high:.4}")
    };
    for row in &report.rows {
        let SampleRow { js_empirical, js_histogram, emd_samples, emd_same_law, .. } = row;
        table.push([
            row.dim.to_string(),
            row.n.to_string(),
            format!("{:.6}", js_empirical.mean),
            js_histogram.map_or("–".to_owned(), |js| format!("{:.4}", js.mean)),
            format!("{:.4}", emd_samples.mean),
            format!("{:.4}", emd_same_law.mean),
            range(emd_same_law),
        ]);
    }
    lines.table(&table);
    let heads = ["d", "slope of EMD, one law", "of its order", ""];
    let mut table = vec![heads.map(str::to_owned)];
    for rate in &report.rates {
        table.push([
            rate.dim.to_string(),
            format!("{:.3}", rate.exponent),
            format!("{:.3}", rate.expected),
            order_name(rate.dim),
        ]);
    }
    lines.table(&table);
}

/// r(n) in letters.
fn order_name(dim: usize) -> String {
    match dim {
        1 => "n^(−1/2)".to_owned(),
        2 => "√(ln n / n)".to_owned(),
        d => format!("n^(−1/{d})"),
    }
}

fn table(folder: &Folder, report: &SamplesReport) -> Result<(), Failure> {
    let names = [
        "dim",
        "n",
        "js_laws",
        "emd_laws",
        "js_empirical",
        "js_histogram",
        "js_histogram_low",
        "js_histogram_high",
        "emd_samples",
        "emd_samples_low",
        "emd_samples_high",
        "emd_same_law",
        "emd_same_law_low",
        "emd_same_law_high",
    ];
    let spread = |spread: Option<SpreadReport>| {
        let of = |pick: fn(SpreadReport) -> f64| spread.map(&pick);
        [of(|s| s.mean), of(|s| s.range[0]), of(|s| s.range[1])]
    };
    let rows = report.rows.iter().map(|row| {
        let known = [row.dim as f64, row.n as f64, report.js, report.emd];
        let mut cells: Vec<_> = known.map(Some).into();
        cells.push(Some(row.js_empirical.mean));
        cells.extend(spread(row.js_histogram));
        cells.extend(spread(Some(row.emd_samples)));
        cells.extend(spread(Some(row.emd_same_law)));
        cells
    });
    folder.table(&names, rows)
}

/// The laws with one sample, JS, EMD, and EMD where there is nothing to see.
fn picture(folder: &Folder, study: &SampleStudy, answer: &SampleAnswer) -> Result<(), Failure> {
    let charts =
        [laws(study)?, divergences(study, answer), distances(study, answer), noise(study, answer)];
    let panels = Panels::new(2, charts)
        .titled("Overlapping laws, samples that do not overlap")
        .noted(format!(
            "P and Q are normal laws of unit variance in d dimensions whose means are {} apart. \
             Lines are means of {} samples of n points each, bands reach from the least to the \
             largest. Every EMD is exact, with its certificate.",
            study.shift, study.repeats
        ));
    folder.picture(&panels)
}

/// Both densities on the line, and a sample of each.
fn laws(study: &SampleStudy) -> Result<Chart, Failure> {
    /// Points of a curve, and how far it reaches beyond the means.
    const POINTS: u32 = 400;
    const REACH: f64 = 3.2;
    let drawn = study.draw(1, SHOWN, 0)?;
    let place = |k: u32| (study.shift + 2.0 * REACH) * f64::from(k) / f64::from(POINTS) - REACH;
    let density = |law: Normal| (0..=POINTS).map(place).map(move |x| (x, law.density(x)));
    let [p, q] = study.laws();
    let points = |measure: &DiscreteMeasure| measure.support().column(0).to_vec();
    Ok(Chart::new("x", "density")
        .titled("Both laws are everywhere; no point is in both samples")
        .curve(Curve::new("P", density(p)).colored(palette::SOURCE))
        .curve(Curve::new("Q", density(q)).colored(palette::TARGET))
        .rug(Side::Source, format!("{SHOWN} points of P"), points(&drawn.source))
        .rug(Side::Target, format!("{SHOWN} points of Q"), points(&drawn.target)))
}

/// JS against n.
fn divergences(study: &SampleStudy, answer: &SampleAnswer) -> Chart {
    // What all dimensions have in common is one curve.
    let stuck = answer.rows.iter().all(|row| row.js_atoms.low == LN_2);
    let first = study.dims[0];
    let whose = if stuck { "every d: ln 2".to_owned() } else { format!("d = {first}") };
    let rows = answer.rows.iter().filter(|row| row.dim == first);
    let points = rows.map(|row| (row.n as f64, row.js_atoms.mean));
    let atoms = Curve::new(format!("the points themselves, {whose}"), points);
    let chart = Chart::new("points n of each sample", "Jensen–Shannon divergence in nats")
        .titled("JS: ln 2 for the points, else what the bins make of it")
        .log_x()
        .curve(atoms.colored(palette::shade(palette::ORANGE, 1.0)).marked())
        .level(format!("the laws, every d: {:.4}", answer.js), answer.js);
    let with_bins: Vec<_> = study
        .dims
        .iter()
        .copied()
        .filter(|dim| answer.rows.iter().any(|row| row.dim == *dim && row.js_bins.is_some()))
        .collect();
    let name = |dim| format!("histograms, d = {dim}");
    family(chart, answer, &with_bins, palette::ORANGE, name, |row| row.js_bins)
}

/// EMD against n.
fn distances(study: &SampleStudy, answer: &SampleAnswer) -> Chart {
    let chart = Chart::new("points n of each sample", "EMD")
        .titled("EMD of samples of P and Q: above δ where d is large")
        .log_x()
        .level(format!("the laws, every d: δ = {}", study.shift), study.shift);
    let name = |dim| format!("d = {dim}");
    family(chart, answer, &study.dims, palette::GREEN, name, |row| Some(row.emd))
}

/// EMD of two samples of one law against n, with its orders.
fn noise(study: &SampleStudy, answer: &SampleAnswer) -> Chart {
    let mut chart = Chart::new("points n of each sample", "EMD of two samples of P")
        .titled("EMD of two samples of one law: what is left of 0")
        .log_x()
        .log_y();
    let slope = |dim: usize| {
        let rate = answer.rates.iter().find(|rate| rate.dim == dim);
        rate.map_or(String::new(), |rate| format!(", slope {:.2}", rate.exponent).replace('-', "−"))
    };
    let name = |dim| format!("d = {dim}{}", slope(dim));
    for (k, rate) in answer.rates.iter().enumerate() {
        let guide = study.sizes.iter().map(|&n| (n as f64, rate.constant * order(rate.dim, n)));
        let orders =
            if k == 0 { "their orders: n^(−1/2), √(ln n / n), n^(−1/d)" } else { "" };
        chart = chart.curve(Curve::new(orders, guide).colored(palette::ARROW).dashed());
    }
    family(chart, answer, &study.dims, palette::GREEN, name, |row| Some(row.emd_same))
}

/// One curve a dimension with its band, from pale to deep.
fn family(
    mut chart: Chart,
    answer: &SampleAnswer,
    dims: &[usize],
    color: palette::Color,
    name: impl Fn(usize) -> String,
    pick: impl Fn(&SampleSizeRow) -> Option<RepeatRange>,
) -> Chart {
    for (k, &dim) in dims.iter().enumerate() {
        let shade = palette::shade(color, (k as f64 + 0.5) / dims.len() as f64);
        let rows = answer.rows.iter().filter(|row| row.dim == dim);
        let points: Vec<_> = rows.filter_map(|row| Some((row.n as f64, pick(row)?))).collect();
        let band = points.iter().map(|(n, spread)| (*n, spread.low, spread.high));
        let means = points.iter().map(|(n, spread)| (*n, spread.mean));
        chart = chart
            .band(Band::new("", band).colored(shade))
            .curve(Curve::new(name(dim), means).colored(shade).marked());
    }
    chart
}
