//! Does a first column of numbers name the rows, as the index of a data frame does?
//!
//! Its name may tell. Where it does not, a column of whole numbers ≥ 0, none of which comes twice, is in
//! doubt if it stands out from the others: they hold fractions, or names with numbers that are not like
//! its own, or are not in order as it is. Rows of several groups, told apart by the columns before it, are
//! numbered group by group.

use std::borrow::Cow;
use std::collections::HashSet;

use super::{Layout, Table};
use crate::io::header::is_whole;
use crate::io::selection::numbered;

/// Rows beyond one a group from which on different numbers are no coincidence.
const REPEATED_ROWS: usize = 2;

/// Rows from which on whole numbers in order are no coincidence.
const ORDERED_ROWS: usize = 5;

impl Table {
    /// The first coordinate, or the first two as levels of an index, if they could name the rows that
    /// pass; else none.
    pub fn doubtful_index(&self, layout: &Layout) -> Vec<usize> {
        let mut columns = layout.coordinates.clone();
        columns.sort_unstable();
        let is_group = |k: &usize| !layout.row_labels.contains(k) && layout.weights != Some(*k);
        let groups: Vec<usize> = (0..columns[0]).filter(is_group).collect();
        match self.rows(layout.filter.as_ref()) {
            Ok(rows) if !self.names_rows(&layout.row_labels) => {
                self.doubtful_first(&rows, &columns, &groups)
            }
            _ => Vec::new(),
        }
    }

    /// Whether the first column of the places of cells could name the cells: it counts them, or stands
    /// out.
    pub fn has_doubtful_index_of_places(&self) -> bool {
        let columns = self.data_columns();
        let rows: Vec<usize> = (0..self.n_rows()).collect();
        let counts =
            || columns.len() > 1 && rows.len() > REPEATED_ROWS && self.counts_rows(columns[0]);
        !self.names_rows(&self.name_columns())
            && (counts() || self.doubtful_first(&rows, &columns, &[]) == columns[..1])
    }

    /// Whether the first column of a matrix of costs could name the rows: it stands out, or counts, or
    /// the matrix is square without it, or has as many columns as `masses` are given. As many masses as
    /// there are columns with it settle that it holds costs, and so do zeros on the diagonal.
    pub fn has_doubtful_index_of_costs(&self, masses: Option<usize>) -> bool {
        let columns = self.data_columns();
        let (column, others) = (columns[0], &columns[1..]);
        let rows: Vec<usize> = (0..self.n_rows()).collect();
        let fits = masses == Some(others.len());
        let are_costs = masses == Some(columns.len())
            || self.names_rows(&self.name_columns())
            || self.has_zero_diagonal()
            || self.counts_columns(&columns)
            || self.is_called_coordinate(column, others);
        let Some(repeated) = self.repeated_rows(&rows, column, &[]) else { return false };
        let stands_out = || {
            let is_square = rows.len() == others.len();
            repeated >= REPEATED_ROWS && (is_square || self.counts_alone(column, others))
                || self.is_unlike(&rows, column, others, repeated)
        };
        fits && repeated > 0 || !are_costs && stands_out()
    }

    /// Whether the numbers of the column ascend by 1, and those of some other column change otherwise,
    /// as no distances on a line do.
    fn counts_alone(&self, column: usize, others: &[usize]) -> bool {
        let step =
            |row: usize, column| Some(self.value(row, column)? - self.value(row - 1, column)?);
        let is_step = |row, column| step(row, column).is_some_and(|step: f64| step.abs() == 1.0);
        let rows = || 1..self.n_rows();
        rows().all(|row| step(row, column) == Some(1.0))
            && others.iter().any(|&other| !rows().all(|row| is_step(row, other)))
    }

    /// Whether the column holds whole numbers ≥ 0, each of them once.
    pub(super) fn holds_numbers_once(&self, column: usize) -> bool {
        let rows: Vec<usize> = (0..self.n_rows()).collect();
        self.repeated_rows(&rows, column, &[]).is_some()
    }

    /// Whether one of the labels is more than the index without a name that pandas writes.
    fn names_rows(&self, labels: &[usize]) -> bool {
        labels.iter().any(|&label| !self.is_index(label))
    }

    /// The first of the columns, or the first two, if they could name the rows.
    fn doubtful_first(&self, rows: &[usize], columns: &[usize], groups: &[usize]) -> Vec<usize> {
        let (column, others) = (columns[0], &columns[1..]);
        let is_in_doubt = match self.repeated_rows(rows, column, groups) {
            _ if self.is_called_coordinate(column, others) => false,
            Some(repeated) => {
                self.is_unlike(rows, column, others, repeated)
                    || self.is_in_order(rows, column, others)
            }
            None => return self.doubtful_levels(rows, columns, groups),
        };
        if is_in_doubt { vec![column] } else { Vec::new() }
    }

    /// The first two columns, if they are sorted as the levels of an index are.
    fn doubtful_levels(&self, rows: &[usize], columns: &[usize], groups: &[usize]) -> Vec<usize> {
        let &[first, second, ref others @ ..] = columns else { return Vec::new() };
        let level = |row, column| self.value(row, column).filter(|x| *x >= 0.0 && x.fract() == 0.0);
        let levels: Option<Vec<_>> =
            rows.iter().map(|&row| Some((level(row, first)?, level(row, second)?))).collect();
        let is_index = rows.len() >= ORDERED_ROWS
            && groups.is_empty()
            && levels.is_some_and(|levels| levels.is_sorted_by(|x, y| x < y))
            && !self.is_called_coordinate(second, others)
            && self.is_unlike(rows, second, others, rows.len());
        if is_index { vec![first, second] } else { Vec::new() }
    }

    /// The number of rows beyond one a group, if the column holds whole numbers ≥ 0, each once a group.
    fn repeated_rows(&self, rows: &[usize], column: usize, groups: &[usize]) -> Option<usize> {
        let (mut seen, mut all) = (HashSet::new(), HashSet::new());
        for &row in rows {
            let value = self.value(row, column).filter(|x| *x >= 0.0 && x.fract() == 0.0)?;
            let group: Vec<Cow<'_, str>> = groups.iter().map(|&k| self.text(row, k)).collect();
            all.insert(group.clone());
            if !seen.insert((group, (value + 0.0).to_bits())) {
                return None;
            }
        }
        Some(rows.len() - all.len())
    }

    /// Whether the first row counts the columns, as distances on a line do.
    fn counts_columns(&self, columns: &[usize]) -> bool {
        let start = self.value(0, columns[0]).filter(|start| [0.0, 1.0].contains(start));
        start.is_some_and(|start| {
            let mut counted = columns.iter().zip(0_u32..);
            counted.all(|(&column, k)| self.value(0, column) == Some(start + f64::from(k)))
        })
    }

    /// Whether the name of the column is one of coordinates, or numbered as that of another.
    fn is_called_coordinate(&self, column: usize, others: &[usize]) -> bool {
        const NAMES: [&str; 7] = ["x", "y", "z", "lat", "lon", "latitude", "longitude"];
        let beginning = self.beginning(column);
        let name = self.header().map_or("", |header| header[column].trim());
        NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
            || beginning.is_some() && others.iter().any(|&other| self.beginning(other) == beginning)
    }

    /// The name of a column before the number in which it ends.
    fn beginning(&self, column: usize) -> Option<&str> {
        numbered(self.header()?[column].trim()).map(|(beginning, _)| beginning)
    }

    /// Whether a column of different whole numbers stands beside two names or more that are numbered
    /// alike, or, if that is no coincidence, beside fractions.
    fn is_unlike(&self, rows: &[usize], column: usize, others: &[usize], repeated: usize) -> bool {
        let is_fraction = |row, column| self.value(row, column).is_some_and(|x| x.fract() != 0.0);
        let is_written_whole = |column| rows.iter().all(|&row| is_whole(&self.text(row, column)));
        let beginning = others.first().and_then(|&first| self.beginning(first));
        let is_beside_numbered = others.len() > 1
            && beginning.is_some()
            && others.iter().all(|&other| self.beginning(other) == beginning);
        let is_beside_fractions = || {
            others.iter().any(|&other| rows.iter().any(|&row| is_fraction(row, other)))
                || is_written_whole(column) && !others.iter().all(|&other| is_written_whole(other))
        };
        repeated > 0 && is_beside_numbered || repeated >= REPEATED_ROWS && is_beside_fractions()
    }

    /// Whether the column ascends, or numbers the rows in any order, and no other column does.
    fn is_in_order(&self, rows: &[usize], column: usize, others: &[usize]) -> bool {
        let is_ordered = |column: usize| {
            let value = |&row: &usize| self.value(row, column).unwrap_or(f64::NAN);
            let mut values: Vec<f64> = rows.iter().map(value).collect();
            let ascends = values.is_sorted_by(|x, y| x < y);
            values.sort_unstable_by(f64::total_cmp);
            let counts =
                |start: f64| (0_u32..).zip(&values).all(|(k, x)| *x == start + f64::from(k));
            ascends || counts(0.0) || counts(1.0)
        };
        rows.len() >= ORDERED_ROWS
            && !others.is_empty()
            && is_ordered(column)
            && !others.iter().any(|&other| is_ordered(other))
    }
}
