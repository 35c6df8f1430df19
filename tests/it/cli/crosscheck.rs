//! `deblais crosscheck` through the binary.

use std::fs;

use super::folder::{Folder, number, stderr, stdout};
use super::stopping::crowd;

fn crowds() -> Folder {
    Folder::with(&[("a.csv", &crowd(40, 1)), ("b.csv", &crowd(30, 1 << 30))])
}

#[test]
fn every_method_holds_on_one_problem() {
    let folder = crowds();
    let json = folder.json("crosscheck a.csv b.csv --critics cones --plot p.svg --json");
    assert_eq!(json["schema"], "deblais.crosscheck/2");
    assert_eq!(json["holds"], true);
    let rows = json["rows"].as_array().unwrap();
    let methods: Vec<&str> = rows.iter().map(|row| row["method"].as_str().unwrap()).collect();
    for method in ["exact (simplex)", "lp (microlp)", "lp (clarabel)", "sinkhorn", "critic (cones)"]
    {
        assert!(methods.contains(&method), "{methods:?}");
    }
    let exact = number(&rows[0], "/upper");
    for row in rows {
        assert_eq!(row["verdict"], "holds", "{row}");
        assert!(number(row, "/lower") <= exact * (1.0 + 1e-9), "{row}");
        if row.get("upper").is_some() {
            assert!(number(row, "/upper") >= exact * (1.0 - 1e-9), "{row}");
        }
    }
    assert_eq!(json["timings"]["rows"].as_array().unwrap().len(), rows.len());
    let picture = fs::read_to_string(folder.path("p.svg")).unwrap();
    assert!(picture.contains("sinkhorn") && picture.contains("critic (cones)"));
}

#[test]
fn text_is_a_table_with_a_verdict_a_row() {
    let output = crowds().run("crosscheck a.csv b.csv --critics cones --no-lp");
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(text.starts_with("method"), "{text}");
    assert_eq!(text.matches("  holds").count(), 3, "{text}");
}

#[test]
fn what_does_not_apply_is_skipped_and_says_why() {
    let folder = Folder::with(&[
        ("a.csv", &crowd(40, 1)),
        ("b.csv", &crowd(30, 1 << 30)),
        ("c.csv", "0,1\n2,1\n"),
    ]);
    for (arguments, why) in [
        ("a.csv b.csv --cost sqeuclidean", "a critic needs a distance"),
        ("a.csv b.csv --cost cityblock --critics maxmin", "Euclidean distance alone"),
        ("--cost-matrix c.csv", "a cost matrix has none"),
    ] {
        let json = folder.json(&format!("crosscheck {arguments} --json"));
        let rows = json["rows"].as_array().unwrap();
        let last = rows.last().unwrap();
        assert_eq!(last["verdict"], "skipped");
        assert!(last["reason"].as_str().unwrap().contains(why), "{last}");
        assert_eq!(json["holds"], true);
    }
}

#[test]
fn identical_clouds_hold() {
    let json = crowds().json("crosscheck a.csv a.csv --critics cones --json");
    assert_eq!(json["holds"], true, "{json}");
}

#[test]
fn a_critic_that_is_cut_short_ends_with_exit_code_4() {
    let output = crowds().run("crosscheck a.csv b.csv --no-lp --time-limit 0s --critics cones");
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    assert!(stdout(&output).contains("stopped"));
}
