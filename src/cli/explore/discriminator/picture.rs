//! The functions, the pushes they give, and the animation of a training.

use deblais::explore::discriminator::{
    DiscriminatorKind, DiscriminatorRun, DiscriminatorSnapshot, DiscriminatorStudy,
};
use deblais::measure::DiscreteMeasure;
use deblais::plot::{
    self, Animation, Band, Chart, Curve, Figure, Panels, PlotError, Side, palette,
};

use super::{RealAndGenerated, shown, sizes};
use crate::cli::explore::folder::Folder;
use crate::cli::failure::Failure;

/// The width of the page and of a frame of the animation, in pixels.
const WIDTH: u32 = 2600;
const FRAME: u32 = 1000;

/// By what multiple of the distance the free critic has gone too far to be drawn with the others.
const STEEP: f64 = 4.0;

/// The data of the pictures.
pub(super) struct DiscriminatorView<'a> {
    samples: &'a RealAndGenerated,
    study: &'a DiscriminatorStudy,
}

impl<'a> DiscriminatorView<'a> {
    pub(super) fn new(samples: &'a RealAndGenerated, study: &'a DiscriminatorStudy) -> Self {
        Self { samples, study }
    }

    /// The picture and the animation.
    pub(super) fn save(&self, folder: &Folder) -> Result<(), Failure> {
        self.page(folder)?;
        folder.animation(&self.animation()?)
    }

    /// Functions above, pushes below them, and what follows from them in the last row.
    fn page(&self, folder: &Folder) -> Result<(), Failure> {
        let held = || self.study.runs.iter().filter(|runs| runs.kind != DiscriminatorKind::Free);
        let functions = held().map(|runs| self.function(runs, &shown(self.study)));
        let pushes = held().map(|runs| self.pushes(runs));
        let above = functions.chain(pushes);
        let below = [self.critics(), self.slide(), self.course()];
        let emd = self.study.exact.emd.upper;
        let title = format!("What a discriminator tells the generator: EMD {emd:.3}");
        let columns = held().count().max(1);
        let top = Panels::new(columns, above).titled(title);
        let bottom = Panels::new(3, below).noted(
            "One network, optimizer and rate for all. The push on a generated point x is −∂loss/∂x, \
             by one unit of the axis; sigmoid: the minimax loss ln(1 − D). Critics are known up to a \
             constant: 0 on the generated points in the mean.",
        );
        let page = Panels::new(1, [top, bottom]);
        let size = scaled(page.size(), WIDTH);
        folder.picture(&page.resized(size))
    }

    /// A frame a place: the four functions as they are.
    fn animation(&self) -> Result<Animation, PlotError> {
        let held: Vec<_> =
            self.study.runs.iter().filter(|runs| runs.kind != DiscriminatorKind::Free).collect();
        let places = held.iter().map(|runs| runs.snapshots.len()).min().unwrap_or(0);
        let frame = |place: usize| {
            let charts: Vec<_> = held
                .iter()
                .map(|runs| {
                    let moment = &runs.snapshots[place];
                    let ends = runs.snapshots.iter().flat_map(|moment| &moment.values);
                    let low = ends.clone().copied().fold(f64::INFINITY, f64::min);
                    let high = ends.copied().fold(f64::NEG_INFINITY, f64::max);
                    let (push, _) = sizes(&moment.pushes[0]);
                    let chart = self.function(runs, &[moment.step]);
                    chart
                        .band(room((self.study.grid[0], low, high)))
                        .titled(format!("{}: mean push {push:.1e}", title(runs.kind)))
                })
                .collect();
            let panels = Panels::new(2, charts)
                .titled(format!("After {} steps", held[0].snapshots[place].step));
            let size = scaled(panels.size(), FRAME);
            plot::bitmap(&panels.resized(size))
        };
        Ok(Animation::new((0..places).map(frame).collect::<Result<Vec<_>, _>>()?))
    }

    fn along(&self, values: &[f64]) -> Vec<(f64, f64)> {
        self.study.grid.iter().copied().zip(values.iter().copied()).collect()
    }

    fn rugs(&self, chart: Chart) -> Chart {
        let at = |side: &DiscreteMeasure| side.support().iter().copied().collect::<Vec<_>>();
        chart.rug(Side::Source, "real", at(&self.samples.real)).rug(
            Side::Target,
            "generated",
            at(&self.samples.generated),
        )
    }

    /// D at some steps.
    fn function(&self, runs: &DiscriminatorRun, steps: &[u64]) -> Chart {
        let mut chart = Chart::new("x", label(runs.kind)).titled(title(runs.kind));
        for (moment, dark) in chosen(runs, steps) {
            let name = format!("step {}", moment.step);
            let curve = Curve::new(name, self.along(&moment.values));
            chart = chart.curve(curve.colored(palette::sequential(dark)));
        }
        if runs.kind == DiscriminatorKind::GradientPenalty {
            let exact = self.along(&self.study.exact.values);
            let exact = Curve::new("exact potential", exact).colored(palette::GREEN);
            chart = chart.curve(exact.dashed());
        }
        self.rugs(chart)
    }

    /// The push of the method's first loss on each generated point, at some steps.
    fn pushes(&self, runs: &DiscriminatorRun) -> Chart {
        let mut chart = Chart::new("generated point x", "push −∂loss/∂x");
        for (moment, dark) in chosen(runs, &shown(self.study)) {
            let points = self.by_place(&moment.pushes[0]);
            let curve = Curve::new(format!("step {}", moment.step), points);
            chart = chart.curve(curve.colored(palette::sequential(dark)));
        }
        let exact = self.by_place(&self.study.exact.pushes);
        // The axis begins at 0, or deviations from 1 look large.
        let zero = room((exact[0].0, 0.0, 0.0));
        chart.curve(Curve::new("exact", exact).colored(palette::GREEN).dashed()).band(zero)
    }

    /// Generated points and what they have, from left to right.
    fn by_place(&self, pushes: &[f64]) -> Vec<(f64, f64)> {
        let places = self.samples.generated.support();
        let mut points: Vec<_> = places.iter().copied().zip(pushes.iter().copied()).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        points
    }

    /// The critics at their end beside the exact potential.
    fn critics(&self) -> Chart {
        let mut chart = Chart::new("x", "function, in the unit of x").titled("Critics at the end");
        for runs in &self.study.runs {
            let Some(last) = runs.snapshots.last() else { continue };
            if matches!(runs.kind, DiscriminatorKind::Clip | DiscriminatorKind::GradientPenalty) {
                let name = format!("{}, {:.3} apart", title(runs.kind), last.apart);
                let curve = Curve::new(name, self.along(&last.values));
                chart = chart.curve(of_method(curve, runs.kind, 0));
            }
        }
        let name = format!("exact potential, {:.3} apart", self.study.exact.emd.upper);
        let exact = Curve::new(name, self.along(&self.study.exact.values));
        self.rugs(chart.curve(exact.colored(palette::GREEN).dashed()))
    }

    /// The smooth and the steep function.
    fn slide(&self) -> Chart {
        let emd = self.study.exact.emd.upper;
        let mut chart = Chart::new("x", "function, in the unit of x")
            .titled("1-Lipschitz, and what the constraint forbids");
        let name = format!("smooth, 1-Lipschitz: {emd:.2} apart");
        let smooth = Curve::new(name, self.along(&self.study.exact.values));
        chart = chart.curve(smooth.colored(palette::GREEN).dashed());
        let free = self.study.runs.iter().find(|runs| runs.kind == DiscriminatorKind::Free);
        if let Some(free) = free {
            let steep = free.snapshots.iter().find(|moment| moment.apart >= STEEP * emd);
            if let Some(steep) = steep.or(free.snapshots.last()) {
                let name =
                    format!("nothing holds it, step {}: {:.1} apart", steep.step, steep.apart);
                let curve = Curve::new(name, self.along(&steep.values));
                chart = chart.curve(curve.colored(palette::BLUE));
            }
            if let Some(last) = free.snapshots.last() {
                chart = chart.noted(format!(
                    "After {} steps its means are {:.2e} apart: there is no largest value.",
                    last.step, last.apart
                ));
            }
        }
        self.rugs(chart)
    }

    /// The mean size of the push against the step.
    fn course(&self) -> Chart {
        let mut chart =
            Chart::new("step of the discriminator", "mean |∂loss/∂x| at generated points")
                .titled("The gradient the generator gets")
                .log_x()
                .log_y();
        let exact = sizes(&self.study.exact.pushes).0;
        let mut last = 1;
        for runs in &self.study.runs {
            for (k, &(loss, _)) in runs.kind.losses().iter().enumerate() {
                let points = runs
                    .snapshots
                    .iter()
                    .map(|moment| (moment.step as f64, sizes(&moment.pushes[k]).0));
                let name = match loss {
                    "minimax" => "sigmoid, minimax",
                    "non_saturating" => "sigmoid, non-saturating",
                    _ => title(runs.kind),
                };
                chart = chart.curve(of_method(Curve::new(name, points), runs.kind, k));
            }
            last = runs.snapshots.last().map_or(last, |moment| moment.step.max(last));
        }
        let exact = [(1.0, exact), (last as f64, exact)];
        chart.curve(Curve::new("exact EMD", exact).colored(palette::GREEN).dashed())
    }
}

/// A place (x, low, high) that an axis has to reach, and nothing to be seen there.
fn room(place: (f64, f64, f64)) -> Band {
    Band::new("", [place])
}

/// The moments of some steps, and how dark each is drawn: the later, the darker.
fn chosen<'t>(runs: &'t DiscriminatorRun, steps: &[u64]) -> Vec<(&'t DiscriminatorSnapshot, f64)> {
    let count = steps.len().max(1) as f64;
    let of_step = |step: u64| runs.snapshots.iter().find(|moment| moment.step == step);
    let chosen = steps.iter().zip(1_u32..);
    chosen.filter_map(|(&step, k)| Some((of_step(step)?, f64::from(k) / count))).collect()
}

/// A curve in the color of a method; one of the sigmoid's other loss is dashed.
fn of_method(curve: Curve, kind: DiscriminatorKind, loss: usize) -> Curve {
    let curve = curve.colored(match kind {
        DiscriminatorKind::Sigmoid => palette::VERMILLION,
        DiscriminatorKind::LeastSquares => palette::ORANGE,
        DiscriminatorKind::Clip => palette::PURPLE,
        DiscriminatorKind::GradientPenalty => palette::BLACK,
        DiscriminatorKind::Free => palette::BLUE,
    });
    if loss > 0 { curve.dashed() } else { curve }
}

fn title(kind: DiscriminatorKind) -> &'static str {
    match kind {
        DiscriminatorKind::Sigmoid => "Sigmoid (JS)",
        DiscriminatorKind::LeastSquares => "Least squares (LSGAN)",
        DiscriminatorKind::Clip => "Critic, clipped",
        DiscriminatorKind::GradientPenalty => "Critic, gradient penalty",
        DiscriminatorKind::Free => "Critic, free",
    }
}

/// The label of the axis of its function.
fn label(kind: DiscriminatorKind) -> &'static str {
    match kind {
        DiscriminatorKind::Sigmoid => "D(x), probability of real",
        DiscriminatorKind::LeastSquares => "D(x), label 1 is real",
        DiscriminatorKind::Clip | DiscriminatorKind::GradientPenalty | DiscriminatorKind::Free => {
            "D(x), in the unit of x"
        }
    }
}

/// A size of the same shape and another width.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some thousands")]
fn scaled(size: (u32, u32), width: u32) -> (u32, u32) {
    let height = f64::from(size.1) * f64::from(width) / f64::from(size.0.max(1));
    (width, height.ceil() as u32)
}
