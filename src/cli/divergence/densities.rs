//! The divergences that compare densities, by the estimator asked for.

use clap::ValueEnum;
use deblais::divergence::named::{NAMES, ceilings, values};
use deblais::divergence::{
    Bins, EstimateError, Histograms, kernel_densities, kl_nearest_neighbors,
};
use deblais::measure::DiscreteMeasure;
use deblais::report::ValueReport;
use ndarray::Array1;
use serde::Serialize;

use super::inputs::MeasurePair;
use crate::cli::hints::CommandHint;

/// `--estimator`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum EstimatorName {
    /// Counts in common bins
    Histogram,
    /// Gaussian kernels on a common grid
    Kde,
    /// Nearest neighbors, for KL and Jeffreys alone
    Knn,
}

/// Short names of the divergences that nearest neighbors estimate.
pub(super) const BY_NEIGHBORS: [&str; 3] = ["kl", "kl_reverse", "jeffreys"];

/// Why a row is left out, and what to do about it.
pub(super) fn reason(error: EstimateError) -> String {
    format!("{error}; {}", error.command_hint())
}

/// Densities as masses of common cells.
pub(super) struct Densities {
    pub(super) source: Vec<f64>,
    pub(super) target: Vec<f64>,
    /// How they were found.
    pub(super) estimator: String,
    how: How,
}

/// How the masses follow from resampled points.
enum How {
    /// Point by point into cells; fixed if the cells were there before the data.
    Cells { source: Vec<usize>, target: Vec<usize>, fixed: bool },
    /// By smoothing anew.
    Kernels,
    /// Probabilities, of which nobody knows how many observations they stand for.
    Given,
}

impl Densities {
    pub(super) fn new(
        pair: &MeasurePair,
        estimator: EstimatorName,
        bins: Option<usize>,
    ) -> Result<Self, EstimateError> {
        let MeasurePair { source: p, target: q, .. } = pair;
        if let Some(histograms) = &pair.histograms {
            return Ok(Self::given(histograms));
        }
        if estimator == EstimatorName::Kde {
            let (source, target) = kernel_densities(p, q)?;
            let estimator = format!("Gaussian kernels on {} grid points", source.len());
            return Ok(Self { source, target, estimator, how: How::Kernels });
        }
        let grid = match bins {
            Some(cells) => Bins::equal(p, q, cells)?,
            None => Bins::scott(p, q)?,
        };
        let Histograms { source_cells, target_cells, source, target } = grid.count(p, q);
        let counts: Vec<_> = grid.counts().iter().map(ToString::to_string).collect();
        let rule = if bins.is_some() { "" } else { ", Scott's rule" };
        let estimator = format!("histogram, {} bins{rule}", counts.join(" × "));
        let how = How::Cells { source: source_cells, target: target_cells, fixed: false };
        Ok(Self { source, target, estimator, how })
    }

    fn given(histograms: &[Array1<f64>; 2]) -> Self {
        let [source, target] = histograms.clone().map(|masses| masses.to_vec());
        let cells = [&source, &target].map(|masses| observations(masses));
        let counted = cells.iter().all(Option::is_some);
        let estimator =
            format!("{} cells as given{}", source.len(), if counted { ", counts" } else { "" });
        let how = match cells {
            [Some(source), Some(target)] => How::Cells { source, target, fixed: true },
            _ => How::Given,
        };
        Self { source, target, estimator, how }
    }

    /// Whether no cell has mass from both.
    pub(super) fn are_disjoint(&self) -> bool {
        self.source.iter().zip(&self.target).all(|(p, q)| *p == 0.0 || *q == 0.0)
    }

    /// Whether a bootstrap interval is valid: fixed cells with mass on either side.
    pub(super) fn has_intervals(&self) -> bool {
        let positive = |masses: &[f64]| masses.iter().all(|w| *w > 0.0);
        matches!(self.how, How::Cells { fixed: true, .. })
            && positive(&self.source)
            && positive(&self.target)
    }

    /// Observations on either side that can be drawn again; the masses of [`Self::resampled`] tell
    /// of those. `None` without any.
    pub(super) fn observations(&self, pair: &MeasurePair) -> Option<(usize, usize)> {
        /// Grid points and samples that are smoothed hundreds of times in a second or so.
        const SMOOTH: usize = 1 << 14;
        let samples = pair.source.len() + pair.target.len();
        match &self.how {
            How::Cells { source, target, .. } => Some((source.len(), target.len())),
            How::Kernels if self.source.len().max(samples) <= SMOOTH => {
                Some((pair.source.len(), pair.target.len()))
            }
            How::Kernels | How::Given => None,
        }
    }

    /// The masses if each observation were drawn so many times.
    pub(super) fn resampled(
        &self,
        pair: &MeasurePair,
        (p_counts, q_counts): (&[u16], &[u16]),
    ) -> Option<(Vec<f64>, Vec<f64>)> {
        match &self.how {
            How::Given => None,
            How::Kernels => {
                let (p, q) = pair.resampled((p_counts, q_counts)).ok()?;
                kernel_densities(&p, &q).ok()
            }
            How::Cells { source, target, fixed } => {
                let masses = |cells: &[usize], counts: &[u16], measure: &DiscreteMeasure| {
                    let mut masses = vec![0.0; self.source.len()];
                    if *fixed {
                        for (&cell, &count) in cells.iter().zip(counts) {
                            masses[cell] += f64::from(count);
                        }
                    } else {
                        for ((&cell, &count), mass) in cells.iter().zip(counts).zip(measure.mass())
                        {
                            masses[cell] += f64::from(count) * mass;
                        }
                    }
                    masses
                };
                let p = masses(source, p_counts, &pair.source);
                let q = masses(target, q_counts, &pair.target);
                let total = |masses: &[f64]| masses.iter().sum::<f64>() > 0.0;
                (total(&p) && total(&q)).then_some((p, q))
            }
        }
    }
}

/// Masses that are whole numbers as observations, each by its cell.
fn observations(masses: &[f64]) -> Option<Vec<usize>> {
    /// Observations that can be drawn hundreds of times.
    const MOST: f64 = 2e6;
    let counted = masses.iter().all(|w| w.fract() == 0.0) && masses.iter().sum::<f64>() <= MOST;
    counted.then(|| {
        let cell = |(cell, &count): (usize, &f64)| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
            std::iter::repeat_n(cell, count as usize)
        };
        masses.iter().enumerate().flat_map(cell).collect()
    })
}

/// The rows of the table.
pub(super) fn rows(alpha: f64, densities: &Densities) -> Vec<(&'static str, ValueReport)> {
    let Densities { source, target, estimator, .. } = densities;
    let (values, ceilings) = (values(alpha, source, target), ceilings(alpha));
    let row = |(k, value): (usize, f64)| {
        let mut row = ValueReport::new(value, estimator.clone());
        row.ceiling = ceilings[k];
        if NAMES[k] == "js" {
            row.bits = Some(value / std::f64::consts::LN_2);
        }
        (NAMES[k], row)
    };
    values.into_iter().enumerate().map(row).collect()
}

/// KL both ways and Jeffreys by nearest neighbors.
pub(super) fn nearest_neighbor_rows(
    pair: &MeasurePair,
    k: usize,
) -> Result<Vec<(&'static str, ValueReport)>, EstimateError> {
    let forward = kl_nearest_neighbors(&pair.source, &pair.target, k)?;
    let backward = kl_nearest_neighbors(&pair.target, &pair.source, k)?;
    let values = [forward, backward, forward + backward];
    let estimator = format!("nearest neighbors, k = {k}");
    let rows = BY_NEIGHBORS.into_iter().zip(values);
    Ok(rows.map(|(name, value)| (name, ValueReport::new(value, estimator.clone()))).collect())
}
