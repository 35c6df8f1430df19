//! The dual problem: evaluation of a point by one pass over the rows of the plan.
//!
//! ```text
//! D(g) = Σ_i μ_i f_i + Σ_j ν_j g_j,  f the soft c-transform of g;  ∇D = ν − r,  r the column sums
//! ```

use std::ops::ControlFlow;

use crate::gibbs::{AbsorbedKernel, DoubleWordPotential, GibbsTable, ROUNDING, SweepResult};
use crate::math;
use crate::progress::{Event, Observer};
use crate::solvers::Termination;

/// Share of the tolerance that the mass of skipped cells may take.
const SKIPPED_SHARE_OF_TOLERANCE: f64 = 1e-2;

/// A kernel in single precision is enough where the error is above this multiple of its rounding.
const F32_ERROR_MARGIN: f64 = 4.0;

/// A point of the dual: g, and the results of a pass over the rows there.
#[derive(Debug, Clone)]
pub(super) struct DualPoint {
    pub(super) epsilon: f64,
    pub(super) f: Vec<f64>,
    pub(super) g: DoubleWordPotential,
    /// Column sums r of the plan; its row sums are exact.
    pub(super) columns: Vec<f64>,
    /// Marginal error `Σ |r − ν|` plus the mass of skipped cells, masses as shares.
    pub(super) error: f64,
}

impl DualPoint {
    /// The marginal error that rounding of the potentials may cause: `ulp(|f| + |g|)/ε`.
    pub(super) fn rounding(&self) -> f64 {
        /// Accounts for cells whose roundings add up, and for those of exponents and logarithms.
        const MARGIN: f64 = 32.0;
        let size = |x: &[f64]| x.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        MARGIN * f64::EPSILON * (size(&self.f) + size(&self.g.high)) / self.epsilon
    }
}

/// The dual on one table, with a kernel that is reused while g moves little, and counters.
pub(super) struct Dual<'a> {
    pub(super) table: &'a GibbsTable<'a>,
    /// The kernel of an earlier point, if its cells were few enough to be stored.
    pub(super) kernel: AbsorbedKernel,
    /// Marginal error at which the current stage ends.
    pub(super) tolerance: f64,
    /// Passes over the rows.
    pub(super) passes: u64,
    /// Products with the plan.
    pub(super) products: u64,
    observer: &'a mut dyn Observer,
}

impl<'a> Dual<'a> {
    pub(super) fn new(table: &'a GibbsTable<'a>, observer: &'a mut dyn Observer) -> Self {
        let kernel = AbsorbedKernel::default();
        Self { table, kernel, tolerance: 0.0, passes: 0, products: 0, observer }
    }

    /// The point at g; `f` is a hint.
    pub(super) fn evaluate(
        &mut self,
        epsilon: f64,
        mut g: DoubleWordPotential,
        mut f: Vec<f64>,
    ) -> DualPoint {
        self.passes += 1;
        if self.kernel.serves(epsilon, &g.high) {
            let sweep = self.kernel.sweep(self.table.source(), &g.high, &mut f);
            let at = self.point(epsilon, g, f, sweep);
            let f32_rounding = F32_ERROR_MARGIN * ROUNDING;
            if at.error > f32_rounding || self.tolerance > f32_rounding {
                return at;
            }
            // The rounding of the kernel dominates: compute the cells in double precision.
            (g, f) = (at.g, at.f);
        }
        let skipped = SKIPPED_SHARE_OF_TOLERANCE * self.tolerance;
        let pass = self.table.pass_within(epsilon, &g, &f, skipped);
        let sweep = if AbsorbedKernel::fits(self.table, &pass) {
            let f32_suffices = self.tolerance > F32_ERROR_MARGIN * ROUNDING;
            let pass = if f32_suffices { pass.in_f32() } else { pass };
            self.kernel.sweep_and_keep(self.table, &pass, &g.high, &mut f)
        } else {
            self.table.sweep(&pass, &mut f)
        };
        self.point(epsilon, g, f, sweep)
    }

    fn point(
        &self,
        epsilon: f64,
        g: DoubleWordPotential,
        f: Vec<f64>,
        sweep: SweepResult,
    ) -> DualPoint {
        let target = self.table.target();
        let off: f64 = sweep.columns.iter().zip(target).map(|(r, w)| (r - w).abs()).sum();
        DualPoint { epsilon, f, g, columns: sweep.columns, error: off + sweep.dropped }
    }

    /// D(g), masses as shares.
    pub(super) fn value(&self, at: &DualPoint) -> f64 {
        let masses = self.table.source().iter().chain(self.table.target());
        math::dot(masses, at.f.iter().chain(&at.g.high))
    }

    /// ∇D = ν − r, with the rounding error of both sums, which are 1, subtracted.
    pub(super) fn gradient(&self, at: &DualPoint) -> Vec<f64> {
        let target = self.table.target();
        let off: f64 = target.iter().zip(&at.columns).map(|(w, r)| w - r).sum();
        target.iter().zip(&at.columns).map(|(w, r)| w.mul_add(-off, w - r)).collect()
    }

    /// `g + ε·steps`, in double words where the tolerance is below the rounding of single ones.
    pub(super) fn moved(
        &self,
        at: &DualPoint,
        steps: impl IntoIterator<Item = f64>,
    ) -> DoubleWordPotential {
        if self.tolerance < at.rounding() {
            at.g.moved_exactly(at.epsilon, steps)
        } else {
            at.g.moved(at.epsilon, steps)
        }
    }

    pub(super) fn observe(&mut self) -> ControlFlow<Termination> {
        let event = Event::new("balancing", self.passes);
        self.observer.observe(&event).map_break(Termination::from)
    }
}
