//! Distances between persistence diagrams against all matchings of small ones, against GUDHI, and on
//! hostile diagrams.

use std::path::Path;

use deblais::cost::{CostError, Minkowski};
use deblais::io::{Selection, Table};
use deblais::ndarray::{Array2, array};
use deblais::persistence::PersistenceError;
use deblais::problem::ProblemError;
use deblais::seed::{Seed, Stream};
use deblais::{
    Chebyshev, Cityblock, Cosine, Euclidean, GroundCost, Metric, PersistenceDiagram,
    PersistenceProblem, PersistenceTransport, SqEuclidean, persistence_distance,
};
use rand::Rng as _;

const INF: f64 = f64::INFINITY;

fn diagram(rows: &[[f64; 2]]) -> PersistenceDiagram {
    let rows = Array2::from_shape_fn((rows.len(), 2), |(i, k)| rows[i][k]);
    PersistenceDiagram::new(rows.view()).unwrap()
}

/// Whether an upper bound is that of an exact value.
fn is_just_above(found: f64, exact: f64) -> bool {
    exact <= found && found <= exact * (1.0 + 1e-14)
}

/// The ground costs, and the factor by which `h^degree` becomes the cost to the diagonal.
fn grounds() -> Vec<(GroundCost, f64, f64)> {
    let minkowski = Minkowski::new(3.0).unwrap();
    vec![
        (Chebyshev.into(), 1.0, 1.0),
        (Euclidean.into(), 2.0_f64.sqrt(), 1.0),
        (Cityblock.into(), 2.0, 1.0),
        (SqEuclidean.into(), 2.0, 2.0),
        (minkowski.into(), 2.0_f64.cbrt(), 1.0),
        (GroundCost::power(Chebyshev, 3.0).unwrap(), 1.0, 3.0),
        (GroundCost::power(Cityblock, 0.5).unwrap(), 2.0_f64.sqrt(), 0.5),
    ]
}

/// The least cost of all partial matchings, where the sources from `first` on are not decided yet.
struct AllMatchings<'a> {
    x: &'a [[f64; 2]],
    y: &'a [[f64; 2]],
    ground: GroundCost,
    diagonal: (f64, f64),
    /// The sum or the maximum of the costs.
    total: fn(f64, f64) -> f64,
}

impl AllMatchings<'_> {
    fn to_diagonal(&self, point: [f64; 2]) -> f64 {
        self.diagonal.0 * ((point[1] - point[0]) / 2.0).powf(self.diagonal.1)
    }

    fn least(&self, first: usize, used: &mut Vec<bool>) -> f64 {
        let Some(&x) = self.x.get(first) else {
            let free = self.y.iter().zip(&*used).filter(|(_, used)| !**used);
            return free.map(|(&y, _)| self.to_diagonal(y)).fold(0.0, self.total);
        };
        let mut least = (self.total)(self.to_diagonal(x), self.least(first + 1, used));
        for j in 0..self.y.len() {
            if !used[j] {
                used[j] = true;
                let cost = self.ground.between(&x, &self.y[j]).unwrap();
                least = least.min((self.total)(cost, self.least(first + 1, used)));
                used[j] = false;
            }
        }
        least
    }
}

/// Points on a coarse grid, so that there are ties, duplicates and points on the diagonal.
fn coarse(stream: &mut Stream) -> Vec<[f64; 2]> {
    let eighth = |k: u32| f64::from(k) / 8.0;
    (0..stream.random_range(0..6))
        .map(|_| {
            let birth = eighth(stream.random_range(0..8));
            [birth, birth + eighth(stream.random_range(0..6))]
        })
        .collect()
}

/// Checks masses, cost and potentials of an answer.
fn check(
    x: &[[f64; 2]],
    y: &[[f64; 2]],
    ground: GroundCost,
    diagonal: (f64, f64),
) -> PersistenceTransport {
    let answer =
        PersistenceProblem::new(&diagram(x), &diagram(y), ground).unwrap().solve().unwrap();
    let all = AllMatchings { x, y, ground, diagonal, total: |a, b| a + b };
    let (rows, columns) = answer.plan().marginals();
    let (from, to) = (answer.source_to_diagonal(), answer.target_to_diagonal());
    assert!((&rows + from).iter().all(|&mass| mass == 1.0));
    assert!((&columns + to).iter().all(|&mass| mass == 1.0));
    assert!(answer.plan().arcs().iter().all(|arc| arc.mass == 1.0));
    let between = |i: usize, j: usize| ground.between(&x[i], &y[j]).unwrap();
    let mut cost: f64 =
        answer.plan().arcs().iter().map(|arc| between(arc.source, arc.target)).sum();
    cost += from.iter().zip(x).map(|(mass, &x)| mass * all.to_diagonal(x)).sum::<f64>();
    cost += to.iter().zip(y).map(|(mass, &y)| mass * all.to_diagonal(y)).sum::<f64>();
    assert!((cost - answer.cost()).abs() <= 1e-13 * cost, "{cost} {}", answer.cost());
    let (f, g) = (answer.potentials().f(), answer.potentials().g());
    assert!(f.iter().zip(x).all(|(f, &x)| *f <= all.to_diagonal(x) + 1e-13));
    assert!(g.iter().zip(y).all(|(g, &y)| *g <= all.to_diagonal(y) + 1e-13));
    for (i, f) in f.iter().enumerate() {
        assert!(g.iter().enumerate().all(|(j, g)| f + g <= between(i, j) + 1e-13));
    }
    assert!((f.sum() + g.sum() - cost).abs() <= 1e-12);
    let truth = all.least(0, &mut vec![false; y.len()]);
    let c = answer.certificate();
    assert!((truth - c.upper).abs() <= 1e-13 * truth, "{truth} {}", c.upper);
    assert!(c.is_optimal() && c.lower <= truth * (1.0 + 1e-14) && truth * (1.0 - 1e-14) <= c.upper);
    answer
}

#[test]
fn small_diagrams_match_all_their_matchings() {
    for seed in 0..300 {
        let mut stream = Seed(seed).stream("diagrams");
        let (x, y) = (coarse(&mut stream), coarse(&mut stream));
        for (ground, factor, degree) in grounds() {
            let there = check(&x, &y, ground, (factor, degree));
            let back = check(&y, &x, ground, (factor, degree));
            assert!((there.cost() - back.cost()).abs() <= 1e-13 * back.cost());
            assert_eq!(check(&x, &x, ground, (factor, degree)).cost(), 0.0);
        }
    }
}

#[test]
fn coarse_numbers_under_chebyshev_are_bracketed_exactly() {
    for seed in 0..200 {
        let mut stream = Seed(seed).stream("exact");
        let (x, y) = (coarse(&mut stream), coarse(&mut stream));
        let (ground, diagonal) = (Chebyshev.into(), (1.0, 1.0));
        let sum = |a, b| a + b;
        let all = AllMatchings { x: &x, y: &y, ground, diagonal, total: sum };
        let truth = all.least(0, &mut vec![false; y.len()]);
        let worst = AllMatchings { total: f64::max, ..all }.least(0, &mut vec![false; y.len()]);
        let problem = PersistenceProblem::new(&diagram(&x), &diagram(&y), ground).unwrap();
        let bottleneck = problem.bottleneck(&mut ());
        assert!(bottleneck.lower <= worst && worst <= bottleneck.upper);
        assert!(bottleneck.upper - bottleneck.lower <= 1e-14 * worst);
        let distance = persistence_distance(&diagram(&x), &diagram(&y), 1.0, Chebyshev).unwrap();
        assert!(distance.lower() <= truth && truth <= distance.upper());
    }
}

#[test]
fn the_distance_is_a_metric() {
    let metrics = [Metric::from(Chebyshev), Euclidean.into()];
    for seed in 0..100 {
        let mut stream = Seed(seed).stream("metric");
        let three = [(); 3].map(|()| diagram(&coarse(&mut stream)));
        for (metric, p) in metrics.iter().flat_map(|metric| [(metric, 1.0), (metric, 2.5)]) {
            let between = |i: usize, j: usize| {
                persistence_distance(&three[i], &three[j], p, *metric).unwrap().value()
            };
            assert!(between(0, 2) <= (between(0, 1) + between(1, 2)) * (1.0 + 1e-12));
        }
    }
}

#[test]
fn empty_diagrams_are_as_far_as_the_other_is_from_the_diagonal() {
    let (empty, two) = (diagram(&[]), diagram(&[[1.0, 4.0], [2.0, 2.5]]));
    let between = |x, y| persistence_distance(x, y, 1.0, Chebyshev).unwrap();
    assert_eq!(between(&empty, &empty).value(), 0.0);
    assert_eq!(between(&empty, &empty).transport().plan().n(), 0);
    for distance in [between(&empty, &two), between(&two, &empty)] {
        assert!(distance.lower() <= 1.75 && is_just_above(distance.upper(), 1.75));
        assert!(distance.transport().plan().arcs().is_empty());
    }
    let answer = between(&two, &empty).transport().clone();
    assert_eq!(*answer.source_to_diagonal(), array![1.0, 1.0]);
    assert_eq!(answer.target_to_diagonal().len(), 0);
    let on_diagonal = diagram(&[[7.0, 7.0], [-3.0, -3.0]]);
    assert_eq!(between(&empty, &on_diagonal).value(), 0.0);
    assert!(is_just_above(between(&on_diagonal, &two).value(), 1.75));
}

#[test]
fn points_far_away_or_once_more_cost_what_they_cost() {
    let between = |x: &[[f64; 2]], y: &[[f64; 2]]| {
        persistence_distance(&diagram(x), &diagram(y), 1.0, Chebyshev).unwrap().value()
    };
    assert!(is_just_above(between(&[[0.0, 8.0]], &[[1.0, 8.0]]), 1.0));
    assert!(is_just_above(between(&[[0.0, 2.0]], &[[100.0, 102.0]]), 2.0));
    assert!(is_just_above(between(&[[0.0, 8.0]; 3], &[[1.0, 8.0]; 2]), 2.0 + 4.0));
    // Far from the origin nothing is lost.
    let far = 2.0_f64.powi(40);
    assert!(is_just_above(between(&[[far, far + 8.0]], &[[far + 1.0, far + 8.0]]), 1.0));
}

#[test]
fn essential_classes_are_matched_by_birth() {
    let x = diagram(&[[3.0, INF], [0.0, 4.0], [1.0, INF]]);
    let y = diagram(&[[1.5, INF], [0.0, 5.0], [5.0, INF]]);
    assert_eq!((x.point_rows(), x.essential_rows()), (&[1][..], &[0, 2][..]));
    for (p, cost) in [(1.0, 1.0 + 2.5), (2.0, 1.0 + 4.25), (3.0, 1.0 + 8.125)] {
        let distance = persistence_distance(&x, &y, p, Chebyshev).unwrap();
        let c = distance.transport().certificate();
        assert!(c.lower <= cost && cost <= c.upper && c.is_optimal(), "{p}: {c:?}");
        let pairs = distance.transport().essential_plan().arcs().iter();
        let pairs: Vec<_> = pairs.map(|arc| (arc.source, arc.target)).collect();
        assert_eq!(pairs, [(0, 1), (1, 0)]);
        assert_eq!(distance.transport().plan().arcs().len(), 1);
        let root = cost.powf(1.0 / p);
        assert!(distance.lower() <= root && root <= distance.upper());
    }
    let alone =
        persistence_distance(&diagram(&[[2.0, INF]]), &diagram(&[[5.0, INF]]), 1.0, Euclidean);
    assert!(is_just_above(alone.unwrap().value(), 3.0));
}

#[test]
fn different_numbers_of_essential_classes_are_infinitely_far_apart() {
    let (x, y) = (diagram(&[[0.0, INF], [0.0, 1.0]]), diagram(&[[0.0, 1.0]]));
    for (x, y) in [(&x, &y), (&y, &x)] {
        let distance = persistence_distance(x, y, 2.0, Chebyshev).unwrap();
        let c = distance.transport().certificate();
        assert_eq!((c.lower, c.upper, c.gap, c.relative_gap()), (INF, INF, 0.0, 0.0));
        assert_eq!((distance.lower(), distance.value()), (INF, INF));
        assert_eq!(distance.transport().points_certificate().upper, 0.0);
        assert!(distance.transport().essential_plan().arcs().is_empty());
    }
}

#[test]
fn bad_diagrams_are_refused_with_their_row() {
    let of = |rows: Array2<f64>| PersistenceDiagram::new(rows.view()).unwrap_err();
    assert_eq!(of(array![[0.0, 1.0, 2.0]]), PersistenceError::Columns { columns: 3 });
    assert_eq!(
        of(array![[0.0, 1.0], [2.0, 1.0]]),
        PersistenceError::Death { row: 1, birth: 2.0, death: 1.0 }
    );
    assert!(matches!(of(array![[0.0, f64::NAN]]), PersistenceError::Death { row: 0, .. }));
    assert!(matches!(of(array![[0.0, -INF]]), PersistenceError::Death { row: 0, .. }));
    for birth in [INF, -INF, f64::NAN] {
        assert!(matches!(of(array![[birth, INF]]), PersistenceError::Birth { row: 0, .. }));
    }
}

#[test]
fn costs_that_are_no_function_of_the_difference_or_out_of_range_are_refused() {
    let x = diagram(&[[0.0, 1.0]]);
    for ground in [GroundCost::from(Cosine), GroundCost::power(Cosine, 2.0).unwrap()] {
        let error = PersistenceProblem::new(&x, &x, ground).err().unwrap();
        assert!(matches!(error, PersistenceError::Ground { .. }));
    }
    for wide in [[[0.0, 1e200]], [[-1e308, 1e308]]] {
        let wide = diagram(&wide);
        let error = PersistenceProblem::new(&wide, &wide, SqEuclidean).err().unwrap();
        assert!(matches!(
            error,
            PersistenceError::Problem(ProblemError::Cost(CostError::Range { .. }))
        ));
    }
    assert!(persistence_distance(&x, &x, 0.5, Chebyshev).is_err());
}

#[test]
fn persistence_that_underflows_is_not_taken_for_zero() {
    let x = diagram(&[[0.0, 1e-200], [1.0, 3.0]]);
    let y = diagram(&[[1.0, 4.0]]);
    let answer = PersistenceProblem::new(&x, &y, SqEuclidean).unwrap().solve().unwrap();
    let c = answer.certificate();
    assert!(c.lower <= 1.0 && 1.0 < c.upper && c.is_optimal(), "{c:?}");
}

/// tests/data/persistence, whose distances GUDHI computed.
#[test]
fn distances_are_those_of_gudhi() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/persistence");
    let table = |name: &str| Table::read(&folder.join(name).as_path().into()).unwrap();
    let layout = |table: &Table| table.layout(&Selection::default()).unwrap();
    let diagram = |name: String| {
        let table = table(&name);
        table.diagram(&layout(&table)).unwrap()
    };
    let list = table("distances.csv");
    let column = |name: &str| list.values(&name.parse().unwrap()).unwrap();
    let (cases, orders) = (column("case"), column("order"));
    let known = column("distance");
    let grounds = [Metric::from(Chebyshev), Euclidean.into()];
    let mut known = known.iter();
    for case in &cases {
        let (x, y) = (diagram(format!("{case}-a.csv")), diagram(format!("{case}-b.csv")));
        for order in &orders {
            for ground in grounds {
                let known: f64 = known.next().unwrap().parse().unwrap();
                let distance = persistence_distance(&x, &y, order.parse().unwrap(), ground);
                let found = distance.unwrap().value();
                assert!((found - known).abs() <= 1e-12 * known, "{case} {order}: {found} {known}");
            }
        }
    }
    assert_eq!(known.next(), None);
}
