//! Seeded laws to draw samples from, with what is known about them.

mod funnels;

pub use funnels::Funnels;
