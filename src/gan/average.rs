//! A moving average of weights, corrected for its start.
//!
//! ```text
//! m ← β m + (1 − β) θ,   θ̄ = m/(1 − βᵗ),   β = 1 − 1/h
//! ```
//!
//! over about the last h steps. The division takes out the bias toward m = 0 (as Adam does): after
//! the first step θ̄ = θ.
//!
//! References: Polyak, Juditsky 1992, "Acceleration of stochastic approximation by averaging", SIAM
//! J. Control Optim. 30; Yazıcı et al. 2019, "The unusual effectiveness of averaging in GAN
//! training", ICLR.

use serde::{Deserialize, Serialize};

use crate::nn::Real;

/// The running mean of a vector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Average {
    beta: f64,
    /// m.
    sum: Vec<f64>,
    /// βᵗ.
    power: f64,
}

impl Average {
    /// A mean over about the last `steps` steps; for `steps` ≤ 1 the last vector alone.
    pub(super) fn over(steps: f64, length: usize) -> Self {
        let beta = 1.0 - 1.0 / steps.max(1.0);
        Self { beta, sum: vec![0.0; length], power: 1.0 }
    }

    pub(super) fn len(&self) -> usize {
        self.sum.len()
    }

    pub(super) fn add(&mut self, vector: &[f32]) {
        let fresh = 1.0 - self.beta;
        for (sum, &x) in self.sum.iter_mut().zip(vector) {
            *sum = self.beta * *sum + fresh * x.wide();
        }
        self.power *= self.beta;
    }

    /// θ̄, or nothing before the first vector.
    pub(super) fn mean(&self) -> Option<Vec<f32>> {
        (self.power < 1.0).then(|| {
            let weight = 1.0 / (1.0 - self.power);
            self.sum.iter().map(|&sum| f32::of(weight * sum)).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_does_not_count_and_the_last_steps_do() {
        let mut average = Average::over(10.0, 1);
        assert_eq!(average.mean(), None);
        average.add(&[3.0]);
        assert_eq!(average.mean(), Some(vec![3.0]));
        for _ in 0..1000 {
            average.add(&[-1.0]);
        }
        assert_eq!(average.mean(), Some(vec![-1.0]));
        let mut last = Average::over(0.0, 1);
        last.add(&[1.0]);
        last.add(&[5.0]);
        assert_eq!(last.mean(), Some(vec![5.0]));
    }
}
