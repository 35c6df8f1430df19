//! `Metric`: a ground cost that is a distance.

use super::ground::{Base, PowerCost};
use super::{Chebyshev, Cityblock, CostError, Euclidean, GroundCost, Minkowski};

/// A ground cost that obeys the triangle inequality, which Kantorovich–Rubinstein duality demands:
/// `W₁ = sup E_source f − E_target f` over the functions f with `|f(x) − f(y)| ≤ c(x, y)`.
///
/// The distances by name convert into it, and so do powers p ≤ 1 of them ([`Metric::snowflake`]);
/// the squared Euclidean distance and the cosine do not, and do not compile where a metric is
/// asked for:
///
/// ```compile_fail
/// # use deblais::cost::{Metric, SqEuclidean};
/// let metric: Metric = SqEuclidean.into();
/// ```
///
/// ```
/// use deblais::cost::{Euclidean, GroundCost, Metric};
/// let metric: Metric = Euclidean.into();
/// assert!(Metric::try_from(GroundCost::SqEuclidean).is_err());
/// assert_eq!(metric.ground(), GroundCost::Euclidean);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metric(GroundCost);

impl Metric {
    /// The distance `base` to the power p, 0 < p ≤ 1, which is a distance again.
    ///
    /// # Errors
    /// [`CostError::Exponent`] for another p.
    pub fn snowflake(base: impl Into<Self>, p: f64) -> Result<Self, CostError> {
        if p > 1.0 {
            return Err(CostError::Exponent { what: "the power p", value: p, bound: "≤ 1" });
        }
        GroundCost::power(base.into().0, p).map(Self)
    }

    /// The distance as a ground cost.
    #[must_use]
    pub fn ground(&self) -> GroundCost {
        self.0
    }

    /// The name that the reports use.
    #[must_use]
    pub fn name(&self) -> String {
        self.0.name()
    }

    /// The size of a gradient in the norm dual to that of the distance: at most 1 for a
    /// 1-Lipschitz function. For a power of a distance, that of the distance.
    #[must_use]
    pub fn dual_norm(&self, gradient: &[f64]) -> f64 {
        match self.0 {
            GroundCost::Cityblock | GroundCost::Power(PowerCost { base: Base::Cityblock, .. }) => {
                largest(gradient)
            }
            GroundCost::Chebyshev | GroundCost::Power(PowerCost { base: Base::Chebyshev, .. }) => {
                gradient.iter().map(|g| g.abs()).sum()
            }
            GroundCost::Minkowski(minkowski)
            | GroundCost::Power(PowerCost { base: Base::Minkowski(minkowski), .. }) => {
                // 1/q + 1/q' = 1.
                let q = minkowski.exponent();
                if q == 1.0 { largest(gradient) } else { norm(gradient, q / (q - 1.0)) }
            }
            _ => norm(gradient, 2.0),
        }
    }
}

fn largest(gradient: &[f64]) -> f64 {
    gradient.iter().fold(0.0, |most, g| g.abs().max(most))
}

/// `‖g‖_q`, scaled so that no power overflows.
fn norm(gradient: &[f64], q: f64) -> f64 {
    let most = largest(gradient);
    if most == 0.0 {
        return 0.0;
    }
    most * gradient.iter().map(|g| (g.abs() / most).powf(q)).sum::<f64>().powf(1.0 / q)
}

/// [`CostError::NotMetric`] for a ground cost that is no distance.
impl TryFrom<GroundCost> for Metric {
    type Error = CostError;

    fn try_from(ground: GroundCost) -> Result<Self, CostError> {
        let is_metric = match ground {
            GroundCost::SqEuclidean | GroundCost::Cosine => false,
            GroundCost::Power(PowerCost { base, p }) => {
                p <= 1.0 && !matches!(base, Base::SqEuclidean | Base::Cosine)
            }
            _ => true,
        };
        if is_metric { Ok(Self(ground)) } else { Err(CostError::NotMetric { cost: ground.name() }) }
    }
}

impl From<Metric> for GroundCost {
    fn from(metric: Metric) -> Self {
        metric.0
    }
}

impl From<Euclidean> for Metric {
    fn from(ground: Euclidean) -> Self {
        Self(ground.into())
    }
}

impl From<Cityblock> for Metric {
    fn from(ground: Cityblock) -> Self {
        Self(ground.into())
    }
}

impl From<Chebyshev> for Metric {
    fn from(ground: Chebyshev) -> Self {
        Self(ground.into())
    }
}

impl From<Minkowski> for Metric {
    fn from(ground: Minkowski) -> Self {
        Self(ground.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_has_a_gradient_of_dual_norm_one() {
        let metrics: [Metric; 5] = [
            Euclidean.into(),
            Cityblock.into(),
            Chebyshev.into(),
            Minkowski::new(1.0).unwrap().into(),
            Minkowski::new(3.5).unwrap().into(),
        ];
        for metric in metrics {
            let mut gradient = [0.0; 3];
            metric.ground().gradient(&[1.0, -2.0, 0.5], &[0.25, 3.0, 0.5], &mut gradient);
            let size = metric.dual_norm(&gradient);
            assert!((size - 1.0).abs() < 1e-14, "{}: {size}", metric.name());
        }
    }

    #[test]
    fn a_power_above_one_is_no_distance() {
        assert!(Metric::snowflake(Euclidean, 2.0).is_err());
        assert!(Metric::snowflake(Euclidean, 0.0).is_err());
        let half = Metric::snowflake(Euclidean, 0.5).unwrap();
        assert_eq!(half.ground().between(&[0.0], &[4.0]), Ok(2.0));
        assert!(Metric::try_from(GroundCost::power(Euclidean, 1.5).unwrap()).is_err());
    }
}
