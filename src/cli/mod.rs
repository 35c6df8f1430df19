//! The command line: raw arguments → a validated job → run.
//!
//! Each subcommand is a file or folder of its own name. They share:
//!
//! - flags: `args`, with the values of `ground`, `method`, `memory`, `sample_set`, `start` and `typed`;
//! - inputs: `inputs` makes a problem of what `read_measure`, `mass_file`, `arc_list` and
//!   `histograms` read, `diagrams` reads persistence diagrams, `columns` and `row_names` hold tables against each other,
//!   `remarks` and `input_warnings` say what was noticed;
//! - a run: `progress_line` (observer, time limit, Ctrl-C), `range` (overflow and underflow);
//! - answers: `output`, made of the lines of `text` and `input_summary`;
//! - output files: `output_files` checks their names, `plan_files` writes them by `saved` and
//!   `pictures`;
//! - errors: `failure`, with the remedies of `hints`.

mod amount;
mod arc_list;
mod args;
mod barycenter;
mod bench;
mod certify;
mod columns;
mod critic;
mod crosscheck;
mod diagrams;
mod divergence;
mod emd;
mod explore;
mod failure;
mod gan;
mod generate;
mod ground;
mod hints;
mod histograms;
mod index_warnings;
mod input_summary;
mod input_warnings;
mod inputs;
mod mass_file;
mod memory;
mod method;
mod output;
mod output_files;
mod pairwise;
mod pictures;
mod plan_files;
mod plot;
mod progress_line;
mod range;
mod read_measure;
mod remarks;
mod remedies;
mod row_names;
mod sample_set;
mod saved;
mod sinkhorn;
mod start;
mod test;
mod text;
mod typed;

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use deblais::shown::Printable;

use failure::Failure;

/// The true earth mover's distance: exact optimal transport with a certificate.
///
/// Every answer comes as a bracket, lower ≤ EMD ≤ upper, that is proved by a feasible plan and
/// feasible potentials and checked apart from the method that found them.
#[derive(Debug, Parser)]
#[command(name = "deblais", version, max_term_width = 100, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 fine; 1 bad input or a failure; 2 wrong usage; \
    3 a claim does not hold; 4 stopped at a limit";

#[derive(Debug, Subcommand)]
enum Command {
    /// Earth mover's distance between two sets of weighted points
    Emd(emd::EmdArgs),
    /// Matrix of earth mover's distances between many small sets, resumable
    Pairwise(Box<pairwise::PairwiseCommand>),
    /// Mean of several histograms in the sense of optimal transport, with a bracket on its value
    Barycenter(Box<barycenter::BarycenterArgs>),
    /// Entropic transport between two sets of weighted points, with a bracket on the exact cost
    Sinkhorn(sinkhorn::SinkhornArgs),
    /// Train a 1-Lipschitz critic between two sets of weighted points, and hold it against the
    /// exact distance
    Critic(Box<critic::CriticArgs>),
    /// Train a generator against a critic, and score it by the exact distance
    Gan(gan::GanArgs),
    /// Every divergence between two sets of weighted points or two histograms, and the distances
    /// that see how far apart they are
    Divergence(Box<divergence::DivergenceArgs>),
    /// Test whether two samples come from one law: is their difference more than chance?
    Test(Box<test::TestArgs>),
    /// Six studies of divergences, distances and critics, each with a picture
    Explore(explore::ExploreArgs),
    /// Run every method on one problem, and hold each against the exact value
    Crosscheck(Box<crosscheck::CrosscheckArgs>),
    /// Judge somebody's plan or potentials: what do they prove?
    Certify(certify::CertifyArgs),
    /// Draw a saved plan
    Plot(plot::PlotArgs),
    /// Critics on problems whose answers are known
    Bench(bench::BenchArgs),
    /// Print the completion script of a shell
    Completions(generate::CompletionsArgs),
    /// Print a manual page (roff)
    Man(generate::ManArgs),
}

/// Parses the arguments, runs the subcommand, and returns the exit code.
pub(crate) fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Emd(args) => emd::run(args),
        Command::Pairwise(args) => pairwise::run(*args),
        Command::Barycenter(args) => barycenter::run(*args),
        Command::Sinkhorn(args) => sinkhorn::run(args),
        Command::Critic(args) => critic::run(*args),
        Command::Gan(args) => gan::run(args),
        Command::Divergence(args) => divergence::run(*args),
        Command::Test(args) => test::run(*args),
        Command::Explore(args) => explore::run(args),
        Command::Crosscheck(args) => crosscheck::run(*args),
        Command::Certify(args) => certify::run(args),
        Command::Plot(args) => plot::run(args),
        Command::Bench(args) => bench::run(args),
        Command::Completions(args) => generate::completions(&args),
        Command::Man(args) => generate::man(&args),
    };
    result
        .unwrap_or_else(|failure| {
            tell(format_args!("{failure}\n"));
            failure.exit()
        })
        .into()
}

/// Sets the size of the thread pool, once for the process.
fn use_threads(threads: Option<u16>) -> Result<(), Failure> {
    let Some(threads) = threads else { return Ok(()) };
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads.into())
        .build_global()
        .map_err(|error| Failure::new(format!("--threads {threads}: {error}")))
}

/// Puts text on stderr; a reader that has gone away is no failure.
fn tell(text: fmt::Arguments<'_>) {
    let _ = io::stderr().write_fmt(text);
}

/// Prints a note on stderr.
fn note(text: &str, quiet: bool) {
    if !quiet {
        tell(format_args!("note: {}\n", Printable(text)));
    }
}

/// Prints warnings on stderr.
fn warn(warnings: &[String], quiet: bool) {
    if !quiet {
        for warning in warnings {
            tell(format_args!("warning: {}\n", Printable(warning)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }
}
