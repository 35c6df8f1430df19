//! `GroundCost`: a ground cost by name, as a value.

use super::differentiable::Differentiable;
use super::dissimilarity::Dissimilarity;
use super::points::PointTable;
use super::{Chebyshev, Cityblock, Cosine, Cost, CostError, Euclidean, Minkowski, SqEuclidean};
use crate::measure::DiscreteMeasure;

/// A function c(x, y) of two points: the cost of moving one unit of mass from x to y.
///
/// Every function that takes a ground cost takes `impl Into<GroundCost>`, so that the name alone is
/// enough:
///
/// ```
/// use deblais::cost::{Euclidean, GroundCost};
/// let cubes = GroundCost::power(Euclidean, 3.0)?;
/// assert_eq!(cubes.between(&[0.0, 0.0], &[0.0, 2.0])?, 8.0);
/// assert_eq!(cubes.name(), "euclidean^3");
/// # Ok::<(), deblais::cost::CostError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum GroundCost {
    /// ‖x − y‖₂.
    Euclidean,
    /// ‖x − y‖₂².
    SqEuclidean,
    /// ‖x − y‖₁.
    Cityblock,
    /// `‖x − y‖_∞`.
    Chebyshev,
    /// ‖x − y‖_q.
    Minkowski(Minkowski),
    /// 1 − cos∠(x, y).
    Cosine,
    /// Another ground cost to a power; see [`GroundCost::power`].
    Power(PowerCost),
}

/// A ground cost to a power p > 0, made by [`GroundCost::power`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PowerCost {
    pub(crate) base: Base,
    pub(crate) p: f64,
}

/// A ground cost that is no power of another one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Base {
    Euclidean,
    SqEuclidean,
    Cityblock,
    Chebyshev,
    Minkowski(Minkowski),
    Cosine,
}

/// Evaluates `$work` with `$ground` bound to the [`Dissimilarity`] that a [`GroundCost`] stands for:
/// the code is compiled once for each, so that inner loops know its type.
macro_rules! with_dissimilarity {
    ($cost:expr, $ground:ident => $work:expr) => {{
        use $crate::cost::ground::{Base, GroundCost as Any, PowerCost};
        use $crate::cost::power::Power;
        use $crate::cost::{Chebyshev, Cityblock, Cosine, Euclidean, SqEuclidean};
        match $cost {
            Any::Euclidean => {
                let $ground = Euclidean;
                $work
            }
            Any::SqEuclidean => {
                let $ground = SqEuclidean;
                $work
            }
            Any::Cityblock => {
                let $ground = Cityblock;
                $work
            }
            Any::Chebyshev => {
                let $ground = Chebyshev;
                $work
            }
            Any::Minkowski(minkowski) => {
                let $ground = minkowski;
                $work
            }
            Any::Cosine => {
                let $ground = Cosine;
                $work
            }
            Any::Power(PowerCost { base, p }) => match base {
                Base::Euclidean => {
                    let $ground = Power::new(Euclidean, p);
                    $work
                }
                Base::SqEuclidean => {
                    let $ground = Power::new(SqEuclidean, p);
                    $work
                }
                Base::Cityblock => {
                    let $ground = Power::new(Cityblock, p);
                    $work
                }
                Base::Chebyshev => {
                    let $ground = Power::new(Chebyshev, p);
                    $work
                }
                Base::Minkowski(minkowski) => {
                    let $ground = Power::new(minkowski, p);
                    $work
                }
                Base::Cosine => {
                    let $ground = Power::new(Cosine, p);
                    $work
                }
            },
        }
    }};
}

impl GroundCost {
    /// The ground cost `base` to the power p > 0. A power of a power is one power of the first base.
    ///
    /// # Errors
    /// [`CostError::Exponent`] if p is not finite and positive.
    pub fn power(base: impl Into<Self>, p: f64) -> Result<Self, CostError> {
        let exponent = |p: f64| {
            let error = CostError::Exponent { what: "the power p", value: p, bound: "> 0" };
            if p.is_finite() && p > 0.0 { Ok(p) } else { Err(error) }
        };
        let p = exponent(p)?;
        let (base, p) = match base.into() {
            Self::Euclidean => (Base::Euclidean, p),
            Self::SqEuclidean => (Base::SqEuclidean, p),
            Self::Cityblock => (Base::Cityblock, p),
            Self::Chebyshev => (Base::Chebyshev, p),
            Self::Minkowski(minkowski) => (Base::Minkowski(minkowski), p),
            Self::Cosine => (Base::Cosine, p),
            Self::Power(inner) => (inner.base, exponent(p * inner.p)?),
        };
        Ok(Self::Power(PowerCost { base, p }))
    }

    /// The name that the reports use, such as `"euclidean^3"`.
    #[must_use]
    pub fn name(&self) -> String {
        with_dissimilarity!(*self, ground => ground.name())
    }

    /// Whether c(x, y) is a function of x − y.
    pub(crate) fn is_translation_invariant(&self) -> bool {
        with_dissimilarity!(*self, ground => !ground.prepares())
    }

    /// c(x, y).
    ///
    /// # Errors
    /// [`CostError::ZeroVector`] where the cost is not defined.
    ///
    /// # Panics
    /// If the points have different numbers of coordinates.
    pub fn between(&self, x: &[f64], y: &[f64]) -> Result<f64, CostError> {
        assert_eq!(x.len(), y.len(), "points of one space");
        with_dissimilarity!(*self, ground => {
            let (mut x, mut y) = (x.to_vec(), y.to_vec());
            ground.prepare(&mut x)?;
            ground.prepare(&mut y)?;
            Ok(ground.between(&x, &y))
        })
    }

    /// Writes `∂c/∂x` at (x, y) into `out`; 0 at kinks where 0 is a subgradient.
    pub fn gradient(&self, x: &[f64], y: &[f64], out: &mut [f64]) {
        with_dissimilarity!(*self, ground => ground.gradient(x, y, out));
    }

    /// The table of costs between the supports of two measures, computed on demand: O((n + m)·d)
    /// memory.
    ///
    /// # Errors
    /// [`CostError`] if dimensions differ, a point has no cost, or costs overflow or underflow.
    pub fn table(
        &self,
        source: &DiscreteMeasure,
        target: &DiscreteMeasure,
    ) -> Result<Box<dyn Cost>, CostError> {
        with_dissimilarity!(*self, ground => {
            Ok(Box::new(PointTable::new(source, target, ground)?) as Box<dyn Cost>)
        })
    }
}

/// The table of a ground cost between the supports of two measures; see [`GroundCost::table`].
///
/// # Errors
/// [`CostError`] if dimensions differ, a point has no cost, or costs overflow or underflow.
pub fn point_costs(
    source: &DiscreteMeasure,
    target: &DiscreteMeasure,
    ground: impl Into<GroundCost>,
) -> Result<Box<dyn Cost>, CostError> {
    ground.into().table(source, target)
}

impl From<Euclidean> for GroundCost {
    fn from(_: Euclidean) -> Self {
        Self::Euclidean
    }
}

impl From<SqEuclidean> for GroundCost {
    fn from(_: SqEuclidean) -> Self {
        Self::SqEuclidean
    }
}

impl From<Cityblock> for GroundCost {
    fn from(_: Cityblock) -> Self {
        Self::Cityblock
    }
}

impl From<Chebyshev> for GroundCost {
    fn from(_: Chebyshev) -> Self {
        Self::Chebyshev
    }
}

impl From<Minkowski> for GroundCost {
    fn from(minkowski: Minkowski) -> Self {
        Self::Minkowski(minkowski)
    }
}

impl From<Cosine> for GroundCost {
    fn from(_: Cosine) -> Self {
        Self::Cosine
    }
}
