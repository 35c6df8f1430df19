//! The layers of critic and generator: fully connected ones for points, and convolutions for images.
//!
//! ```text
//! from points:   [halve the image, channels₁] … [halve it, channels_n]  →  hidden layers  →  outputs
//! to points:     inputs  →  hidden layers  →  [channels_n at 1/2ⁿ of the sides]  →  … up to the image
//! ```
//!
//! with windows of 4 × 4 pixels in steps of 2, transposed on the way up, and the hidden layers alone
//! where there are no channels.
//!
//! **Reference.** Radford, Metz, Chintala 2016, "Unsupervised representation learning with deep
//! convolutional generative adversarial networks", ICLR; without its batch normalization, which a
//! penalty on the critic's slope at single points does not go with (Gulrajani et al. 2017, §4).

use super::{GanError, NetworkSettings, Recipe};
use crate::nn::{Activation, Affine, Convolution, Mlp, Real};

/// Gray images, each a row of pixels from the top left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Image {
    /// Rows of pixels.
    pub height: usize,
    /// Pixels of a row.
    pub width: usize,
    /// The largest value that a pixel can have; the smallest is 0.
    pub most: f64,
}

/// The shape of the points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PointShape {
    /// Coordinates of a point.
    pub(super) dim: usize,
    /// The image size, if the points are images.
    pub(super) image: Option<Image>,
}

/// Layers of a network.
pub(super) type Layers = Vec<(Affine, Activation)>;

impl NetworkSettings {
    /// Layers from points to this number of outputs; `name` is `critic` or `generator`, for the
    /// messages.
    pub(super) fn layers_from_points(
        &self,
        shape: PointShape,
        outputs: usize,
        name: &'static str,
    ) -> Result<Layers, GanError> {
        let halvings = self.halvings(shape, name)?.into_iter();
        let mut layers: Layers =
            halvings.map(|c| (Affine::Convolution(c), self.activation)).collect();
        layers.extend(self.hidden());
        layers.push((outputs.into(), Activation::Identity));
        Ok(layers)
    }

    /// Layers from an input vector to points.
    pub(super) fn layers_to_points(
        &self,
        shape: PointShape,
        name: &'static str,
    ) -> Result<Layers, GanError> {
        let mut layers: Layers = self.hidden().collect();
        let halvings = self.halvings(shape, name)?;
        if let Some(top) = halvings.last() {
            let (height, width) = top.positions();
            layers.push(((height * width * top.filters).into(), self.activation));
        } else {
            layers.push((shape.dim.into(), Activation::Identity));
        }
        for convolution in halvings.into_iter().rev() {
            layers.push((Affine::Transposed(convolution), self.activation));
        }
        if let Some((_, last)) = layers.last_mut() {
            *last = Activation::Identity;
        }
        Ok(layers)
    }

    /// Inputs and layers of an encoder of points and of its decoder.
    pub(super) fn autoencoder(
        &self,
        shape: PointShape,
        name: &'static str,
    ) -> Result<[(usize, Layers); 2], GanError> {
        let down = self.layers_from_points(shape, self.code, name)?;
        Ok([(shape.dim, down), (self.code, self.layers_to_points(shape, name)?)])
    }

    fn hidden(&self) -> impl Iterator<Item = (Affine, Activation)> {
        std::iter::repeat_n((self.width.into(), self.activation), self.depth)
    }

    /// The convolutions from the image down.
    fn halvings(
        &self,
        shape: PointShape,
        network: &'static str,
    ) -> Result<Vec<Convolution>, GanError> {
        if self.channels.is_empty() {
            return Ok(Vec::new());
        }
        let Some(Image { height, width, .. }) = shape.image else {
            return Err(GanError::NoImages { network, dim: shape.dim });
        };
        let (mut sides, mut below, mut halvings) = ((height, width), 1, Vec::new());
        for &channels in &self.channels {
            if sides.0 % 2 == 1 || sides.1 % 2 == 1 {
                let (asked, most) = (self.channels.len(), halvings.len());
                return Err(GanError::Halves { network, height, width, asked, most });
            }
            halvings.push(Convolution::halving(sides, below, channels));
            (sides, below) = ((sides.0 / 2, sides.1 / 2), channels);
        }
        Ok(halvings)
    }
}

impl Recipe {
    /// Inputs and layers of the critic's networks: one network, or encoder and decoder.
    pub(super) fn critic_networks(
        &self,
        shape: PointShape,
    ) -> Result<Vec<(usize, Layers)>, GanError> {
        if self.has_autoencoder() {
            return Ok(self.critic.autoencoder(shape, "critic")?.into());
        }
        Ok(vec![(shape.dim, self.critic.layers_from_points(shape, 1, "critic")?)])
    }
}

/// Largest number of `f32` that a batch may take in the layers of a network: 256 MiB.
const MAX_BATCH_NUMBERS: usize = 1 << 26;

/// Refuses batches that take too much memory, before it is allocated.
pub(super) fn check_memory<T: Real>(
    mlp: &Mlp<T>,
    batch: usize,
    network: &'static str,
) -> Result<(), GanError> {
    let numbers = batch.saturating_mul(mlp.inputs() + mlp.neurons());
    if numbers <= MAX_BATCH_NUMBERS {
        return Ok(());
    }
    Err(GanError::BatchMemory { network, batch, numbers, limit: MAX_BATCH_NUMBERS })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gan::Recipe;
    use crate::nn::Init;
    use crate::seed::Seed;

    fn image(height: usize, width: usize) -> PointShape {
        PointShape { dim: height * width, image: Some(Image { height, width, most: 1.0 }) }
    }

    fn settings(changes: &[&str]) -> NetworkSettings {
        Recipe::named("wgan-gp", changes).unwrap().critic
    }

    #[test]
    fn what_goes_down_comes_up_again() {
        let settings = settings(&["critic.channels=[3, 5]", "critic.depth=1", "critic.width=6"]);
        for (height, width) in [(28, 28), (8, 12), (4, 4)] {
            let shape = image(height, width);
            let down = settings.layers_from_points(shape, 7, "critic").unwrap();
            let up = settings.layers_to_points(shape, "critic").unwrap();
            let build = |inputs, layers: &[(Affine, Activation)]| {
                Mlp::<f32>::new(inputs, layers, Init::He, &mut Seed(1).stream("w")).unwrap()
            };
            assert_eq!(build(shape.dim, &down).outputs(), 7);
            assert_eq!(build(7, &up).outputs(), shape.dim);
            assert_eq!((down.len(), up.len()), (4, 4));
            let ends = [&down, &up].map(|layers| layers.last().unwrap().1);
            assert_eq!(ends, [Activation::Identity; 2]);
        }
    }

    #[test]
    fn convolutions_take_images_whose_sides_can_be_halved() {
        let settings = settings(&["critic.channels=[3, 5, 6]"]);
        let points = PointShape { dim: 784, image: None };
        let error = settings.layers_to_points(points, "generator").unwrap_err();
        assert_eq!(error, GanError::NoImages { network: "generator", dim: 784 });
        let error = settings.layers_from_points(image(28, 28), 1, "critic").unwrap_err();
        let (height, width) = (28, 28);
        let expected = GanError::Halves { network: "critic", height, width, asked: 3, most: 2 };
        assert_eq!(error, expected);
        assert!(error.hint().contains("at most 2"), "{}", error.hint());
        let error = settings.layers_from_points(image(7, 8), 1, "critic").unwrap_err();
        assert!(error.hint().contains("critic.channels=[]"), "{}", error.hint());
    }
}
