//! `W_1` and `W_2` between weighted points, three against two, one of them without any mass.
//! An atom without mass moves nothing, but it gets its potential all the same.

use deblais::cost::{Euclidean, GroundCost, SqEuclidean};
use deblais::measure::DiscreteMeasure;
use deblais::problem::{OtProblem, ProblemError};
use deblais::solvers::{Solver, network_simplex::NetworkSimplex};
use ndarray::array;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // 3-4-5 triangles: (3, 4) is 5 away from both (0, 0) and (6, 0).
    let source =
        DiscreteMeasure::new(array![[0.0, 0.0], [6.0, 0.0], [3.0, 16.0]], array![0.5, 0.5, 0.0])?;
    let target = DiscreteMeasure::new(array![[3.0, 4.0], [6.0, 0.0]], array![0.75, 0.25])?;
    let solve = |problem: &OtProblem| -> Result<_, Box<dyn std::error::Error>> {
        let certified = NetworkSimplex.solve(problem, &mut ())?.certify(problem);
        assert!(certified.certificate.is_optimal());
        Ok(certified)
    };

    // 0.75 travel 5 far, 0.25 stay.
    let first = solve(&OtProblem::new(&source, &target, Euclidean)?)?;
    let w1 = first.certificate.upper;
    let w2 = solve(&OtProblem::new(&source, &target, SqEuclidean)?)?.certificate.upper.sqrt();
    println!("W_1 = {w1}, W_2 = {w2}");
    assert!((w1 - 3.75).abs() < 1e-14 && (w2 - 18.75_f64.sqrt()).abs() < 1e-14);
    assert!(w1 <= w2, "W_p grows with p");

    // Any power of any ground cost: c = distance^3.
    let cubes = solve(&OtProblem::new(&source, &target, GroundCost::power(Euclidean, 3.0)?)?)?;
    let w3 = cubes.certificate.upper.cbrt();
    println!("W_3 = {w3}");
    assert!((w3 - (0.75 * 125.0_f64).cbrt()).abs() < 1e-14 && w2 <= w3);

    // The third source is 12 above (3, 4): f_3 = min_j c_3j − g_j, the c-transform of g.
    let (f, g) = (first.potentials.f(), first.potentials.g());
    println!("f = {f:.4}, g = {g:.4}");
    assert!((f[2] - (12.0 - g[0]).min(265.0_f64.sqrt() - g[1])).abs() < 1e-13);

    // Totals must agree: mass is moved, never made.
    let heavier = DiscreteMeasure::new(array![[3.0, 4.0], [6.0, 0.0]], array![0.75, 0.5])?;
    let error = OtProblem::new(&source, &heavier, Euclidean).err().expect("totals differ");
    println!("{error}");
    assert_eq!(error, ProblemError::Totals { source_total: 1.0, target_total: 1.25 });
    Ok(())
}
