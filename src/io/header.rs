//! Is the first row of a table a header?

use super::cells::TextCells;

/// How the first row of a table was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstRow {
    /// As the names of the columns.
    Names,
    /// As the numbers 0, 1, 2, … that pandas writes above columns without names.
    Numbers,
    /// As data.
    Data,
    /// As data, though its whole numbers in sequence could be names.
    Doubtful,
}

/// Names, numbers of columns, or data. Whole numbers 0, 1, …, d − 1 for d ≥ 2 are a header above
/// anything that is not whole. Any other sequence of whole numbers is data, and doubtful if the
/// rows below are unlike it.
pub(super) fn first_row(cells: &TextCells) -> FirstRow {
    if is_header(cells) {
        return FirstRow::Names;
    }
    let columns = cells.columns();
    let Some(start) = number_of(cells.cell(0, 0)).filter(|_| cells.rows() > 1) else {
        return FirstRow::Data;
    };
    let next = |column| start.checked_add(column as u64);
    if !(0..columns).all(|column| number_of(cells.cell(0, column)) == next(column)) {
        return FirstRow::Data;
    }
    let mut below =
        (1..cells.rows()).flat_map(|row| (0..columns).map(move |column| cells.cell(row, column)));
    let is_fraction = |cell: &str| !cell.is_empty() && !is_whole(cell.trim_start_matches('-'));
    match (start, columns) {
        (0, 2..) if below.any(is_fraction) => FirstRow::Numbers,
        (0, 2..) => FirstRow::Doubtful,
        _ if cells.rows() > 2 && below.all(is_fraction) => FirstRow::Doubtful,
        _ => FirstRow::Data,
    }
}

/// A whole number as it is written without signs and zeros before it.
fn number_of(cell: &str) -> Option<u64> {
    cell.parse().ok().filter(|number: &u64| number.to_string() == cell)
}

/// A header has a name above a column of numbers. That alone would swallow a first row of data
/// with a gap or a slip in it, so a first row that also has numbers must look like names:
/// the text in it begins with a letter and does not stand for a missing value, and the numbers
/// are whole, as years or pandas' column numbers are. The header `,0,1,2,…` of a nameless
/// pandas index is known, too.
fn is_header(cells: &TextCells) -> bool {
    let first: Vec<&str> = (0..cells.columns()).map(|column| cells.cell(0, column)).collect();
    let (numbers, names): (Vec<_>, Vec<_>) =
        first.iter().copied().partition(|cell| is_numeric(cell));
    if cells.rows() == 1 {
        return numbers.is_empty() && names.iter().any(|name| is_name(name));
    }
    let names_a_number = (0..cells.columns())
        .any(|column| !is_numeric(first[column]) && is_numeric_column(cells, column));
    names_a_number
        && (names.iter().all(|name| is_name(name)) && numbers.iter().all(|cell| is_whole(cell))
            || numbers.is_empty() && names.iter().any(|name| is_name(name))
            || is_pandas_index(&first))
}

/// A cell as a number; NaN and infinities are numbers here, to be refused later.
pub(super) fn number(cell: &str) -> Option<f64> {
    cell.parse().ok()
}

/// A number, perhaps with a decimal comma: that is refused later, too, but it is no name.
pub(super) fn is_numeric(cell: &str) -> bool {
    number(cell).is_some() || number(&cell.replacen(',', ".", 1)).is_some()
}

/// Most of the first cells below the first row are numbers.
fn is_numeric_column(cells: &TextCells, column: usize) -> bool {
    const SAMPLED_ROWS: usize = 32;
    let sample = 1..cells.rows().min(1 + SAMPLED_ROWS);
    let rows = sample.len();
    2 * sample.filter(|&row| is_numeric(cells.cell(row, column))).count() > rows
}

fn is_name(cell: &str) -> bool {
    const MISSING: [&str; 6] = ["na", "n/a", "none", "null", "missing", "nil"];
    cell.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && !MISSING.contains(&cell.to_lowercase().as_str())
}

fn is_whole(cell: &str) -> bool {
    cell.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_pandas_index(first: &[&str]) -> bool {
    first.len() > 1
        && first[0].is_empty()
        && first[1..].iter().enumerate().all(|(index, cell)| *cell == index.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::InputPath;

    fn taken(text: &str) -> FirstRow {
        first_row(&TextCells::parse(&InputPath::Stdin, text.as_bytes()).unwrap())
    }

    fn detected(text: &str) -> bool {
        taken(text) == FirstRow::Names
    }

    #[test]
    fn column_numbers_of_pandas_are_a_header_above_fractions_alone() {
        assert_eq!(taken("0,1\n0.5,2.0\n"), FirstRow::Numbers);
        assert_eq!(taken("0,1,2\n1,2,3\n1,2,-3.5\n"), FirstRow::Numbers);
        assert_eq!(taken("0,1\n-2,3\n"), FirstRow::Doubtful, "whole numbers below");
        assert_eq!(taken("0\n0.5\n1.5\n"), FirstRow::Doubtful, "a single column");
        assert_eq!(taken("2020,2021\n0.5,1.5\n2.5,0.1\n"), FirstRow::Doubtful, "years");
        for data in ["0.0,1.0\n0.5,2\n", "0,2\n0.5,1.5\n", "0\n0.5\n1\n", "0,1\n", "3\n4\n"] {
            assert_eq!(taken(data), FirstRow::Data, "{data}");
        }
    }

    #[test]
    fn names_above_numbers_are_a_header() {
        assert!(detected("x,y\n1,2\n"));
        assert!(detected("label,x\ncat,1\ndog,2\n"));
        assert!(detected("weight\n0.5\n"));
        assert!(detected("city,id,2020,2021\na,1,1.5,2\n"), "years");
        assert!(detected(",x\n0,1.5\n1,2.5\n"), "the index column of pandas");
        assert!(detected(",0,1\n0,1.5,2\n1,2.5,3\n"), "pandas without column names");
        assert!(detected("x,y\n"), "a header only");
        assert!(detected("x;y\n1,5;2,5\n3,5;4,5\n"), "decimal commas");
        assert!(detected("nanometres,infinity_norm\n1,2\n"));
    }

    #[test]
    fn data_are_not_a_header() {
        assert!(!detected("1,2\n3,4\n"));
        assert!(!detected("cat,1.5\ndog,2\n"), "a column of labels");
        assert!(!detected("nan,1\n2,3\n"));
        assert!(!detected(",2\n1,3\n"), "a gap");
        assert!(!detected("NA,2\n1,3\n"), "a gap");
        assert!(!detected("1O,2\n1,3\n"), "a slip");
        assert!(!detected("a,1.5\n7,2\n8,1\n"), "a fraction is no name");
        assert!(!detected("cat,3,4\ndog,5,6\n"), "labels before whole numbers");
        assert!(!detected("1,2\n"));
        assert!(!detected("cat\ndog\n"));
        assert!(!detected("1\nx\n2\n"));
    }
}
