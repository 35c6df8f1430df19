//! Every ground cost's interval holds the real cost, in few and many dimensions, for tiny and huge
//! coordinates; and it is a few roundings wide.

use deblais::seed::{Seed, Stream};
use rand::Rng as _;

use crate::answers;
use crate::enclosure;
use crate::exact::Dyadic;
use crate::instances::{Base, Ground, Instance, Masses, Table};

const BASES: [Base; 8] = [
    Base::Euclidean,
    Base::SqEuclidean,
    Base::Cityblock,
    Base::Chebyshev,
    Base::Minkowski(1.0),
    Base::Minkowski(1.25),
    Base::Minkowski(7.0),
    Base::Cosine,
];

const POWERS: [Option<f64>; 7] =
    [None, Some(0.01), Some(0.3), Some(0.5), Some(1.7), Some(3.0), Some(30.0)];

/// Coordinates of one kind: what an interval has to hold whatever they are.
type Draw = fn(&mut Stream) -> f64;

const KINDS: [(&str, Draw); 6] = [
    ("ordinary", |stream| stream.uniform()),
    ("far from the origin", |stream| 1e8 + stream.uniform()),
    ("of all sizes", |stream| 10_f64.powf(40.0 * stream.uniform() - 35.0)),
    ("tiny", |stream| 1e-160 * (stream.uniform() - 0.5)),
    ("huge", |stream| 1e140 * (stream.uniform() - 0.5)),
    ("subnormal beside 1", |stream| {
        if stream.uniform() < 0.9 { f64::from_bits(stream.random_range(0..9)) } else { 1.0 }
    }),
];

fn cloud(count: usize, d: usize, stream: &mut Stream, draw: Draw) -> Vec<Vec<f64>> {
    (0..count).map(|_| (0..d).map(|_| draw(stream)).collect()).collect()
}

/// Looks at all pairs of two clouds; `None` if the cost is refused there.
fn check(what: &str, x: Vec<Vec<f64>>, y: Vec<Vec<f64>>, ground: Ground) -> Option<()> {
    let (source, target) = (Masses::Uniform(x.len()), Masses::Uniform(y.len()));
    let table = Table::Points { x: x.clone(), y: y.clone(), ground };
    let problem = answers::problem(&Instance { table, source, target }).ok()?;
    for (i, x) in x.iter().enumerate() {
        for (j, y) in y.iter().enumerate() {
            let (low, high) = problem.cost().enclosure(i, j);
            let real = enclosure::cost(&ground, x, y);
            let holds = Dyadic::of(low) <= real.low && real.high <= Dyadic::of(high);
            assert!(holds, "{ground:?}, {what}, {} dimensions: {low:e} … {high:e}", x.len());
            let roundings = (x.len() as f64 + 40.0) * ground.power.unwrap_or(1.0).max(1.0);
            let is_plain = ground.base != Base::Cosine && low > 0.0;
            let width = (high - low) / high;
            assert!(!is_plain || width < 4.0 * roundings * f64::EPSILON, "{ground:?}, {what}");
        }
    }
    Some(())
}

#[test]
fn intervals_hold_the_real_cost() {
    let mut stream = Seed(1).stream("intervals");
    let mut checked = 0;
    for base in BASES {
        for power in POWERS {
            for (what, draw) in KINDS {
                for d in [1, 2, 5, 17] {
                    let (x, y) = (cloud(3, d, &mut stream, draw), cloud(3, d, &mut stream, draw));
                    let found = check(what, x, y, Ground { base, power });
                    checked += usize::from(found.is_some());
                }
            }
        }
    }
    assert!(checked > 700, "{checked} of 1344");
}

#[test]
fn intervals_hold_the_real_cost_in_many_dimensions() {
    let mut stream = Seed(2).stream("many dimensions");
    for base in BASES {
        for d in [100, 784] {
            let draw: Draw = |stream| stream.uniform();
            let (x, y) = (cloud(2, d, &mut stream, draw), cloud(2, d, &mut stream, draw));
            check("images", x, y, Ground { base, power: None }).expect("an ordinary cost");
        }
    }
}

/// A distance of a few subnormal units is rounded by as much as itself, and a power below 1 brings
/// that into the range: once its interval was a few ulps wide.
#[test]
fn powers_of_subnormal_distances_are_not_taken_for_exact() {
    let unit = f64::from_bits(1);
    for base in [Base::Euclidean, Base::Minkowski(3.0), Base::SqEuclidean] {
        for p in [0.01, 0.1, 0.5] {
            let ground = Ground { base, power: Some(p) };
            let near = vec![vec![0.0, 0.0], vec![1.0, 0.0]];
            check("subnormal", near, vec![vec![unit, unit]], ground).expect("within the range");
        }
    }
}
