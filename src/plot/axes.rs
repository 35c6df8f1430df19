//! Marks along an axis, and the color bar.

use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, RGBColor};

use super::page::{LABEL_HEIGHT, NUMBER_HEIGHT, Page, PageArea};
use super::scale::{MassScale, nice_step};
use super::{DrawResult, palette};

/// Length of a tick and the white beside a number, in units.
pub(super) const TICK_LENGTH: f64 = 4.0;
pub(super) const NUMBER_GAP: f64 = 4.0;

/// Width of the color bar, and white to its left, in units.
const BAR_WIDTH: f64 = 15.0;
const BAR_GAP: f64 = 22.0;

/// Slices of one color that make up the bar.
const BAR_SLICES: u32 = 128;

/// Distance of two round marks by the least distance at which they do not touch.
const MARK_DISTANCE_FACTOR: f64 = 1.6;

/// Thickness of a grid line and of a tick, in units.
pub(super) const GRID_LINE: f64 = 0.5;
const TICK_LINE: f64 = 0.8;

/// Draws ticks, numbers and label below a frame, with grid lines through it if asked; marks are
/// pixels across and numbers.
pub(super) fn draw_below(
    page: &Page<'_>,
    frame: PageArea,
    marks: &[(f64, String)],
    label: &str,
    grid: bool,
) -> DrawResult {
    let end = frame.bottom + page.px(TICK_LENGTH);
    let anchor = (HPos::Center, VPos::Top);
    for (x, text) in marks {
        if grid {
            let ink = palette::GRID.to_rgba();
            page.line((*x, frame.top), (*x, frame.bottom), GRID_LINE, ink)?;
        }
        page.line((*x, frame.bottom), (*x, end), TICK_LINE, palette::FRAME.to_rgba())?;
        page.text(text, (*x, end + page.px(NUMBER_GAP)), NUMBER_HEIGHT, anchor, palette::INK)?;
    }
    let middle = f64::midpoint(frame.left, frame.right);
    let at = (middle, end + page.px(NUMBER_GAP + NUMBER_HEIGHT + LABEL_HEIGHT * 0.4));
    page.text(label, at, LABEL_HEIGHT, anchor, palette::INK)
}

/// Draws ticks, numbers and label to the left of a frame; marks are pixels down and numbers.
pub(super) fn draw_beside(
    page: &Page<'_>,
    frame: PageArea,
    marks: &[(f64, String)],
    label: &str,
) -> DrawResult {
    let end = frame.left - page.px(TICK_LENGTH);
    let anchor = (HPos::Right, VPos::Center);
    let mut widest: f64 = 0.0;
    for (y, text) in marks {
        page.line((end, *y), (frame.left, *y), TICK_LINE, palette::FRAME.to_rgba())?;
        page.text(text, (end - page.px(NUMBER_GAP), *y), NUMBER_HEIGHT, anchor, palette::INK)?;
        widest = widest.max(page.text_width(text, NUMBER_HEIGHT));
    }
    let x = end - page.px(NUMBER_GAP + LABEL_HEIGHT) - widest;
    page.text_upwards(label, (x, f64::midpoint(frame.top, frame.bottom)), LABEL_HEIGHT)
}

/// The marks of one axis.
pub(super) struct Marks {
    /// Place between 0 and 1, and text.
    pub(super) at: Vec<(f64, String)>,
    /// Whether every point has a mark with its own number; else round places are marked.
    each: bool,
}

/// Marks for one axis of `count` points, so far apart that they do not touch.
pub(super) fn marks(
    count: usize,
    order: &[usize],
    room: impl Fn(&str) -> f64,
    length: f64,
) -> Marks {
    let need = room(&count.saturating_sub(1).to_string());
    let pitch = length / count.max(1) as f64;
    let middle = |k: usize| (k as f64 + 0.5) / count as f64;
    if pitch >= need {
        let at = order.iter().enumerate().map(|(k, i)| (middle(k), i.to_string())).collect();
        return Marks { at, each: true };
    }
    let step = whole(nice_step((MARK_DISTANCE_FACTOR * need / pitch).max(1.0))).max(1);
    Marks {
        at: (0..count).step_by(step).map(|k| (middle(k), k.to_string())).collect(),
        each: false,
    }
}

impl Marks {
    /// The marks in pixels, along an axis that begins at a pixel and is so long.
    pub(super) fn pixels(&self, start: f64, length: f64) -> Vec<(f64, String)> {
        self.at.iter().map(|(place, text)| (start + place * length, text.clone())).collect()
    }

    /// An axis label; round places of a list in another order are not the points' own numbers.
    pub(super) fn label(&self, name: &str, order: &[usize]) -> String {
        let own = self.each || order.iter().enumerate().all(|(place, &i)| place == i);
        if own { name.to_owned() } else { format!("{name}, place in the order shown") }
    }
}

/// A color bar: what it shows and how it is marked, places between 0 and 1.
pub(super) struct Bar {
    /// Upper end and color of each slice, upwards.
    pub(super) slices: Vec<(f64, RGBColor)>,
    pub(super) ticks: Vec<(f64, String)>,
}

impl Bar {
    /// The shades of masses.
    pub(super) fn of(scale: MassScale) -> Self {
        let place = |k: u32| f64::from(k) / f64::from(BAR_SLICES);
        let shade = |k: u32| palette::sequential(place(k) + 0.5 / f64::from(BAR_SLICES));
        let slices = (0..BAR_SLICES).map(|k| (place(k + 1), shade(k))).collect();
        Self { slices, ticks: scale.ticks() }
    }
}

/// The width of the color bar to the right of a field, in pixels.
pub(super) fn bar_width(page: &Page<'_>, bar: &Bar) -> f64 {
    let widest = bar.ticks.iter().map(|t| page.text_width(&t.1, NUMBER_HEIGHT)).fold(0.0, f64::max);
    page.px(BAR_GAP + BAR_WIDTH + TICK_LENGTH + NUMBER_GAP + LABEL_HEIGHT * 1.6) + widest
}

/// The place of the color bar to the right of a field.
pub(super) fn bar_beside(page: &Page<'_>, field: PageArea) -> PageArea {
    let left = field.right + page.px(BAR_GAP);
    PageArea { left, right: left + page.px(BAR_WIDTH), ..field }
}

/// The color bar with its marks and what they measure.
pub(super) fn draw_bar(page: &Page<'_>, bar: PageArea, shown: &Bar, name: &str) -> DrawResult {
    let level = |t: f64| bar.bottom - t * bar.height();
    let mut bottom = bar.bottom;
    for &(end, color) in &shown.slices {
        page.fill(PageArea { top: level(end), bottom, ..bar }, color)?;
        bottom = level(end);
    }
    page.outline(bar, palette::FRAME)?;
    let mut widest: f64 = 0.0;
    let most = bar.height() / page.px(NUMBER_HEIGHT * 1.35);
    let step = whole((shown.ticks.len() as f64 / most.max(1.0)).ceil()).max(1);
    for (place, text) in shown.ticks.iter().step_by(step) {
        let (y, tick) = (level(*place), page.px(TICK_LENGTH));
        page.line((bar.right, y), (bar.right + tick, y), TICK_LINE, palette::FRAME.to_rgba())?;
        let at = (bar.right + tick + page.px(NUMBER_GAP), y);
        page.text(text, at, NUMBER_HEIGHT, (HPos::Left, VPos::Center), palette::INK)?;
        widest = widest.max(page.text_width(text, NUMBER_HEIGHT));
    }
    let x = bar.right + page.px(TICK_LENGTH + NUMBER_GAP + LABEL_HEIGHT) + widest;
    page.text_upwards(name, (x, f64::midpoint(bar.top, bar.bottom)), LABEL_HEIGHT)
}

/// The nearest whole number.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts on a page")]
pub(super) fn whole(count: f64) -> usize {
    count.round() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_is_marked_by_its_own_number_where_there_is_room() {
        let marks = marks(3, &[2, 0, 1], |_| 20.0, 90.0);
        let texts: Vec<_> = marks.at.iter().map(|mark| mark.1.as_str()).collect();
        assert_eq!(texts, ["2", "0", "1"]);
        assert_eq!(marks.at[0].0, 1.0 / 6.0);
        assert_eq!(marks.label("source", &[2, 0, 1]), "source");
    }

    #[test]
    fn crowded_axes_have_round_marks_that_do_not_touch_and_say_what_they_count() {
        let order: Vec<usize> = (0..5000).rev().collect();
        let marks = marks(5000, &order, |_| 40.0, 1000.0);
        assert!(marks.at.windows(2).all(|pair| (pair[1].0 - pair[0].0) * 1000.0 > 40.0));
        assert_eq!(marks.at[1].1, "500");
        assert_eq!(marks.label("source", &order), "source, place in the order shown");
        let given: Vec<usize> = (0..5000).collect();
        assert_eq!(marks.label("source", &given), "source");
    }
}
