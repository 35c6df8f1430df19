//! Activations φ, applied to each row z of a layer's pre-activations: a = φ(z).
//!
//! Three linear maps go with each, J = φ'(z) being the Jacobian matrix:
//! - `pull_back`, u ↦ Jᵀ u: from the gradient by a to that by z;
//! - `push_forward`, q ↦ J q: the other direction, which double back-propagation takes;
//! - `curve`, (s, q) ↦ ∂(qᵀ Jᵀ u)/∂z = φ''(z) ⊙ u ⊙ q for s = Jᵀ u: the smooth ones', elsewhere zero.
//!
//! All but the sorts are done in place, and most need no record but a: the derivatives of tanh and
//! of the sigmoid are polynomials of a, and piecewise linear ones take their mask from its signs.
//!
//! An elementwise φ has a diagonal J, so J = Jᵀ. Sorting groups of coordinates is a permutation that
//! depends on z; its transpose is the inverse permutation. `MaxMin` recomputes the permutation by one
//! comparison per pair; larger groups record the rank of each coordinate, the number of greater
//! coordinates in its group. Ranks are computed by comparing all pairs: for groups of 4 or 8 a few
//! SIMD operations without a branch.
//!
//! At a kink the derivative is the one from below (of 0 for `Relu`), and ties keep their order.
//!
//! Reference: Anil, Lucas, Grosse 2019, "Sorting out Lipschitz function approximation", ICML
//! (GroupSort, MaxMin).

use macro_rules_attribute::apply;
use serde::{Deserialize, Serialize};

use super::real::Real;
use super::smooth::{sigmoid, softplus, tanh};
use crate::math::simd_targets;

/// The activation of a layer: a map of its pre-activations.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// Each pair of neighbors, the larger one first.
    MaxMin,
    /// Each group of neighbors in descending order; `MaxMin` is the one with groups of 2.
    GroupSort {
        /// Number of coordinates that are sorted together.
        size: usize,
    },
}

/// Record of the forward pass through one activation: rows of z, if it is kept, and of a, and the rank
/// of each z in its group if larger groups are sorted. In place of a z that is not kept there is a.
#[derive(Debug, Clone, Copy)]
pub(super) struct ActivationRecord<'a, T> {
    pub(super) z: &'a [T],
    pub(super) a: &'a [T],
    pub(super) rank: &'a [u32],
}

impl Activation {
    /// Number of coordinates that are sorted together; 1 for elementwise activations.
    pub(crate) fn group(self) -> usize {
        match self {
            Self::MaxMin => 2,
            Self::GroupSort { size } => size,
            _ => 1,
        }
    }

    /// Whether ranks have to be recorded.
    pub(super) fn keeps_ranks(self) -> bool {
        matches!(self, Self::GroupSort { .. })
    }

    /// Whether the derivative needs z, or φ(z) needs a buffer apart from z.
    pub(super) fn keeps_z(self) -> bool {
        match self {
            Self::Softplus | Self::MaxMin | Self::GroupSort { .. } => true,
            Self::LeakyRelu { slope } => slope < 0.0,
            _ => false,
        }
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

    /// a ← φ(a + b) for each row a, φ being elementwise: for the activations that do not keep z.
    pub(super) fn apply_in_place<T: Real>(self, bias: &[T], a: &mut [T]) {
        elementwise(self, bias, a);
    }

    /// z ← z + b for each row z and a ← φ(z); `rank` is written by the sorts that record it.
    pub(super) fn apply<T: Real>(self, bias: &[T], z: &mut [T], a: &mut [T], rank: &mut [u32]) {
        if self.group() == 1 {
            a.copy_from_slice(z);
            elementwise(self, bias, a);
        }
        elementwise(Self::Identity, bias, z);
        match self {
            Self::GroupSort { size } => sort_groups(size, z, a, rank),
            Self::MaxMin => sort_pairs(z, a),
            _ => {}
        }
    }

    /// From u to s = Jᵀ u.
    pub(super) fn pull_back<T: Real>(self, record: ActivationRecord<T>, s: &mut [T]) {
        match self {
            Self::GroupSort { size } => {
                let mut group = vec![T::zero(); size];
                for (rank, s) in record.rank.chunks_exact(size).zip(s.chunks_exact_mut(size)) {
                    group.copy_from_slice(s);
                    for (&rank, s) in rank.iter().zip(s) {
                        *s = group[rank as usize];
                    }
                }
            }
            _ => multiply(self, record, s),
        }
    }

    /// From q to J q.
    pub(super) fn push_forward<T: Real>(self, record: ActivationRecord<T>, q: &mut [T]) {
        match self {
            Self::GroupSort { size } => {
                let mut group = vec![T::zero(); size];
                for (rank, q) in record.rank.chunks_exact(size).zip(q.chunks_exact_mut(size)) {
                    group.copy_from_slice(q);
                    scatter(&group, rank, q);
                }
            }
            _ => multiply(self, record, q),
        }
    }

    /// c ← φ''(z) ⊙ u ⊙ q, from s = φ'(z) ⊙ u.
    pub(super) fn curve<T: Real>(self, record: ActivationRecord<T>, s: &[T], q: &[T], c: &mut [T]) {
        curve(self, record, s, q, c);
    }
}

/// a ← φ(a + b) for each row a as long as b.
#[apply(simd_targets)]
fn elementwise<T: Real>(activation: Activation, bias: &[T], a: &mut [T]) {
    let zero = T::zero();
    match activation {
        Activation::Relu => shift(bias, a, |z| if z > zero { z } else { zero }),
        Activation::LeakyRelu { slope } => {
            let slope = T::of(slope);
            shift(bias, a, |z| if z > zero { z } else { slope * z });
        }
        Activation::Tanh => shift(bias, a, tanh),
        Activation::Softplus => shift(bias, a, softplus),
        Activation::Sigmoid => shift(bias, a, sigmoid),
        _ => shift(bias, a, |z| z),
    }
}

/// Each pair in descending order; ties keep their order.
#[apply(simd_targets)]
fn sort_pairs<T: Real>(z: &[T], a: &mut [T]) {
    for (z, a) in z.chunks_exact(2).zip(a.chunks_exact_mut(2)) {
        let swapped = z[1] > z[0];
        a[0] = if swapped { z[1] } else { z[0] };
        a[1] = if swapped { z[0] } else { z[1] };
    }
}

/// From q to J q for a symmetric J: all but sorts of larger groups.
#[apply(simd_targets)]
fn multiply<T: Real>(activation: Activation, record: ActivationRecord<'_, T>, q: &mut [T]) {
    let ActivationRecord { z, a, .. } = record;
    let (zero, one) = (T::zero(), T::one());
    match activation {
        Activation::Relu => update(z, q, |z, q| if z > zero { q } else { zero }),
        Activation::LeakyRelu { slope } => {
            let slope = T::of(slope);
            update(z, q, |z, q| if z > zero { q } else { slope * q });
        }
        Activation::Tanh => update(a, q, |a, q| (one - a * a) * q),
        Activation::Softplus => update(z, q, |z, q| sigmoid(z) * q),
        Activation::Sigmoid => update(a, q, |a, q| a * (one - a) * q),
        Activation::MaxMin => {
            for (z, q) in z.chunks_exact(2).zip(q.chunks_exact_mut(2)) {
                let (swapped, first, second) = (z[1] > z[0], q[0], q[1]);
                q[0] = if swapped { second } else { first };
                q[1] = if swapped { first } else { second };
            }
        }
        Activation::Identity | Activation::GroupSort { .. } => {}
    }
}

/// c ← (φ''/φ')(z) ⊙ s ⊙ q.
#[apply(simd_targets)]
fn curve<T: Real>(
    activation: Activation,
    record: ActivationRecord<'_, T>,
    s: &[T],
    q: &[T],
    c: &mut [T],
) {
    let ActivationRecord { z, a, .. } = record;
    let (one, two) = (T::one(), T::of(2.0));
    for ((c, &s), &q) in c.iter_mut().zip(s).zip(q) {
        *c = s * q;
    }
    match activation {
        Activation::Tanh => update(a, c, |a, c| -two * a * c),
        Activation::Softplus => update(z, c, |z, c| sigmoid(-z) * c),
        Activation::Sigmoid => update(a, c, |a, c| (one - two * a) * c),
        _ => c.fill(T::zero()),
    }
}

/// a ← the groups of z in descending order; ties keep their order.
#[apply(simd_targets)]
fn sort_groups<T: Real>(size: usize, z: &[T], a: &mut [T], rank: &mut [u32]) {
    match size {
        4 => sort_groups_of::<4, T>(z, a, rank),
        8 => sort_groups_of::<8, T>(z, a, rank),
        _ => {
            let groups = z.chunks_exact(size).zip(a.chunks_exact_mut(size));
            for ((z, a), rank) in groups.zip(rank.chunks_exact_mut(size)) {
                count_greater(z, rank);
                scatter(z, rank, a);
            }
        }
    }
}

/// Sorts groups whose size is known at compile time.
#[inline(always)]
fn sort_groups_of<const SIZE: usize, T: Real>(z: &[T], a: &mut [T], rank: &mut [u32]) {
    let (z, a) = (z.as_chunks::<SIZE>().0, a.as_chunks_mut::<SIZE>().0);
    for ((z, a), rank) in z.iter().zip(a).zip(rank.as_chunks_mut::<SIZE>().0) {
        count_greater(z, rank);
        scatter(z, rank, a);
    }
}

/// The rank of each number: how many are greater, or equal and before it.
#[inline(always)]
fn count_greater<T: Real>(z: &[T], rank: &mut [u32]) {
    rank.fill(0);
    for (j, other) in z.iter().enumerate() {
        let other = other.key();
        for (i, (rank, z)) in rank.iter_mut().zip(z).enumerate() {
            let greater = if j < i { other >= z.key() } else { other > z.key() };
            *rank += u32::from(greater);
        }
    }
}

#[inline(always)]
fn scatter<T: Real>(z: &[T], rank: &[u32], a: &mut [T]) {
    for (&z, &rank) in z.iter().zip(rank) {
        a[rank as usize] = z;
    }
}

#[inline(always)]
fn shift<T: Real>(bias: &[T], x: &mut [T], f: impl Fn(T) -> T) {
    for row in x.chunks_exact_mut(bias.len()) {
        for (x, &b) in row.iter_mut().zip(bias) {
            *x = f(*x + b);
        }
    }
}

#[inline(always)]
fn update<T: Real>(x: &[T], y: &mut [T], f: impl Fn(T, T) -> T) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = f(x, *y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    const ALL: [Activation; 11] = [
        Activation::Identity,
        Activation::Relu,
        Activation::LeakyRelu { slope: 0.2 },
        Activation::LeakyRelu { slope: -0.5 },
        Activation::Tanh,
        Activation::Softplus,
        Activation::Sigmoid,
        Activation::MaxMin,
        Activation::GroupSort { size: 3 },
        Activation::GroupSort { size: 4 },
        Activation::GroupSort { size: 8 },
    ];

    /// Numbers for rows of six, eight or twelve, every number at least 0.01 away from 0 and from
    /// the others.
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

    /// The record of z, the values and the ranks, computed as a layer does.
    fn kept(activation: Activation, z: &[f64]) -> (Vec<f64>, Vec<f64>, Vec<u32>) {
        // The zero that changes no number, zeros included.
        let bias = vec![-0.0; z.len()];
        let (mut z, mut rank) = (z.to_vec(), vec![u32::MAX; z.len()]);
        if activation.keeps_z() {
            let mut a = vec![f64::NAN; z.len()];
            activation.apply(&bias, &mut z, &mut a, &mut rank);
            (z, a, rank)
        } else {
            activation.apply_in_place(&bias, &mut z);
            (z.clone(), z, rank)
        }
    }

    fn values(activation: Activation, z: &[f64]) -> (Vec<f64>, Vec<u32>) {
        let (_, a, rank) = kept(activation, z);
        (a, rank)
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
            let (kept, a, rank) = kept(activation, &z);
            let record = ActivationRecord { z: &kept, a: &a, rank: &rank };
            let moved = |h: f64| {
                let z: Vec<f64> = z.iter().zip(&q).map(|(z, q)| z + h * q).collect();
                values(activation, &z).0
            };
            let (ahead, behind) = (moved(h), moved(-h));
            let (mut p, mut s) = (q.clone(), u.clone());
            activation.push_forward(record, &mut p);
            for ((p, ahead), behind) in p.iter().zip(&ahead).zip(&behind) {
                close(*p, (ahead - behind) / (2.0 * h), activation);
            }
            activation.pull_back(record, &mut s);
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
                let (z, a, rank) = kept(activation, &z);
                let mut p = q.clone();
                activation.push_forward(ActivationRecord { z: &z, a: &a, rank: &rank }, &mut p);
                dot(&u, &p)
            };
            let (z, a, rank) = kept(activation, &z);
            let (record, mut s) = (ActivationRecord { z: &z, a: &a, rank: &rank }, u.clone());
            activation.pull_back(record, &mut s);
            let mut c = vec![f64::NAN; z.len()];
            activation.curve(record, &s, &q, &mut c);
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
        assert!((value(Activation::Softplus, 0.0) - std::f64::consts::LN_2).abs() < 3e-16);
        assert_eq!(value(Activation::Tanh, 0.0), 0.0);
        let row = [1.0, 4.0, 3.0, 2.0];
        assert_eq!(values(Activation::MaxMin, &row).0, [4.0, 1.0, 3.0, 2.0]);
        let (sorted, rank) = values(Activation::GroupSort { size: 4 }, &row);
        assert_eq!((sorted, rank), (vec![4.0, 3.0, 2.0, 1.0], vec![3, 0, 1, 2]));
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
            let (a, rank) = values(activation, &z);
            let record = ActivationRecord { z: &z, a: &a, rank: &rank };
            let (mut p, mut s) = (q.clone(), q.clone());
            activation.push_forward(record, &mut p);
            activation.pull_back(record, &mut s);
            answers.push((a, p, s));
        }
        assert_eq!(answers[0], answers[1]);
    }

    #[test]
    fn sorts_of_any_size_are_stable_and_place_nan() {
        let (sorted, _) = values(Activation::GroupSort { size: 3 }, &[1.0, f64::NAN, 2.0]);
        assert!(sorted[0].is_nan() && sorted[1..] == [2.0, 1.0]);
        let mut stream = Seed(6).stream("ties");
        for size in 1..=24 {
            // Few different numbers of either sign.
            let z: Vec<f64> = (0..3 * size).map(|_| (2.0 * stream.normal()).round()).collect();
            let (a, rank) = values(Activation::GroupSort { size }, &z);
            for ((z, a), rank) in z.chunks(size).zip(a.chunks(size)).zip(rank.chunks(size)) {
                let mut order: Vec<usize> = (0..size).collect();
                order.sort_by(|&i, &j| z[j].total_cmp(&z[i]));
                for (place, &from) in order.iter().enumerate() {
                    assert_eq!(
                        (rank[from] as usize, a[place].to_bits()),
                        (place, z[from].to_bits())
                    );
                }
            }
        }
    }
}
