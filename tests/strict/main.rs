//! Every bracket against the exact optimum, with strict inequalities.
//!
//! Points, matrix entries and masses are the stored numbers, read as real numbers. The optimum is
//! found in exact rational arithmetic; where the ground cost has roots or other powers, in
//! intervals 2⁻²⁰⁰ of its size wide. `DEBLAIS_STRESS=1000000 cargo test --release --test strict`
//! looks at more instances; a failure names the family, the seed, and all numbers.

mod answers;
mod checks;
mod enclosure;
mod exact;
mod instances;
mod intervals;
mod named;
mod oracle;
mod report;
mod translations;

use answers::{critics, crosscheck, entropic, pairs, solvers, third_parties};
use report::Tally;

#[test]
fn matrices_are_solved_exactly() {
    Tally::run("matrices", (0.2, 0.001), instances::matrices, |i, _, stream| solvers(i, stream));
}

#[test]
fn big_entries_hide_nothing() {
    Tally::run("big entries", (0.15, 0.001), instances::big_entries, |i, _, stream| {
        solvers(i, stream)
    });
}

#[test]
fn more_points_are_no_different() {
    Tally::run("more points", (0.005, 0.0), instances::more_points, |i, _, stream| {
        solvers(i, stream)
    });
}

#[test]
fn ground_costs_are_the_real_functions() {
    Tally::run("clouds", (0.15, 0.002), instances::clouds, |i, _, stream| solvers(i, stream));
}

#[test]
fn powers_do_not_vanish() {
    Tally::run("powers", (0.08, 0.02), instances::powers, |i, _, stream| solvers(i, stream));
}

#[test]
fn the_ends_of_the_range_are_no_special_case() {
    Tally::run("extremes", (0.06, 0.01), instances::extremes, |i, _, stream| solvers(i, stream));
}

#[test]
fn twins_cost_nothing_or_next_to_nothing() {
    Tally::run("twins", (0.06, 0.02), instances::twins, |i, _, stream| solvers(i, stream));
}

#[test]
fn tiny_and_huge_masses_count() {
    let draw = instances::tiny_and_huge_masses;
    Tally::run("masses", (0.06, 0.05), draw, |i, _, stream| solvers(i, stream));
}

#[test]
fn answers_of_others_are_bounded() {
    Tally::run("third parties", (0.12, 1.0), instances::any, third_parties);
}

#[test]
fn entropic_plans_are_bounded() {
    Tally::run("sinkhorn", (0.06, 1.0), instances::any, |i, _, stream| entropic(i, stream));
}

#[test]
fn critics_stay_below() {
    Tally::run("critics", (0.04, 1.0), instances::clouds, |i, _, stream| critics(i, stream));
}

#[test]
fn pairs_hold() {
    Tally::run("pairs", (0.02, 0.02), instances::any, |i, _, _| pairs(i));
}

#[test]
fn crosschecks_hold() {
    Tally::run("crosscheck", (0.02, 1.0), instances::any, |i, _, _| crosscheck(i));
}
