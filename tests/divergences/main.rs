//! Divergences as mathematics and other people's programs have them.

mod closed_forms;
mod coverage;
mod golden;
mod inequalities;

use deblais::divergence::FDivergence;

/// Every f-divergence, with some orders of α.
pub(crate) const ALL: [FDivergence; 12] = [
    FDivergence::KullbackLeibler,
    FDivergence::ReverseKullbackLeibler,
    FDivergence::JensenShannon,
    FDivergence::TotalVariation,
    FDivergence::SquaredHellinger,
    FDivergence::ChiSquared,
    FDivergence::ReverseChiSquared,
    FDivergence::Jeffreys,
    FDivergence::Alpha(-0.5),
    FDivergence::Alpha(0.5),
    FDivergence::Alpha(2.5),
    FDivergence::LeastSquares,
];
