//! Errors in inputs.

use std::io;

use thiserror::Error;

#[cfg(feature = "nn")]
use super::SavedFileProblem;
use super::header::is_numeric;
use super::location::FoundText;
use super::{
    ArcProblem, ColumnId, ColumnRef, Filter, IdxProblem, ImageProblem, InputPath, Location,
    ManifestProblem, NpyProblem, PlanProblem, PotentialsProblem, UnsupportedFormat,
};
use crate::shown::{Quoted, Shown};

/// An input that cannot be used, and where.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// There is no such file.
    #[error("{origin}: there is no such file")]
    NotFound {
        /// The path.
        origin: InputPath,
    },
    /// The path is a folder.
    #[error("{origin}: this is a folder, not a file")]
    Directory {
        /// The path.
        origin: InputPath,
    },
    /// The file may not be read.
    #[error("{origin}: permission denied")]
    PermissionDenied {
        /// The file.
        origin: InputPath,
    },
    /// The system failed to read it for another reason.
    #[error("{origin}: {source}")]
    Io {
        /// The file.
        origin: InputPath,
        /// The error of the system.
        source: io::Error,
    },
    /// No data at all.
    #[error("{origin}: there is nothing in it")]
    Empty {
        /// The file.
        origin: InputPath,
    },
    /// A header without rows.
    #[error("{origin}, line {line}: a header, but no rows below it")]
    HeaderOnly {
        /// The file.
        origin: InputPath,
        /// Line of the header, from 1.
        line: usize,
    },
    /// A format that is known, but not read.
    #[error("{origin}: this {}", .format.name())]
    Unsupported {
        /// The file.
        origin: InputPath,
        /// The format.
        format: UnsupportedFormat,
    },
    /// Bytes that are not text.
    #[error("{origin}, line {line}: neither text in UTF-8, nor NPY, nor PNG")]
    NotText {
        /// The file.
        origin: InputPath,
        /// Line of the first bad byte, from 1.
        line: usize,
    },
    /// A row with too few or too many cells.
    #[error("{origin}, line {line}: {found} cells, where the first row has {expected}")]
    Ragged {
        /// The file.
        origin: InputPath,
        /// The line, from 1.
        line: usize,
        /// Cells in that line.
        found: usize,
        /// Cells in the first line.
        expected: usize,
    },
    /// Text where a number should be.
    #[error("{origin}, {location}, {column}: found {}, not a number", FoundText(.found))]
    NotANumber {
        /// The file.
        origin: InputPath,
        /// The row.
        location: Location,
        /// The column.
        column: ColumnId,
        /// The cell.
        found: String,
    },
    /// NaN or an infinity.
    #[error("{origin}, {location}, {column}: found {}, not a finite number", Shown(.found))]
    NotFinite {
        /// The file.
        origin: InputPath,
        /// The row.
        location: Location,
        /// The column.
        column: ColumnId,
        /// The cell.
        found: String,
    },
    /// A whole column of text among the coordinates.
    #[error("{origin}, {column}: it holds text, such as {}, not numbers", FoundText(.example))]
    TextColumn {
        /// The file.
        origin: InputPath,
        /// The column.
        column: ColumnId,
        /// One of its cells.
        example: String,
    },
    /// A mass below zero.
    #[error("{origin}, {location}, {column}: found the weight {found}, which is negative")]
    NegativeWeight {
        /// The file.
        origin: InputPath,
        /// The row.
        location: Location,
        /// The column.
        column: ColumnId,
        /// The weight.
        found: f64,
    },
    /// No row has any mass.
    #[error("{origin}, {column}: all weights are zero")]
    ZeroWeights {
        /// The file.
        origin: InputPath,
        /// The column.
        column: ColumnId,
    },
    /// A point of a persistence diagram below the diagonal.
    #[error("{origin}, {location}: the death, {death}, is before the birth, {birth}")]
    DeathBeforeBirth {
        /// The file.
        origin: InputPath,
        /// The row.
        location: Location,
        /// The birth.
        birth: f64,
        /// The death.
        death: f64,
    },
    /// A column that is not there.
    #[error("{origin}: there is no column {}", Shown(&.asked.to_string()))]
    UnknownColumn {
        /// The file.
        origin: InputPath,
        /// The column asked for.
        asked: ColumnRef,
        /// The names there are, if the table has a header.
        header: Option<Vec<String>>,
        /// The number of columns there are.
        columns: usize,
    },
    /// A name that several columns have.
    #[error("{origin}: columns {first} and {second} (from 0) are both called {}", Quoted(.name))]
    AmbiguousColumn {
        /// The file.
        origin: InputPath,
        /// The name asked for.
        name: String,
        /// The first column of that name, from 0.
        first: usize,
        /// The next.
        second: usize,
    },
    /// No column is left for the coordinates.
    #[error("{origin}: no column is left for the coordinates")]
    NoCoordinates {
        /// The file.
        origin: InputPath,
    },
    /// A filter that no row passes.
    #[error("{origin}: no row has {}", Shown(&.filter.to_string()))]
    NoSuchRows {
        /// The file.
        origin: InputPath,
        /// The filter.
        filter: Filter,
        /// Some values that the column has.
        values: Vec<String>,
    },
    /// A table where one column is wanted.
    #[error("{origin}: {columns} columns, where a single one is wanted")]
    NotOneColumn {
        /// The file.
        origin: InputPath,
        /// Columns there are.
        columns: usize,
    },
    /// A picture where a table is wanted.
    #[error("{origin}: a picture, where a table of numbers is wanted")]
    NotATable {
        /// The file.
        origin: InputPath,
    },
    /// A bad NPY file.
    #[error("{origin}: {problem}")]
    Npy {
        /// The file.
        origin: InputPath,
        /// The fault.
        problem: NpyProblem,
    },
    /// A bad file of images.
    #[error("{origin}: {problem}")]
    Idx {
        /// The file.
        origin: InputPath,
        /// The fault.
        problem: IdxProblem,
    },
    /// A picture that is no histogram.
    #[error("{origin}: {problem}")]
    Image {
        /// The file.
        origin: InputPath,
        /// The fault.
        problem: ImageProblem,
    },
    /// A bad list of files.
    #[error("{origin}: {problem}")]
    Manifest {
        /// The list.
        origin: InputPath,
        /// The fault.
        problem: ManifestProblem,
    },
    /// A bad list of arcs.
    #[error("{origin}: {problem}")]
    Arcs {
        /// The file.
        origin: InputPath,
        /// The fault.
        problem: ArcProblem,
    },
    /// A bad plan file.
    #[error("{origin}: {problem}")]
    Plan {
        /// The file.
        origin: InputPath,
        /// The fault.
        problem: PlanProblem,
    },
    /// A bad potentials file.
    #[error("{origin}: {problem}")]
    Potentials {
        /// The file.
        origin: InputPath,
        /// The fault.
        problem: PotentialsProblem,
    },
    /// A bad file of those that are saved to be read again: a critic, a checkpoint.
    #[cfg(feature = "nn")]
    #[error("{origin}: {problem}")]
    Saved {
        /// The file.
        origin: InputPath,
        /// The fault.
        problem: SavedFileProblem,
    },
}

impl ReadError {
    /// The error of the system, classified by kind.
    pub(super) fn from_io(origin: &InputPath, source: io::Error) -> Self {
        let origin = origin.clone();
        match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::NotFound { origin },
            io::ErrorKind::IsADirectory => Self::Directory { origin },
            io::ErrorKind::PermissionDenied => Self::PermissionDenied { origin },
            _ => Self::Io { origin, source },
        }
    }

    /// How to write the text that was found, if it is nearly a number.
    #[must_use]
    pub fn respelled(&self) -> Option<String> {
        match self {
            Self::NotANumber { found: text, .. } | Self::TextColumn { example: text, .. } => {
                respelled(text)
            }
            _ => None,
        }
    }

    /// Advice for the user.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::NotFound { .. } => {
                "check the spelling; a relative path starts at the current folder".into()
            }
            Self::Directory { .. } => "name a file inside it".into(),
            Self::PermissionDenied { .. } => "make the file readable: chmod u+r FILE".into(),
            Self::Io { .. } => "check that the file is complete and its disk or pipe alive".into(),
            Self::Empty { .. } => "a table needs at least one row; was the file written?".into(),
            Self::HeaderOnly { .. } => "put one sample per row below the header".into(),
            Self::Unsupported { format, .. } => format.hint().into(),
            Self::NotText { .. } => "save it as CSV in UTF-8, or as NPY by np.save".into(),
            Self::Ragged { found, expected, .. } => ragged_hint(*found, *expected).into(),
            Self::NotANumber { column: ColumnId { index: 0, name: None }, found, .. }
                if found.is_empty() =>
            {
                "fill in a number, or remove the row; if it is a header above row names, write id \
                 into the empty cell"
                    .into()
            }
            Self::NotANumber { found, .. } if found.is_empty() => {
                "fill in a number, or remove the row".into()
            }
            Self::NotANumber { found, .. } => respelled(found)
                .unwrap_or_else(|| "write a number such as -1.5e3, or leave the column out".into()),
            Self::NotFinite { .. } => "remove the row, or fill in a finite number".into(),
            Self::TextColumn { example, .. } => respelled(example).unwrap_or_else(|| {
                "leave it out, or name the columns of the coordinates; to use the text as a class \
                 label, filter rows by it"
                    .into()
            }),
            Self::NegativeWeight { .. } => "weights are finite numbers ≥ 0".into(),
            Self::ZeroWeights { .. } => "at least one weight must be positive".into(),
            Self::DeathBeforeBirth { .. } => {
                "columns are taken as birth and death, in this order; for superlevel sets, change the \
                 signs of both"
                    .into()
            }
            Self::UnknownColumn { asked, header, columns, .. } => {
                unknown_column_hint(asked, header.as_deref(), *columns)
            }
            Self::AmbiguousColumn { first, .. } => {
                format!("name the column by its number, as in {first}")
            }
            Self::NoCoordinates { .. } => {
                "name at least one column; by default those of weights, filters and dropped columns \
                 are left out, and those called id, *_id, index or label, or by no name"
                    .into()
            }
            Self::NoSuchRows { values, .. } => {
                format!("that column holds {}", listed(values, "and other values"))
            }
            Self::NotOneColumn { .. } => "give a file with one number per row; names of the rows may \
                                          stand beside it in a column called id"
                .into(),
            Self::NotATable { .. } => "give a CSV or NPY file".into(),
            Self::Npy { problem, .. } => problem.hint(),
            Self::Idx { problem, .. } => problem.hint().into(),
            Self::Image { problem, .. } => problem.hint().into(),
            Self::Manifest { problem, .. } => problem.hint().into(),
            Self::Arcs { problem, .. } => problem.hint().into(),
            Self::Plan { problem, .. } => problem.hint().into(),
            Self::Potentials { problem, .. } => problem.hint().into(),
            #[cfg(feature = "nn")]
            Self::Saved { problem, .. } => problem.hint().into(),
        }
    }
}

fn ragged_hint(found: usize, expected: usize) -> &'static str {
    if (found, expected) == (2, 1) {
        "write decimal points, not commas (pandas: to_csv without decimal=','); a cell that holds the \
         delimiter must be in double quotes"
    } else if found == expected + 1 {
        "if the first row lacks a name above the row names, write id there; else give every row the \
         same number of cells: a cell that holds the delimiter must be in double quotes"
    } else {
        "give every row the same number of cells; a cell that holds the delimiter must be in double \
         quotes"
    }
}

/// How to write what is nearly a number, or several of them.
fn respelled(found: &str) -> Option<String> {
    let is_number = |text: &str| text.trim().parse::<f64>().is_ok_and(f64::is_finite);
    let joined = found.replace(',', "");
    if is_numeric(found) {
        Some(format!("write a decimal point: {}", Shown(&found.replacen(',', ".", 1))))
    } else if is_number(&joined) {
        Some(format!("write the number without separators: {}", Shown(&joined)))
    } else if let Some(percent) = found.strip_suffix('%').filter(|text| is_number(text)) {
        Some(format!("write the number without the sign %: {}", Shown(percent.trim())))
    } else if found.contains('|') || found.contains("\" ") {
        let hint = "if | separates columns, or blanks between double quotes, write commas, semicolons or \
                    tabs in their place (R: write.csv); else leave the column out";
        Some(hint.into())
    } else {
        None
    }
}

fn unknown_column_hint(asked: &ColumnRef, header: Option<&[String]>, columns: usize) -> String {
    let Some(header) = header else {
        return match (asked, columns) {
            (ColumnRef::Index(_), 1) => "there is one column, number 0".into(),
            (ColumnRef::Index(_), _) => format!("columns are numbered 0 to {}", columns - 1),
            (ColumnRef::Name(_), 1) => {
                "the table has no header and one column: use its number, 0".into()
            }
            (ColumnRef::Name(_), _) => {
                format!("the table has no header: use a number, 0 to {}", columns - 1)
            }
        };
    };
    let there_are = format!("the columns are {}", listed(header, "and more"));
    match asked {
        ColumnRef::Name(name) => match closest(name, header) {
            Some(near) => format!("did you mean {}? {there_are}", Quoted(near)),
            None => there_are,
        },
        ColumnRef::Index(_) => format!("{there_are}: numbers 0 to {}", columns - 1),
    }
}

/// The name that differs from `asked` in few enough letters to be meant by it.
fn closest<'a>(asked: &str, names: &'a [String]) -> Option<&'a str> {
    let farthest = (asked.chars().count() / 3).max(1);
    names
        .iter()
        // Others differ by more than that, and to compare a cell of megabytes would take gigabytes.
        .filter(|name| name.chars().count().abs_diff(asked.chars().count()) <= farthest)
        .map(|name| {
            (strsim::damerau_levenshtein(&asked.to_lowercase(), &name.to_lowercase()), name)
        })
        // A single letter is like any other.
        .filter(|&(distance, _)| distance <= farthest && distance < asked.chars().count())
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, name)| name.as_str())
}

/// The first few of `names`, about a line of them, and `rest` for the others.
fn listed(names: &[String], rest: &str) -> String {
    const MAX_NAMES: usize = 12;
    const LINE_CHARACTERS: usize = 80;
    let mut text = String::new();
    for (k, name) in names.iter().enumerate() {
        if k == MAX_NAMES || text.len() > LINE_CHARACTERS {
            return format!("{text}, … {rest}");
        }
        if k > 0 {
            text += ", ";
        }
        text += &Shown(name).to_string();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_miss_is_suggested_and_nonsense_is_not() {
        let names = ["label", "weight", "x"].map(String::from);
        assert_eq!(closest("wieght", &names), Some("weight"));
        assert_eq!(closest("Label", &names), Some("label"));
        assert_eq!(closest("temperature", &names), None);
        assert_eq!(closest("X", &names), Some("x"));
        assert_eq!(closest("q", &names), None);
    }

    #[test]
    fn names_of_megabytes_are_not_compared_and_not_shown() {
        let names = [format!("wieght{}", "x".repeat(50_000_000)), "b\u{1b}[2J".to_owned()];
        assert_eq!(closest("weight", &names), None);
        let hint = unknown_column_hint(&ColumnRef::Name("weight".into()), Some(&names), 2);
        assert!(hint.len() < 200 && hint.ends_with("…, … and more"), "{hint}");
        let hint = unknown_column_hint(&ColumnRef::Index(7), Some(&names[1..]), 1);
        assert!(hint.starts_with("the columns are b\\u{1b}[2J: "), "{hint}");
    }

    #[test]
    fn what_is_nearly_a_number_gets_its_own_hint() {
        for (found, wanted) in [
            ("1,5", "write a decimal point: 1.5"),
            ("1,234.5", "write the number without separators: 1234.5"),
            ("50%", "write the number without the sign %: 50"),
        ] {
            assert_eq!(respelled(found).as_deref(), Some(wanted));
        }
        assert!(respelled("a|b|c").unwrap().starts_with("if | separates columns"));
        assert_eq!(respelled("abc"), None);
    }

    #[test]
    fn the_error_is_small_enough_to_return_by_value() {
        assert!(size_of::<ReadError>() <= 128, "{}", size_of::<ReadError>());
    }
}
