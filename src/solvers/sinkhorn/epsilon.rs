//! The regularization strength ε, absolute or relative to a typical cost.

use crate::cost::Cost;
use crate::math;
use crate::problem::OtProblem;
use crate::solvers::candidate_arcs::sampling::next;

/// The strength ε of the entropy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Epsilon {
    /// In the units of the cost.
    Absolute(f64),
    /// As a multiple of [`typical_cost`]: it means the same in any units.
    Relative(f64),
}

impl Epsilon {
    /// ε in the units of the cost, given the [`typical_cost`].
    #[must_use]
    pub fn resolve(self, typical_cost: f64) -> f64 {
        match self {
            Self::Absolute(epsilon) => epsilon,
            Self::Relative(share) => share * typical_cost,
        }
    }
}

/// Cells of the sample for the typical cost, if there are more.
const SAMPLE_CELLS: usize = 100_000;

/// Cells of the sample where the order of magnitude is enough.
const ROUGH_SAMPLE_CELLS: usize = 256;

/// The median size |c(i, j)| of 10⁵ pairs of atoms with mass, drawn by a fixed seed (of all pairs
/// if there are no more than that); their mean if the median is zero; 1 if all of them are.
#[must_use]
pub fn typical_cost(problem: &OtProblem) -> f64 {
    typical_of(problem, SAMPLE_CELLS)
}

/// [`typical_cost`] from a small sample.
pub(super) fn rough_cost(problem: &OtProblem) -> f64 {
    typical_of(problem, ROUGH_SAMPLE_CELLS)
}

fn typical_of(problem: &OtProblem, cells: usize) -> f64 {
    let with_mass = |mass: ndarray::ArrayView1<'_, f64>| -> Vec<usize> {
        (0..mass.len()).filter(|&k| mass[k] > 0.0).collect()
    };
    let mut sizes =
        sizes(problem.cost(), &with_mass(problem.source()), &with_mass(problem.target()), cells);
    let middle = sizes.len() / 2;
    let (below, &mut upper, _) = sizes.select_nth_unstable_by(middle, f64::total_cmp);
    let lower = below.iter().copied().fold(0.0, f64::max);
    let median = if sizes.len().is_multiple_of(2) { lower.midpoint(upper) } else { upper };
    let mean = math::sum(&sizes) / sizes.len() as f64;
    [median, mean].into_iter().find(|&size| size > 0.0).unwrap_or(1.0)
}

fn sizes(cost: &dyn Cost, rows: &[usize], columns: &[usize], cells: usize) -> Vec<f64> {
    if rows.len().saturating_mul(columns.len()) <= cells {
        let pairs = rows.iter().flat_map(|&i| columns.iter().map(move |&j| (i, j)));
        return pairs.map(|(i, j)| cost.at(i, j).abs()).collect();
    }
    let mut state = 0x0005_1A4B_0EA7_E050;
    let mut pick = |from: &[usize]| {
        let place = (u128::from(next(&mut state)) * from.len() as u128) >> 64;
        from[usize::try_from(place).expect("below the length")]
    };
    (0..cells).map(|_| cost.at(pick(rows), pick(columns)).abs()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::{CostMatrix, Euclidean};
    use crate::measure::DiscreteMeasure;
    use ndarray::{Array2, array};

    fn matrix(entries: Array2<f64>) -> OtProblem<'static> {
        let (n, m) = entries.dim();
        let mass = |n: usize| ndarray::Array1::from_elem(n, 1.0 / n as f64);
        let cost = CostMatrix::new(entries).unwrap();
        OtProblem::new(&mass(n), &mass(m), cost).unwrap()
    }

    #[test]
    fn it_is_the_median_or_the_mean_or_one() {
        assert_eq!(typical_cost(&matrix(array![[1.0, -2.0, 30.0]])), 2.0);
        assert_eq!(typical_cost(&matrix(array![[1.0, 2.0], [30.0, 4.0]])), 3.0);
        assert_eq!(typical_cost(&matrix(array![[0.0, 0.0, 6.0]])), 2.0);
        assert_eq!(typical_cost(&matrix(array![[0.0, 0.0]])), 1.0);
    }

    #[test]
    fn a_sample_is_close_to_the_whole_and_ignores_atoms_without_mass() {
        let points = |n: usize, far: f64| {
            let place = |i: usize| if i < n { i as f64 / n as f64 } else { far };
            let mass = (0..=n).map(|i| if i < n { 1.0 / n as f64 } else { 0.0 }).collect();
            let support = Array2::from_shape_fn((n + 1, 1), |(i, _)| place(i));
            DiscreteMeasure::new(support, mass).unwrap()
        };
        let problem = OtProblem::new(&points(500, 1e9), &points(500, -1e9), Euclidean).unwrap();
        // The median distance of two uniform points in [0, 1] is 1 − 1/√2.
        assert!((typical_cost(&problem) - (1.0 - 0.5_f64.sqrt())).abs() < 3e-3);
    }
}
