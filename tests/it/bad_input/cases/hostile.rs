//! Files and flags that ask for more than there is, or hold what a terminal would obey.

use super::{Case, GOOD, LINE};

const PALETTE: (&str, &[u8]) = ("palette.png", include_bytes!("../../../data/trust/palette.png"));

/// A network of 2⁶² + 1 neurons.
const WIDE: (&str, &[u8]) = (
    "wide.json",
    br#"{"schema":"deblais.saved-critic/1","critic":{"metric":"euclidean","function":{"network":
{"kind":"lp","origin":[0,0],"scale":1,"layers":[[4611686018427387905,"identity"],[1,"identity"]],
"parameters":[1,1,1,1,1]}}}}"#,
);

/// A transposed convolution from one number to 2³⁶ of them, with 4097 parameters.
const TALL: (&str, &[u8]) = (
    "tall.json",
    br#"{"schema":"deblais.saved-critic/1","critic":{"metric":"euclidean","function":{"network":
{"kind":"lp","origin":[0],"scale":1,"layers":[[{"transposed":{"height":4096,"width":4096,
"channels":4096,"filters":1,"kernel":1,"stride":4096,"padding":0}},"identity"]],
"parameters":[1]}}}}"#,
);

const INFINITE: (&str, &[u8]) = (
    "infinite.json",
    br#"{"schema":"deblais.saved-critic/1","critic":{"metric":"euclidean","function":{"cones":
{"centres":[[0,0]],"heights":[1e999]}}}}"#,
);

const METRIC: (&str, &[u8]) = (
    "metric.json",
    b"{\"schema\":\"deblais.saved-critic/1\",\"critic\":{\"metric\":\"a\\u001b[2Jb\",\"function\":{\"cones\":\
      {\"centres\":[[0,0]],\"heights\":[0]}}}}",
);

/// Of the controls of Unicode those that are read as text: CSI, and the overrides of direction.
const ESCAPES: (&str, &[u8]) = ("escapes.csv", "x,y\n0,1\n0,\u{9b}2J\u{202e}evil\n".as_bytes());
const HEADER: (&str, &[u8]) = ("header.csv", "x\u{9b}2J,y\n0,1\n".as_bytes());

/// The cases.
pub(super) const CASES: &[Case] = &[
    Case {
        name: "a PNG whose palette is no list of colors",
        files: &[PALETTE],
        args: "emd palette.png palette.png",
        code: 1,
        says: &["palette.png: a damaged PNG: its palette has 7 bytes", "hint:"],
    },
    Case {
        name: "a saved critic of more neurons than there is memory",
        files: &[WIDE, GOOD],
        args: "critic eval good.csv good.csv --columns x,y --load wide.json --quiet",
        code: 1,
        says: &["wide.json: ", "262144 are the most", "hint:"],
    },
    Case {
        name: "a saved critic whose few weights make many numbers",
        files: &[TALL, LINE],
        args: "critic eval line.csv line.csv --load tall.json --quiet",
        code: 1,
        says: &["tall.json: ", "262144 are the most", "hint:"],
    },
    Case {
        name: "a saved critic that is not finite",
        files: &[INFINITE, GOOD],
        args: "critic eval good.csv good.csv --columns x,y --load infinite.json --quiet",
        code: 1,
        says: &["infinite.json: line 2", "out of range", "hint:"],
    },
    Case {
        name: "a saved critic of a distance that a terminal would obey",
        files: &[METRIC, GOOD],
        args: "critic eval good.csv good.csv --columns x,y --load metric.json --quiet",
        code: 1,
        says: &["a\\u{1b}[2Jb", "hint:"],
    },
    Case {
        name: "a critic of more neurons than there is memory",
        files: &[GOOD],
        args: "critic good.csv good.csv --columns x,y --kind lp --width 99999999999",
        code: 1,
        says: &["the width is 99999999999: it must be from 1 to 16384", "hint:"],
    },
    Case {
        name: "a critic of too many layers",
        files: &[GOOD],
        args: "critic good.csv good.csv --columns x,y --kind lp --depth 99999999999",
        code: 1,
        says: &["the depth", "from 1 to 256", "hint:"],
    },
    Case {
        name: "a critic of layers that are too wide together",
        files: &[GOOD],
        args: "critic good.csv good.csv --columns x,y --kind lp --depth 9 --width 16384",
        code: 1,
        says: &["67108864 are the most", "hint:"],
    },
    Case {
        name: "gan: a width beyond all memory",
        files: &[],
        args: "gan train --data ring8 --out run --set critic.width=99999999999",
        code: 1,
        says: &["critic.width is 99999999999: it must be from 1 to 16384", "hint:"],
    },
    Case {
        name: "gan: layers beyond all memory",
        files: &[],
        args: "gan train --data ring8 --out run --set generator.depth=99999999999",
        code: 1,
        says: &["generator.depth is 99999999999", "to 256", "hint:"],
    },
    Case {
        name: "gan: a batch beyond all memory",
        files: &[],
        args: "gan train --data ring8 --out run --set batch=99999999999",
        code: 1,
        says: &["batch is 99999999999: it must be from 1 to 65536", "hint:"],
    },
    Case {
        name: "gan: latent points beyond all memory",
        files: &[],
        args: "gan train --data ring8 --out run --set latent=99999999999",
        code: 1,
        says: &["latent is 99999999999: it must be from 0 to 65536", "hint:"],
    },
    Case {
        name: "gan: a batch and widths that are too much together",
        files: &[],
        args: "gan train --data ring8 --out run --set batch=65536 --set critic.width=2048",
        code: 1,
        says: &["in the layers of the critic: 67108864 are the most", "hint:"],
    },
    Case {
        name: "gan: more scores than steps can ever be",
        files: &[],
        args: "gan train --data ring8 --out run --evaluations 18446744073709551615",
        code: 2,
        says: &["1..=1000000000000"],
    },
    Case {
        name: "bench funnels: points beyond all memory",
        files: &[],
        args: "bench funnels --dim 60000 --held-out 16000000",
        code: 2,
        says: &["in 60000 dimensions at most 2236 points fit", "hint:"],
    },
    Case {
        name: "bench funnels: dimensions beyond all memory",
        files: &[],
        args: "bench funnels --dim 16000000 --held-out 2",
        code: 2,
        says: &["1..=65536"],
    },
    Case {
        name: "more threads than a machine has",
        files: &[GOOD],
        args: "emd good.csv good.csv --columns x,y --threads 65535",
        code: 2,
        says: &["1..=1024"],
    },
    Case {
        name: "control characters in a cell",
        files: &[ESCAPES],
        args: "emd escapes.csv escapes.csv",
        code: 1,
        says: &["escapes.csv, line 3, column \"y\": found \"\\u{9b}2J\\u{202e}evil\"", "hint:"],
    },
    Case {
        name: "control characters in a header",
        files: &[HEADER],
        args: "emd header.csv header.csv --columns z",
        code: 1,
        says: &["no column \"z\"", "x\\u{9b}2J, y"],
    },
];
