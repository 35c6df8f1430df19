//! Choice of a strategy for the pivots in `f64`, and the finish in exact integers.

use std::ops::ControlFlow;

use super::pricing::BlockPricing;
use super::run::{FloatOptimum, SimplexRun};
use super::threaded_tree::ThreadedTree;
use super::{dense, multiscale, sparse};
use crate::progress::Stop;
use crate::solvers::Termination;
use crate::solvers::arcs::Arc;
use crate::solvers::fixed_point::FixedInteger;

/// Tables of fewer cells are priced as a whole by every pass.
const DENSE_BELOW_CELLS: usize = 1 << 18;

/// The optimal basis: pivots in `f64`, then in integers until a pass over all arcs finds no
/// negative reduced cost.
pub(super) fn optimum<K: FixedInteger>(run: &mut SimplexRun<'_>) -> (ThreadedTree<K>, Termination) {
    let (mut tree, mut violations) = match float_optimum(run) {
        FloatOptimum::Reached(tree, violations) => (tree, violations),
        FloatOptimum::Stopped(tree, stop) => return (tree, stop.into()),
    };
    let mut arcs = Vec::new();
    run.progress.unit = run.masses.to_f64(1) * run.format.unit();
    let threshold: K = run.format.units(-run.entering_tolerance);
    while violations.iter().any(|violation| violation.reduced < threshold) {
        arcs.extend(violations.iter().map(|violation| Arc {
            source: violation.source,
            target: violation.target,
            cost: run.format.units(violation.cost),
        }));
        let mut pricing = BlockPricing::new(&arcs, threshold);
        if let ControlFlow::Break(stop) = run.pivot(&mut tree, &mut pricing) {
            return (tree, stop.into());
        }
        violations = match run.violations(&tree, 0.0) {
            ControlFlow::Continue(violations) => violations,
            ControlFlow::Break(stop) => return (tree, stop.into()),
        };
    }
    let is_exact = run.entering_tolerance == 0.0;
    (tree, if is_exact { Termination::Optimal } else { Termination::ToleranceReached })
}

/// A basis that is optimal up to a tolerance, by the strategy that suits the problem.
fn float_optimum<K: FixedInteger>(run: &mut SimplexRun<'_>) -> FloatOptimum<K> {
    let cells = run.problem.n() * run.problem.m();
    let (tree, stopped) = if run.problem.cost().is_searchable() {
        multiscale::optimize(run)
    } else if cells < DENSE_BELOW_CELLS && !run.problem.cost().is_screened() {
        dense::optimize(run)
    } else {
        return sparse::optimize(run, smaller_optimum);
    };
    let exact = tree.with_costs(|c| run.format.units(c));
    let violations = match stopped {
        ControlFlow::Continue(()) => run.violations(&exact, 0.0),
        ControlFlow::Break(stop) => ControlFlow::Break(stop),
    };
    match violations {
        ControlFlow::Continue(violations) => FloatOptimum::Reached(exact, violations),
        ControlFlow::Break(stop) => FloatOptimum::Stopped(exact, stop),
    }
}

/// The basis of a smaller problem, from which the sparse strategy takes rough duals.
fn smaller_optimum(run: &mut SimplexRun<'_>) -> (ThreadedTree<i128>, ControlFlow<Stop>) {
    match float_optimum(run) {
        FloatOptimum::Reached(tree, _) => (tree, ControlFlow::Continue(())),
        FloatOptimum::Stopped(tree, stop) => (tree, ControlFlow::Break(stop)),
    }
}
