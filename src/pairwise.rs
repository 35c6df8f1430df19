//! The transport costs between all pairs of many small measures.
//!
//! **Problem.** For k measures with equal totals: the k×k matrix of their transport costs.
//! Every ground cost of this crate is symmetric, so the pairs i < j say all, and the diagonal is 0.
//!
//! **Idea.** Atoms without mass are left out of every measure once. Pairs are independent: they are
//! solved side by side, each by the method that suits it, and each answer is judged by its
//! certificate before it counts. What is found is handed on pair by pair, so that a run that ends
//! early has lost nothing, and another one can do what is left.
//!
//! **Complexity.** k(k − 1)/2 problems; memory that of the measures and of a problem a thread.

use std::cmp::Ordering;
use std::ops::ControlFlow;
use std::sync::Mutex;

use ndarray::Array2;
use rayon::prelude::*;
use thiserror::Error;

use crate::certificate::Certificate;
use crate::cost::GroundCost;
use crate::measure::DiscreteMeasure;
use crate::problem::{OtProblem, ProblemError};
use crate::progress::{Event, Observer, Stop};
use crate::solvers::{Method, SolveError, Termination};

/// Two of the measures, by their places.
pub type Pair = (usize, usize);

/// What was found out about a pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// Which pair.
    pub pair: Pair,
    /// What is proved about its transport cost.
    pub certificate: Certificate,
}

impl Judged {
    /// Orders pairs by how wide their brackets are, relatively.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        let width = |judged: &Self| judged.certificate.relative_gap();
        width(self).total_cmp(&width(other)).then(other.pair.cmp(&self.pair))
    }
}

/// What was found out about all pairs.
#[derive(Debug, Clone, PartialEq)]
pub struct Distances {
    /// How many measures there are.
    pub measures: usize,
    /// The pairs that are done, row by row.
    pub found: Vec<Judged>,
    /// Why the run ended.
    pub termination: Termination,
}

impl Distances {
    /// Puts pairs in order.
    #[must_use]
    pub fn new(measures: usize, mut found: Vec<Judged>, termination: Termination) -> Self {
        found.sort_unstable_by_key(|judged| judged.pair);
        Self { measures, found, termination }
    }

    /// The costs of the best plans of all pairs, a symmetric matrix; infinite, for no plan is known,
    /// where a pair is not done.
    #[must_use]
    pub fn costs(&self) -> Array2<f64> {
        let mut costs = Array2::from_elem((self.measures, self.measures), f64::INFINITY);
        costs.diag_mut().fill(0.0);
        for judged in &self.found {
            let (i, j) = judged.pair;
            costs[(i, j)] = judged.certificate.upper;
            costs[(j, i)] = judged.certificate.upper;
        }
        costs
    }

    /// The pair with the widest bracket; see [`Judged::compare`].
    #[must_use]
    pub fn worst(&self) -> Option<&Judged> {
        self.found.iter().max_by(|a, b| a.compare(b))
    }
}

/// A pair that is no problem, or that its method failed at.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("measures {} and {}: {fault}", .pair.0, .pair.1)]
pub struct PairwiseError {
    /// Which pair.
    pub pair: Pair,
    /// What is wrong with it.
    pub fault: PairFault,
}

/// What is wrong with a pair.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum PairFault {
    /// The two do not make a problem.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// The method failed.
    #[error(transparent)]
    Solve(#[from] SolveError),
}

/// The places i < j of `count` measures, row by row.
pub fn pairs(count: usize) -> impl Iterator<Item = Pair> {
    (0..count).flat_map(move |i| (i + 1..count).map(move |j| (i, j)))
}

/// The transport costs between all pairs of measures, each proved; [`solve_pairs`] takes a method and
/// hands each on as it is done.
///
/// # Errors
/// [`PairwiseError`]: unequal totals, different dimensions.
pub fn pairwise(
    measures: &[DiscreteMeasure],
    ground: impl Into<GroundCost>,
) -> Result<Distances, PairwiseError> {
    pairwise_with(measures, ground, &mut ())
}

/// [`pairwise`], reporting to `observer`, which may stop it.
///
/// # Errors
/// As [`pairwise`].
pub fn pairwise_with(
    measures: &[DiscreteMeasure],
    ground: impl Into<GroundCost>,
    observer: &mut dyn Observer,
) -> Result<Distances, PairwiseError> {
    let todo: Vec<Pair> = pairs(measures.len()).collect();
    let mut found = Vec::with_capacity(todo.len());
    let keep = |judged| found.push(judged);
    let termination = solve_pairs(measures, &todo, ground, Method::Auto, keep, observer)?;
    Ok(Distances::new(measures.len(), found, termination))
}

/// Solves and certifies the given pairs, on all threads; each is handed to `keep` as soon as it is
/// judged, in whatever order that happens to be. What is found about a pair does not depend on the
/// others or on the number of threads.
///
/// # Errors
/// [`PairwiseError`] for the first pair that is no problem; those solved by then were kept.
pub fn solve_pairs(
    measures: &[DiscreteMeasure],
    pairs: &[Pair],
    ground: impl Into<GroundCost>,
    method: Method,
    keep: impl FnMut(Judged) + Send,
    observer: &mut dyn Observer,
) -> Result<Termination, PairwiseError> {
    let ground = ground.into();
    let measures: Vec<_> = measures.iter().map(DiscreteMeasure::where_mass).collect();
    let event = Event { of: Some(pairs.len() as u64), ..Event::new("pairs", 0) };
    let run = Mutex::new(Run { observer, event, keep });
    let ended = pairs.par_iter().try_for_each_init(
        || Asking(&run),
        |asking, &pair| {
            if let ControlFlow::Break(stop) = asking.ask() {
                return Err(Ended::Stopped(stop));
            }
            let (source, target) = (&measures[pair.0], &measures[pair.1]);
            let failed = |fault| Ended::Failed(PairwiseError { pair, fault });
            let problem = between(source, target, ground).map_err(|error| failed(error.into()))?;
            let solution = method
                .solver(&problem)
                .solve(&problem, asking)
                .map_err(|error| failed(error.into()))?;
            if !solution.termination.is_complete() {
                let ControlFlow::Break(stop) = asking.ask() else {
                    return Ok(());
                };
                return Err(Ended::Stopped(stop));
            }
            let certificate = solution.certify(&problem).certificate;
            asking.keep(Judged { pair, certificate });
            Ok(())
        },
    );
    match ended {
        Ok(()) => Ok(Termination::Optimal),
        Err(Ended::Stopped(stop)) => Ok(stop.into()),
        Err(Ended::Failed(error)) => Err(error),
    }
}

/// The problem of a pair; costs that solver and certificate read again and again are stored.
fn between(
    source: &DiscreteMeasure,
    target: &DiscreteMeasure,
    ground: GroundCost,
) -> Result<OtProblem<'static>, ProblemError> {
    /// Cells that stay in the second-level cache.
    const CELLS: usize = 1 << 16;
    let problem = OtProblem::new(source, target, ground)?;
    let is_small = problem.n() * problem.m() <= CELLS;
    let is_stored = is_small && problem.cost().convex_on_line().is_none();
    Ok(if is_stored { problem.tabulated() } else { problem })
}

/// Why pairs are left undone.
enum Ended {
    Stopped(Stop),
    Failed(PairwiseError),
}

/// What the tasks of a run share.
struct Run<'a, K> {
    observer: &'a mut dyn Observer,
    event: Event,
    keep: K,
}

/// The observer as a task sees it.
struct Asking<'r, 'a, K>(&'r Mutex<Run<'a, K>>);

impl<K: FnMut(Judged)> Asking<'_, '_, K> {
    fn keep(&self, judged: Judged) {
        let mut run = self.0.lock().expect("whoever keeps what is found does not panic");
        run.event.iterations += 1;
        (run.keep)(judged);
    }

    fn ask(&self) -> ControlFlow<Stop> {
        let mut run = self.0.lock().expect("whoever keeps what is found does not panic");
        let event = run.event;
        run.observer.observe(&event)
    }
}

/// Inside a pair, too, the observer hears of pairs.
impl<K: FnMut(Judged) + Send> Observer for Asking<'_, '_, K> {
    fn observe(&mut self, _: &Event) -> ControlFlow<Stop> {
        self.ask()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::{Cityblock, Euclidean};
    use crate::seed::Seed;
    use ndarray::{Array1, array};

    fn sets() -> Vec<DiscreteMeasure> {
        let mut stream = Seed(1).stream("sets");
        let mut set = |n: usize| {
            let points = Array2::from_shape_simple_fn((n, 2), || stream.uniform());
            // Every third point is without mass.
            let mass: Array1<f64> =
                (0..n).map(|k| if k % 3 == 2 { 0.0 } else { stream.uniform() + 0.01 }).collect();
            let total = mass.sum();
            DiscreteMeasure::new(points, mass / total).unwrap()
        };
        vec![set(12), set(30), set(7), set(20)]
    }

    #[test]
    fn every_pair_costs_what_it_costs_alone() {
        let sets = sets();
        let distances = pairwise(&sets, Cityblock).unwrap();
        assert_eq!(distances.termination, Termination::Optimal);
        let costs = distances.costs();
        for (i, j) in pairs(4) {
            let problem = OtProblem::new(&sets[i], &sets[j], Cityblock).unwrap();
            let alone = Method::Auto.solver(&problem).solve(&problem, &mut ()).unwrap();
            let known = alone.plan.cost(problem.cost());
            assert!((costs[(i, j)] - known).abs() <= 1e-14 * known);
            assert_eq!(costs[(i, j)].to_bits(), costs[(j, i)].to_bits());
        }
        assert!(costs.diag().iter().all(|&cost| cost == 0.0));
        assert!(distances.worst().unwrap().certificate.is_optimal());
    }

    /// Stops when so many pairs are done.
    struct After(u64);

    impl Observer for After {
        fn observe(&mut self, event: &Event) -> ControlFlow<Stop> {
            if event.iterations < self.0 {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(Stop::Interrupted)
            }
        }
    }

    #[test]
    fn a_stopped_run_keeps_what_is_done_and_another_does_the_rest() {
        let sets = sets();
        let whole = pairwise(&sets, Euclidean).unwrap();
        let part = pairwise_with(&sets, Euclidean, &mut After(2)).unwrap();
        assert_eq!(part.termination, Termination::Stopped);
        assert!(part.found.len() >= 2 && part.found.len() < 6, "{}", part.found.len());
        assert!(part.costs().iter().any(|cost| cost.is_infinite()));
        let done: Vec<Pair> = part.found.iter().map(|judged| judged.pair).collect();
        let rest: Vec<Pair> = pairs(4).filter(|pair| !done.contains(pair)).collect();
        let mut found = part.found;
        let method = Method::Auto;
        solve_pairs(&sets, &rest, Euclidean, method, |judged| found.push(judged), &mut ()).unwrap();
        assert_eq!(Distances::new(4, found, Termination::Optimal), whole);
    }

    #[test]
    fn a_pair_that_is_no_problem_is_named() {
        let more = DiscreteMeasure::new(array![[0.0, 0.0]], array![2.0]).unwrap();
        let one = DiscreteMeasure::new(array![[0.0, 1.0]], array![1.0]).unwrap();
        let error = pairwise(&[one, more], Euclidean).unwrap_err();
        assert_eq!(error.pair, (0, 1));
        assert!(error.to_string().contains("total mass"), "{error}");
    }
}
