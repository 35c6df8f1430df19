//! A plan on the line: piles of earth above, holes to be filled below, and arrows between them.

use plotters::style::Color;
use plotters::style::text_anchor::{HPos, VPos};

use super::axes;
use super::axis_ticks::{AxisScale, ValueAxis};
use super::clouds::{between, crowding};
use super::field::{self, X_AXIS_HEIGHT};
use super::figure::{FigureText, titled_and_noted};
use super::legend::Legend;
use super::markers::{Side, arrow};
use super::page::{LABEL_HEIGHT, NUMBER_HEIGHT, Page, PageArea};
use super::scale::number;
use super::{DrawResult, Figure, PlotError, palette};
use crate::measure::DiscreteMeasure;
use crate::plan::TransportPlan;

/// The height of the whole field, and of its highest pile or deepest hole, in units.
const FIELD_HEIGHT: f64 = 330.0;
const HIGHEST_PILE: f64 = 95.0;

/// Half the width of a pile: this part of the line shown, but at most that part of the least
/// distance between two piles.
const HALF_WIDTH_SHARE: f64 = 0.03;
const HALF_WIDTH_BY_GAP: f64 = 0.4;

/// White beyond the outermost piles, as a part of the line.
const PADDING_SHARE: f64 = 0.06;

/// Thickness of the heaviest arrow, in units: for few arrows and for many.
const ARROW_THICKNESS: (f64, f64) = (8.0, 1.0);

/// Opacity of an arrow: for few arrows and for many.
const ARROW_OPACITY: (f64, f64) = (0.75, 0.3);

/// Thickness of the grounds, in units.
const GROUND_LINE: f64 = 1.2;

/// Piles on the line with the arrows of a plan.
///
/// Piles stand on the ground, higher for more mass; holes hang from a ground of their own below.
/// An arrow is the thicker, the more mass it carries.
///
/// ```
/// use deblais::measure::DiscreteMeasure;
/// use deblais::plan::{PlanArc, TransportPlan};
/// use deblais::plot::{self, BarPlot};
/// use ndarray::array;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let pile = DiscreteMeasure::new(array![[0.0]], array![3.0])?;
/// let holes = DiscreteMeasure::new(array![[1.0], [2.0]], array![1.0, 2.0])?;
/// let arc = |target, mass| PlanArc { source: 0, target, mass };
/// let plan = TransportPlan::new(1, 2, vec![arc(0, 1.0), arc(1, 2.0)])?;
/// let work = BarPlot::new(&pile, &holes, &plan)?.titled("Dig here, fill there");
/// let svg = plot::svg(&work)?;
/// assert!(svg.contains("fill there"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct BarPlot<'a> {
    source: &'a DiscreteMeasure,
    target: &'a DiscreteMeasure,
    plan: &'a TransportPlan,
    title: String,
    note: String,
    label: String,
}

/// Places of field, grounds and piles on the page.
struct PilePlaces {
    /// The field, and the two grounds in it.
    frame: PageArea,
    top: f64,
    bottom: f64,
    x: ValueAxis,
    /// Half the width of a pile and the height of a unit of mass, in pixels.
    half: f64,
    unit: f64,
}

impl<'a> BarPlot<'a> {
    /// A plan between piles on the line.
    ///
    /// # Errors
    /// [`PlotError::NotOnLine`] unless all points have one coordinate, [`PlotError::Points`] if they
    /// do not fit the plan.
    pub fn new(
        source: &'a DiscreteMeasure,
        target: &'a DiscreteMeasure,
        plan: &'a TransportPlan,
    ) -> Result<Self, PlotError> {
        if let Some(measure) = [source, target].into_iter().find(|measure| measure.dim() != 1) {
            return Err(PlotError::NotOnLine { dim: measure.dim() });
        }
        PlotError::check_points(source, target, plan)?;
        let (title, note, label) = (String::new(), String::new(), "place".to_owned());
        Ok(Self { source, target, plan, title, note, label })
    }

    titled_and_noted!();

    /// With another label of the axis than “place”.
    #[must_use]
    pub fn labeled(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    fn words(&self) -> FigureText<'_> {
        let (title, caption) = (self.title.as_str(), self.note.clone());
        FigureText { title, legend: Legend::default(), caption }
    }

    /// Draws piles, holes, arrows and axis, and returns the bottom of the axis.
    fn draw_field(&self, page: &Page<'_>, room: PageArea) -> DrawResult<f64> {
        let places = self.places(page, room);
        self.draw_axis(page, &places)?;
        for side in [Side::Source, Side::Target] {
            self.draw_piles(page, &places, side)?;
        }
        self.draw_arrows(page, &places)?;
        Ok(places.frame.bottom + page.px(X_AXIS_HEIGHT))
    }

    fn places(&self, page: &Page<'_>, room: PageArea) -> PilePlaces {
        let top = room.top;
        let bottom = (room.bottom - page.px(X_AXIS_HEIGHT)).max(top + 1.0);
        // The words of the two sides stand upright at the left.
        let left = room.left + page.px(1.6 * LABEL_HEIGHT);
        let frame = PageArea { left, top, right: room.right, bottom };
        let places = || self.source.support().into_iter().chain(self.target.support()).copied();
        let (low, high) =
            places().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)));
        let padding = if high > low { PADDING_SHARE * (high - low) } else { 0.5 };
        let x = ValueAxis::between(AxisScale::Linear, low - padding, high + padding);
        let scale = frame.height() / FIELD_HEIGHT;
        let highest = HIGHEST_PILE * scale;
        let masses = self.source.mass().into_iter().chain(self.target.mass());
        let most = masses.copied().fold(0.0, f64::max);
        let share =
            HALF_WIDTH_SHARE.min(HALF_WIDTH_BY_GAP * self.closest() / (high - low + 2.0 * padding));
        let number = page.px(1.5 * NUMBER_HEIGHT);
        PilePlaces {
            frame,
            top: frame.top + highest + number,
            bottom: frame.bottom - highest - number,
            x,
            half: (share * frame.width()).max(1.0),
            unit: highest / most,
        }
    }

    /// The least distance of two piles, or of two holes, that differ.
    fn closest(&self) -> f64 {
        [self.source, self.target]
            .into_iter()
            .flat_map(|measure| {
                let mut places = measure.support().column(0).to_vec();
                places.sort_by(f64::total_cmp);
                places.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>()
            })
            .filter(|distance| *distance > 0.0)
            .fold(f64::INFINITY, f64::min)
    }

    fn draw_axis(&self, page: &Page<'_>, places: &PilePlaces) -> DrawResult {
        let PilePlaces { frame, x, .. } = *places;
        axes::draw_below(page, frame, &field::marks_below(page, x, frame), &self.label, true)?;
        for ground in [places.top, places.bottom] {
            let ends = ((frame.left, ground), (frame.right, ground));
            page.line(ends.0, ends.1, GROUND_LINE, palette::FRAME.to_rgba())?;
        }
        let x = frame.left - page.px(LABEL_HEIGHT);
        page.text_upwards("earth", (x, f64::midpoint(frame.top, places.top)), LABEL_HEIGHT)?;
        page.text_upwards("holes", (x, f64::midpoint(frame.bottom, places.bottom)), LABEL_HEIGHT)
    }

    fn draw_piles(&self, page: &Page<'_>, places: &PilePlaces, side: Side) -> DrawResult {
        let (measure, ground, up) = match side {
            Side::Source => (self.source, places.top, true),
            Side::Target => (self.target, places.bottom, false),
        };
        let masses = || measure.mass().into_iter().copied().filter(|mass| *mass > 0.0);
        let widest =
            masses().map(|mass| page.text_width(&number(mass), NUMBER_HEIGHT)).fold(0.0, f64::max);
        let room = 2.0 * places.half / (2.0 * HALF_WIDTH_BY_GAP);
        for (place, &mass) in measure.support().column(0).iter().zip(measure.mass()) {
            if mass <= 0.0 {
                continue;
            }
            let x = places.at(*place);
            let end = if up { ground - places.unit * mass } else { ground + places.unit * mass };
            let (top, bottom) = (ground.min(end), ground.max(end));
            let pile = PageArea { left: x - places.half, top, right: x + places.half, bottom };
            page.fill(pile, side.color())?;
            // Numbers are left out where they would touch.
            if widest < room {
                let (at, anchor) = if up {
                    ((x, end - page.px(2.0)), VPos::Bottom)
                } else {
                    ((x, end + page.px(3.0)), VPos::Top)
                };
                page.text(&number(mass), at, NUMBER_HEIGHT, (HPos::Center, anchor), palette::INK)?;
            }
        }
        Ok(())
    }

    /// The arrows, the heaviest first.
    fn draw_arrows(&self, page: &Page<'_>, places: &PilePlaces) -> DrawResult {
        let mut arcs = self.plan.arcs().to_vec();
        arcs.sort_by(|a, b| b.mass.total_cmp(&a.mass));
        // Of all plans between these piles alike, so that they can be compared.
        let masses = self.source.mass().into_iter().chain(self.target.mass());
        let most = masses.copied().fold(0.0, f64::max);
        let crowd = crowding(arcs.len());
        let (thickest, opacity) = (between(ARROW_THICKNESS, crowd), between(ARROW_OPACITY, crowd));
        for arc in &arcs {
            let from = (places.at(self.source.support()[(arc.source, 0)]), places.top);
            let to = (places.at(self.target.support()[(arc.target, 0)]), places.bottom);
            // Thinner than a pixel is drawn as paler.
            let thickness = thickest * arc.mass / most;
            let pale = page.px(thickness).clamp(0.3, 1.0);
            arrow(page, from, to, thickness, opacity * pale)?;
        }
        Ok(())
    }
}

impl Figure for BarPlot<'_> {
    fn size(&self) -> (u32, u32) {
        self.words().size(FIELD_HEIGHT + X_AXIS_HEIGHT)
    }

    fn draw(&self, page: &Page<'_>) -> DrawResult {
        self.words().draw(page, |room| self.draw_field(page, room))
    }
}

impl PilePlaces {
    fn at(&self, place: f64) -> f64 {
        self.frame.left + self.x.place(place) * self.frame.width()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::PlanArc;
    use crate::plot;
    use ndarray::array;

    fn moved(from: f64, to: f64) -> (DiscreteMeasure, DiscreteMeasure, TransportPlan) {
        let at = |x: f64| DiscreteMeasure::new(array![[x]], array![2.0]).unwrap();
        let arc = PlanArc { source: 0, target: 0, mass: 2.0 };
        (at(from), at(to), TransportPlan::new(1, 1, vec![arc]).unwrap())
    }

    #[test]
    fn piles_stand_above_holes_at_their_places() {
        let (source, target, plan) = moved(0.0, 10.0);
        let work = BarPlot::new(&source, &target, &plan).unwrap();
        let (width, height) = work.size();
        let picture = plot::bitmap(&work).unwrap();
        let count = |color: plotters::style::RGBColor, right: bool, below: bool| {
            let plotters::style::RGBColor(r, g, b) = color;
            let rows = if below { height / 2..height } else { 0..height / 2 };
            let columns = if right { width / 2..width } else { 0..width / 2 };
            rows.flat_map(|y| columns.clone().map(move |x| (x, y)))
                .filter(|&(x, y)| picture.at(x, y) == Some([r, g, b]))
                .count()
        };
        assert!(count(palette::SOURCE, false, false) > 1000);
        assert!(count(palette::TARGET, true, true) > 1000);
        for (right, below) in [(true, false), (false, true), (true, true)] {
            assert_eq!(count(palette::SOURCE, right, below), 0);
        }
    }

    #[test]
    fn pages_of_any_size_and_points_in_one_place_are_drawn() {
        let (source, target, plan) = moved(3.0, 3.0);
        let work = BarPlot::new(&source, &target, &plan).unwrap().titled("one place");
        for size in [work.size(), (1, 1), (300, 20), (20, 300)] {
            plot::bitmap(&(&work).resized(size)).unwrap();
        }
    }

    #[test]
    fn what_does_not_lie_on_the_line_is_refused() {
        let (source, _, plan) = moved(0.0, 1.0);
        let plane = DiscreteMeasure::uniform(array![[0.0, 1.0]]).unwrap();
        let refused = BarPlot::new(&source, &plane, &plan);
        assert!(matches!(refused, Err(PlotError::NotOnLine { dim: 2 })));
        let two = DiscreteMeasure::uniform(array![[0.0], [1.0]]).unwrap();
        let refused = BarPlot::new(&source, &two, &plan);
        assert!(matches!(refused, Err(PlotError::Points { side: "target", points: 2, plan: 1 })));
    }
}
