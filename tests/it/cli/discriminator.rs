//! `deblais explore discriminator` through the binary.

use std::fs;

use super::folder::{Folder, number, stderr};

/// Quick settings.
const QUICK: &str = "--steps 3 --set critic.width=8 --set batch=8";

fn line(shift: f64) -> String {
    let places = (0..12).map(|k| (shift + 0.05 * f64::from(k)).to_string());
    places.collect::<Vec<_>>().join("\n")
}

#[test]
fn files_of_ones_own_get_pictures_a_table_and_a_documented_report() {
    let docs = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/json.md")).unwrap();
    let folder = Folder::with(&[("real.csv", &line(5.0)), ("fake.csv", &line(1.0))]);
    let args = format!("explore discriminator real.csv fake.csv {QUICK} --json --out seen");
    let json = folder.json(&args);
    assert_eq!(json["schema"], "deblais.explore-discriminator/2");
    assert_eq!(json["data"], "files");
    for field in json.as_object().unwrap().keys() {
        assert!(docs.contains(&format!("`{field}`")), "docs/json.md is silent on {field}");
    }
    for field in json["rows"][1].as_object().unwrap().keys() {
        assert!(docs.contains(&format!("`{field}`")), "docs/json.md is silent on {field}");
    }
    assert!((number(&json, "/emd/upper") - 4.0).abs() < 1e-12);
    assert_eq!(json["rows"][0]["loss"], "exact");
    assert!((number(&json, "/rows/0/mean_gradient") - 1.0).abs() < 1e-12);
    for ending in ["png", "svg", "gif", "csv", "json"] {
        assert!(folder.path(&format!("seen/discriminator.{ending}")).exists(), "{ending}");
    }
    let table = fs::read_to_string(folder.path("seen/discriminator.csv")).unwrap();
    let names = "step,exact,minimax,non_saturating,least_squares,clip,gradient_penalty,free";
    assert_eq!(table.lines().next(), Some(names));
}

#[test]
fn the_report_is_the_same_for_any_number_of_threads() {
    let run = |threads: u32| {
        let folder = Folder::with(&[]);
        let args = format!(
            "explore discriminator --pair intervals --points 20 {QUICK} --json --threads {threads}"
        );
        let mut json = folder.json(&args);
        json.as_object_mut().unwrap().remove("timings");
        json
    };
    assert_eq!(run(1), run(2));
}

#[test]
fn a_single_point_on_either_side_and_identical_files_are_no_trouble() {
    let folder = Folder::with(&[("a.csv", "1\n"), ("b.csv", "3\n2\n")]);
    for pair in ["a.csv b.csv", "b.csv a.csv", "a.csv a.csv", "b.csv b.csv"] {
        let output = folder.run(&format!("explore discriminator {pair} {QUICK}"));
        assert_eq!(output.status.code(), Some(0), "{pair}: {}", stderr(&output));
    }
}
