//! The distances under their usual names, one call each.

use thiserror::Error;

use crate::certificate::{Certificate, Certified};
use crate::cost::GroundCost;
use crate::measure::AsMeasure;
use crate::plan::TransportPlan;
use crate::potentials::Potentials;
use crate::problem::{OtProblem, ProblemError};
use crate::solvers::{Method, SolveError};

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
}

/// An exact transport cost with its proof.
#[derive(Debug, Clone, PartialEq)]
pub struct Transport {
    plan: TransportPlan,
    potentials: Potentials,
    certificate: Certificate,
}

impl Transport {
    /// The transport cost, in units of cost × mass: that of the plan, the upper bound.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.certificate.upper
    }

    /// A proved lower bound of the optimum.
    #[must_use]
    pub fn lower(&self) -> f64 {
        self.certificate.lower
    }

    /// A proved upper bound of the optimum.
    #[must_use]
    pub fn upper(&self) -> f64 {
        self.certificate.upper
    }

    /// The proof's bounds, gap and residuals.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The transport plan, (n, m), sparse: at most n + m − 1 cells carry mass.
    #[must_use]
    pub fn plan(&self) -> &TransportPlan {
        &self.plan
    }

    /// The Kantorovich potentials (f, g): f(x) + g(y) ≤ c(x, y).
    #[must_use]
    pub fn potentials(&self) -> &Potentials {
        &self.potentials
    }
}

/// The earth mover's distance between two measures for a ground cost, by the fastest exact method,
/// with its certificate.
///
/// ```
/// use deblais::{Euclidean, emd};
/// use ndarray::array;
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
pub fn emd(
    source: &impl AsMeasure,
    target: &impl AsMeasure,
    ground: impl Into<GroundCost>,
) -> Result<Transport, DistanceError> {
    let problem = OtProblem::new(source, target, ground.into())?;
    let solution = Method::Auto.solver(&problem).solve(&problem, &mut ())?;
    let Certified { certificate, plan, potentials } = solution.certify(&problem);
    let plan = plan.unwrap_or(solution.plan);
    Ok(Transport { plan, potentials, certificate })
}
