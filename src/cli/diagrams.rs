//! Reading persistence diagrams: tables of births and deaths.

use deblais::io::{Input, InputDigest, Layout, ReadError, Selection, Table};
use deblais::ndarray::Array2;
use deblais::persistence::PersistenceDiagram;
use deblais::report::{InputReport, MassesReport};

use super::columns::{labels, typed};
use super::failure::Failure;
use super::input_warnings;
use super::read_measure::{InputLog, SampleSet, check_dropped, not_infinite, report};
use super::sample_set::column;

/// The columns of a diagram, in this order.
const COLUMNS: [&str; 2] = ["birth", "death"];

/// Reads the diagram that a sample set picks from its file.
pub(crate) fn read_diagram(
    job: &SampleSet,
    log: &mut InputLog,
) -> Result<PersistenceDiagram, Failure> {
    let (input, digest) = Input::read_or_empty(&job.origin)?;
    diagram(job, input, digest, log)
}

/// The diagram that a sample set picks from a file that was read already; a file without rows is an
/// empty one.
pub(crate) fn diagram(
    job: &SampleSet,
    input: Option<Input>,
    digest: InputDigest,
    log: &mut InputLog,
) -> Result<PersistenceDiagram, Failure> {
    let origin = &job.origin;
    let (diagram, columns) = match input {
        None => {
            log.remarks.warn(format!("{origin}: it has no rows: it is taken for an empty diagram"));
            let empty = PersistenceDiagram::new(Array2::zeros((0, 2)).view());
            (empty.expect("two columns"), COLUMNS.map(str::to_owned).to_vec())
        }
        Some(Input::Image(_)) => {
            return Err(ReadError::NotATable { origin: origin.clone() }.into());
        }
        Some(Input::Table(table)) => {
            let layout = layout(job, &table)?;
            input_warnings::first_row(&table, "point", &mut log.remarks);
            let diagram = table.diagram(&layout).map_err(|error| {
                not_infinite(error, "a death of inf is that of a class that never dies")
            })?;
            (diagram, labels(&table, &layout.coordinates))
        }
    };
    let rows = diagram.rows();
    let masses = MassesReport { kind: "unit", column: None, total: rows as f64 };
    let report = InputReport {
        columns: Some(columns),
        masses: Some(masses),
        ..report(origin, rows, digest, false)
    };
    log.inputs.insert(job.role.name(), report);
    Ok(diagram)
}

/// The columns of births and deaths: those called so, in either order, or the only two there are.
fn layout(job: &SampleSet, table: &Table) -> Result<Layout, Failure> {
    let mut layout = table.layout(&Selection {
        columns: job.columns.clone(),
        dropped: job.dropped.clone(),
        filter: job.filter.clone(),
        weights: None,
    })?;
    check_dropped(&[&layout.absent])?;
    let found = labels(table, &layout.coordinates);
    match found.as_slice() {
        [death, birth] if [birth, death].map(|name| name.to_lowercase()) == COLUMNS => {
            layout.coordinates.reverse();
            Ok(layout)
        }
        [_, _] => Ok(layout),
        _ => {
            let count = found.len();
            let plural = if count == 1 { "" } else { "s" };
            Err(Failure::new(format!(
                "{}: {count} column{plural}, but a persistence diagram has two, birth and death",
                job.origin
            ))
            .hint(chosen(table, &layout.coordinates)))
        }
    }
}

/// How to choose births and deaths among other columns: by their names, else the last two of three.
fn chosen(table: &Table, columns: &[usize]) -> String {
    let found = labels(table, columns);
    let named = COLUMNS.map(|name| found.iter().position(|found| found.eq_ignore_ascii_case(name)));
    let (pair, rest) = match (named, columns.len()) {
        ([Some(birth), Some(death)], count) => {
            ([birth, death], (0..count).find(|k| *k != birth && *k != death))
        }
        (_, 3) => ([1, 2], Some(0)),
        _ => {
            return "choose them with --columns birth,death, or by number: --columns 0,1".into();
        }
    };
    let pair = typed(&pair.map(|k| found[k].clone())).unwrap_or_else(|| "0,1".into());
    let of_dimension = |k: usize| {
        let name = typed(&found[k..=k])?;
        let values = table.values(&column(&found[k])).ok()?;
        let value = values.iter().find(|value| *value == "1").or(values.first())?;
        Some(format!(
            "choose two; if {name} is the dimension, take the rows of one: --where {name}={value} \
             --columns {pair}"
        ))
    };
    rest.filter(|&k| {
        found.len() == 3 && table.holds_whole_numbers(columns[k]) && !table.counts_rows(columns[k])
    })
    .and_then(of_dimension)
    .unwrap_or_else(|| format!("choose two: --columns {pair}"))
}
