//! Exact optimal transport with a proof: the true earth mover's distance of two sample sets, the
//! transport plan, the Kantorovich potentials, and a certificate, two bounds
//! `lower ≤ optimum ≤ upper` that hold in exact arithmetic.
//!
//! The distance of two clouds, whose points have mass 1/n each:
//!
//! ```
//! use deblais::ndarray::array;
//! use deblais::{Euclidean, emd};
//!
//! let x = array![[0.0, 0.0], [1.0, 0.0]];
//! let y = array![[0.0, 3.0], [1.0, 4.0]];
//! let s = emd(&x, &y, Euclidean)?;
//! assert!(s.lower() <= 3.5 && 3.5 <= s.upper());
//! # Ok::<(), deblais::DistanceError>(())
//! ```
//!
//! `W_2` of weighted points, and its plan as a dense matrix:
//!
//! ```
//! use deblais::ndarray::array;
//! use deblais::{DiscreteMeasure, Euclidean, wasserstein};
//!
//! let x = DiscreteMeasure::new(array![[0.0], [1.0]], array![0.25, 0.75])?;
//! let y = DiscreteMeasure::new(array![[3.0], [4.0]], array![0.5, 0.5])?;
//! let w2 = wasserstein(&x, &y, 2.0, Euclidean)?;
//! assert!((w2.value() - 7.75_f64.sqrt()).abs() < 1e-14);
//! assert_eq!(w2.transport().plan().to_dense(), array![[0.25, 0.0], [0.25, 0.5]]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The certificate of somebody else's plan, on a cost matrix that is borrowed and not copied:
//!
//! ```
//! use deblais::ndarray::array;
//! use deblais::{OtProblem, TransportPlan, certify};
//!
//! let costs = array![[1.0_f32, 4.0], [3.0, 2.0]];
//! let problem = OtProblem::new(&[0.5, 0.5], &[0.5, 0.5], costs.view())?;
//! let plan = TransportPlan::from_dense(array![[0.25, 0.25], [0.25, 0.25]].view())?;
//! let c = certify(&problem, Some(&plan), Some(problem.solve()?.potentials()))?.certificate;
//! assert!(!c.is_optimal() && (c.lower, c.upper) == (1.5, 2.5));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Entropic transport, and the bracket on the exact cost that it proves:
//!
//! ```
//! use deblais::ndarray::array;
//! use deblais::solvers::sinkhorn::Epsilon;
//! use deblais::{Euclidean, sinkhorn};
//!
//! let (x, y) = (array![[0.0], [1.0]], array![[2.0], [5.0]]);
//! let (entropic, exact) = sinkhorn(&x, &y, Euclidean, Epsilon::Absolute(0.1))?;
//! assert!(exact.certificate.lower <= 3.0 && 3.0 <= exact.certificate.upper);
//! assert!(entropic.marginal_error < 1e-6);
//! # Ok::<(), deblais::DistanceError>(())
//! ```
//!
//! A critic, trained and judged:
//!
//! ```
//! use deblais::critic::{TrainCones, judge};
//! use deblais::ndarray::array;
//! use deblais::{Euclidean, OtProblem};
//!
//! let problem = OtProblem::new(&array![[0.0], [1.0]], &array![[2.0], [5.0]], Euclidean)?;
//! let critic = TrainCones::default().train(&problem)?.critic;
//! let verdict = judge(&critic, &problem)?;
//! assert!(verdict.certified_lower <= 3.0 && verdict.certified_lower > 2.9);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Map
//!
//! | task | start at |
//! |---|---|
//! | a distance in one call | [`distances`]: [`emd`](fn@emd), [`wasserstein`], [`bottleneck`], [`sinkhorn`](fn@sinkhorn), … |
//! | a problem on points, a matrix or a function | [`OtProblem::new`], [`IntoCost`] |
//! | a method, limits, threads, progress, a stop flag | [`OtProblem::solve_with`], [`SolveOptions`] |
//! | masses, points, ground costs | [`DiscreteMeasure`], [`Marginal`], [`GroundCost`], [`Metric`] |
//! | derivatives with respect to points, masses, costs | [`Transport::gradient`], [`gradient`] |
//! | judge anybody's plan or potentials | [`certify`], [`Certificate`] |
//! | entropic transport, Sinkhorn divergence | [`solvers::sinkhorn`] |
//! | the bottleneck distance `W_∞` | [`solvers::bottleneck`], [`certify_bottleneck`] |
//! | one dimension, slices, `W_2` | [`solvers::line`], [`solvers::w2`] |
//! | barycenters, of fixed and of free support | [`barycenter`] |
//! | many problems in one call, one to many | [`emd_batch`] |
//! | unequal masses | [`UnbalancedProblem`], [`Amount`] |
//! | persistence diagrams | [`PersistenceDiagram`], [`persistence_distance`], [`persistence`] |
//! | all pairs of many measures | [`pairwise`](mod@pairwise) |
//! | f-divergences, energy distance, MMD | [`divergence`] |
//! | are two samples from one law? | [`two_sample`] |
//! | 1-Lipschitz critics and what they prove | [`critic`] |
//! | GAN training scored by the exact distance | [`gan`] |
//! | studies of the command `explore` | [`explore`] |
//! | files, pictures, reports | [`io`], [`plot`], [`report`] |
//!
//! Arrays are those of [`ndarray`], re-exported here. Work runs on the rayon pool that it is called
//! in; [`SolveOptions::threads`] gives it one of its own.
//!
//! # Terms
//!
//! The **source** μ and the **target** ν are [discrete measures](DiscreteMeasure): points with
//! masses. The **ground cost** c(x, y) is the cost of moving a unit of mass from x to y. A
//! **transport plan** γ has the masses of μ as row sums and those of ν as column sums; its cost
//! Σ c·γ is an upper bound of the optimum. **Potentials** (f, g) with f(x) + g(y) ≤ c(x, y) give the
//! lower bound Σ μf + Σ νg. A **critic** is a 1-Lipschitz function f; (f, −f) are potentials when the
//! ground cost is a distance. `docs/glossary.md` has all terms with their sources.

pub mod barycenter;
pub mod batch;
pub mod certificate;
pub mod cost;
#[cfg(feature = "nn")]
pub mod critic;
#[cfg(all(feature = "nn", feature = "lp"))]
pub mod crosscheck;
pub mod datasets;
pub mod distances;
pub mod divergence;
pub mod explore;
#[cfg(feature = "nn")]
pub mod gan;
pub mod gibbs;
pub mod gradient;
#[cfg(feature = "io")]
pub mod io;
pub mod math;
pub mod measure;
#[cfg(feature = "nn")]
pub mod nn;
pub mod pairwise;
pub mod persistence;
pub mod plan;
#[cfg(feature = "plot")]
pub mod plot;
pub mod potentials;
pub mod problem;
pub mod progress;
#[cfg(feature = "report")]
pub mod report;
pub mod seed;
pub mod shown;
pub mod solvers;
mod spatial;
pub mod tolerance;
pub mod two_sample;
pub mod unbalanced;

pub use batch::emd_batch;
pub use certificate::{Certificate, Certified, certify, certify_bottleneck, certify_gibbs};
pub use cost::{
    Chebyshev, Cityblock, Cosine, Cost, CostMatrix, Euclidean, GroundCost, Metric, Minkowski,
    SqEuclidean,
};
pub use distances::{
    DistanceError, PersistenceDistance, Wasserstein, bottleneck, emd, energy_distance, mmd,
    pairwise, persistence_distance, sinkhorn, sinkhorn_divergence, sliced_wasserstein, wasserstein,
    wasserstein_1d,
};
pub use gibbs::GibbsPlan;
pub use gradient::{Gradient, SideGradient};
pub use measure::{AsMasses, AsMeasure, DiscreteMeasure, Marginal};
pub use ndarray;
pub use persistence::{PersistenceDiagram, PersistenceProblem, PersistenceTransport};
pub use plan::{PlanArc, TransportPlan};
pub use potentials::Potentials;
pub use problem::{CostFn, IntoCost, OtProblem};
pub use progress::Observer;
pub use solvers::{Method, Solution, SolveOptions, Solver, Termination, Transport};
pub use two_sample::two_sample_test;
pub use unbalanced::{Amount, UnbalancedProblem, UnbalancedTransport};

/// The code of the README is tested.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// So is that of the guide's page on the library.
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/library.md")]
struct LibraryGuide;

/// And that of its page on two-sample tests.
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/test.md")]
struct TestGuide;
