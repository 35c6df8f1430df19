//! The bottleneck distance between persistence diagrams.

use super::PersistenceProblem;
use crate::progress::Observer;
use crate::solvers::bottleneck::Bottleneck;

/// The bottleneck distance between two diagrams with its proof.
#[derive(Debug, Clone, PartialEq)]
pub struct PersistenceBottleneck {
    /// At most the distance: the larger of the lower bounds of both parts.
    pub lower: f64,
    /// At least the distance: the larger of the upper bounds of both parts.
    pub upper: f64,
    /// The points of finite death and the diagonal, which is the last source and the last target.
    pub points: Bottleneck,
    /// The essential classes, if there are as many in both diagrams, and not none.
    pub essential: Option<Bottleneck>,
}

impl PersistenceProblem {
    /// The bottleneck distance W_∞ of a problem whose ground cost is a distance: the least number such
    /// that all points are matched, with points or the diagonal, at no larger distance. Infinite for
    /// different numbers of essential classes. `observer` may stop it.
    pub fn bottleneck(&self, observer: &mut dyn Observer) -> PersistenceBottleneck {
        let points = self.balanced().bottleneck(observer);
        let essential = self.essential.as_ref().map(|problem| problem.bottleneck(observer));
        let (k, l) = self.essential_shape;
        let least = if k == l { 0.0 } else { f64::INFINITY };
        let bound = |of: fn(&Bottleneck) -> f64| {
            essential.as_ref().map_or(least, of).max(least).max(of(&points))
        };
        let (lower, upper) = (bound(Bottleneck::lower), bound(Bottleneck::upper));
        PersistenceBottleneck { lower, upper, points, essential }
    }
}
