//! Several methods on one problem, each held against the exact value: one verdict a method.
//!
//! The exact engine solves first, and its certificate is the yardstick, a proved bracket
//! `[l, u]` of the transport cost. Then every other method states a bracket or an estimate, and is
//! judged by what it claims:
//!
//! | method | claim |
//! |---|---|
//! | exact | `u − l ≤ 1e-9·u` |
//! | generic LP | its bracket contains the exact value |
//! | Sinkhorn | its bracket contains the exact value |
//! | critic | no lower bound of it is above the exact value; its estimate is as near as it says |
//!
//! Brackets that are both true overlap; two that do not prove that something is wrong. So does
//! every claim that fails, and [`Crosscheck::holds`] says whether one did.

use std::time::Instant;

use crate::certificate::{Certificate, Certified};
use crate::critic;
use crate::problem::OtProblem;
use crate::progress::Observer;
use crate::solvers::lp::{Backend, GenericLp};
use crate::solvers::sinkhorn::{Sinkhorn, SinkhornError};
use crate::solvers::{Method, SolveError, SolveOptions, Solver};
use crate::tolerance;

/// One method's answer, and what it is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The method.
    pub method: String,
    /// Its estimate of the transport cost, if it has one.
    pub estimate: Option<f64>,
    /// A proved lower bound; −∞ without one.
    pub lower: f64,
    /// A proved upper bound; ∞ without one.
    pub upper: f64,
    /// `(estimate − exact)/exact`; absent without an estimate, or if the exact value is 0.
    pub relative_error: Option<f64>,
    /// Wall-clock time, the certificate included.
    pub seconds: f64,
    /// Whether the claim holds.
    pub verdict: Verdict,
}

/// The judgement of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Holds,
    /// It does not, and why.
    Fails(String),
    /// Stopped at a limit: what it proves is true, but it claims no more.
    Stopped,
    /// The method does not apply, and why.
    Skipped(String),
}

/// Rows on one problem.
#[derive(Clone)]
pub struct Crosscheck<'a> {
    problem: &'a OtProblem<'a>,
    exact: Certified,
    rows: Vec<Row>,
}

impl<'a> Crosscheck<'a> {
    /// Solves the problem exactly: the first row.
    ///
    /// # Errors
    /// None that a valid problem can cause.
    pub fn new(
        problem: &'a OtProblem<'a>,
        observer: &mut dyn Observer,
    ) -> Result<Self, SolveError> {
        let start = Instant::now();
        let solver = Method::Auto.solver(problem);
        let solution = solver.solve(problem, observer)?;
        let exact = solution.certify(problem);
        let certificate = exact.certificate;
        let verdict = match proved(&certificate) {
            _ if !solution.termination.is_complete() => Verdict::Stopped,
            Ok(()) => Verdict::Holds,
            Err(why) => Verdict::Fails(why),
        };
        let mut check = Self { problem, exact, rows: Vec::new() };
        let method = format!("exact ({})", solver.name());
        check.bracket(method, &certificate, start, verdict);
        Ok(check)
    }

    /// A generic linear program.
    pub fn lp(&mut self, backend: Backend, observer: &mut dyn Observer) {
        let start = Instant::now();
        let method = format!("lp ({})", backend.name());
        match (GenericLp { backend }).solve(self.problem, observer) {
            Ok(solution) => {
                let certificate = solution.certify(self.problem).certificate;
                let verdict = match self.intersects(&certificate) {
                    _ if !solution.termination.is_complete() => Verdict::Stopped,
                    Ok(()) => Verdict::Holds,
                    Err(why) => Verdict::Fails(why),
                };
                self.bracket(method, &certificate, start, verdict);
            }
            Err(SolveError::Backend { message, .. }) => {
                self.empty(method, start, Verdict::Fails(message));
            }
            Err(error) => self.empty(method, start, Verdict::Skipped(error.to_string())),
        }
    }

    /// Entropic transport.
    ///
    /// # Errors
    /// [`SinkhornError`] for settings that make no sense.
    pub fn sinkhorn(
        &mut self,
        settings: &Sinkhorn,
        observer: &mut dyn Observer,
    ) -> Result<(), SinkhornError> {
        let start = Instant::now();
        let answer = settings.solve_with(self.problem, &SolveOptions::new().observer(observer))?;
        let certificate = answer.certify(self.problem).certificate;
        let verdict = match self.intersects(&certificate) {
            Err(why) => Verdict::Fails(why),
            Ok(()) if answer.termination.is_complete() => Verdict::Holds,
            Ok(()) => Verdict::Stopped,
        };
        self.bracket("sinkhorn".to_owned(), &certificate, start, verdict);
        Ok(())
    }

    /// A trained critic, judged on the samples of this problem; `claim` is how far its estimate may
    /// be off, relatively, if it makes such a claim.
    pub fn critic(
        &mut self,
        kind: &str,
        judged: &critic::CriticVerdict,
        claim: Option<f64>,
        seconds: f64,
        complete: bool,
    ) {
        let lower = judged.certified_lower.max(judged.polished_lower);
        let relative_error = self.relative_error(judged.estimate);
        let exact = self.exact();
        // Estimates are no bounds: they are rounded in proportion to the scale of the problem.
        let slack = tolerance::OPTIMAL * self.problem.scale();
        let verdict = if lower > exact.upper {
            Verdict::Fails("a lower bound is above the exact value".to_owned())
        } else if !complete {
            Verdict::Stopped
        } else if let Some(claim) = claim
            && (judged.estimate - exact.upper).abs() > claim * exact.upper.abs() + slack
        {
            Verdict::Fails(format!("its estimate is to be within {claim:e}"))
        } else {
            Verdict::Holds
        };
        self.rows.push(Row {
            method: format!("critic ({kind})"),
            estimate: Some(judged.estimate),
            lower,
            upper: f64::INFINITY,
            relative_error,
            seconds,
            verdict,
        });
    }

    /// A method that was left out, and why.
    pub fn skip(&mut self, method: impl Into<String>, why: impl Into<String>) {
        self.empty(method.into(), Instant::now(), Verdict::Skipped(why.into()));
    }

    /// The exact value's certificate.
    pub fn exact(&self) -> &Certificate {
        &self.exact.certificate
    }

    /// The exact value's certificate, with its potentials.
    pub fn certified(&self) -> &Certified {
        &self.exact
    }

    /// The rows so far.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Whether no claim failed.
    pub fn holds(&self) -> bool {
        !self.rows.iter().any(|row| matches!(row.verdict, Verdict::Fails(_)))
    }

    /// Whether every method came to its end.
    pub fn is_complete(&self) -> bool {
        !self.rows.iter().any(|row| row.verdict == Verdict::Stopped)
    }

    /// Two brackets of one value have a point in common.
    fn intersects(&self, other: &Certificate) -> Result<(), String> {
        let exact = &self.exact.certificate;
        if other.lower > exact.upper {
            return Err("its lower bound is above the exact value".to_owned());
        }
        if other.upper < exact.lower {
            return Err("its upper bound is below the exact value".to_owned());
        }
        Ok(())
    }

    fn relative_error(&self, estimate: f64) -> Option<f64> {
        let exact = self.exact.certificate.upper;
        (exact > 0.0 && exact.is_finite()).then(|| (estimate - exact) / exact)
    }

    fn bracket(&mut self, method: String, found: &Certificate, start: Instant, verdict: Verdict) {
        let estimate = found.upper.is_finite().then_some(found.upper);
        self.rows.push(Row {
            method,
            estimate,
            lower: found.lower,
            upper: found.upper,
            relative_error: estimate.and_then(|estimate| self.relative_error(estimate)),
            seconds: start.elapsed().as_secs_f64(),
            verdict,
        });
    }

    fn empty(&mut self, method: String, start: Instant, verdict: Verdict) {
        self.rows.push(Row {
            method,
            estimate: None,
            lower: f64::NEG_INFINITY,
            upper: f64::INFINITY,
            relative_error: None,
            seconds: start.elapsed().as_secs_f64(),
            verdict,
        });
    }
}

/// Whether an exact method has proved its answer.
fn proved(certificate: &Certificate) -> Result<(), String> {
    if certificate.is_optimal() {
        return Ok(());
    }
    let (found, most) = (certificate.relative_gap(), tolerance::OPTIMAL);
    Err(format!("its relative gap is {found:.1e}, above {most:e}"))
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::cost::Euclidean;
    use crate::critic::{TrainCones, judge};
    use crate::measure::DiscreteMeasure;

    fn clouds() -> (DiscreteMeasure, DiscreteMeasure) {
        let source = array![[0.0, 0.0], [1.0, 0.0], [0.3, 2.0], [0.9, 0.4]];
        let target = array![[2.0, 1.0], [3.0, 0.0], [2.5, 2.0]];
        (DiscreteMeasure::uniform(source).unwrap(), DiscreteMeasure::uniform(target).unwrap())
    }

    #[test]
    fn true_methods_hold_and_a_false_critic_is_found_out() {
        let (source, target) = clouds();
        let problem = OtProblem::new(&source, &target, Euclidean).unwrap();
        let mut check = Crosscheck::new(&problem, &mut ()).unwrap();
        for &backend in Backend::all() {
            check.lp(backend, &mut ());
        }
        check.sinkhorn(&Sinkhorn::default(), &mut ()).unwrap();
        let trained = TrainCones::default().train(&problem).unwrap();
        let judged = judge(&trained.critic, &problem).unwrap();
        check.critic("cones", &judged, Some(1e-3), 0.0, true);
        assert!(check.holds() && check.is_complete(), "{:?}", check.rows());
        let value = check.exact().upper;
        assert!(check.rows().iter().all(|row| row.lower <= value * (1.0 + 1e-9)));

        for (judged, claim) in [
            (critic::CriticVerdict { certified_lower: value * 1.001, ..judged }, None),
            (critic::CriticVerdict { polished_lower: value * 1.001, ..judged }, None),
            (critic::CriticVerdict { estimate: value * 0.99, ..judged }, Some(1e-3)),
        ] {
            let mut false_check = check.clone();
            false_check.critic("false", &judged, claim, 0.0, true);
            assert!(!false_check.holds());
        }
        check.critic(
            "early",
            &critic::CriticVerdict { estimate: 0.0, ..judged },
            Some(1e-3),
            0.0,
            false,
        );
        assert!(check.holds() && !check.is_complete());
    }

    #[test]
    fn brackets_that_exclude_the_exact_value_fail() {
        let (source, target) = clouds();
        let problem = OtProblem::new(&source, &target, Euclidean).unwrap();
        let check = Crosscheck::new(&problem, &mut ()).unwrap();
        let exact = *check.exact();
        let (l, u) = (exact.lower, exact.upper);
        for (lower, upper, fine) in [
            (0.5 * l, 2.0 * u, true),
            (0.0, u, true),
            (1.01 * u, 2.0 * u, false),
            (0.0, 0.99 * l, false),
        ] {
            let other = Certificate { lower, upper, ..exact };
            assert_eq!(check.intersects(&other).is_ok(), fine, "{lower} {upper}");
        }
        assert!(proved(&Certificate { gap: 1e-8 * u, ..exact }).is_err());
        assert!(proved(&Certificate { upper: f64::INFINITY, ..exact }).is_err());
    }

    #[test]
    fn identical_clouds_hold_by_every_method() {
        let (source, _) = clouds();
        let problem = OtProblem::new(&source, &source, Euclidean).unwrap();
        let mut check = Crosscheck::new(&problem, &mut ()).unwrap();
        for &backend in Backend::all() {
            check.lp(backend, &mut ());
        }
        check.sinkhorn(&Sinkhorn::default(), &mut ()).unwrap();
        assert!(check.holds(), "{:?}", check.rows());
        assert_eq!(check.rows()[0].relative_error, None);
    }
}
