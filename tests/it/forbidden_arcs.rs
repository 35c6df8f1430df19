//! Forbidden arcs, in matrices and in lists, against linear programs that have no variable for them.

use deblais::cost::{Cost, CostError, SparseCost};
use deblais::measure::Marginal;
use deblais::ndarray::{Array1, Array2, array};
use deblais::seed::{Seed, Stream};
use deblais::solvers::{Infeasible, SolveError};
use deblais::{Amount, OtProblem, Transport, UnbalancedProblem};
use good_lp::{Expression, ProblemVariables, Solution, SolverModel, constraint, microlp, variable};
use rand::Rng as _;

/// The optimum over allowed arcs, for unnormalized masses; `None` if there is no plan.
fn by_linear_program(c: &Array2<f64>, mu: &[f64], nu: &[f64]) -> Option<f64> {
    let mut variables = ProblemVariables::new();
    let gamma = c.map(|c| c.is_finite().then(|| variables.add(variable().min(0.0))));
    let sum =
        |cells: Vec<Option<good_lp::Variable>>| -> Expression { cells.into_iter().flatten().sum() };
    let cost: Expression = gamma.iter().zip(c).filter_map(|(g, &c)| g.map(|g| c * g)).sum();
    let mut model = variables.minimise(cost.clone()).using(microlp);
    for (row, &w) in gamma.rows().into_iter().zip(mu) {
        model = model.with(constraint!(sum(row.to_vec()) == w));
    }
    for (column, &w) in gamma.columns().into_iter().zip(nu) {
        model = model.with(constraint!(sum(column.to_vec()) == w));
    }
    model.solve().ok().map(|solution| solution.eval(cost))
}

struct Instance {
    cost: Array2<f64>,
    mu: Vec<f64>,
    nu: Vec<f64>,
}

fn instance(stream: &mut Stream) -> Instance {
    let (n, m) = (stream.random_range(1..8), stream.random_range(1..8));
    let allowed = stream.random_range(0.3..1.0);
    let cost = Array2::from_shape_simple_fn((n, m), || {
        let cost = f64::from(stream.random_range(-2..9_i32));
        if stream.uniform() < allowed { cost } else { f64::INFINITY }
    });
    // Equal totals of whole units.
    let units = 12;
    let mut side = |count: usize| {
        let mut mass = vec![0.0; count];
        (0..units).for_each(|_| mass[stream.random_range(0..count)] += 1.0);
        mass
    };
    let (mu, nu) = (side(n), side(m));
    Instance { cost, mu, nu }
}

fn listed(cost: &Array2<f64>) -> SparseCost {
    let arcs = cost.indexed_iter().filter(|(_, c)| c.is_finite()).map(|((i, j), &c)| (i, j, c));
    SparseCost::new(cost.dim(), arcs.collect()).unwrap()
}

/// A set of sources with more mass than all targets they may reach.
fn check_proof(instance: &Instance, proof: &Infeasible) {
    let Instance { cost, mu, nu } = instance;
    let mass: f64 = proof.sources.iter().map(|&i| mu[i]).sum();
    let room: f64 = proof.targets.iter().map(|&j| nu[j]).sum();
    assert!(mass > room && (mass, room) == (proof.source_mass, proof.target_mass));
    for &i in &proof.sources {
        for (j, c) in cost.row(i).iter().enumerate() {
            assert!(c.is_infinite() || proof.targets.contains(&j));
        }
    }
}

fn check(instance: &Instance, answer: Result<Transport, SolveError>) {
    let Instance { cost, mu, nu } = instance;
    match (by_linear_program(cost, mu, nu), answer) {
        (Some(truth), Ok(answer)) => {
            assert!((answer.value() - truth).abs() < 1e-9, "{} is not {truth}", answer.value());
            assert!(answer.certificate().is_optimal(), "{cost}: {:?}", answer.certificate());
            assert!(answer.plan().arcs().iter().all(|a| cost[(a.source, a.target)].is_finite()));
        }
        (None, Err(SolveError::Infeasible(proof))) => check_proof(instance, &proof),
        (truth, answer) => panic!("{truth:?} and {answer:?} for {cost} {mu:?} {nu:?}"),
    }
}

#[test]
fn small_problems_match_their_linear_programs_or_are_refused_with_proof() {
    let mut refused = 0;
    for seed in 0..1500 {
        let instance = instance(&mut Seed(seed).stream("forbidden"));
        let (mu, nu) = (&instance.mu[..], &instance.nu[..]);
        let matrix = OtProblem::new(mu, nu, instance.cost.view()).unwrap().solve();
        refused += usize::from(matrix.is_err());
        check(&instance, matrix);
        check(&instance, OtProblem::new(mu, nu, listed(&instance.cost)).unwrap().solve());
    }
    assert!((200..1300).contains(&refused), "{refused} of 1500 have no plan");
}

#[test]
fn partial_transport_moves_what_the_arcs_allow() {
    let inf = f64::INFINITY;
    let cost = array![[1.0, inf, inf], [2.0, 5.0, inf], [inf, inf, inf]];
    let of =
        |amount| UnbalancedProblem::new(&[1.0; 3], &[1.0; 3], cost.view(), amount).unwrap().solve();
    let answer = of(Amount::Mass(2.0)).unwrap();
    assert_eq!((answer.objective(), answer.moved_mass()), (6.0, 2.0));
    assert!(answer.certificate().is_optimal());
    let Err(SolveError::Infeasible(proof)) = of(Amount::Mass(2.5)) else { panic!("no plan") };
    assert!(proof.source_mass > proof.target_mass);
    let answer = of(Amount::Penalty { source: 2.0, target: 2.0 }).unwrap();
    assert_eq!((answer.objective(), answer.moved_mass()), (9.0, 1.0));
    assert!(answer.certificate().is_optimal());
}

#[test]
fn costs_of_all_sizes_and_masses_over_17_decades_are_proved() {
    let inf = f64::INFINITY;
    let cost = array![
        [1e-300, inf, 1e300, inf],
        [inf, 1.0, 1e-20, inf],
        [1e10, inf, inf, 3.0],
        [2.0, 1e5, inf, 0.0]
    ];
    let masses = [
        [array![0.1, 0.2, 0.3, 0.4], array![0.4, 0.3, 0.2, 0.1]],
        [array![1.0, 1e-17, 0.3, 1e-9], array![1.1, 1e-10, 0.2, 1e-12]],
    ];
    for [mu, nu] in masses {
        let (mu, nu) = (Marginal::normalized(mu).unwrap(), Marginal::normalized(nu).unwrap());
        for sparse in [false, true] {
            let problem = if sparse {
                OtProblem::new(&mu, &nu, listed(&cost))
            } else {
                OtProblem::new(&mu, &nu, cost.view())
            };
            let answer = problem.unwrap().solve().unwrap();
            let c = answer.certificate();
            assert!(c.is_optimal(), "{mu:?} {nu:?}: {c:?}");
        }
    }
}

/// Ten tenths, whose sum in floating point is less than 1, are more than 1 by the rounding of 0.1.
#[test]
fn masses_that_differ_by_rounding_are_told_apart() {
    let inf = f64::INFINITY;
    let mut cost = Array2::from_elem((11, 2), inf);
    (0..10).for_each(|i| cost[(i, 0)] = 1.0);
    cost[(10, 1)] = 1.0;
    let mut mu = vec![0.1; 10];
    mu.push(1.0);
    let problem = OtProblem::new(mu.as_slice(), &[1.0, 1.0], cost.view()).unwrap();
    let Err(SolveError::Infeasible(proof)) = problem.solve() else { panic!("there is no plan") };
    assert_eq!(proof.sources, (0..10).collect::<Vec<_>>());
    assert!(proof.source_mass >= proof.target_mass && proof.may_stay.to_bits() == 0);
    assert!(proof.is_by_rounding() && proof.excess > 0.0 && proof.excess < 1e-16, "{proof:?}");
    let text = proof.to_string();
    assert!(text.contains("of mass 1, which is ") && text.contains("e-17 less"), "{text}");
    let forbidden = Instance { cost: array![[inf]], mu: vec![1.0], nu: vec![1.0] };
    let problem = OtProblem::new(&forbidden.mu[..], &forbidden.nu[..], forbidden.cost.view());
    let Err(SolveError::Infeasible(proof)) = problem.unwrap().solve() else { panic!("no plan") };
    assert_eq!((proof.excess, proof.is_by_rounding()), (1.0, false));
}

/// A band of arcs, much larger than a table would allow.
#[test]
fn a_long_list_of_arcs_needs_no_table() {
    const N: usize = 20_000;
    let mut stream = Seed(5).stream("band");
    let mut arcs = Vec::new();
    for i in 0..N {
        for j in i.saturating_sub(2)..(i + 3).min(N) {
            arcs.push((i, j, stream.uniform()));
        }
    }
    let cost = SparseCost::new((N, N), arcs).unwrap();
    assert_eq!(cost.arcs(), 5 * N - 6);
    let mass = Array1::from_elem(N, 1.0);
    let answer = OtProblem::new(&mass, &mass, cost).unwrap().solve().unwrap();
    assert!(answer.certificate().is_optimal(), "{:?}", answer.certificate());
    let mut dense_part = Vec::new();
    for arc in answer.plan().arcs() {
        assert!(arc.source.abs_diff(arc.target) <= 2);
        dense_part.push(arc.mass);
    }
    assert_eq!(dense_part.iter().sum::<f64>(), N as f64);
}

#[test]
fn atoms_without_mass_that_no_arc_reaches_have_modest_potentials() {
    let inf = f64::INFINITY;
    let cost = array![[1.0, inf, 2.0], [inf, inf, inf]];
    let problem = OtProblem::new(&[1.0, 0.0], &[0.5, 0.0, 0.5], cost.view()).unwrap();
    let answer = problem.solve().unwrap();
    assert_eq!(answer.value(), 1.5);
    let potentials = answer.potentials();
    assert!(potentials.f().iter().chain(potentials.g()).all(|y| y.abs() <= 4.0), "{potentials:?}");
}

#[test]
fn bad_lists_are_refused() {
    let of = |arcs| SparseCost::new((2, 3), arcs).unwrap_err();
    assert_eq!(of(vec![(0, 3, 1.0)]), CostError::Arc { row: 0, column: 3, n: 2, m: 3 });
    let twice = vec![(1, 1, 1.0), (0, 0, 1.0), (1, 1, 2.0)];
    assert_eq!(of(twice), CostError::RepeatedArc { row: 1, column: 1 });
    assert!(matches!(of(vec![(1, 2, f64::NAN)]), CostError::Entry { row: 1, column: 2, .. }));
    let cost = SparseCost::new((2, 3), vec![(0, 0, f64::INFINITY), (0, 1, 2.0)]).unwrap();
    assert_eq!((cost.arcs(), cost.at(0, 0), cost.at(0, 1)), (1, f64::INFINITY, 2.0));
}
