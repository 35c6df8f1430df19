//! A plan kept in single precision while its potentials move a little.
//!
//! At fixed (f⁰, g⁰) the rows `Q_ij = γ⁰_ij/μ_i` are stored. For `g = g⁰ + ε log v` the plan is
//! `γ_ij = μ_i/s_i·Q_ij·v_j` with `s = Q v`, and a pass over the rows is two products with Q instead
//! of n·m exponentials: Sinkhorn's scaling with the potentials absorbed into the kernel
//! (Chizat, Peyré, Schmitzer, Vialard 2018, "Scaling algorithms for unbalanced optimal transport
//! problems", Math. Comp. 87, §3.3).

use rayon::prelude::*;

use super::lanes::{add_short, dot_short, shorten};
use super::table::{GibbsTable, Pass, Scratch, Sweep, add_up};
use crate::math::exp::exp;

/// Cells stored at most, 4 bytes each.
const STORED: usize = 24 << 20;

/// The furthest that g may move, in units of ε, before it is absorbed anew.
const FURTHEST: f64 = 2.0;

/// Relative change of a cell of γ by the rounding of Q, before and after rows are made right.
pub(crate) const ROUNDING: f64 = 2.0 * f32::EPSILON as f64;

/// A stored plan.
#[derive(Default)]
pub(crate) struct Absorbed {
    epsilon: f64,
    f: Vec<f64>,
    g: Vec<f64>,
    /// The share of the mass that may be in cells that were left out.
    dropped: f64,
    tasks: Vec<Rows>,
}

/// Rows of Q.
#[derive(Default)]
struct Rows {
    first: usize,
    /// The number of runs of each row.
    counts: Vec<usize>,
    runs: Vec<(usize, usize)>,
    cells: Vec<f32>,
}

impl Absorbed {
    /// Whether the cells that a pass looks at are few enough to be stored.
    pub(crate) fn fits(table: &GibbsTable<'_>, pass: &Pass<'_>) -> bool {
        table.cells(pass) <= STORED
    }

    /// One pass, as [`GibbsTable::sweep`], that keeps what it computes, in place of what was kept
    /// before.
    pub(crate) fn sweep_and_keep(
        &mut self,
        table: &GibbsTable<'_>,
        pass: &Pass<'_>,
        g: &[f64],
        f: &mut [f64],
    ) -> Sweep {
        let (n, m, height) = (f.len(), g.len(), table.rows_per_task());
        let room = table.cells(pass).div_ceil(n.div_ceil(height));
        self.tasks.resize_with(n.div_ceil(height), Rows::default);
        let swept: Vec<(Vec<f64>, f64)> = f
            .par_chunks_mut(height)
            .zip(&mut self.tasks)
            .enumerate()
            .map_init(
                || table.scratch(),
                |scratch, (task, (f, rows))| {
                    rows.clear(task * height, f.len(), room);
                    let (mut columns, mut dropped) = (vec![0.0; m], 0.0);
                    for (i, f) in (task * height..).zip(f) {
                        let row = table.row(pass, i, f, scratch);
                        dropped += table.source()[i] * row.dropped;
                        scratch.add_to(row.scale, &mut columns);
                        rows.push(scratch, row.normaliser);
                    }
                    (columns, dropped)
                },
            )
            .collect();
        let (columns, dropped): (Vec<_>, Vec<f64>) = swept.into_iter().unzip();
        self.epsilon = pass.epsilon;
        self.f = f.to_vec();
        self.g = g.to_vec();
        self.dropped = dropped.into_iter().sum();
        Sweep { columns: add_up(columns), dropped: self.dropped }
    }

    /// Whether the plan at g is close enough to that kept.
    pub(crate) fn serves(&self, epsilon: f64, g: &[f64]) -> bool {
        let near = |(g, kept): (&f64, &f64)| (g - kept).abs() <= FURTHEST * epsilon;
        self.epsilon == epsilon && self.g.len() == g.len() && g.iter().zip(&self.g).all(near)
    }

    /// One pass, as [`GibbsTable::sweep`], over the cells kept.
    pub(crate) fn sweep(&self, source: &[f64], g: &[f64], f: &mut [f64]) -> Sweep {
        let v = self.ratios(&self.g, g);
        let (mut columns, sums) = self.through(&v, |i, sum| source[i] / sum);
        columns.iter_mut().zip(&v).for_each(|(column, v)| *column *= v);
        for ((f, kept), sum) in f.iter_mut().zip(&self.f).zip(&sums) {
            *f = kept - self.epsilon * sum.ln();
        }
        let most = v.into_iter().fold(0.0, f64::max);
        let least = sums.into_iter().fold(f64::INFINITY, f64::min);
        Sweep { columns, dropped: (most / least).mul_add(self.dropped, ROUNDING) }
    }

    /// `Pᵀ diag(1/μ) P x` for the plan at g and its soft c-transform f.
    pub(crate) fn product(&self, at: &Scales, x: &[f64]) -> Vec<f64> {
        let vx: Vec<f64> = at.columns.iter().zip(x).map(|(v, x)| v * x).collect();
        let (mut columns, _) = self.through(&vx, |i, sum| at.rows[i] * sum);
        columns.iter_mut().zip(&at.columns).for_each(|(column, v)| *column *= v);
        columns
    }

    /// What [`Absorbed::product`] needs of f and g.
    pub(crate) fn scales(&self, source: &[f64], g: &[f64], f: &[f64]) -> Scales {
        let rows = self.ratios(&self.f, f).into_iter().zip(source);
        let rows = rows.map(|(u, mass)| mass * u * u).collect();
        Scales { columns: self.ratios(&self.g, g), rows }
    }

    fn ratios(&self, kept: &[f64], now: &[f64]) -> Vec<f64> {
        kept.iter().zip(now).map(|(kept, now)| exp((now - kept) / self.epsilon)).collect()
    }

    /// `Qᵀ y` with `y_i = weight(i, (Q x)_i)`, and Q x.
    fn through(
        &self,
        x: &[f64],
        weight: impl Fn(usize, f64) -> f64 + Sync,
    ) -> (Vec<f64>, Vec<f64>) {
        let through = |rows: &Rows| {
            let (mut columns, mut sums) =
                (vec![0.0; x.len()], Vec::with_capacity(rows.counts.len()));
            rows.through(x, &weight, &mut columns, &mut sums);
            (columns, sums)
        };
        let (columns, sums): (Vec<_>, Vec<_>) =
            self.tasks.par_iter().map(through).collect::<Vec<_>>().into_iter().unzip();
        (add_up(columns), sums.concat())
    }
}

/// The plan between the potentials kept and others: `γ_ij/T = √(rows_i·μ_i)·Q_ij·columns_j`.
pub(crate) struct Scales {
    rows: Vec<f64>,
    columns: Vec<f64>,
}

impl Rows {
    fn clear(&mut self, first: usize, rows: usize, room: usize) {
        self.first = first;
        self.counts.clear();
        self.counts.reserve(rows);
        self.runs.clear();
        self.cells.clear();
        self.cells.reserve(room);
    }

    fn push(&mut self, row: &Scratch, normaliser: f64) {
        self.counts.push(row.runs.len());
        self.runs.extend(&row.runs);
        let length = row.runs.iter().map(|(start, end)| end - start).sum();
        shorten(&row.weights[..length], normaliser, &mut self.cells);
    }

    fn through(
        &self,
        x: &[f64],
        weight: &impl Fn(usize, f64) -> f64,
        columns: &mut [f64],
        sums: &mut Vec<f64>,
    ) {
        let (mut runs, mut cells) = (&self.runs[..], &self.cells[..]);
        for (i, &count) in (self.first..).zip(&self.counts) {
            let (of_row, other_runs) = runs.split_at(count);
            let (mut rest, mut sum) = (cells, 0.0);
            for &(start, end) in of_row {
                let (part, after) = rest.split_at(end - start);
                sum += dot_short(part, &x[start..end]);
                rest = after;
            }
            let weight = weight(i, sum);
            for &(start, end) in of_row {
                let (part, after) = cells.split_at(end - start);
                add_short(part, weight, &mut columns[start..end]);
                cells = after;
            }
            sums.push(sum);
            runs = other_runs;
        }
    }
}
