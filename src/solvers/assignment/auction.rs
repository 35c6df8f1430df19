//! An ε-scaled auction on lazy lists: nearly optimal prices for the exact search to start from.
//!
//! A free row takes its cheapest column at the price that makes the second-cheapest as good,
//! plus ε, and sends the row that had it away. Every matched arc is within a few ε of the
//! cheapest of its row; ε falls by a constant factor from phase to phase (Bertsekas 1988).

use std::ops::ControlFlow;

use super::StepCounter;
use super::candidate_lists::CandidateLists;
use super::matching::{FREE, Matching};
use crate::progress::Stop;

/// ε falls by this factor from phase to phase; 3 to 5 do equally well, 10 does not.
const FACTOR: f64 = 4.0;
/// The last ε is at least this part of the first, times 1/n.
const LAST: f64 = 2.0;
/// A list is trusted up to so many ε beyond its bound: the next phase will notice.
const SLACK: f64 = 8.0;
/// Bids per row after which a phase counts as a price war: the prices have far to go in steps
/// of ε. The first phase then raises ε; later ones leave the rest to the shortest paths.
const PATIENCE: usize = 20;
/// What the first phase raises ε by.
const RAISE: f64 = 16.0;

/// Raises prices until most rows hold a tight arc; the others end up free.
pub(super) fn run(
    lists: &mut CandidateLists<'_>,
    matching: &mut Matching,
    steps: &mut StepCounter<'_>,
) -> ControlFlow<Stop> {
    let n = matching.g.len();
    take_free_columns(lists, matching);
    let mut epsilon = lists.reach(&matching.g);
    let last = if matching.is_complete() { epsilon } else { LAST * epsilon / n as f64 };
    if epsilon > last {
        while let PhaseEnd::OutOfPatience = phase(lists, matching, epsilon, steps)? {
            epsilon *= RAISE;
        }
        epsilon /= FACTOR;
    }
    while epsilon > last {
        loosen(lists, matching, epsilon);
        phase(lists, matching, epsilon, steps)?;
        epsilon /= FACTOR;
    }
    loosen(lists, matching, 0.0);
    take_free_columns(lists, matching);
    ControlFlow::Continue(())
}

/// How a phase ended.
enum PhaseEnd {
    /// All rows are matched.
    AllMatched,
    /// Patience ended first.
    OutOfPatience,
}

/// All free rows bid until none is left, or patience ends.
fn phase(
    lists: &mut CandidateLists<'_>,
    matching: &mut Matching,
    epsilon: f64,
    steps: &mut StepCounter<'_>,
) -> ControlFlow<Stop, PhaseEnd> {
    let mut free = matching.free_rows();
    for _ in 0..PATIENCE * matching.g.len() {
        let Some(i) = free.pop() else { return ControlFlow::Continue(PhaseEnd::AllMatched) };
        let best = lists.two_best(i as usize, &matching.g, SLACK * epsilon);
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
    ControlFlow::Continue(PhaseEnd::OutOfPatience)
}

/// Frees the rows whose arc is dearer than their cheapest by more than `slack`.
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
