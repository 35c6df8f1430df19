//! `--plot`: the inputs beside the answer.

use std::path::Path;

use deblais::io::InputPath;
use deblais::measure::DiscreteMeasure;
use deblais::plot::{Chart, Curve, Figure, MassMap, Panels, PlotError, palette};

use crate::cli::failure::Failure;

/// Inputs that are drawn.
const MOST_INPUTS: usize = 11;

/// Measures to be drawn.
pub(super) struct Picture<'a> {
    pub(super) inputs: Vec<(&'a InputPath, &'a DiscreteMeasure)>,
    pub(super) answer: &'a DiscreteMeasure,
    /// Whether the points are the pixels of pictures.
    pub(super) are_pixels: bool,
}

/// The name of a file without its folder.
fn title(file: &InputPath) -> String {
    let name = file.path().and_then(Path::file_name);
    name.map_or_else(|| file.to_string(), |name| name.to_string_lossy().into_owned())
}

/// Refuses points that cannot be drawn.
pub(super) fn check_dimension(dim: usize) -> Result<(), Failure> {
    if dim <= 2 {
        return Ok(());
    }
    Err(Failure::new(format!("--plot: the points have {dim} coordinates"))
        .hint("only points on the line and in the plane can be drawn; leave --plot out"))
}

impl Picture<'_> {
    /// Masses as curves on the line, as squares in the plane.
    pub(super) fn figure(&self) -> Result<Box<dyn Figure>, PlotError> {
        if self.answer.dim() == 1 {
            Ok(Box::new(self.curves()))
        } else {
            Ok(Box::new(self.maps()?))
        }
    }

    fn curves(&self) -> Chart {
        let curve = |name: String, measure: &DiscreteMeasure| {
            let at = measure.support().column(0).to_vec();
            let mut points: Vec<_> = at.into_iter().zip(measure.mass().to_vec()).collect();
            points.sort_by(|a, b| a.0.total_cmp(&b.0));
            Curve::new(name, points)
        };
        let inputs = self.inputs.iter().take(MOST_INPUTS);
        let chart = Chart::new("position", "mass").titled("Barycenter");
        inputs
            .fold(chart, |chart, (file, measure)| chart.curve(curve(title(file), measure).dashed()))
            .curve(curve("barycenter".to_owned(), self.answer).colored(palette::BLACK))
    }

    fn maps(&self) -> Result<Panels<MassMap>, PlotError> {
        let map = |name: String, measure: &DiscreteMeasure| {
            let map = MassMap::new(measure)?.titled(name);
            Ok::<_, PlotError>(if self.are_pixels { map.of_pixels() } else { map })
        };
        let inputs = self.inputs.iter().take(MOST_INPUTS);
        let mut maps = inputs
            .map(|(file, measure)| map(title(file), measure))
            .collect::<Result<Vec<_>, _>>()?;
        maps.push(map("barycenter".to_owned(), self.answer)?);
        let columns = (1..=maps.len()).find(|columns| columns * columns >= maps.len()).unwrap_or(1);
        Ok(Panels::new(columns, maps))
    }
}
