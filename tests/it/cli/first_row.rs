//! Headers of numbers, row numbers and names that are numbers: both readings are named, and every
//! remedy works.

use super::folder::{Folder, is_just_above, number, stderr, stdout};

/// Runs and expects success; stderr.
fn remarks(folder: &Folder, args: &str) -> String {
    let output = folder.run(args);
    assert_eq!(output.status.code(), Some(0), "{args}: {}", stderr(&output));
    stderr(&output)
}

/// Runs and expects bad input; stderr.
fn refusal(folder: &Folder, args: &str) -> String {
    let output = folder.run(args);
    assert_eq!(output.status.code(), Some(1), "{args}: {}", stdout(&output));
    stderr(&output)
}

fn cost(folder: &Folder, args: &str) -> f64 {
    number(&folder.json(&format!("{args} --json")), "/transport_cost")
}

fn size(folder: &Folder, args: &str) -> (u64, u64) {
    let json = folder.json(&format!("{args} --json"));
    (json["n"].as_u64().unwrap(), json["m"].as_u64().unwrap())
}

const COULD_BE: &str = "could be a header; if it is one, begin its names with a letter";

#[test]
fn numbers_above_a_matrix_with_row_names_get_a_warning() {
    let folder = Folder::with(&[
        ("c.csv", "country,5,3,9\nfr,0,1.5,2\nde,1,0,2.5\nus,2,1,0\n"),
        ("letters.csv", "country,c5,c3,c9\nfr,0,1.5,2\nde,1,0,2.5\nus,2,1,0\n"),
        ("three.csv", "1\n1\n1\n"),
        ("four.csv", "1\n1\n1\n1\n"),
        ("square.csv", "A,7,2,3\nB,2,1,2\nC,3,2,1\n"),
    ]);
    let words = format!(
        "c.csv: the first row, of whole numbers, is taken for a row of costs, but {COULD_BE}"
    );
    assert!(remarks(&folder, "emd --cost-matrix c.csv").contains(&words));
    let words = refusal(&folder, "emd --cost-matrix c.csv --source-weights three.csv --normalize");
    assert!(words.contains("if the first of the rows of c.csv is a header, begin"), "{words}");
    let settled = "emd --cost-matrix c.csv --source-weights four.csv --normalize";
    assert!(!remarks(&folder, settled).contains("warning"));
    assert_eq!(size(&folder, "emd --cost-matrix letters.csv"), (3, 3));
    assert!(!remarks(&folder, "emd --cost-matrix letters.csv").contains("warning"));
    assert!(!remarks(&folder, "emd --cost-matrix square.csv").contains("could be"));
}

#[test]
fn years_above_points_are_a_header_once_a_column_is_called_by_name() {
    let folder = Folder::with(&[
        ("a.csv", "country,2019,2020\nfr,1,2\nde,3,4\n"),
        ("b.csv", "country,2019,2020\nfr,1,3\nde,3,5\n"),
        ("bare.csv", "2019,2020\n1,2\n3,4\n"),
        ("classes.csv", "cat,3,4\ndog,5,6\ncat,7,1\n"),
    ]);
    let words = refusal(&folder, "emd a.csv b.csv");
    assert!(words.contains(COULD_BE) && words.contains("leave it out with --drop"), "{words}");
    let words = remarks(&folder, "emd a.csv b.csv --drop country");
    assert!(words.contains("note: a.csv: the first row is taken for a header"), "{words}");
    assert!(!words.contains("warning"), "{words}");
    assert!(is_just_above(cost(&folder, "emd a.csv b.csv --drop country"), 1.0));
    assert_eq!(remarks(&folder, "emd a.csv b.csv --drop 0").matches(COULD_BE).count(), 2);
    assert!(remarks(&folder, "emd bare.csv bare.csv").contains(COULD_BE));
    assert!(!remarks(&folder, "emd classes.csv classes.csv --drop 0").contains(COULD_BE));
    let one = "emd a.csv b.csv --columns 1,2 --where 0=fr";
    assert!(!remarks(&folder, one).contains(COULD_BE), "the first row does not pass");
    let words = remarks(&folder, "pairwise a.csv --by 0");
    assert!(words.contains(COULD_BE), "a set of the first row alone: {words}");
    let json = folder.json("pairwise a.csv --by country --json");
    let names: Vec<_> = (0..2).map(|k| json["sets"][k]["name"].as_str().unwrap()).collect();
    assert_eq!((names, &json["dim"]), (vec!["fr", "de"], &2.into()));
}

#[test]
fn numbers_above_masses_with_names_are_told() {
    for header in ["k,2020", "k,1", "k,0"] {
        let text = format!("{header}\na,3\nb,5\n");
        let folder = Folder::with(&[
            ("p.csv", &text),
            ("q.csv", "k,count\na,5\nb,3\n"),
            ("x.csv", "id,x\na,0\nb,1\n"),
        ]);
        let words = refusal(&folder, "emd x.csv x.csv --source-weights p.csv --normalize");
        assert!(words.contains("if the first of the masses is a header, begin"), "{words}");
        let words = remarks(&folder, "emd --hist p.csv p.csv");
        // No other number is a year.
        let kind = if header == "k,2020" { "warning" } else { "note" };
        assert!(words.contains(&format!("{kind}: p.csv: the first row")), "{words}");
        assert!(words.contains(COULD_BE), "{words}");
        let named = text.replacen("k,", "k,c", 1);
        folder.put("p.csv", named.as_bytes());
        assert!(is_just_above(cost(&folder, "emd --hist p.csv q.csv"), 2.0), "{header}");
        assert!(!remarks(&folder, "emd --hist p.csv q.csv").contains(COULD_BE));
    }
}

#[test]
fn row_numbers_that_keep_a_matrix_from_being_square_get_a_warning() {
    let rows = "0,5.5,3,9\n1,2,7,1.5\n2,4,4,4\n";
    let folder = Folder::with(&[
        ("c.csv", rows),
        ("id.csv", &format!("id,c0,c1,c2\n{rows}")),
        ("line.csv", "0,1,2,3\n1,0,1,2\n2,1,0,1\n"),
        ("three.csv", "1\n1\n1\n"),
        ("four.csv", "1\n1\n1\n1\n"),
    ]);
    let words = "warning: c.csv: the first column counts the rows, but is taken for costs";
    assert!(remarks(&folder, "emd --cost-matrix c.csv").contains(words));
    let args = "emd --cost-matrix c.csv --normalize --target-weights";
    let words = refusal(&folder, &format!("{args} three.csv"));
    assert!(words.contains("if the first of the columns of c.csv numbers the rows"), "{words}");
    assert!(words.contains("call it id in a header above the rows (id,c0,c1,…)"), "{words}");
    assert_eq!(remarks(&folder, &format!("{args} four.csv")), "");
    assert_eq!(size(&folder, "emd --cost-matrix id.csv"), (3, 3));
    assert_eq!(remarks(&folder, "emd --cost-matrix line.csv"), "", "distances on the line");
}

#[test]
fn one_column_is_no_coordinate_and_mass() {
    // A Series without a name, its index without one, too.
    let folder =
        Folder::with(&[("a.csv", ",0\n5,0.5\n6,0.25\n"), ("named.csv", "x,w\n5,0.5\n6,0.25\n")]);
    let words = refusal(&folder, "emd a.csv a.csv --columns 0 --weights 1");
    assert!(words.contains("column \"0\" is taken for a coordinate and for the masses"), "{words}");
    assert!(words.contains("give the columns names that begin with a letter"), "{words}");
    assert_eq!(cost(&folder, "emd named.csv named.csv --columns 0 --weights 1"), 0.0);
}

#[test]
fn numbers_of_pandas_around_a_plan_are_no_part_of_it() {
    let folder = Folder::with(&[
        ("a.csv", "x\n0\n4\n"),
        ("b.csv", "x\n1\n5\n"),
        ("c.csv", "x\n0\n4\n8\n"),
        ("triplets.csv", "0,1,2\n0,0,0.5\n1,1,0.5\n"),
        ("indexed.csv", ",0,1,2\n0,0,0,0.5\n1,1,1,0.5\n"),
        ("dense.csv", "0,1\n0.5,0\n0,0.5\n"),
        ("whole.csv", "0,1\n1,0\n0,1\n"),
        ("framed.csv", ",0,1\n0,0.5,0\n1,0,0.5\n"),
        ("three.csv", "0,1,2\n1,0,0\n0,1,0\n0,0,1\n"),
        ("more.csv", "i,j,mass,cost\n0,0,0.5,1\n1,1,0.5,1\n"),
    ]);
    for plan in ["triplets.csv", "indexed.csv", "dense.csv", "framed.csv"] {
        let json = folder.json(&format!("certify a.csv b.csv --plan {plan} --json"));
        assert!(is_just_above(number(&json, "/certificate/upper"), 1.0), "{plan}: {json}");
        assert_eq!(number(&json, "/certificate/source_residual"), 0.0, "{plan}");
    }
    let words = remarks(&folder, "certify a.csv b.csv --plan triplets.csv");
    assert!(words.contains("note: triplets.csv: the first row, 0, 1, 2, is taken for a header"));
    for (points, plan) in [("a.csv b.csv", "whole.csv"), ("c.csv c.csv", "three.csv")] {
        let json = folder.json(&format!("certify {points} --plan {plan} --json"));
        let (upper, lower) =
            ["upper", "lower"].map(|k| number(&json["certificate"], &format!("/{k}"))).into();
        assert!(upper - lower <= 1e-14, "{plan}: {json}");
    }
    let words = refusal(&folder, "certify a.csv b.csv --plan more.csv");
    assert!(words.contains("the header i,j,mass and no other columns"), "{words}");
}

#[test]
fn signs_and_points_in_a_header_are_names_beside_an_index() {
    for header in [",-1,0,1", "id,-1,0,1", ",0.5,1.5,2.5", "id,1.0,2.0,3.0", "hour,-1,0,1"] {
        let text = format!("{header}\n0,1,2,3\n1,4,5,6\n2,0,1,0\n");
        let folder = Folder::with(&[("a.csv", &text)]);
        assert_eq!(size(&folder, "emd a.csv a.csv"), (3, 3), "{header}");
    }
    let folder = Folder::with(&[
        ("a.csv", "hour,1.0,2.0\n0,3,4\n1,5,6\n"),
        ("signs.csv", "-1,0,1\n0.5,1.5,2.5\n2.5,3.5,0.5\n"),
        ("p.csv", "0.5,1.5\n3,4\n5,6\n"),
        ("q.csv", "0.5,1.5\n3,5\n5,6\n"),
        ("named.csv", "x,y\n0.5,1.5\n3,4\n5,6\n"),
        ("r.csv", "kind,0.5,1.5\na,3,4\nb,5,6\n"),
        ("s.csv", "kind,0.5,1.5\na,3,5\nb,5,6\n"),
    ]);
    assert!(remarks(&folder, "emd r.csv s.csv --drop 0").contains("begin with the same row"));
    assert_eq!(size(&folder, "emd r.csv s.csv --drop kind"), (2, 2));
    let words = refusal(&folder, "emd a.csv a.csv");
    assert!(words.contains("if the first row is a header, begin all its names with a letter"));
    assert!(remarks(&folder, "emd signs.csv signs.csv").contains(COULD_BE));
    let words = remarks(&folder, "emd p.csv q.csv");
    assert!(words.contains("p.csv and q.csv begin with the same row"), "{words}");
    assert!(!remarks(&folder, "emd named.csv q.csv").contains("begin with"));
    assert!(!remarks(&folder, "emd p.csv p.csv").contains("begin with"), "one file");
}

#[test]
fn shares_and_counts_of_pandas_are_known_by_their_names() {
    let folder = Folder::with(&[
        ("p.csv", "visits,proportion\n1,0.5\n2,0.3\n4,0.2\n"),
        ("q.csv", "visits,proportion\n1,0.2\n2,0.3\n5,0.5\n"),
        ("hours.csv", "hour,0\n0,5\n1,3\n2,2\n"),
        ("later.csv", "hour,0\n0,3\n1,3\n2,4\n"),
    ]);
    let words = remarks(&folder, "emd p.csv q.csv");
    assert!(words.contains("if it holds the masses, give --weights proportion"), "{words}");
    assert_eq!(remarks(&folder, "emd p.csv q.csv --weights proportion"), "");
    let words = remarks(&folder, "emd hours.csv later.csv");
    assert!(
        words.contains("0 is taken for a coordinate; if it holds the masses, give --weights 0")
    );
    assert!(!words.contains("--drop"), "{words}");
    assert!(is_just_above(cost(&folder, "emd hours.csv later.csv --weights 0"), 4.0));
}

#[test]
fn numbers_that_are_no_names_are_costs() {
    let folder = Folder::with(&[
        ("fractions.csv", "a,label\n0,0.5\n1,2.5\n"),
        ("twice.csv", "a,label\n0,3\n1,3\n"),
        ("names.csv", "name,1,2\n1,0,1\n2,1,0\n"),
        ("w.csv", "customer,w\n7,0.5\n9,0.5\n"),
        ("id.csv", "id,w\n7,0.5\n9,0.5\n"),
        ("x.csv", "x\n0\n3\n"),
    ]);
    for file in ["fractions.csv", "twice.csv", "names.csv"] {
        assert_eq!(size(&folder, &format!("emd --cost-matrix {file}")), (2, 2), "{file}");
    }
    assert_eq!(cost(&folder, "emd --cost-matrix names.csv"), 0.0);
    let words = refusal(&folder, "emd x.csv x.csv --source-weights w.csv");
    assert!(words.contains("names of the rows may stand beside it in a column called id"));
    assert_eq!(cost(&folder, "emd x.csv x.csv --source-weights id.csv"), 0.0);
}

#[test]
fn ordinary_numbers_get_no_warning() {
    let folder = Folder::with(&[
        ("c.csv", "5,3,9,1\n2,7,8,4\n6,0,3,1\n1,1,2,2\n4,4,7,7\n"),
        ("five.csv", "1\n1\n1\n1\n1\n"),
        ("p.csv", "3\n1\n4\n2\n0\n3\n5\n2\n"),
        ("q.csv", "2\n2\n1\n4\n3\n1\n3\n2\n"),
        ("sorted.csv", "0\n0\n1\n1\n2\n3\n3\n4\n"),
        ("d.csv", "0,1,2\n0,1.5,2\n1,0,1\n2,1,0\n"),
        ("e.csv", "0,1,2\n1.5,0,1\n2,1,0\n"),
    ]);
    assert_eq!(remarks(&folder, "emd --cost-matrix e.csv"), "", "distances");
    let args = "emd --cost-matrix c.csv --source-weights five.csv --normalize";
    for args in [args, "emd p.csv q.csv", "emd sorted.csv q.csv"] {
        assert_eq!(remarks(&folder, args), "", "{args}");
    }
    let words = remarks(&folder, "emd --cost-matrix d.csv");
    assert!(words.starts_with("note: d.csv: the first row, 0, 1, …, is taken for a header"));
    // What Series.to_csv(index=False) writes.
    folder.put("p.csv", b"0\n3\n5\n2\n");
    folder.put("q.csv", b"0\n4\n1\n7\n");
    let words = remarks(&folder, "emd p.csv q.csv");
    assert!(words.contains("p.csv and q.csv begin with the same row"), "{words}");
    assert!(!words.contains("--hist"), "{words}");
}

#[test]
fn a_name_with_blanks_is_quoted_and_a_text_potential_has_no_columns_to_choose() {
    let folder = Folder::with(&[
        ("a.csv", "store no,x\n7,0.5\n9,1.5\n8,2.5\n"),
        ("x.csv", "x\n0\n"),
        ("f.csv", "a\nb\n"),
    ]);
    assert!(remarks(&folder, "emd a.csv a.csv").contains("--drop 'store no' leaves it out"));
    let words = refusal(&folder, "certify x.csv x.csv --potentials f.csv");
    assert!(words.contains("write a number") && !words.contains("--columns"), "{words}");
}
