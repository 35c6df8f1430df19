//! The two clouds in the plane, as markers: the larger, the more mass.

use ndarray::Array1;

use super::field::Field;
use super::legend::{Legend, Sign};
use super::markers::Side;
use super::page::Page;
use super::{DrawResult, Extent, PlotError};
use crate::measure::DiscreteMeasure;

/// White between the outermost points and the frame, as a fraction of the longer side.
const PADDING_SHARE: f64 = 0.05;

/// Radius of the heaviest point's marker, in units: for few points and for many, and the least.
const MARKER_RADIUS: (f64, f64) = (7.0, 1.7);
const LEAST_MARKER_RADIUS: f64 = 0.7;

/// Opacity of markers: for few points and for many.
const MARKER_OPACITY: (f64, f64) = (0.95, 0.7);

/// How the points are drawn.
#[derive(Debug, Clone, Copy)]
pub(super) enum Markers<'a> {
    /// On paper.
    Solid,
    /// With a rim of paper, on a colored ground.
    Rimmed,
    /// Solid in these shares of their mass, for each source and each target, and pale in the rest.
    Partly(&'a [Array1<f64>; 2]),
}

/// Source and target points in the plane.
#[derive(Debug, Clone, Copy)]
pub(super) struct CloudPair<'a> {
    pub(super) source: &'a DiscreteMeasure,
    pub(super) target: &'a DiscreteMeasure,
}

impl<'a> CloudPair<'a> {
    pub(super) fn new(
        source: &'a DiscreteMeasure,
        target: &'a DiscreteMeasure,
    ) -> Result<Self, PlotError> {
        match [source, target].into_iter().find(|measure| measure.dim() != 2) {
            Some(measure) => Err(PlotError::NotPlanar { dim: measure.dim() }),
            None => Ok(Self { source, target }),
        }
    }

    /// The part of the plane around them, with a little white.
    pub(super) fn extent(&self) -> Extent {
        let ends = |axis: usize| {
            let clouds = [self.source, self.target];
            let all = clouds.into_iter().flat_map(|cloud| cloud.support().column(axis).to_vec());
            all.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)))
        };
        let (x, y) = (ends(0), ends(1));
        let longer = (x.1 - x.0).max(y.1 - y.0);
        // All points in one place: show a little of what lies around them.
        let nothing = x.0.abs().max(y.0.abs()).max(1.0);
        let padding = if longer > 0.0 { PADDING_SHARE * longer } else { 1e-3 * nothing };
        let padded = |(low, high): (f64, f64)| (low - padding, high + padding);
        Extent { x: padded(x), y: padded(y) }
    }

    /// Adds an entry for each cloud to a legend.
    pub(super) fn explain(&self, legend: &mut Legend, (source, target): (&str, &str)) {
        let sides = [(Side::Source, source, self.source), (Side::Target, target, self.target)];
        for (side, name, measure) in sides {
            let plural = if measure.len() == 1 { "" } else { "s" };
            let text = format!("{name}: {} point{plural}", measure.len());
            legend.explain(Sign::Mark(side), text);
        }
    }

    /// The radius of a marker by its mass, in units.
    pub(super) fn radius(&self) -> impl Fn(f64) -> f64 + use<> {
        let masses = self.source.mass().into_iter().chain(self.target.mass());
        let most = masses.copied().fold(0.0, f64::max);
        let largest = between(MARKER_RADIUS, crowding(self.source.len() + self.target.len()));
        move |mass| (largest * (mass / most).sqrt()).max(LEAST_MARKER_RADIUS)
    }

    /// The points inside the field, the smallest on top, so that none hides another in its place;
    /// of two of the same size the diamond sticks out from under the disc.
    pub(super) fn draw(&self, page: &Page<'_>, field: &Field, markers: Markers<'_>) -> DrawResult {
        let of = |side: Side, measure: &'a DiscreteMeasure| {
            (0..measure.len()).map(move |k| (side, measure, k))
        };
        let mut points: Vec<_> =
            of(Side::Target, self.target).chain(of(Side::Source, self.source)).collect();
        points.sort_by(|a, b| b.1.mass()[b.2].total_cmp(&a.1.mass()[a.2]));
        let (radius, opacity) = (self.radius(), between(MARKER_OPACITY, crowding(points.len())));
        for (side, measure, k) in points {
            let support = measure.support();
            let at = field.place(support[(k, 0)], support[(k, 1)]);
            if !field.frame.holds(at) {
                continue;
            }
            let mass = measure.mass()[k];
            let whole = page.px(radius(mass));
            match markers {
                Markers::Solid => side.mark(page, at, whole, opacity)?,
                Markers::Rimmed => side.mark_rimmed(page, at, whole)?,
                Markers::Partly(shares) => {
                    let share = shares[usize::from(side == Side::Target)][k];
                    if share < 1.0 {
                        side.mark_pale(page, at, whole)?;
                    }
                    if share > 0.0 {
                        side.mark(page, at, page.px(radius(share * mass)), opacity)?;
                    }
                }
            }
        }
        Ok(())
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
