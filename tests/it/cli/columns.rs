//! The problem that was meant: columns by name, headers, row numbers, and what the output says.

use super::folder::{Folder, is_just_above, number, stderr, stdout};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/columns");

/// Runs and expects success; stdout and stderr.
fn said(folder: &Folder, args: &str) -> (String, String) {
    let output = folder.run(args);
    assert_eq!(output.status.code(), Some(0), "{args}: {}", stderr(&output));
    (stdout(&output), stderr(&output))
}

fn distance(folder: &Folder, args: &str) -> f64 {
    number(&folder.json(&format!("{args} --json")), "/transport_cost")
}

#[test]
fn columns_in_another_order_are_matched_by_name() {
    let folder = Folder::with(&[]);
    let (text, notes) = said(&folder, &format!("emd {DATA}/xy.csv {DATA}/yx.csv"));
    assert!(text.starts_with("earth mover's distance  0\n"), "{text}");
    assert!(notes.contains("yx.csv: the columns y, x are taken in the order of"), "{notes}");
    let json = folder.json(&format!("emd {DATA}/xy.csv {DATA}/yx.csv --json"));
    assert_eq!(json["inputs"]["target"]["columns"], serde_json::json!(["x", "y"]));
}

#[test]
fn every_command_on_two_sets_matches_columns_by_name() {
    let files = [("a.csv", "x,y\n0,10\n3,9\n"), ("b.csv", "w,y,x\n1,10,0\n1,9,3\n")];
    let folder = Folder::with(&files);
    folder.run("emd a.csv a.csv --plan p.csv");
    for (args, found) in [
        ("certify a.csv b.csv --plan p.csv", "/certificate/upper"),
        ("critic a.csv b.csv --steps 1", "/exact/value"),
        ("sinkhorn a.csv b.csv --divergence", "/divergence"),
        ("divergence a.csv b.csv --bootstrap 0", "/divergences/emd/value"),
    ] {
        let json = folder.json(&format!("{args} --drop w --json"));
        assert_eq!(number(&json, found), 0.0, "{args}");
        assert_eq!(json["inputs"]["target"]["columns"], serde_json::json!(["x", "y"]), "{args}");
    }
    let json = folder.json("pairwise a.csv b.csv --drop w --json");
    assert_eq!(json["matrix"], serde_json::json!([[0.0, 0.0], [0.0, 0.0]]));
    let json = folder.json("crosscheck a.csv b.csv --drop w --no-lp --critics cones --json");
    assert_eq!(number(&json, "/rows/0/upper"), 0.0);
}

#[test]
fn sets_are_matched_with_the_first_that_has_names() {
    let files = [("a.csv", "0,10\n"), ("b.csv", "x,y\n0,10\n"), ("c.csv", "y,x\n10,0\n")];
    let json = Folder::with(&files).json("pairwise a.csv b.csv c.csv --json");
    assert_eq!(json["matrix"], serde_json::json!(vec![[0.0; 3]; 3]));
}

#[test]
fn columns_chosen_by_position_stay_and_get_a_warning() {
    let folder = Folder::with(&[]);
    let args = format!("emd {DATA}/xy.csv {DATA}/yx.csv --columns 0,1");
    let (text, warnings) = said(&folder, &args);
    assert!(text.starts_with("earth mover's distance  14.14"), "{text}");
    assert!(warnings.contains("warning: --columns takes x, y of"), "{warnings}");
    assert!(warnings.contains("compared by position"), "{warnings}");
}

#[test]
fn names_are_matched_only_where_both_tables_have_them() {
    let folder = Folder::with(&[("a.csv", "x,y\n0,10\n"), ("b.csv", "0,10\n")]);
    assert_eq!(distance(&folder, "emd a.csv b.csv"), 0.0);
    assert_eq!(distance(&folder, "emd b.csv a.csv"), 0.0);
}

#[test]
fn columns_without_names_beside_named_ones_get_a_note() {
    let files =
        [("a.csv", "y,x\n0,10\n"), ("b.csv", "0,10\n"), ("c.csv", "x\n1\n"), ("d.csv", "1\n")];
    let folder = Folder::with(&files);
    for args in ["emd a.csv b.csv", "emd b.csv a.csv"] {
        let words =
            "the columns of b.csv have no names: they are taken in the order of a.csv: y, x";
        assert!(said(&folder, args).1.contains(words), "{args}");
    }
    assert!(!said(&folder, "emd a.csv b.csv --columns 0,1").1.contains("no names"));
    assert!(!said(&folder, "emd c.csv d.csv").1.contains("no names"));
}

#[test]
fn the_default_header_of_pandas_is_no_point() {
    // pandas.DataFrame([[0.5, 1.5], [2.5, 3.5]]).to_csv(index=False), and with the index.
    let plain = "0,1\n0.5,1.5\n2.5,3.5\n";
    let indexed = ",0,1\n0,0.5,1.5\n1,2.5,3.5\n";
    let named = ",y,x\n0,1.5,0.5\n1,3.5,2.5\n";
    let folder = Folder::with(&[("a.csv", plain), ("b.csv", indexed), ("c.csv", named)]);
    let (text, notes) = said(&folder, "emd a.csv b.csv");
    assert!(text.contains("columns 0, 1; masses uniform, 1/2 each; 2 rows"), "{text}");
    assert!(notes.contains("note: a.csv: the first row, 0, 1, …, is taken for a header"));
    assert!(notes.contains("by name: column 0 (no name);"), "{notes}");
    // Bare numbers are no names to match by.
    assert!(is_just_above(distance(&folder, "emd a.csv c.csv"), 2.0_f64.sqrt()));
}

#[test]
fn a_first_row_in_doubt_is_data_with_a_warning() {
    let ints = "0,1\n2,3\n";
    let years = "2020,2021\n0.5,1.5\n2.5,3.5\n";
    let folder = Folder::with(&[("a.csv", ints), ("b.csv", years)]);
    for (args, file) in [("emd a.csv b.csv", "a.csv"), ("emd b.csv a.csv", "b.csv")] {
        let (_, warnings) = said(&folder, args);
        let words =
            format!("warning: {file}: the first row, of whole numbers, is taken for a point");
        assert!(warnings.contains(&words), "{warnings}");
    }
    assert_eq!(folder.json("emd a.csv b.csv --json")["m"], 3);
}

#[test]
fn numbers_of_columns_that_are_not_in_sequence_are_a_point_with_a_warning() {
    // DataFrame[[0, 2]].to_csv(index=False).
    let folder = Folder::with(&[("a.csv", "0,2\n0.5,1\n"), ("b.csv", "5,1\n0.5,1.5\n2.5,3\n")]);
    let json = folder.json("emd a.csv b.csv --json");
    for (k, file) in ["a.csv", "b.csv"].into_iter().enumerate() {
        let words = format!("{file}: the first row, of whole numbers, is taken for a point");
        assert!(json["warnings"][k].as_str().unwrap().starts_with(&words), "{json}");
    }
    folder.put("a.csv", b"x,z\n0.5,1\n");
    folder.put("b.csv", b"5.0,1.0\n0.5,1.5\n2.5,3\n");
    let json = folder.json("emd a.csv b.csv --json");
    assert_eq!((&json["n"], &json["m"]), (&1.into(), &3.into()));
    assert!(json.get("warnings").is_none_or(|list| list == &serde_json::json!([])), "{json}");
}

#[test]
fn numbers_of_columns_are_matched_whatever_their_order() {
    // DataFrame.to_csv(index=False) and DataFrame[[2, 0, 1]], and both with the index.
    let folder = Folder::with(&[
        ("a.csv", "0,1,2\n0.5,1.5,2\n1,2,3\n"),
        ("b.csv", "2,0,1\n2,0.5,1.5\n3,1,2\n"),
        ("c.csv", "1,0,2\n1,1,2\n2,1,3\n"),
        ("ai.csv", ",0,1,2\n0,0.5,1.5,2\n1,1,2,3\n"),
        ("bi.csv", ",2,0,1\n0,2,0.5,1.5\n1,3,1,2\n"),
    ]);
    for args in ["a.csv b.csv", "b.csv a.csv", "ai.csv bi.csv", "a.csv bi.csv", "b.csv ai.csv"] {
        assert_eq!(distance(&folder, &format!("emd {args}")), 0.0, "{args}");
    }
    let (_, notes) = said(&folder, "emd a.csv b.csv");
    assert!(notes.contains("b.csv: the first row, 2, 0, 1, is taken for a header"), "{notes}");
    assert!(notes.contains("b.csv: the columns 2, 0, 1 are taken in the order of a.csv: 0-2"));
    // (0.5, 1.5, 2) to (1, 1, 2), above which the numbers of the columns stand, too.
    assert!(is_just_above(distance(&folder, "emd a.csv c.csv --cost cityblock"), 0.5));
    let json = folder.json("pairwise a.csv b.csv bi.csv --json");
    assert_eq!(json["matrix"], serde_json::json!(vec![[0.0; 3]; 3]));
}

#[test]
fn an_empty_cell_before_numbers_begins_a_header() {
    let folder = Folder::with(&[
        ("a.csv", ",2020,2021,2022\n0,1,2,3\n1,4,5,6\n"),
        ("b.csv", ",2021,2020,2022\n0,2,1,3\n1,5,4,6\n"),
        ("m.csv", ",10,20\n10,0,1\n20,1,0\n"),
        ("gap.csv", ",2\n1,3\n"),
    ]);
    assert_eq!(distance(&folder, "emd a.csv b.csv"), 0.0);
    let json = folder.json("emd --cost-matrix m.csv --json");
    assert_eq!((json["n"].as_u64(), json["transport_cost"].as_f64()), (Some(2), Some(0.0)));
    let words = stderr(&folder.run("emd gap.csv gap.csv"));
    assert!(words.contains("if it is a header above row names, write id into"), "{words}");
}

#[test]
fn a_cost_matrix_keeps_the_row_that_makes_it_square() {
    let folder =
        Folder::with(&[("c.csv", "0,1,2\n1.5,0,1\n2,1,0\n"), ("d.csv", "0,1\n0.5,2\n0,1\n")]);
    let json = folder.json("emd --cost-matrix c.csv --json");
    assert_eq!((json["n"].as_u64(), json["m"].as_u64()), (Some(3), Some(3)));
    let json = folder.json("emd --cost-matrix d.csv --json");
    assert_eq!(json["n"], 2, "a header");
    assert!(json["warnings"][0].as_str().unwrap().contains("d.csv: the first row"), "{json}");
}

#[test]
fn a_header_of_numbers_above_costs_gets_a_warning() {
    let folder = Folder::with(&[
        ("whole.csv", "0,1,2\n3,1,7\n6,5,6\n8,7,5\n"),
        ("other.csv", "9,7,8\n0.5,1,2\n1,0.5,2\n2,1,0.5\n"),
        ("wide.csv", "7,8,9\n0.5,1.5,2.5\n1.5,0.5,2.5\n"),
        ("line.csv", "0,1,2\n1,0,1\n2,1,0\n"),
        ("w.csv", "1\n1\n1\n"),
    ]);
    for command in ["emd", "sinkhorn", "crosscheck --no-lp --critics cones"] {
        let json = folder.json(&format!("{command} --cost-matrix whole.csv --json"));
        let words = "whole.csv: the first row, of whole numbers, is taken for a row of costs";
        assert!(json["warnings"][0].as_str().unwrap().starts_with(words), "{command}: {json}");
    }
    for file in ["other.csv", "wide.csv"] {
        let (_, warnings) = said(&folder, &format!("emd --cost-matrix {file}"));
        assert!(warnings.contains("but could be a header"), "{warnings}");
    }
    assert_eq!(said(&folder, "emd --cost-matrix line.csv").1, "");
    let words = stderr(&folder.run("emd --cost-matrix whole.csv --source-weights w.csv"));
    let hint = "if the first of the rows of whole.csv is a header, begin its names with a letter";
    assert!(words.contains(hint), "{words}");
    folder.put("named.csv", b"a,b,c\n3,1,7\n6,5,6\n8,7,5\n");
    assert!(is_just_above(distance(&folder, "emd --cost-matrix named.csv"), 4.0));
}

#[test]
fn a_header_of_numbers_above_masses_gets_a_warning() {
    let folder = Folder::with(&[
        ("p.csv", "3\n0.5\n0.25\n0.25\n"),
        ("q.csv", "3\n0.25\n0.25\n0.5\n"),
        ("x.csv", "x\n0\n1\n2\n"),
        ("w.csv", "3\n1\n1\n1\n"),
    ]);
    let json = folder.json("emd --hist p.csv q.csv --normalize --json");
    let words = "p.csv: the first row, of whole numbers, is taken for a mass";
    assert!(json["warnings"][0].as_str().unwrap().starts_with(words), "{json}");
    let words = stderr(&folder.run("emd x.csv x.csv --source-weights w.csv --normalize"));
    assert!(words.contains("if the first of the masses is a header"), "{words}");
}

#[test]
fn a_first_triplet_of_a_plan_is_no_header() {
    let folder = Folder::with(&[
        ("a.csv", "x,w\n0,2\n1,0.5\n2,0.5\n"),
        ("b.csv", "x,w\n0,0.5\n1,2\n2,0.5\n"),
        ("plan.csv", "0,1,2\n1,0,0.5\n2,2,0.5\n"),
    ]);
    let json = folder.json("certify a.csv b.csv --weights w --plan plan.csv --json");
    assert!(is_just_above(number(&json, "/certificate/upper"), 2.5));
    assert_eq!(number(&json, "/certificate/source_residual"), 0.0);
}

#[test]
fn row_numbers_and_labels_are_coordinates_only_when_named() {
    let files = [
        ("a.csv", "id,x,y,label\n17,0,0,3\n4,1,0,3\n"),
        ("b.csv", "x,y,Unnamed: 0\n3,4,0\n4,4,1\n"),
    ];
    let folder = Folder::with(&files);
    let (text, notes) = said(&folder, "emd a.csv b.csv");
    assert!(text.starts_with("earth mover's distance  5\n"), "{text}");
    assert!(notes.contains("row numbers or labels by name: \"id\", \"label\";"), "{notes}");
    assert!(notes.contains("note: b.csv: left out of the coordinates, as row numbers or labels by name: \"Unnamed: 0\""), "{notes}");
    let json = folder.json("emd a.csv a.csv --columns id,x --json");
    assert_eq!(json["inputs"]["source"]["columns"], serde_json::json!(["id", "x"]));
}

#[test]
fn a_column_that_counts_the_rows_gets_a_warning() {
    let folder = Folder::with(&[
        ("a.csv", "n,x\n0,0.5\n1,2.5\n2,1\n"),
        ("b.csv", "n,x\n1,0.5\n2,2.5\n3,2\n"),
        ("line.csv", "0\n1\n2\n"),
        ("far.csv", "5\n9\n7\n"),
    ]);
    let (_, warnings) = said(&folder, "emd a.csv b.csv");
    for file in ["a.csv", "b.csv"] {
        assert!(warnings.contains(&format!("warning: {file}: n counts the rows")), "{warnings}");
    }
    for quiet in
        ["emd a.csv b.csv --drop n", "emd a.csv b.csv --columns n,x", "emd line.csv far.csv"]
    {
        assert!(!said(&folder, quiet).1.contains("counts the rows"), "{quiet}");
    }
}

#[test]
fn a_column_called_an_id_of_something_is_a_label() {
    let folder = Folder::with(&[
        ("a.csv", "customer_id,x\n1001,0\n1002,1\n"),
        ("b.csv", "customer_id,x\n2001,0\n2002,1\n"),
        ("c.csv", ",Unnamed: 0.1,Unnamed: 0,x\n0,0,0,5\n1,1,1,6\n"),
    ]);
    let (_, notes) = said(&folder, "emd a.csv b.csv");
    let words =
        "a.csv: left out of the coordinates, as row numbers or labels by name: \"customer_id\";";
    assert!(notes.contains(words), "{notes}");
    for flags in ["", " --drop customer_id"] {
        assert_eq!(distance(&folder, &format!("emd a.csv b.csv{flags}")), 0.0);
    }
    let json = folder.json("emd c.csv c.csv --json");
    assert_eq!(json["inputs"]["source"]["columns"], serde_json::json!(["x"]));
}

#[test]
fn ranges_and_exclusion_choose_columns() {
    let text = "word,e1,e0,e2\nb,1,0,2\na,1.5,0,2\n";
    let folder = Folder::with(&[("a.csv", text), ("b.csv", "e0,e1,e2\n0,1,2\n0,1,5\n")]);
    let columns = |args: &str| {
        let json = folder.json(&format!("{args} --json"));
        let side = |side: &str| json["inputs"][side]["columns"].clone();
        assert_eq!(side("source"), side("target"), "{args}");
        side("source")
    };
    let of = |list: &[&str]| serde_json::json!(list);
    assert_eq!(columns("emd a.csv b.csv --columns e0-e2"), of(&["e0", "e1", "e2"]));
    assert_eq!(columns("emd a.csv b.csv --drop word"), of(&["e1", "e0", "e2"]));
    assert_eq!(columns("emd a.csv b.csv --columns e0-e2 --drop e1"), of(&["e0", "e2"]));
    assert_eq!(columns("emd a.csv a.csv --columns 1-3"), of(&["e1", "e0", "e2"]));
    assert!(said(&folder, "emd a.csv b.csv --columns e0-e2").0.contains("columns e0-e2; masses"));
}

#[test]
fn the_output_says_what_are_coordinates_and_what_are_masses() {
    let folder = Folder::with(&[
        ("a.csv", "x,y,w\n0,1,3\n1,2,4\n"),
        ("b.csv", "x,y\n0,1\n1,2\n"),
        ("m.csv", "2\n5\n"),
        ("c.csv", "1,2\n3,1\n"),
    ]);
    for (args, lines) in [
        (
            "emd a.csv b.csv --source-weights w --target-weights m.csv",
            ["columns x, y; masses w, 7 in all; 2 rows", "columns x, y; masses of m.csv, 7 in all"],
        ),
        (
            "emd a.csv b.csv --source-weights w --normalize",
            ["masses w, 7 in all, scaled to 1; 2 rows", "masses uniform, 1/2 each; 2 rows"],
        ),
        (
            "sinkhorn --cost-matrix c.csv --source-weights m.csv --normalize",
            ["masses of m.csv, 7 in all, scaled to 1; 2 rows", "uniform, 1/2 each; 2 columns"],
        ),
        ("divergence b.csv b.csv --bootstrap 0", ["source                columns x, y", "target"]),
    ] {
        let (text, _) = said(&folder, args);
        for line in lines {
            assert!(text.contains(line), "{line}: {text}");
        }
    }
    let args = "emd a.csv b.csv --source-weights m.csv --columns x,y --normalize --json";
    let inputs = &folder.json(args)["inputs"];
    assert_eq!(number(inputs, "/source/masses/total"), 7.0, "before it is scaled");
    assert_eq!(number(inputs, "/source_weights/masses/total"), 7.0);
    let masses = &folder.json("emd a.csv a.csv --weights w --json")["inputs"]["source"]["masses"];
    assert_eq!(*masses, serde_json::json!({"kind": "column", "column": "w", "total": 7.0}));
}

#[test]
fn a_total_that_is_not_1_is_said() {
    let thirds = "x,w\n0,0.333\n1,0.333\n2,0.333\n";
    let folder = Folder::with(&[("a.csv", thirds), ("b.csv", "x,w\n5,0.999\n")]);
    let (text, warnings) = said(&folder, "emd a.csv b.csv --weights w");
    assert!(text.contains("0.999 on each side, not 1"), "{text}");
    assert!(warnings.contains("warning: the masses add up to 0.999"), "{warnings}");
    let (text, warnings) = said(&folder, "emd a.csv b.csv --weights w --normalize");
    assert!(text.contains("mass                  1\n") && warnings.is_empty(), "{text}{warnings}");
}

#[test]
fn the_same_rows_on_both_sides_get_a_warning() {
    let folder = Folder::with(&[("a.csv", "x,label\n0,a\n2,b\n")]);
    let (_, warnings) = said(&folder, "emd a.csv a.csv");
    assert!(warnings.contains("warning: source and target are the same points"), "{warnings}");
    let apart = "emd a.csv a.csv --source-where label=a --target-where label=b";
    assert!(!said(&folder, apart).1.contains("the same points"));
}

#[test]
fn persistence_diagrams_are_told_that_every_point_has_the_same_mass() {
    let files = [("a.csv", "birth,death\n0,1\n"), ("b.csv", "Birth,Death\n0,1\n0.2,0.4\n")];
    let folder = Folder::with(&files);
    let (text, warnings) = said(&folder, "emd a.csv b.csv --columns 0,1");
    assert!(warnings.contains("warning: a.csv: every point of the persistence diagram has"));
    assert!(warnings.contains("b.csv: every point of the persistence diagram has the mass 1/2"));
    assert!(text.contains("masses uniform, 1/2 each; 2 rows"), "{text}");
}

#[test]
fn a_column_called_weight_is_no_mass_until_it_is_named() {
    let folder = Folder::with(&[("a.csv", "x,weight\n0,3\n2,1\n"), ("b.csv", "x,weight\n1,4\n")]);
    let (_, warnings) = said(&folder, "emd a.csv b.csv");
    assert!(warnings.contains("warning: a.csv: weight is taken for a coordinate"), "{warnings}");
    assert_eq!(said(&folder, "emd a.csv b.csv --weights weight").1, "");
}

#[test]
fn decimal_commas_that_look_like_two_columns_get_a_warning() {
    let folder = Folder::with(&[
        ("a.csv", "0,5\n-0,25\n1,125\n"),
        ("b.csv", "1,5\n2,05\n"),
        ("c.csv", "1,5\n2,5\n"),
        ("d.csv", "x\n0,5\n1,5\n"),
    ]);
    for file in ["a.csv", "b.csv"] {
        let (_, warnings) = said(&folder, &format!("emd {file} c.csv"));
        let words = format!("{file}: the rows are taken for points of two coordinates");
        assert!(warnings.contains(&words), "{warnings}");
    }
    assert!(!said(&folder, "emd c.csv b.csv").1.contains("c.csv: the rows are taken"));
    assert!(stderr(&folder.run("emd d.csv c.csv")).contains("write decimal points, not commas"));
}
