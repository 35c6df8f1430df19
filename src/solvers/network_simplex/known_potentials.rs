//! The best potentials found before the basis is optimal.

use super::runs::Runs;
use super::threaded_tree::ThreadedTree;
use crate::potentials::Potentials;

/// Potentials of centroids, each of which stands for a run of consecutive points.
pub(super) struct KnownPotentials {
    potentials: Potentials,
    /// The runs of the source side and of the target side.
    runs: Option<(Runs, Runs)>,
}

impl KnownPotentials {
    /// Potentials of single points.
    pub(super) fn new(potentials: Potentials) -> Self {
        Self { potentials, runs: None }
    }

    /// The potentials of a basis.
    pub(super) fn of(tree: &ThreadedTree<f64>) -> Self {
        let (f, minus_g) = tree.potentials().split_at(tree.sources());
        let g = minus_g.iter().map(|g| -g).collect();
        Self::new(Potentials::from_finite(f.to_vec().into(), g))
    }

    /// These potentials on a finer level, whose points are in runs of the given lengths.
    pub(super) fn on_finer_level(self, runs: (Runs, Runs)) -> Self {
        let runs =
            self.runs.map_or(runs, |coarser| (runs.0.then(coarser.0), runs.1.then(coarser.1)));
        Self { runs: Some(runs), ..self }
    }

    /// The potentials as they are stored, a number a run.
    pub(super) fn stored(&self) -> &Potentials {
        &self.potentials
    }

    /// The potentials of the first n sources.
    pub(super) fn of_sources(&self, n: usize) -> Vec<f64> {
        let run = |i| self.runs.map_or(i, |runs| runs.0.of(i));
        (0..n).map(|i| self.potentials.f()[run(i)]).collect()
    }

    /// The potentials of n sources and m targets: every point takes that of its run. A c-transform
    /// would prove more, but takes a pass over all points when the time is up; the certificate
    /// computes it.
    pub(super) fn of_points(self, n: usize, m: usize) -> Potentials {
        let Some((_, runs)) = self.runs else { return self.potentials };
        let f = self.of_sources(n).into();
        let g = (0..m).map(|j| self.potentials.g()[runs.of(j)]).collect();
        Potentials::from_finite(f, g)
    }
}
