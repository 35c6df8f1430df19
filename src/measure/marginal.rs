//! The masses of one side of a problem, as real numbers and as integers.

use ndarray::{ArcArray1, Array1, ArrayView1, Axis, s};
use num_bigint::{BigInt, BigUint};
use num_integer::Integer;

use super::{MeasureError, check_mass};
use crate::math::exact::{ExactSum, UNIT_EXPONENT, decompose, quotient_below};
use crate::math::{self, Wide};

/// Masses `μ_i = w_i·T / Σ w`: stored weights w, read as real numbers, in proportion to their exact
/// sum. The total T is that sum, or 1.
///
/// Valid by construction: finite weights ≥ 0, at least one of them positive.
#[derive(Debug, Clone, PartialEq)]
pub struct Marginal {
    weights: ArcArray1<f64>,
    /// Each mass, rounded.
    mass: ArcArray1<f64>,
    unit: WeightUnit,
    /// The weight of the last atom, if it is a dummy: a number of any length, which `weights` holds
    /// rounded.
    dummy: Option<Natural>,
}

/// The mass of a weight of 1.
#[derive(Debug, Clone, PartialEq)]
enum WeightUnit {
    /// 1: weights are masses.
    One,
    /// 1 by the sum of the weights: the total is 1.
    OverSum,
    /// 1 by a number.
    Over(Natural),
}

impl Marginal {
    /// The weights themselves as masses; their sum is the total.
    ///
    /// # Errors
    /// [`MeasureError::Mass`], [`MeasureError::Total`].
    pub fn new(weights: Array1<f64>) -> Result<Self, MeasureError> {
        check_mass(weights.view())?;
        let weights = weights.into_shared();
        Ok(Self { mass: weights.clone(), weights, unit: WeightUnit::One, dummy: None })
    }

    /// Masses in proportion to the weights, of total 1.
    ///
    /// # Errors
    /// [`MeasureError::Mass`], [`MeasureError::Total`].
    pub fn normalized(weights: Array1<f64>) -> Result<Self, MeasureError> {
        check_mass(weights.view())?;
        let total = math::sum(&weights);
        let mass = (&weights / total).into_shared();
        let unit = WeightUnit::OverSum;
        Ok(Self { weights: weights.into_shared(), mass, unit, dummy: None })
    }

    /// n masses of 1/n each, exactly.
    ///
    /// # Panics
    /// If n is 0.
    #[must_use]
    pub fn uniform(n: usize) -> Self {
        Self::normalized(Array1::ones(n)).expect("at least one atom")
    }

    /// The masses, each rounded to an `f64`, shape (n,).
    #[must_use]
    pub fn mass(&self) -> ArrayView1<'_, f64> {
        self.mass.view()
    }

    /// The weights, shape (n,).
    #[must_use]
    pub fn weights(&self) -> ArrayView1<'_, f64> {
        self.weights.view()
    }

    /// Whether the total is 1, not the sum of the weights.
    #[must_use]
    pub fn has_unit_total(&self) -> bool {
        self.unit == WeightUnit::OverSum
    }

    /// The total mass T, rounded.
    #[must_use]
    pub fn total(&self) -> f64 {
        if self.has_unit_total() { 1.0 } else { math::sum(&self.mass) }
    }

    /// The total mass T of a side without a dummy.
    pub(crate) fn exact_total(&self) -> Natural {
        if self.has_unit_total() { Natural::one() } else { self.sum_of_weights() }
    }

    /// This side and, after its atoms, a dummy of the given mass. The masses stay as they are.
    pub(crate) fn with_dummy(&self, mass: &Natural) -> Self {
        let (unit, weight) = if self.has_unit_total() {
            let sum = self.sum_of_weights();
            let weight = mass.times(&sum);
            (WeightUnit::Over(sum), weight)
        } else {
            (WeightUnit::One, mass.clone())
        };
        let followed = |by: f64, all: &ArcArray1<f64>| {
            all.iter().copied().chain([by]).collect::<ArcArray1<_>>()
        };
        // Whether an atom has mass is read from its weight, which must not round to 0.
        let least = if weight.is_zero() { 0.0 } else { f64::from_bits(1) };
        Self {
            weights: followed(weight.rounded().max(least), &self.weights),
            mass: followed(mass.rounded(), &self.mass),
            unit,
            dummy: Some(weight),
        }
    }

    /// The masses at these places, which are to be all that are not 0.
    pub(super) fn select(&self, kept: &[usize]) -> Self {
        let of = |all: &ArcArray1<f64>| all.select(Axis(0), kept).into_shared();
        Self { weights: of(&self.weights), mass: of(&self.mass), ..self.clone() }
    }

    /// The exact sum of the weights of some atoms.
    pub(crate) fn sum_of(&self, atoms: &[usize]) -> Natural {
        let points = self.points();
        let chosen = atoms.iter().filter_map(|&i| points.get(i)).copied();
        let sum = Natural::sum(chosen.collect::<Array1<f64>>().view());
        let dummy = self.dummy.as_ref().filter(|_| atoms.contains(&points.len()));
        dummy.map_or_else(|| sum.clone(), |dummy| sum.plus(dummy))
    }

    /// The exact sum of the weights.
    pub(crate) fn sum_of_weights(&self) -> Natural {
        let sum = Natural::sum(self.points());
        let dummy = self.dummy.as_ref().filter(|dummy| !dummy.is_zero());
        dummy.map_or_else(|| sum.clone(), |dummy| sum.plus(dummy))
    }

    /// `Σ w_i y_i` for numbers y given as sums of two `f64`, exactly; `None` if one of an atom with mass
    /// is not finite.
    pub(crate) fn integral(&self, values: impl Iterator<Item = (f64, f64)>) -> Option<Integral> {
        let mut values = values.into_iter();
        let mut sum = ExactSum::default();
        for (&weight, (high, low)) in self.points().iter().zip(&mut values) {
            if weight > 0.0 {
                if !(high.is_finite() && low.is_finite()) {
                    return None;
                }
                sum.add_product(weight, high);
                sum.add_product(weight, low);
            }
        }
        let sum = Integral { number: sum.to_integer(), exponent: UNIT_EXPONENT };
        let Some(dummy) = self.dummy.as_ref().filter(|dummy| !dummy.is_zero()) else {
            return Some(sum);
        };
        let (high, low) = values.next()?;
        (high.is_finite() && low.is_finite())
            .then(|| sum.plus(&Integral::of(high).plus(&Integral::of(low)).times(dummy)))
    }

    /// The number by which weights are divided to be masses, unless it is 1.
    pub(crate) fn divisor(&self) -> Option<Natural> {
        match &self.unit {
            WeightUnit::One => None,
            WeightUnit::OverSum => Some(self.sum_of_weights()),
            WeightUnit::Over(number) => Some(number.clone()),
        }
    }

    /// The weights of the atoms that are no dummies.
    pub(crate) fn points(&self) -> ArrayView1<'_, f64> {
        let count = self.weights.len() - usize::from(self.dummy.is_some());
        self.weights.slice(s![..count])
    }
}

/// A natural number times a power of two.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Natural {
    pub(crate) number: BigUint,
    pub(crate) exponent: i64,
}

impl Natural {
    /// 1.
    fn one() -> Self {
        Self { number: BigUint::from(1_u32), exponent: 0 }
    }

    /// The exact sum of weights ≥ 0, as an odd number of units.
    fn sum(weights: ArrayView1<'_, f64>) -> Self {
        let mut sum = ExactSum::default();
        weights.iter().for_each(|&w| sum.add(w));
        let number = sum.to_integer().magnitude().clone();
        let zeros = number.trailing_zeros().unwrap_or_default();
        let exponent = UNIT_EXPONENT + i64::try_from(zeros).unwrap_or(i64::MAX);
        Self { number: number >> zeros, exponent }
    }

    /// Whether the number is 0.
    pub(crate) fn is_zero(&self) -> bool {
        self.number == BigUint::ZERO
    }

    /// A finite number ≥ 0.
    pub(crate) fn of(x: f64) -> Self {
        let (significand, exponent) = decompose(x);
        Self { number: significand.into(), exponent }
    }

    /// The product.
    pub(crate) fn times(&self, other: &Self) -> Self {
        let exponent = self.exponent + other.exponent;
        Self { number: &self.number * &other.number, exponent }
    }

    /// Both numbers in units of the same power of two, and its exponent.
    fn aligned(&self, other: &Self) -> (BigUint, BigUint, i64) {
        let exponent = self.exponent.min(other.exponent);
        let scaled = |x: &Self| &x.number << (x.exponent - exponent).unsigned_abs();
        (scaled(self), scaled(other), exponent)
    }

    /// The sum.
    pub(crate) fn plus(&self, other: &Self) -> Self {
        let (a, b, exponent) = self.aligned(other);
        Self { number: a + b, exponent }
    }

    /// The difference, unless it is negative.
    pub(crate) fn minus(&self, other: &Self) -> Option<Self> {
        let (a, b, exponent) = self.aligned(other);
        (a >= b).then(|| Self { number: a - b, exponent })
    }

    /// The number, rounded down to an `f64`.
    pub(crate) fn rounded(&self) -> f64 {
        let number = self.number.clone().into();
        quotient_below(&number, &BigUint::from(1_u32), self.exponent)
    }

    /// The exponent e of this positive number `s·2^e` with 1 ≤ s < 2.
    pub(crate) fn power(&self) -> i32 {
        let bits = i64::try_from(self.number.bits()).unwrap_or(i64::MAX);
        #[expect(clippy::cast_possible_truncation, reason = "exponents of f64 are small numbers")]
        let power = (bits - 1 + self.exponent) as i32;
        power
    }

    /// The s of this number `s·2^e` with 1 ≤ s < 2, rounded down.
    pub(crate) fn scaled(&self) -> f64 {
        quotient_below(
            &self.number.clone().into(),
            &BigUint::from(1_u32),
            self.exponent - i64::from(self.power()),
        )
    }

    /// The quotient of two positive numbers, both divided by their powers of two, as a sum of two `f64`
    /// with an error below 2⁻¹⁰³.
    #[expect(clippy::cast_precision_loss, reason = "both words have at most 53 bits")]
    pub(crate) fn scaled_ratio(&self, other: &Self) -> (f64, f64) {
        const BITS: u64 = 104;
        const LOW_BITS: u64 = 52;
        let numerator = &self.number << (BITS + other.number.bits());
        let quotient = numerator / (&other.number << self.number.bits());
        let quotient = u128::try_from(quotient).expect("a quotient below 2 has at most 105 bits");
        let unit = 1.0 / (1_u128 << BITS) as f64;
        let low = quotient & ((1 << LOW_BITS) - 1);
        ((quotient - low) as f64 * unit, low as f64 * unit)
    }
}

/// An integer times a power of two.
pub(crate) struct Integral {
    number: BigInt,
    exponent: i64,
}

impl Integral {
    /// A finite number.
    fn of(x: f64) -> Self {
        let (significand, exponent) = decompose(x);
        let number = BigInt::from(significand);
        Self { number: if x < 0.0 { -number } else { number }, exponent }
    }

    /// The product with a natural number.
    pub(crate) fn times(&self, natural: &Natural) -> Self {
        let number = &self.number * BigInt::from(natural.number.clone());
        Self { number, exponent: self.exponent + natural.exponent }
    }

    /// The sum.
    pub(crate) fn plus(&self, other: &Self) -> Self {
        let exponent = self.exponent.min(other.exponent);
        let scaled = |x: &Self| &x.number << (x.exponent - exponent).unsigned_abs();
        Self { number: scaled(self) + scaled(other), exponent }
    }

    /// The integer, and the exponent of the power of two.
    pub(crate) fn into_parts(self) -> (BigInt, i64) {
        (self.number, self.exponent)
    }
}

/// Source and target masses as integers of equal totals: in units of `T / total`, exactly.
///
/// With weights a and b and their sums A and B, source i carries `a_i·B` and target j `b_j·A`, both
/// divided by the greatest common divisor of A and B and by the common powers of two. So uniform
/// masses on n and m points are m and n units, divided by their divisor.
pub(crate) struct IntegerMasses {
    /// The powers of two that make all weights of a side integers.
    exponents: [i64; 2],
    /// The factors of the integers of each side.
    factors: [BigUint; 2],
    /// The sum of each side.
    pub(crate) total: BigUint,
    /// T, if it is multiplied by `divisor`.
    mass: Natural,
    divisor: Natural,
}

impl IntegerMasses {
    /// The two marginals in units of their common measure. The total mass is the source's.
    pub(crate) fn new(source: &Marginal, target: &Marginal) -> Self {
        let sums = [source.sum_of_weights(), target.sum_of_weights()];
        let (mass, divisor) = match &source.unit {
            WeightUnit::One => (sums[0].clone(), Natural::one()),
            WeightUnit::OverSum => (Natural::one(), Natural::one()),
            WeightUnit::Over(number) => (sums[0].clone(), number.clone()),
        };
        // Weights may have lower bits than their sum.
        let exponents = [source, target].map(|side| {
            let points = side.points();
            let weights = points.iter().filter(|w| **w > 0.0).map(|&w| decompose(w).1);
            let dummy = side.dummy.as_ref().filter(|dummy| !dummy.is_zero());
            weights.chain(dummy.map(|dummy| dummy.exponent)).min().unwrap_or_default()
        });
        let number = |k: usize| -> BigUint {
            &sums[k].number << (sums[k].exponent - exponents[k]).unsigned_abs()
        };
        let (a, b) = (number(0), number(1));
        let common = a.gcd(&b);
        let factors = [&b / &common, &a / &common];
        Self { exponents, total: &a * &factors[0], factors, mass, divisor }
    }

    /// Bits of the total.
    pub(crate) fn bits(&self) -> u64 {
        self.total.bits()
    }

    /// The source masses (`side` 0) or the target masses (1) of these marginals in units.
    ///
    /// # Panics
    /// If N·64 bits do not hold the [total](Self::bits).
    pub(crate) fn units<const N: usize>(&self, side: usize, marginal: &Marginal) -> Vec<Wide<N>> {
        let factor = Wide::<N>::from_natural(&self.factors[side]);
        let units = |&weight: &f64| {
            let (significand, exponent) = decompose(weight);
            if significand == 0 {
                return Wide::ZERO;
            }
            factor.times(significand).scaled(exponent - self.exponents[side])
        };
        let dummy = marginal.dummy.as_ref().map(|dummy| {
            let number = &self.factors[side] * &dummy.number;
            Wide::from_natural(&number).scaled(dummy.exponent - self.exponents[side])
        });
        marginal.points().iter().map(units).chain(dummy).collect()
    }

    /// The factor `factor · 2^exponent` from a mass in the units of the problem to integer units.
    pub(crate) fn units_of_mass(&self) -> (BigUint, i64) {
        // total / T, where the source's sum divides the total.
        let factor = &self.total / &self.mass.number * &self.divisor.number;
        (factor, self.divisor.exponent - self.mass.exponent)
    }

    /// The mass, or the cost, of a number of units, which is given in units of 2 to the power
    /// `exponent`, as a quotient times a power of two.
    pub(crate) fn of_units(&self, units: &BigInt, exponent: i64) -> (BigInt, BigUint, i64) {
        let numerator = units * BigInt::from(self.mass.number.clone());
        let exponent = exponent + self.mass.exponent - self.divisor.exponent;
        (numerator, &self.total * &self.divisor.number, exponent)
    }

    /// The masses of numbers of units, each divided by 2 to a power and rounded.
    pub(crate) fn masses_of<const N: usize>(
        &self,
        units: impl Iterator<Item = Wide<N>>,
        power: i64,
    ) -> Vec<f64> {
        /// Totals of so many bits are `f64`.
        const FEW_BITS: u64 = 1000;
        if self.bits() < FEW_BITS {
            let unit = self.unit();
            units.map(|units| unit.mass(units.to_f64(-power))).collect()
        } else {
            units.map(|units| self.mass_of(units, power)).collect()
        }
    }

    /// The mass of so many units, divided by 2 to a power and rounded.
    fn mass_of<const N: usize>(&self, units: Wide<N>, power: i64) -> f64 {
        let mut sum = ExactSum::default();
        sum.add_multiple(units.limbs(), 1.0);
        let (numerator, denominator, exponent) =
            self.of_units(&sum.to_integer(), UNIT_EXPONENT - power);
        quotient_below(&numerator, &denominator, exponent)
    }

    /// The mass of an integer unit, rounded.
    pub(crate) fn unit(&self) -> Unit {
        let (over, power) = self.units_of_mass();
        let zeros = over.trailing_zeros().unwrap_or_default();
        let exponent = -power - i64::try_from(zeros).unwrap_or(i64::MAX);
        let over = BigInt::from(over >> zeros);
        Unit { over: quotient_below(&over, &BigUint::from(1_u32), 0), exponent }
    }
}

/// The mass `2^exponent / over` of an integer unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Unit {
    over: f64,
    exponent: i64,
}

impl Unit {
    /// The unit `2^exponent / over`.
    pub(crate) fn new(over: f64, exponent: i32) -> Self {
        Self { over, exponent: i64::from(exponent) }
    }

    /// The mass of so many units: the quotient is rounded once.
    pub(crate) fn mass(self, units: f64) -> f64 {
        #[expect(clippy::cast_possible_truncation, reason = "exponents are small numbers")]
        let exponent = self.exponent as i32;
        // In two steps: the power of two itself may be out of range.
        let half = exponent / 2;
        (units / self.over) * 2.0_f64.powi(half) * 2.0_f64.powi(exponent - half)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn integers(source: &Marginal, target: &Marginal) -> (Vec<i128>, Vec<i128>, Unit) {
        let masses = IntegerMasses::new(source, target);
        let of = |side, marginal| {
            let units: Vec<Wide<8>> = masses.units(side, marginal);
            let units: Vec<i128> = units.into_iter().map(|w| w.to_i128().unwrap()).collect();
            assert_eq!(BigUint::try_from(units.iter().sum::<i128>()).unwrap(), masses.total);
            units
        };
        (of(0, source), of(1, target), masses.unit())
    }

    #[test]
    fn uniform_masses_are_counted_exactly() {
        let uniform = |n| Marginal::normalized(Array1::ones(n)).unwrap();
        let (supply, demand, unit) = integers(&uniform(6), &uniform(4));
        assert_eq!((supply, demand), (vec![2; 6], vec![3; 4]));
        assert_eq!(unit.mass(2.0), 1.0 / 6.0);
        let (supply, _, unit) = integers(&uniform(7), &uniform(7));
        assert_eq!((supply, unit.mass(1.0)), (vec![1; 7], 1.0 / 7.0));
    }

    #[test]
    fn masses_with_equal_sums_are_kept_to_the_bit() {
        let source = Marginal::new(array![0.1, 0.25, 0.0, 3e-20]).unwrap();
        let target = Marginal::new(array![3e-20, 0.1, 0.25]).unwrap();
        let (supply, demand, unit) = integers(&source, &target);
        assert_eq!((supply[0], supply[3]), (demand[1], demand[0]));
        for (units, mass) in supply.iter().zip(source.mass()) {
            assert_eq!(unit.mass(*units as f64), *mass);
        }
    }

    #[test]
    fn sums_that_differ_are_put_in_proportion() {
        let source = Marginal::new(array![1.0, 2.0]).unwrap();
        let target = Marginal::new(array![4.0, 0.5, 0.5]).unwrap();
        let (supply, demand, unit) = integers(&source, &target);
        // 3 units of mass: the targets carry 12/5, 3/10 and 3/10.
        assert_eq!((supply, demand), (vec![10, 20], vec![24, 3, 3]));
        assert_eq!(unit.mass(24.0), 2.4);
        let masses = IntegerMasses::new(&source, &target);
        let (factor, exponent) = masses.units_of_mass();
        assert_eq!((factor, exponent), (BigUint::from(10_u32), 0));
    }
}
