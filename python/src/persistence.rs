//! `persistence`: transport between persistence diagrams, with the diagonal.

use deblais::{PersistenceDiagram, PersistenceProblem, PersistenceTransport};
use numpy::{PyArray1, ToPyArray};
use pyo3::prelude::*;

use crate::answer::{Answer, Cells, Derived, cells};
use crate::arrays::points;
use crate::errors::Invalid;
use crate::run::run;
use crate::settings::{Settings, ground};

/// A matching of two persistence diagrams, and the bracket on the p-th power of their distance that it
/// proves.
///
/// Rows and columns of the plan are the points of finite death, in their order.
#[pyclass(frozen, extends = Answer, name = "PersistenceTransport", module = "deblais")]
pub(crate) struct PersistenceView {
    transport: PersistenceTransport,
    p: f64,
}

#[pymethods]
impl PersistenceView {
    /// ``value ** (1 / p)``: the p-Wasserstein distance of the diagrams.
    #[getter]
    fn distance(&self) -> f64 {
        deblais::math::root(self.transport.certificate().upper, self.p).1
    }

    /// The share of each point of x that is matched to the diagonal, shape (n,).
    #[getter]
    fn source_to_diagonal<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.transport.source_to_diagonal().to_pyarray(py)
    }

    /// The share of each point of y that is matched to the diagonal, shape (m,).
    #[getter]
    fn target_to_diagonal<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.transport.target_to_diagonal().to_pyarray(py)
    }

    /// The matching of the classes that never die: rows, columns, masses.
    #[getter]
    fn essential_ijv<'py>(&self, py: Python<'py>) -> Cells<'py> {
        cells(py, self.transport.essential_plan())
    }
}

/// The Wasserstein distance of two persistence diagrams: points are matched with each other or with the
/// diagonal.
///
/// Parameters
/// ----------
/// x, y : array_like, shape (n, 2) and (m, 2)
///     Births and deaths; a death may be ``inf``. A diagram may be empty.
/// cost : str
///     The distance between points: ``"chebyshev"``, ``"euclidean"``, ``"cityblock"`` or
///     ``"minkowski:3"``.
/// p : float
///     The order: costs are distances to the power p.
/// time_limit, threads
///     As in `emd`.
///
/// Returns
/// -------
/// PersistenceTransport
///     With `value` infinite for different numbers of classes that never die.
///
/// Examples
/// --------
/// >>> import deblais
/// >>> answer = deblais.persistence([[0.0, 4.0], [1.0, 1.5]], [[0.0, 5.0]])
/// >>> round(answer.distance, 9)
/// 1.25
#[pyfunction]
#[pyo3(signature = (x, y, *, cost="chebyshev", p=1.0, time_limit=None, threads=None))]
pub(crate) fn persistence<'py>(
    py: Python<'py>,
    x: &Bound<'py, PyAny>,
    y: &Bound<'py, PyAny>,
    cost: &str,
    p: f64,
    time_limit: Option<f64>,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    let ground = ground(cost, p)?;
    let settings = Settings::new("auto", time_limit, None, None)?;
    let [x, y] = [diagram(x, "x")?, diagram(y, "y")?];
    run(py, x.rows() * y.rows(), threads, move |stop| {
        let problem = PersistenceProblem::new(&x, &y, ground).map_err(Invalid::from)?;
        let found = problem.solve_with(&settings.options(stop)).map_err(Invalid::from)?;
        let answer = Answer::new(
            (found.method(), found.termination(), found.iterations()),
            (Some(found.plan().clone()), found.potentials().clone(), *found.certificate()),
            None,
        );
        Ok(Derived(answer, PersistenceView { transport: found, p }))
    })
}

fn diagram(rows: &Bound<'_, PyAny>, name: &str) -> PyResult<PersistenceDiagram> {
    let mut rows = points(rows, name)?;
    if rows.is_empty() {
        // An empty list has no columns.
        rows = deblais::ndarray::Array2::zeros((0, 2));
    }
    Ok(PersistenceDiagram::new(rows.view()).map_err(Invalid::from)?)
}
