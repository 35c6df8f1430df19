//! `deblais completions SHELL` and `deblais man`: text for the shell and the manual.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Cli;
use super::failure::{Exit, Failure};
use super::output::print;

/// `deblais completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// Which shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the completion script of a shell.
pub(crate) fn completions(args: &CompletionsArgs) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "deblais", &mut script);
    print(&script)
}

/// `deblais man`.
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The page of this subcommand, such as `emd`, instead of the overview
    subcommand: Option<String>,
}

/// Prints a manual page as roff.
pub(crate) fn man(args: &ManArgs) -> Result<Exit, Failure> {
    let mut command = Cli::command();
    command.build();
    let page = match &args.subcommand {
        None => command,
        Some(name) => command
            .find_subcommand(name)
            .ok_or_else(|| {
                Failure::usage(format!("there is no subcommand {name}")).hint("see deblais --help")
            })?
            .clone(),
    };
    let mut roff = Vec::new();
    let source = concat!("deblais ", env!("CARGO_PKG_VERSION"));
    clap_mangen::Man::new(page).source(source).render(&mut roff).map_err(Failure::new)?;
    print(&roff)
}
