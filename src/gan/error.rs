//! Errors of GANs.

use thiserror::Error;

use super::RecipeError;
use crate::critic::CriticError;
use crate::nn::ShapeError;
use crate::shown::Shown;

/// An error in the settings or the training of a GAN.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum GanError {
    /// A recipe that makes no sense.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// A network that cannot be built.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// A regularizer that does not fit its critic.
    #[error(transparent)]
    Critic(#[from] CriticError),
    /// Data with too few rows for training and scores.
    #[error("{rows} rows: at least {least} are needed, a quarter of them to judge by")]
    TooFew {
        /// Number of rows.
        rows: usize,
        /// Least number of rows.
        least: usize,
    },
    /// Data that are a single point.
    #[error("all {rows} rows are the same point")]
    OnePoint {
        /// Number of rows.
        rows: usize,
    },
    /// Data with an entry that is not a finite number.
    #[error("row {row}, column {column} is not a finite number")]
    NotFinite {
        /// The row, from 1.
        row: usize,
        /// The column, from 1.
        column: usize,
    },
    /// Convolutions of points that are no images.
    #[error(
        "{network}.channels asks for convolutions, and the data are points of {dim} coordinates, not \
         images"
    )]
    NoImages {
        /// `critic` or `generator`.
        network: &'static str,
        /// Coordinates of a point.
        dim: usize,
    },
    /// Images whose sides cannot be halved so often.
    #[error(
        "{network}.channels halves images {asked} times, and {height} × {width} pixels can be halved \
         {most} times"
    )]
    Halves {
        /// `critic` or `generator`.
        network: &'static str,
        /// Rows of pixels.
        height: usize,
        /// Pixels of a row.
        width: usize,
        /// Number of halvings asked for.
        asked: usize,
        /// Number of halvings of both sides that are possible.
        most: usize,
    },
    /// A batch that takes too much memory in the layers of a network.
    #[error(
        "a batch of {batch} points takes {numbers} numbers in the layers of the {network}: {limit} are \
         the most"
    )]
    BatchMemory {
        /// `critic` or `generator`.
        network: &'static str,
        /// Points a batch.
        batch: usize,
        /// The numbers that they take.
        numbers: usize,
        /// The most they may take.
        limit: usize,
    },
    /// More points than are drawn at a time.
    #[error("{n} points: {limit} such points are the most that are drawn at a time")]
    TooMany {
        /// The points asked for.
        n: usize,
        /// The most there may be.
        limit: usize,
    },
    /// A run whose numbers left the range of `f32`.
    #[error("training diverged: the loss of the {network} is not a number at step {step}")]
    Diverged {
        /// Generator steps done.
        step: u64,
        /// `critic` or `generator`.
        network: &'static str,
    },
    /// A checkpoint of another recipe, or a damaged one.
    #[error("this checkpoint does not fit its own recipe: {what}")]
    Checkpoint {
        /// The part that does not fit.
        what: &'static str,
    },
    /// A checkpoint of a run on other data.
    #[error("the checkpoint was trained on {}, not on {given}", Shown(.saved))]
    OtherData {
        /// The data of the checkpoint.
        saved: String,
        /// The data at hand.
        given: String,
    },
    /// The reference distance could not be computed.
    #[error("the exact distance could not be computed: {message}")]
    ReferenceDistance {
        /// The message of the solver.
        message: String,
    },
}

impl GanError {
    /// Advice for the user.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Recipe(error) => error.hint(),
            Self::Shape(error) => error.hint(),
            Self::Critic(error) => match error {
                CriticError::Overstep { .. } => {
                    "lower critic.rate, or make critic.width smaller".into()
                }
                error => error.hint().into(),
            },
            Self::TooFew { .. } => {
                "give more rows: a generator copies what it sees too rarely".into()
            }
            Self::OnePoint { .. } => "there is nothing to learn from a single point".into(),
            Self::NotFinite { .. } => "remove the row, or fill in the number".into(),
            Self::NoImages { network, .. } => format!(
                "give images, or take a recipe without channels ({network}.channels=[], \
                 {network}.depth=3)"
            ),
            Self::Halves { network, most: 0, .. } => {
                format!("do without convolutions: {network}.channels=[], {network}.depth=3")
            }
            Self::Halves { network, most, .. } => {
                format!("give {network}.channels at most {most} entries")
            }
            Self::TooMany { .. } => "draw fewer, with several seeds".into(),
            Self::BatchMemory { network, .. } => {
                format!("take smaller batches or a narrower {network}")
            }
            Self::Diverged { network, .. } => {
                format!("lower {network}.rate by a factor of 10 to begin with")
            }
            Self::Checkpoint { .. } => "give a checkpoint as it was written, unchanged".into(),
            Self::OtherData { .. } => "resume with the data of the run".into(),
            Self::ReferenceDistance { .. } => {
                "lower the rates: the generated points may lie far out".into()
            }
        }
    }
}
