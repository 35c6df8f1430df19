//! Five piles of bricks become five others: all the moving plans, ranked by their cost.
//! The cheapest of them is what the solver finds; it is drawn into `target/bricks.png`.

use std::path::Path;

use deblais::cost::Euclidean;
use deblais::measure::DiscreteMeasure;
use deblais::plot::{self, Heatmap};
use deblais::problem::OtProblem;
use deblais::solvers::{Solver, network_simplex::NetworkSimplex};
use ndarray::{Array2, arr1};

type Piles = [usize; 5];
const P: Piles = [1, 4, 3, 1, 1];
const Q: Piles = [2, 1, 1, 2, 4];

/// Fills the 5×5 cells from `cell` on in every way; notes what each costs, |i − j| a brick.
fn plans(cell: usize, mut left: Piles, mut room: Piles, cost: usize, all: &mut Vec<usize>) {
    let (i, j) = (cell / 5, cell % 5);
    if i == 5 {
        return all.push(cost);
    }
    // The last pile takes whatever is left.
    let least = if j == 4 { left[i] } else { 0 };
    let (here, there) = (left[i], room[j]);
    for bricks in least..=here.min(there) {
        (left[i], room[j]) = (here - bricks, there - bricks);
        plans(cell + 1, left, room, cost + bricks * i.abs_diff(j), all);
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut costs = Vec::new();
    plans(0, P, Q, 0, &mut costs);
    costs.sort_unstable();
    let (count, best) = (costs.len(), costs[0]);
    let optimal = costs.iter().filter(|&&cost| cost == best).count();
    println!("{count} moving plans, {optimal} of them optimal");
    println!("worst {}, middling {}, best {best}", costs[count - 1], costs[count / 2]);

    let places = Array2::from_shape_fn((5, 1), |(i, _)| i as f64);
    let measure =
        |piles: Piles| DiscreteMeasure::new(places.clone(), arr1(&piles.map(|b| b as f64)));
    let problem = OtProblem::new(&measure(P)?, &measure(Q)?, Euclidean)?;
    let solution = NetworkSimplex.solve(&problem, &mut ())?;
    let certificate = solution.certify(&problem).certificate;
    assert!(certificate.lower <= best as f64 && best as f64 <= certificate.upper);
    assert!(certificate.is_optimal());
    let moved_past = |k: usize| P[..=k].iter().sum::<usize>().abs_diff(Q[..=k].iter().sum());
    assert_eq!((0..5).map(moved_past).sum::<usize>(), best, "Σ|F − G|, the closed form");

    let heatmap = Heatmap::new(&solution.plan)
        .titled("The best of all moving plans")
        .noted(format!("P = {P:?} becomes Q = {Q:?} at a cost of {best}."))
        .labeled("pile of P", "pile of Q");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    std::fs::create_dir_all(&folder)?;
    plot::save(&folder.join("bricks.png"), &heatmap)?;
    Ok(())
}
