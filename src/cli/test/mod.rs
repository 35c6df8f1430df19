//! `deblais test`: permutation tests of two samples.

mod picture;
mod samples;
mod text;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use deblais::divergence::EstimateError;
use deblais::measure::DiscreteMeasure;
use deblais::report::{
    ComparisonReport, Report, Settings, TEST_SCHEMA, TwoSampleReport, correct, number,
};
use deblais::seed::Seed;
use deblais::solvers::Termination;
use deblais::two_sample::{
    Bracket, Statistic, StatisticTest, TestOptions, TwoSampleError, TwoSampleTest,
    two_sample_test_with,
};
use serde::Serialize;

use self::samples::{LoadedSamples, SampleFiles};
use super::args::{GroundArgs, OutputOptions};
use super::failure::{Exit, Failure};
use super::ground::{Ground, Seconds};
use super::output::print_report;
use super::output_files::OutputFiles;
use super::pictures::FORMATS;
use super::progress_line::{Part, RunProgress};
use super::range::check_underflow;
use super::{typed, use_threads, warn};

/// `deblais test SOURCE TARGET`
#[derive(Debug, Args, Serialize)]
#[command(
    override_usage = "deblais test [OPTIONS] <SOURCE> <TARGET>\n       deblais test [OPTIONS] --by <COLUMN> <FILE>"
)]
#[command(after_help = EXAMPLES)]
pub(crate) struct TestArgs {
    #[command(flatten)]
    #[serde(flatten)]
    files: SampleFiles,

    #[command(flatten)]
    #[serde(flatten)]
    ground: GroundArgs,

    #[command(flatten)]
    #[serde(flatten)]
    test: PermutationArgs,

    /// Stop after this time, with the permutations that are done: seconds, or 500ms, 10s, 2m
    #[arg(long, value_name = "TIME", help_heading = "Test")]
    time_limit: Option<Seconds>,

    /// Draw the histogram of the null with the observed value; implies --full-null
    #[arg(long, value_name = "FILE.png|.svg", conflicts_with = "by", help_heading = "Pictures")]
    #[serde(skip)]
    plot: Option<PathBuf>,

    #[command(flatten)]
    #[serde(skip)]
    output: OutputOptions,
}

const EXAMPLES: &str =
    "Every row is an observation. --cost, --p and --exponent shape emd; energy and \
    mmd are those of the Euclidean distance.

Examples:
  deblais test a.csv b.csv
  deblais test a.csv b.csv --permutations 9999 --stop-after 20
  deblais test table.csv table.csv --source-where label=3 --target-where label=8 --plot null.png
  deblais test table.csv --by label --statistics energy";

/// The permutations.
#[derive(Debug, Args, Serialize)]
#[command(next_help_heading = "Test")]
struct PermutationArgs {
    /// Statistics, separated by commas
    #[arg(long, value_enum, value_name = "LIST", value_delimiter = ',', default_values = ["emd", "energy", "mmd"])]
    #[serde(serialize_with = "typed::names")]
    statistics: Vec<StatisticName>,

    /// Number B of permutations: no p-value is below 1/(1 + B)
    #[arg(long, value_name = "B", default_value_t = 999, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    permutations: u32,

    /// Seed of the permutations
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    seed: u64,

    /// End the test of a statistic as soon as so many permutations are at least as large as the
    /// observed value (Besag, Clifford)
    #[arg(long, value_name = "H", value_parser = clap::value_parser!(u32).range(1..))]
    stop_after: Option<u32>,

    /// Solve the transport problem of every permutation to its end, not only until it is known to
    /// be below or above the observed value: the quantiles of the null are then known to rounding
    #[arg(long)]
    full_null: bool,

    /// Bandwidth σ of the kernel of mmd (default: the median distance between pooled points)
    #[arg(long, value_name = "SIGMA", value_parser = bandwidth, allow_negative_numbers = true)]
    #[serde(with = "number")]
    bandwidth: Option<f64>,
}

/// `--statistics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum StatisticName {
    /// Earth mover's distance, exact
    Emd,
    /// Energy distance
    Energy,
    /// Squared maximum mean discrepancy with a Gaussian kernel
    Mmd,
}

impl From<StatisticName> for Statistic {
    fn from(name: StatisticName) -> Self {
        match name {
            StatisticName::Emd => Self::Emd,
            StatisticName::Energy => Self::Energy,
            StatisticName::Mmd => Self::Mmd,
        }
    }
}

/// Parses σ.
fn bandwidth(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(sigma) if sigma > 0.0 && sigma.is_finite() => Ok(sigma),
        _ => Err("a bandwidth is a positive length such as 0.5".into()),
    }
}

/// The names without repetitions.
fn distinct(names: Vec<StatisticName>) -> Vec<StatisticName> {
    let mut kept = Vec::new();
    for name in names {
        if !kept.contains(&name) {
            kept.push(name);
        }
    }
    kept
}

/// A validated request.
struct TestJob {
    files: SampleFiles,
    ground: Ground,
    test: PermutationArgs,
    limit: Option<Duration>,
    plot: Option<PathBuf>,
    settings: Settings,
    output: OutputOptions,
}

/// Validates the arguments, then runs.
pub(crate) fn run(args: TestArgs) -> Result<Exit, Failure> {
    TestJob::new(args)?.run()
}

impl TestJob {
    fn new(mut args: TestArgs) -> Result<Self, Failure> {
        let ground = args.ground.check()?;
        let inputs = args.files.names()?;
        let mut outputs = OutputFiles::default();
        outputs.add("--plot", args.plot.as_deref(), FORMATS)?;
        outputs.check(&inputs)?;
        use_threads(args.output.threads)?;
        args.test.statistics = distinct(args.test.statistics);
        args.test.full_null |= args.plot.is_some();
        let settings = Settings::of(&args).without("cost");
        Ok(Self {
            files: args.files,
            ground,
            test: args.test,
            limit: args.time_limit.map(Seconds::duration),
            plot: args.plot,
            settings,
            output: args.output,
        })
    }

    fn run(self) -> Result<Exit, Failure> {
        let loaded = self.files.load(self.ground)?;
        loaded.remarks.tell(self.output.quiet);
        let pairs = loaded.pairs();
        let (tests, solve) = RunProgress::watch(self.limit, self.output.quiet, |progress| {
            self.tests(&loaded, &pairs, progress)
        })?;
        if let (Some(path), [test]) = (&self.plot, tests.as_slice()) {
            picture::save(path, test)?;
        }
        let report = Report {
            inputs: loaded.inputs.clone(),
            settings: Some(self.settings.clone()),
            warnings: Some(loaded.remarks.warnings.clone()),
            timings: [("read", loaded.seconds), ("solve", solve)].into(),
            ..Report::new(TEST_SCHEMA, self.findings(&loaded, &pairs, &tests))
        };
        print_report(&self.output, &report, |lines| text::write(lines, &report))?;
        Ok(self.exit(&report, pairs.len()))
    }

    /// The error of a test; a bandwidth that was given may be its cause.
    fn failure(&self, error: TwoSampleError) -> Failure {
        match (&error, self.test.bandwidth) {
            (TwoSampleError::Estimate(EstimateError::Scale), Some(sigma)) => {
                Failure::new(format!("--bandwidth {sigma:?}: {error}"))
                    .hint("leave --bandwidth out, or give about the distance between two points")
            }
            _ => error.into(),
        }
    }

    /// Tests the pairs one after another, until the observer stops the run.
    fn tests(
        &self,
        loaded: &LoadedSamples,
        pairs: &[[usize; 2]],
        progress: &mut RunProgress,
    ) -> Result<Vec<TwoSampleTest>, Failure> {
        let mut tests = Vec::with_capacity(pairs.len());
        for &[i, j] in pairs {
            let part = Part { number: tests.len(), of: pairs.len(), progress };
            let [x, y] = [&loaded.measures[i], &loaded.measures[j]];
            let test = two_sample_test_with(x, y, self.ground.cost(), &self.options(part))
                .map_err(|error| loaded.failure(self.failure(error), [i, j]))?;
            self.check_range(x, &test).map_err(|failure| loaded.failure(failure, [i, j]))?;
            let is_stopped = !test.termination.is_complete();
            tests.push(test);
            if is_stopped {
                break;
            }
        }
        Ok(tests)
    }

    /// Refuses transport costs that left the range of `f64`.
    fn check_range(&self, x: &DiscreteMeasure, test: &TwoSampleTest) -> Result<(), Failure> {
        let rounding = self.ground.cost().table(x, x)?.rounding();
        let is_emd = |test: &&StatisticTest| test.statistic == Statistic::Emd;
        test.statistics.iter().filter(is_emd).try_for_each(|test| {
            let Bracket { lower, upper } = test.observed;
            check_underflow(rounding, 1.0, (lower, upper))
        })
    }

    fn options<'a>(&self, observer: Part<'a>) -> TestOptions<'a> {
        let PermutationArgs { statistics, permutations, seed, stop_after, full_null, bandwidth } =
            &self.test;
        let mut options = TestOptions::new()
            .statistics(statistics.iter().map(|&name| name.into()))
            .permutations(*permutations as usize)
            .seed(Seed(*seed))
            .observer(observer);
        if let Some(count) = stop_after {
            options = options.stop_after(*count as usize);
        }
        if let Some(sigma) = bandwidth {
            options = options.bandwidth(*sigma);
        }
        if *full_null { options.full_null() } else { options }
    }

    fn findings(
        &self,
        loaded: &LoadedSamples,
        pairs: &[[usize; 2]],
        tests: &[TwoSampleTest],
    ) -> TwoSampleReport {
        let comparison = |(test, &[i, j]): (&TwoSampleTest, &[usize; 2])| ComparisonReport {
            pair: loaded.sets.as_ref().map(|_| [i, j]),
            ..ComparisonReport::new(loaded.measures[i].len(), loaded.measures[j].len(), test)
        };
        let mut comparisons: Vec<_> = tests.iter().zip(pairs).map(comparison).collect();
        let termination = tests.last().map_or(Termination::Optimal, |test| test.termination);
        if loaded.sets.is_some() && comparisons.len() == pairs.len() {
            correct(&mut comparisons);
        }
        TwoSampleReport {
            dim: loaded.measures[0].dim(),
            cost: self.ground.name(),
            exponent: self.ground.exponent(),
            p: self.ground.p(),
            sets: loaded.sets.clone(),
            comparisons,
            termination: termination.name(),
        }
    }

    fn exit(&self, report: &TwoSampleReport, pairs: usize) -> Exit {
        if report.termination == Termination::Optimal.name() {
            return Exit::Fine;
        }
        let of_pairs = match pairs {
            1 => String::new(),
            _ => format!(" and without {} of {pairs} pairs", pairs - report.comparisons.len()),
        };
        let text =
            format!("stopped: the p-values are those of the permutations that are done{of_pairs}");
        warn(&[text], self.output.quiet);
        Exit::Stopped
    }
}
