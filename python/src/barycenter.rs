//! `barycenter`: the mean of measures, on a given support or with points that move.

use deblais::barycenter::{
    BarycenterError, BarycenterMethod, BarycenterOptions, BarycenterProblem, free_support,
};
use deblais::ndarray::{Array1, Array2};
use deblais::{Certificate, DiscreteMeasure, SqEuclidean};
use numpy::{PyArray1, PyArray2, ToPyArray};
use pyo3::prelude::*;

use crate::answer::{CertificateList, CertificateView};
use crate::arrays::{measure, points, vector};
use crate::errors::{Invalid, invalid};
use crate::run::{Watch, run};
use crate::settings::{ground, seconds};

/// A barycenter and the bracket on the least value of ``sum_k weights[k] * OT(barycenter, measure k)``.
///
/// Where points move, the bracket is that of the value at the points found: no bound on the least value is
/// known there.
#[pyclass(frozen, name = "Barycenter", module = "deblais")]
pub(crate) struct BarycenterView {
    points: Array2<f64>,
    masses: Array1<f64>,
    certificate: Certificate,
    transports: Vec<Certificate>,
    /// Why the run ended.
    #[pyo3(get)]
    status: &'static str,
}

#[pymethods]
impl BarycenterView {
    /// The points, shape (N, d).
    #[getter]
    fn points<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f64>> {
        self.points.to_pyarray(py)
    }

    /// The masses, shape (N,), of sum 1.
    #[getter]
    fn masses<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.masses.to_pyarray(py)
    }

    /// The value at `masses` and `points`: the upper bound.
    #[getter]
    fn value(&self) -> f64 {
        self.certificate.upper
    }

    /// The bracket.
    #[getter]
    fn certificate(&self) -> CertificateView {
        CertificateView(self.certificate)
    }

    /// The brackets on the transport costs to the measures of positive weight.
    #[getter]
    fn transports(&self) -> CertificateList {
        CertificateList(self.transports.clone())
    }

    fn __repr__(&self) -> String {
        let (Certificate { lower, upper, .. }, n) = (self.certificate, self.masses.len());
        format!("<Barycenter of {n} points, value in [{lower:?}, {upper:?}], {}>", self.status)
    }
}

/// The barycenter of measures: the measure of least weighted mean transport cost to them.
///
/// Parameters
/// ----------
/// measures : sequence
///     Points of shape (n, d), or pairs (points, masses).
/// weights : array_like, shape (k,), optional
///     Weights of the measures; equal if left out.
/// support : array_like, shape (N, d), optional
///     The points of the barycenter, whose masses are found.
/// start : array_like, shape (N, d), optional
///     Points of equal mass to start from, which then move (squared Euclidean cost alone). One of
///     `support` and `start` is needed.
/// cost, p
///     The ground cost on a given support; see `emd`.
/// gap : float
///     Relative gap at which a run on a given support ends.
/// time_limit, threads
///     As in `emd`.
///
/// Returns
/// -------
/// Barycenter
///
/// Examples
/// --------
/// >>> import deblais
/// >>> ends = [[[0.0]], [[4.0]]]
/// >>> line = [[0.0], [1.0], [2.0], [3.0], [4.0]]
/// >>> found = deblais.barycenter(ends, weights=[0.75, 0.25], support=line)
/// >>> found.certificate.lower <= 3.0 <= found.certificate.upper
/// True
/// >>> deblais.barycenter(ends, start=[[1.0]]).points
/// array([[2.]])
#[pyfunction]
#[pyo3(signature = (measures, *, weights=None, support=None, start=None, cost="sqeuclidean", p=1.0,
    gap=0.01, time_limit=None, threads=None))]
pub(crate) fn barycenter<'py>(
    py: Python<'py>,
    measures: Vec<Bound<'py, PyAny>>,
    weights: Option<&Bound<'py, PyAny>>,
    support: Option<&Bound<'py, PyAny>>,
    start: Option<&Bound<'py, PyAny>>,
    cost: &str,
    p: f64,
    gap: f64,
    time_limit: Option<f64>,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    let ground = ground(cost, p)?;
    let limit = time_limit.map(seconds).transpose()?;
    let measures = measures.iter().map(one_measure).collect::<PyResult<Vec<_>>>()?;
    let weights = match weights {
        Some(weights) => vector(weights, "weights")?.to_vec(),
        None => vec![1.0; measures.len()],
    };
    let cells = |n: usize| measures.iter().map(|one| one.len() * one.dim()).sum::<usize>() * n;
    // Every pass is done many times.
    let pass = |n: usize| cells(n).saturating_mul(64);
    match (support, start) {
        (Some(support), None) => {
            let support = points(support, "support")?;
            run(py, pass(support.nrows()), threads, move |stop| {
                let problem = BarycenterProblem::new(support.clone(), &measures, &weights, ground);
                on_support(support, problem, gap, &mut Watch::new(stop, limit))
            })
        }
        (None, Some(start)) if ground == SqEuclidean.into() => {
            let start = measure(start, None, ["start", "start"])?;
            run(py, pass(start.len()), threads, move |stop| {
                moving(&start, &measures, &weights, &mut Watch::new(stop, limit))
            })
        }
        (None, Some(_)) => {
            let hint = "leave cost and p out, or pass support=";
            Err(invalid("points move for the squared Euclidean cost alone", hint))
        }
        _ => {
            let hint = "pass support= (points whose masses are found) or start= (points that move)";
            Err(invalid("the points of the barycenter are not given once", hint))
        }
    }
}

fn on_support(
    points: Array2<f64>,
    problem: Result<BarycenterProblem, BarycenterError>,
    gap: f64,
    watch: &mut Watch<'_>,
) -> PyResult<BarycenterView> {
    let options = BarycenterOptions { method: BarycenterMethod::Auto, gap: Some(gap) };
    let found = problem.and_then(|problem| problem.solve_with(&options, watch));
    let found = found.map_err(Invalid::from)?;
    Ok(BarycenterView {
        points,
        masses: found.masses,
        certificate: found.certificate,
        transports: found.transports,
        status: found.termination.name(),
    })
}

fn moving(
    start: &DiscreteMeasure,
    measures: &[DiscreteMeasure],
    weights: &[f64],
    watch: &mut Watch<'_>,
) -> PyResult<BarycenterView> {
    let found = free_support(start, measures, weights, watch).map_err(Invalid::from)?;
    Ok(BarycenterView {
        certificate: *found.certificate(),
        points: found.measure.support().to_owned(),
        masses: found.measure.mass().to_owned(),
        transports: found.transports,
        status: found.termination.name(),
    })
}

/// Points, or a pair of points and masses.
fn one_measure(given: &Bound<'_, PyAny>) -> PyResult<DiscreteMeasure> {
    match given.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>() {
        Ok((points, masses)) if given.is_instance_of::<pyo3::types::PyTuple>() => {
            measure(&points, Some(&masses), ["measures", "the masses"])
        }
        _ => measure(given, None, ["measures", "the masses"]),
    }
}
