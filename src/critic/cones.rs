//! A critic made of cones: the lower envelope of distances to the target points.
//!
//! ```text
//! f(x) = min_j b_j + c(x, y_j)                               hard, at evaluation
//! f_T(x) = −T log Σ_j ν_j/Σν·exp(−(b_j + c(x, y_j))/T)       soft, in training
//! maximize  Σ_i μ_i f_T(x_i) − Σ_j ν_j b_j   over the heights b
//! ```
//!
//! **Idea.** Both are 1-Lipschitz for any distance c whatever b is, by construction: a minimum (or
//! a soft minimum, whose weights sum to 1) of functions of slope 1. The optimal critic has this
//! form (McShane 1934, "Extension of range of functions", Bull. Amer. Math. Soc. 40), so this is a
//! neural c-transform, a layer of distances under a minimum, and not a generic network; what is
//! learned are the heights. `f(y_j) ≤ b_j`, so the objective is below the estimate of the hard f,
//! and equal to it at the optimum; its derivative in `b_j` is the mass that the soft plan sends to
//! `y_j`, less `ν_j`. So the height of a center at which no source point attains the minimum falls
//! until one does. Adam ascends with a step size in proportion to the temperature T, which falls
//! geometrically: b moves by a share of T a step, the length scale of the soft minimum.
//!
//! **Complexity.** n·m exponentials a step, parallel; memory O(n + m), and the table of distances
//! if it has at most 67 million entries.
//!
//! **References.** Genevay, Cuturi, Peyré, Bach 2016, "Stochastic optimization for large-scale
//! optimal transport", NeurIPS (the smoothed semi-dual); Kingma, Ba 2015, "Adam: a method for
//! stochastic optimization", ICLR.
//!
//! **Failure modes.** Too few steps leave the estimate below the distance; it is a true lower
//! bound all the same. The critic is fitted to the target points it was trained on: on other samples
//! of the same law its estimate is lower.

use std::ops::ControlFlow;

use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

use super::{
    Critic, CriticError, CriticMilestone, Lipschitz, Save, SavedCritic, SavedFunction, Trained,
    samples,
};
use crate::cost::{Cost, CostMatrix, Metric};
use crate::gibbs::{DoubleWordPotential, GibbsTable};
use crate::math;
use crate::measure::DiscreteMeasure;
use crate::nn::{Optimizer, Rule};
use crate::potentials;
use crate::problem::{Clouds, OtProblem};
use crate::progress::{Event, Observer, Stop};

/// `f(x) = min_j b_j + c(x, y_j)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Cones {
    metric: Metric,
    /// y, shape (m, d).
    centers: DiscreteMeasure,
    /// b, shape (m,).
    heights: Array1<f64>,
}

/// The settings of the training of [`Cones`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrainCones {
    /// Steps of Adam.
    pub steps: u64,
    /// The step size of Adam, as a multiple of the temperature.
    pub rate: f64,
    /// The first and the last temperature, as shares of the mean distance between the samples.
    pub temperatures: (f64, f64),
}

impl Default for TrainCones {
    fn default() -> Self {
        Self { steps: 6000, rate: 0.3, temperatures: (5e-2, 2e-5) }
    }
}

/// Largest number of entries of a stored table of distances, 8 bytes each.
const MAX_STORED_DISTANCES: usize = 1 << 26;

/// Number of evaluations of the hard minimum in a run.
const EVALUATIONS: u64 = 50;

/// Adam as published, but for the guard of its denominator: gradients are shares of the mass.
const ADAM: Rule = Rule::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-12 };

impl TrainCones {
    /// Trains a critic for the distance of a problem between two clouds; the best that was seen is
    /// kept.
    ///
    /// # Errors
    /// [`CriticError`] for settings that make no sense, for a ground cost that is no distance, and
    /// for a problem without points.
    pub fn train(&self, problem: &OtProblem) -> Result<Trained<Cones>, CriticError> {
        self.train_with(problem, &mut ())
    }

    /// [`TrainCones::train`], reporting to `observer`, which may stop it.
    ///
    /// # Errors
    /// As [`TrainCones::train`].
    pub fn train_with(
        &self,
        problem: &OtProblem,
        observer: &mut dyn Observer,
    ) -> Result<Trained<Cones>, CriticError> {
        self.check()?;
        let (Clouds { source, target, .. }, metric) = samples(problem)?;
        let distances = metric.ground().table(source, target)?;
        let few = distances.n().saturating_mul(distances.m()) <= MAX_STORED_DISTANCES;
        let stored = few.then(|| CostMatrix::tabulate(distances.as_ref()));
        let cost: &dyn Cost = stored.as_ref().map_or(distances.as_ref(), |stored| stored);
        let table = GibbsTable::new(cost, source.mass(), target.mass());
        let (heights, history, stopped) = self.climb(&table, observer);
        let critic = Cones { metric, centers: target.clone(), heights: heights.into() };
        Ok(Trained { critic, history, stopped })
    }

    fn check(&self) -> Result<(), CriticError> {
        let (first, last) = self.temperatures;
        let positive = |what, value: f64| {
            if value > 0.0 && value.is_finite() {
                return Ok(());
            }
            Err(CriticError::Setting { what, value, bound: "a positive number" })
        };
        positive("the rate", self.rate)?;
        positive("the first temperature", first)?;
        positive("the last temperature", last)
    }

    /// The main loop: the best heights, the history, and what ended it early.
    fn climb(
        &self,
        table: &GibbsTable<'_>,
        observer: &mut dyn Observer,
    ) -> (Vec<f64>, Vec<CriticMilestone>, Option<Stop>) {
        let every = self.steps.div_ceil(EVALUATIONS).max(1);
        let scale = mean_distance(table);
        let (first, last) = self.temperatures;
        let mut b = vec![0.0; table.target().len()];
        let mut f = vec![0.0; table.source().len()];
        let mut adam = Optimizer::new(ADAM, b.len());
        let (mut best, mut highest, mut history) = (b.clone(), f64::NEG_INFINITY, Vec::new());
        for step in 0..=self.steps {
            if step % every == 0 || step == self.steps {
                let estimate = value(table, &b);
                history.push(CriticMilestone {
                    step,
                    estimate,
                    penalty: 0.0,
                    lipschitz: 1.0,
                    steepest: 1.0,
                });
                if estimate > highest {
                    highest = estimate;
                    best.clone_from(&b);
                }
            }
            let event = Event { cost: Some(highest), ..Event::new("training", step) };
            if let ControlFlow::Break(stop) = observer.observe(&event) {
                return (best, history, Some(stop));
            }
            let done = step as f64 / self.steps.max(1) as f64;
            let temperature = scale * first * (last / first).powf(done);
            let g = DoubleWordPotential::from(b.iter().map(|b| -b).collect::<Vec<_>>());
            let sent = table.sweep(&table.pass(temperature, &g), &mut f).columns;
            // Downhill, so that the objective goes up.
            let gradient: Vec<f64> =
                table.target().iter().zip(&sent).map(|(mass, sent)| mass - sent).collect();
            adam.step(&mut b, &gradient, self.rate * temperature);
        }
        (best, history, None)
    }
}

/// The mean distance between points of two samples, by a pass at a temperature at which all cells
/// weigh the same; 1 if all are in one place.
fn mean_distance(table: &GibbsTable<'_>) -> f64 {
    let zeros = DoubleWordPotential::from(vec![0.0; table.target().len()]);
    let flat = table.pass(f64::MAX, &zeros);
    let mut means: Vec<(f64, f64)> = table.source().iter().map(|&mass| (0.0, mass)).collect();
    table.over_rows(&mut means, |i, (f, mean), scratch, _| {
        let row = table.row(&flat, i, f, scratch);
        *mean = row.scale * table.row_cost(i, scratch);
    });
    let mean = math::sum(means.iter().map(|(_, mean)| mean));
    if mean > 0.0 { mean } else { 1.0 }
}

/// `Σ_i μ_i f(x_i) − Σ_j ν_j b_j` of the hard minimum.
fn value(table: &GibbsTable<'_>, b: &[f64]) -> f64 {
    let g: Array1<f64> = b.iter().map(|b| -b).collect();
    let f = potentials::to_source(table.cost(), g.view());
    let terms = f.iter().chain(&g);
    table.total() * math::dot(table.source().iter().chain(table.target()), terms)
}

impl Cones {
    /// Cones with their tips at `centers` (m, d), which have the heights (m,).
    ///
    /// # Errors
    /// [`CriticError::Saved`] for no centers, another number of heights, or numbers that are not
    /// finite.
    pub fn new(
        metric: impl Into<Metric>,
        centers: Array2<f64>,
        heights: Array1<f64>,
    ) -> Result<Self, CriticError> {
        let saved = |what: &str| CriticError::Saved { what: what.to_owned() };
        let centers =
            DiscreteMeasure::uniform(centers).map_err(|error| saved(&error.to_string()))?;
        if centers.len() != heights.len() || !heights.iter().all(|b| b.is_finite()) {
            return Err(saved("its heights are not one finite number a center"));
        }
        Ok(Self { metric: metric.into(), centers, heights })
    }

    /// y, shape (m, d).
    pub fn centers(&self) -> ArrayView2<'_, f64> {
        self.centers.support()
    }

    /// b, shape (m,).
    pub fn heights(&self) -> ArrayView1<'_, f64> {
        self.heights.view()
    }

    /// The distances from points to the centers.
    fn distances(&self, points: ArrayView2<'_, f64>) -> Result<Box<dyn Cost>, CriticError> {
        let (expected, got) = (self.dim(), points.ncols());
        if expected != got {
            return Err(CriticError::Dimensions { expected, got });
        }
        let points = DiscreteMeasure::uniform(points.to_owned()).expect("finite points");
        Ok(self.metric.ground().table(&points, &self.centers)?)
    }
}

impl Critic for Cones {
    fn kind(&self) -> &'static str {
        "cones"
    }

    fn dim(&self) -> usize {
        self.centers.dim()
    }

    fn values(&self, points: ArrayView2<'_, f64>) -> Result<Array1<f64>, CriticError> {
        let g = self.heights.mapv(|b| -b);
        Ok(potentials::to_source(self.distances(points)?.as_ref(), g.view()))
    }

    fn gradients(&self, points: ArrayView2<'_, f64>) -> Result<Array2<f64>, CriticError> {
        let distances = self.distances(points)?;
        let mut gradients = Array2::zeros(points.dim());
        let mut buffer = vec![0.0; self.heights.len()];
        for (i, (x, mut out)) in points.outer_iter().zip(gradients.outer_iter_mut()).enumerate() {
            let row = distances.row(i, &mut buffer);
            let height = |j: usize| row[j] + self.heights[j];
            let lowest = (0..row.len())
                .min_by(|&a, &b| height(a).total_cmp(&height(b)))
                .expect("a measure has a point");
            let (x, center) = (x.to_vec(), self.centers.support().row(lowest).to_vec());
            self.metric.ground().gradient(
                &x,
                &center,
                out.as_slice_mut().expect("standard layout"),
            );
        }
        Ok(gradients)
    }

    fn lipschitz(&self) -> Lipschitz {
        Lipschitz { bound: 1.0, how: "by construction: a minimum of distances" }
    }
}

impl Save for Cones {
    fn saved(&self) -> SavedCritic {
        let centers = self.centers.support().outer_iter().map(|center| center.to_vec()).collect();
        let function = SavedFunction::Cones { centers, heights: self.heights.to_vec() };
        SavedCritic { metric: self.metric.name(), function }
    }
}
