//! Newton steps on the dual, by conjugate gradients.
//!
//! With masses as shares and x in units of ε, the second derivative of −D is
//! `H = diag(r) − Pᵀ diag(1/μ) P`, positive semi-definite: the Laplacian of a graph between
//! columns. It stays so if small cells are left out of P, but not out of r. H x = ν − r is solved
//! only as exactly as the step needs (Dembo, Eisenstat, Steihaug 1982, "Inexact Newton methods", SIAM J.
//! Numer. Anal. 19), preconditioned by diag(r), under which Sinkhorn's own step is one iteration.

use std::ops::ControlFlow;

use super::dual::{Dual, DualPoint};
use super::gth_elimination;
use crate::gibbs::{AbsorbedKernel, PlanProduct};
use crate::math::vectors::{
    add_scaled, fast_dot, multiply, multiply_less, scale_and_add, sum_of_sizes,
};
use crate::solvers::Termination;

/// Marginal error above which the quadratic model is not trusted.
const LARGEST_ERROR: f64 = 0.5;

/// No Newton step is tried while Sinkhorn's steps divide the error by more than this factor.
const FAST_SINKHORN_FACTOR: f64 = 4.0;

/// Cells below this share of their row and column, times the marginal error, are left out of P.
/// Leaving a cell out ties its column to its present value, which slows the last steps down.
const CELL_SHARE_PER_ERROR: f64 = 1e-3;

/// Upper limit of that share, for any marginal error.
const LARGEST_CELL_SHARE: f64 = 1e-6;

/// Products with P for one step: enough for tight tolerances at small ε.
const LARGEST_PRODUCTS: usize = 4000;

/// Products with P for one step, as a multiple of the number of columns, where elimination can
/// take over. Without rounding, conjugate gradients end after one product for each column.
const PRODUCTS_PER_COLUMN: usize = 4;

/// The first damping that elimination tries, as a multiple of the last one that it needed.
const DAMPING_DECREASE: f64 = 1e-4;

/// Step lengths tried, and the factor from one to the next.
const LINE_SEARCH_TRIALS: u32 = 3;
const STEP_DECREASE: f64 = 0.25;

/// A step is made longer by the factor `STEP_INCREASE` while the slope of D at its end is above
/// this share of the slope at its beginning.
const STEEP_SLOPE_SHARE: f64 = 0.5;
const STEP_INCREASE: f64 = 4.0;

/// Steps below this length, in units of ε, are not made longer: their slopes may be rounding.
const LEAST_LENGTHENED_STEP: f64 = 1.0;

/// Share of the increase predicted by the gradient that a step must reach (Armijo's rule).
const ARMIJO_SHARE: f64 = 1e-4;

/// The longest step of a potential, in units of ε.
const LONGEST_STEP: f64 = 30.0;

/// Sinkhorn steps between two attempts at most.
const LONGEST_PAUSE: u32 = 32;

/// Decides when to attempt a Newton step, and computes it.
#[derive(Debug)]
pub(super) struct Newton {
    /// Sinkhorn steps left before the next attempt.
    rest: u32,
    /// Failures in a row.
    failures: u32,
    /// The factor by which the last Sinkhorn step lowered the error.
    fall: f64,
    /// Whether conjugate gradients have failed.
    stiff: bool,
    /// The share of the diagonal that elimination adds to it.
    damping: f64,
}

impl Default for Newton {
    /// After a Sinkhorn step.
    fn default() -> Self {
        Self { rest: 0, failures: 0, fall: f64::INFINITY, stiff: false, damping: 0.0 }
    }
}

impl Newton {
    /// Records a Sinkhorn step that divided the error by `fall`.
    pub(super) fn after_sinkhorn(&mut self, fall: f64) {
        self.fall = fall;
    }

    /// The point after a Newton step; `None` if none is attempted now, or it did not raise D.
    pub(super) fn step(
        &mut self,
        dual: &mut Dual<'_>,
        at: &DualPoint,
    ) -> ControlFlow<Termination, Option<DualPoint>> {
        if self.rest > 0 || at.error > LARGEST_ERROR || self.fall > FAST_SINKHORN_FACTOR {
            self.rest = self.rest.saturating_sub(1);
            return ControlFlow::Continue(None);
        }
        let kernel = std::mem::take(&mut dual.kernel);
        let x = self.direction(dual, &kernel, at);
        dual.kernel = kernel;
        let x = x?;
        let found = search(dual, at, &x);
        self.failures = if found.is_some() { 0 } else { self.failures + 1 };
        self.rest = (1_u32 << self.failures.min(6)).min(LONGEST_PAUSE) - 1;
        ControlFlow::Continue(found)
    }

    /// x with H x = ν − r.
    fn direction(
        &mut self,
        dual: &mut Dual<'_>,
        kernel: &AbsorbedKernel,
        at: &DualPoint,
    ) -> ControlFlow<Termination, Vec<f64>> {
        let small = gth_elimination::suits(dual.table);
        if !(small && self.stiff) {
            let limit =
                if small { PRODUCTS_PER_COLUMN * at.columns.len() } else { LARGEST_PRODUCTS };
            let (x, solved) = conjugate_gradients(dual, kernel, at, limit)?;
            self.stiff = !solved;
            if solved || !small {
                return ControlFlow::Continue(x);
            }
        }
        let (x, damping) =
            gth_elimination::solve(dual.table, at, &dual.gradient(at), LONGEST_STEP, self.damping);
        self.damping = DAMPING_DECREASE * damping;
        ControlFlow::Continue(x)
    }
}

/// Line search along x: shortens the step until D rises enough, and lengthens it while D keeps rising,
/// as between pieces of the plan that exchange no mass yet.
fn search(dual: &mut Dual<'_>, at: &DualPoint, x: &[f64]) -> Option<DualPoint> {
    // The rise of D along x, per unit of length.
    let slope = |dual: &Dual<'_>, at: &DualPoint| at.epsilon * fast_dot(&dual.gradient(at), x);
    let first = slope(dual, at);
    let longest = x.iter().fold(0.0, |longest: f64, x| longest.max(x.abs()));
    if !(first > 0.0 && longest.is_finite()) {
        return None;
    }
    let after = |dual: &mut Dual<'_>, length: f64| {
        let g = dual.moved(at, x.iter().map(|x| length * x));
        dual.evaluate(at.epsilon, g, at.f.clone())
    };
    // Near the maximum the values of D are equal up to rounding. D is concave: where its slope is
    // still positive, it has risen over the whole step.
    let value = dual.value(at);
    let good = |dual: &Dual<'_>, length: f64, next: &DualPoint| {
        let rises = dual.value(next) >= (ARMIJO_SHARE * length).mul_add(first, value)
            || slope(dual, next) >= ARMIJO_SHARE * first;
        (rises && next.error < 2.0 * at.error) || next.error <= 0.5 * at.error
    };
    let mut length = (LONGEST_STEP / longest).min(1.0);
    for _ in 0..LINE_SEARCH_TRIALS {
        let mut next = after(dual, length);
        if good(dual, length, &next) {
            while length * longest > LEAST_LENGTHENED_STEP
                && slope(dual, &next) >= STEEP_SLOPE_SHARE * first
            {
                length *= STEP_INCREASE;
                let further = after(dual, length);
                // D has risen, even if the marginal error has not fallen.
                if !is_positive(slope(dual, &further)) {
                    break;
                }
                next = further;
            }
            return Some(next);
        }
        length *= STEP_DECREASE;
    }
    None
}

/// Preconditioned conjugate gradients on H x = ν − r; x, and whether it is exact enough.
fn conjugate_gradients(
    dual: &mut Dual<'_>,
    kernel: &AbsorbedKernel,
    at: &DualPoint,
    limit: usize,
) -> ControlFlow<Termination, (Vec<f64>, bool)> {
    let matters = (CELL_SHARE_PER_ERROR * at.error).clamp(f64::EPSILON, LARGEST_CELL_SHARE);
    let close_kernel = kernel.serves(at.epsilon, &at.g.high).then_some(kernel);
    let plan = PlanProduct::new(dual.table, at.epsilon, &at.g, &at.f, matters, close_kernel);
    // The preconditioner: the inverse of the diagonal, bounded for small column sums.
    let (diagonal, inverse): (Vec<f64>, Vec<f64>) = at
        .columns
        .iter()
        .zip(dual.table.target())
        .map(|(&r, &w)| (r.max(1e-3 * w), if w > 0.0 { 1.0 / r.max(1e-3 * w) } else { 0.0 }))
        .unzip();
    let mut residual = dual.gradient(at);
    let mut x = vec![0.0; residual.len()];
    let mut z = x.clone();
    multiply(&inverse, &residual, &mut z);
    let mut p = z.clone();
    let mut energy = fast_dot(&residual, &z);
    // As exact as a superlinear step needs, but no more exact than the tolerance requires.
    let exactness = (0.25 * dual.tolerance / at.error).max(at.error).min(0.1);
    let enough = exactness * at.error;
    for _ in 0..limit {
        if sum_of_sizes(&residual) <= enough {
            return ControlFlow::Continue((x, true));
        }
        if !is_positive(energy) {
            break;
        }
        dual.observe()?;
        let mut hp = plan.product(&p);
        dual.products += 1;
        multiply_less(&diagonal, &p, &mut hp);
        let curvature = fast_dot(&p, &hp);
        if !is_positive(curvature) {
            break;
        }
        let length = energy / curvature;
        add_scaled(&p, length, &mut x);
        add_scaled(&hp, -length, &mut residual);
        multiply(&inverse, &residual, &mut z);
        let next = fast_dot(&residual, &z);
        let turn = next / energy;
        energy = next;
        scale_and_add(&mut p, turn, &z);
    }
    ControlFlow::Continue((x, false))
}

/// Whether x > 0; false for NaN, which rounding may produce.
fn is_positive(x: f64) -> bool {
    x > 0.0
}
