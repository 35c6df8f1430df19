//! Tables that could be read as another problem than was meant: a first column that names the rows,
//! counts, decimal commas, arcs. A row a case: what is said, and what its remedy reads.

use super::folder::{Folder, stderr};

/// A warning and what settles it.
struct Case {
    files: &'static [(&'static str, &'static str)],
    args: &'static str,
    /// The warning, whole.
    says: &'static str,
    /// The command with the remedy, or the file with it.
    remedy: Remedy,
    /// A field of the report then.
    reads: (&'static str, u64),
}

enum Remedy {
    Args(&'static str),
    File(&'static str, &'static str),
}

use Remedy::{Args, File};

const POINTS: &[(&str, &str)] = &[
    ("a.csv", "patient,u,v\n3,0.5,1.5\n7,1.5,2.5\n8,2.5,0.5\n"),
    ("b.csv", "patient,u,v\n12,0.25,1.5\n4,1.5,3.5\n9,2.5,0.5\n"),
];

const BARE: &[(&str, &str)] =
    &[("a.csv", "3,0.5,1.5\n7,1.5,2.5\n8,2.5,0.5\n"), ("b.csv", "0.5,0.25,1.5\n")];

const STORES: &str = "store,w0,w1,w2\n101,5.5,3,9\n102,2,7,1.5\n103,4,4,4\n104,1,2,3\n";

const CASES: &[Case] = &[
    Case {
        files: POINTS,
        args: "emd a.csv b.csv",
        says: "a.csv: patient is taken for a coordinate, but could name the rows, with a \
               different whole number for each; if it does, --drop patient leaves it out; if not, \
               --columns patient,u,v says so",
        remedy: Args("emd a.csv b.csv --drop patient"),
        reads: ("/dim", 2),
    },
    Case {
        files: POINTS,
        args: "sinkhorn a.csv b.csv",
        says: "b.csv: patient is taken for a coordinate, but could name the rows, with a \
               different whole number for each; if it does, --drop patient leaves it out; if not, \
               --columns patient,u,v says so",
        remedy: Args("sinkhorn a.csv b.csv --columns patient,u,v"),
        reads: ("/dim", 3),
    },
    Case {
        files: POINTS,
        args: "pairwise a.csv b.csv",
        says: "a.csv: patient is taken for a coordinate, but could name the rows, with a \
               different whole number for each; if it does, --drop patient leaves it out; if not, \
               --columns patient,u,v says so",
        remedy: Args("pairwise a.csv b.csv --drop patient"),
        reads: ("/dim", 2),
    },
    Case {
        files: POINTS,
        args: "test a.csv b.csv --permutations 9",
        says: "a.csv: patient is taken for a coordinate, but could name the rows, with a \
               different whole number for each; if it does, --drop patient leaves it out; if not, \
               --columns patient,u,v says so",
        remedy: Args("test a.csv b.csv --permutations 9 --drop patient"),
        reads: ("/dim", 2),
    },
    Case {
        files: BARE,
        args: "emd a.csv b.csv",
        says: "a.csv: column 0 is taken for a coordinate, but could name the rows, with a \
               different whole number for each; if it does, --drop 0 leaves it out; if not, \
               --columns 0-2 says so",
        remedy: Args("emd a.csv b.csv --drop 0"),
        reads: ("/dim", 2),
    },
    Case {
        // A MultiIndex, of which a flag drops the first level.
        files: &[
            ("a.csv", "g,k,x\nu,0,0.5\nu,1,1.5\nv,0,2.5\nv,1,3.5\n"),
            ("b.csv", "g,k,x\nu,0,0.5\n"),
        ],
        args: "emd a.csv b.csv --drop g",
        says: "a.csv: k is taken for a coordinate, but could name the rows, with a different \
               whole number for each; if it does, --drop g,k leaves it out; if not, --columns k,x \
               says so",
        remedy: Args("emd a.csv b.csv --drop g,k"),
        reads: ("/dim", 1),
    },
    Case {
        // Means by two keys, as pandas writes them.
        files: &[
            ("a.csv", "g,h,u\n1,0,0.5\n1,1,1.5\n2,0,2.5\n2,1,3.5\n3,0,4.5\n"),
            ("b.csv", "g,h,u\n1,0,0.5\n1,0,1.5\n"),
        ],
        args: "emd a.csv b.csv",
        says: "a.csv: g, h are taken for coordinates, but could name the rows, with different \
               whole numbers for each; if they do, --drop g,h leaves them out; if not, --columns \
               g,h,u says so",
        remedy: Args("emd a.csv b.csv --drop g,h"),
        reads: ("/dim", 1),
    },
    Case {
        // Whole numbers alone, but in order.
        files: &[
            ("a.csv", "patient,age,bp\n3,40,120\n7,61,99\n8,35,140\n11,52,110\n20,47,131\n"),
            ("b.csv", "patient,age,bp\n30,41,121\n4,60,98\n"),
        ],
        args: "emd a.csv b.csv",
        says: "a.csv: patient is taken for a coordinate, but could name the rows, with a \
               different whole number for each; if it does, --drop patient leaves it out; if not, \
               --columns patient,age,bp says so",
        remedy: Args("emd a.csv b.csv --drop patient"),
        reads: ("/dim", 2),
    },
    Case {
        files: &[("c.csv", STORES)],
        args: "emd --cost-matrix c.csv",
        says: "c.csv: the first column, store, holds a different whole number in each row, but is \
               taken for costs; if it numbers or names the rows, call it id in the header",
        remedy: File("c.csv", "id,w0,w1,w2\n101,5.5,3,9\n102,2,7,1.5\n103,4,4,4\n104,1,2,3\n"),
        reads: ("/m", 3),
    },
    Case {
        // Whole numbers alone, but counted.
        files: &[("c.csv", "101,5,3\n102,2,7\n103,4,4\n104,9,1\n")],
        args: "emd --cost-matrix c.csv",
        says: "c.csv: the first column holds a different whole number in each row, but is taken \
               for costs; if it numbers or names the rows, call it id in a header above the rows \
               (id,c0,c1,…)",
        remedy: File("c.csv", "id,c0,c1\n101,5,3\n102,2,7\n103,4,4\n104,9,1\n"),
        reads: ("/m", 2),
    },
    Case {
        // Two rows of whole numbers: the other columns are numbered alike.
        files: &[("c.csv", "store,w0,w1\n101,5,3\n102,2,7\n")],
        args: "emd --cost-matrix c.csv",
        says: "c.csv: the first column, store, holds a different whole number in each row, but is \
               taken for costs, though the matrix is square without it; if it numbers or names \
               the rows, call it id in the header",
        remedy: File("c.csv", "id,w0,w1\n101,5,3\n102,2,7\n"),
        reads: ("/m", 2),
    },
    Case {
        files: &[("c.csv", "101,5,3,9\n104,2,7,1\n102,4,4,4\n")],
        args: "emd --cost-matrix c.csv",
        says: "c.csv: the first column holds a different whole number in each row, but is taken \
               for costs, though the matrix is square without it; if it numbers or names the \
               rows, call it id in a header above the rows (id,c0,c1,…)",
        remedy: File("c.csv", "id,c0,c1,c2\n101,5,3,9\n104,2,7,1\n102,4,4,4\n"),
        reads: ("/m", 3),
    },
    Case {
        files: &[("c.csv", "0,0,5\n0,1,3\n1,0,2\n1,1,4\n")],
        args: "emd --cost-matrix c.csv",
        says: "c.csv: the rows are taken for those of a matrix, but could be arcs i, j, cost; if \
               they are, give --cost-arcs c.csv",
        remedy: Args("emd --cost-arcs c.csv"),
        reads: ("/n", 2),
    },
    Case {
        files: &[
            ("p.csv", "3\n1\n2\n"),
            ("q.csv", "1\n4\n1\n"),
            ("grid.csv", "cell,x\n0,0.5\n1,1.5\n2,4.5\n"),
        ],
        args: "emd --hist p.csv q.csv --grid grid.csv",
        says: "grid.csv: the first column, cell, counts the rows, but is taken for a coordinate; \
               if it numbers or names the cells, call it id in the header",
        remedy: File("grid.csv", "id,x\n0,0.5\n1,1.5\n2,4.5\n"),
        reads: ("/dim", 1),
    },
    Case {
        files: &[("p.csv", "count\n5\n3\n4\n"), ("q.csv", "count\n9\n2\n3\n")],
        args: "emd p.csv q.csv",
        says: "p.csv and q.csv: the values of the only column, count, are read as samples on the \
               line; if they are the masses of cells, give --hist --normalize, as the totals \
               differ; if not, --columns count says so",
        remedy: Args("emd p.csv q.csv --hist --normalize"),
        reads: ("/n", 3),
    },
    Case {
        files: &[("p.csv", ",count\nb,5\na,3\nc,2\n"), ("q.csv", ",count\na,4\nb,4\nc,2\n")],
        args: "emd p.csv q.csv",
        says: "p.csv and q.csv could be counts (3 whole numbers each), but are read as samples on \
               the line; for histograms on the cells 0, 1, 2, …, give --hist",
        remedy: Args("emd p.csv q.csv --hist"),
        reads: ("/dim", 1),
    },
    Case {
        files: &[("p.csv", "n\n5\n3\n4\n"), ("q.csv", "n\n9\n2\n")],
        args: "pairwise p.csv q.csv",
        says: "p.csv and q.csv: the values of the only column, n, are read as samples on the \
               line; if they are the masses of cells, write the same cells into both, with their \
               names and with 0 where there is nothing (pandas: counts.reindex(names, \
               fill_value=0).to_csv), and give emd --hist --normalize, as the totals differ; if \
               not, --columns n says so",
        remedy: Args("pairwise p.csv q.csv --columns n"),
        reads: ("/dim", 1),
    },
    Case {
        files: &[("a.csv", "0,5\n1,25\n2,125\n"), ("b.csv", "1.5\n2.5\n")],
        args: "emd a.csv a.csv",
        says: "a.csv: the rows are taken for points of two coordinates, but could be numbers with \
               decimal commas; if they are, write decimal points (pandas: to_csv without \
               decimal=',')",
        remedy: File("a.csv", "0.5\n1.25\n2.125\n"),
        reads: ("/dim", 1),
    },
];

#[test]
fn a_doubtful_table_gets_a_warning_whose_remedy_works() {
    for Case { files, args, says, remedy, reads: (field, value) } in CASES {
        let folder = Folder::with(files);
        let json = folder.json(&format!("{args} --json"));
        let warnings = json["warnings"].as_array().unwrap();
        assert!(warnings.iter().any(|text| text == says), "{args}: {says}\n{warnings:#?}");
        let args = match remedy {
            Args(args) => args,
            File(name, text) => {
                folder.put(name, text.as_bytes());
                args
            }
        };
        let json = folder.json(&format!("{args} --json"));
        assert_eq!(json[&field[1..]], *value, "{args}: {json}");
        let left = json["warnings"].as_array().unwrap();
        assert!(!left.iter().any(|text| text.as_str().unwrap().contains("taken for")), "{left:#?}");
        assert!(!left.iter().any(|text| text.as_str().unwrap().contains("read as")), "{left:#?}");
    }
}

#[test]
fn a_name_that_says_so_makes_a_column_a_label() {
    for name in ["patient_id", "PatientID", "PassengerId", "id_patient", "store.id", "key", "No."] {
        let text = format!("{name},u,v\n3,0.5,1.5\n8,2.5,0.5\n");
        let folder = Folder::with(&[("a.csv", &text), ("m.csv", &text)]);
        assert_eq!(folder.json("emd a.csv a.csv --json")["dim"], 2, "{name}");
        assert_eq!(folder.json("emd --cost-matrix m.csv --json")["m"], 2, "{name}");
        let note = format!(
            "note: a.csv: left out of the coordinates, as row numbers or labels by name: \
             \"{name}\"; --columns takes them all the same (by number: 0)"
        );
        assert!(stderr(&folder.run("emd a.csv a.csv")).contains(&note), "{name}");
        let all = folder.json("emd a.csv a.csv --columns 0,1,2 --json");
        assert_eq!(all["dim"], 3, "{name}");
    }
    // Nitric oxide, the key of a song, names that only look like an id.
    for text in ["NO,O3\n3.5,1\n2,7\n", "key,tempo\n5,90\n5,120\n", "humid,x\n1,2.5\n2,0.5\n"] {
        let folder = Folder::with(&[("a.csv", text)]);
        assert_eq!(folder.json("emd a.csv a.csv --json")["dim"], 2, "{text}");
    }
}

#[test]
fn a_list_of_arcs_is_no_matrix() {
    let folder = Folder::with(&[("c.csv", "i,j,cost\n0,0,3\n0,1,5\n1,1,2\n")]);
    let output = folder.run("emd --cost-matrix c.csv");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        stderr(&output),
        "error: c.csv: the columns are called i, j, cost: a list of arcs, not a matrix\n\
         hint: give it as --cost-arcs c.csv\n"
    );
    assert_eq!(folder.json("emd --cost-arcs c.csv --json")["n"], 2);
}

#[test]
fn a_generator_is_warned_of_its_data_too() {
    let folder = Folder::with(POINTS);
    let args = "gan train --recipe gan --data a.csv --steps 1 --out";
    let words = stderr(&folder.run(&format!("{args} run")));
    assert!(words.contains("--columns u,v leaves it out"), "{words}");
    let words = stderr(&folder.run(&format!("{args} other --columns u,v")));
    assert!(!words.contains("leaves it out"), "{words}");
}

#[test]
fn ordinary_tables_get_no_warning() {
    for text in [
        // Measured weights, coordinates by name, integer lattices, repeated whole numbers, one family of names.
        "weight\n4.17\n5.5\n2.5\n",
        "x,y\n3,0.5\n7,1.5\n8,2.5\n",
        "row,col\n0,1\n3,2\n1,2\n2,0\n0,3\n",
        "0,0\n0,1\n1,0\n1,1\n2,0\n2,1\n",
        "visits,spend\n3,0.5\n1,1.5\n3,2.5\n2,0.25\n",
        "e0,e1,e2\n3,0.5,1.5\n7,1.5,0.5\n8,2.5,0.5\n",
        "4,2\n7,3\n1,4\n5,2\n6,6\n2,5\n",
        "-3,0.5\n7,1.5\n8,2.5\n",
    ] {
        let other = text.replace("2.5", "2.25").replace("1,1\n", "1,2\n");
        let folder = Folder::with(&[("a.csv", text), ("b.csv", &other)]);
        let words = stderr(&folder.run("emd a.csv b.csv"));
        let doubts = ["name the rows", "counts", "read as samples"];
        assert!(!doubts.iter().any(|doubt| words.contains(doubt)), "{text}: {words}");
    }
    for (text, masses) in [
        // Masses settle the number of columns; zeros on the diagonal are distances.
        ("7,2,9,4\n3,8,1,5\n6,6,2,7\n", Some("1\n1\n1\n1\n")),
        ("0,1.5,2\n1,0,1\n2,1,0\n", None),
        ("w0,w1\n3,0.5\n7,1.5\n8,2.5\n", None),
        ("3,1\n3,7\n6,5\n8,7\n", None),
        ("0,4\n1,3\n2,2\n3,1\n4,0\n5,1\n", None),
    ] {
        let folder = Folder::with(&[("c.csv", text), ("w.csv", masses.unwrap_or_default())]);
        let weights = masses.map_or("", |_| " --target-weights w.csv --normalize");
        let words = stderr(&folder.run(&format!("emd --cost-matrix c.csv{weights}")));
        assert_eq!(words, "", "{text}");
    }
}
