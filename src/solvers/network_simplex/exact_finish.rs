//! Exact finish: the basis is made optimal in integer arithmetic.
//!
//! Potentials in `f64` are sums along paths of the tree, and each pivot rounds them again. A
//! tolerance above this rounding error would also ignore small costs, for example those inside tight
//! clusters far apart. So the last pivots use integers ([`FixedPoint`]): every bit of every stored
//! cost, or multiples of 2⁻¹⁰⁰ of the largest computed one, and potentials as exact sums of these. All
//! n·m arcs are priced by an `f64` filter with a proven error bound; the integers decide those that it
//! cannot exclude. There is no tolerance, no cycling (the tree is strongly feasible and the arithmetic
//! exact), and no overflow: a potential is a sum of at most n + m costs and one rough dual, itself a
//! sum of costs, and there is room for 2²⁷ of them (docs/theory/simplex.md counts them).

use std::ops::ControlFlow;

use super::progress::SharedObserver;
use super::threaded_tree::ThreadedTree;
use crate::cost::{Cost, Search};
use crate::potentials::{rows_per_task, smallest_difference};
use crate::progress::Stop;
use crate::solvers::fixed_point::{FixedInteger, FixedPoint};

/// An arc whose reduced cost is negative in exact arithmetic, or nearly so.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Violation<K> {
    pub(crate) source: u32,
    /// As a node of the tree.
    pub(crate) target: u32,
    pub(crate) cost: f64,
    /// c − f − g in fixed point.
    pub(crate) reduced: K,
}

/// Prices every arc of the table; the violations of each row with the least reduced costs, at most
/// `per_row`, rows in order. If there is none, the tree is optimal. Parallel over rows; O(nm) time, less if the
/// points can be [searched](Cost::search_targets): then arcs with reduced costs below `near` ≥ 0 are
/// returned, too.
pub(crate) fn violations<K: FixedInteger>(
    cost: &dyn Cost,
    largest_cost: f64,
    tree: &ThreadedTree<K>,
    format: FixedPoint,
    per_row: usize,
    near: f64,
    observer: &SharedObserver<'_>,
) -> ControlFlow<Stop, Vec<Violation<K>>> {
    /// Arcs that the filter excludes or passes on together.
    const ARCS_PER_CHUNK: usize = 64;
    let n = cost.n();
    let (sources, targets) = tree.potentials().split_at(n);
    let rounded = |values: &[K], sign: f64| -> Vec<f64> {
        values.iter().map(|&y| sign * format.to_f64(y)).collect()
    };
    let (f, g) = (rounded(sources, 1.0), rounded(targets, -1.0));
    let size = f.iter().chain(&g).fold(largest_cost, |size, x| size.max(x.abs()));
    // f and g are rounded once, so are c − g and its comparison with f: together less than
    // 4 half-ulps of numbers below 3·size.
    let error = 8.0 * f64::EPSILON * size;
    let priced = |i: usize, j: usize, cost: f64| {
        let reduced = format.units::<K>(cost) - sources[i] + targets[j];
        Violation { source: i as u32, target: (n + j) as u32, cost, reduced }
    };
    if let Some(mut search) = cost.search_targets() {
        search.fit(&g);
        let decide = |i: usize, j: u32| priced(i, j as usize, cost.at(i, j as usize));
        let near = (near, format.units::<K>(near));
        return searched(search.as_ref(), &f, error, per_row, near, decide, observer);
    }
    let price_row = |i: usize, buffer: &mut [f64]| {
        let row = cost.row(i, buffer);
        let mut found = Vec::new();
        for (chunk, (costs, g)) in
            row.chunks(ARCS_PER_CHUNK).zip(g.chunks(ARCS_PER_CHUNK)).enumerate()
        {
            if smallest_difference(costs, g) > f[i] + error {
                continue;
            }
            for (k, (&c, g)) in costs.iter().zip(g).enumerate() {
                if c - g <= f[i] + error {
                    let arc = priced(i, chunk * ARCS_PER_CHUNK + k, c);
                    found.extend((arc.reduced < K::default()).then_some(arc));
                }
            }
        }
        if found.len() > per_row {
            found.select_nth_unstable_by_key(per_row, |v| v.reduced);
            found.truncate(per_row);
        }
        found
    };
    let rows = rows_per_task(cost.m());
    let price_rows = |buffer: &mut Vec<f64>, task: usize| -> Vec<Violation<K>> {
        (task * rows..((task + 1) * rows).min(n)).flat_map(|i| price_row(i, buffer)).collect()
    };
    let found = observer.tasks(n.div_ceil(rows), || vec![0.0; cost.m()], price_rows)?;
    ControlFlow::Continue(found.concat())
}

/// The violations among the arcs that the filter cannot exclude, found by search, and the arcs below
/// `near`. Where a row has more than `per_row` such arcs and none of those found is a violation, the
/// search is repeated for more arcs.
fn searched<K: FixedInteger>(
    search: &dyn Search,
    f: &[f64],
    error: f64,
    per_row: usize,
    near: (f64, K),
    decide: impl Fn(usize, u32) -> Violation<K> + Sync,
    observer: &SharedObserver<'_>,
) -> ControlFlow<Stop, Vec<Violation<K>>> {
    /// Rows of a task.
    const ROWS_PER_TASK: usize = 256;
    let price_rows = |task: usize| {
        let limit = |f: f64| (f + error + near.0).next_up();
        let first = task * ROWS_PER_TASK;
        let f = &f[first..(first + ROWS_PER_TASK).min(f.len())];
        let mut rows: Vec<u32> = (0..f.len()).map(|k| (first + k) as u32).collect();
        let mut found = vec![Vec::new(); f.len()];
        let mut arcs = Vec::new();
        let mut keep = per_row;
        while !rows.is_empty() {
            let limits: Vec<f64> = rows.iter().map(|&i| limit(f[i as usize - first])).collect();
            found.truncate(rows.len());
            search.smallest_of(&rows, keep, &limits, &mut found);
            let mut left = Vec::new();
            for (&i, found) in rows.iter().zip(&found) {
                let decided = found.iter().map(|&(_, j)| decide(i as usize, j));
                let near: Vec<_> = decided.filter(|arc| arc.reduced < near.1).collect();
                let f = f[i as usize - first];
                let cleared = found.len() < keep || found[keep - 1].0 > f + error;
                if cleared || near.iter().any(|arc| arc.reduced < K::default()) {
                    arcs.extend(near);
                } else {
                    left.push(i);
                }
            }
            rows = left;
            keep *= 32;
        }
        arcs.sort_by_key(|arc| arc.source);
        arcs
    };
    let tasks = f.len().div_ceil(ROWS_PER_TASK);
    let found = observer.tasks(tasks, || (), |(), task| price_rows(task))?;
    ControlFlow::Continue(found.concat())
}
