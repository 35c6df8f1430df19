//! Lists of arcs as files: a row i, j, cost for each arc, i and j counted from 0; or a sparse matrix of
//! `SciPy`, whose stored entries are the arcs.

use std::io::Read;

use thiserror::Error;

use super::digest::DigestReader;
use super::plan_file::named_triplets;
use super::{Input, InputDigest, InputPath, Location, ReadError, Table, sparse_matrix};
use crate::shown::Shown;

/// A fault in a list of arcs.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum ArcProblem {
    /// The columns are not i, j, cost.
    #[error("{columns} columns{names}, which are not i, j, cost")]
    Columns {
        /// Number of columns.
        columns: usize,
        /// Their names, as a clause.
        names: String,
    },
    /// A place that is no whole number.
    #[error("{location}: {axis} is {found}, not a whole number ≥ 0")]
    Index {
        /// The row of the file.
        location: Location,
        /// `"i"` (source) or `"j"` (target).
        axis: &'static str,
        /// The number given.
        found: f64,
    },
    /// An archive that is no sparse matrix.
    #[error("no sparse matrix of scipy.sparse.save_npz: {}", Shown(.cause))]
    SparseMatrix {
        /// The first fault.
        cause: String,
    },
}

impl ArcProblem {
    /// Advice for the user.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Columns { .. } => {
                "give three columns, and call them i (the source), j (the target) and cost"
            }
            Self::Index { .. } => "sources and targets are numbered from 0",
            Self::SparseMatrix { .. } => {
                "save it again: scipy.sparse.save_npz('costs.npz', scipy.sparse.csr_array(costs))"
            }
        }
    }
}

/// Arcs, and the numbers of sources and targets where the file has them.
#[derive(Debug, Clone, PartialEq)]
pub struct ArcList {
    /// (i, j, cost) of each arc; a cost may be +∞.
    pub arcs: Vec<(usize, usize, f64)>,
    /// The shape (n, m) of a sparse matrix.
    pub shape: Option<(usize, usize)>,
}

/// Reads a list of arcs: a table of three columns, or a sparse matrix of `SciPy`.
///
/// # Errors
/// [`ReadError`], with [`ArcProblem`] for what concerns arcs.
pub fn read_arcs(origin: &InputPath) -> Result<(ArcList, InputDigest), ReadError> {
    let mut reader = DigestReader::new(origin.open()?.0);
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).map_err(|error| ReadError::from_io(origin, error))?;
    Ok((arcs_from(origin, &bytes)?, reader.finish()))
}

/// The arcs of a file that is in memory; `origin` is for the messages.
///
/// # Errors
/// As [`read_arcs`].
pub fn arcs_from(origin: &InputPath, bytes: &[u8]) -> Result<ArcList, ReadError> {
    if bytes.starts_with(sparse_matrix::MAGIC) {
        return sparse_matrix::arcs_of(origin, bytes);
    }
    match Input::from_bytes(origin, bytes)? {
        Input::Table(table) => Ok(ArcList { arcs: of_table(&table)?, shape: None }),
        Input::Image(_) => Err(ReadError::NotATable { origin: origin.clone() }),
    }
}

const COST_NAMES: &[&str] = &["cost", "distance", "weight", "value", "c"];

/// Whether a header calls the columns i, j and cost, in any order.
pub fn names_arcs(table: &Table) -> bool {
    named_triplets(table, COST_NAMES).is_some()
}

/// Whether three columns without names could be i, j and cost: the pairs are sorted, from i = 0, each of
/// them once, and some of them have one i.
pub fn may_list_arcs(table: &Table) -> bool {
    const LEAST: usize = 4;
    let arcs = if table.header().is_none() { of_table(table) } else { Ok(Vec::new()) };
    arcs.is_ok_and(|arcs| {
        arcs.len() >= LEAST
            && arcs[0].0 == 0
            && arcs.is_sorted_by(|(i, j, _), (k, l, _)| (i, j) < (k, l))
            && arcs.windows(2).any(|pair| pair[0].0 == pair[1].0)
    })
}

/// The arcs (i, j, cost) of a table of three columns: by their names in any order, or without names in
/// this order.
fn of_table(table: &Table) -> Result<Vec<(usize, usize, f64)>, ReadError> {
    let bad = |problem| ReadError::Arcs { origin: table.origin().clone(), problem };
    let unnamed = table.header().is_none() && table.n_columns() == 3;
    let Some([i, j, cost]) =
        named_triplets(table, COST_NAMES).or_else(|| unnamed.then_some([0, 1, 2]))
    else {
        let names = table.header().map(|header| format!(" called {}", Shown(&header.join(", "))));
        let (columns, names) = (table.n_columns(), names.unwrap_or_default());
        return Err(bad(ArcProblem::Columns { columns, names }));
    };
    let arc = |row: usize| {
        let place = |column: usize, axis: &'static str| {
            let found = table.finite(row, column)?;
            let location = table.location(row);
            super::plan_file::whole(found, usize::MAX)
                .ok_or_else(|| bad(ArcProblem::Index { location, axis, found }))
        };
        Ok((place(i, "i")?, place(j, "j")?, table.cost(row, cost)?))
    };
    (0..table.n_rows()).map(arc).collect()
}
