//! Source and target at one offset, in a view that is the same for the whole path: densities over a
//! line, or atoms and arrows of the plan in the plane.

use std::f64::consts::SQRT_2;

use deblais::explore::shift::moved;
use deblais::measure::DiscreteMeasure;
use deblais::plan::TransportPlan;
use deblais::plot::{Band, Chart, Curve, Extent, Figure, TransportMap, palette};
use ndarray::{Array1, Array2, Axis};

use super::{Moving, ShiftScene};
use crate::cli::failure::Failure;

/// Bars of a density on the line, over the whole view.
const BARS: f64 = 72.0;

/// White around the path, as a share of its longer side.
const WHITE: f64 = 0.04;

/// A view in the plane is at most this many times as wide as high.
const WIDEST: f64 = 3.0;

/// Atoms whose arrows are drawn: parallel ones would fill the view.
const ARROWS: f64 = 24.0;

/// The plan of about so many source atoms alone.
pub(super) fn some_arrows(plan: &TransportPlan) -> TransportPlan {
    let share = ARROWS / plan.n() as f64;
    // Multiples of √2 pick evenly from any order that is not made of them.
    let picked = |source: usize| (source as f64 * SQRT_2).fract() < share;
    let arcs = plan.arcs().iter().filter(|arc| picked(arc.source)).copied();
    TransportPlan::new(plan.n(), plan.m(), arcs.collect()).expect("cells of a plan")
}

/// The view.
pub(super) enum ShiftView {
    Line(LineView),
    Plane(Box<PlaneView>),
}

/// Atoms in the plane, the source at offset 0.
pub(super) struct PlaneView {
    source: DiscreteMeasure,
    target: DiscreteMeasure,
    direction: Array1<f64>,
    extent: Extent,
    labels: [&'static str; 2],
}

/// Densities on the line as bars, (left end, height); those of the source move with it.
pub(super) struct LineView {
    source: Vec<(f64, f64)>,
    target: Vec<(f64, f64)>,
    width: f64,
    ends: (f64, f64),
    highest: f64,
    /// Which way the offset counts.
    sign: f64,
}

impl ShiftView {
    pub(super) fn new(scene: &ShiftScene<'_>) -> Result<Self, Failure> {
        let Moving { source, target, direction, .. } = scene.moving;
        let offsets = &scene.study.offsets;
        let ends = [offsets[0], offsets[offsets.len() - 1]];
        if source.dim() == 1 {
            return Ok(Self::Line(LineView::new(source, target, direction[0], ends)));
        }
        let (source, target, direction, labels) = if source.dim() == 2 {
            let labels = ["first coordinate", "second coordinate"];
            (source.clone(), target.clone(), direction.clone(), labels)
        } else {
            let (source, target, direction) = flattened(source, target, direction)?;
            (source, target, direction, ["along the shift", "across it"])
        };
        let [first, last] = ends.map(|offset| moved(&source, direction.view(), offset));
        let extent = around(&[&first?, &last?, &target]);
        Ok(Self::Plane(Box::new(PlaneView { source, target, direction, extent, labels })))
    }

    /// The source at an offset.
    pub(super) fn at(&self, offset: f64) -> Result<Option<DiscreteMeasure>, Failure> {
        match self {
            Self::Line(_) => Ok(None),
            Self::Plane(plane) => Ok(Some(moved(&plane.source, plane.direction.view(), offset)?)),
        }
    }

    /// The picture of one offset.
    pub(super) fn picture<'a>(
        &'a self,
        source: Option<&'a DiscreteMeasure>,
        offset: f64,
        plan: &'a TransportPlan,
        title: String,
    ) -> Result<Box<dyn Figure + 'a>, Failure> {
        match (self, source) {
            (Self::Line(histograms), _) => Ok(Box::new(histograms.chart(offset, title))),
            (Self::Plane(plane), source) => {
                let source = source.unwrap_or(&plane.source);
                let map = TransportMap::new(source, &plane.target, plan)?.titled(title);
                let [x, y] = plane.labels;
                Ok(Box::new(map.within(plane.extent).labeled(x, y).without_caption()))
            }
        }
    }
}

impl LineView {
    fn new(source: &DiscreteMeasure, target: &DiscreteMeasure, sign: f64, ends: [f64; 2]) -> Self {
        let extent = |law: &DiscreteMeasure| {
            let all = law.support();
            all.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (x.min(l), x.max(h)))
        };
        let (own, other) = (extent(source), extent(target));
        let shifts = ends.map(|end| sign * end);
        let low = (own.0 + shifts[0].min(shifts[1])).min(other.0);
        let high = (own.1 + shifts[0].max(shifts[1])).max(other.1);
        let width = (high - low) / BARS;
        let bars = |law: &DiscreteMeasure, low: f64| -> Vec<(f64, f64)> {
            let mut heights = Vec::new();
            for (x, mass) in law.support().iter().zip(law.mass()) {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "BARS")]
                let bar = ((x - low) / width) as usize;
                heights.resize(heights.len().max(bar + 1), 0.0);
                heights[bar] += mass / width;
            }
            heights.into_iter().enumerate().map(|(k, y)| (low + k as f64 * width, y)).collect()
        };
        let (source, target) = (bars(source, own.0), bars(target, other.0));
        let highest = source.iter().chain(&target).map(|bar| bar.1).fold(0.0, f64::max);
        Self { source, target, width, ends: (low, high), highest, sign }
    }

    fn chart(&self, offset: f64, title: String) -> Chart {
        let shift = self.sign * offset;
        let corners = |bars: &[(f64, f64)], shift: f64| -> Vec<(f64, f64)> {
            let from = bars.first().map_or(0.0, |bar| bar.0) + shift;
            let to = bars.last().map_or(0.0, |bar| bar.0) + self.width + shift;
            let tops = bars
                .iter()
                .flat_map(|&(left, height)| [(left, height), (left + self.width, height)])
                .map(|(x, y)| (x + shift, y));
            [(from, 0.0)].into_iter().chain(tops).chain([(to, 0.0)]).collect()
        };
        let mut chart = Chart::new("position", "density").titled(title);
        for (name, bars, shift, color) in [
            ("target", &self.target, 0.0, palette::TARGET),
            ("source", &self.source, shift, palette::SOURCE),
        ] {
            let corners = corners(bars, shift);
            let band = corners.iter().map(|&(x, y)| (x, 0.0, y));
            chart = chart.band(Band::new("", band).colored(color));
            chart = chart.curve(Curve::new(name, corners).colored(color));
        }
        chart.covering(self.ends, (0.0, self.highest))
    }
}

/// The part of the plane around some measures.
fn around(laws: &[&DiscreteMeasure]) -> Extent {
    let ends = |axis: usize| {
        let places = laws.iter().flat_map(|law| law.support().column(axis).to_vec());
        places.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (x.min(l), x.max(h)))
    };
    let (x, y) = (ends(0), ends(1));
    let (wide, high) = (x.1 - x.0, y.1 - y.0);
    let white = WHITE * wide.max(high);
    let grown = |(low, high): (f64, f64), least: f64| {
        let more = (white).max(0.5 * (least - (high - low)));
        (low - more, high + more)
    };
    let most = wide.max(high) + 2.0 * white;
    Extent { x: grown(x, most / WIDEST), y: grown(y, most / WIDEST) }
}

/// Points as they lie along the direction and along the axis across it on which they vary most.
fn flattened(
    source: &DiscreteMeasure,
    target: &DiscreteMeasure,
    direction: &Array1<f64>,
) -> Result<(DiscreteMeasure, DiscreteMeasure, Array1<f64>), Failure> {
    let across = |axis: usize| {
        let mut across = -direction[axis] * direction;
        across[axis] += 1.0;
        let length = across.dot(&across).sqrt();
        across / length
    };
    let spread = |axis: &usize| {
        let along = target.support().dot(&across(*axis));
        along.var_axis(Axis(0), 0.0).sum()
    };
    let candidates = (0..direction.len()).filter(|&axis| direction[axis].abs() < 0.9);
    let axis = candidates.max_by(|j, k| spread(j).total_cmp(&spread(k))).unwrap_or(0);
    let across = across(axis);
    let flat = |law: &DiscreteMeasure| {
        let (along, across) = (law.support().dot(direction), law.support().dot(&across));
        let points =
            Array2::from_shape_fn(
                (law.len(), 2),
                |(i, axis)| {
                    if axis == 0 { along[i] } else { across[i] }
                },
            );
        DiscreteMeasure::new(points, law.mass().to_owned())
    };
    Ok((flat(source)?, flat(target)?, Array1::from_vec(vec![1.0, 0.0])))
}
