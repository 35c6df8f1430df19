//! Every numeric tolerance of the crate, named and justified.
//!
//! Inside the exact solvers there is none: they compare integers (see
//! [`crate::solvers::network_simplex`]). What stands here concerns the border: how far two
//! totals may differ before they count as unequal, and how wide a bracket an exact method may
//! leave.

/// Relative difference of the two total masses up to which the target is rescaled to the
/// source without a word of complaint (`f64` input): sums of a million rounded weights differ
/// by about 1e-10.
pub const TOTALS_F64: f64 = 1e-9;

/// The same for `f32` input, whose weights carry seven digits.
pub const TOTALS_F32: f64 = 1e-6;

/// Relative gap above which an exact method has broken its claim (exit code 3).
pub const EXACT_CLAIM: f64 = 1e-9;

/// Relative gap above which the generic LP has broken its claim (exit code 3): interior-point
/// and floating-point simplex codes stop at feasibility tolerances near 1e-9 per constraint.
pub const GENERIC_LP_CLAIM: f64 = 1e-6;

/// How far above the exact value a bound that a critic proves may come out: its values are
/// rounded in proportion to the scale of the problem, not to the value, which may be 0.
#[must_use]
pub fn critic_bound(exact: f64, scale: f64) -> f64 {
    EXACT_CLAIM * exact.abs().max(scale)
}

/// The widest gap that an exact optimum may show, in the units of the transport cost:
/// `1e-11·|upper| + 8 ulp·(Σμ|f| + Σν|g|)`.
///
/// The second term is the rounding floor: a potential of size `|f|` is stored with an error of
/// half an ulp, and that error enters the lower bound multiplied by its mass. Upper bounds with
/// `upper = 0` (identical measures) have only this floor.
#[must_use]
pub fn gap(upper: f64, potential_mass: f64) -> f64 {
    1e-11 * upper.abs() + 8.0 * f64::EPSILON * potential_mass
}

/// How far a marginal of a plan may be from the mass wanted and still count as that mass: every
/// flow, the sum of flows, and the mass itself are rounded once or twice.
#[must_use]
pub fn marginal(mass: f64) -> f64 {
    8.0 * f64::EPSILON * mass
}
