//! Answers outside the range of `f64`.

use super::Case;

/// {0, 1} against {1e-7, 1}: the fiftieth power of 1e-7 is below all `f64`.
const NEAR: [(&str, &[u8]); 2] = [("a.csv", b"x\n0\n1\n"), ("b.csv", b"x\n1e-7\n1\n")];

const HUGE: (&str, &[u8]) = ("c.csv", b"1e300,2e300\n3e300,1e300\n");
const TINY: (&str, &[u8]) = ("c.csv", b"1e-300,2e-300\n3e-300,1e-300\n");
const MANY: (&str, &[u8]) = ("m.csv", b"1e300\n1e300\n");
const FEW: (&str, &[u8]) = ("m.csv", b"1e-100\n1e-100\n");
const PLAN: (&str, &[u8]) = ("p.csv", b"i,j,mass\n0,0,1e300\n1,1,1e300\n");

const UNDERFLOW: &[&str] = &["ground cost underflows", "hint:", "multiply", "--p"];
const OVERFLOW: &[&str] = &["overflows", "hint:", "divide"];

macro_rules! matrix {
    ($command:literal) => {
        concat!($command, " --cost-matrix c.csv --source-weights m.csv --target-weights m.csv")
    };
}

pub(super) const CASES: &[Case] = &[
    Case {
        name: "emd of a negative cost that overflows",
        files: &[("c.csv", b"-9.0,-9.0\n-9.0,-9.0\n"), ("m.csv", b"3e307\n3e307\n")],
        args: matrix!("emd"),
        code: 1,
        says: OVERFLOW,
    },
    Case {
        name: "emd of costs that underflow",
        files: &NEAR,
        args: "emd a.csv b.csv --p 50",
        code: 1,
        says: UNDERFLOW,
    },
    Case {
        name: "a plan of costs that underflow",
        files: &[NEAR[0], NEAR[1], ("p.csv", b"i,j,mass\n0,0,0.5\n1,1,0.5\n")],
        args: "certify a.csv b.csv --p 50 --plan p.csv",
        code: 1,
        says: UNDERFLOW,
    },
    Case {
        name: "sinkhorn of costs that underflow",
        files: &NEAR,
        args: "sinkhorn a.csv b.csv --p 50 --epsilon 1e-300",
        code: 1,
        says: &["error:", "hint:", "--p"],
    },
    Case {
        name: "a pair whose cost underflows",
        files: &NEAR,
        args: "pairwise a.csv b.csv --p 50",
        code: 1,
        says: &["a.csv and b.csv: ", "ground cost underflows", "hint:"],
    },
    Case {
        name: "a test of costs that underflow",
        files: &NEAR,
        args: "test a.csv b.csv --p 50",
        code: 1,
        says: UNDERFLOW,
    },
    Case {
        name: "crosscheck of costs that underflow",
        files: &NEAR,
        args: "crosscheck a.csv b.csv --p 50 --no-lp",
        code: 1,
        says: UNDERFLOW,
    },
    Case {
        name: "a critic of distances that underflow",
        files: &[("a.csv", b"x,y\n0,0\n1,1\n"), ("b.csv", b"x,y\n1e-300,0\n1,1\n")],
        args: "critic a.csv b.csv --kind cones",
        code: 1,
        says: UNDERFLOW,
    },
    Case {
        name: "emd beyond the range",
        files: &[HUGE, MANY],
        args: matrix!("emd"),
        code: 1,
        says: OVERFLOW,
    },
    Case {
        name: "sinkhorn beyond the range",
        files: &[HUGE, MANY],
        args: matrix!("sinkhorn"),
        code: 1,
        says: &["Sinkhorn iterations overflow", "hint:", "--epsilon"],
    },
    Case {
        name: "a plan beyond the range",
        files: &[HUGE, MANY, PLAN],
        args: concat!(matrix!("certify"), " --plan p.csv"),
        code: 1,
        says: OVERFLOW,
    },
    Case {
        name: "masses and costs whose product underflows",
        files: &[TINY, FEW],
        args: matrix!("emd"),
        code: 1,
        says: &["mass × cost underflows", "hint:", "--normalize"],
    },
    Case {
        name: "a cost matrix of subnormal numbers",
        files: &[("c.csv", b"0,3e-320\n0,1e-320\n")],
        args: "emd --cost-matrix c.csv",
        code: 1,
        says: &["cost matrix", "3e-320", "1e-305", "hint:", "multiply all costs"],
    },
];
