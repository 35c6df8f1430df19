//! Transport between unequal masses against linear programs that state the problem directly, with
//! inequalities and without dummies.

use deblais::cost::CostMatrix;
use deblais::measure::Marginal;
use deblais::ndarray::{Array1, Array2, array};
use deblais::seed::{Seed, Stream};
use deblais::unbalanced::UnbalancedError;
use deblais::{
    Amount, Cityblock, DiscreteMeasure, Euclidean, GroundCost, Method, OtProblem, SolveOptions,
    SqEuclidean, UnbalancedProblem, UnbalancedTransport,
};
use good_lp::{Expression, ProblemVariables, Solution, SolverModel, constraint, microlp, variable};
use rand::Rng as _;

/// The optimum of the program: γ ≥ 0, rows at most μ, columns at most ν.
fn by_linear_program(c: &Array2<f64>, mu: &[f64], nu: &[f64], amount: Amount) -> f64 {
    let (n, m) = c.dim();
    let mut variables = ProblemVariables::new();
    let gamma: Vec<_> = (0..n * m).map(|_| variables.add(variable().min(0.0))).collect();
    let moved: Expression = gamma.iter().sum();
    let totals: [f64; 2] = [mu.iter().sum(), nu.iter().sum()];
    let cost: Expression = gamma.iter().zip(c).map(|(&g, &c)| c * g).sum();
    let (objective, mass) = match amount {
        Amount::Penalty { source, target } => {
            let stays = source * (totals[0] - moved.clone()) + target * (totals[1] - moved.clone());
            (cost + stays, None)
        }
        Amount::Mass(mass) => (cost, Some(mass)),
        Amount::Fraction(fraction) => (cost, Some(fraction * totals[0].min(totals[1]))),
    };
    let mut model = variables.minimise(objective.clone()).using(microlp);
    for (i, &w) in mu.iter().enumerate() {
        let row: Expression = (0..m).map(|j| gamma[i * m + j]).sum();
        model = model.with(constraint!(row <= w));
    }
    for (j, &w) in nu.iter().enumerate() {
        let column: Expression = (0..n).map(|i| gamma[i * m + j]).sum();
        model = model.with(constraint!(column <= w));
    }
    if let Some(mass) = mass {
        model = model.with(constraint!(moved == mass));
    }
    model.solve().expect("a feasible program").eval(objective)
}

struct Instance {
    cost: Array2<f64>,
    mu: Vec<f64>,
    nu: Vec<f64>,
}

fn instance(stream: &mut Stream) -> Instance {
    let (n, m) = (stream.random_range(1..8), stream.random_range(1..8));
    let ties = stream.random_range(0..3);
    let cost = Array2::from_shape_simple_fn((n, m), || match ties {
        0 => f64::from(stream.random_range(0..4_i32)),
        1 => f64::from(stream.random_range(-3..4_i32)),
        _ => stream.uniform(),
    });
    let mut masses = |count: usize| -> Vec<f64> {
        let mut mass: Vec<f64> =
            (0..count).map(|_| f64::from(stream.random_range(0..5_u32)) / 4.0).collect();
        mass[0] += 0.5;
        mass
    };
    let (mu, nu) = (masses(n), masses(m));
    Instance { cost, mu, nu }
}

impl Instance {
    fn solve(&self, amount: Amount) -> UnbalancedTransport {
        UnbalancedProblem::new(&self.mu[..], &self.nu[..], self.cost.view(), amount)
            .unwrap()
            .solve()
            .unwrap()
    }

    /// The smaller total.
    fn smaller(&self) -> f64 {
        self.mu.iter().sum::<f64>().min(self.nu.iter().sum())
    }

    /// Checks bounds, plan, masses and potentials of an answer.
    fn check(&self, amount: Amount) -> UnbalancedTransport {
        let answer = self.solve(amount);
        let (lower, upper) = (answer.certificate().lower, answer.objective());
        let truth = by_linear_program(&self.cost, &self.mu, &self.nu, amount);
        let slack = 1e-9 * (1.0 + truth.abs());
        assert!((upper - truth).abs() < slack, "{amount:?}: {upper} is not {truth}");
        assert!(answer.certificate().is_optimal() || upper - lower < 1e-14, "{amount:?}");
        self.check_plan(amount, &answer);
        self.check_potentials(amount, &answer);
        answer
    }

    fn check_plan(&self, amount: Amount, answer: &UnbalancedTransport) {
        let (rows, columns) = answer.plan().marginals();
        for (i, w) in self.mu.iter().enumerate() {
            assert!((rows[i] + answer.left_behind()[i] - w).abs() < 1e-14);
        }
        for (j, w) in self.nu.iter().enumerate() {
            assert!((columns[j] + answer.created()[j] - w).abs() < 1e-14);
        }
        let mut objective = answer.transport_cost();
        match amount {
            Amount::Penalty { source, target } => {
                objective += source * answer.left_behind().sum() + target * answer.created().sum();
            }
            Amount::Mass(mass) => assert!((answer.moved_mass() - mass).abs() < 1e-14),
            Amount::Fraction(share) => {
                assert!((answer.moved_mass() - share * self.smaller()).abs() < 1e-14);
            }
        }
        assert!((objective - answer.objective()).abs() < 1e-12 * (1.0 + objective.abs()));
    }

    fn check_potentials(&self, amount: Amount, answer: &UnbalancedTransport) {
        let (f, g) = (answer.potentials().f(), answer.potentials().g());
        let (most, price) = match amount {
            Amount::Penalty { source, target } => ((source, target), 0.0),
            _ => ((0.0, 0.0), answer.marginal_price().unwrap()),
        };
        assert!(f.iter().all(|f| *f <= most.0 + 1e-12) && g.iter().all(|g| *g <= most.1 + 1e-12));
        for ((i, j), c) in self.cost.indexed_iter() {
            assert!(f[i] + g[j] + price <= c + 1e-12);
        }
        let value = |y: deblais::ndarray::ArrayView1<'_, f64>, mass: &[f64]| -> f64 {
            y.iter().zip(mass).map(|(y, w)| y * w).sum()
        };
        let value = value(f, &self.mu) + value(g, &self.nu) + price * answer.moved_mass();
        assert!((value - answer.objective()).abs() < 1e-11 * (1.0 + value.abs()));
    }
}

#[test]
fn small_problems_match_their_linear_programs() {
    for seed in 0..400 {
        let mut stream = Seed(seed).stream("unbalanced");
        let instance = instance(&mut stream);
        let penalty = |stream: &mut Stream| f64::from(stream.random_range(0..9_u32)) / 4.0;
        let (source, target) = (penalty(&mut stream), penalty(&mut stream));
        instance.check(Amount::Penalty { source, target });
        for share in [0.0, 0.25, stream.uniform(), 1.0] {
            instance.check(Amount::Fraction(share));
            instance.check(Amount::Mass(share * instance.smaller()));
        }
    }
}

#[test]
fn the_cost_is_monotone_and_convex_in_the_mass_and_monotone_in_penalties() {
    for seed in 0..60 {
        let mut instance = instance(&mut Seed(seed).stream("monotone"));
        instance.cost.mapv_inplace(f64::abs);
        let at = |share: f64| instance.solve(Amount::Fraction(share)).objective();
        let costs: Vec<f64> = (0..=8).map(|k| at(f64::from(k) / 8.0)).collect();
        assert_eq!(costs[0], 0.0);
        for three in costs.windows(3) {
            assert!(three[0] <= three[1] + 1e-14 && three[1] <= three[2] + 1e-14);
            assert!(2.0 * three[1] <= three[0] + three[2] + 1e-12);
        }
        let penalized = |l: f64| instance.solve(Amount::Penalty { source: l, target: l });
        assert_eq!(penalized(0.0).objective(), 0.0);
        let mut before = 0.0;
        for penalty in [0.1, 0.5, 1.0, 2.0, 100.0] {
            let answer = penalized(penalty);
            assert!(answer.objective() >= before - 1e-13);
            before = answer.objective();
        }
        // What does not pay to be left behind is moved.
        assert!((penalized(100.0).moved_mass() - instance.smaller()).abs() < 1e-14);
    }
}

#[test]
fn equal_totals_and_a_large_penalty_give_the_balanced_cost() {
    let mut stream = Seed(3).stream("balanced");
    let mut cloud = || Array2::from_shape_simple_fn((60, 2), || stream.uniform());
    let (x, y) = (cloud(), cloud());
    for ground in [GroundCost::from(Euclidean), SqEuclidean.into(), Cityblock.into()] {
        let balanced = OtProblem::new(&x, &y, ground).unwrap().solve().unwrap();
        let answer = |amount| {
            UnbalancedProblem::new(&x, &y, ground, amount).unwrap().solve().unwrap().objective()
        };
        let penalty = Amount::Penalty { source: 50.0, target: 50.0 };
        for amount in [penalty, Amount::Fraction(1.0), Amount::Mass(1.0)] {
            assert!((answer(amount) - balanced.value()).abs() < 1e-13);
        }
    }
}

/// Points at all sizes and by all methods: on the line, in the plane, in many dimensions; with masses.
#[test]
fn all_methods_agree_with_a_table_of_the_same_costs() {
    for (n, m, d) in [(300, 200, 1), (900, 700, 2), (80, 90, 3), (120, 100, 20), (2100, 2000, 8)] {
        let mut stream = Seed(n as u64).stream("methods");
        let mut cloud = |count: usize| {
            let points = Array2::from_shape_simple_fn((count, d), || stream.uniform());
            let mass = Array1::from_shape_simple_fn(count, || stream.uniform());
            DiscreteMeasure::new(points, mass).unwrap()
        };
        let (x, y) = (cloud(n), cloud(m));
        let penalty = 0.1 * (d as f64).sqrt();
        for amount in [
            Amount::Penalty { source: penalty, target: penalty / 2.0 },
            Amount::Mass(0.3 * x.total()),
            Amount::Fraction(1.0),
        ] {
            let problem = UnbalancedProblem::new(&x, &y, Euclidean, amount).unwrap();
            let of = |method| {
                let options = SolveOptions::new().method(method);
                let answer = problem.solve_with(&options).unwrap();
                assert!(answer.certificate().is_optimal(), "{method:?} {amount:?} in {d}-D");
                answer.objective()
            };
            let simplex = of(Method::Simplex);
            for other in [of(Method::Auto), of(Method::Shortlist)] {
                assert!((other - simplex).abs() < 1e-11 * (1.0 + simplex), "{amount:?} in {d}-D");
            }
        }
    }
}

#[test]
fn hostile_masses_and_costs_are_proved() {
    // Masses over 17 decades, thirds, costs of all sizes side by side.
    let cost = array![[1e-300, 1.0, 1e300], [3.0, 1e-20, 0.0], [1e300, 2.0, 1e-5]];
    let mu = Marginal::new(array![1.0, 1e-17, 0.3]).unwrap();
    let nu = Marginal::normalized(array![1.0, 1.0, 1.0]).unwrap();
    for amount in [
        Amount::Fraction(1.0 / 3.0),
        Amount::Fraction(1e-18),
        Amount::Mass(1e-30),
        Amount::Penalty { source: 1e-10, target: 1e-10 },
        Amount::Penalty { source: 1e300, target: 0.0 },
    ] {
        let cost = CostMatrix::new(cost.view()).unwrap();
        let answer = UnbalancedProblem::new(&mu, &nu, cost, amount).unwrap().solve().unwrap();
        let c = answer.certificate();
        assert!(c.is_optimal(), "{amount:?}: {c:?}");
    }
}

/// Where more could be moved at no cost, the flows were once cut by differences, in which little is left
/// of a little mass.
#[test]
fn the_mass_that_is_moved_is_the_mass_that_was_asked_for() {
    let unit = Marginal::new(array![1.0, 1.0]).unwrap();
    let costs = array![[0.0, 1.0], [3.0, 0.0]];
    for asked in [1e-300, 1e-18, 1e-9, 0.3, 1.7, 2.0] {
        let problem = UnbalancedProblem::new(&unit, &unit, costs.view(), Amount::Mass(asked));
        let answer = problem.unwrap().solve().unwrap();
        let moved = answer.moved_mass();
        assert!((moved - asked).abs() <= 4.0 * f64::EPSILON * asked, "{asked}: {moved}");
        assert_eq!((answer.objective(), answer.transport_cost()), (0.0, 0.0));
    }
}

/// The rest of a dummy's mass may be too small for an `f64`; it once counted in the sum, not in the
/// potentials.
#[test]
fn a_dummy_whose_mass_rounds_to_0_is_bounded() {
    let least = f64::MIN_POSITIVE;
    let mu = Marginal::new(array![least, least]).unwrap();
    let nu = Marginal::new(array![1.0]).unwrap();
    let costs = array![[1e300], [0.0]];
    let fraction = 1.0 - f64::EPSILON / 2.0;
    let amount = Amount::Fraction(fraction);
    let answer = UnbalancedProblem::new(&mu, &nu, costs.view(), amount).unwrap().solve().unwrap();
    // All of the free source, and (2·fraction − 1)·least from the other one.
    let truth = (2.0 * fraction - 1.0) * least * 1e300;
    let certificate = answer.certificate();
    assert!(certificate.lower <= truth && truth <= certificate.upper, "{certificate:?}");
}

#[test]
fn amounts_out_of_range_are_refused() {
    let cost = array![[1.0, 2.0]];
    let of =
        |amount| UnbalancedProblem::new(&[1.0], &[0.25, 0.25], cost.view(), amount).err().unwrap();
    assert_eq!(of(Amount::Mass(0.6)), UnbalancedError::Mass { mass: 0.6, limit: 0.5 });
    assert!(matches!(of(Amount::Mass(-0.1)), UnbalancedError::Mass { .. }));
    assert!(matches!(of(Amount::Fraction(1.5)), UnbalancedError::Fraction { .. }));
    let penalty = |source, target| Amount::Penalty { source, target };
    assert!(matches!(of(penalty(1.0, -1.0)), UnbalancedError::Penalty { .. }));
    assert!(matches!(of(penalty(f64::INFINITY, 0.0)), UnbalancedError::Penalty { .. }));
    // A total that is short by rounding only is the whole.
    let answer =
        UnbalancedProblem::new(&[1.0], &[0.1; 10], Array2::<f64>::ones((1, 10)), Amount::Mass(1.0));
    assert_eq!(answer.unwrap().solve().unwrap().moved_mass(), 1.0);
}
