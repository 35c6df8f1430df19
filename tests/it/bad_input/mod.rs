//! Every kind of bad input, through the binary: the exit code, a message that names the file,
//! the place and the remedy, no panic, and nothing half-written.

mod cases;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use cases::BAD_ARRAYS;

/// Bytes of an NPY file with this header text and this many zero bytes of data.
fn npy(header: &str, data: usize) -> Vec<u8> {
    let mut text = header.to_owned();
    while !(10 + text.len() + 1).is_multiple_of(64) {
        text.push(' ');
    }
    text.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(u16::try_from(text.len()).unwrap().to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes.resize(bytes.len() + data, 0);
    bytes
}

fn run(folder: &Path, args: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_deblais"))
        .args(args.split_whitespace())
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs")
}

fn listing(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read(&path).unwrap_or_default())
        })
        .collect();
    names.sort();
    names
}

/// Runs and checks one case; returns what is wrong with the outcome.
fn complaints(folder: &TempDir, args: &str, code: i32, says: &[&str]) -> Vec<String> {
    let before = listing(folder.path());
    let output = run(folder.path(), args);
    let stderr = String::from_utf8_lossy(&output.stderr);
    let mut wrong = Vec::new();
    if output.status.code() != Some(code) {
        wrong.push(format!("exit {:?}, not {code}", output.status.code()));
    }
    for word in says.iter().filter(|word| !stderr.contains(**word)) {
        wrong.push(format!("does not say {word:?}"));
    }
    if stderr.contains(|c: char| c.is_control() && c != '\n') {
        wrong.push("a control character".into());
    }
    if stderr.contains("panicked") {
        wrong.push("panicked".into());
    }
    if !stderr.contains("error: ") {
        wrong.push("no error message".into());
    }
    if !output.stdout.is_empty() {
        wrong.push("something on stdout".into());
    }
    if listing(folder.path()) != before {
        wrong.push("files were left behind or changed".into());
    }
    if !wrong.is_empty() {
        wrong.push(format!("stderr: {stderr}"));
    }
    wrong
}

#[test]
fn a_cell_of_50_megabytes_is_shown_in_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let cell = "x".repeat(50_000_000);
    for (name, text) in [
        ("cell.csv", format!("a,b\n1,2\n1,{cell}\n")),
        ("number.csv", format!("a,b\n1,2\n1,1{}\n", "0".repeat(50_000_000))),
        ("header.csv", format!("a,{cell}\n1,2\n")),
        ("twice.csv", format!("a,{cell},{cell}\n1,2,3\n")),
        ("list.csv", format!("name,path\n{cell}\n")),
        ("critic.json", format!("{{\"schema\": \"{cell}\"}}")),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    fs::write(folder.path().join("good.csv"), "a,b\n1,2\n").unwrap();
    for args in [
        "emd cell.csv good.csv",
        "emd cell.csv good.csv --where b=7",
        "emd number.csv good.csv",
        "emd header.csv good.csv --columns ab",
        "emd twice.csv good.csv --columns c",
        "pairwise --manifest list.csv",
        "critic eval good.csv good.csv --load critic.json",
    ] {
        let output = run(folder.path(), args);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{args}: {}", &stderr[..stderr.len().min(500)]);
        let longest = stderr.lines().map(|line| line.chars().count()).max();
        assert!(longest < Some(300), "{args}: {longest:?} characters");
    }
}

#[test]
fn every_kind_of_bad_input_is_refused_with_its_place_and_remedy() {
    let mut report = Vec::new();
    for case in cases::all() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("dir.csv")).unwrap();
        for (name, bytes) in case.files {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        let wrong = complaints(&folder, case.args, case.code, case.says);
        if !wrong.is_empty() {
            report.push(format!("{}: {}", case.name, wrong.join("; ")));
        }
    }
    assert!(report.is_empty(), "{}", report.join("\n\n"));
}

#[test]
fn arrays_that_cannot_be_used_are_refused() {
    let mut report = Vec::new();
    for (name, header, data, says) in BAD_ARRAYS {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("bad.npy"), npy(header, *data)).unwrap();
        fs::write(folder.path().join("good.csv"), "0,0\n1,1\n").unwrap();
        let mut wrong = complaints(&folder, "emd bad.npy good.csv", 1, says);
        wrong.extend(complaints(&folder, "emd good.csv bad.npy", 1, &["bad.npy"]));
        if !wrong.is_empty() {
            report.push(format!("{name}: {}", wrong.join("; ")));
        }
    }
    assert!(report.is_empty(), "{}", report.join("\n\n"));
}
