//! Rows and columns that have names: histograms, masses, matrices, as pandas writes them.

use super::folder::{Folder, is_just_above, number, stderr, stdout};

fn said(folder: &Folder, args: &str) -> (String, String) {
    let output = folder.run(args);
    assert_eq!(output.status.code(), Some(0), "{args}: {}", stderr(&output));
    (stdout(&output), stderr(&output))
}

fn cost(folder: &Folder, args: &str) -> f64 {
    number(&folder.json(&format!("{args} --json")), "/transport_cost")
}

/// Files as `value_counts().to_csv()` writes them, for three a, five b and two c, and for one a and nine b.
fn counts() -> Folder {
    Folder::with(&[
        ("p.csv", ",count\nb,5\na,3\nc,2\n"),
        ("q.csv", ",count\nc,2\nb,5\na,3\n"),
        ("grid.csv", "name,x\na,10\nb,0\nc,30\n"),
        ("plain.csv", "5\n3\n2\n"),
        ("other.csv", ",count\nb,9\na,1\n"),
    ])
}

#[test]
fn cells_of_histograms_are_matched_by_name() {
    let folder = counts();
    assert_eq!(cost(&folder, "emd --hist p.csv q.csv"), 0.0);
    let (_, notes) = said(&folder, "emd --hist p.csv q.csv");
    for words in [
        "note: q.csv: the rows c, b, a are taken in the order of p.csv: b, a, c",
        "note: p.csv: taken for names of the rows, not for masses: column 0 (no name)",
        "note: the cells b, a, c lie at 0, 1, 2, … in this order",
    ] {
        assert!(notes.contains(words), "{words}: {notes}");
    }
    let sinkhorn = folder.json("sinkhorn --hist p.csv q.csv --json");
    assert_eq!(number(&sinkhorn, "/certificate/lower"), 0.0);
    let divergence = folder.json("divergence --hist p.csv q.csv --bootstrap 0 --json");
    assert_eq!(number(&divergence, "/divergences/kl/value"), 0.0);
}

#[test]
fn numbers_are_names_of_cells_too() {
    // value_counts() of 1, 1, 0 and of 0, 1, 1, and as reset_index() writes it.
    let files = [
        ("p.csv", ",count\n1,2\n0,1\n"),
        ("q.csv", ",count\n0.0,1\n1.0,2\n"),
        ("r.csv", "index,count\n0,1\n1,2\n"),
    ];
    let folder = Folder::with(&files);
    assert_eq!(cost(&folder, "emd --hist p.csv q.csv"), 0.0);
    assert_eq!(cost(&folder, "emd --hist q.csv p.csv"), 0.0);
    assert_eq!(cost(&folder, "emd --hist p.csv r.csv"), 0.0);
    assert!(!said(&folder, "emd --hist q.csv r.csv").1.contains("lie at"), "0 lies at 0");
}

#[test]
fn the_grid_is_matched_by_name() {
    let folder = counts();
    folder.put("moved.csv", b",count\na,3\nb,5\nc,2\n");
    folder.put("all_b.csv", b",count\nc,0\na,0\nb,10\n");
    assert_eq!(cost(&folder, "emd --hist p.csv moved.csv --grid grid.csv"), 0.0);
    // Three from 10 to 0 and two from 30 to 0.
    assert_eq!(cost(&folder, "emd --hist p.csv all_b.csv --grid grid.csv").round(), 90.0);
    let (_, notes) = said(&folder, "emd --hist p.csv all_b.csv --grid grid.csv");
    assert!(notes.contains("grid.csv: the rows a, b, c are taken in the order of p.csv"));
    assert!(!notes.contains("lie at"), "{notes}");
}

#[test]
fn names_of_one_histogram_alone_get_a_note() {
    let (_, notes) = said(&counts(), "emd --hist p.csv plain.csv");
    assert!(notes.contains("row names of p.csv (b, a, c) have no counterpart in plain.csv"));
    assert!(notes.contains("compared by position"), "{notes}");
}

#[test]
fn masses_are_matched_with_the_names_of_points() {
    let folder = Folder::with(&[
        ("a.csv", "id,x\nu,0\nv,10\n"),
        ("b.csv", "0\n"),
        ("w.csv", ",w\nv,0\nu,1\n"),
        ("numbered.csv", ",w\n0,1\n1,0\n"),
        ("bare.csv", "w\n1\n0\n"),
        ("plain.csv", "x\n0\n10\n"),
    ]);
    for (points, weights, note) in [
        ("a.csv", "w.csv", "w.csv: the rows v, u are taken in the order of a.csv: u, v"),
        ("a.csv", "numbered.csv", "row names of a.csv (u, v) have no counterpart in numbered.csv"),
        ("a.csv", "bare.csv", "row names of a.csv (u, v) have no counterpart in bare.csv"),
        ("plain.csv", "numbered.csv", "numbered.csv: taken for names of the rows, not for masses"),
    ] {
        let args = format!("emd {points} b.csv --source-weights {weights}");
        assert_eq!(cost(&folder, &args), 0.0, "{args}");
        let (_, notes) = said(&folder, &args);
        assert!(notes.contains(note), "{args}: {notes}");
    }
    let (_, notes) = said(&folder, "emd plain.csv b.csv --source-weights w.csv");
    assert!(notes.contains("row names of w.csv (v, u) have no counterpart in plain.csv"));
}

#[test]
fn masses_are_matched_with_the_rows_that_pass_and_not_with_class_labels() {
    let folder = Folder::with(&[
        ("a.csv", "id,x,kind\nu,0,1\nv,10,2\nw,20,1\n"),
        ("b.csv", "0\n"),
        ("two.csv", ",mass\nw,0\nu,1\n"),
        ("classes.csv", "label,x\n3,0\n8,10\n3,20\n"),
        ("masses.csv", "1\n0\n0\n"),
    ]);
    let args = "emd a.csv b.csv --source-where kind=1 --source-weights two.csv";
    assert_eq!(cost(&folder, args), 0.0);
    let (_, notes) = said(&folder, "emd classes.csv b.csv --source-weights masses.csv");
    assert!(!notes.contains("counterpart"), "{notes}");
}

#[test]
fn an_id_goes_before_the_index_of_pandas() {
    let folder = Folder::with(&[
        ("a.csv", ",id,x\n0,u1,0\n1,u2,10\n"),
        ("bare.csv", "id,x\nu1,0\nu2,10\n"),
        ("b.csv", "0\n"),
        ("w.csv", ",id,w\n0,u2,0.9\n1,u1,0.1\n"),
        ("w2.csv", "id,w\nu2,0.9\nu1,0.1\n"),
        ("index.csv", ",w\n1,0.9\n0,0.1\n"),
    ]);
    for points in ["a.csv", "bare.csv"] {
        for weights in ["w.csv", "w2.csv"] {
            let args = format!("emd {points} b.csv --source-weights {weights}");
            assert!(is_just_above(cost(&folder, &args), 9.0), "{args}");
        }
    }
    assert!(is_just_above(cost(&folder, "emd a.csv b.csv --source-weights index.csv"), 9.0));
}

#[test]
fn names_that_repeat_on_both_sides_are_an_error() {
    let folder = Folder::with(&[
        ("a.csv", "id,x\na,0\na,1\nb,9\n"),
        ("b.csv", "0\n"),
        ("w.csv", "id,w\nb,0.8\na,0.1\na,0.1\n"),
        ("same.csv", "id,w\na,0.1\na,0.1\nb,0.8\n"),
    ]);
    let output = folder.run("emd a.csv b.csv --source-weights w.csv");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("the row name \"a\" comes twice"), "{}", stderr(&output));
    let args = "emd a.csv b.csv --source-weights same.csv";
    assert!((cost(&folder, args) - 7.3).abs() < 1e-12);
}

#[test]
fn a_cost_matrix_of_pandas_has_names_and_not_another_column() {
    let folder = Folder::with(&[
        ("index.csv", ",a,b\na,0,1\nb,1,0\n"),
        ("id.csv", "id,a,b\n7,0,1\n9,1,0\n"),
        ("unnamed.csv", "Unnamed: 0,a,b\n0,0,1\n1,1,0\n"),
        ("city.csv", "city,a,b\nBonn,0,1\nKiel,1,0\n"),
        ("bare.csv", "Bonn,0,1\nKiel,1,0\n"),
    ]);
    for (file, column) in [
        ("index.csv", "column 0 (no name)"),
        ("id.csv", "\"id\""),
        ("unnamed.csv", "\"Unnamed: 0\""),
        ("city.csv", "\"city\""),
        ("bare.csv", "column 0 (no name)"),
    ] {
        let json = folder.json(&format!("emd --cost-matrix {file} --json"));
        assert_eq!((json["n"].as_u64(), json["m"].as_u64()), (Some(2), Some(2)), "{file}");
        assert_eq!(number(&json, "/transport_cost"), 0.0, "{file}");
        let (_, notes) = said(&folder, &format!("emd --cost-matrix {file}"));
        let note = format!("{file}: taken for names of the rows, not for costs: {column}");
        assert!(notes.contains(&note), "{note}: {notes}");
    }
}

#[test]
fn masses_are_matched_with_the_rows_and_the_columns_of_a_matrix() {
    let folder = Folder::with(&[
        ("c.csv", ",x,y\nu,0,7\nv,5,9\n"),
        ("mu.csv", ",w\nv,0\nu,1\n"),
        ("nu.csv", ",w\ny,1\nx,0\n"),
    ]);
    let args = "emd --cost-matrix c.csv --source-weights mu.csv --target-weights nu.csv";
    assert_eq!(cost(&folder, args), 7.0);
    let (_, notes) = said(&folder, args);
    assert!(notes.contains("nu.csv: the rows y, x are taken in the order of c.csv: x, y"));
}
