//! The font that every picture carries, and its letters as coverage.

use std::sync::OnceLock;

use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};
use plotters::style::{FontStyle, register_font};

/// The family to name in a text style: DejaVu Sans in a PNG; in an SVG the viewer's, if it has
/// it, or a face as wide.
pub const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";

/// plotters' font size per em (its SVG backend divides by it).
pub(super) const SIZE_PER_EM: f64 = 1.24;

/// Registers the font with plotters, once; [`FAMILY`] and plain `sans-serif` then work.
pub(super) fn register() {
    static DONE: OnceLock<()> = OnceLock::new();
    DONE.get_or_init(|| {
        for family in [FAMILY, "sans-serif"] {
            let done = register_font(family, FontStyle::Normal, dejavu::sans::regular());
            assert!(done.is_ok(), "the bundled font parses");
        }
    });
}

fn dejavu() -> &'static FontRef<'static> {
    static FONT: OnceLock<FontRef<'static>> = OnceLock::new();
    FONT.get_or_init(|| {
        FontRef::try_from_slice(dejavu::sans::regular()).expect("the bundled font parses")
    })
}

/// Sets `text` from the origin rightwards: glyphs with their place, and the advance of the whole.
#[expect(clippy::cast_possible_truncation, reason = "ab_glyph sets in f32")]
fn layout(text: &str, em: f64) -> (Vec<ab_glyph::Glyph>, f64) {
    let font = dejavu();
    let units = font.units_per_em().unwrap_or(1.0);
    let scale = PxScale::from(em as f32 * font.height_unscaled() / units);
    let scaled = font.as_scaled(scale);
    let mut glyphs = Vec::new();
    let (mut x, mut previous) = (0.0, None);
    for letter in text.chars() {
        let id = scaled.glyph_id(letter);
        if let Some(previous) = previous {
            x += scaled.kern(previous, id);
        }
        glyphs.push(id.with_scale_and_position(scale, point(x, 0.0)));
        x += scaled.h_advance(id);
        previous = Some(id);
    }
    (glyphs, f64::from(x))
}

/// The width of one line of text in pixels, at `em` pixels an em.
pub(super) fn width(text: &str, em: f64) -> f64 {
    layout(text, em).1
}

/// Calls `ink(x, y, coverage)` for each pixel the text touches; the baseline starts at (0, 0),
/// y grows downwards.
#[expect(clippy::cast_possible_truncation, reason = "pixel bounds are small whole numbers")]
pub(super) fn rasterize(text: &str, em: f64, mut ink: impl FnMut(i32, i32, f64)) {
    for glyph in layout(text, em).0 {
        if let Some(outline) = dejavu().outline_glyph(glyph) {
            let min = outline.px_bounds().min;
            let (left, top) = (min.x as i32, min.y as i32);
            outline.draw(|x, y, coverage| {
                ink(left + x.cast_signed(), top + y.cast_signed(), f64::from(coverage));
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_have_the_size_asked_for() {
        let (mut top, mut bottom) = (0, 0);
        rasterize("H", 100.0, |_, y, coverage| {
            if coverage > 0.5 {
                top = top.min(y);
                bottom = bottom.max(y);
            }
        });
        // DejaVu Sans: capitals are 0.729 em high and stand on the baseline.
        assert!((-74..=-72).contains(&top) && (-1..=0).contains(&bottom), "{top} {bottom}");
        assert!((width("00", 50.0) - 2.0 * width("0", 50.0)).abs() < 1e-3);
    }

    #[test]
    fn the_letters_of_the_captions_exist() {
        for letter in "γ×→≤–·…²⁻¹⁰⁵Δ∞".chars() {
            assert_ne!(dejavu().glyph_id(letter).0, 0, "{letter} is missing from the font");
        }
    }
}
