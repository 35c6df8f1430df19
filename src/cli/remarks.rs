//! Remarks on the inputs: notes and warnings.

use super::{note, warn};

/// Remarks on what was read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Remarks {
    /// Inputs that were corrected or left out; on stderr alone.
    pub(crate) notes: Vec<String>,
    /// Possible mistakes in the inputs; in the report, too.
    pub(crate) warnings: Vec<String>,
}

impl Remarks {
    /// Notes what was done, once.
    pub(crate) fn note(&mut self, text: String) {
        if !self.notes.contains(&text) {
            self.notes.push(text);
        }
    }

    /// Warns, once.
    pub(crate) fn warn(&mut self, text: String) {
        if !self.warnings.contains(&text) {
            self.warnings.push(text);
        }
    }

    /// Takes over what was remarked elsewhere.
    pub(crate) fn extend(&mut self, others: Self) {
        others.notes.into_iter().for_each(|text| self.note(text));
        others.warnings.into_iter().for_each(|text| self.warn(text));
    }

    /// Prints all remarks on stderr.
    pub(crate) fn tell(&self, quiet: bool) {
        const MOST: usize = 20;
        for text in self.notes.iter().take(MOST) {
            note(text, quiet);
        }
        if self.notes.len() > MOST {
            note(&format!("{} more of the same kind", self.notes.len() - MOST), quiet);
        }
        warn(&self.warnings, quiet);
    }
}
