//! The iteration: Sinkhorn's and Newton's steps, down to ε and up to full resolution.

use std::ops::ControlFlow;

use super::epsilon_scaling::EpsilonStage;
use super::multiscale::SinkhornLevel;
use super::newton::Newton;
use super::{Entropic, Termination};
use crate::gibbs::{
    AbsorbedKernel, DoubleWordPotential, GibbsPlan, GibbsTable, ROUNDING, SweepResult,
};
use crate::math;
use crate::potentials::Potentials;
use crate::progress::{Event, Observer};

/// Share of the tolerance that cells left out may take.
const LEFT_OUT: f64 = 1e-2;

/// Multiples of the rounding of a kept plan above which it says enough.
const SHORT: f64 = 4.0;

/// Marginal error up to which given potentials are worth starting from.
const CLOSE: f64 = 0.5;

/// A point of the dual: g, and what a pass over the rows finds there.
#[derive(Debug, Clone)]
pub(super) struct DualPoint {
    pub(super) epsilon: f64,
    pub(super) f: Vec<f64>,
    pub(super) g: DoubleWordPotential,
    /// Column sums r of the plan; rows are right.
    pub(super) columns: Vec<f64>,
    /// `Σ |r − ν|` and what may have been left out of r, masses as shares.
    pub(super) error: f64,
}

impl DualPoint {
    /// Marginal errors of this order are the rounding of the potentials: `ulp(|f| + |g|)/ε`.
    fn rounding(&self) -> f64 {
        /// Cells whose rounding adds up, and what exponents and logarithms add.
        const MARGIN: f64 = 32.0;
        let size = |x: &[f64]| x.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        MARGIN * f64::EPSILON * (size(&self.f) + size(&self.g.high)) / self.epsilon
    }
}

/// Watches for steps that only move rounding about.
struct StallDetector {
    least: f64,
    steps: u32,
}

impl StallDetector {
    /// Whether the error has not fallen for long, and is of the order of rounding.
    fn after(&mut self, at: &DualPoint) -> bool {
        const LONG: u32 = 20;
        if at.error < 0.9 * self.least {
            (self.least, self.steps) = (at.error, 0);
        } else {
            self.steps += 1;
        }
        self.steps > LONG && at.error <= at.rounding()
    }
}

/// A run: the tables, the counters and who watches.
pub(super) struct SinkhornRun<'a> {
    levels: &'a [SinkhornLevel<'a>],
    tables: &'a [GibbsTable<'a>],
    level: usize,
    /// The table of that level.
    pub(super) table: &'a GibbsTable<'a>,
    /// A plan close by, if it was worth keeping.
    pub(super) kept: AbsorbedKernel,
    /// Marginal error aimed at.
    tolerance: f64,
    limit: u64,
    iterations: u64,
    pub(super) products: u64,
    observer: &'a mut dyn Observer,
}

impl<'a> SinkhornRun<'a> {
    /// A run at the coarsest of the levels.
    pub(super) fn new(
        levels: &'a [SinkhornLevel<'a>],
        tables: &'a [GibbsTable<'a>],
        limit: u64,
        observer: &'a mut dyn Observer,
    ) -> Self {
        let level = levels.len() - 1;
        Self {
            levels,
            tables,
            level,
            table: &tables[level],
            kept: AbsorbedKernel::default(),
            tolerance: 0.0,
            limit,
            iterations: 0,
            products: 0,
            observer,
        }
    }

    /// Through the stages, the last of which is the problem itself; from potentials if they are
    /// close.
    pub(super) fn solve(mut self, stages: &[EpsilonStage], start: Option<&Potentials>) -> Entropic {
        let aim = stages[stages.len() - 1];
        let warm = start.and_then(|start| self.begin_at(start, aim));
        let stages = if warm.is_some() { &stages[stages.len() - 1..] } else { stages };
        let mut at = warm.unwrap_or_else(|| self.begin_at_zero(stages[0]));
        let mut ended = ControlFlow::Continue(());
        for &stage in stages {
            self.refine_to(stage, &mut at);
            ended = self.stage(stage, &mut at);
            if ended.is_break() {
                self.refine_to(aim, &mut at);
                break;
            }
        }
        self.finish(at, ended)
    }

    fn begin_at_zero(&mut self, stage: EpsilonStage) -> DualPoint {
        self.goto(stage);
        let (n, m) = (self.table.source().len(), self.table.target().len());
        self.evaluate(stage.epsilon, vec![0.0; m].into(), vec![0.0; n])
    }

    /// At the full resolution from given potentials, if they are any good there.
    fn begin_at(&mut self, start: &Potentials, aim: EpsilonStage) -> Option<DualPoint> {
        self.goto(aim);
        let finest = &self.levels[aim.level];
        let f = finest.rows.iter().map(|&i| start.f()[i]).collect();
        let g: Vec<f64> = finest.columns.iter().map(|&j| start.g()[j]).collect();
        let at = self.evaluate(aim.epsilon, g.into(), f);
        (at.error <= CLOSE).then_some(at)
    }

    fn goto(&mut self, stage: EpsilonStage) {
        (self.level, self.table) = (stage.level, &self.tables[stage.level]);
        self.tolerance = stage.tolerance;
    }

    /// The iterate at the resolution and ε of a stage that is to come.
    fn refine_to(&mut self, stage: EpsilonStage, at: &mut DualPoint) {
        if (self.level, at.epsilon) == (stage.level, stage.epsilon) {
            return self.goto(stage);
        }
        let (mut f, mut g) = (std::mem::take(&mut at.f), std::mem::take(&mut at.g.high));
        for level in (stage.level..self.level).rev() {
            (f, g) = self.levels[level].refine(&self.levels[level + 1], stage.epsilon, &f);
        }
        self.goto(stage);
        *at = self.evaluate(stage.epsilon, g.into(), f);
    }

    /// The main loop, at one ε.
    fn stage(&mut self, stage: EpsilonStage, at: &mut DualPoint) -> ControlFlow<Termination> {
        let mut newton = Newton::default();
        let mut stall = StallDetector { least: f64::INFINITY, steps: 0 };
        while at.error > stage.tolerance {
            self.observe()?;
            if self.iterations >= self.limit || stall.after(at) {
                return ControlFlow::Break(Termination::IterationLimit);
            }
            *at = if let Some(next) = newton.step(self, at, stage.tolerance)? {
                next
            } else {
                let next = self.sinkhorn_step(at);
                newton.after_sinkhorn(at.error / next.error);
                next
            };
        }
        ControlFlow::Continue(())
    }

    /// One pass over the rows at g; `f` is a hint.
    pub(super) fn evaluate(
        &mut self,
        epsilon: f64,
        mut g: DoubleWordPotential,
        mut f: Vec<f64>,
    ) -> DualPoint {
        self.iterations += 1;
        if self.kept.serves(epsilon, &g.high) {
            let sweep = self.kept.sweep(self.table.source(), &g.high, &mut f);
            let at = self.iterate(epsilon, g, f, sweep);
            // Where the rounding of what was kept shows, the table itself is asked.
            if at.error > SHORT * ROUNDING || self.tolerance > SHORT * ROUNDING {
                return at;
            }
            (g, f) = (at.g, at.f);
        }
        let pass = self.table.pass_within(epsilon, &g, &f, LEFT_OUT * self.tolerance);
        let sweep = if AbsorbedKernel::fits(self.table, &pass) {
            let short = self.tolerance > SHORT * ROUNDING;
            let pass = if short { pass.in_f32() } else { pass };
            self.kept.sweep_and_keep(self.table, &pass, &g.high, &mut f)
        } else {
            self.table.sweep(&pass, &mut f)
        };
        self.iterate(epsilon, g, f, sweep)
    }

    fn iterate(
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

    /// `g ← g + ε log(ν/r)`; where no row reaches a column, its soft c-transform.
    fn sinkhorn_step(&mut self, at: &DualPoint) -> DualPoint {
        /// Column sums below this have lost digits to underflow.
        const REACHED: f64 = 1e-280;
        let mut f = at.f.clone();
        let target = self.table.target();
        let unreached = at
            .columns
            .iter()
            .zip(target)
            .any(|(&r, &w)| w > 0.0 && (r < REACHED || r / w < REACHED));
        let g = if unreached {
            self.table.soft_to_target(at.epsilon, &mut f).into()
        } else {
            let steps = at.columns.iter().zip(target);
            let steps = steps.map(|(r, &w)| if w > 0.0 { (w / r).ln() } else { 0.0 });
            self.moved(at, steps)
        };
        self.evaluate(at.epsilon, g, f)
    }

    /// `g + ε·steps`, to as many digits as the tolerance asks for.
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
        let event = Event::new("balancing", self.iterations);
        self.observer.observe(&event).map_break(Termination::from)
    }

    /// The answer, in the order of the problem.
    fn finish(self, mut at: DualPoint, ended: ControlFlow<Termination>) -> Entropic {
        if self.table.target().contains(&0.0) {
            let transform = self.table.soft_to_target(at.epsilon, &mut at.f);
            for ((g, soft), &w) in at.g.high.iter_mut().zip(transform).zip(self.table.target()) {
                if w == 0.0 {
                    *g = soft;
                }
            }
        }
        let termination = match ended {
            ControlFlow::Continue(()) => Termination::ToleranceReached,
            ControlFlow::Break(why) => why,
        };
        let finest = &self.levels[self.level];
        let value = self.value(&at);
        let high = back(&finest.columns, &at.g.high);
        let low = back(&finest.columns, &at.g.low);
        let g = DoubleWordPotential { high: high.clone(), low };
        let potentials = Potentials::from_finite(back(&finest.rows, &at.f).into(), high.into());
        Entropic {
            plan: GibbsPlan::extended(potentials, g, at.epsilon),
            entropic_cost: self.table.total() * value,
            marginal_error: at.error,
            iterations: self.iterations,
            products: self.products,
            termination,
        }
    }
}

/// Values in the order of which `order` gave the places.
fn back(order: &[usize], values: &[f64]) -> Vec<f64> {
    let mut given = vec![0.0; values.len()];
    order.iter().zip(values).for_each(|(&i, &value)| given[i] = value);
    given
}
