//! Persistence diagrams.

use super::{Case, GOOD};

/// The cases.
pub(super) const CASES: &[Case] = &[
    Case {
        name: "a death before its birth",
        files: &[("d.csv", b"birth,death\n0,1\n2,1\n")],
        args: "emd d.csv d.csv --diagonal",
        code: 1,
        says: &["d.csv", "line 3", "the death, 1,", "the birth, 2", "--columns", "hint:"],
    },
    Case {
        name: "an infinite birth",
        files: &[("d.csv", b"birth,death\n0,1\ninf,inf\n")],
        args: "emd d.csv d.csv --diagonal",
        code: 1,
        says: &["d.csv", "line 3", "birth", "not a finite number", "hint:"],
    },
    Case {
        name: "a death that is not a number",
        files: &[("d.csv", b"0,1\n0,nan\n")],
        args: "emd d.csv d.csv --diagonal",
        code: 1,
        says: &["d.csv", "line 2", "not a finite number", "hint:"],
    },
    Case {
        name: "a diagram of three columns",
        files: &[("d.csv", b"1,0,1\n1,0.5,2\n")],
        args: "emd d.csv d.csv --diagonal",
        code: 1,
        says: &["d.csv", "3 columns", "--where 0=1 --columns 1,2", "hint:"],
    },
    Case {
        name: "a diagram with its persistence",
        files: &[("d.csv", b"birth,death,persistence\n0,1,1\n0.5,2,1.5\n")],
        args: "emd d.csv d.csv --diagonal",
        code: 1,
        says: &["d.csv: 3 columns", "hint: choose two: --columns birth,death\n"],
    },
    Case {
        name: "a diagram with its dimension",
        files: &[("d.csv", b"dim,birth,death\n0,0,1\n0,0.5,2\n2,0,1\n")],
        args: "emd d.csv d.csv --diagonal",
        code: 1,
        says: &["if dim is the dimension", "--where dim=0 --columns birth,death"],
    },
    Case {
        name: "a diagram with numbers of its rows",
        files: &[("d.csv", b"0,0,1\n1,0.5,2\n2,0,4\n")],
        args: "emd d.csv d.csv --diagonal",
        code: 1,
        says: &["d.csv: 3 columns", "hint: choose two: --columns 1,2\n"],
    },
    Case {
        name: "a death in digits beyond the range of numbers",
        files: &[("d.csv", b"birth,death\n0,1\n1,1e400\n")],
        args: "emd d.csv d.csv --diagonal",
        code: 1,
        says: &["d.csv, line 3", "1e400 is beyond 1.8e308", "inf"],
    },
    Case {
        name: "a diagram of one column",
        files: &[("d.csv", b"0\n1\n")],
        args: "emd d.csv d.csv --diagonal",
        code: 1,
        says: &["d.csv", "1 column,", "--columns", "hint:"],
    },
    Case {
        name: "diagrams with masses",
        files: &[GOOD],
        args: "emd good.csv good.csv --diagonal --weights w",
        code: 2,
        says: &["--diagonal", "--weights"],
    },
    Case {
        name: "diagrams under a cost that is no function of the difference",
        files: &[("d.csv", b"0,1\n")],
        args: "emd d.csv d.csv --diagonal --cost cosine",
        code: 2,
        says: &["--diagonal", "cosine", "chebyshev", "hint:"],
    },
    Case {
        name: "a diagram among many with a death before its birth",
        files: &[("d.csv", b"0,1\n"), ("e.csv", b"0,1\n1,0\n")],
        args: "pairwise d.csv e.csv --diagonal",
        code: 1,
        says: &["e.csv", "line 2", "the death", "hint:"],
    },
];
