//! `deblais explore plans`: all the ways to move a little earth, ranked by cost.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, ValueEnum};
use deblais::explore::plans::{
    PlanAnswer, PlanListing, PlanStudy, PricedPlan, piles_in_the_plane, piles_on_the_line,
};
use deblais::measure::DiscreteMeasure;
use deblais::plot::{
    Band, BarPlot, Chart, Curve, Figure, Heatmap, Panels, PlotError, TransportMap, palette,
};
use deblais::problem::OtProblem;
use deblais::report::{Inputs, PLANS_SCHEMA, PlansReport, ProblemReport, Report, Settings};
use deblais::seed::Seed;
use deblais::tolerance;
use serde::Serialize;

use super::folder::Folder;
use super::study::{Study, Told};
use crate::cli::failure::{Exit, Failure};
use crate::cli::ground::{CostName, Ground};
use crate::cli::inputs::{LoadedProblem, ProblemJob, one_stdin};
use crate::cli::read_measure::{Role, SampleSet};
use crate::cli::remarks::Remarks;
use crate::cli::sample_set::SelectionFlags;
use crate::cli::text::{Lines, exact};
use crate::cli::warn;

/// `deblais explore plans [SOURCE TARGET]`
#[derive(Debug, Args, Serialize)]
pub(super) struct PlansArgs {
    /// Piles of your own: CSV, TSV or NPY with a pile a row; few, and of whole masses
    #[arg(requires = "target")]
    #[serde(skip)]
    source: Option<PathBuf>,

    /// Where the earth is to go, likewise
    #[serde(skip)]
    target: Option<PathBuf>,

    /// Column of both files that holds the masses, by name or by index from 0 (equal if left out)
    #[arg(long, value_name = "COLUMN", requires = "source", help_heading = "Input")]
    weights: Option<String>,

    /// Columns that are the coordinates, separated by commas
    #[arg(long, value_name = "LIST", requires = "source", help_heading = "Input")]
    columns: Option<String>,

    /// Columns that are not among the coordinates, likewise
    #[arg(long, value_name = "LIST", requires = "source", help_heading = "Input")]
    drop: Option<String>,

    /// Scale the masses of each side to a total of 1
    #[arg(long, requires = "source", help_heading = "Input")]
    normalize: bool,

    /// Built-in piles
    #[arg(long, value_enum, value_name = "NAME", default_value_t = PilesName::Line, conflicts_with = "source", help_heading = "Input")]
    piles: PilesName,

    /// The cost is the Euclidean distance to this power
    #[arg(long, value_name = "P", allow_negative_numbers = true, help_heading = "Ground cost")]
    p: Option<f64>,

    /// Plans to draw where there are too many to list
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000), help_heading = "Plans")]
    samples: u32,

    /// Seed of whatever is drawn by chance
    #[arg(long, value_name = "SEED", default_value_t = 0, help_heading = "Plans")]
    seed: u64,
}

/// `--piles`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
enum PilesName {
    /// Four piles on the line, and four holes
    Line,
    /// Seven shovels in the plane
    Plane,
}

/// The piles and where they came from.
struct Site {
    problem: OtProblem<'static>,
    source: DiscreteMeasure,
    target: DiscreteMeasure,
    report: ProblemReport,
    axes: Option<(String, String)>,
    inputs: Inputs,
    settings: Settings,
    remarks: Remarks,
    seconds: f64,
}

/// The piles, and how their plans are found.
pub(super) struct PlansDemo {
    site: Site,
    study: PlanStudy,
}

impl Study for PlansDemo {
    const NAME: &'static str = "plans";
    type Args = PlansArgs;
    type Answer = PlanAnswer;
    type Findings = PlansReport;

    fn new(args: PlansArgs, quiet: bool) -> Result<Self, Failure> {
        let site = site(&args)?;
        site.remarks.tell(quiet);
        let study = PlanStudy { samples: args.samples as usize, seed: Seed(args.seed) };
        study.check(&site.problem)?;
        Ok(Self { site, study })
    }

    fn compute(&self, _: bool) -> Result<(PlanAnswer, f64), Failure> {
        let start = Instant::now();
        let found = self.study.run(&self.site.problem)?;
        Ok((found, start.elapsed().as_secs_f64()))
    }

    fn draw(&self, found: &PlanAnswer, folder: &Folder) -> Result<(), Failure> {
        let row = |(rank, cost): (u32, &f64)| vec![Some(rank.into()), Some(*cost)];
        folder.table(&["rank", "cost"], (1_u32..).zip(&found.costs).map(row))?;
        picture(folder, &self.site, found)
    }

    fn report(&self, found: &PlanAnswer, [solve, _]: [f64; 2]) -> Report<PlansReport> {
        let site = &self.site;
        Report {
            inputs: Some(site.inputs.clone()),
            settings: Some(site.settings.clone()),
            warnings: Some(site.remarks.warnings.clone()),
            timings: [("read", site.seconds), ("solve", solve)].into(),
            ..Report::new(PLANS_SCHEMA, PlansReport::new(site.report.clone(), found))
        }
    }

    fn text(&self, lines: &mut Lines, told: Told<'_, Self>) {
        text(lines, told.report, told.answer);
    }

    fn exit(&self, found: &PlanAnswer, quiet: bool) -> Exit {
        if found.agrees() && found.certificate.is_optimal() {
            return Exit::Fine;
        }
        warn(&["the list of plans and the exact solver disagree".to_owned()], quiet);
        Exit::ClaimBroken
    }
}

fn site(args: &PlansArgs) -> Result<Site, Failure> {
    let ground = Ground::new(CostName::Euclidean, None, args.p)?;
    let Some(source) = &args.source else {
        let (source, target) = match args.piles {
            PilesName::Line => piles_on_the_line(),
            PilesName::Plane => piles_in_the_plane(),
        };
        let cost = ground.cost().table(&source, &target)?;
        let problem = OtProblem::new(&source.mass(), &target.mass(), cost)?;
        let report = ProblemReport {
            dim: Some(source.dim()),
            p: ground.p(),
            ..ProblemReport::new(&problem, ground.name())
        };
        let settings = Settings::of(args).without("normalize");
        let (inputs, remarks) = (Inputs::new(), Remarks::default());
        let axes = None;
        return Ok(Site {
            problem,
            source,
            target,
            report,
            axes,
            inputs,
            settings,
            remarks,
            seconds: 0.0,
        });
    };
    let target = args.target.as_ref().expect("clap requires both files");
    one_stdin(&[source, target])?;
    let flags = SelectionFlags {
        columns: args.columns.as_deref(),
        drop: args.drop.as_deref(),
        filter: None,
        weights: args.weights.as_deref(),
    };
    let side =
        |role, path: &Path| Ok::<_, Failure>(SampleSet::new(role, path.into(), flags.check()?));
    let sides = [side(Role::Source, source)?, side(Role::Target, target)?];
    let settings = Settings::of(args).without("piles").and("cost", ground.name());
    let job = ProblemJob::between(sides, ground, args.normalize, settings.clone());
    let LoadedProblem { problem, report, inputs, remarks, clouds, axes, seconds, .. } =
        job.load()?;
    let (source, target) = clouds.expect("points were read");
    Ok(Site { problem, source, target, report, axes, inputs, settings, remarks, seconds })
}

fn text(lines: &mut Lines, report: &Report<PlansReport>, found: &PlanAnswer) {
    let how = match found.listing {
        PlanListing::Permutations => "all of them, by permutations",
        PlanListing::SpanningTrees => "all vertices, by spanning trees",
        _ => "a random sample of the vertices",
    };
    lines.line("plans", format!("{}: {how}", report.plans));
    let plural = if report.optimal_plans == 1 { "costs" } else { "cost" };
    lines.line("best", exact(report.best.cost));
    lines.line("  of the plans listed", format!("{} {plural} as little", report.optimal_plans));
    lines.certificate(&found.certificate, Some(tolerance::OPTIMAL), false);
    lines.line("random", exact(report.random.cost));
    lines.line("mean of the plans", exact(report.mean_cost));
    lines.line("everything everywhere", exact(report.even_cost));
    lines.line("worst", exact(report.worst.cost));
    lines.problem(&report.problem, report.inputs.as_ref());
    lines.timings(&report.timings);
}

/// The three plans as arrows and as γ, and all costs.
fn picture(folder: &Folder, site: &Site, found: &PlanAnswer) -> Result<(), Failure> {
    let three = three(found);
    let mut panels: Vec<Box<dyn Figure + '_>> = Vec::new();
    if let 1 | 2 = site.source.dim() {
        for (name, priced, _) in &three {
            panels.push(arrows(site, &format!("{name}: cost {}", rounded(priced.cost)), priced)?);
        }
    }
    for (name, priced, _) in &three {
        let title = format!("{name}: γ, cost {}", rounded(priced.cost));
        panels.push(Box::new(Heatmap::new(&priced.plan).titled(title).without_caption()));
    }
    for chart in [ranked(found), counted(found), carried(site, found)] {
        panels.push(Box::new(chart));
    }
    let panels = Panels::new(3, panels).titled(title(found)).noted(note(site, found));
    folder.picture(&panels)
}

/// Worst, random and best with their colors.
fn three(found: &PlanAnswer) -> [(&'static str, &PricedPlan, palette::Color); 3] {
    [
        ("The worst", &found.worst, palette::PURPLE),
        ("One at random", &found.random, palette::SKY_BLUE),
        ("The best", &found.best, palette::GREEN),
    ]
}

fn arrows<'a>(
    site: &'a Site,
    title: &str,
    priced: &'a PricedPlan,
) -> Result<Box<dyn Figure + 'a>, PlotError> {
    let (source, target, plan) = (&site.source, &site.target, &priced.plan);
    if source.dim() == 1 {
        return Ok(Box::new(BarPlot::new(source, target, plan)?.titled(title)));
    }
    let map = TransportMap::new(source, target, plan)?.titled(title).without_caption();
    Ok(Box::new(match &site.axes {
        Some((x, y)) => map.labeled(x, y),
        None => map,
    }))
}

fn title(found: &PlanAnswer) -> String {
    let count = found.costs.len();
    match found.listing {
        PlanListing::Sample => format!("How to move the earth: {count} plans of very many"),
        _ if count == 1 => "How to move the earth: the only plan".to_owned(),
        _ => format!("How to move the earth: all {count} plans"),
    }
}

fn note(site: &Site, found: &PlanAnswer) -> String {
    let plans = match found.listing {
        PlanListing::Permutations => {
            "Plans are the permutations, the vertices of all plans there are.".to_owned()
        }
        PlanListing::SpanningTrees => {
            "Plans are the vertices of the transport polytope, by spanning trees: every other plan \
             is a mixture of them."
                .to_owned()
        }
        _ => {
            "Plans are vertices of the transport polytope, drawn at random by filling the cells of \
              γ in random order; the best and the worst are exact all the same."
                .to_owned()
        }
    };
    let (power, least) = match site.report.p {
        1.0 => ("distance".to_owned(), "the earth mover's distance".to_owned()),
        p => (format!("distance to the power {p}"), format!("W_{p} to the power {p}")),
    };
    let optimal = match found.optimal() {
        0 | 1 => String::new(),
        count => format!(" {count} of them cost as little."),
    };
    format!(
        "{plans} A plan costs the sum of mass × {power}; the least, {}, is {least}, with \
         its certificate.{optimal} Rows of γ are sources, columns targets.",
        rounded(found.best.cost)
    )
}

/// Costs in rank order, as a staircase.
fn ranked(found: &PlanAnswer) -> Chart {
    let steps = (0_u32..).zip(&found.costs).flat_map(|(rank, &cost)| {
        let left = f64::from(rank);
        [(left, cost), (left + 1.0, cost)]
    });
    let last = found.costs.len() as f64;
    let rank = |cost: f64| {
        let below = found.costs.partition_point(|c| *c < cost - found.rounding);
        let upto = found.costs.partition_point(|c| *c <= cost + found.rounding);
        (0.5 * (below + upto) as f64).clamp(0.0, last)
    };
    let mut chart = Chart::new("plans, from the cheapest on", "cost of a plan")
        .titled("All plans, ranked")
        .curve(Curve::new("plans", steps).colored(palette::ARROW))
        .level("μ⊗ν: from everywhere to everywhere", found.even);
    for (name, priced, color) in three(found) {
        let point = [(rank(priced.cost), priced.cost)];
        chart = chart.curve(Curve::new(name, point).colored(color).marked());
    }
    chart
}

/// How many plans there are of each cost, or of about each where there are many costs.
fn counted(found: &PlanAnswer) -> Chart {
    let bars = levels(found).unwrap_or_else(|| bins(found));
    // White on both sides of the outermost lines.
    let (low, high) = (found.best.cost, found.worst.cost);
    let margin = if high > low { 0.04 * (high - low) } else { 1.0 };
    let edges = bars.iter().flat_map(|&(left, right, count)| {
        [(left, 0.0, count), (right, 0.0, count), (f64::NAN, 0.0, 0.0)]
    });
    let ends = [(low - margin, 0.0, 0.0), (f64::NAN, 0.0, 0.0), (high + margin, 0.0, 0.0)];
    let most = bars.iter().map(|bar| bar.2).fold(0.0, f64::max);
    let mut chart = Chart::new("cost of a plan", "plans")
        .titled("How many cost how much")
        .band(Band::new("plans", edges.chain(ends)).colored(palette::ARROW));
    for (name, priced, color) in three(found) {
        let line = [(priced.cost, 0.0), (priced.cost, most)];
        chart = chart.curve(Curve::new(name, line).colored(color));
    }
    chart
}

/// A bar for each cost: from, to, count; if there are few of them, and not too close.
fn levels(found: &PlanAnswer) -> Option<Vec<(f64, f64, f64)>> {
    const MOST: usize = 60;
    const CLOSEST: f64 = 1.0 / 150.0;
    let groups: Vec<_> = found.costs.chunk_by(|a, b| b - a <= found.rounding).collect();
    let gaps = groups.windows(2).map(|pair| pair[1][0] - pair[0][0]);
    let gap = gaps.fold(f64::INFINITY, f64::min);
    let range = found.worst.cost - found.best.cost;
    let half = if gap.is_finite() { 0.35 * gap } else { 0.5 };
    let bar = |group: &&[f64]| (group[0] - half, group[0] + half, group.len() as f64);
    let fits = groups.len() <= MOST && gap >= CLOSEST * range;
    fits.then(|| groups.iter().map(bar).collect())
}

/// Bars of equal width.
fn bins(found: &PlanAnswer) -> Vec<(f64, f64, f64)> {
    const FEWEST: f64 = 8.0;
    const MOST: f64 = 50.0;
    let (low, high) = (found.best.cost, found.worst.cost);
    let bars = (found.costs.len() as f64).sqrt().clamp(FEWEST, MOST).round();
    let width = (high - low) / bars;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "8 to 50")]
    let mut counts = vec![0.0; bars as usize];
    for cost in &found.costs {
        // The last bar has its upper end.
        let place = ((cost - low) / width).clamp(0.0, bars - 1.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 49")]
        let place = place as usize;
        counts[place] += 1.0;
    }
    let edge = |k: usize| low + width * k as f64;
    counts.into_iter().enumerate().map(|(k, count)| (edge(k), edge(k + 1), count)).collect()
}

/// How much of the earth has a way that costs more than x: the area below is the cost.
fn carried(site: &Site, found: &PlanAnswer) -> Chart {
    let ways = |priced: &PricedPlan| {
        let cost = site.problem.cost();
        let arcs = priced.plan.arcs().iter();
        let mut ways: Vec<_> =
            arcs.map(|arc| (cost.at(arc.source, arc.target), arc.mass)).collect();
        ways.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut left: f64 = ways.iter().map(|way| way.1).sum();
        let mut points = vec![(0.0, left)];
        for (cost, mass) in ways {
            points.push((cost, left));
            left = (left - mass).max(0.0);
            points.push((cost, left));
        }
        points
    };
    let cost = if site.report.p == 1.0 { "way x of the earth" } else { "cost x of the way" };
    let mut chart = Chart::new(cost, "mass that goes further")
        .titled("How far it goes: the area below is the cost");
    for (name, priced, color) in three(found) {
        chart = chart.curve(Curve::new(name, ways(priced)).colored(color));
    }
    chart
}

/// A cost for a title: four digits at most behind the point.
fn rounded(cost: f64) -> String {
    let text = format!("{cost:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
