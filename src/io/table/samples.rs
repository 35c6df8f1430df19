//! Samples: coordinates, weights and labels selected from a table.

use std::borrow::Cow;

use ndarray::{Array1, Array2};

use super::{Layout, Precision, Table, TableCells};
use crate::io::header::number;
use crate::io::{Filter, ReadError, Selection};
use crate::persistence::{PersistenceDiagram, PersistenceError};

/// Rows and columns selected from a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    /// The coordinates, one sample per row; all finite.
    pub points: Array2<f64>,
    /// The weights, if a column was named: finite, ≥ 0, not all zero; not normalized.
    pub weights: Option<Array1<f64>>,
    /// The precision that the table was stored in.
    pub precision: Precision,
    /// The names of the coordinates, if the table has a header.
    pub column_names: Option<Vec<String>>,
}

impl Table {
    /// Takes rows, coordinates and weights.
    ///
    /// # Errors
    /// [`ReadError`] names the file, the line and the column: unknown columns, a filter that no
    /// row passes, cells that are not finite numbers, weights that are negative or all zero.
    pub fn select(&self, selection: &Selection) -> Result<Samples, ReadError> {
        self.samples(&self.layout(selection)?)
    }

    /// Takes the rows, coordinates and weights of a layout.
    ///
    /// # Errors
    /// As [`Table::select`], but for unknown columns.
    pub fn samples(&self, layout: &Layout) -> Result<Samples, ReadError> {
        let rows = self.rows(layout.filter.as_ref())?;
        let columns = &layout.coordinates;
        let points = gather(&rows, columns, |row, column| self.coordinate(row, column))?;
        let weights = layout.weights.map(|column| self.weights_of(&rows, column)).transpose()?;
        let column_names = self.names(columns);
        Ok(Samples { points, weights, precision: self.precision(), column_names })
    }

    /// The persistence diagram in the rows of a layout and its two coordinates, birth and death; a death
    /// may be +∞.
    ///
    /// # Errors
    /// As [`Table::samples`], and [`ReadError::DeathBeforeBirth`].
    ///
    /// # Panics
    /// If the layout has another number of coordinates.
    pub fn diagram(&self, layout: &Layout) -> Result<PersistenceDiagram, ReadError> {
        let rows = self.rows(layout.filter.as_ref())?;
        let [birth, death] = layout.coordinates[..] else { panic!("two columns, birth and death") };
        let points =
            gather(&rows, &layout.coordinates, |row, column| match self.value(row, column) {
                Some(f64::INFINITY) if column == death && birth != death => self.cost(row, column),
                _ => self.coordinate(row, column),
            })?;
        PersistenceDiagram::new(points.view()).map_err(|error| match error {
            PersistenceError::Death { row, birth, death } => {
                let (origin, location) = (self.origin.clone(), self.location(rows[row]));
                ReadError::DeathBeforeBirth { origin, location, birth, death }
            }
            error => unreachable!("numbers were checked: {error}"),
        })
    }

    /// All cells but row names as numbers, as a cost matrix needs them.
    ///
    /// # Errors
    /// [`ReadError::NotANumber`] and [`ReadError::NotFinite`], by line and column.
    pub fn matrix(&self) -> Result<Array2<f64>, ReadError> {
        let rows: Vec<usize> = (0..self.n_rows()).collect();
        gather(&rows, &self.data_columns(), |row, column| self.finite(row, column))
    }

    /// As [`Table::matrix`], but an array in C order is handed over without a copy.
    ///
    /// # Errors
    /// As [`Table::matrix`].
    pub fn into_matrix(self) -> Result<Array2<f64>, ReadError> {
        match &self.cells {
            TableCells::Numbers { values, .. }
                if values.is_standard_layout() && values.iter().all(|x| x.is_finite()) => {}
            _ => return self.matrix(),
        }
        match self.cells {
            TableCells::Numbers { values, .. } => Ok(values),
            TableCells::Text { .. } => unreachable!("text was handled above"),
        }
    }

    /// As [`Table::into_matrix`], with +∞ among the numbers.
    ///
    /// # Errors
    /// As [`Table::matrix`].
    pub fn into_costs(self) -> Result<Array2<f64>, ReadError> {
        let is_cost = |x: f64| x.is_finite() || x == f64::INFINITY;
        match &self.cells {
            TableCells::Numbers { values, .. }
                if values.is_standard_layout() && values.iter().all(|&x| is_cost(x)) => {}
            _ => {
                let rows: Vec<usize> = (0..self.n_rows()).collect();
                return gather(&rows, &self.data_columns(), |row, column| self.cost(row, column));
            }
        }
        match self.cells {
            TableCells::Numbers { values, .. } => Ok(values),
            TableCells::Text { .. } => unreachable!("text was handled above"),
        }
    }

    /// The numbers of a table of one column.
    ///
    /// # Errors
    /// [`ReadError::NotOneColumn`], and those of [`Table::matrix`].
    pub fn vector(&self) -> Result<Array1<f64>, ReadError> {
        let column = self.only_column()?;
        (0..self.n_rows()).map(|row| self.finite(row, column)).collect()
    }

    /// The weights in a table of one column.
    ///
    /// # Errors
    /// As [`Table::vector`], and [`ReadError::NegativeWeight`], [`ReadError::ZeroWeights`].
    pub fn weights(&self) -> Result<Array1<f64>, ReadError> {
        let column = self.only_column()?;
        self.weights_of(&(0..self.n_rows()).collect::<Vec<_>>(), column)
    }

    fn only_column(&self) -> Result<usize, ReadError> {
        match self.data_columns().as_slice() {
            [column] => Ok(*column),
            columns => {
                Err(ReadError::NotOneColumn { origin: self.origin.clone(), columns: columns.len() })
            }
        }
    }

    fn weights_of(&self, rows: &[usize], column: usize) -> Result<Array1<f64>, ReadError> {
        let origin = || self.origin.clone();
        let mut weights = Array1::zeros(rows.len());
        for (weight, &row) in weights.iter_mut().zip(rows) {
            *weight = self.finite(row, column)?;
            if *weight < 0.0 {
                let (location, column, found) =
                    (self.location(row), self.column_id(column), *weight);
                return Err(ReadError::NegativeWeight {
                    origin: origin(),
                    location,
                    column,
                    found,
                });
            }
        }
        if weights.iter().all(|&weight| weight == 0.0) {
            return Err(ReadError::ZeroWeights {
                origin: origin(),
                column: self.column_id(column),
            });
        }
        Ok(weights)
    }

    /// The rows that pass a filter on a column; all of them without one.
    pub(super) fn rows(&self, filter: Option<&(Filter, usize)>) -> Result<Vec<usize>, ReadError> {
        match filter {
            None => Ok((0..self.n_rows()).collect()),
            Some((filter, column)) => self.rows_that_pass(filter, *column),
        }
    }

    /// Whether the first row passes the filter.
    pub fn has_first_row(&self, layout: &Layout) -> bool {
        self.rows(layout.filter.as_ref()).is_ok_and(|rows| rows.first() == Some(&0))
    }

    fn rows_that_pass(&self, filter: &Filter, column: usize) -> Result<Vec<usize>, ReadError> {
        const MAX_SHOWN_VALUES: usize = 13;
        let wanted = number(&filter.value);
        let passes = |row: &usize| match (self.value(*row, column), wanted) {
            (Some(value), Some(wanted)) => value == wanted,
            _ => self.text(*row, column) == filter.value,
        };
        let rows: Vec<usize> = (0..self.n_rows()).filter(passes).collect();
        if !rows.is_empty() {
            return Ok(rows);
        }
        let values = self.distinct(column).take(MAX_SHOWN_VALUES).map(Cow::into_owned).collect();
        Err(ReadError::NoSuchRows { origin: self.origin.clone(), filter: filter.clone(), values })
    }

    /// A finite number, or the whole column's fault.
    fn coordinate(&self, row: usize, column: usize) -> Result<f64, ReadError> {
        self.finite(row, column).map_err(|error| match error {
            ReadError::NotANumber { origin, column: id, found, .. } if self.is_text(column) => {
                ReadError::TextColumn { origin, column: id, example: found }
            }
            error => error,
        })
    }
}

/// The numbers in some rows and columns.
fn gather(
    rows: &[usize],
    columns: &[usize],
    cell: impl Fn(usize, usize) -> Result<f64, ReadError>,
) -> Result<Array2<f64>, ReadError> {
    let mut values = Vec::with_capacity(rows.len() * columns.len());
    for &row in rows {
        for &column in columns {
            values.push(cell(row, column)?);
        }
    }
    Ok(Array2::from_shape_vec((rows.len(), columns.len()), values)
        .expect("a value per row and column"))
}
