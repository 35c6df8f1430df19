//! Estimates of the memory that a method needs.
//!
//! ```text
//! simplex, assignment   8·n·m bytes for the costs, if they are to be stored, and as much again,
//!                       over 15, for coarse problems; 1.5 KiB a point
//! shortlist             1152 bytes a point: nodes of the tree, search trees, and the arcs, two or three
//!                       times as many where mass travels far
//! line                  256 bytes a point
//! lp                    1.5 KiB a cell
//! ```
//!
//! A point is one of the n + m; its coordinates count twice for the copies in another order and at
//! lower resolutions. Observed peaks are between two and nine tenths of this
//! (`tests/memory.rs`, `docs/scaling.md`).

use crate::cost::Cost;
use crate::problem::{MOST_STORED, OtProblem};
use crate::solvers::Method;

/// Bytes a point of the tree, its potentials and flows, and the arcs on the list.
const BYTES_PER_POINT: u64 = 1536;

/// Bytes a point without a table.
const BYTES_PER_POINT_WITHOUT_TABLE: u64 = 1152;

/// Bytes a point on the line: two orders, a chain of cells, potentials to twice the precision.
const BYTES_PER_POINT_ON_LINE: u64 = 256;

/// Bytes a cell in the model of a linear program and in its solver.
#[cfg(feature = "lp")]
const BYTES_PER_LP_VARIABLE: u64 = 1536;

/// Memory of a method beside the problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// Bytes in all, an approximate upper bound.
    pub bytes: u64,
    /// Bytes of them that are a table of all costs.
    pub table: u64,
}

/// The memory to solve the problem by a method and to certify the answer.
#[must_use]
pub fn memory(method: Method, problem: &OtProblem) -> Memory {
    let dim = problem.clouds().map_or(0, |clouds| clouds.source.dim());
    let points = problem.n() as u64 + problem.m() as u64;
    let cells = (problem.n() as u64).saturating_mul(problem.m() as u64);
    let of_points = |each: u64| points * (each + 16 * dim as u64);
    let table = table(problem.cost(), cells);
    let (table, rest) = match method.chosen(problem) {
        Method::Auto | Method::Simplex | Method::Assignment => {
            (table, of_points(BYTES_PER_POINT) + 8 * cells.min(MOST_STORED as u64) / 15)
        }
        Method::Shortlist => (0, of_points(BYTES_PER_POINT_WITHOUT_TABLE)),
        Method::Line => (0, points * BYTES_PER_POINT_ON_LINE),
        #[cfg(feature = "lp")]
        Method::Lp(_) => (0, cells.saturating_mul(BYTES_PER_LP_VARIABLE)),
    };
    Memory { bytes: table.saturating_add(rest), table }
}

/// Bytes of the table of costs, if the method stores it.
fn table(cost: &dyn Cost, cells: u64) -> u64 {
    let is_made = !cost.is_stored() && cells <= MOST_STORED as u64;
    if is_made { 8 * cells } else { 0 }
}
