//! Divisions of the pooled points into two samples.

use rand::seq::SliceRandom;

use crate::seed::Seed;

/// The pooled points of each sample, in ascending order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Split {
    pub(super) source: Vec<usize>,
    pub(super) target: Vec<usize>,
}

impl Split {
    /// The samples as they are given.
    pub(super) fn observed((n, m): (usize, usize)) -> Self {
        Self { source: (0..n).collect(), target: (n..n + m).collect() }
    }

    /// Permutation number b of a seed: every division into n and m points is as likely.
    pub(super) fn drawn((n, m): (usize, usize), seed: Seed, b: usize) -> Self {
        let mut order: Vec<usize> = (0..n + m).collect();
        let mut stream = seed.stream(&format!("permutation {b}"));
        let (few, rest) = order.partial_shuffle(&mut stream, n.min(m));
        let [few, rest] = [few, rest].map(|points| {
            points.sort_unstable();
            points.to_vec()
        });
        if n <= m { Self { source: few, target: rest } } else { Self { source: rest, target: few } }
    }

    /// The smaller sample, the first if they are equal.
    pub(super) fn smaller(&self) -> &[usize] {
        if self.source.len() <= self.target.len() { &self.source } else { &self.target }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn all_divisions_are_drawn_evenly() {
        for sizes in [(2, 3), (3, 2)] {
            let mut counts = HashMap::new();
            for b in 0..5000 {
                let Split { source, target } = Split::drawn(sizes, Seed(1), b);
                assert_eq!((source.len(), target.len()), sizes);
                assert!((0..5).all(|i| source.contains(&i) != target.contains(&i)));
                *counts.entry(source).or_insert(0_u32) += 1;
            }
            // Five standard deviations of a binomial count.
            assert_eq!(counts.len(), 10);
            assert!(counts.values().all(|count| count.abs_diff(500) < 106), "{counts:?}");
        }
    }
}
