//! Versioned reports: what a run found, as data that serialises to the JSON of `docs/json.md`.
//!
//! Infinity is the string `"inf"`, and NaN is refused (`report/number.rs`), so that no reader ever meets
//! `null`. Fields that are unknown or make no sense are absent. Timings stand in an object of their
//! own; everything else is the same, to the bit, for the same inputs, settings and version.

mod barycenter;
mod bottleneck;
mod critic;
mod crosscheck;
mod discriminator;
mod divergence;
mod duality;
mod envelope;
mod explore_shift;
mod funnels;
mod gan;
mod gradients;
pub mod number;
mod pairwise;
mod partial;
mod persistence;
mod plans;
mod samples;
mod settings;
mod sinkhorn;
mod two_sample;
mod unbalanced;

pub use crate::math::root;
pub use barycenter::{
    AveragedReport, BARYCENTER_SCHEMA, BarycenterReport, FREE_BARYCENTER_SCHEMA,
    FreeBarycenterReport,
};
pub use bottleneck::{BOTTLENECK_SCHEMA, BottleneckCertificateReport, BottleneckReport, CutReport};
pub use critic::{CRITIC_SCHEMA, CriticReport, ExactReport, RunReport, SlopesReport};
pub use crosscheck::{CROSSCHECK_SCHEMA, CrosscheckReport, CrosscheckTimings, RowReport};
pub use discriminator::{DISCRIMINATOR_SCHEMA, DiscriminatorReport, FunctionRow, PushRow};
pub use divergence::{DIVERGENCE_SCHEMA, DivergencesReport, ValueReport};
pub use duality::{BoundReport, ConjugateRow, DUALITY_SCHEMA, DualityReport, GameReport};
pub use envelope::Report;
pub use explore_shift::{SHIFT_SCHEMA, ShiftReport, ShiftRow, TrackReport};
pub use funnels::{Estimated, FUNNELS_SCHEMA, FunnelsReport, PublishedReport};
pub use gan::{GAN_COMPARISON_SCHEMA, GAN_SCHEMA, GanComparison, GanReport, GanRow};
pub use gradients::{GRADIENTS_SCHEMA, GradientRow, GradientsReport};
pub use pairwise::{PAIRWISE_SCHEMA, PairReport, PairwiseReport, SetReport};
pub use partial::{PARTIAL_SCHEMA, PartialReport, ProfileRow};
pub use persistence::{
    DIAGRAM_BOTTLENECK_SCHEMA, DiagramBottleneckReport, EssentialReport, PERSISTENCE_SCHEMA,
    PersistenceReport,
};
pub use plans::{PLANS_SCHEMA, PlansReport, PricedReport};
pub use samples::{RateReport, SAMPLES_SCHEMA, SampleRow, SamplesReport, SpreadReport};
pub use settings::Settings;
pub use sinkhorn::{
    DivergenceReport, EntropicReport, EpsilonReport, SINKHORN_SCHEMA, SinkhornReport,
};
pub use two_sample::{
    BoundsReport, ComparisonReport, QuantileReport, StatisticReport, TEST_SCHEMA, TwoSampleReport,
    correct,
};
pub use unbalanced::{UNBALANCED_SCHEMA, UnbalancedReport};

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use crate::certificate::Certificate;
use crate::measure::Marginal;
use crate::plan::TransportPlan;
use crate::problem::OtProblem;
use crate::progress::Stop;
use crate::solvers::Solution;

/// Schema of [`EmdReport`].
pub const EMD_SCHEMA: &str = "deblais.emd/2";

/// Schema of the proof that forbidden arcs leave no plan, an [`Infeasible`](crate::solvers::Infeasible).
pub const INFEASIBLE_SCHEMA: &str = "deblais.infeasible/1";

/// Schema of [`CertifyReport`].
pub const CERTIFY_SCHEMA: &str = "deblais.certify/2";

/// The problem in figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProblemReport {
    /// Source points.
    pub n: usize,
    /// Target points.
    pub m: usize,
    /// Coordinates of a point; absent for a cost matrix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dim: Option<usize>,
    /// Name of the ground distance, or `"matrix"`.
    pub cost: String,
    /// Minkowski exponent.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub exponent: Option<f64>,
    /// The cost is the distance to this power.
    #[serde(with = "number")]
    pub p: f64,
    /// Whether the cost is the p-th power of a distance, so that [`ProblemReport::distance`]
    /// means something.
    #[serde(skip)]
    pub power_of_distance: bool,
    /// Total mass of the source.
    #[serde(with = "number")]
    pub total_mass: f64,
    /// Whether the target masses were rescaled because the totals differ by rounding.
    pub rescaled: bool,
    /// The factor they were multiplied by.
    #[serde(with = "number")]
    pub rescale_factor: f64,
}

impl ProblemReport {
    /// The figures of `problem`, whose cost is a distance called `cost` to the power 1.
    #[must_use]
    pub fn new(problem: &OtProblem, cost: impl Into<String>) -> Self {
        let (source, target) = problem.marginals();
        Self::between(source, target, cost).rescaled(problem.rescaled())
    }

    /// The figures of two sides, whose cost is a distance called `cost` to the power 1.
    #[must_use]
    pub fn between(source: &Marginal, target: &Marginal, cost: impl Into<String>) -> Self {
        let total_mass = crate::math::sum(source.mass());
        Self::of_size(source.mass().len(), target.mass().len(), total_mass, cost)
    }

    /// The figures of n × m points, whose cost is a distance called `cost` to the power 1.
    #[must_use]
    pub fn of_size(n: usize, m: usize, total_mass: f64, cost: impl Into<String>) -> Self {
        Self {
            n,
            m,
            dim: None,
            cost: cost.into(),
            exponent: None,
            p: 1.0,
            power_of_distance: true,
            total_mass,
            rescaled: false,
            rescale_factor: 1.0,
        }
    }

    /// These figures where the target masses were multiplied by a factor.
    #[must_use]
    pub fn rescaled(self, factor: f64) -> Self {
        /// Sums of n copies of 1/n differ from 1 by so much; nobody wants to hear of it.
        const ROUNDING: f64 = 8.0 * f64::EPSILON;
        Self { rescaled: (factor - 1.0).abs() > ROUNDING, rescale_factor: factor, ..self }
    }

    /// At least `transport_cost^(1/p)`, the Wasserstein distance, if the cost is a power of a distance
    /// and the root is in the range of `f64`.
    #[must_use]
    pub fn distance(&self, transport_cost: f64) -> Option<f64> {
        self.distance_bracket((transport_cost, transport_cost)).map(|(_, upper)| upper)
    }

    /// Bounds of `transport_cost^(1/p)` from bounds of the transport cost, as for
    /// [`Self::distance`].
    #[must_use]
    pub fn distance_bracket(&self, (lower, upper): (f64, f64)) -> Option<(f64, f64)> {
        if !self.power_of_distance {
            return None;
        }
        let roots = (root(lower, self.p).0, root(upper, self.p).1);
        (roots.1.is_finite() || upper == f64::INFINITY).then_some(roots)
    }
}

/// A [`Certificate`] as it is reported.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CertificateReport {
    /// At most the optimum.
    #[serde(with = "number")]
    pub lower: f64,
    /// At least the optimum; infinite without a plan.
    #[serde(with = "number")]
    pub upper: f64,
    /// `upper − lower`, rounded up.
    #[serde(with = "number")]
    pub gap: f64,
    /// `gap / |upper|`, rounded up.
    #[serde(with = "number")]
    pub relative_gap: f64,
    /// L1 error of the plan's row sums as it was handed over.
    #[serde(with = "number")]
    pub source_residual: f64,
    /// L1 error of the plan's column sums as it was handed over.
    #[serde(with = "number")]
    pub target_residual: f64,
    /// Largest violation of `f_i + g_j ≤ c_ij` as the potentials were handed over.
    #[serde(with = "number")]
    pub dual_violation: f64,
}

impl From<&Certificate> for CertificateReport {
    fn from(certificate: &Certificate) -> Self {
        Self {
            lower: certificate.lower,
            upper: certificate.upper,
            gap: certificate.gap,
            relative_gap: certificate.relative_gap(),
            source_residual: certificate.source_residual,
            target_residual: certificate.target_residual,
            dual_violation: certificate.dual_violation,
        }
    }
}

/// The masses of a file of points.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MassesReport {
    /// `"uniform"`, `"unit"` (1 each), `"column"`, `"file"` (then its entry is `source_weights` or
    /// `target_weights`), `"pixels"`, or `"cells"` of a histogram.
    pub kind: &'static str,
    /// The column, by name or position.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Their sum as they were read, before they were scaled.
    #[serde(with = "number")]
    pub total: f64,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InputReport {
    /// As it was given; `"-"` for stdin.
    pub name: String,
    /// Rows (or pixels) that were used.
    pub rows: usize,
    /// Size of the file.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
    /// Whether the masses were scaled to a total of 1.
    pub normalized: bool,
    /// The coordinates in their order, by name, or by position where there are no names; absent
    /// where the file has no coordinates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<String>>,
    /// The masses of the points; absent where the file has no points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub masses: Option<MassesReport>,
}

/// The inputs by role: `source`, `target`, `source_weights`, `target_weights`, `cost_matrix`, `grid`,
/// `plan`, `potentials`, `start_plan`, `start_potentials`.
pub type Inputs = BTreeMap<&'static str, InputReport>;

/// The non-zero cells of a plan, as three columns of equal length.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlanReport {
    /// Source index of each cell, from 0.
    pub i: Vec<usize>,
    /// Target index of each cell, from 0.
    pub j: Vec<usize>,
    /// Mass of each cell.
    #[serde(with = "number")]
    pub mass: Vec<f64>,
}

impl From<&TransportPlan> for PlanReport {
    fn from(plan: &TransportPlan) -> Self {
        Self {
            i: plan.arcs().iter().map(|arc| arc.source).collect(),
            j: plan.arcs().iter().map(|arc| arc.target).collect(),
            mass: plan.arcs().iter().map(|arc| arc.mass).collect(),
        }
    }
}

/// Seconds of wall-clock time by stage: `read`, `solve`, `certify`.
pub type Timings = BTreeMap<&'static str, f64>;

/// The report of `deblais emd`: the claim of the solver and its certificate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EmdReport {
    /// The problem in figures.
    #[serde(flatten)]
    pub problem: ProblemReport,
    /// Name of the solver that ran.
    pub method: String,
    /// Cost of the feasible plan: the certified upper bound.
    #[serde(with = "number")]
    pub transport_cost: f64,
    /// `transport_cost^(1/p)`, where that is a distance.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub distance: Option<f64>,
    /// Why the solver stopped.
    pub termination: &'static str,
    /// Iterations in the solver's own unit.
    pub iterations: u64,
    /// The certificate.
    pub certificate: CertificateReport,
}

impl EmdReport {
    /// The report of a solution and its certificate.
    #[must_use]
    pub fn new(
        problem: ProblemReport,
        method: impl Into<String>,
        solution: &Solution,
        certificate: &Certificate,
    ) -> Self {
        Self {
            distance: problem.distance(certificate.upper),
            problem,
            method: method.into(),
            transport_cost: certificate.upper,
            termination: solution.termination.name(),
            iterations: solution.iterations,
            certificate: certificate.into(),
        }
    }
}

/// The report of `deblais certify`: the certificate of a given plan and potentials.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CertifyReport {
    /// The problem in figures.
    #[serde(flatten)]
    pub problem: ProblemReport,
    /// Cost of the repaired plan; absent without a plan.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub transport_cost: Option<f64>,
    /// `transport_cost^(1/p)`, where that is a distance.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub distance: Option<f64>,
    /// The certificate.
    pub certificate: CertificateReport,
}

impl CertifyReport {
    /// The report of a certificate.
    #[must_use]
    pub fn new(problem: ProblemReport, certificate: &Certificate) -> Self {
        let cost = certificate.upper.is_finite().then_some(certificate.upper);
        Self {
            transport_cost: cost,
            distance: cost.and_then(|cost| problem.distance(cost)),
            problem,
            certificate: certificate.into(),
        }
    }
}

/// Why a training run ended: all its steps were done, or it was stopped before.
#[must_use]
pub fn steps_ended(stopped: Option<Stop>) -> &'static str {
    match stopped {
        None => "all_steps",
        Some(Stop::TimeLimit) => "time_limit",
        Some(Stop::IterationLimit) => "iteration_limit",
        Some(Stop::Interrupted) => "stopped",
    }
}

/// Writes a report as one JSON object with a final newline: objects indented, arrays on one
/// line, for a plan has many cells.
///
/// # Errors
/// Whatever the writer says.
pub fn write_json(writer: &mut dyn Write, report: &impl Serialize) -> io::Result<()> {
    let mut text = Vec::new();
    let layout = ReportLayout(serde_json::ser::PrettyFormatter::new());
    report.serialize(&mut serde_json::Serializer::with_formatter(&mut text, layout))?;
    text.push(b'\n');
    writer.write_all(&text)
}

/// Objects as the pretty formatter writes them, arrays as the compact one does.
struct ReportLayout(serde_json::ser::PrettyFormatter<'static>);

impl serde_json::ser::Formatter for ReportLayout {
    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }
    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }
    fn begin_object_key<W: ?Sized + Write>(&mut self, w: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(w, first)
    }
    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }
    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_stay_on_one_line() {
        let plan = PlanReport { i: vec![0, 1], j: vec![1, 0], mass: vec![0.5; 2] };
        let mut text = Vec::new();
        write_json(&mut text, &plan).unwrap();
        let expected = "{\n  \"i\": [0,1],\n  \"j\": [1,0],\n  \"mass\": [0.5,0.5]\n}\n";
        assert_eq!(String::from_utf8(text).unwrap(), expected);
    }
}
