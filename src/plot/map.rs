//! A plan in the plane: both clouds, and an arrow for every way that mass takes.

mod field;
mod signs;

use plotters::backend::DrawingBackend;
use plotters::coord::Shift;
use plotters::drawing::DrawingArea;
use plotters::style::Color;
use plotters::style::text_anchor::{HPos, VPos};

use super::axes::{GAP, TICK_LENGTH};
use super::page::{self, Frame, LABEL, MARGIN, Page, TICK, TITLE_ROOM, UNITS};
use super::scale::round_marks;
use super::{DrawResult, PlotError, palette};
use crate::measure::DiscreteMeasure;
use crate::plan::{PlanArc, TransportPlan};
use field::{Field, between, crowding};
use signs::{Side, arrow};

/// The width of the page that [`TransportMap::size`] asks for, in pixels.
const WIDTH: u32 = 1400;

/// What the axes take to the left of the field and below it, and the legend above, in units.
const LEFT: f64 = 70.0;
const BELOW: f64 = TICK_LENGTH + GAP + TICK + LABEL * 1.6;
const LEGEND: f64 = LABEL * 1.9;

/// The field is at most this many times as wide as high, and half as many the other way.
const WIDEST: f64 = 3.0;

/// White between the outermost points and the frame, as a fraction of the longer side.
const PADDING: f64 = 0.05;

/// Thickness of the heaviest arrow, in units: for few arrows and for many.
const ARROW: (f64, f64) = (4.0, 1.0);

/// Opacity of the heaviest arrow: for few arrows and for many.
const OPACITY: (f64, f64) = (0.85, 0.4);

/// Radius of the heaviest point's marker, in units: for few points and for many, and the least.
const MARKER: (f64, f64) = (7.0, 1.7);
const LEAST_MARKER: f64 = 0.7;

/// Opacity of markers: for few points and for many.
const SOLIDITY: (f64, f64) = (0.95, 0.7);

/// Arrows are made so pale that they cover this part of the field, as if none crossed another.
const COVER: f64 = 0.45;

/// No arrow set is paler than this.
const PALEST: f64 = 0.05;

/// Both clouds of a plan in the plane and the arrows between them.
///
/// Discs are source points, diamonds target points, larger for more mass; arrows are the
/// thicker the more mass they carry. Both axes have the same scale.
#[derive(Debug, Clone)]
pub struct TransportMap<'a> {
    source: &'a DiscreteMeasure,
    target: &'a DiscreteMeasure,
    plan: &'a TransportPlan,
    title: String,
    note: String,
    labels: (String, String),
}

impl<'a> TransportMap<'a> {
    /// The map of a plan between two clouds in the plane.
    ///
    /// # Errors
    /// [`PlotError::NotPlanar`] unless both clouds have two coordinates, [`PlotError::Points`]
    /// if they have other sizes than the plan.
    pub fn new(
        source: &'a DiscreteMeasure,
        target: &'a DiscreteMeasure,
        plan: &'a TransportPlan,
    ) -> Result<Self, PlotError> {
        let sides = [("source", source, plan.n()), ("target", target, plan.m())];
        for (side, measure, expected) in sides {
            if measure.dim() != 2 {
                return Err(PlotError::NotPlanar { dim: measure.dim() });
            }
            if measure.len() != expected {
                return Err(PlotError::Points { side, points: measure.len(), plan: expected });
            }
        }
        let labels = ("first coordinate".to_owned(), "second coordinate".to_owned());
        let title = "Transport map".to_owned();
        Ok(Self { source, target, plan, title, note: String::new(), labels })
    }

    /// With another title than “Transport map”.
    #[must_use]
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// With sentences that open the caption: what is being moved, and at what cost.
    #[must_use]
    pub fn noted(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// With other axis labels than “first coordinate” and “second coordinate”.
    #[must_use]
    pub fn labelled(mut self, x: impl Into<String>, y: impl Into<String>) -> Self {
        self.labels = (x.into(), y.into());
        self
    }

    /// A page that suits the shape of the clouds, in pixels.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some thousands")]
    pub fn size(&self) -> (u32, u32) {
        let world = self.world();
        let field = UNITS - 2.0 * MARGIN - LEFT;
        let aspect = (world.height() / world.width()).clamp(1.0 / WIDEST, WIDEST / 2.0);
        let lines = page::wrap(&self.caption(), UNITS - 2.0 * MARGIN).len();
        let around = 2.0 * MARGIN + TITLE_ROOM + LEGEND + BELOW + page::caption_height(lines);
        (WIDTH, ((around + field * aspect) * f64::from(WIDTH) / UNITS).round() as u32)
    }

    /// Draws title, legend, axes, arrows, points and caption over the whole area.
    ///
    /// # Errors
    /// What the backend reports.
    pub fn draw<DB: DrawingBackend>(&self, root: &DrawingArea<DB, Shift>) -> DrawResult<DB> {
        let page = Page::new(root);
        let inside = page.inside();
        page.title(&self.title, inside)?;
        let below = page.below_title(&self.title, inside);
        let lines = page.caption_lines(&self.caption(), inside);
        let room = Frame {
            left: inside.left + page.px(LEFT),
            top: below + page.px(LEGEND),
            bottom: inside.bottom - page.px(page::caption_height(lines.len()) + BELOW),
            ..inside
        };
        self.draw_legend(&page, f64::midpoint(inside.left, inside.right), below)?;
        let field = Field::fitting(self.world(), room);
        self.draw_axes(&page, &field)?;
        self.draw_arrows(&page, &field)?;
        self.draw_points(&page, &field)?;
        page.caption(&lines, inside.left, field.frame.bottom + page.px(BELOW))
    }

    /// The part of the plane to show; `top` is the least second coordinate.
    fn world(&self) -> Frame {
        let mut world = Frame {
            left: f64::INFINITY,
            top: f64::INFINITY,
            right: f64::NEG_INFINITY,
            bottom: f64::NEG_INFINITY,
        };
        for point in self.source.support().outer_iter().chain(self.target.support().outer_iter()) {
            world.left = world.left.min(point[0]);
            world.right = world.right.max(point[0]);
            world.top = world.top.min(point[1]);
            world.bottom = world.bottom.max(point[1]);
        }
        let longer = world.width().max(world.height());
        // All points in one place: show a little of what lies around them.
        let nothing = world.left.abs().max(world.top.abs()).max(1.0);
        let padding = if longer > 0.0 { PADDING * longer } else { 1e-3 * nothing };
        Frame {
            left: world.left - padding,
            top: world.top - padding,
            right: world.right + padding,
            bottom: world.bottom + padding,
        }
    }

    fn draw_legend<DB: DrawingBackend>(
        &self,
        page: &Page<'_, DB>,
        middle: f64,
        top: f64,
    ) -> DrawResult<DB> {
        let count =
            |side: &str, n: usize| format!("{side}: {n} point{}", if n == 1 { "" } else { "s" });
        let texts = [
            count("source", self.source.len()),
            count("target", self.target.len()),
            "mass on its way".to_owned(),
        ];
        let (sign, gap) = (page.px(20.0), page.px(22.0));
        let widths = texts.each_ref().map(|text| sign + page.text_width(text, LABEL));
        let mut x = middle - gap - widths.iter().sum::<f64>() / 2.0;
        let y = top + page.px(LABEL * 0.6);
        for (k, (text, width)) in texts.iter().zip(widths).enumerate() {
            let at = (x + sign * 0.35, y);
            match k {
                0 => Side::Source.mark(page, at, page.px(5.0), 1.0)?,
                1 => Side::Target.mark(page, at, page.px(5.0), 1.0)?,
                _ => arrow(page, (x - sign * 0.1, y), (x + sign * 0.7, y), 1.6, 0.85)?,
            }
            let anchor = (HPos::Left, VPos::Center);
            page.text(text, (x + sign, y), LABEL, anchor, palette::INK)?;
            x += width + gap;
        }
        Ok(())
    }

    fn draw_axes<DB: DrawingBackend>(&self, page: &Page<'_, DB>, field: &Field) -> DrawResult<DB> {
        let (frame, world) = (field.frame, field.world);
        let (tick, ink) = (page.px(TICK_LENGTH), palette::FRAME.to_rgba());
        let grid = palette::GRID.to_rgba();
        for (value, text) in round_marks(world.left, world.right, frame.width() / page.px(90.0)) {
            let (x, _) = field.place(value, world.top);
            page.line((x, frame.top), (x, frame.bottom), 0.5, grid)?;
            page.line((x, frame.bottom), (x, frame.bottom + tick), 0.8, ink)?;
            let at = (x, frame.bottom + tick + page.px(GAP));
            page.text(&text, at, TICK, (HPos::Center, VPos::Top), palette::INK)?;
        }
        let mut widest: f64 = 0.0;
        for (value, text) in round_marks(world.top, world.bottom, frame.height() / page.px(70.0)) {
            let (_, y) = field.place(world.left, value);
            page.line((frame.left, y), (frame.right, y), 0.5, grid)?;
            page.line((frame.left - tick, y), (frame.left, y), 0.8, ink)?;
            let at = (frame.left - tick - page.px(GAP), y);
            page.text(&text, at, TICK, (HPos::Right, VPos::Center), palette::INK)?;
            widest = widest.max(page.text_width(&text, TICK));
        }
        page.outline(frame, palette::FRAME)?;
        let (middle, y) = (f64::midpoint(frame.left, frame.right), frame.bottom + tick);
        let at = (middle, y + page.px(GAP + TICK + LABEL * 0.4));
        page.text(&self.labels.0, at, LABEL, (HPos::Center, VPos::Top), palette::INK)?;
        let x = frame.left - tick - page.px(GAP + LABEL) - widest;
        page.text_upwards(&self.labels.1, (x, f64::midpoint(frame.top, frame.bottom)), LABEL)
    }

    /// The arrows, the heaviest on top.
    fn draw_arrows<DB: DrawingBackend>(
        &self,
        page: &Page<'_, DB>,
        field: &Field,
    ) -> DrawResult<DB> {
        let mut arcs = self.plan.arcs().to_vec();
        arcs.sort_by(|a, b| a.mass.total_cmp(&b.mass));
        let most = arcs.last().map_or(1.0, |arc| arc.mass);
        let crowd = crowding(arcs.len());
        let (thickest, opacity) = (between(ARROW, crowd), between(OPACITY, crowd));
        let ends =
            |arc: &PlanArc| (field.of(self.source, arc.source), field.of(self.target, arc.target));
        let ink: f64 = arcs
            .iter()
            .map(|arc| {
                let (from, to) = ends(arc);
                (to.0 - from.0).hypot(to.1 - from.1) * page.px(thickest) * arc.mass / most
            })
            .sum();
        let area = field.frame.width() * field.frame.height();
        let opacity = opacity.min((COVER * area / ink.max(1.0)).max(PALEST));
        let radius = self.radius();
        for arc in &arcs {
            let (from, to) = ends(arc);
            let (across, down) = (to.0 - from.0, to.1 - from.1);
            let length = across.hypot(down);
            // Up to the rim of the marker that the arrow points at.
            let rim = page.px(radius(self.target.mass()[arc.target]));
            if length > rim + 1.0 {
                let keep = 1.0 - rim / length;
                let tip = (from.0 + across * keep, from.1 + down * keep);
                let share = arc.mass / most;
                // Thinner than a pixel is drawn as paler.
                let thickness = thickest * share;
                let pale = page.px(thickness).clamp(0.3, 1.0);
                arrow(page, from, tip, thickness, opacity * pale)?;
            }
        }
        Ok(())
    }

    /// The radius of a marker by its mass, in units.
    fn radius(&self) -> impl Fn(f64) -> f64 {
        let masses = self.source.mass().into_iter().chain(self.target.mass());
        let most = masses.copied().fold(0.0, f64::max);
        let largest = between(MARKER, crowding(self.source.len() + self.target.len()));
        move |mass| (largest * (mass / most).sqrt()).max(LEAST_MARKER)
    }

    /// The points of both clouds, the smallest on top, so that none hides another in its place;
    /// of two of the same size the diamond sticks out from under the disc.
    fn draw_points<DB: DrawingBackend>(
        &self,
        page: &Page<'_, DB>,
        field: &Field,
    ) -> DrawResult<DB> {
        let of = |side: Side, measure: &'a DiscreteMeasure| {
            (0..measure.len()).map(move |k| (side, measure, k))
        };
        let mut points: Vec<_> =
            of(Side::Target, self.target).chain(of(Side::Source, self.source)).collect();
        points.sort_by(|a, b| b.1.mass()[b.2].total_cmp(&a.1.mass()[a.2]));
        let (radius, opacity) = (self.radius(), between(SOLIDITY, crowding(points.len())));
        for (side, measure, k) in points {
            let at = field.of(measure, k);
            side.mark(page, at, page.px(radius(measure.mass()[k])), opacity)?;
        }
        Ok(())
    }

    /// How to read the picture.
    fn caption(&self) -> String {
        let how = "Arrows carry mass from source to target points: the thicker, the more. Larger \
                   markers hold more mass; mass that stays in its place has no arrow.";
        if self.note.is_empty() { how.to_owned() } else { format!("{} {how}", self.note) }
    }
}

#[cfg(test)]
mod tests;
