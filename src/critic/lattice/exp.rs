//! eˣ in single precision, as a branch-free polynomial that vectorizes.

/// Below this, [`exp`] is 0.
const LOWEST: f32 = -87.0;

/// Adding it to |x| < 2²² leaves the nearest integer of x in the low bits.
const TO_INTEGER: f32 = 12_582_912.0;

/// ln 2 less its rounding to `f32`.
const LN_2_REST: f32 = -1.904_654_3e-9;

/// eʳ for |r| ≤ ½ ln 2, interpolated at Chebyshev's nodes; relative error 2e-8 before rounding.
const COEFFICIENTS: [f32; 7] =
    [1.0, 1.0, 0.5, 0.166_664_15, 0.041_666_35, 0.008_375_134, 0.001_394_111_9];

/// eˣ for x ≤ 0, without a branch: relative error at most 2⁻²² (two ulps) for −87 ≤ x ≤ 0; 0 below.
#[inline(always)]
#[must_use]
pub(super) fn exp(x: f32) -> f32 {
    let shifted = x.mul_add(std::f32::consts::LOG2_E, TO_INTEGER);
    let k = shifted - TO_INTEGER;
    let r = k.mul_add(-LN_2_REST, k.mul_add(-std::f32::consts::LN_2, x));
    let mut p = COEFFICIENTS[6];
    for &c in COEFFICIENTS[..6].iter().rev() {
        p = p.mul_add(r, c);
    }
    let y = p * f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23));
    if x < LOWEST { 0.0 } else { y }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_is_below_its_bound() {
        let mut worst: f64 = 0.0;
        for k in 0..=1_000_003 {
            let x = LOWEST * (k as f32 / 1_000_003.0);
            worst = worst.max((f64::from(exp(x)) / f64::from(x).exp() - 1.0).abs());
        }
        assert!(worst <= 2.0_f64.powi(-22), "{worst:e}");
        assert_eq!(exp(0.0), 1.0);
        for x in [f32::NEG_INFINITY, f32::MIN, -1e9, -87.1] {
            assert_eq!(exp(x).to_bits(), 0, "{x}");
        }
    }
}
