//! Arguments as they are typed: their names in messages, and their form in reports.

use std::path::PathBuf;

use clap::ValueEnum;
use serde::{Serialize as _, Serializer};

/// The name of an option's value.
pub(crate) fn typed(value: &impl ValueEnum) -> String {
    let value = value.to_possible_value().expect("no value is hidden from the parser");
    value.get_name().to_owned()
}

/// Writes the names of several values, separated by commas.
pub(crate) fn names<S: Serializer>(values: &[impl ValueEnum], to: S) -> Result<S::Ok, S::Error> {
    list(&values.iter().map(typed).collect::<Vec<_>>(), to)
}

/// Writes a list, separated by commas.
pub(crate) fn list<T: ToString, S: Serializer>(values: &[T], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&values.iter().map(T::to_string).collect::<Vec<_>>().join(","))
}

/// Writes changes of a recipe side by side, or null if there are none.
pub(crate) fn changes<S: Serializer>(changes: &[String], to: S) -> Result<S::Ok, S::Error> {
    (!changes.is_empty()).then(|| changes.join(" ")).serialize(to)
}

/// Writes a path, if one was given.
#[expect(clippy::ref_option, reason = "serde hands over the field")]
pub(crate) fn path<S: Serializer>(path: &Option<PathBuf>, to: S) -> Result<S::Ok, S::Error> {
    path.as_ref().map(|path| path.display().to_string()).serialize(to)
}
