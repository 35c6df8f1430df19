//! Several pictures on one page.

use super::figure::titled_and_noted;
use super::page::{self, MARGIN, PAGE_WIDTH, Page, PageArea, TITLE_HEIGHT};
use super::{DrawResult, Figure};

/// The width of the page of [`Panels`], in pixels: at least, and for each column.
const WIDTH_PIXELS: u32 = 1400;
const PANEL_WIDTH_PIXELS: u32 = 1000;

/// Height of the letters of the common title and caption by that of a panel's letters.
const COMMON_LETTER_FACTOR: f64 = 1.25;

/// Figures side by side, row by row, under a common title.
///
/// Each figure takes the width of its column and keeps its proportions.
///
/// ```
/// use deblais::plot::{self, Chart, Panels};
///
/// # fn main() -> Result<(), deblais::plot::PlotError> {
/// let charts = [Chart::new("x", "critic"), Chart::new("x", "exact potential")];
/// let panels = Panels::new(2, charts).titled("Two witnesses");
/// assert!(plot::svg(&panels)?.contains("exact potential"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Panels<F> {
    columns: usize,
    figures: Vec<F>,
    even_rows: bool,
    title: String,
    note: String,
}

impl<F: Figure> Panels<F> {
    /// These figures in `columns` columns; figures of several types as `Box<dyn Figure>` or
    /// `&dyn Figure`.
    #[must_use]
    pub fn new(columns: usize, figures: impl IntoIterator<Item = F>) -> Self {
        let figures: Vec<_> = figures.into_iter().collect();
        let columns = columns.clamp(1, figures.len().max(1));
        Self { columns, figures, even_rows: false, title: String::new(), note: String::new() }
    }

    /// With pages of one height in each row: that of its highest figure.
    #[must_use]
    pub fn with_even_rows(mut self) -> Self {
        self.even_rows = true;
        self
    }

    titled_and_noted!();

    /// The pages of the figures, row by row.
    fn rows(&self) -> Vec<Vec<(u32, u32)>> {
        let rows = self.figures.chunks(self.columns);
        let mut rows: Vec<Vec<_>> =
            rows.map(|row| row.iter().map(Figure::size).collect()).collect();
        for row in &mut rows {
            let highest = row.iter().map(|size| size.1).max();
            if let (true, Some(highest)) = (self.even_rows, highest) {
                for size in row.iter_mut() {
                    size.1 = highest;
                }
            }
        }
        rows
    }

    /// The unit of title and caption on a page of this width, in pixels.
    fn unit(&self, width: f64) -> f64 {
        let larger = if self.columns == 1 { 1.0 } else { COMMON_LETTER_FACTOR };
        larger * width / self.columns as f64 / PAGE_WIDTH
    }

    /// Heights of the title above the panels and of the caption below, with their margins, in units.
    fn head(&self) -> f64 {
        if self.title.is_empty() { 0.0 } else { MARGIN + TITLE_HEIGHT }
    }

    fn foot(&self, width: f64) -> f64 {
        match page::wrap(&self.note, width).len() {
            0 => 0.0,
            lines => page::caption_height(lines) + MARGIN,
        }
    }

    /// The height of each row in a column of this width.
    fn row_heights(&self, width: f64) -> Vec<f64> {
        let height =
            |&(across, down): &(u32, u32)| width * f64::from(down) / f64::from(across.max(1));
        self.rows().iter().map(|row| row.iter().map(height).fold(0.0, f64::max)).collect()
    }

    /// The frame of each panel: as wide as its column unless the page is too low.
    fn frames(&self, page: &Page<'_>) -> Vec<PageArea> {
        let inside = page.inside();
        let margin = page.px(MARGIN);
        let (left, right) = (inside.left - margin, inside.right + margin);
        let top = inside.top - margin + page.px(self.head());
        let foot = page.px(self.foot(page.units(inside.width())));
        let room = (inside.bottom + margin - foot - top).max(0.0);
        let column = (right - left) / self.columns as f64;
        let heights = self.row_heights(column);
        let fit = (room / heights.iter().sum::<f64>().max(1.0)).min(1.0);
        let width = column * fit;
        let start = f64::midpoint(left, right) - width * self.columns as f64 / 2.0;
        let mut frames = Vec::new();
        let mut top = top;
        for (row, height) in self.rows().into_iter().zip(heights) {
            for (k, (across, down)) in row.into_iter().enumerate() {
                let left = start + width * k as f64;
                let bottom = top + width * f64::from(down) / f64::from(across.max(1));
                frames.push(PageArea { left, top, right: left + width, bottom });
            }
            top += height * fit;
        }
        frames
    }
}

impl<F: Figure> Figure for Panels<F> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some thousands")]
    fn size(&self) -> (u32, u32) {
        let columns = u32::try_from(self.columns).unwrap_or(u32::MAX);
        let width = WIDTH_PIXELS.max(PANEL_WIDTH_PIXELS.saturating_mul(columns));
        let (width_px, unit) = (f64::from(width), self.unit(f64::from(width)));
        let rows: f64 = self.row_heights(width_px / self.columns as f64).iter().sum();
        let around = self.head() + self.foot(width_px / unit - 2.0 * MARGIN);
        (width, (rows + around * unit).ceil() as u32)
    }

    fn draw(&self, page: &Page<'_>) -> DrawResult {
        let width = f64::from(page.area().dim_in_pixel().0);
        let common = page.scaled(self.unit(width) * PAGE_WIDTH);
        let inside = common.inside();
        common.title(&self.title, inside)?;
        for (figure, frame) in self.figures.iter().zip(self.frames(&common)) {
            let Some((corner, size)) = whole(frame) else { continue };
            figure.draw(&page.part(corner, size))?;
        }
        let lines = common.caption_lines(&self.note, inside);
        let top = inside.bottom - common.px(page::caption_height(lines.len()));
        common.caption(&lines, inside.left, top)
    }
}

/// A frame in whole pixels, as corner and size; nothing if it has none.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "inside a page")]
fn whole(frame: PageArea) -> Option<((u32, u32), (u32, u32))> {
    let (left, top) = (frame.left.max(0.0).round() as u32, frame.top.max(0.0).round() as u32);
    let size = (frame.width().floor() as u32, frame.height().floor() as u32);
    (size.0 > 0 && size.1 > 0).then_some(((left, top), size))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::ops::Range;

    use super::*;
    use crate::plot::{self, Chart, palette};

    /// Remembers which pixels it was given.
    struct Ground<'r> {
        size: (u32, u32),
        seen: &'r RefCell<Vec<(Range<i32>, Range<i32>)>>,
    }

    impl Figure for Ground<'_> {
        fn size(&self) -> (u32, u32) {
            self.size
        }

        fn draw(&self, page: &Page<'_>) -> DrawResult {
            self.seen.borrow_mut().push(page.area().get_pixel_range());
            page.area().fill(&palette::GREEN)
        }
    }

    #[test]
    fn panels_fill_their_columns_row_by_row_without_touching() {
        let seen = RefCell::default();
        let grounds = [(100, 50), (100, 80), (200, 100)].map(|size| Ground { size, seen: &seen });
        let panels = Panels::new(2, grounds).titled("All");
        plot::bitmap(&panels).unwrap();
        let (width, height) = panels.size();
        let frames = seen.borrow();
        let [(x0, y0), (x1, y1), (x2, y2)] = &frames[..] else { panic!("three") };
        assert_eq!((x0.len(), y0.len()), (1000, 500));
        assert_eq!((x1.len(), y1.len()), (1000, 800));
        assert!(x0.end <= x1.start && x1.end <= width.cast_signed());
        assert_eq!((y0.start, x0), (y1.start, x2));
        assert!(y2.start >= y1.end && y2.end <= height.cast_signed());
        assert!(y0.start > 20, "the title has room");
    }

    #[test]
    fn even_rows_have_pages_of_one_height() {
        let seen = RefCell::default();
        let grounds = [(100, 50), (100, 80), (200, 100)].map(|size| Ground { size, seen: &seen });
        plot::bitmap(&Panels::new(2, grounds).with_even_rows()).unwrap();
        let heights: Vec<_> = seen.borrow().iter().map(|(_, y)| y.len()).collect();
        assert_eq!(heights, [800, 800, 500]);
    }

    #[test]
    fn pages_of_any_size_and_no_panels_are_drawn() {
        let chart = Chart::new("x", "y").titled("empty");
        for count in [0, 1, 3] {
            let panels = Panels::new(2, vec![&chart; count]).titled("All").noted("None.");
            for size in [panels.size(), (1, 1), (300, 20), (20, 300)] {
                plot::bitmap(&(&panels).resized(size)).unwrap();
            }
        }
        assert!(Panels::new(0, [chart.resized((0, 0))]).size().0 > 0);
    }
}
