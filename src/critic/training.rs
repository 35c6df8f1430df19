//! The training of network critics: gradient ascent on the dual.
//!
//! ```text
//! maximize  E_μ f − E_ν f − P(f)   over the parameters of f,   f on a constraint
//! ```
//!
//! **Idea.** A step draws a batch, computes the gradients of the estimate and of the penalty P by
//! back-propagation, takes an optimizer's step, and projects the parameters onto the constraint. The
//! bound on the slope of f, a penalty or a constraint, is a [`LipschitzControl`], one per paper; the
//! rest is common to all. Steps are in `f32`, and in the coordinates of a [`Frame`], where f is
//! `s·N((x − o)/s)` and is as steep as N.
//!
//! **Result.** At regular intervals the whole samples are evaluated in `f64`, with a proved bound L
//! of the Lipschitz constant. A kind whose bound is tight (spectral, orthonormal) returns the best
//! state by estimate ÷ L, divided by L. The others return the last one: the state with
//! the highest estimate is only the steepest one, and L is loose.
//!
//! **Complexity.** 6 operations a weight and row for the estimate, 8 more with a penalty.
//!
//! **References.** Arjovsky, Chintala, Bottou 2017, "Wasserstein generative adversarial networks",
//! ICML, Algorithm 1.
//!
//! **Failure modes.** A rate too high ends in NaN, which is an error that says at which step. A
//! network between two samples of n points in many dimensions has to fit every pair with a
//! slope of its own, which takes many more steps than the default.

use std::ops::ControlFlow;

use ndarray::{Array2, s};

use super::control::{LipschitzControl, positive};
use super::gradient_penalty::MatchedPairs;
use super::network::lipschitz_bound;
use super::orthonormal;
use super::{
    Batch, Batches, CriticError, CriticMilestone, Frame, NetworkCritic, Pairs, Regularizer,
    SampleBatches, Trained, euclidean_samples,
};
use crate::measure::DiscreteMeasure;
use crate::nn::{Activation, Mlp, Optimizer, PenalizedTape, Real, Rule, Schedule, on_the_pool};
use crate::problem::{Clouds, OtProblem};
use crate::progress::{Event, Observer, Stop};
use crate::seed::Seed;

/// The settings of the training of a [`NetworkCritic`]. [`TrainNetwork::new`] has defaults for every
/// kind.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainNetwork {
    /// The bound on the slope of the critic.
    pub regularizer: Regularizer,
    /// Pairs of points between which a gradient penalty is sampled.
    pub pairs: Pairs,
    /// Neurons of a hidden layer.
    pub width: usize,
    /// Hidden layers.
    pub depth: usize,
    /// Activation of the hidden layers.
    pub activation: Activation,
    /// Steps of the optimizer.
    pub steps: u64,
    /// The size of the first step.
    pub rate: f64,
    /// The schedule of the step size.
    pub schedule: Schedule,
    /// The optimizer.
    pub rule: Rule,
    /// Points a side and step, if the samples have more.
    pub batch: usize,
    /// The seed of first weights, batches and interpolates.
    pub seed: Seed,
}

impl TrainNetwork {
    /// Names of network critics: a regularizer, and for orthonormal weights an activation.
    pub const NAMES: [&'static str; 6] = ["clip", "gp", "lp", "spectral", "maxmin", "groupsort"];

    /// The default settings of the critic of this name, for points in `dim` dimensions.
    #[must_use]
    pub fn named(name: &str, dim: usize) -> Option<Self> {
        let regularizer = match name {
            "clip" => Regularizer::CLIP,
            "gp" => Regularizer::GP,
            "lp" => Regularizer::LP,
            "spectral" => Regularizer::Spectral,
            "maxmin" => Regularizer::Orthonormal,
            "groupsort" => {
                let activation = Activation::GroupSort { size: 4 };
                return Some(Self { activation, ..Self::new(Regularizer::Orthonormal, dim) });
            }
            _ => return None,
        };
        Some(Self::new(regularizer, dim))
    }

    /// The name of the critic: one of [`TrainNetwork::NAMES`], or `none` without a regularizer.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self.regularizer {
            Regularizer::None => "none",
            Regularizer::Clip { .. } => "clip",
            Regularizer::GradientPenalty { two_sided: true, .. } => "gp",
            Regularizer::GradientPenalty { .. } => "lp",
            Regularizer::Spectral => "spectral",
            Regularizer::Orthonormal if matches!(self.activation, Activation::GroupSort { .. }) => {
                "groupsort"
            }
            Regularizer::Orthonormal => "maxmin",
        }
    }

    /// Default settings for a regularizer on points in `dim` dimensions; they do not depend on the
    /// scale of the samples.
    #[must_use]
    pub fn new(regularizer: Regularizer, dim: usize) -> Self {
        let certified = regularizer.is_certified();
        let activation =
            if certified { Activation::MaxMin } else { Activation::LeakyRelu { slope: 0.2 } };
        let settings = Self {
            regularizer,
            pairs: Pairs::Random,
            width: 128,
            depth: 3,
            activation,
            steps: 3000,
            rate: 2e-3,
            schedule: Schedule::Linear,
            rule: Rule::Adam { beta1: 0.9, beta2: 0.99, epsilon: 1e-8 },
            batch: 256,
            seed: Seed(0),
        };
        if !certified {
            return settings;
        }
        // Folds made one after another multiply: layers help 1-Lipschitz networks more than width.
        let width = 64;
        let rate = orthonormal::highest_rate(dim.max(width), width).min(4e-3);
        let rule = Rule::Adam { beta1: 0.5, beta2: 0.99, epsilon: 1e-8 };
        Self { width, depth: 6, steps: 6000, rate, rule, batch: 128, ..settings }
    }

    /// Changes the shape of the hidden layers, for points in `dim` dimensions; the rate of
    /// orthonormal layers comes down to what their width allows.
    #[must_use]
    pub fn shaped(self, dim: usize, width: usize, depth: usize) -> Self {
        let most = match self.regularizer {
            Regularizer::Orthonormal => orthonormal::highest_rate(dim.max(width), width),
            _ => f64::INFINITY,
        };
        Self { width, depth, rate: self.rate.min(most), ..self }
    }
}

/// Number of evaluations of the whole samples in a run.
const EVALUATIONS: u64 = 50;

impl TrainNetwork {
    /// Trains a critic for the Euclidean distance between the two clouds of a problem.
    ///
    /// # Errors
    /// [`CriticError`] for settings that make no sense, for another ground cost, for a problem without
    /// points, and for runs that diverge.
    pub fn train(&self, problem: &OtProblem) -> Result<Trained<NetworkCritic>, CriticError> {
        self.train_with(problem, &mut ())
    }

    /// [`TrainNetwork::train`], reporting to `observer`, which may stop it.
    ///
    /// # Errors
    /// As [`TrainNetwork::train`].
    pub fn train_with(
        &self,
        problem: &OtProblem,
        observer: &mut dyn Observer,
    ) -> Result<Trained<NetworkCritic>, CriticError> {
        let Clouds { source, target, .. } = euclidean_samples(problem)?;
        let frame = Frame::of(source, target)?;
        self.check(source.dim())?;
        let place = |points: ndarray::ArrayView2<'_, f64>| frame.place(points);
        let stream = self.seed.stream("batches");
        let mut batches = SampleBatches::new(source, target, self.batch, place, stream);
        self.train_on(&mut batches, &frame, (source, target), observer)
    }

    /// Trains a critic on batches in the coordinates of `frame`, from any source of batches; the two
    /// samples are for the evaluations.
    ///
    /// # Errors
    /// [`CriticError`] for settings that make no sense, samples of different dimensions, and runs
    /// that diverge.
    pub fn train_on(
        &self,
        batches: &mut dyn Batches,
        frame: &Frame,
        samples: (&DiscreteMeasure, &DiscreteMeasure),
        observer: &mut dyn Observer,
    ) -> Result<Trained<NetworkCritic>, CriticError> {
        self.check(frame.origin().len())?;
        let mut network = self.network(frame.origin().len())?;
        let mut control = self.control(&network, frame, samples)?;
        control.project(&mut network);
        let mut record = RunRecord::new(self, frame, samples);
        let stopped =
            self.ascend(&mut network, control.as_mut(), batches, &mut record, observer)?;
        let critic = record.critic()?;
        Ok(Trained { critic, history: record.history, stopped })
    }

    /// The control of the slope at work.
    fn control(
        &self,
        network: &Mlp<f32>,
        frame: &Frame,
        (source, target): (&DiscreteMeasure, &DiscreteMeasure),
    ) -> Result<Box<dyn LipschitzControl>, CriticError> {
        match &self.pairs {
            Pairs::Random => Ok(self.regularizer.control(network, self.seed)),
            Pairs::Plan(arcs) => {
                let pairs = MatchedPairs::new(arcs, frame, (source.support(), target.support()))?;
                Ok(self.regularizer.control_on_pairs(network, pairs, self.seed))
            }
        }
    }

    /// The main loop; returns the reason of an early stop.
    fn ascend(
        &self,
        network: &mut Mlp<f32>,
        control: &mut dyn LipschitzControl,
        batches: &mut dyn Batches,
        record: &mut RunRecord<'_>,
        observer: &mut dyn Observer,
    ) -> Result<Option<Stop>, CriticError> {
        let every = self.steps.div_ceil(EVALUATIONS).max(1);
        let mut optimizer = Optimizer::new(self.rule, network.parameters().len());
        let mut gradient = vec![0.0; network.parameters().len()];
        // The first batch is not trained on: it gives the shape of all batches.
        let mut dual = DualObjective::new(network, batches.next(), control);
        for step in 0..=self.steps {
            gradient.fill(0.0);
            let batch = batches.next();
            let (estimate, penalty) =
                on_the_pool(|| dual.descend(network, batch, control, &mut gradient));
            if !(estimate + penalty).is_finite() {
                return Err(CriticError::Diverged { step, rate: self.rate });
            }
            let event = Event { cost: record.best(), ..Event::new("training", step) };
            let stop = match observer.observe(&event) {
                ControlFlow::Break(stop) => Some(stop),
                ControlFlow::Continue(()) => None,
            };
            if step % every == 0 || step == self.steps || stop.is_some() {
                record.evaluate(network, step, penalty)?;
            }
            if step == self.steps || stop.is_some() {
                return Ok(stop);
            }
            control.tangent(network, &mut gradient);
            let rate = self.rate * self.schedule.factor(step, self.steps);
            optimizer.step(network.parameters_mut(), &gradient, rate);
            control.project(network);
        }
        Ok(None)
    }

    /// The network as it starts.
    fn network(&self, dim: usize) -> Result<Mlp<f32>, CriticError> {
        let mut layers = vec![(self.width, self.activation); self.depth];
        layers.push((1, Activation::Identity));
        let stream = &mut self.seed.stream("weights");
        Ok(Mlp::new(dim, &layers, self.regularizer.init(), stream)?)
    }

    fn check(&self, dim: usize) -> Result<(), CriticError> {
        let whole = |what, value: usize, (most, bound)| {
            if (1..=most).contains(&value) {
                return Ok(());
            }
            Err(CriticError::Setting { what, value: value as f64, bound })
        };
        whole("the width", self.width, (16_384, "from 1 to 16384"))?;
        whole("the depth", self.depth, (256, "from 1 to 256"))?;
        whole("the batch", self.batch, (1 << 24, "from 1 to 16777216"))?;
        let group = self.activation.group();
        whole("the group size", group, (16_384, "from 1 to 16384"))?;
        if !self.width.is_multiple_of(group) {
            let value = self.width as f64;
            let bound = "a multiple of the group size";
            return Err(CriticError::Setting { what: "the width", value, bound });
        }
        positive("the rate", self.rate)?;
        self.regularizer.check(self.rate, [(dim, self.width), (self.width, self.width)])
    }
}

/// The workspace for `E_μ f − E_ν f − P` and its gradient.
struct DualObjective {
    /// Source above target.
    points: Array2<f32>,
    /// The points at which slopes are penalized.
    interpolates: Array2<f32>,
    tape: PenalizedTape<f32>,
    by_outputs: Array2<f32>,
}

impl DualObjective {
    fn new(network: &Mlp<f32>, batch: &Batch, control: &dyn LipschitzControl) -> Self {
        let rows = batch.source.nrows() + batch.target.nrows();
        let penalized = control.penalized(batch.source.nrows());
        Self {
            points: Array2::zeros((rows, network.inputs())),
            interpolates: Array2::zeros((penalized, network.inputs())),
            tape: PenalizedTape::new(network, rows, penalized),
            by_outputs: Array2::zeros((rows, 1)),
        }
    }

    /// The estimate on a batch, and the penalty; adds the gradient of penalty less estimate to
    /// `gradient`.
    fn descend(
        &mut self,
        network: &Mlp<f32>,
        batch: &Batch,
        control: &mut dyn LipschitzControl,
        gradient: &mut [f32],
    ) -> (f64, f64) {
        let n = batch.source.nrows();
        self.points.slice_mut(s![..n, ..]).assign(&batch.source);
        self.points.slice_mut(s![n.., ..]).assign(&batch.target);
        control.interpolate(batch, self.interpolates.view_mut());
        let up = batch.source_mass.iter().map(|mass| -mass);
        let masses = up.chain(batch.target_mass.iter().copied());
        for (slope, mass) in self.by_outputs.iter_mut().zip(masses) {
            *slope = mass;
        }
        let outputs = self.tape.forward(network, self.points.view(), self.interpolates.view());
        let pairs = outputs.iter().zip(&self.by_outputs);
        let estimate = -pairs.map(|(f, slope)| f.wide() * slope.wide()).sum::<f64>();
        let share = 1.0 / self.interpolates.nrows().max(1) as f64;
        let psi = |slope: f64| {
            let (value, derivative) = control.psi(slope);
            (share * value, share * derivative)
        };
        let penalty = self.tape.backward(network, self.by_outputs.view(), psi, gradient);
        (estimate, penalty)
    }
}

/// The evaluations of a run and the state that it returns.
struct RunRecord<'a> {
    settings: &'a TrainNetwork,
    frame: &'a Frame,
    samples: (&'a DiscreteMeasure, &'a DiscreteMeasure),
    history: Vec<CriticMilestone>,
    /// Estimate ÷ bound of the state kept, and the state.
    kept: Option<(f64, Mlp<f64>)>,
}

impl<'a> RunRecord<'a> {
    fn new(
        settings: &'a TrainNetwork,
        frame: &'a Frame,
        samples: (&'a DiscreteMeasure, &'a DiscreteMeasure),
    ) -> Self {
        Self { settings, frame, samples, history: Vec::new(), kept: None }
    }

    /// The value shown during training: the best certified value, or the last estimate.
    fn best(&self) -> Option<f64> {
        if self.settings.regularizer.is_certified() {
            return self.kept.as_ref().map(|&(value, _)| value);
        }
        self.history.last().map(|milestone| milestone.estimate)
    }

    /// Evaluates the network in `f64` on the whole samples, and keeps it if it is the best so far.
    fn evaluate(&mut self, network: &Mlp<f32>, step: u64, penalty: f64) -> Result<(), CriticError> {
        let network = network.cast::<f64>();
        let critic = NetworkCritic::new(self.settings.name(), network, self.frame.clone())?;
        let milestone = critic.milestone(self.samples, step, self.frame.scale() * penalty)?;
        let certified = milestone.estimate / milestone.lipschitz;
        self.history.push(milestone);
        let better = self.kept.as_ref().is_none_or(|&(best, _)| certified > best);
        if better || !self.settings.regularizer.is_certified() {
            self.kept = Some((certified, critic.into_network()));
        }
        Ok(())
    }

    /// The state kept; a certified one is divided by its bound.
    fn critic(&mut self) -> Result<NetworkCritic, CriticError> {
        let (_, mut network) = self.kept.take().expect("every run evaluates its last state");
        if self.settings.regularizer.is_certified() {
            let bound = lipschitz_bound(&network);
            let last = network.depth() - 1;
            network.weights_mut(last).mapv_inplace(|w| w / bound);
            network.bias_mut(last).mapv_inplace(|b| b / bound);
        }
        NetworkCritic::new(self.settings.name(), network, self.frame.clone())
    }
}
