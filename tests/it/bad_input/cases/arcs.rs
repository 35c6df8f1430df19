//! Lists of arcs, forbidden arcs, and amounts of mass to be moved.

use super::{Case, GOOD, LINE};

const ARCS: (&str, &[u8]) = ("arcs.csv", b"i,j,cost\n0,0,1\n1,1,1\n0,1,3\n1,0,2\n");
const FAR: (&str, &[u8]) = ("far.csv", b"3\n4\n9\n");

/// The cases.
pub(super) const CASES: &[Case] = &[
    Case {
        name: "a map of arcs without points",
        files: &[ARCS],
        args: "emd --cost-arcs arcs.csv --map map.png",
        code: 2,
        says: &["--map draws points", "a list of arcs has none", "--heatmap"],
    },
    Case {
        name: "a map of a matrix without points",
        files: &[LINE],
        args: "emd --cost-matrix line.csv --map map.png",
        code: 2,
        says: &["--map draws points", "--heatmap"],
    },
    Case {
        name: "a cost in digits beyond the range of numbers",
        files: &[("c.csv", b"0,1e400\n1,0\n")],
        args: "emd --cost-matrix c.csv",
        code: 1,
        says: &[
            "c.csv, line 1, column 1",
            "found 1e400, not a finite number",
            "1e400 is beyond 1.8e308",
            "inf forbids",
        ],
    },
    Case {
        name: "the cost of an arc in digits beyond the range of numbers",
        files: &[("a.csv", b"i,j,cost\n0,0,1\n1,1,1e400\n1,0,2\n")],
        args: "emd --cost-arcs a.csv",
        code: 1,
        says: &["a.csv, line 3, column \"cost\"", "1e400 is beyond 1.8e308", "inf forbids"],
    },
    Case {
        name: "names of points in a list of arcs",
        files: &[("a.csv", b"i,j,cost\nfoo,0,1\n1,1,2\n")],
        args: "emd --cost-arcs a.csv",
        code: 1,
        says: &["a.csv, line 2, column \"i\"", "\"foo\", not a number", "from 0, not their names"],
    },
    Case {
        name: "arcs that count from 1",
        files: &[("a.csv", b"i,j,cost\n1,1,0\n2,2,0\n1,2,4\n")],
        args: "emd --cost-arcs a.csv",
        code: 1,
        says: &["no arc has i = 0 or j = 0", "look like they count from 1", "subtract 1"],
    },
    Case {
        name: "arcs that count from 1 beside masses",
        files: &[("a.csv", b"i,j,cost\n1,1,0\n2,2,0\n1,2,4\n"), ("w.csv", b"1\n2\n")],
        args: "emd --cost-arcs a.csv --source-weights w.csv --target-weights w.csv",
        code: 1,
        says: &["i is 2, but there are 2 masses", "look like they count from 1"],
    },
    Case {
        name: "arcs that are not listed, for Sinkhorn",
        files: &[("a.csv", b"i,j,cost\n0,0,1\n1,1,1\n0,1,3\n")],
        args: "sinkhorn --cost-arcs a.csv",
        code: 1,
        says: &["a.csv forbids the arcs that it does not list", "only emd and certify", "list all"],
    },
    Case {
        name: "arcs that are not listed, for a bottleneck distance",
        files: &[("a.csv", b"i,j,cost\n0,0,1\n1,1,1\n0,1,3\n")],
        args: "emd --cost-arcs a.csv --p inf",
        code: 1,
        says: &["a.csv forbids the arcs that it does not list", "list all"],
    },
    Case {
        name: "the assignment method for a list of arcs",
        files: &[("a.csv", b"i,j,cost\n0,0,1\n1,1,1\n0,1,3\n")],
        args: "emd --cost-arcs a.csv --method assignment",
        code: 1,
        says: &["assignment method needs a finite cost for every arc", "--method auto"],
    },
    Case {
        name: "an LP without a plan",
        files: &[("c.csv", b"inf,inf\n1,0\n")],
        args: "emd --cost-matrix c.csv --method lp",
        code: 1,
        says: &["no plan", "the source 0 (mass 0.5) has mass 0.5", "no target"],
    },
    Case {
        name: "masses that leave no plan by rounding",
        files: &[
            ("c.csv", b"0,inf\ninf,0\n"),
            ("a.csv", b"0.30000000000000004\n0.7\n"),
            ("b.csv", b"0.3\n0.7\n"),
        ],
        args: "emd --cost-matrix c.csv --source-weights a.csv --target-weights b.csv",
        code: 1,
        says: &[
            "the source 0 (mass 0.3) has mass 0.3",
            "only one target, of mass 0.3, which is",
            "e-17 less",
            "whole numbers",
            "--fraction 0.999999999",
        ],
    },
    Case {
        name: "a distance that leaves no plan",
        files: &[LINE, FAR],
        args: "emd line.csv far.csv --max-distance 1",
        code: 1,
        says: &[
            "no plan",
            "(mass 0.333333333333)",
            "raise --max-distance",
            "--p inf",
            "--fraction",
        ],
    },
    Case {
        name: "a largest distance for a bottleneck distance",
        files: &[LINE, FAR],
        args: "emd line.csv far.csv --p inf --max-distance 3",
        code: 2,
        says: &["--p inf finds the least --max-distance", "leave --max-distance out"],
    },
    Case {
        name: "a bottleneck distance of a part",
        files: &[LINE, FAR],
        args: "emd line.csv far.csv --p inf --fraction 0.5",
        code: 2,
        says: &["where all mass is moved", "--diagonal", "--max-distance", "--fraction"],
    },
    Case {
        name: "a largest distance for Sinkhorn",
        files: &[LINE, FAR],
        args: "sinkhorn line.csv far.csv --max-distance 3",
        code: 1,
        says: &["--max-distance forbids arcs", "leave --max-distance out"],
    },
    Case {
        name: "a fraction that underflows",
        files: &[LINE, FAR],
        args: "emd line.csv far.csv --fraction 1e-300",
        code: 1,
        says: &["underflows", "give a larger --fraction"],
    },
    Case {
        name: "a penalty that underflows",
        files: &[LINE, FAR],
        args: "emd line.csv far.csv --unbalanced 1e-300",
        code: 1,
        says: &["underflows", "give larger penalties"],
    },
    Case {
        name: "a penalty far beyond the range of costs",
        files: &[LINE],
        args: "emd line.csv line.csv --unbalanced 1e308",
        code: 1,
        says: &["the penalty 1e308 must be from 0 to 1e303", "--fraction 1"],
    },
    Case {
        name: "a column that one file has alone, dropped by its number",
        files: &[LINE, ("index.csv", b"0,5\n1,7\n")],
        args: "emd index.csv line.csv --drop 0",
        code: 1,
        says: &[
            "line.csv: no column is left",
            "--drop and --columns act on all files",
            "by a name",
        ],
    },
    Case {
        name: "dropped columns that leave unequal coordinates",
        files: &[GOOD, ("more.csv", b"0,5,6,7,8\n1,7,8,9,9\n")],
        args: "emd more.csv good.csv --drop 0,w,label",
        code: 1,
        says: &["4 coordinates", "--drop and --columns act on all files"],
    },
];
