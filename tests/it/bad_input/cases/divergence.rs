//! Divergences.

use super::{Case, GOOD, LINE};

/// The cases.
pub(super) const CASES: &[Case] = &[
    Case {
        name: "divergence: a cost matrix",
        files: &[GOOD],
        args: "divergence --cost-matrix good.csv",
        code: 2,
        says: &["--cost-matrix", "hint:"],
    },
    Case {
        name: "divergence: histograms of different lengths",
        files: &[LINE, ("two.csv", b"1\n2\n")],
        args: "divergence --hist line.csv two.csv",
        code: 1,
        says: &["line.csv has 3 cells", "two.csv has 2", "hint:"],
    },
    Case {
        name: "divergence: a histogram with a negative mass",
        files: &[LINE, ("minus.csv", b"1\n-2\n3\n")],
        args: "divergence --hist line.csv minus.csv",
        code: 1,
        says: &["minus.csv", "line 2", "hint:"],
    },
    Case {
        name: "divergence: a histogram of two columns",
        files: &[LINE, ("table.csv", b"1,2\n3,4\n5,6\n")],
        args: "divergence --hist line.csv table.csv",
        code: 1,
        says: &["table.csv", "hint:"],
    },
    Case {
        name: "divergence: a grid with a place missing",
        files: &[LINE, ("grid.csv", b"0,0\n1,1\n")],
        args: "divergence --hist line.csv line.csv --grid grid.csv",
        code: 1,
        says: &["grid.csv", "2 places for 3 cells", "hint:"],
    },
    Case {
        name: "divergence: columns of a histogram",
        files: &[LINE],
        args: "divergence --hist line.csv line.csv --columns 0",
        code: 2,
        says: &["--columns", "--hist", "hint:"],
    },
    Case {
        name: "divergence: bins of kernels",
        files: &[LINE],
        args: "divergence line.csv line.csv --estimator kde --bins 10",
        code: 2,
        says: &["--bins", "kde", "hint:"],
    },
    Case {
        name: "divergence: an order that is none",
        files: &[LINE],
        args: "divergence line.csv line.csv --alpha -1",
        code: 2,
        says: &["--alpha", "positive"],
    },
    Case {
        name: "divergence: clouds of different dimensions",
        files: &[LINE, ("plane.csv", b"0,0\n1,1\n")],
        args: "divergence line.csv plane.csv",
        code: 1,
        says: &["line.csv", "hint:"],
    },
    Case {
        name: "divergence: stdin twice",
        files: &[LINE],
        args: "divergence --hist - line.csv --grid -",
        code: 2,
        says: &["stdin", "once"],
    },
];
