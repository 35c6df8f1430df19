//! `MinFunnels`: what is known about them holds, the exact engine agrees, and critics come near.

use deblais::DiscreteMeasure;
use deblais::cost::Euclidean;
use deblais::critic::{
    Critic, CriticError, Frame, FreshBatches, Lattice, LatticeRate, LatticeStart, SampleBatches,
    TrainLattice, Trained, judge,
};
use deblais::datasets::Funnels;
use deblais::io::{InputPath, Table};
use deblais::problem::OtProblem;
use deblais::seed::Seed;
use deblais::solvers::Method;
use ndarray::{Array1, Array2, Axis, s};

fn funnels(dim: usize, count: usize, seed: u64) -> Funnels {
    Funnels::new(dim, count, &mut Seed(seed).stream("funnels"))
}

fn lengths(steps: &Array2<f64>) -> Array1<f64> {
    steps.map_axis(Axis(1), |step| step.dot(&step).sqrt())
}

fn measure(points: Array2<f64>) -> DiscreteMeasure {
    DiscreteMeasure::uniform(points).unwrap()
}

/// u(x) by its definition, with the place of the minimum.
fn u(funnels: &Funnels, x: &[f64]) -> (usize, f64) {
    let centers = funnels.centers();
    let levels = centers.outer_iter().zip(funnels.heights()).map(|(a, b)| {
        let square: f64 = x.iter().zip(a).map(|(x, a)| (x - a).powi(2)).sum();
        square.sqrt() + b
    });
    levels.enumerate().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap()
}

#[test]
fn the_optimal_critic_is_tight_on_every_pair() {
    for (dim, count) in [(1, 3), (2, 64), (16, 1), (16, 64), (128, 256)] {
        let funnels = funnels(dim, count, 1);
        let (x, y) = funnels.pairs(500, &mut Seed(2).stream("pairs"));
        let told = funnels.critic(x.view()) - funnels.critic(y.view());
        for (told, moved) in told.iter().zip(lengths(&(&x - &y))) {
            assert!((told - moved).abs() < 1e-12 * (dim as f64).sqrt() * 5.0, "{told} {moved}");
        }
        assert!(x.iter().chain(&y).all(|x| x.abs() <= Funnels::BOX));
        // The critic is −u, and ∇(−u) points to the bottom of the funnel.
        let slopes = funnels.critic_gradients(x.view());
        for (i, x) in x.outer_iter().enumerate() {
            let (near, level) = u(&funnels, &x.to_vec());
            assert!((level + funnels.critic(x.insert_axis(Axis(0)))[0]).abs() < 1e-12);
            let down = &funnels.centers().row(near) - &x;
            let size = down.dot(&down).sqrt();
            assert!((slopes.row(i).dot(&down) - size).abs() <= 1e-12 * size);
        }
    }
}

#[test]
fn rays_end_where_another_funnel_takes_over_or_at_the_wall() {
    let (mut walls, mut rays) = (0, 0);
    for (dim, count) in [(1, 4), (2, 16), (5, 30), (20, 60)] {
        let funnels = funnels(dim, count, 3);
        let (x, y) = funnels.pairs(300, &mut Seed(4).stream("pairs"));
        for (x, y) in x.outer_iter().zip(y.outer_iter()) {
            let (near, _) = u(&funnels, &y.to_vec());
            let low = funnels.centers().row(near).to_owned();
            let (base, short) = (lengths_of(&y, &low), lengths_of(&x, &low));
            if short < 1e-6 {
                // Rounding has lost the length of the ray.
                continue;
            }
            rays += 1;
            let v = (&y - &low) / base;
            // short = t⁸·full with t = base/full.
            let full = (base.powi(8) / short).powf(1.0 / 7.0);
            let at = |r: f64| (&low + &(&v * r)).to_vec();
            assert!(full >= base * (1.0 - 1e-9), "{full} {base}");
            assert_eq!(u(&funnels, &at(full * (1.0 - 1e-6))).0, near, "still in its funnel");
            let beyond = at(full * (1.0 + 1e-6));
            let out = beyond.iter().any(|x| x.abs() > Funnels::BOX);
            walls += usize::from(out);
            assert!(out || u(&funnels, &beyond).0 != near, "{dim} {count}: it goes on");
        }
    }
    assert!(rays > 1000 && 100 < walls && walls < rays - 100, "{rays} rays, {walls} to a wall");
}

fn lengths_of(x: &ndarray::ArrayView1<'_, f64>, y: &Array1<f64>) -> f64 {
    let step = x - y;
    step.dot(&step).sqrt()
}

/// −u is a critic whose estimate is the mean distance of the pairs, so that is the exact distance.
#[test]
fn the_exact_engine_finds_the_mean_distance_of_the_pairs() {
    for (dim, count, n) in
        [(1, 4, 700), (2, 16, 600), (8, 64, 1000), (32, 16, 500), (128, 256, 400)]
    {
        let (x, y) = funnels(dim, count, 5).pairs(n, &mut Seed(6).stream("pairs"));
        let known = lengths(&(&x - &y)).mean().unwrap();
        // The pairs must not stand side by side.
        let shift = n / 3;
        let y = ndarray::concatenate![Axis(0), y.slice(s![shift.., ..]), y.slice(s![..shift, ..])];
        let problem = OtProblem::new(&measure(x), &measure(y), Euclidean).unwrap();
        let solution = Method::Auto.solver(&problem).solve(&problem, &mut ()).unwrap();
        let certificate = solution.certify(&problem).certificate;
        assert!(certificate.is_optimal(), "{certificate:?}");
        let error = (certificate.upper / known - 1.0).abs();
        assert!(error < 1e-12, "{dim}-D: {} for {known}", certificate.upper);
    }
}

/// Trains on fresh draws, or on a pool; the critic, its relative error and its cosine on held-out
/// pairs.
fn on_funnels(
    funnels: &Funnels,
    training: TrainLattice,
    pool: Option<usize>,
) -> (Trained<Lattice>, f64, f64) {
    let (dim, rows) = (funnels.dim(), training.batch);
    let frame = Frame::new(Array1::zeros(dim), 1.0).unwrap();
    let stream = &mut Seed(7).stream("batches");
    let (x, y) = funnels.pairs(256, &mut Seed(7).stream("watched"));
    let watched = [x, y].map(measure);
    let samples = (&watched[0], &watched[1]);
    let run = if let Some(n) = pool {
        let [x, y] = [funnels.pairs(n, stream).0, funnels.target(n, stream)].map(measure);
        let place = |x: ndarray::ArrayView2<'_, f64>| frame.place(x);
        let mut batches = SampleBatches::new(&x, &y, rows, place, Seed(7).stream("rows"));
        training.train_on(&mut batches, &frame, samples, &mut ())
    } else {
        let mut batches = FreshBatches::new(rows, dim, |x, y| {
            x.assign(&frame.place(funnels.pairs(rows, stream).0.view()));
            y.assign(&frame.place(funnels.target(rows, stream).view()));
        });
        training.train_on(&mut batches, &frame, samples, &mut ())
    };
    let run = run.unwrap();
    let (x, y) = funnels.pairs(4000, &mut Seed(7).stream("held out"));
    let told = run.critic.values(x.view()).unwrap() - run.critic.values(y.view()).unwrap();
    let error = told.mean().unwrap() / lengths(&(&x - &y)).mean().unwrap() - 1.0;
    let slopes = run.critic.gradients(x.view()).unwrap();
    let cosine = (slopes * funnels.critic_gradients(x.view())).sum() / 4000.0;
    (run, error, cosine)
}

fn short() -> TrainLattice {
    TrainLattice { steps: 400, batch: 512, ..TrainLattice::cones(64) }
}

#[test]
fn cones_on_a_stream_find_the_funnels() {
    let funnels = funnels(16, 16, 8);
    let (run, error, cosine) = on_funnels(&funnels, short(), None);
    assert!(error.abs() < 0.04 && cosine > 0.95, "{error} {cosine}");
    assert_eq!(run.critic.kind(), "cones");
    // The same cones, but trained on a pool that they can learn by heart.
    let (_, pooled, worse) = on_funnels(&funnels, short(), Some(600));
    assert!(pooled < 4.0 * error.min(-0.01) && worse < cosine, "{pooled} {worse}");
}

#[test]
fn any_number_of_threads_finds_the_same_bits() {
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let funnels = funnels(6, 20, 9);
            let training = TrainLattice { steps: 20, batch: 600, ..TrainLattice::default() };
            (funnels.pairs(900, &mut Seed(1).stream("pairs")), on_funnels(&funnels, training, None))
        })
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn a_lattice_does_what_the_formula_says() {
    let read = |side: &str| {
        let path = format!("{}/tests/data/critic/ring8_512_{side}.csv", env!("CARGO_MANIFEST_DIR"));
        let origin = InputPath::from(std::path::Path::new(&path));
        measure(Table::read(&origin).unwrap().into_matrix().unwrap())
    };
    let (x, y) = (read("P"), read("Q"));
    let training = TrainLattice { steps: 600, groups: 64, pieces: 4, ..TrainLattice::default() };
    let problem = OtProblem::new(&x, &y, Euclidean).unwrap();
    let run = training.train(&problem).unwrap();
    let critic = &run.critic;
    let verdict = judge(critic, &problem).unwrap();
    // scipy's value; see tests/it/critic/mod.rs.
    let exact = 0.965_392_288_523_46;
    assert!(verdict.estimate <= exact && verdict.certified_lower <= exact);
    assert!(verdict.estimate > 0.975 * exact, "{}", verdict.estimate);
    assert!(verdict.lipschitz_pairs <= 1.0 + 1e-12);
    let best = run.history.iter().map(|line| line.estimate).fold(f64::NEG_INFINITY, f64::max);
    assert!((verdict.estimate - best).abs() < 1e-12);

    let points = y.support().slice(s![..60, ..]).mapv(|y| 1.3 * y + 0.01);
    let values = critic.values(points.view()).unwrap();
    let level = |x: &[f64], j: usize| {
        let c = critic.centers().row(j).to_vec();
        critic.heights()[j] + critic.signs()[j] * (x[0] - c[0]).hypot(x[1] - c[1])
    };
    for (x, value) in points.outer_iter().zip(&values) {
        let x = x.to_vec();
        let minimum = |g| (g..256).step_by(64).map(|j| level(&x, j)).fold(f64::INFINITY, f64::min);
        let expected = (0..64).map(minimum).fold(f64::NEG_INFINITY, f64::max);
        assert!((value - expected).abs() < 1e-12, "{value} {expected}");
    }
    // A step so small that none of the points crosses a kink, as the count of 0 says.
    let slopes = critic.gradients(points.view()).unwrap();
    for k in 0..2 {
        let moved = |by: f64| {
            let mut points = points.clone();
            points.column_mut(k).mapv_inplace(|x| x + by);
            critic.values(points.view()).unwrap()
        };
        let differences = (moved(1e-6) - moved(-1e-6)) / 2e-6;
        let off = differences.iter().zip(slopes.column(k)).filter(|(a, b)| (*a - *b).abs() > 1e-7);
        assert_eq!(off.count(), 0);
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let (x, y) = (measure(Array2::zeros((3, 2))), measure(Array2::ones((3, 2))));
    let problem = OtProblem::new(&x, &y, Euclidean).unwrap();
    let default = TrainLattice::default;
    for training in [
        TrainLattice { groups: 0, ..default() },
        TrainLattice { pieces: 0, ..default() },
        TrainLattice { batch: 0, ..default() },
        TrainLattice { start: LatticeStart::Cube(f64::NAN), ..default() },
        TrainLattice { rate: LatticeRate::Falling(-1.0), ..default() },
        TrainLattice { rate: LatticeRate::OfTemperature(f64::INFINITY), ..default() },
        TrainLattice { temperatures: (0.1, 0.0), ..default() },
        TrainLattice { cold: 0.0, ..default() },
    ] {
        let error = training.train(&problem).unwrap_err();
        assert!(matches!(error, CriticError::Setting { .. }), "{error}");
    }
    let flat = measure(Array2::zeros((3, 1)));
    assert!(OtProblem::new(&x, &flat, Euclidean).is_err());
    let critic = default().train(&problem).unwrap().critic;
    let error = critic.values(flat.support()).unwrap_err();
    assert!(matches!(error, CriticError::Dimensions { expected: 2, got: 1 }), "{error}");
}
