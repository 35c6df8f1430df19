//! Saved files that the program reads again: JSON objects with a schema, every
//! number with as many digits as it takes to read it back to the bit, and a checksum at the end.
//!
//! ```text
//! {"schema":"…", …,"sha256":"…"}
//! ```
//!
//! The checksum is the SHA-256 of all bytes before `,"sha256":`, and the end has exactly that form,
//! so that no byte can change unnoticed.

use std::io::{self, Read};
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::ser::Formatter;
use thiserror::Error;

use super::atomic::{WriteError, write_atomically};
use super::digest::{DigestReader, sha256_of};
use super::{InputDigest, InputPath, ReadError};
use crate::shown::{Quoted, Shown};

/// A fault in a saved file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SavedFileProblem {
    /// Not the JSON that was saved.
    #[error("line {line}, column {column}: {}", Shown(.message))]
    Json {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// The message of the parser.
        message: String,
    },
    /// Another schema.
    #[error("its schema is {}, where \"{wanted}\" is wanted", Quoted(.found))]
    Schema {
        /// The one given.
        found: String,
        /// The one asked for.
        wanted: &'static str,
    },
    /// A schema of an earlier version, which had no checksum.
    #[error("its schema, \"{found}\", has no checksum: damage would go unnoticed")]
    Unchecked {
        /// The one given.
        found: &'static str,
    },
    /// No checksum at the end.
    #[error("damaged: it does not end in its checksum")]
    NoChecksum,
    /// Bytes that are not those that were saved.
    #[error("damaged: its checksum is not that of what it holds")]
    Checksum,
}

impl SavedFileProblem {
    /// Advice for the user.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Json { .. } => "give a file that `deblais` saved, unchanged",
            Self::Schema { .. } => "save it again with this version",
            Self::Unchecked { .. } => "begin that run anew with this version",
            Self::NoChecksum | Self::Checksum => {
                "take a copy of it from before it was cut or changed"
            }
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

/// A schema, and the one of an earlier version that had no checksum.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schemas {
    pub(super) current: &'static str,
    pub(super) unchecked: &'static str,
    /// Whether files of the earlier one are read.
    pub(super) reads_unchecked: bool,
}

#[derive(Deserialize)]
struct Schema {
    schema: String,
}

/// The text between the fields of the object and its checksum, and the text behind it.
const BEFORE_SUM: &str = ",\"sha256\":\"";
const BEHIND_SUM: &str = "\"}\n";

/// Writes an object as one line of JSON with its checksum.
pub(super) fn write_saved(path: &Path, file: &impl Serialize) -> Result<(), WriteError> {
    write_atomically(path, |out| out.write_all(&sealed(file)?))
}

/// JSON without `null`, which would be the end of a number that is not finite.
struct Finite;

impl Formatter for Finite {
    fn write_null<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        Err(io::Error::other("there is a number in it that is not finite"))
    }
}

/// The bytes of a saved file, whose fields of no value are left out.
fn sealed(file: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, Finite))?;
    bytes.pop_if(|last| *last == b'}');
    let sum = sha256_of(&bytes);
    bytes.extend([BEFORE_SUM, &sum, BEHIND_SUM].concat().bytes());
    Ok(bytes)
}

/// Checks that the bytes are those that [`sealed`] made.
fn unsealed(bytes: &[u8]) -> Result<(), SavedFileProblem> {
    const CHECKSUM_CHARACTERS: usize = 64;
    let end = BEFORE_SUM.len() + CHECKSUM_CHARACTERS + BEHIND_SUM.len();
    let middle = bytes.len().checked_sub(end).ok_or(SavedFileProblem::NoChecksum)?;
    let (fields, end) = bytes.split_at(middle);
    let sum = end
        .strip_prefix(BEFORE_SUM.as_bytes())
        .and_then(|end| end.strip_suffix(BEHIND_SUM.as_bytes()))
        .ok_or(SavedFileProblem::NoChecksum)?;
    if sum == sha256_of(fields).as_bytes() { Ok(()) } else { Err(SavedFileProblem::Checksum) }
}

/// Reads what [`write_saved`] wrote; `true` if it has a checksum.
pub(super) fn read_saved<F: DeserializeOwned>(
    origin: &InputPath,
    schemas: Schemas,
) -> Result<(F, bool, InputDigest), ReadError> {
    let mut reader = DigestReader::new(origin.open()?.0);
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).map_err(|error| ReadError::from_io(origin, error))?;
    let (file, checked) = saved_from(origin, &bytes, schemas)?;
    Ok((file, checked, reader.finish()))
}

/// As [`read_saved`], of bytes in memory; `origin` is for the messages.
pub(super) fn saved_from<F: DeserializeOwned>(
    origin: &InputPath,
    bytes: &[u8],
    schemas: Schemas,
) -> Result<(F, bool), ReadError> {
    parse(bytes, schemas).map_err(|problem| ReadError::Saved { origin: origin.clone(), problem })
}

/// The content of a saved file, and whether a checksum confirms it.
fn parse<F: DeserializeOwned>(
    bytes: &[u8],
    schemas: Schemas,
) -> Result<(F, bool), SavedFileProblem> {
    let Schemas { current, unchecked, reads_unchecked } = schemas;
    let Schema { schema: found } = serde_json::from_slice(bytes)?;
    let checked = found == current;
    if checked {
        unsealed(bytes)?;
    } else if found != unchecked {
        return Err(SavedFileProblem::Schema { found, wanted: current });
    } else if unsealed(bytes) != Err(SavedFileProblem::NoChecksum) {
        // A later file whose schema was changed.
        return Err(SavedFileProblem::Checksum);
    } else if !reads_unchecked {
        return Err(SavedFileProblem::Unchecked { found: unchecked });
    }
    Ok((serde_json::from_slice(bytes)?, checked))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMAS: Schemas = Schemas { current: "a/2", unchecked: "a/1", reads_unchecked: false };

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Example {
        schema: String,
        numbers: Vec<f64>,
    }

    fn example() -> Example {
        Example { schema: "a/2".into(), numbers: vec![0.1 + 0.2, -0.0, 5e-324] }
    }

    #[test]
    fn a_change_of_any_byte_is_noticed() {
        let bytes = sealed(&example()).unwrap();
        assert_eq!(parse(&bytes, SCHEMAS), Ok((example(), true)));
        let schemas = Schemas { reads_unchecked: true, ..SCHEMAS };
        for place in 0..bytes.len() {
            for mask in 1..=u8::MAX {
                let mut bytes = bytes.clone();
                bytes[place] ^= mask;
                assert!(parse::<Example>(&bytes, schemas).is_err(), "{place} {mask}");
            }
        }
        for length in 0..bytes.len() {
            assert!(parse::<Example>(&bytes[..length], SCHEMAS).is_err(), "{length}");
        }
        let more = [&bytes[..], b"\n"].concat();
        assert_eq!(parse::<Example>(&more, SCHEMAS), Err(SavedFileProblem::NoChecksum));
    }

    #[test]
    fn an_earlier_schema_without_a_checksum_is_read_or_refused_as_its_kind_says() {
        let old = br#"{"schema": "a/1", "numbers": [1]}"#;
        let refused = parse::<Example>(old, SCHEMAS);
        assert_eq!(refused, Err(SavedFileProblem::Unchecked { found: "a/1" }));
        let reads = Schemas { reads_unchecked: true, ..SCHEMAS };
        let (read, checked) = parse::<Example>(old, reads).unwrap();
        assert_eq!((read.numbers, checked), (vec![1.0], false));
    }

    #[test]
    fn a_number_that_is_not_finite_is_not_written() {
        let bad = Example { numbers: vec![f64::INFINITY], ..example() };
        assert!(sealed(&bad).unwrap_err().to_string().contains("not finite"));
    }
}
