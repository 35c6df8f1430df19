//! The best potentials found before the basis is optimal.

use super::threaded_tree::ThreadedTree;
use crate::potentials::Potentials;

/// Potentials of centroids, each of which stands for a run of consecutive points.
pub(super) struct KnownPotentials {
    potentials: Potentials,
    /// Points of a run, on the source side and on the target side.
    runs: (usize, usize),
}

impl KnownPotentials {
    /// Potentials of single points.
    pub(super) fn new(potentials: Potentials) -> Self {
        Self { potentials, runs: (1, 1) }
    }

    /// The potentials of a basis.
    pub(super) fn of(tree: &ThreadedTree<f64>) -> Self {
        let (f, minus_g) = tree.potentials().split_at(tree.sources());
        let g = minus_g.iter().map(|g| -g).collect();
        Self::new(Potentials::from_finite(f.to_vec().into(), g))
    }

    /// These potentials on a finer level, whose points are in runs of the given lengths.
    pub(super) fn on_finer_level(self, runs: (usize, usize)) -> Self {
        Self { runs: (self.runs.0 * runs.0, self.runs.1 * runs.1), ..self }
    }

    /// The potentials as they are stored, a number a run.
    pub(super) fn stored(&self) -> &Potentials {
        &self.potentials
    }

    /// The potentials of the first n sources.
    pub(super) fn of_sources(&self, n: usize) -> Vec<f64> {
        (0..n).map(|i| self.potentials.f()[i / self.runs.0]).collect()
    }

    /// The potentials of n sources and m targets: every point takes that of its run. A c-transform
    /// would prove more, but takes a pass over all points when the time is up; the certificate
    /// computes it.
    pub(super) fn of_points(self, n: usize, m: usize) -> Potentials {
        if self.runs == (1, 1) {
            return self.potentials;
        }
        let f = self.of_sources(n).into();
        let g = (0..m).map(|j| self.potentials.g()[j / self.runs.1]).collect();
        Potentials::from_finite(f, g)
    }
}
