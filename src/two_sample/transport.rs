//! The transport cost of permutations, compared with the observed one by certificates.
//!
//! The observed problem is solved to its end: L ≤ T ≤ U. That of a permutation is solved until a
//! feasible plan costs less than L, which proves `T_b < T`, or to its end: a bracket above U proves `T_b > T`.
//! The plan that the simplex begins with is often cheap enough where T is large. What is said of a solve
//! that was stopped is what its certificate proves; if that is not enough, it is solved again to its end.

use std::ops::ControlFlow;

use rayon::prelude::*;

use super::options::Watch;
use super::outcome::{Bracket, Comparison, Permuted};
use super::{PermutedStatistic, Samples, Split, TwoSampleError};
use crate::certificate::Certificate;
use crate::cost::{Cost, GroundCost, Stored};
use crate::measure::Marginal;
use crate::problem::{MOST_STORED, OtProblem, ProblemError};
use crate::progress::{Event, Observer, Stop};
use crate::solvers::{Method, SolveError};

/// Cells of a problem whose solver is asked at every pivot: it takes a few thousand of them.
const SMALL_CELLS: usize = 1 << 18;

/// Relative margin of a plan's cost below L, more than its rounding while it is updated.
const DECISION_MARGIN: f64 = 1e-10;

/// The transport costs of the divisions of pooled points.
pub(super) struct PermutedTransport {
    /// Between all pooled points.
    cost: Box<dyn Cost>,
    marginals: (Marginal, Marginal),
    /// Whether all problems are solved to their ends.
    full: bool,
    given: Split,
    observed: Bracket,
}

impl PermutedTransport {
    /// Solves the observed problem.
    pub(super) fn new(
        samples: &Samples,
        ground: GroundCost,
        full: bool,
        watch: &Watch<'_>,
    ) -> Result<Self, TwoSampleError> {
        let (n, m) = samples.sizes;
        let table = ground.table(&samples.pooled, &samples.pooled).map_err(ProblemError::from)?;
        let mut this = Self {
            cost: table,
            marginals: (Marginal::uniform(n), Marginal::uniform(m)),
            full,
            given: samples.observed(),
            observed: Bracket { lower: 0.0, upper: f64::INFINITY },
        };
        let method = Method::Auto.chosen(&this.problem(&this.given));
        let needs_table = !matches!(method, Method::Line | Method::Shortlist);
        if needs_table && (n + m).saturating_mul(n + m) <= MOST_STORED {
            this.cost = Box::new(Stored::new(this.cost));
        }
        this.observed = this.solved(&this.given, &mut SolveWatch::to_the_end(watch))?;
        Ok(this)
    }

    fn problem(&self, split: &Split) -> OtProblem<'static> {
        let cost = self.cost.select(&split.source, &split.target);
        let (source, target) = self.marginals.clone();
        OtProblem::between(source, target, cost, 0.0).expect("probability measures of these sizes")
    }

    /// Solves the problem of a division until the observer stops it, and judges the answer.
    fn solved(&self, split: &Split, observer: &mut SolveWatch<'_>) -> Result<Bracket, SolveError> {
        let problem = self.problem(split);
        let solution = Method::Auto.solver(&problem).solve(&problem, observer)?;
        let Certificate { lower, upper, .. } = solution.certify(&problem).certificate;
        Ok(Bracket { lower, upper })
    }

    /// The statistic of one division; `None` if the run is stopped before it is known.
    fn one(&self, split: &Split, watch: &Watch<'_>) -> Result<Option<Permuted>, SolveError> {
        if watch.ask().is_break() {
            return Ok(None);
        }
        if *split == self.given {
            return Ok(Some(Permuted { bracket: self.observed, comparison: Comparison::AtLeast }));
        }
        let mut until_below = SolveWatch {
            below: (!self.full).then_some(self.observed.lower * (1.0 - DECISION_MARGIN)),
            every_pivot: split.source.len() * split.target.len() < SMALL_CELLS,
            ..SolveWatch::to_the_end(watch)
        };
        let mut bracket = self.solved(split, &mut until_below)?;
        let mut comparison = self.compare(bracket);
        let is_known = until_below.is_below && comparison == Comparison::Below;
        if until_below.is_below && !is_known {
            bracket = self.solved(split, &mut SolveWatch::to_the_end(watch))?;
            comparison = self.compare(bracket);
        }
        // What a solve that the run stopped has proved depends on when it was stopped.
        if watch.stopped().is_some() && !is_known {
            return Ok(None);
        }
        watch.count(1);
        Ok(Some(Permuted { bracket, comparison }))
    }

    fn compare(&self, bracket: Bracket) -> Comparison {
        if bracket.upper < self.observed.lower {
            Comparison::Below
        } else if bracket.lower >= self.observed.upper {
            Comparison::AtLeast
        } else {
            Comparison::Undecided
        }
    }
}

impl PermutedStatistic for PermutedTransport {
    fn observed(&self) -> Bracket {
        self.observed
    }

    fn permuted(&self, splits: &[Split], watch: &Watch<'_>) -> Result<Vec<Permuted>, SolveError> {
        let one = |split| self.one(split, watch);
        let done: Vec<Option<Permuted>> = splits.par_iter().map(one).collect::<Result<_, _>>()?;
        Ok(done.into_iter().map_while(|permuted| permuted).collect())
    }
}

/// The observer of a solve: it asks that of the run, and stops the solve when a plan is cheap enough.
struct SolveWatch<'w> {
    watch: &'w Watch<'w>,
    /// The cost of a plan that decides.
    below: Option<f64>,
    every_pivot: bool,
    events: u64,
    /// Whether a plan was cheap enough.
    is_below: bool,
}

impl<'w> SolveWatch<'w> {
    fn to_the_end(watch: &'w Watch<'w>) -> Self {
        Self { watch, below: None, every_pivot: false, events: 0, is_below: false }
    }
}

impl Observer for SolveWatch<'_> {
    fn observe(&mut self, event: &Event) -> ControlFlow<Stop> {
        /// Events between two questions to the observer of the run.
        const EVENTS: u64 = 256;
        if self.events.is_multiple_of(EVENTS) {
            self.watch.ask()?;
        }
        self.events += 1;
        // The plan of a coarser problem is none of this one.
        let is_finest = event.level.is_none_or(|level| level.number == level.of);
        if let (Some(below), Some(cost)) = (self.below, event.cost)
            && is_finest
            && cost < below
        {
            self.is_below = true;
            return ControlFlow::Break(Stop::Interrupted);
        }
        ControlFlow::Continue(())
    }

    fn iteration_limit(&self) -> u64 {
        if self.every_pivot && self.below.is_some() { 0 } else { u64::MAX }
    }
}
