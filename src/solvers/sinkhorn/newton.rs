//! Newton steps on the dual, by conjugate gradients.
//!
//! With masses as shares and x in units of ε, the second derivative of −D is
//! `H = diag(r) − Pᵀ diag(1/μ) P`, positive semi-definite: the Laplacian of a graph between
//! columns. Leaving small cells out of P, but not out of r, keeps it so. H x = ν − r is solved as
//! far as the step deserves (Dembo, Eisenstat, Steihaug 1982, "Inexact Newton methods", SIAM J.
//! Numer. Anal. 19), preconditioned by diag(r), under which Sinkhorn's own step is one iteration.

use std::ops::ControlFlow;

use super::Termination;
use super::gth_elimination;
use super::run::{DualPoint, SinkhornRun};
use crate::gibbs::{AbsorbedKernel, PlanProduct};
use crate::math::vectors::{
    add_scaled, fast_dot, multiply, multiply_less, scale_and_add, sum_of_sizes,
};

/// Marginal error above which the quadratic model is not trusted.
const NEAR: f64 = 0.5;

/// Sinkhorn steps that divide the error by so much are left to it.
const QUICK: f64 = 4.0;

/// Cells below this share of their row and column, times the marginal error, are left out of P:
/// what is left out acts like a tie of its column to where it is, and slows the last steps down.
const MATTERS: f64 = 1e-3;

/// The same, however large the marginal error is.
const LEAST: f64 = 1e-6;

/// Products with P for one step: enough that tight tolerances at small ε do not end half-solved.
const PRODUCTS: usize = 4000;

/// The same as a multiple of the columns, after as many of which conjugate gradients would end but
/// for rounding, where elimination can take over.
const ROUNDS: usize = 4;

/// Elimination tries again with less damping than it has needed.
const EASIER: f64 = 1e-4;

/// Trials of a step, each shorter.
const TRIALS: u32 = 3;
const SHORTER: f64 = 0.25;

/// Where D rises by so much of its first rise after a step that should have ended at its top, the
/// step is made longer.
const STEEP: f64 = 0.5;
const LONGER: f64 = 4.0;

/// Steps of less than this, in units of ε, are not: their slopes may be rounding.
const FELT: f64 = 1.0;

/// Share of the rise promised by the gradient that a step must bring.
const ARMIJO: f64 = 1e-4;

/// The longest step of a potential, in units of ε.
const LONGEST: f64 = 30.0;

/// Sinkhorn steps between two attempts at most.
const PATIENCE: u32 = 32;

/// When to attempt a Newton step.
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
    /// What elimination adds to the diagonal, as a share of it.
    damping: f64,
}

impl Default for Newton {
    /// After a Sinkhorn step.
    fn default() -> Self {
        Self { rest: 0, failures: 0, fall: f64::INFINITY, stiff: false, damping: 0.0 }
    }
}

impl Newton {
    /// Takes note of a Sinkhorn step that divided the error by `fall`.
    pub(super) fn after_sinkhorn(&mut self, fall: f64) {
        self.fall = fall;
    }

    /// The iterate after a Newton step; `None` if it is not worth trying, or brought nothing.
    pub(super) fn step(
        &mut self,
        run: &mut SinkhornRun<'_>,
        at: &DualPoint,
        tolerance: f64,
    ) -> ControlFlow<Termination, Option<DualPoint>> {
        if self.rest > 0 || at.error > NEAR || self.fall > QUICK {
            self.rest = self.rest.saturating_sub(1);
            return ControlFlow::Continue(None);
        }
        let kept = std::mem::take(&mut run.kept);
        let x = self.direction(run, &kept, at, tolerance);
        run.kept = kept;
        let x = x?;
        let found = search(run, at, &x);
        self.failures = if found.is_some() { 0 } else { self.failures + 1 };
        self.rest = (1_u32 << self.failures.min(6)).min(PATIENCE) - 1;
        ControlFlow::Continue(found)
    }

    /// x with H x = ν − r.
    fn direction(
        &mut self,
        run: &mut SinkhornRun<'_>,
        kept: &AbsorbedKernel,
        at: &DualPoint,
        tolerance: f64,
    ) -> ControlFlow<Termination, Vec<f64>> {
        let small = gth_elimination::suits(run.table);
        if !(small && self.stiff) {
            let limit = if small { ROUNDS * at.columns.len() } else { PRODUCTS };
            let (x, solved) = conjugate_gradients(run, kept, at, tolerance, limit)?;
            self.stiff = !solved;
            if solved || !small {
                return ControlFlow::Continue(x);
            }
        }
        let (x, damping) =
            gth_elimination::solve(run.table, at, &gradient(run, at), LONGEST, self.damping);
        self.damping = EASIER * damping;
        ControlFlow::Continue(x)
    }
}

/// Backtracks along x until D rises enough; goes on where it does not cease to rise, as it does
/// between pieces of the plan that have no tie yet.
fn search(run: &mut SinkhornRun<'_>, at: &DualPoint, x: &[f64]) -> Option<DualPoint> {
    // The rise of D along x, per unit of length.
    let slope =
        |run: &SinkhornRun<'_>, at: &DualPoint| at.epsilon * fast_dot(&gradient(run, at), x);
    let first = slope(run, at);
    let longest = x.iter().fold(0.0, |longest: f64, x| longest.max(x.abs()));
    if !(first > 0.0 && longest.is_finite()) {
        return None;
    }
    let after = |run: &mut SinkhornRun<'_>, length: f64| {
        let g = run.moved(at, x.iter().map(|x| length * x));
        run.evaluate(at.epsilon, g, at.f.clone())
    };
    // Near the top D is flat to the last bit. But D is concave: where it still rises, it has risen
    // all the way.
    let value = run.value(at);
    let good = |run: &SinkhornRun<'_>, length: f64, next: &DualPoint| {
        let rises = run.value(next) >= (ARMIJO * length).mul_add(first, value)
            || slope(run, next) >= ARMIJO * first;
        (rises && next.error < 2.0 * at.error) || next.error <= 0.5 * at.error
    };
    let mut length = (LONGEST / longest).min(1.0);
    for _ in 0..TRIALS {
        let mut next = after(run, length);
        if good(run, length, &next) {
            while length * longest > FELT && slope(run, &next) >= STEEP * first {
                length *= LONGER;
                let further = after(run, length);
                // D has risen, whatever else is off for now.
                if !is_positive(slope(run, &further)) {
                    break;
                }
                next = further;
            }
            return Some(next);
        }
        length *= SHORTER;
    }
    None
}

/// Preconditioned conjugate gradients on H x = ν − r, and whether they got as close as was asked.
fn conjugate_gradients(
    run: &mut SinkhornRun<'_>,
    kept: &AbsorbedKernel,
    at: &DualPoint,
    tolerance: f64,
    limit: usize,
) -> ControlFlow<Termination, (Vec<f64>, bool)> {
    let matters = (MATTERS * at.error).clamp(f64::EPSILON, LEAST);
    let kept = kept.serves(at.epsilon, &at.g.high).then_some(kept);
    let kernel = PlanProduct::new(run.table, at.epsilon, &at.g, &at.f, matters, kept);
    // The preconditioner, and where it stops being the inverse of the diagonal.
    let (diagonal, inverse): (Vec<f64>, Vec<f64>) = at
        .columns
        .iter()
        .zip(run.table.target())
        .map(|(&r, &w)| (r.max(1e-3 * w), if w > 0.0 { 1.0 / r.max(1e-3 * w) } else { 0.0 }))
        .unzip();
    let mut residual = gradient(run, at);
    let mut x = vec![0.0; residual.len()];
    let mut z = x.clone();
    multiply(&inverse, &residual, &mut z);
    let mut p = z.clone();
    let mut energy = fast_dot(&residual, &z);
    // As exact as needed for a fast step, no more exact than the tolerance asks for.
    let exactness = (0.25 * tolerance / at.error).max(at.error).min(0.1);
    let enough = exactness * at.error;
    for _ in 0..limit {
        if sum_of_sizes(&residual) <= enough {
            return ControlFlow::Continue((x, true));
        }
        if !is_positive(energy) {
            break;
        }
        run.observe()?;
        let mut hp = kernel.product(&p);
        run.products += 1;
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

/// ν − r, less the rounding of their sums: both are 1.
fn gradient(run: &SinkhornRun<'_>, at: &DualPoint) -> Vec<f64> {
    let target = run.table.target();
    let off: f64 = target.iter().zip(&at.columns).map(|(w, r)| w - r).sum();
    target.iter().zip(&at.columns).map(|(w, r)| w.mul_add(-off, w - r)).collect()
}

/// Neither ≤ 0 nor NaN: rounding has not taken over.
fn is_positive(x: f64) -> bool {
    x > 0.0
}
