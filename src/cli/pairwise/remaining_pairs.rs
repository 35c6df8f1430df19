//! Solving the pairs that are not in the journal, and adding them to it; or taking them from shards.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Mutex;

use deblais::io::{Journal, JournalError, JournalKey};
use deblais::pairwise::{
    Distances, Judged, Pair, PairwiseError, ordered_pairs, pairs, solve_diagram_pairs, solve_pairs,
    solve_unbalanced_pairs,
};
use deblais::progress::{Event, Observer, Stop};
use deblais::solvers::{Method, Termination};
use deblais::unbalanced::Amount;

use super::super::failure::Failure;
use super::super::ground::Ground;
use super::sets::Sets;
use super::shards::Shards;

/// All pairs of a run.
pub(super) fn all_pairs(sets: &Sets, amount: Option<Amount>) -> Vec<Pair> {
    let count = sets.names.len();
    let is_symmetric = amount.is_none_or(Amount::is_symmetric);
    if is_symmetric { pairs(count).collect() } else { ordered_pairs(count).collect() }
}

/// The key of the journals of a run on these sets.
fn key(sets: &Sets, options: String) -> JournalKey {
    if sets.diagrams.is_empty() {
        JournalKey::new(&sets.measures, options)
    } else {
        JournalKey::of_diagrams(&sets.diagrams, options)
    }
}

/// The pairs of all shards.
pub(super) fn merge(
    sets: &Sets,
    amount: Option<Amount>,
    options: String,
    shards: &Shards,
) -> Result<Distances, Failure> {
    let all = all_pairs(sets, amount);
    let found = shards.pairs(&key(sets, options), &all, &sets.names)?;
    let is_symmetric = amount.is_none_or(Amount::is_symmetric);
    let distances = Distances::new(sets.names.len(), found, Termination::Optimal);
    Ok(Distances { is_symmetric, ..distances })
}

/// Solves those of the pairs that are not in the journal and adds them to it. Also returns the number of
/// pairs that were in it.
pub(super) fn solve_remaining(
    sets: &Sets,
    (ground, amount, method): (Ground, Option<Amount>, Method),
    wanted: Vec<Pair>,
    options: String,
    journal: Option<&Path>,
    observer: &mut dyn Observer,
) -> Result<(Distances, usize), Failure> {
    let count = sets.names.len();
    let (measures, diagrams) = (&sets.measures, &sets.diagrams);
    let key = key(sets, options);
    let opened_journal = journal.map(|path| Journal::open(path, &key)).transpose()?;
    let (mut journal, mut found) = match opened_journal {
        Some((journal, found)) => (Some(journal), found),
        None => (None, Vec::new()),
    };
    let known: HashSet<Pair> = found.iter().map(|judged| judged.pair).collect();
    let resumed = found.len();
    let is_symmetric = amount.is_none_or(Amount::is_symmetric);
    let todo: Vec<Pair> = wanted.into_iter().filter(|pair| !known.contains(pair)).collect();
    let journal_error = Mutex::new(None);
    let keep = |judged: Judged| {
        if let Some(Err(error)) = journal.as_mut().map(|journal| journal.add(&judged)) {
            journal_error.lock().expect("nobody panics").get_or_insert(error);
        }
        found.push(judged);
    };
    let mut observer = JournalWatch { observer, journal_error: &journal_error };
    let (cost, observer) = (ground.cost(), &mut observer);
    let ended = if !diagrams.is_empty() {
        solve_diagram_pairs(diagrams, &todo, cost, method, keep, observer)
    } else if let Some(amount) = amount {
        solve_unbalanced_pairs(measures, &todo, cost, amount, method, keep, observer)
    } else {
        solve_pairs(measures, &todo, cost, method, keep, observer)
    };
    if let Some(error) = journal_error.into_inner().expect("nobody panics") {
        return Err(error.into());
    }
    journal.map(Journal::keep).transpose()?;
    let termination = ended.map_err(|PairwiseError { pair: (i, j), fault }| {
        Failure::from(fault).at(format!("{} and {}", sets.names[i], sets.names[j]))
    })?;
    Ok((Distances { is_symmetric, ..Distances::new(count, found, termination) }, resumed))
}

/// An observer that stops a run whose journal cannot be written.
struct JournalWatch<'a> {
    observer: &'a mut dyn Observer,
    journal_error: &'a Mutex<Option<JournalError>>,
}

impl Observer for JournalWatch<'_> {
    fn observe(&mut self, event: &Event) -> ControlFlow<Stop> {
        if self.journal_error.lock().expect("nobody panics").is_some() {
            return ControlFlow::Break(Stop::Interrupted);
        }
        self.observer.observe(event)
    }
}
