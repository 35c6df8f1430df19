//! The flags that pick a sample set from a file, checked once for all commands.

use deblais::io::{ColumnRef, Filter, InputPath, Selection};

use super::failure::Failure;
use super::read_measure::{Role, SampleSet, Weights};
use super::remedies::Flags;

/// The flags that pick coordinates, rows and masses, as they are typed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SelectionFlags<'a> {
    /// `--columns`.
    pub(crate) columns: Option<&'a str>,
    /// `--drop`.
    pub(crate) drop: Option<&'a str>,
    /// `--where`.
    pub(crate) filter: Option<&'a str>,
    /// `--weights`, a column.
    pub(crate) weights: Option<&'a str>,
}

impl SelectionFlags<'_> {
    /// The selection that the flags describe.
    pub(crate) fn check(self) -> Result<Selection, Failure> {
        let filter = self.filter.map(|text| {
            text.parse::<Filter>()
                .map_err(|error| Failure::usage(format!("--where: {error}")).hint(error.hint()))
        });
        Ok(Selection {
            columns: columns("--columns", self.columns)?,
            dropped: columns("--drop", self.drop)?.unwrap_or_default(),
            filter: filter.transpose()?,
            weights: self.weights.map(column),
        })
    }
}

impl SampleSet {
    /// The sample set that a selection picks from a file, for commands without `--hist`.
    pub(crate) fn new(role: Role, origin: InputPath, selection: Selection) -> Self {
        let Selection { columns, dropped, filter, weights } = selection;
        let weights = weights.map_or(Weights::Uniform, Weights::Column);
        Self { role, origin, columns, dropped, filter, weights, flags: Flags::POINTS }
    }
}

/// A column as it is typed.
pub(crate) fn column(text: &str) -> ColumnRef {
    let Ok(column) = text.parse();
    column
}

/// A list of columns.
fn columns(flag: &str, list: Option<&str>) -> Result<Option<Vec<ColumnRef>>, Failure> {
    let columns = list.map(|list| list.split(',').map(column).collect::<Vec<_>>());
    if columns.iter().flatten().any(|c| *c == ColumnRef::Name(String::new())) {
        return Err(Failure::usage(format!("{flag} has an empty name in its list"))
            .hint(format!("separate the columns by single commas, as in {flag} x,y")));
    }
    Ok(columns)
}
