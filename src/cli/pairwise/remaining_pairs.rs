//! Solving the pairs that are not in the journal, and adding them to it.

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
use deblais::solvers::Method;
use deblais::unbalanced::Amount;

use super::super::failure::Failure;
use super::super::ground::Ground;
use super::sets::Sets;

/// Solves the pairs that are not in the journal and adds them to it. Also returns the number of pairs
/// that were in it.
pub(super) fn solve_remaining(
    sets: &Sets,
    ground: Ground,
    amount: Option<Amount>,
    method: Method,
    options: String,
    journal: Option<&Path>,
    observer: &mut dyn Observer,
) -> Result<(Distances, usize), Failure> {
    let count = sets.names.len();
    let (measures, diagrams) = (&sets.measures, &sets.diagrams);
    let key = if diagrams.is_empty() {
        JournalKey::new(measures, options)
    } else {
        JournalKey::of_diagrams(diagrams, options)
    };
    let opened_journal = journal.map(|path| Journal::open(path, &key)).transpose()?;
    let (mut journal, mut found) = match opened_journal {
        Some((journal, found)) => (Some(journal), found),
        None => (None, Vec::new()),
    };
    let known: HashSet<Pair> = found.iter().map(|judged| judged.pair).collect();
    let resumed = found.len();
    let is_symmetric = amount.is_none_or(Amount::is_symmetric);
    let all: Vec<Pair> =
        if is_symmetric { pairs(count).collect() } else { ordered_pairs(count).collect() };
    let todo: Vec<Pair> = all.into_iter().filter(|pair| !known.contains(pair)).collect();
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
