//! The networks of a run as plain data, with the states of their optimizers.

use serde::{Deserialize, Serialize};

use super::GanError;
use crate::nn::{Activation, Affine, Mlp, Optimizer};

/// A network with its optimizer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedNetwork {
    /// Coordinates of an input.
    pub inputs: usize,
    /// Affine map and activation of each layer.
    pub layers: Vec<(Affine, Activation)>,
    /// The weights of each layer, row by row, then its biases.
    pub parameters: Vec<f32>,
    /// The optimizer's memory.
    pub optimizer: Optimizer<f32>,
}

/// A critic with its optimizers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedAdversary {
    /// One network, or encoder and decoder.
    pub networks: Vec<SavedNetwork>,
    /// The state of the regularizer.
    pub memory: Vec<f32>,
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
            let what = "an optimizer has another rule or another length";
            return Err(GanError::Checkpoint { what });
        }
        network.parameters_mut().copy_from_slice(&self.parameters);
        *optimizer = self.optimizer;
        Ok(())
    }
}
