//! Means over pairs of points, for energy distances and mean discrepancies.

use rayon::prelude::*;

use super::EstimateError;
use crate::cost::GroundCost;
use crate::math::vectors::fast_dot;
use crate::measure::DiscreteMeasure;

/// `Σ_j w_j k(c(x_i, y_j))` for every point `x_i`, with masses w of total 1; `kernel` turns a row of
/// costs into a row of k. O(nm), a row at a time.
pub(super) fn row_means(
    points: &DiscreteMeasure,
    others: &DiscreteMeasure,
    ground: GroundCost,
    kernel: impl Fn(&mut [f64]) + Sync,
) -> Result<Vec<f64>, EstimateError> {
    let cost = ground.table(points, others).map_err(|_| EstimateError::Scale)?;
    let masses = shares(others);
    let mean = |row: &mut Vec<f64>, i: usize| {
        cost.part_of_row(i, 0, row);
        kernel(row);
        fast_dot(row, &masses)
    };
    let rows = (0..points.len()).into_par_iter();
    Ok(rows.map_init(|| vec![0.0; others.len()], mean).collect())
}

/// The masses, scaled to a total of 1.
pub(super) fn shares(measure: &DiscreteMeasure) -> Vec<f64> {
    let total = measure.total();
    measure.mass().iter().map(|w| w / total).collect()
}
