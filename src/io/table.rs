//! Tables of numbers, and what is taken from them.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::Read;
use std::ops::Range;

use ndarray::{Array1, Array2};

use super::cells::TextCells;
use super::header::{is_header, is_numeric, number};
use super::{ColumnId, ColumnRef, Filter, Input, Origin, Place, ReadError, Selection, npy};

/// The precision that the numbers of an input were stored in; they are f64 from here on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// Seven digits: NPY of f32.
    F32,
    /// Sixteen digits: text, and NPY of anything else.
    F64,
}

/// Rows and columns selected from a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    /// The coordinates, one sample per row; all finite.
    pub points: Array2<f64>,
    /// The weights, if a column was named: finite, ≥ 0, not all zero; not normalised.
    pub weights: Option<Array1<f64>>,
    /// The precision that the table was stored in.
    pub precision: Precision,
    /// The names of the coordinates, if the table has a header.
    pub column_names: Option<Vec<String>>,
}

/// A rectangle of cells, with or without a header.
///
/// Text stays text until a selection asks for numbers, so that columns nobody asks for may hold
/// anything.
#[derive(Debug, Clone)]
pub struct Table {
    origin: Origin,
    header: Option<Vec<String>>,
    cells: Cells,
}

#[derive(Debug, Clone)]
enum Cells {
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
    pub fn read(origin: &Origin) -> Result<Self, ReadError> {
        Self::from_input(origin, Input::read(origin)?.0)
    }

    /// Reads a table from memory; `origin` is for the messages.
    ///
    /// # Errors
    /// As [`Table::read`].
    pub fn from_bytes(origin: &Origin, bytes: &[u8]) -> Result<Self, ReadError> {
        Self::from_input(origin, Input::from_bytes(origin, bytes)?)
    }

    fn from_input(origin: &Origin, input: Input) -> Result<Self, ReadError> {
        match input {
            Input::Table(table) => Ok(table),
            Input::Image(_) => Err(ReadError::NotATable { origin: origin.clone() }),
        }
    }

    pub(super) fn from_text(origin: &Origin, bytes: &[u8]) -> Result<Self, ReadError> {
        let cells = TextCells::parse(origin, bytes)?;
        let header = is_header(&cells).then(|| {
            (0..cells.columns()).map(|column| cells.cell(0, column).to_owned()).collect::<Vec<_>>()
        });
        let first = usize::from(header.is_some());
        if cells.rows() == first {
            let line = cells.line(0);
            return Err(ReadError::HeaderOnly { origin: origin.clone(), line });
        }
        Ok(Self { origin: origin.clone(), header, cells: Cells::Text { cells, first } })
    }

    pub(super) fn from_npy(
        origin: &Origin,
        reader: &mut dyn Read,
        size: Option<u64>,
    ) -> Result<Self, ReadError> {
        let (values, precision) = npy::read(origin, reader, size)?;
        Ok(Self {
            origin: origin.clone(),
            header: None,
            cells: Cells::Numbers { values, precision },
        })
    }

    /// Where the table came from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The names of the columns, if the first row was taken for a header.
    pub fn header(&self) -> Option<&[String]> {
        self.header.as_deref()
    }

    /// Rows of data, without the header; at least one.
    pub fn n_rows(&self) -> usize {
        match &self.cells {
            Cells::Text { cells, first } => cells.rows() - first,
            Cells::Numbers { values, .. } => values.nrows(),
        }
    }

    /// Columns; at least one.
    pub fn n_columns(&self) -> usize {
        match &self.cells {
            Cells::Text { cells, .. } => cells.columns(),
            Cells::Numbers { values, .. } => values.ncols(),
        }
    }

    /// The precision that the numbers are stored in.
    pub fn precision(&self) -> Precision {
        match &self.cells {
            Cells::Text { .. } => Precision::F64,
            Cells::Numbers { precision, .. } => *precision,
        }
    }

    /// Takes rows, coordinates and weights.
    ///
    /// # Errors
    /// [`ReadError`] names the file, the line and the column: unknown columns, a filter that no
    /// row passes, cells that are not finite numbers, weights that are negative or all zero.
    pub fn select(&self, selection: &Selection) -> Result<Samples, ReadError> {
        let weights = selection.weights.as_ref().map(|column| self.resolve(column)).transpose()?;
        let filter = selection
            .filter
            .as_ref()
            .map(|filter| Ok((filter, self.resolve(&filter.column)?)))
            .transpose()?;
        let columns = if let Some(columns) = &selection.columns {
            columns.iter().map(|column| self.resolve(column)).collect::<Result<Vec<_>, _>>()?
        } else {
            let taken = [weights, filter.map(|(_, column)| column)];
            self.data_columns().filter(|&column| !taken.contains(&Some(column))).collect()
        };
        if columns.is_empty() {
            return Err(ReadError::NoCoordinates { origin: self.origin.clone() });
        }
        let rows = match filter {
            None => (0..self.n_rows()).collect(),
            Some((filter, column)) => self.rows_that_pass(filter, column)?,
        };
        let points = gather(&rows, &columns, |row, column| self.coordinate(row, column))?;
        let weights = weights.map(|column| self.weights_of(&rows, column)).transpose()?;
        let column_names = self
            .header
            .as_ref()
            .map(|header| columns.iter().map(|&column| header[column].clone()).collect());
        Ok(Samples { points, weights, precision: self.precision(), column_names })
    }

    /// All cells but row names as numbers, as a cost matrix needs them.
    ///
    /// # Errors
    /// [`ReadError::NotANumber`] and [`ReadError::NotFinite`], by line and column.
    pub fn matrix(&self) -> Result<Array2<f64>, ReadError> {
        let rows: Vec<usize> = (0..self.n_rows()).collect();
        let columns: Vec<usize> = self.data_columns().collect();
        gather(&rows, &columns, |row, column| self.finite(row, column))
    }

    /// As [`Table::matrix`], but an array in C order is handed over without a copy.
    ///
    /// # Errors
    /// As [`Table::matrix`].
    pub fn into_matrix(self) -> Result<Array2<f64>, ReadError> {
        match &self.cells {
            Cells::Numbers { values, .. }
                if values.is_standard_layout() && values.iter().all(|x| x.is_finite()) => {}
            _ => return self.matrix(),
        }
        match self.cells {
            Cells::Numbers { values, .. } => Ok(values),
            Cells::Text { .. } => unreachable!("text was handled above"),
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

    /// All columns but the row names that pandas and R put first, under an empty header cell.
    fn data_columns(&self) -> Range<usize> {
        let named_rows = self.header.as_ref().is_some_and(|header| header[0].is_empty());
        usize::from(named_rows)..self.n_columns()
    }

    fn only_column(&self) -> Result<usize, ReadError> {
        let columns = self.data_columns();
        if columns.len() == 1 {
            return Ok(columns.start);
        }
        Err(ReadError::NotOneColumn { origin: self.origin.clone(), columns: columns.len() })
    }

    fn weights_of(&self, rows: &[usize], column: usize) -> Result<Array1<f64>, ReadError> {
        let origin = || self.origin.clone();
        let mut weights = Array1::zeros(rows.len());
        for (weight, &row) in weights.iter_mut().zip(rows) {
            *weight = self.finite(row, column)?;
            if *weight < 0.0 {
                let (place, column, found) = (self.place(row), self.column_id(column), *weight);
                return Err(ReadError::NegativeWeight { origin: origin(), place, column, found });
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
        let mut seen = HashSet::new();
        let mut values = Vec::new();
        for row in 0..self.n_rows() {
            let text = self.text(row, column);
            // −0 and 0 are the same number, too.
            let key = self.value(row, column).map_or(text.to_string(), |x| (x + 0.0).to_string());
            if seen.insert(key) {
                values.push(text.into_owned());
            }
        }
        Ok(values)
    }

    fn rows_that_pass(&self, filter: &Filter, column: usize) -> Result<Vec<usize>, ReadError> {
        const SHOWN: usize = 13;
        let wanted = number(&filter.value);
        let passes = |row: &usize| match (self.value(*row, column), wanted) {
            (Some(value), Some(wanted)) => value == wanted,
            _ => self.text(*row, column) == filter.value,
        };
        let rows: Vec<usize> = (0..self.n_rows()).filter(passes).collect();
        if !rows.is_empty() {
            return Ok(rows);
        }
        let mut values: Vec<String> = Vec::new();
        for row in 0..self.n_rows() {
            let text = self.text(row, column);
            if values.len() < SHOWN && !values.iter().any(|value| *value == text) {
                values.push(text.into_owned());
            }
        }
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

    /// A finite number.
    pub(super) fn finite(&self, row: usize, column: usize) -> Result<f64, ReadError> {
        match self.value(row, column) {
            Some(value) if value.is_finite() => Ok(value),
            value => {
                let (origin, place) = (self.origin.clone(), self.place(row));
                let (column, found) = (self.column_id(column), self.text(row, column).into_owned());
                Err(if value.is_some() {
                    ReadError::NotFinite { origin, place, column, found }
                } else {
                    ReadError::NotANumber { origin, place, column, found }
                })
            }
        }
    }

    /// A cell as a number, be it finite or not.
    fn value(&self, row: usize, column: usize) -> Option<f64> {
        match &self.cells {
            Cells::Text { cells, first } => number(cells.cell(row + first, column)),
            Cells::Numbers { values, .. } => Some(values[(row, column)]),
        }
    }

    /// A cell as text.
    pub(super) fn text(&self, row: usize, column: usize) -> Cow<'_, str> {
        match &self.cells {
            Cells::Text { cells, first } => cells.cell(row + first, column).into(),
            Cells::Numbers { values, .. } => values[(row, column)].to_string().into(),
        }
    }

    /// Most of the first cells of the column are text.
    fn is_text(&self, column: usize) -> bool {
        const SAMPLE: usize = 32;
        let rows = self.n_rows().min(SAMPLE);
        let is_text = |row: &usize| {
            let text = self.text(*row, column);
            !text.is_empty() && !is_numeric(&text)
        };
        2 * (0..rows).filter(is_text).count() > rows
    }

    /// A row, as messages name it.
    pub(super) fn place(&self, row: usize) -> Place {
        match &self.cells {
            Cells::Text { cells, first } => Place::Line(cells.line(row + first)),
            Cells::Numbers { .. } => Place::Row(row),
        }
    }

    /// A column, as messages name it.
    pub(super) fn column_id(&self, index: usize) -> ColumnId {
        ColumnId { index, name: self.header.as_ref().map(|header| header[index].clone()) }
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

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use ndarray_npy::WriteNpyExt;
    use proptest::prelude::*;

    fn table(text: &str) -> Table {
        Table::from_bytes(&Origin::from("t.csv"), text.as_bytes()).unwrap()
    }

    fn npy(matrix: &Array2<f64>) -> Table {
        let mut bytes = Vec::new();
        matrix.write_npy(&mut bytes).unwrap();
        Table::from_bytes(&Origin::from("t.npy"), &bytes).unwrap()
    }

    fn selection(columns: &str, filter: &str, weights: &str) -> Selection {
        Selection {
            columns: (!columns.is_empty())
                .then(|| columns.split(',').map(|column| column.parse().unwrap()).collect()),
            filter: (!filter.is_empty()).then(|| filter.parse().unwrap()),
            weights: (!weights.is_empty()).then(|| weights.parse().unwrap()),
        }
    }

    fn message(table: &Table, selection: &Selection) -> (String, String) {
        let error = table.select(selection).unwrap_err();
        (error.to_string(), error.hint())
    }

    #[test]
    fn by_default_all_columns_are_coordinates() {
        let samples = table("x,y\n1,2\n3,4\n").select(&Selection::default()).unwrap();
        assert_eq!(samples.points, array![[1.0, 2.0], [3.0, 4.0]]);
        assert_eq!(samples.weights, None);
        assert_eq!(samples.column_names, Some(vec!["x".into(), "y".into()]));
        assert_eq!(samples.precision, Precision::F64);
    }

    #[test]
    fn filter_and_weights_are_left_out_of_the_coordinates() {
        let table = table("kind,x,y,w\na,1,2,0.5\nb,3,4,0.25\na,5,6,0\n");
        let samples = table.select(&selection("", "kind=a", "w")).unwrap();
        assert_eq!(samples.points, array![[1.0, 2.0], [5.0, 6.0]]);
        assert_eq!(samples.weights, Some(array![0.5, 0.0]));
        let samples = table.select(&selection("y,w", "0=b", "3")).unwrap();
        assert_eq!(samples.points, array![[4.0, 0.25]]);
        assert_eq!(samples.weights, Some(array![0.25]));
    }

    #[test]
    fn filters_compare_numbers_as_numbers() {
        let table = table("label,x\n3,1\n3.0,2\n4,3\nthree,4\n");
        let points = |filter| table.select(&selection("x", filter, "")).unwrap().points;
        assert_eq!(points("label=3"), array![[1.0], [2.0]]);
        assert_eq!(points("label=three"), array![[4.0]]);
    }

    #[test]
    fn a_column_whose_name_is_a_number_wins_over_the_position() {
        let table = table("x,2020,1\n0,1.5,2.5\n");
        let points = |column| table.select(&selection(column, "", "")).unwrap().points;
        assert_eq!(points("2020"), array![[1.5]]);
        assert_eq!(points("1"), array![[2.5]]);
        assert_eq!(points("2"), array![[2.5]]);
    }

    #[test]
    fn arrays_are_tables_without_names() {
        let table = npy(&array![[0.0, 1.0, 2.0], [1.0, 3.0, 4.0]]);
        let samples = table.select(&selection("", "0=1", "2")).unwrap();
        assert_eq!(samples.points, array![[3.0]]);
        assert_eq!(samples.weights, Some(array![4.0]));
        assert_eq!(samples.column_names, None);
        let (_, hint) = message(&table, &selection("x", "", ""));
        assert_eq!(hint, "the table has no header: use a number, 0 to 2");
    }

    #[test]
    fn bad_cells_are_named_by_line_and_column() {
        let all = Selection::default();
        let (error, hint) = message(&table("# made\nx,y\n1,2\n\n3,4;5\n"), &all);
        assert_eq!(error, "t.csv, line 5, column \"y\": found \"4;5\", not a number");
        assert!(hint.contains("--columns"));
        let (error, _) = message(&table("1,2\n3,\n"), &all);
        assert_eq!(error, "t.csv, line 2, column 1 (from 0): found nothing, not a number");
        let (error, _) = message(&table("1,2\n3,NaN\n"), &all);
        assert_eq!(error, "t.csv, line 2, column 1 (from 0): found NaN, not a finite number");
        let (error, _) = message(&table("1,2\n3,1e999\n"), &all);
        assert_eq!(error, "t.csv, line 2, column 1 (from 0): found 1e999, not a finite number");
        let (error, _) = message(&npy(&array![[1.0], [f64::INFINITY]]), &all);
        assert_eq!(
            error,
            "t.npy, row 1 (from 0), column 0 (from 0): found inf, not a finite number"
        );
    }

    #[test]
    fn a_column_of_text_is_no_slip() {
        let table = table("name,x\na,1\nb,2\n");
        let (error, hint) = message(&table, &Selection::default());
        assert_eq!(error, "t.csv, column \"name\": it holds text, such as \"a\", not numbers");
        assert!(hint.contains("--where"));
        assert_eq!(table.select(&selection("x", "", "")).unwrap().points, array![[1.0], [2.0]]);
    }

    #[test]
    fn a_decimal_comma_is_a_slip_and_no_text() {
        let (error, hint) = message(&table("x;y\n1,5;2\n3,5;4\n"), &Selection::default());
        assert_eq!(error, "t.csv, line 2, column \"x\": found \"1,5\", not a number");
        assert_eq!(hint, "write a decimal point: 1.5");
    }

    #[test]
    fn row_names_without_a_header_are_no_coordinates() {
        let named = table(",x,y\n0,1,2\n7,3,4\n");
        let samples = named.select(&Selection::default()).unwrap();
        assert_eq!(samples.points, array![[1.0, 2.0], [3.0, 4.0]]);
        assert_eq!(samples.column_names, Some(vec!["x".into(), "y".into()]));
        assert_eq!(named.matrix().unwrap(), samples.points);
        assert_eq!(named.select(&selection("0", "", "")).unwrap().points, array![[0.0], [7.0]]);
        assert_eq!(table(",0\n0,0.5\n1,0.25\n").weights().unwrap(), array![0.5, 0.25]);
        // Here the names look like numbers: column "0" is not column 0.
        let series = table(",0\n5,0.5\n6,0.25\n").select(&selection("0", "", "")).unwrap();
        assert_eq!(series.points, array![[0.5], [0.25]]);
    }

    #[test]
    fn unknown_columns_get_a_suggestion() {
        let table = table("label,weight,x,x\n1,2,3,4\n");
        let (error, hint) = message(&table, &selection("", "", "wieght"));
        assert_eq!(error, "t.csv: there is no column \"wieght\"");
        assert_eq!(hint, "did you mean \"weight\"? the columns are label, weight, x, x");
        let (error, hint) = message(&table, &selection("7", "", ""));
        assert_eq!(error, "t.csv: there is no column 7");
        assert_eq!(hint, "the columns are label, weight, x, x: numbers 0 to 3");
        let (error, hint) = message(&table, &selection("x", "", ""));
        assert_eq!(error, "t.csv: columns 2 and 3 (from 0) are both called \"x\"");
        assert_eq!(hint, "name the column by its number, as in 2");
    }

    #[test]
    fn a_filter_that_nothing_passes_lists_the_values() {
        let (error, hint) =
            message(&table("label,x\n1,2\n3,4\n1,5\n"), &selection("", "label=2", ""));
        assert_eq!(error, "t.csv: no row has label=2");
        assert_eq!(hint, "that column holds 1, 3");
    }

    #[test]
    fn weights_must_be_masses() {
        let weights = |text: &str| message(&table(text), &selection("", "", "w")).0;
        assert_eq!(
            weights("x,w\n1,1\n2,-0.5\n"),
            "t.csv, line 3, column \"w\": found the weight -0.5, which is negative"
        );
        assert_eq!(weights("x,w\n1,0\n2,0\n"), "t.csv, column \"w\": all weights are zero");
        assert_eq!(weights("w\n1\n"), "t.csv: no column is left for the coordinates");
    }

    #[test]
    fn matrices_and_vectors_are_whole_tables() {
        let matrix = array![[1.0, 2.0], [3.0, 4.0]];
        assert_eq!(table("1 2\n3 4\n").into_matrix().unwrap(), matrix);
        assert_eq!(npy(&matrix).into_matrix().unwrap(), matrix);
        assert_eq!(npy(&matrix.t().to_owned()).matrix().unwrap(), matrix.t());
        assert!(matches!(
            npy(&array![[0.0, f64::NAN]]).into_matrix(),
            Err(ReadError::NotFinite { place: Place::Row(0), .. })
        ));
        assert_eq!(table("w\n1\n0\n").vector().unwrap(), array![1.0, 0.0]);
        assert!(matches!(table("1,2\n").vector(), Err(ReadError::NotOneColumn { columns: 2, .. })));
        assert!(matches!(
            table("1\n-2\n").weights(),
            Err(ReadError::NegativeWeight { place: Place::Line(2), .. })
        ));
    }

    proptest! {
        #[test]
        fn printed_numbers_are_read_to_the_bit(
            values in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO, 2..40),
            delimiter in prop::sample::select(vec![",", ";", "\t", " "]),
        ) {
            let rows: Vec<_> = values.as_chunks::<2>().0.iter().collect();
            let lines: Vec<_> = rows.iter().map(|[x, y]| format!("{x:?}{delimiter}{y:?}")).collect();
            let text = lines.join("\r\n");
            let points = table(&text).select(&Selection::default()).unwrap().points;
            prop_assert_eq!(points.nrows(), rows.len());
            for (read, written) in points.outer_iter().zip(rows) {
                prop_assert_eq!(read[0].to_bits(), written[0].to_bits());
                prop_assert_eq!(read[1].to_bits(), written[1].to_bits());
            }
        }
    }
}
