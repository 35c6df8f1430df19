//! An ε-scaled auction for the transportation problem on a list of arcs: flows and prices for the
//! simplex to start from.
//!
//! **Idea.** A source with remaining mass sends all of it along its arc of least `c_ij − g_j`. A target
//! that holds more than its demand lowers g until, up to ε, another target is as cheap for one of the
//! sources whose mass it holds, and returns the mass of that source. So all mass stays within ε of the
//! cheapest arc of its source, prices change no more than needed, and once all mass is placed the flows
//! are optimal on the list up to ε for each unit of mass. ε decreases by a constant factor from phase
//! to phase; mass that is too expensive for the next phase is returned when that begins.
//!
//! **Complexity.** Some tens of returns for each node, each of which prices the arcs of the few sources
//! whose mass the target holds. Memory O(n + m) beside the list.
//!
//! **References.** Bertsekas, Castañón 1989, "The auction algorithm for the transportation problem",
//! Annals of OR 20; Goldberg, Tarjan 1990, "Finding minimum-cost circulations by successive
//! approximation", Math. Oper. Res. 15 (a target that accepts and returns mass at once is their double
//! push).
//!
//! **Failure modes.** Price wars over small masses: where all listed targets of a source become more
//! expensive in steps of ε, the source waits for the next phase, and may have mass left at the end.
//! With unequal masses this is the case for some per cent of the sources, which does no harm to an
//! initial basis.

use crate::progress::IsOver;
use crate::solvers::arcs::{Arc, ArcList, FlowArc};
use crate::solvers::fixed_point::FixedMasses;

/// ε decreases by this factor from phase to phase, and begins at the reach of a list over it.
const EPSILON_DIVISOR: f64 = 4.0;

/// The last ε is at least this share of the reach.
const LAST_EPSILON_SHARE: f64 = 1e-4;

/// A source waits for the next phase when its cheapest arc has become more expensive by this
/// multiple of ε.
const PRICE_WAR_EPSILONS: f64 = 16.0;

/// Returns of mass, for each node, after which a phase ends.
const RETURNS_PER_NODE: usize = 20;

/// Mass of a source that a target holds.
#[derive(Debug, Clone, Copy)]
struct HeldMass {
    source: u32,
    /// The index of the arc in the list.
    arc: u32,
    flow: i128,
}

/// The state of the auction.
pub(crate) struct Auction<'a> {
    list: &'a ArcList,
    g: Vec<f64>,
    /// Remaining mass of the sources.
    left: Vec<i128>,
    /// Remaining demand of the targets, negative while they hold too much.
    room: Vec<i128>,
    /// Mass that the targets hold.
    held: Vec<Vec<HeldMass>>,
    reach: f64,
}

impl<'a> Auction<'a> {
    /// An auction with all mass at the sources, each of which has arcs on the list, and initial prices.
    pub(crate) fn new(list: &'a ArcList, masses: &FixedMasses, g: &[f64]) -> Self {
        let held = vec![Vec::new(); g.len()];
        let (left, room) = (masses.supply.clone(), masses.demand.clone());
        let mut auction = Self { list, g: g.to_vec(), left, room, held, reach: 0.0 };
        auction.reach = auction.median_reach();
        auction
    }

    /// All phases, until the time is up.
    pub(crate) fn run(mut self, is_over: IsOver<'_>) -> Self {
        let mut epsilon = self.reach / EPSILON_DIVISOR;
        while epsilon > LAST_EPSILON_SHARE * self.reach && !is_over() {
            self.loosen(epsilon);
            self.phase(epsilon, is_over);
            epsilon /= EPSILON_DIVISOR;
        }
        self
    }

    /// The reach of the list: the median over the rows of the difference between the largest and the
    /// least `c − g` at the initial prices.
    pub(crate) fn reach(&self) -> f64 {
        self.reach
    }

    /// The flows, target by target.
    pub(crate) fn flows(&self) -> impl Iterator<Item = FlowArc<f64>> {
        let listed = |target: u32, &HeldMass { source, arc, flow }: &HeldMass| FlowArc {
            source,
            target,
            flow,
            cost: self.list.costs[arc as usize],
        };
        (0..)
            .zip(&self.held)
            .flat_map(move |(target, held)| held.iter().map(move |piece| listed(target, piece)))
    }

    /// Whether the source of an arc has remaining mass and its target remaining demand.
    pub(crate) fn is_open(&self, arc: &Arc) -> bool {
        self.left[arc.source as usize] > 0 && self.room[arc.target as usize] > 0
    }

    /// The least c − g of each source, and the prices g.
    pub(crate) fn into_potentials(self) -> (Vec<f64>, Vec<f64>) {
        ((0..self.left.len()).map(|i| self.cheapest(i, None).0).collect(), self.g)
    }

    /// The least `c − g` of a source, without one target, and the index of its arc.
    fn cheapest(&self, source: usize, except: Option<u32>) -> (f64, u32) {
        let except = except.unwrap_or(u32::MAX);
        let (targets, costs) = self.list.row(source);
        let (mut least, mut place) = (f64::INFINITY, 0);
        for (arc, (&j, &cost)) in (self.list.starts[source]..).zip(targets.iter().zip(costs)) {
            let value = cost - self.g[j as usize];
            if value < least && j != except {
                (least, place) = (value, arc);
            }
        }
        (least, place)
    }

    fn median_reach(&self) -> f64 {
        let reach = |i: usize| {
            let (targets, costs) = self.list.row(i);
            let values = targets.iter().zip(costs).map(|(&j, c)| c - self.g[j as usize]);
            let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
                (low.min(v), high.max(v))
            });
            high - low
        };
        let mut reaches: Vec<f64> = (0..self.left.len()).map(reach).collect();
        let middle = reaches.len() / 2;
        *reaches.select_nth_unstable_by(middle, f64::total_cmp).1
    }

    /// Returns mass that is more expensive than the cheapest arc of its source by more than ε.
    fn loosen(&mut self, epsilon: f64) {
        for j in 0..self.held.len() {
            let mut held = std::mem::take(&mut self.held[j]);
            held.retain(|piece| {
                let source = piece.source as usize;
                let value = self.list.costs[piece.arc as usize] - self.g[j];
                let stays = value <= self.cheapest(source, None).0 + epsilon;
                if !stays {
                    self.left[source] += piece.flow;
                    self.room[j] += piece.flow;
                }
                stays
            });
            self.held[j] = held;
        }
    }

    /// Sources send and targets return mass until no mass is left to send.
    fn phase(&mut self, epsilon: f64, is_over: IsOver<'_>) {
        /// Returns between two checks of the time.
        const RETURNS_PER_CHECK: usize = 1024;
        let sources = self.left.len();
        let limit: Vec<f64> =
            (0..sources).map(|i| self.cheapest(i, None).0 + PRICE_WAR_EPSILONS * epsilon).collect();
        let mut patience = RETURNS_PER_NODE * (sources + self.room.len());
        let all = (0..sources as u32).rev();
        let mut open: Vec<u32> = all.filter(|&i| self.left[i as usize] > 0).collect();
        while let Some(source) = open.pop() {
            let i = source as usize;
            let (least, arc) = self.cheapest(i, None);
            if self.left[i] == 0 || least > limit[i] {
                continue;
            }
            let j = self.list.targets[arc as usize] as usize;
            self.send(source, arc, j);
            while self.room[j] < 0 {
                open.push(self.send_back(j, epsilon));
                patience -= 1;
                if patience == 0 || patience.is_multiple_of(RETURNS_PER_CHECK) && is_over() {
                    return self.empty(j);
                }
            }
        }
    }

    fn send(&mut self, source: u32, arc: u32, j: usize) {
        let flow = std::mem::take(&mut self.left[source as usize]);
        self.room[j] -= flow;
        match self.held[j].iter_mut().find(|piece| piece.arc == arc) {
            Some(piece) => piece.flow += flow,
            None => self.held[j].push(HeldMass { source, arc, flow }),
        }
    }

    /// Lowers the price of a target that holds too much until, up to ε, another target is as cheap for
    /// one of its sources, and returns mass to that source; the source.
    fn send_back(&mut self, j: usize, epsilon: f64) -> u32 {
        let (mut least, mut place) = (f64::INFINITY, 0);
        for (k, piece) in self.held[j].iter().enumerate() {
            let (elsewhere, _) = self.cheapest(piece.source as usize, Some(j as u32));
            let loss = elsewhere - (self.list.costs[piece.arc as usize] - self.g[j]);
            if loss < least {
                (least, place) = (loss, k);
            }
        }
        if least.is_finite() {
            self.g[j] -= (least + epsilon).max(0.0);
        }
        let piece = &mut self.held[j][place];
        let (source, flow) = (piece.source, piece.flow.min(-self.room[j]));
        piece.flow -= flow;
        self.left[source as usize] += flow;
        self.room[j] += flow;
        if self.held[j][place].flow == 0 {
            self.held[j].swap_remove(place);
        }
        source
    }

    /// Returns all mass that a target holds.
    fn empty(&mut self, j: usize) {
        for piece in std::mem::take(&mut self.held[j]) {
            self.left[piece.source as usize] += piece.flow;
            self.room[j] += piece.flow;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Marginal;
    use crate::progress::never;
    use crate::seed::Seed;
    use ndarray::Array1;
    use rand::Rng as _;

    #[test]
    fn mass_is_kept_and_where_none_is_left_it_lies_within_epsilon_of_the_cheapest() {
        let mut complete = 0;
        for seed in 0..60 {
            let mut stream = Seed(seed).stream("auction");
            let n: usize = stream.random_range(2..60);
            let equal = seed % 2 == 0;
            let mut mass = || {
                let mass = |_| if equal { 1.0 } else { stream.uniform() + 1e-3 };
                let mass: Array1<f64> = (0..n).map(mass).collect();
                Marginal::new(&mass / mass.sum()).unwrap()
            };
            let masses = FixedMasses::new(&mass(), &mass());
            let cells = (0..n * n).map(|k| Arc {
                source: (k / n) as u32,
                target: (k % n) as u32,
                cost: stream.uniform(),
            });
            let list = ArcList::from_arcs(n, cells.collect());
            let auction = Auction::new(&list, &masses, &vec![0.0; n]).run(&never);
            let (mut left, mut room) = (masses.supply.clone(), masses.demand.clone());
            for flow in auction.flows() {
                assert!(flow.flow > 0);
                left[flow.source as usize] -= flow.flow;
                room[flow.target as usize] -= flow.flow;
            }
            assert_eq!((&left, &room), (&auction.left, &auction.room));
            assert!(room.iter().all(|&room| room >= 0));
            let open = list.iter().filter(|arc| auction.is_open(arc)).count();
            if left.iter().all(|&left| left == 0) {
                complete += 1;
                assert_eq!(open, 0);
            }
            let last = auction.reach();
            let flows: Vec<_> = auction.flows().collect();
            let (f, g) = auction.into_potentials();
            for flow in flows {
                let reduced = flow.cost - f[flow.source as usize] - g[flow.target as usize];
                assert!(
                    (-1e-12..=EPSILON_DIVISOR * LAST_EPSILON_SHARE * last + 1e-12)
                        .contains(&reduced),
                    "{reduced}"
                );
            }
        }
        assert!(complete > 20, "{complete} of 60 came to an end");
    }
}
