//! Rough duals: potentials that are cheap to compute and good enough to choose candidate arcs.
//!
//! Three recipes for potentials g of the targets; the larger dual value `Σ μ_i g^c_i + Σ ν_j g_j` (a
//! true lower bound of the optimum for each) decides between them:
//!
//! - [`means`]: the mean cost of a target, `g_j = mean_i c_ij`, the limit of Sinkhorn's potentials for
//!   ε → ∞. In high dimension costs are nearly the sum of a term for the source and one for the target;
//!   some targets are cheap for all sources (hubs), and these potentials make them expensive.
//! - [`averaged`]: a few damped c-transforms.
//! - The potentials of a problem a quarter to half as large, extended by c-transforms. In low dimension
//!   they describe how the mass travels; in high dimension a point is as far from its representative as
//!   from any other point.

use ndarray::{Array1, ArrayView1, Axis};
use rayon::prelude::*;

use super::coarsening::{CoarseProblem, all};
use super::sampling::sample;
use crate::cost::Cost;
use crate::math::vectors::add_scaled;
use crate::plan::PlanArc;
use crate::potentials::{Potentials, to_source, to_target};
use crate::problem::OtProblem;

/// Points of a side below which no coarse problem is solved.
const LEAST_POINTS_TO_COARSEN: usize = 64;

/// Points of a side of the sample on which the recipes are compared, if there are more than twice as
/// many.
const SAMPLE_POINTS: usize = 256;

/// Damped passes of [`averaged`]: further passes increase the dual value little.
const AVERAGING_PASSES: usize = 3;

/// Rough duals, and the cells of a plan if the recipe computes one.
#[derive(Debug, Clone)]
pub(crate) struct RoughDuals {
    /// Potentials of the targets; (g^c, g) is feasible.
    pub(crate) g: Array1<f64>,
    /// Cells (i, j) of an approximate plan; empty if the recipe has no plan.
    pub(crate) cells: Vec<(u32, u32)>,
}

/// A solver for smaller problems, which returns plan and potentials.
pub(crate) type SolveSmaller<'a> = dyn FnMut(&OtProblem) -> (Vec<PlanArc>, Potentials) + 'a;

/// Potentials g for which (g^c, g) is close enough to the optimum to choose candidate arcs.
///
/// `solve` solves smaller problems by any method, exact or not, also by a recursive call. O(nm) time
/// beside it.
#[must_use]
pub(crate) fn rough_duals(problem: &OtProblem, solve: &mut SolveSmaller<'_>) -> RoughDuals {
    let (n, m) = (problem.n(), problem.m());
    if n.min(m) < LEAST_POINTS_TO_COARSEN {
        return without_plan(averaged(problem.cost()));
    }
    if n.min(m) <= 2 * SAMPLE_POINTS {
        return better(problem, solve).0;
    }
    let cost = problem.cost();
    match trial(problem, solve) {
        DualRecipe::Means => without_plan(means(cost)),
        DualRecipe::Averaged => without_plan(averaged(cost)),
        DualRecipe::Coarse => {
            from_coarse(problem, solve).unwrap_or_else(|| without_plan(averaged(cost)))
        }
    }
}

fn without_plan(g: Array1<f64>) -> RoughDuals {
    RoughDuals { g, cells: Vec::new() }
}

/// Whether a coarse problem gives the best rough duals, judged on a sample of the points. In high
/// dimension it does not.
pub(crate) fn coarse_problems_help(problem: &OtProblem, solve: &mut SolveSmaller<'_>) -> bool {
    trial(problem, solve) == DualRecipe::Coarse
}

/// The better recipe on a sample of the points with equal masses.
fn trial(problem: &OtProblem, solve: &mut SolveSmaller<'_>) -> DualRecipe {
    let (n, m) = (problem.n(), problem.m());
    let size = SAMPLE_POINTS.min(n).min(m);
    let (rows, columns) = (sample(n, size, 1), sample(m, size, 2));
    let uniform = Array1::from_elem(size, 1.0);
    let cost = problem.cost().select(&rows, &columns);
    OtProblem::new(&uniform, &uniform, cost)
        .map_or(DualRecipe::Averaged, |trial| better(&trial, solve).1)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DualRecipe {
    Means,
    Averaged,
    Coarse,
}

/// Tries all recipes and returns the best duals.
fn better(problem: &OtProblem, solve: &mut SolveSmaller<'_>) -> (RoughDuals, DualRecipe) {
    let cost = problem.cost();
    let value = |rough: &RoughDuals| {
        let f = to_source(cost, rough.g.view());
        let potentials = Potentials::from_finite(f, rough.g.clone());
        potentials.value(problem.source(), problem.target())
    };
    let mut best = (without_plan(means(cost)), DualRecipe::Means);
    let mut most = value(&best.0);
    // In many dimensions the passes take more time than they save.
    let averaged = (!cost.is_screened()).then(|| without_plan(averaged(cost)));
    for (rough, recipe) in
        [(averaged, DualRecipe::Averaged), (from_coarse(problem, solve), DualRecipe::Coarse)]
    {
        let Some(rough) = rough else { continue };
        let worth = value(&rough);
        if worth > most {
            (best, most) = ((rough, recipe), worth);
        }
    }
    best
}

/// `g_j = mean_i c_ij`, over a sample of the rows if they are not stored.
#[must_use]
pub(crate) fn means(cost: &dyn Cost) -> Array1<f64> {
    /// Rows of the sample, where costs are not stored.
    const ROWS: usize = 512;
    let n = cost.n();
    let rows = if cost.is_stored() { all(n) } else { sample(n, ROWS.min(n), 3) };
    if let Some(g) = cost.is_screened().then(|| rough_means(cost, &rows)).flatten() {
        return g;
    }
    let mut buffer = vec![0.0; cost.m()];
    let mut sums = vec![0.0; cost.m()];
    for &i in &rows {
        add_scaled(cost.row(i, &mut buffer), 1.0 / rows.len() as f64, &mut sums);
    }
    Array1::from(sums)
}

/// The means over some of the rows by [`Search`](crate::cost::Search).
fn rough_means(cost: &dyn Cost, rows: &[usize]) -> Option<Array1<f64>> {
    /// Targets of a task.
    const TASK: usize = 256;
    let mut search = cost.search_sources()?;
    let mut chosen = vec![f64::NEG_INFINITY; cost.n()];
    for &i in rows {
        chosen[i] = 0.0;
    }
    search.fit(&chosen);
    let targets: Vec<u32> = (0..cost.m() as u32).collect();
    let means = targets.par_chunks(TASK).map(|task| search.rough_means_of(task));
    Some(means.collect::<Option<Vec<_>>>()?.concat().into())
}

/// `f ← (f + g^c)/2, g ← (g + f^c)/2`, both at once, from zero.
#[must_use]
pub(crate) fn averaged(cost: &dyn Cost) -> Array1<f64> {
    let mut f = Array1::zeros(cost.n());
    let mut g = Array1::zeros(cost.m());
    for _ in 0..AVERAGING_PASSES {
        let (next_f, next_g) = (to_source(cost, g.view()), to_target(cost, f.view()));
        f = (f + next_f) / 2.0;
        g = (g + next_g) / 2.0;
    }
    g
}

/// Potentials of the coarse problem, extended to all targets by a c-transform.
fn from_coarse(problem: &OtProblem, solve: &mut SolveSmaller<'_>) -> Option<RoughDuals> {
    let coarse = CoarseProblem::of(problem)?;
    let (plan, potentials) = solve(&coarse.problem);
    let g = transform_from(problem.cost(), &coarse.sources(), potentials.f());
    Some(RoughDuals { g, cells: coarse.split(&plan, problem) })
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
        let of =
            |cost: &dyn Cost, g: Array1<f64>| Potentials::from_finite(to_source(cost, g.view()), g);
        let mut solve = |smaller: &OtProblem| {
            let cost = smaller.cost();
            (Vec::new(), of(cost, averaged(cost)))
        };
        let cost = problem.cost();
        for g in [means(cost), averaged(cost), rough_duals(&problem, &mut solve).g] {
            let judged = certify(&problem, None, Some(&of(cost, g))).unwrap().certificate;
            assert!(judged.dual_violation <= 1e-14);
            assert!(judged.lower > 0.0);
        }
        assert!(from_coarse(&problem, &mut solve).is_some());
    }
}
