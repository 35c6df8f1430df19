//! `deblais emd --mass`, `--fraction`, `--unbalanced` and `deblais explore partial` through the binary.

use std::fs;

use serde_json::Value;

use super::folder::{Folder, is_just_above, number, stderr, stdout};

/// Points on the x axis: the second source is near, the others are far.
fn apart() -> Folder {
    Folder::with(&[("a.csv", "x,y\n0,0\n8,0\n"), ("b.csv", "x,y\n9,0\n12,0\n20,0\n")])
}

#[test]
fn a_part_is_moved_where_that_is_cheapest() {
    let folder = apart();
    let json = folder.json("emd a.csv b.csv --unit-mass --mass 1 --json --plan plan.csv");
    assert_eq!(json["schema"], "deblais.emd-unbalanced/1");
    assert!(is_just_above(number(&json, "/objective"), 1.0));
    assert_eq!(number(&json, "/moved_mass"), 1.0);
    assert_eq!((number(&json, "/total_mass"), number(&json, "/target_mass")), (2.0, 3.0));
    assert_eq!((number(&json, "/left_behind"), number(&json, "/created")), (1.0, 2.0));
    let plan = fs::read_to_string(folder.path("plan.csv")).unwrap();
    assert_eq!(plan, "i,j,mass\n1,0,1.0\n");
    // What costs more than both penalties stays.
    let json = folder.json("emd a.csv b.csv --unit-mass --unbalanced 3,1 --json");
    assert!(is_just_above(number(&json, "/objective"), 6.0));
    assert!(is_just_above(number(&json, "/transport_cost"), 1.0));
    assert!(json.get("marginal_price").is_none());
}

#[test]
fn pictures_show_what_stays() {
    let folder = apart();
    let map = |flags: &str| {
        let args = format!("emd a.csv b.csv --unit-mass {flags} --map map.svg --heatmap plan.svg");
        let output = folder.run(&args);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        ["map.svg", "plan.svg"].map(|name| fs::read_to_string(folder.path(name)).unwrap())
    };
    let [map, heatmap] = map("--mass 1.5");
    assert!(map.contains("mass that stays"));
    for picture in [map, heatmap] {
        assert!(picture.contains("Mass 1.5 is moved"), "{picture}");
    }
}

#[test]
fn the_profile_has_all_breakpoints() {
    let folder = apart();
    let json = folder.json("explore partial a.csv b.csv --unit-mass --json --quiet");
    assert_eq!(json["schema"], "deblais.explore.partial/1");
    assert_eq!(json["complete"], true);
    let points = json["points"].as_array().unwrap();
    let column = |name: &str| -> Vec<f64> {
        points.iter().map(|point| point.get(name).and_then(Value::as_f64).unwrap_or(-1.0)).collect()
    };
    // One unit from 8 to 9; the second from 0 to 12.
    for (name, expected) in [
        ("mass", [0.0, 1.0, 2.0]),
        ("upper", [0.0, 1.0, 13.0]),
        ("lower", [0.0, 1.0, 13.0]),
        ("price", [-1.0, 1.0, 12.0]),
    ] {
        let found = column(name);
        let near = |(a, b): (&f64, f64)| (a - b).abs() < 1e-9;
        assert!(found.len() == 3 && found.iter().zip(expected).all(near), "{name}: {found:?}");
    }
    let read = |name: &str| fs::read(folder.path(&format!("explore-partial/partial.{name}")));
    assert!(read("png").unwrap().starts_with(b"\x89PNG"));
    assert!(String::from_utf8(read("svg").unwrap()).unwrap().contains("mass that stays"));
    let table = String::from_utf8(read("csv").unwrap()).unwrap();
    assert!(table.starts_with("mass,lower,upper,price\n0,0,0,\n"), "{table}");
    assert_eq!(table.lines().count(), 4);
}

#[test]
fn the_profile_at_chosen_masses_is_that_of_emd() {
    let folder = apart();
    let output = folder.run("explore partial a.csv b.csv --steps 4 --cost sqeuclidean");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("5 masses: chosen masses"), "{}", stdout(&output));
    let text = fs::read(folder.path("explore-partial/partial.json")).unwrap();
    let json: Value = serde_json::from_slice(&text).unwrap();
    let emd = folder.json("emd a.csv b.csv --cost sqeuclidean --fraction 0.75 --json");
    assert_eq!(number(&json, "/points/3/upper"), number(&emd, "/objective"));
    // A cost matrix has no points to draw.
    let matrix = Folder::with(&[("c.csv", "1,2\n0,5\n")]);
    assert_eq!(matrix.json("explore partial --cost-matrix c.csv --json --quiet")["complete"], true);
}

#[test]
fn the_documentation_names_every_field() {
    let docs = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/json.md")).unwrap();
    let profile = apart().json("explore partial a.csv b.csv --steps 2 --json --quiet");
    let emd = apart().json("emd a.csv b.csv --mass 0.5 --json");
    let objects = [&profile, &profile["points"][1], &profile["settings"], &emd, &emd["settings"]];
    for name in objects.into_iter().flat_map(|object| object.as_object().unwrap().keys()) {
        assert!(docs.contains(&format!("`{name}`")), "docs/json.md is silent on {name}");
    }
}

/// Files of `scipy.sparse.save_npz` (version 1.17.1) of [[0.5, ·, 2], [·, 1.5, ·]].
#[test]
fn sparse_matrices_of_scipy_are_lists_of_arcs() {
    let folder = Folder::with(&[
        ("list.csv", "i,j,cost\n0,0,0.5\n0,2,2\n1,1,1.5\n"),
        ("mu.csv", "2\n1\n"),
        ("nu.csv", "1\n1\n1\n"),
    ]);
    let masses = "--source-weights mu.csv --target-weights nu.csv --json";
    let known = folder.json(&format!("emd --cost-arcs list.csv {masses}"));
    assert!(is_just_above(number(&known, "/transport_cost"), 4.0));
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/arcs");
    for format in ["coo", "csr", "csc"] {
        for method in ["", "-deflated"] {
            let name = format!("{format}{method}.npz");
            folder.put(&name, &fs::read(format!("{corpus}/{name}")).unwrap());
            let found = folder.json(&format!("emd --cost-arcs {name} {masses}"));
            assert_eq!(found["certificate"], known["certificate"], "{name}");
            assert_eq!(found["inputs"]["cost_arcs"]["rows"], 3);
        }
    }
    let half = folder.json("emd --cost-arcs csr.npz --fraction 0.5 --json");
    assert_eq!(number(&half, "/moved_mass"), 0.5);
}
