//! How far are the handwritten threes from the eights? Two classes of one table of 8×8 pictures.
//! Rows are picked by a filter; γ is drawn into `target/digits.png`.

use std::path::Path;

use deblais::cost::Euclidean;
use deblais::emd;
use deblais::io::{InputPath, Selection, Table};
use deblais::measure::DiscreteMeasure;
use deblais::plot::{self, Heatmap, Order};
use deblais::problem::OtProblem;

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
    let transport = problem.solve()?;
    let (certificate, plan) = (transport.certificate(), transport.plan());
    println!("{} threes, {} eights, {} coordinates", threes.len(), eights.len(), threes.dim());
    println!("{} <= EMD <= {} by {}", certificate.lower, certificate.upper, transport.method());
    println!("{} arcs, at most n + m - 1", plan.arcs().len());
    assert!(certificate.is_optimal());
    assert!(plan.arcs().len() < threes.len() + eights.len());

    // Half of the threes against the other half: the noise to measure the distance by.
    let half = threes.len() / 2;
    let (first, second) = threes.support().split_at(ndarray::Axis(0), half);
    let noise = emd(&first, &second, Euclidean)?.value();
    println!("{noise} between two halves of the threes");
    assert!(noise < certificate.lower);

    let order = Order::Plan.arrange(plan, Some((threes.support(), eights.support())));
    let heatmap = Heatmap::arranged(plan, order)
        .titled("Threes become eights")
        .noted(format!("Earth mover's distance {:.6}.", certificate.upper))
        .labeled("three", "eight");
    std::fs::create_dir_all(root.join("target"))?;
    plot::save(&root.join("target/digits.png"), &heatmap)?;
    println!("drawn into target/digits.png");
    Ok(())
}
