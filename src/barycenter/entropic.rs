//! Entropic barycenters by iterative Bregman projections, for ε that decreases.
//!
//! # Problem
//! Minimize `Σ_k w_k (⟨C_k, γ_k⟩ + ε Σ_ij γ_k(i, j)(log γ_k(i, j) − 1))` over ν and plans `γ_k` from ν to
//! `μ_k`. For ε → 0 its ν are barycenters, and its potentials solve the dual problem: maximize
//! `Σ_k w_k Σ_j μ_k(j) g_k(j)` over `f_k(i) + g_k(j) ≤ c_k(i, j)` with `Σ_k w_k f_k = 0`.
//!
//! # Idea
//! The plans are `γ_k(i, j) = exp((f_k(i) + g_k(j) − c_k(i, j))/ε)`. A step projects them in turn on the
//! plans with the column sums `μ_k`, which is a soft c-transform, and on those with row sums that agree,
//! whose logarithm is the mean of the logarithms of the row sums: `f_k = t_k − Σ_l w_l t_l` with the soft
//! c-transforms `t_k` of `g_k`. Steps are taken longer than that, by a constant factor. Each ε starts from the
//! potentials of the last one, twice as large.
//!
//! # Complexity
//! The entries of the kernels a step ([`SoftTransform`]): at most 2·N·Σn, few for small ε.
//!
//! # Reference
//! Benamou, Carlier, Cuturi, Nenna, Peyré 2015, "Iterative Bregman projections for regularized
//! transportation problems", SIAM J. Sci. Comput. 37; Cuturi, Doucet 2014, "Fast computation of Wasserstein
//! barycenters", ICML; Thibault, Chizat, Dossal, Papadakis 2021, "Overrelaxed Sinkhorn–Knopp algorithm for
//! regularized optimal transport", Algorithms 14 (longer steps).
//!
//! # Failure modes
//! The number of steps grows as ε decreases; a gap of 1e-3 takes thousands.

use ndarray::Array1;

use super::soft_transform::{SoftTransform, entries};
use super::{BarycenterProblem, Term};

/// The length of a step by that of the projection.
const RELAXATION: f64 = 1.8;

/// Steps of the length of the projection at the first ε.
const PLAIN_STEPS: u64 = 10;

/// The first ε as a multiple of the largest cost.
const FIRST_EPSILON: f64 = 0.02;

/// Entries of all kernels together at the first ε, 8 bytes each: where there are more, ε starts smaller, down
/// to a multiple of the largest cost.
const MOST_ENTRIES: usize = 1 << 26;
const LEAST_FIRST_EPSILON: f64 = 1e-6;

/// The potentials of all measures at some ε.
pub(super) struct BregmanProjections<'a> {
    pub(super) epsilon: f64,
    pub(super) steps: u64,
    /// The mean of the L1 distances between ν and the row sums of the plans, at the last step.
    pub(super) disagreement: f64,
    /// ν, up to a factor near 1, shape (N,).
    pub(super) masses: Array1<f64>,
    measures: Vec<Side<'a>>,
}

/// The potentials of one measure.
struct Side<'a> {
    weight: f64,
    /// `log μ_j`.
    log_mass: Vec<f64>,
    to_support: SoftTransform<'a>,
    to_measure: SoftTransform<'a>,
    f: Vec<f64>,
    /// The soft c-transform of g.
    transform: Vec<f64>,
}

impl<'a> BregmanProjections<'a> {
    /// Zero potentials at the first ε.
    pub(super) fn new(problem: &'a BarycenterProblem, largest_cost: f64) -> Self {
        let mut epsilon = FIRST_EPSILON * largest_cost;
        let count = |epsilon| -> usize {
            let of_term =
                |term: &Term| entries(&*term.cost, epsilon) + entries(&*term.back, epsilon);
            problem.terms.iter().map(of_term).sum()
        };
        while epsilon > LEAST_FIRST_EPSILON * largest_cost && count(epsilon) > MOST_ENTRIES {
            epsilon /= 2.0;
        }
        let n = problem.support.len();
        let side = |(term, &weight): (&'a Term, &f64)| Side {
            weight,
            log_mass: term.target.mass().iter().map(|mass| mass.ln()).collect(),
            to_support: SoftTransform::new(&*term.cost),
            to_measure: SoftTransform::new(&*term.back),
            f: vec![0.0; n],
            transform: Vec::new(),
        };
        Self {
            epsilon,
            steps: 0,
            disagreement: f64::INFINITY,
            masses: Array1::zeros(n),
            measures: problem.terms.iter().zip(problem.weights.mass()).map(side).collect(),
        }
    }

    /// Both projections.
    pub(super) fn step(&mut self) {
        let epsilon = self.epsilon;
        let mut mean = vec![0.0; self.masses.len()];
        for side in &mut self.measures {
            let soft = side.to_measure.apply(&side.f, epsilon).into_iter();
            let g: Vec<f64> =
                soft.zip(&side.log_mass).map(|(soft, log)| soft + epsilon * log).collect();
            side.transform = side.to_support.apply(&g, epsilon);
            mean.iter_mut().zip(&side.transform).for_each(|(mean, t)| *mean += side.weight * t);
        }
        self.masses = mean.iter().map(|mean| (-mean / epsilon).exp()).collect();
        let relaxation = if self.steps < PLAIN_STEPS { 1.0 } else { RELAXATION };
        self.disagreement = 0.0;
        for side in &mut self.measures {
            let row_sums =
                side.f.iter().zip(&side.transform).map(|(f, t)| ((f - t) / epsilon).exp());
            let distance: f64 = row_sums.zip(&self.masses).map(|(sum, nu)| (sum - nu).abs()).sum();
            self.disagreement += side.weight * distance;
            for ((f, t), mean) in side.f.iter_mut().zip(&side.transform).zip(&mean) {
                *f += relaxation * (t - mean - *f);
            }
        }
        self.steps += 1;
    }

    /// `f_k` (N,) for each measure, with `Σ_k w_k f_k = 0` up to rounding.
    pub(super) fn potentials(&self) -> impl Iterator<Item = Array1<f64>> {
        self.measures.iter().map(|side| Array1::from(side.f.clone()))
    }
}
