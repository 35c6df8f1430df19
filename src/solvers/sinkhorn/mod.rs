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
//! conjugate gradients, cut off early, and is taken if it raises D enough. ε comes down in
//! stages, each from the potentials of the one before.
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
//! **Failure modes.** The potentials are rounded to an ulp of the cost, so marginal errors below
//! about `1e-16·max|c|/ε` cannot be reached and such a tolerance ends at the iteration limit.
//! Where ε is far below the differences of cost that matter, the plan's support falls apart into
//! pieces that hardly exchange mass, and any method takes many steps; the answer is then that of
//! the last step, and the bracket says what it is worth.

mod epsilon;
mod newton;
mod schedule;

pub use epsilon::{Epsilon, typical_cost};

use std::ops::ControlFlow;

use thiserror::Error;

use self::newton::Newton;
use self::schedule::Stage;
use super::Termination;
use crate::certificate::{Certified, certify_gibbs};
use crate::gibbs::{GibbsPlan, GibbsTable, is_regularisation};
use crate::math;
use crate::potentials::Potentials;
use crate::problem::OtProblem;
use crate::progress::{Event, Observer};

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
    /// Passes over the table.
    pub iterations: u64,
    /// Products with the plan in Newton steps, each a pass over the table or over the cells that
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
        if self.tolerance.is_nan() || self.tolerance < 0.0 {
            return Err(SinkhornError::Tolerance { tolerance: self.tolerance });
        }
        let stored = problem.stored();
        let problem = stored.as_ref().unwrap_or(problem);
        let typical = typical_cost(problem);
        let epsilon = self.epsilon.resolve(typical);
        if !is_regularisation(epsilon) {
            return Err(SinkhornError::Epsilon { epsilon });
        }
        let table = GibbsTable::new(problem.cost(), problem.source(), problem.target());
        let mut run =
            Run { table: &table, limit: self.max_iterations, iterations: 0, products: 0, observer };
        let mut at = run.start(schedule::first(epsilon, typical));
        let mut ended = ControlFlow::Continue(());
        for stage in schedule::stages(epsilon, typical, self.tolerance) {
            ended = run.stage(stage, &mut at);
            if ended.is_break() {
                break;
            }
        }
        Ok(run.finish(at, epsilon, ended))
    }
}

/// A point of the dual: g, and what a pass over the rows finds there.
#[derive(Debug, Clone)]
struct Iterate {
    epsilon: f64,
    f: Vec<f64>,
    g: Vec<f64>,
    /// Column sums r of the plan; rows are right.
    columns: Vec<f64>,
    /// `Σ |r − ν|`, masses as shares.
    error: f64,
    /// D(g), masses as shares.
    value: f64,
}

/// A run: the table, the counters and who watches.
struct Run<'a> {
    table: &'a GibbsTable<'a>,
    limit: u64,
    iterations: u64,
    products: u64,
    observer: &'a mut dyn Observer,
}

impl Run<'_> {
    /// From zero potentials.
    fn start(&mut self, epsilon: f64) -> Iterate {
        let cost = self.table.cost();
        self.evaluate(epsilon, vec![0.0; cost.m()], vec![0.0; cost.n()])
    }

    /// The main loop, at one ε.
    fn stage(&mut self, stage: Stage, at: &mut Iterate) -> ControlFlow<Termination> {
        if at.epsilon != stage.epsilon {
            *at =
                self.evaluate(stage.epsilon, std::mem::take(&mut at.g), std::mem::take(&mut at.f));
        }
        let mut newton = Newton::default();
        while at.error > stage.tolerance {
            self.observe()?;
            if self.iterations >= self.limit {
                return ControlFlow::Break(Termination::IterationLimit);
            }
            *at = match newton.step(self, at, stage.tolerance)? {
                Some(next) => next,
                None => self.sinkhorn_step(at),
            };
        }
        ControlFlow::Continue(())
    }

    /// One pass over the rows at g; `f` is a hint.
    fn evaluate(&mut self, epsilon: f64, g: Vec<f64>, mut f: Vec<f64>) -> Iterate {
        let columns = self.table.sweep(epsilon, &g, &mut f);
        self.iterations += 1;
        let (source, target) = (self.table.source(), self.table.target());
        let error = columns.iter().zip(target).map(|(r, w)| (r - w).abs()).sum();
        let value = math::dot(source.iter().chain(target), f.iter().chain(&g));
        Iterate { epsilon, f, g, columns, error, value }
    }

    /// `g ← g + ε log(ν/r)`; where no row reaches a column, its soft c-transform.
    fn sinkhorn_step(&mut self, at: &Iterate) -> Iterate {
        /// Column sums below this have lost digits to underflow.
        const REACHED: f64 = 1e-280;
        let mut f = at.f.clone();
        let target = self.table.target();
        let unreached = at
            .columns
            .iter()
            .zip(target)
            .any(|(&r, &w)| w > 0.0 && (r < REACHED || r / w < REACHED));
        let g = if unreached {
            self.table.soft_to_target(at.epsilon, &mut f)
        } else {
            let step = |((g, r), w): ((&f64, &f64), &f64)| {
                if *w > 0.0 { g + at.epsilon * (w / r).ln() } else { *g }
            };
            at.g.iter().zip(&at.columns).zip(target).map(step).collect()
        };
        self.evaluate(at.epsilon, g, f)
    }

    fn observe(&mut self) -> ControlFlow<Termination> {
        let event = Event { phase: "balancing", iterations: self.iterations, cost: None };
        self.observer.observe(&event).map_break(Termination::from)
    }

    /// The answer, at the ε asked for wherever the run ended.
    fn finish(
        mut self,
        mut at: Iterate,
        epsilon: f64,
        ended: ControlFlow<Termination>,
    ) -> Entropic {
        if at.epsilon != epsilon {
            at = self.evaluate(epsilon, at.g, at.f);
        }
        if self.table.target().contains(&0.0) {
            let transform = self.table.soft_to_target(epsilon, &mut at.f);
            for ((g, soft), &w) in at.g.iter_mut().zip(transform).zip(self.table.target()) {
                if w == 0.0 {
                    *g = soft;
                }
            }
        }
        let termination = match ended {
            ControlFlow::Continue(()) => Termination::ToleranceReached,
            ControlFlow::Break(why) => why,
        };
        Entropic {
            plan: GibbsPlan::new(Potentials::from_finite(at.f.into(), at.g.into()), epsilon),
            entropic_cost: self.table.total() * at.value,
            marginal_error: at.error,
            iterations: self.iterations,
            products: self.products,
            termination,
        }
    }
}
