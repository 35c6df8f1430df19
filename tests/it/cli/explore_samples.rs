//! `deblais explore samples` through the binary.

use std::f64::consts::LN_2;
use std::fs;

use super::folder::{Folder, number, stderr, stdout};

const SMALL: &str = "explore samples --dims 4,1 --sizes 16,64,256 --repeats 2 --quiet";

#[test]
fn it_leaves_pictures_a_table_and_json_in_its_folder() {
    let folder = Folder::with(&[]);
    let output = folder.run(SMALL);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    for words in ["EMD of the laws         1\n", "0.693147", "n^(−1/4)"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let read = |name: &str| fs::read(folder.path(&format!("explore-samples/samples.{name}")));
    assert!(read("png").unwrap().starts_with(b"\x89PNG"));
    assert!(String::from_utf8(read("svg").unwrap()).unwrap().contains("do not overlap"));
    let table = String::from_utf8(read("csv").unwrap()).unwrap();
    assert_eq!(table.lines().count(), 7);
    // No bins in four dimensions: empty cells.
    assert!(table.lines().any(|line| line.starts_with("4,16,") && line.contains(",,,")));
    let json: serde_json::Value = serde_json::from_slice(&read("json").unwrap()).unwrap();
    assert_eq!(json["schema"], "deblais.explore.samples/1");
}

#[test]
fn the_documentation_names_every_field_and_the_numbers_are_those_of_the_laws() {
    let docs = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/json.md")).unwrap();
    let folder = Folder::with(&[]);
    let json = folder.json(&format!("{SMALL} --shift 2 --json --out here"));
    let mut objects = vec![&json, &json["rows"][0], &json["rates"][0], &json["settings"]];
    objects.push(&json["rows"][0]["js_histogram"]);
    for name in objects.into_iter().flat_map(|object| object.as_object().unwrap().keys()) {
        assert!(docs.contains(&format!("`{name}`")), "docs/json.md is silent on {name}");
    }
    assert_eq!(json["termination"], "all_samples");
    assert_eq!(number(&json, "/emd"), 2.0);
    assert!((number(&json, "/js") - 0.336_830_820_346_831_54).abs() < 1e-14);
    let rows = json["rows"].as_array().unwrap();
    // Dimensions and sizes in ascending order.
    let places: Vec<_> = rows.iter().map(|row| (row["dim"].as_u64(), row["n"].as_u64())).collect();
    assert!(places.is_sorted() && places.len() == 6);
    for row in rows {
        assert_eq!(number(row, "/js_empirical/mean"), LN_2);
        assert_eq!(row.get("js_histogram").is_some(), row["dim"] == 1);
        assert!(number(row, "/relative_gap") < 1e-12);
    }
    assert!(number(&json, "/rates/1/exponent") > number(&json, "/rates/0/exponent"));
}

#[test]
fn everything_but_the_timings_is_the_same_for_any_number_of_threads() {
    let folder = Folder::with(&[]);
    let run = |threads: u32| {
        let mut json = folder.json(&format!("{SMALL} --json --threads {threads}"));
        json.as_object_mut().unwrap().remove("timings");
        json
    };
    assert_eq!(run(1), run(2));
}
