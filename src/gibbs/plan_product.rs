//! Products of vectors with the plan, repeated many times at fixed potentials.

use rayon::prelude::*;

use super::GibbsTable;
use super::absorbed_kernel::{AbsorbedKernel, KernelScaling};
use super::double_word::DoubleWordPotential;
use super::row_scratch::RowScratch;
use super::row_sweep::{RowPass, add_up};

/// Largest number of cells stored as a sparse matrix, 12 bytes each.
const LARGEST_SPARSE_CELLS: usize = 8 << 20;

/// A sparse matrix is used if it has fewer than one in this many cells of the absorbed kernel.
const STORED_CELLS_PER_SPARSE: usize = 24;

/// Without an absorbed kernel: fewer than one in this many of the cells to be recomputed.
const RECOMPUTED_CELLS_PER_SPARSE: usize = 6;

/// `x ↦ Pᵀ diag(1/μ) P x` for the plan P at given potentials, masses as shares.
///
/// Skipped cells and rounding make it smaller, never larger.
pub(crate) enum PlanProduct<'a> {
    /// All cells are recomputed for every product.
    Streamed {
        /// The table.
        table: &'a GibbsTable<'a>,
        /// Potentials and regularization.
        pass: RowPass<'a>,
        /// The soft c-transform.
        f: &'a [f64],
    },
    /// The absorbed kernel of close potentials.
    Absorbed(&'a AbsorbedKernel, KernelScaling),
    /// The large cells as a sparse matrix, by tasks.
    Sparse(Vec<Vec<SparseRow>>, usize),
}

/// A row of P as shares of its mass.
pub(crate) struct SparseRow {
    mass: f64,
    cells: Vec<(u32, f64)>,
}

impl<'a> PlanProduct<'a> {
    /// The plan at g and its soft c-transform f; cells that carry less than the share
    /// `least_share` of their row or column may be left out. `kept` must serve at g.
    pub(crate) fn new(
        table: &'a GibbsTable<'a>,
        epsilon: f64,
        g: &'a DoubleWordPotential,
        f: &'a [f64],
        least_share: f64,
        kept: Option<&'a AbsorbedKernel>,
    ) -> Self {
        let pass = table.pass_within(epsilon, g, f, least_share);
        let rare =
            if kept.is_some() { STORED_CELLS_PER_SPARSE } else { RECOMPUTED_CELLS_PER_SPARSE };
        let room = (table.cells(&pass) / rare).min(LARGEST_SPARSE_CELLS);
        if let Some(tasks) = sparse_rows(table, &pass, f, least_share, room) {
            return Self::Sparse(tasks, g.high.len());
        }
        match kept {
            Some(kept) => Self::Absorbed(kept, kept.scales(table.source(), &g.high, f)),
            None => Self::Streamed { table, pass, f },
        }
    }

    /// `Pᵀ diag(1/μ) P x`.
    pub(crate) fn product(&self, x: &[f64]) -> Vec<f64> {
        match self {
            Self::Streamed { table, pass, f } => table.product(pass, &mut f.to_vec(), x),
            Self::Absorbed(kept, scales) => kept.product(scales, x),
            Self::Sparse(tasks, m) => add_up(
                tasks
                    .par_iter()
                    .map(|rows| {
                        let mut columns = vec![0.0; *m];
                        for row in rows {
                            row.product(x, &mut columns);
                        }
                        columns
                    })
                    .collect(),
            ),
        }
    }
}

impl SparseRow {
    fn product(&self, x: &[f64], columns: &mut [f64]) {
        let mean: f64 = self.cells.iter().map(|&(j, share)| share * x[j as usize]).sum();
        for &(j, share) in &self.cells {
            columns[j as usize] += share * (self.mass * mean);
        }
    }
}

/// The rows of each task.
fn tasks<'t>(
    table: &'t GibbsTable<'_>,
) -> impl IndexedParallelIterator<Item = std::ops::Range<usize>> + 't {
    let (n, height) = (table.source().len(), table.rows_per_task());
    (0..n.div_ceil(height))
        .into_par_iter()
        .map(move |task| task * height..((task + 1) * height).min(n))
}

/// The large cells, if there are at most `room` of them; a few rows are sampled first.
fn sparse_rows(
    table: &GibbsTable<'_>,
    pass: &RowPass<'_>,
    f: &[f64],
    least_share: f64,
    room: usize,
) -> Option<Vec<Vec<SparseRow>>> {
    const SAMPLED_ROWS: usize = 8;
    let (n, m) = (f.len(), table.target().len());
    let pick = |i: usize, scratch: &mut RowScratch| {
        let mass = table.source()[i];
        if mass == 0.0 {
            return SparseRow { mass, cells: Vec::new() };
        }
        let row = table.row(pass, i, &mut f[i].clone(), scratch);
        let share = row.scale / mass;
        let kept =
            |&(j, share): &(usize, f64)| share * mass > least_share * mass.min(table.target()[j]);
        let cells = scratch.cells().map(|(j, weight)| (j, weight * share)).filter(kept);
        #[expect(clippy::cast_possible_truncation, reason = "checked below")]
        let cells = cells.map(|(j, share)| (j as u32, share)).collect();
        SparseRow { mass, cells }
    };
    let looks = n.min(SAMPLED_ROWS);
    let mut scratch = table.scratch_for_looks();
    let seen: usize = (0..looks).map(|k| pick(k * n / looks, &mut scratch).cells.len()).sum();
    if seen * n > room * looks || u32::try_from(m).is_err() {
        return None;
    }
    let tasks = tasks(table)
        .map_init(|| table.scratch(), |scratch, rows| rows.map(|i| pick(i, scratch)).collect());
    let tasks: Vec<Vec<SparseRow>> = tasks.collect();
    let kept: usize = tasks.iter().flatten().map(|row| row.cells.len()).sum();
    (kept <= room).then_some(tasks)
}
