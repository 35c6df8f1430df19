//! Search for the smallest reduced costs `c(x, y_j) − v_j` of a point x by a k-d tree with bounds.
//!
//! **Problem.** For potentials v of m points y in few dimensions and a point x: the k smallest
//! `c(x, y_j) − v_j`. That is a c-transform for k = 1, the candidates of a source for k = 10, and,
//! for all values below f(x), the pricing of a row.
//!
//! **Idea.** A balanced k-d tree over y, three levels at a time: eight boxes form a larger one, and their
//! bounds are computed together in SIMD lanes. The distance to a box minus the largest v in it is a
//! lower bound, but a weak one where mass travels far: v then changes as fast as the cost. So v is
//! bounded by a linear function in every box with center z and half-widths h,
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
//! Other costs, which increase with every coordinate's difference, use the distance to the box and the
//! largest v. Bounds are decreased by more than their rounding errors; costs that they do not exclude
//! are computed as in the table, to the bit.
//!
//! **Complexity.** O(m log m) for the tree and for a fit. A query visits some dozens of points
//! where v is smooth and O(m) at worst.
//!
//! **References.** Bentley 1975, "Multidimensional binary search trees used for associative
//! searching", Commun. ACM 18; Schmitzer 2016, "A sparse multiscale algorithm for dense optimal
//! transport", J. Math. Imaging Vis. 56 (pricing by boxes); Lawson, Hanson 1974, "Solving least
//! squares problems".
//!
//! **Failure modes.** Beyond three dimensions boxes overlap too much: see `f32_filter`.

use std::ops::Range;

use macro_rules_attribute::apply;
use ndarray::ArrayView2;
use rayon::prelude::*;

use super::Search;
use super::dissimilarity::Dissimilarity;
use crate::math::simd_targets;
use crate::spatial::kd_order;

/// Points of a leaf, whose costs are computed together.
const POINTS_PER_LEAF: usize = 16;

/// Decrease of bounds, relative to the largest numbers that enter them: they are sums of a dozen
/// terms, each rounded a few times.
const BOUND_MARGIN: f64 = 256.0 * f64::EPSILON;

/// The relative error of a difference of coordinates, and of half a box's width, at most.
const WIDTH_ERROR: f64 = 4.0 * f64::EPSILON;

/// The kind of lower bound of a cost in a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CostBound {
    Euclidean,
    Squared,
    Box,
}

/// Boxes whose bounds are computed at once, in SIMD lanes.
const LANES: usize = 8;

/// The boxes of which a larger one consists.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct BoxFamily<const D: usize> {
    center: [[f64; LANES]; D],
    half: [[f64; LANES]; D],
    /// v₀ and a; v₀ = −∞ in empty boxes.
    value: [f64; LANES],
    slope: [[f64; LANES]; D],
    /// The place of the contents of the first box; those of the others follow.
    first: u32,
    /// Points in each box, and points before the first box, in the order of the tree.
    run: u32,
    start: u32,
}

/// The tree. Places are numbered from the leaves up: all leaves, the families of leaves, the families
/// of those, and last the family that contains all.
struct KdSearch<'a, G, const D: usize> {
    ground: &'a G,
    bound: CostBound,
    queries: Vec<[f64; D]>,
    /// The points, leaf by leaf, coordinate by coordinate.
    leaves: Vec<[[f64; POINTS_PER_LEAF]; D]>,
    families: Vec<BoxFamily<D>>,
    /// Places of the points in the table.
    order: Vec<u32>,
    v: Vec<f64>,
    /// Upper bound of all costs.
    reach: f64,
    margin: f64,
}

/// A search for `points` (m, d) from `queries` (n, d); `None` beyond three dimensions.
pub(super) fn search<'a, G: Dissimilarity>(
    ground: &'a G,
    queries: ArrayView2<'_, f64>,
    points: ArrayView2<'_, f64>,
) -> Option<Box<dyn Search + 'a>> {
    match points.ncols() {
        1 => Some(Box::new(KdSearch::<G, 1>::new(ground, queries, points))),
        2 => Some(Box::new(KdSearch::<G, 2>::new(ground, queries, points))),
        3 => Some(Box::new(KdSearch::<G, 3>::new(ground, queries, points))),
        _ => None,
    }
}

fn rows<const D: usize>(points: ArrayView2<'_, f64>) -> Vec<[f64; D]> {
    points.outer_iter().map(|row| std::array::from_fn(|k| row[k])).collect()
}

impl<'a, G: Dissimilarity, const D: usize> KdSearch<'a, G, D> {
    fn new(ground: &'a G, queries: ArrayView2<'_, f64>, points: ArrayView2<'_, f64>) -> Self {
        let bound = match (ground.is_squared_distance(), ground.is_euclidean()) {
            (true, _) => CostBound::Squared,
            (_, true) => CostBound::Euclidean,
            _ => CostBound::Box,
        };
        let queries = rows::<D>(queries);
        let places = kd_order(points);
        let all = rows::<D>(points);
        let points: Vec<[f64; D]> = places.iter().map(|&j| all[j]).collect();
        #[expect(clippy::cast_possible_truncation, reason = "2³² points would not fit in memory")]
        let order = places.iter().map(|&j| j as u32).collect();
        let mut leaves = vec![[[0.0; POINTS_PER_LEAF]; D]; points.len().div_ceil(POINTS_PER_LEAF)];
        for (j, y) in points.iter().enumerate() {
            for k in 0..D {
                leaves[j / POINTS_PER_LEAF][k][j % POINTS_PER_LEAF] = y[k];
            }
        }
        let families = families(&points, leaves.len());
        let (mut low, mut high) = ([f64::INFINITY; D], [f64::NEG_INFINITY; D]);
        for x in queries.iter().chain(&points) {
            widen(&mut low, &mut high, x);
        }
        let extent: [f64; D] = std::array::from_fn(|k| high[k] - low[k]);
        let [reach] = at_differences(ground, &extent.map(|width| [width]));
        let v = vec![f64::NEG_INFINITY; leaves.len() * POINTS_PER_LEAF];
        let margin = BOUND_MARGIN * reach;
        Self { ground, bound, queries, leaves, families, order, v, reach, margin }
    }
}

/// c(x, y) for |x − y| coordinate by coordinate.
#[inline(always)]
fn at_differences<G: Dissimilarity, const D: usize, const N: usize>(
    ground: &G,
    differences: &[[f64; N]; D],
) -> [f64; N] {
    let mut out = [0.0; N];
    let columns: [&[f64]; D] = std::array::from_fn(|k| &differences[k][..]);
    ground.block(&[0.0; D], &columns, &mut out);
    out
}

fn widen<const D: usize>(low: &mut [f64; D], high: &mut [f64; D], x: &[f64; D]) {
    for k in 0..D {
        low[k] = low[k].min(x[k]);
        high[k] = high[k].max(x[k]);
    }
}

/// The boxes of consecutive points in k-d order, the smallest first.
fn families<const D: usize>(points: &[[f64; D]], leaves: usize) -> Vec<BoxFamily<D>> {
    let mut families = Vec::new();
    let (mut place, mut boxes, mut run) = (0, leaves, POINTS_PER_LEAF);
    while boxes > 1 {
        let firsts = (0..boxes).step_by(LANES);
        families.extend(firsts.map(|k| BoxFamily::new(points, k * run, run, place + k)));
        place += boxes;
        (boxes, run) = (boxes.div_ceil(LANES), LANES * run);
    }
    families
}

impl<G: Dissimilarity, const D: usize> Search for KdSearch<'_, G, D> {
    fn fit(&mut self, v: &[f64]) {
        for (kept, &j) in self.v.iter_mut().zip(&self.order) {
            *kept = v[j as usize];
        }
        let sizes = v.iter().filter(|v| v.is_finite()).map(|v| v.abs());
        let size = self.reach + 2.0 * sizes.fold(0.0, f64::max);
        self.margin = BOUND_MARGIN * size;
        let (bound, leaves, v) = (self.bound, &self.leaves, &self.v);
        self.families.par_iter_mut().for_each(|family| family.fit(bound, size, leaves, v));
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

impl<const D: usize> BoxFamily<D> {
    #[expect(clippy::cast_possible_truncation, reason = "2³² points would not fit in memory")]
    fn new(points: &[[f64; D]], start: usize, run: usize, first: usize) -> Self {
        let mut family = Self {
            center: [[0.0; LANES]; D],
            half: [[0.0; LANES]; D],
            value: [f64::NEG_INFINITY; LANES],
            slope: [[0.0; LANES]; D],
            first: first as u32,
            run: run as u32,
            start: start as u32,
        };
        for lane in 0..LANES {
            let (mut low, mut high) = ([f64::INFINITY; D], [f64::NEG_INFINITY; D]);
            let within = family.within(lane, points.len());
            if within.is_empty() {
                break;
            }
            for y in &points[within] {
                widen(&mut low, &mut high, y);
            }
            for k in 0..D {
                let center = low[k] + 0.5 * (high[k] - low[k]);
                family.center[k][lane] = center;
                family.half[k][lane] = (high[k] - center).max(center - low[k]);
            }
        }
        family
    }

    /// The points of a box, out of `points`.
    fn within(&self, lane: usize, points: usize) -> Range<usize> {
        let start = self.start as usize + lane * self.run as usize;
        start.min(points)..(start + self.run as usize).min(points)
    }

    /// Bounds v, or v − ‖y − z‖², by a linear function in each box: a least-squares fit, raised above all
    /// points.
    fn fit(
        &mut self,
        bound: CostBound,
        size: f64,
        leaves: &[[[f64; POINTS_PER_LEAF]; D]],
        v: &[f64],
    ) {
        for lane in 0..LANES {
            let center: [f64; D] = std::array::from_fn(|k| self.center[k][lane]);
            let within = self.within(lane, v.len()).filter(|&j| v[j].is_finite());
            let at = |j: usize| {
                let t: [f64; D] = std::array::from_fn(|k| {
                    leaves[j / POINTS_PER_LEAF][k][j % POINTS_PER_LEAF] - center[k]
                });
                let square: f64 = t.iter().map(|t| t * t).sum();
                (t, if bound == CostBound::Squared { v[j] - square } else { v[j] })
            };
            let mut slope = match bound {
                CostBound::Box => [0.0; D],
                CostBound::Euclidean | CostBound::Squared => slope(within.clone().map(at)),
            };
            // A steep slope, of a box without width, would only increase the rounding.
            let rise: f64 = (0..D).map(|k| (slope[k] * self.half[k][lane]).abs()).sum();
            if rise > size || rise.is_nan() {
                slope = [0.0; D];
            }
            let rest = |(t, w): ([f64; D], f64)| w - dot(&slope, &t);
            self.value[lane] = within.map(at).map(rest).fold(f64::NEG_INFINITY, f64::max);
            for (slopes, slope) in self.slope.iter_mut().zip(slope) {
                slopes[lane] = slope;
            }
        }
    }

    /// Lower bounds of c(x, y) − v(y) in the boxes, up to rounding; infinite for empty boxes.
    #[inline(always)]
    fn bounds<G: Dissimilarity>(&self, ground: &G, bound: CostBound, x: &[f64; D]) -> [f64; LANES] {
        let Self { center, half, value, slope, .. } = self;
        let (mut away, mut square) = ([[0.0; LANES]; D], [0.0; LANES]);
        for k in 0..D {
            for l in 0..LANES {
                away[k][l] = center[k][l] - x[k];
                square[l] += away[k][l] * away[k][l];
            }
        }
        let mut bounds = [0.0; LANES];
        match bound {
            CostBound::Euclidean => {
                let mut unit = [0.0; LANES];
                for l in 0..LANES {
                    let distance = square[l].sqrt();
                    unit[l] = if distance > 0.0 { 1.0 / distance } else { 0.0 };
                    bounds[l] = distance - value[l];
                }
                for k in 0..D {
                    for l in 0..LANES {
                        bounds[l] -= (away[k][l] * unit[l] - slope[k][l]).abs() * half[k][l];
                    }
                }
            }
            CostBound::Squared => {
                for l in 0..LANES {
                    bounds[l] = square[l] - value[l];
                }
                for k in 0..D {
                    for l in 0..LANES {
                        bounds[l] -= (2.0 * away[k][l] - slope[k][l]).abs() * half[k][l];
                    }
                }
            }
            CostBound::Box => {
                // Rounded down: near 0 a root makes a large cost of a small difference.
                for (away, half) in away.iter_mut().zip(half) {
                    for l in 0..LANES {
                        away[l] = ((1.0 - WIDTH_ERROR) * away[l].abs()
                            - (1.0 + WIDTH_ERROR) * half[l])
                            .max(0.0);
                    }
                }
                bounds = at_differences(ground, &away);
                for l in 0..LANES {
                    bounds[l] -= value[l];
                }
            }
        }
        bounds
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

/// Depth-first, the nearest box first; `found` gets places in the order of the tree.
#[apply(simd_targets)]
fn descend<G: Dissimilarity, const D: usize>(
    tree: &KdSearch<'_, G, D>,
    x: &[f64; D],
    keep: usize,
    limit: f64,
    found: &mut Vec<(f64, u32)>,
) {
    /// Boxes open at a time: at most eight in each of the ten generations of 2³² points.
    const OPEN: usize = 10 * LANES;
    let KdSearch { ground, bound, leaves, families, margin, .. } = tree;
    let mut limit = limit;
    let mut open = [(f64::NEG_INFINITY, 0); OPEN];
    let mut count = 1;
    open[0].1 = leaves.len() + families.len() - 1;
    while count > 0 {
        count -= 1;
        let (least, place) = open[count];
        if least >= limit {
            continue;
        }
        let Some(family) = place.checked_sub(leaves.len()) else {
            limit = tree.search_leaf(place, x, keep, limit, found);
            continue;
        };
        let family = &families[family];
        let bounds = family.bounds(*ground, *bound, x).map(|least| least - margin);
        let nearest = count;
        for (lane, &least) in bounds.iter().enumerate() {
            if least < limit {
                let mut at = count;
                while at > nearest && open[at - 1].0 < least {
                    open[at] = open[at - 1];
                    at -= 1;
                }
                open[at] = (least, family.first as usize + lane);
                count += 1;
            }
        }
    }
}

impl<G: Dissimilarity, const D: usize> KdSearch<'_, G, D> {
    /// Merges the points of a leaf into those found; the new limit.
    #[inline(always)]
    fn search_leaf(
        &self,
        place: usize,
        x: &[f64; D],
        keep: usize,
        limit: f64,
        found: &mut Vec<(f64, u32)>,
    ) -> f64 {
        let (mut limit, start) = (limit, place * POINTS_PER_LEAF);
        let leaf = &self.leaves[place];
        let columns: [&[f64]; D] = std::array::from_fn(|k| &leaf[k][..]);
        let mut reduced = [0.0; POINTS_PER_LEAF];
        self.ground.block(x, &columns, &mut reduced);
        for (reduced, v) in reduced.iter_mut().zip(&self.v[start..start + POINTS_PER_LEAF]) {
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
mod tests;
