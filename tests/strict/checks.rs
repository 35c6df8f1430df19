//! The oracle and the enclosures against simpler ways to the same numbers.

use deblais::seed::Seed;
use num_bigint::BigInt;
use num_traits::{Signed, Zero};
use rand::Rng as _;

use crate::enclosure::power;
use crate::exact::{Dyadic, Interval, Truth};
use crate::instances::{self, Instance, Masses, Table};
use crate::oracle::{best_permutation, cheapest};
use crate::report;

/// The least cost of the basic plans: of every set of n + m − 1 cells without a cycle, whose flows
/// the marginals determine.
fn cheapest_tree(supply: &[BigInt], demand: &[BigInt], cost: &[Vec<BigInt>]) -> BigInt {
    let (n, m) = (supply.len(), demand.len());
    let mut best: Option<BigInt> = None;
    for set in 0_u32..1 << (n * m) {
        if set.count_ones() as usize != n + m - 1 {
            continue;
        }
        let cells = (0..n * m).filter(|cell| set >> cell & 1 == 1).map(|cell| (cell / m, cell % m));
        let flows = flows_on(supply, demand, cells.collect());
        let Some(flows) = flows.filter(|flows| !flows.iter().any(|(_, mass)| mass.is_negative()))
        else {
            continue;
        };
        let total: BigInt = flows.iter().map(|((i, j), mass)| mass * &cost[*i][*j]).sum();
        best = Some(best.map_or(total.clone(), |best| best.min(total)));
    }
    best.expect("a basic plan")
}

/// The masses on a spanning tree, from its leaves inwards; `None` if the cells have a cycle.
fn flows_on(
    supply: &[BigInt],
    demand: &[BigInt],
    mut cells: Vec<(usize, usize)>,
) -> Option<Vec<((usize, usize), BigInt)>> {
    let (mut supply, mut demand) = (supply.to_vec(), demand.to_vec());
    let mut flows = Vec::new();
    while !cells.is_empty() {
        let lone = |&(i, j): &(usize, usize)| {
            let in_row = cells.iter().filter(|cell| cell.0 == i).count();
            let in_column = cells.iter().filter(|cell| cell.1 == j).count();
            in_row == 1 || in_column == 1
        };
        let (i, j) = cells.swap_remove(cells.iter().position(lone)?);
        let leaf_is_row = !cells.iter().any(|cell| cell.0 == i);
        let mass = if leaf_is_row { supply[i].clone() } else { demand[j].clone() };
        supply[i] -= &mass;
        demand[j] -= &mass;
        flows.push(((i, j), mass));
    }
    supply.iter().chain(&demand).all(BigInt::is_zero).then_some(flows)
}

#[test]
fn the_oracle_finds_the_best_spanning_tree() {
    let mut stream = Seed(1).stream("spanning trees");
    for round in 0..2000 {
        let (n, m) = (stream.random_range(1..=3_usize), stream.random_range(1..=3_usize));
        let wide = BigInt::from(10).pow(if round % 2 == 0 { 0 } else { 60 });
        let mut draw = |low: i32, high: i32| stream.random_range(low..=high) * &wide;
        let mut side = |count: usize| (0..count).map(|_| draw(0, 5)).collect::<Vec<_>>();
        let (mut supply, mut demand) = (side(n), side(m));
        let (have, want): (BigInt, BigInt) = (supply.iter().sum(), demand.iter().sum());
        supply[0] += (&want - &have).max(BigInt::zero());
        demand[0] += (have - want).max(BigInt::zero());
        let cost: Vec<Vec<BigInt>> =
            (0..n).map(|_| (0..m).map(|_| draw(-3, 9)).collect()).collect();
        let found = cheapest(&supply, &demand, |i, j| cost[i][j].clone());
        assert_eq!(found, cheapest_tree(&supply, &demand, &cost), "{supply:?} {demand:?} {cost:?}");
    }
}

#[test]
fn the_oracle_finds_the_best_permutation() {
    let mut stream = Seed(2).stream("permutations");
    for _ in 0..500 {
        let n = stream.random_range(1..=6);
        let cost: Vec<Vec<i128>> =
            (0..n).map(|_| (0..n).map(|_| stream.random_range(-9..100)).collect()).collect();
        let best = best_permutation(n, |i, j| cost[i][j]);
        let matrix = cost.iter().map(|row| row.iter().map(|&c| c as f64).collect()).collect();
        // Any masses that are all the same, on both sides of the border to wide integers.
        let mass = if n % 2 == 0 { 1.0 } else { 1e-200 };
        let masses = Masses::Stored(vec![mass; n]);
        let table = Table::Matrix(matrix);
        let instance = Instance { table, source: masses.clone(), target: masses };
        let (truth, plan) = report::truth(&instance, &report::costs(&instance));
        assert_eq!(plan.iter().flatten().filter(|&&cell| cell == mass).count(), n);
        if mass == 1.0 {
            let best = best as f64;
            assert!(!truth.is_below(best) && !truth.is_above(best), "{truth} is not {best}");
            assert!(truth.is_below(best.next_up()) && truth.is_above(best.next_down()));
        }
    }
}

#[test]
fn a_third_of_the_mass_is_a_third() {
    // (1 + 2 + 2)/3, which no f64 is.
    let table = Table::Matrix(vec![vec![1.0, 9.0, 9.0], vec![9.0, 2.0, 9.0], vec![9.0, 9.0, 2.0]]);
    let masses = Masses::Uniform(3);
    let instance = Instance { table, source: masses.clone(), target: masses };
    let (truth, _) = report::truth(&instance, &report::costs(&instance));
    let near = 5.0_f64 / 3.0;
    assert!(truth.is_below(near.next_up()) && truth.is_above(near.next_down()), "{truth}");
    assert!(truth.is_below(near) != truth.is_above(near), "{truth}");
    // Stored thirds have another total.
    let third = 1.0_f64 / 3.0;
    let total = Dyadic::sum(&[Dyadic::of(third), Dyadic::of(third), Dyadic::of(third)]);
    assert!(total < Dyadic::new(1, 0));
    let mass = [Dyadic::of(third)];
    let (truth, _) = Truth::of(&mass, &mass, &mass[0], &[vec![Interval::exactly(Dyadic::of(3.0))]]);
    assert!(truth.is_above((3.0 * third).next_down()) && truth.is_below(1.0), "{truth}");
}

/// An interval as wide as 2⁻²⁰⁰ of its size, at most.
fn is_narrow(interval: &Interval) -> bool {
    let width = &interval.high - &interval.low;
    let share = Dyadic::new(1, -200);
    !width.is_negative() && width <= &interval.low * &share
}

fn exactly(x: f64) -> Interval {
    Interval::exactly(Dyadic::of(x))
}

/// Whether two intervals may hold the same number.
fn meet(a: &Interval, b: &Interval) -> bool {
    a.low <= b.high && b.low <= a.high
}

#[test]
fn powers_are_enclosed() {
    // Roots that are exact.
    assert_eq!(power(&exactly(9.0), 1.0, 2.0), exactly(3.0));
    assert_eq!(power(&exactly(0.25), 1.5, 1.0), exactly(0.125));
    assert_eq!(power(&exactly(0.0), 0.3, 1.0), exactly(0.0));
    let mut stream = Seed(3).stream("powers");
    for _ in 0..500 {
        let x = 10_f64.powf(600.0 * stream.uniform() - 300.0);
        let root = power(&exactly(x), 1.0, 2.0);
        let square = Interval { low: &root.low * &root.low, high: &root.high * &root.high };
        assert!(is_narrow(&root) && square.low <= Dyadic::of(x) && Dyadic::of(x) <= square.high);
        // By the series, then to an integer power: a root of the fifth is none of the short ways.
        let fifth = power(&exactly(x), 1.0, 5.0);
        assert!(is_narrow(&fifth) && meet(&power(&fifth, 5.0, 1.0), &exactly(x)), "{x}");
        let odd = power(&exactly(x), 1.0, 0.3 + 1.0);
        assert!(is_narrow(&odd) && meet(&power(&odd, 0.3 + 1.0, 1.0), &exactly(x)), "{x}");
        // x^0.3 through f64's own, to its few digits.
        let near = x.powf(0.3);
        let some = power(&exactly(x), 0.3, 1.0);
        assert!(is_narrow(&some) && some.low > Dyadic::of(near * (1.0 - 1e-13)));
        assert!(some.high < Dyadic::of(near * (1.0 + 1e-13)), "{x}");
    }
}

#[test]
fn ground_costs_are_enclosed() {
    let mut stream = Seed(4).stream("ground costs");
    for _ in 0..500 {
        let instance = instances::clouds(&mut stream);
        for (row, interval) in report::costs(&instance).iter().enumerate() {
            for (column, interval) in interval.iter().enumerate() {
                let Table::Points { x, y, ground } = &instance.table else { unreachable!() };
                let (x, y) = (&x[row], &y[column]);
                let zero = interval.low.is_zero() && interval.high.is_zero();
                assert!(zero || is_narrow(interval), "{ground:?} {x:?} {y:?} {interval:?}");
            }
        }
    }
}
