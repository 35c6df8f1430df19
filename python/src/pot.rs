//! The engine under `deblais.pot`: POT's calls to its network simplex, with its result codes.

use std::sync::atomic::AtomicBool;

use deblais::cost::{Cost, CostMatrix, SparseCost};
use deblais::ndarray::{Array1, Array2, ArrayView1};
use deblais::solvers::SolveError;
use deblais::solvers::network_simplex::SimplexOptions;
use deblais::{
    Certificate, DiscreteMeasure, GroundCost, Marginal, Method, OtProblem, PlanArc, Potentials,
    Solution, Termination, TransportPlan,
};
use numpy::{IntoPyArray, PyArray1, PyArray2};
use pyo3::exceptions::PyAssertionError;
use pyo3::prelude::*;

use crate::answer::{Cells, cells};
use crate::arrays::{LentCost, indices, marginal, measure, vector};
use crate::errors::{Invalid, invalid};
use crate::run::{Watch, run};
use crate::settings::ground;

/// POT's code of a problem without a plan.
const INFEASIBLE: i32 = 0;
/// Its code of an optimum.
const OPTIMAL: i32 = 1;
/// Its code of a run that ended at `numItermax`.
const ITERATION_LIMIT: i32 = 3;

/// Reduced costs that are rounding errors of M, relative to its typical cost times the number of points. Loops
/// that solve until nothing improves would follow them; POT's simplex ignores as much.
const ENTERING_TOLERANCE: f64 = 2.3e-15;

/// Total costs that are 0 up to rounding errors of M, in units of the tolerance times the total mass.
const ZERO_COST: f64 = 1e3;

/// The difference of totals from which POT refuses a problem.
const TOTALS_DIFFERENCE: f64 = 1.5e-6;

/// How a call goes: `numItermax`, initial potentials, whether the potentials are centered, and whether unequal
/// totals are refused.
pub(crate) struct Call<'py> {
    limit: Option<u64>,
    start: Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)>,
    center: bool,
    check: bool,
}

impl<'py> FromPyObject<'_, 'py> for Call<'py> {
    type Error = PyErr;

    fn extract(given: pyo3::Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let (limit, start, center, check) = given.extract()?;
        Ok(Self { limit, start, center, check })
    }
}

/// Source and target masses, and how the problem between them is solved.
struct Sides {
    source: Marginal,
    target: Marginal,
    start: Option<Potentials>,
    limit: Option<u64>,
    center: bool,
}

impl Sides {
    fn new(
        a: &Bound<'_, PyAny>,
        b: &Bound<'_, PyAny>,
        (n, m): (usize, usize),
        call: &Call<'_>,
    ) -> PyResult<Self> {
        let side = |masses: &Bound<'_, PyAny>, n: usize, name| {
            let masses = (!masses.is_none() && masses.len()? > 0).then_some(masses);
            let side = marginal(masses, n, name)?;
            if side.mass().len() == n {
                return Ok(side);
            }
            let message = "Dimension mismatch, check dimensions of M with a and b";
            Err(PyAssertionError::new_err(message))
        };
        let (source, target) = (side(a, n, "a")?, side(b, m, "b")?);
        let (total, other) = (source.total(), target.total());
        if call.check && (total - other).abs() > TOTALS_DIFFERENCE {
            let message =
                format!("a and b vector must have the same sum, but have {total} and {other}");
            return Err(PyAssertionError::new_err(message));
        }
        let start = call.start.as_ref().map(|(f, g)| {
            let name = "potentials_init";
            let made = Potentials::new(vector(f, name)?, vector(g, name)?);
            made.map_err(|error| invalid(error, "potentials_init holds finite numbers"))
        });
        let start = start.transpose()?;
        Ok(Self { source, target, start, limit: call.limit, center: call.center })
    }

    /// The answer under a cost table, whose typical cost is `typical`.
    fn solved(self, table: Box<dyn Cost + '_>, typical: f64, stop: &AtomicBool) -> PyResult<Found> {
        let Self { source, target, start, limit, center } = self;
        let problem =
            OtProblem::between(source, target, table, f64::INFINITY).map_err(Invalid::from)?;
        let method = match Method::Auto.chosen(&problem) {
            Method::Assignment if start.is_some() => Method::Simplex,
            chosen => chosen,
        };
        let solve = |entering_tolerance| {
            let start = start.as_ref();
            let options = SimplexOptions { start, start_plan: None, entering_tolerance };
            let solver = method.solver_with(&problem, options);
            let solution = solver.solve(&problem, &mut Watch::counting(stop, limit))?;
            let certificate = solution.certify(&problem).certificate;
            Ok((solution, certificate))
        };
        let tolerance = ENTERING_TOLERANCE * typical * (problem.n() + problem.m()) as f64;
        let mut solved = solve(tolerance);
        if let Ok((solution, judged)) = &solved
            && solution.termination == Termination::ToleranceReached
            && !judged.is_optimal()
            && judged.upper.abs() > ZERO_COST * tolerance * problem.total()
        {
            solved = solve(0.0);
        }
        match solved {
            Ok((solution, certificate)) => Ok(Found::new(&problem, solution, certificate, center)),
            Err(SolveError::Infeasible(_)) => Ok(Found::infeasible(problem.n(), problem.m())),
            Err(error) => Err(Invalid::from(error).into()),
        }
    }
}

/// An answer as POT has it.
struct Found {
    plan: TransportPlan,
    cost: f64,
    lower: f64,
    u: Array1<f64>,
    v: Array1<f64>,
    code: i32,
}

impl Found {
    fn new(
        problem: &OtProblem<'_>,
        solution: Solution,
        certificate: Certificate,
        center: bool,
    ) -> Self {
        let Solution { plan, potentials, termination, .. } = solution;
        let code = if termination.is_complete() { OPTIMAL } else { ITERATION_LIMIT };
        let plan = with_tiny_masses(problem, plan, &potentials);
        let (mut u, mut v) = (potentials.f().to_owned(), potentials.g().to_owned());
        if center {
            // Such that Σ a·u = Σ b·v.
            let (a, b) = (problem.source(), problem.target());
            let shift = (b.dot(&v) - a.dot(&u)) / (a.sum() + b.sum());
            u += shift;
            v -= shift;
        }
        Self { plan, cost: certificate.upper, lower: certificate.lower, u, v, code }
    }

    fn infeasible(n: usize, m: usize) -> Self {
        let plan = TransportPlan::new(n, m, Vec::new()).expect("no cells");
        let (u, v) = (Array1::zeros(n), Array1::zeros(m));
        Self { plan, cost: f64::INFINITY, lower: f64::INFINITY, u, v, code: INFEASIBLE }
    }
}

/// The plan with masses that the solver rounds, those of less than 1e-20 of the total: marginals are right
/// relative to each of them, as in POT, and they move where the reduced cost is least. What that changes in
/// other marginals is below their rounding.
fn with_tiny_masses(
    problem: &OtProblem<'_>,
    plan: TransportPlan,
    potentials: &Potentials,
) -> TransportPlan {
    /// Relative error of a marginal from which it is set right.
    const MARGINAL_ERROR: f64 = 1e-9;
    let cost = problem.cost();
    let wrong = |have: &Array1<f64>, want: ArrayView1<'_, f64>| -> Vec<usize> {
        let is_wrong = |&k: &usize| (have[k] - want[k]).abs() > MARGINAL_ERROR * want[k];
        (0..want.len()).filter(is_wrong).collect()
    };
    let (a, b) = (problem.source(), problem.target());
    let (rows, columns) = plan.marginals();
    let (wrong_rows, wrong_columns) = (wrong(&rows, a), wrong(&columns, b));
    if wrong_rows.is_empty() && wrong_columns.is_empty() {
        return plan;
    }
    let (f, g) = (potentials.f(), potentials.g());
    let scale = |have: &Array1<f64>, want: ArrayView1<'_, f64>, wrong: &[usize]| {
        let mut scale = Array1::ones(want.len());
        wrong.iter().filter(|&&k| have[k] > 0.0).for_each(|&k| scale[k] = want[k] / have[k]);
        scale
    };
    let (of_rows, of_columns) = (scale(&rows, a, &wrong_rows), scale(&columns, b, &wrong_columns));
    let scaled = |arc: &PlanArc| PlanArc {
        mass: arc.mass * of_rows[arc.source] * of_columns[arc.target],
        ..*arc
    };
    let least = |count: usize, reduced: &dyn Fn(usize) -> f64| {
        (0..count).min_by(|&k, &l| reduced(k).total_cmp(&reduced(l))).expect("a side has points")
    };
    let empty_rows = wrong_rows.iter().filter(|&&i| rows[i] == 0.0).map(|&source| {
        let target = least(b.len(), &|j| cost.at(source, j) - g[j]);
        PlanArc { source, target, mass: a[source] }
    });
    let empty_columns = wrong_columns.iter().filter(|&&j| columns[j] == 0.0).map(|&target| {
        let source = least(a.len(), &|i| cost.at(i, target) - f[i]);
        PlanArc { source, target, mass: b[target] }
    });
    let arcs = plan.arcs().iter().map(scaled).chain(empty_rows).chain(empty_columns);
    TransportPlan::new(plan.n(), plan.m(), arcs.collect()).expect("cells of the plan")
}

/// Some costs, evenly spread over the table.
fn sample(table: &dyn Cost) -> Vec<f64> {
    const SAMPLES: usize = 256;
    let (cells, m) = (table.n() * table.m(), table.m());
    let taken = cells.min(SAMPLES);
    (0..taken).map(|k| k * cells / taken).map(|cell| table.at(cell / m, cell % m)).collect()
}

/// The lower quartile of the distinct sizes of costs that are neither 0 nor infinite: large numbers that stand
/// for forbidden cells are all the same, and do not count.
fn typical_size(costs: Vec<f64>) -> f64 {
    let mut sizes: Vec<f64> = costs.into_iter().map(f64::abs).collect();
    sizes.retain(|&size| size > 0.0 && size.is_finite());
    sizes.sort_unstable_by(f64::total_cmp);
    sizes.dedup();
    sizes.get(sizes.len() / 4).copied().unwrap_or(0.0)
}

/// Plan, cost, lower bound, u, v, result code.
type DenseFound<'py> = (Option<Bound<'py, PyArray2<f64>>>, f64, f64, Dual<'py>, Dual<'py>, i32);
/// Rows, columns and masses in the place of the plan.
type SparseFound<'py> = (Cells<'py>, f64, f64, Dual<'py>, Dual<'py>, i32);
type Dual<'py> = Bound<'py, PyArray1<f64>>;

/// An answer whose plan is made dense, if it is wanted.
struct Dense(Found, bool);

impl<'py> IntoPyObject<'py> for Dense {
    type Target = pyo3::types::PyTuple;
    type Output = Bound<'py, Self::Target>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        let Self(Found { plan, cost, lower, u, v, code }, is_wanted) = self;
        let plan = is_wanted.then(|| plan.to_dense().into_pyarray(py));
        let found: DenseFound<'py> =
            (plan, cost, lower, u.into_pyarray(py), v.into_pyarray(py), code);
        found.into_pyobject(py)
    }
}

struct Sparse(Found);

impl<'py> IntoPyObject<'py> for Sparse {
    type Target = pyo3::types::PyTuple;
    type Output = Bound<'py, Self::Target>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        let Found { plan, cost, lower, u, v, code } = self.0;
        let plan = cells(py, &plan);
        let found: SparseFound<'py> =
            (plan, cost, lower, u.into_pyarray(py), v.into_pyarray(py), code);
        found.into_pyobject(py)
    }
}

/// Solves under a dense cost matrix.
#[pyfunction]
pub(crate) fn pot_dense<'py>(
    py: Python<'py>,
    a: &Bound<'py, PyAny>,
    b: &Bound<'py, PyAny>,
    matrix: &Bound<'py, PyAny>,
    call: Call<'py>,
    plan: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let LentCost { table, memory } = LentCost::new(matrix, "M")?;
    let (n, m) = (table.n(), table.m());
    let sides = Sides::new(a, b, (n, m), &call)?;
    run(py, n * m, None, move |stop| {
        let _memory = memory;
        let typical = typical_size(sample(table.as_ref()));
        Ok(Dense(sides.solved(table, typical, stop)?, plan))
    })
}

/// Solves where only the listed cells (rows, columns, costs) are allowed.
#[pyfunction]
pub(crate) fn pot_sparse<'py>(
    py: Python<'py>,
    a: &Bound<'py, PyAny>,
    b: &Bound<'py, PyAny>,
    cells: (Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyAny>),
    shape: (usize, usize),
    call: Call<'py>,
) -> PyResult<Bound<'py, PyAny>> {
    let (rows, columns, costs) = cells;
    let (rows, columns) = (indices(&rows, "rows of M")?, indices(&columns, "columns of M")?);
    let costs = vector(&costs, "M")?;
    let typical = typical_size(costs.to_vec());
    let arcs = rows.into_iter().zip(columns).zip(costs).map(|((i, j), cost)| (i, j, cost));
    let table = Box::new(SparseCost::new(shape, arcs.collect()).map_err(Invalid::cost)?);
    let sides = Sides::new(a, b, shape, &call)?;
    run(py, shape.0 * shape.1, None, move |stop| Ok(Sparse(sides.solved(table, typical, stop)?)))
}

/// Solves between points.
#[pyfunction]
pub(crate) fn pot_points<'py>(
    py: Python<'py>,
    a: &Bound<'py, PyAny>,
    b: &Bound<'py, PyAny>,
    x: &Bound<'py, PyAny>,
    y: &Bound<'py, PyAny>,
    cost: &str,
    call: Call<'py>,
) -> PyResult<Bound<'py, PyAny>> {
    let (x, y) = (measure(x, None, ["X_a", "a"])?, measure(y, None, ["X_b", "b"])?);
    let table = ground(cost, 1.0)?.table(&x, &y).map_err(Invalid::cost)?;
    let sides = Sides::new(a, b, (x.len(), y.len()), &call)?;
    run(py, x.len() * y.len() * x.dim(), None, move |stop| {
        let typical = typical_size(sample(table.as_ref()));
        Ok(Sparse(sides.solved(table, typical, stop)?))
    })
}

/// The ground costs between all pairs of points, shape (n, m).
#[pyfunction]
pub(crate) fn cost_matrix<'py>(
    py: Python<'py>,
    x: &Bound<'py, PyAny>,
    y: &Bound<'py, PyAny>,
    cost: &str,
    p: f64,
) -> PyResult<Bound<'py, PyAny>> {
    let ground = ground(cost, p)?;
    let (x, y) = (measure(x, None, ["x1", "x1"])?, measure(y, None, ["x2", "x2"])?);
    run(py, x.len() * y.len() * x.dim(), None, move |_| Ok(Matrix(tabulated(&x, &y, ground)?)))
}

fn tabulated(
    x: &DiscreteMeasure,
    y: &DiscreteMeasure,
    ground: GroundCost,
) -> PyResult<Array2<f64>> {
    let table = ground.table(x, y).map_err(Invalid::cost)?;
    Ok(CostMatrix::tabulate(table.as_ref()).into_entries())
}

struct Matrix(Array2<f64>);

impl<'py> IntoPyObject<'py> for Matrix {
    type Target = PyArray2<f64>;
    type Output = Bound<'py, Self::Target>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        Ok(self.0.into_pyarray(py))
    }
}
