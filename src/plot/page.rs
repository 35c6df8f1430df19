//! A drawing area with lengths that grow with it, and the parts all pictures share.

use plotters::coord::Shift;
use plotters::drawing::DrawingArea;
use plotters::element::{Circle, PathElement, Polygon, Rectangle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontTransform, IntoFont, RGBAColor, RGBColor, TextStyle};

use super::{Canvas, DrawResult, FAMILY, font, palette, polyline};

/// A page is this many units wide, or a third as many high if that makes them smaller; letters are
/// about 12 units high.
pub(super) const PAGE_WIDTH: f64 = 620.0;

/// Heights of letters, in units.
pub(super) const TITLE_HEIGHT: f64 = 17.0;
pub(super) const LABEL_HEIGHT: f64 = 13.0;
pub(super) const NUMBER_HEIGHT: f64 = 11.5;
pub(super) const CAPTION_HEIGHT: f64 = 11.5;

/// White around everything, in units.
pub(super) const MARGIN: f64 = 16.0;

/// Line spacing in heights of letters.
const LINE_SPACING: f64 = 1.4;

/// The width of the page that a figure asks for, in pixels.
const WIDTH_PIXELS: u32 = 1400;

/// Height of a title with the space below it, and the space above a caption, in units.
pub(super) const TITLE_ROOM: f64 = TITLE_HEIGHT * LINE_SPACING + 6.0;
const CAPTION_GAP: f64 = 10.0;

/// The largest distance, in pixels, of a point of a curve from the thinned line that is drawn.
pub(super) const THINNING_PIXELS: f64 = 0.3;

/// A page to draw on: an area of plotters, and the length of a unit that grows with it.
#[derive(Clone)]
pub struct Page<'c> {
    area: DrawingArea<Canvas<'c>, Shift>,
    /// In pixels.
    unit: f64,
}

/// A rectangle between pixel corners.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PageArea {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

/// Color, thickness and dashes of a curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stroke {
    pub(super) color: RGBColor,
    /// In units.
    pub(super) width: f64,
    /// Lengths of ink and gaps in turn, in units; none for a line without gaps.
    pub(super) dashes: &'static [f64],
}

impl PageArea {
    pub(super) fn width(&self) -> f64 {
        self.right - self.left
    }

    pub(super) fn height(&self) -> f64 {
        self.bottom - self.top
    }

    /// Whether a pixel lies inside or on the edge.
    pub(super) fn holds(&self, (x, y): (f64, f64)) -> bool {
        let near = 0.5;
        (self.left - near..=self.right + near).contains(&x)
            && (self.top - near..=self.bottom + near).contains(&y)
    }
}

impl<'c> Page<'c> {
    pub(super) fn new(area: DrawingArea<Canvas<'c>, Shift>) -> Self {
        font::register();
        let (width, height) = area.dim_in_pixel();
        Self { unit: f64::from(width.min(3 * height)) / PAGE_WIDTH, area }
    }

    /// The page with the units of one that is `width` pixels wide.
    pub(super) fn scaled(&self, width: f64) -> Self {
        Self { area: self.area.clone(), unit: width / PAGE_WIDTH }
    }

    /// A part of this page as a page of its own, by its upper left corner and its size in pixels.
    pub(super) fn part(&self, corner: (u32, u32), size: (u32, u32)) -> Self {
        Self::new(self.area.clone().shrink(corner, size))
    }

    /// The area, to draw on it by plotters.
    pub fn area(&self) -> &DrawingArea<Canvas<'c>, Shift> {
        &self.area
    }

    /// `units` in pixels.
    pub(super) fn px(&self, units: f64) -> f64 {
        units * self.unit
    }

    /// `pixels` in units.
    pub(super) fn units(&self, pixels: f64) -> f64 {
        pixels / self.unit
    }

    /// The page without its margin.
    pub(super) fn inside(&self) -> PageArea {
        let (width, height) = self.area.dim_in_pixel();
        let margin = self.px(MARGIN);
        PageArea {
            left: margin,
            top: margin,
            right: f64::from(width) - margin,
            bottom: f64::from(height) - margin,
        }
    }

    /// The width of a text in letters `height` units high, in pixels.
    pub(super) fn text_width(&self, text: &str, height: f64) -> f64 {
        font::width(text, self.px(height))
    }

    /// A line of text; `height` is its em in units.
    pub(super) fn text(
        &self,
        text: &str,
        at: (f64, f64),
        height: f64,
        anchor: (HPos, VPos),
        color: RGBColor,
    ) -> DrawResult {
        self.text_turned(text, at, height, anchor, color, FontTransform::None)
    }

    /// A line of text that reads upwards, its middle at `at`.
    pub(super) fn text_upwards(&self, text: &str, at: (f64, f64), height: f64) -> DrawResult {
        let anchor = (HPos::Center, VPos::Center);
        self.text_turned(text, at, height, anchor, palette::INK, FontTransform::Rotate270)
    }

    fn text_turned(
        &self,
        text: &str,
        at: (f64, f64),
        height: f64,
        (h, v): (HPos, VPos),
        color: RGBColor,
        turn: FontTransform,
    ) -> DrawResult {
        let size = self.px(height) * font::SIZE_PER_EM;
        let font = (FAMILY, size).into_font().transform(turn);
        let style = TextStyle::from(font).color(&color).pos(Pos::new(h, v));
        self.area.draw_text(text, &style, pixel(at))
    }

    /// A straight line, `width` in units but at least a pixel.
    pub(super) fn line(
        &self,
        from: (f64, f64),
        to: (f64, f64),
        width: f64,
        color: RGBAColor,
    ) -> DrawResult {
        let style = color.stroke_width(self.stroke(width));
        self.area.draw(&PathElement::new([pixel(from), pixel(to)], style))
    }

    /// A line through pixels; one without a place breaks it, one alone is a dot.
    pub(super) fn curve(&self, points: &[(f64, f64)], stroke: &Stroke) -> DrawResult {
        let style = stroke.color.to_rgba().stroke_width(self.stroke(stroke.width));
        for stretch in polyline::unbroken(points) {
            let line = polyline::thinned(stretch, THINNING_PIXELS);
            if let [alone] = line[..] {
                self.disc(alone, self.px(stroke.width), stroke.color.to_rgba())?;
                continue;
            }
            let pattern: Vec<f64> = stroke.dashes.iter().map(|units| self.px(*units)).collect();
            let pieces =
                if pattern.is_empty() { vec![line] } else { polyline::dashed(&line, &pattern) };
            for piece in pieces {
                let piece: Vec<_> = piece.into_iter().map(pixel).collect();
                self.area.draw(&PathElement::new(piece, style))?;
            }
        }
        Ok(())
    }

    /// Units as a whole number of pixels, at least one.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and ≥ 1")]
    pub(super) fn stroke(&self, units: f64) -> u32 {
        self.px(units).round().max(1.0) as u32
    }

    /// A filled rectangle.
    pub(super) fn fill(&self, frame: PageArea, color: RGBColor) -> DrawResult {
        let corners = [pixel((frame.left, frame.top)), pixel((frame.right, frame.bottom))];
        self.area.draw(&Rectangle::new(corners, color.filled()))
    }

    /// The outline of a rectangle.
    pub(super) fn outline(&self, frame: PageArea, color: RGBColor) -> DrawResult {
        let PageArea { left, top, right, bottom } = frame;
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
        let style = color.stroke_width(self.stroke(0.8));
        self.area.draw(&PathElement::new(corners.map(pixel), style))
    }

    /// A filled polygon.
    pub(super) fn polygon(&self, corners: &[(f64, f64)], color: RGBAColor) -> DrawResult {
        let corners: Vec<_> = corners.iter().copied().map(pixel).collect();
        self.area.draw(&Polygon::new(corners, color))
    }

    /// A disc; the radius is in pixels.
    pub(super) fn disc(&self, at: (f64, f64), radius: f64, color: RGBAColor) -> DrawResult {
        self.area.draw(&Circle::new(pixel(at), pixel((radius, 0.0)).0, color.filled()))
    }

    /// The title, in the middle at the top, smaller if it is long.
    pub(super) fn title(&self, text: &str, inside: PageArea) -> DrawResult {
        let fit = inside.width() / self.text_width(text, TITLE_HEIGHT).max(1.0);
        let middle = f64::midpoint(inside.left, inside.right);
        let anchor = (HPos::Center, VPos::Top);
        self.text(text, (middle, inside.top), TITLE_HEIGHT * fit.min(1.0), anchor, palette::INK)
    }

    /// The top of the picture below that title.
    pub(super) fn below_title(&self, text: &str, inside: PageArea) -> f64 {
        inside.top + self.px(title_height(text))
    }

    /// The caption broken into lines that fit between these edges.
    pub(super) fn caption_lines(&self, text: &str, inside: PageArea) -> Vec<String> {
        wrap(text, self.units(inside.width()))
    }

    /// Writes the caption with its first line below `top`.
    pub(super) fn caption(&self, lines: &[String], left: f64, top: f64) -> DrawResult {
        for (k, line) in lines.iter().enumerate() {
            let y = top + self.px(CAPTION_GAP + CAPTION_HEIGHT * LINE_SPACING * k as f64);
            self.text(line, (left, y), CAPTION_HEIGHT, (HPos::Left, VPos::Top), palette::INK)?;
        }
        Ok(())
    }
}

/// Breaks a caption into lines of at most `width` units.
pub(super) fn wrap(text: &str, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    // At spaces only: a no-break space holds its words together.
    for word in text.split([' ', '\n']).filter(|word| !word.is_empty()) {
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match (lines.last_mut(), longer) {
            (Some(line), Some(longer)) if font::width(&longer, CAPTION_HEIGHT) <= width => {
                *line = longer;
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The size of a page of this height in units, in pixels.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some thousands")]
pub(super) fn size(height: f64) -> (u32, u32) {
    (WIDTH_PIXELS, (height * f64::from(WIDTH_PIXELS) / PAGE_WIDTH).round() as u32)
}

/// The height of a title with the space below it, in units; 0 without a title.
pub(super) fn title_height(text: &str) -> f64 {
    if text.is_empty() { 0.0 } else { TITLE_ROOM }
}

/// The height of `lines` lines of caption with the space above them, in units.
pub(super) fn caption_height(lines: usize) -> f64 {
    if lines == 0 { 0.0 } else { CAPTION_GAP + CAPTION_HEIGHT * LINE_SPACING * lines as f64 }
}

/// The nearest pixel.
#[expect(clippy::cast_possible_truncation, reason = "a page is far smaller than 2³¹ pixels")]
fn pixel((x, y): (f64, f64)) -> (i32, i32) {
    (x.round() as i32, y.round() as i32)
}
