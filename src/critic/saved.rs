//! Critics as plain data: the numbers from which a critic is rebuilt bit by bit.
//!
//! Lipschitz bounds are not stored: they are computed again from the weights, so that a file cannot
//! claim a bound that does not hold.

use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use super::{Cones, Critic, CriticError, Frame, Lattice, NetworkCritic};
use crate::cost::Metric;
use crate::nn::{Activation, Affine, Mlp};

/// A critic without its metric's type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedCritic {
    /// Name of the distance for which it is 1-Lipschitz, or meant to be.
    pub metric: String,
    /// The function.
    pub function: SavedFunction,
}

/// The numbers that make a critic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SavedFunction {
    /// [`Cones`].
    Cones {
        /// y, a row each.
        #[serde(rename = "centres")]
        centers: Vec<Vec<f64>>,
        /// b.
        heights: Vec<f64>,
    },
    /// [`Lattice`].
    Lattice {
        /// G.
        groups: usize,
        /// c, a row each.
        #[serde(rename = "centres")]
        centers: Vec<Vec<f64>>,
        /// b.
        heights: Vec<f64>,
        /// σ.
        signs: Vec<f64>,
    },
    /// [`NetworkCritic`].
    Network {
        /// The name of its kind.
        kind: String,
        /// o of its frame.
        origin: Vec<f64>,
        /// s of its frame.
        scale: f64,
        /// Affine map and activation of each layer.
        layers: Vec<(Affine, Activation)>,
        /// The weights of each layer, row by row, then its biases.
        parameters: Vec<f64>,
    },
}

impl SavedCritic {
    /// The critic, for the distance that it was saved with.
    ///
    /// # Errors
    /// [`CriticError::Metric`] for another distance; [`CriticError::Saved`] for numbers that do
    /// not make a critic.
    pub fn restore(self, metric: impl Into<Metric>) -> Result<Box<dyn Critic>, CriticError> {
        let metric = metric.into();
        let asked = metric.name();
        if asked != self.metric {
            return Err(CriticError::Metric { saved: self.metric, asked });
        }
        match self.function {
            SavedFunction::Cones { centers, heights } => {
                Ok(Box::new(Cones::new(metric, matrix(&centers)?, Array1::from(heights))?))
            }
            SavedFunction::Lattice { groups, centers, heights, signs } => {
                let (heights, signs) = (Array1::from(heights), Array1::from(signs));
                Ok(Box::new(Lattice::new(groups, matrix(&centers)?, heights, signs)?))
            }
            SavedFunction::Network { kind, origin, scale, layers, parameters } => {
                let network = network(&layers, origin.len(), parameters)?;
                let frame = Frame::new(Array1::from(origin), scale)?;
                Ok(Box::new(NetworkCritic::new(kind, network, frame)?))
            }
        }
    }
}

/// Rows of equal length as a matrix.
fn matrix(rows: &[Vec<f64>]) -> Result<Array2<f64>, CriticError> {
    let d = rows.first().map_or(0, Vec::len);
    let all: Vec<f64> = rows.iter().flatten().copied().collect();
    if d == 0 || rows.iter().any(|row| row.len() != d) {
        return Err(saved("its centers are not rows of equal length"));
    }
    Ok(Array2::from_shape_vec((rows.len(), d), all).expect("rows of length d"))
}

fn network(
    layers: &[(Affine, Activation)],
    inputs: usize,
    parameters: Vec<f64>,
) -> Result<Mlp<f64>, CriticError> {
    if !parameters.iter().all(|x| x.is_finite()) {
        return Err(saved("a parameter is not finite"));
    }
    let network = Mlp::with_parameters(inputs, layers, parameters)
        .map_err(|error| saved(&error.to_string()))?;
    if network.outputs() != 1 {
        return Err(saved("its network has more than one output"));
    }
    Ok(network)
}

fn saved(what: &str) -> CriticError {
    CriticError::Saved { what: what.to_owned() }
}
