//! `deblais explore`: the lecture's demonstrations, each one command that ends in a picture.

mod folder;
mod shift;

use clap::{Args, Subcommand};

use super::failure::{Exit, Failure};

/// `deblais explore shift|samples|discriminator|plans|duality`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExploreArgs {
    #[command(subcommand)]
    command: ExploreCommand,
}

#[derive(Debug, Subcommand)]
enum ExploreCommand {
    /// Move a source onto a target and past it: JS is stuck until they touch, EMD sees the way
    Shift(Box<shift::ShiftArgs>),
}

const EXAMPLES: &str = "Examples:
  deblais explore shift
  deblais explore shift --pair rings --out rings";

/// Validates the arguments, then runs.
pub(crate) fn run(args: ExploreArgs) -> Result<Exit, Failure> {
    match args.command {
        ExploreCommand::Shift(args) => shift::run(*args),
    }
}
