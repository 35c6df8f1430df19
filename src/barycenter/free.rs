//! Barycenters of equal masses at points that move.
//!
//! # Problem
//! Find points `x_i` of given masses for which `Σ_k w_k·W_2²(ν, μ_k)` is small, where ν has these masses at
//! these points and the ground cost is the squared Euclidean distance.
//!
//! # Idea
//! For fixed plans the best place of each point is the mean of the places that it sends its mass to:
//! `x_i ← Σ_k w_k Σ_j γ_k(i, j)·y_kj / ν_i`. Optimal plans from there cost no more than the old ones. So the
//! value decreases from step to step, until the plans do not change.
//!
//! # Complexity
//! One exact transport to each measure a step; a dozen steps in general.
//!
//! # Reference
//! Álvarez-Esteban, del Barrio, Cuesta-Albertos, Matrán 2016, "A fixed-point approach to barycenters in
//! Wasserstein space", J. Math. Anal. Appl. 441; Cuturi, Doucet 2014, "Fast computation of Wasserstein
//! barycenters", ICML, Algorithm 2.
//!
//! # Failure modes
//! The problem is not convex: a fixed point need not be a barycenter, and depends on the start. The
//! certificates are about the value at the points of each step, and about nothing else. On the line, the
//! fixed point is the barycenter after one step.

use std::ops::ControlFlow;

use ndarray::Array2;

use super::{BarycenterError, weighted};
use crate::certificate::{Certificate, mean_certificate};
use crate::cost::{GroundCost, SqEuclidean};
use crate::measure::DiscreteMeasure;
use crate::plan::TransportPlan;
use crate::problem::OtProblem;
use crate::progress::{Event, Observer};
use crate::solvers::{Method, Termination};

/// The points found, and what is proved about the value at each step.
#[derive(Debug, Clone, PartialEq)]
pub struct FreeBarycenter {
    /// ν, with the masses of the start in proportion to their sum.
    pub measure: DiscreteMeasure,
    /// The bracket on `Σ_k w_k·W_2²(ν, μ_k)` at the start and after each step.
    pub steps: Vec<Certificate>,
    /// The bracket on `W_2²(ν, μ_k)` for each measure of positive weight, at the end.
    pub transports: Vec<Certificate>,
    /// Why the run ended.
    pub termination: Termination,
}

impl FreeBarycenter {
    /// The bracket on `Σ_k w_k·W_2²(ν, μ_k)` for the points found.
    ///
    /// # Panics
    /// Not: every run judges its start.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.steps[self.steps.len() - 1]
    }
}

/// The fixed point that is reached from `start`, whose masses are kept. The run ends when a step lowers the
/// value by less than a relative 1e-9; `observer` may stop it.
///
/// ```
/// use deblais::DiscreteMeasure;
/// use deblais::barycenter::free_support;
/// use deblais::ndarray::array;
///
/// let a = DiscreteMeasure::uniform(array![[0.0], [1.0]])?;
/// let b = DiscreteMeasure::uniform(array![[9.0], [4.0]])?;
/// let found = free_support(&a, &[a.clone(), b], &[1.0, 1.0], &mut ())?;
/// assert_eq!(found.measure.support(), array![[2.0], [5.0]]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`BarycenterError`]: weights that are not one for each measure, points of different dimensions.
pub fn free_support(
    start: &DiscreteMeasure,
    measures: &[DiscreteMeasure],
    weights: &[f64],
    observer: &mut dyn Observer,
) -> Result<FreeBarycenter, BarycenterError> {
    /// The relative decrease of the value of a step below which it is the last.
    const LEAST_DECREASE: f64 = 1e-9;
    let (measures, weights) = weighted(measures, weights)?;
    let mass = start.marginal().weights().to_owned();
    let mut measure = DiscreteMeasure::normalized(start.support().to_owned(), mass)
        .map_err(BarycenterError::Support)?;
    let ground = GroundCost::from(SqEuclidean);
    let mut steps: Vec<Certificate> = Vec::new();
    loop {
        let found = plans(&measure, &measures, ground, observer)?;
        let (plans, transports): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        let value = mean_certificate(&weights, &transports);
        let is_last = steps
            .last()
            .is_some_and(|last| last.upper - value.upper <= LEAST_DECREASE * last.upper);
        steps.push(value);
        let event = Event { cost: Some(value.upper), ..Event::new("moving", steps.len() as u64) };
        let termination = match observer.observe(&event) {
            _ if is_last => Some(Termination::ToleranceReached),
            ControlFlow::Break(stop) => Some(stop.into()),
            ControlFlow::Continue(()) => None,
        };
        if let Some(termination) = termination {
            return Ok(FreeBarycenter { measure, steps, transports, termination });
        }
        let points = projected(&measure, &measures, &plans, weights.mass().iter().copied());
        measure = DiscreteMeasure::normalized(points, measure.marginal().weights().to_owned())
            .map_err(BarycenterError::Support)?;
    }
}

/// The means, over the measures, of the places that each point sends its mass to. A point without mass
/// stays where it is.
fn projected(
    measure: &DiscreteMeasure,
    measures: &[DiscreteMeasure],
    plans: &[TransportPlan],
    weights: impl Iterator<Item = f64>,
) -> Array2<f64> {
    let mut points = measure.support().to_owned();
    for ((target, plan), weight) in measures.iter().zip(plans).zip(weights) {
        for arc in plan.arcs() {
            // From the point itself: far from the origin no digit is lost.
            let way = &target.support().row(arc.target) - &measure.support().row(arc.source);
            let share = weight * arc.mass / measure.mass()[arc.source];
            points.row_mut(arc.source).scaled_add(share, &way);
        }
    }
    points
}

/// Optimal plans from ν to the measures, with their certificates; if the observer stops a solver, its plan
/// is the best so far.
fn plans(
    nu: &DiscreteMeasure,
    measures: &[DiscreteMeasure],
    ground: GroundCost,
    observer: &mut dyn Observer,
) -> Result<Vec<(TransportPlan, Certificate)>, BarycenterError> {
    let plan = |measure: &DiscreteMeasure| {
        // Both totals are 1.
        let problem = OtProblem::between_measures(nu, measure, ground, 0.0)?;
        let solution = Method::Auto.solver(&problem).solve(&problem, observer)?;
        let certified = solution.certify(&problem);
        Ok((certified.plan.unwrap_or(solution.plan), certified.certificate))
    };
    measures.iter().map(plan).collect()
}

/// The certificates of optimal transports from ν to the measures.
pub(super) fn transports(
    nu: &DiscreteMeasure,
    measures: &[DiscreteMeasure],
    ground: GroundCost,
    observer: &mut dyn Observer,
) -> Result<Vec<Certificate>, BarycenterError> {
    Ok(plans(nu, measures, ground, observer)?
        .into_iter()
        .map(|(_, certificate)| certificate)
        .collect())
}
