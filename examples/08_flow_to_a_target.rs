//! A cloud flows to another down the gradient of the Sinkhorn divergence: each point moves against
//! its gradient, divided by its mass. The exact distance falls from step to step, although
//! nothing but the divergence was looked at.

use deblais::cost::SqEuclidean;
use deblais::measure::DiscreteMeasure;
use deblais::problem::OtProblem;
use deblais::solvers::sinkhorn::{Epsilon, Sinkhorn};
use ndarray::{Array2, Axis};

/// The share of the way to where its mass goes that a point takes in a step. The gradient of the
/// squared distance is twice the difference.
const STEP: f64 = 0.5 * 0.4;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // A disc of sunflower seeds, and a ring beside it.
    let disc = Array2::from_shape_fn((200, 2), |(i, k)| {
        let (radius, turn) = ((i as f64 / 200.0).sqrt(), 2.399_963 * i as f64);
        0.5 * radius * if k == 0 { turn.cos() } else { turn.sin() }
    });
    let ring = Array2::from_shape_fn((150, 2), |(j, k)| {
        let turn = std::f64::consts::TAU * j as f64 / 150.0;
        if k == 0 { 3.0 + turn.cos() } else { turn.sin() }
    });
    let target = DiscreteMeasure::uniform(ring)?;
    let mut cloud = DiscreteMeasure::uniform(disc)?;
    // One ε for all steps: in the units of the cost, not relative to costs that shrink.
    let solver = Sinkhorn { epsilon: Epsilon::Absolute(0.01), ..Sinkhorn::default() };

    println!("{:>5}{:>14}{:>14}", "step", "divergence", "exact");
    let mut last = f64::INFINITY;
    for step in 0..=12 {
        let divergence = solver.divergence(&cloud, &target, SqEuclidean)?;
        let problem = OtProblem::new(&cloud, &target, SqEuclidean)?;
        let certificate = *problem.solve()?.certificate();
        assert!(certificate.is_optimal() && certificate.upper < last, "the exact distance falls");
        last = certificate.upper;
        println!("{step:>5}{:>14.6}{last:>14.6}", divergence.value);

        let (pull, _) = divergence.gradients(&cloud, &target, SqEuclidean);
        let per_mass = pull / cloud.mass().insert_axis(Axis(1));
        let moved = cloud.support().to_owned() - STEP * per_mass;
        cloud = DiscreteMeasure::new(moved, cloud.mass().to_owned())?;
    }
    assert!(last < 5e-3, "the cloud has become the ring");
    Ok(())
}
