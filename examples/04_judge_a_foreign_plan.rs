//! The certificate trusts nobody: bad plans and bad potentials still give a true bracket.
//! It is wide where the answer is bad, and the residuals tell what was repaired.

use deblais::certificate::{Certificate, certify};
use deblais::cost::Euclidean;
use deblais::measure::DiscreteMeasure;
use deblais::plan::{PlanArc, TransportPlan};
use deblais::potentials::Potentials;
use deblais::problem::OtProblem;
use deblais::solvers::{Solver, network_simplex::NetworkSimplex};
use ndarray::Array2;

const N: usize = 40;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let cloud = |turn: f64| {
        let points =
            Array2::from_shape_fn((N, 2), |(i, k)| ((i + 1) as f64 * (turn + k as f64)).sin());
        DiscreteMeasure::uniform(points)
    };
    let problem = OtProblem::new(&cloud(0.7)?, &cloud(1.3)?, Euclidean)?;
    let exact = NetworkSimplex.solve(&problem, &mut ())?;
    let truth = exact.certify(&problem).certificate.upper;

    // Everyone sends to everyone: the right marginals, but no thought. Then the same, with a
    // tenth of the mass lost on the way.
    let product = |kept: f64| {
        let cell = |k| PlanArc { source: k / N, target: k % N, mass: kept / (N * N) as f64 };
        TransportPlan::new(N, N, (0..N * N).map(cell).collect())
    };
    // Three times too steep: far from feasible. And no potentials at all.
    let steep = Potentials::new(&exact.potentials.f() * 3.0, &exact.potentials.g() * 3.0)?;
    let zero = Potentials::zero(N, N);

    println!("EMD {truth:.6}");
    let judge = |name: &str, plan: &TransportPlan, potentials: &Potentials| -> Certificate {
        let judged = certify(&problem, Some(plan), Some(potentials)).expect("they fit the problem");
        let c = judged.certificate;
        println!(
            "{name:28} [{:.6}, {:.6}]  residuals: source {:.2}, target {:.2}, dual {:.2}",
            c.lower, c.upper, c.source_residual, c.target_residual, c.dual_violation
        );
        assert!(c.lower <= truth && truth <= c.upper);
        c
    };
    let good = judge("the solver's own", &exact.plan, &exact.potentials);
    let bad = judge("product plan, steep f and g", &product(1.0)?, &steep);
    let lossy = judge("lossy plan, zero f and g", &product(0.9)?, &zero);
    assert!(good.is_optimal() && !bad.is_optimal() && !lossy.is_optimal());
    assert!(bad.dual_violation > 0.0 && bad.source_residual < 1e-14);
    assert!((lossy.source_residual - 0.1).abs() < 1e-14 && lossy.dual_violation == 0.0);
    Ok(())
}
