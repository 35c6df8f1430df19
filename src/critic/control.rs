//! The interface of everything that bounds the slope of a network critic: a penalty on gradients or
//! a constraint on weights.

use ndarray::ArrayViewMut2;

use super::{Batch, CriticError};
use crate::nn::Mlp;
use crate::seed::Stream;

/// A constraint or penalty that bounds the slope of a network during training.
pub trait LipschitzControl: Send + Sync {
    /// Number of points that a step penalizes, at `rows` rows a side.
    fn penalized(&self, _rows: usize) -> usize {
        0
    }

    /// Draws the points at which this step penalizes the slope.
    fn interpolate(&mut self, _batch: &Batch, _points: ArrayViewMut2<'_, f32>) {}

    /// ψ and ψ′ at a slope: the penalty P is the mean of ψ over the points drawn.
    fn psi(&self, _slope: f64) -> (f64, f64) {
        (0.0, 0.0)
    }

    /// Projects the gradient by the parameters onto the tangent space of the constraint.
    fn tangent(&mut self, _network: &Mlp<f32>, _gradient: &mut [f32]) {}

    /// Projects the parameters onto the constraint after a step.
    fn project(&mut self, _network: &mut Mlp<f32>) {}

    /// Replaces the random stream.
    fn set_stream(&mut self, _stream: Stream) {}

    /// State that is carried from step to step, without the random stream.
    fn memory(&self) -> Vec<f32> {
        Vec::new()
    }

    /// Restores the state that [`LipschitzControl::memory`] returned; `false` if its length does
    /// not fit.
    fn recall(&mut self, memory: &[f32]) -> bool {
        memory.is_empty()
    }
}

/// No constraint and no penalty.
pub(super) struct Unconstrained;

impl LipschitzControl for Unconstrained {}

/// An error unless a setting is a number ≥ 0.
pub(super) fn not_negative(what: &'static str, value: f64) -> Result<(), CriticError> {
    if value >= 0.0 && value.is_finite() {
        return Ok(());
    }
    Err(CriticError::Setting { what, value, bound: "a number ≥ 0" })
}

/// An error unless a setting is a positive number.
pub(super) fn positive(what: &'static str, value: f64) -> Result<(), CriticError> {
    if value > 0.0 && value.is_finite() {
        return Ok(());
    }
    Err(CriticError::Setting { what, value, bound: "a positive number" })
}
