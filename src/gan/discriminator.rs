//! A scalar critic trained alone, on real and generated points that the caller supplies.
//!
//! ```text
//! w ← w − α·Adam(∇_w E ℓ_real(D_w(x)) + E ℓ_fake(D_w(y)) + P),      x real, y generated
//! ```
//!
//! One step a batch, with the streams, schedule and controls that the critic has in the
//! [`Trainer`](super::Trainer). It gives its values, and the gradient of a generator's loss
//! by each point.

use ndarray::{Array2, ArrayView2, Axis};

use super::adversary::Adversary as _;
use super::networks::PointShape;
use super::scalar::ScalarCritic;
use super::{GanError, Objective, Recipe};
use crate::nn::on_the_pool;
use crate::seed::Seed;

/// The scalar critic of a recipe, and how far its training has come.
pub struct Discriminator {
    recipe: Recipe,
    critic: ScalarCritic,
    seed: Seed,
    step: u64,
}

impl Discriminator {
    /// A critic with its first weights, of points with `dim` coordinates.
    ///
    /// # Errors
    /// [`GanError`] for a critic that cannot be built.
    ///
    /// # Panics
    /// If the recipe's critic is an autoencoder.
    pub fn new(recipe: &Recipe, dim: usize, seed: Seed) -> Result<Self, GanError> {
        Self::with_shape(recipe, PointShape { dim, image: None }, seed)
    }

    pub(super) fn with_shape(
        recipe: &Recipe,
        shape: PointShape,
        seed: Seed,
    ) -> Result<Self, GanError> {
        assert!(!recipe.has_autoencoder(), "a scalar critic");
        let critic = ScalarCritic::new(recipe, shape, seed)?;
        Ok(Self { recipe: recipe.clone(), critic, seed, step: 0 })
    }

    /// Steps done.
    #[must_use]
    pub fn step(&self) -> u64 {
        self.step
    }

    /// A step on as many real and generated points as the recipe's batch; returns the loss before the
    /// step, without a penalty.
    ///
    /// # Errors
    /// [`GanError::Diverged`].
    pub fn update(
        &mut self,
        real: ArrayView2<'_, f32>,
        generated: ArrayView2<'_, f32>,
    ) -> Result<f64, GanError> {
        let Self { recipe, critic, seed, step } = self;
        critic.set_stream(seed.stream(&format!("penalty {step}")));
        let rate = recipe.schedule.factor(*step, recipe.steps) * recipe.critic.rate;
        let update = on_the_pool(|| critic.update(real, generated, rate));
        if !update.loss.is_finite() {
            return Err(GanError::Diverged { step: *step, network: "critic" });
        }
        *step += 1;
        Ok(update.loss)
    }

    /// The critic's outputs t.
    #[must_use]
    pub fn values(&self, points: ArrayView2<'_, f32>) -> Vec<f32> {
        self.critic.values(points)
    }

    /// The gradient by at most a batch of points of the mean of a generator's loss over them.
    pub fn generator_loss_of(
        &mut self,
        objective: Objective,
        generated: ArrayView2<'_, f32>,
    ) -> ArrayView2<'_, f32> {
        self.critic.generator_loss_of(objective, generated).1
    }

    /// The gradient by each point of a generator's loss there, for any number of points.
    #[must_use]
    pub fn gradients(&mut self, objective: Objective, points: ArrayView2<'_, f32>) -> Array2<f32> {
        let mut gradients = Array2::zeros(points.raw_dim());
        let rows = self.recipe.batch;
        let blocks = points.axis_chunks_iter(Axis(0), rows);
        for (points, mut out) in blocks.zip(gradients.axis_chunks_iter_mut(Axis(0), rows)) {
            let share = points.nrows() as f32;
            out.assign(&self.generator_loss_of(objective, points));
            out *= share;
        }
        gradients
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    fn points(center: f32) -> Array2<f32> {
        Array2::from_shape_fn((16, 1), |(k, _)| center + 0.02 * (k as f32 - 7.5))
    }

    #[test]
    fn gradients_are_the_differences_of_losses_one_point_at_a_time() {
        let changes = ["batch=16", "critic.width=16", "critic.activation=tanh"];
        let recipe = Recipe::named("gan", &changes).unwrap();
        let mut critic = Discriminator::new(&recipe, 1, Seed(1)).unwrap();
        for _ in 0..20 {
            critic.update(points(1.0).view(), points(-1.0).view()).unwrap();
        }
        assert_eq!(critic.step(), 20);
        let at = Array2::from_shape_fn((40, 1), |(k, _)| 0.05 * k as f32 - 1.0);
        for objective in [Objective::Minimax, Objective::NonSaturating] {
            let slopes = critic.gradients(objective, at.view());
            let h = 1e-2_f32;
            let loss = |critic: &Discriminator, shift: f32| -> Vec<f64> {
                let values = critic.values((&at + shift).view());
                values.iter().map(|&t| objective.generator(&[t], &mut [0.0])).collect()
            };
            let (ahead, behind) = (loss(&critic, h), loss(&critic, -h));
            for k in 0..40 {
                let difference = (ahead[k] - behind[k]) / f64::from(2.0 * h);
                let slope = f64::from(slopes[[k, 0]]);
                assert!(
                    (slope - difference).abs() < 1e-3 * (1.0 + slope.abs()),
                    "{k}: {slope} {difference}"
                );
            }
        }
    }

    #[test]
    fn the_game_of_a_divergence_ends_at_its_value_for_two_points() {
        // P and Q on two points: JS of (0.75, 0.25) and (0.25, 0.75).
        use crate::divergence::FDivergence;
        let f = FDivergence::JensenShannon;
        let changes = [
            "batch=16",
            "critic.width=16",
            "critic.rate=1e-2",
            "objective.f_divergence=jensen_shannon",
            "schedule=linear",
            "steps=600",
        ];
        let recipe = Recipe::named("gan", &changes).unwrap();
        assert_eq!(recipe.objective, Objective::FDivergence(f));
        let mut critic = Discriminator::new(&recipe, 1, Seed(1)).unwrap();
        let side = |count: usize| {
            Array2::from_shape_fn((16, 1), |(k, _)| if k < count { 1.0_f32 } else { -1.0 })
        };
        let mut loss = 0.0;
        for _ in 0..600 {
            loss = critic.update(side(12).view(), side(4).view()).unwrap();
        }
        let truth = f.between(&[0.75, 0.25], &[0.25, 0.75]);
        assert!((-loss / truth - 1.0).abs() < 1e-4 && -loss < truth + 1e-7, "{loss} {truth}");
    }
}
