//! The distances under their usual names, one call each.
//!
//! | function | computes |
//! |---|---|
//! | [`emd`] | the least transport cost for a ground cost, with its proof |
//! | [`wasserstein`] | `W_p`, the p-th root of it for the p-th power of a distance, with its proof |
//! | [`bottleneck`] | `W_∞`, the least largest cost of a plan, with its proof |
//! | [`persistence_distance`] | `W_p` with the diagonal, between persistence diagrams, with its proof |
//! | [`wasserstein_1d`] | `W_p` of numbers, by sorting |
//! | [`sliced_wasserstein`] | the mean of `W_p` over random lines |
//! | [`sinkhorn`] | entropic transport, and the bracket on the exact cost that it proves |
//! | [`sinkhorn_divergence`] | the debiased entropic cost |
//! | [`energy_distance`], [`mmd`] | distances that are means over pairs of points |
//! | [`emd_batch`](crate::emd_batch) | the transport costs of many pairs, or from one to many |
//! | [`pairwise`](fn@pairwise) | the transport costs between all pairs of many measures |
//!
//! Sources and targets are arrays of shape (n, d), whose points have mass 1/n each, or
//! [`DiscreteMeasure`]s. Who needs limits, a method or progress makes an [`OtProblem`].
//!
//! [`DiscreteMeasure`]: crate::DiscreteMeasure

use std::borrow::Cow;

use thiserror::Error;

use crate::certificate::Certified;
use crate::cost::{CostError, GroundCost, Metric};
use crate::divergence::{self, EstimateError};
use crate::math::root;
use crate::measure::{AsMeasure, DiscreteMeasure};
use crate::persistence::{
    PersistenceDiagram, PersistenceError, PersistenceProblem, PersistenceTransport,
};
use crate::problem::{IntoCost, OtProblem, ProblemError};
use crate::seed::Seed;
use crate::solvers::bottleneck::Bottleneck;
use crate::solvers::line;
use crate::solvers::sinkhorn::{
    DivergenceError, Entropic, Epsilon, Sinkhorn, SinkhornDivergence, SinkhornError,
};
use crate::solvers::{SolveError, Transport};

pub use crate::pairwise::pairwise;
pub use crate::solvers::line::wasserstein_1d;

/// Why there is no distance.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum DistanceError {
    /// The two sides and the ground cost make no problem.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// The method failed.
    #[error(transparent)]
    Solve(#[from] SolveError),
    /// Sinkhorn failed.
    #[error(transparent)]
    Sinkhorn(#[from] SinkhornError),
    /// The samples have no such distance.
    #[error(transparent)]
    Estimate(#[from] EstimateError),
}

impl From<DivergenceError> for DistanceError {
    fn from(error: DivergenceError) -> Self {
        match error {
            DivergenceError::Problem(error) => error.into(),
            DivergenceError::Sinkhorn(error) => error.into(),
        }
    }
}

/// Source and target as measures.
fn measures<'m>(
    source: &'m impl AsMeasure,
    target: &'m impl AsMeasure,
) -> Result<[Cow<'m, DiscreteMeasure>; 2], ProblemError> {
    let on_side =
        |side, made: Result<_, _>| made.map_err(|error| ProblemError::Mass { side, error });
    Ok([on_side("source", source.as_measure())?, on_side("target", target.as_measure())?])
}

/// The earth mover's distance between two measures for a ground cost, by the fastest exact method,
/// with its certificate. Masses and any cost matrix serve as well as points and a ground cost: see
/// [`OtProblem::new`].
///
/// ```
/// use deblais::ndarray::array;
/// use deblais::{Euclidean, emd};
///
/// let x = array![[0.0, 0.0], [1.0, 0.0]];
/// let y = array![[0.0, 3.0], [1.0, 4.0]];
/// let s = emd(&x, &y, Euclidean)?;
/// assert!(s.lower() <= 3.5 && 3.5 <= s.upper());
/// assert!(s.certificate().is_optimal());
/// # Ok::<(), deblais::DistanceError>(())
/// ```
///
/// # Errors
/// [`DistanceError`]: no points, numbers that are not finite, different dimensions, unequal totals.
pub fn emd<'a, S: ?Sized, T: ?Sized>(
    source: &S,
    target: &T,
    cost: impl IntoCost<'a, S, T>,
) -> Result<Transport, DistanceError> {
    Ok(OtProblem::new(source, target, cost)?.solve()?)
}

/// The bottleneck distance `W_∞` between two measures for a ground cost: the least t such that arcs of
/// cost at most t carry all mass, with its proof. Masses and any cost matrix serve as well: see
/// [`OtProblem::new`].
///
/// ```
/// use deblais::ndarray::array;
/// use deblais::{Euclidean, bottleneck};
///
/// let x = array![[0.0, 0.0], [1.0, 0.0]];
/// let y = array![[0.0, 3.0], [1.0, 4.0]];
/// let s = bottleneck(&x, &y, Euclidean)?;
/// assert!(s.lower() <= 4.0 && 4.0 <= s.upper());
/// assert!(s.certificate().is_optimal());
/// # Ok::<(), deblais::DistanceError>(())
/// ```
///
/// # Errors
/// [`DistanceError`], as [`emd`].
pub fn bottleneck<'a, S: ?Sized, T: ?Sized>(
    source: &S,
    target: &T,
    cost: impl IntoCost<'a, S, T>,
) -> Result<Bottleneck, DistanceError> {
    Ok(OtProblem::new(source, target, cost)?.bottleneck(&mut ()))
}

/// A Wasserstein distance with its proof.
#[derive(Debug, Clone, PartialEq)]
pub struct Wasserstein {
    p: f64,
    transport: Transport,
}

impl Wasserstein {
    /// `W_p`, in units of the distance where the total mass is 1: that of the plan, the upper bound.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.upper()
    }

    /// A proved lower bound of `W_p`.
    #[must_use]
    pub fn lower(&self) -> f64 {
        root(self.transport.lower(), self.p).0
    }

    /// A proved upper bound of `W_p`.
    #[must_use]
    pub fn upper(&self) -> f64 {
        root(self.transport.upper(), self.p).1
    }

    /// Plan, potentials and certificate of the transport cost `W_p^p`.
    #[must_use]
    pub fn transport(&self) -> &Transport {
        &self.transport
    }
}

/// The Wasserstein distance `W_p = (min Σ γ_ij·d(x_i, y_j)^p)^(1/p)` for a distance d and p ≥ 1.
///
/// ```
/// use deblais::ndarray::array;
/// use deblais::{Euclidean, wasserstein};
/// let w2 = wasserstein(&array![[0.0], [1.0]], &array![[3.0], [4.0]], 2.0, Euclidean)?;
/// assert!(w2.lower() <= 3.0 && 3.0 <= w2.upper());
/// # Ok::<(), deblais::DistanceError>(())
/// ```
///
/// # Errors
/// [`DistanceError`], as [`emd`], and for p < 1.
pub fn wasserstein(
    source: &impl AsMeasure,
    target: &impl AsMeasure,
    p: f64,
    metric: impl Into<Metric>,
) -> Result<Wasserstein, DistanceError> {
    Ok(Wasserstein { p, transport: emd(source, target, power(metric, p)?)? })
}

/// The p-th power of a distance, p ≥ 1.
fn power(metric: impl Into<Metric>, p: f64) -> Result<GroundCost, ProblemError> {
    if p.is_nan() || p < 1.0 {
        return Err(CostError::Exponent { what: "the power p", value: p, bound: "≥ 1" }.into());
    }
    Ok(match metric.into().ground() {
        ground if p == 1.0 => ground,
        GroundCost::Euclidean if p == 2.0 => GroundCost::SqEuclidean,
        ground => GroundCost::power(ground, p)?,
    })
}

/// A Wasserstein distance with the diagonal, with its proof.
#[derive(Debug, Clone, PartialEq)]
pub struct PersistenceDistance {
    p: f64,
    transport: PersistenceTransport,
}

impl PersistenceDistance {
    /// The distance, in the unit of births and deaths: that of the matching, the upper bound.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.upper()
    }

    /// A proved lower bound of the distance.
    #[must_use]
    pub fn lower(&self) -> f64 {
        root(self.transport.certificate().lower, self.p).0
    }

    /// A proved upper bound of the distance.
    #[must_use]
    pub fn upper(&self) -> f64 {
        root(self.transport.certificate().upper, self.p).1
    }

    /// Matching, potentials and certificate of the p-th power of the distance.
    #[must_use]
    pub fn transport(&self) -> &PersistenceTransport {
        &self.transport
    }
}

/// The p-Wasserstein distance with the diagonal between two persistence diagrams, p ≥ 1, infinite for
/// different numbers of essential classes; see [`persistence`](crate::persistence).
///
/// ```
/// use deblais::ndarray::array;
/// use deblais::{Chebyshev, PersistenceDiagram, persistence_distance};
/// let x = PersistenceDiagram::new(array![[0.0, 4.0], [1.0, f64::INFINITY]].view())?;
/// let y = PersistenceDiagram::new(array![[0.0, 5.0], [2.0, f64::INFINITY]].view())?;
/// let distance = persistence_distance(&x, &y, 1.0, Chebyshev)?;
/// assert!(distance.lower() <= 2.0 && 2.0 <= distance.upper());
/// # Ok::<(), deblais::persistence::PersistenceError>(())
/// ```
///
/// # Errors
/// [`PersistenceError`], and for p < 1.
pub fn persistence_distance(
    source: &PersistenceDiagram,
    target: &PersistenceDiagram,
    p: f64,
    metric: impl Into<Metric>,
) -> Result<PersistenceDistance, PersistenceError> {
    let problem = PersistenceProblem::new(source, target, power(metric, p)?)?;
    Ok(PersistenceDistance { p, transport: problem.solve()? })
}

/// The sliced Wasserstein distance: the p-th root of the mean of `W_p^p` over the projections on
/// `directions` lines, which are drawn evenly from a seed.
///
/// # Errors
/// [`DistanceError`]: different dimensions, unequal totals, p < 1.
pub fn sliced_wasserstein(
    source: &impl AsMeasure,
    target: &impl AsMeasure,
    p: f64,
    directions: usize,
    seed: Seed,
) -> Result<f64, DistanceError> {
    let [source, target] = measures(source, target)?;
    let directions = line::directions(directions, source.dim(), &mut seed.stream("directions"));
    Ok(line::sliced_wasserstein(&source, &target, p, directions.view())?)
}

/// Entropic transport by Sinkhorn's iterations, and the bracket on the exact transport cost that its
/// plan and potentials prove.
///
/// # Errors
/// [`DistanceError`], as [`emd`], and for an ε that is not positive.
pub fn sinkhorn<'a, S: ?Sized, T: ?Sized>(
    source: &S,
    target: &T,
    cost: impl IntoCost<'a, S, T>,
    epsilon: Epsilon,
) -> Result<(Entropic, Certified), DistanceError> {
    let problem = OtProblem::new(source, target, cost)?;
    let answer = Sinkhorn { epsilon, ..Sinkhorn::default() }.solve(&problem)?;
    let certified = answer.certify(&problem);
    Ok((answer, certified))
}

/// The Sinkhorn divergence `OT_ε(μ, ν) − ½ OT_ε(μ, μ) − ½ OT_ε(ν, ν)`.
///
/// # Errors
/// [`DistanceError`], as [`sinkhorn`].
pub fn sinkhorn_divergence(
    source: &impl AsMeasure,
    target: &impl AsMeasure,
    ground: impl Into<GroundCost>,
    epsilon: Epsilon,
) -> Result<SinkhornDivergence, DistanceError> {
    let [source, target] = measures(source, target)?;
    Ok(Sinkhorn { epsilon, ..Sinkhorn::default() }.divergence(&source, &target, ground)?)
}

/// The energy distance `2 E‖X − Y‖ − E‖X − X'‖ − E‖Y − Y'‖`, in units of length.
///
/// # Errors
/// [`DistanceError`]: different dimensions, distances out of range.
pub fn energy_distance(
    source: &impl AsMeasure,
    target: &impl AsMeasure,
) -> Result<f64, DistanceError> {
    let [source, target] = measures(source, target)?;
    Ok(divergence::energy(&source, &target)?.value)
}

/// The square of the maximum mean discrepancy for the kernel `exp(−‖x − y‖²/(2σ²))`; σ is the median
/// distance if it is not given.
///
/// # Errors
/// [`DistanceError`]: different dimensions, points without a scale, distances out of range.
pub fn mmd(
    source: &impl AsMeasure,
    target: &impl AsMeasure,
    sigma: Option<f64>,
) -> Result<f64, DistanceError> {
    let [source, target] = measures(source, target)?;
    let sigma = sigma.map_or_else(|| divergence::median_bandwidth(&source, &target), Ok)?;
    Ok(divergence::mmd(&source, &target, sigma)?)
}
