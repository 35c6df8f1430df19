//! Plans and potentials that no solver of ours made.

use deblais::certificate::certify;
use deblais::plan::{PlanArc, TransportPlan};
use deblais::potentials::Potentials;
use deblais::problem::OtProblem;
use deblais::seed::Stream;
use deblais::solvers::Solver as _;
use deblais::solvers::network_simplex::NetworkSimplex;
use rand::Rng as _;

use super::{Answer, Answers, Promise, guarded, problem};
use crate::instances::Instance;

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
pub(crate) fn third_parties(
    instance: &Instance,
    best: &[Vec<f64>],
    stream: &mut Stream,
) -> Answers {
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
        let promise = if plan_kind == "rounded" { Promise::Optimum } else { Promise::Bounds };
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
