//! Reading one side: a cloud with its masses, a file of masses, a cost matrix.

use std::path::Path;

use deblais::io::{
    ColumnRef, Filter, Input, InputDigest, Origin, Precision, ReadError, Samples, Selection, Table,
};
use deblais::math;
use deblais::measure::DiscreteMeasure;
use deblais::report::{InputReport, Inputs};
use deblais::tolerance;
use ndarray::{Array1, Array2};

use super::failure::Failure;

/// Which of the two measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Source,
    Target,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Target => "target",
        }
    }

    fn weights(self) -> &'static str {
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

/// What to read for one side.
#[derive(Debug)]
pub(crate) struct SideJob {
    pub(crate) role: Role,
    pub(crate) origin: Origin,
    pub(crate) columns: Option<Vec<ColumnRef>>,
    pub(crate) filter: Option<Filter>,
    pub(crate) weights: Weights,
}

/// A cloud that was read.
pub(crate) struct Cloud {
    pub(crate) measure: DiscreteMeasure,
    /// What the coordinates are called.
    pub(crate) axes: Option<Vec<String>>,
    /// Relative difference up to which its total may be rescaled.
    pub(crate) totals_tolerance: f64,
}

/// Masses that were read.
pub(crate) struct Masses {
    pub(crate) values: Array1<f64>,
    pub(crate) totals_tolerance: f64,
}

/// Reads one side of a problem between points.
pub(crate) fn cloud(
    job: &SideJob,
    normalize: bool,
    inputs: &mut Inputs,
    warnings: &mut Vec<String>,
) -> Result<Cloud, Failure> {
    let (input, digest) = Input::read(&job.origin)?;
    cloud_of(job, input, digest, normalize, inputs, warnings)
}

/// The same of a file that was read already.
pub(crate) fn cloud_of(
    job: &SideJob,
    input: Input,
    digest: InputDigest,
    normalize: bool,
    inputs: &mut Inputs,
    warnings: &mut Vec<String>,
) -> Result<Cloud, Failure> {
    let (points, axes, masses, normalize) = match input {
        Input::Image(histogram) => {
            job.refuse_columns()?;
            let precision = tolerance::TOTALS_F64;
            let masses = Masses { values: histogram.mass, totals_tolerance: precision };
            let axes = ["row", "column"].map(str::to_owned).to_vec();
            (histogram.support, Some(axes), masses, true)
        }
        Input::Table(table) => {
            let (samples, masses) = select(job, &table, normalize, inputs, warnings)?;
            (samples.points, samples.column_names, masses, normalize)
        }
    };
    let rows = points.nrows();
    inputs.insert(job.role.name(), report(&job.origin, rows, digest, normalize));
    let Masses { values, totals_tolerance } = masses;
    let values = if normalize { normalized(values) } else { values };
    let measure = DiscreteMeasure::new(points, values)
        .map_err(|error| Failure::from(error).at(&job.origin))?;
    Ok(Cloud { measure, axes, totals_tolerance })
}

/// Points and masses of a table.
fn select(
    job: &SideJob,
    table: &Table,
    normalize: bool,
    inputs: &mut Inputs,
    warnings: &mut Vec<String>,
) -> Result<(Samples, Masses), Failure> {
    let selection =
        |weights| Selection { columns: job.columns.clone(), filter: job.filter.clone(), weights };
    let uniform = selection(None);
    let mut file = None;
    let mut samples = match &job.weights {
        Weights::Uniform => table.select(&uniform)?,
        Weights::Column(column) => table.select(&selection(Some(column.clone())))?,
        Weights::ColumnOrFile(text) => {
            let Ok(column) = text.parse::<ColumnRef>();
            match table.select(&selection(Some(column.clone()))) {
                Err(ReadError::UnknownColumn { asked, .. })
                    if asked == column && (text == "-" || Path::new(text).is_file()) =>
                {
                    file = Some(Origin::from(text.as_str()));
                    table.select(&uniform)?
                }
                Err(ReadError::UnknownColumn { asked, .. }) if asked == column => {
                    let flag = job.role.weights_flag();
                    return Err(Failure::new(format!(
                        "{}: {flag} {text} is neither one of its columns nor a file",
                        job.origin
                    ))
                    .hint("name a column, its number from 0, or a file with one mass per row"));
                }
                other => other?,
            }
        }
    };
    let rows = samples.points.nrows();
    let totals_tolerance = totals_tolerance(samples.precision);
    let masses = match (file, samples.weights.take()) {
        (Some(file), _) => mass_file(&file, job.role, rows, normalize, inputs)?,
        (None, Some(values)) => Masses { values, totals_tolerance },
        (None, None) => {
            warnings.extend(mixed_up(&job.origin, &samples.points));
            let values = Array1::from_elem(rows, 1.0 / rows as f64);
            Masses { values, totals_tolerance: tolerance::TOTALS_F64 }
        }
    };
    Ok((samples, masses))
}

impl SideJob {
    /// A picture has no columns to choose from.
    fn refuse_columns(&self) -> Result<(), Failure> {
        let flag = match self {
            Self { columns: Some(_), .. } => "--columns",
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

/// The classic mistake: a histogram given as samples.
fn mixed_up(origin: &Origin, points: &Array2<f64>) -> Option<String> {
    /// How closely printed probabilities add up to 1.
    const CLOSE: f64 = 1e-6;
    let is_vector = points.nrows() > 1 && points.ncols() == 1;
    let looks = is_vector
        && points.iter().all(|x| (0.0..=1.0).contains(x))
        && (math::sum(points) - 1.0).abs() <= CLOSE;
    looks.then(|| {
        format!(
            "{origin} looks like a probability vector ({} numbers that add up to 1), but is read \
             as samples on the line; for masses, give the places as points and the masses by \
             --source-weights and --target-weights",
            points.nrows()
        )
    })
}

/// Reads a file of masses for `count` points.
pub(crate) fn mass_file(
    origin: &Origin,
    role: Role,
    count: usize,
    normalize: bool,
    inputs: &mut Inputs,
) -> Result<Masses, Failure> {
    let (table, digest) = table(origin)?;
    let precision = table.precision();
    let values = table.weights()?;
    if values.len() != count {
        return Err(Failure::new(format!(
            "{origin}: {} masses for {count} {} points",
            values.len(),
            role.name()
        ))
        .hint("give one mass per point, in the order of the points"));
    }
    inputs.insert(role.weights(), report(origin, count, digest, normalize));
    let values = if normalize { normalized(values) } else { values };
    Ok(Masses { values, totals_tolerance: totals_tolerance(precision) })
}

/// Reads a file that must be a table.
pub(crate) fn table(origin: &Origin) -> Result<(Table, InputDigest), ReadError> {
    match Input::read(origin)? {
        (Input::Table(table), digest) => Ok((table, digest)),
        (Input::Image(_), _) => Err(ReadError::NotATable { origin: origin.clone() }),
    }
}

/// Reads a cost matrix.
pub(crate) fn read_matrix(origin: &Origin, inputs: &mut Inputs) -> Result<Array2<f64>, Failure> {
    let (table, digest) = table(origin)?;
    let entries = table.into_matrix()?;
    inputs.insert("cost_matrix", report(origin, entries.nrows(), digest, false));
    Ok(entries)
}

/// The file's entry in the report.
pub(crate) fn report(
    origin: &Origin,
    rows: usize,
    digest: InputDigest,
    normalized: bool,
) -> InputReport {
    let name = match origin {
        Origin::Stdin => "-".into(),
        Origin::File(path) => path.display().to_string(),
    };
    InputReport { name, rows, bytes: digest.bytes, sha256: digest.sha256, normalized }
}

fn totals_tolerance(precision: Precision) -> f64 {
    match precision {
        Precision::F32 => tolerance::TOTALS_F32,
        Precision::F64 => tolerance::TOTALS_F64,
    }
}

/// Scaled to a total of 1, unless there is nothing to scale.
fn normalized(values: Array1<f64>) -> Array1<f64> {
    let total = math::sum(&values);
    if total > 0.0 && total.is_finite() { values / total } else { values }
}
