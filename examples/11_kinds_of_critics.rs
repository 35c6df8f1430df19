//! Six ways to keep a network from becoming steep, on the same two samples: what each of them says
//! about the distance, and how much of that is certain.

use std::error::Error;

use deblais::critic::{TrainNetwork, judge};
use deblais::seed::Seed;
use deblais::{DiscreteMeasure, Euclidean, OtProblem};
use ndarray::Array2;

fn main() -> Result<(), Box<dyn Error>> {
    // A cloud, and the same law twice as wide and shifted.
    let mut stream = Seed(1).stream("clouds");
    let mut cloud = |width: f64, shift: f64| {
        let points = || width * stream.normal() + shift;
        DiscreteMeasure::uniform(Array2::from_shape_simple_fn((128, 2), points))
    };
    let (source, target) = (cloud(1.0, 0.0)?, cloud(2.0, 1.0)?);
    let problem = OtProblem::new(&source, &target, Euclidean)?;
    let exact = problem.solve()?.value();

    println!("exact {exact:.6}; errors relative to it\n");
    println!(
        "{:>10} {:>10} {:>10} {:>10} {:>10}",
        "kind", "estimate", "slope ≤", "certified", "polished"
    );
    for name in TrainNetwork::NAMES {
        let defaults = TrainNetwork::named(name, 2).ok_or("an unknown kind")?;
        let settings = TrainNetwork { steps: 500, ..defaults };
        let critic = settings.train(&problem)?.critic;
        let verdict = judge(&critic, &problem)?;
        let error = |value: f64| format!("{:+.2} %", 100.0 * (value / exact - 1.0));
        let [estimate, certified, polished] =
            [verdict.estimate, verdict.certified_lower, verdict.polished_lower].map(error);
        let bound = verdict.lipschitz.bound;
        println!("{name:>10} {estimate:>10} {bound:>10.4} {certified:>10} {polished:>10}");
        assert!(verdict.certified_lower <= exact + 1e-9 && verdict.polished_lower <= exact + 1e-9);
        assert!(name != "maxmin" || verdict.certified_lower > 0.99 * exact);
    }
    Ok(())
}
