//! Gradient penalties: f is unconstrained, and slopes away from 1 are penalized.
//!
//! ```text
//! P = λ·E (‖∇f(z)‖ − 1)²              gp, two-sided
//! P = λ·E max(0, ‖∇f(z)‖ − 1)²        lp, one-sided
//! z = (1 − t)·x + t·y,   t uniform,   (x, y) ~ μ ⊗ ν or (x, y) ~ γ
//! ```
//!
//! **Idea.** Where the optimal plan γ moves x to y, the optimal critic falls with slope 1 on the
//! straight line between them; on lines between random pairs the slope is at most 1. The first
//! penalty asks for 1 everywhere, the second only for at most 1, which is what the constraint is.
//! λ is in the scaled coordinates of the [`Frame`]: it has the unit of a distance. Under a finite λ
//! slopes exceed 1 until the penalty grows as fast as the estimate: the estimate exceeds W₁ by about
//! the share W₁/(2λ).
//!
//! **On pairs of the plan** ([`Pairs::Plan`]) the penalty acts only where the optimal critic has slope
//! 1. As a check of W₁ this is circular, since the plan is the answer; elsewhere f is unconstrained.
//!
//! **Complexity.** 8 operations a weight and interpolate, for the input gradient and that of P.
//!
//! **References.** Gulrajani, Ahmed, Arjovsky, Dumoulin, Courville 2017, "Improved training of
//! Wasserstein GANs", NeurIPS (two-sided); Petzka, Fischer, Lukovnikov 2018, "On the
//! regularization of Wasserstein GANs", ICLR (one-sided).
//!
//! **Failure modes.** Nothing bounds the slope beyond the sampled lines: the estimate proves
//! nothing, and the proved bound of the Lipschitz constant is far above it.

use ndarray::{Array2, ArrayView1, ArrayView2, ArrayViewMut2, Zip};

use super::batches::WeightedIndices;
use super::control::{LipschitzControl, positive};
use super::{Batch, CriticError, Frame};
use crate::nn::Real;
use crate::plan::PlanArc;
use crate::seed::{Seed, Stream};

/// Pairs of points whose connecting lines a gradient penalty samples.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Pairs {
    /// Independent source and target points.
    #[default]
    Random,
    /// The pairs that a plan between the samples matches, in proportion to their masses.
    Plan(Vec<PlanArc>),
}

/// A penalty on the norms of gradients between the samples.
#[derive(Debug, Clone)]
pub(super) struct GradientPenalty {
    lambda: f64,
    /// Whether slopes below 1 are penalized too.
    two_sided: bool,
    matched: Option<MatchedPairs>,
    stream: Stream,
    /// Draws from the rows of a batch; all batches have the same masses.
    draws: Option<[WeightedIndices; 2]>,
}

impl GradientPenalty {
    /// The penalty between `matched` pairs, or between random pairs of each batch.
    pub(super) fn new(
        lambda: f64,
        two_sided: bool,
        matched: Option<MatchedPairs>,
        seed: Seed,
    ) -> Self {
        Self { lambda, two_sided, matched, stream: seed.stream("interpolates"), draws: None }
    }
}

/// Samples in a frame, and the pairs among them.
#[derive(Debug, Clone)]
pub(super) struct MatchedPairs {
    source: Array2<f32>,
    target: Array2<f32>,
    pairs: Vec<(usize, usize)>,
    draws: WeightedIndices,
}

impl MatchedPairs {
    pub(super) fn new(
        arcs: &[PlanArc],
        frame: &Frame,
        (source, target): (ArrayView2<'_, f64>, ArrayView2<'_, f64>),
    ) -> Result<Self, CriticError> {
        let (n, m) = (source.nrows(), target.nrows());
        if let Some(arc) = arcs.iter().find(|arc| arc.source >= n || arc.target >= m) {
            let (source, target) = (arc.source, arc.target);
            return Err(CriticError::Pair { source_index: source, target_index: target, n, m });
        }
        positive("the mass of the matched pairs", arcs.iter().map(|arc| arc.mass).sum())?;
        Ok(Self {
            source: frame.place(source),
            target: frame.place(target),
            pairs: arcs.iter().map(|arc| (arc.source, arc.target)).collect(),
            draws: WeightedIndices::new(arcs.iter().map(|arc| arc.mass)),
        })
    }

    /// One pair.
    fn draw(&self, stream: &mut Stream) -> [ArrayView1<'_, f32>; 2] {
        let (i, j) = self.pairs[self.draws.draw(stream)];
        [self.source.row(i), self.target.row(j)]
    }
}

impl LipschitzControl for GradientPenalty {
    fn penalized(&self, rows: usize) -> usize {
        rows
    }

    /// Points on the lines between pairs.
    fn interpolate(&mut self, batch: &Batch, mut points: ArrayViewMut2<'_, f32>) {
        let Self { matched, stream, .. } = self;
        let [from, to] = self.draws.get_or_insert_with(|| {
            [&batch.source_mass, &batch.target_mass]
                .map(|masses| WeightedIndices::new(masses.iter().map(|&mass| mass.wide())))
        });
        for mut z in points.outer_iter_mut() {
            let [x, y] = match matched {
                Some(matched) => matched.draw(stream),
                None => [batch.source.row(from.draw(stream)), batch.target.row(to.draw(stream))],
            };
            let t = f32::of(stream.uniform());
            Zip::from(&mut z).and(x).and(y).for_each(|z, &x, &y| *z = x + t * (y - x));
        }
    }

    fn set_stream(&mut self, stream: Stream) {
        self.stream = stream;
    }

    fn psi(&self, slope: f64) -> (f64, f64) {
        let excess = if self.two_sided { slope - 1.0 } else { (slope - 1.0).max(0.0) };
        (self.lambda * excess * excess, 2.0 * self.lambda * excess)
    }
}
