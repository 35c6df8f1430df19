//! The trainer: one loop for every recipe.
//!
//! ```text
//! while θ has not converged                        Algorithm 1 of Arjovsky, Chintala, Bottou 2017
//!     for t = 1 … n_critic
//!         x ~ data,  z ~ p(z)
//!         w ← w − α·Adam(∇_w E ℓ_real(D_w(x)) + E ℓ_fake(D_w(G_θ(z))) + P),   w on its constraint
//!     z ~ p(z)
//!     θ ← θ − α·Adam(∇_θ E ℓ_gen(D_w(G_θ(z))))
//! ```
//!
//! With ℓ the cross-entropy and one step of the critic this is Algorithm 1 of Goodfellow et al.
//! 2014, too.
//!
//! **Repeatable.** Every step has random streams of its own, named by its number, so that a run that
//! continues from a [`Checkpoint`] has the same bits as one without interruption. The number of
//! threads does not change them.
//!
//! **Complexity.** A step of the critic costs 2 operations a weight and row of the generator and 6 of
//! the critic (16 with a penalty), one of the generator 6 of its own and 4 of the critic.
//!
//! **Failure modes.** Rates that are too high end in NaN: an error that names the network and the
//! step.

use std::ops::ControlFlow;

use ndarray::Array2;

use super::adversary::{Adversary, CriticUpdate};
use super::energy::EnergyCritic;
use super::generator::{Generator, generate_points};
use super::networks::PointShape;
use super::saved::SavedNetwork;
use super::scalar::ScalarCritic;
use super::score::MAX_TRANSPORTED_POINTS;
use super::{Checkpoint, Data, GanError, Milestone, Recipe, ReferenceDistance, Scores, score};
use crate::critic::Regularizer;
use crate::nn::{Mlp, Real, on_the_pool};
use crate::progress::{Event, Observer, Stop};
use crate::seed::{Seed, Stream};

/// Number of generated points that score a milestone.
const EVALUATION_POINTS: usize = 2000;

/// A training run of a GAN.
pub struct Trainer {
    recipe: Recipe,
    data: Data,
    seed: Seed,
    pretrained: u64,
    step: u64,
    generator: Generator,
    critic: Box<dyn Adversary>,
    /// The critic's penalty in its last step.
    penalty: f64,
    history: Vec<Milestone>,
}

impl Trainer {
    /// A run before its first step.
    ///
    /// # Errors
    /// [`GanError`] for recipes that make no sense and networks that cannot be built.
    pub fn new(recipe: Recipe, data: Data, seed: Seed) -> Result<Self, GanError> {
        recipe.check()?;
        Ok(Self {
            generator: Generator::new(&recipe, data.shape(), seed)?,
            critic: build_critic(&recipe, data.shape(), seed)?,
            recipe,
            data,
            seed,
            pretrained: 0,
            step: 0,
            penalty: 0.0,
            history: Vec::new(),
        })
    }

    /// A run that continues from a checkpoint, on the same data.
    ///
    /// # Errors
    /// [`GanError::OtherData`]; [`GanError::Checkpoint`] for one that is damaged.
    pub fn resume(checkpoint: Checkpoint, data: Data) -> Result<Self, GanError> {
        if checkpoint.data != data.name() || checkpoint.standard != *data.standard() {
            let given = data.name().to_owned();
            let given =
                if checkpoint.data == given { format!("{given}, changed since") } else { given };
            return Err(GanError::OtherData { saved: checkpoint.data, given });
        }
        // The sizes to be allocated must agree with the data that was read.
        checkpoint.check_shapes(data.shape())?;
        let mut trainer = Self::new(checkpoint.recipe, data, Seed(checkpoint.seed))?;
        let generator = &mut trainer.generator;
        checkpoint.generator.restore(&mut generator.network, &mut generator.optimizer)?;
        if checkpoint.average.len() != generator.average.len() {
            return Err(GanError::Checkpoint { what: "the average has another length" });
        }
        generator.average = checkpoint.average;
        trainer.critic.restore(checkpoint.critic)?;
        trainer.pretrained = checkpoint.pretrained;
        trainer.step = checkpoint.step;
        trainer.penalty = checkpoint.penalty;
        trainer.history = checkpoint.history;
        Ok(trainer)
    }

    /// The run as it stands.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            recipe: self.recipe.clone(),
            data: self.data.name().to_owned(),
            standard: self.data.standard().clone(),
            seed: self.seed.0,
            pretrained: self.pretrained,
            step: self.step,
            generator: SavedNetwork::of(&self.generator.network, &self.generator.optimizer),
            average: self.generator.average.clone(),
            critic: self.critic.saved(),
            penalty: self.penalty,
            history: self.history.clone(),
        }
    }

    /// Trains until `until` steps of the generator are done, or the observer stops it.
    ///
    /// # Errors
    /// [`GanError::Diverged`].
    pub fn train(
        &mut self,
        until: u64,
        observer: &mut dyn Observer,
    ) -> Result<Option<Stop>, GanError> {
        while self.pretrained < self.recipe.pretraining {
            on_the_pool(|| self.pretrain())?;
            if let ControlFlow::Break(stop) = self.observe("pretraining", self.pretrained, observer)
            {
                return Ok(Some(stop));
            }
        }
        while self.step < until {
            on_the_pool(|| self.round())?;
            if let ControlFlow::Break(stop) = self.observe("training", self.step, observer) {
                return Ok(Some(stop));
            }
        }
        Ok(None)
    }

    /// One round, the body of the outer loop of Algorithm 1: `critic_steps` steps of the critic, then one
    /// of the generator.
    fn round(&mut self) -> Result<(), GanError> {
        let Recipe { batch, critic_steps, schedule, .. } = self.recipe;
        let factor = schedule.factor(self.step, self.recipe.steps);
        let stream = &mut self.seed.stream(&format!("step {}", self.step));
        self.critic.set_stream(self.seed.stream(&format!("penalty {}", self.step)));
        let (generator, critic) = (&mut self.generator, &mut self.critic);

        let mut update = CriticUpdate { loss: 0.0, penalty: 0.0 };
        for _ in 0..critic_steps {
            let x = self.data.batch(batch, stream);
            let z = generator.latent(batch, stream);
            let points = generator.network.forward(z.view(), &mut generator.tape);
            update = critic.update(x.view(), points, factor * self.recipe.critic.rate);
        }
        let z = generator.latent(batch, stream);
        let points = generator.network.forward(z.view(), &mut generator.tape);
        let (loss, by_points) = critic.generator_loss(points);
        generator.step(by_points.to_owned(), factor * self.recipe.generator.rate);

        self.check_finite(update.loss + update.penalty, "critic")?;
        self.check_finite(loss, "generator")?;
        self.penalty = update.penalty;
        self.step += 1;
        Ok(())
    }

    /// One step of an autoencoder on real points alone.
    fn pretrain(&mut self) -> Result<(), GanError> {
        let stream = &mut self.seed.stream(&format!("pretraining {}", self.pretrained));
        let x = self.data.batch(self.recipe.batch, stream);
        let loss = self.critic.pretrain(x.view(), self.recipe.critic.rate);
        self.check_finite(loss, "critic")?;
        self.pretrained += 1;
        Ok(())
    }

    /// An error unless a loss is finite.
    fn check_finite(&self, loss: f64, network: &'static str) -> Result<(), GanError> {
        if loss.is_finite() { Ok(()) } else { Err(GanError::Diverged { step: self.step, network }) }
    }

    fn observe(
        &self,
        phase: &'static str,
        iterations: u64,
        observer: &mut dyn Observer,
    ) -> ControlFlow<Stop> {
        let cost = self.history.last().map(|milestone| milestone.emd);
        observer.observe(&Event { cost, ..Event::new(phase, iterations) })
    }

    /// Scores the generator as it stands. The latent points are the same each time.
    ///
    /// # Errors
    /// An error of the reference distance, and [`GanError::Diverged`] for points that are not finite.
    pub fn evaluate(
        &self,
        reference: &mut ReferenceDistance<'_>,
    ) -> Result<(Milestone, Scores), GanError> {
        let generated = self.generate(EVALUATION_POINTS, &mut self.seed.stream("evaluation"))?;
        let scores = score(generated.view(), &self.data, reference)?;
        let (truth, objective) = (self.data.truth(MAX_TRANSPORTED_POINTS), self.recipe.objective);
        let [real, fake] = [&truth, &generated].map(|points| self.outputs(points));
        let (mut by_real, mut by_fake) = (real.clone(), fake.clone());
        let milestone = Milestone {
            step: self.step,
            factor: self.recipe.schedule.factor(self.step, self.recipe.steps),
            critic_loss: objective.critic((&real, &fake), (&mut by_real, &mut by_fake)),
            penalty: self.penalty,
            generator_loss: objective.generator(&fake, &mut by_fake),
            estimate: objective.estimate(mean(&real), mean(&fake)),
            emd: scores.emd.upper,
            modes: scores.modes,
            jensen_shannon: scores.jensen_shannon,
            at_bounds: self.at_bounds(),
        };
        Ok((milestone, scores))
    }

    /// Puts a milestone into the history.
    pub fn record(&mut self, milestone: Milestone) {
        self.history.push(milestone);
    }

    /// Points of the generator with averaged weights, in standard coordinates.
    ///
    /// # Errors
    /// [`GanError::Diverged`] if one is not finite.
    pub fn generate(&self, n: usize, stream: &mut Stream) -> Result<Array2<f64>, GanError> {
        let mut points = generate_points(&self.generator.averaged(), n, stream);
        self.data.standard().pin(&mut points);
        if points.iter().all(|x| x.is_finite()) {
            return Ok(points);
        }
        Err(GanError::Diverged { step: self.step, network: "generator" })
    }

    /// A batch of points of the generator with averaged weights, and their per-sample gradients −∂ℓ/∂x,
    /// ℓ being a point's own term of the generator's loss. In standard coordinates.
    ///
    /// # Errors
    /// [`GanError::Diverged`] if a point is not finite.
    pub fn sample_gradients(&mut self, stream: &mut Stream) -> Result<[Array2<f64>; 2], GanError> {
        let batch = self.recipe.batch;
        let points = self.generate(batch, stream)?;
        let (_, by_points) = self.critic.generator_loss(points.mapv(f32::of).view());
        let gradients = by_points.mapv(|slope| -(batch as f64) * slope.wide());
        Ok([points, gradients])
    }

    /// All parameters of the critic.
    #[must_use]
    pub fn critic_parameters(&self) -> Vec<f32> {
        let networks = self.critic.saved().networks.into_iter();
        networks.flat_map(|network| network.parameters).collect()
    }

    /// The share of the critic's parameters at the bounds of their box, if they are clipped.
    fn at_bounds(&self) -> Option<f64> {
        let Regularizer::Clip { limit } = self.recipe.regularizer else { return None };
        let (parameters, limit) = (self.critic_parameters(), f32::of(limit));
        let clipped = parameters.iter().filter(|parameter| parameter.abs() >= limit).count();
        Some(clipped as f64 / parameters.len().max(1) as f64)
    }

    /// The generator with averaged weights.
    pub(super) fn generator(&self) -> Mlp<f32> {
        self.generator.averaged()
    }

    /// The critic's outputs at points in standard coordinates.
    #[must_use]
    pub fn critic_values(&self, points: &Array2<f64>) -> Vec<f64> {
        self.outputs(points).into_iter().map(Real::wide).collect()
    }

    fn outputs(&self, points: &Array2<f64>) -> Vec<f32> {
        self.critic.values(points.mapv(f32::of).view())
    }

    /// The recipe of the run.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// The data.
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// The seed of all draws.
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// Steps of the generator done.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// The milestones recorded.
    pub fn history(&self) -> &[Milestone] {
        &self.history
    }
}

/// The critic of a recipe, for points of a shape: an autoencoder or a network with one output.
fn build_critic(
    recipe: &Recipe,
    shape: PointShape,
    seed: Seed,
) -> Result<Box<dyn Adversary>, GanError> {
    if recipe.has_autoencoder() {
        Ok(Box::new(EnergyCritic::new(recipe, shape, seed)?))
    } else {
        Ok(Box::new(ScalarCritic::new(recipe, shape, seed)?))
    }
}

fn mean(values: &[f32]) -> f64 {
    values.iter().map(|t| t.wide()).sum::<f64>() / values.len().max(1) as f64
}
