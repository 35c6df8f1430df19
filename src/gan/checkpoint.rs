//! Checkpoints: a run as plain data, from which it goes on as if it had not been interrupted.
//!
//! Random streams have no place in them: those of a step bear its number, so that a step draws the
//! same whether or not those before it were made by the same process.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::adversary;
use super::average::Average;
use super::player::Form;
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
    /// Refuses networks that are not the recipe's for points of this form; allocates nothing for
    /// them.
    pub(super) fn check_shapes(&self, form: Form) -> Result<(), GanError> {
        let Self { recipe, generator, critic, .. } = self;
        recipe.check()?;
        let layers = recipe.generator.layers_to_points(form, "generator")?;
        generator.check(recipe.latent_for(form.dim), &layers)?;
        let shapes = adversary::shapes(recipe, form)?;
        if critic.networks.len() != shapes.len() {
            return Err(GanError::Checkpoint { what: "the critic has another number of networks" });
        }
        let mut networks = critic.networks.iter().zip(&shapes);
        networks.try_for_each(|(network, (inputs, layers))| network.check(*inputs, layers))
    }

    /// Points of the generator, with averaged weights, in the data's own coordinates.
    ///
    /// # Errors
    /// [`GanError::Checkpoint`] for numbers that do not make a generator of such points;
    /// [`GanError::TooMany`] for more points than are drawn at a time.
    pub fn sample(&self, n: usize, stream: &mut Stream) -> Result<Array2<f64>, GanError> {
        /// Coordinates of all points together: 1 GiB.
        const MOST: usize = 1 << 27;
        let misfit = |what| GanError::Checkpoint { what };
        let SavedNetwork { inputs, layers, parameters, .. } = &self.generator;
        let parameters = self.average.mean().unwrap_or_else(|| parameters.clone());
        let network = Mlp::with_parameters(*inputs, layers, parameters)?;
        let Standard { centre, scale } = &self.standard;
        if network.outputs() != centre.len() || network.outputs() != scale.len() {
            return Err(misfit("the generator has other coordinates than the data"));
        }
        let limit = MOST / network.inputs().max(network.outputs());
        if n > limit {
            return Err(GanError::TooMany { n, limit });
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

    /// Refuses a network of another shape than this; allocates nothing.
    pub(super) fn check(
        &self,
        inputs: usize,
        layers: &[(Affine, Activation)],
    ) -> Result<(), GanError> {
        let misfit = |what| Err(GanError::Checkpoint { what });
        if self.inputs != inputs || self.layers != layers {
            return misfit("a network has other layers");
        }
        if self.parameters.len() != Mlp::<f32>::count(inputs, layers)? {
            return misfit("a network has another number of parameters");
        }
        Ok(())
    }

    /// Puts the saved state in place of one of the same shape.
    pub(super) fn restore(
        self,
        network: &mut Mlp<f32>,
        optimizer: &mut Optimizer<f32>,
    ) -> Result<(), GanError> {
        self.check(network.inputs(), &network.layers())?;
        if !optimizer.is_like(&self.optimizer) {
            let what = "an optimiser has another rule or another length";
            return Err(GanError::Checkpoint { what });
        }
        network.parameters_mut().copy_from_slice(&self.parameters);
        *optimizer = self.optimizer;
        Ok(())
    }
}
