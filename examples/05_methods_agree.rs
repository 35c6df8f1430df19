//! Uniform points on the line, as many as targets, so that every method applies: their brackets
//! all overlap. Where a method does not apply, its error says what to do instead.

use deblais::cost::{Euclidean, SqEuclidean};
use deblais::measure::{DiscreteMeasure, MeasureError};
use deblais::problem::OtProblem;
use deblais::solvers::{Method, lp::Backend};
use ndarray::Array2;

/// The empirical measure of n samples of a wave in d coordinates.
fn wave(n: usize, d: usize, speed: f64) -> Result<DiscreteMeasure, MeasureError> {
    let sample = |(i, k): (usize, usize)| ((i + 1) as f64 * (speed + k as f64)).sin();
    DiscreteMeasure::uniform(Array2::from_shape_fn((n, d), sample))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let problem = OtProblem::new(&wave(60, 1, 0.7)?, &wave(60, 1, 1.9)?, SqEuclidean)?;
    let methods = [
        ("line", Method::Line),
        ("simplex", Method::Simplex),
        ("assignment", Method::Assignment),
        ("lp, microlp", Method::Lp(Backend::Microlp)),
        ("lp, clarabel", Method::Lp(Backend::Clarabel)),
    ];
    let (mut lowest, mut highest) = (f64::NEG_INFINITY, f64::INFINITY);
    println!("{:14}{:>22}{:>22}{:>10}", "method", "lower", "upper", "gap");
    for (name, method) in methods {
        let solution = method.solver(&problem).solve(&problem, &mut ())?;
        let c = solution.certify(&problem).certificate;
        println!("{name:14}{:>22.17}{:>22.17}{:>10.1e}", c.lower, c.upper, c.gap);
        match method {
            Method::Lp(_) => assert!(c.is_within(1e-6)),
            _ => assert!(c.is_optimal()),
        }
        (lowest, highest) = (lowest.max(c.lower), highest.min(c.upper));
    }
    // The truth lies in every bracket, so no lower bound passes an upper one.
    assert!(lowest <= highest);

    let plane = OtProblem::new(&wave(9, 2, 0.7)?, &wave(8, 2, 1.9)?, Euclidean)?;
    for method in [Method::Line, Method::Assignment] {
        let error = method.solver(&plane).solve(&plane, &mut ()).unwrap_err();
        println!("9 points against 8 in the plane: {error}; {}", error.hint());
    }
    Ok(())
}
