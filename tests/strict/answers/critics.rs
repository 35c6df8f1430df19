//! Critics that nobody trained.

use deblais::cost::{Euclidean, Metric};
use deblais::critic::{Cones, Critic, Frame, Lattice, NetworkCritic, judge};
use deblais::measure::DiscreteMeasure;
use deblais::nn::{Activation, Init, Mlp};
use deblais::problem::OtProblem;
use deblais::seed::Stream;
use ndarray::Array1;
use rand::Rng as _;

use super::{Answer, Answers, NoAnswer, ground_cost, guarded, measure, problem, refused};
use crate::instances::{Base, Ground, Instance, Table};

fn judge_cones(
    target: &DiscreteMeasure,
    problem: &OtProblem,
    metric: Metric,
    stream: &mut Stream,
) -> Answers {
    let size = [1.0, 1e-3, 1e20, 1e308][stream.random_range(0..4)];
    let heights: Array1<f64> =
        (0..target.len()).map(|_| size * (2.0 * stream.uniform() - 1.0)).collect();
    let given = format!("heights {heights:?}");
    let cones = Cones::new(metric, target.support().to_owned(), heights);
    judged("cones", &cones.expect("finite heights"), problem, &given)
}

/// Cones of these heights for the Euclidean distance.
pub(crate) fn hostile_cones(instance: &Instance, height: impl Fn(usize) -> f64) -> Answers {
    let (problem, _, target) = match measures(instance) {
        Ok(made) => made,
        Err(error) => return vec![Err(error)],
    };
    let heights: Array1<f64> = (0..target.len()).map(height).collect();
    let cones = Cones::new(Euclidean, target.support().to_owned(), heights).expect("finite");
    judged("cones", &cones, &problem, "")
}

/// The library's problem of an instance on points, and its measures.
fn measures(
    instance: &Instance,
) -> Result<(OtProblem<'static>, DiscreteMeasure, DiscreteMeasure), NoAnswer> {
    let Table::Points { x, y, .. } = &instance.table else { unreachable!("points") };
    let (source, target) = (measure(x, &instance.source)?, measure(y, &instance.target)?);
    Ok((problem(instance)?, source, target))
}

/// The bounds that a critic's verdict states.
fn judged(kind: &str, critic: &dyn Critic, problem: &OtProblem, given: &str) -> Answers {
    guarded(kind, || match judge(critic, problem) {
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
        answers.extend(lattice(source, problem, stream));
        answers.extend(network(source, target, problem, stream));
    }
    if let Ok(metric) = Metric::try_from(ground_cost(ground)) {
        answers.extend(judge_cones(target, problem, metric, stream));
    }
    answers
}

fn lattice(source: &DiscreteMeasure, problem: &OtProblem, stream: &mut Stream) -> Answers {
    let centers = source.support().to_owned();
    let pieces = centers.nrows();
    let heights: Array1<f64> = (0..pieces).map(|_| stream.normal()).collect();
    let sign = |stream: &mut Stream| if stream.uniform() < 0.5 { 1.0 } else { -1.0 };
    let signs: Array1<f64> = (0..pieces).map(|_| sign(stream)).collect();
    let groups = stream.random_range(1..=pieces);
    let given = format!("groups {groups}, heights {heights:?}, signs {signs:?}");
    let lattice = Lattice::new(groups, centers, heights, signs).expect("a lattice");
    judged("lattice", &lattice, problem, &given)
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
    judged("network", &critic, problem, &given)
}
