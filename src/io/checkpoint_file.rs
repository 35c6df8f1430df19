//! GANs in the midst of their training as files: a JSON object of schema [`CHECKPOINT_FILE`].

use std::num::NonZeroU64;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::saved_file::{Schemas, read_saved, saved_from, write_saved};
use super::{InputPath, ReadError, WriteError};
use crate::gan::Checkpoint;

/// Schema of a file with a checkpoint.
pub const CHECKPOINT_FILE: &str = "deblais.gan-checkpoint/2";

/// Files without a checksum are refused: a damaged one would go on to other points without a word.
const SCHEMAS: Schemas = Schemas {
    current: CHECKPOINT_FILE,
    unchecked: "deblais.gan-checkpoint/1",
    reads_unchecked: false,
};

/// How a run is followed and what it learns from, beside its recipe: all else that shapes what it
/// leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunOptions {
    /// How often it is scored and saved.
    pub evaluations: NonZeroU64,
    /// Steps between two pictures on the way, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<NonZeroU64>,
    /// The coordinates among the columns of its data, as they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<String>,
    /// Which rows of its data are kept, as they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Rows of its data that are judged by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_out: Option<usize>,
}

impl Default for RunOptions {
    /// 20 scores, on data that are taken as they are.
    fn default() -> Self {
        const EVALUATIONS: NonZeroU64 = NonZeroU64::new(20).unwrap();
        Self {
            evaluations: EVALUATIONS,
            snapshot: None,
            columns: None,
            filter: None,
            held_out: None,
        }
    }
}

/// A run that can go on.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedRun {
    /// As it stands.
    pub checkpoint: Checkpoint,
    /// As it was asked for.
    pub options: RunOptions,
}

#[derive(Serialize, Deserialize)]
struct CheckpointFile<C, O> {
    schema: String,
    options: O,
    checkpoint: C,
}

/// Writes a checkpoint.
///
/// # Errors
/// [`WriteError`]; the one before it is then still there.
pub fn write_checkpoint(
    path: &Path,
    checkpoint: &Checkpoint,
    options: &RunOptions,
) -> Result<(), WriteError> {
    write_saved(path, &CheckpointFile { schema: CHECKPOINT_FILE.to_owned(), options, checkpoint })
}

/// Reads a checkpoint.
///
/// # Errors
/// [`ReadError`] for a file that cannot be read, or is none that [`write_checkpoint`] wrote.
pub fn read_checkpoint(origin: &InputPath) -> Result<SavedRun, ReadError> {
    let (CheckpointFile { options, checkpoint, .. }, _, _) = read_saved(origin, SCHEMAS)?;
    Ok(SavedRun { checkpoint, options })
}

/// As [`read_checkpoint`], of bytes in memory; `origin` is for the messages.
///
/// # Errors
/// As [`read_checkpoint`].
pub fn checkpoint_from(origin: &InputPath, bytes: &[u8]) -> Result<SavedRun, ReadError> {
    let (CheckpointFile { options, checkpoint, .. }, _) = saved_from(origin, bytes, SCHEMAS)?;
    Ok(SavedRun { checkpoint, options })
}
