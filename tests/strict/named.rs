//! Inputs that an earlier version answered wrongly, one by one.

use std::fs;

use crate::answers::{self, Answers};
use crate::instances::{Base, Ground, Instance, Masses, Table};
use crate::report::{self, faults};

/// The rows of a table in `tests/data/trust`, without its header, if it has one.
fn rows(name: &str) -> Vec<Vec<f64>> {
    let path = format!("{}/tests/data/trust/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let numbers = |line: &str| line.split(',').map(|cell| cell.trim().parse().ok()).collect();
    text.lines().filter_map(numbers).collect()
}

fn column(name: &str) -> Vec<f64> {
    rows(name).into_iter().map(|row| row[0]).collect()
}

fn matrix(costs: Vec<Vec<f64>>, source: Vec<f64>, target: Vec<f64>) -> Instance {
    let (source, target) = (Masses::Stored(source), Masses::Stored(target));
    Instance { table: Table::Matrix(costs), source, target }
}

fn uniform_matrix(costs: Vec<Vec<f64>>) -> Instance {
    let (n, m) = (costs.len(), costs[0].len());
    matrix(costs, vec![1.0 / n as f64; n], vec![1.0 / m as f64; m])
}

fn line(x: &[f64], y: &[f64], p: f64) -> Instance {
    let cloud = |points: &[f64]| points.iter().map(|&x| vec![x]).collect();
    let ground = Ground { base: Base::Euclidean, power: Some(p) };
    let table = Table::Points { x: cloud(x), y: cloud(y), ground };
    Instance { table, source: Masses::Uniform(x.len()), target: Masses::Uniform(y.len()) }
}

/// Whether nothing is wrong with any answer, and exact methods prove theirs.
fn hold(instance: &Instance, answers: Answers, is_proved: bool) {
    let costs = report::costs(instance);
    let (truth, _) = report::truth(instance, &costs);
    let is_nonnegative = !costs.iter().flatten().any(|cost| cost.low.is_negative());
    assert!(!answers.is_empty());
    for answer in answers {
        let answer = answer.unwrap_or_else(|why| panic!("{why:?}"));
        let found = faults(instance, &truth, is_nonnegative, &answer);
        assert!(found.is_empty(), "{found:?}: {answer:?}, the truth is {truth}");
        let claims = answer.promise == answers::Promise::Optimum;
        assert!(answer.optimal == Some(true) || !is_proved || !claims, "not proved: {answer:?}");
    }
}

fn solved(instance: &Instance) {
    hold(instance, answers::every_solver(instance), true);
    hold(instance, answers::crosscheck(instance), false);
}

#[test]
fn big_entries_do_not_hide_small_costs() {
    let instance = matrix(rows("C.csv"), column("mu.csv"), column("nu.csv"));
    let (truth, _) = report::truth(&instance, &report::costs(&instance));
    assert!(!truth.is_below(219.0) && !truth.is_above(219.0), "{truth}");
    solved(&instance);
    solved(&uniform_matrix(vec![vec![39.0, 1e18], vec![1e18, 13.0]]));
    solved(&uniform_matrix(rows("three.csv")));
}

#[test]
fn big_entries_of_ten_decades_do_not_blur_small_costs() {
    let big = 1e10;
    let costs = vec![vec![0.1, big, big], vec![big, 0.7, big], vec![big, big, 0.3]];
    solved(&uniform_matrix(costs));
}

#[test]
fn the_plan_on_the_matrix_of_pot_229_is_optimal() {
    let masses = column("pot_229_masses.csv");
    solved(&matrix(rows("pot_229.csv"), masses.clone(), masses));
}

#[test]
fn shifted_potentials_do_not_excuse_a_bad_plan() {
    let instance = uniform_matrix(rows("C01.csv"));
    let crossed = vec![vec![0.0, 0.5], vec![0.5, 0.0]];
    for shift in [1e20, -1e20] {
        let given = answers::given(&instance, &crossed, &[shift; 2], &[-shift; 2]);
        let answer = given[0].as_ref().unwrap();
        assert!(answer.optimal == Some(false), "{answer:?}");
        hold(&instance, given, false);
    }
}

#[test]
fn a_tiny_deficit_is_charged_in_full() {
    let instance = matrix(rows("Cf.csv"), column("m.csv"), column("n.csv"));
    let given = answers::given(&instance, &[vec![1.0], vec![0.0]], &[0.0; 2], &[0.0]);
    hold(&instance, given, false);
    hold(&instance, answers::every_solver(&instance), true);
}

#[test]
fn integers_on_the_line_to_high_powers_are_proved() {
    for p in [40.0, 50.0] {
        solved(&line(&column("l6.csv"), &column("l2.csv"), p));
    }
}

/// Refused, or answered with the truth; but never 0 for what is not.
fn not_zero(instance: &Instance) {
    for answer in answers::every_solver(instance).into_iter().flatten() {
        assert!(answer.upper > 0.0, "{answer:?}");
        hold(instance, vec![Ok(answer)], false);
    }
}

#[test]
fn underflow_is_not_zero() {
    not_zero(&line(&column("p50_a.csv"), &column("p50_b.csv"), 50.0));
    not_zero(&line(&[0.0, 1.0], &[1e-200, 1.0], 1.0));
    not_zero(&line(&[0.0, 1.0], &[1e-200, 1.0], 2.0));
}

#[test]
fn sinkhorn_reports_no_nan() {
    for p in [30.0, 100.0] {
        let ground = Ground { base: Base::Chebyshev, power: Some(p) };
        let table = Table::Points { x: rows("nan/x.csv"), y: rows("nan/y.csv"), ground };
        let (source, target) = (column("nan/mu.csv"), column("nan/nu.csv"));
        let (source, target) = (Masses::Stored(source), Masses::Stored(target));
        let instance = Instance { table, source, target };
        let answers = answers::default_sinkhorn(&instance);
        if answers.iter().all(Result::is_ok) {
            hold(&instance, answers, false);
        }
    }
}

#[test]
fn identical_clouds_have_bounds_that_do_not_cross() {
    let points = rows("c1.csv");
    for base in [Base::Euclidean, Base::SqEuclidean, Base::Cityblock, Base::Cosine] {
        let ground = Ground { base, power: None };
        let table = Table::Points { x: points.clone(), y: points.clone(), ground };
        let masses = Masses::Uniform(points.len());
        let instance = Instance { table, source: masses.clone(), target: masses };
        hold(&instance, answers::every_solver(&instance), true);
        hold(&instance, answers::default_sinkhorn(&instance), false);
    }
}

#[test]
fn a_hostile_critic_proves_nothing_false() {
    let (x, y) = (rows("c1.csv"), rows("c2.csv"));
    let ground = Ground { base: Base::Euclidean, power: None };
    let (source, target) = (Masses::Uniform(x.len()), Masses::Uniform(y.len()));
    let table = Table::Points { x, y, ground };
    let instance = Instance { table, source, target };
    let heights = |k: usize| if k.is_multiple_of(2) { -1e308 } else { 1e308 };
    hold(&instance, answers::hostile_cones(&instance, heights), false);
}
