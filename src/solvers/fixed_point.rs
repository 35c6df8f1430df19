//! Masses as integers: flows that add up exactly.
//!
//! Subtracting masses in `f64` loses the small ones: after 1 − 10⁻¹⁷ a supply of 10⁻¹⁷ has
//! vanished, and with it a row of the plan. Here every mass becomes a number of integer units, the
//! totals are equal to the last unit, and all that a solver does to flows (minimum, sum, difference)
//! is exact.

use crate::math;
use crate::measure::{IntegerMasses, Marginal, Unit};

/// The total is less than 2 to this power, in units.
const BITS: i32 = 100;

/// The exponent of the smallest subnormal `f64`: no mass has bits below it.
const SMALLEST_EXPONENT: i32 = -1074;

/// A fixed-point format for signed numbers of bounded size: integers in units of a power of two.
///
/// With largest size L, the unit lies in (2⁻¹⁰⁰, 2⁻⁹⁹]·L: numbers of at least 2⁻⁴⁷·L in size are
/// exact, smaller ones are rounded to the nearest unit, and 2²⁷ numbers can be added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FixedPoint {
    exponent: i32,
}

impl FixedPoint {
    /// The format for numbers up to `largest` in size.
    pub(crate) fn for_sizes_up_to(largest: f64) -> Self {
        Self { exponent: (exponent(largest) + 1 - BITS).max(SMALLEST_EXPONENT) }
    }

    /// A number in units, rounded to nearest.
    pub(crate) fn units(self, x: f64) -> i128 {
        let size = units(x.abs(), self.exponent);
        if x < 0.0 { -size } else { size }
    }

    /// The number of so many units, correctly rounded.
    #[expect(clippy::cast_precision_loss, reason = "rounding to nearest is what is wanted")]
    pub(crate) fn to_f64(self, units: i128) -> f64 {
        units as f64 * power_of_two(self.exponent)
    }
}

/// Source and target masses in integer units, with equal totals.
///
/// Exact where 120 bits hold them ([`IntegerMasses`]): uniform masses, masses whose sums are equal to
/// the last bit. Else, with total mass T, the unit lies in (2⁻¹⁰⁰, 2⁻⁹⁹]·T, the target masses are put
/// in proportion to the source's total, and both are rounded to the nearest unit. Either way, there
/// is room in an `i128` for sums of 2⁷ totals.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FixedMasses {
    /// μ in units, length n.
    pub(crate) supply: Vec<i128>,
    /// ν in units, length m; the sum is that of `supply`.
    pub(crate) demand: Vec<i128>,
    /// What a unit is worth.
    pub(crate) unit: Unit,
}

impl FixedMasses {
    /// The two marginals of a problem in units.
    pub(crate) fn new(source: &Marginal, target: &Marginal) -> Self {
        /// Bits of a total that leave room for sums of flows.
        const EXACT_BITS: u64 = 120;
        let exact = IntegerMasses::new(source, target);
        if exact.bits() > EXACT_BITS {
            return Self::rounded(source, target);
        }
        let units = |side, marginal| -> Vec<i128> {
            let units = exact.units::<2>(side, marginal).into_iter();
            units.map(|w| w.to_i128().expect("at most 120 bits")).collect()
        };
        Self { supply: units(0, source), demand: units(1, target), unit: exact.unit() }
    }

    /// Masses rounded to units, where what the totals still differ by is given to the largest demand.
    fn rounded(source: &Marginal, target: &Marginal) -> Self {
        let (a, b) = (math::sum(source.weights()), math::sum(target.weights()));
        let exponent = (exponent(a) + 1 - BITS).max(SMALLEST_EXPONENT);
        let supply: Vec<i128> = source.weights().iter().map(|&w| units(w, exponent)).collect();
        // b_j·A/B in twice the working precision.
        let ratio = a / b;
        let rest = (-ratio).mul_add(b, a) / b;
        let in_proportion = |&w: &f64| -> i128 {
            let mass = w * ratio;
            let error = w.mul_add(ratio, -mass) + w * rest;
            let error_units = units(error.abs(), exponent);
            units(mass, exponent) + if error < 0.0 { -error_units } else { error_units }
        };
        let mut demand: Vec<i128> = target.weights().iter().map(in_proportion).collect();
        let surplus = supply.iter().sum::<i128>() - demand.iter().sum::<i128>();
        if let Some(largest) = demand.iter_mut().max() {
            *largest += surplus;
            assert!(*largest >= 0, "masses are in proportion");
        }
        let scale = source.total() / a;
        Self { supply, demand, unit: Unit::new(1.0 / scale, exponent) }
    }

    /// A flow in the units of the masses, correctly rounded where they are exact.
    #[expect(clippy::cast_precision_loss, reason = "rounding to nearest is what is wanted")]
    pub(crate) fn to_f64(&self, flow: i128) -> f64 {
        self.unit.mass(flow as f64)
    }
}

/// The exponent e of a positive `x = s·2^e` with 1 ≤ s < 2 (for subnormals, −1023).
fn exponent(x: f64) -> i32 {
    i32::from((x.to_bits() >> 52) as u16 & 0x7ff) - 1023
}

/// `2^exponent`, subnormal results included.
fn power_of_two(exponent: i32) -> f64 {
    let bits = if exponent >= -1022 {
        u64::from((exponent + 1023).unsigned_abs()) << 52
    } else {
        1 << (exponent - SMALLEST_EXPONENT)
    };
    f64::from_bits(bits)
}

/// `w / 2^exponent` rounded to the nearest integer (ties away from zero), for w ≥ 0.
fn units(w: f64, exponent: i32) -> i128 {
    let bits = w.to_bits();
    let biased = i32::from((bits >> 52) as u16 & 0x7ff);
    let fraction = i128::from(bits & ((1 << 52) - 1));
    let significand = if biased == 0 { fraction } else { fraction | 1 << 52 };
    let shift = biased.max(1) - 1075 - exponent;
    match shift {
        0.. => significand << shift,
        -54..0 => ((significand >> (-shift - 1)) + 1) >> 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, array};

    fn fixed(source: &Array1<f64>, target: &Array1<f64>) -> FixedMasses {
        let of = |mass: &Array1<f64>| Marginal::new(mass.clone()).unwrap();
        FixedMasses::new(&of(source), &of(target))
    }

    #[test]
    fn masses_over_seventeen_decades_are_kept() {
        let source = array![1.0, 1e-17, 3e-16, 0.0];
        let target = array![1e-17, 0.5, 0.5 + 3e-16];
        let fixed = fixed(&source, &target);
        assert_eq!(fixed.supply.iter().sum::<i128>(), fixed.demand.iter().sum::<i128>());
        for (flow, mass) in fixed.supply.iter().zip(&source) {
            assert!((fixed.to_f64(*flow) - mass).abs() <= 1e-13 * mass);
        }
        assert_eq!(fixed.to_f64(fixed.supply[0]), 1.0);
        assert_eq!(fixed.supply[3], 0);
    }

    #[test]
    fn large_masses_are_exact_and_tiny_ones_rounded_to_nearest() {
        let exponent = -100;
        assert_eq!(units(1.0, exponent), 1 << 100);
        assert_eq!(units(0.1, exponent), i128::from(0x0019_9999_9999_999a_u64) << (100 - 56));
        assert_eq!(units(0.75 * power_of_two(-100), exponent), 1);
        assert_eq!(units(0.5 * power_of_two(-100), exponent), 1);
        assert_eq!(units(0.4999 * power_of_two(-100), exponent), 0);
        assert_eq!(units(2.5 * power_of_two(-100), exponent), 3);
        assert_eq!(units(1e-300, exponent), 0);
        assert_eq!(units(0.0, exponent), 0);
    }

    #[test]
    fn the_ends_of_the_range_of_f64_work() {
        for scale in [5e-324, 1e-310, 1e-300, 1.0, 1e300] {
            let source = array![3.0, 4.0, 1.0] * scale;
            let target = Array1::from_elem(1, 8.0 * scale);
            let fixed = fixed(&source, &target);
            assert_eq!(fixed.supply.iter().sum::<i128>(), fixed.demand[0]);
            for (flow, mass) in fixed.supply.iter().zip(&source) {
                assert_eq!(fixed.to_f64(*flow), *mass);
            }
        }
    }

    #[test]
    fn the_largest_demand_takes_the_rounding_of_the_totals() {
        let source = array![0.1, 0.2, 0.3, 0.4];
        let third = 1.0 / 3.0;
        let target = array![third, third, third];
        let fixed = fixed(&source, &target);
        assert_eq!(fixed.supply.iter().sum::<i128>(), fixed.demand.iter().sum::<i128>());
        let moved = fixed.demand.iter().filter(|d| fixed.to_f64(**d) != third).count();
        assert!(moved <= 1);
    }
}
