//! Many small problems at once.

use rayon::prelude::*;

use super::{Entropic, Sinkhorn, SinkhornError};
use crate::problem::OtProblem;

impl Sinkhorn {
    /// The answers to all the problems, in their order, solved side by side on all threads: each
    /// is [`Sinkhorn::solve`]'s to the bit. A relative ε refers to each problem's own costs.
    #[must_use]
    pub fn solve_batch(&self, problems: &[OtProblem]) -> Vec<Result<Entropic, SinkhornError>> {
        problems.par_iter().map(|problem| self.solve(problem)).collect()
    }
}
