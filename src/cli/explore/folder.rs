//! The folder a study leaves its files in, all named after it.

use std::path::{Path, PathBuf};

use clap::Args;
use deblais::io::atomic::write_atomically;
use deblais::plot::{self, Animation, Figure};
use deblais::report::write_json;
use serde::Serialize;

use crate::cli::failure::Failure;
use crate::cli::output_files::make_out;

/// `--out`
#[derive(Debug, Args)]
pub(super) struct OutArgs {
    /// The folder for the pictures, the table and the JSON (default: explore-NAME)
    #[arg(long, value_name = "FOLDER", help_heading = "Output")]
    out: Option<PathBuf>,
}

/// A folder that exists.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    study: &'static str,
}

impl OutArgs {
    /// Makes the folder of a study, before anything is computed.
    pub(super) fn folder(self, study: &'static str) -> Result<Folder, Failure> {
        let path = self.out.unwrap_or_else(|| format!("explore-{study}").into());
        make_out(&path)?;
        Ok(Folder { path, study })
    }
}

impl Folder {
    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The file of the study with this ending.
    fn file(&self, ending: &str) -> PathBuf {
        self.path.join(format!("{}.{ending}", self.study))
    }

    /// One picture as PNG and as SVG.
    pub(super) fn picture(&self, figure: &dyn Figure) -> Result<(), Failure> {
        for ending in ["png", "svg"] {
            plot::save(&self.file(ending), figure)?;
        }
        Ok(())
    }

    /// Pictures one after another, as GIF.
    pub(super) fn animation(&self, animation: &Animation) -> Result<(), Failure> {
        Ok(plot::save_animation(&self.file("gif"), animation)?)
    }

    /// A table, its first row the names of its columns, as CSV. What is not known is an empty cell.
    pub(super) fn table(
        &self,
        names: &[&str],
        rows: impl IntoIterator<Item = Vec<Option<f64>>>,
    ) -> Result<(), Failure> {
        let mut text = names.join(",") + "\n";
        for row in rows {
            let cells = row.iter().map(|cell| cell.map_or(String::new(), |x| x.to_string()));
            text += &(cells.collect::<Vec<_>>().join(",") + "\n");
        }
        Ok(write_atomically(&self.file("csv"), |out| out.write_all(text.as_bytes()))?)
    }

    /// The report, as JSON.
    pub(super) fn json(&self, report: &impl Serialize) -> Result<(), Failure> {
        Ok(write_atomically(&self.file("json"), |out| write_json(out, report))?)
    }
}
