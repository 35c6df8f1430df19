//! The profile of partial transport: the least cost of moving a mass, as a function of the mass.
//!
//! **Problem.** V(M) = min `Σ c γ` over the plans of [partial transport](crate::unbalanced) that move
//! the mass M, for M from 0 to the smaller total. V is the value of a linear program as a function of a
//! right-hand side, so it is convex and piecewise linear, and its slope is the marginal price s.
//!
//! **Idea** (Eisner, Severance 1976). Solve at both ends. Each answer has a price, so a tangent of V.
//! If the tangents at a and b meet at m between them, solve at m: if V(m) lies on both, then m is a
//! breakpoint and V is linear on both sides of it; otherwise go on between a and m, and between m and b.
//! Every answer finds a breakpoint or a new tangent.
//!
//! **Bounds.** Each value has a certificate. Between two masses the chord of their upper bounds is an
//! upper bound, since V is convex.
//!
//! **Failure modes.** Breakpoints in which V differs from a line by less than 1e-11 of its largest value
//! are not told apart. There may be very many of them: the number of problems is limited.
//!
//! **Reference.** Eisner, Severance 1976, "Mathematical techniques for efficient record segmentation in
//! large shared databases", J. ACM 23.

use crate::certificate::Certificate;
use crate::problem::Sides;
use crate::unbalanced::{Amount, UnbalancedError, UnbalancedProblem, UnbalancedTransport};

/// The fractions of the smaller total at which the profile has a plan.
pub const SHOWN_FRACTIONS: [f64; 3] = [0.25, 0.5, 0.75];

/// The problems that are solved at most in search of breakpoints.
const MOST_PROBLEMS: usize = 10_000;

/// The distance of a value from a line that may be rounding, by the largest value.
const LINEAR: f64 = 1e-11;

/// The masses at which the profile is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProfileMasses {
    /// Both ends and all breakpoints.
    Breakpoints,
    /// 0 and this many masses more, evenly spaced up to the smaller total.
    Even(usize),
}

/// V at one mass.
#[derive(Debug, Clone, PartialEq)]
pub struct ProfilePoint {
    /// The mass M that is moved.
    pub mass: f64,
    /// The bounds of V(M).
    pub certificate: Certificate,
    /// A marginal price at M: a subgradient of V.
    pub subgradient: f64,
}

/// A profile.
#[derive(Debug, Clone, PartialEq)]
pub struct PartialProfile {
    /// V from mass 0 to the smaller total, in ascending order of masses.
    pub points: Vec<ProfilePoint>,
    /// Whether these are both ends and all breakpoints: V is linear between neighbors, to rounding.
    pub complete: bool,
    /// How many problems were solved for the points.
    pub problems: usize,
    /// Answers at the [shown fractions](SHOWN_FRACTIONS).
    pub shown: [UnbalancedTransport; 3],
}

impl PartialProfile {
    /// The mean price of a unit of mass between each two neighbors, length `points.len() − 1`: the
    /// marginal price, where the profile is complete.
    #[must_use]
    pub fn prices(&self) -> Vec<f64> {
        self.points.windows(2).map(|pair| pair[0].price_up_to(&pair[1])).collect()
    }

    /// All certificates.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        let points = self.points.iter().map(|point| &point.certificate);
        points.chain(self.shown.iter().map(UnbalancedTransport::certificate))
    }

    /// The widest gap of all certificates by the largest value in size; 0 if all gaps are 0.
    #[must_use]
    pub fn relative_gap(&self) -> f64 {
        let gap = self.certificates().map(|certificate| certificate.gap).fold(0.0, f64::max);
        let scale = self.certificates().map(|certificate| certificate.upper.abs());
        if gap == 0.0 { 0.0 } else { gap / scale.fold(0.0, f64::max) }
    }
}

impl ProfilePoint {
    fn cost(&self) -> f64 {
        self.certificate.upper
    }

    fn price_up_to(&self, next: &Self) -> f64 {
        (next.cost() - self.cost()) / (next.mass - self.mass)
    }

    /// The tangent at this point.
    fn tangent(&self, mass: f64) -> f64 {
        self.cost() + self.subgradient * (mass - self.mass)
    }
}

/// The profile of the cost between two sides. Each problem is solved by the fastest exact method.
///
/// ```
/// use deblais::explore::partial::{ProfileMasses, profile};
/// use deblais::ndarray::array;
/// use deblais::{CostMatrix, Marginal};
/// use deblais::problem::Sides;
/// let cost = CostMatrix::new(array![[1.0], [3.0]])?;
/// let side = |masses| Marginal::new(masses);
/// let sides = Sides::new(side(array![1.0, 1.0])?, side(array![2.0])?, Box::new(cost), 0.0)?;
/// let profile = profile(&sides, ProfileMasses::Breakpoints)?;
/// assert_eq!(profile.points.len(), 3); // the ends, and the mass 1, where the price rises from 1 to 3
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`UnbalancedError`]: forbidden arcs do not let all mass through; the method failed.
pub fn profile(
    sides: &Sides<'_>,
    masses: ProfileMasses,
) -> Result<PartialProfile, UnbalancedError> {
    let (source, target) = sides.marginals();
    let whole = source.total().min(target.total());
    let (mut points, complete) = match masses {
        ProfileMasses::Breakpoints => towards_breakpoints(sides, whole)?,
        ProfileMasses::Even(count) => {
            let mass = |k: usize| whole * (k as f64 / count as f64);
            let points = (0..=count).map(|k| solve(sides, mass(k)));
            (points.collect::<Result<_, _>>()?, false)
        }
    };
    let problems = points.len();
    if complete {
        points = ends_and_breakpoints(points);
    }
    let [first, second, third] =
        SHOWN_FRACTIONS.map(|fraction| answer(sides, Amount::Fraction(fraction)));
    Ok(PartialProfile { points, complete, problems, shown: [first?, second?, third?] })
}

fn answer(sides: &Sides<'_>, amount: Amount) -> Result<UnbalancedTransport, UnbalancedError> {
    Ok(UnbalancedProblem::between(sides.borrowed(), amount)?.solve()?)
}

fn solve(sides: &Sides<'_>, mass: f64) -> Result<ProfilePoint, UnbalancedError> {
    let answer = answer(sides, Amount::Mass(mass))?;
    let subgradient = answer.marginal_price().expect("the mass is given");
    Ok(ProfilePoint { mass, certificate: *answer.certificate(), subgradient })
}

/// Points between all of which V is linear, in ascending order, and whether the search came to its end.
fn towards_breakpoints(
    sides: &Sides<'_>,
    whole: f64,
) -> Result<(Vec<ProfilePoint>, bool), UnbalancedError> {
    let mut points = vec![solve(sides, 0.0)?, solve(sides, whole)?];
    let mut open = vec![(0, 1)];
    let mut complete = true;
    while let Some((a, b)) = open.pop() {
        let slack = slack(&points);
        let Some(mass) = crossing(&points[a], &points[b], slack) else { continue };
        if points.len() == MOST_PROBLEMS {
            complete = false;
            break;
        }
        let middle = solve(sides, mass)?;
        if middle.cost() > points[a].tangent(mass) + slack {
            open.extend([(a, points.len()), (points.len(), b)]);
        }
        points.push(middle);
    }
    points.sort_by(|a, b| a.mass.total_cmp(&b.mass));
    Ok((points, complete))
}

/// The distance of a value from a line that may be rounding.
fn slack(points: &[ProfilePoint]) -> f64 {
    LINEAR * points.iter().map(|point| point.cost().abs()).fold(0.0, f64::max)
}

/// Where the tangents at a and at b > a meet, unless V is linear between.
fn crossing(a: &ProfilePoint, b: &ProfilePoint, slack: f64) -> Option<f64> {
    let [below_a, below_b] = [a.cost() - b.tangent(a.mass), b.cost() - a.tangent(b.mass)];
    if below_a.min(below_b) <= slack {
        return None;
    }
    let mass = a.mass + below_a / (b.subgradient - a.subgradient);
    (a.mass < mass && mass < b.mass).then_some(mass)
}

/// The points without those on the line between their neighbors.
fn ends_and_breakpoints(points: Vec<ProfilePoint>) -> Vec<ProfilePoint> {
    let slack = slack(&points);
    let mut kept: Vec<ProfilePoint> = Vec::with_capacity(points.len());
    let mut points = points.into_iter().peekable();
    while let Some(point) = points.next() {
        let is_on_line = kept.last().zip(points.peek()).is_some_and(|(before, after)| {
            let chord = before.cost() + before.price_up_to(after) * (point.mass - before.mass);
            point.cost() >= chord - slack
        });
        if !is_on_line {
            kept.push(point);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, Array2, array};
    use rand::Rng as _;

    use super::*;
    use crate::cost::CostMatrix;
    use crate::measure::Marginal;
    use crate::seed::Seed;

    fn sides(cost: Array2<f64>, mu: Array1<f64>, nu: Array1<f64>) -> Sides<'static> {
        let [mu, nu] = [mu, nu].map(|masses| Marginal::new(masses).unwrap());
        Sides::new(mu, nu, Box::new(CostMatrix::new(cost).unwrap()), 0.0).unwrap()
    }

    #[test]
    fn a_single_target_is_served_from_the_nearest_source_on() {
        let sides = sides(array![[5.0], [1.0], [2.0]], array![1.0, 0.5, 0.25], array![1.5]);
        let found = profile(&sides, ProfileMasses::Breakpoints).unwrap();
        let masses: Vec<f64> = found.points.iter().map(|point| point.mass).collect();
        let near = |found: &[f64], expected: &[f64]| {
            let near = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-9;
            found.len() == expected.len() && found.iter().zip(expected).all(near)
        };
        assert!(found.complete && near(&masses, &[0.0, 0.5, 0.75, 1.5]), "{masses:?}");
        assert!(near(&found.prices(), &[1.0, 2.0, 5.0]));
    }

    #[test]
    fn all_breakpoints_explain_the_cost_of_every_mass() {
        for seed in 0..60 {
            let mut stream = Seed(seed).stream("profile");
            let (n, m) = (stream.random_range(1..7), stream.random_range(1..7));
            let ties = seed % 2 == 0;
            let cost = Array2::from_shape_simple_fn((n, m), || {
                if ties { f64::from(stream.random_range(-2..4_i32)) } else { stream.uniform() }
            });
            let mut masses =
                |n| Array1::from_shape_simple_fn(n, || f64::from(stream.random_range(1..5_u32)));
            let (mu, nu) = (masses(n), masses(m));
            let sides = sides(cost, mu, nu);
            let found = profile(&sides, ProfileMasses::Breakpoints).unwrap();
            assert!(found.complete && found.relative_gap() < 1e-12);
            assert!(found.prices().windows(2).all(|pair| pair[0] < pair[1]), "convex, all kinks");
            let even = profile(&sides, ProfileMasses::Even(17)).unwrap();
            for point in &even.points {
                let k = found.points.partition_point(|end| end.mass < point.mass).max(1);
                let (before, after) = (&found.points[k - 1], &found.points[k]);
                let line = before.cost() + before.price_up_to(after) * (point.mass - before.mass);
                assert!((line - point.cost()).abs() < 1e-10 * (1.0 + line.abs()), "seed {seed}");
            }
        }
    }
}
