//! `emd`, `emd_matrix`: exact transport.

use std::sync::atomic::AtomicBool;

use deblais::problem::Sides;
use deblais::{Gradient, OtProblem, Transport};
use numpy::{IntoPyArray, PyArray2};
use pyo3::prelude::*;

use crate::answer::{Answer, Derived};
use crate::arrays::{LentCost, marginal, measure, totals_tolerance};
use crate::errors::{Invalid, invalid};
use crate::run::run;
use crate::settings::{Settings, ground};

/// The answer of ``emd``: a plan of all mass, potentials, and the bracket that they prove.
#[pyclass(frozen, extends = Answer, name = "Transport", module = "deblais")]
pub(crate) struct TransportView {
    p: f64,
}

fn gradient(this: &PyRef<'_, TransportView>) -> PyResult<Gradient> {
    let answer = this.as_super();
    let Some(clouds) = answer.clouds.clone() else {
        let hint = "the gradient with respect to M is dense_plan()";
        return Err(invalid("a cost matrix has no points to differentiate by", hint));
    };
    let sides = Sides::of_clouds(clouds, f64::INFINITY);
    let problem = sides.and_then(Sides::into_problem).map_err(Invalid::from)?;
    Ok(Gradient::new(&problem, answer.known_plan()?, &answer.potentials))
}

#[pymethods]
impl TransportView {
    /// ``value ** (1 / p)``, the Wasserstein distance where the masses sum to 1.
    #[getter]
    fn distance(this: PyRef<'_, Self>) -> f64 {
        deblais::math::root(this.as_super().certificate.upper, this.p).1
    }

    /// The derivative of ``value`` with respect to x, shape (n, d).
    fn gradient_x(this: PyRef<'_, Self>) -> PyResult<Bound<'_, PyArray2<f64>>> {
        let points = gradient(&this)?.source.points.expect("a problem on points");
        Ok(points.into_pyarray(this.py()))
    }

    /// The derivative of ``value`` with respect to y, shape (m, d).
    fn gradient_y(this: PyRef<'_, Self>) -> PyResult<Bound<'_, PyArray2<f64>>> {
        let points = gradient(&this)?.target.points.expect("a problem on points");
        Ok(points.into_pyarray(this.py()))
    }
}

/// Exact transport between points, with its certificate.
///
/// Parameters
/// ----------
/// x, y : array_like, shape (n, d) and (m, d)
///     Points; shape (n,) stands for points on the line. Copied once.
/// a, b : array_like, shape (n,) and (m,), optional
///     Masses of equal total; 1/n and 1/m each if left out.
/// cost : str
///     The ground cost: ``"euclidean"``, ``"sqeuclidean"``, ``"cityblock"``, ``"chebyshev"``,
///     ``"cosine"``, or ``"minkowski:3"`` for the exponent 3.
/// p : float
///     Its power: the cost of a unit of mass is ``distance ** p``.
/// method : str
///     ``"auto"`` (the fastest that is exact), ``"simplex"``, ``"shortlist"`` (no table of costs),
///     ``"assignment"`` or ``"line"``.
/// time_limit : float, optional
///     Seconds for solving and judging; the answer is then the best so far, with its true bracket.
/// max_iterations : int, optional
///     Iterations, in the method's own unit, at which to stop.
/// start : Answer, optional
///     The answer of a similar problem, to start from.
/// threads : int, optional
///     Threads; all cores if left out. The answer does not depend on it.
///
/// Returns
/// -------
/// Transport
///
/// Raises
/// ------
/// ValueError
///     For input that makes no problem: numbers that are not finite, different d, unequal totals.
/// KeyboardInterrupt
///     After Ctrl-C; its attribute ``answer`` is the best so far, if it was at hand within 0.15 s.
///
/// Examples
/// --------
/// >>> import deblais
/// >>> answer = deblais.emd([[0.0, 0.0], [1.0, 0.0]], [[0.0, 3.0], [1.0, 4.0]])
/// >>> answer.lower <= 3.5 <= answer.upper
/// True
/// >>> answer.certificate.is_optimal
/// True
/// >>> answer.gradient_x()
/// array([[ 0. , -0.5],
///        [ 0. , -0.5]])
#[pyfunction]
#[pyo3(signature = (x, y, a=None, b=None, *, cost="euclidean", p=1.0, method="auto",
    time_limit=None, max_iterations=None, start=None, threads=None))]
pub(crate) fn emd<'py>(
    py: Python<'py>,
    x: &Bound<'py, PyAny>,
    y: &Bound<'py, PyAny>,
    a: Option<&Bound<'py, PyAny>>,
    b: Option<&Bound<'py, PyAny>>,
    cost: &str,
    p: f64,
    method: &str,
    time_limit: Option<f64>,
    max_iterations: Option<u64>,
    start: Option<&Bound<'py, Answer>>,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    let ground = ground(cost, p)?;
    let settings = Settings::new(method, time_limit, max_iterations, start)?;
    let (x, y) = (measure(x, a, ["x", "a"])?, measure(y, b, ["y", "b"])?);
    let tolerance = totals_tolerance(a, b);
    let pass = x.len() * y.len() * x.dim();
    run(py, pass, threads, move |stop| {
        let problem =
            OtProblem::between_measures(&x, &y, ground, tolerance).map_err(Invalid::from)?;
        let transport = solved(&problem, &settings, stop)?;
        Ok(Derived(Answer::transported(transport, problem.clouds().cloned()), TransportView { p }))
    })
}

/// Exact transport under a cost matrix, with its certificate.
///
/// Parameters
/// ----------
/// M : array_like, shape (n, m)
///     Costs, rows for sources. `float64` and `float32` in C order are read in place, everything else is
///     converted once; a scipy sparse matrix lists the allowed cells, and ``inf`` forbids one. M must not be
///     written to while it is solved.
/// a, b : array_like, shape (n,) and (m,), optional
///     Masses of equal total; 1/n and 1/m each if left out.
/// method, time_limit, max_iterations, start, threads
///     As in `emd`.
///
/// Returns
/// -------
/// Transport
///     The derivative of `value` with respect to M is the plan.
///
/// Raises
/// ------
/// ValueError
///     For input that makes no problem, and where forbidden cells leave no plan.
///
/// Examples
/// --------
/// >>> import deblais
/// >>> deblais.emd_matrix([[1.0, 4.0], [3.0, 2.0]]).value
/// 1.5
#[pyfunction]
#[pyo3(signature = (M, a=None, b=None, *, method="auto", time_limit=None, max_iterations=None,
    start=None, threads=None))]
pub(crate) fn emd_matrix<'py>(
    py: Python<'py>,
    M: &Bound<'py, PyAny>,
    a: Option<&Bound<'py, PyAny>>,
    b: Option<&Bound<'py, PyAny>>,
    method: &str,
    time_limit: Option<f64>,
    max_iterations: Option<u64>,
    start: Option<&Bound<'py, Answer>>,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    let settings = Settings::new(method, time_limit, max_iterations, start)?;
    let LentCost { table, memory } = LentCost::new(M, "M")?;
    let (n, m) = (table.n(), table.m());
    let (a_masses, b_masses) = (marginal(a, n, "a")?, marginal(b, m, "b")?);
    let tolerance = totals_tolerance(a, b);
    run(py, n * m, threads, move |stop| {
        let _memory = memory;
        let problem =
            OtProblem::between(a_masses, b_masses, table, tolerance).map_err(Invalid::from)?;
        let transport = solved(&problem, &settings, stop)?;
        Ok(Derived(Answer::transported(transport, None), TransportView { p: 1.0 }))
    })
}

fn solved(problem: &OtProblem<'_>, settings: &Settings, stop: &AtomicBool) -> PyResult<Transport> {
    Ok(problem.solve_with(&settings.options(stop)).map_err(Invalid::from)?)
}
