//! The interface of a GAN's critic for the trainer: a [`ScalarCritic`](super::scalar::ScalarCritic) or
//! an [`EnergyCritic`](super::energy::EnergyCritic).

use ndarray::ArrayView2;

use super::GanError;
use super::saved::SavedAdversary;
use crate::seed::Stream;

/// The loss and the penalty of one step of the critic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct CriticUpdate {
    /// The critic's loss without the penalty.
    pub(super) loss: f64,
    /// The penalty.
    pub(super) penalty: f64,
}

/// The interface of a critic for the trainer.
pub(super) trait Adversary: Send {
    /// Replaces the random stream for this round.
    fn set_stream(&mut self, stream: Stream);

    /// One step of the critic's optimizer on real and on generated points, a row each.
    fn update(
        &mut self,
        real: ArrayView2<'_, f32>,
        generated: ArrayView2<'_, f32>,
        rate: f64,
    ) -> CriticUpdate;

    /// One step on real points alone; returns the loss. Only autoencoders are pretrained; recipes of
    /// other critics are refused.
    fn pretrain(&mut self, _real: ArrayView2<'_, f32>, _rate: f64) -> f64 {
        0.0
    }

    /// The generator's loss on generated points, and the gradient of the loss by the points.
    fn generator_loss(&mut self, generated: ArrayView2<'_, f32>) -> (f64, ArrayView2<'_, f32>);

    /// The outputs t at any number of points.
    fn values(&self, points: ArrayView2<'_, f32>) -> Vec<f32>;

    /// The complete state, from which training continues bit by bit.
    fn saved(&self) -> SavedAdversary;

    /// Replaces the state by a saved one.
    fn restore(&mut self, saved: SavedAdversary) -> Result<(), GanError>;
}
