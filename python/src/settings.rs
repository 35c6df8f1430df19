//! Arguments that several functions share: the ground cost, the method, limits, a start.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use deblais::cost::{GroundCost, Minkowski};
use deblais::{
    Chebyshev, Cityblock, Cosine, Euclidean, Method, Potentials, SolveOptions, SqEuclidean,
    TransportPlan,
};
use pyo3::prelude::*;

use crate::answer::Answer;
use crate::errors::{Invalid, invalid};

/// The ground cost of this name, to the power p.
pub(crate) fn ground(cost: &str, p: f64) -> PyResult<GroundCost> {
    let base = match cost.split_once(':') {
        None => match cost {
            "euclidean" | "l2" if p == 2.0 => return Ok(SqEuclidean.into()),
            "euclidean" | "l2" => Euclidean.into(),
            "sqeuclidean" => SqEuclidean.into(),
            "cityblock" | "manhattan" | "l1" => Cityblock.into(),
            "chebyshev" | "linf" => Chebyshev.into(),
            "cosine" => Cosine.into(),
            _ => return Err(no_cost(cost)),
        },
        Some(("minkowski", exponent)) => {
            let exponent = exponent.parse().map_err(|_| no_cost(cost))?;
            Minkowski::new(exponent).map_err(Invalid::cost)?.into()
        }
        Some(_) => return Err(no_cost(cost)),
    };
    Ok(if p == 1.0 { base } else { GroundCost::power(base, p).map_err(Invalid::cost)? })
}

fn no_cost(cost: &str) -> PyErr {
    let hint = "cost is \"euclidean\", \"sqeuclidean\", \"cityblock\", \"chebyshev\", \"cosine\" or \
                \"minkowski:3\"; for a matrix use deblais.emd_matrix";
    invalid(format!("there is no ground cost \"{cost}\""), hint)
}

/// How long an exact run may take, and how it goes.
#[derive(Clone)]
pub(crate) struct Settings {
    method: Method,
    time_limit: Option<Duration>,
    max_iterations: Option<u64>,
    start: Option<(Potentials, Option<TransportPlan>)>,
}

impl Settings {
    /// The settings of these arguments.
    pub(crate) fn new(
        method: &str,
        time_limit: Option<f64>,
        max_iterations: Option<u64>,
        start: Option<&Bound<'_, Answer>>,
    ) -> PyResult<Self> {
        let start = start.map(|answer| {
            let Answer { potentials, plan, .. } = answer.get();
            (potentials.clone(), plan.clone())
        });
        let method = match method {
            "auto" => Method::Auto,
            "simplex" => Method::Simplex,
            "shortlist" => Method::Shortlist,
            "assignment" => Method::Assignment,
            "line" => Method::Line,
            _ => {
                let hint =
                    "method is \"auto\", \"simplex\", \"shortlist\", \"assignment\" or \"line\"";
                return Err(invalid(format!("there is no method \"{method}\""), hint));
            }
        };
        let time_limit = time_limit.map(seconds).transpose()?;
        Ok(Self { method, time_limit, max_iterations, start })
    }

    /// The options of a run that `stop` ends.
    pub(crate) fn options<'a>(&'a self, stop: &'a AtomicBool) -> SolveOptions<'a> {
        let mut options = SolveOptions::new().method(self.method).stop_flag(stop);
        if let Some(limit) = self.time_limit {
            options = options.time_limit(limit);
        }
        if let Some(limit) = self.max_iterations {
            options = options.iteration_limit(limit);
        }
        if let Some((potentials, plan)) = &self.start {
            options = options.start(potentials);
            if let Some(plan) = plan {
                options = options.start_plan(plan);
            }
        }
        options
    }
}

/// A time limit.
pub(crate) fn seconds(limit: f64) -> PyResult<Duration> {
    if limit.is_nan() || limit < 0.0 {
        return Err(invalid(
            format!("time_limit = {limit}"),
            "pass seconds, a number ≥ 0, or None",
        ));
    }
    Ok(Duration::try_from_secs_f64(limit).unwrap_or(Duration::MAX))
}
