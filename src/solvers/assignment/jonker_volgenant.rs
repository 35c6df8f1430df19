//! The dense algorithm of Jonker and Volgenant, which reads every arc, row by row in SIMD lanes. For
//! small problems.

use std::ops::BitOr;

use macro_rules_attribute::apply;

use super::matching::{FREE, Matching};
use crate::cost::Cost;
use crate::math::{position_of, simd_targets, smallest_lane};
use crate::potentials::smallest_difference;

const LANES: usize = 16;

/// Working memory of [`DenseSearch::augment`] and [`DenseSearch::reduce`], reused from row to row.
pub(super) struct DenseSearch<'a> {
    cost: &'a dyn Cost,
    buffer: Vec<f64>,
    /// g of the columns not yet scanned, −∞ for the others: their distances become +∞.
    open: Vec<f64>,
    /// Distance of the columns not yet scanned, +∞ for the others.
    distance: Vec<f64>,
    /// The row each column is reached from.
    tree: Vec<u32>,
    scanned: Vec<(u32, f64)>,
}

impl<'a> DenseSearch<'a> {
    pub(super) fn new(cost: &'a dyn Cost) -> Self {
        let m = cost.m();
        Self {
            cost,
            buffer: vec![0.0; m],
            open: Vec::with_capacity(m),
            distance: Vec::with_capacity(m),
            tree: vec![0; m],
            scanned: Vec::new(),
        }
    }

    /// Augmenting row reduction: each free row takes its cheapest column at the price that makes
    /// the second-cheapest as good, and frees the row that was matched with it. One bid a row on
    /// average; the remaining rows stay free, since augmenting paths are faster than price wars.
    pub(super) fn reduce(&mut self, matching: &mut Matching) {
        let mut free = matching.free_rows();
        free.reverse();
        for _ in 0..matching.g.len() {
            let Some(i) = free.pop() else { return };
            let i = i as usize;
            let row = self.cost.row(i, &mut self.buffer);
            let (smallest, second) = two_smallest(row, &matching.g);
            let mut j = position(row, &matching.g, smallest, 0);
            if matching.row_of[j] != FREE && second == smallest {
                j = position(row, &matching.g, smallest, j + 1);
            }
            let (cost, owner) = (row[j], matching.row_of[j]);
            if owner != FREE && second == smallest {
                continue;
            }
            if second.is_finite() {
                matching.g[j] -= second - smallest;
            }
            if owner != FREE {
                matching.column_of[owner as usize] = FREE;
                free.push(owner);
            }
            matching.join(i, j, cost);
        }
    }

    /// Matches the free row `start` along a shortest alternating path (Dijkstra on the reduced
    /// costs).
    pub(super) fn augment(&mut self, matching: &mut Matching, start: usize) {
        let m = matching.g.len();
        self.open.clone_from(&matching.g);
        self.distance.clear();
        self.distance.resize(m, f64::INFINITY);
        self.scanned.clear();
        let (mut i, mut reached) = (start, 0.0);
        let row = self.cost.row(start, &mut self.buffer);
        matching.f[start] = smallest_difference(row, &matching.g);
        let (end, last) = loop {
            let row = self.cost.row(i, &mut self.buffer);
            let (distance, tree) = (&mut self.distance, &mut self.tree);
            let nearest = relax(row, &self.open, matching.f[i], reached, i as u32, distance, tree);
            let j = closest(&self.distance, nearest, &matching.row_of);
            if matching.row_of[j] == FREE {
                break (nearest, j);
            }
            self.scanned.push((j as u32, nearest));
            self.distance[j] = f64::INFINITY;
            self.open[j] = f64::NEG_INFINITY;
            (i, reached) = (matching.row_of[j] as usize, nearest);
        };
        let (cost, tree) = (self.cost, &self.tree);
        matching
            .augment(&self.scanned, end, last, start, |j| (tree[j], cost.at(tree[j] as usize, j)));
    }
}

/// The smallest and the second-smallest `row_j − g_j` (equal on ties).
#[apply(simd_targets)]
fn two_smallest(row: &[f64], g: &[f64]) -> (f64, f64) {
    let mut first = [f64::INFINITY; LANES];
    let mut second = [f64::INFINITY; LANES];
    let (rows, row_rest) = row.as_chunks::<LANES>();
    let (gs, g_rest) = g.as_chunks::<LANES>();
    for (row, g) in rows.iter().zip(gs) {
        for k in 0..LANES {
            let d = row[k] - g[k];
            let larger = if d > first[k] { d } else { first[k] };
            first[k] = if d < first[k] { d } else { first[k] };
            second[k] = if larger < second[k] { larger } else { second[k] };
        }
    }
    for (k, (c, g)) in row_rest.iter().zip(g_rest).enumerate() {
        let d = c - g;
        let larger = if d > first[k] { d } else { first[k] };
        first[k] = if d < first[k] { d } else { first[k] };
        second[k] = if larger < second[k] { larger } else { second[k] };
    }
    let mut half = LANES / 2;
    while half > 0 {
        for k in 0..half {
            let (a, b) = (first[k], first[k + half]);
            let (less, larger) = if b < a { (b, a) } else { (a, b) };
            let (a, b) = (second[k], second[k + half]);
            let next = if b < a { b } else { a };
            first[k] = less;
            second[k] = if larger < next { larger } else { next };
        }
        half /= 2;
    }
    (first[0], second[0])
}

/// The first j ≥ from with `row_j − g_j = value`.
#[apply(simd_targets)]
fn position(row: &[f64], g: &[f64], value: f64, from: usize) -> usize {
    let found = position_of(value, &row[from..], &g[from..], |c, g| c - g);
    from + found.expect("the minimum is attained")
}

/// Relaxes the distances of the open columns by paths through row i; returns the smallest distance.
#[apply(simd_targets)]
fn relax(
    row: &[f64],
    open: &[f64],
    f: f64,
    reached: f64,
    i: u32,
    distance: &mut [f64],
    tree: &mut [u32],
) -> f64 {
    let mut smallest = [f64::INFINITY; LANES];
    let (rows, row_rest) = row.as_chunks::<LANES>();
    let (opens, open_rest) = open.as_chunks::<LANES>();
    let (distances, distance_rest) = distance.as_chunks_mut::<LANES>();
    let (trees, tree_rest) = tree.as_chunks_mut::<LANES>();
    for (((row, open), distance), tree) in rows.iter().zip(opens).zip(distances).zip(trees) {
        for k in 0..LANES {
            let d = ((row[k] - open[k]) - f) + reached;
            let closer = d < distance[k];
            distance[k] = if closer { d } else { distance[k] };
            tree[k] = if closer { i } else { tree[k] };
            smallest[k] = if distance[k] < smallest[k] { distance[k] } else { smallest[k] };
        }
    }
    let rest = row_rest.iter().zip(open_rest).zip(distance_rest).zip(tree_rest);
    for ((((row, open), distance), tree), smallest) in rest.zip(&mut smallest) {
        let d = ((row - open) - f) + reached;
        let closer = d < *distance;
        *distance = if closer { d } else { *distance };
        *tree = if closer { i } else { *tree };
        *smallest = if *distance < *smallest { *distance } else { *smallest };
    }
    smallest_lane(smallest)
}

/// A column at the given distance, a free one if there is one.
#[apply(simd_targets)]
fn closest(distance: &[f64], nearest: f64, row_of: &[u32]) -> usize {
    let mut found = usize::MAX;
    for (block, chunk) in distance.chunks(LANES).enumerate() {
        if chunk.iter().map(|d| *d == nearest).fold(false, BitOr::bitor) {
            for (k, _) in chunk.iter().enumerate().filter(|(_, d)| **d == nearest) {
                found = block * LANES + k;
                if row_of[found] == FREE {
                    return found;
                }
            }
        }
    }
    found
}
