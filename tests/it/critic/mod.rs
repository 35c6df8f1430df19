//! Critics against the exact distance, and what is certain about them.

mod funnels;
mod networks;

use std::ops::ControlFlow;
use std::path::Path;

use deblais::cost::{Chebyshev, Cityblock, Euclidean, Metric, Minkowski};
use deblais::critic::{Cones, Critic, CriticError, CriticVerdict, TrainCones, Trained, judge};
use deblais::io::{InputPath, Selection, Table};
use deblais::measure::DiscreteMeasure;
use deblais::problem::OtProblem;
use deblais::progress::{Event, Observer, Stop};
use deblais::solvers::Method;
use ndarray::{Array1, Array2, array};

fn read(path: &str) -> Array2<f64> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    Table::read(&InputPath::from(path.as_path())).unwrap().into_matrix().unwrap()
}

/// n points that a stream of sines scatters, standard normal to the eye.
fn normal(n: usize, d: usize, phase: f64) -> Array2<f64> {
    let uniform = |k: usize| ((k as f64 * 12.9898 + phase).sin() * 43_758.545_3).rem_euclid(1.0);
    Array2::from_shape_fn((n, d), |(i, k)| {
        (0..12).map(|part| uniform(12 * (i * d + k) + part)).sum::<f64>() - 6.0
    })
}

fn uniform(points: Array2<f64>) -> DiscreteMeasure {
    DiscreteMeasure::uniform(points).unwrap()
}

fn exact(problem: &OtProblem) -> f64 {
    let solution = Method::Auto.solver(problem).solve(problem, &mut ()).unwrap();
    let certificate = solution.certify(problem).certificate;
    assert!(certificate.is_optimal());
    certificate.upper
}

fn trained(
    settings: TrainCones,
    (x, y): (&DiscreteMeasure, &DiscreteMeasure),
    metric: impl Into<Metric>,
) -> (Cones, CriticVerdict, f64) {
    let metric: Metric = metric.into();
    let problem = OtProblem::new(x, y, metric).unwrap();
    let Trained { critic, .. } = settings.train(&problem).unwrap();
    let verdict = judge(&critic, &problem).unwrap();
    (critic, verdict, exact(&problem))
}

/// Nothing that is called certain is above the exact value.
fn holds(verdict: &CriticVerdict, exact: f64, scale: f64) {
    let most = exact + 1e-9 * exact.max(scale);
    assert!((0.0..=most).contains(&verdict.certified_lower), "{verdict:?} against {exact}");
    assert!((0.0..=most).contains(&verdict.polished_lower), "{verdict:?} against {exact}");
    assert!(verdict.lipschitz_pairs <= verdict.lipschitz.bound * (1.0 + 1e-12), "{verdict:?}");
}

/// Cones are within 0.01 % of the exact distance, on samples of every kind.
fn cones_match(x: Array2<f64>, y: Array2<f64>, known: Option<f64>) {
    let (x, y) = (uniform(x), uniform(y));
    let (_, verdict, exact) = trained(TrainCones::default(), (&x, &y), Euclidean);
    if let Some(known) = known {
        assert!((exact - known).abs() < 1e-12, "{exact} is not {known}");
    }
    holds(&verdict, exact, exact);
    let error = (verdict.estimate - exact).abs() / exact;
    assert!(error <= 1e-4, "{} against {exact}: {error:e}", verdict.estimate);
    assert!(verdict.source_slopes.most <= 1.0 + 1e-12);
}

/// The known values are those of scipy 1.17.1: `linear_sum_assignment` on `cdist`, and the mean.
fn case(name: &str, known: f64) {
    let [p, q] = ["P", "Q"].map(|side| read(&format!("tests/data/critic/{name}_{side}.csv")));
    cones_match(p, q, Some(known));
}

#[test]
fn cones_match_on_two_gaussians() {
    case("gauss2_256", 2.257_926_595_156_04);
}

#[test]
fn cones_match_on_the_ring_of_eight() {
    case("ring8_512", 0.965_392_288_523_46);
}

#[test]
fn cones_match_on_two_rings() {
    case("rings2_256", 1.195_771_349_675_24);
}

#[test]
fn cones_match_in_ten_dimensions() {
    let mut y = normal(512, 10, 2.5);
    y.column_mut(0).mapv_inplace(|x| x + 1.0);
    cones_match(normal(512, 10, 0.5), y, None);
}

#[test]
fn cones_match_on_threes_and_eights() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/digits.csv");
    let digits = Table::read(&InputPath::from(path.as_path())).unwrap();
    let of = |label: &str| {
        let selection = Selection { filter: Some(label.parse().unwrap()), ..Selection::default() };
        digits.select(&selection).unwrap().points / 16.0
    };
    cones_match(of("label=3"), of("label=8"), None);
}

#[test]
fn no_critic_proves_too_much_however_badly_it_is_trained() {
    fn check(metric: impl Into<Metric>) {
        let metric: Metric = metric.into();
        let x = uniform(normal(40, 3, 0.3));
        let mass: Array1<f64> = (0..25).map(|j| f64::from(j % 4)).collect();
        let total = mass.sum();
        let y = DiscreteMeasure::new(normal(25, 3, 1.3) + 0.7, mass / total).unwrap();
        for steps in [0, 1, 10, 200] {
            for rate in [0.3, 100.0] {
                let settings = TrainCones { steps, rate, ..TrainCones::default() };
                let (_, verdict, exact) = trained(settings, (&x, &y), metric);
                holds(&verdict, exact, 1.0);
            }
        }
    }
    check(Euclidean);
    check(Cityblock);
    check(Chebyshev);
    check(Minkowski::new(3.0).unwrap());
    check(Metric::snowflake(Euclidean, 0.5).unwrap());
}

#[test]
fn any_function_is_judged_truly() {
    /// Far too steep, and its bound says so.
    struct Steep;
    impl Critic for Steep {
        fn kind(&self) -> &'static str {
            "steep"
        }
        fn dim(&self) -> usize {
            3
        }
        fn values(&self, x: ndarray::ArrayView2<'_, f64>) -> Result<Array1<f64>, CriticError> {
            Ok(x.column(0).mapv(|x| -50.0 * x))
        }
        fn gradients(&self, x: ndarray::ArrayView2<'_, f64>) -> Result<Array2<f64>, CriticError> {
            Ok(Array2::from_shape_fn(x.dim(), |(_, k)| if k == 0 { -50.0 } else { 0.0 }))
        }
        fn lipschitz(&self) -> deblais::critic::Lipschitz {
            deblais::critic::Lipschitz { bound: 50.0, how: "it is linear" }
        }
    }
    let (x, y) = (uniform(normal(30, 3, 0.3)), uniform(normal(30, 3, 1.3) + 1.0));
    let problem = OtProblem::new(&x, &y, Euclidean).unwrap();
    let verdict = judge(&Steep, &problem).unwrap();
    let exact = exact(&problem);
    assert!(verdict.estimate > 10.0 * exact, "it overshoots");
    holds(&verdict, exact, exact);
    assert!(verdict.certified_lower > 0.2 * exact);
    assert_eq!((verdict.between_slopes.p5, verdict.between_slopes.most), (50.0, 50.0));
}

#[test]
fn gradients_are_those_of_finite_differences() {
    let (x, y) = (uniform(normal(30, 4, 0.3)), uniform(normal(20, 4, 1.3) + 0.5));
    let settings = TrainCones { steps: 300, ..TrainCones::default() };
    let (critic, _, _) = trained(settings, (&x, &y), Euclidean);
    let points = normal(25, 4, 7.7) * 2.0;
    let gradients = critic.gradients(points.view()).unwrap();
    let step = 1e-6;
    let mut kinks = 0;
    for k in 0..4 {
        let moved = |by: f64| {
            let mut points = points.clone();
            points.column_mut(k).mapv_inplace(|x| x + by);
            critic.values(points.view()).unwrap()
        };
        let slopes = (moved(step) - moved(-step)) / (2.0 * step);
        for (i, slope) in slopes.iter().enumerate() {
            kinks += usize::from((slope - gradients[(i, k)]).abs() > 1e-8);
        }
    }
    assert_eq!(kinks, 0);
}

#[test]
fn any_number_of_threads_finds_the_same_bits() {
    let (x, y) = (uniform(normal(300, 2, 0.3)), uniform(normal(400, 2, 1.3) + 1.0));
    let problem = OtProblem::new(&x, &y, Euclidean).unwrap();
    let settings = TrainCones { steps: 200, ..TrainCones::default() };
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| settings.train(&problem).unwrap())
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn a_run_that_is_stopped_hands_over_its_best() {
    struct After(u64);
    impl Observer for After {
        fn observe(&mut self, event: &Event) -> ControlFlow<Stop> {
            if event.iterations < self.0 {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(Stop::TimeLimit)
            }
        }
    }
    let (x, y) = (uniform(normal(60, 2, 0.3)), uniform(normal(60, 2, 1.3) + 1.0));
    let problem = OtProblem::new(&x, &y, Euclidean).unwrap();
    let run = TrainCones::default().train_with(&problem, &mut After(1000)).unwrap();
    assert_eq!(run.stopped, Some(Stop::TimeLimit));
    let best = run.history.iter().map(|line| line.estimate).fold(f64::NEG_INFINITY, f64::max);
    let verdict = judge(&run.critic, &problem).unwrap();
    assert!((verdict.estimate - best).abs() <= 1e-12 * best, "{} {best}", verdict.estimate);
}

#[test]
fn one_point_and_identical_samples() {
    let (one, two) = (uniform(array![[1.0]]), uniform(array![[3.0], [3.0]]));
    let (_, verdict, exact) = trained(TrainCones::default(), (&one, &two), Euclidean);
    assert_eq!(verdict.estimate, 2.0);
    // A bound from above, a few roundings wide.
    assert!((2.0..2.0 + 1e-14).contains(&exact), "{exact}");
    let same = uniform(normal(20, 2, 0.3));
    let (_, verdict, exact) = trained(TrainCones::default(), (&same, &same), Euclidean);
    assert_eq!(exact, 0.0);
    holds(&verdict, exact, 1.0);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let (x, y) = (uniform(normal(5, 2, 0.3)), uniform(normal(5, 2, 1.3)));
    let problem = OtProblem::new(&x, &y, Euclidean).unwrap();
    let refused = |settings: TrainCones| {
        let error = settings.train(&problem).unwrap_err();
        assert!(matches!(error, CriticError::Setting { .. }), "{error}");
    };
    refused(TrainCones { rate: -1.0, ..TrainCones::default() });
    refused(TrainCones { rate: f64::NAN, ..TrainCones::default() });
    refused(TrainCones { temperatures: (0.1, 0.0), ..TrainCones::default() });
    let flat = uniform(normal(5, 3, 0.3));
    assert!(OtProblem::new(&x, &flat, Euclidean).is_err());
    let critic = TrainCones::default().train(&problem).unwrap().critic;
    let error = critic.values(flat.support()).unwrap_err();
    assert!(matches!(error, CriticError::Dimensions { expected: 2, got: 3 }), "{error}");
}
