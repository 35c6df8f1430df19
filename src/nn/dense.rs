//! One fully connected layer: z = x W + b for each row x, with W (inputs, outputs).
//!
//! The layer is a shape and a place: its weights, row by row, and then its biases lie in the
//! network's one parameter vector, and their gradients at the same place of the gradient's vector.
//! For s = ∂L/∂z: ∂L/∂x = s Wᵀ, ∂L/∂W = xᵀ s, `∂L/∂b = Σ_rows s`.

use std::ops::Range;

use ndarray::{ArrayView2, ArrayViewMut1, ArrayViewMut2, aview_mut1};

use super::activation::Activation;
use super::product::product;
use super::real::Real;

/// A layer's shape, activation, and place in the parameter vector.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Dense {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) activation: Activation,
    /// Where the weights begin.
    pub(super) start: usize,
}

impl Dense {
    /// Where the biases begin.
    fn middle(&self) -> usize {
        self.start + self.inputs * self.outputs
    }

    /// The first place behind the layer.
    pub(super) fn end(&self) -> usize {
        self.middle() + self.outputs
    }

    fn weight_range(&self) -> Range<usize> {
        self.start..self.middle()
    }

    pub(super) fn weights<'a, T: Real>(&self, parameters: &'a [T]) -> ArrayView2<'a, T> {
        ArrayView2::from_shape((self.inputs, self.outputs), &parameters[self.weight_range()])
            .expect("the range has the size of the shape")
    }

    pub(super) fn weights_mut<'a, T: Real>(&self, parameters: &'a mut [T]) -> ArrayViewMut2<'a, T> {
        let range = self.weight_range();
        ArrayViewMut2::from_shape((self.inputs, self.outputs), &mut parameters[range])
            .expect("the range has the size of the shape")
    }

    pub(super) fn bias<'a, T: Real>(&self, parameters: &'a [T]) -> &'a [T] {
        &parameters[self.middle()..self.end()]
    }

    pub(super) fn bias_mut<'a, T: Real>(&self, parameters: &'a mut [T]) -> ArrayViewMut1<'a, T> {
        aview_mut1(&mut parameters[self.middle()..self.end()])
    }

    /// p ← q W: a direction in x to the one in z, or x itself to z without b.
    pub(super) fn push_forward<T: Real>(
        &self,
        parameters: &[T],
        q: ArrayView2<T>,
        p: ArrayViewMut2<T>,
    ) {
        product(q, self.weights(parameters), p);
    }

    /// u ← s Wᵀ: from the gradient by z to that by x.
    pub(super) fn pull_back<T: Real>(
        &self,
        parameters: &[T],
        s: ArrayView2<T>,
        u: ArrayViewMut2<T>,
    ) {
        product(s, self.weights(parameters).reversed_axes(), u);
    }
}
