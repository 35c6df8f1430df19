//! `--method` and `--lp-backend`.

use clap::ValueEnum;
use deblais::solvers::Method;
use deblais::solvers::lp::Backend;
use serde::Serialize;

use super::failure::Failure;

/// `--method`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum MethodName {
    /// The fastest that is exact for the input
    Auto,
    /// The network simplex, for any input
    Simplex,
    /// The network simplex without a table, in memory linear in the points
    Shortlist,
    /// Shortest augmenting paths, for uniform masses and n = m
    Assignment,
    /// The closed form for points on the line and a convex cost
    Line,
    /// A generic linear program: for small problems and as a cross-check
    Lp,
}

/// `--lp-backend`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum BackendName {
    /// A simplex code in Rust
    Microlp,
    /// An interior-point code in Rust
    Clarabel,
    /// `HiGHS`, if the program was built with it
    Highs,
}

/// The method of both flags together.
pub(crate) fn choose(method: MethodName, backend: Option<BackendName>) -> Result<Method, Failure> {
    match (method, backend) {
        (MethodName::Lp, backend) => {
            backend.unwrap_or(BackendName::Clarabel).built_in().map(Method::Lp)
        }
        (_, Some(_)) => {
            Err(Failure::usage("--lp-backend chooses among LP codes, but no LP is solved")
                .hint("add --method lp"))
        }
        (MethodName::Auto, None) => Ok(Method::Auto),
        (MethodName::Simplex, None) => Ok(Method::Simplex),
        (MethodName::Shortlist, None) => Ok(Method::Shortlist),
        (MethodName::Assignment, None) => Ok(Method::Assignment),
        (MethodName::Line, None) => Ok(Method::Line),
    }
}

impl BackendName {
    /// The backend, if the program was built with it.
    fn built_in(self) -> Result<Backend, Failure> {
        match self {
            Self::Microlp => Ok(Backend::Microlp),
            Self::Clarabel => Ok(Backend::Clarabel),
            #[cfg(feature = "highs")]
            Self::Highs => Ok(Backend::Highs),
            #[cfg(not(feature = "highs"))]
            Self::Highs => Err(Failure::usage("this program was built without HiGHS").hint(
                "use clarabel or microlp, or build with `cargo build --release --features highs`",
            )),
        }
    }
}
