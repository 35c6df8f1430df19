//! Exact optimal transport with a proof: the true earth mover's distance of two sample sets, the
//! transport plan, the Kantorovich potentials, and a certificate, two bounds
//! `lower ≤ optimum ≤ upper` that hold in exact arithmetic.
//!
//! ```
//! use deblais::{Euclidean, emd};
//! use ndarray::array;
//!
//! let x = array![[0.0, 0.0], [1.0, 0.0]];
//! let y = array![[0.0, 3.0], [1.0, 4.0]];
//! let s = emd(&x, &y, Euclidean)?; // every point has mass 1/n
//! assert!(s.lower() <= 3.5 && 3.5 <= s.upper());
//! # Ok::<(), deblais::DistanceError>(())
//! ```
//!
//! # Map
//!
//! | task | start at |
//! |---|---|
//! | distance, plan and potentials in one call | [`emd`](fn@emd) |
//! | masses, points, ground costs, matrices | [`DiscreteMeasure`], [`GroundCost`], [`CostMatrix`] |
//! | a problem, a named solver, limits, progress | [`OtProblem`], [`Method`], [`Solver`], [`Observer`] |
//! | judge anybody's plan or potentials | [`certify`], [`Certificate`] |
//! | entropic transport, Sinkhorn divergence | [`solvers::sinkhorn`] |
//! | one dimension, slices, `W_2` | [`solvers::line`], [`solvers::w2`] |
//! | all pairs of many measures | [`pairwise`] |
//! | f-divergences, energy distance, MMD | [`divergence`] |
//! | 1-Lipschitz critics and what they prove | [`critic`] |
//! | GAN training scored by the exact distance | [`gan`] |
//! | studies of the command `explore` | [`explore`] |
//! | files, pictures, reports | [`io`], [`plot`], [`report`] |
//!
//! # Terms
//!
//! The **source** μ and the **target** ν are [discrete measures](DiscreteMeasure): points with
//! masses. The **ground cost** c(x, y) is the cost of moving a unit of mass from x to y. A
//! **transport plan** γ has the masses of μ as row sums and those of ν as column sums; its cost
//! Σ c·γ is an upper bound of the optimum. **Potentials** (f, g) with f(x) + g(y) ≤ c(x, y) give the
//! lower bound Σ μf + Σ νg. A **critic** is a 1-Lipschitz function f; (f, −f) are potentials when the
//! ground cost is a distance. `docs/glossary.md` has all terms with their sources.

pub mod certificate;
pub mod cost;
pub mod critic;
pub mod crosscheck;
pub mod datasets;
mod distances;
pub mod divergence;
pub mod explore;
pub mod gan;
pub mod gibbs;
pub mod io;
pub mod math;
pub mod measure;
pub mod nn;
pub mod pairwise;
pub mod plan;
#[cfg(feature = "plot")]
pub mod plot;
pub mod potentials;
pub mod problem;
pub mod progress;
pub mod report;
pub mod seed;
pub mod shown;
pub mod solvers;
mod spatial;
pub mod tolerance;

pub use certificate::{Certificate, Certified, certify, certify_gibbs};
pub use cost::{
    Chebyshev, Cityblock, Cosine, Cost, CostMatrix, Euclidean, GroundCost, Metric, Minkowski,
    SqEuclidean,
};
pub use distances::{DistanceError, emd};
pub use gibbs::GibbsPlan;
pub use measure::{AsMasses, AsMeasure, DiscreteMeasure, Marginal};
pub use ndarray;
pub use plan::{PlanArc, TransportPlan};
pub use potentials::Potentials;
pub use problem::{CostFn, IntoCost, OtProblem};
pub use progress::Observer;
pub use solvers::{Method, Solution, SolveOptions, Solver, Termination, Transport};

/// The code of the README is tested.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
