//! Fixed point: masses, flows and costs as integers, which add up exactly.
//!
//! Subtraction of masses in `f64` loses small ones: 1 − 10⁻¹⁷ is 1, so a supply of 10⁻¹⁷ and with
//! it a row of the plan disappear. Here every mass is a number of integer units, the totals are equal,
//! and all operations of solvers on flows (minimum, sum, difference) are exact.

use std::ops::{Add, Sub};

use crate::cost::Cost;
use crate::math::Wide;
use crate::math::exact::decompose;
use crate::measure::{IntegerMasses, Marginal, Unit};

/// Bits of a number in units: the largest one is below 2 to this power.
const NARROW_BITS: i32 = 100;

/// The exponent of the smallest subnormal `f64`: no mass has bits below it.
const SMALLEST_EXPONENT: i32 = -1074;

/// A fixed-point format for signed numbers of bounded size: integers in units of a power of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FixedPoint {
    exponent: i32,
}

/// Integers that hold the fixed-point numbers of a problem, with room for sums of 2²⁷ of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Width {
    /// `i128`.
    Two,
    /// [`Wide`] of four limbs.
    Four,
    /// As many limbs as any `f64` asks for.
    All,
}

/// Numbers in which the simplex computes costs and potentials: `f64` for most pivots, fixed-point
/// integers for the exact finish.
pub(crate) trait CostNumber:
    Copy + PartialOrd + Default + Add<Output = Self> + Sub<Output = Self>
{
    /// The cost of a flow, in integer units of mass, at this cost per unit, rounded to `f64`.
    fn of_flow(self, flow: i128) -> f64;
}

impl CostNumber for f64 {
    #[expect(clippy::cast_precision_loss, reason = "rounding to nearest is what is wanted")]
    fn of_flow(self, flow: i128) -> f64 {
        self * flow as f64
    }
}

impl CostNumber for i128 {
    #[expect(clippy::cast_precision_loss, reason = "rounding to nearest is what is wanted")]
    fn of_flow(self, flow: i128) -> f64 {
        self as f64 * flow as f64
    }
}

impl<const N: usize> CostNumber for Wide<N> {
    #[expect(clippy::cast_precision_loss, reason = "rounding to nearest is what is wanted")]
    fn of_flow(self, flow: i128) -> f64 {
        self.to_f64(0) * flow as f64
    }
}

/// Integers in which the exact finish computes.
pub(crate) trait FixedInteger: CostNumber + Ord + Send + Sync {
    /// `x / 2^exponent`, rounded to the nearest integer, or cut off where that leaves nothing.
    fn of(x: f64, exponent: i32) -> Self;

    /// This integer times `2^exponent`, rounded.
    fn value(self, exponent: i32) -> f64;
}

impl FixedInteger for i128 {
    fn of(x: f64, exponent: i32) -> Self {
        let size = units(x.abs(), exponent);
        if x < 0.0 { -size } else { size }
    }

    #[expect(clippy::cast_precision_loss, reason = "rounding to nearest is what is wanted")]
    fn value(self, exponent: i32) -> f64 {
        self as f64 * power_of_two(exponent)
    }
}

impl<const N: usize> FixedInteger for Wide<N> {
    fn of(x: f64, exponent: i32) -> Self {
        let (significand, of_x) = decompose(x);
        let size = Self::signed(false, significand).scaled(of_x - i64::from(exponent));
        if x < 0.0 { -size } else { size }
    }

    fn value(self, exponent: i32) -> f64 {
        self.to_f64(i64::from(exponent))
    }
}

impl FixedPoint {
    /// The format of `i128` for numbers up to `largest` in size: the unit lies in (2⁻¹⁰⁰, 2⁻⁹⁹] of
    /// that, numbers of at least 2⁻⁴⁷ of it are exact, smaller ones are rounded to the nearest unit.
    pub(crate) fn for_sizes_up_to(largest: f64) -> Self {
        Self { exponent: (exponent(largest) + 1 - NARROW_BITS).max(SMALLEST_EXPONENT) }
    }

    /// The format in which every cost of a table, up to `largest` in size, is exact, and the integers
    /// that hold it.
    ///
    /// Large tables that are computed row by row are rounded as [`Self::for_sizes_up_to`] says: their
    /// entries are rounded real numbers anyway.
    pub(crate) fn for_costs(cost: &dyn Cost, largest: f64) -> (Self, Width) {
        /// Sums of 2²⁷ numbers and a sign.
        const SPARE_BITS: i64 = 28;
        /// Cells of a table up to which its exponents are examined although it is not stored.
        const LARGEST_EXAMINED_CELLS: usize = 1 << 16;
        let narrow = Self::for_sizes_up_to(largest);
        if !cost.is_stored() && cost.n().saturating_mul(cost.m()) > LARGEST_EXAMINED_CELLS {
            return (narrow, Width::Two);
        }
        // Numbers below this may have bits below the unit of the narrow format.
        let small = power_of_two((narrow.exponent + 53).min(1023));
        let mut lowest = i64::from(narrow.exponent);
        let mut buffer = vec![0.0; cost.m()];
        for i in 0..cost.n() {
            let row = cost.row(i, &mut buffer);
            if has_small(row, small) {
                let bits = row.iter().filter(|c| **c != 0.0).map(|&c| decompose(c).1);
                lowest = bits.fold(lowest, i64::min);
            }
        }
        let bits = i64::from(exponent(largest)) + 1 - lowest + SPARE_BITS;
        #[expect(clippy::cast_possible_truncation, reason = "exponents are small numbers")]
        let exact = Self { exponent: lowest as i32 };
        if lowest == i64::from(narrow.exponent) {
            (narrow, Width::Two)
        } else if bits < 256 {
            (exact, Width::Four)
        } else {
            (exact, Width::All)
        }
    }

    /// A number in units.
    pub(crate) fn units<K: FixedInteger>(self, x: f64) -> K {
        K::of(x, self.exponent)
    }

    /// The number with the given units, rounded.
    pub(crate) fn to_f64<K: FixedInteger>(self, units: K) -> f64 {
        units.value(self.exponent)
    }

    /// The unit.
    pub(crate) fn unit(self) -> f64 {
        power_of_two(self.exponent)
    }
}

/// Whether some number of a row is small, but not 0.
fn has_small(row: &[f64], small: f64) -> bool {
    let mut any = false;
    for &c in row {
        any |= c.abs() < small && c != 0.0;
    }
    any
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
    /// The mass of a unit.
    pub(crate) unit: Unit,
}

impl FixedMasses {
    /// The two marginals of a problem in units.
    pub(crate) fn new(source: &Marginal, target: &Marginal) -> Self {
        /// Bits of a total that leave room for sums of flows.
        const LARGEST_EXACT_BITS: u64 = 120;
        let exact = IntegerMasses::new(source, target);
        if exact.bits() > LARGEST_EXACT_BITS {
            return Self::rounded(source, target);
        }
        let units = |side, marginal| -> Vec<i128> {
            let units = exact.units::<2>(side, marginal).into_iter();
            units.map(|w| w.to_i128().expect("at most 120 bits")).collect()
        };
        Self { supply: units(0, source), demand: units(1, target), unit: exact.unit() }
    }

    /// Masses rounded to units; the largest demand absorbs the difference of the totals.
    fn rounded(source: &Marginal, target: &Marginal) -> Self {
        // Sums in `f64` would lose masses below an ulp of them.
        let (a, b) = (source.sum_of_weights(), target.sum_of_weights());
        let (of_a, of_b) = (a.power(), b.power());
        let exponent = (of_a + 1 - NARROW_BITS).max(SMALLEST_EXPONENT);
        let scaled_exponent = exponent - of_a;
        let supply: Vec<i128> = source.weights().iter().map(|&w| units(w, exponent)).collect();
        // b_j·A/B in twice the working precision, with both totals scaled to about 1.
        let (ratio, rest) = a.scaled_ratio(&b);
        let in_proportion = |&w: &f64| -> i128 {
            // In two steps: the power of two itself may be out of range.
            let w = w * power_of_two(-of_b / 2) * power_of_two(of_b / 2 - of_b);
            let mass = w * ratio;
            let error = w.mul_add(ratio, -mass) + w * rest;
            let error_units = units(error.abs(), scaled_exponent);
            units(mass, scaled_exponent) + if error < 0.0 { -error_units } else { error_units }
        };
        let mut demand: Vec<i128> = target.weights().iter().map(in_proportion).collect();
        let surplus = supply.iter().sum::<i128>() - demand.iter().sum::<i128>();
        if let Some(largest) = demand.iter_mut().max() {
            *largest += surplus;
            assert!(*largest >= 0, "masses are in proportion");
        }
        let unit = source.divisor().map_or_else(
            || Unit::new(1.0, exponent),
            |divisor| Unit::new(divisor.scaled(), exponent - divisor.power()),
        );
        Self { supply, demand, unit }
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

    /// Once flows of such masses were infinite.
    #[test]
    fn totals_at_the_ends_of_the_range_are_put_in_proportion() {
        let uneven = array![1.0, 1e-17, 2.0 / 3.0, 0.0];
        for (source, target) in [(5e-324, 1.0), (1e-300, 1.0), (1.0, 1e-310), (1e300, 1e-300)] {
            let of = |scale: f64| Marginal::normalized(uneven.mapv(|w| w * scale)).unwrap();
            let fixed = FixedMasses::new(&of(source), &of(target));
            assert_eq!(fixed.supply.iter().sum::<i128>(), fixed.demand.iter().sum::<i128>());
            let total: f64 = fixed.supply.iter().map(|&flow| fixed.to_f64(flow)).sum();
            assert!((total - 1.0).abs() <= 1e-15, "{source} {target}: {total}");
        }
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
    fn totals_of_any_two_sizes_are_put_in_proportion() {
        for of_source in [5e-324, 1e-310, 1e-160, 0.3, 1e160, 1e300] {
            for of_target in [5e-324, 1e-310, 1e-160, 0.7, 1e160, 1e300] {
                let source = Marginal::normalized(array![1.0, 3.0, 1.0] * of_source).unwrap();
                let target = Marginal::normalized(array![1.0, 4.0, 6.0] * of_target).unwrap();
                let fixed = FixedMasses::rounded(&source, &target);
                assert_eq!(fixed.supply.iter().sum::<i128>(), fixed.demand.iter().sum::<i128>());
                let masses = source.mass().into_iter().zip(&fixed.supply);
                for (mass, units) in masses.chain(target.mass().into_iter().zip(&fixed.demand)) {
                    // Subnormal totals have few bits.
                    let close = 1e-13 * mass + 5e-324 / of_source;
                    assert!((fixed.to_f64(*units) - mass).abs() <= close, "{units} {mass}");
                }
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
