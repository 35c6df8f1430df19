//! Entropic transport.

use super::{Case, LINE};

/// The cases.
pub(super) const CASES: &[Case] = &[
    Case {
        name: "an epsilon of zero",
        files: &[LINE],
        args: "sinkhorn line.csv line.csv --epsilon 0",
        code: 2,
        says: &["--epsilon", "0.01rel"],
    },
    Case {
        name: "an epsilon with an unknown suffix",
        files: &[LINE],
        args: "sinkhorn line.csv line.csv --epsilon 1%",
        code: 2,
        says: &["--epsilon", "1%", "0.01rel"],
    },
    Case {
        name: "a relative epsilon that is no number in the units of the cost",
        files: &[("tiny.csv", b"0,1e-200\n1e-200,0\n")],
        args: "sinkhorn --cost-matrix tiny.csv --epsilon 1e-200rel",
        code: 1,
        says: &["ε", "hint:"],
    },
    Case {
        name: "a marginal error below zero",
        files: &[LINE],
        args: "sinkhorn line.csv line.csv --tolerance -0.1",
        code: 2,
        says: &["--tolerance", "1e-6"],
    },
    Case {
        name: "no iterations",
        files: &[LINE],
        args: "sinkhorn line.csv line.csv --max-iterations 0",
        code: 2,
        says: &["--max-iterations", "0"],
    },
    Case {
        name: "a threshold above all mass",
        files: &[LINE],
        args: "sinkhorn line.csv line.csv --plan p.csv --plan-threshold 2",
        code: 2,
        says: &["--plan-threshold", "2"],
    },
    Case {
        name: "a threshold for a plan nobody asked for",
        files: &[LINE],
        args: "sinkhorn line.csv line.csv --plan-threshold 1e-6",
        code: 2,
        says: &["--plan-threshold", "hint:", "--plan"],
    },
    Case {
        name: "an entropic plan under an input's name",
        files: &[LINE],
        args: "sinkhorn line.csv line.csv --plan line.csv",
        code: 2,
        says: &["--plan", "overwrite"],
    },
    Case {
        name: "an entropic map of points that are not in the plane",
        files: &[LINE],
        args: "sinkhorn line.csv line.csv --map m.png",
        code: 1,
        says: &["--map", "hint:"],
    },
    Case {
        name: "a bracket of no width",
        files: &[LINE],
        args: "sinkhorn line.csv line.csv --exact-gap 0",
        code: 2,
        says: &["--exact-gap", "0.01"],
    },
    Case {
        name: "a divergence of a cost matrix",
        files: &[("c.csv", b"0,1\n1,0\n")],
        args: "sinkhorn --cost-matrix c.csv --divergence",
        code: 2,
        says: &["--divergence", "--cost-matrix"],
    },
    Case {
        name: "a divergence with a gap",
        files: &[LINE],
        args: "sinkhorn line.csv line.csv --divergence --exact-gap 0.01",
        code: 2,
        says: &["--divergence", "--exact-gap"],
    },
    Case {
        name: "a plan of a divergence",
        files: &[LINE],
        args: "sinkhorn line.csv line.csv --divergence --plan p.csv",
        code: 2,
        says: &["--divergence", "--plan"],
    },
    Case {
        name: "a picture of a divergence",
        files: &[LINE],
        args: "sinkhorn line.csv line.csv --divergence --heatmap h.png",
        code: 2,
        says: &["--divergence", "--heatmap"],
    },
];
