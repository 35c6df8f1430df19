//! Errors in the shape of a network.

use thiserror::Error;

/// A fault in a list of layers.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ShapeError {
    /// No layer at all.
    #[error("a network needs at least one layer")]
    NoLayers,
    /// A layer without inputs or without outputs.
    #[error("layer {layer} has {inputs} inputs and {outputs} outputs")]
    EmptyLayer {
        /// Index of the layer, from 0.
        layer: usize,
        /// Inputs of the layer.
        inputs: usize,
        /// Outputs of the layer.
        outputs: usize,
    },
    /// Outputs that cannot be sorted in groups of the size asked for.
    #[error("the {outputs} outputs of layer {layer} do not divide into groups of {size}")]
    Groups {
        /// Index of the layer, from 0.
        layer: usize,
        /// Outputs of the layer.
        outputs: usize,
        /// The size of a group.
        size: usize,
    },
    /// A convolution whose window does not fit its images.
    #[error("layer {layer}: there is no such convolution")]
    Window {
        /// Index of the layer, from 0.
        layer: usize,
    },
    /// A convolution of images of another size than its inputs have.
    #[error("layer {layer} takes images of {expected} numbers, but gets {got}")]
    Image {
        /// Index of the layer, from 0.
        layer: usize,
        /// Inputs that the convolution expects.
        expected: usize,
        /// Inputs of the layer.
        got: usize,
    },
    /// More weights, biases or outputs than a network may have.
    #[error("{what} are too many: {limit} are the most that a network may have")]
    TooLarge {
        /// The quantity that is too large, with its number where it is known.
        what: String,
        /// The most there may be.
        limit: usize,
    },
    /// A wrong number of parameters.
    #[error("{got} parameters for layers that have {expected}")]
    Parameters {
        /// Weights and biases of the layers.
        expected: usize,
        /// The number given.
        got: usize,
    },
}

impl ShapeError {
    /// Advice for the user.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::NoLayers => "a linear function is one layer with the identity".to_owned(),
            Self::EmptyLayer { .. } => "give every layer a positive width".to_owned(),
            Self::Groups { outputs, size, .. } if *size > 0 => {
                let fitting = outputs.div_ceil(*size).max(1) * size;
                format!("a width of {fitting} would do")
            }
            Self::Window { .. } => {
                "give it sizes from 1 to 4096, a padding smaller than its kernel, and \
                                    a kernel no larger than the padded images"
                    .to_owned()
            }
            Self::Image { .. } => {
                "its height × width × channels must be what the layer below puts out".to_owned()
            }
            Self::TooLarge { .. } => "take fewer or narrower layers".to_owned(),
            Self::Parameters { .. } => "give each layer its weights and its biases".to_owned(),
            Self::Groups { .. } => "sort in groups of at least 1".to_owned(),
        }
    }
}
