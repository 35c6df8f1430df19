//! A rectangle of the plane, as the part of it that a figure shows.

use ndarray::Array2;

use super::PlotError;
use super::clouds::CloudPair;
use crate::measure::DiscreteMeasure;

/// A field is at most this many times as wide as high, and half as many times as high as wide.
const LARGEST_ASPECT: f64 = 3.0;

/// A rectangle of the plane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extent {
    /// The least and the largest first coordinate.
    pub x: (f64, f64),
    /// The least and the largest second coordinate.
    pub y: (f64, f64),
}

impl Extent {
    /// The rectangle around two clouds in the plane, with a little white.
    ///
    /// # Errors
    /// [`PlotError::NotPlanar`] unless both have two coordinates.
    pub fn around(source: &DiscreteMeasure, target: &DiscreteMeasure) -> Result<Self, PlotError> {
        Ok(CloudPair::new(source, target)?.extent())
    }

    /// The nodes of a regular grid on the rectangle, one a row, shape (rows·columns, 2): the points
    /// at which to evaluate a function for [`ContourPlot::new`](super::ContourPlot::new), in order.
    #[must_use]
    pub fn grid(&self, rows: usize, columns: usize) -> Array2<f64> {
        Array2::from_shape_fn((rows * columns, 2), |(k, axis)| match axis {
            0 => node(self.x, k % columns, columns),
            _ => node(self.y, k / columns, rows),
        })
    }

    pub(super) fn width(&self) -> f64 {
        self.x.1 - self.x.0
    }

    pub(super) fn height(&self) -> f64 {
        self.y.1 - self.y.0
    }

    /// Height by width of a field that suits the rectangle.
    pub(super) fn aspect(&self) -> f64 {
        (self.height() / self.width()).clamp(1.0 / LARGEST_ASPECT, LARGEST_ASPECT / 2.0)
    }
}

/// The k-th of `count` evenly spaced nodes.
fn node((low, high): (f64, f64), k: usize, count: usize) -> f64 {
    let t = k as f64 / (count.max(2) - 1) as f64;
    (1.0 - t) * low + t * high
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn the_grid_follows_the_axes() {
        let extent = Extent { x: (0.0, 2.0), y: (10.0, 13.0) };
        let points = extent.grid(2, 3);
        let expected =
            array![[0.0, 10.0], [1.0, 10.0], [2.0, 10.0], [0.0, 13.0], [1.0, 13.0], [2.0, 13.0]];
        assert_eq!(points, expected);
        assert_eq!(extent.grid(1, 1), array![[0.0, 10.0]]);
    }
}
