//! The support of the masses: the simplex runs on atoms with positive mass alone.
//!
//! Atoms without mass carry no flow, yet each would need a node, a row or column to price, and an arc
//! without flow. They get their potentials at the end, by c-transform.

use ndarray::{Array1, ArrayView1, Axis};

use crate::cost::Cost;
use crate::measure::Marginal;
use crate::plan::{PlanArc, TransportPlan};
use crate::potentials::{Potentials, to_source, to_target};
use crate::problem::OtProblem;
use crate::solvers::fixed_point::FixedMasses;

/// Indices of the sources and targets with mass: ascending, unless they are put in another order.
pub(crate) struct MassSupport {
    rows: Vec<usize>,
    columns: Vec<usize>,
    n: usize,
    m: usize,
}

impl MassSupport {
    /// The support of both marginals, and their masses on it.
    pub(crate) fn of(problem: &OtProblem) -> (Self, FixedMasses) {
        let (source, target) = problem.marginals();
        let mut masses = FixedMasses::new(source, target);
        let keep = |masses: &mut Vec<i128>| -> Vec<usize> {
            let kept = (0..masses.len()).filter(|&i| masses[i] > 0).collect();
            masses.retain(|&w| w > 0);
            kept
        };
        let (n, m) = (problem.n(), problem.m());
        let rows = keep(&mut masses.supply);
        let columns = keep(&mut masses.demand);
        (Self { rows, columns, n, m }, masses)
    }

    /// This support in a local order, in which consecutive points are neighbors in space, if the cost
    /// has one.
    pub(crate) fn in_local_order(
        self,
        cost: &dyn Cost,
        masses: FixedMasses,
    ) -> (Self, FixedMasses) {
        let orders = if self.has_all() {
            cost.local_orders()
        } else {
            cost.select(&self.rows, &self.columns).local_orders()
        };
        let Some((rows, columns)) = orders else { return (self, masses) };
        let in_order = |mass: &[i128], order: &[usize]| order.iter().map(|&k| mass[k]).collect();
        let masses = FixedMasses {
            supply: in_order(&masses.supply, &rows),
            demand: in_order(&masses.demand, &columns),
            unit: masses.unit,
        };
        let rows = rows.into_iter().map(|k| self.rows[k]).collect();
        let columns = columns.into_iter().map(|k| self.columns[k]).collect();
        (Self { rows, columns, ..self }, masses)
    }

    /// Whether every atom has mass.
    fn has_all(&self) -> bool {
        (self.rows.len(), self.columns.len()) == (self.n, self.m)
    }

    fn is_whole(&self) -> bool {
        self.has_all() && self.rows.is_sorted() && self.columns.is_sorted()
    }

    /// The problem on the support alone; `None` if that is the whole problem.
    ///
    /// # Panics
    /// If the problem is not the one whose support this is.
    pub(crate) fn restrict(&self, problem: &OtProblem) -> Option<OtProblem<'static>> {
        if self.is_whole() {
            return None;
        }
        let of = |mass: ArrayView1<'_, f64>, kept: &[usize]| {
            Marginal::new(mass.select(Axis(0), kept)).expect("masses, one of them positive")
        };
        let (source, target) =
            (of(problem.source(), &self.rows), of(problem.target(), &self.columns));
        let cost = problem.cost().select(&self.rows, &self.columns);
        // Masses that were rounded to 0 are missing in the totals.
        let restricted = OtProblem::between(source, target, cost, f64::INFINITY);
        Some(restricted.expect("a problem without its zero-mass atoms is a problem"))
    }

    /// The potentials of the targets of the support.
    pub(crate) fn of_targets(&self, g: ArrayView1<'_, f64>) -> Vec<f64> {
        self.columns.iter().map(|&j| g[j]).collect()
    }

    /// The cells of a plan between all atoms that lie on the support, at their places there.
    pub(crate) fn of_plan(&self, plan: &TransportPlan) -> Vec<PlanArc> {
        let places = |count: usize, kept: &[usize]| {
            let mut places = vec![None; count];
            kept.iter().enumerate().for_each(|(place, &k)| places[k] = Some(place));
            places
        };
        let (rows, columns) = (places(self.n, &self.rows), places(self.m, &self.columns));
        let place = |arc: &PlanArc| {
            let (source, target) = (rows[arc.source]?, columns[arc.target]?);
            Some(PlanArc { source, target, ..*arc })
        };
        plan.arcs().iter().filter_map(place).collect()
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
    pub(crate) fn extend_potentials(&self, cost: &dyn Cost, on: Potentials) -> Potentials {
        if self.is_whole() {
            return on;
        }
        let (mut f, mut g) = self.scatter(&on, f64::NEG_INFINITY);
        let fill = |values: &mut Array1<f64>, transform: Array1<f64>| {
            values.zip_mut_with(&transform, |value, &t| {
                if *value == f64::NEG_INFINITY {
                    *value = t;
                }
            });
        };
        if self.rows.len() < self.n {
            fill(&mut f, to_source(cost, g.view()));
        }
        if self.columns.len() < self.m {
            fill(&mut g, to_target(cost, f.view()));
        }
        Potentials::from_finite(f, g)
    }

    /// Potentials on the support, extended by 0: for a run that was stopped. The certificate computes
    /// better ones.
    pub(crate) fn extend_by_zero(&self, on: &Potentials) -> Potentials {
        let (f, g) = self.scatter(on, 0.0);
        Potentials::from_finite(f, g)
    }

    /// Potentials of all atoms: those of the support, and `other` elsewhere.
    fn scatter(&self, on: &Potentials, other: f64) -> (Array1<f64>, Array1<f64>) {
        let scatter = |count: usize, places: &[usize], values: ArrayView1<'_, f64>| {
            let mut all = Array1::from_elem(count, other);
            for (&place, &value) in places.iter().zip(values) {
                all[place] = value;
            }
            all
        };
        (scatter(self.n, &self.rows, on.f()), scatter(self.m, &self.columns, on.g()))
    }
}
