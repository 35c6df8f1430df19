//! A cloud flows to another down the gradient of the exact transport cost, and each step starts from
//! the answer of the step before. Prints the seconds that all steps take from nothing, from the last
//! potentials, and from the last plan and potentials; the answers agree.
//!
//! `cargo run --release --example 14_gradient_flow -- 10000 100`: points, steps.

use std::time::Instant;

use deblais::ndarray::{Array2, Axis};
use deblais::seed::Seed;
use deblais::{
    DiscreteMeasure, DistanceError, Euclidean, GroundCost, OtProblem, SolveOptions, SqEuclidean,
    Transport,
};

/// How a step begins.
#[derive(Clone, Copy)]
enum Start {
    Nothing,
    Potentials,
    PlanAndPotentials,
}

/// The flow of a cloud in steps of this length (Euclidean), or this share of the way (squared).
const STEP: f64 = 0.02;

/// Seconds of all steps, pivots of all steps, and the cost at the end.
fn flow(
    cloud: &DiscreteMeasure,
    target: &DiscreteMeasure,
    ground: GroundCost,
    steps: usize,
    start: Start,
) -> Result<(f64, u64, f64), DistanceError> {
    // The gradient of the squared distance is twice the difference.
    let step = if ground == GroundCost::SqEuclidean { STEP / 2.0 } else { STEP };
    let mut cloud = cloud.clone();
    let (mut seconds, mut pivots) = (0.0, 0);
    let mut last: Option<Transport> = None;
    for _ in 0..=steps {
        let clock = Instant::now();
        let problem = OtProblem::new(&cloud, target, ground)?;
        let options = SolveOptions::new();
        let options = match (start, &last) {
            (Start::Nothing, _) | (_, None) => options,
            (Start::Potentials, Some(last)) => options.start(last.potentials()),
            (Start::PlanAndPotentials, Some(last)) => options.start_from(last),
        };
        let answer = problem.solve_with(&options)?;
        drop(options);
        // All three begin with the same solve, which is not what is compared.
        if last.is_some() {
            seconds += clock.elapsed().as_secs_f64();
            pivots += answer.iterations();
        }
        let by_points = answer.gradient(&problem).source.points.expect("points have gradients");
        let per_mass = by_points / cloud.mass().insert_axis(Axis(1));
        let moved = cloud.support().to_owned() - step * per_mass;
        cloud = DiscreteMeasure::new(moved, cloud.mass().to_owned()).expect("finite points");
        last = Some(answer);
    }
    Ok((seconds, pivots, last.expect("there is a step").value()))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<usize>());
    let points = numbers.next().unwrap_or(Ok(800))?;
    let steps = numbers.next().unwrap_or(Ok(10))?;
    let mut stream = Seed(1).stream("flow");
    // A square, and a ring around it.
    let square = Array2::from_shape_simple_fn((points, 2), || stream.uniform() - 0.5);
    let ring = Array2::from_shape_fn((points, 2), |(j, k)| {
        let turn = std::f64::consts::TAU * j as f64 / points as f64;
        let radius = 2.0 + 0.5 * (17.0 * turn).sin();
        radius * if k == 0 { turn.cos() } else { turn.sin() }
    });
    let (square, ring) = (DiscreteMeasure::uniform(square)?, DiscreteMeasure::uniform(ring)?);

    println!("{points} points, {steps} steps");
    println!("{:<14}{:<22}{:>9}{:>10}{:>14}", "cost", "start", "seconds", "pivots", "value");
    for ground in [GroundCost::from(SqEuclidean), Euclidean.into()] {
        let mut values = Vec::new();
        for (start, name) in [
            (Start::Nothing, "nothing"),
            (Start::Potentials, "potentials"),
            (Start::PlanAndPotentials, "plan and potentials"),
        ] {
            let (seconds, pivots, value) = flow(&square, &ring, ground, steps, start)?;
            println!("{:<14}{name:<22}{seconds:>9.3}{pivots:>10}{value:>14.8}", ground.name());
            values.push(value);
        }
        assert!(values.iter().all(|value| (value - values[0]).abs() < 1e-6), "the answers agree");
    }
    Ok(())
}
