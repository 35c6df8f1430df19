//! How near a critic comes to a law's known distance: the report of `deblais bench funnels`.

use serde::Serialize;

use super::number;

/// Schema of [`FunnelsReport`].
pub const FUNNELS_SCHEMA: &str = "deblais.bench.funnels/1";

/// A mean over a sample.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimated {
    /// The mean.
    #[serde(with = "number")]
    pub value: f64,
    /// Its standard error.
    #[serde(with = "number")]
    pub standard_error: f64,
}

impl Estimated {
    /// The mean of at least two numbers.
    #[must_use]
    pub fn of(sample: &[f64]) -> Self {
        let n = sample.len() as f64;
        let mean = crate::math::sum(sample) / n;
        let squares: Vec<f64> = sample.iter().map(|x| (x - mean).powi(2)).collect();
        let standard_error = (crate::math::sum(&squares) / (n - 1.0) / n).sqrt();
        Self { value: mean, standard_error }
    }
}

/// A published result for the same dimension and number of funnels; the funnels themselves are
/// others.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PublishedReport {
    /// The method.
    pub method: &'static str,
    /// W₁ of their funnels.
    #[serde(with = "number")]
    pub w1: f64,
    /// The method's estimate of it.
    #[serde(with = "number")]
    pub estimate: f64,
    /// `estimate / w1 − 1`.
    #[serde(with = "number")]
    pub relative_error: f64,
    /// As [`FunnelsReport::cosine`].
    #[serde(with = "number")]
    pub cosine: f64,
    /// As [`FunnelsReport::squared_l2`].
    #[serde(with = "number")]
    pub squared_l2: f64,
}

/// A critic on `MinFunnels`, judged on held-out pairs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FunnelsReport {
    /// D.
    pub dim: usize,
    /// N.
    pub funnels: usize,
    /// The kind of critic.
    pub kind: String,
    /// The distance between the laws, by the mean over held-out pairs.
    pub w1: Estimated,
    /// `E_P f − E_Q f` on the same pairs.
    pub estimate: Estimated,
    /// `estimate / w1 − 1`, both on the same pairs.
    #[serde(with = "number")]
    pub relative_error: f64,
    /// The mean over P of the cosine between ∇f and the gradient of the optimal critic.
    #[serde(with = "number")]
    pub cosine: f64,
    /// The mean over P of the square of their difference.
    #[serde(with = "number")]
    pub squared_l2: f64,
    /// A proved bound of the critic's Lipschitz constant.
    #[serde(with = "number")]
    pub lipschitz_bound: f64,
    /// The proof of this bound, in words.
    pub lipschitz_how: &'static str,
    /// Held-out pairs.
    pub held_out: usize,
    /// Steps of training.
    pub steps: u64,
    /// `all_steps`, `time_limit` or `stopped`.
    pub termination: &'static str,
    /// Published results.
    pub published: Vec<PublishedReport>,
}
