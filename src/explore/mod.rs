//! The lecture's demonstrations, composed of divergences, solvers, critics and GANs: each a study that
//! returns plain data, which the command `deblais explore` draws.
//!
//! | file | study |
//! |---|---|
//! | [`mod@shift`] | a source that moves onto its target, every divergence on the way; [`pairs`] whose overlap is known |
//! | [`samples`] | two laws that overlap everywhere: what JS and EMD make of n points of each |
//! | [`plans`] | all the ways to move a little earth |
//! | [`partial`] | the cost of partial transport as a function of the mass that is moved |
//! | [`mod@discriminator`] | gradients that discriminators on the line give the generator's points during training |
//! | [`duality`] | every f-divergence as a game: its variational bound by a neural critic, beside its value |

#[cfg(feature = "nn")]
pub mod discriminator;
#[cfg(feature = "nn")]
pub mod duality;
pub mod pairs;
pub mod partial;
pub mod plans;
pub mod samples;
pub mod shift;
