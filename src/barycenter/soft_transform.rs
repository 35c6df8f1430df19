//! Soft c-transforms by kernels of which only the entries that count are stored.
//!
//! `softmin_j c_ij − h_j = −ε·log Σ_j exp((h_j − c_ij)/ε)`. Terms far below the largest of a row do not
//! change its sum. So only the cells with `c_ij − h_j` near the minimum of the row are stored, as
//! `exp((least_i + h_j − c_ij)/ε) ≤ 1` for the potentials h at which the kernel was made. As long as h moves
//! by a few ε only, a transform is the product of this sparse matrix with `exp((h' − h)/ε)`; then the kernel
//! is made again (Schmitzer 2019, "Stabilized sparse scaling algorithms for entropy regularized transport
//! problems", SIAM J. Sci. Comput. 41). The smaller ε, the fewer entries there are.

use rayon::prelude::*;

use crate::cost::Cost;
use crate::potentials::rows_per_task;

/// Entries below exp(−this) times the largest of their row are left out.
const CUT: f64 = 20.0;

/// A kernel is made again when a potential has moved by more than so many ε.
const MOST_DRIFT: f64 = 4.0;

/// Rows of a product that are worth a task.
const TASK_ROWS: usize = 64;

/// Soft minima of the rows of a cost table, near the potentials of the last ones.
pub(super) struct SoftTransform<'a> {
    cost: &'a dyn Cost,
    epsilon: f64,
    /// The potentials at which the entries were computed.
    reference: Vec<f64>,
    rows: Vec<KernelRow>,
}

/// The stored entries of a row.
#[derive(Default)]
struct KernelRow {
    /// `min_j c_j − h_j`.
    least: f64,
    /// j and `exp((least + h_j − c_j)/ε)`.
    entries: Vec<(u32, f32)>,
}

impl<'a> SoftTransform<'a> {
    /// The transforms by a table (n, m).
    pub(super) fn new(cost: &'a dyn Cost) -> Self {
        Self { cost, epsilon: 0.0, reference: Vec::new(), rows: Vec::new() }
    }

    /// `softmin_j c_ij − h_j` for all rows i, shape (n,).
    pub(super) fn apply(&mut self, h: &[f64], epsilon: f64) -> Vec<f64> {
        let is_far = |(h, reference): (&f64, &f64)| (h - reference).abs() > MOST_DRIFT * epsilon;
        if self.epsilon != epsilon || h.iter().zip(&self.reference).any(is_far) {
            self.rebuild(h, epsilon);
        }
        let moved = h.iter().zip(&self.reference);
        let factors: Vec<f64> = moved.map(|(h, r)| ((h - r) / epsilon).exp()).collect();
        let soft_minimum = |row: &KernelRow| {
            let terms = row.entries.iter().map(|&(j, k)| f64::from(k) * factors[j as usize]);
            row.least - epsilon * terms.sum::<f64>().ln()
        };
        self.rows.par_iter().with_min_len(TASK_ROWS).map(soft_minimum).collect()
    }

    fn rebuild(&mut self, h: &[f64], epsilon: f64) {
        self.epsilon = epsilon;
        self.reference = h.to_vec();
        self.rows.resize_with(self.cost.n(), KernelRow::default);
        let cost = self.cost;
        let rows = self.rows.par_iter_mut().enumerate().with_min_len(rows_per_task(h.len()));
        rows.for_each_init(
            || vec![0.0; h.len()],
            |buffer, (i, row)| row.fill(cost.row(i, buffer), h, epsilon),
        );
    }
}

impl KernelRow {
    fn fill(&mut self, costs: &[f64], h: &[f64], epsilon: f64) {
        let differences = || costs.iter().zip(h).map(|(c, h)| c - h);
        self.least = differences().fold(f64::INFINITY, f64::min);
        let limit = self.least + CUT * epsilon;
        self.entries.clear();
        for (j, difference) in (0..).zip(differences()) {
            if difference <= limit {
                #[expect(clippy::cast_possible_truncation, reason = "single precision")]
                let entry = ((self.least - difference) / epsilon).exp() as f32;
                self.entries.push((j, entry));
            }
        }
    }
}

/// About how many entries kernels have for zero potentials, counted on some of the rows.
pub(super) fn entries(cost: &dyn Cost, epsilon: f64) -> usize {
    /// Rows that are counted.
    const SAMPLE: usize = 64;
    let step = cost.n().div_ceil(SAMPLE);
    let mut buffer = vec![0.0; cost.m()];
    let in_row = |i: usize| {
        let row = cost.row(i, &mut buffer);
        let least = row.iter().copied().fold(f64::INFINITY, f64::min);
        row.iter().filter(|&&c| c <= least + CUT * epsilon).count()
    };
    (0..cost.n()).step_by(step).map(in_row).sum::<usize>() * step
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::CostMatrix;
    use ndarray::array;

    #[test]
    fn a_soft_minimum_follows_its_potentials() {
        let costs = array![[0.0, 1.0, 9.0], [2.0, 0.5, 30.0]];
        let cost = CostMatrix::new(costs.view()).unwrap();
        let mut transform = SoftTransform::new(&cost);
        for (h, epsilon) in [
            ([0.0, 0.0, 0.0], 0.5),
            ([0.3, -1.0, 1.5], 0.5),
            ([0.4, -1.1, 40.0], 0.5),
            ([0.4, -1.1, 40.0], 5.0),
        ] {
            let found = transform.apply(&h, epsilon);
            for (row, found) in costs.outer_iter().zip(found) {
                let terms = row.iter().zip(h).map(|(c, h)| ((h - c) / epsilon).exp());
                let soft = -epsilon * terms.sum::<f64>().ln();
                assert!((found - soft).abs() < 1e-6 * epsilon, "{found} {soft}");
            }
        }
        // 0 and 1 in the first row, 0.5 in the second.
        assert_eq!(entries(&cost, 0.06), 3);
    }
}
