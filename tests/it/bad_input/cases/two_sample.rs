//! Two-sample tests.

use super::{Case, GOOD, LINE};

const PLANE: (&str, &[u8]) = ("plane.csv", b"x,y\n0,0\n1,2\n");

/// The cases.
pub(super) const CASES: &[Case] = &[
    Case {
        name: "a test of one sample",
        files: &[LINE],
        args: "test line.csv",
        code: 2,
        says: &["TARGET"],
    },
    Case {
        name: "a single group",
        files: &[("g.csv", b"x,g\n1,a\n2,a\n3,a\n")],
        args: "test g.csv --by g",
        code: 1,
        says: &["column \"g\": all rows are of one group, a", "holds several values"],
    },
    Case {
        name: "a bandwidth beyond the range of numbers",
        files: &[LINE],
        args: "test line.csv line.csv --bandwidth 1e300",
        code: 1,
        says: &["--bandwidth 1e300", "leave --bandwidth out"],
    },
    Case {
        name: "a second sample beside groups",
        files: &[GOOD],
        args: "test good.csv good.csv --by label",
        code: 2,
        says: &["--by"],
    },
    Case {
        name: "a test of samples of different dimensions",
        files: &[LINE, PLANE],
        args: "test line.csv plane.csv",
        code: 1,
        says: &["line.csv", "coordinate", "hint:"],
    },
    Case {
        name: "a sample that is not there",
        files: &[LINE],
        args: "test line.csv none.csv",
        code: 1,
        says: &["none.csv", "hint:"],
    },
    Case {
        name: "a column of groups that is not there",
        files: &[GOOD],
        args: "test good.csv --by kind",
        code: 1,
        says: &["good.csv", "kind", "hint:"],
    },
    Case {
        name: "one group",
        files: &[("one.csv", b"x,g\n0,a\n1,a\n")],
        args: "test one.csv --by g",
        code: 1,
        says: &["two sets", "hint:"],
    },
    Case {
        name: "a picture of groups",
        files: &[GOOD],
        args: "test good.csv --by label --plot null.png",
        code: 2,
        says: &["--plot", "--by"],
    },
    Case {
        name: "no permutations",
        files: &[LINE],
        args: "test line.csv line.csv --permutations 0",
        code: 2,
        says: &["--permutations"],
    },
    Case {
        name: "an unknown statistic",
        files: &[LINE],
        args: "test line.csv line.csv --statistics ks",
        code: 2,
        says: &["--statistics", "energy"],
    },
    Case {
        name: "a bandwidth that is none",
        files: &[LINE],
        args: "test line.csv line.csv --bandwidth 0",
        code: 2,
        says: &["--bandwidth", "positive"],
    },
    Case {
        name: "a bandwidth whose square leaves the range",
        files: &[LINE],
        args: "test line.csv line.csv --bandwidth 1e-200",
        code: 1,
        says: &["range", "hint:"],
    },
    Case {
        name: "samples without a scale",
        files: &[("same.csv", b"x,y\n1,1\n1,1\n")],
        args: "test same.csv same.csv",
        code: 1,
        says: &["all points are the same", "hint:", "--statistics"],
    },
    Case {
        name: "early stopping after no permutation",
        files: &[LINE],
        args: "test line.csv line.csv --stop-after 0",
        code: 2,
        says: &["--stop-after"],
    },
    Case {
        name: "a picture in an unknown format",
        files: &[LINE],
        args: "test line.csv line.csv --plot null.bmp",
        code: 2,
        says: &["--plot", "null.bmp", "hint:"],
    },
    Case {
        name: "a picture over a sample",
        files: &[("line.svg", b"0\n1\n")],
        args: "test line.svg line.svg --plot line.svg",
        code: 2,
        says: &["--plot", "overwrite", "hint:"],
    },
];
