//! Which solver: named, or the fastest that is exact for the problem at hand.

use crate::plan::PlanArc;
use crate::potentials::Potentials;
use crate::problem::OtProblem;
use crate::solvers::Solver;
use crate::solvers::assignment::Assignment;
use crate::solvers::candidate_arcs::rough_duals::coarse_problems_help;
use crate::solvers::line::Line;
#[cfg(feature = "lp")]
use crate::solvers::lp::{Backend, GenericLp};
use crate::solvers::network_simplex::{NetworkSimplex, SimplexOptions, SparseSimplex, WithOptions};

/// A choice of solver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Method {
    /// The fastest that is exact for the problem.
    #[default]
    Auto,
    /// [`NetworkSimplex`].
    Simplex,
    /// [`SparseSimplex`].
    Shortlist,
    /// [`Assignment`].
    Assignment,
    /// [`Line`].
    Line,
    /// `GenericLp` with a backend.
    #[cfg(feature = "lp")]
    Lp(Backend),
}

impl Method {
    /// The solver for `problem`. A named method may not apply to it: then it says so when it
    /// solves.
    #[must_use]
    pub fn solver(self, problem: &OtProblem) -> Box<dyn Solver> {
        self.solver_with(problem, SimplexOptions::default())
    }

    /// [`Method::solver`] with options that the simplex methods read.
    #[must_use]
    pub fn solver_with<'a>(
        self,
        problem: &OtProblem,
        options: SimplexOptions<'a>,
    ) -> Box<dyn Solver + 'a> {
        match self.chosen_for(problem, &options) {
            Self::Auto | Self::Simplex => Box::new(WithOptions(NetworkSimplex, options)),
            Self::Shortlist => Box::new(WithOptions(SparseSimplex::default(), options)),
            Self::Assignment => Box::new(Assignment),
            Self::Line => Box::new(Line),
            #[cfg(feature = "lp")]
            Self::Lp(backend) => Box::new(GenericLp { backend }),
        }
    }

    /// The method by its name: what [`Method::Auto`] takes for `problem`, or the one named.
    #[must_use]
    pub fn chosen(self, problem: &OtProblem) -> Self {
        if self == Self::Auto { automatic(problem) } else { self }
    }

    /// [`Method::chosen`] with options that the simplex methods read: [`Method::Auto`] takes one of
    /// these in the place of [`Method::Assignment`] if there are any.
    #[must_use]
    pub fn chosen_for(self, problem: &OtProblem, options: &SimplexOptions<'_>) -> Self {
        match self.chosen(problem) {
            Self::Assignment if self == Self::Auto && options.are_any() => Self::Simplex,
            chosen => chosen,
        }
    }
}

/// Sizes from which it is worth trying on a sample whether assignment or simplex will be faster.
const TRIAL_FROM: usize = 1500;

/// Cells from which points in few dimensions are solved faster at several resolutions.
const SHORTLIST_FROM: usize = 1 << 19;

/// Cells from which points in many dimensions are solved faster without a table.
const SCREENED_FROM: usize = 1 << 22;

fn automatic(problem: &OtProblem) -> Method {
    let cells = problem.n().saturating_mul(problem.m());
    if problem.cost().is_sparse() {
        Method::Shortlist
    } else if problem.cost().convex_on_line().is_some() {
        Method::Line
    } else if problem.cost().is_searchable() && cells >= SHORTLIST_FROM
        || problem.cost().is_screened() && cells >= SCREENED_FROM
    {
        Method::Shortlist
    } else if !Assignment::applies_to(problem) {
        Method::Simplex
    } else if problem.n() >= TRIAL_FROM && coarse_problems_help(problem, &mut solve_smaller) {
        // Low dimension, where mass may travel far along rays of nearly equal arcs: there the
        // assignment solver's lists are renewed again and again.
        Method::Simplex
    } else {
        Method::Assignment
    }
}

fn solve_smaller(problem: &OtProblem) -> (Vec<PlanArc>, Potentials) {
    let method: &dyn Solver =
        if Assignment::applies_to(problem) { &Assignment } else { &NetworkSimplex };
    let solution = method.solve(problem, &mut ()).expect("the method applies");
    (solution.plan.arcs().to_vec(), solution.potentials)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::Euclidean;
    use crate::measure::DiscreteMeasure;
    use ndarray::{Array2, array};

    #[test]
    fn auto_takes_what_the_structure_allows() {
        let name = |source: Array2<f64>, target: Array2<f64>| {
            let measure = |support| DiscreteMeasure::uniform(support).unwrap();
            let problem = OtProblem::new(&measure(source), &measure(target), Euclidean).unwrap();
            Method::Auto.solver(&problem).name()
        };
        let pair = array![[1.0, 0.0], [2.0, 0.0]];
        assert_eq!(name(array![[1.0], [2.0]], array![[1.0]]), "line");
        assert_eq!(name(pair.clone(), pair.clone()), "assignment");
        assert_eq!(name(pair, array![[1.0, 0.0]]), "simplex");
    }
}
