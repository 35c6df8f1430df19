//! A critic with one output a point: the discriminator of the original GAN, and Wasserstein's f.
//!
//! A step minimizes `E ℓ_real(D(x)) + E ℓ_fake(D(G(z))) + P`, where the penalty P and the
//! constraints on D are those of [`critic`](crate::critic).

use ndarray::{Array2, ArrayView2, s};

use super::adversary::{Adversary, CriticUpdate};
use super::networks::{PointShape, check_memory};
use super::saved::{SavedAdversary, SavedNetwork};
use super::{GanError, Objective, Recipe};
use crate::critic::{Batch, LipschitzControl};
use crate::nn::{Mlp, Optimizer, PenalizedTape, Real, Tape};
use crate::seed::{Seed, Stream};

/// A scalar critic with its optimizer, control and buffers.
pub(super) struct ScalarCritic {
    objective: Objective,
    network: Mlp<f32>,
    optimizer: Optimizer<f32>,
    control: Box<dyn LipschitzControl>,
    /// The points of a step in the form that a control takes.
    batch: Batch,
    /// Real points above generated ones.
    points: Array2<f32>,
    interpolates: Array2<f32>,
    tape: PenalizedTape<f32>,
    by_outputs: Array2<f32>,
    gradient: Vec<f32>,
    /// For the generator's update.
    generator_tape: Tape<f32>,
    by_generated: Array2<f32>,
}

impl ScalarCritic {
    pub(super) fn new(recipe: &Recipe, shape: PointShape, seed: Seed) -> Result<Self, GanError> {
        let (settings, dim) = (&recipe.critic, shape.dim);
        let layers = settings.layers_from_points(shape, 1, "critic")?;
        let stream = &mut seed.stream("critic's weights");
        let mut network = Mlp::new(dim, &layers, settings.init, stream)?;
        check_memory(&network, 2 * recipe.batch, "critic")?;
        let width = settings.width;
        recipe.regularizer.check(settings.rate, [(dim, width), (width, width)])?;
        let mut control = recipe.regularizer.control(&network, seed);
        control.project(&mut network);
        let rows = recipe.batch;
        let penalized = control.penalized(rows);
        let zeros = |rows| Array2::zeros((rows, dim));
        let mass = vec![f32::of(1.0 / rows as f64); rows];
        Ok(Self {
            objective: recipe.objective,
            optimizer: Optimizer::new(settings.rule, network.parameters().len()),
            control,
            batch: Batch {
                source: zeros(rows),
                target: zeros(rows),
                source_mass: mass.clone(),
                target_mass: mass,
            },
            points: zeros(2 * rows),
            interpolates: zeros(penalized),
            tape: PenalizedTape::new(&network, 2 * rows, penalized),
            by_outputs: Array2::zeros((2 * rows, 1)),
            gradient: vec![0.0; network.parameters().len()],
            generator_tape: Tape::new(&network, rows),
            by_generated: Array2::zeros((rows, 1)),
            network,
        })
    }
}

impl ScalarCritic {
    /// The generator's loss under an objective on at most a batch of points, and the gradient of
    /// the loss by the points.
    pub(super) fn generator_loss_of(
        &mut self,
        objective: Objective,
        generated: ArrayView2<'_, f32>,
    ) -> (f64, ArrayView2<'_, f32>) {
        let rows = generated.nrows();
        let outputs = self.network.forward(generated, &mut self.generator_tape);
        let outputs = outputs.as_slice().expect("one column");
        let slopes = &mut self.by_generated.as_slice_mut().expect("made in one piece")[..rows];
        let loss = objective.generator(outputs, slopes);
        let by_generated = self.by_generated.slice(s![..rows, ..]);
        (loss, self.network.pull_back(by_generated, &mut self.generator_tape))
    }
}

/// A matrix without gaps as a slice.
fn flat(column: &Array2<f32>) -> &[f32] {
    column.as_slice().expect("made in one piece")
}

impl Adversary for ScalarCritic {
    fn set_stream(&mut self, stream: Stream) {
        self.control.set_stream(stream);
    }

    fn update(
        &mut self,
        real: ArrayView2<'_, f32>,
        generated: ArrayView2<'_, f32>,
        rate: f64,
    ) -> CriticUpdate {
        let Self { objective, network, control, points, interpolates, tape, gradient, .. } = self;
        let rows = real.nrows();
        points.slice_mut(s![..rows, ..]).assign(&real);
        points.slice_mut(s![rows.., ..]).assign(&generated);
        self.batch.source.assign(&real);
        self.batch.target.assign(&generated);
        control.interpolate(&self.batch, interpolates.view_mut());

        let outputs = tape.forward(network, points.view(), interpolates.view());
        let outputs = outputs.as_slice().expect("one column");
        let slopes = self.by_outputs.as_slice_mut().expect("made in one piece");
        let loss = objective.critic(outputs.split_at(rows), slopes.split_at_mut(rows));
        let share = 1.0 / interpolates.nrows().max(1) as f64;
        let psi = |slope: f64| {
            let (value, derivative) = control.psi(slope);
            (share * value, share * derivative)
        };
        gradient.fill(0.0);
        let penalty = tape.backward(network, self.by_outputs.view(), psi, gradient);

        control.tangent(network, gradient);
        self.optimizer.step(network.parameters_mut(), gradient, rate);
        control.project(network);
        CriticUpdate { loss, penalty }
    }

    fn generator_loss(&mut self, generated: ArrayView2<'_, f32>) -> (f64, ArrayView2<'_, f32>) {
        self.generator_loss_of(self.objective, generated)
    }

    fn values(&self, points: ArrayView2<'_, f32>) -> Vec<f32> {
        flat(&self.network.evaluate(points)).to_vec()
    }

    fn saved(&self) -> SavedAdversary {
        SavedAdversary {
            networks: vec![SavedNetwork::of(&self.network, &self.optimizer)],
            memory: self.control.memory(),
        }
    }

    fn restore(&mut self, saved: SavedAdversary) -> Result<(), GanError> {
        let misfit = |what| GanError::Checkpoint { what };
        let [network] = <[SavedNetwork; 1]>::try_from(saved.networks)
            .map_err(|_| misfit("a scalar critic is one network"))?;
        network.restore(&mut self.network, &mut self.optimizer)?;
        if self.control.recall(&saved.memory) {
            Ok(())
        } else {
            Err(misfit("the memory of the critic's regularizer has another length"))
        }
    }
}
