//! The lecture's studies.

use super::{Case, LINE};

/// The cases.
pub(super) const CASES: &[Case] = &[
    Case {
        name: "a trend of one size",
        files: &[],
        args: "explore samples --sizes 64,64",
        code: 2,
        says: &["--sizes", "hint:"],
    },
    Case {
        name: "laws that are no distance apart",
        files: &[],
        args: "explore samples --shift nan",
        code: 2,
        says: &["--shift", "number"],
    },
    Case {
        name: "samples without coordinates",
        files: &[],
        args: "explore samples --dims 1,0",
        code: 2,
        says: &["--dims"],
    },
    Case {
        name: "piles without holes",
        files: &[LINE],
        args: "explore plans line.csv",
        code: 2,
        says: &["TARGET"],
    },
    Case {
        name: "piles of no whole shovels",
        files: &[
            ("roots.csv", b"x,w\n0,1.41421356237\n1,0.58578643763\n"),
            ("two.csv", b"x,w\n3,2\n4,0\n"),
        ],
        args: "explore plans roots.csv two.csv --weights w",
        code: 1,
        says: &["whole", "hint:"],
    },
    Case {
        name: "more earth than holes",
        files: &[("three.csv", b"x,w\n0,3\n"), ("two.csv", b"x,w\n3,2\n")],
        args: "explore plans three.csv two.csv --weights w",
        code: 1,
        says: &["total mass 3", "--normalize", "hint:"],
    },
    Case {
        name: "built-in piles and one's own",
        files: &[LINE],
        args: "explore plans line.csv line.csv --piles plane",
        code: 2,
        says: &["--piles"],
    },
    Case {
        name: "explore discriminator: points in the plane",
        files: &[LINE, ("plane.csv", b"0,0\n1,1\n")],
        args: "explore discriminator line.csv plane.csv",
        code: 1,
        says: &["plane.csv", "2 coordinates", "hint:"],
    },
    Case {
        name: "explore discriminator: one file",
        files: &[LINE],
        args: "explore discriminator line.csv",
        code: 2,
        says: &["GENERATED"],
    },
    Case {
        name: "explore discriminator: no such field",
        files: &[LINE],
        args: "explore discriminator line.csv line.csv --set critic.widht=8",
        code: 1,
        says: &["widht", "hint:"],
    },
    Case {
        name: "explore discriminator: one objective for all",
        files: &[LINE],
        args: "explore discriminator line.csv line.csv --set objective.energy.margin=1",
        code: 1,
        says: &["objective and regulariser", "hint:"],
    },
    Case {
        name: "explore duality: a law without a deviation",
        files: &[],
        args: "explore duality --p 0,0",
        code: 2,
        says: &["--p", "positive deviation"],
    },
    Case {
        name: "explore duality: no such field",
        files: &[],
        args: "explore duality --set critic.rate=fast",
        code: 1,
        says: &["fast", "hint:"],
    },
];
