//! The exponential in SIMD lanes.

/// Below this, [`exp`] is 0: eˣ is about to leave the normal range.
const LOWEST: f64 = -708.0;

/// Above this, [`exp`] is infinite.
const HIGHEST: f64 = 709.0;

/// Adding it to |x| < 2⁵¹ leaves the nearest integer of x in the low bits.
const TO_INTEGER: f64 = 6_755_399_441_055_744.0;

/// ln 2 less its rounding to `f64`.
const LN_2_REST: f64 = 2.319_046_813_846_299_6e-17;

/// eʳ for |r| ≤ ½ ln 2, interpolated at Chebyshev's nodes; relative error 3e-17 before rounding.
const COEFFICIENTS: [f64; 12] = [
    1.0,
    1.0,
    0.500_000_000_000_001_9,
    0.166_666_666_666_666_8,
    0.041_666_666_666_487_95,
    0.008_333_333_333_319_589,
    0.001_388_888_895_235_286_3,
    0.000_198_412_698_900_764_03,
    2.480_148_544_156_131_3e-5,
    2.755_724_088_722_987e-6,
    2.763_265_472_252_779e-7,
    2.511_004_920_481_865_8e-8,
];

/// eˣ without a branch, so that a loop of it becomes SIMD code where fused multiply-adds are
/// native.
///
/// Relative error at most 2⁻⁵¹ (two ulps) for −708 ≤ x ≤ 709; 0 below, −∞ included, and ∞ above.
/// NaN stays NaN. With `x = k·ln 2 + r`, it is 2ᵏ times a polynomial in r (Cody, Waite 1980,
/// "Software manual for the elementary functions", ch. 6).
#[inline(always)]
#[must_use]
pub(crate) fn exp(x: f64) -> f64 {
    let shifted = x.mul_add(std::f64::consts::LOG2_E, TO_INTEGER);
    let k = shifted - TO_INTEGER;
    let r = k.mul_add(-LN_2_REST, k.mul_add(-std::f64::consts::LN_2, x));
    let mut p = COEFFICIENTS[11];
    for &c in COEFFICIENTS[..11].iter().rev() {
        p = p.mul_add(r, c);
    }
    let power_of_two = f64::from_bits((shifted.to_bits() << 52).wrapping_add(1023 << 52));
    let y = p * power_of_two;
    let y = if x < LOWEST { 0.0 } else { y };
    if x > HIGHEST { f64::INFINITY } else { y }
}

/// [`exp_short`] is 0 well below −87, and wrong but finite above this.
const HIGHEST_SHORT: f64 = 88.0;

/// Exponents of two here and below end as those of 0 in single precision.
const LOWEST_SHORT: f64 = -200.0;

/// eʳ for |r| ≤ ½ ln 2; relative error 2e-9 before rounding.
const SHORT_COEFFICIENTS: [f32; 7] =
    [1.0, 1.0, 0.499_999_9, 0.166_664_2, 0.041_668_225, 0.008_374_816, 0.001_383_684_6];

/// eˣ in single precision, as [`exp`] without a branch: the argument is reduced in double
/// precision, the polynomial has twice as many lanes.
///
/// Relative error at most 2⁻²³ for −87 ≤ x ≤ 88; 0 below −88, −∞ and NaN included; e⁸⁸ above.
#[inline(always)]
#[must_use]
pub(crate) fn exp_short(x: f64) -> f32 {
    let x = if x > LOWEST_SHORT { x } else { LOWEST_SHORT };
    let x = if x < HIGHEST_SHORT { x } else { HIGHEST_SHORT };
    let shifted = x.mul_add(std::f64::consts::LOG2_E, TO_INTEGER);
    let k = shifted - TO_INTEGER;
    #[expect(clippy::cast_possible_truncation, reason = "that is what is wanted")]
    let (r, k) = (k.mul_add(-std::f64::consts::LN_2, x) as f32, shifted.to_bits() as u32);
    let mut p = SHORT_COEFFICIENTS[6];
    for &c in SHORT_COEFFICIENTS[..6].iter().rev() {
        p = p.mul_add(r, c);
    }
    p * f32::from_bits(k.cast_signed().wrapping_add(127).max(0).cast_unsigned() << 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_is_below_its_bound() {
        let mut worst: f64 = 0.0;
        let steps = 2_000_003;
        for k in 0..=steps {
            let x = LOWEST + (HIGHEST - LOWEST) * f64::from(k) / f64::from(steps);
            worst = worst.max((exp(x) / x.exp() - 1.0).abs());
            let near = x * 1e-3;
            worst = worst.max((exp(near) / near.exp() - 1.0).abs());
        }
        // The reference may be off by half an ulp itself.
        assert!(worst <= 2.0_f64.powi(-51), "{worst:e}");
    }

    #[test]
    fn the_error_in_single_precision_is_below_its_bound() {
        let mut worst: f64 = 0.0;
        let steps = 4_000_037;
        for k in 0..=steps {
            let x = -87.0 + 175.0 * f64::from(k) / f64::from(steps);
            for x in [x, x * 1e-2] {
                worst = worst.max((f64::from(exp_short(x)) / x.exp() - 1.0).abs());
            }
        }
        assert!(worst <= 2.0_f64.powi(-23), "{worst:e}");
        for x in [f64::NEG_INFINITY, f64::NAN, -1e18, -89.0] {
            assert_eq!(exp_short(x).to_bits(), 0, "{x}");
        }
        assert_eq!(exp_short(0.0), 1.0);
        assert_eq!(exp_short(1e9), exp_short(88.0));
    }

    #[test]
    fn what_leaves_the_range_is_zero_or_infinite() {
        assert_eq!(exp(0.0), 1.0);
        for x in [f64::NEG_INFINITY, f64::MIN, -1e18, -1e5, -708.1] {
            assert_eq!(exp(x).to_bits(), 0, "{x}");
        }
        for x in [709.1, 1e5, 1e18, f64::MAX, f64::INFINITY] {
            assert_eq!(exp(x), f64::INFINITY, "{x}");
        }
        assert!(exp(LOWEST) > 0.0 && exp(HIGHEST) < f64::INFINITY);
        assert!(exp(f64::NAN).is_nan());
    }
}
