//! Barycenters.

use super::{Case, GOOD, LINE};

const BAR: (&str, &[u8]) = ("bar.csv", b"1\n0\n2\n");
const SHORT: (&str, &[u8]) = ("short.csv", b"1\n2\n");

/// The cases.
pub(super) const CASES: &[Case] = &[
    Case { name: "no files", files: &[], args: "barycenter", code: 2, says: &["FILE"] },
    Case {
        name: "histograms on different cells",
        files: &[BAR, SHORT],
        args: "barycenter bar.csv short.csv",
        code: 1,
        says: &["bar.csv has 3 cells, short.csv has 2", "hint:"],
    },
    Case {
        name: "a histogram of two columns",
        files: &[BAR, ("two.csv", b"1,2\n3,4\n5,6\n")],
        args: "barycenter bar.csv two.csv",
        code: 1,
        says: &["two.csv: 2 columns", "hint:"],
    },
    Case {
        name: "points without --free",
        files: &[("p.csv", b"x,y\n0,0\n1,2\n")],
        args: "barycenter p.csv p.csv",
        code: 1,
        says: &["p.csv: 2 columns", "for points, give --free"],
    },
    Case {
        name: "points on the line without --free",
        files: &[("p.csv", b"-1\n1\n")],
        args: "barycenter p.csv p.csv",
        code: 1,
        says: &["p.csv", "negative", "for points, give --free"],
    },
    Case {
        name: "a negative mass",
        files: &[BAR, ("bad.csv", b"1\n-1\n2\n")],
        args: "barycenter bar.csv bad.csv",
        code: 1,
        says: &["bad.csv", "line 2", "hint:"],
    },
    Case {
        name: "a histogram without mass",
        files: &[BAR, ("zero.csv", b"0\n0\n0\n")],
        args: "barycenter bar.csv zero.csv",
        code: 1,
        says: &["zero.csv", "all weights are zero", "hint:"],
    },
    Case {
        name: "a missing histogram",
        files: &[BAR],
        args: "barycenter bar.csv missing.csv",
        code: 1,
        says: &["missing.csv", "no such file", "hint:"],
    },
    Case {
        name: "too few weights",
        files: &[BAR, LINE],
        args: "barycenter bar.csv line.csv --weights 1",
        code: 2,
        says: &["--weights: 1 weights for 2 measures", "hint:"],
    },
    Case {
        name: "a negative weight",
        files: &[BAR, LINE],
        args: "barycenter bar.csv line.csv --weights 1,-1",
        code: 2,
        says: &["--weights: the weight of measure 1 is -1", "hint:"],
    },
    Case {
        name: "weights of 0",
        files: &[BAR, LINE],
        args: "barycenter bar.csv line.csv --weights 0,0",
        code: 2,
        says: &["--weights", "no positive, finite sum", "hint:"],
    },
    Case {
        name: "a grid of another length",
        files: &[BAR, LINE, ("grid.csv", b"0,0\n1,1\n")],
        args: "barycenter bar.csv line.csv --grid grid.csv",
        code: 1,
        says: &["grid.csv: 2 places for 3 cells", "hint:"],
    },
    Case {
        name: "a picture of a barycenter in three dimensions",
        files: &[BAR, LINE, ("grid.csv", b"0,0,1\n1,1,2\n2,2,2\n")],
        args: "barycenter bar.csv line.csv --grid grid.csv --plot m.png",
        code: 1,
        says: &["--plot", "3 coordinates", "hint:"],
    },
    Case {
        name: "an answer that would overwrite an input",
        files: &[BAR, LINE],
        args: "barycenter bar.csv line.csv --output bar.csv",
        code: 2,
        says: &["--output bar.csv would overwrite an input", "hint:"],
    },
    Case {
        name: "a gap that is no number",
        files: &[BAR, LINE],
        args: "barycenter bar.csv line.csv --gap-tolerance -1",
        code: 2,
        says: &["a relative gap is a number ≥ 0"],
    },
    Case {
        name: "a cost for points that move",
        files: &[LINE],
        args: "barycenter --free line.csv --cost euclidean",
        code: 2,
        says: &["--free", "--cost"],
    },
    Case {
        name: "clouds of different dimensions",
        files: &[LINE, ("plane.csv", b"0,0\n1,1\n")],
        args: "barycenter --free line.csv plane.csv",
        code: 1,
        says: &["plane.csv: points of 2 coordinates, where line.csv has 1", "hint:"],
    },
    Case {
        name: "a cloud with a column of text",
        files: &[GOOD, ("text.csv", b"x,y,w,note\n0,0,1,abc\n")],
        args: "barycenter --free good.csv text.csv",
        code: 1,
        says: &["text.csv", "note", "hint:"],
    },
];
