//! The numbers that networks compute with.

use ndarray::NdFloat;

use bits::Bits;

/// Private supertrait: only `f32` and `f64` implement [`Real`](super::Real).
pub(super) mod bits {
    /// Conversions between a number and its bits.
    pub trait Bits {
        /// An integer that orders as the number does; NaN has a place, too.
        type Key: Copy + Ord;

        /// Number of terms of the two series in [`smooth`](crate::nn::smooth) that are above rounding.
        const TERMS: [usize; 2];

        /// Adding it to a small number leaves its nearest integer in the low bits.
        const TO_INTEGER: Self;

        /// Below this, eˣ leaves the normal range.
        const LOWEST: Self;

        /// ln 2 less its rounding to this type.
        const LN_2_REST: Self;

        /// The integer that orders as the number does.
        fn key(self) -> Self::Key;

        /// 2ᵏ from `k + TO_INTEGER`, for what is in the normal range.
        fn power_of_two(shifted: Self) -> Self;
    }
}

/// `f32`, in which networks are trained, or `f64`, in which they are evaluated.
pub trait Real: NdFloat + Bits {
    /// The nearest number of this type.
    fn of(value: f64) -> Self;

    /// The number in `f64`.
    fn wide(self) -> f64;
}

impl Bits for f32 {
    type Key = i32;

    const TERMS: [usize; 2] = [7, 7];
    const TO_INTEGER: f32 = 12_582_912.0;
    const LOWEST: f32 = -87.0;
    const LN_2_REST: f32 = -1.904_654_3e-9;

    #[inline(always)]
    fn key(self) -> i32 {
        let bits = self.to_bits().cast_signed();
        bits ^ ((bits >> 31) & i32::MAX)
    }

    #[inline(always)]
    fn power_of_two(shifted: Self) -> Self {
        Self::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23))
    }
}

impl Bits for f64 {
    type Key = i64;

    const TERMS: [usize; 2] = [13, 16];
    const TO_INTEGER: f64 = 6_755_399_441_055_744.0;
    const LOWEST: f64 = -708.0;
    const LN_2_REST: f64 = 2.319_046_813_846_299_6e-17;

    #[inline(always)]
    fn key(self) -> i64 {
        let bits = self.to_bits().cast_signed();
        bits ^ ((bits >> 63) & i64::MAX)
    }

    #[inline(always)]
    fn power_of_two(shifted: Self) -> Self {
        Self::from_bits((shifted.to_bits() << 52).wrapping_add(1023 << 52))
    }
}

impl Real for f32 {
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "rounding to f32 is what is asked for")]
    fn of(value: f64) -> Self {
        value as f32
    }

    #[inline(always)]
    fn wide(self) -> f64 {
        f64::from(self)
    }
}

impl Real for f64 {
    #[inline(always)]
    fn of(value: f64) -> Self {
        value
    }

    #[inline(always)]
    fn wide(self) -> f64 {
        self
    }
}
