//! Reading and writing files.
//!
//! [`Input::read`] looks at the first bytes of a file (its name does not matter) and gives
//! either a [`Table`] (CSV, TSV, other delimited text, NPY) or a [`Histogram`] (gray PNG), with
//! the size and SHA-256 of what was read. A table knows nothing of measures:
//! [`Table::select`] picks rows and columns by a [`Selection`] and gives [`Samples`];
//! [`Table::layout`] says which columns these are.
//!
//! Lists of files are read by [`read_manifest`]; what a long run over many pairs has done is kept in
//! a [`Journal`].
//!
//! Images in the files of MNIST and its like are read by [`read_images`].
//!
//! Plans and potentials are files of their own ([`write_plan`], [`read_plan`],
//! [`write_potentials`], [`read_potentials`]), and so are derivatives ([`write_gradient`]), critics ([`write_critic`],
//! [`read_critic`]) and GANs in the midst of their training ([`write_checkpoint`],
//! [`read_checkpoint`]). Everything is written under a temporary name and
//! renamed when it is complete ([`atomic`]).
//!
//! Errors name the file, the line, the column and what was found; `hint()` says what to do.
//! `docs/formats.md` describes the formats for users.

mod arc_file;
pub mod atomic;
mod cells;
#[cfg(feature = "nn")]
mod checkpoint_file;
#[cfg(feature = "nn")]
mod critic_file;
mod delimiter;
mod digest;
mod error;
mod gradient_file;
mod header;
#[cfg(feature = "nn")]
mod history;
mod idx;
mod image;
mod input;
mod input_path;
mod journal;
mod location;
mod manifest;
mod matrix_file;
mod npy;
mod plan_file;
mod potentials_file;
#[cfg(feature = "nn")]
mod saved_file;
mod selection;
mod sparse_matrix;
mod table;
mod unsupported_format;

pub use arc_file::{ArcList, ArcProblem, arcs_from, may_list_arcs, names_arcs, read_arcs};
pub use atomic::WriteError;
#[cfg(feature = "nn")]
pub use checkpoint_file::{
    CHECKPOINT_FILE, RunOptions, SavedRun, checkpoint_from, read_checkpoint, write_checkpoint,
};
#[cfg(feature = "nn")]
pub use critic_file::{CRITIC_FILE, ReadCritic, critic_from, read_critic, write_critic};
pub use digest::InputDigest;
pub use error::ReadError;
pub use gradient_file::write_gradient;
pub use header::FirstRow;
#[cfg(feature = "nn")]
pub use history::write_history;
pub use idx::{IdxProblem, Images, images_from, read_images};
pub use image::{Histogram, ImageProblem};
pub use input::Input;
pub use input_path::InputPath;
pub use journal::{Journal, JournalError, JournalKey, journal_of};
pub use location::{ColumnId, Location};
pub use manifest::{Listed, ManifestProblem, manifest_from, read_manifest};
pub use matrix_file::{write_matrix, write_named_matrix, write_named_matrix_to};
pub use npy::NpyProblem;
pub use plan_file::{PlanProblem, plan_from, plan_of_mass, read_plan, write_plan};
pub use potentials_file::{PotentialsProblem, potentials_from, read_potentials, write_potentials};
#[cfg(feature = "nn")]
pub use saved_file::SavedFileProblem;
pub use selection::{ColumnRef, Filter, ParseFilterError, Selection};
pub use table::{Layout, Precision, Samples, Table};
pub use unsupported_format::UnsupportedFormat;
