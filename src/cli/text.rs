//! Reports for people: short, aligned, and never a number without its bracket.

use std::fmt::Write;

use deblais::certificate::{BottleneckCertificate, Certificate};
use deblais::report::{Inputs, ProblemReport, Timings};
use deblais::shown::Printable;
use deblais::solvers::Termination;
use deblais::tolerance;

/// Digits that are shown at most.
const MOST_DIGITS: usize = 14;

/// As many significant digits of an estimate as a relative error of this size supports.
pub(crate) fn supported(value: f64, relative_error: f64) -> String {
    const LEAST: usize = 2;
    let known = if relative_error > 0.0 { -relative_error.log10() } else { MOST_DIGITS as f64 };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    let digits = known.clamp(LEAST as f64, MOST_DIGITS as f64) as usize;
    significant(value, digits)
}

/// A number of which two bounds are proved, as far as it is known: so many digits that both bounds
/// round to them; or both ends, rounded outward, where these are few.
pub(crate) fn bracket((lower, upper): (f64, f64)) -> String {
    const FEW: usize = 3;
    match (lower.is_finite(), upper.is_finite()) {
        (true, true) => {}
        _ if lower == f64::INFINITY => return "infinite".into(),
        (true, false) => return format!("≥ {}", outward(lower, MOST_DIGITS, false)),
        (false, true) => return format!("≤ {}", outward(upper, MOST_DIGITS, true)),
        (false, false) => return "not known".into(),
    }
    let agreed =
        (FEW..=MOST_DIGITS).rev().map(|digits| [lower, upper].map(|x| significant(x, digits)));
    for [low, high] in agreed {
        if low == high {
            return low;
        }
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    let digits = (2.0 - ((upper - lower) / upper.abs()).log10()).clamp(2.0, 4.0) as usize;
    format!("{} … {}", outward(lower, digits, false), outward(upper, digits, true))
}

/// `value` rounded up or down to so many significant digits.
fn outward(value: f64, digits: usize, up: bool) -> String {
    let text = significant(value, digits);
    let nearest: f64 = text.parse().unwrap_or(value);
    if nearest == value || (nearest > value) == up {
        return text;
    }
    let unit = 10.0_f64.powf(value.abs().log10().floor() + 1.0 - digits as f64);
    significant(if up { nearest + unit } else { nearest - unit }, digits)
}

/// `value` with so many significant digits, in positional notation where that is readable and shows no
/// more than these.
pub(crate) fn significant(value: f64, digits: usize) -> String {
    if value == 0.0 || !value.is_finite() {
        return (value + 0.0).to_string();
    }
    let digits = digits.max(1);
    let scientific = format!("{value:.*e}", digits - 1);
    let (mantissa, exponent) = scientific.split_once('e').expect("an exponent");
    let power: i32 = exponent.parse().expect("a number");
    let decimals = i32::try_from(digits).unwrap_or(i32::MAX) - 1 - power;
    match usize::try_from(decimals) {
        Ok(decimals) if (-5..15).contains(&power) => {
            without_zeros(&format!("{value:.decimals$}")).to_owned()
        }
        _ => format!("{}e{exponent}", without_zeros(mantissa)),
    }
}

/// A decimal fraction without zeros at its end.
fn without_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
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

/// A ground cost: a distance, its exponent, and the power.
pub(crate) fn ground(cost: &str, exponent: Option<f64>, p: f64) -> String {
    let exponent = exponent.map_or(String::new(), |q| format!("({q})"));
    let power = match p {
        p if p == 1.0 || p.is_infinite() || cost == "sqeuclidean" => String::new(),
        p => format!(" to the power {p}"),
    };
    format!("{cost}{exponent}{power}")
}

/// Where points of so many coordinates lie.
pub(crate) fn space(dim: usize) -> String {
    if dim == 1 { "on the line".to_owned() } else { format!("in {dim} dimensions") }
}

/// Why a run ended before it was done.
pub(crate) fn stopped(by: impl Into<Termination>) -> &'static str {
    if by.into() == Termination::Stopped { "interrupted" } else { "stopped at a limit" }
}

/// Two bounds of a number, and how far they are apart.
pub(crate) struct Bounds {
    pub(crate) lower: f64,
    pub(crate) upper: f64,
    pub(crate) gap: f64,
    pub(crate) relative_gap: f64,
}

impl From<&Certificate> for Bounds {
    fn from(certificate: &Certificate) -> Self {
        let Certificate { lower, upper, gap, .. } = *certificate;
        Self { lower, upper, gap, relative_gap: certificate.relative_gap() }
    }
}

impl From<&BottleneckCertificate> for Bounds {
    fn from(certificate: &BottleneckCertificate) -> Self {
        let BottleneckCertificate { lower, upper, gap, .. } = *certificate;
        Self { lower, upper, gap, relative_gap: certificate.relative_gap() }
    }
}

/// Aligned `label  value` lines.
#[derive(Default)]
pub(crate) struct Lines(String);

impl Lines {
    pub(crate) fn line(&mut self, label: &str, value: impl std::fmt::Display) {
        let _ = writeln!(self.0, "{label:<23} {}", Printable(&value.to_string()));
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
        let cost = (certificate.lower, certificate.upper);
        match problem.distance_bracket(cost) {
            Some(distance) if problem.p == 1.0 => {
                self.line("earth mover's distance", bracket(distance));
            }
            Some(distance) => {
                self.line("transport cost", bracket(cost));
                self.line(&format!("W_{}", problem.p), bracket(distance));
            }
            None => self.line("transport cost", bracket(cost)),
        }
    }

    /// The bracket, and whether it proves the relative gap that is claimed; with `details`, how far off
    /// the plan and the potentials were before they were repaired.
    pub(crate) fn certificate(
        &mut self,
        certificate: &Certificate,
        claim: Option<f64>,
        details: bool,
    ) {
        self.bounds(&Bounds::from(certificate), claim);
        if details {
            self.line(
                "  residuals",
                format!(
                    "source {}, target {}, dual {}, before the repair",
                    small(certificate.source_residual),
                    small(certificate.target_residual),
                    small(certificate.dual_violation)
                ),
            );
        }
    }

    /// The two bounds, and whether they prove the relative gap that is claimed.
    pub(crate) fn bounds(&mut self, bounds: &Bounds, claim: Option<f64>) {
        let Bounds { lower, upper, gap, relative_gap } = *bounds;
        self.line("  lower bound", exact(lower));
        if upper == f64::INFINITY {
            self.line("  upper bound", "none: there is no plan");
            return;
        }
        self.line("  upper bound", exact(upper));
        let verdict = match claim {
            _ if relative_gap <= tolerance::OPTIMAL => ": optimal",
            None => "",
            Some(claim) if relative_gap <= claim => ": as claimed",
            Some(_) => ": not proved",
        };
        self.line("  gap", format!("{}, relative {}{verdict}", small(gap), small(relative_gap)));
    }

    /// Sizes and ground cost.
    pub(crate) fn sizes(&mut self, problem: &ProblemReport, inputs: Option<&Inputs>) {
        let size = match problem.dim {
            Some(dim) => format!("{} × {} points {}", problem.n, problem.m, space(dim)),
            None if problem.cost == "arcs" => {
                format!("list of arcs between {} sources and {} targets", problem.n, problem.m)
            }
            None => format!("{} × {} cost matrix", problem.n, problem.m),
        };
        self.line("  problem", size);
        self.sides(inputs, problem.n, problem.m);
        if problem.dim.is_some() {
            self.line("  cost", ground(&problem.cost, problem.exponent, problem.p));
        }
    }

    /// Sizes, ground cost and mass.
    pub(crate) fn problem(&mut self, problem: &ProblemReport, inputs: Option<&Inputs>) {
        /// How far a total of 1 may be off.
        const ROUNDING: f64 = 1e-6;
        self.sizes(problem, inputs);
        let total = problem.total_mass;
        let mut mass = supported(total, 0.0);
        if (total - 1.0).abs() > ROUNDING && problem.p.is_finite() {
            mass.push_str(
                " on each side, not 1: costs are those of moving all of it (--normalize scales it)",
            );
        }
        if problem.rescaled {
            let _ = write!(
                mass,
                " (the totals differ by rounding: target masses × {})",
                problem.rescale_factor
            );
        }
        self.line("  mass", mass);
    }

    /// Where the time went.
    pub(crate) fn timings(&mut self, timings: &Timings) {
        let stages = ["read", "train", "train_cpu", "judge", "exact", "solve", "certify"];
        let parts: Vec<_> = stages
            .iter()
            .filter_map(|stage| {
                Some(format!("{} {:.3} s", stage.replace('_', " "), timings.get(stage)?))
            })
            .collect();
        self.line("  time", parts.join(", "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stop_where_the_error_begins() {
        assert_eq!(supported(std::f64::consts::PI, 1e-6), "3.14159");
        assert_eq!(supported(std::f64::consts::PI, 0.3), "3.1");
        assert_eq!(supported(0.5, 0.0), "0.5");
        assert_eq!(supported(-0.0, 0.0), "0");
        assert_eq!(supported(1.25e-9, 0.0), "1.25e-9");
        assert_eq!(supported(123_456.0, 1e-3), "1.23e5");
        assert_eq!(supported(123_000.0, 0.0), "123000");
    }

    #[test]
    fn both_bounds_round_to_the_number_that_is_shown() {
        assert_eq!(bracket((1.25, 1.25 + 1e-9)), "1.25");
        assert_eq!(bracket((0.123_456_4, 0.123_456_6)), "0.12346");
        assert_eq!(bracket((0.999_999_9, 1.000_000_1)), "1");
        assert_eq!(bracket((2.0, 2.0)), "2");
        assert_eq!(bracket((0.0, 0.0)), "0");
        assert_eq!(bracket((219.0, 219.0_f64.next_up())), "219");
        let third = 1.0_f64 / 3.0;
        assert_eq!(bracket((third, third.next_up())), "0.33333333333333");
        for k in 1..2000 {
            let (x, width) = (f64::from(k).sqrt(), 10.0_f64.powi(-(k % 15)));
            let (lower, upper) = (x - width / 3.0, x + width);
            let shown = bracket((lower, upper));
            if let Ok(number) = shown.parse::<f64>() {
                let digits = shown.chars().filter(char::is_ascii_digit).count();
                let unit = 10.0_f64.powi(i32::try_from(shown.find('.').unwrap_or(digits)).unwrap())
                    * 10.0_f64.powi(-i32::try_from(digits).unwrap());
                let is_near = |x: f64| (x - number).abs() <= 0.500_001 * unit;
                assert!(is_near(lower) && is_near(upper), "{lower} {upper} {shown}");
            } else {
                let (low, high) = shown.split_once(" … ").unwrap();
                let (low, high): (f64, f64) = (low.parse().unwrap(), high.parse().unwrap());
                assert!(low <= lower && upper <= high, "{lower} {upper} {shown}");
            }
        }
    }

    #[test]
    fn a_wide_bracket_is_shown_as_one_and_never_narrowed() {
        assert_eq!(bracket((0.01572, 0.01676)), "0.0157 … 0.0168");
        assert_eq!(bracket((0.0, 2.93e-11)), "0 … 3e-11");
        assert_eq!(bracket((2.09e-9, 0.001_81)), "2e-9 … 0.0019");
        assert_eq!(bracket((-1.0, 2.0)), "-1 … 2");
        assert_eq!(bracket((1.0745, 1.5498)), "1 … 1.6");
        assert_eq!(bracket((9.96, 15.0)), "9.9 … 15");
        assert_eq!(bracket((2.0, f64::INFINITY)), "≥ 2");
        assert_eq!(bracket((f64::NEG_INFINITY, 2.0)), "≤ 2");
        assert_eq!(bracket((f64::MAX, f64::INFINITY)), "≥ 1.7976931348623e308");
    }
}
