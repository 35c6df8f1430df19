//! Errors of the library as `ValueError`s: its message, and a hint that names Python's arguments.

use std::fmt::Display;

use deblais::barycenter::BarycenterError;
use deblais::cost::CostError;
use deblais::divergence::EstimateError;
use deblais::measure::MeasureError;
use deblais::pairwise::{PairFault, PairwiseError};
use deblais::persistence::PersistenceError;
use deblais::problem::ProblemError;
use deblais::solvers::SolveError;
use deblais::solvers::sinkhorn::{DivergenceError, SinkhornError};
use deblais::solvers::w2::W2Error;
use deblais::two_sample::TwoSampleError;
use deblais::unbalanced::UnbalancedError;
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

    /// An error in the cells of a plan.
    pub(crate) fn plan(error: deblais::plan::PlanError) -> Self {
        let hint = "plan is a matrix of shape (n, m), sparse or dense, or (rows, columns, masses)";
        Self { message: error.to_string(), hint: hint.to_owned() }
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

/// Errors that consist of those of a problem, those of a method, and others with a hint.
macro_rules! compound {
    ($($error:ident { $($variant:ident),* } otherwise $hint:expr;)*) => {$(
        impl From<$error> for Invalid {
            fn from(error: $error) -> Self {
                match error {
                    $($error::$variant(error) => error.into(),)*
                    error => Self { message: error.to_string(), hint: $hint.to_owned() },
                }
            }
        }
    )*};
}

compound! {
    UnbalancedError { Problem, Solve } otherwise
        "mass is at most the smaller of sum(a) and sum(b), fraction at most 1, a penalty at least 0";
    PersistenceError { Problem, Solve } otherwise
        "rows are (birth, death) with birth ≤ death; cost is \"chebyshev\" or \"euclidean\"";
    BarycenterError { Problem, Solve } otherwise
        "weights are one number ≥ 0 for each measure; all points have the same d";
    DivergenceError { Problem, Sinkhorn } otherwise "";
    TwoSampleError { Problem, Solve, Estimate } otherwise "x and y have one row for each observation";
    PairFault { Problem, Solve } otherwise "pass sets of equal total mass and the same d";
    W2Error { Problem, Solve } otherwise "";
}

impl From<PairwiseError> for Invalid {
    fn from(error: PairwiseError) -> Self {
        let (i, j) = error.pair;
        let Self { message, hint } = error.fault.into();
        Self { message: format!("sets {i} and {j}: {message}"), hint }
    }
}

impl From<SinkhornError> for Invalid {
    fn from(error: SinkhornError) -> Self {
        let hint = match &error {
            SinkhornError::Epsilon { .. } => "pass epsilon > 0, or relative_epsilon=0.01",
            SinkhornError::Forbidden => "use deblais.emd_matrix, or finite costs",
            SinkhornError::Overflow { .. } => "pass a larger epsilon, or use deblais.emd",
            SinkhornError::Start(_) => "start from the answer of a problem of the same shape",
            _ => "pass tolerance ≥ 0",
        };
        Self { message: error.to_string(), hint: hint.to_owned() }
    }
}

impl From<EstimateError> for Invalid {
    fn from(error: EstimateError) -> Self {
        Self { message: error.to_string(), hint: error.hint().to_owned() }
    }
}
