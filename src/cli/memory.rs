//! `--memory-limit`: the memory that a method needs is estimated before it is allocated.

use std::fmt;
use std::str::FromStr;

use deblais::problem::OtProblem;
use deblais::solvers::network_simplex::SimplexOptions;
use deblais::solvers::{Memory, Method, memory};
use serde::Serialize;

use super::failure::Failure;

/// Bytes from which the need of a method is announced.
const LEAST_ANNOUNCED_BYTES: u64 = 128 << 20;

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub(crate) struct Bytes(pub(crate) u64);

/// `--memory-limit` and the text that was typed. Reports have the bytes alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(into = "u64")]
pub(crate) struct MemoryLimit {
    pub(crate) bytes: Bytes,
    text: String,
}

impl From<MemoryLimit> for u64 {
    fn from(limit: MemoryLimit) -> Self {
        limit.bytes.0
    }
}

impl FromStr for MemoryLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(Self { bytes: text.parse()?, text: text.to_owned() })
    }
}

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let units = [
            ("KiB", 1024.0),
            ("MiB", f64::from(1 << 20)),
            ("GiB", f64::from(1 << 30)),
            ("kB", 1e3),
            ("KB", 1e3),
            ("MB", 1e6),
            ("GB", 1e9),
            ("K", 1024.0),
            ("M", f64::from(1 << 20)),
            ("G", f64::from(1 << 30)),
            ("B", 1.0),
        ];
        let (number, unit) = units
            .iter()
            .find_map(|(suffix, unit)| Some((text.strip_suffix(suffix)?, *unit)))
            .unwrap_or((text, 1.0));
        match number.trim().parse::<f64>() {
            Ok(value) if value > 0.0 && value * unit < 1e18 => {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "fits")]
                let bytes = (value * unit) as u64;
                Ok(Self(bytes))
            }
            _ => Err("a size is a number of bytes such as 500MB, 2GiB or 800M".into()),
        }
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = self.0 as f64 / f64::from(1 << 20);
        match mib {
            mib if mib < 0.1 => write!(f, "{:.1} KiB", 1024.0 * mib),
            mib if mib < 10.0 => write!(f, "{mib:.1} MiB"),
            mib if mib < 1024.0 => write!(f, "{mib:.0} MiB"),
            mib => write!(f, "{:.1} GiB", mib / 1024.0),
        }
    }
}

/// The method to run, and a note about its memory if that is large. With [`Method::Auto`] the limit may
/// lead to a method without a table; a need above the limit is refused.
pub(crate) fn method_within_limit(
    limit: Option<&MemoryLimit>,
    method: Method,
    problem: &OtProblem,
    options: &SimplexOptions<'_>,
) -> Result<(Method, Option<String>), Failure> {
    let chosen = method.chosen_for(problem, options);
    let need = memory(chosen, problem);
    let used = Bytes(resident());
    let fits =
        |need: Memory| limit.is_none_or(|limit| need.bytes.saturating_add(used.0) <= limit.bytes.0);
    if fits(need) {
        let note =
            (need.bytes >= LEAST_ANNOUNCED_BYTES).then(|| need_in_words(chosen, problem, need));
        return Ok((chosen, note));
    }
    let slim = memory(Method::Shortlist, problem);
    if method == Method::Auto && fits(slim) {
        let note = format!(
            "{}, for a table would not fit into the limit",
            need_in_words(Method::Shortlist, problem, slim)
        );
        return Ok((Method::Shortlist, Some(note)));
    }
    let typed = limit.map_or("", |limit| &limit.text);
    let [enough, enough_without] =
        [need, slim].map(|need| Bytes(need.bytes.saturating_add(used.0)).to_string());
    let remedy = if slim.bytes < need.bytes && enough_without != enough {
        format!(
            "use --method shortlist, which makes no table: a limit of {enough_without} is enough \
             for it"
        )
    } else {
        format!("a limit of {enough} is enough")
    };
    Err(Failure::new(format!(
        "--memory-limit {typed}: the program holds {used} with its inputs, and {}",
        need_in_words(chosen, problem, need)
    ))
    .hint(remedy))
}

/// The need of a method as a clause of a sentence.
fn need_in_words(method: Method, problem: &OtProblem, need: Memory) -> String {
    let name = method.solver(problem).name();
    let table = match need.table {
        0 => String::new(),
        bytes => {
            format!(
                " ({} of them a table of {} × {} costs)",
                Bytes(bytes),
                problem.n(),
                problem.m()
            )
        }
    };
    format!("the {name} method takes at most about {}{table}", Bytes(need.bytes))
}

/// Bytes that this process holds in memory; 0 where the system does not tell.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_units() {
        for (text, bytes) in [
            ("1000", 1000),
            ("500MB", 500_000_000),
            ("2GiB", 2 << 30),
            ("1.5 KiB", 1536),
            ("800M", 800 << 20),
        ] {
            assert_eq!(text.parse(), Ok(Bytes(bytes)), "{text}");
        }
        for text in ["", "MB", "0", "-1GB", "lots", "1e30GB", "inf"] {
            assert!(text.parse::<Bytes>().is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_shown_in_units_of_their_size() {
        assert_eq!(Bytes(512).to_string(), "0.5 KiB");
        assert_eq!(Bytes(3 << 19).to_string(), "1.5 MiB");
        assert_eq!(Bytes(514 << 20).to_string(), "514 MiB");
        assert_eq!(Bytes(5 << 29).to_string(), "2.5 GiB");
    }
}
