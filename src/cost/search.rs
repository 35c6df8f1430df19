//! The smallest reduced costs `c(x, y_j) − v_j` of a point x, found without looking at most y.
//!
//! **Problem.** For potentials v of m points y in few dimensions and a point x: the k smallest
//! `c(x, y_j) − v_j`. That is a c-transform for k = 1, the candidates of a source for k = 10, and,
//! for all values below f(x), the pricing of a row.
//!
//! **Idea.** A balanced k-d tree over y. Box distance minus the largest v in the box is a lower
//! bound, but a useless one once mass travels far: v then changes as fast as the cost. So v is
//! fitted by a linear function in every box with centre z and half-widths h,
//!
//! ```text
//! v(y) ≤ v₀ + a·(y − z)                                         (Euclidean distance)
//! v(y) ≤ v₀ + a·(y − z) + ‖y − z‖²                              (its square)
//! ```
//!
//! with v₀ as small as the points of the box allow. By convexity `‖x − y‖ ≥ ‖x − z‖ + û·(y − z)`
//! with `û = (z − x)/‖z − x‖`, and `‖x − y‖² = ‖x − z‖² + 2(z − x)·(y − z) + ‖y − z‖²`, so that
//!
//! ```text
//! ‖x − y‖  − v(y) ≥ ‖x − z‖  − v₀ − Σ_k |û_k − a_k|·h_k
//! ‖x − y‖² − v(y) ≥ ‖x − z‖² − v₀ − Σ_k |2(z − x)_k − a_k|·h_k
//! ```
//!
//! Other costs, which grow with every coordinate's difference, keep box distance and largest v.
//! Bounds are lowered by more than they can be wrong by rounding; what is not ruled out is computed
//! as the table computes it, to the bit.
//!
//! **Complexity.** O(m log m) for the tree and for a fit. A query visits some dozens of points
//! where v is smooth and O(m) at worst.
//!
//! **References.** Bentley 1975, "Multidimensional binary search trees used for associative
//! searching", Commun. ACM 18; Schmitzer 2016, "A sparse multiscale algorithm for dense optimal
//! transport", J. Math. Imaging Vis. 56 (pricing by boxes); Lawson, Hanson 1974, "Solving least
//! squares problems".
//!
//! **Failure modes.** Beyond three dimensions boxes overlap too much: see `screen.rs`.

use multiversion::multiversion;
use ndarray::ArrayView2;
use rayon::prelude::*;

use super::GroundCost;
use crate::spatial::{kd_order, split};

/// Points that are looked at together.
const LEAF: usize = 16;

/// By how much bounds are lowered, relative to the largest numbers that enter them: they are sums
/// of a dozen terms, each rounded a few times.
const MARGIN: f64 = 256.0 * f64::EPSILON;

/// The relative error of a difference of coordinates, and of half a box's width, at most.
const GAP: f64 = 4.0 * f64::EPSILON;

/// The points of one side of a table, to be searched from the points of the other.
pub trait Search: Send + Sync {
    /// Takes the potentials v of the points that are searched; −∞ for points to be ignored.
    fn fit(&mut self, v: &[f64]);

    /// The at most `keep` smallest `c − v` below `limit` from point `query` of the other side, in
    /// ascending order, with the places of the points.
    fn smallest(&self, query: usize, keep: usize, limit: f64, found: &mut Vec<(f64, u32)>);

    /// The same for several queries, each with a limit of its own.
    fn smallest_of(
        &self,
        queries: &[u32],
        keep: usize,
        limits: &[f64],
        found: &mut [Vec<(f64, u32)>],
    ) {
        for ((&query, &limit), found) in queries.iter().zip(limits).zip(found) {
            self.smallest(query as usize, keep, limit, found);
        }
    }

    /// About the `keep` smallest of several queries: values may be off, and points left out, by a
    /// rounding in single precision.
    fn roughly_smallest_of(&self, queries: &[u32], keep: usize, found: &mut [Vec<(f64, u32)>]) {
        self.smallest_of(queries, keep, &vec![f64::INFINITY; found.len()], found);
    }

    /// About the mean costs from several queries to the points that are not ignored, if that takes no
    /// more than looking at each of them with few digits.
    fn rough_means_of(&self, _queries: &[u32]) -> Option<Vec<f64>> {
        None
    }
}

/// What bounds a cost from below in a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    Euclidean,
    Squared,
    Box,
}

/// A box of the tree.
#[derive(Debug, Clone, Copy)]
struct Node<const D: usize> {
    centre: [f64; D],
    half: [f64; D],
    /// v₀ and a.
    value: f64,
    slope: [f64; D],
    /// Its points in the order of the tree.
    start: u32,
    end: u32,
    /// Place of the second child; the first follows the node itself. 0 at a leaf.
    second: u32,
}

/// The tree.
struct Boxes<'a, G, const D: usize> {
    ground: &'a G,
    bound: Bound,
    queries: Vec<[f64; D]>,
    /// The points, leaf by leaf, coordinate by coordinate.
    leaves: Vec<[[f64; LEAF]; D]>,
    /// Places of the points in the table.
    order: Vec<u32>,
    nodes: Vec<Node<D>>,
    v: Vec<f64>,
    /// The largest cost there can be.
    reach: f64,
    margin: f64,
}

/// A search for `points` (m, d) from `queries` (n, d); `None` beyond three dimensions.
pub(super) fn search<'a, G: GroundCost>(
    ground: &'a G,
    queries: ArrayView2<'_, f64>,
    points: ArrayView2<'_, f64>,
) -> Option<Box<dyn Search + 'a>> {
    match points.ncols() {
        1 => Some(Box::new(Boxes::<G, 1>::new(ground, queries, points))),
        2 => Some(Box::new(Boxes::<G, 2>::new(ground, queries, points))),
        3 => Some(Box::new(Boxes::<G, 3>::new(ground, queries, points))),
        _ => None,
    }
}

fn rows<const D: usize>(points: ArrayView2<'_, f64>) -> Vec<[f64; D]> {
    points.outer_iter().map(|row| std::array::from_fn(|k| row[k])).collect()
}

impl<'a, G: GroundCost, const D: usize> Boxes<'a, G, D> {
    fn new(ground: &'a G, queries: ArrayView2<'_, f64>, points: ArrayView2<'_, f64>) -> Self {
        let bound = match (ground.is_squared_distance(), ground.is_euclidean()) {
            (true, _) => Bound::Squared,
            (_, true) => Bound::Euclidean,
            _ => Bound::Box,
        };
        let queries = rows::<D>(queries);
        let places = kd_order(points);
        let all = rows::<D>(points);
        let points: Vec<[f64; D]> = places.iter().map(|&j| all[j]).collect();
        #[expect(clippy::cast_possible_truncation, reason = "2³² points would not fit in memory")]
        let order = places.iter().map(|&j| j as u32).collect();
        let mut leaves = vec![[[0.0; LEAF]; D]; points.len().div_ceil(LEAF)];
        for (j, y) in points.iter().enumerate() {
            for k in 0..D {
                leaves[j / LEAF][k][j % LEAF] = y[k];
            }
        }
        let mut nodes = Vec::with_capacity(2 * leaves.len());
        let (low, high) = grow(&points, 0, &mut nodes);
        let extent = queries.iter().fold((low, high), |(low, high), x| {
            let (mut low, mut high) = (low, high);
            widen(&mut low, &mut high, x);
            (low, high)
        });
        let extent: [f64; D] = std::array::from_fn(|k| extent.1[k] - extent.0[k]);
        let reach = at_differences(ground, extent);
        let v = vec![f64::NEG_INFINITY; leaves.len() * LEAF];
        let margin = MARGIN * reach;
        Self { ground, bound, queries, leaves, order, nodes, v, reach, margin }
    }
}

/// c(x, y) for |x − y| coordinate by coordinate.
#[inline(always)]
fn at_differences<G: GroundCost, const D: usize>(ground: &G, differences: [f64; D]) -> f64 {
    let mut out = [0.0];
    ground.block(&differences, &[&[0.0][..]; D], &mut out);
    out[0]
}

fn widen<const D: usize>(low: &mut [f64; D], high: &mut [f64; D], x: &[f64; D]) {
    for k in 0..D {
        low[k] = low[k].min(x[k]);
        high[k] = high[k].max(x[k]);
    }
}

/// Adds the box of a run of points, and the boxes it is made of; its bounds.
fn grow<const D: usize>(
    points: &[[f64; D]],
    start: usize,
    nodes: &mut Vec<Node<D>>,
) -> ([f64; D], [f64; D]) {
    let place = nodes.len();
    let (mut low, mut high) = ([f64::INFINITY; D], [f64::NEG_INFINITY; D]);
    #[expect(clippy::cast_possible_truncation, reason = "2³² points would not fit in memory")]
    let [first, end] = [start as u32, (start + points.len()) as u32];
    nodes.push(Node {
        centre: [0.0; D],
        half: [0.0; D],
        value: f64::NEG_INFINITY,
        slope: [0.0; D],
        start: first,
        end,
        second: 0,
    });
    if let Some(middle) = split(points.len(), LEAF) {
        let (left, right) = points.split_at(middle);
        (low, high) = grow(left, start, nodes);
        #[expect(clippy::cast_possible_truncation, reason = "fewer nodes than points")]
        let second = nodes.len() as u32;
        nodes[place].second = second;
        let of_right = grow(right, start + middle, nodes);
        widen(&mut low, &mut high, &of_right.0);
        widen(&mut low, &mut high, &of_right.1);
    } else {
        for y in points {
            widen(&mut low, &mut high, y);
        }
    }
    let node = &mut nodes[place];
    node.centre = std::array::from_fn(|k| low[k] + 0.5 * (high[k] - low[k]));
    node.half = std::array::from_fn(|k| (high[k] - node.centre[k]).max(node.centre[k] - low[k]));
    (low, high)
}

impl<G: GroundCost, const D: usize> Search for Boxes<'_, G, D> {
    fn fit(&mut self, v: &[f64]) {
        for (kept, &j) in self.v.iter_mut().zip(&self.order) {
            *kept = v[j as usize];
        }
        let sizes = v.iter().filter(|v| v.is_finite()).map(|v| v.abs());
        let size = self.reach + 2.0 * sizes.fold(0.0, f64::max);
        self.margin = MARGIN * size;
        let (bound, leaves, v) = (self.bound, &self.leaves, &self.v);
        self.nodes.par_iter_mut().for_each(|node| node.fit(bound, size, leaves, v));
    }

    fn smallest(&self, query: usize, keep: usize, limit: f64, found: &mut Vec<(f64, u32)>) {
        found.clear();
        if keep == 0 {
            return;
        }
        descend(self, &self.queries[query], keep, limit, found);
        for (_, place) in found {
            *place = self.order[*place as usize];
        }
    }
}

impl<const D: usize> Node<D> {
    /// Fits v, or v − ‖y − z‖², linearly: least squares, then raised above all points.
    fn fit(&mut self, bound: Bound, size: f64, leaves: &[[[f64; LEAF]; D]], v: &[f64]) {
        let centre = self.centre;
        let of_node = (self.start as usize..self.end as usize).filter(|&j| v[j].is_finite());
        let at = |j: usize| {
            let t: [f64; D] = std::array::from_fn(|k| leaves[j / LEAF][k][j % LEAF] - centre[k]);
            let square: f64 = t.iter().map(|t| t * t).sum();
            (t, if bound == Bound::Squared { v[j] - square } else { v[j] })
        };
        self.slope = match bound {
            Bound::Box => [0.0; D],
            Bound::Euclidean | Bound::Squared => slope(of_node.clone().map(at)),
        };
        // A slope that a box without breadth made steep would only add to the rounding.
        let rise: f64 = self.slope.iter().zip(&self.half).map(|(a, h)| (a * h).abs()).sum();
        if rise > size || rise.is_nan() {
            self.slope = [0.0; D];
        }
        let rest = |(t, w): ([f64; D], f64)| w - dot(&self.slope, &t);
        self.value = of_node.map(at).map(rest).fold(f64::NEG_INFINITY, f64::max);
    }

    /// A lower bound of c(x, y) − v(y) in the box, but for rounding.
    #[inline(always)]
    fn bound<G: GroundCost>(&self, ground: &G, bound: Bound, x: &[f64; D]) -> f64 {
        let away: [f64; D] = std::array::from_fn(|k| self.centre[k] - x[k]);
        match bound {
            Bound::Euclidean => {
                let distance = dot(&away, &away).sqrt();
                let unit = if distance > 0.0 { 1.0 / distance } else { 0.0 };
                let slack: f64 =
                    (0..D).map(|k| (away[k] * unit - self.slope[k]).abs() * self.half[k]).sum();
                distance - self.value - slack
            }
            Bound::Squared => {
                let slack: f64 =
                    (0..D).map(|k| (2.0 * away[k] - self.slope[k]).abs() * self.half[k]).sum();
                dot(&away, &away) - self.value - slack
            }
            Bound::Box => {
                // Rounded down: near 0 a root makes a large cost of a small difference.
                let gap: [f64; D] = std::array::from_fn(|k| {
                    ((1.0 - GAP) * away[k].abs() - (1.0 + GAP) * self.half[k]).max(0.0)
                });
                at_differences(ground, gap) - self.value
            }
        }
    }
}

#[inline(always)]
fn dot<const D: usize>(a: &[f64; D], b: &[f64; D]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The slope of the least-squares line through points (t, w), by Cholesky's factors of their
/// covariance with a ridge.
fn slope<const D: usize>(points: impl Iterator<Item = ([f64; D], f64)> + Clone) -> [f64; D] {
    const RIDGE: f64 = 1e-9;
    let count = points.clone().count().max(1) as f64;
    let (mut mean, mut level) = ([0.0; D], 0.0);
    for (t, w) in points.clone() {
        level += w / count;
        for k in 0..D {
            mean[k] += t[k] / count;
        }
    }
    let (mut covariance, mut moment) = ([[0.0; D]; D], [0.0; D]);
    for (t, w) in points {
        for k in 0..D {
            moment[k] += (t[k] - mean[k]) * (w - level);
            for l in 0..=k {
                covariance[k][l] += (t[k] - mean[k]) * (t[l] - mean[l]);
            }
        }
    }
    let ridge = RIDGE * (0..D).map(|k| covariance[k][k]).sum::<f64>();
    let mut factor = [[0.0; D]; D];
    for k in 0..D {
        for l in 0..k {
            let known: f64 = (0..l).map(|i| factor[k][i] * factor[l][i]).sum();
            factor[k][l] = (covariance[k][l] - known) / factor[l][l];
        }
        let known: f64 = (0..k).map(|i| factor[k][i] * factor[k][i]).sum();
        let pivot = covariance[k][k] + ridge - known;
        if pivot <= 0.0 || pivot.is_nan() {
            return [0.0; D];
        }
        factor[k][k] = pivot.sqrt();
    }
    let mut slope = moment;
    for k in 0..D {
        let known: f64 = (0..k).map(|i| factor[k][i] * slope[i]).sum();
        slope[k] = (slope[k] - known) / factor[k][k];
    }
    for k in (0..D).rev() {
        let known: f64 = (k + 1..D).map(|i| factor[i][k] * slope[i]).sum();
        slope[k] = (slope[k] - known) / factor[k][k];
    }
    slope
}

/// Depth-first, the nearer box first; `found` gets places in the order of the tree.
#[multiversion(
    targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2+fma"),
    dispatcher = "direct"
)]
fn descend<G: GroundCost, const D: usize>(
    tree: &Boxes<'_, G, D>,
    x: &[f64; D],
    keep: usize,
    limit: f64,
    found: &mut Vec<(f64, u32)>,
) {
    /// Twice the depth of a tree over all points there can be.
    const DEPTH: usize = 64;
    let Boxes { ground, bound, nodes, margin, .. } = tree;
    let below = |node: u32| nodes[node as usize].bound(*ground, *bound, x) - margin;
    let mut limit = limit;
    let mut open = [(0.0, 0); DEPTH];
    let mut count = 1;
    open[0] = (below(0), 0);
    while count > 0 {
        count -= 1;
        let (least, place) = open[count];
        if least >= limit {
            continue;
        }
        let node = &nodes[place as usize];
        if node.second == 0 {
            limit = tree.look_at_leaf(node.start as usize, x, keep, limit, found);
            continue;
        }
        let (first, second) = ((below(place + 1), place + 1), (below(node.second), node.second));
        let (near, far) = if first.0 <= second.0 { (first, second) } else { (second, first) };
        for child in [far, near] {
            if child.0 < limit {
                open[count] = child;
                count += 1;
            }
        }
    }
}

impl<G: GroundCost, const D: usize> Boxes<'_, G, D> {
    /// Merges the points of a leaf into what was found; the limit from now on.
    #[inline(always)]
    fn look_at_leaf(
        &self,
        start: usize,
        x: &[f64; D],
        keep: usize,
        limit: f64,
        found: &mut Vec<(f64, u32)>,
    ) -> f64 {
        let mut limit = limit;
        let leaf = &self.leaves[start / LEAF];
        let columns: [&[f64]; D] = std::array::from_fn(|k| &leaf[k][..]);
        let mut reduced = [0.0; LEAF];
        self.ground.block(x, &columns, &mut reduced);
        for (reduced, v) in reduced.iter_mut().zip(&self.v[start..start + LEAF]) {
            *reduced -= v;
        }
        let least = reduced.iter().fold(f64::INFINITY, |m, &r| if r < m { r } else { m });
        if least >= limit {
            return limit;
        }
        for (place, &value) in (start..).zip(&reduced) {
            if value < limit {
                found.truncate(keep - 1);
                let after = found.partition_point(|kept| kept.0 <= value);
                #[expect(clippy::cast_possible_truncation, reason = "places are u32")]
                found.insert(after, (value, place as u32));
                if found.len() == keep {
                    limit = limit.min(found[keep - 1].0);
                }
            }
        }
        limit
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Chebyshev, Cost, Euclidean, Minkowski, PointCost, Power, SqEuclidean};
    use super::*;
    use crate::measure::DiscreteMeasure;
    use crate::seed::Seed;
    use ndarray::Array2;

    /// All of them, sorted.
    fn naive(cost: &dyn Cost, i: usize, v: &[f64], limit: f64) -> Vec<f64> {
        let mut all: Vec<f64> = (0..v.len()).map(|j| cost.at(i, j) - v[j]).collect();
        all.retain(|&r| r < limit);
        all.sort_by(f64::total_cmp);
        all
    }

    fn check<G: GroundCost>(ground: G, d: usize, offset: f64, far: f64) {
        let mut stream = Seed(d as u64).stream("search");
        let mut draw = |n: usize, shift: f64| {
            let points = Array2::from_shape_simple_fn((n, d), || stream.normal() + offset + shift);
            DiscreteMeasure::uniform(points).unwrap()
        };
        let (x, y) = (draw(40, far), draw(500, 0.0));
        let cost = PointCost::new(&x, &y, ground).unwrap();
        // A rough c-transform, some noise, and points to be ignored.
        let mut v: Vec<f64> =
            (0..500).map(|j| (0..8).map(|i| cost.at(i, j)).fold(f64::INFINITY, f64::min)).collect();
        for v in v.iter_mut().step_by(7) {
            *v = f64::NEG_INFINITY;
        }
        let mut search = cost.search_targets().unwrap();
        search.fit(&v);
        let mut found = Vec::new();
        for i in 0..40 {
            for (keep, limit) in [(1, f64::INFINITY), (10, f64::INFINITY), (400, 0.3 * far)] {
                search.smallest(i, keep, limit, &mut found);
                let mut expected = naive(&cost, i, &v, limit);
                expected.truncate(keep);
                let values: Vec<f64> = found.iter().map(|entry| entry.0).collect();
                assert_eq!(values, expected, "{} in {d}", cost.ground().name());
                assert!(found.iter().all(|&(r, j)| r == cost.at(i, j as usize) - v[j as usize]));
            }
        }
    }

    #[test]
    fn the_search_finds_what_looking_at_all_points_finds() {
        for d in 1..=3 {
            for (offset, far) in [(0.0, 0.0), (0.0, 30.0), (1e8, 3.0)] {
                check(Euclidean, d, offset, far);
                check(SqEuclidean, d, offset, far);
                check(Chebyshev, d, offset, far);
                check(Minkowski::new(3.0).unwrap(), d, offset, far);
                check(Power::new(Euclidean, 0.5).unwrap(), d, offset, far);
            }
        }
    }

    #[test]
    fn roots_of_no_distance_are_found_on_the_edges_of_boxes() {
        for (d, offset) in [(1, 0.0), (2, 0.0), (2, 1e8), (3, 7.0)] {
            let mut stream = Seed(d as u64).stream("edges");
            let draw = || 0.1 * stream.normal() + offset;
            let points = Array2::from_shape_simple_fn((2000, d), draw);
            let cloud = DiscreteMeasure::uniform(points).unwrap();
            let ground = Power::new(Euclidean, 0.05).unwrap();
            let cost = PointCost::new(&cloud, &cloud, ground).unwrap();
            let mut search = cost.search_targets().unwrap();
            search.fit(&[0.0; 2000]);
            let mut found = Vec::new();
            for i in 0..2000 {
                search.smallest(i, 1, f64::INFINITY, &mut found);
                assert_eq!(found[0].0, 0.0, "{d} {offset} {i}");
            }
        }
    }

    #[test]
    fn duplicates_and_single_points_are_no_trouble() {
        for n in [1, LEAF, LEAF + 1, 200] {
            let x = DiscreteMeasure::uniform(Array2::ones((n, 2))).unwrap();
            let cost = PointCost::new(&x, &x, Euclidean).unwrap();
            let mut search = cost.search_sources().unwrap();
            search.fit(&vec![0.25; n]);
            let mut found = Vec::new();
            search.smallest(0, 5, f64::INFINITY, &mut found);
            assert_eq!(found.len(), n.min(5));
            assert!(found.iter().all(|entry| entry.0 == -0.25));
            search.smallest(0, 5, -0.25, &mut found);
            assert!(found.is_empty());
        }
    }
}
