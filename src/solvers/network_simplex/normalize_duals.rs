//! Normalization of the duals: of the many optimal potentials, small ones are returned.
//!
//! In a group of nodes that no flow connects with others, f may be increased and g decreased by the
//! same number, as far as the arcs between the groups allow. Rounding changes a potential by up to
//! half an ulp, so large potentials, such as those of groups far apart, weaken the bound that they
//! prove. The tree is cut at its expensive arcs without flow, and each group is shifted as close to
//! zero as the constraints allow.

use super::threaded_tree::ThreadedTree;
use crate::cost::Cost;
use crate::solvers::fixed_point::{FixedInteger, FixedPoint};
use crate::solvers::infeasible::AllowedRow;

/// An arc without flow is cut if its cost is this multiple of the mean cost of a unit of mass:
/// potentials beyond it lose at least 10 bits.
const CUT_COST_RATIO: f64 = 1024.0;

/// Groups and cuts at most, since the time is quadratic in their number. Further groups are treated
/// as one.
const LARGEST_GROUP_COUNT: u32 = 256;

/// Numbers to add to the potentials of the tree's nodes, in the tree's fixed-point format, that keep
/// them optimal and make them small. `mean` is the transport cost per unit of mass, `mass`
/// the mass of each node. O(N log N) time where one shift for all nodes makes potentials small beside
/// the cost; else O(nm) if there is more than one group.
pub(crate) fn shifts<K: FixedInteger>(
    tree: &ThreadedTree<K>,
    cost: &dyn Cost,
    format: FixedPoint,
    mass: &[f64],
    mean: f64,
) -> Vec<K> {
    let sizes: Vec<f64> = tree.potentials().iter().map(|&y| format.to_f64(y)).collect();
    let common = -median(&sizes, mass, &vec![0; sizes.len()], 0);
    let potential_mass: f64 = sizes.iter().zip(mass).map(|(y, w)| w * (y + common).abs()).sum();
    if potential_mass <= CUT_COST_RATIO * mean * mass.iter().sum::<f64>() {
        // Their rounding is negligible beside the cost: one shift for all nodes is enough.
        return vec![format.units(common); sizes.len()];
    }
    let group = groups(tree, format, CUT_COST_RATIO * mean);
    let count = group.iter().max().map_or(0, |&g| g as usize + 1);
    let wanted: Vec<f64> = (0..count).map(|k| -median(&sizes, mass, &group, k as u32)).collect();
    let shift = if count == 1 {
        wanted
    } else {
        allowed(&wanted, &slacks(tree, cost, format, &group, count))
    };
    group.iter().map(|&k| format.units(shift[k as usize])).collect()
}

/// The groups of nodes that are connected without the artificial arcs and without the most expensive
/// of the arcs to be cut: the number of the group of each node.
fn groups<K: FixedInteger>(tree: &ThreadedTree<K>, format: FixedPoint, long: f64) -> Vec<u32> {
    let mut cuts: Vec<(f64, u32)> = tree
        .degenerate_arcs()
        .map(|(node, cost)| (format.to_f64(cost), node))
        .filter(|(c, _)| *c > long)
        .collect();
    cuts.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    cuts.truncate(LARGEST_GROUP_COUNT as usize);
    let mut cut = vec![false; tree.nodes()];
    for (_, node) in cuts {
        cut[node as usize] = true;
    }
    tree.components(&cut).into_iter().map(|group| group.min(LARGEST_GROUP_COUNT - 1)).collect()
}

/// The median of the potentials of one group, weighted by mass.
fn median(potentials: &[f64], mass: &[f64], group: &[u32], k: u32) -> f64 {
    let mut members: Vec<(f64, f64)> =
        (0..group.len()).filter(|&v| group[v] == k).map(|v| (potentials[v], mass[v])).collect();
    members.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let half = 0.5 * members.iter().map(|(_, w)| w).sum::<f64>();
    let mut below = 0.0;
    for (potential, w) in &members {
        below += w;
        if below >= half {
            return *potential;
        }
    }
    members.last().map_or(0.0, |(potential, _)| *potential)
}

/// `slack[a][b]`: the least reduced cost of an arc from group a to group b, rounded down.
fn slacks<K: FixedInteger>(
    tree: &ThreadedTree<K>,
    cost: &dyn Cost,
    format: FixedPoint,
    group: &[u32],
    count: usize,
) -> Vec<Vec<f64>> {
    let n = tree.sources();
    let y: Vec<f64> = tree.potentials().iter().map(|&y| format.to_f64(y)).collect();
    let mut slack = vec![vec![f64::INFINITY; count]; count];
    let mut row = AllowedRow::new(cost);
    for i in 0..n {
        let least = &mut slack[group[i] as usize];
        for &(j, c) in row.of(i) {
            let error = 4.0 * f64::EPSILON * (c.abs() + y[i].abs() + y[n + j].abs());
            let least = &mut least[group[n + j] as usize];
            *least = least.min(c - y[i] + y[n + j] - error);
        }
    }
    for row in &mut slack {
        for slack in row {
            *slack = slack.max(0.0);
        }
    }
    slack
}

/// Shifts as close to the wanted ones as the slacks allow, by coordinate descent over the groups: a
/// shift `t_a` of the sources of a and `t_b` of the targets of b reduces the slack of a → b by
/// `t_a − t_b`.
fn allowed(wanted: &[f64], slack: &[Vec<f64>]) -> Vec<f64> {
    const SWEEPS: usize = 8;
    let mut shift = vec![0.0; wanted.len()];
    for _ in 0..SWEEPS {
        for a in 0..wanted.len() {
            let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
            for b in (0..wanted.len()).filter(|&b| b != a) {
                high = high.min(shift[b] + slack[a][b]);
                low = low.max(shift[b] - slack[b][a]);
            }
            if low <= high {
                shift[a] = wanted[a].clamp(low, high);
            }
        }
    }
    shift
}
