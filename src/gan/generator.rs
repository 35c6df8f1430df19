//! The generator of a run: its network, its optimizer, and the running mean of its weights.

use ndarray::Array2;

use super::average::Average;
use super::networks::{PointShape, check_memory};
use super::{GanError, Recipe};
use crate::nn::{Mlp, Optimizer, Real, Tape};
use crate::seed::{Seed, Stream};

/// A generator during training.
pub(super) struct Generator {
    pub(super) network: Mlp<f32>,
    pub(super) optimizer: Optimizer<f32>,
    pub(super) average: Average,
    pub(super) tape: Tape<f32>,
    gradient: Vec<f32>,
}

impl Generator {
    pub(super) fn new(recipe: &Recipe, shape: PointShape, seed: Seed) -> Result<Self, GanError> {
        let settings = &recipe.generator;
        let layers = settings.layers_to_points(shape, "generator")?;
        let stream = &mut seed.stream("generator's weights");
        let network = Mlp::new(recipe.latent_for(shape.dim), &layers, settings.init, stream)?;
        check_memory(&network, recipe.batch, "generator")?;
        let parameters = network.parameters().len();
        Ok(Self {
            optimizer: Optimizer::new(settings.rule, parameters),
            average: Average::over(recipe.average, parameters),
            tape: Tape::new(&network, recipe.batch),
            gradient: vec![0.0; parameters],
            network,
        })
    }

    pub(super) fn latent(&self, rows: usize, stream: &mut Stream) -> Array2<f32> {
        latent(rows, self.network.inputs(), stream)
    }

    /// One step down the loss whose gradient by the points on the tape is given.
    pub(super) fn step(&mut self, by_points: Array2<f32>, rate: f64) {
        self.gradient.fill(0.0);
        self.network.backward(by_points.view(), &mut self.tape, &mut self.gradient);
        self.optimizer.step(self.network.parameters_mut(), &self.gradient, rate);
        self.average.add(self.network.parameters());
    }

    /// The network whose points are judged.
    pub(super) fn averaged(&self) -> Mlp<f32> {
        let mut network = self.network.clone();
        if let Some(mean) = self.average.mean() {
            network.parameters_mut().copy_from_slice(&mean);
        }
        network
    }
}

/// Latent points: standard normal.
pub(super) fn latent(rows: usize, coordinates: usize, stream: &mut Stream) -> Array2<f32> {
    Array2::from_shape_simple_fn((rows, coordinates), || f32::of(stream.normal()))
}

/// Points of a generator, in standard coordinates.
pub(super) fn generate_points(generator: &Mlp<f32>, n: usize, stream: &mut Stream) -> Array2<f64> {
    let z = latent(n, generator.inputs(), stream);
    generator.evaluate(z.view()).mapv(Real::wide)
}
