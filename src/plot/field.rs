//! Where values land on the page, with the axes around them.

use plotters::backend::DrawingBackend;
use plotters::style::Color;
use plotters::style::text_anchor::{HPos, VPos};

use super::axes::{GAP, TICK_LENGTH};
use super::axis_ticks::{Axis, AxisScale};
use super::page::{LABEL, Page, PageArea, TICK};
use super::{DrawResult, palette};

/// The height of numbers and label below a field, in units.
pub(super) const BELOW: f64 = TICK_LENGTH + GAP + TICK + LABEL * 1.6;

/// The width of numbers and label to the left of a field with short numbers, in units.
pub(super) const LEFT: f64 = 70.0;

/// How far apart round marks should be, in units: across and down.
const PITCH: (f64, f64) = (80.0, 50.0);

/// A frame on the page and the axes that fill it.
pub(super) struct Field {
    pub(super) frame: PageArea,
    pub(super) x: Axis,
    pub(super) y: Axis,
    /// How far below the frame its x axis stands, in pixels.
    pub(super) floor: f64,
}

impl Field {
    /// The largest frame at the top of the room, in its middle, that shows this part of the
    /// plane with one scale for both axes; `world.top` is the least second coordinate.
    pub(super) fn planar(world: PageArea, room: PageArea) -> Self {
        let scale = (room.width() / world.width()).min(room.height() / world.height()).max(0.0);
        let (width, height) = (world.width() * scale, world.height() * scale);
        let left = room.left + ((room.width() - width) / 2.0).max(0.0);
        let frame =
            PageArea { left, top: room.top, right: left + width, bottom: room.top + height };
        let x = Axis::between(AxisScale::Linear, world.left, world.right);
        let y = Axis::between(AxisScale::Linear, world.top, world.bottom);
        Self { frame, x, y, floor: 0.0 }
    }

    /// The pixel of a point; NaN where a coordinate has no place on its axis.
    pub(super) fn place(&self, x: f64, y: f64) -> (f64, f64) {
        let PageArea { left, bottom, .. } = self.frame;
        let across = self.x.place(x) * self.frame.width();
        (left + across, bottom - self.y.place(y) * self.frame.height())
    }

    /// The grid, the frame, round marks with their numbers, and what the axes measure.
    pub(super) fn draw_axes<DB: DrawingBackend>(
        &self,
        page: &Page<'_, DB>,
        (across, up): (&str, &str),
    ) -> DrawResult<DB> {
        let frame = PageArea { bottom: self.frame.bottom + self.floor, ..self.frame };
        let (tick, ink) = (page.px(TICK_LENGTH), palette::FRAME.to_rgba());
        let grid = palette::GRID.to_rgba();
        for (place, text) in across_marks(page, self.x, frame.width()) {
            let x = frame.left + place * frame.width();
            page.line((x, frame.top), (x, frame.bottom), 0.5, grid)?;
            page.line((x, frame.bottom), (x, frame.bottom + tick), 0.8, ink)?;
            let at = (x, frame.bottom + tick + page.px(GAP));
            page.text(&text, at, TICK, (HPos::Center, VPos::Top), palette::INK)?;
        }
        let mut widest: f64 = 0.0;
        for (place, text) in upward_marks(page, self.y, self.frame.height()) {
            let y = self.frame.bottom - place * self.frame.height();
            page.line((frame.left, y), (frame.right, y), 0.5, grid)?;
            page.line((frame.left - tick, y), (frame.left, y), 0.8, ink)?;
            let at = (frame.left - tick - page.px(GAP), y);
            page.text(&text, at, TICK, (HPos::Right, VPos::Center), palette::INK)?;
            widest = widest.max(page.text_width(&text, TICK));
        }
        page.outline(frame, palette::FRAME)?;
        let middle = f64::midpoint(frame.left, frame.right);
        let at = (middle, frame.bottom + tick + page.px(GAP + TICK + LABEL * 0.4));
        page.text(across, at, LABEL, (HPos::Center, VPos::Top), palette::INK)?;
        let x = frame.left - tick - page.px(GAP + LABEL) - widest;
        page.text_upwards(up, (x, f64::midpoint(frame.top, frame.bottom)), LABEL)
    }
}

/// Round marks along the bottom of a field of this width in pixels.
pub(super) fn across_marks<DB: DrawingBackend>(
    page: &Page<'_, DB>,
    x: Axis,
    width: f64,
) -> Vec<(f64, String)> {
    let need = |text: &str| page.text_width(text, TICK) + page.px(TICK * 0.9);
    x.marks(width, page.px(PITCH.0), need)
}

/// Round marks along the side of a field of this height in pixels.
fn upward_marks<DB: DrawingBackend>(
    page: &Page<'_, DB>,
    y: Axis,
    height: f64,
) -> Vec<(f64, String)> {
    y.marks(height, page.px(PITCH.1), |_| page.px(TICK * 1.35))
}

/// The width of the y axis to the left of a field of this height, in pixels.
pub(super) fn left_room<DB: DrawingBackend>(page: &Page<'_, DB>, y: Axis, height: f64) -> f64 {
    let marks = upward_marks(page, y, height);
    let widest = marks.iter().map(|mark| page.text_width(&mark.1, TICK)).fold(0.0, f64::max);
    page.px(TICK_LENGTH + GAP + LABEL * 1.6) + widest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planar_field_has_one_scale_and_stands_in_the_middle_at_the_top() {
        let world = PageArea { left: -1.0, top: 5.0, right: 3.0, bottom: 6.0 };
        let room = PageArea { left: 100.0, top: 10.0, right: 300.0, bottom: 500.0 };
        let field = Field::planar(world, room);
        assert_eq!((field.frame.width(), field.frame.height()), (200.0, 50.0));
        assert_eq!(field.place(-1.0, 5.0), (100.0, 60.0));
        assert_eq!(field.place(3.0, 6.0), (300.0, 10.0));
        let tall = Field::planar(PageArea { bottom: 25.0, ..world }, room);
        assert_eq!((tall.frame.left, tall.frame.right), (151.0, 249.0));
        assert!(field.place(f64::NAN, 5.0).0.is_nan());
    }
}
