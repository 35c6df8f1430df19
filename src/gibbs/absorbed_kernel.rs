//! The absorbed (stabilized) kernel: a plan stored in single precision, reused while its potentials
//! move little.
//!
//! At fixed (f⁰, g⁰) the rows `Q_ij = γ⁰_ij/μ_i` are stored. For `g = g⁰ + ε log v` the plan is
//! `γ_ij = μ_i/s_i·Q_ij·v_j` with `s = Q v`, and a pass over the rows is two products with Q instead
//! of n·m exponentials: Sinkhorn's scaling with the potentials absorbed into the kernel
//! (Chizat, Peyré, Schmitzer, Vialard 2018, "Scaling algorithms for unbalanced optimal transport
//! problems", Math. Comp. 87, §3.3).

use rayon::prelude::*;

use super::row_scratch::RowScratch;
use super::row_store::{RowStore, TaskSpace};
use super::row_sweep::{F32Row, GibbsTable, RowPass, SweepResult, add_up};
use super::simd::{add_f32, add_two_f32, dot_f32, ratios, round_to_f32, scale_to_f32};

/// Largest number of cells stored, 4 bytes each.
const LARGEST_STORED_CELLS: usize = 24 << 20;

/// The largest change of g, in units of ε, before the kernel is computed anew.
const LARGEST_MOVE_EPSILONS: f64 = 2.0;

/// Relative error of a cell of γ by the rounding of Q, before and after rows are rescaled.
pub(crate) const ROUNDING: f64 = 2.0 * f32::EPSILON as f64;

/// Rows of a plan at fixed potentials.
#[derive(Default)]
pub(crate) struct AbsorbedKernel {
    epsilon: f64,
    /// The f at which the stored rows were computed.
    f: Vec<f64>,
    g: Vec<f64>,
    /// The sums of the stored rows.
    sums: Vec<f64>,
    /// Upper bound of the share of mass in skipped cells.
    dropped: f64,
    tasks: Vec<TaskRows>,
    cells: RowStore,
}

/// Rows of Q.
#[derive(Default)]
struct TaskRows {
    first: usize,
    /// The number of column ranges of each row.
    counts: Vec<usize>,
    runs: Vec<(usize, usize)>,
    /// The cells of the last rows, where the store has no more room.
    more: Vec<f32>,
}

impl AbsorbedKernel {
    /// Whether the cells of a pass are few enough to be stored.
    pub(crate) fn fits(table: &GibbsTable<'_>, pass: &RowPass<'_>) -> bool {
        table.cells(pass) <= LARGEST_STORED_CELLS
    }

    /// One pass, as [`GibbsTable::sweep`], that stores the rows it computes and discards earlier
    /// ones. A pass [in single precision](RowPass::in_f32) computes no more digits than are stored.
    pub(crate) fn sweep_and_keep(
        &mut self,
        table: &GibbsTable<'_>,
        pass: &RowPass<'_>,
        g: &[f64],
        f: &mut [f64],
    ) -> SweepResult {
        let (m, height) = (g.len(), table.rows_per_task());
        let rooms = table.cells_of_tasks(pass);
        self.tasks.resize_with(rooms.len(), TaskRows::default);
        self.tasks.iter_mut().for_each(TaskRows::clear);
        let places = self.cells.clear(&rooms);
        (self.f, self.g) = (f.to_vec(), g.to_vec());
        self.sums = vec![1.0; f.len()];
        let swept: Vec<(Vec<f64>, f64)> = f
            .par_chunks_mut(height)
            .zip(self.f.par_chunks_mut(height))
            .zip(self.sums.par_chunks_mut(height))
            .zip(&mut self.tasks)
            .zip(places)
            .enumerate()
            .map_init(
                || table.scratch(),
                |scratch, (task, ((((f, kept), sums), rows), mut place))| {
                    rows.first = task * height;
                    let (mut columns, mut dropped) = (vec![0.0; m], 0.0);
                    let of_task = f.iter_mut().zip(kept).zip(sums);
                    for (i, ((f, kept), sum)) in (task * height..).zip(of_task) {
                        let mass = table.source()[i];
                        if let Some(row) = rows.push_short(table, pass, i, *f, scratch, &mut place)
                        {
                            for (j, part) in parts(&scratch.runs, row.weights) {
                                add_f32(part, mass / row.sum, &mut columns[j]);
                            }
                            *f -= pass.epsilon * row.sum.ln();
                            *sum = row.sum;
                            dropped += mass * row.dropped;
                        } else {
                            let row = table.row(pass, i, f, scratch);
                            *kept = *f;
                            dropped += mass * row.dropped;
                            scratch.add_to(row.scale, &mut columns);
                            rows.push(scratch, row.normalizer, &mut place);
                        }
                    }
                    (columns, dropped)
                },
            )
            .collect();
        let (columns, dropped): (Vec<_>, Vec<f64>) = swept.into_iter().unzip();
        self.epsilon = pass.epsilon;
        self.dropped = dropped.into_iter().sum();
        let rounding = if pass.is_f32() { ROUNDING } else { 0.0 };
        SweepResult { columns: add_up(columns), dropped: self.dropped + rounding }
    }

    /// Whether g is close enough to that of the stored kernel, at the same ε.
    pub(crate) fn serves(&self, epsilon: f64, g: &[f64]) -> bool {
        let near = |(g, kept): (&f64, &f64)| (g - kept).abs() <= LARGEST_MOVE_EPSILONS * epsilon;
        self.epsilon == epsilon && self.g.len() == g.len() && g.iter().zip(&self.g).all(near)
    }

    /// One pass, as [`GibbsTable::sweep`], over the stored cells.
    pub(crate) fn sweep(&self, source: &[f64], g: &[f64], f: &mut [f64]) -> SweepResult {
        let v = self.ratios(&self.g, g);
        let (mut columns, sums) = self.through(&v, |i, sum| source[i] / sum);
        columns.iter_mut().zip(&v).for_each(|(column, v)| *column *= v);
        for ((f, kept), sum) in f.iter_mut().zip(&self.f).zip(&sums) {
            *f = kept - self.epsilon * sum.ln();
        }
        let most = v.into_iter().fold(0.0, f64::max);
        let shares = sums.iter().zip(&self.sums).map(|(sum, kept)| sum / kept);
        let least = shares.fold(f64::INFINITY, f64::min);
        SweepResult { columns, dropped: (most / least).mul_add(self.dropped, ROUNDING) }
    }

    /// `Pᵀ diag(1/μ) P x` for the plan at g and its soft c-transform f.
    pub(crate) fn product(&self, at: &KernelScaling, x: &[f64]) -> Vec<f64> {
        let vx: Vec<f64> = at.columns.iter().zip(x).map(|(v, x)| v * x).collect();
        let (mut columns, _) = self.through(&vx, |i, sum| at.rows[i] * sum);
        columns.iter_mut().zip(&at.columns).for_each(|(column, v)| *column *= v);
        columns
    }

    /// The scaling of rows and columns that [`AbsorbedKernel::product`] needs at f and g.
    pub(crate) fn scales(&self, source: &[f64], g: &[f64], f: &[f64]) -> KernelScaling {
        let rows = self.ratios(&self.f, f).into_iter().zip(source);
        let rows = rows.map(|(u, mass)| mass * u * u).collect();
        KernelScaling { columns: self.ratios(&self.g, g), rows }
    }

    fn ratios(&self, kept: &[f64], now: &[f64]) -> Vec<f64> {
        ratios(kept, now, self.epsilon)
    }

    /// `Qᵀ y` with `y_i = weight(i, (Q x)_i)`, and Q x.
    fn through(
        &self,
        x: &[f64],
        weight: impl Fn(usize, f64) -> f64 + Sync,
    ) -> (Vec<f64>, Vec<f64>) {
        let through = |(task, rows): (usize, &TaskRows)| {
            let (mut columns, mut sums) =
                (vec![0.0; x.len()], Vec::with_capacity(rows.counts.len()));
            rows.through(self.cells.part(task), x, &weight, &mut columns, &mut sums);
            (columns, sums)
        };
        let (columns, sums): (Vec<_>, Vec<_>) =
            self.tasks.par_iter().enumerate().map(through).collect::<Vec<_>>().into_iter().unzip();
        (add_up(columns), sums.concat())
    }
}

/// The scaling from the stored potentials to others: `γ_ij/T = √(rows_i·μ_i)·Q_ij·columns_j`.
pub(crate) struct KernelScaling {
    rows: Vec<f64>,
    columns: Vec<f64>,
}

impl TaskRows {
    fn clear(&mut self) {
        self.counts.clear();
        self.runs.clear();
        self.more.clear();
    }

    /// Appends a row, in `place` if it has room.
    fn push(&mut self, row: &RowScratch, normalizer: f64, place: &mut TaskSpace<'_>) {
        self.counts.push(row.runs.len());
        self.runs.extend(&row.runs);
        let weights = &row.weights[..row.length()];
        let next = if self.more.is_empty() { place.row(weights.len()) } else { None };
        if let Some(mut next) = next {
            scale_to_f32(weights, normalizer, &mut next);
            next.keep();
        } else {
            self.more.extend(weights.iter().map(|&weight| round_to_f32(weight, normalizer)));
        }
    }

    /// Computes and appends a row in place; `None` if there is no room, or if [`GibbsTable::f32_row`]
    /// fails.
    fn push_short<'p>(
        &mut self,
        table: &GibbsTable<'_>,
        pass: &RowPass<'_>,
        i: usize,
        f: f64,
        scratch: &mut RowScratch,
        place: &'p mut TaskSpace<'_>,
    ) -> Option<F32Row<'p>> {
        if !(pass.is_f32() && self.more.is_empty()) {
            return None;
        }
        let row = table.f32_row(pass, i, f, scratch, place)?;
        self.counts.push(scratch.runs.len());
        self.runs.extend(&scratch.runs);
        Some(row)
    }

    fn through<'a>(
        &'a self,
        mut cells: &'a [f32],
        x: &[f64],
        weight: &impl Fn(usize, f64) -> f64,
        columns: &mut [f64],
        sums: &mut Vec<f64>,
    ) {
        let (mut runs, mut counts) = (&self.runs[..], &self.counts[..]);
        while let Some(&count) = counts.first() {
            if cells.is_empty() {
                cells = &self.more;
            }
            let of_row = &runs[..count];
            let length: usize = of_row.iter().map(|(start, end)| end - start).sum();
            let mut next = |cells: &[f32]| {
                let sum = parts(of_row, cells).map(|(j, part)| dot_f32(part, &x[j])).sum();
                sums.push(sum);
                weight(self.first + sums.len() - 1, sum)
            };
            // Two rows with the same column ranges are processed together, to read the columns once.
            let twice = counts.get(1) == Some(&count)
                && runs[count..2 * count] == *of_row
                && cells.len() >= 2 * length;
            let one = next(cells);
            let done = if twice {
                let other = next(&cells[length..]);
                let both = parts(of_row, cells).zip(parts(of_row, &cells[length..]));
                for ((j, one_part), (_, other_part)) in both {
                    add_two_f32([one_part, other_part], [one, other], &mut columns[j]);
                }
                2
            } else {
                for (j, part) in parts(of_row, cells) {
                    add_f32(part, one, &mut columns[j]);
                }
                1
            };
            (cells, counts) = (&cells[done * length..], &counts[done..]);
            runs = &runs[done * count..];
        }
    }
}

/// The column ranges of a row, each with its cells, which are the first of those given.
fn parts<'a>(
    runs: &'a [(usize, usize)],
    mut cells: &'a [f32],
) -> impl Iterator<Item = (std::ops::Range<usize>, &'a [f32])> {
    runs.iter().map(move |&(start, end)| {
        let (part, rest) = cells.split_at(end - start);
        cells = rest;
        (start..end, part)
    })
}
