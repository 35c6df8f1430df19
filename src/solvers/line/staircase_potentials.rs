//! The potentials along the staircase.

use ndarray::Array1;

use crate::math::TwoFloat;
use crate::potentials::Potentials;
use crate::problem::OtProblem;

/// Potentials computed along the staircase in double words. Indices refer to the sorted orders.
pub(super) struct StaircasePotentials<'a> {
    problem: &'a OtProblem<'a>,
    rows: &'a [usize],
    columns: &'a [usize],
    /// Coordinates in ascending order.
    x: Vec<f64>,
    y: Vec<f64>,
    f: Vec<TwoFloat>,
    g: Vec<TwoFloat>,
}

impl<'a> StaircasePotentials<'a> {
    pub(super) fn new(
        problem: &'a OtProblem<'a>,
        (x, rows): (&[f64], &'a [usize]),
        (y, columns): (&[f64], &'a [usize]),
    ) -> Self {
        Self {
            problem,
            rows,
            columns,
            x: rows.iter().map(|&i| x[i]).collect(),
            y: columns.iter().map(|&j| y[j]).collect(),
            f: vec![TwoFloat::ZERO; rows.len()],
            g: vec![TwoFloat::ZERO; columns.len()],
        }
    }

    pub(super) fn start(&mut self) {
        self.g[0] = self.cost(0, 0);
    }

    /// From (i, j) to the cell below: `f_(i+1) = c_(i+1)j − g_j`.
    pub(super) fn down(&mut self, i: usize, j: usize) {
        self.f[i + 1] = self.cost(i + 1, j) - self.g[j];
    }

    /// From (i, j) to the cell on the right: `g_(j+1) = c_i(j+1) − f_i`.
    pub(super) fn right(&mut self, i: usize, j: usize) {
        self.g[j + 1] = self.cost(i, j + 1) - self.f[i];
    }

    /// From (i, j) to (i + 1, j + 1): f may change by anything from `c_(i+1)(j+1) − c_i(j+1)`
    /// (by way of the cell on the right) to `c_(i+1)j − c_ij` (by way of the cell below).
    pub(super) fn diagonal(&mut self, i: usize, j: usize) {
        let corner = self.cost(i + 1, j + 1);
        let least = corner - self.cost(i, j + 1);
        let most = self.cost(i + 1, j) - self.cost(i, j);
        let change = if least.high > 0.0 {
            least
        } else if most.high < 0.0 {
            most
        } else {
            TwoFloat::ZERO
        };
        self.f[i + 1] = self.f[i] + change;
        self.g[j + 1] = corner - self.f[i + 1];
    }

    /// `c_ij`; if it equals `|x − y|` or `(x − y)²` to the last bit, these without rounding.
    fn cost(&self, i: usize, j: usize) -> TwoFloat {
        let cost = self.problem.cost().at(self.rows[i], self.columns[j]);
        let difference = TwoFloat::difference(self.x[i], self.y[j]);
        if difference.high.abs() == cost {
            difference.abs()
        } else if difference.high * difference.high == cost {
            difference.square()
        } else {
            TwoFloat { high: cost, low: 0.0 }
        }
    }

    /// The potentials in the order of the input, rounded, with f and g shifted against each
    /// other so that they are equal at a cell in the middle of the mass: there they share the
    /// cost, and elsewhere they are small.
    pub(super) fn normalized_at(self, (i, j): (usize, usize)) -> Potentials {
        let shift = (self.f[i] - self.g[j]).half();
        let mut f = Array1::zeros(self.f.len());
        for (&i, &value) in self.rows.iter().zip(&self.f) {
            f[i] = (value - shift).high;
        }
        let mut g = Array1::zeros(self.g.len());
        for (&j, &value) in self.columns.iter().zip(&self.g) {
            g[j] = (value + shift).high;
        }
        Potentials::from_finite(f, g)
    }
}
