//! Cases whose optimum is known to 15 digits or as an integer (`tests/data/cases/README.md`).

use std::path::PathBuf;

use deblais::cost::{Cityblock, Euclidean, SqEuclidean};
use deblais::io::Table;
use deblais::measure::DiscreteMeasure;
use deblais::problem::OtProblem;
use ndarray::{Array1, Array2, Axis};
use serde_json::Value;

use super::methods;

fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/cases").join(name)
}

fn json(name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(data(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn table(name: &str) -> Array2<f64> {
    Table::read(&data(name).into()).and_then(|table| table.matrix()).unwrap()
}

/// All columns but the last are coordinates, the last is the mass, here normalized.
fn cloud(name: &str) -> DiscreteMeasure {
    let table = table(name);
    let (support, mass) = table.view().split_at(Axis(1), table.ncols() - 1);
    let mass: Array1<f64> = mass.column(0).to_owned();
    let total = deblais::math::sum(&mass);
    DiscreteMeasure::new(support.to_owned(), mass / total).unwrap()
}

fn problem(source: &DiscreteMeasure, target: &DiscreteMeasure, metric: &str) -> OtProblem<'static> {
    match metric {
        "euclidean" => OtProblem::new(source, target, Euclidean),
        "sqeuclidean" => OtProblem::new(source, target, SqEuclidean),
        "cityblock" => OtProblem::new(source, target, Cityblock),
        other => panic!("no metric {other}"),
    }
    .unwrap()
}

/// Runs every applicable method on one case of `expected.json`; returns their labels.
fn check(name: &str) -> Vec<&'static str> {
    let cases = json("expected.json");
    let case = cases.iter().find(|case| case["name"] == name).expect("the case is listed");
    let truth: f64 = case["emd"].as_str().unwrap().parse().unwrap();
    let (source, target) = (cloud(&format!("{name}_X.csv")), cloud(&format!("{name}_Y.csv")));
    assert_eq!(
        (Some(source.len() as u64), Some(target.len() as u64)),
        (case["n"].as_u64(), case["m"].as_u64())
    );
    let problem = problem(&source, &target, case["metric"].as_str().unwrap());
    let applied = methods().into_iter().filter(|method| method.check(&problem, truth));
    applied.map(|method| method.label).collect()
}

/// Runs every applicable method on one grid of `expected_grids.json`, with its integer masses.
fn check_grid(name: &str) {
    let cases = json("expected_grids.json");
    let case = cases.iter().find(|case| case["name"] == name).expect("the grid is listed");
    let truth = case["cost_integer_total"].as_f64().unwrap();
    let table = table(&format!("{name}.csv"));
    let (support, masses) = table.view().split_at(Axis(1), 2);
    let side = |k| DiscreteMeasure::new(support.to_owned(), masses.column(k).to_owned()).unwrap();
    let problem = problem(&side(0), &side(1), case["metric"].as_str().unwrap());
    for method in methods() {
        method.check(&problem, truth);
    }
}

#[test]
fn g2_300() {
    check("g2_300");
}

#[test]
fn w3_257x193() {
    check("w3_257x193");
}

#[test]
fn sq2_300x200() {
    check("sq2_300x200");
}

#[test]
fn duplicates_300() {
    check("duplicates_300");
}

#[test]
fn zero_weights_200x150() {
    check("zero_weights_200x150");
}

#[test]
fn grid12_ties() {
    check("grid12_ties");
}

#[test]
fn one_vs_one() {
    assert!(check("one_vs_one").contains(&"clarabel"));
}

#[test]
fn line1d_1000x700() {
    assert!(check("line1d_1000x700").contains(&"line"));
}

#[test]
fn hist32_int() {
    check("hist32_int");
}

#[test]
fn cityblock_200x150() {
    check("cityblock_200x150");
}

#[test]
fn grid_32_white_int() {
    check_grid("grid_32_white_int");
}

#[test]
fn grid_32_grf_int() {
    check_grid("grid_32_grf_int");
}

#[test]
fn every_case_in_the_lists_has_its_test() {
    let source = include_str!("cases.rs");
    for case in json("expected.json").iter().chain(&json("expected_grids.json")) {
        let name = case["name"].as_str().unwrap();
        assert!(source.contains(&format!("\nfn {name}() {{")), "no test for {name}");
    }
}
