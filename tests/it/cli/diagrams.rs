//! `deblais emd --diagonal` and `deblais pairwise --diagonal`: persistence diagrams.

use std::fs;

use super::folder::{Folder, is_just_above, number, stderr, stdout};

const A: &str = "birth,death\n0,4\n1,1.5\n2,inf\n";
const B: &str = "birth,death\n2.5,inf\n0,5\n";

fn folder() -> Folder {
    Folder::with(&[
        ("a.csv", A),
        ("b.csv", B),
        ("c.csv", "0,1\n"),
        ("empty.csv", "birth,death\n"),
        ("dims.csv", "dimension,birth,death\n0,0,inf\n1,0,5\n0,1,2\n"),
    ])
}

#[test]
fn the_distance_is_printed_with_its_bracket() {
    let output = folder().run("emd a.csv b.csv --diagonal");
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    for words in [
        "W_1 with diagonal       1.75\n",
        ": optimal",
        "1 of 2 points (source) and 1 (target)",
        "1 of the source, 0 of the target",
        "1 on each side, cost 0.5",
        "columns birth, death; masses 1 each; 3 rows",
        "chebyshev",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert_eq!(stderr(&output), "");
}

#[test]
fn the_bottleneck_distance_is_that_of_the_worst_pair() {
    let output = folder().run("emd a.csv b.csv --diagonal --p inf");
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(text.contains("W_inf with diagonal     1\n") && text.contains(": optimal"), "{text}");
    let json = folder().json("emd a.csv b.csv --diagonal --p inf --json");
    assert_eq!(json["schema"], "deblais.bottleneck-diagonal/1");
    assert!(is_just_above(number(&json, "/distance"), 1.0));
    assert!(number(&json, "/distance_lower") <= 1.0);
    assert_eq!((&json["p"], &json["settings"]["p"]), (&"inf".into(), &"inf".into()));
    let output = folder().run("emd a.csv c.csv --diagonal --p inf");
    assert!(stdout(&output).contains("infinite: 1 and 0 essential classes"));
    assert_eq!(output.status.code(), Some(0));
    let output = folder().run("emd a.csv b.csv --diagonal --p inf --map m.png");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--map does not go with --diagonal --p inf"));
}

#[test]
fn json_has_every_documented_field() {
    let docs = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/json.md")).unwrap();
    let json = folder().json("emd a.csv b.csv --diagonal --p 2 --json --json-plan");
    assert_eq!(json["schema"], "deblais.emd-diagonal/1");
    for name in json.as_object().unwrap().keys() {
        assert!(docs.contains(&format!("`{name}`")), "docs/json.md is silent on {name}");
    }
    assert!((number(&json, "/transport_cost") - (1.0 + 0.0625 + 0.25)).abs() < 1e-14);
    let distance = 1.3125_f64.sqrt();
    assert!(number(&json, "/distance_lower") <= distance);
    assert!(distance <= number(&json, "/distance_upper"));
    assert_eq!(json["distance"], json["distance_upper"]);
    assert_eq!(
        (json["cost"].as_str(), json["settings"]["cost"].as_str()),
        (Some("chebyshev"), Some("chebyshev"))
    );
    assert_eq!(json["settings"]["diagonal"], true);
    assert_eq!(json["essential"]["classes"], serde_json::json!([1, 1]));
    // Rows of the files: the points, then the essential classes.
    assert_eq!(json["plan"]["i"], serde_json::json!([0, 2]));
    assert_eq!(json["plan"]["j"], serde_json::json!([1, 0]));
    assert_eq!(number(&json, "/source_to_diagonal"), 1.0);
    assert!(!json.to_string().contains("null"));
}

#[test]
fn a_cost_that_is_given_is_kept() {
    let json = folder().json("emd a.csv b.csv --diagonal --cost cityblock --json");
    assert_eq!(json["settings"]["cost"], "cityblock");
    assert!(is_just_above(number(&json, "/distance"), 1.0 + 0.5 + 0.5));
    assert_eq!(folder().json("emd c.csv c.csv --json")["settings"]["cost"], "euclidean");
}

#[test]
fn columns_are_found_by_name_and_dimensions_by_filter() {
    let folder = folder();
    folder.put("swapped.csv", b"death,birth\n4,0\n1.5,1\ninf,2\n");
    let distance = |args: &str| number(&folder.json(args), "/distance");
    assert!(is_just_above(distance("emd swapped.csv b.csv --diagonal --json"), 1.75));
    let command = "emd dims.csv c.csv --diagonal --source-where dimension=1 --json";
    assert!(is_just_above(distance(command), 3.0));
    let output = folder.run("emd dims.csv dims.csv --diagonal");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("--where dimension=1 --columns birth,death"));
}

#[test]
fn empty_diagrams_and_different_essential_classes() {
    let folder = folder();
    let output = folder.run("emd empty.csv c.csv --diagonal");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("W_1 with diagonal       0.5\n"), "{}", stdout(&output));
    assert!(stderr(&output).contains("empty diagram"), "{}", stderr(&output));
    assert_eq!(number(&folder.json("emd empty.csv empty.csv --diagonal --json"), "/distance"), 0.0);
    let output = folder.run("emd a.csv c.csv --diagonal");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("infinite: 1 and 0 essential classes"));
    let json = folder.json("emd a.csv c.csv --diagonal --json");
    assert_eq!(
        (json["distance"].as_str(), json["certificate"]["lower"].as_str()),
        (Some("inf"), Some("inf"))
    );
    assert_eq!(number(&json, "/certificate/gap"), 0.0);
}

#[test]
fn plan_and_pictures_show_the_matching() {
    let folder = folder();
    let output = folder.run("emd a.csv b.csv --diagonal --plan p.csv --map m.svg --heatmap h.png");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(fs::read_to_string(folder.path("p.csv")).unwrap().lines().count(), 3);
    assert!(fs::read_to_string(folder.path("m.svg")).unwrap().trim_end().ends_with("</svg>"));
    assert!(folder.path("h.png").exists());
    let output = folder.run("emd empty.csv b.csv --diagonal --map none.png");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("finite death") && !folder.path("none.png").exists());
}

#[test]
fn all_pairs_of_diagrams() {
    let folder = folder();
    let command = "pairwise a.csv b.csv c.csv --diagonal";
    let output = folder.run(command);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!((rows[1][0], rows[1][1], rows[1][3]), ("a.csv", "0.0", "inf"));
    assert!(is_just_above(rows[1][2].parse().unwrap(), 1.75));
    assert_eq!((rows[2][1], rows[2][3]), (rows[1][2], "inf"));
    assert!(stderr(&output).contains("infinite"), "{}", stderr(&output));
    let json = folder.json(&format!("{command} --p 2 --root --json"));
    assert_eq!((json["unproved"].as_u64(), json["done"].as_u64()), (Some(0), Some(3)));
    let emd = folder.json("emd a.csv b.csv --diagonal --p 2 --json");
    assert_eq!(json["matrix"][0][1], emd["distance"]);
    let by = folder.json("pairwise dims.csv --by dimension --diagonal --json");
    assert_eq!(by["matrix"][0][1], "inf");
}

#[test]
fn a_run_over_diagrams_that_was_stopped_goes_on() {
    let folder = folder();
    let command = "pairwise a.csv b.csv c.csv --diagonal --output m.csv";
    let stopped = folder.run(&format!("{command} --time-limit 0"));
    assert_eq!(stopped.status.code(), Some(4), "{}", stderr(&stopped));
    assert!(folder.path("m.csv.journal").exists());
    let other = folder.run("pairwise a.csv b.csv c.csv --output m.csv --cost chebyshev");
    assert_ne!(other.status.code(), Some(0));
    let whole = folder.run(command);
    assert_eq!(whole.status.code(), Some(0), "{}", stderr(&whole));
    assert!(!folder.path("m.csv.journal").exists() && folder.path("m.csv").exists());
}
