//! The answer on stdout: JSON or text, whole or not at all.

use std::io::{Write, stdout};

use deblais::report::write_json;
use serde::Serialize;

use super::args::OutputOptions;
use super::failure::{Exit, Failure};
use super::text::Lines;

/// Prints a report as JSON if that was asked for, else as text.
pub(crate) fn print_report(
    output: &OutputOptions,
    report: &impl Serialize,
    text: impl FnOnce(&mut Lines),
) -> Result<Exit, Failure> {
    if !output.json {
        let mut lines = Lines::default();
        text(&mut lines);
        return print(lines.finish().as_bytes());
    }
    let mut bytes = Vec::new();
    write_json(&mut bytes, report).map_err(Failure::new)?;
    print(&bytes)
}

/// Puts bytes on stdout; a reader that has gone away (`| head`) is no failure.
pub(crate) fn print(bytes: &[u8]) -> Result<Exit, Failure> {
    let mut out = stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("stdout: {error}")))
        }
        _ => Ok(Exit::Fine),
    }
}
