//! Rows of costs, computed a few at a time where that is cheaper.

use crate::cost::Cost;

/// A few consecutive rows of a cost, the last that were asked for.
pub(super) struct RowCache {
    /// How many; 1: none is kept.
    height: usize,
    costs: Vec<f64>,
    /// The first row there is, and how far its entries may be off.
    there: Option<(usize, f64)>,
}

impl RowCache {
    /// For costs that are asked for row after row.
    pub(super) fn new(cost: &dyn Cost) -> Self {
        Self::of(cost, cost.rows_together().min(cost.n()))
    }

    /// For costs that are asked for here and there.
    pub(super) fn narrow(cost: &dyn Cost) -> Self {
        Self::of(cost, 1)
    }

    fn of(cost: &dyn Cost, height: usize) -> Self {
        Self { height, costs: vec![0.0; height * cost.m()], there: None }
    }

    /// `c(i, start..end)`, each of which may be off by `error`.
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
        if self.there != Some((first, error)) {
            let height = self.height.min(cost.n() - first);
            cost.rows_within(error, first, &mut self.costs[..height * m]);
            self.there = Some((first, error));
        }
        &self.costs[(i - first) * m..][start..end]
    }

    /// c(i, ·).
    pub(super) fn row<'a>(&'a mut self, cost: &'a dyn Cost, i: usize) -> &'a [f64] {
        self.part(cost, i, (0, cost.m()), 0.0)
    }
}
