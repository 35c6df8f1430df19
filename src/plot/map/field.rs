//! Where a point of the plane lands on the page, and how crowded it is there.

use crate::measure::DiscreteMeasure;
use crate::plot::page::Frame;

/// Where the plane meets the page, with one scale for both axes.
pub(super) struct Field {
    pub(super) frame: Frame,
    pub(super) world: Frame,
    scale: f64,
}

impl Field {
    /// The largest frame at the top of the room, in its middle, that shows `world`.
    pub(super) fn fitting(world: Frame, room: Frame) -> Self {
        let scale = (room.width() / world.width()).min(room.height() / world.height()).max(0.0);
        let (width, height) = (world.width() * scale, world.height() * scale);
        let left = room.left + ((room.width() - width) / 2.0).max(0.0);
        let frame = Frame { left, top: room.top, right: left + width, bottom: room.top + height };
        Self { frame, world, scale }
    }

    pub(super) fn place(&self, x: f64, y: f64) -> (f64, f64) {
        let across = (x - self.world.left) * self.scale;
        let up = (y - self.world.top) * self.scale;
        (self.frame.left + across, self.frame.bottom - up)
    }

    pub(super) fn of(&self, measure: &DiscreteMeasure, k: usize) -> (f64, f64) {
        let support = measure.support();
        self.place(support[(k, 0)], support[(k, 1)])
    }
}

/// 0 for up to 40 things on the page, 1 from 4000 on.
pub(super) fn crowding(count: usize) -> f64 {
    ((count as f64 / 40.0).max(1.0).log10() / 2.0).min(1.0)
}

/// From the first to the second as `t` goes from 0 to 1, by ratio.
pub(super) fn between((few, many): (f64, f64), t: f64) -> f64 {
    few * (many / few).powf(t)
}
