//! Atomic writes: files appear in full or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use thiserror::Error;

/// An output that cannot be written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The folder it should go to does not exist.
    #[error("{}: there is no folder {}", .path.display(), .folder.display())]
    NoFolder {
        /// The file.
        path: PathBuf,
        /// The missing folder.
        folder: PathBuf,
    },
    /// There is a folder of that name.
    #[error("{}: this is a folder, not a file", .path.display())]
    Directory {
        /// The path.
        path: PathBuf,
    },
    /// The folder may not be written to.
    #[error("{}: permission denied", .path.display())]
    PermissionDenied {
        /// The file.
        path: PathBuf,
    },
    /// The system failed to write for another reason.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
}

impl WriteError {
    fn from_io(path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                let folder = folder_of(&path).to_path_buf();
                Self::NoFolder { path, folder }
            }
            io::ErrorKind::IsADirectory => Self::Directory { path },
            io::ErrorKind::PermissionDenied => Self::PermissionDenied { path },
            _ => Self::Io { path, source },
        }
    }

    /// Advice for the user.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::NoFolder { folder, .. } => {
                format!("create it (mkdir -p {}) or name another", folder.display())
            }
            Self::Directory { .. } => "name a file inside it".into(),
            Self::PermissionDenied { .. } => "name a folder you may write to".into(),
            Self::Io { .. } => "check the space on the disk; nothing was left half-written".into(),
        }
    }
}

/// Writes a file through `write`, under a temporary name in the same folder, and renames it when
/// it is complete: readers see the old file or the new one. What is not a regular file
/// (a pipe, `/dev/stdout`) is written directly.
///
/// # Errors
/// [`WriteError`]; the temporary file is then gone, and an older file of that name untouched.
pub fn write_atomically(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), WriteError> {
    let failed = |error| WriteError::from_io(path, error);
    match Destination::of(path)? {
        Destination::Stream => {
            let file = OpenOptions::new().write(true).open(path).map_err(failed)?;
            write_through(file, write).map_err(failed)
        }
        Destination::File(target) => {
            let (file, unfinished) = Unfinished::create(&target).map_err(failed)?;
            write_through(file, write).map_err(failed)?;
            unfinished.rename(&target).map_err(failed)
        }
    }
}

/// Finds out before a long computation whether [`write_atomically`] could write there.
///
/// # Errors
/// [`WriteError`] as the writing itself would give it.
pub fn check_writable(path: &Path) -> Result<(), WriteError> {
    if let Destination::File(target) = Destination::of(path)? {
        Unfinished::create(&target).map_err(|error| WriteError::from_io(path, error))?;
    }
    Ok(())
}

fn write_through(
    file: File,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut writer = BufWriter::new(file);
    write(&mut writer)?;
    writer.flush()
}

/// The folder that a path lies in.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

enum Destination {
    /// A regular file, or none yet; symbolic links are followed.
    File(PathBuf),
    /// Something that cannot be replaced by renaming.
    Stream,
}

impl Destination {
    fn of(path: &Path) -> Result<Self, WriteError> {
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => Err(WriteError::Directory { path: path.to_path_buf() }),
            Ok(found) if found.is_file() => {
                fs::canonicalize(path).map(Self::File).map_err(|e| WriteError::from_io(path, e))
            }
            Ok(_) => Ok(Self::Stream),
            Err(_) if path.file_name().is_none() => {
                Err(WriteError::Directory { path: path.to_path_buf() })
            }
            Err(_) => Ok(Self::File(resolved(path))),
        }
    }
}

/// The file that a path leads to, whether it exists or not: without links, as far as there are
/// folders.
#[must_use]
pub fn resolved(path: &Path) -> PathBuf {
    /// As many links as Linux follows.
    const MAX_LINKS: usize = 40;
    let mut path = path.to_path_buf();
    for _ in 0..MAX_LINKS {
        // Relative links start at their own folder.
        let Ok(target) = fs::read_link(&path) else { break };
        path = folder_of(&path).join(target);
    }
    fs::canonicalize(&path).unwrap_or_else(|_| match path.file_name() {
        Some(name) => {
            let folder = folder_of(&path);
            fs::canonicalize(folder).unwrap_or_else(|_| folder.to_path_buf()).join(name)
        }
        None => path,
    })
}

/// A temporary file, removed unless it is renamed.
struct Unfinished {
    path: PathBuf,
}

impl Unfinished {
    fn create(target: &Path) -> io::Result<(File, Self)> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let mut name = target.file_name().unwrap_or_default().to_os_string();
        name.push(format!(".{}-{count}.tmp", process::id()));
        let path = target.with_file_name(name);
        let file = OpenOptions::new().write(true).create_new(true).open(&path)?;
        Ok((file, Self { path }))
    }

    fn rename(self, target: &Path) -> io::Result<()> {
        fs::rename(&self.path, target)
        // The drop that follows finds nothing left to remove.
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Already gone after a rename; an error of the removal cannot be reported from here.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::tempdir;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_replaced_in_one_step() {
        let folder = tempdir().unwrap();
        let path = folder.path().join("out.txt");
        for text in ["first", "second"] {
            write_atomically(&path, |out| out.write_all(text.as_bytes())).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(names(folder.path()), ["out.txt"]);
    }

    #[test]
    fn a_failure_leaves_the_old_file_and_nothing_else() {
        let folder = tempdir().unwrap();
        let path = folder.path().join("out.txt");
        fs::write(&path, "old").unwrap();
        let error = write_atomically(&path, |out| {
            out.write_all(b"half")?;
            Err(io::Error::other("the disk is full"))
        })
        .unwrap_err();
        assert!(error.to_string().ends_with("out.txt: the disk is full"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names(folder.path()), ["out.txt"]);
    }

    #[test]
    fn unwritable_places_are_found_beforehand() {
        let folder = tempdir().unwrap();
        let missing = folder.path().join("missing").join("out.txt");
        assert!(matches!(check_writable(&missing), Err(WriteError::NoFolder { .. })));
        assert!(matches!(check_writable(folder.path()), Err(WriteError::Directory { .. })));
        check_writable(&folder.path().join("new.txt")).unwrap();
        assert_eq!(names(folder.path()), [""; 0]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_file_that_is_not_there_yet_is_followed() {
        let folder = tempdir().unwrap();
        let (first, second) = (folder.path().join("first"), folder.path().join("second"));
        std::os::unix::fs::symlink("second", &first).unwrap();
        std::os::unix::fs::symlink("./real", &second).unwrap();
        assert_eq!(resolved(&first), resolved(&folder.path().join("real")));
        write_atomically(&first, |out| out.write_all(b"new")).unwrap();
        assert_eq!(names(folder.path()), ["first", "real", "second"]);
        assert!(fs::symlink_metadata(&first).unwrap().is_symlink());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_devices_written_directly() {
        let folder = tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, "old").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        write_atomically(&link, |out| out.write_all(b"new")).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&real).unwrap(), "new");
        write_atomically(Path::new("/dev/null"), |out| out.write_all(b"gone")).unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
