//! `deblais explore`: six studies of divergences, distances and critics, each with a picture.

mod discriminator;
mod duality;
mod folder;
mod partial;
mod plans;
mod samples;
mod shift;
mod study;

use clap::{Args, Subcommand};

use self::study::StudyArgs;
use super::failure::{Exit, Failure};

/// `deblais explore shift|samples|discriminator|plans|partial|duality`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExploreArgs {
    #[command(subcommand)]
    command: ExploreCommand,
}

#[derive(Debug, Subcommand)]
enum ExploreCommand {
    /// Move a source onto a target and past it: JS is stuck until they touch, EMD sees the way
    Shift(Box<StudyArgs<shift::ShiftArgs>>),
    /// Two laws that overlap everywhere: what JS and EMD make of n points of each
    Samples(StudyArgs<samples::SamplesArgs>),
    /// What a discriminator on the line tells the generator's points while it is trained, beside
    /// the exact potential
    Discriminator(Box<StudyArgs<discriminator::DiscriminatorArgs>>),
    /// All the ways to move a little earth, ranked by cost: the worst, one at random, the best
    Plans(Box<StudyArgs<plans::PlansArgs>>),
    /// Move a part of the mass: least cost and marginal price as functions of the mass
    Partial(Box<StudyArgs<partial::PartialArgs>>),
    /// Every f-divergence as a game: its variational bound by a neural critic, beside its value
    Duality(Box<StudyArgs<duality::DualityArgs>>),
}

const EXAMPLES: &str = "Examples:
  deblais explore shift
  deblais explore shift --pair rings --out rings
  deblais explore samples
  deblais explore samples --shift 2 --dims 1,2,4,16 --sizes 16,128,1024
  deblais explore discriminator
  deblais explore plans
  deblais explore plans --piles plane --p 2
  deblais explore plans a.csv b.csv --weights w --out my-piles
  deblais explore partial a.csv b.csv
  deblais explore duality --q 2,1";

/// Validates the arguments, then runs.
pub(crate) fn run(args: ExploreArgs) -> Result<Exit, Failure> {
    match args.command {
        ExploreCommand::Shift(args) => study::run::<shift::ShiftDemo>(*args),
        ExploreCommand::Samples(args) => study::run::<samples::SamplesDemo>(args),
        ExploreCommand::Plans(args) => study::run::<plans::PlansDemo>(*args),
        ExploreCommand::Partial(args) => study::run::<partial::PartialDemo>(*args),
        ExploreCommand::Discriminator(args) => {
            study::run::<discriminator::DiscriminatorDemo>(*args)
        }
        ExploreCommand::Duality(args) => study::run::<duality::DualityDemo>(*args),
    }
}
