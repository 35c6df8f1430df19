//! The initial basis: a greedy plan.
//!
//! Arcs get flow one after another, each as much as its ends allow. Every such arc exhausts one of
//! its ends, which takes no further arc, so these arcs form a forest. Flows that are given may close
//! cycles, which `basis_from_plan.rs` cancels.

use super::basis_from_plan;
use super::threaded_tree::ThreadedTree;
use crate::cost::Cost;
use crate::potentials::smallest_difference;
use crate::progress::IsOver;
use crate::solvers::arcs::{Arc, FlowArc};
use crate::solvers::candidate_arcs::candidates::roughly_smallest;
use crate::solvers::fixed_point::FixedMasses;

/// The greedy basis. It takes the given flows, then fills the given arcs (targets as nodes of the
/// tree) in their order. The remaining supply of each source goes to the targets with remaining demand
/// of least `c(i, j) − g_j`; in many dimensions a few of these are searched for all such sources at
/// once, repeatedly.
///
/// If the time is up before that is done, the rest is placed by the north-west corner rule.
///
/// Components of flows become children of the root over arcs without flow, whose costs set the initial
/// potentials: f at the sources where they are attached. O(nm) time at worst, if no arcs are given.
pub(crate) fn greedy(
    cost: &dyn Cost,
    masses: &FixedMasses,
    flows: Vec<FlowArc<f64>>,
    arcs: impl Iterator<Item = Arc>,
    (f, g): (&[f64], &[f64]),
    is_over: IsOver<'_>,
) -> ThreadedTree<f64> {
    let n = cost.n();
    let mut filling = GreedyFill::new(masses);
    for FlowArc { source, target, flow, cost } in flows {
        filling.add(source, target, flow, cost);
    }
    for Arc { source, target, cost } in arcs {
        filling.fill(source as usize, target as usize - n, cost);
    }
    if cost.is_screened() {
        while filling.fill_screened(cost, g, is_over) {}
    } else {
        filling.fill_rows(cost, g, is_over);
    }
    filling.fill_corner(cost);
    basis_from_plan::basis(n, n + cost.m(), filling.plan, f)
}

/// Remaining supply and demand, and the arcs used so far.
struct GreedyFill {
    supply: Vec<i128>,
    demand: Vec<i128>,
    plan: Vec<FlowArc<f64>>,
}

impl GreedyFill {
    fn new(masses: &FixedMasses) -> Self {
        let (supply, demand) = (masses.supply.clone(), masses.demand.clone());
        let plan = Vec::with_capacity(supply.len() + demand.len());
        Self { supply, demand, plan }
    }

    fn fill(&mut self, source: usize, target: usize, cost: f64) {
        let flow = self.supply[source].min(self.demand[target]);
        if flow > 0 {
            self.add(source as u32, target as u32, flow, cost);
        }
    }

    fn add(&mut self, source: u32, target: u32, flow: i128, cost: f64) {
        self.supply[source as usize] -= flow;
        self.demand[target as usize] -= flow;
        let target = self.supply.len() as u32 + target;
        self.plan.push(FlowArc { source, target, flow, cost });
    }

    /// Fills the best of a few arcs from every source with supply to targets with demand. Returns
    /// whether there was supply, and time.
    fn fill_screened(&mut self, cost: &dyn Cost, g: &[f64], is_over: IsOver<'_>) -> bool {
        /// Arcs searched from a source.
        const ARCS_PER_SOURCE: usize = 8;
        let sources = 0..self.supply.len() as u32;
        let sources: Vec<u32> = sources.filter(|&i| self.supply[i as usize] > 0).collect();
        if sources.is_empty() || is_over() {
            return false;
        }
        let mut search = cost.search_targets().expect("points are screened");
        search.fit(&self.room(g));
        let Some(found) = roughly_smallest(search.as_ref(), &sources, ARCS_PER_SOURCE, is_over)
        else {
            return false;
        };
        let mut order: Vec<(f64, u32, u32)> = sources
            .iter()
            .zip(&found)
            .flat_map(|(&i, found)| found.iter().map(move |&(value, j)| (value, i, j)))
            .collect();
        order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        for (_, i, j) in order {
            let (i, j) = (i as usize, j as usize);
            self.fill(i, j, cost.at(i, j));
        }
        true
    }

    /// g of the targets with remaining demand, −∞ for the others.
    fn room(&self, g: &[f64]) -> Vec<f64> {
        let room = |(&g, &d): (&f64, &i128)| if d > 0 { g } else { f64::NEG_INFINITY };
        g.iter().zip(&self.demand).map(room).collect()
    }

    /// Fills from each source the best arcs to targets with remaining demand.
    fn fill_rows(&mut self, cost: &dyn Cost, g: &[f64], is_over: IsOver<'_>) {
        let mut buffer = vec![0.0; cost.m()];
        let mut room = self.room(g);
        for i in 0..cost.n() {
            if self.supply[i] == 0 {
                continue;
            }
            if is_over() {
                return;
            }
            let row = cost.row(i, &mut buffer);
            while self.supply[i] > 0 {
                let j = least(row, &room);
                self.fill(i, j, row[j]);
                if self.demand[j] == 0 {
                    room[j] = f64::NEG_INFINITY;
                }
            }
        }
    }

    /// Places the rest by the north-west corner rule.
    fn fill_corner(&mut self, cost: &dyn Cost) {
        let mut target = 0;
        for source in 0..self.supply.len() {
            while self.supply[source] > 0 && target < self.demand.len() {
                if self.demand[target] == 0 {
                    target += 1;
                } else {
                    self.fill(source, target, cost.at(source, target));
                }
            }
        }
    }
}

/// The index of the least `row_j − g_j`.
fn least(row: &[f64], g: &[f64]) -> usize {
    let least = smallest_difference(row, g);
    row.iter()
        .zip(g)
        .position(|(c, g)| c - g == least)
        .expect("the least difference is one of them")
}

/// The least cost of every column: initial potentials of the targets when nothing else is known.
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
