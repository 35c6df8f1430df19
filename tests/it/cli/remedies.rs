//! The remedies that messages name, typed as they are printed.

use super::folder::{Folder, stderr, stdout};

/// Files, a run that fails, and the run that its message proposes.
type Remedy<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str);

const LINE: (&str, &str) = ("line.csv", "0\n1\n2\n");
const FAR: (&str, &str) = ("far.csv", "3\n4\n9\n");
const ARCS: (&str, &str) = ("arcs.csv", "i,j,cost\n0,0,1\n1,1,1\n0,1,3\n1,0,2\n");
const DIAGONAL: (&str, &str) = ("c.csv", "0,inf\ninf,0\n");

#[test]
fn remedies_work_as_they_are_printed() {
    let remedies: &[Remedy<'_>] = &[
        (
            &[("p.csv", "x,y\n0,0\n1,2\n")],
            "barycenter p.csv p.csv",
            "barycenter --free p.csv p.csv",
        ),
        (&[LINE, FAR], "emd line.csv far.csv --max-distance 1", "emd line.csv far.csv --p inf"),
        (
            &[LINE, FAR],
            "emd line.csv far.csv --max-distance 1",
            "emd line.csv far.csv --max-distance 7",
        ),
        (
            &[LINE, FAR],
            "emd line.csv far.csv --max-distance 1",
            "emd line.csv far.csv --max-distance 1 --fraction 0.3",
        ),
        (
            &[LINE, FAR],
            "emd line.csv far.csv --p inf --fraction 0.5",
            "emd line.csv far.csv --max-distance 3 --fraction 0.5",
        ),
        (
            &[DIAGONAL, ("a.csv", "0.30000000000000004\n0.7\n"), ("b.csv", "0.3\n0.7\n")],
            "emd --cost-matrix c.csv --source-weights a.csv --target-weights b.csv",
            "emd --cost-matrix c.csv --source-weights a.csv --target-weights b.csv --fraction 0.999999999",
        ),
        (
            &[("a.csv", "i,j,cost\n0,0,1\n1,1,1\n0,1,3\n"), ARCS],
            "sinkhorn --cost-arcs a.csv",
            "sinkhorn --cost-arcs arcs.csv",
        ),
        (
            &[("a.csv", "i,j,cost\n0,0,1\n1,1,1\n0,1,3\n"), ARCS],
            "emd --cost-arcs a.csv --p inf",
            "emd --cost-arcs arcs.csv --p inf",
        ),
        (
            &[("a.csv", "i,j,cost\n0,0,1\n1,1,1\n0,1,3\n")],
            "emd --cost-arcs a.csv --method assignment",
            "emd --cost-arcs a.csv --method auto",
        ),
        (
            &[("a.csv", "i,j,cost\n1,1,0\n2,2,0\n1,2,4\n"), ("w.csv", "0\n1\n2\n")],
            "emd --cost-arcs a.csv",
            "emd --cost-arcs a.csv --source-weights w.csv --target-weights w.csv",
        ),
        (
            &[LINE, FAR],
            "test line.csv far.csv --bandwidth 1e300",
            "test line.csv far.csv --bandwidth 2",
        ),
        (
            &[LINE, FAR],
            "emd line.csv far.csv --fraction 1e-300",
            "emd line.csv far.csv --fraction 1e-9",
        ),
        (
            &[LINE, FAR],
            "emd line.csv far.csv --unbalanced 1e-300",
            "emd line.csv far.csv --unbalanced 1e-9",
        ),
        (
            &[("d.csv", "birth,death,persistence\n0,1,1\n0.5,2,1.5\n")],
            "emd d.csv d.csv --diagonal",
            "emd d.csv d.csv --diagonal --columns birth,death",
        ),
        (
            &[("d.csv", "dim,birth,death\n0,0,1\n0,0.5,2\n2,0,1\n")],
            "emd d.csv d.csv --diagonal",
            "emd d.csv d.csv --diagonal --where dim=0 --columns birth,death",
        ),
        (
            &[("x.csv", "k,x\n1,5\n2,7\n"), ("y.csv", "x\n0\n1\n")],
            "emd x.csv y.csv --drop 0",
            "emd x.csv y.csv --drop k",
        ),
        (
            &[("a.csv", "position,mass\n10,3\n20.5,4\n")],
            "emd a.csv a.csv --columns position,mass --weights mass",
            "emd a.csv a.csv --columns position --weights mass",
        ),
    ];
    for (files, fails, works) in remedies {
        let folder = Folder::with(files);
        let failed = folder.run(fails);
        assert!(matches!(failed.status.code(), Some(1 | 2)), "{fails}: {}", stdout(&failed));
        let output = folder.run(works);
        assert_eq!(output.status.code(), Some(0), "{works}: {}", stderr(&output));
    }
}

#[test]
fn indices_and_places_are_named_as_they_can_be_reached() {
    let folder =
        Folder::with(&[("a.csv", ",0\n10,3\n20,4\n"), ("b.csv", "position,mass\n10,3\n20,4\n")]);
    let text = stderr(&folder.run("emd --hist a.csv a.csv"));
    assert!(text.contains("write position,mass above the rows"), "{text}");
    assert!(text.contains("--columns position --weights mass"), "{text}");
    let output = folder.run("emd b.csv b.csv --columns position --weights mass");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn a_decimal_comma_beside_tabs_gets_one_remedy() {
    let folder = Folder::with(&[("a.tsv", "0,5\t1,5\n1,5\t2,5\n")]);
    let text = stderr(&folder.run("emd a.tsv a.tsv"));
    assert!(text.ends_with("hint: write a decimal point: 0.5\n"), "{text}");
}

#[test]
fn two_points_are_no_probability_vector() {
    let folder = Folder::with(&[("a.csv", "0\n1\n"), ("b.csv", "0.4\n0.6\n")]);
    assert!(stderr(&folder.run("emd a.csv a.csv")).starts_with("warning: source and target are"));
    assert!(stderr(&folder.run("emd b.csv b.csv")).contains("looks like a probability vector"));
}

#[test]
fn a_mass_that_is_cut_is_told() {
    let folder = Folder::with(&[LINE, FAR]);
    let output = folder.run("emd line.csv far.csv --mass 1.0000000005");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let told = "--mass 1.0000000005 exceeds the smaller total, 1, by rounding: all of it is moved";
    assert!(stderr(&output).contains(told), "{}", stderr(&output));
    let json = folder.json("emd line.csv far.csv --mass 1.0000000005 --json");
    assert_eq!(json["warnings"][0], told);
    assert!(stderr(&folder.run("emd line.csv far.csv --mass 1")).is_empty());
    // There is no more mass that could have a price.
    assert!(!stdout(&output).contains("price"), "{}", stdout(&output));
    assert!(stdout(&folder.run("emd line.csv far.csv --mass 0.5")).contains("price of more mass"));
}
