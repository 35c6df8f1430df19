//! Histories of training as files: a header
//! `step,estimate,penalty,lipschitz_bound,steepest`, then a line per evaluation.

use std::path::Path;

use super::atomic::{WriteError, write_atomically};
use crate::critic::CriticMilestone;

/// Writes the history of a training run.
///
/// # Errors
/// [`WriteError`] if the file cannot be written; it is then as it was.
pub fn write_history(path: &Path, history: &[CriticMilestone]) -> Result<(), WriteError> {
    write_atomically(path, |file| {
        writeln!(file, "step,estimate,penalty,lipschitz_bound,steepest")?;
        history.iter().try_for_each(|line| {
            let CriticMilestone { step, estimate, penalty, lipschitz, steepest } = line;
            writeln!(file, "{step},{estimate},{penalty},{lipschitz},{steepest}")
        })
    })
}
