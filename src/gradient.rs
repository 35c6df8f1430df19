//! Derivatives of the optimal transport cost with respect to points, masses and costs.
//!
//! ```text
//! V(x, y, μ, ν, C) = min Σ_ij c_ij·γ_ij over plans γ of μ and ν,   c_ij = c(x_i, y_j)
//! ∂V/∂x_i = Σ_j γ_ij ∂₁c(x_i, y_j),   ∂V/∂μ_i = f_i − mean f,   ∂V/∂c_ij = γ_ij
//! ```
//!
//! and likewise for the target. V is the objective: the cost with its power p, never its p-th root.
//! The plan and the potentials are optimal, so only the costs' own derivatives count (the envelope
//! theorem; Danskin 1967, "The theory of max-min"; Peyré, Cuturi 2019, "Computational optimal
//! transport", §9.1).
//!
//! **What they are where V has a kink**, that is where several plans or several pairs of potentials
//! are optimal:
//!
//! - points: V is the least of the functions `Σ γ_ij c(x_i, y_j)`, a γ each. Where c is differentiable
//!   on the cells of the plan, the gradient of one of them is an element of the superdifferential of V:
//!   `V(x + h) ≤ V(x) + ⟨gradient, h⟩ + o(‖h‖)`. At a kink of c the derivative of c is that of
//!   [`GroundCost::gradient`]: a pair of cost 0 contributes 0.
//! - costs: V is concave in C, and the plan an element of the superdifferential.
//! - masses: V is convex in (μ, ν), and the potentials are a subgradient. V is defined for equal totals
//!   only, so its derivative is one along changes that keep each total: `Σ δμ_i = 0` and
//!   `Σ δν_j = 0`. The mean of each side over its points, those without mass included, is
//!   subtracted: the mean of ∂V/∂μ and that of ∂V/∂ν are 0.
//!
//! **Unequal masses.** The objective of [`unbalanced`](crate::unbalanced) is defined for all totals, and
//! its derivatives with respect to the masses are the potentials themselves: `∂V/∂μ_i = f_i ≤ 0` where the
//! mass M that moves is given and stays the same, `f_i ≤ λ₁` for penalties. Those with respect to points and
//! costs are as above, of the plan γ without what stays.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

use crate::cost::GroundCost;
use crate::plan::TransportPlan;
use crate::potentials::Potentials;
use crate::problem::{Clouds, OtProblem};

/// The derivatives of the transport cost at a plan and potentials; those with respect to the costs are
/// the plan itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradient {
    /// With respect to the source.
    pub source: SideGradient,
    /// With respect to the target.
    pub target: SideGradient,
}

/// The derivatives with respect to the points and masses of one side.
#[derive(Debug, Clone, PartialEq)]
pub struct SideGradient {
    /// With respect to the masses of the problem ([`OtProblem::source`], [`OtProblem::target`]), along
    /// changes that keep their total: the potential less its mean, shape (n,), in units of cost. Between
    /// unequal masses, along all changes: the potential.
    pub masses: Array1<f64>,
    /// With respect to the points, shape (n, d), in units of cost × mass per unit of length: 0 for a
    /// point without mass. `None` if the problem has costs, but no points.
    pub points: Option<Array2<f64>>,
}

impl Gradient {
    /// The derivatives at an optimal plan and optimal potentials; at others, they are approximations.
    /// O(n + m + k·d) time for a plan of k cells.
    ///
    /// # Panics
    /// If plan or potentials have another shape than the problem.
    #[must_use]
    pub fn new(problem: &OtProblem, plan: &TransportPlan, potentials: &Potentials) -> Self {
        let shape = (problem.n(), problem.m());
        assert_eq!((plan.n(), plan.m()), shape, "the shape of the plan");
        assert_eq!((potentials.f().len(), potentials.g().len()), shape, "that of the potentials");
        let masses = [centered(potentials.f()), centered(potentials.g())];
        Self::of(problem.clouds(), plan, masses)
    }

    /// The derivatives between unequal masses.
    pub(crate) fn between_unequal_masses(
        clouds: Option<&Clouds>,
        plan: &TransportPlan,
        potentials: &Potentials,
    ) -> Self {
        let masses = [potentials.f(), potentials.g()].map(|potential| potential.to_owned());
        Self::of(clouds, plan, masses)
    }

    /// The derivatives at a plan, with those with respect to the masses.
    fn of(clouds: Option<&Clouds>, plan: &TransportPlan, [f, g]: [Array1<f64>; 2]) -> Self {
        let points = clouds.map(|Clouds { source, target, ground }| {
            let (x, y, ground) = (source.support(), target.support(), *ground);
            let cells = || plan.arcs().iter().map(|arc| (arc.source, arc.target, arc.mass));
            let transposed = cells().map(|(i, j, mass)| (j, i, mass));
            (of_points(x, y, ground, cells()), of_points(y, x, ground, transposed))
        });
        let (x, y) = points.unzip();
        Self {
            source: SideGradient { masses: f, points: x },
            target: SideGradient { masses: g, points: y },
        }
    }
}

/// The numbers less their mean.
fn centered(potential: ArrayView1<'_, f64>) -> Array1<f64> {
    // From the first number: potentials may be large beside their differences.
    let differences = &potential - potential[0];
    let mean = differences.mean().expect("a problem has points");
    differences - mean
}

/// `Σ_j γ_ij ∂₁c(x_i, y_j)` for all i, from the cells `(i, j, γ_ij)`.
fn of_points(
    x: ArrayView2<'_, f64>,
    y: ArrayView2<'_, f64>,
    ground: GroundCost,
    cells: impl Iterator<Item = (usize, usize, f64)>,
) -> Array2<f64> {
    let point = |of: ArrayView2<'_, f64>, k: usize| of.row(k).to_vec();
    let mut sums = Array2::zeros(x.dim());
    let mut derivative = vec![0.0; x.ncols()];
    for (i, j, mass) in cells {
        ground.gradient(&point(x, i), &point(y, j), &mut derivative);
        let terms = sums.row_mut(i).into_iter().zip(&derivative);
        terms.for_each(|(sum, slope): (&mut f64, _)| *sum = mass.mul_add(*slope, *sum));
    }
    sums
}
