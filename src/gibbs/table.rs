//! Rows of a Gibbs plan, one at a time, in parallel, in a fixed order.

use std::borrow::Cow;

use multiversion::multiversion;
use ndarray::ArrayView1;
use rayon::prelude::*;

use crate::cost::Cost;
use crate::math::{self, exp::exp};
use crate::potentials::smallest_difference;

/// Cells below which a block of rows is not worth a task of its own.
const BLOCK_CELLS: usize = 1 << 16;

/// Blocks at most: each adds up m columns of its own.
const BLOCKS: usize = 32;

/// A sum of weights outside of this range has lost, or may have lost, digits to underflow.
const SAFE: std::ops::RangeInclusive<f64> = 1e-100..=1e100;

/// Masses and costs, ready for passes over the rows. Masses are shares of the total.
pub(crate) struct GibbsTable<'a> {
    cost: &'a dyn Cost,
    total: f64,
    source: Vec<f64>,
    target: Vec<f64>,
    /// `log ν_j`; −∞ for atoms without mass.
    log_target: Vec<f64>,
}

/// Vectors of length m that a block of rows works in.
pub(crate) struct Scratch {
    row: Vec<f64>,
    /// What [`GibbsTable::row`] leaves: the row of γ up to a factor.
    pub(crate) weights: Vec<f64>,
}

/// What [`GibbsTable::row`] says of a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    /// `γ_ij / T = scale · weights_j`.
    pub(crate) scale: f64,
    /// What the row of the plan would sum to, as a multiple of `μ_i`, with f as it was given.
    pub(crate) fill: f64,
}

impl<'a> GibbsTable<'a> {
    /// A table of n×m cells; the masses have equal totals up to rounding.
    pub(crate) fn new(
        cost: &'a dyn Cost,
        source: ArrayView1<'_, f64>,
        target: ArrayView1<'_, f64>,
    ) -> Self {
        assert_eq!((cost.n(), cost.m()), (source.len(), target.len()), "masses fit the cost");
        let shares = |mass: ArrayView1<'_, f64>| -> Vec<f64> {
            let total = math::sum(mass);
            mass.iter().map(|w| w / total).collect()
        };
        let total = math::sum(source);
        let (source, target) = (shares(source), shares(target));
        let log_target = target.iter().map(|w| w.ln()).collect();
        Self { cost, total, source, target, log_target }
    }

    pub(crate) fn cost(&self) -> &'a dyn Cost {
        self.cost
    }

    /// The total mass T.
    pub(crate) fn total(&self) -> f64 {
        self.total
    }

    /// `μ / T`.
    pub(crate) fn source(&self) -> &[f64] {
        &self.source
    }

    /// `ν / T`.
    pub(crate) fn target(&self) -> &[f64] {
        &self.target
    }

    /// Room for a row.
    pub(crate) fn scratch(&self) -> Scratch {
        let m = self.target.len();
        Scratch { row: vec![0.0; m], weights: vec![0.0; m] }
    }

    /// Calls `each(i, rows[i], scratch, columns)` for every row and returns the sum of what the
    /// blocks put into their m columns.
    pub(crate) fn over_rows<R: Send>(
        &self,
        rows: &mut [R],
        each: impl Fn(usize, &mut R, &mut Scratch, &mut [f64]) + Sync,
    ) -> Vec<f64> {
        let (n, m) = (self.source.len(), self.target.len());
        let height = n.div_ceil(BLOCKS).max(BLOCK_CELLS.div_ceil(m));
        let blocks: Vec<Vec<f64>> = rows
            .par_chunks_mut(height)
            .enumerate()
            .map_init(
                || self.scratch(),
                |scratch, (block, rows)| {
                    let mut columns = vec![0.0; m];
                    for (k, row) in rows.iter_mut().enumerate() {
                        each(block * height + k, row, scratch, &mut columns);
                    }
                    columns
                },
            )
            .collect();
        let sum = |mut sum: Vec<f64>, block: Vec<f64>| {
            sum.iter_mut().zip(block).for_each(|(sum, x)| *sum += x);
            sum
        };
        blocks.into_iter().reduce(sum).expect("a measure has a point")
    }

    /// g with −∞ for the atoms without mass, which no row must see: their potential may be
    /// anything.
    pub(crate) fn masked<'g>(&self, g: &'g [f64]) -> Cow<'g, [f64]> {
        if !self.target.contains(&0.0) {
            return Cow::Borrowed(g);
        }
        let mask = |(&g, &w): (&f64, &f64)| if w > 0.0 { g } else { f64::NEG_INFINITY };
        g.iter().zip(&self.target).map(mask).collect()
    }

    /// The weights of row i under a [masked](Self::masked) g, and f made the soft c-transform of g there.
    ///
    /// The exponents are taken relative to the f given; if that turns out to be far off, relative
    /// to the hard c-transform, which can neither overflow nor leave nothing.
    pub(crate) fn row(
        &self,
        epsilon: f64,
        i: usize,
        g: &[f64],
        f: &mut f64,
        scratch: &mut Scratch,
    ) -> Row {
        let Scratch { row, weights } = scratch;
        let row = self.cost.row(i, row);
        let given = *f;
        let mut sum = fill(row, g, &self.log_target, *f, 1.0 / epsilon, weights);
        if !SAFE.contains(&sum) {
            *f = smallest_difference(row, g);
            sum = fill(row, g, &self.log_target, *f, 1.0 / epsilon, weights);
        }
        *f -= epsilon * sum.ln();
        Row { scale: self.source[i] / sum, fill: ((given - *f) / epsilon).exp() }
    }

    /// One pass: f becomes the soft c-transform of g, and the column sums of γ/T are returned.
    /// Its row sums are μ/T by construction.
    pub(crate) fn sweep(&self, epsilon: f64, g: &[f64], f: &mut [f64]) -> Vec<f64> {
        let g = &self.masked(g);
        self.over_rows(f, |i, f, scratch, columns| {
            let row = self.row(epsilon, i, g, f, scratch);
            add_scaled(&scratch.weights, row.scale, columns);
        })
    }

    /// `Pᵀ diag(1/μ) P x` for P = γ/T at soft c-transforms f of a masked g.
    pub(crate) fn product(&self, epsilon: f64, g: &[f64], f: &mut [f64], x: &[f64]) -> Vec<f64> {
        self.over_rows(f, |i, f, scratch, columns| {
            let mut hint = *f;
            let row = self.row(epsilon, i, g, &mut hint, scratch);
            if self.source[i] > 0.0 {
                let mean = row.scale / self.source[i] * dot(&scratch.weights, x);
                add_scaled(&scratch.weights, row.scale * mean, columns);
            }
        })
    }

    /// The row of costs that [`GibbsTable::row`] has just used.
    pub(crate) fn costs<'s>(
        &'s self,
        i: usize,
        scratch: &'s mut Scratch,
    ) -> (&'s [f64], &'s [f64]) {
        (self.cost.row(i, &mut scratch.row), &scratch.weights)
    }

    /// The soft c-transform `g_j = −ε log Σ_i μ_i/T·exp((f_i − c_ij)/ε)`, also where no row
    /// reaches: two passes.
    pub(crate) fn soft_to_target(&self, epsilon: f64, f: &mut [f64]) -> Vec<f64> {
        let with_mass = f.iter().zip(&self.source);
        let with_mass = with_mass.map(|(&f, &w)| if w > 0.0 { f } else { f64::NEG_INFINITY });
        let hard =
            crate::potentials::to_target(self.cost, with_mass.collect::<Vec<_>>()[..].into());
        let hard = hard.to_vec();
        let zeros = vec![0.0; hard.len()];
        let sums = self.over_rows(f, |i, f, scratch, columns| {
            let row = self.cost.row(i, &mut scratch.row);
            fill(row, &hard, &zeros, *f, 1.0 / epsilon, &mut scratch.weights);
            if self.source[i] > 0.0 {
                add_scaled(&scratch.weights, self.source[i], columns);
            }
        });
        hard.iter().zip(sums).map(|(g, sum)| g - epsilon * sum.ln()).collect()
    }
}

/// `weights_j ← exp((g_j − row_j + f)/ε + log ν_j)`; returns their sum.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2+fma"))]
fn fill(
    row: &[f64],
    g: &[f64],
    log_target: &[f64],
    f: f64,
    inverse_epsilon: f64,
    weights: &mut [f64],
) -> f64 {
    const LANES: usize = 16;
    let mut sums = [0.0; LANES];
    let (weights, weights_rest) = weights.as_chunks_mut::<LANES>();
    let (rows, rows_rest) = row.as_chunks::<LANES>();
    let (gs, gs_rest) = g.as_chunks::<LANES>();
    let (logs, logs_rest) = log_target.as_chunks::<LANES>();
    for (((weight, row), g), log) in weights.iter_mut().zip(rows).zip(gs).zip(logs) {
        for k in 0..LANES {
            let y = exp(((g[k] - row[k]) + f).mul_add(inverse_epsilon, log[k]));
            weight[k] = y;
            sums[k] += y;
        }
    }
    for (((weight, row), g), log) in
        weights_rest.iter_mut().zip(rows_rest).zip(gs_rest).zip(logs_rest)
    {
        *weight = exp(((g - row) + f).mul_add(inverse_epsilon, *log));
        sums[0] += *weight;
    }
    sums.iter().sum()
}

/// `columns ← columns + scale·weights`.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2+fma"))]
pub(crate) fn add_scaled(weights: &[f64], scale: f64, columns: &mut [f64]) {
    for (column, weight) in columns.iter_mut().zip(weights) {
        *column = weight.mul_add(scale, *column);
    }
}

/// `Σ_j x_j y_j`, in lanes.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2+fma"))]
pub(crate) fn dot(x: &[f64], y: &[f64]) -> f64 {
    const LANES: usize = 16;
    let mut sums = [0.0; LANES];
    let (xs, x_rest) = x.as_chunks::<LANES>();
    let (ys, y_rest) = y.as_chunks::<LANES>();
    for (x, y) in xs.iter().zip(ys) {
        for k in 0..LANES {
            sums[k] = x[k].mul_add(y[k], sums[k]);
        }
    }
    for (x, y) in x_rest.iter().zip(y_rest) {
        sums[0] = x.mul_add(*y, sums[0]);
    }
    sums.iter().sum()
}
