//! The signs that stand for points and arrows, the same in every picture.

use plotters::style::{Color, RGBColor};

use super::page::Page;
use super::{DrawResult, palette};

/// Opacity of mass that is not moved.
const PALE_OPACITY: f64 = 0.25;

/// One of the two clouds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The source: blue discs.
    Source,
    /// The target: vermillion diamonds.
    Target,
}

impl Side {
    /// The color of the signs of one side.
    pub(super) fn color(self) -> RGBColor {
        match self {
            Self::Source => palette::SOURCE,
            Self::Target => palette::TARGET,
        }
    }

    /// A disc for the source, a diamond for the target; the radius is in pixels.
    pub(super) fn mark(
        self,
        page: &Page<'_>,
        at: (f64, f64),
        radius: f64,
        opacity: f64,
    ) -> DrawResult {
        match self {
            Self::Source => page.disc(at, radius.max(1.0), self.color().mix(opacity)),
            Self::Target => page.polygon(&diamond(at, radius), self.color().mix(opacity)),
        }
    }

    /// The mark of mass that is not moved.
    pub(super) fn mark_pale(self, page: &Page<'_>, at: (f64, f64), radius: f64) -> DrawResult {
        self.mark(page, at, radius, PALE_OPACITY)
    }

    /// The mark with a rim of paper white, for a colored ground.
    pub(super) fn mark_rimmed(self, page: &Page<'_>, at: (f64, f64), radius: f64) -> DrawResult {
        let rim = radius + page.px(1.0).max(1.0);
        match self {
            Self::Source => page.disc(at, rim.max(2.0), palette::PAPER.to_rgba())?,
            Self::Target => page.polygon(&diamond(at, rim), palette::PAPER.to_rgba())?,
        }
        self.mark(page, at, radius, 1.0)
    }
}

fn diamond((x, y): (f64, f64), radius: f64) -> [(f64, f64); 4] {
    let r = 1.25 * radius.max(1.2);
    [(x, y - r), (x + r, y), (x, y + r), (x - r, y)]
}

/// A mark on a curve, so that curves differ by more than their color.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Disc,
    Square,
    Triangle,
    Diamond,
}

impl Shape {
    /// The shape of the k-th curve.
    pub(super) fn of(k: usize) -> Self {
        [Self::Disc, Self::Square, Self::Triangle, Self::Diamond][k % 4]
    }

    /// The shape around a point, about as large as a disc of that radius in pixels.
    pub(super) fn mark(
        self,
        page: &Page<'_>,
        (x, y): (f64, f64),
        radius: f64,
        color: RGBColor,
    ) -> DrawResult {
        let ink = color.to_rgba();
        let r = 0.9 * radius;
        match self {
            Self::Disc => page.disc((x, y), radius, ink),
            Self::Square => {
                page.polygon(&[(x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r)], ink)
            }
            Self::Triangle => {
                let (up, down) = (1.3 * radius, 0.8 * radius);
                page.polygon(&[(x, y - up), (x + up, y + down), (x - up, y + down)], ink)
            }
            Self::Diamond => page.polygon(&diamond((x, y), radius), ink),
        }
    }
}

/// A line with a head, its thickness in units.
pub(super) fn arrow(
    page: &Page<'_>,
    from: (f64, f64),
    tip: (f64, f64),
    thickness: f64,
    opacity: f64,
) -> DrawResult {
    let color = palette::ARROW.mix(opacity);
    let length = (tip.0 - from.0).hypot(tip.1 - from.1);
    let head = page.px(2.2 * thickness + 3.0).min(0.6 * length);
    let (across, down) = ((tip.0 - from.0) / length, (tip.1 - from.1) / length);
    let neck = (tip.0 - head * across, tip.1 - head * down);
    let half = 0.42 * head;
    let corners = [
        tip,
        (neck.0 - half * down, neck.1 + half * across),
        (neck.0 + half * down, neck.1 - half * across),
    ];
    page.line(from, neck, thickness, color)?;
    page.polygon(&corners, color)
}
