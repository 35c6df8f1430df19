//! Integers of N·64 bits: `i128` where that is too narrow.

use std::cmp::Ordering;
use std::ops::{Add, Neg, Sub};

use num_bigint::BigUint;

/// A signed integer in two's complement, the lowest 64 bits first. Sums wrap around beyond N·64
/// bits; the caller must know a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wide<const N: usize>([u64; N]);

impl<const N: usize> Wide<N> {
    pub(crate) const ZERO: Self = Self([0; N]);

    /// Bits of a number besides its sign.
    pub(crate) const BITS: u64 = 64 * N as u64 - 1;

    /// A natural number.
    ///
    /// # Panics
    /// If it has more than N·64 bits.
    pub(crate) fn from_natural(x: &BigUint) -> Self {
        let mut limbs = [0; N];
        for (k, digit) in x.iter_u64_digits().enumerate() {
            limbs[k] = digit;
        }
        Self(limbs)
    }

    /// The limbs of a number that is not negative, the lowest first.
    pub(crate) fn limbs(&self) -> &[u64; N] {
        debug_assert!(!self.is_negative(), "a natural number");
        &self.0
    }

    /// Bits of a number that is not negative.
    pub(crate) fn bits(&self) -> u64 {
        let top = self.0.iter().rposition(|&limb| limb != 0);
        top.map_or(0, |k| 64 * (k as u64 + 1) - u64::from(self.0[k].leading_zeros()))
    }

    pub(crate) fn is_negative(self) -> bool {
        self.0[N - 1] >> 63 == 1
    }

    pub(crate) fn is_positive(self) -> bool {
        !self.is_negative() && self != Self::ZERO
    }

    /// The product with a factor, for numbers that are not negative.
    #[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
    pub(crate) fn times(self, factor: u64) -> Self {
        let mut carry = 0_u128;
        Self(self.0.map(|limb| {
            carry += u128::from(limb) * u128::from(factor);
            let low = carry as u64;
            carry >>= 64;
            low
        }))
    }

    /// The product with 2 to a power, for numbers that are not negative; of a negative power, the
    /// integer part.
    pub(crate) fn scaled(self, power: i64) -> Self {
        let (limbs, bits) = (power.unsigned_abs() / 64, power.unsigned_abs() % 64);
        let at = |k: i64| {
            usize::try_from(k).ok().and_then(|k| self.0.get(k)).copied().unwrap_or_default()
        };
        let shift = i64::try_from(limbs).unwrap_or(i64::MAX);
        Self(std::array::from_fn(|k| {
            let k = i64::try_from(k).unwrap_or(i64::MAX);
            if power >= 0 {
                let high = at(k - shift) << bits;
                if bits == 0 { high } else { high | at(k - shift - 1) >> (64 - bits) }
            } else {
                let low = at(k.saturating_add(shift)) >> bits;
                let next = at(k.saturating_add(shift).saturating_add(1));
                if bits == 0 { low } else { low | next << (64 - bits) }
            }
        }))
    }

    /// The number times 2 to a power, as the nearest `f64` up to two ulps.
    #[expect(clippy::cast_precision_loss, reason = "rounding is what is wanted")]
    pub(crate) fn to_f64(self, power: i64) -> f64 {
        if self.is_negative() {
            return -(-self).to_f64(power);
        }
        let Some(top) = self.0.iter().rposition(|&limb| limb != 0) else { return 0.0 };
        let below = if top > 0 { self.0[top - 1] } else { 0 };
        let leading = (self.0[top] as f64).mul_add(2.0_f64.powi(64), below as f64);
        let power = power + 64 * (i64::try_from(top).unwrap_or(i64::MAX) - 1);
        // In two steps: the power of two itself may be out of range.
        #[expect(clippy::cast_possible_truncation, reason = "clamped")]
        let power = power.clamp(-4096, 4096) as i32;
        leading * 2.0_f64.powi(power / 2) * 2.0_f64.powi(power - power / 2)
    }

    /// The number of the given sign and size.
    pub(crate) fn signed(is_negative: bool, size: u64) -> Self {
        let mut limbs = [0; N];
        limbs[0] = size;
        if is_negative { -Self(limbs) } else { Self(limbs) }
    }

    /// The number as an `i128`, if it fits.
    pub(crate) fn to_i128(self) -> Option<i128> {
        let limb = |k: usize| u128::from(self.0.get(k).copied().unwrap_or_default());
        let high = self.0.get(2..).unwrap_or_default();
        let value = i128::try_from(limb(0) | limb(1) << 64).ok()?;
        high.iter().all(|&limb| limb == 0).then_some(value)
    }
}

impl<const N: usize> Add for Wide<N> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let mut carry = false;
        Self(std::array::from_fn(|k| {
            let (sum, first) = self.0[k].overflowing_add(other.0[k]);
            let (sum, second) = sum.overflowing_add(u64::from(carry));
            carry = first | second;
            sum
        }))
    }
}

impl<const N: usize> Neg for Wide<N> {
    type Output = Self;
    fn neg(self) -> Self {
        Self::ZERO - self
    }
}

impl<const N: usize> Sub for Wide<N> {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        let mut borrow = false;
        Self(std::array::from_fn(|k| {
            let (difference, first) = self.0[k].overflowing_sub(other.0[k]);
            let (difference, second) = difference.overflowing_sub(u64::from(borrow));
            borrow = first | second;
            difference
        }))
    }
}

impl<const N: usize> Ord for Wide<N> {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = other.is_negative().cmp(&self.is_negative());
        sign.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }
}

impl<const N: usize> PartialOrd for Wide<N> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<const N: usize> Default for Wide<N> {
    fn default() -> Self {
        Self::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use rand::Rng as _;

    fn natural(x: u128) -> Wide<3> {
        Wide::from_natural(&BigUint::from(x))
    }

    #[test]
    fn sums_differences_and_order_are_those_of_integers() {
        let mut stream = Seed(1).stream("wide");
        for _ in 0..2000 {
            let mut draw = || {
                let bits = stream.random_range(0..120);
                stream.random::<u128>() >> (127 - bits)
            };
            let (a, b) = (draw(), draw());
            assert_eq!((natural(a) + natural(b)).to_i128(), i128::try_from(a + b).ok());
            let difference = natural(a) - natural(b);
            assert_eq!(difference.is_negative(), a < b);
            assert_eq!((difference + natural(b)).to_i128(), i128::try_from(a).ok());
            assert_eq!(natural(a).cmp(&natural(b)), a.cmp(&b));
            assert_eq!((-natural(a)).cmp(&-natural(b)), b.cmp(&a));
            let relative = natural(a).to_f64(0) / a as f64 - 1.0;
            assert!(a == 0 || relative.abs() <= 2.0 * f64::EPSILON);
        }
    }

    #[test]
    fn numbers_beyond_f64_come_back_by_their_power() {
        let huge = -Wide::<40>::signed(false, 3).scaled(2100);
        assert_eq!(huge.to_f64(-2101), -1.5);
        assert_eq!(huge.to_f64(0), f64::NEG_INFINITY);
        assert_eq!(Wide::<2>::signed(false, 3).to_f64(-1074), 3.0 * 5e-324);
    }

    #[test]
    fn products_and_powers_of_two_are_exact() {
        let x = natural(0x1234_5678_9abc_def0_0fed_cba9);
        for power in [0, 1, 17, 63, 64, 65, 90] {
            let grown = x.scaled(power);
            assert_eq!(grown.scaled(-power), x, "{power}");
        }
        assert_eq!(x.times(3), x + x + x);
        assert_eq!(natural(7).scaled(-1), natural(3));
        assert_eq!(natural(7).scaled(-500), Wide::ZERO);
        assert_eq!(natural(1).times(u64::MAX) + natural(1), natural(1).scaled(64));
    }
}
