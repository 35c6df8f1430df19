//! The bound from below: what potentials are worth, with every rounding on the safe side.
//!
//! For any g, `f_i = min_j c(i, j) − g_j` makes (f, g) feasible, so `Σ μ_i f_i + Σ ν_j g_j` is at
//! most the optimum. The g are `f64` and taken as they are. The minima are taken over lower ends of
//! the costs' intervals: a pass in `f64` finds the cells that may hold the minimum of a row, and those
//! few are decided in twice the working precision, where the difference of two `f64` is exact. The sum
//! is exact, too, and rounded down once, at the end.
//!
//! A row that was not reached before the time is up has a weaker bound: if no cost is below c₀ and no
//! `g_j` above a cap t, `f_i = c₀ − t` is feasible. Lowering g to the cap only raises `c − g`, so the minima
//! of the other rows stay lower bounds. The cap is the t above which the targets hold as much mass as the
//! rows not reached. The proofs are in `docs/theory/certificate.md`.

use std::cmp::Ordering;

use macro_rules_attribute::apply;
use ndarray::{Array1, ArrayView1};
use rayon::prelude::*;

use crate::cost::{Cost, Rounding, Search};
use crate::math::exact::{quotient_below, two_sum};
use crate::math::{TwoFloat, simd_targets};
use crate::potentials::{
    LineMinima, by_search, limits, line_minima, rows_per_task, smallest_difference, to_target_until,
};
use crate::problem::OtProblem;
use crate::progress::IsOver;

/// A lower bound of a row's minimum as a sum of two numbers, high and low word, that is not rounded;
/// `(−∞, 0)` if none is known.
pub(super) type TwoWords = (f64, f64);

/// No lower bound is known.
const UNKNOWN: TwoWords = (f64::NEG_INFINITY, 0.0);

/// At most `min_j c(i, j) − g_j` for every source, over targets with `g_j > −∞`. O(nm), parallel,
/// less where the points can be searched or lie on the line. A good guess of the minima makes a search
/// short. Rows that are not reached before the time is up are not known.
pub(super) fn row_minima(
    cost: &dyn Cost,
    g: ArrayView1<'_, f64>,
    guess: Option<ArrayView1<'_, f64>>,
    is_over: IsOver<'_>,
) -> Vec<TwoWords> {
    if is_over() {
        return vec![UNKNOWN; cost.n()];
    }
    // On the line most cells beyond a point tie, which is no place for a search.
    if let Some((x, y)) = cost.convex_on_line().filter(|_| by_search(cost)) {
        return on_line(cost, x, y, g);
    }
    let g = g.to_vec();
    let band = Band::of(cost.rounding(), &g);
    if let Some(mut search) = by_search(cost).then(|| cost.search_targets()).flatten() {
        search.fit(&g);
        // Far enough that all cells in question are found, if the guess is right.
        let far = |limit: f64| band.limit(band.limit(limit));
        let limits: Vec<f64> = limits(guess, cost.n()).into_iter().map(far).collect();
        return searched(cost, search.as_ref(), &g, &limits, band, is_over);
    }
    let mut minima = vec![UNKNOWN; cost.n()];
    minima.par_iter_mut().enumerate().with_min_len(rows_per_task(cost.m())).for_each_init(
        || vec![0.0; cost.m()],
        |buffer, (i, minimum)| {
            if !is_over() {
                let row = cost.row(i, buffer);
                let least = smallest_difference(row, &g);
                *minimum = least_within(row, &g, band, band.limit(least));
            }
        },
    );
    minima
}

/// The band above the least computed `c − g` of a row that contains every cell whose real value may be
/// the least.
#[derive(Debug, Clone, Copy)]
struct Band {
    rounding: Rounding,
    /// The largest |g|.
    size: f64,
}

impl Band {
    fn of(rounding: Rounding, g: &[f64]) -> Self {
        let sizes = g.iter().filter(|g| g.is_finite()).map(|g| g.abs());
        Self { rounding, size: sizes.fold(0.0, f64::max) }
    }

    /// Computed differences above this cannot be the least of a row whose least computed one is
    /// given: costs of cells in question are at most `|least| + |g|`, or a little more.
    fn limit(self, least: f64) -> f64 {
        let size = least.abs() + self.size;
        least + (2.0 * self.rounding.reach(size) + 4.0 * f64::EPSILON * least.abs())
    }

    /// At most `c − g` for a computed cost, in two words.
    #[inline(always)]
    fn difference(self, cost: f64, g: f64) -> TwoWords {
        let (high, low) = two_sum(self.rounding.below(cost), -g);
        // An overflow leaves no bound.
        if high.is_finite() && low.is_finite() { (high, low) } else { UNKNOWN }
    }
}

/// The less of two differences.
fn least(a: TwoWords, b: TwoWords) -> TwoWords {
    let order = a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1));
    if order == Ordering::Greater { b } else { a }
}

/// The least difference of the cells of a row whose computed one is at most `limit`.
#[apply(simd_targets)]
fn least_within(row: &[f64], g: &[f64], band: Band, limit: f64) -> TwoWords {
    const CHUNK: usize = 32;
    let mut best = None;
    for (row, g) in row.chunks(CHUNK).zip(g.chunks(CHUNK)) {
        let mut any = false;
        for (c, g) in row.iter().zip(g) {
            any |= c - g <= limit;
        }
        if any {
            for (&c, &g) in row.iter().zip(g).filter(|(c, g)| **c - **g <= limit) {
                let difference = band.difference(c, g);
                best = Some(best.map_or(difference, |best| least(best, difference)));
            }
        }
    }
    // Nothing is below a limit that is not a number.
    best.unwrap_or(UNKNOWN)
}

/// [`row_minima`] by search: it is asked for a few of the least cells of a row below a limit. If all
/// of them are in the [`Band`], or cells above the limit may be, it is asked for more, without a limit.
fn searched(
    cost: &dyn Cost,
    search: &dyn Search,
    g: &[f64],
    limits: &[f64],
    band: Band,
    is_over: IsOver<'_>,
) -> Vec<TwoWords> {
    /// Queries handed to a search together.
    const QUERIES: usize = 256;
    /// Cells that are asked for first.
    const FIRST: usize = 4;
    /// Where more cells than this are in question, the least computed one less the error of all is
    /// good enough: points on a lattice tie by the hundred. All cells of a dummy are looked at.
    const MOST: usize = 32;
    let points = cost.n() - cost.dummies().0;
    let mut minima = vec![UNKNOWN; cost.n()];
    minima.par_chunks_mut(QUERIES).enumerate().for_each(|(block, minima)| {
        #[expect(clippy::cast_possible_truncation, reason = "2³² points would not fit in memory")]
        let mut rows: Vec<u32> = (0..minima.len()).map(|k| (block * QUERIES + k) as u32).collect();
        let mut found = vec![Vec::new(); rows.len()];
        let mut limits = limits[block * QUERIES..][..minima.len()].to_vec();
        let mut keep = FIRST;
        while !(rows.is_empty() || is_over()) {
            found.truncate(rows.len());
            search.smallest_of(&rows, keep, &limits, &mut found);
            let mut left = Vec::new();
            for ((&i, found), &searched_to) in rows.iter().zip(&found).zip(&limits) {
                let limit = found.first().map_or(f64::NAN, |first| band.limit(first.0));
                let is_cut = found.len() == keep && found[keep - 1].0 <= limit;
                let is_covered = searched_to == f64::INFINITY || limit < searched_to;
                let minimum = &mut minima[i as usize - block * QUERIES];
                if is_cut && is_covered && keep >= MOST && (i as usize) < points {
                    let least = found[0].0;
                    *minimum = two_sum(least, least - limit.next_up());
                    continue;
                }
                if is_cut || !is_covered {
                    left.push(i);
                    continue;
                }
                let in_question = found.iter().take_while(|cell| cell.0 <= limit);
                let differences = in_question
                    .map(|&(_, j)| band.difference(cost.at(i as usize, j as usize), g[j as usize]));
                *minimum = differences.reduce(least).unwrap_or(UNKNOWN);
            }
            rows = left;
            limits = vec![f64::INFINITY; rows.len()];
            keep *= 8;
        }
    });
    minima
}

/// [`row_minima`] on the line, where [`line_minima`] may miss a minimum by twice the error of a cell for
/// each level of its recursion. Distances and their squares are computed in twice the working
/// precision, so that this is nothing.
fn on_line(cost: &dyn Cost, x: &[f64], y: &[f64], g: ArrayView1<'_, f64>) -> Vec<TwoWords> {
    /// Relative error of a cell in twice the working precision: a difference, a square, another
    /// difference, 2⁻¹⁰⁴ each.
    const TWICE: f64 = 1.0 / (1_u128 << 96) as f64;
    let band = Band::of(cost.rounding(), &g.to_vec());
    let largest = cost.upper_bound().unwrap_or(f64::INFINITY);
    let word = |value: f64| TwoFloat { high: value, low: 0.0 };
    let power = cost.power_on_line();
    let cell = |i: usize, j: usize| match power {
        Some(1) => TwoFloat::difference(x[i], y[j]).abs() - word(g[j]),
        Some(_) => TwoFloat::difference(x[i], y[j]).square() - word(g[j]),
        None => word(cost.at(i, j) - g[j]),
    };
    let LineMinima { minima, levels } = line_minima(x, y, g, cell);
    let of_cell = if power.is_some() {
        TWICE * (largest + band.size) + f64::MIN_POSITIVE
    } else {
        // Costs of cells that may be taken for the least are at most the least and the largest |g|: a
        // cell that costs more is larger by more than the error that its own cost adds.
        let sizes = minima.iter().flatten().map(|least| least.high.abs());
        let size = sizes.fold(band.size, f64::max);
        cost.rounding().reach(2.0 * size) + 2.0 * f64::EPSILON * size
    };
    let error = f64::from(2 * levels + 2) * of_cell;
    let below = |least: TwoFloat| (least.high, (least.low - error).next_down());
    minima.into_iter().map(|least| least.map_or(UNKNOWN, below)).collect()
}

/// At most `min_i c(i, j) − f_i` for every target: the c-transform minus its error bound, or a bound
/// from the least cost if the time is up before that is done.
pub(super) fn column_minima(
    cost: &dyn Cost,
    f: ArrayView1<'_, f64>,
    is_over: IsOver<'_>,
) -> Array1<f64> {
    let transform = if is_over() { None } else { to_target_until(cost, f, None, is_over) };
    let Some(transform) = transform else {
        let largest = f.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        return Array1::from_elem(cost.m(), (least_cost(cost) - largest).next_down());
    };
    let band = Band::of(cost.rounding(), &f.to_vec());
    let levels = f64::from(2 * (usize::BITS - cost.m().leading_zeros()) + 2);
    let below = |least: f64| {
        // A target that no arc reaches may have any potential.
        if least == f64::INFINITY { 0.0 } else { least - levels * (band.limit(least) - least) }
    };
    transform.mapv_into(below)
}

/// A number that no real cost is below; −∞ if none is known without computing all of them.
fn least_cost(cost: &dyn Cost) -> f64 {
    if !cost.rounding().is_none() {
        return 0.0;
    }
    if !cost.is_stored() {
        return f64::NEG_INFINITY;
    }
    let rows = (0..cost.n()).into_par_iter().with_min_len(rows_per_task(cost.m()));
    let zero = vec![0.0; cost.m()];
    rows.map_init(
        || vec![0.0; cost.m()],
        |buffer, i| smallest_difference(cost.row(i, buffer), &zero),
    )
    .reduce(|| f64::INFINITY, f64::min)
}

/// If there are rows without a bound, lowers g to the cap and gives these rows the bound that follows
/// from it; see the [module](self).
pub(super) fn cap_for_unknown_rows(problem: &OtProblem, f: &mut [TwoWords], g: &mut Array1<f64>) {
    let is_unknown = |f: &TwoWords| f.0 == f64::NEG_INFINITY;
    if !f.iter().any(is_unknown) {
        return;
    }
    let unknown = f.iter().zip(problem.source()).filter(|(f, _)| is_unknown(f));
    let unknown: f64 = unknown.map(|(_, mass)| mass).sum();
    let Some(cap) = quantile_from_above(g.view(), problem.target(), unknown) else { return };
    let (high, low) = two_sum(least_cost(problem.cost()), -cap);
    let bound = if high.is_finite() && low.is_finite() { (high, low) } else { UNKNOWN };
    for f in f {
        if least(*f, bound) == *f {
            *f = bound;
        }
    }
    g.mapv_inplace(|g| if g > cap { cap } else { g });
}

/// The largest value that has more than the mass `share` at and above it; `None` if no value with mass
/// is finite.
fn quantile_from_above(
    values: ArrayView1<'_, f64>,
    mass: ArrayView1<'_, f64>,
    share: f64,
) -> Option<f64> {
    let with_mass =
        values.iter().zip(mass).filter(|(value, mass)| **mass > 0.0 && value.is_finite());
    let mut order: Vec<(f64, f64)> = with_mass.map(|(value, mass)| (*value, *mass)).collect();
    order.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let mut above = 0.0;
    let quantile = order.iter().find(|(_, mass)| {
        above += mass;
        above > share
    });
    quantile.or(order.last()).map(|(value, _)| *value)
}

/// `Σ μ_i f_i + Σ ν_j g_j`, rounded down; −∞ if a potential with mass is not known.
pub(super) fn value(problem: &OtProblem, f: &[TwoWords], g: ArrayView1<'_, f64>) -> f64 {
    let (source, target) = problem.marginals();
    let sums = (source.integral(f.iter().copied()), target.integral(g.iter().map(|&g| (g, 0.0))));
    let (Some(s), Some(r)) = sums else { return f64::NEG_INFINITY };
    // (S + R·A/B)/d for sums S, R with weights of sums A, B and the divisor d of the source's.
    let (a, b) = (source.sum_of_weights(), target.sum_of_weights());
    let (numerator, exponent) = s.times(&b).plus(&r.times(&a)).into_parts();
    let denominator = source.divisor().map_or_else(|| b.clone(), |divisor| b.times(&divisor));
    quotient_below(&numerator, &denominator.number, exponent - denominator.exponent)
}

/// The potentials of [`row_minima`] as single words, rounded down.
pub(super) fn rounded_down(minima: &[TwoWords]) -> Array1<f64> {
    let down = |&(high, low): &TwoWords| {
        if low < 0.0 { (high + low).next_down() } else { high }
    };
    minima.iter().map(down).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::{CostMatrix, Euclidean, GroundCost, SqEuclidean};
    use crate::math::exact::ExactSum;
    use crate::measure::DiscreteMeasure;
    use crate::potentials::to_target;
    use crate::progress::never;
    use crate::seed::Seed;
    use ndarray::{Array2, array};
    use num_bigint::BigInt;
    use rand::Rng as _;

    fn exact(words: TwoWords) -> BigInt {
        let mut sum = ExactSum::default();
        sum.add(words.0);
        sum.add(words.1);
        sum.to_integer()
    }

    #[test]
    fn minima_of_a_matrix_are_exact() {
        for seed in 0..200 {
            let mut stream = Seed(seed).stream("lower");
            let (n, m) = (stream.random_range(1..5), stream.random_range(1..80));
            // Costs and potentials of many sizes: their differences have more bits than an f64.
            let mut draw =
                || stream.random_range(-1.0..1.0_f64) * 2.0_f64.powi(stream.random_range(-40..40));
            let entries = Array2::from_shape_simple_fn((n, m), &mut draw);
            let g = Array1::from_shape_simple_fn(m, &mut draw);
            let cost = CostMatrix::new(entries.clone()).unwrap();
            for (row, found) in entries.outer_iter().zip(row_minima(&cost, g.view(), None, &never))
            {
                let differences = row.iter().zip(&g).map(|(&c, &g)| exact((c, -g)));
                assert_eq!(exact(found), differences.min().unwrap(), "seed {seed}");
            }
        }
    }

    fn clouds(n: usize, m: usize, d: usize) -> [DiscreteMeasure; 2] {
        let mut stream = Seed(7).stream("clouds");
        [n, m].map(|count| {
            let points = Array2::from_shape_simple_fn((count, d), || stream.uniform());
            DiscreteMeasure::uniform(points).unwrap()
        })
    }

    /// By search and row by row, the same bounds come out.
    fn both_ways<G: Into<GroundCost>>(ground: G, n: usize, m: usize, d: usize) {
        let [x, y] = clouds(n, m, d);
        let problem = OtProblem::new(&x, &y, ground.into()).unwrap();
        assert!(by_search(problem.cost()));
        let g = to_target(problem.cost(), Array1::zeros(n).view());
        let found = row_minima(problem.cost(), g.view(), None, &never);
        // Guesses that are right, too low, too high, and none.
        let mut guess = rounded_down(&found);
        for (i, guess) in guess.iter_mut().enumerate() {
            *guess += [0.0, -0.01, 0.01, f64::INFINITY][i % 4];
        }
        let guessed = row_minima(problem.cost(), g.view(), Some(guess.view()), &never);
        assert_eq!(found, guessed);
        let stored = problem.tabulated();
        assert_eq!(found, row_minima(stored.cost(), g.view(), None, &never));
    }

    #[test]
    fn searches_find_what_rows_hold() {
        both_ways(Euclidean, 2100, 2050, 2);
        both_ways(SqEuclidean, 2100, 2050, 2);
        both_ways(Euclidean, 150, 130, 20);
        both_ways(SqEuclidean, 150, 130, 20);
    }

    #[test]
    fn the_line_is_bounded_from_below_and_closely() {
        for ground in [1.0, 2.0, 1.5] {
            let [x, y] = clouds(300, 400, 1);
            let ground = GroundCost::power(Euclidean, ground).unwrap();
            let problem = OtProblem::new(&x, &y, ground).unwrap();
            let cost = problem.cost();
            let g = to_target(cost, Array1::zeros(300).view());
            let (line_x, line_y) = cost.convex_on_line().unwrap();
            let sorted = on_line(cost, line_x, line_y, g.view());
            for (i, (high, low)) in sorted.into_iter().enumerate() {
                let least = (0..400).map(|j| cost.at(i, j) - g[j]).fold(f64::INFINITY, f64::min);
                assert!(high + low <= least + 1e-14 && least - (high + low) < 1e-12);
            }
        }
    }

    #[test]
    fn a_dual_value_is_rounded_down_once() {
        let x = DiscreteMeasure::uniform(array![[0.0], [1.0], [2.0]]).unwrap();
        let y = DiscreteMeasure::uniform(array![[0.5]]).unwrap();
        let problem = OtProblem::new(&x, &y, Euclidean).unwrap();
        // (0.1 + 0.1 + 0.1) / 3 + 0.25, where 0.1 is the stored number.
        let found = value(&problem, &[(0.1, 0.0); 3], array![0.25].view());
        assert!(found <= 0.35 && 0.35 <= found.next_up().next_up());
        assert_eq!(value(&problem, &[UNKNOWN; 3], array![0.25].view()), f64::NEG_INFINITY);
    }
}
