//! The bracket `lower ≤ W_∞ ≤ upper` of the bottleneck distance.
//!
//! ```text
//! W_∞(μ, ν) = min over plans γ of max { c(i, j) : γ_ij > 0 }
//! ```
//!
//! A feasible plan bounds it from above by its largest cost. A cut bounds it from below: for sources S and
//! targets N with μ(S) > ν(N), every plan moves mass from S to outside of N, so that some arc of its
//! support costs at least `min { c(i, j) : i ∈ S, j ∉ N }`. By the theorem of max-flow and min-cut the best
//! cut attains W_∞. The masses are compared as exact integers, the costs are rounded outward
//! (`docs/theory/certificate.md`).

use ndarray::Array1;
use num_bigint::BigInt;

use super::lower::{rounded_down, row_minima};
use super::{CertificateError, Objective, gap, relative_gap, repair_plan};
use crate::math::exact::{ExactSum, UNIT_EXPONENT, quotient_below};
use crate::measure::Marginal;
use crate::plan::TransportPlan;
use crate::problem::OtProblem;
use crate::progress::never;
use crate::tolerance;

/// Sources S and targets N: every plan moves the mass μ(S) − ν(N), if it is positive, from S to outside
/// of N.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// S, as indices of source points.
    pub sources: Vec<usize>,
    /// N, as indices of target points.
    pub targets: Vec<usize>,
}

/// The bracket that a plan and a cut prove for the bottleneck distance, in units of the ground cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BottleneckCertificate {
    /// Least cost from S to outside of N: at most the optimum.
    pub lower: f64,
    /// Largest cost on the support of the repaired plan: at least the optimum. Infinite without a plan.
    pub upper: f64,
    /// `upper − lower`, rounded up: at least 0.
    pub gap: f64,
    /// `μ(S) − ν(N)`, rounded down: the mass that every plan moves at a cost of `lower` or more.
    pub forced_mass: f64,
    /// `Σ_i |Σ_j γ_ij − μ_i|` of the plan as it was handed over.
    pub source_residual: f64,
    /// `Σ_j |Σ_i γ_ij − ν_j|` of the plan as it was handed over.
    pub target_residual: f64,
}

impl BottleneckCertificate {
    /// `gap / |upper|`, rounded up; 0 when the gap is 0, infinite when only `upper` is.
    #[must_use]
    pub fn relative_gap(&self) -> f64 {
        relative_gap(self.gap, self.upper)
    }

    /// Whether the largest cost of the plan is known to be optimal to `relative·|upper|`.
    #[must_use]
    pub fn is_within(&self, relative: f64) -> bool {
        self.upper.is_finite() && self.relative_gap() <= relative
    }

    /// Whether the plan is optimal: to a relative gap of [`tolerance::OPTIMAL`], or both bounds are equal.
    #[must_use]
    pub fn is_optimal(&self) -> bool {
        self.is_within(tolerance::OPTIMAL)
    }
}

/// A judged answer: the certificate, and the feasible plan and the cut that prove it.
#[derive(Debug, Clone, PartialEq)]
pub struct CertifiedBottleneck {
    /// The bracket.
    pub certificate: BottleneckCertificate,
    /// The exact flow on the plan's cells, each rounded once; `None` if none was handed over.
    pub plan: Option<TransportPlan>,
    /// The cut that proves the lower bound.
    pub cut: Cut,
}

/// Judges a plan and a cut for the bottleneck distance. Without a plan there is no upper bound. A cut
/// with μ(S) ≤ ν(N), or none, is replaced by all sources and no targets, which proves the least cost.
///
/// The plan's cells are a support, on which the exact flow is found as for
/// [`certify`](super::certify); what it cannot carry is placed elsewhere. O(nm) time, parallel, less
/// where points can be searched.
///
/// ```
/// use deblais::certificate::{Cut, certify_bottleneck};
/// use deblais::ndarray::array;
/// use deblais::{OtProblem, TransportPlan};
///
/// let costs = array![[1.0, 4.0], [3.0, 2.0]];
/// let problem = OtProblem::new(&[0.5, 0.5], &[0.5, 0.5], costs.view())?;
/// let plan = TransportPlan::from_dense(array![[0.5, 0.0], [0.0, 0.5]].view())?;
/// // Source 1 reaches nothing below 2.
/// let cut = Cut { sources: vec![1], targets: vec![] };
/// let c = certify_bottleneck(&problem, Some(&plan), Some(&cut))?.certificate;
/// assert_eq!((c.lower, c.upper, c.forced_mass), (2.0, 2.0, 0.5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`CertificateError`] if the plan has another shape, or the cut names points that are not there.
pub fn certify_bottleneck(
    problem: &OtProblem,
    plan: Option<&TransportPlan>,
    cut: Option<&Cut>,
) -> Result<CertifiedBottleneck, CertificateError> {
    let plan = plan.map(|plan| repair_plan(problem, plan, Objective::LargestCost)).transpose()?;
    let upper = plan.as_ref().map_or(f64::INFINITY, |plan| plan.cost);
    let (source_residual, target_residual) = plan.as_ref().map_or((0.0, 0.0), |p| p.residuals);
    let sides = cut.map(|cut| Sides::of(problem, cut)).transpose()?;
    let (sides, forced_mass) = sides
        .and_then(|sides| sides.forced_mass(problem).map(|mass| (sides, mass)))
        .unwrap_or_else(|| (Sides::whole(problem), problem.total()));
    let lower = sides.least_cost(problem);
    let certificate = BottleneckCertificate {
        lower,
        upper,
        gap: gap(lower, upper),
        forced_mass,
        source_residual,
        target_residual,
    };
    Ok(CertifiedBottleneck { certificate, plan: plan.map(|plan| plan.plan), cut: sides.cut() })
}

/// A cut as one flag for each point.
struct Sides {
    in_s: Vec<bool>,
    in_n: Vec<bool>,
}

impl Sides {
    fn of(problem: &OtProblem, cut: &Cut) -> Result<Self, CertificateError> {
        let flags = |side, indices: &[usize], points| -> Result<Vec<bool>, CertificateError> {
            let mut flags = vec![false; points];
            for &index in indices {
                let flag = flags.get_mut(index);
                *flag.ok_or(CertificateError::Cut { side, index, points })? = true;
            }
            Ok(flags)
        };
        let in_s = flags("source", &cut.sources, problem.n())?;
        Ok(Self { in_s, in_n: flags("target", &cut.targets, problem.m())? })
    }

    /// All sources and no targets.
    fn whole(problem: &OtProblem) -> Self {
        Self { in_s: vec![true; problem.n()], in_n: vec![false; problem.m()] }
    }

    fn cut(&self) -> Cut {
        let indices = |flags: &[bool]| (0..flags.len()).filter(|&k| flags[k]).collect();
        Cut { sources: indices(&self.in_s), targets: indices(&self.in_n) }
    }

    /// `μ(S) − ν(N)`, rounded down, if it is positive.
    ///
    /// With weights a, b of sums A, B and a total T it is `T·(a(S)·B − b(N)·A) / (A·B)`.
    fn forced_mass(&self, problem: &OtProblem) -> Option<f64> {
        let (source, target) = problem.marginals();
        let sum = |side: &Marginal, is_counted: &dyn Fn(usize) -> bool| {
            let mut sum = ExactSum::default();
            let weights = side.weights().into_iter().enumerate();
            weights.filter(|(k, _)| is_counted(*k)).for_each(|(_, &w)| sum.add(w));
            sum.to_integer()
        };
        let (a, b) = (sum(source, &|_| true), sum(target, &|_| true));
        let excess = sum(source, &|i| self.in_s[i]) * &b - sum(target, &|j| self.in_n[j]) * &a;
        if excess <= BigInt::ZERO {
            return None;
        }
        Some(if source.has_unit_total() {
            quotient_below(&excess, (a * b).magnitude(), 0)
        } else {
            quotient_below(&excess, b.magnitude(), UNIT_EXPONENT)
        })
    }

    /// At most `min { c(i, j) : i ∈ S, j ∉ N }` over points with mass.
    fn least_cost(&self, problem: &OtProblem) -> f64 {
        let (source, target) = problem.marginals();
        let outside = self.in_n.iter().zip(target.weights());
        let is_outside = |(&in_n, &weight): (&bool, &f64)| !in_n && weight > 0.0;
        let g: Array1<f64> =
            outside.map(|of| if is_outside(of) { 0.0 } else { f64::NEG_INFINITY }).collect();
        let minima = rounded_down(&row_minima(problem.cost(), g.view(), None, &never));
        let of_s = self.in_s.iter().zip(source.weights()).zip(minima);
        let of_s = of_s.filter(|((in_s, weight), _)| **in_s && **weight > 0.0);
        of_s.map(|(_, least)| least).fold(f64::INFINITY, f64::min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::PlanArc;
    use ndarray::{Array2, array};

    fn plan(cells: &[(usize, usize, f64)]) -> TransportPlan {
        let arcs = cells.iter().map(|&(source, target, mass)| PlanArc { source, target, mass });
        TransportPlan::new(2, 2, arcs.collect()).unwrap()
    }

    fn square() -> (Array2<f64>, [f64; 2]) {
        (array![[1.0, 4.0], [3.0, 2.0]], [0.5, 0.5])
    }

    #[test]
    fn a_cut_that_forces_nothing_proves_the_least_cost_alone() {
        let (costs, mass) = square();
        let problem = OtProblem::new(&mass, &mass, costs.view()).unwrap();
        for (sources, targets) in [(vec![1], vec![0]), (vec![], vec![]), (vec![0, 1], vec![0, 1])] {
            let judged = certify_bottleneck(&problem, None, Some(&Cut { sources, targets }));
            let CertifiedBottleneck { certificate: c, cut, .. } = judged.unwrap();
            assert_eq!((c.lower, c.upper, c.forced_mass), (1.0, f64::INFINITY, 1.0));
            assert_eq!(cut, Cut { sources: vec![0, 1], targets: vec![] });
        }
    }

    #[test]
    fn a_plan_that_misses_its_marginals_is_completed_and_charged() {
        let (costs, mass) = square();
        let problem = OtProblem::new(&mass, &mass, costs.view()).unwrap();
        let judged = certify_bottleneck(&problem, Some(&plan(&[(0, 0, 0.25)])), None).unwrap();
        assert!(judged.certificate.upper >= 2.0 && judged.certificate.source_residual == 0.75);
        let crossed = plan(&[(0, 1, 0.5), (1, 0, 0.5)]);
        let judged = certify_bottleneck(&problem, Some(&crossed), None).unwrap();
        assert_eq!((judged.certificate.lower, judged.certificate.upper), (1.0, 4.0));
    }

    /// A third is no `f64`, and 0.1 + 0.2 is not 0.3: the cut counts the last bit.
    #[test]
    fn masses_are_compared_exactly() {
        let costs = array![[1.0, 1.0, 9.0], [9.0, 9.0, 1.0]];
        let problem = OtProblem::new(&[0.3, 0.7], &[0.1, 0.2, 0.7], costs.view()).unwrap();
        let cut = |sources: &[usize], targets: &[usize]| {
            let cut = Cut { sources: sources.to_vec(), targets: targets.to_vec() };
            certify_bottleneck(&problem, None, Some(&cut)).unwrap().certificate
        };
        let [one, other] = [cut(&[0], &[0, 1]), cut(&[1], &[2])];
        let forced = if one.lower == 9.0 { one } else { other };
        assert_eq!(forced.lower, 9.0);
        assert!(forced.forced_mass > 0.0 && forced.forced_mass < 1e-15);
    }

    #[test]
    fn points_without_mass_constrain_nothing() {
        let costs = array![[1.0, 0.0], [0.0, 5.0]];
        let problem = OtProblem::new(&[1.0, 0.0], &[1.0, 0.0], costs.view()).unwrap();
        let judged = certify_bottleneck(&problem, Some(&plan(&[(0, 0, 1.0)])), None).unwrap();
        assert_eq!((judged.certificate.lower, judged.certificate.upper), (1.0, 1.0));
    }

    #[test]
    fn points_that_are_not_there_are_refused() {
        let (costs, mass) = square();
        let problem = OtProblem::new(&mass, &mass, costs.view()).unwrap();
        let cut = Cut { sources: vec![0], targets: vec![2] };
        let error = certify_bottleneck(&problem, None, Some(&cut)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the cut names target point 2, but there are 2, counted from 0"
        );
    }
}
