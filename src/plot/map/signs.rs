//! The signs on a map: discs, diamonds and arrows.

use plotters::backend::DrawingBackend;
use plotters::style::Color;

use crate::plot::page::Page;
use crate::plot::{DrawResult, palette};

/// One of the two clouds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Source,
    Target,
}

impl Side {
    /// A disc for the source, a diamond for the target; the radius is in pixels.
    pub(super) fn mark<DB: DrawingBackend>(
        self,
        page: &Page<'_, DB>,
        (x, y): (f64, f64),
        radius: f64,
        opacity: f64,
    ) -> DrawResult<DB> {
        match self {
            Self::Source => page.disc((x, y), radius.max(1.0), palette::SOURCE.mix(opacity)),
            Self::Target => {
                let r = 1.25 * radius.max(1.2);
                let corners = [(x, y - r), (x + r, y), (x, y + r), (x - r, y)];
                page.polygon(&corners, palette::TARGET.mix(opacity))
            }
        }
    }
}

/// A line with a head, its thickness in units.
pub(super) fn arrow<DB: DrawingBackend>(
    page: &Page<'_, DB>,
    from: (f64, f64),
    tip: (f64, f64),
    thickness: f64,
    opacity: f64,
) -> DrawResult<DB> {
    let colour = palette::ARROW.mix(opacity);
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
    page.line(from, neck, thickness, colour)?;
    page.polygon(&corners, colour)
}
