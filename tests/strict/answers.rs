//! Every way to an answer, behind one form: all calls of the library stand here.

use std::panic::{AssertUnwindSafe, catch_unwind};

use deblais::certificate::{Certificate, certify, certify_gibbs};
use deblais::cost::{
    Chebyshev, Cityblock, Cosine, CostMatrix, Euclidean, GroundCost, Metric, Minkowski, Power,
    SqEuclidean,
};
use deblais::critic::{Cones, Critic, Frame, Lattice, NetworkCritic, judge};
use deblais::crosscheck::Crosscheck;
use deblais::gibbs::GibbsPlan;
use deblais::measure::DiscreteMeasure;
use deblais::nn::{Activation, Init, Mlp};
use deblais::pairwise::pairwise;
use deblais::plan::{PlanArc, TransportPlan};
use deblais::potentials::Potentials;
use deblais::problem::OtProblem;
use deblais::seed::Stream;
use deblais::solvers::assignment::Assignment;
use deblais::solvers::line::Line;
use deblais::solvers::lp::{Backend, GenericLp};
use deblais::solvers::network_simplex::{NetworkSimplex, Shortlist};
use deblais::solvers::sinkhorn::{Epsilon, Sinkhorn};
use deblais::solvers::{Method, SolveError, Solver};
use ndarray::{Array1, Array2, ArrayView1};
use rand::Rng as _;

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
        Self {
            method: method.into(),
            lower: certificate.lower,
            upper: certificate.upper,
            gap: certificate.gap,
            relative_gap: certificate.relative_gap(),
            optimal: certificate.upper.is_finite().then(|| certificate.is_tight()),
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
        Masses::Normalized(weights) => normalized(points, Array1::from(weights.clone())),
    };
    measure.map_err(|error| refused("measure", error))
}

fn normalized(
    points: Array2<f64>,
    weights: Array1<f64>,
) -> Result<DiscreteMeasure, deblais::measure::MeasureError> {
    let total = deblais::math::sum(&weights);
    DiscreteMeasure::new(points, weights / total)
}

/// Work for any ground cost, whose type is not known here.
trait WithGround {
    type Output;
    fn run<G: GroundCost>(self, ground: G) -> Self::Output;
}

fn with_ground<W: WithGround>(ground: &Ground, work: W) -> W::Output {
    fn powered<W: WithGround, G: GroundCost>(base: G, power: Option<f64>, work: W) -> W::Output {
        match power {
            None => work.run(base),
            Some(p) => work.run(Power::new(base, p).expect("p > 0")),
        }
    }
    let power = ground.power;
    match ground.base {
        Base::Euclidean => powered(Euclidean, power, work),
        Base::SqEuclidean => powered(SqEuclidean, power, work),
        Base::Cityblock => powered(Cityblock, power, work),
        Base::Chebyshev => powered(Chebyshev, power, work),
        Base::Minkowski(q) => powered(Minkowski::new(q).expect("q ≥ 1"), power, work),
        Base::Cosine => powered(Cosine, power, work),
    }
}

struct MakeProblem<'a>(&'a DiscreteMeasure, &'a DiscreteMeasure);

impl WithGround for MakeProblem<'_> {
    type Output = Result<OtProblem, NoAnswer>;
    fn run<G: GroundCost>(self, ground: G) -> Self::Output {
        OtProblem::new(self.0, self.1, ground).map_err(|error| refused("problem", error))
    }
}

/// The library's problem of an instance.
pub(crate) fn problem(instance: &Instance) -> Result<OtProblem, NoAnswer> {
    match &instance.table {
        Table::Points { x, y, ground } => {
            let (source, target) = (measure(x, &instance.source)?, measure(y, &instance.target)?);
            with_ground(ground, MakeProblem(&source, &target))
        }
        Table::Matrix(matrix) => {
            let (Masses::Stored(source), Masses::Stored(target)) =
                (&instance.source, &instance.target)
            else {
                unreachable!("masses beside a matrix are stored")
            };
            let cost = CostMatrix::new(array(matrix)).map_err(|error| refused("matrix", error))?;
            OtProblem::from_cost(ArrayView1::from(source), ArrayView1::from(target), Box::new(cost))
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
    answers.extend(sinkhorn(instance, &Sinkhorn { max_iterations: 20, ..Sinkhorn::default() }));
    answers
}

fn ask(instance: &Instance, asked: &Asked) -> Answers {
    let problem = match problem(instance) {
        Ok(problem) => problem,
        Err(error) => return vec![Err(error)],
    };
    let mut solvers: Vec<(&str, Box<dyn Solver>, Promise)> = vec![
        ("simplex", Box::new(NetworkSimplex), Promise::Optimum),
        ("shortlist", Box::new(Shortlist::default()), Promise::Optimum),
        ("assignment", Box::new(Assignment), Promise::Optimum),
        ("line", Box::new(Line), Promise::Optimum),
        ("auto", Method::Auto.solver(&problem), Promise::Optimum),
    ];
    if asked.on_many_levels {
        let on_levels = Shortlist { coarsest: 3 };
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

/// Entropic transport at some ε, cut off early now and then.
pub(crate) fn entropic(instance: &Instance, stream: &mut Stream) -> Answers {
    let share = 10_f64.powf(-4.0 * stream.uniform());
    let max_iterations = stream.random_range(1..=200);
    let epsilon = Epsilon::Relative(share);
    let settings = Sinkhorn { epsilon, max_iterations, ..Sinkhorn::default() };
    match stream.random_range(0..3) {
        0 => gibbs(instance, stream),
        1 => to_gap(instance, &settings),
        _ => sinkhorn(instance, &settings),
    }
}

/// A Gibbs plan of any potentials at any ε.
fn gibbs(instance: &Instance, stream: &mut Stream) -> Answers {
    let problem = match problem(instance) {
        Ok(problem) => problem,
        Err(error) => return vec![Err(error)],
    };
    let size = [0.0, 1.0, 1e-5, 1e20, 1e300][stream.random_range(0..5)];
    let epsilon = 10_f64.powf(40.0 * stream.uniform() - 20.0);
    let mut draw = |count: usize| (0..count).map(|_| size * stream.normal()).collect();
    let (f, g): (Vec<f64>, Vec<f64>) = (draw(problem.n()), draw(problem.m()));
    let given = format!("f {f:?}, g {g:?}, ε {epsilon:?}");
    guarded("gibbs", || {
        let plan = GibbsPlan::new(Potentials::new(f.into(), g.into()).expect("finite"), epsilon);
        let judged = certify_gibbs(&problem, &plan).expect("shapes fit");
        vec![Ok(Answer::new("gibbs", &judged.certificate, Promise::Bounds).with(given))]
    })
}

/// Entropic transport until the bracket is narrow.
fn to_gap(instance: &Instance, settings: &Sinkhorn) -> Answers {
    let problem = match problem(instance) {
        Ok(problem) => problem,
        Err(error) => return vec![Err(error)],
    };
    guarded("sinkhorn to a gap", || match settings.solve_to_gap(&problem, 1e-2, &mut ()) {
        Ok((_, judged)) => {
            let answer = Answer::new("sinkhorn to a gap", &judged.certificate, Promise::Bounds);
            vec![Ok(answer.with(format!("{settings:?}")))]
        }
        Err(error) => vec![Err(refused("sinkhorn to a gap", error))],
    })
}

/// Entropic transport as it is without further notice.
pub(crate) fn default_sinkhorn(instance: &Instance) -> Answers {
    sinkhorn(instance, &Sinkhorn::default())
}

fn sinkhorn(instance: &Instance, settings: &Sinkhorn) -> Answers {
    let problem = match problem(instance) {
        Ok(problem) => problem,
        Err(error) => return vec![Err(error)],
    };
    guarded("sinkhorn", || match settings.solve(&problem, &mut ()) {
        Ok(answer) => {
            let certificate = answer.certify(&problem).certificate;
            let answer = Answer::new("sinkhorn", &certificate, Promise::Bounds);
            vec![Ok(answer.with(format!("{settings:?}")))]
        }
        Err(error) => vec![Err(refused("sinkhorn", error))],
    })
}

/// What a plan and potentials prove.
pub(crate) fn given(instance: &Instance, plan: &[Vec<f64>], f: &[f64], g: &[f64]) -> Answers {
    let problem = match problem(instance) {
        Ok(problem) => problem,
        Err(error) => return vec![Err(error)],
    };
    let arcs = arcs(problem.n(), problem.m(), &mut |i, j| plan[i][j]);
    vec![Ok(certified("given", &problem, Some(arcs), (f.to_vec(), g.to_vec()), Promise::Bounds))]
}

fn arcs(n: usize, m: usize, mass: &mut dyn FnMut(usize, usize) -> f64) -> Vec<PlanArc> {
    let cells = (0..n).flat_map(|source| (0..m).map(move |target| (source, target)));
    let arc = |(source, target)| PlanArc { source, target, mass: mass(source, target) };
    cells.map(arc).filter(|arc| arc.mass > 0.0 && arc.mass.is_finite()).collect()
}

fn certified(
    method: &str,
    problem: &OtProblem,
    plan: Option<Vec<PlanArc>>,
    (f, g): (Vec<f64>, Vec<f64>),
    promise: Promise,
) -> Answer {
    let given = format!("plan {plan:?}, f {f:?}, g {g:?}");
    let potentials = Potentials::new(f.into(), g.into()).expect("finite");
    let (n, m) = (problem.n(), problem.m());
    let plan = plan.map(|arcs| TransportPlan::new(n, m, arcs).expect("masses ≥ 0"));
    let judged = certify(problem, plan.as_ref(), Some(&potentials)).expect("shapes fit");
    Answer::new(method, &judged.certificate, promise).with(given)
}

/// Plans and potentials of others: `best` is an optimal plan rounded to `f64`.
pub(crate) fn third_parties(instance: &Instance, best: &[Vec<f64>], stream: &mut Stream) -> Answers {
    let problem = match problem(instance) {
        Ok(problem) => problem,
        Err(error) => return vec![Err(error)],
    };
    let solution = NetworkSimplex.solve(&problem, &mut ()).expect("it applies to every problem");
    let (f, g) = (solution.potentials.f().to_vec(), solution.potentials.g().to_vec());
    let mut answers = Vec::new();
    for _ in 0..3 {
        let (plan_kind, plan) = some_plan(&problem, best, stream);
        let (potential_kind, f, g) = some_potentials(&f, &g, stream);
        let method = format!("plan {plan_kind}, potentials {potential_kind}");
        let promise =
            if plan_kind == "rounded" { Promise::Optimum } else { Promise::Bounds };
        answers.extend(guarded(&method, || {
            vec![Ok(certified(&method, &problem, plan, (f, g), promise))]
        }));
    }
    answers
}

/// A plan that somebody might hand over.
fn some_plan(
    problem: &OtProblem,
    best: &[Vec<f64>],
    stream: &mut Stream,
) -> (&'static str, Option<Vec<PlanArc>>) {
    let (n, m) = (problem.n(), problem.m());
    let arcs = |mass: &mut dyn FnMut(usize, usize) -> f64| Some(arcs(n, m, mass));
    let total: f64 = problem.source().sum();
    match stream.random_range(0..9) {
        0 => ("none", None),
        1 | 2 => ("rounded", arcs(&mut |i, j| best[i][j])),
        3 => {
            let (row, share) = (stream.random_range(0..n), stream.uniform());
            ("with a deficit", arcs(&mut |i, j| best[i][j] * if i == row { share } else { 1.0 }))
        }
        4 => {
            let scale = 10_f64.powf(10.0 * stream.uniform() - 5.0);
            ("scaled", arcs(&mut |i, j| best[i][j] * scale))
        }
        5 => ("random", arcs(&mut |_, _| total * stream.uniform())),
        6 => {
            let row = stream.random_range(0..n);
            ("without a row", arcs(&mut |i, j| if i == row { 0.0 } else { best[i][j] }))
        }
        7 => {
            // A product: its support has every cycle.
            let (source, target) = (problem.source(), problem.target());
            ("dense", arcs(&mut |i, j| source[i] * (target[j] / total)))
        }
        _ => {
            let dust = 1e-16 * total;
            ("with dust", arcs(&mut |i, j| best[i][j] + dust * stream.uniform()))
        }
    }
}

/// Potentials that somebody might hand over.
fn some_potentials(
    f: &[f64],
    g: &[f64],
    stream: &mut Stream,
) -> (&'static str, Vec<f64>, Vec<f64>) {
    let map = |values: &[f64], map: &mut dyn FnMut(f64) -> f64| -> Vec<f64> {
        values.iter().map(|&x| map(x)).map(|x| if x.is_finite() { x } else { 0.0 }).collect()
    };
    match stream.random_range(0..8) {
        0 | 1 => ("of the simplex", f.to_vec(), g.to_vec()),
        2 => ("zero", vec![0.0; f.len()], vec![0.0; g.len()]),
        3 => {
            let shift = if stream.uniform() < 0.5 { 1e20 } else { -1e20 };
            ("shifted", map(f, &mut |x| x + shift), map(g, &mut |x| x - shift))
        }
        4 => {
            #[expect(clippy::cast_possible_truncation, reason = "that is the point")]
            let rounded = |values: &[f64]| map(values, &mut |x| f64::from(x as f32));
            ("as f32", rounded(f), rounded(g))
        }
        5 => {
            let size = f.iter().chain(g).fold(1.0_f64, |size, x| size.max(x.abs()));
            let mut random = |values: &[f64]| map(values, &mut |_| size * stream.normal());
            ("random", random(f), random(g))
        }
        6 => ("infeasible", map(f, &mut |x| 1e6 * x + 1.0), map(g, &mut |x| 1e6 * x + 1.0)),
        _ => {
            let mut huge =
                |values: &[f64]| map(values, &mut |_| 1e308 * (2.0 * stream.uniform() - 1.0));
            ("huge", huge(f), huge(g))
        }
    }
}

struct JudgeCones<'a> {
    source: &'a DiscreteMeasure,
    target: &'a DiscreteMeasure,
    problem: &'a OtProblem,
    stream: &'a mut Stream,
}

impl JudgeCones<'_> {
    fn judge<M: Metric>(self, metric: &M) -> Answers {
        let Self { source, target, problem, stream } = self;
        let size = [1.0, 1e-3, 1e20, 1e308][stream.random_range(0..4)];
        let heights: Array1<f64> =
            (0..target.len()).map(|_| size * (2.0 * stream.uniform() - 1.0)).collect();
        let given = format!("heights {heights:?}");
        let cones = Cones::new(metric.clone(), target.support().to_owned(), heights);
        judged("cones", &cones.expect("finite heights"), (source, target), problem, metric, &given)
    }
}

/// Cones of these heights for the Euclidean distance.
pub(crate) fn hostile_cones(instance: &Instance, height: impl Fn(usize) -> f64) -> Answers {
    let (problem, source, target) = match measures(instance) {
        Ok(made) => made,
        Err(error) => return vec![Err(error)],
    };
    let heights: Array1<f64> = (0..target.len()).map(height).collect();
    let cones = Cones::new(Euclidean, target.support().to_owned(), heights).expect("finite");
    judged("cones", &cones, (&source, &target), &problem, &Euclidean, "")
}

/// The library's problem of an instance on points, and its measures.
fn measures(
    instance: &Instance,
) -> Result<(OtProblem, DiscreteMeasure, DiscreteMeasure), NoAnswer> {
    let Table::Points { x, y, .. } = &instance.table else { unreachable!("points") };
    let (source, target) = (measure(x, &instance.source)?, measure(y, &instance.target)?);
    Ok((problem(instance)?, source, target))
}

/// The bounds that a critic's verdict states.
fn judged<M: Metric>(
    kind: &str,
    critic: &dyn Critic,
    (source, target): (&DiscreteMeasure, &DiscreteMeasure),
    problem: &OtProblem,
    metric: &M,
    given: &str,
) -> Answers {
    guarded(kind, || match judge(critic, problem, source.support(), target.support(), metric) {
        Ok(verdict) => {
            let lower = |which: &str, lower| {
                let answer = Answer::bracket(format!("{kind}, {which}"), lower, f64::INFINITY);
                Ok(answer.with(given.to_owned()))
            };
            let (certified, polished) = (verdict.certified_lower, verdict.polished_lower);
            vec![lower("certified", certified), lower("polished", polished)]
        }
        Err(error) => vec![Err(refused(kind, error))],
    })
}

/// Untrained critics of all kinds, heights and weights as they come.
pub(crate) fn critics(instance: &Instance, stream: &mut Stream) -> Answers {
    let Table::Points { ground, .. } = &instance.table else { return vec![] };
    let (problem, source, target) = match measures(instance) {
        Ok(made) => made,
        Err(error) => return vec![Err(error)],
    };
    let (source, target, problem) = (&source, &target, &problem);
    let mut answers = Vec::new();
    if *ground == (Ground { base: Base::Euclidean, power: None }) {
        answers.extend(lattice(source, target, problem, stream));
        answers.extend(network(source, target, problem, stream));
    }
    let cones = JudgeCones { source, target, problem, stream };
    answers.extend(match ground {
        Ground { base: Base::Euclidean, power: None } => cones.judge(&Euclidean),
        Ground { base: Base::Cityblock, power: None } => cones.judge(&Cityblock),
        Ground { base: Base::Chebyshev, power: None } => cones.judge(&Chebyshev),
        Ground { base: Base::Minkowski(q), power: None } => {
            cones.judge(&Minkowski::new(*q).expect("q ≥ 1"))
        }
        _ => vec![],
    });
    answers
}

fn lattice(
    source: &DiscreteMeasure,
    target: &DiscreteMeasure,
    problem: &OtProblem,
    stream: &mut Stream,
) -> Answers {
    let centres = source.support().to_owned();
    let pieces = centres.nrows();
    let heights: Array1<f64> = (0..pieces).map(|_| stream.normal()).collect();
    let sign = |stream: &mut Stream| if stream.uniform() < 0.5 { 1.0 } else { -1.0 };
    let signs: Array1<f64> = (0..pieces).map(|_| sign(stream)).collect();
    let groups = stream.random_range(1..=pieces);
    let given = format!("groups {groups}, heights {heights:?}, signs {signs:?}");
    let lattice = Lattice::new(groups, centres, heights, signs).expect("a lattice");
    judged("lattice", &lattice, (source, target), problem, &Euclidean, &given)
}

fn network(
    source: &DiscreteMeasure,
    target: &DiscreteMeasure,
    problem: &OtProblem,
    stream: &mut Stream,
) -> Answers {
    let layers = [(4, Activation::MaxMin), (1, Activation::Identity)];
    let network = Mlp::<f64>::new(source.dim(), &layers, Init::Orthogonal, stream).expect("widths");
    let given = format!("parameters {:?}", network.parameters());
    let critic = match Frame::of(source, target)
        .and_then(|frame| NetworkCritic::new("network", network, frame))
    {
        Ok(critic) => critic,
        Err(error) => return vec![Err(refused("network", error))],
    };
    judged("network", &critic, (source, target), problem, &Euclidean, &given)
}

struct AllPairs<'a>(&'a [DiscreteMeasure]);

impl WithGround for AllPairs<'_> {
    type Output = Result<Vec<Certificate>, NoAnswer>;
    fn run<G: GroundCost>(self, ground: G) -> Self::Output {
        let found = pairwise(self.0, &ground, &mut ()).map_err(|error| refused("pairwise", error))?;
        Ok(found.found.into_iter().map(|judged| judged.certificate).collect())
    }
}

/// The pair of an instance's measures.
pub(crate) fn pairs(instance: &Instance) -> Answers {
    let Table::Points { x, y, ground } = &instance.table else { return vec![] };
    guarded("pairwise", || {
        let sides = measure(x, &instance.source).and_then(|x| Ok([x, measure(y, &instance.target)?]));
        match sides.and_then(|sides| with_ground(ground, AllPairs(&sides))) {
            Ok(found) => found
                .iter()
                .map(|certificate| Ok(Answer::new("pairwise", certificate, Promise::Optimum)))
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
        let answer = |row: &deblais::crosscheck::Row| {
            Ok(Answer::bracket(format!("crosscheck, {}", row.method), row.lower, row.upper))
        };
        check.rows().iter().map(answer).collect()
    })
}
