//! The generator's adversary: what every critic of a GAN can do, whatever it is made of.

use ndarray::ArrayView2;

use super::GanError;
use super::saved::SavedAdversary;
use crate::seed::Stream;

/// What one step of the critic has shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct CriticUpdate {
    /// What the critic minimizes, without the penalty.
    pub(super) loss: f64,
    /// What it pays for its slopes.
    pub(super) penalty: f64,
}

/// A critic as the trainer sees it.
pub(super) trait Adversary: Send {
    /// Draws of this round come from this stream.
    fn set_stream(&mut self, stream: Stream);

    /// One step of its optimizer on real and on generated points, a row each.
    fn update(
        &mut self,
        real: ArrayView2<'_, f32>,
        generated: ArrayView2<'_, f32>,
        rate: f64,
    ) -> CriticUpdate;

    /// One step on real points alone; its loss. Only an autoencoder has anything to learn from
    /// them, and recipes of other critics refuse it.
    fn pretrain(&mut self, _real: ArrayView2<'_, f32>, _rate: f64) -> f64 {
        0.0
    }

    /// The generator's loss on generated points, and its gradient by them.
    fn generator_loss(&mut self, generated: ArrayView2<'_, f32>) -> (f64, ArrayView2<'_, f32>);

    /// Its outputs t at any points.
    fn values(&self, points: ArrayView2<'_, f32>) -> Vec<f32>;

    /// All that it takes to go on as if nothing had happened.
    fn saved(&self) -> SavedAdversary;

    /// Goes on from there.
    fn restore(&mut self, saved: SavedAdversary) -> Result<(), GanError>;
}
