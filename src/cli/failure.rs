//! The one error type of the command: message, place and remedy.

use std::fmt::{self, Display};
use std::process::ExitCode;

use deblais::barycenter::BarycenterError;
use deblais::certificate::CertificateError;
use deblais::cost::CostError;
use deblais::critic::CriticError;
use deblais::divergence::EstimateError;
use deblais::explore::plans::PolytopeError;
use deblais::explore::samples::SampleError;
use deblais::explore::shift::ShiftError;
use deblais::gan::{GanError, RecipeError};
use deblais::io::{JournalError, ReadError, WriteError};
use deblais::measure::MeasureError;
use deblais::pairwise::PairFault;
use deblais::persistence::PersistenceError;
use deblais::plot::PlotError;
use deblais::problem::ProblemError;
use deblais::shown::Printable;
use deblais::solvers::SolveError;
use deblais::solvers::sinkhorn::{DivergenceError, SinkhornError};
use deblais::solvers::w2::W2Error;
use deblais::two_sample::TwoSampleError;
use deblais::unbalanced::UnbalancedError;

use super::hints::CommandHint;

/// How a run ended; the exit code of the process. The first that applies wins, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, and every claim holds: 0.
    Fine,
    /// Bad input or a failure at run time: 1.
    Failed,
    /// Flags that make no sense: 2.
    Usage,
    /// Stopped at a limit before it was done: 4.
    Stopped,
    /// Done, but a stated claim does not hold: 3.
    ClaimBroken,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Fine => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::ClaimBroken => 3,
            Exit::Stopped => 4,
        })
    }
}

/// An error on its way to stderr.
#[derive(Debug)]
pub(crate) struct Failure {
    /// Warnings of the run that may explain the error.
    warnings: Vec<String>,
    message: String,
    hint: Option<String>,
    exit: Exit,
}

impl Failure {
    /// Bad input or a failure at run time.
    pub(crate) fn new(message: impl Display) -> Self {
        let message = message.to_string();
        Self { warnings: Vec::new(), message, hint: None, exit: Exit::Failed }
    }

    /// Flags that make no sense together.
    pub(crate) fn usage(message: impl Display) -> Self {
        Self { exit: Exit::Usage, ..Self::new(message) }
    }

    /// Adds the remedy.
    pub(crate) fn hint(self, hint: impl Display) -> Self {
        Self { hint: Some(hint.to_string()), ..self }
    }

    /// Puts the place in front of the message.
    pub(crate) fn at(self, place: impl Display) -> Self {
        Self { message: format!("{place}: {}", self.message), ..self }
    }

    /// Tells of warnings before it.
    pub(crate) fn after(self, warnings: Vec<String>) -> Self {
        Self { warnings, ..self }
    }

    /// The exit code it asks for.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for warning in &self.warnings {
            writeln!(f, "warning: {}", Printable(warning))?;
        }
        write!(f, "error: {}", Printable(&self.message))?;
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {}", Printable(hint)),
            None => Ok(()),
        }
    }
}

/// Library errors with a remedy.
macro_rules! from_hinted {
    ($($error:ty),+ $(,)?) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::new(&error).hint(error.command_hint())
            }
        }
    )+};
}

from_hinted!(
    CostError,
    CriticError,
    EstimateError,
    GanError,
    JournalError,
    ProblemError,
    PersistenceError,
    PlotError,
    ReadError,
    UnbalancedError,
    RecipeError,
    WriteError
);

impl From<MeasureError> for Failure {
    fn from(error: MeasureError) -> Self {
        let hint = match error {
            MeasureError::Empty { .. } => "give at least one row and one column of coordinates",
            MeasureError::Coordinate { .. } => "every coordinate must be a finite number",
            _ => "masses are finite numbers ≥ 0 with a positive sum",
        };
        Self::new(error).hint(hint)
    }
}

impl From<CertificateError> for Failure {
    fn from(error: CertificateError) -> Self {
        Self::new(error).hint("judge a plan with the very inputs it was computed for")
    }
}

impl From<SolveError> for Failure {
    fn from(error: SolveError) -> Self {
        let hint = match &error {
            SolveError::NotApplicable { .. } => "use --method auto",
            SolveError::Infeasible(proof) if proof.is_by_rounding() => {
                "masses that should be equal differ by rounding: give them as whole numbers, or move a \
                 little less with --fraction 0.999999999"
            }
            SolveError::Infeasible(_) => "allow more arcs, or move less mass with --mass",
            _ => "use --method auto, which needs no LP code, or another --lp-backend",
        };
        Self::new(error).hint(hint)
    }
}

impl From<PairFault> for Failure {
    fn from(fault: PairFault) -> Self {
        match fault {
            PairFault::Problem(error) => error.into(),
            PairFault::Persistence(error) => error.into(),
            PairFault::Unbalanced(error) => error.into(),
            PairFault::Solve(error) => error.into(),
            fault => Self::new(fault),
        }
    }
}

impl From<BarycenterError> for Failure {
    fn from(error: BarycenterError) -> Self {
        match error {
            BarycenterError::Problem(error) => error.into(),
            BarycenterError::Cost { error, .. } => error.into(),
            BarycenterError::Solve(error) => {
                Self::new(error).hint("use --method entropic, which needs no LP code")
            }
            BarycenterError::Weights { .. } | BarycenterError::Weight(_) => Self::usage(format!(
                "--weights: {error}"
            ))
            .hint("give a number ≥ 0 for each file, in their order, such as --weights 1,1,2"),
            error => Self::new(error),
        }
    }
}

impl From<PolytopeError> for Failure {
    fn from(error: PolytopeError) -> Self {
        match error {
            PolytopeError::Problem(error) => error.into(),
            PolytopeError::Solve(error) => error.into(),
            error => Self::new(error).hint("give piles of whole shovels: masses such as 3 or 0.25"),
        }
    }
}

impl From<SampleError> for Failure {
    fn from(error: SampleError) -> Self {
        match error {
            SampleError::Measure(error) => error.into(),
            SampleError::Problem(error) => error.into(),
            SampleError::Solve(error) => error.into(),
            error => Self::new(error),
        }
    }
}

impl From<SinkhornError> for Failure {
    fn from(error: SinkhornError) -> Self {
        let hint = match error {
            SinkhornError::Overflow { .. } => {
                "give a larger --epsilon or a smaller --p, or use deblais emd"
            }
            SinkhornError::Forbidden => "use deblais emd, or give large costs instead of inf",
            _ => "give --epsilon as a multiple of the typical cost: 0.01rel, say",
        };
        Self::new(error).hint(hint)
    }
}

impl From<DivergenceError> for Failure {
    fn from(error: DivergenceError) -> Self {
        match error {
            DivergenceError::Problem(error) => error.into(),
            DivergenceError::Sinkhorn(error) => error.into(),
            error => Self::new(error),
        }
    }
}

impl From<TwoSampleError> for Failure {
    fn from(error: TwoSampleError) -> Self {
        match error {
            TwoSampleError::Problem(error) => error.into(),
            TwoSampleError::Solve(error) => error.into(),
            TwoSampleError::Estimate(EstimateError::NoScale) => Self::new(error)
                .hint("leave mmd out, with --statistics emd,energy, or give its --bandwidth"),
            TwoSampleError::Estimate(error) => error.into(),
            error => {
                let hint = error.hint();
                Self::new(error).hint(hint)
            }
        }
    }
}

impl From<W2Error> for Failure {
    fn from(error: W2Error) -> Self {
        match error {
            W2Error::Problem(error) => error.into(),
            W2Error::Solve(error) => error.into(),
            error => Self::new(error),
        }
    }
}

impl From<ShiftError> for Failure {
    fn from(error: ShiftError) -> Self {
        match error {
            ShiftError::Problem(error) => error.into(),
            ShiftError::Solve(error) => error.into(),
            ShiftError::Sinkhorn(error) => error.into(),
            ShiftError::Estimate(error) => error.into(),
            ShiftError::Measure(error) => error.into(),
            error => {
                let hint = error.hint();
                Self::new(error).hint(hint)
            }
        }
    }
}
