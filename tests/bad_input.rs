//! Every kind of bad input, through the binary: the exit code, a message that names the file,
//! the place and the remedy, no panic, and nothing half-written.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// One bad run.
struct Case {
    /// Name of the fault.
    name: &'static str,
    /// Files to make.
    files: &'static [(&'static str, &'static [u8])],
    /// Arguments, separated by blanks.
    args: &'static str,
    /// Exit code.
    code: i32,
    /// What stderr must say.
    says: &'static [&'static str],
}

const GOOD: (&str, &[u8]) = ("good.csv", b"x,y,w,label\n0,0,1,a\n1,0,2,a\n0,1,1,b\n");
const LINE: (&str, &[u8]) = ("line.csv", b"0\n1\n2\n");

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

const CASES: &[Case] = &[
    Case {
        name: "no such file",
        files: &[GOOD],
        args: "emd missing.csv good.csv",
        code: 1,
        says: &["missing.csv", "hint:"],
    },
    Case {
        name: "a directory",
        files: &[GOOD],
        args: "emd . good.csv",
        code: 1,
        says: &["error: .:", "hint:"],
    },
    Case {
        name: "an empty file",
        files: &[GOOD, ("empty.csv", b"")],
        args: "emd empty.csv good.csv",
        code: 1,
        says: &["empty.csv", "hint:"],
    },
    Case {
        name: "a header and nothing else",
        files: &[GOOD, ("header.csv", b"x,y\n")],
        args: "emd header.csv good.csv",
        code: 1,
        says: &["header.csv", "header", "hint:"],
    },
    Case {
        name: "rows of different lengths",
        files: &[GOOD, ("ragged.csv", b"1,2\n3,4\n5\n")],
        args: "emd ragged.csv good.csv",
        code: 1,
        says: &["ragged.csv", "line 3", "hint:"],
    },
    Case {
        name: "text in a number",
        files: &[GOOD, ("text.csv", b"x,y\n1,2\n3,four\n")],
        args: "emd text.csv good.csv --columns x,y",
        code: 1,
        says: &["text.csv", "line 3", "four", "hint:"],
    },
    Case {
        name: "a coordinate that is NaN",
        files: &[GOOD, ("nan.csv", b"x,y\n1,2\n3,nan\n")],
        args: "emd nan.csv good.csv --columns x,y",
        code: 1,
        says: &["nan.csv", "line 3", "hint:"],
    },
    Case {
        name: "a coordinate that is infinite",
        files: &[GOOD, ("inf.csv", b"x,y\n1,2\n3,inf\n")],
        args: "emd inf.csv good.csv --columns x,y",
        code: 1,
        says: &["inf.csv", "line 3", "hint:"],
    },
    Case {
        name: "a negative mass",
        files: &[GOOD, ("negative.csv", b"x,y,w\n1,2,1\n3,4,-1\n")],
        args: "emd negative.csv good.csv --columns x,y --weights w --normalize",
        code: 1,
        says: &["negative.csv", "-1", "hint:"],
    },
    Case {
        name: "a mass that is NaN",
        files: &[GOOD, ("nan.csv", b"x,y,w\n1,2,1\n3,4,nan\n")],
        args: "emd nan.csv good.csv --columns x,y --weights w --normalize",
        code: 1,
        says: &["nan.csv", "line 3", "hint:"],
    },
    Case {
        name: "masses that are all zero",
        files: &[GOOD, ("zero.csv", b"x,y,w\n1,2,0\n3,4,0\n")],
        args: "emd zero.csv good.csv --columns x,y --weights w --normalize",
        code: 1,
        says: &["zero.csv", "hint:"],
    },
    Case {
        name: "clouds with different numbers of columns",
        files: &[LINE, ("plane.csv", b"0,0\n1,1\n")],
        args: "emd line.csv plane.csv",
        code: 1,
        says: &["line.csv", "plane.csv", "1 coord", "2", "hint:"],
    },
    Case {
        name: "a cost matrix of another shape",
        files: &[("c.csv", b"1,2\n3,4\n"), ("w.csv", b"1\n1\n1\n")],
        args: "emd --cost-matrix c.csv --source-weights w.csv --normalize",
        code: 1,
        says: &["w.csv", "3", "2", "hint:"],
    },
    Case {
        name: "a cost that is NaN",
        files: &[("c.csv", b"1,2\n3,nan\n")],
        args: "emd --cost-matrix c.csv",
        code: 1,
        says: &["c.csv", "hint:"],
    },
    Case {
        name: "an unknown column",
        files: &[GOOD],
        args: "emd good.csv good.csv --columns x,z",
        code: 1,
        says: &["good.csv", "z", "hint:"],
    },
    Case {
        name: "a column number that is too large",
        files: &[GOOD],
        args: "emd good.csv good.csv --columns 0,17",
        code: 1,
        says: &["good.csv", "17", "hint:"],
    },
    Case {
        name: "weights that are neither a column nor a file",
        files: &[GOOD],
        args: "emd good.csv good.csv --columns x,y --source-weights mass",
        code: 1,
        says: &["good.csv", "mass", "hint:"],
    },
    Case {
        name: "a condition that no row meets",
        files: &[GOOD],
        args: "emd good.csv good.csv --columns x,y --where label=c",
        code: 1,
        says: &["good.csv", "label", "hint:"],
    },
    Case {
        name: "binary rubbish",
        files: &[GOOD, ("rubbish.csv", b"\x00\xfe\xff\x01\x80\x81\n\x00\x02")],
        args: "emd rubbish.csv good.csv",
        code: 1,
        says: &["rubbish.csv", "hint:"],
    },
    Case {
        name: "a compressed file",
        files: &[GOOD, ("a.csv.gz", b"\x1f\x8b\x08\x00\x00\x00\x00\x00")],
        args: "emd a.csv.gz good.csv",
        code: 1,
        says: &["a.csv.gz", "gzip", "hint:"],
    },
    Case {
        name: "unequal totals",
        files: &[GOOD, ("heavy.csv", b"x,y,w\n1,2,5\n")],
        args: "emd good.csv heavy.csv --columns x,y --weights w",
        code: 1,
        says: &["4", "5", "--normalize", "hint:"],
    },
    Case {
        name: "an output in a directory that is not there",
        files: &[GOOD],
        args: "emd good.csv good.csv --columns x,y --plan nowhere/plan.csv",
        code: 1,
        says: &["--plan", "nowhere/plan.csv", "hint:"],
    },
    Case {
        name: "an output that is a directory",
        files: &[GOOD],
        args: "emd good.csv good.csv --columns x,y --plan dir.csv",
        code: 1,
        says: &["--plan", "dir.csv", "hint:"],
    },
    Case {
        name: "the same path for two outputs",
        files: &[GOOD],
        args: "emd good.csv good.csv --columns x,y --plan out.csv --potentials ./out.csv",
        code: 2,
        says: &["--plan", "--potentials", "out.csv", "hint:"],
    },
    Case {
        name: "an output that is an input",
        files: &[GOOD],
        args: "emd good.csv good.csv --columns x,y --plan ./good.csv",
        code: 2,
        says: &["good.csv", "input", "hint:"],
    },
    Case {
        name: "an output of an unknown format",
        files: &[GOOD],
        args: "emd good.csv good.csv --columns x,y --plan plan.xls",
        code: 2,
        says: &["plan.xls", ".csv", "hint:"],
    },
    Case {
        name: "a picture of an unknown format",
        files: &[GOOD],
        args: "emd good.csv good.csv --columns x,y --heatmap h.jpg",
        code: 2,
        says: &["h.jpg", ".png", "hint:"],
    },
    Case {
        name: "a map of points on the line",
        files: &[LINE],
        args: "emd line.csv line.csv --map map.png",
        code: 1,
        says: &["--map", "1 coord", "hint:"],
    },
    Case { name: "stdin twice", files: &[], args: "emd - -", code: 2, says: &["stdin", "hint:"] },
    Case {
        name: "a missing argument",
        files: &[GOOD],
        args: "emd good.csv",
        code: 2,
        says: &["TARGET"],
    },
    Case {
        name: "a flag that does not exist",
        files: &[GOOD],
        args: "emd good.csv good.csv --colums x",
        code: 2,
        says: &["--colums", "--columns"],
    },
    Case {
        name: "points and a cost matrix",
        files: &[GOOD],
        args: "emd good.csv good.csv --cost-matrix c.csv",
        code: 2,
        says: &["--cost-matrix"],
    },
    Case {
        name: "minkowski without its exponent",
        files: &[GOOD],
        args: "emd good.csv good.csv --columns x,y --cost minkowski",
        code: 2,
        says: &["--exponent", "hint:"],
    },
    Case {
        name: "an exponent that makes no distance",
        files: &[GOOD],
        args: "emd good.csv good.csv --columns x,y --cost minkowski --exponent 0.5",
        code: 2,
        says: &["0.5", "hint:"],
    },
    Case {
        name: "a power of a power",
        files: &[GOOD],
        args: "emd good.csv good.csv --columns x,y --cost sqeuclidean --p 4",
        code: 2,
        says: &["--cost euclidean --p 4", "hint:"],
    },
    Case {
        name: "a power that is not positive",
        files: &[GOOD],
        args: "emd good.csv good.csv --columns x,y --p 0",
        code: 2,
        says: &["power", "hint:"],
    },
    Case {
        name: "a power of the cosine",
        files: &[GOOD],
        args: "emd good.csv good.csv --columns x,y --cost cosine --p 2",
        code: 2,
        says: &["cosine", "hint:"],
    },
    Case {
        name: "the cosine of the zero vector",
        files: &[GOOD],
        args: "emd good.csv good.csv --columns x,y --cost cosine",
        code: 1,
        says: &["good.csv", "zero vector", "hint:"],
    },
    Case {
        name: "the line method in the plane",
        files: &[GOOD],
        args: "emd good.csv good.csv --columns x,y --method line",
        code: 1,
        says: &["line", "--method auto", "hint:"],
    },
    Case {
        name: "a time limit that is no time",
        files: &[GOOD],
        args: "emd good.csv good.csv --columns x,y --time-limit soon",
        code: 2,
        says: &["--time-limit", "soon"],
    },
    Case {
        name: "an LP backend for another method",
        files: &[GOOD],
        args: "emd good.csv good.csv --columns x,y --lp-backend clarabel",
        code: 2,
        says: &["--method lp", "hint:"],
    },
    Case {
        name: "nothing to certify",
        files: &[GOOD],
        args: "certify good.csv good.csv --columns x,y",
        code: 2,
        says: &["--plan", "--potentials"],
    },
    Case {
        name: "a plan with a cell outside",
        files: &[LINE, ("plan.csv", b"i,j,mass\n0,0,0.5\n7,1,0.5\n")],
        args: "certify line.csv line.csv --plan plan.csv",
        code: 1,
        says: &["plan.csv", "7", "hint:"],
    },
    Case {
        name: "a plan with a negative mass",
        files: &[LINE, ("plan.csv", b"i,j,mass\n0,0,0.5\n1,1,-0.5\n")],
        args: "certify line.csv line.csv --plan plan.csv",
        code: 1,
        says: &["plan.csv", "-0.5", "hint:"],
    },
    Case {
        name: "NPY: wrong magic and cut short",
        files: &[GOOD, ("cut.npy", b"\x93NUMPY\x01\x00")],
        args: "emd cut.npy good.csv",
        code: 1,
        says: &["cut.npy", "hint:"],
    },
];

/// NPY files that cannot be used: header text, bytes of data that follow, what stderr must say.
const BAD_ARRAYS: &[(&str, &str, usize, &[&str])] = &[
    ("truncated", "{'descr': '<f8', 'fortran_order': False, 'shape': (4, 2), }", 40, &["hint:"]),
    (
        "complex",
        "{'descr': '<c16', 'fortran_order': False, 'shape': (2, 2), }",
        64,
        &["c16", "hint:"],
    ),
    ("objects", "{'descr': '|O', 'fortran_order': False, 'shape': (2, 2), }", 64, &["hint:"]),
    (
        "3-D",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2, 2), }",
        64,
        &["[2, 2, 2]", "hint:"],
    ),
    (
        "huge",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 1000000), }",
        16,
        &["hint:"],
    ),
    ("no shape", "{'descr': '<f8', 'fortran_order': False, }", 16, &["hint:"]),
];

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
fn every_kind_of_bad_input_is_refused_with_its_place_and_remedy() {
    let mut report = Vec::new();
    for case in CASES {
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
