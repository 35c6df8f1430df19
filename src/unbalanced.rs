//! Transport between unequal masses: partial transport, and transport with penalties for mass that
//! stays.
//!
//! **Problems**, for marginals μ and ν of any totals and plans γ ≥ 0 with row sums at most μ and column
//! sums at most ν:
//!
//! - *partial*: minimize `Σ c γ` over the plans that move exactly the mass M;
//! - *penalized*: minimize `Σ c γ + λ₁·(|μ| − Σγ) + λ₂·(|ν| − Σγ)`, the total-variation penalty. For
//!   λ₁ = λ₂ and a distance c this is the Kantorovich–Rubinstein distance of unequal masses.
//!
//! **Idea.** A dummy target takes what the sources leave behind, a dummy source supplies what appears
//! at the targets. So either problem is a balanced one with one row and one column more
//! (`cost/with_dummies.rs`), and every method and the certificate serve it as they are. No dummy's arc is
//! priced at a large number:
//!
//! - partial: the dummies have the masses `|ν| − M` and `|μ| − M`, and their arcs cost 0. A flow between
//!   both dummies would mean that more than M is moved. At the cost `max(0, −min c)` it pays nowhere:
//!   taking it and as much of a transported flow back costs nothing.
//! - penalized: the dummies have the masses |ν| and |μ|, arcs to them cost λ₁ and λ₂, and the arc between
//!   them costs 0.
//!
//! **Duals**, which the certificate's lower bound comes from: for penalties `f ≤ λ₁, g ≤ λ₂, f + g ≤ c`,
//! of the value `Σ μf + Σ νg`; for a mass M `f ≤ 0, g ≤ 0, f + g + s ≤ c`, of the value
//! `Σ μf + Σ νg + sM`, where s is the marginal price of mass.
//!
//! **References.** Caffarelli, `McCann` 2010, "Free boundaries in optimal transport and Monge–Ampère
//! obstacle problems", Ann. Math. 171; Figalli 2010, "The optimal partial transport problem", Arch.
//! Ration. Mech. Anal. 195; Chapel, Alaya, Gasso 2020, "Partial optimal transport with applications on
//! positive-unlabeled learning", NeurIPS 33; Hanin 1992, "Kantorovich–Rubinstein norm and its
//! application in the theory of Lipschitz spaces", Proc. AMS 115.

use ndarray::Array1;
use thiserror::Error;

use crate::certificate::Certificate;
use crate::cost::{Cost, DummyCosts, WithDummies};
use crate::gradient::Gradient;
use crate::math;
use crate::measure::{Marginal, Natural};
use crate::plan::{PlanArc, TransportPlan};
use crate::potentials::Potentials;
use crate::problem::{Clouds, IntoCost, OtProblem, ProblemError, Sides};
use crate::solvers::{SolveError, SolveOptions, Termination, Transport};

/// How much mass is moved.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Amount {
    /// This mass, in the unit of the marginals: at least 0, at most the smaller total.
    Mass(f64),
    /// This fraction, from 0 to 1, of the smaller total.
    Fraction(f64),
    /// As much as pays: mass that is left behind at the source costs `source` a unit, mass that appears
    /// at the target costs `target`. Both are finite and at least 0, in the unit of costs.
    Penalty {
        /// λ₁.
        source: f64,
        /// λ₂.
        target: f64,
    },
}

impl Amount {
    /// Whether the objective stays the same when source and target change places, for a symmetric cost.
    #[must_use]
    pub fn is_symmetric(self) -> bool {
        match self {
            Self::Mass(_) | Self::Fraction(_) => true,
            Self::Penalty { source, target } => source == target,
        }
    }
}

/// An error in a problem between unequal masses.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum UnbalancedError {
    /// More mass is to be moved than there is.
    #[error("the mass to be moved is {mass}, but it must be from 0 to the smaller total, {limit}")]
    Mass {
        /// The mass asked for.
        mass: f64,
        /// The smaller total.
        limit: f64,
    },
    /// A fraction is not from 0 to 1.
    #[error("the fraction to be moved is {fraction}, but it must be from 0 to 1")]
    Fraction {
        /// The fraction asked for.
        fraction: f64,
    },
    /// A penalty is negative or not finite, or so large that sums of costs would overflow.
    #[error("the penalty {penalty:?} must be from 0 to 1e303")]
    Penalty {
        /// The penalty asked for.
        penalty: f64,
    },
    /// The sides and the cost make no problem.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// The method failed.
    #[error(transparent)]
    Solve(#[from] SolveError),
}

/// Totals may fall short of a mass that is asked for by this, relatively: sums of masses are rounded.
const TOTAL_TOLERANCE: f64 = 1e-9;

/// The largest penalty: that of an entry of a cost matrix.
const LARGEST_PENALTY: f64 = 1e303;

/// Transport between unequal masses, as a balanced problem with dummies.
pub struct UnbalancedProblem<'a> {
    /// Sources and targets, and a dummy after each.
    balanced: OtProblem<'a>,
    /// The mass to be moved, rounded, if it is given.
    mass: Option<f64>,
    /// Where the cost is one of points.
    clouds: Option<Clouds>,
}

impl<'a> UnbalancedProblem<'a> {
    /// The problem between a source and a target under a cost. Totals are taken as they are; points
    /// without masses have 1/n each. What makes sides and a cost is described at [`OtProblem::new`].
    ///
    /// ```
    /// use deblais::ndarray::array;
    /// use deblais::{Amount, Euclidean, UnbalancedProblem};
    /// let (x, y) = (array![[0.0], [1.0]], array![[1.0], [9.0]]);
    /// let half = UnbalancedProblem::new(&x, &y, Euclidean, Amount::Fraction(0.5))?.solve()?;
    /// assert_eq!((half.objective(), half.moved_mass()), (0.0, 0.5));
    /// # Ok::<(), deblais::unbalanced::UnbalancedError>(())
    /// ```
    ///
    /// # Errors
    /// [`UnbalancedError`]: what [`OtProblem::new`] refuses, but for unequal totals; an amount out of
    /// range.
    pub fn new<S: ?Sized, T: ?Sized>(
        source: &S,
        target: &T,
        cost: impl IntoCost<'a, S, T>,
        amount: Amount,
    ) -> Result<Self, UnbalancedError> {
        Self::between(cost.between(source, target)?, amount)
    }

    /// The problem between two sides.
    ///
    /// # Errors
    /// [`UnbalancedError`]: an amount out of range.
    pub fn between(sides: Sides<'a>, amount: Amount) -> Result<Self, UnbalancedError> {
        let [mu, nu] = [&sides.source, &sides.target].map(Marginal::exact_total);
        let costs = dummy_costs(sides.cost.as_ref(), amount)?;
        let mass = match amount {
            Amount::Penalty { .. } => None,
            Amount::Mass(mass) => Some(mass_within(mass, [&mu, &nu])?),
            Amount::Fraction(fraction) => Some(fraction_of(fraction, [&mu, &nu])?),
        };
        let totals = [nu, mu];
        let dummies = mass.as_ref().map_or(totals.clone(), |mass| rest(mass, totals));
        let mass = mass.as_ref().map(Natural::rounded);
        Ok(Self { mass, ..Self::with_dummies(sides, costs, dummies)? })
    }

    /// The problem with a dummy source and a dummy target of the given masses and costs.
    pub(crate) fn with_dummies(
        sides: Sides<'a>,
        costs: DummyCosts,
        [source, target]: [Natural; 2],
    ) -> Result<Self, UnbalancedError> {
        let cost = Box::new(WithDummies::new(sides.cost, costs));
        let (mu, nu) = (sides.source.with_dummy(&source), sides.target.with_dummy(&target));
        // The totals are equal as real numbers; they are compared rounded.
        let balanced = OtProblem::between(mu, nu, cost, TOTAL_TOLERANCE)?;
        Ok(Self { balanced, mass: None, clouds: sides.clouds })
    }

    /// The balanced problem that is solved: the last source and the last target are the dummies.
    #[must_use]
    pub fn balanced(&self) -> &OtProblem<'a> {
        &self.balanced
    }

    /// Solves the problem by the fastest exact method and proves the answer.
    ///
    /// # Errors
    /// [`SolveError`] if the method failed.
    pub fn solve(&self) -> Result<UnbalancedTransport, SolveError> {
        self.solve_with(&SolveOptions::new())
    }

    /// Solves the problem as `options` say; see [`OtProblem::solve_with`].
    ///
    /// # Errors
    /// [`SolveError`] if the method does not apply, needs more memory than allowed, or failed.
    pub fn solve_with(
        &self,
        options: &SolveOptions<'_>,
    ) -> Result<UnbalancedTransport, SolveError> {
        Ok(self.without_dummies(self.balanced.solve_with(options)?))
    }

    /// The answer that an answer to the [balanced problem](Self::balanced) is.
    ///
    /// # Panics
    /// If it is an answer to a problem of another shape.
    #[must_use]
    pub fn without_dummies(&self, transport: Transport) -> UnbalancedTransport {
        let (termination, iterations) = (transport.termination(), transport.iterations());
        let method = transport.method();
        let (extended, potentials, certificate) = transport.into_parts();
        let (n, m) = (extended.n() - 1, extended.m() - 1);
        let cost = |arc: &PlanArc| self.balanced.cost().at(arc.source, arc.target);
        let (mut left_behind, mut created) = (Array1::zeros(n), Array1::zeros(m));
        let mut arcs = Vec::with_capacity(extended.arcs().len());
        let mut between_dummies = 0.0;
        for &arc in extended.arcs() {
            match (arc.source < n, arc.target < m) {
                (true, true) => arcs.push(arc),
                (true, false) => left_behind[arc.source] += arc.mass,
                (false, true) => created[arc.target] += arc.mass,
                (false, false) => between_dummies += arc.mass,
            }
        }
        if let Some(mass) = self.mass.filter(|_| between_dummies > 0.0) {
            // More is moved than it should be, where that costs nothing or the run was stopped: the
            // cheapest flows stay.
            arcs.sort_by(|a, b| cost(a).total_cmp(&cost(b)));
            let mut rest = mass;
            for arc in &mut arcs {
                let kept = arc.mass.min(rest);
                rest -= kept;
                left_behind[arc.source] += arc.mass - kept;
                created[arc.target] += arc.mass - kept;
                arc.mass = kept;
            }
            arcs.retain(|arc| arc.mass > 0.0);
        }
        let plan = TransportPlan::from_arcs(n, m, arcs);
        let transport_cost = plan.arcs().iter().map(|arc| arc.mass * cost(arc)).sum();
        // The dummies' potentials become 0.
        let (f, g) = (potentials.f(), potentials.g());
        let (of_source, of_target) = (f[n], g[m]);
        let f = f.iter().take(n).map(|f| f + of_target).collect();
        let g = g.iter().take(m).map(|g| g + of_source).collect();
        UnbalancedTransport {
            plan,
            left_behind,
            created,
            potentials: Potentials::from_finite(f, g),
            marginal_price: self.mass.map(|_| 0.0 - (of_source + of_target)),
            transport_cost,
            certificate,
            termination,
            iterations,
            method,
        }
    }
}

/// The costs of the dummies' arcs.
fn dummy_costs(cost: &dyn Cost, amount: Amount) -> Result<DummyCosts, UnbalancedError> {
    let (source, target, corner) = match amount {
        Amount::Penalty { source, target } => (source, target, 0.0),
        Amount::Mass(_) | Amount::Fraction(_) => (0.0, 0.0, -least_cost(cost).min(0.0)),
    };
    for penalty in [source, target] {
        if !(0.0..=LARGEST_PENALTY).contains(&penalty) {
            return Err(UnbalancedError::Penalty { penalty });
        }
    }
    let mut from_source = vec![target; cost.m()];
    from_source.push(corner);
    Ok(DummyCosts { to_target: Some(vec![source; cost.n()]), from_source: Some(from_source) })
}

/// The least cost of a table, or 0 where none is negative.
fn least_cost(cost: &dyn Cost) -> f64 {
    if !cost.rounding().is_none() {
        return 0.0;
    }
    let mut buffer = vec![0.0; cost.m()];
    (0..cost.n()).flat_map(|i| cost.row(i, &mut buffer).to_vec()).fold(0.0, f64::min)
}

/// The mass to be moved, which may exceed the smaller total by rounding.
fn mass_within(mass: f64, [mu, nu]: [&Natural; 2]) -> Result<Natural, UnbalancedError> {
    let smaller = if mu.minus(nu).is_some() { nu } else { mu };
    let limit = smaller.rounded();
    if !(0.0..=limit * (1.0 + TOTAL_TOLERANCE)).contains(&mass) {
        return Err(UnbalancedError::Mass { mass, limit });
    }
    let mass = Natural::of(mass);
    Ok(if smaller.minus(&mass).is_some() { mass } else { smaller.clone() })
}

fn fraction_of(fraction: f64, [mu, nu]: [&Natural; 2]) -> Result<Natural, UnbalancedError> {
    if !(0.0..=1.0).contains(&fraction) {
        return Err(UnbalancedError::Fraction { fraction });
    }
    let smaller = if mu.minus(nu).is_some() { nu } else { mu };
    Ok(smaller.times(&Natural::of(fraction)))
}

/// The masses that are left when the mass is moved.
fn rest(mass: &Natural, totals: [Natural; 2]) -> [Natural; 2] {
    totals.map(|total| total.minus(mass).expect("at most the smaller total is moved"))
}

/// An answer to an [`UnbalancedProblem`] with its proof.
#[derive(Debug, Clone, PartialEq)]
pub struct UnbalancedTransport {
    plan: TransportPlan,
    left_behind: Array1<f64>,
    created: Array1<f64>,
    potentials: Potentials,
    marginal_price: Option<f64>,
    transport_cost: f64,
    certificate: Certificate,
    termination: Termination,
    iterations: u64,
    method: &'static str,
}

impl UnbalancedTransport {
    /// The objective, penalties included, in units of cost × mass: that of the plan, the upper bound.
    #[must_use]
    pub fn objective(&self) -> f64 {
        self.certificate.upper
    }

    /// The proof: bounds of the objective.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// `Σ c γ`, without penalties, rounded.
    #[must_use]
    pub fn transport_cost(&self) -> f64 {
        self.transport_cost
    }

    /// The mass that is moved, `Σ γ`, rounded.
    #[must_use]
    pub fn moved_mass(&self) -> f64 {
        math::sum(&self.plan.arcs().iter().map(|arc| arc.mass).collect::<Array1<f64>>())
    }

    /// The plan γ, (n, m), sparse.
    #[must_use]
    pub fn plan(&self) -> &TransportPlan {
        &self.plan
    }

    /// The mass that stays at each source, shape (n,).
    #[must_use]
    pub fn left_behind(&self) -> &Array1<f64> {
        &self.left_behind
    }

    /// The mass of each target that comes from no source, shape (m,).
    #[must_use]
    pub fn created(&self) -> &Array1<f64> {
        &self.created
    }

    /// The share of each point's mass that is moved, shapes (n,) and (m,); 1 where there is no mass.
    #[must_use]
    pub fn moved_shares(&self) -> [Array1<f64>; 2] {
        let (rows, columns) = self.plan.marginals();
        [(rows, &self.left_behind), (columns, &self.created)].map(|(moved, stays)| {
            let share = |(moved, stays): (&f64, &f64)| {
                if *stays > 0.0 { moved / (moved + stays) } else { 1.0 }
            };
            moved.iter().zip(stays).map(share).collect()
        })
    }

    /// The potentials (f, g): for penalties `f ≤ λ₁, g ≤ λ₂, f + g ≤ c`; for a mass
    /// `f ≤ 0, g ≤ 0, f + g + s ≤ c` with the [marginal price](Self::marginal_price) s.
    #[must_use]
    pub fn potentials(&self) -> &Potentials {
        &self.potentials
    }

    /// For partial transport the price s of one unit of mass more: the slope of the cost as a function
    /// of the mass that is moved (a subgradient of it, where the slope jumps). `None` with penalties.
    #[must_use]
    pub fn marginal_price(&self) -> Option<f64> {
        self.marginal_price
    }

    /// The derivatives of the objective with respect to the points and masses of `problem`, which this is
    /// the answer to; those with respect to the costs are [the plan](Self::plan). For a mass or a fraction,
    /// those with respect to a mass hold for the same mass M that moves: they are at most 0, as more mass is
    /// more choice; the derivative with respect to M is the [marginal price](Self::marginal_price). See
    /// [`gradient`](crate::gradient) for what they are at kinks.
    ///
    /// ```
    /// use deblais::ndarray::array;
    /// use deblais::{Amount, SqEuclidean, UnbalancedProblem};
    /// let (x, y) = (array![[0.0], [8.0]], array![[9.0], [30.0]]);
    /// let problem = UnbalancedProblem::new(&x, &y, SqEuclidean, Amount::Mass(0.5))?;
    /// let gradient = problem.solve()?.gradient(&problem);
    /// assert_eq!(gradient.source.points, Some(array![[0.0], [-1.0]]));
    /// # Ok::<(), deblais::unbalanced::UnbalancedError>(())
    /// ```
    ///
    /// # Panics
    /// If `problem` has another shape.
    #[must_use]
    pub fn gradient(&self, problem: &UnbalancedProblem<'_>) -> Gradient {
        let shape = (self.plan.n() + 1, self.plan.m() + 1);
        assert_eq!((problem.balanced.n(), problem.balanced.m()), shape, "the shape of the problem");
        Gradient::between_unequal_masses(problem.clouds.as_ref(), &self.plan, &self.potentials)
    }

    /// Why the solver stopped. After a limit the bracket is true, but wide.
    #[must_use]
    pub fn termination(&self) -> Termination {
        self.termination
    }

    /// Iterations in the method's own unit.
    #[must_use]
    pub fn iterations(&self) -> u64 {
        self.iterations
    }

    /// The name of the method that ran.
    #[must_use]
    pub fn method(&self) -> &'static str {
        self.method
    }
}
