//! Divergences as mathematics and other people's programs have them.

mod closed_forms;
mod coverage;
mod golden;
mod inequalities;

use deblais::divergence::FDivergence;
use deblais::divergence::named::{NAMES, f_divergence};

/// Every f-divergence, with some orders of α.
pub(crate) fn all() -> impl Iterator<Item = FDivergence> {
    let named = NAMES.into_iter().filter_map(|name| f_divergence(name, 2.5));
    named.chain([-0.5, 0.5].map(FDivergence::Alpha))
}
