//! Laws near curves in the plane: a low-dimensional support, as real data have it.
//!
//! The constructions are those of scikit-learn (`make_swiss_roll` without its axis, `make_moons`),
//! with fresh points at every draw.
//!
//! Reference: Marsland 2009, "Machine learning: an algorithmic perspective", ch. 6 (swiss roll).

use std::f64::consts::PI;

use ndarray::Array2;

use super::Law;
use crate::seed::Stream;

/// The swiss roll in the plane: `(t cos t, t sin t)/7.5` with t uniform on (1.5π, 4.5π), and normal
/// noise of deviation 0.25/7.5: the scale of Gulrajani et al. 2017.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SwissRoll;

/// Two interleaved half circles of radius 1 with normal noise of deviation 0.05.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moons;

impl Law for SwissRoll {
    fn dim(&self) -> usize {
        2
    }

    fn draw(&self, n: usize, stream: &mut Stream) -> Array2<f64> {
        const SCALE: f64 = 7.5;
        const NOISE: f64 = 0.25;
        let mut points = Array2::zeros((n, 2));
        for mut x in points.outer_iter_mut() {
            let t = 1.5 * PI * (1.0 + 2.0 * stream.uniform());
            x[0] = (t * libm::cos(t) + NOISE * stream.normal()) / SCALE;
            x[1] = (t * libm::sin(t) + NOISE * stream.normal()) / SCALE;
        }
        points
    }
}

impl Law for Moons {
    fn dim(&self) -> usize {
        2
    }

    fn draw(&self, n: usize, stream: &mut Stream) -> Array2<f64> {
        const NOISE: f64 = 0.05;
        let mut points = Array2::zeros((n, 2));
        for mut x in points.outer_iter_mut() {
            let upper = stream.uniform() < 0.5;
            let t = PI * stream.uniform();
            let (cos, sin) = (libm::cos(t), libm::sin(t));
            let (u, v) = if upper { (cos, sin) } else { (1.0 - cos, 0.5 - sin) };
            x[0] = u + NOISE * stream.normal();
            x[1] = v + NOISE * stream.normal();
        }
        points
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    #[test]
    fn points_lie_near_their_curve() {
        let points = SwissRoll.draw(2000, &mut Seed(1).stream("roll"));
        for x in points.outer_iter() {
            let radius = 7.5 * x[0].hypot(x[1]);
            assert!((1.5 * PI - 1.5..4.5 * PI + 1.5).contains(&radius), "{x}");
        }
        let points = Moons.draw(2000, &mut Seed(1).stream("moons"));
        for x in points.outer_iter() {
            let rims = [x[0].hypot(x[1]), (x[0] - 1.0).hypot(x[1] - 0.5)].map(|r| (r - 1.0).abs());
            assert!(rims[0].min(rims[1]) < 0.3, "{x}");
        }
    }
}
