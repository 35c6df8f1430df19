//! Densities from samples: Gaussian kernels.
//!
//! ```text
//! p̂(x) = Σ_i w_i Π_k φ((x_k − x_ik)/h_k)/h_k,   h_k = σ_k·N^(−1/(d+4))
//! ```
//!
//! Each sample has bandwidths of its own (Scott's rule; N its effective size). Both densities are
//! evaluated on one grid, whose spacing is at most a third of the smaller bandwidth: the points are
//! shared among the nearest corners of the grid and the kernel is applied axis by axis, so that
//! the cost does not grow with n. The kernel ends at 8 bandwidths, where it is 1e-14 of its peak:
//! what lies further apart does not overlap at all.
//!
//! **Complexity.** O(n + cells), at most 2²² cells.
//!
//! **References.** Silverman 1982, "Kernel density estimation using the fast Fourier transform", J.
//! R. Stat. Soc. C 31; Wand 1994, "Fast computation of multivariate kernel estimators", J. Comput.
//! Graph. Stat. 3 (linear binning).
//!
//! **Failure modes.** Kernels widen every density: JS and its like come out too small, the more so
//! the finer the structure. KL of tails is that of the kernels' tails.

use super::EstimateError;
use super::histogram::{common_box, deviation, effective_size};
use crate::measure::DiscreteMeasure;

/// Radius of the kernel, in bandwidths.
pub const KERNEL_REACH: f64 = 8.0;

/// Number of grid points per bandwidth.
const POINTS_PER_BANDWIDTH: f64 = 3.0;

/// Largest number of points of the grid.
const MAX_CELLS: f64 = 4_194_304.0;

/// One axis of the grid.
struct GridAxis {
    low: f64,
    spacing: f64,
    count: usize,
}

/// The densities of two samples on one grid, as masses of its points.
///
/// # Errors
/// [`EstimateError`]: more than three dimensions, a sample without extent along an axis, too many
/// cells.
pub fn kernel_densities(
    p: &DiscreteMeasure,
    q: &DiscreteMeasure,
) -> Result<(Vec<f64>, Vec<f64>), EstimateError> {
    let extents = common_box(p, q)?;
    let (p_bandwidths, q_bandwidths) = (bandwidths(p)?, bandwidths(q)?);
    let mut axes = Vec::new();
    let mut cells = 1.0;
    for (axis, (low, high)) in extents.into_iter().enumerate() {
        let (wide, narrow) = (
            p_bandwidths[axis].max(q_bandwidths[axis]),
            p_bandwidths[axis].min(q_bandwidths[axis]),
        );
        let (reach, spacing) = (KERNEL_REACH * wide, narrow / POINTS_PER_BANDWIDTH);
        let count = ((high - low + 2.0 * reach) / spacing).ceil() + 2.0;
        cells *= count;
        if cells.is_nan() || cells > MAX_CELLS {
            return Err(EstimateError::TooManyCells { cells });
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded")]
        axes.push(GridAxis { low: low - reach, spacing, count: count as usize });
    }
    Ok((density(p, &axes, &p_bandwidths), density(q, &axes, &q_bandwidths)))
}

fn bandwidths(measure: &DiscreteMeasure) -> Result<Vec<f64>, EstimateError> {
    let factor = effective_size(measure).powf(-1.0 / (measure.dim() as f64 + 4.0));
    let widths: Vec<f64> =
        (0..measure.dim()).map(|axis| factor * deviation(measure, axis)).collect();
    if widths.contains(&0.0) {
        return Err(EstimateError::NoScale);
    }
    Ok(widths)
}

fn density(measure: &DiscreteMeasure, axes: &[GridAxis], bandwidths: &[f64]) -> Vec<f64> {
    let mut masses = shared_among_corners(measure, axes);
    let mut stride = 1;
    for (axis, bandwidth) in axes.iter().zip(bandwidths).rev() {
        masses = smoothed(&masses, axis, bandwidth / axis.spacing, stride);
        stride *= axis.count;
    }
    masses
}

/// The mass of each point, shared among the corners of its cell so that its mean stays in place.
fn shared_among_corners(measure: &DiscreteMeasure, axes: &[GridAxis]) -> Vec<f64> {
    let mut masses = vec![0.0; axes.iter().map(|axis| axis.count).product()];
    let total = measure.total();
    for (x, mass) in measure.support().outer_iter().zip(measure.mass()) {
        let mut corners = vec![(0, mass / total)];
        for (axis, x) in axes.iter().zip(x) {
            let place = (x - axis.low) / axis.spacing;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "on the grid"
            )]
            let below = (place as usize).min(axis.count - 2);
            let share = place - below as f64;
            corners = corners
                .iter()
                .flat_map(|&(cell, mass)| {
                    let cell = cell * axis.count + below;
                    [(cell, mass * (1.0 - share)), (cell + 1, mass * share)]
                })
                .collect();
        }
        for (cell, mass) in corners {
            masses[cell] += mass;
        }
    }
    masses
}

/// One pass of the kernel along an axis; `bandwidth` in spacings.
fn smoothed(masses: &[f64], axis: &GridAxis, bandwidth: f64, stride: usize) -> Vec<f64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small")]
    let reach = (KERNEL_REACH * bandwidth).floor() as usize;
    let weights: Vec<f64> =
        (0..=reach).map(|k| (-0.5 * (k as f64 / bandwidth).powi(2)).exp()).collect();
    let total = weights[0] + 2.0 * weights[1..].iter().sum::<f64>();
    let mut out = vec![0.0; masses.len()];
    for (cell, &mass) in masses.iter().enumerate().filter(|(_, mass)| **mass > 0.0) {
        let place = cell / stride % axis.count;
        for (k, weight) in weights.iter().enumerate() {
            let share = mass * weight / total;
            if place + k < axis.count {
                out[cell + k * stride] += share;
            }
            if k > 0 && place >= k {
                out[cell - k * stride] += share;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math;
    use ndarray::{Array2, array};

    /// Two points on the line: the density is a mixture of two normal ones.
    #[test]
    fn the_density_is_the_mixture_of_the_kernels() {
        let p = DiscreteMeasure::uniform(array![[-1.0], [1.0]]).unwrap();
        let (masses, same) = kernel_densities(&p, &p).unwrap();
        assert_eq!(masses, same);
        assert!((math::sum(&masses) - 1.0).abs() < 1e-14);
        let h = 2.0_f64.powf(-0.2);
        let (low, spacing) = (-1.0 - KERNEL_REACH * h, h / POINTS_PER_BANDWIDTH);
        for (k, mass) in masses.iter().enumerate() {
            let x = low + spacing * k as f64;
            let phi = |z: f64| (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt() / h;
            let expected = 0.5 * (phi((x + 1.0) / h) + phi((x - 1.0) / h));
            // Sharing a point among two corners widens the kernel by at most spacing²/4.
            assert!((mass / spacing - expected).abs() < 0.02, "{x}: {} {expected}", mass / spacing);
        }
    }

    #[test]
    fn means_stay_in_every_dimension() {
        let points = Array2::from_shape_fn((40, 2), |(i, k)| ((i * (k + 3)) as f64).sin());
        let p = DiscreteMeasure::uniform(points).unwrap();
        let (masses, _) = kernel_densities(&p, &p).unwrap();
        assert!((math::sum(&masses) - 1.0).abs() < 1e-13);
        let deep = DiscreteMeasure::uniform(Array2::zeros((3, 4))).unwrap();
        assert!(kernel_densities(&deep, &deep).is_err());
        let flat = DiscreteMeasure::uniform(array![[1.0], [1.0]]).unwrap();
        assert_eq!(kernel_densities(&flat, &flat), Err(EstimateError::NoScale));
    }
}
