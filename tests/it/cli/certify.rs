//! What `certify` says of answers that are not what they seem.

use super::folder::{Folder, is_just_above, number, stderr, stdout};

/// The identity is optimal at no cost.
fn folder() -> Folder {
    Folder::with(&[
        ("c.csv", "0,1\n1,0\n"),
        ("plan.csv", "0,0,0.5\n1,1,0.5\n"),
        ("short.csv", "0,0,0.5\n1,1,0.4\n"),
        ("swap.csv", "0,1,0.5\n1,0,0.5\n"),
        ("f.csv", "0\n0\n0\n0\n"),
    ])
}

#[test]
fn a_plan_that_was_repaired_gets_a_warning() {
    let folder = folder();
    let output = folder.run("certify --cost-matrix c.csv --plan short.csv");
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    for side in ["source", "target"] {
        let words = format!(
            "warning: the {side} marginal of the plan differs from the {side} masses by 1.0e-1"
        );
        assert!(text.contains(&words), "{text}");
    }
    assert!(text.contains("the bounds are those of the repaired plan"), "{text}");
    let json = folder.json("certify --cost-matrix c.csv --plan short.csv --json");
    assert!(json["warnings"][1].as_str().unwrap().contains("the plan was repaired"), "{json}");
    assert!((number(&json, "/certificate/source_residual") - 0.1).abs() < 1e-15);
    let exact = folder.run("certify --cost-matrix c.csv --plan plan.csv --potentials f.csv");
    assert_eq!(stderr(&exact), "");
}

#[test]
fn a_plan_without_potentials_gets_a_note_on_its_lower_bound() {
    let text = stderr(&folder().run("certify --cost-matrix c.csv --plan plan.csv"));
    assert!(text.starts_with("note: no --potentials: the lower bound comes from"), "{text}");
    assert!(text.contains("np.r_[log[\"u\"], log[\"v\"]]"), "{text}");
}

#[test]
fn what_is_not_proved_breaks_no_claim_unless_a_gap_is_claimed() {
    let folder = folder();
    let args = "certify --cost-matrix c.csv --plan swap.csv";
    let output = folder.run(args);
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).contains(": not proved"), "{}", stdout(&output));
    let claimed = folder.run(&format!("{args} --gap-tolerance 1e-9"));
    assert_eq!(claimed.status.code(), Some(3));
    let help = stdout(&folder.run("certify --help"));
    for words in [
        "deblais certify [OPTIONS] --cost-matrix <FILE> <ANSWER>",
        "<ANSWER> is --plan <FILE>, --potentials <FILE>, or both",
        "without it, the exit code is 0",
    ] {
        assert!(help.contains(words), "{words}: {help}");
    }
}

#[test]
fn the_header_of_a_plan_says_which_column_is_the_source() {
    let folder = Folder::with(&[
        ("a.csv", "x,y\n0,0\n1,0\n5,0\n"),
        ("b.csv", "x,y\n5,1\n0,1\n1,1\n"),
        ("ji.csv", "j,i,mass\n1,0,1\n2,1,1\n0,2,1\n"),
        ("ts.csv", "target,source,flow\n1,0,1\n2,1,1\n0,2,1\n"),
        ("odd.csv", "v,u,mass\n1,0,1\n2,1,1\n0,2,1\n"),
    ]);
    for plan in ["ji.csv", "ts.csv"] {
        let json = folder.json(&format!("certify a.csv b.csv --plan {plan} --json"));
        assert!(is_just_above(number(&json, "/certificate/upper"), 1.0), "{plan}");
    }
    let output = folder.run("certify a.csv b.csv --plan odd.csv");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("call the columns i (the source row), j"));
}
