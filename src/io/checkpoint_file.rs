//! GANs in the midst of their training as files: a JSON object of schema [`CHECKPOINT_FILE`].

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::saved_file::{read_saved, write_saved};
use super::{Origin, ReadError, WriteError};
use crate::gan::Checkpoint;

/// Schema of a file with a checkpoint.
pub const CHECKPOINT_FILE: &str = "deblais.gan-checkpoint/1";

#[derive(Serialize, Deserialize)]
struct File<C> {
    schema: String,
    checkpoint: C,
}

/// Writes a checkpoint.
///
/// # Errors
/// [`WriteError`]; the one before it is then still there.
pub fn write_checkpoint(path: &Path, checkpoint: &Checkpoint) -> Result<(), WriteError> {
    write_saved(path, &File { schema: CHECKPOINT_FILE.to_owned(), checkpoint })
}

/// Reads a checkpoint.
///
/// # Errors
/// [`ReadError`] for a file that cannot be read, or is none that [`write_checkpoint`] wrote.
pub fn read_checkpoint(origin: &Origin) -> Result<Checkpoint, ReadError> {
    Ok(read_saved::<File<Checkpoint>>(origin, CHECKPOINT_FILE)?.0.checkpoint)
}
