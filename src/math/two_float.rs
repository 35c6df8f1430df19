//! Double-word numbers, with twice the working precision.

/// An unevaluated sum of two `f64`, `|low| ≤ ½ ulp(high)`: about 32 digits (Dekker 1971, "A
/// floating-point technique for extending the available precision", Numer. Math. 18).
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(crate) struct TwoFloat {
    pub(crate) high: f64,
    pub(crate) low: f64,
}

impl TwoFloat {
    pub(crate) const ZERO: Self = Self { high: 0.0, low: 0.0 };

    /// x − y, exactly.
    pub(crate) fn difference(x: f64, y: f64) -> Self {
        let high = x - y;
        let back = high - x;
        Self { high, low: (x - (high - back)) - (y + back) }
    }

    /// `high + low` with `|low|` no more than a few ulps of `high`, renormalized.
    fn renormalized(high: f64, low: f64) -> Self {
        let sum = high + low;
        Self { high: sum, low: low - (sum - high) }
    }

    pub(crate) fn abs(self) -> Self {
        if self.high < 0.0 { Self { high: -self.high, low: -self.low } } else { self }
    }

    pub(crate) fn square(self) -> Self {
        let high = self.high * self.high;
        Self::renormalized(high, self.high.mul_add(self.high, -high) + 2.0 * self.high * self.low)
    }

    pub(crate) fn half(self) -> Self {
        Self { high: 0.5 * self.high, low: 0.5 * self.low }
    }
}

impl std::ops::Sub for TwoFloat {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        let Self { high, low } = Self::difference(self.high, other.high);
        let Self { high: tail, low: rest } = Self::difference(self.low, other.low);
        let Self { high, low } = Self::renormalized(high, low + tail);
        Self::renormalized(high, low + rest)
    }
}

impl std::ops::Add for TwoFloat {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self - Self { high: -other.high, low: -other.low }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_floats_keep_what_one_loses() {
        let x = TwoFloat::difference(1.0, 1e-20);
        assert_eq!((x.high, x.low), (1.0, -1e-20));
        let y = x - TwoFloat { high: 1.0, low: 0.0 };
        assert_eq!((y.high, y.low), (-1e-20, 0.0));
        let z = TwoFloat::difference(1.0, -(2.0_f64.powi(-60))).square();
        assert_eq!((z.high, z.low), (1.0, 2.0_f64.powi(-59)));
    }
}
