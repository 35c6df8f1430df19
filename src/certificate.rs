//! The bracket `lower ≤ EMD ≤ upper`, with proof.
//!
//! A feasible plan costs at least the optimum, feasible potentials are worth at most the optimum
//! (weak duality; Villani 2009, "Optimal transport: old and new", ch. 5). [`certify`] takes what
//! any method hands over, plan, potentials or both, makes them feasible, and states what they
//! prove. It knows no solver and trusts none: it recomputes everything from the problem.
//!
//! [`certify_bottleneck`] judges the largest cost of a plan instead of the sum, with a cut in place of
//! potentials.
//!
//! `upper` finds the exact flow on the plan's cells and sums its cost; `dual` chooses the potentials
//! to try, and `lower` makes them feasible and sums their value.
//!
//! The bounds hold in exact arithmetic, for the real function of the stored coordinates that the
//! ground cost is, and the stored masses in proportion to their exact sums (`docs/theory/certificate.md`).

mod barycenter;
mod bottleneck;
mod dual;
mod lower;
mod upper;

use ndarray::{Array1, ArrayView1};
use thiserror::Error;

use crate::gibbs::GibbsPlan;
use crate::math::exact::two_sum;
use crate::plan::TransportPlan;
use crate::potentials::{Potentials, PotentialsError};
use crate::problem::OtProblem;
use crate::progress::IsOver;
use crate::tolerance;

pub use barycenter::{
    BarycenterLower, BarycenterTerm, barycenter_certificate, barycenter_lower, mean_certificate,
};
pub use bottleneck::{BottleneckCertificate, CertifiedBottleneck, Cut, certify_bottleneck};
pub use dual::time_to_judge;

use upper::Objective;

/// The bracket that a plan and potentials prove for the transport cost. All bounds are in units of
/// cost × mass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Certificate {
    /// Dual value of the repaired potentials: at most the optimum.
    pub lower: f64,
    /// Cost of the repaired plan: at least the optimum. Infinite without a plan.
    pub upper: f64,
    /// `upper − lower`, rounded up: at least 0.
    pub gap: f64,
    /// `Σ_i |Σ_j γ_ij − μ_i|` of the plan as it was handed over.
    pub source_residual: f64,
    /// `Σ_j |Σ_i γ_ij − ν_j|` of the plan as it was handed over.
    pub target_residual: f64,
    /// `max_ij (f_i + g_j − c_ij)⁺` of the potentials as they were handed over, over the atoms
    /// with mass.
    pub dual_violation: f64,
}

impl Certificate {
    /// `gap / |upper|`, rounded up; 0 when the gap is 0, infinite when only `upper` is.
    #[must_use]
    pub fn relative_gap(&self) -> f64 {
        relative_gap(self.gap, self.upper)
    }

    /// Whether the plan is optimal: its cost is known to a relative gap of
    /// [`tolerance::OPTIMAL`] (or both bounds are 0).
    #[must_use]
    pub fn is_optimal(&self) -> bool {
        self.is_within(tolerance::OPTIMAL)
    }

    /// Whether there is a plan whose cost is known to `relative·|upper|`.
    #[must_use]
    pub fn is_within(&self, relative: f64) -> bool {
        self.upper.is_finite() && self.relative_gap() <= relative
    }

    /// Whether the optimum is proved to be infinite.
    #[must_use]
    pub fn is_infinite(&self) -> bool {
        self.lower == f64::INFINITY
    }

    /// The certificate of a cost that is known.
    pub(crate) fn exactly(cost: f64) -> Self {
        Self::new(cost, cost, (0.0, 0.0), 0.0)
    }

    /// The certificate of two problems that are solved apart, whose costs are added.
    pub(crate) fn plus(&self, other: &Self) -> Self {
        let (lower, upper) = ((self.lower, other.lower), (self.upper, other.upper));
        Self::new(
            sum_outward(lower.0, lower.1, f64::next_down),
            sum_outward(upper.0, upper.1, f64::next_up),
            (
                self.source_residual + other.source_residual,
                self.target_residual + other.target_residual,
            ),
            self.dual_violation.max(other.dual_violation),
        )
    }

    fn new(lower: f64, upper: f64, residuals: (f64, f64), dual_violation: f64) -> Self {
        let gap = gap(lower, upper);
        let (source_residual, target_residual) = residuals;
        Self { lower, upper, gap, source_residual, target_residual, dual_violation }
    }
}

/// `upper − lower`, rounded up.
fn gap(lower: f64, upper: f64) -> f64 {
    debug_assert!(lower <= upper, "bounds of one number: {lower} and {upper}");
    if lower == upper { 0.0 } else { (upper - lower).next_up() }
}

/// `gap / |upper|`, rounded up; 0 when the gap is 0, infinite when only `upper` is.
fn relative_gap(gap: f64, upper: f64) -> f64 {
    if gap == 0.0 {
        0.0
    } else if upper.is_finite() {
        (gap / upper.abs()).next_up()
    } else {
        f64::INFINITY
    }
}

/// The sum of two numbers, moved by `outward` if it is rounded.
fn sum_outward(x: f64, y: f64, outward: fn(f64) -> f64) -> f64 {
    let (sum, error) = two_sum(x, y);
    if error == 0.0 || sum.is_infinite() { sum } else { outward(sum) }
}

/// A judged answer: the certificate, and the feasible plan and potentials that prove it.
#[derive(Debug, Clone, PartialEq)]
pub struct Certified {
    /// The bracket.
    pub certificate: Certificate,
    /// The exact flow on the plan's cells, each rounded once; `None` if none was handed over.
    pub plan: Option<TransportPlan>,
    /// The potentials repaired by c-transforms.
    pub potentials: Potentials,
}

/// The answer does not fit the problem.
#[derive(Debug, Clone, PartialEq, Error)]
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
    #[error(transparent)]
    Potentials(#[from] PotentialsError),
    /// The cut names a point that is not there.
    #[error("the cut names {side} point {index}, but there are {points}, counted from 0")]
    Cut {
        /// `"source"` or `"target"`.
        side: &'static str,
        /// The point named.
        index: usize,
        /// Points of that side.
        points: usize,
    },
}

/// Judges a plan and potentials. Without a plan there is no upper bound; without potentials, zero
/// potentials take their place.
///
/// From above, the plan's cells are a support, on which the exact flow is found; what it cannot carry
/// is placed elsewhere and charged in full. If a row or column carries too much, it is scaled down
/// first. From below, f is kept on the atoms with mass, and the c-transforms `g ← f^c`, then
/// `f ← g^c` do the rest: they give zero-mass atoms their potentials and never lower the value of
/// feasible ones. Only atoms with mass constrain others. If that does not prove the plan optimal, the
/// same is tried from g, if the potentials were infeasible; from f less a constant and from zero
/// potentials, if the potentials are so large that their rounding hides the cost; and from zero
/// potentials, if it proves nothing. O(nm) time, parallel, O(m) memory a thread.
///
/// # Errors
/// [`CertificateError`] if shapes do not fit.
pub fn certify(
    problem: &OtProblem,
    plan: Option<&TransportPlan>,
    potentials: Option<&Potentials>,
) -> Result<Certified, CertificateError> {
    judge(problem, plan, potentials, None)
}

/// Judges as [`certify`] within a time limit: the best bounds that can be proved until `is_over` returns
/// true. It is asked for every block of rows.
///
/// The bounds are true however soon the time is up. The upper one is that of [`certify`]. The lower one
/// comes from g first, which takes one pass over the rows. A row that was not reached gets a potential
/// that the least cost of the problem allows, with g lowered to a cap; the bound grows with the rows
/// that are reached. [`Certificate::dual_violation`] is that of these rows.
///
/// # Errors
/// [`CertificateError`] if shapes do not fit.
pub fn certify_until(
    problem: &OtProblem,
    plan: Option<&TransportPlan>,
    potentials: Option<&Potentials>,
    is_over: IsOver<'_>,
) -> Result<Certified, CertificateError> {
    judge(problem, plan, potentials, Some(is_over))
}

fn judge(
    problem: &OtProblem,
    plan: Option<&TransportPlan>,
    potentials: Option<&Potentials>,
    is_over: Option<IsOver<'_>>,
) -> Result<Certified, CertificateError> {
    let upper =
        plan.map(|plan| repair_plan(problem, plan, Objective::TransportCost)).transpose()?;
    let residuals = upper.as_ref().map_or((0.0, 0.0), |u| u.residuals);
    let cost = upper.as_ref().map_or(f64::INFINITY, |u| u.cost);
    let lower = dual::bound(problem, potentials, cost, is_over)?;
    let certificate = Certificate::new(lower.value, cost, residuals, lower.violation);
    Ok(Certified { certificate, plan: upper.map(|u| u.plan), potentials: lower.repaired })
}

/// A plan made feasible, what it costs at most, and how far off it was.
struct RepairedPlan {
    cost: f64,
    plan: TransportPlan,
    residuals: (f64, f64),
}

fn repair_plan(
    problem: &OtProblem,
    plan: &TransportPlan,
    objective: Objective,
) -> Result<RepairedPlan, CertificateError> {
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
    let found = upper::bound(problem, &scaled_down(plan, source, target), objective);
    Ok(RepairedPlan { cost: found.cost, plan: found.plan, residuals })
}

/// The plan with rows, then columns that carry too much scaled down (Altschuler, Weed, Rigollet 2017,
/// "Near-linear time approximation algorithms for optimal transport via Sinkhorn iteration",
/// Algorithm 2); what is missing then is for the exact flow to place.
fn scaled_down(
    plan: &TransportPlan,
    source: ArrayView1<'_, f64>,
    target: ArrayView1<'_, f64>,
) -> TransportPlan {
    let shares = |have: Array1<f64>, want: ArrayView1<'_, f64>| -> Vec<f64> {
        let share = |(have, want): (&f64, &f64)| if have > want { want / have } else { 1.0 };
        have.iter().zip(want).map(share).collect()
    };
    let of_rows = shares(plan.marginals().0, source);
    let rows = plan.map_masses(|arc| arc.mass * of_rows[arc.source]);
    let of_columns = shares(rows.marginals().1, target);
    rows.map_masses(|arc| arc.mass * of_columns[arc.target])
}

/// Judges a Gibbs plan: the upper bound is the cost of the plan rounded to its marginals
/// ([`GibbsPlan::rounded`]), the lower one comes from its potentials. A large plan is never formed:
/// O(nm) time, parallel, O(n + m) memory a thread, and [`Certified::plan`] is `None`.
///
/// # Errors
/// [`CertificateError`] if shapes do not fit.
pub fn certify_gibbs(problem: &OtProblem, plan: &GibbsPlan) -> Result<Certified, CertificateError> {
    /// Cells up to which the plan of a ground cost is formed as well, and judged as any other plan.
    const FORMED_CELLS: usize = 1 << 16;
    /// Cells up to which the plan of a cost matrix is formed as well: its entries may be of any
    /// size, and a cell of the north-west corner, which completes the rounded plan, may cost more than
    /// all others.
    const FORMED_MATRIX_CELLS: usize = 1 << 22;
    let potentials = plan.potentials();
    let (n, m) = (problem.n(), problem.m());
    potentials.check_shape((n, m))?;
    let rounded = plan.rounded(problem.cost(), problem.source(), problem.target());
    let mut cost = rounded.cost;
    let formed =
        if problem.cost().rounding().is_none() { FORMED_MATRIX_CELLS } else { FORMED_CELLS };
    if n * m <= formed {
        let (cells, _) = plan.sparse(problem.cost(), problem.source(), problem.target(), 0.0);
        cost = cost.min(repair_plan(problem, &cells, Objective::TransportCost)?.cost);
    }
    let lower = dual::bound(problem, Some(potentials), cost, None)?;
    let residuals = (rounded.source_residual, rounded.target_residual);
    let certificate = Certificate::new(lower.value, cost, residuals, lower.violation);
    Ok(Certified { certificate, plan: None, potentials: lower.repaired })
}

/// `Σ μ_i f_i + Σ ν_j g_j`, rounded down; −∞ if a potential of an atom with mass is not finite.
///
/// # Panics
/// If the potentials have other lengths than the problem has points.
#[cfg(feature = "nn")]
pub(crate) fn dual_value_below(problem: &OtProblem, potentials: &Potentials) -> f64 {
    let (f, g) = (potentials.f(), potentials.g());
    assert_eq!((f.len(), g.len()), (problem.n(), problem.m()), "one potential for each point");
    let f: Vec<_> = f.iter().map(|&f| (f, 0.0)).collect();
    lower::value(problem, &f, g)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::{CostMatrix, Euclidean};
    use crate::measure::DiscreteMeasure;
    use crate::plan::PlanArc;
    use ndarray::array;

    /// Two sources, two targets, optimum 1·0.5 + 2·0.5 = 1.5 on the diagonal.
    fn square() -> OtProblem<'static> {
        let cost = CostMatrix::new(array![[1.0, 4.0], [3.0, 2.0]]).unwrap();
        OtProblem::new(&array![0.5, 0.5], &array![0.5, 0.5], cost).unwrap()
    }

    fn plan(cells: &[(usize, usize, f64)]) -> TransportPlan {
        let arcs = cells.iter().map(|&(source, target, mass)| PlanArc { source, target, mass });
        TransportPlan::new(2, 2, arcs.collect()).unwrap()
    }

    #[test]
    fn a_claim_is_about_the_gap_alone() {
        let certificate = Certificate::new(1.0, f64::INFINITY, (0.0, 0.0), 0.0);
        assert!(!certificate.is_within(1.0) && certificate.relative_gap().is_infinite());
        let narrow = Certificate::new(1.0, 1.0 + 1e-8, (0.0, 0.0), 0.0);
        assert!(narrow.is_within(1.1e-8) && !narrow.is_optimal());
        assert!(Certificate::new(1.0, 1.0 + 1e-10, (0.0, 0.0), 0.0).is_optimal());
        assert!(Certificate::new(0.0, 0.0, (0.0, 0.0), 0.0).is_optimal());
        assert!(!Certificate::new(0.0, 5e-324, (0.0, 0.0), 0.0).is_optimal());
    }

    /// Once any gap was explained by potentials as large as one entry of the matrix.
    #[test]
    fn potentials_shifted_far_prove_no_bad_plan_optimal() {
        let cost = CostMatrix::new(array![[0.0, 1.0], [1.0, 0.0]]).unwrap();
        let mass = array![1.0, 1.0];
        let problem = OtProblem::new(&mass, &mass, cost).unwrap();
        let far = Potentials::new(array![1e20, 1e20], array![-1e20, -1e20]).unwrap();
        let c = certify(&problem, Some(&plan(&[(0, 1, 1.0), (1, 0, 1.0)])), Some(&far));
        let c = c.unwrap().certificate;
        assert_eq!((c.lower, c.upper), (0.0, 2.0));
        assert!(!c.is_optimal());
    }

    /// Once a deficit below one ulp of the total was dropped: the upper bound was 0.
    #[test]
    fn a_deficit_below_an_ulp_of_the_total_is_charged() {
        let cost = CostMatrix::new(array![[0.0], [1e25]]).unwrap();
        let source = array![1.0, 1e-20];
        let problem = OtProblem::new(&source, &array![1.0], cost).unwrap();
        let arc = PlanArc { source: 0, target: 0, mass: 1.0 };
        let given = TransportPlan::new(2, 1, vec![arc]).unwrap();
        let c = certify(&problem, Some(&given), None).unwrap().certificate;
        assert!(c.lower <= 1e5 && 1e5 <= c.upper && c.is_optimal(), "{c:?}");
    }

    /// A third is no `f64`: the exact flow on the plan's cells is what is judged.
    #[test]
    fn thirds_are_carried_exactly() {
        let points = array![[0.0], [1.0], [2.0]];
        let source = DiscreteMeasure::uniform(points.clone()).unwrap();
        let target = DiscreteMeasure::normalized(points, array![2.0, 1.0, 3.0]).unwrap();
        let problem = OtProblem::new(&source, &target, Euclidean).unwrap();
        let cells = [(0, 0, 1.0 / 3.0), (1, 1, 1.0 / 6.0), (1, 2, 1.0 / 6.0), (2, 2, 1.0 / 3.0)];
        let arcs = cells.map(|(source, target, mass)| PlanArc { source, target, mass });
        let plan = TransportPlan::new(3, 3, arcs.to_vec()).unwrap();
        let c = certify(&problem, Some(&plan), None).unwrap().certificate;
        let sixth = 1.0 / 6.0;
        assert!(sixth <= c.upper && c.upper <= sixth * (1.0 + 1e-14), "{c:?}");
    }

    #[test]
    fn an_optimal_pair_leaves_no_gap() {
        let potentials = Potentials::new(array![0.0, 0.0], array![1.0, 2.0]).unwrap();
        let judged =
            certify(&square(), Some(&plan(&[(0, 0, 0.5), (1, 1, 0.5)])), Some(&potentials))
                .unwrap();
        let c = judged.certificate;
        assert_eq!((c.lower, c.upper, c.gap, c.dual_violation), (1.5, 1.5, 0.0, 0.0));
        assert!(c.is_optimal());
    }

    #[test]
    fn bad_answers_are_repaired_into_true_bounds() {
        let potentials = Potentials::new(array![7.0, -1.0], array![1.0, 2.0]).unwrap();
        let judged = certify(&square(), Some(&plan(&[(0, 1, 0.9)])), Some(&potentials)).unwrap();
        let c = judged.certificate;
        assert!(c.lower <= 1.5 && 1.5 <= c.upper);
        assert_eq!(c.dual_violation, 7.0);
        assert!((c.source_residual - 0.9).abs() < 1e-15);
        assert!(c.gap > 0.0 && !c.is_optimal());
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
        let problem = OtProblem::new(&array![1.0, 0.0], &array![1.0], cost).unwrap();
        let potentials = Potentials::new(array![1.0, 1e9], array![0.0]).unwrap();
        let judged = certify(&problem, None, Some(&potentials)).unwrap();
        assert_eq!(judged.certificate.lower, 1.0);
        assert_eq!(judged.potentials.f()[1], 5.0);
    }

    #[test]
    fn a_far_target_without_mass_does_not_lower_the_bound() {
        // At 1e12, numbers are 1.2e-4 apart: c(1, 1) − (c(1, 1) − f(1)) is not f(1).
        let cost = CostMatrix::new(array![[0.3, 1e12], [5.29986, 1e12]]).unwrap();
        let problem = OtProblem::new(&array![0.5, 0.5], &array![1.0, 0.0], cost).unwrap();
        let potentials = Potentials::new(array![0.3, 5.29986], array![0.0, 0.0]).unwrap();
        let judged =
            certify(&problem, Some(&plan(&[(0, 0, 0.5), (1, 0, 0.5)])), Some(&potentials)).unwrap();
        assert!(judged.certificate.gap <= 1e-15, "{:?}", judged.certificate);
        assert!(judged.potentials.g()[1] <= 1e12 - 5.29986);
        assert!(judged.potentials.g()[1] >= 1e12 - 5.4);
    }

    #[test]
    fn a_tiny_atom_left_unserved_is_no_rounding() {
        let cost = CostMatrix::new(array![[0.0, 2e9], [2e9, 1e9]]).unwrap();
        let mass = array![1.0, 1e-16];
        let problem = OtProblem::new(&mass, &mass, cost).unwrap();
        let judged = certify(&problem, Some(&plan(&[(0, 0, 1.0)])), None).unwrap();
        assert!((judged.certificate.upper - 1e-7).abs() < 1e-20);
    }

    #[test]
    fn good_target_potentials_prove_as_much_as_good_source_potentials() {
        let potentials = Potentials::new(array![-50.0, 70.0], array![1.0, 2.0]).unwrap();
        let optimal = plan(&[(0, 0, 0.5), (1, 1, 0.5)]);
        let c = certify(&square(), Some(&optimal), Some(&potentials)).unwrap().certificate;
        assert_eq!((c.lower, c.dual_violation), (1.5, 70.0));
        assert!(c.is_optimal());
    }

    #[test]
    fn answers_of_another_shape_are_refused() {
        let potentials = Potentials::new(array![0.0], array![0.0]).unwrap();
        assert!(matches!(
            certify(&square(), None, Some(&potentials)),
            Err(CertificateError::Potentials(PotentialsError::Shape { f: 1, g: 1, n: 2, m: 2 }))
        ));
    }
}
