//! Remedies in the words of the command line: its flags and subcommands, which the library's own
//! hints do not name.

use deblais::cost::CostError;
use deblais::critic::CriticError;
use deblais::divergence::EstimateError;
use deblais::gan::{GanError, RecipeError};
use deblais::io::{JournalError, ReadError, WriteError};
use deblais::persistence::PersistenceError;
use deblais::plot::PlotError;
use deblais::problem::ProblemError;
use deblais::unbalanced::UnbalancedError;

/// An error of the library, and what a user of the command can do about it.
pub(crate) trait CommandHint {
    /// The remedy.
    fn command_hint(&self) -> String;
}

/// Errors whose remedy is the library's.
macro_rules! as_in_the_library {
    ($($error:ty),+ $(,)?) => {$(
        impl CommandHint for $error {
            fn command_hint(&self) -> String {
                self.hint().to_string()
            }
        }
    )+};
}

as_in_the_library!(CostError, JournalError, PlotError, WriteError);

impl CommandHint for ProblemError {
    fn command_hint(&self) -> String {
        match self {
            Self::Totals { .. } => {
                "give equal totals, or scale each side to 1 with --normalize".into()
            }
            other => other.hint().into(),
        }
    }
}

impl CommandHint for ReadError {
    fn command_hint(&self) -> String {
        if let Some(hint) = self.respelled() {
            return hint;
        }
        match self {
            Self::TextColumn { .. } => "leave it out with --drop, or pick the coordinates with \
                                        --columns; to use the text as a class label, pick rows \
                                        with --where COLUMN=VALUE"
                .into(),
            Self::NoCoordinates { .. } => {
                "name at least one column with --columns; by default those of --weights, --where and \
                 --drop are left out, and those called id, *_id, index or label, or by no name"
                    .into()
            }
            Self::DeathBeforeBirth { .. } => {
                format!("{}; choose them with --columns", self.hint())
            }
            other => other.hint(),
        }
    }
}

impl CommandHint for EstimateError {
    fn command_hint(&self) -> String {
        let hint = match self {
            Self::Dimensions { .. } => "name the same coordinates of both files by --columns",
            Self::TooManyDimensions { .. } => {
                "look at emd, sliced, energy or mmd; for kl, --estimator knn; or pick two --columns"
            }
            Self::TooManyCells { .. } => "give --bins, or --estimator knn",
            Self::Weighted => "use --estimator histogram",
            Self::Ties => "use --estimator histogram, or remove the duplicates",
            other => other.hint(),
        };
        hint.into()
    }
}

impl CommandHint for CriticError {
    fn command_hint(&self) -> String {
        let hint = match self {
            Self::Setting { .. } => "leave the flag out: the default works on data of any scale",
            Self::Metric { .. } => "judge it by its own distance: --cost, --exponent, --p",
            Self::Saved { .. } => "give a file that `deblais critic --save` wrote",
            other => other.hint(),
        };
        hint.into()
    }
}

impl CommandHint for RecipeError {
    fn command_hint(&self) -> String {
        match self {
            Self::Toml { .. } => "`deblais gan recipes NAME` prints all fields of a recipe".into(),
            Self::Contradiction { .. } => "change one of the two with --set".into(),
            other => other.hint(),
        }
    }
}

impl CommandHint for GanError {
    fn command_hint(&self) -> String {
        match self {
            Self::Recipe(error) => error.command_hint(),
            Self::Critic(error) if !matches!(error, CriticError::Overstep { .. }) => {
                error.command_hint()
            }
            Self::NoImages { network, .. } => format!(
                "give images (--data digits or idx:FILE), or take a recipe without channels \
                 (--set {network}.channels=[] --set {network}.depth=3)"
            ),
            Self::Halves { network, most: 0, .. } => format!(
                "do without convolutions: --set {network}.channels=[] --set {network}.depth=3"
            ),
            Self::BatchMemory { network, .. } => {
                format!("take smaller batches (--set batch=…) or a narrower {network}")
            }
            Self::Diverged { network, .. } => format!(
                "lower {network}.rate by a factor of 10 to begin with (--set {network}.rate=…)"
            ),
            Self::Checkpoint { .. } => {
                "give a checkpoint that `deblais gan train` wrote, unchanged".into()
            }
            Self::OtherData { .. } => "resume with the --data of the run".into(),
            other => other.hint(),
        }
    }
}

impl CommandHint for PersistenceError {
    fn command_hint(&self) -> String {
        match self {
            Self::Problem(error) => return error.command_hint(),
            Self::Solve(_) => "use --method auto",
            Self::Ground { .. } => "use --cost chebyshev or euclidean",
            _ => "a diagram has a finite birth and a death of at least that in each row",
        }
        .into()
    }
}

impl CommandHint for UnbalancedError {
    fn command_hint(&self) -> String {
        match self {
            Self::Mass { .. } => "--fraction 1 moves all of the smaller side",
            Self::Fraction { .. } => "for a mass, give --mass",
            Self::Penalty { .. } => "to move all that can be moved, give --fraction 1",
            Self::Problem(error) => return error.command_hint(),
            _ => "use --method auto",
        }
        .into()
    }
}
