//! Persistence diagrams: points (birth, death), some of which never die.

use ndarray::{Array1, Array2, ArrayView2, Axis};

use super::PersistenceError;
use crate::measure::DiscreteMeasure;
use crate::problem::ProblemError;

/// A persistence diagram: points of finite death, and the births of essential classes. Either may be
/// empty.
#[derive(Debug, Clone, PartialEq)]
pub struct PersistenceDiagram {
    pub(super) points: Array2<f64>,
    pub(super) point_rows: Vec<usize>,
    pub(super) essential: Array1<f64>,
    pub(super) essential_rows: Vec<usize>,
}

impl PersistenceDiagram {
    /// The diagram of an array (n, 2) of births and deaths, n ≥ 0; a death may be +∞.
    ///
    /// # Errors
    /// [`PersistenceError`]: another number of columns, a birth that is not finite, a death that is NaN
    /// or before the birth.
    pub fn new(rows: ArrayView2<'_, f64>) -> Result<Self, PersistenceError> {
        if rows.ncols() != 2 {
            return Err(PersistenceError::Columns { columns: rows.ncols() });
        }
        for (row, point) in rows.outer_iter().enumerate() {
            let (birth, death) = (point[0], point[1]);
            if !birth.is_finite() {
                return Err(PersistenceError::Birth { row, birth });
            }
            if death.is_nan() || death < birth {
                return Err(PersistenceError::Death { row, birth, death });
            }
        }
        let (point_rows, essential_rows): (Vec<_>, Vec<_>) =
            (0..rows.nrows()).partition(|&row| rows[(row, 1)].is_finite());
        Ok(Self {
            points: rows.select(Axis(0), &point_rows),
            essential: rows.column(0).select(Axis(0), &essential_rows),
            point_rows,
            essential_rows,
        })
    }

    /// The points of finite death (birth, death), shape (n, 2), in the order of the array.
    #[must_use]
    pub fn points(&self) -> ArrayView2<'_, f64> {
        self.points.view()
    }

    /// The row of the array that each of the [points](Self::points) was.
    #[must_use]
    pub fn point_rows(&self) -> &[usize] {
        &self.point_rows
    }

    /// The births of the essential classes, in the order of the array.
    #[must_use]
    pub fn essential(&self) -> &Array1<f64> {
        &self.essential
    }

    /// The row of the array that each of the [essential classes](Self::essential) was.
    #[must_use]
    pub fn essential_rows(&self) -> &[usize] {
        &self.essential_rows
    }

    /// The number of rows of the array.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.point_rows.len() + self.essential_rows.len()
    }

    /// The points with mass 1 each. A diagram without points gets one on the diagonal, at `birth`. That
    /// changes no distance: a diagonal point goes to the diagonal at no cost, and `c(x, y) ≥ c(y, Δ)`
    /// for x in Δ.
    pub(super) fn measure(&self, birth: f64) -> Result<DiscreteMeasure, ProblemError> {
        let points = match self.points.nrows() {
            0 => Array2::from_elem((1, 2), birth),
            _ => self.points.clone(),
        };
        unit_masses(points)
    }
}

/// The points with mass 1 each.
pub(super) fn unit_masses(points: Array2<f64>) -> Result<DiscreteMeasure, ProblemError> {
    let ones = Array1::ones(points.nrows());
    DiscreteMeasure::new(points, ones)
        .map_err(|error| ProblemError::Mass { side: "source or target", error })
}
