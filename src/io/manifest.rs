//! Lists of files: a path a line, or a table `name,path`.
//!
//! Blank lines and lines that begin with `#` are left out. If the first line that counts is
//! `name,path`, each of the others is a name, a comma, and a path; else each is a path, which is the
//! name, too. Relative paths start at the folder of the list.

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;

use thiserror::Error;

use super::{InputPath, ReadError};
use crate::shown::Quoted;

/// One file of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// The file.
    pub origin: InputPath,
    /// The line that names it, from 1.
    pub line: usize,
}

/// A fault in a list of files.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ManifestProblem {
    /// No text.
    #[error("a list of files is text in UTF-8")]
    NotText,
    /// No files.
    #[error("no file is listed")]
    Empty,
    /// A line of a table without a name or a path.
    #[error("line {line} has no name and path: {}", Quoted(.text))]
    NotAPair {
        /// The line, from 1.
        line: usize,
        /// The text of the line.
        text: String,
    },
    /// Two files of one name.
    #[error("lines {first} and {second} both name {}", Quoted(.name))]
    TwoOfAName {
        /// The name.
        name: String,
        /// The first line, from 1.
        first: usize,
        /// The second.
        second: usize,
    },
    /// The list itself would have to be on the standard input, too.
    #[error("line {line} names -, the standard input")]
    Stdin {
        /// The line, from 1.
        line: usize,
    },
}

impl ManifestProblem {
    /// Advice for the user.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotText | Self::Empty => "write a path a line, or name,path as a table",
            Self::NotAPair { .. } => "below the header name,path every line is NAME,PATH",
            Self::TwoOfAName { .. } => "take one out, or give each a name of its own by name,path",
            Self::Stdin { .. } => "list files only",
        }
    }
}

/// Reads a list of files.
///
/// # Errors
/// [`ReadError`], with [`ManifestProblem`] for what concerns lists.
pub fn read_manifest(origin: &InputPath) -> Result<Vec<Listed>, ReadError> {
    let mut bytes = Vec::new();
    let (mut reader, _) = origin.open()?;
    reader.read_to_end(&mut bytes).map_err(|error| ReadError::from_io(origin, error))?;
    manifest_from(origin, &bytes)
}

/// As [`read_manifest`], of bytes in memory; `origin` says where paths start.
///
/// # Errors
/// As [`read_manifest`].
pub fn manifest_from(origin: &InputPath, bytes: &[u8]) -> Result<Vec<Listed>, ReadError> {
    let bad = |problem| ReadError::Manifest { origin: origin.clone(), problem };
    let text = std::str::from_utf8(bytes).map_err(|_| bad(ManifestProblem::NotText))?;
    let folder = match origin {
        InputPath::File(path) => path.parent().unwrap_or(Path::new("")),
        InputPath::Stdin => Path::new(""),
    };
    parse(text.trim_start_matches('\u{feff}'), folder).map_err(bad)
}

fn parse(text: &str, folder: &Path) -> Result<Vec<Listed>, ManifestProblem> {
    let lines = (1..).zip(text.lines().map(str::trim));
    let mut lines = lines.filter(|(_, text)| !text.is_empty() && !text.starts_with('#')).peekable();
    let is_table = lines.next_if(|(_, text)| is_header(text)).is_some();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut listed = Vec::new();
    for (line, text) in lines {
        let (name, path) = if is_table {
            let pair = text.split_once(',').map(|(name, path)| (name.trim(), path.trim()));
            let pair = pair.filter(|(name, path)| !name.is_empty() && !path.is_empty());
            pair.ok_or_else(|| ManifestProblem::NotAPair { line, text: text.to_owned() })?
        } else {
            (text, text)
        };
        if path == "-" {
            return Err(ManifestProblem::Stdin { line });
        }
        if let Some(first) = seen.insert(name.to_owned(), line) {
            return Err(ManifestProblem::TwoOfAName { name: name.into(), first, second: line });
        }
        let origin = InputPath::File(folder.join(path));
        listed.push(Listed { name: name.into(), origin, line });
    }
    if listed.is_empty() { Err(ManifestProblem::Empty) } else { Ok(listed) }
}

fn is_header(text: &str) -> bool {
    text.split(',').map(str::trim).eq(["name", "path"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_start_at_the_folder_of_the_list() {
        let listed = parse("# sets\n\na.csv\n sub/b, c.csv \n/abs.csv\n", Path::new("in")).unwrap();
        let found: Vec<_> =
            listed.iter().map(|l| (l.name.as_str(), l.origin.to_string(), l.line)).collect();
        assert_eq!(
            found,
            [
                ("a.csv", "in/a.csv".to_owned(), 3),
                ("sub/b, c.csv", "in/sub/b, c.csv".to_owned(), 4),
                ("/abs.csv", "/abs.csv".to_owned(), 5)
            ]
        );
    }

    #[test]
    fn a_table_gives_names() {
        let listed = parse("name, path\nfirst, a.csv\nsecond,b,c.csv\n", Path::new("")).unwrap();
        assert_eq!(listed[0].name, "first");
        assert_eq!(listed[1].origin.to_string(), "b,c.csv");
    }

    #[test]
    fn lists_that_make_no_sense_say_where() {
        use ManifestProblem::{Empty, NotAPair, Stdin, TwoOfAName};
        let problem = |text| parse(text, Path::new("")).unwrap_err();
        assert_eq!(problem("# nothing\n"), Empty);
        assert_eq!(problem("name,path\n"), Empty);
        assert_eq!(problem("name,path\na.csv\n"), NotAPair { line: 2, text: "a.csv".into() });
        assert_eq!(
            problem("a.csv\n\na.csv\n"),
            TwoOfAName { name: "a.csv".into(), first: 1, second: 3 }
        );
        assert_eq!(problem("a.csv\n-\n"), Stdin { line: 2 });
    }
}
