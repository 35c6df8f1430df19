//! The output files of a command: bad names and folders are refused before an input is read.

use std::path::{Path, PathBuf};

use deblais::io::atomic::{check_writable, resolved};

use super::failure::Failure;

/// The output files of one run, by the flag that names them.
#[derive(Debug, Default)]
pub(crate) struct OutputFiles {
    files: Vec<(&'static str, PathBuf)>,
}

impl OutputFiles {
    /// Adds an output, which must end in one of `extensions`.
    pub(crate) fn add(
        &mut self,
        flag: &'static str,
        path: Option<&Path>,
        extensions: &[&str],
    ) -> Result<(), Failure> {
        let Some(path) = path else { return Ok(()) };
        let extension = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
        if !extension.is_some_and(|e| extensions.contains(&e.as_str())) {
            let names: Vec<_> = extensions.iter().map(|e| format!(".{e}")).collect();
            return Err(Failure::usage(format!(
                "{flag} {}: the file name must end in {}",
                path.display(),
                names.join(" or ")
            ))
            .hint("the ending picks the format"));
        }
        self.files.push((flag, path.to_owned()));
        Ok(())
    }

    /// Refuses outputs that clash with each other or with an input, and those that cannot be
    /// written.
    pub(crate) fn check(&self, inputs: &[&Path]) -> Result<(), Failure> {
        let inputs = inputs.iter().filter(|name| name.as_os_str() != "-");
        let inputs: Vec<_> = inputs.map(|name| Identity::of(name)).collect();
        let mut seen: Vec<(&str, Identity)> = Vec::new();
        for (flag, path) in &self.files {
            let place = Identity::of(path);
            if let Some((other, _)) = seen.iter().find(|(_, other)| other.is(&place)) {
                return Err(Failure::usage(format!(
                    "{other} and {flag} both name {}",
                    path.display()
                ))
                .hint("give each output a file of its own"));
            }
            if inputs.iter().any(|input| input.is(&place)) {
                return Err(Failure::usage(format!(
                    "{flag} {} would overwrite an input",
                    path.display()
                ))
                .hint("give the output another name"));
            }
            check_writable(path).map_err(|error| Failure::from(error).at(flag))?;
            seen.push((flag, place));
        }
        Ok(())
    }
}

/// The identity of a file: two paths with the same one name one file.
#[derive(Debug, PartialEq, Eq)]
struct Identity {
    path: PathBuf,
    /// Device and number, which hard links share, of a file that exists.
    inode: Option<(u64, u64)>,
}

impl Identity {
    fn of(path: &Path) -> Self {
        let path = resolved(path);
        Self { inode: inode(&path), path }
    }

    fn is(&self, other: &Self) -> bool {
        self.path == other.path || (self.inode.is_some() && self.inode == other.inode)
    }
}

#[cfg(unix)]
fn inode(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).ok().map(|found| (found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn inode(_: &Path) -> Option<(u64, u64)> {
    None
}

/// Creates the folder of `--out`.
pub(crate) fn make_out(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|error| {
        Failure::new(format!("--out {}: {error}", folder.display()))
            .hint("name a folder that can be made")
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn outputs(files: &[(&'static str, &Path)]) -> OutputFiles {
        OutputFiles {
            files: files.iter().map(|(flag, path)| (*flag, path.to_path_buf())).collect(),
        }
    }

    #[test]
    fn clashes_are_found_however_the_path_is_spelt() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        let same = folder.path().join(".").join("a.csv");
        assert!(outputs(&[("--plan", &path)]).check(&[]).is_ok());
        let twice = outputs(&[("--plan", &path), ("--potentials", &same)]).check(&[]);
        assert!(twice.unwrap_err().to_string().contains("both name"));
        fs::write(&path, "1\n").unwrap();
        let input = outputs(&[("--plan", &same)]).check(&[&path]);
        assert!(input.unwrap_err().to_string().contains("overwrite an input"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_to_one_file_are_one_output_whether_it_exists_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let [real, link, hard] =
            ["real.csv", "link.csv", "hard.csv"].map(|name| folder.path().join(name));
        std::os::unix::fs::symlink("real.csv", &link).unwrap();
        for _ in 0..2 {
            let error = outputs(&[("--plan", &link), ("--potentials", &real)]).check(&[]);
            assert!(error.unwrap_err().to_string().contains("both name"));
            fs::write(&real, "1\n").unwrap();
        }
        fs::hard_link(&real, &hard).unwrap();
        let error = outputs(&[("--plan", &hard), ("--potentials", &link)]).check(&[]);
        assert!(error.unwrap_err().to_string().contains("both name"));
        let error = outputs(&[("--plan", &hard)]).check(&[&real]);
        assert!(error.unwrap_err().to_string().contains("overwrite an input"));
        assert!(outputs(&[("--plan", &hard)]).check(&[]).is_ok());
    }

    #[test]
    fn what_cannot_be_written_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let nowhere = folder.path().join("missing").join("a.csv");
        assert!(outputs(&[("--plan", &nowhere)]).check(&[]).is_err());
        assert!(outputs(&[("--plan", folder.path())]).check(&[]).is_err());
        assert!(OutputFiles::default().add("--plan", Some(Path::new("a.txt")), &["csv"]).is_err());
    }
}
