//! The plan as a matrix that vectors are multiplied with many times.

use std::borrow::Cow;

use rayon::prelude::*;

use super::GibbsTable;

/// A sparse kernel pays if it keeps fewer than one cell in so many.
const SPARSE: usize = 6;

/// Rows that share a vector of column sums; fixed, so that the bits do not depend on threads.
const ROWS: usize = 512;

/// `x ↦ Pᵀ diag(1/μ) P x` for the plan P at given potentials, masses as shares.
pub(crate) enum Kernel<'a> {
    /// Cells recomputed for every product.
    Streamed {
        /// The table.
        table: &'a GibbsTable<'a>,
        /// The regularisation.
        epsilon: f64,
        /// Target potential.
        g: Cow<'a, [f64]>,
        /// Its soft c-transform.
        f: &'a [f64],
    },
    /// The cells that matter.
    Sparse {
        /// For each row `1/μ_i` and its cells: column, mass.
        rows: Vec<(f64, Vec<(u32, f64)>)>,
        /// Number of columns.
        m: usize,
    },
}

impl<'a> Kernel<'a> {
    /// The plan at g and its soft c-transform f: the cells that carry more than the share
    /// `matters` of their row or column, if they are few and at most `most`.
    pub(crate) fn new(
        table: &'a GibbsTable<'a>,
        epsilon: f64,
        g: &'a [f64],
        f: &'a [f64],
        matters: f64,
        most: usize,
    ) -> Self {
        let (n, m) = (f.len(), g.len());
        let g = table.masked(g);
        let room = (m / SPARSE).min(most / n);
        // A look at a few rows says whether it is worth while.
        let count = |i: usize| cells(table, epsilon, &g, f[i], i, matters).1.len();
        let looks = n.min(8);
        let seen: usize = (0..looks).map(|k| count(k * n / looks)).sum();
        if seen > room * looks || u32::try_from(m).is_err() {
            return Self::Streamed { table, epsilon, g, f };
        }
        let rows: Vec<_> =
            (0..n).into_par_iter().map(|i| cells(table, epsilon, &g, f[i], i, matters)).collect();
        if rows.iter().map(|(_, cells)| cells.len()).sum::<usize>() > room * n {
            return Self::Streamed { table, epsilon, g, f };
        }
        Self::Sparse { rows, m }
    }

    /// `Pᵀ diag(1/μ) P x`.
    pub(crate) fn product(&self, x: &[f64]) -> Vec<f64> {
        match self {
            Self::Streamed { table, epsilon, g, f } => {
                table.product(*epsilon, g, &mut f.to_vec(), x)
            }
            Self::Sparse { rows, m } => {
                let blocks: Vec<Vec<f64>> = rows
                    .par_chunks(ROWS)
                    .map(|rows| {
                        let mut columns = vec![0.0; *m];
                        for (inverse, cells) in rows {
                            let sum: f64 = cells.iter().map(|&(j, w)| w * x[j as usize]).sum();
                            let mean = sum * inverse;
                            for &(j, w) in cells {
                                columns[j as usize] += w * mean;
                            }
                        }
                        columns
                    })
                    .collect();
                let mut sum = vec![0.0; *m];
                for block in blocks {
                    sum.iter_mut().zip(block).for_each(|(sum, x)| *sum += x);
                }
                sum
            }
        }
    }
}

/// `1/μ_i` and the cells of row i that matter.
fn cells(
    table: &GibbsTable<'_>,
    epsilon: f64,
    g: &[f64],
    f: f64,
    i: usize,
    matters: f64,
) -> (f64, Vec<(u32, f64)>) {
    let mass = table.source()[i];
    if mass == 0.0 {
        return (0.0, Vec::new());
    }
    let mut scratch = table.scratch();
    let mut f = f;
    let scale = table.row(epsilon, i, g, &mut f, &mut scratch).scale;
    let cells = scratch.weights.iter().zip(table.target()).enumerate();
    let cells = cells.map(|(j, (weight, &target))| (j, weight * scale, target));
    let cells = cells.filter(|&(_, cell, target)| cell > matters * mass.min(target));
    #[expect(clippy::cast_possible_truncation, reason = "checked by the caller")]
    let cells = cells.map(|(j, cell, _)| (j as u32, cell)).collect();
    (1.0 / mass, cells)
}
