//! `--heatmap`, `--map` and `--order`: pictures of a plan.

use std::path::{Path, PathBuf};

use deblais::measure::DiscreteMeasure;
use deblais::plan::TransportPlan;
use deblais::plot::{self, Heatmap, Order, TransportMap};
use deblais::report::ProblemReport;
use deblais::unbalanced::UnbalancedTransport;

use super::args::{DrawArgs, OrderName};
use super::failure::Failure;
use super::inputs::{LoadedProblem, ProblemJob};
use super::output_files::OutputFiles;
use super::text::supported;

/// Endings of the formats that can be drawn.
pub(crate) const FORMATS: &[&str] = &["png", "svg"];

/// The pictures asked for.
#[derive(Debug)]
pub(crate) struct Pictures {
    heatmap: Option<(PathBuf, Order)>,
    map: Option<PathBuf>,
}

/// The plan to draw, with its problem.
pub(crate) struct PlanScene<'a> {
    pub(crate) plan: &'a TransportPlan,
    pub(crate) clouds: Option<&'a (DiscreteMeasure, DiscreteMeasure)>,
    pub(crate) axes: Option<&'a (String, String)>,
    /// Whether the points are those of persistence diagrams.
    pub(crate) diagonal: bool,
    pub(crate) problem: &'a ProblemReport,
    /// Cost of the plan, and the relative gap that says how well it is known.
    pub(crate) cost: (f64, f64),
    /// The ε of an entropic plan.
    pub(crate) epsilon: Option<f64>,
    /// The answer whose plan it is, where not all mass is moved.
    pub(crate) unbalanced: Option<&'a UnbalancedTransport>,
}

impl Pictures {
    pub(crate) fn new(
        args: DrawArgs,
        job: &ProblemJob,
        outputs: &mut OutputFiles,
    ) -> Result<Self, Failure> {
        outputs.add("--heatmap", args.heatmap.as_deref(), FORMATS)?;
        outputs.add("--map", args.map.as_deref(), FORMATS)?;
        if args.map.is_some() && !job.has_points() {
            let text = "--map draws points, but a cost matrix or a list of arcs has none";
            return Err(Failure::usage(text)
                .hint("draw the plan as a matrix: --heatmap in the place of --map"));
        }
        let order = match args.order {
            Some(OrderName::Sorted) => Order::Sorted,
            Some(OrderName::Plan) => Order::Plan,
            None if job.has_points() => Order::Plan,
            Some(OrderName::Input) | None => Order::Input,
        };
        Ok(Self { heatmap: args.heatmap.map(|path| (path, order)), map: args.map })
    }

    /// Whether there is nothing to draw.
    pub(crate) fn is_empty(&self) -> bool {
        self.heatmap.is_none() && self.map.is_none()
    }

    /// The flag of the first picture.
    pub(crate) fn flag(&self) -> Option<&'static str> {
        let heatmap = self.heatmap.as_ref().map(|_| "--heatmap");
        heatmap.or(self.map.as_ref().map(|_| "--map"))
    }

    /// Refuses what cannot be drawn, before anything is solved.
    pub(crate) fn check<P>(&self, loaded: &LoadedProblem<P>) -> Result<(), Failure> {
        const PLANE: usize = 2;
        match (&self.map, loaded.report.dim) {
            (Some(_), Some(dim)) if dim != PLANE => {
                let (plural, pick) =
                    if dim > PLANE { ("s", "pick two with --columns, or ") } else { ("", "") };
                Err(Failure::new(format!(
                    "--map draws points in the plane, but these have {dim} coordinate{plural}"
                ))
                .hint(format!("{pick}draw the plan as a matrix with --heatmap FILE")))
            }
            _ => Ok(()),
        }
    }

    /// Draws them all.
    pub(crate) fn draw(&self, scene: &PlanScene<'_>) -> Result<(), Failure> {
        if let Some((path, order)) = &self.heatmap {
            draw_heatmap(path, *order, scene)?;
        }
        if let (Some(path), Some((source, target))) = (&self.map, scene.clouds) {
            let map = TransportMap::new(source, target, scene.plan)?;
            let map = map.noted(scene.caption());
            let map = match scene.unbalanced {
                Some(answer) => map.with_moved_shares(answer.moved_shares()),
                None => map,
            };
            let map = match scene.axes {
                Some((x, y)) => map.labeled(x, y),
                None => map,
            };
            let map = if scene.diagonal { map.with_diagonal() } else { map };
            plot::save(path, &map)?;
        }
        Ok(())
    }
}

fn draw_heatmap(path: &Path, order: Order, scene: &PlanScene<'_>) -> Result<(), Failure> {
    let points = scene.clouds.map(|(source, target)| (source.support(), target.support()));
    let heatmap = Heatmap::arranged(scene.plan, order.arrange(scene.plan, points));
    let heatmap = heatmap.noted(scene.caption());
    Ok(plot::save(path, &heatmap)?)
}

impl PlanScene<'_> {
    /// The cost of the plan, in a sentence.
    fn caption(&self) -> String {
        /// Relative precision of the cost in a picture.
        const ROUGHLY: f64 = 1e-6;
        let (cost, gap) = self.cost;
        let ProblemReport { cost: ground, p, .. } = self.problem;
        let power = match *p {
            p if p == 1.0 || p.is_infinite() || ground == "sqeuclidean" => String::new(),
            p => format!(" to the power {p}"),
        };
        let cost = supported(cost, gap.max(ROUGHLY));
        let entropic = self.epsilon.map_or(String::new(), |epsilon| {
            format!(", entropic plan at ε = {}", supported(epsilon, ROUGHLY))
        });
        let what = if p.is_infinite() { "Bottleneck distance" } else { "Transport cost" };
        let masses = self.unbalanced.map_or(String::new(), |answer| {
            let masses = [answer.moved_mass(), answer.left_behind().sum(), answer.created().sum()];
            let [moved, left, created] = masses.map(|mass| supported(mass, ROUGHLY));
            format!(
                " Mass {moved} is moved; {left} of the source and {created} of the target are not."
            )
        });
        match ground.as_str() {
            "matrix" => format!("{what} {cost} (given cost matrix){entropic}.{masses}"),
            "arcs" => format!("{what} {cost} (given arcs){entropic}.{masses}"),
            ground => format!("{what} {cost} ({ground}{power}){entropic}.{masses}"),
        }
    }
}
