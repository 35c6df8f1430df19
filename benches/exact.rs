//! Criterion benches of the exact methods and of the certificate.
//!
//! `cargo bench --bench exact`. Data come from fixed seeds and are built outside the timer, cost
//! tables included; sizes are in the names. Every answer is certified once before it is timed: a
//! fast wrong one would be worthless. Comparisons with other libraries: `benches/peers/`.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use deblais::cost::{Euclidean, SqEuclidean};
use deblais::measure::DiscreteMeasure;
use deblais::problem::OtProblem;
use deblais::solvers::line::{Line, wasserstein_1d};
use deblais::solvers::network_simplex::NetworkSimplex;
use deblais::solvers::{Method, Solver};
use ndarray::{Array1, Array2};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn uniform(rng: &mut ChaCha8Rng, shape: (usize, usize)) -> Array2<f64> {
    Array2::from_shape_simple_fn(shape, || rng.random())
}

/// Box and Muller's transform.
fn gaussian(rng: &mut ChaCha8Rng, shape: (usize, usize)) -> Array2<f64> {
    Array2::from_shape_simple_fn(shape, || {
        let (u, v): (f64, f64) = (1.0 - rng.random::<f64>(), rng.random());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    })
}

/// Two clouds in the unit cube.
fn cube(rng: &mut ChaCha8Rng, n: usize, d: usize) -> (Array2<f64>, Array2<f64>) {
    (uniform(rng, (n, d)), uniform(rng, (n, d)))
}

/// A Gaussian against five blobs.
fn blobs(rng: &mut ChaCha8Rng, n: usize, d: usize) -> (Array2<f64>, Array2<f64>) {
    let x = gaussian(rng, (n, d));
    let centers = 3.0 * gaussian(rng, (5, d));
    let mut y = 0.5 * gaussian(rng, (n, d));
    for mut point in y.rows_mut() {
        point += &centers.row(rng.random_range(0..5));
    }
    (x, y)
}

fn between((x, y): (Array2<f64>, Array2<f64>)) -> OtProblem<'static> {
    let x = DiscreteMeasure::uniform(x).expect("finite points");
    let y = DiscreteMeasure::uniform(y).expect("finite points");
    OtProblem::new(&x, &y, Euclidean).expect("two clouds of one dimension").tabulated()
}

/// White noise on an s×s grid.
fn histograms(rng: &mut ChaCha8Rng, s: usize) -> OtProblem<'static> {
    let grid =
        Array2::from_shape_fn((s * s, 2), |(i, k)| if k == 0 { i / s } else { i % s } as f64);
    let mut noise = || {
        let mass = Array1::from_shape_simple_fn(s * s, || rng.random_range(1..256).into());
        let total: f64 = mass.sum();
        DiscreteMeasure::new(grid.clone(), mass / total).expect("positive masses")
    };
    OtProblem::new(&noise(), &noise(), Euclidean).expect("equal totals").tabulated()
}

/// Times a solver whose answer holds.
fn solve(
    c: &mut Criterion,
    group: &str,
    case: &str,
    solver: &dyn Solver,
    problem: &OtProblem<'static>,
) {
    let certificate =
        solver.solve(problem, &mut ()).expect("it applies").certify(problem).certificate;
    assert!(certificate.is_optimal(), "{group}/{case}: {certificate:?}");
    c.benchmark_group(group)
        .sample_size(10)
        .measurement_time(Duration::from_secs(3))
        .bench_function(case, |b| b.iter(|| solver.solve(black_box(problem), &mut ())));
}

fn simplex(c: &mut Criterion) {
    type Clouds = fn(&mut ChaCha8Rng, usize, usize) -> (Array2<f64>, Array2<f64>);
    for (kind, clouds) in [("unif", cube as Clouds), ("mix", blobs)] {
        for (n, d) in [(250, 2), (250, 64), (1000, 2), (1000, 64)] {
            let problem = between(clouds(&mut ChaCha8Rng::seed_from_u64(1), n, d));
            solve(c, "simplex", &format!("{kind}/d={d}/n={n}"), &NetworkSimplex, &problem);
        }
    }
    let problem = histograms(&mut ChaCha8Rng::seed_from_u64(2), 32);
    solve(c, "simplex", "histogram/32x32", &NetworkSimplex, &problem);
}

/// What one call on a minibatch costs, on average over 32 of them.
fn minibatch(c: &mut Criterion) {
    const BATCHES: u64 = 32;
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let problems: Vec<OtProblem<'static>> =
        (0..BATCHES).map(|_| between(cube(&mut rng, 64, 2))).collect();
    let mut group = c.benchmark_group("minibatch");
    group.throughput(Throughput::Elements(BATCHES));
    for (name, method) in [("auto", Method::Auto), ("simplex", Method::Simplex)] {
        group.bench_function(BenchmarkId::new(name, "d=2/n=64"), |b| {
            b.iter(|| {
                for problem in &problems {
                    let solution = method.solver(problem).solve(problem, &mut ());
                    black_box(solution.expect("it applies"));
                }
            });
        });
    }
}

/// 256 pairs of 64 points, with certificates: in one call, and in a call each.
fn batch(c: &mut Criterion) {
    const PAIRS: usize = 256;
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let (x, y): (Vec<_>, Vec<_>) = (0..PAIRS).map(|_| cube(&mut rng, 64, 2)).unzip();
    let mut group = c.benchmark_group("batch");
    group.throughput(Throughput::Elements(PAIRS as u64));
    group.bench_function("one call/d=2/n=64", |b| {
        b.iter(|| deblais::emd_batch(black_box(&x), black_box(&y), Euclidean).expect("pairs"));
    });
    group.bench_function("a call each/d=2/n=64", |b| {
        b.iter(|| {
            for (x, y) in x.iter().zip(&y) {
                black_box(deblais::emd(x, y, Euclidean).expect("two samples"));
            }
        });
    });
}

fn line(c: &mut Criterion) {
    let n = 100_000;
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let (x, y) = (gaussian(&mut rng, (n, 1)), 1.5 * gaussian(&mut rng, (n, 1)) + 1.0);
    let (xs, ys) = (x.as_slice().expect("contiguous"), y.as_slice().expect("contiguous"));
    let mut group = c.benchmark_group("line");
    group.sample_size(10);
    for p in [1.0, 2.0] {
        group.bench_function(format!("value/p={p}/n={n}"), |b| {
            b.iter(|| wasserstein_1d(black_box(xs), black_box(ys), p));
        });
    }
    group.finish();
    let x = DiscreteMeasure::uniform(x.clone()).expect("finite points");
    let y = DiscreteMeasure::uniform(y.clone()).expect("finite points");
    let distance = OtProblem::new(&x, &y, Euclidean).expect("two samples");
    let square = OtProblem::new(&x, &y, SqEuclidean).expect("two samples");
    solve(c, "line", &format!("full/p=1/n={n}"), &Line, &distance);
    solve(c, "line", &format!("full/p=2/n={n}"), &Line, &square);
}

fn certificate(c: &mut Criterion) {
    let mut group = c.benchmark_group("certificate");
    for d in [2, 64] {
        let problem = between(cube(&mut ChaCha8Rng::seed_from_u64(1), 1000, d));
        let solution = NetworkSimplex.solve(&problem, &mut ()).expect("it applies");
        group.bench_function(format!("unif/d={d}/n=1000"), |b| {
            b.iter(|| black_box(&solution).certify(&problem));
        });
    }
}

criterion_group!(benches, simplex, minibatch, batch, line, certificate);
criterion_main!(benches);
