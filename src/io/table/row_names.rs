//! The columns that name, number or label the rows, and the names in them.

use std::collections::HashSet;

use super::Table;
use crate::io::header::{are_distinct, is_unnamed, number};
use crate::io::{Filter, FirstRow, ReadError};

impl Table {
    /// The columns that name the rows where the whole table counts, as in a matrix or a histogram:
    /// those that are no coordinates by their name (`id`, `index`, an empty one, …), and a first
    /// column of text, unless that is the first cell of a single row without a header, which may be a
    /// number with a slip. One column is left in any case.
    ///
    /// Beside several columns of data, only those before the first of them name the rows, and blank
    /// ones, but none that has a row of its own name: a row `label` has a column `label` of costs.
    /// Numbers behind the data are names only where they are whole, each of them once. A first column
    /// that holds the names of all others names the rows, whatever it is called.
    pub fn name_columns(&self) -> Vec<usize> {
        let mut others: Vec<usize> = (0..self.n_columns()).collect();
        let mut names = self.take_row_labels(&mut others);
        let may_have_names = self.header().is_some() || self.n_rows() > 1;
        if others.len() > 1 && others[0] == 0 && may_have_names && self.is_text(0) {
            names.insert(0, 0);
            others.remove(0);
        }
        if names.is_empty() && self.holds_names_of(&others[1..]) {
            names.push(others.remove(0));
        }
        let rows = || 0..self.n_rows();
        let is_blank = |column| rows().all(|row| self.text(row, column).trim().is_empty());
        let title = |column: usize| self.header().map(|header| header[column].trim());
        let has_row = |column| rows().any(|row| Some(self.text(row, 0).trim()) == title(column));
        let is_amid_data = |column| others.len() > 1 && column > others[0];
        names.retain(|&column| {
            column == 0
                || is_blank(column)
                || !(is_amid_data(column) || has_row(column) || self.holds_measurements(column))
        });
        names.truncate(self.n_columns() - 1);
        names
    }

    /// Whether the first column holds the names in the header above all of these columns, two or more.
    fn holds_names_of(&self, columns: &[usize]) -> bool {
        if self.first_row() != FirstRow::Names
            || columns.len() < 2
            || columns.len() != self.n_rows()
        {
            return false;
        }
        let names = self.names(columns).unwrap_or_default();
        let names: HashSet<String> = names.iter().map(|text| name(text)).collect();
        names == (0..self.n_rows()).map(|row| name(&self.text(row, 0))).collect()
    }

    /// Whether the column holds numbers that name no rows: fractions, or some of them twice.
    fn holds_measurements(&self, column: usize) -> bool {
        let cells: Vec<_> = (0..self.n_rows()).map(|row| self.text(row, column)).collect();
        let cells: Vec<&str> = cells.iter().map(AsRef::as_ref).collect();
        cells.iter().all(|cell| number(cell).is_some())
            && !(self.holds_whole_numbers(column) && are_distinct(&cells))
    }

    /// Whether the header has no name for the column.
    pub(super) fn is_index(&self, column: usize) -> bool {
        self.header().is_some_and(|header| is_unnamed(header[column].trim()))
    }

    /// All columns but those that name the rows.
    pub fn data_columns(&self) -> Vec<usize> {
        let names = self.name_columns();
        (0..self.n_columns()).filter(|column| !names.contains(column)).collect()
    }

    /// The names of the rows that pass, if there is a column of names that are not all empty;
    /// equal numbers are the same name. A column with a name, each of whose cells comes once, goes
    /// before the index without a name that pandas writes.
    ///
    /// # Errors
    /// [`ReadError::NoSuchRows`].
    pub fn row_names(
        &self,
        filter: Option<&(Filter, usize)>,
    ) -> Result<Option<Vec<String>>, ReadError> {
        let mut first = None;
        for column in self.name_columns() {
            let names = self.names_in(column, filter)?;
            let distinct = names.iter().collect::<HashSet<_>>().len() == names.len();
            if distinct && !self.is_index(column) {
                return Ok(Some(names));
            }
            first.get_or_insert(names);
        }
        Ok(first.filter(|names| names.iter().any(|name| !name.is_empty())))
    }

    /// The numbers or names in the index without a name that pandas writes, if there is one.
    ///
    /// # Errors
    /// [`ReadError::NoSuchRows`].
    pub fn row_index(
        &self,
        filter: Option<&(Filter, usize)>,
    ) -> Result<Option<Vec<String>>, ReadError> {
        let index = self.name_columns().into_iter().find(|&column| self.is_index(column));
        index.map(|column| self.names_in(column, filter)).transpose()
    }

    fn names_in(
        &self,
        column: usize,
        filter: Option<&(Filter, usize)>,
    ) -> Result<Vec<String>, ReadError> {
        let rows = self.rows(filter)?;
        Ok(rows.into_iter().map(|row| name(&self.text(row, column))).collect())
    }

    /// The names of the columns that do not name the rows, if there is a header.
    pub fn data_names(&self) -> Option<Vec<String>> {
        let names = self.names(&self.data_columns())?;
        Some(names.iter().map(|text| name(text)).collect())
    }
}

/// A name that is the same for equal numbers, as far as an `f64` tells them apart.
fn name(text: &str) -> String {
    const EXACT: f64 = 9e15;
    let value = number(text).filter(|value| value.abs() < EXACT);
    value.map_or_else(|| text.to_owned(), |value| (value + 0.0).to_string())
}
