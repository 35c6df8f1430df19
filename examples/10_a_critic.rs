//! A 1-Lipschitz critic tells two samples apart by almost as much as they are away from each
//! other, and a judge says how much of that is certain.

use std::error::Error;

use deblais::critic::{Critic, TrainCones, judge};
use deblais::{DiscreteMeasure, Euclidean, OtProblem};
use ndarray::Array2;

fn main() -> Result<(), Box<dyn Error>> {
    // A ring inside a ring.
    let ring = |n: usize, radius: f64| {
        DiscreteMeasure::uniform(Array2::from_shape_fn((n, 2), |(i, k)| {
            let angle = std::f64::consts::TAU * i as f64 / n as f64;
            radius * if k == 0 { angle.cos() } else { angle.sin() }
        }))
    };
    let (inner, outer) = (ring(120, 1.0)?, ring(150, 3.0)?);
    let problem = OtProblem::new(&inner, &outer, Euclidean)?;
    let exact = *problem.solve()?.certificate();

    println!("{:>6} {:>12} {:>12} {:>12}", "steps", "certified", "polished", "exact");
    for steps in [10, 100, 1000, 6000] {
        let settings = TrainCones { steps, ..TrainCones::default() };
        let critic = settings.train(&problem)?.critic;
        let verdict = judge(&critic, &problem)?;
        let (certified, polished) = (verdict.certified_lower, verdict.polished_lower);
        println!("{steps:>6} {certified:>12.8} {polished:>12.8} {:>12.8}", exact.upper);
        assert!(critic.lipschitz().bound == 1.0 && certified <= exact.upper + 1e-12);
        assert!(steps < 6000 || certified > 0.9999 * exact.lower);
    }
    Ok(())
}
