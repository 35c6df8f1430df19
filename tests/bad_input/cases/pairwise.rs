//! Many sets.

use super::{Case, GOOD, LINE};

const MORE: (&str, &[u8]) = ("more.csv", b"x,y,w\n0,0,1\n5,0,2\n");

/// The cases.
pub(super) const CASES: &[Case] = &[
    Case { name: "no sets", files: &[], args: "pairwise", code: 2, says: &["FILE", "--manifest"] },
    Case {
        name: "one set",
        files: &[LINE],
        args: "pairwise line.csv",
        code: 1,
        says: &["two sets", "hint:"],
    },
    Case {
        name: "a set given twice",
        files: &[LINE],
        args: "pairwise line.csv line.csv",
        code: 2,
        says: &["line.csv", "twice", "hint:"],
    },
    Case {
        name: "files and a list of them",
        files: &[LINE],
        args: "pairwise line.csv --manifest list.txt",
        code: 2,
        says: &["--manifest"],
    },
    Case {
        name: "a list that is not there",
        files: &[],
        args: "pairwise --manifest list.txt",
        code: 1,
        says: &["list.txt", "no such file", "hint:"],
    },
    Case {
        name: "an empty list",
        files: &[("list.txt", b"# nothing\n")],
        args: "pairwise --manifest list.txt",
        code: 1,
        says: &["list.txt", "no file is listed", "hint:"],
    },
    Case {
        name: "a list that names a set twice",
        files: &[LINE, ("list.txt", b"line.csv\n\nline.csv\n")],
        args: "pairwise --manifest list.txt",
        code: 1,
        says: &["list.txt", "lines 1 and 3", "line.csv", "hint:"],
    },
    Case {
        name: "a line of a list of names without a path",
        files: &[LINE, ("list.csv", b"name,path\na,line.csv\nb\n")],
        args: "pairwise --manifest list.csv",
        code: 1,
        says: &["list.csv", "line 3", "\"b\"", "hint:"],
    },
    Case {
        name: "several bad sets, each told with its place",
        files: &[LINE, ("bad.csv", b"0\nx\n"), ("list.txt", b"line.csv\nbad.csv\nmissing.csv\n")],
        args: "pairwise --manifest list.txt",
        code: 1,
        says: &[
            "list.txt, line 2: bad.csv, line 2",
            "found \"x\"",
            "list.txt, line 3: missing.csv: there is no such file",
            "2 of 3 sets",
            "hint:",
        ],
    },
    Case {
        name: "coordinates that differ in number",
        files: &[LINE, MORE],
        args: "pairwise line.csv more.csv",
        code: 1,
        says: &["more.csv: points of 3 coordinates", "line.csv has 1", "--columns"],
    },
    Case {
        name: "totals that differ",
        files: &[GOOD, MORE],
        args: "pairwise good.csv more.csv --columns x,y --weights w",
        code: 1,
        says: &["more.csv", "total mass of 3", "good.csv has 4", "--normalize"],
    },
    Case {
        name: "the angle of the origin among many",
        files: &[GOOD, MORE],
        args: "pairwise good.csv more.csv --columns x,y --cost cosine",
        code: 1,
        says: &["good.csv", "more.csv", "hint:"],
    },
    Case {
        name: "sets told apart by a column that is not there",
        files: &[GOOD],
        args: "pairwise good.csv --by lable",
        code: 1,
        says: &["good.csv", "\"lable\"", "did you mean \"label\"", "hint:"],
    },
    Case {
        name: "a root of what is no power",
        files: &[GOOD, MORE],
        args: "pairwise good.csv more.csv --columns x,y --cost cosine --root",
        code: 2,
        says: &["--root", "cosine", "hint:"],
    },
    Case {
        name: "a matrix of an unknown format",
        files: &[GOOD, MORE],
        args: "pairwise good.csv more.csv --columns x,y --output m.txt",
        code: 2,
        says: &["--output", "m.txt", ".csv", "hint:"],
    },
    Case {
        name: "a matrix in place of a set",
        files: &[GOOD, MORE],
        args: "pairwise good.csv more.csv --columns x,y --output more.csv",
        code: 2,
        says: &["more.csv", "input", "hint:"],
    },
    Case {
        name: "something else where the journal would lie",
        files: &[GOOD, MORE, ("m.csv.journal", b"a,b\n1,2\n")],
        args: "pairwise good.csv more.csv --columns x,y --output m.csv",
        code: 1,
        says: &["m.csv.journal", "no journal", "hint:"],
    },
    Case {
        name: "the journal of another version",
        files: &[GOOD, MORE, ("m.csv.journal", b"deblais.pairwise-journal/1 0.0.1 abc p=1\n")],
        args: "pairwise good.csv more.csv --columns x,y --output m.csv",
        code: 1,
        says: &["m.csv.journal", "another run", "0.0.1", "hint:"],
    },
    Case {
        name: "a memory limit that is no size",
        files: &[GOOD],
        args: "emd good.csv good.csv --columns x,y --memory-limit lots",
        code: 2,
        says: &["--memory-limit", "500MB"],
    },
    Case {
        name: "a memory limit that nothing fits into",
        files: &[GOOD],
        args: "emd good.csv good.csv --columns x,y --memory-limit 1kB",
        code: 1,
        says: &["--memory-limit 1kB", "hint:", "is enough"],
    },
];
