//! The starting basis: a greedy forest.
//!
//! Arcs are filled one after another, each as far as its ends allow. Every arc used exhausts one
//! of its ends, which takes no further arc, so the arcs used form a forest.

use super::tree::{ForestArc, Tree};
use crate::cost::Cost;
use crate::potentials::smallest_difference;
use crate::solvers::fixed_point::FixedMasses;

/// Fills the given arcs (targets as nodes of the tree) in their order, best first; then, source
/// by source, what is left goes to the targets with room of least `c(i, j) − g_j`.
///
/// The trees of the forest hang on the root by arcs without flow. What these cost decides
/// nothing but the potentials to begin with: f at the sources they hang by.
/// O(nm) time at worst, if no arcs are given.
pub(crate) fn greedy(
    cost: &dyn Cost,
    masses: &FixedMasses,
    arcs: impl Iterator<Item = (u32, u32, f64)>,
    f: &[f64],
    g: &[f64],
) -> Tree<f64> {
    let n = cost.n();
    let mut supply = masses.supply.clone();
    let mut demand = masses.demand.clone();
    let mut forest = Vec::with_capacity(supply.len() + demand.len());
    let mut fill =
        |source: usize, target: usize, cost: f64, supply: &mut [i128], demand: &mut [i128]| {
            let flow = supply[source].min(demand[target]);
            if flow > 0 {
                supply[source] -= flow;
                demand[target] -= flow;
                forest.push(ForestArc {
                    source: source as u32,
                    target: (n + target) as u32,
                    flow,
                    cost,
                });
            }
        };
    for (source, target, cost) in arcs {
        fill(source as usize, target as usize - n, cost, &mut supply, &mut demand);
    }
    let mut buffer = vec![0.0; cost.m()];
    let mut room: Vec<f64> =
        g.iter().zip(&demand).map(|(&g, &d)| if d > 0 { g } else { f64::NEG_INFINITY }).collect();
    for i in 0..n {
        if supply[i] == 0 {
            continue;
        }
        let row = cost.row(i, &mut buffer);
        while supply[i] > 0 {
            let j = least(row, &room);
            fill(i, j, row[j], &mut supply, &mut demand);
            if demand[j] == 0 {
                room[j] = f64::NEG_INFINITY;
            }
        }
    }
    Tree::hang(n, n + cost.m(), &forest, f)
}

/// The place of the least `row_j − g_j`.
fn least(row: &[f64], g: &[f64]) -> usize {
    let least = smallest_difference(row, g);
    row.iter()
        .zip(g)
        .position(|(c, g)| c - g == least)
        .expect("the least difference is one of them")
}

/// The least cost of every column: the potentials of the targets to begin with when nothing is
/// known.
pub(crate) fn column_minima(cost: &dyn Cost) -> Vec<f64> {
    let mut buffer = vec![0.0; cost.m()];
    let mut minima = vec![f64::INFINITY; cost.m()];
    for i in 0..cost.n() {
        for (least, c) in minima.iter_mut().zip(cost.row(i, &mut buffer)) {
            *least = least.min(*c);
        }
    }
    minima
}
