//! Bhattacharyya's distance.
//!
//! ```text
//! D_B(P, Q) = −ln Σ √(p q) = ½ R_½(P‖Q) = −ln(1 − H²)
//! ```
//!
//! with Rényi's divergence of order ½ and H² the squared Hellinger distance. Symmetric, infinite for
//! disjoint measures; no metric. O(cells).
//!
//! Reference: Bhattacharyya 1943, "On a measure of divergence between two statistical populations
//! defined by their probability distributions", Bull. Calcutta Math. Soc. 35.

use super::renyi;

/// `−ln Σ √(p q)` of masses on the same cells; either side is scaled to a total of 1.
///
/// # Panics
/// If there are not as many masses on either side, or one side has none that is positive.
#[must_use]
pub fn bhattacharyya(p: &[f64], q: &[f64]) -> f64 {
    0.5 * renyi(0.5, p, q)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::divergence::FDivergence;

    #[test]
    fn it_is_a_function_of_hellingers_distance() {
        let (p, q) = ([0.5, 0.3, 0.2], [0.1, 0.6, 0.3]);
        let hellinger = FDivergence::SquaredHellinger.between(&p, &q);
        assert!((bhattacharyya(&p, &q) + (-hellinger).ln_1p()).abs() < 1e-15);
        assert!((bhattacharyya(&p, &q) - bhattacharyya(&q, &p)).abs() < 1e-15);
    }
}
