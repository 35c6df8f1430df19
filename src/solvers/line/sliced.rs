//! The sliced Wasserstein distance.
//!
//! ```text
//! SW_p(μ, ν) = (mean over directions θ of W_p(θ·μ, θ·ν)^p)^(1/p)
//! ```
//!
//! **Idea.** Projected onto a line, transport is sorting. `SW_p` is a metric, and `SW_p ≤ W_p`: the
//! projections of an optimal plan are plans, and shorten every way. With finitely many directions it
//! is an estimate of the mean over all of them, whose standard error falls with their root.
//!
//! **Complexity.** O((n + m)(d + log(n + m))) a direction.
//!
//! **References.** Rabin, Peyré, Delon, Bernot 2011, "Wasserstein barycenter and its application to
//! texture mixing", SSVM; Bonneel, Rabin, Peyré, Pfister 2015, "Sliced and Radon Wasserstein
//! barycenters of measures", J. Math. Imaging Vis. 51.

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use super::wasserstein_1d_weighted;
use crate::cost::CostError;
use crate::math;
use crate::measure::DiscreteMeasure;
use crate::problem::ProblemError;
use crate::seed::Stream;

/// `SW_p` along the given directions, the rows of an array (k, d) with k ≥ 1.
///
/// # Errors
/// [`ProblemError`]: different dimensions, unequal totals, p < 1, values so far apart that their
/// difference overflows.
pub fn sliced_wasserstein(
    source: &DiscreteMeasure,
    target: &DiscreteMeasure,
    p: f64,
    directions: ArrayView2<'_, f64>,
) -> Result<f64, ProblemError> {
    let (source_dim, target_dim) = (source.dim(), target.dim());
    if source_dim != target_dim || source_dim != directions.ncols() {
        return Err(ProblemError::Cost(CostError::Dimensions { source_dim, target_dim }));
    }
    let (mu, nu) = (source.mass().to_vec(), target.mass().to_vec());
    let rows: Vec<_> = directions.outer_iter().collect();
    let along = |direction: &ndarray::ArrayView1<'_, f64>| {
        let project = |measure: &DiscreteMeasure| -> Vec<f64> {
            let points = measure.support();
            let product = |x: ndarray::ArrayView1<'_, f64>| -> f64 {
                x.iter().zip(direction).map(|(x, t)| x * t).sum()
            };
            points.outer_iter().map(product).collect()
        };
        let (x, y) = (project(source), project(target));
        wasserstein_1d_weighted((&x, &mu), (&y, &nu), p).map(|distance| distance.powf(p))
    };
    let powers: Vec<f64> = rows.par_iter().map(along).collect::<Result<_, _>>()?;
    Ok((math::sum(&powers) / powers.len() as f64).powf(1.0 / p))
}

/// Directions drawn evenly from the unit sphere, shape (count, dim).
#[must_use]
pub fn directions(count: usize, dim: usize, stream: &mut Stream) -> Array2<f64> {
    let mut directions = Array2::zeros((count, dim));
    for mut direction in directions.outer_iter_mut() {
        let mut norm = 0.0;
        // A draw of length 0 has no direction.
        while norm == 0.0 {
            direction.mapv_inplace(|_: f64| stream.normal());
            norm = direction.iter().map(|x| x * x).sum::<f64>().sqrt();
        }
        direction /= norm;
    }
    directions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use ndarray::array;

    #[test]
    fn translated_points_are_as_far_as_the_directions_say() {
        let source = DiscreteMeasure::uniform(array![[0.0, 0.0], [1.0, 5.0]]).unwrap();
        let target = DiscreteMeasure::uniform(array![[3.0, 4.0], [4.0, 9.0]]).unwrap();
        let axes = array![[1.0, 0.0], [0.0, 1.0]];
        let found = sliced_wasserstein(&source, &target, 2.0, axes.view()).unwrap();
        assert!((found - 12.5_f64.sqrt()).abs() < 1e-14);
        // The mean over all directions of (θ·shift)² is ‖shift‖²/d.
        let many = directions(20_000, 2, &mut Seed(1).stream("directions"));
        let found = sliced_wasserstein(&source, &target, 2.0, many.view()).unwrap();
        assert!((found / 12.5_f64.sqrt() - 1.0).abs() < 0.02, "{found}");
    }
}
