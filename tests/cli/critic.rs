//! `deblais critic` through the binary.

use std::fs;

use crate::folder::{Folder, number, stderr, stdout, translation};
use crate::stopping::crowd;

fn crowds() -> Folder {
    Folder::with(&[("a.csv", &crowd(60, 1)), ("b.csv", &crowd(50, 1 << 30))])
}

#[test]
fn json_has_every_documented_field_and_the_figures_agree() {
    let json = crowds().json("critic a.csv b.csv --json --steps 2000");
    assert_eq!(json["schema"], "deblais.critic/1");
    assert_eq!((json["kind"].as_str(), json["steps"].as_u64()), (Some("cones"), Some(2000)));
    assert_eq!(json["termination"], "all_steps");
    let exact = number(&json, "/exact/value");
    assert_eq!(exact, number(&json, "/exact/certificate/upper"));
    let estimate = number(&json, "/estimate");
    assert!((estimate / exact - 1.0).abs() < 1e-4, "{estimate} {exact}");
    assert_eq!(number(&json, "/relative_error"), (estimate - exact) / exact);
    assert_eq!(number(&json, "/lipschitz_bound"), 1.0);
    assert!((number(&json, "/lipschitz_pairs") - 1.0).abs() < 1e-12);
    for bound in ["certified_lower", "polished_lower"] {
        assert!(number(&json, &format!("/{bound}")) <= exact * (1.0 + 1e-12));
    }
    for side in ["source", "target", "between"] {
        for percentile in ["p5", "median", "p95", "max"] {
            number(&json, &format!("/{side}_slopes/{percentile}"));
        }
    }
    for stage in ["read", "train", "judge", "exact"] {
        number(&json, &format!("/timings/{stage}"));
    }
    let alone = crowds().json("critic a.csv b.csv --json --steps 10 --no-exact");
    assert!(alone.get("exact").is_none() && alone.get("relative_error").is_none());
}

#[test]
fn text_puts_the_exact_value_beside_the_estimate() {
    let output = translation().run("critic a.csv b.csv");
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    for words in
        ["critic's estimate       5\n", "  exact                 5,", "at most 1, by construction"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn the_history_ends_with_the_last_step() {
    let folder = crowds();
    let output = folder.run("critic a.csv b.csv --steps 100 --history h.csv");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = fs::read_to_string(folder.path("h.csv")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "step,estimate");
    assert!(lines[1].starts_with("0,") && lines[lines.len() - 1].starts_with("100,"), "{text}");
}

#[test]
fn a_limit_ends_with_exit_code_4_and_a_true_bound() {
    let folder = crowds();
    let output = folder.run("critic a.csv b.csv --steps 100000000 --time-limit 50ms --json");
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    let json: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(json["termination"], "time_limit");
    assert!(number(&json, "/certified_lower") <= number(&json, "/exact/value") * (1.0 + 1e-9));
}

#[test]
fn what_is_no_distance_is_refused_with_a_remedy() {
    let folder = crowds();
    for (flags, words) in [
        ("--cost sqeuclidean", "power 2"),
        ("--p 1.5", "power 1.5"),
        ("--cost cosine", "triangle"),
        ("--rate -1", "the rate is -1"),
        ("--rate nan", "the rate is NaN"),
    ] {
        let output = folder.run(&format!("critic a.csv b.csv {flags}"));
        assert!(matches!(output.status.code(), Some(1 | 2)), "{flags}");
        let text = stderr(&output);
        assert!(text.contains(words) && text.contains("hint:"), "{flags}: {text}");
        assert_eq!(stdout(&output), "");
    }
    let output = folder.run("critic --cost-matrix a.csv");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("function of points"), "{}", stderr(&output));
    let output = folder.run("critic a.csv b.csv --history a.csv");
    assert!(stderr(&output).contains("overwrite an input"), "{}", stderr(&output));
}
