//! The soft lattice and its gradients, in `f32`, a block of points at a time.
//!
//! ```text
//! e_j = b_j + σ_j‖x − c_j‖,   m_g = −T log Σ_{j ∈ g} exp(−e_j/T),   f_T(x) = T log Σ_g exp(m_g/T)
//! p_j = ∂f_T/∂e_j = exp((m_g − f_T)/T)·exp((m_g − e_j)/T),   Σ_j p_j = 1
//! ∂f_T/∂b_j = p_j,   ∂f_T/∂c_j = p_j σ_j (c_j − x)/‖x − c_j‖
//! ```
//!
//! Distances of many coordinates are `‖x‖² + ‖c‖² − 2⟨x, c⟩` by a matrix product, in training alone:
//! the rounding error near a center is as large as the last temperature. The gradient by the
//! centers is a product again.

use macro_rules_attribute::apply;
use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, s};

use super::exp::exp;
use crate::math::simd_targets;

/// Squared distances below this share of `‖x‖² + ‖c‖²` are rounding error.
const RELATIVE_ROUNDING: f32 = 1e-6;

/// The pieces of a lattice in training; piece j is of group `j mod groups`.
pub(super) struct Pieces {
    pub(super) dim: usize,
    pub(super) groups: usize,
    /// σ: 1 or −1.
    pub(super) signs: Vec<f32>,
    /// The centers c one after another, then the heights b.
    pub(super) parameters: Vec<f32>,
    /// `‖c_j‖²`.
    squares: Vec<f32>,
}

impl Pieces {
    pub(super) fn new(dim: usize, groups: usize, signs: Vec<f32>, parameters: Vec<f32>) -> Self {
        assert_eq!(parameters.len(), signs.len() * (dim + 1), "a center and a height a piece");
        let squares = vec![0.0; signs.len()];
        let mut pieces = Self { dim, groups, signs, parameters, squares };
        pieces.refresh();
        pieces
    }

    pub(super) fn count(&self) -> usize {
        self.signs.len()
    }

    pub(super) fn centers(&self) -> ArrayView2<'_, f32> {
        let (centers, _) = self.parameters.split_at(self.count() * self.dim);
        ArrayView2::from_shape((self.count(), self.dim), centers).expect("all centers")
    }

    pub(super) fn heights(&self) -> &[f32] {
        &self.parameters[self.count() * self.dim..]
    }

    /// Recomputes what depends on the parameters: to be called after each change.
    pub(super) fn refresh(&mut self) {
        let centers = self.parameters.chunks_exact(self.dim);
        for (square, center) in self.squares.iter_mut().zip(centers) {
            *square = center.iter().map(|c| c * c).sum();
        }
    }
}

/// Buffers for a block of points, and the sums over it.
pub(super) struct SoftBlock {
    /// First products, then distances, then `q_ij σ_j/‖x_i − c_j‖`.
    cells: Array2<f32>,
    /// First e, then p, of one point.
    levels: Vec<f32>,
    /// The minima m, then their shares, of one point.
    minima: Vec<f32>,
    /// `Σ_i w_i f_T(x_i)`.
    pub(super) value: f64,
    /// The gradient of the value by the parameters.
    pub(super) gradient: Vec<f32>,
    /// `Σ_i q_ij σ_j/‖x_i − c_j‖`.
    pulls: Vec<f32>,
}

impl SoftBlock {
    pub(super) fn new(rows: usize, pieces: &Pieces) -> Self {
        let count = pieces.count();
        Self {
            cells: Array2::zeros((rows, count)),
            levels: vec![0.0; count],
            minima: vec![0.0; pieces.groups],
            value: 0.0,
            gradient: vec![0.0; pieces.parameters.len()],
            pulls: vec![0.0; count],
        }
    }

    /// Value and gradient of `Σ_i w_i f_T(x_i)`, for at most as many points as there is room.
    pub(super) fn run(&mut self, pieces: &Pieces, x: ArrayView2<'_, f32>, w: &[f32], t: f32) {
        let (count, dim) = (pieces.count(), pieces.dim);
        let mut cells = self.cells.slice_mut(s![..x.nrows(), ..]);
        general_mat_mul(1.0, &x, &pieces.centers().t(), 0.0, &mut cells);
        self.value = 0.0;
        self.gradient.fill(0.0);
        self.pulls.fill(0.0);
        let (by_centers, by_heights) = self.gradient.split_at_mut(count * dim);
        for ((mut row, x), &w) in cells.outer_iter_mut().zip(x.outer_iter()).zip(w) {
            let row = row.as_slice_mut().expect("standard layout");
            distances(row, &pieces.squares, x.dot(&x));
            levels(row, &pieces.signs, pieces.heights(), &mut self.levels);
            let value = shares(&mut self.levels, &mut self.minima, t);
            self.value += f64::from(w) * f64::from(value);
            pull(row, &self.levels, &pieces.signs, w, by_heights, &mut self.pulls);
        }
        let shape = (count, dim);
        let mut into = ndarray::ArrayViewMut2::from_shape(shape, by_centers).expect("all centers");
        general_mat_mul(-1.0, &cells.t(), &x, 0.0, &mut into);
        for ((mut out, c), &pull) in
            into.outer_iter_mut().zip(pieces.centers().outer_iter()).zip(&self.pulls)
        {
            out.scaled_add(pull, &c);
        }
    }
}

/// `row_j ← √(‖x‖² + ‖c_j‖² − 2 row_j)`.
#[apply(simd_targets)]
fn distances(row: &mut [f32], squares: &[f32], square: f32) {
    for (cell, c) in row.iter_mut().zip(squares) {
        let both = square + c;
        let apart = (-2.0_f32).mul_add(*cell, both);
        // Positive even where both points are the origin.
        let least = RELATIVE_ROUNDING.mul_add(both, f32::MIN_POSITIVE);
        *cell = if apart > least { apart } else { least }.sqrt();
    }
}

/// `e_j ← b_j + σ_j row_j`.
#[apply(simd_targets)]
fn levels(row: &[f32], signs: &[f32], heights: &[f32], e: &mut [f32]) {
    for ((e, d), (sign, b)) in e.iter_mut().zip(row).zip(signs.iter().zip(heights)) {
        *e = sign.mul_add(*d, *b);
    }
}

/// Replaces the levels e by their shares p and returns `f_T`.
#[apply(simd_targets)]
fn shares(levels: &mut [f32], minima: &mut [f32], t: f32) -> f32 {
    let groups = minima.len();
    if levels.len() == groups {
        // One piece a group: it is its own minimum.
        return soft_maximum(levels, t);
    }
    minima.fill(f32::INFINITY);
    for piece in levels.chunks_exact(groups) {
        for (m, e) in minima.iter_mut().zip(piece) {
            *m = if *e < *m { *e } else { *m };
        }
    }
    let mut sums = vec![0.0; groups];
    for piece in levels.chunks_exact_mut(groups) {
        for ((e, m), sum) in piece.iter_mut().zip(&*minima).zip(&mut sums) {
            *e = exp((m - *e) / t);
            *sum += *e;
        }
    }
    for (m, sum) in minima.iter_mut().zip(&sums) {
        *m -= t * sum.ln();
    }
    let value = soft_maximum(minima, t);
    for (share, sum) in minima.iter_mut().zip(&sums) {
        *share /= sum;
    }
    for piece in levels.chunks_exact_mut(groups) {
        for (p, share) in piece.iter_mut().zip(&*minima) {
            *p *= share;
        }
    }
    value
}

/// `T log Σ_j exp(e_j/T)`; levels become their shares of the sum.
#[inline(always)]
fn soft_maximum(e: &mut [f32], t: f32) -> f32 {
    const LANES: usize = 16;
    let most = largest(e);
    let inverse = 1.0 / t;
    let mut sums = [0.0_f32; LANES];
    let (chunks, rest) = e.as_chunks_mut::<LANES>();
    for chunk in chunks {
        for k in 0..LANES {
            chunk[k] = exp((chunk[k] - most) * inverse);
            sums[k] += chunk[k];
        }
    }
    for (e, sum) in rest.iter_mut().zip(&mut sums) {
        *e = exp((*e - most) * inverse);
        *sum += *e;
    }
    let sum: f32 = sums.iter().sum();
    let share = 1.0 / sum;
    for e in e.iter_mut() {
        *e *= share;
    }
    t.mul_add(sum.ln(), most)
}

#[inline(always)]
fn largest(e: &[f32]) -> f32 {
    const LANES: usize = 16;
    let mut most = [f32::NEG_INFINITY; LANES];
    let (chunks, rest) = e.as_chunks::<LANES>();
    for chunk in chunks {
        for k in 0..LANES {
            most[k] = if chunk[k] > most[k] { chunk[k] } else { most[k] };
        }
    }
    most.iter().chain(rest).fold(f32::NEG_INFINITY, |most, e| if *e > most { *e } else { most })
}

/// Adds `q = w p` to the gradient by heights; distances become `q σ/distance`, and are added up.
#[apply(simd_targets)]
fn pull(row: &mut [f32], p: &[f32], signs: &[f32], w: f32, heights: &mut [f32], pulls: &mut [f32]) {
    let pieces = p.iter().zip(signs).zip(heights.iter_mut().zip(pulls));
    for (cell, ((p, sign), (height, pull))) in row.iter_mut().zip(pieces) {
        let q = w * p;
        *height += q;
        *cell = q * sign / *cell;
        *pull += *cell;
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::nn::Real;
    use crate::seed::{Seed, Stream};

    /// `f_T(x)` by the formula, in `f64`, distances by differences.
    fn soft_lattice(groups: usize, signs: &[f32], parameters: &[f64], x: &[f64], t: f64) -> f64 {
        let (centers, heights) = parameters.split_at(signs.len() * x.len());
        let level = |j: usize| {
            let center = &centers[j * x.len()..(j + 1) * x.len()];
            let square: f64 = x.iter().zip(center).map(|(x, c)| (x - c).powi(2)).sum();
            heights[j] + f64::from(signs[j]) * square.sqrt()
        };
        let minimum = |g: usize| {
            let group = (g..signs.len()).step_by(groups);
            -t * group.map(|j| (-level(j) / t).exp()).sum::<f64>().ln()
        };
        t * (0..groups).map(|g| (minimum(g) / t).exp()).sum::<f64>().ln()
    }

    fn normal(n: usize, stream: &mut Stream) -> Vec<f32> {
        (0..n).map(|_| f32::of(stream.normal())).collect()
    }

    #[test]
    fn values_and_gradients_are_those_of_the_formula() {
        let stream = &mut Seed(4).stream("soft");
        // Shapes with and without full SIMD lanes, and one piece a group.
        for (dim, groups, size, t) in
            [(1, 1, 1, 0.5), (3, 21, 1, 0.3), (5, 4, 3, 0.2), (40, 16, 4, 0.7)]
        {
            let count = groups * size;
            let signs: Vec<f32> = (0..count).map(|j| [-1.0, 1.0][j / groups % 2]).collect();
            let pieces = Pieces::new(dim, groups, signs.clone(), normal(count * (dim + 1), stream));
            let x = Array2::from_shape_vec((7, dim), normal(7 * dim, stream)).unwrap();
            let w = normal(7, stream);
            let mut block = SoftBlock::new(9, &pieces);
            block.run(&pieces, x.view(), &w, f32::of(t));

            let wide: Vec<f64> = pieces.parameters.iter().map(|&p| f64::from(p)).collect();
            let total = |parameters: &[f64]| -> f64 {
                let terms = x.outer_iter().zip(&w).map(|(x, &w)| {
                    let x = x.mapv(f64::from).to_vec();
                    f64::from(w) * soft_lattice(groups, &signs, parameters, &x, t)
                });
                terms.sum()
            };
            let value = total(&wide);
            assert!((block.value - value).abs() < 1e-5, "{} for {value}", block.value);
            for (k, &slope) in block.gradient.iter().enumerate() {
                let h = 1e-5;
                let moved = |h: f64| {
                    let mut parameters = wide.clone();
                    parameters[k] += h;
                    total(&parameters)
                };
                let expected = (moved(h) - moved(-h)) / (2.0 * h);
                // Single precision of sums of seven terms of size 1, at shares that are as
                // steep as 1/T.
                let error = (f64::from(slope) - expected).abs();
                assert!(error < 2e-5, "{dim}, {groups}·{size}, {k}: {slope} for {expected}");
            }
        }
    }

    #[test]
    fn cold_shares_are_those_of_the_hard_lattice() {
        // Two groups of two: minima 1 and 2, the greater of which is piece 3.
        let pieces = Pieces::new(1, 2, vec![1.0; 4], vec![0.0, 0.0, 0.0, 0.0, 1.0, 5.0, 4.0, 2.0]);
        let mut block = SoftBlock::new(1, &pieces);
        block.run(&pieces, Array2::zeros((1, 1)).view(), &[2.0], 1e-3);
        assert!((block.value - 4.0).abs() < 1e-5, "{}", block.value);
        assert_eq!(block.gradient[4..], [0.0, 0.0, 0.0, 2.0]);
        assert!(block.gradient.iter().all(|g| g.is_finite()), "x stands on every center");
    }
}
