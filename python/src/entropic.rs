//! `sinkhorn`, `sinkhorn_matrix`, `sinkhorn_divergence`: entropic transport.

use std::sync::atomic::AtomicBool;

use deblais::solvers::sinkhorn::{Entropic, Epsilon, Sinkhorn};
use deblais::{GibbsPlan, OtProblem};
use numpy::{IntoPyArray, PyArray2};
use pyo3::prelude::*;

use crate::answer::{Answer, Cells, Derived, PotentialArrays, arrays, cells, coo_array};
use crate::arrays::{LentCost, marginal, measure, totals_tolerance};
use crate::errors::Invalid;
use crate::run::run;
use crate::settings::{Settings, ground};

/// The answer of ``sinkhorn``: entropic potentials, and the bracket on the *exact* cost that they and their
/// plan, rounded to its marginals, prove.
///
/// The plan ``a[i] * b[j] * exp((f[i] + g[j] - c(i, j)) / epsilon)`` (over the total mass) is formed when it
/// is asked for.
#[pyclass(frozen, extends = Answer, module = "deblais")]
pub(crate) struct EntropicTransport {
    plan: GibbsPlan,
    problem: OtProblem<'static>,
    /// The array that holds the problem's cost matrix.
    _memory: Option<Py<PyAny>>,
    /// Estimate of the least ``sum(plan * c) + epsilon * KL(plan | a b^T)``: the dual value.
    #[pyo3(get)]
    entropic_cost: f64,
    /// ``sum_j abs(column_sum[j] - b[j])`` of the plan, relative to the total mass.
    #[pyo3(get)]
    marginal_error: f64,
}

impl EntropicTransport {
    fn solved(
        problem: OtProblem<'static>,
        memory: Option<Py<PyAny>>,
        sinkhorn: &Sinkhorn,
        settings: &Settings,
        stop: &AtomicBool,
    ) -> PyResult<Derived<Self>> {
        let found =
            sinkhorn.solve_with(&problem, &settings.options(stop)).map_err(Invalid::from)?;
        let certified = found.certify(&problem);
        let Entropic { plan, entropic_cost, marginal_error, iterations, termination, .. } = found;
        let answer = Answer::new(
            ("sinkhorn", termination, iterations),
            (None, certified.potentials, certified.certificate),
            problem.clouds().cloned(),
        );
        let rest = Self { plan, problem, _memory: memory, entropic_cost, marginal_error };
        Ok(Derived(answer, rest))
    }
}

#[pymethods]
impl EntropicTransport {
    /// The strength of the entropy, in units of the cost.
    #[getter]
    fn epsilon(&self) -> f64 {
        self.plan.epsilon()
    }

    /// The entropic potentials (f, g), shapes (n,) and (m,), of which the plan is made.
    #[getter]
    fn entropic_potentials<'py>(&self, py: Python<'py>) -> PotentialArrays<'py> {
        arrays(py, self.plan.potentials())
    }

    /// The plan as a matrix of shape (n, m): 8·n·m bytes.
    fn dense_plan<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f64>> {
        let (cost, a, b) = (self.problem.cost(), self.problem.source(), self.problem.target());
        self.plan.to_dense(cost, a, b).into_pyarray(py)
    }

    /// The cells of the plan that are not 0: rows, columns, masses.
    #[getter]
    fn plan_ijv<'py>(&self, py: Python<'py>) -> Cells<'py> {
        let (cost, a, b) = (self.problem.cost(), self.problem.source(), self.problem.target());
        cells(py, &self.plan.sparse(cost, a, b, 0.0).0)
    }

    /// The plan as a ``scipy.sparse.coo_array`` of shape (n, m); scipy must be installed.
    #[getter]
    fn plan<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        coo_array(self.plan_ijv(py), (self.problem.n(), self.problem.m()))
    }
}

/// The settings of a run: ε in units of the cost, or relative to the median cost without it.
fn settings(
    (epsilon, relative_epsilon): (Option<f64>, f64),
    tolerance: f64,
    max_iterations: u64,
) -> Sinkhorn {
    let epsilon = epsilon.map_or(Epsilon::Relative(relative_epsilon), Epsilon::Absolute);
    Sinkhorn { epsilon, tolerance, max_iterations }
}

/// Entropic transport between points, and the bracket on the exact cost that it proves.
///
/// Parameters
/// ----------
/// x, y : array_like, shape (n, d) and (m, d)
///     Points; shape (n,) stands for points on the line.
/// a, b : array_like, shape (n,) and (m,), optional
///     Masses of equal total; 1/n and 1/m each if left out.
/// cost : str
///     The ground cost; see `emd`.
/// p : float
///     Its power.
/// epsilon : float, optional
///     Strength of the entropy, in units of the cost.
/// relative_epsilon : float
///     The same as a multiple of the median cost, where `epsilon` is left out.
/// tolerance : float
///     Marginal error, relative to the total mass, at which to stop.
/// max_iterations : int
///     Passes over the costs at which to stop.
/// time_limit : float, optional
///     Seconds.
/// start : Answer, optional
///     The answer of a similar problem, to start from.
/// threads : int, optional
///     Threads; all cores if left out.
///
/// Returns
/// -------
/// EntropicTransport
///
/// Raises
/// ------
/// ValueError
///     For input that makes no problem, and for an epsilon that is too small beside the costs.
///
/// Examples
/// --------
/// >>> import deblais
/// >>> answer = deblais.sinkhorn([0.0, 1.0], [2.0, 5.0], epsilon=0.1)
/// >>> answer.lower <= 3.0 <= answer.upper
/// True
#[pyfunction]
#[pyo3(signature = (x, y, a=None, b=None, *, cost="euclidean", p=1.0, epsilon=None,
    relative_epsilon=0.01, tolerance=1e-6, max_iterations=10_000, time_limit=None, start=None,
    threads=None))]
pub(crate) fn sinkhorn<'py>(
    py: Python<'py>,
    x: &Bound<'py, PyAny>,
    y: &Bound<'py, PyAny>,
    a: Option<&Bound<'py, PyAny>>,
    b: Option<&Bound<'py, PyAny>>,
    cost: &str,
    p: f64,
    epsilon: Option<f64>,
    relative_epsilon: f64,
    tolerance: f64,
    max_iterations: u64,
    time_limit: Option<f64>,
    start: Option<&Bound<'py, Answer>>,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    let ground = ground(cost, p)?;
    let solver = settings((epsilon, relative_epsilon), tolerance, max_iterations);
    let settings = Settings::new("auto", time_limit, None, start)?;
    let (x, y) = (measure(x, a, ["x", "a"])?, measure(y, b, ["y", "b"])?);
    let totals = totals_tolerance(a, b);
    run(py, x.len() * y.len() * x.dim(), threads, move |stop| {
        let problem = OtProblem::between_measures(&x, &y, ground, totals).map_err(Invalid::from)?;
        EntropicTransport::solved(problem, None, &solver, &settings, stop)
    })
}

/// Entropic transport under a cost matrix, and the bracket on the exact cost that it proves.
///
/// Parameters
/// ----------
/// M : array_like, shape (n, m)
///     Costs, rows for sources; `float64` and `float32` in C order are read in place, also by
///     ``dense_plan()`` later.
/// a, b : array_like, shape (n,) and (m,), optional
///     Masses of equal total; 1/n and 1/m each if left out.
/// epsilon, relative_epsilon, tolerance, max_iterations, time_limit, start, threads
///     As in `sinkhorn`.
///
/// Returns
/// -------
/// EntropicTransport
///
/// Examples
/// --------
/// >>> import deblais
/// >>> answer = deblais.sinkhorn_matrix([[1.0, 4.0], [3.0, 2.0]], epsilon=0.1)
/// >>> answer.lower <= 1.5 <= answer.upper
/// True
/// >>> answer.dense_plan().round(3)
/// array([[0.5, 0. ],
///        [0. , 0.5]])
#[pyfunction]
#[pyo3(signature = (M, a=None, b=None, *, epsilon=None, relative_epsilon=0.01, tolerance=1e-6,
    max_iterations=10_000, time_limit=None, start=None, threads=None))]
pub(crate) fn sinkhorn_matrix<'py>(
    py: Python<'py>,
    M: &Bound<'py, PyAny>,
    a: Option<&Bound<'py, PyAny>>,
    b: Option<&Bound<'py, PyAny>>,
    epsilon: Option<f64>,
    relative_epsilon: f64,
    tolerance: f64,
    max_iterations: u64,
    time_limit: Option<f64>,
    start: Option<&Bound<'py, Answer>>,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    let solver = settings((epsilon, relative_epsilon), tolerance, max_iterations);
    let settings = Settings::new("auto", time_limit, None, start)?;
    let LentCost { table, memory } = LentCost::new(M, "M")?;
    let (n, m) = (table.n(), table.m());
    let (source, target) = (marginal(a, n, "a")?, marginal(b, m, "b")?);
    let totals = totals_tolerance(a, b);
    run(py, n * m, threads, move |stop| {
        let problem = OtProblem::between(source, target, table, totals).map_err(Invalid::from)?;
        EntropicTransport::solved(problem, memory, &solver, &settings, stop)
    })
}

/// The Sinkhorn divergence ``OT(x, y) - OT(x, x) / 2 - OT(y, y) / 2`` of entropic costs, an estimate.
///
/// Parameters
/// ----------
/// x, y, a, b, cost, p, epsilon, relative_epsilon, tolerance, max_iterations, time_limit, threads
///     As in `sinkhorn`; the relative epsilon refers to the costs between x and y.
///
/// Returns
/// -------
/// float
///     At convergence ≥ 0 for ``cost="euclidean"``, ``"sqeuclidean"`` and ``"cityblock"``.
///
/// Examples
/// --------
/// >>> import deblais
/// >>> deblais.sinkhorn_divergence([0.0, 1.0], [0.0, 1.0])
/// 0.0
/// >>> round(deblais.sinkhorn_divergence([0.0], [3.0], epsilon=0.5), 6)
/// 3.0
#[pyfunction]
#[pyo3(signature = (x, y, a=None, b=None, *, cost="euclidean", p=1.0, epsilon=None,
    relative_epsilon=0.01, tolerance=1e-6, max_iterations=10_000, time_limit=None, threads=None))]
pub(crate) fn sinkhorn_divergence<'py>(
    py: Python<'py>,
    x: &Bound<'py, PyAny>,
    y: &Bound<'py, PyAny>,
    a: Option<&Bound<'py, PyAny>>,
    b: Option<&Bound<'py, PyAny>>,
    cost: &str,
    p: f64,
    epsilon: Option<f64>,
    relative_epsilon: f64,
    tolerance: f64,
    max_iterations: u64,
    time_limit: Option<f64>,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    let ground = ground(cost, p)?;
    let solver = settings((epsilon, relative_epsilon), tolerance, max_iterations);
    let settings = Settings::new("auto", time_limit, None, None)?;
    let (x, y) = (measure(x, a, ["x", "a"])?, measure(y, b, ["y", "b"])?);
    run(py, x.len() * y.len() * x.dim(), threads, move |stop| {
        let found = solver.divergence_with(&x, &y, ground, &settings.options(stop));
        Ok(found.map_err(Invalid::from)?.value)
    })
}
