//! f-divergences and Rényi's of two normal laws on the line.
//!
//! ```text
//! KL(P‖Q) = ln(σ_q/σ_p) + (σ_p² + (μ_p − μ_q)²)/(2σ_q²) − ½
//! ∫ p^α q^(1−α) = σ_q^α σ_p^(1−α)/σ · exp(−α(1−α)(μ_p − μ_q)²/(2σ²)),   σ² = ασ_q² + (1−α)σ_p²
//! TV = ½ Σ over the intervals between the points where p = q of |P − Q|
//! ```
//!
//! The integral gives squared Hellinger (α = ½), Pearson's χ² (α = 2), Neyman's (α = −1) and α, and its
//! logarithm over α − 1 is Rényi's; it is infinite if σ² ≤ 0. P and Q of an interval are differences of
//! erf. Jensen–Shannon's and LSGAN's have no closed form: they are integrated by the trapezoidal rule,
//! which converges exponentially on smooth functions that vanish at both ends.
//!
//! **Complexity.** O(1), the trapezoidal rule a few thousand terms, more for deviations far apart.
//!
//! **References.** Gil, Alajaji, Linder 2013, "Rényi divergence measures for commonly used univariate
//! continuous distributions", Inf. Sci. 249; Trefethen, Weideman 2014, "The exponentially convergent
//! trapezoidal rule", SIAM Rev. 56.
//!
//! **Failure modes.** The rule is to rounding for deviations within a factor of 1000 of each other,
//! and means within 100 of the smaller one; beyond that it takes at most a million terms.

use std::f64::consts::{SQRT_2, TAU};

use super::FDivergence;
use crate::math::NeumaierSum;

/// A normal law on the line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Normal {
    /// The mean.
    pub mean: f64,
    /// The standard deviation, above 0.
    pub deviation: f64,
}

impl Normal {
    /// The density at x.
    #[must_use]
    pub fn density(self, x: f64) -> f64 {
        let z = (x - self.mean) / self.deviation;
        (-0.5 * z * z).exp() / (self.deviation * TAU.sqrt())
    }

    /// The mass below x.
    #[must_use]
    pub fn below(self, x: f64) -> f64 {
        0.5 * libm::erfc((self.mean - x) / (self.deviation * SQRT_2))
    }

    /// The mass of an interval, as a difference of the smaller tails: it keeps its digits.
    #[must_use]
    pub fn between(self, low: f64, high: f64) -> f64 {
        let above = |x: f64| 0.5 * libm::erfc((x - self.mean) / (self.deviation * SQRT_2));
        if low > self.mean { above(low) - above(high) } else { self.below(high) - self.below(low) }
    }
}

impl FDivergence {
    /// `D_f(P‖Q)` of two normal laws.
    ///
    /// ```
    /// use deblais::divergence::{FDivergence, Normal};
    /// let [p, q] = [0.0, 1.0].map(|mean| Normal { mean, deviation: 1.0 });
    /// assert_eq!(FDivergence::KullbackLeibler.between_normals(p, q), 0.5);
    /// ```
    #[must_use]
    pub fn between_normals(self, p: Normal, q: Normal) -> f64 {
        match self {
            Self::KullbackLeibler | Self::Alpha(1.0) => kullback_leibler(p, q),
            Self::ReverseKullbackLeibler | Self::Alpha(0.0) => kullback_leibler(q, p),
            Self::Jeffreys => kullback_leibler(p, q) + kullback_leibler(q, p),
            Self::SquaredHellinger => -integral_less_1(0.5, p, q),
            Self::ChiSquared => integral_less_1(2.0, p, q),
            Self::ReverseChiSquared => integral_less_1(-1.0, p, q),
            Self::Alpha(alpha) => integral_less_1(alpha, p, q) / (alpha * (alpha - 1.0)),
            Self::TotalVariation => total_variation(p, q),
            Self::JensenShannon | Self::LeastSquares => self.trapezoidal(p, q),
        }
    }

    fn trapezoidal(self, p: Normal, q: Normal) -> f64 {
        /// Number of standard deviations beyond which densities are 0 to rounding.
        const REACH_DEVIATIONS: f64 = 12.0;
        /// Number of steps per standard deviation.
        const STEPS_PER_DEVIATION: f64 = 32.0;
        /// Largest number of terms of the sum.
        const MAX_TERMS: f64 = 1e6;
        let end = |side: f64| [p, q].map(|law| side * law.mean + REACH_DEVIATIONS * law.deviation);
        let [low, high] = [-1.0, 1.0].map(|side| side * end(side)[0].max(end(side)[1]));
        let terms = (STEPS_PER_DEVIATION * (high - low) / p.deviation.min(q.deviation))
            .ceil()
            .min(MAX_TERMS);
        let step = (high - low) / terms;
        let mut sum = NeumaierSum::default();
        let mut k = 0.0;
        while k <= terms {
            let x = low + k * step;
            sum.add(self.perspective(p.density(x), q.density(x)));
            k += 1.0;
        }
        sum.value() * step
    }
}

fn kullback_leibler(p: Normal, q: Normal) -> f64 {
    let shift = (p.mean - q.mean) / q.deviation;
    let ratio = p.deviation / q.deviation;
    0.5 * (shift * shift + (ratio * ratio - 1.0)) - ratio.ln()
}

/// Rényi's divergence of order α > 0 of two normal laws.
///
/// ```
/// use deblais::divergence::{Normal, renyi_between_normals};
/// let [p, q] = [0.0, 1.0].map(|mean| Normal { mean, deviation: 1.0 });
/// assert_eq!(renyi_between_normals(2.0, p, q), 1.0);
/// ```
#[must_use]
pub fn renyi_between_normals(alpha: f64, p: Normal, q: Normal) -> f64 {
    if alpha == 1.0 { kullback_leibler(p, q) } else { log_integral(alpha, p, q) / (alpha - 1.0) }
}

/// `∫ p^α q^(1−α) − 1`.
fn integral_less_1(alpha: f64, p: Normal, q: Normal) -> f64 {
    log_integral(alpha, p, q).exp_m1()
}

/// `ln ∫ p^α q^(1−α)`.
fn log_integral(alpha: f64, p: Normal, q: Normal) -> f64 {
    let (s, t) = (p.deviation * p.deviation, q.deviation * q.deviation);
    let variance = alpha * t + (1.0 - alpha) * s;
    if variance <= 0.0 {
        return f64::INFINITY;
    }
    let shift = p.mean - q.mean;
    0.5 * (alpha * t.ln() + (1.0 - alpha) * s.ln() - variance.ln())
        - alpha * (1.0 - alpha) * shift * shift / (2.0 * variance)
}

fn total_variation(p: Normal, q: Normal) -> f64 {
    let places = [f64::NEG_INFINITY].into_iter().chain(crossings(p, q)).chain([f64::INFINITY]);
    let places: Vec<_> = places.collect();
    let inside = |law: Normal, pair: &[f64]| law.between(pair[0], pair[1]);
    0.5 * places.windows(2).map(|pair| (inside(p, pair) - inside(q, pair)).abs()).sum::<f64>()
}

/// The points at which the densities are equal: roots of a quadratic in `z = (x − μ_q)/σ_q`, in order.
fn crossings(p: Normal, q: Normal) -> Vec<f64> {
    // z²/2 − (z − m)²/(2r²) − ln r = 0.
    let (m, r) = ((p.mean - q.mean) / q.deviation, p.deviation / q.deviation);
    let (a, b, c) = (0.5 * (r * r - 1.0), m, -0.5 * m * m - r * r * r.ln());
    let place = |z: f64| q.mean + q.deviation * z;
    if a == 0.0 {
        return if b == 0.0 { Vec::new() } else { vec![place(-c / b)] };
    }
    let root = (b * b - 4.0 * a * c).max(0.0).sqrt();
    let far = -0.5 * (b + if b < 0.0 { -root } else { root });
    let mut places = [far / a, c / far].map(place).to_vec();
    places.sort_by(f64::total_cmp);
    places
}

#[cfg(test)]
mod tests {
    use super::super::f_divergence::all;
    use super::*;

    const PAIRS: [[Normal; 2]; 4] = [
        [Normal { mean: 0.0, deviation: 1.0 }, Normal { mean: 1.0, deviation: 1.0 }],
        [Normal { mean: -1.0, deviation: 0.9 }, Normal { mean: -0.5, deviation: 1.0 }],
        [Normal { mean: 1.5, deviation: 1.1 }, Normal { mean: 1.0, deviation: 1.0 }],
        [Normal { mean: 0.5, deviation: 1.0 }, Normal { mean: 0.5, deviation: 1.2 }],
    ];

    #[test]
    fn closed_forms_are_the_integrals() {
        for [p, q] in PAIRS {
            for f in all() {
                let closed = f.between_normals(p, q);
                let integral = f.trapezoidal(p, q);
                // The rule stops at 12 deviations, and total variation has kinks.
                let allowed = if f == FDivergence::TotalVariation { 1e-4 } else { 1e-11 };
                assert!(
                    (closed - integral).abs() < allowed * closed.max(1.0),
                    "{f:?} {p:?} {q:?}: {closed} {integral}"
                );
            }
        }
    }

    #[test]
    fn total_variation_is_an_error_function_for_equal_deviations() {
        let [p, q] = PAIRS[0];
        let expected = libm::erf(1.0 / (2.0 * SQRT_2));
        assert!((FDivergence::TotalVariation.between_normals(p, q) - expected).abs() < 1e-15);
    }

    #[test]
    fn a_law_has_no_divergence_from_itself_and_tails_too_heavy_an_infinite_one() {
        let law = Normal { mean: 3.0, deviation: 0.7 };
        for f in all() {
            assert!(f.between_normals(law, law).abs() < 1e-15, "{f:?}");
        }
        let wide = Normal { mean: 3.0, deviation: 1.0 };
        assert_eq!(FDivergence::ChiSquared.between_normals(wide, law), f64::INFINITY);
        assert!(FDivergence::ChiSquared.between_normals(law, wide).is_finite());
        assert_eq!(FDivergence::ReverseChiSquared.between_normals(law, wide), f64::INFINITY);
    }

    #[test]
    fn it_does_not_matter_which_law_comes_first() {
        for [p, q] in PAIRS {
            for f in all() {
                let (a, b) = (f.between_normals(p, q), f.swapped().between_normals(q, p));
                assert!(a == b || (a - b).abs() < 1e-13 * a, "{f:?}: {a} {b}");
            }
        }
    }

    #[test]
    fn the_mass_far_out_is_that_of_the_other_tail() {
        let law = Normal { mean: 2.0, deviation: 0.5 };
        assert_eq!(law.between(7.0, f64::INFINITY), law.below(-3.0));
        assert_eq!(law.between(f64::NEG_INFINITY, f64::INFINITY), 1.0);
        assert!((law.between(1.0, 4.0) - (law.below(4.0) - law.below(1.0))).abs() < 1e-16);
    }

    #[test]
    fn renyi_is_kl_at_order_1_and_infinite_where_the_integral_is() {
        for [p, q] in PAIRS {
            let kl = FDivergence::KullbackLeibler.between_normals(p, q);
            assert_eq!(renyi_between_normals(1.0, p, q), kl);
            assert!((renyi_between_normals(1.0 + 1e-7, p, q) - kl).abs() < 1e-6);
        }
        // 4·1.3² > 3·1², but 4·1² < 3·1.3².
        let [p, q] = [1.0, 1.3].map(|deviation| Normal { mean: 0.0, deviation });
        assert!(renyi_between_normals(4.0, p, q).is_finite());
        assert_eq!(renyi_between_normals(4.0, q, p), f64::INFINITY);
    }
}
