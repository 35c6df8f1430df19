//! `--data`: what a GAN learns from.

use std::num::NonZeroU64;
use std::path::Path;

use clap::Args;
use deblais::datasets::{PLANAR, planar};
use deblais::gan::{Data, Image, Standard};
use deblais::io::{ColumnRef, Images, Input, InputPath, RunOptions, Selection, read_images};

use crate::cli::failure::Failure;
use crate::cli::input_warnings;
use crate::cli::remarks::Remarks;
use crate::cli::remedies::Flags;
use crate::cli::sample_set::SelectionFlags;

/// The digits that come with the program: a label, then 8 × 8 pixels.
const DIGITS: &[u8] =
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/digits.csv"));

/// Their name.
const DIGITS_NAME: &str = "digits";

/// Pixels along a side of a digit.
const DIGIT_SIDE: usize = 8;

/// The largest value of a digit's pixel.
const DIGIT_MOST: f64 = 16.0;

/// The prefix of the name of a file of images.
const IDX: &str = "idx:";

/// Digits that are held out unless something else is asked for.
const DIGITS_HELD_OUT: usize = 500;

/// Where the data come from.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Data")]
pub(super) struct DataArgs {
    /// ring8, grid25, swissroll, moons, digits, a file with a point a row (CSV, TSV, NPY), or idx:FILE
    /// with images as MNIST and Fashion-MNIST have them
    #[arg(long, value_name = "NAME|FILE")]
    pub(super) data: Option<String>,

    /// Columns of a file that are the coordinates, by name or index, separated by commas
    #[arg(long, value_name = "LIST")]
    columns: Option<String>,

    /// Keep only the rows that have this value in this column
    #[arg(long = "where", value_name = "COLUMN=VALUE")]
    filter: Option<String>,

    /// Rows of a file that are not learnt from but judged by (default: a quarter, at most 1000)
    #[arg(long, value_name = "N")]
    held_out: Option<usize>,
}

impl DataArgs {
    /// The options that a run saves, with its number of scores.
    pub(super) fn options(&self, evaluations: NonZeroU64) -> RunOptions {
        let Self { columns, filter, held_out, .. } = self.clone();
        RunOptions { evaluations, snapshot: None, columns, filter, held_out }
    }
}

/// Checked names.
#[derive(Debug, Clone)]
pub(super) struct DataJob {
    pub(super) name: String,
    selection: Selection,
    held_out: Option<usize>,
}

impl DataJob {
    /// Of the arguments, and for what they leave open of a run that was saved.
    pub(super) fn saved(args: &DataArgs, data: &str, run: &RunOptions) -> Result<Self, Failure> {
        let args = args.clone();
        Self::new(&DataArgs {
            data: args.data.or_else(|| Some(data.to_owned())),
            columns: args.columns.or_else(|| run.columns.clone()),
            filter: args.filter.or_else(|| run.filter.clone()),
            held_out: args.held_out.or(run.held_out),
        })
    }

    /// Of the arguments alone.
    pub(super) fn new(args: &DataArgs) -> Result<Self, Failure> {
        let name = args.data.as_deref().ok_or_else(|| {
            Failure::usage("--data is missing").hint(format!(
                "name {}, {DIGITS_NAME}, a file with a point a row, or {IDX}FILE with images",
                PLANAR.join(", ")
            ))
        })?;
        let flags = SelectionFlags {
            columns: args.columns.as_deref(),
            filter: args.filter.as_deref(),
            ..SelectionFlags::default()
        };
        let job =
            Self { name: name.to_owned(), selection: flags.check()?, held_out: args.held_out };
        if job.is_law() && (job.selection != Selection::default() || job.held_out.is_some()) {
            return Err(Failure::usage(format!(
                "--columns, --where and --held-out are for files, and {name} is a law"
            ))
            .hint("leave them out"));
        }
        if job.images().is_some() && job.selection != Selection::default() {
            return Err(Failure::usage(format!(
                "--columns and --where are for tables, and {name} has images"
            ))
            .hint("leave them out"));
        }
        Ok(job)
    }

    fn is_law(&self) -> bool {
        PLANAR.contains(&self.name.as_str())
    }

    /// The file of images, if it is one.
    fn images(&self) -> Option<&str> {
        self.name.strip_prefix(IDX)
    }

    /// Whether points are images, of which convolutions can be made.
    pub(super) fn has_images(&self) -> bool {
        self.name == DIGITS_NAME || self.images().is_some()
    }

    /// Reads or builds the data, and tells what is doubtful in them.
    pub(super) fn load_and_tell(&self, quiet: bool) -> Result<Data, Failure> {
        let mut remarks = Remarks::default();
        let data = self.read(&mut remarks);
        remarks.tell(quiet);
        data
    }

    /// Reads or builds the data.
    pub(super) fn load(&self) -> Result<Data, Failure> {
        self.read(&mut Remarks::default())
    }

    fn read(&self, remarks: &mut Remarks) -> Result<Data, Failure> {
        if let Some(law) = planar(&self.name) {
            return Ok(Data::law(&self.name, law));
        }
        if self.name == DIGITS_NAME {
            let table = Input::from_bytes(&InputPath::from("digits.csv"), DIGITS)?;
            let pixels = (1..=DIGIT_SIDE * DIGIT_SIDE).map(ColumnRef::Index).collect();
            let selection = Selection { columns: Some(pixels), ..self.selection.clone() };
            let held_out = self.held_out.or(self.all_digits().then_some(DIGITS_HELD_OUT));
            let image = Image { height: DIGIT_SIDE, width: DIGIT_SIDE, most: DIGIT_MOST };
            let data = self.sample(table, &selection, held_out, Standard::common, remarks)?;
            return Ok(data.of_images(image));
        }
        if let Some(file) = self.images() {
            let Images { height, width, pixels } = read_images(&InputPath::from(file))?;
            let data = Data::sample(&self.name, pixels.view(), self.held_out, Standard::common)
                .map_err(|error| Failure::from(error).at(format!("--data {}", self.name)))?;
            return Ok(data.of_images(Image { height, width, most: f64::from(u8::MAX) }));
        }
        if !Path::new(&self.name).exists() {
            return Err(Failure::new(format!("--data {}: no data of that name", self.name)).hint(
                format!("name {}, {DIGITS_NAME}, or a file that exists", PLANAR.join(", ")),
            ));
        }
        let (input, _) = Input::read(&InputPath::from(self.name.as_str()))?;
        self.sample(input, &self.selection, self.held_out, Standard::of, remarks)
    }

    fn all_digits(&self) -> bool {
        self.selection.filter.is_none()
    }

    fn sample(
        &self,
        input: Input,
        selection: &Selection,
        held_out: Option<usize>,
        standard: impl Fn(ndarray::ArrayView2<'_, f64>) -> Standard,
        remarks: &mut Remarks,
    ) -> Result<Data, Failure> {
        let Input::Table(table) = input else {
            return Err(Failure::new(format!("--data {}: this is a picture", self.name))
                .hint("give a table with a point a row"));
        };
        let layout = table.layout(selection)?;
        let chosen = selection.columns.is_some();
        input_warnings::of_columns(&table, &layout, chosen, Flags::COLUMNS, remarks);
        let samples = table.samples(&layout)?;
        Data::sample(&self.name, samples.points.view(), held_out, standard)
            .map_err(|error| Failure::from(error).at(format!("--data {}", self.name)))
    }
}
