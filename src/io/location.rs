//! Locations in a table, as messages name them.

use std::fmt;

use crate::shown::Quoted;

/// A row, counted the way its reader can count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// Line of a text file, from 1, as an editor counts.
    Line(usize),
    /// Row of an array, from 0, as NumPy counts.
    Row(usize),
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Row(row) => write!(f, "row {row} (from 0)"),
        }
    }
}

/// A column: its number and, if the table has a header, its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnId {
    /// Position, from 0.
    pub index: usize,
    /// Name in the header.
    pub name: Option<String>,
}

impl fmt::Display for ColumnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) if !name.is_empty() => write!(f, "column {}", Quoted(name)),
            _ => write!(f, "column {} (from 0)", self.index),
        }
    }
}

/// The text of a cell as messages show it: quoted, or “nothing”.
pub(super) struct FoundText<'a>(pub(super) &'a str);

impl fmt::Display for FoundText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { f.write_str("nothing") } else { Quoted(self.0).fmt(f) }
    }
}

/// Whether an infinity is written in digits, such as 1e400: a number that no `f64` holds.
pub(super) fn is_beyond_range(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_shown_short_and_clean() {
        assert_eq!(FoundText("").to_string(), "nothing");
        assert_eq!(FoundText("a\u{1b}b").to_string(), "\"a\\u{1b}b\"");
    }

    #[test]
    fn a_column_goes_by_its_name_if_it_has_one() {
        assert_eq!(ColumnId { index: 3, name: None }.to_string(), "column 3 (from 0)");
        assert_eq!(ColumnId { index: 3, name: Some("w".into()) }.to_string(), "column \"w\"");
    }
}
