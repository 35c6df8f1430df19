//! An ε-scaled auction on candidate lists: nearly optimal initial prices for the exact search.
//!
//! A free row takes its cheapest column at the price that makes the second-cheapest as good,
//! plus ε, and frees the row that was matched with it. Every matched arc is within a few ε of the
//! cheapest of its row; ε decreases by a constant factor from phase to phase (Bertsekas 1988).

use std::ops::ControlFlow;

use super::StepCounter;
use super::candidate_lists::CandidateLists;
use super::matching::{FREE, Matching};
use crate::progress::Stop;

/// ε decreases by this factor from phase to phase; 3 to 5 are equally fast, 10 is slower.
const EPSILON_DIVISOR: f64 = 4.0;
/// The last ε is at least this multiple of 1/n of the first.
const LAST_EPSILON_MULTIPLE: f64 = 2.0;
/// A list is used until its values exceed its bound by this multiple of ε; the next phase corrects it.
const LIST_SLACK_EPSILONS: f64 = 8.0;
/// Bids per row after which a phase ends as a price war, in which prices change far in steps of ε. The
/// first phase is then repeated with a larger ε; later ones leave the rest to the shortest paths.
const BIDS_PER_ROW: usize = 20;
/// The factor by which ε increases after a price war in the first phase.
const EPSILON_RAISE: f64 = 16.0;

/// Raises prices until most rows hold a tight arc; the others end up free.
pub(super) fn run(
    lists: &mut CandidateLists<'_>,
    matching: &mut Matching,
    steps: &mut StepCounter<'_>,
) -> ControlFlow<Stop> {
    let n = matching.g.len();
    take_free_columns(lists, matching);
    let mut epsilon = lists.reach(&matching.g);
    let last =
        if matching.is_complete() { epsilon } else { LAST_EPSILON_MULTIPLE * epsilon / n as f64 };
    if epsilon > last {
        while let PhaseEnd::PriceWar = phase(lists, matching, epsilon, steps)? {
            epsilon *= EPSILON_RAISE;
        }
        epsilon /= EPSILON_DIVISOR;
    }
    while epsilon > last {
        loosen(lists, matching, epsilon);
        phase(lists, matching, epsilon, steps)?;
        epsilon /= EPSILON_DIVISOR;
    }
    loosen(lists, matching, 0.0);
    take_free_columns(lists, matching);
    ControlFlow::Continue(())
}

/// How a phase ended.
enum PhaseEnd {
    /// All rows are matched.
    AllMatched,
    /// The limit of bids was reached first.
    PriceWar,
}

/// Free rows bid until all are matched, or the limit of bids is reached.
fn phase(
    lists: &mut CandidateLists<'_>,
    matching: &mut Matching,
    epsilon: f64,
    steps: &mut StepCounter<'_>,
) -> ControlFlow<Stop, PhaseEnd> {
    let mut free = matching.free_rows();
    for _ in 0..BIDS_PER_ROW * matching.g.len() {
        let Some(i) = free.pop() else { return ControlFlow::Continue(PhaseEnd::AllMatched) };
        let best = lists.two_best(i as usize, &matching.g, LIST_SLACK_EPSILONS * epsilon);
        let j = best.column as usize;
        let owner = matching.row_of[j];
        matching.g[j] -= (best.second - best.smallest) + epsilon;
        if owner != FREE {
            matching.column_of[owner as usize] = FREE;
            free.push(owner);
        }
        matching.join(i as usize, j, best.cost);
        steps.take()?;
    }
    ControlFlow::Continue(PhaseEnd::PriceWar)
}

/// Frees the rows whose arc is more expensive than their cheapest by more than `slack`.
fn loosen(lists: &mut CandidateLists<'_>, matching: &mut Matching, slack: f64) {
    for i in 0..matching.g.len() {
        if matching.column_of[i] != FREE
            && matching.f[i] > lists.two_best(i, &matching.g, slack).smallest + slack
        {
            matching.part(i);
        }
    }
}

/// Gives each free row its cheapest column, if that one is free.
fn take_free_columns(lists: &mut CandidateLists<'_>, matching: &mut Matching) {
    for i in matching.free_rows() {
        let best = lists.two_best(i as usize, &matching.g, 0.0);
        if matching.row_of[best.column as usize] == FREE {
            matching.join(i as usize, best.column as usize, best.cost);
        }
    }
}
