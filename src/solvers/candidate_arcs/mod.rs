//! Shortlists: exact transport without looking at most of the n·m arcs most of the time.
//!
//! The support of an optimal plan is a forest, at most n + m − 1 arcs. Rough potentials
//! ([`duals`]) say which arcs are likely to be in it ([`candidates`]); a solver works on those; a
//! pass over all arcs ([`pricing`], or the network simplex's own in integers) adds the violated
//! ones, until it finds none: that pass is the proof.

#![expect(clippy::cast_possible_truncation, reason = "indices fit u32: an ArcList stores them so")]

pub(crate) mod auction;
pub mod candidates;
mod coarsening;
mod group_minima;
pub mod pricing;
pub mod rough_duals;
pub(crate) mod sampling;
