//! `deblais explore shift` through the binary.

use std::f64::consts::LN_2;
use std::fs;

use serde_json::Value;

use super::folder::{Folder, number, stderr, stdout};

/// The columns of a CSV file, by name.
fn columns(text: &str) -> Vec<(String, Vec<String>)> {
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned));
    let mut columns: Vec<_> = lines.next().unwrap().map(|name| (name, Vec::new())).collect();
    for line in lines {
        for (column, cell) in columns.iter_mut().zip(line) {
            column.1.push(cell);
        }
    }
    columns
}

fn row(json: &Value, at: f64) -> &Value {
    let rows = json["rows"].as_array().unwrap();
    rows.iter().find(|row| (number(row, "/offset") - at).abs() < 1e-9).unwrap()
}

#[test]
fn a_built_in_pair_leaves_all_its_files_and_they_say_the_same() {
    let folder = Folder::with(&[]);
    let json = folder.json("explore shift --pair segments --atoms 20 --steps 10 --json --out s");
    assert_eq!(
        (json["schema"].as_str(), json["pair"].as_str()),
        (Some("deblais.explore-shift/2"), Some("segments"))
    );
    let saved: Value =
        serde_json::from_slice(&fs::read(folder.path("s/shift.json")).unwrap()).unwrap();
    assert_eq!(saved, json);
    assert!(fs::read(folder.path("s/shift.png")).unwrap().starts_with(b"\x89PNG"));
    assert!(fs::read(folder.path("s/shift.gif")).unwrap().starts_with(b"GIF89a"));
    let svg = fs::read_to_string(folder.path("s/shift.svg")).unwrap();
    for words in ["two parallel segments", "With a ceiling", "What sees the distance", "EMD"] {
        assert!(svg.contains(words), "{words}");
    }
    let table = columns(&fs::read_to_string(folder.path("s/shift.csv")).unwrap());
    let cells = |name: &str| &table.iter().find(|column| column.0 == name).unwrap().1;
    let rows = json["rows"].as_array().unwrap();
    assert_eq!((table.len(), cells("offset").len()), (1 + 2 * 18 + 1, rows.len()));
    for (k, row) in rows.iter().enumerate() {
        let offset = number(row, "/offset");
        assert_eq!(cells("offset")[k].parse(), Ok(offset));
        assert_eq!(cells("emd")[k].parse(), Ok(number(row, "/values/emd")));
        assert!((number(row, "/values/emd") - offset.abs()).abs() < 1e-14);
        let apart = offset != 0.0;
        assert_eq!(number(row, "/values/js"), if apart { LN_2 } else { 0.0 });
        assert_eq!(cells("kl")[k], if apart { "inf" } else { "0" });
        // JS jumps at 0, and has no derivative there; elsewhere it tells nothing.
        assert_eq!(row["slopes"].get("js").and_then(Value::as_f64), apart.then_some(0.0));
        assert_eq!(cells("js_slope")[k], if apart { "0" } else { "" });
    }
}

#[test]
fn the_documentation_names_every_field() {
    let docs = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/json.md")).unwrap();
    let json =
        Folder::with(&[]).json("explore shift --pair generator --atoms 12 --steps 12 --json");
    let documented = |value: &Value| {
        for name in value.as_object().unwrap().keys() {
            assert!(docs.contains(&format!("`{name}`")), "docs/json.md is silent on {name}");
        }
    };
    documented(&json);
    documented(&json["rows"][1]);
    documented(&json["divergences"]["js"]);
    assert!(!json.to_string().contains("null"));
}

#[test]
fn the_lectures_three_stages_differ_to_emd_alone() {
    let json = Folder::with(&[]).json("explore shift --atoms 30 --steps 60 --json --quiet");
    assert_eq!(json["pair"], "generator");
    let at = |stage: &str| row(&json, number(&json, &format!("/stages/{stage}")));
    for stage in ["G0", "G50"] {
        assert_eq!(number(at(stage), "/values/js"), LN_2);
        assert_eq!(number(at(stage), "/slopes/js"), 0.0);
        assert!((number(at(stage), "/slopes/emd") + 1.0).abs() < 1e-12);
    }
    assert_eq!(number(at("G100"), "/values/js"), 0.0);
    let emd = ["G0", "G50", "G100"].map(|stage| number(at(stage), "/values/emd"));
    assert!((emd[0] - 6.0).abs() < 1e-12 && (emd[1] - 2.4).abs() < 0.1 && emd[2] == 0.0);
}

/// A square of points with a corner at (x, y).
fn square(x: f64, y: f64) -> String {
    let part = |k: usize| k as f64 / 8.0;
    let rows: Vec<String> =
        (0..64).map(|k| format!("{},{}", x + part(k % 8), y + part(k / 8))).collect();
    rows.join("\n")
}

#[test]
fn files_move_from_where_they_are_onto_each_other() {
    let folder = Folder::with(&[("a.csv", &square(0.0, 0.0)), ("b.csv", &square(9.0, 12.0))]);
    let output = folder.run("explore shift a.csv b.csv --steps 20");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.contains("64 onto 64 atoms") && text.contains("contact"), "{text}");
    let json: Value =
        serde_json::from_slice(&fs::read(folder.path("explore-shift/shift.json")).unwrap())
            .unwrap();
    assert!((number(&json, "/given") + 15.0).abs() < 1e-12);
    assert!((number(&json, "/direction/0") - 0.6).abs() < 1e-12);
    for row in json["rows"].as_array().unwrap() {
        let offset = number(row, "/offset");
        assert!((number(row, "/values/emd") - offset.abs()).abs() < 1e-12);
    }
    let first = &json["rows"][0];
    assert_eq!((number(first, "/values/js"), number(first, "/slopes/js")), (LN_2, 0.0));
    assert_eq!(number(row(&json, 0.0), "/values/js"), 0.0);
    // Sideways it passes the target at a distance.
    let passing =
        folder.json("explore shift a.csv b.csv --steps 20 --direction 1,0 --json --out p");
    assert!((number(&passing, "/given") + 9.0).abs() < 1e-12);
    assert!((number(row(&passing, 0.0), "/values/emd") - 12.0).abs() < 1e-12);
}

#[test]
fn more_rows_than_atoms_are_drawn_and_deep_points_have_no_densities() {
    let deep: Vec<String> = (0..40).map(|k| format!("{k},{},0,{}", k % 3, k % 5)).collect();
    let deep = deep.join("\n");
    let folder =
        Folder::with(&[("a.csv", &deep), ("line.csv", "1\n2\n4\n"), ("far.csv", "9\n9.5\n")]);
    let json = folder.json("explore shift a.csv a.csv --atoms 25 --steps 6 --json --quiet");
    let warnings = json["warnings"].as_array().unwrap();
    let thinned = warnings.iter().filter(|text| text.as_str().unwrap().contains("--atoms"));
    assert_eq!((json["n"].as_u64(), thinned.count()), (Some(25), 2));
    assert!(json["left_out"]["js"].as_str().unwrap().contains("4 dimensions"));
    assert!(json["divergences"].get("emd").is_some() && json["divergences"].get("js").is_none());
    let line = folder.json("explore shift line.csv far.csv --steps 6 --json");
    assert!(line["left_out"].get("sliced").is_some());
}

#[test]
fn everything_but_the_timings_is_reproducible() {
    let folder = Folder::with(&[]);
    let run = |threads: u32| {
        let args = format!("explore shift --pair discs --atoms 30 --steps 20 --threads {threads}");
        let mut json = folder.json(&format!("{args} --json"));
        json.as_object_mut().unwrap().remove("timings");
        let files = ["png", "svg", "csv", "gif"]
            .map(|ending| fs::read(folder.path(&format!("explore-shift/shift.{ending}"))).unwrap());
        (json, files)
    };
    assert!(run(1) == run(2));
}
