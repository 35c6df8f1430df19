//! Partial transport: the mass that is moved gets a price.
//!
//! **Problem.** Of a partial problem the dummy source and the dummy target exchange no mass. One arc of a
//! basis then sets the marginal price of mass, and whenever it changes, the reduced costs of all arcs
//! between the two halves of the tree change by the same number. Only a few become negative, so nearly
//! every pivot needs a pass over the list of arcs.
//!
//! **Idea.** With a Lagrange multiplier s for the mass M that is to be moved, the problem is the one with
//! penalties: both dummies have M more mass, and the arc between them costs −s. It carries the mass that
//! is moved, stays in the basis and holds both halves together. The mass that is moved increases with s,
//! in steps; s is searched for until M is exceeded by at most the mean mass of a source. Then the arc
//! gives M back to both dummies, and the excess leaves it by pivots at a price that is slightly too low.
//! Where the excess is 0, the potentials of the relaxed problem are optimal for the partial one.
//!
//! **Complexity.** The pivots of the problem with penalties, and some ten passes over the list of arcs.
//!
//! **Failure modes.** After a stop the relaxed plan may move less than M; the rest is then moved at any
//! cost.
//!
//! **References.** Caffarelli, `McCann` 2010, "Free boundaries in optimal transport and Monge–Ampère
//! obstacle problems", Ann. Math. 171, §2 (the multiplier); Everett 1963, "Generalized Lagrange
//! multiplier method for solving problems of optimum allocation of resources", Oper. Res. 11.

use std::ops::ControlFlow;

use super::basis_from_plan;
use super::euler_tour::pivot_on_tree_or_tour;
use super::main_loop::PivotedBasis;
use super::pricing::BlockPricing;
use super::run::SimplexRun;
use super::threaded_tree::ThreadedTree;
use crate::cost::Cost;
use crate::solvers::arcs::{Arc, FlowArc};

/// The first change of the price in the search, as a share of its distance to the median cost of the plan.
const FIRST_STEP: f64 = 1.0 / 64.0;

/// The share of the price that a search must be able to tell apart.
const LEAST_PRICE: f64 = 1.0 / 1024.0;

/// The mass jumps between two prices that are closer than this number of entering thresholds, or
/// between which as much is moved as at one of them this number of times in a row.
const THRESHOLDS_OF_BRACKET: f64 = 16.0;
const REPEATED_AT_JUMP: u32 = 3;

/// The price of the mass that a partial problem moves.
pub(super) struct PriceOfMass {
    /// The dummies, as nodes of the tree.
    source: u32,
    target: u32,
    /// The mass to be moved that both dummies have in addition.
    amount: i128,
    /// The excess at which the search ends.
    largest_excess: i128,
    price: f64,
    /// The next change of the price.
    step: f64,
}

impl PriceOfMass {
    /// The price under the best known potentials; `None` unless all arcs of two dummies cost nothing, and
    /// the price is far above the threshold for entering arcs.
    pub(super) fn of(
        run: &SimplexRun<'_>,
        tree: &ThreadedTree<f64>,
        threshold: f64,
    ) -> Option<Self> {
        let (cost, best) = (run.problem.cost(), run.best.as_ref()?);
        let (n, m) = (cost.n() - 1, cost.m() - 1);
        let is_partial = cost.dummies() == (1, 1)
            && (0..n).all(|i| cost.at(i, m) == 0.0)
            && (0..=m).all(|j| cost.at(n, j) == 0.0);
        let supply: i128 = run.masses.supply[..n].iter().sum();
        let amount = supply - run.masses.demand[m];
        if !is_partial || amount <= 0 {
            return None;
        }
        let (f, g) = (best.stored().f(), best.stored().g());
        let price = -(f[f.len() - 1] + g[g.len() - 1]);
        // A search needs prices that differ by more than pivots in `f64` see.
        if LEAST_PRICE * price < THRESHOLDS_OF_BRACKET * threshold.abs() {
            return None;
        }
        let step = FIRST_STEP * spread(tree, price).unwrap_or(price);
        let largest_excess = supply / n as i128;
        let (source, target) = (n as u32, (n + 1 + m) as u32);
        Some(Self { source, target, amount, largest_excess, price, step })
    }

    /// The basis of the relaxed problem with the same flows.
    pub(super) fn relax(&self, tree: &ThreadedTree<f64>) -> ThreadedTree<f64> {
        let (source, target) = (self.source, self.target);
        let flow = self.amount + tree.flow(source, target);
        basis_of(
            tree,
            self.with_arc(tree, Some(FlowArc { source, target, flow, cost: -self.price })),
        )
    }

    /// Pivots on the relaxed problem, and searches for the least price at which the mass is moved, up to
    /// the mean mass of a source. The search ends, too, where the mass jumps.
    pub(super) fn pivot(
        &mut self,
        run: &mut SimplexRun<'_>,
        mut tree: ThreadedTree<f64>,
        arcs: &mut [Arc],
        threshold: f64,
    ) -> PivotedBasis {
        let mut bracket = Bracket::new(self.step);
        loop {
            let stopped;
            (tree, stopped) = self.pivot_at_price(run, tree, arcs, threshold);
            let excess = self.excess(&tree);
            if stopped.is_break() || (0..=self.largest_excess).contains(&excess) {
                return (tree, stopped);
            }
            let next = bracket.next(self.price, excess, THRESHOLDS_OF_BRACKET * threshold.abs());
            self.step = bracket.step;
            match next {
                Some(price) => self.price = price,
                None => return (tree, stopped),
            }
        }
    }

    /// Gives the mass back to the dummies and removes the excess: a basis of the partial problem.
    pub(super) fn settle(
        mut self,
        run: &mut SimplexRun<'_>,
        mut tree: ThreadedTree<f64>,
        arcs: &mut [Arc],
        threshold: f64,
    ) -> PivotedBasis {
        tree.add_flow(self.source, self.target, -std::mem::take(&mut self.amount));
        let mut stopped = ControlFlow::Continue(());
        while self.excess(&tree) > 0 && stopped.is_continue() {
            self.price -= self.step;
            self.step *= 2.0;
            (tree, stopped) = self.pivot_at_price(run, tree, arcs, threshold);
        }
        arcs.last_mut().expect("the dummies have arcs").cost = 0.0;
        (self.end(&tree, run.problem.cost()), stopped)
    }

    /// A basis of the partial problem, whether its mass is reached or not.
    pub(super) fn end(&self, tree: &ThreadedTree<f64>, cost: &dyn Cost) -> ThreadedTree<f64> {
        let (source, target, excess) = (self.source, self.target, self.excess(tree));
        let arc = (excess > 0).then_some(FlowArc { source, target, flow: excess, cost: 0.0 });
        let mut plan = self.with_arc(tree, arc);
        self.move_more(&mut plan, -excess, cost);
        basis_of(tree, plan)
    }

    /// Moves mass from sources where some stays to targets where some appears, at any cost.
    fn move_more(&self, plan: &mut Vec<FlowArc<f64>>, mut mass: i128, cost: &dyn Cost) {
        let (mut stays, mut appears) = (0, 0);
        while mass > 0 {
            let is_empty = |arc: &FlowArc<f64>, dummies| {
                arc.flow == 0 || (arc.source == self.source, arc.target == self.target) != dummies
            };
            while is_empty(&plan[stays], (false, true)) {
                stays += 1;
            }
            while is_empty(&plan[appears], (true, false)) {
                appears += 1;
            }
            let flow = mass.min(plan[stays].flow).min(plan[appears].flow);
            let (source, target) = (plan[stays].source, plan[appears].target);
            let cost = cost.at(source as usize, target as usize - cost.n());
            plan.push(FlowArc { source, target, flow, cost });
            plan[stays].flow -= flow;
            plan[appears].flow -= flow;
            mass -= flow;
        }
    }

    /// Pivots at the price.
    fn pivot_at_price(
        &self,
        run: &mut SimplexRun<'_>,
        mut tree: ThreadedTree<f64>,
        arcs: &mut [Arc],
        threshold: f64,
    ) -> PivotedBasis {
        tree.set_cost(self.source, self.target, -self.price);
        let last = arcs.last_mut().expect("the dummies have arcs");
        debug_assert_eq!((last.source, last.target), (self.source, self.target));
        last.cost = -self.price;
        pivot_on_tree_or_tour(tree, &mut BlockPricing::new(arcs, threshold), &mut run.progress)
    }

    /// The mass that is moved beyond the mass to be moved.
    fn excess(&self, tree: &ThreadedTree<f64>) -> i128 {
        tree.flow(self.source, self.target) - self.amount
    }

    /// The flows of a tree with another arc between the dummies, or none.
    fn with_arc(&self, tree: &ThreadedTree<f64>, arc: Option<FlowArc<f64>>) -> Vec<FlowArc<f64>> {
        let is_other = |arc: &FlowArc<f64>| (arc.source, arc.target) != (self.source, self.target);
        tree.arcs().filter(is_other).chain(arc).collect()
    }
}

/// The distance of the price to the median cost of the flows between points, if it is positive.
fn spread(tree: &ThreadedTree<f64>, price: f64) -> Option<f64> {
    let last = tree.nodes() as u32 - 1;
    let dummy = tree.sources() as u32 - 1;
    let of_points =
        tree.arcs().filter(|arc| arc.flow > 0 && arc.source < dummy && arc.target < last);
    let mut costs: Vec<f64> = of_points.map(|arc| arc.cost).collect();
    let middle = costs.len() / 2;
    let median =
        (!costs.is_empty()).then(|| *costs.select_nth_unstable_by(middle, f64::total_cmp).1)?;
    Some((price - median).abs()).filter(|spread| *spread > 0.0)
}

/// The basis of a plan with the potentials of a tree.
fn basis_of(tree: &ThreadedTree<f64>, plan: Vec<FlowArc<f64>>) -> ThreadedTree<f64> {
    let f = &tree.potentials()[..tree.sources()];
    basis_from_plan::basis(tree.sources(), tree.nodes(), plan, f)
}

/// The prices nearest to that of the mass, with the excess: of less mass, and of more.
struct Bracket {
    less: Option<(f64, i128)>,
    more: Option<(f64, i128)>,
    /// Prices in a row at which as much is moved as at one of these two.
    repeated: u32,
    /// The next change of the price.
    step: f64,
}

impl Bracket {
    fn new(step: f64) -> Self {
        Self { less: None, more: None, repeated: 0, step }
    }

    /// The next price after one with the given excess; none above a jump of the mass.
    fn next(&mut self, price: f64, excess: i128, close: f64) -> Option<f64> {
        let end = if excess < 0 { &mut self.less } else { &mut self.more };
        let is_repeated = end.is_some_and(|(_, known)| known == excess);
        self.repeated = if is_repeated { self.repeated + 1 } else { 0 };
        *end = Some((price, excess));
        let (Some((below, lacks)), Some((above, exceeds))) = (self.less, self.more) else {
            let step = self.step;
            self.step *= 2.0;
            return Some(if excess < 0 { price + step } else { price - step });
        };
        if above - below > close && self.repeated < REPEATED_AT_JUMP {
            // The secant, kept away from both ends.
            let share = (lacks as f64 / (lacks - exceeds) as f64).clamp(0.2, 0.8);
            self.step = above - below;
            return Some(below + share * self.step);
        }
        self.step *= 2.0;
        (excess < 0).then(|| above.max(price + self.step))
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, Array2};

    use super::super::{NetworkSimplex, SparseSimplex};
    use crate::cost::{Cityblock, Euclidean, GroundCost, SqEuclidean};
    use crate::measure::DiscreteMeasure;
    use crate::progress::{Event, Observer, Stop};
    use crate::seed::{Seed, Stream};
    use crate::solvers::{Solver, Termination};
    use crate::unbalanced::{Amount, UnbalancedProblem};
    use std::ops::ControlFlow;

    /// Points in a square or on a lattice, with masses that are equal, any, or small integers.
    fn cloud(stream: &mut Stream, n: usize, kind: u64) -> DiscreteMeasure {
        let on_lattice = kind % 2 == 1;
        let coordinate = |stream: &mut Stream| {
            if on_lattice { (8.0 * stream.uniform()).floor() } else { stream.uniform() }
        };
        let mut points = Array2::from_shape_simple_fn((n, 2), || coordinate(stream));
        if kind.is_multiple_of(11) {
            points.row_mut(0).fill(1e4);
        }
        let mass = |stream: &mut Stream| match kind / 2 % 3 {
            0 => 1.0,
            1 => 0.1 + stream.uniform(),
            _ => 1.0 + (3.0 * stream.uniform()).floor(),
        };
        let masses = Array1::from_shape_simple_fn(n, || mass(stream));
        DiscreteMeasure::normalized(points, masses).unwrap()
    }

    fn problem(seed: u64) -> UnbalancedProblem<'static> {
        let mut stream = Seed(seed).stream("price");
        let (n, m) = (20 + seed as usize % 60, 20 + seed as usize * 7 % 60);
        let (x, y) = (cloud(&mut stream, n, seed), cloud(&mut stream, m, seed));
        let ground: GroundCost = match seed % 5 {
            0 => Cityblock.into(),
            1 | 2 => SqEuclidean.into(),
            _ => Euclidean.into(),
        };
        let fraction = [0.0, 1e-3, 0.1, 0.5, 0.9, 0.999, 1.0][seed as usize / 6 % 7];
        UnbalancedProblem::new(&x, &y, ground, Amount::Fraction(fraction)).unwrap()
    }

    #[test]
    fn levels_with_a_price_end_at_the_optimum_of_the_table() {
        for seed in 0..300 {
            let problem = problem(seed);
            let balanced = problem.balanced();
            let [priced, dense] = [
                SparseSimplex { coarsest: 4 }.solve(balanced, &mut ()).unwrap(),
                NetworkSimplex.solve(balanced, &mut ()).unwrap(),
            ]
            .map(|solution| {
                assert_eq!(solution.termination, Termination::Optimal);
                let certificate = solution.certify(balanced).certificate;
                assert!(certificate.is_optimal(), "{seed}: {certificate:?}");
                certificate
            });
            assert!(priced.lower <= dense.upper && dense.lower <= priced.upper, "{seed}");
        }
    }

    struct StopAfter(u64);

    impl Observer for StopAfter {
        fn observe(&mut self, event: &Event) -> ControlFlow<Stop> {
            if event.iterations >= self.0 {
                ControlFlow::Break(Stop::IterationLimit)
            } else {
                ControlFlow::Continue(())
            }
        }
        fn iteration_limit(&self) -> u64 {
            self.0
        }
    }

    #[test]
    fn a_stopped_run_moves_the_mass_and_keeps_the_marginals() {
        for seed in 0..120 {
            let problem = problem(seed);
            let balanced = problem.balanced();
            let optimum =
                NetworkSimplex.solve(balanced, &mut ()).unwrap().certify(balanced).certificate;
            for pivots in [1, 7, 20, 60, 100, 200] {
                let solver = SparseSimplex { coarsest: 4 };
                let stopped = solver.solve(balanced, &mut StopAfter(pivots)).unwrap();
                assert!(stopped.plan.arcs().iter().all(|arc| arc.mass >= 0.0));
                let certificate = stopped.certify(balanced).certificate;
                assert!(
                    certificate.source_residual + certificate.target_residual <= 1e-12,
                    "{seed}"
                );
                assert!(certificate.lower <= optimum.upper && optimum.lower <= certificate.upper);
            }
        }
    }
}
