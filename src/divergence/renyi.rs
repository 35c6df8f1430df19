//! Rényi's divergence.
//!
//! ```text
//! R_α(P‖Q) = ln(Σ p^α q^(1−α))/(α − 1),   α ≥ 0
//!     α = 0: −ln Q(p > 0)     α = 1: KL(P‖Q)     α = ∞: ln max p/q
//! ```
//!
//! **Idea.** `Σ p^α q^(1−α) = 1 + α(α−1)·D_α` with the α-divergence, so that of measures that are
//! close, whose sum is almost 1, `ln_1p` keeps the digits that the sum has lost. `R_α` does not fall
//! with α; it is infinite for disjoint measures, and from α = 1 on wherever P has mass and Q none.
//!
//! **Complexity.** O(cells).
//!
//! **References.** Rényi 1961, "On measures of entropy and information", Proc. 4th Berkeley Symp.;
//! van Erven, Harremoës 2014, "Rényi divergence and Kullback–Leibler divergence", IEEE Trans. Inf.
//! Theory 60.

use super::FDivergence;
use super::f_divergence::totals;
use crate::math::{self, NeumaierSum};

/// `R_α(P‖Q)` of masses on the same cells, in nats; either side is scaled to a total of 1.
///
/// # Panics
/// If α is negative or NaN, there are not as many masses on either side, or one side has none that
/// is positive.
#[must_use]
pub fn renyi(alpha: f64, p: &[f64], q: &[f64]) -> f64 {
    assert!(alpha >= 0.0, "the order α = {alpha} is not ≥ 0");
    let (p_total, q_total) = totals(p, q);
    let cells = || p.iter().zip(q).map(|(p, q)| (p / p_total, q / q_total));
    if alpha == 0.0 {
        let covered: Vec<f64> = cells().filter(|cell| cell.0 > 0.0).map(|cell| cell.1).collect();
        return -math::sum(&covered).min(1.0).ln();
    }
    if alpha == 1.0 {
        return FDivergence::KullbackLeibler.between(p, q);
    }
    if alpha > 1.0 && cells().any(|(p, q)| p > 0.0 && q == 0.0) {
        return f64::INFINITY;
    }
    let common = || cells().filter(|&(p, q)| p > 0.0 && q > 0.0);
    let log_ratios = common().map(|(p, q)| p.ln() - q.ln());
    if alpha == f64::INFINITY {
        return log_ratios.fold(f64::NEG_INFINITY, f64::max).max(0.0);
    }
    // The largest exponent is factored out, so that no power of a ratio overflows.
    let exponents = || common().map(|(p, q)| alpha * p.ln() + (1.0 - alpha) * q.ln());
    let largest = exponents().fold(f64::NEG_INFINITY, f64::max);
    if largest == f64::NEG_INFINITY {
        return f64::INFINITY;
    }
    let sum: NeumaierSum = exponents().map(|exponent| (exponent - largest).exp()).collect();
    let log = largest + sum.value().ln();
    let close = log.abs() < 0.5;
    let log = if close {
        (alpha * (alpha - 1.0) * FDivergence::Alpha(alpha).between(p, q)).ln_1p()
    } else {
        log
    };
    (log / (alpha - 1.0)).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const P: [f64; 3] = [0.5, 0.3, 0.2];
    const Q: [f64; 3] = [0.1, 0.6, 0.3];

    #[test]
    fn special_orders_are_the_limits_of_their_neighbors() {
        for (order, near) in [(0.0, 1e-8), (1.0, 1.0 + 1e-6), (1.0, 1.0 - 1e-6)] {
            assert!((renyi(order, &P, &Q) - renyi(near, &P, &Q)).abs() < 1e-6, "{order}");
        }
        assert!((renyi(f64::INFINITY, &P, &Q) - 5.0_f64.ln()).abs() < 1e-15);
        assert!((renyi(1e4, &P, &Q) - 5.0_f64.ln()).abs() < 1e-3);
    }

    #[test]
    fn infinity_comes_where_the_supports_say_so() {
        let (whole, half) = ([0.5, 0.5], [1.0, 0.0]);
        assert_eq!(renyi(2.0, &whole, &half), f64::INFINITY);
        assert!((renyi(0.5, &whole, &half) - 2.0_f64.ln()).abs() < 1e-15);
        assert_eq!(renyi(0.5, &[0.0, 1.0], &half), f64::INFINITY);
        assert_eq!(renyi(0.0, &[0.0, 1.0], &half), f64::INFINITY);
    }

    #[test]
    fn it_grows_with_the_order() {
        let orders = [0.0, 0.1, 0.5, 0.9, 1.0, 1.5, 3.0, 30.0, f64::INFINITY];
        let values: Vec<f64> = orders.iter().map(|&alpha| renyi(alpha, &P, &Q)).collect();
        assert!(values.windows(2).all(|pair| pair[0] <= pair[1]), "{values:?}");
    }
}
