//! The proof that a problem with forbidden arcs has no plan.
//!
//! A set of sources whose mass exceeds that of all targets which they may reach has no plan (Hall 1935,
//! "On representatives of subsets", J. London Math. Soc. 10; for masses Gale 1957, "A theorem on flows in
//! networks", Pac. J. Math. 7). If a plan with as little mass on forbidden arcs as can be still uses
//! some, such a set is found from it: the sources of that mass, and all that a search over allowed arcs
//! to targets, and from these back over the plan's flows, reaches.

use std::fmt;

use crate::cost::{Cost, Search};
use crate::math::exact::quotient_below;
use crate::measure::Natural;
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
    /// The mass for which there is no place: the exact difference of the masses, rounded.
    pub excess: f64,
}

/// The share of a mass below which a difference is taken for that of rounded numbers.
const ROUNDING: f64 = 1e-9;

impl Infeasible {
    /// Whether there would be a plan if masses that are equal up to rounding were equal.
    #[must_use]
    pub fn is_by_rounding(&self) -> bool {
        self.excess < ROUNDING * self.source_mass
    }

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
        Self::between(problem, members(is_source), members(is_target))
    }

    /// The proof that these sources may reach no more than these targets; `None` unless they have more
    /// mass, in exact arithmetic.
    fn between(problem: &OtProblem, sources: Vec<usize>, targets: Vec<usize>) -> Option<Self> {
        // The dummy target takes what may stay. A dummy source reaches everything, and is in no such set.
        let first_dummy = problem.m() - problem.cost().dummies().1;
        let (targets, dummies): (Vec<_>, Vec<_>) =
            targets.into_iter().partition(|j| *j < first_dummy);
        let (source, target) = problem.marginals();
        let (of_source, of_target) = (source.sum_of_weights(), target.sum_of_weights());
        // Target masses are in proportion to the total of the source, which is `of_source / divisor`.
        let unit = source.divisor().map_or_else(|| of_target.clone(), |d| d.times(&of_target));
        let mass = source.sum_of(&sources).times(&of_target);
        let [room, stays] = [&targets, &dummies].map(|of| target.sum_of(of).times(&of_source));
        let excess = mass.minus(&room.plus(&stays)).filter(|excess| !excess.is_zero())?;
        let in_masses = |x: &Natural| {
            quotient_below(&x.number.clone().into(), &unit.number, x.exponent - unit.exponent)
        };
        Some(Self {
            masses: sources.iter().map(|&i| problem.source()[i]).collect(),
            source_mass: in_masses(&mass),
            target_mass: in_masses(&room),
            may_stay: in_masses(&stays),
            excess: in_masses(&excess),
            sources,
            targets,
        })
    }
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
        let named: Vec<String> =
            named.map(|(i, &mass)| format!("{i} (mass {})", rounded(mass))).collect();
        let more = match self.sources.len().saturating_sub(LISTED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let (one, many) =
            (("source", "has", "it may reach"), ("sources", "have", "they may reach"));
        let (sources, have, reach) = if self.sources.len() == 1 { one } else { many };
        let stays = match self.may_stay {
            0.0 => String::new(),
            mass => format!(", of which {} may stay", rounded(mass)),
        };
        let targets = match self.targets.len() {
            0 => "no target".to_owned(),
            1 => format!("only one target, of mass {}", rounded(self.target_mass)),
            count => {
                format!("only {count} targets, of mass {} together", rounded(self.target_mass))
            }
        };
        let less = if self.is_by_rounding() {
            format!(", which is {:.1e} less", self.excess)
        } else {
            String::new()
        };
        write!(
            f,
            "forbidden arcs leave no plan: the {sources} {}{more} {have} mass {}{stays}, but {reach} \
             {targets}{less}",
            named.join(", "),
            rounded(self.source_mass),
        )
    }
}

/// A mass to twelve digits: the last ones are those of roundings.
fn rounded(mass: f64) -> f64 {
    format!("{mass:.11e}").parse().expect("a number")
}
