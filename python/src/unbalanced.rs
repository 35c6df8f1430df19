//! `partial`, `unbalanced` and their forms on a matrix: transport of a part of the mass.

use std::sync::atomic::AtomicBool;

use deblais::problem::{Clouds, Sides};
use deblais::{Amount, UnbalancedProblem, UnbalancedTransport};
use numpy::{PyArray1, ToPyArray};
use pyo3::prelude::*;

use crate::answer::{Answer, Derived};
use crate::arrays::{LentCost, marginal, measure};
use crate::errors::{Invalid, invalid};
use crate::run::run;
use crate::settings::{Settings, ground};

/// A transport of a part of the mass: a plan, potentials, and the bracket on the objective that they prove.
///
/// `value` is the objective, penalties included. The potentials satisfy ``f <= source_penalty``,
/// ``g <= target_penalty`` and ``f + g <= c``; where a mass is given ``f <= 0``, ``g <= 0`` and
/// ``f + g + marginal_price <= c``.
#[pyclass(frozen, extends = Answer, name = "UnbalancedTransport", module = "deblais")]
pub(crate) struct UnbalancedView(UnbalancedTransport);

impl UnbalancedView {
    /// The solved problem between two sides.
    fn solved(
        sides: Sides<'_>,
        amount: Amount,
        settings: &Settings,
        clouds: Option<Clouds>,
        stop: &AtomicBool,
    ) -> PyResult<Derived<Self>> {
        let problem = UnbalancedProblem::between(sides, amount).map_err(Invalid::from)?;
        let transport = problem.solve_with(&settings.options(stop)).map_err(Invalid::from)?;
        Ok(Derived(Answer::unbalanced(&transport, clouds), Self(transport)))
    }
}

#[pymethods]
impl UnbalancedView {
    /// ``sum(plan * c)``, without penalties.
    #[getter]
    fn transport_cost(&self) -> f64 {
        self.0.transport_cost()
    }

    /// The mass that is moved, ``sum(plan)``.
    #[getter]
    fn moved_mass(&self) -> f64 {
        self.0.moved_mass()
    }

    /// The mass that stays at each source, shape (n,).
    #[getter]
    fn left_behind<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.0.left_behind().to_pyarray(py)
    }

    /// The mass of each target that comes from no source, shape (m,).
    #[getter]
    fn created<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.0.created().to_pyarray(py)
    }

    /// The cost of one unit of mass more, where a mass was given; else ``None``.
    #[getter]
    fn marginal_price(&self) -> Option<f64> {
        self.0.marginal_price()
    }
}

/// The mass that is to be moved.
fn part(mass: Option<f64>, fraction: Option<f64>) -> PyResult<Amount> {
    match (mass, fraction) {
        (Some(mass), None) => Ok(Amount::Mass(mass)),
        (None, Some(fraction)) => Ok(Amount::Fraction(fraction)),
        _ => {
            let hint = "pass mass=0.5 in units of a and b, or fraction=0.5 of the smaller total";
            Err(invalid("the mass to be moved is not given once", hint))
        }
    }
}

fn between_points<'py>(
    py: Python<'py>,
    (x, y): (&Bound<'py, PyAny>, &Bound<'py, PyAny>),
    (a, b): (Option<&Bound<'py, PyAny>>, Option<&Bound<'py, PyAny>>),
    ground: deblais::GroundCost,
    amount: Amount,
    (time_limit, threads): (Option<f64>, Option<usize>),
) -> PyResult<Bound<'py, PyAny>> {
    let settings = Settings::new("auto", time_limit, None, None)?;
    let (source, target) = (measure(x, a, ["x", "a"])?, measure(y, b, ["y", "b"])?);
    run(py, source.len() * target.len() * source.dim(), threads, move |stop| {
        let clouds = Clouds { source, target, ground };
        let sides = Sides::of_clouds(clouds.clone(), f64::INFINITY).map_err(Invalid::from)?;
        UnbalancedView::solved(sides, amount, &settings, Some(clouds), stop)
    })
}

fn under_matrix<'py>(
    py: Python<'py>,
    matrix: &Bound<'py, PyAny>,
    (a, b): (Option<&Bound<'py, PyAny>>, Option<&Bound<'py, PyAny>>),
    amount: Amount,
    (time_limit, threads): (Option<f64>, Option<usize>),
) -> PyResult<Bound<'py, PyAny>> {
    let settings = Settings::new("auto", time_limit, None, None)?;
    let LentCost { table, memory } = LentCost::new(matrix, "M")?;
    let (n, m) = (table.n(), table.m());
    let (source, target) = (marginal(a, n, "a")?, marginal(b, m, "b")?);
    run(py, n * m, threads, move |stop| {
        let _memory = memory;
        let sides = Sides::new(source, target, table, f64::INFINITY).map_err(Invalid::from)?;
        UnbalancedView::solved(sides, amount, &settings, None, stop)
    })
}

/// Partial transport between points: the cheapest way to move a part of the mass.
///
/// Parameters
/// ----------
/// x, y : array_like, shape (n, d) and (m, d)
///     Points; shape (n,) stands for points on the line.
/// a, b : array_like, shape (n,) and (m,), optional
///     Masses of any totals; 1/n and 1/m each if left out.
/// mass : float, optional
///     The mass to be moved, in units of a and b.
/// fraction : float, optional
///     The fraction of the smaller total to be moved. One of both is needed.
/// cost, p, time_limit, threads
///     As in `emd`.
///
/// Returns
/// -------
/// UnbalancedTransport
///
/// Examples
/// --------
/// >>> import deblais
/// >>> half = deblais.partial([0.0, 1.0], [1.0, 9.0], fraction=0.5)
/// >>> half.value, half.moved_mass
/// (0.0, 0.5)
#[pyfunction]
#[pyo3(signature = (x, y, a=None, b=None, *, mass=None, fraction=None, cost="euclidean", p=1.0,
    time_limit=None, threads=None))]
pub(crate) fn partial<'py>(
    py: Python<'py>,
    x: &Bound<'py, PyAny>,
    y: &Bound<'py, PyAny>,
    a: Option<&Bound<'py, PyAny>>,
    b: Option<&Bound<'py, PyAny>>,
    mass: Option<f64>,
    fraction: Option<f64>,
    cost: &str,
    p: f64,
    time_limit: Option<f64>,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    let (ground, amount) = (ground(cost, p)?, part(mass, fraction)?);
    between_points(py, (x, y), (a, b), ground, amount, (time_limit, threads))
}

/// Partial transport under a cost matrix: the cheapest way to move a part of the mass.
///
/// Parameters
/// ----------
/// M : array_like, shape (n, m)
///     Costs, rows for sources; see `emd_matrix`.
/// a, b : array_like, shape (n,) and (m,), optional
///     Masses of any totals; 1/n and 1/m each if left out.
/// mass, fraction, time_limit, threads
///     As in `partial`.
///
/// Returns
/// -------
/// UnbalancedTransport
///
/// Examples
/// --------
/// >>> import deblais
/// >>> deblais.partial_matrix([[1.0, 4.0], [3.0, 2.0]], mass=0.5).value
/// 0.5
#[pyfunction]
#[pyo3(signature = (M, a=None, b=None, *, mass=None, fraction=None, time_limit=None,
    threads=None))]
pub(crate) fn partial_matrix<'py>(
    py: Python<'py>,
    M: &Bound<'py, PyAny>,
    a: Option<&Bound<'py, PyAny>>,
    b: Option<&Bound<'py, PyAny>>,
    mass: Option<f64>,
    fraction: Option<f64>,
    time_limit: Option<f64>,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    under_matrix(py, M, (a, b), part(mass, fraction)?, (time_limit, threads))
}

/// Transport between points where mass may stay: what stays at a source or appears at a target is paid for.
///
/// Parameters
/// ----------
/// x, y : array_like, shape (n, d) and (m, d)
///     Points; shape (n,) stands for points on the line.
/// penalty : float or (float, float)
///     Cost of a unit of mass that stays at a source, and of one that appears at a target.
/// a, b : array_like, shape (n,) and (m,), optional
///     Masses of any totals; 1/n and 1/m each if left out.
/// cost, p, time_limit, threads
///     As in `emd`.
///
/// Returns
/// -------
/// UnbalancedTransport
///
/// Examples
/// --------
/// >>> import deblais
/// >>> answer = deblais.unbalanced([0.0, 1.0], [1.0, 9.0], 2.0)
/// >>> round(answer.value, 9), answer.moved_mass
/// (2.0, 0.5)
#[pyfunction]
#[pyo3(signature = (x, y, penalty, a=None, b=None, *, cost="euclidean", p=1.0, time_limit=None,
    threads=None))]
pub(crate) fn unbalanced<'py>(
    py: Python<'py>,
    x: &Bound<'py, PyAny>,
    y: &Bound<'py, PyAny>,
    penalty: Penalty,
    a: Option<&Bound<'py, PyAny>>,
    b: Option<&Bound<'py, PyAny>>,
    cost: &str,
    p: f64,
    time_limit: Option<f64>,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    let ground = ground(cost, p)?;
    between_points(py, (x, y), (a, b), ground, penalty.into(), (time_limit, threads))
}

/// Transport under a cost matrix where mass may stay; see `unbalanced`.
///
/// Parameters
/// ----------
/// M : array_like, shape (n, m)
///     Costs, rows for sources; see `emd_matrix`.
/// penalty : float or (float, float)
///     Cost of a unit of mass that stays at a source, and of one that appears at a target.
/// a, b : array_like, shape (n,) and (m,), optional
///     Masses of any totals; 1/n and 1/m each if left out.
/// time_limit, threads
///     As in `emd`.
///
/// Returns
/// -------
/// UnbalancedTransport
///
/// Examples
/// --------
/// >>> import deblais
/// >>> deblais.unbalanced_matrix([[1.0, 4.0], [9.0, 9.0]], (1.0, 1.0)).moved_mass
/// 0.5
#[pyfunction]
#[pyo3(signature = (M, penalty, a=None, b=None, *, time_limit=None, threads=None))]
pub(crate) fn unbalanced_matrix<'py>(
    py: Python<'py>,
    M: &Bound<'py, PyAny>,
    penalty: Penalty,
    a: Option<&Bound<'py, PyAny>>,
    b: Option<&Bound<'py, PyAny>>,
    time_limit: Option<f64>,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    under_matrix(py, M, (a, b), penalty.into(), (time_limit, threads))
}

/// One penalty for both sides, or one each.
#[derive(FromPyObject)]
pub(crate) enum Penalty {
    #[pyo3(annotation = "float")]
    Both(f64),
    #[pyo3(annotation = "(float, float)")]
    Each((f64, f64)),
}

impl From<Penalty> for Amount {
    fn from(penalty: Penalty) -> Self {
        let (source, target) = match penalty {
            Penalty::Both(penalty) => (penalty, penalty),
            Penalty::Each(penalties) => penalties,
        };
        Self::Penalty { source, target }
    }
}
