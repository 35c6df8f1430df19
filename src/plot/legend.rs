//! The legend above the field of a picture: it never covers the data.

use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, RGBColor};

use super::markers::{Shape, Side, arrow};
use super::page::{LABEL_HEIGHT, Page, PageArea, Stroke};
use super::{DrawResult, font, palette};

/// Height of a row, and the white between two entries, in units.
const ROW_HEIGHT: f64 = LABEL_HEIGHT * 1.5;
const ENTRY_GAP: f64 = 20.0;

/// White below the last row, in units.
const SPACE_BELOW: f64 = LABEL_HEIGHT * 0.4;

/// The sign of an entry.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Sign {
    Mark(Side),
    Pale(Side),
    Arrow,
    Line(Stroke, Option<Shape>),
    Patch(RGBColor),
    Shape(Shape, RGBColor),
    Ticks(Side),
}

impl Sign {
    /// Width of the sign and the gap before its text, in units.
    fn width(&self) -> f64 {
        match self {
            Self::Mark(_) | Self::Pale(_) | Self::Shape(..) => 16.0,
            Self::Arrow => 20.0,
            Self::Patch(_) | Self::Ticks(_) => 22.0,
            Self::Line(..) => 34.0,
        }
    }

    /// Draws it rightwards of a place, centered in height.
    fn draw(&self, page: &Page<'_>, (x, y): (f64, f64)) -> DrawResult {
        match self {
            Self::Mark(side) => side.mark(page, (x + page.px(5.0), y), page.px(5.0), 1.0),
            Self::Pale(side) => side.mark_pale(page, (x + page.px(5.0), y), page.px(5.0)),
            Self::Arrow => arrow(page, (x - page.px(2.0), y), (x + page.px(14.0), y), 1.6, 0.85),
            Self::Line(stroke, shape) => {
                page.curve(&[(x, y), (x + page.px(28.0), y)], stroke)?;
                let middle = (x + page.px(14.0), y);
                shape.map_or(Ok(()), |shape| shape.mark(page, middle, page.px(3.2), stroke.color))
            }
            Self::Patch(color) => {
                let (half, right) = (page.px(4.5), x + page.px(16.0));
                let patch = PageArea { left: x, top: y - half, right, bottom: y + half };
                page.fill(patch, *color)
            }
            Self::Shape(shape, color) => {
                shape.mark(page, (x + page.px(5.0), y), page.px(4.2), *color)
            }
            Self::Ticks(side) => {
                for step in 0..4 {
                    let x = x + page.px(1.0 + 4.5 * f64::from(step));
                    let half = page.px(4.0);
                    page.line((x, y - half), (x, y + half), 1.2, side.color().to_rgba())?;
                }
                Ok(())
            }
        }
    }
}

/// Signs and their texts, in rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Legend(Vec<(Sign, String)>);

impl Legend {
    /// Adds an entry, unless its text is empty.
    pub(super) fn explain(&mut self, sign: Sign, text: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() {
            self.0.push((sign, text));
        }
    }

    fn entry_width(sign: &Sign, text: &str) -> f64 {
        sign.width() + font::width(text, LABEL_HEIGHT)
    }

    /// The entries broken into rows that fit `width` units.
    fn rows(&self, width: f64) -> Vec<&[(Sign, String)]> {
        let mut rows = Vec::new();
        let (mut from, mut used) = (0, 0.0);
        for (k, (sign, text)) in self.0.iter().enumerate() {
            let more = Self::entry_width(sign, text);
            if k > from && used + ENTRY_GAP + more > width {
                rows.push(&self.0[from..k]);
                (from, used) = (k, more);
            } else {
                used += more + if k > from { ENTRY_GAP } else { 0.0 };
            }
        }
        if from < self.0.len() {
            rows.push(&self.0[from..]);
        }
        rows
    }

    /// The height of the legend on a page whose inside is `width` units wide, in units.
    pub(super) fn height(&self, width: f64) -> f64 {
        match self.rows(width).len() {
            0 => 0.0,
            rows => ROW_HEIGHT * rows as f64 + SPACE_BELOW,
        }
    }

    /// Draws the rows from `top` down, each in the middle of the page.
    pub(super) fn draw(&self, page: &Page<'_>, inside: PageArea, top: f64) -> DrawResult {
        let width = page.units(inside.width());
        for (k, row) in self.rows(width).into_iter().enumerate() {
            let entries = row.iter().map(|(sign, text)| Self::entry_width(sign, text));
            let total = entries.sum::<f64>() + ENTRY_GAP * (row.len() - 1) as f64;
            let mut x = f64::midpoint(inside.left, inside.right) - page.px(total.min(width) / 2.0);
            let y = top + page.px(ROW_HEIGHT * (k as f64 + 0.5));
            for (sign, text) in row {
                sign.draw(page, (x, y))?;
                // One entry longer than the page is set smaller.
                let fit = (width - sign.width()) / font::width(text, LABEL_HEIGHT).max(1.0);
                let at = (x + page.px(sign.width()), y);
                let anchor = (HPos::Left, VPos::Center);
                page.text(text, at, LABEL_HEIGHT * fit.clamp(0.0, 1.0), anchor, palette::INK)?;
                x += page.px(Self::entry_width(sign, text) + ENTRY_GAP);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_as_wide_as_the_page_allows_and_keep_their_order() {
        let mut legend = Legend::default();
        for name in ["source", "target", "", "a text that is wider than any page of this test"] {
            legend.explain(Sign::Mark(Side::Source), name);
        }
        let rows = |width: f64| legend.rows(width).iter().map(|row| row.len()).collect::<Vec<_>>();
        assert_eq!(rows(1000.0), [3]);
        assert_eq!(rows(200.0), [2, 1]);
        assert_eq!(rows(10.0), [1, 1, 1]);
        assert!(legend.height(10.0) > legend.height(200.0));
        assert_eq!(Legend::default().height(200.0), 0.0);
    }
}
