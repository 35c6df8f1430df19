//! Checkpoints: a run as plain data, from which training continues bit by bit.
//!
//! They hold no random streams: each step has streams named by its number, so that its draws do not
//! depend on the process that made the steps before it.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::average::Average;
use super::generator::generate_points;
use super::milestone::Milestone;
use super::networks::PointShape;
use super::saved::{SavedAdversary, SavedNetwork};
use super::{GanError, Recipe, Standard};
use crate::nn::Mlp;
use crate::seed::Stream;

/// A run between two steps of the generator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The recipe of the run.
    pub recipe: Recipe,
    /// Name of the data.
    pub data: String,
    /// The coordinates of the training.
    pub standard: Standard,
    /// The seed of all draws.
    pub seed: u64,
    /// Steps of the critic before those of the generator.
    #[serde(rename = "rehearsed")]
    pub pretrained: u64,
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
    /// The milestones recorded.
    pub history: Vec<Milestone>,
}

impl Checkpoint {
    /// Refuses networks of another shape than the recipe's for such points, before anything is
    /// allocated for them.
    pub(super) fn check_shapes(&self, shape: PointShape) -> Result<(), GanError> {
        let Self { recipe, generator, critic, .. } = self;
        recipe.check()?;
        let layers = recipe.generator.layers_to_points(shape, "generator")?;
        generator.check(recipe.latent_for(shape.dim), &layers)?;
        let shapes = recipe.critic_networks(shape)?;
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
        const MAX_COORDINATES: usize = 1 << 27;
        let misfit = |what| GanError::Checkpoint { what };
        let SavedNetwork { inputs, layers, parameters, .. } = &self.generator;
        let parameters = self.average.mean().unwrap_or_else(|| parameters.clone());
        let network = Mlp::with_parameters(*inputs, layers, parameters)?;
        let Standard { center, scale } = &self.standard;
        if network.outputs() != center.len() || network.outputs() != scale.len() {
            return Err(misfit("the generator has other coordinates than the data"));
        }
        let limit = MAX_COORDINATES / network.inputs().max(network.outputs());
        if n > limit {
            return Err(GanError::TooMany { n, limit });
        }
        let points = generate_points(&network, n, stream);
        if points.iter().all(|x| x.is_finite()) {
            return Ok(self.standard.restore(points.view()));
        }
        Err(misfit("it generates points that are not finite"))
    }
}
