//! Orders of a cloud in which neighbors in the list are neighbors in space.

use ndarray::{Array1, ArrayView2, Axis};

/// Bits of a rounded coordinate: 2 × 31 and 3 × 21 fit into one key of 64 bits.
const BITS_2D: u32 = 31;
const BITS_3D: u32 = 21;

/// Steps of the power iteration: an order needs the direction to within a few percent.
const POWER_STEPS: usize = 60;

/// The rows of `points`, shape (n, d), along a line through the cloud: by the coordinate for
/// d = 1, along the Hilbert curve for d = 2 and 3, by the first principal component beyond.
/// Ties stay in input order. O(n log n + n·d).
pub(super) fn order(points: ArrayView2<'_, f64>) -> Vec<usize> {
    let n = points.nrows();
    match points.ncols() {
        1 => by_value(points.column(0).to_vec()),
        2 | 3 => {
            let keys = hilbert_keys(points);
            let mut order: Vec<usize> = (0..n).collect();
            order.sort_by_key(|&i| keys[i]);
            order
        }
        _ => by_value(principal_scores(points)),
    }
}

/// The description of [`order`] for a caption.
pub(super) fn describe(dim: usize) -> &'static str {
    match dim {
        1 => "are sorted by their coordinate",
        2 | 3 => "follow a Hilbert curve (neighbors in the list are neighbors in space)",
        _ => "are sorted along their first principal component",
    }
}

/// The places of `values` in ascending order, ties in input order.
pub(super) fn by_value(values: Vec<f64>) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| values[i].total_cmp(&values[j]));
    order
}

/// The place of each point along the Hilbert curve of its cloud's bounding cube.
fn hilbert_keys(points: ArrayView2<'_, f64>) -> Vec<u64> {
    let bits = if points.ncols() == 2 { BITS_2D } else { BITS_3D };
    let low: Vec<f64> = points
        .axis_iter(Axis(1))
        .map(|c| c.iter().copied().fold(f64::INFINITY, f64::min))
        .collect();
    // Halved, so that a cloud as wide as f64 allows does not overflow.
    let extent = points
        .axis_iter(Axis(1))
        .zip(&low)
        .map(|(c, low)| c.iter().copied().fold(f64::NEG_INFINITY, f64::max) / 2.0 - low / 2.0)
        .fold(0.0, f64::max);
    let cells = f64::from((1_u32 << bits) - 1);
    let cell = |x: f64, low: f64| {
        let unit = if extent > 0.0 { (x / 2.0 - low / 2.0) / extent } else { 0.0 };
        whole(unit * cells)
    };
    points
        .outer_iter()
        .map(|point| {
            hilbert_key(point.iter().zip(&low).map(|(&x, &low)| cell(x, low)).collect(), bits)
        })
        .collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 ≤ x < 2³¹")]
fn whole(x: f64) -> u32 {
    x as u32
}

/// The place of a cell along the Hilbert curve (Skilling 2004, "Programming the Hilbert curve",
/// AIP Conference Proceedings 707): undo the turns from the coarsest bit down, Gray-encode,
/// interleave.
fn hilbert_key(mut cell: Vec<u32>, bits: u32) -> u64 {
    let last = cell.len() - 1;
    for bit in (1..bits).rev() {
        let (high, below) = (1 << bit, (1 << bit) - 1);
        for axis in 0..=last {
            if cell[axis] & high != 0 {
                cell[0] ^= below;
            } else {
                let swap = (cell[0] ^ cell[axis]) & below;
                cell[0] ^= swap;
                cell[axis] ^= swap;
            }
        }
    }
    for axis in 1..=last {
        cell[axis] ^= cell[axis - 1];
    }
    let mut turn = 0;
    for bit in (1..bits).rev() {
        if cell[last] & (1 << bit) != 0 {
            turn ^= (1 << bit) - 1;
        }
    }
    let mut key = 0;
    for bit in (0..bits).rev() {
        for coordinate in &cell {
            key = key << 1 | u64::from((coordinate ^ turn) >> bit & 1);
        }
    }
    key
}

/// The coordinate of each point along the first principal component, by power iteration from
/// the point farthest from the mean; the sign makes the component's entries sum to ≥ 0.
fn principal_scores(points: ArrayView2<'_, f64>) -> Vec<f64> {
    let mean = points.mean_axis(Axis(0)).unwrap_or_else(|| Array1::zeros(points.ncols()));
    let mut centered = &points - &mean;
    let size = centered.iter().fold(0.0, |size: f64, x| size.max(x.abs()));
    if !(size > 0.0 && size.is_finite()) {
        return vec![0.0; points.nrows()];
    }
    centered /= size;
    let farthest = centered
        .outer_iter()
        .max_by(|a, b| a.dot(a).total_cmp(&b.dot(b)))
        .map_or_else(|| Array1::zeros(points.ncols()), |row| row.to_owned());
    let mut direction = farthest;
    for _ in 0..POWER_STEPS {
        let next = centered.t().dot(&centered.dot(&direction));
        let norm = next.dot(&next).sqrt();
        if norm == 0.0 {
            break;
        }
        direction = next / norm;
    }
    if direction.sum() < 0.0 {
        direction = -direction;
    }
    centered.dot(&direction).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    /// Cells of a `side`^d grid, in a scrambled order.
    fn grid(side: usize, d: usize) -> Array2<f64> {
        let n = side.pow(u32::try_from(d).unwrap());
        Array2::from_shape_fn((n, d), |(i, k)| {
            let cell = i * 7919 % n;
            (cell / side.pow(u32::try_from(k).unwrap()) % side) as f64
        })
    }

    #[test]
    fn the_hilbert_curve_visits_every_cell_and_never_jumps() {
        for (side, d) in [(2, 2), (16, 2), (2, 3), (8, 3)] {
            let points = grid(side, d);
            let mut order = order(points.view());
            for pair in order.windows(2) {
                let step = (&points.row(pair[0]) - &points.row(pair[1])).mapv(f64::abs).sum();
                assert_eq!(step, 1.0, "a jump in {d} dimensions");
            }
            order.sort_unstable();
            assert!(order.iter().copied().eq(0..points.nrows()));
        }
    }

    #[test]
    fn many_dimensions_are_swept_along_the_longest() {
        let points = Array2::from_shape_fn((50, 6), |(i, k)| {
            let place = (i * 17 % 50) as f64;
            if k == 4 { 1e3 + 10.0 * place } else { (place * 1.7 + k as f64).sin() }
        });
        let order = order(points.view());
        assert!(order.windows(2).all(|pair| points[(pair[0], 4)] < points[(pair[1], 4)]));
    }

    #[test]
    fn degenerate_clouds_stay_in_input_order() {
        for d in 1..6 {
            assert_eq!(order(Array2::from_elem((4, d), 3.5).view()), [0, 1, 2, 3]);
            assert_eq!(order(Array2::from_elem((1, d), -1.0).view()), [0]);
        }
        let wide = array![[f64::MAX, 0.0], [-f64::MAX, 0.0]];
        assert_eq!(order(wide.view()).len(), 2);
        assert_eq!(order(array![[2.0], [-1.0], [0.5]].view()), [1, 2, 0]);
    }
}
