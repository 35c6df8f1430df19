//! How far are the handwritten threes from the eights? Two classes of one table of 8×8 pictures.
//! Rows are picked by a filter; γ is drawn into `target/digits.png`.

use std::path::Path;

use deblais::cost::Euclidean;
use deblais::io::{InputPath, Selection, Table};
use deblais::measure::DiscreteMeasure;
use deblais::plot::{self, Heatmap, Order};
use deblais::problem::OtProblem;
use deblais::solvers::Method;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = Table::read(&InputPath::from(root.join("examples/data/digits.csv")))?;
    let class = |filter: &str| -> Result<DiscreteMeasure, Box<dyn std::error::Error>> {
        let filter = Some(filter.parse()?);
        let samples = table.select(&Selection { filter, ..Selection::default() })?;
        Ok(DiscreteMeasure::uniform(samples.points)?)
    };
    let (threes, eights) = (class("label=3")?, class("label=8")?);
    let problem = OtProblem::new(&threes, &eights, Euclidean)?;
    let solver = Method::Auto.solver(&problem);
    let solution = solver.solve(&problem, &mut ())?;
    let certificate = solution.certify(&problem).certificate;
    println!("{} threes, {} eights, {} coordinates", threes.len(), eights.len(), threes.dim());
    println!("{} <= EMD <= {} by {}", certificate.lower, certificate.upper, solver.name());
    println!("{} arcs, at most n + m - 1", solution.plan.arcs().len());
    assert!(certificate.is_optimal());
    assert!(solution.plan.arcs().len() < threes.len() + eights.len());

    // Half of the threes against the other half: the noise to measure the distance by.
    let half = threes.len() / 2;
    let (first, second) = threes.support().split_at(ndarray::Axis(0), half);
    let (first, second) = (first.to_owned(), second.to_owned());
    let halves = (DiscreteMeasure::uniform(first)?, DiscreteMeasure::uniform(second)?);
    let within = OtProblem::new(&halves.0, &halves.1, Euclidean)?;
    let noise = Method::Auto.solver(&within).solve(&within, &mut ())?.certify(&within).certificate;
    println!("{} between two halves of the threes", noise.upper);
    assert!(noise.upper < certificate.lower);

    let order = Order::Plan.arrange(&solution.plan, Some((threes.support(), eights.support())));
    let heatmap = Heatmap::arranged(&solution.plan, order)
        .titled("Threes become eights")
        .noted(format!("Earth mover's distance {:.6}.", certificate.upper))
        .labeled("three", "eight");
    std::fs::create_dir_all(root.join("target"))?;
    plot::save(&root.join("target/digits.png"), &heatmap)?;
    println!("drawn into target/digits.png");
    Ok(())
}
