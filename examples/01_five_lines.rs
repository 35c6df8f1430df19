//! Two measures, one problem, one answer: the plan γ, the potentials and the certificate.
//! What every program that uses this library begins with.

use deblais::ndarray::array;
use deblais::{DiscreteMeasure, Euclidean, OtProblem};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let source = array![[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]];
    let target = DiscreteMeasure::new(array![[0.0, 1.0], [2.0, 1.0]], array![0.5, 0.5])?;
    let problem = OtProblem::new(&source, &target, Euclidean)?;
    let transport = problem.solve()?;

    for arc in transport.plan().arcs() {
        println!("{:.4} of mass from source {} to target {}", arc.mass, arc.source, arc.target);
    }
    let (f, g) = (transport.potentials().f(), transport.potentials().g());
    println!("f = {f:.4}, g = {g:.4}");
    println!("{} <= EMD <= {}", transport.lower(), transport.upper());

    // The outer sources go straight up; half of the one between them goes each way.
    let truth = (2.0 + 2.0_f64.sqrt()) / 3.0;
    assert!((transport.value() - truth).abs() < 1e-14);
    assert!(transport.certificate().is_optimal());
    assert_eq!(transport.plan().arcs().len(), 4);
    Ok(())
}
