//! The profile of partial transport: the report of `deblais explore partial`.

use serde::Serialize;

use super::{ProblemReport, number};
use crate::explore::partial::PartialProfile;

/// Schema of [`PartialReport`].
pub const PARTIAL_SCHEMA: &str = "deblais.explore.partial/1";

/// The cost of partial transport as a function of the mass.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PartialReport {
    /// The problem in figures; `total_mass` is the source's.
    #[serde(flatten)]
    pub problem: ProblemReport,
    /// Total mass of the target.
    #[serde(with = "number")]
    pub target_mass: f64,
    /// Whether the points are both ends and all breakpoints.
    pub complete: bool,
    /// How many problems were solved for the points.
    pub problems: usize,
    /// The widest gap of all certificates, by the largest cost.
    #[serde(with = "number")]
    pub relative_gap: f64,
    /// The cost in ascending order of masses.
    pub points: Vec<ProfileRow>,
}

/// The cost of moving one mass.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProfileRow {
    /// The mass that is moved.
    #[serde(with = "number")]
    pub mass: f64,
    /// Proved lower bound of the least cost.
    #[serde(with = "number")]
    pub lower: f64,
    /// Proved upper bound: the cost of a plan.
    #[serde(with = "number")]
    pub upper: f64,
    /// The mean price of the mass since the point before, from the second point on.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub price: Option<f64>,
}

impl PartialReport {
    /// The report of a profile.
    #[must_use]
    pub fn new(problem: ProblemReport, target_mass: f64, profile: &PartialProfile) -> Self {
        let prices = std::iter::once(None).chain(profile.prices().into_iter().map(Some));
        let rows = profile.points.iter().zip(prices).map(|(point, price)| ProfileRow {
            mass: point.mass,
            lower: point.certificate.lower,
            upper: point.certificate.upper,
            price,
        });
        Self {
            problem,
            target_mass,
            complete: profile.complete,
            problems: profile.problems,
            relative_gap: profile.relative_gap(),
            points: rows.collect(),
        }
    }
}
