//! Rough duals: cheap potentials, good enough to tell which arcs are worth trying.
//!
//! Two recipes, and the larger dual value `Σ μ_i f_i + Σ ν_j g_j` (a true lower bound of the
//! optimum for each) decides between them:
//!
//! - [`averaged`]: a few damped c-transforms. In high dimension most rows find the same few
//!   columns cheapest (hubs); damping makes hubs dear before candidates are picked.
//! - Solve a problem a quarter to half as large, extend its potentials by c-transforms. In low
//!   dimension that sees how the mass travels; in high dimension its points are as far from those
//!   they stand for as from anything.

use ndarray::{Array1, ArrayView1, Axis};

use super::coarse::{Coarse, all};
use super::sample::sample;
use crate::cost::Cost;
use crate::plan::PlanArc;
use crate::potentials::{Potentials, to_source, to_target};
use crate::problem::OtProblem;

/// Points on a side below which a coarse problem is not worth solving.
const SMALL: usize = 64;

/// Points on a side of the sample on which the recipes are compared, if there are more than
/// twice as many.
const TRIAL: usize = 256;

/// Damped passes of [`averaged`]: the first three gain nearly everything.
const PASSES: usize = 3;

/// Rough duals, and what came to light on the way.
#[derive(Debug, Clone)]
pub struct Rough {
    /// Feasible potentials (f, g), f = g^c.
    pub potentials: Potentials,
    /// Cells (i, j) of a plan that moves the mass about where it must go; empty if the recipe
    /// saw no plan.
    pub cells: Vec<(u32, u32)>,
}

/// Solves a smaller problem: plan and potentials.
pub type SolveSmaller<'a> = dyn FnMut(&OtProblem) -> (Vec<PlanArc>, Potentials) + 'a;

/// Feasible potentials (f, g), f = g^c, near enough to the optimum to pick candidate arcs by.
///
/// `solve` solves smaller problems: any method will do, exact or not, this one recursively most
/// of all. O(nm) time beside it.
#[must_use]
pub fn rough_duals(problem: &OtProblem, solve: &mut SolveSmaller<'_>) -> Rough {
    let (n, m) = (problem.n(), problem.m());
    let averaged = || Rough { potentials: averaged(problem.cost()), cells: Vec::new() };
    if n.min(m) < SMALL {
        return averaged();
    }
    if n.min(m) <= 2 * TRIAL {
        return better(problem, solve).0;
    }
    match trial(problem, solve) {
        Recipe::Coarse => from_coarse(problem, solve).unwrap_or_else(averaged),
        Recipe::Averaged => averaged(),
    }
}

/// Whether coarse problems tell how the mass travels: tried on a sample of the points. In high
/// dimension they do not.
pub(crate) fn coarse_problems_help(problem: &OtProblem, solve: &mut SolveSmaller<'_>) -> bool {
    trial(problem, solve) == Recipe::Coarse
}

/// The better recipe on a sample of the points with equal masses.
fn trial(problem: &OtProblem, solve: &mut SolveSmaller<'_>) -> Recipe {
    let (n, m) = (problem.n(), problem.m());
    let size = TRIAL.min(n).min(m);
    let (rows, columns) = (sample(n, size, 1), sample(m, size, 2));
    let uniform = Array1::from_elem(size, 1.0);
    let cost = problem.cost().select(&rows, &columns);
    OtProblem::from_cost(uniform.view(), uniform.view(), cost)
        .map_or(Recipe::Averaged, |trial| better(&trial, solve).1)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Recipe {
    Averaged,
    Coarse,
}

/// Tries both recipes and returns the better duals.
fn better(problem: &OtProblem, solve: &mut SolveSmaller<'_>) -> (Rough, Recipe) {
    let averaged = Rough { potentials: averaged(problem.cost()), cells: Vec::new() };
    let Some(coarse) = from_coarse(problem, solve) else { return (averaged, Recipe::Averaged) };
    let value = |rough: &Rough| rough.potentials.value(problem.source(), problem.target());
    if value(&coarse) > value(&averaged) {
        (coarse, Recipe::Coarse)
    } else {
        (averaged, Recipe::Averaged)
    }
}

/// `f ← (f + g^c)/2, g ← (g + f^c)/2`, both at once, from zero; then f = g^c.
#[must_use]
pub fn averaged(cost: &dyn Cost) -> Potentials {
    let mut f = Array1::zeros(cost.n());
    let mut g = Array1::zeros(cost.m());
    for _ in 0..PASSES {
        let (next_f, next_g) = (to_source(cost, g.view()), to_target(cost, f.view()));
        f = (f + next_f) / 2.0;
        g = (g + next_g) / 2.0;
    }
    Potentials::from_finite(to_source(cost, g.view()), g)
}

/// Potentials of the coarse problem, extended to all points by c-transforms.
fn from_coarse(problem: &OtProblem, solve: &mut SolveSmaller<'_>) -> Option<Rough> {
    let coarse = Coarse::of(problem)?;
    let (plan, potentials) = solve(&coarse.problem);
    let g = transform_from(problem.cost(), &coarse.sources(), potentials.f());
    let potentials = Potentials::from_finite(to_source(problem.cost(), g.view()), g);
    Some(Rough { potentials, cells: coarse.split(&plan, problem) })
}

/// The c-transform of potentials known at some of the sources.
fn transform_from(cost: &dyn Cost, sources: &[usize], f: ArrayView1<'_, f64>) -> Array1<f64> {
    /// Rows copied out of the table at a time.
    const ROWS: usize = 256;
    let everywhere = all(cost.m());
    let mut g = Array1::from_elem(cost.m(), f64::INFINITY);
    for (rows, f) in sources.chunks(ROWS).zip(f.axis_chunks_iter(Axis(0), ROWS)) {
        let part = to_target(cost.select(rows, &everywhere).as_ref(), f);
        g.zip_mut_with(&part, |g, &part| *g = g.min(part));
    }
    g
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::certify;
    use crate::cost::Euclidean;
    use crate::measure::DiscreteMeasure;
    use ndarray::Array2;

    #[test]
    fn rough_duals_are_feasible_and_worth_something() {
        let cloud = |n: usize, a: f64| {
            let points = Array2::from_shape_fn((n, 2), |(i, k)| (a * (i + 1000 * k) as f64).sin());
            DiscreteMeasure::uniform(points).unwrap()
        };
        let problem = OtProblem::new(&cloud(150, 12.9898), &cloud(130, 78.233), Euclidean).unwrap();
        let mut solve = |smaller: &OtProblem| (Vec::new(), averaged(smaller.cost()));
        for duals in [averaged(problem.cost()), rough_duals(&problem, &mut solve).potentials] {
            let judged = certify(&problem, None, Some(&duals)).unwrap().certificate;
            assert!(judged.dual_violation <= 1e-14);
            assert!(judged.lower > 0.0);
        }
        assert!(from_coarse(&problem, &mut solve).is_some());
    }
}
