//! The field: a frame on the page with two axes, from values to pixels.

use plotters::style::Color;

use super::axes::{self, GRID_LINE, NUMBER_GAP, TICK_LENGTH};
use super::axis_ticks::{AxisScale, ValueAxis};
use super::page::{LABEL_HEIGHT, NUMBER_HEIGHT, Page, PageArea};
use super::{DrawResult, Extent, palette};

/// The height of numbers and label below a field, in units.
pub(super) const X_AXIS_HEIGHT: f64 = TICK_LENGTH + NUMBER_GAP + NUMBER_HEIGHT + LABEL_HEIGHT * 1.6;

/// The width of numbers and label to the left of a field with short numbers, in units.
pub(super) const Y_AXIS_WIDTH: f64 = 70.0;

/// Approximate distance of two round marks, in units: across and down.
const MARK_DISTANCES: (f64, f64) = (80.0, 50.0);

/// A frame on the page and the axes that fill it.
pub(super) struct Field {
    pub(super) frame: PageArea,
    pub(super) x: ValueAxis,
    pub(super) y: ValueAxis,
    /// Distance of the x axis below the frame, in pixels.
    pub(super) floor: f64,
}

impl Field {
    /// The largest frame at the top of the room, in its middle, that shows this part of the plane
    /// with one scale for both axes.
    pub(super) fn planar(extent: Extent, room: PageArea) -> Self {
        let scale = (room.width() / extent.width()).min(room.height() / extent.height()).max(0.0);
        let (width, height) = (extent.width() * scale, extent.height() * scale);
        let left = room.left + ((room.width() - width) / 2.0).max(0.0);
        let frame =
            PageArea { left, top: room.top, right: left + width, bottom: room.top + height };
        let axis = |(low, high): (f64, f64)| ValueAxis::between(AxisScale::Linear, low, high);
        Self { frame, x: axis(extent.x), y: axis(extent.y), floor: 0.0 }
    }

    /// The pixel of a point; NaN where a coordinate has no place on its axis.
    pub(super) fn place(&self, x: f64, y: f64) -> (f64, f64) {
        let PageArea { left, bottom, .. } = self.frame;
        let across = self.x.place(x) * self.frame.width();
        (left + across, bottom - self.y.place(y) * self.frame.height())
    }

    /// The grid, the frame, round marks with their numbers, and what the axes measure.
    pub(super) fn draw_axes(&self, page: &Page<'_>, (across, up): (&str, &str)) -> DrawResult {
        let frame = PageArea { bottom: self.frame.bottom + self.floor, ..self.frame };
        axes::draw_below(page, frame, &marks_below(page, self.x, frame), across, true)?;
        let marks = marks_beside(page, self.y, self.frame);
        for (y, _) in &marks {
            let ends = ((frame.left, *y), (frame.right, *y));
            page.line(ends.0, ends.1, GRID_LINE, palette::GRID.to_rgba())?;
        }
        axes::draw_beside(page, frame, &marks, up)?;
        page.outline(frame, palette::FRAME)
    }
}

/// Round marks along the bottom of a frame: the pixel across, and the number.
pub(super) fn marks_below(page: &Page<'_>, x: ValueAxis, frame: PageArea) -> Vec<(f64, String)> {
    let need = |text: &str| page.text_width(text, NUMBER_HEIGHT) + page.px(NUMBER_HEIGHT * 0.9);
    let marks = x.marks(frame.width(), page.px(MARK_DISTANCES.0), need);
    let pixel = |place: f64| frame.left + place * frame.width();
    marks.into_iter().map(|(place, text)| (pixel(place), text)).collect()
}

/// Round marks along the left side of a frame: the pixel down, and the number.
fn marks_beside(page: &Page<'_>, y: ValueAxis, frame: PageArea) -> Vec<(f64, String)> {
    let marks =
        y.marks(frame.height(), page.px(MARK_DISTANCES.1), |_| page.px(NUMBER_HEIGHT * 1.35));
    let pixel = |place: f64| frame.bottom - place * frame.height();
    marks.into_iter().map(|(place, text)| (pixel(place), text)).collect()
}

/// The width of the y axis to the left of a frame, in pixels.
pub(super) fn left_room(page: &Page<'_>, y: ValueAxis, frame: PageArea) -> f64 {
    let marks = marks_beside(page, y, frame);
    let widest =
        marks.iter().map(|mark| page.text_width(&mark.1, NUMBER_HEIGHT)).fold(0.0, f64::max);
    page.px(TICK_LENGTH + NUMBER_GAP + LABEL_HEIGHT * 1.6) + widest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planar_field_has_one_scale_and_stands_in_the_middle_at_the_top() {
        let extent = Extent { x: (-1.0, 3.0), y: (5.0, 6.0) };
        let room = PageArea { left: 100.0, top: 10.0, right: 300.0, bottom: 500.0 };
        let field = Field::planar(extent, room);
        assert_eq!((field.frame.width(), field.frame.height()), (200.0, 50.0));
        assert_eq!(field.place(-1.0, 5.0), (100.0, 60.0));
        assert_eq!(field.place(3.0, 6.0), (300.0, 10.0));
        let tall = Field::planar(Extent { y: (5.0, 25.0), ..extent }, room);
        assert_eq!((tall.frame.left, tall.frame.right), (151.0, 249.0));
        assert!(field.place(f64::NAN, 5.0).0.is_nan());
    }
}
