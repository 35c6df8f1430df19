//! `deblais barycenter`: the mean of several histograms, or of several point clouds, in the sense of optimal
//! transport.

mod fixed;
mod free;
mod picture;

use std::ops::Not;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use deblais::barycenter::{BarycenterMethod, BarycenterOptions};
use deblais::certificate::Certificate;
use deblais::io::InputPath;
use deblais::report::{AveragedReport, CertificateReport, InputReport, Settings};
use serde::Serialize;

use super::args::OutputOptions;
use super::emd::parse_gap;
use super::failure::{Exit, Failure};
use super::ground::{CostName, Ground, Seconds};
use super::inputs::one_stdin;
use super::output_files::OutputFiles;
use super::pictures::FORMATS;
use super::text::{Lines, bracket, supported};
use super::{saved, typed, use_threads};

/// `deblais barycenter FILE…`
#[derive(Debug, Args, Serialize)]
#[command(after_help = EXAMPLES)]
pub(crate) struct BarycenterArgs {
    /// Histograms on the same cells: one mass a line, or gray pictures; with --free point clouds
    #[arg(value_name = "FILE", required = true)]
    #[serde(skip)]
    files: Vec<PathBuf>,

    /// Weight of each file, separated by commas (default: equal); scaled to a total of 1
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        allow_negative_numbers = true,
        help_heading = "Input"
    )]
    #[serde(serialize_with = "typed::list")]
    weights: Vec<f64>,

    /// Where the cells of the histograms lie: one row of coordinates a cell (default: 0, 1, 2, …,
    /// or the pixels)
    #[arg(long, value_name = "FILE", conflicts_with = "free", help_heading = "Input")]
    #[serde(serialize_with = "typed::path")]
    grid: Option<PathBuf>,

    /// The files are point clouds, and so is the answer: the points of the first file are moved until
    /// the mean squared distance does not decrease
    #[arg(long, conflicts_with_all = ["cost", "p", "exponent", "method", "gap_tolerance"], help_heading = "Input")]
    #[serde(skip_serializing_if = "Not::not")]
    free: bool,

    #[command(flatten)]
    #[serde(flatten)]
    ground: BarycenterGroundArgs,

    /// Method; auto takes the linear program where it is small
    #[arg(long, value_enum, default_value_t = BarycenterMethodName::Auto, value_name = "NAME", help_heading = "Solver")]
    method: BarycenterMethodName,

    /// Stop once the relative gap is at most this, and exit with code 3 if it is not reached (default:
    /// 1e-9 for lp, 0.01 for entropic)
    #[arg(long, value_name = "GAP", value_parser = parse_gap, allow_negative_numbers = true, help_heading = "Solver")]
    #[serde(with = "deblais::report::number")]
    gap_tolerance: Option<f64>,

    /// Stop after this time with the best answer so far and its bracket: seconds, or 500ms, 10s, 2m
    #[arg(long, value_name = "TIME", help_heading = "Solver")]
    time_limit: Option<Seconds>,

    /// Write the masses of the answer, one a line; with --free its points
    #[arg(long = "output", short = 'o', value_name = "FILE.csv|.npy", help_heading = "Output")]
    #[serde(skip)]
    answer_file: Option<PathBuf>,

    /// Draw the inputs beside the answer, on the line or in the plane
    #[arg(long, value_name = "FILE.png|.svg", help_heading = "Pictures")]
    #[serde(skip)]
    plot: Option<PathBuf>,

    #[command(flatten)]
    #[serde(skip)]
    output: OutputOptions,
}

/// The ground cost, which is the squared Euclidean distance if nothing is said.
#[derive(Debug, Args, Serialize)]
#[command(next_help_heading = "Ground cost")]
struct BarycenterGroundArgs {
    /// Ground distance between two points
    #[arg(long, value_enum, default_value_t = CostName::Sqeuclidean, value_name = "NAME")]
    cost: CostName,

    /// The cost is the distance to this power, as for `W_p`; 1 if left out
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    p: Option<f64>,

    /// Exponent q ≥ 1 of `--cost minkowski`
    #[arg(long, value_name = "Q", allow_negative_numbers = true)]
    exponent: Option<f64>,
}

/// `--method`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
enum BarycenterMethodName {
    /// The linear program where it is small, else the entropic method
    Auto,
    /// The linear program, by an interior point
    Lp,
    /// Entropic barycenters for an entropy that decreases
    Entropic,
}

const EXAMPLES: &str = "Examples:
  deblais barycenter a.png b.png c.png --plot mean.png --output mean.csv
  deblais barycenter a.csv b.csv --weights 0.25,0.75 --grid places.csv --cost euclidean --json
  deblais barycenter --free cloud-1.csv cloud-2.csv cloud-3.csv --output mean.csv";

/// A validated request.
struct BarycenterJob {
    files: Vec<InputPath>,
    /// One for each file.
    weights: Vec<f64>,
    grid: Option<InputPath>,
    ground: Ground,
    options: BarycenterOptions,
    limit: Option<Duration>,
    answer_file: Option<PathBuf>,
    plot: Option<PathBuf>,
    settings: Settings,
    output: OutputOptions,
}

/// Validates the arguments, then runs.
pub(crate) fn run(args: BarycenterArgs) -> Result<Exit, Failure> {
    let free = args.free;
    let job = BarycenterJob::new(args)?;
    if free { job.run_free() } else { job.run_fixed() }
}

impl BarycenterJob {
    fn new(args: BarycenterArgs) -> Result<Self, Failure> {
        let ground = Ground::new(args.ground.cost, args.ground.exponent, args.ground.p)?;
        let mut inputs: Vec<&Path> = args.files.iter().map(PathBuf::as_path).collect();
        inputs.extend(args.grid.as_deref());
        one_stdin(&inputs)?;
        let mut outputs = OutputFiles::default();
        outputs.add("--output", args.answer_file.as_deref(), saved::FORMATS)?;
        outputs.add("--plot", args.plot.as_deref(), FORMATS)?;
        outputs.check(&inputs)?;
        use_threads(args.output.threads)?;
        let settings = Settings::of(&args);
        let settings = if args.weights.is_empty() { settings.without("weights") } else { settings };
        let method = match args.method {
            BarycenterMethodName::Auto => BarycenterMethod::Auto,
            BarycenterMethodName::Lp => BarycenterMethod::Lp,
            BarycenterMethodName::Entropic => BarycenterMethod::Entropic,
        };
        let equal = || vec![1.0; args.files.len()];
        Ok(Self {
            weights: if args.weights.is_empty() { equal() } else { args.weights },
            files: args.files.iter().map(|file| file.as_path().into()).collect(),
            grid: args.grid.as_deref().map(InputPath::from),
            ground,
            options: BarycenterOptions { method, gap: args.gap_tolerance },
            limit: args.time_limit.map(Seconds::duration),
            answer_file: args.answer_file,
            plot: args.plot,
            settings,
            output: args.output,
        })
    }

    /// The inputs with their weights, and the transports to those of positive weight.
    fn averaged(
        &self,
        inputs: Vec<InputReport>,
        transports: &[Certificate],
    ) -> Vec<AveragedReport> {
        let total: f64 = self.weights.iter().sum();
        let mut transports = transports.iter().map(CertificateReport::from);
        let averaged = |(input, &weight): (InputReport, &f64)| AveragedReport {
            input,
            weight: weight / total,
            transport: if weight > 0.0 { transports.next() } else { None },
        };
        inputs.into_iter().zip(&self.weights).map(averaged).collect()
    }
}

/// A line for each input.
fn input_lines(lines: &mut Lines, averaged: &[AveragedReport]) {
    /// Inputs that are shown.
    const MOST: usize = 20;
    for AveragedReport { input, weight, transport } in averaged.iter().take(MOST) {
        let cost = transport.map_or(String::new(), |transport| {
            format!(", transport cost {}", bracket((transport.lower, transport.upper)))
        });
        let label = format!("  weight {}", supported(*weight, 1e-6));
        lines.line(&label, format!("{}{cost}", input.name));
    }
    if averaged.len() > MOST {
        lines.line("  …", format!("{} more", averaged.len() - MOST));
    }
}
