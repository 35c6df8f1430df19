//! The flags that several subcommands share, as they are typed.

use std::ops::Not;
use std::path::PathBuf;

use clap::builder::{Resettable, Str};
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::ground::CostName;
use super::typed;

/// Two measures and what moving costs.
#[derive(Debug, Args)]
pub(crate) struct ProblemArgs {
    #[command(flatten)]
    pub(crate) inputs: InputArgs,
    #[command(flatten)]
    pub(crate) cost: CostArgs,
}

/// Under the heading that clap gives to arguments without a flag.
const ARGUMENTS: Resettable<Str> = Resettable::Reset;

/// Where the two measures come from.
#[derive(Debug, Args)]
#[command(next_help_heading = "Input")]
pub(crate) struct InputArgs {
    /// Source points: CSV, TSV or NPY with a sample a row, or a gray PNG as a histogram; `-` is
    /// stdin
    #[arg(help_heading = ARGUMENTS, required_unless_present_any = ["cost_matrix", "cost_arcs"], conflicts_with = "cost_matrix")]
    pub(crate) source: Option<PathBuf>,

    /// Target points, likewise
    #[arg(help_heading = ARGUMENTS, required_unless_present_any = ["cost_matrix", "cost_arcs"], conflicts_with = "cost_matrix")]
    pub(crate) target: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) sides: SideArgs,

    /// Scale the masses of each side to a total of 1
    #[arg(long)]
    pub(crate) normalize: bool,
}

/// The rows and columns of the two files that make the measures.
#[derive(Debug, Args, Serialize)]
#[command(next_help_heading = "Input")]
pub(crate) struct SideArgs {
    /// Column of both files that holds the masses, by name or by index from 0
    #[arg(long, value_name = "COLUMN", conflicts_with_all = ["source_weights", "target_weights"])]
    pub(crate) weights: Option<String>,

    /// Masses of the source: a column of SOURCE, or a file with one column (uniform if left out)
    #[arg(long, value_name = "COLUMN|FILE")]
    pub(crate) source_weights: Option<String>,

    /// Masses of the target: a column of TARGET, or a file with one column (uniform if left out)
    #[arg(long, value_name = "COLUMN|FILE")]
    pub(crate) target_weights: Option<String>,

    /// Columns that are the coordinates, by name, index or range such as e0-e49, separated by
    /// commas (default: all but those of --weights and --where and those called id, *_id, index, label or nothing)
    #[arg(long, value_name = "LIST", conflicts_with = "cost_matrix")]
    pub(crate) columns: Option<String>,

    /// Columns that are not among the coordinates, likewise
    #[arg(long, value_name = "LIST", conflicts_with = "cost_matrix")]
    pub(crate) drop: Option<String>,

    /// Keep only the rows of both files that have this value in this column
    #[arg(long = "where", value_name = "COLUMN=VALUE", conflicts_with_all = ["source_where", "target_where", "cost_matrix"])]
    #[serde(rename = "where")]
    pub(crate) both_where: Option<String>,

    /// Keep only these rows of the source
    #[arg(long, value_name = "COLUMN=VALUE", conflicts_with = "cost_matrix")]
    pub(crate) source_where: Option<String>,

    /// Keep only these rows of the target
    #[arg(long, value_name = "COLUMN=VALUE", conflicts_with = "cost_matrix")]
    pub(crate) target_where: Option<String>,

    /// SOURCE and TARGET are histograms on the same cells: one mass a line, or gray pictures
    #[arg(long, conflicts_with = "cost_matrix")]
    #[serde(skip_serializing_if = "Not::not")]
    pub(crate) hist: bool,

    /// Where the cells of the histograms lie: one row of coordinates a cell (default: 0, 1, 2, …,
    /// or the pixels)
    #[arg(long, value_name = "FILE", requires = "hist")]
    #[serde(serialize_with = "typed::path")]
    pub(crate) grid: Option<PathBuf>,
}

/// The ground cost between two points.
#[derive(Debug, Args, Serialize)]
#[command(next_help_heading = "Ground cost")]
pub(crate) struct GroundArgs {
    /// Ground distance between two points
    #[arg(long, value_enum, default_value_t = CostName::Euclidean, value_name = "NAME")]
    pub(crate) cost: CostName,

    /// The cost is the distance to this power, as for `W_p`; 1 if left out. `emd --p inf` finds the
    /// bottleneck distance, the least largest cost of a plan
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    pub(crate) p: Option<f64>,

    /// Exponent q ≥ 1 of `--cost minkowski`
    #[arg(long, value_name = "Q", allow_negative_numbers = true)]
    pub(crate) exponent: Option<f64>,
}

/// The ground cost, or a matrix of costs.
#[derive(Debug, Args)]
#[command(next_help_heading = "Ground cost")]
pub(crate) struct CostArgs {
    #[command(flatten)]
    pub(crate) ground: GroundArgs,

    /// Cost matrix instead of points, NPY or CSV: rows are source points, columns target points
    #[arg(long, value_name = "FILE", conflicts_with_all = ["cost", "exponent"])]
    pub(crate) cost_matrix: Option<PathBuf>,

    /// List of arcs instead of points, NPY or CSV of i, j, cost, or a sparse matrix that scipy saved as
    /// NPZ: no other arc carries mass (emd and certify)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["source", "target", "cost_matrix", "cost", "exponent", "columns", "drop", "both_where", "source_where", "target_where", "hist"])]
    pub(crate) cost_arcs: Option<PathBuf>,

    /// No mass moves farther than this, by the ground distance as it is computed, rounded to the nearest
    /// number (emd and certify)
    #[arg(long, value_name = "R", allow_negative_numbers = true, conflicts_with_all = ["cost_matrix", "cost_arcs"])]
    pub(crate) max_distance: Option<f64>,
}

/// Files to write.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct FileArgs {
    /// Write the plan's non-zero cells i, j, mass
    #[arg(long, value_name = "FILE.csv|.npy")]
    pub(crate) plan: Option<PathBuf>,

    /// Write the potentials of all source and target points
    #[arg(long, value_name = "FILE.csv|.npy")]
    pub(crate) potentials: Option<PathBuf>,
}

/// Pictures of a plan.
#[derive(Debug, Args)]
#[command(next_help_heading = "Pictures")]
pub(crate) struct DrawArgs {
    /// Draw the plan as a matrix, rows source, columns target, the darker the more mass
    #[arg(long, value_name = "FILE.png|.svg")]
    pub(crate) heatmap: Option<PathBuf>,

    /// Draw both clouds and the arrows of the plan, for points in the plane
    #[arg(long, value_name = "FILE.png|.svg")]
    pub(crate) map: Option<PathBuf>,

    /// Order of the rows and columns of the heatmap (default: plan for points, input for a cost
    /// matrix)
    #[arg(long, value_enum, value_name = "ORDER", requires = "heatmap")]
    pub(crate) order: Option<OrderName>,
}

/// `--order`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OrderName {
    /// As in the files
    Input,
    /// Rows and columns along a curve through each cloud
    Sorted,
    /// Rows along a curve through the source, columns by where their mass comes from
    Plan,
}

/// How to output, and how many threads to use.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputOptions {
    /// Print one JSON object on stdout (see docs/json.md)
    #[arg(long)]
    pub(crate) json: bool,

    /// No progress and no warnings on stderr
    #[arg(long, short)]
    pub(crate) quiet: bool,

    /// Number of threads (default: all cores); the result is the same for any number
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
}

/// How much to say about a certificate.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct DetailArgs {
    /// Say as well how far the plan and the potentials were off before they were repaired
    #[arg(long, short)]
    pub(crate) verbose: bool,
}
