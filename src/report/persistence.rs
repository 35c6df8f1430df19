//! The report of `deblais emd --diagonal`.

use serde::Serialize;

use super::{CertificateReport, PlanReport, ProblemReport, number, root};
use crate::math;
use crate::persistence::{PersistenceDiagram, PersistenceTransport};

/// Schema of the report of `deblais emd --diagonal`.
pub const PERSISTENCE_SCHEMA: &str = "deblais.emd-diagonal/1";

/// Schema of the report of `deblais emd --diagonal --p inf`.
pub const DIAGRAM_BOTTLENECK_SCHEMA: &str = "deblais.bottleneck-diagonal/1";

/// The report of the bottleneck distance between persistence diagrams.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DiagramBottleneckReport {
    /// The problem between the points of finite death in figures; p is infinite.
    #[serde(flatten)]
    pub problem: ProblemReport,
    /// `W_∞`: the certified upper bound.
    #[serde(with = "number")]
    pub distance: f64,
    /// At most the distance.
    #[serde(with = "number")]
    pub distance_lower: f64,
    /// At least the distance.
    #[serde(with = "number")]
    pub distance_upper: f64,
    /// Numbers of essential classes in source and target.
    pub essential_classes: [usize; 2],
    /// Why the search stopped.
    pub termination: &'static str,
    /// Phases of all maximum flows.
    pub iterations: u64,
}

/// The report of a distance between persistence diagrams.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PersistenceReport {
    /// The problem between the points of finite death in figures.
    #[serde(flatten)]
    pub problem: ProblemReport,
    /// Name of the solver that ran.
    pub method: String,
    /// Cost of the matching, essential classes included: the certified upper bound.
    #[serde(with = "number")]
    pub transport_cost: f64,
    /// `transport_cost^(1/p)`, rounded up: the upper bound of the distance.
    #[serde(with = "number")]
    pub distance: f64,
    /// At most the distance.
    #[serde(with = "number")]
    pub distance_lower: f64,
    /// At least the distance.
    #[serde(with = "number")]
    pub distance_upper: f64,
    /// Pairs of points of finite death that are matched.
    #[serde(with = "number")]
    pub matched: f64,
    /// Source points that go to the diagonal.
    #[serde(with = "number")]
    pub source_to_diagonal: f64,
    /// Target points that come from the diagonal.
    #[serde(with = "number")]
    pub target_to_diagonal: f64,
    /// The essential classes.
    pub essential: EssentialReport,
    /// Why the solver stopped.
    pub termination: &'static str,
    /// Iterations in the solver's own unit.
    pub iterations: u64,
    /// The certificate of the cost.
    pub certificate: CertificateReport,
}

/// The essential classes of two diagrams.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EssentialReport {
    /// Numbers of them: source and target.
    pub classes: [usize; 2],
    /// Bounds of the cost of matching them; infinite for different numbers.
    #[serde(with = "number")]
    pub lower: f64,
    /// At least the cost.
    #[serde(with = "number")]
    pub upper: f64,
    /// The pairs, by their rows.
    pub pairs: PlanReport,
}

impl PersistenceReport {
    /// The report of an answer.
    #[must_use]
    pub fn new(
        problem: ProblemReport,
        [source, target]: &[PersistenceDiagram; 2],
        answer: &PersistenceTransport,
    ) -> Self {
        let certificate = answer.certificate();
        let (lower, upper) =
            (root(certificate.lower, problem.p).0, root(certificate.upper, problem.p).1);
        let essential = answer.essential_certificate();
        let pairs = answer.essential_plan_of_rows(source, target);
        Self {
            problem,
            method: answer.method().into(),
            transport_cost: certificate.upper,
            distance: upper,
            distance_lower: lower,
            distance_upper: upper,
            matched: answer.plan().arcs().iter().map(|arc| arc.mass).sum(),
            source_to_diagonal: math::sum(answer.source_to_diagonal()),
            target_to_diagonal: math::sum(answer.target_to_diagonal()),
            essential: EssentialReport {
                classes: [source.essential().len(), target.essential().len()],
                lower: essential.lower,
                upper: essential.upper,
                pairs: (&pairs).into(),
            },
            termination: answer.termination().name(),
            iterations: answer.iterations(),
            certificate: certificate.into(),
        }
    }
}
