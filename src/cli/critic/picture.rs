//! `--plot`: what a critic looks like, beside the exact potential.

use std::path::Path;

use deblais::cost::Metric;
use deblais::critic::{Cones, Critic, CriticError, CriticMilestone};
use deblais::plot::{self, Chart, ContourPlot, Curve, Extent, Panels, PlotError, Side};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};

use super::case::Case;
use crate::cli::failure::Failure;
use crate::cli::text::supported;

/// Nodes along the line, and along each side of the plane.
const NODES: usize = 600;
const ROWS: usize = 120;
const COLUMNS: usize = 160;

/// White beside the outermost points of the line, as a share of their distance.
const PADDING: f64 = 0.08;

/// A critic to be drawn: on the line with both samples, in the plane by its level lines, and in
/// more dimensions by how its estimate came about.
pub(super) struct CriticPicture<'a> {
    pub(super) case: &'a Case,
    pub(super) critic: &'a dyn Critic,
    pub(super) estimate: f64,
    pub(super) history: &'a [CriticMilestone],
    pub(super) path: &'a Path,
}

impl CriticPicture<'_> {
    /// Draws it.
    pub(super) fn draw(&self, metric: Metric) -> Result<(), Failure> {
        let exact = match &self.case.exact {
            Some(exact) => Some(self.potential(metric, exact.certified.potentials.g())?),
            None => None,
        };
        let witnesses = self.witnesses(exact.as_ref().map(|exact| exact as &dyn Critic));
        match self.case.source.dim() {
            1 => self.line(&witnesses),
            2 => self.plane(&witnesses),
            _ => self.steps(),
        }
    }
}

/// A function that is drawn, and what it is called.
type Witness<'a> = (String, &'a dyn Critic);

impl CriticPicture<'_> {
    /// The exact potential as a function of all points: the lower envelope of cones at the target.
    fn potential(&self, metric: Metric, g: ArrayView1<'_, f64>) -> Result<Cones, CriticError> {
        Cones::new(metric, self.case.target.support().to_owned(), g.mapv(|g| -g))
    }

    fn witnesses<'b>(&'b self, exact: Option<&'b dyn Critic>) -> Vec<Witness<'b>> {
        let value = |value: f64| supported(value, 1e-5);
        let critic = format!("critic ({}): {}", self.critic.kind(), value(self.estimate));
        let mut witnesses: Vec<Witness<'b>> = vec![(critic, self.critic)];
        if let (Some(potential), Some(exact)) = (exact, &self.case.exact) {
            let upper = exact.certified.certificate.upper;
            witnesses.push((format!("exact potential: {}", value(upper)), potential));
        }
        witnesses
    }

    /// Values less their mean on the source: only differences of a potential mean anything.
    fn values(
        &self,
        function: &dyn Critic,
        points: ArrayView2<'_, f64>,
    ) -> Result<Array1<f64>, CriticError> {
        let mass = self.case.source.mass();
        let mean = mass.dot(&function.values(self.case.source.support())?) / mass.sum();
        Ok(function.values(points)? - mean)
    }

    fn line(&self, witnesses: &[Witness<'_>]) -> Result<(), Failure> {
        let [source, target] = [&self.case.source, &self.case.target]
            .map(|side| side.support().iter().copied().collect::<Vec<_>>());
        let all = source.iter().chain(&target);
        let ends = (f64::INFINITY, f64::NEG_INFINITY);
        let (low, high) = all.fold(ends, |(low, high), &x| (low.min(x), high.max(x)));
        let white = if high > low { PADDING * (high - low) } else { low.abs().max(1.0) };
        let nodes = Array1::linspace(low - white, high + white, NODES).insert_axis(Axis(1));
        let (x, _) = self.axes();
        let mut chart =
            Chart::new(x, "f, less its mean on the source").titled("A critic on the line").noted(
                "High on the source, low on the target. The vertical distance of the means is \
                    the estimate; only differences of f mean anything.",
            );
        for (k, (name, function)) in witnesses.iter().enumerate() {
            let values = self.values(*function, nodes.view())?;
            let curve = Curve::new(name, nodes.iter().copied().zip(values));
            chart = chart.curve(if k == 0 { curve } else { curve.dashed() });
        }
        let chart = chart.rug(Side::Source, "source", source).rug(Side::Target, "target", target);
        Ok(plot::save(self.path, &chart)?)
    }

    fn plane(&self, witnesses: &[Witness<'_>]) -> Result<(), Failure> {
        let (source, target) = (&self.case.source, &self.case.target);
        let extent = Extent::around(source, target)?;
        let nodes = extent.grid(ROWS, COLUMNS);
        let (x, y) = self.axes();
        let levels = |(name, function): &Witness<'_>| -> Result<ContourPlot<'_>, Failure> {
            let values = self.values(*function, nodes.view())?.to_vec();
            let values = Array2::from_shape_vec((ROWS, COLUMNS), values).expect("a value a node");
            let picture = ContourPlot::new("f, less its mean on the source", values, extent);
            let picture =
                picture.with_slopes().clouds(source, target)?.titled(name).labeled(&x, &y);
            Ok(picture.noted("Mass moves against the arrows."))
        };
        let pictures = witnesses.iter().map(levels).collect::<Result<Vec<_>, _>>()?;
        let panels = Panels::new(pictures.len(), pictures);
        Ok(plot::save(self.path, &panels)?)
    }

    fn steps(&self) -> Result<(), Failure> {
        let dim = self.case.source.dim();
        if self.history.is_empty() {
            return Err(Failure::from(PlotError::NotPlanar { dim }).at("--plot"));
        }
        let points = self.history.iter().map(|m| (m.step as f64, m.estimate));
        let mut chart = Chart::new("step", "estimate")
            .titled(format!("A critic in {dim} dimensions"))
            .curve(Curve::new(format!("critic ({})", self.critic.kind()), points))
            .noted("E f(source) − E f(target) of the critic at each evaluation.");
        if let Some(exact) = &self.case.exact {
            chart = chart.level("exact", exact.certified.certificate.upper);
        }
        Ok(plot::save(self.path, &chart)?)
    }

    fn axes(&self) -> (String, String) {
        let default = || match self.case.source.dim() {
            1 => ("x".to_owned(), String::new()),
            _ => ("first coordinate".to_owned(), "second coordinate".to_owned()),
        };
        self.case.axes.clone().unwrap_or_else(default)
    }
}
