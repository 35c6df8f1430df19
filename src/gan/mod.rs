//! Generative adversarial networks: a generator that is trained against a critic, and scores of
//! its points by the exact earth mover's distance.
//!
//! ```text
//! critic:     min_w  E ℓ_real(D_w(x)) + E ℓ_fake(D_w(G_θ(z))) + P(w)     x ~ data, z ~ N(0, I)
//! generator:  min_θ  E ℓ_gen(D_w(G_θ(z)))
//! ```
//!
//! There is one [`Trainer`], and a method is a [`Recipe`] for it: a composition of critic ×
//! [`Objective`] × [`Regularizer`](crate::critic::Regularizer) × schedule. The recipes differ in the
//! [`objective`](Objective) (ℓ), in the regularizer of [`critic`](crate::critic), and in `energy`,
//! where the critic is an autoencoder.
//!
//! The critic's estimate is not trusted: [`score()`] compares the generated points with true ones by a
//! [`ReferenceDistance`] that the caller supplies, the exact solver with its certificate, and with the
//! noise floor, the distance between two true samples.
//!
//! **References.** Goodfellow et al. 2014, "Generative adversarial nets", NeurIPS; Arjovsky,
//! Chintala, Bottou 2017, "Wasserstein generative adversarial networks", ICML; the papers of the
//! recipes are named in their files.

mod adversary;
mod average;
mod checkpoint;
mod data;
mod discriminator;
mod energy;
mod error;
mod generator;
mod gradients;
mod milestone;
mod networks;
mod objective;
mod recipe;
mod saved;
mod scalar;
mod score;
mod trainer;

pub use checkpoint::Checkpoint;
pub use data::{Data, Standard};
pub use discriminator::Discriminator;
pub use error::GanError;
pub use gradients::{
    FrozenGenerator, GradientReading, MeanGradient, OptimalMatching, disagreement,
};
pub use milestone::Milestone;
pub use networks::Image;
pub use objective::Objective;
pub use recipe::{NetworkSettings, Recipe, RecipeError};
pub use saved::{SavedAdversary, SavedNetwork};
pub use score::{
    ModeScores, Nearest, ReferenceDistance, Scores, jensen_shannon, noise_floor, rank_correlation,
    score,
};
pub use trainer::Trainer;
