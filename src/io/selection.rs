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
    /// The column looked at.
    pub column: ColumnRef,
    /// What it must hold.
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
    /// What to do about it.
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

/// Rows, coordinates and weights to take from a table. The default is all of it as coordinates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// The coordinates, in this order. If `None`, all columns but those of filter and weights,
    /// and but row names: a first column whose header cell is empty, as pandas and R write it.
    pub columns: Option<Vec<ColumnRef>>,
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
    fn a_filter_is_cut_at_its_first_equals_sign() {
        let filter: Filter = "name=a=b".parse().unwrap();
        assert_eq!(filter.column, ColumnRef::Name("name".into()));
        assert_eq!(filter.value, "a=b");
        assert_eq!(filter.to_string(), "name=a=b");
        assert!("name".parse::<Filter>().is_err());
        assert!("=3".parse::<Filter>().is_err());
    }
}
