//! Search for an ε at which the bracket on the exact cost has a given width.
//!
//! ```text
//! find ε and δ with (upper − lower) / |upper| ≤ G,
//!     upper: the cost of the plan at ε, to a marginal error δ, rounded to its marginals
//!     lower: the value of its potentials, made feasible by c-transforms
//! ```
//!
//! **Idea.** Two things keep the bounds apart. Entropy does so about in proportion to ε (faster,
//! once ε is below the differences of cost that decide which plan is best); the marginal error
//! does so by the mass δ·T that rounding has to place anew, at up to max|c| each. So δ is set to
//! where it cannot matter, a quarter of the gap wanted, and ε by the measured gaps: the first
//! step assumes proportion, later ones the slope that the last two solves showed on a log–log
//! scale. Each solve comes
//! down from a large ε again: a leap of more than a factor of four takes more steps than that.
//!
//! **Complexity.** A few solves, and a certificate (about five passes) after each. On 120×90
//! points in the plane, from the default ε: two solves to a relative gap of 1e-2 or 1e-3, three to
//! 1e-4.
//!
//! **Reference.** For the gap's proportion to ε: Carlier, Pegon, Tamanini 2023, "Convergence rate
//! of general entropic optimal transport costs", Calc. Var. 62.
//!
//! **Failure modes.** Where G asks for an ε that is itself below the rounding of the costs, the
//! search ends at a limit with the best bracket it has seen.

use rayon::prelude::*;

use super::{Entropic, Epsilon, Sinkhorn, SinkhornError};
use crate::certificate::Certified;
use crate::math;
use crate::potentials::Potentials;
use crate::problem::OtProblem;
use crate::progress::Observer;
use crate::solvers::SolveOptions;
use crate::solvers::Termination;

/// ε is multiplied by a factor in this range from solve to solve: too small an ε takes longer than
/// another solve.
const EPSILON_FACTORS: std::ops::RangeInclusive<f64> = 1.0 / 64.0..=0.5;

/// The gap aimed at, as a share of the required gap.
const AIMED_GAP_SHARE: f64 = 0.7;

/// Range of the assumed slope of log(gap) in log(ε).
const GAP_SLOPES: std::ops::RangeInclusive<f64> = 0.8..=4.0;

/// The share of the gap that the marginal error may cause.
const MARGINAL_ERROR_SHARE: f64 = 0.25;

/// The least tolerance: smaller marginal errors are sums of roundings.
const LEAST_TOLERANCE: f64 = 1e-13;

/// The least ε, as a share of `max|c|`: below it exponents are dominated by rounding.
const LEAST_EPSILON_SHARE: f64 = 1e-14;

impl Sinkhorn {
    /// Lowers ε from [`Sinkhorn::epsilon`] until the bracket on the exact cost is `gap` wide,
    /// relative to its upper end ([`Certificate::relative_gap`]).
    ///
    /// Returns the answer with the narrowest bracket, at the ε it was found with, and that
    /// bracket. Passes and products are those of all solves together, and
    /// [`Sinkhorn::max_iterations`] limits the passes of all. The termination is
    /// [`Termination::ToleranceReached`] if the bracket is narrow enough; else it says what came
    /// first, and `IterationLimit` also where a lower ε would only round.
    ///
    /// [`Certificate::relative_gap`]: crate::certificate::Certificate::relative_gap
    ///
    /// # Errors
    /// [`SinkhornError`] for a gap that is not positive, or an ε or a tolerance that makes no
    /// sense.
    pub fn solve_to_gap(
        &self,
        problem: &OtProblem,
        gap: f64,
    ) -> Result<(Entropic, Certified), SinkhornError> {
        self.search_gap(problem, gap, None, &mut ())
    }

    /// [`Sinkhorn::solve_to_gap`] within the limits of `options`; see [`Sinkhorn::solve_with`].
    ///
    /// # Errors
    /// [`SinkhornError`].
    pub fn solve_to_gap_with(
        &self,
        problem: &OtProblem,
        gap: f64,
        options: &SolveOptions<'_>,
    ) -> Result<(Entropic, Certified), SinkhornError> {
        let mut observer = options.watch(options.clock().end);
        options.on_threads(|| self.search_gap(problem, gap, options.start, &mut observer))?
    }

    fn search_gap(
        &self,
        problem: &OtProblem,
        gap: f64,
        start: Option<&Potentials>,
        observer: &mut dyn Observer,
    ) -> Result<(Entropic, Certified), SinkhornError> {
        if gap.is_nan() || gap <= 0.0 {
            return Err(SinkhornError::Gap { gap });
        }
        let largest = largest_cost(problem);
        let mut solver = *self;
        let mut answer = solver.run(problem, start, observer)?;
        let mut best = (answer.clone(), answer.certify(problem));
        let mut measured = best.1.certificate;
        let (mut iterations, mut products) = (answer.iterations, answer.products);
        let mut descent = EpsilonDescent { gap, before: None };
        let termination = loop {
            if best.1.certificate.relative_gap() <= gap {
                break Termination::ToleranceReached;
            }
            if !answer.termination.is_complete() {
                break answer.termination;
            }
            let factor = descent.factor(answer.plan.epsilon(), measured.relative_gap());
            let epsilon = factor * answer.plan.epsilon();
            if epsilon < LEAST_EPSILON_SHARE * largest || iterations >= self.max_iterations {
                break Termination::IterationLimit;
            }
            let total = math::sum(problem.source());
            let allowed = MARGINAL_ERROR_SHARE * gap * measured.upper.abs() / (total * largest);
            solver.epsilon = Epsilon::Absolute(epsilon);
            solver.tolerance = allowed.max(LEAST_TOLERANCE).min(self.tolerance);
            solver.max_iterations = self.max_iterations - iterations;
            answer = match solver.run(problem, None, observer) {
                Err(SinkhornError::Overflow { .. }) => break Termination::IterationLimit,
                answer => answer?,
            };
            iterations += answer.iterations;
            products += answer.products;
            if matches!(answer.termination, Termination::TimeLimit | Termination::Stopped) {
                // Stopped: return the best answer that has been certified.
                break answer.termination;
            }
            let judged = answer.certify(problem);
            measured = judged.certificate;
            if measured.relative_gap() < best.1.certificate.relative_gap() {
                best = (answer.clone(), judged);
            }
        };
        let (answer, certified) = best;
        Ok((Entropic { iterations, products, termination, ..answer }, certified))
    }
}

/// Chooses the next ε.
struct EpsilonDescent {
    /// The required relative gap.
    gap: f64,
    /// ε and relative gap of the solve before the last.
    before: Option<(f64, f64)>,
}

impl EpsilonDescent {
    /// The factor to multiply ε by, after a solve at `epsilon` with relative gap `gap`.
    fn factor(&mut self, epsilon: f64, gap: f64) -> f64 {
        let slope = self.before.replace((epsilon, gap)).map_or(1.0, |(last_epsilon, last_gap)| {
            (last_gap / gap).ln() / (last_epsilon / epsilon).ln()
        });
        let slope =
            if slope.is_nan() { 1.0 } else { slope.clamp(*GAP_SLOPES.start(), *GAP_SLOPES.end()) };
        (AIMED_GAP_SHARE * self.gap / gap)
            .powf(1.0 / slope)
            .clamp(*EPSILON_FACTORS.start(), *EPSILON_FACTORS.end())
    }
}

/// `max |c(i, j)|` between atoms with mass.
fn largest_cost(problem: &OtProblem) -> f64 {
    let (source, target) = (problem.source(), problem.target());
    let of_row = |buffer: &mut Vec<f64>, i: usize| {
        let row = problem.cost().row(i, buffer).iter().zip(target);
        row.map(|(c, &w)| if w > 0.0 { c.abs() } else { 0.0 }).fold(0.0, f64::max)
    };
    (0..problem.n())
        .into_par_iter()
        .filter(|&i| source[i] > 0.0)
        .map_init(|| vec![0.0; problem.m()], of_row)
        .reduce(|| 0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_epsilon_follows_the_measured_gaps() {
        let mut first = EpsilonDescent { gap: 1e-2, before: None };
        assert!((first.factor(1.0, 0.1) - 0.07).abs() < 1e-15, "in proportion");
        let mut far = EpsilonDescent { gap: 1e-9, before: None };
        assert_eq!(far.factor(1.0, 0.5), *EPSILON_FACTORS.start());
        assert_eq!(far.factor(0.5, f64::INFINITY), *EPSILON_FACTORS.start());
        let mut near = EpsilonDescent { gap: 0.1, before: None };
        assert_eq!(near.factor(1.0, 0.11), *EPSILON_FACTORS.end());
        // Half the ε has brought a quarter of the gap: the square root of what is left will do.
        let mut steep = EpsilonDescent { gap: 0.01, before: Some((0.2, 0.8)) };
        assert!((steep.factor(0.1, 0.2) - 0.035_f64.sqrt()).abs() < 1e-12);
    }
}
