//! Sums without any rounding, and quotients rounded to one side.
//!
//! A bound is a theorem only if nothing was rounded the wrong way on the way to it. An
//! [`ExactSum`] keeps a whole sum of products as one long fixed-point number (Kulisch, Miranker
//! 1986, "The arithmetic of the digital computer: a new approach", SIAM Review 28), and
//! [`quotient_below`] rounds once, at the end, to the side that is safe.

use num_bigint::{BigInt, BigUint, Sign};
use num_integer::Integer;

/// The exponent of the unit of an [`ExactSum`]: that of the product of the two least positive `f64`.
pub(crate) const UNIT_EXPONENT: i64 = -2148;

/// The exponent of the least positive `f64`.
pub(crate) const LEAST_EXPONENT: i64 = -1074;

/// A finite `f64` as `(significand, exponent)`: `|x| = significand · 2^exponent`, with an odd
/// significand unless x is 0.
pub(crate) fn decompose(x: f64) -> (u64, i64) {
    let bits = x.to_bits();
    let biased = i64::from((bits >> 52) as u16 & 0x7ff);
    let fraction = bits & ((1 << 52) - 1);
    let significand = if biased == 0 { fraction } else { fraction | 1 << 52 };
    if significand == 0 {
        return (0, 0);
    }
    let zeros = significand.trailing_zeros();
    (significand >> zeros, biased.max(1) + LEAST_EXPONENT - 1 + i64::from(zeros))
}

/// A natural number in units of 2 to the [`UNIT_EXPONENT`], the lowest limb first.
#[derive(Debug, Clone, Default)]
struct Magnitude(Vec<u64>);

impl Magnitude {
    /// Adds `limb · 2^(64·place + bits)`, `limb < 2^128`, `bits < 64`.
    #[expect(clippy::cast_possible_truncation, reason = "limbs are cut off one by one")]
    fn add(&mut self, limb: u128, place: usize, bits: u32) {
        if self.0.len() < place + 4 {
            self.0.resize(place + 4, 0);
        }
        let low = limb << bits;
        let high = if bits == 0 { 0 } else { (limb >> (128 - bits)) as u64 };
        let mut carry = false;
        for (k, part) in [low as u64, (low >> 64) as u64, high].into_iter().enumerate() {
            let (sum, first) = self.0[place + k].overflowing_add(part);
            let (sum, second) = sum.overflowing_add(u64::from(carry));
            self.0[place + k] = sum;
            carry = first | second;
        }
        let mut k = place + 3;
        while carry {
            if k == self.0.len() {
                self.0.push(0);
            }
            (self.0[k], carry) = self.0[k].overflowing_add(1);
            k += 1;
        }
    }

    fn natural(&self) -> BigUint {
        let digits = self.0.iter().flat_map(|limb| limb.to_le_bytes()).collect::<Vec<u8>>();
        BigUint::from_bytes_le(&digits)
    }
}

/// A sum of finite numbers and of their products, exact.
#[derive(Debug, Clone, Default)]
pub(crate) struct ExactSum {
    positive: Magnitude,
    negative: Magnitude,
}

impl ExactSum {
    fn add_limb(&mut self, negative: bool, limb: u128, exponent: i64) {
        let side = if negative { &mut self.negative } else { &mut self.positive };
        let place = (exponent - UNIT_EXPONENT).unsigned_abs();
        side.add(limb, (place / 64) as usize, (place % 64) as u32);
    }

    /// Adds a finite number.
    pub(crate) fn add(&mut self, x: f64) {
        let (significand, exponent) = decompose(x);
        self.add_limb(x.is_sign_negative(), u128::from(significand), exponent);
    }

    /// Adds the product of two finite numbers.
    pub(crate) fn add_product(&mut self, x: f64, y: f64) {
        let ((a, e), (b, f)) = (decompose(x), decompose(y));
        if a != 0 && b != 0 {
            let negative = x.is_sign_negative() != y.is_sign_negative();
            self.add_limb(negative, u128::from(a) * u128::from(b), e + f);
        }
    }

    /// Adds the product of a natural number, given by its limbs, and a finite number.
    pub(crate) fn add_multiple(&mut self, natural: &[u64], x: f64) {
        let (significand, exponent) = decompose(x);
        for (k, &limb) in (0..).zip(natural) {
            if limb != 0 && significand != 0 {
                let product = u128::from(limb) * u128::from(significand);
                self.add_limb(x.is_sign_negative(), product, exponent + 64 * k);
            }
        }
    }

    /// The sum in units of 2 to the [`UNIT_EXPONENT`].
    pub(crate) fn to_integer(&self) -> BigInt {
        BigInt::from_biguint(Sign::Plus, self.positive.natural())
            - BigInt::from_biguint(Sign::Plus, self.negative.natural())
    }
}

/// The largest `f64` that is at most `numerator / denominator · 2^exponent`, for a positive
/// denominator; −∞ below all finite numbers.
pub(crate) fn quotient_below(numerator: &BigInt, denominator: &BigUint, exponent: i64) -> f64 {
    /// Bits of the quotient before rounding: more than an `f64` has, so that the bits cut off do not
    /// matter.
    const QUOTIENT_BITS: i64 = 62;
    let bits = |x: u64| i64::try_from(x).unwrap_or(i64::MAX);
    let shift = QUOTIENT_BITS - bits(numerator.bits()) + bits(denominator.bits());
    let shifted = |x: BigInt, by: i64| if by > 0 { x << by.unsigned_abs() } else { x };
    let denominator = BigInt::from_biguint(Sign::Plus, denominator.clone());
    let quotient = shifted(numerator.clone(), shift).div_floor(&shifted(denominator, -shift));
    let quotient = i128::try_from(&quotient).expect("as many bits as were asked for");
    rounded_down(quotient, exponent - shift)
}

/// The least `f64` that is at least `numerator / denominator · 2^exponent`.
pub(crate) fn quotient_above(numerator: &BigInt, denominator: &BigUint, exponent: i64) -> f64 {
    // 0, not −0.
    0.0 - quotient_below(&-numerator, denominator, exponent)
}

/// The largest `f64` that is at most `x·2^exponent`.
#[expect(clippy::cast_precision_loss, reason = "at most 53 bits are left")]
fn rounded_down(x: i128, exponent: i64) -> f64 {
    let length = 128 - i64::from(x.unsigned_abs().leading_zeros());
    // Bits below the 53rd, and below the least positive number, are cut off toward −∞.
    let cut = (length - 53).max(LEAST_EXPONENT - exponent).max(0);
    let kept = (x >> cut.min(127)) as f64;
    let power = exponent + cut;
    if kept == 0.0 {
        return 0.0;
    }
    if power > 1023 {
        return if kept > 0.0 { f64::MAX } else { f64::NEG_INFINITY };
    }
    let value = kept * power_of_two(power);
    if value == f64::INFINITY { f64::MAX } else { value }
}

/// `2^exponent` for exponents from −1074 to 1023.
fn power_of_two(exponent: i64) -> f64 {
    let bits = if exponent >= -1022 {
        (exponent + 1023).unsigned_abs() << 52
    } else {
        1 << (exponent - LEAST_EXPONENT)
    };
    f64::from_bits(bits)
}

/// The exact sum of two numbers, `(fl(x + y), error)`, unless it overflows (Knuth 1969, "The art of
/// computer programming", vol. 2, §4.2.2).
#[inline(always)]
pub(crate) fn two_sum(x: f64, y: f64) -> (f64, f64) {
    let sum = x + y;
    let back = sum - x;
    (sum, (x - (sum - back)) + (y - back))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one() -> BigUint {
        BigUint::from(1_u32)
    }

    fn below(sum: &ExactSum) -> f64 {
        quotient_below(&sum.to_integer(), &one(), UNIT_EXPONENT)
    }

    #[test]
    fn sums_keep_every_bit() {
        let mut sum = ExactSum::default();
        for x in [f64::MAX, 1.0, 5e-324, -f64::MAX, f64::MAX, f64::MAX] {
            sum.add(x);
        }
        assert_eq!(below(&sum), f64::MAX);
        sum.add(-f64::MAX);
        sum.add(-f64::MAX);
        assert_eq!(below(&sum), 1.0);
        sum.add(-1.0);
        assert_eq!(below(&sum), 5e-324);
        assert!(quotient_above(&BigInt::from(0), &one(), 0).is_sign_positive());
        sum.add_product(5e-324, -5e-324);
        assert_eq!(below(&sum), 0.0);
        assert_eq!(quotient_above(&sum.to_integer(), &one(), UNIT_EXPONENT), 5e-324);
        sum.add_product(1e300, 1e300);
        sum.add_product(-1e300, 1e300);
        sum.add_multiple(&[0, 0, 3], 0.5);
        assert_eq!(below(&sum), 1.5 * 2.0_f64.powi(128));
    }

    #[test]
    fn quotients_are_rounded_to_their_side_and_no_farther() {
        for (a, b) in [(1_i64, 3_i64), (2, 3), (-1, 3), (10, 5), (7, 1 << 40), (-5, 1 << 60)] {
            let (numerator, denominator) = (BigInt::from(a), BigUint::from(b.unsigned_abs()));
            let low = quotient_below(&numerator, &denominator, 0);
            let high = quotient_above(&numerator, &denominator, 0);
            let is_exact = a % b == 0 || b.unsigned_abs().is_power_of_two();
            assert_eq!(high, if is_exact { low } else { low.next_up() }, "{a}/{b}");
            assert!((low..=high).contains(&(a as f64 / b as f64)), "{a}/{b}");
        }
    }

    #[test]
    fn the_ends_of_the_range_round_outward() {
        let huge = BigInt::from(1);
        assert_eq!(quotient_below(&huge, &one(), 1024), f64::MAX);
        assert_eq!(quotient_above(&huge, &one(), 1024), f64::INFINITY);
        assert_eq!(quotient_below(&-huge.clone(), &one(), 1024), f64::NEG_INFINITY);
        assert_eq!(quotient_below(&huge, &one(), -2000), 0.0);
        assert_eq!(quotient_above(&huge, &one(), -2000), 5e-324);
        assert_eq!(quotient_below(&-huge, &one(), -2000), -5e-324);
        let largest = BigInt::from((1_u64 << 53) - 1);
        assert_eq!(quotient_below(&largest, &one(), 971), f64::MAX);
        assert_eq!(quotient_above(&largest, &one(), 971), f64::MAX);
        assert_eq!(quotient_below(&BigInt::from(0), &one(), 0), 0.0);
    }

    #[test]
    fn numbers_come_apart_exactly() {
        for x in [1.0, 0.75, 5e-324, f64::MIN_POSITIVE, f64::MAX, 1e-310, 3.0_f64.sqrt()] {
            let (significand, exponent) = decompose(x);
            assert_eq!(significand % 2, 1);
            assert_eq!(rounded_down(i128::from(significand), exponent), x);
        }
        assert_eq!(decompose(0.0), (0, 0));
        assert_eq!(two_sum(1.0, 1e-20), (1.0, 1e-20));
    }
}
