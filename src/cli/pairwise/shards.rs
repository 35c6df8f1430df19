//! `pairwise --shard`, and `pairwise merge`: the pairs divided among several runs, on any machines.
//!
//! Pairs are dealt like cards: shard i of k has the pairs i, i + k, i + 2k, …, counted from 1 in the order
//! of the matrix. A shard is kept in a journal of its own beside the output, `emd.csv.2-of-8.journal`, which
//! names the inputs and options that it belongs to.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use deblais::io::{Journal, JournalKey, journal_of};
use deblais::pairwise::{Judged, Pair};
use deblais::shown::Shown;

use crate::cli::failure::Failure;

/// The most shards of a run.
const MOST: usize = 1_000_000;

/// One of several shards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shard {
    /// From 1.
    number: usize,
    of: usize,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('/').and_then(|(number, of)| {
            Some(Self { number: number.trim().parse().ok()?, of: of.trim().parse().ok()? })
        });
        parsed
            .filter(|shard| (1..=shard.of).contains(&shard.number) && shard.of <= MOST)
            .ok_or_else(|| {
                format!("a shard is I/K with I from 1 to K, such as 2/8; K is at most {MOST}")
            })
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl Shard {
    /// Its pairs among all.
    pub(super) fn of_all(self, all: &[Pair]) -> Vec<Pair> {
        all.iter().copied().skip(self.number - 1).step_by(self.of).collect()
    }

    /// Its journal, beside the output.
    pub(super) fn journal(self, output: &Path) -> Result<PathBuf, Failure> {
        let mut name = output.file_name().unwrap_or_default().to_os_string();
        name.push(format!(".{}-of-{}", self.number, self.of));
        Ok(journal_of(&output.with_file_name(name))?)
    }

    /// The shard whose journal beside an output has this name.
    fn of_journal(name: &str, output: &str) -> Option<Self> {
        let numbers = name.strip_prefix(output)?.strip_prefix('.')?.strip_suffix(".journal")?;
        let (number, of) = numbers.split_once("-of-")?;
        format!("{number}/{of}").parse().ok()
    }
}

/// The journals of all shards beside an output.
pub(super) struct Shards(BTreeMap<Shard, PathBuf>);

impl Shards {
    /// Finds the shards; they must be of one division.
    pub(super) fn beside(output: &Path) -> Result<Self, Failure> {
        let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let failed = |error| Failure::new(format!("{}: {error}", folder.display()));
        let own_name = output.file_name().unwrap_or_default().to_string_lossy();
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if let Some(shard) = Shard::of_journal(&entry.file_name().to_string_lossy(), &own_name)
            {
                found.insert(shard, entry.path());
            }
        }
        let Some(&Shard { of, .. }) = found.keys().next() else {
            return Err(Failure::new(format!("{}: no shard lies beside it", output.display()))
                .hint("run them first: the same command with --shard 1/K, …, K/K in the place of merge"));
        };
        if let Some(other) = found.keys().find(|shard| shard.of != of) {
            return Err(Failure::new(format!(
                "{}: shards of {of} and of {} lie beside it",
                output.display(),
                other.of
            ))
            .hint("delete the journals of one division"));
        }
        for number in 1..=of {
            let shard = Shard { number, of };
            if !found.contains_key(&shard) {
                let path = shard.journal(output)?;
                return Err(Failure::new(format!("{}: this shard is missing", path.display()))
                    .hint(format!(
                        "run it: the same command with --shard {shard} in the place of merge"
                    )));
            }
        }
        Ok(Self(found))
    }

    /// The pairs of all shards. Each shard must have its own pairs, each once, and no others.
    pub(super) fn pairs(
        &self,
        key: &JournalKey,
        all: &[Pair],
        names: &[String],
    ) -> Result<Vec<Judged>, Failure> {
        let mut merged = Vec::with_capacity(all.len());
        for (shard, path) in &self.0 {
            let bytes = fs::read(path)
                .map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
            let (found, _) = Journal::done(path, &bytes, key)?;
            let mut of_shard = shard.of_all(all);
            of_shard.sort_unstable();
            let mut done: Vec<Pair> = found.iter().map(|judged| judged.pair).collect();
            done.sort_unstable();
            let again = format!("run it again: the same command with --shard {shard}");
            let foreign = done.iter().find(|pair| of_shard.binary_search(pair).is_err());
            let double = done.windows(2).find(|two| two[0] == two[1]).map(|two| &two[0]);
            if let Some(&(i, j)) = foreign.or(double) {
                let (a, b) = (Shown(&names[i]), Shown(&names[j]));
                let fault = if foreign.is_some() { "not of this shard" } else { "there twice" };
                return Err(Failure::new(format!(
                    "{}: the pair {a} and {b} is {fault}",
                    path.display()
                ))
                .hint(format!("delete the file, then {again}")));
            }
            if done.len() < of_shard.len() {
                return Err(Failure::new(format!(
                    "{}: {} of {} pairs are done",
                    path.display(),
                    done.len(),
                    of_shard.len()
                ))
                .hint(format!("{again}; it goes on from there")));
            }
            merged.extend(found);
        }
        Ok(merged)
    }

    /// Removes the journals, whose matrix is written.
    pub(super) fn remove(self) -> Result<(), Failure> {
        self.0.into_values().try_for_each(|path| {
            fs::remove_file(&path)
                .map_err(|error| Failure::new(format!("{}: {error}", path.display())))
        })
    }
}
