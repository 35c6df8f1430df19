//! The sandwich: `lower ≤ EMD ≤ upper`, with proof.
//!
//! A feasible plan costs at least the optimum, feasible potentials are worth at most the optimum
//! (weak duality; Villani 2009, "Optimal transport: old and new", ch. 5). [`certify`] takes what
//! any method hands over, plan, potentials or both, makes them feasible, and states what they
//! prove. It knows no solver and trusts none: it recomputes everything from the problem.

use ndarray::{Array1, ArrayView1};
use thiserror::Error;

use crate::gibbs::GibbsPlan;
use crate::math;
use crate::plan::TransportPlan;
use crate::potentials::{Potentials, to_source, to_target};
use crate::problem::OtProblem;
use crate::tolerance;

/// What a plan and potentials prove about the transport cost. All bounds are in units of
/// cost × mass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Certificate {
    /// Dual value of the repaired potentials: at most the optimum.
    pub lower: f64,
    /// Cost of the repaired plan: at least the optimum. Infinite without a plan.
    pub upper: f64,
    /// `upper − lower`, never below 0 (rounding may cross the bounds by a few ulps).
    pub gap: f64,
    /// `Σ_i |Σ_j γ_ij − μ_i|` of the plan as it was handed over.
    pub source_residual: f64,
    /// `Σ_j |Σ_i γ_ij − ν_j|` of the plan as it was handed over.
    pub target_residual: f64,
    /// `max_ij (f_i + g_j − c_ij)⁺` of the potentials as they were handed over, over the atoms
    /// with mass.
    pub dual_violation: f64,
    /// The widest gap an exact optimum may show here ([`tolerance::gap`]).
    pub tolerance: f64,
}

impl Certificate {
    /// `gap / |upper|`; 0 when the gap is 0, infinite when only `upper` is.
    #[must_use]
    pub fn relative_gap(&self) -> f64 {
        if self.gap == 0.0 {
            0.0
        } else if self.upper.is_finite() {
            self.gap / self.upper.abs()
        } else {
            f64::INFINITY
        }
    }

    /// Whether the bounds meet, up to what rounding explains: the plan is optimal.
    #[must_use]
    pub fn is_tight(&self) -> bool {
        self.upper.is_finite() && (self.upper - self.lower).abs() <= self.tolerance
    }

    /// Whether there is a plan whose cost is known to `relative·|upper|`, or to `absolute`, or up
    /// to what rounding explains; bounds that cross by more contradict each other.
    #[must_use]
    pub fn is_within(&self, relative: f64, absolute: f64) -> bool {
        let allowed = (relative * self.upper.abs()).max(absolute).max(self.tolerance);
        let crossed = self.lower - self.upper > absolute.max(self.tolerance);
        self.upper.is_finite() && !crossed && self.gap <= allowed
    }
}

/// A judged answer: the certificate, and the feasible plan and potentials that prove it.
#[derive(Debug, Clone, PartialEq)]
pub struct Certified {
    /// What is proved.
    pub certificate: Certificate,
    /// The plan with its marginals repaired; `None` if none was handed over.
    pub plan: Option<TransportPlan>,
    /// The potentials repaired by c-transforms.
    pub potentials: Potentials,
}

/// The answer does not fit the problem.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// The plan has another shape.
    #[error("the plan is {rows}×{columns}, the problem {n}×{m}")]
    Plan {
        /// Rows of the plan.
        rows: usize,
        /// Columns of the plan.
        columns: usize,
        /// Source points.
        n: usize,
        /// Target points.
        m: usize,
    },
    /// The potentials have other lengths.
    #[error("{f} source and {g} target potentials for {n} source and {m} target points")]
    Potentials {
        /// Length of f.
        f: usize,
        /// Length of g.
        g: usize,
        /// Source points.
        n: usize,
        /// Target points.
        m: usize,
    },
}

/// Judges a plan and potentials; what is missing proves nothing: no plan, no upper bound; no
/// potentials, and zero potentials take their place.
///
/// The plan is repaired by [`TransportPlan::round_to`] if any of its marginals is off by more than
/// rounding. Of the potentials, f is kept on the atoms with mass, and the c-transforms
/// `g ← f^c`, then `f ← g^c` do the rest: they give zero-mass atoms their potentials and never
/// lower the value of feasible ones. If that leaves a gap, and the potentials were infeasible by more
/// than rounding, the same is tried from g. Only atoms with mass constrain others: the rounding of a
/// large cost to a far atom without mass must not widen the bracket. Potentials that prove less
/// than nothing give way to zero ones. O(nm) time, parallel, O(m) memory a thread.
///
/// # Errors
/// [`CertificateError`] if shapes do not fit.
pub fn certify(
    problem: &OtProblem,
    plan: Option<&TransportPlan>,
    potentials: Option<&Potentials>,
) -> Result<Certified, CertificateError> {
    let upper = plan.map(|plan| bound_from_plan(problem, plan)).transpose()?;
    let (source_residual, target_residual) = upper.as_ref().map_or((0.0, 0.0), |u| u.residuals);
    let upper_value = upper.as_ref().map_or(f64::INFINITY, |u| u.cost);
    let lower = bound_from_potentials(problem, potentials, upper_value)?;
    let potential_mass = lower.repaired.absolute_value(problem.source(), problem.target());
    let certificate = Certificate {
        lower: lower.value,
        upper: upper_value,
        gap: (upper_value - lower.value).max(0.0),
        source_residual,
        target_residual,
        dual_violation: lower.violation,
        tolerance: tolerance::gap(upper_value, potential_mass),
    };
    Ok(Certified { certificate, plan: upper.map(|u| u.repaired), potentials: lower.repaired })
}

struct UpperBound {
    cost: f64,
    repaired: TransportPlan,
    residuals: (f64, f64),
}

fn bound_from_plan(
    problem: &OtProblem,
    plan: &TransportPlan,
) -> Result<UpperBound, CertificateError> {
    let (n, m) = (problem.n(), problem.m());
    if (plan.n(), plan.m()) != (n, m) {
        return Err(CertificateError::Plan { rows: plan.n(), columns: plan.m(), n, m });
    }
    let (rows, columns) = plan.marginals();
    let (source, target) = (problem.source(), problem.target());
    let l1 = |have: &Array1<f64>, want: ArrayView1<'_, f64>| -> f64 {
        have.iter().zip(want).map(|(have, want)| (have - want).abs()).sum()
    };
    let residuals = (l1(&rows, source), l1(&columns, target));
    // Totals are equal up to their own rounding only: the largest target bears that.
    let total = math::sum(source);
    let largest = target.iter().copied().fold(0.0, f64::max);
    let rounded = |have: f64, want: f64| (have - want).abs() <= tolerance::marginal(want);
    let feasible = rows.iter().zip(source).all(|(&have, &want)| rounded(have, want))
        && columns.iter().zip(target).all(|(&have, &want)| {
            rounded(have, want)
                || (want == largest && (have - want).abs() <= tolerance::marginal(total))
        });
    let repaired = if feasible { plan.clone() } else { plan.round_to(source, target) };
    Ok(UpperBound { cost: repaired.cost(problem.cost()), repaired, residuals })
}

/// Judges a Gibbs plan, as [`certify`] judges any: the upper bound is the cost of the plan
/// rounded to its marginals ([`GibbsPlan::rounded`]), the lower one comes from its potentials. The
/// plan is never formed: O(nm) time, parallel, O(n + m) memory a thread, and
/// [`Certified::plan`] is `None`.
///
/// # Errors
/// [`CertificateError`] if shapes do not fit.
pub fn certify_gibbs(problem: &OtProblem, plan: &GibbsPlan) -> Result<Certified, CertificateError> {
    let potentials = plan.potentials();
    let (n, m) = (problem.n(), problem.m());
    let (f, g) = (potentials.f().len(), potentials.g().len());
    if (f, g) != (n, m) {
        return Err(CertificateError::Potentials { f, g, n, m });
    }
    let upper = plan.rounded(problem.cost(), problem.source(), problem.target());
    let lower = bound_from_potentials(problem, Some(potentials), upper.cost)?;
    let potential_mass = lower.repaired.absolute_value(problem.source(), problem.target());
    let certificate = Certificate {
        lower: lower.value,
        upper: upper.cost,
        gap: (upper.cost - lower.value).max(0.0),
        source_residual: upper.source_residual,
        target_residual: upper.target_residual,
        dual_violation: lower.violation,
        tolerance: tolerance::gap(upper.cost, potential_mass),
    };
    Ok(Certified { certificate, plan: None, potentials: lower.repaired })
}

struct LowerBound {
    value: f64,
    repaired: Potentials,
    violation: f64,
}

/// The bound that the potentials prove; alternatives are tried while it is not as good as `upper`.
fn bound_from_potentials(
    problem: &OtProblem,
    potentials: Option<&Potentials>,
    upper: f64,
) -> Result<LowerBound, CertificateError> {
    let (n, m) = (problem.n(), problem.m());
    let zero;
    let potentials = if let Some(given) = potentials {
        given
    } else {
        zero = Potentials::zero(n, m);
        &zero
    };
    let (f, g) = (potentials.f(), potentials.g());
    if (f.len(), g.len()) != (n, m) {
        return Err(CertificateError::Potentials { f: f.len(), g: g.len(), n, m });
    }
    let bound = |f: ArrayView1<'_, f64>| {
        let (repaired, violation) = repair(problem, f, g);
        let value = repaired.value(problem.source(), problem.target());
        LowerBound { value, repaired, violation }
    };
    let mut best = bound(f);
    let violation = best.violation;
    let mass = best.repaired.absolute_value(problem.source(), problem.target());
    let rounding = tolerance::gap(upper, mass);
    // What violates by rounding only is no better from the other side.
    if upper - best.value > rounding && violation * math::sum(problem.source()) > rounding {
        let from_g =
            bound(to_source(problem.cost(), where_mass(g, problem.target()).view()).view());
        if from_g.value > best.value {
            best = from_g;
        }
    }
    if best.value < 0.0 {
        let trivial = bound(Array1::zeros(n).view());
        if trivial.value > best.value {
            best = trivial;
        }
    }
    Ok(LowerBound { violation, ..best })
}

/// The potentials of the atoms with mass; the others are to be ignored.
fn where_mass(potential: ArrayView1<'_, f64>, mass: ArrayView1<'_, f64>) -> Array1<f64> {
    let ignored = |(&value, &mass)| if mass > 0.0 { value } else { f64::NEG_INFINITY };
    potential.iter().zip(mass).map(ignored).collect()
}

/// Feasible potentials from f by two c-transforms, and by how much (f, g) violated `f + g ≤ c`.
fn repair(
    problem: &OtProblem,
    f: ArrayView1<'_, f64>,
    g: ArrayView1<'_, f64>,
) -> (Potentials, f64) {
    let f_where_mass = where_mass(f, problem.source());
    let mut g_repaired = to_target(problem.cost(), f_where_mass.view());
    let violation = g
        .iter()
        .zip(&g_repaired)
        .zip(problem.target())
        .filter(|(_, mass)| **mass > 0.0)
        .map(|((g, best), _)| g - best)
        .fold(0.0, f64::max);
    let g_where_mass = where_mass(g_repaired.view(), problem.target());
    let f_repaired = to_source(problem.cost(), g_where_mass.view());
    if g_where_mass.iter().any(|g| g.is_infinite()) {
        let g_everywhere = to_target(problem.cost(), f_repaired.view());
        for ((g, &value), &mass) in g_repaired.iter_mut().zip(&g_everywhere).zip(problem.target()) {
            if mass == 0.0 {
                *g = value;
            }
        }
    }
    (Potentials::from_finite(f_repaired, g_repaired), violation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::CostMatrix;
    use crate::plan::PlanArc;
    use ndarray::array;

    /// Two sources, two targets, optimum 1·0.5 + 2·0.5 = 1.5 on the diagonal.
    fn square() -> OtProblem {
        let cost = CostMatrix::new(array![[1.0, 4.0], [3.0, 2.0]]).unwrap();
        OtProblem::from_cost(array![0.5, 0.5].view(), array![0.5, 0.5].view(), Box::new(cost))
            .unwrap()
    }

    fn plan(cells: &[(usize, usize, f64)]) -> TransportPlan {
        let arcs = cells.iter().map(|&(source, target, mass)| PlanArc { source, target, mass });
        TransportPlan::new(2, 2, arcs.collect()).unwrap()
    }

    #[test]
    fn without_a_plan_no_claim_holds() {
        let certificate = Certificate {
            lower: 1.0,
            upper: f64::INFINITY,
            gap: f64::INFINITY,
            source_residual: 0.0,
            target_residual: 0.0,
            dual_violation: 0.0,
            tolerance: f64::INFINITY,
        };
        assert!(!certificate.is_within(1e-9, 1.0));
        let tight = Certificate { upper: 1.0, gap: 1e-8, tolerance: 1e-11, ..certificate };
        assert!(!tight.is_within(1e-9, 0.0));
        assert!(tight.is_within(1e-7, 0.0) && tight.is_within(0.0, 1e-7));
        let crossed = Certificate { lower: 1.0 + 1e-8, gap: 0.0, ..tight };
        assert!(!crossed.is_within(1e-7, 0.0));
    }

    #[test]
    fn an_optimal_pair_leaves_no_gap() {
        let potentials = Potentials::new(array![0.0, 0.0], array![1.0, 2.0]).unwrap();
        let judged =
            certify(&square(), Some(&plan(&[(0, 0, 0.5), (1, 1, 0.5)])), Some(&potentials))
                .unwrap();
        let c = judged.certificate;
        assert_eq!((c.lower, c.upper, c.gap, c.dual_violation), (1.5, 1.5, 0.0, 0.0));
        assert!(c.is_tight());
    }

    #[test]
    fn bad_answers_are_repaired_into_true_bounds() {
        let potentials = Potentials::new(array![7.0, -1.0], array![1.0, 2.0]).unwrap();
        let judged = certify(&square(), Some(&plan(&[(0, 1, 0.9)])), Some(&potentials)).unwrap();
        let c = judged.certificate;
        assert!(c.lower <= 1.5 && 1.5 <= c.upper);
        assert_eq!(c.dual_violation, 7.0);
        assert!((c.source_residual - 0.9).abs() < 1e-15);
        assert!(c.gap > 0.0 && !c.is_tight());
    }

    #[test]
    fn what_is_missing_proves_nothing() {
        let c = certify(&square(), None, None).unwrap().certificate;
        assert_eq!((c.lower, c.upper), (1.5, f64::INFINITY));
        assert!(c.relative_gap().is_infinite());
    }

    #[test]
    fn potentials_of_zero_mass_atoms_do_not_matter() {
        let cost = CostMatrix::new(array![[1.0], [5.0]]).unwrap();
        let problem =
            OtProblem::from_cost(array![1.0, 0.0].view(), array![1.0].view(), Box::new(cost))
                .unwrap();
        let potentials = Potentials::new(array![1.0, 1e9], array![0.0]).unwrap();
        let judged = certify(&problem, None, Some(&potentials)).unwrap();
        assert_eq!(judged.certificate.lower, 1.0);
        assert_eq!(judged.potentials.f()[1], 5.0);
    }

    #[test]
    fn a_far_target_without_mass_does_not_lower_the_bound() {
        // At 1e12, numbers are 1.2e-4 apart: c(1, 1) − (c(1, 1) − f(1)) is not f(1).
        let cost = CostMatrix::new(array![[0.3, 1e12], [5.29986, 1e12]]).unwrap();
        let problem =
            OtProblem::from_cost(array![0.5, 0.5].view(), array![1.0, 0.0].view(), Box::new(cost))
                .unwrap();
        let potentials = Potentials::new(array![0.3, 5.29986], array![0.0, 0.0]).unwrap();
        let judged =
            certify(&problem, Some(&plan(&[(0, 0, 0.5), (1, 0, 0.5)])), Some(&potentials)).unwrap();
        assert!(judged.certificate.gap <= 1e-15, "{:?}", judged.certificate);
        assert_eq!(judged.potentials.g()[1], 1e12 - 5.29986);
    }

    #[test]
    fn a_tiny_atom_left_unserved_is_no_rounding() {
        let cost = CostMatrix::new(array![[0.0, 2e9], [2e9, 1e9]]).unwrap();
        let mass = array![1.0, 1e-16];
        let problem = OtProblem::from_cost(mass.view(), mass.view(), Box::new(cost)).unwrap();
        let judged = certify(&problem, Some(&plan(&[(0, 0, 1.0)])), None).unwrap();
        assert!((judged.certificate.upper - 1e-7).abs() < 1e-20);
    }

    #[test]
    fn good_target_potentials_prove_as_much_as_good_source_potentials() {
        let potentials = Potentials::new(array![-50.0, 70.0], array![1.0, 2.0]).unwrap();
        let optimal = plan(&[(0, 0, 0.5), (1, 1, 0.5)]);
        let c = certify(&square(), Some(&optimal), Some(&potentials)).unwrap().certificate;
        assert_eq!((c.lower, c.dual_violation), (1.5, 70.0));
        assert!(c.is_tight());
    }

    #[test]
    fn answers_of_another_shape_are_refused() {
        let potentials = Potentials::new(array![0.0], array![0.0]).unwrap();
        assert!(matches!(
            certify(&square(), None, Some(&potentials)),
            Err(CertificateError::Potentials { f: 1, g: 1, n: 2, m: 2 })
        ));
    }
}
