//! Exact numbers: every `f64` is one, sums and products of them are, and so are optima.

use std::cmp::Ordering;
use std::fmt;
use std::ops::{Add, Mul, Neg, Sub};

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};

use crate::oracle::{self, Flow};

/// `mantissa · 2^exponent`.
#[derive(Debug, Clone)]
pub(crate) struct Dyadic {
    pub(crate) mantissa: BigInt,
    pub(crate) exponent: i64,
}

impl Dyadic {
    pub(crate) fn new(mantissa: impl Into<BigInt>, exponent: i64) -> Self {
        Self { mantissa: mantissa.into(), exponent }
    }

    pub(crate) fn zero() -> Self {
        Self::new(0, 0)
    }

    /// A finite number as it is stored.
    pub(crate) fn of(x: f64) -> Self {
        assert!(x.is_finite(), "{x}");
        let bits = x.to_bits();
        let field = i64::try_from(bits >> 52 & 0x7ff).expect("11 bits");
        let fraction = bits & ((1 << 52) - 1);
        let (size, exponent) =
            if field == 0 { (fraction, -1074) } else { (fraction | 1 << 52, field - 1075) };
        let zeros = size.trailing_zeros() % 64;
        let size = BigInt::from(size >> zeros);
        Self::new(if x < 0.0 { -size } else { size }, exponent + i64::from(zeros))
    }

    pub(crate) fn sum<'a>(terms: impl IntoIterator<Item = &'a Self>) -> Self {
        terms.into_iter().fold(Self::zero(), |sum, term| &sum + term)
    }

    /// The mantissa for an exponent that is not above this one's own.
    pub(crate) fn at(&self, exponent: i64) -> BigInt {
        if self.mantissa.is_zero() {
            return BigInt::zero();
        }
        let shift = usize::try_from(self.exponent - exponent).expect("a lower exponent");
        &self.mantissa << shift
    }

    /// The exponent of an integer multiple of which all these numbers are.
    pub(crate) fn common<'a>(numbers: impl IntoIterator<Item = &'a Self>) -> i64 {
        let others = numbers.into_iter().filter(|number| !number.mantissa.is_zero());
        others.map(|number| number.exponent).min().unwrap_or(0)
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.mantissa.is_zero()
    }

    pub(crate) fn is_negative(&self) -> bool {
        self.mantissa.is_negative()
    }

    pub(crate) fn abs(&self) -> Self {
        Self::new(self.mantissa.abs(), self.exponent)
    }

    /// A number with at most so many bits, not above this one.
    pub(crate) fn down(self, bits: u64) -> Self {
        let excess = self.mantissa.bits().saturating_sub(bits);
        // A shift to the right of a negative number rounds downwards, too.
        Self::new(self.mantissa >> excess, self.exponent + excess.cast_signed())
    }

    /// A number with at most so many bits and one more, not below this one.
    pub(crate) fn up(self, bits: u64) -> Self {
        -(-self).down(bits)
    }
}

impl Add for &Dyadic {
    type Output = Dyadic;
    fn add(self, other: Self) -> Dyadic {
        let exponent = Dyadic::common([self, other]);
        Dyadic::new(self.at(exponent) + other.at(exponent), exponent)
    }
}

impl Sub for &Dyadic {
    type Output = Dyadic;
    fn sub(self, other: Self) -> Dyadic {
        let exponent = Dyadic::common([self, other]);
        Dyadic::new(self.at(exponent) - other.at(exponent), exponent)
    }
}

impl Mul for &Dyadic {
    type Output = Dyadic;
    fn mul(self, other: Self) -> Dyadic {
        Dyadic::new(&self.mantissa * &other.mantissa, self.exponent + other.exponent)
    }
}

impl Neg for Dyadic {
    type Output = Self;
    fn neg(self) -> Self {
        Self::new(-self.mantissa, self.exponent)
    }
}

impl PartialEq for Dyadic {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Dyadic {}

impl PartialOrd for Dyadic {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Dyadic {
    fn cmp(&self, other: &Self) -> Ordering {
        let exponent = Self::common([self, other]);
        self.at(exponent).cmp(&other.at(exponent))
    }
}

/// An interval that holds a real number: both ends are exact, and equal where the number is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Interval {
    pub(crate) low: Dyadic,
    pub(crate) high: Dyadic,
}

impl Interval {
    pub(crate) fn exactly(x: Dyadic) -> Self {
        Self { low: x.clone(), high: x }
    }
}

/// An exact optimum, or a narrow interval around it: `bounds / per`.
#[derive(Debug, Clone)]
pub(crate) struct Truth {
    bounds: Interval,
    per: Dyadic,
}

impl Truth {
    /// The optimum for masses in proportion to `source` and `target` and the source's `total`, and
    /// an optimal plan, rounded.
    ///
    /// The optimum of the costs' lower ends is at most the optimum, and the plan that attains it
    /// costs at least the optimum and at most what it costs at the upper ends.
    pub(crate) fn of(
        source: &[Dyadic],
        target: &[Dyadic],
        total: &Dyadic,
        costs: &[Vec<Interval>],
    ) -> (Self, Vec<Vec<f64>>) {
        let (supply, demand) = (integers(source), integers(target));
        let [have, want] = [&supply, &demand].map(|side| side.iter().sum::<BigInt>());
        let shared = have.gcd(&want);
        let supply: Vec<BigInt> = supply.iter().map(|mass| mass * (&want / &shared)).collect();
        let demand: Vec<BigInt> = demand.iter().map(|mass| mass * (&have / &shared)).collect();
        let exponent = Dyadic::common(costs.iter().flatten().map(|cost| &cost.low));
        let low: Vec<Vec<BigInt>> =
            costs.iter().map(|row| row.iter().map(|c| c.low.at(exponent)).collect()).collect();
        let (least, flow) = cheapest(&supply, &demand, &low);
        let cells = flow.iter().flatten().zip(costs.iter().flatten());
        let most = cells
            .filter(|(mass, _)| mass.is_positive())
            .fold(Dyadic::zero(), |sum, (mass, cost)| {
                &sum + &(&cost.high * &Dyadic::new(mass.clone(), 0))
            });
        let bounds = Interval { low: &Dyadic::new(least, exponent) * total, high: &most * total };
        let per = Dyadic::new(supply.iter().sum::<BigInt>(), 0);
        // A cell that carries mass keeps it, however little.
        let rounded = |mass: BigInt| {
            let carries = mass.is_positive();
            let (near, scale) = quotient(&(&Dyadic::new(mass, 0) * total), &per);
            let least = if carries { f64::from_bits(1) } else { 0.0 };
            if scale == 0 { near.max(least) } else { least }
        };
        let plan = flow.into_iter().map(|row| row.into_iter().map(rounded).collect()).collect();
        (Self { bounds, per }, plan)
    }

    /// An optimum that is known.
    pub(crate) fn known(optimum: f64) -> Self {
        Self { bounds: Interval::exactly(Dyadic::of(optimum)), per: Dyadic::new(1, 0) }
    }

    /// Whether the optimum is certainly below x.
    pub(crate) fn is_below(&self, x: f64) -> bool {
        match x {
            f64::INFINITY => true,
            f64::NEG_INFINITY => false,
            _ => self.bounds.high < &Dyadic::of(x) * &self.per,
        }
    }

    /// Whether the optimum is certainly above x.
    pub(crate) fn is_above(&self, x: f64) -> bool {
        match x {
            f64::INFINITY => false,
            f64::NEG_INFINITY => true,
            _ => self.bounds.low > &Dyadic::of(x) * &self.per,
        }
    }

    /// Whether the optimum is certainly below x by more than this share of its own size.
    pub(crate) fn is_far_below(&self, x: f64, share: f64) -> bool {
        if x.is_infinite() {
            return x > 0.0;
        }
        let slack = &self.bounds.high.abs() * &Dyadic::of(share);
        &self.bounds.high + &slack < &Dyadic::of(x) * &self.per
    }
}

/// To 17 digits, then exactly.
impl fmt::Display for Truth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bounds: Interval { low, high }, per } = self;
        let (about, scale) = quotient(low, per);
        write!(f, "{about:?}")?;
        if scale != 0 {
            write!(f, "·2^{scale}")?;
        }
        if low == high && low.mantissa.bits() < 200 {
            write!(f, " = {}·2^{} / {}", low.mantissa, low.exponent - per.exponent, per.mantissa)?;
        }
        Ok(())
    }
}

/// `a / b` to within an ulp, times a power of two if it leaves the range of `f64`.
fn quotient(a: &Dyadic, b: &Dyadic) -> (f64, i64) {
    let shift = 80 + b.mantissa.bits().cast_signed() - a.mantissa.bits().cast_signed();
    let scaled = if shift < 0 { &a.mantissa >> -shift } else { &a.mantissa << shift };
    let quotient = scaled / &b.mantissa;
    let scale = a.exponent - b.exponent - shift;
    let near = quotient.to_f64().expect("some 80 bits");
    let bits = i64::try_from(quotient.bits()).expect("few");
    match i32::try_from(scale) {
        Ok(power) if (-1000..1000).contains(&(bits + scale)) => {
            let half = power / 2;
            (near * 2_f64.powi(half) * 2_f64.powi(power - half), 0)
        }
        _ => (near, scale),
    }
}

/// Integers in the same proportion, as small as can be.
fn integers(masses: &[Dyadic]) -> Vec<BigInt> {
    let exponent = Dyadic::common(masses);
    let masses: Vec<BigInt> = masses.iter().map(|mass| mass.at(exponent)).collect();
    let shared = masses.iter().fold(BigInt::zero(), |shared, mass| shared.gcd(mass));
    let shared = if shared.is_zero() { BigInt::one() } else { shared };
    masses.iter().map(|mass| mass / &shared).collect()
}

/// The cheapest plan, in machine integers where they are wide enough.
fn cheapest(supply: &[BigInt], demand: &[BigInt], cost: &[Vec<BigInt>]) -> (BigInt, Flow<BigInt>) {
    let total: BigInt = supply.iter().sum();
    let widest = cost.iter().flatten().map(BigInt::bits).max().unwrap_or(0);
    // A path has at most n + m arcs.
    let steps = u64::from((supply.len() + demand.len()).ilog2()) + 1;
    if total.bits() + widest + steps >= 126 {
        return oracle::cheapest_plan(supply, demand, |i, j| cost[i][j].clone());
    }
    let narrow = |x: &BigInt| x.to_i128().expect("checked");
    let [supply, demand] = [supply, demand].map(|side| side.iter().map(narrow).collect::<Vec<_>>());
    let cost: Vec<Vec<i128>> = cost.iter().map(|row| row.iter().map(narrow).collect()).collect();
    let (total, flow) = oracle::cheapest_plan(&supply, &demand, |i, j| cost[i][j]);
    let wide = |row: Vec<i128>| row.into_iter().map(BigInt::from).collect();
    (total.into(), flow.into_iter().map(wide).collect())
}
