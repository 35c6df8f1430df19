//! The smooth functions of networks without a branch, so that loops of them become SIMD code where
//! fused multiply-adds are native.
//!
//! All three are made of e^−y − 1 for y ≥ 0, so that nothing overflows and nothing cancels:
//! with −y = k·ln 2 + r, |r| ≤ ½ ln 2, it is 2ᵏ(eʳ − 1) + (2ᵏ − 1), and eʳ − 1 its series (Cody,
//! Waite 1980, "Software manual for the elementary functions", ch. 6). Logarithms are
//! ln(1 + e) = 2 artanh(e/(2 + e)) by the series of artanh, whose argument is at most 1/3 for e ≤ 1.
//!
//! Errors are a few units in the last place, NaN stays NaN.

use super::real::Real;

/// 1/n! from n = 1.
const FACTORIALS: [f64; 13] = {
    let mut inverse = [1.0; 13];
    let (mut n, mut factorial) = (1, 1.0);
    while n < 13 {
        factorial *= (n + 1) as f64;
        inverse[n] = 1.0 / factorial;
        n += 1;
    }
    inverse
};

/// 1/(2n + 1) from n = 0.
const ODD: [f64; 16] = {
    let mut inverse = [1.0; 16];
    let mut n = 0;
    while n < 16 {
        inverse[n] = 1.0 / (2 * n + 1) as f64;
        n += 1;
    }
    inverse
};

/// The sum of `coefficients[n] xⁿ`.
#[inline(always)]
fn polynomial<T: Real>(coefficients: &[f64], x: T) -> T {
    let mut sum = T::zero();
    for &c in coefficients.iter().rev() {
        sum = sum.mul_add(x, T::of(c));
    }
    sum
}

/// 2ᵏ and eʳ − 1, so that eˣ = 2ᵏ + 2ᵏ(eʳ − 1), for x ≤ 0; 2ᵏ is 0 where eˣ leaves the normal range.
#[inline(always)]
fn exponential<T: Real>(x: T) -> (T, T) {
    let (log2_e, ln_2) = (std::f64::consts::LOG2_E, std::f64::consts::LN_2);
    let shifted = x.mul_add(T::of(log2_e), T::TO_INTEGER);
    let k = shifted - T::TO_INTEGER;
    let r = k.mul_add(-T::LN_2_REST, k.mul_add(T::of(-ln_2), x));
    let rest = r * polynomial(&FACTORIALS[..T::TERMS[0]], r);
    if x < T::LOWEST { (T::zero(), T::zero()) } else { (T::power_of_two(shifted), rest) }
}

/// 1/(1 + e⁻ˣ).
#[inline(always)]
pub(super) fn sigmoid<T: Real>(x: T) -> T {
    let (power, rest) = exponential(-x.abs());
    let e = power.mul_add(rest, power);
    let numerator = if x < T::zero() { e } else { T::one() };
    numerator / (T::one() + e)
}

/// ln(1 + eˣ).
#[inline(always)]
pub(super) fn softplus<T: Real>(x: T) -> T {
    let (power, rest) = exponential(-x.abs());
    let e = power.mul_add(rest, power);
    let s = e / (T::of(2.0) + e);
    let logarithm = (s + s) * polynomial(&ODD[..T::TERMS[1]], s * s);
    // NaN stays NaN: `max` would lose it in its first argument alone.
    let positive = if x < T::zero() { T::zero() } else { x };
    positive + logarithm
}

/// tanh x = ±(1 − e⁻²ˣ)/(1 + e⁻²ˣ) for x = ±|x|.
#[inline(always)]
pub(super) fn tanh<T: Real>(x: T) -> T {
    let (power, rest) = exponential(-(x.abs() + x.abs()));
    let less = power.mul_add(rest, power - T::one());
    let size = -less / (T::of(2.0) + less);
    if x < T::zero() { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest relative error in units in the last place, over numbers of either sign and of
    /// all sizes that matter. The reference is the system's in `f64`, which is off by one itself.
    fn worst<T: Real>(ours: fn(T) -> T, reference: fn(f64) -> f64, lowest: f64) -> f64 {
        let mut worst: f64 = 0.0;
        for k in 0..=400_000 {
            let t = f64::from(k) / 400_000.0;
            for size in [t * lowest.abs(), t * 2.0, (t - 1.0).exp2().powi(30)] {
                for x in [T::of(size), T::of(-size)] {
                    let expected = reference(x.wide());
                    let error = (ours(x).wide() - expected).abs();
                    if error > 0.0 {
                        worst = worst.max(error / expected.abs() / T::epsilon().wide());
                    }
                }
            }
        }
        worst
    }

    fn exact_softplus(x: f64) -> f64 {
        x.max(0.0) + (-x.abs()).exp().ln_1p()
    }

    fn exact_sigmoid(x: f64) -> f64 {
        let e = (-x.abs()).exp();
        if x < 0.0 { e / (1.0 + e) } else { 1.0 / (1.0 + e) }
    }

    #[test]
    fn errors_are_a_few_units_in_the_last_place() {
        for (ours, reference, lowest) in [
            (sigmoid as fn(f64) -> f64, exact_sigmoid as fn(f64) -> f64, -700.0),
            (softplus, exact_softplus, -700.0),
            (tanh, f64::tanh, -40.0),
        ] {
            let worst = worst(ours, reference, lowest);
            assert!(worst <= 4.0, "{worst}");
        }
        for (ours, reference, lowest) in [
            (sigmoid as fn(f32) -> f32, exact_sigmoid as fn(f64) -> f64, -86.0),
            (softplus, exact_softplus, -86.0),
            (tanh, f64::tanh, -20.0),
        ] {
            let worst = worst(ours, reference, lowest);
            assert!(worst <= 4.0, "{worst}");
        }
    }

    #[test]
    fn nothing_overflows_and_nan_stays() {
        for x in [1e4, -1e4, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(sigmoid(x), if x > 0.0 { 1.0 } else { 0.0 });
            assert_eq!(softplus(x), x.max(0.0));
            assert_eq!(tanh(x), x.signum());
        }
        assert_eq!((sigmoid(0.0), tanh(0.0_f32)), (0.5, 0.0));
        assert!(
            sigmoid(f64::NAN).is_nan() && softplus(f32::NAN).is_nan() && tanh(f32::NAN).is_nan()
        );
    }
}
