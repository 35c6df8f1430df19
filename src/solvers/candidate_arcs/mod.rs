//! Candidate arcs: the few of the n·m arcs that are likely to carry mass.
//!
//! The support of an optimal plan is a forest of at most n + m − 1 arcs. Rough potentials
//! ([`rough_duals`]) say which arcs are likely to be in it ([`candidates`]). A solver works on these
//! arcs alone. A pass over all arcs ([`pricing`], or the exact one of the network simplex) adds the
//! violated ones, until it finds none, which proves optimality.

#![expect(clippy::cast_possible_truncation, reason = "indices fit u32: an ArcList stores them so")]

pub(crate) mod auction;
pub(crate) mod candidates;
mod coarsening;
mod group_minima;
pub(crate) mod pricing;
pub(crate) mod rough_duals;
pub(crate) mod sampling;
