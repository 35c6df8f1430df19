//! Passes over the rows of a Gibbs plan, in parallel, with sums in a fixed order.

use std::borrow::Cow;

use ndarray::ArrayView1;
use rayon::prelude::*;

use super::cost_blocks::CostBlocks;
use super::double_word::DoubleWordPotential;
use super::row_cache::RowCache;
use super::row_scratch::RowScratch;
use super::row_store::TaskSpace;
use super::simd::{weigh, weigh_f32};
use crate::cost::Cost;
use crate::math;
use crate::math::vectors::{add_scaled, fast_dot};
use crate::potentials::smallest_difference;

/// Least number of cells of a task.
const LEAST_CELLS_PER_TASK: usize = 1 << 16;

/// Largest number of tasks: each has m column sums of its own.
const LARGEST_TASK_COUNT: usize = 32;

/// Sums of weights outside of this range may have lost digits to underflow.
const SAFE_WEIGHT_SUMS: std::ops::RangeInclusive<f64> = 1e-100..=1e100;

/// Largest sum of weights in single precision, and reciprocal of the least one: beyond it large weights
/// may leave the range.
const LARGEST_F32_WEIGHT_SUM: f64 = 1e12;

/// Error of an exponent that is negligible beside that of the exponential in single precision.
const NEGLIGIBLE_EXPONENT_ERROR: f64 = 1e-9;

/// Least sum of weights over the searched columns of a row for which the bound on the skipped ones
/// holds.
const LEAST_WEIGHT_SUM: f64 = 1e-2;

/// Masses and costs for passes over the rows. Masses are shares of the total.
pub(crate) struct GibbsTable<'a> {
    cost: &'a dyn Cost,
    total: f64,
    source: Vec<f64>,
    target: Vec<f64>,
    /// `log ν_j`; −∞ for atoms without mass.
    log_target: Vec<f64>,
    blocks: Option<CostBlocks>,
}

/// Potentials and settings of a pass over the rows.
pub(crate) struct RowPass<'a> {
    pub(crate) epsilon: f64,
    /// g, with −∞ for atoms without mass, whose potentials may be any numbers.
    g: Cow<'a, [f64]>,
    /// `log ν_j`, and the low word of g.
    log_weights: Cow<'a, [f64]>,
    /// Whether g has a low word.
    exact: bool,
    /// `g_j/ε + log ν_j` of a pass [in single precision](RowPass::in_f32).
    exponents: Vec<f64>,
    reach: Option<BlockReach>,
}

impl RowPass<'_> {
    /// This pass in single precision where rows are stored.
    pub(crate) fn in_f32(mut self) -> Self {
        let of = |(g, log_weight): (&f64, &f64)| g / self.epsilon + log_weight;
        self.exponents = self.g.iter().zip(&*self.log_weights).map(of).collect();
        self
    }

    pub(super) fn is_f32(&self) -> bool {
        !(self.exact || self.exponents.is_empty())
    }
}

/// Bounds that decide which blocks of cells are skipped.
struct BlockReach {
    /// Cells with `f_i + g_j − c_ij` below this are skipped.
    least: f64,
    /// Upper bound of the skipped share of a row whose weights sum to 1.
    dropped: f64,
    /// The highest f of each block of rows.
    f: Vec<f64>,
    /// The highest g of each block of columns.
    g: Vec<f64>,
}

/// Scale and error bounds of a row computed by [`GibbsTable::row`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScaledRow {
    /// `γ_ij / T = scale · weights_j`.
    pub(crate) scale: f64,
    /// The factor with which the weights sum to 1.
    pub(super) normalizer: f64,
    /// The sum of the row of the plan at the given f, as a multiple of `μ_i`.
    pub(crate) fill: f64,
    /// Upper bound of the skipped share of the row.
    pub(super) dropped: f64,
}

/// A row computed by [`GibbsTable::f32_row`].
pub(super) struct F32Row<'a> {
    pub(super) weights: &'a [f32],
    /// The sum of the weights.
    pub(super) sum: f64,
    /// Upper bound of the skipped share of the row.
    pub(super) dropped: f64,
}

/// The result of [`GibbsTable::sweep`].
pub(crate) struct SweepResult {
    /// The column sums of γ/T, whose row sums are μ/T by construction.
    pub(crate) columns: Vec<f64>,
    /// Upper bound of the share of mass in skipped cells.
    pub(crate) dropped: f64,
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
        Self { cost, total, source, target, log_target, blocks: None }
    }

    /// This table with bounds by which passes skip blocks of cells, for a cost in its
    /// [local orders](Cost::local_orders).
    pub(crate) fn in_blocks(self) -> Self {
        let blocks = CostBlocks::of(self.cost);
        Self { blocks, ..self }
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

    /// Working memory for consecutive rows.
    pub(crate) fn scratch(&self) -> RowScratch {
        self.scratch_with(RowCache::new(self.cost))
    }

    /// Working memory for single rows in any order.
    pub(super) fn scratch_for_looks(&self) -> RowScratch {
        self.scratch_with(RowCache::narrow(self.cost))
    }

    fn scratch_with(&self, costs: RowCache) -> RowScratch {
        let m = self.target.len();
        RowScratch { costs, weights: vec![0.0; m], runs: vec![(0, m)], aimed: None }
    }

    /// A pass at g that computes every cell.
    pub(crate) fn pass<'g>(&'g self, epsilon: f64, g: &'g DoubleWordPotential) -> RowPass<'g> {
        let exact = g.low.iter().any(|&low| low != 0.0);
        let log_weights = if exact {
            self.log_target.iter().zip(&g.low).map(|(log, low)| log + low).collect()
        } else {
            Cow::Borrowed(&self.log_target[..])
        };
        let g = if self.target.contains(&0.0) {
            let mask = |(&g, &w): (&f64, &f64)| if w > 0.0 { g } else { f64::NEG_INFINITY };
            g.high.iter().zip(&self.target).map(mask).collect()
        } else {
            Cow::Borrowed(&g.high[..])
        };
        RowPass { epsilon, g, log_weights, exact, exponents: Vec::new(), reach: None }
    }

    /// A pass at g, and at an f close to its soft c-transform, that may skip about the share
    /// `dropped` of each row, if the table is [in blocks](Self::in_blocks).
    pub(crate) fn pass_within<'g>(
        &'g self,
        epsilon: f64,
        g: &'g DoubleWordPotential,
        f: &[f64],
        dropped: f64,
    ) -> RowPass<'g> {
        let mut pass = self.pass(epsilon, g);
        pass.reach = self.blocks.as_ref().map(|blocks| {
            let highest = |x: &f64, y: &f64| x.total_cmp(y);
            let of = |values: &[f64], length: usize| -> Vec<f64> {
                let chunks = values.chunks(length);
                chunks.filter_map(|chunk| chunk.iter().copied().max_by(highest)).collect()
            };
            // Weights of skipped cells are below LEAST_WEIGHT_SUM·dropped·ν_j, where LEAST_WEIGHT_SUM is
            // the least sum of a row's weights that is accepted.
            BlockReach {
                least: epsilon * (LEAST_WEIGHT_SUM * dropped).ln(),
                dropped: LEAST_WEIGHT_SUM * dropped,
                f: of(f, blocks.height),
                g: of(&pass.g, blocks.width),
            }
        });
        pass
    }

    /// Calls `each(i, rows[i], scratch, columns)` for every row and returns the sum of the
    /// tasks' m columns.
    pub(crate) fn over_rows<R: Send>(
        &self,
        rows: &mut [R],
        each: impl Fn(usize, &mut R, &mut RowScratch, &mut [f64]) + Sync,
    ) -> Vec<f64> {
        let m = self.target.len();
        let height = self.rows_per_task();
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
        add_up(blocks)
    }

    /// Rows that share a vector of column sums: fixed by the shape alone, so that the bits do not
    /// depend on threads.
    pub(super) fn rows_per_task(&self) -> usize {
        let (n, m) = (self.source.len(), self.target.len());
        let rows = n.div_ceil(LARGEST_TASK_COUNT).max(LEAST_CELLS_PER_TASK.div_ceil(m));
        // Whole blocks of rows, or of rows whose costs are computed together.
        let together = self.blocks.as_ref().map_or(self.cost.rows_together(), |b| b.height);
        rows.next_multiple_of(together)
    }

    /// Number of cells of a pass.
    pub(crate) fn cells(&self, pass: &RowPass<'_>) -> usize {
        self.cells_of_tasks(pass).iter().sum()
    }

    /// Number of cells of each task of a pass, from the bounds of blocks.
    pub(super) fn cells_of_tasks(&self, pass: &RowPass<'_>) -> Vec<usize> {
        let (n, m, height) = (self.source.len(), self.target.len(), self.rows_per_task());
        let tasks = (0..n).step_by(height).map(|first| (first, height.min(n - first)));
        let (Some(blocks), Some(reach)) = (&self.blocks, &pass.reach) else {
            return tasks.map(|(_, rows)| rows * m).collect();
        };
        let mut runs = Vec::new();
        let mut of_block = |first: usize, rows: usize| {
            let block = first / blocks.height;
            blocks.runs(block, reach.least - reach.f[block], &reach.g, &mut runs);
            rows * runs.iter().map(|(start, end)| end - start).sum::<usize>()
        };
        let of_task = |(first, rows): (usize, usize)| {
            let end = first + rows;
            let firsts = (first..end).step_by(blocks.height);
            firsts.map(|first| of_block(first, blocks.height.min(end - first))).sum()
        };
        tasks.map(of_task).collect()
    }

    /// Computes the weights of row i, and makes f the soft c-transform of g there.
    ///
    /// The exponents are relative to the given f; if that is far off, to the hard c-transform, with
    /// which neither overflow nor an empty row is possible.
    pub(crate) fn row(
        &self,
        pass: &RowPass<'_>,
        i: usize,
        f: &mut f64,
        scratch: &mut RowScratch,
    ) -> ScaledRow {
        let given = *f;
        let (mut sum, mut dropped) = (0.0, 0.0);
        if let (Some(blocks), Some(reach)) = (&self.blocks, &pass.reach) {
            let block = i / blocks.height;
            if scratch.aimed != Some(block) {
                blocks.runs(block, reach.least - reach.f[block], &reach.g, &mut scratch.runs);
                scratch.aimed = Some(block);
            }
            sum = self.weigh(pass, i, *f, scratch);
            if SAFE_WEIGHT_SUMS.contains(&sum) && sum < LEAST_WEIGHT_SUM {
                *f -= pass.epsilon * sum.ln();
                blocks.runs(block, reach.least - *f, &reach.g, &mut scratch.runs);
                scratch.aimed = None;
                sum = self.weigh(pass, i, *f, scratch);
            }
            dropped = reach.dropped / sum;
        }
        if pass.reach.is_none() || sum < LEAST_WEIGHT_SUM || !SAFE_WEIGHT_SUMS.contains(&sum) {
            scratch.runs.clear();
            scratch.runs.push((0, self.target.len()));
            (scratch.aimed, dropped) = (None, 0.0);
            sum = self.weigh(pass, i, *f, scratch);
            if !SAFE_WEIGHT_SUMS.contains(&sum) {
                *f = smallest_difference(scratch.costs.row(self.cost, i), &pass.g);
                sum = self.weigh(pass, i, *f, scratch);
            }
        }
        *f -= pass.epsilon * sum.ln();
        let fill = ((given - *f) / pass.epsilon).exp();
        ScaledRow { scale: self.source[i] / sum, normalizer: 1.0 / sum, fill, dropped }
    }

    /// `weights_j ← exp((f + g_j − c_ij)/ε + log ν_j)` in the columns of the ranges; returns
    /// their sum. Rounding errors of `g_j − c_ij` beyond the range of exponents are left out.
    fn weigh(&self, pass: &RowPass<'_>, i: usize, f: f64, scratch: &mut RowScratch) -> f64 {
        let RowScratch { costs, weights, runs, .. } = scratch;
        let inverse_epsilon = 1.0 / pass.epsilon;
        let mut weigh_all = |exact: bool| {
            let kernel = if exact { weigh::<true> } else { weigh::<false> };
            let (mut from, mut sum) = (0, 0.0);
            for &(start, end) in &*runs {
                let length = end - start;
                let costs = costs.part(self.cost, i, (start, end), 0.0);
                let weights = &mut weights[from..from + length];
                let (g, log_weights) = (&pass.g[start..end], &pass.log_weights[start..end]);
                sum += kernel(costs, g, log_weights, f, inverse_epsilon, weights);
                from += length;
            }
            sum
        };
        match pass.exact.then(|| weigh_all(true)) {
            Some(sum) if sum > 0.0 && sum.is_finite() => sum,
            _ => weigh_all(false),
        }
    }

    /// The weights of row i relative to the given f, in single precision, in the columns of the
    /// ranges, stored in `place`. `None` where that f is too far off for the range of single
    /// precision, or there is no room.
    pub(super) fn f32_row<'p>(
        &self,
        pass: &RowPass<'_>,
        i: usize,
        f: f64,
        scratch: &mut RowScratch,
        place: &'p mut TaskSpace<'_>,
    ) -> Option<F32Row<'p>> {
        let (mut least, mut dropped) = (1.0 / LARGEST_F32_WEIGHT_SUM, 0.0);
        if let (Some(blocks), Some(reach)) = (&self.blocks, &pass.reach) {
            let block = i / blocks.height;
            if scratch.aimed != Some(block) {
                blocks.runs(block, reach.least - reach.f[block], &reach.g, &mut scratch.runs);
                scratch.aimed = Some(block);
            }
            (least, dropped) = (LEAST_WEIGHT_SUM, reach.dropped);
        }
        let mut row = place.row(scratch.length())?;
        let RowScratch { costs, runs, .. } = scratch;
        let (error, inverse_epsilon) =
            (NEGLIGIBLE_EXPONENT_ERROR * pass.epsilon, 1.0 / pass.epsilon);
        let mut sum = 0.0;
        for &(start, end) in &*runs {
            let costs = costs.part(self.cost, i, (start, end), error);
            let exponents = &pass.exponents[start..end];
            sum += weigh_f32(costs, exponents, f, inverse_epsilon, &mut row);
        }
        let usable = (least..LARGEST_F32_WEIGHT_SUM).contains(&sum);
        usable.then(|| F32Row { weights: row.keep(), sum, dropped: dropped / sum })
    }

    /// One pass: f becomes the soft c-transform of g.
    pub(crate) fn sweep(&self, pass: &RowPass<'_>, f: &mut [f64]) -> SweepResult {
        let mut rows: Vec<(f64, f64)> = f.iter().map(|&f| (f, 0.0)).collect();
        let columns = self.over_rows(&mut rows, |i, (f, dropped), scratch, columns| {
            let row = self.row(pass, i, f, scratch);
            *dropped = self.source[i] * row.dropped;
            scratch.add_to(row.scale, columns);
        });
        f.iter_mut().zip(&rows).for_each(|(f, row)| *f = row.0);
        SweepResult { columns, dropped: rows.iter().map(|row| row.1).sum() }
    }

    /// `Pᵀ diag(1/μ) P x` for P = γ/T at the potentials of the pass and its soft c-transforms f.
    pub(crate) fn product(&self, pass: &RowPass<'_>, f: &mut [f64], x: &[f64]) -> Vec<f64> {
        self.over_rows(f, |i, f, scratch, columns| {
            let row = self.row(pass, i, f, scratch);
            if self.source[i] > 0.0 {
                let mean = row.scale / self.source[i] * scratch.dot(x);
                scratch.add_to(row.scale * mean, columns);
            }
        })
    }

    /// `Σ_j c_ij·weights_j` of the row i that [`GibbsTable::row`] has just computed.
    pub(crate) fn row_cost(&self, i: usize, scratch: &mut RowScratch) -> f64 {
        let RowScratch { costs, weights, runs, .. } = scratch;
        let (mut from, mut sum) = (0, 0.0);
        for &(start, end) in &*runs {
            let part = &weights[from..from + (end - start)];
            sum += fast_dot(costs.part(self.cost, i, (start, end), 0.0), part);
            from += part.len();
        }
        sum
    }

    /// The soft c-transform `g_j = −ε log Σ_i μ_i/T·exp((f_i − c_ij)/ε)`, also where all weights
    /// of a column underflow: two passes.
    pub(crate) fn soft_to_target(&self, epsilon: f64, f: &mut [f64]) -> Vec<f64> {
        let with_mass = f.iter().zip(&self.source);
        let with_mass = with_mass.map(|(&f, &w)| if w > 0.0 { f } else { f64::NEG_INFINITY });
        let hard =
            crate::potentials::to_target(self.cost, with_mass.collect::<Vec<_>>()[..].into());
        let hard = hard.to_vec();
        let zeros = vec![0.0; hard.len()];
        let sums = self.over_rows(f, |i, f, scratch, columns| {
            let row = scratch.costs.row(self.cost, i);
            weigh::<false>(row, &hard, &zeros, *f, 1.0 / epsilon, &mut scratch.weights);
            if self.source[i] > 0.0 {
                scratch.add_to(self.source[i], columns);
            }
        });
        hard.iter().zip(sums).map(|(g, sum)| g - epsilon * sum.ln()).collect()
    }
}

/// The sum of vectors of equal length, in their order.
pub(super) fn add_up(mut vectors: Vec<Vec<f64>>) -> Vec<f64> {
    /// Columns that one thread adds up.
    const COLUMNS_PER_THREAD: usize = 1024;
    let (first, others) = vectors.split_first_mut().expect("a measure has a point");
    let add = |(part, sum): (usize, &mut [f64])| {
        let start = part * COLUMNS_PER_THREAD;
        for x in &*others {
            add_scaled(&x[start..start + sum.len()], 1.0, sum);
        }
    };
    if first.len() <= COLUMNS_PER_THREAD {
        add((0, first));
    } else {
        first.par_chunks_mut(COLUMNS_PER_THREAD).enumerate().for_each(add);
    }
    vectors.swap_remove(0)
}
