//! Random instances of every kind of trouble: the shortlist on many levels against the dense
//! simplex. `DEBLAIS_STRESS=100000 cargo test --release --test it stress` looks at more of them.

use deblais::cost::{Chebyshev, Cityblock, Euclidean, GroundCost, Minkowski, SqEuclidean};
use deblais::math;
use deblais::measure::DiscreteMeasure;
use deblais::problem::OtProblem;
use deblais::seed::{Seed, Stream};
use deblais::solvers::Solver as _;
use deblais::solvers::network_simplex::{NetworkSimplex, SparseSimplex};
use ndarray::{Array1, Array2, ArrayView1};
use rand::Rng as _;

/// Instances without further notice.
const INSTANCES: u64 = 3000;

/// Points of a kind that makes exact solvers stumble.
fn cloud(kind: u32, n: usize, d: usize, stream: &mut Stream) -> Array2<f64> {
    let mut points = Array2::from_shape_simple_fn((n, d), || stream.normal());
    match kind {
        0 => points.mapv_inplace(|x| x),
        // A lattice: ties everywhere.
        1 => points.mapv_inplace(|x| (2.0 * x).round()),
        // Duplicates.
        2 => {
            for i in 1..n {
                if stream.uniform() < 0.7 {
                    let earlier = points.row(stream.random_range(0..i)).to_owned();
                    points.row_mut(i).assign(&earlier);
                }
            }
        }
        // Tight clusters far apart.
        3 => {
            for mut x in points.outer_iter_mut() {
                let far = if stream.uniform() < 0.5 { 1e3 } else { 0.0 };
                x.mapv_inplace(|x| 1e-3 * x + far);
            }
        }
        // A curve in space.
        4 => {
            for mut x in points.outer_iter_mut() {
                let t = x[0];
                x.iter_mut().enumerate().for_each(|(k, x)| *x = (t * (k + 1) as f64).sin());
            }
        }
        // Heavy tails.
        5 => points.mapv_inplace(|x| x * (3.0 * x.abs()).exp()),
        // Far from the origin.
        6 => points.mapv_inplace(|x| x + 1e7),
        // A line, and a plane, askew.
        7 => {
            for mut x in points.outer_iter_mut() {
                let t = x[0];
                x.iter_mut().enumerate().for_each(|(k, x)| *x = t * (0.3 + k as f64).cos());
            }
        }
        _ => {
            for mut x in points.outer_iter_mut() {
                let (s, t) = (x[0], x[1]);
                let plane = |k: f64| s * (0.3 + k).cos() + t * (1.1 + 2.0 * k).sin();
                x.iter_mut().enumerate().for_each(|(k, x)| *x = plane(k as f64));
            }
        }
    }
    points
}

fn mass(kind: u32, n: usize, stream: &mut Stream) -> Array1<f64> {
    let weights = match kind {
        0 => Array1::ones(n),
        1 => Array1::from_shape_simple_fn(n, || stream.uniform() + 1e-3),
        // Whole numbers, zeros among them.
        2 => Array1::from_shape_fn(n, |i| f64::from(stream.random_range(u32::from(i == 0)..5))),
        // Seventeen decades.
        _ => Array1::from_shape_simple_fn(n, || 10_f64.powf(-17.0 * stream.uniform())),
    };
    let total = math::sum(weights.as_slice().expect("contiguous"));
    weights / total
}

/// Points in few dimensions.
fn judge(ground: impl Into<GroundCost>, seed: u64) {
    let d = Seed(seed).stream("dimension").random_range(1..=3);
    judge_in(ground, seed, d, (seed / 7 % 7) as u32, 90);
}

fn judge_in(ground: impl Into<GroundCost>, seed: u64, d: usize, kind: u32, most: usize) {
    let ground: GroundCost = ground.into();
    let mut stream = Seed(seed).stream("stress");
    let mut measure = |kind: u32, masses: u32| {
        let n = stream.random_range(1..=most);
        let points = cloud(kind, n, d, &mut stream);
        DiscreteMeasure::new(points, mass(masses, n, &mut stream)).unwrap()
    };
    let masses = (seed / 49 % 4) as u32;
    let (x, y) = (measure(kind, masses), measure(kind, masses));
    let name = ground.name();
    let problem = OtProblem::new(&x, &y, ground).unwrap();
    let coarsest = 2 + (seed % 11) as usize;
    let solution = SparseSimplex { coarsest }.solve(&problem, &mut ()).unwrap();
    let c = solution.certify(&problem).certificate;
    let context = || format!("seed {seed}, {name} in {d}, kind {kind}, masses {masses}: {c:?}");
    // Optimal, as far as potentials in `f64` can prove it: clusters far apart have large ones.
    let sizes = |mass: ArrayView1<'_, f64>, potential: ArrayView1<'_, f64>| -> f64 {
        mass.iter().zip(potential).map(|(w, x)| w * x.abs()).sum()
    };
    let rounding = sizes(problem.source(), solution.potentials.f())
        + sizes(problem.target(), solution.potentials.g());
    let allowed = (1e-11 * c.upper).max(8.0 * f64::EPSILON * rounding);
    assert!(c.is_optimal() || c.gap <= allowed, "{}", context());

    let dense = problem.tabulated();
    let truth = NetworkSimplex.solve(&dense, &mut ()).unwrap().certify(&dense).certificate;
    assert!(c.lower <= truth.upper && truth.lower <= c.upper, "{} is not {truth:?}", context());
    let rounding = 16.0 * f64::EPSILON;
    assert!(c.source_residual + c.target_residual <= rounding, "{}", context());
}

/// Once the levels were made of the points as they came: ten times as many pivots.
#[test]
fn the_simplex_puts_points_in_order_that_are_too_many_for_a_table() {
    let n = 8200;
    let cloud = |name: &str| {
        let mut stream = Seed(8).stream(name);
        let points = Array2::from_shape_simple_fn((n, 2), || stream.uniform());
        DiscreteMeasure::uniform(points).unwrap()
    };
    let problem = OtProblem::new(&cloud("x"), &cloud("y"), Euclidean).unwrap();
    let simplex = NetworkSimplex.solve(&problem, &mut ()).unwrap();
    let shortlist = SparseSimplex::default().solve(&problem, &mut ()).unwrap();
    assert_eq!(simplex.iterations, shortlist.iterations);
    assert!(simplex.certify(&problem).certificate.is_optimal());
}

#[test]
fn the_shortlist_agrees_with_the_dense_simplex_whatever_the_instance() {
    let asked = std::env::var("DEBLAIS_STRESS").ok().map(|count| count.parse().unwrap());
    for seed in 0..asked.unwrap_or(INSTANCES) {
        match seed % 7 {
            0 => judge(SqEuclidean, seed),
            1 => judge(Cityblock, seed),
            2 => judge(Chebyshev, seed),
            3 => judge(Minkowski::new(3.0).unwrap(), seed),
            4 => judge(GroundCost::power(Euclidean, 0.5).unwrap(), seed),
            _ => judge(Euclidean, seed),
        }
    }
}

/// Points in many dimensions, where products in single precision rule arcs out.
#[test]
fn so_does_the_screen_in_many_dimensions() {
    let asked = std::env::var("DEBLAIS_STRESS").ok().map(|count| count.parse().unwrap());
    for seed in 0..asked.unwrap_or(INSTANCES / 3) {
        let d = [4, 8, 16, 64][(seed / 2 % 4) as usize];
        let kind = (seed / 8 % 9) as u32;
        // Every so often enough points for coarse problems and prices at odds.
        let most = if seed % 100 == 99 { 900 } else { 90 };
        if seed % 2 == 0 {
            judge_in(Euclidean, seed, d, kind, most);
        } else {
            judge_in(SqEuclidean, seed, d, kind, most);
        }
    }
}
