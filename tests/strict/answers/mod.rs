//! Every way to an answer, behind one form: all calls of the library stand here.

mod critics;
mod entropic;
mod others;

pub(crate) use critics::{critics, hostile_cones};
pub(crate) use entropic::{default_sinkhorn, entropic};
pub(crate) use others::{given, third_parties};

use std::panic::{AssertUnwindSafe, catch_unwind};

use deblais::certificate::Certificate;
use deblais::cost::{CostMatrix, GroundCost, Minkowski};
use deblais::crosscheck::{Crosscheck, Row};
use deblais::measure::DiscreteMeasure;
use deblais::pairwise::pairwise;
use deblais::problem::OtProblem;
use deblais::seed::Stream;
use deblais::solvers::assignment::Assignment;
use deblais::solvers::line::Line;
use deblais::solvers::lp::{Backend, GenericLp};
use deblais::solvers::network_simplex::{NetworkSimplex, SparseSimplex};
use deblais::solvers::sinkhorn::Sinkhorn;
use deblais::solvers::{Method, SolveError, Solver};
use ndarray::{Array1, Array2};

use crate::instances::{Base, Ground, Instance, Masses, Table};

/// What a method says about an instance.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) method: String,
    pub(crate) lower: f64,
    pub(crate) upper: f64,
    pub(crate) gap: f64,
    pub(crate) relative_gap: f64,
    /// Whether it says that its plan is optimal, if it says something about that.
    pub(crate) optimal: Option<bool>,
    pub(crate) promise: Promise,
    /// What was handed over, where that was no solver's.
    pub(crate) given: String,
}

/// What an answer owes beyond a bracket that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Promise {
    /// Nothing.
    Bounds,
    /// Its upper bound is the optimum.
    Optimum,
}

/// Why there is no answer.
#[derive(Debug, Clone)]
pub(crate) enum NoAnswer {
    /// The input is refused, or the method does not apply.
    Refused(String),
    /// It panicked.
    Panic(String),
}

impl Answer {
    fn new(method: impl Into<String>, certificate: &Certificate, promise: Promise) -> Self {
        let optimal = certificate.is_optimal();
        Self {
            method: method.into(),
            lower: certificate.lower,
            upper: certificate.upper,
            gap: certificate.gap,
            relative_gap: certificate.relative_gap(),
            optimal: (optimal || certificate.upper.is_finite()).then_some(optimal),
            promise,
            given: String::new(),
        }
    }

    /// A bracket without a certificate.
    fn bracket(method: impl Into<String>, lower: f64, upper: f64) -> Self {
        let gap = if lower == f64::NEG_INFINITY { f64::INFINITY } else { upper - lower };
        Self {
            method: method.into(),
            lower,
            upper,
            gap,
            relative_gap: 0.0,
            optimal: None,
            promise: Promise::Bounds,
            given: String::new(),
        }
    }

    fn with(self, given: String) -> Self {
        Self { given, ..self }
    }
}

/// All that came out of an instance.
pub(crate) type Answers = Vec<Result<Answer, NoAnswer>>;

/// Calls that may panic.
fn guarded(method: &str, run: impl FnOnce() -> Answers) -> Answers {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().cloned();
        let words = words.or_else(|| panic.downcast_ref::<&str>().map(|&s| s.to_owned()));
        vec![Err(NoAnswer::Panic(format!("{method}: {}", words.unwrap_or_default())))]
    })
}

fn refused(method: &str, error: impl ToString) -> NoAnswer {
    NoAnswer::Refused(format!("{method}: {}", error.to_string()))
}

fn array(points: &[Vec<f64>]) -> Array2<f64> {
    Array2::from_shape_fn((points.len(), points[0].len()), |(i, k)| points[i][k])
}

fn measure(points: &[Vec<f64>], masses: &Masses) -> Result<DiscreteMeasure, NoAnswer> {
    let points = array(points);
    let measure = match masses {
        Masses::Stored(mass) => DiscreteMeasure::new(points, Array1::from(mass.clone())),
        Masses::Uniform(_) => DiscreteMeasure::uniform(points),
        Masses::Normalized(weights) => {
            DiscreteMeasure::normalized(points, Array1::from(weights.clone()))
        }
    };
    measure.map_err(|error| refused("measure", error))
}

/// The library's ground cost of an instance.
fn ground_cost(ground: &Ground) -> GroundCost {
    let base = match ground.base {
        Base::Euclidean => GroundCost::Euclidean,
        Base::SqEuclidean => GroundCost::SqEuclidean,
        Base::Cityblock => GroundCost::Cityblock,
        Base::Chebyshev => GroundCost::Chebyshev,
        Base::Minkowski(q) => Minkowski::new(q).expect("q ≥ 1").into(),
        Base::Cosine => GroundCost::Cosine,
    };
    ground.power.map_or(base, |p| GroundCost::power(base, p).expect("p > 0"))
}

/// The library's problem of an instance.
pub(crate) fn problem(instance: &Instance) -> Result<OtProblem<'static>, NoAnswer> {
    match &instance.table {
        Table::Points { x, y, ground } => {
            let (source, target) = (measure(x, &instance.source)?, measure(y, &instance.target)?);
            OtProblem::new(&source, &target, ground_cost(ground))
                .map_err(|error| refused("problem", error))
        }
        Table::Matrix(matrix) => {
            let (Masses::Stored(source), Masses::Stored(target)) =
                (&instance.source, &instance.target)
            else {
                unreachable!("masses beside a matrix are stored")
            };
            let cost = CostMatrix::new(array(matrix)).map_err(|error| refused("matrix", error))?;
            OtProblem::new(source.as_slice(), target.as_slice(), cost)
                .map_err(|error| refused("problem", error))
        }
    }
}

/// Whom to ask.
struct Asked {
    on_many_levels: bool,
    generic: bool,
}

/// The exact methods that apply; some instances by the generic programs, too.
pub(crate) fn solvers(instance: &Instance, stream: &mut Stream) -> Answers {
    let on_many_levels = stream.uniform() < 0.3;
    let generic = stream.uniform() < 0.25;
    ask(instance, &Asked { on_many_levels, generic })
}

/// All methods that apply.
pub(crate) fn every_solver(instance: &Instance) -> Answers {
    ask(instance, &Asked { on_many_levels: true, generic: true })
}

/// Our own methods, and entropic transport.
pub(crate) fn fast_solvers(instance: &Instance) -> Answers {
    let mut answers = ask(instance, &Asked { on_many_levels: true, generic: false });
    answers.extend(entropic::sinkhorn(
        instance,
        &Sinkhorn { max_iterations: 20, ..Sinkhorn::default() },
    ));
    answers
}

fn ask(instance: &Instance, asked: &Asked) -> Answers {
    let problem = match problem(instance) {
        Ok(problem) => problem,
        Err(error) => return vec![Err(error)],
    };
    let mut solvers: Vec<(&str, Box<dyn Solver>, Promise)> = vec![
        ("simplex", Box::new(NetworkSimplex), Promise::Optimum),
        ("shortlist", Box::new(SparseSimplex::default()), Promise::Optimum),
        ("assignment", Box::new(Assignment), Promise::Optimum),
        ("line", Box::new(Line), Promise::Optimum),
        ("auto", Method::Auto.solver(&problem), Promise::Optimum),
    ];
    if asked.on_many_levels {
        let on_levels = SparseSimplex { coarsest: 3 };
        solvers.push(("shortlist on many levels", Box::new(on_levels), Promise::Optimum));
    }
    if asked.generic {
        for &backend in Backend::all() {
            solvers.push((backend.name(), Box::new(GenericLp { backend }), Promise::Bounds));
        }
    }
    let run = |(name, solver, promise): (&str, Box<dyn Solver>, Promise)| {
        guarded(name, || match solver.solve(&problem, &mut ()) {
            Ok(solution) => {
                let certificate = solution.certify(&problem).certificate;
                vec![Ok(Answer::new(name, &certificate, promise))]
            }
            Err(SolveError::NotApplicable { .. }) => vec![],
            Err(error) => vec![Err(refused(name, error))],
        })
    };
    solvers.into_iter().flat_map(run).collect()
}

/// The pair of an instance's measures.
pub(crate) fn pairs(instance: &Instance) -> Answers {
    let Table::Points { x, y, ground } = &instance.table else { return vec![] };
    guarded("pairwise", || {
        let sides =
            measure(x, &instance.source).and_then(|x| Ok([x, measure(y, &instance.target)?]));
        let judged = sides.and_then(|sides| {
            pairwise(&sides, ground_cost(ground)).map_err(|error| refused("pairwise", error))
        });
        match judged {
            Ok(distances) => distances
                .found
                .iter()
                .map(|judged| Ok(Answer::new("pairwise", &judged.certificate, Promise::Optimum)))
                .collect(),
            Err(error) => vec![Err(error)],
        }
    })
}

/// The rows of a cross-check.
pub(crate) fn crosscheck(instance: &Instance) -> Answers {
    guarded("crosscheck", || {
        let problem = match problem(instance) {
            Ok(problem) => problem,
            Err(error) => return vec![Err(error)],
        };
        let mut check = match Crosscheck::new(&problem, &mut ()) {
            Ok(check) => check,
            Err(error) => return vec![Err(refused("crosscheck", error))],
        };
        for &backend in Backend::all() {
            check.lp(backend, &mut ());
        }
        let settings = Sinkhorn { max_iterations: 100, ..Sinkhorn::default() };
        // An ε that makes no sense leaves the row out.
        let _ = check.sinkhorn(&settings, &mut ());
        let answer = |row: &Row| {
            Ok(Answer::bracket(format!("crosscheck, {}", row.method), row.lower, row.upper))
        };
        check.rows().iter().map(answer).collect()
    })
}
