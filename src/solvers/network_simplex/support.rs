//! The atoms that carry mass: the simplex runs on them alone.
//!
//! Atoms without mass take no part in any plan, yet each would cost a node, a row or column to
//! price, and an arc without flow. They get their potentials at the end, by c-transform.

use ndarray::{Array1, ArrayView1, Axis};

use crate::cost::Cost;
use crate::plan::{PlanArc, TransportPlan};
use crate::potentials::{Potentials, smallest_difference, to_target};
use crate::problem::OtProblem;
use crate::solvers::fixed_point::FixedMasses;

/// Indices of the sources and targets with mass, ascending.
pub(crate) struct Support {
    rows: Vec<usize>,
    columns: Vec<usize>,
    n: usize,
    m: usize,
}

impl Support {
    /// The support of both marginals, and their masses on it.
    pub(crate) fn of(
        source: ArrayView1<'_, f64>,
        target: ArrayView1<'_, f64>,
    ) -> (Self, FixedMasses) {
        let mut masses = FixedMasses::new(source, target);
        let keep = |masses: &mut Vec<i128>| -> Vec<usize> {
            let kept = (0..masses.len()).filter(|&i| masses[i] > 0).collect();
            masses.retain(|&w| w > 0);
            kept
        };
        let (n, m) = (source.len(), target.len());
        let rows = keep(&mut masses.supply);
        let columns = keep(&mut masses.demand);
        (Self { rows, columns, n, m }, masses)
    }

    fn is_whole(&self) -> bool {
        (self.rows.len(), self.columns.len()) == (self.n, self.m)
    }

    /// The problem on the support alone; `None` if that is the whole problem.
    ///
    /// # Panics
    /// If the problem is not the one whose support this is.
    pub(crate) fn restrict(&self, problem: &OtProblem) -> Option<OtProblem> {
        if self.is_whole() {
            return None;
        }
        let of = |mass: ArrayView1<'_, f64>, kept: &[usize]| mass.select(Axis(0), kept);
        let restricted = OtProblem::from_cost(
            of(problem.source(), &self.rows).view(),
            of(problem.target(), &self.columns).view(),
            problem.cost().select(&self.rows, &self.columns),
        );
        Some(restricted.expect("a problem without its zero-mass atoms is a problem"))
    }

    /// A plan on the support as a plan between all atoms.
    pub(crate) fn extend_plan(&self, arcs: impl Iterator<Item = PlanArc>) -> TransportPlan {
        let arcs = arcs.map(|arc| PlanArc {
            source: self.rows[arc.source],
            target: self.columns[arc.target],
            mass: arc.mass,
        });
        TransportPlan::from_arcs(self.n, self.m, arcs.collect())
    }

    /// Potentials on the support, extended to all atoms by c-transforms.
    pub(crate) fn extend_potentials(&self, cost: &dyn Cost, on: &Potentials) -> Potentials {
        if self.is_whole() {
            return on.clone();
        }
        let mut g = Array1::from_elem(self.m, f64::NEG_INFINITY);
        for (&j, &value) in self.columns.iter().zip(on.g()) {
            g[j] = value;
        }
        let mut buffer = vec![0.0; self.m];
        let targets = g.to_vec();
        let mut f: Array1<f64> =
            (0..self.n).map(|i| smallest_difference(cost.row(i, &mut buffer), &targets)).collect();
        for (&i, &value) in self.rows.iter().zip(on.f()) {
            f[i] = value;
        }
        let transform = to_target(cost, f.view());
        g.zip_mut_with(&transform, |g, &t| {
            if *g == f64::NEG_INFINITY {
                *g = t;
            }
        });
        Potentials::from_finite(f, g)
    }
}
