//! Which rows and columns of a table make a cloud of points.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A column as a user names it.
///
/// From text, a whole number is a position (from 0), anything else a name. When the reference is
/// looked up, a header that has a column of exactly that number as its name wins.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ColumnRef {
    /// By name.
    Name(String),
    /// By position, from 0.
    Index(usize),
}

impl FromStr for ColumnRef {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let text = text.trim();
        Ok(match text.parse::<usize>() {
            // "007" or "+7" can only be a name.
            Ok(index) if index.to_string() == text => Self::Index(index),
            _ => Self::Name(text.to_owned()),
        })
    }
}

impl fmt::Display for ColumnRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "\"{name}\""),
            Self::Index(index) => write!(f, "{index}"),
        }
    }
}

/// Keeps the rows whose cell in `column` equals `value`: as numbers if both are, else as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// The column of the filter.
    pub column: ColumnRef,
    /// The value that a row must have.
    pub value: String,
}

/// A filter that is not of the form `COLUMN=VALUE`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("\"{text}\" is not of the form COLUMN=VALUE")]
pub struct ParseFilterError {
    /// The text given.
    pub text: String,
}

impl ParseFilterError {
    /// Advice for the user.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        "write the column (name, or number from 0), an equals sign and the value, as in label=3"
    }
}

impl FromStr for Filter {
    type Err = ParseFilterError;

    fn from_str(text: &str) -> Result<Self, ParseFilterError> {
        match text.split_once('=') {
            Some((column, value)) if !column.trim().is_empty() => {
                let Ok(column) = column.parse();
                Ok(Self { column, value: value.trim().to_owned() })
            }
            _ => Err(ParseFilterError { text: text.to_owned() }),
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            ColumnRef::Name(name) => write!(f, "{name}={}", self.value),
            ColumnRef::Index(index) => write!(f, "{index}={}", self.value),
        }
    }
}

/// Columns from one number to another: `e0-e49` by name, `0-49` by position or name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ColumnRange<'a> {
    /// The beginning that the names share; empty for bare numbers.
    pub(super) prefix: &'a str,
    /// The first name.
    pub(super) first: &'a str,
    /// The last name.
    pub(super) last: &'a str,
    /// The numbers of both.
    pub(super) numbers: (u64, u64),
}

impl<'a> ColumnRange<'a> {
    /// The range that a name stands for, if it is the name of no column.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        text.match_indices('-').find_map(|(dash, _)| {
            let (first, last) = (&text[..dash], &text[dash + 1..]);
            let (prefix, from) = numbered(first)?;
            let (other, to) = numbered(last)?;
            let numbers = (from, to);
            (prefix == other && from <= to).then_some(Self { prefix, first, last, numbers })
        })
    }

    /// The number of a name in the range.
    pub(super) fn number_of(&self, name: &str) -> Option<u64> {
        let (prefix, number) = numbered(name)?;
        let (first, last) = self.numbers;
        (prefix == self.prefix && (first..=last).contains(&number)).then_some(number)
    }
}

/// A name that ends in a number, cut before it.
pub(super) fn numbered(name: &str) -> Option<(&str, u64)> {
    let prefix = name.trim_end_matches(|c: char| c.is_ascii_digit());
    Some((prefix, name[prefix.len()..].parse().ok()?))
}

/// Rows, coordinates and weights to take from a table. The default is all of it as coordinates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// The coordinates, in this order; a name such as `e0-e49` or `0-49` that no column has is a
    /// range. If `None`, all columns but those of filter and weights and those that number or
    /// label the rows: called `id`, `index`, `label`, an id of something (`store_id`), `Unnamed: 0` or
    /// `Unnamed: 0.1`, or by no name; or `key` or `no` above whole numbers that come once each.
    pub columns: Option<Vec<ColumnRef>>,
    /// Columns, or ranges, that are not among the coordinates.
    pub dropped: Vec<ColumnRef>,
    /// The rows; all if `None`.
    pub filter: Option<Filter>,
    /// The column of the weights, if there is one.
    pub weights: Option<ColumnRef>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_positions() {
        let column = |text: &str| text.parse::<ColumnRef>().unwrap();
        assert_eq!(column("12"), ColumnRef::Index(12));
        assert_eq!(column(" x "), ColumnRef::Name("x".into()));
        assert_eq!(column("-1"), ColumnRef::Name("-1".into()));
        assert_eq!(column("007"), ColumnRef::Name("007".into()));
    }

    #[test]
    fn a_range_has_one_beginning_and_ascends() {
        let numbers = |text| ColumnRange::parse(text).map(|range| (range.prefix, range.numbers));
        assert_eq!(numbers("e0-e49"), Some(("e", (0, 49))));
        assert_eq!(numbers("0-49"), Some(("", (0, 49))));
        assert_eq!(numbers("x-00-x-07"), Some(("x-", (0, 7))));
        for text in ["e9-e0", "e0-f9", "x-y", "e0", "0-", "-3"] {
            assert_eq!(numbers(text), None, "{text}");
        }
        let range = ColumnRange::parse("p00-p77").unwrap();
        assert_eq!((range.number_of("p13"), range.number_of("q13")), (Some(13), None));
        assert_eq!(range.number_of("p78"), None);
    }

    #[test]
    fn a_filter_is_cut_at_its_first_equals_sign() {
        let filter: Filter = "name=a=b".parse().unwrap();
        assert_eq!(filter.column, ColumnRef::Name("name".into()));
        assert_eq!(filter.value, "a=b");
        assert_eq!(filter.to_string(), "name=a=b");
        assert!("name".parse::<Filter>().is_err());
        assert!("=3".parse::<Filter>().is_err());
    }
}
