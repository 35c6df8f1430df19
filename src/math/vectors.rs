//! Long vectors in SIMD lanes.

use macro_rules_attribute::apply;

use crate::math::simd_targets;

/// `y ← y + a·x`.
#[apply(simd_targets)]
pub(crate) fn add_scaled(x: &[f64], a: f64, y: &mut [f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y = x.mul_add(a, *y);
    }
}

/// `y ← x + a·y`.
#[apply(simd_targets)]
pub(crate) fn scale_and_add(y: &mut [f64], a: f64, x: &[f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y = y.mul_add(a, *x);
    }
}

/// `z_k ← x_k·y_k`.
#[apply(simd_targets)]
pub(crate) fn multiply(x: &[f64], y: &[f64], z: &mut [f64]) {
    for ((z, x), y) in z.iter_mut().zip(x).zip(y) {
        *z = x * y;
    }
}

/// `z_k ← x_k·y_k − z_k`.
#[apply(simd_targets)]
pub(crate) fn multiply_less(x: &[f64], y: &[f64], z: &mut [f64]) {
    for ((z, x), y) in z.iter_mut().zip(x).zip(y) {
        *z = x.mul_add(*y, -*z);
    }
}

/// `Σ_k |x_k|`, without compensation.
#[apply(simd_targets)]
pub(crate) fn sum_of_sizes(x: &[f64]) -> f64 {
    const LANES: usize = 16;
    let mut sums = [0.0; LANES];
    let (xs, rest) = x.as_chunks::<LANES>();
    for x in xs {
        for k in 0..LANES {
            sums[k] += x[k].abs();
        }
    }
    sums.iter().chain(rest).map(|x| x.abs()).sum()
}

/// `Σ_k x_k y_k`, without compensation: for sums that influence a step only.
#[apply(simd_targets)]
pub(crate) fn fast_dot(x: &[f64], y: &[f64]) -> f64 {
    const LANES: usize = 16;
    let mut sums = [0.0; LANES];
    let (xs, x_rest) = x.as_chunks::<LANES>();
    let (ys, y_rest) = y.as_chunks::<LANES>();
    for (x, y) in xs.iter().zip(ys) {
        for k in 0..LANES {
            sums[k] = x[k].mul_add(y[k], sums[k]);
        }
    }
    for (x, y) in x_rest.iter().zip(y_rest) {
        sums[0] = x.mul_add(*y, sums[0]);
    }
    sums.iter().sum()
}
