//! Reading one side: a cloud with its masses, a file of masses, a cost matrix.

use std::path::Path;

use deblais::io::{
    ColumnRef, Filter, Histogram, Input, InputDigest, InputPath, Layout, Precision, ReadError,
    Selection, Table, names_arcs,
};
use deblais::math;
use deblais::measure::DiscreteMeasure;
use deblais::report::{InputReport, Inputs, MassesReport};
use deblais::shown::Shown;
use deblais::tolerance;
use ndarray::{Array1, Array2};

use super::arc_list::arcs_for_costs;
use super::columns::{Columns, label, labels};
use super::failure::Failure;
use super::index_warnings;
use super::input_warnings::{self, is_called_masses};
use super::mass_file::{MassFile, MassHolders};
use super::remarks::Remarks;
use super::remedies::Flags;
use super::row_names::RowNames;
use super::sample_set::column;

/// Masses of 1/n each.
const UNIFORM: &str = "uniform";

/// Which of the two measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Source,
    Target,
}

impl Role {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Target => "target",
        }
    }

    pub(crate) fn weights(self) -> &'static str {
        match self {
            Self::Source => "source_weights",
            Self::Target => "target_weights",
        }
    }

    fn weights_flag(self) -> &'static str {
        match self {
            Self::Source => "--source-weights",
            Self::Target => "--target-weights",
        }
    }
}

/// Where the masses are.
#[derive(Debug)]
pub(crate) enum Weights {
    /// 1/n each.
    Uniform,
    /// In a column.
    Column(ColumnRef),
    /// In a column if there is one of that name, else in a file.
    ColumnOrFile(String),
}

/// The files and columns to read for one side.
#[derive(Debug)]
pub(crate) struct SampleSet {
    pub(crate) role: Role,
    pub(crate) origin: InputPath,
    pub(crate) columns: Option<Vec<ColumnRef>>,
    pub(crate) dropped: Vec<ColumnRef>,
    pub(crate) filter: Option<Filter>,
    pub(crate) weights: Weights,
    /// The flags that remedies may name.
    pub(crate) flags: Flags,
}

/// A cloud that was read.
pub(crate) struct ReadMeasure {
    pub(crate) measure: DiscreteMeasure,
    /// The coordinates as those of other tables are held against them.
    pub(crate) columns: Columns,
    /// The names of the coordinates.
    pub(crate) axes: Option<Vec<String>>,
    /// Whether nobody gave masses.
    pub(crate) uniform: bool,
    /// Whether `--columns` chose the coordinates.
    pub(crate) chosen: bool,
    /// Columns to drop that are not there.
    pub(crate) absent: Vec<ColumnRef>,
    /// Relative difference up to which its total may be rescaled.
    pub(crate) totals_tolerance: f64,
}

impl ReadMeasure {
    /// The name of the only coordinate, if masses are called so and it was not chosen.
    pub(crate) fn name_of_masses(&self) -> Option<&str> {
        match self.axes.as_deref() {
            Some([name]) if !self.chosen && is_called_masses(name) => Some(name),
            _ => None,
        }
    }
}

/// Masses that were read.
pub(crate) struct Masses {
    pub(crate) values: Array1<f64>,
    pub(crate) totals_tolerance: f64,
}

/// Where remarks and reports of the files go.
#[derive(Debug, Default)]
pub(crate) struct InputLog {
    pub(crate) inputs: Inputs,
    pub(crate) remarks: Remarks,
}

/// Reads both sides of a problem between points; columns that have names are matched by them.
pub(crate) fn clouds(
    [source, target]: &[SampleSet; 2],
    normalize: bool,
    log: &mut InputLog,
) -> Result<[ReadMeasure; 2], Failure> {
    let (p, p_digest) = Input::read(&source.origin)?;
    let (q, q_digest) = Input::read(&target.origin)?;
    let remark = match (&p, &q) {
        (Input::Table(table), Input::Table(other)) => input_warnings::same_first_row(table, other),
        _ => None,
    };
    let p = match (p, &q) {
        (Input::Table(table), Input::Table(other)) if other.numbers_its_columns() => {
            Input::Table(table.with_numbers_as_names())
        }
        (p, _) => p,
    };
    let x = cloud(source, p, p_digest, None, normalize, log)?;
    let y = cloud(target, q, q_digest, Some(&x.columns), normalize, log)?;
    if let Some(text) = remark {
        log.remarks.warn(text);
    }
    check_dropped(&[&x.absent, &y.absent])?;
    let files = [&source.origin, &target.origin];
    input_warnings::of_pair([&x, &y], files, source.flags, &mut log.remarks);
    Ok([x, y])
}

/// A column that no table has cannot be dropped.
pub(crate) fn check_dropped(absent: &[&[ColumnRef]]) -> Result<(), Failure> {
    let nowhere = absent[0].iter().find(|column| absent.iter().all(|list| list.contains(column)));
    nowhere.map_or(Ok(()), |column| {
        Err(Failure::new(format!("--drop: there is no column {column} in any of the files"))
            .hint("check the spelling; without --drop, the output lists the columns"))
    })
}

/// A cloud from a file that was read already, its columns in the order of those it is to be like.
pub(crate) fn cloud(
    job: &SampleSet,
    input: Input,
    digest: InputDigest,
    like: Option<&Columns>,
    normalize: bool,
    log: &mut InputLog,
) -> Result<ReadMeasure, Failure> {
    let taken = match input {
        Input::Image(histogram) => {
            job.refuse_columns()?;
            Taken::pixels(histogram, &job.origin)
        }
        Input::Table(table) => {
            let is_numbered = like.is_some_and(Columns::are_numbers);
            let table = if is_numbered { table.with_numbers_as_names() } else { table };
            select(job, &job.with_header(table, &mut log.remarks), like, normalize, log)?
        }
    };
    let normalize = normalize || taken.masses.kind == "pixels";
    let rows = taken.points.nrows();
    let report = InputReport {
        columns: Some(taken.labels),
        masses: Some(taken.masses.clone()),
        ..report(&job.origin, rows, digest, normalize)
    };
    log.inputs.insert(job.role.name(), report);
    let uniform = taken.masses.kind == UNIFORM;
    let of = if normalize || uniform { DiscreteMeasure::normalized } else { DiscreteMeasure::new };
    let measure =
        of(taken.points, taken.values).map_err(|error| Failure::from(error).at(&job.origin))?;
    Ok(ReadMeasure {
        measure,
        columns: taken.columns,
        axes: taken.axes,
        uniform,
        chosen: job.columns.is_some(),
        absent: taken.absent,
        totals_tolerance: taken.totals_tolerance,
    })
}

/// Points and masses as they come from a file.
struct Taken {
    points: Array2<f64>,
    values: Array1<f64>,
    masses: MassesReport,
    totals_tolerance: f64,
    columns: Columns,
    labels: Vec<String>,
    axes: Option<Vec<String>>,
    absent: Vec<ColumnRef>,
}

impl Taken {
    fn pixels(picture: Histogram, origin: &InputPath) -> Self {
        let axes = ["row", "column"].map(str::to_owned).to_vec();
        Self {
            masses: masses_report("pixels", None, &picture.mass),
            points: picture.support,
            values: picture.mass,
            totals_tolerance: tolerance::TOTALS_F64,
            columns: Columns::nameless(origin),
            labels: axes.clone(),
            axes: Some(axes),
            absent: Vec::new(),
        }
    }
}

/// Points and masses of a table.
fn select(
    job: &SampleSet,
    table: &Table,
    like: Option<&Columns>,
    normalize: bool,
    log: &mut InputLog,
) -> Result<Taken, Failure> {
    let (mut layout, file) = layout(job, table)?;
    let chosen = job.columns.is_some();
    if let Some(like) = like {
        like.order(table, &mut layout, chosen, &mut log.remarks)?;
    }
    input_warnings::of_columns(table, &layout, chosen, job.flags, &mut log.remarks);
    refuse_masses_as_coordinates(table, &layout)?;
    let samples = table.samples(&layout).map_err(|error| no_point(error, table))?;
    let rows = samples.points.nrows();
    let (kind, masses) = match (file, samples.weights) {
        (Some(file), _) => {
            let kind = format!("{} points", job.role.name());
            let points = MassHolders {
                count: rows,
                excess: MassHolders::header(&kind, table.may_have_header()),
                kind,
                names: RowNames::of(table, layout.filter.as_ref())?,
            };
            ("file", MassFile::read(&file)?.masses(job.role, &points, normalize, log)?)
        }
        (None, Some(values)) => {
            let totals_tolerance = totals_tolerance(samples.precision);
            ("column", Masses { values, totals_tolerance })
        }
        (None, None) => {
            let (names, remarks) = (samples.column_names.as_deref(), &mut log.remarks);
            input_warnings::of_points(&job.origin, &samples.points, names, remarks);
            let values = Array1::ones(rows);
            (UNIFORM, Masses { values, totals_tolerance: tolerance::TOTALS_F64 })
        }
    };
    let column = layout.weights.map(|column| label(table, column));
    Ok(Taken {
        points: samples.points,
        masses: masses_report(kind, column, &masses.values),
        values: masses.values,
        totals_tolerance: masses.totals_tolerance,
        columns: Columns::of(table, &layout),
        labels: labels(table, &layout.coordinates),
        axes: samples.column_names,
        absent: layout.absent,
    })
}

/// A column cannot be a coordinate and the masses; two flags that mean different columns may name
/// one where a number is a name, too.
fn refuse_masses_as_coordinates(table: &Table, layout: &Layout) -> Result<(), Failure> {
    let both = layout.weights.filter(|weights| layout.coordinates.contains(weights));
    both.map_or(Ok(()), |column| {
        let id = table.column_id(column);
        Err(Failure::new(format!(
            "{}: {id} is taken for a coordinate and for the masses",
            table.origin()
        ))
        .hint(
            "name other columns by --columns or --weights; a number stands for a column of that \
                 name, if there is one, so give the columns names that begin with a letter",
        ))
    })
}

/// The remedy where a column that one file has alone was dropped by its number.
pub(crate) const DROP_ACTS_ON_ALL: &str = "--drop and --columns act on all files: drop by a name that only one file has, or write that file \
     without the column";

/// Text among the coordinates.
fn no_point(error: ReadError, table: &Table) -> Failure {
    let hint = match &error {
        ReadError::NotANumber { found, .. } if found.is_empty() => error.hint(),
        ReadError::NotANumber { .. } if error.respelled().is_some() => return error.into(),
        ReadError::NotANumber { location, .. } if table.is_bare_first_row(*location) => format!(
            "if the first row is a header, begin all its names with a letter; else {} with --columns",
            error.hint()
        ),
        ReadError::NotANumber { .. } => format!("{} with --columns", error.hint()),
        _ => return error.into(),
    };
    Failure::new(error).hint(hint)
}

/// The columns of a table, and the file of the masses if they are in none of them.
fn layout(job: &SampleSet, table: &Table) -> Result<(Layout, Option<InputPath>), Failure> {
    let layout = |weights| table.layout(&job.selection(weights));
    let failed = |error| match error {
        ReadError::NoCoordinates { .. } if !job.dropped.is_empty() => {
            Failure::new(error).hint(DROP_ACTS_ON_ALL)
        }
        error => error.into(),
    };
    let text = match &job.weights {
        Weights::Uniform => return Ok((layout(None).map_err(failed)?, None)),
        Weights::Column(column) => {
            return Ok((layout(Some(column.clone())).map_err(failed)?, None));
        }
        Weights::ColumnOrFile(text) => text,
    };
    let Ok(column) = text.parse::<ColumnRef>();
    match layout(Some(column.clone())) {
        Err(ReadError::UnknownColumn { asked, .. })
            if asked == column && (text == "-" || Path::new(text).is_file()) =>
        {
            Ok((layout(None)?, Some(InputPath::from(text.as_str()))))
        }
        Err(ReadError::UnknownColumn { asked, .. }) if asked == column => {
            let flag = job.role.weights_flag();
            Err(Failure::new(format!(
                "{}: {flag} {text} is neither one of its columns nor a file",
                job.origin
            ))
            .hint("name a column, its number from 0, or a file with one mass per row"))
        }
        other => Ok((other.map_err(failed)?, None)),
    }
}

impl SampleSet {
    fn selection(&self, weights: Option<ColumnRef>) -> Selection {
        Selection {
            columns: self.columns.clone(),
            dropped: self.dropped.clone(),
            filter: self.filter.clone(),
            weights,
        }
    }

    /// The table, its first row as header if a flag names a column by a text in it.
    fn with_header(&self, table: Table, remarks: &mut Remarks) -> Table {
        let weights = match &self.weights {
            Weights::Uniform => None,
            Weights::Column(column) => Some(column.clone()),
            Weights::ColumnOrFile(text) => Some(column(text)),
        };
        let had_header = table.header().is_some();
        let table = table.with_names_of(&self.selection(weights));
        if !had_header && table.header().is_some() {
            remarks.note(format!(
                "{}: the first row is taken for a header, as it has a name by which a flag calls a \
                 column",
                self.origin
            ));
        }
        table
    }

    /// A picture has no columns to choose from.
    fn refuse_columns(&self) -> Result<(), Failure> {
        let flag = match self {
            Self { columns: Some(_), .. } => "--columns",
            Self { dropped, .. } if !dropped.is_empty() => "--drop",
            Self { filter: Some(_), .. } => "--where",
            Self { weights: Weights::Uniform, .. } => return Ok(()),
            _ => "--weights",
        };
        Err(Failure::new(format!(
            "{}: {flag} picks from a table, but this is a picture",
            self.origin
        ))
        .hint("a picture is a histogram: its pixels are the points, its intensities the masses"))
    }
}

/// Reads a file that must be a table.
pub(crate) fn table(origin: &InputPath) -> Result<(Table, InputDigest), ReadError> {
    match Input::read(origin)? {
        (Input::Table(table), digest) => Ok((table, digest)),
        (Input::Image(_), _) => Err(ReadError::NotATable { origin: origin.clone() }),
    }
}

/// A matrix, and what its rows and columns are called.
pub(crate) struct ReadMatrix {
    pub(crate) entries: Array2<f64>,
    pub(crate) rows: RowNames,
    pub(crate) columns: RowNames,
    /// The remedies if the first of its rows, or columns, is none.
    pub(crate) excess: [Option<String>; 2],
}

/// Reads a matrix of numbers: the places of cells, or costs between so many `masses` of rows and
/// columns as are given.
pub(crate) fn read_matrix(
    origin: &InputPath,
    role: &'static str,
    masses: [Option<usize>; 2],
    log: &mut InputLog,
) -> Result<ReadMatrix, Failure> {
    let (table, digest) = table(origin)?;
    let (table, taken) = if role == "grid" {
        index_warnings::of_places(&table, &mut log.remarks);
        (table, "coordinates")
    } else if names_arcs(&table) {
        return Err(arcs_for_costs(&table));
    } else {
        (input_warnings::of_matrix(table, masses, &mut log.remarks), "costs")
    };
    let row_numbers = index_warnings::row_numbers(&table, masses[1]);
    let header = MassHolders::header(&format!("rows of {origin}"), table.may_have_header());
    input_warnings::of_name_columns(&table, taken, &mut log.remarks);
    let rows = RowNames::of(&table, None)?;
    let columns = RowNames::new(origin, table.data_names());
    let entries = if role == "grid" { table.into_matrix() } else { table.into_costs() };
    let entries = entries.map_err(not_a_cost)?;
    log.inputs.insert(role, report(origin, entries.nrows(), digest, false));
    Ok(ReadMatrix { entries, rows, columns, excess: [header, row_numbers] })
}

/// Costs cannot be left out as the rows of a table of samples, but may be infinite.
pub(super) fn not_a_cost(error: ReadError) -> Failure {
    not_infinite(error, "in the place of a cost, inf forbids to move mass there")
}

/// The error of a cell that holds neither a number nor +∞, with the meaning of the latter.
pub(super) fn not_infinite(error: ReadError, meaning: &str) -> Failure {
    let ReadError::NotFinite { found, .. } = &error else { return error.into() };
    let is_in_digits = found.bytes().any(|byte| byte.is_ascii_digit());
    let hint = if is_in_digits {
        format!("{} is beyond 1.8e308; {meaning}", Shown(found))
    } else {
        format!("fill in a finite number; {meaning}")
    };
    Failure::new(error).hint(hint)
}

/// The file's entry in the report.
pub(crate) fn report(
    origin: &InputPath,
    rows: usize,
    digest: InputDigest,
    normalized: bool,
) -> InputReport {
    let name = match origin {
        InputPath::Stdin => "-".into(),
        InputPath::File(path) => path.display().to_string(),
    };
    InputReport {
        name,
        rows,
        bytes: digest.bytes,
        sha256: digest.sha256,
        normalized,
        columns: None,
        masses: None,
    }
}

/// The masses as the report has them.
pub(crate) fn masses_report(
    kind: &'static str,
    column: Option<String>,
    values: &Array1<f64>,
) -> MassesReport {
    MassesReport { kind, column, total: if kind == UNIFORM { 1.0 } else { math::sum(values) } }
}

pub(crate) fn totals_tolerance(precision: Precision) -> f64 {
    match precision {
        Precision::F32 => tolerance::TOTALS_F32,
        Precision::F64 => tolerance::TOTALS_F64,
    }
}
