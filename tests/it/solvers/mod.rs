//! Exact solvers: the list that the tests run through, and how each answer is judged.
//!
//! A new solver is one more line in [`methods`].

mod cases;
mod extremes;
mod options;
#[path = "../../strict/oracle.rs"]
mod oracle;
mod properties;
mod shortlist;
mod stress;

use deblais::certificate::Certificate;
use deblais::problem::OtProblem;
use deblais::solvers::assignment::Assignment;
use deblais::solvers::line::Line;
use deblais::solvers::lp::{Backend, GenericLp};
use deblais::solvers::network_simplex::{NetworkSimplex, SparseSimplex};
use deblais::solvers::{SolveError, Solver};
use deblais::tolerance;

/// A solver under test.
pub(crate) struct Method {
    /// What failures are reported as.
    pub(crate) label: &'static str,
    /// Whether it claims an exact optimum; otherwise a gap that is small on the scale of the costs.
    pub(crate) exact: bool,
    solver: Box<dyn Solver>,
    /// Larger problems than this (n·m) are left to others, to keep the tests fast.
    cells: usize,
}

/// Every solver there is.
pub(crate) fn methods() -> Vec<Method> {
    let mut methods = vec![
        exact("line", Line),
        exact("simplex", NetworkSimplex),
        exact("shortlist", SparseSimplex::default()),
        exact("shortlist on many levels", SparseSimplex { coarsest: 3 }),
        exact("assignment", Assignment),
    ];
    methods.extend(Backend::all().iter().map(|&backend| Method {
        label: backend.name(),
        exact: false,
        solver: Box::new(GenericLp { backend }),
        cells: 60_000,
    }));
    methods
}

fn exact(label: &'static str, solver: impl Solver + 'static) -> Method {
    Method { label, exact: true, solver: Box::new(solver), cells: usize::MAX }
}

impl Method {
    /// Solves the problem and checks what every answer must satisfy: the method finished, its
    /// plan has the right marginals, its bracket is as narrow as it claims. `None` if the method
    /// does not apply.
    pub(crate) fn judge(&self, problem: &OtProblem) -> Option<Certificate> {
        if problem.n() * problem.m() > self.cells {
            return None;
        }
        let solution = match self.solver.solve(problem, &mut ()) {
            Ok(solution) => solution,
            Err(SolveError::NotApplicable { .. } | SolveError::TooLarge { .. }) => return None,
            Err(error) => panic!("{}: {error}", self.label),
        };
        assert!(solution.termination.is_complete(), "{}", self.label);
        let c = solution.certify(problem).certificate;
        assert!(c.lower <= c.upper, "{}: {c:?}", self.label);
        assert!(c.gap <= self.slack(problem, c.upper), "{}: {c:?}", self.label);
        if self.exact {
            assert!(c.is_optimal(), "{}: {c:?}", self.label);
            let rounding = 16.0 * f64::EPSILON * problem.total();
            assert!(c.source_residual + c.target_residual <= rounding, "{}: {c:?}", self.label);
        }
        Some(c)
    }

    /// Judges the answer and compares it with the exact optimum, to a relative 1e-11.
    pub(crate) fn check(&self, problem: &OtProblem, truth: f64) -> bool {
        let Some(c) = self.judge(problem) else { return false };
        let slack = self.slack(problem, truth);
        let context = || format!("{}: the truth is {truth}, {c:?}", self.label);
        assert!((c.upper - truth).abs() <= slack, "{}", context());
        // The bracket holds up to the rounding of the truth.
        let rounding = 1e-11 * truth.abs();
        assert!(c.lower <= truth + rounding && truth - rounding <= c.upper, "{}", context());
        true
    }

    /// How far an upper bound may be from an optimum of the given size.
    pub(crate) fn slack(&self, problem: &OtProblem, value: f64) -> f64 {
        if self.exact {
            return tolerance::OPTIMAL * value.abs();
        }
        // An LP backend's dust is as large as its tolerance on the scaled problem.
        let cost = problem.cost();
        let mut buffer = vec![0.0; cost.m()];
        let largest = (0..cost.n()).fold(0.0_f64, |largest, i| {
            cost.row(i, &mut buffer).iter().fold(largest, |a, b| a.max(b.abs()))
        });
        1e-6 * value.abs() + 1e-8 * largest * problem.total()
    }
}
