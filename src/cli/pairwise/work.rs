//! Solving what is not done yet, with a journal of what is.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Mutex;

use deblais::cost::GroundCost;
use deblais::io::{Journal, JournalError, JournalKey};
use deblais::measure::DiscreteMeasure;
use deblais::pairwise::{Distances, Judged, Pair, PairwiseError, pairs, solve_pairs};
use deblais::progress::{Event, Observer, Stop};
use deblais::solvers::{Method, Termination};

use super::super::failure::Failure;
use super::super::ground::{Ground, GroundUser};
use super::sets::Sets;

/// Solves the pairs that are not in the journal and adds them to it; also, how many were in it.
pub(super) fn work(
    sets: &Sets,
    ground: Ground,
    method: Method,
    options: String,
    journal: Option<&Path>,
    observer: &mut dyn Observer,
) -> Result<(Distances, usize), Failure> {
    let measures = &sets.measures;
    let opened =
        journal.map(|path| Journal::open(path, &JournalKey::new(measures, options))).transpose()?;
    let (mut journal, mut found) = match opened {
        Some((journal, found)) => (Some(journal), found),
        None => (None, Vec::new()),
    };
    let known: HashSet<Pair> = found.iter().map(|judged| judged.pair).collect();
    let resumed = found.len();
    let todo: Vec<Pair> = pairs(measures.len()).filter(|pair| !known.contains(pair)).collect();
    let failed = Mutex::new(None);
    let keep = |judged: Judged| {
        if let Some(Err(error)) = journal.as_mut().map(|journal| journal.add(&judged)) {
            failed.lock().expect("nobody panics").get_or_insert(error);
        }
        found.push(judged);
    };
    let mut observer = Until { observer, failed: &failed };
    let solving = Solving { measures, todo: &todo, method, keep, observer: &mut observer };
    let ended = ground.hand_to(solving)?;
    if let Some(error) = failed.into_inner().expect("nobody panics") {
        return Err(error.into());
    }
    journal.map(Journal::keep).transpose()?;
    let termination = ended.map_err(|PairwiseError { pair: (i, j), fault }| {
        Failure::from(fault).at(format!("{} and {}", sets.names[i], sets.names[j]))
    })?;
    Ok((Distances::new(measures.len(), found, termination), resumed))
}

/// Stops a run whose journal cannot be written.
struct Until<'a> {
    observer: &'a mut dyn Observer,
    failed: &'a Mutex<Option<JournalError>>,
}

impl Observer for Until<'_> {
    fn observe(&mut self, event: &Event) -> ControlFlow<Stop> {
        if self.failed.lock().expect("nobody panics").is_some() {
            return ControlFlow::Break(Stop::Interrupted);
        }
        self.observer.observe(event)
    }
}

/// The pairs to do, waiting for their ground cost.
struct Solving<'a, K> {
    measures: &'a [DiscreteMeasure],
    todo: &'a [Pair],
    method: Method,
    keep: K,
    observer: &'a mut dyn Observer,
}

impl<K: FnMut(Judged) + Send> GroundUser for Solving<'_, K> {
    type Output = Result<Termination, PairwiseError>;

    fn with<G: GroundCost + 'static>(self, ground: G) -> Self::Output {
        solve_pairs(self.measures, self.todo, &ground, self.method, self.keep, self.observer)
    }
}
