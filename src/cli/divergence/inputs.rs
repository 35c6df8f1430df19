//! What is compared: two clouds as for `deblais emd`, or two histograms on the same cells.

use std::path::PathBuf;
use std::time::Instant;

use deblais::io::{Input, Origin};
use deblais::measure::{DiscreteMeasure, MeasureError};
use deblais::report::{Inputs, Settings};
use ndarray::{Array1, Array2, ArrayView1};

use crate::cli::args::ProblemArgs;
use crate::cli::failure::Failure;
use crate::cli::ground::Ground;
use crate::cli::inputs::{Loaded, ProblemJob, names, one_stdin};
use crate::cli::side::{read_matrix, report};

/// A validated request for two measures.
pub(super) struct Measures {
    clouds: ProblemJob,
    histograms: Option<HistogramFiles>,
    ground: Ground,
}

struct HistogramFiles {
    source: Origin,
    target: Origin,
    grid: Option<Origin>,
}

/// Two measures of total 1, and where they came from.
pub(super) struct Pair {
    pub(super) source: DiscreteMeasure,
    pub(super) target: DiscreteMeasure,
    /// Histograms: the masses as they were read.
    pub(super) histograms: Option<[Array1<f64>; 2]>,
    pub(super) inputs: Inputs,
    pub(super) warnings: Vec<String>,
    pub(super) seconds: f64,
}

impl Pair {
    /// Points of the larger side.
    pub(super) fn largest(&self) -> usize {
        self.source.len().max(self.target.len())
    }

    /// Both measures if each point were drawn so many times, of total 1.
    pub(super) fn resampled(
        &self,
        (p_counts, q_counts): (&[u16], &[u16]),
    ) -> Result<(DiscreteMeasure, DiscreteMeasure), MeasureError> {
        let again = |measure: &DiscreteMeasure, counts: &[u16]| {
            let mass = &measure.mass() * &ArrayView1::from(counts).mapv(f64::from);
            let total = deblais::math::sum(&mass);
            DiscreteMeasure::new(measure.support().to_owned(), mass / total)
        };
        Ok((again(&self.source, p_counts)?, again(&self.target, q_counts)?))
    }
}

impl Measures {
    pub(super) fn new(
        mut args: ProblemArgs,
        hist: bool,
        grid: Option<PathBuf>,
    ) -> Result<Self, Failure> {
        if args.cost.cost_matrix.is_some() {
            return Err(Failure::usage("--cost-matrix has costs but no points to compare")
                .hint("give points, or two histograms with --hist"));
        }
        // Divergences are between probability measures.
        args.inputs.normalize = true;
        let origin = |path: &Option<PathBuf>| Origin::from(path.as_deref().expect("required"));
        let histograms = hist.then(|| HistogramFiles {
            source: origin(&args.inputs.source),
            target: origin(&args.inputs.target),
            grid: grid.as_deref().map(Origin::from),
        });
        if hist {
            let inputs = &args.inputs;
            let column = [
                ("--columns", &inputs.columns),
                ("--where", &inputs.both_where),
                ("--source-where", &inputs.source_where),
                ("--target-where", &inputs.target_where),
                ("--weights", &inputs.weights),
                ("--source-weights", &inputs.source_weights),
                ("--target-weights", &inputs.target_weights),
            ];
            if let Some((flag, _)) = column.iter().find(|(_, text)| text.is_some()) {
                return Err(Failure::usage(format!(
                    "{flag} picks from points, but --hist reads masses"
                ))
                .hint("a histogram is a file of one column, or a grey picture"));
            }
        }
        let mut files = names(&args);
        files.extend(grid.as_deref());
        one_stdin(&files)?;
        let clouds = ProblemJob::new(&args)?;
        let ground = clouds.ground().expect("points have a ground cost");
        Ok(Self { clouds, histograms, ground })
    }

    pub(super) fn ground(&self) -> Ground {
        self.ground
    }

    pub(super) fn settings(&self) -> Settings {
        self.clouds.settings()
    }

    pub(super) fn load(&self) -> Result<Pair, Failure> {
        let start = Instant::now();
        let mut pair = match &self.histograms {
            None => {
                let Loaded { clouds, inputs, warnings, .. } = self.clouds.load()?;
                let (source, target) = clouds.expect("points were read");
                Pair { source, target, histograms: None, inputs, warnings, seconds: 0.0 }
            }
            Some(files) => files.load()?,
        };
        pair.seconds = start.elapsed().as_secs_f64();
        Ok(pair)
    }
}

impl HistogramFiles {
    fn load(&self) -> Result<Pair, Failure> {
        let mut inputs = Inputs::new();
        let (p, p_pixels) = masses(&self.source, "source", &mut inputs)?;
        let (q, q_pixels) = masses(&self.target, "target", &mut inputs)?;
        let apart = || {
            Failure::new(format!(
                "{} has {} cells, {} has {}: histograms are aligned by position",
                self.source,
                p.len(),
                self.target,
                q.len()
            ))
        };
        if p.len() != q.len() {
            return Err(apart().hint("give both on the same cells; samples go without --hist"));
        }
        if p_pixels != q_pixels {
            return Err(apart().hint("give two pictures of the same size, or two columns"));
        }
        let places = match (&self.grid, p_pixels) {
            (Some(grid), _) => {
                let places = read_matrix(grid, &mut inputs)?;
                if let Some(input) = inputs.remove("cost_matrix") {
                    inputs.insert("grid", input);
                }
                places
            }
            (None, Some(pixels)) => pixels,
            (None, None) => Array2::from_shape_fn((p.len(), 1), |(cell, _)| cell as f64),
        };
        if places.nrows() != p.len() {
            let grid = self.grid.as_ref().map_or_else(String::new, ToString::to_string);
            return Err(Failure::new(format!(
                "{grid}: {} places for {} cells",
                places.nrows(),
                p.len()
            ))
            .hint("give the grid one row of coordinates for each cell, in the same order"));
        }
        let measure = |masses: &Array1<f64>, origin: &Origin| {
            let total = deblais::math::sum(masses);
            DiscreteMeasure::new(places.clone(), masses / total)
                .map_err(|error| Failure::from(error).at(origin))
        };
        Ok(Pair {
            source: measure(&p, &self.source)?,
            target: measure(&q, &self.target)?,
            histograms: Some([p, q]),
            inputs,
            warnings: Vec::new(),
            seconds: 0.0,
        })
    }
}

/// The masses of a file of one column, or of a picture, with its pixels.
fn masses(
    origin: &Origin,
    role: &'static str,
    inputs: &mut Inputs,
) -> Result<(Array1<f64>, Option<Array2<f64>>), Failure> {
    let (input, digest) = Input::read(origin)?;
    let (masses, pixels) = match input {
        Input::Table(table) => (table.weights()?, None),
        Input::Image(picture) => (picture.mass, Some(picture.support)),
    };
    inputs.insert(role, report(origin, masses.len(), digest, true));
    Ok((masses, pixels))
}
