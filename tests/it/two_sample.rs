//! Permutation tests against brute force: every division of tiny samples, every statistic by its
//! definition.

use std::ops::ControlFlow;

use deblais::cost::GroundCost;
use deblais::ndarray::{Array2, Axis, array, concatenate};
use deblais::progress::{Event, Observer, Stop};
use deblais::seed::Seed;
use deblais::two_sample::{
    Bracket, Statistic, TestOptions, TwoSampleError, TwoSampleTest, two_sample_test_with,
};
use deblais::{
    Cityblock, DiscreteMeasure, Euclidean, SqEuclidean, Termination, emd, energy_distance, mmd,
    two_sample_test,
};

/// n normal points in d dimensions around a shift.
fn normal((n, d): (usize, usize), shift: f64, name: &str) -> Array2<f64> {
    let mut stream = Seed(11).stream(name);
    Array2::from_shape_simple_fn((n, d), || shift + stream.normal())
}

/// All divisions of N points into n and the others.
fn divisions(n: usize, pooled: usize) -> Vec<(Vec<usize>, Vec<usize>)> {
    let bits = (0..1_u32 << pooled).filter(|bits| bits.count_ones() as usize == n);
    bits.map(|bits| (0..pooled).partition(|&i| bits >> i & 1 == 1)).collect()
}

/// The three statistics by their definitions; the MMD at the bandwidth 1.
fn by_definition(x: &Array2<f64>, y: &Array2<f64>, ground: GroundCost) -> [f64; 3] {
    [
        emd(x, y, ground).unwrap().value(),
        energy_distance(x, y).unwrap(),
        mmd(x, y, Some(1.0)).unwrap(),
    ]
}

/// The share of all divisions that are at least as extreme as the one observed.
fn exact_p_values(x: &Array2<f64>, y: &Array2<f64>, ground: GroundCost) -> [f64; 3] {
    let pooled = concatenate![Axis(0), *x, *y];
    let observed = by_definition(x, y, ground);
    let all = divisions(x.nrows(), pooled.nrows());
    let mut at_least = [0.0; 3];
    for (source, target) in &all {
        let [x, y] = [source, target].map(|chosen| pooled.select(Axis(0), chosen));
        for ((count, value), observed) in
            at_least.iter_mut().zip(by_definition(&x, &y, ground)).zip(observed)
        {
            // Values of different divisions differ by more than rounding, or are ties.
            *count += f64::from(u8::from(value >= observed - 1e-12));
        }
    }
    at_least.map(|count| count / all.len() as f64)
}

#[test]
fn p_values_are_those_of_all_divisions() {
    const PERMUTATIONS: usize = 4000;
    let grounds = [Euclidean.into(), SqEuclidean.into(), Cityblock.into()];
    for ((sizes, shift), ground) in
        [((4, 4), 0.0), ((5, 3), 1.0), ((2, 6), 0.5)].into_iter().zip(grounds)
    {
        let (n, m) = sizes;
        let (x, y) = (normal((n, 2), 0.0, "x"), normal((m, 2), shift, "y"));
        let options = TestOptions::new().permutations(PERMUTATIONS).bandwidth(1.0).seed(Seed(3));
        let test = two_sample_test_with(&x, &y, ground, &options).unwrap();
        for (test, value) in test.statistics.iter().zip(by_definition(&x, &y, ground)) {
            let Bracket { lower, upper } = test.observed;
            let near = |end: f64| (end - value).abs() < 1e-13;
            assert!(near(lower) && near(upper), "{:?} {value}", test.observed);
        }
        for (test, exact) in test.statistics.iter().zip(exact_p_values(&x, &y, ground)) {
            // Five standard deviations of a binomial share, and the 1 that is added.
            let deviation = (exact * (1.0 - exact) / PERMUTATIONS as f64).sqrt();
            let p = test.p_value();
            assert!(
                (p - exact).abs() <= 5.0 * deviation + 3e-4,
                "{:?}: {p} {exact}",
                test.statistic
            );
        }
    }
}

/// `scipy.stats.permutation_test((x, y), statistic, permutation_type="independent",
/// alternative="greater", n_resamples=np.inf)`, scipy 1.17.1: all 3003 divisions, with
/// `energy_distance(x, y)**2` and `wasserstein_distance(x, y)`.
#[test]
fn p_values_on_the_line_are_those_of_scipy() {
    let x = array![[0.1], [0.7], [-0.4], [1.9], [0.3], [2.2]];
    let y = array![[1.1], [1.3], [2.9], [0.8], [1.7], [3.3], [2.4], [0.9]];
    let options =
        TestOptions::new().permutations(20_000).statistics([Statistic::Emd, Statistic::Energy]);
    let test = two_sample_test_with(&x, &y, Euclidean, &options).unwrap();
    for (test, (observed, exact)) in test
        .statistics
        .iter()
        .zip([(1.0, 332.0 / 3003.0), (0.703_472_222_222_222_2, 317.0 / 3003.0)])
    {
        assert!((test.observed.upper - observed).abs() < 1e-14, "{test:?}");
        let deviation = f64::sqrt(exact * (1.0 - exact) / 20_000.0);
        assert!((test.p_value() - exact).abs() < 5.0 * deviation, "{} {exact}", test.p_value());
    }
}

#[test]
fn brackets_of_the_null_hold_the_values_of_the_divisions() {
    // All divisions into 3 and 2 points: every value of the null is one of ten.
    let (x, y) = (normal((3, 3), 0.0, "x"), normal((2, 3), 2.0, "y"));
    let pooled = concatenate![Axis(0), x, y];
    let values: Vec<f64> = divisions(3, 5)
        .iter()
        .map(|(source, target)| {
            let [x, y] = [source, target].map(|chosen| pooled.select(Axis(0), chosen));
            emd(&x, &y, Euclidean).unwrap().value()
        })
        .collect();
    for full in [false, true] {
        let options = TestOptions::new().permutations(200).statistics([Statistic::Emd]);
        let options = if full { options.full_null() } else { options };
        let test = two_sample_test_with(&x, &y, Euclidean, &options).unwrap();
        for null in &test.statistics[0].null {
            let held = values.iter().any(|v| null.lower <= v + 1e-14 && v - 1e-14 <= null.upper);
            assert!(held, "{null:?} {values:?}");
            assert!(!full || null.upper - null.lower < 1e-13, "{null:?}");
        }
    }
}

#[test]
fn the_same_bits_for_any_number_of_threads() {
    let (x, y) = (normal((30, 4), 0.0, "x"), normal((22, 4), 0.4, "y"));
    let run = |threads: usize, stop_after: Option<usize>| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let options = TestOptions::new().permutations(150);
        let options = match stop_after {
            Some(count) => options.stop_after(count),
            None => options,
        };
        pool.install(|| two_sample_test_with(&x, &y, Euclidean, &options).unwrap())
    };
    assert_eq!(run(1, None), run(2, None));
    assert_eq!(run(1, Some(5)), run(3, Some(5)));
}

#[test]
fn early_stopping_ends_with_a_permutation_at_least_the_observed_value() {
    let (x, y) = (normal((12, 2), 0.0, "x"), normal((9, 2), 0.0, "y"));
    let whole = two_sample_test(&x, &y, Euclidean).unwrap();
    let options = TestOptions::new().stop_after(10);
    let early = two_sample_test_with(&x, &y, Euclidean, &options).unwrap();
    for (early, whole) in early.statistics.iter().zip(&whole.statistics) {
        assert!(early.stopped_early() && !whole.stopped_early());
        assert_eq!(early.at_least, 10);
        assert_eq!(early.p_value(), 10.0 / early.null.len() as f64);
        // The same permutations, as far as they go.
        assert_eq!(early.null, whole.null[..early.null.len()]);
        assert!((early.p_value() - whole.p_value()).abs() < 0.35, "{early:?}");
    }
}

#[test]
fn ties_count_as_at_least() {
    // All points coincide but for the order of their names: every permutation ties.
    let x = Array2::<f64>::ones((5, 2));
    let options = TestOptions::new().permutations(50).bandwidth(1.0);
    let test = two_sample_test_with(&x, &x, Euclidean, &options).unwrap();
    for test in &test.statistics {
        assert_eq!((test.p_value(), test.observed.upper), (1.0, 0.0), "{test:?}");
    }
    // Whole numbers tie often; exact ties of transport costs are undecided by brackets.
    let whole = |name: &str| normal((7, 1), 0.0, name).mapv(|x| (2.0 * x).round());
    let (x, y) = (whole("x"), whole("y"));
    let exact = exact_p_values(&x, &y, Euclidean.into());
    let options = TestOptions::new().permutations(2000).bandwidth(1.0);
    let test = two_sample_test_with(&x, &y, Euclidean, &options).unwrap();
    for (test, exact) in test.statistics.iter().zip(exact) {
        let deviation = f64::sqrt(exact * (1.0 - exact) / 2000.0);
        assert!((test.p_value() - exact).abs() < 5.0 * deviation + 6e-4, "{test:?}: {exact}");
    }
}

/// A permutation may be the division observed, whose comparison is decided without a solve.
#[test]
fn the_least_p_value_is_one_permutation() {
    let (x, y) = (normal((20, 2), 0.0, "x"), normal((20, 2), 50.0, "y"));
    let test = two_sample_test(&x, &y, Euclidean).unwrap();
    assert_eq!(test.termination, Termination::Optimal);
    for test in &test.statistics {
        assert_eq!((test.p_value(), test.at_least, test.undecided), (0.001, 0, 0));
        assert!(test.null_quantile(1.0).unwrap().upper < test.observed.lower);
    }
}

/// Stops after so many questions.
struct StopAfter(usize);

impl Observer for StopAfter {
    fn observe(&mut self, event: &Event) -> ControlFlow<Stop> {
        assert_eq!((event.phase, event.of), ("permutations", Some(2997)));
        if self.0 == 0 {
            return ControlFlow::Break(Stop::TimeLimit);
        }
        self.0 -= 1;
        ControlFlow::Continue(())
    }
}

#[test]
fn a_stopped_run_keeps_the_first_permutations() {
    let (x, y) = (normal((12, 2), 0.0, "x"), normal((9, 2), 0.5, "y"));
    let whole = two_sample_test(&x, &y, Euclidean).unwrap();
    for questions in [0, 1, 40, 300, 1000] {
        let options = TestOptions::new().observer(StopAfter(questions));
        let TwoSampleTest { statistics, termination } =
            two_sample_test_with(&x, &y, Euclidean, &options).unwrap();
        assert_eq!(termination, Termination::TimeLimit);
        for (part, whole) in statistics.iter().zip(&whole.statistics) {
            assert!(part.null.len() < 999);
            assert_eq!(part.null, whole.null[..part.null.len()], "{questions}");
            let expected = (1.0 + part.at_least as f64) / (1.0 + part.null.len() as f64);
            assert_eq!(part.p_value(), expected);
        }
    }
}

#[test]
fn p_values_do_not_depend_on_units() {
    let (x, y) = (normal((15, 3), 0.0, "x"), normal((11, 3), 0.3, "y"));
    let p_values = |scale: f64| {
        let test = two_sample_test(&(&x * scale), &(&y * scale), Euclidean).unwrap();
        test.statistics.iter().map(deblais::two_sample::StatisticTest::p_value).collect::<Vec<_>>()
    };
    assert_eq!(p_values(1.0), p_values(1024.0));
    assert_eq!(p_values(1.0), p_values(2.0_f64.powi(-40)));
}

#[test]
fn samples_that_cannot_be_tested_are_refused() {
    let x = array![[0.0, 1.0], [1.0, 0.0]];
    let weighted = DiscreteMeasure::normalized(x.clone(), array![1.0, 2.0]).unwrap();
    let error = two_sample_test(&x, &weighted, Euclidean).unwrap_err();
    assert_eq!(error, TwoSampleError::Weighted { side: "target" });
    for (x, y, words) in [
        (x.clone(), array![[0.0]], "source"),
        (x.clone(), Array2::zeros((0, 2)), "target"),
        (array![[1.0, 1.0]], array![[1.0, 1.0]], "all points are the same"),
    ] {
        let error = two_sample_test(&x, &y, Euclidean).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        assert!(!error.hint().is_empty());
    }
}
