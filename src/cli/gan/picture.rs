//! Pictures of a run: its points over the data with the critic's level lines, and its curves.

use std::path::Path;

use deblais::gan::{Image, Milestone, Objective, Trainer};
use deblais::measure::DiscreteMeasure;
use deblais::plot::{self, Chart, Curve, Extent, LevelLines, Tiles};
use deblais::report::GanReport;
use ndarray::{Array2, s};

use crate::cli::failure::Failure;

/// Nodes of the critic's level lines along each side.
const ROWS: usize = 120;
const COLUMNS: usize = 160;

/// True points that are drawn.
const TRUE_POINTS: usize = 1000;

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
        return Ok(plot::save(path, tiles.size(), |root| tiles.draw(root))?);
    }
    if trainer.data().dim() != 2 {
        return Ok(());
    }
    let clouds = Clouds::new(trainer, points)?;
    let picture = clouds.picture(trainer, report)?;
    Ok(plot::save(path, picture.size(), |root| picture.draw(root))?)
}

/// Generated points and true ones.
pub(super) struct Clouds {
    generated: DiscreteMeasure,
    truth: DiscreteMeasure,
}

impl Clouds {
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
    ) -> Result<LevelLines<'_>, Failure> {
        let extent = Extent::around(&self.generated, &self.truth)?;
        let nodes = trainer.data().standard().place(extent.grid(ROWS, COLUMNS).view());
        let values = Array2::from_shape_vec((ROWS, COLUMNS), trainer.critic_values(&nodes))
            .expect("a value a node");
        let picture = LevelLines::new("the critic's output", values, extent).with_slopes();
        let picture = picture.clouds(&self.generated, &self.truth)?.sides("generated", "true");
        Ok(picture.titled(caption(report)).noted(format!(
            "{} on {}: {} generated and {} true points.",
            report.recipe,
            report.data,
            self.generated.len(),
            self.truth.len()
        )))
    }
}

/// What the points are worth, in a line.
fn caption(report: &GanReport) -> String {
    let modes = report.modes.zip(report.modes_of).zip(report.high_quality);
    let modes = modes.map_or(String::new(), |((captured, of), share)| {
        format!(", {captured} of {of} modes, {:.0} % of high quality", 100.0 * share.0)
    });
    format!("{}: EMD {:.2} × noise floor{modes}", report.recipe, report.ratio.0)
}

/// Exact distance and estimate against steps.
pub(super) fn curves(path: &Path, trainer: &Trainer, floor: f64) -> Result<(), Failure> {
    let history = trainer.history();
    let curve = |name: &str, value: fn(&Milestone) -> f64| {
        Curve::new(name, history.iter().map(|milestone| (milestone.step as f64, value(milestone))))
    };
    let title = format!("{} on {}", trainer.recipe().name, trainer.data().name());
    let mut chart = Chart::new("step of the generator", "distance, standard coordinates")
        .titled(title)
        .curve(curve("exact EMD", |milestone| milestone.emd))
        .level("noise floor", floor)
        .log_y()
        .noted("The noise floor is the mean exact EMD of two true samples of as many points.");
    // Other critics do not estimate a distance.
    if trainer.recipe().objective == Objective::Wasserstein {
        chart = chart.curve(curve("critic's estimate", |milestone| milestone.estimate).dashed());
    }
    Ok(plot::save(path, chart.size(), |root| chart.draw(root))?)
}
