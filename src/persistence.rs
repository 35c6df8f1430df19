//! Distances between persistence diagrams: transport with the diagonal.
//!
//! **Problem.** A diagram is a multiset of points (birth, death), birth ≤ death. Between two diagrams
//! with finite deaths, for a ground cost c(x, y) of x − y, minimize
//! `Σ c(x, y) + Σ c(x, Δ) + Σ c(y, Δ)` over the partial matchings: the first sum is over the pairs that
//! are matched, the others are over all other points, and `c(x, Δ)` is the least cost from x to the
//! diagonal Δ. For the p-th power of a distance the p-th root is the p-Wasserstein distance with the
//! diagonal.
//!
//! **Idea.** This is transport with penalties ([`unbalanced`](crate::unbalanced)) in which every point
//! has a penalty of its own. Every point has mass 1; the dummies have the masses of the opposite sides,
//! and the arc between them costs 0. One dummy stands for the whole diagonal, so n and m points make a
//! table of (n + 1)(m + 1) cells, where one projection a point would make (n + m)².
//!
//! **To the diagonal.** All ground costs but the cosine grow with a norm of x − y that does not change
//! when both coordinates change places. By convexity the diagonal point nearest to (b, d) is
//! ((b + d)/2, (b + d)/2). The difference is (−h, h), h = (d − b)/2.
//!
//! **Essential classes** (death = ∞) are matched with each other by birth, at the ground cost of the
//! line. The cost of the whole is the sum of both parts; different numbers of essential classes are
//! infinitely far apart.
//!
//! **References.** Cohen-Steiner, Edelsbrunner, Harer 2007, "Stability of persistence diagrams",
//! Discrete Comput. Geom. 37; Cohen-Steiner, Edelsbrunner, Harer, Mileyko 2010, "Lipschitz functions
//! have L_p-stable persistence", Found. Comput. Math. 10; Kerber, Morozov, Nigmetov 2017, "Geometry
//! helps to compare persistence diagrams", ACM J. Exp. Algorithmics 22; Divol, Lacombe 2021,
//! "Understanding the topology and the geometry of the space of persistence diagrams via optimal
//! partial transport", J. Appl. Comput. Topol. 5.

mod bottleneck;
mod diagram;

use ndarray::{Array1, ArrayView1, ArrayView2, Axis};
use thiserror::Error;

use crate::certificate::Certificate;
use crate::cost::{CostError, DummyCosts, GroundCost};
use crate::plan::{PlanArc, TransportPlan};
use crate::potentials::Potentials;
use crate::problem::{Clouds, OtProblem, ProblemError, Sides};
use crate::solvers::{SolveError, SolveOptions, Termination, Transport};
use crate::tolerance;
use crate::unbalanced::{UnbalancedError, UnbalancedProblem};
use diagram::unit_masses;

pub use bottleneck::PersistenceBottleneck;
pub use diagram::PersistenceDiagram;

/// An error in diagrams, or in the ground cost between them.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum PersistenceError {
    /// A diagram has two columns.
    #[error("a persistence diagram has the columns birth and death, but there are {columns}")]
    Columns {
        /// The number of columns.
        columns: usize,
    },
    /// A birth is NaN or infinite.
    #[error("the birth of point {row} is {birth}, but it must be finite")]
    Birth {
        /// Index of the point, from 0.
        row: usize,
        /// The birth.
        birth: f64,
    },
    /// A death is NaN or before the birth.
    #[error("the death of point {row} is {death}, but it must be at least the birth, {birth}")]
    Death {
        /// Index of the point, from 0.
        row: usize,
        /// The birth.
        birth: f64,
        /// The death.
        death: f64,
    },
    /// The ground cost is no function of the difference of two points.
    #[error("the {cost} cost is not defined by the difference of two points")]
    Ground {
        /// Name of the ground cost.
        cost: String,
    },
    /// The points and the ground cost make no problem.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// The method failed.
    #[error(transparent)]
    Solve(#[from] SolveError),
}

impl From<CostError> for PersistenceError {
    fn from(error: CostError) -> Self {
        ProblemError::from(error).into()
    }
}

impl From<UnbalancedError> for PersistenceError {
    fn from(error: UnbalancedError) -> Self {
        match error {
            UnbalancedError::Problem(error) => error.into(),
            UnbalancedError::Solve(error) => error.into(),
            _ => unreachable!("the amount is not chosen by anybody"),
        }
    }
}

/// The problem between two persistence diagrams.
pub struct PersistenceProblem {
    points: UnbalancedProblem<'static>,
    /// Numbers of points, without those that stand in for none.
    shape: (usize, usize),
    /// Numbers of essential classes.
    essential_shape: (usize, usize),
    /// `None` where one of them has no essential classes, or both have different numbers of them.
    essential: Option<OtProblem<'static>>,
}

impl PersistenceProblem {
    /// The problem between two diagrams under a ground cost: any but the cosine and its powers.
    ///
    /// ```
    /// use deblais::ndarray::array;
    /// use deblais::{Chebyshev, PersistenceDiagram, PersistenceProblem};
    /// let x = PersistenceDiagram::new(array![[0.0, 4.0], [1.0, 1.5]].view())?;
    /// let y = PersistenceDiagram::new(array![[0.0, 5.0]].view())?;
    /// let answer = PersistenceProblem::new(&x, &y, Chebyshev)?.solve()?;
    /// assert!(answer.certificate().lower <= 1.25 && 1.25 <= answer.cost());
    /// assert_eq!(answer.plan().arcs().len(), 1);
    /// # Ok::<(), deblais::persistence::PersistenceError>(())
    /// ```
    ///
    /// # Errors
    /// [`PersistenceError`]: the cosine; costs beyond the range of `f64`.
    pub fn new(
        source: &PersistenceDiagram,
        target: &PersistenceDiagram,
        ground: impl Into<GroundCost>,
    ) -> Result<Self, PersistenceError> {
        let ground = ground.into();
        if !ground.is_translation_invariant() {
            return Err(PersistenceError::Ground { cost: ground.name() });
        }
        let births = [&target.points, &source.points].map(|points| points.first().copied());
        let [first, second] = births.map(|birth| birth.unwrap_or(0.0));
        let (mu, nu) = (source.measure(first)?, target.measure(second)?);
        let mut from_source = diagonal_costs(ground, nu.support())?;
        from_source.push(0.0);
        let costs = DummyCosts {
            to_target: Some(diagonal_costs(ground, mu.support())?),
            from_source: Some(from_source),
        };
        let totals = [&nu, &mu].map(|measure| measure.marginal().exact_total());
        let clouds = Clouds { source: mu, target: nu, ground };
        let sides = Sides::of_clouds(clouds, tolerance::TOTALS_F64)?;
        let essential_shape = (source.essential.len(), target.essential.len());
        let essential = match essential_shape {
            (k, l) if k == l && k > 0 => Some(between_births(source, target, ground)?),
            _ => None,
        };
        Ok(Self {
            points: UnbalancedProblem::with_dummies(sides, costs, totals)?,
            shape: (source.points.nrows(), target.points.nrows()),
            essential_shape,
            essential,
        })
    }

    /// The balanced problem between the points of finite death that is solved: the last source and the
    /// last target stand for the diagonal. A diagram without points has one on the diagonal.
    #[must_use]
    pub fn balanced(&self) -> &OtProblem<'static> {
        self.points.balanced()
    }

    /// Solves the problem by the fastest exact method and proves the answer.
    ///
    /// # Errors
    /// [`SolveError`] if the method failed.
    pub fn solve(&self) -> Result<PersistenceTransport, SolveError> {
        self.solve_with(&SolveOptions::new())
    }

    /// Solves the problem between the points as `options` say; see [`OtProblem::solve_with`]. Essential
    /// classes are matched by the fastest exact method.
    ///
    /// # Errors
    /// [`SolveError`] if the method does not apply, needs more memory than allowed, or failed.
    pub fn solve_with(
        &self,
        options: &SolveOptions<'_>,
    ) -> Result<PersistenceTransport, SolveError> {
        self.with_essential(self.balanced().solve_with(options)?)
    }

    /// The answer that an answer to the [balanced problem](Self::balanced) is, with the essential
    /// classes.
    ///
    /// # Errors
    /// [`SolveError`] if matching the essential classes failed.
    ///
    /// # Panics
    /// If it is an answer to a problem of another shape.
    pub fn with_essential(&self, points: Transport) -> Result<PersistenceTransport, SolveError> {
        let points = self.points.without_dummies(points);
        let (k, l) = self.essential_shape;
        let (essential_plan, essential_certificate) = if let Some(problem) = &self.essential {
            let (plan, _, certificate) = problem.solve()?.into_parts();
            (plan, certificate)
        } else {
            let cost = if k == l { 0.0 } else { f64::INFINITY };
            (TransportPlan::from_arcs(k, l, Vec::new()), Certificate::exactly(cost))
        };
        let (n, m) = self.shape;
        let are_points = n > 0 && m > 0;
        let arcs = if are_points { points.plan().arcs().to_vec() } else { Vec::new() };
        let to_diagonal = if are_points {
            [points.left_behind().clone(), points.created().clone()]
        } else {
            [Array1::ones(n), Array1::ones(m)]
        };
        let (f, g) = (points.potentials().f(), points.potentials().g());
        let (f, g) = (f.iter().take(n).copied().collect(), g.iter().take(m).copied().collect());
        Ok(PersistenceTransport {
            certificate: points.certificate().plus(&essential_certificate),
            plan: TransportPlan::from_arcs(n, m, arcs),
            to_diagonal,
            potentials: Potentials::from_finite(f, g),
            points_certificate: *points.certificate(),
            essential_plan,
            essential_certificate,
            termination: points.termination(),
            iterations: points.iterations(),
            method: points.method(),
        })
    }
}

/// The cost from each point (birth, death) to the diagonal: that between (h, 0) and (0, h).
///
/// It is rounded as often as a cost of the table between points, so the table's rounding bounds it: h
/// has one rounding, that of `death − birth`, where a difference of two coordinates has one, and the
/// differences h − 0 and 0 − h have none. A dummy's cost of 0 is exact, so a positive cost that
/// underflows becomes the least normal number, of which the table's rounding knows nothing but that it
/// is small.
fn diagonal_costs(ground: GroundCost, points: ArrayView2<'_, f64>) -> Result<Vec<f64>, CostError> {
    /// The largest cost that a table between points has.
    const LARGEST_COST: f64 = 1e300;
    let cost = |point: ArrayView1<'_, f64>| {
        let persistence = point[1] - point[0];
        let h = persistence / 2.0;
        let cost = ground.between(&[h, 0.0], &[0.0, h])?;
        if cost <= LARGEST_COST {
            Ok(if persistence > 0.0 { cost.max(f64::MIN_POSITIVE) } else { 0.0 })
        } else {
            Err(CostError::Range { spread: persistence, cost: ground.name() })
        }
    };
    points.outer_iter().map(cost).collect()
}

/// The problem between as many essential classes, on the line of births.
fn between_births(
    source: &PersistenceDiagram,
    target: &PersistenceDiagram,
    ground: GroundCost,
) -> Result<OtProblem<'static>, ProblemError> {
    let [mu, nu] =
        [source, target].map(|diagram| unit_masses(diagram.essential.clone().insert_axis(Axis(1))));
    OtProblem::between_measures(&mu?, &nu?, ground, tolerance::TOTALS_F64)
}

/// The cells of a plan with the rows that its sources and targets have elsewhere.
fn arcs_of_rows(plan: &TransportPlan, rows: (&[usize], &[usize])) -> Vec<PlanArc> {
    let moved = |arc: &PlanArc| PlanArc {
        source: rows.0[arc.source],
        target: rows.1[arc.target],
        mass: arc.mass,
    };
    plan.arcs().iter().map(moved).collect()
}

/// An answer to a [`PersistenceProblem`] with its proof.
#[derive(Debug, Clone, PartialEq)]
pub struct PersistenceTransport {
    certificate: Certificate,
    plan: TransportPlan,
    to_diagonal: [Array1<f64>; 2],
    potentials: Potentials,
    points_certificate: Certificate,
    essential_plan: TransportPlan,
    essential_certificate: Certificate,
    termination: Termination,
    iterations: u64,
    method: &'static str,
}

impl PersistenceTransport {
    /// The cost of the matching, in units of the ground cost: the upper bound. Infinite for different
    /// numbers of essential classes.
    #[must_use]
    pub fn cost(&self) -> f64 {
        self.certificate.upper
    }

    /// The proof: bounds of the cost of both parts. Both are infinite, with gap 0, for different numbers
    /// of essential classes.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The bounds of the cost between the points of finite death.
    #[must_use]
    pub fn points_certificate(&self) -> &Certificate {
        &self.points_certificate
    }

    /// The bounds of the cost between the essential classes.
    #[must_use]
    pub fn essential_certificate(&self) -> &Certificate {
        &self.essential_certificate
    }

    /// The matching of the [points](PersistenceDiagram::points), (n, m), sparse: mass 1 for each pair.
    #[must_use]
    pub fn plan(&self) -> &TransportPlan {
        &self.plan
    }

    /// The mass of each source point that goes to the diagonal, shape (n,): 1 or 0.
    #[must_use]
    pub fn source_to_diagonal(&self) -> &Array1<f64> {
        &self.to_diagonal[0]
    }

    /// The mass of each target point that comes from the diagonal, shape (m,): 1 or 0.
    #[must_use]
    pub fn target_to_diagonal(&self) -> &Array1<f64> {
        &self.to_diagonal[1]
    }

    /// The matching of the [essential classes](PersistenceDiagram::essential), sparse; empty for
    /// different numbers of them.
    #[must_use]
    pub fn essential_plan(&self) -> &TransportPlan {
        &self.essential_plan
    }

    /// Both matchings together, by the rows of the arrays that the diagrams were made from.
    ///
    /// # Panics
    /// If these are not the diagrams of the problem.
    #[must_use]
    pub fn plan_of_rows(
        &self,
        source: &PersistenceDiagram,
        target: &PersistenceDiagram,
    ) -> TransportPlan {
        let rows = (&source.point_rows[..], &target.point_rows[..]);
        let mut arcs = arcs_of_rows(&self.plan, rows);
        arcs.extend_from_slice(self.essential_plan_of_rows(source, target).arcs());
        TransportPlan::from_arcs(source.rows(), target.rows(), arcs)
    }

    /// The [matching of the essential classes](Self::essential_plan), by rows likewise.
    ///
    /// # Panics
    /// If these are not the diagrams of the problem.
    #[must_use]
    pub fn essential_plan_of_rows(
        &self,
        source: &PersistenceDiagram,
        target: &PersistenceDiagram,
    ) -> TransportPlan {
        let rows = (&source.essential_rows[..], &target.essential_rows[..]);
        let arcs = arcs_of_rows(&self.essential_plan, rows);
        TransportPlan::from_arcs(source.rows(), target.rows(), arcs)
    }

    /// The potentials (f, g) of the points: `f(x) ≤ c(x, Δ)`, `g(y) ≤ c(y, Δ)`, `f(x) + g(y) ≤ c(x, y)`.
    #[must_use]
    pub fn potentials(&self) -> &Potentials {
        &self.potentials
    }

    /// Why the solver stopped. After a limit the bracket is true, but wide.
    #[must_use]
    pub fn termination(&self) -> Termination {
        self.termination
    }

    /// Iterations in the method's own unit, of the points.
    #[must_use]
    pub fn iterations(&self) -> u64 {
        self.iterations
    }

    /// The name of the method that ran for the points.
    #[must_use]
    pub fn method(&self) -> &'static str {
        self.method
    }
}
