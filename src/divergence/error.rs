//! Why there is no estimate.

use thiserror::Error;

/// A divergence cannot be estimated from these measures in this way.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum EstimateError {
    /// The points have different numbers of coordinates.
    #[error("the source has {source_dim} coordinates, the target {target_dim}")]
    Dimensions {
        /// Coordinates of a source point.
        source_dim: usize,
        /// Coordinates of a target point.
        target_dim: usize,
    },
    /// Too many dimensions for an estimate of densities.
    #[error(
        "densities in {dim} dimensions: bins or kernels need a number of points that grows \
         exponentially with the dimension, and at most {most} are supported"
    )]
    TooManyDimensions {
        /// Coordinates of a point.
        dim: usize,
        /// The most that are supported.
        most: usize,
    },
    /// The grid has more cells than are supported.
    #[error("{cells:.1e} cells: the points are spread too far apart for bins or kernels so narrow")]
    TooManyCells {
        /// Cells of the grid.
        cells: f64,
    },
    /// All points are one point: there is no scale.
    #[error("all points are the same: nothing tells how wide bins or kernels are to be")]
    NoScale,
    /// Too few points.
    #[error("{have} points: it takes at least {need}")]
    TooFew {
        /// Points given.
        have: usize,
        /// Points needed.
        need: usize,
    },
    /// The estimator is for samples of equal masses.
    #[error("this estimator counts points: their masses must be equal")]
    Weighted,
    /// Points coincide, so that a distance to a neighbor is 0.
    #[error("points that coincide: the distance to a nearest neighbor is 0, its logarithm −∞")]
    Ties,
    /// The points differ by more than an `f64` can hold, or by less.
    #[error("distances leave the range of f64")]
    Scale,
}

impl EstimateError {
    /// Advice for the user.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Dimensions { .. } => "take the same coordinates of both samples",
            Self::TooManyDimensions { .. } => {
                "look at emd, sliced, energy or mmd; for kl, at nearest neighbors; or pick two coordinates"
            }
            Self::TooManyCells { .. } => "take fewer bins, or nearest neighbors",
            Self::NoScale => "look at emd",
            Self::TooFew { .. } => "give more points",
            Self::Weighted => "use a histogram",
            Self::Ties => "use a histogram, or remove the duplicates",
            Self::Scale => "rescale the coordinates",
        }
    }
}
