//! `deblais divergence` through the binary.

use std::f64::consts::LN_2;
use std::fmt::Write as _;
use std::fs;

use serde_json::Value;

use super::folder::{Folder, number, stderr, stdout};

/// Points of a golden-ratio sequence through the quantiles of a logistic law.
fn spread(n: usize, shift: f64, columns: usize) -> String {
    let mut text = String::new();
    for i in 0..n {
        let row: Vec<String> = (0..columns)
            .map(|k| {
                let u = (0.618_034 * (i + 1) as f64 + 0.367_879 * (k * (i + 3)) as f64).fract();
                let u = 0.01 + 0.98 * u;
                (shift + (u / (1.0 - u)).ln()).to_string()
            })
            .collect();
        let _ = writeln!(text, "{}", row.join(","));
    }
    text
}

fn samples(shift: f64, columns: usize) -> Folder {
    Folder::with(&[("a.csv", &spread(80, 0.0, columns)), ("b.csv", &spread(70, shift, columns))])
}

fn names(value: &Value) -> Vec<&String> {
    value.as_object().unwrap().keys().collect()
}

#[test]
fn one_object_a_divergence_and_the_documentation_names_every_field() {
    let docs = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/json.md")).unwrap();
    let json = samples(2.0, 2).json("divergence a.csv b.csv --json --bins 4");
    assert_eq!(json["schema"], "deblais.divergence/2");
    assert_eq!(json["kind"], "samples");
    let divergences = json["divergences"].as_object().unwrap();
    assert_eq!(divergences.len(), 18);
    assert_eq!(json["left_out"], serde_json::json!({}));
    for name in names(&json) {
        assert!(docs.contains(&format!("`{name}`")), "docs/json.md is silent on {name}");
    }
    for (name, row) in divergences {
        assert!(docs.contains(&format!("`{name}`")), "docs/json.md is silent on {name}");
        assert!(row["estimator"].is_string(), "{name}");
        assert!(row["value"].is_number() || row["value"] == "inf", "{name}");
        assert!(row.get("interval").is_none() || row.get("spread").is_none(), "{name}");
        for field in names(row) {
            assert!(docs.contains(&format!("`{field}`")), "docs/json.md is silent on {field}");
        }
    }
    for name in ["energy", "mmd"] {
        let (low, high) =
            (number(&divergences[name], "/interval/0"), number(&divergences[name], "/interval/1"));
        assert!(0.0 < low && low < number(&divergences[name], "/value"));
        assert!(number(&divergences[name], "/value") < high);
    }
    // Bins that come from the data are no fixed cells.
    assert!(divergences["js"].get("interval").is_none());
    assert!(divergences["js"]["spread"].is_array());
    assert!(
        divergences["emd"]["certificate"].is_object() && divergences["emd"].get("spread").is_none()
    );
    let (nats, bits) =
        (number(&json, "/divergences/js/value"), number(&json, "/divergences/js/bits"));
    assert!((nats - bits * LN_2).abs() < 1e-15 && bits < 1.0);
}

#[test]
fn disjoint_supports_get_a_warning_and_the_ceiling_to_the_last_bit() {
    for shift in ["100", "1000"] {
        let folder = samples(shift.parse().unwrap(), 1);
        let output = folder.run("divergence a.csv b.csv");
        assert_eq!(output.status.code(), Some(0));
        assert!(stderr(&output).contains("it cannot tell you how far apart these are"));
        assert!(stdout(&output).contains("Jensen–Shannon in bits"), "{}", stdout(&output));
        let json = folder.json("divergence a.csv b.csv --json --quiet");
        assert_eq!(number(&json, "/divergences/js/value"), LN_2);
        assert_eq!(number(&json, "/divergences/lsgan/value"), 2.0);
        assert_eq!(json["divergences"]["kl"]["value"], "inf");
        let distance = number(&json, "/divergences/emd/value");
        let exact = number(&folder.json("emd a.csv b.csv --json"), "/distance");
        assert!((distance - exact).abs() < 1e-12 * exact);
        assert_eq!(json["warnings"].as_array().map(Vec::len), Some(1));
    }
}

#[test]
fn histograms_are_aligned_by_position() {
    let folder = Folder::with(&[
        ("p.csv", "100\n200\n300\n400\n"),
        ("q.csv", "300\n300\n200\n200\n"),
        ("r.csv", "0.1\n0.2\n0.3\n0.4\n"),
        ("grid.csv", "x,y\n0,0\n0,2\n0,4\n0,6\n"),
    ]);
    let json = folder.json("divergence --hist p.csv q.csv --json");
    assert_eq!(json["kind"], "histograms");
    assert!((number(&json, "/divergences/tv/value") - 0.3).abs() < 1e-15);
    // 0.2 from 3 to 0, 0.1 from 2 to 1: |F − G| sums to 0.2 + 0.3 + 0.2.
    assert!((number(&json, "/divergences/emd/value") - 0.7).abs() < 1e-14);
    assert!(json["divergences"]["hellinger2"]["interval"].is_array(), "counts in fixed cells");
    assert!(json["divergences"]["energy"].get("interval").is_none());
    let placed = folder.json("divergence --hist p.csv q.csv --grid grid.csv --json");
    assert_eq!(placed["dim"], 2);
    assert!((number(&placed, "/divergences/emd/value") - 1.4).abs() < 1e-14);
    assert_eq!(placed["inputs"]["grid"]["rows"], 4);
    let given = folder.json("divergence --hist r.csv r.csv --json");
    for name in ["kl", "js", "emd", "w2", "energy", "mmd", "sinkhorn"] {
        assert_eq!(number(&given, &format!("/divergences/{name}/value")), 0.0, "{name}");
    }
    assert!(
        given["divergences"]["kl"].get("spread").is_none(),
        "nobody knows how many observations"
    );
}

#[test]
fn estimators_differ_and_say_what_they_left_out() {
    let folder = samples(1.0, 1);
    let run = |flags: &str| folder.json(&format!("divergence a.csv b.csv --json {flags}"));
    let (kernels, neighbors) = (run("--estimator kde"), run("--estimator knn --neighbor 3"));
    let estimator =
        |json: &Value| json["divergences"]["kl"]["estimator"].as_str().unwrap().to_owned();
    assert!(estimator(&kernels).contains("kernels"));
    assert!(estimator(&neighbors).contains("k = 3"));
    assert!(kernels["divergences"]["js"]["spread"].is_array());
    assert!(neighbors["left_out"]["js"].as_str().unwrap().contains("alone"));
    assert!(neighbors["divergences"]["jeffreys"]["value"].is_number());
    // Rényi's at 2 is ln(1 + χ²), the α-divergence χ²/2.
    let second = run("--alpha 2 --bins 3");
    let chi2 = number(&second, "/divergences/chi2/value");
    assert!((number(&second, "/divergences/renyi/value") - chi2.ln_1p()).abs() < 1e-13);
    assert!((number(&second, "/divergences/alpha/value") - 0.5 * chi2).abs() < 1e-13);
}

#[test]
fn densities_in_many_dimensions_are_refused_with_a_reason() {
    let json = samples(1.0, 7).json("divergence a.csv b.csv --json");
    let why = json["left_out"]["js"].as_str().unwrap();
    assert!(why.contains("7 dimensions") && why.contains("exponentially"), "{why}");
    let rest: Vec<_> = names(&json["divergences"]).into_iter().cloned().collect();
    assert_eq!(rest, ["emd", "energy", "mmd", "sinkhorn", "sliced", "w2"]);
}

#[test]
fn transport_is_resampled_if_asked_for() {
    let json = samples(1.0, 2)
        .json("divergence a.csv b.csv --json --bootstrap-transport --bootstrap 40 --directions 20");
    for name in ["emd", "w2", "sliced"] {
        let end = |k: usize| number(&json, &format!("/divergences/{name}/spread/{k}"));
        assert!(end(0) < end(1), "{name}");
    }
    let none = samples(1.0, 2).json("divergence a.csv b.csv --json --bootstrap 0");
    assert!(!none.to_string().contains("spread") && !none.to_string().contains("interval"));
}

#[test]
fn everything_but_the_timings_is_reproducible_with_any_number_of_threads() {
    let folder = samples(1.0, 2);
    let run = |flags: &str| {
        let mut json = folder.json(&format!("divergence a.csv b.csv --json {flags}"));
        json.as_object_mut().unwrap().remove("timings");
        json
    };
    assert_eq!(run("--threads 1"), run("--threads 2"));
    assert_ne!(run("--seed 1")["divergences"]["energy"], run("--seed 2")["divergences"]["energy"]);
}
