//! The starting basis: a greedy forest.
//!
//! Arcs are filled one after another, each as far as its ends allow. Every arc used exhausts one
//! of its ends, which takes no further arc, so the arcs used form a forest, and no more than one
//! node of a tree of that forest has mass left over.

use super::tree::{ForestArc, Tree};
use crate::cost::Cost;
use crate::potentials::smallest_difference;
use crate::solvers::fixed_point::FixedMasses;

/// Masses not yet placed, sources first, and the arcs that placed the others.
struct Greedy {
    sources: usize,
    left: Vec<i128>,
    forest: Vec<ForestArc<f64>>,
}

impl Greedy {
    fn new(masses: &FixedMasses) -> Self {
        let left = masses.supply.iter().chain(&masses.demand).copied().collect();
        Self { sources: masses.supply.len(), left, forest: Vec::new() }
    }

    fn fill(&mut self, source: usize, target: usize, cost: f64) {
        let flow = self.left[source].min(self.left[target]);
        if flow > 0 {
            self.left[source] -= flow;
            self.left[target] -= flow;
            self.forest.push(ForestArc {
                source: source as u32,
                target: target as u32,
                flow,
                cost,
            });
        }
    }

    fn tree(self, artificial: f64) -> Tree<f64> {
        Tree::hang(self.sources, &self.left, &self.forest, artificial)
    }
}

/// Source by source, the targets with room of least `c(i, j) − g_j`, where `g_j` is the least
/// cost of column j. O((n + m)·m) time.
pub(crate) fn by_rows(cost: &dyn Cost, masses: &FixedMasses, artificial: f64) -> Tree<f64> {
    let (n, m) = (cost.n(), cost.m());
    let mut greedy = Greedy::new(masses);
    let mut buffer = vec![0.0; m];
    let mut reduction = vec![f64::INFINITY; m];
    for i in 0..n {
        for (least, c) in reduction.iter_mut().zip(cost.row(i, &mut buffer)) {
            *least = least.min(*c);
        }
    }
    for i in 0..n {
        let row = cost.row(i, &mut buffer);
        while greedy.left[i] > 0 {
            let least = smallest_difference(row, &reduction);
            let Some(j) = row.iter().zip(&reduction).position(|(c, g)| c - g == least) else {
                break;
            };
            if reduction[j] == f64::NEG_INFINITY {
                break;
            }
            greedy.fill(i, n + j, row[j]);
            if greedy.left[n + j] == 0 {
                reduction[j] = f64::NEG_INFINITY;
            }
        }
    }
    greedy.tree(artificial)
}

/// The given arcs (targets as nodes of the tree) in their order, best first.
pub(crate) fn by_order(
    arcs: impl Iterator<Item = (u32, u32, f64)>,
    masses: &FixedMasses,
    artificial: f64,
) -> Tree<f64> {
    let mut greedy = Greedy::new(masses);
    for (source, target, cost) in arcs {
        greedy.fill(source as usize, target as usize, cost);
    }
    greedy.tree(artificial)
}
