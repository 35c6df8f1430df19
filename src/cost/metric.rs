//! Ground costs that are distances.

use super::{
    Chebyshev, Cityblock, CostError, Differentiable, Euclidean, GroundCost, Minkowski, Power,
};

/// A ground cost that obeys the triangle inequality, which Kantorovich–Rubinstein duality demands:
/// `W₁ = sup E_source f − E_target f` over the functions f with `|f(x) − f(y)| ≤ c(x, y)`.
///
/// Not squared Euclidean, no power above 1, not cosine.
pub trait Metric: Differentiable {
    /// The size of a gradient in the norm dual to that of the distance: at most 1 for a
    /// 1-Lipschitz function. For a [`Snowflake`], that of the distance it is made of.
    fn dual_norm(&self, gradient: &[f64]) -> f64;
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

impl Metric for Euclidean {
    fn dual_norm(&self, gradient: &[f64]) -> f64 {
        norm(gradient, 2.0)
    }
}

impl Metric for Cityblock {
    fn dual_norm(&self, gradient: &[f64]) -> f64 {
        largest(gradient)
    }
}

impl Metric for Chebyshev {
    fn dual_norm(&self, gradient: &[f64]) -> f64 {
        gradient.iter().map(|g| g.abs()).sum()
    }
}

impl Metric for Minkowski {
    /// `1/q + 1/q' = 1`.
    fn dual_norm(&self, gradient: &[f64]) -> f64 {
        let q = self.exponent();
        if q == 1.0 { largest(gradient) } else { norm(gradient, q / (q - 1.0)) }
    }
}

/// A distance to a power p ≤ 1, which is a distance again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Snowflake<M>(Power<M>);

impl<M: Metric> Snowflake<M> {
    /// `base` to the power 0 < p ≤ 1.
    ///
    /// # Errors
    /// [`CostError::Exponent`] for any other p.
    pub fn new(base: M, p: f64) -> Result<Self, CostError> {
        if p > 1.0 {
            return Err(CostError::Exponent { what: "the power p", value: p, bound: "≤ 1" });
        }
        Power::new(base, p).map(Self)
    }
}

impl<M: Metric> GroundCost for Snowflake<M> {
    fn name(&self) -> String {
        self.0.name()
    }
    fn roundings(&self, d: usize) -> f64 {
        self.0.roundings(d)
    }
    fn absolute_error(&self, d: usize) -> f64 {
        self.0.absolute_error(d)
    }
    fn least(&self) -> f64 {
        self.0.least()
    }
    #[inline(always)]
    fn accumulate(&self, accumulator: f64, difference: f64) -> f64 {
        self.0.accumulate(accumulator, difference)
    }
    #[inline(always)]
    fn finish(&self, accumulator: f64) -> f64 {
        self.0.finish(accumulator)
    }
    fn convex_on_line(&self) -> bool {
        self.0.convex_on_line()
    }
    fn power_on_line(&self) -> Option<u8> {
        self.0.power_on_line()
    }
    fn degree(&self) -> f64 {
        self.0.degree()
    }
    fn is_fold(&self) -> bool {
        self.0.is_fold()
    }
    #[inline(always)]
    fn between(&self, x: &[f64], y: &[f64]) -> f64 {
        self.0.between(x, y)
    }
    #[inline(always)]
    fn block(&self, x: &[f64], columns: &[&[f64]], out: &mut [f64]) {
        self.0.block(x, columns, out);
    }
    #[inline(always)]
    fn tile<const R: usize, const L: usize>(
        &self,
        points: [&[f64]; R],
        targets: &[[f64; L]],
    ) -> [[f64; L]; R] {
        self.0.tile(points, targets)
    }
}

impl<M: Metric> Differentiable for Snowflake<M> {
    fn gradient(&self, x: &[f64], y: &[f64], out: &mut [f64]) {
        self.0.gradient(x, y, out);
    }
}

impl<M: Metric> Metric for Snowflake<M> {
    fn dual_norm(&self, gradient: &[f64]) -> f64 {
        self.0.base().dual_norm(gradient)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_has_a_gradient_of_dual_norm_one() {
        fn check(metric: impl Metric) {
            let mut gradient = [0.0; 3];
            metric.gradient(&[1.0, -2.0, 0.5], &[0.25, 3.0, 0.5], &mut gradient);
            let size = metric.dual_norm(&gradient);
            assert!((size - 1.0).abs() < 1e-14, "{}: {size}", metric.name());
        }
        check(Euclidean);
        check(Cityblock);
        check(Chebyshev);
        check(Minkowski::new(1.0).unwrap());
        check(Minkowski::new(3.5).unwrap());
    }

    #[test]
    fn a_power_above_one_is_no_distance() {
        assert!(Snowflake::new(Euclidean, 2.0).is_err());
        assert!(Snowflake::new(Euclidean, 0.0).is_err());
        let half = Snowflake::new(Euclidean, 0.5).unwrap();
        assert_eq!(half.between(&[0.0], &[4.0]), 2.0);
    }
}
