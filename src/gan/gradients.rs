//! Gradients that a fixed generator gets from a critic that is trained to convergence.
//!
//! ```text
//! g = ∇_θ E ℓ_gen(D(G_θ(z))),   D trained on x ~ data against G_θ(z), θ fixed
//! ```
//!
//! | generator's loss | g, with the logit or output t at G(z) | with t → −∞ there |
//! |---|---|---|
//! | minimax | −E σ(t) ∇_θ t | dies as e^t |
//! | non-saturating | −E (1 − σ(t)) ∇_θ t | −E ∇_θ t, of an unbounded logit |
//! | least squares | E (t − 1) ∇_θ t | t → 0 instead: −E ∇_θ t of a function that flattens |
//! | Wasserstein | −E ∇_θ t | slopes stay at about 1 |
//! | exact | E (∂G/∂θ)ᵀ (G(z) − y)/‖G(z) − y‖, (G(z), y) ~ γ | does not know D |
//!
//! **Idea.** Where the supports are apart there is a perfect D, and near it the minimax gradient is
//! as small as the error of D (Theorem 2.4 of the reference). The non-saturating gradient does not
//! vanish, but for a D that is perfect up to a random error it is a centered Cauchy variable: no mean,
//! no variance (Theorem 2.6). W₁ is differentiable by θ almost
//! everywhere, and its gradient points along the rays of the optimal plan γ.
//!
//! **Measurements.** At some steps of D the gradients on fresh batches: the norm of their mean,
//! and as *noise* the deviation of one batch's gradient from it, relative to that norm. Critics of
//! several seeds get the same latent points. Their *disagreement* is the standard deviation of their
//! means, relative to the norm of the mean of all: 0 if the direction depends on the two laws alone,
//! 1 or more if it depends on the seed.
//!
//! **Complexity.** A step of D costs what it costs the [`Trainer`]; a gradient 6 operations a weight
//! and row of the generator.
//!
//! **Reference.** Arjovsky, Bottou 2017, "Towards principled methods for training generative
//! adversarial networks", ICLR, figures 2 and 3.
//!
//! **Failure modes.** Where the generator's points cover the data there is no perfect critic, and
//! no gradient dies.

use std::ops::ControlFlow;

use ndarray::{Array2, ArrayView2};

use super::generator::latent;
use super::trainer::Trainer;
use super::{Data, Discriminator, GanError, Objective, Recipe};
use crate::nn::{Mlp, Real, Tape};
use crate::plan::PlanArc;
use crate::progress::{Event, Observer, Stop};
use crate::seed::{Seed, Stream};

/// The optimal plan between two samples of equal masses; the caller supplies the solver.
pub type OptimalMatching<'a> =
    dyn FnMut(ArrayView2<'_, f64>, ArrayView2<'_, f64>) -> Result<Vec<PlanArc>, GanError> + 'a;

/// A fixed generator, and the data that critics compare it with.
pub struct FrozenGenerator<'a> {
    data: &'a Data,
    network: Mlp<f32>,
    tape: Tape<f32>,
    batch: usize,
    /// Number of batches whose mean is a gradient.
    batches: usize,
}

/// The generator's gradient, from several batches.
#[derive(Debug, Clone, PartialEq)]
pub struct MeanGradient {
    mean: Vec<f64>,
    noise: f64,
}

impl MeanGradient {
    /// The mean of the gradients of single batches, and their deviation.
    fn of(gradients: &[Vec<f64>]) -> Self {
        let mean = mean(gradients);
        let noise = spread(gradients, &mean);
        Self { mean, noise }
    }

    /// The norm of the mean.
    #[must_use]
    pub fn norm(&self) -> f64 {
        norm(&self.mean)
    }

    /// The deviation of a batch's gradient from the mean, relative to its norm.
    #[must_use]
    pub fn noise(&self) -> f64 {
        self.noise
    }
}

/// The standard deviation of the gradients of several critics, relative to the norm of their mean.
#[must_use]
pub fn disagreement(gradients: &[&MeanGradient]) -> f64 {
    let means: Vec<_> = gradients.iter().map(|gradient_at| gradient_at.mean.clone()).collect();
    spread(&means, &mean(&means))
}

/// Gradients of the generator at one step of the critic's training.
#[derive(Debug, Clone, PartialEq)]
pub struct GradientReading {
    /// Steps of the critic.
    pub step: u64,
    /// The critic's loss in the last step, without a penalty.
    pub critic_loss: f64,
    /// The generator's gradient for each objective asked for.
    pub gradients: Vec<MeanGradient>,
}

impl<'a> FrozenGenerator<'a> {
    /// The generator of a trainer, with averaged weights, its points moved by `away` along the
    /// first coordinate.
    #[must_use]
    pub fn new(trainer: &'a Trainer, away: f64, batches: usize) -> Self {
        let mut network = trainer.generator();
        let last = network.depth() - 1;
        network.bias_mut(last)[0] += f32::of(away);
        let batch = trainer.recipe().batch;
        let tape = Tape::new(&network, batch);
        Self { data: trainer.data(), network, tape, batch, batches }
    }

    /// Trains a scalar critic from its first weights, with one step a batch, and computes at each
    /// step of `places`, in their order, the generator's gradient for each of `objectives`.
    ///
    /// # Errors
    /// [`GanError`] for a critic that cannot be built or diverges.
    pub fn train_critic(
        &mut self,
        recipe: &Recipe,
        objectives: &[Objective],
        seed: Seed,
        places: &[u64],
        observer: &mut dyn Observer,
    ) -> Result<(Vec<GradientReading>, Option<Stop>), GanError> {
        let recipe = Recipe { batch: self.batch, ..recipe.clone() };
        let mut critic = Discriminator::with_shape(&recipe, self.data.shape(), seed)?;
        let (mut readings, mut critic_loss) = (Vec::new(), f64::NAN);
        for &place in places {
            while critic.step() < place {
                critic_loss = self.update_critic(&mut critic, seed)?;
                let iterations = critic.step();
                let event = Event::new("training critics", iterations);
                if let ControlFlow::Break(stop) = observer.observe(&event) {
                    return Ok((readings, Some(stop)));
                }
            }
            let gradients =
                objectives.iter().map(|&objective| self.gradient_at(&mut critic, objective));
            let gradients = gradients.collect();
            readings.push(GradientReading { step: critic.step(), critic_loss, gradients });
        }
        Ok((readings, None))
    }

    /// A step of the critic.
    fn update_critic(&mut self, critic: &mut Discriminator, seed: Seed) -> Result<f64, GanError> {
        let stream = &mut seed.stream(&format!("step {}", critic.step()));
        let x = self.data.batch(self.batch, stream);
        let z = latent(self.batch, self.network.inputs(), stream);
        let points = self.network.forward(z.view(), &mut self.tape);
        critic.update(x.view(), points)
    }

    /// The generator's gradient under a critic, on latent points that are the same for all critics.
    fn gradient_at(&mut self, critic: &mut Discriminator, objective: Objective) -> MeanGradient {
        let gradients: Vec<_> = (0..self.batches)
            .map(|k| {
                let points = self.points(k);
                let by_points = critic.generator_loss_of(objective, points.view()).to_owned();
                self.gradient(by_points)
            })
            .collect();
        MeanGradient::of(&gradients)
    }

    /// The gradient of W₁ itself between fresh batches, by their optimal plans.
    ///
    /// # Errors
    /// An error of the matching.
    pub fn exact(
        &mut self,
        seed: Seed,
        matching: &mut OptimalMatching<'_>,
    ) -> Result<MeanGradient, GanError> {
        let mut gradients = Vec::with_capacity(self.batches);
        for k in 0..self.batches {
            let points = self.points(k).mapv(Real::wide);
            let stream = &mut seed.stream(&format!("fresh data {k}"));
            let truth = self.data.batch(self.batch, stream).mapv(Real::wide);
            let plan = matching(points.view(), truth.view())?;
            gradients.push(self.gradient(gradient_along_plan(&points, &truth, &plan)));
        }
        Ok(MeanGradient::of(&gradients))
    }

    /// The k-th batch of generated points, which the tape keeps.
    fn points(&mut self, k: usize) -> Array2<f32> {
        let stream: &mut Stream = &mut Seed(0).stream(&format!("fresh latent points {k}"));
        let z = latent(self.batch, self.network.inputs(), stream);
        self.network.forward(z.view(), &mut self.tape).to_owned()
    }

    /// The gradient by the generator's parameters of a loss, from that by the points on the tape.
    fn gradient(&mut self, by_points: Array2<f32>) -> Vec<f64> {
        let mut gradient = vec![0.0; self.network.parameters().len()];
        self.network.backward(by_points.view(), &mut self.tape, &mut gradient);
        gradient.into_iter().map(Real::wide).collect()
    }
}

/// The gradient of `Σ γ_ij ‖x_i − y_j‖` by the points x, at a plan that stays where it is. Points
/// that lie on each other have none.
fn gradient_along_plan(x: &Array2<f64>, y: &Array2<f64>, plan: &[PlanArc]) -> Array2<f32> {
    let mut by_x = Array2::<f64>::zeros(x.raw_dim());
    for &PlanArc { source, target, mass } in plan {
        let ray = &x.row(source) - &y.row(target);
        let length = ray.dot(&ray).sqrt();
        if length > 0.0 {
            by_x.row_mut(source).scaled_add(mass / length, &ray);
        }
    }
    by_x.mapv(f32::of)
}

fn norm(vector: &[f64]) -> f64 {
    vector.iter().map(|x| x * x).sum::<f64>().sqrt()
}

fn mean(vectors: &[Vec<f64>]) -> Vec<f64> {
    let mut sum = vec![0.0; vectors.first().map_or(0, Vec::len)];
    for vector in vectors {
        sum.iter_mut().zip(vector).for_each(|(sum, x)| *sum += x);
    }
    let count = vectors.len().max(1) as f64;
    sum.into_iter().map(|x| x / count).collect()
}

/// The standard deviation of vectors around their mean, relative to its norm.
fn spread(vectors: &[Vec<f64>], mean: &[f64]) -> f64 {
    let square = |vector: &Vec<f64>| -> f64 {
        vector.iter().zip(mean).map(|(x, mean)| (x - mean).powi(2)).sum()
    };
    let others = vectors.len().saturating_sub(1).max(1) as f64;
    (vectors.iter().map(square).sum::<f64>() / others).sqrt() / norm(mean)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::datasets::planar;

    fn trainer() -> Trainer {
        // Without kinks, which difference quotients would straddle.
        let changes =
            ["batch=64", "generator.width=8", "generator.depth=1", "generator.activation=tanh"];
        let recipe = Recipe::named("gan", &changes).unwrap();
        Trainer::new(recipe, Data::law("ring8", planar("ring8").unwrap()), Seed(1)).unwrap()
    }

    /// The identity as a plan: enough to differentiate at.
    fn diagonal(rows: usize) -> Vec<PlanArc> {
        let mass = 1.0 / rows as f64;
        (0..rows).map(|i| PlanArc { source: i, target: i, mass }).collect()
    }

    #[test]
    fn the_exact_gradient_is_the_difference_of_costs() {
        let trainer = trainer();
        let mut frozen = FrozenGenerator::new(&trainer, 3.0, 1);
        let gradient_at = frozen.exact(Seed(2), &mut |x, _| Ok(diagonal(x.nrows()))).unwrap();
        let truth = trainer.data().batch(64, &mut Seed(2).stream("fresh data 0"));
        let cost = |frozen: &mut FrozenGenerator<'_>| {
            let ray = (&frozen.points(0) - &truth).mapv(Real::wide);
            ray.map_axis(ndarray::Axis(1), |ray| ray.dot(&ray).sqrt()).mean().unwrap()
        };
        // Single precision: parameters move far, and the costs are compared as far as it goes.
        let h = 1e-2_f32;
        for k in [0, 5, 17, gradient_at.mean.len() - 1] {
            let start = frozen.network.parameters()[k];
            let mut at = |x: f32| {
                frozen.network.parameters_mut()[k] = x;
                cost(&mut frozen)
            };
            let difference = (at(start + h) - at(start - h)) / f64::from(2.0 * h);
            at(start);
            let slope = gradient_at.mean[k];
            assert!((slope - difference).abs() < 1e-3, "{k}: {slope} {difference}");
        }
    }

    #[test]
    fn rays_have_length_one_and_points_on_each_other_pull_nowhere() {
        let plan = [(0, 0), (1, 1)].map(|(source, target)| PlanArc { source, target, mass: 0.5 });
        let by_x = gradient_along_plan(
            &array![[3.0, 4.0], [1.0, 1.0]],
            &array![[0.0, 0.0], [1.0, 1.0]],
            &plan,
        );
        assert_eq!(by_x, array![[0.3, 0.4], [0.0, 0.0]]);
    }

    #[test]
    fn noise_and_disagreement_are_relative_deviations() {
        let gradient_at = MeanGradient::of(&[vec![1.0, 3.0], vec![1.0, 5.0]]);
        assert!((gradient_at.norm() - 17.0_f64.sqrt()).abs() < 1e-15);
        assert!((gradient_at.noise() - (2.0_f64 / 17.0).sqrt()).abs() < 1e-15);
        let other = MeanGradient::of(&[vec![1.0, -4.0]]);
        assert_eq!(disagreement(&[&gradient_at, &gradient_at]), 0.0);
        assert!((disagreement(&[&gradient_at, &other]) - 32.0_f64.sqrt()).abs() < 1e-15);
    }

    #[test]
    fn on_separated_clouds_the_minimax_gradient_dies_and_the_other_does_not() {
        let trainer = trainer();
        let mut frozen = FrozenGenerator::new(&trainer, 8.0, 4);
        let recipe = Recipe::named("gan", &["critic.width=16", "critic.rate=5e-3"]).unwrap();
        let objectives = [Objective::Minimax, Objective::NonSaturating];
        let (readings, stopped) =
            frozen.train_critic(&recipe, &objectives, Seed(3), &[1, 200], &mut ()).unwrap();
        assert_eq!((stopped, readings.len(), readings[1].step), (None, 2, 200));
        let norms = |k: usize| readings.iter().map(|r| r.gradients[k].norm()).collect::<Vec<_>>();
        let (minimax, other) = (norms(0), norms(1));
        assert!(minimax[1] < 0.05 * minimax[0], "{minimax:?}");
        assert!(other[1] > 0.5 * other[0], "{other:?}");
        assert!(readings[1].critic_loss < 0.1);
    }
}
