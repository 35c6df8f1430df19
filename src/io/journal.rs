//! The journal of a run over many pairs: what is done so far, a line a pair, so that a run that was
//! stopped or killed goes on where it left off.
//!
//! The first line says to which run it belongs: the format, the version of the program, a digest of
//! the inputs and the options. A pair is a line of its places and its certificate. Every line ends in
//! a checksum. A last line without its end is what a kill left half-written, and is done again; a
//! whole line whose checksum is wrong is damage, and the journal is refused. Whoever writes a journal
//! holds a lock on it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use thiserror::Error;

use super::WriteError;
use super::digest::hexadecimal;
use crate::certificate::Certificate;
use crate::measure::DiscreteMeasure;
use crate::pairwise::Judged;
use crate::persistence::PersistenceDiagram;
use crate::shown::Quoted;

/// The schema in the first line of every journal.
const FORMAT: &str = "deblais.pairwise-journal/2";

/// The format of earlier versions, whose first line had no checksum.
const UNCHECKED: &str = "deblais.pairwise-journal/1";

/// The longest time that a result stays in memory before it is written.
const FLUSH: Duration = Duration::from_millis(100);

/// The problem and settings that a journal belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalKey {
    /// Version of the program, which may change last bits.
    pub version: String,
    /// Digest of all points and masses.
    pub measures: String,
    /// The options that shape what is found, on one line.
    pub options: String,
}

impl JournalKey {
    /// The key of a run of this program on these measures.
    #[must_use]
    pub fn new(measures: &[DiscreteMeasure], options: String) -> Self {
        let mut hash = Sha256::new();
        let mut add = |bytes: [u8; 8]| hash.update(bytes);
        add((measures.len() as u64).to_le_bytes());
        for measure in measures {
            add((measure.len() as u64).to_le_bytes());
            add((measure.dim() as u64).to_le_bytes());
            // The weights, not the masses: those are rounded.
            let marginal = measure.marginal();
            add(u64::from(marginal.has_unit_total()).to_le_bytes());
            for x in measure.support().iter().chain(marginal.weights()) {
                add(x.to_le_bytes());
            }
        }
        let measures = hexadecimal(hash);
        Self { version: env!("CARGO_PKG_VERSION").to_owned(), measures, options }
    }

    /// The key of a run of this program on these persistence diagrams.
    #[must_use]
    pub fn of_diagrams(diagrams: &[PersistenceDiagram], options: String) -> Self {
        let mut hash = Sha256::new();
        let mut add = |bytes: [u8; 8]| hash.update(bytes);
        add((diagrams.len() as u64).to_le_bytes());
        for diagram in diagrams {
            for numbers in [diagram.points().flatten(), diagram.essential().flatten()] {
                add((numbers.len() as u64).to_le_bytes());
                numbers.iter().for_each(|x| add(x.to_le_bytes()));
            }
        }
        let measures = hexadecimal(hash);
        Self { version: env!("CARGO_PKG_VERSION").to_owned(), measures, options }
    }

    fn line(&self) -> String {
        sealed(&format!("{FORMAT} {} {} {}", self.version, self.measures, self.options))
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.strip_prefix(FORMAT)?.strip_prefix(' ')?.splitn(3, ' ');
        let mut word = || words.next().map(str::to_owned);
        Some(Self { version: word()?, measures: word()?, options: word()? })
    }

    /// The first difference between a run and the run that a journal belongs to.
    fn difference(&self, other: &Self) -> Option<String> {
        let differs = |what: &str, here: &str, there: &str| {
            Some(format!("{what} there {}, here {}", Quoted(there), Quoted(here)))
        };
        if self.version != other.version {
            differs("the version of the program is", &self.version, &other.version)
        } else if self.options != other.options {
            differs("the options are", &self.options, &other.options)
        } else if self.measures != other.measures {
            Some("the inputs are different".to_owned())
        } else {
            None
        }
    }
}

/// A journal that cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum JournalError {
    /// It belongs to another run.
    #[error("{}: it is the journal of another run: {difference}", .path.display())]
    OtherRun {
        /// The journal.
        path: PathBuf,
        /// The first difference.
        difference: String,
    },
    /// It is something else.
    #[error("{}: this is no journal of an earlier run", .path.display())]
    NotAJournal {
        /// The file.
        path: PathBuf,
    },
    /// It is of an earlier version.
    #[error(
        "{}: the journal of an earlier version, in which damage could go unnoticed", .path.display()
    )]
    Unchecked {
        /// The journal.
        path: PathBuf,
    },
    /// A line is not what was written.
    #[error("{}, line {line}: damaged: the checksum is not that of the line", .path.display())]
    Damaged {
        /// The journal.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// Somebody is writing it.
    #[error("{}: another run is writing it", .path.display())]
    InUse {
        /// The journal.
        path: PathBuf,
    },
    /// The system failed.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The journal.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
}

impl JournalError {
    /// Advice for the user.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::OtherRun { .. } => {
                "repeat that run's inputs and options to go on with it; to begin anew, delete the \
                 journal or name another output"
            }
            Self::NotAJournal { .. } => "name another output: its journal would lie there",
            Self::Unchecked { .. } | Self::Damaged { .. } => {
                "delete it, or name another output: the run then begins anew"
            }
            Self::InUse { .. } => "wait for it, or name another output",
            Self::Io { .. } => "check the permissions and the space on the disk",
        }
    }
}

/// A journal that is open for more.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: BufWriter<File>,
    flushed: Instant,
}

impl Journal {
    /// Opens the journal of a run, or begins it, and gives what is in it.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn open(path: &Path, key: &JournalKey) -> Result<(Self, Vec<Judged>), JournalError> {
        let failed = |source| JournalError::Io { path: path.to_path_buf(), source };
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(JournalError::InUse { path: path.to_path_buf() });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        let (done, good) = Self::done(path, &bytes, key)?;
        file.set_len(good as u64).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        let mut journal =
            Self { path: path.to_path_buf(), file: BufWriter::new(file), flushed: Instant::now() };
        if good == 0 {
            writeln!(journal.file, "{}", key.line()).map_err(failed)?;
            journal.file.flush().map_err(failed)?;
        }
        Ok((journal, done))
    }

    /// The pairs in the bytes of a journal, and how many of these are good.
    ///
    /// # Errors
    /// [`JournalError`] for the bytes of another journal, or of none.
    pub fn done(
        path: &Path,
        bytes: &[u8],
        key: &JournalKey,
    ) -> Result<(Vec<Judged>, usize), JournalError> {
        let mut lines = (1..).zip(bytes.split_inclusive(|&byte| byte == b'\n'));
        let Some((_, first)) = lines.next() else { return Ok((Vec::new(), 0)) };
        let not_a_journal = || JournalError::NotAJournal { path: path.to_path_buf() };
        let damaged = |line| JournalError::Damaged { path: path.to_path_buf(), line };
        let Some(header) = first.strip_suffix(b"\n") else {
            // Killed while it wrote the first line, or something else altogether.
            let begins = key.line().as_bytes().starts_with(first);
            return if begins { Ok((Vec::new(), 0)) } else { Err(not_a_journal()) };
        };
        if header.starts_with(UNCHECKED.as_bytes()) {
            return Err(JournalError::Unchecked { path: path.to_path_buf() });
        }
        if !header.starts_with(FORMAT.as_bytes()) {
            return Err(not_a_journal());
        }
        let found = unsealed(header).and_then(JournalKey::parse).ok_or_else(|| damaged(1))?;
        if let Some(difference) = key.difference(&found) {
            return Err(JournalError::OtherRun { path: path.to_path_buf(), difference });
        }
        let (mut done, mut good) = (Vec::new(), first.len());
        for (number, line) in lines {
            let Some(text) = line.strip_suffix(b"\n") else { break };
            done.push(unsealed(text).and_then(parse).ok_or_else(|| damaged(number))?);
            good += line.len();
        }
        Ok((done, good))
    }

    /// Adds a pair.
    ///
    /// # Errors
    /// [`JournalError::Io`].
    pub fn add(&mut self, judged: &Judged) -> Result<(), JournalError> {
        let mut written = writeln!(self.file, "{}", sealed(&line(judged)));
        if self.flushed.elapsed() >= FLUSH {
            written = written.and_then(|()| self.file.flush());
            self.flushed = Instant::now();
        }
        written.map_err(|source| JournalError::Io { path: self.path.clone(), source })
    }

    /// Leaves everything in the file.
    ///
    /// # Errors
    /// [`JournalError::Io`].
    pub fn keep(mut self) -> Result<(), JournalError> {
        self.file.flush().map_err(|source| JournalError::Io { path: self.path.clone(), source })
    }
}

/// Where the journal of an output lies: beside it.
///
/// # Errors
/// [`WriteError`] if it could not be written there.
pub fn journal_of(output: &Path) -> Result<PathBuf, WriteError> {
    let mut name = output.file_name().unwrap_or_default().to_os_string();
    name.push(".journal");
    let path = output.with_file_name(name);
    super::atomic::check_writable(&path)?;
    Ok(path)
}

/// A text with its checksum.
fn sealed(text: &str) -> String {
    format!("{text} {:08x}", checksum(text))
}

/// The text of a line whose checksum is right.
fn unsealed(line: &[u8]) -> Option<&str> {
    let line = std::str::from_utf8(line).ok()?;
    let (text, _) = line.rsplit_once(' ')?;
    (sealed(text) == line).then_some(text)
}

/// A pair as text that gives it back to the bit.
fn line(judged: &Judged) -> String {
    let Judged { pair: (i, j), certificate } = judged;
    let Certificate { lower, upper, gap, source_residual, target_residual, dual_violation } =
        certificate;
    format!(
        "{i} {j} {lower:?} {upper:?} {gap:?} {source_residual:?} {target_residual:?} \
         {dual_violation:?}"
    )
}

fn parse(text: &str) -> Option<Judged> {
    let mut words = text.split(' ');
    let pair = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let mut number = || words.next()?.parse::<f64>().ok();
    let certificate = Certificate {
        lower: number()?,
        upper: number()?,
        gap: number()?,
        source_residual: number()?,
        target_residual: number()?,
        dual_violation: number()?,
    };
    Some(Judged { pair, certificate })
}

/// 32 bits of FNV-1a (Fowler, Noll, Vo 1991). Each of its steps is a bijection, so that no change of a
/// single byte goes unnoticed.
fn checksum(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use std::fs;

    fn judged(j: usize) -> Judged {
        let certificate = Certificate {
            lower: 0.1 + 0.2,
            upper: 1.0 / 3.0,
            gap: 1e-17,
            source_residual: 0.0,
            target_residual: 5e-324,
            dual_violation: 0.0,
        };
        Judged { pair: (0, j), certificate }
    }

    fn key(options: &str) -> JournalKey {
        let measure = DiscreteMeasure::uniform(array![[0.0], [1.0]]).unwrap();
        JournalKey::new(&[measure], options.to_owned())
    }

    #[test]
    fn what_was_kept_is_there_to_the_bit_whatever_a_kill_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv.journal");
        let (mut journal, done) = Journal::open(&path, &key("cost=euclidean")).unwrap();
        assert_eq!(done, []);
        for j in 1..4 {
            journal.add(&judged(j)).unwrap();
        }
        journal.keep().unwrap();
        let whole = fs::read(&path).unwrap();
        let first = whole.iter().position(|&byte| byte == b'\n').unwrap() + 1;
        for length in 0..=whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let (mut journal, done) = Journal::open(&path, &key("cost=euclidean")).unwrap();
            let lines = whole[..length].split(|&byte| byte == b'\n').count() - 1;
            assert_eq!(done, (1..lines.max(1)).map(judged).collect::<Vec<_>>(), "{length}");
            journal.add(&judged(9)).unwrap();
            journal.keep().unwrap();
            let (_, done) = Journal::open(&path, &key("cost=euclidean")).unwrap();
            assert_eq!(done.last(), Some(&judged(9)), "{length} of {first}");
        }
    }

    #[test]
    fn a_change_of_any_byte_is_noticed_and_the_journal_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv.journal");
        let (mut journal, _) = Journal::open(&path, &key("cost=euclidean")).unwrap();
        for j in 1..3 {
            journal.add(&judged(j)).unwrap();
        }
        journal.keep().unwrap();
        let whole = fs::read(&path).unwrap();
        for place in 0..whole.len() - 1 {
            for mask in [1, 0x20, 0x80] {
                let mut bytes = whole.clone();
                bytes[place] ^= mask;
                fs::write(&path, &bytes).unwrap();
                let error = Journal::open(&path, &key("cost=euclidean")).unwrap_err();
                let place = whole[..place].split(|&byte| byte == b'\n').count();
                match error {
                    JournalError::Damaged { line, .. } => assert!(line >= place, "{line} {place}"),
                    JournalError::NotAJournal { .. } | JournalError::Unchecked { .. } => {
                        assert_eq!(place, 1);
                    }
                    other => panic!("{other}"),
                }
                assert_eq!(fs::read(&path).unwrap(), bytes);
            }
        }
        // Without its end the last line is what a kill leaves.
        fs::write(&path, [&whole[..whole.len() - 1], b"x"].concat()).unwrap();
        let (_, done) = Journal::open(&path, &key("cost=euclidean")).unwrap();
        assert_eq!(done, [judged(1)]);
    }

    #[test]
    fn a_journal_of_an_earlier_version_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv.journal");
        fs::write(&path, "deblais.pairwise-journal/1 0.1.0 00 cost=euclidean\n").unwrap();
        let error = Journal::open(&path, &key("cost=euclidean")).unwrap_err();
        assert!(matches!(error, JournalError::Unchecked { .. }), "{error}");
    }

    #[test]
    fn a_journal_of_another_run_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv.journal");
        let (journal, _) = Journal::open(&path, &key("cost=euclidean")).unwrap();
        let again = Journal::open(&path, &key("cost=euclidean"));
        assert!(matches!(again, Err(JournalError::InUse { .. })));
        journal.keep().unwrap();
        let before = fs::read(&path).unwrap();
        let other = Journal::open(&path, &key("cost=cityblock")).unwrap_err().to_string();
        assert!(other.contains("there \"cost=euclidean\", here \"cost=cityblock\""), "{other}");
        let moved = DiscreteMeasure::uniform(array![[0.0], [1.5]]).unwrap();
        let moved = JournalKey::new(&[moved], "cost=euclidean".to_owned());
        let other = Journal::open(&path, &moved).unwrap_err().to_string();
        assert!(other.contains("inputs are different"), "{other}");
        assert_eq!(fs::read(&path).unwrap(), before);
        fs::write(&path, "a,b\n1,2\n").unwrap();
        let unsupported_format = Journal::open(&path, &key("cost=euclidean"));
        assert!(matches!(unsupported_format, Err(JournalError::NotAJournal { .. })));
    }
}
