//! Colors by role, the same in every picture.
//!
//! The eight colors of Okabe and Ito (2008, "Color Universal Design: how to make figures and
//! presentations that are friendly to colorblind people"), which stay apart under every common
//! kind of color blindness, and one sequential map whose lightness falls evenly.

use plotters::style::RGBColor;

/// A color in red, green and blue.
pub type Color = RGBColor;

/// Black.
pub const BLACK: RGBColor = RGBColor(0, 0, 0);
/// Orange.
pub const ORANGE: RGBColor = RGBColor(230, 159, 0);
/// Sky blue.
pub const SKY_BLUE: RGBColor = RGBColor(86, 180, 233);
/// Bluish green.
pub const GREEN: RGBColor = RGBColor(0, 158, 115);
/// Yellow: for areas; too light for lines on white.
pub const YELLOW: RGBColor = RGBColor(240, 228, 66);
/// Blue.
pub const BLUE: RGBColor = RGBColor(0, 114, 178);
/// Vermillion.
pub const VERMILLION: RGBColor = RGBColor(213, 94, 0);
/// Reddish purple.
pub const PURPLE: RGBColor = RGBColor(204, 121, 167);

/// Source points.
pub const SOURCE: RGBColor = BLUE;
/// Target points.
pub const TARGET: RGBColor = VERMILLION;
/// Arrows that mass moves along.
pub const ARROW: RGBColor = RGBColor(70, 70, 70);
/// Titles, labels, captions.
pub const INK: RGBColor = RGBColor(25, 25, 25);
/// Axes and frames.
pub const FRAME: RGBColor = RGBColor(110, 110, 110);
/// Grid lines.
pub const GRID: RGBColor = RGBColor(224, 224, 224);
/// Lines on which a function is constant.
pub const LEVEL: RGBColor = RGBColor(120, 130, 126);
/// No mass, and the page.
pub const PAPER: RGBColor = RGBColor(255, 255, 255);

/// The sequential map: `t` from 0 (a blue just darker than paper) to 1 (night blue).
///
/// Paper white itself is left to "nothing there", so that the smallest mass can be told from
/// none. A path through Oklab (Ottosson 2020, "A perceptual color space for image processing")
/// with evenly falling lightness and one hue.
#[must_use]
pub fn sequential(t: f64) -> RGBColor {
    const HUE_RADIANS: f64 = 4.5; // radians: blue
    let t = t.clamp(0.0, 1.0);
    let lightness = 0.93 - 0.67 * t;
    let chroma = 0.03 + 0.11 * (2.5 * t).sin();
    oklab(lightness, chroma * HUE_RADIANS.cos(), chroma * HUE_RADIANS.sin())
}

/// The ground under a picture: `t` from 0 (just darker than paper) to 1 (a middling green).
///
/// Light and pale throughout, so that marks in the colors of both sides stand out on it.
#[must_use]
pub fn ground(t: f64) -> RGBColor {
    const HUE_RADIANS: f64 = 2.9; // radians: green, toward blue
    let t = t.clamp(0.0, 1.0);
    let (lightness, chroma) = (0.96 - 0.34 * t, 0.012 + 0.06 * t);
    oklab(lightness, chroma * HUE_RADIANS.cos(), chroma * HUE_RADIANS.sin())
}

/// A member of a family of one hue: `t` from 0 (pale) by the middle (the color itself) to 1 (deep).
///
/// The members differ in lightness, which every eye sees; for curves of one kind in order.
#[must_use]
pub fn shade(color: RGBColor, t: f64) -> RGBColor {
    const PALEST: f64 = 0.5;
    const DEEPEST: f64 = 0.35;
    let t = t.clamp(0.0, 1.0);
    if t <= 0.5 {
        return tint(color, PALEST + (1.0 - PALEST) * 2.0 * t);
    }
    let RGBColor(r, g, b) = color;
    let keep = 1.0 - (1.0 - DEEPEST) * (2.0 * t - 1.0);
    let dim = |ink: u8| byte(keep * f64::from(ink) / 255.0);
    RGBColor(dim(r), dim(g), dim(b))
}

/// A color on paper, `part` of it (0 to 1) as ink.
pub(super) fn tint(RGBColor(r, g, b): RGBColor, part: f64) -> RGBColor {
    let mix = |ink: u8| byte(1.0 - part * (1.0 - f64::from(ink) / 255.0));
    RGBColor(mix(r), mix(g), mix(b))
}

/// Whether black letters read better than white ones on this color.
#[must_use]
pub fn is_light(color: RGBColor) -> bool {
    let RGBColor(r, g, b) = color;
    // Luma weights of Rec. 601.
    0.299 * f64::from(r) + 0.587 * f64::from(g) + 0.114 * f64::from(b) > 140.0
}

/// Oklab to sRGB, clipped to the gamut.
fn oklab(lightness: f64, a: f64, b: f64) -> RGBColor {
    let l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let s = (lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
    let linear = [
        4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
        -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
        -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
    ];
    let [r, g, b] = linear.map(|x| {
        let gamma = if x <= 0.003_130_8 { 12.92 * x } else { 1.055 * x.powf(1.0 / 2.4) - 0.055 };
        byte(gamma)
    });
    RGBColor(r, g, b)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=255")]
fn byte(unit: f64) -> u8 {
    (unit.clamp(0.0, 1.0) * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luma(RGBColor(r, g, b): RGBColor) -> f64 {
        0.299 * f64::from(r) + 0.587 * f64::from(g) + 0.114 * f64::from(b)
    }

    #[test]
    fn oklab_knows_white_and_gray() {
        assert_eq!(oklab(1.0, 0.0, 0.0), PAPER);
        let RGBColor(r, g, b) = oklab(0.5, 0.0, 0.0);
        assert!(r == g && g == b && r == 99, "{r} {g} {b}");
    }

    #[test]
    fn a_family_darkens_evenly_around_its_color() {
        for color in [GREEN, ORANGE] {
            let lumas: Vec<f64> = (0..=8).map(|k| luma(shade(color, f64::from(k) / 8.0))).collect();
            assert!(lumas.windows(2).all(|pair| pair[1] < pair[0] - 5.0), "{lumas:?}");
            assert_eq!(shade(color, 0.5), color);
        }
    }

    #[test]
    fn the_sequential_map_darkens_evenly_from_off_white_to_night_blue() {
        let lumas: Vec<f64> = (0..=20).map(|k| luma(sequential(f64::from(k) / 20.0))).collect();
        assert!(lumas.windows(2).all(|pair| pair[1] < pair[0] - 4.0), "{lumas:?}");
        assert!(lumas[0] < 240.0 && lumas[20] < 45.0, "{lumas:?}");
        let RGBColor(r, _, b) = sequential(0.6);
        assert!(b > r + 60);
    }
}
