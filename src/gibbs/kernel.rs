//! The plan as a matrix that vectors are multiplied with many times.

use rayon::prelude::*;

use super::GibbsTable;
use super::lanes::{add_halved, dot_halved, halve};
use super::table::{Pass, Scratch, add_up};

/// Cells stored at most in whole runs, 4 bytes each.
const STORED: usize = 24 << 20;

/// Cells stored at most one by one, 12 bytes each.
const PICKED: usize = 8 << 20;

/// Picking cells pays if they are fewer than one in so many of a stored run, …
const RARE: usize = 24;

/// … or of a run that has to be computed again.
const SCARCE: usize = 6;

/// `x ↦ Pᵀ diag(1/μ) P x` for the plan P at given potentials, masses as shares.
///
/// Cells left out and the rounding of those kept make it smaller, never larger.
pub(crate) enum Kernel<'a> {
    /// Cells computed anew for every product.
    Streamed {
        /// The table.
        table: &'a GibbsTable<'a>,
        /// Potentials and regularisation.
        pass: Pass<'a>,
        /// The soft c-transform.
        f: &'a [f64],
    },
    /// Runs of cells as `f32`, by tasks.
    Stored(Vec<Stored>, usize),
    /// The cells that matter, by tasks.
    Picked(Vec<Vec<PickedRow>>, usize),
}

/// Rows of P as shares of their masses.
pub(crate) struct Stored {
    /// For each row its mass and the number of its runs.
    rows: Vec<(f64, usize)>,
    runs: Vec<(usize, usize)>,
    weights: Vec<f32>,
}

/// A row of P as shares of its mass.
pub(crate) struct PickedRow {
    mass: f64,
    cells: Vec<(u32, f64)>,
}

impl<'a> Kernel<'a> {
    /// The plan at g and its soft c-transform f; cells that carry less than the share `matters`
    /// of their row or column may be left out.
    pub(crate) fn new(
        table: &'a GibbsTable<'a>,
        epsilon: f64,
        g: &'a [f64],
        f: &'a [f64],
        matters: f64,
    ) -> Self {
        let m = g.len();
        let pass = table.pass_within(epsilon, g, f, matters);
        let reached = table.cells(&pass);
        let fits = reached <= STORED;
        let rare = if fits { RARE } else { SCARCE };
        let room = (reached / rare).min(PICKED);
        if let Some(tasks) = picked(table, &pass, f, matters, room) {
            return Self::Picked(tasks, m);
        }
        if !fits {
            return Self::Streamed { table, pass, f };
        }
        let store = |stored: &mut Stored, i: usize, scratch: &mut Scratch| {
            let row = table.row(&pass, i, &mut f[i].clone(), scratch);
            let mass = table.source()[i];
            stored.rows.push((mass, scratch.runs.len()));
            stored.runs.extend(&scratch.runs);
            let length: usize = scratch.runs.iter().map(|(start, end)| end - start).sum();
            let from = stored.weights.len();
            stored.weights.resize(from + length, 0.0);
            let scale = if mass > 0.0 { row.scale / mass } else { 0.0 };
            halve(&scratch.weights[..length], scale, &mut stored.weights[from..]);
        };
        let tasks = tasks(table).map_init(
            || table.scratch(),
            |scratch, rows| {
                let room = (rows.len() * (reached / f.len() + 1)).min(rows.len() * m);
                let (rows_of, weights) = (Vec::with_capacity(rows.len()), Vec::with_capacity(room));
                let mut stored = Stored { rows: rows_of, runs: Vec::new(), weights };
                rows.for_each(|i| store(&mut stored, i, scratch));
                stored
            },
        );
        Self::Stored(tasks.collect(), m)
    }

    /// `Pᵀ diag(1/μ) P x`.
    pub(crate) fn product(&self, x: &[f64]) -> Vec<f64> {
        match self {
            Self::Streamed { table, pass, f } => table.product(pass, &mut f.to_vec(), x),
            Self::Stored(tasks, m) => {
                add_up(tasks.par_iter().map(|stored| stored.product(x, *m)).collect())
            }
            Self::Picked(tasks, m) => add_up(
                tasks
                    .par_iter()
                    .map(|rows| {
                        let mut columns = vec![0.0; *m];
                        rows.iter().for_each(|row| row.product(x, &mut columns));
                        columns
                    })
                    .collect(),
            ),
        }
    }
}

impl Stored {
    fn product(&self, x: &[f64], m: usize) -> Vec<f64> {
        let mut columns = vec![0.0; m];
        let (mut runs, mut weights) = (&self.runs[..], &self.weights[..]);
        for &(mass, count) in &self.rows {
            let (of_row, other_runs) = runs.split_at(count);
            let mut rest = weights;
            let mut mean = 0.0;
            for &(start, end) in of_row {
                let (part, after) = rest.split_at(end - start);
                mean += dot_halved(part, &x[start..end]);
                rest = after;
            }
            for &(start, end) in of_row {
                let (part, after) = weights.split_at(end - start);
                add_halved(part, mass * mean, &mut columns[start..end]);
                weights = after;
            }
            runs = other_runs;
        }
        columns
    }
}

impl PickedRow {
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

/// The cells that matter, if there are at most `room` of them as far as a look at a few rows tells.
fn picked(
    table: &GibbsTable<'_>,
    pass: &Pass<'_>,
    f: &[f64],
    matters: f64,
    room: usize,
) -> Option<Vec<Vec<PickedRow>>> {
    const LOOKS: usize = 8;
    let (n, m) = (f.len(), table.target().len());
    let pick = |i: usize, scratch: &mut Scratch| {
        let mass = table.source()[i];
        if mass == 0.0 {
            return PickedRow { mass, cells: Vec::new() };
        }
        let row = table.row(pass, i, &mut f[i].clone(), scratch);
        let share = row.scale / mass;
        let kept =
            |&(j, share): &(usize, f64)| share * mass > matters * mass.min(table.target()[j]);
        let cells = scratch.cells().map(|(j, weight)| (j, weight * share)).filter(kept);
        #[expect(clippy::cast_possible_truncation, reason = "checked below")]
        let cells = cells.map(|(j, share)| (j as u32, share)).collect();
        PickedRow { mass, cells }
    };
    let looks = n.min(LOOKS);
    let mut scratch = table.scratch();
    let seen: usize = (0..looks).map(|k| pick(k * n / looks, &mut scratch).cells.len()).sum();
    if seen * n > room * looks || u32::try_from(m).is_err() {
        return None;
    }
    let tasks = tasks(table)
        .map_init(|| table.scratch(), |scratch, rows| rows.map(|i| pick(i, scratch)).collect());
    let tasks: Vec<Vec<PickedRow>> = tasks.collect();
    let kept: usize = tasks.iter().flatten().map(|row| row.cells.len()).sum();
    (kept <= room).then_some(tasks)
}
