//! The atoms that carry mass: the simplex runs on them alone.
//!
//! Atoms without mass take no part in any plan, yet each would cost a node, a row or column to
//! price, and an arc without flow. They get their potentials at the end, by c-transform.

use ndarray::{Array1, ArrayView1};

use crate::cost::{Cost, CostMatrix};
use crate::plan::{PlanArc, TransportPlan};
use crate::potentials::{Potentials, smallest_difference, to_target};
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

    /// The table of costs on the support: the given one where that serves, a stored copy where
    /// it is small enough, else a view.
    pub(crate) fn table<'a>(&'a self, cost: &'a dyn Cost) -> Table<'a> {
        let entries = self.rows.len() * self.columns.len();
        if self.is_whole() && (cost.is_stored() || entries > STORED_ENTRIES) {
            return Table::Given(cost);
        }
        let view = Restricted { cost, rows: &self.rows, columns: &self.columns };
        if entries <= STORED_ENTRIES {
            Table::Stored(CostMatrix::tabulate(&view))
        } else {
            Table::View(view)
        }
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

/// Tables up to this many entries (512 MiB) are computed once and stored.
const STORED_ENTRIES: usize = 1 << 26;

/// The costs on a support.
pub(crate) enum Table<'a> {
    Given(&'a dyn Cost),
    Stored(CostMatrix),
    View(Restricted<'a>),
}

impl Table<'_> {
    pub(crate) fn cost(&self) -> &dyn Cost {
        match self {
            Self::Given(cost) => *cost,
            Self::Stored(matrix) => matrix,
            Self::View(view) => view,
        }
    }
}

/// Some rows and columns of a table.
pub(crate) struct Restricted<'a> {
    cost: &'a dyn Cost,
    rows: &'a [usize],
    columns: &'a [usize],
}

impl Cost for Restricted<'_> {
    fn n(&self) -> usize {
        self.rows.len()
    }

    fn m(&self) -> usize {
        self.columns.len()
    }

    fn at(&self, i: usize, j: usize) -> f64 {
        self.cost.at(self.rows[i], self.columns[j])
    }

    fn row<'a>(&'a self, i: usize, buffer: &'a mut [f64]) -> &'a [f64] {
        if self.columns.len() == self.cost.m() {
            return self.cost.row(self.rows[i], buffer);
        }
        let mut whole = vec![0.0; self.cost.m()];
        let whole = self.cost.row(self.rows[i], &mut whole);
        for (out, &j) in buffer.iter_mut().zip(self.columns) {
            *out = whole[j];
        }
        buffer
    }
}
