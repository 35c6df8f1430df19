//! How much memory a method takes, before it takes it.
//!
//! ```text
//! simplex, assignment   8·n·m bytes for the costs, if they are to be stored, and as much again,
//!                       over 15, for coarse problems; 1.5 KiB a point
//! shortlist             1152 bytes a point: nodes of the tree, search trees, and the arcs, of which
//!                       far-travelling mass needs two or three times as many as mass that stays
//! line                  256 bytes a point
//! lp                    1.5 KiB a cell
//! ```
//!
//! A point is one of the n + m; its coordinates count twice for the copies in another order and at
//! lower resolutions. What was seen is less than this: between two and nine tenths
//! (`tests/memory.rs`, `docs/scaling.md`).

use crate::cost::Cost;
use crate::problem::{MOST_STORED, OtProblem};
use crate::solvers::Method;

/// Bytes a point of the tree, its potentials and flows, and the arcs on the list.
const PER_POINT: u64 = 1536;

/// The same without a table.
const PER_POINT_ALONE: u64 = 1152;

/// The same on the line: two orders, a chain of cells, potentials to twice the precision.
const PER_POINT_ON_LINE: u64 = 256;

/// Bytes a cell in the model of a linear program and in its solver.
const PER_VARIABLE: u64 = 1536;

/// What a method takes beside the problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// Bytes in all, at most about.
    pub bytes: u64,
    /// Bytes of them that are a table of all costs.
    pub table: u64,
}

/// What it takes to solve the problem by a method and to certify the answer; `dim` is the number of
/// coordinates of a point, 0 if there are none.
#[must_use]
pub fn memory(method: Method, problem: &OtProblem, dim: usize) -> Memory {
    let points = problem.n() as u64 + problem.m() as u64;
    let cells = (problem.n() as u64).saturating_mul(problem.m() as u64);
    let of_points = |each: u64| points * (each + 16 * dim as u64);
    let table = table(problem.cost(), cells);
    let (table, rest) = match method.chosen(problem) {
        Method::Auto | Method::Simplex | Method::Assignment => {
            (table, of_points(PER_POINT) + 8 * cells.min(MOST_STORED as u64) / 15)
        }
        Method::Shortlist => (0, of_points(PER_POINT_ALONE)),
        Method::Line => (0, points * PER_POINT_ON_LINE),
        Method::Lp(_) => (0, cells.saturating_mul(PER_VARIABLE)),
    };
    Memory { bytes: table.saturating_add(rest), table }
}

/// What it takes to store the costs, if that is what becomes of them.
fn table(cost: &dyn Cost, cells: u64) -> u64 {
    let is_made = !cost.is_stored() && cells <= MOST_STORED as u64;
    if is_made { 8 * cells } else { 0 }
}
