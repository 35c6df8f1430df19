//! Criterion benches of entropic transport and of its certificate.
//!
//! `cargo bench --bench entropic`. Uniform clouds from fixed seeds, squared Euclidean costs from the
//! points, the default tolerance; sizes are in the names. The relative gap of the bracket is printed
//! beside the time: it is the price of ε, not of the solver. Comparisons with other libraries:
//! `benches/peers/`.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use deblais::cost::SqEuclidean;
use deblais::measure::DiscreteMeasure;
use deblais::problem::OtProblem;
use deblais::solvers::Termination;
use deblais::solvers::sinkhorn::{Entropic, Epsilon, Sinkhorn};
use ndarray::Array2;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::ThreadPoolBuilder;

/// Two clouds in the unit cube.
fn cube(n: usize, d: usize) -> OtProblem<'static> {
    cube_of(1, n, d)
}

fn cube_of(seed: u64, n: usize, d: usize) -> OtProblem<'static> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut cloud = || {
        let points = Array2::from_shape_simple_fn((n, d), || rng.random());
        DiscreteMeasure::uniform(points).expect("finite points")
    };
    OtProblem::new(&cloud(), &cloud(), SqEuclidean).expect("two clouds of one dimension")
}

fn solved(solver: &Sinkhorn, problem: &OtProblem) -> Entropic {
    solver.solve(problem).expect("a positive ε")
}

fn sinkhorn(c: &mut Criterion) {
    let mut group = c.benchmark_group("sinkhorn");
    group.sample_size(10).measurement_time(Duration::from_secs(3));
    for d in [2, 64] {
        for n in [250, 1000] {
            let problem = cube(n, d);
            for relative in [0.1, 0.01, 0.001] {
                let solver =
                    Sinkhorn { epsilon: Epsilon::Relative(relative), ..Sinkhorn::default() };
                let answer = solved(&solver, &problem);
                assert_eq!(answer.termination, Termination::ToleranceReached);
                let gap = answer.certify(&problem).certificate.relative_gap();
                let case = format!("unif/d={d}/n={n}/eps={relative}");
                eprintln!("sinkhorn/{case}: relative gap {gap:.1e}");
                group.bench_function(case, |b| b.iter(|| solved(&solver, black_box(&problem))));
            }
        }
    }
}

fn certificate(c: &mut Criterion) {
    let mut group = c.benchmark_group("sinkhorn-certificate");
    for d in [2, 64] {
        let problem = cube(1000, d);
        let answer = solved(&Sinkhorn::default(), &problem);
        group.bench_function(format!("unif/d={d}/n=1000"), |b| {
            b.iter(|| black_box(&answer).certify(&problem));
        });
    }
}

/// Many small problems, on one thread and on two.
fn batch(c: &mut Criterion) {
    const PROBLEMS: u64 = 256;
    let mut group = c.benchmark_group("sinkhorn-batch");
    group.sample_size(10).measurement_time(Duration::from_secs(3));
    for (n, d) in [(50, 2), (100, 2), (100, 64)] {
        let problems: Vec<OtProblem<'static>> =
            (0..PROBLEMS).map(|seed| cube_of(seed, n, d)).collect();
        let solver = Sinkhorn::default();
        for threads in [1, 2] {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            let solve = || pool.install(|| solver.solve_batch(black_box(&problems)));
            assert!(solve().iter().flatten().count() == problems.len());
            let case = format!("unif/d={d}/n={n}/problems={PROBLEMS}/threads={threads}");
            group.bench_function(case, |b| b.iter(solve));
        }
    }
}

criterion_group!(benches, sinkhorn, certificate, batch);
criterion_main!(benches);
