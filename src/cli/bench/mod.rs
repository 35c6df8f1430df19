//! `deblais bench`: problems whose answers are known.

mod funnels;
mod published;

use clap::{Args, Subcommand};

use super::failure::{Exit, Failure};

/// `deblais bench`
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    problem: Problem,
}

#[derive(Debug, Subcommand)]
enum Problem {
    /// `MinFunnels`: laws in any dimension whose distance and optimal critic are known
    Funnels(funnels::FunnelsArgs),
}

/// Runs the problem that was asked for.
pub(crate) fn run(args: BenchArgs) -> Result<Exit, Failure> {
    let Problem::Funnels(args) = args.problem;
    funnels::run(args)
}
