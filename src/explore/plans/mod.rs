//! All the ways to move the earth: the plans of a small problem, ranked by cost.
//!
//! **Idea.** A cost that is linear in γ is least, and largest, at a vertex of the transport polytope, so
//! its vertices are the plans of interest: all of them where there are few, else a random
//! sample. The cheapest plan and the dearest one, which is the cheapest for the costs `max c − c`, are an
//! exact solver's, so that list and solver judge each other.
//!
//! **Complexity.** That of the list, and two exact problems.

mod vertices;

use ndarray::{Array1, Array2, array};
use rand::Rng as _;
use thiserror::Error;

use self::vertices::{MAX_SHOVELS, Piles};
use crate::certificate::Certificate;
use crate::cost::{CostMatrix, largest_size};
use crate::measure::DiscreteMeasure;
use crate::plan::TransportPlan;
use crate::problem::{OtProblem, ProblemError};
use crate::seed::Seed;
use crate::solvers::{Method, SolveError};

/// How to look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlanStudy {
    /// Plans to draw where there are too many to list.
    pub samples: usize,
    /// Where random plans come from.
    pub seed: Seed,
}

/// How the plans were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "report", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum PlanListing {
    /// All of them, by the permutations of equal piles.
    Permutations,
    /// All of them, by spanning trees.
    SpanningTrees,
    /// A random sample.
    Sample,
}

/// A plan and what it costs.
#[derive(Debug, Clone, PartialEq)]
pub struct PricedPlan {
    /// The plan.
    pub plan: TransportPlan,
    /// Its cost.
    pub cost: f64,
}

/// The result of the study.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanAnswer {
    /// The cost of every plan found, from the cheapest on.
    pub costs: Vec<f64>,
    /// How they were found.
    pub listing: PlanListing,
    /// The cheapest plan of all, by an exact solver, whether it was found or not.
    pub best: PricedPlan,
    /// The certificate of the optimum.
    pub certificate: Certificate,
    /// The dearest plan of all, likewise.
    pub worst: PricedPlan,
    /// One of those found, by chance.
    pub random: PricedPlan,
    /// The cost of the plan μ⊗ν, which sends everything from everywhere to everywhere.
    pub even: f64,
    /// Costs that differ by less are equal.
    pub rounding: f64,
}

/// There is no list of plans.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum PolytopeError {
    /// A mass is no whole number of shovels, however small.
    #[error("the masses are no whole multiples of 1/s for any s up to {MAX_SHOVELS}")]
    NotWhole,
    /// The dearest plan has no costs that `f64` can hold.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// The solver gave up.
    #[error(transparent)]
    Solve(#[from] SolveError),
}

impl PlanAnswer {
    /// How many of the plans found cost as little as the best.
    #[must_use]
    pub fn optimal(&self) -> usize {
        self.costs.partition_point(|cost| *cost <= self.best.cost + self.rounding)
    }

    /// Whether the list and the solver agree: no plan is cheaper than the best or dearer than the
    /// worst, and a complete list holds both.
    #[must_use]
    pub fn agrees(&self) -> bool {
        let (Some(&least), Some(&most)) = (self.costs.first(), self.costs.last()) else {
            return false;
        };
        let (below, above) = (self.best.cost - least, most - self.worst.cost);
        let both = self.listing == PlanListing::Sample
            || (below.abs() <= self.rounding && above.abs() <= self.rounding);
        both && below <= self.rounding && above <= self.rounding
    }
}

impl PlanStudy {
    /// Whether the plans of a problem can be listed.
    ///
    /// # Errors
    /// [`PolytopeError::NotWhole`].
    pub fn check(&self, problem: &OtProblem) -> Result<(), PolytopeError> {
        Piles::of(problem).map(|_| ())
    }

    /// Lists or samples the plans of a problem, and solves it both ways.
    ///
    /// # Errors
    /// [`PolytopeError`].
    ///
    /// # Panics
    /// Without samples, where it comes to that.
    pub fn run(&self, problem: &OtProblem) -> Result<PlanAnswer, PolytopeError> {
        let piles = Piles::of(problem)?;
        let mut stream = self.seed.stream("explore plans");
        let (listing, tables) = piles.all().unwrap_or_else(|| {
            let tables = (0..self.samples).map(|_| piles.random(&mut stream)).collect();
            (PlanListing::Sample, tables)
        });
        let priced = |table: &[u64]| {
            let plan = piles.plan(table);
            PricedPlan { cost: plan.cost(problem.cost()), plan }
        };
        let random = priced(&tables[stream.random_range(0..tables.len())]);
        let mut costs: Vec<f64> = tables.iter().map(|table| priced(table).cost).collect();
        costs.sort_by(f64::total_cmp);
        let (best, certificate) = cheapest(problem)?;
        let worst = dearest(problem)?;
        let (even, rounding) = (even(problem), 1e-12 * problem.scale());
        Ok(PlanAnswer { costs, listing, best, certificate, worst, random, even, rounding })
    }
}

fn cheapest(problem: &OtProblem) -> Result<(PricedPlan, Certificate), PolytopeError> {
    let solution = Method::Auto.solver(problem).solve(problem, &mut ())?;
    let certified = solution.certify(problem);
    let plan = certified.plan.expect("a solver hands over a plan");
    Ok((PricedPlan { cost: certified.certificate.upper, plan }, certified.certificate))
}

/// The cheapest for the costs `max c − c`.
fn dearest(problem: &OtProblem) -> Result<PricedPlan, PolytopeError> {
    let (cost, most) = (problem.cost(), largest_size(problem.cost()));
    let turned = Array2::from_shape_fn((cost.n(), cost.m()), |(i, j)| most - cost.at(i, j));
    let turned = CostMatrix::new(turned).map_err(ProblemError::from)?;
    let turned = OtProblem::new(&problem.source(), &problem.target(), turned)?;
    let (PricedPlan { plan, .. }, _) = cheapest(&turned)?;
    Ok(PricedPlan { cost: plan.cost(cost), plan })
}

/// ⟨C, μ⊗ν⟩ / total.
fn even(problem: &OtProblem) -> f64 {
    let (source, target) = (problem.source(), problem.target());
    let total = crate::math::sum(source);
    let terms = source.iter().enumerate().flat_map(|(i, mass)| {
        target.iter().enumerate().map(move |(j, other)| problem.cost().at(i, j) * mass * other)
    });
    crate::math::sum(&terms.collect::<Vec<_>>()) / total
}

/// Four piles on the line and four holes among them: 4, 3, 2, 3 shovels to where 2, 1, 4, 5 are
/// wanted.
#[must_use]
pub fn piles_on_the_line() -> (DiscreteMeasure, DiscreteMeasure) {
    (
        piles(array![[0.0], [2.0], [3.0], [8.0]], array![4.0, 3.0, 2.0, 3.0]),
        piles(array![[1.0], [4.0], [6.0], [9.0]], array![2.0, 1.0, 4.0, 5.0]),
    )
}

/// Seven shovels in the plane and seven places for them.
#[must_use]
pub fn piles_in_the_plane() -> (DiscreteMeasure, DiscreteMeasure) {
    let shovels = |support: Array2<f64>| piles(support, Array1::ones(7));
    (
        shovels(array![
            [0.3, 1.0],
            [0.8, 3.1],
            [1.5, 4.4],
            [2.0, 0.4],
            [2.6, 2.2],
            [3.4, 3.8],
            [4.1, 0.9]
        ]),
        shovels(array![
            [3.2, 5.2],
            [4.6, 4.6],
            [5.1, 2.7],
            [5.4, 0.5],
            [6.3, 3.9],
            [6.6, 1.8],
            [7.2, 5.0]
        ]),
    )
}

fn piles(support: Array2<f64>, mass: Array1<f64>) -> DiscreteMeasure {
    DiscreteMeasure::new(support, mass).expect("a mass for each pile")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::Euclidean;

    /// A problem between piles on the line with these masses.
    pub(super) fn line(supply: &[f64], demand: &[f64]) -> OtProblem<'static> {
        let measure = |mass: &[f64], shift: f64, step: f64| {
            let places = Array2::from_shape_fn((mass.len(), 1), |(k, _)| shift + step * k as f64);
            DiscreteMeasure::new(places, mass.to_vec().into()).unwrap()
        };
        let (source, target) = (measure(supply, 0.0, 1.3), measure(demand, 0.4, 0.9));
        OtProblem::new(&source, &target, Euclidean).unwrap()
    }

    #[test]
    fn the_best_is_the_certified_distance_and_the_worst_its_mirror() {
        let study = PlanStudy { samples: 500, seed: Seed(0) };
        let problem = |(source, target)| OtProblem::new(&source, &target, Euclidean).unwrap();
        let equal = DiscreteMeasure::uniform(array![[0.0], [1.0], [5.0]]).unwrap();
        let halves = DiscreteMeasure::uniform(array![[2.0], [3.0]]).unwrap();
        for (problem, count) in [
            (problem(piles_on_the_line()), None),
            (problem(piles_in_the_plane()), Some(5040)),
            (problem((equal, halves)), Some(6)),
            (line(&[1.0, 0.0, 2.5], &[0.5, 3.0]), None),
        ] {
            let answer = study.run(&problem).unwrap();
            assert!(answer.listing != PlanListing::Sample && answer.agrees(), "{answer:?}");
            assert!(count.is_none_or(|count| count == answer.costs.len()));
            assert!(answer.certificate.is_optimal());
            let (least, most) = (answer.costs[0], answer.costs[answer.costs.len() - 1]);
            assert!((answer.best.cost - least).abs() <= answer.rounding);
            assert!((answer.worst.cost - most).abs() <= answer.rounding);
            assert!(answer.optimal() >= 1);
            for plan in [&answer.best.plan, &answer.random.plan, &answer.worst.plan] {
                let (rows, columns) = plan.marginals();
                for (have, want) in rows.iter().zip(problem.source()) {
                    assert!((have - want).abs() < 1e-12);
                }
                for (have, want) in columns.iter().zip(problem.target()) {
                    assert!((have - want).abs() < 1e-12);
                }
            }
            assert!(least <= answer.even && answer.even <= most);
        }
    }

    #[test]
    fn many_piles_are_sampled_between_the_exact_extremes() {
        let study = PlanStudy { samples: 500, seed: Seed(0) };
        let masses: Vec<f64> = (0..12).map(|k| f64::from(1 + k % 4)).collect();
        for (supply, demand) in [(vec![1.0; 9], vec![1.0; 9]), (masses, vec![3.0; 10])] {
            let answer = study.run(&line(&supply, &demand)).unwrap();
            assert_eq!((answer.listing, answer.costs.len()), (PlanListing::Sample, 500));
            assert!(answer.agrees() && answer.certificate.is_optimal());
        }
    }
}
