//! Ground costs as real functions of the stored coordinates, in intervals of 256-bit numbers.
//!
//! Sums, products and roots are exact or rounded outward. Other powers are `exp(r·ln x)` in fixed
//! point: both functions by their series, in integers, with a bound of all roundings.

use std::sync::OnceLock;

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};

use crate::exact::{Dyadic, Interval};
use crate::instances::{Base, Ground};

/// Bits of an end of an interval.
const BITS: u64 = 256;

/// Fractional bits of logarithms and exponentials.
const FRACTION: u64 = 384;

/// Bound of the roundings of a series, in units of `2^-FRACTION`: each of at most 150 terms is the
/// result of three divisions rounded down, and terms shrink by a factor of 9, or of k from some k on.
const ROUNDINGS: u64 = 1 << 12;

/// The cost between two points.
pub(crate) fn cost(ground: &Ground, x: &[f64], y: &[f64]) -> Interval {
    let differences: Vec<Dyadic> =
        x.iter().zip(y).map(|(&x, &y)| (&Dyadic::of(x) - &Dyadic::of(y)).abs()).collect();
    let p = ground.power.unwrap_or(1.0);
    match ground.base {
        Base::Euclidean => power(&sum_of_powers(&differences, 2.0), p, 2.0),
        Base::SqEuclidean => power(&sum_of_powers(&differences, 2.0), p, 1.0),
        Base::Cityblock => power(&sum_of_powers(&differences, 1.0), p, 1.0),
        Base::Chebyshev => {
            let most = differences.into_iter().max().expect("a coordinate");
            power(&Interval::exactly(most), p, 1.0)
        }
        Base::Minkowski(q) => {
            if let [difference] = &differences[..] {
                return power(&Interval::exactly(difference.clone()), p, 1.0);
            }
            power(&sum_of_powers(&differences, q), p, q)
        }
        Base::Cosine => power(&cosine(x, y), p, 1.0),
    }
}

/// `1 − ⟨x, y⟩/√(‖x‖²‖y‖²)`, without cancellation.
fn cosine(x: &[f64], y: &[f64]) -> Interval {
    let dot = |x: &[f64], y: &[f64]| {
        let products = x.iter().zip(y).map(|(&x, &y)| &Dyadic::of(x) * &Dyadic::of(y));
        Dyadic::sum(&products.collect::<Vec<_>>())
    };
    let (product, squares) = (dot(x, y), &dot(x, x) * &dot(y, y));
    let norms = power(&Interval::exactly(squares.clone()), 1.0, 2.0);
    if product.is_negative() {
        // 1 + |⟨x, y⟩|/√…
        let above = |norm: &Dyadic| norm + &product.abs();
        return Interval {
            low: quotient(&above(&norms.high), &norms.high, false),
            high: quotient(&above(&norms.low), &norms.low, true),
        };
    }
    // (‖x‖²‖y‖² − ⟨x, y⟩²) / (√…·(√… + ⟨x, y⟩)), whose numerator is exact.
    let above = &squares - &(&product * &product);
    let below = |norm: &Dyadic| norm * &(norm + &product);
    Interval {
        low: quotient(&above, &below(&norms.high), false),
        high: quotient(&above, &below(&norms.low), true),
    }
}

/// `a/b` for `a ≥ 0 < b`, rounded up or down.
fn quotient(a: &Dyadic, b: &Dyadic, up: bool) -> Dyadic {
    let shift = BITS + b.mantissa.bits();
    let numerator = &a.mantissa << shift;
    let mantissa =
        if up { numerator.div_ceil(&b.mantissa) } else { numerator.div_floor(&b.mantissa) };
    round(Dyadic::new(mantissa, a.exponent - b.exponent - shift.cast_signed()), up)
}

fn round(x: Dyadic, up: bool) -> Dyadic {
    if up { x.up(BITS) } else { x.down(BITS) }
}

fn sum_of_powers(differences: &[Dyadic], q: f64) -> Interval {
    let terms: Vec<Interval> = differences
        .iter()
        .map(|difference| power(&Interval::exactly(difference.clone()), q, 1.0))
        .collect();
    Interval {
        low: Dyadic::sum(terms.iter().map(|term| &term.low)).down(BITS),
        high: Dyadic::sum(terms.iter().map(|term| &term.high)).up(BITS),
    }
}

/// `x^(p/q)` for `x ≥ 0`, `p > 0`, `q ≥ 1`.
pub(crate) fn power(x: &Interval, p: f64, q: f64) -> Interval {
    let (a, b) = fraction(p, q);
    let end = |x: &Dyadic, up: bool| match (a.to_u32(), b.to_u32()) {
        _ if x.is_zero() => Dyadic::zero(),
        (Some(a), Some(b)) if a <= 1 << 10 && b <= 4 => root(&integer_power(x, a, up), b, up),
        _ => by_logarithm(x, (&a, &b), up),
    };
    Interval { low: end(&x.low, false), high: end(&x.high, true) }
}

/// `p/q` in lowest terms.
fn fraction(p: f64, q: f64) -> (BigInt, BigInt) {
    let (p, q) = (Dyadic::of(p), Dyadic::of(q));
    let exponent = Dyadic::common([&p, &q]);
    let (p, q) = (p.at(exponent), q.at(exponent));
    let shared = p.gcd(&q);
    (p / &shared, q / shared)
}

/// By repeated squaring, rounded at every step.
fn integer_power(x: &Dyadic, mut power: u32, up: bool) -> Dyadic {
    let (mut square, mut product) = (x.clone(), Dyadic::new(1, 0));
    loop {
        if power % 2 == 1 {
            product = round(&product * &square, up);
        }
        power /= 2;
        if power == 0 {
            return product;
        }
        square = round(&square * &square, up);
    }
}

/// The b-th root.
fn root(x: &Dyadic, b: u32, up: bool) -> Dyadic {
    if b == 1 {
        return round(x.clone(), up);
    }
    // An exponent that b divides, and enough bits.
    let wanted = (u64::from(b) * BITS).saturating_sub(x.mantissa.bits());
    let mut shift = i64::try_from(wanted).expect("few bits");
    shift += (x.exponent - shift).rem_euclid(i64::from(b));
    let exponent = x.exponent - shift;
    let radicand = x.at(exponent);
    let root = radicand.nth_root(b);
    let exact = root.pow(b) == radicand;
    let root = if up && !exact { root + 1 } else { root };
    round(Dyadic::new(root, exponent / i64::from(b)), up)
}

/// `exp(a/b·ln x)`, rounded up or down.
fn by_logarithm(x: &Dyadic, (a, b): (&BigInt, &BigInt), up: bool) -> Dyadic {
    let (low, high) = logarithm(x);
    let exponent = if up { (a * high).div_ceil(b) } else { (a * low).div_floor(b) };
    exponential(&exponent, up)
}

fn one() -> BigInt {
    BigInt::one() << FRACTION
}

/// ln x in fixed point, from below and from above.
fn logarithm(x: &Dyadic) -> (BigInt, BigInt) {
    // x = m·2^k with 1 ≤ m < 2; what m loses is one rounding.
    let bits = x.mantissa.bits();
    let k = x.exponent + bits.cast_signed() - 1;
    let m = if bits > FRACTION {
        &x.mantissa >> (bits - 1 - FRACTION)
    } else {
        &x.mantissa << (FRACTION + 1 - bits)
    };
    let z = ((&m - one()) << FRACTION) / (m + one());
    let near: BigInt = 2 * inverse_tangent(&z) + k * ln2();
    // Three series, one of them k times.
    let error: BigInt = BigInt::from(4 * ROUNDINGS) * (k.abs() + 1);
    (&near - &error, near + error)
}

/// The hyperbolic one, `Σ z^(2i+1)/(2i+1)` for 0 ≤ z ≤ 1/3.
fn inverse_tangent(z: &BigInt) -> BigInt {
    let square = (z * z) >> FRACTION;
    let (mut power, mut sum, mut i) = (z.clone(), BigInt::zero(), 1);
    while power.is_positive() {
        sum += &power / i;
        power = (power * &square) >> FRACTION;
        i += 2;
    }
    sum
}

/// ln 2, to within two series' roundings.
fn ln2() -> &'static BigInt {
    static LN2: OnceLock<BigInt> = OnceLock::new();
    LN2.get_or_init(|| 2 * inverse_tangent(&(one() / 3)))
}

/// The exponential of a number in fixed point, rounded up or down.
fn exponential(t: &BigInt, up: bool) -> Dyadic {
    // t = k·ln 2 + u with 0 ≤ u ≤ ln 2; the error of ln 2 enters k times.
    let (k, u) = t.div_mod_floor(ln2());
    let (mut term, mut sum, mut i) = (one(), BigInt::zero(), 1);
    while term.is_positive() {
        sum += &term;
        term = ((term * &u) >> FRACTION) / i;
        i += 1;
    }
    let error: BigInt = BigInt::from(4 * ROUNDINGS) * (k.abs() + 1);
    let sum = if up { sum + error } else { sum - error };
    let k = k.to_i64().expect("a number that fits the memory");
    round(Dyadic::new(sum, k - FRACTION.cast_signed()), up)
}
