//! Divergences between two measures: those that compare mass point by point, and those that
//! depend on the distances between the points.
//!
//! | file | divergence | from samples |
//! |---|---|---|
//! | [`f_divergence`] | Kullback–Leibler, Jensen–Shannon, total variation, Hellinger, χ², Jeffreys, α, LSGAN's | through an estimate of the densities |
//! | [`mod@renyi`], [`mod@bhattacharyya`] | functions of Hellinger integrals `Σ p^α q^(1−α)` | through an estimate of the densities |
//! | [`mod@energy`] | `2 E‖X−Y‖ − E‖X−X'‖ − E‖Y−Y'‖` | directly |
//! | [`mod@mmd`] | `E k(X, X') + E k(Y, Y') − 2 E k(X, Y)` with a Gaussian kernel k | directly |
//!
//! Densities come from [`histogram`] (common bins), [`linear_binning`] (common bins for a moving
//! sample), [`kernel_density`] (Gaussian kernels), or, for Kullback–Leibler alone,
//! [`nearest_neighbors`]; [`named`] has the table of all divergences. [`bootstrap`] has intervals
//! and standard errors of estimates. Every f-divergence is the value of a game: [`conjugate`] has
//! its dual. [`normal`] has the values between two normal laws. Infinity is a legitimate value
//! throughout: `KL(P‖Q) = ∞` if P has mass where Q has none.
//!
//! Transport distances are computed by the [solvers](crate::solvers).

pub mod bhattacharyya;
pub mod bootstrap;
pub mod conjugate;
pub mod energy;
mod error;
pub mod f_divergence;
pub mod histogram;
pub mod kernel_density;
pub mod linear_binning;
pub mod mmd;
pub mod named;
pub mod nearest_neighbors;
pub mod normal;
mod pairs;
pub mod renyi;

pub use bhattacharyya::bhattacharyya;
pub use bootstrap::{Bootstrap, DISTINCT_DEVIATIONS, NORMAL_LIMIT_POINTS, Range};
pub use energy::energy;
pub use error::EstimateError;
pub use f_divergence::FDivergence;
pub use histogram::{Bins, Histograms};
pub use kernel_density::{KERNEL_REACH, kernel_densities};
pub use linear_binning::LinearBins;
pub use mmd::{MMD_ALL_PAIRS_POINTS, median_bandwidth, mmd, mmd_blocks, mmd_unbiased};
pub(crate) use mmd::{gaussian, gaussian_exponent};
pub(crate) use nearest_neighbors::check_equal_masses;
pub use nearest_neighbors::kl_nearest_neighbors;
pub use normal::{Normal, renyi_between_normals};
pub use renyi::renyi;

/// The value of a statistic, and the influence of each point.
///
/// The influences are those of the first-order expansion
/// `T(P', Q') ≈ T(P, Q) + Σ_i (P'_i − P_i) source_i + Σ_j (Q'_j − Q_j) target_j`
/// (von Mises 1947); a constant added to them changes nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// T(P, Q).
    pub value: f64,
    /// One a source point.
    pub source: Vec<f64>,
    /// One a target point.
    pub target: Vec<f64>,
}
