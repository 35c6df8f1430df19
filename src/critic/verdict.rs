//! The verdict on a critic: its estimate, and the lower bounds that it proves.

use ndarray::{Array1, ArrayView1, ArrayView2, Axis, concatenate};
use rayon::prelude::*;

use super::{Critic, CriticError, Lipschitz, samples};
use crate::certificate::{certify, dual_value_below};
use crate::cost::Metric;
use crate::math;
use crate::measure::DiscreteMeasure;
use crate::potentials::Potentials;
use crate::problem::OtProblem;

/// A critic, judged on two samples.
#[derive(Debug, Clone, PartialEq)]
pub struct CriticVerdict {
    /// `E_μ f − E_ν f`, times the total mass: the critic's estimate of the transport cost.
    pub estimate: f64,
    /// The proved bound of the critic's Lipschitz constant.
    pub lipschitz: Lipschitz,
    /// `max |f(x) − f(y)| / c(x, y)` over all pairs of sample points: the constant is at least
    /// that.
    pub lipschitz_pairs: f64,
    /// `estimate / bound`, rounded down, at least 0: a lower bound of the transport cost. Where a pair
    /// of sample points is steeper than the bound says, its slope takes the place of the bound.
    pub certified_lower: f64,
    /// The value of the c-transforms of f: a lower bound whatever the slope of f is (McShane).
    pub polished_lower: f64,
    /// `‖∇f‖` on the source points.
    pub source_slopes: Slopes,
    /// `‖∇f‖` on the target points.
    pub target_slopes: Slopes,
    /// `‖∇f‖` on points between source and target points.
    pub between_slopes: Slopes,
}

/// Percentiles of a slope, in the norm dual to the distance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slopes {
    /// 5 % are below.
    pub p5: f64,
    /// Half are below.
    pub median: f64,
    /// 5 % are above.
    pub p95: f64,
    /// None is above.
    pub most: f64,
}

/// Judges a critic on the samples of a problem and their distance: two passes over the pairs of
/// sample points.
///
/// # Errors
/// [`CriticError`] for samples of another dimension, for a ground cost that is no distance, and for a
/// problem without points.
pub fn judge(critic: &dyn Critic, problem: &OtProblem) -> Result<CriticVerdict, CriticError> {
    let (clouds, metric) = samples(problem)?;
    let (source, target) = (clouds.source.support(), clouds.target.support());
    let (f, g) = (critic.values(source)?, critic.values(target)?);
    let estimate = math::dot(problem.source(), &f) - math::dot(problem.target(), &g);
    let lipschitz = critic.lipschitz();
    let potentials = Potentials::from_finite(f.clone(), -&g);
    let proved = dual_value_below(problem, &potentials);
    let certified = certify(problem, None, Some(&potentials))
        .unwrap_or_else(|_| unreachable!("a potential for each point"));
    let slopes = |points: ArrayView2<'_, f64>| -> Result<Slopes, CriticError> {
        let gradients = critic.gradients(points)?;
        Ok(Slopes::of(gradients.outer_iter().map(|g| metric.dual_norm(&g.to_vec())).collect()))
    };
    let points = concatenate![Axis(0), source, target];
    let values = concatenate![Axis(0), f, g];
    let steepest = steepest(points.view(), values.view(), metric)?;
    let slope = lipschitz.bound.max(steepest.at_most);
    Ok(CriticVerdict {
        estimate,
        lipschitz,
        lipschitz_pairs: steepest.at_least,
        certified_lower: (proved / slope).next_down().max(0.0),
        polished_lower: certified.certificate.lower.max(0.0),
        source_slopes: slopes(source)?,
        target_slopes: slopes(target)?,
        between_slopes: slopes(between(source, target).view())?,
    })
}

impl Slopes {
    fn of(mut slopes: Vec<f64>) -> Self {
        slopes.sort_unstable_by(f64::total_cmp);
        let last = slopes.len() - 1;
        let at = |percent: usize| slopes[percent * last / 100];
        Self { p5: at(5), median: at(50), p95: at(95), most: slopes[last] }
    }
}

/// Two numbers between which the slope of the steepest pair lies.
struct Steepest {
    at_least: f64,
    at_most: f64,
}

/// The steepest of all pairs of points.
fn steepest(
    points: ArrayView2<'_, f64>,
    values: ArrayView1<'_, f64>,
    metric: Metric,
) -> Result<Steepest, CriticError> {
    let points = DiscreteMeasure::uniform(points.to_owned()).expect("points of measures");
    let distances = metric.ground().table(&points, &points)?;
    let rounding = distances.rounding();
    let steeper = |a: (f64, f64), b: (f64, f64)| (a.0.max(b.0), a.1.max(b.1));
    let of_row = |buffer: &mut Vec<f64>, i: usize| {
        let row = distances.row(i, buffer);
        let slopes = row.iter().zip(values).filter(|(_, v)| **v != values[i]);
        let both = slopes.map(|(&c, v)| {
            let rise = (values[i] - v).abs();
            (rise / rounding.above(c), rise.next_up() / rounding.below(c))
        });
        both.fold((0.0, 0.0), steeper)
    };
    let (at_least, at_most) = (0..values.len())
        .into_par_iter()
        .map_init(|| vec![0.0; values.len()], of_row)
        .reduce(|| (0.0, 0.0), steeper);
    Ok(Steepest { at_least, at_most: at_most.next_up() })
}

/// A point between every source point and some target point, at shares that fill (0, 1) evenly.
fn between(source: ArrayView2<'_, f64>, target: ArrayView2<'_, f64>) -> ndarray::Array2<f64> {
    /// Multiples of the golden ratio are spread as evenly as can be.
    const GOLDEN_RATIO_FRACTION: f64 = 0.618_033_988_749_894_9;
    let mut points = source.to_owned();
    for (i, mut x) in points.outer_iter_mut().enumerate() {
        let share = ((i + 1) as f64 * GOLDEN_RATIO_FRACTION).fract();
        let y: ArrayView1<'_, f64> = target.row(i % target.nrows());
        let moved: Array1<f64> = &x + &((&y - &x) * share);
        x.assign(&moved);
    }
    points
}
