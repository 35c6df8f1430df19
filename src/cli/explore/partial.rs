//! `deblais explore partial`: what it costs to move a part of the mass, as a function of the mass.

use std::time::Instant;

use clap::{Args, value_parser};
use deblais::explore::partial::{PartialProfile, ProfileMasses, SHOWN_FRACTIONS, profile};
use deblais::plot::{Chart, Curve, Figure, Heatmap, Panels, PlotError, TransportMap, palette};
use deblais::report::{PARTIAL_SCHEMA, PartialReport, ProfileRow, Report, Settings};
use deblais::tolerance;
use deblais::unbalanced::UnbalancedTransport;
use serde::Serialize;

use super::folder::Folder;
use super::study::{Study, Told};
use crate::cli::args::ProblemArgs;
use crate::cli::failure::{Exit, Failure};
use crate::cli::inputs::{LoadedSides, ProblemJob};
use crate::cli::range::check_bounds;
use crate::cli::text::{Lines, supported};
use crate::cli::warn;

/// The cells n·m up to which all breakpoints are found.
const SMALL_CELLS: usize = 10_000;

/// The masses beyond, and the rows that are printed.
const MASSES: usize = 20;

/// Coordinates of a point on a map.
const PLANE: usize = 2;

/// `deblais explore partial SOURCE TARGET`
#[derive(Debug, Args)]
#[command(
    override_usage = "deblais explore partial [OPTIONS] <SOURCE> <TARGET>\n       deblais explore partial [OPTIONS] --cost-matrix <FILE>"
)]
pub(super) struct PartialArgs {
    #[command(flatten)]
    problem: ProblemArgs,
    #[command(flatten)]
    masses: MassesArgs,
}

/// The masses that are moved.
#[derive(Debug, Args, Serialize)]
#[command(next_help_heading = "Unequal masses")]
struct MassesArgs {
    /// Move this many masses, evenly spaced (default: those where the price changes, or 20 if there are
    /// more than 10 000 pairs of points)
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=10_000))]
    steps: Option<u32>,

    /// Every point has mass 1, not 1/n of its side
    #[arg(long, conflicts_with_all = ["weights", "source_weights", "target_weights", "hist", "normalize"])]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unit_mass: bool,
}

/// Two sides, and the masses to be moved between them.
pub(super) struct PartialDemo {
    loaded: LoadedSides,
    masses: ProfileMasses,
    target_mass: f64,
    settings: Settings,
}

impl Study for PartialDemo {
    const NAME: &'static str = "partial";
    type Args = PartialArgs;
    type Answer = PartialProfile;
    type Findings = PartialReport;

    fn new(args: PartialArgs, quiet: bool) -> Result<Self, Failure> {
        let job = ProblemJob::new(&args.problem)?;
        let settings = job.settings().with(&args.masses);
        let mut loaded = job.load_sides()?;
        loaded.remarks.tell(quiet);
        if args.masses.unit_mass {
            loaded = loaded.with_unit_masses();
        }
        let (source, target) = loaded.problem.marginals();
        let target_mass = target.total();
        loaded.report.total_mass = source.total();
        let cells = loaded.report.n.saturating_mul(loaded.report.m);
        let masses = match args.masses.steps {
            Some(steps) => ProfileMasses::Even(steps as usize),
            None if cells <= SMALL_CELLS => ProfileMasses::Breakpoints,
            None => ProfileMasses::Even(MASSES),
        };
        Ok(Self { loaded, masses, target_mass, settings })
    }

    fn compute(&self, _: bool) -> Result<(PartialProfile, f64), Failure> {
        let start = Instant::now();
        let found = profile(&self.loaded.problem, self.masses)?;
        let rounding = self.loaded.problem.cost().rounding();
        for certificate in found.certificates() {
            check_bounds(rounding, self.loaded.report.total_mass, certificate)?;
        }
        Ok((found, start.elapsed().as_secs_f64()))
    }

    fn draw(&self, found: &PartialProfile, folder: &Folder) -> Result<(), Failure> {
        let report = self.findings(found);
        let row =
            |row: &ProfileRow| vec![Some(row.mass), Some(row.lower), Some(row.upper), row.price];
        folder.table(&["mass", "lower", "upper", "price"], report.points.iter().map(row))?;
        let mut panels: Vec<Box<dyn Figure + '_>> = Vec::new();
        for (fraction, answer) in SHOWN_FRACTIONS.into_iter().zip(&found.shown) {
            panels.push(self.plan(fraction, answer)?);
        }
        panels.push(Box::new(cost_curve(&report)));
        panels.push(Box::new(price_curve(&report)));
        folder.picture(&Panels::new(3, panels).titled("Partial transport").noted(note(&report)))
    }

    fn report(&self, found: &PartialProfile, [solve, _]: [f64; 2]) -> Report<PartialReport> {
        Report {
            inputs: Some(self.loaded.inputs.clone()),
            settings: Some(self.settings.clone()),
            warnings: Some(self.loaded.remarks.warnings.clone()),
            timings: [("read", self.loaded.seconds), ("solve", solve)].into(),
            ..Report::new(PARTIAL_SCHEMA, self.findings(found))
        }
    }

    fn text(&self, lines: &mut Lines, told: Told<'_, Self>) {
        text(lines, told.report);
    }

    fn exit(&self, found: &PartialProfile, quiet: bool) -> Exit {
        if found.relative_gap() <= tolerance::OPTIMAL {
            return Exit::Fine;
        }
        warn(&["a cost of the profile is not proved".to_owned()], quiet);
        Exit::ClaimBroken
    }
}

impl PartialDemo {
    fn findings(&self, found: &PartialProfile) -> PartialReport {
        PartialReport::new(self.loaded.report.clone(), self.target_mass, found)
    }

    /// The plan that moves a fraction: a map in the plane, a matrix elsewhere.
    fn plan<'a>(
        &'a self,
        fraction: f64,
        answer: &'a UnbalancedTransport,
    ) -> Result<Box<dyn Figure + 'a>, PlotError> {
        let title =
            format!("{} % of the mass: cost {}", 100.0 * fraction, rounded(answer.objective()));
        let Some((source, target)) =
            self.loaded.clouds.as_ref().filter(|(source, _)| source.dim() == PLANE)
        else {
            return Ok(Box::new(Heatmap::new(answer.plan()).titled(title).without_caption()));
        };
        let map = TransportMap::new(source, target, answer.plan())?
            .with_moved_shares(answer.moved_shares())
            .titled(title)
            .without_caption();
        Ok(Box::new(match &self.loaded.axes {
            Some((x, y)) => map.labeled(x, y),
            None => map,
        }))
    }
}

fn text(lines: &mut Lines, report: &Report<PartialReport>) {
    let count = report.points.len();
    let kind = if report.complete { "both ends and all breakpoints" } else { "chosen masses" };
    lines.line("profile", format!("{count} masses: {kind}"));
    let mut table = vec![["mass", "cost", "price"].map(str::to_owned)];
    for row in thinned(&report.points) {
        let price = row.price.map_or("–".to_owned(), rounded);
        table.push([rounded(row.mass), rounded(row.upper), price]);
    }
    lines.table(&table);
    lines.line("  widest gap", format!("{:.1e} of the largest cost", report.relative_gap));
    lines.line("  problems solved", report.problems);
    let masses = [report.problem.total_mass, report.target_mass].map(rounded);
    lines.line("  masses", format!("{} (source) and {} (target)", masses[0], masses[1]));
    lines.sizes(&report.problem, report.inputs.as_ref());
    lines.timings(&report.timings);
}

/// The rows, or about [`MASSES`] of them with both ends.
fn thinned(rows: &[ProfileRow]) -> impl Iterator<Item = &ProfileRow> {
    let last = rows.len() - 1;
    let steps = last.min(MASSES);
    (0..=steps).map(move |k| &rows[k * last / steps.max(1)])
}

/// V as a function of the mass.
fn cost_curve(report: &PartialReport) -> Chart {
    let cost = report.points.iter().map(|row| (row.mass, row.upper));
    let curve = Curve::new("least cost", cost).colored(palette::GREEN).marked();
    Chart::new("mass that is moved", "cost").titled("Cost").curve(curve)
}

/// The price as a staircase.
fn price_curve(report: &PartialReport) -> Chart {
    let steps = report.points.windows(2).flat_map(|pair| {
        let price = pair[1].price.unwrap_or(f64::NAN);
        [(pair[0].mass, price), (pair[1].mass, price)]
    });
    let curve = Curve::new("price of a unit of mass", steps).colored(palette::PURPLE);
    Chart::new("mass that is moved", "price").titled("Price of one unit more").curve(curve)
}

fn note(report: &PartialReport) -> String {
    let between = if report.complete {
        "Marks are the ends and all breakpoints; between them the cost is linear."
    } else {
        "Marks are solved masses; between them the cost is at most the line, and the price is a mean."
    };
    format!(
        "The least cost of moving a mass, convex and piecewise linear; its slope is the price of one \
         unit more. {between} In a map the solid part of a marker is mass that moves, the pale part \
         mass that stays."
    )
}

/// A number for people: six digits.
fn rounded(value: f64) -> String {
    const SIX_DIGITS: f64 = 1e-6;
    supported(value, SIX_DIGITS)
}
