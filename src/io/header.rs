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
    /// As data, though nothing tells its whole numbers beside a label from names.
    Labeled,
}

/// Names, numbers of columns, or data. Columns of labels, text in all rows, are passed over.
///
/// Whole numbers 0, 1, …, d − 1 for d ≥ 2 are a header above anything that is not whole. Any other
/// whole numbers, each once, are data, and doubtful above a column that holds no whole number; so
/// are years above other numbers.
pub(super) fn first_row(cells: &TextCells) -> FirstRow {
    if is_header(cells) {
        return FirstRow::Names;
    }
    let rows = cells.rows();
    let Some(NumberedColumns { columns, numbers }) = NumberedColumns::of(cells) else {
        return FirstRow::Data;
    };
    let several = numbers.len() > 1;
    let is_fraction = |row, column| {
        let cell = cells.cell(row, column);
        !cell.is_empty() && !is_whole(cell)
    };
    if several && numbers.iter().zip(0..).all(|(number, column)| *number == column) {
        let any = (1..rows).any(|row| columns.iter().any(|&column| is_fraction(row, column)));
        return if any { FirstRow::Numbers } else { FirstRow::Doubtful };
    }
    let is_unlike = |column: &usize| (1..rows).all(|row| is_fraction(row, *column));
    let are_years = || numbers.is_sorted() && are_years_above(cells, &columns);
    if (several || rows > 2) && (columns.iter().any(is_unlike) || are_years()) {
        FirstRow::Doubtful
    } else if columns.len() < cells.columns() {
        FirstRow::Labeled
    } else {
        FirstRow::Data
    }
}

/// A first row of whole numbers, each of which comes once, beside labels: the first cells of columns
/// of text that look like their names.
pub(super) struct NumberedColumns {
    /// The columns of the numbers.
    columns: Vec<usize>,
    /// Whole numbers as they are written without zeros before them.
    pub(super) numbers: Vec<i128>,
}

impl NumberedColumns {
    /// The numbers in the first of several rows.
    pub(super) fn of(cells: &TextCells) -> Option<Self> {
        let (columns, labels): (Vec<usize>, Vec<usize>) =
            (0..cells.columns()).partition(|&column| is_numeric(cells.cell(0, column)));
        let numbers = distinct_numbers(columns.iter().map(|&column| cells.cell(0, column)))?;
        let is_named = |&column: &usize| {
            let name = cells.cell(0, column);
            is_name(name)
                && (1..cells.rows()).all(|row| {
                    let label = cells.cell(row, column);
                    label != name && !is_numeric(label)
                })
        };
        (cells.rows() > 1 && !numbers.is_empty() && labels.iter().all(is_named))
            .then_some(Self { columns, numbers })
    }
}

fn distinct_numbers<'a>(row: impl Iterator<Item = &'a str>) -> Option<Vec<i128>> {
    let numbers: Vec<i128> = row.map(number_of).collect::<Option<_>>()?;
    let distinct = numbers.iter().collect::<HashSet<_>>().len();
    (distinct == numbers.len()).then_some(numbers)
}

/// A whole number as it is written without zeros before it.
fn number_of(cell: &str) -> Option<i128> {
    cell.parse().ok().filter(|number: &i128| number.to_string() == cell)
}

/// Whether the first row holds years, and no other does.
fn are_years_above(cells: &TextCells, columns: &[usize]) -> bool {
    const YEARS: std::ops::RangeInclusive<f64> = 1900.0..=2100.0;
    let is_year =
        |row, &column: &usize| number(cells.cell(row, column)).is_some_and(|x| YEARS.contains(&x));
    columns.iter().all(|column| is_year(0, column))
        && !(1..cells.rows()).any(|row| columns.iter().any(|column| is_year(row, column)))
}

/// A header has a name above a column of numbers. That alone would swallow a first row of data
/// with a gap or a slip in it, so a first row that also has numbers must look like names:
/// the text in it begins with a letter and does not stand for a missing value, and the numbers
/// are whole, as years or pandas' column numbers are. Beside the name of a column that numbers the
/// rows they are any numbers, each once. The header `,0,1,2,…` of a nameless pandas index is known,
/// too, and so are other numbers of columns.
fn is_header(cells: &TextCells) -> bool {
    let first: Vec<&str> = (0..cells.columns()).map(|column| cells.cell(0, column)).collect();
    let (numbers, names): (Vec<_>, Vec<_>) =
        first.iter().copied().partition(|cell| is_numeric(cell));
    if cells.rows() == 1 {
        return numbers.is_empty() && names.iter().any(|name| is_name(name));
    }
    let names_a_number = (0..cells.columns())
        .any(|column| !is_numeric(first[column]) && is_numeric_column(cells, column));
    let has_label = || names.iter().any(|name| labels_rows(name)) && are_distinct(&numbers);
    is_pandas_index(cells, &first)
        || names_a_number
            && (names.iter().all(|name| is_name(name))
                && (numbers.iter().all(|cell| is_whole(cell)) || has_label())
                || numbers.is_empty() && names.iter().any(|name| is_name(name)))
}

/// Whether the name of a column says that it numbers or labels the rows.
pub(super) fn labels_rows(name: &str) -> bool {
    const NAMES: [&str; 3] = ["id", "index", "label"];
    NAMES.iter().any(|known| name.eq_ignore_ascii_case(known)) || is_id(name) || is_unnamed(name)
}

/// An id of something: `store_id`, `id_store`, `store.id`, `StoreId`, `storeID`.
fn is_id(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let is_apart = |rest: &str, mark: Option<char>| {
        !rest.is_empty() && mark.is_some_and(|mark| "_-. ".contains(mark))
    };
    let ends = lower.strip_suffix("id").is_some_and(|rest| is_apart(rest, rest.chars().last()));
    let begins = lower.strip_prefix("id").is_some_and(|rest| is_apart(rest, rest.chars().next()));
    let is_joined = |end| {
        name.strip_suffix(end).is_some_and(|rest| rest.ends_with(|last: char| last.is_lowercase()))
    };
    ends || begins || is_joined("Id") || is_joined("ID")
}

/// Whether the name of a column of numbers, each of them once, says that it numbers the rows; above
/// others it may say anything.
pub(super) fn numbers_rows(name: &str) -> bool {
    const NAMES: [&str; 8] = ["idx", "key", "no", "no.", "nr", "nr.", "row", "rownames"];
    const ENDINGS: [&str; 6] = ["_idx", "_index", "_key", "_no", "_nr", "_number"];
    let name = name.to_ascii_lowercase();
    NAMES.contains(&name.as_str()) || ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Whether a name in a header stands for none: empty, or `Unnamed: 0` as pandas reads an empty one;
/// from the second time on `Unnamed: 0.1`, `Unnamed: 0.2`, …
pub(super) fn is_unnamed(name: &str) -> bool {
    let copy = name.to_ascii_lowercase();
    let copy = copy.strip_prefix("unnamed: 0").map(str::to_owned);
    let is_number = |copy: String| {
        copy.is_empty()
            || copy.starts_with('.') && copy.bytes().all(|c| c == b'.' || c.is_ascii_digit())
    };
    name.is_empty() || copy.is_some_and(is_number)
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

/// Digits, behind a sign or not.
pub(super) fn is_whole(cell: &str) -> bool {
    let digits = cell.strip_prefix('-').unwrap_or(cell);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Numbers of which none is equal to another.
pub(super) fn are_distinct(cells: &[&str]) -> bool {
    let bits = |cell: &&str| number(cell).map(|value| (value + 0.0).to_bits());
    let values: Option<HashSet<u64>> = cells.iter().map(bits).collect();
    values.is_some_and(|values| values.len() == cells.len())
}

/// An empty cell above row names, then numbers, each once. Numbers with a sign or a point must stand
/// above a column of text or one that counts the rows. A single number above a single row is a gap,
/// unless it is pandas' 0 for a column without a name.
fn is_pandas_index(cells: &TextCells, first: &[&str]) -> bool {
    let Some((&"", numbers)) = first.split_first() else { return false };
    let rows = cells.rows();
    let name = |row| cells.cell(row, 0);
    let counts_from =
        |start: usize| (1..rows).all(|row| name(row).parse() == Ok(row - 1 + start)) && rows > 2;
    let is_index =
        || counts_from(0) || counts_from(1) || (1..rows).all(|row| !is_numeric(name(row)));
    let is_several = rows > 2 || numbers.len() > 1 || numbers == ["0"];
    !numbers.is_empty()
        && (1..rows).all(|row| !name(row).is_empty())
        && is_several
        && are_distinct(numbers)
        && (numbers.iter().all(|cell| number_of(cell).is_some_and(|number| number >= 0))
            || is_index())
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
        assert_eq!(taken("-1,0,1\n0.5,1.5,2.5\n"), FirstRow::Doubtful, "signs");
        assert_eq!(taken("2019,2020\n1,2\n3,4\n"), FirstRow::Doubtful, "years above others");
        assert_eq!(taken("2019,2020\n1,2\n1999,4\n"), FirstRow::Data, "years elsewhere");
        assert_eq!(taken("2020\n35\n12\n61\n"), FirstRow::Doubtful, "a single year");
        assert_eq!(taken("2020\n35\n2010\n61\n"), FirstRow::Data, "years elsewhere");
    }

    #[test]
    fn labels_beside_whole_numbers_are_passed_over() {
        assert_eq!(taken("country,2019,2020\nfr,1.5,2.5\nde,3,4\n"), FirstRow::Doubtful);
        assert_eq!(taken("country,0,1\nfr,1.5,2.5\n"), FirstRow::Numbers);
        assert_eq!(taken("country,5,3,9\nfr,0,1,2\nde,1,0,2\n"), FirstRow::Labeled);
        assert_eq!(taken("5,3,country,kind\n0,1,fr,a\n1,0,de,a\n"), FirstRow::Labeled);
        assert_eq!(taken("k,7\na,3\nb,5\n"), FirstRow::Labeled);
        assert_eq!(taken("k,2020\na,3\nb,5\n"), FirstRow::Doubtful, "a year");
        assert_eq!(taken("cat,3,4\ndog,5,6\ncat,7,1\n"), FirstRow::Data, "a class, not a name");
        assert_eq!(taken("fr,5.5,3\nde,0,1\n"), FirstRow::Data, "a fraction");
    }

    #[test]
    fn signs_and_fractions_are_names_beside_an_index() {
        for text in [
            ",-1,0,1\n0,1.5,2,3\n1,3,4,5\n",
            ",0.5,1.5\nfr,3,4\n",
            "id,0.5,1.5\n7,3,4\n",
            "Index,1.0,-2\n7,3,4\n",
            "hour,-1,0,1\n0,3,4,5\n",
        ] {
            assert!(detected(text), "{text}");
        }
        assert!(!detected(",-2,5\n1,3,4\n"), "a gap");
        assert!(!detected(",0.5,1.5\n7,3,4\n9,1,2\n"), "a gap");
        assert!(!detected("id,0.5,0.5\n7,3,4\n"), "a number comes twice");
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
