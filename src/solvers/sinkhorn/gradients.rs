//! Gradients of the Sinkhorn divergence with respect to the points.
//!
//! ```text
//! ∂S/∂x_i = Σ_j γ_ij ∂₁c(x_i, y_j) − Σ_k σ_ik ∂₁c(x_i, x_k)
//! ```
//!
//! with γ the plan from source to target and σ that from the source to itself, made symmetric:
//! the potentials are optimal, so only the costs' own derivatives count (the envelope theorem),
//! and `x_i` stands on both sides of σ, which cancels the ½ (Feydy, Séjourné, Vialard, Amari,
//! Trouvé, Peyré 2019, "Interpolating between optimal transport and MMD using Sinkhorn
//! divergences", AISTATS, §3). The masses are held fixed. The error is about the marginal error
//! times the largest |∂c|.

use ndarray::{Array2, ArrayView1, ArrayView2};

use super::SinkhornDivergence;
use crate::cost::GroundCost;
use crate::gibbs::GibbsPlan;
use crate::measure::DiscreteMeasure;
use crate::potentials::Potentials;

impl SinkhornDivergence {
    /// `∂S/∂x_i` (n, d) and `∂S/∂y_j` (m, d), in units of cost × mass per unit of length, for the
    /// measures and the ground cost that this is the divergence of. Points without mass have
    /// gradient 0. Streamed: O((n + m)²·d) time, parallel over rows, O((n + m)·d) memory, and the
    /// same bits for any number of threads.
    ///
    /// # Panics
    /// If these are other measures: shapes must fit, and costs be defined.
    #[must_use]
    pub fn gradients(
        &self,
        source: &DiscreteMeasure,
        target: &DiscreteMeasure,
        ground: impl Into<GroundCost>,
    ) -> (Array2<f64>, Array2<f64>) {
        let ground = ground.into();
        let flow =
            |plan: &GibbsPlan, x: &DiscreteMeasure, y: &DiscreteMeasure| pull(plan, x, y, ground);
        let to_target = flow(&self.cross.plan, source, target);
        let to_source = flow(&transposed(&self.cross.plan), target, source);
        let of_source = flow(&symmetric(&self.source.plan), source, source);
        let of_target = flow(&symmetric(&self.target.plan), target, target);
        (to_target - of_source, to_source - of_target)
    }
}

fn transposed(plan: &GibbsPlan) -> GibbsPlan {
    let potentials = plan.potentials();
    let (f, g) = (potentials.f().to_owned(), potentials.g().to_owned());
    GibbsPlan::new(Potentials::from_finite(g, f), plan.epsilon())
}

/// The plan of a measure to itself with one potential for both sides.
fn symmetric(plan: &GibbsPlan) -> GibbsPlan {
    let potentials = plan.potentials();
    let mean = 0.5 * (&potentials.f() + &potentials.g());
    GibbsPlan::new(Potentials::from_finite(mean.clone(), mean), plan.epsilon())
}

/// `Σ_j γ_ij ∂₁c(x_i, y_j)` for all i.
fn pull(
    plan: &GibbsPlan,
    x: &DiscreteMeasure,
    y: &DiscreteMeasure,
    ground: GroundCost,
) -> Array2<f64> {
    let cost = ground.table(x, y).expect("the divergence is of these measures");
    let (points, others): (ArrayView2<'_, f64>, ArrayView2<'_, f64>) = (x.support(), y.support());
    let (points, others) = (points.as_standard_layout(), others.as_standard_layout());
    let point = |of: &ndarray::CowArray<'_, f64, ndarray::Ix2>, i: usize| of.row(i).to_vec();
    let others: Vec<Vec<f64>> = (0..cost.m()).map(|j| point(&others, j)).collect();
    let d = x.dim();
    let masses: (ArrayView1<'_, f64>, ArrayView1<'_, f64>) = (x.mass(), y.mass());
    let rows = plan.map_rows(cost.as_ref(), masses.0, masses.1, |i, cells| {
        let x = point(&points, i);
        let (mut sum, mut gradient) = (vec![0.0; d], vec![0.0; d]);
        for (j, mass) in cells {
            if mass > 0.0 {
                ground.gradient(&x, &others[j], &mut gradient);
                sum.iter_mut().zip(&gradient).for_each(|(sum, g)| *sum = mass.mul_add(*g, *sum));
            }
        }
        sum
    });
    Array2::from_shape_vec((cost.n(), d), rows.concat()).expect("d numbers a row")
}
