//! Errors in costs.

use thiserror::Error;

/// An error in a ground cost, a cost matrix, or the points given to it.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum CostError {
    /// The clouds have different numbers of coordinates.
    #[error("source points have {source_dim} coordinates, target points {target_dim}")]
    Dimensions {
        /// Coordinates of a source point.
        source_dim: usize,
        /// Coordinates of a target point.
        target_dim: usize,
    },
    /// The clouds are so wide that the cost overflows, or so tight that it vanishes.
    #[error("coordinates spread over {spread:e}: the {cost} cost leaves the range of f64 there")]
    Range {
        /// The largest extent of the two clouds along any axis.
        spread: f64,
        /// Name of the ground cost.
        cost: String,
    },
    /// The cosine of the angle with the zero vector.
    #[error("the cosine cost is not defined for the zero vector")]
    ZeroVector,
    /// A Minkowski exponent below 1, or a power that is not positive.
    #[error("{what} {value} is out of range: it must be finite and {bound}")]
    Exponent {
        /// Which exponent.
        what: &'static str,
        /// The value given.
        value: f64,
        /// The values that are allowed.
        bound: &'static str,
    },
    /// A ground cost that is no distance, where one is needed.
    #[error("{cost} is no distance: it breaks the triangle inequality")]
    NotMetric {
        /// Name of the ground cost.
        cost: String,
    },
    /// An entry of the cost matrix is NaN or −∞.
    #[error("entry ({row}, {column}) of the cost matrix is {value}")]
    Entry {
        /// Source index, from 0.
        row: usize,
        /// Target index, from 0.
        column: usize,
        /// The value found.
        value: f64,
    },
    /// An entry of the cost matrix is so large that sums of costs overflow.
    #[error("entry ({row}, {column}) of the cost matrix is {value:e}: the largest size is 1e303")]
    EntrySize {
        /// Source index, from 0.
        row: usize,
        /// Target index, from 0.
        column: usize,
        /// The value found.
        value: f64,
    },
    /// All entries of the cost matrix are so small that their digits underflow.
    #[error(
        "the largest size of an entry of the cost matrix is {largest:e}: that of some entry has to be 1e-305 at least, unless all are 0"
    )]
    TinyEntries {
        /// The largest size of an entry.
        largest: f64,
    },
    /// An arc leads from or to a point that is not there.
    #[error("arc ({row}, {column}) is outside the {n}×{m} table")]
    Arc {
        /// Source index, from 0.
        row: usize,
        /// Target index, from 0.
        column: usize,
        /// Sources.
        n: usize,
        /// Targets.
        m: usize,
    },
    /// An arc is listed twice.
    #[error("arc ({row}, {column}) is listed twice")]
    RepeatedArc {
        /// Source index, from 0.
        row: usize,
        /// Target index, from 0.
        column: usize,
    },
    /// The cost matrix has no rows or no columns.
    #[error("the cost matrix has shape ({n}, {m})")]
    EmptyMatrix {
        /// Number of rows.
        n: usize,
        /// Number of columns.
        m: usize,
    },
}

impl CostError {
    /// The remedy.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Dimensions { .. } => "compare clouds with the same columns",
            Self::Range { .. } => "rescale both clouds by the same factor",
            Self::ZeroVector => "remove the zero rows, or use another cost",
            Self::Exponent { .. } => "use euclidean, cityblock or chebyshev, or mend the exponent",
            Self::NotMetric { .. } => "use a distance, or a power of at most 1 of one",
            Self::Entry { .. } => "a cost is a finite number, or inf, which forbids the arc",
            Self::Arc { .. } => "sources and targets are counted from 0",
            Self::RepeatedArc { .. } => "list every arc once",
            Self::EntrySize { .. } => "divide all costs by the same factor",
            Self::TinyEntries { .. } => "multiply all costs by the same factor",
            Self::EmptyMatrix { .. } => {
                "give one row per source point and one column per target point"
            }
        }
    }
}
