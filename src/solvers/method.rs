//! Which solver: named, or the fastest that is exact for the problem at hand.

use crate::problem::OtProblem;
use crate::solvers::Solver;
use crate::solvers::assignment::Assignment;
use crate::solvers::line::Line;
use crate::solvers::lp::{Backend, GenericLp};
use crate::solvers::network_simplex::NetworkSimplex;

/// A choice of solver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Method {
    /// The fastest that is exact for the problem.
    #[default]
    Auto,
    /// [`NetworkSimplex`].
    Simplex,
    /// [`Assignment`].
    Assignment,
    /// [`Line`].
    Line,
    /// [`GenericLp`] with a backend.
    Lp(Backend),
}

impl Method {
    /// The solver for `problem`. A named method may not apply to it: then it says so when it
    /// solves.
    #[must_use]
    pub fn solver(self, problem: &OtProblem) -> Box<dyn Solver> {
        match self {
            Self::Auto => automatic(problem),
            Self::Simplex => Box::new(NetworkSimplex),
            Self::Assignment => Box::new(Assignment),
            Self::Line => Box::new(Line),
            Self::Lp(backend) => Box::new(GenericLp { backend }),
        }
    }
}

fn automatic(problem: &OtProblem) -> Box<dyn Solver> {
    if problem.cost().convex_on_line().is_some() {
        Box::new(Line)
    } else if Assignment::applies_to(problem) {
        Box::new(Assignment)
    } else {
        Box::new(NetworkSimplex)
    }
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
