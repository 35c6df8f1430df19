//! The lecture's demonstrations, composed of divergences, solvers, critics and GANs: each a study that
//! returns plain data, which the command `deblais explore` draws.
//!
//! | file | study |
//! |---|---|
//! | [`mod@discriminator`] | what a discriminator on the line tells the generator's points while it is trained |
//! | [`duality`] | every f-divergence as a game: its variational bound by a neural critic, beside its value |

pub mod discriminator;
pub mod duality;
