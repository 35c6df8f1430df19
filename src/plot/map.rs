//! A plan in the plane: both clouds, and an arrow for every way that mass takes.

use plotters::backend::DrawingBackend;
use plotters::coord::Shift;
use plotters::drawing::DrawingArea;

use super::clouds::{Clouds, between, crowding};
use super::field::{BELOW, Field, LEFT};
use super::legend::{Legend, Sign};
use super::markers::arrow;
use super::page::{self, MARGIN, Page, PageArea, TITLE_ROOM, UNITS};
use super::{DrawResult, Extent, PlotError};
use crate::measure::DiscreteMeasure;
use crate::plan::{PlanArc, TransportPlan};

/// The field is at most this many times as wide as high, and half as many the other way.
const WIDEST: f64 = 3.0;

/// Thickness of the heaviest arrow, in units: for few arrows and for many.
const ARROW: (f64, f64) = (4.0, 1.0);

/// Opacity of the heaviest arrow: for few arrows and for many.
const OPACITY: (f64, f64) = (0.85, 0.4);

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
    clouds: Clouds<'a>,
    plan: &'a TransportPlan,
    title: String,
    note: String,
    labels: (String, String),
    extent: Option<Extent>,
    explained: bool,
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
        let clouds = Clouds::new(source, target)?;
        let sides = [("source", source, plan.n()), ("target", target, plan.m())];
        for (side, measure, expected) in sides {
            if measure.len() != expected {
                return Err(PlotError::Points { side, points: measure.len(), plan: expected });
            }
        }
        let labels = ("first coordinate".to_owned(), "second coordinate".to_owned());
        let title = "Transport map".to_owned();
        let note = String::new();
        Ok(Self { clouds, plan, title, note, labels, extent: None, explained: true })
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
    pub fn labeled(mut self, x: impl Into<String>, y: impl Into<String>) -> Self {
        self.labels = (x.into(), y.into());
        self
    }

    /// Of this part of the plane instead of what is around the clouds: the same in every frame of an
    /// animation.
    #[must_use]
    pub fn within(mut self, extent: Extent) -> Self {
        self.extent = Some(extent);
        self
    }

    /// Without the caption that says how to read it: for one of several panels.
    #[must_use]
    pub fn without_caption(mut self) -> Self {
        self.explained = false;
        self
    }

    /// The part of the plane that is shown; `top` is the least second coordinate.
    fn world(&self) -> PageArea {
        self.extent.map_or_else(
            || self.clouds.world(),
            |Extent { x, y }| PageArea { left: x.0, top: y.0, right: x.1, bottom: y.1 },
        )
    }

    /// A page that suits the shape of the clouds, in pixels.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        let world = self.world();
        let field = UNITS - 2.0 * MARGIN - LEFT;
        let aspect = (world.height() / world.width()).clamp(1.0 / WIDEST, WIDEST / 2.0);
        let lines = page::wrap(&self.caption(), UNITS - 2.0 * MARGIN).len();
        let legend = self.legend().height(UNITS - 2.0 * MARGIN);
        let around = 2.0 * MARGIN + TITLE_ROOM + legend + BELOW + page::caption_height(lines);
        page::size(around + field * aspect)
    }

    /// Draws title, legend, axes, arrows, points and caption over the whole area.
    ///
    /// # Errors
    /// An error of the backend.
    pub fn draw<DB: DrawingBackend>(&self, root: &DrawingArea<DB, Shift>) -> DrawResult<DB> {
        let page = Page::new(root);
        let inside = page.inside();
        page.title(&self.title, inside)?;
        let below = page.below_title(&self.title, inside);
        let lines = page.caption_lines(&self.caption(), inside);
        let legend = self.legend();
        let room = PageArea {
            left: inside.left + page.px(LEFT),
            top: below + page.px(legend.height(inside.width() / page.px(1.0))),
            bottom: inside.bottom - page.px(page::caption_height(lines.len()) + BELOW),
            ..inside
        };
        legend.draw(&page, inside, below)?;
        let field = Field::planar(self.world(), room);
        field.draw_axes(&page, (&self.labels.0, &self.labels.1))?;
        self.draw_arrows(&page, &field)?;
        self.clouds.draw(&page, &field, false)?;
        page.caption(&lines, inside.left, field.frame.bottom + page.px(BELOW))
    }

    fn legend(&self) -> Legend {
        let mut legend = Legend::default();
        self.clouds.explain(&mut legend, ("source", "target"));
        legend.explain(Sign::Arrow, "mass on its way");
        legend
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
        let Clouds { source, target } = self.clouds;
        let at = |measure: &DiscreteMeasure, k: usize| {
            let support = measure.support();
            field.place(support[(k, 0)], support[(k, 1)])
        };
        let ends = |arc: &PlanArc| (at(source, arc.source), at(target, arc.target));
        let ink: f64 = arcs
            .iter()
            .map(|arc| {
                let (from, to) = ends(arc);
                (to.0 - from.0).hypot(to.1 - from.1) * page.px(thickest) * arc.mass / most
            })
            .sum();
        let area = field.frame.width() * field.frame.height();
        let opacity = opacity.min((COVER * area / ink.max(1.0)).max(PALEST));
        let radius = self.clouds.radius();
        for arc in &arcs {
            let (from, to) = ends(arc);
            let (across, down) = (to.0 - from.0, to.1 - from.1);
            let length = across.hypot(down);
            // Up to the rim of the marker that the arrow points at.
            let rim = page.px(radius(target.mass()[arc.target]));
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

    /// How to read the picture.
    fn caption(&self) -> String {
        if !self.explained {
            return self.note.clone();
        }
        let how = "Arrows carry mass from source to target points: the thicker, the more. Larger \
                   markers hold more mass; mass that stays in its place has no arrow.";
        if self.note.is_empty() { how.to_owned() } else { format!("{} {how}", self.note) }
    }
}

#[cfg(test)]
mod tests;
