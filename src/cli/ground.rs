//! The ground cost as it is typed, and the problem it makes.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::ArgPredicate;
use clap::{Arg, ValueEnum};
use deblais::cost::{CostError, GroundCost, Metric, Minkowski};
use deblais::report::number;
use serde::Serialize;

use super::args::GroundArgs;
use super::failure::Failure;
use super::typed::typed;

/// `--cost`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CostName {
    /// ‖x − y‖₂
    #[value(alias = "l2")]
    Euclidean,
    /// ‖x − y‖₂²: the same as `--cost euclidean --p 2`
    #[value(aliases = ["squared-euclidean", "squared_euclidean"])]
    Sqeuclidean,
    /// Sum of the absolute differences
    #[value(aliases = ["manhattan", "l1"])]
    Cityblock,
    /// Largest absolute difference
    #[value(alias = "linf")]
    Chebyshev,
    /// 1 − cos of the angle between x and y; not a metric
    Cosine,
    /// ‖x − y‖_q with q given by --exponent
    Minkowski,
}

/// A validated ground cost: a distance to the power p, or the cosine dissimilarity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ground {
    name: CostName,
    /// The base of the power.
    base: GroundCost,
    p: f64,
    cost: GroundCost,
}

/// On one line, without anything left out.
impl fmt::Display for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cost={} p={}", self.name(), self.p)?;
        self.exponent().map_or(Ok(()), |q| write!(f, " exponent={q}"))
    }
}

/// `--cost` of a command that has `--diagonal`.
pub(crate) fn chebyshev_with_diagonal(cost: Arg) -> Arg {
    cost.default_value_if("diagonal", ArgPredicate::Equals("true".into()), "chebyshev")
        .help("Ground distance between two points; with --diagonal, chebyshev if left out")
}

impl GroundArgs {
    /// The ground cost of the three flags.
    pub(crate) fn check(&self) -> Result<Ground, Failure> {
        Ground::new(self.cost, self.exponent, self.p)
    }
}

impl Ground {
    /// Checks the three flags against each other.
    pub(crate) fn new(
        name: CostName,
        exponent: Option<f64>,
        p: Option<f64>,
    ) -> Result<Self, Failure> {
        if let Some(p) = p.filter(|p| !(p.is_finite() && *p > 0.0)) {
            return Err(Failure::usage(format!("--p {p}: the power must be finite and above 0"))
                .hint("--p 1 is the distance itself, --p 2 its square; emd alone takes --p inf"));
        }
        let base = match (name, exponent) {
            (CostName::Minkowski, None) => {
                return Err(Failure::usage("--cost minkowski needs its exponent")
                    .hint("add --exponent 3, say"));
            }
            (CostName::Minkowski, Some(q)) => Minkowski::new(q)
                .map_err(|_| {
                    Failure::usage(format!("--exponent {q}: it must be finite and at least 1"))
                        .hint("--exponent 1 is the cityblock distance, --exponent 2 the Euclidean")
                })?
                .into(),
            (_, Some(_)) => {
                return Err(Failure::usage("--exponent belongs to --cost minkowski")
                    .hint("for the distance to a power, use --p"));
            }
            (CostName::Euclidean | CostName::Sqeuclidean, None) => GroundCost::Euclidean,
            (CostName::Cityblock, None) => GroundCost::Cityblock,
            (CostName::Chebyshev, None) => GroundCost::Chebyshev,
            (CostName::Cosine, None) => GroundCost::Cosine,
        };
        let p = match (name, p) {
            (CostName::Sqeuclidean, Some(p)) => {
                return Err(Failure::usage("--cost sqeuclidean is a power already: --p is 2")
                    .hint(format!(
                        "for the Euclidean distance to the power {p}, use --cost euclidean --p {p}"
                    )));
            }
            (CostName::Cosine, Some(_)) => {
                return Err(Failure::usage("--cost cosine is no distance: --p has no meaning")
                    .hint("leave --p out"));
            }
            (CostName::Sqeuclidean, None) => 2.0,
            (_, p) => p.unwrap_or(1.0),
        };
        let cost = match base {
            // Exact, where the root and the power would round, and faster.
            GroundCost::Euclidean if p == 2.0 => GroundCost::SqEuclidean,
            base if p == 1.0 => base,
            base => GroundCost::power(base, p).map_err(usage)?,
        };
        Ok(Self { name, base, p, cost })
    }

    /// The name in the reports.
    pub(crate) fn name(&self) -> String {
        typed(&self.name)
    }

    /// The cost as text output has it, such as `euclidean to the power 3`.
    pub(crate) fn described(&self) -> String {
        let exponent = self.exponent().map_or(String::new(), |q| format!("({q})"));
        let power = match self.p {
            p if p == 1.0 || self.name == CostName::Sqeuclidean => String::new(),
            p => format!(" to the power {p}"),
        };
        format!("{}{exponent}{power}", self.name())
    }

    /// The Minkowski exponent q.
    pub(crate) fn exponent(&self) -> Option<f64> {
        match self.base {
            GroundCost::Minkowski(minkowski) => Some(minkowski.exponent()),
            _ => None,
        }
    }

    /// The power p: the cost is the distance to the power p.
    pub(crate) fn p(&self) -> f64 {
        self.p
    }

    /// The cost of moving a unit as far as `distance`; of the cosine dissimilarity, that itself.
    pub(crate) fn cost_at(&self, distance: f64) -> Result<f64, Failure> {
        if distance.is_nan() || distance < 0.0 {
            return Err(Failure::usage(format!("--max-distance {distance} is no distance"))
                .hint("give a number ≥ 0"));
        }
        Ok(if self.is_power_of_distance() { distance.powf(self.p) } else { distance })
    }

    /// Whether the cost is a power of a distance, so that its p-th root is `W_p`.
    pub(crate) fn is_power_of_distance(&self) -> bool {
        self.base != GroundCost::Cosine
    }

    /// Refuses a cost under which no point has a distance to the diagonal.
    pub(crate) fn check_diagonal(&self) -> Result<(), Failure> {
        if self.is_power_of_distance() {
            return Ok(());
        }
        Err(Failure::usage(
            "--diagonal: --cost cosine is not defined by the difference of two points",
        )
        .hint("use --cost chebyshev or euclidean"))
    }

    /// Whether exp(−c/ε) is a positive definite kernel at every ε, so that no Sinkhorn divergence is
    /// negative: powers up to 2 of the Euclidean distance and up to 1 of the cityblock distance.
    pub(crate) fn has_positive_kernel(&self) -> bool {
        match self.base {
            GroundCost::Euclidean => self.p <= 2.0,
            GroundCost::Cityblock => self.p <= 1.0,
            _ => false,
        }
    }

    /// The ground cost itself.
    pub(crate) fn cost(&self) -> GroundCost {
        self.cost
    }

    /// Whether it is the Euclidean distance itself.
    pub(crate) fn is_euclidean(&self) -> bool {
        self.cost == GroundCost::Euclidean
    }

    /// The ground cost as a distance, or why it is none.
    pub(crate) fn metric(&self) -> Result<Metric, Failure> {
        let refusal = |_| {
            if self.p > 1.0 {
                Failure::usage(format!(
                    "a distance to the power {} is no distance: Kantorovich–Rubinstein duality, \
                     and so a critic, needs one",
                    self.p
                ))
                .hint("use --cost euclidean, or --p 1 or less; for other powers, deblais emd")
            } else {
                Failure::usage(
                    "--cost cosine breaks the triangle inequality: a critic needs a distance",
                )
                .hint("use --cost euclidean")
            }
        };
        Metric::try_from(self.cost).map_err(refusal)
    }
}

fn usage(error: CostError) -> Failure {
    Failure::usage(&error).hint(error.hint())
}

/// A length of time: seconds, or a number with `ms`, `s`, `m` or `h`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Seconds(#[serde(with = "number")] pub(crate) f64);

impl Seconds {
    /// The time as it is counted; without end if it is longer than can be counted.
    pub(crate) fn duration(self) -> Duration {
        Duration::try_from_secs_f64(self.0).unwrap_or(Duration::MAX)
    }
}

impl FromStr for Seconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let units = [("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
        let (number, unit) = units
            .iter()
            .find_map(|(suffix, unit)| Some((text.strip_suffix(suffix)?, *unit)))
            .unwrap_or((text, 1.0));
        match number.trim().parse::<f64>() {
            Ok(value) if value.is_finite() && value >= 0.0 => Ok(Self(value * unit)),
            _ => Err("a time is a number of seconds such as 90, or 500ms, 90s, 2m, 1h".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deblais::measure::DiscreteMeasure;
    use ndarray::array;

    #[test]
    fn flags_that_contradict_each_other_are_refused() {
        use CostName::{Cosine, Euclidean, Minkowski, Sqeuclidean};
        assert!(Ground::new(Minkowski, None, None).is_err());
        assert!(Ground::new(Minkowski, Some(0.5), None).is_err());
        assert!(Ground::new(Euclidean, Some(3.0), None).is_err());
        assert!(Ground::new(Sqeuclidean, None, Some(4.0)).is_err());
        assert!(Ground::new(Cosine, None, Some(1.0)).is_err());
        assert!(Ground::new(Euclidean, None, Some(0.0)).is_err());
        assert!(Ground::new(Euclidean, None, Some(f64::NAN)).is_err());
        assert_eq!(Ground::new(Sqeuclidean, None, None).unwrap().p(), 2.0);
    }

    #[test]
    fn the_square_of_the_distance_does_not_go_through_its_root() {
        let at = |x: f64| DiscreteMeasure::uniform(array![[x]]).unwrap();
        let ground = Ground::new(CostName::Euclidean, None, Some(2.0)).unwrap();
        let cost = ground.cost().table(&at(0.0), &at(0.1)).unwrap();
        assert_eq!(cost.at(0, 0).to_bits(), (0.1_f64 * 0.1).to_bits());
    }

    #[test]
    fn times_are_read_with_their_units() {
        for (text, seconds) in [("10", 10.0), ("10s", 10.0), ("2m", 120.0), ("500ms", 0.5)] {
            assert_eq!(text.parse(), Ok(Seconds(seconds)));
        }
        let endless: Seconds = "1e308h".parse().unwrap();
        assert_eq!(endless.duration(), Duration::MAX);
        for text in ["", "s", "-1", "inf", "ten"] {
            assert!(text.parse::<Seconds>().is_err(), "{text}");
        }
    }
}
