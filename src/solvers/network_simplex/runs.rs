//! Runs of consecutive points, each of which a centroid stands for.

/// Points in runs of equal length, the last of which may be shorter, and dummies after them, each a run
/// of its own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Runs {
    /// Number of points that are no dummies.
    points: usize,
    /// Points of a run.
    pub(super) length: usize,
}

impl Runs {
    pub(super) fn new(points: usize, length: usize) -> Self {
        Self { points, length }
    }

    /// The run of a point.
    pub(super) fn of(self, point: usize) -> usize {
        if point < self.points {
            point / self.length
        } else {
            self.points.div_ceil(self.length) + point - self.points
        }
    }

    /// The first point of a run.
    pub(super) fn first(self, run: usize) -> usize {
        let dummies = run.saturating_sub(self.points.div_ceil(self.length));
        (run * self.length).min(self.points + dummies)
    }

    /// Runs of these runs.
    pub(super) fn then(self, coarser: Self) -> Self {
        Self { points: self.points, length: self.length * coarser.length }
    }

    /// The sum of each run.
    pub(super) fn sums(self, mass: &[i128]) -> Vec<i128> {
        let (points, dummies) = mass.split_at(self.points);
        let sums = points.chunks(self.length).map(|run| run.iter().sum());
        sums.chain(dummies.iter().copied()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_is_in_one_run_and_a_dummy_alone() {
        for (points, dummies, length) in [(8, 1, 4), (9, 1, 4), (11, 0, 4), (3, 1, 4), (5, 1, 1)] {
            let runs = Runs::new(points, length);
            let of: Vec<usize> = (0..points + dummies).map(|point| runs.of(point)).collect();
            for (point, &run) in of.iter().enumerate() {
                let first = runs.first(run);
                let alone = point >= points;
                assert!(first <= point && point < first + if alone { 1 } else { length });
                assert_eq!(runs.of(first), run);
            }
            let mass: Vec<i128> = (1..).take(points + dummies).collect();
            let sums = runs.sums(&mass);
            assert_eq!(sums.len(), of[of.len() - 1] + 1);
            for (point, &run) in of.iter().enumerate() {
                let members = of.iter().zip(&mass).filter(|(r, _)| **r == run);
                assert_eq!(members.map(|(_, w)| w).sum::<i128>(), sums[run], "{point}");
            }
        }
    }
}
