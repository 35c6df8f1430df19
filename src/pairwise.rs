//! The transport costs between all pairs of many small measures.
//!
//! **Problem.** For k measures with equal totals: the k×k matrix of their transport costs; for measures
//! of any totals that of their objectives, as in [`unbalanced`](crate::unbalanced).
//! Every ground cost of this crate is symmetric, so the pairs i < j say all, unless the penalties of both
//! sides differ; the diagonal is 0.
//!
//! **Idea.** Atoms without mass are left out of every measure once. Pairs are independent: they are
//! solved side by side, each by the method that suits it, and each answer is judged by its
//! certificate before it counts. Each certificate is handed to the caller as soon as it is there, so a
//! run that ends early loses none, and another run can solve the remaining pairs.
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
use crate::persistence::{PersistenceDiagram, PersistenceError, PersistenceProblem};
use crate::problem::{OtProblem, ProblemError};
use crate::progress::{Event, Observer, Stop};
use crate::solvers::{Method, SolveError, Termination, Transport};
use crate::unbalanced::{Amount, UnbalancedError, UnbalancedProblem};

/// Two of the measures, by their indices.
pub type Pair = (usize, usize);

/// A pair and the certificate of its transport cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// The pair.
    pub pair: Pair,
    /// The bracket on its transport cost.
    pub certificate: Certificate,
}

impl Judged {
    /// Orders pairs by their relative gaps.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        let width = |judged: &Self| judged.certificate.relative_gap();
        width(self).total_cmp(&width(other)).then(other.pair.cmp(&self.pair))
    }
}

/// The certificates of all pairs that are solved.
#[derive(Debug, Clone, PartialEq)]
pub struct Distances {
    /// The number of measures.
    pub measures: usize,
    /// Whether a pair has the same cost in both directions.
    pub is_symmetric: bool,
    /// The pairs that are solved, row by row.
    pub found: Vec<Judged>,
    /// Why the run ended.
    pub termination: Termination,
}

impl Distances {
    /// Puts the pairs of a symmetric matrix in order.
    #[must_use]
    pub fn new(measures: usize, mut found: Vec<Judged>, termination: Termination) -> Self {
        found.sort_unstable_by_key(|judged| judged.pair);
        Self { measures, is_symmetric: true, found, termination }
    }

    /// The upper bounds of all pairs, a matrix with zeros on the diagonal; infinite where a pair is not solved, and between
    /// diagrams with different numbers of essential classes.
    #[must_use]
    pub fn costs(&self) -> Array2<f64> {
        let mut costs = Array2::from_elem((self.measures, self.measures), f64::INFINITY);
        costs.diag_mut().fill(0.0);
        for judged in &self.found {
            let (i, j) = judged.pair;
            costs[(i, j)] = judged.certificate.upper;
            if self.is_symmetric {
                costs[(j, i)] = judged.certificate.upper;
            }
        }
        costs
    }

    /// The pair with the widest bracket; see [`Judged::compare`].
    #[must_use]
    pub fn worst(&self) -> Option<&Judged> {
        self.found.iter().max_by(|a, b| a.compare(b))
    }
}

/// A pair that does not make a problem, or whose method failed.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("measures {} and {}: {fault}", .pair.0, .pair.1)]
pub struct PairwiseError {
    /// Which pair.
    pub pair: Pair,
    /// The error.
    pub fault: PairFault,
}

/// An error of one pair.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum PairFault {
    /// The two do not make a problem.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// The two diagrams do not make a problem.
    #[error(transparent)]
    Persistence(#[from] PersistenceError),
    /// The two do not make a problem between unequal masses.
    #[error(transparent)]
    Unbalanced(#[from] UnbalancedError),
    /// The method failed.
    #[error(transparent)]
    Solve(#[from] SolveError),
}

/// All pairs i < j of `count` measures, row by row.
pub fn pairs(count: usize) -> impl Iterator<Item = Pair> {
    (0..count).flat_map(move |i| (i + 1..count).map(move |j| (i, j)))
}

/// All pairs i ≠ j of `count` measures, row by row.
pub fn ordered_pairs(count: usize) -> impl Iterator<Item = Pair> {
    (0..count).flat_map(move |i| (0..count).filter(move |&j| j != i).map(move |j| (i, j)))
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
/// judged, in no fixed order. The certificate of a pair depends neither on the other pairs nor on the
/// number of threads.
///
/// # Errors
/// [`PairwiseError`] for the first pair that is no problem; `keep` has those solved by then.
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
    over_pairs(pairs, keep, observer, |(i, j), task| {
        let problem = in_cache(OtProblem::new(&measures[i], &measures[j], ground)?);
        certified(&problem, method, task)
    })
}

/// The objectives between all pairs of measures of any totals, each proved: entry (i, j) is that of moving
/// `amount` from measure i to measure j. [`solve_unbalanced_pairs`] takes a method and hands each on as it
/// is done.
///
/// ```
/// use deblais::ndarray::array;
/// use deblais::pairwise::unbalanced_pairwise;
/// use deblais::{Amount, DiscreteMeasure, Euclidean};
/// let sets = [
///     DiscreteMeasure::new(array![[0.0]], array![2.0])?,
///     DiscreteMeasure::new(array![[1.0], [9.0]], array![1.0, 1.0])?,
/// ];
/// let amount = Amount::Penalty { source: 3.0, target: 2.0 };
/// let costs = unbalanced_pairwise(&sets, Euclidean, amount)?.costs();
/// // One unit moves by 1; the others are paid for.
/// assert!((costs[(0, 1)] - (1.0 + 3.0 + 2.0)).abs() < 1e-14);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`PairwiseError`]: an amount out of range, different dimensions.
pub fn unbalanced_pairwise(
    measures: &[DiscreteMeasure],
    ground: impl Into<GroundCost>,
    amount: Amount,
) -> Result<Distances, PairwiseError> {
    let count = measures.len();
    let is_symmetric = amount.is_symmetric();
    let todo: Vec<Pair> =
        if is_symmetric { pairs(count).collect() } else { ordered_pairs(count).collect() };
    let mut found = Vec::with_capacity(todo.len());
    let keep = |judged| found.push(judged);
    let method = Method::Auto;
    let termination =
        solve_unbalanced_pairs(measures, &todo, ground, amount, method, keep, &mut ())?;
    Ok(Distances { is_symmetric, ..Distances::new(count, found, termination) })
}

/// Solves and certifies the given pairs of measures of any totals, as [`solve_pairs`] does those of equal
/// ones. The certificates are those of [`UnbalancedProblem::solve`], to the bit.
///
/// # Errors
/// As [`solve_pairs`].
pub fn solve_unbalanced_pairs(
    measures: &[DiscreteMeasure],
    pairs: &[Pair],
    ground: impl Into<GroundCost>,
    amount: Amount,
    method: Method,
    keep: impl FnMut(Judged) + Send,
    observer: &mut dyn Observer,
) -> Result<Termination, PairwiseError> {
    let ground = ground.into();
    over_pairs(pairs, keep, observer, |(i, j), task| {
        let problem = UnbalancedProblem::new(&measures[i], &measures[j], ground, amount)?;
        certified(problem.balanced(), method, task)
    })
}

/// Solves and certifies the given pairs of persistence diagrams, as [`solve_pairs`] does those of
/// measures.
///
/// # Errors
/// As [`solve_pairs`].
pub fn solve_diagram_pairs(
    diagrams: &[PersistenceDiagram],
    pairs: &[Pair],
    ground: impl Into<GroundCost>,
    method: Method,
    keep: impl FnMut(Judged) + Send,
    observer: &mut dyn Observer,
) -> Result<Termination, PairwiseError> {
    let ground = ground.into();
    over_pairs(pairs, keep, observer, |(i, j), task| {
        let problem = PersistenceProblem::new(&diagrams[i], &diagrams[j], ground)?;
        let balanced = problem.balanced();
        let solver = method.solver(balanced);
        let solution = solver.solve(balanced, task)?;
        if !solution.termination.is_complete() {
            return Ok(None);
        }
        let certified = solution.certify(balanced);
        let points = Transport::new(solver.name(), solution, certified);
        Ok(Some(*problem.with_essential(points)?.certificate()))
    })
}

/// The certificate of a problem, unless its solver stopped.
fn certified(
    problem: &OtProblem,
    method: Method,
    task: &mut dyn Observer,
) -> Result<Option<Certificate>, PairFault> {
    let solution = method.solver(problem).solve(problem, task)?;
    let is_complete = solution.termination.is_complete();
    Ok(is_complete.then(|| solution.certify(problem).certificate))
}

/// Runs `solve` for all pairs, on all threads; it returns no certificate where its solver stopped.
fn over_pairs(
    pairs: &[Pair],
    keep: impl FnMut(Judged) + Send,
    observer: &mut dyn Observer,
    solve: impl Fn(Pair, &mut dyn Observer) -> Result<Option<Certificate>, PairFault> + Sync,
) -> Result<Termination, PairwiseError> {
    let event = Event { of: Some(pairs.len() as u64), ..Event::new("pairs", 0) };
    let run = Mutex::new(SharedRun { observer, event, keep });
    let ended = pairs.par_iter().try_for_each_init(
        || TaskObserver(&run),
        |task, &pair| {
            if let ControlFlow::Break(stop) = task.ask() {
                return Err(Ended::Stopped(stop));
            }
            let found =
                solve(pair, task).map_err(|fault| Ended::Failed(PairwiseError { pair, fault }))?;
            if let Some(certificate) = found {
                task.keep(Judged { pair, certificate });
                return Ok(());
            }
            // A solver that stopped at a limit of its own leaves its pair unsolved.
            match task.ask() {
                ControlFlow::Break(stop) => Err(Ended::Stopped(stop)),
                ControlFlow::Continue(()) => Ok(()),
            }
        },
    );
    match ended {
        Ok(()) => Ok(Termination::Optimal),
        Err(Ended::Stopped(stop)) => Ok(stop.into()),
        Err(Ended::Failed(error)) => Err(error),
    }
}

/// The problem with its costs stored if they are few: solver and certificate read them many times.
pub(crate) fn in_cache(problem: OtProblem<'_>) -> OtProblem<'_> {
    /// Cells of a table that stays in the second-level cache.
    const CACHED_CELLS: usize = 1 << 16;
    let is_small = problem.n() * problem.m() <= CACHED_CELLS;
    let is_on_line = problem.cost().convex_on_line().is_some();
    if is_small && !is_on_line && !problem.cost().is_stored() {
        problem.tabulated()
    } else {
        problem
    }
}

/// Why pairs are left unsolved.
enum Ended {
    Stopped(Stop),
    Failed(PairwiseError),
}

/// The state that the tasks of a run share.
struct SharedRun<'a, K> {
    observer: &'a mut dyn Observer,
    event: Event,
    keep: K,
}

/// The observer of a task: it asks that of the run, which counts pairs.
struct TaskObserver<'r, 'a, K>(&'r Mutex<SharedRun<'a, K>>);

impl<K: FnMut(Judged)> TaskObserver<'_, '_, K> {
    fn keep(&self, judged: Judged) {
        let mut run = self.0.lock().expect("neither `keep` nor the observer panics");
        run.event.iterations += 1;
        (run.keep)(judged);
    }

    fn ask(&self) -> ControlFlow<Stop> {
        let mut run = self.0.lock().expect("neither `keep` nor the observer panics");
        let event = run.event;
        run.observer.observe(&event)
    }
}

/// A solver's own events are replaced by the number of pairs done.
impl<K: FnMut(Judged) + Send> Observer for TaskObserver<'_, '_, K> {
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
