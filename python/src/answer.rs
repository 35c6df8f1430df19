//! An answer with its proof, the base class of all that are transported.

use std::fmt::Write;

use deblais::problem::Clouds;
use deblais::{Certificate, Potentials, Termination, TransportPlan, UnbalancedTransport};
use numpy::{IntoPyArray, PyArray1, PyArray2, ToPyArray};
use pyo3::PyClass;
use pyo3::exceptions::PyModuleNotFoundError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::errors::invalid;
use crate::picture::Picture;

/// A row, column and mass array.
pub(crate) type Cells<'py> =
    (Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<f64>>);

/// The potentials (f, g).
pub(crate) type PotentialArrays<'py> = (Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>);

/// A plan, potentials, and the bracket that they prove: ``lower <= optimum <= upper``.
#[pyclass(frozen, subclass, module = "deblais")]
pub(crate) struct Answer {
    pub(crate) certificate: Certificate,
    pub(crate) plan: Option<TransportPlan>,
    pub(crate) potentials: Potentials,
    pub(crate) status: &'static str,
    #[pyo3(get)]
    /// Iterations in the method's own unit: pivots, augmentations, passes.
    iterations: u64,
    #[pyo3(get)]
    /// The method that ran.
    method: &'static str,
    /// The points and their ground cost, where there are any.
    pub(crate) clouds: Option<Clouds>,
}

impl Answer {
    /// The answer of a run.
    pub(crate) fn new(
        (method, termination, iterations): (&'static str, Termination, u64),
        (plan, potentials, certificate): (Option<TransportPlan>, Potentials, Certificate),
        clouds: Option<Clouds>,
    ) -> Self {
        let status = termination.name();
        Self { certificate, plan, potentials, status, iterations, method, clouds }
    }

    /// The plan or the potentials that were handed over, judged.
    pub(crate) fn judged(
        (plan, potentials, certificate): (Option<TransportPlan>, Potentials, Certificate),
        clouds: Option<Clouds>,
    ) -> Self {
        let (status, method) = ("judged", "none");
        Self { certificate, plan, potentials, status, iterations: 0, method, clouds }
    }

    /// A transport of all mass.
    pub(crate) fn transported(transport: deblais::Transport, clouds: Option<Clouds>) -> Self {
        let run = (transport.method(), transport.termination(), transport.iterations());
        let (plan, potentials, certificate) = transport.into_parts();
        Self::new(run, (Some(plan), potentials, certificate), clouds)
    }

    /// A transport of a part of the mass.
    pub(crate) fn unbalanced(transport: &UnbalancedTransport, clouds: Option<Clouds>) -> Self {
        let run = (transport.method(), transport.termination(), transport.iterations());
        let (plan, potentials) = (transport.plan().clone(), transport.potentials().clone());
        Self::new(run, (Some(plan), potentials, *transport.certificate()), clouds)
    }

    /// The plan, or why there is none.
    pub(crate) fn known_plan(&self) -> PyResult<&TransportPlan> {
        let hint = "pass plan= to certify; dense_plan() forms an entropic plan";
        self.plan.as_ref().ok_or_else(|| invalid("there is no plan of few cells", hint))
    }

    fn shape(&self) -> (usize, usize) {
        (self.potentials.f().len(), self.potentials.g().len())
    }

    /// The verdict in a word.
    fn verdict(&self) -> String {
        if self.certificate.is_optimal() {
            "optimal".to_owned()
        } else {
            format!("{}, relative gap {:.1e}", self.status, self.certificate.relative_gap())
        }
    }
}

#[pymethods]
impl Answer {
    /// The cost of the plan, in units of cost × mass: the upper bound.
    #[getter]
    fn value(&self) -> f64 {
        self.certificate.upper
    }

    /// A proved lower bound of the optimum.
    #[getter]
    fn lower(&self) -> f64 {
        self.certificate.lower
    }

    /// A proved upper bound of the optimum.
    #[getter]
    fn upper(&self) -> f64 {
        self.certificate.upper
    }

    /// ``upper - lower``, rounded up.
    #[getter]
    fn gap(&self) -> f64 {
        self.certificate.gap
    }

    /// Why the run ended: ``"optimal"``, ``"tolerance_reached"``, ``"iteration_limit"``,
    /// ``"time_limit"``, ``"stopped"``; ``"judged"`` by `certify`.
    #[getter]
    fn status(&self) -> &'static str {
        self.status
    }

    /// The bounds, the gap and the residuals of what was judged.
    #[getter]
    fn certificate(&self) -> CertificateView {
        CertificateView(self.certificate)
    }

    /// The Kantorovich potentials (f, g), shapes (n,) and (m,): ``f[i] + g[j] <= c(i, j)``.
    #[getter]
    fn potentials<'py>(&self, py: Python<'py>) -> PotentialArrays<'py> {
        arrays(py, &self.potentials)
    }

    /// The cells of the plan that carry mass: rows, columns, masses.
    #[getter]
    fn plan_ijv<'py>(&self, py: Python<'py>) -> PyResult<Cells<'py>> {
        Ok(cells(py, self.known_plan()?))
    }

    /// The plan as a ``scipy.sparse.coo_array`` of shape (n, m); scipy must be installed.
    #[getter]
    fn plan<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        coo_array(self.plan_ijv(py)?, self.shape())
    }

    /// The plan as a matrix of shape (n, m): 8·n·m bytes.
    fn dense_plan<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        Ok(self.known_plan()?.to_dense().into_pyarray(py))
    }

    /// A picture of the plan: ``"map"`` draws arrows between points in the plane, ``"heatmap"`` the matrix;
    /// without a kind the map where there is one.
    ///
    /// Examples
    /// --------
    /// >>> import deblais
    /// >>> answer = deblais.emd([[0.0, 0.0], [1.0, 0.0]], [[0.0, 3.0], [1.0, 4.0]])
    /// >>> answer.plot().svg.startswith("<svg")
    /// True
    #[pyo3(signature = (kind=None))]
    fn plot(this: PyRef<'_, Self>, kind: Option<&str>) -> PyResult<Picture> {
        Picture::new(this, kind)
    }

    fn __repr__(this: &Bound<'_, Self>) -> PyResult<String> {
        let (answer, class) = (this.get(), this.get_type().qualname()?);
        let Certificate { lower, upper, .. } = answer.certificate;
        let ((n, m), verdict) = (answer.shape(), answer.verdict());
        Ok(format!("<{class} in [{lower:?}, {upper:?}], {verdict}; {n} × {m}, {}>", answer.method))
    }

    fn _repr_html_(this: &Bound<'_, Self>) -> PyResult<String> {
        let answer = this.get();
        let Certificate { lower, upper, gap, .. } = answer.certificate;
        let (n, m) = answer.shape();
        let rows = [
            ("lower bound", format!("{lower:?}")),
            ("upper bound", format!("{upper:?}")),
            ("gap", format!("{gap:.1e}: {}", answer.verdict())),
            ("problem", format!("{n} × {m}")),
            ("method", format!("{}, {} iterations", answer.method, answer.iterations)),
        ];
        let mut html = format!("<table><caption>{}</caption>", this.get_type().qualname()?);
        for (name, value) in rows {
            let _ = write!(html, "<tr><th>{name}</th><td>{value}</td></tr>");
        }
        html.push_str("</table>");
        if answer.plan.is_some() {
            html.push_str(&Picture::new(this.borrow(), None)?.svg()?);
        }
        Ok(html)
    }
}

/// Potentials as arrays.
pub(crate) fn arrays<'py>(py: Python<'py>, potentials: &Potentials) -> PotentialArrays<'py> {
    (potentials.f().to_pyarray(py), potentials.g().to_pyarray(py))
}

/// An answer of a derived class, on its way to Python.
pub(crate) struct Derived<C>(pub(crate) Answer, pub(crate) C);

impl<'py, C: PyClass<BaseType = Answer>> IntoPyObject<'py> for Derived<C> {
    type Target = C;
    type Output = Bound<'py, C>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        Bound::new(py, PyClassInitializer::from(self.0).add_subclass(self.1))
    }
}

/// `scipy.sparse.coo_array` of these cells.
pub(crate) fn coo_array(
    (rows, columns, masses): Cells<'_>,
    shape: (usize, usize),
) -> PyResult<Bound<'_, PyAny>> {
    let sparse = rows.py().import("scipy.sparse").map_err(|_| {
        let message = "plan needs scipy: pip install scipy; plan_ijv and dense_plan() do not";
        PyModuleNotFoundError::new_err(message)
    })?;
    sparse.call_method1("coo_array", ((masses, (rows, columns)), shape))
}

/// The cells of a plan.
pub(crate) fn cells<'py>(py: Python<'py>, plan: &TransportPlan) -> Cells<'py> {
    let index = |of: fn(&deblais::PlanArc) -> usize| -> Vec<i64> {
        plan.arcs().iter().map(|arc| i64::try_from(of(arc)).expect("an index")).collect()
    };
    let masses: Vec<f64> = plan.arcs().iter().map(|arc| arc.mass).collect();
    let (rows, columns) = (index(|arc| arc.source), index(|arc| arc.target));
    (rows.into_pyarray(py), columns.into_pyarray(py), masses.into_pyarray(py))
}

/// The bracket that a plan and potentials prove, in units of cost × mass.
#[pyclass(frozen, name = "Certificate", module = "deblais")]
pub(crate) struct CertificateView(pub(crate) Certificate);

#[pymethods]
impl CertificateView {
    /// Dual value of the repaired potentials: at most the optimum.
    #[getter]
    fn lower(&self) -> f64 {
        self.0.lower
    }

    /// Cost of the repaired plan: at least the optimum; infinite without a plan.
    #[getter]
    fn upper(&self) -> f64 {
        self.0.upper
    }

    /// ``upper - lower``, rounded up.
    #[getter]
    fn gap(&self) -> f64 {
        self.0.gap
    }

    /// ``gap / abs(upper)``, rounded up.
    #[getter]
    fn relative_gap(&self) -> f64 {
        self.0.relative_gap()
    }

    /// Whether the cost is known to a relative gap of 1e-9.
    #[getter]
    fn is_optimal(&self) -> bool {
        self.0.is_optimal()
    }

    /// ``sum_i abs(sum_j plan[i, j] - a[i])`` of the plan as it was handed over.
    #[getter]
    fn source_residual(&self) -> f64 {
        self.0.source_residual
    }

    /// ``sum_j abs(sum_i plan[i, j] - b[j])`` of the plan as it was handed over.
    #[getter]
    fn target_residual(&self) -> f64 {
        self.0.target_residual
    }

    /// ``max(f[i] + g[j] - c(i, j), 0)`` of the potentials as they were handed over.
    #[getter]
    fn dual_violation(&self) -> f64 {
        self.0.dual_violation
    }

    fn __repr__(&self) -> String {
        let Certificate { lower, upper, gap, .. } = self.0;
        let verdict = if self.0.is_optimal() { "optimal" } else { "not proved" };
        format!("<Certificate in [{lower:?}, {upper:?}], gap {gap:.1e}: {verdict}>")
    }
}

impl<'py> IntoPyObject<'py> for CertificateList {
    type Target = PyTuple;
    type Output = Bound<'py, PyTuple>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        PyTuple::new(py, self.0.into_iter().map(CertificateView))
    }
}

/// Certificates of several problems.
pub(crate) struct CertificateList(pub(crate) Vec<Certificate>);
