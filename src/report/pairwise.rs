//! Transport costs between all pairs: the report of `deblais pairwise`.

use ndarray::ArrayView2;
use serde::Serialize;

use super::{CertificateReport, InputReport, number};
use crate::pairwise::Judged;
use crate::solvers::Termination;

/// Schema of [`PairwiseReport`].
pub const PAIRWISE_SCHEMA: &str = "deblais.pairwise/2";

/// One of the sets.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SetReport {
    /// Its name.
    pub name: String,
    /// Points that have mass.
    pub points: usize,
    /// The file it was read from.
    pub input: InputReport,
}

/// A pair and what is proved about it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PairReport {
    /// Places of its sets, from 0.
    pub pair: [usize; 2],
    /// The certificate.
    pub certificate: CertificateReport,
}

impl From<&Judged> for PairReport {
    fn from(judged: &Judged) -> Self {
        let (i, j) = judged.pair;
        Self { pair: [i, j], certificate: (&judged.certificate).into() }
    }
}

/// The matrix of all pairs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PairwiseReport {
    /// Coordinates of a point.
    pub dim: usize,
    /// Name of the ground distance.
    pub cost: String,
    /// Minkowski exponent.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub exponent: Option<f64>,
    /// The cost is the distance to this power.
    #[serde(with = "number")]
    pub p: f64,
    /// Total mass of every set, where all have the same: not of persistence diagrams, nor of unequal masses.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub total_mass: Option<f64>,
    /// The sets, in the order of rows and columns.
    pub sets: Vec<SetReport>,
    /// Pairs there are.
    pub pairs: usize,
    /// Pairs that are done.
    pub done: usize,
    /// Why the run ended.
    pub termination: &'static str,
    /// The kind of the entries: `transport_cost`, `distance`, its p-th root, or `objective`, with
    /// penalties, of unequal masses.
    pub entries: &'static str,
    /// The entries, row by row; infinite for pairs that are not done.
    #[serde(with = "number")]
    pub matrix: Vec<Vec<f64>>,
    /// The pair with the largest relative gap.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worst: Option<PairReport>,
    /// Pairs whose relative gap is above the one claimed.
    pub unproved: usize,
}

impl PairwiseReport {
    /// The report of these sets, without any pair.
    #[must_use]
    pub fn new(cost: impl Into<String>, dim: usize, sets: Vec<SetReport>) -> Self {
        Self {
            dim,
            cost: cost.into(),
            exponent: None,
            p: 1.0,
            total_mass: None,
            pairs: sets.len() * (sets.len() - 1) / 2,
            sets,
            done: 0,
            termination: Termination::Optimal.name(),
            entries: "transport_cost",
            matrix: Vec::new(),
            worst: None,
            unproved: 0,
        }
    }

    /// The entries of a matrix as they are reported.
    #[must_use]
    pub fn rows(matrix: ArrayView2<'_, f64>) -> Vec<Vec<f64>> {
        matrix.outer_iter().map(|row| row.to_vec()).collect()
    }
}
