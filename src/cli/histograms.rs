//! Histograms on the same cells, as `--hist` and `deblais barycenter` read them.

use std::path::Path;

use deblais::io::{Input, InputPath, ReadError};
use deblais::measure::DiscreteMeasure;
use deblais::report::InputReport;
use deblais::tolerance;
use ndarray::{Array1, Array2, Axis};

use super::args::SideArgs;
use super::columns::{Columns, listed};
use super::failure::Failure;
use super::input_warnings;
use super::read_measure::{
    InputLog, Masses, ReadMeasure, Role, masses_report, read_matrix, report, totals_tolerance,
};
use super::remarks::Remarks;
use super::remedies::Flags;
use super::row_names::RowNames;

/// The files of the masses, and of the places of the cells.
#[derive(Debug)]
pub(crate) struct HistogramFiles {
    source: InputPath,
    target: InputPath,
    grid: Option<InputPath>,
}

/// Who reads histograms, as the remedies for files of points depend on it.
#[derive(Debug, Clone, Copy)]
enum Reader {
    /// `--hist`.
    Pair,
    /// `deblais barycenter`.
    Barycenter,
}

impl Reader {
    /// How to have a file taken for points.
    fn for_points(self) -> &'static str {
        match self {
            Self::Pair => "leave --hist out",
            Self::Barycenter => "give --free",
        }
    }
}

/// The masses of a file, its pixels if it is a picture, and the names of its rows.
struct Bars {
    masses: Masses,
    pixels: Option<Array2<f64>>,
    names: RowNames,
}

impl HistogramFiles {
    /// Refuses the flags that pick from points.
    pub(crate) fn new([source, target]: [&Path; 2], args: &SideArgs) -> Result<Self, Failure> {
        let flags = [
            ("--columns", &args.columns),
            ("--drop", &args.drop),
            ("--where", &args.both_where),
            ("--source-where", &args.source_where),
            ("--target-where", &args.target_where),
            ("--weights", &args.weights),
            ("--source-weights", &args.source_weights),
            ("--target-weights", &args.target_weights),
        ];
        if let Some((flag, _)) = flags.iter().find(|(_, text)| text.is_some()) {
            return Err(Failure::usage(format!(
                "{flag} picks from points, but --hist reads masses"
            ))
            .hint(format!(
                "for a file of positions with their counts, leave --hist out; a histogram is a file \
                 of one column, or a gray picture, and takes no {flag}"
            )));
        }
        Ok(Self {
            source: source.into(),
            target: target.into(),
            grid: args.grid.as_deref().map(InputPath::from),
        })
    }

    /// The files of both sides.
    pub(crate) fn origins(&self) -> [&InputPath; 2] {
        [&self.source, &self.target]
    }

    /// Reads both, and the places of their cells; beside the clouds, the masses as they were read.
    pub(crate) fn read(
        &self,
        normalize: bool,
        log: &mut InputLog,
    ) -> Result<([ReadMeasure; 2], [Array1<f64>; 2]), Failure> {
        let source = bars(Reader::Pair, &self.source, Role::Source, normalize, log)?;
        let mut target = bars(Reader::Pair, &self.target, Role::Target, normalize, log)?;
        if let Some(order) = source.names.order(&target.names, &mut log.remarks)? {
            target.masses.values = target.masses.values.select(Axis(0), &order);
        }
        let files = [(&self.source, &source), (&self.target, &target)];
        let places = places(&files, self.grid.as_ref(), log)?;
        let normalize = normalize || source.pixels.is_some();
        let cloud = |masses: &Masses, origin: &InputPath| {
            let of = if normalize { DiscreteMeasure::normalized } else { DiscreteMeasure::new };
            let measure = of(places.clone(), masses.values.clone())
                .map_err(|error| Failure::from(error).at(origin))?;
            Ok::<_, Failure>(ReadMeasure {
                measure,
                columns: Columns::nameless(origin),
                axes: None,
                uniform: false,
                chosen: false,
                absent: Vec::new(),
                totals_tolerance: masses.totals_tolerance,
            })
        };
        let clouds = [cloud(&source.masses, &self.source)?, cloud(&target.masses, &self.target)?];
        let [x, y] = &clouds;
        input_warnings::of_pair([x, y], self.origins(), Flags::ALL, &mut log.remarks);
        Ok((clouds, [source.masses.values, target.masses.values]))
    }
}

/// Where the cells of histograms lie: on the grid, else at the pixels, else at 0, 1, 2, ….
fn places(
    files: &[(&InputPath, &Bars)],
    grid: Option<&InputPath>,
    log: &mut InputLog,
) -> Result<Array2<f64>, Failure> {
    let (source, p) = files[0];
    let cells = p.masses.values.len();
    for (target, q) in &files[1..] {
        let others = q.masses.values.len();
        if cells != others {
            return Err(Failure::new(format!(
                "{source} has {cells} cells, {target} has {others}: histograms are aligned by position"
            ))
            .hint("give both on the same cells; for samples, leave --hist out"));
        }
        if p.pixels != q.pixels {
            return Err(Failure::new(format!(
                "{source} and {target} have {cells} cells each, but not in the same places"
            ))
            .hint("give two pictures of the same width and height, or two columns"));
        }
    }
    match (grid, &p.pixels) {
        (Some(grid), _) => on_grid(grid, &p.names, cells, log),
        (None, Some(pixels)) => Ok(pixels.clone()),
        (None, None) => {
            if let Some(names) = files.iter().find_map(|(_, bars)| bars.names.meant()) {
                log.remarks.note(line_places(names));
            }
            Ok(Array2::from_shape_fn((cells, 1), |(cell, _)| cell as f64))
        }
    }
}

/// Where named cells lie without a grid.
fn line_places(names: &[String]) -> String {
    let are_numbers = names.iter().all(|name| name.trim().parse::<f64>().is_ok());
    let positions = if are_numbers {
        "; if the names are positions, write position,mass above the rows, and give --columns \
         position --weights mass in the place of --hist"
    } else {
        ""
    };
    format!(
        "the cells {} lie at 0, 1, 2, … in this order, whatever their names; --grid FILE places them \
         elsewhere{positions}",
        listed(names)
    )
}

/// The places of the cells in a file, in the order of the cells.
fn on_grid(
    origin: &InputPath,
    cells: &RowNames,
    count: usize,
    log: &mut InputLog,
) -> Result<Array2<f64>, Failure> {
    let grid = read_matrix(origin, "grid", [None; 2], log)?;
    let order = cells.order_masses(&grid.rows, &mut log.remarks)?;
    if grid.entries.nrows() != count {
        return Err(Failure::new(format!(
            "{origin}: {} places for {count} cells",
            grid.entries.nrows()
        ))
        .hint("give the grid one row of coordinates for each cell, in the same order"));
    }
    Ok(order.map_or(grid.entries.clone(), |order| grid.entries.select(Axis(0), &order)))
}

/// Several histograms on the same cells.
pub(crate) struct Histograms {
    /// Where the cells lie.
    pub(crate) places: Array2<f64>,
    /// Whether these are the pixels of pictures, by (row, column).
    pub(crate) are_pixels: bool,
    /// Of a total of 1, in the order of the files.
    pub(crate) measures: Vec<DiscreteMeasure>,
    pub(crate) reports: Vec<InputReport>,
    pub(crate) grid: Option<InputReport>,
    pub(crate) remarks: Remarks,
}

impl Histograms {
    /// Reads them and the places of their cells. All masses are scaled to a total of 1.
    pub(crate) fn read(files: &[InputPath], grid: Option<&InputPath>) -> Result<Self, Failure> {
        let mut log = InputLog::default();
        let (mut all, mut reports) = (Vec::<Bars>::new(), Vec::new());
        for file in files {
            let mut next = bars(Reader::Barycenter, file, Role::Source, true, &mut log)?;
            reports.extend(log.inputs.remove(Role::Source.name()));
            if let Some(first) = all.first()
                && let Some(order) = first.names.order(&next.names, &mut log.remarks)?
            {
                next.masses.values = next.masses.values.select(Axis(0), &order);
            }
            all.push(next);
        }
        let pairs: Vec<_> = files.iter().zip(&all).collect();
        let places = places(&pairs, grid, &mut log)?;
        let measure = |(file, bars): &(&InputPath, &Bars)| {
            DiscreteMeasure::normalized(places.clone(), bars.masses.values.clone())
                .map_err(|error| Failure::from(error).at(file))
        };
        Ok(Self {
            measures: pairs.iter().map(measure).collect::<Result<_, _>>()?,
            are_pixels: grid.is_none() && all[0].pixels.is_some(),
            places,
            reports,
            grid: log.inputs.remove("grid"),
            remarks: log.remarks,
        })
    }
}

/// Reads one side.
fn bars(
    reader: Reader,
    origin: &InputPath,
    role: Role,
    normalize: bool,
    log: &mut InputLog,
) -> Result<Bars, Failure> {
    let (input, digest) = Input::read(origin)?;
    let (masses, pixels, names) = match input {
        Input::Table(table) => {
            let values =
                table.weights().map_err(|error| points_for_counts(reader, origin, error))?;
            let (points, remarks) = (reader.for_points(), &mut log.remarks);
            input_warnings::of_histogram(origin, &table, &values, points, remarks);
            input_warnings::of_name_columns(&table, "masses", &mut log.remarks);
            let totals_tolerance = totals_tolerance(table.precision());
            (Masses { values, totals_tolerance }, None, RowNames::of(&table, None)?)
        }
        Input::Image(picture) => {
            let totals_tolerance = tolerance::TOTALS_F64;
            let masses = Masses { values: picture.mass, totals_tolerance };
            (masses, Some(picture.support), RowNames::new(origin, None))
        }
    };
    let kind = if pixels.is_some() { "pixels" } else { "cells" };
    let columns = pixels.is_some().then(|| ["row", "column"].map(str::to_owned).to_vec());
    let normalize = normalize || pixels.is_some();
    let report = InputReport {
        columns,
        masses: Some(masses_report(kind, None, &masses.values)),
        ..report(origin, masses.values.len(), digest, normalize)
    };
    log.inputs.insert(role.name(), report);
    Ok(Bars { masses, pixels, names })
}

/// A table of points where a histogram is wanted.
fn points_for_counts(reader: Reader, origin: &InputPath, error: ReadError) -> Failure {
    let points = reader.for_points();
    match error {
        ReadError::NotOneColumn { columns, .. } => {
            let counts = match reader {
                Reader::Pair => {
                    "; for positions with their counts, leave --hist out and name the column of the \
                     counts: --weights COLUMN"
                }
                Reader::Barycenter => "",
            };
            Failure::new(format!(
                "{origin}: {columns} columns, where a histogram has a single one of masses"
            ))
            .hint(format!("give one mass per line; for points, {points}{counts}"))
        }
        ReadError::NegativeWeight { .. } => Failure::new(error).hint(match reader {
            Reader::Pair => "masses are ≥ 0; give samples and positions without --hist",
            Reader::Barycenter => "masses are ≥ 0; for points, give --free",
        }),
        error => error.into(),
    }
}
