//! The bottleneck distance `W_∞` by a threshold search with maximum flows.
//!
//! **Problem.**
//!
//! ```text
//! W_∞(μ, ν) = min over plans γ of max { c(i, j) : γ_ij > 0 }
//! ```
//!
//! **Idea.** `W_∞ ≤ t` exactly if the arcs of cost at most t carry all mass, which a maximum flow tells.
//! If they do, the largest cost that it uses is an upper bound; if not, the nodes that its last search
//! reached are a cut, and the least cost of an arc that leaves them is a lower bound. The next t is the
//! median of the known costs between the bounds. Few arcs are looked at: a flow runs on candidates, and
//! where these do not suffice, the cheapest arcs that leave the cut are added, until none of cost at most t
//! is left, which is the proof.
//!
//! **Complexity.** O(log k) thresholds for k candidates, with a maximum flow (`max_flow.rs`) and a pass over
//! the arcs out of the cut, by search or row by row, each. Memory is linear in the candidates.
//!
//! **References.** Gross 1959, "The bottleneck assignment problem", RAND P-1630; Efrat, Itai, Katz
//! 2001, "Geometry helps in bottleneck matching and related problems", Algorithmica 31.
//!
//! **Failure modes.** W_∞ is not continuous in the masses: if 1e-17 of them has to go far, that counts in
//! full. [`BottleneckCertificate::forced_mass`] tells.

mod acyclic;
mod cheapest_arcs;
mod max_flow;

use rand::Rng as _;

use self::acyclic::without_cycles;
use self::cheapest_arcs::{CheapestArcs, Found, Query, cheapest_to_targets};
use self::max_flow::{Flow, FlowArc};
use super::Termination;
use crate::certificate::{BottleneckCertificate, CertifiedBottleneck, Cut, certify_bottleneck};
use crate::math::Wide;
use crate::measure::{IntegerMasses, Marginal};
use crate::plan::{PlanArc, TransportPlan};
use crate::problem::OtProblem;
use crate::progress::{Event, Observer, Stop};
use crate::seed::{Seed, Stream};

/// The bottleneck distance with its proof.
#[derive(Debug, Clone, PartialEq)]
pub struct Bottleneck {
    plan: TransportPlan,
    cut: Cut,
    certificate: BottleneckCertificate,
    termination: Termination,
    iterations: u64,
}

impl Bottleneck {
    /// `W_∞`, in units of the ground cost: the largest cost of the plan, the upper bound.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.certificate.upper
    }

    /// A proved lower bound of the optimum.
    #[must_use]
    pub fn lower(&self) -> f64 {
        self.certificate.lower
    }

    /// A proved upper bound of the optimum.
    #[must_use]
    pub fn upper(&self) -> f64 {
        self.certificate.upper
    }

    /// The proof's bounds, gap and residuals.
    #[must_use]
    pub fn certificate(&self) -> &BottleneckCertificate {
        &self.certificate
    }

    /// A plan whose largest cost is the upper bound; at most n + m − 1 cells carry mass.
    #[must_use]
    pub fn plan(&self) -> &TransportPlan {
        &self.plan
    }

    /// The cut that proves the lower bound.
    #[must_use]
    pub fn cut(&self) -> &Cut {
        &self.cut
    }

    /// Why the search stopped. After a limit the bracket is true, but wide.
    #[must_use]
    pub fn termination(&self) -> Termination {
        self.termination
    }

    /// Phases of all maximum flows.
    #[must_use]
    pub fn iterations(&self) -> u64 {
        self.iterations
    }
}

impl OtProblem<'_> {
    /// The bottleneck distance `W_∞` for the cost of this problem, with its proof: the least t such that
    /// arcs of cost at most t carry all mass.
    ///
    /// ```
    /// use deblais::ndarray::array;
    /// use deblais::{Euclidean, OtProblem};
    /// let problem = OtProblem::new(&array![[0.0], [1.0]], &array![[2.0], [5.0]], Euclidean)?;
    /// let bottleneck = problem.bottleneck(&mut ());
    /// assert!(bottleneck.lower() <= 4.0 && 4.0 <= bottleneck.upper());
    /// assert!(bottleneck.certificate().is_optimal());
    /// # Ok::<(), deblais::DistanceError>(())
    /// ```
    pub fn bottleneck(&self, observer: &mut dyn Observer) -> Bottleneck {
        let (source, target) = self.marginals();
        let masses = IntegerMasses::new(source, target);
        let Answer { plan, cut, termination, iterations } = match masses.bits() {
            bits if bits <= Wide::<1>::BITS => solve::<1>(self, &masses, observer),
            bits if bits <= Wide::<2>::BITS => solve::<2>(self, &masses, observer),
            bits if bits <= Wide::<4>::BITS => solve::<4>(self, &masses, observer),
            bits if bits <= Wide::<16>::BITS => solve::<16>(self, &masses, observer),
            // Two sums of `f64` have 2·(2098 + 64) bits at most.
            _ => solve::<72>(self, &masses, observer),
        };
        let CertifiedBottleneck { certificate, plan: repaired, cut } =
            certify_bottleneck(self, Some(&plan), Some(&cut))
                .unwrap_or_else(|_| unreachable!("an answer has the shape of its problem"));
        let plan = repaired.unwrap_or(plan);
        Bottleneck { plan, cut, certificate, termination, iterations }
    }
}

/// An answer that is not judged yet.
struct Answer {
    plan: TransportPlan,
    cut: Cut,
    termination: Termination,
    iterations: u64,
}

fn solve<const N: usize>(
    problem: &OtProblem,
    masses: &IntegerMasses,
    observer: &mut dyn Observer,
) -> Answer {
    let mut search = ThresholdSearch::<N>::new(problem, masses);
    let termination =
        search.run(observer).map_or_else(Termination::from, |()| Termination::Optimal);
    let (n, m) = (problem.n(), problem.m());
    let best = if search.best.is_empty() { search.flow.support().collect() } else { search.best };
    let cells = without_cycles((n, m), best.into_iter());
    let rounded = masses.masses_of(cells.iter().map(|(_, units)| *units), 0);
    let arcs = cells.iter().zip(rounded).map(|((arc, _), mass)| PlanArc {
        source: arc.source as usize,
        target: arc.target as usize,
        mass,
    });
    let plan = TransportPlan::from_arcs(n, m, arcs.collect());
    Answer { plan, cut: search.cut, termination, iterations: search.flow.phases() }
}

/// The state of the search.
struct ThresholdSearch<'a, const N: usize> {
    problem: &'a OtProblem<'a>,
    flow: Flow<N>,
    cheapest: CheapestArcs<'a>,
    sources: Vec<Source>,
    /// Which targets have mass.
    has_demand: Vec<bool>,
    /// Whether all arcs to a target are candidates.
    is_hub: Vec<bool>,
    draws: Stream,
    /// The bounds, as computed costs, and the cut of the lower one.
    lower: f64,
    cut: Cut,
    upper: f64,
    /// The cells of the flow that gave the upper bound.
    best: Vec<(FlowArc, Wide<N>)>,
}

/// How many arcs of a source are asked for at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// It has no mass.
    Empty,
    /// All of its arcs are candidates.
    Hub,
    /// So many of the cheapest.
    Some(usize),
}

/// The share of the mass from which on all arcs of a point are candidates: at most 32 points on a
/// side have so much.
const HUB_SHARE: f64 = 1.0 / 32.0;

/// Arcs that a source of average mass is asked for at a time, and beyond them for each average mass of a
/// target that it has.
const ARCS: usize = 8;

/// Arcs of a source that are asked for at a time, at most: beyond, a search takes long.
const MOST_ARCS: usize = 64;

impl<'a, const N: usize> ThresholdSearch<'a, N> {
    fn new(problem: &'a OtProblem<'_>, masses: &IntegerMasses) -> Self {
        let (source, target) = problem.marginals();
        let flow = Flow::new(masses.units(0, source), masses.units(1, target));
        let [supply, demand] = [source, target].map(Marginal::weights);
        let [supplied, demanded] = [supply, demand].map(|weights| weights.sum());
        let average = supplied / problem.m() as f64;
        let of_mass = |weight: &f64| match *weight {
            0.0 => Source::Empty,
            weight if weight >= HUB_SHARE * supplied => Source::Hub,
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "at most a share of m"
            )]
            weight => {
                Source::Some((ARCS * (1 + (weight / average).ceil() as usize)).min(MOST_ARCS))
            }
        };
        Self {
            problem,
            flow,
            cheapest: CheapestArcs::new(problem.cost()),
            sources: supply.iter().map(of_mass).collect(),
            has_demand: demand.iter().map(|&weight| weight > 0.0).collect(),
            is_hub: demand.iter().map(|&weight| weight >= HUB_SHARE * demanded).collect(),
            draws: Seed(0).stream("bottleneck"),
            lower: f64::NEG_INFINITY,
            cut: Cut { sources: Vec::new(), targets: Vec::new() },
            upper: f64::INFINITY,
            best: Vec::new(),
        }
    }

    fn run(&mut self, observer: &mut dyn Observer) -> Result<(), Stop> {
        self.start();
        while self.lower < self.upper {
            let t = self.threshold();
            self.flow.drop_above(t);
            loop {
                self.report(observer)?;
                if self.flow.maximize(t) {
                    self.lower_the_upper_bound();
                    break;
                }
                if !self.cross_the_cut(t) {
                    break;
                }
            }
        }
        Ok(())
    }

    fn report(&self, observer: &mut dyn Observer) -> Result<(), Stop> {
        let cost = self.upper.is_finite().then_some(self.upper);
        let event =
            Event { cost, lower: Some(self.lower), ..Event::new("bottleneck", self.flow.phases()) };
        match observer.observe(&event) {
            std::ops::ControlFlow::Continue(()) => Ok(()),
            std::ops::ControlFlow::Break(stop) => Err(stop),
        }
    }

    /// The first candidates, all arcs of hubs and the cheapest of the other points, and the first cut.
    fn start(&mut self) {
        let (problem, cost) = (self.problem, self.problem.cost());
        let hubs: Vec<usize> = (0..problem.m()).filter(|&j| self.is_hub[j]).collect();
        for i in (0..problem.n()).filter(|&i| self.sources[i] != Source::Empty) {
            if self.sources[i] == Source::Hub {
                for j in (0..problem.m()).filter(|&j| self.has_demand[j]) {
                    self.flow.add(arc(i, j, cost.at(i, j)));
                }
            } else {
                for &j in &hubs {
                    self.flow.add(arc(i, j, cost.at(i, j)));
                }
            }
        }
        self.cheapest.open(|j| self.has_demand[j] && !self.is_hub[j]);
        let queries = self.queries(|_| true);
        for (&(source, _), found) in queries.iter().zip(self.cheapest.of(&queries, f64::INFINITY)) {
            for (cost, target) in found {
                self.flow.add(FlowArc { source, target, cost });
            }
        }
        self.bound_by_sources();
        self.bound_by_targets();
    }

    /// The source whose cheapest arc costs most is a cut.
    fn bound_by_sources(&mut self) {
        for i in 0..self.problem.n() {
            let least = self.flow.arcs_of(i).map(|(cost, _)| cost).fold(f64::INFINITY, f64::min);
            if self.sources[i] != Source::Empty && least > self.lower {
                self.lower = least;
                self.cut.sources = vec![i];
            }
        }
    }

    /// The cheapest arc to each target is a candidate, and all sources with all targets but the one
    /// where it costs most are a cut.
    fn bound_by_targets(&mut self) {
        let (n, m) = (self.problem.n(), self.problem.m());
        let sources = &self.sources;
        let is_source = |i: usize| sources[i] != Source::Empty;
        let cheapest = cheapest_to_targets(self.problem.cost(), is_source);
        let mut dearest = None;
        for (j, (cost, source)) in cheapest.into_iter().enumerate() {
            if !self.has_demand[j] {
                continue;
            }
            if cost > self.lower {
                self.lower = cost;
                dearest = Some(j);
            }
            let i = source as usize;
            let has_all = self.is_hub[j] || self.sources[i] == Source::Hub;
            if !has_all && !self.flow.arcs_of(i).any(|(_, target)| target as usize == j) {
                self.flow.add(arc(i, j, cost));
            }
        }
        if let Some(dearest) = dearest {
            let targets = (0..m).filter(|&j| j != dearest).collect();
            self.cut = Cut { sources: (0..n).collect(), targets };
        }
    }

    /// The sources whose arcs are not all candidates, out of some.
    fn queries(&self, is_asked: impl Fn(usize) -> bool) -> Vec<Query> {
        let all = (0_u32..).zip(&self.sources);
        let asked = all.filter_map(|(i, source)| match *source {
            Source::Some(arcs) if is_asked(i as usize) => Some((i, arcs)),
            _ => None,
        });
        asked.collect()
    }

    /// The next threshold: the median of the costs of candidates between the bounds, or the lower bound.
    fn threshold(&self) -> f64 {
        let between = |c: &f64| self.lower < *c && *c < self.upper;
        let mut costs: Vec<f64> =
            self.flow.arcs().iter().map(|arc| arc.cost).filter(between).collect();
        if costs.is_empty() || self.flow.phases() == 0 {
            return self.lower;
        }
        let middle = costs.len() / 2;
        *costs.select_nth_unstable_by(middle, f64::total_cmp).1
    }

    /// The flow carries all mass: the largest cost that it uses is an upper bound.
    fn lower_the_upper_bound(&mut self) {
        self.best = self.flow.support().collect();
        self.upper = self.best.iter().map(|(arc, _)| arc.cost).fold(f64::NEG_INFINITY, f64::max);
    }

    /// Adds arcs of cost at most t that leave the cut of the last search. If there are none, the least
    /// cost of those that leave it is a lower bound, and the answer is false.
    fn cross_the_cut(&mut self, t: f64) -> bool {
        let flow = &self.flow;
        self.cheapest.open(|j| self.has_demand[j] && !self.is_hub[j] && !flow.reaches_target(j));
        let queries = self.queries(|i| flow.reaches_source(i));
        let known = flow.arcs().iter().filter(|arc| {
            flow.reaches_source(arc.source as usize) && !flow.reaches_target(arc.target as usize)
        });
        let mut least = known.map(|arc| arc.cost).fold(self.upper, f64::min);
        let all_found = self.cheapest.of(&queries, self.upper);
        let mut crosses = false;
        for (&(source, keep), mut found) in queries.iter().zip(all_found) {
            least = found.first().map_or(least, |first| least.min(first.0));
            let below = found.partition_point(|arc| arc.0 <= t);
            crosses |= below > 0;
            if below == keep {
                self.draw_more(source, keep, t, &mut found);
            } else {
                self.drop_known(source, below, &mut found);
            }
            for (cost, target) in found {
                self.flow.add(FlowArc { source, target, cost });
            }
        }
        if !crosses {
            self.lower = least;
            self.cut = self.reached();
        }
        crosses
    }

    /// Where all arcs that were asked for cost at most t, there may be many more: adds some of them by chance,
    /// since the cheapest of all sources may lead to the same few targets.
    fn draw_more(&mut self, source: u32, draws: usize, t: f64, found: &mut Vec<Found>) {
        let (cost, m) = (self.problem.cost(), self.problem.m());
        for _ in 0..draws {
            let j = self.draws.random_range(0..m);
            let is_new = self.cheapest.is_open(j) && found.iter().all(|arc| arc.1 as usize != j);
            let c = if is_new { cost.at(source as usize, j) } else { f64::INFINITY };
            if c <= t {
                found.push((c, arc(0, j, c).target));
            }
        }
    }

    /// Keeps the first `below` arcs, which are new, and the next one unless it is a candidate already.
    fn drop_known(&self, source: u32, below: usize, found: &mut Vec<Found>) {
        found.truncate(below + 1);
        if let Some(&(_, target)) = found.get(below)
            && self.flow.arcs_of(source as usize).any(|(_, known)| known == target)
        {
            found.truncate(below);
        }
    }

    /// The cut of the last search.
    fn reached(&self) -> Cut {
        let (n, m) = (self.problem.n(), self.problem.m());
        Cut {
            sources: (0..n).filter(|&i| self.flow.reaches_source(i)).collect(),
            targets: (0..m).filter(|&j| self.flow.reaches_target(j)).collect(),
        }
    }
}

/// The arc from source i to target j.
#[expect(clippy::cast_possible_truncation, reason = "2³² points would not fit in memory")]
fn arc(i: usize, j: usize, cost: f64) -> FlowArc {
    FlowArc { source: i as u32, target: j as u32, cost }
}

#[cfg(test)]
mod tests;
