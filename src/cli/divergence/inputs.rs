//! The inputs: two clouds as for `deblais emd`, or two histograms on the same cells.

use deblais::measure::{DiscreteMeasure, MeasureError};
use deblais::report::{Inputs, Settings};
use ndarray::{Array1, ArrayView1};

use crate::cli::args::ProblemArgs;
use crate::cli::failure::Failure;
use crate::cli::ground::Ground;
use crate::cli::inputs::{LoadedProblem, ProblemJob};
use crate::cli::remarks::Remarks;

/// A validated request for two measures.
pub(super) struct Measures {
    job: ProblemJob,
    ground: Ground,
}

/// Two measures of total 1, and where they came from.
pub(super) struct MeasurePair {
    pub(super) source: DiscreteMeasure,
    pub(super) target: DiscreteMeasure,
    /// Histograms: the masses as they were read.
    pub(super) histograms: Option<[Array1<f64>; 2]>,
    pub(super) inputs: Inputs,
    pub(super) remarks: Remarks,
    pub(super) seconds: f64,
}

impl MeasurePair {
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
    pub(super) fn new(args: &ProblemArgs) -> Result<Self, Failure> {
        let matrix = args.cost.cost_matrix.as_ref().map(|_| "--cost-matrix");
        if let Some(flag) = matrix.or(args.cost.cost_arcs.as_ref().map(|_| "--cost-arcs")) {
            return Err(Failure::usage(format!("{flag} has costs but no points to compare"))
                .hint("give points, or two histograms with --hist"));
        }
        let job = ProblemJob::new(args)?.normalized();
        let ground = job.ground().expect("points have a ground cost");
        Ok(Self { job, ground })
    }

    pub(super) fn ground(&self) -> Ground {
        self.ground
    }

    pub(super) fn settings(&self) -> Settings {
        self.job.settings()
    }

    pub(super) fn load(&self) -> Result<MeasurePair, Failure> {
        let LoadedProblem { clouds, histograms, inputs, remarks, seconds, .. } = self.job.load()?;
        let (source, target) = clouds.expect("points were read");
        Ok(MeasurePair { source, target, histograms, inputs, remarks, seconds })
    }
}
