//! Reports for people: short, aligned, and never a number without its bracket.

use std::fmt::Write;

use deblais::certificate::Certificate;
use deblais::report::{Inputs, Number, ProblemReport, Timings};
use deblais::shown::Printable;

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

/// What a bracket says: a number if it is narrow, else both ends, rounded outwards.
fn between((lower, upper): (f64, f64)) -> String {
    const NARROW: f64 = 1e-3;
    const MOST: f64 = 4.0;
    if upper == f64::INFINITY {
        return format!("≥ {}", supported(lower, 0.0));
    }
    let relative = (upper - lower).max(0.0) / upper.abs();
    if relative <= NARROW || upper == 0.0 {
        return supported(upper, relative);
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    let digits = (2.0 - relative.log10()).clamp(2.0, MOST) as usize;
    // Half a unit of the last digit, so that rounding to nearest goes outwards.
    let unit = 10.0_f64.powf(upper.abs().log10().floor() + 1.0 - digits as f64);
    let ends = [lower - 0.5 * unit, upper + 0.5 * unit].map(|end| (end / unit).round() * unit);
    let lower = if lower == 0.0 { 0.0 } else { ends[0] };
    format!("{} … {}", significant(lower, digits), significant(ends[1], digits))
}

/// `value` with so many significant digits, in positional notation where that is readable.
pub(crate) fn significant(value: f64, digits: usize) -> String {
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
pub(crate) fn small(value: f64) -> String {
    if value == 0.0 { "0".into() } else { format!("{value:.1e}") }
}

/// All digits of a number, in as few characters as need be.
pub(crate) fn exact(value: f64) -> String {
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
        let _ = writeln!(self.0, "{label:<24}{}", Printable(&value.to_string()));
    }

    /// Rows of cells in columns: the first and the last to the left, the others to the right.
    pub(crate) fn table<const N: usize>(&mut self, rows: &[[String; N]]) {
        let width =
            |k: usize| rows.iter().map(|row| row[k].chars().count()).max().unwrap_or_default();
        let widths: [usize; N] = std::array::from_fn(width);
        for row in rows {
            let cells = row.iter().zip(widths).enumerate().map(|(k, (cell, width))| match k {
                0 => format!("{cell:<width$}"),
                k if k == N - 1 => cell.clone(),
                _ => format!("{cell:>width$}"),
            });
            let _ = writeln!(self.0, "{}", cells.collect::<Vec<_>>().join("  ").trim_end());
        }
    }

    pub(crate) fn finish(self) -> String {
        self.0
    }

    /// The headline: the number, as far as it is known.
    pub(crate) fn headline(&mut self, problem: &ProblemReport, certificate: &Certificate) {
        let Certificate { lower, upper, .. } = *certificate;
        let cost = (lower, upper);
        // The root keeps the order of the bounds; an optimum of 0 may have a lower one below it.
        let distance = problem.distance(lower).zip(problem.distance(upper));
        match distance {
            Some(distance) if problem.p.0 == 1.0 => {
                self.line("earth mover's distance", between(distance));
            }
            Some(distance) => {
                self.line("transport cost", between(cost));
                self.line(&format!("W_{}", problem.p.0), between(distance));
            }
            None => self.line("transport cost", between(cost)),
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
            let verdict = if certificate.is_optimal() { ": optimal" } else { "" };
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
        /// How far a total of 1 may be off.
        const ROUNDING: f64 = 1e-6;
        let size = match problem.dim {
            Some(1) => format!("{} × {} points on the line", problem.n, problem.m),
            Some(d) => format!("{} × {} points in {d} dimensions", problem.n, problem.m),
            None => format!("{} × {} cost matrix", problem.n, problem.m),
        };
        self.line("  problem", size);
        self.sides(inputs, problem.n, problem.m);
        if problem.cost != "matrix" {
            let exponent = problem.exponent.map_or(String::new(), |Number(q)| format!("({q})"));
            let power = match problem.p.0 {
                p if p == 1.0 || problem.cost == "sqeuclidean" => String::new(),
                p => format!(" to the power {p}"),
            };
            self.line("  cost", format!("{}{exponent}{power}", problem.cost));
        }
        let total = problem.total_mass.0;
        let mut mass = supported(total, 0.0);
        if (total - 1.0).abs() > ROUNDING {
            mass.push_str(
                " on each side, not 1: costs are those of moving all of it (--normalize scales it)",
            );
        }
        if problem.rescaled {
            let _ = write!(mass, " (target × {})", problem.rescale_factor.0);
        }
        self.line("  mass", mass);
    }

    /// Where the time went.
    pub(crate) fn timings(&mut self, timings: &Timings) {
        let stages = ["read", "train", "train_cpu", "judge", "exact", "solve", "certify"];
        let parts: Vec<_> = stages
            .iter()
            .filter_map(|stage| {
                Some(format!("{} {:.3} s", stage.replace('_', " "), timings.get(stage)?.0))
            })
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

    #[test]
    fn a_wide_bracket_is_shown_as_one_and_never_narrowed() {
        assert_eq!(between((0.01572, 0.01676)), "0.0157 … 0.0168");
        assert_eq!(between((0.0, 2.93e-11)), "0 … 3.0e-11");
        assert_eq!(between((2.0, f64::INFINITY)), "≥ 2");
        assert_eq!(between((0.0, 0.0)), "0");
        assert_eq!(between((1.25, 1.25 + 1e-9)), "1.25");
    }
}
