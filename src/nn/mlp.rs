//! Multilayer perceptrons: `a_l = φ_l(a_{l−1} W_l + b_l)` for the rows `a_0` of a batch.
//!
//! Back-propagation goes down with `u_l = ∂L/∂a_l` and `s_l = ∂L/∂z_l`, `z_l` being what `φ_l` is
//! applied to:
//!
//! ```text
//! s_l = J_lᵀ u_l,   ∂L/∂W_l = a_{l−1}ᵀ s_l,   ∂L/∂b_l = Σ_rows s_l,   u_{l−1} = s_l W_lᵀ
//! ```
//!
//! `u_0` is the gradient by the inputs; it is computed on request.
//!
//! A pass costs 2 operations a weight and row forward, 2 for each gradient back. All parameters
//! are one vector, which optimizers step along, and so are their gradients.
//!
//! Reference: Rumelhart, Hinton, Williams 1986, "Learning representations by back-propagating
//! errors", Nature 323.

use ndarray::{ArrayView1, ArrayView2, ArrayViewMut1, ArrayViewMut2, aview1};

use super::activation::Activation;
use super::error::ShapeError;
use super::init::Init;
use super::layer::{Affine, Layer};
use super::real::Real;
use crate::seed::Stream;

/// A multilayer perceptron.
#[derive(Debug, Clone, PartialEq)]
pub struct Mlp<T> {
    pub(super) layers: Vec<Layer>,
    /// The weights of each layer, row by row, then its biases.
    pub(super) parameters: Vec<T>,
}

impl<T: Real> Mlp<T> {
    /// A network of `inputs` inputs and the layers given by their outputs and activations, with
    /// weights from `init` and biases 0.
    ///
    /// # Errors
    /// No layers, a width of 0, or one that does not divide into the groups to be sorted.
    ///
    /// # Examples
    /// ```
    /// use deblais::nn::{Activation, Init, Mlp};
    /// use deblais::seed::Seed;
    ///
    /// let layers = [(64, Activation::MaxMin), (1, Activation::Identity)];
    /// let critic = Mlp::<f32>::new(2, &layers, Init::Orthogonal, &mut Seed(1).stream("critic"))?;
    /// assert_eq!(critic.parameters().len(), 2 * 64 + 64 + 64 + 1);
    /// # Ok::<(), deblais::nn::ShapeError>(())
    /// ```
    pub fn new(
        inputs: usize,
        layers: &[(impl Into<Affine> + Copy, Activation)],
        init: Init,
        stream: &mut Stream,
    ) -> Result<Self, ShapeError> {
        let layers = places(inputs, layers)?;
        let parameters = vec![T::zero(); layers.last().map_or(0, Layer::end)];
        let mut network = Self { layers, parameters };
        for (l, layer) in network.layers.clone().iter().enumerate() {
            let weights = layer.first_weights(init, stream);
            network.weights_mut(l).assign(&weights.mapv(T::of));
        }
        Ok(network)
    }

    /// A network of given parameters: of each layer the weights, row by row, then the biases.
    ///
    /// # Errors
    /// Errors of [`Mlp::new`], or another number of parameters.
    pub fn with_parameters(
        inputs: usize,
        layers: &[(impl Into<Affine> + Copy, Activation)],
        parameters: Vec<T>,
    ) -> Result<Self, ShapeError> {
        let layers = places(inputs, layers)?;
        let (expected, got) = (layers.last().map_or(0, Layer::end), parameters.len());
        if expected != got {
            return Err(ShapeError::Parameters { expected, got });
        }
        Ok(Self { layers, parameters })
    }

    /// The parameters of a network of such layers.
    ///
    /// # Errors
    /// Errors of [`Mlp::new`].
    pub(crate) fn count(
        inputs: usize,
        layers: &[(impl Into<Affine> + Copy, Activation)],
    ) -> Result<usize, ShapeError> {
        Ok(places(inputs, layers)?.last().map_or(0, Layer::end))
    }

    /// The network with its parameters converted to another number type.
    #[must_use]
    pub fn cast<U: Real>(&self) -> Mlp<U> {
        let parameters = self.parameters.iter().map(|&x| U::of(x.wide())).collect();
        Mlp { layers: self.layers.clone(), parameters }
    }

    /// Coordinates of an input.
    pub fn inputs(&self) -> usize {
        self.layers[0].inputs
    }

    /// Coordinates of an output.
    pub fn outputs(&self) -> usize {
        self.layers[self.layers.len() - 1].outputs
    }

    /// Outputs of all layers together.
    pub(crate) fn neurons(&self) -> usize {
        self.layers.iter().map(|layer| layer.outputs).sum()
    }

    /// The number of layers.
    pub fn depth(&self) -> usize {
        self.layers.len()
    }

    /// Affine map and activation of each layer, as [`Mlp::new`] takes them.
    pub fn layers(&self) -> Vec<(Affine, Activation)> {
        self.layers.iter().map(|layer| (layer.affine, layer.activation)).collect()
    }

    /// The activation of a layer.
    pub fn activation(&self, layer: usize) -> Activation {
        self.layers[layer].activation
    }

    /// An upper bound of the norm of a layer's affine map divided by that of the matrix of its weights:
    /// 1, but more for convolutions whose windows overlap.
    pub fn overlap(&self, layer: usize) -> f64 {
        self.layers[layer].affine.overlap() as f64
    }

    /// The weights of a layer: (inputs, outputs); of a convolution (k²·channels, filters), of a
    /// transposed convolution (filters, k²·channels).
    pub fn weights(&self, layer: usize) -> ArrayView2<'_, T> {
        self.layers[layer].weights(&self.parameters)
    }

    /// The weights of a layer, to be changed.
    pub fn weights_mut(&mut self, layer: usize) -> ArrayViewMut2<'_, T> {
        self.layers[layer].weights_mut(&mut self.parameters)
    }

    /// The part of a gradient by the parameters that belongs to the weights of a layer, to be changed.
    ///
    /// # Panics
    /// If the gradient is shorter than the parameters.
    pub fn weights_of_mut<'g>(&self, layer: usize, gradient: &'g mut [T]) -> ArrayViewMut2<'g, T> {
        self.layers[layer].weights_mut(gradient)
    }

    /// The biases of a layer.
    pub fn bias(&self, layer: usize) -> ArrayView1<'_, T> {
        aview1(self.layers[layer].bias(&self.parameters))
    }

    /// The biases of a layer, to be changed.
    pub fn bias_mut(&mut self, layer: usize) -> ArrayViewMut1<'_, T> {
        self.layers[layer].bias_mut(&mut self.parameters)
    }

    /// All parameters: of each layer the weights, row by row, then the biases.
    pub fn parameters(&self) -> &[T] {
        &self.parameters
    }

    /// All parameters, to be changed.
    pub fn parameters_mut(&mut self) -> &mut [T] {
        &mut self.parameters
    }
}

/// Largest number of weights and biases of a network.
const MAX_PARAMETERS: usize = 1 << 26;

/// Largest number of outputs of all layers together.
const MAX_NEURONS: usize = 1 << 18;

/// The layers one after another in the parameter vector, checked. Nothing is allocated for a network
/// that is too large: the numbers may come from a file.
fn places(
    inputs: usize,
    layers: &[(impl Into<Affine> + Copy, Activation)],
) -> Result<Vec<Layer>, ShapeError> {
    let too_large = |what, limit| Err(ShapeError::TooLarge { what, limit });
    let mut placed: Vec<Layer> = Vec::with_capacity(layers.len());
    let mut outputs = 0_usize;
    for (index, &(affine, activation)) in layers.iter().enumerate() {
        let (inputs, start) = placed.last().map_or((inputs, 0), |last| (last.outputs, last.end()));
        let layer = Layer::new(index, (affine.into(), activation), inputs, start)?;
        outputs = outputs.saturating_add(layer.outputs);
        if outputs > MAX_NEURONS {
            return too_large(format!("{outputs} outputs of layers"), MAX_NEURONS);
        }
        match layer.checked_end() {
            Some(end) if end <= MAX_PARAMETERS => placed.push(layer),
            _ => return too_large("its weights and biases".to_owned(), MAX_PARAMETERS),
        }
    }
    if placed.is_empty() { Err(ShapeError::NoLayers) } else { Ok(placed) }
}
