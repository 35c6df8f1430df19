//! The command as a user meets it: through the binary.

mod barycenter;
mod bottleneck;
mod certify;
mod columns;
mod critic;
mod crosscheck;
mod diagrams;
mod discriminator;
mod divergence;
mod duality;
mod explore_plans;
mod explore_samples;
mod explore_shift;
mod first_row;
mod folder;
mod funnels;
mod gan;
mod gan_resume;
mod gradient;
mod histograms;
mod index_columns;
mod memory;
mod pairwise;
mod partial;
mod pictures;
mod remedies;
mod row_names;
mod sinkhorn;
mod start;
mod stopping;
mod two_sample;

use std::fs;

use serde_json::Value;

use folder::{Folder, number, piles, stderr, stdout, translation};

#[test]
fn the_main_job_prints_the_number_with_its_bracket() {
    let output = translation().run("emd a.csv b.csv");
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    for words in
        ["earth mover's distance  5\n", "lower bound", "upper bound", "gap", "3 × 3 points"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert_eq!(stderr(&output), "", "nothing to say on stderr");
}

#[test]
fn json_has_every_documented_field() {
    let json = translation().json("emd a.csv b.csv --json");
    assert_eq!(json["schema"], "deblais.emd/2");
    assert_eq!(
        (json["n"].as_u64(), json["m"].as_u64(), json["dim"].as_u64()),
        (Some(3), Some(3), Some(2))
    );
    assert_eq!(json["cost"], "euclidean");
    assert_eq!(json["termination"], "optimal");
    assert_eq!(json["rescaled"], false);
    assert_eq!(number(&json, "/transport_cost"), number(&json, "/certificate/upper"));
    assert_eq!(number(&json, "/distance"), number(&json, "/transport_cost"));
    assert!((number(&json, "/distance") - 5.0).abs() < 1e-14);
    for field in [
        "lower",
        "upper",
        "gap",
        "relative_gap",
        "source_residual",
        "target_residual",
        "dual_violation",
    ] {
        number(&json, &format!("/certificate/{field}"));
    }
    for side in ["source", "target"] {
        let input = &json["inputs"][side];
        assert_eq!(input["rows"], 3);
        assert_eq!(input["sha256"].as_str().map(str::len), Some(64));
        assert!(input["bytes"].as_u64().unwrap() > 0);
    }
    for stage in ["read", "solve", "certify"] {
        number(&json, &format!("/timings/{stage}"));
    }
    assert!(json.get("plan").is_none());
    assert!(!json.to_string().contains("null"));
}

#[test]
fn the_documentation_names_every_field() {
    let docs = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/json.md")).unwrap();
    let json = piles()
        .json("emd a.csv b.csv --weights w --json --json-plan --cost minkowski --exponent 3");
    for (name, value) in json.as_object().unwrap() {
        assert!(docs.contains(&format!("`{name}`")), "docs/json.md is silent on {name}");
        if ["certificate", "plan"].contains(&name.as_str()) {
            for inner in value.as_object().unwrap().keys() {
                assert!(docs.contains(&format!("`{inner}`")), "docs/json.md is silent on {inner}");
            }
        }
    }
}

#[test]
fn everything_but_the_timings_is_reproducible() {
    let folder = piles();
    let run = |threads: u32| {
        let args = format!("emd a.csv b.csv --weights w --json --json-plan --threads {threads}");
        let mut json = folder.json(&args);
        json.as_object_mut().unwrap().remove("timings");
        json
    };
    assert_eq!(run(1), run(2));
}

#[test]
fn weights_come_from_a_column_or_a_file() {
    // Two units stay at 2, one goes from 0 to 1, one from 2 to 1: cost 2.
    let folder = piles();
    fs::write(folder.path("wa.csv"), "1\n3\n").unwrap();
    fs::write(folder.path("wb.csv"), "mass\n2\n2\n").unwrap();
    for args in [
        "emd a.csv b.csv --weights w --json",
        "emd a.csv b.csv --weights 1 --json",
        "emd a.csv b.csv --source-weights w --target-weights 1 --json",
        "emd a.csv b.csv --columns x --source-weights wa.csv --target-weights wb.csv --json",
    ] {
        let json = folder.json(args);
        assert!((number(&json, "/transport_cost") - 2.0).abs() < 1e-14, "{args}");
    }
    let normalized = folder.json("emd a.csv b.csv --weights w --normalize --json");
    assert!((number(&normalized, "/transport_cost") - 0.5).abs() < 1e-15);
    assert_eq!(normalized["inputs"]["source"]["normalized"], true);
}

#[test]
fn two_classes_of_one_table_need_no_preparation() {
    let table = "label,x,y\na,0,0\nb,3,4\na,1,0\nb,4,4\nc,100,100\n";
    let folder = Folder::with(&[("t.csv", table)]);
    let json = folder.json("emd t.csv t.csv --source-where label=a --target-where label=b --json");
    assert!((number(&json, "/distance") - 5.0).abs() < 1e-14);
    assert_eq!(json["inputs"]["source"]["rows"], 2);
}

#[test]
fn ground_costs_and_powers() {
    let folder = Folder::with(&[("a.csv", "0,0\n"), ("b.csv", "3,4\n")]);
    for (flags, cost, distance) in [
        ("", 5.0, 5.0),
        ("--cost sqeuclidean", 25.0, 5.0),
        ("--p 2", 25.0, 5.0),
        ("--p 3", 125.0, 5.0),
        ("--cost cityblock", 7.0, 7.0),
        ("--cost cityblock --p 2", 49.0, 7.0),
        ("--cost chebyshev", 4.0, 4.0),
        ("--cost minkowski --exponent 1", 7.0, 7.0),
        ("--cost l2", 5.0, 5.0),
        ("--cost squared-euclidean", 25.0, 5.0),
        ("--cost manhattan", 7.0, 7.0),
        ("--cost l1", 7.0, 7.0),
        ("--cost linf", 4.0, 4.0),
    ] {
        let json = folder.json(&format!("emd a.csv b.csv --json {flags}"));
        assert!((number(&json, "/transport_cost") - cost).abs() < 1e-12, "{flags}: {json}");
        assert!((number(&json, "/distance") - distance).abs() < 1e-13, "{flags}: {json}");
    }
    let apart = Folder::with(&[("a.csv", "1,0\n"), ("b.csv", "0,2\n")]);
    let cosine = apart.json("emd a.csv b.csv --json --cost cosine");
    assert!((number(&cosine, "/transport_cost") - 1.0).abs() < 1e-13);
    assert!(cosine.get("distance").is_none());
}

#[test]
fn a_cost_matrix_takes_the_place_of_points() {
    let folder = Folder::with(&[
        ("c.csv", "1,4\n3,2\n"),
        ("mu.csv", "0.25\n0.75\n"),
        ("nu.csv", "0.5\n0.5\n"),
    ]);
    let uniform = folder.json("emd --cost-matrix c.csv --json");
    assert!((number(&uniform, "/transport_cost") - 1.5).abs() < 1e-15);
    assert_eq!(uniform["cost"], "matrix");
    assert!(uniform.get("dim").is_none() && uniform.get("distance").is_none());
    let args = "emd --cost-matrix c.csv --source-weights mu.csv --target-weights nu.csv --json";
    assert!((number(&folder.json(args), "/transport_cost") - 2.0).abs() < 1e-15);
}

#[test]
fn stdin_is_an_input_like_any_other() {
    let folder = translation();
    let output = folder.run_with_stdin("emd - b.csv --json", "0,0\n1,0\n0,1\n");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["inputs"]["source"]["name"], "-");
}

#[test]
fn identical_clouds_are_exactly_0_apart() {
    let folder = Folder::with(&[("a.csv", "0.1,0.2\n0.7,0.3\n1e8,3\n")]);
    let json = folder.json("emd a.csv a.csv --json");
    assert_eq!(number(&json, "/transport_cost"), 0.0);
    assert_eq!(number(&json, "/certificate/gap"), 0.0);
}

#[test]
fn plans_and_potentials_survive_a_round_trip() {
    let folder = piles();
    for format in ["csv", "npy"] {
        let emd = folder.json(&format!(
            "emd a.csv b.csv --weights w --json --plan p.{format} --potentials f.{format}"
        ));
        let judged = folder.json(&format!(
            "certify a.csv b.csv --weights w --json --plan p.{format} --potentials f.{format} \
             --gap-tolerance 1e-12"
        ));
        assert_eq!(judged["schema"], "deblais.certify/2");
        // Cells and potentials in files are rounded: the flow on the cells is not, and the potentials lose
        // an ulp.
        let [lower, upper] = ["/certificate/lower", "/certificate/upper"]
            .map(|bound| (number(&judged, bound), number(&emd, bound)));
        assert_eq!(upper.0, upper.1, "{format}");
        assert!((lower.0 - lower.1).abs() <= 1e-14 * lower.1, "{format}");
        assert_eq!(number(&judged, "/transport_cost"), number(&emd, "/transport_cost"));
        assert!(judged["inputs"]["plan"]["bytes"].as_u64().unwrap() > 0);
    }
}

#[test]
fn certify_judges_bad_answers_without_believing_them() {
    let folder = translation();
    // Everything crosses over, and the marginals of the last row are off.
    fs::write(folder.path("bad.csv"), "i,j,mass\n0,1,0.4\n1,0,0.3\n2,2,0.1\n").unwrap();
    let args = "certify a.csv b.csv --plan bad.csv";
    let json = folder.json(&format!("{args} --json"));
    assert!(number(&json, "/certificate/upper") >= 5.0);
    assert!(number(&json, "/certificate/source_residual") > 0.2);
    let broken = folder.run(&format!("{args} --gap-tolerance 1e-9"));
    assert_eq!(broken.status.code(), Some(3));
    assert!(stdout(&broken).contains("upper bound") && stdout(&broken).contains(": not proved"));
    assert!(!stdout(&broken).contains("residuals"));
    let verbose = stdout(&folder.run(&format!("{args} --verbose")));
    assert!(verbose.lines().any(|line| line.starts_with("  residuals  ")), "{verbose}");
    // Potentials alone prove no upper bound.
    folder.run("emd a.csv b.csv --potentials f.csv");
    let lower = folder.json("certify a.csv b.csv --potentials f.csv --json");
    assert_eq!(lower["certificate"]["upper"], "inf");
    assert_eq!(lower["certificate"]["relative_gap"], "inf");
    assert!((number(&lower, "/certificate/lower") - 5.0).abs() < 1e-12);
    assert!(lower.get("transport_cost").is_none());
}

#[test]
fn totals_that_differ_by_rounding_are_rescaled_and_said_so() {
    let folder = Folder::with(&[("a.csv", "x,w\n0,1\n"), ("b.csv", "x,w\n1,1.0000000001\n")]);
    let json = folder.json("emd a.csv b.csv --weights w --json");
    assert_eq!(json["rescaled"], true);
    assert!(number(&json, "/rescale_factor") < 1.0);
}

#[test]
fn samples_that_look_like_a_probability_vector_get_a_warning() {
    let folder = Folder::with(&[("a.csv", "0.2\n0.3\n0.5\n"), ("b.csv", "1\n2\n3\n")]);
    let output = folder.run("emd a.csv b.csv");
    assert_eq!(output.status.code(), Some(0));
    assert!(stderr(&output).contains("warning: a.csv"), "{}", stderr(&output));
    assert!(stderr(&folder.run("emd a.csv b.csv --quiet")).is_empty());
    let json = folder.json("emd a.csv b.csv --json");
    assert_eq!(json["warnings"].as_array().map(Vec::len), Some(1));
}

#[test]
fn completions_and_manual_pages_are_printed() {
    let folder = Folder::with(&[]);
    for shell in ["bash", "zsh", "fish"] {
        assert!(stdout(&folder.run(&format!("completions {shell}"))).contains("cost-matrix"));
    }
    assert!(stdout(&folder.run("man")).contains(".TH"));
    assert!(stdout(&folder.run("man emd")).contains("cost"));
    assert_eq!(folder.run("man nothing").status.code(), Some(2));
}

#[test]
fn help_names_the_exit_codes() {
    let output = Folder::with(&[]).run("--help");
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).contains("Exit codes"));
}

#[test]
fn every_method_finds_the_same_distance() {
    let plane = translation();
    let line = Folder::with(&[("a.csv", "0\n1\n5\n"), ("b.csv", "2\n3\n4\n")]);
    for (folder, expected, methods) in [
        (&plane, 5.0, &["auto", "simplex", "assignment", "lp"][..]),
        (&line, 5.0 / 3.0, &["auto", "simplex", "assignment", "lp", "line"]),
    ] {
        for method in methods {
            let json = folder.json(&format!("emd a.csv b.csv --json --method {method}"));
            let found = number(&json, "/distance");
            assert!((found - expected).abs() < 1e-7, "{method}: {found}");
            assert_eq!(json["settings"]["method"], *method);
            assert!(*method == "auto" || json["method"] == *method);
        }
    }
}
