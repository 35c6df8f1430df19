//! The iteration: Sinkhorn's and Newton's steps, down to ε and up to full resolution.

use std::ops::ControlFlow;

use super::answer::Entropic;
use super::dual::{Dual, DualPoint};
use super::epsilon_scaling::EpsilonStage;
use super::multiscale::SinkhornLevel;
use super::newton::Newton;
use crate::gibbs::{DoubleWordPotential, GibbsPlan, GibbsTable};
use crate::potentials::Potentials;
use crate::progress::Observer;
use crate::solvers::Termination;

/// Marginal error up to which the iteration starts from given potentials.
const WARM_START_ERROR: f64 = 0.5;

/// Detects that the error no longer falls because of rounding.
struct StallDetector {
    least_error: f64,
    /// Steps since the error last fell.
    steps: u32,
}

impl StallDetector {
    /// Whether the error has not fallen for many steps, and is of the order of rounding.
    fn after(&mut self, at: &DualPoint) -> bool {
        const STEPS_WITHOUT_FALL: u32 = 20;
        if at.error < 0.9 * self.least_error {
            (self.least_error, self.steps) = (at.error, 0);
        } else {
            self.steps += 1;
        }
        self.steps > STEPS_WITHOUT_FALL && at.error <= at.rounding()
    }
}

/// A run through the stages of ε and resolution.
pub(super) struct SinkhornRun<'a> {
    levels: &'a [SinkhornLevel<'a>],
    tables: &'a [GibbsTable<'a>],
    /// The current level; `dual` works on its table.
    level: usize,
    dual: Dual<'a>,
    /// Passes at which to give up.
    limit: u64,
}

impl<'a> SinkhornRun<'a> {
    /// A run that begins at the coarsest level.
    pub(super) fn new(
        levels: &'a [SinkhornLevel<'a>],
        tables: &'a [GibbsTable<'a>],
        limit: u64,
        observer: &'a mut dyn Observer,
    ) -> Self {
        let level = levels.len() - 1;
        Self { levels, tables, level, dual: Dual::new(&tables[level], observer), limit }
    }

    /// Solves one stage after another, the last of which is the problem itself. If `start` is
    /// close to its solution, only the last stage is solved.
    pub(super) fn solve(mut self, stages: &[EpsilonStage], start: Option<&Potentials>) -> Entropic {
        let aim = stages[stages.len() - 1];
        let warm = start.and_then(|start| self.begin_at(start, aim));
        let stages = if warm.is_some() { &stages[stages.len() - 1..] } else { stages };
        let mut at = warm.unwrap_or_else(|| self.begin_at_zero(stages[0]));
        let mut ended = ControlFlow::Continue(());
        for &stage in stages {
            self.refine_to(stage, &mut at);
            ended = self.solve_stage(stage, &mut at);
            if ended.is_break() {
                self.refine_to(aim, &mut at);
                break;
            }
        }
        self.finish(at, ended)
    }

    fn begin_at_zero(&mut self, stage: EpsilonStage) -> DualPoint {
        self.enter(stage);
        let (n, m) = (self.dual.table.source().len(), self.dual.table.target().len());
        self.dual.evaluate(stage.epsilon, vec![0.0; m].into(), vec![0.0; n])
    }

    /// The given potentials at full resolution, if their marginal error there is small.
    fn begin_at(&mut self, start: &Potentials, aim: EpsilonStage) -> Option<DualPoint> {
        self.enter(aim);
        let finest = &self.levels[aim.level];
        let f = finest.rows.iter().map(|&i| start.f()[i]).collect();
        let g: Vec<f64> = finest.columns.iter().map(|&j| start.g()[j]).collect();
        let at = self.dual.evaluate(aim.epsilon, g.into(), f);
        (at.error <= WARM_START_ERROR).then_some(at)
    }

    /// Sets the level and the tolerance of a stage.
    fn enter(&mut self, stage: EpsilonStage) {
        (self.level, self.dual.table) = (stage.level, &self.tables[stage.level]);
        self.dual.tolerance = stage.tolerance;
    }

    /// Takes the iterate to the resolution and ε of the next stage.
    fn refine_to(&mut self, stage: EpsilonStage, at: &mut DualPoint) {
        if (self.level, at.epsilon) == (stage.level, stage.epsilon) {
            return self.enter(stage);
        }
        let (mut f, mut g) = (std::mem::take(&mut at.f), std::mem::take(&mut at.g.high));
        for level in (stage.level..self.level).rev() {
            (f, g) = self.levels[level].refine(&self.levels[level + 1], stage.epsilon, &f);
        }
        self.enter(stage);
        *at = self.dual.evaluate(stage.epsilon, g.into(), f);
    }

    /// The main loop, at one ε: Newton's step where it pays, else Sinkhorn's.
    fn solve_stage(&mut self, stage: EpsilonStage, at: &mut DualPoint) -> ControlFlow<Termination> {
        let mut newton = Newton::default();
        let mut stall = StallDetector { least_error: f64::INFINITY, steps: 0 };
        while at.error > stage.tolerance {
            self.dual.observe()?;
            if self.dual.passes >= self.limit || stall.after(at) {
                return ControlFlow::Break(Termination::IterationLimit);
            }
            *at = if let Some(next) = newton.step(&mut self.dual, at)? {
                next
            } else {
                let next = sinkhorn_step(&mut self.dual, at);
                newton.after_sinkhorn(at.error / next.error);
                next
            };
        }
        ControlFlow::Continue(())
    }

    /// The answer, in the order of the problem.
    fn finish(self, mut at: DualPoint, ended: ControlFlow<Termination>) -> Entropic {
        if self.dual.table.target().contains(&0.0) {
            let transform = self.dual.table.soft_to_target(at.epsilon, &mut at.f);
            for ((g, soft), &w) in at.g.high.iter_mut().zip(transform).zip(self.dual.table.target())
            {
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
        let value = self.dual.value(&at);
        let high = unpermute(&finest.columns, &at.g.high);
        let low = unpermute(&finest.columns, &at.g.low);
        let g = DoubleWordPotential { high: high.clone(), low };
        let potentials =
            Potentials::from_finite(unpermute(&finest.rows, &at.f).into(), high.into());
        Entropic {
            plan: GibbsPlan::extended(potentials, g, at.epsilon),
            entropic_cost: self.dual.table.total() * value,
            marginal_error: at.error,
            iterations: self.dual.passes,
            products: self.dual.products,
            termination,
        }
    }
}

/// `g ← g + ε log(ν/r)`; where no row reaches a column, its soft c-transform.
fn sinkhorn_step(dual: &mut Dual<'_>, at: &DualPoint) -> DualPoint {
    /// Column sums below this have lost digits to underflow.
    const LEAST_COLUMN_SUM: f64 = 1e-280;
    let mut f = at.f.clone();
    let target = dual.table.target();
    let is_unreached =
        |(&r, &w): (&f64, &f64)| w > 0.0 && (r < LEAST_COLUMN_SUM || r / w < LEAST_COLUMN_SUM);
    let g = if at.columns.iter().zip(target).any(is_unreached) {
        dual.table.soft_to_target(at.epsilon, &mut f).into()
    } else {
        let steps = at.columns.iter().zip(target);
        let steps = steps.map(|(r, &w)| if w > 0.0 { (w / r).ln() } else { 0.0 });
        dual.moved(at, steps)
    };
    dual.evaluate(at.epsilon, g, f)
}

/// Undoes a permutation: value k goes to place `order[k]`.
fn unpermute(order: &[usize], values: &[f64]) -> Vec<f64> {
    let mut given = vec![0.0; values.len()];
    order.iter().zip(values).for_each(|(&i, &value)| given[i] = value);
    given
}
