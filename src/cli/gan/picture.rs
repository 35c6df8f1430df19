//! Pictures of a run: its points over the data with the critic's level lines, its curves, its
//! critic's weights, and the frames of a animation.

use std::path::Path;

use deblais::critic::Regularizer;
use deblais::gan::{Image, Milestone, Objective, Trainer};
use deblais::measure::DiscreteMeasure;
use deblais::plot::{
    self, Band, Bitmap, Chart, ContourPlot, Curve, Extent, Figure, Panels, Tiles, palette,
};
use deblais::report::GanReport;
use ndarray::{Array2, Axis, aview1, s};

use crate::cli::failure::Failure;
use crate::cli::text::supported;

/// Nodes of the critic's level lines along each side.
const ROWS: usize = 120;
const COLUMNS: usize = 160;

/// True points that are drawn.
const TRUE_POINTS: usize = 1000;

/// Generated points whose gradient is drawn in a frame.
const PULLED: usize = 60;

/// Bars of a histogram.
const BARS: usize = 61;

/// White around the true points of a frame, as a share of their extent: room for generated ones
/// that are still on their way.
const ROOM: f64 = 0.2;

/// A frame's page is this part of a picture's, and so much higher than one without a caption.
const SMALLER: u32 = 2;
const CAPTION: u32 = 64;

/// Images a row and a column.
const TILES: usize = 10;

/// The generated points, where there is a way to look at them.
pub(super) fn samples(
    path: &Path,
    trainer: &Trainer,
    points: &Array2<f64>,
    report: &GanReport,
) -> Result<(), Failure> {
    if let Some(Image { height, width, most }) = trainer.data().image()
        && height == width
    {
        let shown = points.slice(s![..(TILES * TILES).min(points.nrows()), ..]);
        let tiles = Tiles::new(shown, width, TILES).within(0.0, most).titled(caption(report));
        return Ok(plot::save(path, &tiles)?);
    }
    if trainer.data().dim() != 2 {
        return Ok(());
    }
    let clouds = GanClouds::new(trainer, points)?;
    let picture = clouds.picture(trainer, report)?;
    Ok(plot::save(path, &picture)?)
}

/// Generated points and true ones.
pub(super) struct GanClouds {
    generated: DiscreteMeasure,
    truth: DiscreteMeasure,
}

impl GanClouds {
    pub(super) fn new(trainer: &Trainer, points: &Array2<f64>) -> Result<Self, Failure> {
        let data = trainer.data();
        let truth = data.standard().restore(data.truth(TRUE_POINTS).view());
        Ok(Self {
            generated: DiscreteMeasure::uniform(points.clone())?,
            truth: DiscreteMeasure::uniform(truth)?,
        })
    }

    /// Both over the critic's level lines.
    pub(super) fn picture(
        &self,
        trainer: &Trainer,
        report: &GanReport,
    ) -> Result<ContourPlot<'_>, Failure> {
        let extent = Extent::around(&self.generated, &self.truth)?;
        let picture = self.over_levels(trainer, extent)?.with_slopes();
        Ok(picture.titled(caption(report)).noted(format!(
            "{} on {}: {} generated and {} true points.",
            report.recipe,
            report.data,
            self.generated.len(),
            self.truth.len()
        )))
    }

    /// Both over the level lines, and nothing else.
    fn over_levels(&self, trainer: &Trainer, extent: Extent) -> Result<ContourPlot<'_>, Failure> {
        let nodes = trainer.data().standard().place(extent.grid(ROWS, COLUMNS).view());
        let values = Array2::from_shape_vec((ROWS, COLUMNS), trainer.critic_values(&nodes))
            .expect("a value a node");
        let picture = ContourPlot::new("the critic's output", values, extent);
        Ok(picture.clouds(&self.generated, &self.truth)?.sides("generated", "true"))
    }
}

/// The scores of the points, in a line.
fn caption(report: &GanReport) -> String {
    let modes = report.modes.zip(report.modes_of).zip(report.high_quality);
    let modes = modes.map_or(String::new(), |((captured, of), share)| {
        format!(", {captured} of {of} modes, {:.0} % of high quality", 100.0 * share)
    });
    format!("{}: EMD {:.2} × noise floor{modes}", report.recipe, report.ratio)
}

/// How a generator is looked at on its way: the same for all frames of a animation.
pub(super) enum GanView {
    /// Points over the critic's level lines, in this part of the plane.
    Plane { extent: Extent, size: (u32, u32) },
    /// Square images in rows.
    Images(Image),
}

impl GanView {
    /// Of a run; nothing if there is no way to look at its points.
    pub(super) fn of(trainer: &Trainer) -> Result<Option<Self>, Failure> {
        let data = trainer.data();
        if let Some(image) = data.image() {
            return Ok((image.height == image.width).then_some(Self::Images(image)));
        }
        if data.dim() != 2 {
            return Ok(None);
        }
        let truth = data.standard().restore(data.truth(TRUE_POINTS).view());
        let truth = DiscreteMeasure::uniform(truth)?;
        let Extent { x, y } = Extent::around(&truth, &truth)?;
        let wider = |(low, high): (f64, f64)| {
            let more = ROOM * (high - low);
            (low - more, high + more)
        };
        let extent = Extent { x: wider(x), y: wider(y) };
        let bare = ContourPlot::new("", Array2::zeros((2, 2)), extent).titled("step");
        let (width, height) = bare.clouds(&truth, &truth)?.size();
        Ok(Some(Self::Plane { extent, size: (width / SMALLER, height / SMALLER + CAPTION) }))
    }
}

/// The generator as it stands, of the same latent points each time.
pub(super) fn frame(trainer: &mut Trainer, view: &GanView) -> Result<Bitmap, Failure> {
    let (recipe, seed) = (trainer.recipe(), trainer.seed());
    let title = format!(
        "{} on {}: step {} of {}",
        recipe.name,
        trainer.data().name(),
        trainer.step(),
        recipe.steps
    );
    let restore =
        |trainer: &Trainer, points: &Array2<f64>| trainer.data().standard().restore(points.view());
    match *view {
        GanView::Images(Image { width, most, .. }) => {
            let points = trainer.generate(TILES * TILES, &mut seed.stream("snapshot"))?;
            let points = restore(trainer, &points);
            let tiles = Tiles::new(points.view(), width, TILES).within(0.0, most);
            let tiles = tiles.titled(title);
            let (width, height) = tiles.size();
            let size = (width / SMALLER, height / SMALLER);
            Ok(plot::bitmap(&tiles.resized(size))?)
        }
        GanView::Plane { extent, size } => {
            let [from, along] = trainer.sample_gradients(&mut seed.stream("snapshot"))?;
            let drawn = s![..PULLED.min(from.nrows()), ..];
            let steepness = along.map_axis(Axis(1), |pull| pull.dot(&pull).sqrt());
            let from = restore(trainer, &from.slice(drawn).to_owned());
            let along = &along.slice(drawn) * &aview1(&trainer.data().standard().scale);
            let points = trainer.generate(TRUE_POINTS, &mut seed.stream("snapshot"))?;
            let clouds = GanClouds::new(trainer, &restore(trainer, &points))?;
            let picture = clouds.over_levels(trainer, extent)?;
            let picture = picture.vectors("−∂(generator's loss)/∂x", from, along)?;
            let picture = picture.titled(title).noted(format!(
                "Mean length of the gradient over a batch: {} in standard coordinates.",
                supported(steepness.mean().unwrap_or_default(), 1e-2)
            ));
            Ok(plot::bitmap(&picture.resized(size))?)
        }
    }
}

/// Exact distance and estimate against steps; in the plane the divergence of histograms, too.
pub(super) fn curves(path: &Path, trainer: &Trainer, floor: f64) -> Result<(), Failure> {
    let history = trainer.history();
    let title = format!("{} on {}", trainer.recipe().name, trainer.data().name());
    let mut chart = Chart::new("step of the generator", "distance, standard coordinates")
        .titled(title)
        .curve(curve(history, "emd", |milestone| milestone.emd).named("exact EMD"))
        .level("noise floor", floor)
        .log_y()
        .noted("The noise floor is the mean exact EMD of two true samples of as many points.");
    // Other critics do not estimate a distance.
    if trainer.recipe().objective == Objective::Wasserstein {
        let estimate = curve(history, "critic's estimate", |milestone| milestone.estimate);
        chart = chart.curve(estimate.dashed().colored(palette::BLACK));
    }
    let Some(divergence) = divergence(history) else {
        return Ok(plot::save(path, &chart)?);
    };
    let charts = [chart, divergence];
    let panels = Panels::new(2, charts);
    Ok(plot::save(path, &panels)?)
}

/// A curve; of a divergence, by its short name, in the look it has in every picture.
fn curve(history: &[Milestone], name: &str, value: impl Fn(&Milestone) -> f64) -> Curve {
    let points = history.iter().map(|milestone| (milestone.step as f64, value(milestone)));
    Curve::divergence(name, points.collect::<Vec<_>>())
}

/// JS beside EMD, each as a share of the most it can be or was; nothing without histograms.
fn divergence(history: &[Milestone]) -> Option<Chart> {
    let first = history.first().filter(|first| first.jensen_shannon.is_some())?.emd;
    let js = |milestone: &Milestone| {
        milestone.jensen_shannon.unwrap_or(f64::NAN) / std::f64::consts::LN_2
    };
    Some(
        Chart::new("step of the generator", "share")
            .titled("JS and EMD on the way")
            .curve(
                curve(history, "emd", |milestone| milestone.emd / first).named("EMD ÷ its start"),
            )
            .curve(curve(history, "js", js).named("JS ÷ ln 2"))
            .level("most of JS", 1.0)
            .noted(
                "JS compares the shares of 25 × 25 cells: where no cell is shared it is ln 2, \
                 however far apart the points are.",
            ),
    )
}

/// A histogram of the critic's parameters, with the bounds of their box if they are kept in one.
pub(super) fn weights(path: &Path, trainer: &Trainer) -> Result<(), Failure> {
    let parameters: Vec<_> = trainer.critic_parameters().into_iter().map(f64::from).collect();
    let largest = parameters.iter().fold(0.0_f64, |most, w| most.max(w.abs()));
    if largest == 0.0 {
        return Ok(());
    }
    let width = 2.0 * largest / BARS as f64;
    let mut counts = vec![0_usize; BARS];
    for parameter in &parameters {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in 0..=BARS")]
        let bar = ((parameter + largest) / width) as usize;
        counts[bar.min(BARS - 1)] += 1;
    }
    let bars = counts.iter().enumerate().flat_map(|(bar, &count)| {
        let left = width * bar as f64 - largest;
        let share = count as f64 / parameters.len() as f64;
        [(left, 0.0, share), (left + width, 0.0, share)]
    });
    let name = &trainer.recipe().name;
    let note = match (trainer.recipe().regularizer, trainer.history().last()) {
        (Regularizer::Clip { limit }, Some(Milestone { at_bounds: Some(share), .. })) => {
            format!("{:.0} % of them lie on the bounds ±{limit} of their box.", 100.0 * share)
        }
        _ => "Nothing keeps them in a box.".to_owned(),
    };
    let chart = Chart::new("parameter of the critic", "share")
        .titled(format!("{name} on {}: the critic's parameters", trainer.data().name()))
        .band(Band::new(format!("{} parameters", parameters.len()), bars.collect::<Vec<_>>()))
        .noted(note);
    Ok(plot::save(path, &chart)?)
}
