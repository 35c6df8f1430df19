//! Every f-divergence as a game: its variational bound by a neural critic, by the best critic there
//! is, and its value.
//!
//! ```text
//! D_f(P‖Q) ≥ E_P g(V) − E_Q f*(g(V)),     P and Q normal on the line, V a network
//! D_f(P‖Q) = E_P T − E_Q f*(T),           T = f'(p/q)
//! ```
//!
//! **Idea.** The critic is trained on samples and judged on others that it has not seen, so that its
//! bound is unbiased, with a standard error, and the rest to the closed form is error of the
//! network or chance. The best critic, judged on the same held-out samples, tells the two apart: it
//! has no training error. On histograms of the two laws V is free in every cell, and the best
//! critic attains the divergence to rounding.
//!
//! **Complexity.** That of the training, 12 operations a weight, row and step, for each divergence.
//!
//! **References.** Nguyen, Wainwright, Jordan 2010, "Estimating divergence functionals and the
//! likelihood ratio by convex risk minimization", IEEE Trans. Inf. Theory 56; Nowozin, Cseke, Tomioka
//! 2016, "f-GAN", NeurIPS; `McAllester`, Stratos 2020, "Formal limitations on the measurement of mutual
//! information", AISTATS (why KL is hard).
//!
//! **Failure modes.** Where f* grows exponentially (KL) or quadratically (χ²) a few samples of Q in
//! the tail of p/q decide on the second mean: the held-out error is large, and the standard error,
//! made from the same few, is too small. An infinite divergence has no best critic to find.

use std::ops::ControlFlow;

use ndarray::Array2;

use crate::divergence::named::f_divergence;
use crate::divergence::{FDivergence, Normal};
use crate::gan::{Discriminator, GanError, Objective, Recipe, RecipeError};
use crate::nn::Real as _;
use crate::progress::{Event, Observer, Stop};
use crate::seed::{Seed, Stream};

/// The critic and its training, over the base of all recipes.
const RECIPE: &str = "name = \"duality\"
[critic]
width = 32
depth = 2
rate = 1e-3
rule = { adam = { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } }
";

/// Cells of the histograms, and how many deviations they reach on either side.
const HISTOGRAM_CELLS: u32 = 40;
const HISTOGRAM_REACH: f64 = 4.0;

/// Settings of the study.
#[derive(Debug, Clone, PartialEq)]
pub struct DualityStudy {
    /// P.
    pub p: Normal,
    /// Q.
    pub q: Normal,
    /// Order of the α-divergence.
    pub alpha: f64,
    /// Steps of each critic.
    pub steps: u64,
    /// Points of either law that a critic is judged on.
    pub held_out: usize,
    /// Changes of the critics' recipe, such as `critic.width=64`.
    pub changes: Vec<String>,
    /// Where all draws come from.
    pub seed: Seed,
}

/// A bound on held-out samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeldOutBound {
    /// The mean on P less that on Q.
    pub value: f64,
    /// Its standard error.
    pub error: f64,
}

/// One divergence.
#[derive(Debug, Clone, PartialEq)]
pub struct DivergenceGame {
    /// Its short name.
    pub name: &'static str,
    /// The divergence.
    pub divergence: FDivergence,
    /// Its value between the two laws.
    pub truth: f64,
    /// The bound of the network; nothing if its training left the range of numbers.
    pub network: Option<HeldOutBound>,
    /// The bound of the best critic on the same samples.
    pub best: HeldOutBound,
    /// Its value between the two histograms, and the bound of the best critic there.
    pub histogram: [f64; 2],
}

/// All of them.
#[derive(Debug, Clone, PartialEq)]
pub struct DualityAnswer {
    /// In the order of the names.
    pub games: Vec<DivergenceGame>,
    /// Points of either law in a step.
    pub batch: usize,
    /// The reason of an early stop.
    pub stopped: Option<Stop>,
}

/// The short names of the divergences, in the order of the games.
const NAMES: [&str; 10] = [
    "kl",
    "kl_reverse",
    "jeffreys",
    "js",
    "tv",
    "hellinger2",
    "alpha",
    "chi2",
    "chi2_reverse",
    "lsgan",
];

/// The divergences by their short names; α is the order of `alpha`.
///
/// # Panics
/// Never.
#[must_use]
pub fn divergences(alpha: f64) -> [(&'static str, FDivergence); NAMES.len()] {
    NAMES.map(|name| (name, f_divergence(name, alpha).expect("a name of an f-divergence")))
}

impl DualityStudy {
    /// Plays all games, one after another.
    ///
    /// # Errors
    /// [`GanError`] for settings that make no sense.
    pub fn run(&self, observer: &mut dyn Observer) -> Result<DualityAnswer, GanError> {
        let held_out = self.sides("held out", self.held_out);
        let (p, q) = self.histograms();
        let mut games = DualityAnswer { games: Vec::new(), batch: 0, stopped: None };
        for (name, divergence) in divergences(self.alpha) {
            let recipe = self.recipe(divergence)?;
            games.batch = recipe.batch;
            let network = match self.train(&recipe, observer) {
                Ok(TrainingOutcome::Stopped(stop)) => {
                    games.stopped = Some(stop);
                    return Ok(games);
                }
                Ok(TrainingOutcome::Whole(critic)) => {
                    let outputs =
                        held_out.each_ref().map(|side| critic.values(self.place(side).view()));
                    let [on_p, on_q] =
                        outputs.map(|side| side.into_iter().map(f64::from).collect());
                    Some(network_bound(divergence, on_p, on_q))
                }
                Err(GanError::Diverged { .. }) => None,
                Err(error) => return Err(error),
            };
            let best: Vec<f64> = p.iter().zip(&q).map(|(p, q)| divergence.slope(p / q)).collect();
            games.games.push(DivergenceGame {
                name,
                divergence,
                truth: divergence.between_normals(self.p, self.q),
                network,
                best: self.best_bound(divergence, &held_out),
                histogram: [divergence.between(&p, &q), divergence.bound(&p, &q, &best)],
            });
        }
        Ok(games)
    }

    /// The recipe of a critic.
    ///
    /// # Errors
    /// [`RecipeError`] for changes that make no sense.
    pub fn recipe(&self, divergence: FDivergence) -> Result<Recipe, RecipeError> {
        let recipe = Recipe::read(RECIPE, &self.changes)?;
        let objective = Objective::FDivergence(divergence);
        Ok(Recipe { steps: self.steps, objective, ..recipe })
    }

    fn train(
        &self,
        recipe: &Recipe,
        observer: &mut dyn Observer,
    ) -> Result<TrainingOutcome, GanError> {
        let mut critic = Discriminator::new(recipe, 1, self.seed)?;
        let mut streams = ["P", "Q"].map(|law| self.seed.stream(&format!("training {law}")));
        while critic.step() < recipe.steps {
            let [of_p, of_q] = &mut streams;
            let (x, y) = (draw(self.p, recipe.batch, of_p), draw(self.q, recipe.batch, of_q));
            critic.update(self.place(&x).view(), self.place(&y).view())?;
            let event = Event::new("training critics", critic.step());
            if let ControlFlow::Break(stop) = observer.observe(&event) {
                return Ok(TrainingOutcome::Stopped(stop));
            }
        }
        Ok(TrainingOutcome::Whole(Box::new(critic)))
    }

    fn sides(&self, name: &str, rows: usize) -> [Array2<f64>; 2] {
        [("P", self.p), ("Q", self.q)]
            .map(|(side, law)| draw(law, rows, &mut self.seed.stream(&format!("{name} {side}"))))
    }

    /// Points as a critic sees them: the laws have their midst at 0 and deviations of at most 1.
    fn place(&self, points: &Array2<f64>) -> Array2<f32> {
        let center = f64::midpoint(self.p.mean, self.q.mean);
        let scale = self.p.deviation.max(self.q.deviation);
        points.mapv(|x| f32::of((x - center) / scale))
    }

    /// The bound of f'(p/q).
    fn best_bound(&self, f: FDivergence, [x, y]: &[Array2<f64>; 2]) -> HeldOutBound {
        let critic = |&x: &f64| f.slope(self.p.density(x) / self.q.density(x));
        bound(x.iter().map(critic).collect(), y.iter().map(|y| f.conjugate(critic(y))).collect())
    }

    /// The laws on cells of equal width, the outermost ones without an end.
    fn histograms(&self) -> (Vec<f64>, Vec<f64>) {
        let end = |side: f64| {
            let ends =
                [self.p, self.q].map(|law| side * law.mean + HISTOGRAM_REACH * law.deviation);
            side * ends[0].max(ends[1])
        };
        let (low, high) = (end(-1.0), end(1.0));
        let edge = |k: u32| match k {
            0 => f64::NEG_INFINITY,
            HISTOGRAM_CELLS => f64::INFINITY,
            k => low + (high - low) * f64::from(k) / f64::from(HISTOGRAM_CELLS),
        };
        let cells = |law: Normal| -> Vec<f64> {
            (0..HISTOGRAM_CELLS).map(|k| law.between(edge(k), edge(k + 1))).collect()
        };
        (cells(self.p), cells(self.q))
    }
}

enum TrainingOutcome {
    Whole(Box<Discriminator>),
    Stopped(Stop),
}

fn draw(law: Normal, rows: usize, stream: &mut Stream) -> Array2<f64> {
    Array2::from_shape_simple_fn((rows, 1), || law.mean + law.deviation * stream.normal())
}

/// The bound of a critic with these outputs v.
fn network_bound(f: FDivergence, on_p: Vec<f64>, on_q: Vec<f64>) -> HeldOutBound {
    let gains = on_p.into_iter().map(|v| f.activation(v).0).collect();
    bound(gains, on_q.into_iter().map(|v| f.conjugate_of_activation(v).0).collect())
}

/// The difference of two independent means.
fn bound(gains: Vec<f64>, costs: Vec<f64>) -> HeldOutBound {
    let moments = |terms: Vec<f64>| {
        let count = terms.len() as f64;
        // A compensated sum holds no infinities.
        let finite = terms.iter().all(|x| x.is_finite());
        let sum = if finite { crate::math::sum(&terms) } else { terms.iter().sum() };
        let mean = sum / count;
        let squares: Vec<f64> = terms.iter().map(|x| (x - mean) * (x - mean)).collect();
        (mean, crate::math::sum(&squares) / (count * (count - 1.0).max(1.0)))
    };
    let ((gain, gain_variance), (cost, cost_variance)) = (moments(gains), moments(costs));
    let (value, error) = (gain - cost, (gain_variance + cost_variance).sqrt());
    // Nothing is proved by the difference of two infinities.
    HeldOutBound {
        value: if value.is_nan() { f64::NEG_INFINITY } else { value },
        error: if error.is_nan() { f64::INFINITY } else { error },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn duel() -> DualityStudy {
        let [p, q] = [0.0, 1.0].map(|mean| Normal { mean, deviation: 1.0 });
        let changes = ["batch=128", "critic.width=16"].map(str::to_owned).to_vec();
        DualityStudy { p, q, alpha: 0.5, steps: 300, held_out: 4000, changes, seed: Seed(1) }
    }

    #[test]
    fn networks_come_close_from_below_and_the_best_critic_on_histograms_attains_it() {
        let games = duel().run(&mut ()).unwrap();
        assert_eq!((games.games.len(), games.stopped), (10, None));
        for game in &games.games {
            let DivergenceGame { name, truth, best, .. } = *game;
            let network = game.network.unwrap();
            // Five standard errors.
            assert!(network.value < truth + 5.0 * network.error, "{name}: {network:?} {truth}");
            assert!(
                network.value > 0.7 * truth - 5.0 * network.error,
                "{name}: {network:?} {truth}"
            );
            assert!((best.value - truth).abs() < 5.0 * best.error, "{name}: {best:?} {truth}");
            let [value, attained] = game.histogram;
            assert!((attained / value - 1.0).abs() < 1e-12, "{name}: {attained} {value}");
            assert!(
                value < truth * (1.0 + 1e-12) && value > 0.95 * truth,
                "{name}: {value} {truth}"
            );
        }
    }

    #[test]
    fn the_bound_of_a_critic_is_what_its_definition_says() {
        let found = bound(vec![1.0, 3.0], vec![0.0, 1.0]);
        assert_eq!(found, HeldOutBound { value: 1.5, error: 1.25_f64.sqrt() });
        let nothing = bound(vec![f64::INFINITY, 0.0], vec![f64::INFINITY, 1.0]);
        assert_eq!(nothing, HeldOutBound { value: f64::NEG_INFINITY, error: f64::INFINITY });
    }

    #[test]
    fn an_infinite_divergence_is_said_to_be() {
        let p = Normal { mean: 0.0, deviation: 2.0 };
        let duel = DualityStudy { p, steps: 5, held_out: 100, ..duel() };
        let games = duel.run(&mut ()).unwrap();
        let chi2 = games.games.iter().find(|game| game.name == "chi2").unwrap();
        assert_eq!(chi2.truth, f64::INFINITY);
        assert!(chi2.histogram[0].is_finite());
    }
}
