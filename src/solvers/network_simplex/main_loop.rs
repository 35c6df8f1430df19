//! The main loop of the simplex, in any arithmetic and on any representation of the basis.

use std::ops::ControlFlow;

use super::pricing::PricingRule;
use super::progress::Progress;
use super::spanning_tree::Basis;
use super::threaded_tree::ThreadedTree;
use crate::progress::Stop;
use crate::solvers::fixed_point::CostNumber;

/// A basis after pivots in `f64`, and whether the observer stopped them.
pub(super) type PivotedBasis = (ThreadedTree<f64>, ControlFlow<Stop>);

/// Pivots until no arc of `pricing` has a negative reduced cost.
fn optimize<K: CostNumber, B: Basis<K>>(
    basis: &mut B,
    pricing: &mut impl PricingRule<K, B::Potentials>,
    progress: &mut Progress<'_>,
) -> ControlFlow<Stop> {
    let mut recomputed_at = progress.pivots();
    while let Some(entering) = pricing.entering_arc(basis.potentials()) {
        let leaving = basis.leaving_arc(&entering);
        basis.pivot(&entering, &leaving);
        progress.count_pivot(leaving.flow, entering.reduced);
        let pivots = progress.pivots();
        if pivots - recomputed_at >= basis.pivots_between_recomputations() {
            basis.recompute_potentials();
            recomputed_at = pivots;
        }
        if progress.is_event_due() {
            progress.observe()?;
        }
    }
    ControlFlow::Continue(())
}

/// Recomputes the potentials, asks the observer, and pivots until `pricing` finds no arc.
pub(super) fn pivot<K: CostNumber, B: Basis<K>>(
    basis: &mut B,
    pricing: &mut impl PricingRule<K, B::Potentials>,
    progress: &mut Progress<'_>,
) -> ControlFlow<Stop> {
    basis.recompute_potentials();
    progress.event.phase = "pivoting";
    progress.observe()?;
    optimize(basis, pricing, progress)
}
