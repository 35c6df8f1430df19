//! `deblais explore plans` through the binary.

use std::fs;

use super::folder::{Folder, number, piles, stderr, stdout};

#[test]
fn both_built_in_piles_end_in_pictures_a_table_and_json() {
    let folder = Folder::with(&[]);
    for (flags, plans, words) in [
        ("", 164, "all vertices, by spanning trees"),
        ("--piles plane --p 2", 5040, "all of them, by permutations"),
    ] {
        let output = folder.run(&format!("explore plans {flags}"));
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(stdout(&output).contains(words), "{}", stdout(&output));
        let read = |name: &str| fs::read(folder.path(&format!("explore-plans/plans.{name}")));
        assert!(read("png").unwrap().starts_with(b"\x89PNG"));
        let svg = String::from_utf8(read("svg").unwrap()).unwrap();
        assert!(svg.contains(&format!("all {plans} plans")));
        let table = String::from_utf8(read("csv").unwrap()).unwrap();
        let costs: Vec<f64> = table
            .lines()
            .skip(1)
            .map(|line| line.split_once(',').unwrap().1.parse().unwrap())
            .collect();
        assert!(costs.len() == plans && costs.is_sorted());
        let json: serde_json::Value = serde_json::from_slice(&read("json").unwrap()).unwrap();
        assert_eq!(json["plans"], plans);
        assert!((number(&json, "/best/cost") - costs[0]).abs() < 1e-12 * costs[0]);
        assert!((number(&json, "/worst/cost") - costs[plans - 1]).abs() < 1e-12 * costs[0]);
        assert_eq!(number(&json, "/best/cost"), number(&json, "/certificate/upper"));
    }
}

#[test]
fn the_best_of_the_users_piles_is_what_emd_finds() {
    let folder = piles();
    let json = folder.json("explore plans a.csv b.csv --weights w --json --quiet");
    let exact = folder.json("emd a.csv b.csv --weights w --json");
    assert_eq!(number(&json, "/best/cost"), number(&exact, "/transport_cost"));
    // One shovel from 0 and three from 2 to two each at 1 and 2: where does the one go?
    assert_eq!((json["plans"].as_u64(), json["optimal_plans"].as_u64()), (Some(2), Some(1)));
    assert_eq!(json["listing"], "spanning_trees");
    assert_eq!(number(&json, "/worst/cost"), 4.0);
    assert_eq!(json["inputs"]["source"]["rows"], 2);
    // Points beyond the plane have no arrows, but plans.
    let solid = Folder::with(&[("a.csv", "0,0,0\n1,1,1\n"), ("b.csv", "0,0,1\n1,1,3\n2,1,0\n")]);
    assert_eq!(solid.json("explore plans a.csv b.csv --json --quiet")["plans"], 6);
}

#[test]
fn many_piles_are_sampled_and_the_seed_decides() {
    let rows: Vec<String> = (0..10).map(|k| format!("{k},{}", k * k % 7)).collect();
    let folder = Folder::with(&[("a.csv", &rows.join("\n"))]);
    let run = |seed: u32| {
        let args = format!("explore plans a.csv a.csv --samples 50 --seed {seed} --json --quiet");
        let mut json = folder.json(&args);
        json.as_object_mut().unwrap().remove("timings");
        json
    };
    let (first, other) = (run(1), run(2));
    assert_eq!(first, run(1));
    assert_ne!(first["mean_cost"], other["mean_cost"]);
    assert_eq!((&first["listing"], first["plans"].as_u64()), (&"sample".into(), Some(50)));
    assert_eq!(number(&first, "/best/cost"), 0.0);
}

#[test]
fn the_documentation_names_every_field() {
    let docs = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/json.md")).unwrap();
    let json = Folder::with(&[]).json("explore plans --json --quiet");
    assert_eq!(json["schema"], "deblais.explore.plans/2");
    let objects = [&json, &json["best"], &json["settings"]];
    for name in objects.into_iter().flat_map(|object| object.as_object().unwrap().keys()) {
        assert!(docs.contains(&format!("`{name}`")), "docs/json.md is silent on {name}");
    }
}
