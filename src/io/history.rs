//! Histories of training as files: a header `step,estimate`, then a line per evaluation.

use std::path::Path;

use super::atomic::{WriteError, write_atomically};
use crate::critic::Milestone;

/// Writes the history of a training run.
///
/// # Errors
/// [`WriteError`] if the file cannot be written; it is then as it was.
pub fn write_history(path: &Path, history: &[Milestone]) -> Result<(), WriteError> {
    write_atomically(path, |file| {
        writeln!(file, "step,estimate")?;
        history.iter().try_for_each(|line| writeln!(file, "{},{}", line.step, line.estimate))
    })
}
