//! Dense strategy: the rows of the whole cost table are priced in turn.

use ndarray::ArrayView1;

use super::initial_basis;
use super::main_loop::PivotedBasis;
use super::pricing::RowPricing;
use super::run::SimplexRun;
use crate::potentials::to_source;

/// Optimizes a greedy basis over all arcs, up to the tolerance for entering arcs.
pub(super) fn optimize(run: &mut SimplexRun<'_>) -> PivotedBasis {
    let cost = run.problem.cost();
    let (f, g) = match run.start.take() {
        Some(g) => (to_source(cost, ArrayView1::from(&g)).to_vec(), g),
        None => (vec![0.0; cost.n()], initial_basis::column_minima(cost)),
    };
    let flows = std::mem::take(&mut run.start_flows);
    let observer = run.progress.during("starting");
    let (no_arcs, is_over) = (std::iter::empty(), || observer.is_over());
    let mut tree = initial_basis::greedy(cost, &run.masses, flows, no_arcs, (&f, &g), &is_over);
    let stopped = observer.stopped();
    run.begin_at(&tree);
    if stopped.is_break() {
        return (tree, stopped);
    }
    let mut rows = RowPricing::new(cost, run.entering_threshold());
    let stopped = run.pivot(&mut tree, &mut rows);
    (tree, stopped)
}
