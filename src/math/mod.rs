//! Exact and compensated arithmetic, wide integers, and SIMD loops.

pub(crate) mod exact;
pub(crate) mod exp;
mod keys;
mod lanes;
mod root;
mod simd;
mod sums;
mod two_float;
pub(crate) mod vectors;
mod wide;

pub(crate) use keys::{from_sort_key, sort_key, sorted_order};
pub(crate) use lanes::{position_of, smallest_lane};
pub use root::root;
pub(crate) use simd::simd_targets;
pub use sums::{NeumaierSum, dot, sum};
pub(crate) use two_float::TwoFloat;
pub(crate) use wide::Wide;
