//! Ground costs that have a gradient.

use super::dissimilarity::{Dissimilarity, TINY_DISTANCE};
use super::power::Power;
use super::{Chebyshev, Cityblock, Cosine, Euclidean, Minkowski, SqEuclidean};

/// A ground cost with a gradient in its first point; all of ours are symmetric, so it serves
/// for the second as well.
pub(crate) trait Differentiable: Dissimilarity {
    /// `out ← ∂c(x, y)/∂x`, in units of the cost per unit of length. Where the cost has a kink, such
    /// as a distance at x = y, the subgradient that vanishes with the differences: 0 there.
    fn gradient(&self, x: &[f64], y: &[f64], out: &mut [f64]);
}

/// −1, 0 or 1.
fn sign(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x.signum() }
}

/// A point as [`Dissimilarity::prepare`] leaves it. Where the cost is not defined, neither is its
/// gradient: any will do.
fn prepared(ground: &impl Dissimilarity, point: &[f64]) -> Vec<f64> {
    let mut point = point.to_vec();
    let _ = ground.prepare(&mut point);
    point
}

impl Differentiable for SqEuclidean {
    fn gradient(&self, x: &[f64], y: &[f64], out: &mut [f64]) {
        out.iter_mut().zip(x.iter().zip(y)).for_each(|(out, (x, y))| *out = 2.0 * (x - y));
    }
}

impl Differentiable for Euclidean {
    fn gradient(&self, x: &[f64], y: &[f64], out: &mut [f64]) {
        let distance = x.iter().zip(y).map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt();
        let is_tiny = distance < TINY_DISTANCE;
        let distance = if is_tiny { self.between(x, y) } else { distance };
        for (out, (x, y)) in out.iter_mut().zip(x.iter().zip(y)) {
            *out = if distance > 0.0 { (x - y) / distance } else { 0.0 };
        }
    }
}

impl Differentiable for Cityblock {
    fn gradient(&self, x: &[f64], y: &[f64], out: &mut [f64]) {
        out.iter_mut().zip(x.iter().zip(y)).for_each(|(out, (x, y))| *out = sign(x - y));
    }
}

impl Differentiable for Chebyshev {
    /// The sign of the largest difference, at the first coordinate that has it.
    fn gradient(&self, x: &[f64], y: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        let largest = (0..x.len()).reduce(|best, k| {
            if (x[k] - y[k]).abs() > (x[best] - y[best]).abs() { k } else { best }
        });
        if let Some(k) = largest {
            out[k] = sign(x[k] - y[k]);
        }
    }
}

impl Differentiable for Minkowski {
    /// `sign(x_k − y_k)·(|x_k − y_k|/c)^(q−1)`.
    fn gradient(&self, x: &[f64], y: &[f64], out: &mut [f64]) {
        let q = self.exponent();
        let differences = || x.iter().zip(y).map(|(x, y)| x - y);
        let largest = differences().fold(0.0, |most: f64, d| most.max(d.abs()));
        if largest == 0.0 {
            return out.fill(0.0);
        }
        // Relative to the largest, so that no power overflows.
        let sum: f64 = differences().map(|d| (d.abs() / largest).powf(q)).sum();
        let cost = sum.powf(1.0 / q);
        for (out, d) in out.iter_mut().zip(differences()) {
            *out = sign(d) * (d.abs() / largest / cost).powf(q - 1.0);
        }
    }
}

impl Differentiable for Cosine {
    /// `(u − v − c·u)/‖x‖` for u = x/‖x‖ and v = y/‖y‖: nothing cancels where the angle is small.
    fn gradient(&self, x: &[f64], y: &[f64], out: &mut [f64]) {
        let largest = x.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
        let norm = x.iter().map(|x| (x / largest).powi(2)).sum::<f64>().sqrt();
        let [u, v] = [x, y].map(|point| prepared(self, point));
        let cost = self.between(&u, &v);
        for (out, (u, v)) in out.iter_mut().zip(u.iter().zip(&v)) {
            *out = ((u - v) - cost * u) / norm / largest;
        }
    }
}

impl<G: Differentiable> Differentiable for Power<G> {
    /// `p·c^(p−1)·∂c/∂x`; 0 at c = 0.
    fn gradient(&self, x: &[f64], y: &[f64], out: &mut [f64]) {
        self.base().gradient(x, y, out);
        let [x, y] = [x, y].map(|point| prepared(self.base(), point));
        let base = self.base().between(&x, &y);
        let slope = if base > 0.0 { self.p() * base.powf(self.p() - 1.0) } else { 0.0 };
        for out in out {
            *out *= slope;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<G: Differentiable>(ground: G, x: &[f64], y: &[f64]) {
        const STEP: f64 = 1e-6;
        let mut gradient = vec![f64::NAN; x.len()];
        ground.gradient(x, y, &mut gradient);
        for k in 0..x.len() {
            let moved = |by: f64| {
                let mut x = x.to_vec();
                x[k] += by;
                ground.prepare(&mut x).unwrap();
                let mut y = y.to_vec();
                ground.prepare(&mut y).unwrap();
                ground.between(&x, &y)
            };
            let slope = (moved(STEP) - moved(-STEP)) / (2.0 * STEP);
            assert!((gradient[k] - slope).abs() < 1e-7, "{}: {gradient:?}, {slope}", ground.name());
        }
    }

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let (x, y) = ([0.3, -1.2, 2.0], [1.1, 0.4, -0.5]);
        check(Euclidean, &x, &y);
        check(SqEuclidean, &x, &y);
        check(Cityblock, &x, &y);
        check(Chebyshev, &x, &y);
        check(Minkowski::new(1.0).unwrap(), &x, &y);
        check(Minkowski::new(3.5).unwrap(), &x, &y);
        check(Cosine, &x, &y);
        check(Power::new(Euclidean, 1.7), &x, &y);
        check(Power::new(Cityblock, 0.5), &x, &y);
        check(Power::new(Cosine, 2.0), &x, &y);
    }

    #[test]
    fn gradients_far_from_one_neither_vanish_nor_overflow() {
        let mut gradient = [f64::NAN; 2];
        Euclidean.gradient(&[3e-180, 0.0], &[0.0, 4e-180], &mut gradient);
        assert!((gradient[0] - 0.6).abs() < 1e-15 && (gradient[1] + 0.8).abs() < 1e-15);
        for scale in [1e-200, 1e200] {
            Cosine.gradient(&[scale, 0.0], &[0.0, 1.0 / scale], &mut gradient);
            assert_eq!(gradient, [0.0, -1.0 / scale]);
        }
        let angle = 1e-9;
        Cosine.gradient(&[1.0, 0.0], &[1.0, angle], &mut gradient);
        assert!((gradient[1] + angle).abs() < 1e-15 * angle, "{gradient:?}");
    }

    #[test]
    fn kinks_have_the_gradient_zero() {
        fn at_itself<G: Differentiable>(ground: G) {
            let mut gradient = [f64::NAN; 2];
            ground.gradient(&[0.5, -2.0], &[0.5, -2.0], &mut gradient);
            assert_eq!(gradient, [0.0, 0.0], "{}", ground.name());
        }
        at_itself(Euclidean);
        at_itself(SqEuclidean);
        at_itself(Cityblock);
        at_itself(Chebyshev);
        at_itself(Minkowski::new(3.0).unwrap());
        at_itself(Power::new(Euclidean, 0.5));
    }
}
