//! Small instances of many structures, each drawn from a stream of its own.

use deblais::seed::Stream;
use rand::Rng as _;

/// A transportation problem as its numbers are stored.
#[derive(Debug, Clone)]
pub(crate) struct Instance {
    pub(crate) table: Table,
    pub(crate) source: Masses,
    pub(crate) target: Masses,
}

#[derive(Debug, Clone)]
pub(crate) enum Table {
    Matrix(Vec<Vec<f64>>),
    Points { x: Vec<Vec<f64>>, y: Vec<Vec<f64>>, ground: Ground },
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ground {
    pub(crate) base: Base,
    pub(crate) power: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Base {
    Euclidean,
    SqEuclidean,
    Cityblock,
    Chebyshev,
    Minkowski(f64),
    Cosine,
}

/// The masses of a side.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Masses {
    /// In proportion to these; the total is their sum.
    Stored(Vec<f64>),
    /// 1/n each.
    Uniform(usize),
    /// In proportion to these; the total is 1.
    Normalized(Vec<f64>),
}

impl Masses {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Stored(weights) | Self::Normalized(weights) => weights.len(),
            Self::Uniform(n) => *n,
        }
    }

    pub(crate) fn weights(&self) -> Vec<f64> {
        match self {
            Self::Stored(weights) | Self::Normalized(weights) => weights.clone(),
            Self::Uniform(n) => vec![1.0; *n],
        }
    }
}

impl Instance {
    /// The same measure on both sides.
    pub(crate) fn is_identical(&self) -> bool {
        let Table::Points { x, y, .. } = &self.table else { return false };
        x == y && self.source == self.target
    }

    /// Whether no mass is so small beside the others of its side that solvers, which count in units
    /// of 2⁻¹⁰⁰ of the total where 120 bits do not hold all masses, round it away.
    pub(crate) fn has_masses_of_one_scale(&self) -> bool {
        const LEAST_SHARE: f64 = 1e-30;
        let is_fine = |masses: &Masses| match masses {
            Masses::Uniform(_) => true,
            Masses::Stored(weights) | Masses::Normalized(weights) => {
                let most = weights.iter().copied().fold(0.0, f64::max);
                weights.iter().all(|&w| w == 0.0 || w >= LEAST_SHARE * most)
            }
        };
        is_fine(&self.source) && is_fine(&self.target)
    }
}

/// One of these.
fn pick<T: Copy>(stream: &mut Stream, from: &[T]) -> T {
    from[stream.random_range(0..from.len())]
}

/// Numbers of points: mostly up to 6, now and then very unequal.
fn sizes(stream: &mut Stream) -> (usize, usize) {
    let few = |stream: &mut Stream| stream.random_range(1..=6);
    match stream.random_range(0..20) {
        0 => (1, stream.random_range(1..=30)),
        1 => (stream.random_range(7..=20), stream.random_range(1..=3)),
        2..10 => {
            let n = few(stream);
            (n, n)
        }
        _ => (few(stream), few(stream)),
    }
}

/// Positive numbers over so many decades.
fn decades(stream: &mut Stream, low: f64, high: f64) -> f64 {
    10_f64.powf(low + (high - low) * stream.uniform())
}

/// Two sides of equal totals, up to rounding.
pub(crate) fn masses(stream: &mut Stream, n: usize, m: usize) -> (Masses, Masses) {
    if n == m && stream.uniform() < 0.3 {
        return (Masses::Stored(vec![1.0; n]), Masses::Stored(vec![1.0; n]));
    }
    match stream.random_range(0..6) {
        0 | 1 => integers(stream, n, m),
        2 => (Masses::Stored(vec![m as f64; n]), Masses::Stored(vec![n as f64; m])),
        3 => balanced(stream, n, m, |stream| decades(stream, -17.0, 0.0)),
        4 => balanced(
            stream,
            n,
            m,
            |stream| {
                if stream.uniform() < 0.3 { 0.0 } else { stream.uniform() }
            },
        ),
        _ => balanced(stream, n, m, Stream::uniform),
    }
}

/// Masses of measures on points, which may be uniform, or normalized.
fn masses_of_points(stream: &mut Stream, n: usize, m: usize) -> (Masses, Masses) {
    let normalized = |masses: Masses| Masses::Normalized(masses.weights());
    match stream.random_range(0..6) {
        0 | 1 => (Masses::Uniform(n), Masses::Uniform(m)),
        2 => {
            let (source, target) = masses(stream, n, m);
            (normalized(source), normalized(target))
        }
        3 => {
            let (_, target) = masses(stream, n, m);
            (Masses::Uniform(n), normalized(target))
        }
        _ => masses(stream, n, m),
    }
}

/// Integers that add up to the same, some of them 0.
fn integers(stream: &mut Stream, n: usize, m: usize) -> (Masses, Masses) {
    let total = stream.random_range(1..=40_u32);
    let mut side = |count: usize| {
        let mut masses = vec![0.0; count];
        for _ in 0..total {
            masses[stream.random_range(0..count)] += 1.0;
        }
        Masses::Stored(masses)
    };
    (side(n), side(m))
}

/// Draws, scaled so that the totals differ by rounding, now and then by 1e-10.
fn balanced(
    stream: &mut Stream,
    n: usize,
    m: usize,
    mut draw: impl FnMut(&mut Stream) -> f64,
) -> (Masses, Masses) {
    let mut side = |count: usize| {
        let mut masses: Vec<f64> = (0..count).map(|_| draw(stream)).collect();
        let some = stream.random_range(0..count);
        masses[some] += 0.5;
        masses
    };
    let (source, mut target) = (side(n), side(m));
    let off = if stream.uniform() < 0.1 { 1.0 + 1e-10 } else { 1.0 };
    let scale = off * source.iter().sum::<f64>() / target.iter().sum::<f64>();
    for mass in &mut target {
        *mass *= scale;
    }
    (Masses::Stored(source), Masses::Stored(target))
}

/// Tables of ordinary size: integers, ties, duplicates, reals, several scales, both signs.
pub(crate) fn matrices(stream: &mut Stream) -> Instance {
    let (n, m) = sizes(stream);
    let kind = stream.random_range(0..9);
    let entry = |stream: &mut Stream| match kind {
        0 | 1 => f64::from(stream.random_range(0..100_u8)),
        2 => f64::from(stream.random_range(0..3_u8)),
        3 => stream.uniform(),
        4 => stream.normal(),
        5 => decades(stream, -8.0, 8.0),
        6 => decades(stream, -30.0, 30.0),
        7 => stream.random_range(0..1_u64 << 53) as f64,
        _ => decades(stream, -12.0, 12.0) * pick(stream, &[1.0, -1.0]),
    };
    let mut matrix: Vec<Vec<f64>> =
        (0..n).map(|_| (0..m).map(|_| entry(stream)).collect()).collect();
    if kind == 1 && n > 1 {
        let first = matrix[0].clone();
        matrix[n - 1] = first;
    }
    let (source, target) = masses(stream, n, m);
    Instance { table: Table::Matrix(matrix), source, target }
}

/// Small entries and big ones, which stand where no optimal plan goes, or anywhere.
pub(crate) fn big_entries(stream: &mut Stream) -> Instance {
    let (n, m) = sizes(stream);
    let (source, target) = masses(stream, n, m);
    let sizes = [1e10, 1e14, 1e18, 1e25, 1e32, 1e38, 1e300];
    let (one, another) = (pick(stream, &sizes), pick(stream, &sizes));
    let integer = stream.uniform() < 0.7;
    let small = |stream: &mut Stream| {
        if integer { f64::from(stream.random_range(0..100_u8)) } else { 100.0 * stream.uniform() }
    };
    let big = |stream: &mut Stream| match stream.random_range(0..3) {
        0 => one,
        1 => another,
        _ => one * stream.uniform(),
    };
    let mut matrix: Vec<Vec<f64>> = (0..n)
        .map(|_| {
            let cell = |_| if stream.uniform() < 0.45 { big(stream) } else { small(stream) };
            (0..m).map(cell).collect()
        })
        .collect();
    if stream.uniform() < 0.7 {
        for (i, j) in some_plan(stream, &source.weights(), &target.weights()) {
            matrix[i][j] = small(stream);
        }
    }
    Instance { table: Table::Matrix(matrix), source, target }
}

/// The cells of a staircase through rows and columns in random order.
fn some_plan(stream: &mut Stream, source: &[f64], target: &[f64]) -> Vec<(usize, usize)> {
    let mut order = |count: usize| {
        let mut order: Vec<usize> = (0..count).collect();
        for k in 1..count {
            order.swap(k, stream.random_range(0..=k));
        }
        order
    };
    let (rows, columns) = (order(source.len()), order(target.len()));
    let scale = source.iter().sum::<f64>() / target.iter().sum::<f64>();
    let (mut i, mut j, mut cells) = (0, 0, Vec::new());
    let (mut supply, mut demand) = (source[rows[0]], target[columns[0]] * scale);
    loop {
        cells.push((rows[i], columns[j]));
        if (supply <= demand && i + 1 < rows.len()) || j + 1 == columns.len() {
            i += 1;
            if i == rows.len() {
                return cells;
            }
            demand -= supply;
            supply = source[rows[i]];
        } else {
            j += 1;
            supply -= demand;
            demand = target[columns[j]] * scale;
        }
    }
}

const BASES: [Base; 9] = [
    Base::Euclidean,
    Base::Euclidean,
    Base::SqEuclidean,
    Base::Cityblock,
    Base::Chebyshev,
    Base::Minkowski(3.0),
    Base::Minkowski(1.0),
    Base::Minkowski(1.25),
    Base::Cosine,
];

fn ground(stream: &mut Stream) -> Ground {
    let power = match stream.random_range(0..8) {
        0 => Some(pick(stream, &[2.0, 3.0, 0.5, 1.5])),
        1 => Some(pick(stream, &[0.3, 2.7, 5.0])),
        _ => None,
    };
    Ground { base: pick(stream, &BASES), power }
}

type Cloud = Vec<Vec<f64>>;

fn cloud(count: usize, d: usize, mut draw: impl FnMut() -> f64) -> Cloud {
    (0..count).map(|_| (0..d).map(|_| draw()).collect()).collect()
}

/// The cosine needs points that are not 0.
fn away_from_zero(cloud: &mut Cloud, unit: f64) {
    for point in cloud {
        if point.iter().all(|&x| x == 0.0) {
            point[0] = unit;
        }
    }
}

fn of_points(stream: &mut Stream, x: Cloud, y: Cloud, ground: Ground) -> Instance {
    let (source, target) = masses_of_points(stream, x.len(), y.len());
    let (mut x, mut y) = (x, y);
    if ground.base == Base::Cosine {
        away_from_zero(&mut x, 1.0);
        away_from_zero(&mut y, 1.0);
    }
    Instance { table: Table::Points { x, y, ground }, source, target }
}

/// Clouds of ordinary size: normal, integer grids, duplicates, clusters, far from the origin, on
/// several scales.
pub(crate) fn clouds(stream: &mut Stream) -> Instance {
    let (n, m) = sizes(stream);
    let (d, ground) = (stream.random_range(1..=4), ground(stream));
    let kind = stream.random_range(0..7);
    let coordinate = |stream: &mut Stream| match kind {
        0 | 1 => stream.normal(),
        2 => f64::from(stream.random_range(-3..=3_i8)),
        3 => f64::from(stream.random_range(0..=1_u8)),
        4 => 1e-3 * stream.normal() + pick(stream, &[0.0, 1e3, 1e6]),
        5 => stream.normal() + 1e8,
        _ => decades(stream, -9.0, 9.0),
    };
    let x = cloud(n, d, || coordinate(stream));
    let y = cloud(m, d, || coordinate(stream));
    of_points(stream, x, y, ground)
}

/// A few dozen points, or so many rows and columns.
pub(crate) fn more_points(stream: &mut Stream) -> Instance {
    let (n, m) = (stream.random_range(8..=24), stream.random_range(8..=24));
    let m = if stream.uniform() < 0.4 { n } else { m };
    let is_grid = stream.uniform() < 0.5;
    let coordinate = |stream: &mut Stream| {
        if is_grid { f64::from(stream.random_range(0..=4_u8)) } else { stream.normal() }
    };
    if stream.uniform() < 0.5 {
        let matrix = cloud(n, m, || coordinate(stream));
        let (source, target) = masses(stream, n, m);
        return Instance { table: Table::Matrix(matrix), source, target };
    }
    let (d, ground) = (stream.random_range(1..=5), ground(stream));
    let x = cloud(n, d, || coordinate(stream));
    let y = cloud(m, d, || coordinate(stream));
    of_points(stream, x, y, ground)
}

/// Powers up to 100 on the line and in the plane.
pub(crate) fn powers(stream: &mut Stream) -> Instance {
    let (n, m) = sizes(stream);
    let d = if stream.uniform() < 0.7 { 1 } else { 2 };
    let bases = [Base::Euclidean, Base::Cityblock, Base::Chebyshev, Base::SqEuclidean];
    let p = pick(stream, &[1.0, 1.5, 2.0, 7.0, 7.3, 20.0, 30.0, 40.0, 50.0, 100.0]);
    let ground = Ground { base: pick(stream, &bases), power: Some(p) };
    let kind = stream.random_range(0..4);
    let coordinate = |stream: &mut Stream| match kind {
        0 => f64::from(stream.random_range(0..=3_u8)),
        1 => stream.uniform(),
        2 => pick(stream, &[0.0, 1.0, 1e-7, 1e-3, 0.5]),
        _ => decades(stream, -2.0, 2.0),
    };
    let x = cloud(n, d, || coordinate(stream));
    let y = cloud(m, d, || coordinate(stream));
    of_points(stream, x, y, ground)
}

/// Coordinates near the ends of the range of `f64`: subnormal, huge, and both.
pub(crate) fn extremes(stream: &mut Stream) -> Instance {
    let (n, m) = sizes(stream);
    let d = stream.random_range(1..=3);
    let ground = if stream.uniform() < 0.7 {
        Ground { power: None, ..ground(stream) }
    } else {
        ground(stream)
    };
    let (low, high) = pick(
        stream,
        &[(-323.0, -300.0), (-170.0, -150.0), (100.0, 150.0), (290.0, 300.0), (-320.0, 290.0)],
    );
    let coordinate = |stream: &mut Stream| match stream.random_range(0..6) {
        0 => 0.0,
        1 => -decades(stream, low, high),
        _ => decades(stream, low, high),
    };
    let x = cloud(n, d, || coordinate(stream));
    let y = cloud(m, d, || coordinate(stream));
    of_points(stream, x, y, ground)
}

/// Identical clouds, in the same order or not, and clouds that differ by an ulp here and there.
pub(crate) fn twins(stream: &mut Stream) -> Instance {
    let n = stream.random_range(1..=6);
    let (d, ground) = (stream.random_range(1..=3), ground(stream));
    let integer = stream.uniform() < 0.3;
    let draw = |stream: &mut Stream| {
        if integer { f64::from(stream.random_range(-2..=2_i8)) } else { stream.normal() }
    };
    let x = cloud(n, d, || draw(stream));
    let mut instance = of_points(stream, x.clone(), x, ground);
    let (source, _) = masses_of_points(stream, n, n);
    instance.target = source.clone();
    instance.source = source;
    let Table::Points { y, .. } = &mut instance.table else { unreachable!("points") };
    match stream.random_range(0..3) {
        0 => {}
        1 => {
            for point in y {
                for x in point {
                    if stream.uniform() < 0.3 {
                        *x = x.next_up();
                    }
                }
            }
        }
        _ => {
            let size = decades(stream, -16.0, -3.0);
            for point in y {
                for x in point {
                    *x += size * stream.normal();
                }
            }
        }
    }
    instance
}

/// Masses at the ends of the range of `f64`.
pub(crate) fn tiny_and_huge_masses(stream: &mut Stream) -> Instance {
    let mut instance = if stream.uniform() < 0.5 { clouds(stream) } else { matrices(stream) };
    let (n, m) = (instance.source.len(), instance.target.len());
    let (low, high) = pick(
        stream,
        &[(-320.0, -300.0), (-300.0, 0.0), (280.0, 300.0), (-17.0, 0.0), (-40.0, 40.0)],
    );
    let side = |stream: &mut Stream, count: usize| -> Vec<f64> {
        (0..count).map(|_| decades(stream, low, high)).collect()
    };
    let source = side(stream, n);
    let mut target = side(stream, m);
    // One factor for all would round subnormal masses: the largest takes the difference.
    let (a, b) = (source.iter().sum::<f64>(), target.iter().sum::<f64>());
    for mass in &mut target {
        *mass = *mass / b * a;
    }
    instance.source = Masses::Stored(source);
    instance.target = Masses::Stored(target);
    instance
}

/// Any of the above.
pub(crate) fn any(stream: &mut Stream) -> Instance {
    let family = [matrices, big_entries, clouds, powers, extremes, twins, tiny_and_huge_masses];
    pick(stream, &family)(stream)
}
