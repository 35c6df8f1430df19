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
//! With ℓ the cross-entropy and one step of the critic this is Algorithm 1 of Goodfellow et al. 2014, too.
//!
//! **Repeatable.** Every step has random streams of its own, named by its number, so that a run that
//! goes on from a [`Checkpoint`] has the same bits as one that was never interrupted. Numbers of
//! threads change nothing.
//!
//! **Complexity.** A step of the critic costs 2 operations a weight and row of the generator and 6 of
//! the critic (16 with a penalty), one of the generator 6 of its own and 4 of the critic.
//!
//! **Failure modes.** Rates too high end in NaN, which is an error that says whose, and at which
//! step.

use std::ops::ControlFlow;

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::adversary::{self, Adversary, Turn};
use super::average::Average;
use super::checkpoint::SavedNetwork;
use super::player::{Form, check_room};
use super::{
    Checkpoint, Data, GanError, ModeScores, Recipe, Regulariser, Scores, Yardstick, score,
};
use crate::nn::{Mlp, Optimizer, Real, Tape, on_the_pool};
use crate::progress::{Event, Observer, Stop};
use crate::seed::{Seed, Stream};

/// Generated points that a milestone is scored by, and those of them that are transported.
const POINTS: usize = 2000;
pub(super) const TRANSPORTED: usize = 1000;

/// A point of a run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Milestone {
    /// Steps of the generator done.
    pub step: u64,
    /// The factor of the rates.
    pub factor: f64,
    /// What the critic minimises, without its penalty, on the points that are scored.
    pub critic_loss: f64,
    /// Its penalty in its last step.
    pub penalty: f64,
    /// What the generator minimises, on the points that are scored.
    pub generator_loss: f64,
    /// What the critic says of true and generated points: the difference of its mean outputs,
    /// positive if it tells them apart.
    pub estimate: f64,
    /// The exact distance: the upper end of its bracket.
    pub emd: f64,
    /// How well modes are met, if they are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modes: Option<ModeScores>,
    /// By histogram, in the plane.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jensen_shannon: Option<f64>,
    /// The share of the critic's parameters at the bounds of their box, if they are kept in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_bounds: Option<f64>,
}

/// A GAN while it is trained.
pub struct Trainer {
    recipe: Recipe,
    data: Data,
    seed: Seed,
    rehearsed: u64,
    step: u64,
    generator: Generator,
    critic: Box<dyn Adversary>,
    /// The critic's penalty in its last step.
    penalty: f64,
    history: Vec<Milestone>,
}

struct Generator {
    network: Mlp<f32>,
    optimizer: Optimizer<f32>,
    average: Average,
    tape: Tape<f32>,
    gradient: Vec<f32>,
}

impl Trainer {
    /// A run before its first step.
    ///
    /// # Errors
    /// [`GanError`] for recipes that make no sense and networks that cannot be built.
    pub fn new(recipe: Recipe, data: Data, seed: Seed) -> Result<Self, GanError> {
        recipe.check()?;
        Ok(Self {
            generator: Generator::new(&recipe, data.form(), seed)?,
            critic: adversary::of(&recipe, data.form(), seed)?,
            recipe,
            data,
            seed,
            rehearsed: 0,
            step: 0,
            penalty: 0.0,
            history: Vec::new(),
        })
    }

    /// A run that goes on from a checkpoint, on the same data.
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
        // What is about to be allocated must be explained by what was read.
        checkpoint.check_shapes(data.form())?;
        let mut trainer = Self::new(checkpoint.recipe, data, Seed(checkpoint.seed))?;
        let generator = &mut trainer.generator;
        checkpoint.generator.restore(&mut generator.network, &mut generator.optimizer)?;
        if checkpoint.average.len() != generator.average.len() {
            return Err(GanError::Checkpoint { what: "the average has another length" });
        }
        generator.average = checkpoint.average;
        trainer.critic.restore(checkpoint.critic)?;
        trainer.rehearsed = checkpoint.rehearsed;
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
            rehearsed: self.rehearsed,
            step: self.step,
            generator: SavedNetwork::of(&self.generator.network, &self.generator.optimizer),
            average: self.generator.average.clone(),
            critic: self.critic.saved(),
            penalty: self.penalty,
            history: self.history.clone(),
        }
    }

    /// Trains until so many steps of the generator are done, or the observer stops it.
    ///
    /// # Errors
    /// [`GanError::Diverged`].
    pub fn train(
        &mut self,
        until: u64,
        observer: &mut dyn Observer,
    ) -> Result<Option<Stop>, GanError> {
        while self.rehearsed < self.recipe.pretraining {
            on_the_pool(|| self.rehearse())?;
            if let ControlFlow::Break(stop) = self.observe("pretraining", self.rehearsed, observer)
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

    /// One pass of the outer loop of Algorithm 1.
    fn round(&mut self) -> Result<(), GanError> {
        let Recipe { batch, critic_steps, schedule, .. } = self.recipe;
        let factor = schedule.factor(self.step, self.recipe.steps);
        let stream = &mut self.seed.stream(&format!("step {}", self.step));
        self.critic.draw_from(self.seed.stream(&format!("penalty {}", self.step)));
        let (generator, critic) = (&mut self.generator, &mut self.critic);

        let mut turn = Turn { loss: 0.0, penalty: 0.0 };
        for _ in 0..critic_steps {
            let x = self.data.batch(batch, stream);
            let z = generator.latent(batch, stream);
            let points = generator.network.forward(z.view(), &mut generator.tape);
            turn = critic.learn(x.view(), points, factor * self.recipe.critic.rate);
        }
        let z = generator.latent(batch, stream);
        let points = generator.network.forward(z.view(), &mut generator.tape);
        let (loss, by_points) = critic.answer(points);
        generator.step(by_points.to_owned(), factor * self.recipe.generator.rate);

        self.check(turn.loss + turn.penalty, "critic")?;
        self.check(loss, "generator")?;
        self.penalty = turn.penalty;
        self.step += 1;
        Ok(())
    }

    /// One step of an autoencoder on real points alone.
    fn rehearse(&mut self) -> Result<(), GanError> {
        let stream = &mut self.seed.stream(&format!("pretraining {}", self.rehearsed));
        let x = self.data.batch(self.recipe.batch, stream);
        let loss = self.critic.rehearse(x.view(), self.recipe.critic.rate);
        self.check(loss, "critic")?;
        self.rehearsed += 1;
        Ok(())
    }

    fn check(&self, loss: f64, player: &'static str) -> Result<(), GanError> {
        if loss.is_finite() { Ok(()) } else { Err(GanError::Diverged { step: self.step, player }) }
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
    /// What the yardstick reports, and [`GanError::Diverged`] for points that are not finite.
    pub fn evaluate(&self, yardstick: &mut Yardstick<'_>) -> Result<(Milestone, Scores), GanError> {
        let generated = self.generate(POINTS, &mut self.seed.stream("evaluation"))?;
        let scores = score(generated.view(), &self.data, yardstick)?;
        let (truth, objective) = (self.data.truth(TRANSPORTED), self.recipe.objective);
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
        let mut points = points_of(&self.generator.averaged(), n, stream);
        self.data.standard().pin(&mut points);
        if points.iter().all(|x| x.is_finite()) {
            return Ok(points);
        }
        Err(GanError::Diverged { step: self.step, player: "generator" })
    }

    /// As many points of the generator with averaged weights as a batch has, and where the critic
    /// sends each of them: −∂ℓ/∂x of its own term of the generator's loss. In standard coordinates.
    ///
    /// # Errors
    /// [`GanError::Diverged`] if a point is not finite.
    pub fn pulls(&mut self, stream: &mut Stream) -> Result<[Array2<f64>; 2], GanError> {
        let batch = self.recipe.batch;
        let points = self.generate(batch, stream)?;
        let (_, by_points) = self.critic.answer(points.mapv(f32::of).view());
        let pulls = by_points.mapv(|slope| -(batch as f64) * slope.wide());
        Ok([points, pulls])
    }

    /// All parameters of the critic.
    #[must_use]
    pub fn critic_parameters(&self) -> Vec<f32> {
        let networks = self.critic.saved().networks.into_iter();
        networks.flat_map(|network| network.parameters).collect()
    }

    fn at_bounds(&self) -> Option<f64> {
        let Regulariser::Clip { limit } = self.recipe.regulariser else { return None };
        let (parameters, limit) = (self.critic_parameters(), f32::of(limit));
        let piled = parameters.iter().filter(|parameter| parameter.abs() >= limit).count();
        Some(piled as f64 / parameters.len().max(1) as f64)
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

    /// How it is trained.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// What it learns from.
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// Where its draws come from.
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// Steps of the generator done.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// What has been recorded.
    pub fn history(&self) -> &[Milestone] {
        &self.history
    }
}

impl Generator {
    fn new(recipe: &Recipe, form: Form, seed: Seed) -> Result<Self, GanError> {
        let player = &recipe.generator;
        let layers = player.layers_to_points(form, "generator")?;
        let stream = &mut seed.stream("generator's weights");
        let network = Mlp::new(recipe.latent_for(form.dim), &layers, player.init, stream)?;
        check_room(&network, recipe.batch, "generator")?;
        let parameters = network.parameters().len();
        Ok(Self {
            optimizer: Optimizer::new(player.rule, parameters),
            average: Average::over(recipe.average, parameters),
            tape: Tape::new(&network, recipe.batch),
            gradient: vec![0.0; parameters],
            network,
        })
    }

    fn latent(&self, rows: usize, stream: &mut Stream) -> Array2<f32> {
        latent(rows, self.network.inputs(), stream)
    }

    /// One step down the loss whose gradient by the points on the tape is given.
    fn step(&mut self, by_points: Array2<f32>, rate: f64) {
        self.gradient.fill(0.0);
        self.network.backward(by_points.view(), &mut self.tape, &mut self.gradient);
        self.optimizer.step(self.network.parameters_mut(), &self.gradient, rate);
        self.average.add(self.network.parameters());
    }

    /// The network whose points are judged.
    fn averaged(&self) -> Mlp<f32> {
        let mut network = self.network.clone();
        if let Some(mean) = self.average.mean() {
            network.parameters_mut().copy_from_slice(&mean);
        }
        network
    }
}

fn mean(values: &[f32]) -> f64 {
    values.iter().map(|t| t.wide()).sum::<f64>() / values.len().max(1) as f64
}

/// Latent points: standard normal.
pub(super) fn latent(rows: usize, coordinates: usize, stream: &mut Stream) -> Array2<f32> {
    Array2::from_shape_simple_fn((rows, coordinates), || f32::of(stream.normal()))
}

/// Points of a generator, in standard coordinates.
pub(super) fn points_of(generator: &Mlp<f32>, n: usize, stream: &mut Stream) -> Array2<f64> {
    let z = latent(n, generator.inputs(), stream);
    generator.evaluate(z.view()).mapv(Real::wide)
}
