//! `wasserstein_1d`, `sliced_wasserstein`: transport on lines, by sorting.

use deblais::measure::DiscreteMeasure;
use deblais::seed::Seed;
use deblais::solvers::line::{directions, sliced_wasserstein as sliced, wasserstein_1d_weighted};
use pyo3::prelude::*;

use crate::arrays::{measure, vector};
use crate::errors::Invalid;
use crate::run::run;

/// The Wasserstein distance of numbers, by sorting: exact up to rounding, without a certificate.
///
/// Parameters
/// ----------
/// x, y : array_like, shape (n,) and (m,)
///     Points on the line.
/// a, b : array_like, shape (n,) and (m,), optional
///     Masses of equal total; 1/n and 1/m each if left out.
/// p : float
///     The order, at least 1.
/// threads : int, optional
///     Threads; all cores if left out.
///
/// Returns
/// -------
/// float
///     ``W_p``, the p-th root of the least ``sum(plan * abs(x - y)**p)``.
///
/// Examples
/// --------
/// >>> import deblais
/// >>> deblais.wasserstein_1d([0.0, 1.0], [3.0, 2.0])
/// 2.0
#[pyfunction]
#[pyo3(signature = (x, y, a=None, b=None, *, p=1.0, threads=None))]
pub(crate) fn wasserstein_1d<'py>(
    py: Python<'py>,
    x: &Bound<'py, PyAny>,
    y: &Bound<'py, PyAny>,
    a: Option<&Bound<'py, PyAny>>,
    b: Option<&Bound<'py, PyAny>>,
    p: f64,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    let (x, y) = (vector(x, "x")?.to_vec(), vector(y, "y")?.to_vec());
    let pass = x.len() + y.len();
    if let (None, None) = (a, b) {
        return run(py, pass, threads, move |_| {
            Ok(deblais::wasserstein_1d(&x, &y, p).map_err(Invalid::from)?)
        });
    }
    let masses = |masses: Option<&Bound<'_, PyAny>>, n: usize, name| match masses {
        Some(masses) => Ok(vector(masses, name)?.to_vec()),
        None => PyResult::Ok(vec![1.0 / n as f64; n]),
    };
    let (a, b) = (masses(a, x.len(), "a")?, masses(b, y.len(), "b")?);
    run(py, pass, threads, move |_| {
        Ok(wasserstein_1d_weighted((&x, &a), (&y, &b), p).map_err(Invalid::from)?)
    })
}

/// The sliced Wasserstein distance: the p-th root of the mean of ``W_p**p`` over projections on random
/// lines.
///
/// Parameters
/// ----------
/// x, y : array_like, shape (n, d) and (m, d)
///     Points.
/// a, b : array_like, shape (n,) and (m,), optional
///     Masses of equal total; 1/n and 1/m each if left out.
/// p : float
///     The order, at least 1.
/// n_directions : int
///     Number of lines.
/// seed : int
///     Seed of the lines.
/// threads : int, optional
///     Threads; all cores if left out.
///
/// Returns
/// -------
/// float
///
/// Examples
/// --------
/// >>> import deblais
/// >>> x = [[0.0, 0.0], [1.0, 0.0]]
/// >>> 0 < deblais.sliced_wasserstein(x, [[0.0, 1.0], [1.0, 1.0]]) < 1
/// True
#[pyfunction]
#[pyo3(signature = (x, y, a=None, b=None, *, p=1.0, n_directions=200, seed=0, threads=None))]
pub(crate) fn sliced_wasserstein<'py>(
    py: Python<'py>,
    x: &Bound<'py, PyAny>,
    y: &Bound<'py, PyAny>,
    a: Option<&Bound<'py, PyAny>>,
    b: Option<&Bound<'py, PyAny>>,
    p: f64,
    n_directions: usize,
    seed: u64,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    let (x, y) = (measure(x, a, ["x", "a"])?, measure(y, b, ["y", "b"])?);
    let pass = (x.len() + y.len()).saturating_mul(n_directions);
    run(py, pass, threads, move |_| {
        let lines = directions(
            n_directions,
            DiscreteMeasure::dim(&x),
            &mut Seed(seed).stream("directions"),
        );
        Ok(sliced(&x, &y, p, lines.view()).map_err(Invalid::from)?)
    })
}
