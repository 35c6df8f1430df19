//! Reports for people: short, aligned, and never a number without its bracket.

use std::fmt::Write;

use deblais::certificate::Certificate;
use deblais::report::{Inputs, Number, ProblemReport, Timings};

/// As many significant digits of `value` as a bracket of relative width `relative_gap` supports.
pub(crate) fn supported(value: f64, relative_gap: f64) -> String {
    /// Digits that survive the rounding of a long sum.
    const MOST: usize = 14;
    const LEAST: usize = 2;
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    let known = if relative_gap > 0.0 { -relative_gap.log10() } else { MOST as f64 };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    let digits = known.clamp(LEAST as f64, MOST as f64) as usize;
    significant(value, digits)
}

/// `value` with so many significant digits, in positional notation where that is readable.
fn significant(value: f64, digits: usize) -> String {
    let scientific = format!("{value:.*e}", digits.max(1) - 1);
    let exponent: i32 = scientific.rsplit('e').next().and_then(|e| e.parse().ok()).unwrap_or(0);
    if !(-5..15).contains(&exponent) {
        return scientific;
    }
    let decimals = i32::try_from(digits).unwrap_or(i32::MAX) - 1 - exponent;
    let text = format!("{value:.*}", usize::try_from(decimals).unwrap_or(0));
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// A small quantity: an exact zero, or two digits.
fn small(value: f64) -> String {
    if value == 0.0 { "0".into() } else { format!("{value:.1e}") }
}

/// All digits of a number, in as few characters as need be.
fn exact(value: f64) -> String {
    if value == 0.0 || (1e-5..1e16).contains(&value.abs()) {
        value.to_string()
    } else {
        format!("{value:e}")
    }
}

/// Aligned `label  value` lines.
#[derive(Default)]
pub(crate) struct Lines(String);

impl Lines {
    pub(crate) fn line(&mut self, label: &str, value: impl std::fmt::Display) {
        let _ = writeln!(self.0, "{label:<24}{value}");
    }

    pub(crate) fn finish(self) -> String {
        self.0
    }

    /// The headline: the number, as far as it is known.
    pub(crate) fn headline(&mut self, problem: &ProblemReport, certificate: &Certificate) {
        let known = certificate.upper.is_finite();
        let (cost, relative, sign) = if known {
            (certificate.upper, certificate.relative_gap(), "")
        } else {
            (certificate.lower, 0.0, "≥ ")
        };
        let p = problem.p.0;
        let value = |value, relative| format!("{sign}{}", supported(value, relative));
        match problem.distance(cost) {
            Some(distance) if p == 1.0 => {
                self.line("earth mover's distance", value(distance, relative));
            }
            Some(distance) => {
                self.line("transport cost", value(cost, relative));
                self.line(&format!("W_{p}"), value(distance, relative / p));
            }
            None => self.line("transport cost", value(cost, relative)),
        }
    }

    /// The bracket and the raw residuals.
    pub(crate) fn certificate(&mut self, certificate: &Certificate) {
        let Certificate { lower, upper, gap, .. } = *certificate;
        self.line("  lower bound", exact(lower));
        if upper == f64::INFINITY {
            self.line("  upper bound", "none: there is no plan");
        } else {
            self.line("  upper bound", exact(upper));
            let verdict = if certificate.is_tight() { ": optimal" } else { "" };
            let relative = small(certificate.relative_gap());
            self.line("  gap", format!("{}, relative {relative}{verdict}", small(gap)));
        }
        self.line(
            "  residuals",
            format!(
                "source {}, target {}, dual {}",
                small(certificate.source_residual),
                small(certificate.target_residual),
                small(certificate.dual_violation)
            ),
        );
    }

    /// Sizes and ground cost.
    pub(crate) fn problem(&mut self, problem: &ProblemReport, inputs: &Inputs) {
        let size = match problem.dim {
            Some(1) => format!("{} × {} points on the line", problem.n, problem.m),
            Some(d) => format!("{} × {} points in {d} dimensions", problem.n, problem.m),
            None => format!("{} × {} cost matrix", problem.n, problem.m),
        };
        self.line("  problem", size);
        if problem.cost != "matrix" {
            let exponent = problem.exponent.map_or(String::new(), |Number(q)| format!("({q})"));
            let power = match problem.p.0 {
                p if p == 1.0 || problem.cost == "sqeuclidean" => String::new(),
                p => format!(" to the power {p}"),
            };
            self.line("  cost", format!("{}{exponent}{power}", problem.cost));
        }
        let total = problem.total_mass.0;
        let normalized: Vec<_> =
            inputs.iter().filter(|(_, input)| input.normalized).map(|(role, _)| *role).collect();
        let mut mass = supported(total, 0.0);
        if !normalized.is_empty() {
            let _ = write!(mass, " ({} normalized)", normalized.join(" and "));
        }
        if problem.rescaled {
            let _ = write!(mass, " (target × {})", problem.rescale_factor.0);
        }
        self.line("  mass", mass);
    }

    /// Where the time went.
    pub(crate) fn timings(&mut self, timings: &Timings) {
        let stages = ["read", "solve", "certify"];
        let parts: Vec<_> = stages
            .iter()
            .filter_map(|stage| Some(format!("{stage} {:.3} s", timings.get(stage)?.0)))
            .collect();
        self.line("  time", parts.join(", "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stop_where_the_bracket_does() {
        assert_eq!(supported(std::f64::consts::PI, 1e-6), "3.14159");
        assert_eq!(supported(std::f64::consts::PI, 0.3), "3.1");
        assert_eq!(supported(0.5, 0.0), "0.5");
        assert_eq!(supported(0.0, 0.0), "0");
        assert_eq!(supported(1.25e-9, 0.0), "1.2500000000000e-9");
        assert_eq!(supported(123_456.0, 1e-3), "123456");
    }
}
