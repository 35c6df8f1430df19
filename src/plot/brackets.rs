//! The brackets and estimates of several methods for one number, a row each.

use plotters::style::Color;
use plotters::style::text_anchor::{HPos, VPos};

use super::axes;
use super::axis_ticks::{AxisScale, ValueAxis};
use super::field::{self, X_AXIS_HEIGHT};
use super::figure::{self, FigureText, titled_and_noted};
use super::legend::{Legend, Sign};
use super::markers::Shape;
use super::page::{LABEL_HEIGHT, Page, PageArea, Stroke};
use super::scale::rounded;
use super::{DrawResult, Figure, palette};

/// Height of a row, of its bar, of the caps at the bar's ends, and the mark's radius, in units.
const ROW_HEIGHT: f64 = 26.0;
const BAR_HEIGHT: f64 = 6.0;
const CAP_HEIGHT: f64 = 15.0;
const MARK_RADIUS: f64 = 3.4;

/// Significant digits of the exact value in the legend.
const EXACT_DIGITS: i32 = 7;

/// Length of the arrowhead of a bar that has no end, in units.
const ARROWHEAD_LENGTH: f64 = 9.0;

/// White beside names and verdicts, in units.
const TEXT_GAP: f64 = 8.0;

/// Names and verdicts each take at most this part of the page; longer ones are set smaller.
const TEXT_SHARE: f64 = 0.3;

/// Brackets narrower than this part of an axis of values are too small to see; the axis then shows
/// deviations.
const SPECK_SHARE: f64 = 0.015;

/// Deviations below this part of the exact value do not stretch the axis: they are drawn at it.
const RELATIVE_ROUNDING: f64 = 1e-9;

/// A method's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Bracket {
    name: String,
    lower: f64,
    upper: f64,
    estimate: Option<f64>,
    verdict: String,
}

impl Bracket {
    /// A method that proves `lower ≤ value ≤ upper`; a bound that is infinite or NaN is missing.
    #[must_use]
    pub fn new(name: impl Into<String>, lower: f64, upper: f64) -> Self {
        Self { name: name.into(), lower, upper, estimate: None, verdict: String::new() }
    }

    /// With the value that the method names.
    #[must_use]
    pub fn estimated(mut self, value: f64) -> Self {
        self.estimate = Some(value);
        self
    }

    /// With a verdict at the right end of the row, such as “holds”.
    #[must_use]
    pub fn judged(mut self, verdict: impl Into<String>) -> Self {
        self.verdict = verdict.into();
        self
    }

    /// The finite numbers of the row.
    fn numbers(&self) -> impl Iterator<Item = f64> {
        let numbers = [Some(self.lower), Some(self.upper), self.estimate];
        numbers.into_iter().flatten().filter(|value| value.is_finite())
    }
}

/// Bars from lower to upper bound, one a method, beside the exact value.
///
/// The axis shows values. Where the exact value is known and some bracket would be too small to see
/// among the others, it shows relative deviations from the exact value, `(value − exact)/exact`, by
/// their logarithm on both sides and linear around 0, so that an error of a millionth and one of a
/// half are both seen; the caption says so. A bar without an end runs to the edge and ends in an
/// arrow.
///
/// ```
/// use deblais::plot::{self, Bracket, Brackets};
///
/// # fn main() -> Result<(), deblais::plot::PlotError> {
/// let methods = [
///     Bracket::new("Sinkhorn", 0.993, 1.004).estimated(1.001).judged("holds"),
///     Bracket::new("critic", 0.92, f64::INFINITY).estimated(0.97).judged("holds"),
/// ];
/// let brackets = Brackets::new("EMD", methods).exact(1.0).titled("Who says what");
/// let svg = plot::svg(&brackets)?;
/// assert!(svg.contains("Sinkhorn"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Brackets {
    quantity: String,
    rows: Vec<Bracket>,
    exact: Option<f64>,
    relative: Option<bool>,
    bar: String,
    title: String,
    note: String,
}

impl Brackets {
    /// Methods from top to bottom, and what they measure, with its unit.
    #[must_use]
    pub fn new(quantity: impl Into<String>, rows: impl IntoIterator<Item = Bracket>) -> Self {
        Self {
            quantity: quantity.into(),
            rows: rows.into_iter().collect(),
            exact: None,
            relative: None,
            bar: "proved bracket".to_owned(),
            title: String::new(),
            note: String::new(),
        }
    }

    /// With the exact value as a vertical line.
    #[must_use]
    pub fn exact(mut self, value: f64) -> Self {
        self.exact = Some(value);
        self
    }

    /// With an axis of relative deviations, if the exact value is known and not 0.
    #[must_use]
    pub fn relative(mut self) -> Self {
        self.relative = Some(true);
        self
    }

    /// With an axis of values, however narrow the brackets.
    #[must_use]
    pub fn absolute(mut self) -> Self {
        self.relative = Some(false);
        self
    }

    /// With bars that are something else than proved brackets: standard errors, say.
    #[must_use]
    pub fn with_bars_of(mut self, what: impl Into<String>) -> Self {
        self.bar = what.into();
        self
    }

    titled_and_noted!();

    fn words(&self) -> FigureText<'_> {
        FigureText { title: &self.title, legend: self.legend(), caption: self.caption() }
    }

    /// Draws rows and axis, and returns the bottom of the axis.
    fn draw_field(&self, page: &Page<'_>, room: PageArea) -> DrawResult<f64> {
        let (frame, axis) = (self.frame(page, room), self.axis());
        let label = match self.center() {
            Some(_) => format!("{}: relative deviation from the exact value", self.quantity),
            None => self.quantity.clone(),
        };
        axes::draw_below(page, frame, &field::marks_below(page, axis, frame), &label, true)?;
        page.outline(frame, palette::FRAME)?;
        for (k, row) in self.rows.iter().enumerate() {
            self.draw_row(page, row, (frame, self.middle(frame, k)), axis)?;
        }
        if let Some(exact) = self.exact {
            let x = frame.left + axis.place(self.shown(exact)) * frame.width();
            page.curve(&[(x, frame.top), (x, frame.bottom)], &exact_stroke())?;
        }
        self.draw_estimates(page, frame, axis)?;
        Ok(frame.bottom + page.px(X_AXIS_HEIGHT))
    }

    /// The part of the room that names, verdicts and axis leave to the bars.
    fn frame(&self, page: &Page<'_>, room: PageArea) -> PageArea {
        let beside = |texts: &mut dyn Iterator<Item = &str>| {
            let widest = texts.map(|text| page.text_width(text, LABEL_HEIGHT)).fold(0.0, f64::max);
            widest.min(TEXT_SHARE * room.width()) + page.px(TEXT_GAP)
        };
        let left = room.left + beside(&mut self.rows.iter().map(|row| row.name.as_str()));
        let right = room.right - beside(&mut self.rows.iter().map(|row| row.verdict.as_str()));
        let bottom = room.bottom - page.px(X_AXIS_HEIGHT);
        let (right, bottom) = (right.max(left + 1.0), bottom.max(room.top + 1.0));
        PageArea { left, top: room.top, right, bottom }
    }

    /// The exact value, if deviations from it are to be shown.
    fn center(&self) -> Option<f64> {
        let exact = self.exact.filter(|exact| exact.is_finite() && *exact != 0.0)?;
        self.relative.unwrap_or_else(|| self.has_specks(exact)).then_some(exact)
    }

    /// Whether some bracket looks like a point on an axis of values.
    fn has_specks(&self, exact: f64) -> bool {
        let numbers = self.rows.iter().flat_map(Bracket::numbers).chain([exact]);
        let (low, high) = numbers
            .map(|value| value / exact)
            .fold((1.0_f64, 1.0_f64), |(low, high), value| (low.min(value), high.max(value)));
        self.rows.iter().any(|row| {
            let width = (row.upper / exact - row.lower / exact).abs();
            width > RELATIVE_ROUNDING && width < SPECK_SHARE * (high - low)
        })
    }

    /// A value in the coordinate of the axis.
    fn shown(&self, value: f64) -> f64 {
        match self.center() {
            // By the quotient: a difference of huge values may overflow.
            Some(exact) => (value / exact - 1.0) * exact.signum(),
            None => value,
        }
    }

    /// All numbers in the coordinate of the axis.
    fn all_shown(&self) -> impl Iterator<Item = f64> {
        let numbers = self.rows.iter().flat_map(Bracket::numbers).chain(self.exact);
        numbers.map(|value| self.shown(value))
    }

    /// If the axis shows deviations, within which of them it is linear: the power of ten below
    /// the least that matters.
    fn core(&self) -> Option<f64> {
        self.center()?;
        let seen =
            self.all_shown().map(f64::abs).filter(|d| *d > RELATIVE_ROUNDING && d.is_finite());
        let least = seen.fold(f64::INFINITY, f64::min);
        // A deviation of 10⁻⁶ but for rounding is one of 10⁻⁶.
        let power = (least.log10() + 1e-6).floor();
        Some(if least.is_finite() { 10.0_f64.powf(power) } else { RELATIVE_ROUNDING })
    }

    fn axis(&self) -> ValueAxis {
        match self.core() {
            None => ValueAxis::over(AxisScale::Linear, self.all_shown(), true),
            Some(core) => {
                // Both sides as long as needed, but 0 is never at the edge.
                ValueAxis::over(
                    AxisScale::Symmetric(core),
                    self.all_shown().chain([-core, core]),
                    true,
                )
            }
        }
    }

    fn legend(&self) -> Legend {
        let mut legend = Legend::default();
        legend.explain(Sign::Patch(bar_color()), &self.bar);
        if self.rows.iter().any(|row| row.estimate.is_some()) {
            legend.explain(Sign::Shape(Shape::Diamond, palette::BLACK), "estimate");
        }
        if let Some(exact) = self.exact {
            let text = format!("exact {}: {}", self.quantity, rounded(exact, EXACT_DIGITS));
            legend.explain(Sign::Line(exact_stroke(), None), text);
        }
        legend
    }

    fn draw_row(
        &self,
        page: &Page<'_>,
        row: &Bracket,
        (frame, y): (PageArea, f64),
        axis: ValueAxis,
    ) -> DrawResult {
        let place = |value: f64| {
            let place = axis.place(self.shown(value));
            place.is_finite().then(|| frame.left + place * frame.width())
        };
        let (low, high) = (place(row.lower), place(row.upper));
        if low.is_some() || high.is_some() {
            draw_bar(page, (low, high), (frame, y))?;
        }
        let fit =
            |text: &str, room: f64| (room / page.text_width(text, LABEL_HEIGHT).max(1.0)).min(1.0);
        let gap = page.px(TEXT_GAP);
        let inside = page.inside();
        let height = LABEL_HEIGHT * fit(&row.name, frame.left - gap - inside.left);
        let at = (frame.left - gap, y);
        page.text(&row.name, at, height, (HPos::Right, VPos::Center), palette::INK)?;
        let height = LABEL_HEIGHT * fit(&row.verdict, inside.right - gap - frame.right);
        let at = (frame.right + gap, y);
        page.text(&row.verdict, at, height, (HPos::Left, VPos::Center), palette::INK)
    }

    /// The estimates, on top of everything.
    fn draw_estimates(&self, page: &Page<'_>, frame: PageArea, axis: ValueAxis) -> DrawResult {
        for (k, row) in self.rows.iter().enumerate() {
            let Some(value) = row.estimate else { continue };
            let x = frame.left + axis.place(self.shown(value)) * frame.width();
            let at = (x, self.middle(frame, k));
            if x.is_finite() {
                Shape::Diamond.mark(page, at, page.px(MARK_RADIUS + 1.2), palette::PAPER)?;
                Shape::Diamond.mark(page, at, page.px(MARK_RADIUS), palette::BLACK)?;
            }
        }
        Ok(())
    }

    /// The height of the k-th row's middle.
    fn middle(&self, frame: PageArea, k: usize) -> f64 {
        frame.top + frame.height() * (k as f64 + 0.5) / self.rows.len() as f64
    }

    /// The caption: note and reading aid.
    fn caption(&self) -> String {
        let mut sentences = vec![self.note.clone()];
        let missing = |row: &Bracket| row.lower.is_finite() != row.upper.is_finite();
        if self.rows.iter().any(missing) {
            sentences.push("An arrow stands for a bound that is missing.".to_owned());
        }
        if let Some(core) = self.axis().core() {
            sentences.push(format!(
                "The axis shows (value − exact)/exact: equal steps outwards are equal factors of \
                 the deviation (linear within ±{core}), so that tight and loose brackets are both \
                 seen. Read the ends of a bar, not its length."
            ));
        }
        figure::caption(sentences)
    }
}

impl Figure for Brackets {
    fn size(&self) -> (u32, u32) {
        self.words().size(ROW_HEIGHT * (self.rows.len().max(1) as f64 + 0.4) + X_AXIS_HEIGHT)
    }

    fn draw(&self, page: &Page<'_>) -> DrawResult {
        self.words().draw(page, |room| self.draw_field(page, room))
    }
}

/// A bar between two ends with caps; an end that is missing is an arrow to the edge.
fn draw_bar(
    page: &Page<'_>,
    (low, high): (Option<f64>, Option<f64>),
    (frame, y): (PageArea, f64),
) -> DrawResult {
    let (head, half, cap) =
        (page.px(ARROWHEAD_LENGTH), page.px(BAR_HEIGHT / 2.0), page.px(CAP_HEIGHT / 2.0));
    let color = bar_color();
    let left = low.unwrap_or(frame.left + head);
    let right = high.unwrap_or(frame.right - head);
    let bar = PageArea { left, top: y - half, right, bottom: y + half };
    page.fill(bar, color)?;
    for (end, edge, inwards) in [(low, frame.left, head), (high, frame.right, -head)] {
        if let Some(x) = end {
            page.line((x, y - cap), (x, y + cap), 1.6, palette::GREEN.to_rgba())?;
        } else {
            let corners = [(edge, y), (edge + inwards, y - cap), (edge + inwards, y + cap)];
            page.polygon(&corners, color.to_rgba())?;
        }
    }
    Ok(())
}

fn bar_color() -> plotters::style::RGBColor {
    palette::tint(palette::GREEN, 0.45)
}

fn exact_stroke() -> Stroke {
    Stroke { color: palette::BLACK, width: 1.2, dashes: &[] }
}

#[cfg(test)]
mod tests;
