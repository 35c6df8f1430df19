//! The inner loops over a row, in SIMD lanes.

use macro_rules_attribute::apply;

use super::row_store::OpenRow;
use crate::math::exp::{exp, exp_short};
use crate::math::simd_targets;

/// `weights_j ← exp((g_j − row_j + f)/ε + log_weights_j)`; returns their sum. If `EXACT`, the
/// rounding errors of the differences are included.
#[apply(simd_targets)]
pub(super) fn weigh<const EXACT: bool>(
    row: &[f64],
    g: &[f64],
    log_weights: &[f64],
    f: f64,
    inverse_epsilon: f64,
    weights: &mut [f64],
) -> f64 {
    const LANES: usize = 16;
    let weight = |row: f64, g: f64, log: f64| {
        let difference = g - row;
        let log = if EXACT { rounded(g, row).mul_add(inverse_epsilon, log) } else { log };
        exp((difference + f).mul_add(inverse_epsilon, log))
    };
    let mut sums = [0.0; LANES];
    let (weights, weights_rest) = weights.as_chunks_mut::<LANES>();
    let (rows, rows_rest) = row.as_chunks::<LANES>();
    let (gs, gs_rest) = g.as_chunks::<LANES>();
    let (logs, logs_rest) = log_weights.as_chunks::<LANES>();
    for (((out, row), g), log) in weights.iter_mut().zip(rows).zip(gs).zip(logs) {
        for k in 0..LANES {
            let y = weight(row[k], g[k], log[k]);
            out[k] = y;
            sums[k] += y;
        }
    }
    for (((out, row), g), log) in weights_rest.iter_mut().zip(rows_rest).zip(gs_rest).zip(logs_rest)
    {
        *out = weight(*row, *g, *log);
        sums[0] += *out;
    }
    sums.iter().sum()
}

/// `exp(exponents_j − (row_j − f)/ε)` in single precision, written into a stored row;
/// returns their sum.
#[apply(simd_targets)]
pub(super) fn weigh_f32(
    row: &[f64],
    exponents: &[f64],
    f: f64,
    inverse_epsilon: f64,
    short: &mut OpenRow<'_>,
) -> f64 {
    const LANES: usize = 32;
    let weight = |row: f64, exponent: f64| exp_short((f - row).mul_add(inverse_epsilon, exponent));
    let mut sums = [0.0; LANES];
    let (rows, rows_rest) = row.as_chunks::<LANES>();
    let (exponents, exponents_rest) = exponents.as_chunks::<LANES>();
    short.extend(rows.iter().zip(exponents).map(|(row, exponents)| {
        let weights: [f32; LANES] = std::array::from_fn(|k| weight(row[k], exponents[k]));
        for k in 0..LANES {
            sums[k] += f64::from(weights[k]);
        }
        weights
    }));
    short.extend(rows_rest.iter().zip(exponents_rest).map(|(row, exponent)| {
        let weight = weight(*row, *exponent);
        sums[0] += f64::from(weight);
        [weight]
    }));
    sums.iter().sum()
}

/// `exp((now_k − kept_k)/ε)`.
#[apply(simd_targets)]
pub(super) fn ratios(kept: &[f64], now: &[f64], epsilon: f64) -> Vec<f64> {
    let mut ratios = vec![0.0; kept.len()];
    for ((ratio, kept), now) in ratios.iter_mut().zip(kept).zip(now) {
        *ratio = exp((now - kept) / epsilon);
    }
    ratios
}

/// The rounding error of g − c; 0 if g is −∞.
#[inline(always)]
fn rounded(g: f64, c: f64) -> f64 {
    let difference = g - c;
    let taken = difference - g;
    let low = (g - (difference - taken)) - (c + taken);
    if low.is_nan() { 0.0 } else { low }
}

/// `scale·weights`, rounded by [`round_to_f32`], written into a stored row.
#[apply(simd_targets)]
pub(super) fn scale_to_f32(weights: &[f64], scale: f64, short: &mut OpenRow<'_>) {
    const LANES: usize = 16;
    let (chunks, rest) = weights.as_chunks::<LANES>();
    short.extend(chunks.iter().map(|weights| weights.map(|weight| round_to_f32(weight, scale))));
    short.extend(rest.iter().map(|&weight| [round_to_f32(weight, scale)]));
}

/// `scale·weight`, rounded toward 0 to 24 bits, and flushed to 0 where it is tiny.
#[inline(always)]
pub(super) fn round_to_f32(weight: f64, scale: f64) -> f32 {
    /// Smaller numbers become 0: arithmetic on subnormal numbers is slow.
    const LEAST_F32_WEIGHT: f64 = 1e-35;
    // Subtracts beforehand what rounding to nearest may add.
    let weight = weight * (scale * (1.0 - f64::from(f32::EPSILON) / 2.0));
    #[expect(clippy::cast_possible_truncation, reason = "that is what is wanted")]
    let rounded = if weight < LEAST_F32_WEIGHT { 0.0 } else { weight as f32 };
    rounded
}

/// `columns ← columns + scale·weights`.
#[apply(simd_targets)]
pub(super) fn add_f32(weights: &[f32], scale: f64, columns: &mut [f64]) {
    for (column, &weight) in columns.iter_mut().zip(weights) {
        *column = f64::from(weight).mul_add(scale, *column);
    }
}

/// `columns ← columns + scale·weights` for two rows, one after the other, reading the columns once.
#[apply(simd_targets)]
pub(super) fn add_two_f32(rows: [&[f32]; 2], scales: [f64; 2], columns: &mut [f64]) {
    for ((column, &one), &other) in columns.iter_mut().zip(rows[0]).zip(rows[1]) {
        let sum = f64::from(one).mul_add(scales[0], *column);
        *column = f64::from(other).mul_add(scales[1], sum);
    }
}

/// `Σ_j x_j y_j`.
#[apply(simd_targets)]
pub(super) fn dot_f32(x: &[f32], y: &[f64]) -> f64 {
    const LANES: usize = 32;
    let mut sums = [0.0; LANES];
    let (xs, x_rest) = x.as_chunks::<LANES>();
    let (ys, y_rest) = y.as_chunks::<LANES>();
    for (x, y) in xs.iter().zip(ys) {
        for k in 0..LANES {
            sums[k] = f64::from(x[k]).mul_add(y[k], sums[k]);
        }
    }
    for (&x, y) in x_rest.iter().zip(y_rest) {
        sums[0] = f64::from(x).mul_add(*y, sums[0]);
    }
    sums.iter().sum()
}
