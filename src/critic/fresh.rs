//! Batches that are never seen twice.

use ndarray::Array2;

use super::batches::{Batch, Batches};
use crate::nn::Real;

/// Fresh draws on both sides for every step: `draw` fills the rows of the source and of the target.
pub struct FreshBatches<F> {
    draw: F,
    batch: Batch,
}

impl<F: FnMut(&mut Array2<f32>, &mut Array2<f32>)> FreshBatches<F> {
    /// Batches of `rows` points a side, each with the mass `1/rows`.
    ///
    /// # Panics
    /// If there are no rows.
    #[must_use]
    pub fn new(rows: usize, dim: usize, draw: F) -> Self {
        assert!(rows > 0, "a batch has rows");
        let points = Array2::zeros((rows, dim));
        let mass = vec![f32::of(1.0 / rows as f64); rows];
        let batch = Batch {
            source: points.clone(),
            target: points,
            source_mass: mass.clone(),
            target_mass: mass,
        };
        Self { draw, batch }
    }
}

impl<F: FnMut(&mut Array2<f32>, &mut Array2<f32>)> Batches for FreshBatches<F> {
    fn next(&mut self) -> &Batch {
        (self.draw)(&mut self.batch.source, &mut self.batch.target);
        &self.batch
    }
}
