//! Tables of cells.

mod index_column;
mod layout;
mod row_names;
mod samples;

pub use layout::Layout;
pub use samples::Samples;

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::Read;

use ndarray::Array2;

use super::cells::TextCells;
use super::header::{FirstRow, NumberedColumns, are_distinct, first_row, is_numeric, number};
use super::location::is_beyond_range;
use super::{ColumnId, ColumnRef, Input, InputPath, Location, ReadError, Selection, npy};

/// The precision that the numbers of an input were stored in; they are f64 from here on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// Seven digits: NPY of f32.
    F32,
    /// Sixteen digits: text, and NPY of anything else.
    F64,
}

/// A rectangle of cells, with or without a header.
///
/// Text stays text until a selection asks for numbers, so that columns that are not selected may hold
/// anything.
#[derive(Debug, Clone)]
pub struct Table {
    origin: InputPath,
    first_row: FirstRow,
    header: Option<Vec<String>>,
    cells: TableCells,
}

#[derive(Debug, Clone)]
enum TableCells {
    /// `first` is the first row of data: 1 below a header, else 0.
    Text {
        cells: TextCells,
        first: usize,
    },
    Numbers {
        values: Array2<f64>,
        precision: Precision,
    },
}

impl Table {
    /// Reads a file that must be a table.
    ///
    /// # Errors
    /// [`ReadError`]; [`ReadError::NotATable`] for pictures.
    pub fn read(origin: &InputPath) -> Result<Self, ReadError> {
        Self::from_input(origin, Input::read(origin)?.0)
    }

    /// Reads a table from memory; `origin` is for the messages.
    ///
    /// # Errors
    /// As [`Table::read`].
    pub fn from_bytes(origin: &InputPath, bytes: &[u8]) -> Result<Self, ReadError> {
        Self::from_input(origin, Input::from_bytes(origin, bytes)?)
    }

    fn from_input(origin: &InputPath, input: Input) -> Result<Self, ReadError> {
        match input {
            Input::Table(table) => Ok(table),
            Input::Image(_) => Err(ReadError::NotATable { origin: origin.clone() }),
        }
    }

    pub(super) fn from_text(origin: &InputPath, bytes: &[u8]) -> Result<Self, ReadError> {
        let cells = TextCells::parse(origin, bytes)?;
        let first_row = first_row(&cells);
        let is_header = matches!(first_row, FirstRow::Names | FirstRow::Numbers);
        if is_header && cells.rows() == 1 {
            let line = cells.line(0);
            return Err(ReadError::HeaderOnly { origin: origin.clone(), line });
        }
        let cells = TableCells::Text { cells, first: 0 };
        let table = Self { origin: origin.clone(), first_row, header: None, cells };
        Ok(if is_header { table.with_header(first_row) } else { table })
    }

    /// The table with its first row, of text, as header.
    fn with_header(mut self, kind: FirstRow) -> Self {
        if let TableCells::Text { cells, first } = &mut self.cells {
            let names = (0..cells.columns()).map(|column| cells.cell(0, column).to_owned());
            self.header = Some(names.collect());
            self.first_row = kind;
            *first = 1;
        }
        self
    }

    /// The table with its first row as data, if it was taken for numbers of columns.
    pub fn with_all_rows(&self) -> Cow<'_, Self> {
        let mut table = Cow::Borrowed(self);
        if self.first_row == FirstRow::Numbers {
            let whole = table.to_mut();
            (whole.first_row, whole.header) = (FirstRow::Data, None);
            if let TableCells::Text { first, .. } = &mut whole.cells {
                *first = 0;
            }
        }
        table
    }

    /// Whether the first row, taken for data, could be a header: whole numbers, each of them once.
    pub fn may_have_header(&self) -> bool {
        self.numbers_above_data().is_some()
    }

    /// Whether the first row, taken for data, holds 0, 1, …, d − 1 in any order.
    pub fn may_have_numbers(&self) -> bool {
        let numbers = self.numbers_above_data();
        numbers.is_some_and(|row| {
            row.iter().all(|number| usize::try_from(*number).is_ok_and(|number| number < row.len()))
        })
    }

    /// Whether a row, as messages name it, is the first of a table without a header.
    pub fn is_bare_first_row(&self, location: Location) -> bool {
        self.header.is_none() && location == self.location(0)
    }

    /// Whether two tables without headers begin with one row, whose numbers, each of them once, could be
    /// names of columns, above different rows; the number of a single column is pandas' 0 above unsorted
    /// numbers.
    pub fn begins_like(&self, other: &Self) -> bool {
        let (TableCells::Text { cells, first: 0 }, TableCells::Text { cells: others, first: 0 }) =
            (&self.cells, &other.cells)
        else {
            return false;
        };
        let columns = cells.columns();
        let are_same = |row| (0..columns).all(|k| cells.cell(row, k) == others.cell(row, k));
        let is_first = || {
            if columns == 1 {
                return cells.cell(0, 0) == "0" && !self.ascends(0) && !other.ascends(0);
            }
            let cells = (0..columns).map(|k| cells.cell(0, k));
            let numbers: Vec<&str> = cells.filter(|cell| is_numeric(cell)).collect();
            numbers.len() > 1 && are_distinct(&numbers)
        };
        columns == others.columns()
            && cells.rows().min(others.rows()) > 1
            && are_same(0)
            && !are_same(1)
            && is_first()
    }

    fn ascends(&self, column: usize) -> bool {
        (1..self.n_rows()).all(|row| self.value(row - 1, column) <= self.value(row, column))
    }

    /// Whether two columns without names, separated by commas, could be one of numbers with decimal
    /// commas: they hold whole numbers alone, and somewhere −0 before the comma or a zero before other
    /// digits behind it; or, as in 0,5 and 1,25, each number behind it ends in 5 or is 0; or there are
    /// many digits behind it, and no 0 ends them; or, as in 21,5 and 19,8, one of many digits behind two
    /// or more.
    pub fn may_have_decimal_commas(&self) -> bool {
        const ROWS: usize = 3;
        const LONG_FRACTIONS: usize = 32;
        const DIFFERENT_TENTHS: usize = 6;
        let TableCells::Text { cells, first: 0 } = &self.cells else { return false };
        let is_digits = |cell: &str| !cell.is_empty() && cell.bytes().all(|c| c.is_ascii_digit());
        let rows = || (0..cells.rows()).map(|row| (cells.cell(row, 0), cells.cell(row, 1)));
        let is_long = |behind: &str| behind.len() > 1;
        if cells.columns() != 2
            || !cells.has_commas()
            || !rows().all(|(before, behind)| {
                is_digits(before.trim_start_matches('-')) && is_digits(behind)
            })
        {
            return false;
        }
        let is_sure = |(before, behind): (&str, &str)| {
            before == "-0" || is_long(behind) && behind.starts_with('0')
        };
        let are_halves = || {
            rows().all(|(_, behind)| behind == "0" || behind.ends_with('5'))
                && rows().any(|(_, behind)| behind != "0")
        };
        let are_cut = || {
            rows().filter(|(_, behind)| is_long(behind)).count() >= LONG_FRACTIONS
                && !rows().any(|(_, behind)| is_long(behind) && behind.ends_with('0'))
        };
        let are_tenths = || {
            let tenths: HashSet<&str> = rows().map(|(_, behind)| behind).collect();
            tenths.len() >= DIFFERENT_TENTHS
                && tenths.iter().all(|tenth| tenth.len() == 1)
                && rows().all(|(before, _)| before.trim_start_matches('-').len() > 1)
        };
        rows().any(is_sure) || cells.rows() >= ROWS && are_halves() || are_cut() || are_tenths()
    }

    /// Whether the columns that do not name the rows are called 0, 1, …, d − 1 for d ≥ 2.
    pub fn numbers_its_columns(&self) -> bool {
        let is_number = |(column, name): (usize, &String)| *name == column.to_string();
        let names = self.data_names().filter(|names| names.len() > 1);
        names.is_some_and(|names| names.iter().enumerate().all(is_number))
    }

    /// The table with its first row as header if that holds 0, 1, …, d − 1 in any order, d ≥ 2.
    #[must_use]
    pub fn with_numbers_as_names(self) -> Self {
        let several = self.numbers_above_data().is_some_and(|numbers| numbers.len() > 1);
        if several && self.may_have_numbers() { self.with_header(FirstRow::Numbers) } else { self }
    }

    /// The table with its first row as header if the selection calls a column by a text in it.
    #[must_use]
    pub fn with_names_of(self, selection: &Selection) -> Self {
        let Selection { columns, dropped, filter, weights } = selection;
        let filter = filter.as_ref().map(|filter| &filter.column);
        let asked = columns.iter().flatten().chain(dropped).chain(filter).chain(weights);
        let is_named = match &self.cells {
            TableCells::Text { cells, first: 0 } if cells.rows() > 1 => {
                asked.into_iter().any(|asked| {
                    let is_called =
                        |column| *asked == ColumnRef::Name(cells.cell(0, column).to_owned());
                    (0..cells.columns()).any(is_called)
                })
            }
            _ => false,
        };
        if is_named { self.with_header(FirstRow::Names) } else { self }
    }

    /// The first row of data if it could be a header above others.
    fn numbers_above_data(&self) -> Option<Vec<i128>> {
        match &self.cells {
            TableCells::Text { cells, first: 0 } => {
                NumberedColumns::of(cells).map(|row| row.numbers)
            }
            _ => None,
        }
    }

    pub(super) fn from_npy(
        origin: &InputPath,
        reader: &mut dyn Read,
        size: Option<u64>,
    ) -> Result<Self, ReadError> {
        let (values, precision) = npy::read(origin, reader, size)?;
        Ok(Self {
            origin: origin.clone(),
            first_row: FirstRow::Data,
            header: None,
            cells: TableCells::Numbers { values, precision },
        })
    }

    /// Where the table came from.
    pub fn origin(&self) -> &InputPath {
        &self.origin
    }

    /// The names of the columns, if the first row was taken for a header.
    pub fn header(&self) -> Option<&[String]> {
        self.header.as_deref()
    }

    /// How the first row was taken.
    pub fn first_row(&self) -> FirstRow {
        self.first_row
    }

    /// Rows of data, without the header; at least one.
    pub fn n_rows(&self) -> usize {
        match &self.cells {
            TableCells::Text { cells, first } => cells.rows() - first,
            TableCells::Numbers { values, .. } => values.nrows(),
        }
    }

    /// Columns; at least one.
    pub fn n_columns(&self) -> usize {
        match &self.cells {
            TableCells::Text { cells, .. } => cells.columns(),
            TableCells::Numbers { values, .. } => values.ncols(),
        }
    }

    /// The precision that the numbers are stored in.
    pub fn precision(&self) -> Precision {
        match &self.cells {
            TableCells::Text { .. } => Precision::F64,
            TableCells::Numbers { precision, .. } => *precision,
        }
    }

    /// The position of a column.
    fn resolve(&self, asked: &ColumnRef) -> Result<usize, ReadError> {
        let name = match asked {
            ColumnRef::Name(name) => Cow::Borrowed(name),
            ColumnRef::Index(index) => Cow::Owned(index.to_string()),
        };
        let mut named = self.columns_called(&name);
        match (named.next(), named.next(), asked) {
            (Some(first), Some(second), _) => {
                let (origin, name) = (self.origin.clone(), name.clone().into_owned());
                Err(ReadError::AmbiguousColumn { origin, name, first, second })
            }
            (Some(column), None, _) => Ok(column),
            (None, _, ColumnRef::Index(index)) if *index < self.n_columns() => Ok(*index),
            (None, ..) => Err(ReadError::UnknownColumn {
                origin: self.origin.clone(),
                asked: asked.clone(),
                header: self.header.clone(),
                columns: self.n_columns(),
            }),
        }
    }

    fn columns_called(&self, name: &str) -> impl Iterator<Item = usize> {
        let header = self.header.iter().flatten().enumerate();
        header.filter(move |(_, other)| *other == name).map(|(column, _)| column)
    }

    /// The values of a column as they are written, each once, in the order in which they come;
    /// numbers that are equal count as one.
    ///
    /// # Errors
    /// [`ReadError::UnknownColumn`], [`ReadError::AmbiguousColumn`].
    pub fn values(&self, column: &ColumnRef) -> Result<Vec<String>, ReadError> {
        let column = self.resolve(column)?;
        Ok(self.distinct(column).map(Cow::into_owned).collect())
    }

    fn distinct(&self, column: usize) -> impl Iterator<Item = Cow<'_, str>> {
        let mut seen = HashSet::new();
        let is_new = move |(row, text): &(usize, Cow<'_, str>)| {
            // −0 and 0 are the same number, too.
            let value = self.value(*row, column).map(|x| (x + 0.0).to_string());
            seen.insert(value.unwrap_or_else(|| text.to_string()))
        };
        let all = (0..self.n_rows()).map(move |row| (row, self.text(row, column)));
        all.filter(is_new).map(|(_, text)| text)
    }

    /// A finite number, or +∞ by its name: 1e400 is neither.
    pub(super) fn cost(&self, row: usize, column: usize) -> Result<f64, ReadError> {
        let is_infinite = self.value(row, column) == Some(f64::INFINITY)
            && !is_beyond_range(&self.text(row, column));
        if is_infinite { Ok(f64::INFINITY) } else { self.finite(row, column) }
    }

    /// A finite number.
    pub(super) fn finite(&self, row: usize, column: usize) -> Result<f64, ReadError> {
        match self.value(row, column) {
            Some(value) if value.is_finite() => Ok(value),
            value => {
                let (origin, location) = (self.origin.clone(), self.location(row));
                let (column, found) = (self.column_id(column), self.text(row, column).into_owned());
                Err(if value.is_some() {
                    ReadError::NotFinite { origin, location, column, found }
                } else {
                    ReadError::NotANumber { origin, location, column, found }
                })
            }
        }
    }

    /// A cell as a number, be it finite or not.
    fn value(&self, row: usize, column: usize) -> Option<f64> {
        match &self.cells {
            TableCells::Text { cells, first } => number(cells.cell(row + first, column)),
            TableCells::Numbers { values, .. } => Some(values[(row, column)]),
        }
    }

    /// A cell as text.
    pub(super) fn text(&self, row: usize, column: usize) -> Cow<'_, str> {
        match &self.cells {
            TableCells::Text { cells, first } => cells.cell(row + first, column).into(),
            TableCells::Numbers { values, .. } => values[(row, column)].to_string().into(),
        }
    }

    /// Most of the first cells of the column are text.
    fn is_text(&self, column: usize) -> bool {
        const SAMPLED_ROWS: usize = 32;
        let rows = self.n_rows().min(SAMPLED_ROWS);
        let is_text = |row: &usize| {
            let text = self.text(*row, column);
            !text.is_empty() && !is_numeric(&text)
        };
        2 * (0..rows).filter(is_text).count() > rows
    }

    /// A row, as messages name it.
    pub(super) fn location(&self, row: usize) -> Location {
        match &self.cells {
            TableCells::Text { cells, first } => Location::Line(cells.line(row + first)),
            TableCells::Numbers { .. } => Location::Row(row),
        }
    }

    /// A column, as messages name it.
    pub fn column_id(&self, index: usize) -> ColumnId {
        ColumnId { index, name: self.header.as_ref().map(|header| header[index].clone()) }
    }
}

#[cfg(test)]
mod tests;
