//! A run stopped early is no failure: the plan reached so far still proves a true bracket.
//! The observer decides when to stop; here by pivots, as a clock or Ctrl-C would.

use std::ops::ControlFlow;

use deblais::cost::Euclidean;
use deblais::measure::DiscreteMeasure;
use deblais::problem::OtProblem;
use deblais::progress::{Event, Observer, Stop};
use deblais::solvers::{Solver, Termination, network_simplex::NetworkSimplex};
use ndarray::Array2;

/// Stops a run after so many iterations.
struct Limit(u64);

impl Observer for Limit {
    fn observe(&mut self, event: &Event) -> ControlFlow<Stop> {
        if event.iterations >= self.0 {
            ControlFlow::Break(Stop::TimeLimit)
        } else {
            ControlFlow::Continue(())
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let cloud = |n: usize, turn: f64| {
        let points =
            Array2::from_shape_fn((n, 2), |(i, k)| ((i + 1) as f64 * (turn + k as f64)).sin());
        DiscreteMeasure::uniform(points)
    };
    let problem = OtProblem::new(&cloud(500, 0.7)?, &cloud(500, 1.3)?, Euclidean)?;
    let truth = NetworkSimplex.solve(&problem, &mut ())?.certify(&problem).certificate;
    assert!(truth.is_optimal());

    println!("{:>8}{:>12}{:>12}{:>12}  termination", "pivots", "lower", "upper", "gap");
    let mut upper = f64::INFINITY;
    for limit in [1000, 2000, 3000, u64::MAX] {
        let solution = NetworkSimplex.solve(&problem, &mut Limit(limit))?;
        let c = solution.certify(&problem).certificate;
        let ended = solution.termination;
        println!(
            "{:>8}{:>12.6}{:>12.6}{:>12.1e}  {}",
            solution.iterations,
            c.lower,
            c.upper,
            c.gap,
            ended.name()
        );
        assert!(c.lower <= truth.upper && truth.lower <= c.upper);
        assert!(c.upper <= upper * (1.0 + 1e-12), "the simplex never makes a plan dearer");
        assert_eq!(ended == Termination::Optimal, c.is_optimal());
        upper = c.upper;
    }
    Ok(())
}
