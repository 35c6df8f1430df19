//! Entropic optimal transport.
//!
//! ```text
//! minimize Σ_ij γ_ij c(i, j) + ε·KL(γ | μ⊗ν/T) over plans γ with marginals μ, ν of total T,
//!     KL(γ | κ) = Σ γ log(γ/κ) − γ + κ
//! dual: maximize D(g) = Σ_i μ_i f_i + Σ_j ν_j g_j,
//!     f_i = −ε log Σ_j ν_j/T·exp((g_j − c(i, j))/ε)   (the soft c-transform of g)
//! plan: γ_ij = μ_i ν_j/T·exp((f_i + g_j − c(i, j))/ε)
//! ```
//!
//! **Idea.** The gradient of the concave D is ν − r, where r are the column sums of the plan, and
//! one pass over the rows yields f, r and D. Sinkhorn's step g ← g + ε log(ν/r) never lowers D
//! but is slow at small ε. Newton's step solves `(diag(r) − Pᵀ diag(1/μ) P) x = ν − r` by truncated
//! conjugate gradients (where they fail, and the table is small, by GTH elimination, which never
//! subtracts), and is accepted if it raises D enough. ε decreases in stages, each of which starts from
//! the potentials of the one before.
//!
//! **Complexity.** O(nm) for a pass. Sinkhorn's step is one pass; Newton's needs one more for every product
//! with P, or a pass over its large cells alone where these are few. O(n + m) memory beside the cost and
//! these cells, of which at most 8 million are stored.
//!
//! **References.** Cuturi 2013, "Sinkhorn distances: lightspeed computation of optimal
//! transport", NeurIPS; Peyré, Cuturi 2019, "Computational optimal transport", §4; Schmitzer 2019,
//! "Stabilized sparse scaling algorithms for entropy regularized transport problems", SIAM J. Sci.
//! Comput. 41 (log domain, ε-scaling); Brauer, Clason, Lorenz, Wirth 2017, "A Sinkhorn–Newton
//! method for entropic optimal transport" (Newton on the dual); Tang, Shavlovsky, Rahmanian,
//! Tardini, Thekumparampil, Xiao, Ying 2024, "Accelerating Sinkhorn algorithm with sparse Newton
//! iterations", ICLR (small cells are left out of the matrix).
//!
//! **Failure modes.** Where ε is below the rounding of the costs, exponents consist of rounding errors, and a
//! tight tolerance cannot be reached: the run ends as at an iteration limit once the error no longer
//! decreases. Where ε is far below the relevant differences of cost, the plan falls into pieces that
//! hardly exchange mass, and any method takes many steps. The answer is then that of the last step, and
//! the bracket says how good it is.

mod answer;
mod batch;
mod divergence;
mod dual;
mod epsilon;
mod epsilon_scaling;
mod gap_search;
mod gradients;
mod gth_elimination;
mod multiscale;
mod newton;
mod run;

pub use answer::{Entropic, SinkhornError};
pub use divergence::{DivergenceError, SinkhornDivergence};
pub use epsilon::{Epsilon, typical_cost};

use self::multiscale::SinkhornLevel;
use self::run::SinkhornRun;
use crate::gibbs::is_regularization;
use crate::potentials::Potentials;
use crate::problem::OtProblem;
use crate::progress::Observer;
use crate::solvers::SolveOptions;

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

impl Sinkhorn {
    /// Solves the problem; [`Entropic::certify`] gives the bracket.
    ///
    /// ```
    /// use deblais::ndarray::array;
    /// use deblais::solvers::sinkhorn::Sinkhorn;
    /// use deblais::{Euclidean, OtProblem};
    /// let problem = OtProblem::new(&array![[0.0], [1.0]], &array![[2.0], [5.0]], Euclidean)?;
    /// let answer = Sinkhorn::default().solve(&problem)?;
    /// let bracket = answer.certify(&problem).certificate;
    /// assert!(bracket.lower <= 3.0 && 3.0 <= bracket.upper);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`SinkhornError`] for an ε or a tolerance that makes no sense.
    pub fn solve(&self, problem: &OtProblem) -> Result<Entropic, SinkhornError> {
        self.run(problem, None, &mut ())
    }

    /// Solves the problem within the limits of `options`, which are heard at every pass; the method
    /// and the limit of memory are not read. Where the potentials to start from are far from the
    /// solution, the run starts from zero.
    ///
    /// # Errors
    /// [`SinkhornError`], also for potentials of another shape.
    pub fn solve_with(
        &self,
        problem: &OtProblem,
        options: &SolveOptions<'_>,
    ) -> Result<Entropic, SinkhornError> {
        let mut observer = options.watch(options.clock().end);
        options.on_threads(|| self.run(problem, options.start, &mut observer))?
    }

    fn run(
        &self,
        problem: &OtProblem,
        start: Option<&Potentials>,
        observer: &mut dyn Observer,
    ) -> Result<Entropic, SinkhornError> {
        if let Some(start) = start {
            start.check_shape((problem.n(), problem.m()))?;
        }
        if problem.cost().forbids() {
            return Err(SinkhornError::Forbidden);
        }
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
        // In few dimensions costs are computed faster than they are read, and a single stage rarely
        // reads a cost twice.
        let pays = orders.is_none() && epsilon_scaling::falls(epsilon, typical) > 0;
        let stored = if pays { problem.stored() } else { None };
        let problem = stored.as_ref().unwrap_or(problem);
        let levels = SinkhornLevel::all(problem, orders);
        let sizes: Vec<usize> = levels.iter().map(SinkhornLevel::size).collect();
        let stages = epsilon_scaling::stages(epsilon, typical, self.tolerance, &sizes);
        let tables: Vec<_> = levels.iter().map(SinkhornLevel::table).collect();
        // On a thread of the pool, so that no thread has to be woken for each pass.
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
