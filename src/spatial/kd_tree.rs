//! Nearest neighbors by a balanced k-d tree.
//!
//! A search descends to the nearest leaf first and skips every subtree whose box is farther away than
//! the k-th nearest point so far. It visits about O(k + log n) points in few dimensions, all n in many.
//!
//! Bentley 1975 (see [`kd_order`]); Friedman, Bentley, Finkel 1977, "An algorithm for finding best
//! matches in logarithmic expected time", ACM Trans. Math. Softw. 3.

use ndarray::ArrayView2;

use super::{LEAF, box_of, kd_order, split};

/// Points in the order of a k-d tree, with the boxes of its subtrees.
pub(crate) struct KdTree {
    /// Row-major.
    points: Vec<f64>,
    dim: usize,
    /// The root first, every node before its children.
    nodes: Vec<KdNode>,
}

struct KdNode {
    start: usize,
    end: usize,
    /// (low, high) a coordinate.
    bounds: Vec<(f64, f64)>,
    /// Places of the two subtrees; `None` at a leaf.
    children: Option<[usize; 2]>,
}

impl KdTree {
    pub(crate) fn new(points: ArrayView2<'_, f64>) -> Self {
        let order = kd_order(points);
        let mut nodes = Vec::new();
        grow(points, &order, (0, order.len()), &mut nodes);
        let rows = order.iter().flat_map(|&i| points.row(i).to_vec());
        Self { points: rows.collect(), dim: points.ncols(), nodes }
    }

    /// The squared distance from x to the k-th nearest point, k ≥ 1; infinite if there are fewer.
    pub(crate) fn kth_nearest(&self, x: &[f64], k: usize) -> f64 {
        let mut nearest = vec![f64::INFINITY; k];
        self.search(0, x, &mut nearest);
        nearest[k - 1]
    }

    /// Merges the points of a subtree into the squared distances that are the smallest so far, in
    /// ascending order.
    fn search(&self, node: usize, x: &[f64], nearest: &mut [f64]) {
        let node = &self.nodes[node];
        let Some(children) = node.children else {
            let rows = &self.points[node.start * self.dim..node.end * self.dim];
            for y in rows.chunks_exact(self.dim) {
                insert(squared_distance(x, y), nearest);
            }
            return;
        };
        let mut away = children.map(|child| (squared_to_box(x, &self.nodes[child].bounds), child));
        if away[1].0 < away[0].0 {
            away.swap(0, 1);
        }
        for (distance, child) in away {
            if distance < nearest[nearest.len() - 1] {
                self.search(child, x, nearest);
            }
        }
    }
}

/// Appends the subtree of consecutive points of the order and returns its index.
fn grow(
    points: ArrayView2<'_, f64>,
    order: &[usize],
    (start, end): (usize, usize),
    nodes: &mut Vec<KdNode>,
) -> usize {
    let place = nodes.len();
    let bounds = box_of(points, &order[start..end]);
    nodes.push(KdNode { start, end, bounds, children: None });
    if let Some(half) = split(end - start, LEAF) {
        let middle = start + half;
        let left = grow(points, order, (start, middle), nodes);
        let right = grow(points, order, (middle, end), nodes);
        nodes[place].children = Some([left, right]);
    }
    place
}

fn insert(distance: f64, nearest: &mut [f64]) {
    let place = nearest.partition_point(|&other| other <= distance);
    if place < nearest.len() {
        nearest[place..].rotate_right(1);
        nearest[place] = distance;
    }
}

fn squared_to_box(x: &[f64], bounds: &[(f64, f64)]) -> f64 {
    let outside = x.iter().zip(bounds).map(|(x, (low, high))| (low - x).max(x - high).max(0.0));
    outside.map(|d| d * d).sum()
}

fn squared_distance(x: &[f64], y: &[f64]) -> f64 {
    const LANES: usize = 8;
    let mut sums = [0.0; LANES];
    let (xs, x_rest) = x.as_chunks::<LANES>();
    let (ys, y_rest) = y.as_chunks::<LANES>();
    for (x, y) in xs.iter().zip(ys) {
        for k in 0..LANES {
            let difference = x[k] - y[k];
            sums[k] += difference * difference;
        }
    }
    let rest: f64 = x_rest.iter().zip(y_rest).map(|(x, y)| (x - y) * (x - y)).sum();
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use ndarray::Array2;

    #[test]
    fn the_search_finds_what_looking_at_all_points_finds() {
        for (n, d) in [(1, 1), (40, 1), (700, 2), (300, 5), (100, 17)] {
            let mut stream = Seed(n as u64).stream("neighbors");
            let mut draw = || Array2::from_shape_simple_fn((n, d), || stream.normal());
            let (points, probes) = (draw(), draw());
            let tree = KdTree::new(points.view());
            for x in probes.outer_iter() {
                let x = x.to_vec();
                let mut all: Vec<f64> =
                    points.outer_iter().map(|y| squared_distance(&x, &y.to_vec())).collect();
                all.sort_by(f64::total_cmp);
                for k in [1, 2, 5] {
                    let expected = all.get(k - 1).copied().unwrap_or(f64::INFINITY);
                    assert_eq!(tree.kth_nearest(&x, k), expected, "{n} points, k = {k}");
                }
            }
        }
    }
}
