//! `deblais sinkhorn` through the binary.

use std::fs;

use serde_json::Value;

use super::folder::{Folder, number, piles, stderr, stdout, translation};
use super::stopping::crowd;

/// Two crowds of 60 and 50 points.
fn crowds() -> Folder {
    Folder::with(&[("a.csv", &crowd(60, 1)), ("b.csv", &crowd(50, 1 << 30))])
}

/// The row sums and column sums of a plan file, which has n rows and m columns.
fn marginals(folder: &Folder, name: &str, n: usize, m: usize) -> (Vec<f64>, Vec<f64>) {
    let (mut rows, mut columns) = (vec![0.0; n], vec![0.0; m]);
    let text = fs::read_to_string(folder.path(name)).unwrap();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let (i, j): (usize, usize) = (cells[0].parse().unwrap(), cells[1].parse().unwrap());
        let mass: f64 = cells[2].parse().unwrap();
        rows[i] += mass;
        columns[j] += mass;
    }
    (rows, columns)
}

fn off(found: &[f64], wanted: f64) -> f64 {
    found.iter().map(|mass| (mass - wanted).abs()).sum()
}

#[test]
fn the_text_has_every_figure_under_its_own_name() {
    let output = translation().run("sinkhorn a.csv b.csv --epsilon 0.1rel");
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(text.starts_with("earth mover's distance  "), "{text}");
    for label in [
        "entropic cost",
        "transport cost",
        "lower bound",
        "upper bound",
        "gap",
        "iterations",
        "marginal error",
        "problem",
        "cost",
        "mass",
        "time",
    ] {
        assert!(text.lines().any(|line| line.starts_with(&format!("  {label} "))), "{label}");
    }
    assert!(text.lines().any(|line| line.ends_with(", an estimate")), "{text}");
    assert!(!text.contains("residuals"), "{text}");
    let verbose = stdout(&translation().run("sinkhorn a.csv b.csv --epsilon 0.1rel --verbose"));
    assert!(verbose.lines().any(|line| line.starts_with("  residuals ")), "{verbose}");
    // The median of the nine distances is 5.
    assert!(text.contains("0.5, 0.1 × the median cost 5\n"), "{text}");
    assert!(text.contains(", tolerance reached\n"), "{text}");
    assert_eq!(stderr(&output), "", "nothing to say on stderr");
}

#[test]
fn json_has_every_field_and_the_documentation_names_it() {
    let docs = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/json.md")).unwrap();
    let folder = crowds();
    let json = folder.json("sinkhorn a.csv b.csv --json --json-plan --epsilon 0.05rel");
    assert_eq!(json["schema"], "deblais.sinkhorn/2");
    assert_eq!(json["termination"], "tolerance_reached");
    for (name, _) in json.as_object().unwrap() {
        assert!(docs.contains(&format!("`{name}`")), "docs/json.md is silent on {name}");
    }
    assert_eq!(number(&json, "/epsilon_relative"), 0.05);
    assert_eq!(number(&json, "/epsilon"), 0.05 * number(&json, "/typical_cost"));
    assert_eq!(json["settings"]["epsilon"], "0.05rel");
    assert_eq!(number(&json, "/transport_cost"), number(&json, "/certificate/upper"));
    assert!(number(&json, "/marginal_error") <= 1e-6);
    assert_eq!(number(&json, "/plan_dropped_mass"), 0.0);
    assert_eq!(json["plan"]["mass"].as_array().map(Vec::len), Some(3000));
    // The entropy term is at least 0, and the dual value is the least of both together.
    assert!(number(&json, "/entropic_cost") > number(&json, "/certificate/lower"));
    let exact = number(&folder.json("emd a.csv b.csv --json"), "/transport_cost");
    let (lower, upper) = (number(&json, "/certificate/lower"), number(&json, "/certificate/upper"));
    assert!(lower < exact && exact < upper, "{lower} < {exact} < {upper}");
}

#[test]
fn an_absolute_epsilon_is_the_relative_one_in_other_units() {
    let folder = translation();
    let run =
        |epsilon: &str| folder.json(&format!("sinkhorn a.csv b.csv --json --epsilon {epsilon}"));
    let (absolute, relative) = (run("0.5"), run("0.1rel"));
    assert_eq!(absolute["settings"]["epsilon"], 0.5);
    for field in ["/epsilon", "/epsilon_relative", "/entropic_cost", "/transport_cost"] {
        assert_eq!(number(&absolute, field), number(&relative, field), "{field}");
    }
}

#[test]
fn everything_but_the_timings_is_reproducible_with_any_number_of_threads() {
    let folder = crowds();
    let run = |threads: u32| {
        let args = format!("sinkhorn a.csv b.csv --json --json-plan --threads {threads}");
        let mut json = folder.json(&args);
        json.as_object_mut().unwrap().remove("timings");
        json
    };
    assert_eq!(run(1), run(2));
}

#[test]
fn the_bracket_narrows_with_epsilon_and_holds_the_exact_cost() {
    let folder = crowds();
    let exact = number(&folder.json("emd a.csv b.csv --json --p 2"), "/transport_cost");
    let mut before = f64::INFINITY;
    for epsilon in ["1rel", "0.1rel", "0.01rel", "0.001rel"] {
        let args = format!("sinkhorn a.csv b.csv --json --p 2 --epsilon {epsilon}");
        let json = folder.json(&args);
        let (lower, upper) =
            (number(&json, "/certificate/lower"), number(&json, "/certificate/upper"));
        assert!(lower <= exact && exact <= upper, "{epsilon}: {lower} <= {exact} <= {upper}");
        assert!(upper - lower < before, "{epsilon}");
        before = upper - lower;
    }
}

#[test]
fn a_plan_in_a_file_has_the_marginals_and_its_potentials_the_entropic_cost() {
    let folder = crowds();
    let args = "sinkhorn a.csv b.csv --json --tolerance 1e-10 --plan p.csv --potentials f.npy";
    let json = folder.json(args);
    let (rows, columns) = marginals(&folder, "p.csv", 60, 50);
    assert!(off(&rows, 1.0 / 60.0) < 1e-13, "rows are right by construction");
    assert!(off(&columns, 1.0 / 50.0) < 1.1e-10);
    // The file holds the f and g of the formula: their dual value is the entropic cost.
    folder.run("sinkhorn a.csv b.csv --tolerance 1e-10 --potentials f.csv");
    let text = fs::read_to_string(folder.path("f.csv")).unwrap();
    let dual: f64 = text
        .lines()
        .skip(1)
        .map(|line| {
            let potential: f64 = line.rsplit(',').next().unwrap().parse().unwrap();
            potential / if line.starts_with("source") { 60.0 } else { 50.0 }
        })
        .sum();
    let entropic = number(&json, "/entropic_cost");
    assert!((dual / entropic - 1.0).abs() < 1e-9, "{dual} {entropic}");
    // Anyone can judge them: repaired, they are worth about what they were from within.
    let judged = folder.json("certify a.csv b.csv --json --potentials f.npy");
    let (lower, upper) = (number(&json, "/certificate/lower"), number(&json, "/certificate/upper"));
    let outside = number(&judged, "/certificate/lower");
    assert!((lower - outside).abs() < upper - lower, "{outside} {lower} {upper}");
}

#[test]
fn a_threshold_leaves_cells_out_and_says_what_they_weighed() {
    let folder = crowds();
    let args = "sinkhorn a.csv b.csv --plan p.csv --plan-threshold 1e-3";
    let json = folder.json(&format!("{args} --json"));
    let (rows, _) = marginals(&folder, "p.csv", 60, 50);
    let dropped = number(&json, "/plan_dropped_mass");
    assert!(dropped > 0.0);
    assert!((rows.iter().sum::<f64>() + dropped - 1.0).abs() < 1e-12);
    assert!(fs::read_to_string(folder.path("p.csv")).unwrap().lines().count() <= 1001);
    let text = stdout(&folder.run(args));
    assert!(text.contains("a share of"), "{text}");
}

#[test]
fn a_large_plan_is_refused_before_it_is_solved_unless_there_is_a_threshold() {
    // 2001 × 2001 cells are just above four million; a solve would be told by the time.
    let line = |shift: f64| {
        let points: Vec<_> = (0..2001).map(|k| (f64::from(k) + shift).to_string()).collect();
        points.join("\n")
    };
    let (a, b) = (line(0.0), line(0.5));
    let folder = Folder::with(&[("a.csv", &a), ("b.csv", &b)]);
    for flag in ["--plan p.csv", "--heatmap h.png", "--json --json-plan"] {
        let refused = folder.run(&format!("sinkhorn a.csv b.csv --epsilon 1e-6rel {flag}"));
        assert_eq!(refused.status.code(), Some(1), "{flag}");
        let message = stderr(&refused);
        for words in ["4004001", "4000000", "--plan-threshold", "hint:"] {
            assert!(message.contains(words), "{flag}: {words}: {message}");
        }
        assert_eq!(stdout(&refused), "", "{flag}");
    }
    assert!(!folder.path("p.csv").exists());
    let args = "sinkhorn a.csv b.csv --epsilon 0.1rel --tolerance 1e-2";
    assert_eq!(folder.run(args).status.code(), Some(0), "without cells there is nothing to form");
    let json = folder.json(&format!("{args} --plan p.csv --plan-threshold 1e-6 --json"));
    assert!(number(&json, "/plan_dropped_mass") > 0.0);
}

#[test]
fn limits_end_with_exit_code_4_and_a_true_bracket() {
    let folder = crowds();
    let exact = number(&folder.json("emd a.csv b.csv --json"), "/transport_cost");
    for (limit, termination) in
        [("--time-limit 0", "time_limit"), ("--max-iterations 1", "iteration_limit")]
    {
        let output = folder.run(&format!("sinkhorn a.csv b.csv --json --epsilon 1e-3rel {limit}"));
        assert_eq!(output.status.code(), Some(4), "{limit}: {}", stderr(&output));
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(json["termination"], termination);
        let (lower, upper) =
            (number(&json, "/certificate/lower"), number(&json, "/certificate/upper"));
        assert!(lower <= exact && exact <= upper, "{limit}: {lower} <= {exact} <= {upper}");
        assert!(stderr(&output).contains("stopped at a limit"), "{limit}");
    }
}

#[test]
fn masses_of_zero_and_single_points_are_no_special_cases() {
    let folder = piles();
    fs::write(folder.path("zero.csv"), "x,w\n0,1\n50,0\n2,3\n").unwrap();
    let with = folder.json("sinkhorn zero.csv b.csv --weights w --json --plan p.csv");
    let without = folder.json("sinkhorn a.csv b.csv --weights w --json");
    for field in ["/entropic_cost", "/transport_cost", "/certificate/lower", "/epsilon"] {
        let (with, without) = (number(&with, field), number(&without, field));
        assert!((with - without).abs() <= 1e-12 * without.abs(), "{field}: {with} {without}");
    }
    let (rows, _) = marginals(&folder, "p.csv", 3, 2);
    assert_eq!(rows[1], 0.0);
    fs::write(folder.path("one.csv"), "0,0\n").unwrap();
    fs::write(folder.path("two.csv"), "3,4\n").unwrap();
    let one = folder.json("sinkhorn one.csv two.csv --json");
    for field in ["/entropic_cost", "/transport_cost", "/certificate/lower", "/certificate/upper"] {
        assert!((number(&one, field) - 5.0).abs() < 1e-12, "{field}");
    }
}

/// Once a residual that overflowed was no number, and so was a row whose costs round by more than the
/// range of exponents.
#[test]
fn costs_of_many_sizes_leave_no_nan_in_a_report() {
    let folder = Folder::with(&[
        ("c.csv", "1e38,20,90\n1e38,34,-1e20\n"),
        ("a.csv", "0.7\n0.05\n"),
        ("b.csv", "8e-12\n2e-5\n2e-9\n"),
    ]);
    let output = folder.run(
        "sinkhorn --cost-matrix c.csv --source-weights a.csv --target-weights b.csv --normalize \
         --epsilon 0.5 --max-iterations 200 --json",
    );
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let certificate = &report["certificate"];
    for residual in ["source_residual", "target_residual"] {
        let residual = &certificate[residual];
        assert!(*residual == "inf" || residual.as_f64().is_some_and(|r| r >= 0.0), "{certificate}");
    }
}

/// Once this was NaN and said to be converged.
#[test]
fn powers_that_span_many_sizes_leave_a_true_bracket() {
    let x = "0.0240796368940297\n0.8984653618529951\n0.12151220345847025\n0.9937751560359213\n\
             0.9562628723450706\n";
    let y = "0.8562148000753086\n0.9954182735743353\n0.9682198751564476\n";
    let folder = Folder::with(&[("x.csv", x), ("y.csv", y)]);
    let output = folder.run("sinkhorn x.csv y.csv --cost chebyshev --p 30 --json");
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let exact = folder.json("emd x.csv y.csv --cost chebyshev --p 30 --json");
    let bound = |report: &Value, name: &str| report["certificate"][name].as_f64().unwrap();
    assert!(bound(&report, "lower") <= bound(&exact, "upper"));
    assert!(bound(&exact, "lower") <= bound(&report, "upper"));
}

#[test]
fn a_cost_matrix_takes_the_place_of_points() {
    let folder = Folder::with(&[("c.csv", "1,4\n3,2\n")]);
    let json = folder.json("sinkhorn --cost-matrix c.csv --json --heatmap h.png");
    assert_eq!(json["cost"], "matrix");
    assert!(json.get("distance").is_none());
    assert!((number(&json, "/transport_cost") - 1.5).abs() < 1e-9);
    assert!(fs::read(folder.path("h.png")).unwrap().starts_with(b"\x89PNG"));
}

#[test]
fn an_exact_gap_lowers_epsilon_until_the_bracket_is_that_narrow() {
    let folder = crowds();
    let exact = number(&folder.json("emd a.csv b.csv --json"), "/transport_cost");
    for gap in ["0.01", "1e-4"] {
        let json = folder.json(&format!("sinkhorn a.csv b.csv --json --exact-gap {gap}"));
        assert_eq!(json["termination"], "tolerance_reached");
        assert!(number(&json, "/certificate/relative_gap") <= gap.parse().unwrap(), "{gap}");
        assert!(number(&json, "/epsilon_relative") < 0.01, "the first ε is not enough");
        let (lower, upper) =
            (number(&json, "/certificate/lower"), number(&json, "/certificate/upper"));
        assert!(lower <= exact && exact <= upper, "{gap}: {lower} <= {exact} <= {upper}");
        assert_eq!(json["settings"]["epsilon"], "0.01rel");
        assert_eq!(number(&json, "/settings/exact_gap"), gap.parse::<f64>().unwrap());
    }
    let early = folder.run("sinkhorn a.csv b.csv --exact-gap 1e-4 --max-iterations 5");
    assert_eq!(early.status.code(), Some(4));
    assert!(stderr(&early).contains("above 1e-4"), "{}", stderr(&early));
}

#[test]
fn a_divergence_is_its_three_terms_and_0_between_identical_clouds() {
    let docs = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/json.md")).unwrap();
    let folder = crowds();
    let json = folder.json("sinkhorn a.csv b.csv --json --divergence");
    assert_eq!(json["schema"], "deblais.sinkhorn/2");
    for name in json.as_object().unwrap().keys() {
        assert!(docs.contains(&format!("`{name}`")), "docs/json.md is silent on {name}");
    }
    let cost = |term: &str| number(&json, &format!("/{term}/entropic_cost"));
    let terms = cost("cross") - 0.5 * cost("source_self") - 0.5 * cost("target_self");
    assert!((number(&json, "/divergence") / terms - 1.0).abs() < 1e-12);
    assert!(terms > 0.0 && cost("source_self") > 0.0);
    for term in ["cross", "source_self", "target_self"] {
        assert_eq!(json[term]["termination"], "tolerance_reached");
        assert!(number(&json, &format!("/{term}/marginal_error")) <= 1e-6);
    }
    // The cross cost is that of the entropic problem alone, at the same ε.
    let alone = folder.json("sinkhorn a.csv b.csv --json");
    assert_eq!(cost("cross"), number(&alone, "/entropic_cost"));
    assert_eq!(number(&json, "/epsilon"), number(&alone, "/epsilon"));
    let same = folder.json("sinkhorn a.csv a.csv --json --divergence");
    assert_eq!(number(&same, "/divergence"), 0.0);
    let text = stdout(&folder.run("sinkhorn a.csv b.csv --divergence"));
    assert!(text.starts_with("Sinkhorn divergence  "), "{text}");
    let limited = folder.run("sinkhorn a.csv b.csv --divergence --time-limit 0");
    assert_eq!(limited.status.code(), Some(4));
}

#[test]
fn a_divergence_that_can_be_negative_comes_with_a_warning() {
    let folder = crowds();
    for (flags, warned) in [
        ("", false),
        ("--p 2", false),
        ("--cost sqeuclidean", false),
        ("--cost cityblock", false),
        ("--cost chebyshev", true),
        ("--cost cityblock --p 2", true),
        ("--p 3", true),
    ] {
        let output = folder.run(&format!("sinkhorn a.csv b.csv --divergence {flags}"));
        assert_eq!(output.status.code(), Some(0), "{flags}: {}", stderr(&output));
        assert_eq!(stderr(&output).contains("can be negative"), warned, "{flags}");
    }
}

#[test]
fn totals_that_differ_by_rounding_have_a_divergence_all_the_same() {
    let folder = Folder::with(&[("a.csv", "x,w\n0,1\n"), ("b.csv", "x,w\n1,1.0000000001\n")]);
    let json = folder.json("sinkhorn a.csv b.csv --weights w --json --divergence");
    assert_eq!(json["rescaled"], true);
    assert!((number(&json, "/divergence") - 1.0).abs() < 1e-9);
}

#[test]
fn a_median_cost_of_forbidden_cells_gets_a_warning() {
    let folder = Folder::with(&[
        ("big.csv", "1,1e30,1e30\n1e30,2,1e30\n1e30,1e30,3\n"),
        ("few.csv", "1,2,3\n2,1,1e30\n3,2,1\n"),
    ]);
    let warnings = stderr(&folder.run("sinkhorn --cost-matrix big.csv --max-iterations 10"));
    for words in ["warning: ε is 0.01 × the median cost 1e30", "2 on average", "--epsilon 0.02"] {
        assert!(warnings.contains(words), "{words}: {warnings}");
    }
    for args in ["big.csv --epsilon 0.02", "few.csv"] {
        let warnings = stderr(&folder.run(&format!("sinkhorn --cost-matrix {args}")));
        assert!(!warnings.contains("median"), "{args}: {warnings}");
    }
}
