//! A cache of consecutive rows of costs, computed together where that is cheaper.

use crate::cost::Cost;

/// The consecutive rows of a cost that were computed last.
pub(super) struct RowCache {
    /// Number of rows; with 1, nothing is cached.
    height: usize,
    costs: Vec<f64>,
    /// The first row of the cache, and the error bound of its entries.
    cached: Option<(usize, f64)>,
}

impl RowCache {
    /// A cache for consecutive rows.
    pub(super) fn new(cost: &dyn Cost) -> Self {
        Self::of(cost, cost.rows_together().min(cost.n()))
    }

    /// No cache, for rows in any order.
    pub(super) fn narrow(cost: &dyn Cost) -> Self {
        Self::of(cost, 1)
    }

    fn of(cost: &dyn Cost, height: usize) -> Self {
        Self { height, costs: vec![0.0; height * cost.m()], cached: None }
    }

    /// `c(i, start..end)`, each with an error of at most `error`.
    pub(super) fn part<'a>(
        &'a mut self,
        cost: &'a dyn Cost,
        i: usize,
        (start, end): (usize, usize),
        error: f64,
    ) -> &'a [f64] {
        if self.height == 1 {
            return cost.part_of_row(i, start, &mut self.costs[..end - start]);
        }
        let (first, m) = (i / self.height * self.height, cost.m());
        if self.cached != Some((first, error)) {
            let height = self.height.min(cost.n() - first);
            cost.rows_within(error, first, &mut self.costs[..height * m]);
            self.cached = Some((first, error));
        }
        &self.costs[(i - first) * m..][start..end]
    }

    /// c(i, ·).
    pub(super) fn row<'a>(&'a mut self, cost: &'a dyn Cost, i: usize) -> &'a [f64] {
        self.part(cost, i, (0, cost.m()), 0.0)
    }
}
