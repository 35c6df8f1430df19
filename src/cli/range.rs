//! Answers that left the range of `f64` are refused: what is left of them says nothing.

use deblais::certificate::Certificate;
use deblais::cost::Rounding;
use deblais::problem::OtProblem;

use super::failure::Failure;
use super::text::exact;

/// Refuses the certificate of a plan whose cost underflowed or overflowed.
pub(crate) fn check_range(problem: &OtProblem, certificate: &Certificate) -> Result<(), Failure> {
    // A plan over a forbidden arc is none.
    if certificate.upper == f64::INFINITY && problem.cost().forbids() {
        return Ok(());
    }
    check_bounds(problem.cost().rounding(), problem.total(), certificate)
}

/// [`check_range`] for costs of a rounding and measures of a total mass.
pub(crate) fn check_bounds(
    rounding: Rounding,
    mass: f64,
    certificate: &Certificate,
) -> Result<(), Failure> {
    let Certificate { lower, upper, .. } = *certificate;
    if certificate.is_infinite() {
        return Ok(());
    }
    check_underflow(rounding, mass, (lower, upper))?;
    if 0.0 < upper && upper < f64::MIN_POSITIVE && !certificate.is_optimal() {
        let text = format!("mass × cost underflows: the transport cost is below {upper:e}");
        return Err(Failure::new(text).hint(
            "multiply all costs, or all masses, by the same factor; --normalize scales masses",
        ));
    }
    if upper == f64::INFINITY || upper <= f64::MIN {
        let bound = if upper > 0.0 { "more than " } else { "less than -" };
        let text = format!("mass × cost overflows: the plan costs {bound}{:e}", f64::MAX);
        return Err(Failure::new(text).hint(
            "divide all costs, or all masses, by the same factor; --normalize scales masses",
        ));
    }
    Ok(())
}

/// Refuses bounds of a transport cost that are nothing but underflow of the ground cost.
pub(crate) fn check_underflow(
    rounding: Rounding,
    mass: f64,
    (lower, upper): (f64, f64),
) -> Result<(), Failure> {
    if !rounding.hides(upper, mass) {
        return Ok(());
    }
    let text = format!(
        "the ground cost underflows: no more is known of the transport cost than that it lies \
         between {} and {}",
        exact(lower),
        exact(upper)
    );
    Err(Failure::new(text)
        .hint("multiply all coordinates by the same factor, or give a smaller --p"))
}
