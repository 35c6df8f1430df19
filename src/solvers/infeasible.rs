//! The proof that a problem with forbidden arcs has no plan.
//!
//! A set of sources whose mass exceeds that of all targets which they may reach has no plan (Hall 1935,
//! "On representatives of subsets", J. London Math. Soc. 10; for masses Gale 1957, "A theorem on flows in
//! networks", Pac. J. Math. 7). If a plan with as little mass on forbidden arcs as can be still uses
//! some, such a set is found from it: the sources of that mass, and all that a search over allowed arcs
//! to targets, and from these back over the plan's flows, reaches.

use std::fmt;

use crate::cost::{Cost, Search};
use crate::plan::TransportPlan;
use crate::problem::OtProblem;

/// A set of sources whose mass exceeds that of the targets which they may reach, and what may stay at
/// the sources.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "report", derive(serde::Serialize))]
pub struct Infeasible {
    /// The sources, ascending.
    pub sources: Vec<usize>,
    /// All targets to which an arc from one of them is allowed, ascending.
    pub targets: Vec<usize>,
    /// The mass of each of the sources, rounded.
    pub masses: Vec<f64>,
    /// The mass of all of them, rounded.
    pub source_mass: f64,
    /// The mass of the targets, rounded.
    pub target_mass: f64,
    /// The mass that may be left behind, rounded: 0 if all mass has to be moved.
    pub may_stay: f64,
}

impl Infeasible {
    /// The set found from a plan; `None` if it proves nothing.
    pub(super) fn of(problem: &OtProblem, plan: &TransportPlan) -> Option<Self> {
        let (n, m, cost) = (problem.n(), problem.m(), problem.cost());
        let mut senders = vec![Vec::new(); m];
        let (mut is_source, mut is_target) = (vec![false; n], vec![false; m]);
        let mut open = Vec::new();
        for arc in plan.arcs().iter().filter(|arc| arc.mass > 0.0) {
            if cost.at(arc.source, arc.target) < f64::INFINITY {
                senders[arc.target].push(arc.source);
            } else if !is_source[arc.source] {
                is_source[arc.source] = true;
                open.push(arc.source);
            }
        }
        let mut row = AllowedRow::new(cost);
        while let Some(source) = open.pop() {
            for &(target, _) in row.of(source) {
                if !is_target[target] {
                    is_target[target] = true;
                    for &sender in &senders[target] {
                        if !is_source[sender] {
                            is_source[sender] = true;
                            open.push(sender);
                        }
                    }
                }
            }
        }
        let members = |is_member: Vec<bool>| -> Vec<usize> {
            (0..is_member.len()).filter(|&k| is_member[k]).collect()
        };
        let (sources, mut targets) = (members(is_source), members(is_target));
        let excess = is_heavier(problem, &sources, &targets);
        // The dummy target takes what may stay. A dummy source reaches everything, and is in no such set.
        let of_target = |j: &usize| problem.target()[*j];
        let is_dummy = |j: &usize| *j >= m - cost.dummies().1;
        let may_stay = targets.iter().filter(|j| is_dummy(j)).map(of_target).sum();
        targets.retain(|j| !is_dummy(j));
        let masses: Vec<f64> = sources.iter().map(|&i| problem.source()[i]).collect();
        let source_mass = masses.iter().sum();
        let target_mass = targets.iter().map(of_target).sum();
        excess.then_some(Self { sources, targets, masses, source_mass, target_mass, may_stay })
    }
}

/// Whether some sources have more mass than some targets, in exact arithmetic.
fn is_heavier(problem: &OtProblem, sources: &[usize], targets: &[usize]) -> bool {
    let (source, target) = problem.marginals();
    // Both sides are in proportion to their sums.
    let mass = source.sum_of(sources).times(&target.sum_of_weights());
    let room = target.sum_of(targets).times(&source.sum_of_weights());
    room.minus(&mass).is_none()
}

/// The arcs of one row after another that are not forbidden.
pub(super) struct AllowedRow<'a> {
    cost: &'a dyn Cost,
    /// Of a sparse table.
    search: Option<Box<dyn Search + 'a>>,
    buffer: Vec<f64>,
    found: Vec<(f64, u32)>,
    arcs: Vec<(usize, f64)>,
}

impl<'a> AllowedRow<'a> {
    pub(super) fn new(cost: &'a dyn Cost) -> Self {
        let search = cost.is_sparse().then(|| cost.search_targets()).flatten();
        let search = search.map(|mut search| {
            search.fit(&vec![0.0; cost.m()]);
            search
        });
        let buffer = vec![0.0; if search.is_some() { 0 } else { cost.m() }];
        Self { cost, search, buffer, found: Vec::new(), arcs: Vec::new() }
    }

    /// The arcs of row i: targets and costs.
    pub(super) fn of(&mut self, i: usize) -> &[(usize, f64)] {
        self.arcs.clear();
        if let Some(search) = &self.search {
            search.smallest(i, usize::MAX, f64::INFINITY, &mut self.found);
            self.arcs.extend(self.found.iter().map(|&(cost, j)| (j as usize, cost)));
        } else {
            let row = self.cost.row(i, &mut self.buffer).iter().copied().enumerate();
            self.arcs.extend(row.filter(|(_, cost)| *cost < f64::INFINITY));
        }
        &self.arcs
    }
}

/// The largest number of sources that a message lists.
const LISTED: usize = 5;

impl fmt::Display for Infeasible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = self.sources.iter().zip(&self.masses).take(LISTED);
        let named: Vec<String> = named.map(|(i, mass)| format!("{i} (mass {mass})")).collect();
        let more = match self.sources.len().saturating_sub(LISTED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let (one, many) =
            (("source", "has", "it may reach"), ("sources", "have", "they may reach"));
        let (sources, have, reach) = if self.sources.len() == 1 { one } else { many };
        let stays = match self.may_stay {
            0.0 => String::new(),
            mass => format!(", of which {mass} may stay"),
        };
        let targets = match self.targets.len() {
            0 => "no target".to_owned(),
            1 => format!("only one target, of mass {}", self.target_mass),
            count => format!("only {count} targets, of mass {} together", self.target_mass),
        };
        write!(
            f,
            "forbidden arcs leave no plan: the {sources} {}{more} {have} mass {}{stays}, but {reach} \
             {targets}",
            named.join(", "),
            self.source_mass,
        )
    }
}
