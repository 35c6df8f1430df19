//! How far a computed cost may be from the real one.
//!
//! A ground cost is a real function of the stored coordinates; what is computed of it is rounded a
//! few times. A [`Rounding`] bounds all of that beforehand, so that every computed cost becomes an
//! interval which holds the real one. The bounds are derived in `docs/theory/certificate.md`.

/// Half the distance from 1 to the next `f64`: the relative error of one rounding.
const UNIT_ROUNDOFF: f64 = 0.5 * f64::EPSILON;

/// Roundings of the interval's own ends, with room to spare, in units of the roundoff.
const OF_THE_ENDS: f64 = 8.0;

/// Computed costs below this, 2⁻⁹⁶⁰, may have lost everything to underflow: all that is known of them
/// is that they lie between 0 and twice this. Powers below 1 make more of it
/// ([`Dissimilarity::least`](super::dissimilarity::Dissimilarity::least)).
pub(super) const LEAST: f64 = f64::from_bits((1023 - 960) << 52);

/// Bounds of `|computed − real|` for the costs of a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rounding {
    relative: f64,
    absolute: f64,
    /// Computed costs below this lie between 0 and twice this.
    least: f64,
}

impl Rounding {
    /// The costs are real numbers as they stand: entries of a matrix.
    pub const NONE: Self = Self { relative: 0.0, absolute: 0.0, least: 0.0 };

    /// Non-negative costs whose factors `1 + ε`, |ε| ≤ 2⁻⁵³, are at most `roundings` in number, up to
    /// an absolute error besides, and unless the computed cost is below `least`.
    pub(super) fn of(roundings: f64, absolute: f64, least: f64) -> Self {
        let first = roundings * UNIT_ROUNDOFF;
        // γ = k·u / (1 − k·u), and what it takes to turn "relative to the real cost" into "relative
        // to the computed one": 1/(1 − γ) ≤ 1 + 2γ for γ ≤ 1/2.
        let gamma = if first < 0.25 { first / (1.0 - first) } else { f64::INFINITY };
        let relative = gamma * (1.0 + 2.0 * gamma) + OF_THE_ENDS * UNIT_ROUNDOFF;
        Self { relative, absolute: absolute * (1.0 + OF_THE_ENDS * f64::EPSILON), least }
    }

    /// Whether computed costs are the real ones.
    #[must_use]
    pub fn is_none(self) -> bool {
        self == Self::NONE
    }

    /// At most the real cost.
    #[inline(always)]
    #[must_use]
    pub fn below(self, cost: f64) -> f64 {
        if self.is_none() {
            return cost;
        }
        let error = cost * self.relative + self.absolute;
        if cost < self.least || error > cost { 0.0 } else { cost - error }
    }

    /// At least the real cost.
    #[inline(always)]
    #[must_use]
    pub fn above(self, cost: f64) -> f64 {
        if self.is_none() {
            return cost;
        }
        let cost = if cost < self.least { 2.0 * self.least } else { cost };
        cost + (cost * self.relative + self.absolute)
    }

    /// Whether a positive transport cost of so much mass may be nothing but underflow: then only that it
    /// is small is known of it.
    #[must_use]
    pub fn hides(self, cost: f64, mass: f64) -> bool {
        !self.is_none() && 0.0 < cost && cost <= 8.0 * self.least * mass
    }

    /// How far [`Self::below`] may be from costs up to `size`, rounded up.
    pub(crate) fn reach(self, size: f64) -> f64 {
        if self.is_none() { 0.0 } else { 2.0 * (size * self.relative + self.absolute) + self.least }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_hold_the_cost_and_are_narrow() {
        let rounding = Rounding::of(4.0, 0.0, LEAST);
        for cost in [1.0, 0.1, 1e-200, 1e300] {
            let (low, high) = (rounding.below(cost), rounding.above(cost));
            assert!(low < cost && cost < high && high - low < 32.0 * f64::EPSILON * cost);
        }
        assert_eq!((Rounding::NONE.below(-3.0), Rounding::NONE.above(-3.0)), (-3.0, -3.0));
        assert!(Rounding::of(0.0, 1e-15, LEAST).below(1e-16) == 0.0);
    }

    #[test]
    fn costs_that_underflow_are_only_known_to_be_small() {
        assert_eq!(LEAST, 2.0_f64.powi(-960));
        let rounding = Rounding::of(4.0, 0.0, LEAST);
        assert_eq!(rounding.below(1e-300), 0.0);
        assert!(rounding.above(0.0) > LEAST);
        assert!(rounding.hides(rounding.above(0.0), 1.0) && !rounding.hides(1e-200, 1.0));
        assert!(!rounding.hides(0.0, 1.0));
    }

    #[test]
    fn an_error_beyond_all_bounds_leaves_nothing() {
        for roundings in [1e17, 2.0_f64.powi(52)] {
            let rounding = Rounding::of(roundings, 0.0, LEAST);
            assert_eq!((rounding.below(1.0), rounding.above(1.0)), (0.0, f64::INFINITY));
        }
    }
}
