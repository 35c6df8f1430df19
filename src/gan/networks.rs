//! The networks of the players: fully connected ones for points, and for images convolutions.
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

use super::{GanError, Player, Recipe};
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

/// What points are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Form {
    /// Their coordinates.
    pub(super) dim: usize,
    /// The image that they are, if they are one.
    pub(super) image: Option<Image>,
}

/// Layers of a network.
pub(super) type Layers = Vec<(Affine, Activation)>;

impl Player {
    /// Layers from points to so many outputs; `name` is the player's, for the messages.
    pub(super) fn layers_from_points(
        &self,
        form: Form,
        outputs: usize,
        name: &'static str,
    ) -> Result<Layers, GanError> {
        let halvings = self.halvings(form, name)?.into_iter();
        let mut layers: Layers =
            halvings.map(|c| (Affine::Convolution(c), self.activation)).collect();
        layers.extend(self.hidden());
        layers.push((outputs.into(), Activation::Identity));
        Ok(layers)
    }

    /// Layers from so many inputs to points.
    pub(super) fn layers_to_points(
        &self,
        form: Form,
        name: &'static str,
    ) -> Result<Layers, GanError> {
        let mut layers: Layers = self.hidden().collect();
        let halvings = self.halvings(form, name)?;
        if let Some(top) = halvings.last() {
            let (height, width) = top.positions();
            layers.push(((height * width * top.filters).into(), self.activation));
        } else {
            layers.push((form.dim.into(), Activation::Identity));
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
        form: Form,
        name: &'static str,
    ) -> Result<[(usize, Layers); 2], GanError> {
        let down = self.layers_from_points(form, self.code, name)?;
        Ok([(form.dim, down), (self.code, self.layers_to_points(form, name)?)])
    }

    fn hidden(&self) -> impl Iterator<Item = (Affine, Activation)> {
        std::iter::repeat_n((self.width.into(), self.activation), self.depth)
    }

    /// The convolutions from the image down.
    fn halvings(&self, form: Form, player: &'static str) -> Result<Vec<Convolution>, GanError> {
        if self.channels.is_empty() {
            return Ok(Vec::new());
        }
        let Some(Image { height, width, .. }) = form.image else {
            return Err(GanError::NoImages { player, dim: form.dim });
        };
        let (mut sides, mut below, mut halvings) = ((height, width), 1, Vec::new());
        for &channels in &self.channels {
            if sides.0 % 2 == 1 || sides.1 % 2 == 1 {
                let (asked, most) = (self.channels.len(), halvings.len());
                return Err(GanError::Halves { player, height, width, asked, most });
            }
            halvings.push(Convolution::halving(sides, below, channels));
            (sides, below) = ((sides.0 / 2, sides.1 / 2), channels);
        }
        Ok(halvings)
    }
}

impl Recipe {
    /// Inputs and layers of the critic's networks: one network, or encoder and decoder.
    pub(super) fn critic_networks(&self, form: Form) -> Result<Vec<(usize, Layers)>, GanError> {
        if self.has_energy() {
            return Ok(self.critic.autoencoder(form, "critic")?.into());
        }
        Ok(vec![(form.dim, self.critic.layers_from_points(form, 1, "critic")?)])
    }
}

/// The most numbers that a batch may take on its way through a network: 256 MiB.
const MOST_NUMBERS: usize = 1 << 26;

/// Refuses batches that take too much memory, before it is allocated.
pub(super) fn check_room<T: Real>(
    network: &Mlp<T>,
    batch: usize,
    player: &'static str,
) -> Result<(), GanError> {
    let numbers = batch.saturating_mul(network.inputs() + network.neurons());
    if numbers <= MOST_NUMBERS {
        return Ok(());
    }
    Err(GanError::Room { player, batch, numbers, limit: MOST_NUMBERS })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gan::Recipe;
    use crate::nn::Init;
    use crate::seed::Seed;

    fn image(height: usize, width: usize) -> Form {
        Form { dim: height * width, image: Some(Image { height, width, most: 1.0 }) }
    }

    fn player(changes: &[&str]) -> Player {
        Recipe::named("wgan-gp", changes).unwrap().critic
    }

    #[test]
    fn what_goes_down_comes_up_again() {
        let player = player(&["critic.channels=[3, 5]", "critic.depth=1", "critic.width=6"]);
        for (height, width) in [(28, 28), (8, 12), (4, 4)] {
            let form = image(height, width);
            let down = player.layers_from_points(form, 7, "critic").unwrap();
            let up = player.layers_to_points(form, "critic").unwrap();
            let build = |inputs, layers: &[(Affine, Activation)]| {
                Mlp::<f32>::new(inputs, layers, Init::He, &mut Seed(1).stream("w")).unwrap()
            };
            assert_eq!(build(form.dim, &down).outputs(), 7);
            assert_eq!(build(7, &up).outputs(), form.dim);
            assert_eq!((down.len(), up.len()), (4, 4));
            let ends = [&down, &up].map(|layers| layers.last().unwrap().1);
            assert_eq!(ends, [Activation::Identity; 2]);
        }
    }

    #[test]
    fn convolutions_take_images_whose_sides_can_be_halved() {
        let player = player(&["critic.channels=[3, 5, 6]"]);
        let points = Form { dim: 784, image: None };
        let error = player.layers_to_points(points, "generator").unwrap_err();
        assert_eq!(error, GanError::NoImages { player: "generator", dim: 784 });
        let error = player.layers_from_points(image(28, 28), 1, "critic").unwrap_err();
        let (height, width) = (28, 28);
        let expected = GanError::Halves { player: "critic", height, width, asked: 3, most: 2 };
        assert_eq!(error, expected);
        assert!(error.hint().contains("at most 2"), "{}", error.hint());
        let error = player.layers_from_points(image(7, 8), 1, "critic").unwrap_err();
        assert!(error.hint().contains("critic.channels=[]"), "{}", error.hint());
    }
}
