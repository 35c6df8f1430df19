//! The way of one measure onto another, both as they were given.
//!
//! ```text
//! u = (E Y − E X)/‖E Y − E X‖,     X + s·u for s from −r to r/2,     r = max(|s_0|, 5σ)
//! ```
//!
//! `s_0` is the offset at which X was given, σ the larger deviation of X and Y along u: five of them, and
//! the laws are apart.

use ndarray::{Array1, ArrayView1};

use super::ShiftError;
use crate::divergence::{EstimateError, LinearBins};
use crate::math;
use crate::measure::{DiscreteMeasure, MeasureError};

/// Smallest length of a path before the target, in deviations of the wider law along the motion.
const MIN_REACH_DEVIATIONS: f64 = 5.0;

/// Length of the path behind the target, as a share of the path before it.
const OVERSHOOT_SHARE: f64 = 0.5;

/// The path of a source toward a target, for two measures as they were given.
#[derive(Debug, Clone, PartialEq)]
pub struct MotionPath {
    /// The source, moved to offset 0.
    pub source: DiscreteMeasure,
    /// Of length 1.
    pub direction: Array1<f64>,
    /// The offset at which the source was given.
    pub given: f64,
    /// The first offset and the last.
    pub path: (f64, f64),
}

impl MotionPath {
    /// From the source's mean to the target's, or along a direction of any length; of means that are
    /// one, along the first axis.
    ///
    /// The path begins where the source was given, but far enough before the target that the laws are
    /// apart, and ends half as far behind it.
    ///
    /// # Errors
    /// [`ShiftError`]: a direction that is none, coordinates out of range.
    pub fn new(
        source: &DiscreteMeasure,
        target: &DiscreteMeasure,
        direction: Option<Array1<f64>>,
    ) -> Result<Self, ShiftError> {
        let dim = target.dim();
        let mean = |law: &DiscreteMeasure| -> Array1<f64> {
            let total = law.total();
            law.support().columns().into_iter().map(|x| math::dot(x, law.mass()) / total).collect()
        };
        let between = mean(target) - mean(source);
        let mut direction = direction.unwrap_or_else(|| {
            let mut first = Array1::zeros(dim);
            first[0] = 1.0;
            if between.iter().any(|x| *x != 0.0) { between.clone() } else { first }
        });
        // Scaled first, for squares may leave the range of f64.
        let largest = direction.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
        let length = largest * direction.iter().map(|x| (x / largest).powi(2)).sum::<f64>().sqrt();
        if direction.len() != dim || !(length > 0.0 && length.is_finite()) {
            return Err(ShiftError::Direction { have: direction.len(), length, dim });
        }
        direction /= length;
        let given = -between.dot(&direction);
        let source = moved(source, direction.view(), -given)?;
        let deviation = |law: &DiscreteMeasure| {
            let along: Vec<f64> = law.support().outer_iter().map(|x| x.dot(&direction)).collect();
            let (total, middle) = (law.total(), math::dot(&along, law.mass()) / law.total());
            let squares: Vec<f64> = along.iter().map(|x| (x - middle).powi(2)).collect();
            (math::dot(&squares, law.mass()) / total).sqrt()
        };
        let room = MIN_REACH_DEVIATIONS * deviation(&source).max(deviation(target));
        let reach = given.abs().max(room);
        let reach = if reach > 0.0 { reach } else { 1.0 };
        Ok(Self { source, direction, given, path: (-reach, OVERSHOOT_SHARE * reach) })
    }

    /// Bins for the whole path, chosen at offset 0.
    ///
    /// # Errors
    /// [`EstimateError`]: as [`LinearBins::new`].
    pub fn bins(
        &self,
        target: &DiscreteMeasure,
        bins: Option<usize>,
    ) -> Result<LinearBins, EstimateError> {
        LinearBins::new(&self.source, target, self.direction.view(), bins)
    }
}

/// The measure with every point moved.
///
/// # Errors
/// [`MeasureError`]: a point that leaves the range of `f64`.
pub fn moved(
    measure: &DiscreteMeasure,
    direction: ArrayView1<'_, f64>,
    by: f64,
) -> Result<DiscreteMeasure, MeasureError> {
    let points = &measure.support() + &(&direction * by);
    DiscreteMeasure::new(points, measure.mass().to_owned())
}
