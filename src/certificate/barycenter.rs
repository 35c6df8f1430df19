//! The bracket on the least value of `Σ_k w_k·OT(ν, μ_k)` over all ν on a fixed support.
//!
//! Any ν bounds the least value from above, if every transport from it is bounded from above. From
//! below, any target potentials `g_k` do: with `f_k(i) = min_j c_k(i, j) − g_k(j)`, weak duality gives
//! `OT(ν, μ_k) ≥ Σ_i ν_i f_k(i) + Σ_j μ_k(j) g_k(j)` for every ν, and a mean over ν is at least the
//! minimum over the support. So
//!
//! ```text
//! min_i Σ_k w_k f_k(i) + Σ_k w_k Σ_j μ_k(j) g_k(j)  ≤  min_ν Σ_k w_k OT(ν, μ_k)
//! ```
//!
//! The proof with all roundings is in `docs/theory/certificate.md`.

use ndarray::Array1;
use num_bigint::BigInt;

use super::Certificate;
use super::lower::{TwoWords, row_minima};
use crate::cost::Cost;
use crate::math::exact::{ExactSum, UNIT_EXPONENT, quotient_above, quotient_below};
use crate::measure::{Marginal, Natural};
use crate::progress::never;

/// One measure μ of a barycenter problem. Its total is 1, and no mass is 0.
#[derive(Clone, Copy)]
pub struct BarycenterTerm<'a> {
    /// The costs c between the support of the barycenter (rows) and the points of μ (columns), shape
    /// (N, n).
    pub cost: &'a dyn Cost,
    /// μ, shape (n,).
    pub target: &'a Marginal,
}

/// A lower bound of the objective of a barycenter problem.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BarycenterLower {
    /// At most the least value; −∞ if a potential is not finite.
    pub value: f64,
    /// `max_i (−Σ_k w_k f_k(i))⁺`, rounded: the amount by which potentials with `Σ_k w_k f_k ≥ 0` were
    /// missed.
    pub violation: f64,
}

/// The lower bound that target potentials prove, one vector (n,) for each measure, for weights in
/// proportion to their exact sum. O(N·Σn) time, parallel.
///
/// # Panics
/// If there are not as many weights and potentials as measures.
#[must_use]
pub fn barycenter_lower(
    terms: &[BarycenterTerm<'_>],
    weights: &Marginal,
    potentials: &[Array1<f64>],
) -> BarycenterLower {
    assert_eq!((terms.len(), terms.len()), (weights.weights().len(), potentials.len()));
    let pairs = terms.iter().zip(potentials);
    let source: Vec<Vec<TwoWords>> =
        pairs.map(|(term, g)| row_minima(term.cost, g.view(), None, &never)).collect();
    // None, a sum that is not known, is less than all others.
    let least = (0..terms[0].cost.n()).map(|i| source_sum(&source, weights, i)).min().flatten();
    let target = target_sum(terms, weights, potentials);
    let Some((least, target)) = least.zip(target) else {
        return BarycenterLower { value: f64::NEG_INFINITY, violation: 0.0 };
    };
    let Natural { number, exponent } = weights.sum_of_weights();
    let mean_below = |sum: &BigInt| quotient_below(sum, &number, UNIT_EXPONENT - exponent);
    let violation = (-mean_below(&least)).max(0.0);
    BarycenterLower { value: mean_below(&(least + target)), violation }
}

/// `Σ_k w_k f_k(i)`, exact; `None` if it is not known.
fn source_sum(source: &[Vec<TwoWords>], weights: &Marginal, i: usize) -> Option<BigInt> {
    let mut sum = ExactSum::default();
    for (f, &weight) in source.iter().zip(weights.weights()) {
        let (high, low) = f[i];
        if !(high.is_finite() && low.is_finite()) {
            return None;
        }
        sum.add_product(weight, high);
        sum.add_product(weight, low);
    }
    Some(sum.to_integer())
}

/// At most `Σ_k w_k Σ_j μ_k(j) g_k(j)`: each inner sum is rounded down once; `None` if one is not known.
fn target_sum(
    terms: &[BarycenterTerm<'_>],
    weights: &Marginal,
    potentials: &[Array1<f64>],
) -> Option<BigInt> {
    let mut sum = ExactSum::default();
    for ((term, g), &weight) in terms.iter().zip(potentials).zip(weights.weights()) {
        let mut inner = ExactSum::default();
        for (&mass, &g) in term.target.weights().iter().zip(g) {
            if !g.is_finite() {
                return None;
            }
            inner.add_product(mass, g);
        }
        let Natural { number, exponent } = term.target.sum_of_weights();
        let mean = quotient_below(&inner.to_integer(), &number, UNIT_EXPONENT - exponent);
        if mean == f64::NEG_INFINITY {
            return None;
        }
        sum.add_product(weight, mean);
    }
    Some(sum.to_integer())
}

/// The bracket on `Σ_k w_k·OT(ν, μ_k)` from those of the transports from one ν, for weights in
/// proportion to their exact sum. Residuals and violations are added up.
///
/// # Panics
/// If there are not as many weights as transports.
#[must_use]
pub fn mean_certificate(weights: &Marginal, transports: &[Certificate]) -> Certificate {
    assert_eq!(weights.weights().len(), transports.len());
    let Natural { number, exponent } = weights.sum_of_weights();
    let sum = |bound: fn(&Certificate) -> f64| {
        let mut sum = ExactSum::default();
        for (transport, &weight) in transports.iter().zip(weights.weights()) {
            let bound = bound(transport);
            if !bound.is_finite() {
                return None;
            }
            sum.add_product(weight, bound);
        }
        Some(sum.to_integer())
    };
    let lower = sum(|transport| transport.lower);
    let upper = sum(|transport| transport.upper);
    let exponent = UNIT_EXPONENT - exponent;
    let total = |part: fn(&Certificate) -> f64| transports.iter().map(part).sum();
    Certificate::new(
        lower.map_or(f64::NEG_INFINITY, |sum| quotient_below(&sum, &number, exponent)),
        upper.map_or(f64::INFINITY, |sum| quotient_above(&sum, &number, exponent)),
        (
            total(|transport| transport.source_residual),
            total(|transport| transport.target_residual),
        ),
        total(|transport| transport.dual_violation),
    )
}

/// The bracket on the least value from a lower bound and the [mean](mean_certificate) of the transports
/// from any ν.
#[must_use]
pub fn barycenter_certificate(lower: BarycenterLower, at_nu: &Certificate) -> Certificate {
    let residuals = (at_nu.source_residual, at_nu.target_residual);
    Certificate::new(lower.value, at_nu.upper, residuals, lower.violation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::CostMatrix;
    use crate::problem::OtProblem;
    use crate::seed::Seed;
    use crate::solvers::Solver;
    use crate::solvers::network_simplex::NetworkSimplex;
    use ndarray::{Array2, array};
    use rand::Rng as _;

    /// Two measures at the ends of three points on the line, squared distances: ν in the middle costs
    /// 1 from each.
    #[test]
    fn the_middle_is_proved() {
        let (to_left, to_right) = (array![[0.0], [1.0], [4.0]], array![[4.0], [1.0], [0.0]]);
        let costs = [to_left, to_right].map(|costs| CostMatrix::new(costs).unwrap());
        let one = Marginal::uniform(1);
        let terms = costs.each_ref().map(|cost| BarycenterTerm { cost, target: &one });
        let weights = Marginal::new(array![3.0, 3.0]).unwrap();
        // f_1 = (−2, −1, 2) and f_2 = (2, −1, −2) for g = 2: the sum is least in the middle.
        let lower = barycenter_lower(&terms, &weights, &[array![2.0], array![2.0]]);
        assert_eq!(lower, BarycenterLower { value: 1.0, violation: 1.0 });
        // A third of the weights cannot be stored.
        let weights = Marginal::new(array![1.0, 2.0]).unwrap();
        let lower = barycenter_lower(&terms, &weights, &[array![0.0], array![0.0]]).value;
        assert_eq!(lower, 1.0);
        let far = barycenter_lower(&terms, &weights, &[array![0.0], array![1e300]]).value;
        assert_eq!(far, 1.0);
        let none = barycenter_lower(&terms, &weights, &[array![0.0], array![f64::INFINITY]]).value;
        assert_eq!(none, f64::NEG_INFINITY);
    }

    /// Any potentials against any ν, on costs and masses of many sizes.
    #[test]
    fn no_potentials_prove_more_than_any_measure_costs() {
        for seed in 0..300 {
            let mut stream = Seed(seed).stream("barycenter");
            let mut draw =
                || stream.random_range(0.1..1.0) * 2.0_f64.powi(stream.random_range(-20..20));
            let (n, m) = (3, 2);
            let costs = [(); 3].map(|()| {
                CostMatrix::new(Array2::from_shape_simple_fn((n, m), &mut draw)).unwrap()
            });
            let mut masses = |count| {
                Marginal::normalized(Array1::from_shape_simple_fn(count, &mut draw)).unwrap()
            };
            let targets = [masses(m), masses(m), masses(m)];
            let (nu, weights) = (masses(n), masses(3));
            let terms: Vec<_> = costs
                .iter()
                .zip(&targets)
                .map(|(cost, target)| BarycenterTerm { cost, target })
                .collect();
            let potentials = [(); 3].map(|()| Array1::from_shape_simple_fn(m, &mut draw));
            let transports: Vec<_> = terms
                .iter()
                .map(|term| {
                    let cost = Box::new(term.cost);
                    let problem =
                        OtProblem::between(nu.clone(), term.target.clone(), cost, 0.0).unwrap();
                    NetworkSimplex.solve(&problem, &mut ()).unwrap().certify(&problem).certificate
                })
                .collect();
            let at_nu = mean_certificate(&weights, &transports);
            let lower = barycenter_lower(&terms, &weights, &potentials);
            assert!(lower.value <= at_nu.upper, "seed {seed}");
            let zero = barycenter_lower(&terms, &weights, &[(); 3].map(|()| Array1::zeros(m)));
            assert!(0.0 < zero.value && zero.value <= at_nu.upper, "seed {seed}");
            assert!(barycenter_certificate(lower, &at_nu).gap >= 0.0);
        }
    }

    #[test]
    fn a_mean_is_rounded_outward() {
        let bounds = |lower, upper| Certificate::new(lower, upper, (0.0, 0.0), 0.0);
        let weights = Marginal::new(array![1.0, 1.0, 1.0]).unwrap();
        let c = mean_certificate(&weights, &[bounds(1.0, 1.0), bounds(0.0, 0.0), bounds(0.0, 0.0)]);
        assert_eq!((c.lower, c.upper), ((1.0_f64 / 3.0), (1.0_f64 / 3.0).next_up()));
        let open = mean_certificate(&weights, &[bounds(0.0, f64::INFINITY); 3]);
        assert_eq!((open.lower, open.upper), (0.0, f64::INFINITY));
    }
}
