//! `two_sample_test`, `divergences`: two samples compared.

use std::collections::BTreeMap;

use deblais::divergence::named::{NAMES, values};
use deblais::divergence::{Bins, energy, median_bandwidth, mmd_unbiased};
use deblais::ndarray::Array2;
use deblais::seed::Seed;
use deblais::solvers::line::{directions, sliced_wasserstein};
use deblais::solvers::sinkhorn::{Epsilon, Sinkhorn};
use deblais::solvers::w2::w2;
use deblais::two_sample::{Statistic, StatisticTest, TestOptions, two_sample_test_with};
use deblais::{DiscreteMeasure, GroundCost, OtProblem, SolveOptions};
use numpy::{IntoPyArray, PyArray2};
use pyo3::prelude::*;

use crate::arrays::measure;
use crate::errors::{Invalid, invalid};
use crate::run::{Watch, run};
use crate::settings::{ground, seconds};

/// The test of one statistic.
#[pyclass(frozen, name = "StatisticTest", module = "deblais")]
pub(crate) struct StatisticView(StatisticTest);

#[pymethods]
impl StatisticView {
    /// The value for the samples: the upper bound of its bracket.
    #[getter]
    fn value(&self) -> f64 {
        self.0.observed.upper
    }

    /// Bounds (lower, upper) of the value for the samples.
    #[getter]
    fn observed(&self) -> (f64, f64) {
        (self.0.observed.lower, self.0.observed.upper)
    }

    /// ``(1 + at_least) / (1 + permutations)``, valid for every sample size and law.
    #[getter]
    fn p_value(&self) -> f64 {
        self.0.p_value()
    }

    /// Permutations whose value counts as at least the observed one, ties among them.
    #[getter]
    fn at_least(&self) -> usize {
        self.0.at_least
    }

    /// Bounds of the value for each permutation, shape (B, 2).
    #[getter]
    fn null<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f64>> {
        let ends = self.0.null.iter().flat_map(|bracket| [bracket.lower, bracket.upper]);
        let table = Array2::from_shape_vec((self.0.null.len(), 2), ends.collect());
        table.expect("two ends each").into_pyarray(py)
    }

    fn __repr__(&self) -> String {
        let (name, permutations) = (self.0.statistic.name(), self.0.null.len());
        let (value, p) = (self.value(), self.p_value());
        format!("<StatisticTest {name} = {value:?}, p = {p} of {permutations} permutations>")
    }
}

/// Permutation tests of whether two samples come from one law.
///
/// Parameters
/// ----------
/// x, y : array_like, shape (n, d) and (m, d)
///     The samples.
/// statistics : sequence of str
///     Of ``"emd"``, ``"energy"``, ``"mmd"``.
/// permutations : int
///     Number of permutations.
/// seed : int
///     Their seed.
/// stop_after : int, optional
///     End the test of a statistic once so many permutations are at least as large as the observed value.
/// bandwidth : float, optional
///     That of the kernel of ``"mmd"``; by default the median distance of the pooled points.
/// cost, p, time_limit, threads
///     As in `emd`.
///
/// Returns
/// -------
/// dict of str to StatisticTest
///
/// Examples
/// --------
/// >>> import deblais, numpy
/// >>> draws = numpy.random.default_rng(0)
/// >>> x, y = draws.normal(size=(12, 2)), draws.normal(3.0, size=(15, 2))
/// >>> deblais.two_sample_test(x, y)["emd"].p_value
/// 0.001
#[pyfunction]
#[pyo3(signature = (x, y, *, statistics=vec!["emd".into(), "energy".into(), "mmd".into()],
    permutations=999, seed=0, stop_after=None, bandwidth=None, cost="euclidean", p=1.0,
    time_limit=None, threads=None))]
pub(crate) fn two_sample_test<'py>(
    py: Python<'py>,
    x: &Bound<'py, PyAny>,
    y: &Bound<'py, PyAny>,
    statistics: Vec<String>,
    permutations: usize,
    seed: u64,
    stop_after: Option<usize>,
    bandwidth: Option<f64>,
    cost: &str,
    p: f64,
    time_limit: Option<f64>,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    let ground = ground(cost, p)?;
    let limit = time_limit.map(seconds).transpose()?;
    let statistics = statistics.iter().map(|name| statistic(name)).collect::<PyResult<Vec<_>>>()?;
    let (x, y) = (measure(x, None, ["x", "x"])?, measure(y, None, ["y", "y"])?);
    let pass = (x.len() * y.len() * x.dim()).saturating_mul(permutations);
    run(py, pass, threads, move |stop| {
        let mut options = TestOptions::new()
            .statistics(statistics)
            .permutations(permutations)
            .seed(Seed(seed))
            .observer(Watch::new(stop, limit));
        if let Some(count) = stop_after {
            options = options.stop_after(count);
        }
        if let Some(sigma) = bandwidth {
            options = options.bandwidth(sigma);
        }
        let test = two_sample_test_with(&x, &y, ground, &options).map_err(Invalid::from)?;
        let named =
            test.statistics.into_iter().map(|test| (test.statistic.name(), StatisticView(test)));
        Ok(named.collect::<BTreeMap<_, _>>())
    })
}

fn statistic(name: &str) -> PyResult<Statistic> {
    Statistic::ALL.into_iter().find(|statistic| statistic.name() == name).ok_or_else(|| {
        let hint = "statistics are \"emd\", \"energy\" and \"mmd\"";
        invalid(format!("there is no statistic \"{name}\""), hint)
    })
}

/// Divergences of two histograms on the same cells.
///
/// Parameters
/// ----------
/// a, b : array_like, shape (k,)
///     Masses of the cells, in proportion to their sums.
/// alpha : float
///     Order of ``"alpha"`` and ``"renyi"``, above 0.
///
/// Returns
/// -------
/// dict of str to float
///     ``"kl"``, ``"kl_reverse"``, ``"js"``, ``"tv"``, ``"hellinger2"``, ``"chi2"``, ``"chi2_reverse"``,
///     ``"jeffreys"``, ``"alpha"``, ``"renyi"``, ``"bhattacharyya"``, ``"lsgan"``.
///
/// Examples
/// --------
/// >>> import deblais
/// >>> deblais.histogram_divergences([0.5, 0.5], [0.25, 0.75])["tv"]
/// 0.25
#[pyfunction]
#[pyo3(signature = (a, b, *, alpha=0.5))]
pub(crate) fn histogram_divergences(
    a: &Bound<'_, PyAny>,
    b: &Bound<'_, PyAny>,
    alpha: f64,
) -> PyResult<BTreeMap<&'static str, f64>> {
    check_order(alpha)?;
    let cells = |masses, name| {
        PyResult::Ok(crate::arrays::marginal(Some(masses), 0, name)?.mass().to_vec())
    };
    let (p, q) = (cells(a, "a")?, cells(b, "b")?);
    if p.len() != q.len() {
        let message = format!("a has {} cells, b has {}", p.len(), q.len());
        return Err(invalid(message, "pass masses of the same cells"));
    }
    Ok(NAMES.into_iter().zip(values(alpha, &p, &q)).collect())
}

fn check_order(alpha: f64) -> PyResult<()> {
    if alpha > 0.0 && alpha.is_finite() {
        return Ok(());
    }
    Err(invalid(format!("alpha = {alpha}"), "pass an order above 0, such as alpha=0.5"))
}

/// Divergences and distances of two samples.
///
/// Parameters
/// ----------
/// x, y : array_like, shape (n, d) and (m, d)
///     The samples; shape (n,) stands for numbers.
/// a, b : array_like, shape (n,) and (m,), optional
///     Their masses, of equal totals; 1/n and 1/m each if left out.
/// bins : int, optional
///     Cells along each axis of the histograms; Scott's rule if left out.
/// alpha : float
///     Order of ``"alpha"`` and ``"renyi"``, above 0.
/// cost, p
///     Ground cost of ``"emd"`` and ``"sinkhorn"``; see `emd`.
/// n_directions, seed
///     Number and seed of the lines of ``"sliced"``.
/// threads : int, optional
///     Threads; all cores if left out.
///
/// Returns
/// -------
/// dict of str to float
///     ``"emd"``, ``"w2"``, ``"sliced"`` (W_2 on lines), ``"energy"``, ``"mmd"`` (squared, unbiased),
///     ``"sinkhorn"``, and in up to three dimensions those of `histogram_divergences` between histograms
///     in common bins. `pandas.Series` shows it as a table.
///
/// Examples
/// --------
/// >>> import deblais
/// >>> found = deblais.divergences([0.0, 1.0, 2.0], [0.5, 1.5, 2.5])
/// >>> round(found["emd"], 9), round(found["w2"], 9)
/// (0.5, 0.5)
#[pyfunction]
#[pyo3(signature = (x, y, a=None, b=None, *, bins=None, alpha=0.5, cost="euclidean", p=1.0,
    n_directions=200, seed=0, threads=None))]
pub(crate) fn divergences<'py>(
    py: Python<'py>,
    x: &Bound<'py, PyAny>,
    y: &Bound<'py, PyAny>,
    a: Option<&Bound<'py, PyAny>>,
    b: Option<&Bound<'py, PyAny>>,
    bins: Option<usize>,
    alpha: f64,
    cost: &str,
    p: f64,
    n_directions: usize,
    seed: u64,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    check_order(alpha)?;
    if bins == Some(0) {
        return Err(invalid("bins = 0", "pass the number of cells along an axis, at least 1"));
    }
    let ground = ground(cost, p)?;
    let (x, y) = (measure(x, a, ["x", "a"])?, measure(y, b, ["y", "b"])?);
    run(py, usize::MAX, threads, move |stop| {
        let mut found = distances(&x, &y, ground, (n_directions, Seed(seed)), stop)?;
        if x.dim() <= 3 {
            found.extend(densities(&x, &y, bins, alpha).map_err(Invalid::from)?);
        }
        Ok(found)
    })
}

fn distances(
    x: &DiscreteMeasure,
    y: &DiscreteMeasure,
    ground: GroundCost,
    (lines, seed): (usize, Seed),
    stop: &std::sync::atomic::AtomicBool,
) -> PyResult<BTreeMap<&'static str, f64>> {
    let problem = OtProblem::new(x, y, ground).map_err(Invalid::from)?;
    let options = SolveOptions::new().stop_flag(stop);
    let emd = problem.solve_with(&options).map_err(Invalid::from)?.value();
    let w2 = w2(x, y, &mut Watch::new(stop, None)).map_err(Invalid::from)?.value;
    let lines = directions(lines, x.dim(), &mut seed.stream("directions"));
    let sliced = sliced_wasserstein(x, y, 2.0, lines.view()).map_err(Invalid::from)?;
    let energy = energy(x, y).map_err(Invalid::from)?.value;
    let mmd = median_bandwidth(x, y).and_then(|sigma| mmd_unbiased(x, y, sigma));
    let mmd = mmd.map_err(Invalid::from)?.value;
    let sinkhorn = Sinkhorn { epsilon: Epsilon::Relative(0.05), ..Sinkhorn::default() };
    let sinkhorn = sinkhorn.divergence_with(x, y, ground, &options).map_err(Invalid::from)?.value;
    Ok([
        ("emd", emd),
        ("w2", w2),
        ("sliced", sliced),
        ("energy", energy),
        ("mmd", mmd),
        ("sinkhorn", sinkhorn),
    ]
    .into())
}

fn densities(
    x: &DiscreteMeasure,
    y: &DiscreteMeasure,
    bins: Option<usize>,
    alpha: f64,
) -> Result<impl Iterator<Item = (&'static str, f64)>, deblais::divergence::EstimateError> {
    let grid = match bins {
        Some(cells) => Bins::equal(x, y, cells)?,
        None => Bins::scott(x, y)?,
    };
    let counts = grid.count(x, y);
    Ok(NAMES.into_iter().zip(values(alpha, &counts.source, &counts.target)))
}
