//! f-divergences as games: the report of `deblais explore duality`.

use serde::Serialize;

use super::number;

/// Schema of [`DualityReport`].
pub const DUALITY_SCHEMA: &str = "deblais.explore-duality/1";

/// All games between two normal laws.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DualityReport {
    /// Mean and deviation of P.
    #[serde(with = "number")]
    pub p: [f64; 2],
    /// Mean and deviation of Q.
    #[serde(with = "number")]
    pub q: [f64; 2],
    /// Points of either law in a step.
    pub batch: usize,
    /// Points of either law that critics are judged on.
    pub held_out: usize,
    /// `all_steps` or `stopped`.
    pub termination: &'static str,
    /// One a divergence.
    pub games: Vec<GameReport>,
    /// The conjugates at the places that are drawn.
    pub conjugates: Vec<ConjugateRow>,
}

/// One divergence.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GameReport {
    /// Its short name.
    pub name: &'static str,
    /// Its value.
    #[serde(with = "number")]
    pub truth: f64,
    /// The bound of the network; left out if its training diverged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<BoundReport>,
    /// The bound of f'(p/q).
    pub best: BoundReport,
    /// The value between the histograms of the two laws.
    #[serde(with = "number")]
    pub histogram: f64,
    /// The bound of f'(p/q) there.
    #[serde(with = "number")]
    pub histogram_bound: f64,
    /// dom f* ends at f'(∞).
    #[serde(with = "number")]
    pub domain_end: f64,
}

/// A bound on held-out samples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BoundReport {
    /// Its value.
    #[serde(with = "number")]
    pub value: f64,
    /// Its standard error.
    #[serde(with = "number")]
    pub standard_error: f64,
}

/// A conjugate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConjugateRow {
    /// The short name of the divergence.
    pub name: &'static str,
    /// Pairs t, f*(t) inside of dom f*.
    #[serde(with = "number")]
    pub points: Vec<[f64; 2]>,
}
