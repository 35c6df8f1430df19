//! A contour plot: a function over the plane as level lines, with its slopes and the samples on top.

use ndarray::{Array2, ArrayView2};

use super::axes::{self, Bar, whole};
use super::clouds::{CloudPair, Markers};
use super::contour::{self, ContourLine};
use super::field::{Field, X_AXIS_HEIGHT, Y_AXIS_WIDTH};
use super::figure::{self, FigureText, labeled, titled_and_noted};
use super::legend::{Legend, Sign};
use super::markers::arrow;
use super::page::{self, MARGIN, PAGE_WIDTH, Page, PageArea, Stroke};
use super::scale::{number, round_marks};
use super::{DrawResult, Extent, Figure, PlotError, palette, polyline};
use crate::measure::DiscreteMeasure;

/// Approximate number of levels.
const LEVEL_COUNT: f64 = 14.0;

/// Thickness of a level line, in units.
const LEVEL_THICKNESS: f64 = 0.7;

/// Distance of two arrows along the gradient, in units, and the length of the longest as a part of
/// it.
const ARROW_PITCH: f64 = 27.0;
const LONGEST_ARROW_SHARE: f64 = 0.8;

/// Thickness in units and opacity of an arrow along the gradient.
const ARROW_THICKNESS: f64 = 1.1;
const ARROW_OPACITY: f64 = 0.75;

/// Thickness in units and opacity of a given arrow, and the length of the longest, in units.
const VECTOR_THICKNESS: f64 = 1.5;
const VECTOR_OPACITY: f64 = 0.95;
const LONGEST_VECTOR: f64 = 42.0;

/// Arrows shorter than this, in units, are not drawn.
const SHORTEST_ARROW: f64 = 2.0;

/// The approximate width of the color bar beside the field, in units: for the size of the page.
const COLOR_BAR_WIDTH: f64 = 95.0;

/// Arrows that are given, (n, 2) points and (n, 2) directions.
#[derive(Debug, Clone, PartialEq)]
struct Vectors {
    name: String,
    from: Array2<f64>,
    along: Array2<f64>,
}

/// A scalar function over a rectangle of the plane: a potential, a critic.
///
/// Level lines at round values over a ground that darkens as the function grows; the color bar
/// names the levels. Both axes have the same scale. Values that are not finite are left white.
///
/// ```
/// use deblais::plot::{self, Extent, ContourPlot};
///
/// # fn main() -> Result<(), deblais::plot::PlotError> {
/// let extent = Extent { x: (-2.0, 2.0), y: (-1.0, 1.0) };
/// let points = extent.grid(40, 80);
/// let norms = points.outer_iter().map(|p| p.dot(&p).sqrt()).collect();
/// let norms = ndarray::Array1::from_vec(norms).into_shape_with_order((40, 80)).unwrap();
/// let picture = ContourPlot::new("‖x‖", norms, extent).with_slopes().titled("A cone");
/// let svg = plot::svg(&picture)?;
/// assert!(svg.contains("A cone"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ContourPlot<'a> {
    name: String,
    values: Array2<f64>,
    extent: Extent,
    scale: Option<(f64, f64)>,
    slopes: bool,
    clouds: Option<CloudPair<'a>>,
    sides: (String, String),
    vectors: Option<Vectors>,
    title: String,
    note: String,
    labels: (String, String),
}

impl<'a> ContourPlot<'a> {
    /// A function called `name` with these values on a regular grid: rows follow the second
    /// coordinate upwards, columns the first to the right, the outermost on the edge of the
    /// extent. An extent that is no rectangle becomes the unit square.
    #[must_use]
    pub fn new(name: impl Into<String>, values: Array2<f64>, extent: Extent) -> Self {
        let real = |(low, high): (f64, f64)| low < high && (high - low).is_finite();
        let unit = Extent { x: (0.0, 1.0), y: (0.0, 1.0) };
        Self {
            name: name.into(),
            values,
            extent: if real(extent.x) && real(extent.y) { extent } else { unit },
            scale: None,
            slopes: false,
            clouds: None,
            sides: ("source".to_owned(), "target".to_owned()),
            vectors: None,
            title: String::new(),
            note: String::new(),
            labels: ("first coordinate".to_owned(), "second coordinate".to_owned()),
        }
    }

    /// With levels and colors from `low` to `high` instead of the values' own range, so that
    /// pictures can be compared; values beyond have the color of the nearer end. No range at all
    /// is ignored.
    #[must_use]
    pub fn within(mut self, low: f64, high: f64) -> Self {
        self.scale = (low < high && (high - low).is_finite()).then_some((low, high));
        self
    }

    /// With arrows along the gradient, from differences of the values.
    #[must_use]
    pub fn with_slopes(mut self) -> Self {
        self.slopes = true;
        self
    }

    /// With both samples on top; points beyond the extent are not shown.
    ///
    /// # Errors
    /// [`PlotError::NotPlanar`] unless both have two coordinates.
    pub fn clouds(
        mut self,
        source: &'a DiscreteMeasure,
        target: &'a DiscreteMeasure,
    ) -> Result<Self, PlotError> {
        self.clouds = Some(CloudPair::new(source, target)?);
        Ok(self)
    }

    /// With other names of the samples than “source” and “target”.
    #[must_use]
    pub fn sides(mut self, source: impl Into<String>, target: impl Into<String>) -> Self {
        self.sides = (source.into(), target.into());
        self
    }

    /// With an arrow at each point (n, 2) of `from` along its row of `along`, on top of everything;
    /// the longest has a fixed length on the page, and points beyond the extent have none.
    ///
    /// # Errors
    /// [`PlotError::NotPlanar`] unless both have two coordinates.
    pub fn vectors(
        mut self,
        name: impl Into<String>,
        from: Array2<f64>,
        along: Array2<f64>,
    ) -> Result<Self, PlotError> {
        if let Some(dim) = [from.ncols(), along.ncols()].into_iter().find(|&dim| dim != 2) {
            return Err(PlotError::NotPlanar { dim });
        }
        self.vectors = Some(Vectors { name: name.into(), from, along });
        Ok(self)
    }

    titled_and_noted!();
    labeled!();

    fn words(&self) -> FigureText<'_> {
        FigureText { title: &self.title, legend: self.legend(), caption: self.caption() }
    }

    /// The field and its axes, in the part of the room that the color bar leaves.
    fn field(&self, page: &Page<'_>, room: PageArea) -> Field {
        let room = PageArea {
            left: room.left + page.px(Y_AXIS_WIDTH),
            right: room.right - axes::bar_width(page, &self.bar()),
            bottom: room.bottom - page.px(X_AXIS_HEIGHT),
            ..room
        };
        Field::planar(self.extent, room)
    }

    /// Draws axes, levels, arrows, points and color bar, and returns the bottom of the axis.
    fn draw_field(&self, page: &Page<'_>, room: PageArea) -> DrawResult<f64> {
        let field = self.field(page, room);
        field.draw_axes(page, (&self.labels.0, &self.labels.1))?;
        // No grid where values are missing: its lines could be taken for levels.
        page.fill(field.frame, palette::PAPER)?;
        self.draw_levels(page, &field)?;
        if self.slopes {
            self.draw_slopes(page, &field)?;
        }
        page.outline(field.frame, palette::FRAME)?;
        if let Some(clouds) = &self.clouds {
            clouds.draw(page, &field, Markers::Rimmed)?;
        }
        if let Some(vectors) = &self.vectors {
            vectors.draw(page, &field)?;
        }
        axes::draw_bar(page, axes::bar_beside(page, field.frame), &self.bar(), &self.name)?;
        Ok(field.frame.bottom + page.px(X_AXIS_HEIGHT))
    }

    fn legend(&self) -> Legend {
        let mut legend = Legend::default();
        if let Some(clouds) = &self.clouds {
            clouds.explain(&mut legend, (&self.sides.0, &self.sides.1));
        }
        if self.slopes {
            legend.explain(Sign::Arrow, "steepest ascent");
        }
        if let Some(vectors) = &self.vectors {
            legend.explain(Sign::Arrow, &vectors.name);
        }
        legend
    }

    /// The ends of the color bar: by default the least and the largest finite value.
    fn range(&self) -> (f64, f64) {
        if let Some(scale) = self.scale {
            return scale;
        }
        let finite = self.values.iter().copied().filter(|value| value.is_finite());
        finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        })
    }

    /// Round values between the least and the largest, with their texts.
    fn levels(&self) -> Vec<(f64, String)> {
        let (low, high) = self.range();
        let mut levels = round_marks(low, high, LEVEL_COUNT);
        levels.retain(|level| low < level.0 && level.0 < high);
        levels
    }

    /// The color above the k-th of `levels` levels, from 0, the color below the first.
    fn color(k: usize, levels: usize) -> plotters::style::RGBColor {
        palette::ground(if levels == 0 { 0.5 } else { k as f64 / levels as f64 })
    }

    fn bar(&self) -> Bar {
        let (low, high) = self.range();
        let levels = self.levels();
        // Halved against overflow.
        let place = |value: f64| (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0);
        let mut slices: Vec<_> = levels
            .iter()
            .enumerate()
            .map(|(k, level)| (place(level.0), Self::color(k, levels.len())))
            .collect();
        slices.push((1.0, Self::color(levels.len(), levels.len())));
        let mut ticks: Vec<_> =
            levels.into_iter().map(|(value, text)| (place(value), text)).collect();
        if ticks.is_empty() && low <= high {
            ticks.push((0.5, number(low)));
        }
        Bar { slices, ticks }
    }

    /// From grid coordinates to a pixel.
    fn pixel(&self, field: &Field, (column, row): (f64, f64)) -> (f64, f64) {
        let (rows, columns) = self.values.dim();
        let place = |t: f64, count: usize| t / (count.max(2) - 1) as f64;
        let frame = field.frame;
        let across = place(column, columns) * frame.width();
        (frame.left + across, frame.bottom - place(row, rows) * frame.height())
    }

    /// The ground in steps from level to level, and the lines between them.
    fn draw_levels(&self, page: &Page<'_>, field: &Field) -> DrawResult {
        let levels = self.levels();
        let steps = std::iter::once(f64::MIN).chain(levels.iter().map(|level| level.0));
        for (k, level) in steps.enumerate() {
            let on_page = |ring: Vec<_>| {
                let ring: Vec<_> = ring.into_iter().map(|at| self.pixel(field, at)).collect();
                polyline::thinned(&ring, page::THINNING_PIXELS)
            };
            let rings = contour::region(self.values.view(), level).into_iter().map(on_page);
            let corners = contour::bridged(rings.filter(|ring| ring.len() > 2).collect());
            if !corners.is_empty() {
                page.polygon(
                    &corners,
                    plotters::style::Color::to_rgba(&Self::color(k, levels.len())),
                )?;
            }
        }
        let stroke = Stroke { color: palette::LEVEL, width: LEVEL_THICKNESS, dashes: &[] };
        for (level, _) in levels {
            for ContourLine { mut points, closed } in contour::lines(self.values.view(), level) {
                if closed {
                    points.push(points[0]);
                }
                let line: Vec<_> = points.into_iter().map(|at| self.pixel(field, at)).collect();
                page.curve(&line, &stroke)?;
            }
        }
        Ok(())
    }

    /// Arrows along the gradient at the centers of a coarse grid; their length is the slope.
    fn draw_slopes(&self, page: &Page<'_>, field: &Field) -> DrawResult {
        let slopes = self.coarse_slopes(field.frame.width() / page.px(ARROW_PITCH));
        let steepest = slopes.iter().map(|slope| slope.1.0.hypot(slope.1.1)).fold(0.0, f64::max);
        if steepest == 0.0 {
            return Ok(());
        }
        for (at, (across, up)) in slopes {
            let (x, y) = self.pixel(field, at);
            let reach = page.px(ARROW_PITCH * LONGEST_ARROW_SHARE / 2.0) / steepest;
            let (dx, dy) = (across * reach, -up * reach);
            if dx.hypot(dy) >= page.px(SHORTEST_ARROW / 2.0) {
                arrow(page, (x - dx, y - dy), (x + dx, y + dy), ARROW_THICKNESS, ARROW_OPACITY)?;
            }
        }
        Ok(())
    }

    /// Nodes in grid coordinates, about `across` of them in a row, and the gradient there.
    fn coarse_slopes(&self, across: f64) -> Vec<((f64, f64), (f64, f64))> {
        let (rows, columns) = self.values.dim();
        let across = whole(across).max(1);
        let down = whole(across as f64 * self.extent.height() / self.extent.width()).max(1);
        let nodes = |count: usize, most: usize| {
            let count = count.min(most);
            (0..count).map(move |k| (2 * k + 1) * most / (2 * count))
        };
        nodes(down, rows)
            .flat_map(|i| nodes(across, columns).map(move |j| (i, j)))
            .filter_map(|(i, j)| Some(((j as f64, i as f64), self.slope(i, j)?)))
            .collect()
    }

    /// The gradient at a node, by central differences; one-sided on the edge.
    fn slope(&self, i: usize, j: usize) -> Option<(f64, f64)> {
        let (rows, columns) = self.values.dim();
        let (left, right) = (j.saturating_sub(1), (j + 1).min(columns - 1));
        let (below, above) = (i.saturating_sub(1), (i + 1).min(rows - 1));
        let pitch = |length: f64, count: usize| length / (count.max(2) - 1) as f64;
        let run = |from: usize, to: usize| (to - from).max(1) as f64;
        let across = (self.values[(i, right)] - self.values[(i, left)])
            / (run(left, right) * pitch(self.extent.width(), columns));
        let up = (self.values[(above, j)] - self.values[(below, j)])
            / (run(below, above) * pitch(self.extent.height(), rows));
        (across.is_finite() && up.is_finite()).then_some((across, up))
    }

    /// The caption: note and reading aid.
    fn caption(&self) -> String {
        let mut sentences = vec![self.note.clone()];
        let levels = self.levels();
        if let [first, second, ..] = &levels[..] {
            let step = number(second.0 - first.0);
            sentences
                .push(format!("Lines join points of equal value, {step} from one to the next."));
        }
        if self.slopes {
            sentences.push(
                "Arrows point where the function grows fastest, the longer, the steeper."
                    .to_owned(),
            );
        }
        if let Some(beyond) = self.clouds.map(|clouds| self.beyond(clouds)).filter(|&k| k > 0) {
            let points = if beyond == 1 { "point lies" } else { "points lie" };
            sentences.push(format!("{beyond} {points} beyond the edge."));
        }
        figure::caption(sentences)
    }

    /// Number of points outside the extent.
    fn beyond(&self, clouds: CloudPair<'_>) -> usize {
        let Extent { x, y } = self.extent;
        let outside = |point: &ndarray::ArrayView1<'_, f64>| {
            !((x.0..=x.1).contains(&point[0]) && (y.0..=y.1).contains(&point[1]))
        };
        let count = |points: ArrayView2<'_, f64>| points.outer_iter().filter(outside).count();
        count(clouds.source.support().view()) + count(clouds.target.support().view())
    }
}

impl Figure for ContourPlot<'_> {
    fn size(&self) -> (u32, u32) {
        let width = PAGE_WIDTH - 2.0 * MARGIN - Y_AXIS_WIDTH - COLOR_BAR_WIDTH;
        self.words().size(width * self.extent.aspect() + X_AXIS_HEIGHT)
    }

    fn draw(&self, page: &Page<'_>) -> DrawResult {
        self.words().draw(page, |room| self.draw_field(page, room))
    }
}

impl Vectors {
    fn draw(&self, page: &Page<'_>, field: &Field) -> DrawResult {
        let ((x0, y0), (x1, y1)) = (field.place(0.0, 0.0), field.place(1.0, 1.0));
        let arrows = self.from.outer_iter().zip(self.along.outer_iter());
        let arrows = arrows
            .map(|(from, along)| {
                (field.place(from[0], from[1]), ((x1 - x0) * along[0], (y1 - y0) * along[1]))
            })
            .filter(|(at, (dx, dy))| field.frame.holds(*at) && (dx + dy).is_finite());
        let arrows: Vec<_> = arrows.collect();
        let longest = arrows.iter().map(|(_, (dx, dy))| dx.hypot(*dy)).fold(0.0, f64::max);
        if longest == 0.0 {
            return Ok(());
        }
        let scale = page.px(LONGEST_VECTOR) / longest;
        for ((x, y), (dx, dy)) in arrows {
            let (dx, dy) = (scale * dx, scale * dy);
            if dx.hypot(dy) >= page.px(SHORTEST_ARROW) {
                arrow(page, (x, y), (x + dx, y + dy), VECTOR_THICKNESS, VECTOR_OPACITY)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
