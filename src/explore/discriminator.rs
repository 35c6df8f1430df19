//! Gradients that discriminators give the generator's points on the line during training, beside those of
//! the exact distance.
//!
//! ```text
//! method              D(x)           loss of a generated point x       push −∂loss/∂x
//! sigmoid             σ(N(x))        ln(1 − D), minimax                D·N'
//!                                    −ln D, non-saturating             (1 − D)·N'
//! least squares       N(x)           ½ (D − 1)²                        (1 − D)·D'
//! clip, penalty, free N(x)           −D                                D'
//! exact               potential u    W₁ itself                         Σ_real γ·sign(x_real − x)
//! ```
//!
//! **Idea.** One network, one optimizer and one rate for all; only the objective and the
//! regularizer of D differ. Where real and generated points are apart, the sigmoid's D
//! is perfect soon, 0 on all generated points, and its push dies; least squares push as long as they
//! have not fitted their labels, and then D is flat where the points are, too. A critic that is held
//! to slope 1 pushes every point by 1, from the first steps on, however far it has to go: that is
//! what the exact potential does along the rays of the optimal plan. The *free* critic is what the
//! Lipschitz constraint forbids: the difference of its means has no largest value, and training
//! goes on to steeper and steeper functions.
//!
//! Training is in the coordinates of a [`Frame`], where the samples have size 1; all that is
//! returned is in their own. Functions that are known up to a constant have mean 0 on the generated
//! points.
//!
//! **Complexity.** That of the training: 12 operations a weight, row and step.
//!
//! **References.** Arjovsky, Bottou 2017, "Towards principled methods for training generative
//! adversarial networks", ICLR; Arjovsky, Chintala, Bottou 2017, "Wasserstein generative adversarial
//! networks", ICML, figure 2.
//!
//! **Failure modes.** Samples that overlap have no perfect discriminator, and no gradient vanishes.

use std::ops::ControlFlow;

use ndarray::{Array2, ArrayView2};

use crate::certificate::Certificate;
use crate::cost::Euclidean;
use crate::critic::{Batches as _, Cones, Critic as _, Frame, SampleBatches};
use crate::gan::{Discriminator, GanError, Objective, Recipe, RecipeError};
use crate::measure::DiscreteMeasure;
use crate::nn::Real as _;
use crate::plan::PlanArc;
use crate::problem::OtProblem;
use crate::progress::{Event, Observer, Stop};
use crate::seed::Seed;
use crate::solvers::Solver as _;
use crate::solvers::line::Line;

/// Number of grid points at which functions are evaluated, and margin of the grid beyond the points, as
/// a share of their range.
const GRID_POINTS: usize = 241;
const GRID_MARGIN: f64 = 0.15;

/// The recipe that all discriminators share, over the base of all recipes.
const COMMON: &str = "name = \"discriminator\"
batch = 128
schedule = \"constant\"
critic = { depth = 2, rate = 1e-3 }
";

/// A discriminator's objective and regularizer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiscriminatorKind {
    /// The original one: the probability of being real.
    Sigmoid,
    /// Least squares with labels 1 and 0.
    LeastSquares,
    /// A critic with weights in a box.
    Clip,
    /// A critic with a penalty on slopes other than 1.
    GradientPenalty,
    /// A critic without a regularizer.
    Free,
}

impl DiscriminatorKind {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Sigmoid, Self::LeastSquares, Self::Clip, Self::GradientPenalty, Self::Free];

    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sigmoid => "sigmoid",
            Self::LeastSquares => "least_squares",
            Self::Clip => "clip",
            Self::GradientPenalty => "gradient_penalty",
            Self::Free => "free",
        }
    }

    /// The part of the recipe that is its own.
    fn own(self) -> &'static str {
        match self {
            Self::Sigmoid => "objective = \"minimax\"",
            Self::LeastSquares => "objective = \"least_squares\"",
            Self::Clip => "regulariser = { clip = { limit = 0.1 } }",
            Self::GradientPenalty => {
                "regulariser = { gradient_penalty = { lambda = 10.0, two_sided = true } }"
            }
            Self::Free => "regulariser = \"none\"",
        }
    }

    /// The losses that a generator may have with it, by their names in reports.
    #[must_use]
    pub fn losses(self) -> &'static [(&'static str, Objective)] {
        match self {
            Self::Sigmoid => {
                &[("minimax", Objective::Minimax), ("non_saturating", Objective::NonSaturating)]
            }
            Self::LeastSquares => &[("least_squares", Objective::LeastSquares)],
            Self::Clip => &[("clip", Objective::Wasserstein)],
            Self::GradientPenalty => &[("gradient_penalty", Objective::Wasserstein)],
            Self::Free => &[("free", Objective::Wasserstein)],
        }
    }

    /// Whether it is a critic, in the unit of the distance.
    fn is_critic(self) -> bool {
        matches!(self, Self::Clip | Self::GradientPenalty | Self::Free)
    }
}

/// Two laws on the line that do not overlap, at a distance of 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeparatedLaws {
    /// Normal laws of deviation 0.2.
    Clusters,
    /// Uniform laws on intervals of length 1.
    Intervals,
}

impl SeparatedLaws {
    /// Real points around 1.5 and generated ones around −1.5.
    #[must_use]
    pub fn draw(self, points: usize, seed: Seed) -> [Array2<f64>; 2] {
        [("real", 1.5), ("generated", -1.5)].map(|(name, center)| {
            let stream = &mut seed.stream(name);
            Array2::from_shape_simple_fn((points, 1), || match self {
                Self::Clusters => center + 0.2 * stream.normal(),
                Self::Intervals => center + stream.uniform() - 0.5,
            })
        })
    }
}

/// How to train.
#[derive(Debug, Clone, PartialEq)]
pub struct DiscriminatorTraining {
    /// Steps of each discriminator.
    pub steps: u64,
    /// Changes of all recipes, such as `critic.width=32`.
    pub changes: Vec<String>,
    /// Where weights and batches come from.
    pub seed: Seed,
}

impl DiscriminatorTraining {
    /// A recipe for each method.
    ///
    /// # Errors
    /// [`RecipeError`] for changes that make no sense, or of the objective or regularizer.
    pub fn recipes(&self) -> Result<Vec<(DiscriminatorKind, Recipe)>, RecipeError> {
        let own = |change: &String| {
            ["objective", "regulariser"].iter().any(|field| change.trim().starts_with(field))
        };
        if self.changes.iter().any(own) {
            let what = "objective and regulariser are what tells the discriminators apart";
            return Err(RecipeError::Contradiction { what });
        }
        let recipe = |kind: DiscriminatorKind| {
            let text = format!("{}\n{COMMON}", kind.own());
            let recipe = Recipe::read(&text, &self.changes)?;
            Ok((kind, Recipe { steps: self.steps, ..recipe }))
        };
        DiscriminatorKind::ALL.into_iter().map(recipe).collect()
    }
}

/// The exact distance, its potential and its pushes.
#[derive(Debug, Clone, PartialEq)]
pub struct ExactReference {
    /// The distance.
    pub emd: Certificate,
    /// The Kantorovich potential on the grid, high on real points.
    pub values: Vec<f64>,
    /// The push on each generated point.
    pub pushes: Vec<f64>,
}

/// A discriminator at one step of its training.
#[derive(Debug, Clone, PartialEq)]
pub struct DiscriminatorSnapshot {
    /// Steps done.
    pub step: u64,
    /// The loss in the last of them, without a penalty.
    pub loss: f64,
    /// D on the grid.
    pub values: Vec<f64>,
    /// The mean of D on real points less that on generated ones.
    pub apart: f64,
    /// The push on each generated point, for each of the method's [losses](DiscriminatorKind::losses).
    pub pushes: Vec<Vec<f64>>,
}

/// A discriminator while it is trained.
#[derive(Debug, Clone, PartialEq)]
pub struct DiscriminatorRun {
    /// Its name.
    pub kind: DiscriminatorKind,
    /// In the order of steps.
    pub snapshots: Vec<DiscriminatorSnapshot>,
}

/// All of them.
#[derive(Debug, Clone, PartialEq)]
pub struct DiscriminatorStudy {
    /// Points at which functions are evaluated, from left to right.
    pub grid: Vec<f64>,
    /// Rows of a side in a step.
    pub batch: usize,
    /// The exact distance, its potential and its pushes.
    pub exact: ExactReference,
    /// The training run of each discriminator.
    pub runs: Vec<DiscriminatorRun>,
    /// The reason of an early stop.
    pub stopped: Option<Stop>,
}

/// Trains all discriminators between two samples on the line, and looks at them on the way.
///
/// # Errors
/// [`GanError`] for samples that are not on the line, settings that make no sense, and training
/// that diverges.
pub fn study_discriminators(
    real: &DiscreteMeasure,
    generated: &DiscreteMeasure,
    training: &DiscriminatorTraining,
    observer: &mut dyn Observer,
) -> Result<DiscriminatorStudy, GanError> {
    let frame = Frame::of(real, generated)?;
    let grid = grid(real.support(), generated.support());
    let exact = exact(real, generated, &grid)?;
    let mut recipes = training.recipes()?;
    for (_, recipe) in &mut recipes {
        recipe.batch = recipe.batch.min(real.len()).min(generated.len());
    }
    let batch = recipes[0].1.batch;
    let context = TrainingContext { real, generated, frame, grid: grid.clone() };
    let mut study = DiscriminatorStudy {
        grid: context.grid.column(0).to_vec(),
        batch,
        exact,
        runs: Vec::new(),
        stopped: None,
    };
    for (kind, recipe) in recipes {
        let mut run = DiscriminatorRun { kind, snapshots: Vec::new() };
        let stopped = context.train(&mut run, &recipe, training.seed, observer)?;
        study.runs.push(run);
        if stopped.is_some() {
            return Ok(DiscriminatorStudy { stopped, ..study });
        }
    }
    Ok(study)
}

/// Steps at which a discriminator is evaluated: ten per decade, and the last.
fn snapshot_steps(steps: u64) -> Vec<u64> {
    const MANTISSAS: [u64; 10] = [10, 12, 16, 20, 25, 32, 40, 50, 63, 80];
    let decades = (0..18).map(|k| 10_u64.pow(k));
    let all = decades.flat_map(|ten| MANTISSAS.map(|mantissa| mantissa * ten / 10));
    let mut snapshot_steps: Vec<_> =
        all.take_while(|&place| place < steps).chain([steps]).collect();
    snapshot_steps.dedup();
    snapshot_steps
}

/// The grid at which functions are evaluated.
fn grid(real: ArrayView2<'_, f64>, generated: ArrayView2<'_, f64>) -> Array2<f64> {
    let all = || real.iter().chain(generated.iter());
    let low = all().copied().fold(f64::INFINITY, f64::min);
    let high = all().copied().fold(f64::NEG_INFINITY, f64::max);
    let margin = if high > low { GRID_MARGIN * (high - low) } else { 1.0 };
    let step = (high - low + 2.0 * margin) / (GRID_POINTS - 1) as f64;
    Array2::from_shape_fn((GRID_POINTS, 1), |(k, _)| low - margin + step * k as f64)
}

/// The exact distance, its potential, and its pushes.
fn exact(
    real: &DiscreteMeasure,
    generated: &DiscreteMeasure,
    grid: &Array2<f64>,
) -> Result<ExactReference, GanError> {
    let failed =
        |error: &dyn std::error::Error| GanError::ReferenceDistance { message: error.to_string() };
    let problem = OtProblem::new(real, generated, Euclidean).map_err(|error| failed(&error))?;
    let solution = Line.solve(&problem, &mut ()).map_err(|error| failed(&error))?;
    let emd = solution.certify(&problem).certificate;
    // u(x) = min_j |x − y_j| − g_j is 1-Lipschitz, f on the real points and −g on the generated.
    let tips = solution.potentials.g().mapv(|g| -g);
    let potential = Cones::new(Euclidean, generated.support().to_owned(), tips)?;
    let level = generated.mass().dot(&potential.values(generated.support())?);
    let level = level / generated.mass().sum();
    let values = potential.values(grid.view())?.mapv(|u| u - level).to_vec();
    let mut pushes = vec![0.0; generated.len()];
    for &PlanArc { source, target, mass } in solution.plan.arcs() {
        let ray = real.support()[[source, 0]] - generated.support()[[target, 0]];
        if ray != 0.0 {
            pushes[target] += mass / generated.mass()[target] * ray.signum();
        }
    }
    Ok(ExactReference { emd, values, pushes })
}

/// Data that all discriminators are trained with.
struct TrainingContext<'a> {
    real: &'a DiscreteMeasure,
    generated: &'a DiscreteMeasure,
    frame: Frame,
    grid: Array2<f64>,
}

impl TrainingContext<'_> {
    /// Trains one of them; returns what ended that early.
    fn train(
        &self,
        run: &mut DiscriminatorRun,
        recipe: &Recipe,
        seed: Seed,
        observer: &mut dyn Observer,
    ) -> Result<Option<Stop>, GanError> {
        let mut critic = Discriminator::new(recipe, 1, seed)?;
        let place = |points: ArrayView2<'_, f64>| self.frame.place(points);
        let stream = seed.stream("batches");
        let mut batches =
            SampleBatches::new(self.real, self.generated, recipe.batch, place, stream);
        let mut loss = f64::NAN;
        for place in snapshot_steps(recipe.steps) {
            while critic.step() < place {
                let batch = batches.next();
                loss = critic.update(batch.source.view(), batch.target.view())?;
                let event = Event::new("training", critic.step());
                if let ControlFlow::Break(stop) = observer.observe(&event) {
                    return Ok(Some(stop));
                }
            }
            run.snapshots.push(self.snapshot(&mut critic, run.kind, loss));
        }
        Ok(None)
    }

    /// The discriminator as it stands.
    fn snapshot(
        &self,
        critic: &mut Discriminator,
        kind: DiscriminatorKind,
        loss: f64,
    ) -> DiscriminatorSnapshot {
        let scale = self.frame.scale();
        let values = |points: ArrayView2<'_, f64>| -> Vec<f64> {
            let outputs = critic.values(self.frame.place(points).view());
            let outputs = outputs.into_iter().map(f64::from);
            match kind {
                DiscriminatorKind::Sigmoid => outputs.map(|t| 1.0 / (1.0 + (-t).exp())).collect(),
                DiscriminatorKind::LeastSquares => outputs.collect(),
                _ => outputs.map(|t| scale * t).collect(),
            }
        };
        let mean = |side: &DiscreteMeasure| {
            let outputs = values(side.support());
            let sum: f64 = outputs.iter().zip(side.mass()).map(|(t, mass)| t * mass).sum();
            sum / side.mass().sum()
        };
        let (on_real, on_generated) = (mean(self.real), mean(self.generated));
        let level = if kind.is_critic() { on_generated } else { 0.0 };
        let on_grid = values(self.grid.view()).into_iter().map(|d| d - level).collect();
        // D is s·N of the placed points for a critic, N of them for the others.
        let unit = if kind.is_critic() { 1.0 } else { scale };
        let points = self.frame.place(self.generated.support());
        let pushes = kind.losses().iter().map(|&(_, objective)| {
            let gradients = critic.gradients(objective, points.view());
            gradients.iter().map(|slope| -slope.wide() / unit).collect()
        });
        let pushes = pushes.collect();
        DiscriminatorSnapshot {
            step: critic.step(),
            loss,
            values: on_grid,
            apart: on_real - on_generated,
            pushes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn study(steps: u64) -> DiscriminatorStudy {
        let sides = SeparatedLaws::Clusters.draw(32, Seed(1));
        let [real, generated] = sides.map(|side| DiscreteMeasure::uniform(side).unwrap());
        let changes = ["batch=32", "critic.width=32", "critic.rate=3e-3"].map(str::to_owned);
        let training = DiscriminatorTraining { steps, changes: changes.to_vec(), seed: Seed(2) };
        study_discriminators(&real, &generated, &training, &mut ()).unwrap()
    }

    fn size(pushes: &[f64]) -> f64 {
        pushes.iter().map(|push| push.abs()).sum::<f64>() / pushes.len() as f64
    }

    #[test]
    fn places_are_ten_a_decade_and_the_last() {
        assert_eq!(snapshot_steps(7), [1, 2, 3, 4, 5, 6, 7]);
        assert!(snapshot_steps(3000).windows(2).all(|pair| pair[0] < pair[1]));
        for place in [10, 100, 1000, 3000] {
            assert!(snapshot_steps(3000).contains(&place), "{place}");
        }
    }

    #[test]
    fn the_exact_potential_has_slope_1_and_pushes_every_point_by_1() {
        let sides = SeparatedLaws::Intervals.draw(50, Seed(3));
        let [real, generated] = sides.map(|side| DiscreteMeasure::uniform(side).unwrap());
        let grid = grid(real.support(), generated.support());
        let exact = exact(&real, &generated, &grid).unwrap();
        assert!(exact.emd.is_optimal() && (exact.emd.upper - 3.0).abs() < 0.2);
        assert!(exact.pushes.iter().all(|&push| (push - 1.0).abs() < 1e-12));
        let step = grid[[1, 0]] - grid[[0, 0]];
        let slopes = exact.values.windows(2).map(|pair| (pair[1] - pair[0]) / step);
        assert!(slopes.clone().all(|slope| slope.abs() <= 1.0 + 1e-12));
        // All the way from the generated points to the real ones.
        let snapshot_steps = grid.iter().skip(1);
        let between = snapshot_steps.zip(slopes).filter(|(x, _)| (-1.0..1.0).contains(*x));
        assert!(between.map(|(_, slope)| slope).all(|slope| (slope - 1.0).abs() < 1e-9));
    }

    #[test]
    fn the_sigmoid_saturates_the_penalized_critic_does_not_and_the_free_one_has_no_end() {
        let study = study(400);
        assert_eq!(study.stopped, None);
        let [sigmoid, squares, _, penalty, free] = &study.runs[..] else { panic!("five") };
        let at = |runs: &DiscriminatorRun, step: u64| {
            runs.snapshots.iter().find(|moment| moment.step == step).unwrap().clone()
        };
        let (early, late) = (at(sigmoid, 10), at(sigmoid, 400));
        assert!(size(&late.pushes[0]) < 0.02 * size(&early.pushes[0]));
        // The other loss is no help against a D that is flat, but does not die with it.
        assert!(size(&late.pushes[1]) > size(&early.pushes[1]));
        assert!(late.values[0] < 0.01 && late.values[GRID_POINTS - 1] > 0.99);
        // Labels are fitted, slowly: until then there is something left to follow.
        let fitted = at(squares, 400);
        assert!(fitted.loss < 0.05 * at(squares, 1).loss, "{}", fitted.loss);
        assert!(size(&fitted.pushes[0]) > 10.0 * size(&late.pushes[0]));
        let emd = study.exact.emd.upper;
        let critic = at(penalty, 400);
        // λ = 10 leaves slopes above 1 by about EMD/(2λ) in the frame, where the EMD is 2: a tenth.
        let push = size(&critic.pushes[0]);
        assert!((0.9..1.2).contains(&push), "{push}");
        assert!((critic.apart / emd - 1.1).abs() < 0.1, "{} {emd}", critic.apart);
        assert!(at(free, 400).apart > 50.0 * emd);
    }

    #[test]
    fn pushes_are_the_slopes_of_what_is_drawn() {
        let study = study(100);
        let sides = SeparatedLaws::Clusters.draw(32, Seed(1));
        let step = study.grid[1] - study.grid[0];
        // D' of the penalized critic by its values on the grid, a piecewise linear function.
        let moment = study.runs[3].snapshots.last().unwrap();
        for (x, push) in sides[1].iter().zip(&moment.pushes[0]) {
            let k = study.grid.partition_point(|place| place < x);
            let around = &moment.values[k - 2..=k + 1];
            let slopes: Vec<_> = around.windows(2).map(|d| (d[1] - d[0]) / step).collect();
            let low = slopes.iter().copied().fold(f64::INFINITY, f64::min);
            let high = slopes.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            assert!((low - 1e-3..high + 1e-3).contains(push), "{x}: {push} {slopes:?}");
        }
    }

    #[test]
    fn samples_off_the_line_are_refused() {
        let plane = DiscreteMeasure::uniform(Array2::zeros((3, 2))).unwrap();
        let training = DiscriminatorTraining { steps: 1, changes: Vec::new(), seed: Seed(0) };
        assert!(study_discriminators(&plane, &plane, &training, &mut ()).is_err());
    }
}
