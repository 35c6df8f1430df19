//! deblais

pub mod certificate;
pub mod cost;
pub mod io;
pub mod math;
pub mod measure;
pub mod plan;
#[cfg(feature = "plot")]
pub mod plot;
pub mod potentials;
pub mod problem;
pub mod progress;
pub mod report;
pub mod solvers;
pub mod tolerance;
