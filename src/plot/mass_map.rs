//! The masses of a measure in the plane, as gray squares: pixels of a picture, or points.

use ndarray::Axis;
use plotters::style::RGBColor;

use super::page::{self, MARGIN, PAGE_WIDTH, Page, PageArea};
use super::{DrawResult, Extent, Figure, PlotError, palette};
use crate::measure::DiscreteMeasure;

/// The width of the page, in pixels.
const WIDTH_PIXELS: u32 = 1000;

/// The least side of a square, by the longer side of the field.
const LEAST_SIDE_SHARE: f64 = 1.0 / 64.0;

/// A square at each point with mass, the more mass the darker.
///
/// The side of a square is the least distance of two different coordinates, so that pixels touch, but at
/// least 1/64 of the field.
#[derive(Debug, Clone, PartialEq)]
pub struct MassMap {
    measure: DiscreteMeasure,
    /// Around the squares of all points.
    extent: Extent,
    side: f64,
    rows_go_down: bool,
    title: String,
}

impl MassMap {
    /// The map of a measure, with axes that go right and up.
    ///
    /// # Errors
    /// [`PlotError::NotPlanar`] unless its points have two coordinates.
    pub fn new(measure: &DiscreteMeasure) -> Result<Self, PlotError> {
        if measure.dim() != 2 {
            return Err(PlotError::NotPlanar { dim: measure.dim() });
        }
        let axes = measure.support();
        let sorted = |axis: usize| {
            let mut values = axes.index_axis(Axis(1), axis).to_vec();
            values.sort_by(f64::total_cmp);
            values.dedup();
            values
        };
        let (x, y) = (sorted(0), sorted(1));
        let length = |values: &[f64]| values[values.len() - 1] - values[0];
        let longer = length(&x).max(length(&y));
        let steps = x.windows(2).chain(y.windows(2)).map(|pair| pair[1] - pair[0]);
        let side = steps.fold(f64::INFINITY, f64::min).max(LEAST_SIDE_SHARE * longer);
        let side = if side.is_finite() { side } else { 1.0 };
        let around =
            |values: &[f64]| (values[0] - side / 2.0, values[values.len() - 1] + side / 2.0);
        let extent = Extent { x: around(&x), y: around(&y) };
        let measure = measure.clone();
        Ok(Self { measure, extent, side, rows_go_down: false, title: String::new() })
    }

    /// With points (row, column) of a picture, whose rows go down.
    #[must_use]
    pub fn of_pixels(mut self) -> Self {
        let Extent { x, y } = self.extent;
        self.extent = Extent { x: y, y: x };
        self.rows_go_down = true;
        self
    }

    /// With a title.
    #[must_use]
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Width and height of the extent.
    fn lengths(&self) -> (f64, f64) {
        (self.extent.x.1 - self.extent.x.0, self.extent.y.1 - self.extent.y.0)
    }

    /// The squares in the order of their masses, by their middles, right and down from the upper left.
    fn squares(&self) -> Vec<((f64, f64), f64)> {
        let points = self.measure.support();
        let places = points.outer_iter().map(|point| {
            if self.rows_go_down {
                (point[1] - self.extent.x.0, point[0] - self.extent.y.0)
            } else {
                (point[0] - self.extent.x.0, self.extent.y.1 - point[1])
            }
        });
        let with_mass = places.zip(self.measure.mass()).filter(|(_, mass)| **mass > 0.0);
        let mut squares: Vec<_> = with_mass.map(|(place, mass)| (place, *mass)).collect();
        squares.sort_by(|a, b| a.1.total_cmp(&b.1));
        squares
    }
}

impl Figure for MassMap {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some thousands")]
    fn size(&self) -> (u32, u32) {
        let unit = f64::from(WIDTH_PIXELS) / PAGE_WIDTH;
        let around = 2.0 * MARGIN * unit;
        let title = page::title_height(&self.title) * unit;
        let (width, height) = self.lengths();
        let height = (f64::from(WIDTH_PIXELS) - around) * (height / width).clamp(0.25, 4.0);
        (WIDTH_PIXELS, (height + around + title).ceil() as u32)
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of 1")]
    fn draw(&self, page: &Page<'_>) -> DrawResult {
        let inside = page.inside();
        page.title(&self.title, inside)?;
        let top = page.below_title(&self.title, inside);
        let (width, height) = self.lengths();
        let unit = (inside.width() / width).min((inside.bottom - top) / height);
        let corner = (f64::midpoint(inside.left, inside.right) - unit * width / 2.0, top);
        let squares = self.squares();
        let most = squares.last().map_or(1.0, |square| square.1);
        for ((x, y), mass) in squares {
            let level = (255.0 * (1.0 - mass / most)).round() as u8;
            let (left, right) = (x - self.side / 2.0, x + self.side / 2.0);
            let (upper, lower) = (y - self.side / 2.0, y + self.side / 2.0);
            let square = PageArea {
                left: corner.0 + unit * left,
                right: corner.0 + unit * right,
                top: corner.1 + unit * upper,
                bottom: corner.1 + unit * lower,
            };
            page.fill(square, RGBColor(level, level, level))?;
        }
        let (right, bottom) = (corner.0 + unit * width, corner.1 + unit * height);
        let frame = PageArea { left: corner.0, top: corner.1, right, bottom };
        page.outline(frame, palette::GRID)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot;
    use ndarray::array;

    #[test]
    fn rows_of_pixels_go_down_and_heavy_ones_are_dark() {
        let places = array![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
        let measure = DiscreteMeasure::normalized(places, array![0.0, 2.0, 1.0, 0.0]).unwrap();
        let map = MassMap::new(&measure).unwrap();
        let at = |map: &MassMap| {
            let page = plot::bitmap(map).unwrap();
            [(250, 250), (750, 250), (250, 750), (750, 750)].map(|(x, y)| page.at(x, y).unwrap()[0])
        };
        assert_eq!(at(&map.clone().of_pixels()), [255, 0, 128, 255]);
        // As points (x, y), y goes up: the heavy one is at (0, 1).
        assert_eq!(at(&map), [0, 255, 255, 128]);
        let solid = DiscreteMeasure::uniform(array![[0.0, 1.0, 2.0]]).unwrap();
        assert!(matches!(MassMap::new(&solid), Err(PlotError::NotPlanar { dim: 3 })));
    }
}
