//! Short lists of each row's cheapest columns that stay exact while prices rise.

use crate::cost::Cost;
use crate::solvers::candidate_arcs::candidates::RowMinima;

/// Columns of a new list. Lengths from 8 to 48 make little difference at n = 4000; at n = 1000 long
/// lists take twice the time.
const COLUMNS_PER_LIST: usize = 10;

/// For every row the columns with the smallest `c_ij − g_j` at the time its list was made, and
/// the largest of these values as a bound for all other columns. The algorithms here only decrease g,
/// so the bound stays valid, and the whole row is read only when the bound is reached.
pub(super) struct CandidateLists<'a> {
    cost: &'a dyn Cost,
    buffer: Vec<f64>,
    best: RowMinima,
    spans: Vec<ListSpan>,
    targets: Vec<u32>,
    costs: Vec<f64>,
}

/// The position of a row's list, and its bound.
#[derive(Clone, Copy)]
struct ListSpan {
    start: usize,
    len: usize,
    bound: f64,
}

/// The cheapest column of a row.
pub(super) struct CheapestColumn {
    pub(super) column: u32,
    /// Its cost.
    pub(super) cost: f64,
    /// `cost − g` of this column.
    pub(super) smallest: f64,
    /// At most `cost − g` of every other column, and at least `smallest`.
    pub(super) second: f64,
}

impl<'a> CandidateLists<'a> {
    pub(super) fn new(cost: &'a dyn Cost, g: &[f64]) -> Self {
        let (n, m) = (cost.n(), cost.m());
        let none = ListSpan { start: 0, len: 0, bound: f64::NEG_INFINITY };
        let mut lists = Self {
            cost,
            buffer: vec![0.0; m],
            best: RowMinima::new(m),
            spans: vec![none; n],
            targets: Vec::with_capacity(n * COLUMNS_PER_LIST),
            costs: Vec::with_capacity(n * COLUMNS_PER_LIST),
        };
        for i in 0..n {
            lists.renew(i, g);
        }
        lists
    }

    /// c(i, j), listed or not.
    pub(super) fn cost(&self, i: usize, j: usize) -> f64 {
        self.cost.at(i, j)
    }

    /// The listed columns of row i, and their costs.
    pub(super) fn row(&self, i: usize) -> (&[u32], &[f64]) {
        let ListSpan { start, len, .. } = self.spans[i];
        (&self.targets[start..start + len], &self.costs[start..start + len])
    }

    /// `c_ij − g_j` is at least this for all columns that are not listed.
    pub(super) fn bound(&self, i: usize) -> f64 {
        self.spans[i].bound
    }

    /// The cheapest column of row i at prices g, or one that is at most `slack` more expensive if that
    /// avoids a renewal.
    pub(super) fn two_best(&mut self, i: usize, g: &[f64], slack: f64) -> CheapestColumn {
        loop {
            let best = self.best_listed(i, g);
            let bound = self.bound(i);
            if best.smallest <= bound + slack {
                return CheapestColumn {
                    second: best.second.min(bound).max(best.smallest),
                    ..best
                };
            }
            self.renew(i, g);
        }
    }

    fn best_listed(&self, i: usize, g: &[f64]) -> CheapestColumn {
        let (targets, costs) = self.row(i);
        let (mut smallest, mut second) = (f64::INFINITY, f64::INFINITY);
        let mut first = 0;
        for (arc, (&j, cost)) in targets.iter().zip(costs).enumerate() {
            let reduced = cost - g[j as usize];
            if reduced < second {
                if reduced < smallest {
                    (second, smallest, first) = (smallest, reduced, arc);
                } else {
                    second = reduced;
                }
            }
        }
        CheapestColumn { column: targets[first], cost: costs[first], smallest, second }
    }

    /// How far a list reaches in a typical row: the median distance from its best value to the
    /// bound.
    pub(super) fn reach(&self, g: &[f64]) -> f64 {
        let reach = |i| self.bound(i) - self.best_listed(i, g).smallest;
        let mut reaches: Vec<f64> = (0..self.spans.len()).map(reach).collect();
        let middle = reaches.len() / 2;
        *reaches.select_nth_unstable_by(middle, f64::total_cmp).1
    }

    /// Lists the row's cheapest columns at prices g, as many as it takes to raise the bound.
    pub(super) fn renew(&mut self, i: usize, g: &[f64]) {
        let row = self.cost.row(i, &mut self.buffer);
        let span = &mut self.spans[i];
        let mut keep = COLUMNS_PER_LIST.max(span.len);
        let found = loop {
            let found = self.best.smallest(row, g, keep);
            let worst = found.iter().fold(f64::NEG_INFINITY, |worst, found| worst.max(found.0));
            let all = found.len() == row.len();
            if all || worst > span.bound {
                span.bound = if all { f64::INFINITY } else { worst };
                break found;
            }
            keep *= 2;
        };
        if found.len() > span.len {
            span.start = self.targets.len();
            self.targets.resize(span.start + found.len(), 0);
            self.costs.resize(span.start + found.len(), 0.0);
        }
        span.len = found.len();
        let range = span.start..span.start + span.len;
        let slots = self.targets[range.clone()].iter_mut().zip(&mut self.costs[range]);
        for ((target, cost), &(_, j)) in slots.zip(found) {
            (*target, *cost) = (j, row[j as usize]);
        }
    }
}
