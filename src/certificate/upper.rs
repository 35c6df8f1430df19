//! The bound from above: what the exact flow on a plan's cells costs.
//!
//! The cells of a stored plan are rounded, and thirds do not add up to 1 in `f64`. So a plan is read
//! as a *support*: on a spanning forest of its cells, the largest ones, the masses determine the flow,
//! which is computed in integers; the cells beside the forest keep what they carry, as far as both
//! ends have it. Only what this cannot carry is placed elsewhere, by the north-west corner, and
//! charged in full. The result has the marginals of the problem to the last bit, and its cost is
//! summed without rounding.

#![expect(
    clippy::cast_possible_truncation,
    reason = "nodes are numbered in u32: 2³² of them would not fit in memory"
)]

use petgraph::unionfind::UnionFind;

use crate::math::Wide;
use crate::math::exact::{ExactSum, UNIT_EXPONENT, decompose, quotient_above};
use crate::measure::IntegerMasses;
use crate::plan::{PlanArc, TransportPlan};
use crate::problem::OtProblem;

/// The cost of a plan: all of it, or its largest part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Objective {
    /// `Σ c·γ`.
    TransportCost,
    /// The largest c where γ > 0.
    LargestCost,
}

/// A feasible plan and a bound of its cost.
pub(super) struct UpperBound {
    /// At least the objective at the plan, hence at least the optimum.
    pub(super) cost: f64,
    pub(super) plan: TransportPlan,
}

/// Cells beside the forest carry multiples of 2 to minus this power of an integer unit: of n equal
/// masses each is one unit, and a plan may split it.
const REFINEMENT: u64 = 64;

/// The bound that the cells of a plan prove. O(k log k + n + m) for k cells.
pub(super) fn bound(problem: &OtProblem, plan: &TransportPlan, objective: Objective) -> UpperBound {
    let (source, target) = problem.marginals();
    let masses = IntegerMasses::new(source, target);
    let in_forest = spanning_forest(plan);
    let refinement = if in_forest.contains(&false) { REFINEMENT } else { 0 };
    let support = Support { plan, in_forest, refinement, objective };
    // Room for the product of a unit and a significand.
    match masses.bits() + refinement + 65 {
        bits if bits <= Wide::<2>::BITS => bound_in::<2>(problem, &support, &masses),
        bits if bits <= Wide::<4>::BITS => bound_in::<4>(problem, &support, &masses),
        bits if bits <= Wide::<16>::BITS => bound_in::<16>(problem, &support, &masses),
        // Two sums of `f64` have 2·(2098 + 64) bits at most.
        _ => bound_in::<72>(problem, &support, &masses),
    }
}

/// The cells of a plan, and how finely flows on them are counted.
struct Support<'a> {
    plan: &'a TransportPlan,
    /// Which cells make up a spanning forest.
    in_forest: Vec<bool>,
    /// Flows are counted in 2 to minus this power of the integer units of the masses.
    refinement: u64,
    objective: Objective,
}

impl Support<'_> {
    /// The refinement as an exponent.
    fn power(&self) -> i64 {
        i64::try_from(self.refinement).unwrap_or_default()
    }
}

fn bound_in<const N: usize>(
    problem: &OtProblem,
    support: &Support<'_>,
    masses: &IntegerMasses,
) -> UpperBound {
    let flows = exact_flow::<N>(problem, support, masses);
    let cost = match support.objective {
        Objective::TransportCost => transport_cost(problem, support, masses, &flows),
        Objective::LargestCost => {
            let costs = flows.iter().map(|flow| flow.cost(problem));
            costs.fold(f64::NEG_INFINITY, f64::max)
        }
    };
    UpperBound { cost, plan: rounded(support, &flows, masses) }
}

/// At least `Σ c·γ` of the flows.
fn transport_cost<const N: usize>(
    problem: &OtProblem,
    support: &Support<'_>,
    masses: &IntegerMasses,
    flows: &[Flow<N>],
) -> f64 {
    let mut sum = ExactSum::default();
    for flow in flows {
        let cost = flow.cost(problem);
        if !cost.is_finite() {
            return f64::INFINITY;
        }
        sum.add_multiple(flow.units.limbs(), cost);
    }
    let (numerator, denominator, exponent) =
        masses.of_units(&sum.to_integer(), UNIT_EXPONENT - support.power());
    quotient_above(&numerator, &denominator, exponent)
}

/// The flows as a plan, each rounded.
fn rounded<const N: usize>(
    support: &Support<'_>,
    flows: &[Flow<N>],
    masses: &IntegerMasses,
) -> TransportPlan {
    let rounded = masses.masses_of(flows.iter().map(|flow| flow.units), support.power());
    let arcs = flows.iter().zip(rounded).map(|(flow, mass)| {
        let (source, target) = flow.cell();
        PlanArc { source, target, mass }
    });
    TransportPlan::from_arcs(support.plan.n(), support.plan.m(), arcs.collect())
}

/// The flow on one cell, in refined integer units.
#[derive(Debug, Clone, Copy)]
struct Flow<const N: usize> {
    source: u32,
    target: u32,
    units: Wide<N>,
}

impl<const N: usize> Flow<N> {
    /// From source i to target j.
    fn new(i: usize, j: usize, units: Wide<N>) -> Self {
        Self { source: i as u32, target: j as u32, units }
    }

    fn cell(&self) -> (usize, usize) {
        (self.source as usize, self.target as usize)
    }

    /// At least the cost of the cell.
    fn cost(&self, problem: &OtProblem) -> f64 {
        let (source, target) = self.cell();
        problem.cost().enclosure(source, target).1
    }
}

/// A feasible flow, on the cells of the plan as far as they can carry it.
fn exact_flow<const N: usize>(
    problem: &OtProblem,
    support: &Support<'_>,
    masses: &IntegerMasses,
) -> Vec<Flow<N>> {
    let (arcs, n, m) = (support.plan.arcs(), support.plan.n(), support.plan.m());
    let (source, target) = problem.marginals();
    // The mass that is left to be carried: sources, then targets.
    let mut left: Vec<Wide<N>> = masses.units(0, source);
    left.extend(masses.units::<N>(1, target));
    for left in &mut left {
        *left = left.scaled(support.power());
    }
    let mut flows = Vec::with_capacity(n + m);
    let (factor, exponent) = masses.units_of_mass();
    let factor = Wide::<N>::from_natural(&factor);
    let cells = || arcs.iter().zip(&support.in_forest);
    for (arc, _) in cells().filter(|(_, in_forest)| !**in_forest) {
        let (significand, of_mass) = decompose(arc.mass);
        let (i, j) = (arc.source, n + arc.target);
        let most = left[i].min(left[j]);
        let power = of_mass + exponent + support.power();
        let units = units_at_most(factor, significand, power, most);
        (left[i], left[j]) = (left[i] - units, left[j] - units);
        flows.push(Flow::new(arc.source, arc.target, units));
    }
    let forest = cells().filter(|(_, in_forest)| **in_forest);
    let forest: Vec<(u32, u32)> =
        forest.map(|(arc, _)| (arc.source as u32, (n + arc.target) as u32)).collect();
    let carried = flow_on_forest(&mut left, &forest);
    let of_forest = forest.iter().zip(carried);
    flows.extend(of_forest.map(|(&(i, j), units)| Flow::new(i as usize, j as usize - n, units)));
    flows.extend(north_west_corner(&left, n));
    flows.retain(|flow| flow.units.is_positive());
    flows
}

/// `factor·significand·2^power`, without its fraction, or `most` if that is less.
fn units_at_most<const N: usize>(
    factor: Wide<N>,
    significand: u64,
    power: i64,
    most: Wide<N>,
) -> Wide<N> {
    let bits = factor.bits() + 64 + u64::try_from(power).unwrap_or_default();
    if bits > Wide::<N>::BITS { most } else { factor.times(significand).scaled(power).min(most) }
}

/// Which cells make up a spanning forest: all of them, if they have no cycle, else the largest.
fn spanning_forest(plan: &TransportPlan) -> Vec<bool> {
    let (n, arcs) = (plan.n(), plan.arcs());
    let mut chosen = vec![false; arcs.len()];
    let mut order: Vec<usize> = (0..arcs.len()).collect();
    loop {
        let mut components = UnionFind::<usize>::new(n + plan.m());
        for &k in &order {
            chosen[k] = components.union(arcs[k].source, n + arcs[k].target);
        }
        if !chosen.contains(&false) || order.is_sorted_by(|&a, &b| arcs[a].mass >= arcs[b].mass) {
            return chosen;
        }
        order.sort_by(|&a, &b| arcs[b].mass.total_cmp(&arcs[a].mass));
    }
}

/// The flow on the arcs of a forest that the masses of its nodes determine, from the leaves to the
/// roots. On entry `left` is the mass to be carried, on return the mass that no flow ≥ 0 on the forest
/// can carry: a node whose children send more than its mass returns the excess to them.
fn flow_on_forest<const N: usize>(left: &mut [Wide<N>], forest: &[(u32, u32)]) -> Vec<Wide<N>> {
    let rooted = RootedForest::of(left.len(), forest);
    let mut flow = vec![Wide::ZERO; forest.len()];
    for v in rooted.preorder.iter().rev().map(|&v| v as usize) {
        for (child, arc) in rooted.children(v) {
            if !left[v].is_negative() {
                break;
            }
            let returned = flow[arc].min(-left[v]);
            flow[arc] = flow[arc] - returned;
            left[child] = left[child] + returned;
            left[v] = left[v] + returned;
        }
        if let Some((parent, arc)) = rooted.above(v) {
            flow[arc] = left[v];
            left[parent] = left[parent] - left[v];
            left[v] = Wide::ZERO;
        }
    }
    flow
}

/// A forest with a root in each component.
struct RootedForest {
    preorder: Vec<u32>,
    /// The node above, and the arc to it.
    parent: Vec<(u32, u32)>,
    /// All neighbors with the arcs to them, those of one node after those of another.
    neighbors: Vec<(u32, u32)>,
    /// Where those of each node start.
    start: Vec<u32>,
}

/// No node.
const NONE: u32 = u32::MAX;

impl RootedForest {
    fn of(nodes: usize, forest: &[(u32, u32)]) -> Self {
        let (neighbors, start) = neighbors(nodes, forest);
        let parent = vec![(NONE, NONE); nodes];
        let mut rooted = Self { preorder: Vec::with_capacity(nodes), parent, neighbors, start };
        let mut is_reached = vec![false; nodes];
        let mut stack = Vec::new();
        for root in 0..nodes {
            if is_reached[root] {
                continue;
            }
            is_reached[root] = true;
            stack.push(root);
            while let Some(v) = stack.pop() {
                rooted.preorder.push(v as u32);
                for k in rooted.places(v) {
                    let (next, arc) = rooted.neighbors[k];
                    if !is_reached[next as usize] {
                        is_reached[next as usize] = true;
                        rooted.parent[next as usize] = (v as u32, arc);
                        stack.push(next as usize);
                    }
                }
            }
        }
        rooted
    }

    /// Where the neighbors of v are.
    fn places(&self, v: usize) -> std::ops::Range<usize> {
        self.start[v] as usize..self.start[v + 1] as usize
    }

    /// The node above v, with the arc to it, unless v is a root.
    fn above(&self, v: usize) -> Option<(usize, usize)> {
        let (parent, arc) = self.parent[v];
        (parent != NONE).then_some((parent as usize, arc as usize))
    }

    /// The nodes below v, with the arcs to them.
    fn children(&self, v: usize) -> impl Iterator<Item = (usize, usize)> {
        let above = self.parent[v].1;
        let all = &self.neighbors[self.places(v)];
        let below = all.iter().filter(move |(_, arc)| *arc != above);
        below.map(|&(child, arc)| (child as usize, arc as usize))
    }
}

/// The neighbors of each node with the arcs to them, and where those of each node start.
fn neighbors(nodes: usize, arcs: &[(u32, u32)]) -> (Vec<(u32, u32)>, Vec<u32>) {
    let mut start = vec![0; nodes + 1];
    for &(u, v) in arcs {
        start[u as usize + 1] += 1;
        start[v as usize + 1] += 1;
    }
    for k in 0..nodes {
        start[k + 1] += start[k];
    }
    let mut next = start.clone();
    let mut neighbors = vec![(0, 0); 2 * arcs.len()];
    for (arc, &(u, v)) in (0..).zip(arcs) {
        for (from, to) in [(u, v), (v, u)] {
            let place = &mut next[from as usize];
            neighbors[*place as usize] = (to, arc);
            *place += 1;
        }
    }
    (neighbors, start)
}

/// Places what is left of n sources and of the targets behind them, from the first of each on.
fn north_west_corner<const N: usize>(left: &[Wide<N>], n: usize) -> Vec<Flow<N>> {
    let open = |range: std::ops::Range<usize>| {
        range.filter(|&v| left[v].is_positive()).map(|v| (v, left[v]))
    };
    let (mut sources, mut targets) = (open(0..n), open(n..left.len()));
    let (mut source, mut target) = (sources.next(), targets.next());
    let mut flows = Vec::new();
    while let (Some((i, supply)), Some((j, demand))) = (source, target) {
        let units = supply.min(demand);
        flows.push(Flow::new(i, j - n, units));
        source = if supply > units { Some((i, supply - units)) } else { sources.next() };
        target = if demand > units { Some((j, demand - units)) } else { targets.next() };
    }
    flows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::CostMatrix;
    use crate::measure::Marginal;
    use crate::seed::Seed;
    use ndarray::{Array1, Array2};
    use rand::Rng as _;

    /// A problem with masses over many decades, some of them 0, and any cells as its plan.
    fn draw(seed: u64) -> (OtProblem<'static>, TransportPlan) {
        let mut stream = Seed(seed).stream("upper");
        let (n, m) = (stream.random_range(1..9), stream.random_range(1..9));
        let mut marginal = |count: usize| {
            let weight = |_| match stream.random_range(0..5) {
                0 => 0.0,
                1 => 10.0_f64.powi(-stream.random_range(0..30)),
                _ => stream.random_range(0.1..1.0),
            };
            let mut weights: Array1<f64> = (0..count).map(weight).collect();
            weights[0] += 1.0;
            Marginal::normalized(weights).unwrap()
        };
        let (source, target) = (marginal(n), marginal(m));
        let cost = CostMatrix::new(Array2::from_elem((n, m), 1.0)).unwrap();
        let problem = OtProblem::between(source, target, Box::new(cost), 0.0).unwrap();
        let cells = stream.random_range(0..=n * m);
        let arc = |_| PlanArc {
            source: stream.random_range(0..n),
            target: stream.random_range(0..m),
            mass: stream.random_range(0.0..1.0),
        };
        let arcs = (0..cells).map(arc).collect();
        (problem, TransportPlan::new(n, m, arcs).unwrap())
    }

    #[test]
    fn every_flow_has_the_marginals_to_the_last_unit() {
        for seed in 0..500 {
            let (problem, plan) = draw(seed);
            let (source, target) = problem.marginals();
            let masses = IntegerMasses::new(source, target);
            let in_forest = spanning_forest(&plan);
            let objective = Objective::TransportCost;
            let support = Support { plan: &plan, in_forest, refinement: seed % 2, objective };
            let mut left: Vec<Wide<16>> = masses.units(0, source);
            left.extend(masses.units::<16>(1, target));
            for left in &mut left {
                *left = left.scaled(support.power());
            }
            for flow in exact_flow::<16>(&problem, &support, &masses) {
                assert!(flow.units.is_positive());
                let (i, j) = flow.cell();
                left[i] = left[i] - flow.units;
                left[plan.n() + j] = left[plan.n() + j] - flow.units;
            }
            assert!(left.iter().all(|&left| left == Wide::ZERO), "seed {seed}");
            // All costs are 1, and so is the total.
            assert_eq!(bound(&problem, &plan, objective).cost, 1.0, "seed {seed}");
        }
    }

    #[test]
    fn a_forest_that_can_carry_the_masses_carries_them_alone() {
        // A path s0 – t0 – s1 – t1: the flow is determined, whatever the cells say.
        let source = Marginal::new(ndarray::array![3.0, 4.0]).unwrap();
        let target = Marginal::new(ndarray::array![5.0, 2.0]).unwrap();
        let cost = CostMatrix::new(ndarray::array![[1.0, 1e9], [10.0, 100.0]]).unwrap();
        let problem = OtProblem::between(source, target, Box::new(cost), 0.0).unwrap();
        let arc = |source, target| PlanArc { source, target, mass: 0.7 };
        let plan = TransportPlan::new(2, 2, vec![arc(0, 0), arc(1, 0), arc(1, 1)]).unwrap();
        let found = bound(&problem, &plan, Objective::TransportCost);
        assert_eq!(found.cost, 3.0 + 20.0 + 200.0);
        let masses: Vec<f64> = found.plan.arcs().iter().map(|arc| arc.mass).collect();
        assert_eq!(masses, [3.0, 2.0, 2.0]);
    }

    /// Once halves of equal masses were rounded to whole ones, and moved elsewhere.
    #[test]
    fn equal_masses_may_be_split() {
        let cost = CostMatrix::new(ndarray::array![[1.0, 2.0], [2.0, 1.0]]).unwrap();
        let uniform = || Marginal::normalized(Array1::ones(2)).unwrap();
        let problem = OtProblem::between(uniform(), uniform(), Box::new(cost), 0.0).unwrap();
        let arc = |source, target, mass| PlanArc { source, target, mass };
        let cells = vec![arc(0, 0, 0.4), arc(0, 1, 0.1), arc(1, 0, 0.1), arc(1, 1, 0.4)];
        let plan = TransportPlan::new(2, 2, cells).unwrap();
        let found = bound(&problem, &plan, Objective::TransportCost);
        assert!((found.cost - 1.2).abs() < 1e-15);
    }

    #[test]
    fn the_largest_cells_make_the_forest() {
        let arc = |source, target, mass| PlanArc { source, target, mass };
        let cells = vec![arc(0, 0, 0.1), arc(0, 1, 0.4), arc(1, 0, 0.3), arc(1, 1, 0.2)];
        let plan = TransportPlan::new(2, 2, cells).unwrap();
        assert_eq!(spanning_forest(&plan), [false, true, true, true]);
    }
}
