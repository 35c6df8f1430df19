//! Small square gray images side by side, such as generated digits.

use ndarray::{Array2, ArrayView2};
use plotters::style::RGBColor;

use super::page::{self, MARGIN, PAGE_WIDTH, Page, PageArea};
use super::{DrawResult, Figure};

/// White between two images, in pixels of theirs.
const GAP_IMAGE_PIXELS: f64 = 1.0;

/// The width of the page of [`Tiles`], in pixels.
const WIDTH_PIXELS: u32 = 1000;

/// Images in rows, the larger a value the darker the pixel.
#[derive(Debug, Clone, PartialEq)]
pub struct Tiles {
    /// An image a row, its pixels row by row from the top.
    images: Array2<f64>,
    side: usize,
    columns: usize,
    range: (f64, f64),
    title: String,
}

impl Tiles {
    /// Images of side × side pixels, an image a row of the matrix, `columns` beside each other.
    ///
    /// # Panics
    /// If rows have another length than side², or there are no columns.
    #[must_use]
    pub fn new(images: ArrayView2<'_, f64>, side: usize, columns: usize) -> Self {
        assert_eq!(images.ncols(), side * side, "square images");
        assert!(columns > 0, "at least one beside each other");
        let range = (0.0, images.iter().fold(0.0, |most: f64, &x| most.max(x)));
        Self { images: images.to_owned(), side, columns, range, title: String::new() }
    }

    /// With white at `low` and below, black at `high` and above.
    #[must_use]
    pub fn within(mut self, low: f64, high: f64) -> Self {
        self.range = (low, high);
        self
    }

    /// With a title.
    #[must_use]
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Pixels of images across and down.
    fn cells(&self) -> (f64, f64) {
        let across = self.columns.min(self.images.nrows().max(1));
        let down = self.images.nrows().div_ceil(self.columns).max(1);
        let length =
            |count: usize| count as f64 * (self.side as f64 + GAP_IMAGE_PIXELS) - GAP_IMAGE_PIXELS;
        (length(across), length(down))
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    fn gray(&self, value: f64) -> RGBColor {
        let (low, high) = self.range;
        let share = if high > low { ((value - low) / (high - low)).clamp(0.0, 1.0) } else { 0.0 };
        let level = (255.0 * (1.0 - share)).round() as u8;
        RGBColor(level, level, level)
    }
}

impl Figure for Tiles {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some thousands")]
    fn size(&self) -> (u32, u32) {
        let unit = f64::from(WIDTH_PIXELS) / PAGE_WIDTH;
        let around = 2.0 * MARGIN * unit;
        let title = page::title_height(&self.title) * unit;
        let (across, down) = self.cells();
        let height = (f64::from(WIDTH_PIXELS) - around) / across * down + around + title;
        (WIDTH_PIXELS, height.ceil() as u32)
    }

    fn draw(&self, page: &Page<'_>) -> DrawResult {
        let inside = page.inside();
        page.title(&self.title, inside)?;
        let top = page.below_title(&self.title, inside);
        let (across, down) = self.cells();
        let pixel = (inside.width() / across).min((inside.bottom - top) / down);
        for (k, image) in self.images.outer_iter().enumerate() {
            let step = pixel * (self.side as f64 + GAP_IMAGE_PIXELS);
            let corner = (
                inside.left + step * (k % self.columns) as f64,
                top + step * (k / self.columns) as f64,
            );
            for (p, &value) in image.iter().enumerate() {
                let left = corner.0 + pixel * (p % self.side) as f64;
                let upper = corner.1 + pixel * (p / self.side) as f64;
                let (right, bottom) = (left + pixel, upper + pixel);
                page.fill(PageArea { left, top: upper, right, bottom }, self.gray(value))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::plot;

    #[test]
    fn large_values_are_dark_and_rows_go_down() {
        let images = array![[0.0, 0.0, 0.0, 16.0], [16.0, 16.0, 16.0, 16.0]];
        let tiles = Tiles::new(images.view(), 2, 1).within(0.0, 16.0);
        let page = plot::bitmap(&tiles.resized((600, 1200))).unwrap();
        let at = |x, y| page.at(x, y).unwrap()[0];
        assert_eq!([at(200, 150), at(400, 150), at(200, 400), at(400, 400)], [255, 255, 255, 0]);
        assert_eq!([at(200, 800), at(400, 1000)], [0, 0]);
    }
}
