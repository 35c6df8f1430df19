//! `--epsilon` and the limits: how entropic transport is solved.

use std::ops::Not;
use std::time::Duration;

use clap::Args;
use deblais::problem::OtProblem;
use deblais::report::number;
use deblais::solvers::sinkhorn::{Epsilon, Sinkhorn, typical_cost};
use serde::{Serialize, Serializer};

use crate::cli::ground::Seconds;
use crate::cli::remarks::Remarks;
use crate::cli::text::{exact, supported};

/// How to solve.
#[derive(Debug, Args, Serialize)]
#[command(next_help_heading = "Solver")]
pub(crate) struct EntropyArgs {
    /// Strength ε of the entropy: in the units of the cost, or as a multiple of the median cost
    /// with the suffix rel
    #[arg(long, value_name = "E|Erel", default_value = "0.01rel", value_parser = epsilon, allow_negative_numbers = true)]
    #[serde(serialize_with = "written")]
    pub(crate) epsilon: Epsilon,

    /// L1 error of the plan's marginals at which to stop, as a share of the mass
    #[arg(long, value_name = "SHARE", default_value = "1e-6", value_parser = tolerance, allow_negative_numbers = true)]
    #[serde(with = "number")]
    pub(crate) tolerance: f64,

    /// Give up after so many passes over the costs
    #[arg(long, value_name = "N", default_value_t = Sinkhorn::default().max_iterations, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_iterations: u64,

    /// Stop after this time with the plan so far and its bracket: seconds, or 500ms, 10s, 2m
    #[arg(long, value_name = "TIME")]
    pub(crate) time_limit: Option<Seconds>,

    /// Lower ε, from --epsilon on, until the bracket on the exact cost is no wider than this, relative
    /// to its upper end
    #[arg(long, value_name = "GAP", value_parser = width, allow_negative_numbers = true)]
    pub(crate) exact_gap: Option<f64>,

    /// The debiased Sinkhorn divergence: the entropic cost less half of what either side costs to
    /// itself, all at one ε
    #[arg(long, conflicts_with_all = ["exact_gap", "plan", "potentials", "plan_threshold", "json_plan", "heatmap", "map", "cost_matrix"])]
    #[serde(skip_serializing_if = "Not::not")]
    pub(crate) divergence: bool,
}

impl EntropyArgs {
    /// The solver of these flags.
    pub(crate) fn solver(&self) -> Sinkhorn {
        let Self { epsilon, tolerance, max_iterations, .. } = *self;
        Sinkhorn { epsilon, tolerance, max_iterations }
    }

    /// The time after which to stop.
    pub(crate) fn limit(&self) -> Option<Duration> {
        self.time_limit.map(Seconds::duration)
    }
}

/// Writes ε as a report repeats it.
pub(crate) fn written<S: Serializer>(epsilon: &Epsilon, to: S) -> Result<S::Ok, S::Error> {
    match epsilon {
        Epsilon::Absolute(epsilon) => to.serialize_f64(*epsilon),
        Epsilon::Relative(share) => to.collect_str(&format_args!("{share}rel")),
    }
}

/// Warns of a median cost, the unit of ε, that stands for forbidden cells and not for the others.
pub(super) fn check_unit(epsilon: Epsilon, problem: &OtProblem, remarks: &mut Remarks) {
    /// How far the median is above the least costs of the rows where these are of another kind.
    const APART: f64 = 1e6;
    let Epsilon::Relative(share) = epsilon else { return };
    let (cost, median) = (problem.cost(), typical_cost(problem));
    let mut row = vec![0.0; cost.m()];
    let least: f64 = (0..cost.n())
        .map(|i| cost.row(i, &mut row).iter().fold(f64::INFINITY, |least, c| least.min(c.abs())))
        .sum();
    let least = least / cost.n() as f64;
    if least > 0.0 && median > APART * least {
        remarks.warn(format!(
            "ε is {share} × the median cost {}, but the least cost in a row is {} on average: if \
             large costs forbid cells, the plan hardly sees the others; give --epsilon in the \
             units of these, such as --epsilon {}",
            exact(median),
            supported(least, 1e-2),
            supported(share * least, 0.1)
        ));
    }
}

/// Parses ε.
pub(crate) fn epsilon(text: &str) -> Result<Epsilon, String> {
    let (number, of): (_, fn(f64) -> Epsilon) = match text.strip_suffix("rel") {
        Some(number) => (number, Epsilon::Relative),
        None => (text, Epsilon::Absolute),
    };
    match number.trim().parse::<f64>() {
        Ok(value) if value > 0.0 && value.is_finite() && (1.0 / value).is_finite() => Ok(of(value)),
        _ => Err("ε is a positive number such as 0.05, or 0.01rel for a hundredth of the median \
                  cost, and 1/ε must be finite"
            .into()),
    }
}

/// Parses a marginal error.
fn tolerance(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if share >= 0.0 => Ok(share),
        _ => Err("a marginal error is a number ≥ 0 such as 1e-6".into()),
    }
}

/// Parses the width of a bracket.
fn width(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(gap) if gap > 0.0 && gap.is_finite() => Ok(gap),
        _ => Err("a relative gap to reach is a positive number such as 0.01".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epsilon_is_absolute_or_relative_and_always_usable() {
        assert_eq!(epsilon("0.05"), Ok(Epsilon::Absolute(0.05)));
        assert_eq!(epsilon("1e-3rel"), Ok(Epsilon::Relative(1e-3)));
        for text in ["", "rel", "0", "-1", "0rel", "nan", "inf", "1e-310", "0.01foo", "1%"] {
            assert!(epsilon(text).is_err(), "{text}");
        }
    }
}
