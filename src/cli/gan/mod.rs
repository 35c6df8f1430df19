//! `deblais gan`: generators, trained against a critic and scored by the exact distance.

mod animation;
mod compare;
mod data;
mod evaluate;
mod exact;
mod gradients;
mod picture;
mod recipes;
mod run;
mod sample;
mod train;

use clap::{Args, Subcommand};

use super::failure::{Exit, Failure};

/// `deblais gan train|recipes|sample|evaluate|gradients|compare`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct GanArgs {
    #[command(subcommand)]
    command: GanCommand,
}

#[derive(Debug, Subcommand)]
enum GanCommand {
    /// Train a generator, and leave its points, its figures and its pictures in a folder
    Train(Box<train::TrainGanArgs>),
    /// List the recipes, or print all fields of one
    Recipes(recipes::RecipesArgs),
    /// Draw points from a trained generator
    Sample(sample::SampleArgs),
    /// Score a trained generator again
    Evaluate(evaluate::EvaluateArgs),
    /// Train critics to their end against a generator that stands still, and measure what they tell
    /// it
    Gradients(Box<gradients::GradientsArgs>),
    /// Train several recipes on the same data with the same budget and seeds
    Compare(Box<compare::CompareArgs>),
}

const EXAMPLES: &str = "Examples:
  deblais gan train --recipe wgan-gp --data ring8 --out runs/ring
  deblais gan train --recipe gan --data points.csv --columns x,y --time 30s --out runs/mine
  deblais gan train --recipe wgan-gp --set critic.width=128 --data moons --out runs/wide
  deblais gan train --recipe wgan-gp --data ring8 --snapshot 100 --out runs/film
  deblais gan train --resume --out runs/ring
  deblais gan sample runs/ring --n 500 --output new.csv
  deblais gan gradients --data ring8 --away 4 --out runs/gradients
  deblais gan compare --recipes all --data grid25 --seeds 3 --time 60s --out runs/all";

/// Validates the arguments, then runs.
pub(crate) fn run(args: GanArgs) -> Result<Exit, Failure> {
    match args.command {
        GanCommand::Train(args) => train::run(*args),
        GanCommand::Recipes(args) => recipes::run(args),
        GanCommand::Sample(args) => sample::run(args),
        GanCommand::Evaluate(args) => evaluate::run(args),
        GanCommand::Gradients(args) => gradients::run(*args),
        GanCommand::Compare(args) => compare::run(*args),
    }
}
