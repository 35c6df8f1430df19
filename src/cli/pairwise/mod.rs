//! `deblais pairwise`: the matrix of transport costs between many sets.

mod remaining_pairs;
pub(super) mod sets;
mod shards;
mod summary;

use std::ops::Not;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::{Args, Subcommand};
use deblais::io::{journal_of, write_named_matrix, write_named_matrix_to};
use deblais::measure::DiscreteMeasure;
use deblais::pairwise::{Distances, Judged};
use deblais::report::{
    PAIRWISE_SCHEMA, PairReport, PairwiseReport, Report, Settings, number, root,
};
use deblais::shown::Shown;
use deblais::tolerance;
use deblais::unbalanced::UnbalancedProblem;
use ndarray::Array2;
use serde::Serialize;

use self::remaining_pairs::{all_pairs, merge, solve_remaining};
use self::sets::{SetSelection, Sets, Totals};
use self::shards::{Shard, Shards};
use self::summary::summary;
use super::amount::{AmountArgs, refuse_normalize};
use super::args::{GroundArgs, OutputOptions};
use super::emd::parse_gap;
use super::failure::{Exit, Failure};
use super::ground::{Ground, Seconds, chebyshev_with_diagonal};
use super::inputs::one_stdin;
use super::method::{MethodName, choose};
use super::output::{print, print_report};
use super::output_files::OutputFiles;
use super::progress_line::RunProgress;
use super::range::{check_bounds, check_range};
use super::sample_set::{SelectionFlags, column};
use super::text::Lines;
use super::typed::typed;
use super::{saved, tell, use_threads, warn};

/// `deblais pairwise`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct PairwiseCommand {
    #[command(subcommand)]
    merge: Option<MergeCommand>,

    #[command(flatten)]
    args: PairwiseArgs,
}

#[derive(Debug, Subcommand)]
enum MergeCommand {
    /// Write the matrix of the shards that lie beside --output: the same command as for the shards,
    /// with `merge` in the place of --shard
    Merge(Box<PairwiseArgs>),
}

/// `deblais pairwise FILE…`
#[derive(Debug, Args, Serialize)]
#[command(
    override_usage = "deblais pairwise [OPTIONS] <FILE>...\n       deblais pairwise [OPTIONS] --manifest <FILE>"
)]
#[command(after_help = EXAMPLES, mut_arg("cost", chebyshev_with_diagonal))]
pub(crate) struct PairwiseArgs {
    /// The sets: CSV, TSV or NPY with a sample a row, or a gray PNG as a histogram
    #[arg(value_name = "FILE", required_unless_present = "manifest", conflicts_with = "manifest")]
    #[serde(skip)]
    files: Vec<PathBuf>,

    /// List of the files instead: a path a line, or a table name,path; `-` is stdin
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    #[serde(skip)]
    manifest: Option<PathBuf>,

    /// Column of every file that holds the masses, by name or by index from 0 (uniform if left out)
    #[arg(long, value_name = "COLUMN", help_heading = "Input")]
    weights: Option<String>,

    /// Columns that are the coordinates, by name, index or range such as e0-e49, separated by
    /// commas (default: all but those of --weights and --where and those called id, *_id, index, label)
    #[arg(long, value_name = "LIST", help_heading = "Input")]
    columns: Option<String>,

    /// Columns that are not among the coordinates, likewise
    #[arg(long, value_name = "LIST", help_heading = "Input")]
    drop: Option<String>,

    /// Keep only the rows that have this value in this column
    #[arg(long = "where", value_name = "COLUMN=VALUE", help_heading = "Input")]
    #[serde(rename = "where")]
    filter: Option<String>,

    /// Every file holds several sets: the rows that have the same value in this column
    #[arg(long, value_name = "COLUMN", conflicts_with = "filter", help_heading = "Input")]
    by: Option<String>,

    /// Scale the masses of each set to a total of 1
    #[arg(long, help_heading = "Input")]
    normalize: bool,

    /// The sets are persistence diagrams: points (birth, death) of mass 1, which may be matched with the
    /// diagonal; a death may be inf
    #[arg(long, conflicts_with_all = WITHOUT_DIAGONAL, help_heading = "Persistence diagrams")]
    #[serde(skip_serializing_if = "Not::not")]
    diagonal: bool,

    #[command(flatten)]
    #[serde(flatten)]
    amount: AmountArgs,

    #[command(flatten)]
    #[serde(flatten)]
    ground: GroundArgs,

    /// Method for every pair; auto takes the fastest that is exact for it
    #[arg(long, value_enum, default_value_t = MethodName::Auto, value_name = "NAME", help_heading = "Solver")]
    method: MethodName,

    /// Stop after this time, keeping what is done: seconds, or 500ms, 10s, 2m
    #[arg(long, value_name = "TIME", help_heading = "Solver")]
    time_limit: Option<Seconds>,

    /// Exit with code 3 if a pair's relative gap is wider than this (default: 1e-9)
    #[arg(long, value_name = "GAP", default_value_t = tolerance::OPTIMAL, hide_default_value = true, value_parser = parse_gap, allow_negative_numbers = true, help_heading = "Solver")]
    #[serde(with = "number")]
    gap_tolerance: f64,

    /// Write the matrix to this file instead of stdout; a run that is stopped or killed goes on
    /// from the journal beside it when the same command is given again
    #[arg(long = "output", short = 'o', value_name = "FILE.csv|.npy", help_heading = "Output")]
    #[serde(skip)]
    matrix_file: Option<PathBuf>,

    /// Solve shard I of K only, and keep it beside --output; `deblais pairwise merge` writes the matrix of all
    #[arg(long, value_name = "I/K", requires = "matrix_file", help_heading = "Output")]
    #[serde(skip)]
    shard: Option<Shard>,

    /// Entries are the distances `W_p`, the p-th roots of the transport costs
    #[arg(long, help_heading = "Output")]
    root: bool,

    #[command(flatten)]
    #[serde(skip)]
    output: OutputOptions,
}

/// Flags that say nothing where every point has mass 1 and may go to the diagonal.
const WITHOUT_DIAGONAL: [&str; 6] =
    ["weights", "normalize", "mass", "fraction", "unbalanced", "unit_mass"];

const EXAMPLES: &str = "Examples:
  deblais pairwise a.csv b.csv c.csv
  deblais pairwise table.csv --by label
  deblais pairwise a.csv b.csv c.csv --weights w --unbalanced 0.5
  deblais pairwise diagrams/*.csv --diagonal --p 2 --root
  deblais pairwise --manifest sets.txt --weights w --normalize --output emd.csv
  deblais pairwise --manifest sets.txt --output emd.csv --shard 3/16
  deblais pairwise merge --manifest sets.txt --output emd.csv
  deblais pairwise images/*.png --cost sqeuclidean --root --output w2.npy --time-limit 1h";

/// A validated request.
struct PairwiseJob {
    files: Vec<PathBuf>,
    manifest: Option<PathBuf>,
    selection: SetSelection,
    ground: Ground,
    amount: AmountArgs,
    method: MethodName,
    limit: Option<Duration>,
    claim: f64,
    matrix_file: Option<PathBuf>,
    shard: Option<Shard>,
    root: bool,
    settings: Settings,
    output: OutputOptions,
}

/// Validates the arguments, then runs.
pub(crate) fn run(command: PairwiseCommand) -> Result<Exit, Failure> {
    let Some(MergeCommand::Merge(args)) = command.merge else {
        return PairwiseJob::new(command.args)?.run();
    };
    if args.shard.is_some() {
        return Err(Failure::usage("merge takes all shards").hint("leave --shard out"));
    }
    let Some(output) = args.matrix_file.clone() else {
        return Err(Failure::usage("merge needs --output").hint("name the --output of the shards"));
    };
    PairwiseJob::new(*args)?.merge(&output)
}

impl PairwiseJob {
    fn new(args: PairwiseArgs) -> Result<Self, Failure> {
        let ground = args.ground.check()?;
        if args.root && !ground.is_power_of_distance() {
            return Err(Failure::usage("--root: --cost cosine is no power of a distance")
                .hint("leave --root out"));
        }
        if args.diagonal {
            ground.check_diagonal()?;
        }
        if args.amount.amount().is_some() {
            if args.root {
                return Err(Failure::usage(
                    "--root: the cost between unequal masses is no power of a distance",
                )
                .hint("leave --root out, or move all mass"));
            }
            refuse_normalize(args.normalize)?;
        } else {
            args.amount.check_alone()?;
        }
        let mut inputs: Vec<&Path> = args.files.iter().map(PathBuf::as_path).collect();
        inputs.extend(args.manifest.as_deref());
        one_stdin(&inputs)?;
        outputs(args.matrix_file.as_deref())?.check(&inputs)?;
        use_threads(args.output.threads)?;
        let settings = Settings::of(&args).without("cost");
        let flags = SelectionFlags {
            columns: args.columns.as_deref(),
            drop: args.drop.as_deref(),
            filter: args.filter.as_deref(),
            weights: args.weights.as_deref(),
        };
        let totals = match args.amount.amount() {
            Some(_) if args.amount.unit_mass => Totals::Points,
            Some(_) => Totals::Any,
            None if args.normalize => Totals::One,
            None => Totals::Equal,
        };
        let selection = SetSelection {
            selection: flags.check()?,
            by: args.by.as_deref().map(column),
            totals,
            diagonal: args.diagonal,
        };
        Ok(Self {
            files: args.files,
            manifest: args.manifest,
            selection,
            ground,
            amount: args.amount,
            method: args.method,
            limit: args.time_limit.map(Seconds::duration),
            claim: args.gap_tolerance,
            matrix_file: args.matrix_file,
            shard: args.shard,
            root: args.root,
            settings,
            output: args.output,
        })
    }

    fn run(self) -> Result<Exit, Failure> {
        let method = choose(self.method, None)?;
        let (sets, read) = self.read()?;
        let journal = match (&self.matrix_file, self.shard) {
            (Some(output), Some(shard)) => Some(shard.journal(output)?),
            (Some(output), None) => Some(journal_of(output)?),
            (None, _) => None,
        };
        let amount = self.amount.amount();
        let all = all_pairs(&sets, amount);
        let wanted = self.shard.map_or_else(|| all.clone(), |shard| shard.of_all(&all));
        let (problem, count) = ((self.ground, amount, method), wanted.len());
        let ((distances, resumed), solve) =
            RunProgress::watch(self.limit, self.output.quiet, |progress| {
                let (journal, options) = (journal.as_deref(), self.options());
                solve_remaining(&sets, problem, wanted, options, journal, progress)
            })?;
        let pairs = Pairs { count, resumed, journal: journal.as_deref() };
        self.answer(&sets, &distances, [read, solve], pairs, |output, matrix| match &journal {
            Some(journal) if self.shard.is_none() && distances.termination.is_complete() => {
                write_named_matrix(output, &sets.names, matrix.view())?;
                std::fs::remove_file(journal)
                    .map_err(|error| Failure::new(format!("{}: {error}", journal.display())))
            }
            _ => Ok(()),
        })
    }

    /// Writes the matrix of all shards, and removes these.
    fn merge(self, output: &Path) -> Result<Exit, Failure> {
        let shards = Shards::beside(output)?;
        let (sets, read) = self.read()?;
        let distances = merge(&sets, self.amount.amount(), self.options(), &shards)?;
        let pairs = Pairs { count: distances.found.len(), resumed: 0, journal: None };
        self.answer(&sets, &distances, [read, 0.0], pairs, |output, matrix| {
            write_named_matrix(output, &sets.names, matrix.view())?;
            shards.remove()
        })
    }

    /// The sets, and the time that it took to read them.
    fn read(&self) -> Result<(Sets, f64), Failure> {
        let start = Instant::now();
        let files = sets::files(&self.files, self.manifest.as_deref())?;
        let listed = files.iter().filter_map(|(_, listed)| listed.origin.path());
        outputs(self.matrix_file.as_deref())?.check(&listed.collect::<Vec<_>>())?;
        let sets = sets::read(files, &self.selection, &self.ground)?;
        sets.remarks.tell(self.output.quiet);
        Ok((sets, start.elapsed().as_secs_f64()))
    }

    /// Prints the answer, and has the matrix saved.
    fn answer(
        &self,
        sets: &Sets,
        distances: &Distances,
        [read, solve]: [f64; 2],
        pairs: Pairs<'_>,
        save: impl FnOnce(&Path, &Array2<f64>) -> Result<(), Failure>,
    ) -> Result<Exit, Failure> {
        self.check_range(sets, distances)?;
        let matrix = self.entries(distances.costs());
        let report = Report {
            settings: Some(self.settings.clone()),
            warnings: Some(sets.remarks.warnings.clone()),
            timings: [("read", read), ("solve", solve)].into(),
            ..Report::new(PAIRWISE_SCHEMA, self.findings(sets, distances, &matrix))
        };
        // A file that fails now must not cost the user the answer: it is printed all the same.
        let saved = self.matrix_file.as_deref().map(|output| save(output, &matrix)).transpose();
        let shard = self.shard.map(|shard| format!(", shard {shard}")).unwrap_or_default();
        let rest = (self.amount.described(), pairs.resumed, shard);
        let lines = summary(&sets.names, &report, distances, rest);
        self.show(&sets.names, &matrix, &report, lines)?;
        saved?;
        Ok(self.exit(&report, &sets.names, &pairs))
    }

    /// The options that shape what is found, on one line.
    fn options(&self) -> String {
        let diagonal = if self.selection.diagonal { " diagonal" } else { "" };
        let moved =
            self.amount.described().map_or(String::new(), |amount| format!(" moved: {amount}"));
        format!("method={} {}{diagonal}{moved}", typed(&self.method), self.ground)
    }

    /// Refuses pairs whose cost left the range of `f64`.
    fn check_range(&self, sets: &Sets, distances: &Distances) -> Result<(), Failure> {
        let ground = self.ground.cost();
        let (rounding, mass) = sets.rounding(ground)?;
        let check = |judged: &Judged| {
            let Some(amount) = self.amount.amount() else {
                return check_bounds(rounding, mass, &judged.certificate);
            };
            let (source, target) = (&sets.measures[judged.pair.0], &sets.measures[judged.pair.1]);
            let problem = UnbalancedProblem::new(source, target, ground, amount)?;
            check_range(problem.balanced(), &judged.certificate)
        };
        distances.found.iter().try_for_each(|judged| {
            let (i, j) = judged.pair;
            check(judged).map_err(|failure| {
                failure.at(format!("{} and {}", Shown(&sets.names[i]), Shown(&sets.names[j])))
            })
        })
    }

    fn findings(&self, sets: &Sets, distances: &Distances, matrix: &Array2<f64>) -> PairwiseReport {
        let is_unequal = self.amount.amount().is_some();
        let entries = match (self.root, is_unequal) {
            (true, _) => "distance",
            (false, true) => "objective",
            (false, false) => "transport_cost",
        };
        let first = sets.measures.first().filter(|_| !is_unequal);
        let report = PairwiseReport::new(self.ground.name(), sets.dim(), sets.reports.clone());
        let directions = if distances.is_symmetric { 1 } else { 2 };
        PairwiseReport {
            exponent: self.ground.exponent(),
            p: self.ground.p(),
            total_mass: first.map(DiscreteMeasure::total),
            pairs: directions * report.pairs,
            done: distances.found.len(),
            termination: distances.termination.name(),
            entries,
            worst: distances.worst().map(PairReport::from),
            unproved: distances.found.iter().filter(|judged| !self.holds(judged)).count(),
            matrix: PairwiseReport::rows(matrix.view()),
            ..report
        }
    }

    /// The costs, or their roots, rounded up.
    fn entries(&self, costs: Array2<f64>) -> Array2<f64> {
        if self.root { costs.mapv(|cost| root(cost, self.ground.p()).1) } else { costs }
    }

    /// Whether the gap of a pair is within the claim.
    fn holds(&self, judged: &Judged) -> bool {
        judged.certificate.is_infinite() || judged.certificate.is_within(self.claim)
    }

    /// Stdout is the matrix, unless that goes to a file: then it is the summary.
    fn show(
        &self,
        names: &[String],
        matrix: &Array2<f64>,
        report: &Report<PairwiseReport>,
        summary: Lines,
    ) -> Result<Exit, Failure> {
        if self.output.json {
            return print_report(&self.output, report, |_| {});
        }
        let summary = summary.finish();
        if self.matrix_file.is_some() {
            return print(summary.as_bytes());
        }
        let mut bytes = Vec::new();
        write_named_matrix_to(&mut bytes, names, matrix.view()).map_err(Failure::new)?;
        if !self.output.quiet {
            tell(format_args!("{summary}"));
        }
        print(&bytes)
    }

    fn exit(&self, report: &PairwiseReport, names: &[String], pairs: &Pairs<'_>) -> Exit {
        if report.done < pairs.count {
            let rest = match pairs.journal {
                Some(journal) => {
                    format!("kept in {}: the same command goes on from there", journal.display())
                }
                None => "printed, the others as inf; with --output a run can be taken up again"
                    .to_owned(),
            };
            let text =
                format!("stopped: {} of {} pairs are done and {rest}", report.done, pairs.count);
            warn(&[text], self.output.quiet);
            return Exit::Stopped;
        }
        match &report.worst {
            Some(PairReport { pair: [i, j], certificate }) if report.unproved > 0 => {
                let text = format!(
                    "{} of {} pairs have a relative gap above {:e}; that of {} and {} is {:.1e}",
                    report.unproved,
                    report.pairs,
                    self.claim,
                    Shown(&names[*i]),
                    Shown(&names[*j]),
                    certificate.relative_gap,
                );
                warn(&[text], self.output.quiet);
                Exit::ClaimBroken
            }
            _ => Exit::Fine,
        }
    }
}

fn outputs(matrix: Option<&Path>) -> Result<OutputFiles, Failure> {
    let mut outputs = OutputFiles::default();
    outputs.add("--output", matrix, saved::FORMATS)?;
    Ok(outputs)
}

/// The pairs of one run.
struct Pairs<'a> {
    /// Those that it is to solve.
    count: usize,
    /// Those that were in the journal.
    resumed: usize,
    journal: Option<&'a Path>,
}
