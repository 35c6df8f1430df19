//! A source that moves onto the target and past it: the report of `deblais explore shift`.

use serde::Serialize;

use super::divergence::as_map;
use super::{CertificateReport, number};
use crate::certificate::Certificate;
use crate::explore::shift::ShiftStudy;

/// Schema of [`ShiftReport`].
pub const SHIFT_SCHEMA: &str = "deblais.explore-shift/2";

/// Every divergence along the path.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShiftReport {
    /// Name of the built-in pair.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pair: Option<&'static str>,
    /// Source atoms.
    pub n: usize,
    /// Target atoms.
    pub m: usize,
    /// Coordinates of an atom.
    pub dim: usize,
    /// Where the source moves, of length 1.
    #[serde(with = "number")]
    pub direction: Vec<f64>,
    /// The offset at which the source was given; a built-in pair was given nowhere.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub given: Option<f64>,
    /// `all_offsets` or `stopped`.
    pub termination: &'static str,
    /// The first offset at which the densities overlap, if they did not before.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub contact: Option<f64>,
    /// Offsets with a name.
    #[serde(serialize_with = "number::by_name")]
    pub stages: Vec<(&'static str, f64)>,
    /// The certificate of EMD whose gap is the widest on the path.
    pub widest: CertificateReport,
    /// How each divergence was found.
    #[serde(serialize_with = "as_map")]
    pub divergences: Vec<(&'static str, TrackReport)>,
    /// The values that were left out, and why.
    #[serde(serialize_with = "as_map")]
    pub left_out: Vec<(&'static str, String)>,
    /// One an offset, along the path.
    pub rows: Vec<ShiftRow>,
}

/// One divergence.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrackReport {
    /// How it was found.
    pub estimator: String,
    /// The largest value there is, where it is finite.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub ceiling: Option<f64>,
}

/// One offset.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShiftRow {
    /// Of the source's mean from the target's, along the direction.
    #[serde(with = "number")]
    pub offset: f64,
    /// The divergences by their short names.
    #[serde(serialize_with = "number::by_name")]
    pub values: Vec<(&'static str, f64)>,
    /// Their derivatives by the offset, where there is one.
    #[serde(serialize_with = "number::by_name")]
    pub slopes: Vec<(&'static str, f64)>,
    /// The difference quotient of EMD, beside its derivative along the rays.
    #[serde(with = "number", skip_serializing_if = "Option::is_none")]
    pub emd_quotient: Option<f64>,
}

impl ShiftReport {
    /// The report of a study between so many atoms; the caller adds the name of a
    /// built-in pair, the offset of given files and the stages.
    #[must_use]
    pub fn new(study: &ShiftStudy, (n, m): (usize, usize), direction: &[f64]) -> Self {
        let row = |(k, &offset): (usize, &f64)| ShiftRow {
            offset,
            values: study.tracks.iter().map(|track| (track.name, track.values[k])).collect(),
            slopes: study
                .tracks
                .iter()
                .filter_map(|track| Some((track.name, track.slopes[k]?)))
                .collect(),
            emd_quotient: study.emd_quotients[k],
        };
        let widest: &Certificate = &study.widest;
        Self {
            pair: None,
            n,
            m,
            dim: direction.len(),
            direction: direction.to_vec(),
            given: None,
            termination: if study.stopped.is_some() { "stopped" } else { "all_offsets" },
            contact: study.contact.map(|k| study.offsets[k]),
            stages: Vec::new(),
            widest: widest.into(),
            divergences: study
                .tracks
                .iter()
                .map(|track| {
                    let estimator = track.estimator.clone();
                    (track.name, TrackReport { estimator, ceiling: track.ceiling })
                })
                .collect(),
            left_out: study.left_out.clone(),
            rows: study.offsets.iter().enumerate().map(row).collect(),
        }
    }
}
