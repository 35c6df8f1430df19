//! A run on a fixed support: candidates for ν and for potentials, judged until the gap is reached.

use std::ops::ControlFlow;

use ndarray::Array1;

use super::entropic::BregmanProjections;
use super::free::transports;
use super::{
    Barycenter, BarycenterError, BarycenterMethod, BarycenterOptions, BarycenterProblem,
    DEFAULT_GAP,
};
use crate::certificate::{
    BarycenterLower, BarycenterTerm, Certificate, barycenter_certificate, barycenter_lower,
    mean_certificate,
};
use crate::cost::largest_size;
use crate::measure::DiscreteMeasure;
use crate::potentials::to_target;
use crate::progress::{Event, Observer, Stop};
use crate::solvers::Termination;
#[cfg(feature = "lp")]
use crate::solvers::lp;
#[cfg(feature = "lp")]
use crate::tolerance;

impl BarycenterProblem {
    /// Solves the problem with the default options.
    ///
    /// # Errors
    /// [`BarycenterError`] if a method failed.
    pub fn solve(&self) -> Result<Barycenter, BarycenterError> {
        self.solve_with(&BarycenterOptions::default(), &mut ())
    }

    /// Solves the problem; `observer` may stop it, and the answer is then the best so far. Whether the gap
    /// was reached, the certificate says.
    ///
    /// # Errors
    /// [`BarycenterError`] if a method failed.
    pub fn solve_with(
        &self,
        options: &BarycenterOptions,
        observer: &mut dyn Observer,
    ) -> Result<Barycenter, BarycenterError> {
        let method = self.chosen(options.method);
        let default = match method {
            #[cfg(feature = "lp")]
            BarycenterMethod::Lp => tolerance::OPTIMAL,
            _ => DEFAULT_GAP,
        };
        let mut best = Best::new(self, method, options.gap.unwrap_or(default));
        if let Some(nu) = self.common_measure() {
            let masses = nu.mass().to_owned();
            best.try_measure(&nu, masses, observer)?;
        }
        match method {
            _ if best.is_done() => Ok(best.answer(Termination::Optimal, 0)),
            #[cfg(feature = "lp")]
            BarycenterMethod::Lp => self.by_lp(best, observer),
            _ => self.by_projections(best, observer),
        }
    }

    /// The method that [`BarycenterMethod::Auto`] stands for here, or the one named.
    #[must_use]
    pub fn chosen(&self, method: BarycenterMethod) -> BarycenterMethod {
        match method {
            #[cfg(feature = "lp")]
            BarycenterMethod::Auto if self.cells() <= super::LP_CELLS => BarycenterMethod::Lp,
            BarycenterMethod::Auto => BarycenterMethod::Entropic,
            named => named,
        }
    }

    #[cfg(feature = "lp")]
    fn by_lp(
        &self,
        mut best: Best<'_>,
        observer: &mut dyn Observer,
    ) -> Result<Barycenter, BarycenterError> {
        let answer = lp::barycenter::barycenter(&self.terms(), &self.weights)?;
        best.try_potentials(&answer.potentials);
        // An interior point leaves a little mass everywhere.
        for least in [1e-6, 1e-9, 0.0] {
            if !best.is_done() {
                best.try_masses(&answer.masses, least, observer)?;
            }
        }
        Ok(best.answer(Termination::ToleranceReached, answer.iterations))
    }

    fn by_projections(
        &self,
        mut best: Best<'_>,
        observer: &mut dyn Observer,
    ) -> Result<Barycenter, BarycenterError> {
        /// The least ε by the largest cost.
        const LEAST_EPSILON: f64 = 1e-9;
        /// Steps after which exact transports, which take as long as dozens of them, are due.
        const STEPS_BETWEEN_JUDGMENTS: u64 = 64;
        /// The disagreement of row sums by the relative gap to be reached: what is left of it costs the
        /// lower bound about as much as ε does.
        const DISAGREEMENT_SHARE: f64 = 0.2;
        /// If the relative gap is more than this multiple of the last one, it is not ε that limits it.
        const STAGNATION: f64 = 0.8;
        /// Masses of ν below this times the largest are 0.
        const LEAST_MASS: f64 = 1e-9;
        let terms = self.terms();
        let largest = terms.iter().map(|term| largest_size(term.cost)).fold(0.0, f64::max);
        let mut projections = BregmanProjections::new(self, largest.max(f64::MIN_POSITIVE));
        let mut judged = 0;
        let mut disagreement = DISAGREEMENT_SHARE * best.gap;
        loop {
            let before = best.relative_gap();
            let stop = balance(&mut projections, disagreement, &best, observer);
            let potentials = projections.potentials().zip(&terms);
            let transforms: Vec<_> =
                potentials.map(|(f, term)| to_target(term.cost, f.view())).collect();
            best.try_potentials(&transforms);
            let is_last = projections.epsilon <= LEAST_EPSILON * largest || stop.is_some();
            let masses = &projections.masses;
            if stop.is_some() {
                if best.nu.is_none() {
                    best.try_masses(masses, LEAST_MASS, &mut ())?;
                }
            } else if is_last || projections.steps >= judged + STEPS_BETWEEN_JUDGMENTS {
                judged = projections.steps;
                best.try_masses(masses, LEAST_MASS, observer)?;
            }
            if best.is_done() || is_last {
                let reached = Termination::ToleranceReached;
                let done = stop.filter(|_| !best.is_done()).map_or(reached, Termination::from);
                return Ok(best.answer(done, projections.steps));
            }
            if best.relative_gap() > STAGNATION * before {
                disagreement /= 4.0;
            }
            projections.epsilon /= 2.0;
        }
    }

    /// The measure that all measures are, if they are the same: a barycenter of value 0, which no method
    /// would find to the bit.
    fn common_measure(&self) -> Option<DiscreteMeasure> {
        let (first, others) = self.measures.split_first()?;
        let is_first = |other: &DiscreteMeasure| {
            other.support() == first.support() && other.mass() == first.mass()
        };
        if !others.iter().all(is_first) {
            return None;
        }
        let mut masses = Array1::zeros(self.support.len());
        for (point, weight) in first.support().outer_iter().zip(first.marginal().weights()) {
            let place = self.support.support().outer_iter().position(|place| place == point)?;
            masses[place] += weight;
        }
        Some(self.on_support(masses))
    }

    /// The measure on the support with masses in proportion to these.
    fn on_support(&self, masses: Array1<f64>) -> DiscreteMeasure {
        DiscreteMeasure::normalized(self.support.support().to_owned(), masses)
            .expect("finite masses with a positive sum")
    }

    fn terms<'a>(&'a self) -> Vec<BarycenterTerm<'a>> {
        let term =
            |term: &'a super::Term| BarycenterTerm { cost: &*term.cost, target: &term.target };
        self.terms.iter().map(term).collect()
    }
}

/// Projects until the row sums disagree by no more than a given share.
fn balance(
    projections: &mut BregmanProjections<'_>,
    disagreement: f64,
    best: &Best<'_>,
    observer: &mut dyn Observer,
) -> Option<Stop> {
    /// Steps for one ε, at most.
    const MOST_STEPS: u64 = 2000;
    let first = projections.steps;
    loop {
        projections.step();
        let event = Event {
            lower: best.lower.map(|lower| lower.value),
            cost: best.nu.as_ref().map(|nu| nu.certificate.upper),
            ..Event::new("projecting", projections.steps)
        };
        if let ControlFlow::Break(stop) = observer.observe(&event) {
            return Some(stop);
        }
        let is_balanced = projections.disagreement <= disagreement;
        if is_balanced || projections.steps - first >= MOST_STEPS {
            return None;
        }
    }
}

/// The best bounds so far.
struct Best<'a> {
    problem: &'a BarycenterProblem,
    method: BarycenterMethod,
    gap: f64,
    lower: Option<BarycenterLower>,
    nu: Option<JudgedMasses>,
}

/// ν with its exact transports.
struct JudgedMasses {
    masses: Array1<f64>,
    transports: Vec<Certificate>,
    /// Of the value at ν.
    certificate: Certificate,
}

impl<'a> Best<'a> {
    /// Nothing but the bound that zero potentials prove.
    fn new(problem: &'a BarycenterProblem, method: BarycenterMethod, gap: f64) -> Self {
        let mut best = Self { problem, method, gap, lower: None, nu: None };
        let zero = problem.measures.iter().map(|measure| Array1::zeros(measure.len()));
        best.try_potentials(&zero.collect::<Vec<_>>());
        best
    }

    fn try_potentials(&mut self, potentials: &[Array1<f64>]) {
        let found = barycenter_lower(&self.problem.terms(), &self.problem.weights, potentials);
        if self.lower.is_none_or(|lower| found.value > lower.value) {
            self.lower = Some(found);
        }
    }

    /// Tries ν in proportion to these masses, where those up to `least` times the largest are 0; uniform
    /// masses if they are none.
    fn try_masses(
        &mut self,
        masses: &Array1<f64>,
        least: f64,
        observer: &mut dyn Observer,
    ) -> Result<(), BarycenterError> {
        let least = least * masses.iter().copied().fold(0.0, f64::max);
        let kept = masses.mapv(|mass| if mass > least { mass } else { 0.0 });
        let total = kept.sum();
        // Any ν gives a true bound.
        let is_measure = total.is_finite() && total > 0.0;
        let kept = if is_measure { kept / total } else { Array1::ones(kept.len()) };
        let nu = self.problem.on_support(kept);
        let masses = nu.marginal().weights().to_owned();
        self.try_measure(&nu, masses, observer)
    }

    /// Tries ν, whose masses, rounded, are `masses`.
    fn try_measure(
        &mut self,
        nu: &DiscreteMeasure,
        masses: Array1<f64>,
        observer: &mut dyn Observer,
    ) -> Result<(), BarycenterError> {
        let BarycenterProblem { measures, ground, weights, .. } = self.problem;
        let transports = transports(nu, measures, *ground, observer)?;
        let certificate = mean_certificate(weights, &transports);
        let known = self.nu.as_ref().map_or(f64::INFINITY, |nu| nu.certificate.upper);
        if self.nu.is_none() || certificate.upper < known {
            self.nu = Some(JudgedMasses { masses, transports, certificate });
        }
        Ok(())
    }

    fn certificate(&self) -> Option<Certificate> {
        Some(barycenter_certificate(self.lower?, &self.nu.as_ref()?.certificate))
    }

    /// The relative gap; infinite until ν was judged.
    fn relative_gap(&self) -> f64 {
        self.certificate().map_or(f64::INFINITY, |certificate| certificate.relative_gap())
    }

    fn is_done(&self) -> bool {
        self.relative_gap() <= self.gap
    }

    fn answer(self, termination: Termination, iterations: u64) -> Barycenter {
        let certificate = self.certificate().expect("ν was judged at the end");
        let nu = self.nu.expect("ν was judged at the end");
        Barycenter {
            masses: nu.masses,
            transports: nu.transports,
            certificate,
            method: self.method,
            gap: self.gap,
            termination,
            iterations,
        }
    }
}
