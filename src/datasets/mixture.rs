//! Mixtures of equal, round normal distributions: the rings and grids on which GANs lose modes.
//!
//! References: Metz, Poole, Pfau, Sohl-Dickstein 2017, "Unrolled generative adversarial networks",
//! ICLR (ring of eight); Dumoulin et al. 2017, "Adversarially learned inference", ICLR, and Lin,
//! Khetan, Fanti, Oh 2018, "PacGAN", NeurIPS (grid of 25: spacing 2, deviation 0.05).

use std::f64::consts::TAU;

use ndarray::{Array2, ArrayView2};
use rand::Rng as _;

use super::{Law, Modes};
use crate::seed::Stream;

/// Normal distributions around several centers, all as likely and as wide.
#[derive(Debug, Clone, PartialEq)]
pub struct Mixture {
    /// Shape (k, d).
    centers: Array2<f64>,
    deviation: f64,
}

impl Mixture {
    /// Normal distributions of this deviation around `centers` (k, d).
    ///
    /// # Panics
    /// Without centers.
    #[must_use]
    pub fn new(centers: Array2<f64>, deviation: f64) -> Self {
        assert!(centers.nrows() > 0, "a mixture has parts");
        Self { centers, deviation }
    }

    /// Eight on a circle of radius 2, with a deviation of 0.02.
    #[must_use]
    pub fn ring8() -> Self {
        let centers = Array2::from_shape_fn((8, 2), |(k, axis)| {
            let angle = TAU * k as f64 / 8.0;
            2.0 * if axis == 0 { libm::cos(angle) } else { libm::sin(angle) }
        });
        Self::new(centers, 0.02)
    }

    /// Five by five on a square grid of spacing 2, with a deviation of 0.05.
    #[must_use]
    pub fn grid25() -> Self {
        let centers = Array2::from_shape_fn((25, 2), |(k, axis)| {
            let place = if axis == 0 { k % 5 } else { k / 5 };
            2.0 * place as f64 - 4.0
        });
        Self::new(centers, 0.05)
    }

    /// The centers, shape (k, d).
    pub fn centers(&self) -> ArrayView2<'_, f64> {
        self.centers.view()
    }
}

impl Law for Mixture {
    fn dim(&self) -> usize {
        self.centers.ncols()
    }

    fn draw(&self, n: usize, stream: &mut Stream) -> Array2<f64> {
        let mut points = Array2::zeros((n, self.dim()));
        for mut x in points.outer_iter_mut() {
            x.assign(&self.centers.row(stream.random_range(0..self.centers.nrows())));
            x.mapv_inplace(|x| x + self.deviation * stream.normal());
        }
        points
    }

    fn modes(&self) -> Option<Modes<'_>> {
        Some(Modes { centers: self.centers.view(), deviation: self.deviation })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    #[test]
    fn every_center_gets_its_share_and_its_spread() {
        for mixture in [Mixture::ring8(), Mixture::grid25()] {
            let (k, n) = (mixture.centers.nrows(), 20_000);
            let points = mixture.draw(n, &mut Seed(1).stream("mixture"));
            let mut counts = vec![0_usize; k];
            let mut squares = 0.0;
            for x in points.outer_iter() {
                let distance = |c: usize| {
                    let shift = &x - &mixture.centers.row(c);
                    shift.dot(&shift)
                };
                let nearest = (0..k).min_by(|&a, &b| distance(a).total_cmp(&distance(b))).unwrap();
                counts[nearest] += 1;
                squares += distance(nearest);
            }
            let share = n as f64 / k as f64;
            // Six standard deviations of a binomial count, and of a mean of squares.
            assert!(counts.iter().all(|&c| (c as f64 - share).abs() < 6.0 * share.sqrt()));
            let variance = squares / (2.0 * n as f64) / mixture.deviation.powi(2);
            assert!((variance - 1.0).abs() < 6.0 / (n as f64).sqrt(), "{variance}");
        }
    }
}
