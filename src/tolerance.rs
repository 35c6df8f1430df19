//! Every numeric tolerance of the crate, named and justified.
//!
//! Inside the exact solvers there is none: they compare integers (see
//! [`crate::solvers::network_simplex`]), and the certificate rounds outward. What stands here
//! concerns the border: how far two totals may differ before they count as unequal, and how wide a
//! bracket may be around what is called optimal.

/// Relative difference of the two total masses up to which the target is rescaled to the
/// source without a word of complaint (`f64` input): sums of a million rounded weights differ
/// by about 1e-10.
pub const TOTALS_F64: f64 = 1e-9;

/// [`TOTALS_F64`] for `f32` input, whose weights carry seven digits.
pub const TOTALS_F32: f64 = 1e-6;

/// Relative gap up to which a plan counts as optimal; an exact method that leaves a wider one has
/// broken its claim (exit code 3).
pub const OPTIMAL: f64 = 1e-9;
