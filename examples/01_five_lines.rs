//! Two measures, one problem, one solver: the plan γ, the potentials and the certificate.
//! What every program that uses this library begins with.

use deblais::cost::Euclidean;
use deblais::measure::DiscreteMeasure;
use deblais::problem::OtProblem;
use deblais::solvers::Method;
use ndarray::array;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let source = DiscreteMeasure::uniform(array![[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]])?;
    let target = DiscreteMeasure::new(array![[0.0, 1.0], [2.0, 1.0]], array![0.5, 0.5])?;
    let problem = OtProblem::new(&source, &target, Euclidean)?;
    let solution = Method::Auto.solver(&problem).solve(&problem, &mut ())?;
    let certified = solution.certify(&problem);

    for arc in solution.plan.arcs() {
        println!("{:.4} of mass from source {} to target {}", arc.mass, arc.source, arc.target);
    }
    let (f, g) = (certified.potentials.f(), certified.potentials.g());
    println!("f = {f:.4}, g = {g:.4}");
    let certificate = certified.certificate;
    println!("{} <= EMD <= {}", certificate.lower, certificate.upper);

    // The outer sources go straight up; half of the one between them goes each way.
    let truth = (2.0 + 2.0_f64.sqrt()) / 3.0;
    assert!((certificate.upper - truth).abs() < 1e-14);
    assert!(certificate.is_optimal());
    assert_eq!(solution.plan.arcs().len(), 4);
    Ok(())
}
