//! `pairwise`: the transport costs between all pairs of many measures.

use deblais::ndarray::Array2;
use deblais::pairwise::{Distances, pairwise_with};
use numpy::{IntoPyArray, PyArray2};
use pyo3::prelude::*;

use crate::arrays::measure;
use crate::errors::{Invalid, invalid};
use crate::run::{Watch, run};
use crate::settings::{ground, seconds};

/// The transport costs between all pairs of k measures, each with its bracket.
///
/// ``numpy.asarray`` of it is `upper`.
#[pyclass(frozen, name = "Pairwise", module = "deblais")]
pub(crate) struct PairwiseView(Distances);

#[pymethods]
impl PairwiseView {
    /// The costs of the plans found, shape (k, k), symmetric; ``inf`` where a pair is not solved.
    #[getter]
    fn upper<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f64>> {
        self.0.costs().into_pyarray(py)
    }

    /// Proved lower bounds, shape (k, k), symmetric; 0 where a pair is not solved.
    #[getter]
    fn lower<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f64>> {
        let mut bounds = Array2::zeros((self.0.measures, self.0.measures));
        for judged in &self.0.found {
            let (i, j) = judged.pair;
            bounds[(i, j)] = judged.certificate.lower;
            bounds[(j, i)] = judged.certificate.lower;
        }
        bounds.into_pyarray(py)
    }

    /// The largest relative gap of a pair.
    #[getter]
    fn worst_relative_gap(&self) -> f64 {
        self.0.worst().map_or(0.0, |judged| judged.certificate.relative_gap())
    }

    /// Why the run ended.
    #[getter]
    fn status(&self) -> &'static str {
        self.0.termination.name()
    }

    #[pyo3(signature = (dtype=None, copy=None))]
    fn __array__<'py>(
        &self,
        py: Python<'py>,
        dtype: Option<&Bound<'py, PyAny>>,
        copy: Option<bool>,
    ) -> PyResult<Bound<'py, PyAny>> {
        // The matrix is made for every call.
        let _ = copy;
        match dtype {
            None => Ok(self.upper(py).into_any()),
            Some(dtype) => self.upper(py).call_method1("astype", (dtype,)),
        }
    }

    fn __repr__(&self) -> String {
        let (k, gap) = (self.0.measures, self.worst_relative_gap());
        format!("<Pairwise costs of {k} measures, {}, relative gaps ≤ {gap:.1e}>", self.status())
    }
}

/// The transport costs between all pairs of many measures, on all threads, each proved.
///
/// Parameters
/// ----------
/// sets : sequence of array_like, shape (n_i, d)
///     The points of k measures.
/// masses : sequence of array_like, shape (n_i,), optional
///     Their masses, of equal totals; 1/n_i each if left out.
/// cost, p, time_limit, threads
///     As in `emd`.
///
/// Returns
/// -------
/// Pairwise
///
/// Examples
/// --------
/// >>> import deblais, numpy
/// >>> numpy.asarray(deblais.pairwise([[0.0, 1.0], [2.0, 3.0], [5.0, 6.0]]))
/// array([[0., 2., 5.],
///        [2., 0., 3.],
///        [5., 3., 0.]])
#[pyfunction]
#[pyo3(signature = (sets, masses=None, *, cost="euclidean", p=1.0, time_limit=None, threads=None))]
pub(crate) fn pairwise<'py>(
    py: Python<'py>,
    sets: Vec<Bound<'py, PyAny>>,
    masses: Option<Vec<Bound<'py, PyAny>>>,
    cost: &str,
    p: f64,
    time_limit: Option<f64>,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    let ground = ground(cost, p)?;
    let limit = time_limit.map(seconds).transpose()?;
    if masses.as_ref().is_some_and(|masses| masses.len() != sets.len()) {
        return Err(invalid(
            "sets and masses have different lengths",
            "pass one array for each set",
        ));
    }
    let mass_of = |k: usize| masses.as_ref().map(|masses| &masses[k]);
    let of_set = |(k, set)| measure(set, mass_of(k), ["a set", "masses"]);
    let measures = sets.iter().enumerate().map(of_set).collect::<PyResult<Vec<_>>>()?;
    let values: usize = measures.iter().map(|one| one.len() * one.dim()).sum();
    run(py, values.saturating_mul(values), threads, move |stop| {
        let found = pairwise_with(&measures, ground, &mut Watch::new(stop, limit));
        Ok(PairwiseView(found.map_err(Invalid::from)?))
    })
}
