//! The reference distance: the exact distance with its certificate.

use deblais::certificate::Certificate;
use deblais::cost::Euclidean;
use deblais::gan::GanError;
use deblais::measure::DiscreteMeasure;
use deblais::plan::PlanArc;
use deblais::problem::OtProblem;
use deblais::solvers::Method;
use ndarray::ArrayView2;

/// The name of the method in reports.
pub(super) const METHOD: &str = "auto";

/// The Euclidean distance of two samples of equal masses, by the exact method that suits them.
pub(super) fn exact_emd(
    source: ArrayView2<'_, f64>,
    target: ArrayView2<'_, f64>,
) -> Result<Certificate, GanError> {
    Ok(solved(source, target)?.1)
}

/// The plan and the certificate of [`exact_emd`].
pub(super) fn solved(
    source: ArrayView2<'_, f64>,
    target: ArrayView2<'_, f64>,
) -> Result<(Vec<PlanArc>, Certificate), GanError> {
    let side = |points: ArrayView2<'_, f64>| {
        DiscreteMeasure::uniform(points.to_owned()).map_err(|error| failed(&error))
    };
    let (source, target) = (side(source)?, side(target)?);
    let problem = OtProblem::new(&source, &target, Euclidean).map_err(|error| failed(&error))?;
    let solution =
        Method::Auto.solver(&problem).solve(&problem, &mut ()).map_err(|error| failed(&error))?;
    let certificate = solution.certify(&problem).certificate;
    Ok((solution.plan.arcs().to_vec(), certificate))
}

fn failed(error: &dyn std::error::Error) -> GanError {
    GanError::ReferenceDistance { message: error.to_string() }
}
