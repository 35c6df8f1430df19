//! The columns that were taken as coordinates and masses, in a line for each side.

use deblais::report::{InputReport, Inputs};

use super::columns::listed;
use super::text::{Lines, exact};

impl Lines {
    /// Coordinates, masses and rows of both sides, of n and m points.
    pub(crate) fn sides(&mut self, inputs: Option<&Inputs>, n: usize, m: usize) {
        let Some(inputs) = inputs else { return };
        let grid = inputs.get("grid");
        for (label, role, weights, count, axis) in [
            ("  source", "source", "source_weights", n, "row"),
            ("  target", "target", "target_weights", m, "column"),
        ] {
            let weights = inputs.get(weights);
            if let Some(input) = inputs.get(role) {
                self.line(label, measure_line(input, weights, grid));
            } else {
                let masses = masses(None, weights, count);
                let plural = if count == 1 { "" } else { "s" };
                let of = if inputs.contains_key("cost_arcs") {
                    format!("{role}{plural}")
                } else {
                    format!("{axis}{plural} of the matrix")
                };
                self.line(label, format!("masses {masses}; {count} {of}"));
            }
        }
    }
}

/// One side: `columns x, y; masses w, 7 in all; 300 rows`.
pub(crate) fn measure_line(
    input: &InputReport,
    weights: Option<&InputReport>,
    grid: Option<&InputReport>,
) -> String {
    let rows = input.rows;
    let coordinates = match (&input.columns, grid) {
        (Some(columns), _) if columns.len() == 1 => format!("column {}", listed(columns)),
        (Some(columns), _) => format!("columns {}", listed(columns)),
        (None, Some(grid)) => format!("cells at {}", grid.name),
        (None, None) => format!("cells 0-{}", rows - 1),
    };
    let masses = masses(Some(input), weights, rows);
    let unit = if rows == 1 { "row" } else { "rows" };
    format!("{coordinates}; masses {masses}; {rows} {unit}")
}

/// The masses of `count` points, of a file of their own, or of that of the points.
fn masses(points: Option<&InputReport>, weights: Option<&InputReport>, count: usize) -> String {
    let uniform =
        if count == 1 { "uniform".to_owned() } else { format!("uniform, 1/{count} each") };
    let Some((input, masses)) =
        weights.or(points).and_then(|input| Some((input, input.masses.as_ref()?)))
    else {
        return uniform;
    };
    let what = match (masses.kind, &masses.column) {
        ("uniform", _) => return uniform,
        ("unit", _) => return "1 each".to_owned(),
        ("file", _) => format!("of {}", input.name),
        (_, Some(column)) => listed(std::slice::from_ref(column)),
        (kind, None) => format!("of the {kind}"),
    };
    let scaled = if input.normalized { ", scaled to 1" } else { "" };
    format!("{what}, {} in all{scaled}", exact(masses.total))
}
