//! The choice of potentials for the bound from below: those handed over, and others while these do not
//! prove the plan optimal. Every pair is made from a g alone, by `lower`.

use std::time::{Duration, Instant};

use ndarray::{Array1, ArrayView1};

use super::CertificateError;
use super::lower::{self, TwoWords};
use crate::measure::Marginal;
use crate::potentials::{
    Potentials, by_search, large_on_line, smallest_difference, to_source_until, to_target_until,
};
use crate::problem::OtProblem;
use crate::progress::{IsOver, never};
use crate::tolerance;

/// A relative gap below which only rounding is left.
const ROUNDING_GAP: f64 = 1e-13;

/// A factor that makes feasible potentials of costs ≥ 0 strictly feasible, at a loss that is small
/// beside the value, 2⁻³⁴ of it, however little of the mass moves: `s·f_i + s·g_j ≤ c(i, j) −
/// (1 − s)·c(i, j)` leaves room for the rounding of every cost and of the potentials.
const SHRINK: f64 = 1.0 - 1.0 / (1_u64 << 34) as f64;

/// A lower bound, the feasible potentials that prove it, and by how much those handed over were
/// infeasible.
pub(super) struct LowerBound {
    pub(super) value: f64,
    pub(super) repaired: Potentials,
    pub(super) violation: f64,
}

/// The bound that the potentials prove; others are tried while it does not prove `upper` optimal. Without
/// a limit, f is tried first, by its c-transform; with one, g, which takes one pass less.
pub(super) fn bound(
    problem: &OtProblem,
    potentials: Option<&Potentials>,
    upper: f64,
    limit: Option<IsOver<'_>>,
) -> Result<LowerBound, CertificateError> {
    let (n, m) = (problem.n(), problem.m());
    let zero;
    let potentials = if let Some(given) = potentials {
        given
    } else {
        zero = Potentials::zero(n, m);
        &zero
    };
    let (f, g) = (potentials.f(), potentials.g());
    potentials.check_shape((n, m))?;
    let is_over = limit.unwrap_or(&never);
    let pairs = FeasiblePairs { problem, is_over };
    let (mut best, violation) = if limit.is_none() {
        let transformed = pairs.transform(f, Some(g)).expect("nobody stops it");
        let violation = violation(g, transformed.iter().copied(), problem.target());
        (pairs.pair_of_g(transformed, Some(f)), violation)
    } else {
        let rows = pairs.row_minima(g, Some(f));
        let known = rows.iter().map(|row| if row.0.is_finite() { row.0 } else { f64::INFINITY });
        let violation = violation(f, known, problem.source());
        (Dual::of(problem, rows, g.to_owned()), violation)
    };
    let allowed = tolerance::OPTIMAL * upper.abs();
    let is_tight = |best: &Dual| upper - best.value <= allowed;
    if limit.is_some() && upper - best.value > ROUNDING_GAP * upper.abs() {
        best.replace_if_better(pairs.pair_of_transform(f));
    }
    // If the pair is infeasible by rounding only, g gives no better bound than f.
    if !is_tight(&best) && violation * problem.total() > 0.5 * allowed {
        best.replace_if_better(pairs.pair_of_double_transform(g));
    }
    // Potentials may be so large beside the cost that their rounding hides it.
    let size = f.iter().chain(g).fold(0.0_f64, |size, x| size.max(x.abs()));
    let is_blurred = 16.0 * f64::EPSILON * size * problem.total() > allowed;
    if is_blurred && !is_tight(&best) {
        // Potentials that are smaller by a constant lose less to rounding.
        let heaviest = heaviest(problem.source());
        best.replace_if_better(pairs.pair_of_transform((&f - f[heaviest]).view()));
    }
    if best.value <= 0.0 || is_blurred && !is_tight(&best) {
        best.replace_if_better(Some(pairs.pair_of_g(Array1::zeros(m), None)));
    }
    // Rounding may explain the gap where a small share of the mass moves, or costs are of many sizes:
    // that of the costs of pairs in question, which are at most twice the largest potential.
    let size = best.g.iter().filter(|g| g.is_finite()).fold(size, |size, g| size.max(g.abs()));
    let of_costs = problem.cost().rounding().reach(2.0 * size);
    let rounding = (64.0 * f64::EPSILON * size + of_costs) * problem.total();
    let is_rounding = |best: &Dual| !is_tight(best) && upper - best.value <= rounding;
    if is_rounding(&best) {
        // An f that was written to a file is rounded, its g is not.
        best.replace_if_better(Some(pairs.pair_of_g(g.to_owned(), Some(f))));
    }
    if is_rounding(&best) {
        best.replace_if_better(Some(pairs.pair_of_g(&g * SHRINK, Some(f))));
    }
    Ok(LowerBound { value: best.value, violation, repaired: best.potentials(problem, is_over) })
}

/// Makes feasible pairs of potentials until the time is up.
struct FeasiblePairs<'a> {
    problem: &'a OtProblem<'a>,
    is_over: IsOver<'a>,
}

impl FeasiblePairs<'_> {
    /// The c-transform of f over the sources with mass.
    fn transform(
        &self,
        f: ArrayView1<'_, f64>,
        guess: Option<ArrayView1<'_, f64>>,
    ) -> Option<Array1<f64>> {
        let f = with_weight(f, self.problem.marginals().0);
        to_target_until(self.problem.cost(), f.view(), guess, self.is_over)
    }

    /// The least `c − g` of the rows, over the targets with mass.
    fn row_minima(
        &self,
        g: ArrayView1<'_, f64>,
        guess: Option<ArrayView1<'_, f64>>,
    ) -> Vec<TwoWords> {
        let g = with_weight(g, self.problem.marginals().1);
        lower::row_minima(self.problem.cost(), g.view(), guess, self.is_over)
    }

    /// The pair of g and its row minima.
    fn pair_of_g(&self, g: Array1<f64>, guess: Option<ArrayView1<'_, f64>>) -> Dual {
        Dual::of(self.problem, self.row_minima(g.view(), guess), g)
    }

    /// The pair of the c-transform of f; `None` if the time is up before there is one.
    fn pair_of_transform(&self, f: ArrayView1<'_, f64>) -> Option<Dual> {
        if (self.is_over)() {
            None
        } else {
            self.transform(f, None).map(|g| self.pair_of_g(g, Some(f)))
        }
    }

    /// The pair of the double c-transform of g; `None` if the time is up before there is one.
    fn pair_of_double_transform(&self, g: ArrayView1<'_, f64>) -> Option<Dual> {
        if (self.is_over)() {
            return None;
        }
        let g = with_weight(g, self.problem.marginals().1);
        let f = to_source_until(self.problem.cost(), g.view(), self.is_over)?;
        self.pair_of_transform(f.view())
    }
}

/// The index of the largest mass.
fn heaviest(mass: ArrayView1<'_, f64>) -> usize {
    let heavier = |best: usize, i: usize| if mass[i] > mass[best] { i } else { best };
    (0..mass.len()).reduce(heavier).unwrap_or_default()
}

/// By how much potentials exceed the largest feasible ones, over the atoms with mass.
fn violation(
    potential: ArrayView1<'_, f64>,
    largest: impl Iterator<Item = f64>,
    mass: ArrayView1<'_, f64>,
) -> f64 {
    let over = potential.iter().zip(largest).zip(mass).filter(|(_, mass)| **mass > 0.0);
    over.map(|((potential, largest), _)| potential - largest).fold(0.0, f64::max)
}

/// A feasible pair of potentials: any g, and at most `f_i = min_j c(i, j) − g_j`.
struct Dual {
    value: f64,
    f: Vec<TwoWords>,
    g: Array1<f64>,
}

impl Dual {
    fn of(problem: &OtProblem, mut f: Vec<TwoWords>, mut g: Array1<f64>) -> Self {
        lower::cap_for_unknown_rows(problem, &mut f, &mut g);
        Self { value: lower::value(problem, &f, g.view()), f, g }
    }

    fn replace_if_better(&mut self, other: Option<Self>) {
        if let Some(other) = other.filter(|other| other.value > self.value) {
            *self = other;
        }
    }

    /// The pair in single words, rounded down; targets without mass get what is feasible.
    fn potentials(self, problem: &OtProblem, is_over: IsOver<'_>) -> Potentials {
        let f = lower::rounded_down(&self.f);
        let mut g = self.g;
        let weights = problem.marginals().1.weights();
        let is_idle = |(weight, g): (&f64, &f64)| *weight == 0.0 || !g.is_finite();
        if weights.iter().zip(&g).any(is_idle) {
            let largest = lower::column_minima(problem.cost(), f.view(), is_over);
            for ((g, largest), &weight) in g.iter_mut().zip(largest).zip(weights) {
                if weight == 0.0 || !g.is_finite() {
                    *g = largest;
                }
            }
        }
        let finite = |x: f64| x.clamp(f64::MIN, f64::MAX);
        let (weights, forbids) = (problem.marginals().0.weights(), problem.cost().forbids());
        // So may a source without mass that reaches no target.
        let of_source = |(f, &weight): (f64, &f64)| {
            if forbids && weight == 0.0 && !f.is_finite() { 0.0 } else { finite(f) }
        };
        let f = f.into_iter().zip(weights).map(of_source).collect();
        Potentials::from_finite(f, g.mapv_into(finite))
    }
}

/// The potential, −∞ where there is no mass. The weights say where: a mass may round to 0.
fn with_weight(potential: ArrayView1<'_, f64>, marginal: &Marginal) -> Array1<f64> {
    let ignored = |(&value, &weight)| if weight > 0.0 { value } else { f64::NEG_INFINITY };
    potential.iter().zip(marginal.weights()).map(ignored).collect()
}

/// The part of a time limit to leave for [`certify_until`](super::certify_until): a pass and a half over
/// the rows, but no less than a quarter of the time and no more than half.
#[must_use]
pub fn time_to_judge(problem: &OtProblem, limit: Duration) -> Duration {
    const PASSES: f64 = 1.5;
    time_of_a_pass(problem).mul_f64(PASSES).clamp(limit / 4, limit / 2)
}

/// About how long it takes to look at all rows once, measured on a few of them with zero potentials.
fn time_of_a_pass(problem: &OtProblem) -> Duration {
    /// Rows that are measured.
    const ROWS: usize = 32;
    let cost = problem.cost();
    if large_on_line(cost).is_some() {
        return Duration::ZERO;
    }
    let (n, m) = (cost.n(), cost.m());
    let rows = n.min(ROWS);
    let zero = vec![0.0; m];
    let mut start = Instant::now();
    let mut before = Duration::ZERO;
    if let Some(mut search) = by_search(cost).then(|| cost.search_targets()).flatten() {
        search.fit(&zero);
        before = start.elapsed();
        start = Instant::now();
        let queries: Vec<u32> = (0..).take(rows).collect();
        let limits = vec![f64::INFINITY; rows];
        search.smallest_of(&queries, 1, &limits, &mut vec![Vec::new(); rows]);
    } else {
        let mut buffer = vec![0.0; m];
        for i in 0..rows {
            std::hint::black_box(smallest_difference(cost.row(i, &mut buffer), &zero));
        }
    }
    let share = n as f64 / (rows * rayon::current_num_threads()) as f64;
    before + start.elapsed().mul_f64(share.max(1.0))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::super::{Certified, certify, certify_until};
    use super::*;
    use crate::cost::{CostMatrix, Euclidean, GroundCost, SqEuclidean};
    use crate::measure::DiscreteMeasure;
    use crate::seed::Seed;
    use crate::solvers::Solver;
    use crate::solvers::network_simplex::NetworkSimplex;
    use ndarray::{Array2, array};
    use rand::Rng as _;

    /// The judgment of an answer when the time is up after so many questions.
    fn after(questions: usize, problem: &OtProblem, potentials: &Potentials) -> Certified {
        let asked = AtomicUsize::new(0);
        let is_over = || asked.fetch_add(1, Ordering::Relaxed) >= questions;
        certify_until(problem, None, Some(potentials), &is_over).unwrap()
    }

    /// The bounds after 0, 1, 2, … questions, each of which has to be true, and those of feasible
    /// potentials.
    fn bounds(problem: &OtProblem) -> Vec<f64> {
        let solution = NetworkSimplex.solve(problem, &mut ()).unwrap();
        let whole = solution.certify(problem).certificate;
        let mut bounds = Vec::new();
        for questions in 0..400 {
            let Certified { certificate, potentials, .. } =
                after(questions, problem, &solution.potentials);
            assert!(certificate.lower <= whole.upper, "{questions}: {certificate:?} {whole:?}");
            for (i, f) in potentials.f().iter().enumerate() {
                for (j, g) in potentials.g().iter().enumerate() {
                    let above = problem.cost().enclosure(i, j).1;
                    assert!(f + g <= above, "{questions}: ({i}, {j}): {f} + {g} > {above}");
                }
            }
            bounds.push(certificate.lower);
        }
        let last = bounds[bounds.len() - 1];
        assert!(whole.upper - last <= 1e-12 * whole.upper.abs(), "{last} of {whole:?}");
        bounds
    }

    fn clouds(n: usize, d: usize) -> [DiscreteMeasure; 2] {
        let mut stream = Seed(7).stream("certificate");
        [0.0, 1.0].map(|shift| {
            let points = Array2::from_shape_simple_fn((n, d), || stream.uniform() + shift);
            DiscreteMeasure::uniform(points).unwrap()
        })
    }

    #[test]
    fn a_time_limit_leaves_a_true_bound_that_grows_with_the_rows_that_are_reached() {
        let [source, target] = clouds(60, 2);
        let bounds = bounds(&OtProblem::new(&source, &target, Euclidean).unwrap());
        let last = bounds[bounds.len() - 1];
        assert_eq!(bounds[0], 0.0);
        assert!(
            bounds.iter().any(|bound| 0.2 * last < *bound && *bound < 0.8 * last),
            "{bounds:?}"
        );
    }

    #[test]
    fn a_time_limit_leaves_a_true_bound_where_points_are_screened() {
        let [source, target] = clouds(600, 8);
        let problem = OtProblem::new(&source, &target, SqEuclidean).unwrap();
        let solution = NetworkSimplex.solve(&problem, &mut ()).unwrap();
        let upper = solution.certify(&problem).certificate.upper;
        let bounds = (0..30).map(|k| after(k, &problem, &solution.potentials).certificate.lower);
        let bounds: Vec<f64> = bounds.collect();
        assert!(bounds.iter().all(|bound| (0.0..=upper).contains(bound)), "{bounds:?} {upper}");
        let is_part = |bound: &&f64| 0.0 < **bound && **bound < 0.9 * upper;
        assert!(bounds.iter().any(|bound| is_part(&bound)), "{bounds:?} {upper}");
        assert!(upper - bounds[29] <= 1e-12 * upper);
    }

    #[test]
    fn a_time_limit_leaves_a_true_bound_for_negative_costs_and_atoms_without_mass() {
        for seed in 0..20 {
            let mut stream = Seed(seed).stream("certificate");
            let (n, m) = (stream.random_range(1..9), stream.random_range(1..9));
            let entry = |_| f64::from(stream.random_range(-9_i32..9));
            let cost = Array2::from_shape_vec((n, m), (0..n * m).map(entry).collect()).unwrap();
            let mut mass = |count: usize| {
                let mut mass = Array1::from_shape_simple_fn(count, || {
                    f64::from(stream.random_range(0_u32..3))
                });
                mass[0] += 1.0;
                let total = mass.sum();
                mass * (1000.0 / total)
            };
            let (source, target) = (mass(n), mass(m));
            let cost = CostMatrix::new(cost).unwrap();
            let problem = OtProblem::new(&source, &target, cost).unwrap();
            bounds(&problem);
        }
    }

    /// The judgment of the simplex on points and weights.
    fn solved(x: Array2<f64>, a: &[f64], y: Array2<f64>, b: &[f64]) -> Certified {
        let of = |points, weights: &[f64]| {
            DiscreteMeasure::normalized(points, Array1::from(weights.to_vec())).unwrap()
        };
        let problem = OtProblem::new(&of(x, a), &of(y, b), Euclidean).unwrap();
        NetworkSimplex.solve(&problem, &mut ()).unwrap().certify(&problem)
    }

    #[test]
    fn a_plan_is_proved_optimal_however_little_of_the_mass_moves() {
        let x = || array![[0.0, 0.0], [1.0, 7.0], [4.0, 4.0]];
        let y = || array![[0.0, 0.0], [1.0, 7.0], [4.0, 4.0], [3.0, 5.0]];
        for tiny in [1e-7, 1e-9, 1e-12, 1e-15, 1e-18] {
            for weights in [[1.0, 1.0, 1.0], [0.1, 7.0, 0.3]] {
                let [a, b, c] = weights;
                let moved = solved(x(), &weights, y(), &[a, b, c, tiny]).certificate;
                assert!(moved.is_optimal() && moved.lower > 0.0, "{tiny}: {moved:?}");
            }
        }
    }

    #[test]
    fn little_mass_is_proved_for_costs_of_many_roundings() {
        // Large powers, and many dimensions.
        for (power, d) in [(1.0, 1), (20.0, 1), (60.0, 1), (1.0, 400), (2.0, 784)] {
            for tiny in [1e-6, 1e-8, 1e-10, 1e-14] {
                let mut stream = Seed(3).stream("certificate");
                let mut point = || Array2::from_shape_simple_fn((1, d), || stream.uniform());
                let (x, y) = (point(), point());
                let source = ndarray::concatenate![ndarray::Axis(0), x, x];
                let target = ndarray::concatenate![ndarray::Axis(0), x, y];
                let measure =
                    |points, weights| DiscreteMeasure::normalized(points, weights).unwrap();
                let source = measure(source, array![1.0, 2.0]);
                let target = measure(target, array![1.0, tiny]);
                let ground = GroundCost::power(Euclidean, power).unwrap();
                let problem = OtProblem::new(&source, &target, ground).unwrap();
                let solution = NetworkSimplex.solve(&problem, &mut ()).unwrap();
                let Certified { certificate, plan, potentials } = solution.certify(&problem);
                assert!(certificate.is_optimal(), "{power} {d} {tiny}: {certificate:?}");
                let again =
                    certify(&problem, plan.as_ref(), Some(&potentials)).unwrap().certificate;
                assert!(again.is_optimal(), "{power} {d} {tiny}: {again:?}");
            }
        }
    }

    #[test]
    fn potentials_far_from_their_transform_are_tried_as_they_are() {
        let x = array![[0.0], [1.333_333_333_333_333_3]];
        let measure = |points, weights| DiscreteMeasure::normalized(points, weights).unwrap();
        let source = measure(x, array![1.0, 1.0]);
        let target = measure(array![[0.0], [4.0]], array![1.0, 1e-16]);
        let ground = GroundCost::power(Euclidean, 20.0).unwrap();
        let problem = OtProblem::new(&source, &target, ground).unwrap();
        let solution = NetworkSimplex.solve(&problem, &mut ()).unwrap();
        let Certified { certificate, plan, potentials } = solution.certify(&problem);
        assert!(certificate.is_optimal(), "{certificate:?}");
        let again = certify(&problem, plan.as_ref(), Some(&potentials)).unwrap().certificate;
        assert!(again.is_optimal(), "{again:?}");
    }

    #[test]
    fn an_answer_that_was_proved_is_proved_again() {
        let mut proved = 0;
        let powers = [2.0, 10.0, 40.0].into_iter().cycle();
        for (seed, power) in (0..60).zip(powers) {
            let mut stream = Seed(seed).stream("certificate");
            let mut cloud = |n| {
                let points = Array2::from_shape_simple_fn((n, 2), || stream.uniform());
                let weights =
                    Array1::from_shape_simple_fn(n, || 10_f64.powf(-9.0 * stream.uniform()));
                DiscreteMeasure::normalized(points, weights).unwrap()
            };
            let (source, target) = (cloud(5), cloud(7));
            let ground = GroundCost::power(Euclidean, power).unwrap();
            let problem = OtProblem::new(&source, &target, ground).unwrap();
            let solution = NetworkSimplex.solve(&problem, &mut ()).unwrap();
            let Certified { certificate: first, plan, potentials } = solution.certify(&problem);
            let again = certify(&problem, plan.as_ref(), Some(&potentials)).unwrap().certificate;
            if first.is_optimal() {
                proved += 1;
                assert!(again.is_optimal(), "{seed}: {first:?} {again:?}");
            }
        }
        assert!(proved >= 50, "{proved}");
    }

    #[test]
    fn potentials_that_prove_nothing_are_replaced_within_a_limit_too() {
        let [source, target] = clouds(40, 2);
        let problem = OtProblem::new(&source, &target, Euclidean).unwrap();
        let solution = NetworkSimplex.solve(&problem, &mut ()).unwrap();
        let whole = solution.certify(&problem).certificate;
        let f = solution.potentials.f().to_owned();
        let bad =
            Potentials::new(f, Array1::from_shape_fn(40, |j| 1e6 * (j as f64).sin())).unwrap();
        let c = certify_until(&problem, Some(&solution.plan), Some(&bad), &never).unwrap();
        assert!(c.certificate.is_optimal(), "{c:?}");
        assert!(c.certificate.dual_violation > 1e5);
        let without_limit = certify(&problem, Some(&solution.plan), Some(&bad)).unwrap();
        assert!(without_limit.certificate.upper == whole.upper);
    }
}
