//! Sums of rows in SIMD lanes, for the instructions that the machine has.

use macro_rules_attribute::apply;

use super::real::Real;
use crate::math::simd_targets;

/// `sum ← sum + Σ_rows x`, for rows as long as the sum.
#[apply(simd_targets)]
pub(super) fn add_rows<T: Real>(x: &[T], sum: &mut [T]) {
    for row in x.chunks_exact(sum.len()) {
        for (sum, &x) in sum.iter_mut().zip(row) {
            *sum += x;
        }
    }
}
