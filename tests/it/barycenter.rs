//! Barycenters against HiGHS, closed forms and their own symmetries.

use std::fs;

use deblais::barycenter::{
    Barycenter, BarycenterError, BarycenterMethod, BarycenterOptions, BarycenterProblem,
    free_support,
};
use deblais::seed::Seed;
use deblais::{DiscreteMeasure, Euclidean, GroundCost, SqEuclidean, wasserstein};
use ndarray::{Array1, Array2, array};
use serde::Deserialize;

/// A problem of `tests/data/barycenters.jsonl`, which `benches/peers/barycenter.py` wrote.
#[derive(Deserialize)]
struct Known {
    support: Vec<Vec<f64>>,
    measures: Vec<Vec<f64>>,
    weights: Vec<f64>,
    value: f64,
}

impl Known {
    fn support(&self) -> Array2<f64> {
        let dim = self.support[0].len();
        Array2::from_shape_fn((self.support.len(), dim), |(i, axis)| self.support[i][axis])
    }

    fn problem(&self, scale: f64) -> BarycenterProblem {
        let support = self.support() * scale;
        let measure = |masses: &Vec<f64>| {
            DiscreteMeasure::new(support.clone(), Array1::from(masses.clone())).unwrap()
        };
        let measures: Vec<_> = self.measures.iter().map(measure).collect();
        BarycenterProblem::new(support, &measures, &self.weights, SqEuclidean).unwrap()
    }
}

fn known() -> Vec<Known> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/barycenters.jsonl");
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn solve(problem: &BarycenterProblem, method: BarycenterMethod) -> Barycenter {
    let options = BarycenterOptions { method, gap: None };
    let found = problem.solve_with(&options, &mut ()).unwrap();
    assert!(found.certificate.is_within(found.gap), "{found:?}");
    found
}

#[test]
fn brackets_hold_the_values_of_highs() {
    /// The error of HiGHS with its default tolerances.
    const HIGHS: f64 = 1e-6;
    for (case, known) in known().iter().enumerate() {
        for scale in [1.0, 1e-3] {
            let problem = known.problem(scale);
            let value = known.value * scale * scale;
            for method in [BarycenterMethod::Lp, BarycenterMethod::Entropic] {
                let c = solve(&problem, method).certificate;
                let (low, high) = (value * (1.0 - HIGHS), value * (1.0 + HIGHS));
                assert!(c.lower <= high && low <= c.upper, "{case}, {method:?}: {value} {c:?}");
            }
        }
    }
}

#[test]
fn the_answer_is_a_measure_with_the_stated_transports() {
    let known = &known()[0];
    let found = known.problem(1.0).solve().unwrap();
    let nu = DiscreteMeasure::normalized(known.support(), found.masses.clone()).unwrap();
    let total: f64 = known.weights.iter().sum();
    let mut mean = 0.0;
    for ((masses, &weight), transport) in
        known.measures.iter().zip(&known.weights).zip(&found.transports)
    {
        let masses = Array1::from(masses.clone());
        let mu = DiscreteMeasure::normalized(known.support(), masses).unwrap();
        let cost = deblais::emd(&nu, &mu, SqEuclidean).unwrap();
        assert!((cost.upper() - transport.upper).abs() <= 1e-12 * cost.upper());
        mean += weight / total * cost.upper();
    }
    assert!((mean - found.certificate.upper).abs() <= 1e-12 * mean);
}

/// Two histograms on the line and all places between them: the value is `t·(1 − t)·W_2²`, that of a
/// point on the geodesic.
#[test]
fn two_measures_meet_on_the_geodesic() {
    let support = Array2::from_shape_fn((41, 1), |(i, _)| i as f64 / 4.0);
    let at = |places: [f64; 3]| {
        DiscreteMeasure::normalized(
            array![[places[0]], [places[1]], [places[2]]],
            array![1.0, 2.0, 1.0],
        )
        .unwrap()
    };
    let pair = [at([0.0, 1.0, 2.0]), at([4.0, 7.0, 10.0])];
    let w2 = wasserstein(&pair[0], &pair[1], 2.0, Euclidean).unwrap().value();
    for t in [0.25, 0.5, 0.75] {
        let problem =
            BarycenterProblem::new(support.clone(), &pair, &[1.0 - t, t], SqEuclidean).unwrap();
        for method in [BarycenterMethod::Lp, BarycenterMethod::Entropic] {
            let c = solve(&problem, method).certificate;
            let value = t * (1.0 - t) * w2 * w2;
            let slack = 1e-12 * value;
            assert!(c.lower <= value + slack && value <= c.upper + slack, "{t}: {value} {c:?}");
        }
    }
}

#[test]
fn one_measure_is_its_own_barycenter() {
    let support = array![[0.0, 0.0], [3.0, 1.0], [5.0, 5.0], [0.1, 7.0]];
    let measure = |masses| DiscreteMeasure::normalized(support.clone(), masses).unwrap();
    let (one, other) = (measure(array![1.0, 0.0, 2.0, 4.0]), measure(array![1.0, 1.0, 1.0, 0.0]));
    let pairs = [([one.clone(), other], [2.0, 0.0]), ([one.clone(), one], [0.3, 0.7])];
    for ground in [GroundCost::SqEuclidean, GroundCost::Euclidean, GroundCost::Cityblock] {
        for (measures, weights) in &pairs {
            let problem =
                BarycenterProblem::new(support.clone(), measures, weights, ground).unwrap();
            let found = solve(&problem, BarycenterMethod::Auto);
            assert_eq!((found.certificate.lower, found.certificate.upper), (0.0, 0.0));
            assert_eq!(found.masses, array![1.0 / 7.0, 0.0, 2.0 / 7.0, 4.0 / 7.0]);
        }
    }
}

#[test]
fn a_barycenter_has_the_same_bits_on_any_number_of_threads() {
    let known = &known()[5];
    let answers = [1, 3].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| solve(&known.problem(1.0), BarycenterMethod::Entropic))
    });
    assert_eq!(answers[0], answers[1]);
}

#[test]
fn problems_that_make_no_sense_are_refused() {
    let point = |x: f64| DiscreteMeasure::uniform(array![[x]]).unwrap();
    let plane = DiscreteMeasure::uniform(array![[0.0, 1.0]]).unwrap();
    let new = |measures: &[DiscreteMeasure], weights: &[f64]| {
        BarycenterProblem::new(array![[0.0], [1.0]], measures, weights, SqEuclidean).map(|_| ())
    };
    assert_eq!(new(&[point(0.0), point(1.0)], &[1.0, 3.0]), Ok(()));
    let refused = new(&[point(0.0)], &[1.0, 2.0]).unwrap_err();
    assert_eq!(refused, BarycenterError::Weights { weights: 2, measures: 1 });
    for weights in [[-1.0], [f64::NAN], [0.0]] {
        assert!(matches!(new(&[point(0.0)], &weights), Err(BarycenterError::Weight(_))));
    }
    assert!(matches!(new(&[], &[]), Err(BarycenterError::Weight(_))));
    let refused = new(&[point(0.0), plane], &[1.0, 1.0]);
    assert!(matches!(refused, Err(BarycenterError::Cost { index: 1, .. })));
}

/// On the line the barycenter of equal clouds has the means of their sorted points.
#[test]
fn points_on_the_line_move_to_the_means_of_quantiles() {
    let mut stream = Seed(3).stream("quantiles");
    let mut cloud = || Array1::from_shape_simple_fn(30, || 10.0 * stream.uniform());
    let clouds = [cloud(), cloud(), cloud()];
    let sorted = clouds.each_ref().map(|cloud| {
        let mut sorted = cloud.to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted
    });
    let weights = [0.5, 0.2, 0.3];
    let measures =
        clouds.map(|cloud| DiscreteMeasure::uniform(cloud.insert_axis(ndarray::Axis(1))).unwrap());
    let found = free_support(&measures[0], &measures, &weights, &mut ()).unwrap();
    assert_eq!(found.steps.len(), 3, "the start, the barycenter, and once more");
    let mut points = found.measure.support().column(0).to_vec();
    points.sort_by(f64::total_cmp);
    for (i, point) in points.iter().enumerate() {
        let mean: f64 = sorted.iter().zip(weights).map(|(sorted, w)| w * sorted[i]).sum();
        assert!((point - mean).abs() < 1e-12, "{point} {mean}");
    }
}

#[test]
fn moving_points_never_raise_the_value() {
    let mut stream = Seed(4).stream("clouds");
    let mut cloud = |n: usize| {
        let points = Array2::from_shape_simple_fn((n, 2), || stream.uniform());
        DiscreteMeasure::normalized(points, Array1::from_shape_simple_fn(n, || stream.uniform()))
    };
    let measures = [cloud(40).unwrap(), cloud(30).unwrap(), cloud(40).unwrap()];
    let found = free_support(&measures[0], &measures, &[1.0, 2.0, 1.0], &mut ()).unwrap();
    assert!(found.steps.len() > 3);
    for pair in found.steps.windows(2) {
        assert!(pair[1].lower <= pair[0].upper, "{pair:?}");
    }
    assert!(found.steps.iter().all(|step| step.is_within(1e-9)));
    assert_eq!(found.certificate(), found.steps.last().unwrap());
}
