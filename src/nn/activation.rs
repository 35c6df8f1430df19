//! Activations φ, applied to each row z of a layer's pre-activations: a = φ(z).
//!
//! Three linear maps go with each, J = φ'(z) being the Jacobian matrix:
//! - `pull_back`, u ↦ Jᵀ u: from the gradient by a to that by z;
//! - `push_forward`, q ↦ J q: the other direction, which double back-propagation takes;
//! - `curve`, (u, q) ↦ ∂(qᵀ Jᵀ u)/∂z = φ''(z) ⊙ u ⊙ q: for the smooth ones; elsewhere it is zero.
//!
//! An elementwise φ has a diagonal J, and the two directions agree. For a piecewise linear one the
//! record of J is z itself: its signs are the mask. Sorting groups of coordinates is a permutation
//! that depends on z; its transpose is the inverse permutation. `MaxMin` finds it again by one
//! comparison a pair, larger groups record it.
//!
//! At a kink the derivative is the one from below (of 0 for `Relu`), and ties keep their order.
//!
//! Reference: Anil, Lucas, Grosse 2019, "Sorting out Lipschitz function approximation", ICML
//! (GroupSort, MaxMin).

use super::real::Real;

/// What a layer does to its affine outputs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    /// z.
    Identity,
    /// max(z, 0).
    Relu,
    /// z for positive z, else slope·z.
    LeakyRelu {
        /// The slope below 0.
        slope: f64,
    },
    /// tanh z.
    Tanh,
    /// ln(1 + eᶻ).
    Softplus,
    /// 1/(1 + e⁻ᶻ).
    Sigmoid,
    /// Each pair of neighbours, the larger one first.
    MaxMin,
    /// Each group of neighbours in descending order; `MaxMin` is the one with groups of 2.
    GroupSort {
        /// How many coordinates are sorted together.
        size: usize,
    },
}

/// What the forward pass leaves of one activation: rows of z and a, and where each a came from
/// in its row if a sort of larger groups says so.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'a, T> {
    pub(super) z: &'a [T],
    pub(super) a: &'a [T],
    pub(super) order: &'a [u32],
}

impl Activation {
    /// How many coordinates are sorted together; 1 for the elementwise ones.
    pub(crate) fn group(self) -> usize {
        match self {
            Self::MaxMin => 2,
            Self::GroupSort { size } => size,
            _ => 1,
        }
    }

    /// Whether the permutation has to be recorded.
    pub(super) fn keeps_order(self) -> bool {
        matches!(self, Self::GroupSort { .. })
    }

    /// The Lipschitz constant of φ for the Euclidean norm.
    #[must_use]
    pub fn steepest(self) -> f64 {
        match self {
            Self::LeakyRelu { slope } => slope.abs().max(1.0),
            Self::Sigmoid => 0.25,
            _ => 1.0,
        }
    }

    /// Whether φ'' is not zero everywhere.
    pub(super) fn is_curved(self) -> bool {
        matches!(self, Self::Tanh | Self::Softplus | Self::Sigmoid)
    }

    /// a ← φ(z); `order` is written by the sorts that record it.
    pub(super) fn apply<T: Real>(self, z: &[T], a: &mut [T], order: &mut [u32]) {
        let zero = T::zero();
        match self {
            Self::Identity => a.copy_from_slice(z),
            Self::Relu => map(z, a, |z| if z > zero { z } else { zero }),
            Self::LeakyRelu { slope } => {
                let slope = T::of(slope);
                map(z, a, |z| if z > zero { z } else { slope * z });
            }
            Self::Tanh => map(z, a, T::tanh),
            Self::Softplus => map(z, a, softplus),
            Self::Sigmoid => map(z, a, sigmoid),
            Self::MaxMin => {
                for (z, a) in z.chunks_exact(2).zip(a.chunks_exact_mut(2)) {
                    let swapped = z[1] > z[0];
                    a[0] = if swapped { z[1] } else { z[0] };
                    a[1] = if swapped { z[0] } else { z[1] };
                }
            }
            Self::GroupSort { size } => {
                let groups = z.chunks_exact(size).zip(a.chunks_exact_mut(size));
                for ((z, a), order) in groups.zip(order.chunks_exact_mut(size)) {
                    sort_descending(z, a, order);
                }
            }
        }
    }

    /// s ← Jᵀ u.
    pub(super) fn pull_back<T: Real>(self, record: Record<T>, u: &[T], s: &mut [T]) {
        match self {
            Self::GroupSort { size } => {
                let groups = record.order.chunks_exact(size).zip(u.chunks_exact(size));
                for ((order, u), s) in groups.zip(s.chunks_exact_mut(size)) {
                    for (&from, &u) in order.iter().zip(u) {
                        s[from as usize] = u;
                    }
                }
            }
            _ => self.push_forward(record, u, s),
        }
    }

    /// p ← J q.
    pub(super) fn push_forward<T: Real>(self, record: Record<T>, q: &[T], p: &mut [T]) {
        let Record { z, a, order } = record;
        let (zero, one) = (T::zero(), T::one());
        match self {
            Self::Identity => p.copy_from_slice(q),
            Self::Relu => map_two(z, q, p, |z, q| if z > zero { q } else { zero }),
            Self::LeakyRelu { slope } => {
                let slope = T::of(slope);
                map_two(z, q, p, |z, q| if z > zero { q } else { slope * q });
            }
            Self::Tanh => map_two(a, q, p, |a, q| (one - a * a) * q),
            Self::Softplus => map_two(z, q, p, |z, q| sigmoid(z) * q),
            Self::Sigmoid => map_two(a, q, p, |a, q| a * (one - a) * q),
            Self::MaxMin => {
                let pairs = z.chunks_exact(2).zip(q.chunks_exact(2));
                for ((z, q), p) in pairs.zip(p.chunks_exact_mut(2)) {
                    let swapped = z[1] > z[0];
                    p[0] = if swapped { q[1] } else { q[0] };
                    p[1] = if swapped { q[0] } else { q[1] };
                }
            }
            Self::GroupSort { size } => {
                let groups = order.chunks_exact(size).zip(q.chunks_exact(size));
                for ((order, q), p) in groups.zip(p.chunks_exact_mut(size)) {
                    for (&from, p) in order.iter().zip(p) {
                        *p = q[from as usize];
                    }
                }
            }
        }
    }

    /// c ← φ''(z) ⊙ u ⊙ q.
    pub(super) fn curve<T: Real>(self, record: Record<T>, u: &[T], q: &[T], c: &mut [T]) {
        let Record { z, a, .. } = record;
        let (one, two) = (T::one(), T::of(2.0));
        map_two(u, q, c, |u, q| u * q);
        match self {
            Self::Tanh => scale(a, c, |a| -two * a * (one - a * a)),
            Self::Softplus => scale(z, c, |z| {
                let slope = sigmoid(z);
                slope * (one - slope)
            }),
            Self::Sigmoid => scale(a, c, |a| a * (one - a) * (one - two * a)),
            _ => c.fill(T::zero()),
        }
    }
}

/// 1/(1 + e⁻ˣ), without overflow on either side.
pub(super) fn sigmoid<T: Real>(x: T) -> T {
    let e = (-x.abs()).exp();
    let numerator = if x >= T::zero() { T::one() } else { e };
    numerator / (T::one() + e)
}

/// ln(1 + eˣ), without overflow, and exact where eˣ is tiny.
pub(super) fn softplus<T: Real>(x: T) -> T {
    // NaN stays NaN: `max` would lose it in its first argument alone.
    let positive = if x > T::zero() { x } else { T::zero() };
    positive + (-x.abs()).exp().ln_1p()
}

/// The values of z in descending order, and where each came from; ties keep their order.
fn sort_descending<T: Real>(z: &[T], a: &mut [T], order: &mut [u32]) {
    for (place, k) in order.iter_mut().zip(0..) {
        *place = k;
    }
    order.sort_unstable_by(|&i, &j| z[j as usize].order(z[i as usize]).then(i.cmp(&j)));
    for (a, &from) in a.iter_mut().zip(&*order) {
        *a = z[from as usize];
    }
}

fn map<T: Real>(x: &[T], y: &mut [T], f: impl Fn(T) -> T) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = f(x);
    }
}

fn map_two<T: Real>(x: &[T], y: &[T], z: &mut [T], f: impl Fn(T, T) -> T) {
    for ((z, &x), &y) in z.iter_mut().zip(x).zip(y) {
        *z = f(x, y);
    }
}

fn scale<T: Real>(x: &[T], y: &mut [T], f: impl Fn(T) -> T) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y *= f(x);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    const ALL: [Activation; 9] = [
        Activation::Identity,
        Activation::Relu,
        Activation::LeakyRelu { slope: 0.2 },
        Activation::Tanh,
        Activation::Softplus,
        Activation::Sigmoid,
        Activation::MaxMin,
        Activation::GroupSort { size: 3 },
        Activation::GroupSort { size: 4 },
    ];

    /// Two rows of twelve, every number at least 0.01 away from 0 and from the others.
    fn rows() -> Vec<f64> {
        let mut stream = Seed(2).stream("rows");
        let mut rows: Vec<f64> = vec![];
        while rows.len() < 24 {
            let x = 2.0 * stream.normal();
            if x.abs() > 0.01 && rows.iter().all(|y| (x - y).abs() > 0.01) {
                rows.push(x);
            }
        }
        rows
    }

    fn values(activation: Activation, z: &[f64]) -> (Vec<f64>, Vec<u32>) {
        let (mut a, mut order) = (vec![f64::NAN; z.len()], vec![u32::MAX; z.len()]);
        activation.apply(z, &mut a, &mut order);
        (a, order)
    }

    fn dot(x: &[f64], y: &[f64]) -> f64 {
        x.iter().zip(y).map(|(x, y)| x * y).sum()
    }

    fn close(x: f64, y: f64, what: Activation) {
        // Central differences over 1e-5: truncation and rounding both near 1e-10.
        assert!((x - y).abs() < 1e-8, "{what:?}: {x} and {y}");
    }

    #[test]
    fn jacobians_are_the_differences_of_values() {
        let z = rows();
        let mut stream = Seed(3).stream("directions");
        let q: Vec<f64> = z.iter().map(|_| stream.normal()).collect();
        let u: Vec<f64> = z.iter().map(|_| stream.normal()).collect();
        let h = 1e-5;
        for activation in ALL {
            let (a, order) = values(activation, &z);
            let record = Record { z: &z, a: &a, order: &order };
            let moved = |h: f64| {
                let z: Vec<f64> = z.iter().zip(&q).map(|(z, q)| z + h * q).collect();
                values(activation, &z).0
            };
            let (ahead, behind) = (moved(h), moved(-h));
            let (mut p, mut s) = (vec![f64::NAN; z.len()], vec![f64::NAN; z.len()]);
            activation.push_forward(record, &q, &mut p);
            for ((p, ahead), behind) in p.iter().zip(&ahead).zip(&behind) {
                close(*p, (ahead - behind) / (2.0 * h), activation);
            }
            activation.pull_back(record, &u, &mut s);
            close(dot(&u, &p), dot(&s, &q), activation);
        }
    }

    #[test]
    fn curvatures_are_the_differences_of_jacobians() {
        let z = rows();
        let mut stream = Seed(4).stream("directions");
        let mut draw = || -> Vec<f64> { z.iter().map(|_| stream.normal()).collect() };
        let (u, q, direction) = (draw(), draw(), draw());
        let h = 1e-5;
        for activation in ALL {
            let slope = |h: f64| {
                let z: Vec<f64> = z.iter().zip(&direction).map(|(z, d)| z + h * d).collect();
                let (a, order) = values(activation, &z);
                let mut p = vec![f64::NAN; z.len()];
                activation.push_forward(Record { z: &z, a: &a, order: &order }, &q, &mut p);
                dot(&u, &p)
            };
            let (a, order) = values(activation, &z);
            let mut c = vec![f64::NAN; z.len()];
            activation.curve(Record { z: &z, a: &a, order: &order }, &u, &q, &mut c);
            close(dot(&c, &direction), (slope(h) - slope(-h)) / (2.0 * h), activation);
            assert_eq!(activation.is_curved(), c.iter().any(|&c| c != 0.0));
        }
    }

    #[test]
    fn values_at_known_points() {
        let value = |activation, z: f64| values(activation, &[z]).0[0];
        assert_eq!(value(Activation::Relu, -2.0), 0.0);
        assert_eq!(value(Activation::LeakyRelu { slope: 0.25 }, -2.0), -0.5);
        assert_eq!(value(Activation::Sigmoid, 0.0), 0.5);
        assert_eq!(value(Activation::Softplus, 0.0), std::f64::consts::LN_2);
        assert_eq!(value(Activation::Tanh, 0.0), 0.0);
        let row = [1.0, 4.0, 3.0, 2.0];
        assert_eq!(values(Activation::MaxMin, &row).0, [4.0, 1.0, 3.0, 2.0]);
        let (sorted, order) = values(Activation::GroupSort { size: 4 }, &row);
        assert_eq!((sorted, order), (vec![4.0, 3.0, 2.0, 1.0], vec![1, 2, 3, 0]));
    }

    #[test]
    fn maxmin_sorts_groups_of_two() {
        let mut z = rows();
        // A tie, and the two zeros.
        z[0] = z[1];
        (z[2], z[3]) = (0.0, 0.0);
        let q: Vec<f64> = (0..24).map(f64::from).collect();
        let mut answers = vec![];
        for activation in [Activation::MaxMin, Activation::GroupSort { size: 2 }] {
            let (a, order) = values(activation, &z);
            let record = Record { z: &z, a: &a, order: &order };
            let (mut p, mut s) = (vec![f64::NAN; 24], vec![f64::NAN; 24]);
            activation.push_forward(record, &q, &mut p);
            activation.pull_back(record, &q, &mut s);
            answers.push((a, p, s));
        }
        assert_eq!(answers[0], answers[1]);
    }

    #[test]
    fn nothing_overflows_and_nan_stays() {
        for x in [1e4, -1e4, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(sigmoid(x), if x > 0.0 { 1.0 } else { 0.0 });
            assert_eq!(softplus(x), x.max(0.0));
        }
        assert_eq!(softplus(-40.0_f64), (-40.0_f64).exp());
        assert!(sigmoid(f64::NAN).is_nan() && softplus(f32::NAN).is_nan());
        let (sorted, _) = values(Activation::GroupSort { size: 3 }, &[1.0, f64::NAN, 2.0]);
        assert!(sorted[0].is_nan() && sorted[1..] == [2.0, 1.0]);
    }
}
