//! `deblais explore`: the lecture's demonstrations, each one command that ends in a picture.

mod discriminator;
mod duality;
mod folder;

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
    /// What a discriminator on the line tells the generator's points while it is trained, beside
    /// the exact potential
    Discriminator(Box<discriminator::DiscriminatorArgs>),
    /// Every f-divergence as a game: its variational bound by a neural critic, beside its value
    Duality(Box<duality::DualityArgs>),
}

const EXAMPLES: &str = "Examples:
  deblais explore discriminator
  deblais explore duality --q 2,1
";

/// Validates the arguments, then runs.
pub(crate) fn run(args: ExploreArgs) -> Result<Exit, Failure> {
    match args.command {
        ExploreCommand::Discriminator(args) => discriminator::run(*args),
        ExploreCommand::Duality(args) => duality::run(*args),
    }
}
