//! One backend for both formats, so that a drawing function is compiled once.

use std::io;

use plotters::prelude::{DrawingBackend, SVGBackend};
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingErrorKind,
};

use super::{Bitmap, font};

/// The backend of [`save`](super::save): pixels or an SVG document.
///
/// plotters' own bitmap backend drops the side bearings of letters and sets them above their
/// line when its font comes from `ab_glyph`; this one sets them where the SVG has them, and
/// draws lines, discs and polygons with true coverage.
pub struct Canvas<'a>(Surface<'a>);

enum Surface<'a> {
    Pixels(&'a mut Bitmap),
    Svg(SVGBackend<'a>),
}

impl<'a> Canvas<'a> {
    pub(super) fn pixels(bitmap: &'a mut Bitmap) -> Self {
        Self(Surface::Pixels(bitmap))
    }

    pub(super) fn svg(document: &'a mut String, size: (u32, u32)) -> Self {
        Self(Surface::Svg(SVGBackend::with_string(document, size)))
    }
}

type Result = std::result::Result<(), DrawingErrorKind<io::Error>>;

impl DrawingBackend for Canvas<'_> {
    type ErrorType = io::Error;

    fn get_size(&self) -> (u32, u32) {
        match &self.0 {
            Surface::Pixels(bitmap) => (bitmap.width(), bitmap.height()),
            Surface::Svg(svg) => svg.get_size(),
        }
    }

    fn ensure_prepared(&mut self) -> Result {
        match &mut self.0 {
            Surface::Pixels(_) => Ok(()),
            Surface::Svg(svg) => svg.ensure_prepared(),
        }
    }

    fn present(&mut self) -> Result {
        match &mut self.0 {
            Surface::Pixels(_) => Ok(()),
            Surface::Svg(svg) => svg.present(),
        }
    }

    fn draw_pixel(&mut self, point: BackendCoord, color: BackendColor) -> Result {
        match &mut self.0 {
            Surface::Pixels(bitmap) => bitmap.blend(point, color, 1.0),
            Surface::Svg(svg) => svg.draw_pixel(point, color)?,
        }
        Ok(())
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Result {
        match &mut self.0 {
            Surface::Pixels(bitmap) => bitmap.line(from, to, style.stroke_width(), style.color()),
            Surface::Svg(svg) => svg.draw_line(from, to, style)?,
        }
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        upper_left: BackendCoord,
        bottom_right: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Result {
        match &mut self.0 {
            Surface::Svg(svg) => svg.draw_rect(upper_left, bottom_right, style, fill)?,
            Surface::Pixels(bitmap) if fill => {
                bitmap.fill_rect(upper_left, bottom_right, style.color());
            }
            Surface::Pixels(bitmap) => {
                let ((left, top), (right, bottom)) = (upper_left, bottom_right);
                let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
                for (k, &corner) in corners.iter().enumerate() {
                    let next = corners[(k + 1) % 4];
                    bitmap.line(corner, next, style.stroke_width(), style.color());
                }
            }
        }
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Result {
        match &mut self.0 {
            Surface::Svg(svg) => svg.draw_path(path, style)?,
            Surface::Pixels(bitmap) => {
                let mut points = path.into_iter();
                let Some(mut from) = points.next() else { return Ok(()) };
                for to in points {
                    bitmap.line(from, to, style.stroke_width(), style.color());
                    from = to;
                }
            }
        }
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        center: BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Result {
        match &mut self.0 {
            Surface::Svg(svg) => svg.draw_circle(center, radius, style, fill)?,
            Surface::Pixels(bitmap) => {
                let stroke = (!fill).then_some(style.stroke_width());
                bitmap.circle(center, radius, stroke, style.color());
            }
        }
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        vert: I,
        style: &S,
    ) -> Result {
        match &mut self.0 {
            Surface::Svg(svg) => svg.fill_polygon(vert, style)?,
            Surface::Pixels(bitmap) => {
                bitmap.fill_polygon(&vert.into_iter().collect::<Vec<_>>(), style.color());
            }
        }
        Ok(())
    }

    fn draw_text<TStyle: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &TStyle,
        pos: BackendCoord,
    ) -> Result {
        match &mut self.0 {
            Surface::Svg(svg) => svg.draw_text(text, style, pos)?,
            Surface::Pixels(bitmap) => set_text(bitmap, text, style, pos),
        }
        Ok(())
    }
}

/// Sets a line of text with its anchor at `at`, turned as the style says.
#[expect(clippy::cast_possible_truncation, reason = "a line of text is shorter than 2³¹ pixels")]
fn set_text<S: BackendTextStyle>(bitmap: &mut Bitmap, text: &str, style: &S, (x, y): BackendCoord) {
    let em = style.size() / font::SIZE_PER_EM;
    let right = match style.anchor().h_pos {
        HPos::Left => 0.0,
        HPos::Center => -font::width(text, em) / 2.0,
        HPos::Right => -font::width(text, em),
    };
    // From the anchor down to the baseline; DejaVu's capitals and digits are 0.729 em high.
    let down = match style.anchor().v_pos {
        VPos::Top => 0.76,
        VPos::Center => 0.729 / 2.0,
        VPos::Bottom => -0.27,
    } * em;
    let (right, down) = (right.round() as i32, down.round() as i32);
    let turn = style.transform();
    font::rasterize(text, em, |dx, dy, coverage| {
        let (dx, dy) = turn.transform(right + dx, down + dy);
        bitmap.blend((x + dx, y + dy), style.color(), coverage);
    });
}
