//! `emd --p inf`: the bottleneck distance, with its plan, its cut and its warnings.

use std::fs;

use super::folder::{Folder, number, stderr, stdout, translation};

#[test]
fn the_distance_is_printed_with_its_bracket() {
    let output = translation().run("emd a.csv b.csv --p inf");
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(text.starts_with("W_inf                   5\n"), "{text}");
    for words in ["lower bound", "upper bound", ": optimal", "cut", "threshold, optimal"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("to the power"), "{text}");
    assert_eq!(stderr(&output), "", "nothing to say on stderr");
}

#[test]
fn json_has_the_value_the_certificate_the_cut_and_the_plan() {
    let json = translation().json("emd a.csv b.csv --p inf --json --json-plan");
    assert_eq!(json["schema"], "deblais.bottleneck/1");
    assert_eq!((&json["p"], &json["settings"]["p"]), (&"inf".into(), &"inf".into()));
    assert_eq!(number(&json, "/distance"), number(&json, "/certificate/upper"));
    assert!(number(&json, "/certificate/lower") <= 5.0 && 5.0 <= number(&json, "/distance"));
    assert!(number(&json, "/certificate/forced_mass") > 0.0);
    assert!(!json["cut"]["sources"].as_array().unwrap().is_empty());
    assert_eq!(json["plan"]["i"].as_array().unwrap().len(), 3);
    let docs = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/json.md")).unwrap();
    for name in ["deblais.bottleneck/1", "forced_mass", "cut"] {
        assert!(docs.contains(&format!("`{name}`")), "docs/json.md is silent on {name}");
    }
}

#[test]
fn a_matrix_and_masses_serve_as_well() {
    let folder =
        Folder::with(&[("c.csv", "1,9,4\n7,2,8\n"), ("mu.csv", "3\n1\n"), ("nu.csv", "1\n1\n2\n")]);
    let args = "emd --cost-matrix c.csv --source-weights mu.csv --target-weights nu.csv --p inf";
    let json = folder.json(&format!("{args} --json --plan plan.csv"));
    assert_eq!((number(&json, "/certificate/lower"), number(&json, "/distance")), (4.0, 4.0));
    let plan = fs::read_to_string(folder.path("plan.csv")).unwrap();
    assert_eq!(plan, "i,j,mass\n0,0,1.0\n0,2,2.0\n1,1,1.0\n");
}

#[test]
fn a_distance_that_hangs_on_rounding_gets_a_warning() {
    let folder =
        Folder::with(&[("a.csv", "x,w\n0,0.3\n9,0.7\n"), ("b.csv", "x,w\n0,0.1\n0,0.2\n9,0.7\n")]);
    let output = folder.run("emd a.csv b.csv --weights w --p inf");
    assert!(stderr(&output).contains("e-17 of the mass has to go this far"), "{output:?}");
    assert!(stdout(&output).starts_with("W_inf                   9\n"), "{output:?}");
    let folder = Folder::with(&[("a.csv", "x,w\n0,3\n9,7\n"), ("b.csv", "x,w\n0,1\n0,2\n9,7\n")]);
    let output = folder.run("emd a.csv b.csv --weights w --normalize --p inf");
    assert_eq!((stderr(&output).as_str(), output.status.code()), ("", Some(0)));
    assert!(stdout(&output).starts_with("W_inf                   0\n"), "{output:?}");
}
