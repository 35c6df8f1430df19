//! `deblais explore duality` through the binary.

use std::fs;

use super::folder::{Folder, number, stdout};

const QUICK: &str = "--steps 60 --held-out 2000 --set critic.width=8 --set batch=32";

#[test]
fn every_divergence_has_its_truth_its_bound_and_a_documented_report() {
    let docs = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/json.md")).unwrap();
    let folder = Folder::with(&[]);
    let json = folder.json(&format!("explore duality --q 1,1 {QUICK} --json"));
    assert_eq!(json["schema"], "deblais.explore-duality/1");
    for field in json.as_object().unwrap().keys() {
        assert!(docs.contains(&format!("`{field}`")), "docs/json.md is silent on {field}");
    }
    let games = json["games"].as_array().unwrap();
    assert_eq!((games.len(), &games[0]["name"]), (10, &"kl".into()));
    assert_eq!(number(&games[0], "/truth"), 0.5);
    for game in games {
        for field in game.as_object().unwrap().keys() {
            assert!(docs.contains(&format!("`{field}`")), "docs/json.md is silent on {field}");
        }
        let (value, bound) = (number(game, "/histogram"), number(game, "/histogram_bound"));
        assert!((bound / value - 1.0).abs() < 1e-12, "{game}");
        assert!(number(game, "/network/standard_error") > 0.0, "{game}");
    }
    for ending in ["png", "svg", "csv", "json"] {
        assert!(folder.path(&format!("explore-duality/duality.{ending}")).exists(), "{ending}");
    }
}

#[test]
fn an_infinite_divergence_is_said_to_be_one() {
    let folder = Folder::with(&[]);
    let args = format!("explore duality --p 0,2 --q -1,1 {QUICK} --seed 3");
    let text = stdout(&folder.run(&args));
    let row = text.lines().find(|line| line.starts_with("chi2 ")).unwrap();
    assert!(row.split_whitespace().nth(1) == Some("inf"), "{row}");
}

#[test]
fn the_report_is_the_same_for_any_number_of_threads() {
    let run = |threads: u32| {
        let args = format!("explore duality {QUICK} --json --threads {threads}");
        let mut json = Folder::with(&[]).json(&args);
        json.as_object_mut().unwrap().remove("timings");
        json
    };
    assert_eq!(run(1), run(2));
}
