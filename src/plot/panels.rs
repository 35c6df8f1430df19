//! Several pictures on one page.

use plotters::backend::DrawingBackend;
use plotters::coord::Shift;
use plotters::drawing::DrawingArea;

use super::DrawResult;
use super::page::{self, MARGIN, Page, PageArea, TITLE, UNITS};

/// The width of the page that [`Panels::size`] asks for, in pixels: for one panel, and for each
/// where there are more.
const WIDTH: u32 = 1400;
const PANEL: u32 = 1000;

/// Common letters are this many times as large as those of a panel.
const COMMON: f64 = 1.25;

/// Pictures side by side, row by row, under a common title.
///
/// Each panel has a share of the width and keeps its proportions; what it shows is drawn by the
/// caller into the area handed over.
///
/// ```
/// use deblais::plot::{self, Chart, Panels};
///
/// # fn main() -> Result<(), deblais::plot::PlotError> {
/// let charts = [Chart::new("x", "critic"), Chart::new("x", "exact potential")];
/// let panels = Panels::new(2, charts.iter().map(Chart::size)).titled("Two witnesses");
/// let svg = plot::svg(panels.size(), |root| panels.draw(root, |k, area| charts[k].draw(area)))?;
/// assert!(svg.contains("exact potential"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Panels {
    columns: usize,
    sizes: Vec<(u32, u32)>,
    title: String,
    note: String,
}

impl Panels {
    /// Panels in `columns` columns, for pictures of these page sizes.
    #[must_use]
    pub fn new(columns: usize, sizes: impl IntoIterator<Item = (u32, u32)>) -> Self {
        let sizes: Vec<_> = sizes.into_iter().collect();
        let columns = columns.clamp(1, sizes.len().max(1));
        Self { columns, sizes, title: String::new(), note: String::new() }
    }

    /// With a common title.
    #[must_use]
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// With a common caption.
    #[must_use]
    pub fn noted(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// A page that suits the panels, in pixels.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some thousands")]
    pub fn size(&self) -> (u32, u32) {
        let columns = u32::try_from(self.columns).unwrap_or(u32::MAX);
        let width = WIDTH.max(PANEL.saturating_mul(columns));
        let (width_px, unit) = (f64::from(width), self.unit(f64::from(width)));
        let rows: f64 = self.row_heights(width_px / self.columns as f64).iter().sum();
        let around = self.head() + self.foot(width_px / unit - 2.0 * MARGIN);
        (width, (rows + around * unit).ceil() as u32)
    }

    /// The unit of title and caption on a page of this width, in pixels.
    fn unit(&self, width: f64) -> f64 {
        let larger = if self.columns == 1 { 1.0 } else { COMMON };
        larger * width / self.columns as f64 / UNITS
    }

    /// Draws the common title, then each panel by `panel(k, area)`, then the common caption.
    ///
    /// # Errors
    /// An error of the backend or of a panel.
    pub fn draw<DB, F>(&self, root: &DrawingArea<DB, Shift>, mut panel: F) -> DrawResult<DB>
    where
        DB: DrawingBackend,
        F: FnMut(usize, &DrawingArea<DB, Shift>) -> DrawResult<DB>,
    {
        let width = f64::from(root.dim_in_pixel().0);
        let page = Page::scaled(root, self.unit(width) * UNITS);
        let inside = page.inside();
        page.title(&self.title, inside)?;
        for (k, frame) in self.frames(&page).into_iter().enumerate() {
            let Some((corner, size)) = whole(frame) else { continue };
            panel(k, &root.clone().shrink(corner, size))?;
        }
        let lines = page.caption_lines(&self.note, inside);
        let top = inside.bottom - page.px(page::caption_height(lines.len()));
        page.caption(&lines, inside.left, top)
    }

    /// Heights of the title above the panels and of the caption below, with their margins, in units.
    fn head(&self) -> f64 {
        if self.title.is_empty() { 0.0 } else { MARGIN + TITLE }
    }

    fn foot(&self, width: f64) -> f64 {
        match page::wrap(&self.note, width).len() {
            0 => 0.0,
            lines => page::caption_height(lines) + MARGIN,
        }
    }

    /// The height of each row, if a panel is so wide.
    fn row_heights(&self, width: f64) -> Vec<f64> {
        let height =
            |&(across, down): &(u32, u32)| width * f64::from(down) / f64::from(across.max(1));
        let rows = self.sizes.chunks(self.columns);
        rows.map(|row| row.iter().map(height).fold(0.0, f64::max)).collect()
    }

    /// Where each panel goes: as wide as its column unless the page is too low.
    fn frames<DB: DrawingBackend>(&self, page: &Page<'_, DB>) -> Vec<PageArea> {
        let inside = page.inside();
        let margin = page.px(MARGIN);
        let (left, right) = (inside.left - margin, inside.right + margin);
        let top = inside.top - margin + page.px(self.head());
        let foot = page.px(self.foot(inside.width() / page.px(1.0)));
        let room = (inside.bottom + margin - foot - top).max(0.0);
        let column = (right - left) / self.columns as f64;
        let rows = self.row_heights(column);
        let fit = (room / rows.iter().sum::<f64>().max(1.0)).min(1.0);
        let width = column * fit;
        let start = f64::midpoint(left, right) - width * self.columns as f64 / 2.0;
        let mut frames = Vec::new();
        let mut above = top;
        for (row, height) in self.sizes.chunks(self.columns).zip(rows) {
            for (k, size) in row.iter().enumerate() {
                let left = start + width * k as f64;
                let own = width * f64::from(size.1) / f64::from(size.0.max(1));
                frames.push(PageArea {
                    left,
                    top: above,
                    right: left + width,
                    bottom: above + own,
                });
            }
            above += height * fit;
        }
        frames
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
    use super::*;
    use crate::plot::{self, Chart, palette};

    #[test]
    fn panels_fill_their_columns_row_by_row_without_touching() {
        let panels = Panels::new(2, [(100, 50), (100, 80), (200, 100)]).titled("All");
        let mut frames = Vec::new();
        plot::bitmap(panels.size(), |root| {
            panels.draw(root, |k, area| {
                frames.push((k, area.get_pixel_range()));
                area.fill(&palette::GREEN)
            })
        })
        .unwrap();
        let (width, height) = panels.size();
        let [(_, (x0, y0)), (_, (x1, y1)), (_, (x2, y2))] = &frames[..] else { panic!("three") };
        assert_eq!((x0.len(), y0.len()), (1000, 500));
        assert_eq!((x1.len(), y1.len()), (1000, 800));
        assert!(x0.end <= x1.start && x1.end <= width.cast_signed());
        assert_eq!((y0.start, x0), (y1.start, x2));
        assert!(y2.start >= y1.end && y2.end <= height.cast_signed());
        assert!(y0.start > 20, "the title has room");
    }

    #[test]
    fn pages_of_any_size_and_no_panels_are_drawn() {
        let chart = Chart::new("x", "y").titled("empty");
        for count in [0, 1, 3] {
            let panels = Panels::new(2, vec![chart.size(); count]).titled("All").noted("None.");
            for size in [panels.size(), (1, 1), (300, 20), (20, 300)] {
                plot::bitmap(size, |root| panels.draw(root, |_, area| chart.draw(area))).unwrap();
            }
        }
        assert!(Panels::new(0, [(0, 0)]).size().0 > 0);
    }
}
