//! Newton steps on the dual, by conjugate gradients.
//!
//! With masses as shares and x in units of ε, the second derivative of −D is
//! `H = diag(r) − Pᵀ diag(1/μ) P`, positive semi-definite: the Laplacian of a graph between
//! columns. Leaving small cells out of P, but not out of r, keeps it so. H x = ν − r is solved as
//! far as the step deserves (Dembo, Eisenstat, Steihaug 1982, "Inexact Newton methods", SIAM J.
//! Numer. Anal. 19), preconditioned by diag(r), under which Sinkhorn's own step is one iteration.

use std::ops::ControlFlow;

use super::Termination;
use super::run::{Iterate, Run};
use crate::gibbs::{Absorbed, Kernel};
use crate::math;

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

/// Trials of a step, each a quarter as long.
const TRIALS: u32 = 3;

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
}

impl Default for Newton {
    /// After a Sinkhorn step.
    fn default() -> Self {
        Self { rest: 0, failures: 0, fall: f64::INFINITY }
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
        run: &mut Run<'_>,
        at: &Iterate,
        tolerance: f64,
    ) -> ControlFlow<Termination, Option<Iterate>> {
        if self.rest > 0 || at.error > NEAR || self.fall > QUICK {
            self.rest = self.rest.saturating_sub(1);
            return ControlFlow::Continue(None);
        }
        let kept = std::mem::take(&mut run.kept);
        let x = direction(run, &kept, at, tolerance);
        run.kept = kept;
        let x = x?;
        let found = search(run, at, &x);
        self.failures = if found.is_some() { 0 } else { self.failures + 1 };
        self.rest = (1_u32 << self.failures.min(6)).min(PATIENCE) - 1;
        ControlFlow::Continue(found)
    }
}

/// Backtracks along x until D rises enough.
fn search(run: &mut Run<'_>, at: &Iterate, x: &[f64]) -> Option<Iterate> {
    let gradient = run.table.target().iter().zip(&at.columns).map(|(w, r)| w - r);
    let slope = at.epsilon * gradient.zip(x).map(|(gradient, x)| gradient * x).sum::<f64>();
    let longest = x.iter().fold(0.0, |longest: f64, x| longest.max(x.abs()));
    if !(slope > 0.0 && longest.is_finite()) {
        return None;
    }
    let mut length = (LONGEST / longest).min(1.0);
    for _ in 0..TRIALS {
        let step = length * at.epsilon;
        let g = at.g.iter().zip(x).map(|(g, x)| x.mul_add(step, *g)).collect();
        let next = run.evaluate(at.epsilon, g, at.f.clone());
        let rises = next.value >= (ARMIJO * length).mul_add(slope, at.value);
        // Near the top D is flat to the last bit, but the gradient still tells.
        if (rises && next.error < 2.0 * at.error) || next.error <= 0.5 * at.error {
            return Some(next);
        }
        length *= 0.25;
    }
    None
}

/// Preconditioned conjugate gradients on H x = ν − r.
fn direction(
    run: &mut Run<'_>,
    kept: &Absorbed,
    at: &Iterate,
    tolerance: f64,
) -> ControlFlow<Termination, Vec<f64>> {
    let matters = (MATTERS * at.error).clamp(f64::EPSILON, LEAST);
    let kept = kept.serves(at.epsilon, &at.g).then_some(kept);
    let kernel = Kernel::new(run.table, at.epsilon, &at.g, &at.f, matters, kept);
    let scale: Vec<f64> = at
        .columns
        .iter()
        .zip(run.table.target())
        .map(|(&r, &w)| if w > 0.0 { 1.0 / r.max(1e-3 * w) } else { 0.0 })
        .collect();
    let mut residual: Vec<f64> =
        run.table.target().iter().zip(&at.columns).map(|(w, r)| w - r).collect();
    let precondition = |residual: &[f64]| -> Vec<f64> {
        residual.iter().zip(&scale).map(|(r, s)| r * s).collect()
    };
    let mut x = vec![0.0; residual.len()];
    let mut z = precondition(&residual);
    let mut p = z.clone();
    let mut energy = math::dot(&residual, &z);
    // As exact as needed for a fast step, no more exact than the tolerance asks for.
    let exactness = (0.25 * tolerance / at.error).max(at.error).min(0.1);
    let enough = exactness * at.error;
    for _ in 0..PRODUCTS {
        if residual.iter().map(|r| r.abs()).sum::<f64>() <= enough || !is_positive(energy) {
            break;
        }
        run.observe()?;
        let mut hp = kernel.product(&p);
        run.products += 1;
        for ((hp, p), s) in hp.iter_mut().zip(&p).zip(&scale) {
            *hp = if *s > 0.0 { p / s - *hp } else { 0.0 };
        }
        let curvature = math::dot(&p, &hp);
        if !is_positive(curvature) {
            break;
        }
        let length = energy / curvature;
        for (x, p) in x.iter_mut().zip(&p) {
            *x = p.mul_add(length, *x);
        }
        for (r, hp) in residual.iter_mut().zip(&hp) {
            *r = hp.mul_add(-length, *r);
        }
        z = precondition(&residual);
        let next = math::dot(&residual, &z);
        let turn = next / energy;
        energy = next;
        for (p, z) in p.iter_mut().zip(&z) {
            *p = p.mul_add(turn, *z);
        }
    }
    ControlFlow::Continue(x)
}

/// Neither ≤ 0 nor NaN: rounding has not taken over.
fn is_positive(x: f64) -> bool {
    x > 0.0
}
