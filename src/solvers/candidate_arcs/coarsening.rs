//! Coarsening of any problem: a problem with a quarter of the points that approximates it.
//!
//! Sources are grouped by about four such that the costs from a few landmark targets are nearly
//! equal in a group (if the costs are distances, these sources lie close together). A representative
//! carries the mass of its group. Targets are grouped likewise. The potentials of the coarse problem
//! show how far the mass travels (Schmitzer 2016, "A sparse multiscale algorithm for dense optimal transport", J. Math.
//! Imaging Vis. 56; Gottschlich, Schuhmacher 2014, "The shortlist method for fast computation of
//! the earth mover's distance", PLOS One 9).

use ndarray::{Array1, ArrayView1};

use super::sampling::sample;
use crate::plan::PlanArc;
use crate::problem::OtProblem;

/// Points of a group at most.
const POINTS_PER_GROUP: usize = 4;

/// Landmarks of a side, whose costs describe the points of the other side.
const LANDMARKS: usize = 8;

/// A coarse problem and the groups of points that it stands for.
pub(super) struct CoarseProblem {
    /// The problem between the representatives.
    pub(super) problem: OtProblem<'static>,
    source_groups: Vec<Vec<u32>>,
    target_groups: Vec<Vec<u32>>,
}

impl CoarseProblem {
    /// Groups the points of a problem whose atoms all have mass. `None` if sums of masses
    /// overflow. O((n + m) log(n + m)) time, and a look at a few rows and columns.
    pub(super) fn of(problem: &OtProblem) -> Option<Self> {
        let cost = problem.cost();
        let (n, m) = (cost.n(), cost.m());
        let columns = cost.select(&all(n), &sample(m, LANDMARKS.min(m), 1));
        let rows = cost.select(&sample(n, LANDMARKS.min(n), 2), &all(m));
        let profile_of_sources: Vec<Vec<f64>> =
            (0..columns.m()).map(|k| (0..n).map(|i| columns.at(i, k)).collect()).collect();
        let profile_of_targets: Vec<Vec<f64>> =
            (0..rows.n()).map(|k| (0..m).map(|j| rows.at(k, j)).collect()).collect();
        let source_groups = groups(n, &profile_of_sources);
        let target_groups = groups(m, &profile_of_targets);
        let (sources, source_mass) = gather(&source_groups, problem.source());
        let (targets, target_mass) = gather(&target_groups, problem.target());
        let cost = cost.select(&sources, &targets);
        let problem = OtProblem::new(&source_mass, &target_mass, cost).ok()?;
        Some(Self { problem, source_groups, target_groups })
    }

    /// The representatives of the source groups.
    pub(super) fn sources(&self) -> Vec<usize> {
        self.source_groups.iter().map(|group| group[0] as usize).collect()
    }

    /// The cells of a plan between the groups' members that realizes a coarse plan: each coarse
    /// flow is split by the north-west corner rule, which uses up the members of a group in their
    /// order. At most n + m − 1 cells (up to rounding).
    pub(super) fn split(&self, plan: &[PlanArc], fine: &OtProblem) -> Vec<(u32, u32)> {
        let mut supply = GroupMembers::new(&self.source_groups, fine.source());
        let mut demand = GroupMembers::new(&self.target_groups, fine.target());
        let mut cells = Vec::with_capacity(fine.n() + fine.m());
        for arc in plan {
            let mut flow = arc.mass;
            while let (Some((i, of_i)), Some((j, of_j))) =
                (supply.current(arc.source), demand.current(arc.target))
            {
                cells.push((i, j));
                let part = flow.min(of_i).min(of_j);
                supply.take(arc.source, part);
                demand.take(arc.target, part);
                flow -= part;
                if flow <= 0.0 {
                    break;
                }
            }
        }
        cells
    }
}

/// The members of groups, used up in their order.
struct GroupMembers<'a> {
    groups: &'a [Vec<u32>],
    mass: Vec<f64>,
    place: Vec<usize>,
}

impl<'a> GroupMembers<'a> {
    fn new(groups: &'a [Vec<u32>], mass: ArrayView1<'_, f64>) -> Self {
        Self { groups, mass: mass.to_vec(), place: vec![0; groups.len()] }
    }

    /// The first member of a group with remaining mass, and that mass.
    fn current(&self, group: usize) -> Option<(u32, f64)> {
        let member = *self.groups[group].get(self.place[group])?;
        Some((member, self.mass[member as usize]))
    }

    fn take(&mut self, group: usize, mass: f64) {
        let member = self.groups[group][self.place[group]] as usize;
        self.mass[member] -= mass;
        if self.mass[member] <= 0.0 {
            self.place[group] += 1;
        }
    }
}

pub(super) fn all(count: usize) -> Vec<usize> {
    (0..count).collect()
}

/// The first of each group, and the mass of the group.
fn gather(groups: &[Vec<u32>], mass: ArrayView1<'_, f64>) -> (Vec<usize>, Array1<f64>) {
    let first = groups.iter().map(|group| group[0] as usize).collect();
    let sum = |group: &Vec<u32>| group.iter().map(|&v| mass[v as usize]).sum();
    (first, groups.iter().map(sum).collect())
}

/// Splits `0..count` at medians of the coordinate of largest spread until no group has more than
/// [`POINTS_PER_GROUP`] members.
fn groups(count: usize, coordinates: &[Vec<f64>]) -> Vec<Vec<u32>> {
    let mut done = Vec::new();
    let mut open = vec![(0..count as u32).collect::<Vec<u32>>()];
    while let Some(mut members) = open.pop() {
        if members.len() <= POINTS_PER_GROUP {
            done.push(members);
            continue;
        }
        let spread = |x: &Vec<f64>| {
            let values = || members.iter().map(|&v| x[v as usize]);
            values().fold(f64::NEG_INFINITY, f64::max) - values().fold(f64::INFINITY, f64::min)
        };
        let widest = coordinates
            .iter()
            .max_by(|a, b| spread(a).total_cmp(&spread(b)))
            .expect("there is at least one landmark");
        let half = members.len() / 2;
        members.select_nth_unstable_by(half, |&a, &b| {
            widest[a as usize].total_cmp(&widest[b as usize]).then(a.cmp(&b))
        });
        let upper = members.split_off(half);
        open.push(upper);
        open.push(members);
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::Euclidean;
    use crate::measure::DiscreteMeasure;
    use crate::plan::north_west_corner;
    use ndarray::Array2;

    #[test]
    fn groups_partition_the_points_and_keep_the_mass() {
        let cloud = |n: usize, a: f64| {
            let points = Array2::from_shape_fn((n, 2), |(i, k)| (a * (i + 1000 * k) as f64).sin());
            DiscreteMeasure::uniform(points).unwrap()
        };
        let problem = OtProblem::new(&cloud(203, 12.9898), &cloud(90, 78.233), Euclidean).unwrap();
        let coarse = CoarseProblem::of(&problem).unwrap();
        assert!(coarse.problem.n() >= 51 && coarse.problem.n() <= 102);
        assert!((coarse.problem.source().sum() - 1.0).abs() < 1e-14);
        let plan = north_west_corner(coarse.problem.source(), coarse.problem.target());
        let cells = coarse.split(&plan, &problem);
        assert!(cells.len() <= 203 + 90 + plan.len());
        assert!((0..203).all(|i| cells.iter().any(|cell| cell.0 == i)));
        assert!((0..90).all(|j| cells.iter().any(|cell| cell.1 == j)));
        let profile: Vec<f64> = (0..1001).map(|v| f64::from(v * 37 % 1001)).collect();
        let mut members: Vec<u32> = groups(1001, &[profile]).concat();
        members.sort_unstable();
        assert!(members.into_iter().eq(0..1001));
    }
}
