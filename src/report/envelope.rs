//! The fields that all reports have, around what a command found.

use std::ops::Deref;

use serde::Serialize;

use super::{Inputs, PlanReport, Settings, Timings};

/// A report: the schema and version in front of the findings, and behind them the inputs and settings
/// that they follow from. Its fields and those of the findings form one JSON object.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report<F, T = Timings> {
    /// Name and version of the schema, such as [`EMD_SCHEMA`](super::EMD_SCHEMA).
    pub schema: &'static str,
    /// Version of the crate.
    pub version: &'static str,
    /// The findings of the command.
    #[serde(flatten)]
    pub findings: F,
    /// The files that were read; absent for commands that read none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Inputs>,
    /// The settings that shape the findings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<Settings>,
    /// Doubts about the inputs or the findings; absent for commands that have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warnings: Option<Vec<String>>,
    /// The cells of the plan, if they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanReport>,
    /// Seconds of wall-clock time by stage.
    pub timings: T,
}

impl<F, T: Default> Report<F, T> {
    /// A report of findings alone.
    pub fn new(schema: &'static str, findings: F) -> Self {
        Self {
            schema,
            version: env!("CARGO_PKG_VERSION"),
            findings,
            inputs: None,
            settings: None,
            warnings: None,
            plan: None,
            timings: T::default(),
        }
    }
}

impl<F, T> Deref for Report<F, T> {
    type Target = F;

    fn deref(&self) -> &F {
        &self.findings
    }
}
