//! One layer: an affine map z = A(x) + b of each row x, and the activation on it.
//!
//! Each affine map has three operations with the matrix W of its weights:
//!
//! | | dense | [convolution](super::convolution) | transposed convolution |
//! |---|---|---|---|
//! | `push_forward`: A(x) | x W | P(x) W | Pᵀ(x W) |
//! | `pull_back`: ∂L/∂x for s = ∂L/∂z | s Wᵀ | Pᵀ(s Wᵀ) | P(s) Wᵀ |
//! | `each_pair`: ∂L/∂W as a product | xᵀ s | P(x)ᵀ s | xᵀ P(s) |
//!
//! and ∂L/∂b is the sum of s over rows, and over positions where there are such. The layer is a
//! shape and a place: its weights, row by row, and then its biases lie in the network's one
//! parameter vector, and their gradients at the same place of the gradient's vector.

use std::ops::Range;

use ndarray::{Array2, ArrayView2, ArrayViewMut1, ArrayViewMut2, aview_mut1};
use serde::{Deserialize, Serialize};

use super::activation::Activation;
use super::convolution::Convolution;
use super::error::ShapeError;
use super::init::Init;
use super::product::product;
use super::real::Real;
use crate::seed::Stream;

/// The affine map of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Affine {
    /// A convolution of images.
    Convolution(Convolution),
    /// A transposed convolution, from its positions up to images.
    Transposed(Convolution),
    /// A fully connected map with this number of outputs.
    #[serde(untagged)]
    Dense(usize),
}

impl From<usize> for Affine {
    fn from(outputs: usize) -> Self {
        Self::Dense(outputs)
    }
}

impl Affine {
    /// The shape of W, and the number of biases, for `inputs` input coordinates.
    fn shape(self, inputs: usize) -> ((usize, usize), usize) {
        match self {
            Self::Dense(outputs) => ((inputs, outputs), outputs),
            Self::Convolution(c) => ((c.patch(), c.filters), c.filters),
            Self::Transposed(c) => ((c.filters, c.patch()), c.channels),
        }
    }

    /// An upper bound of the norm of the map divided by the norm of W.
    pub(super) fn overlap(self) -> usize {
        match self {
            Self::Dense(_) => 1,
            Self::Convolution(c) | Self::Transposed(c) => c.overlap(),
        }
    }
}

/// A layer's map, activation, and place in the parameter vector.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Layer {
    pub(super) affine: Affine,
    pub(super) activation: Activation,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    /// The shape of W.
    pub(super) shape: (usize, usize),
    pub(super) biases: usize,
    /// Index of the first weight in the parameter vector.
    pub(super) start: usize,
}

impl Layer {
    /// The layer at a place, checked; `index` is for the messages.
    pub(super) fn new(
        index: usize,
        (affine, activation): (Affine, Activation),
        inputs: usize,
        start: usize,
    ) -> Result<Self, ShapeError> {
        let (expected, outputs) = match affine {
            Affine::Dense(outputs) => (inputs, outputs),
            Affine::Convolution(c) | Affine::Transposed(c) if !c.is_sound() => {
                return Err(ShapeError::Window { layer: index });
            }
            Affine::Convolution(c) => (c.image(), c.answers()),
            Affine::Transposed(c) => (c.answers(), c.image()),
        };
        if inputs == 0 || outputs == 0 {
            return Err(ShapeError::EmptyLayer { layer: index, inputs, outputs });
        }
        if inputs != expected {
            return Err(ShapeError::Image { layer: index, expected, got: inputs });
        }
        let (shape, biases) = affine.shape(inputs);
        let size = activation.group();
        if size == 0 || biases % size != 0 {
            return Err(ShapeError::Groups { layer: index, outputs: biases, size });
        }
        Ok(Self { affine, activation, inputs, outputs, shape, biases, start })
    }

    /// First weights. A transposed convolution adds up what ⌈k/stride⌉² windows have for a pixel,
    /// as if it had as many times the inputs.
    pub(super) fn first_weights(&self, init: Init, stream: &mut Stream) -> Array2<f64> {
        let weights = init.weights(self.shape.0, self.shape.1, stream);
        match self.affine {
            Affine::Transposed(c) => weights / c.overlap() as f64,
            _ => weights,
        }
    }

    /// The number of weights.
    pub(super) fn size(&self) -> usize {
        self.shape.0 * self.shape.1
    }

    /// Index of the first bias in the parameter vector.
    fn middle(&self) -> usize {
        self.start + self.size()
    }

    /// Index after the last parameter of the layer.
    pub(super) fn end(&self) -> usize {
        self.middle() + self.biases
    }

    /// [`end`](Self::end), or `None` on overflow: for layers that are not checked yet.
    pub(super) fn checked_end(&self) -> Option<usize> {
        let weights = self.shape.0.checked_mul(self.shape.1)?;
        self.start.checked_add(weights)?.checked_add(self.biases)
    }

    fn weight_range(&self) -> Range<usize> {
        self.start..self.middle()
    }

    pub(super) fn weights<'a, T: Real>(&self, parameters: &'a [T]) -> ArrayView2<'a, T> {
        ArrayView2::from_shape(self.shape, &parameters[self.weight_range()])
            .expect("the range has the size of the shape")
    }

    pub(super) fn weights_mut<'a, T: Real>(&self, parameters: &'a mut [T]) -> ArrayViewMut2<'a, T> {
        let range = self.weight_range();
        ArrayViewMut2::from_shape(self.shape, &mut parameters[range])
            .expect("the range has the size of the shape")
    }

    pub(super) fn bias<'a, T: Real>(&self, parameters: &'a [T]) -> &'a [T] {
        &parameters[self.middle()..self.end()]
    }

    pub(super) fn bias_mut<'a, T: Real>(&self, parameters: &'a mut [T]) -> ArrayViewMut1<'a, T> {
        aview_mut1(&mut parameters[self.middle()..self.end()])
    }

    /// p ← A(q): a direction in x to the one in z, or x itself to z without b.
    pub(super) fn push_forward<T: Real>(
        &self,
        parameters: &[T],
        q: ArrayView2<T>,
        p: ArrayViewMut2<T>,
    ) {
        let w = self.weights(parameters);
        match self.affine {
            Affine::Dense(_) => product(q, w, p),
            Affine::Convolution(c) => c.correlate(q, w, p),
            Affine::Transposed(c) => c.spread(q, w.reversed_axes(), p),
        }
    }

    /// u ← Aᵀ(s): from the gradient by z to that by x.
    pub(super) fn pull_back<T: Real>(
        &self,
        parameters: &[T],
        s: ArrayView2<T>,
        u: ArrayViewMut2<T>,
    ) {
        let w = self.weights(parameters);
        match self.affine {
            Affine::Dense(_) => product(s, w.reversed_axes(), u),
            Affine::Convolution(c) => c.spread(s, w, u),
            Affine::Transposed(c) => c.correlate(s, w.reversed_axes(), u),
        }
    }

    /// Calls `add` with pairs of matrices (a, b) for which ∂L/∂W = Σ aᵀ b.
    pub(super) fn each_pair<T: Real>(
        &self,
        x: ArrayView2<T>,
        s: ArrayView2<T>,
        mut add: impl FnMut(ArrayView2<T>, ArrayView2<T>),
    ) {
        match self.affine {
            Affine::Dense(_) => add(x, s),
            Affine::Convolution(c) => c.each_pair(x, s, add),
            Affine::Transposed(c) => c.each_pair(s, x, |s, x| add(x, s)),
        }
    }
}
