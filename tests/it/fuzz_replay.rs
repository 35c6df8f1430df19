//! The corpora of the fuzz targets once more, and simple mutations of every file in them: what was
//! found stays found.

use std::fs;
use std::path::Path;

#[path = "../../fuzz/bodies/arcs.rs"]
mod arcs;
#[path = "../../fuzz/bodies/checkpoint.rs"]
mod checkpoint;
#[path = "../../fuzz/bodies/critic.rs"]
mod critic;
#[path = "../../fuzz/bodies/idx.rs"]
mod idx;
#[path = "../../fuzz/bodies/journal.rs"]
mod journal;
#[path = "../../fuzz/bodies/manifest.rs"]
mod manifest;
#[path = "../../fuzz/bodies/npy.rs"]
mod npy;
#[path = "../../fuzz/bodies/plan.rs"]
mod plan;
#[path = "../../fuzz/bodies/png.rs"]
mod png;
#[path = "../../fuzz/bodies/potentials.rs"]
mod potentials;
#[path = "../../fuzz/bodies/recipe.rs"]
mod recipe;
#[path = "../../fuzz/bodies/selection.rs"]
mod selection;
#[path = "../../fuzz/bodies/table.rs"]
mod table;
#[path = "../../fuzz/bodies/told.rs"]
mod told;

use told::told;

type Target = (&'static str, fn(&[u8]));

const TARGETS: [Target; 13] = [
    ("arcs", arcs::run),
    ("checkpoint", checkpoint::run),
    ("critic", critic::run),
    ("idx", idx::run),
    ("journal", journal::run),
    ("manifest", manifest::run),
    ("npy", npy::run),
    ("plan", plan::run),
    ("png", png::run),
    ("potentials", potentials::run),
    ("recipe", recipe::run),
    ("selection", selection::run),
    ("table", table::run),
];

/// The corpus of a target: files by name.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{target}: {error}"));
    let mut files: Vec<_> = files
        .map(|file| file.unwrap().path())
        .map(|path| (path.display().to_string(), fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn every_target_reads_its_corpus() {
    for (name, target) in TARGETS {
        let files = corpus(name);
        assert!(!files.is_empty(), "{name} has no corpus");
        for (file, bytes) in files {
            println!("{file}");
            target(&bytes);
        }
    }
}

#[test]
fn every_target_reads_its_corpus_with_a_byte_changed_or_an_end_cut_off() {
    /// Of each file.
    const PLACES: usize = 40;
    for (name, target) in TARGETS {
        for (file, bytes) in corpus(name) {
            println!("{file}");
            for k in 0..PLACES.min(bytes.len()) {
                let place = k * bytes.len() / PLACES.min(bytes.len());
                target(&bytes[..place]);
                for byte in [0, b'9', b',', b'"', 0xff] {
                    let mut bytes = bytes.clone();
                    bytes[place] = byte;
                    target(&bytes);
                }
            }
        }
    }
}

#[test]
fn every_target_is_built_and_documented() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap();
    let (manifest, page) = (read("fuzz/Cargo.toml"), read("docs/fuzzing.md"));
    for (name, _) in TARGETS {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
        assert!(page.contains(&format!("| `{name}` |")), "{name}");
    }
    assert_eq!(manifest.matches("[[bin]]").count(), TARGETS.len());
    assert_eq!(fs::read_dir(root.join("fuzz/fuzz_targets")).unwrap().count(), TARGETS.len());
}
