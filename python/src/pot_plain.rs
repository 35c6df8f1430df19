//! The engine under the functions of `deblais.pot` that need no certificate: sorting, and entropy.

use deblais::solvers::sinkhorn::{Entropic, Epsilon, Sinkhorn};
use deblais::{Method, OtProblem, SolveOptions, TransportPlan};
use numpy::{IntoPyArray, PyArray2};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::answer::{PotentialArrays, arrays, cells};
use crate::arrays::{LentCost, marginal, measure};
use crate::errors::Invalid;
use crate::run::{Watch, run};
use crate::settings::ground;

/// A plan and its cost.
struct Line(TransportPlan, f64);

impl<'py> IntoPyObject<'py> for Line {
    type Target = PyTuple;
    type Output = Bound<'py, PyTuple>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        (cells(py, &self.0), self.1).into_pyobject(py)
    }
}

/// Solves between numbers, where a unit of mass costs ``abs(x - y) ** p``: rows, columns and masses of the
/// plan, and its cost.
#[pyfunction]
pub(crate) fn pot_line<'py>(
    py: Python<'py>,
    x: &Bound<'py, PyAny>,
    y: &Bound<'py, PyAny>,
    a: Option<&Bound<'py, PyAny>>,
    b: Option<&Bound<'py, PyAny>>,
    p: f64,
) -> PyResult<Bound<'py, PyAny>> {
    let ground = ground("euclidean", p)?;
    let (x, y) = (measure(x, a, ["x_a", "a"])?, measure(y, b, ["x_b", "b"])?);
    let is_sorted = p >= 1.0;
    let pass = if is_sorted { x.len() + y.len() } else { x.len() * y.len() };
    run(py, pass, None, move |stop| {
        let problem = OtProblem::between_measures(&x, &y, ground, f64::INFINITY);
        let problem = problem.map_err(Invalid::from)?;
        let solver = Method::Auto.solver(&problem);
        let solved = solver.solve(&problem, &mut Watch::new(stop, None)).map_err(Invalid::from)?;
        let cost = solved.plan.cost(problem.cost());
        Ok(Line(solved.plan, cost))
    })
}

/// An entropic plan: the matrix, the potentials, the marginal error, the passes, and whether the error is
/// reached.
struct Dense(deblais::ndarray::Array2<f64>, Entropic);

impl<'py> IntoPyObject<'py> for Dense {
    type Target = PyTuple;
    type Output = Bound<'py, PyTuple>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        let Self(plan, Entropic { plan: gibbs, marginal_error, iterations, termination, .. }) =
            self;
        let plan: Bound<'py, PyArray2<f64>> = plan.into_pyarray(py);
        let potentials: PotentialArrays<'py> = arrays(py, gibbs.potentials());
        (plan, potentials, marginal_error, iterations, termination.is_complete()).into_pyobject(py)
    }
}

/// Solves with entropy, ε in units of the cost.
#[pyfunction]
pub(crate) fn pot_sinkhorn<'py>(
    py: Python<'py>,
    a: Option<&Bound<'py, PyAny>>,
    b: Option<&Bound<'py, PyAny>>,
    matrix: &Bound<'py, PyAny>,
    epsilon: f64,
    tolerance: f64,
    max_iterations: u64,
) -> PyResult<Bound<'py, PyAny>> {
    let LentCost { table, memory } = LentCost::new(matrix, "M")?;
    let (n, m) = (table.n(), table.m());
    let (source, target) = (marginal(a, n, "a")?, marginal(b, m, "b")?);
    let solver = Sinkhorn { epsilon: Epsilon::Absolute(epsilon), tolerance, max_iterations };
    run(py, n * m, None, move |stop| {
        let _memory = memory;
        let problem = OtProblem::between(source, target, table, f64::INFINITY);
        let problem = problem.map_err(Invalid::from)?;
        let found = solver.solve_with(&problem, &SolveOptions::new().stop_flag(stop));
        let found = found.map_err(Invalid::from)?;
        let (a, b) = (problem.source(), problem.target());
        Ok(Dense(found.plan.to_dense(problem.cost(), a, b), found))
    })
}
