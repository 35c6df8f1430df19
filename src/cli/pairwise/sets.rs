//! The sets of a run: which files, and reading all of them before anything is computed.

use std::path::{Path, PathBuf};

use deblais::cost::{GroundCost, Rounding};
use deblais::io::{
    ColumnRef, Filter, Input, InputDigest, InputPath, Listed, ReadError, Selection, read_manifest,
};
use deblais::measure::DiscreteMeasure;
use deblais::persistence::{PersistenceDiagram, PersistenceProblem};
use deblais::report::SetReport;
use deblais::shown::Shown;
use ndarray::Array1;

use super::super::columns::Columns;
use super::super::diagrams::diagram;
use super::super::failure::Failure;
use super::super::ground::Ground;
use super::super::input_warnings;
use super::super::inputs::take_unit_masses;
use super::super::read_measure::{InputLog, Role, SampleSet, check_dropped, cloud};
use super::super::remarks::Remarks;
use super::super::tell;
use super::super::text::space;

/// Faults that are listed one by one.
const LISTED_FAULTS: usize = 20;

/// The sets that were read, in the order of the matrix.
#[derive(Default)]
pub(in crate::cli) struct Sets {
    pub(in crate::cli) names: Vec<String>,
    /// Empty where the sets are persistence diagrams.
    pub(in crate::cli) measures: Vec<DiscreteMeasure>,
    /// Empty where the sets are measures.
    pub(super) diagrams: Vec<PersistenceDiagram>,
    pub(in crate::cli) reports: Vec<SetReport>,
    pub(in crate::cli) remarks: Remarks,
    /// The coordinates of the first set with names, in whose order those of the others are put.
    columns: Option<Columns>,
    /// The file of the first set, if nobody gave masses to its points.
    uniform: Option<InputPath>,
    /// The columns to drop that each set does not have.
    absent: Vec<Vec<ColumnRef>>,
}

impl Sets {
    /// The rounding of costs, and the largest mass of a set.
    pub(super) fn rounding(&self, ground: GroundCost) -> Result<(Rounding, f64), Failure> {
        if let Some(first) = self.measures.first() {
            return Ok((ground.table(first, first)?.rounding(), first.total()));
        }
        let first = &self.diagrams[0];
        let problem = PersistenceProblem::new(first, first, ground)?;
        let most = self.diagrams.iter().map(PersistenceDiagram::rows).max().unwrap_or_default();
        Ok((problem.balanced().cost().rounding(), most as f64))
    }

    /// The number of coordinates.
    pub(super) fn dim(&self) -> usize {
        self.measures.first().map_or(2, DiscreteMeasure::dim)
    }

    /// Reads a measure: the number of its points that have mass, and the relative difference up to which
    /// its total may be rescaled.
    fn add_measure(
        &mut self,
        job: &SampleSet,
        (input, digest): (Input, InputDigest),
        wanted: &SetSelection,
        ground: &Ground,
        log: &mut InputLog,
    ) -> Result<(usize, f64), Failure> {
        let cloud =
            cloud(job, input, digest, self.columns.as_ref(), wanted.totals == Totals::One, log)?;
        let name = cloud.name_of_masses().map(str::to_owned);
        if self.columns.as_ref().is_none_or(|first| !first.have_names()) {
            self.columns = Some(cloud.columns);
        }
        self.absent.push(cloud.absent);
        let measure = if wanted.totals == Totals::Points {
            let points = cloud.measure.support().to_owned();
            log.inputs.values_mut().for_each(take_unit_masses);
            DiscreteMeasure::new(points, Array1::ones(cloud.measure.len()))?
        } else {
            cloud.measure
        };
        if self.measures.is_empty() {
            self.uniform = cloud.uniform.then(|| job.origin.clone());
        } else if let ([first], Some(origin)) = (self.measures.as_slice(), &self.uniform)
            && cloud.uniform
        {
            let (pair, files) = ([first, &measure], [origin, &job.origin]);
            let (name, remarks) = (name.as_deref(), &mut log.remarks);
            input_warnings::of_counts(pair, files, name, job.flags, remarks);
        }
        // What a point lacks for the ground cost, it lacks toward itself, too.
        ground
            .cost()
            .table(&measure, &measure)
            .map_err(|error| Failure::from(error).at(&job.origin))?;
        let points = measure.mass().iter().filter(|mass| **mass > 0.0).count();
        self.measures.push(measure);
        Ok((points, cloud.totals_tolerance))
    }

    /// Reads a persistence diagram: the number of its points.
    fn add_diagram(
        &mut self,
        job: &SampleSet,
        (input, digest): (Option<Input>, InputDigest),
        ground: &Ground,
        log: &mut InputLog,
    ) -> Result<usize, Failure> {
        let diagram = diagram(job, input, digest, log)?;
        PersistenceProblem::new(&diagram, &diagram, ground.cost())
            .map_err(|error| Failure::from(error).at(&job.origin))?;
        self.diagrams.push(diagram);
        Ok(self.diagrams.last().map_or(0, PersistenceDiagram::rows))
    }
}

/// The total masses of the sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Totals {
    /// All the same.
    Equal,
    /// Scaled to 1.
    One,
    /// Any.
    Any,
    /// Any: every point has mass 1.
    Points,
}

/// The rows and columns to read of every file.
pub(in crate::cli) struct SetSelection {
    pub(in crate::cli) selection: Selection,
    /// The column by whose values a file is divided into sets.
    pub(in crate::cli) by: Option<ColumnRef>,
    pub(in crate::cli) totals: Totals,
    /// Whether the sets are persistence diagrams.
    pub(in crate::cli) diagonal: bool,
}

/// The files of a run, each with the place that names it.
pub(in crate::cli) fn files(
    given: &[PathBuf],
    manifest: Option<&Path>,
) -> Result<Vec<(Option<String>, Listed)>, Failure> {
    let Some(manifest) = manifest else {
        let named = |(k, path): (usize, &PathBuf)| {
            let name = path.display().to_string();
            (None, Listed { name, origin: InputPath::from(path.as_path()), line: k + 1 })
        };
        let files: Vec<_> = given.iter().enumerate().map(named).collect();
        for (k, (_, file)) in files.iter().enumerate() {
            if files[..k].iter().any(|(_, other)| other.name == file.name) {
                return Err(Failure::usage(format!("{} is given twice", file.name))
                    .hint("the matrix has a row for each set: give every file once"));
            }
        }
        return Ok(files);
    };
    let origin = InputPath::from(manifest);
    let place = |listed: &Listed| Some(format!("{origin}, line {}", listed.line));
    let listed = read_manifest(&origin)?;
    Ok(listed.into_iter().map(|listed| (place(&listed), listed)).collect())
}

/// Reads all files; what is wrong with any of them is told before anything is computed.
pub(in crate::cli) fn read(
    files: Vec<(Option<String>, Listed)>,
    wanted: &SetSelection,
    ground: &Ground,
) -> Result<Sets, Failure> {
    let single = files.len() == 1;
    let mut sets = Sets::default();
    let mut tolerance: f64 = 0.0;
    let mut faults = Vec::new();
    for (place, file) in files {
        let input = if wanted.diagonal {
            Input::read_or_empty(&file.origin)
        } else {
            Input::read(&file.origin).map(|(input, digest)| (Some(input), digest))
        };
        let input = input.map_err(|error| unread(error, place.is_some()));
        let found = input.and_then(|read| sets_of(read, &file, wanted, single));
        let found = found.map_or_else(
            |fault| vec![Err(fault)],
            |(jobs, input, digest)| {
                let read = |(name, job)| {
                    read_one(name, &job, input.clone(), digest.clone(), wanted, ground, &mut sets)
                };
                jobs.into_iter().map(read).collect()
            },
        );
        for found in found {
            match found {
                Ok(allowed) => tolerance = tolerance.max(allowed),
                Err(fault) => faults.push(match &place {
                    Some(place) => fault.at(place),
                    None => fault,
                }),
            }
        }
    }
    let count = sets.names.len() + faults.len();
    if faults.is_empty() && count < 2 {
        if let (Some(by), [name]) = (&wanted.by, sets.names.as_slice()) {
            return Err(Failure::new(format!(
                "column {}: all rows are of one group, {}, but it takes at least two sets",
                Shown(&by.to_string()),
                Shown(name)
            ))
            .hint("name a column that holds several values, or give a file for each set"));
        }
        return Err(Failure::new("a matrix of pairs takes at least two sets")
            .hint("name more files, or tell the sets of one apart with --by COLUMN"));
    }
    if faults.is_empty() && !wanted.diagonal {
        check_dropped(&sets.absent.iter().map(Vec::as_slice).collect::<Vec<_>>())?;
        let tolerance = match wanted.totals {
            Totals::Equal | Totals::One => tolerance,
            Totals::Any | Totals::Points => f64::INFINITY,
        };
        faults = misfits(&sets, tolerance);
    }
    let Some(last) = faults.pop() else { return Ok(sets) };
    if faults.is_empty() {
        return Err(last);
    }
    faults.push(last);
    for fault in faults.iter().take(LISTED_FAULTS) {
        tell(format_args!("{fault}\n"));
    }
    let message = format!("{} of {count} sets cannot be used; nothing was computed", faults.len());
    Err(Failure::new(message).hint("repair the files named above, or take them out of the list"))
}

/// How many sets there are, of how many points.
pub(in crate::cli) fn sizes(sets: &[SetReport], dim: usize) -> String {
    let points = sets.iter().map(|set| set.points);
    let (least, most) = (points.clone().min().unwrap_or(0), points.max().unwrap_or(0));
    let points = if least == most { least.to_string() } else { format!("{least} to {most}") };
    format!("{}, of {points} points each, {}", sets.len(), space(dim))
}

/// The sets of a file by name, what to read for each, and the file.
type SetsOfFile = (Vec<(String, SampleSet)>, Option<Input>, InputDigest);

/// A file that cannot be read, `listed` in a list of files or not.
fn unread(error: ReadError, listed: bool) -> Failure {
    match error {
        ReadError::NotFound { .. } if listed => Failure::new(error)
            .hint("check the spelling; a relative path starts at the folder of the list"),
        error => error.into(),
    }
}

fn sets_of(
    (input, digest): (Option<Input>, InputDigest),
    file: &Listed,
    wanted: &SetSelection,
    single: bool,
) -> Result<SetsOfFile, Failure> {
    let job = |filter: Option<Filter>| {
        let selection = Selection { filter, ..wanted.selection.clone() };
        SampleSet::new(Role::Source, file.origin.clone(), selection)
    };
    let input = match (&wanted.by, input) {
        (Some(column), Some(Input::Table(table))) => {
            let columns = Some(vec![column.clone()]);
            Some(Input::Table(table.with_names_of(&Selection { columns, ..Selection::default() })))
        }
        (_, input) => input,
    };
    let jobs = match (&wanted.by, &input) {
        (None, _) => vec![(file.name.clone(), job(wanted.selection.filter.clone()))],
        (Some(column), Some(Input::Table(table))) => {
            let of_value = |value: String| {
                let name = if single { value.clone() } else { format!("{}:{value}", file.name) };
                (name, job(Some(Filter { column: column.clone(), value })))
            };
            table.values(column)?.into_iter().map(of_value).collect()
        }
        (Some(_), None) => return Err(ReadError::Empty { origin: file.origin.clone() }.into()),
        (Some(_), Some(Input::Image(_))) => {
            return Err(Failure::new(format!(
                "{}: --by tells rows apart, but this is a picture",
                file.origin
            ))
            .hint("a picture is one set: leave --by out"));
        }
    };
    Ok((jobs, input, digest))
}

/// Reads a set; the relative difference up to which its total may be rescaled.
fn read_one(
    name: String,
    job: &SampleSet,
    input: Option<Input>,
    digest: InputDigest,
    wanted: &SetSelection,
    ground: &Ground,
    sets: &mut Sets,
) -> Result<f64, Failure> {
    let mut log = InputLog::default();
    let (points, tolerance) = match input {
        Some(input) if !wanted.diagonal => {
            sets.add_measure(job, (input, digest), wanted, ground, &mut log)?
        }
        input => (sets.add_diagram(job, (input, digest), ground, &mut log)?, 0.0),
    };
    sets.remarks.extend(log.remarks);
    let (_, input) = log.inputs.pop_first().expect("a set was read");
    sets.names.push(name.clone());
    sets.reports.push(SetReport { name, points, input });
    Ok(tolerance)
}

/// Sets that do not go with the first one.
fn misfits(sets: &Sets, tolerance: f64) -> Vec<Failure> {
    let (first, name) = (&sets.measures[0], Shown(&sets.names[0]));
    let total = first.total();
    let others = sets.measures.iter().zip(&sets.names).skip(1);
    others
        .filter_map(|(measure, other)| {
            let found = measure.total();
            if measure.dim() != first.dim() {
                let text = format!(
                    "{}: points of {} coordinates, where {name} has {}",
                    Shown(other),
                    measure.dim(),
                    first.dim()
                );
                Some(Failure::new(text).hint("pick as many of each with --columns"))
            } else if (found - total).abs() > tolerance * found.max(total) {
                let text =
                    format!("{}: a total mass of {found}, where {name} has {total}", Shown(other));
                Some(Failure::new(text).hint("scale every set to a total of 1 with --normalize"))
            } else {
                None
            }
        })
        .collect()
}
