//! `--mass`, `--fraction`, `--unbalanced` and `--unit-mass`: how much mass is moved.

use clap::{Arg, Args};
use deblais::report::number;
use deblais::unbalanced::Amount;
use serde::Serialize;

use super::failure::Failure;
use super::text::exact;

/// How much mass is moved.
#[derive(Debug, Args, Serialize)]
#[command(next_help_heading = "Unequal masses")]
pub(crate) struct AmountArgs {
    /// Move exactly this mass, at the least cost; totals may differ
    #[arg(long, value_name = "M", allow_negative_numbers = true, conflicts_with_all = ["fraction", "unbalanced"])]
    mass: Option<f64>,

    /// Move exactly this fraction of the smaller total
    #[arg(
        long,
        value_name = "FRACTION",
        allow_negative_numbers = true,
        conflicts_with = "unbalanced"
    )]
    fraction: Option<f64>,

    /// Move what pays: mass that is left behind costs L1 a unit, mass that appears costs L2 (one
    /// number for both)
    #[arg(long, value_name = "L1[,L2]", allow_hyphen_values = true, value_parser = parse_penalties)]
    unbalanced: Option<Penalties>,

    /// Every point has mass 1, not 1/n of its side
    #[arg(long, conflicts_with_all = ["weights", "normalize"])]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) unit_mass: bool,
}

/// The penalties of `--unbalanced`.
#[derive(Debug, Clone, Copy, Serialize)]
struct Penalties(#[serde(with = "number")] f64, #[serde(with = "number")] f64);

fn parse_penalties(text: &str) -> Result<Penalties, String> {
    let number =
        |text: &str| text.trim().parse::<f64>().ok().filter(|x| x.is_finite() && *x >= 0.0);
    let (source, target) = text.split_once(',').unwrap_or((text, text));
    match (number(source), number(target)) {
        (Some(source), Some(target)) => Ok(Penalties(source, target)),
        _ => Err("penalties are one or two numbers ≥ 0 such as 0.5 or 0.5,2".into()),
    }
}

impl AmountArgs {
    /// The amount, unless all mass is to be moved.
    pub(crate) fn amount(&self) -> Option<Amount> {
        let penalty = |Penalties(source, target)| Amount::Penalty { source, target };
        self.mass
            .map(Amount::Mass)
            .or(self.fraction.map(Amount::Fraction))
            .or(self.unbalanced.map(penalty))
    }

    /// Refuses flags that say nothing without an amount.
    pub(crate) fn check_alone(&self) -> Result<(), Failure> {
        if self.unit_mass {
            return Err(Failure::usage("--unit-mass is for unequal masses")
                .hint("say how much is moved with --mass, --fraction or --unbalanced"));
        }
        Ok(())
    }

    /// The amount on one line, for people and journals.
    pub(crate) fn described(&self) -> Option<String> {
        self.amount().map(|amount| match amount {
            Amount::Mass(mass) => format!("mass {}", exact(mass)),
            Amount::Fraction(fraction) => {
                format!("fraction {} of the smaller total", exact(fraction))
            }
            Amount::Penalty { source, target } => {
                format!("what pays, penalties {} and {}", exact(source), exact(target))
            }
        })
    }
}

/// `--unit-mass` of a command whose sides have flags of their own for masses.
pub(crate) fn without_masses_of_sides(unit_mass: Arg) -> Arg {
    unit_mass.conflicts_with_all(["source_weights", "target_weights", "hist"])
}

/// Refuses masses that are scaled to a total of 1.
pub(crate) fn refuse_normalize(normalize: bool) -> Result<(), Failure> {
    if normalize {
        return Err(Failure::usage("--normalize makes the totals equal")
            .hint("leave it out: between unequal masses totals are taken as they are"));
    }
    Ok(())
}
