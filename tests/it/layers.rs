//! The architecture, enforced: modules import only from modules that come before them in [`ORDER`],
//! that is above them in the table of `docs/architecture.md`.

use std::fs;
use std::path::{Path, PathBuf};

/// Top-level modules of the library from the ground up.
const ORDER: [&str; 33] = [
    "math",
    "tolerance",
    "progress",
    "seed",
    "shown",
    "spatial",
    "measure",
    "cost",
    "divergence",
    "nn",
    "plan",
    "potentials",
    "gibbs",
    "problem",
    "gradient",
    "certificate",
    "datasets",
    "critic",
    "gan",
    "solvers",
    "unbalanced",
    "barycenter",
    "persistence",
    "pairwise",
    "two_sample",
    "distances",
    "batch",
    "crosscheck",
    "explore",
    "io",
    "report",
    "plot",
    "cli",
];

/// Crates and macros that belong to one module alone.
const AT_HOME: [(&str, &str); 5] = [
    ("clap::", "cli"),
    ("anyhow::", "cli"),
    ("plotters::", "plot"),
    ("println!", "cli"),
    ("good_lp::", "solvers"),
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                sources(&path)
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                vec![path]
            } else {
                vec![]
            }
        })
        .collect()
}

/// The code lines of a file, without comments and without its tests.
fn code(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let before_tests = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let lines = before_tests.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.map(str::to_owned).collect()
}

fn module_of(path: &Path, root: &Path) -> String {
    let inside = path.strip_prefix(root).unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

fn library() -> (PathBuf, Vec<PathBuf>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = sources(&root);
    let files =
        files.into_iter().filter(|path| !matches!(module_of(path, &root).as_str(), "lib" | "main"));
    let files = files.collect();
    (root, files)
}

#[test]
fn imports_go_downward_only() {
    let (root, files) = library();
    assert!(files.len() > 20, "the sources were found");
    let place = |name: &str| ORDER.iter().position(|&module| module == name);
    for path in files {
        let module = module_of(&path, &root);
        let own = place(&module).unwrap_or_else(|| panic!("{module} has no place in ORDER"));
        for line in code(&path) {
            for used in line.split("crate::").skip(1) {
                let name: String =
                    used.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                let below = place(&name).is_some_and(|place| place <= own);
                assert!(below, "{}: {module} must not use {name}: {line}", path.display());
            }
        }
    }
}

/// The library has other users than the command: its messages name no flag.
#[test]
fn flags_are_named_by_the_command_alone() {
    let (root, files) = library();
    let is_flag = |text: &str| text.starts_with(|c: char| c.is_ascii_lowercase());
    for path in files.iter().filter(|path| module_of(path, &root) != "cli") {
        for line in code(path) {
            let named = line.split("--").skip(1).any(is_flag);
            assert!(!named, "{}: a flag in {line}", path.display());
        }
    }
}

#[test]
fn foreign_crates_stay_in_their_module() {
    let (root, files) = library();
    for path in files {
        let module = module_of(&path, &root);
        for line in code(&path) {
            for (what, home) in AT_HOME {
                let free =
                    module == home || !line.contains(what) || line.contains(&format!("e{what}"));
                assert!(free, "{}: {what} belongs to {home}: {line}", path.display());
            }
        }
    }
}
