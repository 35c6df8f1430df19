//! The flows of a plan to start from: the cells of a plan of a similar problem, with the masses of this
//! one.
//!
//! **Idea.** On a forest the masses determine the flows: the arc of a leaf carries all the mass of the
//! leaf. So leaves are removed one after another, each with its arc, which gets as much as both ends
//! have left. Where only cycles remain, one of their arcs gets its share of the plan and is removed. If
//! the masses are those of the plan, and the plan is a vertex, this gives its flows without rounding.
//!
//! Potentials of the similar problem are not tight on these cells. Relaxations make them so: f is
//! increased to c − g on the cells with flow, g decreased to c − f on the listed arcs, source by source,
//! as in the method of Bellman and Ford on the residual graph. If the plan is optimal still, this ends
//! with potentials for which no listed arc has a negative reduced cost; else it is cut off.
//!
//! **Complexity.** O(n + m + k) for k cells, and up to 64 passes over the listed arcs.

use crate::cost::Cost;
use crate::plan::PlanArc;
use crate::solvers::arcs::{Arc, ArcList, FlowArc};
use crate::solvers::fixed_point::FixedMasses;

/// Positive flows on some of the cells, no larger than the masses allow; targets are numbered from 0.
pub(super) fn flows(cells: &[PlanArc], masses: &FixedMasses, cost: &dyn Cost) -> Vec<FlowArc<f64>> {
    let mut forest = LeafRemoval::new(cells, masses);
    for (k, cell) in cells.iter().enumerate() {
        forest.remove_leaves();
        // A share beyond the range of integers is more than is left.
        forest.remove(k, (cell.mass / masses.to_f64(1)) as i128);
    }
    forest.remove_leaves();
    let flows = cells.iter().zip(forest.flows).filter(|(_, flow)| *flow > 0);
    let arc = |(cell, flow): (&PlanArc, i128)| FlowArc {
        source: cell.source as u32,
        target: cell.target as u32,
        flow,
        cost: cost.at(cell.source, cell.target),
    };
    flows.map(arc).collect()
}

/// Makes potentials tight on the flows and feasible on the list, as far as a few passes do.
/// Violations up to `tolerance` are left.
pub(super) fn tighten(
    (f, g): (&mut [f64], &mut [f64]),
    list: &ArcList,
    flows: &[FlowArc<f64>],
    tolerance: f64,
) {
    const PASSES: usize = 64;
    let of_flow = |arc: &FlowArc<f64>| {
        let &FlowArc { source, target, cost, .. } = arc;
        Arc { source, target, cost }
    };
    let tight = ArcList::from_arcs(list.n(), flows.iter().map(of_flow).collect());
    let mut relax = |i: usize, is_feasible: &mut bool| {
        let (targets, costs) = tight.row(i);
        let reduced = targets.iter().zip(costs).map(|(&j, cost)| cost - g[j as usize]);
        f[i] = reduced.reduce(f64::max).unwrap_or(f[i]);
        let (targets, costs) = list.row(i);
        for (&j, cost) in targets.iter().zip(costs) {
            let room = cost - f[i];
            *is_feasible &= g[j as usize] <= room + tolerance;
            g[j as usize] = g[j as usize].min(room);
        }
    };
    for _ in 0..PASSES / 2 {
        let mut is_feasible = true;
        // There and back: what the first pass carries along the order, the second carries against it.
        (0..list.n()).for_each(|i| relax(i, &mut is_feasible));
        (0..list.n()).rev().for_each(|i| relax(i, &mut is_feasible));
        if is_feasible {
            break;
        }
    }
}

/// The graph of the cells that are not removed yet.
struct LeafRemoval<'a> {
    cells: &'a [PlanArc],
    sources: usize,
    /// Mass left at each node, targets after sources.
    left: Vec<i128>,
    /// Cells at each node, and the exclusive or of their places, which is the place of a single one.
    cells_at: Vec<(u32, usize)>,
    leaves: Vec<usize>,
    /// The flow of each cell; `UNKNOWN` for cells that are not removed.
    flows: Vec<i128>,
}

const UNKNOWN: i128 = -1;

impl<'a> LeafRemoval<'a> {
    fn new(cells: &'a [PlanArc], masses: &FixedMasses) -> Self {
        let sources = masses.supply.len();
        let left = [masses.supply.as_slice(), &masses.demand].concat();
        let mut cells_at = vec![(0, 0); left.len()];
        for (k, cell) in cells.iter().enumerate() {
            for node in [cell.source, sources + cell.target] {
                let (count, places) = &mut cells_at[node];
                (*count, *places) = (*count + 1, *places ^ k);
            }
        }
        let leaves = (0..left.len()).filter(|&node| cells_at[node].0 == 1).collect();
        Self { cells, sources, left, cells_at, leaves, flows: vec![UNKNOWN; cells.len()] }
    }

    fn remove_leaves(&mut self) {
        while let Some(leaf) = self.leaves.pop() {
            if let (1, k) = self.cells_at[leaf] {
                self.remove(k, i128::MAX);
            }
        }
    }

    /// Gives a cell a flow, at most `most` and what both ends have left, unless it has one.
    fn remove(&mut self, k: usize, most: i128) {
        if self.flows[k] != UNKNOWN {
            return;
        }
        let ends = [self.cells[k].source, self.sources + self.cells[k].target];
        let flow = most.min(self.left[ends[0]]).min(self.left[ends[1]]);
        self.flows[k] = flow;
        for node in ends {
            self.left[node] -= flow;
            let (count, places) = &mut self.cells_at[node];
            (*count, *places) = (*count - 1, *places ^ k);
            if *count == 1 {
                self.leaves.push(node);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::CostMatrix;
    use crate::measure::Marginal;
    use ndarray::{Array2, arr1};

    fn found(cells: &[(usize, usize, f64)], mu: &[f64], nu: &[f64]) -> Vec<(u32, u32, f64)> {
        let cell = |&(source, target, mass)| PlanArc { source, target, mass };
        let cells: Vec<_> = cells.iter().map(cell).collect();
        let [source, target] = [mu, nu].map(|mass| Marginal::new(arr1(mass)).unwrap());
        let masses = FixedMasses::new(&source, &target);
        let cost = CostMatrix::new(Array2::<f64>::zeros((mu.len(), nu.len()))).unwrap();
        let flows = flows(&cells, &masses, &cost);
        flows.iter().map(|arc| (arc.source, arc.target, masses.to_f64(arc.flow))).collect()
    }

    #[test]
    fn the_masses_determine_the_flows_of_a_forest() {
        let path = [(0, 0, 0.1), (0, 1, 0.1), (1, 1, 0.1)];
        assert_eq!(
            found(&path, &[0.75, 0.25], &[0.25, 0.75]),
            [(0, 0, 0.25), (0, 1, 0.5), (1, 1, 0.25)]
        );
        let star = [(0, 0, 1.0), (1, 0, 1.0)];
        assert_eq!(found(&star, &[0.25, 0.75], &[1.0]), [(0, 0, 0.25), (1, 0, 0.75)]);
    }

    #[test]
    fn masses_that_do_not_fit_leave_the_rest_unplaced() {
        let pairs = [(0, 0, 0.5), (1, 1, 0.5)];
        assert_eq!(found(&pairs, &[0.75, 0.25], &[0.5, 0.5]), [(0, 0, 0.5), (1, 1, 0.25)]);
        assert_eq!(found(&[], &[1.0], &[1.0]), []);
    }

    #[test]
    fn cycles_keep_their_shares() {
        let square = [(0, 0, 0.25), (0, 1, 0.25), (1, 0, 0.25), (1, 1, 0.25)];
        // A quarter has to be a whole number of units.
        let cells = [square.as_slice(), &[(2, 2, 0.25)]].concat();
        assert_eq!(
            found(&cells, &[0.5, 0.5, 0.25], &[0.5, 0.5, 0.25]),
            [(0, 0, 0.25), (0, 1, 0.25), (1, 0, 0.25), (1, 1, 0.25), (2, 2, 0.25)]
        );
        let huge = square.map(|(i, j, _)| (i, j, 1e300));
        assert_eq!(found(&huge, &[0.5, 0.5], &[0.5, 0.5]), [(0, 0, 0.5), (1, 1, 0.5)]);
    }
}
