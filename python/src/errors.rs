//! Errors of the library as `ValueError`s: its message, and a hint that names Python's arguments.

use std::fmt::Display;

use deblais::cost::CostError;
use deblais::measure::MeasureError;
use deblais::problem::ProblemError;
use deblais::solvers::SolveError;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// A `ValueError` with a message and a hint.
pub(crate) fn invalid(message: impl Display, hint: impl Display) -> PyErr {
    PyValueError::new_err(format!("{message}; {hint}"))
}

/// Input that the library refused.
pub(crate) struct Invalid {
    message: String,
    hint: String,
}

impl Invalid {
    /// An error in the points and masses of these names.
    pub(crate) fn side([points, masses]: [&str; 2], error: &MeasureError) -> Self {
        let hint = match error {
            MeasureError::Empty { .. } => format!("{points} must hold at least one point"),
            MeasureError::Lengths { .. } => {
                format!("{masses} has one mass for each row of {points}")
            }
            MeasureError::Coordinate { .. } => {
                format!("drop such rows of {points}: {points}[numpy.isfinite({points}).all(1)]")
            }
            _ => format!("{masses} holds numbers ≥ 0; None stands for 1/n each"),
        };
        Self { message: error.to_string(), hint }
    }

    /// An error in the ground cost or the cost matrix.
    pub(crate) fn cost(error: CostError) -> Self {
        ProblemError::from(error).into()
    }
}

impl From<Invalid> for PyErr {
    fn from(error: Invalid) -> Self {
        invalid(error.message, error.hint)
    }
}

impl From<ProblemError> for Invalid {
    fn from(error: ProblemError) -> Self {
        let hint = match &error {
            ProblemError::Totals { .. } => {
                "divide a and b by their sums, or use deblais.partial or deblais.unbalanced"
            }
            ProblemError::Shape { .. } => "M has shape (len(a), len(b))",
            ProblemError::Cost(CostError::Dimensions { .. }) => {
                "x has shape (n, d) and y shape (m, d), with the same d"
            }
            error => error.hint(),
        };
        Self { message: error.to_string(), hint: hint.to_owned() }
    }
}

impl From<SolveError> for Invalid {
    fn from(error: SolveError) -> Self {
        let hint = match &error {
            SolveError::NotApplicable { .. } => "method=\"auto\" takes one that applies",
            SolveError::TooLarge { .. } => "use method=\"simplex\"",
            SolveError::Memory { .. } => "use method=\"shortlist\", which makes no table of costs",
            SolveError::Infeasible(_) => "allow more cells of M, or use deblais.partial",
            error => error.hint(),
        };
        Self { message: error.to_string(), hint: hint.to_owned() }
    }
}
