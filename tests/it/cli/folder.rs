//! A passing folder to run the command in.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) struct Folder(pub(crate) TempDir);

impl Folder {
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        Self(folder)
    }

    pub(crate) fn put(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn run_with_stdin(&self, args: &str, stdin: &str) -> Output {
        run_in(self.0.path(), args, stdin)
    }

    pub(crate) fn run(&self, args: &str) -> Output {
        self.run_with_stdin(args, "")
    }

    pub(crate) fn json(&self, args: &str) -> Value {
        let output = self.run(args);
        assert_eq!(output.status.code(), Some(0), "{args}: {}", stderr(&output));
        serde_json::from_slice(&output.stdout).expect("one JSON object on stdout")
    }
}

pub(crate) fn run_in(folder: &Path, args: &str, stdin: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_deblais"))
        .args(args.split_whitespace())
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    // A run that does not read its stdin closes the pipe.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn number(value: &Value, pointer: &str) -> f64 {
    value.pointer(pointer).and_then(Value::as_f64).unwrap_or_else(|| panic!("{pointer}: {value}"))
}

/// Whether a number is at least the exact one, and above it by no more than the roundings of a cost.
pub(crate) fn is_just_above(found: f64, exact: f64) -> bool {
    exact <= found && found <= exact * (1.0 + 1e-14)
}

/// A 3-4-5 triangle: the two clouds are each other's translation by (3, 4).
pub(crate) fn translation() -> Folder {
    Folder::with(&[("a.csv", "x,y\n0,0\n1,0\n0,1\n"), ("b.csv", "x,y\n3,4\n4,4\n3,5\n")])
}

/// Piles on the line with masses: 1 and 3 at 0 and 2; 2 and 2 at 1 and 2.
pub(crate) fn piles() -> Folder {
    Folder::with(&[("a.csv", "x,w\n0,1\n2,3\n"), ("b.csv", "x,w\n1,2\n2,2\n")])
}
