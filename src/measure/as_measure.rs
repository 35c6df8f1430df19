//! The arrays that a caller has, as measures and as masses.

use std::borrow::Cow;

use ndarray::{ArrayBase, Data, Ix1, Ix2};

use super::{DiscreteMeasure, Marginal, MeasureError};
use crate::tolerance;

/// Points with masses: a [`DiscreteMeasure`], or an array of shape (n, d), owned or borrowed, of
/// `f64` or `f32`, whose n points have mass 1/n each.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no points",
    note = "points are an array (n, d), or a `DiscreteMeasure` where they have masses"
)]
pub trait AsMeasure {
    /// The measure. Arrays are copied: O(n·d).
    ///
    /// # Errors
    /// [`MeasureError`] if there are no points, or a coordinate is not finite.
    fn as_measure(&self) -> Result<Cow<'_, DiscreteMeasure>, MeasureError>;
}

impl AsMeasure for DiscreteMeasure {
    fn as_measure(&self) -> Result<Cow<'_, DiscreteMeasure>, MeasureError> {
        Ok(Cow::Borrowed(self))
    }
}

impl<A: Copy + Into<f64>, S: Data<Elem = A>> AsMeasure for ArrayBase<S, Ix2> {
    fn as_measure(&self) -> Result<Cow<'_, DiscreteMeasure>, MeasureError> {
        DiscreteMeasure::uniform(self.mapv(Into::into)).map(Cow::Owned)
    }
}

/// The masses of one side of a problem on a cost matrix: an array of shape (n,), a slice, a
/// [`Marginal`], or a [`DiscreteMeasure`], whose points are not read.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no list of masses",
    note = "masses are an array (n,), a slice, or a `Marginal`, such as `Marginal::uniform(n)`"
)]
pub trait AsMasses {
    /// The masses. Arrays are copied: O(n).
    ///
    /// # Errors
    /// [`MeasureError`] if a mass is negative or not finite, or all are 0.
    fn as_masses(&self) -> Result<Cow<'_, Marginal>, MeasureError>;

    /// The relative difference of two totals that counts as rounding.
    fn totals_tolerance(&self) -> f64 {
        tolerance::TOTALS_F64
    }
}

impl AsMasses for Marginal {
    fn as_masses(&self) -> Result<Cow<'_, Marginal>, MeasureError> {
        Ok(Cow::Borrowed(self))
    }
}

impl AsMasses for DiscreteMeasure {
    fn as_masses(&self) -> Result<Cow<'_, Marginal>, MeasureError> {
        Ok(Cow::Borrowed(self.marginal()))
    }
}

impl<A: Copy + Into<f64>, S: Data<Elem = A>> AsMasses for ArrayBase<S, Ix1> {
    fn as_masses(&self) -> Result<Cow<'_, Marginal>, MeasureError> {
        Marginal::new(self.mapv(Into::into)).map(Cow::Owned)
    }

    fn totals_tolerance(&self) -> f64 {
        totals_tolerance::<A>()
    }
}

impl<A: Copy + Into<f64>> AsMasses for [A] {
    fn as_masses(&self) -> Result<Cow<'_, Marginal>, MeasureError> {
        Marginal::new(self.iter().map(|&mass| mass.into()).collect()).map(Cow::Owned)
    }

    fn totals_tolerance(&self) -> f64 {
        totals_tolerance::<A>()
    }
}

impl<T: Copy + Into<f64>> AsMasses for Vec<T> {
    fn as_masses(&self) -> Result<Cow<'_, Marginal>, MeasureError> {
        self.as_slice().as_masses()
    }

    fn totals_tolerance(&self) -> f64 {
        totals_tolerance::<T>()
    }
}

impl<A: Copy + Into<f64>, const N: usize> AsMasses for [A; N] {
    fn as_masses(&self) -> Result<Cow<'_, Marginal>, MeasureError> {
        self.as_slice().as_masses()
    }

    fn totals_tolerance(&self) -> f64 {
        totals_tolerance::<A>()
    }
}

/// The tolerance for masses of type A: by their number of digits.
fn totals_tolerance<A>() -> f64 {
    if size_of::<A>() < size_of::<f64>() { tolerance::TOTALS_F32 } else { tolerance::TOTALS_F64 }
}
