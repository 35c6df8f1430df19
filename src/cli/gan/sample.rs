//! `deblais gan sample`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use deblais::io::atomic::write_atomically;
use deblais::io::{InputPath, read_checkpoint};
use deblais::seed::Seed;
use ndarray::ArrayView2;

use super::run::CHECKPOINT;
use crate::cli::failure::{Exit, Failure};
use crate::cli::output::print;
use crate::cli::output_files::OutputFiles;

/// `deblais gan sample FOLDER`
#[derive(Debug, Args)]
pub(super) struct SampleArgs {
    /// The folder that `gan train --out` filled
    folder: PathBuf,

    /// How many points
    #[arg(long, short, value_name = "N", default_value_t = 1000)]
    n: usize,

    /// Where the draws come from
    #[arg(long, default_value_t = 0)]
    seed: u64,

    /// Write them to a file instead of stdout
    #[arg(long, short, value_name = "FILE.csv")]
    output: Option<PathBuf>,
}

/// Draws the points.
pub(super) fn run(args: SampleArgs) -> Result<Exit, Failure> {
    let mut outputs = OutputFiles::default();
    outputs.add("--output", args.output.as_deref(), &["csv"])?;
    outputs.check(&[])?;
    let origin = InputPath::from(args.folder.join(CHECKPOINT));
    let checkpoint = read_checkpoint(&origin)?.checkpoint;
    let points = checkpoint.sample(args.n, &mut Seed(args.seed).stream("sample"))?;
    if let Some(path) = &args.output {
        return write_points(path, points.view()).map(|()| Exit::Fine);
    }
    let mut text = Vec::new();
    write_rows(&mut text, points.view()).map_err(Failure::new)?;
    print(&text)
}

/// Writes points as CSV.
pub(super) fn write_points(path: &Path, points: ArrayView2<'_, f64>) -> Result<(), Failure> {
    Ok(write_atomically(path, |out| write_rows(out, points))?)
}

fn write_rows(out: &mut dyn Write, points: ArrayView2<'_, f64>) -> io::Result<()> {
    for row in points.outer_iter() {
        let cells: Vec<_> = row.iter().map(f64::to_string).collect();
        writeln!(out, "{}", cells.join(","))?;
    }
    Ok(())
}
