//! Counts and positions, told apart by `--hist`.

use super::folder::{Folder, is_just_above, number, stderr, stdout};

/// Ten grains each on the same eight cells.
fn grains() -> Folder {
    Folder::with(&[("p.csv", "3\n5\n2\n0\n0\n0\n0\n0\n"), ("q.csv", "0\n0\n0\n0\n0\n4\n4\n2\n")])
}

#[test]
fn counts_are_moved_between_cells() {
    let folder = grains();
    // Sorted grains: (0,0,0,1,1,1,1,1,2,2) against (5,5,5,5,6,6,6,6,7,7).
    for (args, cost) in [
        ("emd --hist p.csv q.csv", 49.0),
        ("emd --hist p.csv q.csv --normalize", 4.9),
        ("divergence --hist p.csv q.csv --bootstrap 0", 4.9),
    ] {
        let json = folder.json(&format!("{args} --json"));
        let found = json.pointer("/divergences/emd/value").or(json.pointer("/transport_cost"));
        assert!((found.unwrap().as_f64().unwrap() - cost).abs() < 1e-12, "{args}: {json}");
        assert_eq!(json["inputs"]["source"]["masses"]["kind"], "cells", "{args}");
        assert_eq!(json["settings"]["hist"], true, "{args}");
    }
    let sinkhorn = folder.json("sinkhorn --hist p.csv q.csv --json");
    assert!(number(&sinkhorn, "/certificate/lower") <= 49.0);
    assert!(number(&sinkhorn, "/certificate/upper") >= 49.0);
    let text = stdout(&folder.run("emd --hist p.csv q.csv"));
    assert!(text.contains("cells 0-7; masses of the cells, 10 in all; 8 rows"), "{text}");
    assert!(text.contains("10 on each side, not 1"), "{text}");
}

#[test]
fn a_plan_between_histograms_is_certified_with_the_same_flags() {
    let folder = grains();
    folder.run("emd --hist p.csv q.csv --plan plan.csv --potentials f.csv");
    let args = "certify --hist p.csv q.csv --plan plan.csv --potentials f.csv --json";
    assert!(is_just_above(number(&folder.json(args), "/certificate/upper"), 49.0));
}

#[test]
fn cells_lie_on_the_grid() {
    let folder = grains();
    folder.put("grid.csv", b"0\n10\n20\n30\n40\n50\n60\n70\n");
    let json = folder.json("emd --hist p.csv q.csv --grid grid.csv --json");
    assert!((number(&json, "/transport_cost") - 490.0).abs() < 1e-10);
    assert_eq!(json["inputs"]["grid"]["rows"], 8);
    let text = stdout(&folder.run("emd --hist p.csv q.csv --grid grid.csv"));
    assert!(text.contains("cells at grid.csv; masses of the cells"), "{text}");
}

#[test]
fn counts_without_hist_get_a_warning() {
    let folder = grains();
    let output = folder.run("emd p.csv q.csv");
    assert!(stderr(&output).contains("p.csv and q.csv could be counts"), "{}", stderr(&output));
    assert!(stderr(&output).contains("--hist"), "{}", stderr(&output));
    assert_eq!(stderr(&folder.run("emd --hist p.csv q.csv")), "");
    folder.put("a.csv", b"0\n1\n5\n");
    folder.put("b.csv", b"2\n3\n4\n");
    assert_eq!(stderr(&folder.run("emd a.csv b.csv")), "", "positions");
}

#[test]
fn a_histogram_in_a_row_gets_a_warning() {
    let folder = Folder::with(&[("a.csv", "3,5,2,0\n"), ("b.csv", "0,1,5,4\n")]);
    let warnings = stderr(&folder.run("emd a.csv b.csv"));
    assert!(warnings.contains("a.csv and b.csv could hold a histogram a row"), "{warnings}");
}

#[test]
fn points_with_hist_get_a_warning() {
    let folder = Folder::with(&[
        ("cells.csv", "0\n1\n2\n3\n"),
        ("samples.csv", "0.5\n1.7\n2.3\n1.5\n"),
        ("counts.csv", "1\n0\n4\n1\n"),
    ]);
    for (file, words) in [
        ("cells.csv", "warning: cells.csv holds the numbers of the cells in sequence"),
        ("samples.csv", "warning: samples.csv holds neither counts nor shares of 1"),
    ] {
        let output = folder.run(&format!("emd --hist {file} counts.csv"));
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
    }
}
