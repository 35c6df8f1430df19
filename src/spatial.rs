//! Local orders of points, in which consecutive points are neighbors in space, and nearest neighbors.

mod kd_tree;

pub(crate) use kd_tree::KdTree;

use ndarray::ArrayView2;

/// Points in a leaf of a k-d tree.
pub const LEAF: usize = 32;

/// Consecutive points of [`kd_order`] that have a box of their own, at least.
const LEAST_BOX_POINTS: usize = 4;

/// An order of points (n, d) in which every run of four from a multiple of it, and every run of
/// twice as many, four times as many and so on, fills a box of its own: that of a balanced k-d
/// tree (Bentley 1975, "Multidimensional binary search trees used for associative searching",
/// Commun. ACM 18), whose left subtrees are full. O(n·(d + log n)·log n).
pub(crate) fn kd_order(points: ArrayView2<'_, f64>) -> Vec<usize> {
    let mut order: Vec<usize> = (0..points.nrows()).collect();
    let mut open = vec![&mut order[..]];
    while let Some(run) = open.pop() {
        let Some(half) = split(run.len(), LEAST_BOX_POINTS) else { continue };
        let widest = box_of(points, run)
            .into_iter()
            .enumerate()
            .max_by(|(_, a), (_, b)| (a.1 - a.0).total_cmp(&(b.1 - b.0)))
            .map_or(0, |(k, _)| k);
        run.select_nth_unstable_by(half, |&a, &b| {
            points[(a, widest)].total_cmp(&points[(b, widest)]).then(a.cmp(&b))
        });
        let (left, right) = run.split_at_mut(half);
        open.extend([right, left]);
    }
    order
}

/// The length of the left subtree of consecutive points of [`kd_order`], where leaves have `leaf`
/// points (four times a power of two); `None` for a leaf.
pub(crate) fn split(points: usize, leaf: usize) -> Option<usize> {
    let leaves = points.div_ceil(leaf);
    (leaves >= 2).then(|| leaves.next_power_of_two() / 2 * leaf)
}

/// The bounding boxes, (low, high) a coordinate, of runs of `length` consecutive points.
pub(crate) fn boxes(points: ArrayView2<'_, f64>, length: usize) -> Vec<Vec<(f64, f64)>> {
    let all: Vec<usize> = (0..points.nrows()).collect();
    all.chunks(length).map(|run| box_of(points, run)).collect()
}

fn box_of(points: ArrayView2<'_, f64>, run: &[usize]) -> Vec<(f64, f64)> {
    let extent = |k: usize| {
        run.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &i| {
            let x = points[(i, k)];
            (x.min(low), x.max(high))
        })
    };
    (0..points.ncols()).map(extent).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, Axis};

    #[test]
    fn runs_of_every_size_fill_boxes_that_do_not_overlap() {
        let points =
            Array2::from_shape_fn((1000, 2), |(i, k)| ((7 * i + 1000 * k) as f64 * 12.9898).sin());
        let order = kd_order(points.view());
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..1000));
        let ordered = points.select(Axis(0), &order);
        for length in [LEAST_BOX_POINTS, LEAF, 4 * LEAF, 16 * LEAF] {
            let boxes = boxes(ordered.view(), length);
            let apart = |a: &[(f64, f64)], b: &[(f64, f64)]| {
                a.iter().zip(b).any(|(a, b)| a.1 <= b.0 || b.1 <= a.0)
            };
            for (i, a) in boxes.iter().enumerate() {
                assert!(boxes[..i].iter().all(|b| apart(a, b)), "run {i} of {length}");
            }
        }
    }

    #[test]
    fn few_points_and_duplicates_are_no_trouble() {
        for n in [1, LEAF, LEAF + 1, 200] {
            assert_eq!(kd_order(Array2::zeros((n, 3)).view()).len(), n);
        }
    }
}
