//! Every kind of critic on `MinFunnels` in every published dimension: the table of
//! `docs/notes/critics.md`, as Markdown.
//!
//! `cargo bench --bench funnels [-- KIND...]`: one `deblais bench funnels --threads 1` for each kind
//! and dimension, 256 funnels in 128 dimensions and 64 in the others, a quarter of an hour for all.

use std::process::Command;

use serde_json::Value;

const DIMENSIONS: [u32; 7] = [2, 4, 8, 16, 32, 64, 128];
const KINDS: [&str; 9] =
    ["cones", "lattice", "maxmin", "groupsort", "lp", "gp", "spectral", "clip", "maxmin 256×3"];

/// What a kind is given in D dimensions.
fn flags(kind: &str, dim: u32) -> Vec<&'static str> {
    let steps = match kind {
        "cones" if dim == 128 => "2000",
        "cones" => "1800",
        "lattice" => "1200",
        "maxmin 256×3" => "800",
        _ => "1500",
    };
    let mut flags = vec!["--steps", steps];
    if kind == "maxmin 256×3" {
        flags.extend(["--width", "256", "--depth", "3"]);
    }
    if kind == "cones" && dim == 128 {
        flags.extend(["--batch", "2048"]);
    }
    flags.extend(["--funnels", if dim == 128 { "256" } else { "64" }]);
    flags
}

fn run(kind: &str, dim: u32) -> Value {
    let name = kind.split(' ').next().expect("kinds have names");
    let output = Command::new(env!("CARGO_BIN_EXE_deblais"))
        .args(["bench", "funnels", "--threads", "1", "--quiet", "--json", "--kind", name])
        .args(["--dim", &dim.to_string()])
        .args(flags(kind, dim))
        .output()
        .expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn cell(of: &Value) -> String {
    let number = |key: &str| of[key].as_f64().unwrap_or(f64::NAN);
    format!("{:+.1} % / {:.2}", 100.0 * number("relative_error"), number("cosine"))
}

fn row(name: &str, cells: impl IntoIterator<Item = String>) {
    println!("| {name} | {} |", cells.into_iter().collect::<Vec<_>>().join(" | "));
}

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    row("critic", DIMENSIONS.map(|dim| format!("D={dim}")));
    row("---", DIMENSIONS.map(|_| "---:".to_owned()));
    let mut reports = Vec::new();
    for kind in KINDS.into_iter().filter(|kind| asked.is_empty() || asked.iter().any(|a| a == kind))
    {
        reports = DIMENSIONS.into_iter().map(|dim| run(kind, dim)).collect();
        row(&format!("`{kind}`"), reports.iter().map(cell));
        let seconds = reports.iter().map(|of| of["timings"]["train_cpu"].as_f64());
        row("CPU seconds", seconds.map(|s| s.map_or_else(String::new, |s| format!("{s:.0}"))));
    }
    let Some(published) = reports.first().and_then(|of| of["published"].as_array()) else { return };
    for (method, of) in published.iter().enumerate() {
        let name = of["method"].as_str().unwrap_or_default();
        row(&format!("published {name}"), reports.iter().map(|of| cell(&of["published"][method])));
    }
}
