//! Curves over a common axis: several series, lines to compare them with, samples below.

use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, RGBColor};

use super::axis_ticks::{AxisScale, ValueAxis};
use super::clouds::{between, crowding};
use super::field::{self, Field, X_AXIS_HEIGHT};
use super::figure::{FigureText, titled_and_noted};
use super::legend::{Legend, Sign};
use super::markers::{Shape, Side};
use super::page::{self, Page, PageArea, Stroke};
use super::{DrawResult, Figure, palette, polyline};

/// The height of the field on that page, in units.
const FIELD_HEIGHT: f64 = 300.0;

/// Thickness of a curve and of a level, in units.
const CURVE_THICKNESS: f64 = 2.0;
const LEVEL_THICKNESS: f64 = 1.3;

/// Colors of curves in turn. Those of the two sides come last: they mean source and target.
const CURVE_COLORS: [RGBColor; 7] = [
    palette::BLACK,
    palette::GREEN,
    palette::PURPLE,
    palette::ORANGE,
    palette::SKY_BLUE,
    palette::BLUE,
    palette::VERMILLION,
];

/// Patterns of levels in turn, in units.
const LEVEL_DASHES: [&[f64]; 3] = [&[8.0, 4.0], &[2.0, 3.0], &[8.0, 3.0, 2.0, 3.0]];

/// The pattern of a dashed curve, in units.
const CURVE_DASHES: &[f64] = &[10.0, 5.0];

/// Radius of a mark on a curve and the least distance of two, in units.
const MARK_RADIUS: f64 = 3.2;
const MARK_PITCH: f64 = 11.0;

/// Opacity of a band.
const BAND_OPACITY: f64 = 0.25;

/// Height of a sample's marks below the field, with the white around them, in units.
const RUG_HEIGHT: f64 = 12.0;
const RUG_MARGIN: f64 = 2.0;

/// Height of the names of places above the field, in units.
const PLACE_NAME_HEIGHT: f64 = page::NUMBER_HEIGHT * 1.5;

/// Opacity of a sample's marks: for few points and for many.
const RUG_OPACITY: (f64, f64) = (0.9, 0.25);

/// A named series of points, joined by a line.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    name: String,
    points: Vec<(f64, f64)>,
    color: Option<RGBColor>,
    dashed: bool,
    marked: bool,
}

impl Curve {
    /// A series of points (x, y) from left to right. A value that is not finite breaks the line.
    #[must_use]
    pub fn new(name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let points = points.into_iter().collect();
        Self { name: name.into(), points, color: None, dashed: false, marked: false }
    }

    /// The curve under another name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The name in the legend.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// With a line of dashes.
    #[must_use]
    pub fn dashed(mut self) -> Self {
        self.dashed = true;
        self
    }

    /// With a mark on each point, as far as there is room.
    #[must_use]
    pub fn marked(mut self) -> Self {
        self.marked = true;
        self
    }

    /// In a color of the [`palette`] instead of the next in turn.
    #[must_use]
    pub fn colored(mut self, color: RGBColor) -> Self {
        self.color = Some(color);
        self
    }
}

/// A named region between two curves.
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    name: String,
    points: Vec<(f64, f64, f64)>,
    color: RGBColor,
}

impl Band {
    /// The region of points (x, low, high) from left to right. An infinite bound reaches the edge
    /// of the field; NaN breaks the region.
    #[must_use]
    pub fn new(name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64, f64)>) -> Self {
        let points = points.into_iter().collect();
        Self { name: name.into(), points, color: palette::SKY_BLUE }
    }

    /// In a tint of another color than sky blue.
    #[must_use]
    pub fn colored(mut self, color: RGBColor) -> Self {
        self.color = color;
        self
    }

    fn tint(&self) -> RGBColor {
        palette::tint(self.color, BAND_OPACITY)
    }
}

/// A named horizontal line.
#[derive(Debug, Clone, PartialEq)]
struct ReferenceLine {
    name: String,
    value: f64,
}

/// A named vertical line.
#[derive(Debug, Clone, PartialEq)]
struct NamedPosition {
    name: String,
    value: f64,
}

/// A sample on the x axis.
#[derive(Debug, Clone, PartialEq)]
struct Rug {
    side: Side,
    name: String,
    at: Vec<f64>,
}

/// Curves in one field, with everything that explains them around it.
///
/// Both axes are linear unless asked otherwise. The legend stands above the field and samples
/// below it, so that neither covers a curve.
///
/// ```
/// use deblais::plot::{self, Chart, Curve};
///
/// # fn main() -> Result<(), deblais::plot::PlotError> {
/// let estimates = [0.2, 0.7, 0.9, 0.97].iter().enumerate().map(|(step, e)| (step as f64, *e));
/// let chart = Chart::new("step", "estimate")
///     .titled("A critic learns the distance")
///     .curve(Curve::new("critic", estimates).marked())
///     .level("exact EMD", 1.0);
/// let svg = plot::svg(&chart)?;
/// assert!(svg.contains("exact EMD"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    labels: (String, String),
    title: String,
    note: String,
    scales: (AxisScale, AxisScale),
    curves: Vec<Curve>,
    bands: Vec<Band>,
    levels: Vec<ReferenceLine>,
    places: Vec<NamedPosition>,
    rugs: Vec<Rug>,
    covered: Vec<(f64, f64)>,
}

impl Chart {
    /// An empty chart; the labels say what the axes measure, and in which unit.
    #[must_use]
    pub fn new(x: impl Into<String>, y: impl Into<String>) -> Self {
        Self {
            labels: (x.into(), y.into()),
            title: String::new(),
            note: String::new(),
            scales: (AxisScale::Linear, AxisScale::Linear),
            curves: Vec::new(),
            bands: Vec::new(),
            levels: Vec::new(),
            places: Vec::new(),
            rugs: Vec::new(),
            covered: Vec::new(),
        }
    }

    titled_and_noted!();

    /// With another curve, on top of those before it.
    #[must_use]
    pub fn curve(mut self, curve: Curve) -> Self {
        self.curves.push(curve);
        self
    }

    /// With another band, below all curves.
    #[must_use]
    pub fn band(mut self, band: Band) -> Self {
        self.bands.push(band);
        self
    }

    /// With a horizontal line at a value to compare with.
    #[must_use]
    pub fn level(mut self, name: impl Into<String>, value: f64) -> Self {
        self.levels.push(ReferenceLine { name: name.into(), value });
        self
    }

    /// With a vertical line at a place to point out, its name above the field.
    #[must_use]
    pub fn place(mut self, name: impl Into<String>, value: f64) -> Self {
        self.places.push(NamedPosition { name: name.into(), value });
        self
    }

    /// With axes that reach at least so far, whatever the curves do: the same in every frame of an
    /// animation.
    #[must_use]
    pub fn covering(mut self, x: (f64, f64), y: (f64, f64)) -> Self {
        self.covered.extend([(x.0, y.0), (x.1, y.1)]);
        self
    }

    /// With a sample as marks along the x axis.
    #[must_use]
    pub fn rug(
        mut self,
        side: Side,
        name: impl Into<String>,
        at: impl IntoIterator<Item = f64>,
    ) -> Self {
        self.rugs.push(Rug { side, name: name.into(), at: at.into_iter().collect() });
        self
    }

    /// With a logarithmic x axis; values ≤ 0 break a line.
    #[must_use]
    pub fn log_x(mut self) -> Self {
        self.scales.0 = AxisScale::Logarithmic;
        self
    }

    /// With a logarithmic y axis; values ≤ 0 break a line.
    #[must_use]
    pub fn log_y(mut self) -> Self {
        self.scales.1 = AxisScale::Logarithmic;
        self
    }

    fn words(&self) -> FigureText<'_> {
        FigureText { title: &self.title, legend: self.legend(), caption: self.note.clone() }
    }

    /// Draws axes, curves and samples, and returns the bottom of the axis.
    fn draw_field(&self, page: &Page<'_>, room: PageArea) -> DrawResult<f64> {
        let field = self.field(page, room);
        self.draw_bands(page, &field)?;
        field.draw_axes(page, (&self.labels.0, &self.labels.1))?;
        self.draw_levels(page, &field)?;
        self.draw_places(page, &field)?;
        self.draw_curves(page, &field)?;
        self.draw_rugs(page, &field)?;
        Ok(field.frame.bottom + field.floor + page.px(X_AXIS_HEIGHT))
    }

    /// The height of the samples below the field, in units.
    fn lanes(&self) -> f64 {
        RUG_HEIGHT * self.rugs.len() as f64
    }

    /// The height of the names of positions above the field, in units.
    fn names(&self) -> f64 {
        if self.places.iter().all(|place| place.name.is_empty()) { 0.0 } else { PLACE_NAME_HEIGHT }
    }

    /// The part of the room that axes, samples and names of places leave to the curves.
    fn field(&self, page: &Page<'_>, room: PageArea) -> Field {
        let top = room.top + page.px(self.names());
        let bottom = (room.bottom - page.px(X_AXIS_HEIGHT + self.lanes())).max(top + 1.0);
        let (x, y) = self.axes();
        let left = room.left + field::left_room(page, y, PageArea { top, bottom, ..room });
        let frame = PageArea { left, top, right: room.right, bottom };
        // The last number may stand out to the right by half its width.
        let overhang = field::marks_below(page, x, frame)
            .last()
            .map_or(0.0, |mark| page.text_width(&mark.1, page::NUMBER_HEIGHT) / 2.0);
        let right = (room.right - overhang).max(left + 1.0);
        Field { frame: PageArea { right, ..frame }, x, y, floor: page.px(self.lanes()) }
    }

    /// The axes on which everything has room.
    fn axes(&self) -> (ValueAxis, ValueAxis) {
        let points = self.curves.iter().flat_map(|curve| curve.points.iter().copied());
        let edges = self.bands.iter().flat_map(|band| &band.points);
        let edges = edges.flat_map(|&(x, low, high)| [(x, low), (x, high)]);
        let seen: Vec<_> = points
            .chain(edges)
            .chain(self.covered.iter().copied())
            .filter(|(x, y)| (x + y).is_finite())
            .collect();
        let samples = self.rugs.iter().flat_map(|rug| rug.at.iter().copied());
        let levels = self.levels.iter().map(|level| level.value);
        let places = self.places.iter().map(|place| place.value);
        let x = seen.iter().map(|point| point.0).chain(samples).chain(places);
        let y = seen.iter().map(|point| point.1).chain(levels);
        (ValueAxis::over(self.scales.0, x, false), ValueAxis::over(self.scales.1, y, true))
    }

    fn stroke(&self, k: usize) -> Stroke {
        let curve = &self.curves[k];
        let color = curve.color.unwrap_or(CURVE_COLORS[k % CURVE_COLORS.len()]);
        // Curves beyond the number of colors, without a color of their own, differ by their dashes.
        let again = curve.color.is_none() && k / CURVE_COLORS.len() % 2 == 1;
        let dashed = curve.dashed != again;
        Stroke { color, width: CURVE_THICKNESS, dashes: if dashed { CURVE_DASHES } else { &[] } }
    }

    fn shape(&self, k: usize) -> Option<Shape> {
        self.curves[k].marked.then(|| Shape::of(k))
    }

    fn legend(&self) -> Legend {
        let mut legend = Legend::default();
        for (k, curve) in self.curves.iter().enumerate() {
            legend.explain(Sign::Line(self.stroke(k), self.shape(k)), &curve.name);
        }
        for band in &self.bands {
            legend.explain(Sign::Patch(band.tint()), &band.name);
        }
        for (k, level) in self.levels.iter().enumerate() {
            legend.explain(Sign::Line(level_stroke(k), None), &level.name);
        }
        for rug in &self.rugs {
            legend.explain(Sign::Ticks(rug.side), &rug.name);
        }
        legend
    }

    fn draw_bands(&self, page: &Page<'_>, field: &Field) -> DrawResult {
        for band in &self.bands {
            let edge = |x: f64, value: f64| match field.place(x, value) {
                (x, y) if y.is_finite() || value.is_nan() => (x, y),
                (x, _) if value > 0.0 => (x, field.frame.top),
                (x, _) => (x, field.frame.bottom),
            };
            let edges: Vec<_> =
                band.points.iter().map(|&(x, low, high)| (edge(x, low), edge(x, high))).collect();
            let broken = |((x, low), (_, high)): &((f64, f64), (f64, f64))| {
                !(x.is_finite() && low.is_finite() && high.is_finite())
            };
            for stretch in edges.split(broken) {
                let above = stretch.iter().map(|edges| edges.1);
                let below = stretch.iter().rev().map(|edges| edges.0);
                let corners: Vec<_> = above.chain(below).collect();
                if stretch.len() > 1 {
                    let corners = polyline::thinned(&corners, page::THINNING_PIXELS);
                    page.polygon(&corners, band.tint().to_rgba())?;
                }
            }
        }
        Ok(())
    }

    fn draw_levels(&self, page: &Page<'_>, field: &Field) -> DrawResult {
        let (left, right) = field.x.ends();
        for (k, level) in self.levels.iter().enumerate() {
            let ends = [left, right].map(|x| field.place(x, level.value));
            page.curve(&ends, &level_stroke(k))?;
        }
        Ok(())
    }

    fn draw_places(&self, page: &Page<'_>, field: &Field) -> DrawResult {
        let PageArea { top, bottom, .. } = field.frame;
        for place in &self.places {
            let (x, _) = field.place(place.value, 0.0);
            page.curve(&[(x, bottom), (x, top)], &level_stroke(1))?;
            let at = (x, top - page.px(PLACE_NAME_HEIGHT / 2.0));
            page.text(
                &place.name,
                at,
                page::NUMBER_HEIGHT,
                (HPos::Center, VPos::Center),
                palette::INK,
            )?;
        }
        Ok(())
    }

    fn draw_curves(&self, page: &Page<'_>, field: &Field) -> DrawResult {
        for (k, curve) in self.curves.iter().enumerate() {
            let places: Vec<_> = curve.points.iter().map(|&(x, y)| field.place(x, y)).collect();
            let stroke = self.stroke(k);
            page.curve(&places, &stroke)?;
            let Some(shape) = self.shape(k) else { continue };
            let mut last: Option<(f64, f64)> = None;
            for at in places.into_iter().filter(|at| at.0.is_finite() && at.1.is_finite()) {
                let far = |last: (f64, f64)| (at.0 - last.0).hypot(at.1 - last.1);
                if last.is_none_or(|last| far(last) >= page.px(MARK_PITCH)) {
                    shape.mark(page, at, page.px(MARK_RADIUS), stroke.color)?;
                    last = Some(at);
                }
            }
        }
        Ok(())
    }

    fn draw_rugs(&self, page: &Page<'_>, field: &Field) -> DrawResult {
        for (k, rug) in self.rugs.iter().enumerate() {
            let ink = rug.side.color().mix(between(RUG_OPACITY, crowding(rug.at.len())));
            let top = field.frame.bottom + page.px(RUG_HEIGHT * k as f64 + RUG_MARGIN);
            let bottom = top + page.px(RUG_HEIGHT - 2.0 * RUG_MARGIN);
            for &value in &rug.at {
                let (x, _) = field.place(value, 0.0);
                if x.is_finite() {
                    page.line((x, top), (x, bottom), 0.8, ink)?;
                }
            }
        }
        Ok(())
    }
}

impl Figure for Chart {
    fn size(&self) -> (u32, u32) {
        self.words().size(self.names() + FIELD_HEIGHT + self.lanes() + X_AXIS_HEIGHT)
    }

    fn draw(&self, page: &Page<'_>) -> DrawResult {
        self.words().draw(page, |room| self.draw_field(page, room))
    }
}

fn level_stroke(k: usize) -> Stroke {
    let dashes = LEVEL_DASHES[k % LEVEL_DASHES.len()];
    Stroke { color: palette::ARROW, width: LEVEL_THICKNESS, dashes }
}

#[cfg(test)]
mod tests;
