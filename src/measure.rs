//! Discrete measures: finitely many points, each with a mass.

mod as_measure;
mod marginal;

use ndarray::{ArcArray2, Array1, Array2, ArrayView1, ArrayView2, Axis};
use thiserror::Error;

use crate::math;

pub use as_measure::{AsMasses, AsMeasure};
pub use marginal::Marginal;
pub(crate) use marginal::{IntegerMasses, Natural, Unit};

/// `Σ_i mass_i · δ(support_i)` on `R^d`.
///
/// Valid by construction: at least one point and one coordinate, everything finite, no negative
/// mass, a positive total. Zero-mass atoms are allowed: they move nothing, but they get a
/// potential.
#[derive(Debug, Clone, PartialEq)]
pub struct DiscreteMeasure {
    /// Row-major; shared with the costs computed from it.
    support: ArcArray2<f64>,
    marginal: Marginal,
}

/// An error in points and masses that should be a measure.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum MeasureError {
    /// There is no point, or the points have no coordinates.
    #[error("the support has shape ({n}, {d}): there is nothing to transport")]
    Empty {
        /// Number of points.
        n: usize,
        /// Number of coordinates.
        d: usize,
    },
    /// As many masses as points are needed.
    #[error("{points} points but {masses} masses")]
    Lengths {
        /// Number of points.
        points: usize,
        /// Number of masses.
        masses: usize,
    },
    /// A coordinate is NaN or infinite.
    #[error("coordinate {column} of point {row} is {value}")]
    Coordinate {
        /// Index of the point, from 0.
        row: usize,
        /// Index of the coordinate, from 0.
        column: usize,
        /// The offending value.
        value: f64,
    },
    /// A mass is negative, NaN or infinite.
    #[error("the mass of point {row} is {value}: a mass is a finite number ≥ 0")]
    Mass {
        /// Index of the point, from 0.
        row: usize,
        /// The offending value.
        value: f64,
    },
    /// All masses are zero, or their sum overflows.
    #[error("the masses add up to {total}: at least one must be positive, and their sum finite")]
    Total {
        /// The sum.
        total: f64,
    },
}

/// Checks a vector of masses: finite, ≥ 0, with a positive finite sum.
pub(crate) fn check_mass(mass: ArrayView1<'_, f64>) -> Result<(), MeasureError> {
    if let Some((row, &value)) =
        mass.iter().enumerate().find(|(_, w)| !(w.is_finite() && **w >= 0.0))
    {
        return Err(MeasureError::Mass { row, value });
    }
    let total = math::sum(mass);
    if !(total.is_finite() && total > 0.0) {
        return Err(MeasureError::Total { total });
    }
    Ok(())
}

impl DiscreteMeasure {
    /// A measure with `mass[i]` at the point `support[i, ..]`; shapes (n, d) and (n,).
    ///
    /// # Errors
    /// See [`MeasureError`].
    pub fn new(support: Array2<f64>, mass: Array1<f64>) -> Result<Self, MeasureError> {
        Self::with_marginal(support, mass.len(), || Marginal::new(mass))
    }

    /// A measure of total mass 1 with `weights[i] / Σ weights` at the point `support[i, ..]`; the
    /// quotients are real numbers, not rounded ones. Shapes (n, d) and (n,).
    ///
    /// # Errors
    /// See [`MeasureError`].
    pub fn normalized(support: Array2<f64>, weights: Array1<f64>) -> Result<Self, MeasureError> {
        Self::with_marginal(support, weights.len(), || Marginal::normalized(weights))
    }

    fn with_marginal(
        support: Array2<f64>,
        masses: usize,
        marginal: impl FnOnce() -> Result<Marginal, MeasureError>,
    ) -> Result<Self, MeasureError> {
        let (n, d) = support.dim();
        if n == 0 || d == 0 {
            return Err(MeasureError::Empty { n, d });
        }
        if masses != n {
            return Err(MeasureError::Lengths { points: n, masses });
        }
        if let Some(((row, column), &value)) = support.indexed_iter().find(|(_, x)| !x.is_finite())
        {
            return Err(MeasureError::Coordinate { row, column, value });
        }
        let marginal = marginal()?;
        let support = if support.is_standard_layout() {
            support
        } else {
            support.as_standard_layout().into_owned()
        };
        Ok(Self { support: support.into_shared(), marginal })
    }

    /// The empirical measure of n samples: mass 1/n each, exactly.
    ///
    /// # Errors
    /// See [`MeasureError`].
    pub fn uniform(support: Array2<f64>) -> Result<Self, MeasureError> {
        let n = support.nrows();
        Self::normalized(support, Array1::ones(n))
    }

    /// The points, shape (n, d), row-major.
    #[must_use]
    pub fn support(&self) -> ArrayView2<'_, f64> {
        self.support.view()
    }

    /// The support, to be kept without a copy.
    pub(crate) fn shared_support(&self) -> ArcArray2<f64> {
        self.support.clone()
    }

    /// The masses, shape (n,), each rounded to the nearest `f64`.
    #[must_use]
    pub fn mass(&self) -> ArrayView1<'_, f64> {
        self.marginal.mass()
    }

    /// The masses as the real numbers that they are.
    #[must_use]
    pub fn marginal(&self) -> &Marginal {
        &self.marginal
    }

    /// The measure without its atoms of mass 0.
    pub(crate) fn where_mass(&self) -> Self {
        let kept: Vec<usize> = (0..self.len()).filter(|&i| self.mass()[i] > 0.0).collect();
        let support = self.support.select(Axis(0), &kept).into_shared();
        Self { support, marginal: self.marginal.select(&kept) }
    }

    /// Number of points n.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a measure is never empty")]
    pub fn len(&self) -> usize {
        self.mass().len()
    }

    /// Number of coordinates d.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.support.ncols()
    }

    /// The total mass (rounded to the nearest `f64`).
    #[must_use]
    pub fn total(&self) -> f64 {
        self.marginal.total()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn bad_measures_are_refused_with_their_place() {
        let points = array![[0.0], [1.0]];
        assert_eq!(
            DiscreteMeasure::new(array![[0.0], [f64::NAN]], array![1.0, 1.0])
                .unwrap_err()
                .to_string(),
            "coordinate 0 of point 1 is NaN"
        );
        assert_eq!(
            DiscreteMeasure::new(points.clone(), array![1.0, -0.5]),
            Err(MeasureError::Mass { row: 1, value: -0.5 })
        );
        assert_eq!(
            DiscreteMeasure::new(points.clone(), array![0.0, 0.0]),
            Err(MeasureError::Total { total: 0.0 })
        );
        assert_eq!(
            DiscreteMeasure::new(points, array![1.0]),
            Err(MeasureError::Lengths { points: 2, masses: 1 })
        );
        assert_eq!(
            DiscreteMeasure::uniform(Array2::zeros((0, 3))),
            Err(MeasureError::Empty { n: 0, d: 3 })
        );
    }
}
