use super::super::pricing::{BlockPricing, PricingRule};
use super::*;
use crate::seed::Seed;
use crate::solvers::arcs::{Arc, FlowArc};

/// The north-west corner of a problem, as a forest.
fn corner(supply: &[i128], demand: &[i128], cost: &[Vec<i128>]) -> Vec<FlowArc<i128>> {
    let (mut a, mut b) = (supply.to_vec(), demand.to_vec());
    let (mut i, mut j, mut forest) = (0, 0, Vec::new());
    while i < a.len() && j < b.len() {
        let flow = a[i].min(b[j]);
        let (source, target) = (i as u32, (a.len() + j) as u32);
        forest.push(FlowArc { source, target, flow, cost: cost[i][j] });
        (a[i], b[j]) = (a[i] - flow, b[j] - flow);
        (i, j) = (i + usize::from(a[i] == 0), j + usize::from(b[j] == 0));
    }
    forest
}

/// Pivots on both trees at once, and compares all potentials after each.
fn check(n: usize, m: usize, largest_mass: f64, seed: u64) {
    let mut stream = Seed(seed).stream("tour");
    let mut draw = |most: f64| (most * stream.uniform()).ceil().max(1.0) as i128;
    let mut supply: Vec<i128> = (0..n).map(|_| draw(largest_mass)).collect();
    let mut demand: Vec<i128> = (0..m).map(|_| draw(largest_mass)).collect();
    let surplus = supply.iter().sum::<i128>() - demand.iter().sum::<i128>();
    if surplus > 0 {
        demand[m - 1] += surplus;
    } else {
        supply[n - 1] -= surplus;
    }
    let cost: Vec<Vec<i128>> = (0..n).map(|_| (0..m).map(|_| draw(1000.0)).collect()).collect();

    let forest = corner(&supply, &demand, &cost);
    let mut tree = ThreadedTree::from_forest(n, n + m, &forest, &vec![0; n]);
    let mut tour = EulerTour::new(ThreadedTree::from_forest(n, n + m, &forest, &vec![0; n]));
    tour.capacity = 8;
    let arcs = (0..n).flat_map(|i| (0..m).map(move |j| (i, j)));
    let arcs =
        arcs.map(|(i, j)| Arc { source: i as u32, target: (n + j) as u32, cost: cost[i][j] });
    let arcs: Vec<_> = arcs.collect();
    let mut blocks = BlockPricing::new(&arcs, 0);
    let mut pivots = 0;
    while let Some(entering) = blocks.entering_arc(tree.potentials()) {
        let leaving = tree.leaving_arc(&entering);
        tree.pivot(&entering, &leaving);
        let leaving = tour.leaving_arc(&entering);
        tour.pivot(&entering, &leaving);
        let expected = tree.potentials();
        let ground = tour.labels.of(0) - expected[0];
        for (u, &expected) in (0..).zip(expected) {
            assert_eq!(tour.labels.of(u) - ground, expected, "{pivots} {u}");
        }
        pivots += 1;
    }
    assert!(pivots > n, "{pivots} pivots");
    let back = tour.into_tree();
    assert_eq!(back.potentials(), {
        tree.recompute_potentials();
        tree.potentials()
    });
    let flows = |tree: &ThreadedTree<i128>| {
        let mut arcs: Vec<_> = tree.arcs().map(|arc| (arc.source, arc.target, arc.flow)).collect();
        arcs.sort_unstable();
        arcs
    };
    assert_eq!(flows(&back), flows(&tree));
}

#[test]
fn a_tour_has_the_potentials_of_a_thread_after_every_pivot() {
    for (n, m, largest_mass, seed) in
        [(12, 9, 1.0, 1), (40, 40, 1.0, 2), (40, 60, 1e6, 3), (150, 110, 1e12, 4)]
    {
        check(n, m, largest_mass, seed);
    }
}
