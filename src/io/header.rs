//! Is the first row of a table a header?

use std::collections::HashSet;

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
    /// As data, though its whole numbers could be names.
    Doubtful,
}

/// Names, numbers of columns, or data. Whole numbers 0, 1, …, d − 1 for d ≥ 2 are a header above
/// anything that is not whole. Any other whole numbers, each once, are data, and doubtful above a
/// column that holds no whole number.
pub(super) fn first_row(cells: &TextCells) -> FirstRow {
    if is_header(cells) {
        return FirstRow::Names;
    }
    let (rows, columns) = (cells.rows(), cells.columns());
    let Some(numbers) = numbers_of_columns(cells).filter(|_| rows > 1) else {
        return FirstRow::Data;
    };
    let is_fraction = |row, column| {
        let cell = cells.cell(row, column);
        !cell.is_empty() && !is_whole(cell.trim_start_matches('-'))
    };
    if columns > 1 && numbers.iter().zip(0..).all(|(number, column)| *number == column) {
        let any = (1..rows).any(|row| (0..columns).any(|column| is_fraction(row, column)));
        return if any { FirstRow::Numbers } else { FirstRow::Doubtful };
    }
    let is_unlike = |column| (1..rows).all(|row| is_fraction(row, column));
    if (columns > 1 || rows > 2) && (0..columns).any(is_unlike) {
        FirstRow::Doubtful
    } else {
        FirstRow::Data
    }
}

/// The first row as whole numbers without signs and zeros before them, each of which comes once.
pub(super) fn numbers_of_columns(cells: &TextCells) -> Option<Vec<u64>> {
    distinct_numbers((0..cells.columns()).map(|column| cells.cell(0, column)))
}

fn distinct_numbers<'a>(row: impl Iterator<Item = &'a str>) -> Option<Vec<u64>> {
    let numbers: Vec<u64> = row.map(number_of).collect::<Option<_>>()?;
    let distinct = numbers.iter().collect::<HashSet<_>>().len();
    (distinct == numbers.len()).then_some(numbers)
}

/// A whole number as it is written without signs and zeros before it.
fn number_of(cell: &str) -> Option<u64> {
    cell.parse().ok().filter(|number: &u64| number.to_string() == cell)
}

/// A header has a name above a column of numbers. That alone would swallow a first row of data
/// with a gap or a slip in it, so a first row that also has numbers must look like names:
/// the text in it begins with a letter and does not stand for a missing value, and the numbers
/// are whole, as years or pandas' column numbers are. The header `,0,1,2,…` of a nameless
/// pandas index is known, too, and so are other numbers of columns.
fn is_header(cells: &TextCells) -> bool {
    let first: Vec<&str> = (0..cells.columns()).map(|column| cells.cell(0, column)).collect();
    let (numbers, names): (Vec<_>, Vec<_>) =
        first.iter().copied().partition(|cell| is_numeric(cell));
    if cells.rows() == 1 {
        return numbers.is_empty() && names.iter().any(|name| is_name(name));
    }
    let names_a_number = (0..cells.columns())
        .any(|column| !is_numeric(first[column]) && is_numeric_column(cells, column));
    is_pandas_index(cells, &first)
        || names_a_number
            && (names.iter().all(|name| is_name(name)) && numbers.iter().all(|cell| is_whole(cell))
                || numbers.is_empty() && names.iter().any(|name| is_name(name)))
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

/// An empty cell above row names, then whole numbers, each once. A single number above a single
/// row is a gap, unless it is pandas' 0 for a column without a name.
fn is_pandas_index(cells: &TextCells, first: &[&str]) -> bool {
    let Some((&"", numbers)) = first.split_first() else { return false };
    let has_names = (1..cells.rows()).all(|row| !cells.cell(row, 0).is_empty());
    let is_several = cells.rows() > 2 || numbers.len() > 1 || numbers == ["0"];
    !numbers.is_empty()
        && has_names
        && is_several
        && distinct_numbers(numbers.iter().copied()).is_some()
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
        for data in ["0.0,1.0\n0.5,2\n", "0\n0.5\n1\n", "0,1\n", "3\n4\n", "2,2\n0.5,1.5\n"] {
            assert_eq!(taken(data), FirstRow::Data, "{data}");
        }
    }

    #[test]
    fn distinct_whole_numbers_above_a_column_of_fractions_are_doubtful() {
        for text in ["0,2\n0.5,1.5\n", "5,1\n0.5,3\n2.5,7\n", "9,7,8\n0.5,1.5,2.5\n"] {
            assert_eq!(taken(text), FirstRow::Doubtful, "{text}");
        }
        assert_eq!(taken("5,1\n0.5,3\n2,7.5\n"), FirstRow::Data, "whole numbers elsewhere");
        assert_eq!(taken("5,01\n0.5,3.5\n"), FirstRow::Data, "a zero before the digits");
    }

    #[test]
    fn names_above_numbers_are_a_header() {
        assert!(detected("x,y\n1,2\n"));
        assert!(detected("label,x\ncat,1\ndog,2\n"));
        assert!(detected("weight\n0.5\n"));
        assert!(detected("city,id,2020,2021\na,1,1.5,2\n"), "years");
        assert!(detected(",x\n0,1.5\n1,2.5\n"), "the index column of pandas");
        assert!(detected(",0,1\n0,1.5,2\n1,2.5,3\n"), "pandas without column names");
        assert!(detected(",2,0\n0,1.5,2\n"), "numbers in another order");
        assert!(detected(",2020,2021\nParis,1,2\n"), "names of rows");
        assert!(detected(",3\n0,7\n1,8\n"), "a series with a number for a name");
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
        assert!(!detected(",2,2\n1,3,4\n"), "a gap");
        assert!(!detected("NA,2\n1,3\n"), "a gap");
        assert!(!detected("1O,2\n1,3\n"), "a slip");
        assert!(!detected("a,1.5\n7,2\n8,1\n"), "a fraction is no name");
        assert!(!detected("cat,3,4\ndog,5,6\n"), "labels before whole numbers");
        assert!(!detected("1,2\n"));
        assert!(!detected("cat\ndog\n"));
        assert!(!detected("1\nx\n2\n"));
    }
}
