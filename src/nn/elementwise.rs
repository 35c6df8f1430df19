//! Sums of rows in SIMD lanes, for the instructions that the machine has.

use multiversion::multiversion;

use super::real::Real;

/// `sum ← sum + Σ_rows x`, for rows as long as the sum.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2+fma"))]
pub(super) fn add_rows<T: Real>(x: &[T], sum: &mut [T]) {
    for row in x.chunks_exact(sum.len()) {
        for (sum, &x) in sum.iter_mut().zip(row) {
            *sum += x;
        }
    }
}
