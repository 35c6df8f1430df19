//! A run stopped early is no failure: the plan reached so far still proves a true bracket.
//! Here the pivots are limited; a time limit, a flag or a callback end a run in the same way.

use deblais::ndarray::Array2;
use deblais::{Euclidean, Method, OtProblem, SolveOptions, Termination};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let cloud = |n: usize, turn: f64| {
        Array2::from_shape_fn((n, 2), |(i, k)| ((i + 1) as f64 * (turn + k as f64)).sin())
    };
    let problem = OtProblem::new(&cloud(500, 0.7), &cloud(500, 1.3), Euclidean)?;
    let truth = *problem.solve()?.certificate();
    assert!(truth.is_optimal());

    println!("{:>8}{:>12}{:>12}{:>12}  termination", "pivots", "lower", "upper", "gap");
    let mut upper = f64::INFINITY;
    for limit in [1000, 2000, 3000, u64::MAX] {
        let options = SolveOptions::new().method(Method::Simplex).iteration_limit(limit);
        let transport = problem.solve_with(&options)?;
        let (c, ended) = (transport.certificate(), transport.termination());
        println!(
            "{:>8}{:>12.6}{:>12.6}{:>12.1e}  {}",
            transport.iterations(),
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
