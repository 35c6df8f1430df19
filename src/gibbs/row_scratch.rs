//! The working memory of a task of a pass: the row at hand, in ranges of columns.

use super::row_cache::RowCache;
use crate::math::vectors::{add_scaled, fast_dot};

/// Working memory of a task.
pub(crate) struct RowScratch {
    pub(super) costs: RowCache,
    /// The row of γ that [`GibbsTable::row`](super::GibbsTable::row) computed, up to a factor, in the columns of `runs`.
    pub(crate) weights: Vec<f64>,
    /// Ranges of columns, (start, end), ascending.
    pub(crate) runs: Vec<(usize, usize)>,
    /// The block of rows that the ranges belong to.
    pub(super) aimed: Option<usize>,
}

impl RowScratch {
    /// The ranges of columns with their weights.
    fn parts(&self) -> impl Iterator<Item = ((usize, usize), &[f64])> {
        let mut from = 0;
        self.runs.iter().map(move |&(start, end)| {
            let part = &self.weights[from..from + (end - start)];
            from += part.len();
            ((start, end), part)
        })
    }

    /// Columns and weights of the row, one by one.
    pub(crate) fn cells(&self) -> impl Iterator<Item = (usize, f64)> {
        self.parts().flat_map(|((start, end), part)| (start..end).zip(part.iter().copied()))
    }

    /// Number of columns in the ranges.
    pub(super) fn length(&self) -> usize {
        self.runs.iter().map(|(start, end)| end - start).sum()
    }

    /// `columns ← columns + scale·weights`.
    pub(crate) fn add_to(&self, scale: f64, columns: &mut [f64]) {
        for ((start, end), part) in self.parts() {
            add_scaled(part, scale, &mut columns[start..end]);
        }
    }

    /// `weights_j ← scale·factors_j·weights_j`; returns their sum.
    pub(crate) fn rescale(&mut self, scale: f64, factors: &[f64]) -> f64 {
        let (mut from, mut sum) = (0, 0.0);
        for &(start, end) in &self.runs {
            let part = &mut self.weights[from..from + (end - start)];
            part.iter_mut().zip(&factors[start..end]).for_each(|(w, factor)| *w *= scale * factor);
            sum += part.iter().sum::<f64>();
            from += part.len();
        }
        sum
    }

    /// `Σ_j weights_j x_j`.
    pub(super) fn dot(&self, x: &[f64]) -> f64 {
        self.parts().map(|((start, end), part)| fast_dot(part, &x[start..end])).sum()
    }
}
