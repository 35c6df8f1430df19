//! `W_2` of the Euclidean distance: sorting on the line, else the exact solvers on its square.
//!
//! ```text
//! W_2(μ, ν) = (min Σ_ij γ_ij ‖x_i − y_j‖²)^½ over plans γ
//! ```
//!
//! Moving μ along a vector changes the cost of every plan by the same amount, so the optimal plan
//! does not depend on where the means are: `W_2² = ‖mean μ − mean ν‖² + W_2²` of the centered measures
//! (Peyré, Cuturi 2019, "Computational optimal transport", remark 2.19).

use thiserror::Error;

use super::line::wasserstein_1d_weighted;
use super::{Method, SolveError, Termination};
use crate::certificate::Certificate;
use crate::cost::SqEuclidean;
use crate::measure::DiscreteMeasure;
use crate::problem::{OtProblem, ProblemError};
use crate::progress::Observer;

/// The distance and its proof.
#[derive(Debug, Clone, PartialEq)]
pub struct W2 {
    /// `W_2`.
    pub value: f64,
    /// The proof by a certificate; none where the distance was computed by sorting.
    pub proof: Option<Proof>,
}

/// The certificate of the squared distance, and its solver.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Proof {
    /// The certificate of the squared distance.
    pub certificate: Certificate,
    /// Name of the solver that ran.
    pub solver: &'static str,
    /// Why it stopped.
    pub termination: Termination,
}

/// Errors of [`w2`].
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum W2Error {
    /// The measures make no problem.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// The solver failed.
    #[error(transparent)]
    Solve(#[from] SolveError),
}

/// `W_2` of two measures of equal total.
///
/// # Errors
/// [`W2Error`]: different dimensions, unequal totals, distances out of range.
pub fn w2(
    source: &DiscreteMeasure,
    target: &DiscreteMeasure,
    observer: &mut dyn Observer,
) -> Result<W2, W2Error> {
    if source.dim() == 1 && target.dim() == 1 {
        return Ok(W2 { value: on_the_line(source, target)?, proof: None });
    }
    let problem = OtProblem::new(source, target, SqEuclidean)?;
    let solver = Method::Auto.solver(&problem);
    let solution = solver.solve(&problem, observer)?;
    let certificate = solution.certify(&problem).certificate;
    let termination = solution.termination;
    let proof = Some(Proof { certificate, solver: solver.name(), termination });
    Ok(W2 { value: certificate.upper.max(0.0).sqrt(), proof })
}

/// `W_2` of the first coordinates, by sorting.
///
/// # Errors
/// [`ProblemError`]: unequal totals, distances out of range.
pub fn on_the_line(
    source: &DiscreteMeasure,
    target: &DiscreteMeasure,
) -> Result<f64, ProblemError> {
    let (x, y) = (source.support().column(0).to_vec(), target.support().column(0).to_vec());
    let (mu, nu) = (source.mass().to_vec(), target.mass().to_vec());
    wasserstein_1d_weighted((&x, &mu), (&y, &nu), 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn moving_a_measure_adds_the_square_of_the_way() {
        let source = |x: f64| {
            DiscreteMeasure::uniform(array![[x, 0.0], [x + 1.0, 2.0], [x - 1.0, 1.0]]).unwrap()
        };
        let target = DiscreteMeasure::uniform(array![[0.0, 1.5], [0.5, 0.5], [-0.5, 1.0]]).unwrap();
        let square = |x: f64| w2(&source(x), &target, &mut ()).unwrap().value.powi(2);
        for x in [0.5, 3.0, -7.0] {
            assert!((square(x) - square(0.0) - x * x).abs() < 1e-12 * (1.0 + x * x));
        }
        let proof = w2(&source(1.0), &target, &mut ()).unwrap().proof.unwrap();
        assert!(proof.certificate.is_optimal() && proof.termination.is_complete());
    }
}
