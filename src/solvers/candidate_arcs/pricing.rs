//! Pricing: one exact pass over all n·m arcs that finds the violated ones or proves that there
//! are none.

use rayon::prelude::*;

use super::group_minima;
use crate::cost::Cost;
use crate::solvers::arcs::{Arc, ArcList};

/// The result of a pricing pass.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PricedTable {
    /// The worst violated arcs of every row.
    pub(crate) violated: ArcList,
    /// How many arcs are violated in all.
    pub(crate) count: u64,
    /// The most negative `(c_ij − g_j) − f_i` of all arcs, 0 if none is negative.
    pub(crate) most_negative: f64,
}

/// Rows of a parallel task; fixed, so that results do not depend on the threads.
const ROWS_PER_TASK: usize = 64;

/// Prices all arcs: those with `(c_ij − g_j) − f_i < −tolerance(i)` are violated, and the
/// `per_source` worst of every row are returned. For `f = g^c`, computed as
/// [`to_source`](crate::potentials::to_source) does, nothing is ever violated, to the bit.
/// O(nm) time, parallel over rows with the same result for any number of threads.
///
/// # Panics
/// If f or g does not have the length n or m of the cost table.
#[must_use]
pub(crate) fn price(
    cost: &dyn Cost,
    f: &[f64],
    g: &[f64],
    tolerance: &(dyn Fn(usize) -> f64 + Sync),
    per_source: usize,
) -> PricedTable {
    assert_eq!((f.len(), g.len()), (cost.n(), cost.m()), "potentials of the table's shape");
    let blocks: Vec<PricedRows> = (0..f.len().div_ceil(ROWS_PER_TASK))
        .into_par_iter()
        .map_init(
            || RowPricer::new(g),
            |pricer, block| {
                let mut found = PricedRows::default();
                let first = block * ROWS_PER_TASK;
                for (k, &f) in f[first..].iter().take(ROWS_PER_TASK).enumerate() {
                    let i = first + k;
                    pricer.price_row(cost, i, f, tolerance(i), per_source, &mut found);
                }
                found
            },
        )
        .collect();
    let mut arcs = Vec::new();
    let (mut count, mut most_negative) = (0, 0.0_f64);
    for block in blocks {
        arcs.extend(block.arcs);
        count += block.count;
        most_negative = most_negative.min(block.most_negative);
    }
    PricedTable { violated: ArcList::from_arcs(f.len(), arcs), count, most_negative }
}

#[derive(Default)]
struct PricedRows {
    arcs: Vec<Arc>,
    count: u64,
    most_negative: f64,
}

struct RowPricer<'a> {
    g: &'a [f64],
    buffer: Vec<f64>,
    minima: Vec<f64>,
    found: Vec<(f64, u32)>,
}

impl<'a> RowPricer<'a> {
    fn new(g: &'a [f64]) -> Self {
        let (buffer, minima) = (vec![0.0; g.len()], vec![0.0; group_minima::count(g.len())]);
        Self { g, buffer, minima, found: Vec::new() }
    }

    fn price_row(
        &mut self,
        cost: &dyn Cost,
        i: usize,
        f: f64,
        tolerance: f64,
        per_source: usize,
        block: &mut PricedRows,
    ) {
        let row = cost.row(i, &mut self.buffer);
        group_minima::minima(row, self.g, &mut self.minima);
        let smallest = self.minima.iter().copied().fold(f64::INFINITY, f64::min) - f;
        block.most_negative = block.most_negative.min(smallest);
        if smallest >= -tolerance {
            return;
        }
        self.found.clear();
        for (group, _) in self.minima.iter().enumerate().filter(|(_, min)| **min - f < -tolerance) {
            for j in group_minima::columns(group, row.len()) {
                let reduced = row[j] - self.g[j] - f;
                if reduced < -tolerance {
                    self.found.push((reduced, j as u32));
                }
            }
        }
        block.count += self.found.len() as u64;
        if self.found.len() > per_source && per_source > 0 {
            self.found.select_nth_unstable_by(per_source - 1, |a, b| {
                a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
            });
        }
        block.arcs.extend(self.found.iter().take(per_source).map(|&(_, j)| Arc {
            source: i as u32,
            target: j,
            cost: row[j as usize],
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::CostMatrix;
    use crate::potentials::to_source;
    use ndarray::{Array1, Array2};

    #[test]
    fn pricing_finds_the_worst_violated_arcs_and_counts_them_all() {
        let (n, m) = (130, 300);
        let c = Array2::from_shape_fn((n, m), |(i, j)| ((i * 7919 + j * 104_729) % 1009) as f64);
        let f: Vec<f64> = (0..n).map(|i| ((i * 13) % 50) as f64).collect();
        let g: Vec<f64> = (0..m).map(|j| ((j * 11) % 70) as f64).collect();
        let cost = CostMatrix::new(c.clone()).unwrap();
        let priced = price(&cost, &f, &g, &|_| 0.5, 4);
        let reduced = |i: usize, j: usize| c[(i, j)] - g[j] - f[i];
        let (mut count, mut worst) = (0, 0.0_f64);
        for i in 0..n {
            let mut row: Vec<f64> = (0..m).map(|j| reduced(i, j)).filter(|r| *r < -0.5).collect();
            row.sort_by(f64::total_cmp);
            count += row.len() as u64;
            worst = worst.min(row.first().copied().unwrap_or(0.0));
            let (targets, _) = priced.violated.row(i);
            let mut found: Vec<f64> = targets.iter().map(|&j| reduced(i, j as usize)).collect();
            found.sort_by(f64::total_cmp);
            assert_eq!(found, row[..row.len().min(4)]);
        }
        assert_eq!((priced.count, priced.most_negative), (count, worst));
    }

    #[test]
    fn a_c_transform_violates_nothing_to_the_bit() {
        let c = Array2::from_shape_fn((90, 277), |(i, j)| ((i * 31 + j * 17) as f64).sin());
        let g = Array1::from_shape_fn(277, |j| (j as f64).cos() / 3.0);
        let cost = CostMatrix::new(c).unwrap();
        let f = to_source(&cost, g.view()).to_vec();
        let priced = price(&cost, &f, &g.to_vec(), &|_| 0.0, 4);
        assert_eq!((priced.count, priced.most_negative), (0, 0.0));
        assert_eq!(priced.violated.len(), 0);
    }
}
