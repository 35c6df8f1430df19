//! Reading persistence diagrams: tables of births and deaths.

use deblais::io::{Input, InputDigest, Layout, ReadError, Selection, Table};
use deblais::ndarray::Array2;
use deblais::persistence::PersistenceDiagram;
use deblais::report::{InputReport, MassesReport};

use super::columns::labels;
use super::failure::Failure;
use super::input_warnings;
use super::read_measure::{InputLog, SampleSet, check_dropped, report};

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
            (table.diagram(&layout)?, labels(&table, &layout.coordinates))
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
            let hint = match found.as_slice() {
                [dimension, birth, death] => format!(
                    "choose two; if {dimension} is the dimension, take the rows of one: --where \
                     {dimension}=1 --columns {birth},{death}"
                ),
                _ => "choose them with --columns birth,death, or by number: --columns 0,1".into(),
            };
            Err(Failure::new(format!(
                "{}: {count} column{plural}, but a persistence diagram has two, birth and death",
                job.origin
            ))
            .hint(hint))
        }
    }
}
