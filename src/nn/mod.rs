//! Neural networks small enough to be written by hand: fully connected and convolutional layers,
//! back-propagation, gradients by inputs, and gradients of penalties on those.
//!
//! An [`Mlp`] computes forward onto a [`Tape`] and backward from it; a [`PenalizedTape`] does so for
//! a loss together with a penalty on ∇f. [`Loss`] has the derivatives to start from, [`Optimizer`]
//! takes the step, [`Schedule`] its size. Numbers are `f32` or `f64` ([`Real`]); batches are matrices
//! with a point a row. Every pass is parallel, with the same bits for any number of threads.

mod activation;
mod convolution;
mod elementwise;
mod error;
mod init;
mod layer;
mod loss;
mod mlp;
mod norm;
mod optimizer;
mod panels;
mod penalized;
mod product;
mod real;
mod schedule;
mod smooth;
mod tape;

pub use activation::Activation;
pub use convolution::Convolution;
pub use error::ShapeError;
pub use init::Init;
pub use layer::Affine;
pub use loss::Loss;
pub use mlp::Mlp;
pub use norm::spectral_norm;
pub use optimizer::{Optimizer, Rule};
pub use panels::on_the_pool;
pub use penalized::PenalizedTape;
pub use real::Real;
pub use schedule::Schedule;
pub use tape::Tape;
