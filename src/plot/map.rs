//! A plan in the plane: both clouds, and an arrow for every way that mass takes.

use ndarray::Array1;
use plotters::style::Color as _;

use super::clouds::{CloudPair, Markers, between, crowding};
use super::field::{Field, X_AXIS_HEIGHT, Y_AXIS_WIDTH};
use super::figure::{self, FigureText, labeled, titled_and_noted};
use super::legend::{Legend, Sign};
use super::markers::{Side, arrow};
use super::page::{MARGIN, PAGE_WIDTH, Page, PageArea, Stroke};
use super::{DrawResult, Extent, Figure, PlotError, palette};
use crate::measure::DiscreteMeasure;
use crate::plan::{PlanArc, TransportPlan};

/// Thickness of the heaviest arrow, in units: for few arrows and for many.
const ARROW_THICKNESS: (f64, f64) = (4.0, 1.0);

/// Opacity of the heaviest arrow: for few arrows and for many.
const ARROW_OPACITY: (f64, f64) = (0.85, 0.4);

/// The largest part of the field that arrows may cover, counted as if none crossed another; above it
/// their opacity is lowered.
const MAX_INK_SHARE: f64 = 0.45;

/// The least opacity of the heaviest arrow.
const LEAST_OPACITY: f64 = 0.05;

/// The line birth = death.
const DIAGONAL: Stroke = Stroke { color: palette::FRAME, width: 1.6, dashes: &[] };

/// Opacity of the lines that lead to the diagonal.
const LINE_OPACITY: f64 = 0.6;

/// Both clouds of a plan in the plane and the arrows between them.
///
/// Discs are source points, diamonds target points, larger for more mass; arrows are the
/// thicker the more mass they carry. Both axes have the same scale.
#[derive(Debug, Clone)]
pub struct TransportMap<'a> {
    clouds: CloudPair<'a>,
    plan: &'a TransportPlan,
    title: String,
    note: String,
    labels: (String, String),
    extent: Option<Extent>,
    explained: bool,
    diagonal: bool,
    /// The share of each source's and each target's mass that is moved; all of it if left out.
    moved_shares: Option<[Array1<f64>; 2]>,
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
        let clouds = CloudPair::new(source, target)?;
        PlotError::check_points(source, target, plan)?;
        let labels = ("first coordinate".to_owned(), "second coordinate".to_owned());
        let title = "Transport map".to_owned();
        let note = String::new();
        Ok(Self {
            clouds,
            plan,
            title,
            note,
            labels,
            extent: None,
            explained: true,
            diagonal: false,
            moved_shares: None,
        })
    }

    titled_and_noted!();
    labeled!();

    /// With this part of the plane instead of the one around the clouds: for frames of an animation,
    /// which show one part.
    #[must_use]
    pub fn within(mut self, extent: Extent) -> Self {
        self.extent = Some(extent);
        self
    }

    /// With the diagonal of persistence diagrams, and a line to it from every point that is not matched.
    #[must_use]
    pub fn with_diagonal(mut self) -> Self {
        self.diagonal = true;
        self
    }

    /// With the share of each source's and each target's mass that is moved, lengths (n,) and (m,): what
    /// stays is pale.
    ///
    /// # Panics
    /// For other lengths.
    #[must_use]
    pub fn with_moved_shares(mut self, shares: [Array1<f64>; 2]) -> Self {
        let CloudPair { source, target } = self.clouds;
        assert_eq!(shares.each_ref().map(Array1::len), [source.len(), target.len()]);
        self.moved_shares = Some(shares);
        self
    }

    /// Without the caption that says how to read it: for one of several panels.
    #[must_use]
    pub fn without_caption(mut self) -> Self {
        self.explained = false;
        self
    }

    /// The part of the plane that is shown.
    fn shown(&self) -> Extent {
        let around = || {
            let mut extent = self.clouds.extent();
            if self.diagonal {
                for (_, point) in self.unmatched() {
                    let (x, y) = on_diagonal(point);
                    (extent.x.1, extent.y.0) = (extent.x.1.max(x), extent.y.0.min(y));
                }
            }
            extent
        };
        self.extent.unwrap_or_else(around)
    }

    /// The points from which, or to which, the plan moves no mass.
    fn unmatched(&self) -> Vec<(Side, (f64, f64))> {
        let CloudPair { source, target } = self.clouds;
        let (rows, columns) = self.plan.marginals();
        let of = |side, measure: &DiscreteMeasure, moved: &Array1<f64>| {
            let support = measure.support();
            let stays = moved.iter().enumerate().filter(|(_, mass)| **mass == 0.0);
            stays.map(|(k, _)| (side, (support[(k, 0)], support[(k, 1)]))).collect::<Vec<_>>()
        };
        [of(Side::Source, source, &rows), of(Side::Target, target, &columns)].concat()
    }

    fn words(&self) -> FigureText<'_> {
        FigureText { title: &self.title, legend: self.legend(), caption: self.caption() }
    }

    /// Draws axes, arrows and points, and returns the bottom of the axis.
    fn draw_field(&self, page: &Page<'_>, room: PageArea) -> DrawResult<f64> {
        let (left, bottom) =
            (room.left + page.px(Y_AXIS_WIDTH), room.bottom - page.px(X_AXIS_HEIGHT));
        let field = Field::planar(self.shown(), PageArea { left, bottom, ..room });
        field.draw_axes(page, (&self.labels.0, &self.labels.1))?;
        if self.diagonal {
            self.draw_diagonal(page, &field)?;
        }
        self.draw_arrows(page, &field)?;
        let markers = self.moved_shares.as_ref().map_or(Markers::Solid, Markers::Partly);
        self.clouds.draw(page, &field, markers)?;
        Ok(field.frame.bottom + page.px(X_AXIS_HEIGHT))
    }

    fn legend(&self) -> Legend {
        let mut legend = Legend::default();
        self.clouds.explain(&mut legend, ("source", "target"));
        legend.explain(Sign::Arrow, "mass on its way");
        if self.diagonal {
            legend.explain(Sign::Line(DIAGONAL, None), "diagonal");
        }
        if self.moved_shares.is_some() {
            legend.explain(Sign::Pale(Side::Source), "mass that stays");
        }
        legend
    }

    /// The diagonal, and the lines that lead to it.
    fn draw_diagonal(&self, page: &Page<'_>, field: &Field) -> DrawResult {
        let Extent { x, y } = self.shown();
        let (from, to) = (x.0.max(y.0), x.1.min(y.1));
        if from < to {
            let ends = [from, to].map(|t| field.place(t, t));
            page.curve(&ends, &DIAGONAL)?;
        }
        for (side, point) in self.unmatched() {
            let (foot, ink) = (on_diagonal(point), side.color().mix(LINE_OPACITY));
            page.line(field.place(point.0, point.1), field.place(foot.0, foot.1), 1.2, ink)?;
        }
        Ok(())
    }

    /// The arrows, the heaviest on top.
    fn draw_arrows(&self, page: &Page<'_>, field: &Field) -> DrawResult {
        let mut arcs = self.plan.arcs().to_vec();
        arcs.sort_by(|a, b| a.mass.total_cmp(&b.mass));
        let most = arcs.last().map_or(1.0, |arc| arc.mass);
        let crowd = crowding(arcs.len());
        let (thickest, opacity) = (between(ARROW_THICKNESS, crowd), between(ARROW_OPACITY, crowd));
        let CloudPair { source, target } = self.clouds;
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
        let opacity = opacity.min((MAX_INK_SHARE * area / ink.max(1.0)).max(LEAST_OPACITY));
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

    /// The caption: note and reading aid.
    fn caption(&self) -> String {
        if !self.explained {
            return self.note.clone();
        }
        let how = match (self.diagonal, &self.moved_shares) {
            (true, _) => {
                "Arrows lead from source points to the target points that they are matched with; lines \
                 lead to the diagonal from points that are matched with it."
            }
            (false, None) => {
                "Arrows carry mass from source to target points: the thicker, the more. Larger \
                 markers hold more mass; mass that stays in its place has no arrow."
            }
            (false, Some(_)) => {
                "Arrows carry mass from source to target points: the thicker, the more. Larger \
                 markers hold more mass; the solid part of a marker is mass that is moved, the pale \
                 part mass that is not."
            }
        };
        figure::caption([self.note.clone(), how.to_owned()])
    }
}

/// The point of the diagonal nearest to a point.
fn on_diagonal((birth, death): (f64, f64)) -> (f64, f64) {
    let middle = f64::midpoint(birth, death);
    (middle, middle)
}

impl Figure for TransportMap<'_> {
    fn size(&self) -> (u32, u32) {
        let width = PAGE_WIDTH - 2.0 * MARGIN - Y_AXIS_WIDTH;
        self.words().size(X_AXIS_HEIGHT + width * self.shown().aspect())
    }

    fn draw(&self, page: &Page<'_>) -> DrawResult {
        self.words().draw(page, |room| self.draw_field(page, room))
    }
}

#[cfg(test)]
mod tests;
