//! Critics: functions f that compute the earth mover's distance from below.
//!
//! ```text
//! W₁(μ, ν) = sup { E_μ f − E_ν f : |f(x) − f(y)| ≤ c(x, y) }      (Kantorovich, Rubinstein 1958)
//! ```
//!
//! for a distance c. A critic is trained to reach the supremum, and then judged: its *estimate*
//! `E_μ f − E_ν f` is a lower bound of `W₁` only if its Lipschitz constant is bounded, so [`judge`]
//! states the lower bounds that are proved beside it.
//!
//! Signs: f is high on the source and low on the target, so that the estimate is positive.
//!
//! **References.** Arjovsky, Chintala, Bottou 2017, "Wasserstein generative adversarial
//! networks", ICML; Villani 2009, "Optimal transport: old and new", §5.

mod batches;
mod clip;
mod cones;
mod control;
mod fresh;
mod gradient_penalty;
mod lattice;
mod network;
mod orthonormal;
mod regularizer;
mod saved;
mod spectral;
mod training;
mod verdict;

pub use batches::{Batch, Batches, SampleBatches};
pub use cones::{Cones, TrainCones};
pub use control::LipschitzControl;
pub use fresh::FreshBatches;
pub use gradient_penalty::Pairs;
pub use lattice::{Lattice, LatticeRate, LatticeStart, TrainLattice};
pub use network::{Frame, NetworkCritic};
pub use regularizer::Regularizer;
pub use saved::{SavedCritic, SavedFunction};
pub use training::TrainNetwork;
pub use verdict::{CriticVerdict, Slopes, judge};

use ndarray::{Array1, Array2, ArrayView2};
use thiserror::Error;

use crate::cost::{CostError, GroundCost, Metric};
use crate::nn::ShapeError;
use crate::problem::{Clouds, OtProblem};
use crate::progress::Stop;
use crate::shown::Shown;

/// A function on R^d whose Lipschitz constant has a bound.
pub trait Critic: Sync {
    /// The name of the kind of critic: `cones`, `gp`, …
    fn kind(&self) -> &str;

    /// Dimension d of the points.
    fn dim(&self) -> usize;

    /// f at points (k, d), in `f64`: shape (k,).
    ///
    /// # Errors
    /// [`CriticError`] for points of another dimension, or too far apart for any cost.
    fn values(&self, points: ArrayView2<'_, f64>) -> Result<Array1<f64>, CriticError>;

    /// ∇f at points (k, d): shape (k, d). Where f has a kink, a subgradient.
    ///
    /// # Errors
    /// [`CriticError`] for points of another dimension, or too far apart for any cost.
    fn gradients(&self, points: ArrayView2<'_, f64>) -> Result<Array2<f64>, CriticError>;

    /// A proved bound of the Lipschitz constant of f.
    fn lipschitz(&self) -> Lipschitz;
}

/// A critic that can be saved.
pub trait Save: Critic {
    /// The numbers that rebuild it bit by bit.
    fn saved(&self) -> SavedCritic;
}

/// A critic that has been trained.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained<C> {
    /// The best state.
    pub critic: C,
    /// The evaluations during training.
    pub history: Vec<CriticMilestone>,
    /// The reason of an early stop.
    pub stopped: Option<Stop>,
}

/// A point of a training run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CriticMilestone {
    /// Steps done.
    pub step: u64,
    /// `E_μ f − E_ν f` on the whole samples, in `f64`.
    pub estimate: f64,
    /// The penalty that the training subtracts from it, in the same units; 0 without a penalty.
    pub penalty: f64,
    /// The proved bound of the Lipschitz constant.
    pub lipschitz: f64,
    /// The largest ‖∇f‖ at a sample point.
    pub steepest: f64,
}

/// A proved bound of a Lipschitz constant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lipschitz {
    /// `|f(x) − f(y)| ≤ bound·c(x, y)` for all x, y.
    pub bound: f64,
    /// The reason.
    pub how: &'static str,
}

/// The samples of a problem, and the distance between their points.
fn samples<'p>(problem: &'p OtProblem<'_>) -> Result<(&'p Clouds, Metric), CriticError> {
    let clouds = problem.clouds().ok_or(CriticError::NoPoints)?;
    Ok((clouds, clouds.metric()?))
}

/// The samples of a problem whose distance is the Euclidean.
fn euclidean_samples<'p>(problem: &'p OtProblem<'_>) -> Result<&'p Clouds, CriticError> {
    match samples(problem)? {
        (clouds, _) if clouds.ground == GroundCost::Euclidean => Ok(clouds),
        (_, metric) => Err(CriticError::NotEuclidean { asked: metric.name() }),
    }
}

/// Errors of critics.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum CriticError {
    /// Points of another dimension.
    #[error("the critic takes points in {expected} dimensions, these have {got}")]
    Dimensions {
        /// The critic's d.
        expected: usize,
        /// The points' d.
        got: usize,
    },
    /// A setting makes no sense.
    #[error("{what} is {value}: it must be {bound}")]
    Setting {
        /// The name of the setting.
        what: &'static str,
        /// The value asked for.
        value: f64,
        /// The admissible values.
        bound: &'static str,
    },
    /// A problem on a matrix of costs.
    #[error("a critic is a function of points, and the problem has none")]
    NoPoints,
    /// Another distance than networks and lattices are built for.
    #[error("this kind of critic is built for the Euclidean distance, not for {asked}")]
    NotEuclidean {
        /// The one asked for.
        asked: String,
    },
    /// Another distance than the critic was trained for.
    #[error("the critic was trained for the distance {}, not for {asked}", Shown(.saved))]
    Metric {
        /// The critic's own.
        saved: String,
        /// The one asked for.
        asked: String,
    },
    /// Saved numbers that do not make a critic.
    #[error("this is no critic: {what}")]
    Saved {
        /// The fault.
        what: String,
    },
    /// The numbers of a training run left the range of `f32`.
    #[error("training diverged: the estimate is not a number after {step} steps at rate {rate}")]
    Diverged {
        /// Steps done.
        step: u64,
        /// The rate.
        rate: f64,
    },
    /// Steps too long for one step of Newton and Schulz to undo.
    #[error(
        "a rate of {rate} is too high for an orthonormal layer of {inputs} inputs and {outputs} \
         outputs, where a step may turn a singular value round: at most {most}"
    )]
    Overstep {
        /// The rate asked for.
        rate: f64,
        /// The layer's inputs.
        inputs: usize,
        /// The layer's outputs.
        outputs: usize,
        /// The highest rate for it.
        most: f64,
    },
    /// A matched pair of points that do not exist.
    #[error("the pair ({source_index}, {target_index}) lies outside samples of {n} and {m} points")]
    Pair {
        /// Source point.
        source_index: usize,
        /// Target point.
        target_index: usize,
        /// Source points there are.
        n: usize,
        /// Target points there are.
        m: usize,
    },
    /// A network that cannot be built.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// Points without a distance.
    #[error(transparent)]
    Cost(#[from] CostError),
}

impl CriticError {
    /// Advice for the user.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Dimensions { .. } => "judge a critic on points of the kind it was trained on",
            Self::Setting { .. } => "the default works on data of any scale",
            Self::NoPoints => "make the problem of two measures and a distance",
            Self::NotEuclidean { .. } => "train cones, which take any distance",
            Self::Metric { .. } => "judge it by its own distance",
            Self::Saved { .. } => "give a critic as it was saved, unchanged",
            Self::Diverged { .. } => "lower the rate, by a factor of 10 to begin with",
            Self::Overstep { .. } => "lower the rate, or make the network narrower",
            Self::Pair { .. } => "match points of the samples that the critic is trained on",
            Self::Shape(_) => "take fewer or narrower layers",
            Self::Cost(error) => error.hint(),
        }
    }
}
