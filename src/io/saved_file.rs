//! Files in which the program saves what it wants to read again: JSON objects with a schema, every
//! number with as many digits as it takes to read it back to the bit.

use std::io::Read;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::atomic::{WriteError, write_atomically};
use super::digest::DigestReader;
use super::{InputDigest, Origin, ReadError};

/// What is wrong with a saved file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SavedFileProblem {
    /// Not the JSON that was saved.
    #[error("line {line}, column {column}: {message}")]
    Json {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What the parser says.
        message: String,
    },
    /// Another schema.
    #[error("its schema is \"{found}\", where \"{wanted}\" is wanted")]
    Schema {
        /// The one given.
        found: String,
        /// The one asked for.
        wanted: &'static str,
    },
}

impl SavedFileProblem {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Json { .. } => "give a file that `deblais` saved, unchanged",
            Self::Schema { .. } => "save it again with this version",
        }
    }
}

impl From<serde_json::Error> for SavedFileProblem {
    fn from(error: serde_json::Error) -> Self {
        let message = error.to_string();
        // The place is told apart.
        let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
        Self::Json { line: error.line(), column: error.column(), message }
    }
}

#[derive(Deserialize)]
struct Schema {
    schema: String,
}

/// Writes one line of JSON.
pub(super) fn write_saved(path: &Path, file: &impl Serialize) -> Result<(), WriteError> {
    write_atomically(path, |out| {
        serde_json::to_writer(&mut *out, file)?;
        writeln!(out)
    })
}

/// Reads what [`write_saved`] wrote with this schema.
pub(super) fn read_saved<F: DeserializeOwned>(
    origin: &Origin,
    schema: &'static str,
) -> Result<(F, InputDigest), ReadError> {
    let mut reader = DigestReader::new(origin.open()?.0);
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).map_err(|error| ReadError::from_io(origin, error))?;
    let file = parse(&bytes, schema)
        .map_err(|problem| ReadError::Saved { origin: origin.clone(), problem })?;
    Ok((file, reader.finish()))
}

pub(super) fn parse<F: DeserializeOwned>(
    bytes: &[u8],
    wanted: &'static str,
) -> Result<F, SavedFileProblem> {
    let Schema { schema: found } = serde_json::from_slice(bytes)?;
    if found != wanted {
        return Err(SavedFileProblem::Schema { found, wanted });
    }
    Ok(serde_json::from_slice(bytes)?)
}
