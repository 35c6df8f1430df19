//! Training of a [`Lattice`] on batches, samples or streams.
//!
//! Adam climbs `E_μ f_T − E_ν f_T` of the soft lattice by centers and heights. The temperature T
//! falls geometrically, so that at first every point moves every piece; the rate is constant at first
//! and falls with it later. At regular steps the hard lattice is evaluated in `f64` on two samples; the
//! best is kept.
//!
//! **Complexity.** A step costs two products of rows × pieces × d, and rows × pieces exponentials.
//!
//! **Failure modes.** On samples, pieces that are nowhere the maximum or minimum stay where they
//! are. On a stream in many dimensions the centers must start close to each other, in the midst of
//! the data: distances between points far apart differ by little, and scattered centers are not
//! assigned to regions of the data.

use std::ops::ControlFlow;

use ndarray::{ArrayView2, s};
use rayon::prelude::*;

use super::Lattice;
use super::soft::{Pieces, SoftBlock};
use crate::critic::control::positive;
use crate::critic::euclidean_samples;
use crate::critic::{Batches, Critic, CriticError, CriticMilestone, Frame, SampleBatches, Trained};
use crate::math;
use crate::measure::DiscreteMeasure;
use crate::nn::{Optimizer, Real, Rule, Schedule};
use crate::problem::{Clouds, OtProblem};
use crate::progress::{Event, Observer};
use crate::seed::{Seed, Stream};

/// Number of points of a batch that are computed together.
const BLOCK_ROWS: usize = 256;

/// Adam with a short mean of squares, β₂ = 0.99: gradients shrink during training.
const LATTICE_ADAM: Rule = Rule::Adam { beta1: 0.9, beta2: 0.99, epsilon: 1e-10 };

/// The schedule of [`LatticeRate::Falling`].
const FALLING_RATE: Schedule = Schedule::ConstantThenLinear { share: 0.4, end: 0.02 };

/// Number of evaluations of the hard lattice in a run.
const EVALUATIONS: u64 = 25;

/// The first centers of the pieces.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LatticeStart {
    /// Uniform in a cube of this half side, in the units of the frame.
    Cube(f64),
    /// At points of the first batch: falling pieces at source points, rising ones at target points.
    Points,
}

/// The step size of Adam.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LatticeRate {
    /// Constant for 40 % of the steps, then linear down to 2 %: on a stream the centers first have to
    /// find their regions, at any temperature.
    Falling(f64),
    /// A multiple of the temperature, the length scale of the soft lattice.
    OfTemperature(f64),
}

/// The settings of the training of a [`Lattice`]; [`TrainLattice::default`] is for two samples.
/// Lengths are in the units of the frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrainLattice {
    /// The name of the kind.
    pub kind: &'static str,
    /// G.
    pub groups: usize,
    /// Pieces of a group.
    pub pieces: usize,
    /// Whether every second piece has σ = 1; else all have σ = −1.
    pub alternate: bool,
    /// The first centers of the pieces.
    pub start: LatticeStart,
    /// Steps of Adam.
    pub steps: u64,
    /// The step size of Adam.
    pub rate: LatticeRate,
    /// The first and the last temperature.
    pub temperatures: (f64, f64),
    /// The share of the steps at which the last temperature is reached.
    pub cold: f64,
    /// Points a side and step, if the samples have more.
    pub batch: usize,
    /// The seed of first centers and batches.
    pub seed: Seed,
}

impl Default for TrainLattice {
    fn default() -> Self {
        Self {
            kind: "lattice",
            groups: 512,
            pieces: 2,
            alternate: true,
            start: LatticeStart::Points,
            steps: 1500,
            rate: LatticeRate::OfTemperature(0.3),
            temperatures: (5e-2, 5e-5),
            cold: 1.0,
            batch: 1024,
            seed: Seed(0),
        }
    }
}

impl TrainLattice {
    /// Cones `−min_j(b_j + ‖x − c_j‖)` for a stream of points whose coordinates are of
    /// size 1.
    #[must_use]
    pub fn cones(count: usize) -> Self {
        Self {
            kind: "cones",
            groups: count,
            pieces: 1,
            alternate: false,
            start: LatticeStart::Cube(0.75),
            steps: 1800,
            rate: LatticeRate::Falling(0.02),
            temperatures: (0.5, 0.01),
            cold: 0.8,
            batch: 1024,
            seed: Seed(0),
        }
    }

    /// Trains a critic for the Euclidean distance between the two clouds of a problem.
    ///
    /// # Errors
    /// [`CriticError`] for settings that make no sense, for another ground cost, for a problem without
    /// points, and for runs that diverge.
    pub fn train(&self, problem: &OtProblem) -> Result<Trained<Lattice>, CriticError> {
        self.train_with(problem, &mut ())
    }

    /// [`TrainLattice::train`], reporting to `observer`, which may stop it.
    ///
    /// # Errors
    /// As [`TrainLattice::train`].
    pub fn train_with(
        &self,
        problem: &OtProblem,
        observer: &mut dyn Observer,
    ) -> Result<Trained<Lattice>, CriticError> {
        let Clouds { source, target, .. } = euclidean_samples(problem)?;
        self.check()?;
        let frame = Frame::of(source, target)?;
        let place = |points: ArrayView2<'_, f64>| frame.place(points);
        let stream = self.seed.stream("batches");
        let mut batches = SampleBatches::new(source, target, self.batch, place, stream);
        self.train_on(&mut batches, &frame, (source, target), observer)
    }

    /// Trains a critic on batches in the coordinates of `frame`, from any source of batches; the two
    /// samples are for the evaluations.
    ///
    /// # Errors
    /// [`CriticError`] for settings that make no sense and samples of different dimensions.
    pub fn train_on(
        &self,
        batches: &mut dyn Batches,
        frame: &Frame,
        samples: (&DiscreteMeasure, &DiscreteMeasure),
        observer: &mut dyn Observer,
    ) -> Result<Trained<Lattice>, CriticError> {
        self.check()?;
        let every = self.steps.div_ceil(EVALUATIONS).max(1);
        let mut pieces = self.first(batches);
        let mut adam = Optimizer::new(LATTICE_ADAM, pieces.parameters.len());
        let mut gradient = vec![0.0; pieces.parameters.len()];
        let mut blocks = vec![];
        let mut history: Vec<CriticMilestone> = vec![];
        let mut best = (f64::NEG_INFINITY, self.place(&pieces, frame));
        for step in 0..=self.steps {
            let cost = (best.0 > f64::NEG_INFINITY).then_some(best.0);
            let event = Event { cost, ..Event::new("training", step) };
            let stop = match observer.observe(&event) {
                ControlFlow::Break(stop) => Some(stop),
                ControlFlow::Continue(()) => None,
            };
            if step % every == 0 || step == self.steps || stop.is_some() {
                let lattice = self.place(&pieces, frame);
                let estimate = estimate(&lattice, samples)?;
                let (penalty, lipschitz, steepest) = (0.0, 1.0, 1.0);
                history.push(CriticMilestone { step, estimate, penalty, lipschitz, steepest });
                if estimate > best.0 {
                    best = (estimate, lattice);
                }
            }
            if step == self.steps || stop.is_some() {
                return Ok(Trained { critic: best.1, history, stopped: stop });
            }
            let batch = batches.next();
            let sides = [
                (batch.source.view(), &batch.source_mass[..], -1.0),
                (batch.target.view(), &batch.target_mass[..], 1.0),
            ];
            descend(&pieces, &mut blocks, sides, f32::of(self.temperature(step)), &mut gradient);
            adam.step(&mut pieces.parameters, &gradient, self.rate(step));
            pieces.refresh();
        }
        unreachable!("the last step returns")
    }

    fn check(&self) -> Result<(), CriticError> {
        positive("the number of groups", self.groups as f64)?;
        positive("the number of pieces", self.pieces as f64)?;
        positive("the batch", self.batch as f64)?;
        if let LatticeStart::Cube(half) = self.start {
            positive("the half side of the first cube", half)?;
        }
        let (LatticeRate::Falling(rate) | LatticeRate::OfTemperature(rate)) = self.rate;
        positive("the rate", rate)?;
        positive("the share of the steps until it is cold", self.cold)?;
        positive("the first temperature", self.temperatures.0)?;
        positive("the last temperature", self.temperatures.1)
    }

    fn temperature(&self, step: u64) -> f64 {
        let (first, last) = self.temperatures;
        let done = (step as f64 / (self.cold * self.steps as f64)).min(1.0);
        first * (last / first).powf(done)
    }

    fn rate(&self, step: u64) -> f64 {
        match self.rate {
            LatticeRate::Falling(rate) => rate * FALLING_RATE.factor(step, self.steps),
            LatticeRate::OfTemperature(rate) => rate * self.temperature(step),
        }
    }

    fn first(&self, batches: &mut dyn Batches) -> Pieces {
        let stream = &mut self.seed.stream("centres");
        let count = self.groups * self.pieces;
        let batch = batches.next();
        let dim = batch.source.ncols();
        let falls = |j: usize| !self.alternate || (j / self.groups).is_multiple_of(2);
        let signs = (0..count).map(|j| if falls(j) { -1.0 } else { 1.0 }).collect();
        let sides = [&batch.source, &batch.target];
        let mut places = sides.map(|side| shuffled(side.nrows(), stream).into_iter().cycle());
        let mut parameters = Vec::with_capacity(count * (dim + 1));
        for j in 0..count {
            match self.start {
                LatticeStart::Cube(half) => parameters
                    .extend((0..dim).map(|_| f32::of(half * (2.0 * stream.uniform() - 1.0)))),
                LatticeStart::Points => {
                    let side = usize::from(!falls(j));
                    let place = places[side].next().expect("a side has points");
                    parameters.extend(sides[side].row(place));
                }
            }
        }
        parameters.resize(count * (dim + 1), 0.0);
        Pieces::new(dim, self.groups, signs, parameters)
    }

    /// The lattice in the coordinates of the data.
    fn place(&self, pieces: &Pieces, frame: &Frame) -> Lattice {
        let scale = frame.scale();
        let centers = pieces.centers().mapv(f64::from) * scale + frame.origin();
        Lattice {
            kind: self.kind,
            groups: self.groups,
            centers: DiscreteMeasure::uniform(centers).expect("finite centers"),
            heights: pieces.heights().iter().map(|b| f64::from(*b) * scale).collect(),
            signs: pieces.signs.iter().map(|sign| f64::from(*sign)).collect(),
        }
    }
}

/// Points of one side, their masses, and the side's sign in the loss.
type SignedPoints<'a> = (ArrayView2<'a, f32>, &'a [f32], f32);

/// The gradient of the loss `E_ν f_T − E_μ f_T`: blocks in parallel, added up in order.
fn descend(
    pieces: &Pieces,
    blocks: &mut Vec<(SoftBlock, Vec<f32>)>,
    sides: [SignedPoints<'_>; 2],
    temperature: f32,
    gradient: &mut [f32],
) {
    let parts: Vec<_> = sides
        .into_iter()
        .flat_map(|(points, mass, sign)| {
            (0..points.nrows()).step_by(BLOCK_ROWS).map(move |from| {
                let to = points.nrows().min(from + BLOCK_ROWS);
                (points.slice_move(s![from..to, ..]), &mass[from..to], sign)
            })
        })
        .collect();
    while blocks.len() < parts.len() {
        blocks.push((SoftBlock::new(BLOCK_ROWS, pieces), Vec::with_capacity(BLOCK_ROWS)));
    }
    parts.into_par_iter().zip(&mut *blocks).for_each(|((points, mass, sign), (block, weights))| {
        weights.clear();
        weights.extend(mass.iter().map(|mass| sign * mass));
        block.run(pieces, points, weights, temperature);
    });
    gradient.fill(0.0);
    for (block, _) in &*blocks {
        for (sum, part) in gradient.iter_mut().zip(&block.gradient) {
            *sum += part;
        }
    }
}

/// `E_μ f − E_ν f` on two samples.
fn estimate(
    lattice: &Lattice,
    (source, target): (&DiscreteMeasure, &DiscreteMeasure),
) -> Result<f64, CriticError> {
    let mean = |side: &DiscreteMeasure| -> Result<f64, CriticError> {
        Ok(math::dot(side.mass(), &lattice.values(side.support())?))
    };
    Ok(mean(source)? - mean(target)?)
}

/// 0 .. n in random order (Fisher, Yates 1938, "Statistical tables", Durstenfeld's way).
fn shuffled(n: usize, stream: &mut Stream) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    for last in (1..n).rev() {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "in 0 ..= last"
        )]
        let other = (stream.uniform() * (last + 1) as f64) as usize;
        order.swap(last, other);
    }
    order
}
