//! How near a critic comes to a law's known distance: the report of `deblais bench funnels`.

use serde::Serialize;

use super::{Number, Settings, Timings};

/// Schema of [`FunnelsReport`].
pub const FUNNELS_SCHEMA: &str = "deblais.bench.funnels/1";

/// A mean over a sample.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimated {
    /// The mean.
    pub value: Number,
    /// Its standard error.
    pub standard_error: Number,
}

impl Estimated {
    /// The mean of at least two numbers.
    #[must_use]
    pub fn of(sample: &[f64]) -> Self {
        let n = sample.len() as f64;
        let mean = crate::math::sum(sample) / n;
        let squares: Vec<f64> = sample.iter().map(|x| (x - mean).powi(2)).collect();
        let standard_error = (crate::math::sum(&squares) / (n - 1.0) / n).sqrt();
        Self { value: Number(mean), standard_error: Number(standard_error) }
    }
}

/// What was published for the same dimension and number of funnels; the funnels themselves are
/// others.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PublishedReport {
    /// The method.
    pub method: &'static str,
    /// W₁ of their funnels.
    pub w1: Number,
    /// The method's estimate of it.
    pub estimate: Number,
    /// `estimate / w1 − 1`.
    pub relative_error: Number,
    /// As [`FunnelsReport::cosine`].
    pub cosine: Number,
    /// As [`FunnelsReport::squared_l2`].
    pub squared_l2: Number,
}

/// A critic on `MinFunnels`, judged on held-out pairs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FunnelsReport {
    /// [`FUNNELS_SCHEMA`].
    pub schema: &'static str,
    /// Version of the crate.
    pub version: &'static str,
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
    pub relative_error: Number,
    /// The mean over P of the cosine between ∇f and the gradient of the optimal critic.
    pub cosine: Number,
    /// The mean over P of the square of their difference.
    pub squared_l2: Number,
    /// A proved bound of the critic's Lipschitz constant.
    pub lipschitz_bound: Number,
    /// What proves it.
    pub lipschitz_how: &'static str,
    /// Held-out pairs.
    pub held_out: usize,
    /// Steps of training.
    pub steps: u64,
    /// `all_steps`, `time_limit` or `stopped`.
    pub termination: &'static str,
    /// What others found.
    pub published: Vec<PublishedReport>,
    /// The settings that shape the answer.
    pub settings: Settings,
    /// Seconds by stage.
    pub timings: Timings,
}
