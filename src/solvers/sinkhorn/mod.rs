//! Entropic optimal transport.
//!
//! ```text
//! minimise Σ_ij γ_ij c(i, j) + ε·KL(γ | μ⊗ν/T) over plans γ with marginals μ, ν of total T,
//!     KL(γ | κ) = Σ γ log(γ/κ) − γ + κ
//! dual: maximise D(g) = Σ_i μ_i f_i + Σ_j ν_j g_j,
//!     f_i = −ε log Σ_j ν_j/T·exp((g_j − c(i, j))/ε)   (the soft c-transform of g)
//! plan: γ_ij = μ_i ν_j/T·exp((f_i + g_j − c(i, j))/ε)
//! ```
//!
//! **Idea.** The gradient of the concave D is ν − r, where r are the column sums of the plan, and
//! one pass over the rows yields f, r and D. Sinkhorn's step g ← g + ε log(ν/r) never lowers D
//! but crawls at small ε; Newton's step solves `(diag(r) − Pᵀ diag(1/μ) P) x = ν − r` by
//! conjugate gradients, cut off early (where they fail, and the table is small, by an elimination
//! without subtraction), and is taken if it raises D enough. ε comes down in stages, each from the potentials of the one before.
//!
//! **Complexity.** O(nm) for a pass; a step is one pass, a Newton step one more for every product
//! with P (or a pass over the cells that matter only, if they are few). O(n + m) memory beside
//! the cost and those cells, of which at most 8 million are kept.
//!
//! **References.** Cuturi 2013, "Sinkhorn distances: lightspeed computation of optimal
//! transport", NeurIPS; Peyré, Cuturi 2019, "Computational optimal transport", §4; Schmitzer 2019,
//! "Stabilized sparse scaling algorithms for entropy regularized transport problems", SIAM J. Sci.
//! Comput. 41 (log domain, ε-scaling); Brauer, Clason, Lorenz, Wirth 2017, "A Sinkhorn–Newton
//! method for entropic optimal transport" (Newton on the dual); Tang, Shavlovsky, Rahmanian,
//! Tardini, Thekumparampil, Xiao, Ying 2024, "Accelerating Sinkhorn algorithm with sparse Newton
//! iterations", ICLR (leaving small cells out of the matrix).
//!
//! **Failure modes.** Where ε is below the rounding of the costs, exponents are rounding, too, and a
//! tight tolerance is out of reach: the run ends as at an iteration limit once the error has
//! stopped falling.
//! Where ε is far below the differences of cost that matter, the plan's support falls apart into
//! pieces that hardly exchange mass, and any method takes many steps; the answer is then that of
//! the last step, and the bracket says what it is worth.

mod batch;
mod divergence;
mod epsilon;
mod epsilon_scaling;
mod gap_search;
mod gradients;
mod gth_elimination;
mod multiscale;
mod newton;
mod run;

pub use divergence::{DivergenceError, SinkhornDivergence};
pub use epsilon::{Epsilon, typical_cost};

use thiserror::Error;

use self::multiscale::SinkhornLevel;
use self::run::SinkhornRun;
use super::Termination;
use crate::certificate::{Certified, certify_gibbs};
use crate::gibbs::{GibbsPlan, is_regularization};
use crate::potentials::Potentials;
use crate::problem::OtProblem;
use crate::progress::Observer;

/// Entropic transport in the log domain; see the [module](self).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sinkhorn {
    /// The strength of the entropy.
    pub epsilon: Epsilon,
    /// `Σ_j |r_j − ν_j| / T` at which to stop; the row sums are right by construction.
    pub tolerance: f64,
    /// Passes over the table at which to give up, Newton's products not counted.
    pub max_iterations: u64,
}

impl Default for Sinkhorn {
    /// ε a hundredth of the typical cost, to a marginal error of 1e-6 of the mass.
    fn default() -> Self {
        Self { epsilon: Epsilon::Relative(0.01), tolerance: 1e-6, max_iterations: 10_000 }
    }
}

/// What cannot be asked for.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum SinkhornError {
    /// ε, in the units of the cost, or 1/ε is not a positive finite number.
    #[error("ε is {epsilon} in the units of the cost: it must be positive, and 1/ε finite")]
    Epsilon {
        /// The value asked for.
        epsilon: f64,
    },
    /// The tolerance is not a number ≥ 0.
    #[error("the tolerance is {tolerance}: it must be a number ≥ 0")]
    Tolerance {
        /// The value asked for.
        tolerance: f64,
    },
    /// Potentials leave the range of `f64`: the costs are of too many sizes for this ε.
    #[error(
        "the Sinkhorn iterations overflow: ε = {epsilon:e} is too small beside the largest costs"
    )]
    Overflow {
        /// ε in the units of the cost.
        epsilon: f64,
    },
    /// The width of the bracket wanted is not a number > 0.
    #[error("the gap is {gap}: it must be a number > 0")]
    Gap {
        /// The value asked for.
        gap: f64,
    },
    /// Potentials to start from that do not fit the problem.
    #[error(
        "{f} source and {g} target potentials to start from for {n} source and {m} target points"
    )]
    Start {
        /// Length of f.
        f: usize,
        /// Length of g.
        g: usize,
        /// Source points.
        n: usize,
        /// Target points.
        m: usize,
    },
}

/// The answer to an entropic problem.
#[derive(Debug, Clone, PartialEq)]
pub struct Entropic {
    /// The plan: potentials and ε.
    pub plan: GibbsPlan,
    /// `Σ μ_i f_i + Σ ν_j g_j`, the dual value: a lower bound of the least
    /// `⟨γ, C⟩ + ε·KL(γ | μ⊗ν/T)`, and equal to it at convergence (its error is of second order in
    /// the marginal error).
    pub entropic_cost: f64,
    /// `Σ_j |r_j − ν_j| / T` of the plan.
    pub marginal_error: f64,
    /// Passes over the table, or over one of lower resolution.
    pub iterations: u64,
    /// Products with the plan in Newton steps, each a pass over a table or over the cells that
    /// matter.
    pub products: u64,
    /// Why the solver stopped.
    pub termination: Termination,
}

impl Entropic {
    /// The bracket on the exact transport cost that this answer proves: below by the
    /// c-transform, above by the plan rounded to its marginals.
    ///
    /// # Panics
    /// If this is the answer to a problem of another shape.
    #[must_use]
    pub fn certify(&self, problem: &OtProblem) -> Certified {
        certify_gibbs(problem, &self.plan).expect("an answer has the shape of its problem")
    }
}

impl Sinkhorn {
    /// Solves the problem, reporting every pass to `observer`, which may stop it.
    ///
    /// # Errors
    /// [`SinkhornError`] for an ε or a tolerance that makes no sense.
    pub fn solve(
        &self,
        problem: &OtProblem,
        observer: &mut dyn Observer,
    ) -> Result<Entropic, SinkhornError> {
        self.run(problem, None, observer)
    }

    /// The same from potentials close to those sought, such as the answer to a similar problem
    /// or at a similar ε. Only g is read. Far ones do no harm: then it starts afresh.
    ///
    /// # Errors
    /// [`SinkhornError`], also for potentials of another shape.
    pub fn solve_from(
        &self,
        problem: &OtProblem,
        start: &Potentials,
        observer: &mut dyn Observer,
    ) -> Result<Entropic, SinkhornError> {
        let (n, m) = (problem.n(), problem.m());
        let (f, g) = (start.f().len(), start.g().len());
        if (f, g) != (n, m) {
            return Err(SinkhornError::Start { f, g, n, m });
        }
        self.run(problem, Some(start), observer)
    }

    fn run(
        &self,
        problem: &OtProblem,
        start: Option<&Potentials>,
        observer: &mut dyn Observer,
    ) -> Result<Entropic, SinkhornError> {
        if self.tolerance.is_nan() || self.tolerance < 0.0 {
            return Err(SinkhornError::Tolerance { tolerance: self.tolerance });
        }
        let epsilon = match self.epsilon {
            Epsilon::Absolute(epsilon) => epsilon,
            Epsilon::Relative(share) => share * typical_cost(problem),
        };
        if !is_regularization(epsilon) {
            return Err(SinkhornError::Epsilon { epsilon });
        }
        let typical = epsilon::rough_cost(problem);
        let orders = problem.cost().local_orders();
        // In few dimensions costs are computed faster than they are read; and a single stage
        // hardly ever asks for them twice.
        let pays = orders.is_none() && epsilon_scaling::falls(epsilon, typical) > 0;
        let stored = if pays { problem.stored() } else { None };
        let problem = stored.as_ref().unwrap_or(problem);
        let levels = SinkhornLevel::all(problem, orders);
        let sizes: Vec<usize> = levels.iter().map(SinkhornLevel::size).collect();
        let stages = epsilon_scaling::stages(epsilon, typical, self.tolerance, &sizes);
        let tables: Vec<_> = levels.iter().map(SinkhornLevel::table).collect();
        // On a thread of the pool, where nobody has to be woken up for each pass.
        let run = SinkhornRun::new(&levels, &tables, self.max_iterations, observer);
        let answer = rayon::scope(|_| run.solve(&stages, start));
        let potentials = answer.plan.potentials();
        let mut numbers = potentials.f().into_iter().chain(potentials.g());
        let is_number = numbers.all(|x| x.is_finite()) && answer.entropic_cost.is_finite();
        if is_number && answer.marginal_error.is_finite() {
            Ok(answer)
        } else {
            Err(SinkhornError::Overflow { epsilon })
        }
    }
}
