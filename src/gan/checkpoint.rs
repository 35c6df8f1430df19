//! Checkpoints: a run as plain data, from which it goes on as if it had not been interrupted.
//!
//! Random streams have no place in them: those of a step bear its number, so that a step draws the
//! same whether or not those before it were made by the same process.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::average::Average;
use super::trainer::{Milestone, points_of};
use super::{GanError, Recipe, Standard};
use crate::nn::{Activation, Affine, Mlp, Optimizer};
use crate::seed::Stream;

/// A run between two steps of the generator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// How it is trained.
    pub recipe: Recipe,
    /// Name of the data.
    pub data: String,
    /// The coordinates of the training.
    pub standard: Standard,
    /// Where its draws come from.
    pub seed: u64,
    /// Steps of the critic before the game.
    pub rehearsed: u64,
    /// Steps of the generator.
    pub step: u64,
    /// The generator.
    pub generator: SavedNetwork,
    /// The running mean of its weights.
    pub(super) average: Average,
    /// The critic.
    pub critic: SavedAdversary,
    /// The critic's penalty in its last step.
    pub penalty: f64,
    /// What has been recorded.
    pub history: Vec<Milestone>,
}

/// A network with its optimiser.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedNetwork {
    /// Coordinates of an input.
    pub inputs: usize,
    /// Affine map and activation of each layer.
    pub layers: Vec<(Affine, Activation)>,
    /// Of each layer the weights, row by row, then the biases.
    pub parameters: Vec<f32>,
    /// The optimiser's memory.
    pub optimizer: Optimizer<f32>,
}

/// A critic with its optimisers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedAdversary {
    /// One network, or encoder and decoder.
    pub networks: Vec<SavedNetwork>,
    /// What the regulariser remembers.
    pub memory: Vec<f32>,
}

impl Checkpoint {
    /// Points of the generator, with averaged weights, in the data's own coordinates.
    ///
    /// # Errors
    /// [`GanError::Checkpoint`] for numbers that do not make a generator of such points.
    pub fn sample(&self, n: usize, stream: &mut Stream) -> Result<Array2<f64>, GanError> {
        let misfit = |what| GanError::Checkpoint { what };
        let SavedNetwork { inputs, layers, parameters, .. } = &self.generator;
        let parameters = self.average.mean().unwrap_or_else(|| parameters.clone());
        let network = Mlp::with_parameters(*inputs, layers, parameters)?;
        let Standard { centre, scale } = &self.standard;
        if network.outputs() != centre.len() || network.outputs() != scale.len() {
            return Err(misfit("the generator has other coordinates than the data"));
        }
        let points = points_of(&network, n, stream);
        if points.iter().all(|x| x.is_finite()) {
            return Ok(self.standard.restore(points.view()));
        }
        Err(misfit("it generates points that are not finite"))
    }
}

impl SavedNetwork {
    pub(super) fn of(network: &Mlp<f32>, optimizer: &Optimizer<f32>) -> Self {
        Self {
            inputs: network.inputs(),
            layers: network.layers(),
            parameters: network.parameters().to_vec(),
            optimizer: optimizer.clone(),
        }
    }

    /// Puts the saved state in place of one of the same shape.
    pub(super) fn restore(
        self,
        network: &mut Mlp<f32>,
        optimizer: &mut Optimizer<f32>,
    ) -> Result<(), GanError> {
        let misfit = |what| Err(GanError::Checkpoint { what });
        if self.inputs != network.inputs() || self.layers != network.layers() {
            return misfit("a network has other layers");
        }
        if self.parameters.len() != network.parameters().len() {
            return misfit("a network has another number of parameters");
        }
        if !optimizer.is_like(&self.optimizer) {
            return misfit("an optimiser has another rule or another length");
        }
        network.parameters_mut().copy_from_slice(&self.parameters);
        *optimizer = self.optimizer;
        Ok(())
    }
}
