//! The lecture's demonstrations, composed of divergences, solvers, critics and GANs: each a study that
//! returns plain data, which the command `deblais explore` draws.

pub mod pairs;
pub mod plans;
pub mod samples;
pub mod shift;
