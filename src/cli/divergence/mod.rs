//! `deblais divergence`: every divergence of two measures in one table.

mod bootstrap;
mod densities;
mod distances;
mod inputs;

use std::time::Instant;

use clap::Args;
use deblais::divergence::Bootstrap;
use deblais::divergence::named::{NAMES, long_name};
use deblais::report::{
    DIVERGENCE_SCHEMA, DivergencesReport, Report, Settings, Timings, ValueReport,
};
use deblais::seed::Seed;
use serde::Serialize;

use self::bootstrap::{ResampledTransport, of_densities, of_distance, of_transport};
use self::densities::{
    BY_NEIGHBORS, Densities, EstimatorName, nearest_neighbor_rows, reason, rows,
};
use self::distances::{DistanceRow, discrepancy, emd, energy_distance, sinkhorn, sliced, w2};
use self::inputs::{MeasurePair, Measures};
use super::args::{OutputOptions, ProblemArgs};
use super::failure::{Exit, Failure};
use super::output::print_report;
use super::progress_line::RunProgress;
use super::remarks::Remarks;
use super::text::{Lines, space, supported};
use super::typed::typed;
use super::use_threads;

/// `deblais divergence SOURCE TARGET`
#[derive(Debug, Args)]
#[command(override_usage = "deblais divergence [OPTIONS] <SOURCE> <TARGET>")]
#[command(after_help = EXAMPLES)]
pub(crate) struct DivergenceArgs {
    #[command(flatten)]
    problem: ProblemArgs,
    #[command(flatten)]
    estimate: EstimateArgs,
    #[command(flatten)]
    output: OutputOptions,
}

const EXAMPLES: &str =
    "All masses are scaled to a total of 1. --cost, --p and --exponent shape emd \
    and sinkhorn; w2, sliced, energy and mmd are those of the Euclidean distance. energy is a square: \
    scipy.stats.energy_distance returns its root.

    Beside a value, `interval` is a 95 % confidence interval. Where the bootstrap proves none, `spread` \
    is the central 95 % of its replicates.

Examples:
  deblais divergence a.csv b.csv
  deblais divergence a.csv b.csv --estimator kde --alpha 2
  deblais divergence --hist p.csv q.csv --grid places.csv --json
  deblais divergence table.csv table.csv --source-where label=3 --target-where label=8";

/// How to estimate.
#[derive(Debug, Args, Serialize)]
#[command(next_help_heading = "Estimates")]
struct EstimateArgs {
    /// How densities come from samples
    #[arg(long, value_enum, value_name = "NAME", default_value_t = EstimatorName::Histogram, conflicts_with = "hist")]
    estimator: EstimatorName,

    /// Bins along each axis (default: Scott's rule)
    #[arg(long, value_name = "N", conflicts_with = "hist", value_parser = clap::value_parser!(u32).range(1..=1_048_576))]
    bins: Option<u32>,

    /// Which neighbor `--estimator knn` looks at
    #[arg(long, alias = "neighbour", value_name = "K", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    #[serde(rename = "neighbour")]
    neighbor: u32,

    /// Order of the α- and the Rényi divergence, above 0
    #[arg(long, value_name = "A", default_value = "0.5", value_parser = order, allow_negative_numbers = true)]
    alpha: f64,

    /// Replicates of the bootstrap; 0 for none
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    bootstrap: u32,

    /// Solve emd, w2 and sliced anew for every replicate
    #[arg(long)]
    bootstrap_transport: bool,

    /// Directions of the sliced Wasserstein distance
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    directions: u32,

    /// Where all draws come from
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
}

/// Parses α.
pub(crate) fn order(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(alpha) if alpha > 0.0 && alpha.is_finite() => Ok(alpha),
        _ => Err("an order is a positive number such as 0.5 or 2".into()),
    }
}

/// A validated request.
struct DivergenceJob {
    measures: Measures,
    settings: Settings,
    estimate: EstimateArgs,
    output: OutputOptions,
}

/// The rows that are computed so far.
#[derive(Default)]
struct DivergenceTable {
    rows: Vec<(&'static str, ValueReport)>,
    left_out: Vec<(&'static str, String)>,
    warnings: Vec<String>,
    complete: bool,
}

/// Validates the arguments, then runs.
pub(crate) fn run(args: DivergenceArgs) -> Result<Exit, Failure> {
    let DivergenceArgs { problem, estimate, output } = args;
    if estimate.bins.is_some() && estimate.estimator != EstimatorName::Histogram {
        let name = typed(&estimate.estimator);
        return Err(Failure::usage(format!("--bins counts, but --estimator {name} does not"))
            .hint("leave one of them out"));
    }
    let measures = Measures::new(&problem)?;
    use_threads(output.threads)?;
    let settings = settings(&measures, &estimate, problem.inputs.sides.hist);
    DivergenceJob { measures, settings, estimate, output }.run()
}

/// The settings that have a meaning beside each other.
fn settings(measures: &Measures, estimate: &EstimateArgs, hist: bool) -> Settings {
    let all = measures.settings().with(estimate).and("hist", hist);
    let all = if hist { all.without("estimator") } else { all };
    if estimate.estimator == EstimatorName::Knn { all } else { all.without("neighbour") }
}

impl DivergenceJob {
    fn run(self) -> Result<Exit, Failure> {
        let pair = self.measures.load()?;
        let start = Instant::now();
        let mut table = DivergenceTable {
            warnings: pair.remarks.warnings.clone(),
            complete: true,
            ..DivergenceTable::default()
        };
        self.add_densities(&pair, &mut table);
        self.add_distances(&pair, &mut table)?;
        Remarks { notes: pair.remarks.notes.clone(), warnings: table.warnings.clone() }
            .tell(self.output.quiet);
        let findings = DivergencesReport {
            n: pair.source.len(),
            m: pair.target.len(),
            dim: pair.source.dim(),
            kind: if pair.histograms.is_some() { "histograms" } else { "samples" },
            divergences: table.rows,
            left_out: table.left_out,
        };
        let solve = start.elapsed().as_secs_f64();
        let report = Report {
            inputs: Some(pair.inputs),
            settings: Some(self.settings.clone()),
            warnings: Some(table.warnings),
            timings: Timings::from([("read", pair.seconds), ("solve", solve)]),
            ..Report::new(DIVERGENCE_SCHEMA, findings)
        };
        print_report(&self.output, &report, |lines| text(lines, &report))?;
        Ok(if table.complete { Exit::Fine } else { Exit::Stopped })
    }

    fn bootstrap(&self) -> Option<Bootstrap> {
        let (replicates, seed) = (self.estimate.bootstrap as usize, Seed(self.estimate.seed));
        (replicates > 0).then_some(Bootstrap { replicates, seed })
    }

    /// Adds the divergences of densities.
    fn add_densities(&self, pair: &MeasurePair, table: &mut DivergenceTable) {
        let EstimateArgs { estimator, bins, neighbor, alpha, .. } = self.estimate;
        if estimator == EstimatorName::Knn && pair.histograms.is_none() {
            match nearest_neighbor_rows(pair, neighbor as usize) {
                Ok(rows) => table.rows.extend(rows),
                Err(error) => {
                    let why = reason(error);
                    table.left_out.extend(BY_NEIGHBORS.map(|name| (name, why.clone())));
                }
            }
            let why = "nearest neighbors estimate kl, kl_reverse and jeffreys alone";
            let rest = NAMES.iter().filter(|name| !BY_NEIGHBORS.contains(name));
            table.left_out.extend(rest.map(|name| (*name, why.to_owned())));
            return;
        }
        match Densities::new(pair, estimator, bins.map(|bins| bins as usize)) {
            Err(error) => {
                let why = reason(error);
                table.left_out.extend(NAMES.map(|name| (name, why.clone())));
            }
            Ok(densities) => {
                if densities.are_disjoint() {
                    table.warnings.push(DISJOINT.to_owned());
                }
                let mut rows = rows(alpha, &densities);
                if let Some(bootstrap) = self.bootstrap() {
                    of_densities(&mut rows, (&densities, pair), alpha, bootstrap);
                }
                table.rows.extend(rows);
            }
        }
    }

    /// Adds the rows that depend on distances.
    fn add_distances(
        &self,
        pair: &MeasurePair,
        table: &mut DivergenceTable,
    ) -> Result<(), Failure> {
        let (ground, seed) = (self.measures.ground(), Seed(self.estimate.seed));
        let count = self.estimate.directions as usize;
        let mut progress = RunProgress::start(None, self.output.quiet)?;
        let found: [(&'static str, DistanceRow, Option<ResampledTransport>); 6] = [
            ("emd", emd(pair, ground, &mut progress)?, Some(ResampledTransport::Emd(ground))),
            ("w2", w2(pair, &mut progress)?, Some(ResampledTransport::W2)),
            ("sliced", sliced(pair, count, seed)?, Some(ResampledTransport::Sliced(count, seed))),
            ("energy", energy_distance(pair)?, None),
            ("mmd", discrepancy(pair, seed), None),
            ("sinkhorn", sinkhorn(pair, ground, &mut progress)?, None),
        ];
        progress.finish();
        for (name, row, transport) in found {
            match row {
                Err(why) => table.left_out.push((name, why)),
                Ok(mut found) => {
                    if let Some(bootstrap) = self.bootstrap() {
                        of_distance(&mut found, pair, bootstrap);
                        if let Some(which) = transport.filter(|_| self.estimate.bootstrap_transport)
                        {
                            of_transport(&mut found, pair, bootstrap, which)?;
                        }
                    }
                    table.complete &= found.complete;
                    table.rows.push((name, found.row));
                }
            }
        }
        Ok(())
    }
}

const DISJOINT: &str = "the supports do not overlap: JS = log 2: it cannot tell you how far apart \
    these are, and its gradient is 0; emd, w2, energy and sinkhorn can";

fn text(lines: &mut Lines, report: &Report<DivergencesReport>) {
    /// Digits that matter, as the width of a bracket.
    const SIX: f64 = 1e-6;
    let short = |x: f64| supported(x, SIX);
    let ends =
        |[low, high]: [f64; 2]| format!("{} … {}", supported(low, 1e-4), supported(high, 1e-4));
    let words = ["", "", "value", "at most", "95 %", "estimator"];
    let mut cells = vec![words.map(str::to_owned)];
    for (name, row) in &report.divergences {
        let worth = match (row.interval, row.spread) {
            (Some(interval), _) => format!("interval {}", ends(interval)),
            (None, Some(spread)) => format!("spread {}", ends(spread)),
            (None, None) => "–".to_owned(),
        };
        let ceiling = row.ceiling.map_or_else(|| "–".to_owned(), short);
        let label = long_name(name).unwrap_or_default();
        cells.push([
            format!("{label:<25}"),
            format!("{name:<13}"),
            short(row.value),
            ceiling,
            worth,
            row.estimator.clone(),
        ]);
        if let Some(bits) = row.bits {
            let [empty, dash] = ["", "–"].map(str::to_owned);
            cells.push([
                format!("{label} in bits"),
                format!("{:<13}", ""),
                short(bits),
                "1".into(),
                dash,
                empty,
            ]);
        }
    }
    lines.table(&cells);
    // One line a reason.
    for group in report.left_out.chunk_by(|a, b| a.1 == b.1) {
        let names: Vec<_> = group.iter().map(|(name, _)| *name).collect();
        lines.line("  left out", format!("{}: {}", names.join(", "), group[0].1));
    }
    let DivergencesReport { n, m, dim, .. } = &report.findings;
    let place = space(*dim);
    let what = match report.kind {
        "histograms" => format!("histograms of {n} cells {place}"),
        _ => format!("{n} and {m} samples {place}"),
    };
    lines.line("  compared", what);
    lines.sides(report.inputs.as_ref(), *n, *m);
    lines.timings(&report.timings);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_positive() {
        assert_eq!(order("2"), Ok(2.0));
        for text in ["0", "-1", "inf", "nan", "", "two"] {
            assert!(order(text).is_err(), "{text}");
        }
    }
}
