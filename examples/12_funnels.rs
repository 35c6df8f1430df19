//! Laws in sixteen dimensions whose distance is known: samples of pairs for the exact engine, and a
//! stream for cones that learn where the funnels are.

use std::error::Error;

use deblais::critic::{Critic, Frame, FreshBatches, TrainLattice};
use deblais::datasets::Funnels;
use deblais::seed::Seed;
use deblais::{DiscreteMeasure, Euclidean, OtProblem};
use ndarray::{Array1, Axis};

fn main() -> Result<(), Box<dyn Error>> {
    let (dim, rows, seed) = (16, 512, Seed(1));
    let funnels = Funnels::new(dim, 16, &mut seed.stream("funnels"));

    // The pairs are optimal: the exact distance between the samples is their mean distance.
    let (x, y) = funnels.pairs(500, &mut seed.stream("pairs"));
    let known = (&x - &y).map_axis(Axis(1), |step| step.dot(&step).sqrt()).sum() / 500.0;
    let (source, target) = (DiscreteMeasure::uniform(x)?, DiscreteMeasure::uniform(y)?);
    let problem = OtProblem::new(&source, &target, Euclidean)?;
    let exact = *problem.solve()?.certificate();
    println!("500 pairs: known {known:.12}, exact {:.12}", exact.upper);
    assert!((exact.upper - known).abs() < 1e-12 * known);

    // A critic never sees a point twice, and is judged on the pairs above.
    let frame = Frame::new(Array1::zeros(dim), 1.0)?;
    let stream = &mut seed.stream("batches");
    let mut fresh = FreshBatches::new(rows, dim, |x, y| {
        x.assign(&frame.place(funnels.pairs(rows, stream).0.view()));
        y.assign(&frame.place(funnels.target(rows, stream).view()));
    });
    let cones = TrainLattice { steps: 600, batch: rows, ..TrainLattice::cones(64) };
    let run = cones.train_on(&mut fresh, &frame, (&source, &target), &mut ())?;
    let told = |side: &DiscreteMeasure| run.critic.values(side.support()).map(|f| f.sum() / 500.0);
    let estimate = told(&source)? - told(&target)?;
    println!("cones:     estimate {estimate:.4}, {:+.1} %", 100.0 * (estimate / known - 1.0));
    assert!(run.critic.lipschitz().bound == 1.0 && estimate <= exact.upper);
    assert!(estimate > 0.95 * known);
    Ok(())
}
