//! Entropic transport.

use deblais::certificate::certify_gibbs;
use deblais::gibbs::GibbsPlan;
use deblais::potentials::Potentials;
use deblais::seed::Stream;
use deblais::solvers::sinkhorn::{Epsilon, Sinkhorn};
use rand::Rng as _;

use super::{Answer, Answers, Promise, guarded, problem, refused};
use crate::instances::Instance;

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
    guarded("sinkhorn to a gap", || match settings.solve_to_gap(&problem, 1e-2) {
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

pub(super) fn sinkhorn(instance: &Instance, settings: &Sinkhorn) -> Answers {
    let problem = match problem(instance) {
        Ok(problem) => problem,
        Err(error) => return vec![Err(error)],
    };
    guarded("sinkhorn", || match settings.solve(&problem) {
        Ok(answer) => {
            let certificate = answer.certify(&problem).certificate;
            let answer = Answer::new("sinkhorn", &certificate, Promise::Bounds);
            vec![Ok(answer.with(format!("{settings:?}")))]
        }
        Err(error) => vec![Err(refused("sinkhorn", error))],
    })
}
