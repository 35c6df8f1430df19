//! `certify`, `certify_matrix`: the certificate of anybody's plan and potentials.

use deblais::problem::OtProblem;
use deblais::{Certified, Potentials, TransportPlan, certify as judge};
use pyo3::prelude::*;

use crate::answer::Answer;
use crate::arrays::{LentCost, indices, marginal, measure, points, totals_tolerance, vector};
use crate::errors::{Invalid, invalid};
use crate::run::run;
use crate::settings::ground;

/// The plan of a dense matrix, a scipy sparse matrix, or rows, columns and masses.
fn plan(given: &Bound<'_, PyAny>, shape: (usize, usize)) -> PyResult<TransportPlan> {
    let of_cells =
        |rows: &Bound<'_, PyAny>, columns: &Bound<'_, PyAny>, masses: &Bound<'_, PyAny>| {
            let (rows, columns) =
                (indices(rows, "rows of the plan")?, indices(columns, "columns of the plan")?);
            let masses = vector(masses, "masses of the plan")?.to_vec();
            Ok(TransportPlan::from_coo(shape, &rows, &columns, &masses).map_err(Invalid::plan)?)
        };
    if given.hasattr("tocoo")? {
        let coo = given.call_method0("tocoo")?;
        return of_cells(&coo.getattr("row")?, &coo.getattr("col")?, &coo.getattr("data")?);
    }
    if let Ok((rows, columns, masses)) =
        given.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>, Bound<'_, PyAny>)>()
        && given.is_instance_of::<pyo3::types::PyTuple>()
    {
        return of_cells(&rows, &columns, &masses);
    }
    Ok(TransportPlan::from_dense(points(given, "plan")?.view()).map_err(Invalid::plan)?)
}

/// A request to judge a plan, potentials, or both.
struct Claim {
    plan: Option<TransportPlan>,
    potentials: Option<Potentials>,
}

impl Claim {
    fn new(
        given: Option<&Bound<'_, PyAny>>,
        potentials: Option<(Bound<'_, PyAny>, Bound<'_, PyAny>)>,
        shape: (usize, usize),
    ) -> PyResult<Self> {
        if given.is_none() && potentials.is_none() {
            return Err(invalid("there is nothing to judge", "pass plan= or potentials=(f, g)"));
        }
        let potentials = potentials.map(|(f, g)| {
            let made = Potentials::new(vector(&f, "f")?, vector(&g, "g")?);
            made.map_err(|error| invalid(error, "f has one number a source, g one a target"))
        });
        let given = given.map(|given| plan(given, shape)).transpose()?;
        Ok(Self { plan: given, potentials: potentials.transpose()? })
    }

    fn judged(&self, problem: &OtProblem<'_>) -> PyResult<Answer> {
        let found = judge(problem, self.plan.as_ref(), self.potentials.as_ref());
        let hint = "plan has shape (n, m), f shape (n,) and g shape (m,)";
        let Certified { certificate, plan, potentials } =
            found.map_err(|error| invalid(error, hint))?;
        Ok(Answer::judged((plan, potentials, certificate), problem.clouds().cloned()))
    }
}

/// Judges anybody's plan and potentials between points: the bracket that they prove.
///
/// Parameters
/// ----------
/// x, y, a, b, cost, p
///     The problem, as in `emd`.
/// plan : array_like, sparse matrix or (rows, columns, masses), optional
///     A plan of shape (n, m); marginals that it misses are repaired, and the repair is charged.
/// potentials : (array_like, array_like), optional
///     Potentials (f, g), shapes (n,) and (m,); made feasible by c-transforms. Zero if left out.
/// threads : int, optional
///     Threads; all cores if left out.
///
/// Returns
/// -------
/// Answer
///     The repaired plan and potentials, and their bracket. Without a plan `upper` is infinite.
///
/// Examples
/// --------
/// >>> import deblais
/// >>> x, y = [[0.0], [1.0]], [[2.0], [5.0]]
/// >>> judged = deblais.certify(x, y, plan=[[0.25, 0.25], [0.25, 0.25]], potentials=([0, 1], [0, 0]))
/// >>> judged.lower <= 3.0 <= judged.upper
/// True
#[pyfunction]
#[pyo3(signature = (x, y, a=None, b=None, *, plan=None, potentials=None, cost="euclidean", p=1.0,
    threads=None))]
pub(crate) fn certify<'py>(
    py: Python<'py>,
    x: &Bound<'py, PyAny>,
    y: &Bound<'py, PyAny>,
    a: Option<&Bound<'py, PyAny>>,
    b: Option<&Bound<'py, PyAny>>,
    plan: Option<&Bound<'py, PyAny>>,
    potentials: Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)>,
    cost: &str,
    p: f64,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    let ground = ground(cost, p)?;
    let (x, y) = (measure(x, a, ["x", "a"])?, measure(y, b, ["y", "b"])?);
    let claim = Claim::new(plan, potentials, (x.len(), y.len()))?;
    let totals = totals_tolerance(a, b);
    run(py, x.len() * y.len() * x.dim(), threads, move |_| {
        let problem = OtProblem::between_measures(&x, &y, ground, totals).map_err(Invalid::from)?;
        claim.judged(&problem)
    })
}

/// Judges anybody's plan and potentials under a cost matrix: the bracket that they prove.
///
/// Parameters
/// ----------
/// M, a, b
///     The problem, as in `emd_matrix`.
/// plan, potentials, threads
///     As in `certify`.
///
/// Returns
/// -------
/// Answer
///
/// Examples
/// --------
/// >>> import deblais
/// >>> judged = deblais.certify_matrix([[1.0, 4.0], [3.0, 2.0]], plan=[[0.25, 0.25], [0.25, 0.25]])
/// >>> judged.lower, judged.upper
/// (1.5, 2.5)
#[pyfunction]
#[pyo3(signature = (M, a=None, b=None, *, plan=None, potentials=None, threads=None))]
pub(crate) fn certify_matrix<'py>(
    py: Python<'py>,
    M: &Bound<'py, PyAny>,
    a: Option<&Bound<'py, PyAny>>,
    b: Option<&Bound<'py, PyAny>>,
    plan: Option<&Bound<'py, PyAny>>,
    potentials: Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)>,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    let LentCost { table, memory } = LentCost::new(M, "M")?;
    let (n, m) = (table.n(), table.m());
    let (source, target) = (marginal(a, n, "a")?, marginal(b, m, "b")?);
    let claim = Claim::new(plan, potentials, (n, m))?;
    let totals = totals_tolerance(a, b);
    run(py, n * m, threads, move |_| {
        let _memory = memory;
        let problem = OtProblem::between(source, target, table, totals).map_err(Invalid::from)?;
        claim.judged(&problem)
    })
}
