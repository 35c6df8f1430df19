//! Input paths: a file or the standard input.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::ReadError;

/// A file, or the standard input.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum InputPath {
    /// The standard input, written `-` on the command line. It can be read once.
    Stdin,
    /// A file.
    File(PathBuf),
}

impl InputPath {
    /// The file, if it is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Stdin => None,
            Self::File(path) => Some(path),
        }
    }

    /// Opens it; the second value is the number of bytes, where that is known beforehand.
    pub(super) fn open(&self) -> Result<(Box<dyn Read>, Option<u64>), ReadError> {
        match self {
            Self::Stdin => Ok((Box::new(io::stdin().lock()), None)),
            Self::File(path) => {
                let file = File::open(path).map_err(|error| ReadError::from_io(self, error))?;
                let metadata = file.metadata().map_err(|error| ReadError::from_io(self, error))?;
                let size = metadata.is_file().then_some(metadata.len());
                Ok((Box::new(file), size))
            }
        }
    }
}

impl From<PathBuf> for InputPath {
    fn from(path: PathBuf) -> Self {
        if path.as_os_str() == "-" { Self::Stdin } else { Self::File(path) }
    }
}

impl From<&Path> for InputPath {
    fn from(path: &Path) -> Self {
        path.to_path_buf().into()
    }
}

impl From<&str> for InputPath {
    fn from(path: &str) -> Self {
        PathBuf::from(path).into()
    }
}

impl fmt::Display for InputPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdin => f.write_str("standard input"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dash_is_the_standard_input() {
        assert_eq!(InputPath::from(Path::new("-")), InputPath::Stdin);
        assert_eq!(InputPath::from("-").to_string(), "standard input");
        assert_eq!(InputPath::from("a/-").to_string(), "a/-");
    }
}
