//! Network critics against the exact distance: what each kind promises, held on short runs.

use std::ops::ControlFlow;
use std::path::Path;

use deblais::cost::{CostError, Euclidean};
use deblais::critic::{
    Batch, Batches, Critic, CriticError, CriticVerdict, Frame, NetworkCritic, Pairs, Regularizer,
    TrainNetwork, Trained, judge,
};
use deblais::io::{InputPath, Table};
use deblais::measure::DiscreteMeasure;
use deblais::nn::{Activation, Init, Mlp, Real, Schedule};
use deblais::plan::PlanArc;
use deblais::problem::OtProblem;
use deblais::progress::{Event, Observer, Stop};
use deblais::seed::{Seed, Stream};
use deblais::solvers::Method;
use ndarray::{Array1, Array2, array};

fn read(name: &str) -> DiscreteMeasure {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/critic").join(name);
    let table = Table::read(&InputPath::from(path.as_path())).unwrap();
    DiscreteMeasure::uniform(table.into_matrix().unwrap()).unwrap()
}

fn case(name: &str) -> (DiscreteMeasure, DiscreteMeasure) {
    (read(&format!("{name}_P.csv")), read(&format!("{name}_Q.csv")))
}

fn normal(n: usize, d: usize, shift: f64, stream: &mut Stream) -> Array2<f64> {
    Array2::from_shape_simple_fn((n, d), || stream.normal() + shift)
}

/// Two small samples whose masses are not equal.
fn small() -> (DiscreteMeasure, DiscreteMeasure) {
    let mut stream = Seed(11).stream("small");
    let mass: Array1<f64> = (0..30).map(|i| f64::from(i % 4)).collect();
    let total = mass.sum();
    let source = DiscreteMeasure::new(normal(30, 3, 0.0, &mut stream), mass / total).unwrap();
    (source, DiscreteMeasure::uniform(normal(20, 3, 0.7, &mut stream)).unwrap())
}

/// Small and short.
fn quick(name: &str, steps: u64) -> TrainNetwork {
    let defaults = TrainNetwork::named(name, 3).unwrap();
    TrainNetwork { width: 16, depth: 2, batch: 32, steps, ..defaults }
}

/// The verdict on a critic, and the exact distance.
fn judged(
    critic: &NetworkCritic,
    (source, target): (&DiscreteMeasure, &DiscreteMeasure),
) -> (CriticVerdict, f64, OtProblem<'static>) {
    let problem = OtProblem::new(source, target, Euclidean).unwrap();
    let solution = Method::Auto.solver(&problem).solve(&problem, &mut ()).unwrap();
    let exact = solution.certify(&problem).certificate;
    assert!(exact.is_optimal());
    let verdict = judge(critic, &problem).unwrap();
    (verdict, exact.upper, problem)
}

/// Nothing that is called certain is above the exact value.
fn holds(verdict: &CriticVerdict, exact: f64) {
    let most = exact + 1e-9 * exact.max(1.0);
    assert!((0.0..=most).contains(&verdict.certified_lower), "{verdict:?} against {exact}");
    assert!((0.0..=most).contains(&verdict.polished_lower), "{verdict:?} against {exact}");
    let bound = verdict.lipschitz.bound;
    assert!(verdict.lipschitz_pairs <= bound * (1.0 + 1e-9), "{verdict:?}");
    assert!(verdict.between_slopes.most <= bound * (1.0 + 1e-9), "{verdict:?}");
}

fn between((source, target): &(DiscreteMeasure, DiscreteMeasure)) -> OtProblem<'static> {
    OtProblem::new(source, target, Euclidean).unwrap()
}

fn train(settings: &TrainNetwork, sides: &(DiscreteMeasure, DiscreteMeasure)) -> NetworkCritic {
    settings.train(&between(sides)).unwrap().critic
}

/// The relative errors of the estimate and of the polished bound after a training.
fn errors(settings: &TrainNetwork, name: &str) -> (f64, f64) {
    let sides = case(name);
    let critic = train(settings, &sides);
    let (verdict, exact, _) = judged(&critic, (&sides.0, &sides.1));
    holds(&verdict, exact);
    (verdict.estimate / exact - 1.0, verdict.polished_lower / exact - 1.0)
}

#[test]
fn no_kind_proves_too_much_however_it_is_trained() {
    let sides = small();
    for name in TrainNetwork::NAMES {
        for steps in [0, 1, 60] {
            for rate in [1e-3, 3e-2] {
                let critic = train(&TrainNetwork { rate, ..quick(name, steps) }, &sides);
                let (verdict, exact, _) = judged(&critic, (&sides.0, &sides.1));
                holds(&verdict, exact);
                assert_eq!(critic.kind(), name);
            }
        }
    }
}

#[test]
fn certified_kinds_are_returned_with_a_bound_of_one() {
    let sides = small();
    for name in ["spectral", "maxmin", "groupsort"] {
        let critic = train(&quick(name, 40), &sides);
        let bound = critic.lipschitz().bound;
        assert!((bound - 1.0).abs() < 1e-10, "{bound}");
    }
}

#[test]
fn maxmin_matches_two_gaussians() {
    let settings = TrainNetwork { steps: 600, ..TrainNetwork::new(Regularizer::Orthonormal, 2) };
    let (error, polished) = errors(&settings, "gauss2_256");
    assert!((-3e-3..=0.0).contains(&error), "{error}");
    assert!((-1.5e-3..=1e-12).contains(&polished), "{polished}");
}

#[test]
fn one_sided_penalties_overshoot_by_the_share_that_lambda_allows() {
    let sides = case("gauss2_256");
    let scale = Frame::of(&sides.0, &sides.1).unwrap().scale();
    let penalty = Regularizer::GradientPenalty { lambda: 10.0, two_sided: false };
    let settings = TrainNetwork { steps: 800, ..TrainNetwork::new(penalty, 2) };
    let Trained { critic, history, .. } = settings.train(&between(&sides)).unwrap();
    let (verdict, exact, _) = judged(&critic, (&sides.0, &sides.1));
    holds(&verdict, exact);
    let (error, theory) = (verdict.estimate / exact - 1.0, exact / scale / (2.0 * 10.0));
    assert!((0.5 * theory..1.5 * theory).contains(&error), "{error} beside {theory}");
    // Half of what is won above W₁ is paid.
    let last = history.last().unwrap();
    assert!(last.penalty > 0.0 && last.estimate - last.penalty > exact, "{last:?}");
}

#[test]
fn penalties_on_the_matched_pairs_take_the_plan_as_data() {
    let sides = small();
    let (source, target) = (&sides.0, &sides.1);
    let problem = OtProblem::new(source, target, Euclidean).unwrap();
    let solution = Method::Auto.solver(&problem).solve(&problem, &mut ()).unwrap();
    let arcs = solution.certify(&problem).plan.unwrap().arcs().to_vec();
    let [random, plan] = [Pairs::Random, Pairs::Plan(arcs)]
        .map(|pairs| train(&TrainNetwork { pairs, ..quick("lp", 100) }, &sides));
    assert_ne!(random, plan);
    for critic in [random, plan] {
        let (verdict, exact, _) = judged(&critic, (source, target));
        holds(&verdict, exact);
    }
    let beyond = vec![PlanArc { source: 30, target: 0, mass: 1.0 }];
    let settings = TrainNetwork { pairs: Pairs::Plan(beyond), ..quick("lp", 1) };
    let error = settings.train(&problem).unwrap_err();
    assert!(matches!(error, CriticError::Pair { source_index: 30, n: 30, .. }), "{error}");
}

#[test]
fn clipped_weights_stay_in_their_box() {
    let sides = small();
    let regularizer = Regularizer::Clip { limit: 0.05 };
    let critic = train(&TrainNetwork { rate: 1e-2, regularizer, ..quick("clip", 50) }, &sides);
    let largest = critic.network().parameters().iter().fold(0.0, |a: f64, w| w.abs().max(a));
    assert_eq!(largest, f64::from(0.05_f32));
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let problem = between(&small());
    let refused = |settings: TrainNetwork| {
        let error = settings.train(&problem).unwrap_err();
        assert!(matches!(error, CriticError::Setting { .. }), "{error}");
        assert!(!error.hint().is_empty());
    };
    let maxmin = || quick("maxmin", 1);
    refused(TrainNetwork { width: 0, ..maxmin() });
    refused(TrainNetwork { depth: 0, ..maxmin() });
    refused(TrainNetwork { batch: 0, ..maxmin() });
    refused(TrainNetwork { width: 15, ..maxmin() });
    refused(TrainNetwork { rate: 0.0, ..maxmin() });
    refused(TrainNetwork { rate: f64::NAN, ..maxmin() });
    refused(TrainNetwork { activation: Activation::GroupSort { size: 0 }, ..maxmin() });
    for lambda in [-1.0, f64::NAN] {
        let regularizer = Regularizer::GradientPenalty { lambda, two_sided: false };
        refused(TrainNetwork { regularizer, ..quick("lp", 1) });
    }
    let regularizer = Regularizer::Clip { limit: 0.0 };
    refused(TrainNetwork { regularizer, ..quick("clip", 1) });
    let flat = DiscreteMeasure::uniform(Array2::zeros((4, 2))).unwrap();
    let error = OtProblem::new(&small().0, &flat, Euclidean).err().unwrap();
    assert_eq!(error, CostError::Dimensions { source_dim: 3, target_dim: 2 }.into());
}

#[test]
fn a_rate_that_turns_singular_values_round_is_refused_and_the_highest_is_not() {
    let sides = small();
    let at = |rate| TrainNetwork { rate, ..quick("maxmin", 30) };
    let error = at(0.04).train(&between(&sides)).unwrap_err();
    let CriticError::Overstep { inputs: 16, outputs: 16, most, .. } = error else {
        panic!("{error}");
    };
    let (verdict, exact, _) = judged(&train(&at(most), &sides), (&sides.0, &sides.1));
    holds(&verdict, exact);
    // In many dimensions the default comes down by itself.
    let mut stream = Seed(12).stream("wide");
    let wide = [0.0, 0.1].map(|shift| normal(6, 3000, shift, &mut stream));
    let [source, target] = wide.map(|points| DiscreteMeasure::uniform(points).unwrap());
    let wide = between(&(source, target));
    let settings = TrainNetwork { steps: 2, ..TrainNetwork::new(Regularizer::Orthonormal, 3000) };
    settings.train(&wide).unwrap();
}

#[test]
fn divergence_says_at_which_step() {
    let problem = between(&small());
    let error = TrainNetwork { rate: 1e30, ..quick("gp", 50) }.train(&problem).unwrap_err();
    assert!(matches!(error, CriticError::Diverged { step: 1..=10, .. }), "{error}");
    assert!(error.hint().contains("lower the rate"));
}

#[test]
fn the_same_seed_gives_the_same_bits_for_any_number_of_threads() {
    let sides = small();
    for name in TrainNetwork::NAMES {
        let settings = TrainNetwork { batch: 8, ..quick(name, 20) };
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| settings.train(&between(&sides)).unwrap())
        };
        let one = run(1);
        assert_eq!(one, run(2));
        let other = TrainNetwork { seed: Seed(1), ..settings.clone() };
        assert_ne!(one.critic, train(&other, &sides));
    }
}

/// Stops when so many steps are done.
struct After(u64);

impl Observer for After {
    fn observe(&mut self, event: &Event) -> ControlFlow<Stop> {
        if event.iterations < self.0 {
            return ControlFlow::Continue(());
        }
        ControlFlow::Break(Stop::Interrupted)
    }
}

#[test]
fn a_stopped_run_returns_its_best_certified_state() {
    let sides = small();
    for name in TrainNetwork::NAMES {
        let settings = quick(name, 200);
        let trained = settings.train_with(&between(&sides), &mut After(77)).unwrap();
        assert_eq!(trained.stopped, Some(Stop::Interrupted));
        assert_eq!(trained.history.last().unwrap().step, 77);
        let (verdict, exact, _) = judged(&trained.critic, (&sides.0, &sides.1));
        holds(&verdict, exact);
        if settings.regularizer.is_certified() {
            let worth = trained.history.iter().map(|m| m.estimate / m.lipschitz);
            let best = worth.fold(f64::NEG_INFINITY, f64::max);
            assert!((verdict.certified_lower - best).abs() < 1e-9 * best, "{verdict:?}, {best}");
        }
    }
}

#[test]
fn a_run_of_certified_kind_never_ends_below_its_best() {
    // At the highest rate, all the way, the last state is hardly ever the best.
    let sides = small();
    let schedule = Schedule::Constant;
    let settings = TrainNetwork { rate: 0.03, schedule, ..quick("maxmin", 300) };
    let Trained { critic, history, .. } = settings.train(&between(&sides)).unwrap();
    let worth: Vec<f64> = history.iter().map(|m| m.estimate / m.lipschitz).collect();
    let best = worth.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    assert!(worth[worth.len() - 1] < best, "the test needs a run that is not at its best");
    let (verdict, ..) = judged(&critic, (&sides.0, &sides.1));
    assert!((verdict.certified_lower - best).abs() < 1e-9 * best);
}

#[test]
fn a_critic_is_its_kind_frame_layers_and_parameters() {
    let sides = small();
    let settings = quick("groupsort", 30);
    let critic = train(&settings, &sides);
    let saved = critic.network();
    let layers: Vec<(usize, Activation)> = (0..saved.depth())
        .map(|layer| (saved.weights(layer).ncols(), saved.activation(layer)))
        .collect();
    let mut network =
        Mlp::new(saved.inputs(), &layers, Init::He, &mut Seed(0).stream("any")).unwrap();
    network.parameters_mut().copy_from_slice(saved.parameters());
    let frame = Frame::new(critic.frame().origin().to_owned(), critic.frame().scale()).unwrap();
    let kind = TrainNetwork::named(critic.kind(), 3).unwrap().name();
    assert_eq!(NetworkCritic::new(kind, network, frame).unwrap(), critic);
}

/// Fresh draws of two laws that differ by a shift.
struct Fresh(Stream, Batch);

impl Batches for Fresh {
    fn next(&mut self) -> &Batch {
        let Self(stream, batch) = self;
        batch.source.mapv_inplace(|_| f32::of(stream.normal()));
        batch.target.mapv_inplace(|_| f32::of(stream.normal()));
        batch.target.column_mut(0).mapv_inplace(|x| x + 1.5);
        batch
    }
}

#[test]
fn fresh_batches_find_the_distance_of_the_laws() {
    let points = || Array2::zeros((64, 2));
    let mass = vec![1.0 / 64.0; 64];
    let (source, target) = (points(), points());
    let batch = Batch { source, target, source_mass: mass.clone(), target_mass: mass };
    let mut batches = Fresh(Seed(13).stream("fresh"), batch);
    let mut stream = Seed(14).stream("held out");
    let x = normal(500, 2, 0.0, &mut stream);
    let y = &x + &array![1.5, 0.0];
    let (x, y) = (DiscreteMeasure::uniform(x).unwrap(), DiscreteMeasure::uniform(y).unwrap());
    let frame = Frame::new(array![0.0, 0.0], 1.0).unwrap();
    let settings = TrainNetwork { steps: 300, ..quick("maxmin", 300) };
    let trained = settings.train_on(&mut batches, &frame, (&x, &y), &mut ()).unwrap();
    let estimate = trained.history.last().unwrap().estimate;
    // W₁ of a law and its translate is the length of the shift.
    assert!((1.4..=1.5 + 1e-6).contains(&estimate), "{estimate}");
}
