//! The samples: two files, or the groups of one.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use deblais::io::Selection;
use deblais::measure::DiscreteMeasure;
use deblais::pairwise;
use deblais::report::{Inputs, SetReport, Settings};
use deblais::shown::Shown;
use serde::Serialize;

use crate::cli::failure::Failure;
use crate::cli::ground::Ground;
use crate::cli::inputs::{ProblemJob, one_stdin};
use crate::cli::pairwise::sets::{self, SetSelection, Totals};
use crate::cli::read_measure::{Role, SampleSet};
use crate::cli::remarks::Remarks;
use crate::cli::remedies::Flags;
use crate::cli::sample_set::{SelectionFlags, column};

/// The files and what to read of them.
#[derive(Debug, Args, Serialize)]
#[command(next_help_heading = "Input")]
pub(super) struct SampleFiles {
    /// First sample: CSV, TSV or NPY with an observation a row; `-` is stdin
    #[arg(help_heading = None)]
    #[serde(skip)]
    source: PathBuf,

    /// Second sample, likewise
    #[arg(help_heading = None, required_unless_present = "by", conflicts_with = "by")]
    #[serde(skip)]
    target: Option<PathBuf>,

    /// Columns that are the coordinates, by name, index or range such as e0-e49, separated by
    /// commas (default: all but those of --where and --by and those called id, *_id, index, label)
    #[arg(long, value_name = "LIST")]
    columns: Option<String>,

    /// Columns that are not among the coordinates, likewise
    #[arg(long, value_name = "LIST")]
    drop: Option<String>,

    /// Keep only the rows of both files that have this value in this column
    #[arg(long = "where", value_name = "COLUMN=VALUE", conflicts_with_all = ["source_where", "target_where", "by"])]
    #[serde(rename = "where")]
    both_where: Option<String>,

    /// Keep only these rows of the first sample
    #[arg(long, value_name = "COLUMN=VALUE", conflicts_with = "by")]
    source_where: Option<String>,

    /// Keep only these rows of the second sample
    #[arg(long, value_name = "COLUMN=VALUE", conflicts_with = "by")]
    target_where: Option<String>,

    /// Test all pairs of groups of one file, with Holm's correction: rows that have the same value in
    /// this column are a group
    #[arg(long, value_name = "COLUMN")]
    by: Option<String>,
}

/// The samples that were read, and where they came from.
pub(super) struct LoadedSamples {
    pub(super) measures: Vec<DiscreteMeasure>,
    /// The groups of one file.
    pub(super) sets: Option<Vec<SetReport>>,
    /// Two files.
    pub(super) inputs: Option<Inputs>,
    pub(super) remarks: Remarks,
    pub(super) seconds: f64,
}

impl SampleFiles {
    /// The names of the files.
    pub(super) fn names(&self) -> Result<Vec<&Path>, Failure> {
        let names: Vec<&Path> = [Some(&self.source), self.target.as_ref()]
            .into_iter()
            .flatten()
            .map(PathBuf::as_path)
            .collect();
        one_stdin(&names)?;
        Ok(names)
    }

    /// Reads the samples.
    pub(super) fn load(&self, ground: Ground) -> Result<LoadedSamples, Failure> {
        let start = Instant::now();
        let loaded = match (&self.target, &self.by) {
            (Some(target), _) => self.load_files(target, ground),
            (None, by) => self.load_groups(by.as_deref().unwrap_or_default(), ground),
        };
        Ok(LoadedSamples { seconds: start.elapsed().as_secs_f64(), ..loaded? })
    }

    fn selection(&self, filter: Option<&String>) -> Result<Selection, Failure> {
        let (columns, drop) = (self.columns.as_deref(), self.drop.as_deref());
        let filter = filter.or(self.both_where.as_ref()).map(String::as_str);
        SelectionFlags { columns, drop, filter, weights: None }.check()
    }

    fn load_files(&self, target: &Path, ground: Ground) -> Result<LoadedSamples, Failure> {
        let side = |role, file: &Path, filter: &Option<String>| {
            let set = SampleSet::new(role, file.into(), self.selection(filter.as_ref())?);
            Ok::<_, Failure>(SampleSet { flags: Flags::SAMPLES, ..set })
        };
        let sides = [
            side(Role::Source, &self.source, &self.source_where)?,
            side(Role::Target, target, &self.target_where)?,
        ];
        let loaded = ProblemJob::between(sides, ground, false, Settings::default()).load()?;
        let (x, y) = loaded.clouds.expect("a problem between points has them");
        Ok(LoadedSamples {
            measures: vec![x, y],
            sets: None,
            inputs: Some(loaded.inputs),
            remarks: loaded.remarks,
            seconds: 0.0,
        })
    }

    fn load_groups(&self, by: &str, ground: Ground) -> Result<LoadedSamples, Failure> {
        let selection = SetSelection {
            selection: self.selection(None)?,
            by: Some(column(by)),
            diagonal: false,
            totals: Totals::Equal,
        };
        let files = sets::files(std::slice::from_ref(&self.source), None)?;
        let sets = sets::read(files, &selection, &ground)?;
        Ok(LoadedSamples {
            measures: sets.measures,
            sets: Some(sets.reports),
            inputs: None,
            remarks: sets.remarks,
            seconds: 0.0,
        })
    }
}

impl LoadedSamples {
    /// The pairs to test, by the places of their samples.
    pub(super) fn pairs(&self) -> Vec<[usize; 2]> {
        pairwise::pairs(self.measures.len()).map(|(i, j)| [i, j]).collect()
    }

    /// Why a pair cannot be tested.
    pub(super) fn failure(&self, error: impl Into<Failure>, [i, j]: [usize; 2]) -> Failure {
        let failure = error.into();
        match &self.sets {
            None => failure,
            Some(sets) => {
                failure.at(format!("{} and {}", Shown(&sets[i].name), Shown(&sets[j].name)))
            }
        }
    }
}
