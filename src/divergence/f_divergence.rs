//! f-divergences of two discrete measures on the same cells.
//!
//! ```text
//! D_f(P‖Q) = Σ_{q>0} q·f(p/q) + f'(∞)·P(q = 0),   f convex on (0, ∞), f(1) = 0,
//!     f(0) = lim_{t→0} f(t),   f'(∞) = lim_{t→∞} f(t)/t
//!
//! name                    f(t)                                     f(0)     f'(∞)
//! KL(P‖Q)                 t ln t − t + 1                           1        ∞
//! KL(Q‖P)                 t − 1 − ln t                             ∞        1
//! Jensen–Shannon          ½ t ln t − ½ (1+t) ln((1+t)/2)           ½ ln 2   ½ ln 2
//! total variation         ½ |t − 1|                                ½        ½
//! squared Hellinger       ½ (√t − 1)²                              ½        ½
//! Pearson's χ²            (t − 1)²                                 1        ∞
//! Neyman's χ²             (t − 1)²/t                               ∞        1
//! Jeffreys                (t − 1) ln t                             ∞        ∞
//! α (α ≠ 0, 1)            (t^α − αt + α − 1)/(α(α − 1))            1/α, α>0; else ∞
//!                                                                  1/(1−α), α<1; else ∞
//! LSGAN                   (t − 1)²/(t + 1)                         1        1
//! ```
//!
//! **Idea.** Everything follows from the perspective `q·f(p/q)`, a convex function of (p, q) that is
//! homogeneous of degree 1: at p = 0 it is `f(0)·q`, at q = 0 `f'(∞)·p`. Each f is the generator
//! whose minimum is at 1 (any c·(t−1) may be added without changing the divergence), so no term is
//! negative. The mass of one measure where the other has none is added up apart: for disjoint measures
//! it is 1 exactly, and their divergence is `f(0) + f'(∞)` to the last bit, the
//! largest value there is. For Jensen–Shannon that is ln 2.
//!
//! LSGAN's is what the least-squares game of Mao et al. minimizes over the generator for b − c = 1,
//! b − a = 2: Pearson's χ² from (P+Q)/2, `∫(p−q)²/(p+q)`.
//!
//! **Complexity.** O(cells).
//!
//! **References.** Ali, Silvey 1966, "A general class of coefficients of divergence of one
//! distribution from another", J. R. Stat. Soc. B 28; Csiszár 1967, "Information-type measures of
//! difference of probability distributions and indirect observations", Studia Sci. Math. Hungar. 2;
//! Liese, Vajda 2006, "On divergences and informations in statistics and information theory", IEEE
//! Trans. Inf. Theory 52; Cressie, Read 1984, "Multinomial goodness-of-fit tests", J. R. Stat. Soc. B
//! 46 (α); Lin 1991, "Divergence measures based on the Shannon entropy", IEEE Trans. Inf. Theory 37;
//! Mao, Li, Xie, Lau, Wang, Smolley 2017, "Least squares generative adversarial networks", ICCV.
//!
//! **Failure modes.** α within 1e-6 of 0 or 1, but not there, loses digits to the division by
//! α(α − 1).

use crate::math::{self, NeumaierSum};

/// An f-divergence, by name; see the [table](self).
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(
    feature = "nn",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum FDivergence {
    /// `Σ p ln(p/q)`.
    KullbackLeibler,
    /// `Σ q ln(q/p)`.
    ReverseKullbackLeibler,
    /// `½ KL(P‖M) + ½ KL(Q‖M)` with M = (P+Q)/2, in nats.
    JensenShannon,
    /// `½ Σ |p − q|`.
    TotalVariation,
    /// `½ Σ (√p − √q)²`.
    SquaredHellinger,
    /// Pearson's χ², `Σ (p − q)²/q`.
    ChiSquared,
    /// Neyman's χ², `Σ (p − q)²/p`.
    ReverseChiSquared,
    /// `Σ (p − q) ln(p/q)`: KL both ways.
    Jeffreys,
    /// `(Σ p^α q^(1−α) − 1)/(α(α − 1))`; KL(P‖Q) at α = 1, KL(Q‖P) at α = 0.
    Alpha(f64),
    /// `Σ (p − q)²/(p + q)`.
    LeastSquares,
}

impl FDivergence {
    /// The generator f(t), t ≥ 0.
    #[must_use]
    pub fn generator(self, t: f64) -> f64 {
        self.perspective(t, 1.0)
    }

    /// f(0).
    #[must_use]
    pub fn at_zero(self) -> f64 {
        use FDivergence as D;
        match self {
            D::KullbackLeibler | D::ChiSquared | D::LeastSquares => 1.0,
            D::JensenShannon => 0.5 * std::f64::consts::LN_2,
            D::TotalVariation | D::SquaredHellinger => 0.5,
            D::Alpha(alpha) if alpha > 0.0 => 1.0 / alpha,
            D::ReverseKullbackLeibler | D::ReverseChiSquared | D::Jeffreys | D::Alpha(_) => {
                f64::INFINITY
            }
        }
    }

    /// f'(∞).
    #[must_use]
    pub fn at_infinity(self) -> f64 {
        self.swapped().at_zero()
    }

    /// The divergence with its arguments exchanged: its generator is `t·f(1/t)`.
    #[must_use]
    pub fn swapped(self) -> Self {
        match self {
            Self::KullbackLeibler => Self::ReverseKullbackLeibler,
            Self::ReverseKullbackLeibler => Self::KullbackLeibler,
            Self::ChiSquared => Self::ReverseChiSquared,
            Self::ReverseChiSquared => Self::ChiSquared,
            Self::Alpha(alpha) => Self::Alpha(1.0 - alpha),
            symmetric => symmetric,
        }
    }

    /// The largest value, that of disjoint measures: f(0) + f'(∞), often infinite.
    #[must_use]
    pub fn ceiling(self) -> f64 {
        self.at_zero() + self.at_infinity()
    }

    /// `q·f(p/q)` for p, q ≥ 0, with its limits at p = 0 and q = 0.
    #[must_use]
    pub fn perspective(self, p: f64, q: f64) -> f64 {
        let limit = |slope: f64, mass: f64| if mass > 0.0 { slope * mass } else { 0.0 };
        if q == 0.0 {
            return limit(self.at_infinity(), p);
        }
        if p == 0.0 {
            return limit(self.at_zero(), q);
        }
        self.both_positive(p, q).max(0.0)
    }

    fn both_positive(self, p: f64, q: f64) -> f64 {
        let difference = p - q;
        match self {
            Self::KullbackLeibler => p * log_ratio(p, q) - difference,
            Self::ReverseKullbackLeibler => q * log_ratio(q, p) + difference,
            Self::JensenShannon => {
                let middle = 0.5 * (p + q);
                0.5 * (p * log_ratio(p, middle) + q * log_ratio(q, middle))
            }
            Self::TotalVariation => 0.5 * difference.abs(),
            Self::SquaredHellinger => {
                // √p − √q without its cancellation.
                let root = difference / (p.sqrt() + q.sqrt());
                0.5 * root * root
            }
            Self::ChiSquared => difference * (difference / q),
            Self::ReverseChiSquared => difference * (difference / p),
            Self::Jeffreys => difference * log_ratio(p, q),
            Self::LeastSquares => difference * (difference / (p + q)),
            Self::Alpha(1.0) => Self::KullbackLeibler.both_positive(p, q),
            Self::Alpha(0.0) => Self::ReverseKullbackLeibler.both_positive(p, q),
            Self::Alpha(alpha) => {
                let power = q * (alpha * log_ratio(p, q)).exp_m1();
                (power - alpha * difference) / (alpha * (alpha - 1.0))
            }
        }
    }

    /// `D_f(P‖Q)` of masses on the same cells; either side is scaled to a total of 1.
    ///
    /// ```
    /// use deblais::divergence::FDivergence;
    /// let js = FDivergence::JensenShannon;
    /// assert_eq!(js.between(&[1.0, 2.0, 0.0], &[0.0, 0.0, 5.0]), std::f64::consts::LN_2);
    /// assert_eq!(FDivergence::KullbackLeibler.between(&[1.0, 1.0], &[1.0, 0.0]), f64::INFINITY);
    /// ```
    ///
    /// # Panics
    /// If there are not as many masses on either side, or one side has none that is positive.
    #[must_use]
    pub fn between(self, p: &[f64], q: &[f64]) -> f64 {
        let (p_total, q_total) = totals(p, q);
        let mut common = NeumaierSum::default();
        let (mut p_alone, mut q_alone) = (NeumaierSum::default(), NeumaierSum::default());
        for (&p, &q) in p.iter().zip(q) {
            match (p > 0.0, q > 0.0) {
                (true, true) => common.add(self.perspective(p / p_total, q / q_total)),
                (true, false) => p_alone.add(p),
                (false, true) => q_alone.add(q),
                (false, false) => {}
            }
        }
        // A compensated sum cannot hold infinities.
        let common = common.value();
        let common = if common.is_nan() { f64::INFINITY } else { common };
        let alone = self.perspective(p_alone.value() / p_total, 0.0)
            + self.perspective(0.0, q_alone.value() / q_total);
        common + alone
    }
}

/// ln(a/b), to full relative precision where a and b are close.
fn log_ratio(a: f64, b: f64) -> f64 {
    let excess = (a - b) / b;
    if excess.abs() <= 0.5 { excess.ln_1p() } else { a.ln() - b.ln() }
}

/// The totals of two histograms on the same cells.
pub(super) fn totals(p: &[f64], q: &[f64]) -> (f64, f64) {
    assert_eq!(p.len(), q.len(), "masses on the same cells");
    let totals = (math::sum(p), math::sum(q));
    assert!(totals.0 > 0.0 && totals.1 > 0.0, "both sides have mass: {totals:?}");
    totals
}

/// One of each kind, to be tested, with some orders of α.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = FDivergence> {
    use super::named::{NAMES, f_divergence};
    let named = NAMES.into_iter().filter_map(|name| f_divergence(name, 3.0));
    named.chain([-0.5, 0.5].map(FDivergence::Alpha))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generators_are_convex_with_their_minimum_0_at_1() {
        for f in all() {
            assert_eq!(f.generator(1.0), 0.0, "{f:?}");
            for k in 1..60 {
                let t = 0.1 * f64::from(k);
                let (below, at, above) =
                    (f.generator(t - 0.05), f.generator(t), f.generator(t + 0.05));
                assert!(at >= 0.0 && at <= 0.5 * (below + above) + 1e-15, "{f:?} at {t}");
            }
        }
    }

    #[test]
    fn the_limits_are_those_of_the_generator() {
        for f in all() {
            let (zero, infinity) = (f.generator(1e-14), f.generator(1e14) / 1e14);
            for (limit, near) in [(f.at_zero(), zero), (f.at_infinity(), infinity)] {
                // Logarithms go to infinity slowly, and √t·1e-7 is what is left of the others.
                let fine =
                    if limit.is_finite() { (near - limit).abs() < 1e-6 } else { near > 10.0 };
                assert!(fine, "{f:?}: {near} is not {limit}");
            }
            let (t, swapped) = (0.3, f.swapped());
            assert!((t * f.generator(1.0 / t) - swapped.generator(t)).abs() < 1e-14, "{f:?}");
        }
    }

    #[test]
    fn close_measures_do_not_cancel() {
        // f''(1)/2·(p − q)²/q to leading order, relative error 1e-6.
        let e = 1e-7;
        let (p, q) = ([0.5 + e, 0.5 - e], [0.5, 0.5]);
        for (f, curvature) in [
            (FDivergence::SquaredHellinger, 0.25),
            (FDivergence::ChiSquared, 2.0),
            (FDivergence::Jeffreys, 2.0),
            (FDivergence::LeastSquares, 1.0),
        ] {
            let expected = 0.5 * curvature * 4.0 * e * e;
            let found = f.between(&p, &q);
            assert!((found / expected - 1.0).abs() < 1e-6, "{f:?}: {found} not {expected}");
        }
    }
}
