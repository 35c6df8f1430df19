//! The barycenter of measures on a fixed support as a linear program for a generic solver.
//!
//! # Problem
//! Minimize `Σ_k w_k Σ_ij c_k(i, j)·γ_k(i, j)` over γ ≥ 0 and ν ≥ 0 with `Σ_j γ_k(i, j) = ν_i` and
//! `Σ_i γ_k(i, j) = μ_k(j)`: N·Σn + N variables, K·N + Σn equations. Those of the columns that follow from
//! the others are dropped, one of each measure but the first.
//!
//! # Reference
//! Anderes, Borgwardt, Miller 2016, "Discrete Wasserstein barycenters", Math. Methods Oper. Res. 84.

use std::ops::Range;

use good_lp::{Constraint, Expression, ProblemVariables, Solution as _, Variable, variable};
use ndarray::Array1;

use super::{Backend, CELLS, duals, run};
use crate::certificate::BarycenterTerm;
use crate::cost::largest_size;
use crate::measure::Marginal;
use crate::solvers::SolveError;

/// The answer of an interior point: ν (N,), with tiny masses that may be negative, and for each measure
/// its target potentials g (n,).
pub(crate) struct LpBarycenter {
    pub(crate) masses: Array1<f64>,
    pub(crate) potentials: Vec<Array1<f64>>,
    pub(crate) iterations: u64,
}

/// Solves the linear program by Clarabel.
///
/// # Errors
/// [`SolveError::Backend`], and [`SolveError::TooLarge`] beyond [`CELLS`].
pub(crate) fn barycenter(
    terms: &[BarycenterTerm<'_>],
    weights: &Marginal,
) -> Result<LpBarycenter, SolveError> {
    let cells: usize = terms.iter().map(|term| term.cost.n().saturating_mul(term.cost.m())).sum();
    if cells > CELLS {
        return Err(SolveError::TooLarge { method: "lp", cells, limit: CELLS });
    }
    let largest = terms.iter().map(|term| largest_size(term.cost)).fold(0.0, f64::max);
    let cost_unit = if largest > 0.0 { largest } else { 1.0 };
    let mut model = Model::new(terms[0].cost.n());
    let measures: Vec<Equations> = terms
        .iter()
        .zip(weights.mass())
        .map(|(term, weight)| model.add(term, weight / cost_unit))
        .collect();
    let Model { variables, masses, objective, constraints, .. } = model;
    let mut lp = variables.minimise(objective).using(good_lp::clarabel);
    lp.settings().tol_gap_abs(1e-12).tol_gap_rel(1e-12).tol_feas(1e-11);
    let (mut solution, rows) = run(lp, constraints, Backend::Clarabel)?;
    let duals = duals(&mut solution, &rows);
    let potentials = measures.iter().zip(weights.mass());
    let potentials = potentials.map(|(equations, weight)| {
        let mut g: Vec<f64> = duals[equations.columns.clone()].to_vec();
        if let Some(j) = equations.left_out {
            g.insert(j, 0.0);
        }
        g.into_iter().map(|g| g * cost_unit / weight).collect()
    });
    Ok(LpBarycenter {
        potentials: potentials.collect(),
        masses: masses.iter().map(|&nu| solution.value(nu)).collect(),
        iterations: u64::from(solution.inner().iterations),
    })
}

/// The linear program, in units in which the average mass of the support is 1.
struct Model {
    variables: ProblemVariables,
    /// ν.
    masses: Vec<Variable>,
    objective: Expression,
    constraints: Vec<Constraint>,
    /// Measures added so far.
    measures: usize,
}

/// The equations of the columns of one measure.
struct Equations {
    columns: Range<usize>,
    /// The column without an equation.
    left_out: Option<usize>,
}

impl Model {
    fn new(n: usize) -> Self {
        let mut variables = ProblemVariables::new();
        let masses = variables.add_vector(variable().min(0.0), n);
        Self {
            variables,
            masses,
            objective: Expression::default(),
            constraints: Vec::new(),
            measures: 0,
        }
    }

    /// Adds the plan to a measure, whose costs are multiplied by `factor`.
    fn add(&mut self, term: &BarycenterTerm<'_>, factor: f64) -> Equations {
        let (n, m, mass) = (term.cost.n(), term.cost.m(), term.target.mass());
        let cells = self.variables.add_vector(variable().min(0.0), n * m);
        let mut buffer = vec![0.0; m];
        for (i, (row, &nu)) in cells.chunks(m).zip(&self.masses).enumerate() {
            for (&cell, c) in row.iter().zip(term.cost.row(i, &mut buffer)) {
                self.objective.add_mul(factor * c, cell);
            }
            let sum: Expression = row.iter().copied().sum();
            self.constraints.push((sum - nu).eq(0.0));
        }
        let heaviest = (0..m).fold(0, |best, j| if mass[j] > mass[best] { j } else { best });
        let left_out = (self.measures > 0).then_some(heaviest);
        self.measures += 1;
        let first = self.constraints.len();
        for j in (0..m).filter(|&j| left_out != Some(j)) {
            let sum: Expression = cells[j..].iter().step_by(m).copied().sum();
            self.constraints.push(sum.eq(mass[j] * n as f64));
        }
        Equations { columns: first..self.constraints.len(), left_out }
    }
}
