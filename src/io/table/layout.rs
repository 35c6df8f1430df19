//! Which columns of a table are taken for what.

use super::Table;
use crate::io::header::{labels_rows, numbers_rows};
use crate::io::selection::ColumnRange;
use crate::io::{ColumnRef, Filter, ReadError, Selection};

/// The columns that a [`Selection`] takes from a table, by position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// The coordinates, in this order; at least one.
    pub coordinates: Vec<usize>,
    /// The weights.
    pub weights: Option<usize>,
    /// The rows, and the column of the filter.
    pub filter: Option<(Filter, usize)>,
    /// Columns that number or label the rows, omitted unless they are named.
    pub row_labels: Vec<usize>,
    /// Columns that were to be dropped, and are.
    pub dropped: Vec<usize>,
    /// Columns that were to be dropped but do not exist.
    pub absent: Vec<ColumnRef>,
}

impl Table {
    /// The columns that a selection takes.
    ///
    /// # Errors
    /// [`ReadError::UnknownColumn`], [`ReadError::AmbiguousColumn`],
    /// [`ReadError::NoCoordinates`].
    pub fn layout(&self, selection: &Selection) -> Result<Layout, ReadError> {
        let weights = selection.weights.as_ref().map(|column| self.resolve(column)).transpose()?;
        let filter = selection
            .filter
            .as_ref()
            .map(|filter| Ok((filter.clone(), self.resolve(&filter.column)?)))
            .transpose()?;
        let (dropped, absent) = self.dropped(&selection.dropped)?;
        let taken = [weights, filter.as_ref().map(|(_, column)| *column)];
        let mut coordinates = if let Some(columns) = &selection.columns {
            self.resolve_all(columns)?
        } else {
            (0..self.n_columns()).filter(|column| !taken.contains(&Some(*column))).collect()
        };
        coordinates.retain(|column| !dropped.contains(column));
        let row_labels = match &selection.columns {
            Some(_) => Vec::new(),
            None => self.take_row_labels(&mut coordinates),
        };
        if coordinates.is_empty() {
            return Err(ReadError::NoCoordinates { origin: self.origin.clone() });
        }
        Ok(Layout { coordinates, weights, filter, row_labels, dropped, absent })
    }

    /// The names of some columns, if the table has a header.
    pub fn names(&self, columns: &[usize]) -> Option<Vec<String>> {
        let header = self.header.as_ref()?;
        Some(columns.iter().map(|&column| header[column].clone()).collect())
    }

    /// Whether the column holds 0, 1, 2, … or 1, 2, 3, … from the first row to the last.
    pub fn counts_rows(&self, column: usize) -> bool {
        let start = self.value(0, column).filter(|first| [0.0, 1.0].contains(first));
        start.is_some_and(|start| {
            (1..self.n_rows()).all(|row| self.value(row, column) == Some(start + row as f64))
        })
    }

    /// Whether the first column of data counts the rows, and the first row does not count the columns,
    /// as distances on a line do.
    pub fn numbers_its_rows(&self) -> bool {
        let columns = self.data_columns();
        let start = self.value(0, columns[0]).unwrap_or_default();
        let counts =
            |(k, &column): (usize, &usize)| self.value(0, column) == Some(start + k as f64);
        self.counts_rows(columns[0]) && !columns.iter().enumerate().all(counts)
    }

    /// Whether the data are square, with zeros on the diagonal, as distances are.
    pub fn has_zero_diagonal(&self) -> bool {
        let columns = self.data_columns();
        columns.len() == self.n_rows()
            && columns.iter().enumerate().all(|(row, &column)| self.value(row, column) == Some(0.0))
    }

    /// Whether several fractions in the column add up to 1 within `tolerance`, and none is outside of [0, 1].
    pub fn holds_shares(&self, column: usize, tolerance: f64) -> bool {
        let rows = 0..self.n_rows();
        let share = |row| self.value(row, column).filter(|x| (0.0..=1.0).contains(x));
        let Some(shares) = rows.map(share).collect::<Option<Vec<f64>>>() else { return false };
        shares.iter().filter(|x| x.fract() != 0.0).count() > 1
            && (shares.iter().sum::<f64>() - 1.0).abs() <= tolerance
    }

    /// Takes the columns that number or label the rows out of the coordinates. The only column
    /// stays, unless it has no name.
    pub(super) fn take_row_labels(&self, coordinates: &mut Vec<usize>) -> Vec<usize> {
        let is_only = coordinates.len() == 1;
        let labels_rows = |column: &mut usize| {
            self.row_label(*column).is_some_and(|name| !is_only || name.is_empty())
        };
        coordinates.extract_if(.., labels_rows).collect()
    }

    /// The columns to be left out, and what is not there.
    fn dropped(&self, asked: &[ColumnRef]) -> Result<(Vec<usize>, Vec<ColumnRef>), ReadError> {
        let (mut dropped, mut absent) = (Vec::new(), Vec::new());
        for column in asked {
            match self.resolve_all(std::slice::from_ref(column)) {
                Ok(columns) => dropped.extend(columns),
                Err(ReadError::UnknownColumn { .. }) => absent.push(column.clone()),
                Err(error) => return Err(error),
            }
        }
        Ok((dropped, absent))
    }

    /// The positions of columns and of ranges of columns.
    fn resolve_all(&self, asked: &[ColumnRef]) -> Result<Vec<usize>, ReadError> {
        let mut columns = Vec::new();
        for column in asked {
            let range = match column {
                ColumnRef::Name(name) => ColumnRange::parse(name),
                ColumnRef::Index(_) => None,
            };
            match (self.resolve(column), range) {
                (Err(ReadError::UnknownColumn { .. }), Some(range)) => {
                    columns.extend(self.range(&range)?);
                }
                (found, _) => columns.push(found?),
            }
        }
        Ok(columns)
    }

    /// The columns of a range: those with such names in the order of their numbers; bare numbers
    /// that are no names are positions.
    fn range(&self, range: &ColumnRange<'_>) -> Result<Vec<usize>, ReadError> {
        let [first, last] = [range.first, range.last].map(|end| {
            let Ok(column) = end.parse::<ColumnRef>();
            self.resolve(&column)
        });
        let (first, last) = (first?, last?);
        let header = self.header.iter().flatten().enumerate();
        let mut named: Vec<_> =
            header.filter_map(|(column, name)| Some((range.number_of(name)?, column))).collect();
        named.sort_unstable();
        let ends = [first, last];
        if ends.iter().all(|end| named.iter().any(|(_, column)| column == end)) {
            return Ok(named.into_iter().map(|(_, column)| column).collect());
        }
        Ok((first..=last).collect())
    }

    /// The name of a column, if it says that the column numbers or labels the rows.
    fn row_label(&self, column: usize) -> Option<&str> {
        let name = self.header.as_ref()?[column].trim();
        let is_label = labels_rows(name) || numbers_rows(name) && self.holds_numbers_once(column);
        is_label.then_some(name)
    }

    /// Whether the column holds nothing but whole numbers.
    #[must_use]
    pub fn holds_whole_numbers(&self, column: usize) -> bool {
        let is_whole = |row| self.value(row, column).is_some_and(|x| x.fract() == 0.0);
        (0..self.n_rows()).all(is_whole)
    }
}
