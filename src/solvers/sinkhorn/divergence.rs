//! The debiased Sinkhorn divergence.
//!
//! ```text
//! S(μ, ν) = OT(μ, ν) − ½ OT(μ, μ) − ½ OT(ν, ν),
//!     OT(μ, ν) = min ⟨γ, C⟩ + ε·KL(γ | μ⊗ν/T) over plans γ of μ and ν
//! ```
//!
//! **Idea.** `OT(μ, μ)` is positive: entropy smooths the plan, so the entropic cost alone is least at a
//! shrunken copy of μ. The subtraction of both self-costs removes this bias: S(μ, μ) = 0. S goes from
//! the exact cost at ε → 0 to an energy distance (maximum mean discrepancy with kernel −c) at
//! ε → ∞. Where `exp(−c/ε)` is a positive definite kernel for every ε > 0, as for the Euclidean,
//! squared Euclidean and cityblock costs, S ≥ 0, and S = 0 only if μ = ν.
//!
//! **Complexity.** Three entropic problems, n×m, n×n and m×m.
//!
//! **References.** Genevay, Peyré, Cuturi 2018, "Learning generative models with Sinkhorn
//! divergences", AISTATS; Feydy, Séjourné, Vialard, Amari, Trouvé, Peyré 2019, "Interpolating
//! between optimal transport and MMD using Sinkhorn divergences", AISTATS.
//!
//! **Failure modes.** For other costs, Chebyshev in three dimensions and more among them, S can be
//! negative. Each term is a dual value, too small by about the square of its marginal error, so S
//! of measures that are almost equal is dominated by rounding and tolerance, with either sign.

use std::ops::ControlFlow;

use thiserror::Error;

use super::{Entropic, Epsilon, Sinkhorn, SinkhornError, typical_cost};
use crate::cost::GroundCost;
use crate::measure::DiscreteMeasure;
use crate::problem::{OtProblem, ProblemError};
use crate::progress::{Event, Observer, Stop};
use crate::solvers::SolveOptions;

/// The debiased Sinkhorn divergence of two measures, and the three entropic problems it is made of.
///
/// ```text
/// S(μ, ν) = OT(μ, ν) − ½ OT(μ, μ) − ½ OT(ν, ν),
///     OT(μ, ν) = min ⟨γ, C⟩ + ε·KL(γ | μ⊗ν/T) over plans γ of μ and ν
/// ```
///
/// At convergence S ≥ 0 for the Euclidean, squared Euclidean and cityblock costs, and 0 for
/// identical measures only; for other costs it can be negative. It tends to the exact cost for
/// ε → 0 and to the energy distance `Σ c μ⊗ν − ½ Σ c μ⊗μ − ½ Σ c ν⊗ν` (over T) for ε → ∞
/// (Feydy, Séjourné, Vialard, Amari, Trouvé, Peyré 2019, "Interpolating between optimal transport
/// and MMD using Sinkhorn divergences", AISTATS).
#[derive(Debug, Clone, PartialEq)]
pub struct SinkhornDivergence {
    /// `OT(μ, ν) − ½ OT(μ, μ) − ½ OT(ν, ν)`, in units of cost × mass.
    pub value: f64,
    /// From source to target. Its ε, in the units of the cost, is that of all three.
    pub cross: Entropic,
    /// From the source to itself.
    pub source: Entropic,
    /// From the target to itself.
    pub target: Entropic,
}

/// Why there is no divergence.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum DivergenceError {
    /// The measures and the ground cost make no problem.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// The settings make no sense.
    #[error(transparent)]
    Sinkhorn(#[from] SinkhornError),
}

impl Sinkhorn {
    /// The debiased divergence ([`SinkhornDivergence`]) of two measures of equal total: three
    /// entropic problems, n×m, n×n and m×m.
    ///
    /// A relative ε refers to the [`typical_cost`] between source and target and serves all
    /// three terms; the tolerance and the limit on passes hold for each of them. Identical
    /// measures are at 0 exactly. Once the observer has asked to stop, what is left of the terms is
    /// handed over as it is: their terminations say so, and the value is not to be relied on.
    ///
    /// # Errors
    /// [`DivergenceError`]: different dimensions, unequal totals, an ε or a tolerance that makes
    /// no sense.
    pub fn divergence(
        &self,
        source: &DiscreteMeasure,
        target: &DiscreteMeasure,
        ground: impl Into<GroundCost>,
    ) -> Result<SinkhornDivergence, DivergenceError> {
        self.debias(source, target, ground.into(), &mut ())
    }

    /// [`Sinkhorn::divergence`] within the limits of `options`; see [`Sinkhorn::solve_with`].
    ///
    /// # Errors
    /// As [`Sinkhorn::divergence`].
    pub fn divergence_with(
        &self,
        source: &DiscreteMeasure,
        target: &DiscreteMeasure,
        ground: impl Into<GroundCost>,
        options: &SolveOptions<'_>,
    ) -> Result<SinkhornDivergence, DivergenceError> {
        let ground = ground.into();
        let mut observer = options.watch(options.clock().end);
        let work = || self.debias(source, target, ground, &mut observer);
        options.on_threads(work).map_err(SinkhornError::from)?
    }

    fn debias(
        &self,
        source: &DiscreteMeasure,
        target: &DiscreteMeasure,
        ground: GroundCost,
        observer: &mut dyn Observer,
    ) -> Result<SinkhornDivergence, DivergenceError> {
        let cross = OtProblem::new(source, target, ground)?;
        // The masses of the cross problem: they have equal totals to the last bit or so.
        let source_cost = ground.table(source, source).map_err(ProblemError::from)?;
        let source = OtProblem::new(&cross.source(), &cross.source(), source_cost)?;
        let target_cost = ground.table(target, target).map_err(ProblemError::from)?;
        let target = OtProblem::new(&cross.target(), &cross.target(), target_cost)?;

        let epsilon = self.epsilon.resolve(typical_cost(&cross));
        let solver = Self { epsilon: Epsilon::Absolute(epsilon), ..*self };
        let mut observer = LatchingObserver { observer, stop: None };
        let cross = solver.run(&cross, None, &mut observer)?;
        let source = solver.run(&source, None, &mut observer)?;
        let target = solver.run(&target, None, &mut observer)?;
        let value = cross.entropic_cost - 0.5 * source.entropic_cost - 0.5 * target.entropic_cost;
        Ok(SinkhornDivergence { value, cross, source, target })
    }
}

/// An observer that remembers a stop, so that the remaining solves of the run stop at once.
struct LatchingObserver<'a> {
    observer: &'a mut dyn Observer,
    stop: Option<Stop>,
}

impl Observer for LatchingObserver<'_> {
    fn observe(&mut self, event: &Event) -> ControlFlow<Stop> {
        if self.stop.is_none() {
            self.stop = self.observer.observe(event).break_value();
        }
        self.stop.map_or(ControlFlow::Continue(()), ControlFlow::Break)
    }
}
