#![doc = include_str!("../README.md")]

pub mod certificate;
pub mod cost;
pub mod critic;
pub mod crosscheck;
pub mod datasets;
pub mod divergence;
pub mod explore;
pub mod gan;
pub mod gibbs;
pub mod io;
pub mod math;
pub mod measure;
pub mod nn;
pub mod pairwise;
pub mod plan;
#[cfg(feature = "plot")]
pub mod plot;
pub mod potentials;
pub mod problem;
pub mod progress;
pub mod report;
pub mod seed;
pub mod shown;
pub mod solvers;
mod spatial;
pub mod tolerance;

pub use certificate::{Certificate, Certified, certify, certify_gibbs};
pub use cost::{
    Chebyshev, Cityblock, Cosine, Cost, CostMatrix, Euclidean, GroundCost, Metric, Minkowski,
    SqEuclidean,
};
pub use gibbs::GibbsPlan;
pub use measure::DiscreteMeasure;
pub use plan::{PlanArc, TransportPlan};
pub use potentials::Potentials;
pub use problem::OtProblem;
pub use progress::Observer;
pub use solvers::{Method, Solution, Solver, Termination};
