//! The dual of an f-divergence: convex conjugates, and the game between critic and generator.
//!
//! ```text
//! f*(t) = sup_{u ≥ 0} ut − f(u),        f(u) + f*(t) ≥ ut,   equal at t = f'(u)    (Fenchel, Young)
//! D_f(P‖Q) = sup_T E_P T − E_Q f*(T),   attained at T = f'(p/q)
//!          ≥ E_P g(V) − E_Q f*(g(V))    for any V: an output activation g keeps T = g(V) in dom f*
//!
//! name                f'(u)               f*(t)                        f* = −f(0) below  dom f*     g(v)
//! KL(P‖Q)             ln u                eᵗ − 1                                         ℝ          v
//! KL(Q‖P)             1 − 1/u             −ln(1 − t)                                     t < 1      1 − e⁻ᵛ
//! Jensen–Shannon      ½ ln(2u/(1+u))      −½ ln(2 − e²ᵗ)                                 t < ½ ln 2 ½ ln 2 − ½ ln(1 + e⁻ᵛ)
//! total variation     ½ sign(u − 1)       t                            −½                t ≤ ½      ½ tanh v
//! squared Hellinger   ½ (1 − 1/√u)        t/(1 − 2t)                                     t < ½      ½ (1 − e⁻ᵛ)
//! Pearson's χ²        2 (u − 1)           t + t²/4                     −2                ℝ          v
//! Neyman's χ²         1 − 1/u²            2 − 2√(1 − t)                                  t ≤ 1      1 − e⁻ᵛ
//! Jeffreys            ln u + 1 − 1/u      ω + 1/ω + t − 2, ω = ω(1−t)                    ℝ          v
//! α > 1               (u^(α−1)−1)/(α−1)   (s^(α/(α−1)) − 1)/α          −1/(α−1)          ℝ          v
//! α < 1               the same            s = 1 + (α−1)t                                 t < 1/(1−α) 1/(1−α) − ln(1 + e⁻ᵛ)
//! LSGAN               1 − 4/(u + 1)²      (√(1−t) − 1)(√(1−t) − 3)     −3                t ≤ 1      1 − 4/(1 + eᵛ)²
//! ```
//!
//! with Wright's ω + ln ω = z, which is Lambert's W(eᶻ).
//!
//! **Idea.** f is the supremum of its tangents, so `D_f` is a supremum of differences of expectations,
//! which samples can estimate: each f-divergence is the value of a game between a critic V and
//! whoever chooses Q. Its best critic knows the ratio p/q and nothing of distances. Every dom f* is
//! a half-line that ends at f'(∞), and on what the critic can gain by T → −∞ there is a floor, −f(0).
//!
//! **Against the published table.** Nowozin, Cseke and Tomioka list f, f* and g up to `c·(u − 1)` and
//! a factor. Of `λ·f(u) + c·(u − 1)` the conjugate is `λ·f*((t − c)/λ) + c`, the best critic and the
//! activation are `λ·T + c` and `λ·g + c`, and the bound is λ times the old one. Here each f has its
//! minimum at 1, so that f'(1) = f*(0) = 0: c = −1 for KL(P‖Q) (there `u ln u`, `eᵗ⁻¹`), +1 for
//! KL(Q‖P) (`−ln u`, `−1 − ln(−t)`), 0 for the others; λ = ½ for Jensen–Shannon and squared Hellinger.
//! The sign of v is the one that makes every g rise. On t below f'(0) their χ² goes up again, since
//! its f is meant for all of ℝ; that of u ≥ 0 stays at −f(0) and bounds better. LSGAN's g is
//! not theirs: it is f'(eᵛ), as those of both KL and of Jensen–Shannon are, whose best V is ln(p/q).
//!
//! **Complexity.** O(1) a value; ω takes a few of Newton's steps.
//!
//! **References.** Nguyen, Wainwright, Jordan 2010, "Estimating divergence functionals and the
//! likelihood ratio by convex risk minimization", IEEE Trans. Inf. Theory 56; Nowozin, Cseke, Tomioka
//! 2016, "f-GAN: training generative neural samplers using variational divergence minimization",
//! NeurIPS, tables 2 and 6; Corless, Jeffrey 2002, "The Wright ω function", AISC (ω).
//!
//! **Failure modes.** α within 1e-6 of 0 or 1, but not there, loses digits, as f does.

use std::f64::consts::LN_2;

use super::FDivergence;
use super::f_divergence::totals;
use crate::math::NeumaierSum;

impl FDivergence {
    /// KL(P‖Q) for α = 1 and KL(Q‖P) for α = 0; other divergences unchanged.
    fn plain(self) -> Self {
        match self {
            Self::Alpha(1.0) => Self::KullbackLeibler,
            Self::Alpha(0.0) => Self::ReverseKullbackLeibler,
            other => other,
        }
    }

    /// f'(u) for 0 ≤ u ≤ ∞, with its limits at both ends: the best critic where p/q = u. At the kink
    /// of total variation, 0.
    #[must_use]
    pub fn slope(self, u: f64) -> f64 {
        match self.plain() {
            Self::KullbackLeibler => u.ln(),
            Self::ReverseKullbackLeibler => 1.0 - 1.0 / u,
            Self::JensenShannon => -0.5 * (0.5 * (1.0 / u - 1.0)).ln_1p(),
            Self::TotalVariation if u == 1.0 => 0.0,
            Self::TotalVariation => 0.5 * (u - 1.0).signum(),
            Self::SquaredHellinger => 0.5 * (1.0 - 1.0 / u.sqrt()),
            Self::ChiSquared => 2.0 * (u - 1.0),
            Self::ReverseChiSquared => 1.0 - 1.0 / (u * u),
            Self::Jeffreys => u.ln() + 1.0 - 1.0 / u,
            Self::LeastSquares => 1.0 - 4.0 / ((u + 1.0) * (u + 1.0)),
            Self::Alpha(alpha) => ((alpha - 1.0) * u.ln()).exp_m1() / (alpha - 1.0),
        }
    }

    /// f*(t): infinite above f'(∞), and −f(0) at −∞.
    #[must_use]
    pub fn conjugate(self, t: f64) -> f64 {
        if t > self.at_infinity() {
            return f64::INFINITY;
        }
        if t <= self.slope(0.0) {
            return -self.at_zero();
        }
        match self.plain() {
            Self::KullbackLeibler => t.exp_m1(),
            Self::ReverseKullbackLeibler => -(-t).ln_1p(),
            // Rounding may carry e²ᵗ beyond 2 at the end of the domain.
            Self::JensenShannon => -0.5 * (-(2.0 * t).exp_m1()).max(-1.0).ln_1p(),
            Self::TotalVariation => t,
            Self::SquaredHellinger => t / (1.0 - 2.0 * t),
            Self::ChiSquared => t + 0.25 * t * t,
            Self::ReverseChiSquared => 2.0 * t / (1.0 + (1.0 - t).sqrt()),
            Self::Jeffreys => {
                let omega = wright_omega(1.0 - t);
                omega + 1.0 / omega + t - 2.0
            }
            Self::LeastSquares => {
                let root = (1.0 - t).sqrt();
                -t / (1.0 + root) * (root - 3.0)
            }
            Self::Alpha(alpha) => {
                let log = ((alpha - 1.0) * t).ln_1p();
                (alpha / (alpha - 1.0) * log).exp_m1() / alpha
            }
        }
    }

    /// f*'(t), the u at which the supremum is attained, for t inside of dom f*; at the kink of total
    /// variation's, 1.
    #[must_use]
    pub fn conjugate_slope(self, t: f64) -> f64 {
        if t < self.slope(0.0) {
            return 0.0;
        }
        match self.plain() {
            Self::KullbackLeibler => t.exp(),
            Self::ReverseKullbackLeibler => 1.0 / (1.0 - t),
            Self::JensenShannon => 1.0 / (2.0 * (-2.0 * t).exp() - 1.0),
            Self::TotalVariation => 1.0,
            Self::SquaredHellinger => (1.0 - 2.0 * t).powi(-2),
            Self::ChiSquared => 1.0 + 0.5 * t,
            Self::ReverseChiSquared => 1.0 / (1.0 - t).sqrt(),
            Self::Jeffreys => 1.0 / wright_omega(1.0 - t),
            Self::LeastSquares => 2.0 / (1.0 - t).sqrt() - 1.0,
            Self::Alpha(alpha) => (((alpha - 1.0) * t).ln_1p() / (alpha - 1.0)).exp(),
        }
    }

    /// g(v) and g'(v): the value of a critic's output v on P.
    #[must_use]
    pub fn activation(self, v: f64) -> (f64, f64) {
        match self.plain() {
            Self::ReverseKullbackLeibler | Self::ReverseChiSquared => (-(-v).exp_m1(), (-v).exp()),
            Self::JensenShannon => (0.5 * (LN_2 - softplus(-v)), 0.5 * sigmoid(-v)),
            Self::TotalVariation => {
                let tanh = v.tanh();
                (0.5 * tanh, 0.5 * (1.0 - tanh * tanh))
            }
            Self::SquaredHellinger => (-0.5 * (-v).exp_m1(), 0.5 * (-v).exp()),
            Self::LeastSquares => {
                let s = sigmoid(-v);
                (1.0 - 4.0 * s * s, 8.0 * s * s * sigmoid(v))
            }
            Self::Alpha(alpha) if alpha < 1.0 => (1.0 / (1.0 - alpha) - softplus(-v), sigmoid(-v)),
            _ => (v, 1.0),
        }
    }

    /// f*(g(v)) and its derivative: the cost of a critic's output v on Q. Finite far beyond the v at
    /// which g(v) is rounded to the end of dom f*.
    #[must_use]
    pub fn conjugate_of_activation(self, v: f64) -> (f64, f64) {
        match self.plain() {
            Self::ReverseKullbackLeibler => (v, 1.0),
            Self::JensenShannon => (0.5 * (softplus(v) - LN_2), 0.5 * sigmoid(v)),
            Self::TotalVariation => self.activation(v),
            Self::SquaredHellinger => (0.5 * v.exp_m1(), 0.5 * v.exp()),
            Self::ReverseChiSquared => (-2.0 * (-0.5 * v).exp_m1(), (-0.5 * v).exp()),
            Self::LeastSquares => {
                let (s, rest) = (sigmoid(-v), sigmoid(v));
                ((2.0 * s - 1.0) * (2.0 * s - 3.0), 8.0 * s * rest * rest)
            }
            Self::Alpha(alpha) if alpha < 1.0 => {
                let log = ((1.0 - alpha) * softplus(-v)).ln();
                let value = (alpha / (alpha - 1.0) * log).exp_m1() / alpha;
                (value, (log / (alpha - 1.0)).exp() * sigmoid(-v))
            }
            _ => (self.conjugate(v), self.conjugate_slope(v)),
        }
    }

    /// `E_P T − E_Q f*(T)` for one value T per cell: a lower bound of [`FDivergence::between`]. Cells
    /// without mass do not count in the expectation of that measure.
    ///
    /// ```
    /// use deblais::divergence::FDivergence;
    /// let kl = FDivergence::KullbackLeibler;
    /// let (p, q) = ([0.5, 0.5], [0.25, 0.75]);
    /// let best: Vec<f64> = p.iter().zip(&q).map(|(p, q)| kl.slope(p / q)).collect();
    /// assert!((kl.bound(&p, &q, &best) - kl.between(&p, &q)).abs() < 1e-15);
    /// assert!(kl.bound(&p, &q, &[1.0, -1.0]) < kl.between(&p, &q));
    /// ```
    ///
    /// # Panics
    /// As [`FDivergence::between`], or if there are not as many values as cells.
    #[must_use]
    pub fn bound(self, p: &[f64], q: &[f64], critic: &[f64]) -> f64 {
        assert_eq!(p.len(), critic.len(), "a value a cell");
        let (p_total, q_total) = totals(p, q);
        let (mut sum, mut infinite) = (NeumaierSum::default(), 0.0_f64);
        // A compensated sum cannot hold infinities.
        let mut add = |x: f64| {
            if x.is_finite() { sum.add(x) } else { infinite += x }
        };
        for ((&p, &q), &t) in p.iter().zip(q).zip(critic) {
            if p > 0.0 {
                add(p / p_total * t);
            }
            if q > 0.0 {
                add(-(q / q_total) * self.conjugate(t));
            }
        }
        if infinite.is_nan() { f64::NEG_INFINITY } else { sum.value() + infinite }
    }
}

/// ω with ω + ln ω = z.
fn wright_omega(z: f64) -> f64 {
    /// Steps that suffice from these starts for all z, with two to spare.
    const STEPS: usize = 8;
    // The logarithm of ω is what is iterated, so that ω stays positive.
    let mut log = if z < 1.0 { z } else { z.ln() };
    for _ in 0..STEPS {
        let omega = log.exp();
        log -= (omega + log - z) / (omega + 1.0);
    }
    // To rounding either way.
    if z < 1.0 { log.exp() } else { z - log }
}

/// ln(1 + eᵛ).
fn softplus(v: f64) -> f64 {
    v.max(0.0) + (-v.abs()).exp().ln_1p()
}

/// 1/(1 + e⁻ᵛ).
fn sigmoid(v: f64) -> f64 {
    1.0 / (1.0 + (-v).exp())
}

#[cfg(test)]
mod tests {
    use super::super::f_divergence::all;
    use super::*;

    use FDivergence as D;

    /// Inside of dom f*, and below f'(0) where that is finite.
    fn inside(f: FDivergence) -> Vec<f64> {
        let end = f.at_infinity().min(3.0);
        (1..=80).map(|k| end - 0.07 * f64::from(k)).collect()
    }

    #[test]
    fn fenchel_and_young_agree_and_are_equal_at_the_slope() {
        for f in all() {
            let places: Vec<f64> = (0..60).map(|k| 0.001 * 1.2_f64.powi(k)).collect();
            for &u in &places {
                for t in inside(f) {
                    let gap = f.generator(u) + f.conjugate(t) - u * t;
                    assert!(gap >= -1e-13 * (1.0 + u * t.abs()), "{f:?} at {u}, {t}: {gap}");
                }
                let t = f.slope(u);
                let (value, conjugate) = (f.generator(u), f.conjugate(t));
                // Near the end of its domain f* forgets digits of t: f*' = u is the condition.
                let scale = 1.0 + value.abs() + u * t.abs() + (t.abs() + 1.0) * u;
                let gap = value + conjugate - u * t;
                assert!(gap.abs() < 1e-13 * scale * u.max(1.0 / u), "{f:?} at {u}: {gap}");
                if f != D::TotalVariation {
                    let back = f.conjugate_slope(t);
                    assert!(
                        (back / u - 1.0).abs() < 1e-11 * u.max(1.0 / u).powi(3),
                        "{f:?}: {back} {u}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_ends_of_the_domain_are_those_of_f() {
        for f in all() {
            assert_eq!(f.slope(f64::INFINITY), f.at_infinity(), "{f:?}");
            assert_eq!(f.conjugate(f64::NEG_INFINITY), -f.at_zero(), "{f:?}");
            assert_eq!((f.slope(1.0), f.conjugate(0.0)), (0.0, 0.0), "{f:?}");
            if f.at_infinity().is_finite() {
                assert_eq!(f.conjugate(f.at_infinity() + 1e-9), f64::INFINITY, "{f:?}");
            }
            if f.slope(0.0).is_finite() {
                assert_eq!(f.conjugate(f.slope(0.0) - 5.0), -f.at_zero(), "{f:?}");
                assert_eq!(f.conjugate_slope(f.slope(0.0) - 5.0), 0.0, "{f:?}");
            }
        }
        let closed = [D::TotalVariation, D::ReverseChiSquared, D::LeastSquares, D::Alpha(-0.5)];
        for (f, end) in closed.into_iter().zip([0.5, 2.0, 3.0, 2.0]) {
            assert!((f.conjugate(f.at_infinity()) - end).abs() < 1e-14, "{f:?}");
        }
        for open in [D::ReverseKullbackLeibler, D::JensenShannon, D::SquaredHellinger] {
            assert!(open.conjugate(open.at_infinity()) > 15.0, "{open:?}");
        }
    }

    #[test]
    fn slopes_are_the_differences_of_values() {
        let h = 1e-6;
        for f in all() {
            for t in inside(f) {
                // Not across the place where f* becomes constant, where it has a kink or a jump in
                // f*''.
                if (t - f.slope(0.0)).abs() < 1e-3 {
                    continue;
                }
                let difference = (f.conjugate(t + h) - f.conjugate(t - h)) / (2.0 * h);
                let slope = f.conjugate_slope(t);
                assert!(
                    (slope - difference).abs() < 1e-6 * (1.0 + slope.powi(2)),
                    "{f:?} at {t}: {slope} {difference}"
                );
            }
            for k in -40..=40 {
                let v = 0.1 * f64::from(k) + 0.013;
                for side in [D::activation, D::conjugate_of_activation] {
                    let (value, slope) = side(f, v);
                    let difference = (side(f, v + h).0 - side(f, v - h).0) / (2.0 * h);
                    assert!(
                        (slope - difference).abs() < 1e-8 * (1.0 + value.abs() + slope.abs()),
                        "{f:?} at {v}: {slope} {difference}"
                    );
                }
                let (t, rises) = f.activation(v);
                assert!(t <= f.at_infinity() && rises > 0.0, "{f:?} at {v}");
                let (direct, composed) = (f.conjugate_of_activation(v).0, f.conjugate(t));
                let allowed = 1e-12 * (1.0 + direct.abs()).powi(3);
                assert!((direct - composed).abs() < allowed, "{f:?} at {v}: {direct} {composed}");
            }
        }
    }

    /// f, f*, g, with λ and c that make them ours: tables 2 and 6 of f-GAN, v of the sign that rises.
    #[test]
    fn the_published_table_is_ours_but_for_shift_and_factor() {
        type Function = fn(f64) -> f64;
        let omega: Function = |t| {
            let w = wright_omega(1.0 - t);
            w + 1.0 / w + t - 2.0
        };
        let rows: [(D, f64, f64, Function, Function, Function); 8] = [
            (D::KullbackLeibler, 1.0, -1.0, |u| u * u.ln(), |t| (t - 1.0).exp(), |v| v + 1.0),
            (
                D::ReverseKullbackLeibler,
                1.0,
                1.0,
                |u| -u.ln(),
                |t| -1.0 - (-t).ln(),
                |v| -(-v).exp(),
            ),
            (
                D::JensenShannon,
                0.5,
                0.0,
                |u| -(u + 1.0) * f64::midpoint(1.0, u).ln() + u * u.ln(),
                |t| -(2.0 - t.exp()).ln(),
                |v| LN_2 - (-v).exp().ln_1p(),
            ),
            (D::TotalVariation, 1.0, 0.0, |u| 0.5 * (u - 1.0).abs(), |t| t, |v| 0.5 * v.tanh()),
            (
                D::SquaredHellinger,
                0.5,
                0.0,
                |u| (u.sqrt() - 1.0).powi(2),
                |t| t / (1.0 - t),
                |v| 1.0 - (-v).exp(),
            ),
            (D::ChiSquared, 1.0, 0.0, |u| (u - 1.0).powi(2), |t| 0.25 * t * t + t, |v| v),
            (
                D::ReverseChiSquared,
                1.0,
                0.0,
                |u| (1.0 - u).powi(2) / u,
                |t| 2.0 - 2.0 * (1.0 - t).sqrt(),
                |v| 1.0 - (-v).exp(),
            ),
            (D::Jeffreys, 1.0, 0.0, |u| (u - 1.0) * u.ln(), omega, |v| v),
        ];
        for (ours, factor, shift, f, conjugate, activation) in rows {
            for k in -15..=15 {
                let v = 0.1 * f64::from(k);
                let u = v.exp();
                let expected = factor * f(u) + shift * (u - 1.0);
                assert!((ours.generator(u) - expected).abs() < 1e-13, "{ours:?}: f({u})");
                let t = factor * activation(v) + shift;
                assert!((ours.activation(v).0 - t).abs() < 1e-14, "{ours:?}: g({v})");
                let expected = factor * conjugate((t - shift) / factor) + shift;
                assert!((ours.conjugate(t) - expected).abs() < 1e-13, "{ours:?}: f*({t})");
            }
        }
    }

    #[test]
    fn omega_solves_its_equation() {
        for z in [-700.0, -41.0, -39.0, -3.0, 0.0, 1.0, 2.0, 50.0, 1e5, 1e300] {
            let omega = wright_omega(z);
            let scale = 1.0 + z.abs();
            assert!((omega + omega.ln() - z).abs() < 1e-15 * scale * 4.0, "{z}: {omega}");
        }
        // The constant Ω = W(1), of the Encyclopedia of Integer Sequences (A030178).
        assert!((wright_omega(0.0) - 0.567_143_290_409_784).abs() < 1e-15);
    }

    #[test]
    fn infinite_divergences_are_attained_too() {
        let (p, q) = ([0.5, 0.5], [1.0, 0.0]);
        let best = [0.5, f64::INFINITY].map(|u| D::ChiSquared.slope(u));
        assert_eq!(D::ChiSquared.bound(&p, &q, &best), f64::INFINITY);
        assert_eq!(D::TotalVariation.bound(&p, &q, &[0.7, 0.0]), f64::NEG_INFINITY);
    }

    #[test]
    fn outputs_of_any_size_cost_a_finite_amount_where_the_domain_ends() {
        for f in [D::JensenShannon, D::TotalVariation, D::LeastSquares, D::ReverseKullbackLeibler] {
            let (value, slope) = f.conjugate_of_activation(700.0);
            assert!(value.is_finite() && slope.is_finite(), "{f:?}: {value} {slope}");
        }
    }
}
